//! Logins, refresh and enquiries (x.md 2, 3, 5).

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::core::call::{Auth, Call, HttpReply, Reply};
use crate::core::facts::Facts;
use crate::core::life;
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading};
use crate::core::platform::{Enquiry, Told};
use crate::domain::account::{Connection, ConnectionStatus, Profile};
use crate::domain::post::{Content, Kind};
use crate::platforms::by_name;
use crate::platforms::tests::{START, media, segment, text, written, written_http};

fn login() -> &'static dyn Login {
    by_name("x").unwrap().login()
}

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn ctx() -> LoginContext {
    LoginContext {
        client_id: "Q2xpZW50".to_owned(),
        redirect_uri: "https://post.example.org/oauth/x/callback".to_owned(),
        facts: by_name("x").unwrap().facts().clone(),
        options: BTreeMap::new(),
        profile: Profile::default(),
        notes: BTreeMap::new(),
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
    for call in [login().refresh_call(&ctx()), login().revoke_call(&ctx())] {
        out.push_str(&written_http(&call.unwrap()));
        out.push('\n');
    }
    out.push_str(&login().advice(&ctx()).join("\n"));
    insta::assert_snapshot!(out);
    insta::assert_debug_snapshot!(login().kind(&ctx().facts, &options(&[("messages", "true")])));
}

/// Tokens of the console: nothing to exchange, to renew or to revoke; every call is signed.
#[test]
fn tokens_from_the_console() {
    let console = options(&[("auth", "oauth1")]);
    let mut ctx = ctx();
    ctx.options.clone_from(&console);
    assert_eq!(login().kind(&ctx.facts, &console), LoginKind::Tokens);
    assert!(login().refresh_rule(&ctx.facts, &console).is_none());
    assert!(login().refresh_call(&ctx).is_none());
    assert!(login().revoke_call(&ctx).is_none());
    assert!(login().advice(&ctx).iter().any(|a| a.contains("Read and write")));
    let Call::Http(call) = by_name("x").unwrap().enquiries().profile(&enquiry(&console)) else {
        panic!()
    };
    assert_eq!(call.auth, Auth::OAuth1);
}

#[test]
fn the_rule_rotates() {
    let rule = login().refresh_rule(&ctx().facts, &BTreeMap::new()).unwrap();
    assert!(rule.rotating && rule.third);
    let at = |facts: &Facts, life: i64| {
        let connection = Connection {
            status: ConnectionStatus::Connected,
            issued: Some(START),
            expires: Some(START.after_secs(life)),
            ..Connection::default()
        };
        let rule = login().refresh_rule(facts, &BTreeMap::new());
        let at = life::refresh_at(&connection, rule, None).unwrap();
        at.since(START).as_secs()
    };
    // However short the life that X tells: no endless run of renewals, each of which uses a refresh token up.
    let facts = ctx().facts;
    let told = [600, 1800, 3600, 7200].map(|life| at(&facts, life));
    assert_eq!(told, [300, 1200, 2400, 4800]);
    let greedy = facts.with_number("refresh_margin_secs", 100_000);
    let told = [600, 1800, 3600, 7200].map(|life| at(&greedy, life));
    assert_eq!(told, [300, 900, 1800, 3600], "a margin longer than the life");
    assert!(login().public_apps());
}

fn read(n: usize, status: u16, body: &str) -> LoginReading {
    login().read(n, &ctx(), &reply(status, body), START)
}

#[test]
fn tokens() {
    let body = r#"{"token_type":"bearer","expires_in":7200,"access_token":"A","scope":"tweet.write users.read offline.access tweet.read","refresh_token":"R"}"#;
    let LoginReading::Tokens(set) = read(0, 200, body) else {
        panic!()
    };
    assert_eq!(set.access.unwrap().expose_secret(), "A");
    assert_eq!(set.refresh.unwrap().expose_secret(), "R");
    assert_eq!(set.expires, Some(START.after_secs(7200)));
    assert_eq!(
        set.scopes,
        ["tweet.write", "users.read", "offline.access", "tweet.read"]
    );
    // An expiry that is missing does not mean never.
    let LoginReading::Tokens(set) = read(0, 200, r#"{"access_token":"A"}"#) else {
        panic!()
    };
    assert_eq!(set.expires, Some(START.after_secs(7200)));
    let narrow = r#"{"access_token":"A","scope":"users.read tweet.read"}"#;
    assert!(matches!(read(0, 200, narrow), LoginReading::Blocked(why) if why.contains("tweet.write")));
    assert!(matches!(read(0, 200, "{}"), LoginReading::Later(_)));
}

#[test]
fn failures_of_the_exchange() {
    let used = r#"{"error":"invalid_request","error_description":"Value passed for the authorization code was invalid."}"#;
    assert!(matches!(read(0, 400, used), LoginReading::Dead(why) if why.contains("begin the login again")));
    let client =
        r#"{"error":"unauthorized_client","error_description":"Missing valid authorization header"}"#;
    assert!(matches!(read(0, 401, client), LoginReading::Blocked(why) if why.contains("client_secret")));
    assert!(matches!(read(0, 503, ""), LoginReading::Later(_)));
    assert!(matches!(read(0, 429, "{}"), LoginReading::Later(_)));
}

/// Tokens are not thrown away because the profile cannot be read now; a wrong package is said at once.
/// X bills the profile that a login reads as that of a validation (x.md 6.3); the exchange of the code is free.
#[test]
fn a_login_costs_its_profile() {
    let facts = ctx().facts;
    let cost = |n: usize| -> Vec<(String, u32)> {
        let charges = login().charges(n, &facts).into_iter();
        charges.map(|c| (c.limit, c.amount)).collect()
    };
    assert_eq!(cost(0), []);
    assert_eq!(cost(1), [("profiles".to_owned(), 1), ("budget".to_owned(), 10)]);
}

#[test]
fn the_profile_of_a_new_login() {
    let body = r#"{"data":{"id":"2244994945","name":"X Dev","username":"XDevelopers","verified_type":"none","subscription_type":"Premium"}}"#;
    let LoginReading::Profile(profile) = read(1, 200, body) else {
        panic!()
    };
    assert_eq!(
        (profile.remote_id.as_str(), profile.handle.as_str()),
        ("2244994945", "XDevelopers")
    );
    assert_eq!(profile.url.as_deref(), Some("https://x.com/XDevelopers"));
    assert_eq!(
        profile.facts.get("subscription").map(String::as_str),
        Some("Premium")
    );
    for (status, body) in [(503, ""), (429, "{}"), (402, "{}"), (200, "{}")] {
        assert!(matches!(read(1, status, body), LoginReading::Skip), "{status}");
    }
    let enrol = r#"{"reason":"client-not-enrolled","title":"Client Forbidden"}"#;
    assert!(matches!(read(1, 403, enrol), LoginReading::Blocked(why) if why.contains("Pay-per-use")));
}

/// Only X's own word on the refresh token ends a connection.
#[test]
fn refreshes() {
    let refreshed = |status: u16, body: &str| login().read_refresh(&ctx(), &reply(status, body), START);
    let body = r#"{"token_type":"bearer","expires_in":7200,"access_token":"A2","scope":"tweet.write","refresh_token":"R2"}"#;
    let LoginReading::Tokens(set) = refreshed(200, body) else {
        panic!()
    };
    assert_eq!(set.refresh.unwrap().expose_secret(), "R2");
    let dead = r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#;
    assert!(matches!(refreshed(400, dead), LoginReading::Dead(_)));
    assert!(matches!(
        refreshed(400, r#"{"error":"invalid_grant"}"#),
        LoginReading::Dead(_)
    ));
    // The sentence is not verified: whatever calls the token no good is X's own word.
    for words in [
        "Value passed for the refresh token was invalid.",
        "Value passed for the refresh_token parameter was invalid",
        "Invalid refresh token",
        "The token has expired.",
        "Token was revoked",
    ] {
        let body = format!(r#"{{"error":"invalid_request","error_description":"{words}"}}"#);
        assert!(matches!(refreshed(400, &body), LoginReading::Dead(_)), "{words}");
        assert!(matches!(refreshed(503, &body), LoginReading::Later(_)), "{words}");
    }
    // What says nothing of the token is for whoever knows whether an answer was lost.
    for words in ["Missing required parameter [refresh_token].", "Bad request", ""] {
        let body = format!(r#"{{"error":"invalid_request","error_description":"{words}"}}"#);
        assert!(
            matches!(refreshed(400, &body), LoginReading::Refused(_)),
            "{words}"
        );
    }
    let app =
        r#"{"error":"invalid_request","error_description":"Value passed for the client id was invalid."}"#;
    assert!(matches!(refreshed(400, app), LoginReading::Blocked(_)));
    for setup in ["unauthorized_client", "invalid_client"] {
        let body = format!(r#"{{"error":"{setup}","error_description":"d"}}"#);
        assert!(
            matches!(refreshed(401, &body), LoginReading::Blocked(_)),
            "{setup}"
        );
    }
    for (status, body) in [
        (401, r#"{"title":"Unauthorized"}"#),
        (500, ""),
        (503, "{}"),
        (429, "{}"),
        (200, "{}"),
        (403, "<html>"),
    ] {
        assert!(
            matches!(refreshed(status, body), LoginReading::Later(_)),
            "{status}"
        );
    }
}

#[test]
fn scopes() {
    let x = by_name("x").unwrap();
    let mut photo = text("a");
    photo.segments[0].media = vec![media(0, "a.jpg", "image/jpeg", None)];
    assert_eq!(
        x.scopes_needed(&photo),
        ["tweet.read", "users.read", "tweet.write", "media.write"]
    );
    let message = Content {
        kind: Kind::Message,
        segments: vec![segment("Hi")],
        ..Content::default()
    };
    assert_eq!(
        x.scopes_needed(&message),
        ["tweet.read", "users.read", "dm.read", "dm.write"]
    );
}

fn enquiry(options: &BTreeMap<String, String>) -> Enquiry {
    Enquiry {
        profile: Profile {
            remote_id: "1784".to_owned(),
            handle: "club".to_owned(),
            ..Profile::default()
        },
        scopes: Vec::new(),
        facts: by_name("x").unwrap().facts().clone(),
        options: options.clone(),
        now: START,
        of: None,
    }
}

#[test]
fn enquiries() {
    let (ask, ctx) = (by_name("x").unwrap().enquiries(), enquiry(&BTreeMap::new()));
    let repost = Enquiry {
        of: Some(Content {
            repost: Some("https://x.com/guild/status/21".to_owned()),
            ..Content::default()
        }),
        ..enquiry(&BTreeMap::new())
    };
    let calls = [
        Some(ask.profile(&ctx)),
        ask.history(&ctx, 2),
        ask.insights(&ctx, Some("https://x.com/club/status/21")),
        ask.insights(&ctx, None),
        ask.delete(&ctx, "21"),
        ask.delete(&repost, "21"),
    ];
    let told: Vec<String> = calls.iter().flatten().map(written).collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(ask.quota(&ctx).is_none());
}

#[test]
fn answers_to_enquiries() {
    let (ask, ctx) = (by_name("x").unwrap().enquiries(), enquiry(&BTreeMap::new()));
    let list = r#"{"data":[{"id":"21","text":"Hi","created_at":"2027-01-15T08:00:04.000Z"},{"id":"22","text":"cut…","note_post":{"text":"long"},"referenced_posts":[{"type":"replied_to","id":"21"}]},{"id":"x"}],"meta":{"result_count":3}}"#;
    let Told::Yes(history) = ask.read_history(&ctx, &reply(200, list)) else {
        panic!()
    };
    insta::assert_debug_snapshot!(history);
    assert_eq!(
        ask.read_history(&ctx, &reply(200, r#"{"meta":{"result_count":0}}"#)),
        Told::Yes(Vec::new())
    );
    let metrics = r#"{"data":{"id":"21","public_metrics":{"like_count":3,"impression_count":40}}}"#;
    let Told::Yes(insights) = ask.read_insights(&ctx, &reply(200, metrics)) else {
        panic!()
    };
    assert_eq!(insights.len(), 2);
    let gone = r#"{"errors":[{"title":"Not Found Error","type":"https://api.twitter.com/2/problems/resource-not-found"}]}"#;
    assert!(matches!(ask.read_insights(&ctx, &reply(200, gone)), Told::No(_)));
    for (status, body) in [
        (200, r#"{"data":{"deleted":true}}"#),
        (200, r#"{"data":{"deleted":false}}"#),
        (200, r#"{"data":{"retweeted":false}}"#),
        (404, "{}"),
        (200, gone),
    ] {
        assert_eq!(
            ask.read_delete(&ctx, &reply(status, body)),
            Told::Yes(()),
            "{status} {body}"
        );
    }
    assert!(matches!(ask.read_delete(&ctx, &reply(200, "{}")), Told::Later(_)));
    assert!(matches!(
        ask.read_delete(&ctx, &reply(401, "{}")),
        Told::Reauthorise(_)
    ));
    assert!(matches!(
        ask.read_delete(&ctx, &reply(402, "{}")),
        Told::Blocked(_)
    ));
}
