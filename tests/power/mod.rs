//! Killed writers and cut power. A child process (this test binary again) commits as fast as it can from
//! several threads and says after each commit that it has it; it is killed, or the power of its file
//! system is cut, and then every commit it spoke of must be there, whole, and no other one half.
//!
//! The power cut is ext4's shutdown ioctl without a journal flush, on a loop device: the file system
//! stops at once, is unmounted, replayed and mounted again. Only what was acknowledged before the cut
//! began counts, since an acknowledgement may race with the cut. `tests/power/run 50` makes 50 cuts.

#![allow(
    clippy::disallowed_methods,
    reason = "a test waits for processes and is told by the environment"
)]

mod device;
mod idle;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crier::store::{Batch, SledStore, Store, StoreFault, Table, keys::Key};

/// Threads that commit at once, so that group commits are cut too.
const LANES: u32 = 3;
/// Batches of each lane that are kept; older ones are deleted by later ones.
const KEPT: u64 = 60;
/// Records of each lane that are written again and again.
const ROTATING: u64 = 40;
const STATE: &str = "CRIER_TEST_WRITER_STATE";

fn content(lane: u32, batch: u64, index: u64) -> Vec<u8> {
    let sizes = [40, 900, 4000, 9000, 200];
    let size = sizes[((batch + index) % 5) as usize];
    (0..size as u64)
        .map(|i| (i * 31 + batch * 7 + index * 3 + u64::from(lane)) as u8)
        .collect()
}

fn records_of(batch: u64) -> u64 {
    1 + batch % 5
}

fn write(store: &dyn Store, lane: u32, number: u64) -> Result<(), crier::store::StoreError> {
    let mut batch = Batch::new();
    for index in 0..records_of(number) {
        batch.put(
            Table::Posts,
            Key::new().u32(lane).u64(number).u64(index),
            content(lane, number, index),
        );
    }
    batch.put(
        Table::Ledger,
        Key::new().u32(lane).u64(number % ROTATING),
        content(lane, number, 99),
    );
    if let Some(old) = number.checked_sub(KEPT) {
        for index in 0..records_of(old) {
            batch.delete(Table::Posts, Key::new().u32(lane).u64(old).u64(index));
        }
    }
    batch.put(
        Table::Meta,
        Key::new().text("lane").u32(lane),
        number.to_be_bytes().to_vec(),
    );
    store.commit_blocking(batch)
}

fn reached(store: &dyn Store, lane: u32) -> u64 {
    let bytes = store
        .get(Table::Meta, &Key::new().text("lane").u32(lane).bytes())
        .expect("the database is readable");
    bytes.map_or(0, |bytes| {
        u64::from_be_bytes(bytes.try_into().expect("a counter has eight bytes"))
    })
}

/// The child: commits until it is ended. Run by itself it has nothing to do.
#[test]
fn writer() {
    let Some(state) = std::env::var_os(STATE) else {
        return;
    };
    let (store, _) = SledStore::open(Path::new(&state), 1).expect("the database opens");
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let store = &store;
            scope.spawn(move || {
                for number in reached(store, lane) + 1.. {
                    if let Err(error) = write(store, lane, number) {
                        // expected once the power is cut; of interest if it is not
                        println!("\nlane {lane} stops: {error}");
                        break;
                    }
                    let mut out = std::io::stdout().lock();
                    if writeln!(out, "\nack {lane} {number}")
                        .and_then(|()| out.flush())
                        .is_err()
                    {
                        break;
                    }
                }
            });
        }
    });
}

/// A running child and what it has acknowledged so far.
struct Writer {
    child: Child,
    acknowledged: Arc<Mutex<BTreeMap<u32, u64>>>,
    /// The line in which a lane said why it stops.
    last_words: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Writer {
    fn start(state: &Path) -> Writer {
        let mut child = Command::new(std::env::current_exe().expect("the test knows itself"))
            .args([
                "--exact",
                "store::power::writer",
                "--nocapture",
                "--test-threads=1",
            ])
            .env(STATE, state)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the child starts");
        let acknowledged = Arc::new(Mutex::new(BTreeMap::new()));
        let lines = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let heard = Arc::clone(&acknowledged);
        let last_words = Arc::new(Mutex::new(String::new()));
        let words = Arc::clone(&last_words);
        let reader = std::thread::spawn(move || listen(lines, &heard, &words));
        Writer {
            child,
            acknowledged,
            last_words,
            reader,
        }
    }

    /// Wait until it has acknowledged `count` batches, and a random moment more.
    fn let_work(&mut self, count: u64, pause: Duration) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.heard().values().sum::<u64>() < count {
            assert!(
                Instant::now() < deadline,
                "the writer acknowledged nothing within a minute"
            );
            assert!(
                self.child.try_wait().expect("the child can be asked").is_none(),
                "the writer ended early: {}",
                self.last_words.lock().expect("nobody panics with it")
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(pause);
    }

    fn heard(&self) -> BTreeMap<u32, u64> {
        self.acknowledged.lock().expect("nobody panics with it").clone()
    }

    /// End it with SIGKILL. All that it acknowledged.
    fn kill(mut self) -> BTreeMap<u32, u64> {
        self.child.kill().expect("the child can be killed");
        self.child.wait().expect("the child ends");
        self.reader.join().expect("the reader ends with the pipe");
        Arc::into_inner(self.acknowledged)
            .expect("the reader is gone")
            .into_inner()
            .expect("nobody panics with it")
    }
}

fn listen(lines: BufReader<ChildStdout>, heard: &Mutex<BTreeMap<u32, u64>>, words: &Mutex<String>) {
    for line in lines.lines().map_while(Result::ok) {
        if line.contains(" stops: ") {
            words.lock().expect("nobody panics with it").clone_from(&line);
        }
        let Some(rest) = line.strip_prefix("ack ") else {
            continue;
        };
        // a line that the end of the process cut is no acknowledgement
        let Some((lane, number)) = rest.split_once(' ') else {
            continue;
        };
        if let (Ok(lane), Ok(number)) = (lane.parse(), number.parse()) {
            heard.lock().expect("nobody panics with it").insert(lane, number);
        }
    }
}

/// Open the database and compare every record. The commits that are there.
fn verify(state: &Path, acknowledged: &BTreeMap<u32, u64>) -> u64 {
    let (store, opened) = SledStore::open(state, 2).unwrap_or_else(|error| panic!("it must open: {error}"));
    assert!(
        !opened.created || acknowledged.is_empty(),
        "taken for a first start"
    );
    let mut posts: BTreeMap<Vec<u8>, Vec<u8>> =
        store.load(Table::Posts).expect("posts").into_iter().collect();
    let mut rotating: BTreeMap<Vec<u8>, Vec<u8>> =
        store.load(Table::Ledger).expect("ledger").into_iter().collect();
    let mut all = 0;
    for lane in 0..LANES {
        let last = reached(&store, lane);
        let told = acknowledged.get(&lane).copied().unwrap_or(0);
        assert!(
            last >= told,
            "lane {lane}: {told} was acknowledged, the database has {last}"
        );
        all += last;
        for number in (last + 1).saturating_sub(KEPT).max(1)..=last {
            for index in 0..records_of(number) {
                let key = Key::new().u32(lane).u64(number).u64(index).bytes();
                assert_eq!(
                    posts.remove(&key),
                    Some(content(lane, number, index)),
                    "lane {lane} batch {number}"
                );
            }
        }
        for slot in 0..ROTATING {
            let newest = (1..=last)
                .rev()
                .take(ROTATING as usize)
                .find(|number| number % ROTATING == slot);
            let found = rotating.remove(&Key::new().u32(lane).u64(slot).bytes());
            assert_eq!(
                found,
                newest.map(|number| content(lane, number, 99)),
                "lane {lane} slot {slot}"
            );
        }
    }
    assert!(
        posts.is_empty() && rotating.is_empty(),
        "there are records that no commit of this count left behind"
    );
    store.close();
    let blobs = std::fs::read_dir(state.join("store/blobs"))
        .expect("sled's directory")
        .count();
    assert_eq!(blobs, 0, "blobs/ must stay empty");
    all
}

/// A pause below `limit`, different in each round.
fn pause(round: u64, limit_ms: u64) -> Duration {
    let seed = u64::from_be_bytes(crier::store::random::random_bytes());
    Duration::from_micros(seed.wrapping_add(round) % (limit_ms * 1000))
}

/// The number of cuts: few, unless `tests/power/run` asks for more.
fn cuts() -> u64 {
    std::env::var("CRIER_POWER_CUTS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5)
}

#[test]
fn a_killed_process_loses_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut commits = 0;
    for round in 0..20 {
        let mut writer = Writer::start(dir.path());
        writer.let_work(1, pause(round, 120));
        let acknowledged = writer.kill();
        commits = verify(dir.path(), &acknowledged);
    }
    println!("20 kills, {commits} commits, none lost");
    assert!(commits > 20);
}

#[test]
fn a_power_cut_loses_nothing() {
    let mut device = match device::Device::make(512 << 20) {
        Ok(device) => device,
        Err(why) => {
            // said on the real standard error, past the capture of the test's output
            let _ = writeln!(std::io::stderr(), "power cuts skipped: {why}");
            return;
        }
    };
    let (mut commits, mut unheard, mut total) = (0, 0, 0);
    let cuts = cuts();
    for round in 0..cuts {
        // a young database is cut in other places than an old one: begin anew every fourth round
        let state = device.mount_point().join(format!("state-{}", round / 4));
        let before = if round % 4 == 0 { 0 } else { commits };
        if let Some(old) = (round / 4).checked_sub(1).filter(|_| round % 4 == 0) {
            std::fs::remove_dir_all(device.mount_point().join(format!("state-{old}")))
                .expect("it can be removed");
        }
        let mut writer = Writer::start(&state);
        writer.let_work(1 + round % 30, pause(round, 250));
        // what is heard from here on may race with the cut
        let acknowledged = writer.heard();
        device.cut().expect("the file system can be shut down");
        writer.kill();
        device.mount_again().expect("the file system comes back");
        commits = verify(&state, &acknowledged);
        total += commits - before;
        unheard += commits - acknowledged.values().sum::<u64>();
    }
    println!(
        "{cuts} cuts, {total} commits, none of the acknowledged lost; {unheard} were there without having been heard of"
    );
    assert!(total > cuts);
}

/// Cut somewhere between the first directory and the first commits: it must open, as new or as it was.
#[test]
fn a_power_cut_while_the_database_is_made_leaves_no_trap() {
    let mut device = match device::Device::make(512 << 20) {
        Ok(device) => device,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "power cuts skipped: {why}");
            return;
        }
    };
    let (mut young, rounds) = (0, cuts());
    for round in 0..rounds {
        let state = device.mount_point().join(format!("state-{round}"));
        let writer = Writer::start(&state);
        std::thread::sleep(pause(round, 120));
        let acknowledged = writer.heard();
        young += u64::from(acknowledged.is_empty());
        device.cut().expect("the file system can be shut down");
        writer.kill();
        device.mount_again().expect("the file system comes back");
        verify(&state, &acknowledged);
        // not there if the cut was too early
        let _ = std::fs::remove_dir_all(&state);
    }
    println!("{rounds} cuts, {young} of them before the first commit was heard of; every database opens");
}

#[test]
fn a_full_disk_refuses_loses_nothing_and_goes_on() {
    let device = match device::Device::make(64 << 20) {
        Ok(device) => device,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "full disk skipped: {why}");
            return;
        }
    };
    let state = device.mount_point().join("state");
    let (store, _) = SledStore::open(&state, 1).expect("it opens");
    let mut number = 0;
    let mut commit = |count: u64| {
        (0..count)
            .try_for_each(|_| write(&store, 0, number + 1).inspect(|()| number += 1))
            .map_err(|error| error.fault())
    };
    assert_eq!(commit(20), Ok(()));
    let ballast = device.mount_point().join("ballast");
    let mut file = std::fs::File::create(&ballast).expect("a file");
    while file.write_all(&[7; 65_536]).is_ok() {}
    assert_eq!(commit(1), Err(StoreFault::Full));
    assert_eq!(commit(1), Err(StoreFault::Full));
    std::fs::remove_file(&ballast).expect("it can be removed");
    drop(file);
    assert_eq!(commit(50), Ok(()));
    // full from the database's own growth
    let mut file = std::fs::File::create(&ballast).expect("a file");
    while file.write_all(&[7; 65_536]).is_ok() {}
    file.set_len(
        file.metadata()
            .expect("its length")
            .len()
            .saturating_sub(12 << 20),
    )
    .expect("it shrinks");
    drop(file);
    let grown = (0..4000u64).find_map(|index| {
        let mut batch = Batch::new();
        batch.put(
            Table::Receipts,
            Key::new().u64(index),
            content(0, index, 3).repeat(5),
        );
        store.commit_blocking(batch).err()
    });
    assert_eq!(grown.map(|error| error.fault()), Some(StoreFault::Full));
    drop(store);
    assert_eq!(verify(&state, &BTreeMap::from([(0, number)])), number);
}
