//! What a reload changes, by name; and what it cannot change while the daemon runs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::settings::Settings;

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// `[app.NAME]`
    App,
    /// `[account.NAME]`
    Account,
    /// `[queue.NAME]`
    Queue,
    /// `[platform.NAME]`
    Platform,
    /// A section that there is one of.
    Section,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is another.
    Changed,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub how: How,
}

impl Change {
    /// What it is about: `queue news`, `[http]`.
    pub fn target(&self) -> String {
        match self.sort {
            Sort::App => format!("app {}", self.name),
            Sort::Account => format!("account {}", self.name),
            Sort::Queue => format!("queue {}", self.name),
            Sort::Platform => format!("platform {}", self.name),
            Sort::Section => format!("[{}]", self.name),
        }
    }
}

/// `queue news changed`
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.how {
            How::Added => "added",
            How::Removed => "removed",
            How::Changed => "changed",
        };
        write!(f, "{} {how}", self.target())
    }
}

/// All differences of two configs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// What changed.
    pub changes: Vec<Change>,
    /// What changed and cannot while the daemon runs, as sentences: a reload with any of them is refused.
    pub fixed: Vec<String>,
}

impl Diff {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.fixed.is_empty()
    }
}

/// `account club added, queue news changed`; `nothing changed`.
impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing changed");
        }
        let all: Vec<String> = self.changes.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

/// What is different in `new`.
pub fn diff(old: &Settings, new: &Settings) -> Diff {
    let mut changes = Vec::new();
    for (name, same) in [
        ("daemon", old.daemon == new.daemon),
        ("admin", old.admin == new.admin),
        ("callback", old.callback == new.callback),
        ("http", old.http == new.http),
        ("media", old.media == new.media),
    ] {
        if !same {
            changes.push(change(Sort::Section, name, How::Changed));
        }
    }
    compare(&mut changes, Sort::App, &old.apps, &new.apps);
    compare(&mut changes, Sort::Account, &old.accounts, &new.accounts);
    compare(&mut changes, Sort::Queue, &old.queues, &new.queues);
    compare(&mut changes, Sort::Platform, &old.platforms, &new.platforms);
    Diff {
        changes,
        fixed: fixed(old, new),
    }
}

fn compare<K: Ord + fmt::Display, V: PartialEq>(
    changes: &mut Vec<Change>,
    sort: Sort,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
) {
    for (name, value) in new {
        match old.get(name) {
            None => changes.push(change(sort, name, How::Added)),
            Some(was) if was != value => changes.push(change(sort, name, How::Changed)),
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|name| !new.contains_key(name));
    changes.extend(gone.map(|name| change(sort, name, How::Removed)));
}

fn change(sort: Sort, name: impl fmt::Display, how: How) -> Change {
    Change {
        sort,
        name: name.to_string(),
        how,
    }
}

fn fixed(old: &Settings, new: &Settings) -> Vec<String> {
    let path = |p: &std::path::Path| p.display().to_string();
    let key = |s: &Settings| {
        s.daemon
            .key_file
            .as_deref()
            .map_or_else(|| "the credential crier.key".to_owned(), path)
    };
    let listen = |s: &Settings| {
        s.callback
            .as_ref()
            .map_or_else(|| "no endpoint".to_owned(), |c| c.listen.to_string())
    };
    let rows = [
        (
            "spool of [daemon]",
            path(&old.daemon.spool),
            path(&new.daemon.spool),
        ),
        (
            "state of [daemon]",
            path(&old.daemon.state),
            path(&new.daemon.state),
        ),
        ("key_file of [daemon]", key(old), key(new)),
        (
            "socket of [admin]",
            path(&old.admin.socket),
            path(&new.admin.socket),
        ),
        ("listen of [callback]", listen(old), listen(new)),
    ];
    rows.into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(what, was, is)| {
            format!("{what} cannot change while crierd runs ({was} to {is}): restart it, or put the old value back")
        })
        .collect()
}
