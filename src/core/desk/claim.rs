//! Claims: a post's file becomes ours before its first call.

use super::{Action, Change, ClaimResult, Desk, Notice, NoticeKind, Output, Stage};
use crate::core::delivery::{Event, Phase};
use crate::domain::hold::Hold;
use crate::domain::id::PostId;
use crate::domain::time::{Span, Timestamp};

/// How long to wait after the disk would not let a file be claimed.
const CLAIM_PAUSE: Span = Span::secs(30);

impl Desk {
    pub(super) fn claimed(&mut self, post: &PostId, result: ClaimResult, now: Timestamp, out: &mut Output) {
        self.claiming.remove(post);
        match result {
            ClaimResult::Ours => self.claim_holds(post, now, out),
            ClaimResult::Gone => self.removed(post, now, out),
            ClaimResult::Changed => out.actions.push(Action::Reread(post.clone())),
            ClaimResult::Failed(why) => self.claim_failed(post, why, now, out),
        }
    }

    fn claim_holds(&mut self, post: &PostId, now: Timestamp, out: &mut Output) {
        if self.posts.get(post).is_some_and(|r| r.stage == Stage::Waiting) {
            self.fix_contents(post, out);
        }
        if let Some(record) = self.posts.get_mut(post).filter(|r| r.stage == Stage::Waiting) {
            record.stage = Stage::Sending;
            out.changes.push(Change::Post(Box::new(record.clone())));
            let words = "begun: its content is fixed".to_owned();
            out.actions
                .push(Action::Tell(Notice::of_post(NoticeKind::Started, post, words)));
        }
        self.pump_all(now, out);
    }

    /// What a content takes from its account's settings is taken now: a later config changes nothing of what is half out.
    fn fix_contents(&mut self, post: &PostId, out: &mut Output) {
        let Some(record) = self.posts.get_mut(post) else {
            return;
        };
        for id in self
            .deliveries
            .keys()
            .filter(|id| id.post == *post)
            .cloned()
            .collect::<Vec<_>>()
        {
            let Some(delivery) = self.deliveries.get_mut(&id) else {
                continue;
            };
            let Some(content) = delivery.platform.fixed(&delivery.job) else {
                continue;
            };
            delivery.job.content = content.clone();
            record.post.contents.insert(id.account.clone(), content);
            // Nothing has been called yet: its first state is that of this content.
            if let Phase::Waiting { step, .. } | Phase::Ready { step } | Phase::Held { step, .. } =
                &mut delivery.record.phase
                && step.attempts == 0
            {
                step.state = delivery.platform.begin(&delivery.job);
                out.changes
                    .push(Change::Delivery(id.clone(), Box::new(delivery.record.clone())));
            }
        }
    }

    fn claim_failed(&mut self, post: &PostId, why: String, now: Timestamp, out: &mut Output) {
        for id in self.deliveries_of(post) {
            let hold = Hold::Retry {
                why: format!("its file could not be moved to sending/: {why}"),
            };
            self.step(
                &id,
                Event::Denied {
                    hold,
                    until: Some(now + CLAIM_PAUSE),
                },
                now,
                out,
            );
        }
    }
}
