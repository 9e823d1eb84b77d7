//! Tokens that are renewed by what works once.

use super::bench::Bench;
use super::kill::stage::{STAGE, X};
use crier::domain::account::ConnectionStatus;
use crier::domain::id::AccountName;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_whose_answer_is_lost_asks_for_a_login_while_posts_still_go_out() {
    let bench = Bench::all_connected(4, &STAGE).await;
    let name = AccountName::new(X).unwrap();
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
