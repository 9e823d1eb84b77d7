//! Accounts lose and regain their connection; platforms tell how much is left; the config changes.

use std::sync::Arc;

use super::super::call::Reply;
use super::super::clocks::Clocks;
use super::super::hook::PostNews;
use super::super::platform::Heard;
use super::{Action, Change, Desk, FullCalls, House, Notice, NoticeKind, Output, QuotaReport};
use crate::core::delivery::{Event, PAUSE_MAX, Phase};
use crate::domain::account::ConnectionStatus;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::id::{AccountName, DeliveryId};
use crate::domain::time::Timestamp;

impl Desk {
    /// A delivery was held: people hear of it, and a dead token stops the whole account.
    pub(super) fn on_held(&mut self, id: &DeliveryId, hold: &Hold, now: Timestamp, out: &mut Output) {
        let words = super::super::why::hold_words(hold);
        let kind = match hold {
            Hold::Unknown { .. } => NoticeKind::Unknown,
            Hold::TooLate => NoticeKind::Late,
            Hold::NotDue
            | Hold::Spacing
            | Hold::Clock { .. }
            | Hold::Limit(_)
            | Hold::Processing
            | Hold::Retry { .. }
            | Hold::Checking { .. }
            | Hold::Renewing { .. }
            | Hold::Reauthorise { .. }
            | Hold::Account { .. }
            | Hold::Frozen { .. }
            | Hold::Duplicate { .. }
            | Hold::Person { .. }
            | Hold::Partial { .. }
            | Hold::CannotResume { .. } => NoticeKind::Held,
        };
        out.actions.push(Action::Tell(Notice::of(kind, id, words)));
        if let Hold::Reauthorise { why } = hold {
            self.account_lost(&id.account, ConnectionStatus::Expired, why, now, out);
        }
    }

    /// Jobs carry the account's profile, scopes and settings.
    pub(super) fn refresh_jobs(&mut self, account: &AccountName) {
        let Some(spec) = self.house.accounts.get(account).cloned() else {
            return;
        };
        let connection = self
            .accounts
            .get(account)
            .map(|a| a.connection.clone())
            .unwrap_or_default();
        for (_, delivery) in self
            .deliveries
            .iter_mut()
            .filter(|(id, _)| id.account == *account)
        {
            delivery.job.profile = connection.profile.clone().unwrap_or_default();
            delivery.job.scopes = connection.scopes.clone();
            delivery.job.facts = spec.facts.clone();
            delivery.job.options = spec.options.clone();
        }
    }

    /// A platform said "too much" with a time: the whole account waits.
    pub(super) fn on_platform_limit(
        &mut self,
        id: &DeliveryId,
        until: Timestamp,
        limit: &LimitHold,
        out: &mut Output,
    ) {
        if limit.by != LimitSource::Platform {
            return;
        }
        let record = self.accounts.entry(id.account.clone()).or_default();
        if record.not_before.as_ref().is_none_or(|(at, _)| *at < until) {
            record.not_before = Some((until, limit.limit.clone()));
            out.changes
                .push(Change::Account(id.account.clone(), Box::new(record.clone())));
        }
    }

    pub(super) fn quota_reported(&mut self, name: &AccountName, reports: &[QuotaReport], now: Timestamp) {
        let quotas = self.quotas_of(name);
        for report in reports {
            if let Some(quota) = quotas.iter().find(|q| q.name == report.limit) {
                self.ledger.report(name, report, quota, now);
            }
        }
    }

    /// What an answer told beside its body: the vendor's time, the platform's own counts, and windows that are full.
    /// The answer to an older attempt comes so late that its time would only mislead. Its counts are given back: they are
    /// entered once it is known whether the call counts.
    pub(super) fn hear(
        &mut self,
        id: &DeliveryId,
        attempt: u32,
        reply: &Reply,
        now: Timestamp,
        out: &mut Output,
    ) -> Vec<QuotaReport> {
        let Some(delivery) = self.deliveries.get_mut(id) else {
            return Vec::new();
        };
        let sent = match delivery.record.phase {
            Phase::Calling { attempt: n, sent, .. } if n == attempt => Some(sent),
            Phase::Calling { .. }
            | Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Held { .. }
            | Phase::Ended { .. } => None,
        };
        let clocks = Clocks::heard(reply, now).filter(|_| sent.is_some());
        delivery.job.heard = clocks.or(delivery.job.heard);
        let told = delivery.platform.heard(&delivery.job.facts, reply, now);
        let kind = delivery.kind(now).filter(|_| sent.is_some());
        if let Some(clocks) = clocks {
            self.hear_clock(&id.account, clocks, out);
        }
        let mut counts = Vec::new();
        for heard in told {
            match heard {
                Heard::Quota(report) => counts.push(report),
                Heard::FullUntil { until, why } => {
                    let limit = LimitHold {
                        limit: why,
                        by: LimitSource::Platform,
                    };
                    self.on_platform_limit(id, until.min(now + PAUSE_MAX), &limit, out);
                }
                Heard::CallsFull { until, why } => {
                    if let Some(kind) = &kind {
                        self.calls_full(&id.account, kind, FullCalls { until, why }, now, out);
                    }
                }
                Heard::Revoked { why } => self.access_taken(id, sent, &why, now, out),
                Heard::VersionEnded { fact, why } => self.version_ended(id, sent, (fact, &why), now, out),
            }
        }
        counts
    }

    /// A vendor told something of a post by itself: its delivery asks, or ends, at once. Others hear nothing.
    pub(super) fn told_of_post(
        &mut self,
        account: &AccountName,
        news: &PostNews,
        now: Timestamp,
        out: &mut Output,
    ) {
        let ours = |(id, delivery): (&DeliveryId, &super::Delivery)| {
            let step = delivery.record.phase.step().filter(|_| id.account == *account)?;
            let state = delivery.platform.told(&step.state, news, now)?;
            Some((id.clone(), state))
        };
        let found: Vec<_> = self.deliveries.iter().filter_map(ours).collect();
        for (id, state) in found {
            self.step(&id, Event::News(state), now, out);
        }
        self.tick(now, out);
    }

    /// The vendor's time. It is written down when the clocks have come to differ by something else: an older reading
    /// of the same difference says the same.
    pub(super) fn hear_clock(&mut self, name: &AccountName, clocks: Clocks, out: &mut Output) {
        let record = self.accounts.entry(name.clone()).or_default();
        let known = record.heard.is_some_and(|old| old.agrees(clocks));
        record.heard = Some(clocks);
        if !known {
            out.changes
                .push(Change::Account(name.clone(), Box::new(record.clone())));
        }
        self.prove_clock(clocks, out);
    }

    /// A new config: rules and settings of what has not begun follow it; what is in flight keeps its content.
    pub(super) fn reconfigure(&mut self, house: Arc<House>, now: Timestamp, out: &mut Output) {
        self.house = house;
        self.configured = Some(now);
        let names: Vec<AccountName> = self.house.accounts.keys().cloned().collect();
        for name in &names {
            self.refresh_jobs(name);
        }
        for (id, delivery) in &mut self.deliveries {
            let Some(record) = self.posts.get(&id.post) else {
                continue;
            };
            if let Some(queue) = self.house.queues.get(&record.post.queue) {
                delivery.rules = super::intake::rules_of(queue, record);
            }
        }
        self.lift_ended_versions(now, out);
        for id in self.deliveries.keys().cloned().collect::<Vec<_>>() {
            self.reindex_held(&id, now);
            if self.undeclared(&id).is_none() && self.held_for_config(&id) {
                self.step(&id, Event::AccountUsable, now, out);
            }
        }
        self.tick(now, out);
    }

    /// The late rule speaks about what is held at another time now.
    fn reindex_held(&mut self, id: &DeliveryId, now: Timestamp) {
        let phase = self.deliveries.get(id).map(|d| d.record.phase.clone());
        if let Some(phase @ Phase::Held { .. }) = phase {
            self.index(id, &phase, &phase, now);
        }
    }

    pub(super) fn held_for_config(&self, id: &DeliveryId) -> bool {
        let usable = self
            .accounts
            .get(&id.account)
            .is_some_and(|a| a.connection.status.usable());
        let phase = self.deliveries.get(id).map(|d| &d.record.phase);
        usable
            && matches!(
                phase,
                Some(Phase::Held {
                    hold: Hold::Account { .. },
                    ..
                })
            )
    }
}
