//! The calls of threads.md 4, 5 and 8, each built in one place.

use super::parts;
use crate::core::call::{Auth, Body, Call, HttpCall, Method, Value};
use crate::core::facts::Facts;
use crate::core::flow::Job;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Poll, Segment};
use crate::domain::time::Span;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::segment as encoded;

/// Reads and containers answer within this, or are asked again.
const QUIET: Span = Span::secs(60);
/// Publishing may take longer; then its answer counts as lost.
pub(super) const COMMIT: Span = Span::secs(90);

/// Fields by which a post is found again (threads.md 8).
const LOOK_POSTS: &str =
    "id,text,media_type,permalink,shortcode,timestamp,topic_tag,is_quote_post,children,reposted_post";
/// Fields by which a reply is found again (threads.md 8).
const LOOK_REPLIES: &str = "id,text,media_type,permalink,timestamp,replied_to,root_post";

/// A data call: version in front, token in the header (meta-common.md 2).
pub(super) fn data(facts: &Facts, method: Method, path: &str, label: &str) -> HttpCall {
    HttpCall {
        method,
        host: super::API,
        named_host: None,
        path: format!("/{}{path}", encoded(facts.word("api_version"))),
        query: Vec::new(),
        headers: Vec::new(),
        auth: Auth::Bearer,
        body: Body::Empty,
        timeout: QUIET,
        label: label.to_owned(),
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

/// The user's own segment: its id, or `me`, which stands for it in every path (threads.md 1).
pub(super) fn user(remote_id: &str) -> String {
    if remote_id.is_empty() {
        "me".to_owned()
    } else {
        encoded(remote_id)
    }
}

fn form(job: &Job, edge: &str, fields: Vec<(String, Value)>) -> HttpCall {
    let path = format!("/{}/{edge}", user(&job.profile.remote_id));
    HttpCall {
        body: Body::Form(fields),
        ..data(&job.facts, Method::Post, &path, &format!("POST /{{user}}/{edge}"))
    }
}

fn field(fields: &mut Vec<(String, Value)>, name: &str, value: impl Into<Value>) {
    fields.push((name.to_owned(), value.into()));
}

fn optional(fields: &mut Vec<(String, Value)>, name: &str, value: Option<&String>) {
    if let Some(value) = value {
        field(fields, name, value.as_str());
    }
}

/// One item of a carousel.
pub(super) fn child(job: &Job, media: &Media) -> Call {
    let mut fields = Vec::new();
    field(&mut fields, "media_type", parts::one_type(media.facts.kind));
    file(&mut fields, media);
    field(&mut fields, "is_carousel_item", "true");
    Call::Http(form(job, "threads", fields))
}

/// The container of part `n`, which answers `reply_to`.
pub(super) fn container(
    job: &Job,
    n: usize,
    segment: &Segment,
    children: &[String],
    reply_to: Option<&str>,
) -> Call {
    let mut fields = Vec::new();
    field(&mut fields, "media_type", parts::media_type(segment));
    if !segment.text.is_empty() {
        field(&mut fields, "text", segment.text.as_str());
    }
    match segment.media.as_slice() {
        [] => {
            optional(&mut fields, "link_attachment", segment.link.as_ref());
            if let Some(poll) = &segment.poll {
                field(&mut fields, "poll_attachment", poll_attachment(poll));
            }
        }
        [one] => file(&mut fields, one),
        [_, _, ..] => field(&mut fields, "children", children.join(",")),
    }
    if let Some(id) = reply_to {
        field(&mut fields, "reply_to_id", id);
    }
    if n == 0 {
        optional(&mut fields, "quote_post_id", job.content.quote.as_ref());
        optional(&mut fields, "topic_tag", job.content.topic.as_ref());
        let control = job
            .content
            .audience
            .as_ref()
            .or_else(|| job.options.get(super::check::REPLY_CONTROL));
        optional(&mut fields, "reply_control", control);
    }
    Call::Http(form(job, "threads", fields))
}

fn file(fields: &mut Vec<(String, Value)>, media: &Media) {
    let name = match media.facts.kind {
        MediaKind::Video => "video_url",
        MediaKind::Image | MediaKind::Other => "image_url",
    };
    field(fields, name, Value::MediaUrl(media.id));
    optional(fields, "alt_text", media.alt.as_ref());
}

/// The JSON object that Threads wants; an array would silently give a plain text post (threads.md 4.2).
fn poll_attachment(poll: &Poll) -> String {
    let options: serde_json::Map<String, serde_json::Value> =
        ["option_a", "option_b", "option_c", "option_d"]
            .into_iter()
            .zip(&poll.options)
            .map(|(key, option)| (key.to_owned(), option.as_str().into()))
            .collect();
    serde_json::Value::Object(options).to_string()
}

/// A container's status (threads.md 4.6).
pub(super) fn status(job: &Job, container: &str) -> Call {
    Call::Http(get(
        &job.facts,
        &format!("/{}", encoded(container)),
        "GET /{container}",
        &[("fields", "id,status,error_message")],
    ))
}

/// The commit step.
pub(super) fn publish(job: &Job, container: &str) -> Call {
    let mut fields = Vec::new();
    field(&mut fields, "creation_id", container);
    Call::Http(HttpCall {
        timeout: COMMIT,
        ..form(job, "threads_publish", fields)
    })
}

/// A repost: immediate, no container (threads.md 4.3).
pub(super) fn repost(job: &Job, id: &str) -> Call {
    let path = format!("/{}/repost", encoded(id));
    Call::Http(HttpCall {
        timeout: COMMIT,
        ..data(&job.facts, Method::Post, &path, "POST /{media}/repost")
    })
}

/// The permalink of what is out.
pub(super) fn permalink(job: &Job, id: &str) -> Call {
    Call::Http(get(
        &job.facts,
        &format!("/{}", encoded(id)),
        "GET /{media}",
        &[("fields", "id,permalink,shortcode,timestamp")],
    ))
}

/// Own posts or own replies since shortly before `sent` (threads.md 8).
pub(super) fn list(job: &Job, replies: bool, sent: LetGo) -> Call {
    let (edge, fields) = if replies {
        ("replies", LOOK_REPLIES)
    } else {
        ("threads", LOOK_POSTS)
    };
    let begin = sent.heard(job).earliest(job.facts.number("look_since_secs"));
    let since = begin.as_secs();
    Call::Http(get(
        &job.facts,
        &format!("/{}/{edge}", user(&job.profile.remote_id)),
        &format!("GET /{{user}}/{edge}"),
        &[
            ("fields", fields),
            ("since", &since.max(FIRST_SINCE).to_string()),
            ("limit", &job.facts.number("history_max").to_string()),
        ],
    ))
}

/// The earliest `since` that Threads accepts (threads.md 5).
const FIRST_SINCE: i64 = 1_688_540_400;
