//! The end of posts: all deliveries over, the file moved, later forgotten.

use std::collections::BTreeMap;

use super::{Action, Change, Desk, Output, Phase, Published, Row, Stage};
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::time::{Span, Timestamp};

impl Desk {
    /// When the last delivery has ended, the file is moved and the receipt written.
    pub(super) fn finish_if_over(&mut self, post: &PostId, now: Timestamp, out: &mut Output) {
        let open = self
            .of_post(post)
            .any(|(_, d)| !matches!(d.record.phase, Phase::Ended { .. }));
        if open {
            return;
        }
        let Some(record) = self.posts.get_mut(post) else {
            return;
        };
        if matches!(record.stage, Stage::Finishing | Stage::Done) {
            return;
        }
        record.stage = Stage::Finishing;
        record.finished = Some(now);
        out.changes.push(Change::Post(Box::new(record.clone())));
        out.actions.push(Action::Finish(post.clone()));
        self.mark_failed_elsewhere(post, out);
    }

    /// What is out although its post ends in `failed/`: dropping the file again must not publish it twice.
    fn mark_failed_elsewhere(&mut self, post: &PostId, out: &mut Output) {
        if self.all_published(post) {
            return;
        }
        for (key, published) in &mut self.published {
            if published.post == *post && !published.failed_elsewhere {
                published.failed_elsewhere = true;
                out.changes
                    .push(Change::Published(key.clone(), Published::clone(published)));
            }
        }
    }

    /// Whether every delivery of the post is out: it belongs in `sent/`.
    pub fn all_published(&self, post: &PostId) -> bool {
        let mut deliveries = self.of_post(post);
        deliveries.all(|(_, d)| match &d.record.phase {
            Phase::Ended {
                outcome: crate::domain::receipt::Outcome::Published { .. },
            } => true,
            Phase::Ended { .. }
            | Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Calling { .. }
            | Phase::Held { .. } => false,
        })
    }

    pub(super) fn finished(&mut self, post: &PostId, now: Timestamp, out: &mut Output) {
        let Some(record) = self.posts.get_mut(post).filter(|r| r.stage == Stage::Finishing) else {
            return;
        };
        record.stage = Stage::Done;
        record.finished = Some(now);
        out.changes.push(Change::Post(Box::new(record.clone())));
    }

    /// A publication that turned out not to be one.
    pub(super) fn forget_published(&mut self, id: &DeliveryId, out: &mut Output) {
        let Some(delivery) = self.deliveries.get(id) else {
            return;
        };
        let key = (id.account.clone(), delivery.record.hash.clone());
        if self.published.get(&key).is_some_and(|p| p.post == id.post) {
            self.published.remove(&key);
            out.changes.push(Change::DropPublished(key));
        }
    }

    /// Housekeeping: rows no window reaches, publications no duplicate window reaches, old finished posts.
    pub(super) fn prune(&mut self, keep: Span, now: Timestamp, out: &mut Output) {
        let rows = self.prune_rows(now);
        out.changes.extend(rows.into_iter().map(Change::DropRow));
        let window = self
            .house
            .queues
            .values()
            .map(|q| q.duplicate_window)
            .max()
            .unwrap_or(Span::ZERO);
        let old: Vec<_> = self
            .published
            .iter()
            .filter(|(_, p)| now.since(p.at) > window.max(keep))
            .map(|(k, _)| k.clone())
            .collect();
        for key in old {
            self.published.remove(&key);
            out.changes.push(Change::DropPublished(key));
        }
        let over = |r: &&super::PostRecord| {
            r.stage == Stage::Done && r.finished.is_some_and(|at| now.since(at) > keep)
        };
        let gone: Vec<PostId> = self
            .posts
            .values()
            .filter(over)
            .take(super::PRUNE_MUCH / 2)
            .map(|r| r.post.id.clone())
            .collect();
        for post in gone {
            self.forget_post(&post, out);
        }
    }

    /// Rows that no limit counts any more: each as long as its own window, and two days at least where that is long.
    fn prune_rows(&mut self, now: Timestamp) -> Vec<Row> {
        let accounts = self.house.accounts.iter();
        let windows: BTreeMap<(AccountName, String), Span> = accounts
            .flat_map(|(name, spec)| {
                let quotas = spec.facts.quotas().into_iter();
                quotas.map(|q| ((name.clone(), q.name), q.window))
            })
            .collect();
        let longest = windows.values().copied().max().unwrap_or(Span::days(1));
        let kept = |account: &AccountName, limit: &str| {
            let window = windows.get(&(account.clone(), limit.to_owned()));
            match window {
                Some(short) if *short < Span::hours(1) => Span::hours(1),
                Some(window) => (*window).max(Span::days(2)),
                None => longest.max(Span::days(2)),
            }
        };
        self.ledger.prune(kept, now)
    }

    fn forget_post(&mut self, post: &PostId, out: &mut Output) {
        for id in self.deliveries_of(post) {
            self.drop_delivery(&id);
            out.changes.push(Change::ForgetDelivery(id));
        }
        self.posts.remove(post);
        out.changes.push(Change::ForgetPost(post.clone()));
    }
}
