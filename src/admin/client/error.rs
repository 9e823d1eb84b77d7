//! What can go wrong on the way to the daemon, each with advice.

use std::io;
use std::path::{Path, PathBuf};

use crate::admin::types::Problem;

/// Why there is no answer. Printed, each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no socket.
    #[error(
        "there is no crierd here: {path} does not exist\nStart it with `systemctl start crierd`, or name its socket with --socket PATH (`[admin] socket` in its config)."
    )]
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// A socket without a daemon.
    #[error(
        "crierd does not run: nobody listens on {path}\nStart it with `systemctl start crierd`; `systemctl status crierd` and `journalctl -u crierd -e` say why it ended."
    )]
    Refused {
        /// The path.
        path: PathBuf,
    },
    /// The socket's own mode.
    #[error(
        "you may not open {path}\nUse sudo, or join the group that owns it (`ls -l {path}`; `sudo adduser YOU GROUP`, then log in again)."
    )]
    Denied {
        /// The path.
        path: PathBuf,
    },
    /// Another failure of the socket.
    #[error("cannot open {path}: {error}\nLook at the path, or name another with --socket PATH.")]
    Socket {
        /// The path.
        path: PathBuf,
        /// The system's word.
        error: io::Error,
    },
    /// No answer in time.
    #[error(
        "crierd did not answer within {secs} seconds; what was asked may still happen\nLook with `crierctl status`, and at `journalctl -u crierd -e`."
    )]
    Timeout {
        /// How long was waited.
        secs: u64,
    },
    /// The connection ended early.
    #[error(
        "the connection to crierd broke: {0}\nIt may have been stopped or restarted: `systemctl status crierd`. What was asked may have happened: look before asking again."
    )]
    Broken(String),
    /// Something else than crierd answers.
    #[error(
        "{path} does not answer as crierd does: {detail}\nIs it crierd's socket? If crierd was upgraded or downgraded, use the crierctl of the same version."
    )]
    NotCrier {
        /// The path.
        path: PathBuf,
        /// What came.
        detail: String,
    },
    /// A file of this side cannot be read.
    #[error("cannot read {path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's word.
        error: io::Error,
    },
    /// The daemon's own word.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl ClientError {
    /// Of a failed connect.
    pub(super) fn connect(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => ClientError::Absent { path },
            io::ErrorKind::ConnectionRefused => ClientError::Refused { path },
            io::ErrorKind::PermissionDenied => ClientError::Denied { path },
            _other => ClientError::Socket { path, error },
        }
    }
}
