//! Every section and key of the config, once: the reader knows them by it, the suggestions come from it,
//! and docs/config.md is printed from it. Hosts, facts and account settings of platforms are theirs and
//! come from [`crate::platforms::ALL`].

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Number,
    /// A path from the root.
    Path,
    /// A length of time.
    Duration,
    /// An IANA time zone.
    Zone,
    /// A URL.
    Url,
    /// An address and port of this machine.
    Listen,
    /// `user:NAME` and `group:NAME`.
    Principals,
    /// Names of accounts.
    Accounts,
    /// Cron patterns.
    Slots,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Where a secret lies ([`SECRET`]).
    Secret,
    /// A table with these keys.
    Table(&'static [Key]),
}

impl Kind {
    /// What to write, for messages: `a duration such as "10m"`.
    pub fn words(self) -> String {
        let words = match self {
            Kind::Text => "a text in quotes",
            Kind::Switch => "true or false",
            Kind::Number => "a whole number",
            Kind::Path => "a path in quotes such as \"/var/lib/crier\"",
            Kind::Duration => "a length of time in quotes such as \"90s\", \"10m\" or \"6h\"",
            Kind::Zone => "a time zone in quotes such as \"Europe/Berlin\"",
            Kind::Url => "a URL in quotes such as \"https://post.example.org\"",
            Kind::Listen => "an address and port in quotes such as \"127.0.0.1:8765\"",
            Kind::Principals => "a list such as [\"group:staff\", \"user:deploy\"]",
            Kind::Accounts => "a list of account names such as [\"club-threads\"]",
            Kind::Slots => "a list of times such as [\"0 9 * * Mon-Fri\"]",
            Kind::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                return quoted.join(" or ");
            }
            Kind::Secret => "a place where the secret lies, such as { credential = \"NAME\" }",
            Kind::Table(_) => "a table such as { key = value }",
        };
        words.to_owned()
    }
}

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Its table cannot do without it.
    pub required: bool,
    /// What stands when it is not written, in the config's own words; empty: nothing. For a required key an
    /// example.
    pub default: &'static str,
    /// What it means, in a line.
    pub doc: &'static str,
}

/// One section: `[daemon]`, or `[account.NAME]` when `named`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// As written.
    pub name: &'static str,
    /// There are several, each with a name.
    pub named: bool,
    /// Its keys, without those that platforms add.
    pub keys: &'static [Key],
    /// What it is, in a line.
    pub doc: &'static str,
}

const fn key(name: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: false,
        default,
        doc,
    }
}

const fn required(name: &'static str, kind: Kind, example: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        kind,
        required: true,
        default: example,
        doc,
    }
}

/// `[daemon]`
pub static DAEMON: &[Key] = &[
    key(
        "spool",
        Kind::Path,
        "\"/var/spool/crier\"",
        "root of the queues' directories",
    ),
    key(
        "state",
        Kind::Path,
        "\"/var/lib/crier\"",
        "the database and the media of waiting posts",
    ),
    key(
        "timezone",
        Kind::Zone,
        "\"UTC\"",
        "time zone of every queue that names none",
    ),
    key(
        "key_file",
        Kind::Path,
        "",
        "the key that encrypts tokens, on machines without systemd; otherwise the credential crier.key",
    ),
];

/// `[admin]`
pub static ADMIN: &[Key] = &[
    key(
        "socket",
        Kind::Path,
        "\"/run/crier/admin.sock\"",
        "the Unix socket that crierctl talks to",
    ),
    key("viewers", Kind::Principals, "[]", "who may look"),
    key(
        "operators",
        Kind::Principals,
        "[]",
        "who may post, cancel and retry; root and the daemon's own user always may",
    ),
];

/// `[callback]`
pub static CALLBACK: &[Key] = &[
    required(
        "listen",
        Kind::Listen,
        "\"127.0.0.1:8765\"",
        "where the endpoint listens, behind a TLS proxy",
    ),
    required(
        "public_url",
        Kind::Url,
        "\"https://post.example.org\"",
        "how the world reaches it: https, or http to this machine",
    ),
];

/// `[http]`
pub static HTTP: &[Key] = &[
    key(
        "proxy",
        Kind::Url,
        "",
        "proxy for calls to vendors, without user and password",
    ),
    key("ca_file", Kind::Path, "", "further certificate authorities, PEM"),
];

/// `[media]`
pub static MEDIA: &[Key] = &[
    key(
        "ffmpeg",
        Kind::Path,
        "",
        "the program that makes videos, HEIC and AVIF fit, such as \"/usr/bin/ffmpeg\"; without it they are refused",
    ),
    key(
        "heif_convert",
        Kind::Path,
        "",
        "the program of libheif that decodes HEIC and AVIF instead, such as \"/usr/bin/heif-convert\": ffmpeg before 7 reads no HEIC",
    ),
];

/// `[app.NAME]`
pub static APP: &[Key] = &[
    required("platform", Kind::Text, "\"NAME\"", "whose app it is"),
    required(
        "client_id",
        Kind::Text,
        "\"2031580000000000\"",
        "its id at the vendor",
    ),
    required(
        "client_secret",
        Kind::Secret,
        "{ credential = \"NAME\" }",
        "where its secret lies",
    ),
];

/// `[app.NAME]` of a platform that knows public clients, which have no secret.
pub static PUBLIC_APP: &[Key] = &[
    APP[0],
    APP[1],
    key(
        "client_secret",
        Kind::Secret,
        "",
        "where its secret lies; without it the app is a public client",
    ),
];

/// `[account.NAME]`, before the platform's own.
pub static ACCOUNT: &[Key] = &[
    key(
        "platform",
        Kind::Text,
        "",
        "where it publishes; not needed with `app`",
    ),
    key(
        "app",
        Kind::Text,
        "",
        "the app it connects through; the platform follows from it",
    ),
    key(
        "smtp",
        Kind::Table(SMTP),
        "",
        "its mail server, for platforms that log in with a password",
    ),
    key(
        "access_token",
        Kind::Secret,
        "",
        "where a token from the vendor's console lies, for accounts that log in with one",
    ),
    key(
        "access_token_secret",
        Kind::Secret,
        "",
        "where the secret of that token lies",
    ),
    key(
        "paused",
        Kind::Switch,
        "false",
        "nothing goes out while it is true",
    ),
];

/// `smtp = { ... }`
pub static SMTP: &[Key] = &[
    required("host", Kind::Text, "\"smtp.example.org\"", "the server's name"),
    key(
        "port",
        Kind::Number,
        "",
        "its port; 587 with starttls, 465 with implicit, 25 with none",
    ),
    key(
        "tls",
        Kind::Choice(SMTP_TLS),
        "\"starttls\"",
        "how the connection is protected; \"none\" to this machine only",
    ),
    key("username", Kind::Text, "", "who logs in; without it nobody does"),
    key(
        "password",
        Kind::Secret,
        "",
        "where the password (with xoauth2: the access token) lies",
    ),
    key(
        "auth",
        Kind::Choice(SMTP_AUTH),
        "\"auto\"",
        "how to log in; \"auto\": the best that the server offers",
    ),
    key(
        "helo_name",
        Kind::Text,
        "",
        "the name said in EHLO, when not the machine's",
    ),
];

/// `tls` of [`SMTP`].
pub static SMTP_TLS: &[&str] = &["starttls", "implicit", "none"];

/// `auth` of [`SMTP`].
pub static SMTP_AUTH: &[&str] = &["auto", "plain", "login", "xoauth2"];

/// `[queue.NAME]`
pub static QUEUE: &[Key] = &[
    required("accounts", Kind::Accounts, "[\"NAME\"]", "the accounts it feeds"),
    key(
        "timezone",
        Kind::Zone,
        "",
        "time zone of its slots and of `at` in its files; otherwise the daemon's",
    ),
    key(
        "slots",
        Kind::Slots,
        "[]",
        "times at which it lets one post out, five cron fields each; none: a post without `at` goes out at once",
    ),
    key(
        "late",
        Kind::Table(LATE),
        "{ within = \"6h\", then = \"hold\" }",
        "what happens to posts that could not go out in time",
    ),
    key(
        "spacing",
        Kind::Duration,
        "\"1m\"",
        "never closer together than this, on any of its accounts",
    ),
    key(
        "duplicate_window",
        Kind::Duration,
        "\"3d\"",
        "the same content to the same account within this is held",
    ),
    key(
        "prepare",
        Kind::Duration,
        "\"15m\"",
        "upload and prepare this long ahead",
    ),
    key(
        "on_unknown",
        Kind::Choice(ON_UNKNOWN),
        "\"hold\"",
        "when nobody can say whether a post went out: ask a person, or publish it again",
    ),
    key(
        "fit",
        Kind::Choice(FIT),
        "\"off\"",
        "media that breaks a platform's rule: refuse it, or make it fit once when it is dropped; \"auto\" adds a border where the shape is wrong, as \"pad\", \"crop\" cuts",
    ),
];

/// `fit` of [`QUEUE`].
pub static FIT: &[&str] = &["auto", "pad", "crop", "off"];

/// `late = { ... }`
pub static LATE: &[Key] = &[
    key("within", Kind::Duration, "\"6h\"", "publish up to this much late"),
    key(
        "then",
        Kind::Choice(LATE_THEN),
        "\"hold\"",
        "later than that: end it as skipped, or hold it for a person",
    ),
];

/// `then` of [`LATE`].
pub static LATE_THEN: &[&str] = &["skip", "hold"];

/// `on_unknown` of [`QUEUE`].
pub static ON_UNKNOWN: &[&str] = &["hold", "retry"];

/// `budget = { ... }` of a platform that bills its calls.
pub static BUDGET: &[Key] = &[required(
    "per_month",
    Kind::Text,
    "\"20 USD\"",
    "what may be spent in any 30 days, by all accounts of the platform together",
)];

/// `{ credential = }`, `{ file = }`, `{ env = }`: one of them.
pub static SECRET: &[Key] = &[
    key(
        "credential",
        Kind::Text,
        "",
        "a systemd credential (LoadCredential=, LoadCredentialEncrypted=)",
    ),
    key("file", Kind::Path, "", "a file that only crier can read"),
    key("env", Kind::Text, "", "an environment variable of the service"),
];

/// Every section, in the order of the manual.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "daemon",
        named: false,
        keys: DAEMON,
        doc: "where things lie",
    },
    Section {
        name: "admin",
        named: false,
        keys: ADMIN,
        doc: "the admin socket and who may use it",
    },
    Section {
        name: "callback",
        named: false,
        keys: CALLBACK,
        doc: "the endpoint that vendors and browsers call",
    },
    Section {
        name: "http",
        named: false,
        keys: HTTP,
        doc: "how vendors are reached",
    },
    Section {
        name: "media",
        named: false,
        keys: MEDIA,
        doc: "how media is made to fit",
    },
    Section {
        name: "app",
        named: true,
        keys: APP,
        doc: "a developer app at a vendor",
    },
    Section {
        name: "account",
        named: true,
        keys: ACCOUNT,
        doc: "one identity to publish as",
    },
    Section {
        name: "queue",
        named: true,
        keys: QUEUE,
        doc: "a spool directory with its accounts, slots and rules",
    },
    Section {
        name: "platform",
        named: true,
        keys: &[],
        doc: "other hosts and numbers for a platform",
    },
];

/// Sections, and keys of `[platform.NAME]`, that the documentation speaks of and this version does not have.
pub static LATER: &[(&str, &str)] = &[(
    "notify",
    "notifications are not in this version; take the section out and watch `crierctl events -f`",
)];

/// The section of this name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|s| s.name == name)
}

/// What is said about a name that belongs to a later version.
pub fn later(name: &str) -> Option<&'static str> {
    LATER.iter().find(|(n, _)| *n == name).map(|(_, why)| *why)
}
