//! The sections that there is one of, apps, and what all of them need: secrets and names.

use std::collections::BTreeMap;

use super::keys::{self, Section};
use super::reader::{self, Fault, Reader, View, short};
use super::settings::{Admin, App, Callback, Daemon, Http, MediaTools, SecretSource};
use super::tree::{Entry, Place, Table, Value};
use super::values;
use crate::core::diagnose::nearest;
use crate::core::platform::Platform;
use crate::domain::id::{AppName, BadName, PlatformName};
use crate::platforms;

/// Notes sections that do not exist.
pub(super) fn unknown(reader: &mut Reader, root: &Table) {
    for (name, entry) in root {
        // Below a broken header keys seem to stand alone.
        let astray = reader.incomplete && nearest(name, keys::SECTIONS.iter().map(|s| s.name)).is_none();
        if keys::section(name).is_some() || astray {
            continue;
        }
        let found = reader.error(&entry.key, format!("unknown section [{}]", short(name)));
        if let Some(why) = keys::later(name) {
            found.message = format!("[{name}] cannot be used yet");
            found.help(why);
            continue;
        }
        let known = keys::SECTIONS.iter().map(|s| s.name);
        let home = keys::SECTIONS
            .iter()
            .find(|s| s.keys.iter().any(|k| k.name == name));
        let is_table = matches!(entry.node.value, Value::Table(_));
        match (nearest(name, known), home) {
            (_, Some(home)) if !is_table => {
                let header = if home.named {
                    format!("{}.NAME", home.name)
                } else {
                    home.name.to_owned()
                };
                found.message = format!("`{name}` stands outside of every section");
                found.label(format!("put it below a line [{header}]"));
            }
            (Some(meant), _) => {
                let named = keys::section(meant).is_some_and(|s| s.named);
                let shown = if named {
                    format!("[{meant}.NAME]")
                } else {
                    format!("[{meant}]")
                };
                found.label(format!("did you mean {shown}?"));
            }
            (None, _) => {
                let all: Vec<&str> = keys::SECTIONS.iter().map(|s| s.name).collect();
                found.help(format!("the sections are: {}", all.join(", ")));
            }
        }
    }
}

/// Opens a section that there is one of.
fn single<'a>(reader: &mut Reader, root: &'a Table, name: &'static str) -> Option<View<'a>> {
    let section: &'static Section = keys::section(name)?;
    let view = reader.open(root.get(name)?, format!("[{name}]"), section.keys)?;
    reader.check_keys(&view, &[]);
    Some(view)
}

/// The named tables of a section, each with its entry; notes those that are none.
pub(super) fn named<'a>(reader: &mut Reader, root: &'a Table, name: &str) -> Vec<(&'a str, &'a Entry)> {
    let Some(entry) = root.get(name) else {
        return Vec::new();
    };
    let Value::Table(table) = &entry.node.value else {
        let message = format!("[{name}] must be a table, not {}", entry.node.value.words());
        reader
            .error(&entry.node.place, message)
            .help(format!("begin it with a line [{name}.NAME]"));
        return Vec::new();
    };
    let mut all = Vec::new();
    for (inner, entry) in table {
        if matches!(entry.node.value, Value::Table(_)) {
            all.push((inner.as_str(), entry));
        } else {
            let found = reader.error(
                &entry.key,
                format!(
                    "`{}` stands in [{name}], which has no keys of its own",
                    short(inner)
                ),
            );
            found.help(format!("give the table a name: [{name}.NAME]"));
        }
    }
    all
}

/// A name in a header.
pub(super) fn name<T>(
    reader: &mut Reader,
    entry: &Entry,
    written: &str,
    parse: impl Fn(String) -> Result<T, BadName>,
) -> Option<T> {
    let bad = match parse(written.to_owned()) {
        Ok(name) => return Some(name),
        Err(bad) => bad,
    };
    let better = tidy_name(written);
    let fits = parse(better.clone()).is_ok();
    let found = reader.error(&entry.key, bad.0);
    if fits {
        found.help(format!("write `{better}`"));
    } else {
        found.help("choose a short name such as `club`");
    }
    None
}

/// A name made of what can stay of a bad one.
fn tidy_name(written: &str) -> String {
    let plain: String = written
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
                c
            } else {
                '-'
            }
        })
        .collect();
    plain.trim_matches(['-', '.', '_']).to_owned()
}

/// `[daemon]`
pub(super) fn daemon(reader: &mut Reader, root: &Table) -> Daemon {
    let default = Daemon::default();
    let Some(view) = single(reader, root, "daemon") else {
        return default;
    };
    let spool = reader.text(&view, "spool", values::path);
    let state = reader.text(&view, "state", values::path);
    let daemon = Daemon {
        spool: spool.map_or(default.spool, |at| at.value),
        state: state.map_or(default.state, |at| at.value),
        timezone: reader
            .text(&view, "timezone", values::zone)
            .map_or(default.timezone, |at| at.value),
        key_file: reader.text(&view, "key_file", values::path).map(|at| at.value),
    };
    apart(reader, &view, &daemon);
    daemon
}

/// People drop files into the spool: neither the database nor the key may lie in their reach.
fn apart(reader: &mut Reader, view: &View<'_>, daemon: &Daemon) {
    let (spool, state) = (&daemon.spool, &daemon.state);
    if spool.starts_with(state) || state.starts_with(spool) {
        let place = if view.entry("state").is_some() {
            "state"
        } else {
            "spool"
        };
        let message = format!(
            "the spool {} and the state {} lie in one another",
            spool.display(),
            state.display()
        );
        reader
            .error(view.place_of(place), message)
            .help("people write into the spool: give each its own directory");
    }
    if let Some(key) = daemon.key_file.as_ref().filter(|key| key.starts_with(spool)) {
        let message = format!("the key {} lies in the spool", key.display());
        reader
            .error(view.place_of("key_file"), message)
            .help("people write into the spool: keep the key elsewhere, such as \"/etc/crier/crier.key\"");
    }
}

/// `[admin]`
pub(super) fn admin(reader: &mut Reader, root: &Table) -> Admin {
    let default = Admin::default();
    let Some(view) = single(reader, root, "admin") else {
        return default;
    };
    let mut people = |key| {
        let list = reader.list(&view, key, values::principal).unwrap_or_default();
        list.into_iter().map(|at| at.value).collect()
    };
    let (viewers, operators) = (people("viewers"), people("operators"));
    Admin {
        socket: reader
            .text(&view, "socket", values::socket)
            .map_or(default.socket, |at| at.value),
        viewers,
        operators,
    }
}

/// `[callback]`
pub(super) fn callback(reader: &mut Reader, root: &Table) -> Option<Callback> {
    let view = single(reader, root, "callback")?;
    let listen = reader.text(&view, "listen", values::listen);
    let public_url = reader.text(&view, "public_url", values::base_url);
    if let Some(open) = listen.as_ref().filter(|at| !at.value.ip().is_loopback()) {
        reader
            .warning(
                &open.place,
                "the callback endpoint speaks plain http and is open to the network",
            )
            .help("let it listen on 127.0.0.1 or [::1], and put nginx or Caddy with TLS before it");
    }
    Some(Callback {
        listen: listen?.value,
        public_url: public_url?.value,
    })
}

/// `[media]`
pub(super) fn media(reader: &mut Reader, root: &Table) -> MediaTools {
    let Some(view) = single(reader, root, "media") else {
        return MediaTools::default();
    };
    MediaTools {
        ffmpeg: reader.text(&view, "ffmpeg", values::path).map(|at| at.value),
        heif_convert: reader
            .text(&view, "heif_convert", values::path)
            .map(|at| at.value),
    }
}

/// `[http]`
pub(super) fn http(reader: &mut Reader, root: &Table) -> Http {
    let Some(view) = single(reader, root, "http") else {
        return Http::default();
    };
    let proxy = reader.text(&view, "proxy", values::proxy);
    let ca_file = reader.text(&view, "ca_file", values::path);
    if let Some(at) = &ca_file {
        let problem = match std::fs::metadata(&at.value) {
            Ok(meta) if meta.is_file() => None,
            Ok(_) => Some("it is not a file".to_owned()),
            Err(e) => Some(format!("it cannot be read: {e}")),
        };
        if let Some(problem) = problem {
            reader.fault(&at.place, &view, "ca_file", Fault::new(problem));
        }
    }
    Http {
        proxy: proxy.map(|at| at.value),
        ca_file: ca_file.map(|at| at.value),
    }
}

/// All `[app.NAME]`
pub(super) fn apps(reader: &mut Reader, root: &Table) -> BTreeMap<AppName, App> {
    let mut apps = BTreeMap::new();
    for (written, entry) in named(reader, root, "app") {
        let name = name(reader, entry, written, AppName::new);
        let title = format!("[app.{}]", short(written));
        let Some(view) = reader.open(entry, title, app_keys(entry)) else {
            continue;
        };
        reader.check_keys(&view, &[]);
        let platform = reader.text(&view, "platform", platform_name);
        let client_id = reader.text(&view, "client_id", values::words);
        let client_secret = secret(reader, &view, "client_secret");
        let public = view.keys.iter().all(|k| k.name != "client_secret" || !k.required);
        let secret_read = client_secret.is_some() || (public && view.entry("client_secret").is_none());
        if let (Some(name), Some(platform), Some(client_id), true) = (name, platform, client_id, secret_read)
        {
            let (platform, client_id) = (platform.value, client_id.value);
            apps.insert(
                name,
                App {
                    platform,
                    client_id,
                    client_secret,
                },
            );
        }
    }
    apps
}

/// The keys of an app: only some platforms know apps without a secret.
fn app_keys(entry: &Entry) -> &'static [keys::Key] {
    let platform = match &entry.node.value {
        Value::Table(table) => reader::peek(table, "platform").and_then(platforms::by_name),
        Value::Text(_)
        | Value::Number(_)
        | Value::Switch(_)
        | Value::Float
        | Value::Time
        | Value::List(_) => None,
    };
    if platform.is_some_and(|p| p.login().public_apps()) {
        keys::PUBLIC_APP
    } else {
        keys::APP
    }
}

/// The name of a platform that there is.
pub(super) fn platform_name(text: &str) -> Result<PlatformName, Fault> {
    find_platform(text)?;
    PlatformName::new(text).map_err(|bad| Fault::new(bad.0))
}

/// The platform of this name, or the fault that says which there are.
pub(super) fn find_platform(text: &str) -> Result<&'static dyn Platform, Fault> {
    if let Some(platform) = platforms::by_name(text) {
        return Ok(platform);
    }
    let all: Vec<&str> = platforms::ALL.iter().map(|p| p.name()).collect();
    let fault = Fault::new(format!("there is no platform {:?}", short(text)));
    Err(match nearest(&text.to_lowercase(), all.iter().copied()) {
        Some(meant) => fault.label(format!("did you mean \"{meant}\"?")),
        None => fault.help(format!("the platforms of this version are: {}", all.join(", "))),
    })
}

/// A key whose value says where a secret lies. What is written instead of a place is masked.
pub(super) fn secret(reader: &mut Reader, view: &View<'_>, key: &str) -> Option<SecretSource> {
    let entry = view.entry(key)?;
    let help =
        format!("write {key} = {{ credential = \"NAME\" }}, {{ file = \"/PATH\" }} or {{ env = \"NAME\" }}");
    let Value::Table(table) = &entry.node.value else {
        reader.masks.push(entry.node.place.clone());
        let message = format!(
            "`{key}` in {} holds the secret itself; the config only says where it lies",
            view.title
        );
        reader.error(&entry.key, message).help(format!(
            "{help}, and change the secret if others could read this file"
        ));
        return None;
    };
    let mut strange = false;
    for (name, inner) in table {
        if !keys::SECRET.iter().any(|k| k.name == name) {
            reader.masks.push(inner.node.place.clone());
            strange = true;
        }
    }
    let title = format!("`{key}` of {}", view.title);
    let inner = reader.open(entry, title, keys::SECRET)?;
    reader.check_keys(&inner, &[]);
    let written: Vec<&str> = keys::SECRET
        .iter()
        .map(|k| k.name)
        .filter(|k| inner.entry(k).is_some())
        .collect();
    match written.as_slice() {
        ["credential"] => reader
            .text(&inner, "credential", values::credential)
            .map(|at| SecretSource::Credential(at.value)),
        ["file"] => reader
            .text(&inner, "file", values::path)
            .map(|at| SecretSource::File(at.value)),
        ["env"] => reader
            .text(&inner, "env", values::env_name)
            .map(|at| SecretSource::Env(at.value)),
        [] if strange => None,
        [] => {
            reader.absent(
                &entry.key,
                format!("{} does not say where it lies", inner.title),
                help,
            );
            None
        }
        _ => {
            let message = format!("{} names {} places; one is needed", inner.title, written.len());
            reader.error(&entry.key, message).help(help);
            None
        }
    }
}

/// Beyond this many problems no nearest names are looked for: nobody reads them, and they take time.
const HINTS_MAX: usize = 200;

/// Whether `text` is a table of the section `what`; notes it with the nearest one when it is not.
pub(super) fn declared(
    reader: &mut Reader,
    root: &Table,
    place: &Place,
    what: &str,
    text: &str,
    user: &str,
) -> bool {
    let known = reader::named(root, what);
    if known.is_some_and(|table| table.contains_key(text)) {
        return true;
    }
    if reader.incomplete {
        return false;
    }
    let names = || known.into_iter().flat_map(Table::keys).map(String::as_str);
    let near = (reader.found.len() < HINTS_MAX)
        .then(|| nearest(text, names()))
        .flatten();
    let some: Vec<&str> = names().take(12).collect();
    let text = short(text);
    let found = reader.error(
        place,
        format!("{user} names {what} {text:?}, which is nowhere declared"),
    );
    match near {
        Some(name) => found.label(format!("did you mean \"{name}\"?")),
        None if some.is_empty() => found.help(format!("declare it: [{what}.{text}]")),
        None => found.help(format!(
            "declare it as [{what}.{text}], or name one of: {}",
            some.join(", ")
        )),
    };
    false
}
