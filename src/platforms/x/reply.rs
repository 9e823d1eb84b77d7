//! Replies to verdicts (x.md 7). Errors come in four envelopes; what matters is looked for in their words, never the
//! whole sentence, because X changes it.

use serde_json::Value;

use super::heard;
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::plain;

/// What an error means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Refused for good.
    Rejected,
    /// 403 without a reason that is known: a refusal, but on uploads a missing scope.
    Forbidden,
    /// The same words were posted lately.
    Duplicate,
    /// It was reposted already.
    Already,
    /// What it is about does not exist.
    Gone,
    /// The token is dead.
    DeadToken,
    /// App or login are not set up as the call needs.
    Setup,
    /// No credits.
    NoCredits,
    /// A person must do something at X.
    Person,
    /// Too much in a window.
    Limited,
    /// The plan's cap: until its period ends.
    Capped,
    /// 5xx: it may have been done.
    Server,
    /// Nothing that X documents: it may have been done.
    Unknown,
}

/// One row: the status (0: any), a part of the words in lower case, what it means, and what to do.
struct Row(u16, &'static str, Class, &'static str);

const CONSOLE: &str = "buy credits or raise the spending limit at https://console.x.com";
const ENROL: &str =
    "at https://console.x.com put the app into a project on the Pay-per-use package, environment Production";
/// What replies and quotes are open to (x.md 4.2).
pub(super) const MENTIONED: &str =
    "on self-serve plans X lets an account answer and quote only its own posts and those that mention it";
const APP: &str =
    "look at `client_id` and `client_secret` of the app, and whether it is a confidential client";

/// What the token endpoint alone says (x.md 2.5, 7): looked for in `error` and `error_description`.
const TOKEN_TABLE: &[Row] = &[
    Row(0, "unauthorized_client", Class::Setup, APP),
    Row(0, "invalid_client", Class::Setup, APP),
    Row(0, "client id", Class::Setup, APP),
    Row(0, "client_id", Class::Setup, APP),
];

/// The row of X's last word on a token.
static DEAD: Row = Row(0, "", Class::DeadToken, "");
/// What the token endpoint says of a request that it does not take, whatever is wrong with it.
const INVALID_REQUEST: &str = "invalid_request";

/// x.md 7 from top to bottom; the first row that fits counts.
const TABLE: &[Row] = &[
    Row(402, "", Class::NoCredits, CONSOLE),
    Row(0, "creditsdepleted", Class::NoCredits, CONSOLE),
    Row(0, "code=88\n", Class::Limited, ""),
    Row(0, "usage-capped", Class::Capped, ""),
    Row(0, "usagecapexceeded", Class::Capped, ""),
    Row(401, "", Class::DeadToken, ""),
    Row(403, "duplicate content", Class::Duplicate, ""),
    Row(403, "is a duplicate", Class::Duplicate, ""),
    Row(0, "already retweeted", Class::Already, ""),
    Row(0, "already reposted", Class::Already, ""),
    Row(
        403,
        "where you are mentioned or are the author",
        Class::Rejected,
        MENTIONED,
    ),
    Row(
        403,
        "maximum of one cashtag",
        Class::Rejected,
        "leave one $TICKER in it",
    ),
    Row(
        403,
        "invalid url",
        Class::Rejected,
        "X blocks a link in it; take it out",
    ),
    Row(
        403,
        "to post a video longer than",
        Class::Rejected,
        "cut the video",
    ),
    Row(
        403,
        "unsupported-authentication",
        Class::Setup,
        "connect the account again with `crierctl connect`",
    ),
    Row(
        403,
        "unsupported authentication",
        Class::Setup,
        "connect the account again with `crierctl connect`",
    ),
    Row(403, "client-not-enrolled", Class::Person, ENROL),
    Row(403, "client-forbidden", Class::Person, ENROL),
    Row(
        403,
        "not permitted to access this feature",
        Class::Person,
        "the app's plan does not include it",
    ),
    Row(
        403,
        "user-suspended",
        Class::Person,
        "log in at https://x.com and see what X asks for",
    ),
    Row(
        403,
        "suspended",
        Class::Person,
        "log in at https://x.com and see what X asks for",
    ),
    Row(
        403,
        " locked",
        Class::Person,
        "log in at https://x.com and see what X asks for",
    ),
    Row(
        403,
        "oauth1-permissions",
        Class::Person,
        "give the app the permission \"Read and write\", for messages \"Read and write and Direct message\", then make new tokens",
    ),
    Row(
        403,
        "not permitted to perform this action",
        Class::Rejected,
        "its length, its media or what it answers is not allowed for this account; long texts need Premium (`premium = \"true\"`)",
    ),
    Row(403, "", Class::Forbidden, ""),
    Row(404, "", Class::Gone, ""),
    Row(0, "resource-not-found", Class::Gone, ""),
    Row(
        413,
        "",
        Class::Rejected,
        "the upload's parts are too large; lower `chunk_bytes` in [platform.x]",
    ),
    Row(
        431,
        "",
        Class::Rejected,
        "the upload's parts are too large; lower `chunk_bytes` in [platform.x]",
    ),
    Row(429, "", Class::Limited, ""),
    Row(0, "invalid-request", Class::Rejected, ""),
    Row(400, "", Class::Rejected, ""),
    Row(422, "", Class::Rejected, ""),
];

/// How a reply was read.
pub(super) enum Seen {
    /// 2xx with JSON (an empty object where the body is empty).
    Good(Value),
    /// Anything else.
    Bad(Problem),
}

/// An error with what surrounds it.
pub(super) struct Problem {
    /// What it means.
    pub(super) class: Class,
    /// For people.
    pub(super) why: String,
    /// A wait that the answer itself asks for, in seconds.
    pub(super) wait: Option<i64>,
    /// What it says of the refresh token that was sent.
    pub(super) token: TokenWord,
}

/// What the token endpoint says of a refresh token (x.md 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenWord {
    /// Nothing.
    None,
    /// The request was refused, in words that do not say why.
    Refused,
    /// It is used up or revoked.
    Final,
}

/// Reads any reply.
pub(super) fn see(reply: &Reply, now: Timestamp) -> Seen {
    let http = match reply {
        Reply::Http(http) => http,
        Reply::Mail(_) => {
            return Seen::Bad(Problem {
                class: Class::Unknown,
                why: "an SMTP reply came to an HTTP call".to_owned(),
                wait: None,
                token: TokenWord::None,
            });
        }
    };
    let good = (200..300).contains(&http.status);
    if good && http.body.is_empty() && !http.truncated {
        return Seen::Good(Value::Object(serde_json::Map::new()));
    }
    match http.json() {
        Some(json) if good && json.is_object() => Seen::Good(json),
        json => Seen::Bad(problem(http, json.as_ref(), now)),
    }
}

/// What X says of an error by itself, in lower case. The rest of a body repeats what was sent (x.md 7: `parameters.text`),
/// and a post about `invalid_grant` ends no login.
struct Words {
    /// Of any endpoint.
    all: String,
    /// Of the token endpoint: `error` as a word, which no other sends, and what stands beside it.
    token: String,
    /// The second half of that alone.
    described: String,
}

/// Longest field that is searched, in characters.
const FIELD_MAX: usize = 1000;
/// Most entries of `errors` that are searched.
const ERRORS_MAX: usize = 8;

impl Words {
    fn of(json: &Value) -> Words {
        let mut all = String::new();
        let errors = json.get("errors").and_then(Value::as_array);
        let listed = errors.into_iter().flatten().take(ERRORS_MAX);
        for from in listed.chain([json]) {
            for key in ["title", "detail", "type", "reason", "period", "message"] {
                if let Some(word) = from.get(key).and_then(Value::as_str) {
                    all.push_str(&plain(word, FIELD_MAX).to_lowercase());
                    all.push('\n');
                }
            }
            if let Some(code) = from.get("code").and_then(Value::as_i64) {
                all.push_str(&format!("code={code}\n"));
            }
        }
        let word = |key: &str| json.get(key).and_then(Value::as_str);
        let lower = |key: &str| plain(word(key).unwrap_or_default(), FIELD_MAX).to_lowercase();
        let (error, described) = (lower("error"), lower("error_description"));
        let token = if error.is_empty() {
            String::new()
        } else {
            format!("{error} {described}")
        };
        Words {
            all,
            token,
            described,
        }
    }

    /// What it says of a refresh token. X's sentence ("Value passed for the token was invalid.") is not verified (x.md 2.5),
    /// so any that calls a token no good counts.
    fn on_token(&self) -> TokenWord {
        let says = |words: &[&str]| words.iter().any(|word| self.described.contains(word));
        let no_good = says(&["token"]) && says(&["invalid", "expired", "revoked", "not valid"]);
        if self.token.contains("invalid_grant") || self.token.contains(INVALID_REQUEST) && no_good {
            TokenWord::Final
        } else if self.token.contains(INVALID_REQUEST) {
            TokenWord::Refused
        } else {
            TokenWord::None
        }
    }
}

fn problem(http: &HttpReply, json: Option<&Value>, now: Timestamp) -> Problem {
    let words = json.map(Words::of);
    let row = words.as_ref().and_then(|words| row(http.status, words));
    let token = words.as_ref().map_or(TokenWord::None, Words::on_token);
    let (class, advice) = match row {
        Some(Row(_, _, class, advice)) => (*class, *advice),
        None => (by_status(http.status), ""),
    };
    let said = match json {
        Some(json) => words_of(json),
        None => {
            let start = String::from_utf8_lossy(&http.body[..http.body.len().min(400)]).into_owned();
            let cut = if http.truncated { ", cut off" } else { "" };
            format!("something that is not its JSON{cut}: “{}”", plain(&start, 80))
        }
    };
    let transaction = http
        .headers
        .get("x-transaction-id")
        .map(|id| format!(", transaction {}", plain(id, 40)))
        .unwrap_or_default();
    let todo = if advice.is_empty() {
        String::new()
    } else {
        format!("; {advice}")
    };
    let wait = match class {
        Class::Capped => Some(heard::full_wait(http, now).unwrap_or_else(|| cap_wait(words.as_ref(), now))),
        Class::Rejected
        | Class::Forbidden
        | Class::Duplicate
        | Class::Already
        | Class::Gone
        | Class::DeadToken
        | Class::Setup
        | Class::NoCredits
        | Class::Person
        | Class::Limited
        | Class::Server
        | Class::Unknown => heard::full_wait(http, now),
    };
    Problem {
        class,
        why: format!("X says {said} (HTTP {}{transaction}){todo}", http.status),
        wait,
        token,
    }
}

fn row(status: u16, words: &Words) -> Option<&'static Row> {
    // A server that failed does not know what it did, whatever its words.
    if !(400..500).contains(&status) {
        return None;
    }
    let find = |table: &'static [Row], words: &str| {
        let mut rows = table.iter();
        rows.find(|Row(wanted, part, _, _)| (*wanted == 0 || *wanted == status) && words.contains(part))
    };
    let dead = (words.on_token() == TokenWord::Final).then_some(&DEAD);
    find(TOKEN_TABLE, &words.token)
        .or(dead)
        .or_else(|| find(TABLE, &words.all))
}

/// Without X's own words: what the status alone proves.
fn by_status(status: u16) -> Class {
    match status {
        402 => Class::NoCredits,
        429 => Class::Limited,
        // Never seen: an address that has ended with its version waits for a person.
        410 => Class::Setup,
        500..=599 => Class::Server,
        _ => Class::Unknown,
    }
}

/// A daily cap ends with the day; of a monthly one the end is not told, so it is tried once a day.
fn cap_wait(words: Option<&Words>, now: Timestamp) -> i64 {
    const DAY: i64 = 86_400;
    if words.is_some_and(|w| w.all.contains("daily")) {
        DAY - now.as_secs().rem_euclid(DAY)
    } else {
        DAY
    }
}

/// The vendor's sentence out of whichever envelope.
fn words_of(json: &Value) -> String {
    let word = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let first = json
        .get("errors")
        .and_then(Value::as_array)
        .and_then(|e| e.first());
    let inner = first.and_then(|e| word(e, "message").or_else(|| word(e, "detail")));
    let said = inner
        .or_else(|| word(json, "detail"))
        .or_else(|| word(json, "error_description"))
        .or_else(|| word(json, "title"))
        .or_else(|| word(json, "error"));
    match said {
        Some(words) => format!("“{}”", plain(&words, 300)),
        None => plain(&json.to_string(), 200),
    }
}

/// What a problem with a quiet call means: nothing is out, so all that passes is simply tried again.
pub(super) fn quiet<S>(p: Problem, pause: i64) -> Verdict<S> {
    let why = p.why;
    match p.class {
        // Windows are per endpoint (x.md 6.1): what calls of this kind wait for is heard beside the verdict.
        Class::Limited | Class::Capped => Verdict::Limited {
            secs: Some(p.wait.unwrap_or(pause)),
            why,
            account_wide: p.class == Class::Capped,
        },
        Class::Rejected | Class::Forbidden | Class::Duplicate | Class::Already | Class::Gone => {
            Verdict::Refused { why }
        }
        Class::DeadToken => Verdict::Reauthorise { why },
        Class::Setup | Class::NoCredits | Class::Person => Verdict::Blocked { why },
        Class::Server | Class::Unknown => Verdict::Unclear { why },
    }
}

/// What a problem with a commit means. 5xx have been seen after the effect (x.md 7: 503 on creates with media).
pub(super) fn commit<S>(p: Problem, pause: i64) -> Verdict<S> {
    match p.class {
        // Whoever has a meaning for these has asked before.
        Class::Duplicate | Class::Already => Verdict::Unclear { why: p.why },
        Class::Rejected
        | Class::Forbidden
        | Class::Gone
        | Class::DeadToken
        | Class::Setup
        | Class::NoCredits
        | Class::Person
        | Class::Limited
        | Class::Capped
        | Class::Server
        | Class::Unknown => quiet(p, pause),
    }
}

/// A 2xx that cannot be used.
pub(super) fn unreadable<S>(what: &str, json: &Value) -> Verdict<S> {
    Verdict::Unclear {
        why: format!("X answered without {what}: {}", plain(&json.to_string(), 120)),
    }
}
