//! What vendors tell late, or once more: of a login of before, it says nothing about the one in use.

use serde_json::{Value, json};

use super::rig::Rig;

/// An account on TikTok beside the one on Threads, both connected.
async fn connected() -> Rig {
    let mut rig = Rig::new().await;
    rig.configure(&format!(
        "[platform.tiktok]\napi_base = \"{base}/tiktok/api_base\"\nauth_base = \"{base}/tiktok/auth_base\"\n\
         [app.tok]\nplatform = \"tiktok\"\nclient_id = \"sandbox-app\"\nclient_secret = {{ file = \"{}\" }}\n\
         [account.clips]\napp = \"tok\"\n[queue.clips]\naccounts = [\"clips\"]\n",
        rig.path("meta.secret").display(),
        base = rig.sandbox.addresses.base,
    ));
    rig.start("info").await;
    rig.connect().await;
    let start = rig.ctl(&["connect", "clips", "--json"]).json();
    let end = rig.agree(start["authorize_url"].as_str().unwrap(), "allow").await;
    assert_eq!(rig.visit(&end).await.0, 200);
    rig
}

/// The vendor tells that a person took the access away so long ago.
async fn tell(rig: &Rig, platform: &str, callback: &str, late_s: i64) {
    let username = rig.sandbox.world().vendor(platform).unwrap().accounts()[0].clone();
    let body = json!({
        "platform": platform,
        "username": username,
        "callback": format!("http://{}{callback}", rig.callback),
        "late_s": late_s,
    });
    let revoke = format!("{}/_sandbox/revoke", rig.sandbox.addresses.base);
    let told = rig.http.post(revoke).json(&body).send().await.unwrap();
    let told: Value = told.json().await.unwrap();
    assert_eq!(told["callback"]["status"], 200, "{told}");
}

fn status(rig: &Rig, account: &str) -> String {
    let view = rig.ctl(&["accounts", account, "--json"]).json();
    view["status"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_about_an_older_login_takes_no_newer_one_away() {
    let mut rig = connected().await;
    for (account, platform, callback) in [
        ("clips", "tiktok", "/hooks/tiktok"),
        ("club", "threads", "/meta/deauthorize"),
        ("club", "threads", "/meta/data-deletion"),
    ] {
        tell(&rig, platform, callback, 3_600).await;
        assert_eq!(status(&rig, account), "connected", "{callback}");
        rig.ctl(&["validate", account]).ends(0);
    }
    for (account, platform, callback) in [
        ("clips", "tiktok", "/hooks/tiktok"),
        ("club", "threads", "/meta/deauthorize"),
    ] {
        tell(&rig, platform, callback, 0).await;
        assert_eq!(status(&rig, account), "revoked", "{callback}");
    }
    assert_eq!(rig.stop().await, Some(0));
}
