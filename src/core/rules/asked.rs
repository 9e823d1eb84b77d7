//! Which rule a media file of a content is held to, for those who make it fit.

use crate::core::facts::Facts;
use crate::core::offer::{ImageRule, Offer, Offers, VideoRule};
use crate::core::platform::Platform;
use crate::domain::media::MediaKind;
use crate::domain::post::{Content, Kind, Segment};

/// The rule of one media file.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaRule {
    /// It is a picture.
    Image(ImageRule),
    /// It is a video.
    Video(VideoRule),
}

/// The rule that the cells hold file `i` of segment `n` to; `None`: none, or it is refused whatever it is like.
pub fn media_rule(
    content: &Content,
    n: usize,
    i: usize,
    platform: &dyn Platform,
    facts: &Facts,
) -> Option<MediaRule> {
    let offers = platform.offers();
    if matches!(offers.mail, Offer::Yes(_)) {
        return None;
    }
    let segment = content.segments.get(n)?;
    let kind = segment.media.get(i)?.facts.kind;
    match (kind, content.kind) {
        (MediaKind::Other, _) | (MediaKind::Image, Kind::Reel) | (_, Kind::Message) => None,
        (MediaKind::Image, Kind::Story) => story_image(offers, facts).map(MediaRule::Image),
        (MediaKind::Image, Kind::Post) if several(segment) => offers
            .carousel
            .rule(facts)
            .ok()
            .map(|r| MediaRule::Image(r.image)),
        (MediaKind::Image, Kind::Post) => offers.photo.rule(facts).ok().map(|r| MediaRule::Image(r.image)),
        (MediaKind::Video, Kind::Reel) => offers.reel.rule(facts).ok().map(|r| MediaRule::Video(r.video)),
        (MediaKind::Video, Kind::Story) => offers.story.rule(facts).ok().map(|r| MediaRule::Video(r.video)),
        (MediaKind::Video, Kind::Post) if several(segment) => {
            offers.carousel.rule(facts).ok()?.video.map(MediaRule::Video)
        }
        (MediaKind::Video, Kind::Post) => offers.video.rule(facts).ok().map(|r| MediaRule::Video(r.video)),
    }
}

/// The rule of a picture as a story: the platform's for pictures, in any shape. `None`: it takes no stories, or no
/// pictures.
pub fn story_image(offers: &Offers, facts: &Facts) -> Option<ImageRule> {
    offers.story.rule(facts).ok()?;
    offers.photo.rule(facts).ok().map(|rule| upright(rule.image))
}

/// The rule of a picture that stands for a video: the platform's for pictures, in any shape.
pub fn cover_rule(platform: &dyn Platform, facts: &Facts) -> Option<ImageRule> {
    let rule = platform.offers().photo.rule(facts).ok()?;
    platform.takes_covers().then(|| upright(rule.image))
}

fn several(segment: &Segment) -> bool {
    segment.media.len() > 1
}

/// A picture of any shape: the feed's ratios are not those of stories and covers.
fn upright(image: ImageRule) -> ImageRule {
    ImageRule {
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        ..image
    }
}
