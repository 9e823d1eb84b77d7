//! The drop-in directories on a real file system.

mod fitting;
mod hostile;
mod life;
mod media;
mod notes;
mod parsers;
mod places;
mod transcoding;
mod watch;

use std::fs;
use std::path::{Path, PathBuf};

use crier::domain::id::QueueName;
use crier::domain::time::{Span, Timestamp};
use crier::spool::{Queue, Reading, Unread};

/// A program that the machine may have; without it the test says that it was skipped, and why.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        eprintln!("skipped: there is no {program} in PATH (Debian: apt-get install {program})");
    }
    found
}

/// A queue in a directory of its own.
pub(crate) struct Spool {
    _dir: tempfile::TempDir,
    path: PathBuf,
    pub(crate) queue: Queue,
}

impl Spool {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("news");
        let queue = Queue::open(QueueName::new("news").unwrap(), &path).unwrap();
        Spool {
            _dir: dir,
            path,
            queue,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path.join(name), text).unwrap();
    }

    /// The time of the file system's clock, now.
    #[expect(
        clippy::disallowed_methods,
        reason = "files are written at the machine's time"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        jiff::Timestamp::now().into()
    }

    /// When all that was written just now has been quiet for long.
    pub(crate) fn later(&self) -> Timestamp {
        self.now() + Span::mins(5)
    }

    pub(crate) fn read(&self, name: &str) -> Result<Reading, Unread> {
        self.queue.read(name, self.later())
    }

    /// Names below the queue, with their directories, sorted.
    pub(crate) fn tree(&self) -> Vec<String> {
        let mut all: Vec<String> = walkdir::WalkDir::new(&self.path)
            .min_depth(1)
            .into_iter()
            .map(|e| e.unwrap())
            .filter(|e| !e.file_type().is_dir())
            .map(|e| e.path().strip_prefix(&self.path).unwrap().display().to_string())
            .collect();
        all.sort();
        all
    }
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/media")
}
