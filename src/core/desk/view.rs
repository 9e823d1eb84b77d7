//! Looking at the desk: for the API, the status line and the monitor. Changes nothing.

use super::{Delivery, Desk, Freeze, House, Phase, PostRecord, Usage};
use crate::core::facts::Quota;
use crate::core::flow::Liveness;
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::post::Content;
use crate::domain::receipt::{Live, Outcome};
use crate::domain::time::Timestamp;

use super::records::{AccountRecord, DeliveryRecord};

/// A delivery, seen. Its platform is asked only for what is wanted.
pub struct DeliveryLook<'a> {
    /// Which.
    pub id: &'a DeliveryId,
    /// Its record.
    pub record: &'a DeliveryRecord,
    delivery: &'a Delivery,
}

impl DeliveryLook<'_> {
    /// The name of its next or present step.
    pub fn step(&self) -> String {
        match self.record.phase.step() {
            Some(step) => self.delivery.platform.step_name(&step.state),
            None => "over".to_owned(),
        }
    }

    /// What of it is live. Of one that is over its outcome says it.
    pub fn live(&self) -> Liveness {
        match self.record.phase.step() {
            Some(step) => Desk::live(self.delivery, step),
            None => Liveness::Nothing,
        }
    }
}

/// The limits of an account.
pub struct AccountLimits {
    /// Which account.
    pub account: AccountName,
    /// Each limit and how full it is.
    pub limits: Vec<(Quota, Usage)>,
}

impl Desk {
    /// The config in force.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// All posts that are remembered.
    pub fn posts(&self) -> impl Iterator<Item = &PostRecord> {
        self.posts.values()
    }

    /// One post.
    pub fn post(&self, id: &PostId) -> Option<&PostRecord> {
        self.posts.get(id)
    }

    /// The deliveries of a post.
    pub fn deliveries_of_post<'a>(&'a self, post: &'a PostId) -> impl Iterator<Item = DeliveryLook<'a>> {
        self.of_post(post).map(|(id, d)| look(id, d))
    }

    /// All deliveries that are remembered.
    pub fn all_deliveries(&self) -> impl Iterator<Item = DeliveryLook<'_>> {
        self.deliveries.iter().map(|(id, d)| look(id, d))
    }

    /// What the account published under this id or address, as far as it is remembered.
    pub fn published_as(&self, account: &AccountName, id: &str) -> Option<&Content> {
        let short = id.trim_end_matches('/').rsplit('/').next().unwrap_or(id);
        let is_it = |live: &Live| {
            live.remote_id
                .as_deref()
                .is_some_and(|known| known == id || known == short)
                || live.permalink.as_deref() == Some(id)
        };
        let published = |d: &&Delivery| match &d.record.phase {
            Phase::Ended {
                outcome: Outcome::Published { live, .. } | Outcome::Partial { live, .. },
            } => live.iter().any(is_it),
            Phase::Ended { .. }
            | Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Calling { .. }
            | Phase::Held { .. } => false,
        };
        let of_account = self.deliveries.iter().filter(|(of, _)| of.account == *account);
        of_account.map(|(_, d)| d).find(published).map(|d| &d.job.content)
    }

    /// One delivery.
    pub fn delivery(&self, id: &DeliveryId) -> Option<DeliveryLook<'_>> {
        let (id, delivery) = self.deliveries.get_key_value(id)?;
        Some(look(id, delivery))
    }

    /// An account's record.
    pub fn account(&self, name: &AccountName) -> Option<&AccountRecord> {
        self.accounts.get(name)
    }

    /// All accounts with records, declared or not.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountName, &AccountRecord)> {
        self.accounts.iter()
    }

    /// How full the limits of an account are.
    pub fn limits(&self, account: &AccountName, now: Timestamp) -> AccountLimits {
        let quotas = self.quotas_of(account);
        let usage = |q: Quota| {
            let usage = self.usage(account, &q, 1, now);
            (q, usage)
        };
        AccountLimits {
            account: account.clone(),
            limits: quotas.into_iter().map(usage).collect(),
        }
    }

    /// Freezes in force.
    pub fn freezes(&self) -> &[Freeze] {
        &self.freezes
    }

    /// How many calls are open.
    pub fn open_calls(&self) -> usize {
        self.busy.len()
    }
}

fn look<'a>(id: &'a DeliveryId, delivery: &'a Delivery) -> DeliveryLook<'a> {
    DeliveryLook {
        id,
        record: &delivery.record,
        delivery,
    }
}
