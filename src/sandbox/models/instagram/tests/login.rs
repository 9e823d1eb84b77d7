//! Both logins (instagram.md 2, 3).

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::Model as _;
use crate::sandbox::models::meta::testing::{NOW, code, in_redirect};

const BACK: &str = "https://crier.example/cb";
const SCOPES: &str = "instagram_business_basic,instagram_business_content_publish";

fn dialog(b: &mut Bench) -> SandboxReply {
    let target = format!(
        "/oauth/authorize?client_id=sandbox-app&redirect_uri={BACK}&response_type=code&state=s&scope={SCOPES}"
    );
    b.send("auth_base", SandboxRequest::new("GET", &target))
}

fn exchange(b: &mut Bench, value: &str) -> SandboxReply {
    let form = [
        ("client_id", "sandbox-app"),
        ("client_secret", "sandbox-secret"),
        ("grant_type", "authorization_code"),
        ("redirect_uri", BACK),
        ("code", value),
    ];
    b.send(
        "token_base",
        SandboxRequest::new("POST", "/oauth/access_token").with_form(&form),
    )
}

fn fresh_code(b: &mut Bench) -> String {
    b.set("auto_allow", json!(true));
    in_redirect(&dialog(b), "code").unwrap()
}

fn long(b: &mut Bench) -> String {
    let value = fresh_code(b);
    let short = exchange(b, &value).value()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let target = format!(
        "/access_token?grant_type=ig_exchange_token&client_secret=sandbox-secret&access_token={short}"
    );
    let answer = b.send("api_base", SandboxRequest::new("GET", &target)).value();
    assert_eq!(answer["expires_in"], 5_183_944);
    answer["access_token"].as_str().unwrap().to_owned()
}

fn refresh(b: &mut Bench, token: &str) -> SandboxReply {
    let target = format!("/refresh_access_token?grant_type=ig_refresh_token&access_token={token}");
    b.send("api_base", SandboxRequest::new("GET", &target))
}

#[test]
fn codes_come_back_with_a_tail_and_are_used_once() {
    let mut b = Bench::new();
    let page = dialog(&mut b);
    assert!(page.status == 200 && String::from_utf8(page.body).unwrap().contains("_sandbox_account"));
    b.set("auto_refuse", json!(true));
    assert_eq!(
        in_redirect(&dialog(&mut b), "error").as_deref(),
        Some("access_denied")
    );
    b.set("auto_refuse", json!(false));
    let value = fresh_code(&mut b);
    assert!(dialog(&mut b).header("Location").unwrap().ends_with("#_"));
    let answer = exchange(&mut b, &value).value();
    assert_eq!(
        (&answer["user_id"], &answer["permissions"]),
        (&json!(b.account.parse::<u64>().unwrap()), &json!(SCOPES))
    );
    let again = exchange(&mut b, &value).value();
    assert_eq!(
        again["error_message"],
        "Matching code was not found or was already used"
    );
    assert_eq!(b.instagram.violations(), ["a code was exchanged twice: 1"]);
    let late = fresh_code(&mut b);
    b.now += 3_600_000;
    assert_eq!(exchange(&mut b, &late).value()["error_type"], "OAuthException");
    b.set("wrapped", json!(true));
    b.set("user_id_number", json!(false));
    b.set("permissions_as", json!("list"));
    let value = fresh_code(&mut b);
    let wrapped = exchange(&mut b, &value).value()["data"][0].clone();
    assert_eq!(wrapped["user_id"], b.account.as_str());
    assert_eq!(wrapped["permissions"][0], "instagram_business_basic");
    b.set("personal", json!(["ada"]));
    assert_eq!(dialog(&mut b).status, 400, "personal accounts cannot be used");
}

#[test]
fn a_long_token_is_refreshed_after_a_day_and_before_sixty() {
    let mut b = Bench::new();
    let token = long(&mut b);
    b.now = NOW + 86_399_999;
    assert_eq!(code(&refresh(&mut b, &token)), "100");
    assert_eq!(
        b.instagram.violations(),
        ["a token was refreshed before it was 24 hours old: 1"]
    );
    b.now = NOW + 86_400_000;
    let new = refresh(&mut b, &token).value();
    assert_eq!(new["permissions"], SCOPES);
    let new = new["access_token"].as_str().unwrap().to_owned();
    b.now = NOW + 61 * 86_400_000 - 20_000_000;
    assert_eq!(code(&refresh(&mut b, &token)), "190/463", "what is over is lost");
    assert_eq!(code(&refresh(&mut b, &new)), "ok");
    b.token = new;
    let me = b.get("/v25.0/me?fields=id,user_id,username,account_type").value();
    assert_eq!(
        (&me["user_id"], &me["username"]),
        (&json!(b.account), &json!("ada"))
    );
    assert_ne!(me["id"], me["user_id"], "the id of me is app-scoped");
    b.set("wrapped", json!(true));
    assert_eq!(
        b.get("/v25.0/me?fields=username").value()["data"][0]["username"],
        "ada"
    );
}

#[test]
fn each_host_takes_its_own_tokens() {
    let mut b = Bench::new();
    b.host = "fb_api_base";
    assert_eq!(code(&b.get("/v25.0/me")), "190");
    let mut b = Bench::facebook();
    b.host = "api_base";
    assert_eq!(code(&b.get("/v25.0/me")), "190");
}

#[test]
fn profiles_are_found_through_their_pages() {
    let mut b = Bench::facebook();
    b.set("auto_allow", json!(true));
    b.set("pages_without_instagram", json!(1));
    let query = format!(
        "client_id=sandbox-app&redirect_uri={BACK}&response_type=code&scope=instagram_basic,instagram_content_publish,pages_show_list"
    );
    let reply = b.send(
        "fb_auth_base",
        SandboxRequest::new("GET", &format!("/v25.0/dialog/oauth?{query}")),
    );
    let value = in_redirect(&reply, "code").unwrap();
    let target = format!(
        "/v25.0/oauth/access_token?client_id=sandbox-app&client_secret=sandbox-secret&redirect_uri={BACK}&code={value}"
    );
    let short = b.send("fb_api_base", SandboxRequest::new("GET", &target)).value();
    b.token = short["access_token"].as_str().unwrap().to_owned();
    let fields = "id,name,access_token,instagram_business_account{id,username}";
    let pages = b
        .get(&format!("/v25.0/me/accounts?fields={fields}&limit=100"))
        .value();
    let linked: Vec<&Value> = pages["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| &p["instagram_business_account"])
        .collect();
    assert_eq!(
        linked,
        [&json!({"id": b.account, "username": "ada"}), &Value::Null]
    );
    assert_eq!(
        code(&b.list("content_publishing_limit")),
        "ok",
        "the user's token will do"
    );
    b.set("personal", json!(["ada"]));
    let pages = b.get(&format!("/v25.0/me/accounts?fields={fields}")).value();
    assert_eq!(pages["data"][0].get("instagram_business_account"), None);
    assert_eq!(code(&b.list("content_publishing_limit")), "10");
    let target = format!(
        "/v25.0/debug_token?input_token={}&access_token=sandbox-app|sandbox-secret",
        b.token
    );
    let seen = b.send("fb_api_base", SandboxRequest::new("GET", &target)).value();
    assert_eq!(
        (&seen["data"]["type"], &seen["data"]["is_valid"]),
        (&json!("USER"), &json!(true))
    );
}

#[test]
fn what_was_not_granted_is_missed_and_removed_apps_are_458() {
    let mut b = Bench::new();
    b.token = b
        .instagram
        .grant("ada", &["instagram_business_basic".to_owned()], NOW);
    assert_eq!(code(&b.create(&[("image_url", super::JPG)])), "10");
    assert!(b.instagram.remove_app("ada", NOW) && !b.instagram.remove_app("nobody", NOW));
    assert_eq!(code(&b.get("/v25.0/me")), "190/458");
    assert!(b.instagram.farewell("ada", NOW, NOW).is_some());
    assert!(b.instagram.secrets().contains(&b.token));
}
