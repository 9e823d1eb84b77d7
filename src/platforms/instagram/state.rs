//! The saved states of a delivery to Instagram.
//!
//! | state | call | then |
//! | --- | --- | --- |
//! | `Child` | create a carousel's next item | `Child` … `AwaitChild` |
//! | `AwaitChild` | poll an item | the next, then `Create` |
//! | `Create` | create the container | `Await`, or `Upload` |
//! | `Upload` | how much has arrived; the rest of the bytes | `Await` |
//! | `Await` | poll it | `Publish` |
//! | `Publish` | **commit**: publish it | `Permalink`; lost: `Look`; not found: `Check` |
//! | `Check` | ask the container why it was not found | `Publish`, `Create` anew, `FindId`, `Look` |
//! | `Look` | container status, then own posts | `FindId`, `Permalink`, `Publish`, `Create`, `Undecided` |
//! | `FindId` | own posts, for the id of what is out | `Permalink`, `Done` |
//! | `Permalink` | the address people see (cosmetic) | `Comment`, `Done` |
//! | `Comment` | **commit**: the first comment | `Done`; lost: `LookComment` |
//! | `LookComment` | the post's comments | `Done` |
//! | `Send` | **commit**: the message's text, then its file | `Send`, `Done`; lost: `LookMessage` |
//! | `LookMessage` | the conversation | `Send`, `Done`, `UndecidedMessage` |

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Out, Poll};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::Search;

/// How often it had to be begun again, by reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Redo {
    /// Publishing calls that did not find their container, for the container under way.
    pub(super) gone: u8,
    /// New containers after that, or after containers that failed for a reason that passes.
    pub(super) fresh: u8,
    /// New containers after one expired or vanished before it was published.
    pub(super) expired: u8,
    /// Media that could not be fetched.
    pub(super) fetch: u8,
    /// Calls that were lost and proved not to have happened.
    pub(super) lost: u8,
    /// A limit that was told with a publishing call that may have happened: until when, and its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<(Timestamp, String)>,
}

/// Where an upload stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Upload {
    /// Path of the upload address.
    pub(super) path: String,
    /// Its host, as the platform named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<String>,
    /// Bytes that have arrived.
    pub(super) offset: u64,
    /// When the platform said so: later it is asked again before anything is sent.
    pub(super) told: Timestamp,
    /// How often it was asked without more having arrived.
    #[serde(default)]
    pub(super) stuck: u8,
}

/// Looks for something whose call was sent at `sent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looks {
    /// When it was sent.
    pub(super) sent: LetGo,
    /// How often it was looked for.
    pub(super) looks: u8,
    /// Not before this.
    pub(super) from: Timestamp,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Make the carousel item number `children.len()`.
    Child {
        /// What went wrong so far.
        redo: Redo,
        /// Items made so far.
        children: Vec<String>,
        /// Not before this.
        from: Timestamp,
    },
    /// Poll the carousel item number `index`.
    AwaitChild {
        /// What went wrong so far.
        redo: Redo,
        /// All items.
        children: Vec<String>,
        /// Which.
        index: usize,
        /// How the polling stands.
        poll: Poll,
    },
    /// Make the container.
    Create {
        /// What went wrong so far.
        redo: Redo,
        /// Finished items of a carousel.
        children: Vec<String>,
        /// Not before this.
        from: Timestamp,
    },
    /// Send a video's bytes, or ask how many have arrived.
    Upload {
        /// What went wrong so far.
        redo: Redo,
        /// Which container.
        container: String,
        /// When it was made.
        made: Timestamp,
        /// How the upload stands.
        upload: Upload,
    },
    /// Poll the container.
    Await {
        /// What went wrong so far.
        redo: Redo,
        /// Which.
        container: String,
        /// How the polling stands.
        poll: Poll,
    },
    /// Publish it.
    Publish {
        /// What went wrong so far.
        redo: Redo,
        /// Which.
        container: String,
        /// Not before this.
        from: Timestamp,
        /// When the container was made; long ago when that is not known.
        made: Timestamp,
    },
    /// Ask why publishing did not find it.
    Check {
        /// What went wrong so far.
        redo: Redo,
        /// Which.
        container: String,
        /// When the publishing call was sent, at the latest.
        sent: LetGo,
        /// When the container was made.
        made: Timestamp,
    },
    /// Find out whether a lost publishing call happened.
    Look {
        /// What went wrong so far.
        redo: Redo,
        /// Which.
        container: String,
        /// Where the search stands.
        search: Search,
    },
    /// Only a person can find out.
    Undecided {
        /// What went wrong so far.
        redo: Redo,
        /// The container, when it may still be published.
        container: Option<String>,
        /// What is known.
        why: String,
    },
    /// It is out, but its id is not known.
    FindId {
        /// How the looks stand; `sent` is when it was published, about.
        looks: Looks,
    },
    /// Read the permalink.
    Permalink {
        /// What is out.
        out: Out,
    },
    /// Write the first comment.
    Comment {
        /// What is out.
        out: Out,
    },
    /// Find out whether the first comment is there.
    LookComment {
        /// What is out.
        out: Out,
        /// How the looks stand.
        looks: Looks,
    },
    /// Send the message's part number `live.len()`.
    Send {
        /// Parts that are out.
        live: Vec<Out>,
        /// What went wrong with the part under way.
        redo: Redo,
    },
    /// Find out whether the message's part is out.
    LookMessage {
        /// Parts that are out.
        live: Vec<Out>,
        /// What went wrong with the part under way.
        redo: Redo,
        /// How the looks stand.
        looks: Looks,
    },
    /// Only a person can find out about the message.
    UndecidedMessage {
        /// Parts that are out.
        live: Vec<Out>,
        /// What is known.
        why: String,
    },
    /// All is out.
    Done {
        /// All of it.
        live: Vec<Out>,
        /// What a person should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}
