//! The calls of x.md 4, 5 and 8, each built in one place.

use serde_json::{Map, Value as Json, json};

use super::offers::EVERYONE;
use super::parts;
use super::{MADE_WITH_AI, PAID_PARTNERSHIP, auth, check};
use crate::core::call::{Body, Call, FilePart, HttpCall, Method, Value};
use crate::core::flow::Job;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Poll, Segment};
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::text::segment as encoded;

/// Parts of uploads take longer on slow lines.
const UPLOAD: Span = Span::secs(180);

/// Fields by which a post is found again (x.md 8.2).
const LOOK_FIELDS: &str = "created_at,entities,conversation_id,referenced_tweets,in_reply_to_user_id,note_tweet,attachments,edit_history_tweet_ids";
/// Fields by which a message is found again (x.md 5.1).
const MESSAGE_FIELDS: &str = "id,text,event_type,created_at,sender_id,dm_conversation_id";

/// A data call with the account's own kind of token.
pub(super) fn data(
    options: &std::collections::BTreeMap<String, String>,
    method: Method,
    path: impl Into<String>,
    label: &str,
) -> HttpCall {
    HttpCall {
        auth: auth::way(options),
        ..HttpCall::new(method, super::API, path, label)
    }
}

/// Query parameters.
pub(super) fn query(pairs: &[(&str, &str)]) -> Vec<(String, Value)> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
        .collect()
}

fn post(job: &Job, path: impl Into<String>, label: &str, body: Json) -> HttpCall {
    HttpCall {
        body: Body::Json(body),
        ..data(&job.options, Method::Post, path, label)
    }
}

/// Who the token belongs to (x.md 3).
pub(super) fn me(options: &std::collections::BTreeMap<String, String>) -> HttpCall {
    HttpCall {
        query: query(&[(
            "user.fields",
            "id,name,username,profile_image_url,verified,verified_type,subscription_type,protected,public_metrics,created_at",
        )]),
        ..data(options, Method::Get, "/2/users/me", "GET /2/users/me")
    }
}

/// The commit: a post, or the next part of a thread (x.md 4.1). The same state gives the same bytes.
pub(super) fn create(
    job: &Job,
    n: usize,
    segment: &Segment,
    media: &[String],
    reply_to: Option<&str>,
) -> Call {
    let mut body = Map::new();
    let words = parts::words(segment);
    if !words.is_empty() {
        body.insert("text".to_owned(), words.into());
    }
    if !media.is_empty() {
        body.insert("media".to_owned(), json!({ "media_ids": media }));
    }
    if let Some(poll) = &segment.poll {
        body.insert("poll".to_owned(), poll_of(job, poll));
    }
    if let Some(id) = reply_to {
        body.insert("reply".to_owned(), json!({ "in_reply_to_tweet_id": id }));
    }
    if n == 0 {
        first(job, &mut body);
    }
    // Each part is a post of its own, which may be shown alone: what readers must be told stands on every one.
    for flag in [MADE_WITH_AI, PAID_PARTNERSHIP] {
        if job.content.flag(flag) == Some(true) {
            body.insert(flag.to_owned(), true.into());
        }
    }
    Call::Http(post(job, "/2/tweets", "POST /2/tweets", Json::Object(body)))
}

/// What only the first part says.
fn first(job: &Job, body: &mut Map<String, Json>) {
    let content = &job.content;
    if let Some(id) = content.quote.as_deref().and_then(parts::post_id) {
        body.insert("quote_tweet_id".to_owned(), id.into());
    }
    let settings = content
        .audience
        .as_ref()
        .or_else(|| job.options.get(check::REPLY_SETTINGS));
    if let Some(words) = settings.filter(|w| w.as_str() != EVERYONE) {
        body.insert("reply_settings".to_owned(), words.as_str().into());
    }
}

fn poll_of(job: &Job, poll: &Poll) -> Json {
    let minutes = poll
        .duration
        .map_or(job.facts.number("poll_default_minutes"), |d| d.as_secs() / 60);
    json!({ "options": poll.options, "duration_minutes": minutes })
}

/// A repost; doing it twice does it once (x.md 4.2, 8.4).
pub(super) fn repost(job: &Job, me: &str, id: &str) -> Call {
    let path = format!("/2/users/{}/retweets", encoded(me));
    Call::Http(post(
        job,
        path,
        "POST /2/users/{id}/retweets",
        json!({ "tweet_id": id }),
    ))
}

/// A message to one person (x.md 5.1).
pub(super) fn message(job: &Job, to: &str, words: &str) -> Call {
    let path = format!("/2/dm_conversations/with/{}/messages", encoded(to));
    Call::Http(post(
        job,
        path,
        "POST /2/dm_conversations/with/{participant}/messages",
        json!({ "text": words }),
    ))
}

/// The conversation with one person.
pub(super) fn conversation(job: &Job, with: &str) -> Call {
    let path = format!("/2/dm_conversations/with/{}/dm_events", encoded(with));
    Call::Http(HttpCall {
        query: query(&[
            ("dm_event.fields", MESSAGE_FIELDS),
            ("event_types", "MessageCreate"),
            ("max_results", &job.facts.number("look_messages").to_string()),
        ]),
        ..data(
            &job.options,
            Method::Get,
            path,
            "GET /2/dm_conversations/with/{participant}/dm_events",
        )
    })
}

/// Where a list of own posts begins.
pub(super) enum Since<'a> {
    /// After this post.
    Id(&'a str),
    /// From this time on.
    Time(Timestamp),
}

/// Own posts, replies included (x.md 8.2).
pub(super) fn list(job: &Job, me: &str, since: &Since<'_>) -> Call {
    let (key, value) = match since {
        Since::Id(id) => ("since_id", (*id).to_owned()),
        Since::Time(at) => ("start_time", seconds(*at)),
    };
    Call::Http(HttpCall {
        query: query(&[
            ("max_results", &job.facts.number("history_max").to_string()),
            (key, &value),
            ("tweet.fields", LOOK_FIELDS),
        ]),
        ..data(
            &job.options,
            Method::Get,
            format!("/2/users/{}/tweets", encoded(me)),
            "GET /2/users/{id}/tweets",
        )
    })
}

/// The newest own posts, for the id of the newest.
pub(super) fn newest(job: &Job, me: &str) -> Call {
    Call::Http(HttpCall {
        query: query(&[("max_results", &super::price::BASELINE_POSTS.to_string())]),
        ..data(
            &job.options,
            Method::Get,
            format!("/2/users/{}/tweets", encoded(me)),
            "GET /2/users/{id}/tweets",
        )
    })
}

/// `YYYY-MM-DDTHH:mm:ssZ`, which is all that X takes.
pub(super) fn seconds(at: Timestamp) -> String {
    let whole = Timestamp::from_secs(at.as_secs());
    whole.to_string()
}

/// Begins an upload (x.md 4.4).
pub(super) fn initialize(job: &Job, media: &Media) -> Call {
    let category = match media.facts.kind {
        MediaKind::Video => "tweet_video",
        MediaKind::Image | MediaKind::Other if parts::is_gif(media) => "tweet_gif",
        MediaKind::Image | MediaKind::Other => "tweet_image",
    };
    Call::Http(post(
        job,
        "/2/media/upload/initialize",
        "POST /2/media/upload/initialize",
        json!({
            "media_type": media.facts.mime,
            "total_bytes": media.facts.bytes,
            "media_category": category,
        }),
    ))
}

/// One part of it. A failed one may be sent again under the same index.
pub(super) fn append(job: &Job, media: &Media, upload: &str, index: u64) -> Call {
    let chunk = chunk(job, media);
    let offset = index.saturating_mul(chunk);
    let length = media.facts.bytes.saturating_sub(offset).min(chunk);
    Call::Http(HttpCall {
        body: Body::Multipart {
            fields: vec![("segment_index".to_owned(), index.to_string().into())],
            part: FilePart {
                field: "media".to_owned(),
                file_name: "media".to_owned(),
                id: media.id,
                mime: media.facts.mime.clone(),
                offset,
                length,
            },
        },
        timeout: UPLOAD,
        ..data(
            &job.options,
            Method::Post,
            format!("/2/media/upload/{}/append", encoded(upload)),
            "POST /2/media/upload/{id}/append",
        )
    })
}

/// How many parts a file has, at least one.
pub(super) fn segments(job: &Job, media: &Media) -> u64 {
    media.facts.bytes.div_ceil(chunk(job, media)).max(1)
}

/// Most parts of an upload: `segment_index` 0 to 999 (x.md 4.4).
const SEGMENTS: u64 = 1000;

fn chunk(job: &Job, media: &Media) -> u64 {
    let usual = u64::try_from(job.facts.number("chunk_bytes")).unwrap_or(1).max(1);
    usual.max(media.facts.bytes.div_ceil(SEGMENTS))
}

/// Ends it.
pub(super) fn finalize(job: &Job, upload: &str) -> Call {
    Call::Http(data(
        &job.options,
        Method::Post,
        format!("/2/media/upload/{}/finalize", encoded(upload)),
        "POST /2/media/upload/{id}/finalize",
    ))
}

/// How far X is with it.
pub(super) fn status(job: &Job, upload: &str) -> Call {
    Call::Http(HttpCall {
        query: query(&[("command", "STATUS"), ("media_id", upload)]),
        ..data(
            &job.options,
            Method::Get,
            "/2/media/upload",
            "GET /2/media/upload?command=STATUS",
        )
    })
}

/// The words for people who do not see it; saying them twice changes nothing.
pub(super) fn alt(job: &Job, upload: &str, words: &str) -> Call {
    Call::Http(post(
        job,
        "/2/media/metadata",
        "POST /2/media/metadata",
        json!({ "id": upload, "metadata": { "alt_text": { "text": words } } }),
    ))
}
