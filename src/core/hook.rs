//! What a vendor tells an app by itself: who signed it, and what it means. As data: the engine verifies and acts.

use crate::domain::time::Timestamp;

/// A vendor's messages to an app's callback address.
pub trait Hooks: Send + Sync {
    /// The header with the signature, in lower case.
    fn header(&self) -> &'static str;
    /// What the app's secret signed by HMAC-SHA256; `None`: the header is none of this vendor's.
    fn signed(&self, header: &str, body: &[u8]) -> Option<Signed>;
    /// What a message that is believed means; `None`: nothing to anybody here.
    fn read(&self, body: &[u8]) -> Option<Told>;
}

/// A signature to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The bytes that were signed.
    pub message: Vec<u8>,
    /// Their HMAC.
    pub mac: Vec<u8>,
    /// When it was signed.
    pub at: Timestamp,
}

/// What a vendor told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// About whom: the id that the profile of the account has.
    pub user: String,
    /// What.
    pub what: What,
    /// Which post it is about, where it is about one.
    pub post: Option<PostNews>,
}

/// News of one post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostNews {
    /// The vendor's name for it while it was being published: TikTok's `publish_id`.
    pub handle: String,
    /// Its id for everybody, when it was told.
    pub id: Option<String>,
}

/// What happened at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The app lost its access to the account: why, in words.
    Removed(String),
    /// Something that polling finds too; worth a line in the journal.
    Note(String),
}
