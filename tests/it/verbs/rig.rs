//! A whole crier in a temporary directory: the sandbox in this process, crierd and crierctl as programs.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::serve::{Options, Running, start};
use serde_json::Value;

/// The secrets of the config.
pub const CLIENT_SECRET: &str = "CANARYCLIENTSECRET+7f3a/51c09be2=";
/// The mail server's password.
pub const MAIL_PASSWORD: &str = "CANARYMAILPASSWORD&d81e%66a0 4b7c";

/// `unshare` with these, a socket's path and a program: the program finds the socket where the journal listens.
pub const IN_ITS_PLACE: &[&str] = &[
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-ec",
    "mount -t tmpfs none /run/systemd
    mkdir /run/systemd/journal
    : >/run/systemd/journal/socket
    mount --bind \"$1\" /run/systemd/journal/socket
    shift
    exec \"$@\"",
    "sh",
];

/// One program that ran: what it was asked, and everything that it said.
pub struct Ran {
    /// The command line in short.
    pub line: String,
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    fn of(line: String, output: Output) -> Self {
        Self {
            line,
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// It ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "{}\nstdout: {}\nstderr: {}",
            self.line, self.out, self.err
        );
        self
    }

    /// It worked, and said this as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let ran = self.ends(0);
        serde_json::from_str(&ran.out)
            .unwrap_or_else(|e| panic!("{}: {e}\n{}\n{}", ran.line, ran.out, ran.err))
    }
}

/// Everything that runs.
pub struct Rig {
    /// The stand-in for all vendors.
    pub sandbox: Running,
    /// Where everything lies.
    pub folder: tempfile::TempDir,
    /// A browser.
    pub http: reqwest::Client,
    /// Where crierd's callback endpoint listens.
    pub callback: String,
    /// More lines of `[platform.threads]`.
    pub threads: &'static str,
    /// The socket that crierd finds where the journal listens; standard error looks like systemd's stream then.
    pub journal: Option<PathBuf>,
    daemon: Option<Child>,
}

impl Rig {
    /// The sandbox with everything at once, the config and the key written; crierd does not run yet.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options {
            ca_file: Some(folder.path().join("ca.pem")),
            app: ("sandbox-app".to_owned(), CLIENT_SECRET.to_owned()),
            accounts: vec!["club".to_owned()],
            ..Options::default()
        };
        options.mail.host = "localhost".to_owned();
        options.mail.users = vec![("news@club.example".to_owned(), MAIL_PASSWORD.to_owned())];
        options.delay_ms = Some(0);
        let sandbox = start(options).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let callback = free.local_addr().unwrap().to_string();
        drop(free);
        let rig = Self {
            sandbox,
            folder,
            http,
            callback,
            threads: "",
            journal: None,
            daemon: None,
        };
        for dir in ["spool/news", "state", "run"] {
            std::fs::create_dir_all(rig.path(dir)).unwrap();
        }
        rig.private("meta.secret", CLIENT_SECRET);
        rig.private("mail.secret", MAIL_PASSWORD);
        rig.crierd(&["keygen", rig.path("crier.key").to_str().unwrap()])
            .ends(0);
        rig.configure("");
        rig
    }

    /// A path in its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file for its owner alone.
    pub fn private(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The config, with more at its end.
    pub fn configure(&self, more: &str) {
        let (root, addresses) = (self.folder.path().display(), &self.sandbox.addresses);
        let text = format!(
            r#"
[daemon]
spool = "{root}/spool"
state = "{root}/state"
timezone = "Europe/Berlin"
key_file = "{root}/crier.key"
[admin]
socket = "{root}/run/admin.sock"
[callback]
listen = "{callback}"
public_url = "http://{callback}"
[http]
ca_file = "{root}/ca.pem"
[platform.threads]
api_base = "{base}"
auth_base = "{base}"
{threads}
[app.meta]
platform = "threads"
client_id = "sandbox-app"
client_secret = {{ file = "{root}/meta.secret" }}
[account.club]
app = "meta"
[account.letter]
platform = "email"
from = "The Club <news@club.example>"
to = "members@club.example"
smtp = {{ host = "localhost", port = {smtp}, tls = "starttls", username = "news@club.example", password = {{ file = "{root}/mail.secret" }} }}
[queue.news]
accounts = ["club"]
spacing = "0s"
duplicate_window = "0s"
[queue.post]
accounts = ["letter"]
spacing = "0s"
duplicate_window = "0s"
{more}"#,
            callback = self.callback,
            threads = self.threads,
            base = addresses.base,
            smtp = addresses.smtp.port(),
        );
        std::fs::write(self.path("crier.toml"), text).unwrap();
    }

    fn program(&self, path: &str) -> Command {
        let mut command = Command::new(path);
        command
            .env_clear()
            .env("NO_COLOR", "1")
            .env("TZ", "Europe/Berlin")
            .current_dir(self.folder.path());
        command
    }

    /// Runs crierd to its end.
    pub fn crierd(&self, args: &[&str]) -> Ran {
        let mut command = self.program(env!("CARGO_BIN_EXE_crierd"));
        let output = command.args(args).stdin(Stdio::null()).output().unwrap();
        Ran::of(format!("crierd {}", args.join(" ")), output)
    }

    fn daemon_program(&self, log: &std::fs::File) -> Command {
        let crierd = env!("CARGO_BIN_EXE_crierd");
        let Some(socket) = &self.journal else {
            return self.program(crierd);
        };
        let stream = log.metadata().unwrap();
        let mut command = self.program("unshare");
        command.args(IN_ITS_PLACE).arg(socket).arg(crierd);
        command.env("JOURNAL_STREAM", format!("{}:{}", stream.dev(), stream.ino()));
        command
    }

    /// Starts crierd with this log filter and waits until it serves.
    pub async fn start(&mut self, filter: &str) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let config = self.path("crier.toml");
        let child = self
            .daemon_program(&log)
            .args(["--config", config.to_str().unwrap()])
            .env("CRIER_LOG", filter)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.daemon = Some(child);
        let log = self.path("log");
        self.until("crierd serves", |rig| {
            let ended = rig.daemon.as_mut().and_then(|d| d.try_wait().unwrap());
            assert_eq!(ended, None, "{}", tail(&log));
            (rig.ctl(&["status"]).code == 0).then_some(())
        })
        .await;
    }

    /// crierd's process.
    pub fn pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id()
    }

    /// Sends crierd a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(self.daemon.as_ref().unwrap());
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends crierd as systemd does, and says with which code it ended.
    pub async fn stop(&mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        let status = self
            .until("crierd ends", |rig| {
                rig.daemon.as_mut().unwrap().try_wait().unwrap()
            })
            .await;
        self.daemon = None;
        status.code()
    }

    /// Runs crierctl to its end.
    pub fn ctl(&self, args: &[&str]) -> Ran {
        self.ctl_with("", args)
    }

    /// The same with words on its standard input.
    pub fn ctl_with(&self, input: &str, args: &[&str]) -> Ran {
        let mut child = self.begin(args, Stdio::piped());
        // A child that does not read has ended already: what it said tells why.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(
            format!("crierctl {}", args.join(" ")),
            child.wait_with_output().unwrap(),
        )
    }

    /// Starts crierctl and lets it run.
    pub fn begin(&self, args: &[&str], out: Stdio) -> Child {
        self.program(env!("CARGO_BIN_EXE_crierctl"))
            .arg("--socket")
            .arg(self.path("run/admin.sock"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Asks again and again until there is an answer.
    pub async fn until<T>(&mut self, what: &str, mut look: impl FnMut(&mut Rig) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(
                Instant::now() < deadline,
                "never: {what}\n{}",
                tail(&self.path("log"))
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a file is there.
    pub async fn file(&mut self, name: &str) -> String {
        let path = self.path(name);
        self.until(name, |_| std::fs::read_to_string(&path).ok()).await
    }

    /// Drops a file into a queue, whole at once.
    pub fn drop_file(&self, queue: &str, name: &str, text: &str) {
        let dir = self.path("spool").join(queue);
        std::fs::write(dir.join(format!(".{name}")), text).unwrap();
        std::fs::rename(dir.join(format!(".{name}")), dir.join(name)).unwrap();
    }

    /// The same with files of `tests/media` beside it.
    pub fn drop_bundle(&self, queue: &str, name: &str, text: &str, media: &[&str]) {
        let dir = self.path("spool").join(queue);
        let partial = dir.join(format!(".{name}.part"));
        std::fs::create_dir_all(&partial).unwrap();
        for file in media {
            let from = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/media")
                .join(file);
            std::fs::copy(from, partial.join(file)).unwrap();
        }
        std::fs::write(partial.join("post.toml"), text).unwrap();
        std::fs::rename(&partial, dir.join(format!("{name}.post"))).unwrap();
    }

    /// The next call of this step goes wrong.
    pub fn fault(&self, step: &str, kind: FaultKind) {
        self.sandbox.world().faults.add(FaultRule::once(step, kind));
    }

    /// What `crierctl show` says of a delivery's state: `ended`, `held`, ...
    pub fn delivery(&self, post: &str) -> Value {
        let ran = self.ctl(&["show", post, "--json"]);
        if ran.code != 0 {
            return Value::Null;
        }
        ran.json()["deliveries"][0].clone()
    }

    /// Waits until a post's first delivery is in this phase.
    pub async fn phase(&mut self, post: &str, phase: &str) -> Value {
        let what = format!("{post} is {phase}");
        self.until(&what, |rig| {
            let seen = rig.delivery(post);
            (seen["phase"] == phase).then_some(seen)
        })
        .await
    }

    /// What a browser does that is sent to the authorise page: answers where it ends, without going there.
    pub async fn agree(&self, authorize_url: &str, decision: &str) -> String {
        let page = self
            .http
            .get(authorize_url)
            .header("X-Sandbox-Auto", decision)
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), 302, "{}", page.text().await.unwrap());
        page.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Goes to an address: status and page.
    pub async fn visit(&self, url: &str) -> (u16, String) {
        let page = self.http.get(url).send().await.unwrap();
        (page.status().as_u16(), page.text().await.unwrap())
    }

    /// Connects the account on Threads through the redirects.
    pub async fn connect(&self) {
        let start = self.ctl(&["connect", "club", "--json"]).json();
        let end = self
            .agree(start["authorize_url"].as_str().unwrap(), "allow")
            .await;
        let (status, page) = self.visit(&end).await;
        assert_eq!(status, 200, "{page}");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// The end of a log.
fn tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text[text.len().saturating_sub(6000)..]).into_owned()
}
