//! When a post is due: `at` in the queue's zone, the next free slot, or at once; spacing and expiry.
//!
//! All calendar questions are answered here, with the zone data compiled in, so that a daemon in a bare
//! container and one on a desktop name the same instant. Clock changes follow two rules that both `why`
//! and the warnings at drop time print: a written time (`at`) that the clocks skip is moved on by the
//! length of the jump, one that comes twice means the first; a slot that the clocks skip opens at the
//! first instant after the jump, as cron does it.

mod slots;
mod span;
mod written;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use slots::{SLOT_MAX, Slots, check_slot};
pub use span::parse_span;
pub use written::{Resolved, WrittenTime, local, resolve, zone};

use crate::domain::post::{Expiry, When};
use crate::domain::queue::Queue;
use crate::domain::time::{Span, Timestamp};

/// When a post is due, and which rule says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// The rule.
    pub why: DueWhy,
}

/// Which rule made the due time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DueWhy {
    /// The file names it; as written, with its zone.
    Written(String),
    /// The queue's next free slot; in local time.
    Slot(String),
    /// The queue has no slots and the file no `at`.
    AtOnce,
}

impl DueWhy {
    /// In words, for `why`: `its file says 2026-12-01T09:00 Europe/Berlin`.
    pub fn words(&self) -> String {
        match self {
            DueWhy::Written(text) => format!("its file says {text}"),
            DueWhy::Slot(local) => format!("the queue's next free slot is {local}"),
            DueWhy::AtOnce => "the queue has no slots, so it goes out at once".to_owned(),
        }
    }
}

/// The due time of a post that is admitted at `now`.
///
/// `taken` holds the slot instants of the queue's other waiting posts: each slot lets one post out. A
/// slot at exactly `now` is over, since it may have let a post out this very instant. `None` only when
/// the queue has slots and none of them ever comes again, which `check_slot` refuses in a config.
pub fn due_time(queue: &Queue, when: &When, taken: &[Timestamp], now: Timestamp) -> Option<Due> {
    if let Some(at) = when.at {
        let text = when.at_text.clone().unwrap_or_else(|| at.to_string());
        let why = DueWhy::Written(text);
        return Some(Due { at, why });
    }
    if queue.slots.is_empty() {
        return Some(Due {
            at: now,
            why: DueWhy::AtOnce,
        });
    }
    let slots = Slots::new(&queue.slots, &queue.timezone).ok()?;
    let taken: BTreeSet<Timestamp> = taken.iter().copied().collect();
    let at = slots.free(now, &taken)?;
    let why = DueWhy::Slot(local(at, slots.zone()));
    Some(Due { at, why })
}

/// The queue's first slot strictly after `after`, taken or not; `None` when it has none.
pub fn next_slot(queue: &Queue, after: Timestamp) -> Option<Timestamp> {
    Slots::new(&queue.slots, &queue.timezone).ok()?.next(after)
}

/// The earliest instant from `t` on that is at least `spacing` away from each of `others`.
///
/// `others` are the instants at which the account's posts went out or will; in any order.
pub fn spaced(t: Timestamp, spacing: Span, others: &[Timestamp]) -> Timestamp {
    if spacing <= Span::ZERO {
        return t;
    }
    let mut sorted = others.to_vec();
    sorted.sort_unstable();
    let mut free = t;
    for other in sorted {
        let near = other.0.saturating_sub(spacing.0) < free.0 && free.0 < other.0.saturating_add(spacing.0);
        if near {
            free = other + spacing;
        }
    }
    free
}

/// The instant after which the post is better not published; `None`: never.
pub fn expires_at(when: &When, due: Timestamp) -> Option<Timestamp> {
    match when.expires? {
        Expiry::After(span) => Some(due + span),
        Expiry::At(t) => Some(t),
    }
}
