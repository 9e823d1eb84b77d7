//! Where each value was written, and what it replaced: for `crierctl config --origin` and for messages
//! about values that are fine by themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::tree::{Place, Table, Value};
use crate::core::diagnose::Source;

/// One place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: Arc<str>,
    /// Its line, from 1.
    pub line: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it stands.
    pub at: Origin,
    /// Where values stood that it replaced, in the order of merging.
    pub replaced: Vec<Origin>,
}

/// The origins of all values by their path: `queue.news.spacing`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    list: BTreeMap<String, Written>,
}

impl Origins {
    /// Of a value: `queue.news.spacing`, or of a table: `queue.news`.
    pub fn get(&self, path: &str) -> Option<&Written> {
        self.list.get(path)
    }

    /// All in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Written)> {
        self.list.iter().map(|(path, written)| (path.as_str(), written))
    }

    pub(super) fn of(root: &Table, sources: &[Source]) -> Origins {
        let lines: Vec<Vec<usize>> = sources.iter().map(|s| line_starts(&s.text)).collect();
        let mut origins = Origins::default();
        origins.collect("", root, &|place: &Place| origin(place, sources, &lines));
        origins
    }

    fn collect(&mut self, prefix: &str, table: &Table, origin: &dyn Fn(&Place) -> Origin) {
        for (name, entry) in table {
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            // No section has tables deeper than `account.NAME.smtp.password.file`.
            if let (Value::Table(inner), true) = (&entry.node.value, path.matches('.').count() < 8) {
                self.collect(&path, inner, origin);
            }
            let written = Written {
                at: origin(&entry.key),
                replaced: entry.replaced.iter().map(origin).collect(),
            };
            self.list.insert(path, written);
        }
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect()
}

fn origin(place: &Place, sources: &[Source], lines: &[Vec<usize>]) -> Origin {
    let Range { start, .. } = place.span;
    Origin {
        file: sources
            .get(place.source)
            .map_or_else(|| Arc::from(""), |s| s.name.clone()),
        line: lines
            .get(place.source)
            .map_or(1, |starts| starts.partition_point(|s| *s <= start)),
    }
}
