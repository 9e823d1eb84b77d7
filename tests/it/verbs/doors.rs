//! One-off requests, logins that several accounts share, and accounts that the config declares anew.

use crier::sandbox::faults::FaultKind;

use super::meta::{BAR, Meta, PUB, SHOP};
use super::rig::Rig;

/// The ids of what the account has at its platform.
fn live(rig: &Rig, account: &str) -> Vec<String> {
    let history = rig.ctl(&["history", account, "--json"]).json();
    let ids = history.as_array().unwrap().iter();
    ids.map(|post| post["id"].as_str().unwrap().to_owned()).collect()
}

/// Taking back counts against the platform's quota of deletions, and a freeze stops it.
#[tokio::test(flavor = "multi_thread")]
async fn taking_back_counts_and_stands_still() {
    let mut rig = Rig::new().await;
    rig.threads = "deletions = 1";
    rig.configure("");
    rig.start("info").await;
    rig.connect().await;
    for name in ["one", "two"] {
        rig.ctl(&["post", "news", "--text", name, "--name", &format!("{name}.toml")])
            .ends(0);
        rig.phase(&format!("{name}.toml"), "ended").await;
    }
    let ids = live(&rig, "club");
    rig.ctl(&["freeze", "account:club", "--reason", "look first"])
        .ends(0);
    let ran = rig.ctl(&["delete", "club", &ids[0], "--yes"]);
    assert_ne!(ran.code, 0);
    assert!(
        ran.err.contains("is frozen by") && ran.err.contains("crierctl thaw"),
        "{}",
        ran.err
    );
    assert_eq!(live(&rig, "club").len(), 2, "looking is not stopped");
    rig.ctl(&["thaw", "account:club"]).ends(0);
    // What the platform refuses takes nobody's place.
    rig.fault("threads.delete", FaultKind::Rejected);
    let refused = rig.ctl(&["delete", "club", &ids[0], "--yes"]);
    assert_ne!(refused.code, 0, "{}", refused.out);
    rig.ctl(&["delete", "club", &ids[0], "--yes"]).ends(0);
    let ran = rig.ctl(&["delete", "club", &ids[1], "--yes"]).ends(75);
    let words = "held by the platform's limit: 1 of 1 deletions in 1d used";
    assert!(
        ran.err.contains(words) && ran.err.contains("crierctl limits club"),
        "{}",
        ran.err
    );
    assert_eq!(live(&rig, "club"), ids[1..], "it was not asked");
    assert_eq!(rig.stop().await, Some(0));
}

/// Meta takes back a person's whole login: not for one Page while another account lives of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_login_is_not_taken_back() {
    let mut meta = Meta::new().await;
    meta.configure(&[PUB, BAR].concat());
    meta.rig.start("info").await;
    meta.connect("pub-page").await;
    meta.connect("bar-page").await;
    let ran = meta.rig.ctl(&["disconnect", "pub-page", "--yes"]).ends(0);
    let words = "its login stays at Facebook: bar-page uses it";
    assert!(ran.out.contains(words), "{}", ran.out);
    meta.rig.ctl(&["validate", "bar-page"]).ends(0);
    let ran = meta.rig.ctl(&["disconnect", "bar-page", "--yes"]).ends(0);
    assert!(
        ran.out.contains("its login was taken back at Facebook"),
        "{}",
        ran.out
    );
    // And what the vendor refuses is not called done.
    meta.connect("pub-page").await;
    for _ in ["with the person's token", "with the app's"] {
        meta.rig
            .fault("facebook.revoke", FaultKind::ServerError { status: 503 });
    }
    let ran = meta.rig.ctl(&["disconnect", "pub-page", "--yes"]).ends(0);
    let words = "Facebook did not take its login back (status 503";
    assert!(ran.out.contains(words), "{}", ran.out);
    let log = meta.rig.file("log").await;
    assert!(log.contains(words), "the journal says the same");
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// Meta tells one app that a person wants their data deleted: it stands twice in the config, and an account of it no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_reaches_every_account_of_the_person() {
    let mut meta = Meta::new().await;
    meta.configure(&[PUB, BAR, SHOP].concat());
    meta.rig.start("info").await;
    for account in ["pub-page", "bar-page", "shop"] {
        meta.connect(account).await;
    }
    meta.configure(&[PUB, SHOP].concat());
    meta.rig.ctl(&["reload"]).ends(0);
    let tokens = meta.rig.ctl(&["tokens"]).ends(0);
    let words = "no longer declared in the config: `crierctl disconnect bar-page` forgets its tokens";
    assert!(tokens.out.contains(words), "{}", tokens.out);
    let body = serde_json::json!({
        "platform": "facebook",
        "username": "Pub",
        "callback": format!("http://{}/meta/data-deletion", meta.rig.callback),
    });
    let told = meta.sandbox("revoke", &body).await;
    assert_eq!(told["callback"]["status"], 200, "{told}");
    let (_, page) = meta
        .rig
        .visit(told["callback"]["body"]["url"].as_str().unwrap())
        .await;
    assert!(page.contains("deleted"), "{page}");
    for account in ["pub-page", "shop"] {
        let (status, reason) = meta.status(account);
        assert_eq!(status, "revoked", "{account}: {reason}");
    }
    let tokens = meta.rig.ctl(&["tokens"]).ends(0);
    assert!(!tokens.out.contains("bar-page"), "{}", tokens.out);
    meta.rig.ctl(&["disconnect", "bar-page", "--yes"]).ends(66);
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// Tokens of an account that the config declares no more can be forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_declared_can_be_disconnected() {
    let mut meta = Meta::new().await;
    meta.configure(BAR);
    meta.rig.start("info").await;
    meta.connect("bar-page").await;
    meta.configure("");
    meta.rig.ctl(&["reload"]).ends(0);
    let ran = meta.rig.ctl(&["disconnect", "bar-page", "--yes"]).ends(0);
    let words = "the config does not declare it as it was connected, so its login stays at Facebook";
    assert!(ran.out.contains(words), "{}", ran.out);
    meta.configure(BAR);
    meta.rig.ctl(&["reload"]).ends(0);
    let ran = meta.rig.ctl(&["validate", "bar-page"]);
    assert!(ran.code != 0 && ran.err.contains("no token"), "{}", ran.err);
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// Another Page or platform in the config does not publish with the old login, over a restart too; the old words bring
/// it back.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_declared_anew_must_be_connected_anew() {
    let mut meta = Meta::new().await;
    let queue = "[queue.pages]\naccounts = [\"bar-page\"]\nspacing = \"0s\"\n";
    meta.configure(&[BAR, queue].concat());
    meta.rig.start("info").await;
    std::fs::create_dir_all(meta.rig.path("spool/pages")).unwrap();
    meta.connect("bar-page").await;
    let ran = meta.rig.ctl(&["connect", "bar-page", "--page", "Pub"]);
    assert!(
        ran.code != 0 && ran.err.contains("change it there and reload"),
        "{}",
        ran.err
    );

    let moved = BAR.replace("\"Bar\"", "\"Pub\"");
    meta.configure(&[&moved, queue].concat());
    let why = "connected as Page “Bar”, the config says “Pub”: `crierctl connect bar-page`";
    let checked = meta.rig.ctl(&["check", "--config", "crier.toml"]).ends(0);
    assert!(checked.out.contains(why), "{}", checked.out);
    let ran = meta.rig.ctl(&["reload"]).ends(0);
    assert!(ran.out.contains(why), "{}", ran.out);
    assert_eq!(meta.status("bar-page"), ("never".to_owned(), why.to_owned()));
    assert!(meta.rig.ctl(&["tokens"]).ends(0).out.contains(why));
    let proved = meta.rig.ctl(&["validate", "bar-page"]);
    assert!(proved.code != 0 && proved.err.contains(why), "{}", proved.err);
    meta.rig.drop_file("pages", "hello.toml", "text = \"Hello\"\n");
    let held = meta.rig.phase("hello.toml", "held").await;
    assert!(held.to_string().contains(why), "{held:#}");

    meta.configure(&[BAR, queue].concat());
    meta.rig.ctl(&["reload"]).ends(0);
    meta.rig.phase("hello.toml", "ended").await;
    assert_eq!(live(&meta.rig, "bar-page").len(), 1, "on the Page that is meant");

    assert_eq!(meta.rig.stop().await, Some(0));
    meta.configure(&["[account.bar-page]\napp = \"meta\"\n", queue].concat());
    meta.rig.start("info").await;
    let why = "declared anew as threads, and its login is of facebook: `crierctl connect bar-page`";
    assert_eq!(meta.status("bar-page"), ("never".to_owned(), why.to_owned()));
    let ran = meta.rig.ctl(&["validate", "bar-page"]);
    assert!(ran.code != 0 && ran.err.contains("no token"), "{}", ran.err);
    meta.connect("bar-page").await;
    assert_eq!(meta.status("bar-page").0, "connected");
    assert_eq!(meta.rig.stop().await, Some(0));
}

/// What an account cannot do though its platform can is said with its reason, and nobody is asked.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_delete_says_why() {
    let mut meta = Meta::new().await;
    meta.configure("[account.own]\napp = \"profiles\"\n");
    meta.rig.start("info").await;
    meta.connect("own").await;
    let ran = meta.rig.ctl(&["delete", "own", "179", "--yes"]);
    assert!(
        ran.code != 0
            && ran
                .err
                .contains("Instagram offers no delete call for Instagram's own login"),
        "{}",
        ran.err
    );
    assert_eq!(meta.rig.stop().await, Some(0));
}
