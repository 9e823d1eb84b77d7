//! Thirty days of one platform: more posts than its limit lets out, restarts at any point, faults now and then, and
//! clocks that are set. The limit is counted at the model, on the vendor's own clock.

use std::collections::BTreeMap;

use crier::core::facts::toml_value::Plain;
use crier::domain::queue::LateThen;
use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};

use super::cast::Cast;
use super::disk::Disk;
use super::life::Kill;
use super::plan::{DOWN, guarded, mix};
use super::scene::{self, START, post};
use super::state::{Deed, Sim};

const DAYS: i64 = 30;
/// Posts a day, and how many of them the limit lets out.
const DROPPED: i64 = 4;
const LIMIT: usize = 3;

/// A month, and what went out in it.
pub fn live(cast: &'static Cast, seed: u64, clocks: bool) -> Result<usize, String> {
    let mut sim = begin(cast, seed, clocks);
    guarded(|| {
        for life in 0..40 {
            let of = 40 + u32::try_from(mix(seed, life) % 200).unwrap_or(0);
            if !sim.live(Kill::Chance(mix(seed, life), of), None)?.killed {
                break;
            }
            let down = usize::try_from(mix(life, seed) % 4).unwrap_or(0);
            sim.now = sim.now + DOWN[down];
        }
        sim.live_on()
    })?;
    count(&sim, cast)
}

fn begin(cast: &'static Cast, seed: u64, clocks: bool) -> Sim {
    let mut queue = scene::queue();
    queue.late.within = Span::days(60);
    queue.late.then = LateThen::Hold;
    let limit = i64::try_from(LIMIT).unwrap_or(i64::MAX);
    // Whatever the platform calls its posts of a day.
    let facts = scene::honest(cast.platform).unwrap().facts();
    let daily = facts.quotas().into_iter();
    let daily = daily.filter(|q| q.window == Span::days(1) && q.name.starts_with("posts"));
    let limits: BTreeMap<String, Plain> = daily.map(|q| (q.name, Plain::Number(limit))).collect();
    let house = scene::house(&[cast.account()], queue, &limits);
    let mut sim = scene::sim(house, Disk::map());
    // A month of logging in every two hours is not what is looked at.
    sim.outside.world.x.settings.token_life_s = 10_000_000;
    sim.outside.connect(&scene::account(cast.account()), START);
    let other = sim.outside.before(cast, START - Span::hours(30));
    for n in 0..DAYS * DROPPED {
        let dice = mix(seed, n.unsigned_abs());
        let kinds: Vec<_> = cast.kinds.iter().filter(|k| counts(k.name)).collect();
        let kind = kinds[usize::try_from(dice % kinds.len() as u64).unwrap_or(0)];
        let number = usize::try_from(n).unwrap_or(0) + 1;
        let at = START + Span(n * Span::days(1).0 / DROPPED) + Span::secs(60);
        let content = (kind.content)(&format!("day post {number}"), &other);
        let post = post(number, vec![(cast.account(), content)], Some(at));
        sim.plan(at - Span::secs(30), Deed::Drop(Box::new(post)));
        if dice.is_multiple_of(11) && clocks {
            let by = [Span::secs(-50), Span::secs(-5), Span::secs(5), Span::secs(50)];
            let by = by[usize::try_from(dice / 11 % 4).unwrap_or(0)];
            sim.plan(at + Span::mins(3), Deed::Clock(by));
        }
    }
    let lost = FaultRule::once(cast.kinds[0].steps.commit, FaultKind::LostAfter);
    sim.outside.world.faults.add(FaultRule {
        times: 1_000,
        probability: 0.05,
        ..lost
    });
    sim
}

/// Kinds whose every post counts once against `posts`, and are quick.
fn counts(name: &str) -> bool {
    let slow = [
        "thread", "comment", "reply", "repost", "message", "story", "video", "reel",
    ];
    !slow.iter().any(|s| name.ends_with(s))
}

/// The most posts in any window of the vendor's clock.
fn count(sim: &Sim, cast: &Cast) -> Result<usize, String> {
    let Some(model) = sim.outside.world.vendor(cast.platform) else {
        return Err("no model".into());
    };
    let day = Span::days(1).0;
    let mut times: Vec<i64> = model
        .posts()
        .iter()
        .filter(|p| p.username == cast.account())
        .map(|p| p.at_ms)
        .collect();
    times.retain(|at| *at >= START.0);
    times.sort_unstable();
    for end in &times {
        let inside = times
            .iter()
            .filter(|at| **at <= *end && **at + day > *end)
            .count();
        if inside > LIMIT {
            return Err(format!("{inside} in one day, {LIMIT} allowed"));
        }
    }
    Ok(times.len())
}
