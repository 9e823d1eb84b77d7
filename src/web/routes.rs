//! From a request to an answer.

use std::io::{Seek, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, IF_RANGE, RANGE,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody};
use hyper::body::{Body, Frame};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;
use url::form_urlencoded;

use super::desk::{CallbackPage, HookEnd, MediaFile, WebDesk};
use super::ranges::{Part, part};
use super::serve::Pace;
use super::signed_request::{self, SignedRequest};
use super::{callback, pages};
use crate::domain::id::PlatformName;

/// Longest request body, in bytes.
const BODY_MAX: usize = 16 * 1024;
/// Longest code or token in a path.
const SEGMENT_MAX: usize = 256;
/// Read size of media.
const CHUNK: usize = 64 * 1024;

pub(super) type Answer = Response<BoxBody<Bytes, std::io::Error>>;

/// Answers one request. Whatever is not a route is `404` without a word more.
pub(super) async fn answer<B>(request: Request<B>, desk: Arc<dyn WebDesk>, pace: Arc<Pace>) -> Answer
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let method = request.method().clone();
    let found = match (&method, segments.as_slice()) {
        (&Method::GET, ["oauth", platform, "callback"]) => {
            oauth(platform, request.uri().query().unwrap_or_default(), desk, &pace).await
        }
        (&Method::POST, ["hooks", platform]) => hook(platform, request, desk).await,
        (&Method::POST, ["meta", "deauthorize"]) => deauthorize(request, desk).await,
        (&Method::POST, ["meta", "data-deletion"]) => data_deletion(request, desk).await,
        (&Method::GET, ["meta", "deletion", code]) => deletion(code, desk).await,
        (&(Method::GET | Method::HEAD), ["media", token]) => media(&request, token, desk, pace).await,
        _ => None,
    };
    found.unwrap_or_else(not_found)
}

async fn oauth(platform: &str, query: &str, desk: Arc<dyn WebDesk>, pace: &Pace) -> Option<Answer> {
    PlatformName::new(platform).ok()?;
    let page = match callback::parse(query) {
        Err(callback::BadQuery) => CallbackPage::Expired,
        Ok(query) => {
            pace.working();
            let platform = platform.to_owned();
            // In a task of its own: a browser that goes away must not break off an exchange of a code.
            let work = tokio::spawn(async move { desk.oauth_callback(&platform, query).await });
            work.await.unwrap_or_else(|_| CallbackPage::Failed {
                why: "crier failed inside.".to_owned(),
                advice: "Its log says more.".to_owned(),
            })
        }
    };
    let (status, html) = pages::callback(&page)?;
    Some(page_answer(status, html))
}

async fn deauthorize<B>(request: Request<B>, desk: Arc<dyn WebDesk>) -> Option<Answer>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match signed(request, &desk).await? {
        Ok(signed) => {
            desk.meta_deauthorize(signed).await;
            Some(plain(StatusCode::OK, "ok\n"))
        }
        Err(refusal) => Some(refusal),
    }
}

async fn data_deletion<B>(request: Request<B>, desk: Arc<dyn WebDesk>) -> Option<Answer>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match signed(request, &desk).await? {
        Ok(signed) => {
            let told = desk.meta_data_deletion(signed).await;
            let json = serde_json::json!({ "url": told.url, "confirmation_code": told.code });
            Some(with_type(StatusCode::OK, "application/json", json.to_string()))
        }
        Err(refusal) => Some(refusal),
    }
}

/// A vendor's own message, under a signature in one of its headers.
async fn hook<B>(platform: &str, request: Request<B>, desk: Arc<dyn WebDesk>) -> Option<Answer>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    PlatformName::new(platform).ok()?;
    let (head, body) = request.into_parts();
    let body = match whole(body).await {
        Ok(body) => body,
        Err(refusal) => return Some(refusal),
    };
    match desk.hook(platform, &head.headers, &body).await {
        HookEnd::Taken => Some(plain(StatusCode::OK, "ok\n")),
        HookEnd::Unbelieved => Some(bad_request()),
        HookEnd::NotFound => None,
    }
}

/// A short body.
async fn whole<B>(body: B) -> Result<Bytes, Answer>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // Not read at all when it says itself that it is too long.
    if body.size_hint().lower() > BODY_MAX as u64 {
        return Err(too_large());
    }
    match Limited::new(body, BODY_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) if e.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Err(_) => Err(bad_request()),
    }
}

/// The verified request in a form's one field; `None`: there is no app that could get one.
async fn signed<B>(request: Request<B>, desk: &Arc<dyn WebDesk>) -> Option<Result<SignedRequest, Answer>>
where
    B: Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let apps = desk.meta_apps();
    if apps.is_empty() {
        return None;
    }
    let body = match whole(request.into_body()).await {
        Ok(body) => body,
        Err(refusal) => return Some(Err(refusal)),
    };
    let field = form_urlencoded::parse(&body).find(|(name, _)| name == "signed_request");
    let Some((_, text)) = field else {
        return Some(Err(bad_request()));
    };
    match signed_request::verify(&text, &apps, desk.now()) {
        Ok(signed) => Some(Ok(signed)),
        Err(why) => {
            tracing::info!(?why, "a signed request of Meta's was not believed");
            Some(Err(bad_request()))
        }
    }
}

async fn deletion(code: &str, desk: Arc<dyn WebDesk>) -> Option<Answer> {
    let fine = (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fine {
        return None;
    }
    let status = desk.deletion_status(code).await?;
    Some(page_answer(200, pages::deletion(code, &status)))
}

async fn media<B>(
    request: &Request<B>,
    token: &str,
    desk: Arc<dyn WebDesk>,
    pace: Arc<Pace>,
) -> Option<Answer>
where
    B: Body<Data = Bytes> + Send,
{
    let header = |name: HeaderName| {
        let value = request.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let wants = Wants {
        head: request.method() == Method::HEAD,
        range: header(RANGE),
        if_range: header(IF_RANGE),
        if_none_match: header(IF_NONE_MATCH),
    };
    let fine = (1..=SEGMENT_MAX).contains(&token.len())
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !fine {
        return None;
    }
    let file = desk.media(token).await?;
    Some(hand_out(file, &wants, pace))
}

/// The headers of a request for media.
struct Wants {
    head: bool,
    range: Option<String>,
    if_range: Option<String>,
    if_none_match: Option<String>,
}

fn hand_out(mut file: MediaFile, wants: &Wants, pace: Arc<Pace>) -> Answer {
    let etag = format!("\"{}\"", file.etag);
    let known = |tags: &str| {
        tags.split(',')
            .any(|t| t.trim().trim_start_matches("W/") == etag || t.trim() == "*")
    };
    if wants.if_none_match.as_deref().is_some_and(known) {
        return media_headers(empty(StatusCode::NOT_MODIFIED), &file, &etag);
    }
    // A range of an older file is no range of this one.
    let same = wants.if_range.as_ref().is_none_or(|tag| *tag == etag);
    let range = wants.range.as_deref().filter(|_| same);
    let (status, start, length) = match part(range, file.length) {
        Part::Whole => (StatusCode::OK, 0, file.length),
        Part::Some { start, length } => (StatusCode::PARTIAL_CONTENT, start, length),
        Part::Beyond => {
            let mut answer = plain(StatusCode::RANGE_NOT_SATISFIABLE, "");
            set(&mut answer, CONTENT_RANGE, &format!("bytes */{}", file.length));
            return answer;
        }
    };
    if file.file.seek(SeekFrom::Start(start)).is_err() {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "");
    }
    let mut answer = media_headers(empty(status), &file, &etag);
    set(&mut answer, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{}", start + length - 1, file.length);
        set(&mut answer, CONTENT_RANGE, &range);
    }
    if !wants.head {
        *answer.body_mut() = stream(file.file, length, pace);
    }
    answer
}

fn stream(file: std::fs::File, length: u64, pace: Arc<Pace>) -> BoxBody<Bytes, std::io::Error> {
    pace.streaming();
    let file = tokio::fs::File::from_std(file).take(length);
    let frames = ReaderStream::with_capacity(file, CHUNK).map(move |chunk| {
        chunk.map(|bytes| {
            pace.moved(bytes.len());
            Frame::data(bytes)
        })
    });
    BoxBody::new(StreamBody::new(frames))
}

/// Pictures and films as what they are; anything else only as bytes to keep.
fn media_headers(mut answer: Answer, file: &MediaFile, etag: &str) -> Answer {
    let shown = [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "image/heic",
        "image/avif",
    ]
    .contains(&file.mime.as_str())
        || file.mime.starts_with("video/")
        || file.mime.starts_with("audio/");
    let mime = if shown {
        file.mime.as_str()
    } else {
        "application/octet-stream"
    };
    set(&mut answer, CONTENT_TYPE, mime);
    set(
        &mut answer,
        CONTENT_DISPOSITION,
        if shown { "inline" } else { "attachment" },
    );
    set(&mut answer, ETAG, etag);
    set(&mut answer, ACCEPT_RANGES, "bytes");
    set(
        &mut answer,
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; sandbox",
    );
    answer
}

fn not_found() -> Answer {
    plain(StatusCode::NOT_FOUND, "not found\n")
}

fn bad_request() -> Answer {
    plain(StatusCode::BAD_REQUEST, "bad request\n")
}

fn too_large() -> Answer {
    plain(StatusCode::PAYLOAD_TOO_LARGE, "too large\n")
}

fn plain(status: StatusCode, text: &str) -> Answer {
    with_type(status, "text/plain; charset=utf-8", text.to_owned())
}

fn page_answer(status: u16, html: String) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut answer = with_type(status, "text/html; charset=utf-8", html);
    set(&mut answer, CONTENT_SECURITY_POLICY, &pages::POLICY);
    set(&mut answer, X_FRAME_OPTIONS, "DENY");
    answer
}

fn with_type(status: StatusCode, mime: &str, body: String) -> Answer {
    let mut answer = empty(status);
    *answer.body_mut() = Full::new(Bytes::from(body))
        .map_err(|never| match never {})
        .boxed();
    set(&mut answer, CONTENT_TYPE, mime);
    answer
}

fn empty(status: StatusCode) -> Answer {
    let body = Full::new(Bytes::new()).map_err(|never| match never {}).boxed();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    set(&mut answer, CACHE_CONTROL, "no-store");
    set(&mut answer, REFERRER_POLICY, "no-referrer");
    set(&mut answer, X_CONTENT_TYPE_OPTIONS, "nosniff");
    answer
}

/// A value that HTTP forbids is left out rather than sent.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
