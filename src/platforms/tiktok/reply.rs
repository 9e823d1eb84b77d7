//! Replies to verdicts (tiktok.md 7): success is `error.code` = `ok` and nothing else; the status says little.

use serde_json::Value;

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::platforms::kit::text::{id, plain};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Another try would be refused too.
    Reject,
    /// TikTok knows no such publish_id, or not of this account.
    NoSuchPost,
    /// The token is dead.
    Reauthorise,
    /// Nothing before so many seconds.
    Limited(i64),
    /// The inbox is full of drafts: this one waits until somebody has made room, nobody knows when.
    Crowded,
    /// A person must change something at the account or the app.
    Person,
    /// A reason that passes.
    RetryLater,
    /// Not in the table.
    Unknown,
}

/// Code, what it means, and what a person may do about it.
pub(super) static ROWS: &[(&str, Class, &str)] = &[
    ("invalid_param", Class::Reject, ""),
    ("invalid_params", Class::Reject, ""),
    ("invalid_file_upload", Class::Reject, ""),
    (
        "app_version_check_failed",
        Class::Reject,
        "drafts of pictures need the TikTok app 31.8 or newer: update it",
    ),
    ("invalid_publish_id", Class::NoSuchPost, ""),
    (
        "token_not_authorized_for_specified_publish_id",
        Class::NoSuchPost,
        "",
    ),
    ("publish_not_cancellable", Class::Reject, "it is final already"),
    ("access_token_invalid", Class::Reauthorise, ""),
    (
        "scope_not_authorized",
        Class::Reauthorise,
        "the login did not grant all that this needs: connect the account again and leave everything ticked; the app must be approved for it too",
    ),
    (
        "scope_permission_missed",
        Class::Reauthorise,
        "the login did not grant all that this needs: connect the account again and leave everything ticked; the app must be approved for it too",
    ),
    (
        "spam_risk_too_many_posts",
        Class::Limited(HOUR),
        "the account has posted as much as TikTok allows in 24 hours, by all apps together",
    ),
    (
        "spam_risk_too_many_pending_share",
        Class::Crowded,
        "too many drafts wait in the account's inbox: finish or delete them in the TikTok app; crier tries again every hour, and at once after `crierctl retry`",
    ),
    (
        "spam_risk_user_banned_from_posting",
        Class::Person,
        "TikTok has banned the account from posting: look into the TikTok app",
    ),
    (
        "reached_active_user_cap",
        Class::Limited(HOUR),
        "the app has as many posting users as TikTok allows it in 24 hours (5 before the audit)",
    ),
    (
        "unaudited_client_can_only_post_to_private_accounts",
        Class::Person,
        "TikTok has not audited the app: the account must be set to private in the TikTok app and the post be SELF_ONLY, or use `mode = \"inbox\"`",
    ),
    (
        "url_ownership_unverified",
        Class::Person,
        "verify the domain of `[callback] public_url` at developers.tiktok.com, under the app's URL properties",
    ),
    (
        "privacy_level_option_mismatch",
        Class::Reject,
        "TikTok does not offer this privacy to the account: change `audience` of the post or `privacy` of the account",
    ),
    ("rate_limit_exceeded", Class::Limited(MINUTE), ""),
    ("internal_error", Class::RetryLater, ""),
];

/// How a reply was read.
pub(super) enum Seen {
    /// The `data` of an answer without an error.
    Good(Value),
    /// An error.
    Bad(Problem),
}

/// An error with what surrounds it.
pub(super) struct Problem {
    /// What it means.
    pub(super) class: Class,
    /// TikTok's code; `None`: the body is not its JSON.
    pub(super) code: Option<String>,
    /// For people.
    pub(super) why: String,
    /// HTTP status.
    status: u16,
    /// `Retry-After`.
    wait: Option<i64>,
}

/// Reads any answer of the API.
pub(super) fn see(reply: &Reply) -> Seen {
    let http = match reply {
        Reply::Http(http) => http,
        Reply::Mail(_) => return Seen::Bad(wrong_kind()),
    };
    let json = http.json();
    let told = json.as_ref().and_then(|j| j.get("error")).and_then(|error| {
        // Token calls answer flat, with `error` as a word.
        let code = error.as_str().or_else(|| error.get("code")?.as_str())?;
        Some((code.to_owned(), error.clone()))
    });
    match (told, json) {
        (Some((code, _)), Some(json)) if code == "ok" && http.status < 400 => {
            Seen::Good(json.get("data").cloned().unwrap_or(Value::Null))
        }
        (Some((code, error)), Some(json)) => Seen::Bad(problem(http, &code, &error, &json)),
        (None, _) | (Some(_), None) => Seen::Bad(unreadable_body(http)),
    }
}

/// What a code means.
pub(super) fn meaning(code: &str) -> Option<(Class, &'static str)> {
    ROWS.iter()
        .find(|(known, _, _)| *known == code)
        .map(|(_, class, advice)| (*class, *advice))
}

fn problem(http: &HttpReply, code: &str, error: &Value, json: &Value) -> Problem {
    let (class, advice) = meaning(code).unwrap_or((by_status(http.status), ""));
    let words = |key: &str| error.get(key).or_else(|| json.get(key)).and_then(Value::as_str);
    let mut why = format!("TikTok says {}", plain(code, 80));
    let more = [
        words("message")
            .or_else(|| words("error_description"))
            .map(|m| plain(m, 200)),
        (!advice.is_empty()).then(|| advice.to_owned()),
    ];
    for more in more.into_iter().flatten().filter(|m| !m.is_empty()) {
        why = format!("{why}: {more}");
    }
    let log = error
        .get("log_id")
        .or_else(|| error.get("logid"))
        .or_else(|| json.get("log_id"));
    if let Some(log) = log.and_then(id) {
        why = format!("{why} (log_id {})", plain(&log, 64));
    }
    Problem {
        class,
        code: Some(code.to_owned()),
        why,
        status: http.status,
        wait: http.retry_after_secs(),
    }
}

fn by_status(status: u16) -> Class {
    match status {
        429 => Class::Limited(MINUTE),
        500..=599 => Class::RetryLater,
        _ => Class::Unknown,
    }
}

fn unreadable_body(http: &HttpReply) -> Problem {
    let start = plain(
        &String::from_utf8_lossy(&http.body[..http.body.len().min(400)]),
        80,
    );
    let cut = if http.truncated { ", cut off" } else { "" };
    Problem {
        class: by_status(http.status),
        code: None,
        why: format!(
            "TikTok answered HTTP {}{cut} with something that is not its JSON: “{start}”",
            http.status
        ),
        status: http.status,
        wait: http.retry_after_secs(),
    }
}

fn wrong_kind() -> Problem {
    Problem {
        class: Class::Unknown,
        code: None,
        why: "an SMTP reply came to an HTTP call".to_owned(),
        status: 0,
        wait: None,
    }
}

/// What a problem with a quiet call means: nothing is out by it, so all that passes is simply tried again.
pub(super) fn quiet<S>(p: Problem) -> Verdict<S> {
    let why = p.why;
    match p.class {
        Class::Reject => Verdict::Refused { why },
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Limited(secs) => limited(secs, p.wait, why),
        Class::Crowded => Verdict::Limited {
            secs: Some(p.wait.unwrap_or(HOUR)),
            why,
            account_wide: false,
        },
        Class::Person => Verdict::Blocked { why },
        Class::RetryLater => Verdict::Retry { why },
        Class::NoSuchPost | Class::Unknown => Verdict::Unclear { why },
    }
}

/// What a problem with a publishing call means: servers that fail may have published before.
pub(super) fn commit<S>(p: Problem) -> Verdict<S> {
    let why = p.why;
    if p.status >= 500 {
        return Verdict::Unclear { why };
    }
    match p.class {
        Class::Reject => Verdict::Refused { why },
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Limited(secs) => limited(secs, p.wait, why),
        Class::Crowded => Verdict::Limited {
            secs: Some(p.wait.unwrap_or(HOUR)),
            why,
            account_wide: false,
        },
        Class::Person => Verdict::Blocked { why },
        Class::RetryLater | Class::NoSuchPost | Class::Unknown => Verdict::Unclear { why },
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

/// An answer without an error that cannot be used.
pub(super) fn unreadable<S>(what: &str, data: &Value) -> Verdict<S> {
    Verdict::Unclear {
        why: format!(
            "TikTok answered without {what}: {}",
            plain(&data.to_string(), 120)
        ),
    }
}
