//! Threads as one vendor among others.

use serde_json::{Map, Value, json};

use super::post::Published;
use super::refusal::Refusal;
use super::route::Route;
use super::{DAY_MS, Fate, Scopes, Threads, container_index};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, Message, Model, Spoil, Trouble, WallKind, WallMedia, WallPost};
use crate::sandbox::models::shown;

/// What stands in `fbtrace_id` of errors that a fault asked for.
const TRACE: &str = "AFaultOnRequest";

impl Model for Threads {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn title(&self) -> &'static str {
        "Threads"
    }

    fn step_of(&self, req: &SandboxRequest) -> &'static str {
        self.route(req).name()
    }

    fn fetches(&self, req: &SandboxRequest) -> Vec<String> {
        if !matches!(self.route(req), Route::Create(_)) {
            return Vec::new();
        }
        let params = req.params();
        let url = match params.get("media_type") {
            Some("IMAGE") => params.get("image_url"),
            Some("VIDEO") => params.get("video_url"),
            _ => None,
        };
        url.map(str::to_owned).into_iter().collect()
    }

    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.handle_with(req, now_ms, fetcher)
    }

    fn refuse(&self, trouble: &Trouble, _req: &SandboxRequest) -> SandboxReply {
        match trouble {
            Trouble::Outage(status) => outage(*status),
            Trouble::RateLimited(seconds) => {
                let limit = Refusal::code(4, "(#4) Application request limit reached");
                let mut reply = limit.http(429).transient(true).reply(TRACE);
                reply
                    .headers
                    .push(("Retry-After".to_owned(), seconds.to_string()));
                reply
            }
            // Threads knows no duplicates.
            Trouble::Duplicate => outage(500),
            Trouble::Transient => Refusal::code(
                2,
                "An unexpected error has occurred. Please retry your request later.",
            )
            .http(500)
            .transient(true)
            .reply(TRACE),
            Trouble::Rejected => Refusal::parameter("Invalid parameter").reply(TRACE),
        }
    }

    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64) {
        match spoil {
            Spoil::ExpireToken => {
                if let Some(token) = Self::token_of(req) {
                    self.expire_token(&token, now_ms);
                }
            }
            Spoil::RevokeToken => self.revoke_as(None, req, now_ms),
            Spoil::Stick => self.doom(req, Fate::Stuck),
            Spoil::Fail(message) => self.doom(req, Fate::Fails(message.clone())),
            Spoil::Lag(lag) => self.lag = *lag,
        }
    }

    fn revoke_as(&mut self, subcode: Option<i64>, req: &SandboxRequest, _now_ms: i64) {
        if let Some(token) = Self::token_of(req) {
            self.revoke_token(&token, subcode);
        }
    }

    fn restrict(&mut self, req: &SandboxRequest, now_ms: i64) {
        let token = Self::token_of(req);
        let token = token.and_then(|value| self.live_token(&value, now_ms).ok());
        let Some(account) = token.map(|token| token.account) else {
            return;
        };
        self.accounts[account].restricted_ms = Some(now_ms + DAY_MS);
        let tried = req.params().get("creation_id").and_then(container_index);
        if let Some(container) = tried.and_then(|index| self.containers.get_mut(index)) {
            container.restricted = true;
        }
    }

    fn remove_app(&mut self, username: &str, _now_ms: i64) -> bool {
        Threads::remove_app(self, username);
        self.accounts.iter().any(|account| account.username == username)
    }

    fn farewell(&mut self, username: &str, removed_ms: i64, _now_ms: i64) -> Option<Message> {
        self.signed_request(username, removed_ms)
            .map(|signed| Message::signed_request(&signed))
    }

    fn at_root(&self) -> bool {
        true
    }

    fn speaks_graph(&self) -> bool {
        true
    }

    fn unknown_scope(&self, scopes: &[String]) -> Option<String> {
        Scopes::parse(&scopes.join(",")).err()
    }

    fn somebody_posts(
        &mut self,
        username: &str,
        text: &str,
        reply_to: Option<&str>,
        now_ms: i64,
    ) -> Option<String> {
        Some(self.seed_post(username, text, reply_to, now_ms))
    }

    /// Hidden and pending posts too, and from which containers they came.
    fn also(&self) -> Map<String, Value> {
        let published = self.published().iter().map(|post| {
            let mut value = json!(post);
            for (at, media) in post.media.iter().enumerate() {
                value["media"][at]["bytes"] = json!(media.bytes.len());
            }
            value
        });
        Map::from_iter([("published".to_owned(), published.collect())])
    }

    fn set_delay(&mut self, ms: i64) {
        self.settings.text_delay_ms = ms;
        self.settings.image_delay_ms = ms.saturating_mul(2);
        self.settings.carousel_delay_ms = ms.saturating_mul(2);
        self.settings.video_delay_ms = ms.saturating_mul(4);
    }

    fn posts(&self) -> Vec<WallPost> {
        let shown = self.posts.iter().filter(|post| !post.hidden && !post.pending);
        shown.map(|post| self.on_the_wall(post)).collect()
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn violations(&self) -> Vec<String> {
        // A struct of numbers is always an object.
        let Ok(Value::Object(counts)) = serde_json::to_value(self.violations) else {
            return Vec::new();
        };
        let broken = counts.into_iter().filter(|(_, count)| count.as_u64() != Some(0));
        broken
            .map(|(name, count)| format!("{}: {count}", name.replace('_', " ")))
            .collect()
    }

    fn secrets(&self) -> Vec<String> {
        Threads::secrets(self).map(str::to_owned).collect()
    }

    fn settings(&self) -> Value {
        serde_json::to_value(&self.settings).unwrap_or_default()
    }

    fn change_settings(&mut self, changes: &Map<String, Value>) -> Result<(), String> {
        shown::change(&mut self.settings, changes)
    }

    fn set_permalink_base(&mut self, base: &str) {
        base.clone_into(&mut self.settings.permalink_base);
    }

    fn set_app(&mut self, id: &str, secret: &str) {
        self.app = (id.to_owned(), secret.to_owned());
    }

    fn add_account(&mut self, username: &str) -> String {
        Threads::add_account(self, username)
    }

    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String {
        // A name that no permission has gives none.
        let scopes = if scopes.is_empty() {
            Scopes::all()
        } else {
            Scopes::parse(&scopes.join(",")).unwrap_or_default()
        };
        self.with_scopes(username, scopes, now_ms)
    }

    fn accounts(&self) -> Vec<String> {
        self.usernames().map(str::to_owned).collect()
    }

    fn forget_media_beyond(&mut self, posts: usize) {
        let kept: usize = self
            .posts
            .iter()
            .rev()
            .take(posts)
            .flat_map(|post| &post.media)
            .map(|media| media.bytes.len())
            .sum();
        // The containers of the same posts hold the same bytes.
        Threads::forget_media_beyond(self, kept.saturating_mul(2));
    }
}

impl Threads {
    /// What becomes of the container that this call made.
    fn doom(&mut self, req: &SandboxRequest, fate: Fate) {
        if let (Route::Create(_), Some(container)) = (self.route(req), self.containers.last_mut()) {
            container.fate = fate;
        }
    }

    fn on_the_wall(&self, post: &Published) -> WallPost {
        let account = self.accounts.iter().find(|a| a.username == post.username);
        let repost = post.repost_of.is_some();
        WallPost {
            id: post.id.clone(),
            username: post.username.clone(),
            name: account.map_or_else(|| post.username.clone(), |a| a.name.clone()),
            at_ms: post.at_ms,
            kind: if repost { WallKind::Repost } else { WallKind::Post },
            text: post.text.clone(),
            sent: None,
            media: post.media.iter().map(wall_media).collect(),
            reply_to: post.reply_to.clone(),
            root: post.root.clone(),
            quote: post.quote.clone(),
            repost_of: post.repost_of.clone(),
            link: post.link.clone(),
            poll: post.poll.clone(),
            topic: post.topic.clone(),
            audience: post.reply_control.as_ref().map(|c| c.replace('_', " ")),
            to: None,
            labels: labels(post),
            permalink: post.permalink.clone(),
            deleted_ms: post.deleted_ms,
        }
    }
}

fn wall_media(media: &super::PublishedMedia) -> WallMedia {
    WallMedia {
        video: media.video,
        mime: media.mime.clone(),
        size: media.size,
        alt: media.alt.clone(),
        bytes: media.bytes.clone(),
    }
}

/// What is special about a post.
fn labels(post: &Published) -> Vec<String> {
    let words = |yes: bool, words: &str| yes.then(|| words.to_owned());
    let all = [
        post.gif.as_ref().map(|gif| format!("GIF {gif}")),
        post.long_text.as_ref().map(|long| format!("read more: {long}")),
        words(post.spoiler, "spoiler"),
        words(post.ghost, "vanishes after 24 h"),
        words(post.approvals, "replies wait for approval"),
        post.location.as_ref().map(|place| format!("place {place}")),
        words(post.cross_shared, "also an Instagram story"),
    ];
    all.into_iter().flatten().collect()
}

/// Shape (e): an outage page that is no JSON (meta-common.md 3e).
fn outage(status: u16) -> SandboxReply {
    SandboxReply::html(
        status,
        "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1>\
         <p>We're working on it and we'll get it fixed as soon as we can.</p></body></html>"
            .to_owned(),
    )
}
