//! Whom a request over TCP is for: `/{platform}/{role}/...`, where the role is the config key of one of the
//! vendor's hosts (`api_base`, `auth_base`, `upload_base`). What has no such beginning is for the vendor at the root.

use crate::sandbox::exchange::{Exchange, SandboxReply, SandboxRequest};

/// A role ends so, as all such config keys do.
const ROLE_END: &str = "_base";

/// A vendor's host, found in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The platform's name.
    pub platform: String,
    /// What stood before the vendor's own path: `/x/api_base`, or nothing.
    pub prefix: String,
}

impl Address {
    /// Takes the prefix off a request: afterwards it has the path and the role that the model knows. What has no
    /// prefix is for the vendor named `root`, and has no role.
    pub fn take(req: &mut SandboxRequest, root: &str) -> Self {
        let Some((platform, role, rest)) = split(&req.path) else {
            return Self {
                platform: root.to_owned(),
                prefix: String::new(),
            };
        };
        let found = Self {
            platform: platform.to_owned(),
            prefix: format!("/{platform}/{role}"),
        };
        let (role, rest) = (role.to_owned(), rest.to_owned());
        req.host_role = role;
        req.path = rest;
        found
    }

    /// Makes the answer's redirects, links and forms lead back to the same host.
    #[must_use]
    pub fn behind(&self, exchange: Exchange) -> Exchange {
        if self.prefix.is_empty() {
            return exchange;
        }
        match exchange {
            Exchange::Reply(reply) => Exchange::Reply(self.moved(reply)),
            Exchange::Truncated { reply, sent } => Exchange::Truncated {
                reply: self.moved(reply),
                sent,
            },
            Exchange::Dropped { applied } => Exchange::Dropped { applied },
            Exchange::Hang { applied } => Exchange::Hang { applied },
        }
    }

    fn moved(&self, mut reply: SandboxReply) -> SandboxReply {
        for (name, value) in &mut reply.headers {
            if name.eq_ignore_ascii_case("location") && own_path(value) {
                value.insert_str(0, &self.prefix);
            }
        }
        let html = reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        if html && let Ok(page) = std::str::from_utf8(&reply.body) {
            reply.body = self.page(page).into_bytes();
        }
        reply
    }

    /// A page with the prefix before each address that begins with a single slash.
    fn page(&self, page: &str) -> String {
        let mut out = String::with_capacity(page.len() + 64);
        let mut rest = page;
        while let Some(at) = ["action=\"/", "href=\"/", "src=\"/"]
            .iter()
            .filter_map(|mark| rest.find(mark).map(|at| at + mark.len() - 1))
            .min()
        {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if own_path(rest) {
                out.push_str(&self.prefix);
            }
            out.push('/');
            rest = &rest[1..];
        }
        out.push_str(rest);
        out
    }
}

/// Whether an address is a path of the same host: `/a`, not `//host/a`.
fn own_path(address: &str) -> bool {
    address.starts_with('/') && !address.starts_with("//")
}

/// Platform, role and rest of a path with a prefix.
fn split(path: &str) -> Option<(&str, &str, &str)> {
    let (platform, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (role, rest) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, "/"),
    };
    let name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    (name(platform) && name(role) && role.ends_with(ROLE_END)).then_some((platform, role, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_taken_off_and_put_back() {
        let mut req = SandboxRequest::new("GET", "/x/auth_base/i/oauth2/authorize?state=1");
        let address = Address::take(&mut req, "threads");
        assert_eq!(
            (address.platform.as_str(), address.prefix.as_str()),
            ("x", "/x/auth_base")
        );
        assert_eq!(
            (req.host_role.as_str(), req.path.as_str()),
            ("auth_base", "/i/oauth2/authorize")
        );
        let page = "<form action=\"/i/go\"><a href=\"//else/where\"><img src=\"/a\"><a href=\"https://b/c\">";
        let Exchange::Reply(reply) =
            address.behind(Exchange::Reply(SandboxReply::html(200, page.to_owned())))
        else {
            panic!()
        };
        assert_eq!(
            String::from_utf8(reply.body).unwrap(),
            "<form action=\"/x/auth_base/i/go\"><a href=\"//else/where\"><img src=\"/x/auth_base/a\"><a href=\"https://b/c\">"
        );
        for (to, leads) in [
            ("/next", "/x/auth_base/next"),
            ("http://127.0.0.1/cb", "http://127.0.0.1/cb"),
        ] {
            let Exchange::Reply(reply) = address.behind(Exchange::Reply(SandboxReply::redirect(to))) else {
                panic!()
            };
            assert_eq!(reply.header("location"), Some(leads));
        }
    }

    #[test]
    fn bare_paths_are_for_the_vendor_at_the_root() {
        for path in [
            "/v1.0/me",
            "/oauth/authorize",
            "/",
            "/x/ada/status/1",
            "/X/api_base/a",
        ] {
            let mut req = SandboxRequest::new("GET", path);
            assert_eq!(Address::take(&mut req, "threads").platform, "threads", "{path}");
            assert_eq!(req.path, path);
        }
        let mut req = SandboxRequest::new("GET", "/threads/api_base");
        assert_eq!(
            (
                Address::take(&mut req, "threads").platform.as_str(),
                req.path.as_str()
            ),
            ("threads", "/")
        );
    }
}
