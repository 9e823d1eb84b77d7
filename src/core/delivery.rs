//! The life of one delivery: five phases, one `decide`, and what each phase wants.
//!
//! | | Tick | Permit, Denied | Answered, NotSent, Lost (this attempt) | Cancel, Hold, Release, Retry | Resolve | Account lost, usable |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | **Waiting** | at its time: on; too late: the late rule | - | - | Ended, Held, at once | when in doubt: on | Held, at once if it waited for that |
//! | **Ready** | - | Calling; Waiting or Held | - | Ended, Held, - | - | Held, - |
//! | **Calling** | - | - | the next step, a retry, a look, Held or Ended | remembered | - | - |
//! | **Held** | too late: the late rule | - | - | Ended, -, Waiting | when in doubt: on | -, Waiting if held for it |
//! | **Ended** | - | - | - | - | - | - |
//!
//! What a vendor tells of its post by itself (`News`) brings the next question forward where one waits, or where a person
//! is asked.
//!
//! A dash is an arm that is written and changes nothing. A cancel cannot recall what may be out: during a
//! call, or while in doubt, it is remembered.
//!
//! What must be done is read off the committed phase ([`wants`]); so starting after a crash is running.

mod answer;
mod doubt;
mod go;
mod invariants;
mod people;

use serde::{Deserialize, Serialize};

use super::call::{Reply, Trouble};
use super::flow::{IfLost, Job, Next, Recourse};
use super::life::Refused;
use super::platform::{Platform, Saved};
use crate::domain::hold::Hold;
use crate::domain::queue::{LateRule, LateThen, OnUnknown};
use crate::domain::receipt::{Live, Outcome};
use crate::domain::time::{Span, Timestamp};

pub use answer::PAUSE_MAX;
pub use doubt::forget_age;
pub use invariants::{check_phase, check_transition};

/// Where a delivery stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "phase")]
pub enum Phase {
    /// Moves by itself at a time.
    Waiting {
        /// When.
        until: Timestamp,
        /// Why not before.
        hold: Hold,
        /// What has been learned.
        step: Step,
    },
    /// Wants a permit for its next call.
    Ready {
        /// What has been learned.
        step: Step,
    },
    /// Written before the request leaves, so a restart knows that a call may have happened.
    Calling {
        /// Its number.
        attempt: u32,
        /// When it was let go.
        sent: Timestamp,
        /// Quiet, or a commit with what its loss means.
        open: Open,
        /// What has been learned.
        step: Step,
    },
    /// Moves when a person, or an account, moves it.
    Held {
        /// Why.
        hold: Hold,
        /// What has been learned.
        step: Step,
    },
    /// Over.
    Ended {
        /// How.
        outcome: Outcome,
    },
}

impl Phase {
    /// What has been learned; `None`: it is over.
    pub fn step(&self) -> Option<&Step> {
        match self {
            Phase::Waiting { step, .. }
            | Phase::Ready { step }
            | Phase::Calling { step, .. }
            | Phase::Held { step, .. } => Some(step),
            Phase::Ended { .. } => None,
        }
    }

    fn step_mut(&mut self) -> Option<&mut Step> {
        match self {
            Phase::Waiting { step, .. }
            | Phase::Ready { step }
            | Phase::Calling { step, .. }
            | Phase::Held { step, .. } => Some(step),
            Phase::Ended { .. } => None,
        }
    }
}

/// An open call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Open {
    /// May be repeated.
    Quiet,
    /// Showed something to the world, perhaps.
    Commit(IfLost<Saved>),
}

/// What a delivery has learned so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The platform's own state.
    pub state: Saved,
    /// No commit leaves before this.
    pub due: Timestamp,
    /// Failures in a row at this state.
    pub tries: u32,
    /// Calls so far.
    pub attempts: u32,
    /// A commit was sent and nobody knows yet.
    pub doubt: Option<Doubt>,
    /// What a person wants, once it can be done.
    pub wish: Option<Wish>,
    /// How often it was repeated blindly under `on_unknown = "retry"`.
    pub blind: u32,
    /// A person let it go although it is late.
    pub late_ok: bool,
    /// A person let it go although the same went out lately.
    pub again_ok: bool,
    /// It may go although the clock looked wrong: a person or a vendor's clock said that it is right.
    #[serde(default)]
    pub clock_ok: bool,
    /// What commits up to this attempt were to do was not done, as a look or a person said, and must not be done any more:
    /// the addresses of media that they handed out are closed.
    #[serde(default)]
    pub closed: u32,
    /// The last commit of which a vendor has fetched a file by the address that it handed out.
    #[serde(default)]
    pub fetched: u32,
}

impl Step {
    /// The first step of a delivery.
    pub fn first(state: Saved, due: Timestamp) -> Self {
        Self {
            state,
            due,
            tries: 0,
            attempts: 0,
            doubt: None,
            wish: None,
            blind: 0,
            late_ok: false,
            again_ok: false,
            clock_ok: false,
            closed: 0,
            fetched: 0,
        }
    }

    /// Whether a vendor has fetched files of a commit that may still come to something.
    pub fn is_fetched(&self) -> bool {
        self.fetched > self.closed
    }

    /// Whether an earlier commit, repeated at the queue's own risk, may still come to something: a vendor has fetched
    /// its files. That a later one did nothing says nothing about it.
    fn risked(&self) -> bool {
        self.blind > 0 && (1..=self.closed).contains(&self.fetched)
    }

    /// Whatever was sent until now is to come to nothing: it is sent anew.
    fn shut(self) -> Self {
        Self {
            closed: self.attempts,
            ..self
        }
    }
}

/// A commit step was sent and it is not known whether it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// Repeating is safe until the server forgets the key.
    Keyed {
        /// From when on it is not.
        forgets_at: Timestamp,
        /// Afterwards.
        then: Recourse<Saved>,
    },
    /// Repeating is always safe.
    SameId,
    /// Quiet calls are finding out.
    Looking,
    /// Only a person can say.
    Asking,
    /// Repeated at the queue's own risk.
    Blind,
}

/// Something a person wants that could not be done at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// End it, if nothing is out.
    Cancel {
        /// Who.
        by: String,
    },
    /// Let it wait for a person.
    Hold {
        /// Who and why.
        why: String,
    },
}

/// Everything that can happen to a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// Limits and gates let its next call go now.
    Permit,
    /// They do not: until a time, or until somebody acts.
    Denied {
        /// Why.
        hold: Hold,
        /// When to ask again; `None`: when somebody acts.
        until: Option<Timestamp>,
    },
    /// A complete answer to attempt `.0`.
    Answered(u32, Reply),
    /// Attempt `.0` had no effect.
    NotSent(u32, Trouble),
    /// Attempt `.0` may have had its effect.
    Lost(u32, String),
    /// A vendor fetches a file by the address that the commit `.0` handed out.
    Fetched(u32),
    /// A person or a removed file.
    Cancel {
        /// Who.
        by: String,
    },
    /// A person.
    Hold {
        /// Who and why.
        why: String,
    },
    /// A person takes back a hold, a lateness or a duplicate.
    Release,
    /// A person wants it tried now.
    Retry,
    /// A person knows how an unknown outcome ended.
    Resolve(Settled),
    /// The vendor told something of its post by itself: the state that it goes on from ([`super::flow::Flow::told`]).
    News(Saved),
    /// The account cannot be used.
    AccountLost {
        /// Why.
        hold: Hold,
    },
    /// It can be used again.
    AccountUsable,
}

/// A person's answer to an unknown outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// It is out.
    Live(Live),
    /// It is not; publish it.
    NotOut,
}

/// The rules of the delivery's queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How late is too late.
    pub late: LateRule,
    /// When nobody can know.
    pub on_unknown: OnUnknown,
    /// Never after this.
    pub expires: Option<Timestamp>,
    /// How long before it is due its preparation may begin.
    pub prepare: Span,
    /// Failures in a row at one state before giving up.
    pub max_tries: u32,
}

/// What `decide` may know.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The time.
    pub now: Timestamp,
    /// The delivery's fixed facts.
    pub job: &'a Job,
    /// Its platform.
    pub platform: &'a dyn Platform,
    /// Its queue's rules.
    pub rules: &'a Rules,
    /// What it means if the answer refuses the token of the call.
    pub refused: Refused,
}

/// What a phase wants done. A function of the committed phase alone: ask it again after a crash.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// Come back at this time.
    WakeAt(Timestamp),
    /// A permit for this call.
    Permit {
        /// What the next call counts against.
        charges: Vec<super::flow::Charge>,
        /// What a later call will count against, for which there must be room now.
        ahead: Vec<super::flow::Charge>,
        /// Whether it is a commit.
        commit: bool,
    },
    /// Make this call.
    Send {
        /// Its number.
        attempt: u32,
        /// The time it was let go.
        sent: Timestamp,
        /// The call.
        call: super::call::Call,
        /// Whether it is a commit.
        commit: bool,
    },
    /// A person or an account.
    Nobody,
    /// Move the file, write the receipt.
    Archive,
}

/// The next phase.
pub fn decide(mut phase: Phase, event: Event, ctx: Ctx<'_>) -> Phase {
    if let (Event::Fetched(attempt), Some(step)) = (&event, phase.step_mut()) {
        step.fetched = step.fetched.max(*attempt);
    }
    match phase {
        Phase::Waiting { until, hold, step } => waiting(until, hold, step, event, ctx),
        Phase::Ready { step } => ready(step, event, ctx),
        Phase::Calling {
            attempt,
            sent,
            open,
            step,
        } => {
            let next = answer::calling(attempt, sent, open, step, event, ctx);
            people::grant(next, ctx)
        }
        Phase::Held { hold, step } => held(hold, step, event, ctx),
        Phase::Ended { outcome } => Phase::Ended { outcome },
    }
}

/// What must be done now.
pub fn wants(phase: &Phase, ctx: Ctx<'_>) -> Want {
    match phase {
        Phase::Waiting { until, .. } => Want::WakeAt(*until),
        Phase::Ready { step } => match ctx.platform.next(ctx.job, &step.state, ctx.now) {
            Ok(Next::Commit(commit)) => Want::Permit {
                charges: commit.charges().to_vec(),
                ahead: commit.ahead().to_vec(),
                commit: true,
            },
            Ok(Next::Quiet(quiet)) => Want::Permit {
                charges: quiet.charges().to_vec(),
                ahead: quiet.ahead().to_vec(),
                commit: false,
            },
            Ok(Next::Wait(_) | Next::Ask { .. } | Next::Done(_)) | Err(_) => Want::Permit {
                charges: Vec::new(),
                ahead: Vec::new(),
                commit: false,
            },
        },
        Phase::Calling {
            attempt, sent, step, ..
        } => send(*attempt, *sent, step, ctx),
        Phase::Held { hold, step } => late_at(hold, step, ctx).map_or(Want::Nobody, Want::WakeAt),
        Phase::Ended { .. } => Want::Archive,
    }
}

/// The first phase of a delivery: it waits until its steps may be prepared.
pub fn begin(step: Step, prepare_from: Timestamp) -> Phase {
    Phase::Waiting {
        until: prepare_from,
        hold: Hold::NotDue,
        step,
    }
}

/// What a start makes of a phase found on disk: an open call has been lost.
pub fn recover(phase: Phase, ctx: Ctx<'_>) -> Phase {
    match phase {
        Phase::Calling { attempt, .. } => {
            let why = "crier stopped while the call was open".to_owned();
            decide(phase, Event::Lost(attempt, why), ctx)
        }
        Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Ended { .. } => phase,
    }
}

fn waiting(until: Timestamp, hold: Hold, step: Step, event: Event, ctx: Ctx<'_>) -> Phase {
    match event {
        Event::Tick if ctx.now >= until => go::go(step, ctx),
        Event::Cancel { by } => people::cancel(Phase::Waiting { until, hold, step }, by, ctx),
        Event::Hold { why } => people::hold(Phase::Waiting { until, hold, step }, why),
        Event::Retry => people::hurry(until, hold, step, ctx),
        Event::Resolve(settled) if step.doubt.is_some() => doubt::settle(step, settled, ctx),
        Event::AccountLost { hold } => Phase::Held { hold, step },
        Event::AccountUsable if matches!(hold, Hold::Renewing { .. }) => Phase::Waiting {
            until: ctx.now.min(until),
            hold,
            step,
        },
        Event::News(state) => {
            // Where something else holds it, it goes on with that later.
            let asks = matches!(hold, Hold::Processing | Hold::Checking { .. });
            let until = if asks { ctx.now.min(until) } else { until };
            let step = Step { state, ..step };
            Phase::Waiting { until, hold, step }
        }
        // Early, late or stale: the phase stands. Named, so that no new event falls in unseen.
        Event::Tick
        | Event::Permit
        | Event::Denied { .. }
        | Event::Answered(..)
        | Event::NotSent(..)
        | Event::Lost(..)
        | Event::Fetched(_)
        | Event::Release
        | Event::Resolve(_)
        | Event::AccountUsable => Phase::Waiting { until, hold, step },
    }
}

fn ready(step: Step, event: Event, ctx: Ctx<'_>) -> Phase {
    match event {
        Event::Permit => on_permit(step, ctx),
        Event::Denied {
            hold,
            until: Some(until),
        } => Phase::Waiting { until, hold, step },
        Event::Denied { hold, until: None } => Phase::Held { hold, step },
        Event::Cancel { by } => people::cancel(Phase::Ready { step }, by, ctx),
        Event::Hold { why } => people::hold(Phase::Ready { step }, why),
        Event::AccountLost { hold } => Phase::Held { hold, step },
        Event::Tick
        | Event::Answered(..)
        | Event::NotSent(..)
        | Event::Lost(..)
        | Event::Fetched(_)
        | Event::News(_)
        | Event::Release
        | Event::Retry
        | Event::Resolve(_)
        | Event::AccountUsable => Phase::Ready { step },
    }
}

fn held(hold: Hold, step: Step, event: Event, ctx: Ctx<'_>) -> Phase {
    match event {
        Event::Tick => go::overdue(hold, step, ctx),
        Event::Cancel { by } => people::cancel(Phase::Held { hold, step }, by, ctx),
        Event::Release => people::release(hold, step, ctx),
        Event::Retry => people::release(hold, Step { tries: 0, ..step }, ctx),
        Event::Resolve(settled) if step.doubt.is_some() => doubt::settle(step, settled, ctx),
        Event::News(state) if step.doubt.is_some() && matches!(hold, Hold::Unknown { .. }) => {
            let doubt = Some(Doubt::Looking);
            go::go(Step { state, doubt, ..step }, ctx)
        }
        Event::AccountUsable => people::account_usable(hold, step, ctx),
        Event::Permit
        | Event::Denied { .. }
        | Event::Answered(..)
        | Event::NotSent(..)
        | Event::Lost(..)
        | Event::Fetched(_)
        | Event::News(_)
        | Event::Hold { .. }
        | Event::Resolve(_)
        | Event::AccountLost { .. } => Phase::Held { hold, step },
    }
}

/// The call is let go: the phase that is committed before the request leaves.
fn on_permit(mut step: Step, ctx: Ctx<'_>) -> Phase {
    // It may have been ready for long: in line behind another call, or through a night in which crier was down.
    if go::too_late(&step, ctx) || go::repeats_no_more(&step, ctx).is_some() {
        return go::go(step, ctx);
    }
    let open = match ctx.platform.next(ctx.job, &step.state, ctx.now) {
        Ok(Next::Quiet(_)) => Open::Quiet,
        Ok(Next::Commit(commit)) if ctx.now >= step.due && !doubt::key_forgotten(&step, ctx.now) => {
            Open::Commit(commit.if_lost().clone())
        }
        // Time has passed since it became ready, or it cannot be read: look again from the start.
        Ok(Next::Commit(_) | Next::Wait(_) | Next::Ask { .. } | Next::Done(_)) | Err(_) => {
            return go::go(step, ctx);
        }
    };
    step.attempts += 1;
    Phase::Calling {
        attempt: step.attempts,
        sent: ctx.now,
        open,
        step,
    }
}

fn send(attempt: u32, sent: Timestamp, step: &Step, ctx: Ctx<'_>) -> Want {
    match ctx.platform.next(ctx.job, &step.state, sent) {
        Ok(Next::Quiet(quiet)) => Want::Send {
            attempt,
            sent,
            call: quiet.call().clone(),
            commit: false,
        },
        Ok(Next::Commit(commit)) => Want::Send {
            attempt,
            sent,
            call: commit.call().clone(),
            commit: true,
        },
        Ok(Next::Wait(_) | Next::Ask { .. } | Next::Done(_)) | Err(_) => Want::Nobody,
    }
}

/// When the late rule will speak about a held delivery; `None`: never.
fn late_at(hold: &Hold, step: &Step, ctx: Ctx<'_>) -> Option<Timestamp> {
    // A wake-up that would change nothing would come again at once, for ever.
    if step.doubt.is_some()
        || !go::nothing_live(step, ctx)
        || go::waits_for_a_person(hold) && ctx.rules.expires.is_none()
        || step.late_ok
        || ctx.rules.late.then == LateThen::Hold && ctx.rules.expires.is_none()
    {
        return None;
    }
    let at = go::deadline(step, ctx.rules) + Span(1);
    (at > ctx.now).then_some(at)
}
