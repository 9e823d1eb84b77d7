//! The saved states of a delivery to Threads.
//!
//! | state | call | then |
//! | --- | --- | --- |
//! | `Child` | create a carousel's next item | `Child` … `AwaitChild` |
//! | `AwaitChild` | poll an item | the next, then `Create` |
//! | `Create` | create the part's container | `Await` |
//! | `Await` | poll it | `Publish` |
//! | `Publish` | **commit**: publish it | `Permalink`; lost: `Look`; not found: `Check` |
//! | `Check` | ask the container why it was not found | `Create` anew, `Await`, `FindId`, `Look` |
//! | `Look` | container status, then own posts | `FindId`, `Permalink`, `Publish`, `Create`, `Undecided` |
//! | `FindId` | own posts, for the id of what is out, where words tell it | `Permalink`, `Done` |
//! | `Permalink` | the address people see (cosmetic) | the next part, or `Done` |
//! | `Repost` | **commit**: repost | `Done`; lost: `LookRepost` |
//! | `LookRepost` | own posts | `Done`, `Undecided` |

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Out, Poll};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::Search;

/// What is out, and how often things went wrong with the part under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trail {
    /// The parts that are out, in order.
    pub(super) live: Vec<Out>,
    /// Failures of the part under way.
    #[serde(default)]
    pub(super) redo: Redo,
}

/// How often the part under way had to be begun again, by reason.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Redo {
    /// 24/4279009 when publishing (threads.md 7: at most 3 new containers).
    #[serde(default)]
    pub(super) gone: u8,
    /// Containers that ended in ERROR.
    #[serde(default)]
    pub(super) failed: u8,
    /// Containers that expired or vanished before they were published.
    #[serde(default)]
    pub(super) expired: u8,
    /// Media that could not be fetched.
    #[serde(default)]
    pub(super) fetch: u8,
    /// Publishing calls that were lost and proved not to have happened.
    #[serde(default)]
    pub(super) lost: u8,
    /// A limit that was told with a publishing call that may have happened: until when, and its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<(Timestamp, String)>,
}

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Make the carousel item number `children.len()`.
    Child {
        /// What is out.
        trail: Trail,
        /// Items made so far.
        children: Vec<String>,
        /// Not before this.
        from: Timestamp,
    },
    /// Poll the carousel item number `index`.
    AwaitChild {
        /// What is out.
        trail: Trail,
        /// All items.
        children: Vec<String>,
        /// Which.
        index: usize,
        /// How the polling stands.
        poll: Poll,
    },
    /// Make the part's container.
    Create {
        /// What is out.
        trail: Trail,
        /// Finished items of a carousel.
        children: Vec<String>,
        /// Not before this.
        from: Timestamp,
    },
    /// Poll the part's container.
    Await {
        /// What is out.
        trail: Trail,
        /// Which.
        container: String,
        /// How the polling stands.
        poll: Poll,
    },
    /// Publish it.
    Publish {
        /// What is out.
        trail: Trail,
        /// Which.
        container: String,
        /// Not before this.
        from: Timestamp,
        /// When the container was made; long ago when that is not known.
        #[serde(default)]
        made: Timestamp,
    },
    /// Ask why publishing did not find it.
    Check {
        /// What is out.
        trail: Trail,
        /// Which.
        container: String,
        /// When the publishing call was sent, at the latest.
        sent: LetGo,
        /// When the container was made; long ago when that is not known.
        #[serde(default)]
        made: Timestamp,
    },
    /// Find out whether a lost publishing call happened.
    Look {
        /// What was out before.
        trail: Trail,
        /// Which.
        container: String,
        /// Where the search stands.
        search: Search,
    },
    /// Only a person can find out.
    Undecided {
        /// What was out before.
        trail: Trail,
        /// The container, when it may still be published.
        container: Option<String>,
        /// What is known.
        why: String,
    },
    /// The last entry of `trail.live` is out, but its id is not known.
    FindId {
        /// What is out.
        trail: Trail,
        /// When it was published, about.
        sent: LetGo,
        /// How often it was looked for.
        looks: u8,
        /// Not before this.
        from: Timestamp,
    },
    /// Read the permalink of the last entry of `trail.live`.
    Permalink {
        /// What is out.
        trail: Trail,
        /// When it was published.
        since: Timestamp,
    },
    /// Repost.
    Repost,
    /// Find out whether a lost repost happened.
    LookRepost {
        /// When the lost call was sent.
        sent: LetGo,
        /// How often it was looked for.
        looks: u8,
        /// Not before this.
        from: Timestamp,
    },
    /// Only a person can find out about the repost.
    UndecidedRepost {
        /// What is known.
        why: String,
    },
    /// All is out.
    Done {
        /// All of it.
        trail: Trail,
    },
}
