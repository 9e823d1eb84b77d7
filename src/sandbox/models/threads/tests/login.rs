//! `threads.md` 2 and meta-common.md 3, 4.2, 7.

use super::super::{DAY_MS, HOUR_MS, LONG_LIFE_S, Scope, Scopes, Threads};
use super::{Bench, NOW, code};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};

const AUTHORIZE: &str = "/oauth/authorize?client_id=sandbox-app&redirect_uri=https%3A%2F%2Fcrier.example%2Fcb\
    &scope=threads_basic,threads_content_publish&response_type=code&state=s%201";

fn get(threads: &mut Threads, target: &str, now: i64) -> SandboxReply {
    threads.handle(&SandboxRequest::new("GET", target), now)
}

/// The code that "Allow" brings, without Meta's `#_`.
fn allowed(threads: &mut Threads, now: i64) -> String {
    let reply = get(threads, &format!("{AUTHORIZE}&_sandbox_auto=1"), now);
    let location = reply.header("location").unwrap().to_owned();
    assert!(
        location.starts_with("https://crier.example/cb?code=AQ") && location.ends_with("&state=s+1#_"),
        "{location}"
    );
    location
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap()
        .to_owned()
}

fn exchange(threads: &mut Threads, code: &str, secret: &str, now: i64) -> SandboxReply {
    let form = [
        ("client_id", "sandbox-app"),
        ("client_secret", secret),
        ("code", code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", "https://crier.example/cb"),
    ];
    threads.handle(
        &SandboxRequest::new("POST", "/oauth/access_token").with_form(&form),
        now,
    )
}

#[test]
fn the_page_asks_and_cancel_says_so() {
    let mut threads = Threads::new(1);
    threads.add_account("ada");
    let page = get(&mut threads, AUTHORIZE, NOW);
    let html = String::from_utf8(page.body).unwrap();
    assert!(
        page.status == 200 && html.contains(">Allow<") && html.contains("@ada"),
        "{html}"
    );
    let form = [
        ("client_id", "sandbox-app"),
        ("redirect_uri", "https://crier.example/cb"),
        ("scope", "threads_basic"),
        ("response_type", "code"),
        ("state", "x"),
        ("decision", "cancel"),
    ];
    let reply = threads.handle(
        &SandboxRequest::new("POST", "/oauth/authorize").with_form(&form),
        NOW,
    );
    assert_eq!(
        reply.header("location").unwrap(),
        "https://crier.example/cb?error=access_denied&error_reason=user_denied\
         &error_description=The+user+denied+your+request&state=x"
    );
}

#[test]
fn bad_logins_are_not_shown() {
    let mut threads = Threads::new(1);
    let base = "/oauth/authorize?response_type=code&client_id=sandbox-app";
    for bad in [
        "/oauth/authorize".to_owned(),
        format!("{base}&redirect_uri=https://a.example&scope=threads_publish"),
        format!("{base}&redirect_uri=https://a.example&scope=threads_content_publish"),
        format!("{base}&redirect_uri=http://a.example&scope=threads_basic"),
        format!("{base}&redirect_uri=https://a.example&scope=threads_basic").replace("sandbox-app", "other"),
    ] {
        assert_eq!(
            get(&mut threads, &format!("{bad}&_sandbox_auto=1"), NOW).status,
            400,
            "{bad}"
        );
    }
    threads.settings.redirect_uris = vec!["https://b.example/cb".to_owned()];
    let other = format!("{base}&redirect_uri=https://b.example/cb/&scope=threads_basic");
    assert_eq!(get(&mut threads, &other, NOW).status, 400, "the match is exact");
}

#[test]
fn a_code_works_once_for_an_hour_with_the_right_secret() {
    let mut threads = Threads::new(1);
    let first = allowed(&mut threads, NOW);
    let wrong = exchange(&mut threads, &first, "nonsense", NOW);
    assert_eq!((wrong.status, code(&wrong)), (400, "1".to_owned()), "shape (a)");
    assert_eq!(
        exchange(&mut threads, &format!("{first}#_"), "sandbox-secret", NOW).status,
        400
    );
    let good = exchange(&mut threads, &first, "sandbox-secret", NOW + HOUR_MS - 1);
    assert!(
        good.value()["user_id"].is_u64() && good.value()["access_token"].is_string(),
        "{}",
        good.value()
    );
    let again = exchange(&mut threads, &first, "sandbox-secret", NOW + HOUR_MS - 1);
    assert_eq!(
        again.value()["error_message"],
        "Matching code was not found or was already used"
    );
    assert_eq!(again.value()["error_type"], "OAuthException");
    assert_eq!(threads.violations.code_reused, 1);
    let late = allowed(&mut threads, NOW);
    assert_eq!(
        exchange(&mut threads, &late, "sandbox-secret", NOW + HOUR_MS).status,
        400
    );
}

#[test]
fn short_becomes_long_and_long_is_refreshed_after_a_day() {
    let mut threads = Threads::new(1);
    let first = allowed(&mut threads, NOW);
    let short = exchange(&mut threads, &first, "sandbox-secret", NOW).value()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let ask = |secret: &str, token: &str| {
        format!("/access_token?grant_type=th_exchange_token&client_secret={secret}&access_token={token}")
    };
    assert_eq!(code(&get(&mut threads, &ask("no", &short), NOW)), "1");
    assert_eq!(
        code(&get(&mut threads, &ask("sandbox-secret", &short), NOW + HOUR_MS)),
        "190/463"
    );
    let long = get(&mut threads, &ask("sandbox-secret", &short), NOW).value();
    assert_eq!(
        (&long["expires_in"], &long["token_type"]),
        (&LONG_LIFE_S.into(), &"bearer".into())
    );
    let long = long["access_token"].as_str().unwrap().to_owned();

    let refresh =
        |token: &str| format!("/refresh_access_token?grant_type=th_refresh_token&access_token={token}");
    assert_eq!(
        code(&get(&mut threads, &refresh(&short), NOW)),
        "100",
        "short ones are not refreshed"
    );
    assert_eq!(code(&get(&mut threads, &refresh(&long), NOW + DAY_MS - 1)), "100");
    assert_eq!(threads.violations.refreshed_early, 1);
    let newer = get(&mut threads, &refresh(&long), NOW + DAY_MS);
    assert_eq!(code(&newer), "ok");
    assert_ne!(newer.value()["access_token"], long.as_str());
    assert_eq!(
        code(&get(&mut threads, &refresh(&long), NOW + LONG_LIFE_S * 1000)),
        "190/463",
        "too late"
    );
}

#[test]
fn dead_tokens_answer_190_with_their_subcode() {
    for (subcode, text) in [
        (None, "Invalid OAuth access token"),
        (
            Some(458),
            "Error validating access token: The user has not authorized",
        ),
        (Some(460), "changed their password"),
        (
            Some(467),
            "Error validating access token: The session is invalid because the user logged out",
        ),
    ] {
        let mut bench = Bench::new();
        bench.threads.revoke_token(&bench.token.clone(), subcode);
        let reply = bench.get("/v1.0/me");
        let expected = subcode.map_or("190".to_owned(), |s| format!("190/{s}"));
        assert_eq!((reply.status, code(&reply)), (400, expected));
        let message = reply.value()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{message}");
    }
    let mut bench = Bench::new();
    bench.now = NOW + LONG_LIFE_S * 1000;
    assert_eq!(code(&bench.get("/v1.0/me")), "190/463");
    bench.token = "unknown".to_owned();
    bench.threads.settings.token_error_status = 401;
    assert_eq!(
        (bench.get("/v1.0/me").status, code(&bench.get("/v1.0/me"))),
        (401, "190".to_owned())
    );
    let mut bench = Bench::new();
    bench.threads.remove_app("ada");
    assert_eq!(code(&bench.get("/v1.0/me")), "190/458");
}

#[test]
fn a_token_inspects_itself() {
    let mut bench = Bench::with(Scopes::parse("threads_basic").unwrap());
    let token = bench.token.clone();
    let data = bench
        .get(&format!("/v1.0/debug_token?input_token={token}"))
        .value()["data"]
        .clone();
    assert_eq!(
        (&data["is_valid"], &data["scopes"][0], &data["issued_at"]),
        (&true.into(), &"threads_basic".into(), &(NOW / 1000).into())
    );
    let other = bench.threads.with_account("bob", NOW);
    bench.threads.revoke_token(&other, Some(460));
    let dead = bench.get(&format!("/v1.0/debug_token?input_token={other}"));
    assert_eq!(
        (dead.status, &dead.value()["data"]["is_valid"]),
        (200, &false.into())
    );
    assert_eq!(dead.value()["data"]["error"]["subcode"], 460);
}

#[test]
fn the_token_may_stand_in_query_form_or_header() {
    let mut bench = Bench::new();
    let token = bench.token.clone();
    let query = SandboxRequest::new(
        "GET",
        &format!("/v1.0/me?fields=id,username&access_token={token}"),
    );
    assert_eq!(bench.threads.handle(&query, NOW).value()["username"], "ada");
    let form = SandboxRequest::new("POST", "/v1.0/me/threads").with_form(&[
        ("media_type", "TEXT"),
        ("text", "a"),
        ("access_token", &token),
    ]);
    assert_eq!(bench.threads.handle(&form, NOW).status, 200);
    let none = SandboxRequest::new("GET", "/v1.0/me");
    assert_eq!(code(&bench.threads.handle(&none, NOW)), "190");
}

#[test]
fn each_call_needs_its_permission() {
    let cases = [
        (
            Scope::Publish,
            "POST",
            "/v1.0/me/threads",
            "media_type=TEXT&text=a",
        ),
        (
            Scope::Publish,
            "POST",
            "/v1.0/me/threads_publish",
            "creation_id=1",
        ),
        (Scope::Publish, "POST", "/v1.0/POST/repost", ""),
        (Scope::Publish, "GET", "/v1.0/me/threads_publishing_limit", ""),
        (
            Scope::ManageReplies,
            "POST",
            "/v1.0/me/threads",
            "media_type=TEXT&text=a&reply_to_id=POST",
        ),
        (Scope::ReadReplies, "GET", "/v1.0/me/replies", ""),
        (Scope::ReadReplies, "GET", "/v1.0/POST/conversation", ""),
        (Scope::Insights, "GET", "/v1.0/POST/insights?metric=views", ""),
        (
            Scope::Insights,
            "GET",
            "/v1.0/me/threads_insights?metric=views",
            "",
        ),
        (Scope::Delete, "DELETE", "/v1.0/POST", ""),
        (Scope::Search, "GET", "/v1.0/keyword_search?q=a", ""),
        (Scope::Mentions, "GET", "/v1.0/me/mentions", ""),
        (Scope::Locations, "GET", "/v1.0/location_search?q=a", ""),
        (Scope::Profiles, "GET", "/v1.0/profile_lookup?username=ada", ""),
    ];
    for (scope, method, target, body) in cases {
        let mut bench = Bench::new();
        let post = bench.text("a post");
        bench.token = bench
            .threads
            .with_scopes("ada", Scopes::all().without(scope), NOW);
        let mut req = SandboxRequest::new(method, &target.replace("POST", &post)).with_bearer(&bench.token);
        req.body = body.replace("POST", &post).into_bytes();
        let reply = bench.threads.handle(&req, bench.now);
        assert_eq!(code(&reply), "10", "{scope:?} {target}");
    }
}
