//! Renewing tokens: one refresher per account, early, patiently, and never to a worse set.

use super::{declared, login_context};
use crate::core::call::{Answer as WireAnswer, Call};
use crate::core::desk::{AccountSpec, Input};
use crate::core::login::{LoginReading, TokenSet};
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::{Span, Timestamp};
use crate::engine::api::{Answer, EventKind, Problem, ProblemKind};
use crate::engine::event::Event;
use crate::engine::outside::Extra;
use crate::engine::{Engine, Handle, journal, message_id};

/// After this many failures in a row people hear of it, each time.
const FAILURES_TO_TELL: u32 = 3;
/// Waits after failed refreshes, in minutes; the last stands for all further ones.
const BACKOFF_MINS: &[i64] = &[1, 5, 15, 60, 180, 360];

/// When the account's token is to be renewed; `None`: never.
pub fn refresh_at(spec: &AccountSpec, connection: &Connection) -> Option<Timestamp> {
    let rule = spec.platform.login().refresh_rule(&spec.facts)?;
    if !connection.status.usable() {
        return None;
    }
    let begin = connection.expires? - Span::secs(rule.margin_secs);
    let old_enough = connection
        .issued
        .map(|at| at + Span::secs(rule.min_age_secs))
        .unwrap_or(Timestamp::MIN);
    let patient = connection.refresh_after.unwrap_or(Timestamp::MIN);
    Some(begin.max(old_enough).max(patient))
}

/// Vendors refuse to renew a token that is too young: asking would only count as a failure.
fn old_enough(name: &AccountName, spec: &AccountSpec, connection: &Connection, now: Timestamp) -> Answer<()> {
    let rule = spec.platform.login().refresh_rule(&spec.facts);
    let (Some(rule), Some(issued)) = (rule, connection.issued) else {
        return Ok(());
    };
    let ripe = issued + Span::secs(rule.min_age_secs);
    if ripe <= now {
        return Ok(());
    }
    let words = format!(
        "the token of account {name} is too young: {} renews tokens that are {} old, this one from {ripe} on",
        spec.platform.title(),
        Span::secs(rule.min_age_secs)
    );
    Err(Problem::new(ProblemKind::Conflict, words).help("it is renewed by itself long before it ends"))
}

impl Engine {
    /// The earliest refresh of any account that is not being renewed now.
    pub(in crate::engine) fn next_refresh(&self) -> Option<Timestamp> {
        self.refresh_times().map(|(_, at)| at).min()
    }

    /// Starts the refreshers whose time has come.
    pub(in crate::engine) fn refresh_due(&mut self, now: Timestamp) {
        let due: Vec<AccountName> = self
            .refresh_times()
            .filter(|(_, at)| *at <= now)
            .map(|(n, _)| n.clone())
            .collect();
        for name in due {
            self.refreshing.insert(name.clone());
            let handle = Handle::new(self.shared.clone());
            tokio::spawn(async move {
                if let Err(problem) = handle.refresh_now(&name).await {
                    tracing::debug!("account {name}: not renewed: {problem}");
                }
                handle.send(Event::RefreshOver(name)).await;
            });
        }
    }

    fn refresh_times(&self) -> impl Iterator<Item = (&AccountName, Timestamp)> {
        let accounts = self.desk.house().accounts.iter();
        accounts
            .filter(|(name, _)| !self.refreshing.contains(*name))
            .filter_map(|(name, spec)| {
                let connection = &self.desk.account(name)?.connection;
                Some((name, refresh_at(spec, connection)?))
            })
    }
}

impl Handle {
    /// Renews an account's token now. Only the vendor's final word changes its status.
    pub(in crate::engine) async fn refresh_now(&self, name: &AccountName) -> Answer<()> {
        let spec = declared(&self.shared, name)?;
        let before = self.connection(name).await?;
        let mut ctx = login_context(&self.shared, name, &spec, "");
        ctx.profile = before.profile.clone().unwrap_or_default();
        let Some(call) = spec.platform.login().refresh_call(&ctx) else {
            return Err(Problem::new(
                ProblemKind::Unsupported,
                format!(
                    "{} tokens cannot be renewed without a person",
                    spec.platform.title()
                ),
            )
            .help(format!("`crierctl connect {name}`")));
        };
        self.has_token(name)?;
        old_enough(name, &spec, &before, self.shared.clock.now())?;
        let now = self.shared.clock.now();
        let live = self.shared.live();
        let (answer, _) = live
            .outside
            .call(
                &self.shared,
                name,
                None,
                &Call::Http(call),
                &Extra::default(),
                now,
            )
            .await;
        let reading = match answer {
            WireAnswer::Answered(reply) => spec.platform.login().read_refresh(&ctx, &reply, now),
            WireAnswer::NotSent(trouble) => LoginReading::Later(trouble.why),
            WireAnswer::Lost(why) => LoginReading::Later(why),
        };
        self.after_refresh(name, before, reading, now).await
    }

    /// Without a token there is nothing to prove or to renew, and no vendor needs to be asked.
    pub(in crate::engine) fn has_token(&self, name: &AccountName) -> Answer<()> {
        if self
            .shared
            .vault
            .get(name)
            .is_some_and(|set| set.access.is_some())
        {
            return Ok(());
        }
        Err(
            Problem::new(ProblemKind::NotConnected, format!("account {name} has no token"))
                .help(format!("`crierctl connect {name}`")),
        )
    }

    async fn after_refresh(
        &self,
        name: &AccountName,
        before: Connection,
        reading: LoginReading,
        now: Timestamp,
    ) -> Answer<()> {
        match reading {
            LoginReading::Tokens(set) | LoginReading::Inspected(set) | LoginReading::Chosen(set, _) => {
                self.renewed(name, before, set, now).await
            }
            LoginReading::Later(why) | LoginReading::Blocked(why) => {
                self.not_renewed(name, before, &why, now).await
            }
            LoginReading::Dead(why) => self.dead(name, before, why, now).await,
            LoginReading::Profile(_) | LoginReading::Noted(_) | LoginReading::Skip => {
                self.not_renewed(name, before, "the platform's answer says nothing", now)
                    .await
            }
        }
    }

    async fn renewed(
        &self,
        name: &AccountName,
        before: Connection,
        set: TokenSet,
        now: Timestamp,
    ) -> Answer<()> {
        let kept = self.shared.vault.keep(&*self.shared.store, name, set).await;
        let set = kept.map_err(|e| Problem::new(ProblemKind::Storage, e.to_string()))?;
        let connection = Connection {
            status: ConnectionStatus::Connected,
            reason: None,
            issued: Some(now),
            expires: set.expires,
            scopes: if set.scopes.is_empty() {
                before.scopes.clone()
            } else {
                set.scopes.clone()
            },
            refreshed: Some(now),
            refreshes: before.refreshes + 1,
            refresh_failures: 0,
            refresh_after: None,
            ..before
        };
        self.set_connection(name, connection).await;
        journal::account(
            &self.shared,
            name,
            EventKind::Refreshed,
            message_id::CONNECTED,
            "its token was renewed",
            now,
        );
        Ok(())
    }

    async fn not_renewed(
        &self,
        name: &AccountName,
        before: Connection,
        why: &str,
        now: Timestamp,
    ) -> Answer<()> {
        let failures = before.refresh_failures + 1;
        let index = usize::try_from(failures - 1)
            .unwrap_or(usize::MAX)
            .min(BACKOFF_MINS.len() - 1);
        let after = now + Span::mins(BACKOFF_MINS[index]);
        if failures >= FAILURES_TO_TELL {
            let words = format!(
                "its token could not be renewed {failures} times: {why}; it is still in use, next try {after}"
            );
            journal::account(
                &self.shared,
                name,
                EventKind::Expiring,
                message_id::EXPIRING,
                &words,
                now,
            );
        }
        let status = if failures >= FAILURES_TO_TELL {
            ConnectionStatus::Expiring
        } else {
            before.status
        };
        let connection = Connection {
            status,
            refresh_failures: failures,
            refresh_after: Some(after),
            ..before
        };
        self.set_connection(name, connection).await;
        Err(
            Problem::new(ProblemKind::PlatformUnavailable, format!("not renewed: {why}"))
                .help("the old token stays in use; it is tried again by itself"),
        )
    }

    async fn dead(&self, name: &AccountName, before: Connection, why: String, now: Timestamp) -> Answer<()> {
        let connection = Connection {
            status: ConnectionStatus::Expired,
            reason: Some(why.clone()),
            ..before
        };
        self.set_connection(name, connection).await;
        journal::account(
            &self.shared,
            name,
            EventKind::Disconnected,
            message_id::REAUTHORISE,
            &why,
            now,
        );
        Err(Problem::new(ProblemKind::NotConnected, why).help(format!("`crierctl connect {name}`")))
    }

    pub(in crate::engine) async fn set_connection(&self, name: &AccountName, connection: Connection) {
        self.send(Event::Input(Box::new(Input::Account(
            name.clone(),
            Box::new(connection),
        ))))
        .await;
    }

    pub(in crate::engine) async fn connection(&self, name: &AccountName) -> Answer<Connection> {
        let wanted = name.clone();
        let found = self
            .look(move |engine| engine.desk.account(&wanted).map(|a| a.connection.clone()))
            .await?;
        Ok(found.unwrap_or_default())
    }
}
