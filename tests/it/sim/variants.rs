//! Scenes with a rule of the queue that is not the usual one: posts that expire, queues that risk a second copy,
//! and configs that change while a post is on its way.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::desk::{House, Word};
use crier::core::facts::toml_value::Plain;
use crier::domain::post::Expiry;
use crier::domain::queue::{LateThen, OnUnknown, Queue};
use crier::domain::time::Span;

use super::disk::Disk;
use super::scene::{self, LEAD, START, account, delivery};
use super::state::{Deed, Sim};

/// Posts of the `expires` scenes are over this long after they are due.
const OVER: Span = Span::mins(20);

/// The scene that this one is a variant of.
pub fn base(name: &str) -> &str {
    match name {
        "expires" | "reload-late" | "reload-longer" => "text",
        "reload-quota" | "reload-spacing" => "two",
        "reload-away" => "both",
        _ => name
            .strip_prefix("expires-")
            .or_else(|| name.strip_prefix("risk-"))
            .unwrap_or(name),
    }
}

/// The queue that a variant begins with.
fn queue(name: &str) -> Queue {
    let mut queue = scene::queue();
    if name.starts_with("risk") || matches!(name, "expires-blind" | "expires-mail") {
        queue.on_unknown = OnUnknown::Retry;
    }
    match name {
        "reload-longer" => queue.late.within = Span::mins(30),
        "reload-quota" => queue.late.within = Span::hours(40),
        _ => {}
    }
    queue
}

/// A variant, before anything has happened; `None`: the name is no variant's.
pub fn variant(name: &str, disk: Disk) -> Option<Sim> {
    if base(name) == name {
        return None;
    }
    let mut sim = scene::plain(base(name), queue(name), &BTreeMap::new(), disk);
    if name.starts_with("expires") {
        for (_, deed) in &mut sim.script {
            if let Deed::Drop(post) = deed {
                post.when.expires = Some(Expiry::After(OVER));
            }
        }
    }
    let due = START + LEAD;
    match name {
        "reload-late" => reload(&mut sim, due - Span::mins(1), |h| {
            late(h, Span::mins(20), LateThen::Skip);
        }),
        "reload-longer" => {
            let why = "a person".to_owned();
            sim.plan(
                START + Span::secs(10),
                Deed::Word(delivery(1, "club"), Word::Hold { why }),
            );
            sim.patience = Span::hours(7);
            reload(&mut sim, due + Span::mins(20), |h| {
                late(h, Span::hours(3), LateThen::Skip);
            });
        }
        // Between the first post's publishing call and the second one's.
        "reload-quota" => reload(&mut sim, due + Span(500), |h| quota(h, 1)),
        "reload-spacing" => reload(&mut sim, due + Span(500), |h| {
            for queue in h.queues.values_mut() {
                queue.spacing = Span::mins(30);
            }
        }),
        "reload-away" => {
            reload(&mut sim, START + Span::secs(2), |h| {
                h.accounts.remove(&account("club"));
            });
            reload(&mut sim, due + Span::mins(20), |_| {});
        }
        _ => {}
    }
    Some(sim)
}

/// The config, changed in one place, is loaded at a time.
pub fn reload(sim: &mut Sim, at: crier::domain::time::Timestamp, change: impl FnOnce(&mut House)) {
    let mut house = House::clone(&sim.whole);
    change(&mut house);
    sim.plan(at, Deed::Reload(Arc::new(house)));
}

/// Another late rule for all queues.
pub fn late(house: &mut House, within: Span, then: LateThen) {
    for queue in house.queues.values_mut() {
        queue.late.within = within;
        queue.late.then = then;
    }
}

/// Another number of posts in a day for all accounts.
pub fn quota(house: &mut House, posts: i64) {
    let limits = BTreeMap::from([("posts".to_owned(), Plain::Number(posts))]);
    for spec in house.accounts.values_mut() {
        spec.facts = spec.facts.overridden(&limits);
    }
}
