//! Login, refresh and enquiries (threads.md 2, 3, 5, 6).

use secrecy::ExposeSecret;

use crate::core::call::{HttpReply, Reply};
use crate::core::login::{Login, LoginContext, LoginNext, LoginReading};
use crate::core::platform::{Enquiry, Told};
use crate::domain::account::Profile;
use crate::domain::post::Content;
use crate::domain::time::Timestamp;
use crate::platforms::by_name;
use crate::platforms::tests::{START, segment, text, written, written_http};

fn login() -> &'static dyn Login {
    by_name("threads").unwrap().login()
}

fn ctx() -> LoginContext {
    LoginContext {
        client_id: "42".to_owned(),
        redirect_uri: "https://post.example.org/oauth/threads/callback".to_owned(),
        facts: by_name("threads").unwrap().facts().clone(),
        options: std::collections::BTreeMap::new(),
        profile: crate::domain::account::Profile::default(),
        notes: std::collections::BTreeMap::new(),
    }
}

fn reply(status: u16, body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    })
}

#[test]
fn calls() {
    let mut out = String::new();
    let mut n = 0;
    while let LoginNext::Call(call) = login().connect_step(n, &ctx()) {
        out.push_str(&written_http(&call));
        out.push('\n');
        n += 1;
    }
    out.push_str(&written_http(&login().refresh_call(&ctx()).unwrap()));
    insta::assert_snapshot!(out);
    insta::assert_debug_snapshot!(login().kind(&ctx().facts, &ctx().options));
}

fn read(n: usize, status: u16, body: &str) -> LoginReading {
    login().read(n, &ctx(), &reply(status, body), START)
}

#[test]
fn tokens_short_and_long() {
    let LoginReading::Tokens(short) = read(0, 200, r#"{"access_token":"THQVJ","user_id":17841405793187218}"#)
    else {
        panic!()
    };
    assert_eq!(short.access.unwrap().expose_secret(), "THQVJ");
    assert_eq!(short.user_id.as_deref(), Some("17841405793187218"));
    assert_eq!(short.expires, Some(START.after_secs(3600)));
    let LoginReading::Tokens(long) = read(
        1,
        200,
        r#"{"access_token":"L","token_type":"bearer","expires_in":5183944}"#,
    ) else {
        panic!()
    };
    assert_eq!(long.expires, Some(START.after_secs(5_183_944)));
    for (body, lives) in [
        (r#"{"access_token":"L","expires_in":"5183944"}"#, 5_183_944),
        (r#"{"access_token":"L"}"#, 5_184_000),
    ] {
        let LoginReading::Tokens(long) = read(1, 200, body) else {
            panic!("{body}")
        };
        assert_eq!(long.expires, Some(START.after_secs(lives)), "{body}");
        let LoginReading::Tokens(newer) = login().read_refresh(&ctx(), &reply(200, body), START) else {
            panic!("{body}")
        };
        assert_eq!(newer.expires, Some(START.after_secs(lives)), "{body}");
    }
    assert_eq!(long.issued, Some(START));
}

#[test]
fn profile_and_inspection() {
    let LoginReading::Profile(p) = read(
        2,
        200,
        r#"{"id":"1234567","username":"club","name":"The Club","is_verified":false}"#,
    ) else {
        panic!()
    };
    assert_eq!(p.handle, "club");
    assert_eq!(p.url.as_deref(), Some("https://www.threads.net/@club"));
    let body = r#"{"data":{"type":"USER","application":"x","data_access_expires_at":1,"expires_at":1805000000,"is_valid":true,"issued_at":1800000000,"scopes":["threads_basic","threads_delete"],"user_id":"1234567"}}"#;
    let LoginReading::Inspected(set) = read(3, 200, body) else {
        panic!()
    };
    assert!(set.access.is_none());
    assert_eq!(set.scopes, ["threads_basic", "threads_delete"]);
    assert_eq!(set.expires, Some(Timestamp::from_secs(1_805_000_000)));
    assert!(matches!(read(3, 500, "x"), LoginReading::Skip));
    assert!(matches!(
        read(3, 200, r#"{"data":{"is_valid":false}}"#),
        LoginReading::Dead(_)
    ));
    assert!(matches!(
        read(
            3,
            200,
            r#"{"data":{"is_valid":true,"scopes":["threads_delete"]}}"#
        ),
        LoginReading::Blocked(_)
    ));
}

#[test]
fn failures_of_the_exchange() {
    let used = r#"{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}"#;
    assert!(matches!(read(0, 400, used), LoginReading::Dead(_)));
    let secret = r#"{"error":{"message":"Error validating client secret.","type":"OAuthException","code":1,"fbtrace_id":"x"}}"#;
    assert!(matches!(read(0, 400, secret), LoginReading::Blocked(_)));
    let uri = r#"{"error_type":"OAuthException","code":400,"error_message":"Error validating verification code. Please make sure your redirect_uri is identical"}"#;
    assert!(matches!(read(0, 400, uri), LoginReading::Blocked(_)));
    assert!(matches!(read(0, 502, "<html>"), LoginReading::Later(_)));
    assert!(matches!(read(0, 200, "{}"), LoginReading::Later(_)));
}

/// A hiccup never disconnects an account: only the vendor's own word for "dead" does.
#[test]
fn refresh() {
    let read = |status: u16, body: &str| login().read_refresh(&ctx(), &reply(status, body), START);
    assert!(matches!(
        read(200, r#"{"access_token":"N","expires_in":5184000}"#),
        LoginReading::Tokens(_)
    ));
    assert!(matches!(
        read(
            400,
            r#"{"error":{"message":"Session has expired","type":"OAuthException","code":190,"error_subcode":463}}"#
        ),
        LoginReading::Dead(_)
    ));
    assert!(matches!(
        read(
            400,
            r#"{"error":{"message":"…","type":"OAuthException","code":190,"error_subcode":459}}"#
        ),
        LoginReading::Blocked(_)
    ));
    for (status, body) in [
        (
            400,
            r#"{"error":{"message":"too early","type":"OAuthException","code":100}}"#,
        ),
        (500, r#"{"error":{"message":"x","code":2}}"#),
        (400, r#"{"error":{"message":"x","code":4}}"#),
        (502, "<html>"),
        (200, "{}"),
    ] {
        assert!(
            matches!(read(status, body), LoginReading::Later(_)),
            "{status} {body}"
        );
    }
    let rule = login().refresh_rule(&ctx().facts, &ctx().options).unwrap();
    assert_eq!(
        (rule.min_age_secs, rule.margin_secs, rule.rotating),
        (86_400, 7 * 86_400, false)
    );
}

fn enquiry(scopes: &[&str]) -> Enquiry {
    Enquiry {
        profile: Profile {
            remote_id: "1784".to_owned(),
            ..Profile::default()
        },
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        facts: ctx().facts,
        options: std::collections::BTreeMap::new(),
        now: START,
        of: None,
    }
}

#[test]
fn enquiries() {
    let e = by_name("threads").unwrap().enquiries();
    let all = enquiry(&[
        "threads_content_publish",
        "threads_manage_replies",
        "threads_delete",
    ]);
    let calls = [
        e.profile(&all),
        e.quota(&all).unwrap(),
        e.quota(&enquiry(&[])).unwrap(),
        e.history(&all, 10).unwrap(),
        e.history(&all, 10_000).unwrap(),
        e.insights(&all, Some("21")).unwrap(),
        e.insights(&all, None).unwrap(),
        e.delete(&all, "21/../22").unwrap(),
    ];
    insta::assert_snapshot!(calls.iter().map(written).collect::<Vec<_>>().join("\n"));
    assert!(e.quota(&enquiry(&["threads_basic"])).is_none());
}

#[test]
fn readings() {
    let e = by_name("threads").unwrap().enquiries();
    let all = enquiry(&[]);
    let quota = r#"{"data":[{"quota_usage":3,"config":{"quota_total":250,"quota_duration":86400},"reply_quota_usage":7,"reply_config":{"quota_total":1000,"quota_duration":86400}}]}"#;
    insta::assert_debug_snapshot!(e.read_quota(&all, &reply(200, quota)));
    let insights = r#"{"data":[{"name":"views","period":"day","values":[{"value":2,"end_time":"x"},{"value":3}]},{"name":"clicks","link_total_values":[{"value":4,"link_url":"u"}]},{"name":"likes","total_value":{"value":5}},{"nonsense":1}]}"#;
    insta::assert_debug_snapshot!(e.read_insights(&all, &reply(200, insights)));
    let history = r#"{"data":[{"id":"1","media_type":"TEXT_POST","text":"Today\u0007","timestamp":"2023-10-17T05:42:03+0000","permalink":"javascript:alert(1)"},{"id":"../x"}]}"#;
    insta::assert_debug_snapshot!(e.read_history(&all, &reply(200, history)));
    let gone = r#"{"error":{"message":"does not exist","code":100,"error_subcode":33}}"#;
    assert_eq!(e.read_delete(&all, &reply(400, gone)), Told::Yes(()));
    assert_eq!(
        e.read_delete(&all, &reply(200, r#"{"success":true,"deleted_id":"1"}"#)),
        Told::Yes(())
    );
    assert!(matches!(
        e.read_delete(&all, &reply(403, r#"{"error":{"code":10}}"#)),
        Told::Blocked(_)
    ));
    assert!(matches!(e.read_profile(&all, &reply(500, "")), Told::Later(_)));
}

#[test]
fn scopes_and_checks() {
    let p = by_name("threads").unwrap();
    assert_eq!(
        p.scopes_needed(&text("x")),
        ["threads_basic", "threads_content_publish"]
    );
    let thread = Content {
        segments: vec![segment("a"), segment("b")],
        ..Content::default()
    };
    assert_eq!(p.scopes_needed(&thread).len(), 4);
    let bad = Content {
        reply_to: Some("https://www.threads.net/@x/post/abc".to_owned()),
        first_comment: Some("c".repeat(501)),
        ..text("x")
    };
    let told = p.check(&bad, p.facts(), &std::collections::BTreeMap::new());
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("numeric id"), "{told:?}");
    let options = std::collections::BTreeMap::from([("reply_control".to_owned(), "nobody".to_owned())]);
    assert_eq!(p.check_options(&options).len(), 1);
}
