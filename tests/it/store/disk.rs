//! What only files can do to a store.

use std::path::PathBuf;
use std::sync::Arc;

use crier::store::Opened;

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

/// The names of sled's snapshots.
fn snapshots(state: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(state.join("store")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("snap."))
        .collect();
    names.sort();
    names
}

/// Killed while sled wrote a snapshot: sled alone takes the half one for its newest and gives up.
#[test]
fn a_half_written_snapshot_is_dropped() {
    let (dir, _) = used();
    // sled writes one when it opens what was there before
    open(dir.path()).unwrap().0.close();
    let store = dir.path().join("store");
    let newest = std::fs::read(store.join(snapshots(dir.path()).pop().unwrap())).unwrap();
    let half = store.join("snap.7FFFFFFFFFFFFFFF.generating");
    for cut in [0, 5, 12, newest.len() / 2, newest.len() - 1] {
        std::fs::write(&half, &newest[..cut]).unwrap();
        assert!(::sled::open(&store).is_err(), "cut at {cut}, sled did not notice");
        let (store, opened) = open(dir.path()).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        assert!(!opened.created);
        for index in 0..200u32 {
            let key = format!("{index:04}");
            let record = store.get(Table::Ledger, key.as_bytes()).unwrap();
            assert_eq!(record, Some(filled(2000, index.into())), "cut at {cut}");
        }
        store.close();
        assert!(!half.exists());
    }
}

/// Random wounds: the database opens and tells every record rightly, or says that it is damaged.
/// Opens once nobody holds the lock: a child that another test is just starting has a copy of it for a moment.
fn unlocked<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        match open() {
            Err(error) if error.fault() == StoreFault::Locked && std::time::Instant::now() < end => {
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

#[test]
fn random_wounds_are_seen_or_harmless() {
    let (dir, db) = used();
    let whole = std::fs::read(&db).unwrap();
    let mut seed = 7u64;
    let mut draw = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let (mut refused, mut harmless) = (0, 0);
    for round in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..=draw(3) {
            let (at, len) = (
                draw(bytes.len()),
                1 + draw(if round % 2 == 0 { 8 } else { 60_000 }),
            );
            let end = (at + len).min(bytes.len());
            bytes[at..end]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 + draw(255) as u8);
        }
        restore(&db, &bytes);
        match unlocked(|| open(dir.path())).and_then(|(store, _)| store.load(Table::Ledger)) {
            Ok(rows) => {
                harmless += 1;
                assert!(all_there(&rows), "round {round}");
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.fault(), StoreFault::Damaged, "round {round}: {error}");
            }
        }
    }
    println!("{refused} refused, {harmless} harmless");
    assert!(refused > 0);
}

/// Put the file back, without sled's snapshots of it, which opening would take for newer than the file. It is a
/// new file: what sled's threads of an opening that failed still hold and lock is the old one.
fn restore(db: &Path, bytes: &[u8]) {
    for entry in std::fs::read_dir(db.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("snap") {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::remove_file(db).unwrap();
    std::fs::write(db, bytes).unwrap();
}

fn all_there(rows: &[Row]) -> bool {
    rows.len() == 200
        && rows
            .iter()
            .zip(0..)
            .all(|((_, value), index)| *value == filled(2000, index))
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
        restore(&db, &bytes);
        match unlocked(|| open(dir.path())) {
            // what was hurt was of no use any more: then all of the rest is there
            Ok((store, opened)) => {
                assert!(!opened.created, "{name}: taken for a first start");
                assert!(all_there(&store.load(Table::Ledger).unwrap()), "{name}");
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
