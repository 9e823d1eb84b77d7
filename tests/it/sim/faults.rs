//! What can go wrong in the world while a scene is played.

use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};

use super::cast::{self, Steps};
use super::outside::Slow;
use super::plan::hash;
use super::state::Sim;
use super::variants;

/// The name of no fault at all.
pub const NONE: &str = "none";

/// What goes wrong in the world.
#[derive(Clone, Debug)]
pub struct Fault {
    pub name: String,
    /// It stands for the others.
    pub mark: bool,
    rules: Vec<FaultRule>,
    slow: Option<Slow>,
    echo: bool,
    /// For the models' switches.
    dice: u64,
    patience: Span,
}

impl Fault {
    pub fn new(name: impl Into<String>, rules: Vec<FaultRule>) -> Fault {
        let name = name.into();
        let dice = hash(&name);
        Fault {
            rules,
            slow: None,
            echo: dice.is_multiple_of(3),
            patience: if (dice / 3).is_multiple_of(4) {
                Span::hours(7)
            } else {
                Span::mins(20)
            },
            dice,
            mark: name == NONE,
            name,
        }
    }

    /// The same as one that stands for the others, if so.
    pub fn marked(self, mark: bool) -> Fault {
        Fault {
            mark: self.mark || mark,
            ..self
        }
    }

    /// The same with these dice for the models' switches.
    pub fn dice(self, dice: u64) -> Fault {
        Fault { dice, ..self }
    }

    /// The same with calls that are delayed on their way.
    pub fn slow(self, slow: Slow) -> Fault {
        Fault {
            slow: Some(slow),
            ..self
        }
    }

    pub fn put_into(&self, sim: &mut Sim) {
        for rule in &self.rules {
            sim.outside.world.faults.add(rule.clone());
        }
        sim.outside.slow = self.slow;
        sim.echo = self.echo;
        sim.patience = sim.patience.max(self.patience);
        for cast in cast::ALL {
            (cast.switches)(&mut sim.outside.world, self.dice);
        }
    }
}

/// What can happen to the answer of any call.
pub fn answers() -> Vec<(&'static str, FaultKind)> {
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

/// How a commit's answer is lost before trouble while looking for it.
pub const LOST: [(&str, FaultKind); 2] = [
    ("before", FaultKind::LostBefore),
    ("after", FaultKind::Transient { applied: true }),
];

/// What the calls of any flow over HTTP can suffer.
pub fn of_calls(steps: &Steps) -> Vec<Fault> {
    let mut all = vec![Fault::new(NONE, vec![])];
    for by in [80, 20] {
        let slow = Slow {
            nth: 1,
            by: Span::secs(by),
        };
        all.push(Fault::new(format!("slow-{by}"), vec![]).slow(slow));
    }
    for nth in steps.nths {
        for (name, kind) in answers() {
            let rule = FaultRule::once(steps.commit, kind.clone()).at(*nth);
            let mark = *nth == steps.nth && kind == FaultKind::LostAfter;
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]).marked(mark));
            for step in steps.quiet {
                let rule = FaultRule::once(step, kind.clone()).at(*nth);
                all.push(Fault::new(format!("{}{nth}-{name}", short(step)), vec![rule]));
            }
        }
    }
    for (lost, kind) in LOST {
        for (name, step, nth, trouble) in of_looks(steps) {
            let last = steps.looks.last().map(|(step, _)| *step);
            let mark = lost == "after" && last == Some(step) && name.ends_with("-503");
            let rules = vec![
                FaultRule::once(steps.commit, kind.clone()).at(steps.nth),
                FaultRule::once(step, trouble).at(nth),
            ];
            all.push(Fault::new(format!("lost-{lost}-{name}"), rules).marked(mark));
        }
    }
    all
}

/// Trouble while looking for a lost commit, and when it is made again.
fn of_looks(steps: &Steps) -> Vec<(String, &'static str, u64, FaultKind)> {
    let again = |name: &str, kind| (name.to_owned(), steps.commit, steps.nth + 1, kind);
    let mut all = vec![
        again("again", FaultKind::LostAfter),
        again("again-503", FaultKind::ServerError { status: 503 }),
    ];
    for (step, nth) in steps.looks {
        for (name, kind) in [
            ("503", FaultKind::ServerError { status: 503 }),
            ("token", FaultKind::TokenExpired),
            ("cut", FaultKind::Truncated),
            ("429", FaultKind::RateLimited { retry_after_s: 300 }),
        ] {
            all.push((format!("{}-{name}", short(step)), step, *nth, kind));
        }
    }
    all
}

/// `threads.create`: `create`.
fn short(step: &str) -> &str {
    step.split_once('.').map_or(step, |(_, name)| name)
}

/// Lost commits only: what is looked at is something else.
fn few(scene: &str) -> Vec<Fault> {
    let mut all = of_kind(scene);
    all.retain(|f| f.name == NONE || f.name.starts_with("commit") || f.name.starts_with("lost"));
    all
}

fn of_kind(scene: &str) -> Vec<Fault> {
    let (cast, kind) = cast::kind(scene).unwrap_or_else(|| panic!("no such scene: {scene}"));
    (cast.faults)(kind)
}

/// The faults of a scene.
pub fn faults(scene: &str) -> Vec<Fault> {
    let base = variants::base(scene);
    match cast::kind(base) {
        // Variants of flows that are long by themselves.
        Some((cast, _)) if base != scene && cast.platform == "threads" => few(base),
        // Which of two calls under way something comes from cannot be seen where it comes later by itself.
        Some((cast, _)) if base != scene && cast.works_alone => {
            let mut all = of_kind(base);
            all.retain(|fault| fault.slow.is_none());
            all
        }
        Some(_) => of_kind(base),
        None => few("text"),
    }
}
