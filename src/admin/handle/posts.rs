//! Posts and their deliveries.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::daemon::short;
use crate::admin::route::{Ask, NoBody, NoQuery};
use crate::admin::types::{
    Answer, PostFilter, PostPage, PostView, Problem, ProblemKind, Target, Transcript, Verdict, Why,
};
use crate::domain::id::AccountName;

/// Most posts on a page.
const PAGE_MAX: u32 = 1000;

pub(in crate::admin) async fn list(ask: Ask<PostFilter, NoBody>) -> Answer<PostPage> {
    let mut filter = ask.query.clone();
    filter.limit = Some(filter.limit.unwrap_or(100).clamp(1, PAGE_MAX));
    ask.desk().posts(&filter).await
}

pub(in crate::admin) async fn show(ask: Ask<NoQuery, NoBody>) -> Answer<PostView> {
    ask.desk().post(named(&ask)?).await
}

pub(in crate::admin) async fn why(ask: Ask<NoQuery, NoBody>) -> Answer<Why> {
    ask.desk().why(named(&ask)?).await
}

pub(in crate::admin) async fn transcript(ask: Ask<NoQuery, NoBody>) -> Answer<Transcript> {
    ask.desk().transcript(named(&ask)?).await
}

/// Which delivery.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct TargetQuery {
    /// Only the delivery to this account; absent: every one for which it makes sense.
    #[param(value_type = Option<String>)]
    account: Option<AccountName>,
}

pub(in crate::admin) async fn cancel(ask: Ask<TargetQuery, NoBody>) -> Answer<PostView> {
    ask.desk().cancel(&ask.who, &target(&ask)?).await
}

pub(in crate::admin) async fn retry(ask: Ask<TargetQuery, NoBody>) -> Answer<PostView> {
    ask.desk().retry(&ask.who, &target(&ask)?).await
}

/// Why it is held.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct HoldBody {
    /// Others will read it.
    #[serde(default)]
    reason: String,
}

pub(in crate::admin) async fn hold(ask: Ask<TargetQuery, HoldBody>) -> Answer<PostView> {
    let reason = short("reason", &ask.body.reason)?;
    ask.desk().hold(&ask.who, &target(&ask)?, reason).await
}

pub(in crate::admin) async fn release(ask: Ask<TargetQuery, NoBody>) -> Answer<PostView> {
    ask.desk().release(&ask.who, &target(&ask)?).await
}

pub(in crate::admin) async fn resolve(ask: Ask<TargetQuery, Verdict>) -> Answer<PostView> {
    ask.desk()
        .resolve(&ask.who, &target(&ask)?, ask.body.clone())
        .await
}

fn target<B>(ask: &Ask<TargetQuery, B>) -> Answer<Target> {
    Ok(Target {
        post: named(ask)?.to_owned(),
        account: ask.query.account.clone(),
        if_revision: ask.if_revision,
    })
}

/// An id, the beginning of one, or a file's name.
fn named<Q, B>(ask: &Ask<Q, B>) -> Answer<&str> {
    let id = ask.text("id");
    if (4..=255).contains(&id.len()) && !id.chars().any(char::is_control) {
        return Ok(id);
    }
    Err(
        Problem::new(ProblemKind::BadRequest, format!("{id:?} does not name a post.")).help(
            "Write its id, at least four characters of it, or its file's name; `crierctl queue` lists them.",
        ),
    )
}
