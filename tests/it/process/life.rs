//! Start, reload, stop.

use std::fs;

use super::bench::{Bench, PATIENCE, until};
use crier::admin::types::PostState;
use crier::engine::message_id;
use rustix::process::Signal;

const QUEUE: &str = "\n[queue.more]\naccounts = [\"club\"]\n";

fn append(bench: &Bench, text: &str) -> String {
    let path = bench.path("crier.toml");
    let before = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{before}{text}")).unwrap();
    before
}

async fn reloaded(bench: &Bench, queues: usize) {
    until("the reload is in force", PATIENCE, async || {
        let all = bench.client().queues().await.unwrap();
        (all.len() == queues).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_reload_counts_and_a_bad_one_changes_nothing() {
    let mut bench = Bench::connected(4).await;
    let before = append(&bench, QUEUE);
    bench.signal(Signal::HUP);
    reloaded(&bench, 3).await;
    bench.drop_file("more", "hello.txt", "Hello from the new queue.");
    bench.appears("more", "sent/hello.receipt.toml").await;

    let good = append(&bench, "\n[queue.bad]\nacounts = [\"club\"]\n");
    let refused = bench.ctl(&["reload"]);
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{words}");
    assert!(words.contains("acounts") && words.contains("accounts"), "{words}");
    reloaded(&bench, 3).await;
    let error = bench.client().status().await.unwrap().config.error;
    assert!(error.is_some_and(|e| e.contains("acounts")));
    bench.signal(Signal::HUP);
    bench.drop_file("news", "still.txt", "Still here.");
    bench.appears("news", "sent/still.receipt.toml").await;

    fs::write(bench.path("crier.toml"), good).unwrap();
    assert!(bench.ctl(&["reload"]).status.success());
    assert_eq!(bench.client().status().await.unwrap().config.error, None);
    fs::write(bench.path("crier.toml"), before).unwrap();
    let told = bench.ctl(&["reload"]);
    assert!(told.status.success());
    let words = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(words.contains("more"), "{words}");
    reloaded(&bench, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_parks_and_a_start_takes_up_again() {
    let mut bench = Bench::connected(5).await;
    let hang =
        serde_json::json!({"step": "threads.status", "times": 1000, "kind": "server_error", "status": 503});
    bench.control("faults", &hang).await;
    bench.drop_file("news", "parked.txt", "Parked on the way.");
    until("it is being sent", PATIENCE, async || {
        bench.spool("news", "sending/parked.txt").exists().then_some(())
    })
    .await;
    assert_eq!(bench.stop().await.code(), Some(0));
    assert!(!bench.path("admin.sock").exists(), "the socket stays behind");
    bench.no_faults().await;
    bench.start();
    bench.ready().await;
    bench.appears("news", "sent/parked.receipt.toml").await;
    let state = bench.state().await;
    let published = state["threads"]["published"].to_string();
    assert_eq!(published.matches("Parked on the way.").count(), 2, "{state}");
    assert!(bench.posts(PostState::Open).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_crierd_is_refused_by_name() {
    let mut bench = Bench::new(6).await;
    bench.start();
    bench.ready().await;
    let second = bench.configured().output().unwrap();
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success());
    assert!(
        words.contains(&bench.pid().to_string()) && words.contains("crierd"),
        "{words}"
    );
    assert!(bench.client().status().await.is_ok(), "the first one is hurt");
    assert_eq!(bench.stop().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_ends_with_0_or_78() {
    let bench = Bench::new(7).await;
    let good = bench.configured().arg("--check").output().unwrap();
    assert_eq!(
        good.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&good.stderr)
    );
    append(
        &bench,
        "\n[queue.bad]\nacounts = [\"club\"]\nspacing = \"soon\"\n",
    );
    for arguments in [&["--check"][..], &[]] {
        let bad = bench.configured().args(arguments).output().unwrap();
        let words = String::from_utf8_lossy(&bad.stderr).into_owned();
        assert_eq!(bad.status.code(), Some(78), "{words}");
        assert!(words.contains("acounts") && words.contains("soon"), "{words}");
    }
}

/// `crierd 2>&1 | head`: what it logs afterwards reaches nobody, and stops nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_stops_nothing() {
    let mut bench = Bench::connected(7).await;
    assert!(bench.stop().await.success());
    bench.start_unheard();
    bench.ready().await;
    bench.drop_file("news", "unheard.txt", "Said all the same.");
    bench.appears("news", "sent/unheard.receipt.toml").await;
    assert!(bench.stop().await.success());
}

/// `journalctl -x` explains what keeps crierd from starting: the entry carries the catalogue's id.
#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_it_from_starting_is_explained() {
    let mut bench = Bench::new(8).await;
    bench.start();
    bench.ready().await;
    assert!(bench.stop().await.success());
    let refused = |code: i32, id: message_id::MessageId| {
        let mut crierd = bench.configured();
        let ended = crierd.args(["--log-format", "json"]).output().unwrap();
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{words}");
        let last: serde_json::Value = serde_json::from_str(words.lines().last().unwrap()).unwrap();
        assert_eq!(last["message_id"], id.id(), "{words}");
    };

    let (key, right) = (bench.path("crier.key"), bench.path("right.key"));
    fs::rename(&key, &right).unwrap();
    refused(78, message_id::KEY_WRONG);
    assert!(bench.crierd().arg("keygen").arg(&key).status().unwrap().success());
    refused(78, message_id::KEY_WRONG);
    fs::rename(&right, &key).unwrap();
    fs::remove_dir_all(bench.path("state/store")).unwrap();
    refused(65, message_id::STORE_DAMAGED);
}
