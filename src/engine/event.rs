//! Everything that can wake the engine, in one list. There is no other way for its state to change.

use tokio::sync::oneshot;

use super::api::{Answer, Caller};
use super::spooling::{Claimed, Findings};
use crate::core::call::Answer as WireAnswer;
use crate::core::desk::{Input, Request, Send as Sent};
use crate::core::intake::Made;
use crate::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crate::domain::receipt::Attempt;
use crate::spool::snapshot::NoSnapshot;

/// One thing that happened.
pub enum Event {
    /// The timer fired, or the clock was set.
    Timer,
    /// Something for the desk, from a task of ours.
    Input(Box<Input>),
    /// A call is over.
    Answered(Box<Answered>),
    /// A queue's directory may have changed: a hint.
    Hint(QueueName),
    /// A queue's directory was read: the truth.
    Scanned(QueueName, Box<Findings>),
    /// What had to be made of an entry's media was made, or not.
    Prepared(u64, Box<Result<Made, NoSnapshot>>),
    /// A claim is over.
    Claimed(PostId, Box<Claimed>),
    /// A finished post's file could not be moved now.
    NotMoved(PostId),
    /// A queue's directory was moved or removed: it is opened again.
    QueueLost(QueueName),
    /// A person's change; answered when it is durable.
    Change(Box<ChangeRequest>),
    /// A one-off request wants to go out; answered when its rows of the ledger are durable, or at once when something holds
    /// it.
    Ask(Box<Request>, oneshot::Sender<Answer<()>>),
    /// A vendor wants a file that this commit of a delivery handed out; answered when that is durable.
    Fetched(DeliveryId, u32, oneshot::Sender<Answer<()>>),
    /// A look at the engine's state.
    Look(Look),
    /// An account's tokens were renewed or not: when to look again has changed.
    RefreshOver(AccountName),
    /// Housekeeping falls due.
    Housekeeping(Chore),
    /// A new config was read and is whole.
    Reload(Box<Reload>),
    /// A new config was refused: why, drawn.
    ReloadFailed(String),
    /// The loop shows that it lives.
    Beat,
    /// Finish what is open and stop.
    Stop,
}

/// A call that is over.
pub struct Answered {
    /// What was sent.
    pub sent: Sent,
    /// The wire's account of it.
    pub answer: WireAnswer,
    /// Its transcript.
    pub attempt: Attempt,
}

/// A person's change.
pub struct ChangeRequest {
    /// What it is for the desk, in order.
    pub inputs: Vec<Input>,
    /// Who.
    pub who: Caller,
    /// `post.cancel`, `freeze`.
    pub what: &'static str,
    /// To what.
    pub target: String,
    /// Worth keeping with it.
    pub detail: std::collections::BTreeMap<String, String>,
    /// Told when it is durable.
    pub done: oneshot::Sender<Answer<()>>,
}

/// A new config, ready to be put in force.
pub struct Reload {
    /// In every shape.
    pub live: super::Live,
    /// Told when it is in force, with what people should know of accounts that it declares anew.
    pub done: oneshot::Sender<Vec<String>>,
}

/// Housekeeping: may be late, may be skipped, never posts anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chore {
    /// Look which tokens should be renewed.
    SweepTokens,
    /// Ask platforms how much of their quotas is used.
    RefreshQuotas,
    /// Prove each account's token with a cheap call.
    ValidateAccounts,
    /// Forget what nothing needs any more.
    Prune,
}

/// A closure that looks at the engine and answers by itself.
pub type Look = Box<dyn FnOnce(&super::Engine) + std::marker::Send>;
