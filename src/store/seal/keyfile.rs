//! `crierd keygen`: a new key in a file of its own.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::super::random;
use super::{KeyId, Keyring, SealError, keyring};

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
