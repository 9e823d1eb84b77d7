//! Dropped files to their ends.

use std::fs;

use super::bench::{Bench, PATIENCE, until};
use crier::admin::types::PostState;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_becomes_a_published_post_with_its_receipt() {
    let mut bench = Bench::connected(1).await;
    bench.drop_file("news", "door.txt", "We open at nine.");
    bench.drop_bundle("news", "picture.post", "Our new door.");
    bench.drop_file(
        "mail",
        "letter.md",
        "+++\nsubject = \"News\"\n+++\nDear **reader**.\n",
    );

    let text = bench.appears("news", "sent/door.receipt.toml").await;
    let picture = bench.appears("news", "sent/picture.receipt.toml").await;
    let mail = bench.appears("mail", "sent/letter.receipt.toml").await;

    let state = bench.state().await;
    let published = state["threads"]["published"].as_array().unwrap();
    assert_eq!(published.len(), 4, "{state}");
    for receipt in [&text, &picture] {
        let table: toml::Table = receipt.parse().unwrap();
        let deliveries = table["delivery"].as_array().unwrap();
        assert_eq!(deliveries.len(), 2, "{receipt}");
        for delivery in deliveries {
            assert_eq!(delivery["outcome"].as_str(), Some("published"), "{receipt}");
            let id = delivery["live"][0]["remote_id"].as_str().unwrap();
            assert!(published.iter().any(|p| p["id"] == *id), "{id}");
        }
    }
    let mails = state["mail"]["messages"].as_array().unwrap();
    assert_eq!(mails.len(), 1, "{state}");
    assert_eq!(mails[0]["subject"], "News");
    let id = mails[0]["message_id"].as_str().unwrap();
    let table: toml::Table = mail.parse().unwrap();
    assert!(id.contains(table["post"].as_str().unwrap()), "{mail}\n{id}");
    let delivery = &table["delivery"][0];
    assert_eq!(delivery["outcome"].as_str(), Some("published"), "{mail}");
    assert_eq!(
        delivery["live"][0]["part"].as_str(),
        Some("readers@club.example"),
        "{mail}"
    );
    until("the files have moved", PATIENCE, async || {
        let moved = bench.spool("news", "sent/door.txt").exists()
            && bench.spool("news", "sent/picture.post/door.jpg").exists()
            && bench.spool("mail", "sent/letter.md").exists();
        moved.then_some(())
    })
    .await;
    assert!(bench.posts(PostState::Open).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_taken_and_a_removal_cancels() {
    let mut bench = Bench::connected(2).await;
    let later = "2999-01-01T09:00:00";
    bench.drop_file(
        "news",
        "edited.toml",
        &format!("at = {later}\ntext = \"First words.\"\n"),
    );
    bench.drop_file(
        "news",
        "removed.toml",
        &format!("at = {later}\ntext = \"Never to be seen.\"\n"),
    );
    until("both wait", PATIENCE, async || {
        (bench.posts(PostState::Open).await.len() == 2).then_some(())
    })
    .await;

    fs::remove_file(bench.spool("news", "removed.toml")).unwrap();
    bench.drop_file("news", "edited.toml", "text = \"Second words.\"\n");
    let receipt = bench.appears("news", "sent/edited.receipt.toml").await;
    assert!(receipt.contains("published"), "{receipt}");
    until("nothing is open", PATIENCE, async || {
        bench.posts(PostState::Open).await.is_empty().then_some(())
    })
    .await;

    let state = bench.state().await;
    let published = state["threads"]["published"].to_string();
    assert_eq!(published.matches("Second words.").count(), 2, "{state}");
    let state = state.to_string();
    assert!(!state.contains("First words.") && !state.contains("Never to be seen."));
    let failed = bench.posts(PostState::Failed).await;
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].file, "removed.toml");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_goes_to_failed_with_its_reason() {
    let mut bench = Bench::connected(3).await;
    bench.drop_file("news", "bad.toml", "text = \"Hello\"\nmedai = []\n");
    let why = bench.appears("news", "failed/bad.why.txt").await;
    assert!(why.contains("medai") && why.contains("media"), "{why}");

    // Mended and moved back, it goes out.
    until("it lies in failed", PATIENCE, async || {
        bench.spool("news", "failed/bad.toml").exists().then_some(())
    })
    .await;
    fs::write(bench.spool("news", "failed/bad.toml"), "text = \"Hello\"\n").unwrap();
    fs::rename(
        bench.spool("news", "failed/bad.toml"),
        bench.spool("news", "bad.toml"),
    )
    .unwrap();
    bench.appears("news", "sent/bad.receipt.toml").await;
    assert!(!bench.spool("news", "failed/bad.why.txt").exists());
}
