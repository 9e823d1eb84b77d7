//! Versions of platforms' APIs that end: for the journal once a day, for `crierctl status` at any time.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::message_id::VERSION_ENDS;
use crate::core::desk::{AccountSpec, Desk};
use crate::core::sunset::{self, Sunset};
use crate::domain::time::Timestamp;

/// What ends soon among the platforms that accounts are on, each in a sentence with its mend.
pub(super) fn warnings(desk: &Desk, now: Timestamp) -> Vec<String> {
    ending(desk, today(now))
        .iter()
        .map(|(spec, sunset)| sentence(spec, sunset))
        .collect()
}

/// Tells the journal, on the days when it is to be told.
pub(super) fn tell(desk: &Desk, now: Timestamp) {
    for (spec, sunset) in ending(desk, today(now)) {
        if sunset.is_told_today() {
            tracing::warn!(
                message_id = VERSION_ENDS.id(),
                crier_platform = spec.platform.name(),
                "{}",
                sentence(spec, &sunset)
            );
        }
    }
}

fn sentence(spec: &AccountSpec, sunset: &Sunset) -> String {
    let platform = spec.platform;
    format!(
        "{}: {}",
        sunset.words(platform.title()),
        sunset.help(platform.name())
    )
}

fn today(now: Timestamp) -> Date {
    now.to_jiff().to_zoned(TimeZone::UTC).date()
}

/// Each platform once, by one of its accounts.
fn ending(desk: &Desk, today: Date) -> Vec<(&AccountSpec, Sunset)> {
    let accounts = desk.house().accounts.values();
    let platforms: BTreeMap<&str, &AccountSpec> = accounts.map(|spec| (spec.platform.name(), spec)).collect();
    platforms
        .into_values()
        .flat_map(|spec| {
            sunset::ahead(&spec.facts, today)
                .into_iter()
                .map(move |s| (spec, s))
        })
        .collect()
}
