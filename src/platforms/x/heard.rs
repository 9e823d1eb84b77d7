//! Rate-limit headers (x.md 6.4): three families of windows, any of which may be missing. Each tells of calls of the kind
//! that was answered: the windows are "per endpoint", those of a day too (6.1).

use serde_json::Value;

use super::reply::{Class, Seen, see};
use crate::core::call::{HttpReply, Reply};
use crate::core::facts::Facts;
use crate::core::platform::{Heard, QuotaReport};
use crate::domain::time::{Span, Timestamp};

/// One family: the beginning of its header names, and what it counts.
const FAMILIES: [(&str, &str); 3] = [
    ("x-rate-limit", "calls of this kind are left"),
    (
        "x-user-limit-24hour",
        "calls of this kind by the account are left for these 24 hours",
    ),
    (
        "x-app-limit-24hour",
        "calls of this kind by the app are left for these 24 hours",
    ),
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

/// What an answer told: counts that the ledger keeps, and windows of calls of its kind that are full. A plan's cap is no
/// such window: its verdict stops the account.
pub(super) fn heard(facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
    let Reply::Http(http) = reply else {
        return Vec::new();
    };
    let counted = LEDGER.iter().filter(|(id, _, _)| made(http, id));
    let mut out: Vec<Heard> = counted
        .filter_map(|(_, family, limit)| count(http, family, limit))
        .map(Heard::Quota)
        .collect();
    let latest = full(http, now).max_by_key(|(until, _)| *until);
    let refused = refused_for(facts, reply, now).map(|secs| now.after_secs(secs));
    let until = latest.map(|(until, _)| until).into_iter().chain(refused).max();
    out.extend(until.map(|until| Heard::CallsFull {
        until,
        why: match latest {
            Some((_, words)) => format!("X says that no {words}"),
            None => "X says that these were too many calls of this kind".to_owned(),
        },
    }));
    out
}

/// The id that an answer with 201 carries for what was made, the family that counts such calls, and the ledger's limit.
const LEDGER: [(&str, &str, &str); 4] = [
    ("id", "x-rate-limit", "posts"),
    ("id", "x-user-limit-24hour", "posts_day"),
    ("dm_event_id", "x-rate-limit", "messages"),
    ("dm_event_id", "x-user-limit-24hour", "messages_day"),
];

/// Whether the answer is about a new thing with such an id; posts and messages have ids of different names.
fn made(http: &HttpReply, id: &str) -> bool {
    let told = |json: Value| json.get("data")?.get(id).map(Value::is_string);
    http.status == 201 && http.json().and_then(told) == Some(true)
}

/// For how many seconds X takes no more, when it refused a call for its number without saying which window is full.
fn refused_for(facts: &Facts, reply: &Reply, now: Timestamp) -> Option<i64> {
    match see(reply, now) {
        Seen::Bad(p) if p.class == Class::Limited => Some(p.wait.unwrap_or(facts.number("limit_pause_secs"))),
        Seen::Bad(_) | Seen::Good(_) => None,
    }
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
