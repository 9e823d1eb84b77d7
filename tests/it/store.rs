//! The store: one suite for both implementations, then what only the one on disk can get wrong.

use std::path::Path;

use crier::store::{
    Batch, Injected, MAX_BATCH, MAX_KEY, MAX_RECORD, MemoryStore, Opened, Row, SledStore, Store, StoreError,
    StoreFault, Table, seal,
};
use tempfile::TempDir;

mod disk;
#[path = "../power/mod.rs"]
mod power;

/// A store under test, with the way to open it again.
enum Bench {
    Memory(MemoryStore),
    Sled(TempDir, Option<SledStore>),
}

impl Bench {
    fn memory() -> Bench {
        Bench::Memory(MemoryStore::new())
    }

    fn sled() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).unwrap().0;
        Bench::Sled(dir, Some(store))
    }

    fn store(&self) -> &dyn Store {
        match self {
            Bench::Memory(store) => store,
            Bench::Sled(_, store) => store.as_ref().unwrap(),
        }
    }

    fn reopen(&mut self) {
        match self {
            Bench::Memory(store) => *store = store.crash(),
            Bench::Sled(dir, store) => {
                drop(store.take());
                *store = Some(open(dir.path()).unwrap().0);
            }
        }
    }
}

fn open(state: &Path) -> Result<(SledStore, Opened), StoreError> {
    SledStore::open(state, 1_700_000_000_000)
}

fn put(store: &dyn Store, table: Table, key: &str, value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(table, key, value.to_vec());
    store.commit_blocking(batch).unwrap();
}

fn keys(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|(key, _)| String::from_utf8_lossy(key).into_owned())
        .collect()
}

/// Bytes that differ from place to place.
fn filled(len: usize, seed: u64) -> Vec<u8> {
    (0..len as u64)
        .map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(97)) >> 5) as u8)
        .collect()
}

macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod memory { $(#[test] fn $name() { super::$name(super::Bench::memory()); })* }
        mod sled { $(#[test] fn $name() { super::$name(super::Bench::sled()); })* }
    };
}

on_both!(
    records_come_and_go,
    rows_are_ordered_and_tables_apart,
    prefixes_and_the_last_of_them,
    a_batch_is_one_and_its_last_word_wins,
    long_records_are_put_together_again,
    long_records_shrink_and_go_without_a_rest,
    caps_refuse_with_a_sentence,
    reopening_keeps_everything,
    many_wait_at_once,
    no_reader_sees_half_a_batch,
    the_canary_survives,
);

fn records_come_and_go(bench: Bench) {
    let store = bench.store();
    assert_eq!(store.get(Table::Posts, b"a"), Ok(None));
    put(store, Table::Posts, "a", b"1");
    assert_eq!(store.get(Table::Posts, b"a"), Ok(Some(b"1".to_vec())));
    put(store, Table::Posts, "a", b"");
    assert_eq!(store.get(Table::Posts, b"a"), Ok(Some(vec![])));
    let mut batch = Batch::new();
    batch
        .delete(Table::Posts, "a")
        .delete(Table::Posts, "never there");
    store.commit_blocking(batch).unwrap();
    assert_eq!(store.get(Table::Posts, b"a"), Ok(None));
    assert_eq!(store.commit_blocking(Batch::new()), Ok(()));
}

fn rows_are_ordered_and_tables_apart(bench: Bench) {
    let store = bench.store();
    for table in [Table::Accounts, Table::Ledger, Table::Quotas] {
        for key in ["b", "a", "ab", "c", "a\u{0}"] {
            put(store, table, key, format!("{table}/{key}").as_bytes());
        }
    }
    let rows = store.load(Table::Ledger).unwrap();
    assert_eq!(keys(&rows), ["a", "a\u{0}", "ab", "b", "c"]);
    assert!(
        rows.iter()
            .all(|(key, value)| *value == [b"ledger/", &key[..]].concat())
    );
    assert_eq!(keys(&store.scan(Table::Ledger, b"aa", 2).unwrap()), ["ab", "b"]);
    assert_eq!(keys(&store.scan(Table::Quotas, b"b\0", 9).unwrap()), ["c"]);
    assert!(store.scan(Table::Ledger, b"d", 9).unwrap().is_empty());
    assert!(store.scan(Table::Ledger, b"", 0).unwrap().is_empty());
    assert!(store.load(Table::Audit).unwrap().is_empty());
}

fn prefixes_and_the_last_of_them(bench: Bench) {
    let store = bench.store();
    for key in ["x1", "x2", "x3", "y1"] {
        put(store, Table::Audit, key, key.as_bytes());
    }
    put(store, Table::Receipts, "x9", b"another table");
    assert_eq!(
        keys(&store.scan_prefix(Table::Audit, b"x", 2).unwrap()),
        ["x1", "x2"]
    );
    assert_eq!(
        keys(&store.scan_prefix(Table::Audit, b"x", 9).unwrap()),
        ["x1", "x2", "x3"]
    );
    assert_eq!(store.last(Table::Audit, b"x").unwrap().unwrap().0, b"x3");
    assert_eq!(store.last(Table::Audit, b"").unwrap().unwrap().0, b"y1");
    assert_eq!(store.last(Table::Audit, b"z"), Ok(None));
    assert_eq!(store.last(Table::Logins, b""), Ok(None));
    let mut batch = Batch::new();
    batch
        .put(Table::Holds, vec![0xff, 0xff, 1], vec![1])
        .put(Table::Holds, vec![0xff], vec![2]);
    store.commit_blocking(batch).unwrap();
    assert_eq!(store.last(Table::Holds, &[0xff]).unwrap().unwrap().1, [1]);
    assert_eq!(
        store.scan_prefix(Table::Holds, &[0xff, 0xff], 9).unwrap().len(),
        1
    );
}

fn a_batch_is_one_and_its_last_word_wins(bench: Bench) {
    let store = bench.store();
    let mut batch = Batch::new();
    batch
        .put(Table::Posts, "p", b"one".to_vec())
        .put(Table::Deliveries, "d", b"two".to_vec());
    batch
        .put(Table::Posts, "gone", vec![1])
        .delete(Table::Posts, "gone");
    batch
        .delete(Table::Posts, "kept")
        .put(Table::Posts, "kept", vec![2]);
    batch.put(Table::Posts, "p", b"three".to_vec());
    assert_eq!(batch.len(), 7);
    store.commit_blocking(batch).unwrap();
    assert_eq!(keys(&store.load(Table::Posts).unwrap()), ["kept", "p"]);
    assert_eq!(store.get(Table::Posts, b"p"), Ok(Some(b"three".to_vec())));
    assert_eq!(store.get(Table::Deliveries, b"d"), Ok(Some(b"two".to_vec())));
    // one bad change, and nothing of the batch is there
    let mut batch = Batch::new();
    batch
        .put(Table::Posts, "new", vec![1])
        .put(Table::Posts, "big", vec![0; MAX_RECORD + 1]);
    assert_eq!(
        store.commit_blocking(batch).unwrap_err().fault(),
        StoreFault::TooLarge
    );
    assert_eq!(store.get(Table::Posts, b"new"), Ok(None));
}

fn long_records_are_put_together_again(mut bench: Bench) {
    let sizes = [4094, 4095, 4096, 4097, 8191, 8192, 8193, 50_000, MAX_RECORD];
    for size in sizes {
        put(
            bench.store(),
            Table::Posts,
            &format!("{size:06}"),
            &filled(size, 1),
        );
        // a neighbour whose key begins with the other's
        put(bench.store(), Table::Posts, &format!("{size:06}\u{0}"), b"small");
    }
    for _ in 0..2 {
        for size in sizes {
            assert_eq!(
                bench.store().get(Table::Posts, format!("{size:06}").as_bytes()),
                Ok(Some(filled(size, 1)))
            );
        }
        let rows = bench.store().load(Table::Posts).unwrap();
        assert_eq!(rows.len(), 2 * sizes.len());
        assert_eq!(
            bench.store().last(Table::Posts, b"098304").unwrap().unwrap().1,
            b"small"
        );
        bench.reopen();
    }
}

fn long_records_shrink_and_go_without_a_rest(bench: Bench) {
    let store = bench.store();
    for size in [90_000, 20_000, 10, 60_000, 4096, 0] {
        put(store, Table::Posts, "p", &filled(size, size as u64));
        assert_eq!(store.get(Table::Posts, b"p"), Ok(Some(filled(size, size as u64))));
    }
    put(store, Table::Posts, "p", &filled(90_000, 3));
    let mut batch = Batch::new();
    batch.delete(Table::Posts, "p");
    store.commit_blocking(batch).unwrap();
    assert!(store.load(Table::Posts).unwrap().is_empty());
}

fn caps_refuse_with_a_sentence(bench: Bench) {
    let store = bench.store();
    let refuse = |batch: Batch| {
        let error = store.commit_blocking(batch).unwrap_err();
        assert_eq!(error.fault(), StoreFault::TooLarge);
        error.to_string()
    };
    let mut batch = Batch::new();
    batch.put(Table::Posts, "a", vec![0; MAX_RECORD + 1]);
    insta::allow_duplicates! { insta::assert_snapshot!(refuse(batch), @"the value of a record in the table posts has 98305 bytes, and at most 98304 are allowed") };
    let mut batch = Batch::new();
    batch.put(Table::Files, vec![b'k'; MAX_KEY + 1], vec![]);
    insta::allow_duplicates! { insta::assert_snapshot!(refuse(batch), @"the key of a record in the table files has 513 bytes, and at most 512 are allowed") };
    let mut batch = Batch::new();
    for index in 0..40 {
        batch.put(Table::Ledger, format!("{index}"), vec![0; 4000]);
    }
    assert!(batch.size() > MAX_BATCH);
    insta::allow_duplicates! { insta::assert_snapshot!(refuse(batch), @"a batch of 40 changes has 160710 bytes, and at most 131072 are allowed") };
    let mut batch = Batch::new();
    batch.put(Table::Posts, vec![b'k'; MAX_KEY], vec![7; MAX_RECORD]);
    store.commit_blocking(batch).unwrap();
    assert_eq!(store.load(Table::Posts).unwrap().len(), 1);
}

fn reopening_keeps_everything(mut bench: Bench) {
    for index in 0..300 {
        put(
            bench.store(),
            Table::Ledger,
            &format!("{index:04}"),
            &filled(index * 20, index as u64),
        );
    }
    for _ in 0..3 {
        bench.reopen();
        let rows = bench.store().load(Table::Ledger).unwrap();
        assert_eq!(rows.len(), 300);
        for (index, (_, value)) in rows.iter().enumerate() {
            assert_eq!(*value, filled(index * 20, index as u64));
        }
    }
}

fn many_wait_at_once(mut bench: Bench) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let store = bench.store();
    runtime.block_on(async {
        let commits = (0..500u32).map(|index| async move {
            let mut batch = Batch::new();
            batch.put(Table::Ledger, index.to_be_bytes(), filled(1000, index.into()));
            store.commit(batch).await
        });
        for result in futures_util::future::join_all(commits).await {
            result.unwrap();
        }
        let mut batch = Batch::new();
        batch.put(Table::Posts, "big", vec![0; MAX_RECORD + 1]);
        assert_eq!(
            store.commit(batch).await.unwrap_err().fault(),
            StoreFault::TooLarge
        );
        // blocking within a runtime is for tests only, but it must not panic
        put(store, Table::Posts, "small", b"");
    });
    bench.reopen();
    assert_eq!(bench.store().load(Table::Ledger).unwrap().len(), 500);
}

fn no_reader_sees_half_a_batch(bench: Bench) {
    let store = bench.store();
    let write = |round: u64| {
        let mut batch = Batch::new();
        for key in ["a", "b", "c"] {
            batch.put(Table::Posts, key, filled(12_000 + 3 * round as usize, round));
        }
        store.commit_blocking(batch).unwrap();
    };
    write(0);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            (1..150).for_each(write);
            done.store(true, std::sync::atomic::Ordering::SeqCst);
        });
        while !done.load(std::sync::atomic::Ordering::SeqCst) {
            let rows = store.load(Table::Posts).unwrap();
            assert!(rows.len() == 3 && rows.iter().all(|(_, value)| *value == rows[0].1));
            assert_eq!(store.get(Table::Posts, b"b").unwrap().unwrap().len() % 3, 0);
        }
    });
}

fn the_canary_survives(mut bench: Bench) {
    let ring = |byte: u8| {
        let key: Vec<u8> = (byte..byte + 32).collect();
        seal::Keyring::from_credential(&key, "/etc/crier/crier.key").unwrap()
    };
    assert_eq!(
        seal::check_canary(&ring(1), bench.store()),
        Ok(seal::Canary::Written)
    );
    bench.reopen();
    assert_eq!(
        seal::check_canary(&ring(1), bench.store()),
        Ok(seal::Canary::Good)
    );
    let error = seal::check_canary(&ring(2), bench.store()).unwrap_err();
    insta::allow_duplicates! { insta::assert_snapshot!(error, @"the key in /etc/crier/crier.key is not the one that sealed this database (key id 49f27be6ffb812a7, the database wants 677ec1a932f30db5): put the earlier key back; without it every account has to be connected again") };
}

mod switch {
    //! The memory store's power switch.
    use super::*;

    fn one(key: &str) -> Batch {
        let mut batch = Batch::new();
        batch.put(Table::Posts, key, vec![1]);
        batch
    }

    #[test]
    fn a_cut_before_loses_the_batch_and_a_cut_after_only_the_answer() {
        for (fault, left) in [(Injected::CutBefore, 1), (Injected::CutAfter, 2)] {
            let store = MemoryStore::new();
            store.fail_after(1, fault);
            assert_eq!(store.commit_blocking(one("a")), Ok(()));
            assert_eq!(store.commit_blocking(one("b")), Err(StoreError::PowerCut));
            assert_eq!(store.load(Table::Posts), Err(StoreError::PowerCut));
            assert_eq!(store.clone().commit_blocking(one("c")), Err(StoreError::PowerCut));
            assert_eq!(store.crash().load(Table::Posts).unwrap().len(), left);
        }
    }

    #[test]
    fn a_full_disk_refuses_until_there_is_room() {
        let store = MemoryStore::new();
        store.fail_after(0, Injected::Full);
        assert_eq!(
            store.commit_blocking(one("a")).unwrap_err().fault(),
            StoreFault::Full
        );
        assert_eq!(
            store.commit_blocking(one("a")).unwrap_err().fault(),
            StoreFault::Full
        );
        store.mend();
        assert_eq!(store.commit_blocking(one("a")), Ok(()));
        store.fail_after(0, Injected::Broken);
        assert_eq!(
            store.commit_blocking(one("b")).unwrap_err().fault(),
            StoreFault::Io
        );
    }

    #[tokio::test]
    async fn held_commits_wait_and_a_crash_drops_them() {
        let store = MemoryStore::new();
        store.hold();
        let handle = store.clone();
        let waiting = tokio::spawn(async move { handle.commit(one("a")).await });
        tokio::task::yield_now().await;
        assert_eq!(store.get(Table::Posts, b"a"), Ok(None));
        assert_eq!(store.release(), 1);
        assert_eq!(waiting.await.unwrap(), Ok(()));
        assert!(store.get(Table::Posts, b"a").unwrap().is_some());
        store.hold();
        let handle = store.clone();
        let waiting = tokio::spawn(async move { handle.commit(one("b")).await });
        tokio::task::yield_now().await;
        let after = store.crash();
        assert_eq!(waiting.await.unwrap(), Err(StoreError::PowerCut));
        assert_eq!(after.load(Table::Posts).unwrap().len(), 1);
    }

    #[test]
    fn a_fork_goes_its_own_way() {
        let store = MemoryStore::new();
        store.commit_blocking(one("a")).unwrap();
        let fork = store.fork();
        fork.commit_blocking(one("b")).unwrap();
        assert_eq!(
            (
                store.load(Table::Posts).unwrap().len(),
                fork.load(Table::Posts).unwrap().len()
            ),
            (1, 2)
        );
    }
}
