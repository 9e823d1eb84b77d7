//! What happens, as it happens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Counts up from the start of the daemon; a gap means that some were missed.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
    /// The post, if it is about one.
    pub post: Option<String>,
    /// Its file's name.
    pub file: Option<String>,
    /// The queue, if it is about one.
    pub queue: Option<String>,
    /// The account, if it is about one.
    pub account: Option<String>,
    /// In words, one line.
    pub words: String,
    /// A link to see it, when there is one.
    pub permalink: Option<String>,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A post was admitted.
    Admitted,
    /// A waiting post was edited: a new revision.
    Edited,
    /// A dropped file was refused.
    Refused,
    /// A delivery's first step began; its file is in `sending/`.
    Started,
    /// A step was done.
    Step,
    /// A delivery is out.
    Published,
    /// A delivery ended without going out.
    Failed,
    /// A delivery does not move: the words say why and until when.
    Held,
    /// A hold ended.
    Released,
    /// A delivery is tried again.
    Retried,
    /// Too late by the queue's rule.
    Skipped,
    /// Cancelled.
    Cancelled,
    /// Nobody knows whether it is out.
    Unknown,
    /// An unknown outcome was settled.
    Resolved,
    /// Past due without an end: the monitor's word.
    Late,
    /// A live post was taken back.
    Deleted,
    /// An account was connected.
    Connected,
    /// A login did not come off; what the account was before, it still is.
    LoginFailed,
    /// Its token was renewed.
    Refreshed,
    /// Its token ends soon and a person is needed.
    Expiring,
    /// It cannot be used: the words say why.
    Disconnected,
    /// A freeze began.
    Frozen,
    /// A freeze ended.
    Thawed,
    /// A new config is in use.
    Reloaded,
    /// A reload was refused.
    ReloadFailed,
    /// The receiver was too slow; some events are not in this stream.
    Missed,
}

impl EventKind {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Admitted => "admitted",
            EventKind::Edited => "edited",
            EventKind::Refused => "refused",
            EventKind::Started => "started",
            EventKind::Step => "step",
            EventKind::Published => "published",
            EventKind::Failed => "failed",
            EventKind::Held => "held",
            EventKind::Released => "released",
            EventKind::Retried => "retried",
            EventKind::Skipped => "skipped",
            EventKind::Cancelled => "cancelled",
            EventKind::Unknown => "unknown",
            EventKind::Resolved => "resolved",
            EventKind::Late => "late",
            EventKind::Deleted => "deleted",
            EventKind::Connected => "connected",
            EventKind::LoginFailed => "login-failed",
            EventKind::Refreshed => "refreshed",
            EventKind::Expiring => "expiring",
            EventKind::Disconnected => "disconnected",
            EventKind::Frozen => "frozen",
            EventKind::Thawed => "thawed",
            EventKind::Reloaded => "reloaded",
            EventKind::ReloadFailed => "reload-failed",
            EventKind::Missed => "missed",
        }
    }
}
