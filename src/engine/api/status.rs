//! The daemon in one look.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::post::PreparingView;
use super::queue::Freeze;
use super::time::Time;

/// `GET /v1/status`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// Random, made at each start: tells one run from another.
    pub instance: String,
    /// When it started.
    pub started: Time,
    /// The daemon's time of this answer.
    pub now: Time,
    /// When the engine's loop last went round.
    pub last_tick: Time,
    /// The config in use.
    pub config: ConfigStatus,
    /// Deliveries by phase.
    pub counts: Counts,
    /// When the next delivery is due.
    pub next_due: Option<Time>,
    /// Accounts by status.
    pub accounts: AccountsSummary,
    /// Files that are no posts yet: their media are being made to fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preparing: Vec<PreparingView>,
    /// What is frozen.
    pub frozen: Vec<Freeze>,
    /// The store.
    pub store: StoreStatus,
    /// The callback endpoint.
    pub callback: CallbackStatus,
    /// Why posts wait although they are due: the machine's clock cannot be right.
    pub clock: Option<String>,
    /// Versions of platforms' APIs that end soon or have ended, each with its mend.
    pub warnings: Vec<String>,
}

/// The config in use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConfigStatus {
    /// The main file.
    pub path: String,
    /// When it was read.
    pub loaded_at: Time,
    /// Why the last reload was refused, drawn with line and caret; the config before it is in use.
    pub error: Option<String>,
}

/// Deliveries by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Wait for a time.
    pub waiting: u64,
    /// Want a permit.
    pub ready: u64,
    /// In a call.
    pub calling: u64,
    /// Wait for a person or an account.
    pub held: u64,
    /// Of all these, past their due time.
    pub past_due: u64,
    /// Published since the start of the daemon.
    pub published: u64,
    /// Ended otherwise since the start of the daemon.
    pub failed: u64,
}

/// Accounts by status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountsSummary {
    /// All in the config.
    pub total: u64,
    /// Can be used.
    pub usable: u64,
    /// Need a person: one line each.
    pub attention: Vec<String>,
}

/// The store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StoreStatus {
    /// Its directory.
    pub path: String,
    /// Bytes on disk, when known.
    pub bytes: Option<u64>,
    /// Why nothing can be written, when it cannot.
    pub error: Option<String>,
}

/// The callback endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallbackStatus {
    /// Where it listens; `None`: it does not.
    pub listen: Option<String>,
    /// Under which URL the world reaches it.
    pub public_url: Option<String>,
}
