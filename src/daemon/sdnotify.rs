//! What systemd is told: ready, reloading, stopping, a line of status, and that the engine still turns.
//!
//! The words are `sd-notify`'s; the sending is here, because the socket's address comes from
//! [`Env`] and each message must be one datagram (`RELOADING=1` and `MONOTONIC_USEC=` belong together).
//! Nothing here fails loudly: a daemon that systemd does not hear still publishes.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

use super::env::Env;

/// A status line is cut here, in characters: `systemctl status` shows one line.
const STATUS_MAX: usize = 300;

/// The line to systemd; without `NOTIFY_SOCKET` it says nothing to nobody.
#[derive(Debug, Default)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
    status: String,
}

impl Notifier {
    /// Connects to `NOTIFY_SOCKET`. Fails when it is named but cannot be reached.
    pub fn new(env: &Env) -> io::Result<Self> {
        let socket = env.notify_socket.as_deref().map(connect).transpose()?;
        Ok(Self {
            socket,
            watchdog: env.watchdog,
            status: String::new(),
        })
    }

    /// How often the engine must call [`Notifier::watchdog`]: half of what systemd allows. `None`: never.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.socket.as_ref()?;
        self.watchdog.map(|limit| limit / 2)
    }

    /// It serves. Also after a reload, a failed one included: else the unit stays in `reloading`.
    pub fn ready(&mut self, status: &str) -> io::Result<()> {
        let status = self.remember(status);
        self.send(&[NotifyState::Ready, NotifyState::Status(&status)])
    }

    /// A reload has begun. `monotonic_micros` is `CLOCK_MONOTONIC` now.
    pub fn reloading(&self, monotonic_micros: u64) -> io::Result<()> {
        self.send(&[
            NotifyState::Reloading,
            NotifyState::MonotonicUsec(i128::from(monotonic_micros)),
        ])
    }

    /// It ends; nothing new is begun.
    pub fn stopping(&mut self, status: &str) -> io::Result<()> {
        let status = self.remember(status);
        self.send(&[NotifyState::Stopping, NotifyState::Status(&status)])
    }

    /// The line that `systemctl status` shows; sent only when it differs from the last.
    pub fn status(&mut self, status: &str) -> io::Result<()> {
        let line = one_line(status);
        if line == self.status {
            return Ok(());
        }
        let line = self.remember(status);
        self.send(&[NotifyState::Status(&line)])
    }

    /// Whether there is a systemd that listens.
    pub fn is_heard(&self) -> bool {
        self.socket.is_some()
    }

    /// The engine turns. To be called from its own loop, never from a timer beside it.
    pub fn watchdog(&self) -> io::Result<()> {
        self.send(&[NotifyState::Watchdog])
    }

    fn remember(&mut self, status: &str) -> String {
        self.status = one_line(status);
        self.status.clone()
    }

    fn send(&self, states: &[NotifyState<'_>]) -> io::Result<()> {
        let Some(socket) = &self.socket else {
            return Ok(());
        };
        let message: String = states.iter().map(|s| format!("{s}\n")).collect();
        socket.send(message.as_bytes()).map(|_| ())
    }
}

/// A path, or a name in the abstract namespace when it begins with `@`.
fn connect(address: &OsStr) -> io::Result<UnixDatagram> {
    let address = match address.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(address)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    // A systemd that does not read must not stop the engine's loop.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// A newline would begin another variable of the protocol.
fn one_line(status: &str) -> String {
    status
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(STATUS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Systemd {
        socket: UnixDatagram,
        notifier: Notifier,
        _dir: tempfile::TempDir,
    }

    impl Systemd {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_nonblocking(true).unwrap();
            let env = Env {
                notify_socket: Some(path.into_os_string()),
                watchdog: Some(Duration::from_secs(30)),
                ..Env::default()
            };
            Self {
                socket,
                notifier: Notifier::new(&env).unwrap(),
                _dir: dir,
            }
        }

        fn heard(&self) -> Vec<String> {
            let mut heard = Vec::new();
            let mut buffer = [0; 2048];
            while let Ok(n) = self.socket.recv(&mut buffer) {
                heard.push(String::from_utf8_lossy(&buffer[..n]).into_owned());
            }
            heard
        }
    }

    #[test]
    fn a_reload_is_one_datagram() {
        let systemd = Systemd::new();
        systemd.notifier.reloading(4711).unwrap();
        assert_eq!(systemd.heard(), ["RELOADING=1\nMONOTONIC_USEC=4711\n"]);
    }

    #[test]
    fn a_status_is_told_once_and_in_one_line() {
        let mut systemd = Systemd::new();
        systemd.notifier.ready("2 accounts").unwrap();
        systemd.notifier.status("2 accounts").unwrap();
        systemd.notifier.status("next at 09:00\nREADY=1").unwrap();
        systemd.notifier.status("next at 09:00\nREADY=1").unwrap();
        assert_eq!(
            systemd.heard(),
            ["READY=1\nSTATUS=2 accounts\n", "STATUS=next at 09:00 READY=1\n"]
        );
    }

    #[test]
    fn the_watchdog_is_petted_twice_as_often_as_asked() {
        let mut systemd = Systemd::new();
        assert_eq!(
            systemd.notifier.watchdog_interval(),
            Some(Duration::from_secs(15))
        );
        systemd.notifier.watchdog().unwrap();
        systemd.notifier.stopping("1 call open").unwrap();
        assert_eq!(
            systemd.heard(),
            ["WATCHDOG=1\n", "STOPPING=1\nSTATUS=1 call open\n"]
        );
    }

    #[test]
    fn abstract_sockets_work() {
        let name = format!("crier-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        let env = Env {
            notify_socket: Some(format!("@{name}").into()),
            ..Env::default()
        };
        Notifier::new(&env).unwrap().watchdog().unwrap();
        let mut buffer = [0; 64];
        let n = socket.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..n], b"WATCHDOG=1\n");
    }

    #[test]
    fn without_systemd_it_is_silent() {
        let mut notifier = Notifier::new(&Env::default()).unwrap();
        notifier.ready("x").unwrap();
        notifier.status("y").unwrap();
        assert_eq!(notifier.watchdog_interval(), None);
        let gone = Env {
            notify_socket: Some("/nonexistent/notify".into()),
            ..Env::default()
        };
        assert!(Notifier::new(&gone).is_err());
    }
}
