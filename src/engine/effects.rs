//! What is done once its reasons are durable. The only place of the loop that spawns.

use super::event::{Answered, Event};
use super::outside::{Errand, Extra};
use super::{Engine, Handle, journal};
use crate::core::call::{Answer, Call, Trouble, TroubleKind};
use crate::core::desk::{Action, Input, Notice, NoticeKind, Send as Sent, Stage};
use crate::domain::id::PostId;
use crate::domain::time::{Span, Timestamp};

/// Finished posts are remembered this long, with their transcripts.
pub const KEEP_FINISHED: Span = Span::days(90);

impl Engine {
    pub(super) fn perform(&mut self, action: Action) {
        match action {
            Action::Claim(post) => self.claim(&post),
            Action::Reread(post) => self.reread(&post),
            Action::Send(sent) => self.send(*sent),
            Action::Finish(post) => self.finish(&post),
            Action::Tell(notice) => self.tell(&notice),
        }
    }

    /// The call leaves; its answer comes back as an event.
    fn send(&mut self, sent: Sent) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let live = shared.live();
            let account = &sent.delivery.account;
            let errand = Errand {
                delivery: &sent.delivery,
                commit: sent.commit.then_some(sent.attempt),
            };
            let (answer, transcript) = live
                .outside
                .call(
                    &shared,
                    account,
                    Some(errand),
                    &sent.call,
                    &Extra::default(),
                    sent.sent,
                )
                .await;
            let mut attempt = super::run::attempt_of(&sent, label(&sent.call));
            attempt.ended = Some(transcript.ended);
            attempt.status = transcript.status;
            attempt.detail = Some(transcript.detail).filter(|d| !d.is_empty());
            let event = Event::Answered(Box::new(Answered {
                sent,
                answer,
                attempt,
            }));
            // The loop ends only when no call is open; if it was killed, the next start asks what happened.
            let _ = shared.tx.send(event).await;
        });
    }

    /// A call that was let go before the disk stalled does not leave: it is asked anew whether it may.
    pub(super) fn not_sent(&mut self, sent: Sent) {
        let attempt = super::run::attempt_of(&sent, label(&sent.call));
        let why = "it took too long to write down that this was about to be sent, so it was not sent";
        let answer = Answer::NotSent(Trouble {
            why: why.to_owned(),
            kind: TroubleKind::Network,
        });
        self.waiting.push_back(Event::Answered(Box::new(Answered {
            sent,
            answer,
            attempt,
        })));
    }

    fn claim(&mut self, post: &PostId) {
        let Some(record) = self.desk.post(post).cloned() else {
            return;
        };
        // A claim that had to wait may find its post over.
        if record.stage != Stage::Waiting || self.claim_later(&record) {
            return;
        }
        self.moving.insert(post.clone());
        let (handle, post) = (Handle::new(self.shared.clone()), post.clone());
        let file = self.seen.file(&post).cloned();
        tokio::task::spawn_blocking(move || {
            let claimed = super::spooling::claim(&handle.shared, &record, file.as_ref());
            handle.send_blocking(Event::Claimed(post, Box::new(claimed)));
        });
    }

    /// The file has changed since it was admitted: forget what is known of it and look again.
    fn reread(&mut self, post: &PostId) {
        if let Some(record) = self.desk.post(post).cloned() {
            self.scan(&record.post.queue);
        }
    }

    pub(super) fn finish(&mut self, post: &PostId) {
        self.end_preparing(post);
        let file = self.seen.file(post).cloned();
        let Some(ended) = super::spooling::Ended::of(&self.desk, &*self.shared.store, post, file) else {
            return;
        };
        self.moving.insert(post.clone());
        let (handle, post) = (Handle::new(self.shared.clone()), post.clone());
        tokio::task::spawn_blocking(move || match super::spooling::finish(&handle.shared, &ended) {
            Ok(()) => {
                handle.send_blocking(Event::Input(Box::new(Input::Finished(post))));
            }
            Err(why) => {
                tracing::error!(
                    crier_post = post.to_string(),
                    "its file could not be moved to its end, tried again in 30 s: {why}"
                );
                handle.send_blocking(Event::NotMoved(post));
            }
        });
    }

    /// Media that were made to fit, and that no post has.
    pub(super) fn prune_shelf(&self, now: Timestamp) {
        let shelf = crate::spool::fit::Shelf::beside(&self.shared.media_dir());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = shelf.prune(now) {
                tracing::warn!("media that nobody needs stay: {error}");
            }
        });
    }

    /// Logins that nobody finished.
    pub(super) fn prune_logins(&self, now: Timestamp) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            if let Err(error) = super::logins::prune(&shared, now).await {
                tracing::warn!("unfinished logins could not be forgotten: {error}");
            }
        });
    }

    fn tell(&mut self, notice: &Notice) {
        match notice.kind {
            NoticeKind::Published => self.published += 1,
            NoticeKind::Failed | NoticeKind::Skipped => self.failed += 1,
            NoticeKind::Admitted
            | NoticeKind::Edited
            | NoticeKind::Started
            | NoticeKind::Cancelled
            | NoticeKind::Held
            | NoticeKind::Late
            | NoticeKind::Unknown
            | NoticeKind::Released
            | NoticeKind::Retried
            | NoticeKind::Resolved
            | NoticeKind::Account
            | NoticeKind::Limited
            | NoticeKind::Frozen
            | NoticeKind::Thawed => {}
        }
        journal::notice(&self.shared, &self.desk, notice, self.last_tick);
    }
}

/// A call's name for transcripts.
fn label(call: &Call) -> String {
    match call {
        Call::Http(http) => http.label.clone(),
        Call::Mail(mail) => format!(
            "MAIL to {} recipient{}",
            mail.to.len(),
            if mail.to.len() == 1 { "" } else { "s" }
        ),
        Call::MailCheck => "NOOP".to_owned(),
    }
}
