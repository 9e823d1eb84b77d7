//! A disk that takes nothing for a while, under the real engine: people are answered, nothing is lost, nothing goes out twice.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crier::engine::PATIENCE;
use crier::engine::api::{Answer, Desk as _, PostFilter, Status};
use crier::engine::beat::Silent;
use crier::store::{Injected, MemoryStore};

use crate::house::{Accounts, Ground, House, account};

/// Much less than the pause between two tries of a commit.
const SOON: Duration = Duration::from_secs(4);
/// Several such pauses.
const LATER: Duration = Duration::from_secs(30);

fn ground(store: &MemoryStore) -> Ground {
    Ground {
        store: Some(Arc::new(store.clone())),
        heart: Box::new(Silent),
        patience: PATIENCE,
    }
}

async fn house(store: &MemoryStore) -> House {
    House::on(ground(store), Accounts { threads: 0, mail: 1 }).await
}

async fn soon<T>(what: &str, asked: impl Future<Output = Answer<T>>) -> T {
    let answered = tokio::time::timeout(SOON, asked).await;
    let answered = answered.unwrap_or_else(|_| panic!("{what} is answered while the disk is full"));
    answered.unwrap_or_else(|problem| panic!("{what}: {problem:?}"))
}

/// Asks until the status says what is wanted, each time with an answer at once.
async fn until_status(house: &House, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
    let asking = async {
        loop {
            let status = soon("status", house.handle.status()).await;
            if wanted(&status) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(LATER, asking).await;
    found.unwrap_or_else(|_| panic!("{what} has not come"))
}

/// From now on nothing can be written, and the engine has met it with one post in hand.
async fn fill(house: &House, store: &MemoryStore) {
    store.fail_after(0, Injected::Full);
    house.drop_post("first", &account("m", 0), "The first.", None);
    until_status(house, "the error", |s| s.store.error.is_some()).await;
}

async fn sent(house: &House, posts: usize) {
    house.until("the posts", LATER, |h| h.published() >= posts).await;
    house
        .until("their receipts", LATER, |h| h.receipts() >= posts)
        .await;
    assert_eq!(house.published(), posts, "each once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_answered_and_all_goes_on_when_there_is_room() {
    let store = MemoryStore::new();
    let house = house(&store).await;
    fill(&house, &store).await;

    let status = soon("status", house.handle.status()).await;
    let error = status.store.error.expect("it says what is wrong");
    assert!(error.contains("is full"), "{error}");
    let line = soon("the status line", house.handle.status_line()).await;
    assert!(line.starts_with("the disk does not take"), "{line}");
    let posts = soon("the queue", house.handle.posts(&PostFilter::default()))
        .await
        .items;
    soon("why", house.handle.why(&posts[0].id)).await;
    house.drop_post("second", &account("m", 0), "The second.", None);
    assert_eq!(house.published(), 0, "nothing leaves that is not written down");

    store.mend();
    sent(&house, 2).await;
    until_status(&house, "the end of the error", |s| s.store.error.is_none()).await;
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_heard_and_the_next_start_finds_what_was_dropped() {
    let store = MemoryStore::new();
    let house = house(&store).await;
    fill(&house, &store).await;

    let left = store.fork();
    let house = house.restart(ground(&left), SOON).await;
    sent(&house, 1).await;
    house.stop().await;
}

/// A post that must be out within three seconds, and a disk that is full for five as of one of its commits.
async fn stalled(commits: u64) -> (bool, usize) {
    let store = MemoryStore::new();
    let ground = Ground {
        patience: Duration::from_secs(3),
        ..ground(&store)
    };
    let house = House::on(ground, Accounts { threads: 0, mail: 1 }).await;
    store.fail_after(commits, Injected::Full);
    house.drop_file(
        "first",
        "expires = \"3s\"\ntext = \"The first.\"\naccounts = [\"m0\"]\n",
    );
    until_status(&house, "the error", |s| s.store.error.is_some()).await;
    let left = house.published() > 0;
    store.mend();
    let over = |house: &House| house.receipts() > 0 || house.failed("first");
    house.until("its end", LATER, over).await;
    let published = house.published();
    house.stop().await;
    (left, published)
}

/// Whichever of its commits had to wait: what had not left by then is too late, what had is published once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_late_when_there_is_room_again_does_not_leave() {
    let all = [0, 1, 2, 3].map(|commits| tokio::spawn(stalled(commits)));
    let mut seen = Vec::new();
    for one in all {
        let (left, published) = one.await.unwrap();
        assert_eq!(published, usize::from(left), "{seen:?}");
        seen.push(left);
    }
    assert!(seen.contains(&true) && seen.contains(&false), "{seen:?}");
}

/// A disk that fails is for a new start: nobody knows what is on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_ends_the_engine_and_the_next_start_goes_on() {
    let store = MemoryStore::new();
    let mut house = house(&store).await;
    store.fail_after(1, Injected::Broken);
    house.drop_post("first", &account("m", 0), "The first.", None);
    house.until_ended(SOON).await;
    let left = store.fork();
    let house = house.start_again(ground(&left));
    sent(&house, 1).await;
    house.stop().await;
}

/// A letter that is more than a batch may hold, with the power gone at one of the commits.
async fn cut(commits: u64, fault: Injected) -> usize {
    let store = MemoryStore::new();
    let mut house = House::on(ground(&store), Accounts { threads: 0, mail: 4 }).await;
    let before = store.commits();
    store.fail_after(commits, fault);
    let letter = "We open at nine. ".repeat(1_200);
    house.drop_file("first", &format!("text = {letter:?}\n"));
    let over = |house: &House| house.receipts() > 0 || house.has_ended();
    house.until("its end", LATER, over).await;
    if house.has_ended() {
        house.until_ended(SOON).await;
        let left = store.crash();
        house = house.start_again(ground(&left));
        house.until("the receipt", LATER, |h| h.receipts() > 0).await;
    }
    assert!(store.commits() > before);
    let published = house.published();
    house.stop().await;
    published
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_post_survives_a_power_cut_at_each_commit_of_its_admission() {
    for fault in [Injected::CutBefore, Injected::CutAfter] {
        let all = [0, 1, 2, 3, 4, 5, 6, 7].map(|commits| tokio::spawn(cut(commits, fault)));
        for (commits, one) in all.into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), 4, "{fault:?} at {commits}");
        }
    }
}
