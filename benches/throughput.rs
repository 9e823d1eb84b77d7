//! From dropped files to published posts and receipts, over loopback, with durable commits.
//!
//! Each account gets no more than the pacer's burst of 20 calls allows, so that crier is measured and not the pace
//! that it keeps towards platforms: `--paced` shows that one.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the monotonic clock")]

mod house;

use std::time::{Duration, Instant};

use house::{Accounts, House, account};

#[tokio::main(worker_threads = 2)]
async fn main() {
    if std::env::args().any(|arg| arg == "--paced") {
        run(
            "mail, one account, 60 posts (paced)",
            Accounts { threads: 0, mail: 1 },
            "m",
            60,
        )
        .await;
        return;
    }
    run(
        "mail, 1 account x 15 posts",
        Accounts { threads: 0, mail: 1 },
        "m",
        15,
    )
    .await;
    run(
        "mail, 20 accounts x 15 posts",
        Accounts { threads: 0, mail: 20 },
        "m",
        15,
    )
    .await;
    run(
        "Threads, 1 account x 4 posts",
        Accounts { threads: 1, mail: 0 },
        "t",
        4,
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
    )
    .await;
}

async fn run(name: &str, accounts: Accounts, kind: &str, each: usize) {
    let house = House::start(accounts).await;
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
