//! Whether a listed post is the one that was sent (x.md 8.3): what X gives back differs from what it was given.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::flow::answers;
use super::parts;
use super::state::Trail;
use crate::core::flow::Job;
use crate::domain::post::Segment;
use crate::domain::text::weighted_links;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::time;

/// How a listed post compares with what was sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Match {
    /// It is ours: its id, and how far from the first sending it was made.
    Ours(String, i64),
    /// The same, but made before the first sending.
    Older(String),
    /// Another.
    No,
}

/// Compares one entry of the list of own posts with the part under way, first sent at `first`.
pub(super) fn post(job: &Job, trail: &Trail, first: LetGo, entry: &Value) -> Match {
    let n = trail.live.len();
    let (Some(part), Some(id)) = (parts::part(&job.content, n), id_of(entry)) else {
        return Match::No;
    };
    let known = trail.live.iter().flatten().any(|live| *live == id);
    let quote = (n == 0)
        .then(|| job.content.quote.as_deref().and_then(parts::post_id))
        .flatten();
    let same = same_words(&parts::words(&part), entry, quote) && same_media(&part, entry);
    if known || !same || !answers_ours(job, trail, entry) {
        return Match::No;
    }
    aged(job, id, first, entry)
}

/// Compares one message of a conversation with the one that was sent at `first`.
pub(super) fn message(job: &Job, me: &str, words: &str, first: LetGo, entry: &Value) -> Match {
    let sender = entry.get("sender_id").and_then(Value::as_str);
    match id_of(entry) {
        Some(id) if sender == Some(me) && same_message(words, entry) => aged(job, id, first, entry),
        Some(_) | None => Match::No,
    }
}

/// X may give back a message's links as `t.co` without telling what they stand for: then any link fits any other.
fn same_message(sent: &str, entry: &Value) -> bool {
    let text = entry.get("text").and_then(Value::as_str).unwrap_or_default();
    let listed = unescaped(text);
    same_words(sent, entry, None)
        || listed.contains("t.co/") && comparable(&masked(&listed)) == comparable(&masked(sent))
}

/// The same with one word for every link.
fn masked(text: &str) -> String {
    relinked(text, |_| "<link>")
}

/// The same with every link written otherwise, wherever it stands: in parentheses, in quotes, after letters (x.md 4.3).
fn relinked(text: &str, otherwise: impl Fn(&str) -> &str) -> String {
    let text: String = text.nfc().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for link in weighted_links(&text) {
        out.push_str(&text[at..link.start]);
        out.push_str(otherwise(&text[link.clone()]));
        at = link.end;
    }
    out.push_str(&text[at..]);
    out
}

/// A link, or what looks like one, without scheme and closing slash.
fn bare(link: &str) -> &str {
    let bare = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"))
        .unwrap_or(link);
    if bare.contains('.') {
        bare.trim_end_matches('/')
    } else {
        bare
    }
}

fn id_of(entry: &Value) -> Option<String> {
    let id = entry.get("id").and_then(Value::as_str)?;
    parts::is_id(id).then(|| id.to_owned())
}

fn aged(job: &Job, id: String, first: LetGo, entry: &Value) -> Match {
    let made = entry.get("created_at").and_then(Value::as_str).and_then(time);
    match made {
        Some(at) if at < first.earliest(job.facts.number("look_match_secs")) => Match::Older(id),
        Some(at) => Match::Ours(id, at.since(first.about()).millis().saturating_abs()),
        // The list begins after the newest post of before, or shortly before the sending.
        None => Match::Ours(id, i64::MAX),
    }
}

/// Either spelling of a field: `referenced_tweets`, `referenced_posts` (x.md 5).
fn either<'a>(entry: &'a Value, one: &str, other: &str) -> Option<&'a Value> {
    entry.get(one).or_else(|| entry.get(other))
}

/// What an entry does not tell speaks neither for nor against it.
fn answers_ours(job: &Job, trail: &Trail, entry: &Value) -> bool {
    let Ok(wanted) = answers(job, trail) else {
        return true;
    };
    let listed = either(entry, "referenced_tweets", "referenced_posts").and_then(Value::as_array);
    let told = listed.and_then(|all| {
        let one = all
            .iter()
            .find(|r| r.get("type").and_then(Value::as_str) == Some("replied_to"))?;
        one.get("id").and_then(Value::as_str)
    });
    match (wanted, told) {
        (Some(wanted), Some(told)) => wanted == told,
        // Listed references without an answer among them: it answers nothing.
        (Some(_), None) => listed.is_none(),
        (None, Some(_)) => false,
        (None, None) => true,
    }
}

fn same_media(part: &Segment, entry: &Value) -> bool {
    let Some(attached) = entry.get("attachments") else {
        return true;
    };
    let count = |key: &str| attached.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    count("media_keys") == part.media.len() && (count("poll_ids") > 0) == part.poll.is_some()
}

fn same_words(sent: &str, entry: &Value, quote: Option<&str>) -> bool {
    let sent = comparable(sent);
    let note = either(entry, "note_tweet", "note_post");
    let text = note
        .and_then(|n| n.get("text"))
        .or_else(|| entry.get("text"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let entities = links(entry).chain(note.into_iter().flat_map(links));
    let listed = comparable(&unescaped(&expanded(text, entities, quote)));
    listed == sent || without_mentions(&listed, &sent) == Some(&sent)
}

fn links(of: &Value) -> impl Iterator<Item = &Value> {
    of.get("entities")
        .and_then(|e| e.get("urls"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// `t.co` undone; those of media and of the quoted post, which X adds itself, are taken away.
fn expanded<'a>(text: &str, entities: impl Iterator<Item = &'a Value>, quote: Option<&str>) -> String {
    let mut text = text.to_owned();
    for entity in entities {
        let word = |key: &str| entity.get(key).and_then(Value::as_str);
        let Some(short) = word("url").filter(|u| !u.is_empty()) else {
            continue;
        };
        let shown = word("display_url").unwrap_or_default();
        let long = word("expanded_url").unwrap_or_default();
        let media = entity.get("media_key").is_some()
            || shown.starts_with("pic.x.com")
            || shown.starts_with("pic.twitter.com");
        let quoted = quote.is_some_and(|id| parts::post_id(long) == Some(id));
        if (media || quoted) && text.trim_end().ends_with(short) {
            text.truncate(text.trim_end().len() - short.len());
        } else if !media && !long.is_empty() {
            text = text.replace(short, long);
        }
    }
    // A media link without its entity.
    let trimmed = text.trim_end();
    match trimmed.rsplit_once("https://t.co/") {
        Some((before, slug)) if !slug.is_empty() && slug.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            before.to_owned()
        }
        Some(_) | None => trimmed.to_owned(),
    }
}

/// The three entities that X writes; `&amp;` last, so that nothing is undone twice.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// The same words in the same form: NFC, single spaces, links without scheme and closing slash.
fn comparable(text: &str) -> String {
    let text = relinked(text, bare);
    let words: Vec<&str> = text.split_whitespace().map(bare).collect();
    words.join(" ")
}

/// A reply may begin with mentions that X added.
fn without_mentions<'a>(listed: &'a str, sent: &str) -> Option<&'a str> {
    let before = listed.strip_suffix(sent)?;
    let mentions = !before.is_empty() && before.split_whitespace().all(|word| word.starts_with('@'));
    (mentions && before.ends_with(' ')).then(|| &listed[before.len()..])
}
