//! Login and tokens (`tiktok.md` 2).

use sha2::{Digest, Sha256};

use super::{Bench, code, said};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model, Spoil};
use crate::sandbox::models::tiktok::{Challenge, signature_header};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "http://127.0.0.1:3455/callback/";

fn hex() -> String {
    hex::encode(Sha256::digest(VERIFIER))
}

fn authorize(bench: &mut Bench, changes: &[(&str, &str)]) -> SandboxReply {
    let mut req = SandboxRequest::new("GET", "/v2/auth/authorize/");
    req.host_role = "auth_base".to_owned();
    let challenge = hex();
    let pairs = [
        ("client_key", "sandbox-app"),
        ("response_type", "code"),
        ("scope", "user.info.basic,video.publish,video.list"),
        ("redirect_uri", CALLBACK),
        ("state", "st"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in pairs {
        let changed = changes.iter().find(|(n, _)| *n == name).map_or(value, |(_, v)| v);
        req = req.with_query(name, changed);
    }
    for (name, value) in changes.iter().filter(|(n, _)| n.starts_with('_')) {
        req = req.with_query(name, value);
    }
    bench.send(&req)
}

fn token(bench: &mut Bench, form: &[(&str, &str)]) -> SandboxReply {
    let mut all = vec![("client_key", "sandbox-app"), ("client_secret", "sandbox-secret")];
    all.extend_from_slice(form);
    let req = SandboxRequest::new("POST", "/v2/oauth/token/").with_form(&all);
    bench.send(&req)
}

fn exchange(bench: &mut Bench, value: &str) -> SandboxReply {
    token(
        bench,
        &[
            ("grant_type", "authorization_code"),
            ("code", value),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ],
    )
}

fn refresh(bench: &mut Bench, value: &str) -> SandboxReply {
    token(
        bench,
        &[("grant_type", "refresh_token"), ("refresh_token", value)],
    )
}

/// The pairs of the redirect, decoded once.
fn redirect(reply: &SandboxReply) -> Vec<(String, String)> {
    let location = url::Url::parse(reply.header("location").unwrap()).unwrap();
    location.query_pairs().into_owned().collect()
}

fn login(bench: &mut Bench) -> String {
    let reply = authorize(bench, &[("_sandbox_auto", "1")]);
    let pairs = redirect(&reply);
    assert_eq!((pairs[0].0.as_str(), pairs[2].1.as_str()), ("code", "st"));
    pairs[0].1.clone()
}

#[test]
fn the_page_is_shown_allowed_and_refused() {
    let mut bench = Bench::new();
    let page = authorize(&mut bench, &[]);
    assert!(page.status == 200 && String::from_utf8_lossy(&page.body).contains("video.publish"));
    let refused = redirect(&authorize(&mut bench, &[("_sandbox_auto", "no")]));
    assert_eq!(refused[0], ("error".to_owned(), "access_denied".to_owned()));
    bench.tiktok.settings.untick = vec!["video.publish".to_owned()];
    let allowed = redirect(&authorize(&mut bench, &[("_sandbox_auto", "1")]));
    assert_eq!(allowed[1].1, "user.info.basic,video.list");
}

#[test]
fn scopes_can_be_unticked_on_the_page() {
    let mut bench = Bench::new();
    let mut req = SandboxRequest::new("POST", "/v2/auth/authorize/").with_form(&[
        ("decision", "allow"),
        ("ticked", "video.list"),
        ("_sandbox_account", "bob"),
    ]);
    req.host_role = "auth_base".to_owned();
    for (name, value) in [
        ("client_key", "sandbox-app"),
        ("response_type", "code"),
        ("scope", "user.info.basic,video.publish,video.list"),
        ("redirect_uri", "https://crier.example/cb"),
        ("state", "st"),
    ] {
        req = req.with_query(name, value);
    }
    let allowed = redirect(&bench.send(&req));
    assert_eq!(allowed[1].1, "user.info.basic,video.list");
    assert_eq!(bench.tiktok.accounts(), ["ada", "bob"]);
}

#[test]
fn wrong_questions_are_not_shown() {
    for wrong in [
        ("client_key", "other"),
        ("scope", "user.info.basic video.publish"),
        ("redirect_uri", "http://127.0.0.1/callback/"),
        ("redirect_uri", "http://crier.example/cb"),
        ("redirect_uri", "https://crier.example/cb?a=1"),
        ("code_challenge", ""),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "plain"),
    ] {
        assert_eq!(authorize(&mut Bench::new(), &[wrong]).status, 400, "{wrong:?}");
    }
    let mut bench = Bench::new();
    bench.tiktok.settings.redirect_uris = vec!["http://127.0.0.1:*/callback/".to_owned()];
    assert_eq!(authorize(&mut bench, &[]).status, 200);
    bench.tiktok.settings.redirect_uris = vec!["http://127.0.0.1:*/other/".to_owned()];
    assert_eq!(authorize(&mut bench, &[]).status, 400);
    bench.tiktok.settings.redirect_uris.clear();
    bench.tiktok.settings.challenge = Challenge::Base64url;
    assert_eq!(authorize(&mut bench, &[]).status, 400, "hex is wrong then");
}

#[test]
fn a_code_is_decoded_once_and_used_once() {
    let mut bench = Bench::new();
    let value = login(&mut bench);
    assert!(value.contains('*') && value.contains('!'));
    let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    assert_eq!(code(&exchange(&mut bench, &encoded)), said(400, "invalid_grant"));
    let answer = exchange(&mut bench, &value).value();
    assert_eq!(
        (
            answer["expires_in"].as_i64(),
            answer["refresh_expires_in"].as_i64()
        ),
        (Some(7_200), Some(15_552_000))
    );
    assert_eq!(
        (&answer["token_type"], &answer["data"]),
        (&"Bearer".into(), &serde_json::Value::Null)
    );
    bench.tiktok.settings.oauth_error_status = 200;
    assert_eq!(code(&exchange(&mut bench, &value)), said(200, "invalid_grant"));
    assert_eq!(
        bench.tiktok.violations(),
        [
            "a code was exchanged twice: 1",
            "a code was sent without decoding it: 1"
        ]
    );
    let wrong = login(&mut bench);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &wrong),
        ("redirect_uri", CALLBACK),
    ];
    assert_eq!(
        token(&mut bench, &form).value()["error_description"],
        "Code verifier or code challenge is invalid."
    );
}

#[test]
fn refresh_tokens_rotate_and_end() {
    let mut bench = Bench::new();
    let value = login(&mut bench);
    let old = exchange(&mut bench, &value).value()["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    bench.now += 15_551_999_000;
    let second = refresh(&mut bench, &old).value();
    assert_eq!(second["refresh_expires_in"], 15_552_000, "the days begin again");
    assert_eq!(code(&refresh(&mut bench, &old)), said(400, "invalid_grant"));
    assert!(
        bench.tiktok.violations().is_empty(),
        "the answer may have been lost"
    );
    second["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut bench.token);
    assert_eq!(bench.get("/v2/user/info/?fields=open_id").status, 200);
    refresh(&mut bench, &old);
    assert_eq!(bench.tiktok.violations.refresh_reused, 1);
    let newest = second["refresh_token"].as_str().unwrap().to_owned();
    bench.now += 15_552_000_000;
    assert_eq!(code(&refresh(&mut bench, &newest)), said(400, "invalid_grant"));

    let mut old_rules = Bench::new();
    old_rules.tiktok.settings.old_lifetimes = true;
    old_rules.tiktok.settings.refresh_rotates = false;
    let value = login(&mut old_rules);
    let first = exchange(&mut old_rules, &value).value();
    let kept = first["refresh_token"].as_str().unwrap().to_owned();
    old_rules.now += 86_400_000;
    let again = refresh(&mut old_rules, &kept).value();
    assert_eq!(
        (&again["refresh_token"], &again["refresh_expires_in"]),
        (&kept.as_str().into(), &31_449_600.into())
    );
}

#[test]
fn access_can_be_revoked_and_is_told_by_webhook() {
    let mut bench = Bench::new();
    let value = login(&mut bench);
    let answer = exchange(&mut bench, &value).value();
    let access = answer["access_token"].as_str().unwrap().to_owned();
    let form = [
        ("client_key", "sandbox-app"),
        ("client_secret", "sandbox-secret"),
        ("token", &access),
    ];
    let req = SandboxRequest::new("POST", "/v2/oauth/revoke/").with_form(&form);
    assert_eq!(bench.send(&req).value(), serde_json::json!({}));
    bench.token = access;
    assert_eq!(
        code(&bench.get("/v2/user/info/?fields=open_id")),
        said(401, "access_token_invalid")
    );
    let hooks = bench.tiktok.take_webhooks();
    let (hook, body, header) = &hooks[0];
    assert_eq!(hook.event, "authorization.removed");
    assert_eq!(
        *header,
        signature_header("sandbox-secret", bench.now / 1_000, body)
    );
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["content"], "{\"reason\":5}", "a string of JSON");
    bench.renew("ada");
    let req = SandboxRequest::new("GET", "/v2/user/info/?fields=open_id").with_bearer(&bench.token);
    bench.tiktok.spoil(&Spoil::ExpireToken, &req, bench.now);
    assert_eq!(bench.send(&req).status, 401);
    let secret = SandboxRequest::new("POST", "/v2/oauth/token/").with_form(&[("client_key", "x")]);
    assert_eq!(code(&bench.send(&secret)), said(401, "invalid_client"));
}
