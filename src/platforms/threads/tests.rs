//! Each kind's requests, held against docs/facts/threads.md 4, 5 and 8.

mod faults;
mod kinds;
mod login;
mod rows;
mod states;

use crate::domain::post::Content;
use crate::platforms::tests::{Event, job, run};

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
