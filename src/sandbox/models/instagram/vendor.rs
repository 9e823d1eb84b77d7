//! What the sandbox asks of every vendor.

use serde_json::{Map, Value};

use super::auth::{FB_SCOPES, IG_SCOPES};
use super::route::Route;
use super::{Fate, GrantBy, Instagram, account_id, comment_id, media_id, scoped_id};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, Message, Model, Spoil, Trouble, WallKind, WallPost};
use crate::sandbox::models::meta::inbox::Inbox;
use crate::sandbox::models::meta::login::PERSON;
use crate::sandbox::models::meta::media::Media;
use crate::sandbox::models::meta::refusal::{Refusal, trouble};
use crate::sandbox::models::meta::token::{Grant, Kind as TokenKind, token_of};
use crate::sandbox::models::meta::{send, settings, signed};
use crate::sandbox::models::shown;

/// The rate limit of Instagram and its sentence (meta-common.md 4.1).
const LIMIT: (i64, &str) = (
    80_002,
    "(#80002) There have been too many calls to this Instagram account. Wait a bit and try again.",
);

impl Model for Instagram {
    fn name(&self) -> &'static str {
        "instagram"
    }

    fn title(&self) -> &'static str {
        "Instagram"
    }

    fn step_of(&self, req: &SandboxRequest) -> &'static str {
        self.route(req).name()
    }

    fn fetches(&self, req: &SandboxRequest) -> Vec<String> {
        match self.route(req) {
            Route::Bytes(_) => req.header("file_url").map(str::to_owned).into_iter().collect(),
            Route::Create(_) => {
                let params = req.params();
                let urls = ["image_url", "video_url"].into_iter();
                urls.filter_map(|name| params.get(name).map(str::to_owned))
                    .collect()
            }
            Route::Message(_) => send::file_of(req).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.respond(req, now_ms, fetcher)
    }

    fn refuse(&self, what: &Trouble, req: &SandboxRequest) -> SandboxReply {
        let rejected = match self.route(req) {
            Route::Create(_) => Refusal::code(36_003, "The aspect ratio is not supported.").sub(2_207_009),
            _ => Refusal::code(25, "The Instagram account is restricted.").sub(2_207_050),
        };
        // Identical posts are accepted, but repetition feeds 2207051 (instagram.md 8).
        let spam = Refusal::code(4, "Application request limit reached")
            .sub(2_207_051)
            .http(403)
            .user(
                "Action is blocked",
                "We restrict certain activity to protect our community.",
            );
        trouble(what, LIMIT, Some(spam), rejected)
    }

    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64) {
        match spoil {
            Spoil::ExpireToken | Spoil::RevokeToken => {
                if let Some(token) = token_of(req) {
                    self.login
                        .spoil_token(&token, *spoil == Spoil::RevokeToken, now_ms);
                }
            }
            Spoil::Stick => self.spoil_container(Fate::Stuck),
            Spoil::Fail(why) => self.spoil_container(Fate::Fails(why.clone())),
            Spoil::Lag(lag) => self.lag = *lag,
        }
    }

    fn revoke_as(&mut self, subcode: Option<i64>, req: &SandboxRequest, _now_ms: i64) {
        if let Some(token) = token_of(req) {
            self.login.book.kill(subcode, |t| t.value == token);
        }
    }

    fn remove_app(&mut self, username: &str, _now_ms: i64) -> bool {
        let Some(account) = self.accounts.iter().position(|a| a.username == username) else {
            return false;
        };
        let gone =
            |t: &crate::sandbox::models::meta::token::Token| t.kind.is_facebook() || t.owner == account;
        self.login.book.kill(Some(458), gone);
        true
    }

    fn farewell(&mut self, username: &str, removed_ms: i64, _now_ms: i64) -> Option<Message> {
        let account = self.accounts.iter().position(|a| a.username == username)?;
        let id = match self.settings.grant_by {
            GrantBy::Instagram => scoped_id(account),
            GrantBy::Facebook => PERSON.to_owned(),
        };
        let signed = signed::signed_request(&id, &self.login.app.1, removed_ms);
        Some(Message::signed_request(&signed))
    }

    fn speaks_graph(&self) -> bool {
        true
    }

    fn somebody_writes(&mut self, username: &str, from: &str, text: &str, now_ms: i64) -> Option<String> {
        Some(self.person_writes(username, from, text, now_ms))
    }

    fn posts(&self) -> Vec<WallPost> {
        let posts = (0..self.media.len()).map(|index| self.wall_post(index));
        let comments = (0..self.comments.len()).map(|index| self.wall_comment(index));
        let messages = self.inbox.wall(|account| self.accounts[account].username.clone());
        let mut all: Vec<WallPost> = posts.chain(comments).chain(messages).collect();
        all.sort_by_key(|post| post.at_ms);
        all
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn violations(&self) -> Vec<String> {
        let own = &self.violations;
        let counted = [
            ("a container was published twice", own.published_twice),
            (
                "a container was published before it was FINISHED",
                own.published_early,
            ),
            (
                "a carousel was made of children that were not FINISHED",
                own.carousel_early,
            ),
            (
                "a token was refreshed before it was 24 hours old",
                own.refreshed_early,
            ),
            (
                "bytes were sent again after the upload was whole",
                own.uploaded_again,
            ),
            ("a code was exchanged twice", self.login.code_reused),
            (
                "a message outside its window was tried again",
                self.inbox.tried_again,
            ),
        ];
        shown::told(counted)
    }

    fn secrets(&self) -> Vec<String> {
        self.login.book.secrets()
    }

    fn settings(&self) -> Value {
        settings::shown(&self.login.settings, &self.settings)
    }

    fn change_settings(&mut self, changes: &Map<String, Value>) -> Result<(), String> {
        let mut changes = changes.clone();
        let first = changes
            .remove("write_first")
            .map(|value| Inbox::coming_from(&value))
            .transpose()?;
        settings::change(&mut self.login.settings, &mut self.settings, &changes)?;
        if let Some((to, from, text)) = first {
            let account = self.account_named(&to);
            self.inbox.coming.push((account, from, text));
        }
        Ok(())
    }

    fn set_permalink_base(&mut self, base: &str) {
        base.clone_into(&mut self.settings.permalink_base);
    }

    fn set_app(&mut self, id: &str, secret: &str) {
        self.login.app = (id.to_owned(), secret.to_owned());
    }

    fn add_account(&mut self, username: &str) -> String {
        account_id(self.account_named(username))
    }

    /// Which login it is for is told by the permissions; without any, by the switch `grant_by`.
    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String {
        let account = self.account_named(username);
        let facebook = match scopes.first() {
            Some(first) => !IG_SCOPES.contains(&first.as_str()),
            None => self.settings.grant_by == GrantBy::Facebook,
        };
        let all: &[&str] = if facebook { &FB_SCOPES } else { &IG_SCOPES };
        let scopes = if scopes.is_empty() {
            all.iter().map(|s| (*s).to_owned()).collect()
        } else {
            scopes.to_vec()
        };
        if facebook {
            return self.login.grant_page(self.accounts[account].page, scopes, now_ms);
        }
        let grant = Grant {
            owner: account,
            scopes,
            targets: Vec::new(),
        };
        self.login.book.issue(TokenKind::IgLong, grant, now_ms)
    }

    fn accounts(&self) -> Vec<String> {
        self.accounts
            .iter()
            .map(|account| account.username.clone())
            .collect()
    }

    fn forget_media_beyond(&mut self, posts: usize) {
        let old = self.media.len().saturating_sub(posts);
        for media in self.media[..old].iter_mut().flat_map(|m| &mut m.draft.media) {
            media.bytes.clear();
        }
        let newest = self.containers.len().saturating_sub(posts.max(20));
        let done = self.containers[..newest]
            .iter_mut()
            .filter(|c| c.published.is_some());
        for media in done.flat_map(|c| &mut c.draft.media) {
            media.bytes.clear();
        }
    }
}

impl Instagram {
    fn wall_post(&self, index: usize) -> WallPost {
        let media = &self.media[index];
        let username = self.accounts[media.account].username.clone();
        let kind = match media.draft.kind {
            kind if kind.is_reel() => WallKind::Reel,
            kind if kind.is_story() => WallKind::Story,
            _ => WallKind::Post,
        };
        WallPost {
            id: media_id(index),
            name: username.clone(),
            username,
            at_ms: media.at_ms,
            kind,
            text: media.draft.caption.clone(),
            media: media.draft.media.iter().map(Media::wall).collect(),
            audience: media.draft.apart.then(|| "Reels tab only".to_owned()),
            labels: media.draft.labels.clone(),
            permalink: self.permalink(index),
            deleted_ms: media.deleted_ms,
            ..WallPost::default()
        }
    }

    fn wall_comment(&self, index: usize) -> WallPost {
        let comment = &self.comments[index];
        let (_, name) = self.commenter(index);
        let post = media_id(comment.media);
        WallPost {
            id: comment_id(index),
            username: name.clone(),
            name,
            at_ms: comment.at_ms,
            kind: WallKind::Comment,
            text: comment.text.clone(),
            reply_to: Some(comment.parent.map_or_else(|| post.clone(), comment_id)),
            root: Some(post),
            audience: comment.hidden.then(|| "hidden".to_owned()),
            permalink: format!("{}c/{}", self.permalink(comment.media), comment_id(index)),
            deleted_ms: comment.deleted_ms,
            ..WallPost::default()
        }
    }

    fn spoil_container(&mut self, fate: Fate) {
        if let Some(container) = self.containers.last_mut().filter(|c| c.published.is_none()) {
            container.fate = fate;
        }
    }
}
