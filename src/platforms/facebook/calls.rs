//! The calls of facebook.md 4, 5 and 8, each built in one place.

use super::parts;
use super::state::{State, Video};
use crate::core::call::{Auth, Body, Call, FilePart, HttpCall, Method, Value};
use crate::core::facts::Facts;
use crate::core::flow::Job;
use crate::domain::media::{Media, MediaKind};
use crate::domain::time::Span;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::segment as encoded;

/// Publishing may take longer than a read; then its answer counts as lost.
pub(super) const COMMIT: Span = Span::secs(90);

/// Fields by which a post is found again (facebook.md 8 C).
const LOOK_POSTS: &str = "id,message,created_time,permalink_url,application{id},attachments{media_type,target{id},subattachments{target{id}}}";
/// Fields of a video's state (facebook.md 8 A).
const VIDEO: &str = "id,status,published,post_id,permalink_url,created_time";
/// Fields by which a story is found again (facebook.md 8 B).
const STORIES: &str = "media_id,media_type,post_id,status,creation_time,url";
/// Fields by which a message is found again (facebook.md 8 G).
const MESSAGES: &str = "messages.limit(10){id,created_time,from,message}";

/// A data call: version in front, token in the header (meta-common.md 2).
pub(super) fn data(facts: &Facts, method: Method, path: &str, label: &str) -> HttpCall {
    let version = encoded(facts.word("api_version"));
    HttpCall {
        auth: Auth::BearerProven,
        ..HttpCall::new(method, super::API, format!("/{version}{path}"), label)
    }
}

/// A read with query parameters.
pub(super) fn get(facts: &Facts, path: &str, label: &str, query: &[(&str, &str)]) -> HttpCall {
    HttpCall {
        query: query
            .iter()
            .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
            .collect(),
        ..data(facts, Method::Get, path, label)
    }
}

/// The Page's own segment: its id, or `me`, which is the Page when its token asks.
pub(super) fn page(remote_id: &str) -> String {
    if remote_id.is_empty() {
        "me".to_owned()
    } else {
        encoded(remote_id)
    }
}

type Fields = Vec<(String, Value)>;

fn field(fields: &mut Fields, name: &str, value: impl Into<Value>) {
    fields.push((name.to_owned(), value.into()));
}

fn post(job: &Job, edge: &str, fields: Fields) -> HttpCall {
    let path = format!("/{}/{edge}", page(&job.profile.remote_id));
    HttpCall {
        body: Body::Form(fields),
        ..data(&job.facts, Method::Post, &path, &format!("POST /{{page}}/{edge}"))
    }
}

/// A publishing call.
fn publishing(call: HttpCall) -> Call {
    Call::Http(HttpCall {
        timeout: COMMIT,
        ..call
    })
}

/// Time for so many bytes: a minute, and more for slow lines; at most half an hour.
fn time_for(bytes: u64) -> Span {
    let slow = i64::try_from(bytes / 100_000).unwrap_or(i64::MAX);
    Span::secs(slow.clamp(0, 1740) + 60)
}

/// What a picture is called on the way; never its name in the spool.
fn file_name(mime: &str) -> String {
    let extension = match mime {
        "image/png" => "png",
        "image/gif" => "gif",
        "image/bmp" => "bmp",
        "image/tiff" => "tiff",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        _ => "jpg",
    };
    format!("file.{extension}")
}

fn part(field: &str, media: &Media, start: u64, end: u64) -> FilePart {
    FilePart {
        field: field.to_owned(),
        file_name: file_name(&media.facts.mime),
        id: media.id,
        mime: media.facts.mime.clone(),
        offset: start,
        length: end.saturating_sub(start),
    }
}

/// A picture that nobody sees yet (facebook.md 4.2).
pub(super) fn photo(job: &Job, media: &Media) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "published", "false");
    if let Some(alt) = media.alt.as_deref().filter(|alt| !alt.is_empty()) {
        field(&mut fields, "alt_text_custom", alt);
    }
    let part = part("source", media, 0, media.facts.bytes);
    Call::Http(HttpCall {
        body: Body::Multipart { fields, part },
        timeout: time_for(media.facts.bytes),
        ..post(job, "photos", Fields::new())
    })
}

/// Words, a link card, or the photos.
pub(super) fn feed(job: &Job, photos: &[String]) -> Call {
    let mut fields = Fields::new();
    let text = parts::text(&job.content);
    if !text.is_empty() {
        field(&mut fields, "message", text);
    }
    let link = job.content.segments.first().and_then(|s| s.link.as_deref());
    if let Some(link) = link.filter(|_| photos.is_empty()) {
        field(&mut fields, "link", link);
    }
    if !photos.is_empty() {
        let list: Vec<serde_json::Value> = photos
            .iter()
            .map(|id| serde_json::json!({ "media_fbid": id }))
            .collect();
        // meta-common.md 2: lists travel as JSON inside the field.
        field(
            &mut fields,
            "attached_media",
            serde_json::Value::Array(list).to_string(),
        );
    }
    publishing(HttpCall {
        // Read-after-write: the answer tells the address too (facebook.md 4.1).
        query: vec![("fields".to_owned(), "id,permalink_url".into())],
        ..post(job, "feed", fields)
    })
}

/// Opens a feed video's upload.
pub(super) fn video_start(job: &Job, bytes: u64) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "upload_phase", "start");
    field(&mut fields, "file_size", bytes.to_string());
    Call::Http(post(job, "videos", fields))
}

/// A piece of a feed video.
pub(super) fn video_transfer(job: &Job, media: &Media, session: &str, start: u64, end: u64) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "upload_phase", "transfer");
    field(&mut fields, "upload_session_id", session);
    field(&mut fields, "start_offset", start.to_string());
    let part = part("video_file_chunk", media, start, end);
    Call::Http(HttpCall {
        timeout: time_for(part.length),
        body: Body::Multipart { fields, part },
        ..post(job, "videos", Fields::new())
    })
}

/// Opens the upload of a reel (`video_reels`) or of a story (`video_stories`).
pub(super) fn clip_start(job: &Job, edge: &str) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "upload_phase", "start");
    Call::Http(post(job, edge, fields))
}

/// The bytes of a reel or story, from `offset` on (facebook.md 4.4).
pub(super) fn clip_bytes(media: &Media, host: Option<&String>, path: &str, offset: u64) -> Call {
    let bytes = media.facts.bytes;
    let length = bytes.saturating_sub(offset);
    Call::Http(HttpCall {
        named_host: host.cloned(),
        headers: vec![
            ("offset".to_owned(), offset.to_string().into()),
            ("file_size".to_owned(), bytes.to_string().into()),
        ],
        auth: Auth::OAuth,
        body: Body::Media {
            id: media.id,
            mime: "application/octet-stream".to_owned(),
            offset,
            length,
        },
        timeout: time_for(length),
        ..HttpCall::new(Method::Post, super::UPLOAD, path, "POST {upload}")
    })
}

/// Publishes a video that was uploaded.
pub(super) fn finish(job: &Job, edge: &str, video: &Video) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "upload_phase", "finish");
    match &video.session {
        Some(session) => field(&mut fields, "upload_session_id", session.as_str()),
        None => field(&mut fields, "video_id", video.id.as_str()),
    }
    if edge == "video_reels" {
        field(&mut fields, "video_state", "PUBLISHED");
    }
    if edge != "video_stories" {
        let text = parts::text(&job.content);
        if !text.is_empty() {
            field(&mut fields, "description", text);
        }
        if let Some(title) = job.content.words(super::TITLE) {
            field(&mut fields, "title", title);
        }
    }
    publishing(post(job, edge, fields))
}

/// How a video stands.
pub(super) fn video_status(job: &Job, id: &str) -> Call {
    let path = format!("/{}", encoded(id));
    Call::Http(get(&job.facts, &path, "GET /{video}", &[("fields", VIDEO)]))
}

/// Publishes a photo as a story.
pub(super) fn photo_story(job: &Job, photo: &str) -> Call {
    let mut fields = Fields::new();
    field(&mut fields, "photo_id", photo);
    publishing(post(job, "photo_stories", fields))
}

/// A comment below a post.
pub(super) fn comment(job: &Job, post: &str, words: &str) -> Call {
    let path = format!("/{}/comments", encoded(post));
    publishing(HttpCall {
        query: vec![("fields".to_owned(), "id,permalink_url".into())],
        body: Body::Form(vec![("message".to_owned(), words.into())]),
        ..data(&job.facts, Method::Post, &path, "POST /{post}/comments")
    })
}

/// A message, inside the 24 hours after the person's last one (facebook.md 5). These endpoints want JSON.
pub(super) fn message(job: &Job, to: &str, words: &str) -> Call {
    let path = format!("/{}/messages", page(&job.profile.remote_id));
    publishing(HttpCall {
        body: Body::Json(serde_json::json!({
            "recipient": { "id": to },
            "messaging_type": "RESPONSE",
            "message": { "text": words },
        })),
        ..data(&job.facts, Method::Post, &path, "POST /{page}/messages")
    })
}

/// A file as a message. Facebook fetches it from the callback endpoint, so nothing has to be uploaded before.
pub(super) fn message_file(job: &Job, to: &str, media: &Media) -> Call {
    let path = format!("/{}/messages", page(&job.profile.remote_id));
    let kind = match media.facts.kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Other => "file",
    };
    let json = serde_json::json!({
        "recipient": { "id": to },
        "messaging_type": "RESPONSE",
        "message": { "attachment": { "type": kind, "payload": { "url": "", "is_reusable": true } } },
    });
    let put = vec![(
        "/message/attachment/payload/url".to_owned(),
        Value::MediaUrl(media.id),
    )];
    publishing(HttpCall {
        body: Body::JsonWith { json, put },
        ..data(&job.facts, Method::Post, &path, "POST /{page}/messages")
    })
}

/// The permalink of what is out.
pub(super) fn permalink(job: &Job, id: &str) -> Call {
    let path = format!("/{}", encoded(id));
    Call::Http(get(
        &job.facts,
        &path,
        "GET /{post}",
        &[("fields", "id,permalink_url")],
    ))
}

fn since(job: &Job, sent: LetGo) -> String {
    let since = sent.heard(job).earliest(job.facts.number("look_since_secs"));
    since.as_secs().max(0).to_string()
}

/// Own posts since shortly before `sent`.
pub(super) fn posts_since(job: &Job, sent: LetGo) -> Call {
    let path = format!("/{}/published_posts", page(&job.profile.remote_id));
    let query = [
        ("fields", LOOK_POSTS),
        ("since", &since(job, sent)),
        ("limit", &job.facts.number("look_limit").to_string()),
    ];
    Call::Http(get(&job.facts, &path, "GET /{page}/published_posts", &query))
}

/// Own stories since shortly before `sent`.
pub(super) fn stories_since(job: &Job, sent: LetGo) -> Call {
    let path = format!("/{}/stories", page(&job.profile.remote_id));
    let query = [("fields", STORIES), ("since", &since(job, sent))];
    Call::Http(get(&job.facts, &path, "GET /{page}/stories", &query))
}

/// The newest comments below a post.
pub(super) fn comments(job: &Job, post: &str) -> Call {
    let path = format!("/{}/comments", encoded(post));
    let query = [
        ("fields", "id,message,from,created_time"),
        ("order", "reverse_chronological"),
        ("limit", &job.facts.number("look_limit").to_string()),
    ];
    Call::Http(get(&job.facts, &path, "GET /{post}/comments", &query))
}

/// The newest messages with a person.
pub(super) fn conversation(job: &Job, to: &str) -> Call {
    let path = format!("/{}/conversations", page(&job.profile.remote_id));
    let query = [("user_id", to), ("platform", "messenger"), ("fields", MESSAGES)];
    Call::Http(get(&job.facts, &path, "GET /{page}/conversations", &query))
}

/// Whether a photo belongs to a post.
pub(super) fn photo_post(job: &Job, photo: &str) -> Call {
    let path = format!("/{}", encoded(photo));
    let query = [("fields", "id,page_story_id,created_time")];
    Call::Http(get(&job.facts, &path, "GET /{photo}", &query))
}

/// Below which post the comment of this state stands: the one named in the file, or the part before it.
pub(super) fn below<'a>(job: &'a Job, state: &'a State) -> Option<&'a str> {
    match state.live.first() {
        None => job.content.reply_to.as_deref(),
        Some(out) => out.post.as_deref().or(out.id.as_deref()),
    }
}
