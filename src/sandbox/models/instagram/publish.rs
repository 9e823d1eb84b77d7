//! What shows a post to the world, what takes it away, and the quota (instagram.md 4.1, 4.4, 5, 6).

use serde_json::{Map, Value, json};

use super::create::{not_found, not_ready};
use super::route::Way;
use super::{AfterPublish, Instagram, Node, Published, Republish, Right, Status, media_id};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::{Call, fields, in_last_day};

impl Instagram {
    /// `POST /{ig}/media_publish`.
    pub(super) fn publish(&mut self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call, Right::Publish)?;
        let id = call.need("creation_id")?;
        let own = match self.node_of(id) {
            Some(Node::Container(i)) => Some(i).filter(|&i| {
                let container = &self.containers[i];
                container.account == caller.account && !container.draft.kind.is_child()
            }),
            Some(_) | None => None,
        };
        let index = own.ok_or_else(|| not_found(id))?;
        match self.status_of(index, call.now) {
            Status::Finished => {}
            Status::InProgress => {
                self.violations.published_early += 1;
                return Err(not_ready());
            }
            Status::Published => {
                self.violations.published_twice += 1;
                if self.settings.republish == Republish::Error24 {
                    return Err(gone());
                }
            }
            Status::Error(_) | Status::Expired => return Err(gone()),
        }
        if self.usage(caller.account, call.now) >= self.settings.post_quota {
            return Err(over_quota());
        }
        let media = self.media.len();
        self.media.push(Published {
            account: caller.account,
            draft: self.containers[index].draft.clone(),
            at_ms: call.now,
            comments_off: false,
            deleted_ms: None,
        });
        self.version += 1;
        self.containers[index].published = Some(media);
        for child in self.containers[index].children.clone() {
            self.containers[child].published = Some(media);
        }
        Ok(json!({"id": media_id(media)}))
    }

    /// Posts, reels and stories of the rolling 24 hours, deleted ones and those of other apps included.
    fn usage(&self, account: usize, now: i64) -> usize {
        let own = self
            .media
            .iter()
            .filter(|m| m.account == account)
            .map(|m| m.at_ms);
        in_last_day(own, now) + self.settings.used_by_others
    }

    /// `content_publishing_limit`; without `fields` only the usage comes.
    pub(super) fn limits(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call, Right::Publish)?;
        let mut data = Map::new();
        let wished = call.params.get("fields").unwrap_or("quota_usage");
        for field in wished.split(',').map(str::trim) {
            let value = match field {
                "quota_usage" => json!(self.usage(caller.account, call.now)),
                "config" => json!({"quota_total": self.settings.post_quota, "quota_duration": 86_400}),
                other => return Err(Refusal::no_field(other, "ContentPublishingLimitResponse")),
            };
            data.insert(field.to_owned(), value);
        }
        Ok(json!({"data": [data]}))
    }

    /// The read of a container (instagram.md 4.4); the answer has no media id.
    pub(super) fn status(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        let Some(Node::Container(index)) = self.node_of(id) else {
            return Err(Refusal::missing(id));
        };
        let owner = self.containers[index].account;
        if owner != caller.account && !caller.token.targets.contains(&self.accounts[owner].page) {
            return Err(Refusal::missing(id));
        }
        let status = self.status_of(index, call.now);
        if status == Status::Published && self.settings.after_publish == AfterPublish::NotFound {
            return Err(gone());
        }
        let (code, text) = match &status {
            Status::InProgress => ("IN_PROGRESS", "In Progress: Media is still being processed."),
            Status::Finished => (
                "FINISHED",
                "Finished: Media has been uploaded and it is ready to be published.",
            ),
            Status::Published => ("PUBLISHED", "Published: Media has been successfully published."),
            Status::Expired => (
                "EXPIRED",
                "Expired: Media was not published within 24 hours and has expired.",
            ),
            Status::Error(why) => ("ERROR", why.as_str()),
        };
        let full = json!({"id": id, "status_code": code, "status": text,
            "video_status": self.video_status(index, call.now), "copyright_check_status": Value::Null});
        fields::node(&full, call, "id", "ShadowIGMediaBuilder")
    }

    /// `DELETE /{media}` with Facebook Login, `DELETE /{comment}` with both (instagram.md 5).
    pub(super) fn delete(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        let way = Way::of(call.req);
        match self.node_of(id) {
            Some(Node::Media(index)) => {
                if way == Way::Instagram {
                    return Err(Refusal::parameter(format!(
                        "Unsupported delete request. Object with ID '{id}' does not support this operation"
                    ))
                    .sub(33)
                    .kind("IGApiException"));
                }
                Right::Basic.need(&caller.token, way)?;
                Right::Delete.need(&caller.token, way)?;
                let media = &mut self.media[index];
                if media.account != caller.account || media.deleted_ms.is_some() {
                    return Err(Refusal::missing(id));
                }
                if self.settings.delete_broken {
                    return Err(Refusal::code(-1, "Fatal").sub(2_207_085));
                }
                media.deleted_ms = Some(call.now);
                self.version += 1;
                Ok(json!({"success": true, "deleted_id": id}))
            }
            Some(Node::Comment(index)) => self.delete_comment(index, &caller, call),
            Some(Node::Account(_) | Node::Container(_)) | None => Err(Refusal::missing(id)),
        }
    }
}

/// 24/2207008 (meta-common.md 4.3).
pub(super) fn gone() -> Refusal {
    Refusal::code(24, "The requested resource does not exist")
        .sub(2_207_008)
        .transient(false)
        .user(
            "Media Builder Not Found",
            "The media builder with this creation id does not exist or has been expired.",
        )
}

/// 9/2207042 (meta-common.md 4.3).
fn over_quota() -> Refusal {
    Refusal::code(9, "Application request limit reached")
        .sub(2_207_042)
        .transient(false)
        .user(
            "Maximum number of posts reached",
            "You reached the maximum number of posts that is allowed to be published by Content Publishing API.",
        )
}
