//! Reading: records put together from their rows.

use std::sync::PoisonError;

use super::super::chunk::{self, Head};
use super::super::{Row, StoreError, Table, keys};
use super::Shared;

impl Shared {
    pub(super) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        match self
            .fence
            .run("reading", || self.db.get(chunk::record_key(table, key)))?
        {
            Some(head) => self.whole(table, key, &head).map(Some),
            None => Ok(None),
        }
    }

    /// At most `limit` records at or after `from`, while their keys begin with `prefix`.
    pub(super) fn scan(
        &self,
        table: Table,
        from: &[u8],
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let start = chunk::record_key(table, from);
        let bound = chunk::record_key(table, prefix);
        let heads = self.fence.run("reading", || {
            let mut heads = Vec::new();
            for row in self.db.range(start..).take(limit) {
                let (key, head) = row?;
                if !key.starts_with(&bound) {
                    break;
                }
                heads.push((key[1..].to_vec(), head));
            }
            Ok(heads)
        })?;
        heads
            .into_iter()
            .map(|(key, head)| Ok((self.whole(table, &key, &head)?, key)))
            .map(|row| row.map(|(value, key)| (key, value)))
            .collect()
    }

    pub(super) fn last(&self, table: Table, prefix: &[u8]) -> Result<Option<Row>, StoreError> {
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let start = chunk::record_key(table, prefix);
        // a table's code is below 128, so there always is a bound
        let end = keys::after_prefix(&start).unwrap_or_default();
        match self
            .fence
            .run("reading", || self.db.range(start..end).next_back().transpose())?
        {
            Some((key, head)) => Ok(Some((key[1..].to_vec(), self.whole(table, &key[1..], &head)?))),
            None => Ok(None),
        }
    }

    /// The value of the record whose first row is `head`.
    fn whole(&self, table: Table, key: &[u8], head: &[u8]) -> Result<Vec<u8>, StoreError> {
        let broken = |what: &str| {
            let key = String::from_utf8_lossy(key);
            self.fence
                .damaged(format!("the record {key:?} in the table {table} {what}"))
        };
        match chunk::decode(head) {
            None => Err(broken("cannot be read")),
            Some(Head::Whole(value)) => Ok(value.to_vec()),
            Some(Head::Split { len, sum }) => {
                let mut value = Vec::new();
                for index in 0..chunk::parts(len) {
                    let part = self
                        .fence
                        .run("reading", || self.db.get(chunk::part_key(table, key, index)))?;
                    value.extend_from_slice(&part.ok_or_else(|| broken("lacks a part"))?);
                }
                if value.len() == len && chunk::checksum(&value) == sum {
                    Ok(value)
                } else {
                    Err(broken("has changed"))
                }
            }
        }
    }
}
