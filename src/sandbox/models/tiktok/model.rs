//! TikTok as a vendor of the sandbox.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::auth::SCOPES;
use super::publish::pulled_urls;
use super::refusal::Refusal;
use super::route::Route;
use super::task::{Fate, Source};
use super::{TikTok, bearer, open_id};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, Message, Model, Spoil, Trouble, WallPost};
use crate::sandbox::models::shown;

const LOG_ID: &str = "20260101000000SANDBOX00000000000";

/// The words for each counter of what must never happen.
const WORDS: [(&str, &str); 9] = [
    ("code_reused", "a code was exchanged twice"),
    ("code_encoded", "a code was sent without decoding it"),
    (
        "refresh_reused",
        "a refresh token was used again after its successor had arrived",
    ),
    (
        "chunk_out_of_order",
        "a chunk came before the ones that stand before it",
    ),
    (
        "stale_creator_info",
        "a direct post was begun without fresh creator info",
    ),
    (
        "privacy_not_offered",
        "a privacy level was asked for that was not offered",
    ),
    (
        "interaction_forced",
        "comments, duets or stitches were left on where the creator has them off",
    ),
    (
        "blind_repeat",
        "the same post was begun again without a look whether it exists",
    ),
    (
        "upload_after_cancel",
        "bytes were sent for a post that had been cancelled",
    ),
];

impl Model for TikTok {
    fn name(&self) -> &'static str {
        "tiktok"
    }

    fn title(&self) -> &'static str {
        "TikTok"
    }

    fn step_of(&self, req: &SandboxRequest) -> &'static str {
        Route::of(req).name()
    }

    fn fetches(&self, req: &SandboxRequest) -> Vec<String> {
        match Route::of(req) {
            Route::VideoInit | Route::InboxInit | Route::ContentInit => pulled_urls(&req.body),
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.handle(req, now_ms, fetcher)
    }

    fn refuse(&self, trouble: &Trouble, req: &SandboxRequest) -> SandboxReply {
        let refusal = match (trouble, Route::of(req)) {
            (Trouble::Outage(status), Route::Upload | Route::Authorize) => {
                let page = "<html><head><title>Service Unavailable</title></head><body></body></html>";
                return SandboxReply::html(*status, page.to_owned());
            }
            (Trouble::Outage(_) | Trouble::Transient, Route::Token | Route::Revoke) => {
                let body = json!({"error": "server_error", "error_description": "Something is wrong.", "log_id": LOG_ID});
                let status = if let Trouble::Outage(status) = trouble {
                    *status
                } else {
                    500
                };
                return SandboxReply::json(status, &body);
            }
            (Trouble::Transient, Route::Upload) => return SandboxReply::html(500, String::new()),
            (Trouble::Outage(status), _) => {
                Refusal::api(*status, "internal_error", "Something is wrong. Please try again.")
            }
            (Trouble::Transient | Trouble::Duplicate, _) => {
                // TikTok refuses no duplicates: there is no such code.
                Refusal::api(500, "internal_error", "Something is wrong. Please try again.")
            }
            (Trouble::RateLimited(_), _) => Refusal::rate(),
            (Trouble::Rejected, _) => Refusal::param("The request is invalid."),
        };
        refusal.reply(LOG_ID, self.settings.oauth_error_status)
    }

    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64) {
        let token = bearer(req).unwrap_or_default();
        match spoil {
            Spoil::ExpireToken => self.end_token(&token, now_ms),
            Spoil::RevokeToken => {
                if let Some(account) = self.tokens.iter().find(|t| t.value == token).map(|t| t.account) {
                    self.disconnect(account, 1, now_ms);
                }
            }
            Spoil::Stick => {
                if let Some(task) = self.tasks.last_mut() {
                    task.fate = Fate::Stuck;
                }
            }
            Spoil::Fail(reason) => {
                if let Some(task) = self.tasks.last_mut() {
                    task.fate = Fate::Fails(reason.clone());
                }
            }
            Spoil::Lag(lag) => self.settings.list_lag_ms = lag.unwrap_or(0),
        }
    }

    fn remove_app(&mut self, username: &str, now_ms: i64) -> bool {
        let account = self.accounts.iter().position(|a| a.username == username);
        account
            .map(|account| self.disconnect(account, 1, now_ms))
            .is_some()
    }

    fn farewell(&mut self, username: &str, removed_ms: i64, now_ms: i64) -> Option<Message> {
        let account = self.accounts.iter().position(|a| a.username == username)?;
        self.take_webhooks();
        let (body, signature) = self.removed_hook(account, removed_ms, now_ms);
        Some(Message {
            headers: vec![
                ("Content-Type", "application/json".to_owned()),
                ("TikTok-Signature", signature),
            ],
            body,
        })
    }

    fn posts(&self) -> Vec<WallPost> {
        let mut all: Vec<WallPost> = self.posts.iter().map(|post| post.wall.clone()).collect();
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
        let uploads = self.tasks.iter().filter_map(|task| match &task.source {
            Source::File { token, .. } => Some(token.clone()),
            Source::Url(_) => None,
        });
        tokens
            .chain(refreshes)
            .chain(codes)
            .chain(uploads)
            .chain([self.app.1.clone()])
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
        open_id(self.account_named(username))
    }

    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String {
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
            for media in &mut post.wall.media {
                media.bytes = Bytes::new();
            }
            if let Source::Url(media) = &mut self.tasks[post.task].source {
                *media = None;
            }
        }
    }
}
