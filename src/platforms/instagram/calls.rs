//! The calls of instagram.md 4, 5 and 8, each built in one place.

use serde_json::json;

use super::shape::{self, MessagePart, Shape};
use super::state::Upload;
use super::way::Way;
use crate::core::call::{Auth, Body, Call, HttpCall, Method, Value};
use crate::core::facts::Facts;
use crate::core::flow::Job;
use crate::core::login::Options;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::Content;
use crate::domain::time::Span;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::segment as encoded;

/// Publishing may take longer than a read; then its answer counts as lost.
pub(super) const COMMIT: Span = Span::secs(90);

/// Fields by which a post is found again (instagram.md 8); `children` for carousels.
const LOOK_POSTS: &str =
    "id,caption,media_type,media_product_type,timestamp,permalink,shortcode,children{id}";
/// Fields by which a story is found again (instagram.md 8).
const LOOK_STORIES: &str = "id,media_type,timestamp,permalink";
/// Fields of a comment (instagram.md 8).
const LOOK_COMMENTS: &str = "id,text,username,timestamp";
/// Fields of a conversation (instagram.md 5).
const LOOK_MESSAGES: &str = "id,updated_time,messages.limit(10){id,message,from,to,created_time}";

/// A data call: the host of the account's login, the version in front, the token in the header (meta-common.md 2).
pub(super) fn data(options: &Options, facts: &Facts, method: Method, path: &str, label: &str) -> HttpCall {
    let path = format!("/{}{path}", encoded(facts.word("api_version")));
    let way = Way::of(options);
    HttpCall {
        // meta-common.md 6: for Instagram's own host the documentation does not speak of a proof.
        auth: match way {
            Way::Facebook => Auth::BearerProven,
            Way::Instagram => Auth::Bearer,
        },
        ..HttpCall::new(method, way.host(), path, label)
    }
}

/// A read with query parameters.
pub(super) fn get(
    options: &Options,
    facts: &Facts,
    path: &str,
    label: &str,
    query: &[(&str, &str)],
) -> HttpCall {
    HttpCall {
        query: pairs(query),
        ..data(options, facts, Method::Get, path, label)
    }
}

/// Query parameters.
pub(super) fn pairs(query: &[(&str, &str)]) -> Vec<(String, Value)> {
    query
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
        .collect()
}

/// The account's own segment: its id, or `me`, which stands for it with Instagram's own login (instagram.md 1).
pub(super) fn user(remote_id: &str) -> String {
    if remote_id.is_empty() {
        "me".to_owned()
    } else {
        encoded(remote_id)
    }
}

fn read(job: &Job, path: &str, label: &str, query: &[(&str, &str)]) -> Call {
    Call::Http(get(&job.options, &job.facts, path, label, query))
}

fn form(job: &Job, edge: &str, fields: Vec<(String, Value)>) -> HttpCall {
    let path = format!("/{}/{edge}", user(&job.profile.remote_id));
    HttpCall {
        body: Body::Form(fields),
        ..data(
            &job.options,
            &job.facts,
            Method::Post,
            &path,
            &format!("POST /{{ig}}/{edge}"),
        )
    }
}

/// Fields of a form, in order.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn put(&mut self, name: &str, value: impl Into<Value>) {
        self.0.push((name.to_owned(), value.into()));
    }

    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            self.put(name, value);
        }
    }
}

/// One item of a carousel: no caption, no tags (instagram.md 4.2).
pub(super) fn child(job: &Job, media: &Media) -> Call {
    let mut fields = Fields::default();
    match media.facts.kind {
        MediaKind::Video => {
            fields.put("media_type", "VIDEO");
            fields.put("video_url", Value::MediaUrl(media.id));
        }
        MediaKind::Image | MediaKind::Other => {
            fields.put("image_url", Value::MediaUrl(media.id));
            fields.maybe("alt_text", media.alt.as_deref());
        }
    }
    fields.put("is_carousel_item", "true");
    Call::Http(form(job, "media", fields.0))
}

/// The container that is published.
pub(super) fn container(job: &Job, children: &[String]) -> Call {
    let (content, shape) = (&job.content, shape::shape(&job.content));
    let mut fields = Fields::default();
    let kind = match shape {
        Shape::Photo | Shape::Message => None,
        Shape::Reel => Some("REELS"),
        Shape::Carousel => Some("CAROUSEL"),
        // Without it an image story would become a post (instagram.md 9).
        Shape::StoryPhoto | Shape::StoryVideo => Some("STORIES"),
    };
    fields.maybe("media_type", kind);
    if shape == Shape::Carousel {
        fields.put("children", children.join(","));
    } else if let Some(media) = shape::files(content).first() {
        file(&mut fields, job, shape, media);
    }
    if matches!(shape, Shape::Photo | Shape::Reel | Shape::Carousel) {
        fields.maybe("caption", Some(shape::words(content)));
        if let Some(names) = list(content.list(super::check::COLLABORATORS)) {
            fields.put("collaborators", names);
        }
        fields.maybe("location_id", content.words(super::check::LOCATION));
    }
    if let Some(tags) = super::check::user_tags(content) {
        fields.put("user_tags", tags);
    }
    if content.flag(super::check::AI) == Some(true) {
        fields.put("is_ai_generated", "true");
    }
    Call::Http(form(job, "media", fields.0))
}

fn file(fields: &mut Fields, job: &Job, shape: Shape, media: &Media) {
    match shape {
        Shape::Reel | Shape::StoryVideo if is_resumable(job) => fields.put("upload_type", "resumable"),
        Shape::Reel | Shape::StoryVideo => fields.put("video_url", Value::MediaUrl(media.id)),
        Shape::Photo | Shape::StoryPhoto | Shape::Carousel | Shape::Message => {
            fields.put("image_url", Value::MediaUrl(media.id));
        }
    }
    match shape {
        Shape::Photo => fields.maybe("alt_text", media.alt.as_deref()),
        Shape::Reel => reel(fields, job, media),
        Shape::StoryPhoto | Shape::StoryVideo | Shape::Carousel | Shape::Message => {}
    }
}

fn reel(fields: &mut Fields, job: &Job, media: &Media) {
    if let Some(share) = job.content.flag(super::check::SHARE_TO_FEED) {
        fields.put("share_to_feed", share.to_string());
    }
    // A cover wins over a moment; 0 is a moment too (instagram.md 4.2, 9).
    match (media.cover, media.thumb_ms) {
        (Some(cover), _) => fields.put("cover_url", Value::MediaUrl(cover)),
        (None, Some(ms)) => fields.put("thumb_offset", ms.to_string()),
        (None, None) => {}
    }
    fields.maybe("audio_name", job.content.words(super::check::AUDIO_NAME));
}

/// A list as JSON inside the form field (meta-common.md 2).
fn list(names: &[String]) -> Option<String> {
    let names: Vec<&str> = names.iter().map(|n| n.trim_start_matches('@')).collect();
    (!names.is_empty()).then(|| json!(names).to_string())
}

/// Whether the container's video is sent as bytes: with Facebook's login only (instagram.md 1).
pub(super) fn is_resumable(job: &Job) -> bool {
    takes_bytes(&job.content, &job.options)
}

fn takes_bytes(content: &Content, options: &Options) -> bool {
    let video = matches!(shape::shape(content), Shape::Reel | Shape::StoryVideo);
    video && Way::of(options) == Way::Facebook
}

/// What Instagram fetches from an address: all but such videos, and their covers.
pub(super) fn fetches(content: &Content, options: &Options) -> Option<&'static str> {
    content.files().next()?;
    match Way::of(options) {
        Way::Instagram => Some("pictures and videos"),
        Way::Facebook => {
            let covered = content.files().any(|m| m.cover.is_some());
            (covered || !takes_bytes(content, options)).then_some("pictures, covers and carousels")
        }
    }
}

/// The video's bytes from `offset` on (instagram.md 4.2). `None`: there is no video.
pub(super) fn upload(job: &Job, upload: &Upload) -> Option<Call> {
    let media = shape::files(&job.content).first()?;
    let length = media.facts.bytes.saturating_sub(upload.offset);
    let slowest = job.facts.number("upload_bytes_per_sec").max(1);
    let secs = i64::try_from(length).unwrap_or(i64::MAX) / slowest;
    Some(Call::Http(HttpCall {
        named_host: upload.host.clone(),
        headers: pairs(&[
            ("offset", &upload.offset.to_string()),
            ("file_size", &media.facts.bytes.to_string()),
        ]),
        auth: Auth::OAuth,
        body: Body::Media {
            id: media.id,
            mime: media.facts.mime.clone(),
            offset: upload.offset,
            length,
        },
        timeout: Span::secs(secs.clamp(60, 3600)),
        ..HttpCall::new(
            Method::Post,
            super::FB_UPLOAD,
            upload.path.clone(),
            "POST /ig-api-upload/{container}",
        )
    }))
}

/// The path of a container's upload address, when the platform does not name it.
pub(super) fn upload_path(job: &Job, container: &str) -> String {
    let version = encoded(job.facts.word("api_version"));
    format!("/ig-api-upload/{version}/{}", encoded(container))
}

/// How much of a video has arrived.
pub(super) fn uploaded(job: &Job, container: &str) -> Call {
    status_with(job, container, "id,status,status_code,video_status")
}

/// A container's status (instagram.md 4.1).
pub(super) fn status(job: &Job, container: &str) -> Call {
    status_with(job, container, "id,status_code,status")
}

fn status_with(job: &Job, container: &str, fields: &str) -> Call {
    let path = format!("/{}", encoded(container));
    read(job, &path, "GET /{container}", &[("fields", fields)])
}

/// The commit step.
pub(super) fn publish(job: &Job, container: &str) -> Call {
    let mut fields = Fields::default();
    fields.put("creation_id", container);
    Call::Http(HttpCall {
        timeout: COMMIT,
        ..form(job, "media_publish", fields.0)
    })
}

/// The permalink of what is out.
pub(super) fn permalink(job: &Job, id: &str) -> Call {
    let path = format!("/{}", encoded(id));
    let fields = "permalink,shortcode,timestamp,media_product_type";
    read(job, &path, "GET /{media}", &[("fields", fields)])
}

/// Own posts since shortly before `sent`, or the stories of the last day (instagram.md 8).
pub(super) fn list_since(job: &Job, sent: LetGo) -> Call {
    let me = user(&job.profile.remote_id);
    if matches!(shape::shape(&job.content), Shape::StoryPhoto | Shape::StoryVideo) {
        let path = format!("/{me}/stories");
        return read(job, &path, "GET /{ig}/stories", &[("fields", LOOK_STORIES)]);
    }
    let begin = sent.heard(job).earliest(job.facts.number("look_since_secs"));
    let since = begin.as_secs();
    read(
        job,
        &format!("/{me}/media"),
        "GET /{ig}/media",
        &[
            ("fields", LOOK_POSTS),
            ("limit", &job.facts.number("look_max").to_string()),
            ("since", &since.max(0).to_string()),
        ],
    )
}

/// The first comment.
pub(super) fn comment(job: &Job, id: &str, words: &str) -> Call {
    let path = format!("/{}/comments", encoded(id));
    Call::Http(HttpCall {
        body: Body::Form(pairs(&[("message", words)])),
        timeout: COMMIT,
        ..data(
            &job.options,
            &job.facts,
            Method::Post,
            &path,
            "POST /{media}/comments",
        )
    })
}

/// The comments below a post.
pub(super) fn comments(job: &Job, id: &str) -> Call {
    let path = format!("/{}/comments", encoded(id));
    read(job, &path, "GET /{media}/comments", &[("fields", LOOK_COMMENTS)])
}

/// Whose messages edge it is: the Page's with Facebook's login, `me` with Instagram's (instagram.md 5).
fn sender(job: &Job) -> String {
    match Way::of(&job.options) {
        Way::Instagram => "me".to_owned(),
        Way::Facebook => user(super::login::page_of(&job.profile).unwrap_or_default()),
    }
}

/// One part of a message; JSON, which this edge wants (meta-common.md 2).
pub(super) fn message(job: &Job, to: &str, part: MessagePart<'_>) -> Call {
    let (message, put) = match part {
        MessagePart::Text(words) => (json!({ "text": words }), Vec::new()),
        MessagePart::File(media) => (
            json!({ "attachment": { "type": attachment_type(media), "payload": { "url": "" } } }),
            vec![(
                "/message/attachment/payload/url".to_owned(),
                Value::MediaUrl(media.id),
            )],
        ),
    };
    let mut json = json!({ "recipient": { "id": to }, "message": message });
    if Way::of(&job.options) == Way::Facebook {
        json["messaging_type"] = "RESPONSE".into();
    }
    let body = if put.is_empty() {
        Body::Json(json)
    } else {
        Body::JsonWith { json, put }
    };
    let path = format!("/{}/messages", sender(job));
    Call::Http(HttpCall {
        body,
        timeout: COMMIT,
        ..data(
            &job.options,
            &job.facts,
            Method::Post,
            &path,
            "POST /{me}/messages",
        )
    })
}

fn attachment_type(media: &Media) -> &'static str {
    match media.facts.kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Other if media.facts.mime.starts_with("audio/") => "audio",
        MediaKind::Other => "file",
    }
}

/// The conversation with a person (instagram.md 5).
pub(super) fn conversation(job: &Job, with: &str) -> Call {
    let me = match Way::of(&job.options) {
        Way::Instagram => user(&job.profile.remote_id),
        Way::Facebook => sender(job),
    };
    read(
        job,
        &format!("/{me}/conversations"),
        "GET /{me}/conversations",
        &[
            ("platform", "instagram"),
            ("user_id", with),
            ("fields", LOOK_MESSAGES),
        ],
    )
}
