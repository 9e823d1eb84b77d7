//! An idle store must not wake the processor, although sled keeps threads that ask for work every second.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crier::store::{Batch, SledStore, Store, Table};

const STATE: &str = "CRIER_TEST_IDLE_STATE";
/// The length of the measurement. Seven threads with their usual patience wake 21 times in it.
const SPAN: Duration = Duration::from_secs(3);

/// How often the threads of the store and of sled went to sleep so far, and how many they are.
fn sleeps() -> (u64, usize) {
    let (mut sum, mut threads) = (0, 0);
    for task in std::fs::read_dir("/proc/self/task")
        .expect("the kernel tells")
        .flatten()
    {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let name = read("comm");
        if name.starts_with("sled-") || name.starts_with("crier-") {
            let status = read("status");
            let line = status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            sum += line
                .and_then(|count| count.trim().parse::<u64>().ok())
                .unwrap_or(0);
            threads += 1;
        }
    }
    (sum, threads)
}

/// The child: has a store of its own and does nothing with it. Run by itself it has nothing to do.
#[test]
fn sleeper() {
    let Some(state) = std::env::var_os(STATE) else {
        return;
    };
    let (store, _) = SledStore::open(Path::new(&state), 1).expect("the database opens");
    for index in 0..50u32 {
        let mut batch = Batch::new();
        batch.put(Table::Posts, index.to_be_bytes(), vec![1; 900]);
        store.commit_blocking(batch).expect("it commits");
    }
    // not a wait for something: the span that is measured, and one before it for sled to settle
    std::thread::sleep(SPAN / 2);
    let (before, _) = sleeps();
    std::thread::sleep(SPAN);
    let (after, threads) = sleeps();
    println!("\nwakes {} {threads}", after - before);
    store.close();
}

#[test]
fn an_idle_store_sleeps() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = Command::new(std::env::current_exe().expect("the test knows itself"))
        .args([
            "--exact",
            "store::power::idle::sleeper",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(STATE, dir.path())
        .output()
        .expect("the child runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("wakes "))
        .unwrap_or_else(|| panic!("{text}"));
    let (wakes, threads) = line.split_once(' ').expect("two numbers");
    println!("{wakes} wake-ups of {threads} threads in {SPAN:?}");
    assert!(
        threads.parse::<u32>().expect("a number") >= 8,
        "sled's threads were not seen: {text}"
    );
    // a busy machine may end a late wait early, for nothing, when it is awake anyway
    assert!(wakes.parse::<u32>().expect("a number") <= 7, "{wakes} wake-ups");
}
