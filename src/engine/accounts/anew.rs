//! Accounts that the config in force declares anew (`core::anew`), at a start and at a reload.

use super::declared_as;
use crate::core::anew::turned;
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::Timestamp;
use crate::engine::api::EventKind;
use crate::engine::shared::{Live, Shared};
use crate::engine::{journal, message_id};

/// What the config makes of an account's record; `None`: it stays as it is.
pub(in crate::engine) fn declared_anew(
    live: &Live,
    name: &AccountName,
    connection: &Connection,
) -> Option<Connection> {
    turned(name, connection, &declared_as(live, name)?)
}

/// Tells of it, when it is more than a note in the record; gives the sentence.
pub(in crate::engine) fn tell(
    shared: &Shared,
    name: &AccountName,
    before: &Connection,
    after: &Connection,
    now: Timestamp,
) -> Option<String> {
    if before.status == after.status && before.reason == after.reason {
        return None;
    }
    let (kind, message, words) = if after.status == ConnectionStatus::Never {
        let why = after.reason.clone().unwrap_or_default();
        (EventKind::Disconnected, message_id::DISCONNECTED, why)
    } else {
        let words = "declared as it was: its login is in use again".to_owned();
        (EventKind::Connected, message_id::CONNECTED, words)
    };
    journal::account(shared, name, kind, message, &words, now);
    Some(format!("account {name}: {words}"))
}

/// Token sets of older versions learn what they were made with: what is declared when this version starts first.
pub(in crate::engine) async fn adopt(shared: &Shared) {
    let live = shared.live();
    for name in shared.vault.names() {
        let _turn = shared.turns.of(&name).await;
        let (Some(mut set), Some(declared)) = (shared.vault.get(&name), declared_as(&live, &name)) else {
            continue;
        };
        if set.made_with.is_none() {
            set.made_with = Some(declared);
            if let Err(error) = shared.vault.write(&*shared.store, &name, set).await {
                tracing::error!("account {name}: {error}");
            }
        }
    }
}
