//! Containers: made, polled until they may be published, made anew when they fail (threads.md 4.1, 4.6, 7).

use super::flow::start;
use super::look;
use super::parts;
use super::publish::never_found;
use super::reply::{self, Problem, Seen};
use super::state::{State, Trail};
use crate::core::flow::{Job, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Poll, Status, is_over};
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::plain;

/// New containers after a container failed for a reason that may pass (threads.md 4.6).
const FAILED_MAX: u8 = 2;
/// New containers after one expired or vanished unpublished: `look_round_secs` apart, for what says so of a fresh one is
/// not mended by the next.
const EXPIRED_MAX: u8 = 3;
/// Tries after the media could not be fetched (threads.md 7).
const FETCH_MAX: u8 = 3;

pub(super) fn on_child(
    job: &Job,
    trail: Trail,
    mut children: Vec<String>,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_created(job, trail, p, now),
    };
    let Some(id) = graph::id_of(&json) else {
        return reply::unreadable("a container id", &json);
    };
    children.push(id);
    let wanted = parts::part(&job.content, trail.live.len()).map_or(0, |p| p.media.len());
    Verdict::Advance(if children.len() < wanted {
        State::Child {
            trail,
            children,
            from: now,
        }
    } else {
        State::AwaitChild {
            trail,
            children,
            index: 0,
            poll: Poll::first(now),
        }
    })
}

pub(super) fn on_create(job: &Job, trail: Trail, seen: Seen, now: Timestamp) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_created(job, trail, p, now),
    };
    match graph::id_of(&json) {
        Some(container) => Verdict::Advance(State::Await {
            trail,
            container,
            poll: Poll::first(now),
        }),
        None => reply::unreadable("a container id", &json),
    }
}

/// A container was not made. Nothing can be out.
pub(super) fn not_created(job: &Job, mut trail: Trail, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Fetch if trail.redo.fetch < FETCH_MAX => {
            trail.redo.fetch += 1;
            Verdict::Restart {
                state: start(job, trail, now),
                why: p.why,
            }
        }
        Class::Fetch => Verdict::Refused { why: p.why },
        // 24 at creation speaks of something that is not there yet; 100/33 of a post that is not there at all.
        Class::Gone if p.error.as_ref().is_some_and(|e| e.code == Some(24)) => Verdict::Retry { why: p.why },
        Class::Gone
        | Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::NoSuchField
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => reply::quiet(p),
    }
}

/// What a container says of itself (threads.md 4.6).
pub(super) fn status_of(json: &serde_json::Value) -> Status {
    Status::of(graph::word(json, "status"), || {
        plain(graph::word(json, "error_message").unwrap_or("UNKNOWN"), 80)
    })
}

pub(super) fn on_child_status(
    job: &Job,
    trail: Trail,
    children: Vec<String>,
    index: usize,
    poll: Poll,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return no_status(job, trail, p, now),
    };
    match status_of(&json) {
        Status::Finished | Status::Published if index + 1 < children.len() => {
            Verdict::Advance(State::AwaitChild {
                trail,
                children,
                index: index + 1,
                poll: Poll {
                    from: now,
                    polls: 0,
                    ..poll
                },
            })
        }
        Status::Finished | Status::Published => Verdict::Advance(State::Create {
            trail,
            children,
            from: now,
        }),
        Status::InProgress if is_over(job, poll.since, now) => expired(job, trail, "EXPIRED", now),
        Status::InProgress => {
            let poll = poll.later(job, true, now);
            Verdict::Advance(State::AwaitChild {
                trail,
                children,
                index,
                poll,
            })
        }
        Status::Expired => expired(job, trail, "EXPIRED", now),
        Status::Error(word) => failed(job, trail, &word, now),
        Status::Other(word) => odd(&word),
    }
}

pub(super) fn on_status(
    job: &Job,
    trail: Trail,
    container: String,
    poll: Poll,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return no_status(job, trail, p, now),
    };
    match status_of(&json) {
        Status::Finished if let Some(why) = never_found(&trail) => Verdict::Refused { why },
        Status::Finished => Verdict::Advance(State::Publish {
            trail,
            container,
            from: now,
            made: poll.since,
        }),
        Status::InProgress if is_over(job, poll.since, now) => expired(job, trail, "EXPIRED", now),
        Status::InProgress => {
            let video = parts::part(&job.content, trail.live.len()).is_some_and(|p| parts::has_video(&p));
            let poll = poll.later(job, video, now);
            Verdict::Advance(State::Await {
                trail,
                container,
                poll,
            })
        }
        // Never asked for, and yet: it is out.
        Status::Published => Verdict::Found(look::id_unknown(trail, LetGo::at(poll.since), now)),
        Status::Expired => expired(job, trail, "EXPIRED", now),
        Status::Error(word) => failed(job, trail, &word, now),
        Status::Other(word) => odd(&word),
    }
}

pub(super) fn odd(word: &str) -> Verdict<State> {
    Verdict::Unclear {
        why: format!("the container's status is {word:?}, which Threads does not document"),
    }
}

/// The status of an unpublished container could not be read.
pub(super) fn no_status(job: &Job, trail: Trail, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Gone | Class::NoSuchField => expired(job, trail, "not found", now),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => reply::quiet(p),
    }
}

/// A container came to its end unpublished: a new one, a while later.
fn expired(job: &Job, mut trail: Trail, word: &str, now: Timestamp) -> Verdict<State> {
    let why = format!("Threads' container is gone before it was published: {word}");
    if trail.redo.expired >= EXPIRED_MAX {
        return Verdict::Refused { why };
    }
    trail.redo.expired += 1;
    let pause = job.facts.number("look_round_secs");
    Verdict::Restart {
        state: start(job, trail, now.after_secs(pause)),
        why,
    }
}

/// A container failed (threads.md 4.6): a new one, or a refusal.
fn failed(job: &Job, mut trail: Trail, word: &str, now: Timestamp) -> Verdict<State> {
    let tries = match word {
        "FAILED_DOWNLOADING_VIDEO" => FAILED_MAX,
        "FAILED_PROCESSING_AUDIO" | "FAILED_PROCESSING_VIDEO" | "UNKNOWN" => 1,
        _ => 0,
    };
    let why = format!("Threads could not prepare the post: {word}{}", advice(word));
    if trail.redo.failed < tries {
        trail.redo.failed += 1;
        Verdict::Restart {
            state: start(job, trail, now),
            why,
        }
    } else {
        Verdict::Refused { why }
    }
}

/// What to do about a container's error.
pub(super) fn advice(word: &str) -> &'static str {
    match word {
        "FAILED_DOWNLOADING_VIDEO" => {
            " (the callback endpoint's public URL must be reachable for Meta: look at nginx or Caddy, a firewall, bot protection)"
        }
        "FAILED_PROCESSING_AUDIO" | "FAILED_PROCESSING_VIDEO" => {
            " (encode it anew: H.264 or HEVC, AAC up to 48 kHz, index first)"
        }
        "INVALID_ASPEC_RATIO" => " (use a ratio between 0.01:1 and 10:1)",
        "INVALID_BIT_RATE" => " (use at most 100 Mbit/s)",
        "INVALID_DURATION" => " (use at most 300 seconds)",
        "INVALID_FRAME_RATE" => " (use 23 to 60 frames a second)",
        "INVALID_AUDIO_CHANNELS" | "INVALID_AUDIO_CHANNEL_LAYOUT" => " (use mono or stereo)",
        _ => "",
    }
}
