//! Whether the machine's clock can be believed: a clock that shows less than when something was let go last has been
//! set back, or was wrong then. Until one of the two is known, nothing is shown to the world.

use super::{Change, Desk, Output};
use crate::core::clocks::Clocks;
use crate::core::delivery::{self, Event, Phase};
use crate::domain::hold::Hold;
use crate::domain::id::DeliveryId;
use crate::domain::time::{Span, Timestamp};

/// By how much a vendor's clock may differ from one that is right.
const RIGHT: Span = Span::mins(5);

/// What the desk knows of its own clock.
#[derive(Debug)]
pub(super) struct Watched {
    /// The latest time it has seen since the clock was set back last.
    latest: Timestamp,
    /// When something was let go last, by the clock of then.
    newest: Timestamp,
    /// A vendor has said that the clock is right, although `newest` is later.
    proved: bool,
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            latest: Timestamp::MIN,
            newest: Timestamp::MIN,
            proved: false,
        }
    }
}

impl Watched {
    /// Something is let go at `at`.
    pub(super) fn let_go(&mut self, at: Timestamp) {
        self.newest = if self.proved { at } else { self.newest.max(at) };
    }

    fn doubtful(&self, now: Timestamp) -> bool {
        now < self.newest && !self.proved
    }
}

impl Desk {
    /// The first thing of every input. After a step back, what was counted in the old time is not trusted.
    pub(super) fn watch_clock(&mut self, now: Timestamp, out: &mut Output) {
        if now < self.clock.latest {
            self.clock.proved = false;
            self.forget_ages(out);
        }
        self.clock.latest = now;
    }

    /// What is counted, and what was told to wait, moves along with the clock: no limit's window becomes shorter or
    /// longer. When something was let go last stays as it is written after a step back: that is what makes the clock
    /// doubtful.
    pub(super) fn clock_set(&mut self, by: Span, out: &mut Output) {
        let (before, after) = self.ledger.shift(by);
        out.changes.extend(before.into_iter().map(Change::DropRow));
        out.changes.extend(after.into_iter().map(Change::Row));
        for (name, record) in &mut self.accounts {
            let old = record.clone();
            if let Some((until, _)) = &mut record.not_before {
                *until = *until + by;
            }
            for full in record.full.values_mut() {
                full.until = full.until + by;
            }
            if by > Span::ZERO {
                record.last_commit = record.last_commit.map(|at| at + by);
            }
            if *record != old {
                out.changes
                    .push(Change::Account(name.clone(), Box::new(record.clone())));
            }
        }
    }

    /// After a start: what was let go before, and what a clock that has been set back meanwhile spoils.
    pub(super) fn begin_clock(&mut self, now: Timestamp, out: &mut Output) {
        let commits = self.accounts.values().filter_map(|a| a.last_commit);
        let newest = commits.chain(self.ledger.newest()).max();
        self.clock.newest = newest.unwrap_or(Timestamp::MIN);
        let written = self.deliveries.values().filter_map(|d| d.record.since).max();
        self.clock.latest = written.unwrap_or(Timestamp::MIN).max(self.clock.newest);
        self.watch_clock(now, out);
    }

    /// Keys of lost calls are older than a clock that was set back says: their repeats are safe no more.
    fn forget_ages(&mut self, out: &mut Output) {
        for (id, delivery) in &mut self.deliveries {
            if delivery::forget_age(&mut delivery.record.phase) {
                out.changes
                    .push(Change::Delivery(id.clone(), Box::new(delivery.record.clone())));
            }
        }
    }

    /// A vendor's clock against ours; whoever waited for that goes on.
    pub(super) fn prove_clock(&mut self, clocks: Clocks, out: &mut Output) {
        let now = clocks.ours;
        if !self.clock.doubtful(now) || clocks.ahead().0.saturating_abs() > RIGHT.0 {
            return;
        }
        self.clock.proved = true;
        for id in self.held_by_clock() {
            self.step(&id, Event::Retry, now, out);
        }
    }

    fn held_by_clock(&self) -> Vec<DeliveryId> {
        let held = |phase: &Phase| {
            matches!(
                phase,
                Phase::Waiting {
                    hold: Hold::Clock { .. },
                    ..
                }
            )
        };
        let held = self.deliveries.iter().filter(|(_, d)| held(&d.record.phase));
        held.map(|(id, _)| id.clone()).collect()
    }

    /// Why nothing may be let go at this time of the clock, and until which.
    pub fn clock_doubt(&self, now: Timestamp) -> Option<(String, Timestamp)> {
        let newest = self.clock.newest;
        self.clock.doubtful(now).then(|| {
            let words = format!(
                "the machine's clock shows {now}, and something was let go at {newest} by it: it was wrong then or is wrong now"
            );
            (words, newest)
        })
    }
}
