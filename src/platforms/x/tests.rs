//! Each kind's requests, held against docs/facts/x.md 4, 5 and 8.

mod faults;
mod kinds;
mod login;
mod matching;
mod money;
mod rows;

use crate::domain::post::{Content, Kind};
use crate::platforms::tests::{Event, http, job, ok, run, segment};

/// Runs a content on X.
fn x(content: Content, script: Vec<Event>) -> String {
    run(&job("x", content), "x", script)
}

/// A post was made.
fn made(id: &str) -> Event {
    http(
        201,
        &format!(r#"{{"data":{{"id":"{id}","text":"t","edit_history_tweet_ids":["{id}"]}}}}"#),
    )
}

/// An upload was begun.
fn begun(id: &str) -> Event {
    ok(&format!(
        r#"{{"data":{{"id":"{id}","media_key":"13_{id}","expires_after_secs":1295999}}}}"#
    ))
}

/// A part was taken.
fn taken() -> Event {
    ok(r#"{"data":{"expires_at":1800080000}}"#)
}

/// An upload is complete and needs no work.
fn finalized(id: &str) -> Event {
    ok(&format!(
        r#"{{"data":{{"id":"{id}","media_key":"13_{id}","size":1000,"expires_after_secs":86400}}}}"#
    ))
}

/// An upload is being worked on.
fn processing(state: &str, secs: i64) -> Event {
    ok(&format!(
        r#"{{"data":{{"id":"71","processing_info":{{"state":"{state}","check_after_secs":{secs}}}}}}}"#
    ))
}

/// A list of own posts, or of messages.
fn listed(entries: &[String]) -> Event {
    ok(&format!(
        r#"{{"data":[{}],"meta":{{"result_count":{}}}}}"#,
        entries.join(","),
        entries.len()
    ))
}

/// Nothing listed.
fn none() -> Event {
    ok(r#"{"meta":{"result_count":0}}"#)
}

/// One own post.
fn entry(id: &str, words: &str, time: &str) -> String {
    format!(r#"{{"id":"{id}","text":"{words}","created_at":"{time}"}}"#)
}

/// X has these words already.
fn duplicate() -> Event {
    http(
        403,
        r#"{"title":"Forbidden","detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","status":403}"#,
    )
}

/// A message to one person.
fn message(words: &str) -> Content {
    Content {
        kind: Kind::Message,
        segments: vec![segment(words)],
        to: vec!["2244".to_owned()],
        ..Content::default()
    }
}
