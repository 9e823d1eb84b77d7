//! `[queue.NAME]`, and `[platform.NAME]` with its hosts and numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use super::reader::{At, Fault, Reader, View, short};
use super::sections::{self, find_platform};
use super::settings::{PlatformSettings, default_queue};
use super::tree::{Entry, Table, Value};
use super::values;
use crate::core::diagnose::nearest;
use crate::core::facts::toml_value::Plain;
use crate::core::platform::Platform;
use crate::domain::id::{AccountName, PlatformName, QueueName};
use crate::domain::media::FITS;
use crate::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crate::domain::time::Span;

/// Preparing earlier than this makes no sense: what vendors keep for a post ends after a day.
const PREPARE_MAX: Span = Span::hours(20);

/// All queues.
pub(super) fn queues(reader: &mut Reader, root: &Table, timezone: &str) -> BTreeMap<QueueName, Queue> {
    let mut queues = BTreeMap::new();
    for (written, entry) in sections::named(reader, root, "queue") {
        let name = sections::name(reader, entry, written, QueueName::new);
        let title = format!("[queue.{}]", short(written));
        let Some(view) = reader.open(entry, title, keys::QUEUE) else {
            continue;
        };
        // A queue with a bad name is read all the same, under a name that is fine: its other mistakes count.
        let stand_in = name.clone().or_else(|| QueueName::new("unnamed").ok());
        let queue = stand_in.map(|n| queue(reader, root, &view, default_queue(n, timezone.to_owned())));
        if let (Some(name), Some(queue)) = (name, queue) {
            queues.insert(name, queue);
        }
    }
    queues
}

fn queue(reader: &mut Reader, root: &Table, view: &View<'_>, mut queue: Queue) -> Queue {
    reader.check_keys(view, &[]);
    queue.accounts = accounts(reader, root, view);
    if let Some(zone) = reader.text(view, "timezone", values::zone) {
        queue.timezone = zone.value;
    }
    let slots = reader.list(view, "slots", values::slot).unwrap_or_default();
    queue.slots = slots.into_iter().map(|at| at.value).collect();
    queue.late = late(reader, view, queue.late);
    let mut span = |key, default| {
        reader
            .text(view, key, values::duration)
            .map_or(default, |at| at.value)
    };
    queue.spacing = span("spacing", queue.spacing);
    queue.duplicate_window = span("duplicate_window", queue.duplicate_window);
    if let Some(at) = reader.text(view, "prepare", prepare) {
        queue.prepare = at.value;
    }
    let unknown = reader.text(view, "on_unknown", |text| values::choice(text, keys::ON_UNKNOWN));
    if unknown.is_some_and(|at| at.value == "retry") {
        queue.on_unknown = OnUnknown::Retry;
    }
    let fit = reader.text(view, "fit", |text| values::choice(text, keys::FIT));
    if let Some((_, fit)) = fit.and_then(|at| FITS.iter().find(|(word, _)| *word == at.value)) {
        queue.fit = *fit;
    }
    queue
}

fn prepare(text: &str) -> Result<Span, Fault> {
    let span = values::duration(text)?;
    if span > PREPARE_MAX {
        return Err(Fault::new(format!(
            "{text:?} is too long ahead: vendors throw away what was prepared a day ago"
        ))
        .help(format!("write at most \"{PREPARE_MAX}\"; \"15m\" is usual")));
    }
    Ok(span)
}

fn accounts(reader: &mut Reader, root: &Table, view: &View<'_>) -> Vec<AccountName> {
    let Some(list) = reader.list(view, "accounts", values::words) else {
        return Vec::new();
    };
    if let Some(Value::List(items)) = view.entry("accounts").map(|e| &e.node.value)
        && items.is_empty()
    {
        let message = format!("`accounts` in {} is empty: nothing would go anywhere", view.title);
        let help = "name at least one account; to stop a queue for a while, use `crierctl freeze`";
        reader.error(view.place_of("accounts"), message).help(help);
    }
    let mut seen = BTreeSet::new();
    let mut good = Vec::new();
    for At { value, place } in list {
        if !seen.insert(value.clone()) {
            let message = format!("`accounts` in {} names {:?} twice", view.title, short(&value));
            reader.error(&place, message).help("take one out");
        } else if sections::declared(reader, root, &place, "account", &value, &view.title) {
            good.extend(AccountName::new(value).ok());
        }
    }
    good
}

fn late(reader: &mut Reader, queue: &View<'_>, mut rule: LateRule) -> LateRule {
    let Some(entry) = queue.entry("late") else {
        return rule;
    };
    if let Value::Text(text) = &entry.node.value {
        let message = format!("`late` in {} must be a table, not a text", queue.title);
        reader.error(&entry.node.place, message).help(format!(
            "write late = {{ within = \"{}\", then = \"skip\" }}",
            short(text)
        ));
        return rule;
    }
    let title = format!("`late` of {}", queue.title);
    let Some(view) = reader.open(entry, title, keys::LATE) else {
        return rule;
    };
    reader.check_keys(&view, &[]);
    if let Some(within) = reader.text(&view, "within", within) {
        rule.within = within.value;
    }
    let then = reader.text(&view, "then", |text| values::choice(text, keys::LATE_THEN));
    match then.map(|at| at.value) {
        Some("skip") => rule.then = LateThen::Skip,
        Some(_) => rule.then = LateThen::Hold,
        None => {}
    }
    rule
}

fn within(text: &str) -> Result<Span, Fault> {
    let span = values::duration(text)?;
    if span < Span::mins(1) {
        return Err(Fault::new(format!(
            "{text:?} is too short: nothing goes out at the very instant it is due"
        ))
        .help("write at least \"1m\"; \"6h\" is usual"));
    }
    Ok(span)
}

/// All `[platform.NAME]`
pub(super) fn platforms(reader: &mut Reader, root: &Table) -> BTreeMap<PlatformName, PlatformSettings> {
    let mut all = BTreeMap::new();
    for (written, entry) in sections::named(reader, root, "platform") {
        let platform = match find_platform(written) {
            Ok(platform) => platform,
            Err(fault) => {
                let found = reader.error(
                    &entry.key,
                    format!("[platform.{}]: {}", short(written), fault.message),
                );
                found.label = fault.label;
                found.help = fault.help;
                continue;
            }
        };
        let Some(view) = reader.open(entry, format!("[platform.{written}]"), &[]) else {
            continue;
        };
        let settings = platform_settings(reader, &view, platform);
        if let Ok(name) = PlatformName::new(written) {
            all.insert(name, settings);
        }
    }
    all
}

fn platform_settings(reader: &mut Reader, view: &View<'_>, platform: &dyn Platform) -> PlatformSettings {
    let mut settings = PlatformSettings::default();
    for (key, entry) in view.table {
        if platform.hosts().iter().any(|h| h.key == key) {
            if let Some(at) = reader.text(view, key, values::base_url) {
                settings.hosts.insert(key.clone(), at.value);
            }
        } else if let Some(unit) = platform.facts().get(key).and_then(|f| f.money.as_deref()) {
            if let Some(most) = budget(reader, view, key, unit) {
                settings.facts.insert(key.clone(), Plain::Number(most));
            }
        } else if let Some(fact) = platform.facts().get(key) {
            if let Some(value) = fact_value(reader, view, key, entry, fact) {
                settings.facts.insert(key.clone(), value);
            }
        } else {
            unknown(reader, view, key, entry, platform);
        }
    }
    settings
}

/// `{ per_month = "20 USD" }` in thousandths.
fn budget(reader: &mut Reader, platform: &View<'_>, key: &str, unit: &str) -> Option<i64> {
    let title = format!("`{key}` of {}", platform.title);
    let view = reader.open(platform.entry(key)?, title, keys::BUDGET)?;
    reader.check_keys(&view, &[]);
    if view.entry("per_month").is_none() {
        let help = format!("write {key} = {{ per_month = \"20 {unit}\" }}");
        reader.absent(&view.place, format!("{} says nothing", view.title), help);
    }
    reader
        .text(&view, "per_month", |text| values::money(text, unit))
        .map(|at| at.value)
}

fn fact_value(
    reader: &mut Reader,
    view: &View<'_>,
    key: &str,
    entry: &Entry,
    fact: &crate::core::facts::Fact,
) -> Option<Plain> {
    let place = &entry.node.place;
    match (&fact.value, &entry.node.value) {
        (Plain::Number(_), Value::Number(Some(n))) if *n >= 0 => Some(Plain::Number(*n)),
        (Plain::Number(_), Value::Number(_)) => {
            let message = format!("`{key}` in {} must be a whole number from 0 on", view.title);
            reader
                .error(place, message)
                .help(format!("it counts {}", fact.words));
            None
        }
        (Plain::Word(_), Value::Text(word)) => match values::words(word) {
            Ok(word) => Some(Plain::Word(word)),
            Err(fault) => {
                reader.fault(place, view, key, fault);
                None
            }
        },
        (Plain::Number(was), value) => {
            let message = format!(
                "`{key}` in {} must be a whole number, not {}",
                view.title,
                value.words()
            );
            reader
                .error(place, message)
                .help(format!("it counts {}; without the line it is {was}", fact.words));
            None
        }
        (Plain::Word(was), value) => {
            let message = format!(
                "`{key}` in {} must be a text in quotes, not {}",
                view.title,
                value.words()
            );
            reader.error(place, message).help(format!(
                "it is the {}; without the line it is \"{was}\"",
                fact.words
            ));
            None
        }
    }
}

fn unknown(reader: &mut Reader, view: &View<'_>, key: &str, entry: &Entry, platform: &dyn Platform) {
    let found = reader.error(
        &entry.key,
        format!("unknown key `{}` in {}", short(key), view.title),
    );
    let bills = |p: &&dyn Platform| p.facts().get(key).is_some_and(|f| f.money.is_some());
    if crate::platforms::ALL.iter().any(bills) {
        found.message = format!(
            "`{key}` in {}, but {} bills no calls",
            view.title,
            platform.title()
        );
        found.help("take it out");
        return;
    }
    if let Some(why) = keys::later(key) {
        found.message = format!("`{key}` in {} cannot be used yet", view.title);
        found.help(why);
        return;
    }
    let hosts = platform.hosts().iter().map(|h| h.key);
    let known: Vec<&str> = hosts
        .chain(platform.facts().iter().map(|(name, _)| name))
        .collect();
    match nearest(key, known.iter().copied()) {
        Some(meant) => found.label(format!("did you mean `{meant}`?")),
        None => found.help(format!("its keys are: {}", known.join(", "))),
    };
}
