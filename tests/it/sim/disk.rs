//! What was written down: an ordered map of records for the mass of runs, or crier's own store in memory.

use std::collections::BTreeMap;

use crier::core::desk::{
    AccountRecord, Change, DeliveryRecord, Freeze, PostRecord, Published, PublishedKey, Records,
};
use crier::core::limit::Row;
use crier::domain::id::{AccountName, DeliveryId, PostId};
use crier::domain::time::Timestamp;
use crier::engine::records;
use crier::store::{Batch, MemoryStore, Store};

type RowKey = (AccountName, String, Timestamp, PostId, u32);

#[derive(Clone, Default)]
pub struct Map {
    pub posts: BTreeMap<PostId, PostRecord>,
    pub deliveries: BTreeMap<DeliveryId, DeliveryRecord>,
    pub rows: BTreeMap<RowKey, Row>,
    pub accounts: BTreeMap<AccountName, AccountRecord>,
    pub published: BTreeMap<PublishedKey, Published>,
    pub freezes: Vec<Freeze>,
}

pub enum Disk {
    Map(Box<Map>),
    Store(MemoryStore),
}

impl Clone for Disk {
    fn clone(&self) -> Disk {
        match self {
            Disk::Map(map) => Disk::Map(map.clone()),
            Disk::Store(store) => Disk::Store(store.fork()),
        }
    }
}

impl Disk {
    pub fn map() -> Disk {
        Disk::Map(Box::default())
    }

    pub fn store() -> Disk {
        Disk::Store(MemoryStore::new())
    }

    /// All of it, durably, or nothing.
    pub fn commit(&mut self, changes: &[Change]) {
        match self {
            Disk::Map(map) => changes.iter().for_each(|c| map.write(c)),
            Disk::Store(store) => {
                let mut batch = Batch::new();
                for change in changes {
                    records::write(&mut batch, change);
                }
                if !batch.is_empty() {
                    store
                        .commit_blocking(batch)
                        .expect("a store in memory takes every batch");
                }
            }
        }
    }

    /// What a start finds.
    pub fn load(&self) -> Records {
        match self {
            Disk::Map(map) => map.records(),
            Disk::Store(store) => {
                let (records, bad) = records::load(store).expect("a store in memory can be read");
                assert!(bad.is_empty(), "unreadable records: {bad:?}");
                records
            }
        }
    }
}

impl Map {
    fn write(&mut self, change: &Change) {
        match change {
            Change::Post(r) => {
                self.posts.insert(r.post.id.clone(), PostRecord::clone(r));
            }
            Change::ForgetPost(id) => {
                self.posts.remove(id);
            }
            Change::Delivery(id, r) => {
                self.deliveries.insert(id.clone(), DeliveryRecord::clone(r));
            }
            Change::ForgetDelivery(id) => {
                self.deliveries.remove(id);
            }
            Change::Row(row) => {
                self.rows.insert(key(row), row.clone());
            }
            Change::DropRow(row) => {
                self.rows.remove(&key(row));
            }
            Change::Account(name, r) => {
                self.accounts.insert(name.clone(), AccountRecord::clone(r));
            }
            Change::Published(key, p) => {
                self.published.insert(key.clone(), p.clone());
            }
            Change::DropPublished(key) => {
                self.published.remove(key);
            }
            Change::Freezes(freezes) => self.freezes.clone_from(freezes),
        }
    }

    fn records(&self) -> Records {
        Records {
            posts: self.posts.values().cloned().collect(),
            deliveries: pairs(&self.deliveries),
            rows: self.rows.values().cloned().collect(),
            accounts: pairs(&self.accounts),
            published: pairs(&self.published),
            freezes: self.freezes.clone(),
        }
    }
}

fn pairs<K: Clone, V: Clone>(map: &BTreeMap<K, V>) -> Vec<(K, V)> {
    map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn key(row: &Row) -> RowKey {
    (
        row.account.clone(),
        row.limit.clone(),
        row.at,
        row.delivery.post.clone(),
        row.attempt,
    )
}
