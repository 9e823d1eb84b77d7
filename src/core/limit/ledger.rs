//! Exact rolling windows over what was published, and what the platform says of others who share the quota.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::facts::Quota;
use crate::core::platform::QuotaReport;
use crate::domain::id::{AccountName, DeliveryId};
use crate::domain::time::{Span, Timestamp};

/// One commit that counts against one limit of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Whose limit.
    pub account: AccountName,
    /// Which limit.
    pub limit: String,
    /// When the commit was let go.
    pub at: Timestamp,
    /// How much.
    pub amount: u32,
    /// For which delivery.
    pub delivery: DeliveryId,
    /// Which of its attempts.
    pub attempt: u32,
}

/// What the platform said about a quota, and what of it was ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reported {
    at: Timestamp,
    others: u32,
    max: Option<u32>,
}

/// How full a limit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Used in the window ending now, by us and others.
    pub used: u32,
    /// At most.
    pub max: u32,
    /// When one more fits.
    pub next_free: Timestamp,
}

impl Usage {
    /// Of two counts of one limit the one that leaves less room, and the time at which both have some.
    pub fn stricter(self, other: Usage) -> Usage {
        let next_free = self.next_free.max(other.next_free);
        let left = |usage: &Usage| usage.max.saturating_sub(usage.used);
        let fuller = if left(&other) < left(&self) { other } else { self };
        Usage { next_free, ..fuller }
    }
}

type Key = (AccountName, String);

/// All rows inside any window, and the platforms' reports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    rows: BTreeMap<Key, Vec<Row>>,
    reported: BTreeMap<Key, Reported>,
}

impl Ledger {
    /// Enters a row; rows stay in order of time, also when the clock went back.
    pub fn enter(&mut self, row: Row) {
        let rows = self
            .rows
            .entry((row.account.clone(), row.limit.clone()))
            .or_default();
        let place = rows.partition_point(|r| r.at <= row.at);
        rows.insert(place, row);
    }

    /// Takes back the rows of an attempt of which the server said that nothing happened, but for limits that count all
    /// calls (`stays`); gives them back.
    pub fn take_back(
        &mut self,
        delivery: &DeliveryId,
        attempt: u32,
        stays: impl Fn(&str) -> bool,
    ) -> Vec<Row> {
        let mut taken = Vec::new();
        for ((account, limit), rows) in &mut self.rows {
            if *account == delivery.account && !stays(limit) {
                taken.extend(rows.extract_if(.., |r| r.delivery == *delivery && r.attempt == attempt));
            }
        }
        taken
    }

    /// Notes what the platform says about a quota: what is not ours is others', until its window has passed.
    pub fn report(&mut self, account: &AccountName, report: &QuotaReport, quota: &Quota, now: Timestamp) {
        let key = (account.clone(), report.limit.clone());
        let ours = self.ours(&key, quota.window, now);
        let others = report.used.saturating_sub(ours);
        self.reported.insert(
            key,
            Reported {
                at: now,
                others,
                max: report.max,
            },
        );
    }

    fn ours(&self, key: &Key, window: Span, now: Timestamp) -> u32 {
        self.rows
            .get(key)
            .map_or(0, |rows| in_window(rows, window, now).map(|r| r.amount).sum())
    }

    /// How full `quota` is for `account`, and when `need` more fit.
    pub fn usage(&self, account: &AccountName, quota: &Quota, need: u32, now: Timestamp) -> Usage {
        let key = (account.clone(), quota.name.clone());
        let reported = self.reported.get(&key).filter(|r| now.since(r.at) < quota.window);
        // The platform's own number wins only when it is the stricter one.
        let max = reported
            .and_then(|r| r.max)
            .map_or(quota.max, |told| told.min(quota.max));
        let others = reported.map_or(0, |r| r.others);
        let window = kept(quota.window);
        let used = self.ours(&key, window, now).saturating_add(others);
        let next_free = self.next_free(&key, window, max, need, now);
        Usage { used, max, next_free }
    }

    /// The same for a limit that several accounts share: money that one purse pays, calls of one app.
    pub fn usage_together(
        &self,
        whose: impl Fn(&AccountName) -> bool,
        quota: &Quota,
        need: u32,
        now: Timestamp,
    ) -> Usage {
        // A purse is counted to the cent; of calls see `kept`.
        let window = match quota.money {
            Some(_) => quota.window,
            None => kept(quota.window),
        };
        let all = self
            .rows
            .iter()
            .filter(|((account, limit), _)| *limit == quota.name && whose(account));
        let leaving: Vec<(Timestamp, u32)> = all
            .flat_map(|(_, rows)| in_window(rows, window, now))
            .map(|row| (row.at + window, row.amount))
            .collect();
        let used = leaving.iter().fold(0_u32, |sum, (_, n)| sum.saturating_add(*n));
        Usage {
            used,
            max: quota.max,
            next_free: freed(leaving, quota.max, need, now),
        }
    }

    /// A limit of accounts that publish through one app: each counts once, from its newest row on.
    pub fn usage_accounts(
        &self,
        whose: impl Fn(&AccountName) -> bool,
        account: &AccountName,
        quota: &Quota,
        now: Timestamp,
    ) -> Usage {
        let window = kept(quota.window);
        let newest = |((name, limit), rows): (&Key, &Vec<Row>)| {
            if *limit != quota.name || !(name == account || whose(name)) {
                return None;
            }
            let row = in_window(rows, window, now).map(|r| r.at).max()?;
            Some((name.clone(), row + window))
        };
        let active: BTreeMap<AccountName, Timestamp> = self.rows.iter().filter_map(newest).collect();
        let used = u32::try_from(active.len()).unwrap_or(u32::MAX);
        let next_free = if active.contains_key(account) {
            now
        } else {
            freed(
                active.into_values().map(|at| (at, 1)).collect(),
                quota.max,
                1,
                now,
            )
        };
        Usage {
            used,
            max: quota.max,
            next_free,
        }
    }

    /// The first instant at which `need` more fit; what can never fit is free never.
    fn next_free(&self, key: &Key, window: Span, max: u32, need: u32, now: Timestamp) -> Timestamp {
        let rows: Vec<&Row> = self
            .rows
            .get(key)
            .map(|r| in_window(r, window, now).collect())
            .unwrap_or_default();
        let mut leaving: Vec<(Timestamp, u32)> = rows.iter().map(|r| (r.at + window, r.amount)).collect();
        if let Some(r) = self
            .reported
            .get(key)
            .filter(|r| now.since(r.at) < window && r.others > 0)
        {
            leaving.push((r.at + window, r.others));
        }
        freed(leaving, max, need, now)
    }

    /// Forgets rows that no window can reach, by account and limit; gives them, to be deleted from the disk.
    pub fn prune(&mut self, window: impl Fn(&AccountName, &str) -> Span, now: Timestamp) -> Vec<Row> {
        let mut gone = Vec::new();
        for ((account, limit), rows) in &mut self.rows {
            let horizon = now - kept(window(account, limit));
            gone.extend(rows.extract_if(.., |r| r.at < horizon));
        }
        gone
    }

    /// Somebody set the clock by `by`: what was counted moves along, so that windows are as long as before. Gives the rows
    /// as they were and as they are.
    pub fn shift(&mut self, by: Span) -> (Vec<Row>, Vec<Row>) {
        let before: Vec<Row> = self.rows().cloned().collect();
        for row in self.rows.values_mut().flatten() {
            row.at = row.at + by;
        }
        for reported in self.reported.values_mut() {
            reported.at = reported.at + by;
        }
        let after = self.rows().cloned().collect();
        (before, after)
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().flatten()
    }

    /// The newest row's time: the clock should not be earlier than this.
    pub fn newest(&self) -> Option<Timestamp> {
        self.rows().map(|r| r.at).max()
    }
}

/// A vendor counts when a call arrives, by its own clock: one row on its way for a minute and the next at once, or a
/// clock that was set meanwhile, must not make a window shorter. A window of a minute is twice as long with it: what
/// has such a limit has time.
fn kept(window: Span) -> Span {
    window + Span::mins(2).min(window)
}

/// When enough of what is used has left its window for `need` more.
fn freed(mut leaving: Vec<(Timestamp, u32)>, max: u32, need: u32, now: Timestamp) -> Timestamp {
    if need > max {
        return Timestamp::MAX;
    }
    leaving.sort();
    let mut used: u64 = leaving.iter().map(|(_, n)| u64::from(*n)).sum();
    let mut at = now;
    for (when, amount) in leaving {
        if used + u64::from(need) <= u64::from(max) {
            break;
        }
        used -= u64::from(amount);
        at = when;
    }
    at
}

/// Rows in `(now - window, now]`; rows of the future (the clock went back) count too.
fn in_window(rows: &[Row], window: Span, now: Timestamp) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |r| r.at + window > now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::facts::Counts;
    use crate::domain::id::PostId;

    fn delivery(n: u32) -> DeliveryId {
        DeliveryId {
            post: PostId::new(format!("{n:026}")).unwrap(),
            account: AccountName::new("club").unwrap(),
        }
    }

    fn quota(max: u32, secs: i64) -> Quota {
        Quota {
            name: "posts".into(),
            max,
            window: Span::secs(secs),
            words: "posts".into(),
            money: None,
            counts: Counts::Effects,
            shared: None,
        }
    }

    fn row(n: u32, at: Timestamp, amount: u32) -> Row {
        let delivery = delivery(n);
        Row {
            account: delivery.account.clone(),
            limit: "posts".into(),
            at,
            amount,
            delivery,
            attempt: 1,
        }
    }

    proptest! {
        /// Whoever asks at any time and goes when told never exceeds the limit in any window, and is never
        /// told to wait longer than needed.
        #[test]
        fn no_window_ever_holds_more(max in 1u32..8, secs in 1i64..200, asks in prop::collection::vec((0i64..60, 1u32..3), 1..60)) {
            let (quota, mut ledger, account) = (quota(max, secs), Ledger::default(), delivery(0).account);
            let (mut now, mut sent) = (Timestamp::from_secs(1_000), Vec::new());
            for (n, (pause, need)) in asks.into_iter().enumerate() {
                now = now.after_secs(pause);
                let usage = ledger.usage(&account, &quota, need, now);
                if need > max {
                    prop_assert_eq!(usage.next_free, Timestamp::MAX);
                    continue;
                }
                if usage.next_free > now {
                    let just_before = Timestamp(usage.next_free.0 - 1);
                    let used: u32 = sent.iter().filter(|(t, _): &&(Timestamp, u32)| *t + kept(quota.window) > just_before).map(|(_, n)| n).sum();
                    prop_assert!(used + need > max, "told to wait for nothing");
                }
                now = now.max(usage.next_free);
                ledger.enter(row(u32::try_from(n).unwrap(), now, need));
                sent.push((now, need));
                for (end, _) in &sent {
                    let total: u32 = sent.iter().filter(|(t, _)| *t <= *end && *t + quota.window > *end).map(|(_, n)| n).sum();
                    prop_assert!(total <= max, "{} in a window of {}", total, max);
                }
            }
        }
    }

    #[test]
    fn one_purse_pays_for_several_accounts() {
        let (mut quota, mut ledger) = (quota(20, 100), Ledger::default());
        quota.money = Some("USD".into());
        let now = Timestamp::from_secs(1_000);
        for (n, name) in ["club", "shop", "other"].into_iter().enumerate() {
            let at = now.after_secs(i64::try_from(n).unwrap());
            let mut row = row(1, at, 9);
            row.account = AccountName::new(name).unwrap();
            ledger.enter(row);
        }
        let ours = |a: &AccountName| a.as_str() != "other";
        let later = now.after_secs(10);
        assert_eq!(ledger.usage_together(ours, &quota, 2, later).next_free, later);
        let full = ledger.usage_together(ours, &quota, 3, later);
        assert_eq!(
            (full.used, full.max, full.next_free),
            (18, 20, now.after_secs(100))
        );
        assert_eq!(
            ledger.usage_together(ours, &quota, 21, later).next_free,
            Timestamp::MAX
        );
        assert_eq!(
            ledger.usage_together(ours, &quota, 3, now.after_secs(101)).used,
            0
        );
    }

    #[test]
    fn what_others_used_counts_until_its_window_has_passed() {
        let (quota, mut ledger, account) = (quota(10, 100), Ledger::default(), delivery(0).account);
        let now = Timestamp::from_secs(1_000);
        ledger.enter(row(1, now, 2));
        ledger.report(
            &account,
            &QuotaReport {
                limit: "posts".into(),
                used: 9,
                max: Some(10),
            },
            &quota,
            now,
        );
        let usage = ledger.usage(&account, &quota, 2, now);
        assert_eq!((usage.used, usage.next_free), (9, now.after_secs(200)));
        assert_eq!(ledger.usage(&account, &quota, 1, now).next_free, now);
        assert_eq!(ledger.usage(&account, &quota, 10, now.after_secs(200)).used, 0);
    }

    #[test]
    fn the_platforms_maximum_wins_only_when_stricter() {
        let (quota, mut ledger, account) = (quota(10, 100), Ledger::default(), delivery(0).account);
        let now = Timestamp::from_secs(1_000);
        ledger.report(
            &account,
            &QuotaReport {
                limit: "posts".into(),
                used: 0,
                max: Some(500),
            },
            &quota,
            now,
        );
        assert_eq!(ledger.usage(&account, &quota, 1, now).max, 10);
        ledger.report(
            &account,
            &QuotaReport {
                limit: "posts".into(),
                used: 0,
                max: Some(3),
            },
            &quota,
            now,
        );
        assert_eq!(ledger.usage(&account, &quota, 1, now).max, 3);
    }

    #[test]
    fn an_attempt_without_effect_is_taken_back() {
        let (quota, mut ledger, account) = (quota(1, 100), Ledger::default(), delivery(0).account);
        let now = Timestamp::from_secs(1_000);
        ledger.enter(row(1, now, 1));
        assert_eq!(ledger.take_back(&delivery(1), 2, |_| false), vec![]);
        assert_eq!(
            ledger.usage(&account, &quota, 1, now).next_free,
            now.after_secs(200)
        );
        assert_eq!(
            ledger.take_back(&delivery(1), 1, |limit| limit == "posts"),
            vec![]
        );
        assert_eq!(ledger.take_back(&delivery(1), 1, |_| false).len(), 1);
        assert_eq!(ledger.usage(&account, &quota, 1, now).next_free, now);
    }

    #[test]
    fn each_account_of_an_app_counts_once() {
        let (quota, mut ledger, now) = (quota(2, 100), Ledger::default(), Timestamp::from_secs(1_000));
        let name = |name: &str| AccountName::new(name).unwrap();
        let publishes = |ledger: &mut Ledger, who: &str, at: Timestamp| {
            let mut row = row(1, at, 1);
            row.account = name(who);
            ledger.enter(row);
        };
        for (who, secs) in [("club", 0), ("club", 5), ("shop", 7), ("other", 8), ("club", 9)] {
            publishes(&mut ledger, who, now.after_secs(secs));
        }
        let ours = |a: &AccountName| a.as_str() != "other";
        let asked = |who: &str, at: Timestamp| ledger.usage_accounts(ours, &name(who), &quota, at);
        let later = now.after_secs(20);
        let club = asked("club", later);
        assert_eq!(
            (club.used, club.max, club.next_free),
            (2, 2, later),
            "it is one of the two"
        );
        assert_eq!(
            asked("bar", later).next_free,
            now.after_secs(207),
            "until the shop is silent"
        );
        assert_eq!(asked("bar", now.after_secs(207)).next_free, now.after_secs(207));
    }
}
