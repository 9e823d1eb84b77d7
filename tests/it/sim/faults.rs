//! What can go wrong in the world while a scene is played.

use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::threads::AfterPublish;

use super::outside::Slow;
use super::plan::hash;
use super::state::Sim;
use super::variants;

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

    pub fn put_into(&self, sim: &mut Sim) {
        for rule in &self.rules {
            sim.outside.world.faults.add(rule.clone());
        }
        sim.outside.slow = self.slow;
        sim.echo = self.echo;
        sim.patience = sim.patience.max(self.patience);
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
    match variants::base(scene) {
        "mail" | "mails" | "attachment" => mail_faults(variants::base(scene)),
        "keyed" | "keyed-look" | "chosen" | "blind" => toy_faults(),
        "both" | "byhand" | "cancelled" | "one-cancelled" | "quota" | "spaced" | "same" | "two" => {
            few_faults()
        }
        base if base == scene => threads_faults(scene),
        _ => few_faults(),
    }
}
