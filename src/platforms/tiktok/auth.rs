//! Login and refresh of TikTok (tiktok.md 2) as data.

use secrecy::SecretString;
use serde_json::Value as Json;

use super::enquiries::{self, profile_of};
use super::reply::{self, Class, Problem, Seen};
use super::settings::{self, Mode, PKCE, mode};
use crate::core::call::{Auth, Body, HttpCall, HttpReply, Method, Reply, SecretName, Value};
use crate::core::facts::Facts;
use crate::core::login::{
    Login, LoginContext, LoginKind, LoginNext, LoginReading, OAuthLogin, Options, Pkce, RefreshRule, TokenSet,
};
use crate::core::platform::{self, Standing};
use crate::domain::account::Profile;
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::granted::not_granted;
use crate::platforms::kit::text::plain;

pub(super) const BASIC: &str = "user.info.basic";
pub(super) const PROFILE: &str = "user.info.profile";
pub(super) const STATS: &str = "user.info.stats";
pub(super) const LIST: &str = "video.list";
const PUBLISH: &str = "video.publish";
const UPLOAD: &str = "video.upload";
const TOKEN: &str = "/v2/oauth/token/";
const REVOKE: &str = "/v2/oauth/revoke/";

/// The scope that publishing in this mode needs.
pub(super) fn needed(options: &Options) -> &'static str {
    match mode(options) {
        Mode::Direct => PUBLISH,
        Mode::Inbox => UPLOAD,
    }
}

/// What else this login cannot do, where it told its scopes (tiktok.md 2.3). Numbers are two: of posts and of the account.
pub(super) fn refuses(account: &Standing<'_>) -> Vec<platform::Refusal> {
    let mut all = not_granted(account.scopes, &[("history", LIST)]);
    let numbers = not_granted(account.scopes, &[("insights", LIST), ("insights", STATS)]);
    if numbers.len() > 1 {
        all.extend(numbers);
    }
    all
}

fn pkce(options: &Options) -> Pkce {
    match options.get(PKCE).map(String::as_str) {
        Some("base64url") => Pkce::S256,
        Some("none") => Pkce::None,
        Some(_) | None => Pkce::S256Hex,
    }
}

/// The login.
pub(super) struct TikTokLogin;

impl Login for TikTokLogin {
    fn kind(&self, _facts: &Facts, options: &Options) -> LoginKind {
        let mut scopes = vec![BASIC.to_owned(), needed(options).to_owned()];
        scopes.extend(settings::more_scopes(options).into_iter().map(str::to_owned));
        LoginKind::OAuth(OAuthLogin {
            host: super::AUTH,
            path: "/v2/auth/authorize/",
            client_id_param: "client_key",
            scopes,
            scope_separator: ",",
            pkce: pkce(options),
            extra: Vec::new(),
        })
    }

    /// Of a desktop app: `http`, `127.0.0.1`, a port (tiktok.md 2.1).
    fn without_callback(&self) -> &'static str {
        "http://127.0.0.1:8765/"
    }

    fn connect_step(&self, n: usize, ctx: &LoginContext) -> LoginNext {
        match n {
            0 => LoginNext::Call(exchange(ctx)),
            1 => LoginNext::Call(enquiries::user_info(enquiries::BASIC_FIELDS)),
            2 if settings::more_scopes(&ctx.options).contains(&PROFILE) => {
                LoginNext::Call(enquiries::user_info(enquiries::PROFILE_FIELDS))
            }
            2 => LoginNext::Pass,
            _ => LoginNext::Done,
        }
    }

    fn read(&self, n: usize, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        if n == 0 {
            return match token(reply, &ctx.facts, now) {
                Ok(set) => granted(ctx, set),
                Err(refusal) => refusal.at_connect(),
            };
        }
        match reply::see(reply) {
            Seen::Good(data) => match profile_of(&data, &ctx.profile) {
                Some(profile) => LoginReading::Profile(profile),
                None => without_profile(ctx, "TikTok answered without a profile".to_owned()),
            },
            // A person may have left user.info.profile out: the account works without it.
            Seen::Bad(_) if n > 1 => LoginReading::Skip,
            Seen::Bad(p) => no_profile(ctx, p),
        }
    }

    /// An access token ends after 2 h (24 h before autumn 2026): when a third of what TikTok told is left it is renewed, with
    /// or without posts, far more often than the weekly renewal that keeps a refresh token of 180 days alive.
    fn refresh_rule(&self, facts: &Facts, _options: &Options) -> Option<RefreshRule> {
        Some(RefreshRule {
            min_age_secs: facts.number("refresh_min_age_secs"),
            margin_secs: facts.number("refresh_margin_secs"),
            third: true,
            warn_secs: facts.number("refresh_warn_secs"),
            rotating: true,
        })
    }

    fn revoke_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        let token = ("token".to_owned(), Value::Secret(SecretName::AccessToken));
        Some(token_call(REVOKE, vec![token]))
    }

    fn advice(&self, ctx: &LoginContext) -> Vec<String> {
        advice(&ctx.options)
    }

    fn walls(&self, options: &Options) -> Vec<String> {
        walls(options)
    }

    fn refresh_call(&self, _ctx: &LoginContext) -> Option<HttpCall> {
        let form = vec![
            ("grant_type".to_owned(), "refresh_token".into()),
            (
                "refresh_token".to_owned(),
                Value::Secret(SecretName::RefreshToken),
            ),
        ];
        Some(token_call(TOKEN, form))
    }

    fn read_refresh(&self, ctx: &LoginContext, reply: &Reply, now: Timestamp) -> LoginReading {
        match token(reply, &ctx.facts, now) {
            Ok(set) => LoginReading::Tokens(set),
            Err(refusal) => refusal.at_refresh(),
        }
    }
}

/// Sentences before a login (tiktok.md, five facts; 1.1; 4.2; 4.5).
fn advice(options: &Options) -> Vec<String> {
    let mut out = vec![format!(
        "the app at developers.tiktok.com needs the products Login Kit and Content Posting API and TikTok's approval for each scope that is asked for ({})",
        [BASIC, needed(options)]
            .into_iter()
            .chain(settings::more_scopes(options))
            .collect::<Vec<_>>()
            .join(", ")
    )];
    out.extend(walls(options));
    out.push("pictures are fetched by TikTok from `[callback] public_url`: verify its domain or URL prefix under the app's URL properties, or pictures are refused".to_owned());
    if mode(options) == Mode::Direct {
        out.push("comments, duets and stitches stay off unless the account's `allow` or the post chooses them, as TikTok asks".to_owned());
        out.push("by posting you agree to TikTok's Music Usage Confirmation, and for paid partnerships to its Branded Content Policy".to_owned());
    }
    out
}

/// What an app that is not audited cannot do (tiktok.md, five facts; 1.1).
fn walls(options: &Options) -> Vec<String> {
    if mode(options) != Mode::Direct || settings::audited(options) {
        return Vec::new();
    }
    [
        "an app that TikTok has not audited posts for SELF_ONLY alone, only from accounts that are set to private at that moment, and for at most 5 users in 24 hours",
        "TikTok's audit does not accept tools that upload to the accounts of their own makers, nor apps for private or internal use: for those `mode = \"inbox\"` (drafts that a person finishes in the TikTok app) is the way",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Token calls take a form with the app's key and secret in it (tiktok.md 2.4).
fn token_call(path: &str, more: Vec<(String, Value)>) -> HttpCall {
    let mut form = vec![
        ("client_key".to_owned(), Value::Secret(SecretName::ClientId)),
        (
            "client_secret".to_owned(),
            Value::Secret(SecretName::ClientSecret),
        ),
    ];
    form.extend(more);
    HttpCall {
        auth: Auth::None,
        body: Body::Form(form),
        timeout: Span::secs(90),
        ..HttpCall::new(Method::Post, super::API, path, format!("POST {path}"))
    }
}

fn exchange(ctx: &LoginContext) -> HttpCall {
    let mut form = vec![
        ("code".to_owned(), Value::Secret(SecretName::Code)),
        ("grant_type".to_owned(), "authorization_code".into()),
        ("redirect_uri".to_owned(), ctx.redirect_uri.as_str().into()),
    ];
    if pkce(&ctx.options) != Pkce::None {
        form.push(("code_verifier".to_owned(), Value::Secret(SecretName::Verifier)));
    }
    token_call(TOKEN, form)
}

/// Why there is no token.
struct Refusal {
    /// The word in `error`; empty: none that can be read.
    code: String,
    /// For people.
    why: String,
    /// HTTP status.
    status: u16,
}

/// A flat answer: `error` comes first, whatever the status (tiktok.md 2.6).
fn token(reply: &Reply, facts: &Facts, now: Timestamp) -> Result<TokenSet, Refusal> {
    let http = match reply {
        Reply::Http(http) => http,
        Reply::Mail(_) => return Err(unreadable(0)),
    };
    let Some(json) = http.json() else {
        return Err(unreadable(http.status));
    };
    if let Some(refusal) = refusal(http, &json) {
        return Err(refusal);
    }
    let word = |key: &str| json.get(key).and_then(Json::as_str).filter(|w| !w.is_empty());
    let Some(access) = word("access_token").filter(|_| http.status < 400) else {
        return Err(unreadable(http.status));
    };
    let secs = |key: &str, else_secs: i64| {
        json.get(key)
            .and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()))
            .filter(|secs| *secs > 0)
            .unwrap_or(else_secs)
    };
    let refresh = word("refresh_token");
    let lives = secs("expires_in", facts.number("access_token_secs"));
    let renews = secs("refresh_expires_in", facts.number("refresh_token_secs"));
    Ok(TokenSet {
        access: Some(SecretString::from(access)),
        refresh: refresh.map(SecretString::from),
        expires: Some(now.after_secs(lives)),
        refresh_expires: refresh.map(|_| now.after_secs(renews)),
        issued: Some(now),
        scopes: word("scope")
            .map(|scopes| {
                scopes
                    .split([',', ' '])
                    .filter(|s| !s.is_empty())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default(),
        user_id: word("open_id").map(str::to_owned),
        renewal_begun: None,
        made_with: None,
    })
}

fn unreadable(status: u16) -> Refusal {
    Refusal {
        code: String::new(),
        why: format!("TikTok answered HTTP {status} without a token"),
        status,
    }
}

fn refusal(http: &HttpReply, json: &Json) -> Option<Refusal> {
    let error = json.get("error").filter(|error| !error.is_null())?;
    let code = error
        .as_str()
        .or_else(|| error.get("code")?.as_str())
        .unwrap_or_default();
    if code == "ok" || (error.is_string() && code.is_empty()) {
        return None;
    }
    let words = json.get("error_description").or_else(|| error.get("message"));
    let words = plain(words.and_then(Json::as_str).unwrap_or_default(), 200);
    let log = json.get("log_id").and_then(Json::as_str).unwrap_or_default();
    let mut why = format!("TikTok says {}", plain(code, 60));
    if !words.is_empty() {
        why = format!("{why}: {words}");
    }
    if !log.is_empty() {
        why = format!("{why} (log_id {})", plain(log, 64));
    }
    Some(Refusal {
        code: code.to_owned(),
        why,
        status: http.status,
    })
}

impl Refusal {
    /// What only a person can mend at the app, and what to do; `None`: it is not that.
    fn setup(&self) -> Option<String> {
        let advice = match self.code.as_str() {
            "invalid_client" => "look at `client_id` (TikTok's client key) and `client_secret` of the app",
            "unauthorized_client" => "the app must be approved for Login Kit and its scopes",
            "invalid_scope" => {
                "the app must be approved for every scope that is asked for; the account's `more_scopes` names those that can be left out"
            }
            "invalid_request" if self.why.contains("redirect") => {
                "the redirect URI must be registered with the app exactly as crier sends it"
            }
            "invalid_request" if self.why.to_ascii_lowercase().contains("verifier") => {
                "try another `pkce` of the account: \"hex\", \"base64url\" or \"none\""
            }
            "invalid_request" | "unsupported_grant_type" | "unsupported_response_type" => {
                "TikTok does not take the call as it is"
            }
            _ => return None,
        };
        Some(format!("{}; {advice}", self.why))
    }

    /// The code works once: most failures end this login, not the account.
    fn at_connect(self) -> LoginReading {
        if let Some(why) = self.setup() {
            return LoginReading::Blocked(why);
        }
        match self.code.as_str() {
            "access_denied" | "invalid_grant" => {
                LoginReading::Dead(format!("{}; begin the login again", self.why))
            }
            _ => LoginReading::Later(self.why),
        }
    }

    /// Only the vendor's own word for a dead refresh token ends a connection.
    fn at_refresh(self) -> LoginReading {
        let dead = matches!(self.code.as_str(), "invalid_grant" | "access_denied");
        if dead && self.status < 500 {
            return LoginReading::Dead(self.why);
        }
        match self.setup() {
            Some(why) if self.code != "invalid_request" => LoginReading::Blocked(why),
            Some(_) | None => LoginReading::Later(self.why),
        }
    }
}

/// A person may untick scopes (tiktok.md 2.2).
fn granted(ctx: &LoginContext, set: TokenSet) -> LoginReading {
    let missing: Vec<&str> = [BASIC, needed(&ctx.options)]
        .into_iter()
        .filter(|scope| !set.scopes.is_empty() && !set.scopes.iter().any(|s| s == scope))
        .collect();
    if missing.is_empty() {
        // Whose it is comes with the tokens; what they are called is asked next.
        return match set.user_id.clone() {
            Some(remote_id) => LoginReading::Chosen(
                set,
                Profile {
                    remote_id,
                    ..Profile::default()
                },
            ),
            None => LoginReading::Tokens(set),
        };
    }
    LoginReading::Blocked(format!(
        "{} was not granted, and without it crier cannot post: connect again and leave it switched on; if TikTok does not offer it, the app is not approved for it",
        missing.join(" and ")
    ))
}

/// The account works without its name: a proof asks for it later.
fn without_profile(ctx: &LoginContext, why: String) -> LoginReading {
    if ctx.profile.remote_id.is_empty() {
        LoginReading::Later(why)
    } else {
        LoginReading::Skip
    }
}

fn no_profile(ctx: &LoginContext, p: Problem) -> LoginReading {
    match p.class {
        Class::Person | Class::Reauthorise => LoginReading::Blocked(p.why),
        Class::Reject
        | Class::NoSuchPost
        | Class::Limited(_)
        | Class::Crowded
        | Class::RetryLater
        | Class::Unknown => without_profile(ctx, p.why),
    }
}
