//! People: words about single deliveries, freezes and thaws.

use super::{Action, Change, Desk, Freeze, Notice, NoticeKind, Output, Scope, Word};
use crate::core::delivery::{Event, Phase, Settled};
use crate::domain::hold::Hold;
use crate::domain::id::DeliveryId;
use crate::domain::time::Timestamp;

impl Desk {
    pub(super) fn person(&mut self, id: &DeliveryId, word: Word, now: Timestamp, out: &mut Output) {
        if let (Some((kind, words)), true) = (moves(&word), self.deliveries.contains_key(id)) {
            let notice = Notice::of(kind, id, words.to_owned());
            out.actions.push(Action::Tell(notice));
        }
        let event = match word {
            Word::Cancel { by } => Event::Cancel { by },
            Word::Hold { why } => Event::Hold { why },
            Word::Release => Event::Release,
            Word::Retry => Event::Retry,
            Word::Resolve(settled) => Event::Resolve(settled),
        };
        self.step(id, event, now, out);
        self.tick(now, out);
    }

    pub(super) fn freeze(&mut self, freeze: Freeze, out: &mut Output) {
        self.freezes.retain(|f| f.scope != freeze.scope);
        self.freezes.push(freeze);
        out.changes.push(Change::Freezes(self.freezes.clone()));
    }

    /// Everything that a lifted freeze held goes on; what is still covered by another is held again.
    pub(super) fn thaw(&mut self, scope: &Scope, now: Timestamp, out: &mut Output) {
        let before = self.freezes.len();
        self.freezes.retain(|f| f.scope != *scope && *scope != Scope::All);
        if self.freezes.len() == before {
            return;
        }
        out.changes.push(Change::Freezes(self.freezes.clone()));
        for id in self.frozen_ids() {
            self.step(&id, Event::Release, now, out);
        }
        self.tick(now, out);
    }

    fn frozen_ids(&self) -> Vec<DeliveryId> {
        let held = self.deliveries.iter().filter(|(_, d)| {
            matches!(
                d.record.phase,
                Phase::Held {
                    hold: Hold::Frozen { .. },
                    ..
                }
            )
        });
        held.map(|(id, _)| id.clone()).collect()
    }
}

/// A word that moves a delivery on; what ends it or puts it aside tells of itself.
fn moves(word: &Word) -> Option<(NoticeKind, &'static str)> {
    match word {
        Word::Release => Some((NoticeKind::Released, "goes on")),
        Word::Retry => Some((NoticeKind::Retried, "is tried again")),
        Word::Resolve(Settled::Live(_)) => Some((NoticeKind::Resolved, "is live, says a person")),
        Word::Resolve(Settled::NotOut) => Some((NoticeKind::Resolved, "is not live, says a person")),
        Word::Cancel { .. } | Word::Hold { .. } => None,
    }
}
