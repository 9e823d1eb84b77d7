//! Saved states: what lies in a database is read by every later version, so none of these lines may change.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::core::flow::Flow;
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Out, Poll};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{Ask, Search};
use crate::platforms::tests::{START, job, text};
use crate::platforms::threads::flow::ThreadsFlow;
use crate::platforms::threads::state::{Redo, State, Trail};

fn trail() -> Trail {
    Trail {
        live: vec![
            Out {
                id: Some("21".to_owned()),
                url: Some("https://www.threads.net/@club/post/21".to_owned()),
            },
            Out::default(),
        ],
        redo: Redo {
            gone: 1,
            failed: 2,
            expired: 3,
            fetch: 4,
            lost: 5,
            limit: Some((START, "too much".to_owned())),
        },
    }
}

fn search(ask: Ask) -> Search {
    Search {
        sent: LetGo::at(START),
        rounds: 1,
        finished: Some(START),
        ask,
        from: START,
    }
}

/// One of each.
#[expect(clippy::too_many_lines, reason = "a table")]
fn states() -> Vec<State> {
    let (container, from, sent) = (|| "11".to_owned(), START, LetGo::at(START));
    let poll = || Poll {
        since: START,
        polls: 7,
        from,
    };
    let children = || vec!["11".to_owned(), "12".to_owned()];
    let mut all = vec![
        State::Child {
            trail: trail(),
            children: children(),
            from,
        },
        State::AwaitChild {
            trail: Trail::default(),
            children: children(),
            index: 1,
            poll: poll(),
        },
        State::Create {
            trail: trail(),
            children: children(),
            from,
        },
        State::Await {
            trail: trail(),
            container: container(),
            poll: poll(),
        },
        State::Publish {
            trail: trail(),
            container: container(),
            from,
            made: START,
        },
        State::Check {
            trail: trail(),
            container: container(),
            sent,
            made: START,
        },
        State::Undecided {
            trail: trail(),
            container: Some(container()),
            why: "why".to_owned(),
        },
        State::FindId {
            trail: trail(),
            sent,
            looks: 2,
            from,
        },
        State::Permalink {
            trail: trail(),
            since: START,
        },
        State::Repost,
        State::LookRepost { sent, looks: 1, from },
        State::UndecidedRepost {
            why: "why".to_owned(),
        },
        State::Done { trail: trail() },
    ];
    let asks = [
        Ask::Container,
        Ask::ListAfterFinished,
        Ask::ListAfterDead,
        Ask::ListAfterGone,
    ];
    all.extend(asks.map(|ask| State::Look {
        trail: Trail::default(),
        container: container(),
        search: search(ask),
    }));
    all
}

#[test]
fn saved_states_stay_as_they_are() {
    let mut out = String::new();
    for state in states() {
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
        writeln!(out, "{json}").unwrap();
    }
    assert_snapshot!(out);
}

/// As versions before this one wrote them.
#[test]
fn older_states_open() {
    for json in [
        r#"{"await":{"trail":{"live":[],"redo":{"gone":1,"failed":0,"fetch":0,"lost":0}},"container":"11","poll":{"since":1800000000000,"polls":0,"from":1800000003000}}}"#,
        r#"{"publish":{"trail":{"live":[]},"container":"11","from":1800000000000}}"#,
        r#"{"look":{"trail":{"live":[{"id":null}]},"container":"11","search":{"sent":1800000000000,"rounds":0,"finished":null,"ask":"container","from":1800000060000}}}"#,
        r#"{"check":{"trail":{"live":[],"redo":{"gone":1}},"container":"11","sent":{"at":1800000000000}}}"#,
    ] {
        let state: State = serde_json::from_str(json).unwrap();
        let job = job("threads", text("Hi"));
        let later = Timestamp::from_secs(1_800_000_600);
        ThreadsFlow.next(&job, &state, later);
    }
}
