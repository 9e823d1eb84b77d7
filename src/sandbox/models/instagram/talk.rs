//! Comments and messages (instagram.md 5).

use serde_json::{Value, json};

use super::route::Way;
use super::{Caller, Comment, Instagram, Node, Right, Settings, account_id, comment_id, media_id};
use crate::sandbox::models::meta::inbox::stranger_id;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::send::{CommentOf, Rules};
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, fields};

const COMMENT_MAX: usize = 300;

impl Instagram {
    /// The post and the comment that a comment goes below.
    fn comment_target(&self, id: &str, account: usize) -> Option<(usize, Option<usize>)> {
        match self.node_of(id)? {
            Node::Media(index) => self.alive(index, account).map(|index| (index, None)),
            Node::Comment(index) => {
                let comment = self.comments.get(index).filter(|c| c.deleted_ms.is_none())?;
                self.alive(comment.media, account)
                    .map(|media| (media, Some(index)))
            }
            Node::Account(_) | Node::Container(_) => None,
        }
    }

    /// `POST /{media}/comments`, `POST /{comment}/replies`: 300 characters, 4 hashtags, 1 link, not all capitals.
    pub(super) fn comment(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        Right::Comments.need(&caller.token, Way::of(call.req))?;
        let (media, parent) = self
            .comment_target(id, caller.account)
            .ok_or_else(|| Refusal::missing(id))?;
        let text = call.need("message")?.to_owned();
        let letters = || text.chars().filter(|c| c.is_alphabetic());
        let shouts = letters().count() > 3 && letters().all(char::is_uppercase);
        let links = text.matches("http://").count() + text.matches("https://").count();
        if text.chars().count() > COMMENT_MAX || text.matches('#').count() > 4 || links > 1 || shouts {
            return Err(Refusal::parameter(
                "(#100) The comment is too long, or has too many hashtags, links or capitals",
            ));
        }
        if self.media[media].comments_off || self.media[media].draft.kind.is_story() {
            return Err(Refusal::not_allowed());
        }
        let id = self.put_comment(media, parent, None, &text, call.now);
        Ok(json!({ "id": id }))
    }

    pub(super) fn put_comment(
        &mut self,
        media: usize,
        parent: Option<usize>,
        stranger: Option<usize>,
        text: &str,
        now: i64,
    ) -> String {
        self.comments.push(Comment {
            media,
            parent,
            stranger,
            text: text.to_owned(),
            at_ms: now,
            hidden: false,
            deleted_ms: None,
        });
        self.version += 1;
        comment_id(self.comments.len() - 1)
    }

    /// Who wrote a comment: id and username.
    pub(super) fn commenter(&self, index: usize) -> (String, String) {
        let comment = &self.comments[index];
        match comment.stranger {
            Some(who) => (stranger_id(who), self.inbox.strangers[who].name.clone()),
            None => {
                let account = self.media[comment.media].account;
                (account_id(account), self.accounts[account].username.clone())
            }
        }
    }

    fn comment_plain(&self, index: usize) -> Value {
        let comment = &self.comments[index];
        let (id, username) = self.commenter(index);
        json!({
            "id": comment_id(index),
            "text": comment.text,
            "username": username,
            "from": {"id": id, "username": username},
            "timestamp": timestamp(comment.at_ms),
            "like_count": 0,
            "hidden": comment.hidden,
            "parent_id": comment.parent.map(comment_id),
            "media": {"id": media_id(comment.media)},
            "replies": null,
        })
    }

    pub(super) fn comment_node(&self, index: usize) -> Value {
        let mut node = self.comment_plain(index);
        let below: Vec<Value> = (0..self.comments.len())
            .filter(|&i| self.comments[i].parent == Some(index) && self.comments[i].deleted_ms.is_none())
            .map(|i| self.comment_plain(i))
            .collect();
        if !below.is_empty() {
            node["replies"] = json!({ "data": below });
        }
        node
    }

    /// `GET /{media}/comments`, `GET /{comment}/replies`; the newest first.
    pub(super) fn list_comments(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        Right::Comments.need(&caller.token, Way::of(call.req))?;
        let (media, parent) = self
            .comment_target(id, caller.account)
            .ok_or_else(|| Refusal::missing(id))?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let shown = |i: &usize| {
            let comment = &self.comments[*i];
            comment.media == media
                && comment.parent == parent
                && comment.deleted_ms.is_none()
                && comment.at_ms <= seen
        };
        let places = (0..self.comments.len()).rev().filter(shown);
        let nodes: Vec<Value> = places.map(|i| self.comment_node(i)).collect();
        fields::list_page(&nodes, call, "id,text,timestamp", "IGComment", 50)
    }

    pub(super) fn delete_comment(&mut self, index: usize, caller: &Caller, call: &Call<'_>) -> Answer {
        Right::Comments.need(&caller.token, Way::of(call.req))?;
        let owner = self.media[self.comments[index].media].account;
        let comment = &mut self.comments[index];
        if owner != caller.account || comment.deleted_ms.is_some() {
            return Err(Refusal::missing(&comment_id(index)));
        }
        comment.deleted_ms = Some(call.now);
        self.version += 1;
        Ok(json!({"success": true}))
    }

    fn send_rules(settings: &Settings, way: Way) -> Rules<'_> {
        Rules {
            window_subcode: 2_534_022,
            text_max: 1_000,
            in_bytes: true,
            human_agent: settings.human_agent,
            json_only: way == Way::Instagram,
            unavailable: &settings.unavailable,
            picture_max: 8 * 1024 * 1024,
        }
    }

    /// The caller of a conversation: the profile (path I) or its Page (path F).
    fn talker(&self, id: &str, call: &Call<'_>) -> Answer<Caller> {
        if Way::of(call.req) == Way::Instagram || self.node_of(id).is_some() {
            return self.own(id, call, Right::Messages);
        }
        let (token, page) = self.login.page_caller(id, call)?;
        Right::Messages.need(&token, Way::Facebook)?;
        let account = self.account_of_page(page).ok_or_else(|| Refusal::missing(id))?;
        Ok(Caller { account, token })
    }

    /// `POST /{ig or page}/messages`.
    pub(super) fn message(&mut self, id: &str, call: &mut Call<'_>) -> Answer {
        let caller = self.talker(id, call)?;
        let comment = self.private_comment(call, caller.account);
        let rules = Self::send_rules(&self.settings, Way::of(call.req));
        let media = &self.media;
        let shared = |id: &str| {
            let own = |(n, m): &(usize, &super::Published)| media_id(*n) == id && m.account == caller.account;
            media
                .iter()
                .enumerate()
                .find(own)
                .map(|(_, m)| m.draft.media.clone())
        };
        let answer = self.inbox.send(caller.account, &rules, call, comment, shared)?;
        self.version += 1;
        Ok(answer)
    }

    fn private_comment(&self, call: &Call<'_>, account: usize) -> Option<CommentOf> {
        let recipient: Value = serde_json::from_str(call.params.get("recipient")?).ok()?;
        let Some(Node::Comment(index)) = self.node_of(recipient["comment_id"].as_str()?) else {
            return None;
        };
        let comment = &self.comments[index];
        let own = self.media[comment.media].account == account && comment.deleted_ms.is_none();
        Some(CommentOf {
            stranger: comment.stranger.filter(|_| own)?,
            at_ms: comment.at_ms,
        })
    }

    /// `GET /{ig or page}/conversations?platform=instagram`.
    pub(super) fn conversations(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.talker(id, call)?;
        if call
            .params
            .get("platform")
            .is_some_and(|p| !p.eq_ignore_ascii_case("instagram"))
            || self.settings.conversations_hidden
        {
            return Ok(json!({"data": []}));
        }
        let username = &self.accounts[caller.account].username;
        let own = account_id(caller.account);
        self.inbox
            .conversations(caller.account, &own, username, self.lag_ms(), call)
    }
}
