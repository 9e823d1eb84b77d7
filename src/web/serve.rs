//! Accepting, and the limits that make slow, huge and malformed requests cheap.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::desk::WebDesk;
use super::routes;

/// What one request and all connections together may cost.
#[derive(Clone, Copy, Debug)]
pub struct WebLimits {
    /// Connections at a time; more wait in the kernel's queue.
    pub connections: usize,
    /// From connecting until the last header.
    pub header: Duration,
    /// The whole request, answer included.
    pub request: Duration,
    /// The same while a login's code is exchanged at the vendor.
    pub work: Duration,
    /// While media are streamed: so many bytes must move in each `window`.
    pub window: Duration,
    /// See `window`.
    pub window_bytes: u64,
    /// The longest stream.
    pub stream: Duration,
    /// After the shutdown, for requests under way.
    pub grace: Duration,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            connections: 64,
            header: Duration::from_secs(10),
            request: Duration::from_secs(30),
            work: Duration::from_secs(120),
            window: Duration::from_secs(30),
            window_bytes: 256 * 1024,
            stream: Duration::from_secs(3600),
            grace: Duration::from_secs(5),
        }
    }
}

/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// Most bytes of a request line and headers, and of what is buffered of an answer.
const BUFFER: usize = 16 * 1024;

/// Serves until `shutdown` is done; then lets requests under way finish for a few seconds.
pub async fn serve(listener: TcpListener, desk: Arc<dyn WebDesk>, shutdown: impl Future<Output = ()> + Send) {
    serve_with(listener, desk, WebLimits::default(), shutdown).await;
}

/// [`serve`] with other limits.
pub async fn serve_with(
    listener: TcpListener,
    desk: Arc<dyn WebDesk>,
    limits: WebLimits,
    shutdown: impl Future<Output = ()> + Send,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut tasks = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        while tasks.try_join_next().is_some() {}
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut shutdown => break,
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                let desk = Arc::clone(&desk);
                tasks.spawn(async move {
                    connection(stream, desk, limits).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: others will be closed soon.
                tracing::warn!(%error, "the callback endpoint cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(limits.grace, async { while tasks.join_next().await.is_some() {} }).await;
    tasks.shutdown().await;
}

async fn connection(stream: TcpStream, desk: Arc<dyn WebDesk>, limits: WebLimits) {
    let _ = stream.set_nodelay(true);
    let pace = Arc::new(Pace::default());
    let for_requests = Arc::clone(&pace);
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        let pace = Arc::clone(&for_requests);
        async move { Ok::<_, Infallible>(routes::answer(request, desk, pace).await) }
    });
    // One request for each connection: a limit on one is a limit on the other.
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // What went wrong on a public connection is the other side's affair.
        _ = served => {}
        () = pace.over(&limits) => {}
    }
}

/// What a connection is busy with, and how fast.
#[derive(Default)]
pub(super) struct Pace {
    working: AtomicBool,
    streaming: AtomicBool,
    moved: AtomicU64,
}

impl Pace {
    /// A code is being exchanged.
    pub(super) fn working(&self) {
        self.working.store(true, Ordering::Relaxed);
    }

    /// A file is being sent.
    pub(super) fn streaming(&self) {
        self.streaming.store(true, Ordering::Relaxed);
    }

    /// So much of it went out.
    pub(super) fn moved(&self, bytes: usize) {
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Returns when the connection has had its time.
    async fn over(&self, limits: &WebLimits) {
        sleep(limits.request).await;
        if self.working.load(Ordering::Relaxed) {
            sleep(limits.work.saturating_sub(limits.request)).await;
        }
        if self.streaming.load(Ordering::Relaxed) {
            let _ = timeout(limits.stream, self.stalled(limits)).await;
        }
    }

    async fn stalled(&self, limits: &WebLimits) {
        loop {
            let before = self.moved.load(Ordering::Relaxed);
            sleep(limits.window).await;
            if self.moved.load(Ordering::Relaxed) - before < limits.window_bytes {
                return;
            }
        }
    }
}
