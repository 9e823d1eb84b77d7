//! What a round gathered becomes durable here, and nothing goes on before. While the disk does not take it, people are
//! still answered and a stop is still heard; everything else waits its turn.

use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use super::event::Event;
use super::start::EVENTS;
use super::{Engine, journal};
use crate::domain::time::Timestamp;
use crate::store::{Batch, StoreFault, whole};

/// How long to wait before a commit that failed is tried again.
const PAUSE: Duration = Duration::from_secs(5);
/// The same when the daemon is to stop.
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// How often it is tried when the daemon is to stop. What is given up then is as if crier had been killed before it.
const LAST_TRIES: u32 = 3;
/// The journal is told of every so many failures: each five minutes.
const TOLD_EACH: u32 = 60;

/// What was waiting for the disk ended with.
enum Waited {
    /// The commit is tried again.
    Again,
    /// All who could still say anything are gone.
    Alone,
}

impl Engine {
    /// Nothing goes on before these are durable, as one. A full disk stops the posting here, loudly, and not the daemon.
    /// `false`: the daemon ends, and this was given up. So it does when the disk fails otherwise: what is on it then only
    /// a new start can know.
    pub(super) async fn commit(&mut self, batches: Vec<Batch>) -> bool {
        let (mut failures, mut last_tries) = (0, 0);
        loop {
            let Err(error) = whole::commit(&*self.shared.store, batches.clone()).await else {
                if self.store_error.take().is_some() {
                    journal::store_mended();
                }
                return true;
            };
            if error.fault() != StoreFault::Full {
                journal::store_broken(&error);
                return false;
            }
            if failures % TOLD_EACH == 0 {
                journal::store_failed(&error);
            }
            failures += 1;
            self.store_error = Some(error.to_string());
            last_tries += u32::from(self.stopping);
            if last_tries >= LAST_TRIES {
                journal::store_given_up(&error);
                return false;
            }
            match self.wait_for_disk().await {
                Waited::Again => {}
                Waited::Alone => return false,
            }
        }
    }

    /// Whether so much time has gone by since then that what was decided is to be decided anew.
    pub(super) fn is_stale(&self, (micros, then): (u64, Timestamp)) -> bool {
        let clock = self.shared.clock;
        let gone_by = Duration::from_micros(clock.monotonic_micros().saturating_sub(micros));
        // A machine that slept shows it by its clock alone.
        let by_clock = clock.now().since(then).to_std();
        gone_by.max(by_clock) > self.patience
    }

    /// Until the commit is tried again: looks are answered, the watchdog is told, a stop is heard at once, and
    /// everything else waits its turn.
    async fn wait_for_disk(&mut self) -> Waited {
        self.beat.status(self.status_line());
        self.beat.tell();
        let pause = if self.stopping { LAST_PAUSE } else { PAUSE };
        let mut again = pin!(sleep(pause));
        loop {
            let event = tokio::select! {
                biased;
                () = &mut again => return Waited::Again,
                () = self.beat.due() => Some(Event::Beat),
                // What has no room here waits in the channel, and who sends more waits there.
                event = self.rx.recv(), if self.waiting.len() < EVENTS => event,
            };
            match event {
                None => return Waited::Alone,
                Some(Event::Look(look)) => look(self),
                Some(Event::Beat) => self.beat.tell(),
                Some(Event::Stop) => {
                    self.begin_to_stop();
                    return Waited::Again;
                }
                Some(event) => self.keep_waiting(event),
            }
        }
    }

    /// Hints come with every file that is dropped: one for each queue is enough.
    fn keep_waiting(&mut self, event: Event) {
        let known = match &event {
            Event::Hint(queue) => {
                let same = |e: &Event| matches!(e, Event::Hint(other) if other == queue);
                self.waiting.iter().any(same)
            }
            Event::Housekeeping(chore) => {
                let same = |e: &Event| matches!(e, Event::Housekeeping(other) if other == chore);
                self.waiting.iter().any(same)
            }
            Event::Timer
            | Event::Input(_)
            | Event::Answered(_)
            | Event::Scanned(..)
            | Event::Prepared(..)
            | Event::Claimed(..)
            | Event::NotMoved(_)
            | Event::QueueLost(_)
            | Event::Change(_)
            | Event::Ask(..)
            | Event::Fetched(..)
            | Event::Look(_)
            | Event::RefreshOver(_)
            | Event::Reload(_)
            | Event::ReloadFailed(_)
            | Event::Beat
            | Event::Stop => false,
        };
        if !known {
            self.waiting.push_back(event);
        }
    }
}
