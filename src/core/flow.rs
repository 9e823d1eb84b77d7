//! What platforms and the engine say to each other.
//!
//! A platform is a step machine without IO: from its state it says the next call, and what a reply means.
//! A call that shows something to the world is a [`Commit`], which cannot be made without saying what a
//! lost answer means.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call::{Call, Reply};
use super::clocks::Clocks;
use super::facts::Facts;
use super::hook::PostNews;
use crate::domain::account::Profile;
use crate::domain::id::DeliveryId;
use crate::domain::post::Content;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;

/// What a flow may know about the delivery it serves. Fixed from the first step on, but for `profile`, `heard` and
/// `fetched`.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which delivery; the root of every id and key that crier chooses itself.
    pub delivery: DeliveryId,
    /// What to publish.
    pub content: Content,
    /// Who publishes.
    pub profile: Profile,
    /// Granted scopes; empty when unknown.
    pub scopes: Vec<String>,
    /// The platform's numbers with the config's overrides.
    pub facts: Facts,
    /// The account's own settings from the config that its platform declared (`from`, `list_unsubscribe`, ...).
    pub options: std::collections::BTreeMap<String, String>,
    /// When it is due.
    pub due: Timestamp,
    /// What the vendor's clock said last to this account, and ours with it: before a call is let go, and with an
    /// answer that said it. `None`: never.
    pub heard: Option<Clocks>,
    /// A vendor has fetched a file by an address that the last commit handed out, so that commit has arrived. `false`:
    /// certainly none; and after `NotOut` none will.
    pub fetched: bool,
}

/// How much of one published limit a call uses up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The limit's name in the platform's facts: `posts`, `replies`, `recipients`.
    pub limit: String,
    /// How much.
    pub amount: u32,
}

/// A commit step: shows the post to the world. There is no way to make one without `if_lost`.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit<S> {
    call: Call,
    if_lost: IfLost<S>,
    charges: Vec<Charge>,
    ahead: Vec<Charge>,
}

impl<S> Commit<S> {
    /// A call, what a lost answer to it means, and what it counts against.
    pub fn new(call: Call, if_lost: IfLost<S>, charges: Vec<Charge>) -> Self {
        Self {
            call,
            if_lost,
            charges,
            ahead: Vec::new(),
        }
    }

    /// It does not leave while there is no room for what later commits of the same post will count against: a thread that
    /// would stop in its middle. Only for the first part: once something is out, the rest goes as soon as it may.
    pub fn ahead_of(self, ahead: Vec<Charge>) -> Self {
        Self { ahead, ..self }
    }

    /// What later commits count against.
    pub fn ahead(&self) -> &[Charge] {
        &self.ahead
    }

    /// The call.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What a lost answer means.
    pub fn if_lost(&self) -> &IfLost<S> {
        &self.if_lost
    }

    /// What it counts against.
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// The same commit with its states mapped; used to save typed states.
    pub fn map<T>(self, f: impl Fn(S) -> T) -> Commit<T> {
        Commit {
            call: self.call,
            if_lost: self.if_lost.map(f),
            charges: self.charges,
            ahead: self.ahead,
        }
    }
}

/// A quiet call: shows nothing to anyone, so it may be repeated and may run ahead of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Quiet {
    call: Call,
    charges: Vec<Charge>,
    ahead: Vec<Charge>,
}

impl Quiet {
    /// A call that no limit of its own counts.
    pub fn new(call: Call) -> Self {
        Self {
            call,
            charges: Vec::new(),
            ahead: Vec::new(),
        }
    }

    /// A call that counts against limits. What it is charged is never taken back: a repeat is a call of its own.
    pub fn counting(call: Call, charges: Vec<Charge>) -> Self {
        Self {
            call,
            charges,
            ahead: Vec::new(),
        }
    }

    /// It is not made while there is no room for what a later call will count against: an upload that could not be
    /// published, an announcement that the vendor would refuse.
    pub fn ahead_of(self, ahead: Vec<Charge>) -> Self {
        Self { ahead, ..self }
    }

    /// What a later call counts against.
    pub fn ahead(&self) -> &[Charge] {
        &self.ahead
    }

    /// The call.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What it counts against.
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }
}

/// What a flow wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<S> {
    /// Nothing to see: a read, an upload, a container.
    Quiet(Quiet),
    /// The commit step; never leaves before the post is due.
    Commit(Commit<S>),
    /// The platform works; come back at this time.
    Wait(Timestamp),
    /// It cannot be found out whether it is live: ask a person (or the queue's `on_unknown`).
    Ask {
        /// What is known.
        why: String,
    },
    /// All of it is live.
    Done(Vec<Live>),
}

/// What a lost answer to a commit step means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum IfLost<S> {
    /// A repeat lands on the same object, because we chose its id.
    SameId,
    /// The server folds repeats that carry our key, for this many seconds after its first use; then the recourse.
    SameKey {
        /// Seconds; stay below what the vendor promises.
        good_for: i64,
        /// Afterwards.
        then: Recourse<S>,
    },
    /// Repeating could publish twice.
    Never(Recourse<S>),
}

/// Where to turn when repeating could publish twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Recourse<S> {
    /// Go to a state whose quiet calls find out whether it happened.
    Look(S),
    /// Nobody but a person can find out.
    AskAPerson,
}

impl<S> IfLost<S> {
    fn map<T>(self, f: impl Fn(S) -> T) -> IfLost<T> {
        match self {
            IfLost::SameId => IfLost::SameId,
            IfLost::SameKey { good_for, then } => IfLost::SameKey {
                good_for,
                then: then.map(f),
            },
            IfLost::Never(recourse) => IfLost::Never(recourse.map(f)),
        }
    }
}

impl<S> Recourse<S> {
    fn map<T>(self, f: impl Fn(S) -> T) -> Recourse<T> {
        match self {
            Recourse::Look(state) => Recourse::Look(f(state)),
            Recourse::AskAPerson => Recourse::AskAPerson,
        }
    }
}

/// A platform's reading of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict<S> {
    /// It worked; on with this state. From a look: still looking (the doubt stays).
    Advance(S),
    /// A look has found the post live; on with this state.
    Found(S),
    /// A look has proved that nothing is out; on with this state.
    NotOut(S),
    /// The server says it did nothing because of a limit; again after so many seconds (`None`: the table's).
    Limited {
        /// Seconds, from `Retry-After` or the vendor's table.
        secs: Option<i64>,
        /// Which limit, in words.
        why: String,
        /// Everything the account does must wait, not this delivery alone.
        account_wide: bool,
    },
    /// The server says it did nothing, for a reason that passes.
    Retry {
        /// The reason.
        why: String,
    },
    /// As `Retry`, but the next try must start from this state (a fresh container instead of a dead one).
    Restart {
        /// Where to start again; nothing of the failed part is out.
        state: S,
        /// The reason.
        why: String,
    },
    /// 5xx, a cut body, a 2xx that cannot be read: it may have happened.
    Unclear {
        /// What came.
        why: String,
    },
    /// As `Unclear`, of a commit, with a state to look from that knows what the answer told (a limit to wait for, should
    /// the look find nothing).
    Doubtful {
        /// Where to look.
        state: S,
        /// What came.
        why: String,
    },
    /// Refused for good: another try would be refused too.
    Refused {
        /// Why, and what to change.
        why: String,
    },
    /// The token is no longer good, by the vendor's own definition.
    Reauthorise {
        /// What the vendor said.
        why: String,
    },
    /// Account or app need a person: a permission, a restriction, a setting.
    Blocked {
        /// What it is and what to do.
        why: String,
    },
}

/// How much of a delivery is live in a state.
#[derive(Clone, Debug, PartialEq)]
pub enum Liveness {
    /// Nothing, as far as is known.
    Nothing,
    /// Some segments or recipients.
    Some(Vec<Live>),
    /// All; only cosmetic steps (a permalink) are left.
    All(Vec<Live>),
}

/// One platform's way to publish. Pure: no async, no clock, no token.
///
/// An implementation must not: back off or count tries (the engine does), read a time other than `now`,
/// answer differently for the same arguments, or end in `Done` while a segment's fate is unknown.
pub trait Flow: Send + Sync + 'static {
    /// Its steps, each variant holding exactly what that step has learned. Serialized at most 3 KiB.
    type State: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// Raised whenever a saved state of before cannot be read as one of now.
    const VERSION: u16;

    /// A state that an earlier version saved, as one of now; `None`: it cannot be read, and its delivery is held for a
    /// person. Asked only for versions below [`Flow::VERSION`]; a flow that has raised it reads at least the one before.
    fn older(_version: u16, _json: &str) -> Option<Self::State> {
        None
    }
    /// The first state.
    fn begin(&self, job: &Job) -> Self::State;
    /// The next call. `now` is the time of sending; called again with the same `now` it says the same.
    fn next(&self, job: &Job, state: &Self::State, now: Timestamp) -> Next<Self::State>;
    /// What a reply to the call of this state means.
    fn absorb(&self, job: &Job, state: Self::State, reply: &Reply, now: Timestamp) -> Verdict<Self::State>;
    /// What is live in this state.
    fn live(&self, job: &Job, state: &Self::State) -> Liveness;
    /// Whether the platform has taken a post in this state and goes on by itself, so that only a later look tells whether
    /// it is out. Such a state is in doubt like one after a lost answer, until a look says `Found` or `NotOut`.
    fn pending(&self, _state: &Self::State) -> bool {
        false
    }
    /// The vendor tells of a post by itself, signed: where its delivery goes on, when it is this one and there is more to
    /// know. It may only bring a question forward or name an id: what became of a post its calls find out.
    fn told(&self, _state: &Self::State, _news: &PostNews, _now: Timestamp) -> Option<Self::State> {
        None
    }
    /// A person says how the commit of this state (or the one this state looks for) went: live as `Some`,
    /// or `None`, not out, so that it is to be done again.
    fn settle(&self, job: &Job, state: Self::State, found: Option<Live>, now: Timestamp) -> Self::State;
    /// A short name of the step for `why` and transcripts: `create container`, `publish`, `look`.
    fn step_name(&self, state: &Self::State) -> String;
    /// Anything a person should know about what is live: recipients that were refused, an id that was not found.
    fn note(&self, _job: &Job, _state: &Self::State) -> Option<String> {
        None
    }
}
