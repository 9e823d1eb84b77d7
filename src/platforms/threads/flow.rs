//! The steps of a delivery to Threads; the table of states is in [`super::state`].

use super::calls;
use super::look;
use super::parts;
use super::reply::{self, Problem, Seen, see};
use super::state::{Out, Poll, Search, State, Trail};
use crate::core::call::Reply;
use crate::core::flow::{Charge, Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::text::plain;

/// Seconds between two questions to a container (meta-common.md 10), then [`SLOW`].
const POLLS: [i64; 4] = [3, 5, 10, 20];
/// Seconds between later questions.
const SLOW: i64 = 60;
/// Seconds between questions after the deadline.
const VERY_SLOW: i64 = 300;
/// New containers after 24/4279009 (threads.md 7).
const GONE_MAX: u8 = 3;
/// New containers after a container failed for a reason that may pass (threads.md 4.6).
const FAILED_MAX: u8 = 2;
/// Tries after the media could not be fetched (threads.md 7).
const FETCH_MAX: u8 = 3;
/// Longest permalink kept; longer ones are not worth their place in the state.
const URL_MAX: usize = 80;

/// The flow.
pub(super) struct ThreadsFlow;

impl Flow for ThreadsFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        if job.content.repost.is_some() {
            return State::Repost;
        }
        start(job, Trail::default(), Timestamp::MIN)
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        match state {
            State::Child {
                trail,
                children,
                from,
            } => not_before(*from, now, || next_child(job, trail, children)),
            State::AwaitChild {
                children,
                index,
                poll,
                ..
            } => not_before(poll.from, now, || {
                quiet(calls::status(
                    job,
                    children.get(*index).map_or("", String::as_str),
                ))
            }),
            State::Create {
                trail,
                children,
                from,
            } => not_before(*from, now, || next_create(job, trail, children)),
            State::Await { container, poll, .. } => {
                not_before(poll.from, now, || quiet(calls::status(job, container)))
            }
            State::Publish {
                trail,
                container,
                from,
            } => not_before(*from, now, || next_publish(job, trail, container, now)),
            State::Check { container, .. } => quiet(calls::status(job, container)),
            State::Look {
                trail,
                container,
                search,
            } => not_before(search.from, now, || look::next(job, trail, container, search)),
            State::Undecided { why, .. } | State::UndecidedRepost { why } => Next::Ask { why: why.clone() },
            State::FindId {
                trail,
                sent,
                looks,
                from,
            } => not_before(*from, now, || look::next_id(job, trail, *sent, *looks)),
            State::Permalink { trail, .. } => next_permalink(job, trail),
            State::Repost => next_repost(job, now),
            State::LookRepost { sent, from, .. } => {
                not_before(*from, now, || quiet(calls::list(job, false, *sent)))
            }
            State::Done { trail } => Next::Done(lives(job, trail)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let seen = see(reply);
        match state {
            State::Child { trail, children, .. } => on_child(job, trail, children, seen, now),
            State::AwaitChild {
                trail,
                children,
                index,
                poll,
            } => on_child_status(job, trail, children, index, poll, seen, now),
            State::Create { trail, .. } => on_create(job, trail, seen, now),
            State::Await {
                trail,
                container,
                poll,
            } => on_status(job, trail, container, poll, seen, now),
            State::Publish { trail, container, .. } => on_publish(trail, container, seen, now),
            State::Check {
                trail,
                container,
                sent,
            } => on_check(job, trail, &container, sent, seen, now),
            State::Look {
                trail,
                container,
                search,
            } => look::on_look(job, trail, container, search, seen, now),
            State::FindId {
                trail, sent, looks, ..
            } => look::on_id(job, trail, sent, looks, seen, now),
            State::Permalink { trail, since } => on_permalink(job, trail, since, seen),
            State::Repost => on_repost(seen),
            State::LookRepost { sent, looks, .. } => look::on_repost(job, sent, looks, seen, now),
            // These make no call, so nothing can be said about a reply to one.
            same @ (State::Undecided { .. } | State::UndecidedRepost { .. } | State::Done { .. }) => {
                Verdict::Advance(same)
            }
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        match state {
            State::Child { trail, .. }
            | State::AwaitChild { trail, .. }
            | State::Create { trail, .. }
            | State::Await { trail, .. }
            | State::Publish { trail, .. }
            | State::Check { trail, .. }
            | State::Look { trail, .. }
            | State::Undecided { trail, .. }
            | State::FindId { trail, .. }
            | State::Permalink { trail, .. } => liveness(job, trail),
            State::Repost | State::LookRepost { .. } | State::UndecidedRepost { .. } => Liveness::Nothing,
            State::Done { trail } => Liveness::All(lives(job, trail)),
        }
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        match (state, found) {
            (
                State::Publish { trail, .. }
                | State::Check { trail, .. }
                | State::Look { trail, .. }
                | State::Undecided { trail, .. },
                Some(live),
            ) => published(trail, told(live), now),
            (
                State::Publish { trail, container, .. }
                | State::Check { trail, container, .. }
                | State::Look { trail, container, .. }
                | State::Undecided {
                    trail,
                    container: Some(container),
                    ..
                },
                None,
            ) => State::Publish {
                trail,
                container,
                from: now,
            },
            (
                State::Undecided {
                    trail,
                    container: None,
                    ..
                },
                None,
            ) => start(job, trail, now),
            (State::FindId { mut trail, sent, .. }, Some(live)) => {
                trail.live.pop();
                published(trail, told(live), sent)
            }
            // It is out, whatever a person says; only its id is missing. Look for it again.
            (State::FindId { trail, sent, .. }, None) => State::FindId {
                trail,
                sent,
                looks: 0,
                from: now,
            },
            (State::Repost | State::LookRepost { .. } | State::UndecidedRepost { .. }, Some(live)) => {
                reposted(told(live))
            }
            (State::Repost | State::LookRepost { .. } | State::UndecidedRepost { .. }, None) => State::Repost,
            (
                same @ (State::Child { .. }
                | State::AwaitChild { .. }
                | State::Create { .. }
                | State::Await { .. }
                | State::Permalink { .. }
                | State::Done { .. }),
                Some(_) | None,
            ) => same,
        }
    }

    fn step_name(&self, state: &State) -> String {
        match state {
            State::Child { children, .. } => format!("create carousel item {}", children.len() + 1),
            State::AwaitChild { index, .. } => format!("wait for carousel item {}", index + 1),
            State::Create { trail, .. } => named("create container", trail),
            State::Await { trail, .. } => named("wait for container", trail),
            State::Publish { trail, .. } => named("publish", trail),
            State::Check { trail, .. } => named("check container", trail),
            State::Look { trail, .. } => named("look whether it is out", trail),
            State::Undecided { trail, .. } => named("ask a person", trail),
            State::FindId { .. } => "find the id".to_owned(),
            State::Permalink { .. } => "read permalink".to_owned(),
            State::Repost => "repost".to_owned(),
            State::LookRepost { .. } => "look whether the repost is out".to_owned(),
            State::UndecidedRepost { .. } => "ask a person".to_owned(),
            State::Done { .. } => "done".to_owned(),
        }
    }

    fn note(&self, _job: &Job, state: &State) -> Option<String> {
        let trail = match state {
            State::Done { trail } | State::Permalink { trail, .. } | State::FindId { trail, .. } => trail,
            State::Child { .. }
            | State::AwaitChild { .. }
            | State::Create { .. }
            | State::Await { .. }
            | State::Publish { .. }
            | State::Check { .. }
            | State::Look { .. }
            | State::Undecided { .. }
            | State::Repost
            | State::LookRepost { .. }
            | State::UndecidedRepost { .. } => return None,
        };
        trail.live.iter().any(|out| out.id.is_none()).then(|| {
            "Threads says that it is published, but does not list it, so its id is not known".to_owned()
        })
    }
}

/// `publish`, or `publish part 3` within a thread.
fn named(step: &str, trail: &Trail) -> String {
    if trail.live.is_empty() {
        step.to_owned()
    } else {
        format!("{step}, part {}", trail.live.len() + 1)
    }
}

fn not_before(from: Timestamp, now: Timestamp, then: impl FnOnce() -> Next<State>) -> Next<State> {
    if now < from { Next::Wait(from) } else { then() }
}

/// A quiet call.
pub(super) fn quiet(call: crate::core::call::Call) -> Next<State> {
    Next::Quiet(Quiet(call))
}

/// The first state of the part after `trail`.
pub(super) fn start(job: &Job, trail: Trail, from: Timestamp) -> State {
    let n = trail.live.len();
    let Some(part) = parts::part(&job.content, n) else {
        return State::Done { trail };
    };
    let children = Vec::new();
    if part.media.len() > 1 {
        State::Child {
            trail,
            children,
            from,
        }
    } else {
        State::Create {
            trail,
            children,
            from,
        }
    }
}

fn next_child(job: &Job, trail: &Trail, children: &[String]) -> Next<State> {
    let part = parts::part(&job.content, trail.live.len());
    match part.as_ref().and_then(|p| p.media.get(children.len())) {
        Some(media) => quiet(calls::child(job, media)),
        None => impossible("a carousel item that the post does not have"),
    }
}

fn next_create(job: &Job, trail: &Trail, children: &[String]) -> Next<State> {
    let n = trail.live.len();
    let Some(part) = parts::part(&job.content, n) else {
        return impossible("a part that the post does not have");
    };
    let reply_to = match answers(job, trail) {
        Ok(id) => id,
        Err(why) => return Next::Ask { why },
    };
    quiet(calls::container(job, n, &part, children, reply_to))
}

/// What the next part answers: the part before it, the first part for a comment, or the post named in the file.
pub(super) fn answers<'a>(job: &'a Job, trail: &'a Trail) -> Result<Option<&'a str>, String> {
    let n = trail.live.len();
    let before = if parts::is_comment(&job.content, n) {
        trail.live.first()
    } else {
        trail.live.last()
    };
    match before {
        None => Ok(job.content.reply_to.as_deref()),
        Some(out) => match out.id.as_deref() {
            Some(id) => Ok(Some(id)),
            None => Err(format!(
                "part {n} is out but its id is not known, so part {} cannot answer it",
                n + 1
            )),
        },
    }
}

fn impossible(what: &str) -> Next<State> {
    Next::Ask {
        why: format!("the saved state speaks of {what}"),
    }
}

fn next_publish(job: &Job, trail: &Trail, container: &str, now: Timestamp) -> Next<State> {
    let look = State::Look {
        trail: trail.clone(),
        container: container.to_owned(),
        search: Search::after(job, now),
    };
    // threads.md 8: the container tells whether it was published, then the list of own posts.
    Next::Commit(Commit::new(
        calls::publish(job, container),
        IfLost::Never(Recourse::Look(look)),
        vec![parts::charge(&job.content, trail.live.len())],
    ))
}

fn next_repost(job: &Job, now: Timestamp) -> Next<State> {
    let look = State::LookRepost {
        sent: now,
        looks: 0,
        from: now.after_secs(job.facts.number("look_pause_secs")),
    };
    let id = job.content.repost.as_deref().unwrap_or_default();
    // threads.md 8: only the list of own posts tells of a repost.
    Next::Commit(Commit::new(
        calls::repost(job, id),
        IfLost::Never(Recourse::Look(look)),
        vec![Charge {
            limit: "posts".to_owned(),
            amount: 1,
        }],
    ))
}

fn next_permalink(job: &Job, trail: &Trail) -> Next<State> {
    match trail.live.last().and_then(|out| out.id.as_deref()) {
        Some(id) => quiet(calls::permalink(job, id)),
        None => impossible("a permalink of nothing"),
    }
}

fn first_poll(now: Timestamp) -> Poll {
    Poll {
        since: now,
        polls: 0,
        from: now.after_secs(POLLS[0]),
    }
}

/// The next question: 3, 5, 10, 20 seconds, then every minute, slower after the deadline.
fn later(job: &Job, poll: &Poll, video: bool, now: Timestamp) -> Poll {
    let deadline = if video {
        job.facts.number("poll_deadline_video_secs")
    } else {
        job.facts.number("poll_deadline_secs")
    };
    let polls = poll.polls.saturating_add(1);
    let secs = if now.since(poll.since).as_secs() >= deadline {
        VERY_SLOW
    } else {
        POLLS.get(usize::from(polls)).copied().unwrap_or(SLOW)
    };
    Poll {
        since: poll.since,
        polls,
        from: now.after_secs(secs),
    }
}

/// Whether a container has outlived its time (threads.md 4.6), whatever it says.
fn is_over(job: &Job, poll: &Poll, now: Timestamp) -> bool {
    now.since(poll.since).as_secs() > job.facts.number("container_life_secs")
}

fn on_child(
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
            poll: first_poll(now),
        }
    })
}

fn on_create(job: &Job, trail: Trail, seen: Seen, now: Timestamp) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_created(job, trail, p, now),
    };
    match graph::id_of(&json) {
        Some(container) => Verdict::Advance(State::Await {
            trail,
            container,
            poll: first_poll(now),
        }),
        None => reply::unreadable("a container id", &json),
    }
}

/// A container was not made. Nothing can be out.
fn not_created(job: &Job, mut trail: Trail, p: Problem, now: Timestamp) -> Verdict<State> {
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
pub(super) enum Status {
    /// Processing.
    InProgress,
    /// May be published.
    Finished,
    /// Is published.
    Published,
    /// Was not published in time.
    Expired,
    /// Failed, with Meta's word for it.
    Error(String),
    /// A word that is not in the documentation.
    Other(String),
}

/// Reads it.
pub(super) fn status_of(json: &serde_json::Value) -> Status {
    match graph::word(json, "status") {
        Some("IN_PROGRESS") => Status::InProgress,
        Some("FINISHED") => Status::Finished,
        Some("PUBLISHED") => Status::Published,
        Some("EXPIRED") => Status::Expired,
        Some("ERROR") => Status::Error(plain(graph::word(json, "error_message").unwrap_or("UNKNOWN"), 80)),
        other => Status::Other(plain(other.unwrap_or("nothing"), 40)),
    }
}

fn on_child_status(
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
        Status::InProgress if is_over(job, &poll, now) => failed(job, trail, "EXPIRED", now),
        Status::InProgress => {
            let poll = later(job, &poll, true, now);
            Verdict::Advance(State::AwaitChild {
                trail,
                children,
                index,
                poll,
            })
        }
        Status::Expired => failed(job, trail, "EXPIRED", now),
        Status::Error(word) => failed(job, trail, &word, now),
        Status::Other(word) => odd(&word),
    }
}

fn on_status(
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
        Status::Finished => Verdict::Advance(State::Publish {
            trail,
            container,
            from: now,
        }),
        Status::InProgress if is_over(job, &poll, now) => failed(job, trail, "EXPIRED", now),
        Status::InProgress => {
            let video = parts::part(&job.content, trail.live.len()).is_some_and(|p| parts::has_video(&p));
            let poll = later(job, &poll, video, now);
            Verdict::Advance(State::Await {
                trail,
                container,
                poll,
            })
        }
        // Never asked for, and yet: it is out.
        Status::Published => Verdict::Found(look::id_unknown(trail, poll.since, now)),
        Status::Expired => failed(job, trail, "EXPIRED", now),
        Status::Error(word) => failed(job, trail, &word, now),
        Status::Other(word) => odd(&word),
    }
}

fn odd(word: &str) -> Verdict<State> {
    Verdict::Unclear {
        why: format!("the container's status is {word:?}, which Threads does not document"),
    }
}

/// The status of an unpublished container could not be read.
fn no_status(job: &Job, trail: Trail, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Gone | Class::NoSuchField => failed(job, trail, "not found", now),
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

/// A container ended before it was published (threads.md 4.6): a new one, or a refusal.
fn failed(job: &Job, mut trail: Trail, word: &str, now: Timestamp) -> Verdict<State> {
    let tries = match word {
        "EXPIRED" | "not found" => u8::MAX,
        "FAILED_DOWNLOADING_VIDEO" => FAILED_MAX,
        "FAILED_PROCESSING_AUDIO" | "FAILED_PROCESSING_VIDEO" | "UNKNOWN" => 1,
        _ => 0,
    };
    let why = format!("Threads could not prepare the post: {word}{}", advice(word));
    if trail.redo.failed < tries {
        trail.redo.failed = trail.redo.failed.saturating_add(1);
        Verdict::Restart {
            state: start(job, trail, now),
            why,
        }
    } else {
        Verdict::Refused { why }
    }
}

/// What to do about a container's error.
fn advice(word: &str) -> &'static str {
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

fn on_publish(mut trail: Trail, container: String, seen: Seen, now: Timestamp) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match graph::id_of(&json) {
                Some(id) => {
                    let out = Out {
                        id: Some(id),
                        url: None,
                    };
                    Verdict::Advance(published(trail, out, now))
                }
                None => reply::unreadable("a media id", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    match p.class {
        // The one refusal that asks for a look at the container (threads.md 7).
        Class::Gone if p.status < 500 => {
            trail.redo.gone = trail.redo.gone.saturating_add(1);
            Verdict::Advance(State::Check {
                trail,
                container,
                sent: now - calls::COMMIT,
            })
        }
        Class::NotReady if p.status < 500 => {
            let poll = Poll {
                from: now.after_secs(POLLS[1]),
                ..first_poll(now)
            };
            Verdict::Advance(State::Await {
                trail,
                container,
                poll,
            })
        }
        Class::Gone
        | Class::NotReady
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
        | Class::Unknown => reply::commit(p),
    }
}

/// After 24/4279009: published after all, or a new container, at most three.
fn on_check(
    job: &Job,
    trail: Trail,
    container: &str,
    sent: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let word = match seen {
        Seen::Good(json) => match status_of(&json) {
            Status::Published => return Verdict::Found(look::id_unknown(trail, sent, now)),
            Status::InProgress => {
                let poll = first_poll(now);
                let container = container.to_owned();
                return Verdict::Advance(State::Await {
                    trail,
                    container,
                    poll,
                });
            }
            Status::Finished => "FINISHED".to_owned(),
            Status::Expired => "EXPIRED".to_owned(),
            Status::Error(word) => word,
            Status::Other(word) => return odd(&word),
        },
        Seen::Bad(p) => match p.class {
            Class::NoSuchField => return Verdict::Found(look::id_unknown(trail, sent, now)),
            Class::Gone => "not found".to_owned(),
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
            | Class::Unknown => return reply::quiet(p),
        },
    };
    let why =
        format!("Threads did not find its own container when it was to be published (it says {word} now)");
    if trail.redo.gone > GONE_MAX {
        return Verdict::Refused {
            why: format!("{why}, and {GONE_MAX} new ones fared no better; try again later"),
        };
    }
    Verdict::Restart {
        state: start(job, trail, now),
        why,
    }
}

/// The part under way is out.
pub(super) fn published(mut trail: Trail, out: Out, now: Timestamp) -> State {
    let known = out.id.is_some();
    trail.live.push(Out {
        url: out.url.filter(|u| u.len() <= URL_MAX),
        ..out
    });
    trail.redo = super::state::Redo::default();
    if known {
        State::Permalink { trail, since: now }
    } else {
        State::FindId {
            trail,
            sent: now,
            looks: 0,
            from: now,
        }
    }
}

/// The part after the ones that are out, no sooner than the pause of a chain; or the end.
pub(super) fn go_on(job: &Job, trail: Trail, since: Timestamp) -> State {
    let from = since.after_secs(job.facts.number("chain_pause_secs"));
    start(job, trail, from)
}

/// Cosmetic: whatever comes, the post is out, and a failure here must not fail it (threads.md 4.1).
fn on_permalink(job: &Job, mut trail: Trail, since: Timestamp, seen: Seen) -> Verdict<State> {
    if let (Seen::Good(json), Some(out)) = (seen, trail.live.last_mut())
        && let Some(url) = permalink_of(&json)
    {
        out.url = Some(url);
    }
    Verdict::Advance(go_on(job, trail, since))
}

/// A permalink that may be shown: https, short, without anything odd.
pub(super) fn permalink_of(json: &serde_json::Value) -> Option<String> {
    graph::word(json, "permalink")
        .filter(|u| (u.starts_with("https://") || u.starts_with("http://")) && u.len() <= URL_MAX)
        .filter(|u| u.bytes().all(|b| b.is_ascii_graphic()))
        .map(str::to_owned)
}

fn on_repost(seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match graph::id_of(&json) {
            Some(id) => Verdict::Advance(reposted(Out {
                id: Some(id),
                url: None,
            })),
            None => reply::unreadable("an id", &json),
        },
        // The post to be reposted does not exist: nothing was done.
        Seen::Bad(p) if p.class == Class::Gone && p.status < 500 => Verdict::Refused { why: p.why },
        Seen::Bad(p) => reply::commit(p),
    }
}

/// The repost is out.
pub(super) fn reposted(out: Out) -> State {
    State::Done {
        trail: Trail {
            live: vec![out],
            ..Trail::default()
        },
    }
}

/// A person's word as a part.
fn told(live: Live) -> Out {
    Out {
        id: live.remote_id.filter(|id| graph::is_id(id)),
        url: live.permalink,
    }
}

fn liveness(job: &Job, trail: &Trail) -> Liveness {
    if trail.live.is_empty() {
        Liveness::Nothing
    } else if trail.live.len() >= parts::count(&job.content) {
        Liveness::All(lives(job, trail))
    } else {
        Liveness::Some(lives(job, trail))
    }
}

fn lives(job: &Job, trail: &Trail) -> Vec<Live> {
    let all = parts::count(&job.content).max(trail.live.len());
    trail
        .live
        .iter()
        .enumerate()
        .map(|(n, out)| Live {
            remote_id: out.id.clone(),
            permalink: out.url.clone(),
            part: (all > 1).then(|| format!("{} of {all}", n + 1)),
        })
        .collect()
}
