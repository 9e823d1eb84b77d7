//! The directories of a queue: made where they are missing, checked before anything relies on them.

use std::io;
use std::path::Path;

use super::dir::Dir;

/// A queue's directories, held open.
#[derive(Debug)]
pub(super) struct Place {
    /// `QUEUE/`
    pub(super) home: Dir,
    /// `QUEUE/sending/`
    pub(super) sending: Dir,
    /// `QUEUE/sent/`
    pub(super) sent: Dir,
    /// `QUEUE/failed/`
    pub(super) failed: Dir,
}

/// Opens and makes them. The error is a sentence that names the directory and what to do.
pub(super) fn open(path: &Path) -> Result<Place, String> {
    let shown = path.display();
    if !path.exists() {
        make(path)?;
    }
    let home =
        Dir::open(path).map_err(|e| format!("cannot open the queue's directory {shown}: {}", plain(&e)))?;
    let own = |name: &str| own(&home, path, name);
    let (sending, sent, failed) = (own("sending")?, own("sent")?, own("failed")?);
    Ok(Place {
        home,
        sending,
        sent,
        failed,
    })
}

fn make(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let (Some(parent), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) else {
        return Err(format!("{shown} cannot be a queue's directory"));
    };
    let spool = Dir::open(parent).map_err(|e| {
        format!(
            "cannot open the spool {}: {}; make it, or mend `spool` in the config",
            parent.display(),
            plain(&e)
        )
    })?;
    spool
        .make_dir(name)
        .and_then(|_| spool.sync())
        .map_err(|e| format!("cannot make the queue's directory {shown}: {}", plain(&e)))
}

/// One of crier's own directories: a directory itself, on the same file system, writable.
fn own(home: &Dir, path: &Path, name: &str) -> Result<Dir, String> {
    let shown = path.join(name);
    let shown = shown.display();
    let fail = |what: &str, e: &io::Error| format!("{what} {shown}: {}", plain(e));
    if home.make_dir(name).map_err(|e| fail("cannot make", &e))? {
        home.sync().map_err(|e| fail("cannot make", &e))?;
    }
    let dir = home
        .beneath(name)
        .map_err(|e| fail("cannot open", &e) + "; it must be a directory itself, not a link to one")?;
    let dev = |dir: &Dir| {
        dir.stat()
            .map(|s| s.st_dev)
            .map_err(|e| fail("cannot look at", &e))
    };
    if dev(&dir)? != dev(home)? {
        return Err(format!(
            "{shown} is on another file system than its queue: posts are claimed by renaming, so it must be on the same; unmount it there"
        ));
    }
    let probe = dir
        .write_hidden("crier-probe", b"")
        .and_then(|hidden| dir.remove(&hidden));
    probe.map_err(|e| fail("cannot write in", &e))?;
    Ok(dir)
}

/// A system's error in plain words.
pub(super) fn plain(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such directory".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "the daemon's user may not; see its owner, group and mode".to_owned()
        }
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotADirectory => "it is no directory".to_owned(),
        _ => e.to_string(),
    }
}
