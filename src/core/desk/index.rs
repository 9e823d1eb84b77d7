//! What is looked up all the time, kept with each transition: who wakes when, who is ready, whose account is busy, how many.

use std::collections::BTreeMap;

use super::{Desk, Phase};
use crate::core::delivery::{self, Want};
use crate::domain::id::DeliveryId;
use crate::domain::time::Timestamp;

/// How many deliveries are open, by where they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Wait for a time.
    pub waiting: u64,
    /// Want a permit.
    pub ready: u64,
    /// In a call.
    pub calling: u64,
    /// Wait for a person or an account.
    pub held: u64,
    /// Of all these, past their due time.
    pub past_due: u64,
}

impl OpenCounts {
    fn of(&mut self, phase: &Phase) -> Option<&mut u64> {
        match phase {
            Phase::Waiting { .. } => Some(&mut self.waiting),
            Phase::Ready { .. } => Some(&mut self.ready),
            Phase::Calling { .. } => Some(&mut self.calling),
            Phase::Held { .. } => Some(&mut self.held),
            Phase::Ended { .. } => None,
        }
    }
}

/// The open deliveries, counted.
#[derive(Default)]
pub(super) struct Tally {
    /// Without `past_due`, which time changes alone.
    counts: OpenCounts,
    /// How many are due when.
    dues: BTreeMap<Timestamp, u64>,
}

impl Tally {
    pub(super) fn enter(&mut self, phase: &Phase, due: Timestamp) {
        if let Some(count) = self.counts.of(phase) {
            *count += 1;
            *self.dues.entry(due).or_default() += 1;
        }
    }

    pub(super) fn leave(&mut self, phase: &Phase, due: Timestamp) {
        if let Some(count) = self.counts.of(phase) {
            *count = count.saturating_sub(1);
            match self.dues.get_mut(&due) {
                Some(several) if *several > 1 => *several -= 1,
                Some(_) | None => {
                    self.dues.remove(&due);
                }
            }
        }
    }
}

impl Desk {
    /// How many deliveries are open. Kept, not counted: it costs no more with many.
    pub fn open_counts(&self, now: Timestamp) -> OpenCounts {
        OpenCounts {
            past_due: self.tally.dues.range(..now).map(|(_, several)| several).sum(),
            ..self.tally.counts
        }
    }

    /// When the next open delivery whose time has not come is due.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        use std::ops::Bound::{Excluded, Unbounded};
        let ahead = self.tally.dues.range((Excluded(now), Unbounded));
        ahead.map(|(due, _)| *due).next()
    }

    /// Keeps the heap of wake-ups, the lines of ready deliveries, the busy accounts and the counts.
    pub(super) fn index(&mut self, id: &DeliveryId, before: &Phase, after: &Phase, now: Timestamp) {
        self.touched.insert(id.clone());
        let Some(due) = self.deliveries.get(id).map(|d| d.record.due) else {
            return;
        };
        self.unindex(id, before, due);
        self.tally.enter(after, due);
        match after {
            Phase::Waiting { until, .. } => {
                self.wake.insert((*until, id.clone()));
            }
            Phase::Ready { step } => {
                self.ready
                    .entry(id.account.clone())
                    .or_default()
                    .insert((step.due, id.clone()));
            }
            Phase::Calling { .. } => {
                self.busy.insert(id.account.clone(), id.clone());
            }
            Phase::Held { .. } => {
                let ctx = self.deliveries.get(id).map(|d| d.ctx(now));
                if let Some(Want::WakeAt(at)) = ctx.map(|ctx| delivery::wants(after, ctx)) {
                    self.held_wake.insert(id.clone(), at);
                    self.wake.insert((at, id.clone()));
                }
            }
            Phase::Ended { .. } => {}
        }
    }

    pub(super) fn unindex(&mut self, id: &DeliveryId, before: &Phase, due: Timestamp) {
        self.tally.leave(before, due);
        match before {
            Phase::Waiting { until, .. } => {
                self.wake.remove(&(*until, id.clone()));
            }
            Phase::Ready { step } => {
                if let Some(line) = self.ready.get_mut(&id.account) {
                    line.remove(&(step.due, id.clone()));
                }
            }
            Phase::Calling { .. } => {
                if self.busy.get(&id.account) == Some(id) {
                    self.busy.remove(&id.account);
                }
            }
            Phase::Held { .. } => {
                if let Some(at) = self.held_wake.remove(id) {
                    self.wake.remove(&(at, id.clone()));
                }
            }
            Phase::Ended { .. } => {}
        }
    }
}
