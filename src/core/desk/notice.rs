//! What a person may want to know at once.

use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::receipt::Outcome;

/// Something that happened, for the journal, the events and whoever is to be notified.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What kind: the words of `[notify] on`, and more.
    pub kind: NoticeKind,
    /// About which post.
    pub post: Option<PostId>,
    /// About which delivery.
    pub delivery: Option<DeliveryId>,
    /// About which account.
    pub account: Option<AccountName>,
    /// In words.
    pub words: String,
    /// Where it can be seen.
    pub link: Option<String>,
}

/// Kinds of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// A post was admitted.
    Admitted,
    /// A waiting post was edited, and admitted again.
    Edited,
    /// Its first delivery begins: its content is fixed.
    Started,
    /// It is live.
    Published,
    /// It ended without being out.
    Failed,
    /// A person ended it.
    Cancelled,
    /// It ended as too late, by its queue's rule or its own.
    Skipped,
    /// It waits for a person.
    Held,
    /// It is too late, and waits for a person.
    Late,
    /// Nobody knows whether it is out.
    Unknown,
    /// A person let it go on.
    Released,
    /// A person has it tried now.
    Retried,
    /// A person said what became of it.
    Resolved,
    /// An account stopped working.
    Account,
    /// A platform stands still as one.
    Frozen,
    /// It goes on.
    Thawed,
}

impl Notice {
    /// About a whole post.
    pub(super) fn of_post(kind: NoticeKind, post: &PostId, words: String) -> Notice {
        Notice {
            kind,
            post: Some(post.clone()),
            delivery: None,
            account: None,
            words,
            link: None,
        }
    }

    /// About one delivery.
    pub(super) fn of(kind: NoticeKind, id: &DeliveryId, words: String) -> Notice {
        Notice {
            delivery: Some(id.clone()),
            account: Some(id.account.clone()),
            ..Notice::of_post(kind, &id.post, words)
        }
    }

    /// About an account.
    pub(super) fn of_account(account: &AccountName, words: String) -> Notice {
        Notice {
            account: Some(account.clone()),
            ..Notice::of_platform(NoticeKind::Account, words)
        }
    }

    /// About a whole platform.
    pub(super) fn of_platform(kind: NoticeKind, words: String) -> Notice {
        Notice {
            kind,
            post: None,
            delivery: None,
            account: None,
            words,
            link: None,
        }
    }

    /// A delivery's end.
    pub(super) fn of_end(id: &DeliveryId, outcome: &Outcome) -> Notice {
        let (kind, words) = match outcome {
            Outcome::Published { live, note } => {
                let remote = live.iter().find_map(|l| l.remote_id.as_ref());
                let remote = remote.map(|id| format!(" as {id}")).unwrap_or_default();
                let note = note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
                let link = live.iter().find_map(|l| l.permalink.clone());
                return Notice {
                    link,
                    ..Notice::of(NoticeKind::Published, id, format!("published{remote}{note}"))
                };
            }
            Outcome::Refused { why } => (NoticeKind::Failed, format!("refused: {why}")),
            Outcome::GaveUp { why } => (NoticeKind::Failed, format!("gave up: {why}")),
            Outcome::Partial { why, .. } => (NoticeKind::Failed, format!("only a part is live: {why}")),
            Outcome::Cancelled { by } => (NoticeKind::Cancelled, format!("cancelled by {by}")),
            Outcome::Skipped { why } => (NoticeKind::Skipped, format!("skipped: {why}")),
        };
        Notice::of(kind, id, words)
    }
}
