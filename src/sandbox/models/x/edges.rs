//! Deleting, hiding, reposting, and the count of reads (`x.md` 4.2, 5 and 6.5).

use serde_json::json;

use super::create::{id_of, known};
use super::limits::{self, afford, pay};
use super::refusal::{Answer, Refusal};
use super::show::Post;
use super::{APP_BEARER, Call, Caller, X, bearer, timestamp, user_id};

impl X {
    /// `DELETE /2/tweets/{id}`.
    pub(super) fn delete(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let number = id.parse().unwrap_or(0);
        let Some(at) = self.live(number) else {
            return Err(Refusal::missing("tweet", "id", id));
        };
        if self.posts[at].account != caller.account {
            return Err(Refusal::not_permitted());
        }
        afford(&self.settings, limits::DELETE)?;
        pay(&mut self.settings, limits::DELETE);
        self.posts[at].deleted_ms = Some(call.now);
        for repost in self
            .posts
            .iter_mut()
            .filter(|p| p.repost_of == Some(number) && p.deleted_ms.is_none())
        {
            repost.deleted_ms = Some(call.now);
        }
        self.version += 1;
        Ok((200, json!({"data": {"deleted": true}})))
    }

    /// `PUT /2/tweets/{id}/hidden`.
    pub(super) fn hide(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        known(&body, &["hidden"], "$")?;
        let hidden = body.get("hidden").and_then(serde_json::Value::as_bool);
        let hidden =
            hidden.ok_or_else(|| Refusal::invalid("hidden", &json!(null), "$.hidden: is missing"))?;
        let at = self
            .live(id.parse().unwrap_or(0))
            .ok_or_else(|| Refusal::missing("tweet", "id", id))?;
        let root = self.posts[at].conversation;
        let mine = self
            .posts
            .iter()
            .any(|p| p.id == root && p.account == caller.account);
        if !mine || self.posts[at].reply_to.is_none() {
            return Err(Refusal::not_permitted());
        }
        self.posts[at].hidden = hidden;
        self.version += 1;
        Ok((200, json!({"data": {"hidden": hidden}})))
    }

    fn self_only(&self, id: &str, caller: &Caller) -> Answer<()> {
        if id == user_id(caller.account) {
            return Ok(());
        }
        Err(Refusal::invalid(
            "id",
            &json!(id),
            "The `id` query parameter value is not the same as the authenticating user",
        ))
    }

    /// `POST /2/users/{id}/retweets`; a second time changes nothing.
    pub(super) fn repost(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        self.self_only(id, caller)?;
        let body = call.body()?;
        known(&body, &["tweet_id"], "$")?;
        let wanted = id_of(&body, "tweet_id", "tweet_id")?.unwrap_or(0);
        let Some(at) = self.live(wanted) else {
            return Err(Refusal::missing("tweet", "tweet_id", &wanted.to_string()));
        };
        let again =
            |p: &Post| p.account == caller.account && p.repost_of == Some(wanted) && p.deleted_ms.is_none();
        let before = self.posts.iter().find(|p| again(p)).map(|p| p.id);
        let rest_id = match before {
            Some(id) => id,
            None => {
                afford(&self.settings, limits::REPOST)?;
                self.meter.may_post(caller.account, &self.settings, call.now)?;
                pay(&mut self.settings, limits::REPOST);
                self.meter.posted(caller.account, call.now);
                let author = &self.accounts[self.posts[at].account].username;
                let sent = format!("RT @{author}: {}", self.posts[at].sent);
                let id = self.next_id(call.now);
                let (account, at_ms) = (caller.account, call.now);
                self.publish(Post {
                    id,
                    account,
                    at_ms,
                    sent,
                    repost_of: Some(wanted),
                    ..Post::default()
                });
                id
            }
        };
        Ok((
            200,
            json!({"data": {"retweeted": true, "rest_id": rest_id.to_string()}}),
        ))
    }

    /// `DELETE /2/users/{id}/retweets/{post}`.
    pub(super) fn unrepost(&mut self, id: &str, post: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        self.self_only(id, caller)?;
        let wanted = post.parse().ok();
        let mine =
            |p: &&mut Post| p.account == caller.account && p.repost_of.is_some() && p.repost_of == wanted;
        for repost in self
            .posts
            .iter_mut()
            .filter(mine)
            .filter(|p| p.deleted_ms.is_none())
        {
            repost.deleted_ms = Some(call.now);
            self.version += 1;
        }
        Ok((200, json!({"data": {"retweeted": false}})))
    }

    /// `GET /2/usage/tweets`, for the app's own token alone.
    pub(super) fn usage(&mut self, call: &Call<'_>) -> Answer {
        match bearer(call.req) {
            Some(token) if token == APP_BEARER => {}
            Some(_) => return Err(Refusal::unsupported_authentication()),
            None => return Err(Refusal::unauthorized()),
        }
        let date = timestamp(call.now)[..10].to_owned();
        let read = self.settings.spent;
        Ok((
            200,
            json!({"data": {
                "daily_project_usage": [{"date": date, "usage": [{"app_id": "12345678", "tweets_consumed": read}]}],
                "project_id": "1234567890",
                "project_cap": 3_000_000,
            }}),
        ))
    }
}
