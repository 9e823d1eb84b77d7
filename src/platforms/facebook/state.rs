//! The saved states of a delivery to Facebook: what is out, and the step under way.
//!
//! | step | call | then |
//! | --- | --- | --- |
//! | `Photo` | upload the next picture, unseen | `Photo` … `Feed` or `Story` |
//! | `Feed` | **commit**: publish words, link or photos | the next part; lost: `Seek` |
//! | `Start` | open a video's upload, which gives its id | `Transfer` or `Upload` |
//! | `Transfer` | a piece of a feed video, or how much has arrived | `Transfer` … `Finish` |
//! | `Upload` | the bytes of a reel or story, or whether they have arrived | `Finish` |
//! | `Finish` | **commit**: publish the video | always `Watch`: the answer only acknowledges |
//! | `Watch` | the video's status | the next part, `Finish`, `Start`, `Failed`, `Seek` |
//! | `Failed` | the status once more | refused, or `Start` |
//! | `Story` | **commit**: publish the photo as a story | the next part; lost: `Seek` |
//! | `Send` | **commit**: the next message | `Send` …; lost: `Seek` |
//! | `Comment` | **commit**: the comment | the next part; lost: `Seek` |
//! | `Seek` | a list in which the lost one must stand | the next part, again, or `Undecided` |
//! | `Permalink` | the address people see (cosmetic) | the next part |

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The parts that are over, in order.
    #[serde(default)]
    pub(super) live: Vec<Out>,
    /// Failures of the part under way.
    #[serde(default)]
    pub(super) redo: Redo,
    /// What is done next.
    pub(super) step: Step,
}

impl State {
    /// `from`, or the end of a silence that was told meanwhile, whichever is later.
    pub(super) fn after_silence(&self, from: Timestamp) -> Timestamp {
        self.redo.silent.map_or(from, |silent| silent.max(from))
    }
}

/// One part that is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Out {
    /// Its id; `None`: it is out, but its id is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// The id of the post that shows a video, when it has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) post: Option<String>,
    /// Its permalink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// It was refused for this reason: one recipient of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
}

/// How often the part under way had to be begun again, by reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Redo {
    /// Uploads that failed.
    #[serde(default)]
    pub(super) failed: u8,
    /// Photos that Facebook did not know when they were to be published.
    #[serde(default)]
    pub(super) gone: u8,
    /// Links that Facebook could not read.
    #[serde(default)]
    pub(super) link: u8,
    /// Publishing calls that were lost and proved not to have happened.
    #[serde(default)]
    pub(super) lost: u8,
    /// When the first of those was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<LetGo>,
    /// A silence that was told with a call that may have happened: should it not have, nothing is published before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) silent: Option<Timestamp>,
}

/// Where the search for a lost call stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Search {
    /// When the lost call was sent.
    pub(super) sent: LetGo,
    /// Looks that found nothing.
    pub(super) looks: u8,
    /// Not before this.
    pub(super) from: Timestamp,
    /// Why it is looked for.
    pub(super) why: Why,
}

/// Why something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Why {
    /// The answer was lost.
    Lost,
    /// Facebook says that it has it already.
    Duplicate,
    /// The video that was published is not found.
    Gone,
    /// Facebook says that it has it already, and no list shows it: what it means is not this delivery's.
    Foreign,
}

/// The upload of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Video {
    /// Its id, known before anything is published.
    pub(super) id: String,
    /// The session of a feed video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<String>,
    /// When the upload was opened.
    #[serde(default)]
    pub(super) made: Timestamp,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Upload the picture number `photos.len()`.
    Photo {
        /// Those uploaded so far.
        photos: Vec<String>,
        /// When the first of them was uploaded.
        made: Timestamp,
    },
    /// Publish words, a link or the photos.
    Feed {
        /// The photos.
        photos: Vec<String>,
        /// When the first of them was uploaded.
        made: Timestamp,
        /// Not before this.
        from: Timestamp,
    },
    /// Open the upload of the video.
    Start {
        /// Not before this.
        from: Timestamp,
    },
    /// Send bytes `start` to `end` of a feed video.
    Transfer {
        /// Which.
        video: Video,
        /// First byte.
        start: u64,
        /// After the last byte.
        end: u64,
        /// When it was last known how much is there; soon after that bytes are sent, later it is asked first.
        #[serde(default)]
        told: Timestamp,
        /// Questions in a row by which nothing more had arrived.
        #[serde(default)]
        stuck: u8,
    },
    /// Send the bytes of a reel or story.
    Upload {
        /// Which.
        video: Video,
        /// The host that Facebook named.
        host: Option<String>,
        /// The path that it named.
        path: String,
        /// When it was last known how much is there; soon after that bytes are sent, later it is asked first.
        #[serde(default)]
        told: Timestamp,
        /// How much is there.
        #[serde(default)]
        offset: u64,
        /// Questions in a row by which nothing more had arrived.
        #[serde(default)]
        stuck: u8,
    },
    /// Publish the video.
    Finish {
        /// Which.
        video: Video,
        /// Not before this.
        from: Timestamp,
    },
    /// Ask the video how it stands, after the finishing call.
    Watch {
        /// Which.
        video: Video,
        /// When the finishing call was sent.
        sent: LetGo,
        /// How often it was asked.
        polls: u16,
        /// Since when it says that it is not being published.
        idle: Option<Timestamp>,
        /// Not before this.
        from: Timestamp,
    },
    /// It said that it failed: read the reason once more.
    Failed {
        /// Which.
        video: Video,
    },
    /// Publish the photo as a story.
    Story {
        /// Which.
        photo: String,
        /// When it was uploaded.
        made: Timestamp,
    },
    /// Send the message to recipient number `live.len()`.
    Send {
        /// Not before this.
        from: Timestamp,
    },
    /// Write the comment.
    Comment {
        /// Not before this.
        from: Timestamp,
    },
    /// Look for the effect of a call.
    Seek {
        /// The call's own step.
        of: Box<Step>,
        /// How the search stands.
        search: Search,
    },
    /// Ask whether the first photo belongs to a post already.
    AskPhoto {
        /// The call's own step.
        of: Box<Step>,
        /// How the search stands.
        search: Search,
    },
    /// Only a person can find out.
    Undecided {
        /// The call's own step.
        of: Box<Step>,
        /// What is known.
        why: String,
    },
    /// Read the permalink of the last entry of `live`.
    Permalink,
    /// All is out.
    Done,
}
