//! `[account.NAME]` with its platform's own settings and its mail server.

use std::collections::BTreeMap;

use super::keys;
use super::reader::{Reader, View, named, peek, short};
use super::sections::{self, find_platform};
use super::settings::{Account, Smtp, SmtpAuth, SmtpTls, Tokens};
use super::tree::{Table, Value};
use super::values;
use crate::core::login::LoginKind;
use crate::core::platform::Platform;
use crate::domain::id::{AccountName, AppName, PlatformName};
use crate::platforms;

/// All of them.
pub(super) fn accounts(reader: &mut Reader, root: &Table) -> BTreeMap<AccountName, Account> {
    let mut accounts = BTreeMap::new();
    for (written, entry) in sections::named(reader, root, "account") {
        let name = sections::name(reader, entry, written, AccountName::new);
        let title = format!("[account.{}]", short(written));
        let Some(view) = reader.open(entry, title, keys::ACCOUNT) else {
            continue;
        };
        if let (Some(name), Some(account)) = (name, account(reader, root, &view)) {
            accounts.insert(name, account);
        }
    }
    accounts
}

fn account(reader: &mut Reader, root: &Table, view: &View<'_>) -> Option<Account> {
    let app = app(reader, root, view);
    let platform = platform(reader, root, view);
    let paused = reader.switch(view, "paused").unwrap_or(false);
    let Some(platform) = platform else {
        check_foreign_keys(reader, view);
        smtp(reader, view);
        for key in ["access_token", "access_token_secret"] {
            sections::secret(reader, view, key);
        }
        return None;
    };
    let options = options(reader, view, platform);
    let (smtp, tokens) = match platform.login().kind(platform.facts(), &options) {
        LoginKind::Password => {
            no_tokens(reader, view, platform);
            (mail_server(reader, view, platform), None)
        }
        LoginKind::OAuth(_) => {
            no_tokens(reader, view, platform);
            browser_login(reader, view, platform);
            (None, None)
        }
        LoginKind::Tokens => {
            browser_login(reader, view, platform);
            (None, tokens(reader, view))
        }
    };
    Some(Account {
        platform: PlatformName::new(platform.name()).ok()?,
        app,
        smtp,
        tokens,
        options,
        paused,
    })
}

/// The app, when it is declared.
fn app(reader: &mut Reader, root: &Table, view: &View<'_>) -> Option<AppName> {
    let at = reader.text(view, "app", values::words)?;
    if !sections::declared(reader, root, &at.place, "app", &at.value, &view.title) {
        return None;
    }
    AppName::new(at.value).ok()
}

/// The platform that the account is for: its own word, and the app's; they must agree.
fn platform(reader: &mut Reader, root: &Table, view: &View<'_>) -> Option<&'static dyn Platform> {
    let own = reader.text(view, "platform", find_platform);
    let wrote = view.entry("platform").is_some();
    let app = view.peek("app");
    let of_app = app.and_then(|app| app_platform(root, app));
    match (own, of_app) {
        (Some(own), Some(other)) if own.value.name() != other.name() => {
            let message = format!(
                "{} is for {}, but its app {:?} is for {}",
                view.title,
                own.value.name(),
                app.unwrap_or_default(),
                other.name()
            );
            reader
                .error(&own.place, message)
                .help("take the line out: the platform follows from the app; or name another app");
            None
        }
        (Some(own), _) => Some(own.value),
        (None, of_app) if !wrote => {
            if of_app.is_none() && view.entry("app").is_none() {
                let help = "name the `app` that it connects through, or the `platform` when there is no app, as for \
                            mail";
                reader.absent(
                    &view.place,
                    format!("{} has neither `app` nor `platform`", view.title),
                    help,
                );
            }
            of_app
        }
        (None, _) => None,
    }
}

fn app_platform(root: &Table, app: &str) -> Option<&'static dyn Platform> {
    let Value::Table(table) = &named(root, "app")?.get(app)?.node.value else {
        return None;
    };
    platforms::by_name(peek(table, "platform")?)
}

/// Without a platform its own keys are not known: only what no platform has is noted.
fn check_foreign_keys(reader: &mut Reader, view: &View<'_>) {
    let any: Vec<&str> = platforms::ALL
        .iter()
        .flat_map(|p| p.options().iter().map(|o| o.key))
        .collect();
    reader.check_keys(view, &any);
}

/// The platform's own settings, as text.
fn options(reader: &mut Reader, view: &View<'_>, platform: &dyn Platform) -> BTreeMap<String, String> {
    let specs = platform.options();
    let known: Vec<&str> = specs.iter().map(|o| o.key).collect();
    reader.check_keys(view, &known);
    let mut options = BTreeMap::new();
    let mut unread: Vec<&str> = Vec::new();
    for spec in specs {
        let Some(entry) = view.entry(spec.key) else {
            if spec.required {
                unread.push(spec.key);
                let message = format!(
                    "{} has no `{}`, which {} needs",
                    view.title,
                    spec.key,
                    platform.title()
                );
                reader.absent(&view.place, message, format!("`{}` is {}", spec.key, spec.help));
            }
            continue;
        };
        let text = match &entry.node.value {
            Value::Text(text) => Some(text.clone()),
            Value::Number(Some(number)) => Some(number.to_string()),
            Value::Switch(on) => Some(on.to_string()),
            Value::Number(None) | Value::Float | Value::Time | Value::List(_) | Value::Table(_) => None,
        };
        if let Some(text) = text {
            options.insert(spec.key.to_owned(), text);
        } else {
            unread.push(spec.key);
            let words = entry.node.value.words();
            let message = format!(
                "`{}` in {} must be a text in quotes, not {words}",
                spec.key, view.title
            );
            reader
                .error(&entry.node.place, message)
                .help(format!("`{}` is {}", spec.key, spec.help));
        }
    }
    for (key, why) in platform.check_options(&options) {
        if !unread.contains(&key.as_str()) {
            let message = format!("`{key}` in {}: {why}", view.title);
            reader.error(view.place_of(&key), message);
        }
    }
    options
}

/// An account that a person connects with a browser: it has an app and no mail server.
fn browser_login(reader: &mut Reader, view: &View<'_>, platform: &dyn Platform) {
    if view.entry("app").is_none() {
        let message = format!(
            "{} has no `app`, and {} connects through one",
            view.title,
            platform.title()
        );
        let help = format!(
            "declare [app.NAME] with platform = \"{}\", and write app = \"NAME\" here",
            platform.name()
        );
        reader.absent(&view.place, message, help);
    }
    if let Some(entry) = view.entry("smtp") {
        let message = format!(
            "{} has `smtp`, but {} is not reached by mail",
            view.title,
            platform.title()
        );
        reader.error(&entry.key, message).help("take it out");
    }
}

/// An account that logs in with tokens from the vendor's console.
fn tokens(reader: &mut Reader, view: &View<'_>) -> Option<Tokens> {
    let mut one = |key: &str| {
        if view.entry(key).is_none() {
            let help = format!(
                "write {key} = {{ credential = \"NAME\" }}, {{ file = \"/PATH\" }} or {{ env = \"NAME\" }}"
            );
            reader.absent(
                &view.place,
                format!("{} has no `{key}`, and it logs in with one", view.title),
                help,
            );
        }
        sections::secret(reader, view, key)
    };
    let (access, secret) = (one("access_token"), one("access_token_secret"));
    Some(Tokens {
        access: access?,
        secret: secret?,
    })
}

/// Other accounts have none: a token there would lie unused.
fn no_tokens(reader: &mut Reader, view: &View<'_>, platform: &dyn Platform) {
    for key in ["access_token", "access_token_secret"] {
        // Whoever writes the token itself hears of that, and it is masked.
        sections::secret(reader, view, key);
        if let Some(entry) = view.entry(key) {
            let message = format!(
                "{} has `{key}`, but it does not log in to {} with one",
                view.title,
                platform.title()
            );
            reader.error(&entry.key, message).help("take it out");
        }
    }
}

/// An account that logs in with a password: it has a mail server and no app.
fn mail_server(reader: &mut Reader, view: &View<'_>, platform: &dyn Platform) -> Option<Smtp> {
    if let Some(entry) = view.entry("app") {
        let message = format!("{} has an `app`, but {} needs none", view.title, platform.title());
        reader.error(&entry.key, message).help("take it out");
    }
    if view.entry("smtp").is_none() {
        let message = format!("{} has no `smtp`, the server that sends its mail", view.title);
        let help = "write smtp = { host = \"smtp.example.org\", username = \"NAME\", password = { credential = \
                    \"smtp\" } }";
        reader.absent(&view.place, message, help);
    }
    smtp(reader, view)
}

fn smtp(reader: &mut Reader, account: &View<'_>) -> Option<Smtp> {
    let title = format!("`smtp` of {}", account.title);
    let view = reader.open(account.entry("smtp")?, title, keys::SMTP)?;
    reader.check_keys(&view, &[]);
    let host = reader.text(&view, "host", values::host);
    let port = port(reader, &view);
    let tls = tls(reader, &view, host.as_ref().map(|at| at.value.as_str()), port);
    let (username, password, auth) = login(reader, &view);
    let helo_name = reader.text(&view, "helo_name", values::host).map(|at| at.value);
    Some(Smtp {
        host: host?.value,
        port: port.unwrap_or(default_port(tls)),
        tls,
        username,
        password,
        auth,
        helo_name,
    })
}

fn default_port(tls: SmtpTls) -> u16 {
    match tls {
        SmtpTls::Implicit => 465,
        SmtpTls::Starttls => 587,
        SmtpTls::None => 25,
    }
}

fn port(reader: &mut Reader, view: &View<'_>) -> Option<u16> {
    let at = reader.number(view, "port")?;
    let port = u16::try_from(at.value).ok().filter(|n| *n > 0);
    if port.is_none() {
        let message = format!("`port` in {}: {} is no port", view.title, at.value);
        reader
            .error(&at.place, message)
            .help("ports are 1 to 65535; mail is handed in on 587 or 465");
    }
    port
}

/// How the connection is protected; 465 means implicit TLS when nothing is written.
fn tls(reader: &mut Reader, view: &View<'_>, host: Option<&str>, port: Option<u16>) -> SmtpTls {
    let word = reader.text(view, "tls", |text| values::choice(text, keys::SMTP_TLS));
    let Some(at) = word else {
        return if port == Some(465) {
            SmtpTls::Implicit
        } else {
            SmtpTls::Starttls
        };
    };
    let tls = match at.value {
        "implicit" => SmtpTls::Implicit,
        "none" => SmtpTls::None,
        _ => SmtpTls::Starttls,
    };
    match (tls, port) {
        (SmtpTls::None, _) if host.is_some_and(|h| !values::is_local_host(h)) => {
            let message = format!(
                "`tls` in {}: mail and password would cross the network in clear",
                view.title
            );
            reader
                .error(&at.place, message)
                .help("write \"starttls\" or \"implicit\"; \"none\" is for a server on this machine");
        }
        (SmtpTls::Starttls, Some(465)) => {
            reader
                .warning(&at.place, "servers expect TLS from the first byte on port 465")
                .help("write tls = \"implicit\", or port = 587");
        }
        (SmtpTls::Implicit, Some(25 | 587)) => {
            reader
                .warning(&at.place, "servers begin without TLS on ports 25 and 587")
                .help("write tls = \"starttls\", or port = 465");
        }
        (SmtpTls::None | SmtpTls::Starttls | SmtpTls::Implicit, _) => {}
    }
    tls
}

/// User, password and mechanism: all or none.
fn login(
    reader: &mut Reader,
    view: &View<'_>,
) -> (Option<String>, Option<super::settings::SecretSource>, SmtpAuth) {
    let username = reader.text(view, "username", values::words);
    let password = sections::secret(reader, view, "password");
    let auth = reader.text(view, "auth", |text| values::choice(text, keys::SMTP_AUTH));
    let (has_user, has_password) = (view.entry("username").is_some(), view.entry("password").is_some());
    if has_user && !has_password {
        let help = "write password = { credential = \"NAME\" }, { file = \"/PATH\" } or { env = \"NAME\" }";
        reader.absent(
            view.place_of("username"),
            format!("{} has a `username` and no `password`", view.title),
            help,
        );
    }
    if !has_user && (has_password || view.entry("auth").is_some()) {
        let key = if has_password { "password" } else { "auth" };
        let place = view.entry(key).map_or(&view.place, |entry| &entry.key).clone();
        let message = format!("{} has `{key}` and no `username`", view.title);
        reader.absent(
            &place,
            message,
            "write username = \"NAME\"; without one crier does not log in",
        );
    }
    let auth = match auth.map(|at| at.value) {
        Some("plain") => SmtpAuth::Plain,
        Some("login") => SmtpAuth::Login,
        Some("xoauth2") => SmtpAuth::Xoauth2,
        Some(_) | None => SmtpAuth::Auto,
    };
    (username.map(|at| at.value), password, auth)
}
