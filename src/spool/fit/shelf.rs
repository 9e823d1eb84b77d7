//! What was made to fit, kept on disk until its post has it: a restart, or an edit of the words, makes nothing
//! a second time.
//!
//! A file's name there follows from the original's bytes and the plan, and it appears whole, by one rename.
//! Snapshots are further links to it; what only the shelf still has goes after a day.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::core::intake::Task;
use crate::domain::media::MediaFacts;
use crate::domain::time::{Span, Timestamp};

/// The shelf's name in the directory of the snapshots.
pub const NAME: &str = ".made";
/// What no post has is kept this long.
const KEEP: Span = Span::days(1);
/// Changes when the same plan would give other bytes.
const MAKE: &str = "1";

/// A directory of made files.
#[derive(Clone, Debug)]
pub struct Shelf(PathBuf);

impl Shelf {
    /// The shelf beside the snapshots in `media`; made when something is put there.
    pub fn beside(media: &Path) -> Self {
        Shelf(media.join(NAME))
    }

    /// Where what `task` makes of the original lies, or would lie.
    pub(super) fn place(&self, task: &Task, original: &MediaFacts) -> PathBuf {
        let words = format!("{MAKE} {} {:?}", original.sha256, task.plan);
        self.0.join(hex::encode(Sha256::digest(words.as_bytes())))
    }

    /// Puts a file there, durably.
    pub(super) fn put(&self, made: &Path, place: &Path) -> io::Result<()> {
        let mut dir = fs::DirBuilder::new();
        dir.recursive(true).mode(0o700).create(&self.0)?;
        fs::set_permissions(made, Permissions::from_mode(0o600))?;
        File::open(made)?.sync_all()?;
        fs::rename(made, place)?;
        File::open(&self.0)?.sync_all()
    }

    /// Forgets what no post has and was made long ago.
    pub fn prune(&self, now: Timestamp) -> io::Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let meta = entry.metadata()?;
            let made = Timestamp(meta.mtime().saturating_mul(1000));
            if meta.nlink() == 1 && now.since(made) > KEEP {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
