//! The sentinel, the format of the database, and the steps from older formats to today's.
//!
//! A new format is a new row at the end of [`MIGRATIONS`] and nothing else. A step may be interrupted
//! at any time and is then run again from its beginning, so each must do no harm when run twice; the
//! new format number is committed only after all of a step's batches are durable. Before a change of
//! format the daemon writes a backup.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Batch, Store, StoreError, Table, whole};

/// The first format, with which a database is laid out.
const FIRST: u32 = 1;
const SENTINEL: &[u8] = b"sentinel";
const FORMAT: &[u8] = b"format";

/// One step to the next format.
pub struct Migration {
    /// The format that the database has afterwards: one more than before.
    pub to: u32,
    /// What the step does, for the journal.
    pub name: &'static str,
    /// Does it, in batches within the store's caps.
    pub run: fn(&dyn Store) -> Result<(), StoreError>,
}

/// All steps since the first format, in their order.
pub const MIGRATIONS: &[Migration] = &[];

/// The record that says "this database is not empty": a database that lost everything also lost it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentinel {
    /// The installation's id, which stands in the file `instance` as well.
    pub instance: String,
    /// When the database was made, in milliseconds since 1970.
    pub created_ms: u64,
}

/// The sentinel, if the database has one.
///
/// # Errors
/// When the store cannot be read.
pub fn sentinel(store: &dyn Store) -> Result<Option<Sentinel>, StoreError> {
    match store.get(Table::Meta, SENTINEL)? {
        None => Ok(None),
        Some(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| unreadable("sentinel")),
    }
}

/// Lay out an empty database: sentinel and first format, in one commit.
///
/// # Errors
/// When the commit fails.
pub fn lay(store: &dyn Store, sentinel: &Sentinel) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(sentinel).map_err(|_| unreadable("sentinel"))?;
    let mut batch = Batch::new();
    batch
        .put(Table::Meta, SENTINEL, bytes)
        .put(Table::Meta, FORMAT, format_record(FIRST));
    store.commit_blocking(batch)
}

/// The database's format.
///
/// # Errors
/// When the store or the record cannot be read.
pub fn format(store: &dyn Store) -> Result<u32, StoreError> {
    let bytes = store
        .get(Table::Meta, FORMAT)?
        .ok_or_else(|| unreadable("format"))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| unreadable("format"))?;
    text.parse().map_err(|_| unreadable("format"))
}

/// Bring the database to the newest format of `steps`. The names of the steps that were run.
///
/// # Errors
/// [`StoreError::Newer`] when the database is ahead of `steps`; else what a step met.
pub fn migrate(store: &dyn Store, steps: &[Migration]) -> Result<Vec<&'static str>, StoreError> {
    whole::finish(store)?;
    let known = steps.last().map_or(FIRST, |step| step.to);
    let found = format(store)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let mut done = Vec::new();
    for step in steps.iter().filter(|step| step.to > found) {
        (step.run)(store)?;
        let mut batch = Batch::new();
        batch.put(Table::Meta, FORMAT, format_record(step.to));
        store.commit_blocking(batch)?;
        done.push(step.name);
    }
    Ok(done)
}

fn format_record(format: u32) -> Vec<u8> {
    format.to_string().into_bytes()
}

/// The store on disk adds where it lies.
fn unreadable(what: &str) -> StoreError {
    StoreError::Damaged {
        state: PathBuf::new(),
        what: format!("its {what} record cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Injected, MemoryStore};
    use super::*;

    fn old() -> MemoryStore {
        let store = MemoryStore::new();
        lay(
            &store,
            &Sentinel {
                instance: "x".into(),
                created_ms: 1,
            },
        )
        .unwrap();
        store
    }

    fn put(store: &dyn Store, key: &[u8]) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.put(Table::Posts, key, b"moved".to_vec());
        store.commit_blocking(batch)
    }

    const STEPS: &[Migration] = &[
        Migration {
            to: 2,
            name: "two",
            run: |store| put(store, b"a"),
        },
        Migration {
            to: 3,
            name: "three",
            run: |store| put(store, b"b"),
        },
    ];

    #[test]
    fn steps_run_once_and_in_order() {
        let store = old();
        assert_eq!(migrate(&store, &STEPS[..1]), Ok(vec!["two"]));
        assert_eq!(migrate(&store, STEPS), Ok(vec!["three"]));
        assert_eq!(migrate(&store, STEPS), Ok(vec![]));
        assert_eq!(format(&store), Ok(3));
        assert_eq!(
            migrate(&store, &STEPS[..1]),
            Err(StoreError::Newer { found: 3, known: 2 })
        );
    }

    #[test]
    fn an_interrupted_migration_goes_on_wherever_the_power_went() {
        for commit in 0..4 {
            for fault in [Injected::CutBefore, Injected::CutAfter] {
                let store = old();
                store.fail_after(commit, fault);
                assert_eq!(migrate(&store, STEPS), Err(StoreError::PowerCut));
                let store = store.crash();
                migrate(&store, STEPS).unwrap();
                assert_eq!(format(&store), Ok(3));
                assert_eq!(store.load(Table::Posts).unwrap().len(), 2);
            }
        }
    }

    #[test]
    fn the_table_counts_up_without_a_gap() {
        for (index, step) in MIGRATIONS.iter().enumerate() {
            assert_eq!(step.to as usize, FIRST as usize + 1 + index);
        }
    }

    #[test]
    fn a_damaged_record_is_named() {
        let store = old();
        let mut batch = Batch::new();
        batch
            .put(Table::Meta, FORMAT, b"many".to_vec())
            .put(Table::Meta, SENTINEL, b"{".to_vec());
        store.commit_blocking(batch).unwrap();
        assert!(format(&store).unwrap_err().to_string().contains("format record"));
        assert!(
            sentinel(&store)
                .unwrap_err()
                .to_string()
                .contains("sentinel record")
        );
    }
}
