//! The sockets systemd hands over, found by name: `admin` and `callback`.
//!
//! Never count descriptors: their order is systemd's. Without systemd there are none, and crierd binds its own.

use std::io;
use std::net::TcpListener;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;

use rustix::net::sockopt::{socket_acceptconn, socket_domain};
use rustix::net::{AddressFamily, SocketType, sockopt::socket_type};

use super::env::Env;

/// The first descriptor that `sd_listen_fds(3)` speaks of.
const FIRST: RawFd = 3;

/// What was handed over; the listeners do not block.
#[derive(Debug, Default)]
pub struct Handed {
    /// `FileDescriptorName=admin`: the admin socket.
    pub admin: Option<UnixListener>,
    /// `FileDescriptorName=callback`: the callback endpoint.
    pub callback: Option<TcpListener>,
    /// Names that crier has no use for; their descriptors were closed. Worth a warning.
    pub ignored: Vec<String>,
}

/// Why a handed socket cannot be used, in words.
#[derive(Debug, thiserror::Error)]
pub enum BadSocket {
    /// It is not what its name promises.
    #[error(
        "the socket that systemd handed over as `{name}` is not {expected}: look at ListenStream= in its .socket unit"
    )]
    Wrong {
        /// Its `FileDescriptorName=`.
        name: String,
        /// What it must be.
        expected: &'static str,
    },
    /// The system refused to tell.
    #[error("the socket that systemd handed over as `{name}` cannot be used: {source}")]
    Refused {
        /// Its `FileDescriptorName=`.
        name: String,
        /// The system's words.
        source: io::Error,
    },
}

/// Takes over the descriptors that [`Env::listen_names`] tells of. Call it once, at start.
pub fn take(env: &Env) -> Result<Handed, BadSocket> {
    let fds = env.listen_names.iter().zip(FIRST..).map(|(name, raw)| {
        // SAFETY: LISTEN_PID named this process, so the descriptors from 3 on are ours and open, and nothing
        // else in it knows their numbers; `take` runs once, before anything else opens files.
        (name.clone(), unsafe { OwnedFd::from_raw_fd(raw) })
    });
    sort(fds)
}

fn sort(fds: impl Iterator<Item = (String, OwnedFd)>) -> Result<Handed, BadSocket> {
    let mut handed = Handed::default();
    for (name, fd) in fds {
        let refused = |source: io::Error| BadSocket::Refused {
            name: name.clone(),
            source,
        };
        rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC).map_err(|e| refused(e.into()))?;
        match name.as_str() {
            "admin" => {
                expect(
                    &name,
                    &fd,
                    &[AddressFamily::UNIX],
                    "a listening Unix stream socket",
                )?;
                let listener = UnixListener::from(fd);
                listener.set_nonblocking(true).map_err(refused)?;
                handed.admin = Some(listener);
            }
            "callback" => {
                let families = [AddressFamily::INET, AddressFamily::INET6];
                expect(&name, &fd, &families, "a listening TCP socket")?;
                let listener = TcpListener::from(fd);
                listener.set_nonblocking(true).map_err(refused)?;
                handed.callback = Some(listener);
            }
            _ => handed.ignored.push(name),
        }
    }
    Ok(handed)
}

fn expect(
    name: &str,
    fd: &OwnedFd,
    families: &[AddressFamily],
    expected: &'static str,
) -> Result<(), BadSocket> {
    let good = || -> rustix::io::Result<bool> {
        Ok(families.contains(&socket_domain(fd)?)
            && socket_type(fd)? == SocketType::STREAM
            && socket_acceptconn(fd)?)
    };
    match good() {
        Ok(true) => Ok(()),
        Ok(false) | Err(rustix::io::Errno::NOTSOCK) => Err(BadSocket::Wrong {
            name: name.to_owned(),
            expected,
        }),
        Err(e) => Err(BadSocket::Refused {
            name: name.to_owned(),
            source: e.into(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unix() -> OwnedFd {
        let dir = tempfile::tempdir().unwrap();
        UnixListener::bind(dir.path().join("s")).unwrap().into()
    }

    fn tcp() -> OwnedFd {
        TcpListener::bind("127.0.0.1:0").unwrap().into()
    }

    fn sorted(fds: Vec<(&str, OwnedFd)>) -> Result<Handed, BadSocket> {
        sort(fds.into_iter().map(|(name, fd)| (name.to_owned(), fd)))
    }

    #[test]
    fn finds_them_by_name_in_any_order() {
        let handed = sorted(vec![("callback", tcp()), ("else", tcp()), ("admin", unix())]).unwrap();
        assert!(handed.admin.is_some());
        assert!(handed.callback.is_some());
        assert_eq!(handed.ignored, ["else"]);
    }

    #[test]
    fn a_socket_of_the_wrong_kind_is_named() {
        let wrong = sorted(vec![("admin", tcp())]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "the socket that systemd handed over as `admin` is not a listening Unix stream socket: look at ListenStream= in its .socket unit"
        );
        assert!(sorted(vec![("callback", unix())]).is_err());
        let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        assert!(matches!(
            sorted(vec![("callback", file)]),
            Err(BadSocket::Wrong { .. })
        ));
    }

    #[test]
    fn nothing_handed_is_nothing_taken() {
        let handed = take(&Env::default()).unwrap();
        assert!(handed.admin.is_none() && handed.callback.is_none() && handed.ignored.is_empty());
    }
}
