//! What must be true of every phase and every transition; checked after each step of the simulation and in
//! debug builds of the engine.

use super::{Ctx, Doubt, Open, Phase, Wish};
use crate::core::flow::{Liveness, Next};
use crate::domain::hold::Hold;
use crate::domain::receipt::Outcome;
use crate::domain::time::Timestamp;

/// What must be true of a phase by itself.
pub fn check_phase(phase: &Phase, ctx: Ctx<'_>) -> Result<(), String> {
    match phase {
        Phase::Calling {
            attempt,
            sent,
            open,
            step,
        } => {
            if *attempt != step.attempts {
                return Err(format!("attempt {attempt} is not the last of {}", step.attempts));
            }
            check_call(open, *sent, step, ctx)
        }
        Phase::Held {
            hold: Hold::Unknown { .. },
            step,
        } if step.doubt.is_none() => Err("held as unknown without a doubt".to_owned()),
        Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Ended { .. } => Ok(()),
    }
}

fn check_call(open: &Open, sent: Timestamp, step: &super::Step, ctx: Ctx<'_>) -> Result<(), String> {
    match (open, ctx.platform.next(ctx.job, &step.state, sent)) {
        (Open::Commit(_), Ok(Next::Commit(_))) if sent < step.due => Err(format!(
            "a commit left at {sent}, before it was due at {}",
            step.due
        )),
        (Open::Commit(_), Ok(Next::Commit(_))) => match &step.doubt {
            Some(Doubt::Asking) => Err("a commit is repeated while in doubt".to_owned()),
            // Of one that is under way while the clock is set back nothing is known any more.
            Some(Doubt::Keyed { forgets_at, .. }) if sent >= *forgets_at && *forgets_at > Timestamp::MIN => {
                Err("a key is used after the server may have forgotten it".to_owned())
            }
            // Some platforms refuse the same words twice: they send them again after looks that found nothing.
            Some(Doubt::Keyed { .. } | Doubt::SameId | Doubt::Blind | Doubt::Looking) | None => Ok(()),
        },
        (Open::Quiet, Ok(Next::Quiet(_))) => Ok(()),
        (Open::Commit(_) | Open::Quiet, _) => {
            Err("the open call is not the one that its state asks for".to_owned())
        }
    }
}

/// What must be true of a step from one phase to the next.
pub fn check_transition(before: &Phase, after: &Phase, ctx: Ctx<'_>) -> Result<(), String> {
    // What an answer may settle: a commit's own anything, a look's only that nothing is out.
    let (step, commit, look) = match before {
        Phase::Ended { .. } => {
            return if before == after {
                Ok(())
            } else {
                Err("an ended delivery moved".to_owned())
            };
        }
        Phase::Calling { step, open, .. } => match open {
            Open::Commit(_) => (step, true, false),
            Open::Quiet => (step, false, true),
        },
        Phase::Waiting { step, .. } | Phase::Ready { step } | Phase::Held { step, .. } => {
            (step, false, false)
        }
    };
    let Phase::Ended { outcome } = after else {
        return check_phase(after, ctx);
    };
    match outcome {
        Outcome::Published { .. } | Outcome::Partial { .. } => Ok(()),
        Outcome::Refused { .. }
        | Outcome::GaveUp { .. }
        | Outcome::Cancelled { .. }
        | Outcome::Skipped { .. } => {
            let proved = look && matches!(outcome, Outcome::Cancelled { .. } | Outcome::Skipped { .. });
            // A person's word that nothing is out does what was wished for meanwhile.
            let wished = matches!(step.wish, Some(Wish::Cancel { .. }));
            let proved = proved || wished && matches!(outcome, Outcome::Cancelled { .. });
            if step.doubt.is_some() && !commit && !proved {
                return Err(format!("ended as {outcome:?} while in doubt"));
            }
            match ctx.platform.live(ctx.job, &step.state) {
                Ok(Liveness::Nothing) => Ok(()),
                Ok(Liveness::Some(_) | Liveness::All(_)) | Err(_) => {
                    Err(format!("ended as {outcome:?} though something is live"))
                }
            }
        }
    }
}
