//! What was measured about a media file when its post was dropped.

use serde::{Deserialize, Serialize};

/// The `n`th media file of a post, counted over all its segments and overrides, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MediaId(pub u32);

/// What the bytes are, found by content and never by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// Anything else: only mail takes it.
    Other,
}

/// What a file says beside its picture and sound (EXIF, XMP, QuickTime's user data), as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// How it is turned for people, as EXIF numbers it: 1 to 8; 0 when it does not say.
    #[serde(default)]
    pub turned: u8,
    /// They say where it was taken.
    #[serde(default)]
    pub position: bool,
    /// A picture that moves: it has several frames.
    #[serde(default)]
    pub moves: bool,
}

impl Notes {
    fn are_silent(&self) -> bool {
        *self == Notes::default()
    }
}

/// Whether media that breaks a platform's rule is made to fit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// It is refused.
    #[default]
    Off,
    /// It is made to fit; where its shape is wrong, white is added at two sides (`auto` and `pad`).
    Pad,
    /// It is made to fit; where its shape is wrong, two sides are cut off.
    Crop,
}

/// The words for [`Fit`], in configs and queue files.
pub const FITS: [(&str, Fit); 4] = [
    ("auto", Fit::Pad),
    ("pad", Fit::Pad),
    ("crop", Fit::Crop),
    ("off", Fit::Off),
];

/// One file, measured. Facts, not opinions: rules are checked elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MediaFacts {
    /// Picture, video or other.
    pub kind: MediaKind,
    /// MIME type by content, such as `image/jpeg`.
    pub mime: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Width in pixels as people see it (turned as its notes say), 0 when unknown.
    pub width: u32,
    /// Height in pixels likewise, 0 when unknown.
    pub height: u32,
    /// Length of a video in milliseconds.
    pub duration_ms: Option<u64>,
    /// Video codec as the container names it: `avc1`, `hvc1`, `vp09`, ...
    pub video_codec: Option<String>,
    /// Audio codec likewise; `None` when there is no sound track.
    pub audio_codec: Option<String>,
    /// Whether an MP4's `moov` box comes before its data.
    pub moov_first: Option<bool>,
    /// What a picture's own notes say.
    #[serde(default, skip_serializing_if = "Notes::are_silent")]
    pub notes: Notes,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
}

/// One media file as a post uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Its number in the post.
    pub id: MediaId,
    /// The name it had in the queue file (never a path outside the queue's directory).
    pub file: String,
    /// Words for people who do not see it.
    pub alt: Option<String>,
    /// The picture that stands for a video before it plays: another file of the post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<MediaId>,
    /// The moment of a video that stands for it, in milliseconds from its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumb_ms: Option<u64>,
    /// The measurements.
    pub facts: MediaFacts,
}
