//! Who changed what, in a chain: every record carries the hash of the one before, so that a record that
//! was altered, left out or put in later shows when the chain is read.
//!
//! The chain tells of tampering with single records; it cannot tell that its whole end was cut off, so
//! the head's hash belongs somewhere else too (the journal has it).

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::time::{Timestamp, rfc3339};

/// What a caller of the admin socket may do; each role may do what the one before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May look.
    View,
    /// May post, cancel, retry, resolve, freeze.
    Operate,
    /// May do everything: root and the daemon's own user.
    All,
}

impl Role {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Role::View => "view",
            Role::Operate => "operate",
            Role::All => "all",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Who asks, by the kernel's word (`SO_PEERCRED`); or the daemon itself, after a signal or a callback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Caller {
    /// User id.
    pub uid: u32,
    /// Primary group id at the time of connecting.
    pub gid: u32,
    /// Process id; it may have ended since.
    pub pid: i32,
    /// What it may do.
    pub role: Role,
    /// The user's name, or what in the daemon acted (`signal`, `callback`).
    pub name: String,
}

/// One change, before it has its place in the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Caller,
    /// What was done: `post.cancel`, `account.connect`, `freeze`.
    pub what: String,
    /// To what: a post id, an account, a scope.
    pub target: String,
    /// Anything worth keeping. Never a secret.
    pub detail: BTreeMap<String, String>,
}

/// One change in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditRecord {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// When, RFC 3339 in UTC.
    #[serde(with = "rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who.
    pub who: Caller,
    /// What was done: `post.cancel`, `account.connect`, `freeze`.
    pub what: String,
    /// To what: a post id, an account, a scope.
    pub target: String,
    /// Anything worth keeping.
    pub detail: BTreeMap<String, String>,
    /// The hash of the record before; of the first, [`GENESIS`].
    pub prev: String,
    /// SHA-256, hex, over `prev` and this record without its hash.
    pub hash: String,
}

/// What the first record of a chain has in `prev`.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The end of a chain, onto which the next record goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the last record; 0: there is none.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: GENESIS.to_owned(),
        }
    }
}

impl AuditRecord {
    /// The end of a chain that ends with this record.
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash.clone(),
        }
    }
}

/// The next record of a chain.
pub fn chain(head: &Head, change: Change) -> AuditRecord {
    let mut record = AuditRecord {
        seq: head.seq.saturating_add(1),
        at: change.at,
        who: change.who,
        what: change.what,
        target: change.target,
        detail: change.detail,
        prev: head.hash.clone(),
        hash: String::new(),
    };
    record.hash = hash_of(&record);
    record
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The number at which it shows.
    pub seq: u64,
    /// In words.
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "audit record {}: {}", self.seq, self.why)
    }
}

impl std::error::Error for Broken {}

/// Checks that records follow `head` without a gap and that none was altered; gives the new end.
pub fn verify<'a>(head: &Head, records: impl IntoIterator<Item = &'a AuditRecord>) -> Result<Head, Broken> {
    let mut head = head.clone();
    for record in records {
        check_link(&head, record)?;
        head = record.head();
    }
    Ok(head)
}

fn check_link(head: &Head, record: &AuditRecord) -> Result<(), Broken> {
    let broken = |why: String| Err(Broken { seq: record.seq, why });
    let expected = head.seq.saturating_add(1);
    if record.seq != expected {
        return broken(format!(
            "number {expected} should come here: records are missing or out of order"
        ));
    }
    if record.prev != head.hash {
        return broken("it does not follow the record before it: one of the two was replaced".to_owned());
    }
    if record.hash != hash_of(record) {
        return broken("its content does not match its hash: it was altered".to_owned());
    }
    Ok(())
}

/// The hash over the previous hash and the record without its own. Fields are written in the order of
/// their declaration, maps in the order of their keys: one record has one text.
fn hash_of(record: &AuditRecord) -> String {
    let bare = AuditRecord {
        hash: String::new(),
        ..record.clone()
    };
    // A record of strings and numbers cannot fail to serialize; an empty text would not verify.
    let text = serde_json::to_string(&bare).unwrap_or_default();
    let mut hasher = Sha256::new();
    hasher.update(record.prev.as_bytes());
    hasher.update(b"\n");
    hasher.update(text.as_bytes());
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests;
