//! Keys in files: `crierd keygen` writes one, the start reads it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::super::random;
use super::{KeyId, Keyring, SealError, keyring};

/// The longest file that may be a key: far more than any of its forms needs.
const LONGEST: usize = 1024;

/// Write a new key as 64 hex digits to `path`, readable by its owner alone, and on the disk when this
/// returns. The id of the new key.
///
/// # Errors
/// When there is something at `path` already: a key is never overwritten.
pub fn keygen(path: &Path) -> Result<KeyId, SealError> {
    let key = Zeroizing::new(random::random_bytes::<{ keyring::KEY }>());
    let mut text = Zeroizing::new(String::with_capacity(2 * keyring::KEY + 1));
    for byte in key.iter() {
        for digit in [byte >> 4, byte & 15] {
            // a number below 16 has a hex digit
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    let origin = path.display().to_string();
    let id = Keyring::from_credential(text.as_bytes(), &origin)?.id();
    write(path, text.as_bytes()).map_err(|e| {
        let why = match e.kind() {
            ErrorKind::AlreadyExists => {
                "there is a file of that name, and a key is never overwritten. Choose another name; remove the \
                 old file only if nothing was sealed with it"
                    .to_owned()
            }
            _ => e.to_string(),
        };
        SealError::Io { what: format!("writing the key file {origin}"), why }
    })?;
    Ok(id)
}

/// The ring of the key in the file `path`, such as the credential `crier.key`.
///
/// # Errors
/// When the file is not there, is too large, may be read by everybody, or holds no key.
pub fn read(path: &Path) -> Result<Keyring, SealError> {
    let origin = path.display().to_string();
    let bad = |problem: String| SealError::BadKey {
        origin: origin.clone(),
        problem,
    };
    let io = |e: std::io::Error| {
        let why = match e.kind() {
            ErrorKind::NotFound => {
                "there is no such file. `crierd keygen FILE` makes a key; the unit hands it over with \
                 LoadCredentialEncrypted=, or `key_file` names it"
                    .to_owned()
            }
            _ => e.to_string(),
        };
        SealError::Io {
            what: format!("reading the key file {origin}"),
            why,
        }
    };
    // not blocking, should it be a FIFO
    let flags = libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(io)?;
    let meta = file.metadata().map_err(io)?;
    if !meta.is_file() {
        return Err(bad("it is not a regular file".into()));
    }
    // systemd hands credentials over with mode 0440 and an ACL, so the group's right to read is no fault
    if meta.mode() & 0o027 != 0 {
        let mode = meta.mode() & 0o777;
        return Err(bad(format!(
            "its mode is {mode:04o}, so that others know it: `chmod 0400 {origin}`"
        )));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    file.take(LONGEST as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() > LONGEST {
        return Err(bad(format!("it has more than {LONGEST} bytes")));
    }
    Keyring::from_credential(&bytes, &origin)
}

fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o400)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()?;
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
