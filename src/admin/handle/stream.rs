//! Answers that are no JSON documents: events, metrics, the OpenAPI document.

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, header};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::admin::route::{Ask, NoQuery};
use crate::admin::types::{Answer, Event, EventKind, Problem, ProblemKind, Time};
use crate::admin::{metrics, openapi, respond, routes};

/// Media type of one JSON value a line.
pub(in crate::admin) const LINES: &str = "application/x-ndjson";

/// An empty line this often tells a client that the daemon is there, and the daemon that the client is.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(in crate::admin) async fn metrics(ask: Ask<NoQuery, ()>, _: Request) -> Answer<Response> {
    let status = ask.desk().status().await?;
    Ok(respond::text(
        "text/plain; version=0.0.4",
        metrics::render(&status),
    ))
}

pub(in crate::admin) async fn document(_: Ask<NoQuery, ()>, _: Request) -> Answer<Response> {
    static DOCUMENT: LazyLock<Result<String, String>> = LazyLock::new(|| {
        openapi::document(&routes::routes())
            .to_pretty_json()
            .map_err(|e| e.to_string())
    });
    match &*DOCUMENT {
        Ok(text) => Ok(respond::text("application/json", text.clone())),
        Err(error) => Err(Problem::new(
            ProblemKind::Internal,
            format!("The document cannot be written: {error}."),
        )),
    }
}

pub(in crate::admin) async fn events(ask: Ask<NoQuery, ()>, _: Request) -> Answer<Response> {
    let permit = ask.context.streams.clone().try_acquire_owned().map_err(|_| {
        Problem::new(ProblemKind::Busy, "Too many clients follow the events already.")
            .help("End one of them, or try again later.")
    })?;
    let source = Source {
        events: ask.desk().events(),
        stopping: ask.context.stopping.clone(),
        desk: ask.context.desk.clone(),
    };
    let lines = futures_util::stream::unfold((source, permit), |(mut source, permit)| async move {
        let line = source.next().await?;
        Some((Ok::<_, std::convert::Infallible>(line), (source, permit)))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(LINES));
    Ok(response)
}

struct Source {
    events: Receiver<Event>,
    stopping: CancellationToken,
    desk: std::sync::Arc<dyn crate::admin::types::Desk>,
}

impl Source {
    /// The next line; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            () = self.stopping.cancelled() => None,
            () = tokio::time::sleep(HEARTBEAT) => Some(Bytes::from_static(b"\n")),
            event = self.events.recv() => match event {
                Ok(event) => line(&event),
                Err(RecvError::Lagged(n)) => line(&missed(n, self.desk.now().into())),
                Err(RecvError::Closed) => None,
            },
        }
    }
}

fn line(event: &Event) -> Option<Bytes> {
    let mut line = serde_json::to_vec(event).ok()?;
    line.push(b'\n');
    Some(line.into())
}

fn missed(n: u64, at: Time) -> Event {
    Event {
        seq: 0,
        at,
        kind: EventKind::Missed,
        post: None,
        file: None,
        queue: None,
        account: None,
        words: format!("{n} events were lost because this client reads too slowly"),
        permalink: None,
    }
}
