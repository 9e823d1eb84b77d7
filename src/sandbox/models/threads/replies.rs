//! Managing replies, mentions and the searches (`threads.md` 5).

use serde_json::{Value, json};

use super::refusal::{Answer, Refusal};
use super::{Call, Scope, Threads};

impl Threads {
    /// `POST /{reply}/manage_reply` with `hide`: of replies in one's own conversations.
    pub(super) fn manage_reply(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let index = self.managed(id, call)?;
        self.version += 1;
        self.posts[index].hidden = match call.params.get("hide") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(Refusal::parameter("The parameter hide is required")),
        };
        Ok(json!({"success": true}))
    }

    /// `GET /{media}/pending_replies`: what waits for approval.
    pub(super) fn pending_replies(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::ReadReplies)?;
        self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))?;
        self.list(
            call,
            caller,
            |post| post.reply_to.as_deref() == Some(id) && post.pending,
            true,
        )
    }

    /// `POST /{reply}/manage_pending_reply` with `approve`.
    pub(super) fn manage_pending(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let index = self.managed(id, call)?;
        self.version += 1;
        match call.params.get("approve") {
            Some("true") => self.posts[index].pending = false,
            Some("false") => self.posts[index].hidden = true,
            _ => return Err(Refusal::parameter("The parameter approve is required")),
        }
        Ok(json!({"success": true}))
    }

    fn managed(&self, id: &str, call: &Call<'_>) -> Answer<usize> {
        let caller = self.caller(call)?;
        caller.need(Scope::ManageReplies)?;
        let own = &self.accounts[caller.account].username;
        let index = self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))?;
        let root = self.posts[index]
            .root
            .as_deref()
            .and_then(|root| self.live_post(root, call.now));
        root.filter(|&r| self.posts[r].username == *own)
            .map(|_| index)
            .ok_or_else(|| Refusal::missing(id))
    }

    /// `GET /me/mentions`: posts of others that name this profile.
    pub(super) fn mentions(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Mentions)?;
        let own = &self.accounts[caller.account].username;
        let at = format!("@{own}");
        self.list(
            call,
            caller,
            |post| post.username != *own && post.text.contains(&at),
            true,
        )
    }

    /// `GET /keyword_search`: own and other public posts that have the words, or the topic.
    pub(super) fn keyword_search(&self, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Search)?;
        let q = call
            .params
            .get("q")
            .ok_or_else(|| Refusal::parameter("The parameter q is required"))?
            .to_lowercase();
        let tags = call.params.get("search_mode") == Some("TAG");
        let fits = |text: &str| text.to_lowercase().contains(&q);
        self.list(
            call,
            caller,
            |post| {
                if tags {
                    post.topic.as_deref().is_some_and(|t| t.to_lowercase() == q)
                } else {
                    fits(&post.text)
                }
            },
            true,
        )
    }

    /// `GET /location_search`: three places, by a part of their name.
    pub(super) fn location_search(&self, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Locations)?;
        let q = call.params.get("q").unwrap_or("").to_lowercase();
        let places = [
            ("37640523", "Menlo Park"),
            ("110141", "Vienna"),
            ("108424", "Zurich"),
        ];
        let found: Vec<Value> = places
            .iter()
            .filter(|(_, name)| name.to_lowercase().contains(&q))
            .map(|(id, name)| json!({"id": id, "name": name}))
            .collect();
        Ok(json!({ "data": found }))
    }

    /// `GET /profile_lookup`: the public profiles of this world (`threads.md` 3).
    pub(super) fn profile_lookup(&self, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Profiles)?;
        let name = call.params.get("username").unwrap_or("");
        let found = self.accounts.iter().find(|a| a.username == name);
        let account = found.ok_or_else(|| Refusal::parameter("The requested profile does not exist."))?;
        Ok(
            json!({"username": account.username, "name": account.name, "is_verified": false, "follower_count": 1000}),
        )
    }
}
