//! A published post, as the world keeps it.

use bytes::Bytes;
use serde::Serialize;

/// What a post is; also what a container will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text, perhaps with a link card, a poll or a GIF.
    #[default]
    Text,
    /// One picture.
    Image,
    /// One video.
    Video,
    /// 2 to 20 pictures and videos.
    Carousel,
    /// A repost of another post.
    Repost,
}

impl Kind {
    /// The `media_type` when read (`threads.md` 5).
    #[must_use]
    pub fn read_name(self) -> &'static str {
        match self {
            Self::Text => "TEXT_POST",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Carousel => "CAROUSEL_ALBUM",
            Self::Repost => "REPOST_FACADE",
        }
    }
}

/// One picture or video of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublishedMedia {
    /// Whether it is a video.
    pub video: bool,
    /// Where it was fetched from.
    pub url: String,
    /// What it was found to be: `image/jpeg`, `image/png`, `video/mp4`, `video/quicktime`.
    pub mime: String,
    /// Width and height in pixels, 0 when not known.
    pub size: (u32, u32),
    /// The words for those who cannot see it.
    pub alt: Option<String>,
    /// The fetched bytes.
    #[serde(skip)]
    pub bytes: Bytes,
}

/// One post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The media id.
    pub id: String,
    /// Whose it is.
    pub username: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// What it is.
    pub kind: Kind,
    /// Its text, as sent.
    pub text: String,
    /// Its pictures and videos, in order.
    pub media: Vec<PublishedMedia>,
    /// The post that it answers.
    pub reply_to: Option<String>,
    /// The first post of its conversation, when it is a reply.
    pub root: Option<String>,
    /// The post that it quotes.
    pub quote: Option<String>,
    /// The post that it reposts.
    pub repost_of: Option<String>,
    /// Its link card.
    pub link: Option<String>,
    /// The choices of its poll.
    pub poll: Vec<String>,
    /// Its topic, without `#`.
    pub topic: Option<String>,
    /// Whether the topic came from a `#tag` in the text.
    pub topic_from_text: bool,
    /// Who may answer, when not everyone.
    pub reply_control: Option<String>,
    /// The id of a GIF.
    pub gif: Option<String>,
    /// The plain text of a long text attachment.
    pub long_text: Option<String>,
    /// Whether the media are hidden until touched.
    pub spoiler: bool,
    /// Whether it vanishes after 24 hours.
    pub ghost: bool,
    /// Whether replies to it wait for approval.
    pub approvals: bool,
    /// Its place.
    pub location: Option<String>,
    /// Whether it is also an Instagram story.
    pub cross_shared: bool,
    /// The container that it was published from; none for reposts.
    pub container: Option<String>,
    /// Its permalink.
    pub permalink: String,
    /// The short code in the permalink.
    pub shortcode: String,
    /// When it was deleted.
    pub deleted_ms: Option<i64>,
    /// Whether the author of the post it answers hid it.
    pub hidden: bool,
    /// Whether it waits for approval.
    pub pending: bool,
}

/// A time as Meta writes it: `2024-09-12T23:17:39+0000` (meta-common.md 2).
pub(super) fn timestamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// The short code of a post: its number in base 64, as Instagram does it.
pub(super) fn shortcode(id: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut rest: u64 = id.parse().unwrap_or(0);
    let mut code = Vec::new();
    while rest > 0 {
        // The index is below 64, and the digits are ASCII.
        code.push(char::from(DIGITS[(rest % 64) as usize]));
        rest /= 64;
    }
    code.iter().rev().collect()
}
