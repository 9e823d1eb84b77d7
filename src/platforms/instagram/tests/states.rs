//! Saved states: what lies in a database is read by every later version, so none of these lines may change.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::platforms::instagram::state::{Looks, Redo, State, Upload};
use crate::platforms::kit::container::{Out, Poll};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{Ask, Search};
use crate::platforms::tests::START;

fn redo() -> Redo {
    Redo {
        gone: 1,
        fresh: 2,
        expired: 3,
        fetch: 4,
        lost: 5,
        limit: Some((START, "too much".to_owned())),
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
    let out = || Out {
        id: Some("21".to_owned()),
        url: Some("https://www.instagram.com/p/21/".to_owned()),
    };
    let looks = || Looks { sent, looks: 2, from };
    let upload = Upload {
        path: "/ig-api-upload/11".to_owned(),
        host: None,
        offset: 1,
        told: START,
        stuck: 1,
    };
    let children = || vec!["11".to_owned(), "12".to_owned()];
    let mut all = vec![
        State::Child {
            redo: redo(),
            children: children(),
            from,
        },
        State::AwaitChild {
            redo: Redo::default(),
            children: children(),
            index: 1,
            poll: poll(),
        },
        State::Create {
            redo: redo(),
            children: children(),
            from,
        },
        State::Upload {
            redo: redo(),
            container: container(),
            made: START,
            upload,
        },
        State::Await {
            redo: redo(),
            container: container(),
            poll: poll(),
        },
        State::Publish {
            redo: redo(),
            container: container(),
            from,
            made: START,
        },
        State::Check {
            redo: redo(),
            container: container(),
            sent,
            made: START,
        },
        State::Undecided {
            redo: redo(),
            container: Some(container()),
            why: "why".to_owned(),
        },
        State::FindId { looks: looks() },
        State::Permalink { out: out() },
        State::Comment { out: Out::default() },
        State::LookComment {
            out: out(),
            looks: looks(),
        },
        State::Send {
            live: vec![out()],
            redo: redo(),
        },
        State::LookMessage {
            live: vec![out()],
            redo: redo(),
            looks: looks(),
        },
        State::UndecidedMessage {
            live: vec![out()],
            why: "why".to_owned(),
        },
        State::Done {
            live: vec![out()],
            note: Some("note".to_owned()),
        },
    ];
    let asks = [
        Ask::Container,
        Ask::ListAfterFinished,
        Ask::ListAfterDead,
        Ask::ListAfterGone,
    ];
    all.extend(asks.map(|ask| State::Look {
        redo: Redo::default(),
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
