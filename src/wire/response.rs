//! From what came back to an [`HttpReply`], and its vendor's words to one line.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::redact::{Scrubber, printable};
use super::trouble::chain;
use crate::core::call::HttpReply;

/// Longest body kept, in bytes.
pub(super) const BODY_MAX: usize = 1024 * 1024;

/// Longest header value kept, in bytes.
const HEADER_MAX: usize = 4096;

/// Headers that platforms read; the rest is dropped.
const KEPT: [&str; 11] = [
    "content-type",
    "date",
    "location",
    "retry-after",
    "www-authenticate",
    "x-access-level",
    "x-app-usage",
    "x-business-use-case-usage",
    "x-restli-id",
    "x-fb-trace-id",
    "x-transaction-id",
];

/// Beginnings of names of rate-limit headers (X, Mastodon, Bluesky, Reddit).
const KEPT_PREFIXES: [&str; 5] = [
    "x-rate-limit-",
    "x-ratelimit-",
    "ratelimit-",
    "x-user-limit-24hour-",
    "x-app-limit-24hour-",
];

/// Reads the answer to its end or to [`BODY_MAX`]. The error is in words: the connection ended too early.
pub(super) async fn read(mut response: reqwest::Response) -> Result<HttpReply, String> {
    let status = response.status().as_u16();
    let headers = kept(response.headers());
    let mut body = Vec::new();
    let mut truncated = false;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = BODY_MAX - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    truncated = true;
                    break;
                }
            }
            Ok(None) => break,
            Err(e) => {
                return Err(format!(
                    "the answer began with status {status} but was cut off: {}",
                    chain(&e.without_url())
                ));
            }
        }
    }
    Ok(HttpReply {
        status,
        headers,
        body,
        truncated,
    })
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let wanted = |name: &str| KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|p| name.starts_with(p));
    headers
        .iter()
        .filter(|(name, value)| wanted(name.as_str()) && value.len() <= HEADER_MAX)
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), text)
        })
        .collect()
}

/// Takes the secrets of the call out of an answer. A vendor that repeats a token in its error message must
/// not bring it into our logs; an answer that is good is what the login asked for and stays whole.
pub(super) fn scrubbed(mut reply: HttpReply, scrub: &Scrubber) -> HttpReply {
    for value in reply.headers.values_mut() {
        *value = scrub.text(value);
    }
    if reply.status >= 300 {
        reply.body = scrub.bytes(reply.body);
    }
    reply
}

/// What a vendor said about a refusal: code, subcode, words and trace id of the known shapes of error bodies
/// (meta-common.md 3); empty for good answers.
pub(super) fn detail(reply: &HttpReply) -> String {
    if reply.status < 300 {
        return if reply.truncated {
            "answer longer than 1 MiB".to_owned()
        } else {
            String::new()
        };
    }
    let Some(body) = reply.json() else {
        let kind = reply
            .headers
            .get("content-type")
            .map_or("no type", String::as_str);
        return format!("{} bytes of {kind}", reply.body.len());
    };
    let error = body.get("error").filter(|e| e.is_object()).unwrap_or(&body);
    [
        ("", "error"),
        ("code ", "code"),
        ("subcode ", "error_subcode"),
        ("", "type"),
        ("", "error_type"),
        ("", "title"),
        ("", "message"),
        ("", "error_message"),
        ("", "error_description"),
        ("", "detail"),
        ("fbtrace_id ", "fbtrace_id"),
    ]
    .iter()
    .filter_map(|(label, key)| Some(format!("{label}{}", plain(error.get(key)?)?)))
    .collect::<Vec<_>>()
    .join(", ")
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(printable(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
