//! The steps of an upload: initialize, append, finalize, status (`x.md` 4.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::create::{known, strings};
use super::media::{CATEGORIES, Media};
use super::refusal::{Answer, Refusal};
use super::{Call, Caller, X};
use crate::sandbox::models::multipart;
use crate::sandbox::models::video;

const INIT_LIFE_S: i64 = 1_295_999;
const SEGMENTS: u32 = 1_000;
const MEGABYTE: u64 = 1_000_000;
const TYPES: [&str; 15] = [
    "video/mp4",
    "video/webm",
    "video/mp2t",
    "video/quicktime",
    "text/srt",
    "text/vtt",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/png",
    "image/webp",
    "image/pjpeg",
    "image/tiff",
    "model/gltf-binary",
    "model/vnd.usdz+zip",
];

fn wrong(name: &str, value: &Value, message: &str) -> Refusal {
    Refusal::invalid(name, value, format!("$.{name}: {message}"))
}

fn most(category: &str) -> u64 {
    match category {
        "tweet_image" | "dm_image" => 5 * MEGABYTE,
        "tweet_gif" | "dm_gif" => 15 * MEGABYTE,
        "subtitles" => MEGABYTE,
        _ => 512 * MEGABYTE,
    }
}

/// The same for a video of an account with Premium, as X's own apps have it.
const LONG_VIDEO: u64 = 8 * 1024 * MEGABYTE;

impl X {
    /// Step 1.
    pub(super) fn initialize(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let body = call.body()?;
        known(
            &body,
            &[
                "media_type",
                "total_bytes",
                "media_category",
                "shared",
                "additional_owners",
            ],
            "$",
        )?;
        strings(&body, "additional_owners")?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let total = body.get("total_bytes").and_then(Value::as_u64);
        let total = total.ok_or_else(|| wrong("total_bytes", &Value::Null, "is not an integer"))?;
        self.begin(&text("media_type"), &text("media_category"), total, caller, call)
    }

    fn begin(&mut self, mime: &str, category: &str, total: u64, caller: &Caller, call: &Call<'_>) -> Answer {
        if !TYPES.contains(&mime) {
            return Err(wrong(
                "media_type",
                &json!(mime),
                "does not have a value in the enumeration",
            ));
        }
        let category = if category.is_empty() {
            "tweet_image"
        } else {
            category
        };
        if !CATEGORIES.contains(&category) {
            return Err(wrong(
                "media_category",
                &json!(category),
                "does not have a value in the enumeration",
            ));
        }
        let fits = match category {
            "tweet_image" | "dm_image" => mime.starts_with("image/"),
            "tweet_gif" | "dm_gif" => mime == "image/gif",
            "subtitles" => mime.starts_with("text/"),
            _ => mime.starts_with("video/"),
        };
        if !fits {
            return Err(wrong(
                "media_category",
                &json!(category),
                "does not fit the media_type",
            ));
        }
        let long = category == "tweet_video" && self.premium(caller.account);
        let most = if long { LONG_VIDEO } else { most(category) };
        if total == 0 || total > most {
            return Err(wrong(
                "total_bytes",
                &json!(total),
                "is not a possible size for this media_category",
            ));
        }
        let media = Media {
            id: self.next_id(call.now),
            account: caller.account,
            category: category.to_owned(),
            mime: mime.to_owned(),
            total,
            begun_ms: call.now,
            ..Media::default()
        };
        let data =
            json!({"id": media.id.to_string(), "media_key": media.key(), "expires_after_secs": INIT_LIFE_S});
        self.media.push(media);
        Ok((200, json!({ "data": data })))
    }

    /// Step 2; the same segment may come again.
    pub(super) fn append(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let kind = call.req.header("content-type").unwrap_or("");
        let (index, bytes) = if kind.starts_with("multipart/form-data") {
            let parts = multipart::parts(kind, &call.req.body).unwrap_or_default();
            let of = |name: &str| {
                parts
                    .iter()
                    .find(|part| part.name == name)
                    .map(|part| part.bytes.clone())
            };
            let index = of("segment_index").and_then(|b| std::str::from_utf8(&b).ok()?.trim().parse().ok());
            (index, of("media"))
        } else {
            let body = call.body()?;
            known(&body, &["segment_index", "media"], "$")?;
            let index = body
                .get("segment_index")
                .and_then(Value::as_u64)
                .and_then(|n| u32::try_from(n).ok());
            let media = body
                .get("media")
                .and_then(Value::as_str)
                .and_then(|text| STANDARD.decode(text).ok());
            (index, media.map(Bytes::from))
        };
        let index = index.filter(|index: &u32| *index < SEGMENTS);
        let index = index.ok_or_else(|| wrong("segment_index", &Value::Null, "must be between 0 and 999"))?;
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(|| wrong("media", &Value::Null, "is missing"))?;
        self.store_chunk(id, index, bytes, caller, call)
    }

    fn store_chunk(
        &mut self,
        id: &str,
        index: u32,
        bytes: Bytes,
        caller: &Caller,
        call: &Call<'_>,
    ) -> Answer {
        if bytes.len() > self.settings.max_chunk {
            return Err(Refusal::too_large(self.settings.chunk_status));
        }
        let at = self.own_media(id, caller)?;
        let media = &mut self.media[at];
        let expires_at = media.begun_ms.div_euclid(1_000) + INIT_LIFE_S;
        if media.done_ms.is_some() || call.now.div_euclid(1_000) >= expires_at {
            return Err(wrong("id", &json!(id), "the upload is over"));
        }
        if index > 0 && !media.chunks.contains_key(&(index - 1)) {
            self.violations.chunk_out_of_order += 1;
        }
        media.chunks.insert(index, bytes);
        Ok((200, json!({"data": {"expires_at": expires_at}})))
    }

    /// Step 3; a second time answers the same.
    pub(super) fn finalize(&mut self, id: &str, caller: &Caller, call: &Call<'_>) -> Answer {
        let at = self.own_media(id, caller)?;
        if self.media[at].done_ms.is_none() {
            let media = &self.media[at];
            let whole = media
                .chunks
                .keys()
                .copied()
                .eq(0..u32::try_from(media.chunks.len()).unwrap_or(u32::MAX));
            let bytes: Vec<u8> = media
                .chunks
                .values()
                .flat_map(|chunk| chunk.iter().copied())
                .collect();
            if !whole || bytes.len() as u64 != media.total {
                return Err(wrong(
                    "id",
                    &json!(id),
                    "Segments do not add up to provided total file size.",
                ));
            }
            self.settle(at, bytes.into(), call.now)?;
        }
        Ok((200, json!({"data": self.media_answer(at, call.now)})))
    }

    /// Looks at the bytes, and begins the processing.
    fn settle(&mut self, at: usize, bytes: Bytes, now: i64) -> Answer<()> {
        let (gif, video) = (self.settings.gif_delay_ms, self.settings.video_delay_ms);
        let media = &mut self.media[at];
        let unsupported = || {
            wrong(
                "media",
                &Value::Null,
                "The media type is not supported, or does not fit the bytes.",
            )
        };
        if media.category.ends_with("image") || media.category.ends_with("gif") {
            let (mime, size) = picture(&bytes).ok_or_else(unsupported)?;
            if media.category.ends_with("gif") && (mime != "image/gif" || size.0 > 1_280 || size.1 > 1_080) {
                return Err(unsupported());
            }
            media.mime = mime.to_owned();
            media.size = size;
        } else if media.category.ends_with("video") {
            let facts = video::probe(&bytes);
            media.size = facts.map_or((0, 0), |facts| facts.size);
            media.length_ms = facts.map_or(0, |facts| facts.duration_ms);
            media.fails = match facts {
                None if media.mime == "video/webm" || media.mime == "video/mp2t" => None,
                None => Some("Failed to parse the video.".to_owned()),
                Some(facts) if facts.duration_ms < 500 => {
                    Some("The video is shorter than 0.5 seconds.".to_owned())
                }
                Some(_) => None,
            };
        }
        let delay = match media.category.as_str() {
            "tweet_gif" | "dm_gif" => gif,
            "tweet_video" | "amplify_video" | "dm_video" => video,
            _ => 0,
        };
        media.bytes = bytes;
        media.chunks.clear();
        media.done_ms = Some(now);
        media.ready_ms = now.saturating_add(delay);
        Ok(())
    }

    fn media_answer(&self, at: usize, now: i64) -> Value {
        let media = &self.media[at];
        let done = media.done_ms.unwrap_or(now);
        let left = self
            .settings
            .media_life_s
            .saturating_sub((now - done).div_euclid(1_000))
            .max(0);
        let mut data = json!({
            "id": media.id.to_string(),
            "media_key": media.key(),
            "size": media.bytes.len(),
            "expires_after_secs": left,
        });
        if let Some(info) = media.processing(now) {
            data["processing_info"] = info;
        }
        data
    }

    /// Step 4.
    pub(super) fn media_status(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        if call.query("command").is_some_and(|command| command != "STATUS") {
            return Err(wrong("command", &json!(call.query("command")), "must be STATUS"));
        }
        let id = call.query("media_id").unwrap_or("").to_owned();
        let at = self.own_media(&id, caller)?;
        if self.media[at].done_ms.is_none() {
            return Err(Refusal::missing("media", "media_id", &id));
        }
        Ok((200, json!({"data": self.media_answer(at, call.now)})))
    }

    /// The older forms with `command`, and whole pictures in one call.
    pub(super) fn upload(&mut self, caller: &Caller, call: &Call<'_>) -> Answer {
        let kind = call.req.header("content-type").unwrap_or("");
        let parts = multipart::parts(kind, &call.req.body).unwrap_or_default();
        let params = call.params();
        let text = |name: &str| {
            let part = parts.iter().find(|part| part.name == name);
            let part = part.map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
            part.or_else(|| params.get(name).map(str::to_owned))
                .unwrap_or_default()
        };
        let id = text("media_id");
        match text("command").as_str() {
            "INIT" => {
                let total = text("total_bytes").parse().unwrap_or(0);
                self.begin(&text("media_type"), &text("media_category"), total, caller, call)
            }
            "APPEND" => {
                let index = text("segment_index")
                    .parse()
                    .ok()
                    .filter(|index: &u32| *index < SEGMENTS);
                let index =
                    index.ok_or_else(|| wrong("segment_index", &Value::Null, "must be between 0 and 999"))?;
                let bytes = parts
                    .iter()
                    .find(|part| part.name == "media")
                    .map(|part| part.bytes.clone());
                let bytes = bytes.ok_or_else(|| wrong("media", &Value::Null, "is missing"))?;
                self.store_chunk(&id, index, bytes, caller, call)
            }
            "FINALIZE" => self.finalize(&id, caller, call),
            "" => {
                let bytes = parts
                    .iter()
                    .find(|part| part.name == "media")
                    .map(|part| part.bytes.clone());
                let bytes = bytes.ok_or_else(|| wrong("media", &Value::Null, "is missing"))?;
                let category = text("media_category");
                if category.ends_with("video") {
                    return Err(wrong(
                        "media_category",
                        &json!(category),
                        "needs a chunked upload",
                    ));
                }
                let mime = match category.as_str() {
                    "subtitles" => "text/srt",
                    _ => picture(&bytes).map_or("", |(mime, _)| mime),
                };
                self.begin(mime, &category, bytes.len() as u64, caller, call)?;
                let at = self.media.len() - 1;
                self.settle(at, bytes, call.now)?;
                Ok((200, json!({"data": self.media_answer(at, call.now)})))
            }
            other => Err(wrong(
                "command",
                &json!(other),
                "must be INIT, APPEND or FINALIZE",
            )),
        }
    }
}

/// What a picture is, and its size.
fn picture(bytes: &[u8]) -> Option<(&'static str, (u32, u32))> {
    let mime = match imagesize::image_type(bytes).ok()? {
        imagesize::ImageType::Jpeg => "image/jpeg",
        imagesize::ImageType::Png => "image/png",
        imagesize::ImageType::Gif => "image/gif",
        imagesize::ImageType::Webp => "image/webp",
        _ => return None,
    };
    let size = imagesize::blob_size(bytes).ok()?;
    Some((
        mime,
        (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?),
    ))
}
