//! The steps of a delivery to Threads; the table of states is in [`super::state`].

use super::calls;
use super::container::{on_child, on_child_status, on_create, on_status};
use super::look;
use super::parts;
use super::publish::{
    liveness, lives, on_check, on_permalink, on_publish, on_repost, published, reposted, told,
};
use super::reply::see;
use super::state::{State, Trail};
use crate::core::call::Reply;
use crate::core::flow::{Charge, Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::Search;

/// The flow.
pub(crate) struct ThreadsFlow;

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
                ..
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
            State::Publish {
                trail,
                container,
                made,
                ..
            } => on_publish(job, trail, container, made, seen, now),
            State::Check {
                trail,
                container,
                sent,
                made,
            } => on_check(job, trail, container, sent, made, seen, now),
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

    /// That a container was not found when it was to be published is no proof that it is not (threads.md 8): until it has
    /// been asked, or own posts have, it may be out.
    fn pending(&self, state: &State) -> bool {
        matches!(state, State::Check { .. } | State::Look { .. })
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        match (state, found) {
            (
                State::Publish { trail, .. }
                | State::Check { trail, .. }
                | State::Look { trail, .. }
                | State::Undecided { trail, .. },
                Some(live),
            ) => published(trail, told(live), LetGo::now(job, now), now),
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
            ) => not_out(job, trail, Some(container), now),
            (
                State::Undecided {
                    trail,
                    container: None,
                    ..
                },
                None,
            ) => not_out(job, trail, None, now),
            (State::FindId { mut trail, sent, .. }, Some(live)) => {
                trail.live.pop();
                published(trail, told(live), sent, sent.ours())
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

    fn note(&self, job: &Job, state: &State) -> Option<String> {
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
        let unknown = trail.live.iter().position(|out| out.id.is_none())?;
        let why = if parts::is_wordless(&job.content, unknown) {
            "but it has no words to tell it from others by"
        } else {
            "but does not list it"
        };
        Some(format!(
            "Threads says that it is published, {why}, so its id is not known"
        ))
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
    Next::Quiet(Quiet::new(call))
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

/// What a person says is not out is published again, but not before the end of a limit that was told meanwhile; its
/// container has expired by then.
fn not_out(job: &Job, mut trail: Trail, container: Option<String>, now: Timestamp) -> State {
    match (trail.redo.limit.take(), container) {
        (Some((until, _)), _) => start(job, trail, now.max(until)),
        (None, None) => start(job, trail, now),
        (None, Some(container)) => State::Publish {
            trail,
            container,
            from: now,
            made: Timestamp::default(),
        },
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
        search: Search::after(job, LetGo::now(job, now)),
    };
    // threads.md 8: the container tells whether it was published, then the list of own posts.
    let publish = Commit::new(
        calls::publish(job, container),
        IfLost::Never(Recourse::Look(look)),
        vec![parts::charge(&job.content, trail.live.len())],
    );
    Next::Commit(if trail.live.is_empty() {
        publish.ahead_of(parts::later(&job.content))
    } else {
        publish
    })
}

fn next_repost(job: &Job, now: Timestamp) -> Next<State> {
    let look = State::LookRepost {
        sent: LetGo::now(job, now),
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
