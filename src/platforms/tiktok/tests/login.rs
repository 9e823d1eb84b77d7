//! Login, refresh and enquiries (tiktok.md 2, 3, 5).

use std::fmt::Write as _;

use insta::assert_snapshot;
use secrecy::ExposeSecret;

use super::*;
use crate::core::call::{HttpReply, Reply};
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading, Pkce, TokenSet};
use crate::core::platform::{Enquiry, Told};
use crate::domain::account::Profile;
use crate::platforms::by_name;
use crate::platforms::tests::{START, written, written_http};

fn login() -> &'static dyn Login {
    by_name("tiktok").unwrap().login()
}

fn ctx(account: &[(&str, &str)]) -> LoginContext {
    LoginContext {
        client_id: "aw1234".to_owned(),
        redirect_uri: "http://127.0.0.1:8417/callback/".to_owned(),
        facts: by_name("tiktok").unwrap().facts().clone(),
        options: options(account),
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

const TOKENS: &str = r#"{"access_token":"act.example","expires_in":7200,"open_id":"afd97af1","refresh_expires_in":15552000,"refresh_token":"rft.example","scope":"user.info.basic,video.publish,video.list","token_type":"Bearer"}"#;
const USER: &str = r#"{"data":{"user":{"open_id":"afd97af1","union_id":"u1","display_name":"The Club","avatar_url":"https://x.example/a"}},"error":{"code":"ok","message":"","log_id":"1"}}"#;
const NAMED: &str = r#"{"data":{"user":{"open_id":"afd97af1","display_name":"The Club","username":"club.kiel","is_verified":false,"follower_count":7}},"error":{"code":"ok"}}"#;

fn told(reading: LoginReading) -> String {
    match reading {
        LoginReading::Tokens(set) => format!("tokens {}", shown(&set)),
        LoginReading::Profile(p) => {
            format!("profile {} @{} {:?} {:?}", p.remote_id, p.handle, p.url, p.facts)
        }
        LoginReading::Chosen(set, p) => format!("tokens {} of {}", shown(&set), p.remote_id),
        LoginReading::Noted(_) | LoginReading::Inspected(_) => "other".to_owned(),
        LoginReading::Later(why) => format!("later: {why}"),
        LoginReading::Dead(why) => format!("dead: {why}"),
        LoginReading::Refused(why) => format!("refused: {why}"),
        LoginReading::Blocked(why) => format!("blocked: {why}"),
        LoginReading::Skip => "skip".to_owned(),
    }
}

fn shown(set: &TokenSet) -> String {
    let secret = |s: &Option<secrecy::SecretString>| s.as_ref().map(|s| s.expose_secret().to_owned());
    format!(
        "{:?} {:?} until {:?} and {:?}, {:?}, scopes {:?}",
        secret(&set.access),
        secret(&set.refresh),
        set.expires.map(|t| t.since(START).as_secs()),
        set.refresh_expires.map(|t| t.since(START).as_secs()),
        set.user_id,
        set.scopes
    )
}

/// The whole of a login with these answers.
fn run_login(account: &[(&str, &str)], answers: &[(u16, &str)]) -> String {
    let mut ctx = ctx(account);
    let mut answers = answers.iter();
    let mut out = String::new();
    for n in 0..10 {
        let call = match login().connect_step(n, &ctx) {
            LoginNext::Call(call) => call,
            LoginNext::Pass => continue,
            LoginNext::Done => {
                out.push_str("done\n");
                break;
            }
        };
        let _ = writeln!(out, "{}", written_http(&call));
        let Some((status, body)) = answers.next() else {
            break;
        };
        let reading = login().read(n, &ctx, &reply(*status, body), START);
        if let LoginReading::Profile(profile) | LoginReading::Chosen(_, profile) = &reading {
            ctx.profile = profile.clone();
        }
        let _ = writeln!(out, "  => {}", told(reading));
    }
    out
}

#[test]
fn whole_login() {
    assert_snapshot!(run_login(PRIVATE, &[(200, TOKENS), (200, USER), (200, NAMED)]));
}

#[test]
fn login_without_the_extras() {
    let account = &[("mode", "inbox"), ("pkce", "none"), ("more_scopes", "none")];
    let tokens = r#"{"access_token":"act.example","open_id":"afd97af1","refresh_token":"rft.example","scope":"user.info.basic,video.upload"}"#;
    assert_snapshot!(run_login(account, &[(200, tokens), (200, USER)]));
}

#[test]
fn a_name_that_was_not_granted_is_done_without() {
    let refused = r#"{"data":{},"error":{"code":"scope_not_authorized","message":"no","log_id":"1"}}"#;
    let out = run_login(PRIVATE, &[(200, TOKENS), (200, USER), (401, refused)]);
    assert!(out.ends_with("  => skip\ndone\n"), "{out}");
}

/// Whose the tokens are came with them: they are not thrown away because the name cannot be read now.
#[test]
fn a_name_that_cannot_be_read_now_is_done_without() {
    let busy = r#"{"data":{},"error":{"code":"internal_error","message":"later","log_id":"1"}}"#;
    let empty = r#"{"data":{},"error":{"code":"ok","message":"","log_id":"1"}}"#;
    for (status, body) in [(500, busy), (503, ""), (429, "{}"), (200, empty)] {
        let out = run_login(PRIVATE, &[(200, TOKENS), (status, body), (503, "")]);
        assert!(out.contains("of afd97af1"), "{out}");
        assert!(out.ends_with("  => skip\ndone\n"), "{out}");
    }
    let nobody = TOKENS.replace("open_id", "nobody");
    let out = run_login(PRIVATE, &[(200, &nobody), (500, busy)]);
    assert!(out.contains("later: "), "{out}");
}

#[test]
fn what_is_asked_for() {
    let asked = |account: &[(&str, &str)]| match login().kind(&ctx(account).facts, &options(account)) {
        LoginKind::OAuth(o) => (
            o.host,
            o.path,
            o.client_id_param,
            o.scopes.join(o.scope_separator),
            o.pkce,
        ),
        LoginKind::Password | LoginKind::Tokens => panic!("no OAuth"),
    };
    let path = "/v2/auth/authorize/";
    let all = "user.info.profile,user.info.stats,video.list";
    assert_eq!(
        asked(PRIVATE),
        (
            "auth_base",
            path,
            "client_key",
            format!("user.info.basic,video.publish,{all}"),
            Pkce::S256Hex
        )
    );
    assert_eq!(
        asked(&[
            ("mode", "inbox"),
            ("more_scopes", "video.list"),
            ("pkce", "base64url")
        ]),
        (
            "auth_base",
            path,
            "client_key",
            "user.info.basic,video.upload,video.list".to_owned(),
            Pkce::S256
        )
    );
}

#[test]
fn advice() {
    assert_snapshot!(
        [login().advice(&ctx(PRIVATE)), login().advice(&ctx(INBOX))]
            .concat()
            .join("\n")
    );
}

#[test]
fn every_oauth_error() {
    let errors = [
        (400, r#"{"error":"access_denied","error_description":"no"}"#),
        (
            200,
            r#"{"error":"invalid_client","error_description":"bad key","log_id":"7"}"#,
        ),
        (
            200,
            r#"{"error":"invalid_grant","error_description":"Refresh token is invalid or expired.","log_id":"7"}"#,
        ),
        (
            400,
            r#"{"error":"invalid_request","error_description":"redirect_uri is not right"}"#,
        ),
        (
            400,
            r#"{"error":"invalid_request","error_description":"Code verifier or code challenge is invalid"}"#,
        ),
        (400, r#"{"error":"invalid_scope","error_description":""}"#),
        (401, r#"{"error":"unauthorized_client"}"#),
        (400, r#"{"error":"unsupported_grant_type"}"#),
        (400, r#"{"error":"unsupported_response_type"}"#),
        (500, r#"{"error":"server_error"}"#),
        (503, r#"{"error":"temporarily_unavailable"}"#),
        (500, r#"{"error":"invalid_grant"}"#),
        (200, r#"{"error":"something_new"}"#),
        (
            200,
            r#"{"error":{"code":"rate_limit_exceeded","message":"slow"}}"#,
        ),
        (200, "{}"),
        (502, "<html>"),
    ];
    let mut out = String::new();
    for (status, body) in errors {
        let connect = told(login().read(0, &ctx(PRIVATE), &reply(status, body), START));
        let refresh = told(login().read_refresh(&ctx(PRIVATE), &reply(status, body), START));
        let _ = writeln!(out, "{status} {body}\n  connect {connect}\n  refresh {refresh}");
    }
    assert_snapshot!(out);
}

#[test]
fn a_scope_that_was_unticked() {
    let without = TOKENS.replace("video.publish,", "");
    assert_snapshot!(told(login().read(0, &ctx(PRIVATE), &reply(200, &without), START)));
}

#[test]
fn refresh_and_revoke() {
    let ctx = ctx(PRIVATE);
    let rule = login().refresh_rule(&ctx.facts, &ctx.options).unwrap();
    assert!(rule.rotating && rule.third && rule.margin_secs == 600);
    let refresh = written_http(&login().refresh_call(&ctx).unwrap());
    let revoke = written_http(&login().revoke_call(&ctx).unwrap());
    let read = told(login().read_refresh(&ctx, &reply(200, TOKENS), START));
    assert_snapshot!([refresh, read, revoke].join("\n"));
}

fn enquiry(scopes: &[&str]) -> Enquiry {
    Enquiry {
        profile: Profile::default(),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        facts: by_name("tiktok").unwrap().facts().clone(),
        options: BTreeMap::new(),
        now: START,
        of: None,
    }
}

#[test]
fn enquiries() {
    let e = by_name("tiktok").unwrap().enquiries();
    let all = enquiry(&["user.info.basic", "user.info.profile", "user.info.stats"]);
    let calls = [
        e.profile(&enquiry(&[])),
        e.profile(&all),
        e.history(&all, 99).unwrap(),
        e.insights(&all, Some("7123")).unwrap(),
        e.insights(&all, None).unwrap(),
    ];
    assert!(e.quota(&all).is_none() && e.delete(&all, "1").is_none());
    assert_snapshot!(calls.iter().map(written).collect::<Vec<_>>().join("\n"));
}

#[test]
fn readings() {
    let e = by_name("tiktok").unwrap().enquiries();
    let ctx = enquiry(&[]);
    let list = r#"{"data":{"videos":[{"id":7123456789012345678,"create_time":1799990000,"title":"The gate","video_description":"The gate #kiel","share_url":"https://www.tiktok.com/@club.kiel/video/7123456789012345678","view_count":12,"like_count":0},{"title":"no id"}],"cursor":1643332803000,"has_more":false},"error":{"code":"ok"}}"#;
    let none = r#"{"data":{"videos":[]},"error":{"code":"ok"}}"#;
    let scope = r#"{"error":{"code":"scope_not_authorized","message":"no","log_id":"1"}}"#;
    assert_snapshot!(
        [
            format!("{:?}", e.read_profile(&ctx, &reply(200, NAMED))),
            format!("{:?}", e.read_history(&ctx, &reply(200, list))),
            format!("{:?}", e.read_insights(&ctx, &reply(200, list))),
            format!("{:?}", e.read_insights(&ctx, &reply(200, NAMED))),
            format!("{:?}", e.read_insights(&ctx, &reply(200, none))),
            format!("{:?}", e.read_history(&ctx, &reply(401, scope))),
            format!("{:?}", e.read_history(&ctx, &reply(502, "<html>"))),
        ]
        .join("\n")
    );
    let dead = r#"{"error":{"code":"access_token_invalid","message":"no","log_id":"1"}}"#;
    assert!(matches!(
        e.read_profile(&ctx, &reply(401, dead)),
        Told::Reauthorise(_)
    ));
}
