//! A suspicion of spam (instagram.md 7, meta-common.md 4.1): how long nothing is published.

use super::{id, link, own, photo, status};
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Flow, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::instagram::flow::InstagramFlow;
use crate::platforms::instagram::reply::{Seen, quiet, see};
use crate::platforms::instagram::state::{Redo, State};
use crate::platforms::tests::{Event, START, http, job, ok};

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

/// The look ended with a person: what they say is not out waits for the end of the restriction all the same.
#[test]
fn settled_as_not_out() {
    let until = START.after_secs(24 * HOUR);
    let from = |limit, container: Option<&str>, now| {
        let state = State::Undecided {
            redo: Redo {
                limit,
                ..Redo::default()
            },
            container: container.map(str::to_owned),
            why: "why".to_owned(),
        };
        let state = InstagramFlow.settle(&job("instagram", photo("Hi")), state, None, now);
        match (&state, container) {
            (State::Publish { from, .. }, Some(_)) | (State::Create { from, .. }, None) => *from,
            _ => panic!("{state:?}"),
        }
    };
    let limit = || Some((until, "spam".to_owned()));
    let (soon, late) = (START.after_secs(60), until.after_secs(60));
    for container in [Some("11"), None] {
        assert_eq!(from(limit(), container, soon), until);
        assert_eq!(from(limit(), container, late), late);
        assert_eq!(from(None, container, soon), soon);
    }
}

/// The same from the refusal on: another post has the same words, or one fits that has none.
#[test]
fn listed_and_settled_as_not_out() {
    for (words, said) in [("Hi", vec!["FINISHED", "FINISHED"]), ("", vec!["EXPIRED"])] {
        let list = ok(&format!(
            r#"{{"data":[{{"id":"21","media_type":"IMAGE","media_product_type":"FEED","caption":"{words}","timestamp":"2027-01-15T08:00:04+0000"}}]}}"#
        ));
        let mut script = vec![id("11"), status("FINISHED"), http(400, RESTRICTED)];
        script.extend(said.into_iter().map(status));
        script.extend([list, Event::NotOut, id("22"), link("22")]);
        let told = own(photo(words), script);
        let settled = told.find("it is not out").unwrap();
        let waited = told.rfind("[publish] wait 23h").expect(&told);
        let again = told.rfind("COMMIT").unwrap();
        assert!(settled < waited && waited < again, "{told}");
        assert!(told.contains("done [22,"), "{told}");
    }
}
