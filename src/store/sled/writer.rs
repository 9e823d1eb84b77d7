//! The one thread that writes: it gathers what waits, applies it as a whole, and makes it durable.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::super::chunk::{self, Head};
use super::super::{Batch, MAX_BATCH, StoreError, Table};
use super::mark::Mark;
use super::{Shared, closed, fence, place};

/// Bytes of the file system that are left alone, so that sled itself never meets a full disk: an error
/// in the middle of its own writing would end the database for this process.
const RESERVE: u64 = 8 << 20;

/// Who waits for a commit.
pub(super) enum Answer {
    Async(oneshot::Sender<Result<(), StoreError>>),
    Blocking(SyncSender<Result<(), StoreError>>),
}

/// A commit that waits. Its batch has passed [`Batch::check`].
pub(super) struct Request {
    pub(super) batch: Batch,
    pub(super) answer: Answer,
}

/// The handle of the writing thread.
pub(super) struct Writer {
    inbox: UnboundedSender<Request>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Start the thread. `file` is a second handle of sled's file, for syncing.
    pub(super) fn start(shared: Arc<Shared>, file: File, mark: Mark) -> Result<Writer, StoreError> {
        let (inbox, requests) = unbounded_channel();
        let store = shared.fence.state().join(place::STORE);
        let desk = Desk {
            shared,
            file,
            mark,
            store,
            broken: None,
        };
        let thread = std::thread::Builder::new()
            .name("crier-store".into())
            .spawn(move || {
                fence::be_patient();
                desk.work(requests);
            })
            .map_err(|e| StoreError::io("starting a thread", &e))?;
        Ok(Writer { inbox, thread })
    }

    pub(super) fn send(&self, request: Request) -> Result<(), StoreError> {
        self.inbox.send(request).map_err(|_| closed())
    }

    /// Write what waits and end the thread.
    pub(super) fn finish(self) {
        drop(self.inbox);
        // the thread does not panic; if it did, there is nobody left to tell
        let _ = self.thread.join();
    }
}

struct Desk {
    shared: Arc<Shared>,
    file: File,
    mark: Mark,
    store: PathBuf,
    /// Why nothing more is written: after a failed write or sync nobody knows what is on the disk.
    broken: Option<StoreError>,
}

impl Desk {
    fn work(mut self, mut requests: UnboundedReceiver<Request>) {
        let mut kept = None;
        while let Some(first) = kept.take().or_else(|| requests.blocking_recv()) {
            let mut size = first.batch.size();
            let mut group = vec![first];
            while let Ok(next) = requests.try_recv() {
                if size + next.batch.size() > MAX_BATCH {
                    kept = Some(next);
                    break;
                }
                size += next.batch.size();
                group.push(next);
            }
            self.serve(group);
        }
    }

    fn serve(&mut self, group: Vec<Request>) {
        let mut all = Batch::new();
        let mut answers = Vec::with_capacity(group.len());
        for request in group {
            all.append(request.batch);
            answers.push(request.answer);
        }
        let result = self.commit(all);
        for answer in answers {
            // a dropped future has lost only its answer
            match answer {
                Answer::Async(answer) => drop(answer.send(result.clone())),
                Answer::Blocking(answer) => drop(answer.send(result.clone())),
            }
        }
    }

    fn commit(&mut self, all: Batch) -> Result<(), StoreError> {
        if let Some(first) = &self.broken {
            return Err(StoreError::Stopped {
                why: format!("an earlier write failed ({first})"),
            });
        }
        if all.is_empty() {
            return Ok(());
        }
        self.check_room(all.size() as u64)?;
        let written = self.write(all);
        match &written {
            Ok(()) => self.mark.advance(),
            Err(error) => self.broken = Some(error.clone()),
        }
        written
    }

    fn check_room(&self, size: u64) -> Result<(), StoreError> {
        let stat = rustix::fs::fstatvfs(&self.file)
            .map_err(|e| StoreError::io("asking the file system for its free space", &e.into()))?;
        let (free, need) = (stat.f_bavail.saturating_mul(stat.f_frsize), RESERVE + size);
        if free < need {
            Err(StoreError::Full {
                path: self.store.clone(),
                free,
                need,
            })
        } else {
            Ok(())
        }
    }

    /// Apply, flush, sync: durable when this returns.
    fn write(&self, all: Batch) -> Result<(), StoreError> {
        let rows = self.rows(all)?;
        let shared = &self.shared;
        {
            let _gate = shared.gate.write().unwrap_or_else(PoisonError::into_inner);
            shared.fence.run("writing", || shared.db.apply_batch(rows))?;
        }
        shared.fence.run("flushing", || shared.db.flush())?;
        self.file
            .sync_data()
            .map_err(|e| StoreError::io(format!("syncing {}", self.store.display()), &e))
    }

    /// What sled is given: each record's rows, without the parts that an earlier, longer value had.
    fn rows(&self, all: Batch) -> Result<::sled::Batch, StoreError> {
        let mut last: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>> = BTreeMap::new();
        for change in all.into_changes() {
            last.insert((change.table, change.key), change.value);
        }
        let mut rows = ::sled::Batch::default();
        let (key, count) = self.mark.next_row();
        rows.insert(key, count);
        for ((table, key), value) in last {
            let mut parts = 0;
            match value {
                None => rows.remove(chunk::record_key(table, &key)),
                Some(value) => {
                    let (head, bodies) = chunk::encode(&value);
                    parts = bodies.len();
                    rows.insert(chunk::record_key(table, &key), head);
                    for (index, body) in bodies.into_iter().enumerate() {
                        rows.insert(chunk::part_key(table, &key, index), body);
                    }
                }
            }
            for index in parts..self.parts_now(table, &key)? {
                rows.remove(chunk::part_key(table, &key, index));
            }
        }
        Ok(rows)
    }

    fn parts_now(&self, table: Table, key: &[u8]) -> Result<usize, StoreError> {
        let head = self
            .shared
            .fence
            .run("reading", || self.shared.db.get(chunk::record_key(table, key)))?;
        Ok(match head.as_deref().and_then(chunk::decode) {
            Some(Head::Split { len, .. }) => chunk::parts(len),
            Some(Head::Whole(_)) | None => 0,
        })
    }
}
