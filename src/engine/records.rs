//! The desk's records in the store's tables: JSON under ordered keys.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::core::desk::{AccountRecord, Change, DeliveryRecord, Freeze, Published, PublishedKey, Records};
use crate::core::limit::Row as LedgerRow;
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::receipt::Attempt;
use crate::store::keys::{Key, KeyReader};
use crate::store::{Batch, Row, Store, StoreError, Table};

/// The key of all freezes.
const FREEZES: &str = "freezes";

/// A record that cannot be read: named, left where it is, never guessed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    /// Which table.
    pub table: Table,
    /// Its key, for people.
    pub key: String,
    /// What is wrong.
    pub why: String,
}

/// Adds a change of the desk to a batch.
pub fn write(batch: &mut Batch, change: &Change) {
    match change {
        Change::Post(record) => put(batch, Table::Posts, post_key(&record.post.id), record),
        Change::ForgetPost(id) => drop_key(batch, Table::Posts, post_key(id)),
        Change::Delivery(id, record) => put(batch, Table::Deliveries, delivery_key(id), record),
        Change::ForgetDelivery(id) => drop_key(batch, Table::Deliveries, delivery_key(id)),
        Change::Row(row) => put(batch, Table::Ledger, row_key(row), row),
        Change::DropRow(row) => drop_key(batch, Table::Ledger, row_key(row)),
        Change::Account(name, record) => put(batch, Table::Accounts, Key::new().text(name.as_str()), record),
        Change::Published(key, published) => put(batch, Table::Published, published_key(key), published),
        Change::DropPublished(key) => drop_key(batch, Table::Published, published_key(key)),
        Change::Freezes(freezes) => put(batch, Table::Holds, Key::new().text(FREEZES), freezes),
    }
}

/// Adds an attempt's transcript to a batch.
pub fn write_attempt(batch: &mut Batch, id: &DeliveryId, attempt: &Attempt) {
    put(
        batch,
        Table::Attempts,
        delivery_key(id).u32(attempt.number),
        attempt,
    );
}

/// The attempts of a delivery, oldest first.
pub fn attempts(store: &dyn Store, id: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
    let rows = store.scan_prefix(Table::Attempts, &delivery_key(id).bytes(), 1_000)?;
    Ok(rows
        .iter()
        .filter_map(|(_, value)| serde_json::from_slice(value).ok())
        .collect())
}

/// Forgets the attempts of a post.
pub fn drop_attempts(store: &dyn Store, post: &PostId, batch: &mut Batch) -> Result<(), StoreError> {
    for (key, _) in store.scan_prefix(Table::Attempts, &post_key(post).bytes(), 10_000)? {
        batch.delete(Table::Attempts, key);
    }
    Ok(())
}

/// Everything the desk wrote down, and what of it cannot be read.
pub fn load(store: &dyn Store) -> Result<(Records, Vec<Unreadable>), StoreError> {
    let mut bad = Vec::new();
    let mut records = Records {
        posts: values(store, Table::Posts, &mut bad)?,
        rows: values::<LedgerRow>(store, Table::Ledger, &mut bad)?,
        ..Records::default()
    };
    for (key, value) in store.load(Table::Deliveries)? {
        if let Some((id, record)) =
            keyed::<DeliveryRecord, _>(Table::Deliveries, &key, &value, read_delivery_key, &mut bad)
        {
            records.deliveries.push((id, record));
        }
    }
    for (key, value) in store.load(Table::Accounts)? {
        if let Some((name, record)) =
            keyed::<AccountRecord, _>(Table::Accounts, &key, &value, read_name, &mut bad)
        {
            records.accounts.push((name, record));
        }
    }
    for (key, value) in store.load(Table::Published)? {
        if let Some((key, record)) =
            keyed::<Published, _>(Table::Published, &key, &value, read_published, &mut bad)
        {
            records.published.push((key, record));
        }
    }
    if let Some(value) = store.get(Table::Holds, &Key::new().text(FREEZES).bytes())? {
        records.freezes = serde_json::from_slice::<Vec<Freeze>>(&value).unwrap_or_default();
    }
    Ok((records, bad))
}

fn put(batch: &mut Batch, table: Table, key: Key, value: &impl Serialize) {
    // Records are plain data: serde_json fails only on maps with odd keys, and they have none.
    let json = serde_json::to_vec(value).unwrap_or_default();
    batch.put(table, key, json);
}

fn drop_key(batch: &mut Batch, table: Table, key: Key) {
    batch.delete(table, key);
}

fn values<T: DeserializeOwned>(
    store: &dyn Store,
    table: Table,
    bad: &mut Vec<Unreadable>,
) -> Result<Vec<T>, StoreError> {
    let rows: Vec<Row> = store.load(table)?;
    let read = |(key, value): &Row| match serde_json::from_slice(value) {
        Ok(record) => Some(record),
        Err(e) => {
            bad.push(unreadable(table, key, e.to_string()));
            None
        }
    };
    Ok(rows.iter().filter_map(read).collect())
}

fn keyed<T: DeserializeOwned, K>(
    table: Table,
    key: &[u8],
    value: &[u8],
    read: impl Fn(&mut KeyReader<'_>) -> Option<K>,
    bad: &mut Vec<Unreadable>,
) -> Option<(K, T)> {
    let Some(name) = read(&mut KeyReader::new(key)) else {
        bad.push(unreadable(table, key, "its key makes no sense".to_owned()));
        return None;
    };
    match serde_json::from_slice(value) {
        Ok(record) => Some((name, record)),
        Err(e) => {
            bad.push(unreadable(table, key, e.to_string()));
            None
        }
    }
}

fn unreadable(table: Table, key: &[u8], why: String) -> Unreadable {
    Unreadable {
        table,
        key: String::from_utf8_lossy(key).into_owned(),
        why,
    }
}

fn post_key(id: &PostId) -> Key {
    Key::new().text(id.as_str())
}

fn delivery_key(id: &DeliveryId) -> Key {
    post_key(&id.post).text(id.account.as_str())
}

fn row_key(row: &LedgerRow) -> Key {
    let key = Key::new()
        .text(row.account.as_str())
        .text(&row.limit)
        .i64(row.at.0);
    key.text(row.delivery.post.as_str()).u32(row.attempt)
}

fn published_key((account, hash): &PublishedKey) -> Key {
    Key::new().text(account.as_str()).text(hash)
}

fn read_name(key: &mut KeyReader<'_>) -> Option<AccountName> {
    AccountName::new(key.text()?).ok()
}

fn read_delivery_key(key: &mut KeyReader<'_>) -> Option<DeliveryId> {
    Some(DeliveryId {
        post: PostId::new(key.text()?).ok()?,
        account: AccountName::new(key.text()?).ok()?,
    })
}

fn read_published(key: &mut KeyReader<'_>) -> Option<PublishedKey> {
    Some((AccountName::new(key.text()?).ok()?, key.text()?))
}
