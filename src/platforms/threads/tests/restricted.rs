//! A suspicion of spam (threads.md 7, meta-common.md 4.1): how long nothing is published.

use super::{id, link, status, threads};
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Flow, Verdict};
use crate::platforms::tests::{Event, START, http, job, media, ok, text};
use crate::platforms::threads::flow::ThreadsFlow;
use crate::platforms::threads::reply::{Seen, quiet, see};
use crate::platforms::threads::state::{Redo, State, Trail};

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
/// of the vendor's must not silence an account for weeks.
#[test]
fn a_day_at_least_and_no_longer_than_a_pause() {
    for (header, wait) in WAITS {
        let publish = State::Publish {
            trail: Trail::default(),
            container: "11".to_owned(),
            from: START,
            made: START,
        };
        let told = ThreadsFlow.absorb(&job("threads", text("Hi")), publish, &restricted(header), START);
        let Verdict::Doubtful {
            state: State::Look { trail, .. },
            ..
        } = told
        else {
            panic!("{header:?}")
        };
        let until = trail.redo.limit.map(|(until, _)| until);
        assert_eq!(until, Some(START.after_secs(wait)), "{header:?}");
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
    let settled = |limit, container: Option<&str>, now| {
        let redo = Redo {
            limit,
            ..Redo::default()
        };
        let state = State::Undecided {
            trail: Trail {
                redo,
                ..Trail::default()
            },
            container: container.map(str::to_owned),
            why: "why".to_owned(),
        };
        ThreadsFlow.settle(&job("threads", text("Hi")), state, None, now)
    };
    let create = |from| State::Create {
        trail: Trail::default(),
        children: Vec::new(),
        from,
    };
    let limit = || Some((until, "spam".to_owned()));
    let (soon, late) = (START.after_secs(60), until.after_secs(60));
    for container in [Some("11"), None] {
        assert_eq!(settled(limit(), container, soon), create(until));
        assert_eq!(settled(limit(), container, late), create(late));
    }
    assert_eq!(settled(None, None, soon), create(soon));
    assert!(matches!(settled(None, Some("11"), soon), State::Publish { from, .. } if from == soon));
}

/// The same from the refusal on: another post has the same words, or one fits that has none.
#[test]
fn listed_and_settled_as_not_out() {
    let listed = |kind: &str, words: &str| {
        ok(&format!(
            r#"{{"data":[{{"id":"21","media_type":"{kind}","text":"{words}","timestamp":"2027-01-15T08:00:04+0000"}}]}}"#
        ))
    };
    let mut picture = text("");
    picture.segments[0].media = vec![media(0, "door.jpg", "image/jpeg", None)];
    let said = ["FINISHED", "FINISHED"].map(status);
    for (content, said, list) in [
        (text("Hi"), Vec::from(said), listed("TEXT_POST", "Hi")),
        (picture, vec![status("EXPIRED")], listed("IMAGE", "")),
    ] {
        let mut script = vec![id("11"), status("FINISHED"), http(400, RESTRICTED)];
        script.extend(said);
        script.extend([list, Event::NotOut]);
        script.extend([id("12"), status("FINISHED"), id("22"), link("22")]);
        let told = threads(content, script);
        let settled = told.find("it is not out").unwrap();
        let waited = told.rfind("[create container] wait 23h").expect(&told);
        let again = told.rfind("COMMIT").unwrap();
        assert!(settled < waited && waited < again, "{told}");
        assert!(
            told.contains("creation_id = 12"),
            "the first one has expired: {told}"
        );
        assert!(told.contains("done [22,"), "{told}");
    }
}
