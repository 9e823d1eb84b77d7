//! Dialog, tokens, Pages (facebook.md 2, meta-common.md 4.2, 6, 7, 9).

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model as _, Spoil};
use crate::sandbox::models::meta::signed::proof;
use crate::sandbox::models::meta::testing::{NOW, code, ids, in_redirect};

const SCOPES: &str = "pages_show_list,pages_manage_posts,pages_read_engagement";
const BACK: &str = "https://crier.example/cb";

fn dialog(b: &mut Bench, extra: &str) -> SandboxReply {
    let target = format!(
        "/v25.0/dialog/oauth?client_id=sandbox-app&redirect_uri={BACK}&state=s1&response_type=code&scope={SCOPES}{extra}"
    );
    let mut req = SandboxRequest::new("GET", &target);
    "auth_base".clone_into(&mut req.host_role);
    b.send(&req)
}

fn exchange(b: &mut Bench, query: &str) -> SandboxReply {
    let target =
        format!("/v25.0/oauth/access_token?client_id=sandbox-app&client_secret=sandbox-secret&{query}");
    b.send(&SandboxRequest::new("GET", &target))
}

/// A short user token by the dialog.
fn short(b: &mut Bench) -> String {
    b.set("auto_allow", json!(true));
    let code = in_redirect(&dialog(b, ""), "code").unwrap();
    let answer = exchange(b, &format!("redirect_uri={BACK}&code={code}")).value();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn long(b: &mut Bench) -> String {
    let short = short(b);
    let answer = exchange(
        b,
        &format!("grant_type=fb_exchange_token&fb_exchange_token={short}"),
    )
    .value();
    assert_eq!(answer["expires_in"], 5_184_000);
    answer["access_token"].as_str().unwrap().to_owned()
}

fn as_user(b: &mut Bench, token: &str, target: &str) -> SandboxReply {
    b.send(&SandboxRequest::new("GET", target).with_bearer(token))
}

fn page_token(b: &mut Bench, user: &str) -> String {
    let accounts = as_user(b, user, "/v25.0/me/accounts").value();
    accounts["data"][0]["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn the_page_asks_and_sends_back_what_was_decided() {
    let mut b = Bench::new();
    let page = dialog(&mut b, "");
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(page.status == 200 && html.contains("name=decision value=allow") && html.contains("ada"));
    let decide = |b: &mut Bench, decision: &str, page: &str| {
        let mut req = SandboxRequest::new("POST", "/v25.0/dialog/oauth").with_form(&[
            ("client_id", "sandbox-app"),
            ("redirect_uri", BACK),
            ("scope", SCOPES),
            ("state", "s1"),
            ("pages_shown", "1"),
            ("page", page),
            ("decision", decision),
        ]);
        "auth_base".clone_into(&mut req.host_role);
        b.send(&req)
    };
    let no = decide(&mut b, "cancel", "");
    assert_eq!(in_redirect(&no, "error").as_deref(), Some("access_denied"));
    assert_eq!(
        (in_redirect(&no, "error_code"), in_redirect(&no, "state")),
        (Some("200".to_owned()), Some("s1".to_owned()))
    );
    let page = b.page.clone();
    let yes = decide(&mut b, "allow", &page);
    assert!(in_redirect(&yes, "code").is_some() && yes.header("Location").unwrap().ends_with("#_=_"));
    b.set("auto_refuse", json!(true));
    assert_eq!(
        in_redirect(&dialog(&mut b, ""), "error_reason").as_deref(),
        Some("user_denied")
    );
    assert_eq!(dialog(&mut b, ",nonsense").status, 400);
}

#[test]
fn codes_are_used_once_and_in_time() {
    let mut b = Bench::new();
    b.set("auto_allow", json!(true));
    let code_of = |b: &mut Bench| in_redirect(&dialog(b, ""), "code").unwrap();
    let first = code_of(&mut b);
    let query = format!("redirect_uri={BACK}&code={first}");
    assert_eq!(
        code(&exchange(
            &mut b,
            &format!("redirect_uri=https://other.example/&code={first}")
        )),
        "100/36008"
    );
    assert_eq!(code(&exchange(&mut b, &query)), "ok");
    assert_eq!(code(&exchange(&mut b, &query)), "100/36009");
    assert_eq!(b.facebook.violations(), ["a code was exchanged twice: 1"]);
    let old = code_of(&mut b);
    b.now += 600_000;
    assert_eq!(
        code(&exchange(&mut b, &format!("redirect_uri={BACK}&code={old}"))),
        "100/36007"
    );
    let wrong = SandboxRequest::new(
        "GET",
        "/v25.0/oauth/access_token?client_id=sandbox-app&client_secret=x&code=y",
    );
    assert_eq!(code(&b.send(&wrong)), "1");
}

#[test]
fn a_page_token_lives_as_long_as_its_user_token_was_meant_to() {
    let mut b = Bench::new();
    let (short, long) = (short(&mut b), long(&mut b));
    let (dies, lives) = (page_token(&mut b, &short), page_token(&mut b, &long));
    let until = |b: &mut Bench, token: &str| {
        let target =
            format!("/v25.0/debug_token?input_token={token}&access_token=sandbox-app|sandbox-secret");
        b.send(&SandboxRequest::new("GET", &target)).value()["data"].clone()
    };
    assert_eq!(until(&mut b, &lives)["expires_at"], 0);
    assert_eq!(until(&mut b, &lives)["profile_id"], b.page.as_str());
    b.now += 2 * 3_600_000;
    assert_eq!(code(&as_user(&mut b, &dies, "/v25.0/me")), "190/463");
    assert_eq!(until(&mut b, &dies)["error"]["subcode"], 463);
    b.now += 61 * 86_400_000;
    assert_eq!(code(&as_user(&mut b, &long, "/v25.0/me")), "190/463");
    let me = as_user(&mut b, &lives, "/v25.0/me?fields=id,name").value();
    assert_eq!(me, json!({"id": b.page, "name": "ada"}));
}

#[test]
fn pages_are_those_that_were_ticked() {
    let mut b = Bench::new();
    b.set("pages", json!(4));
    b.set("unticked_pages", json!(["Sandbox Page 3"]));
    b.set("accounts_at_once", json!(2));
    let user = long(&mut b);
    let first = as_user(
        &mut b,
        &user,
        "/v25.0/me/accounts?fields=id,name,access_token,tasks&limit=100",
    );
    let next = first.value()["paging"]["next"].as_str().unwrap().to_owned();
    let target = next.strip_prefix("https://graph.facebook.com").unwrap();
    let second = as_user(&mut b, &user, target);
    let names: Vec<Value> = [first, second]
        .iter()
        .flat_map(|page| page.value()["data"].as_array().unwrap().clone())
        .map(|page| page["name"].clone())
        .collect();
    assert_eq!(names, ["ada", "Sandbox Page 2", "Sandbox Page 4"]);
    b.set("pages_in_business", json!(true));
    assert_eq!(
        as_user(&mut b, &user, "/v25.0/me/accounts").value()["data"],
        json!([])
    );
    assert_eq!(code(&as_user(&mut b, &user, "/v25.0/me/businesses")), "200");
}

#[test]
fn permissions_that_were_not_granted_are_missed() {
    let mut b = Bench::new();
    b.set("declined_scopes", json!(["pages_manage_posts"]));
    let user = long(&mut b);
    let said = as_user(&mut b, &user, "/v25.0/me/permissions").value();
    let declined = json!({"permission": "pages_manage_posts", "status": "declined"});
    assert!(said["data"].as_array().unwrap().contains(&declined));
    b.token = page_token(&mut b, &user);
    assert_eq!(code(&b.page("feed", &[("message", "a")])), "200");
    assert_eq!(code(&b.get("/v25.0/me/permissions")), "100", "me is the Page");
    let other = b.facebook.add_account("bob");
    assert_eq!(
        code(&b.post(&format!("/v25.0/{other}/feed"), &[("message", "a")])),
        "100/33"
    );
}

#[test]
fn tokens_die_in_many_ways() {
    let mut b = Bench::new();
    b.set("checkpoint", json!(459));
    assert_eq!(code(&b.get("/v25.0/me")), "190/459");
    b.set("checkpoint", json!(null));
    assert_eq!(code(&b.get("/v25.0/me")), "ok", "the same token lives again");
    b.set("lost_roles", json!(["ada"]));
    assert_eq!(code(&b.get("/v25.0/me")), "190/492");
    b.set("lost_roles", json!([]));
    let req = SandboxRequest::new("GET", "/").with_bearer(&b.token);
    b.facebook.spoil(&Spoil::RevokeToken, &req, NOW);
    assert_eq!(code(&b.get("/v25.0/me")), "190/460");
    let user = long(&mut b);
    let page = page_token(&mut b, &user);
    let revoke = SandboxRequest::new("DELETE", "/v25.0/me/permissions").with_bearer(&user);
    assert_eq!(b.send(&revoke).value(), json!({"success": true}));
    assert_eq!(code(&as_user(&mut b, &page, "/v25.0/me")), "190/458");
    b.token = "IGAAnonsense".to_owned();
    assert_eq!(code(&b.get("/v25.0/me")), "190");
}

#[test]
fn proofs_and_versions_are_checked() {
    let mut b = Bench::new();
    let right = proof("sandbox-secret", &b.token);
    assert_eq!(code(&b.get(&format!("/v25.0/me?appsecret_proof={right}"))), "ok");
    assert_eq!(code(&b.get("/v25.0/me?appsecret_proof=00")), "104");
    b.set("proof_required", json!(true));
    assert_eq!(code(&b.get("/v25.0/me")), "104");
    b.set("proof_required", json!(false));
    assert_eq!(
        (code(&b.get("/v99.0/me")), code(&b.get("/v12.0/me"))),
        ("2500".to_owned(), "ok".to_owned())
    );
    b.set("retired", json!("refused"));
    assert_eq!(code(&b.get("/v12.0/me")), "2635");
    b.set("business_usage", json!(97));
    let usage = b
        .get("/v25.0/me")
        .header("X-Business-Use-Case-Usage")
        .unwrap()
        .to_owned();
    let usage: Value = serde_json::from_str(&usage).unwrap();
    assert_eq!(usage[&b.page][0]["call_count"], 97);
    assert!(ids(&b.list("published_posts")).is_empty());
    let unknown = json!({"nonsense": 1});
    assert!(b.facebook.change_settings(unknown.as_object().unwrap()).is_err());
}
