//! Logins under the real engine with a disk that takes nothing for a while, a person who goes away, and two at once: what the
//! vendor gives only once is not thrown away, and nobody is told otherwise.

use std::sync::Arc;
use std::time::Duration;

use crier::core::audit::{Caller, Role};
use crier::domain::account::ConnectionStatus;
use crier::domain::time::Timestamp;
use crier::engine::PATIENCE;
use crier::engine::api::{AccountView, Answer, ConnectStart, Desk as _, PastedRedirect};
use crier::engine::beat::Silent;
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::store::keys::KeyReader;
use crier::store::{Batch, Injected, MemoryStore, Store as _, Table};
use crier::web::{SignedRequest, WebDesk as _};
use tokio::task::JoinHandle;

use crate::house::{Accounts, Ground, House, account};

const LATER: Duration = Duration::from_secs(30);
const SOON: Duration = Duration::from_secs(4);

fn ground(store: &MemoryStore) -> Ground {
    Ground {
        store: Some(Arc::new(store.clone())),
        heart: Box::new(Silent),
        patience: PATIENCE,
    }
}

async fn house(store: &MemoryStore) -> House {
    House::on(ground(store), Accounts { threads: 1, mail: 0 }).await
}

fn caller() -> Caller {
    Caller {
        uid: 0,
        gid: 0,
        pid: 1,
        role: Role::All,
        name: "somebody".to_owned(),
    }
}

async fn seen(house: &House) -> AccountView {
    house.handle.account(&account("t", 0)).await.unwrap()
}

/// A person goes to the vendor's page and agrees; what the browser shows then.
async fn agreed(house: &House) -> PastedRedirect {
    let begun = house.handle.connect(&caller(), &account("t", 0), None).await;
    let ConnectStart::Visit { authorize_url, .. } = begun.unwrap() else {
        panic!("no page to visit");
    };
    let browser = reqwest::Client::builder().no_proxy();
    let browser = browser
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{authorize_url}&_sandbox_account=person0");
    let answer = browser.get(url).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    PastedRedirect(location.into())
}

/// The person pastes it.
fn pasted(house: &House, redirect: PastedRedirect) -> JoinHandle<Answer<AccountView>> {
    let handle = house.handle.clone();
    tokio::spawn(async move {
        handle
            .connect_complete(&caller(), &account("t", 0), redirect)
            .await
    })
}

/// Waits until the account has been connected after `before`.
async fn connected_after(house: &House, before: Option<Timestamp>) -> AccountView {
    let asking = async {
        loop {
            let seen = seen(house).await;
            if seen.connected.map(Timestamp::from) > before && seen.status == ConnectionStatus::Connected {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(LATER, asking).await;
    found.unwrap_or_else(|_| panic!("not connected after {before:?}"))
}

async fn connected(house: &House) -> Option<Timestamp> {
    seen(house).await.connected.map(Timestamp::from)
}

/// A login with a disk that is full as of one of its commits until it is answered, or until it is heard of.
async fn full_from(commits: u64) -> Option<String> {
    let store = MemoryStore::new();
    let house = house(&store).await;
    let before = connected(&house).await;
    let redirect = agreed(&house).await;
    store.fail_after(commits, Injected::Full);
    let mut login = pasted(&house, redirect);
    // The loop's own commit waits for room, and the answer with it.
    let answered = tokio::time::timeout(SOON, &mut login).await;
    store.mend();
    let answered = match answered {
        Ok(answered) => answered,
        Err(_) => login.await,
    };
    let problem = answered.unwrap().err();
    let lost = problem
        .as_ref()
        .is_some_and(|p| p.detail.contains("this login is unknown"));
    if !lost {
        connected_after(&house, before).await;
    }
    house.stop().await;
    problem.map(|problem| problem.detail)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_throws_no_login_away() {
    let all = [1, 2, 3, 4, 5, 6, 7].map(|commits| tokio::spawn(full_from(commits)));
    let mut waited = 0;
    for (at, one) in all.into_iter().enumerate() {
        let Some(problem) = one.await.unwrap() else {
            continue;
        };
        assert!(problem.contains("cannot be written down yet"), "{at}: {problem}");
        waited += 1;
    }
    assert!(waited >= 3, "two sets, and the one in use: {waited}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_away_breaks_no_login_off() {
    let store = MemoryStore::new();
    let house = house(&store).await;
    let before = connected(&house).await;
    let redirect = agreed(&house).await;
    let rule = FaultRule::once("threads.profile", FaultKind::ServerError { status: 503 });
    house.sandbox.world().faults.add(rule);
    let struck = house.sandbox.world().faults.strikes();
    let login = pasted(&house, redirect);
    let strikes = |h: &House| h.sandbox.world().faults.strikes() > struck;
    house.until("the profile is asked", LATER, strikes).await;
    login.abort();
    connected_after(&house, before).await;
    house.stop().await;
}

/// The first is refused at its end while the second has its tokens already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_that_fails_takes_no_other_one_with_it() {
    let store = MemoryStore::new();
    let house = house(&store).await;
    let before = connected(&house).await;
    let (first, second) = (agreed(&house).await, agreed(&house).await);
    let down = || FaultRule::once("threads.profile", FaultKind::ServerError { status: 503 });
    house.sandbox.world().faults.add(down());
    let struck = house.sandbox.world().faults.strikes();
    let first = pasted(&house, first);
    let strikes = |h: &House| h.sandbox.world().faults.strikes() > struck;
    house.until("the first asks who it is", LATER, strikes).await;
    // Within the second before it asks again.
    let refused = FaultKind::TokenRevoked { subcode: Some(458) };
    house
        .sandbox
        .world()
        .faults
        .add(FaultRule::once("threads.profile", refused));
    let second = pasted(&house, second);
    let first = first.await.unwrap();
    assert!(first.is_err(), "it was refused");
    let second = second.await.unwrap();
    assert!(second.is_ok(), "{:?}", second.err());
    connected_after(&house, before).await;
    house.stop().await;
}

fn tokens(store: &MemoryStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    store.load(Table::Tokens).unwrap()
}

fn halves(store: &MemoryStore) -> usize {
    let name = b"half";
    let keys = store.load(Table::Logins).unwrap();
    let is_half = |key: &[u8]| key.windows(name.len()).any(|part| part == name);
    keys.iter().filter(|(key, _)| is_half(key)).count()
}

/// The power goes when the new tokens have just taken the place of the old ones; then they are renewed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_renewed_since_is_kept() {
    let mut cut = 0;
    for commits in 1..=6 {
        let store = MemoryStore::new();
        let house = house(&store).await;
        let before = connected(&house).await;
        let old = tokens(&store);
        let redirect = agreed(&house).await;
        store.fail_after(commits, Injected::CutAfter);
        let login = pasted(&house, redirect);
        let lost = tokio::time::timeout(LATER, login).await;
        let left = store.crash();
        if tokens(&left) == old || halves(&left) == 0 {
            drop(lost);
            house.stop().await;
            continue;
        }
        // Any other set stands for the renewed one.
        let mut batch = Batch::new();
        for (key, sealed) in &old {
            batch.put(Table::Tokens, key.clone(), sealed.clone());
        }
        left.commit(batch).await.unwrap();
        let house = house.restart(ground(&left), LATER).await;
        connected_after(&house, before).await;
        let over = |_: &House| halves(&left) == 0;
        house.until("the end of the login", LATER, over).await;
        assert_eq!(tokens(&left), old, "an older set over a newer one");
        house.stop().await;
        cut += 1;
    }
    assert!(cut > 0, "no commit was the one that is meant");
}

/// Meta tells of a deletion while nothing can be written after so many commits, and crier is started again before there is
/// room. Whether the deletion itself was noted and nothing after it.
async fn cut_off(commits: u64) -> bool {
    let store = MemoryStore::new();
    let house = house(&store).await;
    let user = house.handle.profile(&account("t", 0), false).await.unwrap();
    let request = SignedRequest {
        apps: vec!["meta".to_owned()],
        user_id: user.remote_id,
        issued: jiff::Timestamp::now().into(),
    };
    store.fail_after(commits, Injected::Full);
    let from = store.commits();
    let handle = house.handle.clone();
    let told = tokio::spawn(async move { handle.meta_data_deletion(request).await });
    let tried = |_: &House| store.commits() > from + commits;
    house.until("the first commit that fails", LATER, tried).await;
    let left = store.fork();
    let records = left.load(Table::Deletions).unwrap();
    if (records.len(), tokens(&left).len()) != (1, 1) {
        told.abort();
        house.stop().await;
        return false;
    }
    let code = KeyReader::new(&records[0].0).text().unwrap();

    let house = house.restart(ground(&left), SOON).await;
    told.abort();
    house
        .until("the end of the tokens", LATER, |_| tokens(&left).is_empty())
        .await;
    let done = async {
        loop {
            let status = house.handle.deletion_status(&code).await.unwrap();
            if status.done.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LATER, done)
        .await
        .expect("it is called done");
    assert_eq!(seen(&house).await.status, ConnectionStatus::Revoked);
    house.stop().await;
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_is_gone_on_with_after_a_restart() {
    for commits in 1..=5 {
        if cut_off(commits).await {
            return;
        }
    }
    panic!("no commit was the one that is meant");
}
