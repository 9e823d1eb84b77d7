//! Who may call now: one call at a time for each account, after gates, spacing, limits and the pace.

use std::ops::Bound::{Excluded, Unbounded};

use super::{Action, Change, Delivery, Desk, Output, Published, Row, Scope, Send, Stage};
use crate::core::delivery::{self, Doubt, Event, Phase, Want};
use crate::core::facts::Quota;
use crate::core::flow::{Charge, Liveness};
use crate::core::limit::Usage;
use crate::domain::account::ConnectionStatus;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::id::{AccountName, DeliveryId, QueueName};
use crate::domain::time::Timestamp;

/// A gate's answer: why not, and until when (`None`: until somebody acts).
pub type Denial = (Hold, Option<Timestamp>);

/// A place in an account's line: when it is due, and what.
type Place = (Timestamp, DeliveryId);

/// What the next call of a delivery asks to be let go with.
struct Permit {
    charges: Vec<Charge>,
    /// Of what must be able to follow it.
    ahead: Vec<Charge>,
    commit: bool,
}

/// Room that a call needs in one limit.
pub(super) struct Need {
    limit: String,
    /// For the call itself.
    own: u32,
    /// For what must be able to follow it.
    ahead: u32,
}

/// A call's own charges and those ahead of it, limit by limit.
pub(super) fn needs(charges: &[Charge], ahead: &[Charge]) -> Vec<Need> {
    let mut all: Vec<Need> = Vec::new();
    let own = charges.iter().map(|c| (&c.limit, c.amount, 0));
    let later = ahead.iter().map(|c| (&c.limit, 0, c.amount));
    for (limit, own, ahead) in own.chain(later) {
        match all.iter_mut().find(|need| need.limit == *limit) {
            Some(need) => {
                need.own = need.own.saturating_add(own);
                need.ahead = need.ahead.saturating_add(ahead);
            }
            None => all.push(Need {
                limit: limit.clone(),
                own,
                ahead,
            }),
        }
    }
    all
}

impl Desk {
    pub(super) fn pump_all(&mut self, now: Timestamp, out: &mut Output) {
        let accounts: Vec<AccountName> = self
            .ready
            .iter()
            .filter(|(_, line)| !line.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        for account in accounts {
            self.pump(&account, now, out);
        }
    }

    /// Lets the first ready delivery of the account that passes all gates make its call.
    pub(super) fn pump(&mut self, account: &AccountName, now: Timestamp, out: &mut Output) {
        if self.closed || self.busy.contains_key(account) {
            return;
        }
        let mut passed = None;
        while let Some(place) = self.next_in_line(account, passed.as_ref()) {
            let id = place.1.clone();
            passed = Some(place);
            if self.ask_claim(&id, out) {
                continue;
            }
            let permit = self.asks_for(&id, now);
            match permit.as_ref().and_then(|permit| self.gates(&id, permit, now)) {
                Some((hold, until)) => self.step(&id, Event::Denied { hold, until }, now, out),
                None => self.let_go(&id, permit, now, out),
            }
            if self.busy.contains_key(account) {
                return;
            }
        }
    }

    /// The account's ready delivery that comes after this one: the line may be long, and mostly its first one goes.
    fn next_in_line(&self, account: &AccountName, passed: Option<&Place>) -> Option<Place> {
        let line = self.ready.get(account)?;
        match passed {
            Some(place) => line.range((Excluded(place), Unbounded)).next().cloned(),
            None => line.first().cloned(),
        }
    }

    /// Before its first call a post's file must be ours. True: it has to wait for that.
    fn ask_claim(&mut self, id: &DeliveryId, out: &mut Output) -> bool {
        let Some(record) = self.posts.get(&id.post) else {
            return false;
        };
        if record.stage != Stage::Waiting {
            return false;
        }
        let action = Action::Claim(id.post.clone());
        if self.claiming.insert(id.post.clone()) {
            out.actions.push(action);
        }
        true
    }

    fn gates(&mut self, id: &DeliveryId, permit: &Permit, now: Timestamp) -> Option<Denial> {
        let needs = needs(&permit.charges, &permit.ahead);
        self.frozen(id)
            .or_else(|| self.unusable(id))
            .or_else(|| self.renewing(id, now))
            .or_else(|| self.told_to_wait(id, now))
            .or_else(|| self.no_room_for_its_call(id, now))
            .or_else(|| {
                if permit.commit {
                    self.commit_gates(id, &needs, now)
                } else {
                    self.limited(id, &self.unpaid(id, needs), now)
                }
            })
            .or_else(|| self.paced(id, now))
    }

    fn asks_for(&self, id: &DeliveryId, now: Timestamp) -> Option<Permit> {
        let delivery = self.deliveries.get(id)?;
        match delivery::wants(&delivery.record.phase, delivery.ctx(now)) {
            Want::Permit {
                charges,
                ahead,
                commit,
            } => Some(Permit {
                charges,
                ahead,
                commit,
            }),
            Want::WakeAt(_) | Want::Send { .. } | Want::Nobody | Want::Archive => None,
        }
    }

    fn frozen(&self, id: &DeliveryId) -> Option<Denial> {
        let delivery = self.deliveries.get(id)?;
        let queue = self.posts.get(&id.post).map(|r| &r.post.queue);
        self.freeze_over(delivery.record.platform.as_str(), &id.account, queue)
    }

    /// What stands still by a person's word.
    pub(super) fn freeze_over(
        &self,
        platform: &str,
        account: &AccountName,
        queue: Option<&QueueName>,
    ) -> Option<Denial> {
        let covers = |scope: &Scope| match scope {
            Scope::All => true,
            Scope::Platform(name) => name.as_str() == platform,
            Scope::Account(name) => name == account,
            Scope::Queue(name) => Some(name) == queue,
        };
        let freeze = self.freezes.iter().find(|f| covers(&f.scope))?;
        let why = format!(
            "{} is frozen by {} since {}: {}",
            freeze.scope, freeze.by, freeze.since, freeze.why
        );
        Some((Hold::Frozen { why }, None))
    }

    /// The config has its account no more, or as one of another platform.
    pub(super) fn undeclared(&self, id: &DeliveryId) -> Option<Hold> {
        let account = &id.account;
        let Some(spec) = self.house.accounts.get(account) else {
            let why = format!("account {account} is no longer declared in the config");
            return Some(Hold::Account { why });
        };
        let (now, then) = (spec.platform.name(), &self.deliveries.get(id)?.record.platform);
        let why = || {
            format!(
                "account {account} is declared as {now} now, and this was made for {then}: cancel it and drop the file again, or declare the account as before"
            )
        };
        (now != then.as_str()).then(|| Hold::Account { why: why() })
    }

    pub(super) fn is_waiting(&self, id: &DeliveryId) -> bool {
        let phase = self.deliveries.get(id).map(|d| &d.record.phase);
        matches!(phase, Some(Phase::Waiting { .. }))
    }

    pub(super) fn unusable(&self, id: &DeliveryId) -> Option<Denial> {
        if let Some(hold) = self.undeclared(id) {
            return Some((hold, None));
        }
        let connection = self
            .accounts
            .get(&id.account)
            .map(|a| a.connection.clone())
            .unwrap_or_default();
        let status = connection.status;
        let why = connection.reason.unwrap_or_else(|| match status.word() {
            "never" => "it has never been connected".to_owned(),
            word => format!("it is {word}"),
        });
        let hold = match status {
            ConnectionStatus::Connected | ConnectionStatus::Expiring => return None,
            ConnectionStatus::Error | ConnectionStatus::Unsupported => Hold::Account {
                why: format!(
                    "{why} (it is asked again each day; `crierctl validate {}` asks now)",
                    id.account
                ),
            },
            ConnectionStatus::Expired | ConnectionStatus::Revoked | ConnectionStatus::Never => {
                Hold::Reauthorise { why }
            }
        };
        Some((hold, None))
    }

    fn told_to_wait(&self, id: &DeliveryId, now: Timestamp) -> Option<Denial> {
        let (until, why) = self.accounts.get(&id.account)?.not_before.clone()?;
        let hold = Hold::Limit(LimitHold {
            limit: why,
            by: LimitSource::Platform,
        });
        // One that lies further ahead than any pause was written by a clock that was wrong.
        (until > now && until <= now + delivery::PAUSE_MAX).then_some((hold, Some(until)))
    }

    /// What a quiet call costs itself is counted, but never keeps it from being made: most that cost are looks, and a
    /// doubt that nobody may look up would be dearer.
    fn unpaid(&self, id: &DeliveryId, needs: Vec<Need>) -> Vec<Need> {
        let quotas = self.quotas_of(&id.account);
        let costs = |need: &Need| quotas.iter().any(|q| q.name == need.limit && q.money.is_some());
        let free = |need: Need| Need {
            own: if costs(&need) { 0 } else { need.own },
            ..need
        };
        needs.into_iter().map(free).collect()
    }

    fn commit_gates(&self, id: &DeliveryId, needs: &[Need], now: Timestamp) -> Option<Denial> {
        let delivery = self.deliveries.get(id)?;
        let (fresh, again) = match &delivery.record.phase {
            Phase::Ready { step } if Self::live(delivery, step) == Liveness::Nothing => {
                // A repeat after looks that found nothing is most probably the first to be seen, a blind one may be.
                let again = matches!(step.doubt, Some(Doubt::Looking | Doubt::Blind));
                (step.doubt.is_none(), again)
            }
            Phase::Ready { .. }
            | Phase::Waiting { .. }
            | Phase::Calling { .. }
            | Phase::Held { .. }
            | Phase::Ended { .. } => (false, false),
        };
        let same = fresh.then(|| self.duplicate(id, delivery, now)).flatten();
        let first = same.or_else(|| (fresh || again).then(|| self.spaced(id, now)).flatten());
        let doubtful = || self.doubtful(delivery, now);
        doubtful().or(first).or_else(|| self.limited(id, needs, now))
    }

    fn doubtful(&self, delivery: &Delivery, now: Timestamp) -> Option<Denial> {
        let passes = matches!(&delivery.record.phase, Phase::Ready { step } if step.clock_ok);
        let (why, until) = self.clock_doubt(now).filter(|_| !passes)?;
        Some((Hold::Clock { why }, Some(until)))
    }

    fn duplicate(&self, id: &DeliveryId, delivery: &Delivery, now: Timestamp) -> Option<Denial> {
        let record = self.posts.get(&id.post)?;
        let queue = self.house.queues.get(&record.post.queue)?;
        let again_ok = match &delivery.record.phase {
            Phase::Ready { step } => step.again_ok,
            Phase::Waiting { .. } | Phase::Calling { .. } | Phase::Held { .. } | Phase::Ended { .. } => false,
        };
        let again = record.post.again || again_ok;
        let earlier = self.duplicate_of(id, &delivery.record.hash, queue, again, now)?;
        Some((
            Hold::Duplicate {
                of: earlier.post.to_string(),
                at: earlier.at,
            },
            None,
        ))
    }

    fn spaced(&self, id: &DeliveryId, now: Timestamp) -> Option<Denial> {
        let record = self.posts.get(&id.post)?;
        let queue = self.house.queues.get(&record.post.queue)?;
        let account = self.accounts.get(&id.account)?;
        if account.last_commit_by.as_ref() == Some(id) {
            return None;
        }
        // One that lies ahead was noted by a clock that was wrong: it says nothing of how far apart they are.
        let free = account.last_commit.filter(|at| *at <= now)? + queue.spacing;
        (free > now).then_some((Hold::Spacing, Some(free)))
    }

    fn limited(&self, id: &DeliveryId, needs: &[Need], now: Timestamp) -> Option<Denial> {
        let delivery = self.deliveries.get(id);
        let reason = |charge: &Charge| {
            let d = delivery?;
            d.platform.reason(&d.job.content, charge, &d.job.facts)
        };
        self.full(&id.account, needs, now, reason)
    }

    /// The first limit in which there is no room; `reason` says why a charge of money is as high as it is.
    pub(super) fn full(
        &self,
        account: &AccountName,
        needs: &[Need],
        now: Timestamp,
        reason: impl Fn(&Charge) -> Option<&'static str>,
    ) -> Option<Denial> {
        let quotas = self.quotas_of(account);
        needs.iter().find_map(|need| {
            let quota = quotas.iter().find(|q| q.name == need.limit)?;
            let amount = need.own.saturating_add(need.ahead);
            let usage = (amount > 0).then(|| self.room(account, need, quota, now))?;
            let limit = match &quota.money {
                Some(_) => {
                    let charge = Charge {
                        limit: need.limit.clone(),
                        amount,
                    };
                    price(&charge, quota, &usage, reason(&charge))
                }
                None => quota.fullness(usage.used, usage.max),
            };
            let hold = Hold::Limit(LimitHold {
                limit,
                by: LimitSource::Ledger,
            });
            let until = (usage.next_free < Timestamp::MAX).then_some(usage.next_free);
            (usage.next_free > now).then_some((hold, until))
        })
    }

    /// How full a limit is, and when there is room. A post with more parts than ever fit at once begins when all is free.
    fn room(&self, account: &AccountName, need: &Need, quota: &Quota, now: Timestamp) -> Usage {
        let all = need.own.saturating_add(need.ahead);
        let usage = self.usage(account, quota, all, now);
        if quota.money.is_some() || all <= usage.max || need.own > usage.max {
            return usage;
        }
        self.usage(account, quota, usage.max, now)
    }

    fn paced(&mut self, id: &DeliveryId, now: Timestamp) -> Option<Denial> {
        let wait = self.pacer.take(&id.account, now).err()?;
        let hold = Hold::Limit(LimitHold {
            limit: "calls a minute".to_owned(),
            by: LimitSource::Pacer,
        });
        Some((hold, Some(now + wait)))
    }

    /// All gates are open: the intent is written down, with what it counts against, then the call leaves.
    fn let_go(&mut self, id: &DeliveryId, permit: Option<Permit>, now: Timestamp, out: &mut Output) {
        let heard = self.accounts.get(&id.account).and_then(|a| a.heard);
        if let Some(delivery) = self.deliveries.get_mut(id) {
            delivery.job.heard = heard;
        }
        self.step(id, Event::Permit, now, out);
        let Some(delivery) = self.deliveries.get(id) else {
            return;
        };
        let want = delivery::wants(&delivery.record.phase, delivery.ctx(now));
        let Want::Send {
            attempt,
            sent,
            call,
            commit,
        } = want
        else {
            return;
        };
        let step = match &delivery.record.phase {
            Phase::Calling { step, .. } => delivery.platform.step_name(&step.state),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Ended { .. } => {
                String::new()
            }
        };
        let charges = permit.map(|permit| permit.charges).unwrap_or_default();
        self.charge(id, attempt, charges, now, out);
        if commit {
            self.note_commit(id, now, out);
        }
        let send = Send {
            delivery: id.clone(),
            attempt,
            sent,
            call,
            commit,
            step,
        };
        out.actions.push(Action::Send(Box::new(send)));
    }

    /// The ledger's rows of a call, written with its intent.
    fn charge(
        &mut self,
        id: &DeliveryId,
        attempt: u32,
        charges: Vec<Charge>,
        now: Timestamp,
        out: &mut Output,
    ) {
        self.clock.let_go(now);
        let row = |charge: Charge| Row {
            account: id.account.clone(),
            limit: charge.limit,
            at: now,
            amount: charge.amount,
            delivery: id.clone(),
            attempt,
        };
        self.enter_rows(charges.into_iter().map(row).collect(), out);
    }

    fn note_commit(&mut self, id: &DeliveryId, now: Timestamp, out: &mut Output) {
        let Some(delivery) = self.deliveries.get_mut(id) else {
            return;
        };
        if delivery.record.committed.is_none() {
            delivery.record.committed = Some(now);
            let published = Published {
                post: id.post.clone(),
                at: now,
                failed_elsewhere: false,
            };
            let key = (id.account.clone(), delivery.record.hash.clone());
            out.changes
                .push(Change::Delivery(id.clone(), Box::new(delivery.record.clone())));
            self.published.insert(key.clone(), published.clone());
            out.changes.push(Change::Published(key, published));
        }
        self.note_spacing(id, now, out);
    }

    /// Every try to show the first part counts for spacing: an earlier one may not have come to anything.
    fn note_spacing(&mut self, id: &DeliveryId, now: Timestamp, out: &mut Output) {
        let begins = self.deliveries.get(id).is_some_and(|d| match &d.record.phase {
            Phase::Calling { step, .. } => Self::live(d, step) == Liveness::Nothing,
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Ended { .. } => false,
        });
        if !begins {
            return;
        }
        let account = self.accounts.entry(id.account.clone()).or_default();
        account.last_commit = Some(now);
        account.last_commit_by = Some(id.clone());
        out.changes
            .push(Change::Account(id.account.clone(), Box::new(account.clone())));
    }
}

/// `this costs 0.200 USD because it has a link; 19.90 of 20 USD are spent in the last 30d`.
fn price(charge: &Charge, quota: &Quota, usage: &Usage, why: Option<&'static str>) -> String {
    let why = why.map(|why| format!(" {why}")).unwrap_or_default();
    format!(
        "this costs {}{why}; {}",
        quota.amount(charge.amount),
        quota.fullness(usage.used, usage.max)
    )
}
