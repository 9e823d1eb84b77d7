//! What shows a post to the world, what takes it away, and the quotas (`threads.md` 4.1, 5, 6).

use serde_json::{Map, Value, json};

use super::post::{Kind, Published, shortcode};
use super::refusal::{self, Answer, Refusal};
use super::{
    AfterPublish, Call, DAY_MS, Republish, Scope, Status, Threads, container_id, container_index, media_id,
};

impl Threads {
    /// `POST /{user}/threads_publish` (`threads.md` 4.1 step 3 and 7).
    pub(super) fn publish(&mut self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        caller.need(Scope::Publish)?;
        let id = call
            .params
            .get("creation_id")
            .ok_or_else(|| Refusal::parameter("The parameter creation_id is required"))?;
        let index = container_index(id).filter(|&i| i < self.containers.len());
        let index =
            index.filter(|&i| self.containers[i].account == caller.account && !self.containers[i].child);
        let index = index.ok_or_else(|| refusal::media_not_found(id))?;
        match self.status_of(index, call.now) {
            Status::Finished => {}
            Status::InProgress => {
                self.violations.published_early += 1;
                return Err(refusal::media_not_found(id));
            }
            Status::Published => {
                self.violations.published_twice += 1;
                if self.settings.republish == Republish::Error24 {
                    return Err(refusal::media_not_found(id));
                }
            }
            Status::Error(_) => return Err(refusal::media_not_found(id)),
            Status::Expired => {
                return Err(Refusal::code(
                    24,
                    "The media builder with this creation id does not exist or has expired.",
                )
                .sub(2_207_008)
                .transient(false));
            }
        }
        if self.is_restricted(caller.account, call.now) {
            let again = std::mem::replace(&mut self.containers[index].restricted, true);
            self.violations.tried_while_restricted += u32::from(again);
            return Err(refusal::restricted());
        }
        self.quota_for(&self.containers[index].draft, caller.account, call.now)?;
        let mut draft = self.containers[index].draft.clone();
        draft.container = Some(container_id(index));
        let cross = draft.cross_shared;
        let media = self.put_post(draft, call.now);
        self.containers[index].published = Some(self.posts.len() - 1);
        for child in self.containers[index].children.clone() {
            self.containers[child].published = Some(self.posts.len() - 1);
        }
        let mut answer = json!({ "id": media });
        if cross {
            answer["crossreshare_to_ig_status"] = json!("SUCCESS");
        }
        Ok(answer)
    }

    /// Puts a post into the world, as seen from now on, and answers its media id.
    pub(super) fn put_post(&mut self, mut post: Published, now: i64) -> String {
        post.id = media_id(self.posts.len());
        post.at_ms = now;
        post.shortcode = shortcode(&post.id);
        post.permalink = format!(
            "{}/@{}/post/{}",
            self.settings.permalink_base, post.username, post.shortcode
        );
        let id = post.id.clone();
        self.version += 1;
        self.posts.push(post);
        id
    }

    /// Publishes a post of another person, without token, container or quota: something to answer or quote.
    pub fn seed_post(&mut self, username: &str, text: &str, reply_to: Option<&str>, now_ms: i64) -> String {
        self.account_named(username);
        let root = reply_to
            .and_then(|id| self.live_post(id, now_ms))
            .map(|i| &self.posts[i]);
        let root = root.map(|parent| parent.root.clone().unwrap_or_else(|| parent.id.clone()));
        let post = Published {
            username: username.to_owned(),
            text: text.to_owned(),
            reply_to: reply_to.map(str::to_owned),
            root,
            ..Published::default()
        };
        self.put_post(post, now_ms)
    }

    /// `POST /{media}/repost`: immediate, no container (`threads.md` 4.3).
    pub(super) fn repost(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Publish)?;
        let original = self
            .live_post(id, call.now)
            .ok_or_else(|| refusal::media_not_found(id))?;
        if self.is_restricted(caller.account, call.now) {
            return Err(refusal::restricted());
        }
        let post = Published {
            username: self.accounts[caller.account].username.clone(),
            kind: Kind::Repost,
            repost_of: Some(self.posts[original].id.clone()),
            ..Published::default()
        };
        self.quota_for(&post, caller.account, call.now)?;
        let id = self.put_post(post, call.now);
        Ok(json!({ "id": id }))
    }

    /// `DELETE /{media}`: one's own, 100 in 24 hours (`threads.md` 5, 6).
    pub(super) fn delete(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        caller.need(Scope::Delete)?;
        let index = self.live_post(id, call.now).ok_or_else(|| Refusal::missing(id))?;
        if self.posts[index].username != self.accounts[caller.account].username {
            return Err(Refusal::missing(id));
        }
        if self.deletions(caller.account, call.now) >= self.settings.delete_quota {
            return Err(self.over_quota());
        }
        self.accounts[caller.account].deletions.push(call.now);
        self.version += 1;
        self.posts[index].deleted_ms = Some(call.now);
        Ok(json!({"success": true, "deleted_id": id}))
    }

    /// Forgets the bytes of the oldest media when all of them together are more than this.
    pub fn forget_media_beyond(&mut self, most: usize) {
        let mut kept = 0_usize;
        let containers = self.containers.iter_mut().rev().map(|c| &mut c.draft);
        for media in containers
            .chain(self.posts.iter_mut().rev())
            .flat_map(|post| &mut post.media)
        {
            kept = kept.saturating_add(media.bytes.len());
            if kept > most {
                media.bytes = bytes::Bytes::new();
            }
        }
    }

    /// The place of a post that is there and not deleted.
    pub(super) fn live_post(&self, id: &str, _now: i64) -> Option<usize> {
        let index = super::index_of(id, super::MEDIA_BASE, super::MEDIA_STEP)?;
        self.posts
            .get(index)
            .filter(|post| post.deleted_ms.is_none())
            .map(|_| index)
    }

    fn is_restricted(&self, account: usize, now: i64) -> bool {
        self.accounts[account]
            .restricted_ms
            .is_some_and(|until| now < until)
    }

    /// Whether the quota that this post counts against still has room: moving 24 hours, counted at publish
    /// (`threads.md` 6). A deleted post still counts.
    pub(super) fn quota_for(&self, draft: &Published, account: usize, now: i64) -> Answer<()> {
        let reply = draft.reply_to.is_some();
        let limit = if reply {
            self.settings.reply_quota
        } else {
            self.settings.post_quota
        };
        if self.usage(account, reply, now) >= limit {
            Err(self.over_quota())
        } else {
            Ok(())
        }
    }

    fn over_quota(&self) -> Refusal {
        Refusal::code(self.settings.quota_code, "Application request limit reached")
            .http(403)
            .transient(true)
    }

    /// Posts or replies of the last 24 hours. The newest stand last, so only the window is walked.
    fn usage(&self, account: usize, replies: bool, now: i64) -> usize {
        let username = &self.accounts[account].username;
        let inside = self
            .posts
            .iter()
            .rev()
            .take_while(|post| now - post.at_ms < DAY_MS);
        inside
            .filter(|post| post.reply_to.is_some() == replies && post.username == *username)
            .count()
    }

    fn deletions(&self, account: usize, now: i64) -> usize {
        self.accounts[account]
            .deletions
            .iter()
            .rev()
            .take_while(|at| now - **at < DAY_MS)
            .count()
    }

    /// `threads_publishing_limit`: one field without its permission fails the whole call (`threads.md` 6).
    pub(super) fn limits(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call)?;
        let config = |total: usize| json!({"quota_total": total, "quota_duration": 86_400});
        let mut data = Map::new();
        for field in call
            .params
            .get("fields")
            .unwrap_or("quota_usage")
            .split(',')
            .map(str::trim)
        {
            let (scope, value) = match field {
                "quota_usage" => (Scope::Publish, json!(self.usage(caller.account, false, call.now))),
                "config" => (Scope::Publish, config(self.settings.post_quota)),
                "reply_quota_usage" => (
                    Scope::ManageReplies,
                    json!(self.usage(caller.account, true, call.now)),
                ),
                "reply_config" => (Scope::ManageReplies, config(self.settings.reply_quota)),
                "delete_quota_usage" => (Scope::Delete, json!(self.deletions(caller.account, call.now))),
                "delete_config" => (Scope::Delete, config(self.settings.delete_quota)),
                "location_search_quota_usage" => (Scope::Locations, json!(0)),
                "location_search_config" => (Scope::Locations, config(500)),
                other => return Err(super::read::no_field(other)),
            };
            caller.need(scope)?;
            data.insert(field.to_owned(), value);
        }
        Ok(json!({"data": [Value::Object(data)]}))
    }

    /// The read of a container's status (`threads.md` 4.6); after publishing there are three known answers (8).
    pub(super) fn status(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        let index = container_index(id).filter(|&i| {
            self.containers
                .get(i)
                .is_some_and(|c| c.account == caller.account)
        });
        let index = index.ok_or_else(|| Refusal::missing(id))?;
        let status = self.status_of(index, call.now);
        if status == Status::Published {
            match self.settings.after_publish {
                AfterPublish::Published => {}
                AfterPublish::NonexistingField => return Err(super::read::no_field("status")),
                AfterPublish::NotFound => return Err(refusal::media_not_found(id)),
            }
        }
        let mut answer = json!({ "id": id });
        for field in call
            .params
            .get("fields")
            .unwrap_or("id")
            .split(',')
            .map(str::trim)
        {
            match field {
                "id" => {}
                "status" => answer["status"] = json!(status.name()),
                "error_message" => {
                    if let Status::Error(why) = &status {
                        answer["error_message"] = json!(why);
                    }
                }
                other => return Err(super::read::no_field(other)),
            }
        }
        Ok(answer)
    }
}

impl Status {
    fn name(&self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Finished => "FINISHED",
            Self::Published => "PUBLISHED",
            Self::Error(_) => "ERROR",
            Self::Expired => "EXPIRED",
        }
    }
}
