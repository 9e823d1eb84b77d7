//! Media as admitted: copied into the state directory, so that a later change of the file changes nothing.
//!
//! `STATE/media/POST/N` is file number N of the post. Copies are real ones: a link would follow a change
//! in place. Only of what was made to fit, which is nobody else's, they are links. All of a post's copies appear together, by one rename, after they are durable.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::dir::{Closed, Dir};
use super::fit::Derived;
use super::queue::Queue;
use crate::domain::id::PostId;
use crate::domain::media::MediaId;
use crate::domain::post::{Content, Post};

/// Why there is no snapshot.
#[derive(Debug)]
pub enum NoSnapshot {
    /// A file is not what was measured: read the entry again.
    Changed(String),
    /// The system failed: the disk may be full.
    System(io::Error),
}

impl From<io::Error> for NoSnapshot {
    fn from(e: io::Error) -> Self {
        NoSnapshot::System(e)
    }
}

/// The directory of a post's copies below the directory of all of them.
pub fn directory(media: &Path, post: &PostId) -> PathBuf {
    media.join(post.as_str())
}

/// The path of one copy.
pub fn path(media: &Path, post: &PostId, id: MediaId) -> PathBuf {
    directory(media, post).join(id.0.to_string())
}

/// Removes a post's copies; that there are none is no error.
pub fn remove(media: &Path, post: &PostId) -> io::Result<()> {
    match fs::remove_dir_all(directory(media, post)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Queue {
    /// Copies the media of a post that was admitted from the entry `name`, durably, replacing an earlier
    /// revision's. `media` is the directory of all posts' copies. Nothing is made for a post without media.
    pub fn snapshot(&self, name: &str, post: &Post, media: &Path) -> Result<(), NoSnapshot> {
        self.snapshot_with(name, post, media, &Derived::new())
    }

    /// Opens a media file of the entry `name` by its name in the draft.
    pub fn media_file(&self, name: &str, file: &str) -> Result<File, NoSnapshot> {
        let bundle = self.base(name)?;
        open(bundle.as_ref().unwrap_or(&self.place().home), file)
    }

    /// The directory of a bundle; `None`: the entry is none, its media lie in the queue's.
    fn base(&self, name: &str) -> Result<Option<Dir>, NoSnapshot> {
        if !name.ends_with(".post") {
            return Ok(None);
        }
        let opened = self.place().home.beneath(name);
        Ok(Some(opened.map_err(|_| NoSnapshot::Changed(name.to_owned()))?))
    }

    /// The same with what was made of the media: it is taken before the originals.
    pub fn snapshot_with(
        &self,
        name: &str,
        post: &Post,
        media: &Path,
        derived: &Derived,
    ) -> Result<(), NoSnapshot> {
        let wanted = wanted(post);
        if wanted.is_empty() {
            return Ok(remove(media, &post.id)?);
        }
        let bundle = self.base(name)?;
        let base = bundle.as_ref().unwrap_or(&self.place().home);
        let hidden = media.join(format!(".{}.tmp", post.id));
        fresh(media, &hidden)?;
        let copied = wanted.iter().try_for_each(|(id, file, sha256)| {
            let to = hidden.join(id.0.to_string());
            match derived.get(*sha256) {
                Some(made) => link(made, file, sha256, &to),
                None => copy(&open(base, file)?, file, sha256, &to),
            }
        });
        if let Err(e) = copied {
            // What is left of it helps nobody; the disk may be full.
            let _ = fs::remove_dir_all(&hidden);
            return Err(e);
        }
        sync_dir(&hidden)?;
        put_in_place(media, &hidden, &directory(media, &post.id))?;
        Ok(())
    }
}

/// Each file once: number, name, hash.
fn wanted(post: &Post) -> Vec<(MediaId, &str, &str)> {
    let mut all: Vec<(MediaId, &str, &str)> = post
        .contents
        .values()
        .flat_map(Content::files)
        .map(|m| (m.id, m.file.as_str(), m.facts.sha256.as_str()))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn fresh(media: &Path, hidden: &Path) -> io::Result<()> {
    fs::create_dir_all(media)?;
    match fs::remove_dir_all(hidden) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Ok(()) | Err(_) => {}
    }
    fs::create_dir(hidden)?;
    fs::set_permissions(hidden, Permissions::from_mode(0o700))
}

fn open(base: &Dir, file: &str) -> Result<File, NoSnapshot> {
    let opened = base.file(file).map_err(|closed| match closed {
        Closed::Missing | Closed::Refused(_) => NoSnapshot::Changed(file.to_owned()),
        Closed::System(e) => NoSnapshot::System(e),
    })?;
    Ok(opened.file)
}

/// What was made is nobody else's: it need not be copied, where the file system has links.
fn link(made: &Path, file: &str, sha256: &str, to: &Path) -> Result<(), NoSnapshot> {
    if fs::hard_link(made, to).is_err() {
        return copy(&File::open(made)?, file, sha256, to);
    }
    Ok(File::open(to)?.sync_all()?)
}

fn copy(from: &File, file: &str, sha256: &str, to: &Path) -> Result<(), NoSnapshot> {
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let mut from = from.take(super::media::FILE_MAX + 1);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        out.write_all(&buffer[..n])?;
    }
    if hex::encode(hasher.finalize()) != sha256 {
        return Err(NoSnapshot::Changed(file.to_owned()));
    }
    out.sync_all()?;
    Ok(())
}

fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Renames into place, exchanging with an earlier revision's copies, which then go.
fn put_in_place(media: &Path, hidden: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, hidden, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::EXIST) => {
            renameat_with(CWD, hidden, CWD, to, RenameFlags::EXCHANGE)?;
            fs::remove_dir_all(hidden)?;
        }
        Err(e) => return Err(e.into()),
    }
    sync_dir(media)
}
