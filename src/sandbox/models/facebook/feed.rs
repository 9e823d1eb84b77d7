//! Posts: text, links, attached photos, schedules, drafts, edits, deletion (facebook.md 4.1, 4.2, 5).

use serde_json::{Value, json};

use super::{Duplicates, Facebook, Node, Post, State, need};
use crate::sandbox::model::WallKind;
use crate::sandbox::models::meta::login::page_id;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::send::id_text;
use crate::sandbox::models::meta::token::Token;
use crate::sandbox::models::meta::{Call, DAY_MS, HOUR_MS, fields, times};

const TEXT_MAX: usize = 63_206;
const SCHEDULE_MIN_MS: i64 = 600_000;

impl Facebook {
    /// `POST /{page}/feed`.
    pub(super) fn feed(&mut self, page: &str, call: &Call<'_>) -> Answer {
        let (token, page) = self.page_with(page, "pages_manage_posts", call)?;
        let message = call.params.get("message").unwrap_or("").to_owned();
        self.check_words(&message)?;
        let link = call.params.get("link").map(str::to_owned);
        if let Some(link) = &link {
            self.check_link(link)?;
        }
        let state = self.state_of(call, call.params.get("unpublished_content_type"))?;
        let photos = self.attached(page, call)?;
        if message.is_empty() && link.is_none() && photos.is_empty() {
            return Err(Refusal::parameter("(#100) Missing message or attachment"));
        }
        if link.is_some() && !photos.is_empty() {
            return Err(Refusal::parameter("(#100) Can not combine link and attached_media").sub(1_349_125));
        }
        self.may_publish(page, state, call.now)?;
        self.check_duplicate(page, &message, link.as_deref(), &photos)?;
        let index = self.put_post(page, WallKind::Post, state, call.now);
        let id = self.posts[index].id.clone();
        for &photo in &photos {
            self.photos[photo].post = Some(id.clone());
        }
        let post = &mut self.posts[index];
        (post.message, post.link, post.photos) = (message, link, photos);
        self.read_after_write(index, &token, call)
    }

    /// The answer of a write: the id, and what `fields` asks for (facebook.md 4.1).
    fn read_after_write(&self, index: usize, _token: &Token, call: &Call<'_>) -> Answer {
        let full = self.post_node(index);
        match call.params.get("fields") {
            Some(wished) => fields::pick(&full, &fields::parse(wished)?, "PagePost"),
            None => Ok(json!({"id": self.posts[index].id})),
        }
    }

    /// A new post of a Page.
    pub(super) fn put_post(&mut self, page: usize, kind: WallKind, state: State, now: i64) -> usize {
        let id = self.next_post(page);
        self.push_post(id, page, kind, state, now)
    }

    /// A new id of a post, `<page>_<post>`; that of a video is given out before it is seen.
    pub(super) fn next_post(&mut self, page: usize) -> String {
        self.ids += 1;
        format!("{}_{}", page_id(page), 1_220_000_000_000 + self.ids * 7_919)
    }

    pub(super) fn push_post(
        &mut self,
        id: String,
        page: usize,
        kind: WallKind,
        state: State,
        now: i64,
    ) -> usize {
        self.version += u64::from(state == State::Published);
        self.posts.push(Post {
            id,
            page,
            message: String::new(),
            link: None,
            photos: Vec::new(),
            video: None,
            kind,
            state,
            at_ms: now,
            edited_ms: now,
            hidden: false,
            deleted_ms: None,
        });
        self.posts.len() - 1
    }

    pub(super) fn check_words(&self, text: &str) -> Answer<()> {
        if text.chars().count() > TEXT_MAX {
            return Err(Refusal::parameter("(#100) Name parameter too long"));
        }
        if self
            .settings
            .abusive_words
            .iter()
            .any(|word| text.contains(word.as_str()))
        {
            return Err(Refusal::code(
                368,
                "The action attempted has been deemed abusive or is otherwise disallowed",
            )
            .sub(1_346_003));
        }
        Ok(())
    }

    fn check_link(&self, link: &str) -> Answer<()> {
        let parsed = url::Url::parse(link)
            .ok()
            .filter(|u| matches!(u.scheme(), "http" | "https"));
        let Some(host) = parsed.as_ref().and_then(url::Url::host_str) else {
            return Err(Refusal::parameter("(#100) The url you supplied is invalid").sub(2_061_006));
        };
        if host == "facebook.com" || host.ends_with(".facebook.com") {
            return Err(Refusal::parameter("(#100) Links to facebook.com cannot be posted").sub(1_609_008));
        }
        if self.settings.link_unreadable {
            return Err(Refusal::code(
                1_609_005,
                "Error parsing the link: there was an error scraping the page",
            ));
        }
        Ok(())
    }

    /// Published, scheduled (10 minutes to 30 days ahead) or a draft.
    pub(super) fn state_of(&self, call: &Call<'_>, kind: Option<&str>) -> Answer<State> {
        let hidden = call
            .params
            .get("published")
            .is_some_and(|v| v == "false" || v == "0");
        let Some(at) = call.params.get("scheduled_publish_time") else {
            return Ok(if hidden || kind == Some("DRAFT") {
                State::Draft
            } else {
                State::Published
            });
        };
        let wrong = |text: &str| Err(Refusal::parameter(format!("(#100) {text}")));
        if !hidden {
            return wrong("You cannot specify a scheduled publish time on a published post");
        }
        let Some(at) = times::parse(at) else {
            return wrong("Invalid parameter: scheduled_publish_time");
        };
        self.check_schedule(at, call.now)?;
        Ok(State::Scheduled(at))
    }

    pub(super) fn check_schedule(&self, at: i64, now: i64) -> Answer<()> {
        let ahead = at.saturating_sub(now);
        let most = self.settings.schedule_max_days.saturating_mul(DAY_MS);
        if (SCHEDULE_MIN_MS..=most).contains(&ahead) {
            return Ok(());
        }
        Err(Refusal::parameter(
            "(#100) The specified scheduled publish time is invalid.",
        ))
    }

    /// `attached_media` as a JSON list or as `attached_media[0]`, ...
    fn attached(&mut self, page: usize, call: &Call<'_>) -> Answer<Vec<usize>> {
        let wrong =
            || Refusal::parameter("(#100) Param attached_media must be an array of objects with media_fbid");
        let items: Vec<Value> = match call.params.get("attached_media") {
            Some(text) => serde_json::from_str(text).map_err(|_| wrong())?,
            None => (0..50)
                .map_while(|n| call.params.get(&format!("attached_media[{n}]")))
                .map(|text| serde_json::from_str(text).map_err(|_| wrong()))
                .collect::<Answer<_>>()?,
        };
        let mut photos = Vec::new();
        for item in &items {
            let id = id_text(item.get("media_fbid").ok_or_else(wrong)?);
            let Some(Node::Photo(index)) = self.node_of(&id) else {
                return Err(Refusal::missing(&id));
            };
            self.check_photo(index, page, call.now)?;
            if photos.contains(&index) {
                self.violations.photo_attached_twice += 1;
                return Err(wrong());
            }
            photos.push(index);
        }
        Ok(photos)
    }

    /// A photo must be the Page's own, alive, and not in another post (1366051).
    fn check_photo(&mut self, index: usize, page: usize, now: i64) -> Answer<()> {
        let photo = &self.photos[index];
        let old = now.saturating_sub(photo.made_ms) >= self.settings.photo_life_h.saturating_mul(HOUR_MS);
        if photo.page != page || photo.deleted || (photo.post.is_none() && old) {
            return Err(Refusal::missing(&super::photo_id(index)));
        }
        if photo.post.is_some() {
            self.violations.photo_attached_twice += 1;
            if self.settings.photo_again_refused {
                return Err(Refusal::code(100, "(#100) These photos were already posted.").sub(1_366_051));
            }
        }
        Ok(())
    }

    /// What stands between a Page and its publishing: the switches, and posts too fast after one another.
    pub(super) fn may_publish(&self, page: usize, state: State, now: i64) -> Answer<()> {
        if let Some(subcode) = self.settings.refuse_publishing {
            let code = if subcode == 1_404_078 { 200 } else { 368 };
            return Err(Refusal::code(code, "You cannot publish as this Page right now.")
                .sub(subcode)
                .http(403));
        }
        let space = self.settings.spacing_s.saturating_mul(1000);
        let last = self
            .posts
            .iter()
            .rev()
            .find(|p| p.page == page && p.state == State::Published);
        if state == State::Published && last.is_some_and(|p| now.saturating_sub(p.at_ms) < space) {
            return Err(Refusal::code(
                368,
                "It looks like you were misusing this feature by going too fast.",
            )
            .sub(1_390_008));
        }
        Ok(())
    }

    /// A heuristic over words and links; photos and videos are not protected (facebook.md 8E).
    fn check_duplicate(
        &self,
        page: usize,
        message: &str,
        link: Option<&str>,
        photos: &[usize],
    ) -> Answer<()> {
        let refusal = match self.settings.duplicates {
            Duplicates::Accepted => return Ok(()),
            Duplicates::Code506 => super::vendor::duplicate_506(),
            Duplicates::Code368 => Refusal::code(
                368,
                "You've already posted this. Try posting something different.",
            ),
        };
        let last = self
            .posts
            .iter()
            .rev()
            .find(|p| p.page == page && p.deleted_ms.is_none());
        let same =
            last.is_some_and(|p| p.message == message && p.link.as_deref() == link && p.photos.is_empty());
        if same && photos.is_empty() {
            Err(refusal)
        } else {
            Ok(())
        }
    }

    /// `POST /{post}`, `/{comment}`: edit, publish, move, hide (facebook.md 5).
    pub(super) fn edit(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        match self.node_of(id) {
            Some(Node::Post(index)) if self.posts[index].deleted_ms.is_none() => {
                self.own_page(self.posts[index].page, &token, id)?;
                need(&token, "pages_manage_posts")?;
                self.edit_post(index, call)?;
            }
            Some(Node::Comment(index)) if self.comments[index].deleted_ms.is_none() => {
                self.own_page(self.comments[index].page, &token, id)?;
                need(&token, "pages_manage_engagement")?;
                self.edit_comment(index, call)?;
            }
            Some(Node::Post(_) | Node::Comment(_) | Node::Photo(_) | Node::Video(_)) | None => {
                return Err(Refusal::missing(id));
            }
        }
        Ok(json!({"success": true}))
    }

    fn edit_post(&mut self, index: usize, call: &Call<'_>) -> Answer<()> {
        let message = call.params.get("message").map(str::to_owned);
        if let Some(text) = &message {
            self.check_words(text)?;
        }
        let at = call.params.get("scheduled_publish_time").map(|text| {
            times::parse(text).ok_or_else(|| Refusal::parameter("(#100) Invalid scheduled_publish_time"))
        });
        let at = at.transpose()?;
        if let Some(at) = at {
            self.check_schedule(at, call.now)?;
        }
        if call.params.flag("is_published") || call.params.get("is_published") == Some("true") {
            self.may_publish(self.posts[index].page, State::Published, call.now)?;
            self.publish_post(index, call.now);
        }
        let post = &mut self.posts[index];
        if let (Some(at), State::Scheduled(_) | State::Draft) = (at, post.state) {
            post.state = State::Scheduled(at);
        }
        if let Some(hidden) = call.params.get("is_hidden") {
            post.hidden = hidden == "true";
        }
        if let Some(text) = message {
            post.message = text;
            post.edited_ms = call.now;
        }
        self.version += 1;
        Ok(())
    }

    /// Idempotent: a post that is out stays as it is.
    pub(super) fn publish_post(&mut self, index: usize, now: i64) {
        let post = &mut self.posts[index];
        if post.state != State::Published {
            (post.state, post.at_ms) = (State::Published, now);
            self.version += 1;
        }
    }

    /// Whether the token is that of the Page to which a node belongs.
    pub(super) fn own_page(&self, page: usize, token: &Token, id: &str) -> Answer<()> {
        if token.page == Some(page) {
            Ok(())
        } else {
            Err(Refusal::missing(id))
        }
    }

    /// `DELETE /{post}`, `/{photo}`, `/{video}`, `/{comment}`.
    pub(super) fn delete(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let node = self.node_of(id).ok_or_else(|| Refusal::missing(id))?;
        let (page, gone) = match node {
            Node::Post(index) => (self.posts[index].page, self.posts[index].deleted_ms.is_some()),
            Node::Photo(index) => (self.photos[index].page, self.photos[index].deleted),
            Node::Video(index) => (self.videos[index].page, self.videos[index].deleted),
            Node::Comment(index) => (
                self.comments[index].page,
                self.comments[index].deleted_ms.is_some(),
            ),
        };
        self.own_page(page, &token, id)?;
        if gone {
            return Err(Refusal::missing(id));
        }
        let comment = matches!(node, Node::Comment(_));
        need(
            &token,
            if comment {
                "pages_manage_engagement"
            } else {
                "pages_manage_posts"
            },
        )?;
        self.version += 1;
        match node {
            Node::Post(index) => {
                self.posts[index].deleted_ms = Some(call.now);
                for photo in self.posts[index].photos.clone() {
                    self.photos[photo].deleted = true;
                }
            }
            Node::Photo(index) => self.photos[index].deleted = true,
            Node::Video(index) => {
                self.videos[index].deleted = true;
                let post = self.posts.iter_mut().find(|p| p.video == Some(index));
                if let Some(post) = post {
                    post.deleted_ms = Some(call.now);
                }
            }
            Node::Comment(index) => self.comments[index].deleted_ms = Some(call.now),
        }
        Ok(json!({"success": true}))
    }

    /// What time alone brings: scheduled posts, and videos whose processing is over.
    pub(super) fn advance(&mut self, now: i64) {
        self.advance_videos(now);
        for index in 0..self.posts.len() {
            let post = &self.posts[index];
            if let (State::Scheduled(at), None) = (post.state, post.deleted_ms)
                && at <= now
            {
                self.publish_post(index, at);
            }
        }
    }
}
