//! Browsers can be talked into calling local sockets through proxies: whatever a web page could have sent
//! is refused, however the socket was reached.

use axum::extract::Request;
use http::header::{HOST, HeaderMap, ORIGIN};

use super::types::{Problem, ProblemKind};

/// Host names that stand for this socket.
const HOSTS: [&str; 4] = ["localhost", "crier", "crierd", "local-crierd.sock"];

/// Refuses requests that carry an `Origin` or a foreign `Host`.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    if headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site") {
        return Err(Problem::new(
            ProblemKind::ForeignOrigin,
            "This request comes from a web page (it carries an Origin).",
        )
        .help(
            "The admin socket serves programs on this machine only: use `crierctl` or `curl --unix-socket`.",
        ));
    }
    let foreign = request
        .uri()
        .host()
        .filter(|host| !known(host))
        .map(str::to_owned)
        .or_else(|| foreign_host(headers));
    match foreign {
        None => Ok(()),
        Some(host) => Err(Problem::new(
            ProblemKind::ForeignOrigin,
            format!("This socket is not the host {host:?}."),
        )
        .help("Use http://localhost/ as in `curl --unix-socket /run/crier/admin.sock http://localhost/v1/status`.")),
    }
}

fn foreign_host(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(HOST)
        .iter()
        .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned())
        .find(|host| !known(host))
}

fn known(host: &str) -> bool {
    let name = host.split_once(':').map_or(host, |(name, _port)| name);
    name.is_empty() || HOSTS.contains(&name)
}
