//! What a Page can publish (facebook.md 4 and 5), a cell per kind.

use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, Offer, Offers, PhotoRule, Plain, TextRule, VideoRule, WordsRule,
};
use crate::domain::text::Counting;

/// The cells.
pub(super) static OFFERS: Offers = Offers {
    text: Offer::Yes(|f| WordsRule { text: text(f, true) }),
    link: Offer::Yes(|f| WordsRule { text: text(f, false) }),
    photo: Offer::Yes(|f| PhotoRule {
        text: text(f, false),
        image: image(f),
    }),
    video: Offer::Yes(|f| ClipRule {
        text: text(f, false),
        video: video(f),
    }),
    carousel: Offer::Yes(|f| CarouselRule {
        text: text(f, false),
        image: image(f),
        // facebook.md 4.2: no mixing of photos and video in a post.
        video: None,
        min: size(f, "carousel_min"),
        max: size(f, "carousel_max"),
    }),
    poll: Offer::No(
        "Facebook's API makes no polls for Pages; ask the question in the text and let people answer in comments",
    ),
    reel: Offer::Yes(|f| ClipRule {
        text: text(f, false),
        video: reel(f),
    }),
    story: Offer::Yes(|f| ClipRule {
        text: none(),
        video: story(f),
    }),
    message: Offer::Yes(|f| WordsRule {
        text: TextRule {
            max: size(f, "message_max"),
            // Words or a file; which there must be one of is checked beside the table.
            ..text(f, false)
        },
    }),
    mail: Offer::No("Facebook is no mail; use an account of the platform `email`"),
    thread: Offer::No(
        "Facebook shows no chains of posts; make it one post, or put the rest into `first_comment`",
    ),
    reply: Offer::Yes(|_| Plain),
    quote: Offer::No("Facebook's API cannot share another post; put its address into `link`"),
    repost: Offer::No(
        "Facebook's API cannot share another post; put its address into `link` of a post of your own",
    ),
    topic: Offer::No("Facebook has no topics; hashtags in the text work"),
    audience: Offer::No("crier publishes to everybody on Facebook; its API's targeting is not offered"),
    first_comment: Offer::Yes(|_| Plain),
    delete: Offer::Yes(|_| Plain),
    edit: Offer::No(
        "crier does not change live posts; edit it on Facebook, where everything else stays, or delete and post again",
    ),
    history: Offer::Yes(|_| Plain),
    insights: Offer::Yes(|_| Plain),
    read_messages: Offer::No("crier only sends; messages to the Page are read in Meta Business Suite"),
};

/// A fact as a size; nonsense from an override becomes 0, which refuses everything rather than nothing.
pub(super) fn size(facts: &Facts, name: &str) -> usize {
    usize::try_from(facts.number(name)).unwrap_or(0)
}

fn big(facts: &Facts, name: &str) -> u64 {
    u64::try_from(facts.number(name)).unwrap_or(0)
}

/// Limits of words.
pub(super) fn text(facts: &Facts, required: bool) -> TextRule {
    TextRule {
        max: size(facts, "text_max"),
        counting: Counting::Chars,
        required,
        max_links: None,
    }
}

/// Stories have no words (facebook.md 4.5).
fn none() -> TextRule {
    TextRule {
        max: 0,
        counting: Counting::Chars,
        required: false,
        max_links: None,
    }
}

fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"],
        max_bytes: big(facts, "image_max_bytes"),
        other_bytes: Vec::new(),
        max_sides: None,
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        alt_max: size(facts, "alt_max"),
    }
}

fn video(facts: &Facts) -> VideoRule {
    VideoRule {
        mimes: vec!["video/mp4", "video/quicktime"],
        codecs: Vec::new(),
        audio: Vec::new(),
        max_bytes: big(facts, "video_max_bytes"),
        min_ms: 0,
        max_ms: big(facts, "video_max_secs").saturating_mul(1000),
        max_width: 0,
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        moov_first: false,
        alt_max: 0,
    }
}

fn reel(facts: &Facts) -> VideoRule {
    VideoRule {
        mimes: vec!["video/mp4"],
        // The rule asks for more than this, Facebook for at least the whole seconds.
        min_ms: big(facts, "reel_min_secs").saturating_mul(1000).saturating_sub(1),
        max_ms: big(facts, "reel_max_secs").saturating_mul(1000),
        min_ratio_milli: big(facts, "reel_min_ratio_milli"),
        max_ratio_milli: big(facts, "reel_max_ratio_milli"),
        ..video(facts)
    }
}

fn story(facts: &Facts) -> VideoRule {
    VideoRule {
        max_ms: big(facts, "story_video_max_secs").saturating_mul(1000),
        ..video(facts)
    }
}
