//! Alarms for what is past due without an end and without a reason. Not the scheduler: its own task with its
//! own timer, looking at what the loop last showed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::clock::WallTimer;
use super::{Shared, journal, message_id};
use crate::core::delivery::Phase;
use crate::core::desk::Desk;
use crate::domain::hold::Hold;
use crate::domain::id::DeliveryId;
use crate::domain::time::{Span, Timestamp};

/// A delivery that moves by itself may be this much past its moment before somebody is told.
const GRACE: Span = Span::mins(5);

/// What each delivery that should move by itself is waiting for, and until when; both ways round, since the next alarm is
/// looked up with each round of the loop.
#[derive(Default)]
struct Expected {
    of: BTreeMap<DeliveryId, Timestamp>,
    by_time: BTreeSet<(Timestamp, DeliveryId)>,
}

impl Expected {
    fn set(&mut self, id: DeliveryId, at: Option<Timestamp>) {
        if let Some(before) = self.of.remove(&id) {
            self.by_time.remove(&(before, id.clone()));
        }
        if let Some(at) = at {
            self.of.insert(id.clone(), at);
            self.by_time.insert((at, id));
        }
    }

    fn first(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out all until then.
    fn take_until(&mut self, end: Timestamp) -> Vec<(Timestamp, DeliveryId)> {
        let mut taken = Vec::new();
        while let Some((at, id)) = self.by_time.pop_first() {
            if at > end {
                self.by_time.insert((at, id));
                break;
            }
            self.of.remove(&id);
            taken.push((at, id));
        }
        taken
    }
}

/// What the loop shows.
#[derive(Clone, Default)]
pub struct Watch {
    shown: Arc<(Mutex<Expected>, Notify)>,
}

impl Watch {
    /// Shows where the deliveries that moved stand; wakes the monitor only when the next alarm has changed.
    pub fn show(&self, desk: &Desk, touched: BTreeSet<DeliveryId>) {
        if touched.is_empty() {
            return;
        }
        let mut shown = self.lock();
        let before = shown.first();
        for id in touched {
            let at = desk.delivery(&id).and_then(|look| expected(&look.record.phase));
            shown.set(id, at);
        }
        let after = shown.first();
        drop(shown);
        if before != after {
            self.shown.1.notify_one();
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.lock().first().map(|at| at + GRACE)
    }

    /// Takes what is past its grace, so that each is told once.
    fn overdue(&self, now: Timestamp) -> Vec<(Timestamp, DeliveryId)> {
        self.lock().take_until(now - GRACE)
    }

    fn lock(&self) -> MutexGuard<'_, Expected> {
        self.shown.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a phase should have moved by itself; `None`: people or accounts move it, or it is over.
fn expected(phase: &Phase) -> Option<Timestamp> {
    match phase {
        Phase::Waiting { until, hold, .. } => match hold {
            Hold::NotDue
            | Hold::Spacing
            | Hold::Clock { .. }
            | Hold::Limit(_)
            | Hold::Processing
            | Hold::Retry { .. }
            | Hold::Checking { .. }
            | Hold::Renewing { .. } => Some(*until),
            Hold::Reauthorise { .. }
            | Hold::Account { .. }
            | Hold::Frozen { .. }
            | Hold::Unknown { .. }
            | Hold::TooLate
            | Hold::Duplicate { .. }
            | Hold::Person { .. }
            | Hold::Partial { .. }
            | Hold::CannotResume { .. } => None,
        },
        Phase::Ready { step } => Some(step.due),
        // The longest call is the final dot's ten minutes.
        Phase::Calling { sent, .. } => Some(*sent + Span::mins(15)),
        Phase::Held { .. } | Phase::Ended { .. } => None,
    }
}

/// Watches until the process ends.
pub async fn run(shared: Arc<Shared>, watch: Watch, mut timer: WallTimer) {
    loop {
        if let Err(error) = timer.set(watch.next()) {
            tracing::error!("the monitor has no timer: {error}");
            return;
        }
        tokio::select! {
            () = watch.shown.1.notified() => {}
            fired = timer.fired() => if fired.is_err() { return },
        }
        let now = shared.clock.now();
        for (at, id) in watch.overdue(now) {
            let words = format!(
                "should have moved at {at} and has not: `crierctl why {}` and `crierctl status`",
                id.post
            );
            tracing::error!(
                message_id = message_id::OVERDUE.id(),
                crier_delivery = id.to_string(),
                crier_post = id.post.to_string(),
                crier_account = id.account.to_string(),
                "{id} {words}"
            );
            journal::overdue(&shared, &id, words, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{AccountName, PostId};

    fn id(n: u32) -> DeliveryId {
        DeliveryId {
            post: PostId::new(format!("{n:026}")).unwrap(),
            account: AccountName::new("club").unwrap(),
        }
    }

    #[test]
    fn what_is_past_is_taken_once_and_in_its_order() {
        let mut shown = Expected::default();
        for (n, at) in [(1, 30), (2, 10), (3, 20), (4, 40)] {
            shown.set(id(n), Some(Timestamp(at)));
        }
        shown.set(id(3), Some(Timestamp(5)));
        shown.set(id(4), None);
        assert_eq!(shown.first(), Some(Timestamp(5)));
        let taken = shown.take_until(Timestamp(10));
        assert_eq!(taken, [(Timestamp(5), id(3)), (Timestamp(10), id(2))]);
        assert_eq!(shown.take_until(Timestamp(29)), []);
        assert_eq!((shown.of.len(), shown.by_time.len()), (1, 1));
        assert_eq!(shown.first(), Some(Timestamp(30)));
    }
}
