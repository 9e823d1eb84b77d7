//! Login, tokens and signatures (`x.md` 2).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{Bench, detail};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model, Spoil};
use crate::sandbox::models::x::Access;
use crate::sandbox::models::x::oauth1::signature;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CALLBACK: &str = "http://127.0.0.1:8080/callback";
const CODE_GONE: &str = "Value passed for the authorization code was invalid.";
const TOKEN_GONE: &str = "Value passed for the token was invalid.";

fn basic() -> String {
    format!("Basic {}", STANDARD.encode("sandbox-app:sandbox-secret"))
}

fn authorize(bench: &mut Bench, changes: &[(&str, &str)]) -> SandboxReply {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut req = SandboxRequest::new("GET", "/i/oauth2/authorize");
    req.host_role = "auth_base".to_owned();
    let pairs = [
        ("response_type", "code"),
        ("client_id", "sandbox-app"),
        ("redirect_uri", CALLBACK),
        (
            "scope",
            "tweet.read tweet.write users.read media.write offline.access",
        ),
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
    bench.x.handle(&req, bench.now)
}

fn code(bench: &mut Bench) -> String {
    let reply = authorize(bench, &[("_sandbox_auto", "allow")]);
    let location = reply.header("location").unwrap().to_owned();
    assert!(
        location.starts_with("http://127.0.0.1:8080/callback?state=st&code="),
        "{location}"
    );
    location.rsplit_once("code=").unwrap().1.to_owned()
}

fn exchange(bench: &mut Bench, code: &str, auth: Option<&str>, verifier: &str) -> SandboxReply {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier),
    ];
    bench.post_form("/2/oauth2/token", &form, auth)
}

fn refresh(bench: &mut Bench, token: &str) -> SandboxReply {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    bench.post_form("/2/oauth2/token", &form, Some(&basic()))
}

#[test]
fn the_page_is_shown_allowed_and_refused() {
    let mut bench = Bench::new();
    let page = authorize(&mut bench, &[]);
    assert_eq!(page.status, 200);
    assert!(String::from_utf8_lossy(&page.body).contains("Authorize app"));
    let refused = authorize(&mut bench, &[("_sandbox_auto", "no")]);
    let location = refused.header("location").unwrap();
    assert_eq!(
        location,
        "http://127.0.0.1:8080/callback?error=access_denied&state=st"
    );
    bench.x.settings.auto_allow = true;
    assert_eq!(authorize(&mut bench, &[]).status, 302);
}

#[test]
fn wrong_questions_are_not_shown() {
    let long = "s".repeat(501);
    for wrong in [
        ("client_id", "other"),
        ("response_type", "token"),
        ("redirect_uri", "http://localhost:8080/callback"),
        ("redirect_uri", "http://example.com/"),
        ("scope", "tweet.read everything"),
        ("state", &long),
        ("code_challenge", "short"),
        ("code_challenge_method", "S512"),
    ] {
        assert_eq!(authorize(&mut Bench::new(), &[wrong]).status, 400, "{wrong:?}");
    }
    let mut bench = Bench::new();
    bench.x.settings.redirect_uris = vec![format!("{CALLBACK}/")];
    assert_eq!(authorize(&mut bench, &[]).status, 400, "exact, the slash too");
}

#[test]
fn a_code_works_once_and_for_thirty_seconds() {
    let mut bench = Bench::new();
    let first = code(&mut bench);
    let answer = exchange(&mut bench, &first, Some(&basic()), VERIFIER).value();
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&"bearer".into(), &10_000_000.into())
    );
    assert!(answer["refresh_token"].is_string());
    let again = exchange(&mut bench, &first, Some(&basic()), VERIFIER);
    assert_eq!(detail(&again), (400, CODE_GONE.to_owned()));
    assert_eq!(bench.x.violations(), ["a code was exchanged twice: 1"]);

    for (wait, status) in [(29_999, 200), (30_000, 400)] {
        let late = code(&mut bench);
        bench.now += wait;
        assert_eq!(
            exchange(&mut bench, &late, Some(&basic()), VERIFIER).status,
            status,
            "{wait}"
        );
    }
    let wrong = code(&mut bench);
    let reply = exchange(&mut bench, &wrong, Some(&basic()), &"x".repeat(43));
    assert!(detail(&reply).1.contains("did not match the code challenge"));
}

#[test]
fn plain_challenges_work_too() {
    let mut bench = Bench::new();
    let plain = [
        ("code_challenge", VERIFIER),
        ("code_challenge_method", "plain"),
        ("_sandbox_auto", "1"),
    ];
    let location = authorize(&mut bench, &plain)
        .header("location")
        .unwrap()
        .to_owned();
    let code = location.rsplit_once("code=").unwrap().1.to_owned();
    assert_eq!(exchange(&mut bench, &code, Some(&basic()), VERIFIER).status, 200);
}

#[test]
fn each_kind_of_client_has_its_style() {
    let missing = (401, "Missing valid authorization header".to_owned());
    let mut bench = Bench::new();
    let value = code(&mut bench);
    assert_eq!(detail(&exchange(&mut bench, &value, None, VERIFIER)), missing);
    bench.x.settings.public_client = true;
    assert_eq!(
        detail(&exchange(&mut bench, &value, Some(&basic()), VERIFIER)),
        missing
    );
    assert_eq!(
        exchange(&mut bench, &value, None, VERIFIER).status,
        400,
        "client_id is missing"
    );
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &value),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "sandbox-app"),
    ];
    assert_eq!(bench.post_form("/2/oauth2/token", &form, None).status, 200);
}

#[test]
fn refresh_tokens_rotate() {
    let mut bench = Bench::new();
    let value = code(&mut bench);
    let first = exchange(&mut bench, &value, Some(&basic()), VERIFIER).value();
    let old = first["refresh_token"].as_str().unwrap().to_owned();
    let second = refresh(&mut bench, &old).value();
    assert_eq!(detail(&refresh(&mut bench, &old)), (400, TOKEN_GONE.to_owned()));
    assert!(bench.x.violations().is_empty(), "the answer may have been lost");
    second["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut bench.token);
    assert_eq!(bench.get("/2/users/me").status, 200);
    refresh(&mut bench, &old);
    assert_eq!(bench.x.violations.refresh_reused, 1);
    let newest = second["refresh_token"].as_str().unwrap().to_owned();
    let basic = basic();
    let revoke = bench.post_form("/2/oauth2/revoke", &[("token", &newest)], Some(&basic));
    assert_eq!(revoke.value()["revoked"], true);
    assert_eq!(refresh(&mut bench, &newest).status, 400);
}

#[test]
fn tokens_end_and_can_be_taken_back() {
    let mut bench = Bench::new();
    let req = SandboxRequest::new("GET", "/2/users/me").with_bearer(&bench.token);
    bench.x.spoil(&Spoil::ExpireToken, &req, bench.now);
    let reply = bench.get("/2/users/me");
    assert_eq!(
        (reply.status, reply.value()["title"].as_str()),
        (401, Some("Unauthorized"))
    );
    let mut bench = Bench::new();
    bench.x.spoil(&Spoil::RevokeToken, &req, bench.now);
    bench.now += 10_000_000_000;
    assert_eq!(bench.get("/2/users/me").status, 401);
}

fn signed(bench: &mut Bench, target: &str, token: &str, secret: &str, at: i64) -> SandboxReply {
    let mut req = SandboxRequest::new("GET", target);
    req.host_role = "api_base".to_owned();
    let time = (at / 1_000).to_string();
    let pairs: Vec<(String, String)> = [
        ("oauth_consumer_key", "sandbox-consumer"),
        ("oauth_nonce", "n0nce"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", &time),
        ("oauth_token", token),
        ("oauth_version", "1.0"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec();
    let made = signature(
        &req,
        "https://api.x.com",
        &pairs,
        "sandbox-consumer-secret",
        secret,
    );
    let encoded: String = url::form_urlencoded::byte_serialize(made.as_bytes()).collect();
    let list: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}=\"{v}\"")).collect();
    let header = format!("OAuth {}, oauth_signature=\"{encoded}\"", list.join(", "));
    req = req.with_header("Authorization", &header);
    bench.x.handle(&req, bench.now)
}

#[test]
fn signatures_of_oauth1_are_verified() {
    let mut bench = Bench::new();
    let pair = bench.x.grant("ada", &["oauth1".to_owned()], bench.now);
    let (token, secret) = pair.split_once(':').unwrap();
    let now = bench.now;
    let target = "/2/users/me?user.fields=verified_type";
    let good = signed(&mut bench, target, token, secret, now);
    assert_eq!(
        (good.status, good.header("x-access-level")),
        (200, Some("read-write-directmessages"))
    );
    assert_eq!(signed(&mut bench, target, token, "other", now).status, 401);
    assert_eq!(
        signed(&mut bench, target, token, secret, now - 301_000).status,
        401,
        "a wrong clock"
    );
    bench.x.settings.access = Access::Read;
    assert_eq!(signed(&mut bench, target, token, secret, now).status, 200);
    let messages = signed(&mut bench, "/2/dm_events", token, secret, now);
    assert!(
        messages.value()["type"]
            .as_str()
            .unwrap()
            .ends_with("/oauth1-permissions")
    );
    "fixed".clone_into(&mut bench.x.settings.user_token);
    "fixed-secret".clone_into(&mut bench.x.settings.user_secret);
    assert_eq!(
        signed(&mut bench, target, "fixed", "fixed-secret", now).status,
        200
    );
}

#[test]
fn signatures_hold_for_the_address_that_was_called() {
    let mut bench = Bench::new();
    let (token, secret) = bench.x.grant_pair("ada");
    let time = (bench.now / 1_000).to_string();
    let mut asked = |base: &str| {
        let mut req = SandboxRequest::new("GET", "/2/users/me").with_header("Host", "127.0.0.1:9");
        let pairs: Vec<(String, String)> = [
            ("oauth_consumer_key", "sandbox-consumer"),
            ("oauth_nonce", base),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &time),
            ("oauth_token", &token),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec();
        let made = signature(&req, base, &pairs, "sandbox-consumer-secret", &secret);
        let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let list: Vec<String> = pairs
            .iter()
            .map(|(n, v)| format!("{n}=\"{}\"", encode(v)))
            .collect();
        let header = format!("OAuth {}, oauth_signature=\"{}\"", list.join(", "), encode(&made));
        req = req.with_header("Authorization", &header);
        bench.x.handle(&req, bench.now).status
    };
    assert_eq!(
        asked("http://127.0.0.1:9/x/api_base"),
        200,
        "behind the prefix of this world"
    );
    assert_eq!(asked("https://api.twitter.com"), 200);
    assert_eq!(asked("http://127.0.0.1:8/x/api_base"), 401, "another host");
}
