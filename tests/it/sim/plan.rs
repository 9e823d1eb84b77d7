//! The plan: every scene with every fault, killed at every pair of crash points, with every downtime; and how much
//! of it is run.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

use crier::domain::time::Span;

use super::broken::{self, Rule};
use super::disk::Disk;
use super::faults::{Fault, faults};
use super::life::{Album, Kill};
use super::scene;
use super::state::Sim;

/// How long crier is down: at once, a blink, within a key's life and a container's, between what crier trusts a
/// key for and what its server keeps, beyond the key, beyond the late rule and the container.
pub const DOWN: [Span; 6] = [
    Span::ZERO,
    Span::secs(30),
    Span::mins(10),
    Span::mins(53),
    Span::hours(2),
    Span::hours(30),
];

/// Crash points of one life that runs begin from.
const POINTS: u32 = 100;

/// splitmix64 of both.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| mix(h, u64::from(b)))
}

/// So many of the downtimes, drawn by the run's own seed; with as many as there are, all.
type Downs = usize;

/// All downtimes.
pub const ALL: Downs = DOWN.len();

/// How much of a scene with a fault is run. Crash points are never drawn: all of them are, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Depth {
    /// Downtimes after the one crash of runs with one.
    pub singles: Downs,
    /// After the first crash of runs with two; none: no pairs.
    pub firsts: Downs,
    /// After the second.
    pub seconds: Downs,
}

/// Which runs of the plan.
#[derive(Clone)]
pub struct Choice {
    pub rule: Option<Rule>,
    pub depth: fn(&str, &Fault) -> Depth,
    /// Each drawn number of downtimes is multiplied by this.
    pub more: usize,
    /// Of all runs with a crash this many in 1000.
    pub sample: u64,
    pub stop_at_first: bool,
    pub store: bool,
}

impl Choice {
    /// The runs of this depth for all.
    pub fn new(depth: fn(&str, &Fault) -> Depth) -> Choice {
        Choice {
            rule: None,
            depth,
            more: 1,
            sample: 1000,
            stop_at_first: false,
            store: false,
        }
    }
}

/// Every pair with every fault, each with one downtime.
pub fn pairs(_: &str, _: &Fault) -> Depth {
    Depth {
        singles: 1,
        firsts: 1,
        seconds: 1,
    }
}

/// Everything, with all downtimes.
pub fn whole(_: &str, _: &Fault) -> Depth {
    Depth {
        singles: ALL,
        firsts: ALL,
        seconds: ALL,
    }
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub runs: usize,
    pub points: usize,
    pub unknown: usize,
    /// Pairs of crash points: scene, fault, first, second.
    pub pairs: usize,
    /// Crash points beyond the last from which runs begin.
    pub cut: usize,
    /// Runs of each scene.
    pub scenes: BTreeMap<String, usize>,
    pub failed: Vec<(String, String)>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.runs += other.runs;
        self.points += other.points;
        self.unknown += other.unknown;
        self.pairs += other.pairs;
        self.cut += other.cut;
        for (scene, runs) in other.scenes {
            *self.scenes.entry(scene).or_default() += runs;
        }
        self.failed.extend(other.failed);
    }

    /// All went well, or here is how to see it.
    pub fn assert_good(&self) {
        if let Some((seed, why)) = self.failed.first() {
            panic!(
                "{} of {} runs failed. The first:\n  {why}\nIts trace:\n  CRIER_SIM_SEED='{seed}' cargo test --test it sim::replay -- --nocapture",
                self.failed.len(),
                self.runs
            );
        }
    }
}

/// Runs the plan for these scenes on all processors.
pub fn run(scenes: &[&str], choice: &Choice) -> Tally {
    let jobs: Vec<(String, Fault)> = scenes
        .iter()
        .flat_map(|s| faults(s).into_iter().map(|f| ((*s).to_owned(), f)))
        .collect();
    let (next, total) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((scene, fault)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut tally = broken::with(choice.rule, || Walk::new(scene, fault, choice).walk());
                    tally.scenes.insert(scene.clone(), tally.runs);
                    let mut total = total.lock().unwrap();
                    total.add(tally);
                    if choice.stop_at_first && !total.failed.is_empty() {
                        return;
                    }
                }
            });
        }
    });
    let mut total = total.into_inner().unwrap();
    total.failed.sort();
    total
}

/// Whether this run is among so many in 1000.
fn chosen(seed: &str, of_1000: u64) -> bool {
    of_1000 >= 1000 || hash(seed) % 1000 < of_1000
}

/// Keeps the points of which a chosen run begins.
fn album(seed: &str, downs: Vec<usize>, of_1000: u64) -> Album {
    let seed = seed.to_owned();
    Album {
        // A container that is stuck is polled all day; its later crash points are all alike.
        upto: POINTS,
        chosen: Box::new(move |n| {
            of_1000 >= 1000 || downs.iter().any(|d| chosen(&format!("{seed}/{n}.{d}"), of_1000))
        }),
        photos: Vec::new(),
        cut: 0,
    }
}

/// So many downtimes, drawn by this seed.
fn draw(seed: &str, many: Downs) -> Vec<usize> {
    let from = usize::try_from(hash(seed) % DOWN.len() as u64).unwrap_or(0);
    (0..many.min(ALL)).map(|n| (from + n) % ALL).collect()
}

/// All runs of one scene with one fault.
struct Walk<'a> {
    seed: String,
    base: Sim,
    choice: &'a Choice,
    depth: Depth,
    tally: Tally,
}

impl<'a> Walk<'a> {
    fn new(scene: &str, fault: &Fault, choice: &'a Choice) -> Walk<'a> {
        let mut depth = (choice.depth)(scene, fault);
        for downs in [&mut depth.singles, &mut depth.firsts, &mut depth.seconds] {
            *downs = ALL.min(*downs * choice.more);
        }
        Walk {
            seed: format!("{scene}/{}", fault.name),
            depth,
            base: begin(scene, fault, choice.rule, choice.store),
            choice,
            tally: Tally::default(),
        }
    }

    fn walk(mut self) -> Tally {
        let (seed, sample) = (self.seed.clone(), self.choice.sample);
        let mut first = album(&seed, draw(&seed, ALL), sample);
        self.one(self.base.clone(), &seed, Some(&mut first));
        for (i, photo) in &first.photos {
            let at = format!("{seed}/{i}");
            let (alone, pairs) = (draw(&at, self.depth.singles), draw(&at, self.depth.firsts));
            let mut seen = std::collections::BTreeSet::new();
            for (d, down) in DOWN.iter().enumerate() {
                let seed = format!("{at}.{d}");
                let paired = pairs.contains(&d);
                if !(paired || alone.contains(&d)) || !chosen(&seed, sample) || self.enough() {
                    continue;
                }
                let mut again = album(&seed, draw(&seed, ALL), sample);
                self.one(after(photo, *down), &seed, paired.then_some(&mut again));
                seen.extend(again.photos.iter().map(|(j, _)| *j));
                self.seconds(&seed, &again);
            }
            self.tally.pairs += seen.len();
        }
        self.tally.cut += first.cut as usize;
        self.tally
    }

    fn seconds(&mut self, seed: &str, album: &Album) {
        self.tally.cut += album.cut as usize;
        for (j, photo) in &album.photos {
            let at = format!("{seed}/{j}");
            for d in draw(&at, self.depth.seconds) {
                let seed = format!("{at}.{d}");
                if chosen(&seed, self.choice.sample) && !self.enough() {
                    self.one(after(photo, DOWN[d]), &seed, None);
                }
            }
        }
    }

    fn enough(&self) -> bool {
        self.tally.failed.len() >= if self.choice.stop_at_first { 1 } else { 10 }
    }

    /// One run from here to its end.
    fn one(&mut self, mut sim: Sim, seed: &str, photos: Option<&mut Album>) {
        self.tally.runs += 1;
        let result = guarded(|| {
            let lived = sim.live(Kill::Never, photos)?;
            if lived.killed {
                sim.live_on()?;
            } else {
                sim.check_end()?;
            }
            Ok(lived.points)
        });
        match result {
            Ok(points) => self.tally.points += points as usize,
            Err(why) => self.tally.failed.push((seed.to_owned(), why)),
        }
        self.tally.unknown += sim.unknown as usize;
    }
}

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Panics that are caught and told are not printed too.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                before(info);
            }
        }));
    });
}

/// A panic is a failed run.
pub fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    quiet_panics();
    GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    GUARDED.set(false);
    match result {
        Ok(result) => result,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(format!("PANIC: {}", text.unwrap_or_default()))
        }
    }
}

fn begin(scene: &str, fault: &Fault, rule: Option<Rule>, store: bool) -> Sim {
    let mut sim = scene::scene(scene, if store { Disk::store() } else { Disk::map() });
    fault.put_into(&mut sim);
    sim.rule = rule;
    sim
}

/// The state of a crash, this much later.
fn after(photo: &Sim, down: Span) -> Sim {
    let mut sim = photo.clone();
    broken::on_crash(&mut sim);
    sim.now = sim.now + down;
    sim
}

/// One run of the plan, with its trace: `SCENE/FAULT/POINT.DOWNTIME/POINT.DOWNTIME`.
pub fn replay(seed: &str, rule: Option<Rule>) -> (Result<(), String>, Vec<String>) {
    let mut parts = seed.split('/');
    let (scene, fault) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let known = faults(scene).into_iter().find(|f| f.name == fault);
    let fault = known.unwrap_or_else(|| panic!("no such seed: {seed}"));
    let kills: Vec<(u32, usize)> = parts
        .map(|p| {
            let (point, down) = p.split_once('.').unwrap_or((p, "0"));
            (point.parse().unwrap(), down.parse().unwrap())
        })
        .collect();
    broken::with(rule, || {
        let mut sim = begin(scene, &fault, rule, false);
        sim.trace = Some(Vec::new());
        let result = guarded(|| {
            for (point, down) in kills {
                sim.live(Kill::At(point), None)?;
                sim = after(&sim, DOWN[down]);
            }
            sim.live_on()
        });
        (result, sim.trace.take().unwrap_or_default())
    })
}
