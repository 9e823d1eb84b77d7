//! The real engine in this process, against the sandbox over loopback. `tests/it/full_disk.rs` lives in it too.

#![allow(dead_code, reason = "each program uses a part of this")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crier::core::audit::{Caller, Role};
use crier::domain::id::AccountName;
use crier::domain::time::Timestamp;
use crier::engine::api::{ConnectStart, Desk as _, PastedRedirect};
use crier::engine::beat::{Heart, Silent};
use crier::engine::clock::Clock;
use crier::engine::{self, Handle, SecretPlaces, Setup};
use crier::sandbox::serve::{Options, Running};
use crier::store::{SledStore, Store, seal};
use tokio::task::JoinHandle;

const CLIENT_SECRET: &str = "sandbox-secret";
const MAIL_PASSWORD: &str = "sandbox";

/// How many accounts of each kind a house has.
#[derive(Clone, Copy)]
pub struct Accounts {
    pub threads: usize,
    pub mail: usize,
}

/// A heart as systemd's: somebody reads each status line.
pub struct Heard;

impl Heart for Heard {
    fn status(&mut self, line: &str) {
        std::hint::black_box(line);
    }
    fn alive(&mut self) {}
    fn is_heard(&self) -> bool {
        true
    }
    fn interval(&self) -> Option<Duration> {
        Some(Duration::from_secs(30))
    }
}

/// What an engine runs on, where it is not the usual.
pub struct Ground {
    /// `None`: sled, in the house's directory.
    pub store: Option<Arc<dyn Store>>,
    pub heart: Box<dyn Heart>,
    pub patience: Duration,
}

impl Default for Ground {
    fn default() -> Self {
        Self {
            store: None,
            heart: Box::new(Silent),
            patience: engine::PATIENCE,
        }
    }
}

/// An engine with its accounts connected, and what it speaks to.
pub struct House {
    pub sandbox: Running,
    pub handle: Handle,
    accounts: Accounts,
    engine: JoinHandle<()>,
    dir: tempfile::TempDir,
}

impl House {
    /// Starts everything and connects every account: Threads through the redirects, mail by its password.
    pub async fn start(accounts: Accounts) -> Self {
        Self::on(Ground::default(), accounts).await
    }

    /// The same on another ground.
    pub async fn on(ground: Ground, accounts: Accounts) -> Self {
        // A second benchmark in this process finds it installed.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("spool")).expect("a spool");
        let sandbox = crier::sandbox::serve::start(sandbox_options(dir.path(), accounts))
            .await
            .expect("the sandbox listens");
        seal::keygen(&dir.path().join("crier.key")).expect("a key");
        let (handle, engine) = start_engine(dir.path(), &config(dir.path(), &sandbox, accounts), ground);
        let house = Self {
            sandbox,
            handle,
            accounts,
            engine,
            dir,
        };
        house.connect(accounts).await;
        let patience = Duration::from_secs(10);
        house
            .until("the queue", patience, |h| h.queue().join("failed").exists())
            .await;
        house
    }

    /// Ends the engine, within `patience`, and starts another one over what it left.
    pub async fn restart(mut self, ground: Ground, patience: Duration) -> Self {
        self.handle.stop().await;
        self.until_ended(patience).await;
        self.start_again(ground)
    }

    async fn connect(&self, accounts: Accounts) {
        for n in 0..accounts.mail {
            let connected = self.handle.connect(&caller(), &account("m", n), None).await;
            assert!(
                connected.is_ok(),
                "mail account {n} connects: {:?}",
                connected.err()
            );
        }
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        for n in 0..accounts.threads {
            let name = account("t", n);
            let Ok(ConnectStart::Visit { authorize_url, .. }) =
                self.handle.connect(&caller(), &name, None).await
            else {
                panic!("threads account {n} has no page to visit");
            };
            let url = format!("{authorize_url}&_sandbox_account=person{n}");
            let answer = browser.get(url).send().await.expect("the page answers");
            let location = answer.headers()["location"]
                .to_str()
                .expect("a redirect")
                .to_owned();
            let pasted = PastedRedirect(location.into());
            let connected = self.handle.connect_complete(&caller(), &name, pasted).await;
            assert!(
                connected.is_ok(),
                "threads account {n} connects: {:?}",
                connected.err()
            );
        }
    }

    fn queue(&self) -> PathBuf {
        self.dir.path().join("spool/news")
    }

    /// Drops a text post for one account.
    pub fn drop_post(&self, name: &str, account: &AccountName, text: &str, at: Option<Timestamp>) {
        let at = at.map(|at| at.to_jiff().strftime("at = %Y-%m-%dT%H:%M:%SZ\n").to_string());
        let at = at.unwrap_or_default();
        self.drop_file(
            name,
            &format!("{at}text = {text:?}\naccounts = [\"{account}\"]\n"),
        );
    }

    /// Drops a queue file as people should: written under a hidden name, then renamed.
    pub fn drop_file(&self, name: &str, file: &str) {
        let hidden = self.queue().join(format!(".{name}.tmp"));
        std::fs::write(&hidden, file).expect("the queue takes a file");
        std::fs::rename(&hidden, self.queue().join(format!("{name}.toml"))).expect("it is renamed");
    }

    /// How many posts and mails the sandbox has.
    pub fn published(&self) -> usize {
        let world = self.sandbox.world();
        world.threads.published().len() + world.mail.messages().len()
    }

    /// How many receipts lie in `sent/`.
    pub fn receipts(&self) -> usize {
        std::fs::read_dir(self.queue().join("sent")).map_or(0, |entries| {
            let names = entries.flatten().map(|e| e.file_name());
            names
                .filter(|n| n.to_string_lossy().ends_with(".receipt.toml"))
                .count()
        })
    }

    /// Whether this queue file lies in `failed/`.
    pub fn failed(&self, name: &str) -> bool {
        self.queue().join(format!("failed/{name}.toml")).exists()
    }

    /// Whether the engine has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.engine.is_finished()
    }

    /// Waits until the engine has ended by itself; panics after `patience`.
    pub async fn until_ended(&mut self, patience: Duration) {
        let ended = tokio::time::timeout(patience, &mut self.engine).await;
        ended.expect("the engine ends").expect("it does not panic");
    }

    /// Starts another engine over what one that has ended left.
    pub fn start_again(self, ground: Ground) -> Self {
        let config = config(self.dir.path(), &self.sandbox, self.accounts);
        let (handle, engine) = start_engine(self.dir.path(), &config, ground);
        Self {
            handle,
            engine,
            ..self
        }
    }

    /// Waits until `done` holds; panics with what stands where after `patience`.
    pub async fn until(&self, what: &str, patience: Duration, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            if start.elapsed() > patience {
                let status = self.handle.status_line().await;
                panic!(
                    "{what} has not come in {patience:?}: {} published, {} receipts, {:?}\n{}",
                    self.published(),
                    self.receipts(),
                    status.ok(),
                    self.failures()
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until so many posts are admitted and wait.
    pub async fn until_waiting(&self, count: usize, patience: Duration) {
        let start = Instant::now();
        loop {
            let status = self.handle.status().await.expect("the engine answers");
            if status.counts.waiting >= count as u64 {
                return;
            }
            assert!(
                start.elapsed() < patience,
                "{} of {count} wait after {patience:?}",
                status.counts.waiting
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn failures(&self) -> String {
        let Ok(entries) = std::fs::read_dir(self.queue().join("failed")) else {
            return String::new();
        };
        let whys = entries.flatten().map(|e| e.path());
        let whys = whys.filter(|p| p.to_string_lossy().ends_with(".why.txt"));
        whys.take(1)
            .filter_map(|p| std::fs::read_to_string(p).ok())
            .collect()
    }

    /// Ends it.
    pub async fn stop(self) {
        self.handle.stop().await;
        // The engine may have ended by itself; the benchmark is over either way.
        let _ = self.engine.await;
        self.sandbox.stop().await;
    }
}

/// `t0`, `m12`.
pub fn account(kind: &str, n: usize) -> AccountName {
    AccountName::new(format!("{kind}{n}")).expect("a good name")
}

fn caller() -> Caller {
    Caller {
        uid: 0,
        gid: 0,
        pid: 1,
        role: Role::All,
        name: "benchmark".to_owned(),
    }
}

fn sandbox_options(dir: &Path, accounts: Accounts) -> Options {
    let mut options = Options {
        ca_file: Some(dir.join("ca.pem")),
        accounts: (0..accounts.threads.max(1))
            .map(|n| format!("person{n}"))
            .collect(),
        ..Options::default()
    };
    options.auto_allow = true;
    options.delay_ms = Some(0);
    options.switch("threads", "post_quota", usize::MAX);
    options
}

fn start_engine(dir: &Path, config: &str, ground: Ground) -> (Handle, JoinHandle<()>) {
    let loaded = crier::config::load_text("benchmark.toml", config);
    let drawn = crier::core::diagnose::render(&loaded.diagnostics, false);
    let settings = loaded.settings.unwrap_or_else(|| panic!("{drawn}"));
    let now = Clock.now();
    let setup = Setup {
        store: ground.store.unwrap_or_else(|| sled(&settings.daemon.state, now)),
        keys: seal::read_key(&dir.join("crier.key")).expect("the key is read"),
        live: engine::live(settings, now).expect("the config can be used"),
        config_path: dir.join("benchmark.toml"),
        dropins: Vec::new(),
        secrets: SecretPlaces {
            credentials: None,
            env: secret,
        },
        heart: ground.heart,
        patience: ground.patience,
    };
    engine::start(setup).expect("the engine starts")
}

fn sled(state: &Path, now: Timestamp) -> Arc<dyn Store> {
    let opened = SledStore::open(state, u64::try_from(now.0).expect("after 1970"));
    Arc::new(opened.expect("a store").0)
}

/// What the environment would hold.
fn secret(name: &str) -> Option<String> {
    match name {
        "CLIENT_SECRET" => Some(CLIENT_SECRET.to_owned()),
        "MAIL_PASSWORD" => Some(MAIL_PASSWORD.to_owned()),
        _ => None,
    }
}

fn config(dir: &Path, sandbox: &Running, accounts: Accounts) -> String {
    let at = &sandbox.addresses;
    let (dir, base) = (dir.display(), &at.base);
    let mut names = Vec::new();
    let mut text = format!(
        "[daemon]\nspool = \"{dir}/spool\"\nstate = \"{dir}/state\"\ntimezone = \"UTC\"\n\
         [admin]\nsocket = \"{dir}/admin.sock\"\n[http]\nca_file = \"{dir}/ca.pem\"\n\
         [platform.threads]\napi_base = \"{base}\"\nauth_base = \"{base}\"\nposts = 1000000\n\
         [platform.email]\nrecipients = 1000000\nmessages = 1000000\n\
         [app.meta]\nplatform = \"threads\"\nclient_id = \"sandbox-app\"\nclient_secret = {{ env = \"CLIENT_SECRET\" }}\n"
    );
    for n in 0..accounts.threads {
        let name = account("t", n);
        write!(text, "[account.{name}]\napp = \"meta\"\n").expect("a string takes it");
        names.push(format!("\"{name}\""));
    }
    for n in 0..accounts.mail {
        let name = account("m", n);
        write!(
            text,
            "[account.{name}]\nplatform = \"email\"\nfrom = \"crier@sandbox.example\"\nto = \"reader{n}@club.example\"\n\
             smtp = {{ host = \"127.0.0.1\", port = {}, tls = \"starttls\", username = \"crier@sandbox.example\", \
             password = {{ env = \"MAIL_PASSWORD\" }} }}\n",
            at.smtp.port()
        )
        .expect("a string takes it");
        names.push(format!("\"{name}\""));
    }
    let queue = format!(
        "[queue.news]\naccounts = [{}]\nspacing = \"0s\"\n",
        names.join(", ")
    );
    text + &queue
}

/// The smallest value with at least this share of all values at or below it.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// `name   n   p50   p99   max` in milliseconds.
pub fn print_row(name: &str, mut millis: Vec<f64>) {
    millis.sort_by(f64::total_cmp);
    println!(
        "{name:<44} n={:<4} p50 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms",
        millis.len(),
        percentile(&millis, 0.50),
        percentile(&millis, 0.99),
        percentile(&millis, 1.0)
    );
}
