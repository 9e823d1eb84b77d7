//! Versions that their vendors end on a published day: who is warned, and when. A pure function of facts and today.

use jiff::civil::Date;

use super::facts::Facts;

/// The journal tells this many days ahead; from the last on each day.
pub const WARN_DAYS: [i32; 3] = [60, 30, 7];

/// A version that ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sunset {
    /// The fact's name, as `[platform.X]` overrides it: `api_version`.
    pub name: String,
    /// Its value: `v25.0`.
    pub value: String,
    /// The vendor's last day for it.
    pub ends: Date,
    /// Days until then; negative: it is over.
    pub days: i32,
}

/// What ends within the longest of [`WARN_DAYS`], or has ended, as seen on this day (UTC). What the config overrides
/// has no end that is known.
pub fn ahead(facts: &Facts, today: Date) -> Vec<Sunset> {
    facts
        .iter()
        .filter_map(|(name, fact)| {
            let ends = fact.sunset?;
            let days = ends.since(today).map_or(0, |span| span.get_days());
            (days <= WARN_DAYS[0]).then(|| Sunset {
                name: name.to_owned(),
                value: fact.value.to_string(),
                ends,
                days,
            })
        })
        .collect()
}

impl Sunset {
    /// The mark that this day has reached: the journal tells it once at each of [`WARN_DAYS`], however late crier looks,
    /// and from the last on each day. Status and check tell it always.
    pub fn mark(&self) -> i32 {
        let reached = WARN_DAYS.into_iter().rev().find(|mark| self.days <= *mark);
        reached.filter(|mark| *mark > WARN_DAYS[2]).unwrap_or(self.days)
    }

    /// `Instagram ends v25.0 of its API on 2028-07-29, in 30 days`
    pub fn words(&self, title: &str) -> String {
        let Self {
            value, ends, days, ..
        } = self;
        match days {
            2.. => format!("{title} ends {value} of its API on {ends}, in {days} days"),
            1 => format!("{title} ends {value} of its API tomorrow, on {ends}"),
            0 => format!("{title} ends {value} of its API today, on {ends}"),
            ..0 => {
                format!("{title} has ended {value} of its API on {ends}: calls may fail or behave otherwise")
            }
        }
    }

    /// The mend, in words; `platform` as the config names it.
    pub fn help(&self, platform: &str) -> String {
        mend(platform, &self.name)
    }
}

/// What to do about the end of the version that this fact names; `platform` as the config names it.
pub fn mend(platform: &str, fact: &str) -> String {
    format!("update crier; until then name a version that lives: [platform.{platform}] {fact} = \"...\"")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::super::facts::Fact;
    use super::*;
    use crate::core::facts::toml_value::Plain;

    fn facts() -> Facts {
        let version = Fact {
            value: Plain::Word("v25.0".to_owned()),
            source: "a page".to_owned(),
            date: "2026-11-21".to_owned(),
            words: "version".to_owned(),
            window_secs: None,
            money: None,
            counts: Default::default(),
            sunset: Some(date(2028, 7, 29)),
            shared: None,
        };
        let endless = Fact {
            sunset: None,
            ..version.clone()
        };
        Facts::new(BTreeMap::from([
            ("api_version".to_owned(), version),
            ("other".to_owned(), endless),
        ]))
    }

    #[test]
    fn a_day_has_reached_a_mark_also_when_nobody_looked_on_the_mark_itself() {
        let on = |days: i32| {
            let today = date(2028, 7, 29).saturating_sub(jiff::Span::new().days(days));
            ahead(&facts(), today).first().map(Sunset::mark)
        };
        let marks: Vec<Option<i32>> = [61, 60, 45, 31, 30, 8, 7, 6, 0, -3].map(on).to_vec();
        let reached = [60, 60, 60, 30, 30, 7, 6, 0, -3].map(Some);
        assert_eq!(marks[0], None);
        assert_eq!(marks[1..], reached);
    }

    #[test]
    fn it_says_what_ends_and_the_mend() {
        let words = |today: Date| ahead(&facts(), today)[0].words("Instagram");
        assert_eq!(
            words(date(2028, 6, 29)),
            "Instagram ends v25.0 of its API on 2028-07-29, in 30 days"
        );
        assert!(words(date(2028, 7, 28)).contains("tomorrow"));
        assert!(words(date(2028, 7, 29)).contains("today"));
        assert!(words(date(2028, 7, 30)).contains("has ended"));
        assert_eq!(
            ahead(&facts(), date(2028, 6, 29))[0].help("instagram"),
            "update crier; until then name a version that lives: [platform.instagram] api_version = \"...\""
        );
    }

    #[test]
    fn an_override_has_no_end_that_is_known() {
        let newer = BTreeMap::from([("api_version".to_owned(), Plain::Word("v27.0".to_owned()))]);
        assert_eq!(ahead(&facts().overridden(&newer), date(2028, 7, 29)), []);
    }
}
