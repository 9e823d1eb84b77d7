//! Instants on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::time::{Timestamp, rfc3339};

/// An instant, RFC 3339 in UTC with milliseconds where there are any.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime, example = "2026-12-01T09:00:00Z")]
pub struct Time(#[serde(with = "rfc3339")] pub Timestamp);

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Time(time)
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        time.0
    }
}

/// To the second.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
