//! What all vendors of the sandbox have in common over TCP.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::Bench;

#[tokio::test]
async fn every_host_of_a_vendor_has_its_prefix() {
    let bench = Bench::new(|_| {}).await;
    let base = bench.running.addresses.vendors["threads"].clone();
    assert_eq!(base, bench.url("/threads"));
    let ask = format!(
        "{base}/auth_base/oauth/authorize?client_id=sandbox-app&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb\
         &response_type=code&state=s&scope=threads_basic"
    );
    let page = bench.http.get(&ask).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("action=\"/threads/auth_base/oauth/authorize\""),
        "the form leads back to the same host: {page}"
    );
    let allowed = bench
        .http
        .get(&ask)
        .header("X-Sandbox-Auto", "allow")
        .send()
        .await
        .unwrap();
    let location = allowed.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("http://127.0.0.1/cb?code="), "{location}");

    let token = bench
        .control(
            "/_sandbox/accounts",
            json!({"platform": "threads", "username": "ada"}),
        )
        .await["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let me = bench
        .call(&token, "/threads/api_base/v1.0/me?fields=username", &[])
        .await
        .unwrap();
    assert_eq!(me["username"], "ada");
    let nobody = bench
        .http
        .get(bench.url("/nowhere/api_base/me"))
        .send()
        .await
        .unwrap();
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
    assert!(nobody.text().await.unwrap().contains("no model of"));

    let secrets: Value = serde_json::from_str(&bench.get("/_sandbox/secrets").await).unwrap();
    assert!(secrets["secrets"].as_array().unwrap().contains(&json!(token)));
    let accounts: Value = serde_json::from_str(&bench.get("/_sandbox/accounts").await).unwrap();
    assert_eq!(accounts["threads"], json!(["crier_demo", "ada"]));
    let posts = bench.get("/_sandbox/posts?platform=threads").await;
    assert_eq!(posts, "[]");
    assert!(
        bench
            .get("/_sandbox/posts?platform=shoe")
            .await
            .contains("no platform")
    );
    let violations = bench.get("/_sandbox/violations").await;
    assert_eq!(violations, "{\"violations\":[]}");
}

#[tokio::test]
async fn large_bodies_come_in_and_boundless_ones_do_not() {
    let bench = Bench::new(|_| {}).await;
    let send = |size: usize| {
        let request = bench.http.post(bench.url("/threads/upload_base/v1.0/me/threads"));
        request
            .header("content-type", "application/octet-stream")
            .body(vec![7_u8; size])
            .send()
    };
    // It has no token; but it was read.
    assert_eq!(
        send(20 * 1024 * 1024).await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    // The server answers before all of it came; then the connection may break first.
    let refused = send(131 * 1024 * 1024).await;
    assert!(refused.is_err() || refused.is_ok_and(|r| r.status() == StatusCode::PAYLOAD_TOO_LARGE));
}

#[tokio::test]
async fn other_people_do_what_their_platform_has_and_else_one_hears_where_they_do() {
    let bench = Bench::new(|_| {}).await;
    let post = |platform: Option<&str>, reply_to: Option<&str>| {
        let mut body = json!({"username": "bob", "text": "Hello"});
        body["platform"] = json!(platform);
        body["reply_to"] = json!(reply_to);
        bench.control("/_sandbox/posts", body)
    };
    // Without a name it is the vendor at the root, which has answers too.
    let first = post(None, None).await["id"].as_str().unwrap().to_owned();
    assert!(post(Some("threads"), Some(&first)).await["id"].is_string());
    assert!(post(Some("x"), None).await["id"].is_string());
    assert_eq!(
        post(Some("tiktok"), None).await["error"],
        "other people do not post on tiktok; they do on threads and x"
    );
    assert_eq!(
        post(Some("x"), Some("1")).await["error"],
        "other people do not answer on x; they do on threads"
    );
    let message = |platform: &str| {
        let body = json!({"platform": platform, "username": "club", "from": "Bob", "text": "Hello"});
        bench.control("/_sandbox/messages", body)
    };
    assert!(message("facebook").await["id"].is_string());
    assert_eq!(
        message("x").await["error"],
        "other people do not write messages on x; they do on instagram and facebook"
    );
    let count = |platform: &str| bench.running.world().vendor(platform).unwrap().posts().len();
    assert_eq!(
        (count("threads"), count("x"), count("tiktok")),
        (2, 1, 0),
        "to hear where it can be done changes nothing"
    );
    let body = json!({"username": "ada", "scopes": "threads_basic,threads_dance"});
    assert_eq!(
        bench.control("/_sandbox/accounts", body).await["error"],
        "there is no permission named \"threads_dance\""
    );
}

#[tokio::test]
async fn switches_have_the_last_word_and_what_a_vendor_does_not_have_ends_the_start() {
    let bench = Bench::new(|options| {
        options.delay_ms = Some(50);
        options.switch("threads", "text_delay_ms", 7);
    })
    .await;
    let settings: Value = serde_json::from_str(&bench.get("/_sandbox/settings").await).unwrap();
    let of = |name: &str| settings["threads"][name].as_i64().unwrap();
    assert_eq!(
        (of("text_delay_ms"), of("image_delay_ms"), of("video_delay_ms")),
        (7, 100, 200)
    );
    for (platform, name) in [("threads", "dance"), ("shoe", "text_delay_ms")] {
        let mut options = crier::sandbox::serve::Options::default();
        options.switch(platform, name, 1);
        let error = crier::sandbox::serve::start(options)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(platform), "{error}");
    }
}
