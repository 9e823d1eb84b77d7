//! What the steps of a login tell each other. Never a token.

use std::collections::BTreeMap;

use crate::core::login::LoginContext;

const GRANTED: &str = "granted";
const USER: &str = "user";
const PAGES: &str = "pages";
const BARE: &str = "bare";
const AFTER: &str = "after";
const LISTED: &str = "listed";
const BUSINESSES: &str = "businesses";
const LACKING: &str = "lacking";
const EDGE: &str = "edge";
const CAPPED: &str = "capped";
const CHOSEN: &str = "chosen";

/// A Page that was shown: id and name.
pub(super) type Shown = (String, String);

/// All notes, read.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Scopes that were granted.
    pub(super) granted: Vec<String>,
    /// The id of the person.
    pub(super) user: Option<String>,
    /// Pages shown so far.
    pub(super) pages: Vec<Shown>,
    /// Names of Pages shown so far that stand for no account.
    pub(super) bare: Vec<String>,
    /// Pages on which the person may not do what is needed: id and tasks.
    pub(super) lacking: BTreeMap<String, Vec<String>>,
    /// Where the next list begins.
    pub(super) after: Option<String>,
    /// The lists of Pages are read.
    pub(super) listed: bool,
    /// Portfolios to look through.
    pub(super) businesses: Vec<String>,
    /// Which of their edges is read, counted over all of them.
    pub(super) edge: usize,
    /// There is more than was looked through.
    pub(super) capped: bool,
    /// The Page to ask for by its id.
    pub(super) chosen: Option<String>,
}

impl Notes {
    pub(super) fn of(ctx: &LoginContext) -> Notes {
        let note = |key: &str| ctx.notes.get(key).filter(|v| !v.is_empty()).cloned();
        let list = |key: &str| -> Vec<String> {
            note(key).map_or_else(Vec::new, |all| all.split(',').map(str::to_owned).collect())
        };
        let bare = note(BARE).and_then(|json| serde_json::from_str(&json).ok());
        let lacking = note(LACKING).and_then(|json| serde_json::from_str(&json).ok());
        let pages = note(PAGES).and_then(|json| serde_json::from_str(&json).ok());
        Notes {
            granted: list(GRANTED),
            user: note(USER),
            pages: pages.unwrap_or_default(),
            bare: bare.unwrap_or_default(),
            lacking: lacking.unwrap_or_default(),
            after: note(AFTER),
            listed: note(LISTED).is_some(),
            businesses: list(BUSINESSES),
            edge: note(EDGE).and_then(|n| n.parse().ok()).unwrap_or_default(),
            capped: note(CAPPED).is_some(),
            chosen: note(CHOSEN),
        }
    }
}

fn one(key: &str, value: impl Into<String>) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.into())])
}

pub(super) fn granted(scopes: &[String]) -> BTreeMap<String, String> {
    one(GRANTED, scopes.join(","))
}

pub(super) fn user(id: &str) -> BTreeMap<String, String> {
    one(USER, id)
}

/// Pages shown so far, and where to read on; `None`: these were all.
pub(super) fn pages(shown: &[Shown], after: Option<&str>) -> BTreeMap<String, String> {
    // Pairs of strings always become JSON.
    let mut notes = one(PAGES, serde_json::to_string(shown).unwrap_or_default());
    notes.extend(one(AFTER, after.unwrap_or_default()));
    notes.extend(one(LISTED, if after.is_none() { "yes" } else { "" }));
    notes
}

pub(super) fn bare(names: &[String]) -> BTreeMap<String, String> {
    one(BARE, serde_json::to_string(names).unwrap_or_default())
}

pub(super) fn lacking(pages: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    one(LACKING, serde_json::to_string(pages).unwrap_or_default())
}

/// Portfolios shown so far, and where to read on; `None`: these were all.
pub(super) fn businesses(ids: &[String], after: Option<&str>) -> BTreeMap<String, String> {
    let mut notes = one(BUSINESSES, ids.join(","));
    notes.extend(one(AFTER, after.unwrap_or_default()));
    notes
}

/// The edge that is read next.
pub(super) fn edge(n: usize) -> BTreeMap<String, String> {
    let mut notes = one(EDGE, n.to_string());
    notes.extend(one(AFTER, ""));
    notes
}

/// There is more than is looked through.
pub(super) fn capped() -> BTreeMap<String, String> {
    one(CAPPED, "yes")
}

pub(super) fn chosen(id: &str) -> BTreeMap<String, String> {
    let mut notes = one(CHOSEN, id);
    notes.extend(one(LISTED, "yes"));
    notes
}
