//! Did it happen? The procedure of meta-common.md 12 after a lost or doubtful answer to a call that publishes a container.
//!
//! The container is asked first: PUBLISHED is proof that it is out; FINISHED twice, a minute apart, and not in the list
//! of own posts is proof that it is not. Where the container says nothing, only the list is left.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::container::Status;
use super::graph::Class;
use super::let_go::{LetGo, theirs};
use crate::core::flow::Job;
use crate::domain::time::{Span, Timestamp};

/// Rounds in which neither container nor list says anything, before a new container.
const ROUNDS: u8 = 3;
/// Rounds of a container that stays IN_PROGRESS after a lost publishing call, before a person is asked.
const BUSY_ROUNDS: u8 = 30;
/// Seconds after the lost call within which its effect must bear its time. Later posts are others.
const EFFECT_SECS: i64 = 900;
/// Lost publishing calls that proved not to have happened: how long to stay away before the next, in units of
/// `lost_pause_secs`. The first may be chance; more of them are how a suspicion of spam looks (meta-common.md 4.1: 4/2207051).
const AFTER_LOST: [i64; 4] = [0, 1, 24, 24];

/// Where the search for a lost publishing call stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Search {
    /// When the lost call was sent.
    pub(crate) sent: LetGo,
    /// Rounds that told nothing.
    pub(crate) rounds: u8,
    /// When, on the vendor's clock, the container said FINISHED first, without anything else since.
    pub(crate) finished: Option<Timestamp>,
    /// What is asked next.
    pub(crate) ask: Ask,
    /// Not before this.
    pub(crate) from: Timestamp,
}

/// What a search asks next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// The container.
    Container,
    /// Own posts, after the container said FINISHED twice.
    ListAfterFinished,
    /// Own posts, after the container said ERROR or EXPIRED.
    ListAfterDead,
    /// Own posts, after the container was not found.
    ListAfterGone,
}

/// What a container's word means to a search.
pub(crate) enum Told {
    /// It is out.
    Out,
    /// The search goes on.
    On(Search),
    /// It will never tell: a person must.
    Never(&'static str),
    /// Its word is not in the documentation.
    Odd(String),
}

impl Search {
    /// A search for the effect of a call that was let go at `sent`.
    pub(crate) fn after(job: &Job, sent: LetGo) -> Search {
        Search {
            sent,
            rounds: 0,
            finished: None,
            ask: Ask::Container,
            from: sent.ours().after_secs(job.facts.number("look_pause_secs")),
        }
    }

    /// The same, begun when a doubtful answer came at `now` to a call that was let go at `sent`.
    pub(crate) fn answered(job: &Job, sent: LetGo, now: Timestamp) -> Search {
        Search {
            from: now.after_secs(job.facts.number("look_pause_secs")),
            ..Search::after(job, sent)
        }
    }

    /// With what the vendor has said since.
    pub(crate) fn heard(self, job: &Job) -> Search {
        Search {
            sent: self.sent.heard(job),
            ..self
        }
    }

    /// The same, with this asked next.
    pub(crate) fn asking(self, ask: Ask) -> Search {
        Search { ask, ..self }
    }

    /// What the container says now means. A call of its kind takes at most `took`.
    pub(crate) fn told(self, job: &Job, status: Status, took: Span, now: Timestamp) -> Told {
        match status {
            Status::Published => Told::Out,
            Status::Finished => Told::On(self.finished(job, took, now)),
            Status::Expired | Status::Error(_) => Told::On(self.asking(Ask::ListAfterDead)),
            Status::InProgress if self.rounds >= BUSY_ROUNDS => {
                Told::Never("the container has been IN_PROGRESS ever since")
            }
            Status::InProgress => Told::On(Search {
                rounds: self.rounds.saturating_add(1),
                finished: None,
                from: now.after_secs(job.facts.number("look_pause_secs")),
                ..self
            }),
            Status::Other(word) => Told::Odd(word),
        }
    }

    /// FINISHED counts twice, a pause apart, and not while the lost call may still have been running.
    fn finished(self, job: &Job, took: Span, now: Timestamp) -> Search {
        let pause = job.facts.number("look_pause_secs");
        let theirs = theirs(job, now);
        match self.finished {
            Some(first) if theirs >= first.after_secs(pause) => self.asking(Ask::ListAfterFinished),
            Some(first) => Search {
                from: now + first.after_secs(pause).since(theirs),
                ..self
            },
            None => {
                let counts = self.sent.passed(job, now) >= took;
                Search {
                    finished: counts.then_some(theirs),
                    from: now.after_secs(pause),
                    ..self
                }
            }
        }
    }

    /// After a list that does not have it: the next round, while the container has told nothing.
    pub(crate) fn next_round(&self, job: &Job, now: Timestamp) -> Option<Search> {
        let told_nothing = matches!(self.ask, Ask::ListAfterGone | Ask::Container);
        (told_nothing && self.rounds + 1 < ROUNDS).then(|| Search {
            rounds: self.rounds + 1,
            ask: Ask::Container,
            from: now.after_secs(job.facts.number("look_round_secs")),
            ..self.clone()
        })
    }
}

/// When the next publishing call may follow one that was lost and did not happen, of which there were `lost` so far;
/// `None`: not without a person.
pub(crate) fn again_after(job: &Job, lost: &mut u8, now: Timestamp) -> Option<Timestamp> {
    let pauses = AFTER_LOST.get(usize::from(*lost))?;
    *lost += 1;
    Some(now.after_secs(pauses * job.facts.number("lost_pause_secs")))
}

/// What is said of a search after which nothing may be sent again.
pub(crate) const AGAIN_AND_AGAIN: &str = "its publishing calls fail again and again without an answer";

/// Whether something of this time may be the effect of a call sent at `sent`.
pub(crate) fn timely(job: &Job, sent: LetGo, at: Option<Timestamp>) -> bool {
    let margin = job.facts.number("look_match_secs");
    at.is_none_or(|t| sent.may_have_made(t, margin, EFFECT_SECS))
}

/// Why a list is of no use.
pub(crate) enum BadList {
    /// Not the shape of a list.
    Unreadable,
    /// A full page: what is looked for may be on the next.
    Full,
}

/// The entries of a list of own posts. A page of `most` of them is full, unless it reaches back to before the call.
pub(crate) fn entries(
    json: &Value,
    most: usize,
    reaches_back: impl FnOnce(&Value) -> bool,
) -> Result<&[Value], BadList> {
    let list = json.get("data").and_then(Value::as_array);
    let list = list.ok_or(BadList::Unreadable)?;
    if list.len() >= most && !list.last().is_some_and(reaches_back) {
        return Err(BadList::Full);
    }
    Ok(list)
}

/// Whether a look that failed so will never work.
pub(crate) fn is_hopeless(class: Class) -> bool {
    match class {
        Class::Reject | Class::Gone | Class::NoSuchField | Class::Duplicate => true,
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Reauthorise
        | Class::Person
        | Class::Unknown => false,
    }
}

/// Whether a failed look for something cosmetic is more than a miss: a time to keep silent always is, a dead token or a
/// permission when more is to come.
pub(crate) fn must_be_heard(class: Class, told_to_wait: bool, more_to_come: bool) -> bool {
    match class {
        Class::Limited(_) | Class::Suspected(_) => true,
        Class::Reauthorise | Class::Person => more_to_come,
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reject
        | Class::Unknown => told_to_wait,
    }
}
