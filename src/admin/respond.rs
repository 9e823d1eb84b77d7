//! The one place where answers and problems become HTTP.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::types::{Problem, ProblemKind};
use crate::domain::time::Timestamp;

/// Media type of problems (RFC 9457).
pub(super) const PROBLEM: &str = "application/problem+json";
/// The daemon's version, on every answer.
pub(super) const VERSION_HEADER: &str = "crier-version";
/// The daemon's time, on every answer.
pub(super) const NOW_HEADER: &str = "crier-now";
/// This build's version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// An answer as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => bytes(StatusCode::OK, "application/json", body),
        Err(error) => problem(&Problem::new(
            ProblemKind::Internal,
            format!("The answer cannot be written: {error}."),
        )),
    }
}

/// Text of this type.
pub(super) fn text(content_type: &'static str, body: String) -> Response {
    bytes(StatusCode::OK, content_type, body.into_bytes())
}

/// A problem as its document.
pub(super) fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // A problem is made of strings and numbers and cannot fail to serialize.
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = bytes(status, PROBLEM, body);
    if problem.kind == ProblemKind::Busy {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn bytes(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Puts version and time on an answer.
pub(super) fn stamp(mut response: Response, now: Timestamp) -> Response {
    let headers = response.headers_mut();
    headers.insert(VERSION_HEADER, HeaderValue::from_static(VERSION));
    if let Ok(now) = HeaderValue::from_str(&now.to_jiff().to_string()) {
        headers.insert(NOW_HEADER, now);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
