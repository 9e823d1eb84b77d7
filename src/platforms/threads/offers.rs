//! What Threads can publish (threads.md 4 and 5), a cell per kind.

use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, Offer, Offers, PhotoRule, Plain, PollRule, TextRule, ThreadRule,
    TopicRule, VideoRule, WordsRule,
};
use crate::domain::text::Counting;

/// Words of `reply_control` (threads.md 4.2).
pub(super) const REPLY_CONTROLS: [&str; 5] = [
    "everyone",
    "accounts_you_follow",
    "mentioned_only",
    "parent_post_author_only",
    "followers_only",
];

/// Characters that a topic may not have (threads.md 4.2).
const TOPIC_FORBIDDEN: &str = ".&";

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
        video: Some(video(f)),
        min: size(f, "carousel_min"),
        max: size(f, "carousel_max"),
    }),
    poll: Offer::Yes(|f| PollRule {
        text: text(f, true),
        min: size(f, "poll_min"),
        max: size(f, "poll_max"),
        option_max: size(f, "poll_option_max"),
        duration: false,
    }),
    reel: Offer::No("Threads has no reels; post the video as an ordinary post"),
    story: Offer::No("Threads has no stories; an ordinary post is the nearest thing"),
    message: Offer::No("Meta offers no API for messages on Threads"),
    mail: Offer::No("Threads is no mail; use an account of the platform `email`"),
    thread: Offer::Yes(|f| ThreadRule {
        max: size(f, "thread_max"),
    }),
    reply: Offer::Yes(|_| Plain),
    quote: Offer::Yes(|_| Plain),
    repost: Offer::Yes(|_| Plain),
    topic: Offer::Yes(|f| TopicRule {
        max: size(f, "topic_max"),
        forbidden: TOPIC_FORBIDDEN,
    }),
    audience: Offer::Yes(|_| REPLY_CONTROLS.to_vec()),
    first_comment: Offer::Yes(|_| Plain),
    delete: Offer::Yes(|_| Plain),
    edit: Offer::No("Threads offers no edit call; delete and post again (replies and likes are lost)"),
    history: Offer::Yes(|_| Plain),
    insights: Offer::Yes(|_| Plain),
    read_messages: Offer::No("Meta offers no API for messages on Threads"),
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
        counting: Counting::GraphemesEmojiBytes,
        required,
        max_links: Some(size(facts, "links_max")),
    }
}

fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg", "image/png"],
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
        max_bytes: big(facts, "video_max_bytes"),
        min_ms: 0,
        max_ms: big(facts, "video_max_secs").saturating_mul(1000),
        max_width: u32::try_from(facts.number("video_max_width")).unwrap_or(0),
        min_ratio_milli: big(facts, "video_min_ratio_milli"),
        max_ratio_milli: big(facts, "video_max_ratio_milli"),
        moov_first: true,
        alt_max: size(facts, "alt_max"),
    }
}
