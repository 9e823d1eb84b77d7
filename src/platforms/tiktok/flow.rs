//! The steps of a delivery to TikTok; the table of states is in [`super::state`].

use super::creator::{first, is_stale, on_creator, on_init};
use super::reply::see;
use super::state::{How, State, Step};
use super::{calls, receipt, seek, status, upload};
use crate::core::call::{Call, Reply};
use crate::core::flow::{Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::core::hook::PostNews;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// The flow.
pub(crate) struct TikTokFlow;

impl Flow for TikTokFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        State {
            redo: super::state::Redo::default(),
            step: first(job, Timestamp::MIN),
        }
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        match &state.step {
            Step::Creator { from } => not_before(*from, now, creator),
            Step::Init { from, .. } => not_before(*from, now, || next_init(job, state, now)),
            Step::Upload { task, upload } => upload::next(job, state, task, upload, now),
            Step::Watch { task, polls, .. } | Step::Named { task, polls } => {
                not_before(polls.from, now, || status_of(&task.id))
            }
            Step::Failed { task } => status_of(&task.id),
            Step::Seek { from, .. } => not_before(*from, now, || quiet(seek::next(job), super::READS)),
            Step::Await { from, .. } => not_before(*from, now, || quiet(seek::probe(), super::READS)),
            Step::Undecided { why, .. } => Next::Ask { why: why.clone() },
            Step::Done { .. } => Next::Done(receipt::lives(job, &state.step)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let seen = see(reply);
        let rest = state.clone();
        match state.step {
            Step::Creator { .. } => on_creator(job, rest, seen, now),
            Step::Init { leave, .. } => on_init(job, rest, leave, seen, now),
            Step::Upload { task, upload } => upload::on_piece(job, rest, task, upload, reply, now),
            Step::Watch { task, polls, upload } => {
                status::on_watch(job, rest, task, polls, upload, seen, now)
            }
            Step::Failed { task } => status::on_failed(rest, task, seen, now),
            Step::Seek {
                sent, looks, leave, ..
            } => seek::on_list(job, rest, (sent, looks, leave), seen, now),
            Step::Await { sent, leave, .. } => seek::on_wait(job, rest, sent, &leave, seen, now),
            Step::Named { task, polls } => status::on_named(job, rest, task, polls, seen, now),
            // These make no call, so nothing can be said about a reply to one.
            Step::Undecided { .. } | Step::Done { .. } => Verdict::Advance(rest),
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        match &state.step {
            Step::Named { .. } | Step::Done { .. } => Liveness::All(receipt::lives(job, &state.step)),
            Step::Creator { .. }
            | Step::Init { .. }
            | Step::Upload { .. }
            | Step::Watch { .. }
            | Step::Failed { .. }
            | Step::Seek { .. }
            | Step::Await { .. }
            | Step::Undecided { .. } => Liveness::Nothing,
        }
    }

    /// TikTok has taken it and publishes it by itself; only its status, or its list, tells whether it has.
    fn pending(&self, state: &State) -> bool {
        match &state.step {
            Step::Watch { .. } | Step::Seek { .. } | Step::Await { .. } | Step::Undecided { .. } => true,
            Step::Creator { .. }
            | Step::Init { .. }
            | Step::Upload { .. }
            | Step::Failed { .. }
            | Step::Named { .. }
            | Step::Done { .. } => false,
        }
    }

    fn told(&self, state: &State, news: &PostNews, now: Timestamp) -> Option<State> {
        let step = status::told(&state.step, news, now)?;
        Some(State {
            redo: state.redo,
            step,
        })
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        let step = match (state.step, found) {
            (step @ (Step::Named { .. } | Step::Done { .. }), _) => step,
            (_, Some(told)) => Step::Done {
                ids: told.remote_id.into_iter().collect(),
                how: How::Shown,
                user: None,
                url: told.permalink,
            },
            (_, None) => first(job, now),
        };
        State { step, ..state }
    }

    fn step_name(&self, state: &State) -> String {
        match &state.step {
            Step::Creator { .. } => "ask what the account may do".to_owned(),
            Step::Init { .. } => "announce".to_owned(),
            Step::Upload { upload, .. } => format!("upload from byte {}", upload.at),
            Step::Watch { .. } => "look how it stands".to_owned(),
            Step::Failed { .. } => "read why it failed".to_owned(),
            Step::Seek { .. } => "look whether it is out".to_owned(),
            Step::Await { .. } => "see whether its pictures are fetched".to_owned(),
            Step::Undecided { .. } => "ask a person".to_owned(),
            Step::Named { .. } => "read its id".to_owned(),
            Step::Done { .. } => "done".to_owned(),
        }
    }

    fn note(&self, job: &Job, state: &State) -> Option<String> {
        receipt::note(job, &state.step)
    }
}

fn not_before(from: Timestamp, now: Timestamp, then: impl FnOnce() -> Next<State>) -> Next<State> {
    if now < from { Next::Wait(from) } else { then() }
}

fn quiet(call: Call, limit: &str) -> Next<State> {
    Next::Quiet(Quiet::counting(call, vec![super::one(limit)]))
}

fn creator() -> Next<State> {
    quiet(calls::creator(), super::CREATOR_INFOS)
}

fn status_of(id: &str) -> Next<State> {
    quiet(calls::status(id), super::STATUS_CALLS)
}

/// tiktok.md 8.1: opening an upload shows nothing, "init again: cannot duplicate". 8.2: announced pictures are fetched
/// and published by TikTok itself, so "never repeat automatically after a complete fetch"; where nothing was fetched, their
/// addresses are closed first.
fn next_init(job: &Job, state: &State, now: Timestamp) -> Next<State> {
    let Step::Init { leave, asked, .. } = &state.step else {
        return Next::Ask {
            why: "the saved state does not fit its post".to_owned(),
        };
    };
    if is_stale(job, *asked, now) {
        return creator();
    }
    if let Some(media) = calls::video(job) {
        let init = Quiet::counting(
            calls::video_init(job, media, leave),
            vec![super::one(super::INITS)],
        );
        return Next::Quiet(init.ahead_of(super::charges(&job.options)));
    }
    let wait = job.facts.number("look_first_secs");
    let look = State {
        step: Step::Await {
            sent: LetGo::now(job, now),
            from: now.after_secs(wait),
            leave: leave.clone(),
        },
        ..state.clone()
    };
    let if_lost = IfLost::Never(Recourse::Look(look));
    let mut charges = super::charges(&job.options);
    charges.push(super::one(super::INITS));
    Next::Commit(Commit::new(calls::photo_init(job, leave), if_lost, charges))
}
