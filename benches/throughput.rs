//! From dropped files to published posts and receipts, over loopback, with durable commits.
//!
//! Each account gets no more than the pacer's burst of 20 calls allows, so that crier is measured and not the pace
//! that it keeps towards platforms: `--paced` shows that one. Somebody listens to the engine's heart, as systemd does: its
//! status line counts what waits, and the last house has much that waits.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the monotonic clock")]

mod house;

use std::time::{Duration, Instant};

use crier::domain::time::Span;
use crier::engine::clock::Clock;
use house::{Accounts, Ground, Heard, House, account};

#[tokio::main(worker_threads = 2)]
async fn main() {
    if std::env::args().any(|arg| arg == "--paced") {
        run(
            "mail, one account, 60 posts (paced)",
            Accounts { threads: 0, mail: 1 },
            "m",
            60,
            0,
        )
        .await;
        return;
    }
    run(
        "mail, 1 account x 15 posts",
        Accounts { threads: 0, mail: 1 },
        "m",
        15,
        0,
    )
    .await;
    run(
        "mail, 20 accounts x 15 posts",
        Accounts { threads: 0, mail: 20 },
        "m",
        15,
        0,
    )
    .await;
    run(
        "the same, 2000 others wait",
        Accounts { threads: 0, mail: 20 },
        "m",
        15,
        2000,
    )
    .await;
    run(
        "Threads, 1 account x 4 posts",
        Accounts { threads: 1, mail: 0 },
        "t",
        4,
        0,
    )
    .await;
    run(
        "Threads, 100 accounts x 4 posts",
        Accounts {
            threads: 100,
            mail: 0,
        },
        "t",
        4,
        0,
    )
    .await;
}

async fn run(name: &str, accounts: Accounts, kind: &str, each: usize, others: usize) {
    let heard = Ground {
        heart: Box::new(Heard),
        ..Ground::default()
    };
    let house = House::on(heard, accounts).await;
    let tomorrow = Clock.now() + Span::days(1);
    for n in 0..others {
        let of = account(kind, n % (accounts.threads + accounts.mail));
        house.drop_post(&format!("other-{n}"), &of, &format!("other {n}"), Some(tomorrow));
    }
    house.until_waiting(others, Duration::from_secs(120)).await;
    let posts = (accounts.threads + accounts.mail) * each;
    let begun = Instant::now();
    for post in 0..each {
        for n in 0..accounts.threads + accounts.mail {
            let text = format!("post {post} of {kind}{n}");
            house.drop_post(&text.replace(' ', "-"), &account(kind, n), &text, None);
        }
    }
    let dropped = begun.elapsed();
    let patience = Duration::from_secs(60);
    house
        .until("the last post", patience, |h| h.published() >= posts)
        .await;
    let published = begun.elapsed();
    house
        .until("the last receipt", patience, |h| h.receipts() >= posts)
        .await;
    let finished = begun.elapsed();
    assert_eq!(house.published(), posts, "each once");
    println!(
        "{name:<38} {posts:>4} posts: dropped in {:>5.2} s, published in {:>5.2} s ({:>6.1}/s), receipts in {:>5.2} s",
        dropped.as_secs_f64(),
        published.as_secs_f64(),
        posts as f64 / published.as_secs_f64(),
        finished.as_secs_f64()
    );
    house.stop().await;
}
