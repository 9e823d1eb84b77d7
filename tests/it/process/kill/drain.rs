//! After the last kill: everything comes to its end, as with a person who looks after it.

use std::fmt;
use std::time::{Duration, Instant};

use super::items::Items;
use super::judge::Wall;
use super::person::Person;
use crate::process::bench::Bench;
use crier::admin::types::{DeliveryView, HoldView, PhaseName, PostState, PostView, Target, Verdict};
use crier::domain::id::AccountName;

/// What is under way may take this long to end.
const DRAIN: Duration = Duration::from_secs(240);
/// What nobody can hasten is waited for so long.
const PATIENT: Duration = Duration::from_secs(50);
/// Who waits longer than this is told to try now.
const LONG_MS: i64 = 5_000;

/// What it took.
#[derive(Debug, Default)]
pub struct Drained {
    resolved: usize,
    retried: usize,
}

impl fmt::Display for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} unknown outcomes told, {} long waits cut short",
            self.resolved, self.retried
        )
    }
}

/// Waits until nothing is open any more, or only what nobody can hasten: that is for the judge.
pub async fn drain(bench: &mut Bench, items: &Items, person: &mut Person) -> Drained {
    let (end, patient) = (Instant::now() + DRAIN, Instant::now() + PATIENT);
    let mut drained = Drained::default();
    loop {
        assert_eq!(bench.ended(), None, "crierd has ended in the drain");
        let open = bench.posts(PostState::Open).await;
        if open.is_empty() && items.untaken(bench).is_empty() {
            return drained;
        }
        let mut stuck = !person.looks(bench).await;
        for post in &open {
            for delivery in post.deliveries.iter().filter(|d| d.outcome.is_none()) {
                stuck &= !help(bench, items, post, delivery, &mut drained).await;
            }
        }
        let lying = items.untaken(bench).len();
        let done = stuck && lying == open.len() && Instant::now() > patient;
        if done || Instant::now() > end {
            return drained;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// What a person would do. False: it waits for long, and nobody can do anything about it.
async fn help(
    bench: &Bench,
    items: &Items,
    post: &PostView,
    delivery: &DeliveryView,
    drained: &mut Drained,
) -> bool {
    let account = AccountName::new(&delivery.account).unwrap();
    let target = Target {
        post: post.id.clone(),
        account: Some(account.clone()),
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
            let told = bench.client().resolve(&target, &verdict).await.is_ok();
            drained.resolved += usize::from(told);
            true
        }
        PhaseName::Held | PhaseName::Waiting | PhaseName::Ready => {
            let now = crier::engine::clock::Clock.now().0;
            let due = post.due.is_none_or(|due| due.0.0 <= now);
            if !due || !long(hold, now) {
                return true;
            }
            let retried = match hold.filter(|hold| hold.kind == "renewing") {
                // One that failed is tried again only minutes later, if nobody asks.
                Some(_) => bench.client().refresh(&account).await.is_ok(),
                None => bench.client().retry(&target).await.is_ok(),
            };
            drained.retried += usize::from(retried);
            retried
        }
        PhaseName::Calling | PhaseName::Ended => true,
    }
}

fn long(hold: Option<&HoldView>, now: i64) -> bool {
    hold.is_some_and(|hold| hold.until.is_none_or(|until| until.0.0 > now + LONG_MS))
}
