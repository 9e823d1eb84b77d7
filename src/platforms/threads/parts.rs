//! The parts of a post in the order in which they go out: its segments, then its first comment.

use std::borrow::Cow;

use crate::core::flow::Charge;
use crate::domain::media::MediaKind;
use crate::domain::post::{Content, Segment};
use crate::platforms::kit::text::comparable;

/// How many parts there are, at least one but for reposts.
pub(super) fn count(content: &Content) -> usize {
    content.segments.len() + usize::from(content.first_comment.is_some())
}

/// The `n`th part, from 0.
pub(super) fn part(content: &Content, n: usize) -> Option<Cow<'_, Segment>> {
    if let Some(segment) = content.segments.get(n) {
        return Some(Cow::Borrowed(segment));
    }
    let comment = content.first_comment.as_ref()?;
    (n == content.segments.len()).then(|| {
        Cow::Owned(Segment {
            text: comment.clone(),
            ..Segment::default()
        })
    })
}

/// Whether nothing but its time tells part `n` from other posts of its kind.
pub(super) fn is_wordless(content: &Content, n: usize) -> bool {
    part(content, n).is_some_and(|part| comparable(&part.text).is_empty())
}

/// Whether part `n` is the first comment.
pub(super) fn is_comment(content: &Content, n: usize) -> bool {
    content.first_comment.is_some() && n == content.segments.len()
}

/// Whether part `n` is an answer to something, and so counts as a reply.
pub(super) fn is_reply(content: &Content, n: usize) -> bool {
    n > 0 || content.reply_to.is_some()
}

/// What part `n` counts against (threads.md 4.3: N parts are one post and N-1 replies; a carousel is one post).
pub(super) fn charge(content: &Content, n: usize) -> Charge {
    let limit = if is_reply(content, n) { "replies" } else { "posts" };
    Charge {
        limit: limit.to_owned(),
        amount: 1,
    }
}

/// What the parts after the first count against: the first does not go out without room for them.
pub(super) fn later(content: &Content) -> Vec<Charge> {
    (1..count(content)).map(|n| charge(content, n)).collect()
}

/// What all of it counts against. A repost is counted as a post: the documentation does not say.
pub(super) fn charges(content: &Content) -> Vec<Charge> {
    let all = count(content);
    let posts = if content.repost.is_some() {
        1
    } else {
        (0..all).filter(|n| !is_reply(content, *n)).count()
    };
    let replies = (0..all).filter(|n| is_reply(content, *n)).count();
    [("posts", posts), ("replies", replies)]
        .into_iter()
        .filter(|(_, amount)| *amount > 0)
        .map(|(limit, amount)| Charge {
            limit: limit.to_owned(),
            amount: u32::try_from(amount).unwrap_or(u32::MAX),
        })
        .collect()
}

/// Whether a part has a video, which is processed longer.
pub(super) fn has_video(segment: &Segment) -> bool {
    segment.media.iter().any(|m| m.facts.kind == MediaKind::Video)
}

/// The `media_type` of a part's container (threads.md 4.2).
pub(super) fn media_type(segment: &Segment) -> &'static str {
    match segment.media.as_slice() {
        [] => "TEXT",
        [one] => one_type(one.facts.kind),
        [_, _, ..] => "CAROUSEL",
    }
}

/// The `media_type` of one file. Other kinds are refused at the drop.
pub(super) fn one_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Video => "VIDEO",
        MediaKind::Image | MediaKind::Other => "IMAGE",
    }
}

/// The `media_type` under which a part is listed (threads.md 5).
pub(super) fn listed_type(segment: &Segment) -> &'static str {
    match media_type(segment) {
        "TEXT" => "TEXT_POST",
        "CAROUSEL" => "CAROUSEL_ALBUM",
        other => other,
    }
}
