//! Slots: five-field cron patterns in a zone, each occurrence of which lets one post out.

use std::collections::BTreeSet;

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;

use super::written::zone;
use crate::domain::time::Timestamp;

/// The longest pattern, in bytes.
pub const SLOT_MAX: usize = 120;

/// All slots of one queue.
#[derive(Clone, Debug)]
pub struct Slots {
    crons: Vec<Cron>,
    zone: TimeZone,
}

impl Slots {
    /// Reads the patterns; the error is a sentence.
    pub fn new(patterns: &[String], timezone: &str) -> Result<Slots, String> {
        let zone = zone(timezone)?;
        let crons = patterns.iter().map(|p| parse(p)).collect::<Result<_, _>>()?;
        Ok(Slots { crons, zone })
    }

    /// The zone in which the patterns are read.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first slot strictly after `after`. Two patterns that name the same instant make one slot.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let start = after.to_jiff().to_zoned(self.zone.clone());
        self.crons
            .iter()
            .filter_map(|cron| cron.find_next_occurrence(&start, false).ok())
            .map(|zoned| Timestamp::from(zoned.timestamp()))
            // A search that cannot move on would otherwise be asked for ever.
            .filter(|found| *found > after)
            .min()
    }

    /// The first slot strictly after `after` that no other post has.
    pub fn free(&self, after: Timestamp, taken: &BTreeSet<Timestamp>) -> Option<Timestamp> {
        self.iter(after).find(|slot| !taken.contains(slot))
    }

    /// All slots strictly after `after`, in order.
    pub fn iter(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |slot| self.next(*slot))
    }
}

const FIELDS: [(&str, &str); 5] = [
    ("minute", "0 to 59"),
    ("hour", "0 to 23"),
    ("day of the month", "1 to 31, or L for the last"),
    ("month", "1 to 12 or Jan to Dec"),
    ("day of the week", "0 to 7 (0 and 7 are Sunday) or Sun to Sat"),
];

/// Patterns that cron knows by name.
const NICKNAMES: [&str; 6] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"];

/// Whether a pattern can be a slot; the error says which field is wrong, what it may hold, and what to write.
pub fn check_slot(pattern: &str) -> Result<(), String> {
    let cron = parse(pattern)?;
    // Any start will do: a pattern of five fields that never comes in eight years (leap days over a
    // century's turn) never comes. Its search gives up by itself.
    let start = jiff::civil::date(2000, 1, 1)
        .to_zoned(TimeZone::UTC)
        .map_err(|e| e.to_string())?;
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "the slot \"{}\" never comes: no month that it names has that day",
            pattern.trim()
        )),
    }
}

fn parse(pattern: &str) -> Result<Cron, String> {
    let shown = shown(pattern);
    if pattern.len() > SLOT_MAX {
        return Err(format!(
            "the slot {shown} is {} bytes long, at most {SLOT_MAX} are read",
            pattern.len()
        ));
    }
    let trimmed = pattern.trim();
    if trimmed.contains('@') {
        return nickname(trimmed, &shown);
    }
    let fields: Vec<&str> = trimmed.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(count_message(&fields, &shown));
    }
    for (i, field) in fields.iter().enumerate() {
        check_field(i, field).map_err(|why| format!("in the slot {shown}: {why}"))?;
    }
    parser()
        .parse(trimmed)
        .map_err(|e| format!("the slot {shown} cannot be read: {}", plain(&e.to_string())))
}

fn nickname(pattern: &str, shown: &str) -> Result<Cron, String> {
    if NICKNAMES.iter().any(|n| n.eq_ignore_ascii_case(pattern)) {
        return parser()
            .parse(pattern)
            .map_err(|e| format!("the slot {shown} cannot be read: {}", plain(&e.to_string())));
    }
    Err(format!(
        "the slot {shown} is none of {}; or write five fields: minute hour day month weekday",
        NICKNAMES.join(", ")
    ))
}

fn count_message(fields: &[&str], shown: &str) -> String {
    let hint = match fields.len() {
        0 => "it is empty".to_owned(),
        6 => format!(
            "it has 6; slots have no seconds, perhaps \"{}\" is meant",
            fields[1..].join(" ")
        ),
        1 => "it has 1".to_owned(),
        n => format!("it has {n}"),
    };
    format!(
        "the slot {shown} must have five fields, minute hour day month weekday, as in \"0 9 * * Mon-Fri\"; {hint}"
    )
}

fn check_field(index: usize, field: &str) -> Result<(), String> {
    let mut alone = ["*"; 5];
    alone[index] = field;
    let (name, range) = FIELDS[index];
    if field.split(',').any(str::is_empty) {
        return Err(format!("the {name} {field:?} has a comma too many"));
    }
    let Err(e) = parser().parse(&alone.join(" ")) else {
        return Ok(());
    };
    let takes = format!("it takes {range}, and *, lists (1,2), ranges (1-5) and steps (*/2)");
    // Only some of the parser's words say more than the range does.
    let why = match e {
        CronError::ComponentError(_) | CronError::InvalidPattern(_) if field.contains('/') => {
            format!(" ({})", plain(&e.to_string()))
        }
        _ if field.contains('-') && field.split('-').count() == 2 => {
            " (a range goes from the lower to the higher)".to_owned()
        }
        _ => String::new(),
    };
    Err(format!("the {name} {field:?} is not understood{why}; {takes}"))
}

/// The parser's words without its own name for things and without its full stop.
fn plain(message: &str) -> String {
    let message = message
        .trim_start_matches("Component error: ")
        .trim_start_matches("Pattern contains illegal characters: ")
        .trim_start_matches("Invalid pattern: ")
        .replace("CronPattern contains", "it has the");
    let message = message.trim_end_matches('.');
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn shown(pattern: &str) -> String {
    let mut short: String = pattern.chars().take(60).collect();
    if short.len() < pattern.len() {
        short.push_str("...");
    }
    format!("{short:?}")
}

fn parser() -> CronParser {
    CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build()
}
