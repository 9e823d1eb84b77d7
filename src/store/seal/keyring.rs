//! The keys: read from the credential, derived by label, wiped when dropped.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SealError;

pub(super) const KEY: usize = 32;
pub(super) const KEY_ID: usize = 8;
const SALT: &[u8] = b"crier";

/// Names a key without telling anything of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID]);

impl KeyId {
    /// The id's bytes, as they stand in a sealed record.
    #[must_use]
    pub fn bytes(self) -> [u8; KEY_ID] {
        self.0
    }

    pub(super) fn from_bytes(bytes: [u8; KEY_ID]) -> KeyId {
        KeyId(bytes)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The keys derived from one credential.
struct Key {
    id: KeyId,
    seal: SecretSlice<u8>,
    media: SecretSlice<u8>,
}

/// One key to seal with, and perhaps older ones to open with.
pub struct Keyring {
    origin: String,
    current: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// The ring of one credential: 32 raw bytes, 64 hex digits, or base64 of 32 bytes (each with or
    /// without white space around it). `origin` is the place to name in errors, such as the file's path.
    ///
    /// # Errors
    /// When it is no such thing, or 32 times the same byte.
    pub fn from_credential(credential: &[u8], origin: &str) -> Result<Keyring, SealError> {
        let current = Key::derive(&parse(credential, origin)?);
        Ok(Keyring {
            origin: origin.to_owned(),
            current,
            older: Vec::new(),
        })
    }

    /// Add an older key, to open with.
    ///
    /// # Errors
    /// As [`Keyring::from_credential`].
    pub fn with_older(mut self, credential: &[u8], origin: &str) -> Result<Keyring, SealError> {
        self.older.push(Key::derive(&parse(credential, origin)?));
        Ok(self)
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.current.id
    }

    /// The key of media tokens.
    #[must_use]
    pub fn media_token_key(&self) -> &SecretSlice<u8> {
        &self.current.media
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn current(&self) -> (KeyId, &SecretSlice<u8>) {
        (self.current.id, &self.current.seal)
    }

    pub(super) fn find(&self, id: KeyId) -> Option<&SecretSlice<u8>> {
        std::iter::once(&self.current)
            .chain(&self.older)
            .find(|key| key.id == id)
            .map(|key| &key.seal)
    }
}

/// Says which keys, never what they are.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older: Vec<KeyId> = self.older.iter().map(|key| key.id).collect();
        f.debug_struct("Keyring")
            .field("current", &self.current.id)
            .field("older", &older)
            .finish_non_exhaustive()
    }
}

impl Key {
    fn derive(credential: &Zeroizing<[u8; KEY]>) -> Key {
        let kdf = Hkdf::<Sha256>::new(Some(SALT), credential.as_slice());
        let expand = |label: &str, len: usize| {
            let mut out = vec![0; len];
            // HKDF-SHA256 refuses only more than 255 * 32 bytes
            kdf.expand(label.as_bytes(), &mut out)
                .expect("32 bytes can be expanded");
            SecretSlice::from(out)
        };
        let mut id = [0; KEY_ID];
        id.copy_from_slice(expand("crier key id v1", KEY_ID).expose_secret());
        Key {
            id: KeyId(id),
            seal: expand("crier seal key v1", KEY),
            media: expand("crier media token key v1", KEY),
        }
    }
}

fn parse(credential: &[u8], origin: &str) -> Result<Zeroizing<[u8; KEY]>, SealError> {
    let bad = |problem: String| SealError::BadKey {
        origin: origin.to_owned(),
        problem,
    };
    let text = credential.trim_ascii();
    let is_hex = !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit);
    let key = if is_hex {
        from_hex(text).ok_or_else(|| bad(format!("it has {} hex digits, and 64 are needed", text.len())))?
    } else if let Some(raw) = raw(credential) {
        raw
    } else {
        from_base64(text).ok_or_else(|| {
            bad(format!(
                "it has {} bytes, and a key is 32 raw bytes, 64 hex digits, or base64 of 32 bytes",
                credential.len()
            ))
        })?
    };
    if key.iter().all(|byte| *byte == key[0]) {
        return Err(bad("it is the same byte 32 times".into()));
    }
    Ok(key)
}

/// Exactly 32 bytes, or 32 and the line end that an editor or `echo` put behind them.
fn raw(credential: &[u8]) -> Option<Zeroizing<[u8; KEY]>> {
    let bytes = match credential {
        [body @ .., b'\n'] if body.len() == KEY => body,
        all => all,
    };
    bytes.try_into().ok().map(Zeroizing::new)
}

fn from_hex(text: &[u8]) -> Option<Zeroizing<[u8; KEY]>> {
    let mut key = Zeroizing::new([0; KEY]);
    hex::decode_to_slice(text, key.as_mut_slice()).ok()?;
    Some(key)
}

fn from_base64(text: &[u8]) -> Option<Zeroizing<[u8; KEY]>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .into_iter()
        .find_map(|letters| {
            let bytes = Zeroizing::new(GeneralPurpose::new(&letters, config).decode(text).ok()?);
            bytes.as_slice().try_into().ok().map(Zeroizing::new)
        })
}
