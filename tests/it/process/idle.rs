//! A daemon with nothing to do sleeps.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::bench::{Bench, PATIENCE, until};
use crier::admin::types::PostState;

/// Context switches of every thread of a process, by thread.
fn switches(pid: u32) -> BTreeMap<String, u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks
        .filter_map(|task| {
            let status = fs::read_to_string(task.ok()?.path().join("status")).ok()?;
            let field = |name: &str| {
                let line = status.lines().find(|l| l.starts_with(name))?;
                line.split_whitespace().nth(1)?.parse::<u64>().ok()
            };
            let name = status.lines().next()?.replace("Name:\t", "");
            let id = status.lines().find(|l| l.starts_with("Pid:"))?.to_owned();
            let sum = field("voluntary_ctxt")? + field("nonvoluntary_ctxt")?;
            Some((format!("{name} {id}"), sum))
        })
        .collect()
}

/// Switches since then. Threads that have ended meanwhile count once.
fn since(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> u64 {
    let ended = before.keys().filter(|thread| !after.contains_key(*thread));
    let more = after
        .iter()
        .map(|(thread, n)| n - before.get(thread).unwrap_or(&0));
    more.sum::<u64>() + ended.count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_daemon_does_not_wake() {
    let bench = Bench::connected(8).await;
    let now = crier::engine::clock::Clock.now();
    let at = crier::domain::time::Timestamp(now.0 + 3_600_000).to_string();
    bench.drop_file(
        "news",
        "later.toml",
        &format!("at = {at}\ntext = \"In an hour.\"\n"),
    );
    until("it waits", PATIENCE, async || {
        (bench.posts(PostState::Open).await.len() == 1).then_some(())
    })
    .await;
    // Settled: five seconds without a switch (threads and connections that are not needed end after a while).
    // What never settles fails here.
    let mut last = switches(bench.pid());
    until("it is quiet for five seconds", 3 * PATIENCE, async || {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let counts = switches(bench.pid());
        let quiet = since(&last, &counts) == 0;
        if !quiet {
            eprintln!("not yet quiet: {last:?} -> {counts:?}");
        }
        last = counts;
        quiet.then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let after = switches(bench.pid());
    let status = fs::read_to_string(format!("/proc/{}/status", bench.pid())).unwrap();
    let rss = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    let woken = since(&last, &after);
    eprintln!(
        "idle: {woken} context switches in 4 s over {} threads, {rss}",
        after.len()
    );
    assert!(woken <= 1, "{last:?} -> {after:?}");
}
