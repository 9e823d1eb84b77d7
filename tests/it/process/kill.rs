//! The kill marathon: crierd is killed at random times while posts are dropped, edited and removed and the
//! platforms fail; at the end every post is out once, or failed or held with a true reason.
//!
//! `tests/kill/run N [SEED]` kills as often as one likes.

mod faults;
mod items;
mod judge;

use std::time::{Duration, Instant};

use super::bench::Bench;
use crier::admin::types::{DeliveryView, PhaseName, PostState, PostView, Target, Verdict};
use crier::domain::id::AccountName;
use items::{Dice, Items};
use judge::Wall;

/// Kills in one run when nothing else is said; `tests/kill/run` makes 200 of them.
const KILLS: u32 = 60;
/// What is under way then may take this long to end.
const DRAIN: Duration = Duration::from_secs(120);
/// Who waits longer than this in the drain is told to try now.
const LONG_MS: i64 = 15_000;

fn number(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_times_it_publishes_once_and_loses_nothing() {
    let kills = number("CRIER_KILLS").map_or(KILLS, |n| u32::try_from(n).unwrap());
    let seed = number("CRIER_SEED").unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64 % 1_000_000
    });
    eprintln!("to do it again: CRIER_SEED={seed} tests/kill/run {kills}");
    let began = Instant::now();
    let mut bench = Bench::connected(seed).await;
    bench.kill();
    let mut dice = Dice::new(seed);
    let mut items = Items::default();
    for life in 0..kills {
        one_life(&mut bench, &mut dice, &mut items, life).await;
    }
    let killed = began.elapsed();
    bench.no_faults().await;
    bench.start();
    bench.ready().await;
    let resolved = drain(&mut bench, &items).await;
    let wall = Wall::look(&bench).await;
    let posts = bench.posts(PostState::All).await;
    let log = bench.logged();
    assert!(!log.contains("panicked"), "crierd panicked");
    let told = judge::judge(&bench, &items, &wall, &posts);
    eprintln!(
        "{kills} kills in {} s, then {} s to the end; {resolved} unknown outcomes told; {told}",
        killed.as_secs(),
        (began.elapsed() - killed).as_secs(),
    );
    assert!(bench.stop().await.success());
}

/// Start, live a little, do something, die.
async fn one_life(bench: &mut Bench, dice: &mut Dice, items: &mut Items, life: u32) {
    if dice.chance(60) {
        bench.control("faults", &faults::roll(dice)).await;
    }
    if dice.chance(40) {
        items.act(bench, dice);
    }
    bench.start();
    let span = match dice.below(10) {
        0..6 => 5 + dice.below(395),
        6..9 => 200 + dice.below(700),
        _ => 900 + dice.below(1600),
    };
    let before = dice.below(span);
    tokio::time::sleep(Duration::from_millis(before)).await;
    if dice.chance(60) {
        items.act(bench, dice);
    }
    tokio::time::sleep(Duration::from_millis(span - before)).await;
    let ended = bench.kill();
    assert!(
        ended.is_none(),
        "crierd ended by itself in life {life}: {ended:?}"
    );
}

/// Lets everything come to its end; what only a person can know is told as it is.
async fn drain(bench: &mut Bench, items: &Items) -> usize {
    let end = Instant::now() + DRAIN;
    let mut resolved = 0;
    loop {
        assert_eq!(bench.ended(), None, "crierd has ended in the drain");
        let open = bench.posts(PostState::Open).await;
        if open.is_empty() && items.untaken(bench).is_empty() {
            return resolved;
        }
        if Instant::now() > end {
            let silent: Vec<_> = open.iter().filter(|post| !explained(post)).collect();
            assert!(silent.is_empty(), "open, and nobody knows why: {silent:#?}");
            for post in &open {
                eprintln!("open, with a reason: {} {:?}", post.file, post.deliveries);
            }
            return resolved;
        }
        for post in &open {
            for delivery in &post.deliveries {
                resolved += usize::from(help(bench, items, post, delivery).await);
            }
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// Whether each delivery that is open says what it waits for, and until when.
fn explained(post: &PostView) -> bool {
    post.deliveries.iter().all(|delivery| {
        let hold = delivery.hold.as_ref();
        delivery.outcome.is_some() || hold.is_some_and(|h| h.until.is_some())
    })
}

/// What a person would do; true: an unknown outcome was told.
async fn help(bench: &Bench, items: &Items, post: &PostView, delivery: &DeliveryView) -> bool {
    let target = Target {
        post: post.id.clone(),
        account: Some(AccountName::new(&delivery.account).unwrap()),
        if_revision: Some(delivery.revision),
    };
    let hold = delivery.hold.as_ref();
    match delivery.phase {
        PhaseName::Held if hold.is_some_and(|h| h.kind == "unknown") => {
            let wall = Wall::look(bench).await;
            let verdict = match wall.find(items, post, delivery) {
                Some(remote_id) => Verdict::Published {
                    remote_id: Some(remote_id),
                    permalink: None,
                },
                None => Verdict::NotPublished,
            };
            // It may have moved meanwhile.
            bench.client().resolve(&target, &verdict).await.is_ok()
        }
        PhaseName::Held | PhaseName::Waiting => {
            let now = crier::engine::clock::Clock.now().0;
            let until = hold.and_then(|h| h.until).map(|at| at.0.0);
            let long = until.is_none_or(|until| until > now + LONG_MS);
            let due = post.due.is_none_or(|due| due.0.0 <= now);
            if long
                && due
                && let Err(error) = bench.client().retry(&target).await
            {
                eprintln!("{}: {hold:?}: retry: {error}", post.file);
            }
            false
        }
        PhaseName::Ready | PhaseName::Calling | PhaseName::Ended => false,
    }
}
