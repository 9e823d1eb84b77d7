//! Queues, limits, freezes and reloads on the wire.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;
use crate::domain::id::{AccountName, PlatformName, QueueName};

/// One queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub directory: String,
    /// The accounts it feeds.
    pub accounts: Vec<String>,
    /// Its time zone.
    pub timezone: String,
    /// Its slots, as written.
    pub slots: Vec<String>,
    /// Its next slots; empty when it has none.
    pub next_slots: Vec<Time>,
    /// Posts that wait or move.
    pub open: u64,
    /// Of these, with a delivery that is held.
    pub held: u64,
    /// When its next post is due.
    pub next_due: Option<Time>,
    /// Why it is frozen, when it is.
    pub frozen: Option<String>,
    /// What is wrong with its directory, when something is.
    pub trouble: Option<String>,
}

/// One limit of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitView {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: String,
    /// The limit's name: `posts`.
    pub limit: String,
    /// What it counts, in words: `posts published through the API`.
    pub words: String,
    /// At most this many in the window.
    pub max: u32,
    /// Used in the window that ends now.
    pub used: u32,
    /// What is left.
    pub left: u32,
    /// Length of the rolling window in seconds.
    pub window_secs: i64,
    /// When one becomes free, if none is left now.
    pub next_free: Option<Time>,
    /// Who counted: `ledger`, or `platform` when its own numbers are stricter.
    pub source: String,
}

/// What a freeze stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

/// `all`, `platform:threads`, `account:club`, `queue:news`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::All => f.write_str("all"),
            Scope::Platform(name) => write!(f, "platform:{name}"),
            Scope::Account(name) => write!(f, "account:{name}"),
            Scope::Queue(name) => write!(f, "queue:{name}"),
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Scope::All);
        }
        let bad = |e: crate::domain::id::BadName| e.to_string();
        match text.split_once(':') {
            Some(("platform", name)) => PlatformName::new(name).map(Scope::Platform).map_err(bad),
            Some(("account", name)) => AccountName::new(name).map(Scope::Account).map_err(bad),
            Some(("queue", name)) => QueueName::new(name).map(Scope::Queue).map_err(bad),
            Some(_) | None => Err(format!(
                "{text:?} is no scope: write `all`, `platform:NAME`, `account:NAME` or `queue:NAME`"
            )),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// One freeze.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Freeze {
    /// What it stops: `all`, `platform:threads`, `account:club`, `queue:news`.
    #[schema(value_type = String, example = "account:club-threads")]
    pub scope: Scope,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// Who: a user's name, or `brake`, or `restore`.
    pub by: String,
}

/// What a reload changed. With any mistake nothing changes and the answer is a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadReport {
    /// `account club-threads`, `queue news`.
    pub added: Vec<String>,
    /// Likewise.
    pub removed: Vec<String>,
    /// Likewise, with what changed.
    pub changed: Vec<String>,
    /// What cannot change without a restart and was left as it was.
    pub needs_restart: Vec<String>,
    /// Warnings, drawn.
    pub warnings: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        for text in ["all", "platform:threads", "account:club.1", "queue:news"] {
            let scope: Scope = text.parse().unwrap();
            assert_eq!(scope.to_string(), text);
        }
        for text in ["", "everything", "account:", "account:Ä", "queue:../x", "host:a"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
