//! Starting: everything that was written down, and open calls turned into lost ones.

use std::sync::Arc;

use super::records::{AccountRecord, DeliveryRecord, Freeze, PostRecord, Published, PublishedKey, Stage};
use super::{Action, Change, Delivery, Desk, House, Output, Refused};
use crate::core::delivery::{self, Phase};
use crate::core::limit::Row;
use crate::domain::id::{AccountName, DeliveryId};
use crate::domain::time::Timestamp;

/// All records of a store.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Posts.
    pub posts: Vec<PostRecord>,
    /// Deliveries.
    pub deliveries: Vec<(DeliveryId, DeliveryRecord)>,
    /// Ledger rows.
    pub rows: Vec<Row>,
    /// Accounts.
    pub accounts: Vec<(AccountName, AccountRecord)>,
    /// Publications.
    pub published: Vec<(PublishedKey, Published)>,
    /// Freezes.
    pub freezes: Vec<Freeze>,
}

/// A delivery that this version cannot take up; it stays in the store untouched.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphan {
    /// Which.
    pub id: DeliveryId,
    /// Why.
    pub why: String,
}

impl Desk {
    /// A desk as it was written down, what to do first, and what could not be taken up.
    pub fn restore(house: Arc<House>, records: Records, now: Timestamp) -> (Desk, Output, Vec<Orphan>) {
        let (mut desk, mut out, mut orphans) = (Desk::new(house), Output::default(), Vec::new());
        desk.posts = records
            .posts
            .into_iter()
            .map(|r| (r.post.id.clone(), r))
            .collect();
        desk.accounts = records.accounts.into_iter().collect();
        desk.published = records.published.into_iter().collect();
        desk.freezes = records.freezes;
        for row in records.rows {
            desk.ledger.enter(row);
        }
        // All are there before the first one moves: a post is over only when all of its deliveries are.
        let mut found = Vec::new();
        for (id, record) in records.deliveries {
            let before = record.phase.clone();
            match desk.take_up(&id, record) {
                Ok(()) => found.push((id, before)),
                Err(why) => orphans.push(Orphan { id, why }),
            }
        }
        desk.begin_clock(now, &mut out);
        for (id, before) in found {
            desk.recover_phase(&id, &before, now, &mut out);
        }
        desk.lift_ended_versions(now, &mut out);
        desk.resume_posts(now, &mut out);
        desk.tick(now, &mut out);
        (desk, out, orphans)
    }

    fn take_up(&mut self, id: &DeliveryId, record: DeliveryRecord) -> Result<(), String> {
        let post = self
            .posts
            .get(&id.post)
            .cloned()
            .ok_or("its post's record is missing")?;
        let content = post
            .post
            .contents
            .get(&id.account)
            .cloned()
            .ok_or("its post has nothing for its account")?;
        let platform = (self.house.platform)(record.platform.as_str())
            .ok_or_else(|| format!("this crier has no platform {}", record.platform))?;
        let spec = self
            .house
            .accounts
            .get(&id.account)
            .cloned()
            .unwrap_or_else(|| super::AccountSpec {
                platform,
                facts: platform.facts().clone(),
                options: std::collections::BTreeMap::new(),
                app: None,
            });
        let job = self.job(id, &spec, content, record.due);
        let rules = self.rules_for(&post);
        let mut delivery = Delivery {
            record,
            platform,
            job,
            rules,
            refused: Refused::default(),
        };
        delivery.follow_phase();
        self.deliveries.insert(id.clone(), delivery);
        Ok(())
    }

    /// Rules of the post's queue; of a queue that is no longer declared: hold what is late, ask when unknown.
    fn rules_for(&self, post: &PostRecord) -> delivery::Rules {
        use crate::domain::queue::{LateRule, LateThen, OnUnknown};
        match self.house.queues.get(&post.post.queue) {
            Some(queue) => super::intake::rules_of(queue, post),
            None => delivery::Rules {
                late: LateRule {
                    within: crate::domain::time::Span::hours(6),
                    then: LateThen::Hold,
                },
                on_unknown: OnUnknown::Hold,
                expires: super::intake::expires(post),
                prepare: crate::domain::time::Span::mins(15),
                max_tries: crate::core::retry::MAX_TRIES,
            },
        }
    }

    fn recover_phase(&mut self, id: &DeliveryId, before: &Phase, now: Timestamp, out: &mut Output) {
        let Some(delivery) = self.deliveries.get_mut(id) else {
            return;
        };
        let after = delivery::recover(before.clone(), delivery.ctx(now));
        let none = Phase::Ended {
            outcome: crate::domain::receipt::Outcome::Cancelled { by: String::new() },
        };
        if after == *before {
            self.index(id, &none, &after, now);
            return;
        }
        delivery.record.enter(after.clone(), now);
        out.changes
            .push(Change::Delivery(id.clone(), Box::new(delivery.record.clone())));
        self.index(id, &none, &after, now);
        self.follow(id, before, &after, now, out);
    }

    /// Posts whose end was written down but whose file may not have been moved yet.
    fn resume_posts(&mut self, now: Timestamp, out: &mut Output) {
        let ids: Vec<_> = self
            .posts
            .values()
            .map(|r| (r.post.id.clone(), r.stage))
            .collect();
        for (id, stage) in ids {
            match stage {
                Stage::Finishing => out.actions.push(Action::Finish(id)),
                Stage::Sending | Stage::Waiting => self.finish_if_over(&id, now, out),
                Stage::Done => {}
            }
        }
    }
}
