//! The store on disk: sled 0.34, made durable.
//!
//! What sled does not do by itself is done here. A commit is one `apply_batch`, then `flush()`, then
//! `sync_data()` on a second handle of sled's file, because `flush()` alone moves neither the file's
//! length nor the disk's own cache and so does not survive a power cut. One thread writes and gathers
//! what waits into one such commit. sled's own background flush is off: it would wake the machine twice
//! a second and make nothing safer. All of sled's calls run in a fence that turns a panic over a damaged
//! file into [`StoreError::Damaged`].
//!
//! ```text
//! STATE/crierd.pid   locked by the running daemon, which writes its pid into it
//! STATE/instance     the id of this installation; where it stands, the database must have it too
//! STATE/store/       sled's directory, and in it `mark`, which notes how many commits it must have
//! ```

mod fence;
mod mark;
mod place;
mod read;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, RwLock};

use ::sled::{Config, Db, Mode};
use async_trait::async_trait;
use tokio::sync::{Semaphore, oneshot};

use super::{Batch, Row, Store, StoreError, Table, migrate, random};
use fence::Fence;
use mark::Mark;
use place::Place;
use writer::{Answer, Request, Writer};

/// sled's cache in bytes. It counts payload only; the process needs two to three times as much.
const CACHE: u64 = 16 << 20;
/// Commits that may wait at once; more wait outside, in their own futures.
const WAITING: usize = 256;

/// What opening the store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Whether there was no database before: the first start.
    pub created: bool,
    /// The id of this installation.
    pub instance: String,
    /// When the database was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The names of the migrations that were applied now.
    pub migrated: Vec<&'static str>,
}

/// The store on disk. One per state directory: a second one is refused by the first one's pid.
/// Dropping it writes what waits and lets go of the directory.
pub struct SledStore {
    shared: Arc<Shared>,
    writer: Option<Writer>,
    room: Semaphore,
    // let go last, when sled has closed its file
    place: Place,
}

/// What readers and the writer share.
pub(super) struct Shared {
    db: Db,
    /// Held for writing while a batch is applied, so that no reader sees half of one.
    gate: RwLock<()>,
    fence: Fence,
}

impl SledStore {
    /// Open the database in `state`, making both if they are not there, and bring it to today's format.
    /// `now_ms` (milliseconds since 1970) is noted as the time of making.
    ///
    /// # Errors
    /// When the directory cannot be trusted, another crierd is running, the database is damaged or
    /// newer than this program, or the disk refuses.
    pub fn open(state: &Path, now_ms: u64) -> Result<(SledStore, Opened), StoreError> {
        let place = Place::take(state)?;
        let fence = Fence::new(state);
        place.drop_half_snapshots()?;
        let db = open_db(&place, &fence)?;
        let file = File::open(place.db_file())
            .map_err(|e| StoreError::io(format!("opening {}", place.db_file().display()), &e))?;
        place.sync()?;
        let shared = Arc::new(Shared {
            db,
            gate: RwLock::new(()),
            fence,
        });
        let mark = Mark::open(&place, &shared)?;
        let writer = Writer::start(Arc::clone(&shared), file, mark)?;
        let store = SledStore {
            shared,
            writer: Some(writer),
            room: Semaphore::new(WAITING),
            place,
        };
        let opened = store.settle(now_ms).map_err(|error| store.place.located(error))?;
        Ok((store, opened))
    }

    /// Write what waits, sync, and let go of the directory.
    pub fn close(self) {
        drop(self);
    }

    /// Bytes on the disk, for status and metrics.
    ///
    /// # Errors
    /// When the files cannot be looked at.
    pub fn size_on_disk(&self) -> Result<u64, StoreError> {
        self.shared
            .fence
            .run("measuring the database", || self.shared.db.size_on_disk())
    }

    /// Read everything and add it up, for `crierctl doctor`: an error says that something is damaged.
    ///
    /// # Errors
    /// When any page cannot be read.
    pub fn verify(&self) -> Result<u32, StoreError> {
        self.shared
            .fence
            .run("reading the whole database", || self.shared.db.checksum())
    }

    /// Compare sentinel and instance file, then migrate.
    fn settle(&self, now_ms: u64) -> Result<Opened, StoreError> {
        let noted = self.place.instance()?;
        let sentinel = migrate::sentinel(self)?;
        let (created, sentinel) = match (noted, sentinel) {
            (None, None) => {
                let sentinel = migrate::Sentinel {
                    instance: random::token(16),
                    created_ms: now_ms,
                };
                migrate::lay(self, &sentinel)?;
                self.place.write_instance(&sentinel.instance)?;
                (true, sentinel)
            }
            // the power went between the two, or the file was removed: the database knows
            (None, Some(sentinel)) => {
                self.place.write_instance(&sentinel.instance)?;
                (false, sentinel)
            }
            (Some(_), None) => {
                return Err(self
                    .place
                    .damaged("it is empty, and `instance` says that it was not"));
            }
            (Some(noted), Some(sentinel)) if noted != sentinel.instance => {
                let what = format!(
                    "it belongs to the installation {}, but `instance` says {noted}",
                    sentinel.instance
                );
                return Err(self.place.damaged(what));
            }
            (Some(_), Some(sentinel)) => (false, sentinel),
        };
        let migrated = migrate::migrate(self, migrate::MIGRATIONS)?;
        Ok(Opened {
            created,
            instance: sentinel.instance,
            created_ms: sentinel.created_ms,
            migrated,
        })
    }

    fn send(&self, batch: Batch, answer: Answer) -> Result<(), StoreError> {
        batch.check()?;
        // there until drop
        match &self.writer {
            Some(writer) => writer.send(Request { batch, answer }),
            None => Err(closed()),
        }
    }
}

/// Open sled's directory in the fence, waiting a little for an instance of this process that is just
/// letting go of it.
fn open_db(place: &Place, fence: &Fence) -> Result<Db, StoreError> {
    let mut tries = 0;
    loop {
        let config = Config::new()
            .path(place.store())
            .mode(Mode::LowSpace)
            .cache_capacity(CACHE)
            .flush_every_ms(None);
        match fence.open(move || config.open()) {
            Err(StoreError::Locked { .. }) if tries < 20 => {
                tries += 1;
                std::thread::sleep(std::time::Duration::from_millis(25));
            }
            other => return other,
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::Stopped {
        why: "it was closed".into(),
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.finish();
        }
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore")
            .field("state", &self.shared.fence.state())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for SledStore {
    fn scan(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.shared.scan(table, from, &[], limit)
    }

    fn scan_prefix(&self, table: Table, prefix: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.shared.scan(table, prefix, prefix, limit)
    }

    fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Row>, StoreError> {
        self.shared.last(table, prefix)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.get(table, key)
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let _permit = self.room.acquire().await.map_err(|_| closed())?;
        let (answer, waiting) = oneshot::channel();
        self.send(batch, Answer::Async(answer))?;
        waiting.await.unwrap_or_else(|_| Err(closed()))
    }

    fn commit_blocking(&self, batch: Batch) -> Result<(), StoreError> {
        let (answer, waiting) = std::sync::mpsc::sync_channel(1);
        self.send(batch, Answer::Blocking(answer))?;
        waiting.recv().unwrap_or_else(|_| Err(closed()))
    }
}
