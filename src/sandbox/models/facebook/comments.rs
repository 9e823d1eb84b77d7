//! Comments of the Page and of others (facebook.md 4.6, 5, 8F).

use serde_json::{Value, json};

use super::{Comment, Facebook, Node, State, need};
use crate::sandbox::models::meta::inbox::stranger_id;
use crate::sandbox::models::meta::login::page_id;
use crate::sandbox::models::meta::media::{Media, picture};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::send::CommentOf;
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, fields};

const TEXT_MAX: usize = 8_000;

impl Facebook {
    /// The post below which a comment goes, and the comment that it answers.
    fn comment_target(&self, id: &str) -> Option<(usize, Option<String>)> {
        let alive = |i: usize| self.posts[i].deleted_ms.is_none() && self.posts[i].state == State::Published;
        match self.node_of(id)? {
            Node::Post(i) if alive(i) => Some((i, None)),
            Node::Video(i) => self
                .posts
                .iter()
                .position(|p| p.video == Some(i))
                .filter(|&p| alive(p))
                .map(|p| (p, None)),
            Node::Photo(i) => {
                let post = self.photos[i].post.as_ref()?;
                let place = self.posts.iter().position(|p| p.id == *post)?;
                alive(place).then_some((place, None))
            }
            Node::Comment(i) if self.comments[i].deleted_ms.is_none() => {
                let post = self.posts.iter().position(|p| p.id == self.comments[i].post)?;
                alive(post).then(|| (post, Some(id.to_owned())))
            }
            Node::Post(_) | Node::Comment(_) => None,
        }
    }

    /// `POST /{post}/comments`, also below a comment.
    pub(super) fn comment(&mut self, id: &str, call: &mut Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let (post, parent) = self.comment_target(id).ok_or_else(|| Refusal::missing(id))?;
        self.own_page(self.posts[post].page, &token, id)?;
        need(&token, "pages_manage_engagement")?;
        let text = call.params.get("message").unwrap_or("").to_owned();
        self.check_words(&text)?;
        if text.chars().count() > TEXT_MAX {
            return Err(Refusal::parameter("(#100) Comment text too long"));
        }
        let mut media = Vec::new();
        if let Some(url) = call.params.get("attachment_url").map(str::to_owned) {
            let bytes = call.fetch(&url).map(|file| file.bytes).unwrap_or_default();
            let file = picture(bytes, None);
            media.push(file.ok_or_else(|| Refusal::code(324, "(#324) Missing or invalid image file"))?);
        }
        if text.is_empty() && media.is_empty() {
            return Err(Refusal::parameter("(#100) The parameter message is required"));
        }
        let id = self.put_comment(post, parent, &text, media, None, call.now);
        match call.params.get("fields") {
            Some(wished) => fields::pick(
                &self.comment_node(self.comments.len() - 1),
                &fields::parse(wished)?,
                "Comment",
            ),
            None => Ok(json!({ "id": id })),
        }
    }

    pub(super) fn put_comment(
        &mut self,
        post: usize,
        parent: Option<String>,
        text: &str,
        media: Vec<Media>,
        stranger: Option<usize>,
        now: i64,
    ) -> String {
        let number = self.posts[post].id.split('_').nth(1).unwrap_or("0").to_owned();
        let id = format!(
            "{number}_{}",
            880_000_000_000 + (self.comments.len() as u64 + 1) * 7_919
        );
        self.comments.push(Comment {
            id: id.clone(),
            post: self.posts[post].id.clone(),
            parent,
            text: text.to_owned(),
            media,
            stranger,
            page: self.posts[post].page,
            at_ms: now,
            hidden: false,
            deleted_ms: None,
        });
        self.version += 1;
        id
    }

    pub(super) fn comment_node(&self, index: usize) -> Value {
        let comment = &self.comments[index];
        let from = match comment.stranger {
            Some(who) => json!({"id": stranger_id(who), "name": self.inbox.strangers[who].name}),
            None => json!({"id": page_id(comment.page), "name": self.login.pages[comment.page].name}),
        };
        json!({
            "id": comment.id,
            "message": comment.text,
            "from": from,
            "created_time": timestamp(comment.at_ms),
            "is_hidden": comment.hidden,
            "like_count": 0,
            "permalink_url": format!("{}/{}", self.settings.permalink_base, comment.id),
            "parent": comment.parent.as_ref().map(|id| json!({"id": id})),
        })
    }

    /// `GET /{post}/comments`; the oldest first unless `order=reverse_chronological`.
    pub(super) fn list_comments(&self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let (post, parent) = self.comment_target(id).ok_or_else(|| Refusal::missing(id))?;
        self.own_page(self.posts[post].page, &token, id)?;
        let strangers = token.has("pages_read_user_content");
        if !strangers {
            need(&token, "pages_read_engagement")?;
        }
        let (post, seen) = (&self.posts[post].id, call.now.saturating_sub(self.lag_ms()));
        let mut nodes: Vec<Value> = (0..self.comments.len())
            .filter(|&i| {
                let comment = &self.comments[i];
                comment.post == *post
                    && comment.parent == parent
                    && comment.deleted_ms.is_none()
                    && comment.at_ms <= seen
                    && (strangers || comment.stranger.is_none())
            })
            .map(|i| self.comment_node(i))
            .collect();
        if call.params.get("order") == Some("reverse_chronological") {
            nodes.reverse();
        }
        fields::list_page(&nodes, call, "id,message,from,created_time", "Comment", 100)
    }

    pub(super) fn edit_comment(&mut self, index: usize, call: &Call<'_>) -> Answer<()> {
        let own = self.comments[index].stranger.is_none();
        if let Some(hidden) = call.params.get("is_hidden") {
            self.comments[index].hidden = hidden == "true";
        }
        if let Some(text) = call.params.get("message") {
            if !own {
                return Err(Refusal::not_allowed());
            }
            text.clone_into(&mut self.comments[index].text);
        }
        self.version += 1;
        Ok(())
    }

    /// The comment that a private reply answers, when it is on one of this Page's posts.
    pub(super) fn private_comment(&self, call: &Call<'_>, page: usize) -> Option<CommentOf> {
        let recipient: Value = serde_json::from_str(call.params.get("recipient")?).ok()?;
        let id = recipient["comment_id"].as_str()?;
        let comment = self.comments.iter().find(|c| c.id == id && c.page == page)?;
        Some(CommentOf {
            stranger: comment.stranger?,
            at_ms: comment.at_ms,
        })
    }
}
