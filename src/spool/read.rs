//! Reading one entry: its draft, its media measured, and the stamp by which a later change is seen.

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

use super::dir::{Closed, Dir, Fingerprint, Opened};
use super::draft::{self, Format};
use super::media::{self, Unmeasured};
use super::name::{Named, judge};
use super::queue::Queue;
use crate::core::diagnose::{Diagnostic, Diagnostics, nearest};
use crate::core::intake::Measured;
use crate::core::intake::draft::Draft;
use crate::domain::time::{Span, Timestamp};

/// A file that was written in place is whole when nothing changed for this long.
pub const SETTLE: Span = Span::secs(2);
/// Media that a file names may come this much later than the file.
pub const MEDIA_GRACE: Span = Span::secs(10);
/// Most media files of one post, over all its segments and overrides.
pub const MEDIA_MAX: usize = 200;
/// Names looked at in a bundle.
const BUNDLE_MAX: usize = 1000;

/// An entry as it was read. Keep the stamp with the post.
#[derive(Debug)]
pub struct Reading {
    /// The draft.
    pub draft: Draft,
    /// Its media.
    pub measured: Measured,
    /// To see later whether it changed.
    pub stamp: Stamp,
}

/// The fingerprints of all that a post was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The queue file.
    pub draft: Fingerprint,
    /// Its media, by the names in the draft.
    pub media: BTreeMap<String, Fingerprint>,
}

/// Why there is no reading.
#[derive(Debug)]
pub enum Unread {
    /// It may still be being written, or its media come: look again then.
    NotYet {
        /// When.
        until: Timestamp,
        /// What is waited for, in words.
        why: String,
    },
    /// It is wrong: to `failed/` with these.
    Refused(Diagnostics),
    /// It is not there any more.
    Gone,
    /// The system failed; not the file's fault. Look again later.
    System(io::Error),
}

/// Whether an entry is what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Still {
    /// Yes.
    Same,
    /// It, or its media, was changed: read it again.
    Changed,
    /// It was removed: that cancels it.
    Gone,
}

impl From<io::Error> for Unread {
    fn from(e: io::Error) -> Self {
        Unread::System(e)
    }
}

/// Where an entry's parts lie.
struct Located {
    /// The directory below which its media lie; `None`: the queue's.
    bundle: Option<Dir>,
    /// The file with the words, by its name in that directory.
    file: String,
    format: Format,
}

impl Queue {
    /// Reads an entry of this name.
    pub fn read(&self, name: &str, now: Timestamp) -> Result<Reading, Unread> {
        let located = self.locate(name)?;
        let base = located.bundle.as_ref().unwrap_or(&self.place().home);
        let opened = base.file(&located.file).map_err(|e| unread(e, name))?;
        let shown = shown(name, &located);
        self.settled(name, &located, &opened, &shown, now)?;
        if opened.print.size > draft::FILE_MAX {
            return Err(Unread::Refused(draft::too_large(&shown, opened.print.size)));
        }
        let bytes = opened.bytes(draft::FILE_MAX)?;
        let draft = draft::read(&shown, located.format, &bytes)
            .and_then(|draft| few_files(draft, &shown))
            .and_then(|draft| match quiet_at(&opened, now) {
                // Perhaps half of a file: not yet the time to complain.
                Some(_) if draft.mistakes.has_errors() => Err(draft.mistakes),
                Some(_) | None => Ok(draft),
            })
            .map_err(|told| defer(told, &opened, &shown, now))?;
        let (measured, media) = self.media(name, &draft, base, &opened, now)?;
        let stamp = Stamp {
            draft: opened.print,
            media,
        };
        match self.still(name, &stamp)? {
            Still::Same => Ok(Reading {
                draft,
                measured,
                stamp,
            }),
            Still::Changed => Err(Unread::NotYet {
                until: now + SETTLE,
                why: format!("{shown} is being changed"),
            }),
            Still::Gone => Err(Unread::Gone),
        }
    }

    /// Whether the entry of this name is still what was read.
    pub fn still(&self, name: &str, stamp: &Stamp) -> io::Result<Still> {
        same(&self.place().home, name, stamp)
    }

    fn locate(&self, name: &str) -> Result<Located, Unread> {
        match judge(name.as_bytes()) {
            Named::File(format) => Ok(Located {
                bundle: None,
                file: name.to_owned(),
                format,
            }),
            Named::Bundle => bundle(&self.place().home, name),
            Named::Apart => Err(refused(format!("{name} is no name of a queue file"))),
            Named::Odd(why) => Err(refused(why)),
        }
    }

    fn settled(
        &self,
        name: &str,
        located: &Located,
        opened: &Opened,
        shown: &str,
        now: Timestamp,
    ) -> Result<(), Unread> {
        let path = match &located.bundle {
            Some(_) => format!("{name}/{}", located.file),
            None => name.to_owned(),
        };
        if self.is_whole(&path, &opened.print) {
            return Ok(());
        }
        match quiet_at(opened, now) {
            Some(until) => Err(Unread::NotYet {
                until,
                why: format!("{shown} may still be being written"),
            }),
            None => Ok(()),
        }
    }

    fn media(
        &self,
        name: &str,
        draft: &Draft,
        base: &Dir,
        post: &Opened,
        now: Timestamp,
    ) -> Result<(Measured, BTreeMap<String, Fingerprint>), Unread> {
        let (mut measured, mut prints) = (Measured::new(), BTreeMap::new());
        let grace = Timestamp(changed(post).0.saturating_add(MEDIA_GRACE.0));
        for file in draft.files() {
            let opened = match base.file(file) {
                Ok(opened) => opened,
                Err(Closed::Missing) if now < grace && grace.since(now) <= MEDIA_GRACE => {
                    return Err(Unread::NotYet {
                        until: grace,
                        why: format!("{file} is not there yet"),
                    });
                }
                Err(Closed::Missing) => {
                    measured.insert(file.to_owned(), Err(missing(base, name, file)));
                    continue;
                }
                Err(Closed::Refused(why)) => {
                    measured.insert(file.to_owned(), Err(why));
                    continue;
                }
                Err(Closed::System(e)) => return Err(Unread::System(e)),
            };
            let path = if name.ends_with(".post") {
                format!("{name}/{file}")
            } else {
                file.to_owned()
            };
            if !self.is_whole(&path, &opened.print)
                && let Some(until) = quiet_at(&opened, now)
            {
                let why = format!("{file} may still be being written");
                return Err(Unread::NotYet { until, why });
            }
            let facts = match media::measure(&opened.file) {
                Ok(facts) => Ok(facts),
                Err(Unmeasured::Bad(why)) => Err(format!("{file} {why}")),
                Err(Unmeasured::System(e)) => return Err(Unread::System(e)),
            };
            prints.insert(file.to_owned(), opened.print);
            measured.insert(file.to_owned(), facts);
        }
        Ok((measured, prints))
    }
}

/// What people know the text by: `hello.toml`, `hello.post/post.md`.
fn shown(name: &str, located: &Located) -> String {
    match &located.bundle {
        Some(_) => format!("{name}/{}", located.file),
        None => name.to_owned(),
    }
}

/// What is not there, and what is there under nearly that name.
fn missing(base: &Dir, name: &str, file: &str) -> String {
    let place = if name.ends_with(".post") {
        name
    } else {
        "the queue's directory"
    };
    let names = base.names(BUNDLE_MAX).map(|(names, _)| names).unwrap_or_default();
    let known = || {
        let all = names.iter().filter_map(|n| n.to_str().ok());
        all.filter(|n| !n.starts_with('.'))
    };
    let same = known().find(|n| n.to_lowercase() == file.to_lowercase());
    match same.or_else(|| nearest(file, known())) {
        Some(near) => format!("there is no {file} in {place}; is {near} meant?"),
        None => format!("there is no {file} in {place}"),
    }
}

fn refused(message: String) -> Unread {
    let mut told = Diagnostics::new();
    told.push(Diagnostic::general(message));
    Unread::Refused(told)
}

fn unread(closed: Closed, name: &str) -> Unread {
    match closed {
        Closed::Missing if name.ends_with(".post") => refused(format!("{name} has no post file any more")),
        Closed::Missing => Unread::Gone,
        Closed::Refused(why) => refused(why),
        Closed::System(e) => Unread::System(e),
    }
}

/// Finds the one `post.*` of a bundle.
fn bundle(home: &Dir, name: &str) -> Result<Located, Unread> {
    let dir = match home.beneath(name) {
        Ok(dir) => dir,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(Unread::Gone),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            return Err(refused(format!(
                "{name} may not be read by crier; `chmod -R g+rwX` it, or let it belong to the directory's group"
            )));
        }
        Err(e) if e.raw_os_error() == Some(libc::ELOOP) || e.kind() == io::ErrorKind::NotADirectory => {
            return Err(refused(format!("{name} is no directory itself")));
        }
        Err(e) => return Err(Unread::System(e)),
    };
    let (names, _) = dir.names(BUNDLE_MAX)?;
    let mut posts: Vec<(String, Format)> = names
        .iter()
        .filter_map(|n| n.to_str().ok())
        .filter(|n| super::name::split(n).0 == "post")
        .filter_map(|n| Some((n.to_owned(), Format::of(n)?)))
        .collect();
    posts.sort_by(|a, b| a.0.cmp(&b.0));
    match posts.as_slice() {
        [(file, format)] => Ok(Located {
            file: file.clone(),
            format: *format,
            bundle: Some(dir),
        }),
        [] => Err(Unread::Refused(one_post(format!(
            "{name} has no file post.toml, post.md or post.txt"
        )))),
        several => {
            let all: Vec<&str> = several.iter().map(|(n, _)| n.as_str()).collect();
            Err(Unread::Refused(one_post(format!(
                "{name} has {}",
                all.join(" and ")
            ))))
        }
    }
}

fn one_post(message: String) -> Diagnostics {
    let mut told = Diagnostics::new();
    told.push(Diagnostic::general(message).help("a bundle holds one file named post.* and its media"));
    told
}

fn few_files(draft: Draft, shown: &str) -> Result<Draft, Diagnostics> {
    let n = draft.files().len();
    if n <= MEDIA_MAX {
        return Ok(draft);
    }
    let mut told = Diagnostics::new();
    let message = format!("{shown} names {n} media files, crier takes at most {MEDIA_MAX} in one post");
    told.push(Diagnostic::general(message).help("make several posts of it"));
    Err(told)
}

/// Mistakes in a file that changed a moment ago may be those of a half-written one.
fn defer(told: Diagnostics, opened: &Opened, shown: &str, now: Timestamp) -> Unread {
    match quiet_at(opened, now) {
        Some(until) => Unread::NotYet {
            until,
            why: format!("{shown} has mistakes, and may still be being written"),
        },
        None => Unread::Refused(told),
    }
}

/// The file's last change. A time in the future was set by somebody: then the kernel's own counts.
fn changed(opened: &Opened) -> Timestamp {
    Timestamp(opened.print.mtime_ns.min(opened.ctime_ns).div_euclid(1_000_000))
}

/// When the file will have been quiet for long enough; `None`: it has.
fn quiet_at(opened: &Opened, now: Timestamp) -> Option<Timestamp> {
    let until = changed(opened) + SETTLE;
    // A clock that was set back must not keep a file waiting for hours.
    (now < until && until.since(now) <= SETTLE).then_some(until)
}

/// Whether an entry in any of the queue's directories is still what was read.
pub(super) fn same(dir: &Dir, name: &str, stamp: &Stamp) -> io::Result<Still> {
    let located = if name.ends_with(".post") {
        match bundle(dir, name) {
            Ok(located) => located,
            Err(Unread::Gone) => return Ok(Still::Gone),
            Err(Unread::System(e)) => return Err(e),
            Err(Unread::Refused(_) | Unread::NotYet { .. }) => return Ok(Still::Changed),
        }
    } else {
        Located {
            bundle: None,
            file: name.to_owned(),
            // Not asked for here.
            format: Format::Text,
        }
    };
    let base = located.bundle.as_ref().unwrap_or(dir);
    match base.lstat(&located.file)? {
        None => return Ok(Still::Gone),
        Some(stat) if Fingerprint::of(&stat) != stamp.draft => return Ok(Still::Changed),
        Some(_) => {}
    }
    for (file, print) in &stamp.media {
        match base.file(file) {
            Ok(opened) if opened.print == *print => {}
            Ok(_) | Err(Closed::Missing | Closed::Refused(_)) => return Ok(Still::Changed),
            Err(Closed::System(e)) => return Err(e),
        }
    }
    Ok(Still::Same)
}
