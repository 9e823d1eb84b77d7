//! Starting the engine: load what was written down, recover, go.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::beat::{Beat, Heart};
use super::clock::{Clock, Steps, WallTimer};
use super::shared::{Live, SecretPlaces, Shared};
use super::spooling::{self, Seen};
use super::vault::Vault;
use super::{Engine, Handle, accounts, monitor, records};
use crate::core::audit::{AuditRecord, Head};
use crate::core::desk::{Change, Desk, House, Output, Records, Stage};
use crate::core::renewal::caught_up;
use crate::spool::Watch;
use crate::store::random::{self, IdMaker};
use crate::store::seal::{self, Keyring, SealError};
use crate::store::{Store, StoreError, Table, whole};

/// Events that wait for the loop at most; who sends more waits.
pub(super) const EVENTS: usize = 4096;

/// What was let go so long ago does not leave any more: its time may be over, its room in a limit another's.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What an engine starts from.
pub struct Setup {
    /// The store, open.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub keys: Keyring,
    /// The config.
    pub live: Live,
    /// Its main file.
    pub config_path: PathBuf,
    /// Its drop-in directories.
    pub dropins: Vec<PathBuf>,
    /// Where secrets are read.
    pub secrets: SecretPlaces,
    /// Who is told that the loop lives.
    pub heart: Box<dyn Heart>,
    /// What was let go so long before it could be written down is judged anew: [`PATIENCE`].
    pub patience: Duration,
}

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Key(#[from] SealError),
    /// The system: descriptors, watches.
    #[error("the system refused what the engine needs: {0}")]
    Os(#[from] std::io::Error),
}

/// Starts the loop and its companions. The task ends when the engine has stopped.
pub fn start(setup: Setup) -> Result<(Handle, JoinHandle<()>), StartError> {
    let clock = Clock;
    whole::finish(&*setup.store)?;
    seal::check_canary(&setup.keys, &*setup.store)?;
    let (vault, bad_tokens) = Vault::load(setup.keys, &*setup.store)?;
    for bad in bad_tokens {
        tracing::error!("{bad}");
    }
    let (tx, rx) = mpsc::channel(EVENTS);
    let (house, store) = (setup.live.house.clone(), setup.store.clone());
    let shared = Arc::new(Shared::new(
        setup.store,
        vault,
        clock,
        IdMaker::new(),
        random::token(12),
        tx,
        setup.config_path,
        setup.dropins,
        setup.secrets,
        setup.live,
    ));
    let (desk, first) = taken_up(&shared, house)?;
    let (watching, watched) = mpsc::unbounded_channel();
    let watch = monitor::Watch::default();
    let engine = Engine {
        audit: audit_head(&*store)?,
        seen: Seen::load(&*store)?,
        timer: WallTimer::new()?,
        beat: Beat::new(setup.heart),
        patience: setup.patience,
        last_tick: clock.now(),
        steps: Steps::from(clock),
        desk,
        rx,
        waiting: VecDeque::new(),
        scanning: BTreeMap::new(),
        rescan: BTreeMap::new(),
        refreshing: BTreeSet::new(),
        moving: BTreeSet::new(),
        unmoved: BTreeMap::new(),
        preparing: spooling::Preparations::default(),
        store_error: None,
        reload_error: None,
        published: 0,
        failed: 0,
        stopping: false,
        reopen: BTreeSet::new(),
        watching,
        versions: Default::default(),
        submitted: Vec::new(),
        watch: watch.clone(),
        shared: shared.clone(),
    };
    let handle = Handle::new(shared);
    tokio::spawn(spooling::watch(handle.clone(), Watch::new()?, watched));
    tokio::spawn(monitor::run(handle.shared.clone(), watch, WallTimer::new()?));
    Ok((handle, tokio::spawn(go(engine, first))))
}

/// The desk as the last run left it, and what it wants done first. What cannot be read is told and left alone.
fn taken_up(shared: &Shared, house: Arc<House>) -> Result<(Desk, Output), StartError> {
    let (mut records, unreadable) = records::load(&*shared.store)?;
    for bad in unreadable {
        tracing::error!(
            "a record in {} cannot be read and is left alone ({}): {}",
            bad.table,
            bad.key,
            bad.why
        );
    }
    catch_up(shared, &mut records);
    let anew = declared_anew(shared, &mut records);
    prepare_media_dir(shared, &records)?;
    let (desk, mut first, orphans) = Desk::restore(house, records, shared.clock.now());
    first.changes.extend(anew);
    for orphan in orphans {
        tracing::error!(
            "delivery {} cannot be taken up and is left alone: {}",
            orphan.id,
            orphan.why
        );
    }
    Ok((desk, first))
}

/// Posts whose file was claimed when the last run ended are told so before the directories are read.
async fn go(mut engine: Engine, mut first: Output) {
    let recovered = engine.reclaim();
    first.changes.extend(recovered.changes);
    first.actions.extend(recovered.actions);
    engine.watch_queues();
    accounts::adopt(&engine.shared).await;
    accounts::resume_all(&Handle::new(engine.shared.clone()));
    super::porch::resume_deletions(&Handle::new(engine.shared.clone()));
    engine.prove_restricted(None);
    engine.ask_quotas();
    let now = engine.shared.clock.now();
    engine.versions.tell(&engine.desk, now);
    engine.run(first).await;
}

/// Accounts whose renewal was cut off between its set and its record.
fn catch_up(shared: &Shared, records: &mut Records) {
    for (name, record) in &mut records.accounts {
        let set = shared.vault.get(name);
        if let Some(after) = set.and_then(|set| caught_up(&record.connection, &set)) {
            record.connection = after;
        }
    }
}

/// Accounts whose login is not what the config declares, or is again.
fn declared_anew(shared: &Shared, records: &mut Records) -> Vec<Change> {
    let (live, now) = (shared.live(), shared.clock.now());
    let mut changes = Vec::new();
    for (name, record) in &mut records.accounts {
        if let Some(after) = accounts::declared_anew(&live, name, &record.connection) {
            accounts::tell_anew(shared, name, &record.connection, &after, now);
            record.connection = after;
            changes.push(Change::Account(name.clone(), Box::new(record.clone())));
        }
    }
    changes
}

/// Snapshots are nobody else's business. What a crash left behind of posts that were never admitted, or that
/// are over, goes; not what was made to fit: the next scan may ask for it.
fn prepare_media_dir(shared: &Shared, records: &Records) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let (dir, mut builder) = (shared.media_dir(), std::fs::DirBuilder::new());
    builder.recursive(true).mode(0o700).create(&dir)?;
    let open = records.posts.iter().filter(|r| r.stage != Stage::Done);
    let wanted: BTreeSet<&str> = open.map(|r| r.post.id.as_str()).collect();
    for entry in std::fs::read_dir(&dir)? {
        let entry = entry?;
        if !entry
            .file_name()
            .to_str()
            .is_some_and(|name| name == crate::spool::fit::SHELF || wanted.contains(name))
        {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn audit_head(store: &dyn Store) -> Result<Head, StoreError> {
    let last = store.last(Table::Audit, &[])?;
    let record: Option<AuditRecord> = last.and_then(|(_, value)| serde_json::from_slice(&value).ok());
    Ok(record.map(|r| r.head()).unwrap_or_default())
}
