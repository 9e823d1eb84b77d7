//! The saved states of a delivery to X.
//!
//! | state | call | then |
//! | --- | --- | --- |
//! | `Who` | who the token belongs to, when that is not known | the first part |
//! | `Upload` | initialize, append, finalize, status, alt text of one file after another | `Baseline` or `Post` |
//! | `Baseline` | the newest own post, for what only its id tells from others | `Post` |
//! | `Post` | **commit**: the post | the next part, `Done`; lost: `Look`; a duplicate: `Look` or `FindId` |
//! | `Look` | own posts, three times | the next part, `Post` again, `Undecided` |
//! | `FindId` | own posts, for the id of what X says exists | the next part, `Done`, `Undecided` |
//! | `Repost` | **commit**: repost; lost: repeated | `Done` |
//! | `Message` | **commit**: the message | `Done`; lost: `LookMessage` |
//! | `LookMessage` | the conversation, three times | `Done`, `Message` again, `UndecidedMessage` |

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// What is out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trail {
    /// The ids of the parts that are out, in order; `None`: out, its id is not known.
    pub(super) live: Vec<Option<String>>,
    /// Whose token it is, when the profile does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) me: Option<String>,
}

/// What the part under way has beside its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// Uploaded media.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) media: Vec<String>,
    /// When the first of them was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
    /// The newest own post before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) baseline: Option<String>,
}

/// Where the upload of one file stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Ask for an id.
    Initialize,
    /// Send the part of this number.
    Append {
        /// The upload.
        id: String,
        /// From 0.
        index: u64,
    },
    /// Say that it is complete.
    Finalize {
        /// The upload.
        id: String,
    },
    /// Finalizing was refused: ask how it stands.
    Check {
        /// The upload.
        id: String,
    },
    /// X works on it.
    Status {
        /// The upload.
        id: String,
        /// Since when.
        since: Timestamp,
        /// Not asked before this.
        from: Timestamp,
    },
    /// Its words for people who do not see it.
    Alt {
        /// The upload.
        id: String,
    },
}

/// Where the search for a lost post stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Look {
    /// When this part was sent first.
    pub(super) first: LetGo,
    /// Looks that found nothing.
    pub(super) looks: u8,
    /// How often it was sent, before the last time.
    pub(super) round: u8,
    /// X called the first sending a duplicate: nothing was lost, but something is there.
    pub(super) duplicate: bool,
    /// Not before this.
    pub(super) from: Timestamp,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Ask whose token it is.
    Who,
    /// Upload the file number `ready.media.len()` of the part.
    Upload {
        /// What is out.
        trail: Trail,
        /// Files that are done.
        ready: Ready,
        /// The next call.
        step: Step,
        /// How often this file was begun again.
        redo: u8,
    },
    /// Ask for the newest own post.
    Baseline {
        /// What is out.
        trail: Trail,
        /// What the part has.
        ready: Ready,
    },
    /// Post the part.
    Post {
        /// What is out.
        trail: Trail,
        /// What the part has.
        ready: Ready,
        /// How often it was sent before.
        round: u8,
        /// When it was sent first.
        first: Option<LetGo>,
    },
    /// Find out whether it is out.
    Look {
        /// What was out before.
        trail: Trail,
        /// What the part has.
        ready: Ready,
        /// Where the search stands.
        look: Look,
    },
    /// Only a person can find out.
    Undecided {
        /// What was out before.
        trail: Trail,
        /// What the part has.
        ready: Ready,
        /// When it was sent first.
        first: LetGo,
        /// What is known.
        why: String,
    },
    /// X says that the last entry of `trail.live` exists, but not which it is.
    FindId {
        /// What is out.
        trail: Trail,
        /// What the part has.
        ready: Ready,
        /// When it was sent first.
        first: LetGo,
        /// How often it was looked for.
        looks: u8,
        /// Not before this.
        from: Timestamp,
    },
    /// Repost.
    Repost {
        /// Whose token it is.
        trail: Trail,
    },
    /// Send the message.
    Message {
        /// Whose token it is.
        trail: Trail,
        /// How often it was sent before.
        round: u8,
        /// When it was sent first.
        first: Option<LetGo>,
    },
    /// Find out whether the message was sent.
    LookMessage {
        /// Whose token it is.
        trail: Trail,
        /// Where the search stands.
        look: Look,
    },
    /// Only a person can find out about the message.
    UndecidedMessage {
        /// Whose token it is.
        trail: Trail,
        /// What is known.
        why: String,
    },
    /// All is out.
    Done {
        /// All of it.
        trail: Trail,
    },
}
