//! Records on disk: one sled key each, or a header and parts where the value is long.
//!
//! sled writes a leaf of its tree to an unsynced file of its own once it passes 128 KiB, and a leaf
//! holds up to 17 values; with at most 4 KiB a value that cannot happen.
//!
//! ```text
//! record   code       key                            0 value
//!                                                    1 length(u32) sha256(value)[..8]
//! part     code|0x80  key-length(u16) key index(u16)   bytes
//! ```

use sha2::{Digest, Sha256};

use super::{Change, Table};

/// The longest value that sled is ever given.
pub(crate) const MAX_VALUE: usize = 4096;

const WHOLE: u8 = 0;
const SPLIT: u8 = 1;
const PART: u8 = 0x80;
/// What a sled key costs beside its bytes, roughly.
const OVERHEAD: usize = 16;

/// What the first row of a record says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// The value itself.
    Whole(&'a [u8]),
    /// The value lies in parts.
    Split { len: usize, sum: [u8; 8] },
}

/// The key of a record's first row.
pub(crate) fn record_key(table: Table, key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + key.len());
    out.push(table.code());
    out.extend_from_slice(key);
    out
}

/// The key of a part. A key's length stands before it, so that no key's parts are found among another's.
pub(crate) fn part_key(table: Table, key: &[u8], index: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(5 + key.len());
    out.push(table.code() | PART);
    // both fit: keys have at most MAX_KEY bytes, records at most MAX_RECORD / MAX_VALUE parts
    out.extend_from_slice(&(key.len() as u16).to_be_bytes());
    out.extend_from_slice(key);
    out.extend_from_slice(&(index as u16).to_be_bytes());
    out
}

/// The number of parts of a split value.
pub(crate) fn parts(len: usize) -> usize {
    len.div_ceil(MAX_VALUE)
}

/// The rows of a record: the first one's value, then the parts.
pub(crate) fn encode(value: &[u8]) -> (Vec<u8>, Vec<&[u8]>) {
    if value.len() < MAX_VALUE {
        let mut head = Vec::with_capacity(1 + value.len());
        head.push(WHOLE);
        head.extend_from_slice(value);
        return (head, Vec::new());
    }
    let mut head = vec![SPLIT];
    // fits: a record has at most MAX_RECORD bytes
    head.extend_from_slice(&(value.len() as u32).to_be_bytes());
    head.extend_from_slice(&checksum(value));
    (head, value.chunks(MAX_VALUE).collect())
}

/// Read a record's first row; `None` if it is none of ours.
pub(crate) fn decode(row: &[u8]) -> Option<Head<'_>> {
    let (kind, rest) = row.split_first()?;
    match *kind {
        WHOLE => Some(Head::Whole(rest)),
        SPLIT => {
            let (len, sum) = rest.split_first_chunk::<4>()?;
            Some(Head::Split {
                len: u32::from_be_bytes(*len) as usize,
                sum: sum.try_into().ok()?,
            })
        }
        _ => None,
    }
}

/// The first bytes of the value's SHA-256: enough against accidents, which is all it is for.
pub(crate) fn checksum(value: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(value).into();
    let mut sum = [0; 8];
    sum.copy_from_slice(&digest[..8]);
    sum
}

/// What a change costs in a batch.
pub(crate) fn stored_size(change: &Change) -> usize {
    let key = change.key.len() + OVERHEAD;
    match &change.value {
        None => key,
        Some(value) if value.len() < MAX_VALUE => key + value.len(),
        Some(value) => key + value.len() + parts(value.len()) * (key + 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_passes_the_cap() {
        for len in [0, 1, 4094, 4095, 4096, 4097, 8192, 98_304] {
            let value = vec![7; len];
            let (head, parts) = encode(&value);
            assert!(
                head.len() <= MAX_VALUE && parts.iter().all(|part| part.len() <= MAX_VALUE),
                "{len}"
            );
            match decode(&head).unwrap() {
                Head::Whole(back) => assert_eq!(back, value),
                Head::Split { len: told, sum } => {
                    assert_eq!((told, sum), (len, checksum(&value)));
                    assert_eq!(parts.concat(), value);
                }
            }
        }
    }

    #[test]
    fn a_head_that_is_none_of_ours_is_named() {
        assert_eq!(decode(b""), None);
        assert_eq!(decode(b"\x02x"), None);
        assert_eq!(decode(b"\x01\0\0\0"), None);
        assert_eq!(decode(b"\x01\0\0\0\x01short"), None);
    }
}
