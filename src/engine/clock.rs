//! The one file that reads clocks: the wall clock, the monotonic clock, and one timer on wall time.
//!
//! Everything else is told the time. The timer is a `timerfd` on `CLOCK_REALTIME`: it fires at the wall
//! time it was set to (also after a suspend, when monotonic timers are late) and wakes when somebody sets
//! the clock. Armed once, it costs nothing until then: no polling.

use std::io;

use rustix::fd::OwnedFd;
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::domain::time::{Span, Timestamp};

/// The machine's clocks. A value, so that whoever needs the time must be handed it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// The wall clock, to the millisecond.
    pub fn now(self) -> Timestamp {
        let t = clock_gettime(ClockId::Realtime);
        Timestamp(
            t.tv_sec
                .saturating_mul(1000)
                .saturating_add(t.tv_nsec / 1_000_000),
        )
    }

    /// `CLOCK_BOOTTIME` in milliseconds: nobody can set it, and it goes on in suspend.
    pub fn unset_millis(self) -> i64 {
        let t = clock_gettime(ClockId::Boottime);
        t.tv_sec
            .saturating_mul(1000)
            .saturating_add(t.tv_nsec / 1_000_000)
    }

    /// `CLOCK_MONOTONIC` in microseconds: what systemd's `MONOTONIC_USEC=` wants; stands still in suspend.
    pub fn monotonic_micros(self) -> u64 {
        let t = clock_gettime(ClockId::Monotonic);
        let micros = t
            .tv_sec
            .saturating_mul(1_000_000)
            .saturating_add(t.tv_nsec / 1000);
        u64::try_from(micros).unwrap_or(0)
    }
}

/// Tells by how much somebody has set the wall clock, against one that nobody can set.
#[derive(Debug)]
pub struct Steps {
    wall: Timestamp,
    unset: i64,
}

/// A difference that is no step: two clocks read one after the other, and one that is slewed.
const NO_STEP: Span = Span::secs(2);

impl Steps {
    /// From now on.
    pub fn from(clock: Clock) -> Self {
        Self {
            wall: clock.now(),
            unset: clock.unset_millis(),
        }
    }

    /// By how much the clock was set since it was asked last; `None`: it was not.
    pub fn since_last(&mut self, wall: Timestamp, unset: i64) -> Option<Span> {
        let passed = unset.saturating_sub(self.unset);
        let by = Span(wall.since(self.wall).0.saturating_sub(passed));
        (self.wall, self.unset) = (wall, unset);
        (by.0.saturating_abs() >= NO_STEP.0).then_some(by)
    }
}

/// Why [`WallTimer::fired`] came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// The time it was set to has come. The timer is now disarmed.
    Due,
    /// Somebody set the clock. The timer is now disarmed: read the clock and set it again.
    ClockChanged,
}

/// One timer on wall time. Needs a tokio runtime with IO.
#[derive(Debug)]
pub struct WallTimer {
    fd: AsyncFd<OwnedFd>,
    armed: Option<Timestamp>,
    clock_changed: bool,
}

impl WallTimer {
    /// A disarmed timer. Fails when the process has no file descriptors left.
    pub fn new() -> io::Result<Self> {
        let fd = timerfd_create(
            TimerfdClockId::Realtime,
            TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
        )?;
        // SAFETY: the descriptor is owned by the AsyncFd, which never gives it out to be closed, and an OwnedFd
        // always tells the same number.
        let fd =
            unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(io::Error::from)?;
        Ok(Self {
            fd,
            armed: None,
            clock_changed: false,
        })
    }

    /// Fires at `at`, at once if that has passed; `None` disarms. Replaces what was set before; setting the
    /// same time again costs no system call.
    pub fn set(&mut self, at: Option<Timestamp>) -> io::Result<()> {
        if self.armed == at {
            return Ok(());
        }
        let spec = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: at.map_or(
                Timespec {
                    tv_sec: 0,
                    tv_nsec: 0,
                },
                timespec,
            ),
        };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        match timerfd_settime(self.fd.get_ref(), flags, &spec) {
            Ok(_) => {}
            // The kernel has armed it and tells in passing that the clock was set since the last look.
            Err(rustix::io::Errno::CANCELED) => self.clock_changed = at.is_some(),
            Err(e) => return Err(e.into()),
        }
        self.armed = at;
        Ok(())
    }

    /// What it is set to.
    pub fn armed(&self) -> Option<Timestamp> {
        self.armed
    }

    /// Waits until it fires; for ever when it is disarmed. Safe to drop half-way (in `select!`).
    pub async fn fired(&mut self) -> io::Result<Fired> {
        if std::mem::take(&mut self.clock_changed) {
            self.set(None)?;
            return Ok(Fired::ClockChanged);
        }
        loop {
            let mut ready = self.fd.readable().await?;
            let read = ready.try_io(|fd| {
                let mut expirations = [0u8; 8];
                rustix::io::read(fd.get_ref(), &mut expirations).map_err(io::Error::from)
            });
            let why = match read {
                // A timer that was set anew meanwhile has nothing to read.
                Err(_would_block) => continue,
                Ok(Ok(_)) => Fired::Due,
                Ok(Err(e)) if rustix::io::Errno::from_io_error(&e) == Some(rustix::io::Errno::CANCELED) => {
                    Fired::ClockChanged
                }
                Ok(Err(e)) => return Err(e),
            };
            drop(ready);
            self.disarm_after(why)?;
            return Ok(why);
        }
    }

    /// A timer that fired by time is disarmed by the kernel; one that was cancelled is still armed.
    fn disarm_after(&mut self, why: Fired) -> io::Result<()> {
        match why {
            Fired::Due => self.armed = None,
            Fired::ClockChanged => self.set(None)?,
        }
        Ok(())
    }
}

/// A zero would disarm the timer, and what lies before 1970 has passed: both become the first nanosecond.
fn timespec(at: Timestamp) -> Timespec {
    if at <= Timestamp(0) {
        return Timespec {
            tv_sec: 0,
            tv_nsec: 1,
        };
    }
    Timespec {
        tv_sec: at.as_secs(),
        tv_nsec: at.0.rem_euclid(1000) * 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::time::Span;

    const LONG: Duration = Duration::from_secs(20);

    async fn wait(timer: &mut WallTimer) -> Fired {
        tokio::time::timeout(LONG, timer.fired())
            .await
            .expect("the timer did not fire")
            .expect("the timer failed")
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_and_one_that_goes_is_not() {
        let mut steps = Steps {
            wall: Timestamp(1_000_000),
            unset: 50_000,
        };
        let mut asked = |wall: i64, unset: i64| steps.since_last(Timestamp(wall), unset);
        assert_eq!(asked(1_060_000, 110_000), None);
        assert_eq!(asked(1_061_500, 110_000), None, "slewed");
        assert_eq!(asked(4_662_500, 111_000), Some(Span::hours(1)));
        assert_eq!(asked(4_663_500, 112_000), None, "told once");
        assert_eq!(asked(1_064_500, 113_000), Some(Span(-3_600_000)));
    }

    #[tokio::test]
    async fn fires_at_its_time_and_not_before() {
        let mut timer = WallTimer::new().unwrap();
        let at = Clock.now() + Span(60);
        timer.set(Some(at)).unwrap();
        assert_eq!(wait(&mut timer).await, Fired::Due);
        let late = Clock.now().since(at);
        assert!(late.millis() >= 0, "fired {late} early");
        assert!(late.millis() < 2000, "fired {late} late");
        assert_eq!(timer.armed(), None);
    }

    #[tokio::test]
    async fn a_time_in_the_past_fires_at_once() {
        let mut timer = WallTimer::new().unwrap();
        for at in [
            Timestamp::MIN,
            Timestamp(0),
            Timestamp(1),
            Clock.now() - Span::days(3),
        ] {
            timer.set(Some(at)).unwrap();
            assert_eq!(wait(&mut timer).await, Fired::Due, "{at:?}");
        }
    }

    #[tokio::test]
    async fn a_disarmed_timer_never_fires() {
        let mut timer = WallTimer::new().unwrap();
        timer.set(Some(Clock.now() + Span(1))).unwrap();
        timer.set(None).unwrap();
        let mut other = WallTimer::new().unwrap();
        other.set(Some(Clock.now() + Span(80))).unwrap();
        tokio::select! {
            biased;
            fired = timer.fired() => panic!("a disarmed timer fired: {fired:?}"),
            fired = other.fired() => assert_eq!(fired.unwrap(), Fired::Due),
        }
    }

    #[tokio::test]
    async fn setting_it_again_replaces_what_was_set() {
        let mut timer = WallTimer::new().unwrap();
        timer.set(Some(Clock.now() + Span::days(1))).unwrap();
        let soon = Clock.now() + Span(30);
        timer.set(Some(soon)).unwrap();
        assert_eq!(timer.armed(), Some(soon));
        assert_eq!(wait(&mut timer).await, Fired::Due);
        timer.set(Some(Clock.now() + Span(5))).unwrap();
        timer.set(Some(Clock.now() + Span::days(1))).unwrap();
        let mut other = WallTimer::new().unwrap();
        other.set(Some(Clock.now() + Span(80))).unwrap();
        tokio::select! {
            biased;
            fired = timer.fired() => panic!("fired at the replaced time: {fired:?}"),
            fired = other.fired() => assert_eq!(fired.unwrap(), Fired::Due),
        }
    }

    #[tokio::test]
    async fn the_far_future_is_no_overflow() {
        let mut timer = WallTimer::new().unwrap();
        timer.set(Some(Timestamp::MAX)).unwrap();
        assert_eq!(timer.armed(), Some(Timestamp::MAX));
    }

    #[test]
    fn the_clocks_run() {
        assert!(Clock.now() > Timestamp::from_secs(1_700_000_000));
        let first = Clock.monotonic_micros();
        assert!(Clock.monotonic_micros() >= first);
    }
}
