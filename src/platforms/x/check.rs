//! Rules that no table holds.

use std::collections::BTreeMap;

use super::enquiries::{SUBSCRIPTION, VERIFIED};
use super::offers::{self, AUDIENCES};
use super::{auth, parts, price};
use crate::core::facts::{Facts, money};
use crate::domain::account::Profile;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Kind, Segment};

/// The account's own default of `audience`.
pub(super) const REPLY_SETTINGS: &str = "reply_settings";
/// Whether the account has Premium.
pub(super) const PREMIUM: &str = "premium";

/// Sentences about a content; none when it is fine.
pub(super) fn content(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = ids(content);
    if content.kind == Kind::Message {
        out.extend(message(content));
    } else {
        out.extend(together(content, facts));
    }
    for n in 0..parts::count(content) {
        if let Some(part) = parts::part(content, n) {
            out.extend(segment(content, &part, n, facts));
        }
    }
    out.extend(too_dear(content, facts));
    out
}

fn ids(content: &Content) -> Vec<String> {
    [
        ("reply_to", &content.reply_to),
        ("quote", &content.quote),
        ("repost", &content.repost),
    ]
    .into_iter()
    .filter_map(|(field, value)| {
        let value = value.as_ref().filter(|v| parts::post_id(v).is_none())?;
        Some(format!(
            "`{field}` must be the id of a post on X or its address (https://x.com/NAME/status/ID), not {value:?}"
        ))
    })
    .collect()
}

/// A message goes to one person, in words only (x.md 5.1).
fn message(content: &Content) -> Vec<String> {
    let mut out = Vec::new();
    match content.to.as_slice() {
        [one] if parts::is_id(one) => {}
        [one] => out.push(format!(
            "`to` must be the numeric user id of a person on X, not {one:?}: X sends messages to ids only"
        )),
        [] => {}
        [_, _, ..] => {
            out.push("`to` names several people; X takes a message to one: drop a file for each".to_owned())
        }
    }
    if content.segments.len() > 1 || content.first_comment.is_some() {
        out.push("a message on X is one piece; it takes no `thread` and no `first_comment`".to_owned());
    }
    if content.reply_to.is_some() || content.quote.is_some() {
        out.push("a message on X answers and quotes nothing".to_owned());
    }
    if content.segments.iter().any(|s| s.link.is_some()) {
        out.push("`link` is for posts; put the address into the text of the message".to_owned());
    }
    out
}

/// What excludes each other in one post (x.md 4.1).
fn together(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    if content.repost.is_some() && content.first_comment.is_some() {
        out.push("`first_comment`: a repost on X takes none".to_owned());
    }
    let first = content.segments.first();
    if content.quote.is_some() && first.is_some_and(|s| s.poll.is_some() || !s.media.is_empty()) {
        out.push("`quote`: X takes one of a quote, a poll and media in a post".to_owned());
    }
    let (all, most) = (parts::count(content), offers::size(facts, "thread_max"));
    if content.first_comment.is_some() && all > most {
        out.push(format!(
            "a thread may have {most} parts, its first comment included; this one has {all}"
        ));
    }
    if content
        .first_comment
        .as_ref()
        .is_some_and(|c| c.trim().is_empty())
    {
        out.push("`first_comment` has no words".to_owned());
    }
    out
}

fn segment(content: &Content, part: &Segment, n: usize, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    let words = parts::words(part);
    let which = match n {
        _ if parts::is_comment(content, n) => "`first_comment`".to_owned(),
        0 => "the text".to_owned(),
        n => format!("the text of post {}", n + 1),
    };
    if words
        .chars()
        .any(|c| matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}'))
    {
        out.push(format!(
            "{which} has a character that X refuses (U+FEFF, U+FFFE or U+FFFF)"
        ));
    }
    if content.kind == Kind::Message {
        return out;
    }
    let rule = offers::text(facts, false);
    let length = rule.counting.count(&words);
    // The cells have measured the words; what they do not see is the link below them, and the comment.
    if length > rule.max && (part.link.is_some() || parts::is_comment(content, n)) {
        let with = if part.link.is_some() { " with its link" } else { "" };
        out.push(format!(
            "{which} has {length} {}{with}, X takes {}",
            rule.counting.unit(),
            rule.max
        ));
    }
    let (tags, most) = (cashtags(&words), offers::size(facts, "cashtags_max"));
    if tags > most {
        out.push(format!(
            "{which} has {tags} cashtags ($TICKER), X takes {most} in a post"
        ));
    }
    out.extend(part.poll.as_ref().and_then(|p| duration(p, facts)));
    out.extend(files(part, facts));
    out
}

/// `$TICKER`: one to six letters after a dollar sign that stands alone.
fn cashtags(words: &str) -> usize {
    words
        .split_whitespace()
        .filter_map(|w| w.trim_start_matches(['(', '"', '\'']).strip_prefix('$'))
        .filter(|w| {
            let letters = w.chars().take_while(char::is_ascii_alphabetic).count();
            let rest = w.chars().nth(letters);
            (1..=6).contains(&letters) && !rest.is_some_and(|c| c.is_alphanumeric() || c == '$')
        })
        .count()
}

fn duration(poll: &crate::domain::post::Poll, facts: &Facts) -> Option<String> {
    let minutes = poll.duration?.as_secs() / 60;
    let (least, most) = (facts.number("poll_min_minutes"), facts.number("poll_max_minutes"));
    (minutes < least || minutes > most)
        .then(|| format!("the poll runs {minutes} minutes, X takes {least} to {most} (7 days)"))
}

/// GIFs are a kind of their own (x.md 4.4).
fn files(part: &Segment, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    if part.media.len() > 1 && part.media.iter().any(parts::is_gif) {
        out.push("X shows a GIF alone, not with other pictures".to_owned());
    }
    for media in &part.media {
        if parts::is_gif(media) {
            out.extend(gif(media, facts));
        } else if media.facts.kind == MediaKind::Video {
            out.extend(clip(media, facts));
            out.extend(long(media, facts));
        }
    }
    out
}

/// What the cell refuses to this account, an account with Premium may post.
fn long(media: &Media, facts: &Facts) -> Option<String> {
    let within = |secs: &str, bytes: &str| {
        let number = |name: &str| u64::try_from(facts.number(name)).unwrap_or(0);
        media.facts.bytes <= number(bytes)
            && media
                .facts
                .duration_ms
                .is_some_and(|ms| ms <= number(secs).saturating_mul(1000))
    };
    let wants = !within("video_max_secs", "video_max_bytes")
        && within("video_max_secs_premium", "video_max_bytes_premium");
    wants.then(|| {
        format!(
            "{} is for an account with Premium: `crierctl validate` reads off X who has it, `premium = \"true\"` of the account says it too",
            media.file
        )
    })
}

fn gif(media: &Media, facts: &Facts) -> Option<String> {
    let (width, height) = (facts.number("gif_max_width"), facts.number("gif_max_height"));
    let large = i64::from(media.facts.width) > width || i64::from(media.facts.height) > height;
    large.then(|| {
        format!(
            "{} is {} x {}, X takes GIFs of at most {width} x {height}",
            media.file, media.facts.width, media.facts.height
        )
    })
}

/// Sides that could not be measured are left to X.
fn clip(media: &Media, facts: &Facts) -> Option<String> {
    let least = facts.number("video_side_min");
    let side = i64::from(media.facts.width.min(media.facts.height));
    (side > 0 && side < least).then(|| {
        format!(
            "{} is {} x {}, X takes videos of at least {least} pixels on each side",
            media.file, media.facts.width, media.facts.height
        )
    })
}

/// What can never fit into the budget is refused when it is dropped.
fn too_dear(content: &Content, facts: &Facts) -> Option<String> {
    let quota = facts.quotas().into_iter().find(|q| q.name == price::BUDGET)?;
    let cost = price::all(content, facts)
        .into_iter()
        .find(|c| c.limit == price::BUDGET)?
        .amount;
    let why = price::reason(content, facts)
        .map(|w| format!(" {w}"))
        .unwrap_or_default();
    (cost > quota.max).then(|| {
        format!(
            "it costs {}{why}, and the budget is {} in {} (`budget` in [platform.x])",
            quota.amount(cost),
            money(quota.max, quota.money.as_deref().unwrap_or_default()),
            quota.window
        )
    })
}

/// Premium allows long texts and long videos (x.md 4.3, 4.4).
pub(super) fn facts_with(facts: Facts, options: &BTreeMap<String, String>) -> Facts {
    if options.get(PREMIUM).is_none_or(|v| v != "true") {
        return facts;
    }
    raised(facts)
}

/// With the numbers that Premium raises.
fn raised(facts: Facts) -> Facts {
    let more = [
        ("text_max", facts.number("text_max_premium")),
        ("video_max_secs", facts.number("video_max_secs_premium")),
        ("video_max_bytes", facts.number("video_max_bytes_premium")),
        ("processing_secs", facts.number("processing_secs_premium")),
    ];
    let raise = |facts: Facts, (name, more): (&str, i64)| {
        let most = more.max(facts.number(name));
        facts.with_number(name, most)
    };
    more.into_iter().fold(facts, raise)
}

/// X has told about the account's subscription (x.md 3: "use `subscription_type`/`verified_type`"); the setting wins. Whether
/// the tier `Basic` takes long texts is not known: who has it writes `premium = "true"`.
pub(super) fn facts_of(facts: Facts, options: &BTreeMap<String, String>, profile: &Profile) -> Facts {
    let told = |key: &str| profile.facts.get(key).map(String::as_str);
    let premium = match told(SUBSCRIPTION) {
        Some(tier) => matches!(tier, "Premium" | "PremiumPlus"),
        None => told(VERIFIED) == Some("blue"),
    };
    if !premium || options.contains_key(PREMIUM) {
        return facts;
    }
    raised(facts)
}

/// What X may refuse though it takes such posts (x.md, read first, 2; 4.2; 4.4).
pub(super) fn warnings(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    let others = [("reply_to", &content.reply_to), ("quote", &content.quote)];
    for (field, _) in others.iter().filter(|(_, value)| value.is_some()) {
        out.push(format!(
            "`{field}`: {}; X refuses it otherwise, when it is due",
            super::reply::MENTIONED
        ));
    }
    let (long, short) = (
        facts.number("video_long_side_max"),
        facts.number("video_short_side_max"),
    );
    let files = content.segments.iter().flat_map(|s| &s.media);
    for media in files.filter(|m| m.facts.kind == MediaKind::Video) {
        let sides = (i64::from(media.facts.width), i64::from(media.facts.height));
        if sides.0.max(sides.1) > long || sides.0.min(sides.1) > short {
            out.push(format!(
                "{} is {} x {}; X documents at most {long} x {short} and may refuse more",
                media.file, sides.0, sides.1
            ));
        }
        let ordinary = super::FACTS.number("video_max_secs");
        let secs = media.facts.duration_ms.unwrap_or(0) / 1000;
        if i64::try_from(secs).unwrap_or(i64::MAX) > ordinary {
            out.push(format!(
                "{} lasts {secs} seconds; X takes more than {ordinary} from accounts with Premium, and does not document how much by its API: it may refuse it, when it is due",
                media.file
            ));
        }
    }
    out
}

/// Bad settings of an account.
pub(super) fn options(options: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let choices: [(&str, &[&str]); 4] = [
        (REPLY_SETTINGS, &AUDIENCES),
        (auth::MODE, &auth::MODES),
        (PREMIUM, &["true", "false"]),
        (auth::MESSAGES, &["true", "false"]),
    ];
    choices
        .into_iter()
        .filter_map(|(key, words)| {
            let value = options.get(key).filter(|v| !words.contains(&v.as_str()))?;
            Some((
                key.to_owned(),
                format!("{value:?} is none of {}", words.join(", ")),
            ))
        })
        .collect()
}
