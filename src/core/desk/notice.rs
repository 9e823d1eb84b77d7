//! What a person may want to know at once.

use super::{Action, Desk, Output};
use crate::core::why::hold_words;
use crate::domain::hold::{Hold, LimitHold, LimitSource};
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::receipt::Outcome;
use crate::domain::time::{Span, Timestamp};

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
    /// A limit of an account is reached: what it holds goes out by itself.
    Limited,
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

impl Desk {
    /// The first delivery that a limit of its account holds; the others are not told of until there is room, or a day has passed. The pace
    /// is no limit that anybody published, and a pause for one delivery is nobody else's.
    pub(super) fn tell_of_limit(
        &mut self,
        id: &DeliveryId,
        until: Timestamp,
        limit: &LimitHold,
        now: Timestamp,
        out: &mut Output,
    ) {
        let known = self.told_full.get(&id.account).is_some_and(|told| *told > now);
        if known || !matches!(limit.by, LimitSource::Ledger | LimitSource::Platform) {
            return;
        }
        // Another limit of the account may be reached before this one ends, when that is far away.
        let told_until = until.min(now + Span::days(1));
        self.told_full.insert(id.account.clone(), told_until);
        let words = format!("{}; until {until}", hold_words(&Hold::Limit(limit.clone())));
        out.actions
            .push(Action::Tell(Notice::of(NoticeKind::Limited, id, words)));
    }
}
