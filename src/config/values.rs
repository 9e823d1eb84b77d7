//! Single values: what people write, parsed, or a sentence that says how to write it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use url::{Host, Url};

use super::reader::{Fault, short};
use super::settings::Principal;
use crate::core::diagnose::nearest;
use crate::core::schedule;
use crate::domain::time::Span;

/// The longest path of a Unix socket, in bytes (`sun_path` without its end).
const SOCKET_MAX: usize = 107;

/// Any text that is not empty and has no control characters.
pub(super) fn words(text: &str) -> Result<String, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new("it is empty").help("write a value, or take the line out"));
    }
    if text.chars().any(char::is_control) {
        return Err(
            Fault::new("it has a line break or another control character").help("write it on one line")
        );
    }
    Ok(text.trim().to_owned())
}

/// An amount of money in this currency, in thousandths: `20 USD`, `7.50 USD`.
pub(super) fn money(text: &str, unit: &str) -> Result<i64, Fault> {
    let wrong = || {
        Fault::new(format!("{:?} is no amount of money", short(text))).help(format!(
            "write an amount such as \"20 {unit}\" or \"7.50 {unit}\""
        ))
    };
    let (number, given) = text.trim().split_once(' ').ok_or_else(wrong)?;
    if !given.trim().eq_ignore_ascii_case(unit) {
        return Err(wrong());
    }
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) || rest.len() > 3 {
        return Err(wrong());
    }
    let thousandths: i64 = format!("{rest:0<3}").parse().map_err(|_| wrong())?;
    let whole: i64 = whole.parse().map_err(|_| wrong())?;
    let sum = whole.checked_mul(1000).and_then(|n| n.checked_add(thousandths));
    // The ledger counts in 32 bits.
    sum.filter(|n| u32::try_from(*n).is_ok()).ok_or_else(wrong)
}

/// A path from the root.
pub(super) fn path(text: &str) -> Result<PathBuf, Fault> {
    let text = words(text)?;
    if text.starts_with('~') {
        return Err(Fault::new(format!("{text:?}: `~` is known to shells only"))
            .help("write the whole path from the root, such as \"/srv/crier\""));
    }
    if !text.starts_with('/') {
        return Err(Fault::new(format!("{text:?} does not begin with a slash"))
            .help("write the whole path from the root: a daemon has no directory of its own to start from"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(Fault::new(format!("{text:?} has `..` in it")).help("write the path that it leads to"));
    }
    Ok(PathBuf::from(text))
}

/// Path of a Unix socket.
pub(super) fn socket(text: &str) -> Result<PathBuf, Fault> {
    let path = path(text)?;
    if path.as_os_str().len() > SOCKET_MAX {
        let length = path.as_os_str().len();
        return Err(Fault::new(format!(
            "the path has {length} bytes; Unix sockets have at most {SOCKET_MAX}"
        ))
        .help("choose a shorter one, such as \"/run/crier/admin.sock\""));
    }
    Ok(path)
}

/// An IANA zone, by its proper name.
pub(super) fn zone(text: &str) -> Result<String, Fault> {
    match schedule::zone(text) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(text).to_owned()),
        Err(why) => Err(near_zone(text).map_or_else(
            || Fault::new(why.clone()),
            |zone| Fault::new(why.clone()).label(format!("did you mean \"{zone}\"?")),
        )),
    }
}

/// The nearest zone, also when only its city was written.
fn near_zone(text: &str) -> Option<String> {
    let all: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let wanted = text.replace(' ', "_");
    nearest(&wanted, all.iter().map(String::as_str))
        .map(str::to_owned)
        .or_else(|| {
            all.iter()
                .find(|name| city(name) == wanted.to_ascii_lowercase())
                .cloned()
        })
}

/// A length of time.
pub(super) fn duration(text: &str) -> Result<Span, Fault> {
    schedule::parse_span(text).map_err(Fault::new)
}

/// A cron pattern that some time comes.
pub(super) fn slot(text: &str) -> Result<String, Fault> {
    schedule::check_slot(text).map_err(Fault::new)?;
    Ok(text.trim().to_owned())
}

/// One of a few words.
pub(super) fn choice(text: &str, known: &'static [&'static str]) -> Result<&'static str, Fault> {
    if let Some(word) = known.iter().find(|word| **word == text) {
        return Ok(word);
    }
    let quoted: Vec<String> = known.iter().map(|word| format!("\"{word}\"")).collect();
    let fault = Fault::new(format!("{:?} is none of {}", short(text), quoted.join(", ")));
    Err(match nearest(text, known.iter().copied()) {
        Some(word) => fault.label(format!("did you mean \"{word}\"?")),
        None => fault,
    })
}

/// `user:NAME` or `group:NAME`.
pub(super) fn principal(text: &str) -> Result<Principal, Fault> {
    let bare = |name: &str| {
        !name.is_empty()
            && name.len() <= 256
            && !name
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, ':' | '/' | ','))
    };
    match text.split_once(':') {
        Some(("user", name)) if bare(name) => Ok(Principal::User(name.to_owned())),
        Some(("group", name)) if bare(name) => Ok(Principal::Group(name.to_owned())),
        Some(_) => Err(Fault::new(format!(
            "{:?} is neither \"user:NAME\" nor \"group:NAME\"",
            short(text)
        ))
        .help("NAME is a user or group of this machine")),
        None => Err(Fault::new(format!(
            "{:?} does not say whether it is a user or a group",
            short(text)
        ))
        .help(format!("write \"group:{0}\" or \"user:{0}\"", short(text)))),
    }
}

/// An address and port to listen on.
pub(super) fn listen(text: &str) -> Result<SocketAddr, Fault> {
    let text = words(text)?;
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text
        .rsplit_once(':')
        .map(|(_, port)| port)
        .filter(|port| !port.is_empty());
    let help = match (port, text.split(':').next()) {
        (None, _) => "write an address and a port, as in \"127.0.0.1:8765\" or \"[::1]:8765\"".to_owned(),
        (Some(port), _) if port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_err() => {
            "ports are 1 to 65535".to_owned()
        }
        (Some(port), Some("localhost" | "")) if port.parse::<u16>().is_ok() => {
            format!("write the address itself: \"127.0.0.1:{port}\"")
        }
        (Some(_), _) => "write the address itself, as in \"127.0.0.1:8765\" or \"[::1]:8765\"".to_owned(),
    };
    Err(Fault::new(format!("{:?} is no address with a port", short(&text))).help(help))
}

/// A base URL of a vendor or of ourselves: `https`, or `http` to this machine; no slash at its end.
pub(super) fn base_url(text: &str) -> Result<String, Fault> {
    let url = url(text)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(Fault::new(
                "plain http is for this machine only: tokens and posts would be readable on the way",
            )
            .help("write https, or an address such as http://127.0.0.1:8080"));
        }
        other => {
            return Err(Fault::new(format!("{other:?} is not a way to reach it"))
                .help("write a URL that begins with https://"));
        }
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Fault::new("it has a query or fragment").help("leave out everything from `?` or `#` on"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The URL of a proxy.
pub(super) fn proxy(text: &str) -> Result<String, Fault> {
    let url = url(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(
            Fault::new(format!("proxies of the kind {:?} are not known", url.scheme()))
                .help("write http://HOST:PORT or https://HOST:PORT"),
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn url(text: &str) -> Result<Url, Fault> {
    let text = words(text)?;
    let whole = format!("https://{text}");
    let guess = !text.contains("//") && !text.contains('@') && Url::parse(&whole).is_ok();
    let example = if guess {
        format!("write \"{whole}\"")
    } else {
        "write it as \"https://post.example.org\"".to_owned()
    };
    // The text is not repeated: a broken URL may hold a password.
    let url =
        Url::parse(&text).map_err(|e| Fault::new(format!("it is no URL ({e})")).help(example.clone()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            Fault::new("it has a user or password in it, and secrets do not belong into the config")
                .help("leave out everything between `//` and `@`"),
        );
    }
    if url.host().is_none() {
        return Err(Fault::new("it has no host").help(example));
    }
    Ok(url)
}

/// Whether a URL stays on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => is_local_name(name),
        None => false,
    }
}

/// Whether a host's name or address is this machine.
pub(super) fn is_local_host(host: &str) -> bool {
    host.trim_matches(['[', ']'])
        .parse::<IpAddr>()
        .map_or_else(|_| is_local_name(host), |ip| ip.is_loopback())
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// A host's name or address, alone.
pub(super) fn host(text: &str) -> Result<String, Fault> {
    let text = words(text)?;
    if let Some((_, rest)) = text.split_once("://") {
        let name: String = rest.chars().take_while(|c| !matches!(c, ':' | '/')).collect();
        return Err(Fault::new("it is a URL").help(format!("write the host alone: \"{}\"", short(&name))));
    }
    if text.parse::<IpAddr>().is_ok() {
        return Ok(text);
    }
    if let Some((name, port)) = text.rsplit_once(':') {
        return Err(Fault::new("it has a port in it").help(format!(
            "write host = {:?}, port = {}",
            short(name),
            short(port)
        )));
    }
    match Host::parse(&text) {
        Ok(Host::Domain(_)) if !text.contains('*') => Ok(text),
        Ok(_) | Err(_) => Err(Fault::new(format!("{:?} is no name of a host", short(&text)))
            .help("write a name such as \"smtp.example.org\"")),
    }
}

/// The name of a systemd credential: a file's name.
pub(super) fn credential(text: &str) -> Result<String, Fault> {
    let text = words(text)?;
    let fine = text.len() <= 255
        && text != "."
        && text != ".."
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b':'));
    if fine {
        return Ok(text);
    }
    let fault = Fault::new("it is no name of a credential");
    if text.starts_with('/') {
        return Err(fault.help(format!("for a file write {{ file = {:?} }}", short(&text))));
    }
    Err(fault
        .help("write the name that stands in LoadCredential=NAME:PATH: letters, digits, `.`, `-` and `_`"))
}

/// The name of an environment variable.
pub(super) fn env_name(text: &str) -> Result<String, Fault> {
    let text = words(text)?;
    let bare = text.trim_start_matches('$').trim_matches(['{', '}']);
    let fine = |name: &str| {
        name.bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    if fine(&text) {
        return Ok(text);
    }
    let fault = Fault::new("it is no name of an environment variable");
    Err(if bare != text && fine(bare) {
        fault.help(format!("leave out the dollar: \"{bare}\""))
    } else {
        fault.help("write its name alone: letters, digits and `_`")
    })
}
