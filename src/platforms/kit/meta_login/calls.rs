//! The calls of a login with Facebook (facebook.md 2, meta-common.md 7).

use super::super::text::segment;
use super::PageLogin;
use super::notes::Notes;
use crate::core::call::{Auth, Body, HttpCall, Method, SecretName, Value};
use crate::core::facts::Facts;
use crate::core::login::LoginContext;
use crate::domain::account::USER_ID;

fn data(login: &PageLogin, facts: &Facts, method: Method, path: &str, label: &str) -> HttpCall {
    let version = segment(facts.word("api_version"));
    HttpCall {
        auth: Auth::BearerProven,
        ..HttpCall::new(method, login.api, format!("/{version}{path}"), label)
    }
}

fn get(login: &PageLogin, facts: &Facts, path: &str, label: &str, query: &[(&str, &str)]) -> HttpCall {
    HttpCall {
        query: query
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
            .collect(),
        ..data(login, facts, Method::Get, path, label)
    }
}

/// A token call; its secrets go in the body, where no log looks.
fn token_call(login: &PageLogin, ctx: &LoginContext, more: Vec<(&str, Value)>) -> HttpCall {
    let mut form = vec![
        ("client_id".to_owned(), ctx.client_id.as_str().into()),
        (
            "client_secret".to_owned(),
            Value::Secret(SecretName::ClientSecret),
        ),
    ];
    form.extend(more.into_iter().map(|(k, v)| (k.to_owned(), v)));
    HttpCall {
        auth: Auth::None,
        body: Body::Form(form),
        ..data(
            login,
            &ctx.facts,
            Method::Post,
            "/oauth/access_token",
            "POST /oauth/access_token",
        )
    }
}

pub(super) fn code(login: &PageLogin, ctx: &LoginContext) -> HttpCall {
    let more = vec![
        ("redirect_uri", ctx.redirect_uri.as_str().into()),
        ("code", Value::Secret(SecretName::Code)),
    ];
    token_call(login, ctx, more)
}

pub(super) fn long(login: &PageLogin, ctx: &LoginContext) -> HttpCall {
    let more = vec![
        ("grant_type", "fb_exchange_token".into()),
        ("fb_exchange_token", Value::Secret(SecretName::AccessToken)),
    ];
    token_call(login, ctx, more)
}

pub(super) fn permissions(login: &PageLogin, ctx: &LoginContext) -> HttpCall {
    get(login, &ctx.facts, "/me/permissions", "GET /me/permissions", &[])
}

pub(super) fn me(login: &PageLogin, ctx: &LoginContext) -> HttpCall {
    get(login, &ctx.facts, "/me", "GET /me", &[("fields", "id,name")])
}

/// Fields of Pages: the common ones and the platform's own.
fn fields(login: &PageLogin) -> String {
    format!("id,name,access_token,tasks,{}", login.fields)
}

pub(super) fn accounts(login: &PageLogin, ctx: &LoginContext, after: Option<&str>) -> HttpCall {
    let fields = fields(login);
    let mut query = vec![("fields", fields.as_str()), ("limit", "100")];
    query.extend(after.map(|after| ("after", after)));
    get(login, &ctx.facts, "/me/accounts", "GET /me/accounts", &query)
}

pub(super) fn businesses(login: &PageLogin, ctx: &LoginContext, after: Option<&str>) -> HttpCall {
    let mut query = vec![("fields", "id,name"), ("limit", "100")];
    query.extend(after.map(|after| ("after", after)));
    get(login, &ctx.facts, "/me/businesses", "GET /me/businesses", &query)
}

pub(super) fn business_pages(
    login: &PageLogin,
    ctx: &LoginContext,
    business: &str,
    edge: &'static str,
    after: Option<&str>,
) -> HttpCall {
    let path = format!("/{}/{edge}", segment(business));
    let fields = fields(login);
    let mut query = vec![("fields", fields.as_str()), ("limit", "100")];
    query.extend(after.map(|after| ("after", after)));
    get(
        login,
        &ctx.facts,
        &path,
        &format!("GET /{{business}}/{edge}"),
        &query,
    )
}

/// One Page by its id. `tasks` belongs to the lists, a Page itself does not know it.
pub(super) fn page(login: &PageLogin, ctx: &LoginContext, page: &str) -> HttpCall {
    let path = format!("/{}", segment(page));
    let fields = format!("id,name,access_token,{}", login.fields);
    get(login, &ctx.facts, &path, "GET /{page}", &[("fields", &fields)])
}

/// A token that goes in the query, with its proof: an app that requires its secret wants it from each (meta-common.md 6).
fn named(token: SecretName) -> [(String, Value); 2] {
    [
        ("access_token".to_owned(), Value::Secret(token)),
        ("appsecret_proof".to_owned(), Value::Proof(token)),
    ]
}

/// The app looks at the token in use.
pub(super) fn inspect(login: &PageLogin, facts: &Facts) -> HttpCall {
    let input = ("input_token".to_owned(), Value::Secret(SecretName::AccessToken));
    HttpCall {
        auth: Auth::None,
        query: [input].into_iter().chain(named(SecretName::AppToken)).collect(),
        ..data(login, facts, Method::Get, "/debug_token", "GET /debug_token")
    }
}

/// The person's own token, whose `me` is the person.
pub(super) fn revoke(login: &PageLogin, ctx: &LoginContext) -> HttpCall {
    let user = person(ctx).unwrap_or_else(|| "me".to_owned());
    revoke_with(login, ctx, &user, SecretName::RefreshToken)
}

/// The app's own token does it too, for a person whose id is known (facebook.md 2).
pub(super) fn revoke_by_app(login: &PageLogin, ctx: &LoginContext) -> Option<HttpCall> {
    Some(revoke_with(login, ctx, &person(ctx)?, SecretName::AppToken))
}

/// The id of whoever logged in.
fn person(ctx: &LoginContext) -> Option<String> {
    let noted = Notes::of(ctx).user;
    ctx.profile.facts.get(USER_ID).cloned().or(noted)
}

fn revoke_with(login: &PageLogin, ctx: &LoginContext, user: &str, token: SecretName) -> HttpCall {
    let path = format!("/{}/permissions", segment(user));
    HttpCall {
        auth: Auth::None,
        query: named(token).to_vec(),
        ..data(
            login,
            &ctx.facts,
            Method::Delete,
            &path,
            "DELETE /{user}/permissions",
        )
    }
}
