//! The steps of a delivery to X; the table of states is in [`super::state`].

use super::reply::see;
use super::state::{Look, Ready, State, Step, Trail};
use super::{calls, look, message, parts, price, publish, upload};
use crate::core::call::{Call, Reply};
use crate::core::flow::{Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::domain::post::Kind;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// The flow.
pub(crate) struct XFlow;

impl Flow for XFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        if job.profile.remote_id.is_empty() {
            State::Who
        } else {
            begin_as(job, Trail::default())
        }
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        match state {
            State::Who => {
                let call = Call::Http(calls::me(&job.options));
                Next::Quiet(Quiet::counting(call, price::profile(&job.facts)))
            }
            State::Upload {
                trail, ready, step, ..
            } => upload::next(job, trail, ready, step, now),
            State::Baseline { trail, .. } => quiet(calls::newest(job, me(job, trail))),
            State::Post {
                trail,
                ready,
                round,
                first,
            } => next_post(job, trail, ready, (*round, sent_first(job, *first, now)), now),
            State::Look { trail, ready, look } => {
                not_before(look.from, now, || look::next(job, trail, ready, look))
            }
            State::Undecided { why, .. } | State::UndecidedMessage { why, .. } => {
                Next::Ask { why: why.clone() }
            }
            State::FindId {
                trail,
                ready,
                first,
                looks,
                from,
            } => not_before(*from, now, || look::next_id(job, trail, ready, (*first, *looks))),
            State::Repost { trail } => next_repost(job, trail),
            State::Message { trail, round, first } => {
                message::next(job, trail, *round, sent_first(job, *first, now), now)
            }
            State::LookMessage { look, .. } => not_before(look.from, now, || {
                let charges = price::look_message(&job.facts, look.looks);
                Next::Quiet(Quiet::counting(
                    calls::conversation(job, message::to(job)),
                    charges,
                ))
            }),
            State::Done { trail } => Next::Done(publish::lives(job, trail)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let seen = see(reply, now);
        match state {
            State::Who => publish::on_who(job, seen),
            State::Upload {
                trail,
                ready,
                step,
                redo,
            } => upload::Uploading {
                job,
                trail,
                ready,
                redo,
                now,
            }
            .on(step, seen),
            State::Baseline { trail, ready } => publish::on_baseline(job, trail, ready, seen),
            State::Post {
                trail,
                ready,
                round,
                first,
            } => {
                let first = sent_first(job, first, now);
                publish::on_post(job, trail, ready, (round, first), seen, now)
            }
            State::Look { trail, ready, look } => look::on_look(job, trail, ready, look, seen, now),
            State::FindId {
                trail,
                ready,
                first,
                looks,
                ..
            } => look::on_id(job, trail, ready, (first, looks), seen, now),
            State::Repost { trail } => publish::on_repost(job, trail, seen),
            State::Message { trail, .. } => message::on_sent(job, trail, seen),
            State::LookMessage { trail, look } => message::on_look(job, trail, look, seen, now),
            // These make no call, so nothing can be said about a reply to one.
            same @ (State::Undecided { .. } | State::UndecidedMessage { .. } | State::Done { .. }) => {
                Verdict::Advance(same)
            }
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        match state {
            State::Who => Liveness::Nothing,
            State::Done { trail } => Liveness::All(publish::lives(job, trail)),
            State::Upload { trail, .. }
            | State::Baseline { trail, .. }
            | State::Post { trail, .. }
            | State::Look { trail, .. }
            | State::Undecided { trail, .. }
            | State::FindId { trail, .. }
            | State::Repost { trail }
            | State::Message { trail, .. }
            | State::LookMessage { trail, .. }
            | State::UndecidedMessage { trail, .. } => publish::liveness(job, trail),
        }
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        let id = found.as_ref().map(|live| {
            live.remote_id
                .clone()
                .and_then(|id| parts::post_id(&id).map(str::to_owned))
        });
        match (state, id) {
            (
                State::Post { trail, .. } | State::Look { trail, .. } | State::Undecided { trail, .. },
                Some(id),
            ) => publish::published(job, trail, id),
            (State::FindId { mut trail, .. }, Some(id)) => {
                trail.live.pop();
                publish::published(job, trail, id)
            }
            (
                State::Post {
                    trail, ready, first, ..
                },
                None,
            ) => again(job, trail, ready, sent_first(job, first, now), now),
            (State::Look { trail, ready, look }, None) => again(job, trail, ready, look.first, now),
            (
                State::Undecided {
                    trail, ready, first, ..
                },
                None,
            ) => again(job, trail, ready, first, now),
            (
                State::FindId {
                    mut trail,
                    ready,
                    first,
                    ..
                },
                None,
            ) => {
                trail.live.pop();
                again(job, trail, ready, first, now)
            }
            (
                State::Repost { trail }
                | State::Message { trail, .. }
                | State::LookMessage { trail, .. }
                | State::UndecidedMessage { trail, .. },
                Some(id),
            ) => publish::ended(trail, id),
            (State::Repost { trail }, None) => State::Repost { trail },
            (
                State::Message { trail, .. }
                | State::LookMessage { trail, .. }
                | State::UndecidedMessage { trail, .. },
                None,
            ) => State::Message {
                trail,
                round: 0,
                first: None,
            },
            (
                same @ (State::Who | State::Upload { .. } | State::Baseline { .. } | State::Done { .. }),
                Some(_) | None,
            ) => same,
        }
    }

    fn step_name(&self, state: &State) -> String {
        match state {
            State::Who => "ask whose token it is".to_owned(),
            State::Upload { ready, step, .. } => upload::name(ready.media.len() + 1, step),
            State::Baseline { .. } => "note the newest post".to_owned(),
            State::Post { trail, round: 0, .. } => named("post", trail.live.len()),
            State::Post { trail, .. } => named("post again", trail.live.len()),
            State::Look { trail, .. } => named("look whether it is out", trail.live.len()),
            State::FindId { trail, .. } => named("find the id", trail.live.len().saturating_sub(1)),
            State::Undecided { .. } | State::UndecidedMessage { .. } => "ask a person".to_owned(),
            State::Repost { .. } => "repost".to_owned(),
            State::Message { .. } => "send the message".to_owned(),
            State::LookMessage { .. } => "look whether the message was sent".to_owned(),
            State::Done { .. } => "done".to_owned(),
        }
    }

    fn note(&self, _job: &Job, state: &State) -> Option<String> {
        let State::Done { trail } = state else {
            return None;
        };
        trail.live.iter().any(Option::is_none).then(|| {
            "X says that it exists, but does not list it, so its id is not known: look at the account"
                .to_owned()
        })
    }
}

/// `post`, or `post, part 3` within a thread.
fn named(step: &str, before: usize) -> String {
    if before == 0 {
        step.to_owned()
    } else {
        format!("{step}, part {}", before + 1)
    }
}

pub(super) fn not_before(from: Timestamp, now: Timestamp, then: impl FnOnce() -> Next<State>) -> Next<State> {
    if now < from { Next::Wait(from) } else { then() }
}

/// A quiet call.
pub(super) fn quiet(call: Call) -> Next<State> {
    Next::Quiet(Quiet::new(call))
}

/// Whose posts these are.
pub(super) fn me<'a>(job: &'a Job, trail: &'a Trail) -> &'a str {
    trail.me.as_deref().unwrap_or(&job.profile.remote_id)
}

/// The first state once it is known who publishes.
pub(super) fn begin_as(job: &Job, trail: Trail) -> State {
    if job.content.repost.is_some() {
        State::Repost { trail }
    } else if job.content.kind == Kind::Message {
        State::Message {
            trail,
            round: 0,
            first: None,
        }
    } else {
        start(job, trail)
    }
}

/// The first state of the part after `trail`.
pub(super) fn start(job: &Job, trail: Trail) -> State {
    match parts::part(&job.content, trail.live.len()) {
        None => State::Done { trail },
        Some(part) if part.media.is_empty() => prepared(job, trail, Ready::default()),
        Some(_) => State::Upload {
            trail,
            ready: Ready::default(),
            step: Step::Initialize,
            redo: 0,
        },
    }
}

/// All media are there. Where neither words nor an earlier part tell a post from others, the newest one is noted.
pub(super) fn prepared(job: &Job, trail: Trail, ready: Ready) -> State {
    let n = trail.live.len();
    let guarded = parts::part(&job.content, n).is_none_or(|p| parts::guarded(&p));
    if n == 0 && !guarded {
        State::Baseline { trail, ready }
    } else {
        State::Post {
            trail,
            ready,
            round: 0,
            first: None,
        }
    }
}

/// When it was sent first: now, if it was not before.
fn sent_first(job: &Job, first: Option<LetGo>, now: Timestamp) -> LetGo {
    first.unwrap_or_else(|| LetGo::now(job, now))
}

/// The same once more: whatever X then calls a duplicate is ours.
fn again(job: &Job, trail: Trail, ready: Ready, first: LetGo, now: Timestamp) -> State {
    // A person took their time: media that X has forgotten are uploaded anew.
    if publish::too_old(job, &ready, now) {
        return start(job, trail);
    }
    State::Post {
        trail,
        ready,
        round: 1,
        first: Some(first),
    }
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
        None => Ok(job.content.reply_to.as_deref().and_then(parts::post_id)),
        Some(Some(id)) => Ok(Some(id)),
        Some(None) => Err(format!(
            "part {n} is out but its id is not known, so part {} cannot answer it",
            n + 1
        )),
    }
}

fn next_post(
    job: &Job,
    trail: &Trail,
    ready: &Ready,
    (round, first): (u8, LetGo),
    now: Timestamp,
) -> Next<State> {
    let n = trail.live.len();
    let Some(part) = parts::part(&job.content, n) else {
        return Next::Ask {
            why: "the saved state speaks of a part that the post does not have".to_owned(),
        };
    };
    let reply_to = match answers(job, trail) {
        Ok(id) => id,
        Err(why) => return Next::Ask { why },
    };
    let look = State::Look {
        trail: trail.clone(),
        ready: ready.clone(),
        look: Look {
            first,
            looks: 0,
            round,
            duplicate: false,
            from: now.after_secs(job.facts.number("look_first_secs")),
        },
    };
    // x.md 8: "There is no idempotency key"; own posts are listed, and identical words are refused as a duplicate.
    let create = Commit::new(
        calls::create(job, n, &part, &ready.media, reply_to),
        IfLost::Never(Recourse::Look(look)),
        price::post(&part, n == 0, &job.facts),
    );
    Next::Commit(if n == 0 {
        create.ahead_of(price::from(&job.content, 1, &job.facts))
    } else {
        create
    })
}

fn next_repost(job: &Job, trail: &Trail) -> Next<State> {
    let id = job
        .content
        .repost
        .as_deref()
        .and_then(parts::post_id)
        .unwrap_or_default();
    // x.md 8.4: "repeat; already reposted = treat as done".
    Next::Commit(Commit::new(
        calls::repost(job, me(job, trail), id),
        IfLost::SameId,
        price::repost(&job.facts),
    ))
}
