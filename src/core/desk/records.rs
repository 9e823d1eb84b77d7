//! What the desk writes down.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::clocks::Clocks;
use crate::core::delivery::Phase;
use crate::core::limit::Row;
use crate::domain::account::Connection;
use crate::domain::id::{AccountName, DeliveryId, PlatformName, PostId, QueueName};
use crate::domain::post::Post;
use crate::domain::time::Timestamp;

/// Where a post's file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// In the queue's directory: it may be edited or removed.
    Waiting,
    /// In `sending/`: its content is fixed.
    Sending,
    /// All deliveries have ended; the file is being moved.
    Finishing,
    /// In `sent/` or `failed/`, or removed by a person.
    Done,
}

/// A post and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostRecord {
    /// The post.
    pub post: Post,
    /// When it is due.
    pub due: Timestamp,
    /// Why then: its slot, its `at`, or at once.
    pub due_why: String,
    /// Where its file lies.
    pub stage: Stage,
    /// When it was over.
    pub finished: Option<Timestamp>,
    /// Things that were decided when it was admitted, for people: `already out on club: ...`.
    pub notes: Vec<String>,
}

/// A delivery and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// Where it stands.
    pub phase: Phase,
    /// Its platform, also when its account is no longer declared.
    pub platform: PlatformName,
    /// Counts changes: `If-Match` of the API.
    pub revision: u64,
    /// When it is due.
    pub due: Timestamp,
    /// Hash of what this account publishes: finds duplicates.
    pub hash: String,
    /// When its first commit was let go.
    pub committed: Option<Timestamp>,
    /// Since when it is in its phase.
    pub since: Option<Timestamp>,
    /// Calls so far.
    pub attempts: u32,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl DeliveryRecord {
    /// The next phase, with what the record remembers of it.
    pub(super) fn enter(&mut self, phase: Phase, now: Timestamp) {
        if std::mem::discriminant(&phase) != std::mem::discriminant(&self.phase) {
            self.since = Some(now);
        }
        match &phase {
            Phase::Calling { attempt, .. } => self.attempts = *attempt,
            Phase::Ended { .. } => self.ended = Some(now),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } => {}
        }
        self.phase = phase;
        self.revision += 1;
    }
}

/// A kind of call of which a platform takes no more for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullCalls {
    /// Until when.
    pub until: Timestamp,
    /// Which window is full, in the platform's words.
    pub why: String,
}

/// An account beside its tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Its connection.
    pub connection: Connection,
    /// The platform wants nothing before this, in its own words.
    pub not_before: Option<(Timestamp, String)>,
    /// The same of single kinds of calls, by [`crate::core::call::Call::kind`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub full: BTreeMap<String, FullCalls>,
    /// When a delivery last began to show itself (its first part, any try): spacing.
    pub last_commit: Option<Timestamp>,
    /// Which delivery that was: its own earlier try does not keep it back.
    #[serde(default)]
    pub last_commit_by: Option<DeliveryId>,
    /// What its platform's clock said last.
    #[serde(default)]
    pub heard: Option<Clocks>,
}

/// What was published, by account and content.
pub type PublishedKey = (AccountName, String);

/// When and by which post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// The post.
    pub post: PostId,
    /// When its commit was let go.
    pub at: Timestamp,
    /// Its post ended in `failed/` because of other accounts: dropping it again skips this one.
    pub failed_elsewhere: bool,
}

/// What a freeze covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everything.
    All,
    /// One platform.
    Platform(PlatformName),
    /// One account.
    Account(AccountName),
    /// One queue.
    Queue(QueueName),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::All => f.write_str("everything"),
            Scope::Platform(name) => write!(f, "platform {name}"),
            Scope::Account(name) => write!(f, "account {name}"),
            Scope::Queue(name) => write!(f, "queue {name}"),
        }
    }
}

/// A freeze in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Freeze {
    /// What it covers.
    pub scope: Scope,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// It lasts until the config, or a new crier, names another version than this; absent: until a person thaws it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<EndedVersion>,
}

/// A version of a platform's API that its vendor has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndedVersion {
    /// Whose.
    pub platform: PlatformName,
    /// The fact that names it.
    pub fact: String,
    /// Its value when the vendor said so.
    pub value: String,
}

/// One thing to write down.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A post.
    Post(Box<PostRecord>),
    /// A post and all that hangs on it is forgotten.
    ForgetPost(PostId),
    /// A delivery.
    Delivery(DeliveryId, Box<DeliveryRecord>),
    /// A delivery is forgotten (an edit took its account out).
    ForgetDelivery(DeliveryId),
    /// A row of the ledger.
    Row(Row),
    /// A row is taken back.
    DropRow(Row),
    /// An account.
    Account(AccountName, Box<AccountRecord>),
    /// A publication.
    Published(PublishedKey, Published),
    /// A publication is taken back.
    DropPublished(PublishedKey),
    /// All freezes.
    Freezes(Vec<Freeze>),
}
