//! Login and refresh of Threads (threads.md 2) as data.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::calls;
use super::enquiries::profile_of;
use super::parts;
use super::reply::{Problem, Seen, see};
use crate::core::call::{Auth, Body, HttpCall, Method, Reply, SecretName, Value};
use crate::core::facts::Facts;
use crate::core::login::{
    Login, LoginContext, LoginKind, LoginNext, LoginReading, OAuthLogin, Options, Pkce, RefreshRule, TokenSet,
};
use crate::core::platform::{Refusal, Standing};
use crate::domain::post::Content;
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::granted::not_granted;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::text::{id, seconds};

const BASIC: &str = "threads_basic";
const PUBLISH: &str = "threads_content_publish";
const MANAGE_REPLIES: &str = "threads_manage_replies";
const READ_REPLIES: &str = "threads_read_replies";
const INSIGHTS: &str = "threads_manage_insights";
/// Needed to take posts back.
pub(super) const DELETE: &str = "threads_delete";

/// All scopes that crier has a use for (threads.md 2).
const SCOPES: [&str; 6] = [BASIC, PUBLISH, MANAGE_REPLIES, READ_REPLIES, INSIGHTS, DELETE];

/// The scopes that a content needs. Replies also need to be read: without that a lost answer could not be looked up.
pub(super) fn scopes_needed(content: &Content) -> Vec<&'static str> {
    let mut scopes = vec![BASIC, PUBLISH];
    if content.reply_to.is_some() || parts::count(content) > 1 {
        scopes.extend([MANAGE_REPLIES, READ_REPLIES]);
    }
    scopes
}

/// What else this login cannot do, where it told its scopes (threads.md 2).
pub(super) fn refuses(account: &Standing<'_>) -> Vec<Refusal> {
    let wanted = [("delete", DELETE), ("insights", INSIGHTS)];
    not_granted(account.scopes, &wanted)
}

/// The login.
pub(super) struct ThreadsLogin;

impl Login for ThreadsLogin {
    fn signs_requests(&self) -> bool {
        true
    }

    fn kind(&self, _facts: &Facts, _options: &Options) -> LoginKind {
        LoginKind::OAuth(OAuthLogin {
            host: super::AUTH,
            path: "/oauth/authorize",
            client_id_param: "client_id",
            scopes: SCOPES.map(str::to_owned).to_vec(),
            scope_separator: ",",
            pkce: Pkce::None,
            extra: Vec::new(),
        })
    }

    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        match n {
            0 => LoginNext::Call(exchange(ctx)),
            1 => LoginNext::Call(lengthen()),
            2 => LoginNext::Call(calls::get(
                &ctx.facts,
                "/me",
                "GET /me",
                &[("fields", super::enquiries::PROFILE_FIELDS)],
            )),
            3 => LoginNext::Call(inspect(&ctx.facts)),
            _ => LoginNext::Done,
        }
    }

    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match (n, see(reply)) {
            (0, Seen::Good(json)) => match tokens(&json, ctx.facts.number("short_token_secs"), now) {
                Some(set) => LoginReading::Tokens(set),
                None => LoginReading::Later("Threads answered the code without a token".to_owned()),
            },
            (1, Seen::Good(json)) => match tokens(&json, ctx.facts.number("long_token_secs"), now) {
                Some(set) => LoginReading::Tokens(set),
                None => LoginReading::Later("Threads answered the exchange without a token".to_owned()),
            },
            (2, Seen::Good(json)) => match profile_of(&json) {
                Some(profile) => LoginReading::Profile(profile),
                None => LoginReading::Later("Threads answered without a profile".to_owned()),
            },
            (_, Seen::Good(json)) => inspected(&json),
            (0, Seen::Bad(p)) => not_exchanged(p),
            (1 | 2, Seen::Bad(p)) => failed(p),
            // The inspection only adds to what is known.
            (_, Seen::Bad(_)) => LoginReading::Skip,
        }
    }

    fn refresh_rule(&self, facts: &Facts, _options: &Options) -> Option<RefreshRule> {
        Some(RefreshRule {
            min_age_secs: facts.number("refresh_min_age_secs"),
            margin_secs: facts.number("refresh_margin_secs"),
            third: false,
            warn_secs: facts.number("refresh_warn_secs"),
            rotating: false,
        })
    }

    fn refresh_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        Some(token_call(
            Method::Get,
            "/refresh_access_token",
            vec![
                ("grant_type".to_owned(), "th_refresh_token".into()),
                ("access_token".to_owned(), Value::Secret(SecretName::AccessToken)),
            ],
            Body::Empty,
        ))
    }

    fn read_refresh(&self, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match see(reply) {
            Seen::Good(json) => match tokens(&json, ctx.facts.number("long_token_secs"), now) {
                Some(set) => LoginReading::Tokens(set),
                None => LoginReading::Later("Threads answered the refresh without a token".to_owned()),
            },
            Seen::Bad(p) => failed(p),
        }
    }
}

/// Token calls have no version in their path and document query parameters only, but for the code exchange, which
/// takes a form (threads.md 2).
fn token_call(method: Method, path: &str, query: Vec<(String, Value)>, body: Body) -> HttpCall {
    let verb = match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    HttpCall {
        method,
        host: super::API,
        named_host: None,
        path: path.to_owned(),
        query,
        headers: Vec::new(),
        auth: Auth::None,
        body,
        timeout: Span::secs(60),
        label: format!("{verb} {path}"),
    }
}

fn exchange(ctx: &LoginContext) -> HttpCall {
    let form = vec![
        ("client_id".to_owned(), ctx.client_id.as_str().into()),
        (
            "client_secret".to_owned(),
            Value::Secret(SecretName::ClientSecret),
        ),
        ("code".to_owned(), Value::Secret(SecretName::Code)),
        ("grant_type".to_owned(), "authorization_code".into()),
        ("redirect_uri".to_owned(), ctx.redirect_uri.as_str().into()),
    ];
    token_call(Method::Post, "/oauth/access_token", Vec::new(), Body::Form(form))
}

fn lengthen() -> HttpCall {
    let query = vec![
        ("grant_type".to_owned(), "th_exchange_token".into()),
        (
            "client_secret".to_owned(),
            Value::Secret(SecretName::ClientSecret),
        ),
        ("access_token".to_owned(), Value::Secret(SecretName::AccessToken)),
    ];
    token_call(Method::Get, "/access_token", query, Body::Empty)
}

/// The token inspects itself (meta-common.md 7).
fn inspect(facts: &Facts) -> HttpCall {
    HttpCall {
        auth: Auth::None,
        query: vec![
            ("access_token".to_owned(), Value::Secret(SecretName::AccessToken)),
            ("input_token".to_owned(), Value::Secret(SecretName::AccessToken)),
        ],
        ..calls::data(facts, Method::Get, "/debug_token", "GET /debug_token")
    }
}

/// It lives as long as the answer says, else as documented: a token that came for another has not the other's end.
fn tokens(json: &Json, documented: i64, now: Timestamp) -> Option<TokenSet> {
    let access = graph::word(json, "access_token").filter(|t| !t.is_empty())?;
    let secs = seconds(json, "expires_in").unwrap_or(documented);
    Some(TokenSet {
        refresh_expires: None,
        renewal_begun: None,
        made_with: None,
        access: Some(SecretString::from(access)),
        refresh: None,
        expires: Some(now.after_secs(secs)),
        issued: Some(now),
        scopes: Vec::new(),
        user_id: json.get("user_id").and_then(id),
    })
}

/// What `debug_token` told; without the token itself.
fn inspected(json: &Json) -> LoginReading {
    let Some(data) = json.get("data") else {
        return LoginReading::Skip;
    };
    if data.get("is_valid").and_then(Json::as_bool) == Some(false) {
        return LoginReading::Dead("Threads says that the new token is not valid".to_owned());
    }
    let at = |key: &str| seconds(data, key).map(Timestamp::from_secs);
    let scopes: Vec<String> = data
        .get("scopes")
        .and_then(Json::as_array)
        .map(|list| list.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    if !scopes.is_empty() && !scopes.iter().any(|s| s == BASIC) {
        return LoginReading::Blocked(format!(
            "{BASIC} was not granted; connect again and grant all of them"
        ));
    }
    LoginReading::Inspected(TokenSet {
        refresh_expires: None,
        renewal_begun: None,
        made_with: None,
        access: None,
        refresh: None,
        expires: at("expires_at"),
        issued: at("issued_at"),
        scopes,
        user_id: data.get("user_id").and_then(id),
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
            "{}; the redirect URI must be registered with the app exactly as crier sends it",
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

/// Only what the vendor defines as final ends a connection (contract 5.9); a refresh that came too early, say, is a
/// 400 of unknown kind (threads.md 2).
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
