//! The HTTP port. The connections are hyper's own, so that one can end without a word in the middle of a call.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::body::Room;
use super::fetch::Fetcher;
use super::{Shared, control};
use crate::sandbox::exchange::{Exchange, SandboxReply};
use crate::sandbox::wall;
use crate::sandbox::world::Address;

/// Connections at once.
const CONNECTIONS: usize = 256;
/// How long a request's head may take.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// The connection ends without an answer, as the fault wants it.
#[derive(Debug, thiserror::Error)]
#[error("the connection was dropped on request")]
struct Dropped;

struct Server {
    shared: Arc<Shared>,
    fetcher: Fetcher,
    room: Room,
    pages: TowerToHyperService<Router>,
}

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>, client: reqwest::Client) {
    let pages = control::router(Arc::clone(&shared), client.clone()).merge(wall::router(Arc::clone(&shared)));
    let limit = Arc::new(Semaphore::new(CONNECTIONS));
    let server = Arc::new(Server {
        shared: Arc::clone(&shared),
        fetcher: Fetcher::new(client),
        room: Room::new(),
        pages: TowerToHyperService::new(pages),
    });
    let mut stopped = shared.stopped();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        // The semaphore is never closed, so this only waits.
        let Ok(permit) = Arc::clone(&limit).acquire_owned().await else {
            return;
        };
        let (server, mut stopped) = (Arc::clone(&server), shared.stopped());
        tokio::spawn(async move {
            let service = service_fn(move |req| handle(Arc::clone(&server), req));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // An error here is the client's going away, or a fault on request.
                _ = connection => {}
                _ = stopped.changed() => {}
            }
            drop(permit);
        });
    }
}

async fn handle(server: Arc<Server>, req: Request<Incoming>) -> Result<Response<Body>, Dropped> {
    if server.is_page(req.uri().path()) {
        let answer: Result<_, Infallible> = server.pages.call(req).await;
        return match answer {
            Ok(response) => Ok(response),
            Err(never) => match never {},
        };
    }
    let (mut req, place) = match server.room.read(req).await {
        Ok(read) => read,
        Err((status, words)) => return Ok(plain(status, words)),
    };
    let address = Address::take(&mut req, server.shared.world().at_root());
    let named = server
        .shared
        .world()
        .vendor(&address.platform)
        .map(|vendor| vendor.fetches(&req));
    let mut fetched = server.fetcher.fetch(named.unwrap_or_default()).await;
    server.shared.received(req.body.len() + fetched.size());
    let exchange = server
        .shared
        .act(|world, now| world.http_to(&address.platform, &req, now, &mut fetched));
    drop((req, fetched, place));
    match address.behind(exchange) {
        Exchange::Reply(reply) => Ok(response(reply)),
        Exchange::Dropped { .. } => Err(Dropped),
        Exchange::Hang { .. } => pending().await,
        Exchange::Truncated { reply, sent } => Ok(truncated(reply, sent)),
    }
}

impl Server {
    /// Whether people read this: the wall, permalinks, the control.
    fn is_page(&self, path: &str) -> bool {
        let ours = ["/wall/", "/_sandbox/", "/@"].iter().any(|p| path.starts_with(p));
        ours || path == "/" || path == "/wall" || wall::is_permalink(&self.shared.world(), path)
    }
}

fn response(reply: SandboxReply) -> Response<Body> {
    let SandboxReply {
        status,
        headers,
        body,
    } = reply;
    build(status, &headers, Body::from(body))
}

/// Promises the whole body, sends a part, and breaks off.
fn truncated(reply: SandboxReply, sent: usize) -> Response<Body> {
    let mut headers = reply.headers;
    headers.push(("Content-Length".to_owned(), reply.body.len().to_string()));
    let part = Bytes::copy_from_slice(&reply.body[..sent.min(reply.body.len())]);
    let pieces = stream::unfold(Some(part), |part| async move {
        match part {
            Some(part) if !part.is_empty() => Some((Ok(part), Some(Bytes::new()))),
            // Time for the part to leave before the end.
            Some(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some((Err(io::Error::other("broken off on request")), None))
            }
            None => None,
        }
    });
    build(reply.status, &headers, Body::from_stream(pieces))
}

fn build(status: u16, headers: &[(String, String)], body: Body) -> Response<Body> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder.body(body).unwrap_or_else(|_| {
        plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The model's answer is no HTTP.",
        )
    })
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
