//! Reading tables: each problem is noted with its place, and the reading goes on.

use std::collections::BTreeSet;

use super::keys::{Key, Kind};
use super::tree::{Entry, Node, Place, SourceId, Table, Value};
use crate::core::diagnose::{Severity, nearest};

/// A problem before its line is shown.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) severity: Severity,
    pub(super) place: Option<Place>,
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
    /// About the file's syntax, not about what it says.
    pub(super) syntax: bool,
}

impl Found {
    pub(super) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }
}

/// What is wrong with a value, said without the key's name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// A table that is being read.
pub(super) struct View<'a> {
    /// What people call it: `[queue.news]`, `smtp of [account.newsletter]`.
    pub(super) title: String,
    pub(super) table: &'a Table,
    /// Its header or key.
    pub(super) place: Place,
    pub(super) keys: &'static [Key],
}

impl<'a> View<'a> {
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.table.get(key)
    }

    /// The text of a key, when it is one; says nothing otherwise.
    pub(super) fn peek(&self, key: &str) -> Option<&'a str> {
        peek(self.table, key)
    }

    /// The place of a key's value, or of the table when it is not written.
    pub(super) fn place_of(&self, key: &str) -> &Place {
        self.table.get(key).map_or(&self.place, |entry| &entry.node.place)
    }

    fn kind(&self, key: &str) -> Kind {
        let kind = self.keys.iter().find(|k| k.name == key).map(|k| k.kind);
        kind.unwrap_or(Kind::Text)
    }
}

/// The text of a key, when it is one.
pub(super) fn peek<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    match &table.get(key)?.node.value {
        Value::Text(text) => Some(text),
        Value::Number(_)
        | Value::Float
        | Value::Switch(_)
        | Value::Time
        | Value::List(_)
        | Value::Table(_) => None,
    }
}

/// Collects problems.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) found: Vec<Found>,
    /// Values that must not be shown.
    pub(super) masks: Vec<Place>,
    /// A file could not be read whole: what seems to be missing may stand there.
    pub(super) incomplete: bool,
    /// Lines with syntax errors: nothing more is said about them.
    pub(super) broken_lines: BTreeSet<(SourceId, usize)>,
}

impl Reader {
    pub(super) fn error(&mut self, place: &Place, message: impl Into<String>) -> &mut Found {
        self.note(Severity::Error, Some(place.clone()), message.into())
    }

    pub(super) fn warning(&mut self, place: &Place, message: impl Into<String>) -> &mut Found {
        self.note(Severity::Warning, Some(place.clone()), message.into())
    }

    pub(super) fn general(&mut self, severity: Severity, message: impl Into<String>) -> &mut Found {
        self.note(severity, None, message.into())
    }

    fn note(&mut self, severity: Severity, place: Option<Place>, message: String) -> &mut Found {
        self.found.push(Found {
            severity,
            place,
            message,
            label: None,
            help: None,
            syntax: false,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// A fault of a key's value.
    pub(super) fn fault(&mut self, place: &Place, view: &View<'_>, key: &str, fault: Fault) {
        let found = self.error(place, format!("`{key}` in {}: {}", view.title, fault.message));
        found.label = fault.label;
        found.help = fault.help;
    }

    /// Something that ought to stand somewhere; not said when a file could not be read whole.
    pub(super) fn absent(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        if !self.incomplete {
            self.error(place, message).help(help);
        }
    }

    /// Opens the table of an entry; notes it when it is none.
    pub(super) fn open<'a>(
        &mut self,
        entry: &'a Entry,
        title: String,
        keys: &'static [Key],
    ) -> Option<View<'a>> {
        match &entry.node.value {
            Value::Table(table) => Some(View {
                title,
                table,
                place: entry.key.clone(),
                keys,
            }),
            other @ (Value::Text(_)
            | Value::Number(_)
            | Value::Float
            | Value::Switch(_)
            | Value::Time
            | Value::List(_)) => {
                let message = format!("{title} must be a table, not {}", other.words());
                let example: Vec<&str> = keys.iter().map(|k| k.name).collect();
                self.error(&entry.node.place, message)
                    .help(format!("its keys are: {}", example.join(", ")));
                None
            }
        }
    }

    /// Notes a value of the wrong type.
    pub(super) fn wrong_type(&mut self, view: &View<'_>, key: &str, node: &Node) -> &mut Found {
        let message = format!(
            "`{key}` in {} must be {}, not {}",
            view.title,
            view.kind(key).words(),
            node.value.words()
        );
        let help = other_way(view.kind(key), &node.value);
        let found = self.error(&node.place, message);
        found.help = help;
        found
    }

    /// A key whose value is text, read by `parse`.
    pub(super) fn text<T>(
        &mut self,
        view: &View<'_>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<At<T>> {
        let node = &view.entry(key)?.node;
        let Value::Text(text) = &node.value else {
            self.wrong_type(view, key, node);
            return None;
        };
        match parse(text) {
            Ok(value) => Some(At {
                value,
                place: node.place.clone(),
            }),
            Err(fault) => {
                self.fault(&node.place, view, key, fault);
                None
            }
        }
    }

    /// A key whose value is a whole number.
    pub(super) fn number(&mut self, view: &View<'_>, key: &str) -> Option<At<i64>> {
        let node = &view.entry(key)?.node;
        match &node.value {
            Value::Number(Some(value)) => Some(At {
                value: *value,
                place: node.place.clone(),
            }),
            Value::Number(None)
            | Value::Text(_)
            | Value::Float
            | Value::Switch(_)
            | Value::Time
            | Value::List(_)
            | Value::Table(_) => {
                self.wrong_type(view, key, node);
                None
            }
        }
    }

    /// A key whose value is `true` or `false`.
    pub(super) fn switch(&mut self, view: &View<'_>, key: &str) -> Option<bool> {
        let node = &view.entry(key)?.node;
        if let Value::Switch(on) = &node.value {
            return Some(*on);
        }
        self.wrong_type(view, key, node);
        None
    }

    /// A key whose value is a list of texts, each read by `parse`; the good ones.
    pub(super) fn list<T>(
        &mut self,
        view: &View<'_>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, Fault>,
    ) -> Option<Vec<At<T>>> {
        let node = &view.entry(key)?.node;
        let Value::List(items) = &node.value else {
            self.wrong_type(view, key, node);
            return None;
        };
        let mut good = Vec::new();
        for item in items {
            let Value::Text(text) = &item.value else {
                self.wrong_type(view, key, item);
                continue;
            };
            match parse(text) {
                Ok(value) => good.push(At {
                    value,
                    place: item.place.clone(),
                }),
                Err(fault) => self.fault(&item.place, view, key, fault),
            }
        }
        Some(good)
    }

    /// Notes keys that the table does not have (`more`: keys beyond its list), and required ones that it lacks.
    pub(super) fn check_keys(&mut self, view: &View<'_>, more: &[&str]) {
        let known: Vec<&str> = view
            .keys
            .iter()
            .map(|k| k.name)
            .chain(more.iter().copied())
            .collect();
        let mut meant = Vec::new();
        for (name, entry) in view.table {
            if !known.contains(&name.as_str()) {
                meant.extend(self.unknown(view, name, entry, &known));
            }
        }
        for key in view.keys {
            let there = view.table.contains_key(key.name) || meant.contains(&key.name);
            if key.required && !there {
                let message = format!("{} has no `{}`: {}", view.title, key.name, key.doc);
                let help = format!("add a line: {} = {}", key.name, key.default);
                self.absent(&view.place, message, help);
            }
        }
    }

    /// Notes an unknown key; the one that was probably meant.
    fn unknown<'k>(
        &mut self,
        view: &View<'_>,
        name: &str,
        entry: &Entry,
        known: &[&'k str],
    ) -> Option<&'k str> {
        let meant = nearest(name, known.iter().copied());
        let secret = |key: &Key| key.kind == Kind::Secret && Some(key.name) == meant;
        if view.keys.iter().any(secret) {
            self.masks.push(entry.node.place.clone());
        }
        let elsewhere = super::keys::SECTIONS
            .iter()
            .find(|s| s.keys.iter().any(|k| k.name == name))
            .map(|s| {
                if s.named {
                    format!("[{}.NAME]", s.name)
                } else {
                    format!("[{}]", s.name)
                }
            });
        let shown = short(name);
        let found = self.error(&entry.key, format!("unknown key `{shown}` in {}", view.title));
        match (meant, elsewhere) {
            (Some(meant), _) => {
                found.label(format!("did you mean `{meant}`?"));
            }
            (None, Some(section)) => {
                found.label(format!("belongs in {section}"));
            }
            (None, None) => {
                // Platforms may know the same key, each in its own words.
                let mut once: Vec<&str> = Vec::new();
                for name in known {
                    if !once.contains(name) {
                        once.push(name);
                    }
                }
                found.help(format!("its keys are: {}", once.join(", ")));
            }
        }
        meant
    }
}

/// How the value of a wrong type is written right, where it can be guessed.
fn other_way(kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Duration, Value::Number(Some(n))) => {
            Some(format!("add the unit and the quotes, as in \"{n}s\" or \"{n}m\""))
        }
        (Kind::Accounts | Kind::Slots | Kind::Principals, Value::Text(text)) => {
            Some(format!("put it into brackets: [\"{}\"]", short(text)))
        }
        (Kind::Number, Value::Text(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("write {text} without quotes"))
        }
        (Kind::Text, Value::Number(Some(n))) => Some(format!("write \"{n}\"")),
        (Kind::Switch, Value::Text(_) | Value::Number(_)) => {
            Some("write true or false without quotes".to_owned())
        }
        _ => None,
    }
}

/// A name for a message: whole when short, without control characters.
pub(super) fn short(name: &str) -> String {
    let clean: String = name
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(60)
        .collect();
    if clean.chars().count() < name.chars().count() {
        format!("{clean}...")
    } else {
        clean
    }
}

/// The tables of a section by their names, also those whose bodies are wrong.
pub(super) fn named<'a>(root: &'a Table, section: &str) -> Option<&'a Table> {
    match root.get(section).map(|e| &e.node.value) {
        Some(Value::Table(table)) => Some(table),
        Some(_) | None => None,
    }
}
