//! Tokens in memory and sealed on disk. A set is durable before it is used.

use std::collections::BTreeMap;
use std::sync::RwLock;

use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use crate::core::call::SecretName;
use crate::core::login::TokenSet;
use crate::domain::account::MadeWith;
use crate::domain::id::AccountName;
use crate::domain::time::Timestamp;
use crate::store::keys::{Key, KeyReader};
use crate::store::seal::{self, Keyring, SealError};
use crate::store::{Batch, Store, StoreError, Table};

/// The twin of a token set that may be written down: only ever sealed.
#[derive(Serialize, Deserialize)]
struct Plain {
    access: Option<String>,
    refresh: Option<String>,
    expires: Option<Timestamp>,
    #[serde(default)]
    refresh_expires: Option<Timestamp>,
    issued: Option<Timestamp>,
    scopes: Vec<String>,
    user_id: Option<String>,
    #[serde(default)]
    renewal_begun: Option<Timestamp>,
    #[serde(default)]
    made_with: Option<MadeWith>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
    }
}

/// What can go wrong with tokens on disk.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seal.
    #[error(
        "the tokens of account {account} cannot be opened: {why}; connect it again with `crierctl connect {account}`"
    )]
    Sealed {
        /// Whose.
        account: String,
        /// What is wrong.
        why: SealError,
    },
}

/// All token sets.
pub struct Vault {
    keys: Keyring,
    sets: RwLock<BTreeMap<AccountName, TokenSet>>,
}

impl Vault {
    /// Opens every sealed set; those that cannot be opened are named, the others work.
    pub fn load(keys: Keyring, store: &dyn Store) -> Result<(Vault, Vec<VaultError>), StoreError> {
        let (mut sets, mut bad) = (BTreeMap::new(), Vec::new());
        for (key, sealed) in store.load(Table::Tokens)? {
            let Some(name) = KeyReader::new(&key).text().and_then(|n| AccountName::new(n).ok()) else {
                continue;
            };
            match open(&keys, &identity(&name), &sealed) {
                Ok(set) => {
                    sets.insert(name, set);
                }
                Err(why) => bad.push(VaultError::Sealed {
                    account: name.to_string(),
                    why,
                }),
            }
        }
        Ok((
            Vault {
                keys,
                sets: RwLock::new(sets),
            },
            bad,
        ))
    }

    /// The keys.
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// A copy of an account's set.
    pub fn get(&self, name: &AccountName) -> Option<TokenSet> {
        self.sets().get(name).cloned()
    }

    /// Every account that has a set, also those that the config declares no more.
    pub fn names(&self) -> Vec<AccountName> {
        self.sets().keys().cloned().collect()
    }

    /// One secret of an account's set; none of a set that was made with something else than is declared.
    pub fn secret(&self, name: &AccountName, declared: &MadeWith, which: SecretName) -> Option<SecretString> {
        let sets = self.sets();
        let set = sets.get(name).filter(|set| fits(set, declared))?;
        match which {
            SecretName::AccessToken => set.access.clone(),
            SecretName::RefreshToken => set.refresh.clone(),
            SecretName::ClientId
            | SecretName::ClientSecret
            | SecretName::AppToken
            | SecretName::Code
            | SecretName::Verifier
            | SecretName::Password
            | SecretName::TokenSecret => None,
        }
    }

    /// Puts a set in the place of the old one, durably, and only then into use. What it holds of the old one is
    /// `core::renewal`'s matter.
    pub async fn write(
        &self,
        store: &dyn Store,
        name: &AccountName,
        set: TokenSet,
    ) -> Result<(), VaultError> {
        self.put(store, name, set, Batch::new()).await.map(|_| ())
    }

    /// Puts a new login's set in the place of the old one: over it when both are of the same user and made with the
    /// same, else instead of it. `also` comes on the disk with it or not at all.
    pub async fn replace(
        &self,
        store: &dyn Store,
        name: &AccountName,
        newer: TokenSet,
        also: Batch,
    ) -> Result<TokenSet, VaultError> {
        let old = self.get(name).unwrap_or_default();
        let alike = newer.made_with.as_ref().is_none_or(|made| fits(&old, made));
        let same = old.user_id.is_some() && old.user_id == newer.user_id && alike;
        let set = if same { old.merged(newer) } else { newer };
        self.put(store, name, set, also).await
    }

    /// When a renewal was begun of which no answer is known.
    pub fn renewal_begun(&self, name: &AccountName) -> Option<Timestamp> {
        self.sets().get(name)?.renewal_begun
    }

    async fn put(
        &self,
        store: &dyn Store,
        name: &AccountName,
        set: TokenSet,
        mut batch: Batch,
    ) -> Result<TokenSet, VaultError> {
        let sealed = self.seal_as(&identity(name), &set);
        let sealed = sealed.map_err(|why| VaultError::Sealed {
            account: name.to_string(),
            why,
        })?;
        batch.put(Table::Tokens, token_key(name), sealed);
        store.commit(batch).await?;
        self.sets_mut().insert(name.clone(), set.clone());
        Ok(set)
    }

    /// Forgets a set, on disk first.
    pub async fn forget(&self, store: &dyn Store, name: &AccountName) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.delete(Table::Tokens, token_key(name));
        store.commit(batch).await?;
        self.sets_mut().remove(name);
        Ok(())
    }

    /// A set as it may be written down, bound to this identity.
    pub fn seal_as(&self, identity: &str, set: &TokenSet) -> Result<Vec<u8>, SealError> {
        let text = |s: &Option<SecretString>| s.as_ref().map(|s| s.expose_secret().to_owned());
        let plain = Plain {
            access: text(&set.access),
            refresh: text(&set.refresh),
            expires: set.expires,
            refresh_expires: set.refresh_expires,
            issued: set.issued,
            scopes: set.scopes.clone(),
            user_id: set.user_id.clone(),
            renewal_begun: set.renewal_begun,
            made_with: set.made_with.clone(),
        };
        // Plain data: serde_json cannot fail on it.
        let bytes = SecretSlice::from(serde_json::to_vec(&plain).unwrap_or_default());
        seal::seal(&self.keys, identity, &bytes)
    }

    /// What [`Self::seal_as`] made, with the same identity.
    pub fn open_as(&self, identity: &str, sealed: &[u8]) -> Result<TokenSet, SealError> {
        open(&self.keys, identity, sealed)
    }

    fn sets(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<AccountName, TokenSet>> {
        self.sets
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn sets_mut(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<AccountName, TokenSet>> {
        self.sets
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whether a set is what is declared; one of an older version does not say, and is.
pub fn fits(set: &TokenSet, declared: &MadeWith) -> bool {
    set.made_with.as_ref().is_none_or(|made| made.fits(declared))
}

fn open(keys: &Keyring, identity: &str, sealed: &[u8]) -> Result<TokenSet, SealError> {
    let bytes = seal::open(keys, identity, sealed)?;
    let mut plain: Plain = serde_json::from_slice(bytes.expose_secret()).map_err(|_| not_a_set(identity))?;
    Ok(TokenSet {
        access: plain.access.take().map(SecretString::from),
        refresh: plain.refresh.take().map(SecretString::from),
        expires: plain.expires,
        refresh_expires: plain.refresh_expires,
        issued: plain.issued,
        scopes: std::mem::take(&mut plain.scopes),
        user_id: plain.user_id.take(),
        renewal_begun: plain.renewal_begun,
        made_with: plain.made_with.take(),
    })
}

/// What a sealed set is bound to: it cannot be moved to another account's record.
fn identity(name: &AccountName) -> String {
    format!("tokens/{name}")
}

fn token_key(name: &AccountName) -> Key {
    Key::new().text(name.as_str())
}

fn not_a_set(identity: &str) -> SealError {
    SealError::Unreadable {
        record: identity.to_owned(),
        problem: "what is in it is no token set",
    }
}
