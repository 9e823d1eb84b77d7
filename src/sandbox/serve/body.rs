//! A request with its whole body, as a model sees it. Uploads may be large; all of them together may not.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::sandbox::exchange::SandboxRequest;

/// The largest body: TikTok's last chunk may have 128 MB (`tiktok.md` 5).
const BODY_MAX: usize = 130 * 1024 * 1024;
/// What all bodies together may take, in KiB.
const ROOM_KIB: usize = 2 * BODY_MAX / 1024;
/// How long a body may take to arrive, and to wait for its room.
const BODY_TIME: Duration = Duration::from_secs(120);

/// The memory for bodies.
pub(super) struct Room(Arc<Semaphore>);

/// Why a request cannot be read.
pub(super) type Unread = (StatusCode, &'static str);

const TOO_LARGE: Unread = (
    StatusCode::PAYLOAD_TOO_LARGE,
    "The body is larger than the sandbox takes.",
);
const TOO_SLOW: Unread = (StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.");
const BROKEN: Unread = (StatusCode::BAD_REQUEST, "The body broke off.");

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(ROOM_KIB)))
    }

    /// The whole request, and the place that its body takes until this is dropped.
    pub(super) async fn read(
        &self,
        req: Request<Incoming>,
    ) -> Result<(SandboxRequest, OwnedSemaphorePermit), Unread> {
        let (head, body) = req.into_parts();
        // Without a length the body may come to anything.
        let most = body
            .size_hint()
            .exact()
            .map_or(BODY_MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        if most > BODY_MAX {
            return Err(TOO_LARGE);
        }
        let kib = u32::try_from(most.div_ceil(1024)).unwrap_or(u32::MAX);
        let whole = async {
            // The semaphore is never closed, so this only waits.
            let place = Arc::clone(&self.0).acquire_many_owned(kib).await;
            let place = place.map_err(|_| BROKEN)?;
            Ok((collect(body, most).await?, place))
        };
        let (bytes, place) = timeout(BODY_TIME, whole).await.map_err(|_| TOO_SLOW)??;
        let mut out = head_of(&head);
        out.body = bytes;
        Ok((out, place))
    }
}

fn head_of(head: &http::request::Parts) -> SandboxRequest {
    let target = head
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let mut out = SandboxRequest::new(head.method.as_str(), target);
    for (name, value) in &head.headers {
        out.headers.push((
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        ));
    }
    out
}

async fn collect(mut body: Incoming, most: usize) -> Result<Vec<u8>, Unread> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BROKEN)?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > most {
            return Err(TOO_LARGE);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
