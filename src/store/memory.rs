//! The in-memory twin: the same contract, with a power switch.
//!
//! A clone is another handle on the same store; [`MemoryStore::fork`] is a copy of its records, which
//! costs nothing until one of the two is changed.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::{Batch, Row, Store, StoreError, Table, keys};

/// A commit that waits, and who waits for it.
type Held = (Batch, oneshot::Sender<Result<(), StoreError>>);
type Records = BTreeMap<(Table, Vec<u8>), Arc<[u8]>>;

/// What an injected fault does to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injected {
    /// The power goes before the batch is on the disk. Every later call fails too.
    CutBefore,
    /// The power goes when the batch is on the disk, before anyone hears of it. Every later call fails too.
    CutAfter,
    /// The disk is full: this and every later commit is refused, until [`MemoryStore::mend`].
    Full,
    /// The disk fails: this and every later commit fails, until [`MemoryStore::mend`].
    Broken,
}

/// A store in memory. See the module's words for the difference between a clone and a fork.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    records: Arc<Records>,
    commits: u64,
    fault: Option<(u64, Injected)>,
    dark: bool,
    held: Option<VecDeque<Held>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }

    /// A store of its own with the same records, powered on and without faults.
    #[must_use]
    pub fn fork(&self) -> MemoryStore {
        let records = Arc::clone(&self.lock().records);
        MemoryStore {
            inner: Arc::new(Mutex::new(Inner {
                records,
                ..Inner::default()
            })),
        }
    }

    /// Switch the power off: what was not committed is gone, and this handle and its clones answer
    /// nothing more. The answer is what a new process finds on the disk.
    #[must_use = "the records survive only in the store that is returned"]
    pub fn crash(&self) -> MemoryStore {
        let survivor = self.fork();
        self.lock().go_dark();
        survivor
    }

    /// Let `fault` strike after `commits` more commits (0: the next one).
    pub fn fail_after(&self, commits: u64, fault: Injected) {
        let mut inner = self.lock();
        inner.fault = Some((inner.commits + commits, fault));
    }

    /// End a full or broken disk.
    pub fn mend(&self) {
        self.lock().fault = None;
    }

    /// Let commits wait (as behind a slow disk) until [`MemoryStore::release`] or a crash. Only
    /// [`Store::commit`] waits; [`Store::commit_blocking`] would wait for ever and is refused.
    pub fn hold(&self) {
        self.lock().held.get_or_insert_default();
    }

    /// Commit what waits, in its order, and let no more wait. The number of batches that waited.
    pub fn release(&self) -> usize {
        let mut inner = self.lock();
        let held = inner.held.take().unwrap_or_default();
        let count = held.len();
        for (batch, answer) in held {
            let result = inner.apply(batch);
            // a dropped future has lost only its answer
            let _ = answer.send(result);
        }
        count
    }

    /// How many commits were tried.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<Arc<Records>, StoreError> {
        let inner = self.lock();
        if inner.dark {
            Err(StoreError::PowerCut)
        } else {
            Ok(Arc::clone(&inner.records))
        }
    }
}

impl Inner {
    fn go_dark(&mut self) {
        self.dark = true;
        for (_, answer) in self.held.take().unwrap_or_default() {
            let _ = answer.send(Err(StoreError::PowerCut));
        }
    }

    fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        if self.dark {
            return Err(StoreError::PowerCut);
        }
        batch.check()?;
        let due = self
            .fault
            .filter(|(at, _)| self.commits >= *at)
            .map(|(_, fault)| fault);
        self.commits += 1;
        match due {
            None => self.write(batch),
            Some(Injected::CutBefore) => {
                self.go_dark();
                return Err(StoreError::PowerCut);
            }
            Some(Injected::CutAfter) => {
                self.write(batch);
                self.go_dark();
                return Err(StoreError::PowerCut);
            }
            Some(Injected::Full) => {
                return Err(StoreError::Full {
                    path: PathBuf::from("(memory)"),
                    free: 0,
                    need: batch.size() as u64,
                });
            }
            Some(Injected::Broken) => {
                return Err(StoreError::Io {
                    what: "writing the database".into(),
                    why: "injected fault".into(),
                });
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: Batch) {
        let records = Arc::make_mut(&mut self.records);
        for change in batch.into_changes() {
            match change.value {
                Some(value) => records.insert((change.table, change.key), value.into()),
                None => records.remove(&(change.table, change.key)),
            };
        }
    }
}

fn row(((_, key), value): (&(Table, Vec<u8>), &Arc<[u8]>)) -> Row {
    (key.clone(), value.to_vec())
}

#[async_trait]
impl Store for MemoryStore {
    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let records = self.read()?;
        let rows = records
            .range((table, from.to_vec())..)
            .take_while(|((of, _), _)| *of == table);
        Ok(rows.take(limit).map(row).collect())
    }

    fn scan_prefix(&self, table: Table, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let records = self.read()?;
        let rows = records.range((table, prefix.to_vec())..);
        let rows = rows.take_while(|((of, key), _)| *of == table && key.starts_with(prefix));
        Ok(rows.take(limit).map(row).collect())
    }

    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Row>, StoreError> {
        let records = self.read()?;
        let from = (table, prefix.to_vec());
        Ok(match keys::after_prefix(prefix) {
            Some(end) => records.range(from..(table, end)).next_back().map(row),
            None => records
                .range(from..)
                .take_while(|((of, _), _)| *of == table)
                .last()
                .map(row),
        })
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .read()?
            .get(&(table, key.to_vec()))
            .map(|value| value.to_vec()))
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let waiting = {
            let mut inner = self.lock();
            if inner.held.is_none() || inner.dark {
                return inner.apply(batch);
            }
            batch.check()?;
            let (answer, waiting) = oneshot::channel();
            // just seen to be there, under the same lock
            inner.held.get_or_insert_default().push_back((batch, answer));
            waiting
        };
        waiting.await.unwrap_or(Err(StoreError::PowerCut))
    }

    fn commit_blocking(&self, batch: Batch) -> Result<(), StoreError> {
        let mut inner = self.lock();
        if inner.held.is_some() {
            return Err(StoreError::Stopped {
                why: "commits are held, and a blocking one would wait for ever".into(),
            });
        }
        inner.apply(batch)
    }
}
