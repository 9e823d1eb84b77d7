//! The valid configuration: what the rest of crier sees. It names secrets and never holds one, so it may be
//! compared, printed and answered over the admin socket.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

pub use super::secret::{SecretError, SecretSource};
use crate::core::facts::toml_value::Plain;
use crate::core::reach::Reach;
use crate::domain::id::{AccountName, AppName, PlatformName, QueueName};
use crate::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crate::domain::time::Span;

/// Everything that the config says, checked: every name refers to something that exists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// `[daemon]`
    pub daemon: Daemon,
    /// `[admin]`
    pub admin: Admin,
    /// `[callback]`; `None`: no endpoint, so no redirects and no media by URL.
    pub callback: Option<Callback>,
    /// `[http]`
    pub http: Http,
    /// `[media]`
    pub media: MediaTools,
    /// `[app.NAME]`
    pub apps: BTreeMap<AppName, App>,
    /// `[account.NAME]`
    pub accounts: BTreeMap<AccountName, Account>,
    /// `[queue.NAME]`
    pub queues: BTreeMap<QueueName, Queue>,
    /// `[platform.NAME]`, only those that the config names.
    pub platforms: BTreeMap<PlatformName, PlatformSettings>,
}

/// `[daemon]`: where things lie.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Daemon {
    /// Root of the queues' directories.
    pub spool: PathBuf,
    /// The database and the media snapshots.
    pub state: PathBuf,
    /// IANA zone; the default of every queue.
    pub timezone: String,
    /// The key that encrypts tokens; `None`: the credential `crier.key`.
    pub key_file: Option<PathBuf>,
}

/// `[admin]`: the socket and who may use it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Admin {
    /// Path of the Unix socket.
    pub socket: PathBuf,
    /// Who may look.
    pub viewers: Vec<Principal>,
    /// Who may post, cancel and retry as well.
    pub operators: Vec<Principal>,
}

/// A user or group of this machine, by name; looked up when somebody connects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub enum Principal {
    /// `user:NAME`
    User(String),
    /// `group:NAME`
    Group(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Principal::User(name) => write!(f, "user:{name}"),
            Principal::Group(name) => write!(f, "group:{name}"),
        }
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> String {
        principal.to_string()
    }
}

/// `[callback]`: the endpoint that vendors call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Callback {
    /// Where it listens, behind a TLS proxy.
    pub listen: SocketAddr,
    /// How the world reaches it: scheme, host and perhaps a path, without a slash at its end.
    /// `https`, or `http` to a loopback address.
    pub public_url: String,
}

/// `[http]`: how vendors are reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Http {
    /// URL of a proxy, without user and password.
    pub proxy: Option<String>,
    /// Further certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
}

/// `[media]`: how media is made to fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MediaTools {
    /// The program that makes videos fit; `None`: they are refused.
    pub ffmpeg: Option<PathBuf>,
    /// The program that decodes HEIC and AVIF; `None`: ffmpeg is asked.
    pub heif_convert: Option<PathBuf>,
}

/// `[app.NAME]`: a developer app at a vendor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct App {
    /// Whose.
    pub platform: PlatformName,
    /// Its id there.
    pub client_id: String,
    /// Where its secret is; `None`: it has none (a public client), where the platform allows that.
    pub client_secret: Option<SecretSource>,
}

/// `[account.NAME]`: one identity to publish as.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// From the app, or as written.
    pub platform: PlatformName,
    /// Its app; always there when the platform connects by OAuth.
    pub app: Option<AppName>,
    /// Its mail server; only for platforms that log in with a password, there always.
    pub smtp: Option<Smtp>,
    /// Tokens from the vendor's console; only for accounts that log in with them, there always.
    pub tokens: Option<Tokens>,
    /// The platform's own keys ([`crate::core::platform::OptionSpec`]), as text.
    pub options: BTreeMap<String, String>,
    /// `paused = true`: nothing goes out until it is taken away.
    pub paused: bool,
}

/// `access_token` and `access_token_secret` of an account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tokens {
    /// Where the token lies.
    pub access: SecretSource,
    /// Where its secret lies.
    pub secret: SecretSource,
}

/// `smtp = { ... }` of an account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Smtp {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// Who logs in; `None`: nobody (a relay on this machine).
    pub username: Option<String>,
    /// Password or, with `xoauth2`, access token. There whenever `username` is.
    pub password: Option<SecretSource>,
    /// How.
    pub auth: SmtpAuth,
    /// The name said in EHLO; `None`: the machine's.
    pub helo_name: Option<String>,
}

/// How an SMTP connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// STARTTLS, required (port 587).
    Starttls,
    /// None: loopback only.
    None,
}

/// How crier logs in to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpAuth {
    /// PLAIN, else LOGIN, else XOAUTH2, by what the server offers.
    Auto,
    /// AUTH PLAIN
    Plain,
    /// AUTH LOGIN
    Login,
    /// AUTH XOAUTH2, the password being an access token.
    Xoauth2,
}

/// `[platform.NAME]`: overrides.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PlatformSettings {
    /// Base URLs by the keys of [`crate::core::platform::Platform::hosts`], without a slash at their end.
    pub hosts: BTreeMap<String, String>,
    /// Facts by name, each of the type of the fact it replaces.
    pub facts: BTreeMap<String, Plain>,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            spool: PathBuf::from("/var/spool/crier"),
            state: PathBuf::from("/var/lib/crier"),
            timezone: "UTC".to_owned(),
            key_file: None,
        }
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            socket: PathBuf::from("/run/crier/admin.sock"),
            viewers: Vec::new(),
            operators: Vec::new(),
        }
    }
}

/// A daemon without accounts: it runs, serves its socket and says so.
impl Default for Settings {
    fn default() -> Self {
        Self {
            daemon: Daemon::default(),
            admin: Admin::default(),
            callback: None,
            http: Http::default(),
            media: MediaTools::default(),
            apps: BTreeMap::new(),
            accounts: BTreeMap::new(),
            queues: BTreeMap::new(),
            platforms: BTreeMap::new(),
        }
    }
}

/// The rules of a queue that says nothing but its name and accounts.
pub fn default_queue(name: QueueName, timezone: String) -> Queue {
    Queue {
        name,
        accounts: Vec::new(),
        timezone,
        slots: Vec::new(),
        late: LateRule {
            within: Span::hours(6),
            then: LateThen::Hold,
        },
        spacing: Span::mins(1),
        duplicate_window: Span::days(3),
        prepare: Span::mins(15),
        on_unknown: OnUnknown::Hold,
        fit: Default::default(),
    }
}

impl Settings {
    /// The overrides of a platform; empty when the config has none.
    pub fn platform(&self, name: &PlatformName) -> PlatformSettings {
        self.platforms.get(name).cloned().unwrap_or_default()
    }

    /// Where a platform would fetch files.
    pub fn reach<'a>(&'a self, platform: &PlatformName) -> Reach<'a> {
        Reach {
            public_url: self.callback.as_ref().map(|c| c.public_url.as_str()),
            vendor: self.platforms.get(platform).is_none_or(|p| p.hosts.is_empty()),
        }
    }

    /// The base URL of one of a platform's hosts: the override, or `default`.
    pub fn host<'a>(&'a self, platform: &PlatformName, key: &str, default: &'a str) -> &'a str {
        self.platforms
            .get(platform)
            .and_then(|p| p.hosts.get(key))
            .map_or(default, String::as_str)
    }
}
