//! A file as written: its values with their places, and several files laid over one another.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys;

/// A file's number in the order of merging.
pub(super) type SourceId = usize;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) source: SourceId,
    pub(super) span: Range<usize>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// `None`: too big for 64 bits.
    Number(Option<i64>),
    Float,
    Switch(bool),
    Time,
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// What it is, in words.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Number(Some(_)) => "a number",
            Value::Number(None) => "a number that is too big",
            Value::Float => "a number with a fraction",
            Value::Switch(_) => "true or false",
            Value::Time => "a date or time",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

/// A key's place, its value, and where values that this one replaced stood.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Place,
    pub(super) node: Node,
    pub(super) replaced: Vec<Place>,
}

/// A table.
pub(super) type Table = BTreeMap<String, Entry>;

/// A parsed file as a table of places.
pub(super) fn table(source: SourceId, parsed: &DeTable<'_>) -> Table {
    parsed
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key: Place {
                    source,
                    span: key.span(),
                },
                node: node(source, value),
                replaced: Vec::new(),
            };
            (key.get_ref().to_string(), entry)
        })
        .collect()
}

fn node(source: SourceId, spanned: &Spanned<DeValue<'_>>) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => Value::Number(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(on) => Value::Switch(*on),
        DeValue::Datetime(_) => Value::Time,
        DeValue::Array(list) => Value::List(list.iter().map(|item| node(source, item)).collect()),
        DeValue::Table(inner) => Value::Table(table(source, inner)),
    };
    Node {
        value,
        place: Place {
            source,
            span: spanned.span(),
        },
    }
}

/// Lays a later file over what earlier ones said: key by key within sections, each value whole.
pub(super) fn lay_over(base: &mut Table, over: Table) {
    for (name, entry) in over {
        let depth = match keys::section(&name) {
            Some(section) if section.named => 2,
            Some(_) => 1,
            None => 0,
        };
        put(base, name, entry, depth);
    }
}

fn put(base: &mut Table, name: String, mut entry: Entry, depth: usize) {
    let Some(old) = base.get_mut(&name) else {
        base.insert(name, entry);
        return;
    };
    match (&mut old.node.value, entry.node.value) {
        (Value::Table(below), Value::Table(above)) if depth > 0 => {
            for (inner, value) in above {
                put(below, inner, value, depth - 1);
            }
        }
        (_, value) => {
            entry.node.value = value;
            entry.replaced = std::mem::take(&mut old.replaced);
            entry.replaced.push(old.node.place.clone());
            *old = entry;
        }
    }
}
