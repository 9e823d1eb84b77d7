//! Accepting, within limits: how many clients, how long their headers, how long they may be silent.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::door::Socket;
use super::patient::Patient;
use super::peer::{self, Credentials, Rights};
use super::route::Context;
use super::routes;
use super::types::{Desk, Problem, ProblemKind, Role};

/// What clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of these, kept for root and the daemon's own user.
    pub reserved: usize,
    /// Streams of events at once.
    pub streams: usize,
    /// A request's headers must be there within this; idle connections end after it, too.
    pub headers: Duration,
    /// A client that does not read its answer is put out after this.
    pub stall: Duration,
    /// Most bytes of one upload with its media.
    pub upload_max: u64,
    /// How long open requests may take to end when the daemon stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            reserved: 8,
            streams: 16,
            headers: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            upload_max: 4 * 1024 * 1024 * 1024,
            grace: Duration::from_secs(5),
        }
    }
}

/// Serves until `stopping`; then waits for open requests for the time of grace. The rights may change
/// meanwhile (a reload); open connections keep those they came with.
pub async fn serve(
    socket: Socket,
    desk: Arc<dyn Desk>,
    rights: watch::Receiver<Arc<Rights>>,
    limits: Limits,
    stopping: CancellationToken,
) {
    let app = routes::app(Context {
        desk,
        stopping: stopping.clone(),
        streams: Arc::new(Semaphore::new(limits.streams)),
        upload_max: limits.upload_max,
    });
    let seats = Seats::new(&limits);
    let mut open = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = stopping.cancelled() => break,
            Some(_) = open.join_next() => continue,
            accepted = socket.listener().accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of descriptors, mostly: it passes when connections end.
                    tracing::warn!(%error, "cannot accept on the admin socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let rights = rights.borrow().clone();
        let Ok(credentials) = peer::credentials(&stream) else {
            continue;
        };
        match seats.take(rights.role(&credentials)) {
            Some(seat) => {
                open.spawn(connection(
                    stream,
                    credentials,
                    rights,
                    app.clone(),
                    limits,
                    stopping.clone(),
                    seat,
                ));
            }
            None => {
                if let Ok(seat) = seats.refusals.clone().try_acquire_owned() {
                    open.spawn(refuse(stream, seat));
                }
            }
        }
    }
    let ended = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.grace, ended).await.is_err() {
        tracing::warn!("admin requests were still open after the time of grace");
    }
}

/// Places for connections.
struct Seats {
    all: Arc<Semaphore>,
    common: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

/// A connection's places.
type Seat = (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit);

impl Seats {
    fn new(limits: &Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            common: Arc::new(Semaphore::new(limits.connections.saturating_sub(limits.reserved))),
            refusals: Arc::new(Semaphore::new(16)),
        }
    }

    fn take(&self, role: Option<Role>) -> Option<Seat> {
        let common = match role {
            Some(Role::All) => None,
            Some(Role::View | Role::Operate) | None => Some(self.common.clone().try_acquire_owned().ok()?),
        };
        Some((common, self.all.clone().try_acquire_owned().ok()?))
    }
}

async fn connection(
    stream: UnixStream,
    credentials: Credentials,
    rights: Arc<Rights>,
    app: Router,
    limits: Limits,
    stopping: CancellationToken,
    seat: Seat,
) {
    // A name may come from a directory service that is slow.
    let Ok(peer) = tokio::task::spawn_blocking(move || rights.peer(credentials)).await else {
        return;
    };
    let service = TowerToHyperService::new(app.layer(Extension(peer)));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_headers(64)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(Patient::new(stream, limits.stall)), service);
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an admin connection ended early");
    }
    drop(seat);
}

/// Says that it is full. Reads a little first: closing with unread bytes would hide the answer.
async fn refuse(mut stream: UnixStream, seat: OwnedSemaphorePermit) {
    let problem = Problem::new(ProblemKind::Busy, "Too many clients are connected.")
        .help("Try again in a moment; `crierctl events` of others may be holding connections.");
    // A problem is made of strings and numbers and cannot fail to serialize.
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: {}\r\nContent-Length: {}\r\nRetry-After: 1\r\nConnection: close\r\n\r\n{body}",
        super::respond::PROBLEM,
        body.len()
    );
    let polite = async {
        let mut start = [0_u8; 8192];
        let _ = stream.read(&mut start).await;
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), polite).await;
    drop(seat);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_places_are_roots() {
        let seats = Seats::new(&Limits {
            connections: 3,
            reserved: 1,
            ..Limits::default()
        });
        let nobody = seats.take(None);
        let viewer = seats.take(Some(Role::View));
        assert!(nobody.is_some() && viewer.is_some());
        assert!(seats.take(Some(Role::Operate)).is_none());
        let root = seats.take(Some(Role::All));
        assert!(root.is_some());
        assert!(seats.take(Some(Role::All)).is_none());
        drop(viewer);
        assert!(seats.take(Some(Role::Operate)).is_some());
    }
}
