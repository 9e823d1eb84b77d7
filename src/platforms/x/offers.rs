//! What X can publish (x.md 4 and 5), a cell per kind.

use super::reply::MENTIONED;
use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, Offer, Offers, PhotoRule, Plain, PollRule, TextRule, ThreadRule,
    VideoRule, WordsRule,
};
use crate::domain::text::Counting;

/// Words of `audience`: those of `reply_settings` (x.md 4.1), and the one that X wants left out.
pub(super) const AUDIENCES: [&str; 5] = [EVERYONE, "following", "mentionedUsers", "subscribers", "verified"];
/// What a link below the words takes from them: 23, and the empty line between (x.md 4.3).
const LINK_ROOM: usize = 25;
/// What X shows as pictures (x.md 4.4).
const PICTURES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
const GIF: &str = "image/gif";
/// No `reply_settings` at all.
pub(super) const EVERYONE: &str = "everyone";

/// x.md, read first, 2, and 4.2.
pub(super) static REMARKS: [(&str, &str); 2] = [("reply", MENTIONED), ("quote", MENTIONED)];

/// The cells.
pub(super) static OFFERS: Offers = Offers {
    text: Offer::Yes(|f| WordsRule { text: text(f, true) }),
    link: Offer::Yes(|f| WordsRule {
        text: TextRule {
            max: text(f, false).max.saturating_sub(LINK_ROOM),
            ..text(f, false)
        },
    }),
    photo: Offer::Yes(|f| PhotoRule {
        text: text(f, false),
        // A single picture may be a GIF, which may be larger.
        image: ImageRule {
            mimes: [&[GIF], PICTURES.as_slice()].concat(),
            other_bytes: vec![(GIF, gif_bytes(f))],
            ..image(f)
        },
    }),
    video: Offer::Yes(|f| ClipRule {
        text: text(f, false),
        video: video(f),
    }),
    carousel: Offer::Yes(|f| CarouselRule {
        text: text(f, false),
        image: image(f),
        video: None,
        min: 2,
        max: size(f, "photos_max"),
    }),
    poll: Offer::Yes(|f| PollRule {
        text: text(f, true),
        min: size(f, "poll_min"),
        max: size(f, "poll_max"),
        option_max: size(f, "poll_option_max"),
        duration: true,
    }),
    reel: Offer::No("X has no reels; post the video as an ordinary post"),
    story: Offer::No("X has no stories; an ordinary post is the nearest thing"),
    message: Offer::Yes(|f| WordsRule {
        text: TextRule {
            max: size(f, "message_text_max"),
            counting: Counting::Chars,
            required: true,
            max_links: None,
        },
    }),
    mail: Offer::No("X is no mail; use an account of the platform `email`"),
    thread: Offer::Yes(|f| ThreadRule {
        max: size(f, "thread_max"),
    }),
    reply: Offer::Yes(|_| Plain),
    quote: Offer::Yes(|_| Plain),
    repost: Offer::Yes(|_| Plain),
    topic: Offer::No("X has no topics; write a hashtag into the text"),
    audience: Offer::Yes(|_| AUDIENCES.to_vec()),
    first_comment: Offer::Yes(|_| Plain),
    delete: Offer::Yes(|_| Plain),
    edit: Offer::No(
        "X lets Premium accounts edit for a short time, under a new id each time; crier does not: delete and post again",
    ),
    history: Offer::Yes(|_| Plain),
    insights: Offer::Yes(|_| Plain),
    read_messages: Offer::No(
        "crier sends messages on X and reads only its own, to find out whether one arrived",
    ),
};

/// A fact as a size; nonsense from an override becomes 0, which refuses everything rather than nothing.
pub(super) fn size(facts: &Facts, name: &str) -> usize {
    usize::try_from(facts.number(name)).unwrap_or(0)
}

/// A fact as a number of bytes.
fn big(facts: &Facts, name: &str) -> u64 {
    u64::try_from(facts.number(name)).unwrap_or(0)
}

fn gif_bytes(facts: &Facts) -> u64 {
    big(facts, "gif_max_bytes")
}

/// Limits of words.
pub(super) fn text(facts: &Facts, required: bool) -> TextRule {
    TextRule {
        max: size(facts, "text_max"),
        counting: Counting::Weighted,
        required,
        max_links: None,
    }
}

fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: PICTURES.to_vec(),
        max_bytes: big(facts, "photo_max_bytes"),
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
        codecs: vec!["avc1", "avc3"],
        audio: vec!["mp4a"],
        max_bytes: big(facts, "video_max_bytes"),
        // The rule's bound is exclusive, X's is not.
        min_ms: big(facts, "video_min_ms").saturating_sub(1),
        max_ms: big(facts, "video_max_secs").saturating_mul(1000),
        max_width: u32::try_from(facts.number("video_max_width")).unwrap_or(0),
        min_ratio_milli: big(facts, "video_min_ratio_milli"),
        max_ratio_milli: big(facts, "video_max_ratio_milli"),
        moov_first: false,
        alt_max: size(facts, "alt_max"),
    }
}
