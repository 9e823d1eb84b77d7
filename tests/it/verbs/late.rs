//! What vendors tell by themselves: late, or once more, of a login of before; or of a post, before crier would have asked.

use crier::domain::time::Timestamp;
use crier::sandbox::models::tiktok::signature_header;
use serde_json::{Value, json};

use super::rig::{CLIENT_SECRET, Rig};

/// An account on TikTok beside the one on Threads, both connected.
async fn connected() -> Rig {
    let mut rig = Rig::new().await;
    rig.configure(&format!(
        "[platform.tiktok]\napi_base = \"{base}/tiktok/api_base\"\nauth_base = \"{base}/tiktok/auth_base\"\n\
         upload_base = \"{base}/tiktok/upload_base\"\n\
         [app.tok]\nplatform = \"tiktok\"\nclient_id = \"sandbox-app\"\nclient_secret = {{ file = \"{}\" }}\n\
         [account.clips]\napp = \"tok\"\naudited = \"true\"\nprivacy = \"PUBLIC_TO_EVERYONE\"\n[queue.clips]\naccounts = [\"clips\"]\n",
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

/// The envelope of TikTok's word that a post is published.
fn published(rig: &Rig) -> Option<Value> {
    let hooks = rig.sandbox.world().tiktok.take_webhooks();
    let envelopes = hooks
        .iter()
        .map(|(_, body, _)| serde_json::from_str(body).unwrap());
    envelopes
        .into_iter()
        .find(|envelope: &Value| envelope["event"] == "post.publish.complete")
}

/// Another word of TikTok's about the same post, signed and posted to crier.
async fn say(rig: &Rig, envelope: &Value, event: &str, more: Value) {
    let mut content: Value = serde_json::from_str(envelope["content"].as_str().unwrap()).unwrap();
    content
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let mut envelope = envelope.clone();
    envelope["event"] = json!(event);
    envelope["content"] = json!(content.to_string());
    let (body, now) = (envelope.to_string(), Timestamp::from(jiff::Timestamp::now()));
    let told = rig.http.post(format!("http://{}/hooks/tiktok", rig.callback));
    let told = told
        .header(
            "TikTok-Signature",
            signature_header(CLIENT_SECRET, now.as_secs(), &body),
        )
        .body(body);
    assert_eq!(told.send().await.unwrap().status(), 200);
}

/// A public post's id comes with TikTok's word, while its status does not tell it yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_word_about_a_post_ends_the_waiting_for_its_id() {
    let mut rig = connected().await;
    let slow = json!({"tiktok": {"processing_ms": 0, "moderation_ms": 3_600_000, "audited": true}});
    let settings = format!("{}/_sandbox/settings", rig.sandbox.addresses.base);
    assert_eq!(
        rig.http.post(settings).json(&slow).send().await.unwrap().status(),
        200
    );
    rig.drop_bundle(
        "clips",
        "door",
        "text = \"The door\"\nmedia = [\"reel-9x16-4s-h264-aac.mp4\"]\n",
        &["reel-9x16-4s-h264-aac.mp4"],
    );
    let envelope = rig.until("TikTok's word", |rig| published(rig)).await;
    let reads = |rig: &mut Rig| {
        let delivery = rig.delivery("door.post");
        (delivery["step"] == "read its id").then_some(())
    };
    rig.until("the look for its id", reads).await;
    say(
        &rig,
        &envelope,
        "post.publish.publicly_available",
        json!({"post_id": "7555555555555555555"}),
    )
    .await;
    let receipt = rig.file("spool/clips/sent/door.receipt.toml").await;
    assert!(receipt.contains("7555555555555555555"), "{receipt}");
    assert_eq!(rig.stop().await, Some(0));
}
