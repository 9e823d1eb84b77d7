//! What mail can carry (email.md 4 and 5), a cell per kind.

use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, MailRule, Offer, Offers, PhotoRule, Plain, TextRule, VideoRule,
    WordsRule,
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
        video: Some(video(f)),
        min: 2,
        max: 50,
    }),
    poll: Offer::No("a mail cannot count votes; link to a poll instead"),
    reel: Offer::No("mail has no reels; attach the video to an ordinary post"),
    story: Offer::No("mail has no stories: what is sent stays"),
    message: Offer::No("every mail is a message to named people; leave `kind` out and name them in `to`"),
    mail: Offer::Yes(|f| MailRule {
        max_recipients: size(f, "list_max"),
        max_attachments_bytes: big(f, "attachments_max_bytes"),
        subject_max: size(f, "subject_max"),
        text: text(f, false),
    }),
    thread: Offer::No("a mail is one piece; put all of it into `text`"),
    reply: Offer::Yes(|_| Plain),
    quote: Offer::No("a mail cannot show another post; put a link into the text"),
    repost: Offer::No("a mail cannot be published by another's id; send it as a post of your own"),
    topic: Offer::No("mail has no topics; use the subject"),
    audience: Offer::No("a mail goes to its recipients; name them in `to`"),
    first_comment: Offer::No("nothing can be added below a mail; put it into the text"),
    delete: Offer::No("e-mail cannot be recalled once the server has accepted it; send a correction"),
    edit: Offer::No("e-mail cannot be changed once the server has accepted it; send a correction"),
    history: Offer::No("SMTP cannot list what was sent; look into the mailbox's Sent folder"),
    insights: Offer::No("mail has no numbers: crier adds no pixels that watch readers"),
    read_messages: Offer::No("answers arrive in the mailbox, out of SMTP's reach"),
};

/// A fact as a size; nonsense from an override becomes 0, which refuses everything rather than nothing.
pub(super) fn size(facts: &Facts, name: &str) -> usize {
    usize::try_from(facts.number(name)).unwrap_or(0)
}

fn big(facts: &Facts, name: &str) -> u64 {
    u64::try_from(facts.number(name)).unwrap_or(0)
}

fn text(facts: &Facts, required: bool) -> TextRule {
    TextRule {
        max: size(facts, "text_max"),
        counting: Counting::Chars,
        required,
        max_links: None,
    }
}

/// Any picture that mail programs show.
fn image(facts: &Facts) -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg", "image/png", "image/gif", "image/webp"],
        max_bytes: big(facts, "image_max_bytes"),
        other_bytes: Vec::new(),
        max_sides: None,
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        alt_max: size(facts, "alt_max"),
    }
}

/// Videos are attached as they are.
fn video(facts: &Facts) -> VideoRule {
    VideoRule {
        mimes: vec!["video/mp4", "video/quicktime", "video/webm"],
        codecs: Vec::new(),
        audio: Vec::new(),
        max_bytes: big(facts, "attachments_max_bytes"),
        min_ms: 0,
        max_ms: u64::MAX,
        max_width: 0,
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        moov_first: false,
        alt_max: size(facts, "alt_max"),
    }
}
