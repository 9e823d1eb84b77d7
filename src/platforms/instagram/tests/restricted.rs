//! A suspicion of spam (instagram.md 7, meta-common.md 4.1): how long nothing is published.

use super::photo;
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Flow, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::instagram::flow::InstagramFlow;
use crate::platforms::instagram::reply::{Seen, quiet, see};
use crate::platforms::instagram::state::{Redo, State};
use crate::platforms::tests::{START, job};

const RESTRICTED: &str = r#"{"error":{"message":"We restrict certain activity","type":"OAuthException","code":4,"error_subcode":2207051}}"#;
const HOUR: i64 = 3600;

/// The refusal with what else the answer says of a wait.
fn restricted(header: Option<(&str, &str)>) -> Reply {
    Reply::Http(HttpReply {
        status: 400,
        headers: header
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect(),
        body: RESTRICTED.as_bytes().to_vec(),
        ..HttpReply::default()
    })
}

/// What an answer may say of a wait, and the seconds that it lasts.
const WAITS: [(Option<(&str, &str)>, i64); 5] = [
    (None, 24 * HOUR),
    (Some(("retry-after", "300")), 24 * HOUR),
    (Some(("retry-after", "88000")), 88_000),
    (Some(("retry-after", "3600000")), 25 * HOUR),
    (
        Some((
            "x-business-use-case-usage",
            r#"{"1784":[{"estimated_time_to_regain_access":60000}]}"#,
        )),
        25 * HOUR,
    ),
];

/// Until when it is silent after an answer like this one to the publishing call.
fn silent_until(reply: &Reply) -> Timestamp {
    let publish = State::Publish {
        redo: Redo::default(),
        container: "11".to_owned(),
        from: START,
        made: START,
    };
    match InstagramFlow.absorb(&job("instagram", photo("Hi")), publish, reply, START) {
        Verdict::Doubtful {
            state: State::Look { redo, .. },
            ..
        } => redo.limit.expect("a limit is kept").0,
        _ => panic!("{reply:?}"),
    }
}

/// A day at least, however short the wait is that the answer speaks of; and no longer than any pause, for a typing error
/// of the vendor's must not silence an account for weeks.
#[test]
fn a_day_at_least_and_no_longer_than_a_pause() {
    for (header, wait) in WAITS {
        let until = silent_until(&restricted(header));
        assert_eq!(until, START.after_secs(wait), "{header:?}");
    }
    // Other limits last as long as Instagram says, and no longer than any pause either.
    for (told, wait) in [("300", 300), ("3600000", 25 * HOUR)] {
        let limit = Reply::Http(HttpReply {
            status: 400,
            headers: [("retry-after".to_owned(), told.to_owned())].into(),
            body: br#"{"error":{"message":"m","type":"OAuthException","code":4}}"#.to_vec(),
            ..HttpReply::default()
        });
        assert_eq!(silent_until(&limit), START.after_secs(wait), "{told}");
    }
}

/// A question that is answered so is no shorter.
#[test]
fn a_question_meets_a_restriction() {
    for (header, wait) in WAITS {
        let Seen::Bad(p) = see(&restricted(header)) else {
            panic!("no error")
        };
        let told: Verdict<()> = quiet(p);
        assert!(
            matches!(told, Verdict::Limited { secs: Some(secs), account_wide: true, .. } if secs == wait),
            "{header:?}"
        );
    }
}
