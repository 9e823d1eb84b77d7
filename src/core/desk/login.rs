//! Accounts lose and regain their login: refused tokens and their renewal, proofs, a person's new login.

use super::gate::Denial;
use super::{Action, Change, Desk, Notice, Output};
use crate::core::delivery::{Event, Phase};
use crate::core::life::{self, Refused};
use crate::core::login::RefreshRule;
use crate::core::platform::Told;
use crate::domain::account::{Connection, ConnectionStatus, Profile};
use crate::domain::hold::Hold;
use crate::domain::id::{AccountName, DeliveryId};
use crate::domain::time::Timestamp;

/// What came of the cheap call that proves an account.
#[derive(Clone, Debug)]
pub struct Proof {
    /// When it was asked.
    pub asked: Timestamp,
    /// What its platform told.
    pub told: Told<Profile>,
}

impl Desk {
    fn rule_of(&self, name: &AccountName) -> Option<RefreshRule> {
        let spec = self.house.accounts.get(name)?;
        spec.platform.login().refresh_rule(&spec.facts, &spec.options)
    }

    fn connection_of(&self, name: &AccountName) -> Connection {
        let record = self.accounts.get(name);
        record.map(|a| a.connection.clone()).unwrap_or_default()
    }

    /// Whether calls may be made for the account now.
    fn works(&self, name: &AccountName, now: Timestamp) -> bool {
        let connection = self.connection_of(name);
        connection.status.usable() && life::renewing(&connection, self.rule_of(name), now).is_none()
    }

    /// Before the answer to a delivery's call is decided on: what it would mean if it refused the token.
    pub(super) fn weigh_refusal(&mut self, id: &DeliveryId, now: Timestamp) {
        let (connection, rule) = (self.connection_of(&id.account), self.rule_of(&id.account));
        let Some(delivery) = self.deliveries.get_mut(id) else {
            return;
        };
        if let Phase::Calling { sent, .. } = delivery.record.phase {
            delivery.refused = life::refused(&connection, rule, sent, now);
        }
    }

    /// The vendor refused the token in use: it is renewed at once, and what is to be sent waits for that.
    pub(super) fn token_refused(&mut self, name: &AccountName, now: Timestamp, out: &mut Output) {
        let record = self.accounts.entry(name.clone()).or_default();
        if record.connection.refused.is_some() {
            return;
        }
        record.connection.refused = Some(now);
        record.connection.forced = Some(now);
        out.changes
            .push(Change::Account(name.clone(), Box::new(record.clone())));
    }

    /// A call would only be refused before the account's token is renewed.
    pub(super) fn renewing(&self, id: &DeliveryId, now: Timestamp) -> Option<Denial> {
        let connection = &self.accounts.get(&id.account)?.connection;
        let rule = self.rule_of(&id.account);
        let why = life::renewing(connection, rule, now)?;
        let next = life::refresh_at(connection, rule, None).map_or(now, |at| at.max(now));
        Some((Hold::Renewing { why }, Some(next + life::RENEWAL_LOOK)))
    }

    /// An answer said that the person took crier's access away. The answer to a call of before the login in use does not
    /// speak of that.
    pub(super) fn access_taken(
        &mut self,
        id: &DeliveryId,
        sent: Option<Timestamp>,
        why: &str,
        now: Timestamp,
        out: &mut Output,
    ) {
        let issued = self.connection_of(&id.account).issued;
        if sent.is_some_and(|sent| issued.is_none_or(|at| sent > at)) {
            self.account_lost(&id.account, ConnectionStatus::Revoked, why, now, out);
        }
    }

    /// The vendor's final word about a login: nothing of the account goes on until it is connected again.
    pub(super) fn account_lost(
        &mut self,
        account: &AccountName,
        status: ConnectionStatus,
        why: &str,
        now: Timestamp,
        out: &mut Output,
    ) {
        let record = self.accounts.entry(account.clone()).or_default();
        if !record.connection.status.has_login() {
            return;
        }
        let why = life::lost_words(&record.connection, why, now);
        record.connection.status = status;
        record.connection.reason = Some(why.clone());
        record.connection.refused = None;
        out.changes
            .push(Change::Account(account.clone(), Box::new(record.clone())));
        let words = format!("account {account} must be connected again: {why}");
        out.actions.push(Action::Tell(Notice::of_account(account, words)));
        self.stop_moving(account, now, out);
    }

    /// Deliveries of the account that it stops now; those far ahead may outlive that.
    fn stop_moving(&mut self, account: &AccountName, now: Timestamp, out: &mut Output) {
        let of_account = self.deliveries.iter().filter(|(id, _)| id.account == *account);
        let moving: Vec<DeliveryId> = of_account
            .filter(|(_, d)| match &d.record.phase {
                Phase::Ready { .. } => true,
                Phase::Waiting { hold, .. } => matches!(hold, Hold::Renewing { .. }),
                Phase::Calling { .. } | Phase::Held { .. } | Phase::Ended { .. } => false,
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in moving {
            if let Some((hold, _)) = self.unusable(&id) {
                self.step(&id, Event::AccountLost { hold }, now, out);
            }
        }
    }

    /// A person or a renewal gave the account another connection. What was learned meanwhile about the same set of
    /// tokens stands.
    pub(super) fn connection_told(
        &mut self,
        name: &AccountName,
        connection: Connection,
        now: Timestamp,
        out: &mut Output,
    ) {
        let before = self.connection_of(name);
        let same = connection.issued.is_some()
            && (connection.issued, connection.connected) == (before.issued, before.connected);
        let mut after = connection;
        if same {
            (after.refused, after.forced) = (before.refused, before.forced);
            if after.status.usable() && !before.status.usable() {
                (after.status, after.reason) = (before.status, before.reason);
            }
        }
        self.account_changed(name, after, now, out);
    }

    /// The connection changed. Whatever waited for that goes on when it works now and did not before, or when a person
    /// has logged in anew.
    fn account_changed(
        &mut self,
        name: &AccountName,
        mut after: Connection,
        now: Timestamp,
        out: &mut Output,
    ) {
        // Nothing is left to be renewed.
        after.refused = after.refused.filter(|_| after.status.has_login());
        let worked = self.works(name, now);
        let anew = self.connection_of(name).connected != after.connected;
        let record = self.accounts.entry(name.clone()).or_default();
        record.connection = after;
        out.changes
            .push(Change::Account(name.clone(), Box::new(record.clone())));
        self.refresh_jobs(name);
        let works = self.works(name, now);
        if works && (anew || !worked) {
            self.go_on(name, None, now, out);
        }
        if !self.connection_of(name).status.usable() {
            self.stop_moving(name, now, out);
        }
        self.tick(now, out);
    }

    /// Deliveries that wait for their account go on; with a time: those that are held since before it.
    fn go_on(&mut self, name: &AccountName, before: Option<Timestamp>, now: Timestamp, out: &mut Output) {
        let of_account = self.deliveries.iter().filter(|(id, _)| id.account == *name);
        let ids: Vec<DeliveryId> = of_account
            .filter(|(_, d)| before.is_none_or(|at| d.record.since.is_none_or(|since| since < at)))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.step(&id, Event::AccountUsable, now, out);
        }
    }

    /// The account was asked who it is.
    pub(super) fn proved(&mut self, name: &AccountName, proof: Proof, now: Timestamp, out: &mut Output) {
        let Some(spec) = self.house.accounts.get(name) else {
            return;
        };
        let warn = spec.platform.login().warn_secs(&spec.facts, &spec.options);
        let (before, rule) = (self.connection_of(name), self.rule_of(name));
        if before.set_aside.is_some() {
            // It was declared anew meanwhile: what its old login can do makes it no other account.
            return;
        }
        match proof.told {
            Told::Yes(profile) => {
                let ends = (warn, rule);
                let after = life::proved(&before, profile, proof.asked, ends, now);
                self.account_changed(name, after, now, out);
                if self.works(name, now) {
                    self.go_on(name, Some(proof.asked), now, out);
                    self.tick(now, out);
                }
            }
            Told::Reauthorise(why) => match life::refused(&before, rule, proof.asked, now) {
                Refused::Older => {}
                Refused::Renew => self.token_refused(name, now, out),
                Refused::Final => self.account_lost(name, ConnectionStatus::Expired, &why, now, out),
            },
            Told::Revoked(why) => self.account_lost(name, ConnectionStatus::Revoked, &why, now, out),
            Told::Blocked(_) | Told::Unsupported(_)
                if self.refuses_all(spec.platform.name(), proof.asked) => {}
            Told::Blocked(why) => self.restricted(name, ConnectionStatus::Error, why, now, out),
            Told::Unsupported(why) => self.restricted(name, ConnectionStatus::Unsupported, why, now, out),
            Told::Later(_) | Told::No(_) => {}
        }
    }

    /// A person must mend something at the platform. The login is kept and asked again each day: it may then work as it is
    /// (meta-common.md 4.2).
    fn restricted(
        &mut self,
        name: &AccountName,
        status: ConnectionStatus,
        why: String,
        now: Timestamp,
        out: &mut Output,
    ) {
        let before = self.connection_of(name);
        if !before.status.has_login() {
            return;
        }
        if before.status != status {
            let words = format!("account {name} {}: {why}", status.predicate());
            out.actions.push(Action::Tell(Notice::of_account(name, words)));
        }
        let after = Connection {
            status,
            reason: Some(why),
            ..before
        };
        self.account_changed(name, after, now, out);
    }
}
