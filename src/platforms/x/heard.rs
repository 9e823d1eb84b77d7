//! Rate-limit headers (x.md 6.4): three families of windows, any of which may be missing.

use serde_json::Value;

use crate::core::call::{HttpReply, Reply};
use crate::core::platform::{Heard, QuotaReport};
use crate::domain::time::{Span, Timestamp};

/// One family: the beginning of its header names, and what it counts.
const FAMILIES: [(&str, &str); 3] = [
    ("x-rate-limit", "calls of this kind"),
    ("x-user-limit-24hour", "posts of the account in 24 hours"),
    ("x-app-limit-24hour", "posts of the app in 24 hours"),
];

/// One window as its headers tell it.
struct Window {
    words: &'static str,
    limit: Option<i64>,
    remaining: Option<i64>,
    reset: Option<i64>,
}

fn windows(http: &HttpReply) -> impl Iterator<Item = Window> {
    FAMILIES.into_iter().map(|(family, words)| {
        let number = |part: &str| -> Option<i64> {
            let value = http.headers.get(&format!("{family}-{part}"))?;
            value.trim().parse().ok()
        };
        Window {
            words,
            limit: number("limit"),
            remaining: number("remaining"),
            reset: number("reset"),
        }
    })
}

/// No window that headers tell of is longer than a day, and clocks differ: a later reset is a number that is no Unix second.
const WINDOW_MAX: Span = Span::hours(25);

/// Full windows that have not reset yet, with the time when they do.
fn full(http: &HttpReply, now: Timestamp) -> impl Iterator<Item = (Timestamp, &'static str)> {
    windows(http)
        .filter(|w| w.remaining.is_some_and(|n| n <= 0))
        .filter_map(|w| Some((Timestamp::from_secs(w.reset?), w.words)))
        .filter(move |(until, _)| *until > now && *until <= now + WINDOW_MAX)
}

/// How long to stay away, in seconds: until the latest reset among full windows, and as long as `Retry-After` says.
pub(super) fn full_wait(http: &HttpReply, now: Timestamp) -> Option<i64> {
    full(http, now)
        .map(|(until, _)| until.as_secs() - now.as_secs())
        .chain(http.retry_after_secs())
        .max()
        .map(|secs| secs.max(1))
}

/// What an answer told. The windows of reads say nothing about posting, so only what was made (201) and what was
/// refused for its number (429) is heard.
pub(super) fn heard(reply: &Reply, now: Timestamp) -> Vec<Heard> {
    let Reply::Http(http) = reply else {
        return Vec::new();
    };
    if http.status != 201 && http.status != 429 {
        return Vec::new();
    }
    let mut out = Vec::new();
    if http.status == 201 && is_post(http) {
        for (family, limit) in [("x-rate-limit", "posts"), ("x-user-limit-24hour", "posts_day")] {
            out.extend(count(http, family, limit).map(Heard::Quota));
        }
    }
    if let Some((until, words)) = full(http, now).max_by_key(|(until, _)| *until) {
        out.push(Heard::FullUntil {
            until,
            why: format!("X says that no {words} are left"),
        });
    }
    out
}

/// Whether the answer is about a post; messages answer 201 too.
fn is_post(http: &HttpReply) -> bool {
    http.json().is_some_and(|json| {
        json.get("data")
            .and_then(|d| d.get("id"))
            .is_some_and(Value::is_string)
    })
}

fn count(http: &HttpReply, family: &str, limit: &str) -> Option<QuotaReport> {
    let window = FAMILIES
        .iter()
        .position(|(name, _)| *name == family)
        .and_then(|n| windows(http).nth(n))?;
    let (max, left) = (window.limit?, window.remaining?);
    let number = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
    Some(QuotaReport {
        limit: limit.to_owned(),
        used: number(max.saturating_sub(left)),
        max: Some(number(max)),
    })
}
