//! Each kind's requests, held against docs/facts/threads.md 4, 5 and 8.

mod containers;
mod faults;
mod kinds;
mod login;
mod restricted;
mod rows;
mod states;

use crate::domain::post::Content;
use crate::platforms::tests::{Event, job, run};

/// 24/4279009 as it was recorded (threads.md 7).
const GONE: &str = r#"{"error":{"message":"The requested resource does not exist","type":"OAuthException","code":24,"error_subcode":4279009,"is_transient":false,"error_user_title":"Media Not Found","error_user_msg":"The media with id 18079098539304490 cannot be found.","fbtrace_id":"A-ptA4ve9FlWkRMi935kaIS"}}"#;

/// Runs a content on Threads.
fn threads(content: Content, script: Vec<Event>) -> String {
    run(&job("threads", content), "threads", script)
}

/// A container in this status.
fn status(word: &str) -> Event {
    crate::platforms::tests::ok(&format!(r#"{{"status":"{word}","id":"11"}}"#))
}

/// An answer with an id.
fn id(id: &str) -> Event {
    crate::platforms::tests::ok(&format!(r#"{{"id":"{id}"}}"#))
}

/// A permalink.
fn link(id: &str) -> Event {
    crate::platforms::tests::ok(&format!(
        r#"{{"id":"{id}","permalink":"https://www.threads.net/@club/post/{id}","timestamp":"2027-01-15T08:00:05+0000"}}"#
    ))
}
