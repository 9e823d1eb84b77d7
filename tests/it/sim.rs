//! The simulation: the real machine (`core::desk`) with real platforms against the sandbox's models, under virtual
//! time, killed at every pair of crash points.
//!
//! | file | what |
//! | --- | --- |
//! | `life` | one life after another: restore, decide, commit, act; a person who does what is right; crash points before and after each commit and each send |
//! | `state` | what a crash leaves, and what comes from outside |
//! | `outside` | the vendors and the truth: every effect is noted when it happens |
//! | `cast` | a file for each platform, and a row for each of its logins and modes: accounts, kinds of posts, faults |
//! | `cells` | every kind that a platform offers has a scene, by every login |
//! | `request` | crier's calls as the sandbox's models take them, and the files of `tests/media` |
//! | `toy` | test platforms beside Threads and mail: keyed writes, a chosen id, a blind write |
//! | `disk` | what was written down: a map, or crier's own store in memory |
//! | `scene`, `variants`, `faults` | what is published, under which rules, and what goes wrong meanwhile |
//! | `plan` | scenes × faults × crash points × downtimes: which of these runs are made |
//! | `renewal` | renewals of tokens by all ways of logging in, killed at every pair of points under every fault; its own rules broken on purpose in `renewal/broken` |
//! | `month` | thirty days of each platform and login at small limits, others on the same account, restarts, clocks that are set |
//! | `windows` | limits of single kinds of calls |
//! | `chance` | runs by the dice: several posts and accounts, cancels, edits, freezes, dead tokens, clocks that are set |
//! | `check` | nothing twice, early, late or out of order; nothing lost, no false end, no quota exceeded |
//! | `broken` | the test of the test |
//!
//! # What is exhaustive, and what is drawn
//!
//! A crash point is a moment before or after a commit to the disk or a send; where nothing was written, sent or moved
//! since the one before, both leave the same behind and are one. A second crash before anything was written after the
//! first is one longer downtime. Each life's first 100 points count: a container that is stuck is polled all day.
//!
//! `gate` is what `cargo test` runs, about a minute on two idle cores when crier is optimised a little (as the gate of
//! this project does), and it prints its counts. A scene is short when its runs are (toys and mail):
//!
//! - without faults: every pair of crash points of every scene; short ones with all 36 pairs of downtimes, the others
//!   with one of the six after each crash, and with all six after a single one;
//! - short ones: every pair with every fault;
//! - the others: every pair with the faults that stand for the rest (`Fault::mark`: the answer to the call that shows
//!   it is lost after its effect, and the same with trouble at the last look), every single crash point with every
//!   other fault.
//!
//! Which downtimes these runs have is drawn from the run's own name, always the same; crash points are never drawn.
//! `CRIER_SIM_MORE=3` runs three times the downtimes, `CRIER_SIM_WHOLE=pairs` (`tests/sim/run`) every pair with every fault,
//! `CRIER_SIM_WHOLE=all` that with all 36 pairs of downtimes (hours). `CRIER_SIM_SCENES=thread,mail` narrows each. `CRIER_SIM_SEED=...` (printed by a
//! failure) replays one run with its trace. `by_the_dice` is drawn altogether, from the posts, accounts and steps of all
//! platforms. What once failed is kept in `ONCE`.
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
//! | `ExpiryIgnored` | `expires` is not read |
//! | `BlindAgain` | that a post was already repeated blindly does not survive a restart |
//! | `UnknownRetried` | `on_unknown = "hold"` is read as "retry" |
//! | `ReloadIgnored` | a reload changes nothing before the next start |
//! | `AccountStays` | an account that was taken out of the config goes on |

#![expect(
    clippy::disallowed_methods,
    reason = "tests read their own variables and measure how long they take"
)]

mod broken;
mod cast;
mod cells;
mod chance;
mod check;
mod disk;
mod faults;
mod life;
mod month;
mod outside;
mod plan;
mod renewal;
mod request;
mod scene;
mod state;
mod toy;
mod variants;
mod windows;

use broken::Rule;
use faults::Fault;
use plan::{ALL, Choice, Depth};

/// Scenes whose runs are short.
const SHORT: [&str; 5] = ["keyed", "keyed-look", "chosen", "blind", "mail"];

/// What the gate runs.
fn gate(scene: &str, fault: &Fault) -> Depth {
    let none = fault.name == faults::NONE;
    let (singles, firsts, seconds) = match (SHORT.contains(&scene), fault.mark) {
        (true, _) if none => (ALL, ALL, ALL),
        (true, _) => (ALL, 1, 1),
        (false, true) if none => (ALL, 1, 1),
        (false, true) => (2, 1, 1),
        (false, false) => (1, 0, 0),
    };
    Depth {
        singles,
        firsts,
        seconds,
    }
}

/// `CRIER_SIM_MORE=6`: so many times the downtimes that are drawn, up to all of them.
fn more() -> usize {
    let wanted = std::env::var("CRIER_SIM_MORE").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Runs of the gate, at least.
const ORDINARY: usize = 100_000;

#[test]
fn every_pair_of_crashes() {
    let start = std::time::Instant::now();
    let wanted = std::env::var("CRIER_SIM_SCENES").unwrap_or_default();
    let scenes: Vec<&str> = scene::scenes()
        .into_iter()
        .filter(|s| wanted.is_empty() || wanted.split(',').any(|w| w == *s))
        .collect();
    let depth = match std::env::var("CRIER_SIM_WHOLE").as_deref() {
        Ok("pairs") => plan::pairs,
        Ok(_) => plan::whole,
        Err(_) => gate,
    };
    let choice = Choice {
        more: more(),
        ..Choice::new(depth)
    };
    let tally = plan::run(&scenes, &choice);
    println!(
        "{} runs, {} pairs of crash points, {} crash points passed, {} beyond the last that is tried, {} times a person was asked, {:?}",
        tally.runs,
        tally.pairs,
        tally.points,
        tally.cut,
        tally.unknown,
        start.elapsed()
    );
    println!("{:?}", tally.scenes);
    let mut whys = std::collections::BTreeMap::new();
    for (seed, why) in &tally.failed {
        let key: String = why.chars().take(70).collect();
        let entry = whys.entry(key).or_insert((0, seed.clone()));
        entry.0 += 1;
    }
    for (why, (n, seed)) in &whys {
        println!("{n:6} {seed}: {why}");
    }
    tally.assert_good();
    assert!(
        !wanted.is_empty() || tally.runs >= ORDINARY,
        "only {} runs",
        tally.runs
    );
}

/// Runs that failed once, and what was wrong.
const ONCE: [(&str, &str); 4] = [
    (
        "page-file-message/commit1-502-after/18.5",
        "a message of which only the file was sent ended as published",
    ),
    (
        "page-reel/commit1-429/10.3",
        "bytes that had arrived were sent again after a restart",
    ),
    (
        "same/none/2.0/46.5",
        "the date of an answer that came much too late made a look take an older post for its own",
    ),
    (
        "draft-photo/commit1-429/14.3",
        "a person who looks sees what the vendor did meanwhile",
    ),
];

#[test]
fn what_failed_once_goes_well() {
    for (seed, what) in ONCE {
        if let (Err(why), _) = plan::replay(seed, None) {
            panic!("{seed}: {why} ({what})");
        }
    }
}

/// The test of the test: each broken rule is caught by these scenes.
const RULES: [(Rule, &[&str]); 28] = [
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
    (Rule::ExpiryIgnored, &["expires", "expires-keyed"]),
    (Rule::BlindAgain, &["risk-blind"]),
    (Rule::UnknownRetried, &["blind", "mail"]),
    (
        Rule::ReloadIgnored,
        &["reload-late", "reload-quota", "reload-spacing"],
    ),
    (Rule::AccountStays, &["reload-away"]),
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
                sample: 170,
                stop_at_first: true,
                ..Choice::new(plan::whole)
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
    let runs = 600 * more() as u64;
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
fn renewals_are_killed_at_every_pair_of_points() {
    let start = std::time::Instant::now();
    let mut tally = renewal::Tally::default();
    let went = renewal::every_renewal(None, more(), &mut tally);
    println!("{tally:?}, {:?}", start.elapsed());
    went.unwrap();
    assert!(tally.runs > 10_000 && tally.killed > 15_000, "only {tally:?}");
    assert!(
        tally.lost > 0 && tally.in_time > 0,
        "nothing was ever lost: {tally:?}"
    );
}

#[test]
fn every_broken_rule_of_renewals_is_caught() {
    let mut missed = Vec::new();
    for rule in renewal::RULES {
        let mut tally = renewal::Tally::default();
        match renewal::every_renewal(Some(rule), 1, &mut tally) {
            Err(why) => println!("{rule:?}: caught after {} runs: {why}", tally.runs),
            Ok(()) => missed.push(rule),
        }
    }
    assert!(missed.is_empty(), "broken and not caught: {missed:?}");
}

#[test]
fn a_month_exceeds_no_limit() {
    let mut failed = Vec::new();
    for cast in month::casts() {
        for seed in 1..=more() as u64 {
            let start = std::time::Instant::now();
            match month::live(cast, seed, None).and_then(|seen| seen.full(seed).map(|()| seen)) {
                Ok(seen) => println!("{seen} ({:?})", start.elapsed()),
                Err(why) => failed.push(format!("{}, seed {seed}: {why}", cast.account())),
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Rules that a month must catch, with whom, and what is said then.
const MONTHS: [(Rule, &str, &str); 5] = [
    (Rule::RowsForgotten, "club", "crier alone"),
    (Rule::NoRow, "bird", "crier alone"),
    (Rule::ClockIgnored, "gallery", "crier alone"),
    (Rule::QuietIsFree, "dance", "calls"),
    (Rule::SilenceIgnored, "bird", "told to wait"),
];

#[test]
fn every_broken_rule_of_limits_is_caught() {
    let mut missed = Vec::new();
    for (rule, account, words) in MONTHS {
        let found = (1..=3).find_map(|seed| month::live(cast::of_account(account), seed, Some(rule)).err());
        println!("{rule:?}: {found:?}");
        if !found.is_some_and(|why| why.contains(words)) {
            missed.push(rule);
        }
    }
    assert!(missed.is_empty(), "broken and not caught: {missed:?}");
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
        sample: 20,
        ..Choice::new(plan::whole)
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
