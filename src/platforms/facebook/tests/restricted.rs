//! A suspicion of spam (meta-common.md 4.1): how long nothing is published.

use super::{facebook, id, listed, photos, posted};
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Flow, Verdict};
use crate::domain::post::{Content, Kind};
use crate::platforms::facebook::flow::FacebookFlow;
use crate::platforms::facebook::reply::{On, Seen, quiet, see};
use crate::platforms::tests::{Event, START, http, job, ok, text};

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

/// The look ended with a person: what they say is not out waits for the end of the restriction all the same.
#[test]
fn settled_as_not_out() {
    let entry =
        |n: u8| format!(r#"{{"id":"1784_{n}","message":"Hi","created_time":"2027-01-15T08:00:04+0000"}}"#);
    let script = vec![
        http(400, RESTRICTED),
        listed(&[entry(21), entry(22)]),
        Event::NotOut,
        posted("23"),
    ];
    let told = facebook(text("Hi"), script);
    let settled = told.find("it is not out").expect(&told);
    let waited = told.rfind("[publish] wait 23h").expect(&told);
    let again = told.rfind("COMMIT").unwrap();
    assert!(settled < waited && waited < again, "{told}");
    assert!(told.contains("done [1784_23"), "{told}");
}

/// Nor does a photo as a story go out sooner.
#[test]
fn a_story_waits_too() {
    let story = Content {
        kind: Kind::Story,
        ..photos("", 1)
    };
    let none = || listed(&[]);
    let script = vec![
        id("31"),
        http(400, RESTRICTED),
        none(),
        none(),
        none(),
        Event::NotOut,
        ok(r#"{"success":true,"post_id":"77"}"#),
    ];
    let told = facebook(story, script);
    let waited = told.rfind("[publish story] wait 23h").expect(&told);
    assert!(waited < told.rfind("COMMIT").unwrap(), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
}
