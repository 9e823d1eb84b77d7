//! The back-off table: dense at first, then patient. Jitter comes from the delivery's id, so that it replays.

use sha2::{Digest, Sha256};

use crate::domain::id::DeliveryId;
use crate::domain::time::Span;

/// Seconds to wait after the nth failure in a row; the last one stands for all further ones.
const TABLE_SECS: &[i64] = &[5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/// How long to wait after `tries` earlier failures: the table's time and up to a fifth more.
pub fn backoff(tries: u32, delivery: &DeliveryId) -> Span {
    let index = usize::try_from(tries)
        .unwrap_or(usize::MAX)
        .min(TABLE_SECS.len() - 1);
    let base = TABLE_SECS[index] * 1000;
    Span(base + jitter(tries, delivery) * base / 5 / 1000)
}

/// 0 to 999, the same for the same delivery and try.
fn jitter(tries: u32, delivery: &DeliveryId) -> i64 {
    let digest = Sha256::digest(format!("{delivery}#{tries}").as_bytes());
    i64::from(u16::from_be_bytes([digest[0], digest[1]])) % 1000
}

/// Failures in a row at one state before giving up: about six hours of the table.
pub const MAX_TRIES: u32 = 14;
