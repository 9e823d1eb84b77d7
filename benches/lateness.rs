//! How late the commit request of a prepared post arrives: its arrival at the stand-in against its due time.
//!
//! Threads: the container is made and finished before; only the publishing call is left. Mail has nothing to
//! prepare: what is measured is when the server has the whole message, with TLS and login before it.
//! The stand-in counts whole milliseconds.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the monotonic clock")]

mod house;

use std::collections::BTreeMap;
use std::time::Duration;

use crier::domain::time::{Span, Timestamp};
use crier::engine::clock::Clock;
use house::{Accounts, House, account, print_row};

/// Accounts of each kind; as many posts are due at each instant.
const ACCOUNTS: usize = 10;
/// Instants, a second apart.
const INSTANTS: usize = 5;
/// From dropping to the first instant: containers must be done by then, their second look included.
const AHEAD: Span = Span::secs(15);

#[tokio::main(worker_threads = 2)]
async fn main() {
    for kind in ["t", "m"] {
        let accounts = match kind {
            "t" => Accounts {
                threads: ACCOUNTS,
                mail: 0,
            },
            _ => Accounts {
                threads: 0,
                mail: ACCOUNTS,
            },
        };
        let house = House::start(accounts).await;
        let due = drop_all(&house, kind);
        let count = due.len();
        house
            .until("the last post", Duration::from_secs(60), |h| {
                h.published() == count
            })
            .await;
        let late = lateness(&house, &due);
        let (first, rest): (Vec<_>, Vec<_>) = late.into_iter().partition(|(order, _)| *order == 0);
        let name = if kind == "t" {
            "Threads, publish"
        } else {
            "mail, final dot"
        };
        let one = |rows: Vec<(usize, f64)>| rows.into_iter().map(|(_, late)| late).collect::<Vec<_>>();
        print_row(&format!("{name}: first of {ACCOUNTS} at an instant"), one(first));
        print_row(&format!("{name}: the other {}", ACCOUNTS - 1), one(rest));
        house.stop().await;
    }
}

/// Drops one post for each account and instant; answers the due time of each text.
fn drop_all(house: &House, kind: &str) -> BTreeMap<String, Timestamp> {
    let now = Clock.now();
    let first = Timestamp((now + AHEAD).0 / 1000 * 1000);
    let mut due = BTreeMap::new();
    for instant in 0..INSTANTS {
        let at = first + Span::secs(i64::try_from(instant).expect("few"));
        for n in 0..ACCOUNTS {
            let text = format!("late {kind} {instant} {n}");
            house.drop_post(&text.replace(' ', "-"), &account(kind, n), &text, Some(at));
            due.insert(text, at);
        }
    }
    due
}

/// Milliseconds after the due time of each post, with its place among those of its instant.
fn lateness(house: &House, due: &BTreeMap<String, Timestamp>) -> Vec<(usize, f64)> {
    let world = house.sandbox.world();
    let threads = world
        .threads
        .published()
        .iter()
        .map(|p| (p.text.clone(), p.at_ms));
    let mails = world.mail.messages().iter().map(|m| (subject(&m.bytes), m.at_ms));
    let mut by_instant: BTreeMap<Timestamp, Vec<i64>> = BTreeMap::new();
    for (text, at) in threads.chain(mails) {
        let due = due
            .get(&text)
            .unwrap_or_else(|| panic!("{text:?} was never dropped"));
        by_instant.entry(*due).or_default().push(at - due.0);
    }
    let mut all = Vec::new();
    for mut of_instant in by_instant.into_values() {
        of_instant.sort_unstable();
        assert!(of_instant[0] >= 0, "published early by {} ms", -of_instant[0]);
        all.extend(of_instant.into_iter().map(|ms| ms as f64).enumerate());
    }
    all
}

/// Mails have no other name here: the first line of the text is their subject.
fn subject(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find_map(|l| l.strip_prefix("Subject: "));
    line.unwrap_or_default().trim().to_owned()
}
