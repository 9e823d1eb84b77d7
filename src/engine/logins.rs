//! Pending logins: who went to a vendor's page, and with which state. Single use, short-lived, durable.

use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Shared;
use crate::domain::id::{AccountName, PlatformName};
use crate::domain::time::{Span, Timestamp};
use crate::store::keys::Key;
use crate::store::seal;
use crate::store::{Batch, StoreError, Table};

/// How long a person may take at the vendor's page.
pub const LOGIN_LIFE: Span = Span::mins(30);

/// What the keys of logins begin with that came half way (`accounts::half`); those of pending ones are hashes.
pub const HALF: &str = "half";

/// A login under way.
pub struct Pending {
    /// For which account.
    pub account: AccountName,
    /// At which platform.
    pub platform: PlatformName,
    /// The redirect URI of the authorize URL.
    pub redirect_uri: String,
    /// The PKCE verifier, where the vendor has it.
    pub verifier: Option<SecretString>,
    /// Which of several identities the person chose for this login.
    pub page: Option<String>,
    /// Until when it is good.
    pub until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    account: AccountName,
    platform: PlatformName,
    redirect_uri: String,
    verifier: Option<String>,
    #[serde(default)]
    page: Option<String>,
    until: Timestamp,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.verifier.zeroize();
    }
}

/// The record's key: the state itself is never written down.
fn id(state: &str) -> String {
    hex::encode(Sha256::digest(state.as_bytes()))
}

fn identity(id: &str) -> String {
    format!("logins/{id}")
}

/// Writes a pending login down under its state.
pub async fn remember(shared: &Shared, state: &str, pending: &Pending) -> Result<(), StoreError> {
    let plain = Plain {
        account: pending.account.clone(),
        platform: pending.platform.clone(),
        redirect_uri: pending.redirect_uri.clone(),
        verifier: pending.verifier.as_ref().map(|v| v.expose_secret().to_owned()),
        page: pending.page.clone(),
        until: pending.until,
    };
    let id = id(state);
    // Plain data: serde_json cannot fail on it; an identity of 71 bytes always fits the seal.
    let bytes = SecretSlice::from(serde_json::to_vec(&plain).unwrap_or_default());
    let sealed = seal::seal(shared.vault.keys(), &identity(&id), &bytes).unwrap_or_default();
    let mut batch = Batch::new();
    batch.put(Table::Logins, Key::new().text(&id), sealed);
    shared.store.commit(batch).await
}

/// Takes a pending login: it is gone before it is used, so it is used once at most.
pub async fn take(shared: &Shared, state: &str, now: Timestamp) -> Result<Option<Pending>, StoreError> {
    let id = id(state);
    let key = Key::new().text(&id).bytes();
    let Some(sealed) = shared.store.get(Table::Logins, &key)? else {
        return Ok(None);
    };
    let mut batch = Batch::new();
    batch.delete(Table::Logins, key);
    shared.store.commit(batch).await?;
    let Some(mut plain) = open(shared, &id, &sealed) else {
        return Ok(None);
    };
    if plain.until < now {
        return Ok(None);
    }
    Ok(Some(Pending {
        account: plain.account.clone(),
        platform: plain.platform.clone(),
        redirect_uri: std::mem::take(&mut plain.redirect_uri),
        verifier: plain.verifier.take().map(SecretString::from),
        page: plain.page.take(),
        until: plain.until,
    }))
}

/// Forgets logins that nobody finished.
pub async fn prune(shared: &Shared, now: Timestamp) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    for (key, sealed) in shared.store.load(Table::Logins)? {
        let id = crate::store::keys::KeyReader::new(&key)
            .text()
            .unwrap_or_default();
        let pending = id != HALF;
        if pending && open(shared, &id, &sealed).is_none_or(|p| p.until < now) {
            batch.delete(Table::Logins, key);
        }
    }
    if batch.is_empty() {
        Ok(())
    } else {
        shared.store.commit(batch).await
    }
}

fn open(shared: &Shared, id: &str, sealed: &[u8]) -> Option<Plain> {
    let bytes = seal::open(shared.vault.keys(), &identity(id), sealed).ok()?;
    serde_json::from_slice(bytes.expose_secret()).ok()
}
