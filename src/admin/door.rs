//! Opening the admin socket without harming what lies there.
//!
//! A path that is not a socket is never replaced; a socket on which somebody listens is never taken. The
//! new socket is made under a neighbouring name, gets its mode, and is renamed into place, so that it is
//! never there with wider rights.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// Who may connect at all: owner and group. What they may do there is decided by [`super::peer`].
pub const MODE: u32 = 0o660;

/// Why the socket could not be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Somebody listens there.
    #[error(
        "another crierd already serves {path}; stop it first, or give this one another path (`[admin] socket = ...`)"
    )]
    Live {
        /// The path.
        path: PathBuf,
    },
    /// A file, a directory, a link.
    #[error(
        "{path} is {what}, not a socket, and is left alone; remove it or set another path (`[admin] socket = ...`)"
    )]
    NotASocket {
        /// The path.
        path: PathBuf,
        /// `a directory`
        what: &'static str,
    },
    /// The directory is missing or may not be written.
    #[error("cannot open the admin socket {path}: {error}; {help}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The system's word.
        error: io::Error,
        /// What to do.
        help: &'static str,
    },
}

/// An open admin socket. Its path is removed when this is dropped, if it is still this socket's and was
/// made here.
pub struct Socket {
    listener: UnixListener,
    made: Option<(PathBuf, u64, u64)>,
}

impl Socket {
    /// A socket that systemd opened and handed over; its path is systemd's.
    pub fn inherited(listener: StdListener) -> io::Result<Socket> {
        listener.set_nonblocking(true)?;
        Ok(Socket {
            listener: UnixListener::from_std(listener)?,
            made: None,
        })
    }

    /// The listener.
    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some((path, dev, ino)) = &self.made else {
            return;
        };
        let ours = std::fs::symlink_metadata(path).is_ok_and(|m| m.dev() == *dev && m.ino() == *ino);
        if ours {
            // Nothing is lost when it stays: the next start sees that nobody listens.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Opens the socket at `path` with `mode`. Must be called inside a tokio runtime.
pub fn bind(path: &Path, mode: u32) -> Result<Socket, DoorError> {
    clear(path)?;
    let beside = beside(path);
    if std::fs::symlink_metadata(&beside).is_ok_and(|m| m.file_type().is_socket()) {
        std::fs::remove_file(&beside).map_err(|e| failed(path, e))?;
    }
    let listener = StdListener::bind(&beside).map_err(|e| failed(path, e))?;
    let opened = place(&listener, &beside, path, mode).map_err(|e| failed(path, e));
    if opened.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    let (dev, ino) = opened?;
    Ok(Socket {
        listener: UnixListener::from_std(listener).map_err(|e| failed(path, e))?,
        made: Some((path.to_owned(), dev, ino)),
    })
}

fn place(listener: &StdListener, beside: &Path, path: &Path, mode: u32) -> io::Result<(u64, u64)> {
    std::fs::set_permissions(beside, std::fs::Permissions::from_mode(mode))?;
    listener.set_nonblocking(true)?;
    let meta = std::fs::symlink_metadata(beside)?;
    std::fs::rename(beside, path)?;
    Ok((meta.dev(), meta.ino()))
}

/// Makes sure that nothing is at `path` but, at most, a socket on which nobody listens.
fn clear(path: &Path) -> Result<(), DoorError> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(failed(path, e)),
    };
    let kind = meta.file_type();
    if !kind.is_socket() {
        let what = if kind.is_dir() {
            "a directory"
        } else if kind.is_symlink() {
            "a symbolic link"
        } else if kind.is_file() {
            "a file"
        } else {
            "a device or pipe"
        };
        return Err(DoorError::NotASocket {
            path: path.to_owned(),
            what,
        });
    }
    match StdStream::connect(path) {
        Ok(_) => Err(DoorError::Live {
            path: path.to_owned(),
        }),
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        // A full backlog: somebody is there, and busy.
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(DoorError::Live {
            path: path.to_owned(),
        }),
        Err(e) => Err(failed(path, e)),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn failed(path: &Path, error: io::Error) -> DoorError {
    let help = match error.kind() {
        io::ErrorKind::NotFound => {
            "create its directory (systemd does it with RuntimeDirectory=crier), or set another path (`[admin] socket = ...`)"
        }
        io::ErrorKind::PermissionDenied => {
            "the daemon's user must be able to write the directory, or set another path (`[admin] socket = ...`)"
        }
        io::ErrorKind::InvalidInput => {
            "a socket's path may have at most 103 bytes here; choose a shorter one"
        }
        _other => "look at the path, or set another one (`[admin] socket = ...`)",
    };
    DoorError::Io {
        path: path.to_owned(),
        error,
        help,
    }
}
