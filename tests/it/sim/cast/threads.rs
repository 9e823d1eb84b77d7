//! Threads: containers, looks, and threads of several parts.

use crier::domain::post::{Content, Poll};
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::threads::{AfterPublish, Republish};
use crier::sandbox::world::World;

use super::{Cast, Kind, Steps, plain_words};
use crate::sim::faults::{self, Fault};
use crate::sim::scene::{media, segment, words};

const STEPS: Steps = Steps {
    commit: "threads.publish",
    nth: 1,
    nths: &[1],
    quiet: &["threads.create"],
    looks: &[("threads.status", 2), ("threads.list", 1)],
};

const fn kind(name: &'static str, content: fn(&str, &str) -> Content) -> Kind {
    let steps = STEPS;
    Kind { name, content, steps }
}

const fn long(name: &'static str, content: fn(&str, &str) -> Content, nths: &'static [u64]) -> Kind {
    let steps = Steps { nths, ..STEPS };
    Kind { name, content, steps }
}

pub static CAST: Cast = Cast {
    platform: "threads",
    accounts: &["club", "guild"],
    options: &[],
    scopes: &[],
    facts: &[],
    kinds: &[
        kind("text", |text, _| words(text)),
        kind("photo", |text, _| media(text, &[0])),
        kind("video", |text, _| media(text, &[3])),
        long("carousel", |text, _| media(text, &[0, 3]), &[1, 2]),
        kind("link", |text, _| {
            let mut content = words(text);
            content.segments[0].link = Some("https://club.example/".into());
            content
        }),
        kind("poll", |text, _| {
            let mut content = words(text);
            content.segments[0].poll = Some(Poll {
                options: vec!["yes".into(), "no".into()],
                duration: None,
            });
            content
        }),
        kind("reply", |text, other| Content {
            reply_to: Some(other.to_owned()),
            ..words(text)
        }),
        kind("quote", |text, other| Content {
            quote: Some(other.to_owned()),
            ..words(text)
        }),
        Kind {
            name: "repost",
            content: |_, other| Content {
                repost: Some(other.to_owned()),
                ..Content::default()
            },
            steps: Steps {
                commit: "threads.repost",
                ..STEPS
            },
        },
        kind("topic", |text, _| Content {
            topic: Some("club".into()),
            audience: Some("followers_only".into()),
            ..words(text)
        }),
        long("thread", thread, &[1, 2, 3]),
        kind("bare-photo", |_, _| media("", &[0])),
        long(
            "bare-thread",
            |text, _| {
                let mut content = media("", &[0]);
                content.segments.push(segment(&format!("{text} two")));
                content
            },
            &[1, 2],
        ),
        long(
            "picture-thread",
            |text, _| {
                let mut content = media(text, &[0]);
                content
                    .segments
                    .push(media(&format!("{text} two"), &[0, 3]).segments.remove(0));
                content
            },
            &[1, 2],
        ),
        long(
            "comment",
            |text, _| Content {
                first_comment: Some(format!("{text} comment")),
                ..words(text)
            },
            &[1, 2],
        ),
    ],
    prepare: |world| world.threads.settings.republish = Republish::SecondPost,
    switches,
    before: |world, account, now| {
        world.threads.seed_post(account, "before", None, now);
        world.threads.seed_post("someone", "a post", None, now)
    },
    by_hand: |world, account, text, now| {
        world.threads.seed_post(account, text, None, now);
        true
    },
    limits: |answers| if answers { &["replies"] } else { &["posts"] },
    repeats: |_| false,
    works_alone: false,
    file_first: false,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: true,
    faults: faults_of,
};

fn thread(text: &str, _: &str) -> Content {
    let mut content = words(text);
    content.segments.push(segment(&format!("{text} two")));
    content.segments.push(segment(&format!("{text} three")));
    content
}

/// The undocumented answers after publishing, and the list's lag, go round.
fn switches(world: &mut World, dice: u64) {
    let settings = &mut world.threads.settings;
    settings.after_publish = match dice % 5 {
        0 | 1 => AfterPublish::Published,
        2 | 3 => AfterPublish::NonexistingField,
        _ => AfterPublish::NotFound,
    };
    settings.list_lag_ms = [0, 45_000, 200_000][usize::try_from(dice / 7 % 3).unwrap_or(0)];
}

/// What any vendor's calls suffer, and what only Meta says.
fn faults_of(kind: &Kind) -> Vec<Fault> {
    let steps = &kind.steps;
    let mut all = faults::of_calls(steps);
    for nth in steps.nths {
        for (name, fault) in [
            ("code2", FaultKind::GraphTwoAfter),
            ("2207051-after", FaultKind::RestrictedAfter),
            ("2207051", FaultKind::Restricted),
            ("24", FaultKind::MediaNotFound),
        ] {
            let rule = FaultRule::once(steps.commit, fault).at(*nth);
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]));
        }
        for (name, fault) in [
            ("stuck", FaultKind::StuckContainer),
            ("unfetched", FaultKind::MediaNotFetched),
            ("failed", failed("FAILED_DOWNLOADING_VIDEO")),
            ("ratio", failed("INVALID_ASPEC_RATIO")),
        ] {
            // A later part that is stuck is polled for a day: too long for so many runs.
            if name == "stuck" && *nth > 1 {
                continue;
            }
            let rule = FaultRule::once("threads.create", fault).at(*nth);
            all.push(Fault::new(format!("create{nth}-{name}"), vec![rule]));
        }
    }
    // A repost has no container.
    if steps.commit == STEPS.commit {
        all.extend(not_found(steps));
    }
    let lag = FaultRule::once("threads.list", FaultKind::ListLag { ms: 600_000 });
    for (lost, kind) in faults::LOST {
        let rules = vec![FaultRule::once(steps.commit, kind), lag.clone()];
        all.push(Fault::new(format!("lost-{lost}-list-lag"), rules));
    }
    let read = FaultRule::once("threads.read", FaultKind::ServerError { status: 503 });
    all.push(Fault::new("read-503", vec![read]));
    all
}

/// Dice of [`switches`]: what a published container says of itself, and how long the list hides it.
const PUBLISHED: [(&str, u64); 5] = [
    ("said", 0),
    ("no-field", 2),
    ("gone", 4),
    ("gone-lag", 9),
    ("gone-long-lag", 14),
];

/// Containers that are not found when they are to be published: some are, and some never will be.
fn not_found(steps: &Steps) -> Vec<Fault> {
    let gone = |applied| FaultKind::GraphError {
        status: 400,
        code: 24,
        subcode: Some(4_279_009),
        applied,
    };
    let at = |nth, kind| FaultRule::once(steps.commit, kind).at(nth);
    let mut all = Vec::new();
    for nth in steps.nths {
        for (name, dice) in PUBLISHED {
            let rules = vec![at(*nth, gone(true))];
            all.push(Fault::new(format!("commit{nth}-24-after-{name}"), rules).dice(dice));
        }
        let mut rule = at(*nth, gone(false));
        rule.times = 9;
        all.push(Fault::new(format!("commit{nth}-24-always"), vec![rule]));
    }
    for (name, times) in [("once", 1), ("always", 60)] {
        let mut rule = FaultRule::once("threads.status", gone(false));
        rule.times = times;
        all.push(Fault::new(format!("status-24-{name}"), vec![rule]));
    }
    for (step, nth) in steps.looks {
        for (name, kind, times) in [
            ("503", FaultKind::ServerError { status: 503 }, 1),
            ("503-always", FaultKind::ServerError { status: 503 }, 60),
            ("token", FaultKind::TokenExpired, 1),
            ("cut", FaultKind::Truncated, 1),
            ("rejected", FaultKind::Rejected, 1),
        ] {
            let mut rule = FaultRule::once(step, kind).at(*nth);
            rule.times = times;
            let rules = vec![at(steps.nth, gone(true)), rule];
            let step = step.trim_start_matches("threads.");
            all.push(Fault::new(format!("24-after-{step}-{name}"), rules));
        }
    }
    all
}

fn failed(message: &str) -> FaultKind {
    FaultKind::FailedContainer {
        message: message.into(),
    }
}
