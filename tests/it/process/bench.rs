//! A directory with a sandbox and a crierd in it, each a process of its own.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crier::admin::client::Client;
use crier::admin::types::{ConnectStart, PostFilter, PostState, PostView};
use crier::domain::account::ConnectionStatus;
use crier::domain::id::AccountName;
use serde_json::{Value, json};

/// Longer than anything here takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The accounts of Threads, each with its profile at the sandbox.
pub const THREADS: [&str; 2] = ["club", "shop"];
/// The mail account.
pub const MAIL: &str = "letters";

/// Asks until there is an answer; `what` is told when there never is.
pub async fn until<T>(what: &str, patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "it never came to this: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Who plays at a bench, and how.
pub struct Stage {
    /// The profiles of the sandbox: `NAME` everywhere, `PLATFORM:NAME` at one.
    pub profiles: &'static [&'static str],
    /// The accounts, in the order in which they are connected; each is named as its profile.
    pub accounts: &'static [&'static str],
    /// Switches of the sandbox's models.
    pub switches: fn() -> Value,
    /// What the config says of platforms, apps, accounts and queues.
    pub config: fn(&Ground<'_>) -> String,
}

/// What a config is written from.
pub struct Ground<'a> {
    /// The bench's directory.
    pub dir: &'a Path,
    /// What the sandbox's addresses begin with.
    pub base: &'a str,
    /// The mail server's port.
    pub smtp: &'a str,
}

/// Two accounts of Threads, and mail.
const SMALL: Stage = Stage {
    profiles: &THREADS,
    accounts: &[THREADS[0], THREADS[1], MAIL],
    switches: || json!({"threads": {"post_quota": 1_000_000, "reply_quota": 1_000_000}}),
    config: small,
};

/// Everything, and its end.
pub struct Bench {
    folder: Option<tempfile::TempDir>,
    dir: PathBuf,
    sandbox: Child,
    pub base: String,
    daemon: Option<Child>,
    http: reqwest::Client,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.kill();
        // It may have ended by itself.
        let _ = self.sandbox.kill();
        let _ = self.sandbox.wait();
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            let tail = fs::read_to_string(kept.join("crierd.log")).unwrap_or_default();
            let lines: Vec<&str> = tail.lines().collect();
            eprintln!("kept: {}; the end of its crierd.log:", kept.display());
            for line in &lines[lines.len().saturating_sub(25)..] {
                eprintln!("  {line}");
            }
        }
    }
}

impl Bench {
    /// A sandbox, a key and a config; no crierd yet.
    pub async fn new(seed: u64) -> Self {
        Self::staged(seed, &SMALL).await
    }

    /// As [`Self::new`], with others on the stage.
    pub async fn staged(seed: u64, stage: &Stage) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("crier-process-")
            .tempdir()
            .unwrap();
        let dir = folder.path().to_owned();
        let (sandbox, addresses) = sandbox(&dir, seed, stage).await;
        let bench = Self {
            folder: Some(folder),
            base: addresses["base"].as_str().unwrap().to_owned(),
            dir,
            sandbox,
            daemon: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        bench.furnish(&addresses, stage);
        bench
    }

    /// As [`Self::new`], with crierd running and all accounts connected.
    pub async fn connected(seed: u64) -> Self {
        Self::all_connected(seed, &SMALL).await
    }

    /// As [`Self::connected`], with others on the stage.
    pub async fn all_connected(seed: u64, stage: &Stage) -> Self {
        let mut bench = Self::staged(seed, stage).await;
        bench.start();
        bench.ready().await;
        for account in stage.accounts {
            bench.connect(account).await;
        }
        bench
    }

    fn furnish(&self, addresses: &Value, stage: &Stage) {
        self.secret("meta.secret", "sandbox-secret");
        self.secret("smtp.secret", "sandbox");
        let made = self
            .crierd()
            .args(["keygen"])
            .arg(self.path("crier.key"))
            .output();
        assert!(made.unwrap().status.success());
        let smtp = addresses["smtp"].as_str().unwrap().rsplit_once(':').unwrap().1;
        fs::write(self.path("crier.toml"), self.config(smtp, stage)).unwrap();
        fs::create_dir(self.path("spool")).unwrap();
    }

    fn secret(&self, name: &str, value: &str) {
        fs::write(self.path(name), value).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn config(&self, smtp: &str, stage: &Stage) -> String {
        let dir = self.dir.display();
        let port = free_port();
        let stage = (stage.config)(&Ground {
            dir: &self.dir,
            base: &self.base,
            smtp,
        });
        format!(
            r#"
[daemon]
spool = "{dir}/spool"
state = "{dir}/state"
key_file = "{dir}/crier.key"

[admin]
socket = "{dir}/admin.sock"

[callback]
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[http]
ca_file = "{dir}/ca.pem"

{stage}"#
        )
    }

    /// A path beneath the bench's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A path beneath a queue's directory.
    pub fn spool(&self, queue: &str, name: &str) -> PathBuf {
        self.dir.join("spool").join(queue).join(name)
    }

    /// crierd in an environment without systemd.
    pub fn crierd(&self) -> Command {
        program(env!("CARGO_BIN_EXE_crierd"))
    }

    /// crierd with this bench's config.
    pub fn configured(&self) -> Command {
        let mut command = self.crierd();
        command.arg("--config").arg(self.path("crier.toml"));
        command
    }

    /// crierctl for this bench's socket.
    pub fn ctl(&self, args: &[&str]) -> std::process::Output {
        program(env!("CARGO_BIN_EXE_crierctl"))
            .arg("--socket")
            .arg(self.path("admin.sock"))
            .args(args)
            .output()
            .unwrap()
    }

    /// The admin socket's client.
    pub fn client(&self) -> Client {
        Client::new(self.path("admin.sock"))
    }

    /// Starts crierd; it need not serve yet.
    pub fn start(&mut self) {
        let log = self.log();
        self.start_into(log.try_clone().unwrap().into(), log.into());
    }

    /// Starts crierd with nobody at the other end of its output.
    pub fn start_unheard(&mut self) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.start_into(writer.try_clone().unwrap().into(), writer.into());
    }

    fn start_into(&mut self, out: Stdio, err: Stdio) {
        assert!(self.daemon.is_none());
        let mut command = self.configured();
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        self.daemon = Some(child.unwrap());
    }

    fn log(&self) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("crierd.log"))
            .unwrap()
    }

    /// What crierd has logged so far.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.path("crierd.log")).unwrap_or_default()
    }

    /// Waits until crierd answers.
    pub async fn ready(&mut self) {
        let client = self.client();
        until("crierd answers", PATIENCE, async || {
            assert_eq!(self.ended(), None, "crierd has ended:\n{}", self.logged());
            client.status().await.ok()
        })
        .await;
    }

    /// How crierd has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.daemon.as_mut().and_then(|child| child.try_wait().unwrap())
    }

    /// crierd's process id.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id()
    }

    /// SIGKILL; the answer is how it had ended before, when it had.
    pub fn kill(&mut self) -> Option<ExitStatus> {
        let mut child = self.daemon.take()?;
        let before = child.try_wait().ok().flatten();
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
        before
    }

    /// Sends crierd a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// SIGTERM, and how it ended.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        let status = until("crierd stops", PATIENCE, async || self.ended()).await;
        self.daemon = None;
        status
    }

    /// Connects an account: as a browser does it, through every redirect, or by its password.
    pub async fn connect(&self, account: &str) {
        self.try_connect(account).await.unwrap();
    }

    /// As [`Self::connect`], where the platform may fail.
    pub async fn try_connect(&self, account: &str) -> Result<(), String> {
        let name = AccountName::new(account).unwrap();
        let start = self.client().connect(&name).await.map_err(|e| e.to_string())?;
        if let ConnectStart::Visit { authorize_url, .. } = start {
            let url = format!("{authorize_url}&_sandbox_auto=1&_sandbox_account={account}");
            let answer = self.http.get(url).send().await.map_err(|e| e.to_string())?;
            let status = answer.status();
            let page = answer.text().await.map_err(|e| e.to_string())?;
            if !status.is_success() || !page.contains("connected") {
                return Err(format!("{account}: {status}: {page}"));
            }
        }
        let view = self.client().account(&name).await.map_err(|e| e.to_string())?;
        match view.status {
            ConnectionStatus::Connected => Ok(()),
            _ => Err(format!("{view:?}")),
        }
    }

    /// Everything that the sandbox has published.
    pub async fn state(&self) -> Value {
        let answer = self
            .http
            .get(format!("{}/_sandbox/state", self.base))
            .send()
            .await;
        answer.unwrap().json().await.unwrap()
    }

    /// Something for the sandbox's control; what it answers.
    pub async fn control(&self, target: &str, body: &Value) -> Value {
        let url = format!("{}/_sandbox/{target}", self.base);
        let answer = self.http.post(url).json(body).send().await.unwrap();
        let good = answer.status().is_success();
        let text = answer.text().await.unwrap();
        assert!(good, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A form sent to a vendor by somebody else's program; what it answers.
    pub async fn vendor(&self, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/{path}", self.base);
        let answer = self.http.post(url).form(form).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// The faults in force, and how often each has struck.
    pub async fn faults(&self) -> Value {
        let url = format!("{}/_sandbox/faults", self.base);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// No more faults.
    pub async fn no_faults(&self) {
        let url = format!("{}/_sandbox/faults", self.base);
        assert!(self.http.delete(url).send().await.unwrap().status().is_success());
    }

    /// Writes under a name that is left alone and renames: the atomic way in.
    pub fn drop_file(&self, queue: &str, name: &str, text: &str) {
        let partial = self.spool(queue, &format!(".{name}.part"));
        fs::write(&partial, text).unwrap();
        fs::rename(&partial, self.spool(queue, name)).unwrap();
    }

    /// A bundle with one picture.
    pub fn drop_bundle(&self, queue: &str, name: &str, text: &str) {
        let partial = self.spool(queue, &format!(".{name}.part"));
        fs::create_dir(&partial).unwrap();
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/media/tiny-200.jpg");
        fs::copy(picture, partial.join("door.jpg")).unwrap();
        let post = format!("text = \"{text}\"\nmedia = [{{ file = \"door.jpg\", alt = \"A door\" }}]\n");
        fs::write(partial.join("post.toml"), post).unwrap();
        fs::rename(&partial, self.spool(queue, name)).unwrap();
    }

    /// All posts in this state.
    pub async fn posts(&self, state: PostState) -> Vec<PostView> {
        let mut filter = PostFilter {
            state,
            limit: Some(1000),
            ..PostFilter::default()
        };
        let mut all = Vec::new();
        loop {
            let page = self.client().posts(&filter).await.unwrap();
            all.extend(page.items);
            filter.after = page.next;
            if filter.after.is_none() {
                return all;
            }
        }
    }

    /// Waits for a file to appear, and reads it.
    pub async fn appears(&mut self, queue: &str, name: &str) -> String {
        let path = self.spool(queue, name);
        until(&format!("{name} appears"), PATIENCE, async || {
            assert_eq!(self.ended(), None, "crierd has ended");
            fs::read_to_string(&path).ok()
        })
        .await
    }
}

fn program(path: &str) -> Command {
    let mut command = Command::new(path);
    for name in [
        "JOURNAL_STREAM",
        "NOTIFY_SOCKET",
        "CREDENTIALS_DIRECTORY",
        "LISTEN_FDS",
        "WATCHDOG_USEC",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

async fn sandbox(dir: &Path, seed: u64, stage: &Stage) -> (Child, Value) {
    let ready = dir.join("sandbox.json");
    let mut command = program(env!("CARGO_BIN_EXE_crier-sandbox"));
    command.arg("serve").arg("--ready-file").arg(&ready);
    command.arg("--ca-file").arg(dir.join("ca.pem"));
    command.args(["--delay", "60", "--seed", &seed.to_string()]);
    command.args(stage.profiles.iter().flat_map(|profile| ["--account", profile]));
    command.args(["--mail-user", "crier@sandbox.example:sandbox"]);
    let log = File::create(dir.join("sandbox.log")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let child = child.spawn().unwrap();
    let text = until("the sandbox listens", PATIENCE, async || {
        fs::read_to_string(&ready).ok()
    })
    .await;
    let addresses: Value = serde_json::from_str(&text).unwrap();
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!(
            "{}/_sandbox/settings",
            addresses["base"].as_str().unwrap()
        ))
        .json(&(stage.switches)())
        .send()
        .await;
    assert!(answer.unwrap().status().is_success());
    (child, addresses)
}

/// Waits are short here: what a lost answer asks for takes seconds, not minutes.
fn small(ground: &Ground<'_>) -> String {
    let Ground { dir, base, smtp } = ground;
    let dir = dir.display();
    format!(
        r#"
[platform.threads]
api_base = "{base}"
auth_base = "{base}"
posts = 100000
replies = 100000
chain_pause_secs = 0
look_pause_secs = 2

[platform.email]
messages = 100000
recipients = 100000

[app.meta]
platform = "threads"
client_id = "sandbox-app"
client_secret = {{ file = "{dir}/meta.secret" }}

[account.club]
app = "meta"

[account.shop]
app = "meta"

[account.letters]
platform = "email"
from = "The Club <news@club.example>"
to = "readers@club.example"
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "starttls", username = "crier@sandbox.example", password = {{ file = "{dir}/smtp.secret" }} }}

[queue.news]
accounts = ["club", "shop"]
timezone = "UTC"
spacing = "0s"
duplicate_window = "0s"
late = {{ within = "30d", then = "hold" }}
on_unknown = "hold"

[queue.mail]
accounts = ["letters"]
timezone = "UTC"
spacing = "0s"
duplicate_window = "0s"
late = {{ within = "30d", then = "hold" }}
on_unknown = "hold"
"#
    )
}

/// A port that stays free while crierd is dead: below those that the system gives to outgoing connections.
fn free_port() -> u16 {
    let seed = u64::from_be_bytes(crier::store::random::random_bytes());
    let free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut tries =
        (0..1000).map(|n| 20_000 + u16::try_from((seed.wrapping_add(n * 7919)) % 12_000).unwrap());
    tries.find(free).unwrap()
}
