//! The simulation: the real machine (`core::desk`) with real platforms against the sandbox's models, under virtual
//! time, killed at every pair of crash points.

mod broken;
mod check;
mod disk;
mod life;
mod outside;
mod plan;
mod scene;
mod toy;

use plan::Choice;

fn choice() -> Choice {
    Choice {
        rule: None,
        singles: 100,
        pairs: 5,
        stop_at_first: false,
        store: false,
    }
}

#[test]
fn every_pair_of_crashes() {
    let start = std::time::Instant::now();
    let wanted = std::env::var("CRIER_SIM_SCENES").unwrap_or_default();
    let scenes: Vec<&str> = scene::SCENES
        .into_iter()
        .filter(|s| wanted.is_empty() || wanted.split(',').any(|w| w == *s))
        .collect();
    let tally = plan::run(&scenes, &choice());
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
}

#[test]
fn replay() {
    let Ok(seed) = std::env::var("CRIER_SIM_SEED") else { return };
    let (result, trace) = plan::replay(&seed, None);
    for line in &trace {
        println!("{line}");
    }
    result.unwrap();
}
