//! The wall: what was published, as its readers see it. Plain HTML from here; a script only keeps it fresh.

pub(in crate::sandbox) mod cards;
mod feed;
mod letter;
pub(in crate::sandbox) mod words;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::{Stream, stream};
use serde::Deserialize;

use super::model::Model;
use super::serve::Shared;
use super::world::World;

/// Nothing from elsewhere: pictures, scripts and styles are this server's own.
const POLICY: &str = "default-src 'none'; img-src 'self'; media-src 'self'; script-src 'self'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a path outside of the wall is the permalink of a post: `/x/ada/status/17`.
pub(super) fn is_permalink(world: &World, path: &str) -> bool {
    let Some((platform, rest)) = path.trim_start_matches('/').split_once('/') else {
        return false;
    };
    let role = rest
        .split('/')
        .next()
        .is_some_and(|first| first.ends_with("_base"));
    !role && world.vendor(platform).is_some_and(|vendor| !vendor.at_root())
}

/// The wall's routes.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/wall")))
        .route("/wall", get(wall))
        .route("/wall/feed", get(fragment))
        .route("/wall/events", get(events))
        .route(
            "/wall/wall.css",
            get(async || {
                asset(
                    "text/css",
                    format!("{}{}", include_str!("wall.css"), cards::styles()),
                )
            }),
        )
        .route(
            "/wall/wall.js",
            get(async || asset("text/javascript", include_str!("wall.js").to_owned())),
        )
        .route("/wall/avatar/{name}", get(avatar))
        .route("/wall/media/{id}/{at}", get(root_media))
        .route("/wall/media/{platform}/{id}/{at}", get(media))
        .route("/wall/mail/{number}/{at}", get(attachment))
        .fallback(single)
        .with_state(shared)
}

/// What is wanted of the wall.
#[derive(Deserialize)]
struct Wanted {
    only: Option<String>,
}

async fn wall(State(shared): State<Arc<Shared>>, Query(wanted): Query<Wanted>) -> Response {
    let now = shared.clock.now_ms();
    page(&feed::feed(&shared.world(), wanted.only.as_deref(), now))
}

/// The feed alone, for the script.
async fn fragment(State(shared): State<Arc<Shared>>, Query(wanted): Query<Wanted>) -> Response {
    let now = shared.clock.now_ms();
    let feed = feed::feed(&shared.world(), wanted.only.as_deref(), now);
    guarded(Html(feed).into_response())
}

/// One entry at the permalink of any of its posts.
async fn single(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let now = shared.clock.now_ms();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    match feed::single(&shared.world(), target, now) {
        Some(html) => page(&html),
        None => (
            StatusCode::NOT_FOUND,
            Html(shell("<p class=\"empty\">This post is not here (any more).</p>")),
        )
            .into_response(),
    }
}

/// One line for each change; the script then asks for the feed.
async fn events(State(shared): State<Arc<Shared>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = stream::unfold(shared.watch(), |mut watch| async move {
        watch.changed().await.ok()?;
        let version = *watch.borrow_and_update();
        Some((
            Ok(Event::default().event("change").data(version.to_string())),
            watch,
        ))
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}

fn page(feed: &str) -> Response {
    guarded(Html(shell(feed)).into_response())
}

fn shell(feed: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>The wall · crier sandbox</title>\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"/wall/avatar/c.svg\">\
         <link rel=\"stylesheet\" href=\"/wall/wall.css\"><noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\
         <script src=\"/wall/wall.js\" defer></script></head><body><header class=\"top\"><h1><a class=\"mark\" href=\"/wall\">\
         <span class=\"bell\" aria-hidden=\"true\"></span>The wall</a></h1><p class=\"where\">what was published in the sandbox</p>\
         <p class=\"live\" id=\"live\" role=\"status\">reloads by itself</p></header>\
         <main id=\"feed\">{feed}</main></body></html>"
    )
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn asset(kind: &'static str, text: String) -> Response {
    (
        [
            (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
            (header::CACHE_CONTROL, "no-cache".to_owned()),
        ],
        text,
    )
        .into_response()
}

/// A face: the first letter on a colour of the name's own.
async fn avatar(Path(name): Path<String>) -> Response {
    let name = name.trim_end_matches(".svg");
    let hue = words::hue(name);
    let letter = name.trim_start_matches('@').chars().next().unwrap_or('?');
    let letter = letter.to_uppercase().to_string();
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 80 80\"><defs><linearGradient id=\"g\" x2=\"1\" y2=\"1\">\
         <stop stop-color=\"hsl({hue} 70% 62%)\"/><stop offset=\"1\" stop-color=\"hsl({} 65% 46%)\"/></linearGradient></defs>\
         <rect width=\"80\" height=\"80\" fill=\"url(#g)\"/><text x=\"40\" y=\"54\" font-family=\"system-ui,sans-serif\" \
         font-size=\"40\" font-weight=\"600\" fill=\"#fff\" text-anchor=\"middle\">{}</text></svg>",
        (hue + 40) % 360,
        super::exchange::escape(&letter)
    );
    blob("image/svg+xml", Bytes::from(svg), None)
}

/// The address that the vendor at the root gives out.
async fn root_media(state: State<Arc<Shared>>, Path((id, at)): Path<(String, usize)>) -> Response {
    let root = state.world().at_root().to_owned();
    media(state, Path((root, id, at))).await
}

async fn media(
    State(shared): State<Arc<Shared>>,
    Path((platform, id, at)): Path<(String, String, usize)>,
) -> Response {
    let posts = shared
        .world()
        .vendor(&platform)
        .map(Model::posts)
        .unwrap_or_default();
    let post = posts
        .iter()
        .find(|post| post.id == id && post.deleted_ms.is_none());
    match post
        .and_then(|post| post.media.get(at))
        .filter(|media| !media.bytes.is_empty())
    {
        Some(media) => blob(&media.mime, media.bytes.clone(), None),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn attachment(State(shared): State<Arc<Shared>>, Path((number, at)): Path<(usize, usize)>) -> Response {
    let bytes = {
        let world = shared.world();
        let mail = number
            .checked_sub(1)
            .and_then(|index| world.mail.messages().get(index));
        mail.map(|mail| Arc::clone(&mail.bytes))
    };
    match bytes.and_then(|bytes| letter::attachment(&bytes, at)) {
        Some((kind, content)) => {
            let shown = ["image/png", "image/jpeg", "image/gif", "image/webp"].contains(&kind.as_str());
            let disposition = (!shown).then_some("attachment");
            blob(
                if shown { &kind } else { "application/octet-stream" },
                Bytes::from(content),
                disposition,
            )
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Bytes of others: never sniffed, never run.
fn blob(kind: &str, bytes: Bytes, disposition: Option<&'static str>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    // What was fetched may call itself anything; only a type that is a header's value is passed on.
    let kind = HeaderValue::from_str(kind).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, kind);
    let sandbox = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(sandbox));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    if let Some(value) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(value));
    }
    response
}
