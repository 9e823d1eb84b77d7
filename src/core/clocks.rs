//! Two clocks: what a vendor's `Date` said, and what ours showed when it came.
//!
//! A machine's clock may be hours off, and may be set at any moment. What a vendor says of its posts is in the vendor's
//! time, so whoever compares with it does so in that time, as far as it was heard.

use serde::{Deserialize, Serialize};

use super::call::Reply;
use crate::domain::time::{Span, Timestamp};

/// Longest `Date` that is read; the one form that may be sent has 29 characters (RFC 9110 5.6.7).
const DATE_MAX: usize = 40;

/// By how much two readings may differ while nobody has set a clock: an answer may take as long as its call may, seconds
/// are cut off, clocks drift.
const STEADY: Span = Span::secs(120);

/// Years that a vendor's clock may plausibly show.
const PLAUSIBLE: (Timestamp, Timestamp) = (
    Timestamp::from_secs(1_577_836_800),
    Timestamp::from_secs(7_258_118_400),
);

/// What both clocks showed at one moment: when an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// The vendor's, to the second.
    pub theirs: Timestamp,
    /// Ours.
    pub ours: Timestamp,
}

impl Clocks {
    /// What an answer that came at `now` said; `None`: nothing that can be read.
    pub fn heard(reply: &Reply, now: Timestamp) -> Option<Clocks> {
        match reply {
            Reply::Http(http) => Some(Clocks {
                theirs: http_date(http.headers.get("date")?)?,
                ours: now,
            }),
            Reply::Mail(_) => None,
        }
    }

    /// By how much theirs is ahead of ours; negative when it is behind.
    pub fn ahead(self) -> Span {
        self.theirs.since(self.ours)
    }

    /// Whether nobody has set a clock between the two readings, as far as they can tell.
    pub fn agrees(self, other: Clocks) -> bool {
        Span(self.ahead().0.saturating_sub(other.ahead().0).saturating_abs()) <= STEADY
    }

    /// What theirs shows when ours shows `at`, if nobody sets either.
    pub fn theirs_at(self, at: Timestamp) -> Timestamp {
        at + self.ahead()
    }
}

/// Reads an HTTP date: `Sun, 06 Nov 1994 08:49:37 GMT`. The two forms that nobody may send any more are not read.
pub fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > DATE_MAX || !text.is_ascii() || !text.ends_with(" GMT") {
        return None;
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()?;
    let date = Timestamp::from(date);
    (date >= PLAUSIBLE.0 && date <= PLAUSIBLE.1).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::call::HttpReply;

    #[test]
    fn a_date_is_read() {
        let at = http_date("Sat, 21 Nov 2026 11:05:43 GMT");
        assert_eq!(at, Some(Timestamp::from_secs(1_795_259_143)));
    }

    #[test]
    fn anything_else_is_not() {
        let long = format!("Sat, 21 Nov 2026 11:05:43{} GMT", " ".repeat(40));
        for text in [
            "",
            "GMT",
            "Sat, 21 Nov 2026 11:05:43",
            "Sat, 21 Nov 2026 11:05:43 +0000",
            "Sun, 21 Nov 2026 11:05:43 GMT",
            "Sat, 31 Feb 2026 11:05:43 GMT",
            "Saturday, 21-Nov-26 11:05:43 GMT",
            "Sat Nov 21 11:05:43 2026",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Sat, 21 Nov 9999 11:05:43 GMT",
            "1795259143",
            "S\u{e4}t, 21 Nov 2026 11:05:43 GMT",
            long.as_str(),
        ] {
            assert_eq!(http_date(text), None, "{text:?}");
        }
    }

    #[test]
    fn both_clocks_are_kept() {
        let mut http = HttpReply::default();
        let now = Timestamp::from_secs(1_795_259_143 + 3600);
        assert_eq!(Clocks::heard(&Reply::Http(http.clone()), now), None);
        http.headers
            .insert("date".into(), "Sat, 21 Nov 2026 11:05:43 GMT".into());
        let clocks = Clocks::heard(&Reply::Http(http), now).unwrap();
        assert_eq!(clocks.ahead(), Span::hours(-1));
        assert_eq!(
            clocks.theirs_at(now.after_secs(10)),
            Timestamp::from_secs(1_795_259_153)
        );
    }
}
