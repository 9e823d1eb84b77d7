//! Containers: made, filled, polled until they may be published, made anew when they fail (instagram.md 4, 7).

use super::calls;
use super::flow::start;
use super::look;
use super::reply::{self, Problem, Seen};
use super::shape;
use super::state::{Redo, State};
use super::upload;
use crate::core::flow::{Job, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Poll, Status, is_over};
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::plain;

/// New containers after one failed for a reason that passes (instagram.md 7).
const FRESH_MAX: u8 = 3;
/// New containers after one expired or vanished unpublished.
const EXPIRED_MAX: u8 = 3;
/// Tries after the media could not be fetched (instagram.md 7).
const FETCH_MAX: u8 = 3;

pub(super) fn on_child(
    job: &Job,
    redo: Redo,
    mut children: Vec<String>,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_created(job, redo, p, now),
    };
    let Some(id) = graph::id_of(&json) else {
        return reply::unreadable("a container id", &json);
    };
    children.push(id);
    Verdict::Advance(if children.len() < shape::files(&job.content).len() {
        State::Child {
            redo,
            children,
            from: now,
        }
    } else {
        State::AwaitChild {
            redo,
            children,
            index: 0,
            poll: Poll::first(now),
        }
    })
}

pub(super) fn on_create(job: &Job, redo: Redo, seen: Seen, now: Timestamp) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_created(job, redo, p, now),
    };
    let Some(container) = graph::id_of(&json) else {
        return reply::unreadable("a container id", &json);
    };
    Verdict::Advance(if calls::is_resumable(job) {
        let upload = upload::begun(job, &container, &json, now);
        State::Upload {
            redo,
            container,
            made: now,
            upload,
        }
    } else {
        State::Await {
            redo,
            container,
            poll: Poll::first(now),
        }
    })
}

/// A container was not made. Nothing can be out.
fn not_created(job: &Job, redo: Redo, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Fetch | Class::NewContainer => again(job, redo, p.class, p.why, now),
        // 24 at creation speaks of a child that is not there any more.
        Class::Gone if p.code() == Some(24) => again(job, redo, Class::NewContainer, p.why, now),
        Class::Gone
        | Class::RetryLater
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

/// What a container says of itself (instagram.md 4.4). `ERROR` says no more: the reason is in `status` (instagram.md 9).
pub(super) fn status_of(json: &serde_json::Value) -> Status {
    Status::of(graph::word(json, "status_code"), || {
        plain(graph::word(json, "status").unwrap_or("no reason"), 300)
    })
}

pub(super) fn on_child_status(
    job: &Job,
    redo: Redo,
    children: Vec<String>,
    index: usize,
    poll: Poll,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return no_status(job, redo, p, now),
    };
    match status_of(&json) {
        Status::Finished | Status::Published if index + 1 < children.len() => {
            Verdict::Advance(State::AwaitChild {
                redo,
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
            redo,
            children,
            from: now,
        }),
        Status::InProgress if is_over(job, poll.since, now) => expired(job, redo, "EXPIRED", now),
        Status::InProgress => {
            let poll = poll.later(job, shape::has_video(&job.content), now);
            Verdict::Advance(State::AwaitChild {
                redo,
                children,
                index,
                poll,
            })
        }
        Status::Expired => expired(job, redo, "EXPIRED", now),
        Status::Error(words) => failed(job, redo, &words, now),
        Status::Other(word) => odd(&word),
    }
}

pub(super) fn on_status(
    job: &Job,
    redo: Redo,
    container: String,
    poll: Poll,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return no_status(job, redo, p, now),
    };
    match status_of(&json) {
        Status::Finished => Verdict::Advance(State::Publish {
            redo,
            container,
            from: now,
            made: poll.since,
        }),
        Status::InProgress if is_over(job, poll.since, now) => expired(job, redo, "EXPIRED", now),
        Status::InProgress => {
            let poll = poll.later(job, shape::has_video(&job.content), now);
            Verdict::Advance(State::Await {
                redo,
                container,
                poll,
            })
        }
        // Never asked for, and yet: it is out.
        Status::Published => Verdict::Found(look::id_unknown(LetGo::at(poll.since), now)),
        Status::Expired => expired(job, redo, "EXPIRED", now),
        Status::Error(words) => failed(job, redo, &words, now),
        Status::Other(word) => odd(&word),
    }
}

pub(super) fn odd(word: &str) -> Verdict<State> {
    Verdict::Unclear {
        why: format!("the container's status is {word:?}, which Instagram does not document"),
    }
}

/// The status of an unpublished container could not be read.
pub(super) fn no_status(job: &Job, redo: Redo, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Gone | Class::NoSuchField => expired(job, redo, "not found", now),
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

/// A container came to its end unpublished: a new one.
pub(super) fn expired(job: &Job, mut redo: Redo, word: &str, now: Timestamp) -> Verdict<State> {
    let why = format!("Instagram's container is gone before it was published: {word}");
    redo.expired = redo.expired.saturating_add(1);
    if redo.expired > EXPIRED_MAX {
        return Verdict::Refused { why };
    }
    Verdict::Restart {
        state: start(job, redo, now),
        why,
    }
}

/// A container ended in ERROR (meta-common.md 4.3): a new one, a wait, or a refusal.
pub(super) fn failed(job: &Job, redo: Redo, words: &str, now: Timestamp) -> Verdict<State> {
    let (class, told) = reply::failed_container(words);
    let why = format!("Instagram could not prepare the post: {told}");
    match class {
        Class::Reject | Class::Duplicate | Class::NoSuchField => Verdict::Refused { why },
        Class::Person => Verdict::Blocked { why },
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Limited(_)
        | Class::Suspected(_)
        | Class::Fetch
        | Class::NewContainer
        | Class::RetryLater
        | Class::NotReady
        | Class::Gone
        | Class::Unknown => again(job, redo, class, why, now),
    }
}

/// Begins again with new containers, as often as instagram.md 7 allows. Nothing of the old ones is out.
pub(super) fn again(job: &Job, mut redo: Redo, class: Class, why: String, now: Timestamp) -> Verdict<State> {
    let pause = match class {
        Class::Limited(secs) | Class::Suspected(secs) => secs,
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => job.facts.number("fetch_pause_secs"),
    };
    let (count, max) = if class == Class::Fetch {
        (&mut redo.fetch, FETCH_MAX)
    } else {
        (&mut redo.fresh, FRESH_MAX)
    };
    if *count >= max {
        return Verdict::Refused { why };
    }
    *count += 1;
    redo.gone = 0;
    Verdict::Restart {
        state: start(job, redo, now.after_secs(pause)),
        why,
    }
}
