//! What Instagram can publish (instagram.md 4 and 5), a cell per kind.

use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, Offer, Offers, PhotoRule, Plain, TextRule, VideoRule, WordsRule,
};
use crate::domain::text::Counting;

/// Why an account with Instagram's own login cannot delete (instagram.md 5).
pub(super) const NO_DELETE: &str = "Instagram offers no delete call for Instagram's own login; remove the post in the app, or connect the account with `login = \"facebook\"`";

/// The cells.
pub(super) static OFFERS: Offers = Offers {
    text: Offer::No(
        "every post there has a picture (JPEG) or a video, with the words as its caption; add one",
    ),
    link: Offer::No(
        "there are no cards, and links in captions cannot be tapped; add a picture and write the address into its text, or point to the one in the account's profile",
    ),
    photo: Offer::Yes(|f| PhotoRule {
        text: caption(f),
        image: image(f),
    }),
    video: Offer::Yes(|f| ClipRule {
        text: caption(f),
        video: reel(f),
    }),
    carousel: Offer::Yes(|f| CarouselRule {
        text: caption(f),
        image: image(f),
        video: Some(reel(f)),
        min: size(f, "carousel_min"),
        max: size(f, "carousel_max"),
    }),
    poll: Offer::No("apps cannot make polls there; those in stories are made in Instagram's own app"),
    reel: Offer::Yes(|f| ClipRule {
        text: caption(f),
        video: reel(f),
    }),
    story: Offer::Yes(|f| ClipRule {
        text: no_words(),
        video: story(f),
    }),
    message: Offer::Yes(|f| WordsRule {
        text: TextRule {
            max: size(f, "message_text_max"),
            counting: Counting::Bytes,
            required: false,
            max_links: None,
        },
    }),
    mail: Offer::No("Instagram is no mail; use an account of the platform `email`"),
    thread: Offer::No(
        "posts cannot be chained there; several pictures or videos go into one post as a carousel",
    ),
    reply: Offer::No("no post answers another there; apps can answer comments only, which crier does not do"),
    quote: Offer::No("no post shows another there; mention the account in the caption"),
    repost: Offer::No("apps cannot repost there; do it in Instagram's own app"),
    topic: Offer::No("there are hashtags only; write them into the caption"),
    audience: Offer::No(
        "apps publish to everybody who may see the account; close friends can be chosen in Instagram's own app only",
    ),
    first_comment: Offer::Yes(|_| Plain),
    delete: Offer::Yes(|_| Plain),
    edit: Offer::No(
        "Instagram lets apps change nothing of a live post; delete it and post again (comments and likes are lost)",
    ),
    history: Offer::Yes(|_| Plain),
    insights: Offer::Yes(|_| Plain),
    read_messages: Offer::No("crier sends messages only; read them in Instagram's app"),
};

/// A fact as a size; nonsense from an override becomes 0, which refuses everything rather than nothing.
pub(super) fn size(facts: &Facts, name: &str) -> usize {
    usize::try_from(facts.number(name)).unwrap_or(0)
}

pub(super) fn big(facts: &Facts, name: &str) -> u64 {
    u64::try_from(facts.number(name)).unwrap_or(0)
}

/// Whether Instagram counts code points or UTF-16 units is not documented (instagram.md 4.3).
fn caption(f: &Facts) -> TextRule {
    TextRule {
        max: size(f, "caption_max"),
        counting: Counting::CharsOrUtf16,
        required: false,
        max_links: None,
    }
}

/// A story shows no caption (instagram.md 4.2).
fn no_words() -> TextRule {
    TextRule {
        max: 0,
        counting: Counting::Chars,
        required: false,
        max_links: None,
    }
}

fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg"],
        max_bytes: big(facts, "image_max_bytes"),
        other_bytes: Vec::new(),
        max_sides: None,
        min_ratio_milli: big(facts, "image_min_ratio_milli"),
        max_ratio_milli: big(facts, "image_max_ratio_milli"),
        alt_max: size(facts, "alt_max"),
    }
}

fn video(facts: &Facts) -> VideoRule {
    VideoRule {
        mimes: vec!["video/mp4", "video/quicktime"],
        codecs: vec!["avc1", "avc3", "hvc1", "hev1"],
        audio: vec!["mp4a"],
        max_bytes: 0,
        // The rule says "longer than"; exactly three seconds are allowed.
        min_ms: big(facts, "video_min_secs")
            .saturating_mul(1000)
            .saturating_sub(1),
        max_ms: 0,
        max_width: u32::try_from(facts.number("video_max_width")).unwrap_or(0),
        min_ratio_milli: 0,
        max_ratio_milli: big(facts, "video_max_ratio_milli"),
        moov_first: true,
        // Reels and stories have no alt text (instagram.md 4.2).
        alt_max: 0,
    }
}

fn reel(facts: &Facts) -> VideoRule {
    VideoRule {
        max_bytes: big(facts, "reel_max_bytes"),
        max_ms: big(facts, "reel_max_secs").saturating_mul(1000),
        min_ratio_milli: big(facts, "reel_min_ratio_milli"),
        ..video(facts)
    }
}

fn story(facts: &Facts) -> VideoRule {
    VideoRule {
        max_bytes: big(facts, "story_max_bytes"),
        max_ms: big(facts, "story_max_secs").saturating_mul(1000),
        min_ratio_milli: big(facts, "story_min_ratio_milli"),
        ..video(facts)
    }
}
