//! The directory of the demonstration: key, config, secrets, spool, state, log.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Told;
use crate::sandbox::models::mail::MailSettings;
use crate::sandbox::serve::{Addresses, Options};

/// The account on Threads.
pub(super) const CLUB: &str = "club-threads";
/// The account that sends mail.
pub(super) const NEWSLETTER: &str = "newsletter";
/// Who gets mail that names nobody.
pub(super) const MEMBERS: &str = "members@club.example";
/// Who logs in to the mail server, and how; for this demonstration alone.
const MAIL_USER: &str = "news@club.example";
const MAIL_PASSWORD: &str = "a-password-for-show";
/// The most of the log that is shown.
const TAIL_BYTES: u64 = 4_000;

/// Where everything of one demonstration lies.
#[derive(Debug)]
pub(super) struct House {
    root: PathBuf,
    /// Removes the directory at the end; nothing when it is kept.
    _temporary: Option<tempfile::TempDir>,
}

impl House {
    /// A new temporary directory, or the named one, which must be new or empty.
    pub(super) fn build(keep: Option<&Path>) -> Told<Self> {
        let (root, temporary) = match keep {
            None => {
                let dir = tempfile::Builder::new()
                    .prefix("crier-demo-")
                    .tempdir()
                    .map_err(|e| format!("no temporary directory: {e}"))?;
                (dir.path().to_owned(), Some(dir))
            }
            Some(dir) => (empty(dir)?, None),
        };
        let house = Self {
            root,
            _temporary: temporary,
        };
        for dir in ["spool", "state", "secrets", "run"] {
            make(&house.root.join(dir))?;
        }
        Ok(house)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn config(&self) -> PathBuf {
        self.root.join("crier.toml")
    }

    pub(super) fn key(&self) -> PathBuf {
        self.root.join("secrets/crier.key")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.root.join("run/admin.sock")
    }

    pub(super) fn queue(&self) -> PathBuf {
        self.root.join("spool/news")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("crierd.log")
    }

    /// A sandbox whose certificate authority is written here.
    pub(super) fn sandbox_options(&self) -> Options {
        Options {
            ca_file: Some(self.root.join("sandbox-ca.pem")),
            accounts: vec!["the_club".to_owned()],
            mail: MailSettings {
                users: vec![(MAIL_USER.to_owned(), MAIL_PASSWORD.to_owned())],
                ..MailSettings::default()
            },
            ..Options::default()
        }
    }

    /// Writes the secrets and the config.
    pub(super) fn furnish(&self, sandbox: &Addresses) -> Told<()> {
        let (client_id, secret) = &Options::default().app;
        write(&self.root.join("secrets/meta.secret"), secret)?;
        write(&self.root.join("secrets/smtp"), MAIL_PASSWORD)?;
        let config = format!(
            r#"# Written by `crier-sandbox demo`: what a config of your own would look like.
[daemon]
spool = {spool}
state = {state}
timezone = "UTC"
key_file = {key}

[admin]
socket = {socket}

[callback]                      # where logins end, and where Threads fetches pictures
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[http]
ca_file = {ca}   # the sandbox's own authority

[platform.threads]              # the sandbox in the place of Meta
api_base = "{base}"
auth_base = "{base}"
chain_pause_secs = 1            # Meta wants longer between the parts of a thread

[app.meta]
platform = "threads"
client_id = "{client_id}"
client_secret = {{ file = {secret} }}

[account.{CLUB}]
app = "meta"

[account.{NEWSLETTER}]
platform = "email"
from = "The Club <news@club.example>"
to = "{MEMBERS}"

[account.{NEWSLETTER}.smtp]
host = "127.0.0.1"
port = {smtp}
tls = "starttls"
username = "{MAIL_USER}"
password = {{ file = {password} }}

[queue.news]
accounts = ["{CLUB}", "{NEWSLETTER}"]
spacing = "0s"
"#,
            spool = self.quoted("spool"),
            state = self.quoted("state"),
            key = self.quoted("secrets/crier.key"),
            socket = self.quoted("run/admin.sock"),
            ca = self.quoted("sandbox-ca.pem"),
            secret = self.quoted("secrets/meta.secret"),
            password = self.quoted("secrets/smtp"),
            port = free_port()?,
            base = sandbox.base,
            smtp = sandbox.smtp.port(),
        );
        write(&self.config(), &config)
    }

    /// A path below the root as a TOML string.
    fn quoted(&self, below: &str) -> String {
        toml::Value::String(self.root.join(below).display().to_string()).to_string()
    }

    /// The last lines of crierd's log.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> std::io::Result<String> {
            let mut file = fs::File::open(self.log())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        read().unwrap_or_else(|e| format!("({}: {e})", self.log().display()))
    }
}

fn empty(dir: &Path) -> Told<PathBuf> {
    let shown = dir.display();
    let told = |e: std::io::Error| format!("--keep {shown}: {e}");
    if !dir.exists() {
        make(dir)?;
    }
    if fs::read_dir(dir).map_err(told)?.next().is_some() {
        return Err(format!(
            "--keep {shown}: the directory is not empty; name a new one"
        ));
    }
    dir.canonicalize().map_err(told)
}

fn make(dir: &Path) -> Told<()> {
    fs::DirBuilder::new()
        .mode(0o700)
        .create(dir)
        .map_err(|e| format!("{}: {e}", dir.display()))
}

/// A new file for the owner alone.
fn write(path: &Path, text: &str) -> Told<()> {
    use std::io::Write as _;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| format!("{}: {e}", path.display()))
}

/// A port that was free a moment ago.
fn free_port() -> Told<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free port on the loopback: {e}"))
}
