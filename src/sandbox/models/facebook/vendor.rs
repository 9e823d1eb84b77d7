//! What the sandbox asks of every vendor.

use serde_json::{Map, Value};

use super::{Facebook, Fate, Post, Route, SCOPES, State, video_id};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, Message, Model, Spoil, Trouble, WallKind, WallMedia, WallPost};
use crate::sandbox::models::meta::inbox::Inbox;
use crate::sandbox::models::meta::login::{PERSON, page_id};
use crate::sandbox::models::meta::media::Media;
use crate::sandbox::models::meta::refusal::{Refusal, trouble};
use crate::sandbox::models::meta::token::token_of;
use crate::sandbox::models::meta::{send, settings, signed};
use crate::sandbox::models::shown;

/// The rate limit of Pages and its sentence (meta-common.md 4.1).
const LIMIT: (i64, &str) = (
    80_001,
    "(#80001) There have been too many calls to this Page account. Wait a bit and try again.",
);

/// Code 506 (meta-common.md 4.1).
pub(super) fn duplicate_506() -> Refusal {
    Refusal::code(506, "Duplicate status message").user(
        "Duplicate status update",
        "This status update is identical to the last one you posted. Try posting something different, or delete your previous update.",
    )
}

impl Model for Facebook {
    fn name(&self) -> &'static str {
        "facebook"
    }

    fn title(&self) -> &'static str {
        "Facebook"
    }

    fn step_of(&self, req: &SandboxRequest) -> &'static str {
        self.route(req).name()
    }

    fn fetches(&self, req: &SandboxRequest) -> Vec<String> {
        match self.route(req) {
            Route::Bytes(_) => req.header("file_url").map(str::to_owned).into_iter().collect(),
            Route::Photos(_) | Route::Upload(..) | Route::Comment(_) => {
                let params = req.params();
                let urls = ["url", "file_url", "attachment_url"].into_iter();
                urls.filter_map(|name| params.get(name).map(str::to_owned))
                    .collect()
            }
            Route::Message(_) | Route::Attach(_) => send::file_of(req).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.respond(req, now_ms, fetcher)
    }

    fn refuse(&self, what: &Trouble, req: &SandboxRequest) -> SandboxReply {
        let limit = match self.route(req) {
            Route::Message(_) => (
                80_006,
                "(#80006) There have been too many messages sent from this Page. Wait a bit and try again.",
            ),
            _ => LIMIT,
        };
        let rejected = Refusal::code(
            368,
            "The action attempted has been deemed abusive or is otherwise disallowed",
        )
        .sub(1_346_003)
        .user("Content isn't allowed", "This content was flagged as abusive.");
        trouble(what, limit, Some(duplicate_506()), rejected)
    }

    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64) {
        match spoil {
            Spoil::ExpireToken | Spoil::RevokeToken => {
                if let Some(token) = token_of(req) {
                    self.login
                        .spoil_token(&token, *spoil == Spoil::RevokeToken, now_ms);
                }
            }
            Spoil::Stick => self.spoil_video(Fate::Stuck),
            Spoil::Fail(why) => self.spoil_video(Fate::Fails(why.clone())),
            Spoil::Lag(lag) => self.lag = *lag,
        }
    }

    fn revoke_as(&mut self, subcode: Option<i64>, req: &SandboxRequest, _now_ms: i64) {
        if let Some(token) = token_of(req) {
            self.login.book.kill(subcode, |t| t.value == token);
        }
    }

    fn remove_app(&mut self, username: &str, _now_ms: i64) -> bool {
        let known = self.login.pages.iter().any(|page| page.name == username);
        if known {
            self.login.book.kill(Some(458), |t| t.kind.is_facebook());
        }
        known
    }

    fn farewell(&mut self, username: &str, removed_ms: i64, _now_ms: i64) -> Option<Message> {
        let known = self.login.pages.iter().any(|page| page.name == username);
        known.then(|| {
            let signed = signed::signed_request(PERSON, &self.login.app.1, removed_ms);
            Message::signed_request(&signed)
        })
    }

    fn speaks_graph(&self) -> bool {
        true
    }

    fn somebody_writes(&mut self, username: &str, from: &str, text: &str, now_ms: i64) -> Option<String> {
        Some(self.person_writes(username, from, text, now_ms))
    }

    fn posts(&self) -> Vec<WallPost> {
        let posts = self.posts.iter().filter(|p| p.state == State::Published);
        let posts = posts.map(|post| self.wall_post(post));
        let comments = self.comments.iter().map(|comment| {
            let name = match comment.stranger {
                Some(who) => self.inbox.strangers[who].name.clone(),
                None => self.login.pages[comment.page].name.clone(),
            };
            WallPost {
                id: comment.id.clone(),
                username: name.clone(),
                name,
                at_ms: comment.at_ms,
                kind: WallKind::Comment,
                text: comment.text.clone(),
                media: comment.media.iter().map(Media::wall).collect(),
                reply_to: Some(comment.parent.clone().unwrap_or_else(|| comment.post.clone())),
                root: Some(comment.post.clone()),
                audience: comment.hidden.then(|| "hidden".to_owned()),
                permalink: format!("{}/{}", self.settings.permalink_base, comment.id),
                deleted_ms: comment.deleted_ms,
                ..WallPost::default()
            }
        });
        let messages = self.inbox.wall(|page| self.login.pages[page].name.clone());
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
            ("a photo was attached to a second post", own.photo_attached_twice),
            ("a photo was made a story twice", own.photo_story_twice),
            (
                "an upload was finished again after that had worked",
                own.finished_twice,
            ),
            (
                "an upload was finished before all its bytes were there",
                own.finished_early,
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
            let page = self.login.page_named(&to);
            self.inbox.coming.push((page, from, text));
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
        page_id(self.login.page_named(username))
    }

    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String {
        let page = self.login.page_named(username);
        let scopes = if scopes.is_empty() {
            SCOPES.iter().map(|s| (*s).to_owned()).collect()
        } else {
            scopes.to_vec()
        };
        self.login.grant_page(page, scopes, now_ms)
    }

    fn accounts(&self) -> Vec<String> {
        self.login.pages.iter().map(|page| page.name.clone()).collect()
    }

    fn forget_media_beyond(&mut self, posts: usize) {
        let old: Vec<(Vec<usize>, Option<usize>)> = self
            .posts
            .iter()
            .rev()
            .skip(posts)
            .map(|p| (p.photos.clone(), p.video))
            .collect();
        for (photos, video) in old {
            for photo in photos {
                self.photos[photo].media.bytes.clear();
            }
            if let Some(media) = video.and_then(|video| self.videos[video].media.as_mut()) {
                media.bytes.clear();
            }
        }
    }
}

impl Facebook {
    fn wall_post(&self, post: &Post) -> WallPost {
        let mut media: Vec<WallMedia> = post
            .photos
            .iter()
            .map(|&photo| self.photos[photo].media.wall())
            .collect();
        let video = post.video.and_then(|video| self.videos[video].media.as_ref());
        media.extend(video.map(Media::wall));
        let name = self.login.pages[post.page].name.clone();
        let mut labels = Vec::new();
        if let Some(video) = post.video {
            let title = self.videos[video].finish.as_ref().and_then(|f| f.title.clone());
            labels.extend(title);
            labels.push(format!("video {}", video_id(video)));
        }
        let audience = match (post.hidden, self.settings.app_is_live) {
            (true, _) => Some("hidden".to_owned()),
            (false, false) => Some("people with a role on the app".to_owned()),
            (false, true) => None,
        };
        WallPost {
            id: post.id.clone(),
            username: name.clone(),
            name,
            at_ms: post.at_ms,
            kind: post.kind,
            text: post.message.clone(),
            media,
            link: post.link.clone(),
            audience,
            labels,
            permalink: self.permalink(post),
            deleted_ms: post.deleted_ms,
            ..WallPost::default()
        }
    }

    fn spoil_video(&mut self, fate: Fate) {
        let last = self.videos.last_mut();
        if let Some(video) = last.filter(|v| v.finish.as_ref().is_none_or(|f| !f.seen)) {
            video.fate = fate;
        }
    }
}
