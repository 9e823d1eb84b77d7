//! What people and accounts do to a delivery.

use super::{Ctx, Open, Phase, Step, Wish, go};
use crate::core::flow::Liveness;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::receipt::Outcome;
use crate::domain::time::Timestamp;

/// Ends it when nothing can be out; remembers the wish while that is not known.
pub(super) fn cancel(phase: Phase, by: String, ctx: Ctx<'_>) -> Phase {
    match phase {
        Phase::Waiting { until, hold, step } if step.doubt.is_some() => Phase::Waiting {
            until,
            hold,
            step: Step {
                wish: Some(Wish::Cancel { by }),
                ..step
            },
        },
        Phase::Held { hold, step } if step.doubt.is_some() => Phase::Held {
            hold,
            step: Step {
                wish: Some(Wish::Cancel { by }),
                ..step
            },
        },
        Phase::Ready { step } if step.doubt.is_some() => Phase::Ready {
            step: Step {
                wish: Some(Wish::Cancel { by }),
                ..step
            },
        },
        Phase::Waiting { step, .. } | Phase::Ready { step } | Phase::Held { step, .. } => {
            end_cancelled(step, by, ctx)
        }
        same @ (Phase::Calling { .. } | Phase::Ended { .. }) => same,
    }
}

fn end_cancelled(step: Step, by: String, ctx: Ctx<'_>) -> Phase {
    let outcome = match ctx.platform.live(ctx.job, &step.state) {
        Ok(Liveness::Nothing) => Outcome::Cancelled { by },
        Ok(Liveness::Some(live)) => Outcome::Partial {
            live,
            why: format!("cancelled by {by} before the rest went out"),
        },
        Ok(Liveness::All(live)) => Outcome::Published {
            live,
            note: Some(format!("{by} cancelled it when it was already live")),
        },
        Err(e) => {
            return Phase::Held {
                hold: Hold::CannotResume { why: e.0 },
                step,
            };
        }
    };
    Phase::Ended { outcome }
}

/// A person puts it aside.
pub(super) fn hold(phase: Phase, why: String) -> Phase {
    match phase {
        Phase::Waiting { until, hold, step } if step.doubt.is_some() => Phase::Waiting {
            until,
            hold,
            step: Step {
                wish: Some(Wish::Hold { why }),
                ..step
            },
        },
        Phase::Waiting { step, .. } | Phase::Ready { step } => Phase::Held {
            hold: Hold::Person { why },
            step,
        },
        same @ (Phase::Calling { .. } | Phase::Held { .. } | Phase::Ended { .. }) => same,
    }
}

pub(super) fn wish_cancel(attempt: u32, sent: Timestamp, open: Open, step: Step, by: String) -> Phase {
    Phase::Calling {
        attempt,
        sent,
        open,
        step: Step {
            wish: Some(Wish::Cancel { by }),
            ..step
        },
    }
}

pub(super) fn wish_hold(attempt: u32, sent: Timestamp, open: Open, step: Step, why: String) -> Phase {
    Phase::Calling {
        attempt,
        sent,
        open,
        step: Step {
            wish: Some(Wish::Hold { why }),
            ..step
        },
    }
}

/// Carries out a remembered wish as soon as nothing is open and nothing is in doubt.
pub(super) fn grant(phase: Phase, ctx: Ctx<'_>) -> Phase {
    match phase {
        Phase::Waiting {
            until,
            hold: why_waiting,
            mut step,
        } => match step.wish.take_if(|_| step.doubt.is_none()) {
            Some(Wish::Cancel { by }) => end_cancelled(step, by, ctx),
            Some(Wish::Hold { why }) => Phase::Held {
                hold: Hold::Person { why },
                step,
            },
            None => Phase::Waiting {
                until,
                hold: why_waiting,
                step,
            },
        },
        Phase::Ready { mut step } => match step.wish.take_if(|_| step.doubt.is_none()) {
            Some(Wish::Cancel { by }) => end_cancelled(step, by, ctx),
            Some(Wish::Hold { why }) => Phase::Held {
                hold: Hold::Person { why },
                step,
            },
            None => Phase::Ready { step },
        },
        same @ (Phase::Calling { .. } | Phase::Held { .. } | Phase::Ended { .. }) => same,
    }
}

/// A person wants the next try now: a back-off gives way, and doubts about the clock, never a limit or a due time.
pub(super) fn hurry(until: Timestamp, hold: Hold, step: Step, ctx: Ctx<'_>) -> Phase {
    match hold {
        // A pause of the platform for this one alone: the person may have mended what it was for.
        Hold::Retry { .. }
        | Hold::Limit(LimitHold {
            by: LimitSource::Delivery,
            ..
        }) => Phase::Waiting {
            until: ctx.now.min(until),
            hold,
            step: Step { tries: 0, ..step },
        },
        Hold::Clock { .. } => Phase::Waiting {
            until: ctx.now.min(until),
            hold,
            step: Step {
                clock_ok: true,
                ..step
            },
        },
        Hold::NotDue
        | Hold::Spacing
        | Hold::Limit(_)
        | Hold::Processing
        | Hold::Checking { .. }
        | Hold::Renewing { .. }
        | Hold::Reauthorise { .. }
        | Hold::Account { .. }
        | Hold::Frozen { .. }
        | Hold::Unknown { .. }
        | Hold::TooLate
        | Hold::Duplicate { .. }
        | Hold::Person { .. }
        | Hold::Partial { .. }
        | Hold::CannotResume { .. } => Phase::Waiting { until, hold, step },
    }
}

/// A person lets a held delivery go on. An unknown outcome needs `resolve`, not this.
pub(super) fn release(hold: Hold, step: Step, ctx: Ctx<'_>) -> Phase {
    let step = match &hold {
        Hold::Unknown { .. } => return Phase::Held { hold, step },
        Hold::TooLate => Step {
            late_ok: true,
            ..step
        },
        Hold::Duplicate { .. } => Step {
            again_ok: true,
            ..step
        },
        Hold::NotDue
        | Hold::Spacing
        | Hold::Clock { .. }
        | Hold::Limit(_)
        | Hold::Processing
        | Hold::Retry { .. }
        | Hold::Checking { .. }
        | Hold::Renewing { .. }
        | Hold::Reauthorise { .. }
        | Hold::Account { .. }
        | Hold::Frozen { .. }
        | Hold::Person { .. }
        | Hold::Partial { .. }
        | Hold::CannotResume { .. } => step,
    };
    go::go(Step { tries: 0, ..step }, ctx)
}

/// The account works again: whatever waited for it goes on.
pub(super) fn account_usable(hold: Hold, step: Step, ctx: Ctx<'_>) -> Phase {
    match hold {
        Hold::Reauthorise { .. } | Hold::Account { .. } => Phase::Waiting {
            until: ctx.now,
            hold: Hold::NotDue,
            step: Step { tries: 0, ..step },
        },
        Hold::Renewing { .. }
        | Hold::NotDue
        | Hold::Spacing
        | Hold::Clock { .. }
        | Hold::Limit(_)
        | Hold::Processing
        | Hold::Retry { .. }
        | Hold::Checking { .. }
        | Hold::Frozen { .. }
        | Hold::Unknown { .. }
        | Hold::TooLate
        | Hold::Duplicate { .. }
        | Hold::Person { .. }
        | Hold::Partial { .. }
        | Hold::CannotResume { .. } => Phase::Held { hold, step },
    }
}
