//! What the loop and its tasks share: the store, the vault, the config in force, and the way back.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{broadcast, mpsc};

use super::api;
use super::clock::Clock;
use super::event::Event;
use super::outside::Outside;
use super::spooling::{Claims, Submissions};
use super::vault::Vault;
use crate::config::settings::Settings;
use crate::core::desk::{AccountSpec, House};
use crate::core::facts::Facts;
use crate::domain::id::{AccountName, QueueName};
use crate::domain::time::Timestamp;
use crate::spool::Queue;
use crate::store::Store;
use crate::store::random::IdMaker;

/// The config in force, in every shape that the engine needs.
pub struct Live {
    /// As loaded.
    pub settings: Arc<Settings>,
    /// As the desk needs it.
    pub house: Arc<House>,
    /// As calls need it.
    pub outside: Outside,
    /// When it was loaded.
    pub loaded: Timestamp,
}

/// Where secrets may be read.
#[derive(Clone)]
pub struct SecretPlaces {
    /// `$CREDENTIALS_DIRECTORY`.
    pub credentials: Option<PathBuf>,
    /// The environment's owner.
    pub env: fn(&str) -> Option<String>,
}

/// What tasks share.
pub struct Shared {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The tokens.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// New ids.
    pub ids: IdMaker,
    /// Random, made at each start.
    pub instance: String,
    /// When the daemon started.
    pub started: Timestamp,
    /// What happens, for whoever listens.
    pub events: broadcast::Sender<api::Event>,
    /// The way into the loop.
    pub tx: mpsc::Sender<Event>,
    /// The main config file.
    pub config_path: PathBuf,
    /// Environment names that secrets may come from.
    pub secrets: SecretPlaces,
    /// Directories of drop-ins, in order of precedence.
    pub dropins: Vec<PathBuf>,
    /// Files that came over the socket and have not been looked at.
    pub submissions: Submissions,
    /// Posts whose content is fixed.
    pub claims: Claims,
    /// Who changes an account's tokens now.
    pub turns: super::accounts::Turns,
    queues: RwLock<BTreeMap<QueueName, Arc<Queue>>>,
    live: RwLock<Arc<Live>>,
    seq: std::sync::atomic::AtomicU64,
}

impl Shared {
    /// From parts.
    #[expect(clippy::too_many_arguments, reason = "made once, at the start")]
    pub fn new(
        store: Arc<dyn Store>,
        vault: Vault,
        clock: Clock,
        ids: IdMaker,
        instance: String,
        tx: mpsc::Sender<Event>,
        config_path: PathBuf,
        dropins: Vec<PathBuf>,
        secrets: SecretPlaces,
        live: Live,
    ) -> Self {
        let started = clock.now();
        let (events, _) = broadcast::channel(1024);
        Self {
            store,
            vault,
            clock,
            ids,
            instance,
            started,
            events,
            tx,
            config_path,
            dropins,
            secrets,
            submissions: Submissions::default(),
            claims: Claims::default(),
            turns: super::accounts::Turns::default(),
            queues: RwLock::new(BTreeMap::new()),
            live: RwLock::new(Arc::new(live)),
            seq: std::sync::atomic::AtomicU64::new(0),
        }
    }

    /// The config in force.
    pub fn live(&self) -> Arc<Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new config in force.
    pub fn replace(&self, live: Live) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
    }

    /// Tells whoever listens.
    pub fn tell(&self, mut event: api::Event) {
        event.seq = self.seq.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        // Nobody may be listening; that is no error.
        let _ = self.events.send(event);
    }

    /// A queue's open directory; `None`: it is not declared, or could not be opened.
    pub fn queue(&self, name: &QueueName) -> Option<Arc<Queue>> {
        self.queues
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Puts a queue's open directory in use.
    pub fn put_queue(&self, name: QueueName, queue: Arc<Queue>) {
        self.queues
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, queue);
    }

    /// The path of a queue's directory.
    pub fn queue_dir(&self, queue: &QueueName) -> PathBuf {
        self.live().settings.daemon.spool.join(queue.as_str())
    }

    /// Where snapshots of media lie.
    pub fn media_dir(&self) -> PathBuf {
        self.live().settings.daemon.state.join("media")
    }
}

/// The config as the desk needs it.
pub fn house(settings: &Settings) -> House {
    let accounts = settings.accounts.iter().filter_map(|(name, account)| {
        let platform = crate::platforms::by_name(account.platform.as_str())?;
        let overrides = settings
            .platforms
            .get(&account.platform)
            .map(|p| p.facts.clone())
            .unwrap_or_default();
        let facts: Facts = platform.facts_with(platform.facts().overridden(&overrides), &account.options);
        Some((
            name.clone(),
            AccountSpec {
                platform,
                facts,
                options: account.options.clone(),
                app: account.app.clone(),
            },
        ))
    });
    let accounts: BTreeMap<AccountName, AccountSpec> = accounts.collect();
    House {
        accounts,
        queues: settings.queues.clone(),
        platform: crate::platforms::by_name,
    }
}
