//! When a call was let go, for looks that compare with the vendor's times.
//!
//! Our clock may be hours off, and may be set while a call is under way. So a state that looks for an effect keeps what
//! the vendor's own clock said with the last answer before the call, and the first look adds what it says after it. If
//! both differ from ours by the same, our clock was steady, and the call's time is known in the vendor's time. If they
//! do not, only this is known: it was let go after the answer before it.

use serde::{Deserialize, Serialize};

use crate::core::clocks::Clocks;
use crate::core::flow::Job;
use crate::domain::time::{Span, Timestamp};

/// How far our clock may be off where the vendor has never said what its own shows.
const WIDE: Span = Span::days(1);

/// When a call was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(crate) struct LetGo {
    /// On our clock.
    at: Timestamp,
    /// The last answer before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Clocks>,
    /// The first answer after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Clocks>,
}

/// As it lies in saved states; the first ones held our own clock's time alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Saved {
    Ours(Timestamp),
    Both {
        at: Timestamp,
        #[serde(default)]
        before: Option<Clocks>,
        #[serde(default)]
        after: Option<Clocks>,
    },
}

impl From<Saved> for LetGo {
    fn from(saved: Saved) -> Self {
        match saved {
            Saved::Ours(at) => LetGo::at(at),
            Saved::Both { at, before, after } => LetGo { at, before, after },
        }
    }
}

/// What is known of a call's time on the vendor's clock.
enum Known {
    /// Between these two.
    Within(Timestamp, Timestamp),
    /// Not before this: our clock was set meanwhile, or the vendor has not spoken since.
    Since(Timestamp),
    /// Nothing but our own clock.
    Ours(Timestamp),
}

impl LetGo {
    /// A call that is let go at `now`.
    pub(crate) fn now(job: &Job, now: Timestamp) -> LetGo {
        LetGo {
            at: now,
            before: job.heard,
            after: None,
        }
    }

    /// A call that was let go at this time of our clock; what the vendor's showed then is not known.
    pub(crate) fn at(ours: Timestamp) -> LetGo {
        LetGo {
            at: ours,
            before: None,
            after: None,
        }
    }

    /// A call that was let go at most `took` before `now`, when its answer came.
    pub(crate) fn answered(job: &Job, now: Timestamp, took: Span) -> LetGo {
        let back = |c: Clocks| Clocks {
            theirs: c.theirs - took,
            ours: c.ours - took,
        };
        let heard = job.heard.map(back);
        LetGo {
            at: now - took,
            before: heard,
            after: heard,
        }
    }

    /// When it was, on our clock.
    pub(crate) fn ours(self) -> Timestamp {
        self.at
    }

    /// With what the vendor has said since.
    #[must_use]
    pub(crate) fn heard(self, job: &Job) -> LetGo {
        let new = |c: &Clocks| Some(*c) != self.before && self.before.is_none_or(|b| c.theirs >= b.theirs);
        LetGo {
            after: self.after.or_else(|| job.heard.filter(new)),
            ..self
        }
    }

    fn known(self) -> Known {
        match (self.before, self.after) {
            (Some(before), Some(after)) => {
                let (one, other) = (before.theirs_at(self.at), after.theirs_at(self.at));
                if before.agrees(after) {
                    Known::Within(one.min(other), one.max(other))
                } else {
                    Known::Since(before.theirs)
                }
            }
            (Some(before), None) => Known::Since(before.theirs),
            (None, Some(after)) if after.ours >= self.at => {
                Known::Within(after.theirs_at(self.at), after.theirs_at(self.at))
            }
            // Our clock went back, nobody knows by how much.
            (None, Some(after)) => Known::Since(after.theirs - WIDE),
            (None, None) => Known::Ours(self.at),
        }
    }

    /// Its effect bears no earlier time, on the vendor's clock, `margin` seconds of disagreement among the vendor's own
    /// machines apart.
    pub(crate) fn earliest(self, margin: i64) -> Timestamp {
        let from = match self.known() {
            Known::Within(from, _) | Known::Since(from) => from,
            Known::Ours(at) => at - WIDE,
        };
        from.after_secs(-margin)
    }

    /// Its effect bears no later time when it came about within `effect` seconds.
    pub(crate) fn latest(self, effect: i64) -> Timestamp {
        match self.known() {
            Known::Within(_, to) => to.after_secs(effect),
            Known::Since(_) => Timestamp::MAX,
            Known::Ours(at) => (at + WIDE).after_secs(effect),
        }
    }

    /// Whether something of the time `at`, on the vendor's clock, may be its effect.
    pub(crate) fn may_have_made(self, at: Timestamp, margin: i64, effect: i64) -> bool {
        at >= self.earliest(margin) && at <= self.latest(effect)
    }

    /// About when it was let go, on the vendor's clock.
    pub(crate) fn about(self) -> Timestamp {
        match self.known() {
            Known::Within(at, _) | Known::Since(at) | Known::Ours(at) => at,
        }
    }

    /// How long ago it was let go, at least, when an answer comes at `now`.
    pub(crate) fn passed(self, job: &Job, now: Timestamp) -> Span {
        match (self.known(), self.after) {
            (Known::Within(_, to), _) => theirs(job, now).since(to),
            // Our clock was set: it is certain only that the first answer came later.
            (Known::Since(_), Some(after)) => theirs(job, now).since(after.theirs),
            (Known::Since(_) | Known::Ours(_), _) => now.since(self.at),
        }
    }
}

/// The vendor's time when an answer comes at `now`; ours, when it does not say.
pub(crate) fn theirs(job: &Job, now: Timestamp) -> Timestamp {
    job.heard.map_or(now, |clocks| clocks.theirs_at(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms::tests as common;

    const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);
    const HOUR: i64 = 3600;

    /// Clocks that showed this many seconds after noon.
    fn clocks(theirs: i64, ours: i64) -> Clocks {
        Clocks {
            theirs: NOON.after_secs(theirs),
            ours: NOON.after_secs(ours),
        }
    }

    fn let_go(before: Option<Clocks>, at: i64, after: Option<Clocks>) -> LetGo {
        let mut job = common::job("threads", common::text("a"));
        job.heard = before;
        let call = LetGo::now(&job, NOON.after_secs(at));
        job.heard = after.or(before);
        call.heard(&job)
    }

    fn window(call: LetGo) -> (i64, i64) {
        let secs = |t: Timestamp| t.since(NOON).as_secs();
        (secs(call.earliest(60)), secs(call.latest(900)))
    }

    #[test]
    fn a_steady_clock_that_is_wrong() {
        // Ours is an hour ahead, all the time.
        let call = let_go(Some(clocks(0, HOUR)), HOUR + 10, Some(clocks(100, HOUR + 100)));
        assert_eq!(window(call), (10 - 60, 10 + 900));
        assert!(call.may_have_made(NOON.after_secs(12), 60, 900));
        assert!(!call.may_have_made(NOON.after_secs(HOUR), 60, 900));
    }

    #[test]
    fn a_clock_that_is_set_meanwhile() {
        // Right at first; set back by an hour before or after the call: in either case it is found.
        for at in [10, 10 - HOUR] {
            let call = let_go(Some(clocks(0, 0)), at, Some(clocks(100, 100 - HOUR)));
            assert!(call.may_have_made(NOON.after_secs(11), 60, 900), "{at}");
            assert_eq!(call.latest(900), Timestamp::MAX);
            assert!(!call.may_have_made(NOON.after_secs(-100), 60, 900), "{at}");
        }
    }

    #[test]
    fn silence() {
        let call = let_go(Some(clocks(0, HOUR)), HOUR + 10, None);
        assert_eq!(
            (call.earliest(60), call.latest(900)),
            (NOON.after_secs(-60), Timestamp::MAX)
        );
        let only_after = let_go(None, HOUR + 10, Some(clocks(100, HOUR + 100)));
        assert_eq!(window(only_after), (10 - 60, 10 + 900));
        let set_back = let_go(None, HOUR + 10, Some(clocks(100, 100)));
        assert!(set_back.may_have_made(NOON.after_secs(12), 60, 900));
        let never = let_go(None, 10, None);
        assert_eq!(window(never), (10 - 86_400 - 60, 10 + 86_400 + 900));
    }

    #[test]
    fn time_that_passes() {
        let mut job = common::job("threads", common::text("a"));
        let passed = |call: LetGo, job: &Job, now| call.passed(job, NOON.after_secs(now)).as_secs();
        let steady = let_go(Some(clocks(0, 0)), 10, Some(clocks(30, 30)));
        job.heard = Some(clocks(100, 100));
        assert_eq!(passed(steady, &job, 100), 90);
        // Set forward by an hour after the call: the hour has not passed.
        let set = let_go(Some(clocks(0, 0)), 10, Some(clocks(30, HOUR + 30)));
        job.heard = Some(clocks(100, HOUR + 100));
        assert_eq!(passed(set, &job, HOUR + 100), 70);
        assert_eq!(
            passed(
                let_go(None, 10, None),
                &common::job("threads", common::text("a")),
                50
            ),
            40
        );
    }

    #[test]
    fn an_older_word_is_none_since() {
        let call = let_go(Some(clocks(0, 0)), 10, Some(clocks(-500, -500)));
        assert_eq!(call.latest(900), Timestamp::MAX);
    }

    #[test]
    fn saved_with_our_time_alone() {
        let old: LetGo = serde_json::from_str("1800000010000").unwrap();
        assert_eq!(old, let_go(None, 10, None));
        let whole = let_go(Some(clocks(0, HOUR)), HOUR + 10, Some(clocks(100, HOUR + 100)));
        for call in [old, whole] {
            let json = serde_json::to_string(&call).unwrap();
            assert_eq!(serde_json::from_str::<LetGo>(&json).unwrap(), call);
        }
    }
}
