//! The sandbox's own clock: real time plus a shift that a test or a person sets.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The one owner of time in the sandbox. Units: milliseconds since 1970.
#[derive(Debug, Default)]
pub struct SandboxClock {
    shift_ms: AtomicI64,
}

impl SandboxClock {
    /// The time that the sandbox's servers believe in.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        real_now_ms().saturating_add(self.shift_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock by this many milliseconds (backwards when negative) and answers the new time.
    pub fn advance_ms(&self, by: i64) -> i64 {
        self.shift_ms.fetch_add(by, Ordering::Relaxed);
        self.now_ms()
    }

    /// Sets the clock to this time and answers it.
    pub fn set_ms(&self, to: i64) -> i64 {
        self.shift_ms
            .store(to.saturating_sub(real_now_ms()), Ordering::Relaxed);
        self.now_ms()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox is a program of its own; this file owns its clock"
)]
fn real_now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_shifted_and_set() {
        let clock = SandboxClock::default();
        let before = clock.now_ms();
        assert!(clock.advance_ms(86_400_000) >= before + 86_400_000);
        assert!((1_000..2_000).contains(&clock.set_ms(1_000)));
    }
}
