//! One queue's directory, as the engine uses it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::dir::Fingerprint;
use super::place::{self, Place};
use super::scan::{self, Scan};
use crate::domain::id::QueueName;

/// Names remembered as written whole; more are simply waited for.
const WHOLE_MAX: usize = 10_000;

/// A queue's directory with `sending/`, `sent/` and `failed/`, held open. All methods block.
#[derive(Debug)]
pub struct Queue {
    name: QueueName,
    path: PathBuf,
    place: Place,
    /// Paths that the kernel told to be written whole, as they were then.
    whole: Mutex<BTreeMap<String, Fingerprint>>,
    /// Held while a name is chosen and taken: two posts that end at once must not choose the same.
    naming: Mutex<()>,
}

impl Queue {
    /// Opens the directory, and makes it and its own directories where they are missing.
    ///
    /// The error is a sentence: a missing spool, a file system of its own below it, no right to write.
    pub fn open(name: QueueName, path: &Path) -> Result<Queue, String> {
        Ok(Queue {
            name,
            path: path.to_owned(),
            place: place::open(path)?,
            whole: Mutex::new(BTreeMap::new()),
            naming: Mutex::new(()),
        })
    }

    /// The queue's name.
    pub fn name(&self) -> &QueueName {
        &self.name
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Everything in the directory that wants to be a post.
    pub fn scan(&self) -> io::Result<Scan> {
        scan::scan(&self.place)
    }

    /// Tells that these names were closed after writing or moved in: they are whole as they are now.
    ///
    /// Names are those of the watch, relative to the directory; of a bundle all its files are meant.
    pub fn arrived<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if whole.len() > WHOLE_MAX {
            whole.clear();
        }
        for name in names {
            if name.ends_with(".post") {
                let inside = self
                    .place
                    .home
                    .beneath(name)
                    .and_then(|dir| Ok((dir.names(1000)?.0, dir)));
                let Ok((files, dir)) = inside else { continue };
                for file in files.iter().filter_map(|f| f.to_str().ok()) {
                    if let Ok(opened) = dir.file(file) {
                        whole.insert(format!("{name}/{file}"), opened.print);
                    }
                }
            } else if let Ok(opened) = self.place.home.file(name) {
                whole.insert(name.to_owned(), opened.print);
            }
        }
    }

    pub(super) fn naming(&self) -> MutexGuard<'_, ()> {
        self.naming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_whole(&self, path: &str, print: &Fingerprint) -> bool {
        let whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        whole.get(path) == Some(print)
    }

    /// What lies in `sending/`: at a start, the posts that were under way.
    pub fn sending(&self) -> io::Result<Vec<String>> {
        let (names, _) = self.place.sending.names(scan::ENTRIES_MAX)?;
        let mut names: Vec<String> = names
            .iter()
            .filter_map(|n| n.to_str().ok())
            .filter(|n| !n.starts_with('.'))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        Ok(names)
    }
}
