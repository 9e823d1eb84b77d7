//! A platform's numbers as dated data: each with its source and date, each overridable in `[platform.X]`.
//!
//! ```toml
//! [text_max]
//! value = 500
//! source = "threads.md 4.5"
//! date = "2026-11-01"
//! words = "characters of text"
//! ```

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::time::Span;

/// One number or word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// A number, or a string such as an API version.
    pub value: toml_value::Plain,
    /// Where it is from: file and section, or the vendor's page.
    pub source: String,
    /// When it was read there, `YYYY-MM-DD`.
    pub date: String,
    /// What it counts, in words.
    pub words: String,
    /// Rolling window of a quota, in seconds; absent: not a quota.
    #[serde(default)]
    pub window_secs: Option<i64>,
    /// It counts money: thousandths of this currency (`USD`), spent by all accounts of the platform together.
    #[serde(default)]
    pub money: Option<String>,
    /// What it counts; absent: what came of calls.
    #[serde(default)]
    pub counts: Counts,
    /// Who counts it together; absent: each account alone.
    #[serde(default)]
    pub shared: Option<Shared>,
    /// A version's last day, `YYYY-MM-DD`, where its vendor publishes one (`core::sunset` warns ahead of it).
    #[serde(default)]
    pub sunset: Option<Date>,
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counts {
    /// What came of calls: a call of which the server said that it did nothing is taken back.
    #[default]
    Effects,
    /// Calls, whatever came of them: nothing is taken back.
    Calls,
    /// Accounts that publish through one app: each counts once.
    Accounts,
}

/// Accounts that a limit counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shared {
    /// Those of one app.
    App,
}

/// Plain values of facts.
pub mod toml_value {
    use serde::{Deserialize, Serialize};

    /// A number or a word.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Plain {
        /// A whole number.
        Number(i64),
        /// A word, such as `v1.0`.
        Word(String),
    }

    impl std::fmt::Display for Plain {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::Number(number) => number.fmt(f),
                Self::Word(word) => word.fmt(f),
            }
        }
    }
}
use toml_value::Plain;

/// All facts of one platform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Facts(BTreeMap<String, Fact>);

/// A quota that counts in a rolling window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Its name, as charges name it.
    pub name: String,
    /// At most this many ...
    pub max: u32,
    /// ... in any window of this length.
    pub window: Span,
    /// `posts`, in words.
    pub words: String,
    /// It counts money: thousandths of this currency, over all accounts of the platform.
    pub money: Option<String>,
    /// What it counts.
    pub counts: Counts,
    /// Who counts it together; `None`: each account alone.
    pub shared: Option<Shared>,
}

impl Quota {
    /// An amount in its unit: `3 posts`, `0.200 USD`.
    pub fn amount(&self, n: u32) -> String {
        match &self.money {
            Some(unit) => format!("{}.{:03} {unit}", n / 1000, n % 1000),
            None => format!("{n} {}", self.words),
        }
    }

    /// How full it is: `250 of 250 posts in 1d used`, `19.90 of 20 USD are spent in the last 30d`.
    pub fn fullness(&self, used: u32, max: u32) -> String {
        match &self.money {
            Some(unit) => format!(
                "{} of {} are spent in the last {}",
                money(used, ""),
                money(max, unit),
                self.window
            ),
            None => format!("{used} of {max} {} in {} used", self.words, self.window),
        }
    }
}

/// Thousandths as people write money: `20 USD`, `19.90 USD`, `0.015 USD`.
pub fn money(thousandths: u32, unit: &str) -> String {
    let (whole, rest) = (thousandths / 1000, thousandths % 1000);
    let number = match rest {
        0 => whole.to_string(),
        rest if rest % 10 == 0 => format!("{whole}.{:02}", rest / 10),
        rest => format!("{whole}.{rest:03}"),
    };
    format!("{number} {unit}").trim_end().to_owned()
}

impl Facts {
    /// From parts; used by the platform table.
    pub fn new(facts: BTreeMap<String, Fact>) -> Self {
        Self(facts)
    }

    /// A number. Absent names give 0: the table test asks for every name that code uses.
    pub fn number(&self, name: &str) -> i64 {
        match self.0.get(name).map(|f| &f.value) {
            Some(Plain::Number(n)) => *n,
            Some(Plain::Word(_)) | None => 0,
        }
    }

    /// A word. Absent names give the empty word: the table test asks for every name that code uses.
    pub fn word(&self, name: &str) -> &str {
        match self.0.get(name).map(|f| &f.value) {
            Some(Plain::Word(w)) => w,
            Some(Plain::Number(_)) | None => "",
        }
    }

    /// All facts in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// One fact.
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// The same facts with the config's overrides put in.
    pub fn overridden(&self, overrides: &BTreeMap<String, Plain>) -> Facts {
        let mut facts = self.clone();
        for (name, value) in overrides {
            if let Some(fact) = facts.0.get_mut(name) {
                fact.value = value.clone();
                "the config".clone_into(&mut fact.source);
                fact.sunset = None;
            }
        }
        facts
    }

    /// The same facts with one number changed; its source stays that of the fact.
    pub fn with_number(mut self, name: &str, number: i64) -> Facts {
        if let Some(fact) = self.0.get_mut(name) {
            fact.value = Plain::Number(number);
        }
        self
    }

    /// All facts that are quotas.
    pub fn quotas(&self) -> Vec<Quota> {
        self.0
            .iter()
            .filter_map(|(name, fact)| quota(name, fact))
            .collect()
    }
}

fn quota(name: &str, fact: &Fact) -> Option<Quota> {
    let (Plain::Number(max), Some(secs)) = (&fact.value, fact.window_secs) else {
        return None;
    };
    Some(Quota {
        name: name.to_owned(),
        max: u32::try_from(*max).unwrap_or(u32::MAX),
        window: Span::secs(secs),
        words: fact.words.clone(),
        money: fact.money.clone(),
        counts: fact.counts,
        shared: fact.shared,
    })
}
