//! Rules that no table holds.

use std::collections::BTreeMap;

use super::offers::{self, REPLY_CONTROLS};
use super::parts;
use crate::core::facts::Facts;
use crate::domain::post::{Content, Segment};
use crate::platforms::kit::graph::is_id;

/// The account's own default of `reply_control`.
pub(super) const REPLY_CONTROL: &str = "reply_control";

/// Sentences about a content; none when it is fine.
pub(super) fn content(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    for (field, value) in [
        ("reply_to", &content.reply_to),
        ("quote", &content.quote),
        ("repost", &content.repost),
    ] {
        if let Some(value) = value.as_ref().filter(|v| !is_id(v)) {
            out.push(format!(
                "`{field}` must be the numeric id of the post on Threads, not {value:?}: Threads has no call that turns an address into an id (`crierctl history ACCOUNT` shows the ids of the account's own posts)"
            ));
        }
    }
    if content.repost.is_some() && content.first_comment.is_some() {
        out.push("a repost on Threads takes no `first_comment`".to_owned());
    }
    let parts = parts::count(content);
    let most = offers::size(facts, "thread_max");
    if content.first_comment.is_some() && parts > most {
        out.push(format!(
            "a thread may have {most} parts, its first comment included; this one has {parts}"
        ));
    }
    if let Some(comment) = &content.first_comment {
        out.extend(comment_text(comment, facts));
    }
    out.extend(content.segments.iter().flat_map(segment));
    out
}

fn comment_text(comment: &str, facts: &Facts) -> Option<String> {
    let rule = offers::text(facts, true);
    let length = rule.counting.count(comment);
    if comment.trim().is_empty() {
        return Some("`first_comment` has no words".to_owned());
    }
    (length > rule.max).then(|| {
        format!(
            "`first_comment` has {length} {}, Threads takes {}",
            rule.counting.unit(),
            rule.max
        )
    })
}

/// Attachments that exclude each other (threads.md 4.2).
fn segment(segment: &Segment) -> Vec<String> {
    let mut out = Vec::new();
    if segment.link.is_some() && segment.poll.is_some() {
        out.push("Threads shows a link card or a poll, not both".to_owned());
    }
    if segment.link.is_some() && !segment.media.is_empty() {
        out.push(
            "Threads shows a link card below words only; put the address into the text instead".to_owned(),
        );
    }
    out
}

/// Bad settings of an account.
pub(super) fn options(options: &BTreeMap<String, String>) -> Vec<(String, String)> {
    options
        .get(REPLY_CONTROL)
        .filter(|v| !REPLY_CONTROLS.contains(&v.as_str()))
        .map(|v| {
            let words = REPLY_CONTROLS.join(", ");
            (REPLY_CONTROL.to_owned(), format!("{v:?} is none of {words}"))
        })
        .into_iter()
        .collect()
}
