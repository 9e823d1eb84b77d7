//! What a vendor tells an app by itself: who signed it, and what it means. As data: the engine verifies and acts.

use super::clocks::Clocks;
use crate::domain::time::{Span, Timestamp};

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
    /// When it happened, by the vendor's clock and to the second; `None`: it does not say, so when it was signed.
    pub at: Option<Timestamp>,
}

/// News of one post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostNews {
    /// The vendor's name for it while it was being published: TikTok's `publish_id`.
    pub handle: String,
    /// Its id for everybody, when it was told.
    pub id: Option<String>,
}

/// Whether a login was made after what a vendor tells of, which then says nothing about it: vendors tell again for days,
/// and more than once (tiktok.md 2.7). `at`: when that happened, by the vendor's clock and to the second; `login`: when the
/// login was made, by ours; `heard`: what both clocks showed.
pub fn is_past(at: Timestamp, login: Option<Timestamp>, heard: Option<Clocks>) -> bool {
    let theirs = |ours| heard.map_or(ours, |clocks| clocks.theirs_at(ours));
    login.is_some_and(|ours| theirs(ours) >= at + Span::secs(1))
}

/// What happened at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The app lost its access to the account: why, in words.
    Removed(String),
    /// Something that polling finds too; worth a line in the journal.
    Note(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn only_a_later_login_makes_it_past() {
        let past = |login| is_past(TOLD, login, None);
        assert!(!past(None), "nobody knows when it was made");
        assert!(!past(Some(TOLD.after_secs(-1))));
        assert!(!past(Some(Timestamp(TOLD.0 + 999))), "the same second");
        assert!(past(Some(TOLD.after_secs(1))));
    }

    #[test]
    fn both_times_are_the_vendors() {
        let login = TOLD.after_secs(-60);
        let heard = |ahead: i64| {
            Some(Clocks {
                theirs: login.after_secs(ahead),
                ours: login,
            })
        };
        assert!(is_past(TOLD, Some(login), heard(120)), "our clock is behind");
        assert!(!is_past(TOLD, Some(login.after_secs(120)), heard(-120)), "ahead");
    }
}
