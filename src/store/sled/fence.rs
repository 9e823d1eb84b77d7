//! The fence around sled: a panic over a damaged file becomes an error, and sled's errors become ours.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;

use ::sled::{Db, Error};

use super::super::StoreError;
use super::place;

/// How late a timed wait of sled's threads may end, in nanoseconds: an hour. sled keeps seven threads
/// that ask for work once a second for ever; with this slack the kernel lets them sleep until the
/// processor is awake for something else. Work itself wakes them at once as before.
const SLACK: libc::c_ulong = 3_600_000_000_000;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Runs sled's calls for one state directory.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    state: PathBuf,
}

impl Fence {
    pub(super) fn new(state: &Path) -> Fence {
        be_quiet_inside();
        Fence {
            state: state.to_owned(),
        }
    }

    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// Run one call of sled's.
    pub(super) fn run<T>(
        &self,
        what: &str,
        call: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let outer = INSIDE.replace(true);
        // whatever a panic leaves behind inside sled is not used again: the caller stops the store
        let result = catch_unwind(AssertUnwindSafe(call));
        INSIDE.set(outer);
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.explain(what, &error)),
            Err(panic) => Err(self.damaged(format!("{what} stopped with \"{}\"", place::words(&*panic)))),
        }
    }

    /// Open the database on a thread of its own, whose patience sled's threads inherit.
    pub(super) fn open(
        &self,
        call: impl FnOnce() -> Result<Db, Error> + Send + 'static,
    ) -> Result<Db, StoreError> {
        let fence = self.clone();
        let opener = move || {
            be_patient();
            fence.run("opening it", call)
        };
        let thread = std::thread::Builder::new()
            .name("crier-open".into())
            .spawn(opener)
            .map_err(|e| StoreError::io("starting a thread", &e))?;
        thread
            .join()
            .unwrap_or_else(|_| Err(self.damaged("opening it stopped".into())))
    }

    pub(super) fn damaged(&self, what: String) -> StoreError {
        StoreError::Damaged {
            state: self.state.clone(),
            what,
        }
    }

    fn explain(&self, what: &str, error: &Error) -> StoreError {
        match error {
            Error::Io(why) if why.to_string().contains("could not acquire lock") => StoreError::Locked {
                state: self.state.clone(),
                pid: None,
            },
            Error::Io(why) => match why.kind() {
                // an end before the end is a short file, not a disk that refuses
                std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidData => {
                    self.damaged(format!("{what}: {why}"))
                }
                _ => StoreError::Io {
                    what: format!("{what} (the database in {})", self.state.display()),
                    why: why.to_string(),
                },
            },
            Error::Corruption { .. }
            | Error::CollectionNotFound(_)
            | Error::Unsupported(_)
            | Error::ReportableBug(_) => self.damaged(format!("{what}: {error}")),
        }
    }
}

/// Let the timed waits of this thread, and of those it starts, end late. A kernel or a filter that
/// refuses costs some wake-ups and nothing else.
pub(super) fn be_patient() {
    // SAFETY: this option takes one number and touches no memory of ours
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, SLACK, 0, 0, 0);
    }
}

/// A panic inside the fence is told as an error, in words: keep it from standing in the journal as well.
fn be_quiet_inside() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                before(info);
            }
        }));
    });
}
