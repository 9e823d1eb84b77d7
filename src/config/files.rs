//! The files of the config: the main one and the drop-ins that count, read with care.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest config file, in bytes.
pub const FILE_MAX: u64 = 1024 * 1024;

/// The most drop-ins.
const DROPINS_MAX: usize = 1000;

/// The drop-in directories, the first of which wins.
pub const DROPIN_DIRS: [&str; 3] = ["/etc/crier/conf.d", "/run/crier/conf.d", "/usr/lib/crier/conf.d"];

/// A file that was read.
pub(super) struct Text {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Anybody on this machine may change it.
    pub(super) open_to_all: bool,
}

/// Why a file was not read: a sentence that begins with its path, and what to do.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Unread {
    fn new(message: String) -> Self {
        Self { message, help: None }
    }

    fn help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }
}

/// The drop-ins that count, in the order of their names: of several with one name the one in the first
/// directory, and none when that is empty or leads to `/dev/null`.
pub(super) fn dropins(dirs: &[PathBuf]) -> (Vec<PathBuf>, Vec<Unread>) {
    let mut found: BTreeMap<std::ffi::OsString, PathBuf> = BTreeMap::new();
    let mut unread = Vec::new();
    for dir in dirs {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => {
                unread.push(Unread::new(format!(
                    "{}: the directory cannot be read: {e}",
                    dir.display()
                )));
                continue;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let counts =
                name.as_encoded_bytes().ends_with(b".toml") && !name.as_encoded_bytes().starts_with(b".");
            if counts {
                found.entry(name).or_insert_with(|| entry.path());
            }
        }
    }
    if found.len() > DROPINS_MAX {
        let message = format!(
            "there are {} drop-in files; at most {DROPINS_MAX} are read",
            found.len()
        );
        unread.push(Unread::new(message).help("put several accounts into one file"));
    }
    let paths = found.into_values().filter(|p| !is_mask(p)).take(DROPINS_MAX);
    (paths.collect(), unread)
}

fn is_mask(path: &Path) -> bool {
    let null = std::fs::metadata("/dev/null").map(|m| m.rdev());
    match (std::fs::metadata(path), null) {
        (Ok(meta), _) if meta.is_file() => meta.len() == 0,
        (Ok(meta), Ok(null)) => !meta.is_dir() && meta.rdev() == null && null != 0,
        (Ok(_), Err(_)) | (Err(_), _) => false,
    }
}

/// Reads a file: a regular one of at most [`FILE_MAX`] bytes of UTF-8 without NUL.
pub(super) fn read(path: &Path) -> Result<Text, Unread> {
    let name = path.display();
    let broken = |e: std::io::Error| Unread::new(format!("{name}: the file cannot be read: {e}"));
    // Without O_NONBLOCK a FIFO would hold the daemon until somebody writes.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map_err(|e| not_there(path, &e).unwrap_or_else(|| broken(e)))?;
    let meta = file.metadata().map_err(broken)?;
    if !meta.is_file() {
        return Err(Unread::new(format!("{name}: this is not a regular file"))
            .help("take it away, or put a file in its place"));
    }
    let bytes = capped(&file).map_err(broken)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(Unread::new(format!("{name}: the file is longer than 1 MiB"))
            .help("a config is much smaller; look whether it is the right file"));
    }
    Ok(Text {
        path: path.to_owned(),
        text: text(bytes).map_err(|(message, help)| Unread::new(format!("{name}:{message}")).help(help))?,
        open_to_all: meta.mode() & 0o002 != 0,
    })
}

fn not_there(path: &Path, e: &std::io::Error) -> Option<Unread> {
    if e.kind() != std::io::ErrorKind::NotFound {
        return None;
    }
    if path.is_symlink() {
        return Some(
            Unread::new(format!("{}: this link leads nowhere", path.display()))
                .help("mend it or take it away; to switch a drop-in off, let it lead to /dev/null"),
        );
    }
    Some(
        Unread::new(format!("{}: there is no such file", path.display()))
            .help("write it (an empty one will do), or name another with --config"),
    )
}

fn capped(file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(FILE_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, (String, &'static str)> {
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        let message = format!(
            "{}: a NUL byte at offset {at}; this is not a text file",
            place(&bytes, at)
        );
        return Err((message, "write the file again with a text editor"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let bytes = e.as_bytes();
        let message = format!(
            "{}: byte 0x{:02x} at offset {at} is not UTF-8",
            place(bytes, at),
            bytes.get(at).copied().unwrap_or_default()
        );
        (
            message,
            "save the file as UTF-8; an old editor may have written Latin-1",
        )
    })
}

fn place(bytes: &[u8], at: usize) -> String {
    let before = &bytes[..at];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    format!("{line}:{column}")
}
