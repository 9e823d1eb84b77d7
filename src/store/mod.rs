//! Durable records: the `Store` contract, sled, the in-memory twin, sealing.
//!
//! A record is a key and a value in a [`Table`]. Changes are gathered in a [`Batch`] and become
//! visible and durable together or not at all. [`Store::commit`] returns when the batch would
//! survive a power cut, and not before. Two implementations keep one contract, and one suite
//! (`tests/it/store.rs`) holds both to it: [`SledStore`] on disk, [`MemoryStore`] with a power switch.

mod chunk;
mod error;
pub mod keys;
mod memory;
pub mod migrate;
pub mod random;
pub mod seal;
mod sled;
pub mod whole;

use async_trait::async_trait;

pub use error::{StoreError, StoreFault};
pub use memory::{Injected, MemoryStore};
pub use sled::{Opened, SledStore};

/// The longest key of a record, in bytes. It keeps a leaf of sled's tree far below the size at which
/// sled would write it to a file of its own that it never syncs.
pub const MAX_KEY: usize = 512;
/// The longest value of a record, in bytes. What is longer belongs in a file.
pub const MAX_RECORD: usize = 96 << 10;
/// The most that one batch may write, in bytes with keys and overhead. What is more goes by [`whole::commit`].
pub const MAX_BATCH: usize = 128 << 10;

/// A record as it is read: key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// The tables. Each has a fixed code on disk, which is never given to another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// What the store says about itself: sentinel, format, canary; and the daemon's own few facts.
    Meta,
    /// Posts and their revisions.
    Posts,
    /// Deliveries: one post to one account.
    Deliveries,
    /// Accounts: connection status and facts measured on their servers.
    Accounts,
    /// What was published when, for rolling windows.
    Ledger,
    /// Files of the spool and what is known about them.
    Files,
    /// Sealed token sets.
    Tokens,
    /// Pending logins (OAuth states).
    Logins,
    /// The chained audit records.
    Audit,
    /// Receipts.
    Receipts,
    /// Holds that are not of one delivery: freezes, brakes.
    Holds,
    /// Numbers told by platforms: quotas and "not before" times.
    Quotas,
    /// What was let go when, by account and content: finds duplicates.
    Published,
    /// Every attempt of every delivery, redacted.
    Attempts,
    /// Data deletions that vendors asked for, and their state.
    Deletions,
    /// Changes that are being made as one ([`whole`]).
    Notes,
}

impl Table {
    /// All tables, in the order of their codes.
    pub const ALL: [Table; 16] = [
        Table::Meta,
        Table::Posts,
        Table::Deliveries,
        Table::Accounts,
        Table::Ledger,
        Table::Files,
        Table::Tokens,
        Table::Logins,
        Table::Audit,
        Table::Receipts,
        Table::Holds,
        Table::Quotas,
        Table::Published,
        Table::Attempts,
        Table::Deletions,
        Table::Notes,
    ];

    /// The first byte of this table's keys on disk: 1 to 127, never reused.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Table::Meta => 1,
            Table::Posts => 2,
            Table::Deliveries => 3,
            Table::Accounts => 4,
            Table::Ledger => 5,
            Table::Files => 6,
            Table::Tokens => 7,
            Table::Logins => 8,
            Table::Audit => 9,
            Table::Receipts => 10,
            Table::Holds => 11,
            Table::Quotas => 12,
            Table::Published => 13,
            Table::Attempts => 14,
            Table::Deletions => 15,
            Table::Notes => 16,
        }
    }

    /// The longest value of a record in it, in bytes. A note holds a whole record of another table.
    const fn longest(self) -> usize {
        match self {
            Table::Notes => MAX_RECORD + MAX_KEY + 4,
            Table::Meta
            | Table::Posts
            | Table::Deliveries
            | Table::Accounts
            | Table::Ledger
            | Table::Files
            | Table::Tokens
            | Table::Logins
            | Table::Audit
            | Table::Receipts
            | Table::Holds
            | Table::Quotas
            | Table::Published
            | Table::Attempts
            | Table::Deletions => MAX_RECORD,
        }
    }

    /// The table's name in messages, backups and sealed identities.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Table::Meta => "meta",
            Table::Posts => "posts",
            Table::Deliveries => "deliveries",
            Table::Accounts => "accounts",
            Table::Ledger => "ledger",
            Table::Files => "files",
            Table::Tokens => "tokens",
            Table::Logins => "logins",
            Table::Audit => "audit",
            Table::Receipts => "receipts",
            Table::Holds => "holds",
            Table::Quotas => "quotas",
            Table::Published => "published",
            Table::Attempts => "attempts",
            Table::Deletions => "deletions",
            Table::Notes => "notes",
        }
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One change: a new value, or `None` for "no longer there".
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) table: Table,
    pub(crate) key: Vec<u8>,
    pub(crate) value: Option<Vec<u8>>,
}

/// Changes that happen together or not at all. The last change of a key wins.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Batch {
    changes: Vec<Change>,
    size: usize,
}

impl Batch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// Write `value` under `key`. Sizes are checked by the commit, not here.
    pub fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Vec<u8>) -> &mut Batch {
        self.push(Change {
            table,
            key: key.into(),
            value: Some(value),
        })
    }

    /// Remove `key`. Removing what is not there is no error.
    pub fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) -> &mut Batch {
        self.push(Change {
            table,
            key: key.into(),
            value: None,
        })
    }

    /// Add all changes of `other` after those of this batch.
    pub fn append(&mut self, other: Batch) -> &mut Batch {
        self.size += other.size;
        self.changes.extend(other.changes);
        self
    }

    /// The number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What this batch writes, in bytes with keys and overhead; see [`MAX_BATCH`].
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Every cap of the contract.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] with the name of what is too large.
    pub fn check(&self) -> Result<(), StoreError> {
        for change in &self.changes {
            let value = change.value.as_ref().map_or(0, Vec::len);
            let too_large = |what: &str, size, limit| {
                let what = format!("{what} of a record in the table {}", change.table);
                Err(StoreError::TooLarge { what, size, limit })
            };
            if change.key.len() > MAX_KEY {
                return too_large("the key", change.key.len(), MAX_KEY);
            }
            let limit = change.table.longest();
            if value > limit {
                return too_large("the value", value, limit);
            }
        }
        if self.size > MAX_BATCH {
            let what = format!("a batch of {} changes", self.len());
            return Err(StoreError::TooLarge {
                what,
                size: self.size,
                limit: MAX_BATCH,
            });
        }
        Ok(())
    }

    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    fn push(&mut self, change: Change) -> &mut Batch {
        self.size += chunk::stored_size(&change);
        self.changes.push(change);
        self
    }
}

/// Values may be sealed tokens: a batch shows only what it is about.
impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = f.debug_list();
        for change in &self.changes {
            let key = String::from_utf8_lossy(&change.key);
            match &change.value {
                Some(value) => list.entry(&format_args!(
                    "put {}/{key:?} ({} bytes)",
                    change.table,
                    value.len()
                )),
                None => list.entry(&format_args!("delete {}/{key:?}", change.table)),
            };
        }
        list.finish()
    }
}

/// The contract of a store. Keys are ordered bytewise.
///
/// A batch that was sent is committed even if the future of [`Store::commit`] is dropped; what
/// dropping loses is only the answer.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// All records of a table in the order of their keys.
    ///
    /// # Errors
    /// When the store is damaged or stopped.
    fn load(&self, table: Table) -> Result<Vec<Row>, StoreError> {
        self.scan(table, &[], usize::MAX)
    }

    /// At most `limit` records in the order of their keys, the first at or after `from`.
    ///
    /// # Errors
    /// When the store is damaged or stopped.
    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;

    /// At most `limit` records whose keys begin with `prefix`, in their order.
    ///
    /// # Errors
    /// When the store is damaged or stopped.
    fn scan_prefix(&self, table: Table, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;

    /// The last record whose key begins with `prefix`.
    ///
    /// # Errors
    /// When the store is damaged or stopped.
    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Row>, StoreError>;

    /// One record.
    ///
    /// # Errors
    /// When the store is damaged or stopped.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Make the batch visible and durable, as a whole. Durable when it returns `Ok`. After an error
    /// other than `TooLarge` and `Full` it is unknown whether the batch is there.
    ///
    /// # Errors
    /// When a cap is passed, the disk is full, or the store is damaged or stopped.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// The same, blocking the calling thread: for tests, the simulation and the time before the
    /// engine's loop runs.
    ///
    /// # Errors
    /// As [`Store::commit`].
    fn commit_blocking(&self, batch: Batch) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_leave_room_for_parts() {
        for (table, code) in Table::ALL.into_iter().zip(1..) {
            assert_eq!(table.code(), code, "{table}");
            assert!(code < 0x80, "the high bit is for parts");
        }
    }

    #[test]
    fn a_batch_shows_what_it_is_about_and_no_value() {
        let mut batch = Batch::new();
        batch
            .put(Table::Tokens, "club", b"CANARY".to_vec())
            .delete(Table::Posts, "p");
        assert_eq!(
            format!("{batch:?}"),
            r#"[put tokens/"club" (6 bytes), delete posts/"p"]"#
        );
        assert_eq!((batch.len(), batch.is_empty()), (2, false));
    }
}
