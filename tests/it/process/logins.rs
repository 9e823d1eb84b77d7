//! Logins whose last calls fail: what the vendor gives only once is not thrown away.

use super::bench::{Bench, PATIENCE, until};
use super::kill::stage::{MAIL, STAGE, THREADS, TIKTOK, X};
use crier::admin::types::AccountView;
use crier::domain::account::ConnectionStatus;
use crier::domain::id::AccountName;
use crier::engine::message_id;
use serde_json::json;

async fn view(bench: &Bench, account: &str) -> AccountView {
    let name = AccountName::new(account).unwrap();
    bench.client().account(&name).await.unwrap()
}

/// So many calls of a step come to nothing.
async fn fault(bench: &Bench, step: &str, kind: &str, times: u32) {
    let rule = json!({"step": step, "kind": kind, "times": times, "status": 503});
    bench.control("faults", &rule).await;
}

async fn serving(seed: u64) -> Bench {
    let mut bench = Bench::staged(seed, &STAGE).await;
    bench.start();
    bench.ready().await;
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_once_is_asked_for_again() {
    let bench = serving(11).await;
    for (account, step) in [
        (X, "x.me"),
        (TIKTOK, "tiktok.user_info"),
        (THREADS, "threads.profile"),
    ] {
        fault(&bench, step, "lost_after", 1).await;
        bench.connect(account).await;
        assert!(
            view(&bench, account).await.handle.is_some_and(|h| !h.is_empty()),
            "{account}"
        );
    }
    let struck = bench.faults().await;
    assert_eq!(struck.to_string().matches("\"struck\":1").count(), 3, "{struck}");
}

/// The tokens are there, and the account posts; what it is called is found out later.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_name_is_connected() {
    let mut bench = serving(12).await;
    for (account, step) in [(X, "x.me"), (TIKTOK, "tiktok.user_info")] {
        fault(&bench, step, "lost_after", 6).await;
        bench.connect(account).await;
        let seen = view(&bench, account).await;
        assert_eq!(
            (seen.status, seen.last_verified),
            (ConnectionStatus::Connected, None),
            "{seen:?}"
        );
    }
    bench.no_faults().await;
    let words = "text = \"We open at nine.\"\naccounts = [\"bird\"]\n";
    bench.drop_file("news", "named.toml", words);
    bench.appears("news", "sent/named.receipt.toml").await;
    let name = AccountName::new(TIKTOK).unwrap();
    let seen = bench.client().validate(&name).await.unwrap();
    assert!(seen.handle.is_some_and(|h| !h.is_empty()));
}

/// Threads must say who it is. Until it does, the account stays what it was; a start goes on with the login.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_a_crash_cuts_off_is_gone_on_with() {
    let mut bench = serving(13).await;
    fault(&bench, "threads.profile", "server_error", 1_000).await;
    let page = bench.try_connect(THREADS).await.unwrap_err();
    assert!(page.contains("crier asks again by itself"), "{page}");
    assert_eq!(view(&bench, THREADS).await.status, ConnectionStatus::Never);
    bench.kill();
    bench.no_faults().await;
    bench.start();
    bench.ready().await;
    until("it is connected", PATIENCE, async || {
        let seen = view(&bench, THREADS).await;
        (seen.status == ConnectionStatus::Connected).then_some(())
    })
    .await;
    assert!(view(&bench, THREADS).await.last_verified.is_some());

    // Over it is: the next start finds nothing to go on with.
    let connected = view(&bench, THREADS).await.connected;
    assert!(bench.stop().await.success());
    bench.start();
    bench.ready().await;
    assert_eq!(view(&bench, THREADS).await.connected, connected);
    let state = bench.state().await.to_string();
    assert!(!state.contains("exchanged twice"), "{state}");
}

/// A login that does not come off takes nothing from the one that works, and is not called a disconnection.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_fails_leaves_the_account_as_it_is() {
    let bench = serving(14).await;
    bench.connect(THREADS).await;
    let before = view(&bench, THREADS).await;
    fault(&bench, "threads.code", "server_error", 1).await;
    bench.try_connect(THREADS).await.unwrap_err();
    let after = view(&bench, THREADS).await;
    assert_eq!((after.status, after.connected), (before.status, before.connected));
    let logged = bench.logged();
    assert!(logged.contains("not connected: "), "{logged}");
    assert!(logged.contains(message_id::LOGIN_FAILED.id()), "{logged}");
    assert!(!logged.contains(message_id::DISCONNECTED.id()), "{logged}");
    let name = AccountName::new(THREADS).unwrap();
    bench.client().validate(&name).await.unwrap();
}

/// A credential that is being written anew is read again; the account keeps its login.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_file_that_is_gone_for_a_moment_is_read_again() {
    let mut bench = serving(15).await;
    bench.connect(MAIL).await;
    let (secret, away) = (bench.path("smtp.secret"), bench.path("away.secret"));
    std::fs::rename(&secret, &away).unwrap();
    bench.drop_file(
        "mail",
        "news.toml",
        "subject = \"News\"\ntext = \"We open.\"\nto = \"a@club.example\"\n",
    );
    until("it waits for its secret", PATIENCE, async || {
        let shown = bench.ctl(&["why", "news.toml"]);
        let words = String::from_utf8_lossy(&shown.stdout).into_owned();
        (words.contains("smtp.secret") && words.contains("cannot be read")).then_some(())
    })
    .await;
    assert_eq!(view(&bench, MAIL).await.status, ConnectionStatus::Connected);
    std::fs::rename(&away, &secret).unwrap();
    assert!(bench.ctl(&["retry", "news.toml"]).status.success());
    bench.appears("mail", "sent/news.receipt.toml").await;
}

/// A proof hears that the version of the API has ended: the platform waits, and no account is blamed.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_has_ended_is_heard_by_a_proof() {
    let bench = serving(16).await;
    bench.connect(THREADS).await;
    let rule = json!({"step": "threads.profile", "kind": "graph_error", "status": 400, "code": 2635});
    bench.control("faults", &rule).await;
    let name = AccountName::new(THREADS).unwrap();
    bench.client().validate(&name).await.unwrap_err();
    assert_eq!(view(&bench, THREADS).await.status, ConnectionStatus::Connected);
    let frozen = format!("{:?}", bench.client().status().await.unwrap());
    assert!(frozen.contains("has ended"), "{frozen}");
    let path = bench.path("crier.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    let named = config.replace(
        "[platform.threads]\n",
        "[platform.threads]\napi_version = \"v1.1\"\n",
    );
    std::fs::write(&path, named).unwrap();
    assert!(bench.ctl(&["reload"]).status.success());
    let frozen = format!("{:?}", bench.client().status().await.unwrap());
    assert!(!frozen.contains("has ended"), "{frozen}");
}
