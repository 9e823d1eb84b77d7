//! Whether platforms that fetch files can reach them: some take no bytes, only an address on crier's callback endpoint.

// To read addresses with; nothing is opened.
use ::core::net::IpAddr;

use super::platform::{Platform, Standing};
use crate::domain::post::Content;

/// Where crier can be reached from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach<'a> {
    /// `[callback] public_url`.
    pub public_url: Option<&'a str>,
    /// Whether the vendor itself fetches. What stands in for it at another address may be on this machine.
    pub vendor: bool,
}

/// Why the platform could not fetch a file of this content, and what to do; `None`: it can, or has none to fetch.
pub fn unreachable(
    platform: &dyn Platform,
    account: &Standing<'_>,
    content: &Content,
    reach: Reach<'_>,
) -> Option<String> {
    let what = platform.fetches(content, account)?;
    let title = platform.title();
    let Some(url) = reach.public_url else {
        return Some(format!(
            "{title} fetches {what} from crier, and the config has no `[callback]`: give it one with a `public_url` that {title} reaches"
        ));
    };
    if !reach.vendor {
        return None;
    }
    let why = if is_local(url) {
        "which nobody outside reaches"
    } else {
        platform.cannot_fetch_from(url)?
    };
    Some(format!(
        "{title} fetches {what} from `[callback] public_url`, {url}, {why}: it must be an https address with a name in the DNS, such as https://post.example.org"
    ))
}

/// The host of an address: `post.example.org`, `127.0.0.1`, `::1`.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// This machine, or a network that nobody outside sees.
fn is_local(url: &str) -> bool {
    let host = host(url);
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local() || ip.is_unique_local(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Whether an address is one of https, at a name and not at a number.
pub fn is_named_https(url: &str) -> bool {
    url.starts_with("https://") && host(url).parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_networks() {
        for (url, name, local, named) in [
            ("https://post.example.org", "post.example.org", false, true),
            (
                "https://post.example.org:8443/x?y",
                "post.example.org",
                false,
                true,
            ),
            ("http://post.example.org", "post.example.org", false, false),
            ("https://192.0.2.7/x", "192.0.2.7", false, false),
            ("http://127.0.0.1:8765", "127.0.0.1", true, false),
            ("https://localhost/", "localhost", true, true),
            ("https://10.1.2.3", "10.1.2.3", true, false),
            ("http://[::1]:8765", "::1", true, false),
            ("https://[2001:db8::1]", "2001:db8::1", false, false),
        ] {
            assert_eq!(
                (host(url), is_local(url), is_named_https(url)),
                (name, local, named),
                "{url}"
            );
        }
    }
}
