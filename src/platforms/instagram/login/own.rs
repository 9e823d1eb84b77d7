//! Instagram's own login (instagram.md 2, path I): code, long token, who it is; renewed by itself.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::super::enquiries::OWN_PROFILE;
use super::super::reply::{Problem, Seen, see};
use super::super::{API, AUTH, TOKEN, calls};
use super::{BASIC_DISPLAY, PERSONAL, Scopes, is_personal, profile_of, unwrapped};
use crate::core::call::{Auth, Body, HttpCall, Method, Reply, SecretName, Value};
use crate::core::login::{LoginContext, LoginKind, LoginNext, LoginReading, OAuthLogin, Pkce, TokenSet};
use crate::domain::account::Profile;
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{Class, word};
use crate::platforms::kit::text::{id, seconds};

pub(super) static SCOPES: Scopes = Scopes {
    basic: "instagram_business_basic",
    publish: "instagram_business_content_publish",
    comments: "instagram_business_manage_comments",
    messages: &["instagram_business_manage_messages"],
    insights: "instagram_business_manage_insights",
    delete: None,
};

pub(super) const ADVICE: &[&str] = &[
    "the Instagram account must be Business or Creator; personal accounts cannot be used by any app",
    "the app's id and secret are those of its Instagram product (App dashboard, Instagram, API setup with Instagram login), not the Facebook app's",
    "while the app is in development mode the account must be one of its Instagram testers and have accepted that in Instagram (Settings, Website permissions, Apps and websites, Tester invites)",
];

/// The scopes that are used: all are asked for.
pub(super) fn used() -> Vec<String> {
    let scopes = [
        SCOPES.basic,
        SCOPES.publish,
        SCOPES.comments,
        "instagram_business_manage_messages",
        SCOPES.insights,
    ];
    scopes.map(str::to_owned).to_vec()
}

pub(super) fn kind() -> LoginKind {
    LoginKind::OAuth(OAuthLogin {
        host: AUTH,
        path: "/oauth/authorize",
        client_id_param: "client_id",
        scopes: used(),
        scope_separator: ",",
        pkce: Pkce::None,
        // Hides "log in with Facebook", which is the other login.
        extra: vec![("enable_fb_login", "0".to_owned())],
    })
}

pub(super) fn step(n: usize, ctx: &LoginContext) -> LoginNext {
    match n {
        0 => LoginNext::Call(exchange(ctx)),
        1 => LoginNext::Call(token_call(
            "/access_token",
            vec![
                ("grant_type".to_owned(), "ig_exchange_token".into()),
                (
                    "client_secret".to_owned(),
                    Value::Secret(SecretName::ClientSecret),
                ),
                ("access_token".to_owned(), Value::Secret(SecretName::AccessToken)),
            ],
        )),
        2 => LoginNext::Call(calls::get(
            &ctx.options,
            &ctx.facts,
            "/me",
            "GET /me",
            &[("fields", OWN_PROFILE)],
        )),
        _ => LoginNext::Done,
    }
}

/// The renewal (instagram.md 2).
pub(super) fn refresh() -> HttpCall {
    token_call(
        "/refresh_access_token",
        vec![
            ("grant_type".to_owned(), "ig_refresh_token".into()),
            ("access_token".to_owned(), Value::Secret(SecretName::AccessToken)),
        ],
    )
}

/// These have no version and document query parameters only (meta-common.md 1, 2).
fn token_call(path: &str, query: Vec<(String, Value)>) -> HttpCall {
    HttpCall {
        query,
        auth: Auth::None,
        ..HttpCall::new(Method::Get, API, path, format!("GET {path}"))
    }
}

fn exchange(ctx: &LoginContext) -> HttpCall {
    let form = vec![
        ("client_id".to_owned(), ctx.client_id.as_str().into()),
        (
            "client_secret".to_owned(),
            Value::Secret(SecretName::ClientSecret),
        ),
        ("grant_type".to_owned(), "authorization_code".into()),
        ("redirect_uri".to_owned(), ctx.redirect_uri.as_str().into()),
        ("code".to_owned(), Value::Secret(SecretName::Code)),
    ];
    HttpCall {
        auth: Auth::None,
        body: Body::Form(form),
        ..HttpCall::new(
            Method::Post,
            TOKEN,
            "/oauth/access_token",
            "POST /oauth/access_token",
        )
    }
}

pub(super) fn read(n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
    match (n, see(reply)) {
        (0, Seen::Good(json)) => match tokens(&json, ctx.facts.number("short_token_secs"), now) {
            Some(set) => missing(&set.scopes).map_or(LoginReading::Tokens(set), LoginReading::Blocked),
            None => LoginReading::Later("Instagram answered the code without a token".to_owned()),
        },
        (1, Seen::Good(json)) => match tokens(&json, ctx.facts.number("long_token_secs"), now) {
            Some(set) => LoginReading::Tokens(set),
            None => LoginReading::Later("Instagram answered the exchange without a token".to_owned()),
        },
        (_, Seen::Good(json)) => match profile_of(&json, &Profile::default()) {
            Some(profile) if is_personal(&profile) => LoginReading::Blocked(PERSONAL.to_owned()),
            Some(profile) => LoginReading::Profile(profile),
            None => LoginReading::Later("Instagram answered without a profile".to_owned()),
        },
        (0, Seen::Bad(p)) => not_exchanged(p),
        (_, Seen::Bad(p)) => failed(p),
    }
}

pub(super) fn read_refresh(ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
    match see(reply) {
        Seen::Good(json) => match tokens(&json, ctx.facts.number("long_token_secs"), now) {
            Some(set) => LoginReading::Tokens(set),
            None => LoginReading::Later("Instagram answered the refresh without a token".to_owned()),
        },
        Seen::Bad(p) => failed(p),
    }
}

/// Flat or wrapped, numbers as such or as strings, permissions as list or string (instagram.md 2). It lives as long as it
/// says, else as documented: a token that came for another has not the other's end.
fn tokens(json: &Json, documented: i64, now: Timestamp) -> Option<TokenSet> {
    let json = unwrapped(json);
    let access = word(json, "access_token").filter(|t| !t.is_empty())?;
    let secs = seconds(json, "expires_in").unwrap_or(documented);
    Some(TokenSet {
        access: Some(SecretString::from(access)),
        expires: Some(now.after_secs(secs)),
        issued: Some(now),
        scopes: permissions(json),
        user_id: json.get("user_id").and_then(id),
        ..TokenSet::default()
    })
}

fn permissions(json: &Json) -> Vec<String> {
    let words: Vec<&str> = match json.get("permissions") {
        Some(Json::String(all)) => all.split(',').collect(),
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    words
        .into_iter()
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a login without these is good for: nothing. Nothing told: nothing said.
fn missing(granted: &[String]) -> Option<String> {
    let has = |scope: &str| granted.iter().any(|g| g == scope);
    if has("user_profile") || has("user_media") {
        return Some(BASIC_DISPLAY.to_owned());
    }
    let missing: Vec<&str> = [SCOPES.basic, SCOPES.publish]
        .into_iter()
        .filter(|scope| !granted.is_empty() && !has(scope))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "{} was not granted: connect again and leave every permission switched on",
            missing.join(", ")
        )
    })
}

/// The code works once and for an hour: most failures end this login, not the account.
fn not_exchanged(p: Problem) -> LoginReading {
    let haystack = p.error.as_ref().map_or("", |e| e.haystack.as_str());
    if haystack.contains("client secret") || haystack.contains("client_secret") {
        return LoginReading::Blocked(format!("{}; look at `client_secret` of the app", p.why));
    }
    if haystack.contains("redirect") {
        return LoginReading::Blocked(format!(
            "{}; the redirect URI must stand among the app's (Business login settings) exactly as crier sends it",
            p.why
        ));
    }
    match p.class {
        Class::Person => LoginReading::Blocked(p.why),
        Class::Limited(_)
        | Class::Suspected(_)
        | Class::RetryLater
        | Class::NewContainer
        | Class::NotReady => LoginReading::Later(p.why),
        Class::Unknown if p.error.is_none() || p.status >= 500 => LoginReading::Later(p.why),
        Class::Unknown
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Reject => LoginReading::Dead(format!("{}; begin the login again", p.why)),
    }
}

/// Only what the vendor defines as final ends a connection: a refresh that came too early, say, is a 400 of unknown
/// kind.
fn failed(p: Problem) -> LoginReading {
    match p.class {
        Class::Reauthorise => LoginReading::Dead(p.why),
        Class::Person => LoginReading::Blocked(p.why),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reject
        | Class::Unknown => LoginReading::Later(p.why),
    }
}
