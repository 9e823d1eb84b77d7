//! Sending a video's bytes (instagram.md 4.2, 8): what has arrived is asked for before anything is sent again.
//!
//! A lost answer leaves the state as it is, so the state says when its offset was told: soon after that the bytes
//! are sent, later the platform is asked first. Both answers are told apart by what only they hold.

use serde_json::Value;
use url::Url;

use super::calls;
use super::container::{no_status, status_of};
use super::look;
use super::reply::{self, Seen};
use super::shape;
use super::state::{Redo, State, Upload};
use crate::core::call::Call;
use crate::core::flow::{Job, Verdict};
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::container::{Poll, Status};
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;

/// How long an offset is good. Shorter than the first back-off, so that a lost answer is always followed by a question.
const FRESH: Span = Span::secs(4);
/// Questions without anything more having arrived, before it is given up.
const STUCK_MAX: u8 = 5;
/// Longest address that is kept.
const ADDRESS_MAX: usize = 200;

/// An upload that begins: at the address that the answer names, else at the documented one.
pub(super) fn begun(job: &Job, container: &str, json: &Value, now: Timestamp) -> Upload {
    let named = graph::word(json, "uri")
        .filter(|uri| uri.len() <= ADDRESS_MAX)
        .and_then(|uri| Url::parse(uri).ok())
        .filter(|uri| uri.query().is_none() && uri.path().contains("/ig-api-upload/"));
    let path = named
        .as_ref()
        .and_then(|uri| uri.path().find("/ig-api-upload/").map(|at| &uri.path()[at..]))
        .map_or_else(|| calls::upload_path(job, container), str::to_owned);
    Upload {
        path,
        host: named.and_then(|uri| uri.host_str().map(str::to_owned)),
        offset: 0,
        told: now,
        stuck: 0,
    }
}

/// The bytes, or the question how many have arrived. `None`: there is no video.
pub(super) fn next(job: &Job, container: &str, upload: &Upload, now: Timestamp) -> Option<Call> {
    if now.since(upload.told) <= FRESH {
        calls::upload(job, upload)
    } else {
        Some(calls::uploaded(job, container))
    }
}

/// An answer to either.
pub(super) fn on_upload(
    job: &Job,
    redo: Redo,
    container: String,
    made: Timestamp,
    upload: Upload,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_uploaded(job, redo, p, now),
    };
    if json.get("success").and_then(Value::as_bool) == Some(true) {
        return Verdict::Advance(arrived(redo, container, made, now));
    }
    if json.get("id").is_none() && json.get("status_code").is_none() && json.get("video_status").is_none() {
        return reply::unreadable("a word about the upload", &json);
    }
    on_progress(job, redo, container, made, upload, &json, now)
}

/// What the container says about its video.
fn on_progress(
    job: &Job,
    redo: Redo,
    container: String,
    made: Timestamp,
    upload: Upload,
    json: &Value,
    now: Timestamp,
) -> Verdict<State> {
    match status_of(json) {
        Status::Finished => return Verdict::Advance(arrived(redo, container, made, now)),
        Status::Published => return Verdict::Found(look::id_unknown(LetGo::at(made), now)),
        Status::Expired => return super::container::expired(job, redo, "EXPIRED", now),
        Status::Error(words) => return super::container::failed(job, redo, &words, now),
        Status::InProgress | Status::Other(_) => {}
    }
    let phase = json.get("video_status").and_then(|v| v.get("uploading_phase"));
    let size = shape::files(&job.content).first().map_or(0, |m| m.facts.bytes);
    let got = phase
        .and_then(|p| p.get("bytes_transferred").or_else(|| p.get("bytes_transfered")))
        .and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
    let complete = phase.and_then(|p| graph::word(p, "status")) == Some("complete");
    let offset = got.unwrap_or(0).min(size);
    if complete || (size > 0 && offset >= size) {
        return Verdict::Advance(arrived(redo, container, made, now));
    }
    let stuck = if offset > upload.offset {
        0
    } else {
        upload.stuck.saturating_add(1)
    };
    if stuck > STUCK_MAX {
        let why = format!("the upload of the video does not get beyond {offset} of {size} bytes");
        return super::container::again(job, redo, Class::NewContainer, why, now);
    }
    Verdict::Advance(State::Upload {
        redo,
        container,
        made,
        upload: Upload {
            offset,
            told: now,
            stuck,
            ..upload
        },
    })
}

fn arrived(redo: Redo, container: String, made: Timestamp, now: Timestamp) -> State {
    let poll = Poll {
        since: made,
        ..Poll::first(now)
    };
    State::Await {
        redo,
        container,
        poll,
    }
}

/// Only what is certainly wrong for good ends it: after anything else the platform is asked what has arrived.
fn not_uploaded(job: &Job, redo: Redo, p: super::reply::Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Gone | Class::NoSuchField => no_status(job, redo, p, now),
        Class::Unknown => Verdict::Retry { why: p.why },
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject => reply::quiet(p),
    }
}
