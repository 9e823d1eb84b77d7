//! On from a state: the next call, a wait, or the end. And the late rule.

use super::{Ctx, Doubt, Phase, Rules, Step, doubt};
use crate::core::flow::{Liveness, Next};
use crate::domain::hold::Hold;
use crate::domain::queue::LateThen;
use crate::domain::receipt::Outcome;
use crate::domain::time::{Span, Timestamp};

/// What comes after a state has been reached, or a wait is over.
pub(super) fn go(step: Step, ctx: Ctx<'_>) -> Phase {
    if too_late(&step, ctx) {
        return late(step, ctx);
    }
    if let Some(end) = repeats_no_more(&step, ctx) {
        return doubt::over(step, end, ctx);
    }
    if doubt::key_forgotten(&step, ctx.now) {
        return doubt::key_lost(step, ctx);
    }
    match ctx.platform.next(ctx.job, &step.state, ctx.now) {
        Err(e) => Phase::Held {
            hold: Hold::CannotResume { why: e.0 },
            step,
        },
        Ok(Next::Commit(_)) if ctx.now < step.due => Phase::Waiting {
            until: step.due,
            hold: Hold::NotDue,
            step,
        },
        // After a hold, too, preparing waits for its time: what vendors keep for a post ends after a day.
        Ok(Next::Quiet(_)) if step.doubt.is_none() && ctx.now < step.due - ctx.rules.prepare => {
            Phase::Waiting {
                until: step.due - ctx.rules.prepare,
                hold: Hold::NotDue,
                step,
            }
        }
        Ok(Next::Quiet(_) | Next::Commit(_)) => Phase::Ready { step },
        Ok(Next::Wait(until)) => Phase::Waiting {
            until,
            hold: wait_hold(&step),
            step,
        },
        Ok(Next::Ask { why }) => doubt::ask(step, why, ctx),
        Ok(Next::Done(live)) => {
            let note = notes(ctx.platform.note(ctx.job, &step.state), late_wish(&step));
            Phase::Ended {
                outcome: Outcome::Published { live, note },
            }
        }
    }
}

fn wait_hold(step: &Step) -> Hold {
    match step.doubt {
        Some(_) => Hold::Checking {
            why: "it is looked for again then".to_owned(),
        },
        None => Hold::Processing,
    }
}

fn notes(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

fn late_wish(step: &Step) -> Option<String> {
    step.wish
        .as_ref()
        .map(|_| "a cancel or hold came when it was already on its way; it is live".to_owned())
}

/// After this instant nothing may begin to be published.
pub(super) fn deadline(step: &Step, rules: &Rules) -> Timestamp {
    let by_rule = step.due + rules.late.within;
    rules.expires.map_or(by_rule, |expires| expires.min(by_rule))
}

/// Lateness is judged only while nothing is out and nothing may be out.
pub(super) fn too_late(step: &Step, ctx: Ctx<'_>) -> bool {
    let late = ctx.now > deadline(step, ctx.rules) && !step.late_ok;
    (expired(ctx).is_some() || late) && step.doubt.is_none() && nothing_live(step, ctx)
}

/// When it expired: from then on nothing may begin to show.
pub(super) fn expired(ctx: Ctx<'_>) -> Option<Timestamp> {
    ctx.rules.expires.filter(|at| ctx.now > *at)
}

/// A repeat that would be safe, or was wanted, may still be the first to be seen: not after this. One that a
/// platform makes because looking found nothing would most probably be the first: not later than any other.
pub(super) fn repeats_no_more(step: &Step, ctx: Ctx<'_>) -> Option<Timestamp> {
    let end = match &step.doubt {
        Some(Doubt::Looking) if !step.late_ok => Some(deadline(step, ctx.rules)),
        Some(Doubt::Looking | Doubt::Keyed { .. } | Doubt::SameId | Doubt::Blind) => ctx.rules.expires,
        Some(Doubt::Asking) | None => None,
    };
    let end = end.filter(|at| ctx.now > *at)?;
    let next = ctx.platform.next(ctx.job, &step.state, ctx.now);
    (nothing_live(step, ctx) && matches!(next, Ok(Next::Commit(_)))).then_some(end)
}

pub(super) fn nothing_live(step: &Step, ctx: Ctx<'_>) -> bool {
    matches!(ctx.platform.live(ctx.job, &step.state), Ok(Liveness::Nothing))
}

fn late(step: Step, ctx: Ctx<'_>) -> Phase {
    if let Some(at) = expired(ctx) {
        return Phase::Ended {
            outcome: Outcome::Skipped {
                why: format!("it expired at {at}"),
            },
        };
    }
    match ctx.rules.late.then {
        LateThen::Skip => Phase::Ended {
            outcome: Outcome::Skipped {
                why: late_words(&step, ctx.rules.late.within),
            },
        },
        LateThen::Hold => Phase::Held {
            hold: Hold::TooLate,
            step,
        },
    }
}

fn late_words(step: &Step, within: Span) -> String {
    format!(
        "it was due at {} and the queue publishes at most {within} late",
        step.due
    )
}

/// Holds that lateness does not end: they wait for a person whatever the clock says.
pub(super) fn waits_for_a_person(hold: &Hold) -> bool {
    match hold {
        Hold::TooLate | Hold::Unknown { .. } | Hold::Partial { .. } | Hold::CannotResume { .. } => true,
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
        | Hold::Duplicate { .. }
        | Hold::Person { .. } => false,
    }
}

/// The late rule for a held delivery.
pub(super) fn overdue(hold: Hold, step: Step, ctx: Ctx<'_>) -> Phase {
    if too_late(&step, ctx) && (expired(ctx).is_some() || !waits_for_a_person(&hold)) {
        late(step, ctx)
    } else {
        Phase::Held { hold, step }
    }
}

/// A definite failure that passes: the back-off table, then the end, if that is the truth.
pub(super) fn retry(step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    if step.tries < ctx.rules.max_tries {
        let wait = super::super::retry::backoff(step.tries, &ctx.job.delivery);
        let hold = match step.doubt {
            Some(_) => Hold::Checking { why },
            None => Hold::Retry { why },
        };
        let step = Step {
            tries: step.tries + 1,
            ..step
        };
        return Phase::Waiting {
            until: ctx.now + wait,
            hold,
            step,
        };
    }
    give_up(step, why, ctx)
}

fn give_up(step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    if let Some(doubt) = &step.doubt {
        let why = format!(
            "{}; gave up looking after {} tries: {why}",
            doubt_words(doubt),
            step.tries
        );
        return Phase::Held {
            hold: Hold::Unknown { why },
            step,
        };
    }
    end_as(step, ctx, |why| Outcome::GaveUp { why }, why)
}

fn doubt_words(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::Keyed { .. } | Doubt::SameId => "it may be live",
        Doubt::Looking => "it may be live and could not be looked up",
        Doubt::Asking | Doubt::Blind => "it may be live and nobody can look",
    }
}

/// Refused for good. While in doubt a refusal of the repeat says nothing about the first attempt.
pub(super) fn refused(step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    if step.doubt.is_some() {
        let why = format!("an earlier try may be live; the platform now says: {why}");
        return Phase::Held {
            hold: Hold::Unknown { why },
            step,
        };
    }
    end_as(step, ctx, |why| Outcome::Refused { why }, why)
}

/// Ends as `outcome` when nothing is out, as published when all is, and asks a person in between.
fn end_as(step: Step, ctx: Ctx<'_>, outcome: impl Fn(String) -> Outcome, why: String) -> Phase {
    match ctx.platform.live(ctx.job, &step.state) {
        Ok(Liveness::Nothing) => Phase::Ended {
            outcome: outcome(why),
        },
        Ok(Liveness::Some(_)) => Phase::Held {
            hold: Hold::Partial { why },
            step,
        },
        Ok(Liveness::All(live)) => Phase::Ended {
            outcome: Outcome::Published {
                live,
                note: Some(why),
            },
        },
        Err(e) => Phase::Held {
            hold: Hold::CannotResume { why: e.0 },
            step,
        },
    }
}
