//! What follows publishing: the answer to it, a container that was not found, the permalink, the receipt
//! (instagram.md 4.1, 7).

use super::calls;
use super::container::{again, odd, status_of};
use super::look;
use super::reply::{self, Problem, Seen};
use super::shape::{self, MessagePart};
use super::state::{Looks, Redo, State};
use crate::core::delivery::PAUSE_MAX;
use crate::core::flow::{Job, Liveness, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Out, POLLS, Poll, Status, is_over};
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{Ask, Search, must_be_heard};
use crate::platforms::kit::text::plain;

/// Tries with the same container after 24/2207006 or 24/2207008 (instagram.md 7).
const SAME_MAX: u8 = 2;
/// Characters of a limit's words that are kept.
const LIMIT_WORDS: usize = 200;
/// Longest permalink kept; longer ones are not worth their place in the state.
const URL_MAX: usize = 120;

pub(super) fn on_publish(
    job: &Job,
    mut redo: Redo,
    container: String,
    made: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match graph::id_of(&json) {
                Some(id) => Verdict::Advance(State::Permalink { out: Out::of(id) }),
                None => reply::unreadable("a media id", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    // The rule above the table (meta-common.md 4): these have been seen after the effect.
    if p.status >= 500 || p.error.is_none() {
        return Verdict::Unclear { why: p.why };
    }
    match p.class {
        Class::NotReady => {
            let poll = Poll {
                since: made,
                from: now.after_secs(POLLS[1]),
                ..Poll::first(now)
            };
            Verdict::Advance(State::Await {
                redo,
                container,
                poll,
            })
        }
        // The refusals that ask for a look at the container; one that outlived its day has its reason there too.
        Class::Gone | Class::Reject if p.class == Class::Gone || is_over(job, made, now) => {
            redo.gone = redo.gone.saturating_add(1);
            let sent = LetGo::answered(job, now, calls::COMMIT);
            Verdict::Advance(State::Check {
                redo,
                container,
                sent,
                made,
            })
        }
        Class::Gone
        | Class::RetryLater
        | Class::NewContainer
        | Class::NoSuchField
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => refused_or_not(job, redo, container, p, now),
    }
}

/// Errors that instagram.md 8 names as final are reported; any other is looked up first. A refusal that comes again
/// after a look has proved that the first was one is reported too: nothing else would end it.
fn refused_or_not(job: &Job, redo: Redo, container: String, p: Problem, now: Timestamp) -> Verdict<State> {
    let is_final = reply::is_final(&p) || redo.lost > 0;
    match p.class {
        Class::Reauthorise => Verdict::Reauthorise { why: p.why },
        Class::Person if is_final => Verdict::Blocked { why: p.why },
        Class::Reject if is_final => Verdict::Refused { why: p.why },
        // instagram.md 7: "rate-limited, look first (may be live)".
        Class::Limited(secs) => {
            let wait = p.wait.unwrap_or(secs).min(PAUSE_MAX.as_secs());
            limited(job, redo, container, wait, p, now)
        }
        Class::Suspected(secs) => {
            let wait = reply::silence(secs, p.wait);
            limited(job, redo, container, wait, p, now)
        }
        Class::Person
        | Class::Reject
        | Class::Gone
        | Class::NotReady
        | Class::RetryLater
        | Class::NewContainer
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Unknown => Verdict::Unclear { why: p.why },
    }
}

/// A limit: it may be out all the same, so it is looked for first. If it is not, nothing is published for `wait` seconds.
fn limited(
    job: &Job,
    mut redo: Redo,
    container: String,
    wait: i64,
    p: Problem,
    now: Timestamp,
) -> Verdict<State> {
    redo.limit = Some((now.after_secs(wait), plain(&p.why, LIMIT_WORDS)));
    let sent = LetGo::answered(job, now, calls::COMMIT);
    Verdict::Doubtful {
        state: State::Look {
            redo,
            container,
            search: Search::answered(job, sent, now),
        },
        why: p.why,
    }
}

/// After 24/2207006 or 24/2207008: published after all; the same container again, twice; then a new one.
pub(super) fn on_check(
    job: &Job,
    redo: Redo,
    container: String,
    sent: LetGo,
    made: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_checked(job, redo, container, sent, p),
    };
    match status_of(&json) {
        Status::Published => Verdict::Found(look::id_unknown(sent, now)),
        // None of these is published; what it is then, its polling tells.
        Status::InProgress | Status::Expired | Status::Error(_) => Verdict::NotOut(State::Await {
            redo,
            container,
            poll: Poll {
                since: made,
                ..Poll::first(now)
            },
        }),
        Status::Finished if redo.gone <= SAME_MAX => Verdict::NotOut(State::Publish {
            redo,
            container,
            from: now.after_secs(job.facts.number("republish_pause_secs")),
            made,
        }),
        Status::Finished => {
            let why = "Instagram did not find its own container when it was to be published";
            match again(job, redo, Class::NewContainer, why.to_owned(), now) {
                Verdict::Restart { state, .. } => Verdict::NotOut(state),
                other => other,
            }
        }
        Status::Other(word) => odd(&word),
    }
}

/// A container that is not found says nothing (instagram.md 8): own posts are asked before a new one is made.
fn not_checked(job: &Job, redo: Redo, container: String, sent: LetGo, p: Problem) -> Verdict<State> {
    match p.class {
        Class::Gone | Class::NoSuchField => Verdict::Advance(State::Look {
            redo,
            container,
            search: Search::after(job, sent).asking(Ask::ListAfterGone),
        }),
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

/// Cosmetic: whatever comes, the post is out, and a failure here must not fail it.
pub(super) fn on_permalink(job: &Job, mut out: Out, seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => out.url = permalink_of(&json).or(out.url),
        Seen::Bad(p) if must_be_heard(p.class, p.wait.is_some(), job.content.first_comment.is_some()) => {
            return reply::quiet(p);
        }
        Seen::Bad(_) => {}
    }
    Verdict::Advance(after_post(job, out))
}

/// The first comment, or the end.
pub(super) fn after_post(job: &Job, out: Out) -> State {
    match (&job.content.first_comment, &out.id) {
        (None, _) => done(out, None),
        (Some(_), Some(_)) => State::Comment { out },
        (Some(_), None) => done(
            out,
            Some("the first comment was not written, for the post's id is not known"),
        ),
    }
}

/// The post is out, without or instead of a comment.
pub(super) fn done(out: Out, note: Option<&str>) -> State {
    let unknown = out
        .id
        .is_none()
        .then_some("Instagram says that it is published, but its id could not be found");
    let notes: Vec<&str> = unknown.into_iter().chain(note).collect();
    State::Done {
        live: vec![out],
        note: (!notes.is_empty()).then(|| notes.join("; ")),
    }
}

/// A permalink that may be shown: a web address, short, without anything odd.
pub(super) fn permalink_of(json: &serde_json::Value) -> Option<String> {
    graph::permalink_of(json, URL_MAX)
}

/// A person's word as something that is out.
pub(super) fn told(live: Live) -> Out {
    Out {
        id: live.remote_id.filter(|id| is_remote_id(id)),
        url: live.permalink,
    }
}

/// Ids of media are digits; those of messages are longer words.
pub(super) fn is_remote_id(id: &str) -> bool {
    (1..=400).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

/// A search for the id of what was published about then.
pub(super) fn find_id(sent: LetGo, now: Timestamp) -> State {
    State::FindId {
        looks: Looks {
            sent,
            looks: 0,
            from: now,
        },
    }
}

/// A message's parts that are out.
pub(super) fn message_liveness(job: &Job, live: &[Out]) -> Liveness {
    if live.is_empty() {
        Liveness::Nothing
    } else if live.len() >= shape::message_parts(&job.content) {
        Liveness::All(lives(job, live))
    } else {
        Liveness::Some(lives(job, live))
    }
}

/// For the receipt.
pub(super) fn lives(job: &Job, live: &[Out]) -> Vec<Live> {
    let is_message = shape::shape(&job.content) == shape::Shape::Message;
    let part = |n: usize| {
        if is_message {
            let many = shape::message_parts(&job.content) > 1;
            return shape::message_part(&job.content, n)
                .filter(|_| many)
                .map(|p| match p {
                    MessagePart::Text(_) => "text".to_owned(),
                    MessagePart::File(_) => "file".to_owned(),
                });
        }
        (n == 1).then(|| "first comment".to_owned())
    };
    live.iter()
        .enumerate()
        .map(|(n, out)| Live {
            remote_id: out.id.clone(),
            permalink: out.url.clone(),
            part: part(n),
        })
        .collect()
}
