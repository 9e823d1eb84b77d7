//! X as a vendor of the sandbox.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::auth::SCOPES;
use super::refusal::Refusal;
use super::route::Route;
use super::{APP_BEARER, X, bearer, user_id};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, Model, Spoil, Trouble, WallPost};
use crate::sandbox::models::shown;

/// The words for each counter of what must never happen.
const WORDS: [(&str, &str); 9] = [
    ("code_reused", "a code was exchanged twice"),
    (
        "refresh_reused",
        "a refresh token was used again after its successor had arrived",
    ),
    (
        "blind_repeat",
        "the same post was sent again without a look whether it exists",
    ),
    (
        "blind_message",
        "the same message was sent again without a look whether it exists",
    ),
    (
        "chunk_out_of_order",
        "a chunk came before the one that stands before it",
    ),
    ("media_early", "media were used while they were being processed"),
    ("alt_late", "alt text came after the post"),
    ("wrong_escape", "a text was sent with HTML escapes"),
    ("reply_to_nothing", "an answer named a post that never was"),
];

impl Model for X {
    fn name(&self) -> &'static str {
        "x"
    }

    fn title(&self) -> &'static str {
        "X"
    }

    fn step_of(&self, req: &SandboxRequest) -> &'static str {
        Route::of(req).name()
    }

    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, _fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.handle(req, now_ms)
    }

    fn refuse(&self, trouble: &Trouble, req: &SandboxRequest) -> SandboxReply {
        let token_call = matches!(Route::of(req), Route::Token | Route::Revoke);
        match trouble {
            Trouble::Outage(status) if token_call => SandboxReply::html(
                *status,
                "<html><head><title>X / Over capacity</title></head><body>Over capacity</body></html>"
                    .to_owned(),
            ),
            Trouble::Outage(status) => Refusal::outage(*status).reply(&self.settings),
            Trouble::RateLimited(seconds) => {
                // Faults know no clock: the reset counts from the last call that was answered.
                let reset = self.last_now.div_euclid(1_000).saturating_add_unsigned(*seconds);
                let refusal = Refusal::too_many().headed(vec![
                    ("x-rate-limit-limit".to_owned(), "100".to_owned()),
                    ("x-rate-limit-remaining".to_owned(), "0".to_owned()),
                    ("x-rate-limit-reset".to_owned(), reset.to_string()),
                    ("retry-after".to_owned(), seconds.to_string()),
                ]);
                refusal.reply(&self.settings)
            }
            Trouble::Duplicate => Refusal::duplicate().reply(&self.settings),
            Trouble::Transient => Refusal::outage(503).reply(&self.settings),
            Trouble::Rejected => Refusal::not_permitted().reply(&self.settings),
        }
    }

    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64) {
        let token = bearer(req).unwrap_or_default();
        match spoil {
            Spoil::ExpireToken => self.end_token(&token, now_ms),
            Spoil::RevokeToken => {
                let account = self.tokens.iter().find(|t| t.value == token).map(|t| t.account);
                let signed = req.header("authorization").unwrap_or("");
                let pair = self
                    .pairs
                    .iter()
                    .find(|pair| signed.contains(&pair.token))
                    .map(|pair| pair.account);
                if let Some(account) = account.or(pair) {
                    self.disconnect(account);
                }
            }
            Spoil::Stick => {
                if let Some(media) = self.media.last_mut() {
                    media.ready_ms = i64::MAX;
                }
            }
            Spoil::Fail(reason) => {
                if let Some(media) = self.media.last_mut() {
                    media.fails = Some(reason.clone());
                }
            }
            Spoil::Lag(lag) => self.settings.list_lag_ms = lag.unwrap_or(0),
        }
    }

    fn remove_app(&mut self, username: &str, _now_ms: i64) -> bool {
        let account = self.accounts.iter().position(|a| a.username == username);
        account.map(|account| self.disconnect(account)).is_some()
    }

    fn somebody_posts(
        &mut self,
        username: &str,
        text: &str,
        reply_to: Option<&str>,
        now_ms: i64,
    ) -> Option<String> {
        reply_to.is_none().then(|| self.put_post(username, text, now_ms))
    }

    fn posts(&self) -> Vec<WallPost> {
        let posts = self
            .posts
            .iter()
            .filter(|post| !post.superseded)
            .map(|post| self.wall(post));
        let mut all: Vec<WallPost> = posts
            .chain(self.messages.iter().map(|m| self.message_wall(m)))
            .collect();
        all.sort_by_key(|post| post.at_ms);
        all
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn violations(&self) -> Vec<String> {
        shown::broken(&self.violations, &WORDS)
    }

    fn secrets(&self) -> Vec<String> {
        let tokens = self.tokens.iter().map(|t| t.value.clone());
        let refreshes = self.refreshes.iter().map(|r| r.value.clone());
        let codes = self.codes.iter().map(|c| c.value.clone());
        let pairs = self
            .pairs
            .iter()
            .flat_map(|pair| [pair.token.clone(), pair.secret.clone()]);
        let fixed = [
            &self.settings.user_token,
            &self.settings.user_secret,
            &self.settings.consumer_secret,
        ];
        let fixed = fixed.into_iter().filter(|text| !text.is_empty()).cloned();
        let app = [self.app.1.clone(), APP_BEARER.to_owned()];
        tokens
            .chain(refreshes)
            .chain(codes)
            .chain(pairs)
            .chain(fixed)
            .chain(app)
            .collect()
    }

    fn settings(&self) -> Value {
        json!(self.settings)
    }

    fn change_settings(&mut self, changes: &Map<String, Value>) -> Result<(), String> {
        shown::change(&mut self.settings, changes)
    }

    fn set_permalink_base(&mut self, base: &str) {
        base.trim_end_matches('/')
            .clone_into(&mut self.settings.permalink_base);
    }

    fn set_app(&mut self, id: &str, secret: &str) {
        self.app = (id.to_owned(), secret.to_owned());
    }

    fn add_account(&mut self, username: &str) -> String {
        user_id(self.account_named(username))
    }

    /// With the scope `oauth1` alone: a token and its secret of OAuth 1.0a, joined by `:`.
    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String {
        if scopes == ["oauth1"] {
            let (token, secret) = self.grant_pair(username);
            return format!("{token}:{secret}");
        }
        let account = self.account_named(username);
        let all = || SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
        let scopes = if scopes.is_empty() { all() } else { scopes.to_vec() };
        self.issue(account, scopes, now_ms)
    }

    fn accounts(&self) -> Vec<String> {
        self.accounts.iter().map(|a| a.username.clone()).collect()
    }

    fn forget_media_beyond(&mut self, posts: usize) {
        let old = self.posts.len().saturating_sub(posts);
        for post in self.posts.iter_mut().take(old) {
            for media in &mut post.media {
                media.bytes = Bytes::new();
            }
            for media in self.media.iter_mut().filter(|m| post.media_ids.contains(&m.id)) {
                media.bytes = Bytes::new();
            }
        }
    }
}
