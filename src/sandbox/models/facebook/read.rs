//! Nodes and lists (facebook.md 5, 8).

use serde_json::{Value, json};

use super::route::What;
use super::{Facebook, Node, Photo, Post, State, need, photo_id, video_id};
use crate::sandbox::model::WallKind;
use crate::sandbox::models::meta::login::page_id;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::times::timestamp;
use crate::sandbox::models::meta::{Call, DAY_MS, fields};

impl Facebook {
    /// `GET /{post}`, `/{photo}`, `/{video}`, `/{comment}`.
    pub(super) fn read_node(&self, id: &str, call: &Call<'_>) -> Answer {
        let token = self.login.caller(call)?;
        let node = self.node_of(id).ok_or_else(|| Refusal::missing(id))?;
        let (page, gone, full, default, kind) = match node {
            Node::Post(i) => {
                let post = &self.posts[i];
                let gone = post.deleted_ms.is_some();
                (
                    post.page,
                    gone,
                    self.post_node(i),
                    "id,message,created_time",
                    "PagePost",
                )
            }
            Node::Photo(i) => {
                let photo = &self.photos[i];
                (
                    photo.page,
                    photo.deleted,
                    self.photo_node(i),
                    "id,created_time,name",
                    "Photo",
                )
            }
            Node::Video(i) => {
                let video = &self.videos[i];
                let gone = video.deleted || video.cancelled;
                (
                    video.page,
                    gone,
                    self.video_node(i, call.now),
                    "id,description,created_time",
                    "Video",
                )
            }
            Node::Comment(i) => {
                let comment = &self.comments[i];
                let gone = comment.deleted_ms.is_some();
                (
                    comment.page,
                    gone,
                    self.comment_node(i),
                    "id,message,created_time,from",
                    "Comment",
                )
            }
        };
        self.own_page(page, &token, id)?;
        need(&token, "pages_read_engagement")?;
        if gone {
            return Err(Refusal::missing(id));
        }
        fields::node(&full, call, default, kind)
    }

    /// Everything that a read of a post can show.
    pub(super) fn post_node(&self, index: usize) -> Value {
        let post = &self.posts[index];
        let application = self.settings.says_application.then(|| {
            json!({"id": self.login.app.0, "name": "crier sandbox", "link": "https://www.facebook.com/games/?app_id=0"})
        });
        let scheduled = match post.state {
            State::Scheduled(at) => Some(at / 1000),
            State::Published | State::Draft => None,
        };
        let status_type = match (post.kind, post.photos.is_empty(), post.video) {
            (_, _, Some(_)) => "added_video",
            (_, false, None) => "added_photos",
            (_, true, None) if post.link.is_some() => "shared_story",
            (_, true, None) => "mobile_status_update",
        };
        json!({
            "id": post.id,
            "message": Some(&post.message).filter(|text| !text.is_empty()),
            "created_time": timestamp(post.at_ms),
            "updated_time": timestamp(post.edited_ms.max(post.at_ms)),
            "permalink_url": self.permalink(post),
            "is_published": post.state == State::Published,
            "is_hidden": post.hidden,
            "status_type": status_type,
            "scheduled_publish_time": scheduled,
            "application": application,
            "from": {"id": page_id(post.page), "name": self.login.pages[post.page].name},
            "attachments": self.attachments(post),
            "full_picture": null,
        })
    }

    fn attachments(&self, post: &Post) -> Value {
        let photo = |&index: &usize| {
            json!({"media_type": "photo", "type": "photo", "target": {"id": photo_id(index)}, "subattachments": null,
                "url": format!("https://www.facebook.com/photo.php?fbid={}", photo_id(index)), "title": null, "media": null})
        };
        if let Some(video) = post.video {
            return json!({"data": [{"media_type": "video", "type": "video_inline", "target": {"id": video_id(video)},
                "subattachments": null, "url": self.permalink(post), "title": null, "media": null}]});
        }
        match (post.photos.as_slice(), &post.link) {
            ([one], _) => json!({"data": [photo(one)]}),
            ([_, ..], _) => {
                let number = post.id.split('_').nth(1).unwrap_or("");
                json!({"data": [{"media_type": "album", "type": "album", "target": {"id": number},
                    "subattachments": {"data": post.photos.iter().map(photo).collect::<Vec<_>>()},
                    "url": self.permalink(post), "title": "Photos from the Page", "media": null}]})
            }
            ([], Some(link)) => {
                json!({"data": [{"media_type": "link", "type": "share", "target": {"url": link, "id": null},
                "subattachments": null, "url": link, "title": link, "media": null}]})
            }
            ([], None) => Value::Null,
        }
    }

    pub(super) fn permalink(&self, post: &Post) -> String {
        let base = &self.settings.permalink_base;
        match (post.kind, post.video) {
            (WallKind::Reel, Some(video)) => format!("{base}/reel/{}", video_id(video)),
            (WallKind::Story, _) => format!("{base}/stories/{}/{}", page_id(post.page), post.id),
            (_, Some(video)) => format!("{base}/{}/videos/{}", page_id(post.page), video_id(video)),
            (_, None) => {
                let number = post.id.split('_').nth(1).unwrap_or("");
                format!("{base}/{}/posts/{number}", page_id(post.page))
            }
        }
    }

    fn photo_node(&self, index: usize) -> Value {
        let photo: &Photo = &self.photos[index];
        json!({
            "id": photo_id(index),
            "page_story_id": photo.post,
            "created_time": timestamp(photo.made_ms),
            "name": Some(&photo.caption).filter(|text| !text.is_empty()),
            "alt_text": photo.media.alt,
            "width": photo.media.size.0,
            "height": photo.media.size.1,
            "link": format!("{}/photo.php?fbid={}", self.settings.permalink_base, photo_id(index)),
        })
    }

    /// A video with its `status` (facebook.md 8A).
    fn video_node(&self, index: usize, now: i64) -> Value {
        let video = &self.videos[index];
        let finish = video.finish.as_ref();
        let seen = finish.filter(|f| f.seen);
        let post = seen.and_then(|f| self.posts.iter().find(|p| p.id == f.post));
        let scheduled = finish.filter(|f| !f.seen).and_then(|f| match f.state {
            State::Scheduled(at) => Some(timestamp(at)),
            State::Published | State::Draft => None,
        });
        json!({
            "id": video_id(index),
            "status": self.video_status(index, now),
            "published": seen.is_some(),
            "post_id": seen.map(|f| f.post.as_str()),
            "permalink_url": post.map(|p| self.permalink(p)),
            "scheduled_publish_time": scheduled,
            "created_time": timestamp(video.made_ms),
            "description": finish.map(|f| f.text.as_str()),
            "title": finish.and_then(|f| f.title.as_deref()),
            "from": {"id": page_id(video.page), "name": self.login.pages[video.page].name},
        })
    }

    /// Places of the Page's posts of this kind, the newest first.
    fn places(&self, page: usize, call: &Call<'_>, wanted: impl Fn(&Post) -> bool) -> Answer<Vec<usize>> {
        let (since, until) = fields::bounds(call)?;
        let mut places: Vec<usize> = (0..self.posts.len())
            .filter(|&i| {
                let post = &self.posts[i];
                post.page == page
                    && post.deleted_ms.is_none()
                    && (since..=until).contains(&post.at_ms)
                    && wanted(post)
            })
            .collect();
        places.sort_by_key(|&i| std::cmp::Reverse((self.posts[i].at_ms, i)));
        Ok(places)
    }

    /// `/published_posts`, `/feed`, `/posts`: stories are not in them.
    pub(super) fn list_posts(&self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_read_engagement", call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let places = self.places(page, call, |post| {
            post.state == State::Published
                && post.kind != WallKind::Story
                && !post.hidden
                && post.at_ms <= seen
        })?;
        let nodes: Vec<Value> = places.into_iter().map(|i| self.post_node(i)).collect();
        fields::list_page(&nodes, call, "id,message,created_time", "PagePost", 100)
    }

    pub(super) fn list_scheduled(&self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_read_engagement", call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let places = self.places(page, call, |p| {
            matches!(p.state, State::Scheduled(_)) && p.at_ms <= seen
        })?;
        let nodes: Vec<Value> = places.into_iter().map(|i| self.post_node(i)).collect();
        fields::list_page(&nodes, call, "id,message,scheduled_publish_time", "PagePost", 100)
    }

    pub(super) fn list_videos(&self, page: &str, only: Option<What>, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_read_engagement", call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let shown = |i: &usize| {
            let video = &self.videos[*i];
            let finished = video.finish.as_ref().is_some_and(|f| f.at_ms <= seen);
            video.page == page
                && finished
                && !video.deleted
                && video.what != What::Story
                && only.is_none_or(|what| video.what == what)
        };
        let places = (0..self.videos.len()).rev().filter(shown);
        let nodes: Vec<Value> = places.map(|i| self.video_node(i, call.now)).collect();
        fields::list_page(&nodes, call, "id,description,created_time", "Video", 100)
    }

    pub(super) fn list_photos(&self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_read_engagement", call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let shown = |i: &usize| {
            let photo = &self.photos[*i];
            photo.page == page && photo.post.is_some() && !photo.deleted && photo.made_ms <= seen
        };
        let nodes: Vec<Value> = (0..self.photos.len())
            .rev()
            .filter(shown)
            .map(|i| self.photo_node(i))
            .collect();
        fields::list_page(&nodes, call, "id,created_time,name", "Photo", 100)
    }

    /// `/stories`: those of the last 24 hours are PUBLISHED, older ones ARCHIVED (facebook.md 8B).
    pub(super) fn list_stories(&self, page: &str, call: &Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_read_engagement", call)?;
        let seen = call.now.saturating_sub(self.lag_ms());
        let status = |post: &Post| {
            if call.now.saturating_sub(post.at_ms) < DAY_MS {
                "PUBLISHED"
            } else {
                "ARCHIVED"
            }
        };
        let wished = call.params.get("status").map(str::to_ascii_uppercase);
        let places = self.places(page, call, |post| {
            let fits = wished.as_deref().is_none_or(|w| w.contains(status(post)));
            post.kind == WallKind::Story && post.at_ms <= seen && fits
        })?;
        let nodes: Vec<Value> = places
            .into_iter()
            .map(|i| {
                let post = &self.posts[i];
                let (media, kind) = match (post.video, post.photos.first()) {
                    (Some(video), _) => (video_id(video), "video"),
                    (None, Some(&photo)) if self.settings.story_media_is_photo => (photo_id(photo), "photo"),
                    (None, _) => (format!("9{}", photo_id(i)), "photo"),
                };
                json!({"id": post.id, "post_id": post.id.split('_').nth(1), "media_id": media, "media_type": kind, "status": status(post),
                    "creation_time": (post.at_ms / 1000).to_string(), "url": self.permalink(post)})
            })
            .collect();
        let page = fields::list_page(
            &nodes,
            call,
            "post_id,status,creation_time,media_type,media_id,url",
            "Stories",
            100,
        )?;
        Ok(without_ids(page))
    }
}

/// A story in the list has a `post_id` and no `id` of its own (facebook.md 8B).
fn without_ids(mut page: Value) -> Value {
    for item in page["data"].as_array_mut().into_iter().flatten() {
        if let Some(story) = item.as_object_mut() {
            story.remove("id");
        }
    }
    page
}
