//! Files in and out: directories are read away from the loop, and what they hold comes back as findings.
//!
//! A wake-up is a hint, the scan is the truth. One scan of a queue runs at a time; hints that come meanwhile
//! make it run once more.

mod claims;
mod look;
mod moving;
mod paper;
mod preparing;
mod submit;
mod watching;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::{Engine, Handle, journal};
use crate::core::desk::{Input, Output, Stage};
use crate::domain::account::Connection;
use crate::domain::id::{AccountName, PostId, QueueName};
use crate::domain::post::{Origin, Post};
use crate::domain::time::{Span, Timestamp};
use crate::spool::{SETTLE, Stamp, Still};
use crate::store::keys::{Key, KeyReader};
use crate::store::{Batch, Store, StoreError, Table};

pub use claims::Claims;
pub use look::Findings;
pub use moving::{Claimed, Ended, claim, finish};
pub use preparing::Preparations;
pub use submit::Submissions;
pub use watching::{Watched, watch};

/// What is known of a post's file beyond the post itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The file and its media as they were read.
    pub stamp: Stamp,
    /// Its name in `sending/`, once it is claimed.
    pub taken: Option<String>,
}

/// What is known of the spool.
#[derive(Default)]
pub struct Seen {
    files: BTreeMap<PostId, FileRecord>,
    troubles: BTreeMap<QueueName, String>,
    notices: BTreeMap<QueueName, Vec<String>>,
}

impl Seen {
    /// As it was written down.
    pub fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let mut seen = Self::default();
        for (key, value) in store.load(Table::Files)? {
            let id = KeyReader::new(&key).text().and_then(|t| PostId::new(t).ok());
            if let (Some(id), Ok(record)) = (id, serde_json::from_slice(&value)) {
                seen.files.insert(id, record);
            }
        }
        Ok(seen)
    }

    /// A post's file.
    pub fn file(&self, post: &PostId) -> Option<&FileRecord> {
        self.files.get(post)
    }

    /// What is wrong with a queue's directory, when something is.
    pub fn trouble(&self, queue: &QueueName) -> Option<String> {
        self.troubles
            .get(queue)
            .cloned()
            .or_else(|| self.notices.get(queue).and_then(|n| n.first().cloned()))
    }

    /// Notes a file, in memory and in a batch.
    pub fn keep(&mut self, post: &PostId, record: FileRecord, batch: &mut Batch) {
        // Plain data: serde_json cannot fail on it.
        let json = serde_json::to_vec(&record).unwrap_or_default();
        batch.put(Table::Files, Key::new().text(post.as_str()), json);
        self.files.insert(post.clone(), record);
    }

    /// What lies under a post's name is another revision of it, which was not admitted and ends with it.
    pub fn restamp(&mut self, post: &PostId, stamp: Stamp) {
        if let Some(file) = self.files.get_mut(post).filter(|f| f.taken.is_none()) {
            file.stamp = stamp;
        }
    }

    /// Forgets a post's file.
    pub fn drop_file(&mut self, post: &PostId, batch: &mut Batch) {
        if self.files.remove(post).is_some() {
            batch.delete(Table::Files, Key::new().text(post.as_str()));
        }
    }
}

impl Engine {
    /// Reads a queue's directory, away from the loop.
    pub(super) fn scan(&mut self, queue: &QueueName) {
        if let Some(again) = self.scanning.get_mut(queue) {
            *again = true;
            return;
        }
        let Some(dir) = self.shared.queue(queue) else {
            return;
        };
        self.scanning.insert(queue.clone(), false);
        // What this scan knows is new: only of claims under way it does not know how they will end.
        self.shared
            .claims
            .keep_only(queue, |post| self.moving.contains(post));
        let task = look::Task {
            dir,
            known: self.known(queue),
            underway: self.preparing.of(queue),
            connections: self.connections(),
        };
        let (handle, queue) = (Handle::new(self.shared.clone()), queue.clone());
        tokio::task::spawn_blocking(move || {
            let findings = task.run(&handle.shared);
            handle.send_blocking(Event::Scanned(queue, Box::new(findings)));
        });
    }

    /// Posts whose file was moved to `sending/` just before the last run ended, and its record was not.
    pub(super) fn reclaim(&mut self) -> Output {
        let now = self.last_tick;
        let waiting: Vec<_> = self
            .desk
            .posts()
            .filter(|r| r.stage == Stage::Waiting)
            .cloned()
            .collect();
        let mut all = Output::default();
        for record in waiting {
            let Some(file) = self.seen.file(&record.post.id).cloned() else {
                continue;
            };
            let path = self.shared.queue_dir(&record.post.queue);
            let Ok(dir) = crate::spool::Queue::open(record.post.queue.clone(), &path) else {
                continue;
            };
            let name = record.post.origin.name();
            self.undo_half_claim(&dir, name, &file.stamp);
            if let Ok(Some(taken)) = dir.claimed_as(name, &file.stamp) {
                self.seen.files.insert(
                    record.post.id.clone(),
                    FileRecord {
                        taken: Some(taken),
                        ..file
                    },
                );
                let out = self.desk.handle(
                    Input::Claimed(record.post.id, crate::core::desk::ClaimResult::Ours),
                    now,
                );
                all.changes.extend(out.changes);
                all.actions.extend(out.actions);
            }
        }
        all
    }

    /// A file that was changed in the very moment of its claim lies in `sending/` as nobody's when the last
    /// run ended before it was put back: it goes back now, and is read again.
    fn undo_half_claim(&self, dir: &crate::spool::Queue, name: &str, stamp: &Stamp) {
        let gone = matches!(dir.still(name, stamp), Ok(Still::Gone));
        let owned = self.seen.files.values().any(|f| f.taken.as_deref() == Some(name));
        let there = || dir.sending().is_ok_and(|all| all.iter().any(|n| n == name));
        let ours = || matches!(dir.claimed_as(name, stamp), Ok(Some(_)));
        if gone && !owned && there() && !ours() {
            match dir.unclaim(name, name) {
                Ok(back) => tracing::info!("{name}: changed while it was claimed; put back as {back}"),
                Err(error) => tracing::error!("sending/{name} cannot be put back into its queue: {error}"),
            }
        }
    }

    /// Posts of the queue whose files lie in its directory, by their names: those that wait, and those that
    /// are over and whose file is about to move.
    fn known(&self, queue: &QueueName) -> BTreeMap<String, look::Known> {
        let here = self.desk.posts().filter(|r| r.post.queue == *queue);
        let known = here.filter_map(|r| {
            let file = self.seen.file(&r.post.id)?;
            let leaving = match r.stage {
                Stage::Waiting => false,
                Stage::Finishing if file.taken.is_none() => true,
                Stage::Finishing | Stage::Sending | Stage::Done => return None,
            };
            let known = look::Known {
                id: r.post.id.clone(),
                revision: r.post.revision,
                admitted: r.post.admitted,
                hash: r.post.hash.clone(),
                stamp: file.stamp.clone(),
                leaving,
            };
            Some((r.post.origin.name().to_owned(), known))
        });
        known.collect()
    }

    fn connections(&self) -> BTreeMap<AccountName, Connection> {
        self.desk
            .accounts()
            .map(|(name, a)| (name.clone(), a.connection.clone()))
            .collect()
    }

    /// What a scan found becomes inputs, each with its file's record in the same commit.
    pub(super) fn take_findings(
        &mut self,
        queue: &QueueName,
        mut findings: Findings,
        now: Timestamp,
    ) -> Vec<(Output, Batch)> {
        let again = self.scanning.remove(queue).unwrap_or(false);
        let mut outputs = Vec::new();
        let claims = self.line_up(queue, &mut findings, now);
        let mut outrun = false;
        for (post, stamp) in findings.admitted {
            if self.declares(&post) {
                outputs.push(self.admit_found(post, stamp, false, now));
            } else {
                outrun = true;
            }
        }
        for (post, stamp) in findings.edited {
            if self.still_waits(&post.id) && self.declares(&post) {
                outputs.push(self.admit_found(post, stamp, true, now));
            } else {
                outrun = true;
            }
        }
        for (post, stamp) in findings.touched {
            if !self.still_waits(&post) {
                outrun = true;
                continue;
            }
            let mut own = Batch::new();
            self.seen.keep(&post, FileRecord { stamp, taken: None }, &mut own);
            outputs.push((Output::default(), own));
        }
        for post in findings.removed {
            // A claim under way has moved it itself.
            if !self.moving.contains(&post) {
                outputs.push((self.desk.handle(Input::Removed(post), now), Batch::new()));
            }
        }
        self.note_troubles(queue, findings.trouble, findings.notices);
        for refused in &findings.refused {
            journal::refused(
                &self.shared,
                queue,
                &refused.name,
                &refused.note,
                &refused.why,
                now,
            );
        }
        if let Some(at) = findings.look_again {
            self.rescan.insert(queue.clone(), at);
        }
        if outrun {
            let soon = now + SETTLE;
            let at = self.rescan.get(queue).map_or(soon, |at| soon.min(*at));
            self.rescan.insert(queue.clone(), at);
        }
        if again {
            self.scan(queue);
        }
        outputs.push((claims, Batch::new()));
        outputs.push((self.desk.handle(Input::Tick, now), Batch::new()));
        outputs
    }

    /// Whether an edit may be taken. A claim may have been quicker than the scan: then the post's content is
    /// fixed, and what lies under its old name is a new post, which the next scan will take.
    fn still_waits(&self, post: &PostId) -> bool {
        let waits = self.desk.post(post).is_some_and(|r| r.stage == Stage::Waiting);
        waits && !self.moving.contains(post)
    }

    /// Whether its accounts are in the config. They were when it was read; a reload may have been quicker, and then
    /// the file is read again, under the config in force.
    fn declares(&self, post: &Post) -> bool {
        let declared = &self.desk.house().accounts;
        post.contents.keys().all(|account| declared.contains_key(account))
    }

    fn admit_found(&mut self, post: Box<Post>, stamp: Stamp, edit: bool, now: Timestamp) -> (Output, Batch) {
        let mut own = Batch::new();
        self.seen
            .keep(&post.id, FileRecord { stamp, taken: None }, &mut own);
        if let Origin::Api(name) = &post.origin {
            self.submitted
                .push((post.queue.clone(), name.clone(), post.id.clone()));
        }
        let input = if edit {
            Input::Edited(post)
        } else {
            Input::Admit(post)
        };
        (self.desk.handle(input, now), own)
    }

    /// Told once, not at every scan.
    fn note_troubles(&mut self, queue: &QueueName, trouble: Option<String>, notices: Vec<String>) {
        let before = self
            .seen
            .notices
            .insert(queue.clone(), notices.clone())
            .unwrap_or_default();
        for notice in notices.iter().filter(|n| !before.contains(n)) {
            tracing::warn!(
                crier_queue = queue.to_string(),
                "queue {queue}: {}",
                journal::plain(notice)
            );
        }
        match trouble {
            Some(why) => {
                tracing::error!(
                    crier_queue = queue.to_string(),
                    "queue {queue}: {}",
                    journal::plain(&why)
                );
                self.seen.troubles.insert(queue.clone(), why);
                self.rescan.insert(queue.clone(), self.last_tick + Span::secs(30));
            }
            None => {
                self.seen.troubles.remove(queue);
            }
        }
    }
}
