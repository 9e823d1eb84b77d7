//! The drop-in directories: scanning, reading drafts, measuring media, claiming, finishing.
//!
//! Everything here reads or moves files that anybody may have put there. So each is opened beneath its
//! queue's directory without following links, must be a regular file, and is capped. All calls block;
//! the engine makes them away from its loop. [`Queue`] is the door.

mod claim;
mod dir;
pub mod draft;
mod drop;
mod finish;
pub mod fit;
pub mod media;
pub mod name;
mod place;
mod queue;
mod read;
mod scan;
pub mod snapshot;
mod watch;

pub use claim::Claim;
pub use dir::Fingerprint;
pub use drop::Stage;
pub use finish::{Finished, refusal};
pub use queue::Queue;
pub use read::{MEDIA_GRACE, MEDIA_MAX, Reading, SETTLE, Stamp, Still, Unread};
pub use scan::{ENTRIES_MAX, Entry, EntryKind, Scan};
pub use watch::{Stir, Stirs, Watch};
