//! One at a time: who renews, proves, connects or disconnects an account holds its turn, so a renewal that is under way cannot
//! put tokens back that somebody has just taken away, and no refresh token is used twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::domain::id::AccountName;

/// The turns of all accounts.
#[derive(Default)]
pub struct Turns(Mutex<BTreeMap<AccountName, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits for the account's turn; it ends when the guard goes.
    pub async fn of(&self, name: &AccountName) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(name.clone()).or_default())
        };
        turn.lock_owned().await
    }
}
