//! The calls of a delivery to TikTok (tiktok.md 4).

use serde_json::{Map, Value as Json, json};
use url::form_urlencoded;

use super::settings::{self, Mode, mode};
use super::state::{Leave, Upload};
use crate::core::call::{Auth, Body, Call, HttpCall, Method, Value};
use crate::core::flow::Job;
use crate::domain::media::{Media, MediaKind};
use crate::domain::time::Span;

/// Time for one piece of an upload: 64 MB at about one megabit a second.
const BYTES: Span = Span::secs(600);
/// Creator, list and status calls have trailing slashes, as all of TikTok's paths.
const CREATOR: &str = "/v2/post/publish/creator_info/query/";
const VIDEO: &str = "/v2/post/publish/video/init/";
const INBOX_VIDEO: &str = "/v2/post/publish/inbox/video/init/";
const CONTENT: &str = "/v2/post/publish/content/init/";
const STATUS: &str = "/v2/post/publish/status/fetch/";
const LIST: &str = "/v2/video/list/";

/// The media of the post.
pub(super) fn files(job: &Job) -> &[Media] {
    job.content.segments.first().map_or(&[], |s| s.media.as_slice())
}

/// The words of the post.
pub(super) fn words(job: &Job) -> &str {
    job.content.segments.first().map_or("", |s| s.text.as_str())
}

/// Its video; `None`: it has pictures.
pub(super) fn video(job: &Job) -> Option<&Media> {
    files(job).first().filter(|m| m.facts.kind == MediaKind::Video)
}

fn post(path: &str, body: Json) -> HttpCall {
    HttpCall {
        body: Body::Json(body),
        ..HttpCall::new(Method::Post, super::API, path, format!("POST {path}"))
    }
}

/// What the account may do now (tiktok.md 4.2).
pub(super) fn creator() -> Call {
    Call::Http(post(CREATOR, json!({})))
}

/// How a video is cut: the bytes of a piece, and how many, of which the last takes the rest (tiktok.md 4.4).
pub(super) fn cut(job: &Job, bytes: u64) -> (u64, u64) {
    let whole = u64::try_from(job.facts.number("upload_whole_max_bytes")).unwrap_or(0);
    let chunk = u64::try_from(job.facts.number("upload_chunk_bytes")).unwrap_or(0);
    if bytes <= whole || chunk == 0 || bytes < chunk {
        return (bytes, 1);
    }
    (chunk, bytes / chunk)
}

/// Opens the upload of a video. Shows nothing: there is nothing to show before the last byte is there.
pub(super) fn video_init(job: &Job, media: &Media, leave: &Leave) -> Call {
    let (chunk, count) = cut(job, media.facts.bytes);
    let source = json!({
        "source": "FILE_UPLOAD",
        "video_size": media.facts.bytes,
        "chunk_size": chunk,
        "total_chunk_count": count,
    });
    Call::Http(match mode(&job.options) {
        // tiktok.md 4.1: no `post_info` at all.
        Mode::Inbox => post(INBOX_VIDEO, json!({ "source_info": source })),
        Mode::Direct => post(
            VIDEO,
            json!({ "post_info": video_info(job, media, leave), "source_info": source }),
        ),
    })
}

fn video_info(job: &Job, media: &Media, leave: &Leave) -> Json {
    let mut info = direct_info(job, leave);
    if !words(job).is_empty() {
        info.insert("title".to_owned(), words(job).into());
    }
    info.insert("disable_duet".to_owned(), leave.no_duet.into());
    info.insert("disable_stitch".to_owned(), leave.no_stitch.into());
    info.insert("is_aigc".to_owned(), flag(job, settings::AI));
    // tiktok.md 4.3: int32.
    if let Some(ms) = media.thumb_ms.and_then(|ms| i32::try_from(ms).ok()) {
        info.insert("video_cover_timestamp_ms".to_owned(), ms.into());
    }
    Json::Object(info)
}

fn flag(job: &Job, key: &str) -> Json {
    Json::Bool(settings::yes(&job.content, key))
}

/// What all direct posts say. Both toggles are always sent (tiktok.md 4.3).
fn direct_info(job: &Job, leave: &Leave) -> Map<String, Json> {
    let mut info = Map::new();
    info.insert("privacy_level".to_owned(), leave.privacy.as_str().into());
    info.insert("disable_comment".to_owned(), leave.no_comment.into());
    info.insert(
        "brand_content_toggle".to_owned(),
        flag(job, settings::BRAND_CONTENT),
    );
    info.insert(
        "brand_organic_toggle".to_owned(),
        flag(job, settings::BRAND_ORGANIC),
    );
    info
}

/// Announces pictures, which TikTok then fetches and publishes by itself (tiktok.md 4.6).
pub(super) fn photo_init(job: &Job, leave: &Leave) -> Call {
    let direct = mode(&job.options) == Mode::Direct;
    let mut info = if direct {
        direct_info(job, leave)
    } else {
        Map::new()
    };
    if direct {
        info.insert("auto_add_music".to_owned(), flag(job, settings::AUTO_ADD_MUSIC));
    }
    if let Some(title) = title(job) {
        info.insert("title".to_owned(), title.into());
    }
    if !words(job).is_empty() {
        info.insert("description".to_owned(), words(job).into());
    }
    let files = files(job);
    let mut body = json!({
        "post_info": info,
        "source_info": {
            "source": "PULL_FROM_URL",
            "photo_cover_index": settings::photo_cover(&job.content),
            "photo_images": vec![""; files.len()],
        },
        "post_mode": if direct { "DIRECT_POST" } else { "MEDIA_UPLOAD" },
        "media_type": "PHOTO",
    });
    if direct && settings::yes(&job.content, settings::AI) {
        body["is_aigc"] = Json::Bool(true);
    }
    let put = files
        .iter()
        .enumerate()
        .map(|(n, media)| {
            let pointer = format!("/source_info/photo_images/{n}");
            (pointer, Value::MediaUrl(media.id))
        })
        .collect();
    Call::Http(HttpCall {
        body: Body::JsonWith { json: body, put },
        ..HttpCall::new(Method::Post, super::API, CONTENT, format!("POST {CONTENT}"))
    })
}

/// The title of pictures.
pub(super) fn title(job: &Job) -> Option<&str> {
    job.content
        .words(settings::TITLE)
        .filter(|title| !title.is_empty())
}

/// First and last byte of the piece that begins or goes on at `upload.at`.
pub(super) fn piece(upload: &Upload, bytes: u64) -> (u64, u64) {
    let chunk = upload.chunk.max(1);
    let n = (upload.at / chunk).min(upload.count.saturating_sub(1));
    let last = if n.saturating_add(1) >= upload.count {
        bytes
    } else {
        (n + 1).saturating_mul(chunk).min(bytes)
    };
    (upload.at, last.saturating_sub(1).max(upload.at))
}

/// Sends a piece. No token goes along: the address holds the right to it (tiktok.md 4.4).
pub(super) fn bytes(media: &Media, upload: &Upload) -> Call {
    let total = media.facts.bytes;
    let (first, last) = piece(upload, total);
    let query = form_urlencoded::parse(upload.query.as_bytes())
        .map(|(key, value)| (key.into_owned(), Value::Text(value.into_owned())))
        .collect();
    Call::Http(HttpCall {
        named_host: upload.host.clone(),
        query,
        headers: vec![(
            "content-range".to_owned(),
            format!("bytes {first}-{last}/{total}").into(),
        )],
        auth: Auth::None,
        body: Body::Media {
            id: media.id,
            mime: media.facts.mime.clone(),
            offset: first,
            length: last - first + 1,
        },
        timeout: BYTES,
        ..HttpCall::new(
            Method::Put,
            super::UPLOAD,
            upload.path.clone(),
            "PUT {upload_url}",
        )
    })
}

/// How a post stands (tiktok.md 4.8).
pub(super) fn status(id: &str) -> Call {
    Call::Http(post(STATUS, json!({ "publish_id": id })))
}

/// The newest public posts (tiktok.md 5, 8.3).
pub(super) fn list(fields: &str, most: i64) -> Call {
    Call::Http(with_fields(post(LIST, json!({ "max_count": most })), fields))
}

/// `fields` stands in the query, whatever the method (tiktok.md 3, 5).
pub(super) fn with_fields(call: HttpCall, fields: &str) -> HttpCall {
    HttpCall {
        query: vec![("fields".to_owned(), fields.into())],
        ..call
    }
}

/// Numbers of one post (tiktok.md 5).
pub(super) fn query(id: &str, fields: &str) -> HttpCall {
    let body = json!({ "filters": { "video_ids": [id] } });
    with_fields(post("/v2/video/query/", body), fields)
}
