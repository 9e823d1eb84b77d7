//! The kill marathon: crierd is killed at random times while posts of all kinds are dropped, edited and removed for
//! accounts on all platforms, tokens are renewed, and the platforms fail; at the end every post is out once, or
//! failed or held with a true reason.
//!
//! Two daemons live and die side by side, each with its sandbox and half of the kills.
//! `tests/kill/run N` kills as often as one likes.

mod dice;
mod drain;
mod faults;
mod items;
mod judge;
mod kind;
mod person;
mod reason;
pub mod stage;

use std::time::{Duration, Instant};

use super::bench::Bench;
use crier::admin::types::PostState;
use crier::domain::id::AccountName;
use dice::Dice;
use faults::Struck;
use items::Items;
use judge::Wall;
use person::Person;
use stage::{Others, ROTATING, STAGE};

/// Kills in one run when nothing else is said.
const KILLS: u32 = 200;
/// Daemons that share them.
const BENCHES: u32 = 2;
/// After so many lives a person looks at the accounts.
const VISITS: u32 = 12;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

#[test]
fn killed_at_random_times_it_publishes_once_and_loses_nothing() {
    let kills = number("CRIER_KILLS").map_or(KILLS, |n| u32::try_from(n).unwrap());
    let seed = number("CRIER_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64 % 1_000_000
    });
    eprintln!("to do it again: CRIER_SEED={seed} tests/kill/run {kills}");
    let runs: Vec<_> = (0..BENCHES)
        .map(|n| {
            let own = seed * u64::from(BENCHES) + u64::from(n);
            let share = (kills + n) / BENCHES;
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(marathon(own, share));
            })
        })
        .collect();
    // All of them come to their end before one that failed ends the test.
    let failed = runs.into_iter().filter_map(|run| run.join().err()).count();
    assert_eq!(failed, 0, "the reasons are above");
}

/// One daemon, its sandbox, and all of its deaths.
async fn marathon(seed: u64, kills: u32) {
    let began = Instant::now();
    let mut bench = Bench::all_connected(seed, &STAGE).await;
    bench.kill();
    let mut dice = Dice::new(seed);
    let mut items = Items::new(Others::come(&bench).await);
    let mut person = Person::default();
    for life in 0..kills {
        let late = life >= kills / 3;
        one_life(&mut bench, &mut dice, &mut items, (life, late)).await;
        if life % VISITS == VISITS - 1 {
            bench.start();
            bench.ready().await;
            person.looks(&bench).await;
            bench.kill();
        }
    }
    let killed = began.elapsed();
    let struck = Struck::look(&bench).await;
    bench.no_faults().await;
    bench.start();
    bench.ready().await;
    let drained = drain::drain(&mut bench, &items, &mut person).await;
    let wall = Wall::look(&bench).await;
    let posts = bench.posts(PostState::All).await;
    assert!(!bench.logged().contains("panicked"), "crierd panicked");
    let told = judge::judge(&bench, &items, &wall, &posts, &struck);
    eprintln!(
        "{kills} kills in {} s, then {} s to the end; {} faults; {drained}; {} logins; {told}",
        killed.as_secs(),
        (began.elapsed() - killed).as_secs(),
        struck.all(),
        person.logins,
    );
    assert!(bench.stop().await.success());
}

/// Start, live a little, do something, die.
async fn one_life(bench: &mut Bench, dice: &mut Dice, items: &mut Items, (life, late): (u32, bool)) {
    for _ in 0..dice.below(4) {
        bench.control("faults", &faults::roll(dice, late)).await;
    }
    if dice.chance(50) {
        items.act(bench, dice).await;
    }
    bench.start();
    if dice.chance(40) {
        renew(bench, ROTATING[dice.below(3) as usize]);
    }
    let span = match dice.below(10) {
        0..6 => 5 + dice.below(395),
        6..9 => 200 + dice.below(700),
        _ => 900 + dice.below(1100),
    };
    let before = dice.below(span);
    tokio::time::sleep(Duration::from_millis(before)).await;
    if dice.chance(60) {
        items.act(bench, dice).await;
    }
    tokio::time::sleep(Duration::from_millis(span - before)).await;
    let ended = bench.kill();
    assert!(
        ended.is_none(),
        "crierd ended by itself in life {life}: {ended:?}"
    );
}

/// Has a token renewed as soon as crierd answers: by itself it does so twice in two hours. It may be killed at any moment.
fn renew(bench: &Bench, account: &str) {
    let (client, name) = (bench.client(), AccountName::new(account).unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(async {
            for _ in 0..50 {
                if client.status().await.is_ok() {
                    let _ = client.refresh(&name).await;
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    });
}
