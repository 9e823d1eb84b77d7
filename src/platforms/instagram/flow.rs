//! The steps of a delivery to Instagram; the table of states is in [`super::state`].

use super::calls;
use super::comment;
use super::container::{on_child, on_child_status, on_create, on_status};
use super::look;
use super::message;
use super::publish::{done, find_id, lives, message_liveness, on_check, on_permalink, on_publish, told};
use super::reply::see;
use super::shape::{self, Shape};
use super::state::{Redo, State};
use super::upload;
use crate::core::call::{Call, Reply};
use crate::core::flow::{Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::Out;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::Search;

/// The flow.
pub(crate) struct InstagramFlow;

impl Flow for InstagramFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        start(job, Redo::default(), Timestamp::MIN)
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        match state {
            State::Child { children, from, .. } => not_before(*from, now, || next_child(job, children)),
            State::AwaitChild {
                children,
                index,
                poll,
                ..
            } => not_before(poll.from, now, || match children.get(*index) {
                Some(child) => quiet(calls::status(job, child)),
                None => impossible("a carousel item that the post does not have"),
            }),
            State::Create { children, from, .. } => {
                not_before(*from, now, || creates(calls::container(job, children)))
            }
            State::Upload {
                container, upload, ..
            } => match upload::next(job, container, upload, now) {
                Some(call) => quiet(call),
                None => impossible("a video that the post does not have"),
            },
            State::Await { container, poll, .. } => {
                not_before(poll.from, now, || quiet(calls::status(job, container)))
            }
            State::Publish {
                redo,
                container,
                from,
                ..
            } => not_before(*from, now, || next_publish(job, redo, container, now)),
            State::Check { container, .. } => quiet(calls::status(job, container)),
            State::Look {
                container, search, ..
            } => not_before(search.from, now, || look::next(job, container, search)),
            State::Undecided { why, .. } | State::UndecidedMessage { why, .. } => {
                Next::Ask { why: why.clone() }
            }
            State::FindId { looks } => {
                not_before(looks.from, now, || quiet(calls::list_since(job, looks.sent)))
            }
            State::Permalink { out } => match &out.id {
                Some(id) => quiet(calls::permalink(job, id)),
                None => impossible("a permalink of nothing"),
            },
            State::Comment { out } => comment::next(job, out, now),
            State::LookComment { out, looks } => {
                not_before(looks.from, now, || match comment::look(job, out) {
                    Some(call) => quiet(call),
                    None => impossible("a comment below nothing"),
                })
            }
            State::Send { live, redo } => message::next(job, live, redo, now),
            State::LookMessage { looks, .. } => not_before(looks.from, now, || message::look(job)),
            State::Done { live, .. } => Next::Done(lives(job, live)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let seen = see(reply);
        match state {
            State::Child { redo, children, .. } => on_child(job, redo, children, seen, now),
            State::AwaitChild {
                redo,
                children,
                index,
                poll,
            } => on_child_status(job, redo, children, index, poll, seen, now),
            State::Create { redo, .. } => on_create(job, redo, seen, now),
            State::Upload {
                redo,
                container,
                made,
                upload,
            } => upload::on_upload(job, redo, container, made, upload, seen, now),
            State::Await {
                redo,
                container,
                poll,
            } => on_status(job, redo, container, poll, seen, now),
            State::Publish {
                redo,
                container,
                made,
                ..
            } => on_publish(job, redo, container, made, seen, now),
            State::Check {
                redo,
                container,
                sent,
                made,
            } => on_check(job, redo, container, sent, made, seen, now),
            State::Look {
                redo,
                container,
                search,
            } => look::on_look(job, redo, container, search, seen, now),
            State::FindId { looks } => look::on_id(job, looks, seen, now),
            State::Permalink { out } => on_permalink(job, out, seen),
            State::Comment { out } => comment::on_comment(out, seen),
            State::LookComment { out, looks } => comment::on_look(job, out, looks, seen, now),
            State::Send { live, .. } => message::on_sent(job, live, seen),
            State::LookMessage { live, redo, looks } => message::on_look(job, live, redo, looks, seen, now),
            // These make no call, so nothing can be said about a reply to one.
            same @ (State::Undecided { .. } | State::UndecidedMessage { .. } | State::Done { .. }) => {
                Verdict::Advance(same)
            }
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        match state {
            State::Child { .. }
            | State::AwaitChild { .. }
            | State::Create { .. }
            | State::Upload { .. }
            | State::Await { .. }
            | State::Publish { .. }
            | State::Check { .. }
            | State::Look { .. }
            | State::Undecided { .. } => Liveness::Nothing,
            State::FindId { .. } => Liveness::All(lives(job, &[Out::default()])),
            // The first comment is an addition: the post is out without it.
            State::Permalink { out } | State::Comment { out } | State::LookComment { out, .. } => {
                Liveness::All(lives(job, std::slice::from_ref(out)))
            }
            State::Send { live, .. }
            | State::LookMessage { live, .. }
            | State::UndecidedMessage { live, .. } => message_liveness(job, live),
            State::Done { live, .. } => Liveness::All(lives(job, live)),
        }
    }

    /// The container was not found when it was to be published, which is no proof that it is not: until it has been asked
    /// it may be out.
    fn pending(&self, state: &State) -> bool {
        matches!(state, State::Check { .. } | State::Look { .. })
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        let sent = sent_at(job, &state, now);
        match (state, found) {
            (
                State::Publish { .. }
                | State::Check { .. }
                | State::Look { .. }
                | State::Undecided { .. }
                | State::FindId { .. },
                Some(live),
            ) => named(told(live), sent, now),
            (
                State::Publish { redo, container, .. }
                | State::Check { redo, container, .. }
                | State::Look { redo, container, .. }
                | State::Undecided {
                    redo,
                    container: Some(container),
                    ..
                },
                None,
            ) => State::Publish {
                from: after_limit(&redo, now),
                redo,
                container,
                made: Timestamp::default(),
            },
            (
                State::Undecided {
                    redo,
                    container: None,
                    ..
                },
                None,
            ) => {
                let from = after_limit(&redo, now);
                start(job, redo, from)
            }
            // It is out, whatever a person says; only its id is missing. Look for it again.
            (State::FindId { looks }, None) => find_id(looks.sent, now),
            (State::Comment { out } | State::LookComment { out, .. }, Some(live)) => {
                let comment = told(live);
                State::Done {
                    live: vec![out, comment],
                    note: None,
                }
            }
            (State::Comment { out } | State::LookComment { out, .. }, None) => State::Comment { out },
            (
                State::Send { live, .. }
                | State::LookMessage { live, .. }
                | State::UndecidedMessage { live, .. },
                Some(found),
            ) => message::sent(job, live, told(found).id),
            (State::Send { live, redo } | State::LookMessage { live, redo, .. }, None) => {
                State::Send { live, redo }
            }
            (State::UndecidedMessage { live, .. }, None) => State::Send {
                live,
                redo: Redo::default(),
            },
            (
                same @ (State::Child { .. }
                | State::AwaitChild { .. }
                | State::Create { .. }
                | State::Upload { .. }
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
            State::Create { .. } => "create container".to_owned(),
            State::Upload { .. } => "upload".to_owned(),
            State::Await { .. } => "wait for container".to_owned(),
            State::Publish { .. } => "publish".to_owned(),
            State::Check { .. } => "check container".to_owned(),
            State::Look { .. } => "look whether it is out".to_owned(),
            State::Undecided { .. } | State::UndecidedMessage { .. } => "ask a person".to_owned(),
            State::FindId { .. } => "find the id".to_owned(),
            State::Permalink { .. } => "read permalink".to_owned(),
            State::Comment { .. } => "first comment".to_owned(),
            State::LookComment { .. } => "look whether the comment is out".to_owned(),
            State::Send { live, .. } => match live.len() {
                0 => "send".to_owned(),
                n => format!("send, part {}", n + 1),
            },
            State::LookMessage { .. } => "look whether the message is out".to_owned(),
            State::Done { .. } => "done".to_owned(),
        }
    }

    fn note(&self, _job: &Job, state: &State) -> Option<String> {
        match state {
            State::Done { note, .. } => note.clone(),
            State::Child { .. }
            | State::AwaitChild { .. }
            | State::Create { .. }
            | State::Upload { .. }
            | State::Await { .. }
            | State::Publish { .. }
            | State::Check { .. }
            | State::Look { .. }
            | State::Undecided { .. }
            | State::FindId { .. }
            | State::Permalink { .. }
            | State::Comment { .. }
            | State::LookComment { .. }
            | State::Send { .. }
            | State::LookMessage { .. }
            | State::UndecidedMessage { .. } => None,
        }
    }
}

/// When what is not out may be published again: not before the end of a limit that was told meanwhile.
fn after_limit(redo: &Redo, now: Timestamp) -> Timestamp {
    redo.limit.as_ref().map_or(now, |(until, _)| now.max(*until))
}

/// When the publishing call in question was sent, as far as the state knows.
fn sent_at(job: &Job, state: &State, now: Timestamp) -> LetGo {
    match state {
        State::Check { sent, .. } => *sent,
        State::Look { search, .. } => search.sent,
        State::FindId { looks } | State::LookComment { looks, .. } | State::LookMessage { looks, .. } => {
            looks.sent
        }
        State::Child { .. }
        | State::AwaitChild { .. }
        | State::Create { .. }
        | State::Upload { .. }
        | State::Await { .. }
        | State::Publish { .. }
        | State::Undecided { .. }
        | State::Permalink { .. }
        | State::Comment { .. }
        | State::Send { .. }
        | State::UndecidedMessage { .. }
        | State::Done { .. } => LetGo::now(job, now),
    }
}

/// Out, by a person's word; without an id it is looked for.
fn named(out: Out, sent: LetGo, now: Timestamp) -> State {
    match (&out.id, &out.url) {
        (Some(_), _) => State::Permalink { out },
        (None, Some(_)) => done(out, None),
        (None, None) => find_id(sent, now),
    }
}

fn not_before(from: Timestamp, now: Timestamp, then: impl FnOnce() -> Next<State>) -> Next<State> {
    if now < from { Next::Wait(from) } else { then() }
}

/// A quiet call.
pub(super) fn quiet(call: Call) -> Next<State> {
    Next::Quiet(Quiet::new(call))
}

/// A quiet call that makes a container (instagram.md 6).
fn creates(call: Call) -> Next<State> {
    Next::Quiet(Quiet::counting(call, vec![shape::one("containers")]))
}

/// The first state, not before `from`.
pub(super) fn start(job: &Job, redo: Redo, from: Timestamp) -> State {
    let children = Vec::new();
    match shape::shape(&job.content) {
        Shape::Carousel => State::Child { redo, children, from },
        Shape::Message => State::Send {
            live: Vec::new(),
            redo,
        },
        Shape::Photo | Shape::Reel | Shape::StoryPhoto | Shape::StoryVideo => {
            State::Create { redo, children, from }
        }
    }
}

fn next_child(job: &Job, children: &[String]) -> Next<State> {
    match shape::files(&job.content).get(children.len()) {
        Some(media) => creates(calls::child(job, media)),
        None => impossible("a carousel item that the post does not have"),
    }
}

fn impossible(what: &str) -> Next<State> {
    Next::Ask {
        why: format!("the saved state speaks of {what}"),
    }
}

fn next_publish(job: &Job, redo: &Redo, container: &str, now: Timestamp) -> Next<State> {
    let look = State::Look {
        redo: redo.clone(),
        container: container.to_owned(),
        search: Search::after(job, LetGo::now(job, now)),
    };
    // instagram.md 8: the container tells whether it was published, then the list of own posts.
    Next::Commit(Commit::new(
        calls::publish(job, container),
        IfLost::Never(Recourse::Look(look)),
        vec![shape::one("posts")],
    ))
}
