//! The answers of Meta's APIs: five shapes of error (meta-common.md 3) and the class of each (4).

pub(crate) mod table;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::text::{id, plain};
use crate::core::call::HttpReply;
pub(crate) use table::{Class, classify};

/// An answer, read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    /// 2xx with JSON that holds no error.
    Good(Value),
    /// An error in one of the shapes (a), (b), (c), or JSON that says nothing we know.
    Bad(GraphError),
    /// Shape (e): not JSON, cut, or empty.
    NotJson,
}

/// What an error body told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct GraphError {
    /// HTTP status, for people; hardly ever used to classify (meta-common.md 3).
    pub(crate) status: u16,
    /// `code` when it is a number or looks like one.
    pub(crate) code: Option<i64>,
    /// `error_subcode` likewise.
    pub(crate) subcode: Option<i64>,
    /// The vendor's words, without control characters.
    pub(crate) message: String,
    /// `is_transient`.
    pub(crate) transient: bool,
    /// `fbtrace_id`: what Meta's support asks for.
    pub(crate) trace: Option<String>,
    /// Message, type, user message and a `code` that is a name, in lower case: where names of errors are looked for.
    pub(crate) haystack: String,
}

impl GraphError {
    /// Whether it says that the person took the app's access away (meta-common.md 4.2).
    pub(crate) fn is_revoked(&self) -> bool {
        (self.code, self.subcode) == (Some(190), Some(458)) || self.haystack.contains("revoked_access_token")
    }

    /// For people: the words, the numbers and the trace id.
    pub(crate) fn describe(&self) -> String {
        let mut out = if self.message.is_empty() {
            "an error without words".to_owned()
        } else {
            format!("“{}”", self.message)
        };
        let mut numbers = Vec::new();
        match (self.code, self.subcode) {
            (Some(code), Some(sub)) => numbers.push(format!("code {code}/{sub}")),
            (Some(code), None) => numbers.push(format!("code {code}")),
            (None, Some(sub)) => numbers.push(format!("subcode {sub}")),
            (None, None) => {}
        }
        numbers.push(format!("HTTP {}", self.status));
        if let Some(trace) = &self.trace {
            numbers.push(format!("trace {trace}"));
        }
        out.push_str(&format!(" ({})", numbers.join(", ")));
        out
    }
}

/// Reads an answer.
pub(crate) fn read(reply: &HttpReply) -> Read {
    let Some(json) = reply.json() else {
        return Read::NotJson;
    };
    let good = (200..300).contains(&reply.status);
    if let Some(error) = json.get("error").filter(|e| !e.is_null()) {
        return Read::Bad(envelope(reply.status, error, &json));
    }
    // A container's status has an `error_message` too, in an answer that is no error.
    if json.get("error_type").is_some() || (!good && json.get("error_message").is_some()) {
        return Read::Bad(exchange(reply.status, &json));
    }
    if let Some(info) = json.get("debug_info") {
        return Read::Bad(rupload(reply.status, info));
    }
    if good {
        return Read::Good(json);
    }
    Read::Bad(GraphError {
        status: reply.status,
        message: plain(&json.to_string(), 200),
        haystack: searched(&[&json]),
        ..GraphError::default()
    })
}

/// Meta's own words in an error, in lower case. What else stands in a body may repeat what was sent, and the words of a
/// post are no verdict.
fn searched(places: &[&Value]) -> String {
    const KEYS: [&str; 9] = [
        "message",
        "type",
        "code",
        "error_subcode",
        "error_user_title",
        "error_user_msg",
        "error",
        "error_description",
        "error_message",
    ];
    let own = places.iter().filter_map(|place| place.as_str());
    let fields = places
        .iter()
        .flat_map(|place| KEYS.iter().filter_map(|key| place.get(key)?.as_str()));
    let words: Vec<String> = own.chain(fields).map(|w| plain(w, 1000).to_lowercase()).collect();
    words.join("\n")
}

/// Shape (a): `{"error":{...}}`; some answers have a bare string there.
fn envelope(status: u16, error: &Value, whole: &Value) -> GraphError {
    let words = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    let message = match error {
        Value::String(s) => s.as_str(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            words("message")
        }
    };
    GraphError {
        status,
        code: error.get("code").and_then(number),
        subcode: error.get("error_subcode").and_then(number),
        message: plain(message, 300),
        transient: error
            .get("is_transient")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        trace: error
            .get("fbtrace_id")
            .and_then(Value::as_str)
            .map(|t| plain(t, 64)),
        haystack: searched(&[error, whole]),
    }
}

/// Shape (b): the code exchange.
fn exchange(status: u16, json: &Value) -> GraphError {
    let message = json
        .get("error_message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    GraphError {
        status,
        code: json.get("code").and_then(number),
        message: plain(message, 300),
        haystack: plain(message, 2000).to_lowercase(),
        ..GraphError::default()
    }
}

/// Shape (c): rupload, whose message is JSON again.
fn rupload(status: u16, info: &Value) -> GraphError {
    let message = info.get("message").and_then(Value::as_str).unwrap_or_default();
    let inner: Option<Value> = serde_json::from_str(message).ok();
    let words = inner
        .as_ref()
        .and_then(|v| v.get("error"))
        .and_then(|e| e.get("message"))
        .and_then(Value::as_str)
        .unwrap_or(message);
    GraphError {
        status,
        message: plain(words, 300),
        transient: info.get("retriable").and_then(Value::as_bool).unwrap_or(false),
        haystack: plain(message, 2000).to_lowercase(),
        ..GraphError::default()
    }
}

/// A number, or a string that is one.
fn number(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|s| s.trim().parse().ok()))
}

/// A string field.
pub(crate) fn word<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key).and_then(Value::as_str)
}

/// What an answer means that is none of Meta's JSON: too much, an address that has ended with its version (RFC 9110
/// 15.5.11; never seen, but nothing else would be meant by it), or nothing that can be known.
pub(crate) fn class_of_status(status: u16) -> Class {
    match status {
        429 => Class::Limited(3600),
        410 => Class::Person,
        _ => Class::Unknown,
    }
}

/// The `id` of an answer; refused when it is no plausible id (ids go into paths and states).
pub(crate) fn id_of(json: &Value) -> Option<String> {
    json.get("id").and_then(id).filter(|i| is_id(i))
}

/// A permalink that may be shown and kept: a web address of at most `max` bytes, without anything odd.
pub(crate) fn permalink_of(json: &Value, max: usize) -> Option<String> {
    word(json, "permalink")
        .filter(|u| (u.starts_with("https://") || u.starts_with("http://")) && u.len() <= max)
        .filter(|u| u.bytes().all(|b| b.is_ascii_graphic()))
        .map(str::to_owned)
}

/// Whether this is an id of Meta's: digits, at most 24 of them, perhaps two joined by `_`.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// How long to stay away after a limit, in seconds: `Retry-After`, or the largest regain time of
/// `X-Business-Use-Case-Usage`, which is in minutes (meta-common.md 5).
pub(crate) fn told_wait(reply: &HttpReply) -> Option<i64> {
    let header = reply.retry_after_secs();
    let usage = reply
        .headers
        .get("x-business-use-case-usage")
        .and_then(|v| serde_json::from_str::<Value>(v).ok())
        .and_then(|v| regain_minutes(&v))
        .map(|m| m.saturating_mul(60));
    match (header, usage) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (one, other) => one.or(other),
    }
}

fn regain_minutes(usage: &Value) -> Option<i64> {
    usage
        .as_object()?
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|u| u.get("estimated_time_to_regain_access").and_then(Value::as_i64))
        .filter(|m| *m > 0)
        .max()
}
