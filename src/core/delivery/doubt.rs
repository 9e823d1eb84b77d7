//! Not knowing: what a lost answer to a commit means, and how it is settled.

use super::{Ctx, Doubt, Open, Phase, Settled, Step, go, people};
use crate::core::call::Call;
use crate::core::flow::{IfLost, Next, Recourse};
use crate::core::platform::Saved;
use crate::domain::hold::Hold;
use crate::domain::queue::OnUnknown;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;

/// Under `on_unknown = "retry"` a blind repeat is made once; after that a person is asked all the same.
const BLIND_REPEATS: u32 = 1;

/// No answer, or one that says nothing.
pub(super) fn lost(mut step: Step, sent: Timestamp, open: Open, why: String, ctx: Ctx<'_>) -> Phase {
    match open {
        Open::Quiet => go::retry(step, why, ctx),
        Open::Commit(IfLost::SameId) => {
            step.doubt = Some(Doubt::SameId);
            go::retry(step, why, ctx)
        }
        Open::Commit(IfLost::SameKey { good_for, then }) => {
            // The key's age counts from its first use, not from this attempt.
            if !matches!(step.doubt, Some(Doubt::Keyed { .. })) {
                // A clock that went back meanwhile says nothing about its age.
                let set_back = ctx.now < sent;
                let forgets_at = if set_back {
                    Timestamp::MIN
                } else {
                    sent.after_secs(good_for)
                };
                step.doubt = Some(Doubt::Keyed { forgets_at, then });
            }
            go::retry(step, why, ctx)
        }
        Open::Commit(IfLost::Never(recourse)) => take(recourse, step, why, ctx),
    }
}

/// Turns to the recourse that was written down before the call was sent.
fn take(recourse: Recourse<Saved>, step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    match recourse {
        Recourse::Look(state) => {
            let step = Step {
                state,
                tries: 0,
                doubt: Some(Doubt::Looking),
                ..step
            };
            Phase::Waiting {
                until: ctx.now,
                hold: Hold::Checking { why },
                step,
            }
        }
        Recourse::AskAPerson => {
            let why = match addressed(&step, ctx) {
                Some(what) => format!("{what}: {why}"),
                None => why,
            };
            ask(step, why, ctx)
        }
    }
}

/// Which letter it is about: a person must know whom to ask.
fn addressed(step: &Step, ctx: Ctx<'_>) -> Option<String> {
    match ctx.platform.next(ctx.job, &step.state, ctx.now) {
        Ok(Next::Commit(commit)) => match commit.call() {
            Call::Mail(call) => Some(format!(
                "the mail {} to {}",
                call.mail.message_id,
                call.to.join(", ")
            )),
            Call::Http(_) | Call::MailCheck => None,
        },
        Ok(Next::Quiet(_) | Next::Wait(_) | Next::Ask { .. } | Next::Done(_)) | Err(_) => None,
    }
}

/// Nobody but a person can say; or the queue has said what to do then.
pub(super) fn ask(mut step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    match ctx.rules.on_unknown {
        OnUnknown::Retry if step.blind < BLIND_REPEATS && go::expired(ctx).is_none() => {
            let blind = step.blind + 1;
            step.doubt = Some(Doubt::Blind);
            repeat(Step { blind, ..step }, why, ctx)
        }
        OnUnknown::Retry | OnUnknown::Hold => {
            step.doubt = Some(Doubt::Asking);
            Phase::Held {
                hold: Hold::Unknown { why },
                step,
            }
        }
    }
}

fn repeat(step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    let step = step.shut();
    match ctx.platform.settle(ctx.job, &step.state, None, ctx.now) {
        Ok(state) => go::retry(
            Step {
                state,
                tries: 0,
                ..step
            },
            why,
            ctx,
        ),
        Err(e) => Phase::Held {
            hold: Hold::CannotResume { why: e.0 },
            step,
        },
    }
}

/// A person's word ends the doubt; what was wished for meanwhile is done as soon as it can be.
pub(super) fn settle(step: Step, settled: Settled, ctx: Ctx<'_>) -> Phase {
    let found: Option<Live> = match settled {
        Settled::Live(live) => Some(live),
        Settled::NotOut => None,
    };
    // A person has looked, so lateness is theirs to judge too.
    let late_ok = step.late_ok || found.is_none();
    let step = if found.is_none() { step.shut() } else { step };
    match ctx.platform.settle(ctx.job, &step.state, found, ctx.now) {
        Ok(state) => {
            let step = Step {
                state,
                tries: 0,
                doubt: None,
                late_ok,
                ..step
            };
            let phase = Phase::Waiting {
                until: ctx.now,
                hold: Hold::NotDue,
                step,
            };
            people::grant(phase, ctx)
        }
        Err(e) => Phase::Held {
            hold: Hold::CannotResume { why: e.0 },
            step,
        },
    }
}

/// Its time is over while it is in doubt: nothing is sent again, and somebody finds out about what was.
pub(super) fn over(step: Step, end: Timestamp, ctx: Ctx<'_>) -> Phase {
    let why = format!("it may be live, and since {end} it is too late to send it again");
    match step.doubt.clone() {
        Some(Doubt::Keyed { then, .. }) => take(then, step, why, ctx),
        Some(Doubt::SameId | Doubt::Looking | Doubt::Asking | Doubt::Blind) | None => Phase::Held {
            hold: Hold::Unknown { why },
            step,
        },
    }
}

/// Whether the server may have forgotten the key that made repeating safe.
pub(super) fn key_forgotten(step: &Step, now: Timestamp) -> bool {
    match &step.doubt {
        Some(Doubt::Keyed { forgets_at, .. }) => now >= *forgets_at,
        Some(Doubt::SameId | Doubt::Looking | Doubt::Asking | Doubt::Blind) | None => false,
    }
}

/// The clock was set back: nobody knows how old the key of a lost call is, so its server may have forgotten it. Whether
/// that changes anything.
pub fn forget_age(phase: &mut Phase) -> bool {
    let Some(step) = phase.step_mut() else {
        return false;
    };
    match &mut step.doubt {
        Some(Doubt::Keyed { forgets_at, .. }) if *forgets_at > Timestamp::MIN => {
            *forgets_at = Timestamp::MIN;
            true
        }
        Some(Doubt::Keyed { .. } | Doubt::SameId | Doubt::Looking | Doubt::Asking | Doubt::Blind) | None => {
            false
        }
    }
}

/// It has: turn to the recourse.
pub(super) fn key_lost(step: Step, ctx: Ctx<'_>) -> Phase {
    match step.doubt.clone() {
        Some(Doubt::Keyed { then, .. }) => take(
            then,
            step,
            "the platform may have forgotten the key of the first try".to_owned(),
            ctx,
        ),
        Some(Doubt::SameId | Doubt::Looking | Doubt::Asking | Doubt::Blind) | None => go::go(step, ctx),
    }
}
