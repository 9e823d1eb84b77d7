//! When a post is due: so far `at`, or at once.

use crate::domain::post::When;
use crate::domain::queue::Queue;
use crate::domain::time::Timestamp;

/// A due time and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// Why then, in words.
    pub why: String,
}

/// When a post of this queue is due, given the due times of those before it.
pub fn due_time(_queue: &Queue, when: &When, _taken: &[Timestamp], now: Timestamp) -> Due {
    match when.at {
        Some(at) => Due {
            at,
            why: "its `at`".to_owned(),
        },
        None => Due {
            at: now,
            why: "at once".to_owned(),
        },
    }
}
