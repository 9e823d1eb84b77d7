//! Typed states of flows as they lie in the store.

use super::{Saved, Unreadable};
use crate::core::call::Reply;
use crate::core::flow::{Commit, Flow, Job, Next, Verdict};
use crate::domain::time::Timestamp;

/// Writes a typed state down.
pub fn save<F: Flow>(state: &F::State) -> Saved {
    // Flow states are plain enums of strings and numbers; serde_json cannot fail on them, and an empty
    // state would be held as unreadable rather than lost.
    Saved {
        version: F::VERSION,
        json: serde_json::to_string(state).unwrap_or_default(),
    }
}

/// Reads a typed state back.
pub fn restore<F: Flow>(saved: &Saved) -> Result<F::State, Unreadable> {
    if saved.version != F::VERSION {
        return Err(Unreadable(format!(
            "its state is of version {}, this crier reads {}",
            saved.version,
            F::VERSION
        )));
    }
    serde_json::from_str(&saved.json).map_err(|e| Unreadable(format!("its state cannot be read: {e}")))
}

/// [`Flow::next`] over saved states.
pub fn next_saved<F: Flow>(
    flow: &F,
    job: &Job,
    saved: &Saved,
    now: Timestamp,
) -> Result<Next<Saved>, Unreadable> {
    let state = restore::<F>(saved)?;
    Ok(match flow.next(job, &state, now) {
        Next::Quiet(quiet) => Next::Quiet(quiet),
        Next::Commit(commit) => Next::Commit(Commit::map(commit, |s| save::<F>(&s))),
        Next::Wait(until) => Next::Wait(until),
        Next::Ask { why } => Next::Ask { why },
        Next::Done(live) => Next::Done(live),
    })
}

/// [`Flow::absorb`] over saved states.
pub fn absorb_saved<F: Flow>(
    flow: &F,
    job: &Job,
    saved: &Saved,
    reply: &Reply,
    now: Timestamp,
) -> Result<Verdict<Saved>, Unreadable> {
    let state = restore::<F>(saved)?;
    Ok(match flow.absorb(job, state, reply, now) {
        Verdict::Advance(s) => Verdict::Advance(save::<F>(&s)),
        Verdict::Found(s) => Verdict::Found(save::<F>(&s)),
        Verdict::NotOut(s) => Verdict::NotOut(save::<F>(&s)),
        Verdict::Restart { state, why } => Verdict::Restart {
            state: save::<F>(&state),
            why,
        },
        Verdict::Limited {
            secs,
            why,
            account_wide,
        } => Verdict::Limited {
            secs,
            why,
            account_wide,
        },
        Verdict::Retry { why } => Verdict::Retry { why },
        Verdict::Unclear { why } => Verdict::Unclear { why },
        Verdict::Doubtful { state, why } => Verdict::Doubtful {
            state: save::<F>(&state),
            why,
        },
        Verdict::Refused { why } => Verdict::Refused { why },
        Verdict::Reauthorise { why } => Verdict::Reauthorise { why },
        Verdict::Blocked { why } => Verdict::Blocked { why },
    })
}
