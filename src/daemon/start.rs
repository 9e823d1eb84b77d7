//! crierd from its arguments to READY, and back out again.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::env::{self, Env};
use super::exit::Exit;
use super::heart::Systemd;
use super::logging::{self, LogFormat};
use super::sdnotify::Notifier;
use super::signals::Signals;
use super::sockets::{self, Handed};
use super::{housekeeping, process, serving};
use crate::admin;
use crate::admin::peer::Rights;
use crate::config::settings::Settings;
use crate::config::{self, DROPIN_DIRS};
use crate::core::diagnose::{self, Diagnostics};
use crate::engine::clock::Clock;
use crate::engine::message_id::{self, MessageId};
use crate::engine::{self, Handle, SecretPlaces, Setup, StartError};
use crate::say::{complain, say};
use crate::spool::fit::Fence;
use crate::store::seal::{self, Keyring, SealError};
use crate::store::{SledStore, Store, StoreError, StoreFault};

/// Publishes posts from queues to social accounts and mail.
#[derive(Parser)]
#[command(
    name = "crierd",
    version,
    after_help = "See crierd(8). `crierctl` speaks to the running daemon."
)]
pub struct Args {
    /// The main config file
    #[arg(long, value_name = "FILE", default_value = "/etc/crier/crier.toml")]
    config: PathBuf,
    /// Read everything that a start would read, print every problem, and exit with 0 or 78
    #[arg(long)]
    check: bool,
    /// How the log is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    log_format: LogFormat,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Write a new key that encrypts tokens; never over an old one
    Keygen {
        /// Where to, such as /etc/crier/credentials/crier.key
        file: PathBuf,
    },
}

/// What stops a start: what happened, and the code to end with.
pub struct Failed {
    words: String,
    exit: Exit,
    /// What the journal's catalogue explains about it.
    message: Option<MessageId>,
}

impl Failed {
    pub(super) fn new(exit: Exit, words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            exit,
            message: None,
        }
    }

    fn explained(self, message: Option<MessageId>) -> Self {
        Self { message, ..self }
    }

    /// In the log where the journal's catalogue explains it, else on standard error alone.
    fn tell(&self) {
        match self.message {
            Some(message) if tracing::enabled!(tracing::Level::ERROR) => {
                tracing::error!(message_id = message.id(), "{}", self.words);
            }
            Some(_) | None => complain!("{}", self.words),
        }
    }
}

/// The whole of crierd.
pub fn main() -> std::process::ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version go to stdout and are no failure.
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage.into()
            } else {
                Exit::Ok.into()
            };
        }
    };
    let env = Env::read();
    match dispatch(&args, &env) {
        Ok(()) => Exit::Ok.into(),
        Err(failed) => {
            failed.tell();
            failed.exit.into()
        }
    }
}

fn dispatch(args: &Args, env: &Env) -> Result<(), Failed> {
    match &args.verb {
        Some(Verb::Keygen { file }) => keygen(file),
        None if args.check => check(args, env),
        None => run(args, env),
    }
}

fn keygen(file: &std::path::Path) -> Result<(), Failed> {
    let id = seal::keygen(file).map_err(|e| Failed::new(Exit::CannotCreate, e.to_string()))?;
    say!(
        "{}: a new key with id {id}; keep a copy where the tokens' backup is not",
        file.display()
    );
    Ok(())
}

/// Everything that a start reads: the config and its secrets.
fn read(args: &Args, env: &Env) -> (Option<Settings>, Diagnostics) {
    let loaded = config::load(&args.config, &dropins(args));
    let mut told = loaded.diagnostics;
    if let Some(settings) = &loaded.settings {
        told.extend(config::check_secrets(
            settings,
            &loaded.origins,
            env.credentials.as_deref(),
            &env_secret,
        ));
    }
    (loaded.settings, told)
}

/// Drop-ins lie beside the system's main file; a config elsewhere has its own `conf.d` beside it.
fn dropins(args: &Args) -> Vec<PathBuf> {
    let system = PathBuf::from("/etc/crier/crier.toml");
    if args.config == system {
        return DROPIN_DIRS.iter().map(PathBuf::from).collect();
    }
    args.config
        .parent()
        .map(|dir| dir.join("conf.d"))
        .into_iter()
        .collect()
}

fn env_secret(name: &str) -> Option<String> {
    use secrecy::ExposeSecret;
    env::secret(name).map(|s| s.expose_secret().to_owned())
}

fn check(args: &Args, env: &Env) -> Result<(), Failed> {
    let (settings, told) = read(args, env);
    if !told.is_empty() {
        complain!("{}", diagnose::render(&told, !env.no_color && super::terminal()));
    }
    match settings {
        Some(settings) if !told.has_errors() => {
            say!(
                "{}: {} accounts, {} queues, no errors",
                args.config.display(),
                settings.accounts.len(),
                settings.queues.len()
            );
            Ok(())
        }
        Some(_) | None => Err(Failed::new(
            Exit::Config,
            format!("{}: not usable as it is", args.config.display()),
        )),
    }
}

fn run(args: &Args, env: &Env) -> Result<(), Failed> {
    process::harden().map_err(|e| Failed::new(Exit::Os, format!("the process cannot be hardened: {e}")))?;
    let handed = sockets::take(env).map_err(|e| Failed::new(Exit::Os, e.to_string()))?;
    logging::start(env, args.log_format).map_err(|e| Failed::new(Exit::Usage, e.to_string()))?;
    install_crypto()?;
    let settings = settings(args, env)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Moving many finished files at once is not faster with more, and the unit allows 64 tasks.
        .max_blocking_threads(16)
        .enable_all()
        .build();
    let runtime = runtime.map_err(|e| Failed::new(Exit::Os, format!("no runtime: {e}")))?;
    runtime.block_on(serve(args, env, settings, handed))
}

/// One TLS provider for all clients.
fn install_crypto() -> Result<(), Failed> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| Failed::new(Exit::Software, "a second TLS provider was installed"))
}

fn settings(args: &Args, env: &Env) -> Result<Settings, Failed> {
    let (settings, told) = read(args, env);
    let drawn = diagnose::render(&told, false);
    match settings {
        Some(settings) if !told.has_errors() => {
            if !told.is_empty() {
                tracing::warn!("the config has warnings:\n{drawn}");
            }
            Ok(settings)
        }
        // systemd shows the last lines; `crierd --check` shows the same with colours.
        Some(_) | None => Err(Failed::new(Exit::Config, drawn)),
    }
}

async fn serve(args: &Args, env: &Env, settings: Settings, handed: Handed) -> Result<(), Failed> {
    // Before READY: a SIGHUP that nobody takes yet would end the process.
    let signals = Signals::register().map_err(|e| Failed::new(Exit::Os, format!("no signals: {e}")))?;
    let mut notifier =
        Notifier::new(env).map_err(|e| Failed::new(Exit::Os, format!("systemd's socket: {e}")))?;
    warn_of_ffmpeg(&settings);
    let store = open_store(&settings)?;
    let keys = read_key(&settings, env)?;
    let live = engine::live(settings.clone(), Clock.now()).map_err(|why| Failed::new(Exit::Config, why))?;
    let (rights, rights_now) = watch::channel(Arc::new(rights(&settings)));
    let setup = Setup {
        store: store.clone(),
        keys,
        live,
        config_path: args.config.clone(),
        dropins: dropins(args),
        secrets: SecretPlaces {
            credentials: env.credentials.clone(),
            env: env_secret,
        },
        heart: Box::new(Systemd::new(env).map_err(|e| Failed::new(Exit::Os, e.to_string()))?),
        patience: engine::PATIENCE,
    };
    let (handle, engine) = engine::start(setup).map_err(start_failed)?;
    let stopping = CancellationToken::new();
    let doors = open_doors(&handle, &settings, handed, rights_now, &stopping).await?;
    let chores = housekeeping(&handle);
    let status = handle.status_line().await.unwrap_or_default();
    if let Err(error) = notifier.ready(&status) {
        tracing::warn!("systemd was not told that crierd is ready: {error}");
    }
    tracing::info!(
        message_id = message_id::STARTED.id(),
        "crierd {} serves {}",
        env!("CARGO_PKG_VERSION"),
        settings.admin.socket.display()
    );
    serving::until_stopped(&handle, engine, &mut notifier, &rights, stopping, signals).await?;
    chores.abort();
    for door in doors {
        // It ends by the token; what it still said is told.
        let _ = door.await;
    }
    tracing::info!(message_id = message_id::STOPPED.id(), "crierd has stopped");
    Ok(())
}

fn open_store(settings: &Settings) -> Result<Arc<dyn Store>, Failed> {
    let now = u64::try_from(Clock.now().0).unwrap_or(0);
    let opened = SledStore::open(&settings.daemon.state, now);
    let (store, opened) = opened.map_err(|e| store_failed(&e))?;
    if opened.created {
        tracing::info!("a new database in {}", settings.daemon.state.display());
    }
    Ok(Arc::new(store))
}

fn store_failed(error: &StoreError) -> Failed {
    let damaged = matches!(error.fault(), StoreFault::Damaged).then_some(message_id::STORE_DAMAGED);
    Failed::new(store_exit(error), error.to_string()).explained(damaged)
}

fn store_exit(error: &StoreError) -> Exit {
    Exit::ALL
        .into_iter()
        .find(|e| e.code() == error.exit_code())
        .unwrap_or(Exit::Io)
}

fn start_failed(error: StartError) -> Failed {
    match &error {
        StartError::Store(e) | StartError::Key(SealError::Store(e)) => store_failed(e),
        StartError::Key(e) => key_failed(e),
        StartError::Os(_) => Failed::new(Exit::Os, error.to_string()),
    }
}

fn key_failed(error: &SealError) -> Failed {
    let message = match error {
        SealError::BadKey { .. } | SealError::WrongKey { .. } | SealError::Io { .. } => message_id::KEY_WRONG,
        SealError::Unreadable { .. }
        | SealError::NoCanary
        | SealError::LongIdentity(_)
        | SealError::Store(_) => message_id::STORE_DAMAGED,
    };
    Failed::new(Exit::Config, error.to_string()).explained(Some(message))
}

/// The key: the config's `key_file`, or the credential `crier.key`.
fn read_key(settings: &Settings, env: &Env) -> Result<Keyring, Failed> {
    let credential = env
        .credentials
        .as_ref()
        .map(|dir| dir.join("crier.key"))
        .filter(|p| p.exists());
    let path = settings.daemon.key_file.clone().or(credential).ok_or_else(|| {
        let failed = Failed::new(
            Exit::Config,
            "there is no key to encrypt tokens with: `crierd keygen FILE` makes one, then either \
             LoadCredential=crier.key:FILE in the unit, or `key_file = \"FILE\"` in [daemon]",
        );
        failed.explained(Some(message_id::KEY_WRONG))
    })?;
    seal::read_key(&path).map_err(|e| key_failed(&e))
}

/// An ffmpeg, or a decoder of HEIC, that cannot be fenced in is a risk that a person should know of (docs/threat-model.md).
fn warn_of_ffmpeg(settings: &Settings) {
    let open = Fence::of_this_machine().missing();
    let programs = &settings.media;
    let named = programs.ffmpeg.is_some() || programs.heif_convert.is_some();
    if let Some(open) = open.filter(|_| named) {
        tracing::warn!(
            "[media] names programs that read files of others, and a file that takes one over could reach {open}: the \
             kernel does not offer what keeps it from that, or the unit forbids it (SystemCallFilter=); else leave them \
             out of the config and convert elsewhere"
        );
    }
}

pub(super) fn rights(settings: &Settings) -> Rights {
    let own = rustix::process::getuid().as_raw();
    let of = |list: &[config::settings::Principal]| list.iter().map(principal).collect::<Vec<_>>();
    let (rights, unknown) =
        Rights::resolve(&of(&settings.admin.viewers), &of(&settings.admin.operators), own);
    for name in unknown {
        tracing::warn!("[admin] names {name}, which this machine does not know");
    }
    rights
}

fn principal(principal: &config::settings::Principal) -> admin::peer::Principal {
    match principal {
        config::settings::Principal::User(name) => admin::peer::Principal::User(name.clone()),
        config::settings::Principal::Group(name) => admin::peer::Principal::Group(name.clone()),
    }
}

async fn open_doors(
    handle: &Handle,
    settings: &Settings,
    handed: Handed,
    rights: watch::Receiver<Arc<Rights>>,
    stopping: &CancellationToken,
) -> Result<Vec<JoinHandle<()>>, Failed> {
    for name in &handed.ignored {
        tracing::warn!("systemd handed over a socket named {name}, which crier has no use for");
    }
    let socket = match handed.admin {
        Some(listener) => {
            admin::Socket::inherited(listener).map_err(|e| Failed::new(Exit::Os, e.to_string()))?
        }
        None => admin::bind(&settings.admin.socket, admin::MODE)
            .map_err(|e| Failed::new(Exit::CannotCreate, e.to_string()))?,
    };
    let desk = Arc::new(handle.clone());
    let mut doors = vec![tokio::spawn(admin::serve(
        socket,
        desk.clone(),
        rights,
        admin::Limits::default(),
        stopping.clone(),
    ))];
    if let Some(listener) = callback_listener(settings, handed.callback).await? {
        let stop = stopping.clone();
        doors.push(tokio::spawn(async move {
            crate::web::serve(listener, desk, stop.cancelled_owned()).await
        }));
    }
    Ok(doors)
}

async fn callback_listener(
    settings: &Settings,
    handed: Option<std::net::TcpListener>,
) -> Result<Option<TcpListener>, Failed> {
    if let Some(listener) = handed {
        return TcpListener::from_std(listener)
            .map(Some)
            .map_err(|e| Failed::new(Exit::Os, e.to_string()));
    }
    let Some(callback) = &settings.callback else {
        return Ok(None);
    };
    let bound = TcpListener::bind(callback.listen).await;
    bound.map(Some).map_err(|e| {
        let words = format!(
            "[callback] listen = \"{}\" cannot be opened: {e}; is another crierd running?",
            callback.listen
        );
        Failed::new(Exit::CannotCreate, words)
    })
}

fn housekeeping(handle: &Handle) -> JoinHandle<()> {
    let engine = handle.shared().tx.clone();
    tokio::spawn(async move {
        if let Err(error) = housekeeping::run(Clock, engine).await {
            tracing::error!("housekeeping has stopped: {error}");
        }
    })
}
