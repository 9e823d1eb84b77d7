//! A queue's rules, as the engine uses them.

use serde::{Deserialize, Serialize};

use super::id::{AccountName, QueueName};
use super::media::Fit;
use super::time::Span;

/// What happens to a post that could not go out in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LateThen {
    /// It ends as skipped, with a note.
    Skip,
    /// It waits for a person.
    Hold,
}

/// `late = { within = "6h", then = "skip" }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRule {
    /// Publish up to this much late.
    pub within: Span,
    /// Later than that.
    pub then: LateThen,
}

/// What to do when even the platform cannot say whether a post went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Ask a person.
    Hold,
    /// Publish again at the risk of a second copy.
    Retry,
}

/// A queue's rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Its name and directory.
    pub name: QueueName,
    /// The accounts it feeds, in the order of the config.
    pub accounts: Vec<AccountName>,
    /// IANA time zone.
    pub timezone: String,
    /// Five-field cron patterns; each occurrence lets one post out. Empty: at once.
    pub slots: Vec<String>,
    /// The late rule.
    pub late: LateRule,
    /// Never closer together than this on any account of the queue.
    pub spacing: Span,
    /// The same content to the same account within this is held.
    pub duplicate_window: Span,
    /// Upload and prepare this long ahead.
    pub prepare: Span,
    /// When nobody can know.
    pub on_unknown: OnUnknown,
    /// What becomes of media that breaks a platform's rule.
    #[serde(default)]
    pub fit: Fit,
}
