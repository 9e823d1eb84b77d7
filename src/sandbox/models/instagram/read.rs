//! Profiles, posts and lists (instagram.md 3, 5, 8).

use serde_json::{Value, json};

use super::route::Way;
use super::{Instagram, Kind, Node, Right, account_id, media_id, scoped_id};
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, DAY_MS, fields};

impl Instagram {
    /// `GET /me` (path I) or `GET /{ig}`.
    pub(super) fn profile(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(id, call, Right::Basic)?;
        let account = &self.accounts[caller.account];
        let way = Way::of(call.req);
        let counted = self
            .media
            .iter()
            .filter(|m| m.account == caller.account && m.deleted_ms.is_none());
        let mut full = json!({
            "id": account_id(caller.account),
            "username": account.username,
            "name": account.username.replace(['_', '.'], " "),
            "biography": null,
            "website": null,
            "profile_picture_url": format!("https://scontent.cdninstagram.com/{}.jpg", account.username),
            "followers_count": 57,
            "follows_count": 12,
            "media_count": counted.count(),
        });
        if way == Way::Instagram {
            full["user_id"] = json!(account_id(caller.account));
            full["account_type"] = json!("BUSINESS");
            if id == "me" {
                full["id"] = json!(scoped_id(caller.account));
            }
        }
        let answer = fields::node(&full, call, "id", "IGUser")?;
        let wrapped = self.settings.wrapped && way == Way::Instagram && id == "me";
        Ok(if wrapped {
            json!({"data": [answer]})
        } else {
            answer
        })
    }

    /// `GET /{media}`, `GET /{comment}`.
    pub(super) fn read(&self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        Right::Basic.need(&caller.token, Way::of(call.req))?;
        match self.node_of(id) {
            Some(Node::Media(index)) => {
                let index = self
                    .alive(index, caller.account)
                    .ok_or_else(|| Refusal::missing(id))?;
                fields::node(&self.media_node(index), call, "id", "IGMedia")
            }
            Some(Node::Comment(index)) if self.comments[index].deleted_ms.is_none() => {
                fields::node(&self.comment_node(index), call, "id,text,timestamp", "IGComment")
            }
            Some(Node::Comment(_) | Node::Account(_) | Node::Container(_)) | None => {
                Err(Refusal::missing(id))
            }
        }
    }

    /// A post of this profile that is there.
    pub(super) fn alive(&self, index: usize, account: usize) -> Option<usize> {
        let media = &self.media[index];
        (media.account == account && media.deleted_ms.is_none()).then_some(index)
    }

    /// Everything that a read of a post can show.
    pub(super) fn media_node(&self, index: usize) -> Value {
        let media = &self.media[index];
        let kind = media.draft.kind;
        let media_type = match kind {
            Kind::Image | Kind::StoryImage | Kind::ChildImage => "IMAGE",
            Kind::Reel | Kind::StoryVideo | Kind::ChildVideo => "VIDEO",
            Kind::Carousel => "CAROUSEL_ALBUM",
        };
        let product = match kind {
            Kind::Reel => "REELS",
            Kind::StoryImage | Kind::StoryVideo => "STORY",
            Kind::Image | Kind::ChildImage | Kind::ChildVideo | Kind::Carousel => "FEED",
        };
        let caption = if self.settings.captions_without_at {
            media.draft.caption.replace('@', "")
        } else {
            media.draft.caption.clone()
        };
        let comments = self
            .comments
            .iter()
            .filter(|c| c.media == index && c.deleted_ms.is_none());
        let children = media.draft.media.iter().enumerate().map(|(n, child)| {
            let kind = if child.video { "VIDEO" } else { "IMAGE" };
            json!({"id": format!("{}{n:02}", media_id(index)), "media_type": kind, "media_url": null})
        });
        let children: Vec<Value> = children.collect();
        json!({
            "id": media_id(index),
            "caption": Some(caption).filter(|text| !text.is_empty()),
            "media_type": media_type,
            "media_product_type": product,
            "media_url": format!("https://scontent.cdninstagram.com/v/{}", media_id(index)),
            "thumbnail_url": kind.is_video().then(|| format!("https://scontent.cdninstagram.com/t/{}", media_id(index))),
            "permalink": self.permalink(index),
            "shortcode": shortcode(&media_id(index)),
            "timestamp": timestamp(media.at_ms),
            "username": self.accounts[media.account].username,
            "owner": {"id": account_id(media.account)},
            "like_count": 0,
            "comments_count": comments.count(),
            "is_comment_enabled": !media.comments_off,
            "children": if kind == Kind::Carousel { json!({"data": children}) } else { Value::Null },
        })
    }

    pub(super) fn permalink(&self, index: usize) -> String {
        let (media, base) = (&self.media[index], &self.settings.permalink_base);
        let code = shortcode(&media_id(index));
        match media.draft.kind {
            Kind::Reel => format!("{base}/reel/{code}/"),
            Kind::StoryImage | Kind::StoryVideo => {
                format!(
                    "{base}/stories/{}/{}",
                    self.accounts[media.account].username,
                    media_id(index)
                )
            }
            Kind::Image | Kind::ChildImage | Kind::ChildVideo | Kind::Carousel => format!("{base}/p/{code}/"),
        }
    }

    /// Own posts, the newest first; stories are not in it.
    pub(super) fn list_media(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call, Right::Basic)?;
        self.list(caller.account, false, call)
    }

    /// Stories of the last 24 hours.
    pub(super) fn list_stories(&self, user: &str, call: &Call<'_>) -> Answer {
        let caller = self.own(user, call, Right::Basic)?;
        self.list(caller.account, true, call)
    }

    fn list(&self, account: usize, stories: bool, call: &Call<'_>) -> Answer {
        let (since, until) = fields::bounds(call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let shown = |i: &usize| {
            let media = &self.media[*i];
            self.alive(*i, account).is_some()
                && media.draft.kind.is_story() == stories
                && media.at_ms <= seen
                && (since..=until).contains(&media.at_ms)
                && (!stories || call.now.saturating_sub(media.at_ms) < DAY_MS)
        };
        let places = (0..self.media.len()).rev().filter(shown);
        let nodes: Vec<Value> = places.map(|i| self.media_node(i)).collect();
        fields::list_page(&nodes, call, "id", "IGMedia", 100)
    }

    /// `POST /{media}?comment_enabled=`, `POST /{comment}?hide=` (instagram.md 5).
    pub(super) fn edit(&mut self, id: &str, call: &Call<'_>) -> Answer {
        let caller = self.caller(call)?;
        Right::Comments.need(&caller.token, Way::of(call.req))?;
        match self.node_of(id) {
            Some(Node::Media(index)) => {
                let index = self
                    .alive(index, caller.account)
                    .ok_or_else(|| Refusal::missing(id))?;
                self.media[index].comments_off = call.need("comment_enabled")? == "false";
            }
            Some(Node::Comment(index))
                if self.media[self.comments[index].media].account == caller.account =>
            {
                self.comments[index].hidden = call.need("hide")? == "true";
            }
            Some(Node::Comment(_) | Node::Account(_) | Node::Container(_)) | None => {
                return Err(Refusal::missing(id));
            }
        }
        self.version += 1;
        Ok(json!({"success": true}))
    }
}

/// The short code of a post: its number in base 64, as Instagram does it.
pub(super) fn shortcode(id: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut rest: u64 = id.parse().unwrap_or(0);
    let mut code = Vec::new();
    while rest > 0 {
        // The index is below 64, and the digits are ASCII.
        code.push(char::from(DIGITS[(rest % 64) as usize]));
        rest /= 64;
    }
    code.iter().rev().collect()
}
