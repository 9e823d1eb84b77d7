//! Uploaded media: what they are, how far they are, and what posts may do with them (`x.md` 4.4).

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::create::{id_of, known, object, strings};
use super::limits::{self, afford, pay};
use super::refusal::{Answer, Refusal};
use super::show::Post;
use super::{Call, Caller, X};
use crate::sandbox::model::WallMedia;

pub(super) const CATEGORIES: [&str; 8] = [
    "tweet_image",
    "tweet_gif",
    "tweet_video",
    "amplify_video",
    "dm_image",
    "dm_gif",
    "dm_video",
    "subtitles",
];
const VIDEO_MS: u64 = 140_000;
const ALT_MAX: usize = 1_000;

/// One upload.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    pub(super) id: u64,
    pub(super) account: usize,
    pub(super) category: String,
    pub(super) mime: String,
    pub(super) total: u64,
    pub(super) chunks: BTreeMap<u32, Bytes>,
    pub(super) bytes: Bytes,
    pub(super) begun_ms: i64,
    pub(super) done_ms: Option<i64>,
    pub(super) ready_ms: i64,
    pub(super) fails: Option<String>,
    pub(super) size: (u32, u32),
    pub(super) length_ms: u64,
    pub(super) alt: Option<String>,
    pub(super) posted: bool,
}

/// How far the processing is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    Uploading,
    Pending(i64),
    InProgress(i64, i64),
    Ready,
    Failed(String),
}

impl Media {
    /// Whether it is processed after the upload (`x.md` 4.4; GIFs too, 9).
    pub(super) fn slow(&self) -> bool {
        self.category.ends_with("video") || self.category.ends_with("gif")
    }

    pub(super) fn stage(&self, now: i64) -> Stage {
        let Some(done) = self.done_ms else {
            return Stage::Uploading;
        };
        if now < self.ready_ms {
            let left = (self.ready_ms.saturating_sub(now) + 999)
                .div_euclid(1_000)
                .clamp(1, 5);
            let whole = self.ready_ms.saturating_sub(done).max(1);
            let percent = (now - done).max(0).saturating_mul(100) / whole;
            return if percent < 25 {
                Stage::Pending(left)
            } else {
                Stage::InProgress(left, percent)
            };
        }
        self.fails.clone().map_or(Stage::Ready, Stage::Failed)
    }

    /// The `processing_info`, for media that have such.
    pub(super) fn processing(&self, now: i64) -> Option<Value> {
        if !self.slow() {
            return None;
        }
        match self.stage(now) {
            Stage::Uploading => None,
            Stage::Pending(wait) => Some(json!({"state": "pending", "check_after_secs": wait})),
            Stage::InProgress(wait, percent) => {
                Some(json!({"state": "in_progress", "check_after_secs": wait, "progress_percent": percent}))
            }
            Stage::Ready => Some(json!({"state": "succeeded", "progress_percent": 100})),
            Stage::Failed(message) => Some(json!({"state": "failed",
                "error": {"code": 1, "name": "InvalidMedia", "message": message}})),
        }
    }

    pub(super) fn key(&self) -> String {
        let kind = match self.category.as_str() {
            "tweet_video" | "amplify_video" | "dm_video" => 7,
            "tweet_gif" | "dm_gif" => 16,
            _ => 3,
        };
        format!("{kind}_{}", self.id)
    }

    fn wall(&self) -> WallMedia {
        WallMedia {
            video: self.category.ends_with("video"),
            mime: self.mime.clone(),
            size: self.size,
            alt: self.alt.clone(),
            bytes: self.bytes.clone(),
        }
    }
}

impl X {
    /// The media of a post (`x.md` 4.2: four pictures, or one GIF, or one video).
    pub(super) fn attach(&mut self, body: &Map<String, Value>, post: &mut Post, now: i64) -> Answer<()> {
        let Some(media) = object(body, "media")? else {
            return Ok(());
        };
        known(media, &["media_ids", "tagged_user_ids"], "$.media")?;
        let ids = strings(media, "media_ids")?.unwrap_or_default();
        let wrong = || Refusal::invalid("media.media_ids", &json!(ids), "Your media IDs are invalid.");
        if !(1..=4).contains(&ids.len()) {
            return Err(wrong());
        }
        if strings(media, "tagged_user_ids")?.is_some_and(|tagged| tagged.len() > 10) {
            return Err(Refusal::invalid(
                "media.tagged_user_ids",
                &Value::Null,
                "At most 10 users can be tagged.",
            ));
        }
        let mut lone = false;
        for id in &ids {
            let found = self.usable(id, post.account, now, false).ok_or_else(wrong)?;
            let media = &self.media[found];
            lone |= media.slow();
            if media.length_ms > VIDEO_MS && !self.premium(post.account) {
                return Err(Refusal::forbidden(
                    "This user is not allowed to post a video longer than 2 minutes",
                ));
            }
            post.media.push(media.wall());
            post.media_ids.push(media.id);
        }
        if lone && ids.len() > 1 {
            return Err(wrong());
        }
        Ok(())
    }

    /// Media that this account may attach now.
    pub(super) fn usable(&mut self, id: &str, account: usize, now: i64, message: bool) -> Option<usize> {
        let id: u64 = id.parse().ok()?;
        let at = self
            .media
            .iter()
            .position(|m| m.id == id && m.account == account)?;
        let media = &self.media[at];
        let right = media.category.starts_with("dm_") == message && media.category != "subtitles";
        let done = media.done_ms?;
        match media.stage(now) {
            Stage::Ready => {}
            Stage::Pending(_) | Stage::InProgress(..) => {
                self.violations.media_early += 1;
                return None;
            }
            Stage::Uploading | Stage::Failed(_) => return None,
        }
        let life = self.settings.media_life_s.saturating_mul(1_000);
        (right && now - done < life).then_some(at)
    }

    /// One attachment of a message.
    pub(super) fn message_media(&mut self, id: &str, account: usize, now: i64) -> Option<WallMedia> {
        self.usable(id, account, now, true)
            .map(|at| self.media[at].wall())
    }

    /// The upload with this id, if it is the caller's.
    pub(super) fn own_media(&self, id: &str, caller: &Caller) -> Answer<usize> {
        let number: Option<u64> = id.parse().ok();
        let found = self
            .media
            .iter()
            .position(|m| Some(m.id) == number && m.account == caller.account);
        found.ok_or_else(|| Refusal::missing("media", "id", id))
    }

    /// Words for those who cannot see it: `POST /2/media/metadata`.
    pub(super) fn metadata(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        known(&body, &["id", "metadata"], "$")?;
        let id = id_of(&body, "id", "id")?.unwrap_or(0).to_string();
        let at = self.own_media(&id, caller)?;
        let metadata = object(&body, "metadata")?;
        let alt = metadata
            .and_then(|m| m.get("alt_text"))
            .and_then(|alt| alt["text"].as_str());
        let alt = alt.filter(|text| (1..=ALT_MAX).contains(&text.chars().count()));
        let Some(alt) = alt else {
            let value = metadata.cloned().map_or(Value::Null, Value::Object);
            return Err(Refusal::invalid(
                "metadata.alt_text.text",
                &value,
                "$.metadata.alt_text.text: must be at most 1000 characters long",
            ));
        };
        afford(&self.settings, limits::METADATA)?;
        pay(&mut self.settings, limits::METADATA);
        let media = &mut self.media[at];
        self.violations.alt_late += u32::from(media.posted);
        media.alt = Some(alt.to_owned());
        Ok((
            200,
            json!({"data": {"id": id, "associated_metadata": {"alt_text": {"text": alt}}}}),
        ))
    }

    /// Subtitles of a video: `POST /2/media/subtitles`.
    pub(super) fn subtitles(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        known(&body, &["id", "media_category", "subtitles"], "$")?;
        let id = id_of(&body, "id", "id")?.unwrap_or(0).to_string();
        let at = self.own_media(&id, caller)?;
        let track = object(&body, "subtitles")?.cloned().unwrap_or_default();
        known(&track, &["id", "display_name", "language_code"], "$.subtitles")?;
        let file = id_of(&track, "id", "subtitles.id")?.unwrap_or(0).to_string();
        let file = self.own_media(&file, caller)?;
        if self.media[file].category != "subtitles" || !self.media[at].category.ends_with("video") {
            return Err(Refusal::invalid(
                "subtitles",
                &Value::Object(track),
                "$.subtitles: no such subtitles",
            ));
        }
        Ok((
            200,
            json!({"data": {"id": id, "media_category": "TweetVideo", "associated_subtitles": [track]}}),
        ))
    }
}
