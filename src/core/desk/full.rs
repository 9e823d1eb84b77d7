//! Windows of single kinds of calls that are full, as a platform told: nothing else waits for them.

use super::gate::Denial;
use super::{Change, Delivery, Desk, FullCalls, Output};
use crate::core::delivery::{PAUSE_MAX, Phase};
use crate::core::flow::Next;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::id::{AccountName, DeliveryId};
use crate::domain::time::Timestamp;

/// Most kinds that are kept for an account; platforms have fewer.
const KINDS_MAX: usize = 32;

impl Delivery {
    /// The kind of the call that it makes now, or asks to make.
    pub(super) fn kind(&self, now: Timestamp) -> Option<String> {
        let (step, at) = match &self.record.phase {
            Phase::Calling { step, sent, .. } => (step, *sent),
            Phase::Ready { step } => (step, now),
            Phase::Waiting { .. } | Phase::Held { .. } | Phase::Ended { .. } => return None,
        };
        let call = match self.platform.next(&self.job, &step.state, at).ok()? {
            Next::Quiet(quiet) => quiet.call().clone(),
            Next::Commit(commit) => commit.call().clone(),
            Next::Wait(_) | Next::Ask { .. } | Next::Done(_) => return None,
        };
        call.kind().map(str::to_owned)
    }
}

impl Desk {
    /// A platform told that there is no room for calls of this kind. What has passed is forgotten.
    pub(super) fn calls_full(
        &mut self,
        account: &AccountName,
        kind: &str,
        told: FullCalls,
        now: Timestamp,
        out: &mut Output,
    ) {
        let until = told.until.min(now + PAUSE_MAX);
        let record = self.accounts.entry(account.clone()).or_default();
        let longer = record.full.get(kind).is_none_or(|known| known.until < until);
        if until <= now || !longer {
            return;
        }
        record.full.retain(|_, full| full.until > now);
        if record.full.len() >= KINDS_MAX && !record.full.contains_key(kind) {
            return;
        }
        record.full.insert(kind.to_owned(), FullCalls { until, ..told });
        let record = Box::new(record.clone());
        out.changes.push(Change::Account(account.clone(), record));
    }

    /// The gate of a delivery's next call.
    pub(super) fn no_room_for_its_call(&self, id: &DeliveryId, now: Timestamp) -> Option<Denial> {
        // Most accounts have none: the call is not even made up then.
        let record = self.accounts.get(&id.account)?;
        if record.full.is_empty() {
            return None;
        }
        let kind = self.deliveries.get(id)?.kind(now)?;
        self.no_room_for(&id.account, &kind, now)
    }

    /// What holds a call of this kind, and until when.
    pub(super) fn no_room_for(&self, account: &AccountName, kind: &str, now: Timestamp) -> Option<Denial> {
        let full = self.accounts.get(account)?.full.get(kind)?;
        // One that lies further ahead than any pause was written by a clock that was wrong.
        let counts = full.until > now && full.until <= now + PAUSE_MAX;
        let hold = Hold::Limit(LimitHold {
            limit: format!("{} ({kind})", full.why),
            by: LimitSource::Calls,
        });
        counts.then_some((hold, Some(full.until)))
    }
}
