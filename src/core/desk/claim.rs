//! Claims: a post's file becomes ours before its first call.

use super::{Action, Change, ClaimResult, Desk, Notice, NoticeKind, Output, Stage};
use crate::core::delivery::Event;
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
        if let Some(record) = self.posts.get_mut(post).filter(|r| r.stage == Stage::Waiting) {
            record.stage = Stage::Sending;
            out.changes.push(Change::Post(Box::new(record.clone())));
            let words = "begun: its content is fixed".to_owned();
            out.actions
                .push(Action::Tell(Notice::of_post(NoticeKind::Started, post, words)));
        }
        self.pump_all(now, out);
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
