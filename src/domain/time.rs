//! Instants and spans. Deliberately without a `now()`: time is an argument everywhere but in one file.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// A length of time in milliseconds; never negative in what people write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(pub i64);

impl Span {
    /// Nothing.
    pub const ZERO: Span = Span(0);

    /// From seconds.
    pub const fn secs(n: i64) -> Span {
        Span(n.saturating_mul(1000))
    }

    /// From minutes.
    pub const fn mins(n: i64) -> Span {
        Span::secs(n.saturating_mul(60))
    }

    /// From hours.
    pub const fn hours(n: i64) -> Span {
        Span::mins(n.saturating_mul(60))
    }

    /// From days of 24 hours.
    pub const fn days(n: i64) -> Span {
        Span::hours(n.saturating_mul(24))
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0 / 1000
    }

    /// For the standard library's and tokio's timers; negative becomes zero.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(self.0).unwrap_or(0))
    }
}

impl Timestamp {
    /// The earliest instant; every other is later or equal.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// The latest instant.
    pub const MAX: Timestamp = Timestamp(i64::MAX);

    /// From whole seconds since the epoch.
    pub const fn from_secs(n: i64) -> Timestamp {
        Timestamp(n.saturating_mul(1000))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant and `n` seconds.
    pub const fn after_secs(self, n: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(n.saturating_mul(1000)))
    }

    /// How long from `earlier` to this; negative when it is the other way round.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The calendar library's instant; clamped to the years it knows.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(t: jiff::Timestamp) -> Self {
        Timestamp(t.as_millisecond())
    }
}

impl Add<Span> for Timestamp {
    type Output = Timestamp;
    fn add(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Timestamp;
    fn sub(self, span: Span) -> Timestamp {
        Timestamp(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

/// RFC 3339 in UTC, to the second.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs =
            jiff::Timestamp::from_second(self.to_jiff().as_second()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{secs}")
    }
}

/// As people write it: `2d 3h`, `6h`, `90s`, `250ms`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let secs = millis / 1000;
        if secs == 0 {
            return if millis == 0 {
                f.write_str("0s")
            } else {
                write!(f, "{millis}ms")
            };
        }
        let parts = [
            (secs / 86_400, "d"),
            (secs / 3600 % 24, "h"),
            (secs / 60 % 60, "m"),
            (secs % 60, "s"),
        ];
        let mut first = true;
        // Two units are enough for a person; the rest is noise.
        for (n, unit) in parts.into_iter().filter(|(n, _)| *n > 0).take(2) {
            if !first {
                f.write_str(" ")?;
            }
            first = false;
            write!(f, "{n}{unit}")?;
        }
        Ok(())
    }
}

/// For `#[serde(with = "rfc3339")]`: an instant as RFC 3339 text in UTC, to the millisecond.
pub mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Timestamp;

    /// Writes it.
    pub fn serialize<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&time.to_jiff())
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(time.into())
    }
}
