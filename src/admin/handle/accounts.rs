//! Accounts.

use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::route::{Ask, NoBody, NoQuery, too_few};
use crate::admin::types::{
    AccountView, Answer, Capabilities, ConnectStart, Insight, LimitView, PastedRedirect, Problem,
    ProblemKind, ProfileView, RemotePost, Role, TokenView,
};
use crate::domain::id::AccountName;

pub(in crate::admin) async fn list(ask: Ask<NoQuery, NoBody>) -> Answer<Vec<AccountView>> {
    ask.desk().accounts().await
}

pub(in crate::admin) async fn show(ask: Ask<NoQuery, NoBody>) -> Answer<AccountView> {
    let name: AccountName = ask.part("name")?;
    ask.desk().account(&name).await
}

pub(in crate::admin) async fn capabilities(ask: Ask<NoQuery, NoBody>) -> Answer<Capabilities> {
    let name: AccountName = ask.part("name")?;
    ask.desk().capabilities(&name).await
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ConnectQuery {
    /// Which of several identities of the login (a Page, by id or name), over what the config says.
    page: Option<String>,
}

pub(in crate::admin) async fn connect(ask: Ask<ConnectQuery, NoBody>) -> Answer<ConnectStart> {
    let name: AccountName = ask.part("name")?;
    ask.desk()
        .connect(&ask.who, &name, ask.query.page.as_deref())
        .await
}

pub(in crate::admin) async fn tokens(ask: Ask<NoQuery, NoBody>) -> Answer<Vec<TokenView>> {
    ask.desk().tokens().await
}

/// A redirect as a person pasted it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct RedirectBody {
    /// The whole address that the browser ended at, with its code and state. A secret.
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, example = "https://post.example.org/oauth/threads/callback?code=...&state=...")]
    redirect: SecretString,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
    String::deserialize(from).map(SecretString::from)
}

pub(in crate::admin) async fn connect_complete(ask: Ask<NoQuery, RedirectBody>) -> Answer<AccountView> {
    let name: AccountName = ask.part("name")?;
    let redirect = PastedRedirect(ask.body.redirect.clone());
    ask.desk().connect_complete(&ask.who, &name, redirect).await
}

pub(in crate::admin) async fn disconnect(ask: Ask<NoQuery, NoBody>) -> Answer<AccountView> {
    let name: AccountName = ask.part("name")?;
    ask.desk().disconnect(&ask.who, &name).await
}

pub(in crate::admin) async fn refresh(ask: Ask<NoQuery, NoBody>) -> Answer<AccountView> {
    let name: AccountName = ask.part("name")?;
    ask.desk().refresh(&ask.who, &name).await
}

pub(in crate::admin) async fn validate(ask: Ask<NoQuery, NoBody>) -> Answer<AccountView> {
    let name: AccountName = ask.part("name")?;
    ask.desk().validate(&ask.who, &name).await
}

/// Where a profile comes from.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct ProfileQuery {
    /// Ask the platform instead of the record; needs the role `operate`.
    #[serde(default)]
    force: bool,
}

pub(in crate::admin) async fn profile(ask: Ask<ProfileQuery, NoBody>) -> Answer<ProfileView> {
    let name: AccountName = ask.part("name")?;
    if ask.query.force && ask.who.role < Role::Operate {
        return Err(too_few(&ask.who, Role::Operate));
    }
    ask.desk().profile(&name, ask.query.force).await
}

/// How much history.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct HistoryQuery {
    /// At most so many; 25 when absent, 100 at most.
    limit: Option<u32>,
}

pub(in crate::admin) async fn history(ask: Ask<HistoryQuery, NoBody>) -> Answer<Vec<RemotePost>> {
    let name: AccountName = ask.part("name")?;
    let limit = ask.query.limit.unwrap_or(25).clamp(1, 100);
    ask.desk().history(&name, limit).await
}

/// Numbers of what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct InsightsQuery {
    /// The platform's id of a post; absent: the account's own numbers.
    id: Option<String>,
}

pub(in crate::admin) async fn insights(ask: Ask<InsightsQuery, NoBody>) -> Answer<Vec<Insight>> {
    let name: AccountName = ask.part("name")?;
    if let Some(id) = &ask.query.id {
        remote(id)?;
    }
    ask.desk().insights(&name, ask.query.id.as_deref()).await
}

pub(in crate::admin) async fn quota(ask: Ask<NoQuery, NoBody>) -> Answer<Vec<LimitView>> {
    let name: AccountName = ask.part("name")?;
    ask.desk().limits(Some(&name)).await
}

/// What was taken back.
#[derive(Serialize, ToSchema)]
pub(in crate::admin) struct Deleted {
    /// The account.
    account: String,
    /// The platform's id.
    remote_id: String,
}

pub(in crate::admin) async fn delete_remote(ask: Ask<NoQuery, NoBody>) -> Answer<Deleted> {
    let name: AccountName = ask.part("name")?;
    let id = remote(ask.text("id"))?;
    ask.desk().delete_remote(&ask.who, &name, id).await?;
    Ok(Deleted {
        account: name.to_string(),
        remote_id: id.to_owned(),
    })
}

/// A platform's id: not empty, of bounded length, printable.
fn remote(id: &str) -> Answer<&str> {
    if id.is_empty() || id.len() > 512 || id.chars().any(char::is_control) {
        return Err(Problem::new(
            ProblemKind::BadRequest,
            "A platform's id has 1 to 512 printable bytes.",
        )
        .help("`crierctl history ACCOUNT` and `crierctl show POST` print the ids."));
    }
    Ok(id)
}
