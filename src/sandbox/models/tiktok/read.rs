//! The profile, and the public videos (`tiktok.md` 3 and 5).

use serde_json::{Map, Value, json};

use super::refusal::{Answer, Refusal};
use super::{Call, Caller, Published, TikTok, open_id};

const PAGE_MAX: usize = 20;

impl TikTok {
    /// `GET /v2/user/info/`: each field needs its scope.
    pub(super) fn user_info(&self, caller: &Caller, call: &Call<'_>) -> Answer {
        let fields = call
            .query("fields")
            .ok_or_else(|| Refusal::param("Fields are required."))?;
        let account = &self.accounts[caller.account];
        let mut user = Map::new();
        for field in fields.split(',').map(str::trim) {
            let (scope, value) = match field {
                "open_id" => ("user.info.basic", json!(open_id(caller.account))),
                "union_id" => ("user.info.basic", json!(format!("union-{}", caller.account + 1))),
                "avatar_url" => (
                    "user.info.basic",
                    json!("https://p16.tiktokcdn.example/avatar.jpeg"),
                ),
                "display_name" => ("user.info.basic", json!(account.name)),
                "username" => ("user.info.profile", json!(account.username)),
                "bio_description" => ("user.info.profile", json!("")),
                "profile_deep_link" => (
                    "user.info.profile",
                    json!(format!("{}/@{}", self.settings.permalink_base, account.username)),
                ),
                "is_verified" => ("user.info.profile", json!(false)),
                "follower_count" | "following_count" | "likes_count" => ("user.info.stats", json!(0)),
                "video_count" => {
                    let mine = self
                        .posts
                        .iter()
                        .filter(|p| p.account == caller.account && p.public);
                    ("user.info.stats", json!(mine.count()))
                }
                other => return Err(Refusal::param(&format!("The field {other} does not exist."))),
            };
            caller.need(scope)?;
            user.insert(field.to_owned(), value);
        }
        Ok(json!({ "user": user }))
    }

    /// Own public videos that passed moderation, the newest first.
    fn listed(&self, caller: &Caller, now: i64) -> Vec<&Published> {
        let wait = self
            .settings
            .moderation_ms
            .saturating_add(self.settings.list_lag_ms);
        let seen = |p: &&Published| {
            p.account == caller.account && p.public && !p.photos && now >= p.wall.at_ms.saturating_add(wait)
        };
        self.posts.iter().rev().filter(seen).collect()
    }

    /// `POST /v2/video/list/`: `cursor` in milliseconds, `create_time` in seconds.
    pub(super) fn video_list(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        caller.need("video.list")?;
        let body = if call.req.body.is_empty() {
            Map::new()
        } else {
            call.body()?
        };
        let most = body.get("max_count").and_then(Value::as_u64).unwrap_or(10);
        let most = usize::try_from(most)
            .ok()
            .filter(|most| (1..=PAGE_MAX).contains(most));
        let most = most.ok_or_else(|| Refusal::param("max_count must be between 1 and 20."))?;
        let cursor = body.get("cursor").and_then(Value::as_i64).unwrap_or(i64::MAX);
        let all: Vec<&Published> = self
            .listed(caller, call.now)
            .into_iter()
            .filter(|p| p.wall.at_ms < cursor)
            .collect();
        let shown: Vec<Value> = all
            .iter()
            .take(most)
            .map(|p| video(p, call))
            .collect::<Answer<_>>()?;
        let next = all.iter().take(most).next_back().map_or(0, |p| p.wall.at_ms);
        let more = all.len() > most;
        for task in self.tasks.iter_mut().filter(|t| t.account == caller.account) {
            task.looked = true;
        }
        Ok(json!({"videos": shown, "cursor": next, "has_more": more}))
    }

    /// `POST /v2/video/query/`.
    pub(super) fn video_query(&self, caller: &Caller, call: &Call<'_>) -> Answer {
        caller.need("video.list")?;
        let body = call.body()?;
        let ids = body
            .get("filters")
            .and_then(|f| f["video_ids"].as_array())
            .cloned()
            .unwrap_or_default();
        if !(1..=PAGE_MAX).contains(&ids.len()) {
            return Err(Refusal::param("There must be 1 to 20 video_ids."));
        }
        let wanted = |p: &&Published| ids.iter().any(|id| id.as_str() == Some(p.wall.id.as_str()));
        let found = self.listed(caller, call.now).into_iter().filter(wanted);
        let shown: Vec<Value> = found.map(|p| video(p, call)).collect::<Answer<_>>()?;
        Ok(json!({ "videos": shown }))
    }
}

fn video(post: &Published, call: &Call<'_>) -> Answer {
    let fields = call
        .query("fields")
        .ok_or_else(|| Refusal::param("Fields are required."))?;
    let length = post
        .wall
        .media
        .first()
        .and_then(|m| crate::sandbox::models::video::probe(&m.bytes));
    let mut shown = Map::new();
    for field in fields.split(',').map(str::trim) {
        let value = match field {
            "id" => json!(post.wall.id),
            "create_time" => json!(post.wall.at_ms.div_euclid(1_000)),
            "title" | "video_description" => json!(post.wall.text),
            "duration" => json!(length.map_or(0, |facts| facts.duration_ms / 1_000)),
            "share_url" => json!(post.wall.permalink),
            "width" => json!(post.wall.media.first().map_or(0, |m| m.size.0)),
            "height" => json!(post.wall.media.first().map_or(0, |m| m.size.1)),
            "view_count" | "like_count" | "comment_count" | "share_count" => json!(0),
            other => return Err(Refusal::param(&format!("The field {other} does not exist."))),
        };
        shown.insert(field.to_owned(), value);
    }
    Ok(Value::Object(shown))
}
