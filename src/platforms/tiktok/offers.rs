//! What TikTok takes (tiktok.md 4 and 5), a cell per kind.

use super::settings::LEVELS;
use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, Offer, Offers, PhotoRule, Plain, TextRule, VideoRule,
};
use crate::domain::text::Counting;

/// The cells.
pub(super) static OFFERS: Offers = Offers {
    text: Offer::No("TikTok has no posts of words alone: every post needs a video or pictures"),
    link: Offer::No(
        "TikTok has no link cards: every post needs a video or pictures; an address in the text cannot be tapped",
    ),
    photo: Offer::Yes(|f| PhotoRule {
        text: description(f),
        image: image(f),
    }),
    video: Offer::Yes(clip),
    carousel: Offer::Yes(|f| CarouselRule {
        text: description(f),
        image: image(f),
        // tiktok.md 4.6: pictures only.
        video: None,
        min: size(f, "carousel_min"),
        max: size(f, "carousel_max"),
    }),
    poll: Offer::No("TikTok's API makes no polls; ask in the caption and let people answer in comments"),
    // Every video on TikTok is what others call a reel.
    reel: Offer::Yes(clip),
    story: Offer::No(
        "TikTok's API makes no stories; publish it as a video, or make the story in the TikTok app",
    ),
    message: Offer::No("TikTok offers no message API to publishing apps; use the TikTok app"),
    mail: Offer::No("TikTok is no mail; use an account of the platform `email`"),
    thread: Offer::No("TikTok has no chains of posts; make several posts"),
    reply: Offer::No("TikTok's API lets publishing apps answer nobody; use the TikTok app"),
    quote: Offer::No("TikTok's API cannot quote; duets and stitches are made in the TikTok app"),
    repost: Offer::No("TikTok's API cannot repost; use the TikTok app"),
    topic: Offer::No("TikTok has no topics; hashtags in the text work"),
    audience: Offer::Yes(|_| LEVELS.to_vec()),
    first_comment: Offer::No("TikTok's API lets publishing apps write no comments; put it into the text"),
    delete: Offer::No("TikTok offers no delete to publishing apps; delete it in the TikTok app"),
    edit: Offer::No("TikTok offers no edit to publishing apps; change it in the TikTok app"),
    history: Offer::Yes(|_| Plain),
    insights: Offer::Yes(|_| Plain),
    read_messages: Offer::No("TikTok offers no message API to publishing apps; read them in the TikTok app"),
};

/// A fact as a size; nonsense from an override becomes 0, which refuses everything rather than nothing.
pub(super) fn size(facts: &Facts, name: &str) -> usize {
    usize::try_from(facts.number(name)).unwrap_or(0)
}

/// The same for sizes of files.
pub(super) fn big(facts: &Facts, name: &str) -> u64 {
    u64::try_from(facts.number(name)).unwrap_or(0)
}

fn words(max: usize) -> TextRule {
    TextRule {
        max,
        counting: Counting::Utf16,
        required: false,
        max_links: None,
    }
}

fn description(facts: &Facts) -> TextRule {
    words(size(facts, "description_text_max"))
}

fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg", "image/webp"],
        max_bytes: big(facts, "image_max_bytes"),
        other_bytes: Vec::new(),
        max_sides: sides(facts),
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        // tiktok.md 4.6: no alt text anywhere in the API.
        alt_max: 0,
    }
}

/// tiktok.md 4.7: at most 1080p.
fn sides(facts: &Facts) -> Option<(u32, u32)> {
    let short = size(facts, "image_short_side_max");
    let long = size(facts, "image_long_side_max");
    let pixels = |n: usize| u32::try_from(n).unwrap_or(0);
    Some((pixels(short), pixels(long)))
}

fn clip(facts: &Facts) -> ClipRule {
    ClipRule {
        text: words(size(facts, "text_max")),
        video: VideoRule {
            mimes: vec!["video/mp4", "video/quicktime", "video/webm"],
            codecs: vec![
                "avc1", "avc3", "hvc1", "hev1", "vp08", "vp8", "vp09", "vp9", "V_VP8", "V_VP9",
            ],
            audio: Vec::new(),
            max_bytes: big(facts, "video_max_bytes"),
            // The rule asks for more than this, TikTok for at least the whole seconds.
            min_ms: big(facts, "video_min_secs")
                .saturating_mul(1000)
                .saturating_sub(1),
            max_ms: big(facts, "video_max_secs").saturating_mul(1000),
            max_width: 0,
            min_ratio_milli: 0,
            max_ratio_milli: u64::MAX,
            moov_first: false,
            alt_max: 0,
        },
    }
}
