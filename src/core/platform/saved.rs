//! A flow's typed states as they lie in the store: written with their version, and read back by later ones.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::core::call::Reply;
use crate::core::flow::{Commit, Flow, Job, Next, Verdict};
use crate::domain::time::Timestamp;

/// A flow's state as it lies in the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The flow's version that wrote it.
    pub version: u16,
    /// JSON.
    pub json: String,
}

/// A saved state that this version cannot read.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable(pub String);

/// Writes a typed state down.
pub fn save<F: Flow>(state: &F::State) -> Saved {
    // Flow states are plain enums of strings and numbers; serde_json cannot fail on them, and an empty
    // state would be held as unreadable rather than lost.
    Saved {
        version: F::VERSION,
        json: serde_json::to_string(state).unwrap_or_default(),
    }
}

/// Reads a typed state back, also one that an earlier version of the flow saved.
pub fn restore<F: Flow>(saved: &Saved) -> Result<F::State, Unreadable> {
    let Saved { version, json } = saved;
    match version.cmp(&F::VERSION) {
        Ordering::Equal => {
            serde_json::from_str(json).map_err(|e| Unreadable(format!("its state cannot be read: {e}")))
        }
        Ordering::Less => F::older(*version, json).ok_or_else(|| {
            Unreadable(format!(
                "its state is of version {version}, and this crier, which writes {}, cannot read it",
                F::VERSION
            ))
        }),
        Ordering::Greater => Err(Unreadable(format!(
            "its state is of version {version}, and this crier knows versions up to {}: a newer crier wrote it",
            F::VERSION
        ))),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::flow::Liveness;
    use crate::domain::receipt::Live;

    /// In version 1 its state was a number of parts; since version 2 it has their ids.
    struct Second;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Parts {
        ids: Vec<String>,
    }

    impl Flow for Second {
        type State = Parts;
        const VERSION: u16 = 2;

        fn older(version: u16, json: &str) -> Option<Parts> {
            let count: usize = (version == 1).then(|| serde_json::from_str(json).ok())??;
            Some(Parts {
                ids: vec![String::new(); count],
            })
        }
        fn begin(&self, _: &Job) -> Parts {
            Parts { ids: Vec::new() }
        }
        fn next(&self, _: &Job, _: &Parts, _: Timestamp) -> Next<Parts> {
            Next::Done(Vec::new())
        }
        fn absorb(&self, _: &Job, state: Parts, _: &Reply, _: Timestamp) -> Verdict<Parts> {
            Verdict::Advance(state)
        }
        fn live(&self, _: &Job, _: &Parts) -> Liveness {
            Liveness::Nothing
        }
        fn settle(&self, _: &Job, state: Parts, _: Option<Live>, _: Timestamp) -> Parts {
            state
        }
        fn step_name(&self, _: &Parts) -> String {
            String::new()
        }
    }

    fn read(version: u16, json: &str) -> Result<Parts, String> {
        let json = json.to_owned();
        restore::<Second>(&Saved { version, json }).map_err(|unreadable| unreadable.0)
    }

    #[test]
    fn what_an_earlier_version_saved_is_read() {
        let parts = Parts {
            ids: vec!["21".to_owned()],
        };
        let saved = save::<Second>(&parts);
        assert_eq!(saved.version, 2);
        assert_eq!(restore::<Second>(&saved), Ok(parts));
        assert_eq!(read(1, "2").map(|parts| parts.ids.len()), Ok(2));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let why = |version, json| read(version, json).unwrap_err();
        assert!(why(2, "{").starts_with("its state cannot be read"));
        assert!(why(1, "many").contains("of version 1"), "{}", why(1, "many"));
        assert!(why(0, "2").contains("of version 0"));
        assert!(why(3, "{}").contains("a newer crier wrote it"));
    }
}
