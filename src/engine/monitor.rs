//! Alarms for what is past due without an end and without a reason. Not the scheduler: its own task with its
//! own timer, looking at what the loop last showed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

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

/// What each delivery that should move by itself is waiting for, and until when.
type Expected = BTreeMap<DeliveryId, Timestamp>;

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
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shown.values().min().copied();
        for id in touched {
            match desk.delivery(&id).and_then(|look| expected(&look.record.phase)) {
                Some(at) => shown.insert(id, at),
                None => shown.remove(&id),
            };
        }
        let after = shown.values().min().copied();
        drop(shown);
        if before != after {
            self.shown.1.notify_one();
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.shown
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .min()
            .map(|at| *at + GRACE)
    }

    /// Takes what is past its grace, so that each is told once.
    fn overdue(&self, now: Timestamp) -> Expected {
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.extract_if(.., |_, at| *at + GRACE <= now).collect()
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
        for (id, at) in watch.overdue(now) {
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
