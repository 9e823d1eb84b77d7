//! The directory of the demonstration: key, config, secrets, spool, state, log.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Told;
use super::cast::{self, Login, Share};
use crate::sandbox::models::mail::MailSettings;
use crate::sandbox::serve::{Addresses, Options};

/// The queue of all accounts that take words.
pub(super) const QUEUE: &str = "news";
/// The queue of all accounts that take pictures.
pub(super) const PICTURES: &str = "pictures";
/// Who gets mail that names nobody.
pub(in crate::sandbox) const MEMBERS: &str = "members@club.example";
/// Who logs in to the mail server, and how; for this demonstration alone.
pub(in crate::sandbox) const MAIL_USER: &str = "news@club.example";
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

    /// The queue of words.
    pub(super) fn queue(&self) -> PathBuf {
        self.queue_named(QUEUE)
    }

    pub(super) fn queue_named(&self, name: &str) -> PathBuf {
        self.root.join("spool").join(name)
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("crierd.log")
    }

    /// A sandbox whose certificate authority is written here.
    pub(super) fn sandbox_options(&self) -> Options {
        let mut options = Options {
            ca_file: Some(self.root.join("sandbox-ca.pem")),
            accounts: profiles(),
            mail: MailSettings {
                users: vec![(MAIL_USER.to_owned(), MAIL_PASSWORD.to_owned())],
                ..MailSettings::default()
            },
            ..Options::default()
        };
        for part in cast::PARTS {
            for (name, value) in (part.switches)() {
                options.switch(part.platform, name, value);
            }
        }
        options
    }

    /// Writes the secrets and the config.
    pub(super) fn furnish(&self, sandbox: &Addresses) -> Told<()> {
        write(&self.root.join("secrets/app.secret"), &Options::default().app.1)?;
        write(&self.root.join("secrets/smtp"), MAIL_PASSWORD)?;
        let ground = Ground { house: self, sandbox };
        let accounts: String = cast::roles().map(|role| (role.config)(&ground)).collect();
        let everybody = cast::roles().filter(|role| role.takes.contains(&Share::Words));
        let everybody: Vec<&str> = everybody.map(|role| role.account).collect();
        let networks = cast::roles().filter(|role| role.login != Login::Password);
        let networks: Vec<&str> = networks.map(|role| role.account).collect();
        let config = format!(
            r#"# Written by `crier-sandbox demo`: what a config of your own would look like.
[daemon]
spool = {spool}
state = {state}
timezone = "UTC"
key_file = {key}

[admin]
socket = {socket}

[callback]                      # where logins end, and where platforms fetch pictures
listen = "127.0.0.1:{port}"
public_url = "http://127.0.0.1:{port}"

[http]
ca_file = {ca}   # the sandbox's own authority
{accounts}{words}{pictures}"#,
            words = queue(QUEUE, "what is words alone", &everybody),
            pictures = queue(PICTURES, "some take no words without a picture", &networks),
            spool = self.quoted("spool"),
            state = self.quoted("state"),
            key = self.quoted("secrets/crier.key"),
            socket = self.quoted("run/admin.sock"),
            ca = self.quoted("sandbox-ca.pem"),
            port = free_port()?,
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

/// What the config of an account is written from.
pub(in crate::sandbox) struct Ground<'a> {
    house: &'a House,
    sandbox: &'a Addresses,
}

impl Ground<'_> {
    /// What the hosts of a platform begin with.
    pub(in crate::sandbox) fn vendor(&self, platform: &str) -> &str {
        self.sandbox.vendors.get(platform).map_or("", String::as_str)
    }

    /// The keys of an `[app.NAME]` that every platform of the sandbox takes.
    pub(in crate::sandbox) fn app(&self) -> String {
        let id = Options::default().app.0;
        let secret = self.house.quoted("secrets/app.secret");
        format!("client_id = \"{id}\"\nclient_secret = {{ file = {secret} }}\n")
    }

    /// The port with STARTTLS.
    pub(in crate::sandbox) fn smtp_port(&self) -> u16 {
        self.sandbox.smtp.port()
    }

    /// The file with the password of the mail user, as a TOML string.
    pub(in crate::sandbox) fn mail_password(&self) -> String {
        self.house.quoted("secrets/smtp")
    }
}

/// A queue of these accounts; nothing without any.
fn queue(name: &str, what: &str, accounts: &[&str]) -> String {
    if accounts.is_empty() {
        return String::new();
    }
    let section = format!("[queue.{name}]");
    format!("\n{section:31} # {what}\naccounts = {accounts:?}\nspacing = \"0s\"\n")
}

/// The profiles that the login pages offer.
fn profiles() -> Vec<String> {
    let mut all = Vec::new();
    for part in cast::PARTS {
        all.extend(part.roles.iter().filter_map(|role| match role.login {
            Login::Redirects(profile) => Some(format!("{}:{profile}", part.platform)),
            Login::Password => None,
        }));
    }
    all
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
