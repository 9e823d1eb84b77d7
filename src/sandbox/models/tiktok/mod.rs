//! A model of TikTok's Login Kit and Content Posting API, written from `docs/facts/tiktok.md` alone.
//!
//! Pure: `now_ms` is Unix milliseconds, ids and tokens come from a seeded counter, pulled files come from a
//! [`MediaFetcher`]. TikTok's own refusals are the point of it; what no refusal shows is counted in [`Violations`].

mod auth;
pub(in crate::sandbox) mod card;
mod check;
pub(in crate::sandbox) mod demo;
mod hooks;
mod model;
mod page;
mod publish;
mod read;
mod refusal;
mod route;
mod settings;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

pub use hooks::{Hook, signature_header};
pub use settings::{Challenge, Settings, Spelling};

use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, WallPost};
use refusal::{Answer, Refusal};
use route::Route;
use task::Task;

/// 24 hours: the window of posts, drafts and people.
pub(crate) const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// How long creator info is fresh: an init after that should have asked again (`tiktok.md` 4.2).
const FRESH_MS: i64 = 900_000;
/// A repeat of an init within this time is meant as a repeat, not as a new post.
const REPEAT_MS: i64 = 600_000;

/// The TikTok of one small world: its people, tokens, uploads and posts.
#[derive(Clone, Debug)]
pub struct TikTok {
    /// What can be set; change it at any time.
    pub settings: Settings,
    /// The app's client key and secret.
    pub app: (String, String),
    /// What a caller did that it must never do.
    pub violations: Violations,
    accounts: Vec<Account>,
    tokens: Vec<Token>,
    refreshes: Vec<Refresh>,
    codes: Vec<Code>,
    tasks: Vec<Task>,
    posts: Vec<Published>,
    hooks: Vec<Hook>,
    /// When each call was made, by step and token (or none, for the app's own limits).
    calls: HashMap<(&'static str, Option<String>), Vec<i64>>,
    seed: u64,
    counter: u64,
    version: u64,
}

/// Mistakes that no error body shows, or that must not happen even where TikTok would allow them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// A code was exchanged twice.
    pub code_reused: u32,
    /// A code was sent as it stands in the address, still percent-encoded.
    pub code_encoded: u32,
    /// A refresh token was used again although the tokens that came for it had been received.
    pub refresh_reused: u32,
    /// A chunk came before the ones that stand before it.
    pub chunk_out_of_order: u32,
    /// A direct post was begun without fresh creator info.
    pub stale_creator_info: u32,
    /// A privacy level was asked for that creator info did not offer.
    pub privacy_not_offered: u32,
    /// A comment, duet or stitch was left on where creator info says that it is off.
    pub interaction_forced: u32,
    /// The same post was begun again although all its bytes were there, and nobody looked in between.
    pub blind_repeat: u32,
    /// Bytes were sent for a post that had been cancelled.
    pub upload_after_cancel: u32,
}

#[derive(Clone, Debug)]
struct Account {
    username: String,
    name: String,
    creator_seen: Option<i64>,
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
    expires_ms: i64,
    used: bool,
    revoked: bool,
    access: String,
    successor: Option<String>,
}

#[derive(Clone, Debug)]
struct Code {
    value: String,
    account: usize,
    scopes: Vec<String>,
    redirect_uri: String,
    challenge: Option<String>,
    issued_ms: i64,
    used: bool,
}

/// One post, or a draft that waits.
#[derive(Clone, Debug)]
struct Published {
    id: u64,
    account: usize,
    task: usize,
    public: bool,
    photos: bool,
    wall: WallPost,
}

/// Who calls.
#[derive(Clone, Debug)]
struct Caller {
    account: usize,
    scopes: Vec<String>,
}

impl Caller {
    fn need(&self, scope: &str) -> Answer<()> {
        if self.scopes.iter().any(|s| s == scope) {
            Ok(())
        } else {
            Err(Refusal::scope())
        }
    }
}

/// One call on its way through the model.
struct Call<'a> {
    req: &'a SandboxRequest,
    now: i64,
}

impl Call<'_> {
    fn query(&self, name: &str) -> Option<&str> {
        let mut pairs = self.req.query.iter();
        pairs
            .find(|(n, v)| n == name && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    /// The body as a JSON object, with the type that says so.
    fn body(&self) -> Answer<Map<String, Value>> {
        let kind = self.req.header("content-type").unwrap_or("");
        if !kind.starts_with("application/json") {
            return Err(Refusal::param(
                "The request's Content-Type must be application/json; charset=UTF-8.",
            ));
        }
        match serde_json::from_slice(&self.req.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) | Err(_) => Err(Refusal::param("The request body is not a JSON object.")),
        }
    }
}

impl TikTok {
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
            tasks: Vec::new(),
            posts: Vec::new(),
            hooks: Vec::new(),
            calls: HashMap::new(),
            seed,
            counter: 0,
            version: 0,
        }
    }

    fn handle(&mut self, req: &SandboxRequest, now: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.settle(now);
        let call = Call { req, now };
        let route = Route::of(req);
        let log_id = self.log_id(now);
        let status = self.settings.oauth_error_status;
        let flat = match route {
            Route::Authorize => return self.authorize(&call),
            Route::Upload => return self.upload(&call),
            Route::Token => self.token_call(&call),
            Route::Revoke => self.revoke_call(&call),
            _ => {
                return match self.guarded(route, &call, fetcher) {
                    Ok(data) => refusal::fine(&data, &log_id),
                    Err(refusal) => refusal.reply(&log_id, status),
                };
            }
        };
        match flat {
            Ok(body) => SandboxReply::json(200, &body),
            Err(refusal) => refusal.reply(&log_id, status),
        }
    }

    /// Calls with a token: identity, limits, then the call itself.
    fn guarded(&mut self, route: Route, call: &Call<'_>, fetcher: &mut dyn MediaFetcher) -> Answer {
        if route == Route::Unknown {
            return Err(Refusal::no_route());
        }
        let caller = self.caller(call)?;
        self.count(route, call)?;
        match route {
            Route::UserInfo => self.user_info(&caller, call),
            Route::CreatorInfo => self.creator_info(&caller, call),
            Route::VideoInit => self.video_init(true, &caller, call, fetcher),
            Route::InboxInit => self.video_init(false, &caller, call, fetcher),
            Route::ContentInit => self.content_init(&caller, call, fetcher),
            Route::Status => self.status(&caller, call),
            Route::Cancel => self.cancel(&caller, call),
            Route::VideoList => self.video_list(&caller, call),
            Route::VideoQuery => self.video_query(&caller, call),
            Route::Authorize | Route::Token | Route::Revoke | Route::Upload | Route::Unknown => {
                Err(Refusal::no_route())
            }
        }
    }

    fn caller(&mut self, call: &Call<'_>) -> Answer<Caller> {
        let value = bearer(call.req).ok_or_else(Refusal::token)?;
        let now = call.now;
        let token = self.tokens.iter_mut().rev().find(|t| t.value == value);
        let token = token
            .filter(|t| !t.revoked && t.expires_ms > now)
            .ok_or_else(Refusal::token)?;
        token.used = true;
        Ok(Caller {
            account: token.account,
            scopes: token.scopes.clone(),
        })
    }

    /// A sliding minute (`tiktok.md` 6).
    fn count(&mut self, route: Route, call: &Call<'_>) -> Answer<()> {
        let Some((most, per_token)) = route.limit() else {
            return Ok(());
        };
        let most = self.settings.limits.get(route.name()).copied().unwrap_or(most);
        let key = if per_token { bearer(call.req) } else { None };
        let calls = self.calls.entry((route.name(), key)).or_default();
        calls.retain(|at| call.now - *at < MINUTE_MS);
        if calls.len() >= most {
            return Err(Refusal::rate());
        }
        calls.push(call.now);
        Ok(())
    }

    fn account_named(&mut self, username: &str) -> usize {
        if let Some(index) = self.accounts.iter().position(|a| a.username == username) {
            return index;
        }
        let name = username.replace(['_', '.'], " ");
        self.accounts.push(Account {
            username: username.to_owned(),
            name,
            creator_seen: None,
        });
        self.accounts.len() - 1
    }

    fn private(&self, account: usize) -> bool {
        self.settings.private.contains(&self.accounts[account].username)
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

    fn log_id(&mut self, now: i64) -> String {
        let time = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
        format!("{}{:018X}", time.strftime("%Y%m%d%H%M%S"), self.next_random())
    }
}

/// The id of a person for this app.
fn open_id(index: usize) -> String {
    format!("-000-sandbox-open-id-{:08}", index + 1)
}

/// The token that a request carries.
fn bearer(req: &SandboxRequest) -> Option<String> {
    let (scheme, token) = req.header("authorization")?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}
