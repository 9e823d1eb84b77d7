//! A word from outside that what is being made is not wanted any more.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why the wait for a child is over.
pub(super) enum End {
    /// It has ended.
    Exited,
    /// Nobody wants it any more.
    Stopped,
}

/// Says so to the one who works; clones speak of the same work.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    waiting: Option<Sender<End>>,
}

impl Stop {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the work soon: a child at once, a picture before the next one.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        if let Some(waiting) = state.waiting.take() {
            // It may have ended in this moment.
            let _ = waiting.send(End::Stopped);
        }
    }

    /// Whether that was said.
    pub fn is_said(&self) -> bool {
        self.state().stopped
    }

    /// Tells this one, too, when it is said, and at once if it was.
    pub(super) fn tell(&self, waiting: Sender<End>) {
        let mut state = self.state();
        if state.stopped {
            // The other end waits right after this.
            let _ = waiting.send(End::Stopped);
        } else {
            state.waiting = Some(waiting);
        }
    }
}
