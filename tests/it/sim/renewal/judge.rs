//! What must hold, by what the vendor itself would answer.

use crier::core::call::Reply;
use crier::core::login::{LoginReading, TokenSet};
use crier::domain::account::ConnectionStatus;
use crier::domain::time::Span;
use crier::sandbox::exchange::Exchange;
use crier::sandbox::faults::Faults;
use secrecy::{ExposeSecret as _, SecretString};

use super::shell::{Account, call, context};
use crate::sim::outside::reply_of;
use crate::sim::scene;

/// From when crier can know until people must have heard: a few hiccups on the way.
const PATIENCE: Span = Span::mins(40);

fn same(one: Option<&SecretString>, two: Option<&SecretString>) -> bool {
    one.map(|t| t.expose_secret()) == two.map(|t| t.expose_secret())
}

impl Account {
    /// Only what is durable is in use.
    pub fn in_use(&self) -> Result<(), String> {
        let Some(disk) = &self.disk.0 else {
            return Ok(());
        };
        if !same(disk.access.as_ref(), self.set.access.as_ref()) {
            return Err("a set is in use that is not on the disk".into());
        }
        Ok(())
    }

    pub fn check(&self) -> Result<(), String> {
        let Some(disk) = &self.disk.0 else {
            return Err("there is no set on the disk".into());
        };
        if emptier(disk, &self.first) {
            return Err("the set became emptier".into());
        }
        let violations = self.world.violations();
        if !violations.is_empty() {
            return Err(format!("{violations:?}"));
        }
        let connection = &self.connection;
        let good = !self.is_excused() && !self.revoked;
        if good && connection.renewal_over {
            return Err(format!("given up without a lost answer: {:?}", connection.reason));
        }
        let works = connection.expires.is_some_and(|at| at > self.now);
        if works && !self.revoked && !connection.status.usable() {
            return Err(format!(
                "its access token still works, and it is {:?}",
                connection.status
            ));
        }
        Ok(())
    }

    fn is_excused(&self) -> bool {
        self.loss.as_ref().is_some_and(|loss| loss.excused)
    }

    /// Whether the vendor still renews with what is on the disk.
    fn is_saved(&self) -> bool {
        let Some(rule) = self.rule else {
            return !self.revoked;
        };
        let mut world = self.world.clone();
        world.faults = Faults::new(1);
        let set = self.disk.0.clone().unwrap_or_default();
        let ripe = set.issued.unwrap_or(self.now) + Span::secs(rule.min_age_secs);
        let (exchange, _) = call(&mut world, self.player, &set, self.now.max(ripe));
        let Exchange::Reply(reply) = exchange else {
            return false;
        };
        let login = scene::honest(self.player.platform).unwrap().login();
        let reply = Reply::Http(reply_of(reply));
        let reading = login.read_refresh(&context(self.player), &reply, self.now);
        matches!(reading, LoginReading::Tokens(_))
    }

    /// Lost by a lost answer.
    pub fn is_lost(&self) -> bool {
        !self.revoked && self.connection.renewal_over
    }

    pub fn told_in_time(&self) -> bool {
        self.is_lost() && self.told.is_some_and(|(_, works)| works)
    }

    /// After a long time without crashes and faults.
    pub fn check_end(&self) -> Result<(), String> {
        let Some(rule) = self.rule else {
            return self.check_alone();
        };
        let connection = &self.connection;
        if self.is_saved() {
            let fresh = connection.expires.is_some_and(|at| at > self.now);
            if connection.status != ConnectionStatus::Connected || !fresh {
                return Err(format!(
                    "the vendor renews it, but it is {:?} since {:?}",
                    connection.status, connection.reason
                ));
            }
            return Ok(());
        }
        if !rule.rotating && !self.revoked {
            return Err("its token stays good, and it is lost".into());
        }
        if !self.is_excused() && !self.revoked {
            return Err("it is lost, though every answer came".into());
        }
        self.check_told()
    }

    /// A login that nothing renews: people hear ahead of its end.
    fn check_alone(&self) -> Result<(), String> {
        match self.told {
            Some((_, true)) => Ok(()),
            Some((at, false)) => Err(format!("people hear of its end only then: {at}")),
            None => Err("people hear nothing of its end".into()),
        }
    }

    fn check_told(&self) -> Result<(), String> {
        let reason = self.connection.reason.clone().unwrap_or_default();
        let Some((at, works)) = self.told else {
            return Err(format!("it is lost, and nobody hears of it: {reason}"));
        };
        if !self.connection.renewal_over || self.connection.status == ConnectionStatus::Connected {
            return Err(format!("it is lost, and shown as {:?}", self.connection.status));
        }
        if let (Some(loss), false) = (&self.loss, self.revoked) {
            let knows = loss.at + loss.down;
            if at > knows + PATIENCE {
                return Err(format!(
                    "lost at {}, known from {knows} on, told at {at}",
                    loss.at
                ));
            }
            if !works && loss.expires.is_some_and(|end| knows + PATIENCE < end) {
                return Err("told only after the access token had ended".into());
            }
            if !reason.contains("was lost") || !reason.contains("log in again") {
                return Err(format!(
                    "nobody can tell from this what happened and what to do: {reason}"
                ));
            }
        }
        Ok(())
    }
}

fn emptier(set: &TokenSet, first: &TokenSet) -> bool {
    set.access.is_none()
        || set.refresh.is_none() && first.refresh.is_some()
        || set.refresh_expires.is_none() && first.refresh_expires.is_some()
        || set.expires.is_none()
        || set.user_id.is_none()
        || set.scopes.is_empty()
}
