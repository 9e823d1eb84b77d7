//! What the wire asks of those who use it: hosts, secrets and media bytes.

use std::collections::BTreeMap;
use std::fs::File;

use secrecy::SecretString;
use url::Url;

use crate::core::call::{SecretName, Trouble};
use crate::domain::media::MediaId;
use crate::domain::time::Timestamp;

/// Where the calls of one account go, and when.
#[derive(Clone, Debug)]
pub struct Target {
    /// Base URL by the platform's host key (`api_base`); a path in it is put before the call's.
    pub hosts: BTreeMap<String, Url>,
    /// The time of sending, for the transcript and for signatures.
    pub now: Timestamp,
    /// Unguessable and used for one call only: signatures have it in them.
    pub nonce: String,
}

/// Hands out the secrets of one account, or of one login, by name. The only place where they leave the store.
pub trait Secrets: Send + Sync {
    /// The value now; `None`: there is none. The trouble: there is one, and it cannot be read.
    fn get(&self, name: SecretName) -> Result<Option<SecretString>, Trouble>;
    /// Whether the app has no secret and is not meant to have one (a public client).
    fn public_client(&self) -> bool {
        false
    }
}

/// Hands out the media snapshots of one post.
pub trait MediaSource: Send + Sync {
    /// The public, expiring URL of this file; the trouble says why there is none.
    fn public_url(&self, id: MediaId) -> Result<String, Trouble>;
    /// The file, open for reading, and its length in bytes.
    fn open(&self, id: MediaId) -> Result<(File, u64), Trouble>;
}
