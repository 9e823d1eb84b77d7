//! A suspicion of spam (meta-common.md 4.1): how long nothing is published.

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Flow, Verdict};
use crate::platforms::facebook::flow::FacebookFlow;
use crate::platforms::facebook::reply::{On, Seen, quiet, see};
use crate::platforms::tests::{START, job, text};

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

/// A day at least, however short the wait is that the answer speaks of; and no longer than any pause, for a typing error
/// of the vendor's must not silence a Page for weeks.
#[test]
fn a_day_at_least_and_no_longer_than_a_pause() {
    let job = job("facebook", text("Hi"));
    for (header, wait) in WAITS {
        let feed = FacebookFlow.begin(&job);
        let Verdict::Doubtful { state, .. } = FacebookFlow.absorb(&job, feed, &restricted(header), START)
        else {
            panic!("{header:?}")
        };
        assert_eq!(state.redo.silent, Some(START.after_secs(wait)), "{header:?}");
    }
}

/// A question that is answered so is no shorter.
#[test]
fn a_question_meets_a_restriction() {
    for (header, wait) in WAITS {
        let Seen::Bad(p) = see(&restricted(header)) else {
            panic!("no error")
        };
        let told: Verdict<()> = quiet(p, On::Page);
        assert!(
            matches!(told, Verdict::Limited { secs: Some(secs), account_wide: true, .. } if secs == wait),
            "{header:?}"
        );
    }
}
