//! Sealing of secrets at rest, and the keys derived from the credential. The only module that names
//! the cipher.
//!
//! A sealed record is `version(1) key id(8) nonce(24) tag(16) ciphertext`. XSalsa20-Poly1305 binds no
//! other data to a ciphertext, so the text itself begins with its own version and the record's identity,
//! each of known length, and both are compared after opening: a sealed value moved to another record
//! does not open. Nonces are random for each sealing; with 24 bytes they need no counter.
//!
//! From the credential's 32 bytes HKDF-SHA256 derives one key for each use, under its own label. Which
//! key sealed a record is told by the key id in its header, so that a ring with several keys reads old
//! records while new ones are sealed with the first.

mod keyfile;
mod keyring;
#[cfg(test)]
mod tests;

use secrecy::{ExposeSecret, SecretSlice};
use xsalsa20poly1305::aead::generic_array::GenericArray;
use xsalsa20poly1305::{AeadInPlace, KeyInit, XSalsa20Poly1305};
use zeroize::{Zeroize, Zeroizing};

use super::{Batch, Store, StoreError, Table, random};

pub use keyfile::{keygen, read as read_key};
pub use keyring::{KeyId, Keyring};

const HEADER_VERSION: u8 = 1;
const TEXT_VERSION: u16 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
const HEADER: usize = 1 + keyring::KEY_ID + NONCE;
/// The bytes that sealing adds, beside the record's identity.
pub const OVERHEAD: usize = HEADER + TAG + 4;

const CANARY: &[u8] = b"canary";
const CANARY_ID: &str = "meta/canary";
const CANARY_TEXT: &[u8] = b"this database is sealed with this key";

/// What can go wrong with keys and sealed records. No error tells anything of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The credential is no key.
    #[error("{origin} is not a good key: {problem}. `crierd keygen FILE` writes a good one")]
    BadKey {
        /// Where the key came from.
        origin: String,
        /// What is wrong, in words.
        problem: String,
    },
    /// The database was sealed with a key that is not here.
    #[error(
        "the key in {origin} is not the one that sealed this database (key id {have}, the database wants {want}): \
         put the earlier key back; without it every account has to be connected again"
    )]
    WrongKey {
        /// Where the key came from.
        origin: String,
        /// The id of the key at hand.
        have: KeyId,
        /// The id that the record names.
        want: KeyId,
    },
    /// The record does not open: changed, cut, or moved from elsewhere.
    #[error(
        "the sealed record {record} does not open: {problem}. Connect the account again, or restore a backup"
    )]
    Unreadable {
        /// The record's identity.
        record: String,
        /// What was found, in words.
        problem: &'static str,
    },
    /// There are sealed tokens, but no canary that tells their key.
    #[error(
        "the database holds sealed tokens but not the record that names their key: it is damaged. \
         Restore a backup (`crierctl restore`)"
    )]
    NoCanary,
    /// The record's identity is longer than fits.
    #[error("the identity of a sealed record has {0} bytes, and at most 65535 are allowed")]
    LongIdentity(usize),
    /// A key file could not be written.
    #[error("{what} failed: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's answer, and what to do.
        why: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the canary said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Canary {
    /// There was none yet: it was written with the ring's first key.
    Written,
    /// The ring's first key sealed this database.
    Good,
    /// An older key of the ring sealed it: a rotation was begun and has not ended.
    Older(KeyId),
}

/// Seal `plaintext` as the record `record` (such as `tokens/club-threads`).
///
/// # Errors
/// When the identity is too long.
pub fn seal(keys: &Keyring, record: &str, plaintext: &SecretSlice<u8>) -> Result<Vec<u8>, SealError> {
    let len = u16::try_from(record.len()).map_err(|_| SealError::LongIdentity(record.len()))?;
    let secret = plaintext.expose_secret();
    // exactly as long as it becomes, so that no copy is left behind by growing
    let mut text = Zeroizing::new(Vec::with_capacity(4 + record.len() + secret.len()));
    text.extend_from_slice(&TEXT_VERSION.to_be_bytes());
    text.extend_from_slice(&len.to_be_bytes());
    text.extend_from_slice(record.as_bytes());
    text.extend_from_slice(secret);
    let nonce: [u8; NONCE] = random::random_bytes();
    let (id, key) = keys.current();
    let tag = cipher(key)
        .encrypt_in_place_detached(&GenericArray::from(nonce), b"", &mut text)
        .map_err(|_| unreadable(record, "it is too long to seal"))?;
    let mut sealed = Vec::with_capacity(HEADER + TAG + text.len());
    sealed.push(HEADER_VERSION);
    sealed.extend_from_slice(&id.bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&tag);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Open what [`seal`] made for the same `record`.
///
/// # Errors
/// When the key is not in the ring, or the record was changed, cut or moved.
pub fn open(keys: &Keyring, record: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, SealError> {
    let id = key_id(record, sealed)?;
    let key = keys.find(id).ok_or_else(|| SealError::WrongKey {
        origin: keys.origin().to_owned(),
        have: keys.current().0,
        want: id,
    })?;
    let rest = &sealed[1 + keyring::KEY_ID..];
    let (nonce, rest) = rest
        .split_first_chunk::<NONCE>()
        .ok_or_else(|| unreadable(record, "it was cut"))?;
    let (tag, body) = rest
        .split_first_chunk::<TAG>()
        .ok_or_else(|| unreadable(record, "it was cut"))?;
    let mut text = Zeroizing::new(body.to_vec());
    cipher(key)
        .decrypt_in_place_detached(
            &GenericArray::from(*nonce),
            b"",
            &mut text,
            &GenericArray::from(*tag),
        )
        .map_err(|_| unreadable(record, "it was changed since it was sealed"))?;
    let secret =
        unwrap(record, &text).ok_or_else(|| unreadable(record, "it was sealed as another record"))?;
    Ok(SecretSlice::from(secret.to_vec()))
}

/// The id of the key that sealed this, read off its header.
///
/// # Errors
/// When it is no sealed record.
pub fn key_id(record: &str, sealed: &[u8]) -> Result<KeyId, SealError> {
    let (version, rest) = sealed
        .split_first()
        .ok_or_else(|| unreadable(record, "it is empty"))?;
    if *version != HEADER_VERSION {
        return Err(unreadable(
            record,
            "its header is of no version that is known here",
        ));
    }
    let (id, _) = rest
        .split_first_chunk()
        .ok_or_else(|| unreadable(record, "it was cut"))?;
    Ok(KeyId::from_bytes(*id))
}

/// See at start that the key fits the database; written with the first key on first use.
///
/// # Errors
/// [`SealError::WrongKey`] with both ids when it does not fit.
pub fn check_canary(keys: &Keyring, store: &dyn Store) -> Result<Canary, SealError> {
    let Some(sealed) = store.get(Table::Meta, CANARY)? else {
        if !store.scan(Table::Tokens, &[], 1)?.is_empty() {
            return Err(SealError::NoCanary);
        }
        let mut batch = Batch::new();
        write_canary(keys, &mut batch)?;
        store.commit_blocking(batch)?;
        return Ok(Canary::Written);
    };
    let text = open(keys, CANARY_ID, &sealed)?;
    if text.expose_secret() != CANARY_TEXT {
        return Err(unreadable(CANARY_ID, "it says something else"));
    }
    let id = key_id(CANARY_ID, &sealed)?;
    Ok(if id == keys.current().0 {
        Canary::Good
    } else {
        Canary::Older(id)
    })
}

/// Put a canary for the ring's first key into `batch`: the last step of a rotation.
///
/// # Errors
/// None that a caller can cause.
pub fn write_canary(keys: &Keyring, batch: &mut Batch) -> Result<(), SealError> {
    let text = SecretSlice::from(CANARY_TEXT.to_vec());
    batch.put(Table::Meta, CANARY, seal(keys, CANARY_ID, &text)?);
    Ok(())
}

/// The secret behind the text's version and identity, if both are right.
fn unwrap<'a>(record: &str, text: &'a [u8]) -> Option<&'a [u8]> {
    let (version, rest) = text.split_first_chunk::<2>()?;
    let (len, rest) = rest.split_first_chunk::<2>()?;
    let (identity, secret) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    (u16::from_be_bytes(*version) == TEXT_VERSION && identity == record.as_bytes()).then_some(secret)
}

fn cipher(key: &SecretSlice<u8>) -> XSalsa20Poly1305 {
    let mut copy = GenericArray::clone_from_slice(key.expose_secret());
    let cipher = XSalsa20Poly1305::new(&copy);
    copy.as_mut_slice().zeroize();
    cipher
}

fn unreadable(record: &str, problem: &'static str) -> SealError {
    SealError::Unreadable {
        record: record.to_owned(),
        problem,
    }
}
