//! What can go wrong with the store, as sentences that say what to do.

use std::path::PathBuf;

/// An error of the store. It is cheap to clone: one failed group commit answers several callers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be read, or is not the one that belongs here. Nothing was changed.
    #[error(
        "the database in {} is damaged: {what}. Stop crierd, then restore a backup (`crierctl restore`); \
         or begin anew by moving `store` and `instance` in that directory aside: posts that still lie in \
         the spool are read again, accounts have to be connected again, and what was sent before is no \
         longer known", state.display()
    )]
    Damaged {
        /// The state directory.
        state: PathBuf,
        /// What was found.
        what: String,
    },
    /// Another process has the database open.
    #[error(
        "the database in {} is in use: is another crierd running{}? Stop it first (`systemctl stop crierd`), \
         or give this one another `state` directory",
        state.display(), pid.map_or(String::new(), |pid| format!(" (pid {pid})"))
    )]
    Locked {
        /// The state directory.
        state: PathBuf,
        /// The other process, as it wrote itself into `crierd.pid`.
        pid: Option<u32>,
    },
    /// A later crierd wrote the database.
    #[error(
        "the database has format {found}, and this crierd knows formats up to {known}: a newer crierd wrote it. \
         Install that version again, or restore a backup that was made before the upgrade (`crierctl restore`)"
    )]
    Newer {
        /// The format found.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The state directory is not one that crier may trust.
    #[error("the directory {} {problem}: {remedy}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it, as the rest of a sentence.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// No room on the file system. Nothing was written; the commit may be tried again later.
    #[error(
        "the file system of {} is full ({free} bytes left, {need} are kept free for the database): free some \
         space; nothing was lost, and crier goes on when there is room", path.display()
    )]
    Full {
        /// A directory on that file system.
        path: PathBuf,
        /// Bytes free for crier.
        free: u64,
        /// Bytes that must be free.
        need: u64,
    },
    /// An operation on a file failed.
    #[error("{what} failed: {why}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// The system's answer.
        why: String,
    },
    /// A cap of the contract was passed. Nothing was written.
    #[error("{what} has {size} bytes, and at most {limit} are allowed")]
    TooLarge {
        /// Key, value or batch.
        what: String,
        /// Its size in bytes.
        size: usize,
        /// The cap in bytes.
        limit: usize,
    },
    /// The store takes nothing more: it was closed, or an earlier write failed in such a way that
    /// only opening it again shows what is on the disk.
    #[error("the database takes no more changes: {why}. Start crierd again: it reads what is on the disk")]
    Stopped {
        /// Why.
        why: String,
    },
    /// The in-memory store's power switch is off.
    #[error("the power is off (a simulated crash)")]
    PowerCut,
}

/// The classes of [`StoreError`], for those who decide by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreFault {
    /// See [`StoreError::Damaged`].
    Damaged,
    /// See [`StoreError::Locked`].
    Locked,
    /// See [`StoreError::Newer`].
    Newer,
    /// See [`StoreError::Directory`].
    Directory,
    /// See [`StoreError::Full`].
    Full,
    /// See [`StoreError::Io`].
    Io,
    /// See [`StoreError::TooLarge`].
    TooLarge,
    /// See [`StoreError::Stopped`].
    Stopped,
    /// See [`StoreError::PowerCut`].
    PowerCut,
}

impl StoreError {
    /// The class of this error.
    #[must_use]
    pub fn fault(&self) -> StoreFault {
        match self {
            StoreError::Damaged { .. } => StoreFault::Damaged,
            StoreError::Locked { .. } => StoreFault::Locked,
            StoreError::Newer { .. } => StoreFault::Newer,
            StoreError::Directory { .. } => StoreFault::Directory,
            StoreError::Full { .. } => StoreFault::Full,
            StoreError::Io { .. } => StoreFault::Io,
            StoreError::TooLarge { .. } => StoreFault::TooLarge,
            StoreError::Stopped { .. } => StoreFault::Stopped,
            StoreError::PowerCut => StoreFault::PowerCut,
        }
    }

    /// The code from sysexits with which the daemon ends on this error.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.fault() {
            StoreFault::Damaged => 65,
            StoreFault::TooLarge | StoreFault::PowerCut => 70,
            StoreFault::Io | StoreFault::Stopped => 74,
            StoreFault::Full | StoreFault::Locked => 75,
            StoreFault::Directory => 77,
            StoreFault::Newer => 78,
        }
    }

    pub(crate) fn io(what: impl Into<String>, error: &std::io::Error) -> StoreError {
        StoreError::Io {
            what: what.into(),
            why: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_what_to_do() {
        let text = |error: StoreError| error.to_string();
        let locked = StoreError::Locked {
            state: "/var/lib/crier".into(),
            pid: None,
        };
        insta::assert_snapshot!(text(locked), @"the database in /var/lib/crier is in use: is another crierd running? Stop it first (`systemctl stop crierd`), or give this one another `state` directory");
        let full = StoreError::Full {
            path: "/var/lib/crier/store".into(),
            free: 1000,
            need: 8_388_608,
        };
        insta::assert_snapshot!(text(full), @"the file system of /var/lib/crier/store is full (1000 bytes left, 8388608 are kept free for the database): free some space; nothing was lost, and crier goes on when there is room");
        let stopped = StoreError::Stopped {
            why: "an earlier write failed (the disk is gone)".into(),
        };
        insta::assert_snapshot!(text(stopped), @"the database takes no more changes: an earlier write failed (the disk is gone). Start crierd again: it reads what is on the disk");
        let newer = StoreError::Newer { found: 3, known: 2 };
        assert_eq!((newer.exit_code(), StoreError::PowerCut.exit_code()), (78, 70));
    }
}
