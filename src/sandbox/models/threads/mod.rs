//! A model of the Threads API, written from `docs/facts/threads.md` and `docs/facts/meta-common.md`.
//!
//! Pure: `now_ms` is Unix milliseconds, ids and tokens come from a seeded counter, media come from a
//! [`MediaFetcher`]. Wrong answers to a caller's mistakes are the point of it, so every rule is checked here
//! and what a caller must never do is counted in [`Violations`].

mod auth;
pub(in crate::sandbox) mod card;
mod create;
pub(in crate::sandbox) mod demo;
mod insights;
mod media;
mod page;
mod post;
mod publish;
mod read;
mod refusal;
mod replies;
mod route;
mod scope;
mod settings;
mod signed;
#[cfg(test)]
mod tests;
mod text;
mod vendor;

use std::collections::HashMap;

use bytes::Bytes;
use serde::Serialize;

pub use media::{FetchedMedia, MediaFetcher};
pub use post::{Kind, Published, PublishedMedia};
pub use scope::{Scope, Scopes};
pub use settings::{AfterPublish, NamedErrors, Republish, Settings};

use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use refusal::{Answer, Refusal, token_refusal};
use route::{IdKind, Route};

/// 24 hours: the window of every quota and the life of a container (`threads.md` 6 and 4.6).
pub const DAY_MS: i64 = 86_400_000;
/// The life of a code and of a short token (`threads.md` 2).
pub const HOUR_MS: i64 = 3_600_000;
/// The life of a long token in seconds, as the documented answers have it (`threads.md` 2).
pub const LONG_LIFE_S: i64 = 5_183_944;

const ACCOUNT_BASE: u64 = 17_841_400_000_000_000;
const CONTAINER_BASE: u64 = 18_000_000_000_000_000;
const CONTAINER_STEP: u64 = 104_729;
const MEDIA_BASE: u64 = 17_900_000_000_000_000;
const MEDIA_STEP: u64 = 15_485_863;

/// The Threads of one small world: its profiles, tokens, containers and posts.
#[derive(Clone, Debug)]
pub struct Threads {
    /// What can be set; change it at any time.
    pub settings: Settings,
    /// The app's id and secret (`threads.md` 1: the Threads pair).
    pub app: (String, String),
    /// What a caller did that it must never do.
    pub violations: Violations,
    accounts: Vec<Account>,
    tokens: Vec<Token>,
    codes: Vec<Code>,
    containers: Vec<Container>,
    posts: Vec<Published>,
    media: HashMap<String, FetchedMedia>,
    /// The lists' lag while a fault asks for one.
    lag: Option<i64>,
    seed: u64,
    counter: u64,
    version: u64,
}

/// Mistakes that no error body shows, or that must not happen even where Meta would allow them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// A container that was published already was published again.
    pub published_twice: u32,
    /// A container was published before it was `FINISHED`.
    pub published_early: u32,
    /// A post was answered by its container's id (`threads.md` 9).
    pub reply_to_container: u32,
    /// A code was exchanged twice.
    pub code_reused: u32,
    /// A token was refreshed before it was 24 hours old.
    pub refreshed_early: u32,
    /// A publishing call used `auto_publish_text`, which cannot be looked up.
    pub auto_published: u32,
    /// A carousel was made of children that were not `FINISHED`.
    pub carousel_early: u32,
    /// A container was tried again while the account was restricted for trying it (meta-common.md 4.1).
    pub tried_while_restricted: u32,
}

/// One profile.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) name: String,
    deletions: Vec<i64>,
    /// Until when nothing of it is published.
    restricted_ms: Option<i64>,
}

#[derive(Clone, Debug)]
struct Token {
    value: String,
    account: usize,
    long: bool,
    scopes: Scopes,
    issued_ms: i64,
    expires_ms: i64,
    revoked: Option<Option<i64>>,
}

#[derive(Clone, Debug)]
struct Code {
    value: String,
    account: usize,
    scopes: Scopes,
    redirect_uri: String,
    issued_ms: i64,
    used: bool,
}

/// A container: what will be a post, for 24 hours (`threads.md` 4.6).
#[derive(Clone, Debug)]
struct Container {
    account: usize,
    draft: Published,
    child: bool,
    children: Vec<usize>,
    created_ms: i64,
    ready_ms: i64,
    fate: Fate,
    published: Option<usize>,
    /// Its account was restricted when it was to be published.
    restricted: bool,
}

/// What becomes of a container once its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Finishes,
    Fails(String),
    Stuck,
}

/// The states of `threads.md` 4.6.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    InProgress,
    Finished,
    Published,
    Error(String),
    Expired,
}

/// Who calls: the account, and the permissions of its token.
#[derive(Clone, Copy, Debug)]
struct Caller {
    account: usize,
    scopes: Scopes,
}

impl Caller {
    fn need(self, scope: Scope) -> Answer<()> {
        if self.scopes.has(scope) {
            Ok(())
        } else {
            Err(refusal::permission())
        }
    }
}

/// One call on its way through the model.
struct Call<'a> {
    req: &'a SandboxRequest,
    params: crate::sandbox::exchange::Params,
    now: i64,
    fetcher: Option<&'a mut dyn MediaFetcher>,
}

impl Call<'_> {
    fn fetch(&mut self, media: &HashMap<String, FetchedMedia>, url: &str) -> Result<FetchedMedia, String> {
        match (media.get(url), self.fetcher.as_mut()) {
            (Some(found), _) => Ok(found.clone()),
            (None, Some(fetcher)) => fetcher.fetch(url),
            (None, None) => Err("no such file".to_owned()),
        }
    }
}

impl Threads {
    /// An empty world. The same seed and the same calls give the same ids, codes and tokens.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            app: ("sandbox-app".to_owned(), "sandbox-secret".to_owned()),
            violations: Violations::default(),
            accounts: Vec::new(),
            tokens: Vec::new(),
            codes: Vec::new(),
            containers: Vec::new(),
            posts: Vec::new(),
            media: HashMap::new(),
            lag: None,
            seed,
            counter: 0,
            version: 0,
        }
    }

    /// Answers one request; media come from [`Threads::put_media`].
    pub fn handle(&mut self, req: &SandboxRequest, now_ms: i64) -> SandboxReply {
        self.respond(req, now_ms, None)
    }

    /// Answers one request; media that were not put in before come from `fetcher`.
    pub fn handle_with(
        &mut self,
        req: &SandboxRequest,
        now_ms: i64,
        fetcher: &mut dyn MediaFetcher,
    ) -> SandboxReply {
        self.respond(req, now_ms, Some(fetcher))
    }

    /// The name of the step that this request is, for faults: `threads.publish`, `threads.status`, ...
    #[must_use]
    pub fn step_of(&self, req: &SandboxRequest) -> &'static str {
        self.route(req).name()
    }

    /// Makes a file fetchable at this address without any network.
    pub fn put_media(&mut self, url: &str, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        self.media.insert(
            url.to_owned(),
            FetchedMedia {
                content_type: None,
                bytes,
            },
        );
    }

    /// Makes a profile (unless it exists) and answers a long token for it with every permission.
    pub fn with_account(&mut self, username: &str, now_ms: i64) -> String {
        self.with_scopes(username, Scopes::all(), now_ms)
    }

    /// As [`Threads::with_account`], with these permissions only.
    pub fn with_scopes(&mut self, username: &str, scopes: Scopes, now_ms: i64) -> String {
        let account = self.account_named(username);
        self.issue(account, scopes, true, now_ms)
    }

    /// Makes a profile unless it exists, and answers its user id.
    pub fn add_account(&mut self, username: &str) -> String {
        let index = self.account_named(username);
        account_id(index)
    }

    /// Every code and token that was ever given out: what must not be found where people look.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let codes = self.codes.iter().map(|code| code.value.as_str());
        codes.chain(self.tokens.iter().map(|token| token.value.as_str()))
    }

    /// Every post that was ever published, in that order; deleted ones say so.
    #[must_use]
    pub fn published(&self) -> &[Published] {
        &self.posts
    }

    /// A number that grows with everything that readers can see.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The usernames of all profiles.
    pub fn usernames(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(|account| account.username.as_str())
    }

    /// Ends a token now, as if its time were over. Answers whether there is such a token.
    pub fn expire_token(&mut self, token: &str, now_ms: i64) -> bool {
        let found = self.tokens.iter_mut().find(|t| t.value == token);
        found.map(|t| t.expires_ms = t.expires_ms.min(now_ms)).is_some()
    }

    /// Revokes a token with this subcode of error 190 (meta-common.md 4.2).
    pub fn revoke_token(&mut self, token: &str, subcode: Option<i64>) -> bool {
        let found = self.tokens.iter_mut().find(|t| t.value == token);
        found.map(|t| t.revoked = Some(subcode)).is_some()
    }

    /// The person removes the app: every token of the profile answers 190/458 from now on.
    pub fn remove_app(&mut self, username: &str) {
        let Some(account) = self.accounts.iter().position(|a| a.username == username) else {
            return;
        };
        for token in self.tokens.iter_mut().filter(|t| t.account == account) {
            token.revoked = Some(Some(458));
        }
    }

    /// The newest container never finishes: it stays `IN_PROGRESS` until it expires.
    pub fn stick_last_container(&mut self) {
        if let Some(container) = self.containers.last_mut() {
            container.fate = Fate::Stuck;
        }
    }

    /// The newest container fails with this `error_message` (`threads.md` 4.6).
    pub fn fail_last_container(&mut self, message: &str) {
        if let Some(container) = self.containers.last_mut() {
            container.fate = Fate::Fails(message.to_owned());
        }
    }

    /// The token that a request carries, wherever it stands.
    #[must_use]
    pub fn token_of(req: &SandboxRequest) -> Option<String> {
        let header = req
            .header("authorization")
            .and_then(|value| value.split_once(' '));
        if let Some((scheme, token)) = header
            && (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth"))
        {
            return Some(token.trim().to_owned());
        }
        req.params().get("access_token").map(str::to_owned)
    }

    fn respond(
        &mut self,
        req: &SandboxRequest,
        now: i64,
        fetcher: Option<&mut dyn MediaFetcher>,
    ) -> SandboxReply {
        let route = self.route(req);
        // A fresh reborrow ties the fetcher's lifetime to this call.
        let fetcher = fetcher.map(|f| f as &mut dyn MediaFetcher);
        let mut call = Call {
            req,
            params: req.params(),
            now,
            fetcher,
        };
        if route == Route::Authorize {
            return self.authorize(&call);
        }
        let answer = self.dispatch(&route, &mut call);
        let mut reply = match answer {
            Ok(value) => SandboxReply::json(200, &value),
            Err(refusal) => refusal.reply(&self.trace()),
        };
        if let Some(percent) = self.settings.app_usage {
            let usage =
                format!("{{\"call_count\":{percent},\"total_time\":{percent},\"total_cputime\":{percent}}}");
            reply.headers.push(("X-App-Usage".to_owned(), usage));
        }
        reply
    }

    fn dispatch(&mut self, route: &Route, call: &mut Call<'_>) -> Answer {
        match route {
            Route::Authorize | Route::Unknown => {
                Err(Refusal::parameter("Unsupported request - method type or path"))
            }
            Route::Code => self.exchange_code(call),
            Route::Exchange => self.exchange_short(call),
            Route::Refresh => self.refresh(call),
            Route::DebugToken => self.debug_token(call),
            Route::Profile(id) => self.profile(id, call),
            Route::Create(id) => self.create(id, call),
            Route::Publish(id) => self.publish(id, call),
            Route::Limits(id) => self.limits(id, call),
            Route::List(id) => self.list_posts(id, call),
            Route::Replies(id) => self.list_replies(id, call),
            Route::Conversation(id) => self.conversation(id, call),
            Route::Mentions(id) => self.mentions(id, call),
            Route::Insights(id) => self.insights(id, call),
            Route::AccountInsights(id) => self.account_insights(id, call),
            Route::Repost(id) => self.repost(id, call),
            Route::ManageReply(id) => self.manage_reply(id, call),
            Route::PendingReplies(id) => self.pending_replies(id, call),
            Route::ManagePending(id) => self.manage_pending(id, call),
            Route::Delete(id) => self.delete(id, call),
            Route::Status(id) => self.status(id, call),
            Route::Read(id) => self.read(id, call),
            Route::KeywordSearch => self.keyword_search(call),
            Route::LocationSearch => self.location_search(call),
            Route::ProfileLookup => self.profile_lookup(call),
        }
    }

    fn route(&self, req: &SandboxRequest) -> Route {
        Route::of(req, |id| {
            if id == "me" || self.account_by_id(id).is_some() {
                IdKind::Account
            } else if container_index(id).is_some_and(|index| index < self.containers.len()) {
                IdKind::Container
            } else {
                IdKind::Other
            }
        })
    }

    /// The caller behind the request's token, or error 190 (meta-common.md 4.2).
    fn caller(&self, call: &Call<'_>) -> Answer<Caller> {
        let status = self.settings.token_error_status;
        let value = Self::token_of(call.req).ok_or_else(|| token_refusal(status, None, ""))?;
        let token = self.live_token(&value, call.now)?;
        Ok(Caller {
            account: token.account,
            scopes: token.scopes,
        })
    }

    fn live_token(&self, value: &str, now: i64) -> Answer<&Token> {
        let status = self.settings.token_error_status;
        let token = self.tokens.iter().rev().find(|t| t.value == value);
        let token = token.ok_or_else(|| token_refusal(status, None, ""))?;
        if let Some(subcode) = token.revoked {
            return Err(token_refusal(status, subcode, ""));
        }
        if token.expires_ms <= now {
            return Err(token_refusal(
                status,
                Some(463),
                &post::timestamp(token.expires_ms),
            ));
        }
        Ok(token)
    }

    /// The caller, and a check that the path's user is the token's own (`threads.md` 3).
    fn own(&self, id: &str, call: &Call<'_>) -> Answer<Caller> {
        let caller = self.caller(call)?;
        if id == "me" || self.account_by_id(id) == Some(caller.account) {
            Ok(caller)
        } else {
            Err(Refusal::missing(id))
        }
    }

    fn account_named(&mut self, username: &str) -> usize {
        if let Some(index) = self.accounts.iter().position(|a| a.username == username) {
            return index;
        }
        let name = username.replace(['_', '.'], " ");
        self.accounts.push(Account {
            username: username.to_owned(),
            name,
            deletions: Vec::new(),
            restricted_ms: None,
        });
        self.accounts.len() - 1
    }

    fn account_by_id(&self, id: &str) -> Option<usize> {
        let index = usize::try_from(
            id.parse::<u64>()
                .ok()?
                .checked_sub(ACCOUNT_BASE)?
                .checked_sub(1)?,
        )
        .ok()?;
        (index < self.accounts.len()).then_some(index)
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

    fn trace(&mut self) -> String {
        format!("A{:015x}", self.next_random() >> 4)
    }
}

fn account_id(index: usize) -> String {
    (ACCOUNT_BASE + 1 + index as u64).to_string()
}

fn container_id(index: usize) -> String {
    (CONTAINER_BASE + (index as u64 + 1) * CONTAINER_STEP).to_string()
}

fn container_index(id: &str) -> Option<usize> {
    index_of(id, CONTAINER_BASE, CONTAINER_STEP)
}

fn media_id(index: usize) -> String {
    (MEDIA_BASE + (index as u64 + 1) * MEDIA_STEP).to_string()
}

fn index_of(id: &str, base: u64, step: u64) -> Option<usize> {
    let offset = id.parse::<u64>().ok()?.checked_sub(base)?;
    if offset == 0 || offset % step != 0 {
        return None;
    }
    usize::try_from(offset / step - 1).ok()
}
