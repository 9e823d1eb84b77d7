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
    ending(desk.house().accounts.values(), today(now))
        .iter()
        .map(|(spec, sunset)| sentence(spec, sunset))
        .collect()
}

/// What the journal has been told since the start: a machine that is off, or asleep, on the day of a mark is told at its
/// next start or day.
#[derive(Default)]
pub(super) struct Told(BTreeMap<(&'static str, String), i32>);

impl Told {
    /// Tells the journal what it does not know yet.
    pub(super) fn tell(&mut self, desk: &Desk, now: Timestamp) {
        for (platform, words) in self.news(desk.house().accounts.values(), today(now)) {
            tracing::warn!(
                message_id = VERSION_ENDS.id(),
                crier_platform = platform,
                "{words}"
            );
        }
    }

    /// The platform and the sentence of each end whose mark was not told.
    fn news<'a>(
        &mut self,
        accounts: impl Iterator<Item = &'a AccountSpec>,
        today: Date,
    ) -> Vec<(&'static str, String)> {
        let mut news = Vec::new();
        for (spec, sunset) in ending(accounts, today) {
            let (name, mark) = (spec.platform.name(), sunset.mark());
            let what = (name, format!("{} {}", sunset.name, sunset.value));
            if self.0.insert(what, mark) != Some(mark) {
                news.push((name, sentence(spec, &sunset)));
            }
        }
        news
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
fn ending<'a>(
    accounts: impl Iterator<Item = &'a AccountSpec>,
    today: Date,
) -> Vec<(&'a AccountSpec, Sunset)> {
    let platforms: BTreeMap<&str, &AccountSpec> = accounts.map(|spec| (spec.platform.name(), spec)).collect();
    platforms
        .into_values()
        .flat_map(|spec| {
            let ahead = sunset::ahead(&spec.facts, today);
            ahead.into_iter().map(move |sunset| (spec, sunset))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::facts::toml_value::Plain;

    fn account(name: &str, version: Option<&str>) -> AccountSpec {
        let platform = crate::platforms::by_name(name).unwrap();
        let overrides = version.map(|v| ("api_version".to_owned(), Plain::Word(v.to_owned())));
        AccountSpec {
            platform,
            facts: platform.facts().overridden(&overrides.into_iter().collect()),
            options: BTreeMap::new(),
            app: None,
        }
    }

    #[test]
    fn each_mark_is_told_once_also_after_days_of_sleep() {
        let all = [account("facebook", None)];
        let told_on = |told: &mut Told, days: i32| {
            let today = jiff::civil::date(2028, 7, 29).saturating_sub(jiff::Span::new().days(days));
            told.news(all.iter(), today).len()
        };
        let mut told = Told::default();
        let days = [70, 58, 57, 31, 29, 29, 20, 7, 6, 6, 5, -1];
        let news = days.map(|days| told_on(&mut told, days));
        assert_eq!(news, [0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1]);
        assert_eq!(
            told_on(&mut Told::default(), 20),
            1,
            "a start tells what it finds"
        );
    }

    #[test]
    fn each_platform_in_use_is_warned_of_once() {
        let all = [
            account("facebook", None),
            account("facebook", None),
            account("instagram", Some("v26.0")),
            account("email", None),
        ];
        let day = jiff::civil::date(2028, 7, 22);
        let told: Vec<String> = ending(all.iter(), day)
            .iter()
            .map(|(spec, sunset)| sentence(spec, sunset))
            .collect();
        assert_eq!(
            told,
            [
                "Facebook ends v25.0 of its API on 2028-07-29, in 7 days: update crier; until then name a version that lives: [platform.facebook] api_version = \"...\""
            ]
        );
        let now = Timestamp::from(jiff::Timestamp::from_second(1_847_880_000).unwrap());
        assert_eq!(today(now), jiff::civil::date(2028, 7, 22));
    }
}
