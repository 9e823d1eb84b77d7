//! A model of X's API v2, written from `docs/facts/x.md` alone.
//!
//! Pure: `now_ms` is Unix milliseconds, ids and tokens come from a seeded counter. X's own refusals of a caller's
//! mistakes are the point of it; what no refusal shows is counted in [`Violations`].

mod auth;
pub(in crate::sandbox) mod card;
mod create;
pub(in crate::sandbox) mod demo;
mod edges;
mod emoji;
mod limits;
mod media;
mod messages;
mod model;
mod oauth1;
mod page;
mod read;
mod refusal;
mod route;
mod settings;
mod show;
#[cfg(test)]
mod tests;
mod text;
mod upload;

use serde::Serialize;
use serde_json::{Map, Value};

pub use settings::{Access, Period, Quotes, RateHeaders, Settings, Spelling};

use crate::sandbox::exchange::{Params, SandboxReply, SandboxRequest};
use limits::Meter;
use media::Media;
use messages::Message;
use oauth1::Signed;
use refusal::{Answer, Refusal};
use route::Route;
use show::Post;

/// Where the time in ids begins (`x.md` 1).
const EPOCH_MS: i64 = 1_288_834_974_657;
const USER_BASE: u64 = 2_244_994_945;
/// The token of the app itself, which no person stands behind.
const APP_BEARER: &str = "AAAAAAAAAAAAAAAAAAAAAsandbox%3Dapp";

/// The X of one small world: its profiles, tokens, media, posts and messages.
#[derive(Clone, Debug)]
pub struct X {
    /// What can be set; change it at any time.
    pub settings: Settings,
    /// The app's client id and secret.
    pub app: (String, String),
    /// What a caller did that it must never do.
    pub violations: Violations,
    accounts: Vec<Account>,
    tokens: Vec<Token>,
    refreshes: Vec<Refresh>,
    codes: Vec<Code>,
    pairs: Vec<Pair>,
    posts: Vec<Post>,
    media: Vec<Media>,
    messages: Vec<Message>,
    attempts: Vec<Attempt>,
    meter: Meter,
    last_id: u64,
    last_now: i64,
    seed: u64,
    counter: u64,
    version: u64,
}

/// Mistakes that no error body shows, or that must not happen even where X would allow them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// A code was exchanged twice.
    pub code_reused: u32,
    /// A refresh token was used again although the tokens that came for it had been received.
    pub refresh_reused: u32,
    /// The same create was sent twice although the first took effect, and nobody looked in between (`x.md` 8.2).
    pub blind_repeat: u32,
    /// A message was sent twice without a look in between.
    pub blind_message: u32,
    /// A chunk came before the one that stands before it.
    pub chunk_out_of_order: u32,
    /// A post used media that were still being processed.
    pub media_early: u32,
    /// A post used media without the words that were to come: alt text was set after the post.
    pub alt_late: u32,
    /// A text was sent with the HTML escapes of texts that are read back.
    pub wrong_escape: u32,
    /// An answer named a post that never was.
    pub reply_to_nothing: u32,
}

#[derive(Clone, Debug)]
struct Account {
    username: String,
    name: String,
}

#[derive(Clone, Debug)]
struct Token {
    value: String,
    account: usize,
    scopes: Vec<String>,
    expires_ms: i64,
    revoked: bool,
    used: bool,
}

#[derive(Clone, Debug)]
struct Refresh {
    value: String,
    account: usize,
    scopes: Vec<String>,
    used: bool,
    revoked: bool,
    /// The access token that came with it, and the one that came for it.
    access: String,
    successor: Option<String>,
}

#[derive(Clone, Debug)]
struct Code {
    value: String,
    account: usize,
    scopes: Vec<String>,
    redirect_uri: String,
    challenge: String,
    plain: bool,
    issued_ms: i64,
    used: bool,
}

/// A token of OAuth 1.0a and its secret; it has no end.
#[derive(Clone, Debug)]
struct Pair {
    token: String,
    secret: String,
    account: usize,
}

/// A create or message that took effect and was not looked for yet.
#[derive(Clone, Debug)]
struct Attempt {
    account: usize,
    message: bool,
    body: Vec<u8>,
    at_ms: i64,
}

/// Who calls.
#[derive(Clone, Debug)]
struct Caller {
    account: usize,
    /// Whether it signed with OAuth 1.0a, where scopes do not exist.
    signed: bool,
    scopes: Vec<String>,
}

/// One call on its way through the model.
struct Call<'a> {
    req: &'a SandboxRequest,
    now: i64,
}

impl Call<'_> {
    fn params(&self) -> Params {
        self.req.params()
    }

    fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.req.query.iter();
        pairs
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The body as a JSON object.
    fn body(&self) -> Answer<Map<String, Value>> {
        match serde_json::from_slice(&self.req.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) | Err(_) => Err(Refusal::invalid(
                "body",
                &Value::Null,
                "The request body is not a JSON object.",
            )),
        }
    }
}

impl X {
    /// An empty world. The same seed and the same calls give the same ids, codes and tokens.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            app: ("sandbox-app".to_owned(), "sandbox-secret".to_owned()),
            violations: Violations::default(),
            accounts: Vec::new(),
            tokens: Vec::new(),
            refreshes: Vec::new(),
            codes: Vec::new(),
            pairs: Vec::new(),
            posts: Vec::new(),
            media: Vec::new(),
            messages: Vec::new(),
            attempts: Vec::new(),
            meter: Meter::default(),
            last_id: 0,
            last_now: 0,
            seed,
            counter: 0,
            version: 0,
        }
    }

    /// A token and a secret of OAuth 1.0a for a profile, which is made unless it exists.
    pub fn grant_pair(&mut self, username: &str) -> (String, String) {
        let account = self.account_named(username);
        let token = format!("{}-{:016x}", user_id(account), self.next_random());
        let secret = format!("{:016x}{:016x}", self.next_random(), self.next_random());
        self.pairs.push(Pair {
            token: token.clone(),
            secret: secret.clone(),
            account,
        });
        (token, secret)
    }

    /// Puts a post of somebody into the world without any call, and answers its id.
    pub fn put_post(&mut self, username: &str, text: &str, now_ms: i64) -> String {
        let account = self.account_named(username);
        let id = self.next_id(now_ms);
        self.publish(Post {
            id,
            account,
            sent: text.to_owned(),
            at_ms: now_ms,
            ..Post::default()
        })
    }

    fn handle(&mut self, req: &SandboxRequest, now: i64) -> SandboxReply {
        self.last_now = now;
        let call = Call { req, now };
        let route = Route::of(req);
        let answer = match &route {
            Route::Authorize => return self.authorize(&call),
            Route::Token => self.token_call(&call),
            Route::Revoke => self.revoke_call(&call),
            Route::Usage => self.usage(&call),
            Route::Unknown => Err(Refusal::no_route()),
            _ => return self.guarded(&route, &call),
        };
        match answer {
            Ok((status, value)) => SandboxReply::json(status, &value),
            Err(refusal) => refusal.reply(&self.settings),
        }
    }

    /// Calls with a token: identity, plan, scopes, limits, then the call itself.
    fn guarded(&mut self, route: &Route, call: &Call<'_>) -> SandboxReply {
        let mut headers = vec![(
            "x-transaction-id".to_owned(),
            format!("{:016x}", self.next_random()),
        )];
        let answer = self.admit(route, call).and_then(|(caller, limits)| {
            let access = if caller.signed {
                self.settings.access.header()
            } else {
                "read-write"
            };
            headers.push(("x-access-level".to_owned(), access.to_owned()));
            headers.extend(limits);
            self.dispatch(route, &caller, call)
        });
        let mut reply = match answer {
            Ok((status, value)) => SandboxReply::json(status, &value),
            Err(refusal) => refusal.reply(&self.settings),
        };
        reply.headers.extend(headers);
        reply
    }

    fn admit(&mut self, route: &Route, call: &Call<'_>) -> Answer<(Caller, Vec<(String, String)>)> {
        let caller = self.caller(call)?;
        if self.settings.not_enrolled {
            return Err(Refusal::not_enrolled());
        }
        let username = &self.accounts[caller.account].username;
        if self.settings.suspended.contains(username) {
            return Err(Refusal::suspended(username));
        }
        let allowed = if caller.signed {
            match self.settings.access {
                Access::Read => !route.writes() && !route.is_message(),
                Access::ReadWrite => !route.is_message(),
                Access::ReadWriteMessages => true,
            }
        } else {
            route
                .scopes()
                .iter()
                .all(|needed| caller.scopes.iter().any(|scope| scope == needed))
        };
        if !allowed && caller.signed {
            return Err(Refusal::oauth1_permissions());
        }
        if !allowed {
            return Err(Refusal::bare_forbidden());
        }
        let headers = self
            .meter
            .count(route, caller.account, &self.settings, call.now)?;
        limits::capped(&self.settings).map_err(|refusal| refusal.headed(headers.clone()))?;
        Ok((caller, headers))
    }

    fn dispatch(&mut self, route: &Route, caller: &Caller, call: &Call<'_>) -> Answer {
        match route {
            Route::Authorize | Route::Token | Route::Revoke | Route::Usage | Route::Unknown => {
                Err(Refusal::no_route())
            }
            Route::Me => self.me(caller, call),
            Route::UserByName(name) => self.user_by_name(name, call),
            Route::Create => self.create(caller, call),
            Route::Delete(id) => self.delete(id, caller, call),
            Route::Get(id) => self.get(id, caller, call),
            Route::GetMany => self.get_many(caller, call),
            Route::List(id) => self.list(id, caller, call),
            Route::Search => self.search(caller, call),
            Route::Hide(id) => self.hide(id, caller, call),
            Route::Repost(id) => self.repost(id, caller, call),
            Route::Unrepost(id, post) => self.unrepost(id, post, caller, call),
            Route::Initialize => self.initialize(caller, call),
            Route::Append(id) => self.append(id, caller, call),
            Route::Finalize(id) => self.finalize(id, caller, call),
            Route::Upload => self.upload(caller, call),
            Route::MediaStatus => self.media_status(caller, call),
            Route::Metadata => self.metadata(caller, call),
            Route::Subtitles => self.subtitles(caller, call),
            Route::SendTo(id) => self.send_to(id, caller, call),
            Route::SendIn(id) => self.send_in(id, caller, call),
            Route::SendGroup => self.send_group(caller, call),
            Route::MessagesWith(id) => self.messages_with(id, caller, call),
            Route::MessagesIn(id) => self.messages_in(id, caller, call),
            Route::Messages => self.all_messages(caller, call),
            Route::DeleteMessage(id) => self.delete_message(id, caller, call),
        }
    }

    fn caller(&mut self, call: &Call<'_>) -> Answer<Caller> {
        if let Some(signed) = Signed::of(call.req) {
            return self.signed_caller(&signed, call);
        }
        let value = bearer(call.req).ok_or_else(Refusal::unauthorized)?;
        if value == APP_BEARER {
            return Err(Refusal::unsupported_authentication());
        }
        let now = call.now;
        let token = self.tokens.iter_mut().rev().find(|t| t.value == value);
        let token = token
            .filter(|t| !t.revoked && t.expires_ms > now)
            .ok_or_else(Refusal::unauthorized)?;
        token.used = true;
        Ok(Caller {
            account: token.account,
            signed: false,
            scopes: token.scopes.clone(),
        })
    }

    fn signed_caller(&mut self, signed: &Signed, call: &Call<'_>) -> Answer<Caller> {
        let token = signed.get("oauth_token");
        let fixed = !self.settings.user_token.is_empty() && self.settings.user_token == token;
        let (account, secret) = if fixed {
            if self.accounts.is_empty() {
                self.account_named("crier");
            }
            (0, self.settings.user_secret.clone())
        } else {
            let pair = self.pairs.iter().find(|pair| pair.token == token);
            let pair = pair.ok_or_else(Refusal::unauthorized)?;
            (pair.account, pair.secret.clone())
        };
        let time: i64 = signed
            .get("oauth_timestamp")
            .parse()
            .map_err(|_| Refusal::unauthorized())?;
        let skew = (call.now.div_euclid(1_000) - time).abs();
        let mut bases: Vec<String> = oauth1::BASES.map(str::to_owned).to_vec();
        bases.extend(self.settings.signing_bases.iter().cloned());
        if let Some(host) = call.req.header("host") {
            let role = &call.req.host_role;
            bases.extend(["http", "https"].map(|scheme| format!("{scheme}://{host}")));
            bases.extend(["http", "https"].map(|scheme| format!("{scheme}://{host}/x/{role}")));
        }
        let bases: Vec<&str> = bases.iter().map(String::as_str).collect();
        let consumer = &self.settings.consumer_secret;
        if signed.get("oauth_consumer_key") != self.settings.consumer_key
            || signed.get("oauth_nonce").is_empty()
            || skew > self.settings.clock_skew_s
            || !signed.holds(call.req, &bases, consumer, &secret)
        {
            return Err(Refusal::unauthorized());
        }
        Ok(Caller {
            account,
            signed: true,
            scopes: Vec::new(),
        })
    }

    fn account_named(&mut self, username: &str) -> usize {
        if let Some(index) = self.accounts.iter().position(|a| a.username == username) {
            return index;
        }
        let name = username.replace(['_', '.'], " ");
        self.accounts.push(Account {
            username: username.to_owned(),
            name,
        });
        self.accounts.len() - 1
    }

    fn account_by_id(&self, id: &str) -> Option<usize> {
        let index = usize::try_from(id.parse::<u64>().ok()?.checked_sub(USER_BASE)?).ok()?;
        (index < self.accounts.len()).then_some(index)
    }

    fn premium(&self, account: usize) -> bool {
        self.settings.premium.contains(&self.accounts[account].username)
    }

    /// The next number of the seeded counter (splitmix64).
    fn next_random(&mut self) -> u64 {
        self.counter += 1;
        let mut z = self
            .seed
            .wrapping_add(self.counter.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A new id: the time in its upper bits, and never the same twice (`x.md` 1, snowflake).
    fn next_id(&mut self, now: i64) -> u64 {
        let since = u64::try_from(now.saturating_sub(EPOCH_MS)).unwrap_or(0);
        self.last_id = (since << 22).max(self.last_id + 1);
        self.last_id
    }
}

fn user_id(index: usize) -> String {
    (USER_BASE + index as u64).to_string()
}

/// The token that a request carries.
fn bearer(req: &SandboxRequest) -> Option<String> {
    let (scheme, token) = req.header("authorization")?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

/// A time as X writes it.
fn timestamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
