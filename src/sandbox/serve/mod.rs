//! The models behind real sockets: one HTTP port (API, login, wall, control), two SMTP ports.

mod control;
mod fetch;
mod http;
mod smtp;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::clock::SandboxClock;
use super::models::{mail, threads};
use super::world::World;

/// The most bytes of pictures and videos that are kept for the wall; each stands twice in the count.
const MEDIA_MAX: usize = 512 * 1024 * 1024;

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
    /// The id and the secret of the Threads app.
    pub app: (String, String),
    /// The profiles that the authorise page offers.
    pub accounts: Vec<String>,
    /// The settings of Threads. An empty `permalink_base` becomes this server's own address.
    pub threads: threads::Settings,
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
            threads: threads::Settings {
                permalink_base: String::new(),
                ..threads::Settings::default()
            },
            mail: mail::MailSettings::default(),
        }
    }
}

/// Where a sandbox listens.
#[derive(Clone, Debug, Serialize)]
pub struct Addresses {
    /// `http://127.0.0.1:port`: the base of the API and of the authorise page.
    pub base: String,
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
        let mark = |world: &World| (world.threads.version(), world.mail.messages().len());
        let before = mark(&world);
        let result = work(&mut world, now);
        let after = mark(&world);
        let pictures = world
            .threads
            .published()
            .last()
            .is_some_and(|post| !post.media.is_empty());
        if before.0 != after.0 && pictures {
            world.threads.forget_media_beyond(MEDIA_MAX);
        }
        drop(world);
        if before != after {
            self.changed.send_modify(|version| *version += 1);
        }
        result
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
    let addresses = Addresses {
        wall: format!("{base}/wall"),
        base: base.clone(),
        http: http.local_addr()?,
        smtp: smtp.local_addr()?,
        smtps: smtps.local_addr()?,
        ca_file: options.ca_file.clone(),
    };
    let shared = Arc::new(Shared {
        clock: SandboxClock::default(),
        world: Mutex::new(world_of(options, base)),
        changed: watch::Sender::new(0),
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

fn world_of(options: Options, base: String) -> World {
    let mut world = World::new(options.seed);
    world.threads.settings = options.threads;
    if world.threads.settings.permalink_base.is_empty() {
        world.threads.settings.permalink_base = base;
    }
    world.threads.app = options.app;
    world.mail.settings = options.mail;
    for account in &options.accounts {
        world.threads.add_account(account);
    }
    world
}
