//! The plan: every scene with every fault, killed at every pair of crash points, with every downtime.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::threads::AfterPublish;

use super::broken::{self, Rule};
use super::disk::Disk;
use super::life::{Album, Kill, Sim};
use super::outside::Slow;
use super::scene;

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

/// What goes wrong in the world.
#[derive(Clone, Debug)]
pub struct Fault {
    pub name: String,
    rules: Vec<FaultRule>,
    slow: Option<Slow>,
    echo: bool,
    after: AfterPublish,
    lag_ms: i64,
    patience: Span,
}

/// splitmix64 of both.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| mix(h, u64::from(b)))
}

impl Fault {
    fn new(name: impl Into<String>, rules: Vec<FaultRule>) -> Fault {
        let name = name.into();
        // The undocumented answers after publishing, and the list's lag, go round.
        let dice = hash(&name);
        Fault {
            rules,
            slow: None,
            echo: dice.is_multiple_of(3),
            after: match dice % 5 {
                0 | 1 => AfterPublish::Published,
                2 | 3 => AfterPublish::NonexistingField,
                _ => AfterPublish::NotFound,
            },
            patience: if (dice / 3).is_multiple_of(4) {
                Span::hours(7)
            } else {
                Span::mins(20)
            },
            lag_ms: [0, 45_000, 200_000][usize::try_from(dice / 7 % 3).unwrap_or(0)],
            name,
        }
    }

    fn put_into(&self, sim: &mut Sim) {
        for rule in &self.rules {
            sim.outside.world.faults.add(rule.clone());
        }
        sim.outside.slow = self.slow;
        sim.echo = self.echo;
        sim.patience = self.patience;
        sim.outside.world.threads.settings.after_publish = self.after;
        sim.outside.world.threads.settings.list_lag_ms = self.lag_ms;
    }
}

/// What can happen to the answer of any call.
fn answers() -> Vec<(&'static str, FaultKind)> {
    use FaultKind::{
        Hang, LostAfter, LostBefore, RateLimited, ServerError, ServerErrorAfter, TokenExpired, Truncated,
    };
    vec![
        ("lost-before", LostBefore),
        ("lost-after", LostAfter),
        ("503", ServerError { status: 503 }),
        ("502-after", ServerErrorAfter { status: 502 }),
        ("hang", Hang { applied: false }),
        ("hang-after", Hang { applied: true }),
        ("cut", Truncated),
        ("429", RateLimited { retry_after_s: 900 }),
        ("token", TokenExpired),
    ]
}

fn threads_faults(scene: &str) -> Vec<Fault> {
    let commit = if scene == "repost" {
        "threads.repost"
    } else {
        "threads.publish"
    };
    let nths: &[u64] = match scene {
        "thread" => &[1, 2, 3],
        "comment" | "carousel" => &[1, 2],
        _ => &[1],
    };
    let mut all = vec![Fault::new("none", vec![])];
    for by in [80, 20] {
        let mut fault = Fault::new(format!("slow-{by}"), vec![]);
        let nth = 1;
        fault.slow = Some(Slow {
            nth,
            by: Span::secs(by),
        });
        all.push(fault);
    }
    for nth in nths {
        for (name, kind) in answers() {
            let rule = FaultRule::once(commit, kind.clone()).at(*nth);
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]));
            let rule = FaultRule::once("threads.create", kind).at(*nth);
            all.push(Fault::new(format!("create{nth}-{name}"), vec![rule]));
        }
        for (name, kind) in [
            ("code2", FaultKind::GraphTwoAfter),
            ("2207051", FaultKind::RestrictedAfter),
            ("24", FaultKind::MediaNotFound),
        ] {
            let rule = FaultRule::once(commit, kind).at(*nth);
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]));
        }
        for (name, kind) in [
            ("stuck", FaultKind::StuckContainer),
            ("unfetched", FaultKind::MediaNotFetched),
            ("failed", failed("FAILED_DOWNLOADING_VIDEO")),
            ("ratio", failed("INVALID_ASPEC_RATIO")),
        ] {
            // A later part that is stuck is polled for a day: too long for so many runs.
            if name == "stuck" && *nth > 1 {
                continue;
            }
            let rule = FaultRule::once("threads.create", kind).at(*nth);
            all.push(Fault::new(format!("create{nth}-{name}"), vec![rule]));
        }
    }
    all.extend(look_faults(commit));
    all
}

fn failed(message: &str) -> FaultKind {
    FaultKind::FailedContainer {
        message: message.into(),
    }
}

/// A lost commit, and then trouble while looking for it.
fn look_faults(commit: &str) -> Vec<Fault> {
    let mut all = Vec::new();
    for (lost, kind) in [
        ("before", FaultKind::LostBefore),
        ("after", FaultKind::GraphTwoAfter),
    ] {
        for (name, step, nth, trouble) in [
            (
                "status-503",
                "threads.status",
                2,
                FaultKind::ServerError { status: 503 },
            ),
            ("status-token", "threads.status", 2, FaultKind::TokenExpired),
            (
                "list-503",
                "threads.list",
                1,
                FaultKind::ServerError { status: 503 },
            ),
            ("list-cut", "threads.list", 1, FaultKind::Truncated),
            (
                "list-429",
                "threads.list",
                1,
                FaultKind::RateLimited { retry_after_s: 300 },
            ),
            ("list-lag", "threads.list", 1, FaultKind::ListLag { ms: 600_000 }),
            ("again", commit, 2, FaultKind::LostAfter),
            ("again-503", commit, 2, FaultKind::ServerError { status: 503 }),
        ] {
            let rules = vec![
                FaultRule::once(commit, kind.clone()),
                FaultRule::once(step, trouble).at(nth),
            ];
            all.push(Fault::new(format!("lost-{lost}-{name}"), rules));
        }
    }
    all.push(Fault::new(
        "read-503",
        vec![FaultRule::once(
            "threads.read",
            FaultKind::ServerError { status: 503 },
        )],
    ));
    all
}

fn mail_faults(scene: &str) -> Vec<Fault> {
    let line = |text: &str| FaultKind::SmtpReply { line: text.into() };
    let nths: &[u64] = if scene == "mails" { &[1, 2, 3] } else { &[1] };
    let mut all = vec![Fault::new("none", vec![])];
    for nth in nths {
        for (name, step, kind) in [
            (
                "421-connect",
                "smtp.connect",
                line("421 4.7.0 Too many connections"),
            ),
            ("421-dot", "smtp.dot", line("421 4.3.0 Closing")),
            ("451-rcpt", "smtp.rcpt", line("451 4.7.1 Greylisted")),
            ("452-rcpt", "smtp.rcpt", line("452 4.5.3 Too many recipients")),
            ("451-dot", "smtp.dot", line("451 4.3.0 Try again later")),
            ("552-dot", "smtp.dot", line("552 5.3.4 Too big")),
            ("554-dot", "smtp.dot", line("554 5.7.1 Refused")),
            ("535-auth", "smtp.auth", line("535 5.7.8 Not accepted")),
            ("550-rcpt", "smtp.rcpt", line("550 5.1.1 Nobody")),
            ("drop-connect", "smtp.connect", FaultKind::LostBefore),
            ("drop-mail", "smtp.mail", FaultKind::LostBefore),
            ("drop-rcpt", "smtp.rcpt", FaultKind::LostBefore),
            ("drop-data", "smtp.data", FaultKind::LostBefore),
            ("drop-dot", "smtp.dot", FaultKind::LostBefore),
            ("drop-dot-after", "smtp.dot", FaultKind::LostAfter),
            ("hang-dot", "smtp.dot", FaultKind::Hang { applied: false }),
            ("hang-dot-after", "smtp.dot", FaultKind::Hang { applied: true }),
        ] {
            all.push(Fault::new(
                format!("{name}-{nth}"),
                vec![FaultRule::once(step, kind).at(*nth)],
            ));
        }
    }
    all
}

fn toy_faults() -> Vec<Fault> {
    let mut all = vec![Fault::new("none", vec![])];
    for (name, kind) in answers() {
        for nth in [1, 2] {
            let rule = FaultRule::once("toy.create", kind.clone()).at(nth);
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]));
        }
        let rules = vec![
            FaultRule::once("toy.create", FaultKind::LostAfter),
            FaultRule::once("toy.create", FaultKind::MediaNotFound).at(2),
            FaultRule::once("toy.find", kind).at(1),
        ];
        all.push(Fault::new(format!("lost-after-400-{name}"), rules));
    }
    all.push(Fault::new(
        "dead",
        vec![
            FaultRule::once("toy.create", FaultKind::LostAfter),
            FaultRule::always("toy.create", FaultKind::LostBefore).at(2),
        ],
    ));
    all.push(Fault::new(
        "refused",
        vec![FaultRule::once("toy.create", FaultKind::MediaNotFound)],
    ));
    let mut slow = Fault::new("slow", vec![]);
    slow.slow = Some(Slow {
        nth: 1,
        by: Span::secs(40),
    });
    all.push(slow);
    all
}

/// Lost commits only: what is looked at is something else.
fn few_faults() -> Vec<Fault> {
    let mut all = threads_faults("text");
    all.retain(|f| f.name == "none" || f.name.starts_with("commit") || f.name.starts_with("lost"));
    all
}

/// The faults of a scene.
pub fn faults(scene: &str) -> Vec<Fault> {
    match scene {
        "mail" | "mails" | "attachment" => mail_faults(scene),
        "keyed" | "keyed-look" | "chosen" | "blind" => toy_faults(),
        "both" | "byhand" | "cancelled" | "one-cancelled" | "quota" | "spaced" | "same" => few_faults(),
        _ => threads_faults(scene),
    }
}

/// Which runs of the plan.
#[derive(Clone)]
pub struct Choice {
    pub rule: Option<Rule>,
    /// Of the runs with one crash this many in 1000; of those with two.
    pub singles: u64,
    pub pairs: u64,
    pub stop_at_first: bool,
    pub store: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub runs: usize,
    pub points: usize,
    pub unknown: usize,
    pub failed: Vec<(String, String)>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.runs += other.runs;
        self.points += other.points;
        self.unknown += other.unknown;
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
                    let tally = broken::with(choice.rule, || Walk::new(scene, fault, choice).walk());
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
fn album(seed: &str, of_1000: u64) -> Album {
    let seed = seed.to_owned();
    Album {
        // A container that is stuck is polled all day; its later crash points are all alike.
        wants: Box::new(move |n| {
            n <= POINTS && (0..DOWN.len()).any(|d| chosen(&format!("{seed}/{n}.{d}"), of_1000))
        }),
        photos: Vec::new(),
    }
}

/// All runs of one scene with one fault.
struct Walk<'a> {
    seed: String,
    base: Sim,
    choice: &'a Choice,
    tally: Tally,
}

impl<'a> Walk<'a> {
    fn new(scene: &str, fault: &Fault, choice: &'a Choice) -> Walk<'a> {
        Walk {
            seed: format!("{scene}/{}", fault.name),
            base: begin(scene, fault, choice.rule, choice.store),
            choice,
            tally: Tally::default(),
        }
    }

    fn walk(mut self) -> Tally {
        let seed = self.seed.clone();
        let mut first = album(&seed, self.choice.singles);
        self.one(self.base.clone(), &seed, Some(&mut first));
        for (i, photo) in &first.photos {
            for (d, down) in DOWN.iter().enumerate() {
                let seed = format!("{seed}/{i}.{d}");
                if !chosen(&seed, self.choice.singles) || self.enough() {
                    continue;
                }
                let mut again = album(&seed, self.choice.pairs);
                self.one(after(photo, *down), &seed, Some(&mut again));
                self.seconds(&seed, &again);
            }
        }
        self.tally
    }

    fn seconds(&mut self, seed: &str, album: &Album) {
        for (j, photo) in &album.photos {
            for (d, down) in DOWN.iter().enumerate() {
                let seed = format!("{seed}/{j}.{d}");
                if chosen(&seed, self.choice.pairs) && !self.enough() {
                    self.one(after(photo, *down), &seed, None);
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
