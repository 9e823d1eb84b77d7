//! The store: one suite for both implementations, then what only the one on disk can get wrong.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crier::store::{
    Batch, Injected, MAX_BATCH, MAX_KEY, MAX_RECORD, MemoryStore, Opened, Row, SledStore, Store, StoreError,
    StoreFault, Table, seal,
};
use tempfile::TempDir;

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

mod disk {
    //! What only files can do to a store.
    use super::*;

    fn message(state: &Path, error: &StoreError) -> String {
        error.to_string().replace(&state.display().to_string(), "STATE")
    }

    fn refused(state: &Path) -> StoreError {
        open(state).expect_err("the store must not open")
    }

    /// A closed database with some records, and its directory.
    fn used() -> (TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = open(dir.path()).unwrap();
        for index in 0..200u32 {
            put(
                &store,
                Table::Ledger,
                &format!("{index:04}"),
                &filled(2000, index.into()),
            );
        }
        store.close();
        let db = dir.path().join("store/db");
        (dir, db)
    }

    #[test]
    fn the_first_start_and_the_second_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("made");
        let (store, first) = open(&state).unwrap();
        assert!(first.created && first.created_ms == 1_700_000_000_000);
        store.close();
        let (_store, second) = SledStore::open(&state, 1).unwrap();
        assert_eq!(
            second,
            Opened {
                created: false,
                ..first
            }
        );
    }

    #[test]
    fn a_second_daemon_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = open(dir.path()).unwrap();
        let error = refused(dir.path());
        assert_eq!(
            error,
            StoreError::Locked {
                state: dir.path().into(),
                pid: Some(std::process::id())
            }
        );
        let text = message(dir.path(), &error).replace(&std::process::id().to_string(), "PID");
        insta::assert_snapshot!(text, @"the database in STATE is in use: is another crierd running (pid PID)? Stop it first (`systemctl stop crierd`), or give this one another `state` directory");
        put(&store, Table::Posts, "still", b"works");
        store.close();
        open(dir.path()).unwrap();
    }

    #[test]
    fn directories_of_others_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o775)).unwrap();
        let error = refused(dir.path());
        insta::assert_snapshot!(message(dir.path(), &error), @"the directory STATE has mode 0775, so that others may change or read what is in it: `chmod 0700 STATE`");
        assert_eq!((error.fault(), error.exit_code()), (StoreFault::Directory, 77));
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(dir.path().join("store")).unwrap();
        std::fs::set_permissions(dir.path().join("store"), std::fs::Permissions::from_mode(0o750)).unwrap();
        insta::assert_snapshot!(message(dir.path(), &refused(dir.path())), @"the directory STATE/store has mode 0750, so that others may change or read what is in it: `chmod 0700 STATE/store`");
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        insta::assert_snapshot!(message(dir.path(), &refused(&file)), @"the directory STATE/file is not a directory: move it aside; crierd makes the directory itself");
        assert_eq!(refused(&dir.path().join("not/there")).fault(), StoreFault::Io);
    }

    #[test]
    fn a_lost_database_is_no_first_start() {
        let (dir, db) = used();
        std::fs::remove_file(&db).unwrap();
        let error = refused(dir.path());
        insta::assert_snapshot!(message(dir.path(), &error), @"the database in STATE is damaged: `store/db` is missing or empty, and `instance` says that it was not. Stop crierd, then restore a backup (`crierctl restore`); or begin anew by moving `store` and `instance` in that directory aside: posts that still lie in the spool are read again, accounts have to be connected again, and what was sent before is no longer known");
        assert_eq!(error.exit_code(), 65);
        assert!(!db.exists());
        std::fs::remove_dir_all(dir.path().join("store")).unwrap();
        assert_eq!(refused(dir.path()).fault(), StoreFault::Damaged);
        assert!(
            !dir.path().join("store").exists(),
            "nothing may be made in its place"
        );
    }

    #[test]
    fn an_empty_database_beside_an_instance_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        // sled's own idea of an empty database, as it is found after a cut that took everything
        drop(::sled::open(dir.path().join("store")).unwrap());
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir.path().join("store"), std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::write(dir.path().join("instance"), "somebody\n").unwrap();
        insta::assert_snapshot!(message(dir.path(), &refused(dir.path())), @"the database in STATE is damaged: it is empty, and `instance` says that it was not. Stop crierd, then restore a backup (`crierctl restore`); or begin anew by moving `store` and `instance` in that directory aside: posts that still lie in the spool are read again, accounts have to be connected again, and what was sent before is no longer known");
    }

    #[test]
    fn a_mix_of_two_installations_is_refused_and_a_lost_instance_is_written_again() {
        let (dir, _) = used();
        let instance = dir.path().join("instance");
        let id = std::fs::read_to_string(&instance).unwrap();
        std::fs::write(&instance, "another\n").unwrap();
        let text = message(dir.path(), &refused(dir.path())).replace(id.trim(), "ID");
        insta::assert_snapshot!(text, @"the database in STATE is damaged: it belongs to the installation ID, but `instance` says another. Stop crierd, then restore a backup (`crierctl restore`); or begin anew by moving `store` and `instance` in that directory aside: posts that still lie in the spool are read again, accounts have to be connected again, and what was sent before is no longer known");
        std::fs::write(&instance, "").unwrap();
        assert_eq!(refused(dir.path()).fault(), StoreFault::Damaged);
        std::fs::write(&instance, [0xff, 0xfe]).unwrap();
        assert_eq!(refused(dir.path()).fault(), StoreFault::Damaged);
        std::fs::remove_file(&instance).unwrap();
        assert_eq!(open(dir.path()).unwrap().1.instance, id.trim());
        assert_eq!(std::fs::read_to_string(&instance).unwrap(), id);
    }

    #[test]
    fn a_newer_format_is_refused() {
        let (dir, _) = used();
        let (store, _) = open(dir.path()).unwrap();
        put(&store, Table::Meta, "format", b"99");
        store.close();
        let error = refused(dir.path());
        assert_eq!((error.fault(), error.exit_code()), (StoreFault::Newer, 78));
        insta::assert_snapshot!(error, @"the database has format 99, and this crierd knows formats up to 1: a newer crierd wrote it. Install that version again, or restore a backup that was made before the upgrade (`crierctl restore`)");
    }

    /// However the file is hurt: an error in words, or a database with every record in it; never a panic,
    /// never a fresh start, never an older database.
    #[test]
    fn a_damaged_file_is_refused_and_not_panicked_over() {
        let (dir, db) = used();
        let whole = std::fs::read(&db).unwrap();
        let mut refusals = 0;
        let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
        for len in [
            1,
            100,
            4096,
            100_000,
            524_288,
            600_000,
            whole.len() / 2,
            whole.len() - 1,
        ] {
            cases.push((format!("cut to {len}"), whole[..len.min(whole.len())].to_vec()));
        }
        for at in [0, 20, 1000, 300_000, 524_288, 524_300, 700_000] {
            for (what, byte) in [("zeros", 0), ("ones", 0xff), ("garbage", 0x5a)] {
                let mut bytes = whole.clone();
                let end = (at + 5000).min(bytes.len());
                for (index, b) in bytes[at.min(end)..end].iter_mut().enumerate() {
                    *b = if what == "garbage" {
                        byte ^ (index * 31) as u8
                    } else {
                        byte
                    };
                }
                cases.push((format!("{what} at {at}"), bytes));
            }
        }
        cases.push(("all zeros".into(), vec![0; whole.len()]));
        cases.push(("a text".into(), b"this is no database\n".repeat(5000)));
        for (name, bytes) in cases {
            // sled's snapshots of its own file, which opening would take for newer than the file
            for entry in std::fs::read_dir(db.parent().unwrap()).unwrap() {
                let path = entry.unwrap().path();
                if path.file_name().unwrap().to_string_lossy().starts_with("snap") {
                    std::fs::remove_file(path).unwrap();
                }
            }
            std::fs::write(&db, &bytes).unwrap();
            match open(dir.path()) {
                // what was hurt was of no use any more: then all of the rest is there
                Ok((store, opened)) => {
                    assert!(!opened.created, "{name}: taken for a first start");
                    let rows = store.load(Table::Ledger).unwrap();
                    assert_eq!(rows.len(), 200, "{name}");
                    for (index, (_, value)) in rows.iter().enumerate() {
                        assert!(*value == filled(2000, index as u64), "{name}: record {index}");
                    }
                }
                Err(error) => {
                    refusals += 1;
                    assert_eq!(error.fault(), StoreFault::Damaged, "{name}: {error}");
                }
            }
        }
        assert!(refusals > 10, "only {refusals} were refused");
    }

    #[test]
    fn nothing_is_ever_written_to_blobs() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = open(dir.path()).unwrap();
        let mut seed = 1u64;
        for round in 0..400u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let key = format!("{:0>500}", (seed >> 33) % 40);
            let size = if round % 4 == 0 { 40_000 } else { 4095 };
            put(&store, Table::Deliveries, &key, &filled(size, round));
        }
        let blobs = || std::fs::read_dir(dir.path().join("store/blobs")).unwrap().count();
        assert_eq!(blobs(), 0);
        store.close();
        let (_store, _) = open(dir.path()).unwrap();
        assert_eq!(blobs(), 0);
    }

    #[test]
    fn a_dropped_future_still_commits() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = open(dir.path()).unwrap();
        let store = Arc::new(store);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut batch = Batch::new();
            batch.put(Table::Posts, "sent", vec![1]);
            let mut commit = Box::pin(store.commit(batch));
            let _ = futures_util::poll!(&mut commit);
            drop(commit);
        });
        // the next commit comes behind it
        put(&*store, Table::Posts, "next", b"");
        assert_eq!(keys(&store.load(Table::Posts).unwrap()), ["next", "sent"]);
    }
}
