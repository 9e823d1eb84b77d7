//! What a post is on Facebook, and its parts in the order in which they go out: the post and its first comment, or a
//! message for each recipient.

use crate::core::flow::Charge;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Kind};

/// The kinds that Facebook publishes by different calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Words, perhaps with a link card.
    Words,
    /// One or several photos.
    Photos,
    /// A video in the feed.
    Video,
    /// A reel.
    Reel,
    /// A photo as a story.
    PhotoStory,
    /// A video as a story.
    VideoStory,
    /// A comment on a post.
    Comment,
    /// Messages.
    Message,
}

/// What it is.
pub(super) fn what(content: &Content) -> What {
    let media = content.segments.first().and_then(|s| s.media.first());
    let video = media.is_some_and(|m| m.facts.kind == MediaKind::Video);
    match content.kind {
        Kind::Message => What::Message,
        Kind::Reel => What::Reel,
        Kind::Story if video => What::VideoStory,
        Kind::Story => What::PhotoStory,
        Kind::Post if content.reply_to.is_some() => What::Comment,
        Kind::Post if video => What::Video,
        Kind::Post if media.is_some() => What::Photos,
        Kind::Post => What::Words,
    }
}

/// How many messages a recipient gets: one for the file, one for the words (facebook.md 5: text or attachment).
pub(super) fn pieces(content: &Content) -> usize {
    let file = file(content).is_some();
    let words = !text(content).is_empty();
    (usize::from(file) + usize::from(words)).max(1)
}

/// The file of a message.
fn file(content: &Content) -> Option<&Media> {
    content.segments.first().and_then(|s| s.media.first())
}

/// To whom the `n`th message goes.
pub(super) fn recipient(content: &Content, n: usize) -> Option<&str> {
    content.to.get(n / pieces(content)).map(String::as_str)
}

/// The file of the `n`th message; `None`: its words are sent. The file comes first.
pub(super) fn attachment(content: &Content, n: usize) -> Option<&Media> {
    file(content).filter(|_| n.is_multiple_of(pieces(content)))
}

/// How many parts there are.
pub(super) fn count(content: &Content) -> usize {
    match what(content) {
        What::Message => content.to.len() * pieces(content),
        What::Words
        | What::Photos
        | What::Video
        | What::Reel
        | What::PhotoStory
        | What::VideoStory
        | What::Comment => 1 + usize::from(content.first_comment.is_some()),
    }
}

/// The words of the post.
pub(super) fn text(content: &Content) -> &str {
    content.segments.first().map_or("", |s| s.text.as_str())
}

/// The words of part `n`.
pub(super) fn words(content: &Content, n: usize) -> &str {
    match (what(content), n) {
        (What::Message, n) if attachment(content, n).is_some() => "",
        (What::Message, _) | (_, 0) => text(content),
        (_, _) => content.first_comment.as_deref().unwrap_or_default(),
    }
}

/// What all of it counts against. Neither comments nor messages have a published limit.
pub(super) fn charges(content: &Content) -> Vec<Charge> {
    let limits: &[&str] = match what(content) {
        What::Words | What::Photos | What::Video | What::PhotoStory | What::VideoStory => {
            &["posts", "posts_at_once"]
        }
        What::Reel => &["posts", "posts_at_once", "reels"],
        What::Comment | What::Message => &[],
    };
    limits
        .iter()
        .map(|limit| Charge {
            limit: (*limit).to_owned(),
            amount: 1,
        })
        .collect()
}
