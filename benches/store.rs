//! What a durable commit costs: alone, with others at the same time, and what the disk takes by itself.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the monotonic clock")]

use std::fs::OpenOptions;
use std::hint::black_box;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use crier::store::{Batch, SledStore, Store as _, Table};
use criterion::{Criterion, criterion_group, criterion_main};

/// About the size of a delivery's record.
const RECORD: usize = 900;
/// Writers at once: the store commits together what waits.
const WRITERS: usize = 32;

fn batch(key: u64) -> Batch {
    let mut batch = Batch::new();
    batch.put(Table::Posts, (key % 1000).to_be_bytes(), vec![7; RECORD]);
    batch
}

fn commits(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = SledStore::open(&dir.path().join("state"), 1).expect("the store opens");
    let mut group = c.benchmark_group("durable commit");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    let mut key = 0;
    group.bench_function("one writer", |b| {
        b.iter(|| {
            key += 1;
            store.commit_blocking(batch(key)).expect("it commits");
        });
    });
    group.bench_function("32 writers, each commit", |b| {
        b.iter_custom(|count| together(&store, count));
    });
    group.finish();
    store.close();
}

/// How long `count` commits of many writers take.
fn together(store: &SledStore, count: u64) -> Duration {
    let writers = WRITERS as u64;
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let share = count / writers + u64::from(writer < count % writers);
            scope.spawn(move || {
                for n in 0..share {
                    store.commit_blocking(batch(writer * 31 + n)).expect("it commits");
                }
            });
        }
    });
    begun.elapsed()
}

fn disk(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("file");
    let file = OpenOptions::new().create_new(true).write(true).open(path);
    let file = file.expect("a file");
    let page = vec![7_u8; 4096];
    let mut group = c.benchmark_group("the disk alone");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    let mut offset = 0;
    group.bench_function("append 4 KiB, fdatasync", |b| {
        b.iter(|| {
            file.write_all_at(black_box(&page), offset)
                .expect("it takes a page");
            file.sync_data().expect("it syncs");
            offset += 4096;
        });
    });
    group.finish();
}

criterion_group!(benches, disk, commits);
criterion_main!(benches);
