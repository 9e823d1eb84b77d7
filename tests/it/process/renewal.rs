//! Tokens that are renewed by what works once.

use super::bench::Bench;
use super::kill::stage::{PAGE, STAGE, X};
use crier::domain::account::ConnectionStatus;
use crier::domain::id::AccountName;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_answer_is_lost_asks_for_a_login_while_posts_still_go_out() {
    let bench = Bench::all_connected(4, &STAGE).await;
    let name = AccountName::new(X).unwrap();
    bench
        .control("settings", &json!({"x": {"refresh_ends_old": false}}))
        .await;
    let fault = json!({"step": "x.token", "kind": "lost_after"});
    bench.control("faults", &fault).await;
    let told = bench.client().refresh(&name).await.map(|view| view.status);
    let view = bench.client().account(&name).await.unwrap();
    assert_eq!(view.status, ConnectionStatus::Expiring, "{told:?} {view:?}");
    let reason = view.reason.unwrap();
    assert!(reason.contains("was lost"), "{reason}");
    assert!(reason.contains("log in again"), "{reason}");
    assert!(reason.contains("still works until"), "{reason}");

    bench.drop_file(
        "news",
        "still.toml",
        "text = \"We open at nine.\"\naccounts = [\"bird\"]\n",
    );
    let mut bench = bench;
    bench.appears("news", "sent/still.receipt.toml").await;
    bench.connect(X).await;
    let view = bench.client().refresh(&name).await.unwrap();
    assert_eq!(view.status, ConnectionStatus::Connected, "{view:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_renewed_before_anybody_hears_of_it() {
    let mut bench = Bench::all_connected(5, &STAGE).await;
    let fault = json!({"step": "x.create", "kind": "token_expired"});
    bench.control("faults", &fault).await;
    bench.drop_file(
        "news",
        "refused.toml",
        "text = \"We open at nine.\"\naccounts = [\"bird\"]\n",
    );
    bench.appears("news", "sent/refused.receipt.toml").await;
    let struck = bench.faults().await;
    assert!(struck.to_string().contains("\"struck\":1"), "{struck}");
    let view = bench
        .client()
        .account(&AccountName::new(X).unwrap())
        .await
        .unwrap();
    assert_eq!(view.status, ConnectionStatus::Connected, "{view:?}");
    let logged = bench.logged();
    assert!(!logged.contains("must be connected again"), "{logged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_account_is_asked_again_and_works_again_by_itself() {
    let bench = Bench::all_connected(6, &STAGE).await;
    let name = AccountName::new(PAGE).unwrap();
    let fault = json!({"step": "facebook.profile", "kind": "graph_error", "code": 190, "subcode": 459});
    bench.control("faults", &fault).await;
    let said = bench.client().validate(&name).await;
    assert!(said.is_err(), "{said:?}");
    let view = bench.client().account(&name).await.unwrap();
    assert_eq!(view.status, ConnectionStatus::Error, "{view:?}");
    assert!(view.reason.is_some_and(|why| why.contains("log in to the app")));
    let view = bench.client().validate(&name).await.unwrap();
    assert_eq!((view.status, view.reason), (ConnectionStatus::Connected, None));
}

/// X bills the profile that a login reads, so it counts like a validation's.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_counts_its_profile() {
    let bench = Bench::all_connected(6, &STAGE).await;
    let name = AccountName::new(X).unwrap();
    let used = async |bench: &Bench| {
        let limits = bench.client().limits(Some(&name)).await.unwrap();
        limits.iter().find(|l| l.limit == "profiles").unwrap().used
    };
    let before = used(&bench).await;
    bench.connect(X).await;
    assert_eq!(used(&bench).await, before + 1);
}
