//! What lies in a queue's directory: the truth that every wake-up leads to.

use std::io;

use rustix::fs::FileType;

use super::draft::Format;
use super::name::{Named, judge};
use super::place::Place;

/// Names looked at in one scan.
pub const ENTRIES_MAX: usize = 50_000;

/// What a queue's entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// One file.
    File(Format),
    /// A directory `NAME.post`.
    Bundle,
}

/// Something that wants to be a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the queue's directory.
    pub name: String,
    /// File or bundle.
    pub kind: EntryKind,
}

/// One look at a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Posts, by name.
    pub entries: Vec<Entry>,
    /// What a person should know: names that look like posts and are none, links, FIFOs, too many entries.
    pub notices: Vec<String>,
}

pub(super) fn scan(place: &Place) -> io::Result<Scan> {
    let (mut names, more) = place.home.names(ENTRIES_MAX)?;
    names.sort_unstable();
    let mut scan = Scan::default();
    if more {
        scan.notices.push(format!(
            "there are more than {ENTRIES_MAX} names in the directory; those beyond are not seen until others have gone"
        ));
    }
    for raw in &names {
        match judge(raw.to_bytes()) {
            Named::Apart => {}
            Named::Odd(why) => scan.notices.push(why),
            Named::File(format) => add(place, &mut scan, raw, EntryKind::File(format))?,
            Named::Bundle => add(place, &mut scan, raw, EntryKind::Bundle)?,
        }
    }
    Ok(scan)
}

/// Adds an entry if it is what its name says, itself and not by a link.
fn add(place: &Place, scan: &mut Scan, raw: &std::ffi::CStr, kind: EntryKind) -> io::Result<()> {
    // `judge` has seen that it is UTF-8.
    let Ok(name) = raw.to_str() else {
        return Ok(());
    };
    let Some(stat) = place.home.lstat(name)? else {
        return Ok(());
    };
    let is = FileType::from_raw_mode(stat.st_mode);
    let wanted = match kind {
        EntryKind::File(_) => FileType::RegularFile,
        EntryKind::Bundle => FileType::Directory,
    };
    if is == wanted {
        scan.entries.push(Entry {
            name: name.to_owned(),
            kind,
        });
        return Ok(());
    }
    let what = match is {
        FileType::Symlink => "a symbolic link, which crier does not follow; put the file itself there",
        FileType::Directory => "a directory; bundles are named NAME.post",
        FileType::RegularFile => {
            "a file; NAME.post is a directory with a file post.toml, post.md or post.txt"
        }
        FileType::Fifo => "a FIFO, which is left alone",
        FileType::Socket => "a socket, which is left alone",
        FileType::CharacterDevice | FileType::BlockDevice => "a device, which is left alone",
        FileType::Unknown => "of an unknown type, and is left alone",
    };
    scan.notices.push(format!("{name} is {what}"));
    Ok(())
}
