//! Limits of single kinds of calls (x.md 6.1): the vendor's headers tell of a full one, and nothing else waits for it.

use std::collections::BTreeMap;

use crier::domain::post::{Content, Kind};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::faults::{FaultKind, FaultRule};

use super::cast;
use super::disk::Disk;
use super::scene::{self, LEAD, START, words};
use super::state::{Deed, Sim};

const QUARTER: Span = Span::mins(15);

/// These contents at once, on X, where so many calls of a step fit into a quarter of an hour.
fn lived(step: &str, many: u64, contents: impl Fn(&str) -> Vec<Content>, fault: Option<FaultRule>) -> Sim {
    let house = scene::house(&["bird"], scene::queue(), &BTreeMap::new());
    let mut sim = scene::sim(house, Disk::map());
    let limits = &mut sim.outside.world.x.settings.user_limits;
    limits.insert(step.to_owned(), many);
    let other = sim
        .outside
        .before(cast::of_account("bird"), START - Span::hours(2));
    if let Some(rule) = fault {
        sim.outside.world.faults.add(rule);
    }
    for (n, content) in contents(&other).into_iter().enumerate() {
        let post = scene::post(n + 1, vec![("bird", content)], Some(START + LEAD));
        sim.plan(START, Deed::Drop(Box::new(post)));
    }
    sim.live_on().unwrap();
    assert_eq!(sim.outside.over_quota, 0, "no call ran into a limit");
    sim
}

fn sent(sim: &Sim, part: &str) -> Timestamp {
    let effect = sim.outside.effects.iter().find(|e| e.part == part);
    effect.unwrap_or_else(|| panic!("{part} is not out")).sent
}

#[test]
fn posts_do_not_wait_for_messages() {
    let contents = |other: &str| {
        let to: Vec<String> = other.split(' ').nth(1).map(str::to_owned).into_iter().collect();
        let message = |text: &str| Content {
            kind: Kind::Message,
            to: to.clone(),
            ..words(text)
        };
        vec![message("one"), message("two"), words("a post")]
    };
    let sim = lived("x.message", 1, contents, None);
    assert!(sent(&sim, "a post") < START + LEAD + Span::mins(1));
    let apart = sent(&sim, "two").since(sent(&sim, "one"));
    assert!(apart >= QUARTER && apart < QUARTER + Span::mins(1), "{apart}");
}

#[test]
fn posts_do_not_wait_for_looks() {
    let lost = FaultRule::once("x.create", FaultKind::LostBefore);
    let sim = lived("x.list", 1, |_| vec![words("one"), words("two")], Some(lost));
    assert!(sent(&sim, "two") < START + LEAD + Span::mins(2));
    // Its second look, and what follows from three, waited for a window each.
    assert!(sent(&sim, "one") > START + LEAD + QUARTER + QUARTER);
}
