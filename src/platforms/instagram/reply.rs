//! Replies to verdicts (instagram.md 7, meta-common.md 4.3): Instagram's own rows, then kit's table.

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
}

impl Problem {
    /// The error's code.
    pub(super) fn code(&self) -> Option<i64> {
        self.error.as_ref().and_then(|e| e.code)
    }
}

/// What Instagram alone says: a subcode or a word of the body, what it means, what to do.
struct Row {
    sub: i64,
    text: &'static str,
    class: Class,
    advice: &'static str,
}

const fn sub(sub: i64, class: Class, advice: &'static str) -> Row {
    Row {
        sub,
        text: "",
        class,
        advice,
    }
}

const fn text(text: &'static str, class: Class, advice: &'static str) -> Row {
    Row {
        sub: 0,
        text,
        class,
        advice,
    }
}

const WINDOW: &str =
    "Instagram lets an account answer for 24 hours after the person last wrote to it, and never write first";
const PUBLIC: &str = "the callback endpoint's public URL must be reachable for Meta: look at nginx or Caddy, a firewall, bot protection";
const VIDEO: &str = "encode it anew: MP4 or MOV, H.264 or HEVC, AAC up to 48 kHz, index first";

/// meta-common.md 4.3 and instagram.md 7. The first that fits; after these the table of all of Meta.
static ROWS: &[Row] = &[
    text(
        "is not an instagram business",
        Class::Reauthorise,
        "the account is personal now: make it Business or Creator in Instagram's app, then connect it again",
    ),
    text(
        "instagram_platform_api__invalid_location_id",
        Class::Reject,
        "`location` must be the id of a Facebook Page with an address",
    ),
    text(
        "instagram basic display",
        Class::Person,
        super::login::BASIC_DISPLAY,
    ),
    text("invalid platform app", Class::Person, super::login::WRONG_APP),
    text(
        "not enough viewers",
        Class::RetryLater,
        "the numbers of a story are told once five people have seen it, for 24 hours",
    ),
    sub(2_207_001, Class::NewContainer, ""),
    sub(2_207_003, Class::NewContainer, PUBLIC),
    sub(2_207_020, Class::NewContainer, ""),
    sub(2_207_032, Class::NewContainer, ""),
    sub(2_207_053, Class::NewContainer, VIDEO),
    sub(2_207_082, Class::NewContainer, ""),
    sub(2_207_077, Class::Fetch, PUBLIC),
    sub(2_207_004, Class::Reject, "use a picture of at most 8 MiB"),
    sub(2_207_005, Class::Reject, "Instagram takes JPEG only"),
    sub(2_207_009, Class::Reject, "use a ratio between 4:5 and 1.91:1"),
    sub(
        2_207_010,
        Class::Reject,
        "a caption has at most 2,200 characters, 30 hashtags and 20 @ names",
    ),
    sub(2_207_023, Class::Reject, "the media type is not known"),
    sub(2_207_026, Class::Reject, VIDEO),
    sub(2_207_028, Class::Reject, "a carousel has 2 to 10 items"),
    sub(2_207_035, Class::Reject, "look at `tags`"),
    sub(2_207_036, Class::Reject, "look at `tags`"),
    sub(2_207_037, Class::Reject, "look at `tags`"),
    sub(2_207_040, Class::Reject, "at most 20 @ names"),
    sub(
        2_207_057,
        Class::Reject,
        "the thumbnail's time lies outside the video",
    ),
    sub(2_207_081, Class::Reject, "the account has no trial reels"),
    sub(
        2_207_085,
        Class::RetryLater,
        "a fault on Meta's side that some accounts have had; delete it in the app if it stays",
    ),
    sub(2_018_278, Class::Reject, WINDOW),
    sub(2_534_022, Class::Reject, WINDOW),
    sub(
        2_018_001,
        Class::Reject,
        "there is no such person for this account: `to` is the id that Instagram gives in the conversation",
    ),
];

fn classify(error: &GraphError) -> (Class, &'static str) {
    let own = ROWS.iter().find(|row| {
        (row.sub == 0 || error.subcode == Some(row.sub))
            && (row.text.is_empty() || error.haystack.contains(row.text))
    });
    own.map_or_else(
        || {
            let row = graph::classify(error);
            (row.class, row.advice)
        },
        |row| (row.class, row.advice),
    )
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
            let (class, advice) = classify(&error);
            let why = format!("Instagram says {}{}", error.describe(), and(advice));
            Seen::Bad(problem(http, class, why, Some(error)))
        }
        Read::NotJson => {
            let class = graph::class_of_status(http.status);
            let start = plain(
                &String::from_utf8_lossy(&http.body[..http.body.len().min(400)]),
                80,
            );
            let cut = if http.truncated { ", cut off" } else { "" };
            let why = format!(
                "Instagram answered HTTP {}{cut} with something that is not its JSON: “{start}”",
                http.status
            );
            Seen::Bad(problem(http, class, why, None))
        }
    }
}

fn and(advice: &str) -> String {
    if advice.is_empty() {
        String::new()
    } else {
        format!("; {advice}")
    }
}

fn problem(http: &HttpReply, class: Class, why: String, error: Option<GraphError>) -> Problem {
    Problem {
        error,
        class,
        why,
        status: http.status,
        wait: graph::told_wait(http),
    }
}

fn wrong_kind() -> Problem {
    Problem {
        error: None,
        class: Class::Unknown,
        why: "an SMTP reply came to an HTTP call".to_owned(),
        status: 0,
        wait: None,
    }
}

/// What the words of a container in ERROR mean: they hold the subcode's number (meta-common.md 4.3).
pub(super) fn failed_container(words: &str) -> (Class, String) {
    let subcode = number_in(words);
    let error = GraphError {
        subcode,
        haystack: words.to_lowercase(),
        ..GraphError::default()
    };
    let (class, advice) = classify(&error);
    (class, format!("“{}”{}", plain(words, 200), and(advice)))
}

/// The first number of seven digits that begins with 2207.
fn number_in(words: &str) -> Option<i64> {
    words
        .split(|c: char| !c.is_ascii_digit())
        .find(|run| run.len() == 7 && run.starts_with("2207"))
        .and_then(|run| run.parse().ok())
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

/// The vendor's own time wins over the table's.
pub(super) fn limited<S>(table: i64, told: Option<i64>, why: String) -> Verdict<S> {
    Verdict::Limited {
        secs: Some(told.unwrap_or(table)),
        why,
        account_wide: true,
    }
}

/// Whether an error of `media_publish` is one of those that say "nothing was done" (instagram.md 8: 9007, 100, 10,
/// 190, 200–299). Everything else is looked up first, a limit too: posts have been live behind an error.
pub(super) fn is_final(p: &Problem) -> bool {
    p.status < 500 && matches!(p.code(), Some(9007 | 100 | 10 | 190 | 200..=299))
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
            "Instagram answered without {what}: {}",
            plain(&json.to_string(), 120)
        ),
    }
}
