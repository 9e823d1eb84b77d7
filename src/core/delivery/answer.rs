//! What comes back from a call.

use super::{Ctx, Doubt, Event, Open, Phase, Step, doubt, go, people};
use crate::core::call::{MailPhase, Reply, Trouble, TroubleKind};
use crate::core::flow::{IfLost, Recourse, Verdict};
use crate::core::life::{RENEWAL_LOOK, Refused};
use crate::core::platform::Saved;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::time::{Span, Timestamp};

/// How long to leave a platform alone that says "too much" without a time.
const LIMIT_PAUSE: Span = Span::mins(60);

/// Longest pause that a platform is believed: a day, and what its clock may be off. No window of a platform's is longer but
/// those of months, and asking once a day whether such a one has ended costs a refused call. Numbers that are no seconds
/// (milliseconds, the year 9999) would stop an account for good.
pub const PAUSE_MAX: Span = Span::hours(25);

pub(super) fn calling(
    attempt: u32,
    sent: Timestamp,
    open: Open,
    step: Step,
    event: Event,
    ctx: Ctx<'_>,
) -> Phase {
    match event {
        Event::Answered(n, reply) if n == attempt => answered(step, sent, open, &reply, ctx),
        Event::NotSent(n, trouble) if n == attempt => not_sent(step, trouble, ctx),
        Event::Lost(n, why) if n == attempt => doubt::lost(step, sent, open, why, ctx),
        Event::Cancel { by } => people::wish_cancel(attempt, sent, open, step, by),
        Event::Hold { why } => people::wish_hold(attempt, sent, open, step, why),
        // An answer to another attempt changes nothing; the account's fate shows in this call's own answer.
        Event::Answered(..)
        | Event::NotSent(..)
        | Event::Lost(..)
        | Event::Fetched(_)
        | Event::News(_)
        | Event::Tick
        | Event::Permit
        | Event::Denied { .. }
        | Event::Release
        | Event::Retry
        | Event::Resolve(_)
        | Event::AccountLost { .. }
        | Event::AccountUsable => Phase::Calling {
            attempt,
            sent,
            open,
            step,
        },
    }
}

fn answered(mut step: Step, sent: Timestamp, open: Open, reply: &Reply, ctx: Ctx<'_>) -> Phase {
    let verdict = match ctx.platform.absorb(ctx.job, &step.state, reply, ctx.now) {
        Ok(verdict) => verdict,
        // The call was made and its answer cannot be placed: as if it had been lost.
        Err(e) => return doubt::lost(step, sent, open, e.0, ctx),
    };
    match verdict {
        Verdict::Advance(state) => {
            if matches!(open, Open::Commit(_)) {
                if step.doubt.is_some() && !taken(reply) {
                    let why = "an earlier try may be out; the server did not take the repeat".to_owned();
                    return doubt::ask(step, why, ctx);
                }
                step.doubt = None;
            }
            if ctx.platform.pending(&state) {
                step.doubt = Some(Doubt::Looking);
            }
            go::go(reached(step, state), ctx)
        }
        Verdict::Found(state) => {
            step.doubt = None;
            go::go(reached(step, state), ctx)
        }
        Verdict::NotOut(state) => {
            step.doubt = step.risked().then_some(Doubt::Looking);
            before_repeat(go::go(reached(step.shut(), state), ctx))
        }
        Verdict::Limited {
            secs,
            why,
            account_wide,
        } => {
            let by = if account_wide {
                LimitSource::Platform
            } else {
                LimitSource::Delivery
            };
            limited(step, secs, why, by, ctx)
        }
        Verdict::Retry { why } => go::retry(step, why, ctx),
        Verdict::Restart { state, why } => go::retry(Step { state, ..step }, why, ctx),
        Verdict::Unclear { why } => doubt::lost(step, sent, open, why, ctx),
        Verdict::Doubtful { state, why } => {
            let open = match open {
                Open::Commit(IfLost::Never(_)) => Open::Commit(IfLost::Never(Recourse::Look(state))),
                Open::Commit(IfLost::SameId | IfLost::SameKey { .. }) | Open::Quiet => open,
            };
            doubt::lost(step, sent, open, why, ctx)
        }
        Verdict::Refused { why } => go::refused(step, why, ctx),
        Verdict::Reauthorise { why } => refused_token(step, why, ctx),
        Verdict::Blocked { why } => Phase::Held {
            hold: Hold::Account { why },
            step,
        },
    }
}

/// The call did nothing, as its token is no good.
fn refused_token(step: Step, why: String, ctx: Ctx<'_>) -> Phase {
    match ctx.refused {
        Refused::Older => go::retry(step, format!("{why}; the account has another token since"), ctx),
        Refused::Renew => Phase::Waiting {
            until: ctx.now + RENEWAL_LOOK,
            hold: Hold::Renewing { why },
            step,
        },
        Refused::Final => Phase::Held {
            hold: Hold::Reauthorise { why },
            step,
        },
    }
}

/// A pause before a call is made again is not the platform's work.
fn before_repeat(phase: Phase) -> Phase {
    if let Phase::Waiting {
        until,
        hold: Hold::Processing,
        step,
    } = phase
    {
        return Phase::Waiting {
            until,
            hold: Hold::Retry {
                why: "its call did nothing, as a look has shown".to_owned(),
            },
            step,
        };
    }
    phase
}

/// Whether the answer to a commit says that it was taken. A mail server that puts off or refuses one recipient lets
/// the others go on, but has said nothing about an earlier try.
fn taken(reply: &Reply) -> bool {
    match reply {
        Reply::Http(_) => true,
        Reply::Mail(mail) => mail.phase == MailPhase::Body && (200..300).contains(&mail.code),
    }
}

/// A state was reached by an answer: the count of failures begins anew.
fn reached(step: Step, state: Saved) -> Step {
    Step {
        state,
        tries: 0,
        ..step
    }
}

fn limited(step: Step, secs: Option<i64>, why: String, by: LimitSource, ctx: Ctx<'_>) -> Phase {
    let wait = secs.map_or(LIMIT_PAUSE, |n| Span::secs(n.clamp(1, PAUSE_MAX.as_secs())));
    let hold = Hold::Limit(LimitHold { limit: why, by });
    Phase::Waiting {
        until: ctx.now + wait,
        hold,
        step,
    }
}

fn not_sent(step: Step, trouble: Trouble, ctx: Ctx<'_>) -> Phase {
    let Trouble { why, kind } = trouble;
    match kind {
        TroubleKind::Network => go::retry(step, why, ctx),
        TroubleKind::Machine if step.tries < ctx.rules.max_tries => go::retry(step, why, ctx),
        TroubleKind::Machine | TroubleKind::Setup => Phase::Held {
            hold: Hold::Account { why },
            step,
        },
        TroubleKind::NoToken => Phase::Held {
            hold: Hold::Reauthorise { why },
            step,
        },
        TroubleKind::Media => go::refused(step, why, ctx),
    }
}
