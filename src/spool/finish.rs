//! The end of a file: to `sent/` with its receipt, or to `failed/` with a note on why.
//!
//! A note is durable under its name before the post moves beside it, and doing either again after a
//! crash finds what is done already. Posts and receipts are never written over.

use std::io;

use super::claim::NUMBERS_MAX;
use super::dir::Dir;
use super::name::{numbered, split};
use super::queue::Queue;
use crate::core::diagnose::{Diagnostics, Severity, render};

/// Where a finished post lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The post's name there; another number may have been added.
    pub name: String,
    /// The note's name.
    pub note: String,
    /// Whether the post was moved. Not, when it is gone, or (see `stuck`) may not be.
    pub moved: bool,
    /// Why it could not be moved, although its note was written: a sentence.
    pub stuck: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Note {
    Receipt,
    Why,
}

impl Note {
    fn name(self, post: &str) -> String {
        let stem = split(post).0;
        match self {
            Note::Receipt => format!("{stem}.receipt.toml"),
            Note::Why => format!("{stem}.why.txt"),
        }
    }
}

impl Queue {
    /// A claimed post went out: from `sending/` to `sent/`, with its receipt.
    pub fn finish_sent(&self, taken: &str, receipt: &str) -> io::Result<Finished> {
        let place = self.place();
        let _naming = self.naming();
        conclude(&place.sending, taken, &place.sent, Note::Receipt, &|_| {
            receipt.to_owned()
        })
    }

    /// A claimed post failed: from `sending/` to `failed/`, with the reason.
    pub fn fail(&self, taken: &str, why: &str) -> io::Result<Finished> {
        let place = self.place();
        let text = |new: &str| {
            format!(
                "{}\n\nTo try again what has not gone out:\n\n    cd {} && mv failed/{} .\n",
                why.trim_end(),
                quoted(&self.path().to_string_lossy()),
                quoted(new)
            )
        };
        let _naming = self.naming();
        conclude(&place.sending, taken, &place.failed, Note::Why, &text)
    }

    /// A post that still waits is refused: from the queue's directory to `failed/`, with the reason.
    pub fn refuse(&self, name: &str, why: &str) -> io::Result<Finished> {
        let place = self.place();
        let text = |new: &str| {
            format!(
                "{}\n\nNothing of it has gone out. Mend it, then let crier try again:\n\n    cd {} && mv failed/{} .\n",
                why.trim_end(),
                quoted(&self.path().to_string_lossy()),
                quoted(new)
            )
        };
        let _naming = self.naming();
        conclude(&place.home, name, &place.failed, Note::Why, &text)
    }

    /// Takes away the note in `failed/` of a post that was moved back to try again.
    pub fn clear_why(&self, name: &str) -> io::Result<()> {
        let failed = &self.place().failed;
        let note = Note::Why.name(name);
        if failed.exists(name)? || !failed.exists(&note)? {
            return Ok(());
        }
        failed.remove(&note)
    }
}

/// A name as a shell reads it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '+' | '@');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', "'\\''"))
}

/// What `failed/NAME.why.txt` says of a file that was refused when it was dropped.
pub fn refusal(name: &str, told: &Diagnostics) -> String {
    let errors = told.iter().filter(|d| d.severity == Severity::Error).count();
    let head = match errors {
        1 => format!("{name} was refused:"),
        n => format!("{name} was refused for {n} reasons:"),
    };
    format!("{head}\n\n{}\n", render(told, false))
}

fn conclude(
    from: &Dir,
    name: &str,
    to: &Dir,
    note: Note,
    text: &dyn Fn(&str) -> String,
) -> io::Result<Finished> {
    let there = from.exists(name)?;
    let new = free_name(name, to, note, text, there)?;
    let note_name = note.name(&new);
    let text = text(&new);
    if !holds(to, &note_name, &text) {
        let hidden = to.write_hidden(&note_name, text.as_bytes())?;
        // `free_name` has seen that only an old reason, whose post was moved away, may be there.
        to.replace(&hidden, &note_name)?;
        to.sync()?;
    }
    let (moved, stuck) = if there {
        move_to(from, name, to, &new)?
    } else {
        (false, None)
    };
    to.sync()?;
    from.sync()?;
    Ok(Finished {
        name: new,
        note: note_name,
        moved,
        stuck,
    })
}

/// The first number under which neither post nor note are another's.
fn free_name(
    name: &str,
    to: &Dir,
    note: Note,
    text: &dyn Fn(&str) -> String,
    there: bool,
) -> io::Result<String> {
    for n in 0..NUMBERS_MAX {
        let new = numbered(name, n);
        let note_name = note.name(&new);
        let post_taken = to.exists(&new)?;
        let note_taken = to.exists(&note_name)?;
        // Done before, wholly or up to the note.
        if note_taken && holds(to, &note_name, &text(&new)) && !(post_taken && there) {
            return Ok(new);
        }
        let replaceable = note == Note::Why && !companion(to, &new)?;
        if !post_taken && (!note_taken || replaceable) {
            return Ok(new);
        }
    }
    Err(io::Error::other(format!("no name is free for {name}")))
}

/// Whether any post with this stem lies there: the note may be its.
fn companion(to: &Dir, name: &str) -> io::Result<bool> {
    let stem = split(name).0;
    for ending in ["toml", "md", "txt", "post"] {
        if to.exists(&format!("{stem}.{ending}"))? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn holds(dir: &Dir, name: &str, text: &str) -> bool {
    dir.file(name)
        .ok()
        .and_then(|opened| opened.bytes(text.len() as u64).ok())
        .is_some_and(|bytes| bytes == text.as_bytes())
}

fn move_to(from: &Dir, name: &str, to: &Dir, new: &str) -> io::Result<(bool, Option<String>)> {
    match from.rename(name, to, new) {
        Ok(true) => Ok((true, None)),
        Ok(false) => Err(io::Error::other(format!(
            "{new} appeared while {name} was moved there"
        ))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok((false, None)),
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok((
            false,
            Some(format!(
                "{name} may not be moved by crier: a directory needs `chmod g+w`, and the spool must not have the sticky bit"
            )),
        )),
        Err(e) => Err(e),
    }
}
