//! Governor as the pacer: not so many calls a minute, smoothly, with a told clock.
//!
//! Its state is in memory and forgets at a restart; that is all right for a pace, and why it is never the law.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::domain::id::AccountName;
use crate::domain::time::{Span, Timestamp};

/// A clock that shows what it was told.
#[derive(Clone, Debug, Default)]
struct ToldClock(Arc<AtomicU64>);

impl Clock for ToldClock {
    type Instant = Nanos;
    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, ToldClock, NoOpMiddleware<Nanos>>;

/// Calls per account: a burst, then one at a time.
pub struct Pacer {
    clock: ToldClock,
    last: Option<Timestamp>,
    accounts: BTreeMap<AccountName, Limiter>,
}

/// Calls at once before the pace begins.
const BURST: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Afterwards this many a minute: far below every platform's call limits, far above what posting needs.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(120).unwrap();

impl Default for Pacer {
    fn default() -> Self {
        Self::new()
    }
}

impl Pacer {
    /// A pacer without a past.
    pub fn new() -> Self {
        Self {
            clock: ToldClock::default(),
            last: None,
            accounts: BTreeMap::new(),
        }
    }

    /// Lets one call of the account go now, or says how long it must wait.
    pub fn take(&mut self, account: &AccountName, now: Timestamp) -> Result<(), Span> {
        self.tell(now);
        let clock = self.clock.clone();
        let limiter = self.accounts.entry(account.clone()).or_insert_with(|| {
            RateLimiter::direct_with_clock(Quota::per_minute(PER_MINUTE).allow_burst(BURST), clock)
        });
        limiter.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            Span(
                i64::try_from(wait.as_millis())
                    .unwrap_or(i64::MAX)
                    .saturating_add(1),
            )
        })
    }

    /// Only time that passes counts: a clock that is set back stands still here for that moment and goes on from there.
    fn tell(&mut self, now: Timestamp) {
        let before = self.last.replace(now).unwrap_or(now);
        let millis = u64::try_from(now.since(before).millis()).unwrap_or(0);
        self.clock
            .0
            .fetch_add(millis.saturating_mul(1_000_000), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_pace() {
        let (mut pacer, account) = (Pacer::new(), AccountName::new("club").unwrap());
        let now = Timestamp::from_secs(1_000);
        for _ in 0..BURST.get() {
            assert_eq!(pacer.take(&account, now), Ok(()));
        }
        let wait = pacer.take(&account, now).unwrap_err();
        assert!(wait > Span::ZERO && wait <= Span(501), "{wait:?}");
        assert_eq!(pacer.take(&account, now + wait), Ok(()));
        assert_eq!(pacer.take(&AccountName::new("other").unwrap(), now), Ok(()));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let (mut pacer, account) = (Pacer::new(), AccountName::new("club").unwrap());
        let now = Timestamp::from_secs(1_000);
        while pacer.take(&account, now).is_ok() {}
        let then = Timestamp::from_secs(10);
        let wait = pacer.take(&account, then).unwrap_err();
        assert_eq!(
            pacer.take(&account, then + wait),
            Ok(()),
            "nor does it take the hours"
        );
    }
}
