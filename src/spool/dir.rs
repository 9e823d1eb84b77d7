//! One directory, held open: all names are looked up beneath it, without following links.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// A file as it was at one moment: a change of its bytes by ordinary means changes this, a new name does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// File system.
    pub dev: u64,
    /// Inode.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// Last change of the bytes in nanoseconds since 1970.
    pub mtime_ns: i64,
}

impl Fingerprint {
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            dev: stat.st_dev,
            ino: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime_ns: nanos(stat.st_mtime, stat.st_mtime_nsec),
        }
    }
}

fn nanos(secs: i64, nanos: u64) -> i64 {
    secs.saturating_mul(1_000_000_000)
        .saturating_add(i64::try_from(nanos).unwrap_or(0))
}

/// Why a name could not be opened as a regular file.
#[derive(Debug)]
pub(super) enum Closed {
    /// There is nothing of that name.
    Missing,
    /// It is there, but is not to be read: a sentence.
    Refused(String),
    /// The system failed; not the file's fault.
    System(io::Error),
}

/// A regular file, open for reading.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) print: Fingerprint,
    /// When anything about it changed last, by the kernel's clock, in nanoseconds since 1970.
    pub(super) ctime_ns: i64,
}

/// A directory held open.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
}

/// Nothing outside, no links on the way, no jumps through `/proc`.
const BENEATH: ResolveFlags = ResolveFlags::BENEATH
    .union(ResolveFlags::NO_SYMLINKS)
    .union(ResolveFlags::NO_MAGICLINKS);

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

impl Opened {
    /// At most `max` bytes of it and one more.
    pub(super) fn bytes(&self, max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&self.file).take(max.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Dir {
    /// Opens the directory that the config names; links on the way there are the admin's own.
    pub(super) fn open(path: &Path) -> io::Result<Dir> {
        let fd = fs::open(
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Dir { fd })
    }

    pub(super) fn beneath(&self, name: &str) -> io::Result<Dir> {
        let fd = fs::openat2(&self.fd, name, DIRECTORY, Mode::empty(), BENEATH)?;
        Ok(Dir { fd })
    }

    pub(super) fn stat(&self) -> io::Result<Stat> {
        Ok(fs::fstat(&self.fd)?)
    }

    /// What a name is, itself and not what it links to; `None`: nothing.
    pub(super) fn lstat(&self, name: &str) -> io::Result<Option<Stat>> {
        match fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    pub(super) fn exists(&self, name: &str) -> io::Result<bool> {
        Ok(self.lstat(name)?.is_some())
    }

    /// All names, at most `max` of them; the flag says that there are more.
    pub(super) fn names(&self, max: usize) -> io::Result<(Vec<CString>, bool)> {
        // A descriptor of its own: reading moves its place, and scans may overlap.
        let fd = fs::openat(&self.fd, ".", DIRECTORY, Mode::empty())?;
        let mut names = Vec::new();
        for entry in fs::Dir::new(fd)? {
            let name = entry?.file_name().to_owned();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if names.len() == max {
                return Ok((names, true));
            }
            names.push(name);
        }
        Ok((names, false))
    }

    /// Opens a regular file beneath this directory for reading.
    pub(super) fn file(&self, path: &str) -> Result<Opened, Closed> {
        // Looked at before it is opened: opening alone may already do something to a device.
        let look = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let seen = fs::openat2(&self.fd, path, look, Mode::empty(), BENEATH).map_err(|e| closed(path, e))?;
        let seen = fs::fstat(&seen).map_err(|e| Closed::System(e.into()))?;
        regular(path, &seen)?;
        // Should it be exchanged just now: no FIFO holds us up, no terminal becomes ours.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = fs::openat2(&self.fd, path, flags, Mode::empty(), BENEATH).map_err(|e| closed(path, e))?;
        let stat = fs::fstat(&fd).map_err(|e| Closed::System(e.into()))?;
        regular(path, &stat)?;
        Ok(Opened {
            file: File::from(fd),
            print: Fingerprint::of(&stat),
            ctime_ns: nanos(stat.st_ctime, stat.st_ctime_nsec),
        })
    }

    /// Moves a name to another directory unless it is taken there; `false`: it is.
    pub(super) fn rename(&self, name: &str, to: &Dir, new: &str) -> io::Result<bool> {
        match fs::renameat_with(&self.fd, name, &to.fd, new, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Moves a name over another one here.
    pub(super) fn replace(&self, name: &str, new: &str) -> io::Result<()> {
        Ok(fs::renameat(&self.fd, name, &self.fd, new)?)
    }

    /// Makes the names in this directory durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.fd)?)
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    pub(super) fn remove_dir(&self, name: &str) -> io::Result<()> {
        Ok(fs::unlinkat(&self.fd, name, AtFlags::REMOVEDIR)?)
    }

    /// Makes a directory; `false`: the name is taken. It gets this one's permissions and, by setgid, its group, and
    /// its name only then: a crash leaves none that is closed to the group.
    pub(super) fn make_dir(&self, name: &str) -> io::Result<bool> {
        match fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Ok(false),
            Err(Errno::NOENT) => {}
            Err(e) => return Err(e.into()),
        }
        let hidden = format!(".{name}.tmp");
        // Left by a crash: its name is crier's own, and it is empty.
        match fs::unlinkat(&self.fd, &hidden, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(e) => return Err(e.into()),
        }
        let mode = self.stat()?.st_mode & 0o777;
        fs::mkdirat(&self.fd, &hidden, Mode::from_raw_mode(mode))?;
        // The umask is the whole process's, so it is not touched: what it took away is given back to this directory
        // alone, with the setgid that it inherited.
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = fs::openat(&self.fd, &hidden, flags | OFlags::RDONLY, Mode::empty())?;
        let setgid = fs::fstat(&made)?.st_mode & 0o2000;
        fs::fchmod(&made, Mode::from_raw_mode(mode | setgid))?;
        match fs::renameat_with(&self.fd, &hidden, &self.fd, name, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => {
                self.remove_dir(&hidden)?;
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Makes a new file for writing; an error when the name is taken.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = fs::openat(&self.fd, name, flags, Mode::from_raw_mode(0o600))?;
        // Who may read the directory may read it, whatever the daemon's umask; never others' to write.
        let mode = 0o600 | (self.stat()?.st_mode & 0o064);
        fs::fchmod(&fd, Mode::from_raw_mode(mode))?;
        Ok(File::from(fd))
    }

    /// Writes a file whole and durably under a hidden name, for a rename to give it its own.
    pub(super) fn write_hidden(&self, name: &str, bytes: &[u8]) -> io::Result<String> {
        let hidden = format!(".{name}.tmp");
        let mut file = match self.create(&hidden) {
            // Left by a crash: its name is crier's own.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                self.remove(&hidden)?;
                self.create(&hidden)?
            }
            other => other?,
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if let Err(e) = written {
            // The disk may be full: half a file helps nobody.
            let _ = self.remove(&hidden);
            return Err(e);
        }
        Ok(hidden)
    }
}

fn regular(path: &str, stat: &Stat) -> Result<(), Closed> {
    let what = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a directory",
        FileType::Symlink => "a symbolic link; put the file itself there",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Unknown => "of an unknown type",
    };
    Err(Closed::Refused(format!("{path} is no file but {what}")))
}

fn closed(path: &str, e: Errno) -> Closed {
    match e {
        Errno::NOENT | Errno::NOTDIR => Closed::Missing,
        Errno::LOOP => Closed::Refused(format!(
            "{path} is a symbolic link or lies behind one, which crier does not follow; put the file itself there"
        )),
        Errno::XDEV => Closed::Refused(format!("{path} leads out of the queue's directory")),
        Errno::ACCESS | Errno::PERM => Closed::Refused(format!(
            "{path} may not be read by crier; `chmod g+r` it, or let it belong to the directory's group"
        )),
        Errno::NAMETOOLONG => Closed::Refused(format!("{path} is too long a name")),
        Errno::NXIO | Errno::NODEV => Closed::Refused(format!("{path} is no file")),
        other => Closed::System(other.into()),
    }
}
