//! Logins that came half way: the vendor gave tokens, and has not said yet whose they are. Durable, so that neither a crash
//! nor a vendor that does not answer throws away what it gives only once.

use serde::{Deserialize, Serialize};

use crate::core::login::{LoginContext, TokenSet};
use crate::domain::account::{MadeWith, Profile};
use crate::domain::id::AccountName;
use crate::domain::time::Timestamp;
use crate::engine::Shared;
use crate::engine::logins::HALF;
use crate::store::keys::{Key, KeyReader};
use crate::store::seal::SealError;
use crate::store::{Batch, StoreError, Table};

/// One of them; the last of its account.
pub(super) struct Half {
    /// For which account.
    pub account: AccountName,
    /// Which step of the login comes next.
    pub n: usize,
    /// What the vendor gave so far.
    pub set: TokenSet,
    /// The redirect URI of the authorize URL.
    pub redirect_uri: String,
    /// Which of several identities the person chose for this login.
    pub page: Option<String>,
    /// What it was made with.
    pub made_with: Option<MadeWith>,
    /// When the person came back from the vendor's page.
    pub begun: Timestamp,
    /// Who it is, as far as the vendor told.
    pub profile: Option<Profile>,
    /// Whether it told that in answer to a call with the tokens.
    pub proved: bool,
    /// What earlier steps noted.
    pub notes: Notes,
    /// Whether its set has taken the place of the account's, which may have been renewed since.
    pub settled: bool,
}

type Notes = std::collections::BTreeMap<String, String>;

/// Its twin that is written down; the set is sealed.
#[derive(Serialize, Deserialize)]
struct Plain {
    n: usize,
    redirect_uri: String,
    page: Option<String>,
    made_with: Option<MadeWith>,
    begun: Timestamp,
    profile: Option<Profile>,
    proved: bool,
    notes: Notes,
    #[serde(default)]
    settled: bool,
    sealed: Vec<u8>,
}

/// Why one cannot be written down.
#[derive(Debug, thiserror::Error)]
pub(super) enum HalfError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The seal.
    #[error("the tokens of the new login cannot be sealed: {0}")]
    Sealed(#[from] SealError),
}

impl Half {
    /// Nothing has been given yet.
    pub fn new(account: AccountName, redirect_uri: String, begun: Timestamp) -> Self {
        Self {
            account,
            n: 0,
            set: TokenSet::default(),
            redirect_uri,
            page: None,
            made_with: None,
            begun,
            profile: None,
            proved: false,
            notes: Notes::new(),
            settled: false,
        }
    }

    /// What the steps told so far, for those that come.
    pub fn tell(&self, ctx: &mut LoginContext) {
        ctx.profile = self.profile.clone().unwrap_or_default();
        ctx.notes.clone_from(&self.notes);
    }

    /// Writes it down, in the place of an older one of the account.
    pub async fn keep(&mut self, shared: &Shared, ctx: &LoginContext) -> Result<(), HalfError> {
        let entry = self.entry(shared, ctx)?;
        Ok(shared.store.commit(entry).await?)
    }

    /// What [`Self::keep`] writes.
    pub fn entry(&mut self, shared: &Shared, ctx: &LoginContext) -> Result<Batch, SealError> {
        self.notes.clone_from(&ctx.notes);
        let plain = Plain {
            n: self.n,
            redirect_uri: self.redirect_uri.clone(),
            page: self.page.clone(),
            made_with: self.made_with.clone(),
            begun: self.begun,
            profile: self.profile.clone(),
            proved: self.proved,
            notes: self.notes.clone(),
            settled: self.settled,
            sealed: shared.vault.seal_as(&identity(&self.account), &self.set)?,
        };
        let mut batch = Batch::new();
        // Plain data: serde_json cannot fail on it.
        let bytes = serde_json::to_vec(&plain).unwrap_or_default();
        batch.put(Table::Logins, key(&self.account), bytes);
        Ok(batch)
    }

    /// The one of an account; `None`: there is none, or it cannot be opened.
    pub fn load(shared: &Shared, account: &AccountName) -> Result<Option<Self>, StoreError> {
        let bytes = shared.store.get(Table::Logins, &key(account).bytes())?;
        Ok(bytes.and_then(|bytes| Self::read(shared, account, &bytes)))
    }

    fn read(shared: &Shared, account: &AccountName, bytes: &[u8]) -> Option<Self> {
        let plain: Plain = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            account: account.clone(),
            n: plain.n,
            set: shared.vault.open_as(&identity(account), &plain.sealed).ok()?,
            redirect_uri: plain.redirect_uri,
            page: plain.page,
            made_with: plain.made_with,
            begun: plain.begun,
            profile: plain.profile,
            proved: plain.proved,
            notes: plain.notes,
            settled: plain.settled,
        })
    }
}

/// The accounts that have one.
pub(super) fn names(shared: &Shared) -> Vec<AccountName> {
    let name = |key: &[u8]| {
        let mut reader = KeyReader::new(key);
        let half = reader.text().is_some_and(|first| first == HALF);
        half.then(|| AccountName::new(reader.text()?).ok()).flatten()
    };
    let records = shared.store.load(Table::Logins).unwrap_or_default();
    records.iter().filter_map(|(key, _)| name(key)).collect()
}

/// Forgets the one of an account, if there is one.
pub(in crate::engine) async fn forget(shared: &Shared, account: &AccountName) -> Result<(), StoreError> {
    let key = key(account).bytes();
    if shared.store.get(Table::Logins, &key)?.is_none() {
        return Ok(());
    }
    let mut batch = Batch::new();
    batch.delete(Table::Logins, key);
    shared.store.commit(batch).await
}

fn key(account: &AccountName) -> Key {
    Key::new().text(HALF).text(account.as_str())
}

/// What the sealed set is bound to.
fn identity(account: &AccountName) -> String {
    format!("logins/{HALF}/{account}")
}
