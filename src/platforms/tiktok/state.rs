//! The saved states of a delivery to TikTok.
//!
//! | step | call | then |
//! | --- | --- | --- |
//! | `Creator` | creator_info: what the account may do now (direct posts) | `Init` |
//! | `Init` | video: open the upload, which shows nothing; pictures: **commit** | `Upload`; pictures: `Watch`, lost: `Await` |
//! | `Upload` | a piece of the video; the last one is the **commit** | `Upload` … `Watch` |
//! | `Watch` | the status of the publish_id | `Named`, `Done`, `Upload`, `Creator`, `Failed`, `Undecided` |
//! | `Failed` | the status once more | refused |
//! | `Await` | who it is, once TikTok had its time to fetch the pictures | fetched: `Seek` or `Undecided`; not: `Creator` |
//! | `Seek` | the list of videos, for pictures whose answer was lost | `Done`, `Undecided` |
//! | `Named` | the status, for the id of a public post (cosmetic) | `Done` |

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// How often it had to be begun again.
    #[serde(default)]
    pub(super) redo: Redo,
    /// What is done next.
    pub(super) step: Step,
}

/// How often the post had to be begun again, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redo {
    /// TikTok said that it failed, for a reason that passes.
    #[serde(default)]
    pub(super) failed: u8,
    /// The upload's address was no longer good, or its pieces did not fit.
    #[serde(default)]
    pub(super) fresh: u8,
    /// TikTok said that the account posts too much.
    #[serde(default)]
    pub(super) limited: u8,
}

/// What creator_info left of the post's wishes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leave {
    /// Who may see it; empty for drafts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) privacy: String,
    /// Nobody may comment.
    #[serde(default)]
    pub(super) no_comment: bool,
    /// Nobody may make duets.
    #[serde(default)]
    pub(super) no_duet: bool,
    /// Nobody may stitch.
    #[serde(default)]
    pub(super) no_stitch: bool,
    /// The name in addresses, when TikTok told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
}

/// One publish_id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Task {
    /// The publish_id.
    pub(super) id: String,
    /// How it is published.
    pub(super) leave: Leave,
}

/// An upload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Upload {
    /// The host that TikTok named, when it is one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    /// The path that it named.
    pub(super) path: String,
    /// The query that it named, encoded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) query: String,
    /// Bytes of a piece, as announced.
    pub(super) chunk: u64,
    /// How many pieces, as announced; the last takes the rest.
    pub(super) count: u64,
    /// When it was opened.
    pub(super) made: LetGo,
    /// The next byte.
    pub(super) at: u64,
    /// How often TikTok stood elsewhere.
    #[serde(default)]
    pub(super) slips: u8,
    /// How often the last piece was sent.
    #[serde(default)]
    pub(super) lasts: u8,
}

/// Where the watching of a publish_id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Polls {
    /// Since when.
    pub(super) since: Timestamp,
    /// How often it was asked.
    #[serde(default)]
    pub(super) polls: u16,
    /// Not before this.
    pub(super) from: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// Everybody sees it.
    Shown,
    /// Friends or followers see it.
    Few,
    /// Only the account itself sees it.
    Private,
    /// It waits in the inbox.
    Draft,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Ask what the account may do now.
    Creator {
        /// Not before this.
        from: Timestamp,
    },
    /// Announce it.
    Init {
        /// What was allowed.
        leave: Leave,
        /// When creator_info told it.
        asked: Timestamp,
        /// Not before this.
        from: Timestamp,
    },
    /// Send bytes.
    Upload {
        /// Which post.
        task: Task,
        /// Where to and how far.
        upload: Upload,
    },
    /// Ask how it stands.
    Watch {
        /// Which post.
        task: Task,
        /// When to ask.
        polls: Polls,
        /// The upload of which it is not known whether its last piece arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upload: Option<Upload>,
    },
    /// It failed for good: read the reason once more.
    Failed {
        /// Which post.
        task: Task,
    },
    /// Look for pictures whose answer was lost in the list of videos.
    Seek {
        /// When it was sent.
        sent: LetGo,
        /// Looks that found nothing.
        looks: u8,
        /// Not before this.
        from: Timestamp,
        /// How it was published.
        leave: Leave,
    },
    /// The answer to the announcement of pictures was lost: see whether TikTok fetches them.
    Await {
        /// When it was sent.
        sent: LetGo,
        /// Not before this.
        from: Timestamp,
        /// What was published.
        leave: Leave,
    },
    /// Nobody but a person can say.
    Undecided {
        /// What is known.
        why: String,
        /// Which post, where its publish_id is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<Task>,
    },
    /// It is out; its id may still come.
    Named {
        /// Which post.
        task: Task,
        /// When to ask.
        polls: Polls,
    },
    /// It is out.
    Done {
        /// Its ids; none: not known.
        ids: Vec<String>,
        /// What became of it.
        how: How,
        /// The name in addresses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Where a person found it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
}
