//! Renewing tokens: one refresher per account, early, patiently, and never to a worse set.

use super::{declared, declared_anew, declared_as, login_context};
use crate::core::call::{Answer as WireAnswer, Call};
use crate::core::desk::{AccountSpec, Input};
use crate::core::life;
use crate::core::login::{LoginContext, RefreshRule, TokenSet};
use crate::core::renewal::{Came, Do, End, Renewal};
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::id::AccountName;
use crate::domain::time::{Span, Timestamp};
use crate::engine::api::{Answer, EventKind, Problem, ProblemKind};
use crate::engine::event::Event;
use crate::engine::outside::Extra;
use crate::engine::vault::fits;
use crate::engine::{Engine, Handle, journal, message_id};

/// How long a renewal that did not come off keeps the next one away, whatever its reason was.
const FAILED_PAUSE: Span = Span::secs(2);

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

/// The call that renews, and what its reading may know.
struct Asking {
    ctx: LoginContext,
    call: Call,
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
                    // Its time may not have moved (a disk that is full): not at once again.
                    tokio::time::sleep(FAILED_PAUSE.to_std()).await;
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
                let (status, why) = life::turn(before, warn, rule(spec), now)?;
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
        let set = self.has_token(name)?;
        if set.renewal_begun.is_none() {
            old_enough(name, &spec, &before, self.shared.clock.now())?;
        }
        let asking = Asking {
            ctx,
            call: Call::Http(call),
        };
        let begun = Renewal::begin(set, before, rule(&spec), self.shared.clock.now());
        let end = self.play(name, &spec, begun, &asking).await;
        self.renewal_over(name, rule(&spec), end).await
    }

    /// Does what the renewal says and tells it what came of that, until it is over.
    async fn play(
        &self,
        name: &AccountName,
        spec: &AccountSpec,
        (mut renewal, mut then): (Renewal, Do),
        asking: &Asking,
    ) -> End {
        loop {
            let came = match then {
                Do::Write(set) => self.write_down(name, set).await,
                Do::Ask => self.ask_to_renew(name, spec, asking).await,
                Do::Pause(pause) => {
                    tokio::time::sleep(pause.to_std()).await;
                    Came::Waited
                }
                Do::End(end) => return end,
            };
            then = renewal.came(came, self.shared.clock.now());
        }
    }

    async fn write_down(&self, name: &AccountName, set: TokenSet) -> Came {
        match self.shared.vault.write(&*self.shared.store, name, set).await {
            Ok(()) => Came::Written,
            Err(error) => {
                tracing::error!("account {name}: its tokens cannot be written down now: {error}");
                Came::NotWritten(error.to_string())
            }
        }
    }

    async fn ask_to_renew(&self, name: &AccountName, spec: &AccountSpec, asking: &Asking) -> Came {
        let (live, extra) = (self.shared.live(), Extra::default());
        let now = self.shared.clock.now();
        let call = live
            .outside
            .call(&self.shared, name, None, &asking.call, &extra, now);
        let (answer, _) = call.await;
        match answer {
            WireAnswer::Answered(reply) => {
                let now = self.shared.clock.now();
                Came::Answered(spec.platform.login().read_refresh(&asking.ctx, &reply, now))
            }
            WireAnswer::NotSent(trouble) => Came::NotSent(trouble.why),
            WireAnswer::Lost(why) => Came::Lost(why),
        }
    }

    /// Without a token there is nothing to prove or to renew, and no vendor needs to be asked.
    pub(in crate::engine) fn has_token(&self, name: &AccountName) -> Answer<TokenSet> {
        let declared = declared_as(&self.shared.live(), name);
        let ours = |set: &TokenSet| declared.is_some_and(|declared| fits(set, &declared));
        let set = self.shared.vault.get(name).filter(ours);
        set.filter(|set| set.access.is_some()).ok_or_else(|| {
            Problem::new(ProblemKind::NotConnected, format!("account {name} has no token"))
                .help(format!("`crierctl connect {name}`"))
        })
    }

    /// The account as it is now, and what people hear of it.
    async fn renewal_over(&self, name: &AccountName, rule: Option<RefreshRule>, end: End) -> Answer<()> {
        let now = self.shared.clock.now();
        let tell = |kind, message, words: &str| {
            journal::account(&self.shared, name, kind, message, words, now);
        };
        match end {
            End::Renewed(after) => {
                self.set_connection(name, *after).await;
                tell(EventKind::Refreshed, message_id::RENEWED, "its token was renewed");
                Ok(())
            }
            End::NotYet { after, why } => {
                let (failures, next) = (after.refresh_failures, after.refresh_after);
                let works = life::renewing(&after, rule, now).is_none();
                let meanwhile = if works {
                    "it is still in use"
                } else {
                    "posts wait for it"
                };
                if failures >= life::FAILURES_TO_TELL {
                    let next = next.map(|at| format!(", next try {at}")).unwrap_or_default();
                    let words =
                        format!("its token could not be renewed {failures} times: {why}; {meanwhile}{next}");
                    tell(EventKind::Expiring, message_id::EXPIRING, &words);
                }
                self.set_connection(name, *after).await;
                let help = if works {
                    "the old token stays in use; it is tried again by itself"
                } else {
                    "posts wait for it; it is tried again by itself"
                };
                Err(Problem::new(ProblemKind::PlatformUnavailable, format!("not renewed: {why}")).help(help))
            }
            End::Dead(after) => {
                let why = after.reason.clone().unwrap_or_default();
                let (kind, message) = if after.status.usable() {
                    (EventKind::Expiring, message_id::EXPIRING)
                } else {
                    (EventKind::Disconnected, message_id::REAUTHORISE)
                };
                self.set_connection(name, *after).await;
                tell(kind, message, &why);
                Err(Problem::new(ProblemKind::NotConnected, why).help(format!("`crierctl connect {name}`")))
            }
            End::NoDisk(why) => Err(Problem::new(ProblemKind::Storage, why)),
        }
    }

    pub(in crate::engine) async fn set_connection(&self, name: &AccountName, connection: Connection) {
        // It may have been declared anew while the platform was asked.
        let connection = declared_anew(&self.shared.live(), name, &connection).unwrap_or(connection);
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
