//! What a platform can publish: a cell per kind that holds the rule, or the reason why not.
//!
//! The same cells print `capabilities`, the README's table and `docs/platforms/`, and drive the checks
//! when a file is dropped. A new kind is a new field: every platform must then say yes, or no with a reason.

use super::facts::Facts;
use crate::domain::text::Counting;

/// One cell.
#[derive(Clone, Copy)]
pub enum Offer<R> {
    /// Possible, within this rule (made from the platform's facts).
    Yes(fn(&Facts) -> R),
    /// Impossible, in a sentence that says why and what to do instead.
    No(&'static str),
}

impl<R> Offer<R> {
    /// The rule, or the reason.
    pub fn rule(&self, facts: &Facts) -> Result<R, &'static str> {
        match self {
            Offer::Yes(rule) => Ok(rule(facts)),
            Offer::No(why) => Err(why),
        }
    }
}

/// Limits of words.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRule {
    /// At most this many of `counting`'s units; 0: no words at all.
    pub max: usize,
    /// What is counted.
    pub counting: Counting,
    /// At least one character (a text post).
    pub required: bool,
    /// At most this many distinct links in the words and the link card together.
    pub max_links: Option<usize>,
}

/// Limits of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageRule {
    /// MIME types that are accepted.
    pub mimes: Vec<&'static str>,
    /// At most this many bytes.
    pub max_bytes: u64,
    /// MIME types with another number of bytes.
    pub other_bytes: Vec<(&'static str, u64)>,
    /// Most pixels of the shorter and of the longer side; `None`: any.
    pub max_sides: Option<(u32, u32)>,
    /// Smallest width over height, in thousandths.
    pub min_ratio_milli: u64,
    /// Largest width over height, in thousandths.
    pub max_ratio_milli: u64,
    /// Longest words for people who do not see it, in characters.
    pub alt_max: usize,
}

impl ImageRule {
    /// Most bytes of a picture of this type.
    pub fn bytes_of(&self, mime: &str) -> u64 {
        let other = self.other_bytes.iter().find(|(of, _)| *of == mime);
        other.map_or(self.max_bytes, |(_, bytes)| *bytes)
    }

    /// Whether so many pixels are not too many, whichever way up.
    pub fn holds(&self, (width, height): (u32, u32)) -> bool {
        self.max_sides
            .is_none_or(|(short, long)| width.min(height) <= short && width.max(height) <= long)
    }
}

/// Limits of one video.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoRule {
    /// MIME types that are accepted.
    pub mimes: Vec<&'static str>,
    /// Codecs by their four letters; empty: any.
    pub codecs: Vec<&'static str>,
    /// The same for its sound, if it has any.
    pub audio: Vec<&'static str>,
    /// At most this many bytes.
    pub max_bytes: u64,
    /// Longer than this many milliseconds.
    pub min_ms: u64,
    /// At most this many milliseconds.
    pub max_ms: u64,
    /// At most this many pixels wide; 0: any.
    pub max_width: u32,
    /// Smallest width over height, in thousandths.
    pub min_ratio_milli: u64,
    /// Largest width over height, in thousandths.
    pub max_ratio_milli: u64,
    /// The index must come before the data.
    pub moov_first: bool,
    /// Longest words for people who do not see it, in characters.
    pub alt_max: usize,
}

/// Limits of a post with words only, or with a link card.
#[derive(Clone, Debug, PartialEq)]
pub struct WordsRule {
    /// The words.
    pub text: TextRule,
}

/// Limits of a post with one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoRule {
    /// The words.
    pub text: TextRule,
    /// The picture.
    pub image: ImageRule,
}

/// Limits of a post with one video.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipRule {
    /// The words.
    pub text: TextRule,
    /// The video.
    pub video: VideoRule,
}

/// Limits of a post with several pictures or videos.
#[derive(Clone, Debug, PartialEq)]
pub struct CarouselRule {
    /// The words.
    pub text: TextRule,
    /// Each picture.
    pub image: ImageRule,
    /// Each video; `None`: pictures only.
    pub video: Option<VideoRule>,
    /// At least.
    pub min: usize,
    /// At most.
    pub max: usize,
}

/// Limits of a poll.
#[derive(Clone, Debug, PartialEq)]
pub struct PollRule {
    /// The words.
    pub text: TextRule,
    /// Fewest choices.
    pub min: usize,
    /// Most choices.
    pub max: usize,
    /// Longest choice, in characters.
    pub option_max: usize,
    /// Whether its length can be set.
    pub duration: bool,
}

/// Limits of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadRule {
    /// Most segments.
    pub max: usize,
}

/// Limits of a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicRule {
    /// Longest, in characters.
    pub max: usize,
    /// Characters that it may not have.
    pub forbidden: &'static str,
}

/// Limits of a mail.
#[derive(Clone, Debug, PartialEq)]
pub struct MailRule {
    /// Most recipients of one message.
    pub max_recipients: usize,
    /// Most bytes of all attachments together, before encoding.
    pub max_attachments_bytes: u64,
    /// Longest subject, in characters.
    pub subject_max: usize,
    /// The words.
    pub text: TextRule,
}

/// A yes without numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain;

/// What one platform can publish and do.
pub struct Offers {
    /// Words only.
    pub text: Offer<WordsRule>,
    /// Words with a link card.
    pub link: Offer<WordsRule>,
    /// One picture.
    pub photo: Offer<PhotoRule>,
    /// One video.
    pub video: Offer<ClipRule>,
    /// Several pictures or videos.
    pub carousel: Offer<CarouselRule>,
    /// A poll.
    pub poll: Offer<PollRule>,
    /// A short upright video in its own place.
    pub reel: Offer<ClipRule>,
    /// A picture or video for a day.
    pub story: Offer<ClipRule>,
    /// A message to named people inside the platform.
    pub message: Offer<WordsRule>,
    /// A mail.
    pub mail: Offer<MailRule>,
    /// Several segments, each a reply to the one before.
    pub thread: Offer<ThreadRule>,
    /// An answer to a post.
    pub reply: Offer<Plain>,
    /// A post that shows another.
    pub quote: Offer<Plain>,
    /// Another's post shown as it is.
    pub repost: Offer<Plain>,
    /// A topic.
    pub topic: Offer<TopicRule>,
    /// Who may see or answer: the platform's words.
    pub audience: Offer<Vec<&'static str>>,
    /// A comment below it once it is live.
    pub first_comment: Offer<Plain>,
    /// Taking a post back.
    pub delete: Offer<Plain>,
    /// Changing a live post.
    pub edit: Offer<Plain>,
    /// Listing what was published.
    pub history: Offer<Plain>,
    /// Numbers of views and likes.
    pub insights: Offer<Plain>,
    /// Reading messages.
    pub read_messages: Offer<Plain>,
}
