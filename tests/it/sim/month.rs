//! Thirty days of each platform and login with all kinds of posts that have words: bursts above the limits, others who
//! publish with the same account by the vendor's own app, restarts at any point, faults now and then, clocks that are
//! set by seconds, an hour, a day.
//!
//! The published numbers are made small, in the config and in the vendor's model alike, so that a month runs into each of
//! them often. Whether one was exceeded is counted by the vendor's own clock, in what the vendor shows and heard:
//!
//! - no rolling window holds more of crier's own than the limit;
//! - a vendor that refuses because of a limit does so because of others: crier's own alone had room;
//! - after such a refusal crier waits as told.

mod judge;
mod limits;
mod others;

use std::collections::BTreeMap;

use crier::core::facts::toml_value::Plain;
use crier::domain::post::Post;
use crier::domain::queue::LateThen;
use crier::domain::time::{Span, Timestamp};
use crier::platforms;
use crier::sandbox::faults::{FaultKind, FaultRule};

pub use judge::Seen;
pub use others::says_full;

use super::broken::{self, Rule};
use super::cast::{self, Cast, Kind};
use super::disk::Disk;
use super::life::Kill;
use super::plan::{DOWN, guarded, mix};
use super::scene::{self, START, account, post};
use super::state::{Deed, Sim};

const DAYS: u64 = 30;

/// Every platform, each of its logins and modes.
pub fn casts() -> Vec<&'static Cast> {
    let mut casts = cast::ALL.to_vec();
    casts.retain(|cast| platforms::by_name(cast.platform).is_some());
    casts
}

/// A month, and what was seen in it. One that was not full shows too little, and a crash that loses what the clock was set by
/// cuts one short: then others are lived.
pub fn live(cast: &'static Cast, seed: u64, rule: Option<Rule>) -> Result<Seen, String> {
    let mut seen = once(cast, seed, rule)?;
    for n in 0..4 {
        if seen.full(seed).is_ok() {
            break;
        }
        seen = once(cast, mix(seed, DAYS + n), rule)?;
    }
    Ok(seen)
}

fn once(cast: &'static Cast, seed: u64, rule: Option<Rule>) -> Result<Seen, String> {
    let wrapped = rule.filter(|r| matches!(r, Rule::QuietIsFree | Rule::SilenceIgnored));
    broken::with(wrapped, || {
        let mut sim = begin(cast, seed);
        sim.rule = rule;
        let mut restarts = 0;
        let lived = guarded(|| {
            for life in 0..40 {
                let of = 40 + u32::try_from(mix(seed, life) % 200).unwrap_or(0);
                sim.visits = 0;
                if !sim.live(Kill::Chance(mix(seed, life), of), None)?.killed {
                    break;
                }
                restarts += 1;
                sim.outside.calls.push(judge::start(&sim, cast));
                judge::judge(&sim, cast)?;
                if sim.step_lost {
                    // What comes now is counted in a time that nobody can know.
                    return Ok(());
                }
                sim.now = sim.now + DOWN[pick(mix(life, seed), 5)];
            }
            sim.visits = 0;
            sim.live_on()
        });
        // A limit that was exceeded may have brought about whatever else is wrong.
        let seen = judge::judge(&sim, cast)?;
        lived?;
        Ok(Seen { restarts, ..seen })
    })
}

fn pick(dice: u64, sides: usize) -> usize {
    usize::try_from(dice % sides as u64).unwrap_or(0)
}

fn begin(cast: &'static Cast, seed: u64) -> Sim {
    let mut queue = scene::queue();
    queue.late.within = Span::days(90);
    queue.late.then = LateThen::Hold;
    let own = limits::of(cast);
    let facts: BTreeMap<String, Plain> = own
        .iter()
        .map(|l| {
            (
                l.fact.to_owned(),
                Plain::Number(i64::try_from(l.max).unwrap_or(0)),
            )
        })
        .collect();
    let mut sim = scene::sim(scene::house(&[cast.account()], queue, &facts), Disk::map());
    sim.outside.others = Some(others::publish);
    // Limits are what is judged here, by the vendor's clock (`judge`).
    sim.clock_set = true;
    limits::make_small(&mut sim.outside.world, cast);
    sim.outside.connect(&account(cast.account()), START);
    drops(&mut sim, cast, seed);
    around(&mut sim, cast, seed);
    sim
}

/// Kinds by whose words one post can be told from another, and that need nobody's answer within a day.
fn kinds(cast: &Cast) -> Vec<&'static Kind> {
    let fits = |kind: &&Kind| {
        let repost = kind.name.ends_with("repost");
        let answers = kind.name.contains("message") && cast.platform != "x";
        (kind.worded() || repost) && !answers
    };
    cast.kinds.iter().filter(fits).collect()
}

/// Nothing, one, as many as a day takes, or twice that at once.
fn drops(sim: &mut Sim, cast: &'static Cast, seed: u64) {
    let (kinds, daily) = (kinds(cast), limits::daily(cast));
    let mut other = sim.outside.before(cast, START - Span::hours(30));
    let mut number = 0;
    for day in 0..DAYS {
        let dice = mix(seed, day);
        let many = [0, 1, daily, 2 * daily][pick(dice, 4)];
        let first =
            START + Span::days(i64::try_from(day).unwrap_or(0)) + Span::mins(pick(dice / 4, 1300) as i64);
        let apart = [Span::secs(1), Span::mins(5)][pick(dice / 8, 2)];
        for n in 0..many {
            number += 1;
            let kind = kinds[(number + pick(seed, 7)) % kinds.len()];
            if kind.name.ends_with("repost") {
                other = sim.outside.before(cast, START - Span::hours(30));
            }
            let at = first + Span(apart.0 * i64::try_from(n).unwrap_or(0));
            let content = (kind.content)(&format!("day post {number}"), &other);
            let post = Post {
                again: true,
                ..post(number, vec![(cast.account(), content)], Some(at))
            };
            sim.plan(at - Span::mins(2), Deed::Drop(Box::new(post)));
        }
    }
}

/// Others, clocks, tokens, questions about quotas, and faults.
fn around(sim: &mut Sim, cast: &'static Cast, seed: u64) {
    let name = account(cast.account());
    let hour = |n: u64| START + Span::hours(i64::try_from(n).unwrap_or(0));
    for day in 0..DAYS {
        let dice = mix(seed ^ 0x5eed, day);
        let at = hour(day * 24 + dice % 20);
        if dice.is_multiple_of(3) {
            let many = 1 + pick(dice / 3, limits::daily(cast));
            sim.plan(at, Deed::ByHand(name.clone(), format!("others {many}")));
            sim.plan(at + Span::days(1), Deed::ByHand(name.clone(), "others 0".into()));
        }
        if dice % 5 < 2 {
            let steps = [
                Span::secs(5),
                Span::secs(-50),
                Span::hours(1),
                Span::hours(-1),
                Span::days(1),
                Span::days(-1),
            ];
            let by = steps[pick(dice / 5, steps.len())];
            sim.plan(at + Span::mins(pick(dice / 30, 240) as i64), Deed::Clock(by));
        }
    }
    for n in 0..DAYS * 4 {
        sim.plan(hour(n * 6), Deed::AskQuota(name.clone()));
    }
    for day in 0..DAYS {
        sim.plan(hour(day * 24 + 3), Deed::Prune);
    }
    if cast.platform == "tiktok" {
        // Its tokens live two hours.
        for n in 0..DAYS * 14 {
            sim.plan(
                START + Span::mins(100) + Span(Span::mins(100).0 * i64::try_from(n).unwrap_or(0)),
                Deed::Renewed(name.clone()),
            );
        }
    }
    for kind in [FaultKind::LostBefore, FaultKind::ServerError { status: 503 }] {
        sim.outside.world.faults.add(FaultRule {
            times: 1_000,
            probability: 0.02,
            ..FaultRule::once(&format!("{}.*", cast.platform), kind)
        });
    }
    if kinds(cast).iter().all(|kind| kind.worded()) {
        sim.outside.world.faults.add(FaultRule {
            times: 1_000,
            probability: 0.03,
            ..FaultRule::once(cast.kinds[0].steps.commit, FaultKind::LostAfter)
        });
    }
}

/// A time of the vendor's.
fn when(ms: i64) -> Timestamp {
    Timestamp(ms)
}
