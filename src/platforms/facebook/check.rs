//! Rules that no table holds.

use std::collections::BTreeMap;

use super::offers::{self, size};
use super::parts::{self, What};
use crate::core::facts::Facts;
use crate::domain::media::MediaKind;
use crate::domain::post::{Content, Kind, Segment};
use crate::platforms::kit::graph::is_id;
use crate::platforms::kit::meta_login::{PAGE, bad_config};

/// Messages of one delivery.
const RECIPIENTS: usize = 10;

/// Sentences about a content; none when it is fine.
pub(super) fn content(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    let what = parts::what(content);
    if let Some(id) = content.reply_to.as_ref().filter(|id| !is_id(id)) {
        out.push(format!(
            "`reply_to` must be the id of a post on Facebook, not {id:?}: Facebook has no call that turns an address into an id (`crierctl history ACCOUNT` shows the ids of the Page's own posts)"
        ));
    }
    if content.kind == Kind::Message {
        out.extend(recipients(content, facts));
    }
    if let Some(comment) = &content.first_comment {
        out.extend(first_comment(content, what, comment, facts));
    }
    if what == What::Comment {
        out.extend(comment_length("the text", parts::text(content), facts));
    }
    if let Some(segment) = content.segments.first() {
        out.extend(attachments(content, what, segment));
        if content.kind == Kind::Reel {
            out.extend(reel_size(segment, facts));
        }
    }
    out
}

/// Messenger knows people by ids that it gives out when they write to the Page (facebook.md 5).
fn recipients(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    // More would not fit into the state of one delivery, whatever the config says.
    let most = size(facts, "recipients_max").min(RECIPIENTS);
    let all = parts::count(content);
    if all > most {
        out.push(format!(
            "`to` has {} recipients, which makes {all} messages (a file and words go one after the other); crier sends {most} at once on Facebook",
            content.to.len()
        ));
    }
    if parts::text(content).trim().is_empty() && content.segments.iter().all(|s| s.media.is_empty()) {
        out.push("the message has neither words nor a file".to_owned());
    }
    let bytes = size(facts, "message_file_max_bytes") as u64;
    for media in content.segments.iter().flat_map(|s| &s.media) {
        if media.facts.bytes > bytes {
            out.push(format!(
                "{} has {} bytes, a message on Facebook takes {bytes}",
                media.file, media.facts.bytes
            ));
        }
    }
    for to in content.to.iter().filter(|to| !is_id(to)) {
        out.push(format!(
            "`to` must hold Messenger's ids of people (PSIDs), not {to:?}: a person has one once they have written to the Page, and a Page may answer for 24 hours after their last message"
        ));
    }
    if content.reply_to.is_some() {
        out.push("`reply_to` has no meaning for a message".to_owned());
    }
    out
}

fn first_comment(content: &Content, what: What, comment: &str, facts: &Facts) -> Option<String> {
    let without = match what {
        What::Message => Some("message"),
        What::PhotoStory | What::VideoStory => Some("story"),
        What::Comment => Some("comment (`reply_to`)"),
        What::Words | What::Photos | What::Video | What::Reel => None,
    };
    if let Some(without) = without {
        return Some(format!("`first_comment`: a {without} takes none on Facebook"));
    }
    if comment.trim().is_empty() {
        return Some("`first_comment` has no words".to_owned());
    }
    comment_length("`first_comment`", comment, facts).filter(|_| !content.segments.is_empty())
}

/// Comments are shorter than posts.
fn comment_length(which: &str, words: &str, facts: &Facts) -> Option<String> {
    let (rule, most) = (offers::text(facts, true), size(facts, "comment_max"));
    let length = rule.counting.count(words);
    (length > most).then(|| {
        format!(
            "{which} has {length} {}, Facebook takes {most} in a comment",
            rule.counting.unit()
        )
    })
}

/// What may stand beside what (facebook.md 4).
fn attachments(content: &Content, what: What, segment: &Segment) -> Vec<String> {
    let mut out = Vec::new();
    let alone = match what {
        What::Words => None,
        What::Photos | What::Video => Some("Facebook shows a link card below words only"),
        What::Reel => Some("a reel shows no link card"),
        What::PhotoStory | What::VideoStory => Some("a story by the API shows no link"),
        What::Message => Some("a message shows no link card"),
        What::Comment => Some("a comment takes no link of its own"),
    };
    if let Some(why) = alone.filter(|_| segment.link.is_some()) {
        let instead = match what {
            What::PhotoStory | What::VideoStory => "leave it out",
            What::Words | What::Photos | What::Video | What::Reel | What::Message | What::Comment => {
                "put the address into the text instead"
            }
        };
        out.push(format!("`link`: {why}; {instead}"));
    }
    if what == What::Comment && !segment.media.is_empty() {
        out.push("`reply_to`: crier writes comments on Facebook with words only".to_owned());
    }
    if content.words(super::TITLE).is_some() && !matches!(what, What::Video | What::Reel) {
        out.push("`title` is for videos and reels on Facebook".to_owned());
    }
    for media in &segment.media {
        if media.facts.kind == MediaKind::Video && (media.cover.is_some() || media.thumb_ms.is_some()) {
            out.push(format!(
                "{}: crier sends no cover to Facebook; take it away, Facebook picks one",
                media.file
            ));
        }
    }
    out
}

fn reel_size(segment: &Segment, facts: &Facts) -> Vec<String> {
    let (width, height) = (size(facts, "reel_min_width"), size(facts, "reel_min_height"));
    segment
        .media
        .iter()
        .map(|media| (media, media.facts.width as usize, media.facts.height as usize))
        .filter(|(_, w, h)| *w > 0 && *h > 0 && (*w < width || *h < height))
        .map(|(media, w, h)| {
            format!(
                "{} is {w} x {h} pixels, a reel on Facebook has at least {width} x {height}",
                media.file
            )
        })
        .collect()
}

/// Bad settings of an account.
pub(super) fn options(options: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let page = options.get(PAGE).filter(|page| page.trim().is_empty());
    page.map(|_| (PAGE.to_owned(), "names no Page: give its id or name".to_owned()))
        .into_iter()
        .chain(bad_config(options))
        .collect()
}
