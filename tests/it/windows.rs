//! Windows of single kinds of calls that are full: what they keep back, and what goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::desk::{AccountRecord, Change, Desk, FullCalls, Input, Records, Request, Send};
use crier::core::why::hold_words;
use crier::domain::hold::{Hold, LimitSource};
use crier::domain::id::PostId;
use crier::domain::post::{Content, Kind};
use crier::domain::time::Timestamp;

use super::budget::{START, account, connected, drop_content, drop_post, hold, house, sent, spec, words};

/// When the full window resets.
const RESET: i64 = 600;
const MESSAGE: &str = "POST /2/dm_conversations/with/{participant}/messages";
const LIST: &str = "GET /2/users/{id}/tweets";

fn desk() -> Desk {
    connected(house(vec![("club", spec("x"))]))
}

fn message(text: &str) -> Content {
    Content {
        kind: Kind::Message,
        segments: vec![words(text)],
        to: vec!["2244".to_owned()],
        ..Content::default()
    }
}

/// The answer to a call, with the last room of its window taken; what was written down, and the next call.
fn last_one(
    desk: &mut Desk,
    send: &Send,
    status: u16,
    body: &str,
    now: Timestamp,
) -> (Vec<Change>, Option<Send>) {
    let reset = START.after_secs(RESET).as_secs().to_string();
    let headers = [("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &reset)];
    let reply = HttpReply {
        status,
        headers: headers.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    };
    let answer = Answer::Answered(Reply::Http(reply));
    let output = desk.handle(Input::Answered(send.delivery.clone(), send.attempt, answer), now);
    (output.changes, sent(output.actions))
}

fn made(desk: &mut Desk, send: &Send, now: Timestamp) {
    let body = r#"{"data":{"id":"21"}}"#;
    super::budget::answer(desk, send, 201, body, now);
}

fn label(send: &Send) -> &str {
    send.call.kind().unwrap()
}

/// The next call that time alone brings about.
fn next_call(desk: &mut Desk) -> (Send, Timestamp) {
    let mut calls = (0..10).filter_map(|_| {
        let at = desk.next_wake()?;
        Some((sent(desk.handle(Input::Tick, at).actions)?, at))
    });
    calls.next().expect("a call")
}

/// The fifteenth message of a quarter of an hour says that there is no room for another.
fn full_of_messages() -> (Desk, Vec<Change>) {
    let mut desk = desk();
    let (_, send) = drop_content(&mut desk, 1, "club", message("one"), START);
    let send = send.expect("the first message");
    assert_eq!(label(&send), MESSAGE);
    let body = r#"{"data":{"dm_event_id":"31"}}"#;
    let (changes, _) = last_one(&mut desk, &send, 201, body, START);
    (desk, changes)
}

#[test]
fn full_messages_keep_no_post_back() {
    let (mut desk, _) = full_of_messages();
    let (held, none) = drop_content(&mut desk, 2, "club", message("two"), START);
    assert_eq!(none, None);
    let reset = START.after_secs(RESET);
    let told = hold(&desk, &held);
    assert!(
        matches!(&told, Hold::Limit(l) if l.by == LimitSource::Calls),
        "{told:?}"
    );
    assert_eq!(
        hold_words(&told),
        format!("the platform wants a pause: X says that no calls of this kind are left ({MESSAGE})")
    );
    let (_, post) = drop_post(&mut desk, 3, "club", "We open at nine.", START);
    made(&mut desk, &post.expect("posts have a window of their own"), START);
    // The message goes when its window has reset.
    assert_eq!(desk.next_wake(), Some(reset));
    let send = sent(desk.handle(Input::Tick, reset).actions);
    assert_eq!(send.as_ref().map(label), Some(MESSAGE));
}

#[test]
fn full_lists_keep_a_look_back_and_no_post() {
    let mut desk = desk();
    let (held, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    let send = send.expect("a post");
    let lost = Answer::Lost("no answer".to_owned());
    desk.handle(Input::Answered(send.delivery.clone(), send.attempt, lost), START);
    let (look, at) = next_call(&mut desk);
    assert_eq!(label(&look), LIST);
    last_one(&mut desk, &look, 200, r#"{"meta":{"result_count":0}}"#, at);
    // The second look is due a minute later, and waits for the window.
    let next = at.after_secs(61);
    assert_eq!(sent(desk.handle(Input::Tick, next).actions), None);
    assert!(hold_words(&hold(&desk, &held)).ends_with(&format!("({LIST})")));
    let (_, post) = drop_post(&mut desk, 2, "club", "We close at six.", next);
    made(&mut desk, &post.expect("posts go on"), next);
    let (look, at) = next_call(&mut desk);
    assert_eq!((label(&look), at), (LIST, START.after_secs(RESET)));
}

/// A 429 without a word on which window is full is about its kind of call alone.
#[test]
fn a_refused_call_keeps_its_own_kind_back() {
    let mut desk = desk();
    let (_, send) = drop_content(&mut desk, 1, "club", message("one"), START);
    super::budget::answer(&mut desk, &send.expect("a message"), 429, "{}", START);
    let (_, none) = drop_content(&mut desk, 2, "club", message("two"), START);
    assert_eq!(none, None);
    let (_, post) = drop_post(&mut desk, 3, "club", "We open at nine.", START);
    assert!(post.is_some(), "posts have a window of their own");
}

#[test]
fn a_start_remembers_what_is_full() {
    let (desk, changes) = full_of_messages();
    let written = changes.into_iter().rev().find_map(|change| match change {
        Change::Account(name, record) => Some((name, *record)),
        _ => None,
    });
    let (name, record) = written.expect("it is written down");
    assert_eq!(record.full.keys().collect::<Vec<_>>(), [MESSAGE]);
    let json = serde_json::to_string(&record).unwrap();
    let record: AccountRecord = serde_json::from_str(&json).unwrap();
    let records = Records {
        accounts: vec![(name, record)],
        ..Records::default()
    };
    let later = START.after_secs(1);
    let (mut desk, _, _) = Desk::restore(Arc::new(desk.house().clone()), records, later);
    let (_, none) = drop_content(&mut desk, 2, "club", message("two"), later);
    assert_eq!(none, None);
    let (_, post) = drop_post(&mut desk, 3, "club", "We open at nine.", later);
    assert!(post.is_some());
}

/// A record of before has no such windows.
#[test]
fn an_older_record_has_none() {
    let mut old = serde_json::to_value(AccountRecord::default()).unwrap();
    assert_eq!(old.get("full"), None, "an empty one is not written");
    old.as_object_mut().unwrap().remove("full");
    let record: AccountRecord = serde_json::from_value(old).unwrap();
    assert_eq!(record.full, BTreeMap::new());
}

fn ask(desk: &mut Desk, kind: &str, now: Timestamp) -> Option<Hold> {
    let request = Request {
        account: account("club"),
        kind: Some(kind.to_owned()),
        charges: Vec::new(),
        changes: false,
        id: PostId::new(format!("01jask{:020}", 1)).unwrap(),
    };
    desk.request(&request, now).err().map(|(hold, _)| hold)
}

/// What a person asks of the platform obeys the same windows, and its answers tell of them.
#[test]
fn requests_wait_for_their_kind() {
    let mut desk = desk();
    let (until, why) = (START.after_secs(RESET), "none are left".to_owned());
    let full = FullCalls { until, why };
    desk.handle(Input::Full(account("club"), LIST.to_owned(), full), START);
    assert!(matches!(ask(&mut desk, LIST, START), Some(Hold::Limit(_))));
    assert_eq!(ask(&mut desk, "GET /2/users/me", START), None);
    assert_eq!(ask(&mut desk, LIST, until), None);
}

/// However many kinds a platform has, and however far ahead it says: memory and patience have an end.
#[test]
fn what_is_kept_has_an_end() {
    let mut desk = desk();
    for n in 0..100 {
        let full = FullCalls {
            until: Timestamp::MAX,
            why: "never again".to_owned(),
        };
        desk.handle(Input::Full(account("club"), format!("GET /{n}"), full), START);
    }
    let held = (0..100).filter(|n| ask(&mut desk, &format!("GET /{n}"), START).is_some());
    assert_eq!(held.count(), 32);
    let tomorrow = START.after_secs(26 * 3600);
    assert_eq!(ask(&mut desk, "GET /1", tomorrow), None);
    // What has passed makes room.
    let (until, why) = (tomorrow.after_secs(60), "for a minute".to_owned());
    desk.handle(
        Input::Full(account("club"), LIST.to_owned(), FullCalls { until, why }),
        tomorrow,
    );
    assert!(ask(&mut desk, LIST, tomorrow).is_some());
}
