//! What a content is to Instagram (instagram.md 4.2), and what it counts against.

use crate::core::flow::Charge;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Kind, Segment};

/// A kind of container, or a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One picture.
    Photo,
    /// One video: every single video is a reel.
    Reel,
    /// Several files.
    Carousel,
    /// A picture for a day.
    StoryPhoto,
    /// A video for a day.
    StoryVideo,
    /// A message to one person.
    Message,
}

/// The shape of a content.
pub(super) fn shape(content: &Content) -> Shape {
    let files = files(content);
    let video = files.first().is_some_and(|m| m.facts.kind == MediaKind::Video);
    match (content.kind, files.len()) {
        (Kind::Message, _) => Shape::Message,
        (Kind::Story, _) if video => Shape::StoryVideo,
        (Kind::Story, _) => Shape::StoryPhoto,
        (Kind::Post | Kind::Reel, 2..) => Shape::Carousel,
        (Kind::Post | Kind::Reel, _) if video => Shape::Reel,
        (Kind::Post | Kind::Reel, _) => Shape::Photo,
    }
}

/// The files of the only segment.
pub(super) fn files(content: &Content) -> &[Media] {
    content
        .segments
        .first()
        .map_or(&[][..], |segment| segment.media.as_slice())
}

/// The words of the only segment.
pub(super) fn words(content: &Content) -> &str {
    content.segments.first().map_or("", |s: &Segment| s.text.as_str())
}

/// Whether a video is processed, which takes longer.
pub(super) fn has_video(content: &Content) -> bool {
    files(content).iter().any(|m| m.facts.kind == MediaKind::Video)
}

/// The parts of a message in the order in which they go out: Instagram takes words and a file in two messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum MessagePart<'a> {
    /// The words.
    Text(&'a str),
    /// The file.
    File(&'a Media),
}

/// Part `n` of a message, from 0.
pub(super) fn message_part(content: &Content, n: usize) -> Option<MessagePart<'_>> {
    let words = Some(words(content))
        .filter(|w| !w.is_empty())
        .map(MessagePart::Text);
    let file = files(content).first().map(MessagePart::File);
    words.into_iter().chain(file).nth(n)
}

/// How many parts a message has.
pub(super) fn message_parts(content: &Content) -> usize {
    (0..2).filter(|n| message_part(content, *n).is_some()).count()
}

/// Once against a limit.
pub(super) fn one(limit: &str) -> Charge {
    Charge {
        limit: limit.to_owned(),
        amount: 1,
    }
}

/// What a content counts against, all its calls together (instagram.md 6): a carousel is one post, but each of its items a container.
pub(super) fn charges(content: &Content) -> Vec<Charge> {
    let charge = |limit: &str, amount: usize| Charge {
        limit: limit.to_owned(),
        amount: u32::try_from(amount).unwrap_or(u32::MAX),
    };
    let containers = match shape(content) {
        Shape::Message => return Vec::new(),
        Shape::Carousel => files(content).len() + 1,
        Shape::Photo | Shape::Reel | Shape::StoryPhoto | Shape::StoryVideo => 1,
    };
    vec![charge("posts", 1), charge("containers", containers)]
}
