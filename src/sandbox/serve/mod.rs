//! The models behind real sockets: one HTTP port (API, login, wall, control), two SMTP ports.

mod body;
mod control;
mod fetch;
mod http;
mod smtp;
mod tls;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clock::SandboxClock;
use super::models::mail;
use super::world::World;

/// About how many bytes of pictures and videos are kept for the wall, of each vendor.
const MEDIA_MAX: usize = 256 * 1024 * 1024;
/// After so many received bytes old pictures and videos are looked for.
const MEDIA_SWEEP: usize = MEDIA_MAX / 4;

/// What a sandbox is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the HTTP port listens; port 0 for any.
    pub listen: SocketAddr,
    /// Where SMTP with STARTTLS listens.
    pub smtp: SocketAddr,
    /// Where SMTP with implicit TLS listens.
    pub smtps: SocketAddr,
    /// Where the certificate authority of the SMTP ports is written, as PEM, for a `ca_file`.
    pub ca_file: Option<PathBuf>,
    /// The seed of ids, tokens and dice.
    pub seed: u64,
    /// The id and the secret of the app, the same at every vendor.
    pub app: (String, String),
    /// The profiles that the login pages offer: `NAME` at every vendor, `PLATFORM:NAME` at one.
    pub accounts: Vec<String>,
    /// Whether every login page allows at once, without a person.
    pub auto_allow: bool,
    /// How many milliseconds vendors take for words alone, where they let callers wait; their own when `None`.
    pub delay_ms: Option<i64>,
    /// Switches of the vendors, by the platform's name ([`Options::switch`]); they have the last word.
    pub switches: BTreeMap<String, Map<String, Value>>,
    /// The settings of the mail server.
    pub mail: mail::MailSettings,
}

impl Default for Options {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen: any,
            smtp: any,
            smtps: any,
            ca_file: None,
            seed: 1,
            app: ("sandbox-app".to_owned(), "sandbox-secret".to_owned()),
            accounts: vec!["crier_demo".to_owned()],
            auto_allow: false,
            delay_ms: None,
            switches: BTreeMap::new(),
            mail: mail::MailSettings::default(),
        }
    }
}

impl Options {
    /// Sets a switch of a vendor, as `GET /_sandbox/settings` lists them; one that it does not have ends [`start`].
    pub fn switch(&mut self, platform: &str, name: &str, value: impl Into<Value>) -> &mut Self {
        let switches = self.switches.entry(platform.to_owned()).or_default();
        switches.insert(name.to_owned(), value.into());
        self
    }
}

/// Where a sandbox listens.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// `http://127.0.0.1:port`: what all addresses begin with, and the base of the vendor at the root.
    pub base: String,
    /// Every vendor by its platform's name: what its hosts begin with. `api_base` is this with `/api_base`.
    pub vendors: BTreeMap<String, String>,
    /// The wall.
    pub wall: String,
    /// The HTTP port's address.
    pub http: SocketAddr,
    /// SMTP with STARTTLS.
    pub smtp: SocketAddr,
    /// SMTP with implicit TLS.
    pub smtps: SocketAddr,
    /// The written certificate authority.
    pub ca_file: Option<PathBuf>,
}

/// What all servers share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: SandboxClock,
    world: Mutex<World>,
    changed: watch::Sender<u64>,
    received: AtomicUsize,
    stop: watch::Sender<bool>,
}

impl Shared {
    /// The world, locked. A panic elsewhere does not end the sandbox: its state is plain data.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the world, and tells those who watch when something was published by it.
    pub(super) fn act<T>(&self, work: impl FnOnce(&mut World, i64) -> T) -> T {
        let now = self.clock.now_ms();
        let mut world = self.world();
        let before = world.version();
        let result = work(&mut world, now);
        let after = world.version();
        if self.received.load(Ordering::Relaxed) > MEDIA_SWEEP {
            self.received.store(0, Ordering::Relaxed);
            world.forget_media_beyond(MEDIA_MAX);
        }
        drop(world);
        if before != after {
            self.changed.send_modify(|version| *version += 1);
        }
        result
    }

    /// So many bytes came in that a model may keep.
    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Tells of every change of the wall.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}

/// A sandbox that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addresses: Addresses,
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

impl Running {
    /// The world, locked: look at what was published, set faults, make accounts. Do not keep it over an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// The sandbox's clock.
    #[must_use]
    pub fn clock(&self) -> &SandboxClock {
        &self.shared.clock
    }

    /// A receiver that changes with every post and mail.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.shared.watch()
    }

    /// Ends it: the listeners close, open connections are cut.
    pub async fn stop(mut self) {
        self.shared.stop.send_replace(true);
        self.tasks.shutdown().await;
    }
}

/// Starts a sandbox; it runs until [`Running::stop`] or until it is dropped.
///
/// # Errors
/// An address that cannot be listened at, or a certificate file that cannot be written.
pub async fn start(options: Options) -> io::Result<Running> {
    let http = TcpListener::bind(options.listen).await?;
    let smtp = TcpListener::bind(options.smtp).await?;
    let smtps = TcpListener::bind(options.smtps).await?;
    let base = format!("http://{}", http.local_addr()?);
    let certificates = tls::Certificates::make(options.mail.host.as_str())?;
    if let Some(file) = &options.ca_file {
        tokio::fs::write(file, certificates.ca_pem()).await?;
    }
    let world = world_of(&options, &base)?;
    let vendors = world.vendors().into_iter().map(|vendor| vendor.name());
    let addresses = Addresses {
        vendors: vendors
            .map(|name| (name.to_owned(), format!("{base}/{name}")))
            .collect(),
        wall: format!("{base}/wall"),
        base,
        http: http.local_addr()?,
        smtp: smtp.local_addr()?,
        smtps: smtps.local_addr()?,
        ca_file: options.ca_file.clone(),
    };
    let shared = Arc::new(Shared {
        clock: SandboxClock::default(),
        world: Mutex::new(world),
        changed: watch::Sender::new(0),
        received: AtomicUsize::new(0),
        stop: watch::Sender::new(false),
    });
    let acceptor = certificates.acceptor()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(http::serve(http, Arc::clone(&shared), fetch::client()?));
    tasks.spawn(smtp::serve(smtp, Arc::clone(&shared), acceptor.clone(), false));
    tasks.spawn(smtp::serve(smtps, Arc::clone(&shared), acceptor, true));
    Ok(Running {
        addresses,
        shared,
        tasks,
    })
}

fn world_of(options: &Options, base: &str) -> io::Result<World> {
    let mut world = World::new(options.seed);
    for vendor in world.vendors_mut() {
        let name = vendor.name();
        vendor.set_app(&options.app.0, &options.app.1);
        let own = if vendor.at_root() {
            base.to_owned()
        } else {
            format!("{base}/{name}")
        };
        vendor.set_permalink_base(&own);
        if let Some(ms) = options.delay_ms {
            vendor.set_delay(ms);
        }
        for account in &options.accounts {
            match account.split_once(':') {
                None => vendor.add_account(account),
                Some((platform, account)) if platform == name => vendor.add_account(account),
                Some(_) => continue,
            };
        }
    }
    world.mail.settings = options.mail.clone();
    if options.auto_allow {
        let allow = Map::from_iter([("auto_allow".to_owned(), Value::Bool(true))]);
        for vendor in world.vendors_mut() {
            let name = vendor.name();
            vendor
                .change_settings(&allow)
                .map_err(|e| io::Error::other(format!("{name} cannot allow by itself: {e}")))?;
        }
    }
    for (platform, switches) in &options.switches {
        let vendor = world.vendor_mut(platform);
        let vendor = vendor.ok_or_else(|| io::Error::other(format!("there is no vendor {platform:?}")))?;
        vendor
            .change_settings(switches)
            .map_err(|e| io::Error::other(format!("a switch of {platform}: {e}")))?;
    }
    Ok(world)
}
