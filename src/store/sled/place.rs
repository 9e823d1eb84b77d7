//! The state directory: whose it is, who has it, and which installation it belongs to.

use std::any::Any;
use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::super::StoreError;

pub(super) const STORE: &str = "store";
const INSTANCE: &str = "instance";
const PID: &str = "crierd.pid";

/// The state directory, locked for this process until dropped.
#[derive(Debug)]
pub(super) struct Place {
    state: PathBuf,
    lock: File,
}

impl Place {
    /// Check or make the directories, and take the lock.
    pub(super) fn take(state: &Path) -> Result<Place, StoreError> {
        make_dir(state)?;
        check_dir(state, &std::fs::metadata(state), 0o022)?;
        let lock = lock(state)?;
        let place = Place {
            state: state.to_owned(),
            lock,
        };
        // a store that is away or empty while `instance` stands must not be made anew by opening it
        let known = place.instance()?.is_some();
        let bytes = std::fs::metadata(place.db_file()).map_or(0, |meta| meta.len());
        if known && bytes == 0 {
            return Err(place.damaged("`store/db` is missing or empty, and `instance` says that it was not"));
        }
        make_dir(&place.store())?;
        check_dir(&place.store(), &std::fs::symlink_metadata(place.store()), 0o077)?;
        Ok(place)
    }

    pub(super) fn store(&self) -> PathBuf {
        self.state.join(STORE)
    }

    /// sled writes `snap.N.generating` and renames it to `snap.N`. Killed in between, it takes the half one
    /// for its newest snapshot at the next start and calls the database damaged. It is nothing of value:
    /// the snapshot before it and the log still stand.
    pub(super) fn drop_half_snapshots(&self) -> Result<(), StoreError> {
        let failed = |e: std::io::Error| StoreError::io(format!("clearing {}", self.store().display()), &e);
        let entries = match std::fs::read_dir(self.store()) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(e)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("snap.") && name.ends_with(".generating") {
                std::fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    pub(super) fn db_file(&self) -> PathBuf {
        self.store().join("db")
    }

    /// Make sure that the files and their names are on the disk; sled syncs none of the directories.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let parent = self
            .state
            .canonicalize()
            .ok()
            .and_then(|path| path.parent().map(Path::to_owned));
        let own = [
            self.db_file(),
            self.store().join("conf"),
            self.store(),
            self.state.clone(),
        ];
        for path in &own {
            sync(path).map_err(|e| StoreError::io(format!("syncing {}", path.display()), &e))?;
        }
        match parent.map(|parent| sync(&parent)) {
            // a parent that may be entered but not read is not ours to sync
            Some(Err(e)) if e.kind() != ErrorKind::PermissionDenied => Err(StoreError::io(
                "syncing the directory above the state directory",
                &e,
            )),
            _ => Ok(()),
        }
    }

    /// The installation's id, if it was noted.
    pub(super) fn instance(&self) -> Result<Option<String>, StoreError> {
        let path = self.state.join(INSTANCE);
        let mut text = String::new();
        match File::open(&path).and_then(|file| file.take(256).read_to_string(&mut text)) {
            Ok(_) => match text.trim() {
                "" => Err(self.damaged("the file `instance` is empty")),
                id => Ok(Some(id.to_owned())),
            },
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) if e.kind() == ErrorKind::InvalidData => {
                Err(self.damaged("the file `instance` is not text"))
            }
            Err(e) => Err(StoreError::io(format!("reading {}", path.display()), &e)),
        }
    }

    /// Note the installation's id: whole or not at all, and on the disk when this returns.
    pub(super) fn write_instance(&self, id: &str) -> Result<(), StoreError> {
        let (temp, path) = (self.state.join("instance.tmp"), self.state.join(INSTANCE));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&temp)?;
            writeln!(file, "{id}")?;
            file.sync_all()?;
            std::fs::rename(&temp, &path)?;
            sync(&self.state)
        };
        write().map_err(|e| StoreError::io(format!("writing {}", path.display()), &e))
    }

    /// An error that does not know yet where the database lies, told by someone who only knew the contract.
    pub(super) fn located(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Damaged { state, what } if state.as_os_str().is_empty() => self.damaged(what),
            other => other,
        }
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            state: self.state.clone(),
            what: what.into(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // the pid is no longer true; that it stays after a kill is harmless, since the lock decides
        let _ = self.lock.set_len(0);
    }
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words")
        .chars()
        .take(300)
        .collect()
}

fn sync(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

fn make_dir(path: &Path) -> Result<(), StoreError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(StoreError::io(
            format!("making the directory {}", path.display()),
            &e,
        )),
        _ => Ok(()),
    }
}

/// A real directory, ours, and without the `forbidden` bits: nobody else may change the state directory,
/// and nobody else may look into the store. The mode is never changed here: the path may be a mistake.
fn check_dir(path: &Path, meta: &std::io::Result<Metadata>, forbidden: u32) -> Result<(), StoreError> {
    let meta = meta
        .as_ref()
        .map_err(|e| StoreError::io(format!("looking at {}", path.display()), e))?;
    let refuse = |problem: String, remedy: String| {
        Err(StoreError::Directory {
            path: path.to_owned(),
            problem,
            remedy,
        })
    };
    let me = rustix::process::geteuid().as_raw();
    if !meta.is_dir() {
        return refuse(
            "is not a directory".into(),
            "move it aside; crierd makes the directory itself".into(),
        );
    }
    if meta.uid() != me {
        let problem = format!(
            "belongs to the user with id {}, and crierd runs as {me}",
            meta.uid()
        );
        return refuse(
            problem,
            "start crierd as the user who owns it, as its unit does".into(),
        );
    }
    let mode = meta.mode() & 0o777;
    if mode & forbidden != 0 {
        let problem = format!("has mode {mode:04o}, so that others may change or read what is in it");
        return refuse(problem, format!("`chmod 0700 {}`", path.display()));
    }
    Ok(())
}

/// Take the lock of the state directory and write our pid into it, for the one who comes second.
fn lock(state: &Path) -> Result<File, StoreError> {
    let path = state.join(PID);
    let io = |e: &std::io::Error| StoreError::io(format!("locking {}", path.display()), e);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|e| io(&e))?;
    if let Err(e) = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        if e != rustix::io::Errno::WOULDBLOCK {
            return Err(io(&e.into()));
        }
        let mut text = String::new();
        let _ = file.take(32).read_to_string(&mut text);
        return Err(StoreError::Locked {
            state: state.to_owned(),
            pid: text.trim().parse().ok(),
        });
    }
    let note = |file: &mut File| -> std::io::Result<()> {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{}", std::process::id())
    };
    note(&mut file).map_err(|e| io(&e))?;
    Ok(file)
}
