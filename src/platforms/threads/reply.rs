//! Replies to verdicts (threads.md 7). One function over the error body; the table is kit's.

use serde_json::Value;

use crate::core::call::{HttpReply, Reply};
use crate::core::delivery::PAUSE_MAX;
use crate::core::flow::Verdict;
use crate::platforms::kit::graph::{self, Class, GraphError, Read};
use crate::platforms::kit::text::plain;

/// How a reply was read.
pub(super) enum Seen {
    /// JSON without an error.
    Good(Value),
    /// An error.
    Bad(Problem),
}

/// An error with what surrounds it.
pub(super) struct Problem {
    /// The body's error; `None`: not JSON.
    pub(super) error: Option<GraphError>,
    /// What it means.
    pub(super) class: Class,
    /// For people.
    pub(super) why: String,
    /// HTTP status.
    pub(super) status: u16,
    /// A wait that the answer itself asks for, in seconds.
    pub(super) wait: Option<i64>,
    /// The answer carried `Retry-After` with 429: by HTTP's own definition nothing was done.
    deferred: bool,
}

/// Reads any reply.
pub(super) fn see(reply: &Reply) -> Seen {
    let http = match reply {
        Reply::Http(http) => http,
        Reply::Mail(_) => return Seen::Bad(wrong_kind()),
    };
    match graph::read(http) {
        Read::Good(json) => Seen::Good(json),
        Read::Bad(error) => {
            let row = graph::classify(&error);
            let advice = if row.advice.is_empty() {
                String::new()
            } else {
                format!("; {}", row.advice)
            };
            let why = format!("Threads says {}{advice}", error.describe());
            Seen::Bad(problem(http, row.class, why, Some(error)))
        }
        Read::NotJson => {
            let class = graph::class_of_status(http.status);
            let start = plain(
                &String::from_utf8_lossy(&http.body[..http.body.len().min(400)]),
                80,
            );
            let cut = if http.truncated { ", cut off" } else { "" };
            let why = format!(
                "Threads answered HTTP {}{cut} with something that is not its JSON: “{start}”",
                http.status
            );
            Seen::Bad(problem(http, class, why, None))
        }
    }
}

fn problem(http: &HttpReply, class: Class, why: String, error: Option<GraphError>) -> Problem {
    Problem {
        error,
        class,
        why,
        status: http.status,
        wait: graph::told_wait(http),
        deferred: http.status == 429 && http.retry_after_secs().is_some(),
    }
}

fn wrong_kind() -> Problem {
    Problem {
        error: None,
        class: Class::Unknown,
        why: "an SMTP reply came to an HTTP call".to_owned(),
        status: 0,
        wait: None,
        deferred: false,
    }
}

/// What a problem with a quiet call means: nothing is out, so all that passes is simply tried again.
pub(super) fn quiet<S>(p: Problem) -> Verdict<S> {
    let why = p.why;
    match p.class {
        Class::RetryLater | Class::NewContainer | Class::NotReady if p.wait.is_some() => Verdict::Limited {
            secs: p.wait,
            why,
            account_wide: false,
        },
        Class::RetryLater | Class::NewContainer | Class::NotReady | Class::Fetch => Verdict::Retry { why },
        Class::Gone | Class::NoSuchField | Class::Reject | Class::Duplicate => Verdict::Refused { why },
        Class::Limited(secs) => limited(secs, p.wait, why),
        Class::Suspected(secs) => limited(silence(secs, p.wait), None, why),
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Person => Verdict::Blocked { why },
        Class::Unknown => Verdict::Unclear { why },
    }
}

/// What a problem with a publishing call means. The rule above the table (meta-common.md 4) comes first: codes 1
/// and 2, any 5xx, a body that is not JSON and a suspicion of spam have all been seen after the effect.
pub(super) fn commit<S>(p: Problem) -> Verdict<S> {
    let why = p.why;
    if p.deferred && p.class != Class::Suspected(86_400) {
        return limited(3600, p.wait, why);
    }
    if p.status >= 500 || p.error.is_none() {
        return Verdict::Unclear { why };
    }
    match p.class {
        Class::RetryLater
        | Class::NewContainer
        | Class::Fetch
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::NoSuchField
        | Class::Gone
        | Class::NotReady
        | Class::Unknown => Verdict::Unclear { why },
        Class::Limited(secs) => limited(secs, p.wait, why),
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Person => Verdict::Blocked { why },
        Class::Reject => Verdict::Refused { why },
    }
}

/// The vendor's own time wins over the table's.
pub(super) fn limited<S>(table: i64, told: Option<i64>, why: String) -> Verdict<S> {
    Verdict::Limited {
        secs: Some(told.unwrap_or(table)),
        why,
        account_wide: true,
    }
}

/// How long to stay away after a suspicion of spam, in seconds: the table's day at least (meta-common.md 4.1), longer when
/// the answer says so, but no longer than any pause.
pub(super) fn silence(table: i64, told: Option<i64>) -> i64 {
    told.unwrap_or(0).max(table).min(PAUSE_MAX.as_secs())
}

/// A 2xx that cannot be used.
pub(super) fn unreadable<S>(what: &str, json: &Value) -> Verdict<S> {
    Verdict::Unclear {
        why: format!(
            "Threads answered without {what}: {}",
            plain(&json.to_string(), 120)
        ),
    }
}
