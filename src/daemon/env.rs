//! The one owner of the environment: read once at start, passed on as a value.
//!
//! What systemd tells a service comes this way (`systemd.exec(5)`, `sd_notify(3)`, `sd_listen_fds(3)`), and
//! so do secrets that the config asks for with `{ env = "..." }`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// What the environment said at start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env {
    /// `CREDENTIALS_DIRECTORY`: where `{ credential = "..." }` and the key are found.
    pub credentials: Option<PathBuf>,
    /// `STATE_DIRECTORY`: may hold several; the first is used.
    pub state: Vec<PathBuf>,
    /// `RUNTIME_DIRECTORY`.
    pub runtime: Vec<PathBuf>,
    /// `CACHE_DIRECTORY`.
    pub cache: Vec<PathBuf>,
    /// `CONFIGURATION_DIRECTORY`.
    pub configuration: Vec<PathBuf>,
    /// `JOURNAL_STREAM`: device and inode of the stream that goes to the journal.
    pub journal_stream: Option<(u64, u64)>,
    /// `INVOCATION_ID`: this run's id; only systemd sets it.
    pub invocation: Option<String>,
    /// `NOTIFY_SOCKET`: where readiness is told.
    pub notify_socket: Option<OsString>,
    /// `WATCHDOG_USEC`, if `WATCHDOG_PID` is this process or absent.
    pub watchdog: Option<Duration>,
    /// `LISTEN_FDNAMES`, if `LISTEN_PID` is this process: the names of the descriptors from 3 on.
    pub listen_names: Vec<String>,
    /// `CRIER_LOG`: the log filter, in `tracing`'s syntax.
    pub log_filter: Option<String>,
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
}

impl Env {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
    pub fn read() -> Env {
        Env::from_lookup(std::process::id(), |name| std::env::var_os(name))
    }

    /// Reads any environment; `pid` is the process it is for.
    pub fn from_lookup(pid: u32, look: impl Fn(&str) -> Option<OsString>) -> Env {
        let text = |name: &str| look(name).and_then(|v| v.into_string().ok());
        let dirs = |name: &str| look(name).map(|v| directories(&v)).unwrap_or_default();
        let is_ours = |name: &str| text(name).is_none_or(|v| v.trim().parse() == Ok(pid));
        Env {
            credentials: dirs("CREDENTIALS_DIRECTORY").into_iter().next(),
            state: dirs("STATE_DIRECTORY"),
            runtime: dirs("RUNTIME_DIRECTORY"),
            cache: dirs("CACHE_DIRECTORY"),
            configuration: dirs("CONFIGURATION_DIRECTORY"),
            journal_stream: text("JOURNAL_STREAM").and_then(|v| device_and_inode(&v)),
            invocation: text("INVOCATION_ID").filter(|v| !v.is_empty()),
            notify_socket: look("NOTIFY_SOCKET").filter(|v| !v.is_empty()),
            watchdog: text("WATCHDOG_USEC")
                .filter(|_| is_ours("WATCHDOG_PID"))
                .and_then(|v| v.trim().parse().ok())
                .filter(|usec| *usec > 0)
                .map(Duration::from_micros),
            listen_names: if text("LISTEN_PID").is_some() && is_ours("LISTEN_PID") {
                listen_names(text("LISTEN_FDS"), text("LISTEN_FDNAMES"))
            } else {
                Vec::new()
            },
            log_filter: text("CRIER_LOG").filter(|v| !v.is_empty()),
            no_color: look("NO_COLOR").is_some_and(|v| !v.is_empty()),
        }
    }

    /// Whether systemd started this process.
    pub fn under_systemd(&self) -> bool {
        self.invocation.is_some() || self.notify_socket.is_some()
    }
}

/// A secret that the config asked for with `{ env = "NAME" }`. `None`: not set, or not UTF-8.
#[expect(clippy::disallowed_methods, reason = "this file owns the environment")]
pub fn secret(name: &str) -> Option<SecretString> {
    std::env::var(name).ok().map(SecretString::from)
}

/// systemd separates several directories by colons; only absolute paths count.
fn directories(value: &OsStr) -> Vec<PathBuf> {
    value
        .as_bytes()
        .split(|b| *b == b':')
        .map(|part| PathBuf::from(OsStr::from_bytes(part)))
        .filter(|path| path.is_absolute())
        .collect()
}

fn device_and_inode(value: &str) -> Option<(u64, u64)> {
    let (device, inode) = value.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

/// At most this many sockets are handed over; more is a broken environment.
const LISTEN_MAX: usize = 64;

/// One name for each descriptor; `unknown` where systemd gave none, as `sd_listen_fds_with_names(3)` says.
fn listen_names(count: Option<String>, names: Option<String>) -> Vec<String> {
    let count: usize = count.and_then(|v| v.trim().parse().ok()).unwrap_or(0);
    let names: Vec<String> = names
        .map(|v| v.split(':').map(str::to_owned).collect())
        .unwrap_or_default();
    (0..count.min(LISTEN_MAX))
        .map(|i| names.get(i).cloned().unwrap_or_else(|| "unknown".to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Env::from_lookup(7, move |name| {
            pairs
                .iter()
                .find(|(k, _)| k == name)
                .map(|(_, v)| OsString::from(v))
        })
    }

    #[test]
    fn an_empty_environment_says_nothing() {
        assert_eq!(env(&[]), Env::default());
        assert!(!env(&[]).under_systemd());
    }

    #[test]
    fn systemds_directories_are_split_and_relative_ones_ignored() {
        let env = env(&[
            ("STATE_DIRECTORY", "/var/lib/crier:/var/lib/other:x"),
            ("CREDENTIALS_DIRECTORY", "/run/credentials/crierd.service"),
        ]);
        assert_eq!(
            env.state,
            [PathBuf::from("/var/lib/crier"), PathBuf::from("/var/lib/other")]
        );
        assert_eq!(
            env.credentials,
            Some(PathBuf::from("/run/credentials/crierd.service"))
        );
    }

    #[test]
    fn the_watchdog_counts_only_for_this_process() {
        let ours = env(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "7")]);
        assert_eq!(ours.watchdog, Some(Duration::from_secs(30)));
        assert_eq!(
            env(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "8")]).watchdog,
            None
        );
        assert_eq!(
            env(&[("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "x")]).watchdog,
            None
        );
        assert_eq!(env(&[("WATCHDOG_USEC", "0")]).watchdog, None);
        assert_eq!(
            env(&[("WATCHDOG_USEC", "5")]).watchdog,
            Some(Duration::from_micros(5))
        );
    }

    #[test]
    fn handed_sockets_have_names_and_belong_to_this_process() {
        let pairs = [
            ("LISTEN_PID", "7"),
            ("LISTEN_FDS", "3"),
            ("LISTEN_FDNAMES", "callback:admin"),
        ];
        assert_eq!(env(&pairs).listen_names, ["callback", "admin", "unknown"]);
        assert!(env(&pairs[1..]).listen_names.is_empty());
        assert!(
            env(&[("LISTEN_PID", "8"), ("LISTEN_FDS", "1")])
                .listen_names
                .is_empty()
        );
        let many = [("LISTEN_PID", "7"), ("LISTEN_FDS", "999999999")];
        assert_eq!(env(&many).listen_names.len(), LISTEN_MAX);
    }

    #[test]
    fn the_journals_stream_is_two_numbers() {
        assert_eq!(
            env(&[("JOURNAL_STREAM", "9:4711")]).journal_stream,
            Some((9, 4711))
        );
        assert_eq!(env(&[("JOURNAL_STREAM", "9")]).journal_stream, None);
    }
}
