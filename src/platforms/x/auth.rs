//! Logins of X (x.md 2) as data: OAuth 2 with a browser, or OAuth 1.0a tokens from the developer console.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value as Json;

use super::calls;
use super::enquiries::profile_of;
use super::price;
use super::reply::{Class, Problem, Seen, TokenWord, see};
use crate::core::call::{Auth, Body, HttpCall, Method, Reply, SecretName, Value};
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::login::{
    Login, LoginContext, LoginKind, LoginNext, LoginReading, OAuthLogin, Options, Pkce, RefreshRule, TokenSet,
};
use crate::core::platform::{Refusal, Standing};
use crate::domain::post::{Content, Kind};
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::granted::not_granted;
use crate::platforms::kit::text::seconds;

/// The account's way to log in.
pub(super) const MODE: &str = "auth";
/// Its words.
pub(super) const MODES: [&str; 2] = ["oauth2", OAUTH1];
const OAUTH1: &str = "oauth1";
/// Whether the account sends messages, which needs further scopes.
pub(super) const MESSAGES: &str = "messages";

/// What crier has a use for (x.md 2.2).
const SCOPES: [&str; 5] = [READ, WRITE, USERS, MEDIA, "offline.access"];
const READ: &str = "tweet.read";
const WRITE: &str = "tweet.write";
const USERS: &str = "users.read";
pub(super) const MEDIA: &str = "media.write";
/// "docs also say dm.read is required with dm.write" (x.md 2.2); reading finds out whether a message arrived.
const MESSAGE_SCOPES: [&str; 2] = ["dm.read", "dm.write"];

/// A lost answer to a refresh may cost the login (x.md 2.5), so there is time for it.
const TOKEN_TIMEOUT: Span = Span::secs(90);

/// How the account's token goes along.
pub(super) fn way(options: &BTreeMap<String, String>) -> Auth {
    if by_tokens(options) {
        Auth::OAuth1
    } else {
        Auth::Bearer
    }
}

/// Whether it logs in by tokens of the console.
pub(super) fn by_tokens(options: &BTreeMap<String, String>) -> bool {
    options.get(MODE).is_some_and(|mode| mode == OAUTH1)
}

/// The scopes that a content needs.
pub(super) fn scopes_needed(content: &Content) -> Vec<&'static str> {
    let mut scopes = vec![READ, USERS];
    if content.kind == Kind::Message {
        scopes.extend(MESSAGE_SCOPES);
    } else {
        scopes.push(WRITE);
    }
    if content.segments.iter().any(|s| !s.media.is_empty()) {
        scopes.push(MEDIA);
    }
    scopes
}

/// What else this login cannot do, where it told its scopes (x.md 2.2).
pub(super) fn refuses(account: &Standing<'_>) -> Vec<Refusal> {
    let wanted = [("delete", WRITE), ("history", READ), ("insights", READ)];
    not_granted(account.scopes, &wanted)
}

/// The logins.
pub(super) struct XLogin;

impl Login for XLogin {
    fn kind(&self, _facts: &Facts, options: &Options) -> LoginKind {
        if by_tokens(options) {
            return LoginKind::Tokens;
        }
        let mut scopes = SCOPES.map(str::to_owned).to_vec();
        if options.get(MESSAGES).is_some_and(|on| on == "true") {
            scopes.extend(MESSAGE_SCOPES.map(str::to_owned));
        }
        LoginKind::OAuth(OAuthLogin {
            host: super::AUTH,
            path: "/i/oauth2/authorize",
            client_id_param: "client_id",
            scopes,
            scope_separator: " ",
            pkce: Pkce::S256,
            extra: Vec::new(),
        })
    }

    fn public_apps(&self) -> bool {
        true
    }

    /// "For local use http://127.0.0.1:PORT and not localhost" (x.md 1).
    fn without_callback(&self) -> &'static str {
        "http://127.0.0.1:8765/"
    }

    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        match n {
            // The code lives 30 seconds (x.md 2.1): first of all.
            0 => LoginNext::Call(token_call(
                "/2/oauth2/token",
                vec![
                    ("grant_type".to_owned(), "authorization_code".into()),
                    ("code".to_owned(), Value::Secret(SecretName::Code)),
                    ("redirect_uri".to_owned(), ctx.redirect_uri.as_str().into()),
                    ("code_verifier".to_owned(), Value::Secret(SecretName::Verifier)),
                ],
            )),
            1 => LoginNext::Call(calls::me(&BTreeMap::new())),
            _ => LoginNext::Done,
        }
    }

    /// X bills the reading of the profile (x.md 3, 6.3), which is read later when it cannot be paid now.
    fn charges(&self, n: usize, facts: &Facts) -> Vec<Charge> {
        match n {
            1 => price::profile(facts),
            _ => Vec::new(),
        }
    }

    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match (n, see(reply, now)) {
            (0, Seen::Good(json)) => match tokens(&json, &ctx.facts, now) {
                Some(set) if !set.scopes.is_empty() && !set.scopes.iter().any(|s| s == WRITE) => {
                    LoginReading::Blocked(format!(
                        "{WRITE} was not granted; connect again and grant all that X lists"
                    ))
                }
                Some(set) => LoginReading::Tokens(set),
                None => LoginReading::Later("X answered the code without a token".to_owned()),
            },
            (_, Seen::Good(json)) => match profile_of(&json) {
                Some(profile) => LoginReading::Profile(profile),
                None => LoginReading::Skip,
            },
            (0, Seen::Bad(p)) => not_exchanged(p),
            (_, Seen::Bad(p)) => no_profile(p),
        }
    }

    fn refresh_rule(&self, facts: &Facts, options: &Options) -> Option<RefreshRule> {
        // Tokens of the console do not expire (x.md 2.7).
        (!by_tokens(options)).then(|| RefreshRule {
            // Each renewal uses a refresh token up: a set that was just given is not renewed, however short its life.
            min_age_secs: facts.number("refresh_min_age_secs"),
            margin_secs: facts.number("refresh_margin_secs"),
            third: true,
            warn_secs: facts.number("refresh_warn_secs"),
            rotating: true,
        })
    }

    fn revoke_call(&self, ctx: &LoginContext) -> Option<HttpCall> {
        // Tokens of the console are taken back there.
        (!by_tokens(&ctx.options)).then(|| {
            token_call(
                "/2/oauth2/revoke",
                vec![("token".to_owned(), Value::Secret(SecretName::RefreshToken))],
            )
        })
    }

    fn advice(&self, ctx: &LoginContext) -> Vec<String> {
        let mut out = vec![
            "X bills every call: at https://console.x.com the app needs credits and must be in a project on the Pay-per-use package, environment Production".to_owned(),
        ];
        if by_tokens(&ctx.options) {
            out.push("make the access token after giving the app the permission \"Read and write\", for messages \"Read and write and Direct message\": an older token cannot do more than before".to_owned());
        } else {
            out.push(format!(
                "the callback {} must be registered with the app exactly so; X's code lives 30 seconds, so do not leave the page standing",
                ctx.redirect_uri
            ));
            out.push("X's refresh tokens work once: connect the account in one crier only".to_owned());
        }
        out
    }

    fn refresh_call(&self, ctx: &LoginContext) -> Option<HttpCall> {
        (!by_tokens(&ctx.options)).then(|| {
            token_call(
                "/2/oauth2/token",
                vec![
                    ("grant_type".to_owned(), "refresh_token".into()),
                    (
                        "refresh_token".to_owned(),
                        Value::Secret(SecretName::RefreshToken),
                    ),
                ],
            )
        })
    }

    fn read_refresh(&self, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match see(reply, now) {
            Seen::Good(json) => match tokens(&json, &ctx.facts, now) {
                Some(set) => LoginReading::Tokens(set),
                None => LoginReading::Later("X answered the refresh without a token".to_owned()),
            },
            Seen::Bad(p) => not_refreshed(p),
        }
    }
}

/// Token calls: the app's id and secret as Basic, or its id in the form when it has no secret (x.md 2.3).
fn token_call(path: &str, form: Vec<(String, Value)>) -> HttpCall {
    HttpCall {
        auth: Auth::Basic,
        body: Body::Form(form),
        timeout: TOKEN_TIMEOUT,
        ..HttpCall::new(Method::Post, super::API, path, format!("POST {path}"))
    }
}

fn tokens(json: &Json, facts: &Facts, now: Timestamp) -> Option<TokenSet> {
    let word = |key: &str| json.get(key).and_then(Json::as_str).filter(|w| !w.is_empty());
    let secret = |key: &str| word(key).map(|w| SecretString::from(w.to_owned()));
    let access = secret("access_token")?;
    // x.md 9: an expiry that is missing does not mean never.
    let lives = seconds(json, "expires_in").unwrap_or(facts.number("access_token_secs"));
    Some(TokenSet {
        access: Some(access),
        refresh: secret("refresh_token"),
        expires: Some(now.after_secs(lives)),
        issued: Some(now),
        scopes: word("scope")
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        ..TokenSet::default()
    })
}

/// The code works once and for 30 seconds: most failures end this login, not the account.
fn not_exchanged(p: Problem) -> LoginReading {
    match p.class {
        Class::Setup | Class::Person | Class::NoCredits => LoginReading::Blocked(p.why),
        Class::Limited | Class::Capped | Class::Server | Class::Unknown => LoginReading::Later(p.why),
        Class::Rejected
        | Class::Forbidden
        | Class::Duplicate
        | Class::Already
        | Class::Gone
        | Class::DeadToken => LoginReading::Dead(format!("{}; begin the login again", p.why)),
    }
}

/// x.md 9: tokens are not thrown away because the profile cannot be read now.
fn no_profile(p: Problem) -> LoginReading {
    match p.class {
        Class::Setup | Class::Person | Class::DeadToken | Class::Forbidden => LoginReading::Blocked(p.why),
        Class::NoCredits
        | Class::Limited
        | Class::Capped
        | Class::Server
        | Class::Unknown
        | Class::Rejected
        | Class::Duplicate
        | Class::Already
        | Class::Gone => LoginReading::Skip,
    }
}

/// Only X's own word on the refresh token ends a connection; a request that it refuses without such a word does where the
/// answer to an earlier one was lost (x.md 2.5, rule 5).
fn not_refreshed(p: Problem) -> LoginReading {
    match p.class {
        Class::DeadToken if p.token == TokenWord::Final => LoginReading::Dead(p.why),
        Class::Rejected if p.token == TokenWord::Refused => LoginReading::Refused(p.why),
        Class::Setup | Class::Rejected | Class::NoCredits | Class::Person => LoginReading::Blocked(p.why),
        Class::DeadToken
        | Class::Forbidden
        | Class::Duplicate
        | Class::Already
        | Class::Gone
        | Class::Limited
        | Class::Capped
        | Class::Server
        | Class::Unknown => LoginReading::Later(p.why),
    }
}
