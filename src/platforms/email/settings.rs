//! The settings of a mail account, read from its options.

use std::collections::BTreeMap;

use super::address::{self, Mailbox};
use super::offers::size;
use crate::core::facts::Facts;
use crate::core::platform::OptionSpec;

/// Who writes.
pub(super) const FROM: &str = "from";
const REPLY_TO: &str = "reply_to";
const TO: &str = "to";
const SUBJECT: &str = "subject";
const LIST_ID: &str = "list_id";
const LIST_UNSUBSCRIBE: &str = "list_unsubscribe";
const PER_MESSAGE: &str = "recipients_per_message";
/// Stands for the recipient's address, percent-encoded, in `list_unsubscribe`.
const RECIPIENT: &str = "{recipient}";

/// What an account may say.
pub(super) static OPTIONS: &[OptionSpec] = &[
    OptionSpec {
        key: FROM,
        help: "who writes: `The Club <news@club.example>`",
        required: true,
    },
    OptionSpec {
        key: REPLY_TO,
        help: "where answers go, when not to `from`",
        required: false,
    },
    OptionSpec {
        key: TO,
        help: "recipients of posts that name none in `to`, separated by commas",
        required: false,
    },
    OptionSpec {
        key: SUBJECT,
        help: "subject of posts that have none; without it the first line of the text",
        required: false,
    },
    OptionSpec {
        key: LIST_ID,
        help: "the account serves a list: its List-Id, such as `<news.club.example>`",
        required: false,
    },
    OptionSpec {
        key: LIST_UNSUBSCRIBE,
        help: "https address for one-click unsubscribing; `{recipient}` in it becomes the recipient's address",
        required: false,
    },
    OptionSpec {
        key: PER_MESSAGE,
        help: "recipients of one message, 1 to 100 (default 1: nobody sees another's address)",
        required: false,
    },
];

/// The settings, parsed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    /// Who writes, as written.
    pub(super) from_text: String,
    /// Who writes, parsed.
    pub(super) from: Mailbox,
    /// Where answers go.
    pub(super) reply_to: Option<String>,
    /// Default recipients.
    pub(super) to: Vec<String>,
    /// Default subject.
    pub(super) subject: Option<String>,
    /// The list's id with its brackets.
    pub(super) list_id: Option<String>,
    /// Where unsubscribing goes.
    pub(super) list_unsubscribe: Option<String>,
    /// Recipients of one message.
    pub(super) per_message: usize,
}

/// The settings, or everything that is wrong with them.
pub(super) fn read(
    options: &BTreeMap<String, String>,
    facts: &Facts,
) -> Result<Settings, Vec<(String, String)>> {
    let mut bad: Vec<(String, String)> = Vec::new();
    let mut note = |key: &str, why: String| bad.push((key.to_owned(), why));
    let get = |key: &str| options.get(key).map(|v| v.trim()).filter(|v| !v.is_empty());

    let from_text = get(FROM).unwrap_or_default().to_owned();
    let from = address::parse(&from_text, facts).unwrap_or_else(|why| {
        note(FROM, why);
        Mailbox {
            name: None,
            address: String::new(),
        }
    });
    let reply_to = get(REPLY_TO).map(str::to_owned);
    if let Some(Err(why)) = reply_to.as_ref().map(|r| address::parse(r, facts)) {
        note(REPLY_TO, why);
    }
    let to: Vec<String> = get(TO).map(split).unwrap_or_default();
    for one in &to {
        if let Err(why) = address::parse(one, facts) {
            note(TO, why);
        }
    }
    let subject = get(SUBJECT).map(str::to_owned);
    if let Some(Err(why)) = subject.as_ref().map(|s| address::no_controls("a subject", s)) {
        note(SUBJECT, why);
    }
    let list_id = get(LIST_ID).map(bracketed);
    if list_id.as_ref().is_some_and(|id| !is_list_id(id)) {
        note(
            LIST_ID,
            "it must look like `<news.club.example>`: a name with dots, in brackets".to_owned(),
        );
    }
    let list_unsubscribe = get(LIST_UNSUBSCRIBE).map(str::to_owned);
    if let Some(why) = list_unsubscribe
        .as_deref()
        .and_then(|u| bad_unsubscribe(u, list_id.is_some()))
    {
        note(LIST_UNSUBSCRIBE, why);
    }
    let per_message = per_message(get(PER_MESSAGE), facts).unwrap_or_else(|why| {
        note(PER_MESSAGE, why);
        1
    });
    if !bad.is_empty() {
        return Err(bad);
    }
    Ok(Settings {
        from_text,
        from,
        reply_to,
        to,
        subject,
        list_id,
        list_unsubscribe,
        per_message,
    })
}

fn split(list: &str) -> Vec<String> {
    list.split([',', ';'])
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

fn bracketed(id: &str) -> String {
    if id.starts_with('<') {
        id.to_owned()
    } else {
        format!("<{id}>")
    }
}

fn is_list_id(id: &str) -> bool {
    id.strip_prefix('<')
        .and_then(|t| t.strip_suffix('>'))
        .is_some_and(|inner| {
            inner.contains('.')
                && inner.len() <= 200
                && inner
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        })
}

fn bad_unsubscribe(url: &str, is_list: bool) -> Option<String> {
    if !is_list {
        return Some("it belongs to a list: set `list_id` too".to_owned());
    }
    let sample = url.replace(RECIPIENT, "x");
    let fine = url::Url::parse(&sample).is_ok_and(|u| u.scheme() == "https" && u.host_str().is_some());
    let printable = sample
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b','));
    (!fine || !printable || url.len() > 500)
        .then(|| "it must be an https address without spaces, commas or brackets (one-click unsubscribing, RFC 8058)".to_owned())
}

fn per_message(text: Option<&str>, facts: &Facts) -> Result<usize, String> {
    let most = size(facts, "per_message_max").max(1);
    match text {
        None => Ok(1),
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| format!("{text:?} is not a number from 1 to {most}")),
    }
}

impl Settings {
    /// Headers of a list; none for ordinary mail.
    pub(super) fn list_headers(&self, recipients: &[String]) -> Vec<(String, String)> {
        let Some(list_id) = &self.list_id else {
            return Vec::new();
        };
        let mut headers = vec![("List-Id".to_owned(), list_id.clone())];
        if let Some(url) = self.list_unsubscribe.as_ref().and_then(|u| filled(u, recipients)) {
            headers.push(("List-Unsubscribe".to_owned(), format!("<{url}>")));
            headers.push((
                "List-Unsubscribe-Post".to_owned(),
                "List-Unsubscribe=One-Click".to_owned(),
            ));
        }
        headers
    }
}

/// The address with the recipient in it; `None` when it wants one and there are several.
fn filled(url: &str, recipients: &[String]) -> Option<String> {
    if !url.contains(RECIPIENT) {
        return Some(url.to_owned());
    }
    match recipients {
        [one] => Some(url.replace(RECIPIENT, &crate::platforms::kit::text::segment(one))),
        [] | [_, _, ..] => None,
    }
}
