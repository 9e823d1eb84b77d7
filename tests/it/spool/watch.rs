//! inotify as a hint: what it tells, collapsed, and that nothing is lost without being told.

use std::fs;
use std::time::Duration;

use crier::domain::id::QueueName;
use crier::spool::{Stir, Stirs, Watch};

use super::Spool;

async fn next(watch: &mut Watch) -> Stirs {
    tokio::time::timeout(Duration::from_secs(10), watch.next())
        .await
        .expect("the watch told nothing")
        .unwrap()
}

fn news() -> QueueName {
    QueueName::new("news").unwrap()
}

/// All that is told until `name` has arrived.
async fn until(watch: &mut Watch, name: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let stirs = next(watch).await;
        if let Some(stir) = stirs.queues.get(&news()) {
            all.extend(stir.arrived.iter().cloned());
            if stir.arrived.contains(name) {
                return all;
            }
        }
    }
}

#[tokio::test]
async fn files_and_bundles_are_told_when_they_are_whole() {
    let spool = Spool::new();
    let mut watch = Watch::new().unwrap();
    watch.queue(&news(), spool.path()).unwrap();
    spool.write("x.toml", "text = \"Hello\"");
    assert_eq!(until(&mut watch, "x.toml").await, ["x.toml"]);
    spool.queue.arrived(["x.toml"]);
    assert!(spool.queue.read("x.toml", spool.now()).is_ok());

    fs::rename(spool.path().join("x.toml"), spool.path().join("y.toml")).unwrap();
    assert_eq!(until(&mut watch, "y.toml").await, ["y.toml"]);
    fs::remove_file(spool.path().join("y.toml")).unwrap();
    let stirs = next(&mut watch).await;
    assert!(stirs.queues.contains_key(&news()), "a removal is told");

    // A file is whole at once by a hard link, and never seen under its first name.
    let outside = spool.path().parent().unwrap().join("w");
    fs::write(&outside, "Hello").unwrap();
    spool.write(".hidden", "no word of it");
    fs::hard_link(&outside, spool.path().join("w.txt")).unwrap();
    let stirs = next(&mut watch).await;
    assert_eq!(stirs.queues[&news()], Stir::default());

    fs::create_dir(spool.path().join("z.post")).unwrap();
    next(&mut watch).await;
    watch.bundle(&news(), spool.path(), "z.post").unwrap();
    fs::write(spool.path().join("z.post/post.txt"), "Hello").unwrap();
    until(&mut watch, "z.post/post.txt").await;
    spool.queue.arrived(["z.post/post.txt"]);
    assert!(spool.queue.read("z.post", spool.now()).is_ok());
}

#[tokio::test]
async fn many_events_are_few_answers() {
    let spool = Spool::new();
    let mut watch = Watch::new().unwrap();
    watch.queue(&news(), spool.path()).unwrap();
    for n in 0..500 {
        spool.write(&format!("{n}.txt"), "Hello");
    }
    let (mut answers, mut names) = (0, 0);
    while names < 500 {
        names += next(&mut watch).await.queues[&news()].arrived.len();
        answers += 1;
    }
    assert!(answers < 50, "{answers}");
}

#[tokio::test]
async fn a_directory_taken_away_is_told() {
    let spool = Spool::new();
    let mut watch = Watch::new().unwrap();
    watch.queue(&news(), spool.path()).unwrap();
    fs::rename(spool.path(), spool.path().with_extension("old")).unwrap();
    let stirs = next(&mut watch).await;
    assert!(stirs.queues[&news()].lost);
}

#[tokio::test]
async fn an_overflow_asks_for_a_scan_of_everything() {
    let spool = Spool::new();
    let mut watch = Watch::new().unwrap();
    watch.queue(&news(), spool.path()).unwrap();
    let max: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events")
        .ok()
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or(16_384);
    if max > 100_000 {
        eprintln!("skipped: this kernel queues {max} events");
        return;
    }
    // Equal events that follow each other are one to the kernel: two names in turn. Opened and closed
    // without a byte, which no disk has to wait for.
    for n in 0..max {
        let name = if n % 2 == 0 { "a.txt" } else { "b.txt" };
        let open = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(spool.path().join(name));
        drop(open.unwrap());
    }
    loop {
        if next(&mut watch).await.overflow {
            return;
        }
    }
}
