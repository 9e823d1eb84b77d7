//! Runs by the dice: several accounts and posts, people who interfere, tokens that die, clocks that are set, and
//! crashes anywhere. The same seed gives the same run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::desk::{House, Scope, Word};
use crier::core::facts::toml_value::Plain;
use crier::domain::post::{Expiry, Post};
use crier::domain::queue::{LateThen, OnUnknown};
use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};

use super::cast;
use super::disk::Disk;
use super::life::Kill;
use super::plan::{DOWN, guarded, mix};
use super::scene::{self, START, account, delivery, house, post};
use super::state::{Deed, Sim};
use super::variants;

/// Seeded dice.
struct Dice(u64, u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.1 += 1;
        mix(self.0, self.1) % sides
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        let n = self.roll(list.len() as u64);
        list[usize::try_from(n).unwrap_or(0)].clone()
    }

    fn span(&mut self, most: Span) -> Span {
        Span(i64::try_from(self.roll(most.0.unsigned_abs())).unwrap_or(0))
    }
}

const HOURS: Span = Span::hours(8);

/// By how much clocks are set, at any moment: also between a call and the look for what became of it.
const LEAPS: [Span; 8] = [
    Span::hours(-3),
    Span::hours(-1),
    Span::mins(-3),
    Span::secs(-20),
    Span::secs(20),
    Span::mins(5),
    Span::hours(2),
    Span::hours(5),
];

/// A run of these dice, with its trace when it is wanted.
pub fn run(seed: u64, traced: bool, store: bool) -> (Result<(), String>, Vec<String>) {
    let mut dice = Dice(seed, 0);
    let mut sim = begin(&mut dice, store);
    sim.trace = traced.then(Vec::new);
    let result = guarded(|| {
        let lives = dice.roll(12);
        for life in 0..lives {
            let of = u32::try_from(5 + dice.roll(60)).unwrap_or(5);
            if !sim.live(Kill::Chance(mix(seed, life), of), None)?.killed {
                return sim.check_end();
            }
            sim.now = sim.now + dice.pick(&DOWN);
        }
        sim.live_on()
    });
    (result, sim.trace.take().unwrap_or_default())
}

/// What a run begins with.
fn begin(dice: &mut Dice, store: bool) -> Sim {
    let mut queue = scene::queue();
    queue.spacing = dice.pick(&[Span::ZERO, Span::mins(10), Span::hours(1)]);
    queue.late.within = dice.pick(&[Span::hours(1), Span::hours(6), Span::hours(40)]);
    queue.late.then = dice.pick(&[LateThen::Skip, LateThen::Hold]);
    queue.on_unknown = dice.pick(&[OnUnknown::Hold, OnUnknown::Retry]);
    queue.slots = dice.pick(&[vec![], vec!["*/30 * * * *".to_owned()]]);
    let quota = dice.pick(&[1_i64, 2, 250]);
    let limits = BTreeMap::from([("posts".to_owned(), Plain::Number(quota))]);
    let house = house(&accounts(), queue, &limits);
    let mut sim = scene::sim(house, if store { Disk::store() } else { Disk::map() });
    for cast in cast::ALL {
        (cast.switches)(&mut sim.outside.world, dice.roll(1000));
    }
    sim.echo = dice.roll(2) == 0;
    sim.patience = dice.pick(&[Span::mins(20), Span::hours(3)]);
    let others: BTreeMap<&str, String> = cast::ALL
        .iter()
        .map(|c| (c.account(), sim.outside.before(c, START - Span::hours(2))))
        .collect();
    let posts = 1 + usize::try_from(dice.roll(5)).unwrap_or(0);
    for n in 1..=posts {
        drop_post(&mut sim, dice, n, &others);
    }
    for _ in 0..dice.roll(6) {
        let deed = deed(&sim, dice, posts);
        // What is taken out of the config comes back.
        if matches!(deed, Deed::Reload(_)) {
            let whole = Arc::clone(&sim.whole);
            sim.plan(START + HOURS + dice.span(HOURS), Deed::Reload(whole));
        }
        sim.plan(START + dice.span(HOURS), deed);
    }
    if dice.roll(3) == 0 {
        sim.plan(START + dice.span(HOURS), Deed::Clock(dice.pick(&LEAPS)));
    }
    for _ in 0..dice.roll(8) {
        sim.outside.world.faults.add(fault(dice));
    }
    sim
}

/// Every account of every platform.
fn accounts() -> Vec<&'static str> {
    cast::ALL.iter().flat_map(|c| c.accounts).copied().collect()
}

fn drop_post(sim: &mut Sim, dice: &mut Dice, n: usize, others: &BTreeMap<&str, String>) {
    let text = format!("post {n}");
    let mut contents = Vec::new();
    let accounts = accounts();
    for name in &accounts {
        // Reposts and stories have no words by which one could tell them apart.
        let cast = cast::of_account(name);
        let kinds: Vec<_> = cast.kinds.iter().filter(|k| k.worded()).collect();
        if dice.roll(accounts.len() as u64) < 3 {
            contents.push((*name, (dice.pick(&kinds).content)(&text, &others[cast.account()])));
        }
    }
    if contents.is_empty() {
        let kind = &cast::of_account("club").kinds[0];
        contents.push(("club", (kind.content)(&text, "")));
    }
    let at = (dice.roll(2) == 0).then(|| START + dice.span(HOURS));
    let post = post(n, contents, at);
    let mut post = post;
    if dice.roll(3) == 0 {
        post.when.expires = Some(Expiry::After(dice.pick(&[Span::mins(5), Span::hours(1)])));
    }
    let when = START + dice.span(Span::hours(2));
    if dice.roll(3) == 0 {
        sim.plan(
            when + dice.span(Span::hours(3)),
            Deed::Edit(Box::new(edited(&post))),
        );
    }
    sim.plan(when, Deed::Drop(Box::new(post)));
}

fn edited(post: &Post) -> Post {
    let mut new = post.clone();
    new.revision += 1;
    new.hash.push('2');
    for content in new.contents.values_mut() {
        for segment in &mut content.segments {
            segment.text.push_str(", corrected");
        }
    }
    new
}

fn deed(sim: &Sim, dice: &mut Dice, posts: usize) -> Deed {
    let n = 1 + usize::try_from(dice.roll(posts as u64)).unwrap_or(0);
    let name = dice.pick(&accounts());
    let (id, by) = (delivery(n, name), "a person".to_owned());
    match dice.roll(11) {
        0 | 1 => Deed::Word(id, Word::Cancel { by }),
        2 => Deed::Word(id, Word::Hold { why: by }),
        3 => Deed::Word(id, Word::Retry),
        4 => Deed::Remove(scene::post_id(n)),
        5 => Deed::Freeze(dice.pick(&[Scope::All, Scope::Account(account(name))])),
        6 => Deed::Thaw(Scope::All),
        7 => Deed::Reload(Arc::new(changed(sim, dice))),
        8 => Deed::Revoke(account(name)),
        9 => Deed::Clock(dice.pick(&LEAPS)),
        _ => dice.pick(&[Deed::Prune, Deed::ByHand(account(name), "by hand".into())]),
    }
}

/// A config with something else in it: rules of the queue, limits, an account more or less.
fn changed(sim: &Sim, dice: &mut Dice) -> House {
    let mut house = House::clone(&sim.whole);
    let within = dice.pick(&[Span::hours(1), Span::hours(6), Span::hours(40)]);
    variants::late(&mut house, within, dice.pick(&[LateThen::Skip, LateThen::Hold]));
    variants::quota(&mut house, dice.pick(&[1_i64, 2, 250]));
    for queue in house.queues.values_mut() {
        queue.spacing = dice.pick(&[Span::ZERO, Span::mins(10), Span::hours(1)]);
        queue.on_unknown = dice.pick(&[OnUnknown::Hold, OnUnknown::Retry]);
    }
    if dice.roll(2) == 0 {
        house.accounts.remove(&account(dice.pick(&accounts())));
    }
    house
}

/// The steps of all platforms by which something is shown, prepared or looked for.
fn steps() -> Vec<String> {
    let mut all = Vec::new();
    for cast in cast::ALL {
        for kind in cast.kinds {
            let steps = kind.steps;
            let looks = steps.looks.iter().map(|(step, _)| *step);
            let others = steps.quiet.iter().copied().chain(looks);
            all.extend(others.map(str::to_owned));
            all.push(steps.commit.to_owned());
        }
        all.push(format!("{}.*", cast.platform));
    }
    all.extend(["smtp.dot", "smtp.rcpt", "toy.*"].map(str::to_owned));
    all
}

fn fault(dice: &mut Dice) -> FaultRule {
    let step = dice.pick(&steps());
    let kind = dice.pick(&[
        FaultKind::LostBefore,
        FaultKind::LostAfter,
        FaultKind::ServerError { status: 503 },
        FaultKind::ServerErrorAfter { status: 502 },
        FaultKind::Hang { applied: true },
        FaultKind::RateLimited { retry_after_s: 600 },
    ]);
    let kind = match (step.starts_with("smtp"), kind) {
        (true, FaultKind::ServerError { .. } | FaultKind::ServerErrorAfter { .. }) => FaultKind::SmtpReply {
            line: "451 4.3.0 Try again later".into(),
        },
        (_, kind) => kind,
    };
    FaultRule {
        times: 1 + dice.roll(3),
        probability: 0.4,
        ..FaultRule::once(&step, kind)
    }
}
