//! Making media fit, and taking out where it was taken: what `core::fit` planned, carried out.
//!
//! Runs on blocking threads, one piece at a time in the whole process, so that memory is bounded. What is made
//! lies in a directory of its own until it is copied into the snapshots, and goes with the [`Workshop`].

mod picture;
mod video;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::media::{self, Unmeasured, hex, measure};
use super::snapshot::NoSnapshot;
use crate::core::fit::Plan;
use crate::core::intake::{Made, Measured, Task};
use crate::domain::media::MediaFacts;

pub use video::Limits;

/// Files that were made, by the SHA-256 of their bytes.
pub type Derived = BTreeMap<String, PathBuf>;

/// One at a time: a large picture takes some hundred megabytes while it is decoded.
static ONE: Mutex<()> = Mutex::new(());

/// A place to make media in.
#[derive(Debug)]
pub struct Workshop {
    dir: PathBuf,
    ffmpeg: Option<PathBuf>,
    limits: Limits,
    derived: Derived,
    made: u32,
}

/// Why there is nothing to show for a task.
enum Unmade {
    /// A sentence that follows the file's name.
    Why(String),
    /// The file is not what was measured.
    Changed,
    /// The system failed.
    System(io::Error),
}

impl From<io::Error> for Unmade {
    fn from(e: io::Error) -> Self {
        Unmade::System(e)
    }
}

impl Workshop {
    /// A workshop in the directory `dir`, which is made when it is needed, and emptied when it is there from
    /// before. `ffmpeg`: the program for videos, when a person allowed one.
    pub fn new(dir: PathBuf, ffmpeg: Option<PathBuf>) -> Self {
        Self {
            dir,
            ffmpeg,
            limits: Limits::default(),
            derived: Derived::new(),
            made: 0,
        }
    }

    /// The same with other limits for ffmpeg.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What was made so far.
    pub fn derived(&self) -> &Derived {
        &self.derived
    }

    /// The measurements with those pictures replaced that say where they were taken: a copy without it is made.
    /// `open` opens a file by its name in the draft.
    pub fn clean(
        &mut self,
        measured: &Measured,
        open: impl Fn(&str) -> Result<File, NoSnapshot>,
    ) -> Result<Measured, NoSnapshot> {
        let mut cleaned = measured.clone();
        for (name, facts) in &mut cleaned {
            let Ok(was) = facts else { continue };
            if !was.notes.position {
                continue;
            }
            match self.without_notes(&open(name)?, was) {
                Ok(is) => *facts = Ok(is),
                Err(Unmade::Why(why)) => *facts = Err(format!("{name} {why}")),
                Err(Unmade::Changed) => return Err(NoSnapshot::Changed(name.clone())),
                Err(Unmade::System(e)) => return Err(NoSnapshot::System(e)),
            }
        }
        Ok(cleaned)
    }

    fn without_notes(&mut self, from: &File, was: &MediaFacts) -> Result<MediaFacts, Unmade> {
        let to = self.next("clean")?;
        let mut out = create(&to)?;
        let done = match media::clean(from, &mut out, &was.mime, was.notes.turned) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => false,
            other => other?,
        };
        if !done || from.metadata()?.len() != was.bytes {
            return Err(Unmade::Why(
                "says where it was taken, and is built so that crier cannot take that out: save it anew"
                    .to_owned(),
            ));
        }
        let is = self.take(&to)?;
        if is.notes.position || (is.width, is.height, &is.mime) != (was.width, was.height, &was.mime) {
            return Err(Unmade::Changed);
        }
        Ok(is)
    }

    /// Carries out the tasks. `originals` are the measurements before anything was taken out.
    pub fn make(
        &mut self,
        tasks: Vec<Task>,
        originals: &Measured,
        open: impl Fn(&str) -> Result<File, NoSnapshot>,
    ) -> Result<Made, NoSnapshot> {
        let mut all = Made::new();
        for task in tasks {
            let Some(Ok(facts)) = originals.get(&task.file) else {
                continue;
            };
            let file = open(&task.file)?;
            let made = match self.one(&file, facts, &task) {
                Ok(made) => Ok(made),
                Err(Unmade::Why(why)) => Err(format!("{} {why}", task.file)),
                Err(Unmade::Changed) => return Err(NoSnapshot::Changed(task.file)),
                Err(Unmade::System(e)) => return Err(NoSnapshot::System(e)),
            };
            all.insert(task, made);
        }
        Ok(all)
    }

    fn one(&mut self, file: &File, facts: &MediaFacts, task: &Task) -> Result<MediaFacts, Unmade> {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let to = self.next("made")?;
        match &task.plan {
            Plan::Picture(plan) => {
                let mut bytes = Vec::new();
                file.take(crate::core::fit::PICTURE_BYTES_MAX + 1)
                    .read_to_end(&mut bytes)?;
                if hex(&Sha256::digest(&bytes)) != facts.sha256 {
                    return Err(Unmade::Changed);
                }
                // Decoders read what anybody may have written: a panic in one is that file's end, not crier's.
                let made = catch_unwind(AssertUnwindSafe(|| picture::make(&bytes, facts, plan)));
                let jpeg = made
                    .unwrap_or_else(|_| Err("cannot be decoded: it is broken".to_owned()))
                    .map_err(Unmade::Why)?;
                io::copy(&mut jpeg.as_slice(), &mut create(&to)?)?;
            }
            Plan::Video(plan) => {
                let Some(ffmpeg) = self.ffmpeg.clone() else {
                    let out = task.plan.name(&format!("fitted-{}", task.file).replace('/', "-"));
                    return Err(Unmade::Why(format!(
                        "has to be made anew to fit, and [media] of the config names no `ffmpeg`; run it yourself: `{}`",
                        plan.command(&task.file, &out)
                    )));
                };
                let from = self.next("original")?;
                self.copy_in(file, facts, &from)?;
                let done = video::make(&ffmpeg, plan, &from, &to, &self.limits);
                fs::remove_file(&from)?;
                done.map_err(Unmade::Why)?;
            }
        }
        let facts = self.take(&to)?;
        let wanted = match &task.plan {
            Plan::Picture(_) => "image/jpeg",
            Plan::Video(_) => "video/mp4",
        };
        if facts.mime != wanted {
            let why = format!("cannot be made to fit: what came of it is {}", facts.mime);
            return Err(Unmade::Why(why));
        }
        Ok(facts)
    }

    /// ffmpeg gets a copy: what it reads is what was measured.
    fn copy_in(&self, file: &File, facts: &MediaFacts, to: &Path) -> Result<(), Unmade> {
        let mut out = create(to)?;
        let mut reader = file.take(media::FILE_MAX + 1);
        io::copy(&mut reader, &mut out)?;
        let copied = measure(&File::open(to)?);
        match copied {
            Ok(copied) if copied.sha256 == facts.sha256 => Ok(()),
            Ok(_) | Err(Unmeasured::Bad(_)) => Err(Unmade::Changed),
            Err(Unmeasured::System(e)) => Err(Unmade::System(e)),
        }
    }

    /// Measures what was made and remembers it.
    fn take(&mut self, made: &Path) -> Result<MediaFacts, Unmade> {
        let facts = match measure(&File::open(made)?) {
            Ok(facts) => facts,
            Err(Unmeasured::Bad(why)) => {
                return Err(Unmade::Why(format!("was made to fit, and what came of it {why}")));
            }
            Err(Unmeasured::System(e)) => return Err(Unmade::System(e)),
        };
        self.derived.insert(facts.sha256.clone(), made.to_owned());
        Ok(facts)
    }

    fn next(&mut self, what: &str) -> io::Result<PathBuf> {
        if self.made == 0 {
            remove(&self.dir)?;
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.dir)?;
        }
        self.made += 1;
        Ok(self.dir.join(format!("{what}-{}", self.made)))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if self.made > 0 {
            // What is left is removed when the next workshop opens there.
            let _ = remove(&self.dir);
        }
    }
}

fn remove(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}
