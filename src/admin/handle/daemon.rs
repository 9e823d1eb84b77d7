//! Status, queues, limits, freezes, reload, audit.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::route::{Ask, NoBody, NoQuery};
use crate::admin::types::{
    Answer, AuditRecord, Freeze, LimitView, Problem, ProblemKind, QueueView, ReloadReport, Scope, Status,
};
use crate::domain::id::{AccountName, QueueName};

/// `GET /healthz`
#[derive(Serialize, ToSchema)]
pub(in crate::admin) struct Health {
    /// `true`, or the answer is a problem.
    healthy: bool,
}

/// Most records of an answer that are asked for at once.
const AUDIT_MAX: u32 = 1000;

/// The engine's loop must have gone round within this many milliseconds.
const TICK_MAX: i64 = 120_000;

pub(in crate::admin) async fn health(ask: Ask<NoQuery, NoBody>) -> Answer<Health> {
    let status = ask.desk().status().await?;
    let unwell = |detail: String, help: &str| Err(Problem::new(ProblemKind::Internal, detail).help(help));
    if let Some(error) = &status.store.error {
        return unwell(
            format!("The store cannot be written: {error}."),
            "Look at the disk and at `journalctl -u crierd`.",
        );
    }
    let still = status.now.0.since(status.last_tick.0);
    if still.millis() > TICK_MAX && status.counts.past_due > 0 {
        return unwell(
            format!("The engine has not moved for {still} though posts are due."),
            "Look at `journalctl -u crierd`; systemd's watchdog restarts it.",
        );
    }
    Ok(Health { healthy: true })
}

pub(in crate::admin) async fn status(ask: Ask<NoQuery, NoBody>) -> Answer<Status> {
    ask.desk().status().await
}

pub(in crate::admin) async fn queues(ask: Ask<NoQuery, NoBody>) -> Answer<Vec<QueueView>> {
    ask.desk().queues().await
}

pub(in crate::admin) async fn queue(ask: Ask<NoQuery, NoBody>) -> Answer<QueueView> {
    let name: QueueName = ask.part("name")?;
    ask.desk().queue(&name).await
}

/// Of one account only.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct LimitsQuery {
    /// Only this account's.
    #[param(value_type = Option<String>)]
    account: Option<AccountName>,
}

pub(in crate::admin) async fn limits(ask: Ask<LimitsQuery, NoBody>) -> Answer<Vec<LimitView>> {
    ask.desk().limits(ask.query.account.as_ref()).await
}

/// What to freeze.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct FreezeBody {
    /// `all`, `platform:NAME`, `account:NAME`, `queue:NAME`.
    #[schema(value_type = String, example = "account:club-threads")]
    scope: Scope,
    /// Why: others will read it.
    #[serde(default)]
    reason: String,
}

pub(in crate::admin) async fn freeze(ask: Ask<NoQuery, FreezeBody>) -> Answer<Vec<Freeze>> {
    let reason = short("reason", &ask.body.reason)?;
    ask.desk().freeze(&ask.who, ask.body.scope.clone(), reason).await
}

/// What to thaw.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ThawBody {
    /// `all`, `platform:NAME`, `account:NAME`, `queue:NAME`.
    #[schema(value_type = String, example = "account:club-threads")]
    scope: Scope,
}

pub(in crate::admin) async fn thaw(ask: Ask<NoQuery, ThawBody>) -> Answer<Vec<Freeze>> {
    ask.desk().thaw(&ask.who, ask.body.scope.clone()).await
}

pub(in crate::admin) async fn reload(ask: Ask<NoQuery, NoBody>) -> Answer<ReloadReport> {
    ask.desk().reload(&ask.who).await
}

/// Which records.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct AuditQuery {
    /// Only those with a number above this.
    #[serde(default)]
    after: u64,
    /// At most so many; 100 when absent, 1000 at most.
    limit: Option<u32>,
}

pub(in crate::admin) async fn audit(ask: Ask<AuditQuery, NoBody>) -> Answer<Vec<AuditRecord>> {
    let limit = ask.query.limit.unwrap_or(100).min(AUDIT_MAX);
    ask.desk().audit(ask.query.after, limit).await
}

/// A person's words: one line of bounded length.
pub(in crate::admin) fn short<'a>(what: &str, text: &'a str) -> Answer<&'a str> {
    let text = text.trim();
    if text.len() > 500 || text.chars().any(char::is_control) {
        return Err(Problem::new(
            ProblemKind::BadRequest,
            format!("The {what} must be one line of at most 500 bytes."),
        ));
    }
    Ok(text)
}
