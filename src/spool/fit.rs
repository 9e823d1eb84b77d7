//! Making media fit, and taking out where it was taken: what `core::fit` planned, carried out.
//!
//! Runs on blocking threads, one picture at a time in the whole process, so that memory is bounded. What is made
//! lies in a directory of its own until it is copied into the snapshots, and goes with the [`Workshop`]; or on a
//! [`Shelf`], where it is found again.

mod child;
mod fence;
mod foreign;
mod picture;
mod shelf;
mod stop;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::media::{self, Unmeasured, measure};
use super::snapshot::NoSnapshot;
use crate::core::fit::{self, PicturePlan, Plan, VideoPlan};
use crate::core::intake::{Made, Measured, Task};
use crate::domain::media::MediaFacts;

use fence::Reach;

pub use child::Limits;
pub use fence::Fence;
pub use shelf::{NAME as SHELF, Shelf};
pub use stop::Stop;

/// Files that were made, by the SHA-256 of their bytes.
pub type Derived = BTreeMap<String, PathBuf>;

/// One at a time: a large picture takes some hundred megabytes while it is decoded.
static ONE: Mutex<()> = Mutex::new(());

/// A place to make media in.
#[derive(Debug)]
pub struct Workshop {
    dir: PathBuf,
    ffmpeg: Option<PathBuf>,
    heif: Option<PathBuf>,
    limits: Limits,
    reach: Reach,
    shelf: Option<Shelf>,
    stop: Stop,
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
            heif: None,
            limits: Limits::default(),
            reach: Reach::default(),
            shelf: None,
            stop: Stop::default(),
            derived: Derived::new(),
            made: 0,
        }
    }

    /// The same with libheif's program for HEIC and AVIF, when a person allowed it.
    pub fn with_heif(mut self, heif: Option<PathBuf>) -> Self {
        self.heif = heif;
        self
    }

    /// The same with other limits for these programs.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same with a directory in which ffmpeg may do as it likes; else it reads one file and writes one.
    pub fn with_reach(mut self, dir: PathBuf) -> Self {
        self.reach.writes.push(dir);
        self
    }

    /// The same with a shelf for what is made: what lies there is not made again.
    pub fn with_shelf(mut self, shelf: Shelf) -> Self {
        self.shelf = Some(shelf);
        self
    }

    /// The same, ended by a word from outside: the system's error [`io::ErrorKind::Interrupted`] comes of it.
    pub fn with_stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// Whether all of this is made already.
    pub fn has(&self, tasks: &[Task], originals: &Measured) -> bool {
        let there = |task: &Task| match (&self.shelf, originals.get(&task.file)) {
            (Some(shelf), Some(Ok(facts))) => shelf.place(task, facts).exists(),
            (_, Some(Err(_)) | None) => true,
            (None, Some(Ok(_))) => false,
        };
        tasks.iter().all(there)
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
            let made = match self.found_or_made(&file, facts, &task) {
                Ok(made) => Ok(made),
                Err(Unmade::Why(why)) => Err(format!("{} {why}", task.file)),
                Err(Unmade::Changed) => return Err(NoSnapshot::Changed(task.file)),
                Err(Unmade::System(e)) => return Err(NoSnapshot::System(e)),
            };
            all.insert(task, made);
        }
        Ok(all)
    }

    /// From the shelf, or made and put there.
    fn found_or_made(&mut self, file: &File, facts: &MediaFacts, task: &Task) -> Result<MediaFacts, Unmade> {
        let Some(shelf) = self.shelf.clone() else {
            let made = self.one(file, facts, task)?;
            return self.take(&made);
        };
        let place = shelf.place(task, facts);
        if place.exists() {
            match self.take(&place) {
                Err(Unmade::Why(_)) => {
                    fs::remove_file(&place)?;
                    return Err(Unmade::Changed);
                }
                found => return found,
            }
        }
        let made = self.one(file, facts, task)?;
        let is = self.take(&made)?;
        shelf.put(&made, &place)?;
        self.derived.insert(is.sha256.clone(), place);
        Ok(is)
    }

    /// Makes it, and says where it lies.
    fn one(&mut self, file: &File, facts: &MediaFacts, task: &Task) -> Result<PathBuf, Unmade> {
        if self.stop.is_said() {
            return Err(stopped());
        }
        let to = self.next("made")?;
        match &task.plan {
            Plan::Picture(plan) => self.picture(file, facts, plan, &to)?,
            Plan::Foreign(plan) => self.foreign(file, facts, &task.file, plan, &to)?,
            Plan::Video(plan) => self.video(file, facts, &task.file, plan, &to)?,
        }
        let is = match measure(&File::open(&to)?) {
            Ok(is) => is.mime,
            Err(Unmeasured::Bad(why)) => format!("broken: it {why}"),
            Err(Unmeasured::System(e)) => return Err(Unmade::System(e)),
        };
        let wanted = match &task.plan {
            Plan::Picture(_) | Plan::Foreign(_) => "image/jpeg",
            Plan::Video(_) => "video/mp4",
        };
        if is != wanted {
            let why = format!("cannot be made to fit: what came of it is {is}");
            return Err(Unmade::Why(why));
        }
        Ok(to)
    }

    fn picture(&self, file: &File, facts: &MediaFacts, plan: &PicturePlan, to: &Path) -> Result<(), Unmade> {
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = Vec::new();
        file.take(crate::core::fit::PICTURE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
        if hex::encode(Sha256::digest(&bytes)) != facts.sha256 {
            return Err(Unmade::Changed);
        }
        // Decoders read what anybody may have written: a panic in one is that file's end, not crier's.
        let made = catch_unwind(AssertUnwindSafe(|| picture::make(&bytes, facts, plan)));
        let jpeg = made
            .unwrap_or_else(|_| Err("cannot be decoded: it is broken".to_owned()))
            .map_err(Unmade::Why)?;
        io::copy(&mut jpeg.as_slice(), &mut create(to)?)?;
        Ok(())
    }

    /// A picture that crier has no decoder for: another program makes a PNG of it, and that is made to fit.
    fn foreign(
        &mut self,
        file: &File,
        facts: &MediaFacts,
        name: &str,
        plan: &PicturePlan,
        to: &Path,
    ) -> Result<(), Unmade> {
        let by_hand = || fit::by_hand(&facts.mime, name);
        let (from, png) = (
            self.next("original")?,
            self.next("decoded")?.with_extension("png"),
        );
        let Some(decoder) = foreign::Decoder::of(self.heif.as_deref(), self.ffmpeg.as_deref()) else {
            return Err(Unmade::Why(format!(
                "is {}, which crier itself cannot decode, and [media] of the config names no `heif_convert` and no `ffmpeg`; {}",
                facts.mime,
                by_hand()
            )));
        };
        self.copy_in(file, facts, &from)?;
        let done = decoder.run((&from, &png), &self.bench());
        fs::remove_file(&from)?;
        let decoded = done
            .and_then(|()| decoder.measured(&png, facts))
            .map_err(|unmade| match unmade {
                Unmade::Why(why) => Unmade::Why(format!("{why}; {}", by_hand())),
                other @ (Unmade::Changed | Unmade::System(_)) => other,
            })?;
        self.picture(&File::open(&png)?, &decoded, plan, to)?;
        Ok(fs::remove_file(&png)?)
    }

    fn video(
        &mut self,
        file: &File,
        facts: &MediaFacts,
        name: &str,
        plan: &VideoPlan,
        to: &Path,
    ) -> Result<(), Unmade> {
        let Some(ffmpeg) = self.ffmpeg.clone() else {
            let out = Plan::Video(*plan).name(&format!("fitted-{name}").replace('/', "-"));
            return Err(Unmade::Why(format!(
                "has to be made anew to fit, and [media] of the config names no `ffmpeg`; run it yourself: `{}`",
                plan.command(name, &out)
            )));
        };
        let from = self.next("original")?;
        self.copy_in(file, facts, &from)?;
        // A little over the platform's limit: then the measured file is refused with the platform's rule.
        let most = plan
            .max_bytes
            .saturating_add(plan.max_bytes / 10)
            .saturating_add(1 << 20);
        let arguments = |from: &str, to: &str| plan.arguments(from, to);
        let done = child::make(&ffmpeg, arguments, (&from, to), &self.bench(), most);
        fs::remove_file(&from)?;
        done
    }

    fn bench(&self) -> child::Bench<'_> {
        child::Bench {
            limits: &self.limits,
            stop: &self.stop,
            reach: &self.reach,
        }
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

/// Nobody wants it any more.
fn stopped() -> Unmade {
    Unmade::System(io::Error::new(io::ErrorKind::Interrupted, "stopped"))
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
