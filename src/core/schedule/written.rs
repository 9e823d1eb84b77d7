//! `at` as people write it, and the instant that it means.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::domain::time::Timestamp;

/// A time as a file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenTime {
    /// Without an offset: in the queue's zone.
    Civil(DateTime),
    /// With an offset: an instant.
    Fixed(DateTime, Offset),
}

/// The instant, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The instant.
    pub at: Timestamp,
    /// As written, with its zone: `2026-12-01T09:00 Europe/Berlin`.
    pub text: String,
    /// Set when the clocks are changed at that time; names both readings.
    pub warning: Option<String>,
}

/// The zone of this IANA name; the error is a sentence.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("there is no time zone {name:?}; write an IANA name such as \"Europe/Berlin\""))
}

/// An instant on the clocks of a zone, with its offset: `2026-12-01T09:00+01:00`.
pub fn local(t: Timestamp, zone: &TimeZone) -> String {
    let zoned = t.to_jiff().to_zoned(zone.clone());
    show(zoned.datetime(), zoned.offset())
}

fn show(civil: DateTime, offset: Offset) -> String {
    format!("{}{}", show_civil(civil), show_offset(offset))
}

/// To the minute, or to the second where there are seconds.
fn show_civil(civil: DateTime) -> String {
    let pattern = if civil.second() == 0 {
        "%Y-%m-%dT%H:%M"
    } else {
        "%Y-%m-%dT%H:%M:%S"
    };
    civil.strftime(pattern).to_string()
}

fn show_offset(offset: Offset) -> String {
    let secs = offset.seconds();
    let sign = if secs < 0 { '-' } else { '+' };
    let mins = secs.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", mins / 60, mins % 60)
}

/// The instant of a written time in a queue's zone.
///
/// A time that the clocks skip is moved on by the jump; one that comes twice means the first. Both are
/// warned of with both instants. The error, a sentence, is for times outside the calendar.
pub fn resolve(written: &WrittenTime, zone_name: &str, zone: &TimeZone) -> Result<Resolved, String> {
    match written {
        WrittenTime::Fixed(civil, offset) => {
            let at = instant(*civil, *offset)?;
            Ok(Resolved {
                at,
                text: show(*civil, *offset),
                warning: None,
            })
        }
        WrittenTime::Civil(civil) => {
            let text = format!("{} {zone_name}", show_civil(*civil));
            let (at, warning) = match zone.to_ambiguous_zoned(*civil).offset() {
                AmbiguousOffset::Unambiguous { offset } => (instant(*civil, offset)?, None),
                AmbiguousOffset::Gap { before, after } => gap(*civil, before, after, zone_name, zone)?,
                AmbiguousOffset::Fold { before, after } => fold(*civil, before, after, zone_name)?,
            };
            Ok(Resolved { at, text, warning })
        }
    }
}

fn instant(civil: DateTime, offset: Offset) -> Result<Timestamp, String> {
    offset
        .to_timestamp(civil)
        .map(Timestamp::from)
        .map_err(|_| format!("{civil} is outside the calendar"))
}

fn gap(
    civil: DateTime,
    before: Offset,
    after: Offset,
    zone_name: &str,
    zone: &TimeZone,
) -> Result<(Timestamp, Option<String>), String> {
    let later = instant(civil, before)?;
    let earlier = instant(civil, after)?;
    let warning = format!(
        "the clocks of {zone_name} are put forward over {}, it never comes: taken as {} ({later}); if {} ({earlier}) is meant, write the offset",
        show_civil(civil),
        local(later, zone),
        local(earlier, zone),
    );
    Ok((later, Some(warning)))
}

fn fold(
    civil: DateTime,
    before: Offset,
    after: Offset,
    zone_name: &str,
) -> Result<(Timestamp, Option<String>), String> {
    let first = instant(civil, before)?;
    let second = instant(civil, after)?;
    let warning = format!(
        "the clocks of {zone_name} are put back over {}, it comes twice: taken as the first, {} ({first}); if the second, {} ({second}), is meant, write the offset",
        show_civil(civil),
        show(civil, before),
        show(civil, after),
    );
    Ok((first, Some(warning)))
}
