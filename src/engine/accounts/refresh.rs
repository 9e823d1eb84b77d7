//! Renewing tokens: one refresher per account, early, patiently, and never to a worse set.

use super::{declared, login_context};
use crate::core::call::{Answer as WireAnswer, Call, HttpCall};
use crate::core::desk::{AccountSpec, Input};
use crate::core::life;
use crate::core::login::{LoginContext, LoginReading, RefreshRule, TokenSet};
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::{Span, Timestamp};
use crate::engine::api::{Answer, EventKind, Problem, ProblemKind};
use crate::engine::event::Event;
use crate::engine::outside::Extra;
use crate::engine::{Engine, Handle, journal, message_id};

/// When an account's platform renews its tokens.
pub(in crate::engine) fn rule(spec: &AccountSpec) -> Option<RefreshRule> {
    spec.platform.login().refresh_rule(&spec.facts, &spec.options)
}

/// Vendors refuse to renew a token that is too young: asking would only count as a failure.
fn old_enough(name: &AccountName, spec: &AccountSpec, connection: &Connection, now: Timestamp) -> Answer<()> {
    let Some(rule) = rule(spec) else {
        return Ok(());
    };
    let ripe = life::ripe_at(connection, rule);
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
                let lost = self.shared.vault.renewal_begun(name);
                Some((name, life::refresh_at(connection, rule(spec), lost)?))
            })
    }

    /// What time alone has made of accounts: those that nothing renews are told of, those that ended say so.
    pub(in crate::engine) fn turn_accounts(&self, now: Timestamp) -> Vec<Input> {
        let accounts = self.desk.house().accounts.iter();
        accounts
            .filter_map(|(name, spec)| {
                let before = &self.desk.account(name)?.connection;
                let warn = spec.platform.login().warn_secs(&spec.facts, &spec.options);
                let (status, why) = life::turn(before, warn, rule(spec).is_some(), now)?;
                let kind = match status {
                    ConnectionStatus::Expired => (EventKind::Disconnected, message_id::REAUTHORISE),
                    _ => (EventKind::Expiring, message_id::EXPIRING),
                };
                journal::account(&self.shared, name, kind.0, kind.1, &why, now);
                let after = Connection {
                    status,
                    reason: Some(why),
                    ..before.clone()
                };
                Some(Input::Account(name.clone(), Box::new(after)))
            })
            .collect()
    }
}

impl Handle {
    /// Renews an account's token now. Only the vendor's final word changes its status.
    pub(in crate::engine) async fn refresh_now(&self, name: &AccountName) -> Answer<()> {
        let spec = declared(&self.shared, name)?;
        let _turn = self.shared.turns.of(name).await;
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
        let lost = self.shared.vault.renewal_begun(name);
        if lost.is_none() {
            old_enough(name, &spec, &before, self.shared.clock.now())?;
        }
        let rotating = rule(&spec).is_some_and(|rule| rule.rotating);
        let reading = self.renew(name, &spec, &ctx, call, rotating).await?;
        let now = self.shared.clock.now();
        match reading {
            LoginReading::Dead(why) => {
                let after = life::renewal_dead(&before, rotating, lost, &why, now);
                self.dead(name, after, now).await
            }
            reading => self.after_refresh(name, before, reading, now).await,
        }
    }

    /// The call, marked on disk before it leaves when it uses the refresh token up, and made again with the same
    /// token when its answer is lost (x.md 2.5).
    async fn renew(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        ctx: &LoginContext,
        call: HttpCall,
        rotating: bool,
    ) -> Answer<LoginReading> {
        let storage = |e: crate::engine::vault::VaultError| Problem::new(ProblemKind::Storage, e.to_string());
        let (store, vault) = (&*self.shared.store, &self.shared.vault);
        let tries = if rotating { life::RENEWAL_TRIES } else { 1 };
        let (call, extra) = (Call::Http(call), Extra::default());
        let mut reading = LoginReading::Skip;
        for _ in 0..tries {
            let now = self.shared.clock.now();
            if rotating && vault.renewal_begun(name).is_none() {
                vault.begin_renewal(store, name, now).await.map_err(storage)?;
            }
            let live = self.shared.live();
            let asked = live.outside.call(&self.shared, name, None, &call, &extra, now);
            let (answer, _) = asked.await;
            match answer {
                WireAnswer::Answered(reply) => {
                    return Ok(spec
                        .platform
                        .login()
                        .read_refresh(ctx, &reply, self.shared.clock.now()));
                }
                WireAnswer::NotSent(trouble) => {
                    if matches!(reading, LoginReading::Skip) {
                        vault.end_renewal(store, name).await.map_err(storage)?;
                    }
                    return Ok(LoginReading::Later(trouble.why));
                }
                WireAnswer::Lost(why) => reading = LoginReading::Later(why),
            }
        }
        Ok(reading)
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
            LoginReading::Dead(_)
            | LoginReading::Profile(_)
            | LoginReading::Noted(_)
            | LoginReading::Skip => {
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
            renewal_ends: set.refresh_expires,
            scopes: if set.scopes.is_empty() {
                before.scopes.clone()
            } else {
                set.scopes.clone()
            },
            refreshed: Some(now),
            refreshes: before.refreshes + 1,
            refresh_failures: 0,
            refresh_after: None,
            renewal_over: false,
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
        let after = now + life::backoff(failures);
        if failures >= life::FAILURES_TO_TELL {
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
        let status = if failures >= life::FAILURES_TO_TELL && before.status.usable() {
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

    async fn dead(&self, name: &AccountName, after: Connection, now: Timestamp) -> Answer<()> {
        let why = after.reason.clone().unwrap_or_default();
        let (kind, message) = if after.status.usable() {
            (EventKind::Expiring, message_id::EXPIRING)
        } else {
            (EventKind::Disconnected, message_id::REAUTHORISE)
        };
        self.set_connection(name, after).await;
        journal::account(&self.shared, name, kind, message, &why, now);
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
