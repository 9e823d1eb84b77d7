//! The simulation: the real machine (`core::desk`) with real platforms against the sandbox's models, under virtual
//! time, killed at every pair of crash points.
//!
//! | file | what |
//! | --- | --- |
//! | `life` | one life after another: restore, decide, commit, act; a person who does what is right; crash points before and after each commit and each send |
//! | `outside` | the vendors and the truth: every effect is noted when it happens |
//! | `toy` | test platforms beside Threads and mail: keyed writes, a chosen id, a blind write |
//! | `disk` | what was written down: a map, or crier's own store in memory |
//! | `scene`, `plan` | scenes × faults × crash points × downtimes; all of them are possible runs, seeds choose which are made |
//! | `chance` | runs by the dice: several posts and accounts, cancels, edits, freezes, dead tokens, clocks that are set |
//! | `check` | nothing twice, early, late or out of order; nothing lost, no false end, no quota exceeded |
//! | `broken` | the test of the test |
//!
//! `CRIER_SIM_RUNS=2000000` makes about so many runs, `CRIER_SIM_SEED=...` (printed by a failure) replays one with its
//! trace, `CRIER_SIM_SCENES=thread,mail` narrows the plan.
//!
//! # The rules that are broken on purpose, each of which must be caught
//!
//! | rule | broken so |
//! | --- | --- |
//! | `ServerErrorIsNo` | a 5xx is read as "not done" |
//! | `PublishIsQuiet` | the publishing call is declared quiet |
//! | `NotHeldUntilDue` | a commit is not held until it is due |
//! | `OpenIsNotSent` | an open call found at a start is taken as not sent |
//! | `ActFirst` | actions begin before their changes are written |
//! | `GivingUpIsFailed` | giving up in doubt is called failed |
//! | `RefusalIsRefused` | a refusal of the repeat in doubt is called refused |
//! | `OneLook` | FINISHED once, at once, is taken as proof |
//! | `NewestIsOurs` | the newest entry of the list is taken as ours |
//! | `NoRow` | the ledger's row is not written with the intent |
//! | `TakenBackInDoubt` | rows of a lost call are taken back |
//! | `OldAnswerCounts` | an answer of an old attempt is taken for the present one's |
//! | `ThreadFromFirst` | a thread begins anew after a restart |
//! | `MailAgain` | mail is sent again after a lost final dot |
//! | `KeyTooLong` | a key is trusted for longer than its server keeps it |
//! | `KeyAgeRestarts` | a key's age begins anew at each start |
//! | `NotSynced` | the disk says "written" before it is |
//! | `LateIgnored` | the late rule is not applied |
//! | `SpacingIgnored` | spacing is not applied |
//! | `DuplicateIgnored` | the duplicate window is not applied |
//! | `SilenceIgnored` | `Retry-After` is not waited for |
//! | `CancelInDoubt` | a cancel ends a delivery that is in doubt |
//! | `DoubtForgotten` | a doubt does not survive a restart |

#![expect(
    clippy::disallowed_methods,
    reason = "tests read their own variables and measure how long they take"
)]

mod broken;
mod chance;
mod check;
mod disk;
mod life;
mod outside;
mod plan;
mod scene;
mod toy;

use broken::Rule;
use plan::Choice;

/// Scenes whose runs are short: most of their pairs are run, of the others a part.
const SHORT: [&str; 7] = [
    "keyed",
    "keyed-look",
    "chosen",
    "blind",
    "mail",
    "mails",
    "attachment",
];

fn choice(singles: u64, pairs: u64) -> Choice {
    Choice {
        rule: None,
        singles,
        pairs,
        stop_at_first: false,
        store: false,
    }
}

/// `CRIER_SIM_RUNS`: about so many runs in place of the ordinary ones.
fn more() -> u64 {
    let wanted = std::env::var("CRIER_SIM_RUNS")
        .ok()
        .and_then(|n| n.parse::<u64>().ok());
    wanted.map_or(1, |n| n.div_ceil(ORDINARY).max(1))
}

/// Runs without `CRIER_SIM_RUNS`, at least.
const ORDINARY: u64 = 100_000;

#[test]
fn every_pair_of_crashes() {
    let start = std::time::Instant::now();
    let wanted = std::env::var("CRIER_SIM_SCENES").unwrap_or_default();
    let scenes: Vec<&str> = scene::SCENES
        .into_iter()
        .filter(|s| wanted.is_empty() || wanted.split(',').any(|w| w == *s))
        .collect();
    let (short, long): (Vec<&str>, Vec<&str>) = scenes.iter().partition(|s| SHORT.contains(s));
    let mut tally = plan::run(&short, &choice(1000, 32 * more()));
    tally.add(plan::run(&long, &choice(70 * more(), 6 * more())));
    println!(
        "{} runs, {} crash points, {} times a person was asked, {:?}",
        tally.runs,
        tally.points,
        tally.unknown,
        start.elapsed()
    );
    let mut whys = std::collections::BTreeMap::new();
    for (seed, why) in &tally.failed {
        let key: String = why.chars().take(90).collect();
        let entry = whys.entry(key).or_insert((0, seed.clone()));
        entry.0 += 1;
    }
    for (why, (n, seed)) in &whys {
        println!("{n:6} {seed}: {why}");
    }
    tally.assert_good();
    assert!(
        !wanted.is_empty() || tally.runs as u64 >= ORDINARY,
        "only {} runs",
        tally.runs
    );
}

/// The test of the test: each broken rule is caught by these scenes.
const RULES: [(Rule, &[&str]); 23] = [
    (Rule::ServerErrorIsNo, &["blind"]),
    (Rule::PublishIsQuiet, &["text"]),
    (Rule::NotHeldUntilDue, &["text"]),
    (Rule::OpenIsNotSent, &["blind", "mail", "text"]),
    (Rule::ActFirst, &["blind", "text"]),
    (Rule::GivingUpIsFailed, &["chosen"]),
    (Rule::RefusalIsRefused, &["chosen", "keyed"]),
    (Rule::OneLook, &["text"]),
    (Rule::NewestIsOurs, &["byhand"]),
    (Rule::NoRow, &["quota"]),
    (Rule::TakenBackInDoubt, &["quota"]),
    (Rule::OldAnswerCounts, &["text", "thread"]),
    (Rule::ThreadFromFirst, &["thread"]),
    (Rule::MailAgain, &["mail"]),
    (Rule::KeyTooLong, &["keyed"]),
    (Rule::KeyAgeRestarts, &["keyed"]),
    (Rule::NotSynced, &["blind", "mail"]),
    (Rule::LateIgnored, &["text"]),
    (Rule::SpacingIgnored, &["spaced"]),
    (Rule::DuplicateIgnored, &["same"]),
    (Rule::SilenceIgnored, &["blind"]),
    (Rule::CancelInDoubt, &["cancelled"]),
    (Rule::DoubtForgotten, &["text", "chosen"]),
];

#[test]
fn every_broken_rule_is_caught() {
    let start = std::time::Instant::now();
    let mut missed = Vec::new();
    for (rule, scenes) in RULES {
        let tally = plan::run(
            scenes,
            &Choice {
                rule: Some(rule),
                singles: 120,
                pairs: 30,
                stop_at_first: true,
                store: false,
            },
        );
        match tally.failed.first() {
            Some((seed, why)) => {
                let why: String = why.chars().take(120).collect();
                println!(
                    "{:?} {rule:?}: caught after {} runs by {seed}: {why}",
                    start.elapsed(),
                    tally.runs
                );
            }
            None => missed.push(format!("{rule:?} ({} runs)", tally.runs)),
        }
    }
    assert!(missed.is_empty(), "broken and not caught: {missed:?}");
}

#[test]
fn by_the_dice() {
    let runs = 600 * more();
    let mut failed: Vec<(u64, String)> = Vec::new();
    for seed in 0..runs {
        if let (Err(why), _) = chance::run(seed, false, seed.is_multiple_of(10)) {
            failed.push((seed, why));
        }
    }
    for (seed, why) in failed.iter().take(20) {
        println!(
            "CRIER_SIM_SEED=dice/{seed}: {}",
            why.chars().take(300).collect::<String>()
        );
    }
    assert!(failed.is_empty(), "{} of {runs} runs failed", failed.len());
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        let (one, two) = (chance::run(seed, true, false), chance::run(seed, true, true));
        assert_eq!(
            one, two,
            "seed {seed}: the store in memory and the map, the same trace"
        );
    }
    for seed in [
        "thread/commit2-lost-after/20.1/9.2",
        "mails/drop-dot-after-2/8.1",
        "keyed/none/8.4",
    ] {
        assert_eq!(plan::replay(seed, None), plan::replay(seed, None), "{seed}");
    }
}

#[test]
fn the_same_through_the_store() {
    let choice = Choice {
        store: true,
        ..choice(20, 2)
    };
    plan::run(&["text", "thread", "mails", "keyed-look"], &choice).assert_good();
}

#[test]
fn replay() {
    let Ok(seed) = std::env::var("CRIER_SIM_SEED") else {
        return;
    };
    let dice = seed.strip_prefix("dice/").and_then(|n| n.parse().ok());
    let (result, trace) = match dice {
        Some(n) => chance::run(n, true, false),
        None => plan::replay(&seed, None),
    };
    for line in &trace {
        println!("{line}");
    }
    result.unwrap();
}
