//! Both logins, the renewal and the enquiries (instagram.md 2, 3, 5, 6).

use std::collections::BTreeMap;

use secrecy::ExposeSecret;

use crate::core::call::{Auth, Call, HttpReply, Reply};
use crate::core::login::{Login, LoginContext, LoginNext, LoginReading};
use crate::core::platform::{Enquiry, Platform, Standing, Told};
use crate::domain::account::Profile;
use crate::domain::post::{Content, Kind};
use crate::platforms::by_name;
use crate::platforms::tests::{START, text, written, written_http};

fn platform() -> &'static dyn Platform {
    by_name("instagram").unwrap()
}

fn login() -> &'static dyn Login {
    platform().login()
}

fn options(way: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("login".to_owned(), way.to_owned())])
}

fn ctx(way: &str) -> LoginContext {
    LoginContext {
        client_id: "42".to_owned(),
        redirect_uri: "https://post.example.org/oauth/instagram/callback".to_owned(),
        facts: platform().facts().clone(),
        options: options(way),
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
fn calls_of_the_own_login() {
    let ctx = ctx("instagram");
    let mut out = String::new();
    let mut n = 0;
    while let LoginNext::Call(call) = login().connect_step(n, &ctx) {
        out.push_str(&written_http(&call));
        out.push('\n');
        n += 1;
    }
    out.push_str(&written_http(&login().refresh_call(&ctx).unwrap()));
    insta::assert_snapshot!(out);
    insta::assert_debug_snapshot!(login().kind(&ctx.facts, &ctx.options));
    assert!(login().revoke_call(&ctx).is_none());
    assert_eq!(login().advice(&ctx).len(), 3);
    // It is the one that is used when nothing is said.
    assert_eq!(
        login().kind(&ctx.facts, &BTreeMap::new()),
        login().kind(&ctx.facts, &ctx.options)
    );
}

fn own(n: usize, status: u16, body: &str) -> LoginReading {
    login().read(n, &ctx("instagram"), &reply(status, body), START)
}

fn why(reading: LoginReading) -> String {
    match reading {
        LoginReading::Blocked(why) => why,
        LoginReading::Tokens(_)
        | LoginReading::Profile(_)
        | LoginReading::Chosen(..)
        | LoginReading::Noted(_)
        | LoginReading::Inspected(_)
        | LoginReading::Later(_)
        | LoginReading::Dead(_)
        | LoginReading::Refused(_)
        | LoginReading::Skip => panic!("not blocked"),
    }
}

/// The documentation wraps it, the platform does not; ids are numbers or strings, permissions a list or a string.
#[test]
fn tokens_in_every_form() {
    for body in [
        r#"{"access_token":"IGAA","user_id":17841405793187218,"permissions":["instagram_business_basic","instagram_business_content_publish"]}"#,
        r#"{"data":[{"access_token":"IGAA","user_id":"17841405793187218","permissions":"instagram_business_basic, instagram_business_content_publish"}]}"#,
    ] {
        let LoginReading::Tokens(set) = own(0, 200, body) else {
            panic!("{body}")
        };
        assert_eq!(set.access.unwrap().expose_secret(), "IGAA");
        assert_eq!(set.user_id.as_deref(), Some("17841405793187218"));
        assert_eq!(set.expires, Some(START.after_secs(3600)));
        assert_eq!(set.scopes.len(), 2);
    }
    let LoginReading::Tokens(long) = own(
        1,
        200,
        r#"{"access_token":"L","token_type":"bearer","expires_in":5183944}"#,
    ) else {
        panic!()
    };
    assert_eq!(long.expires, Some(START.after_secs(5_183_944)));
    let told = [
        (r#"{"access_token":"L","expires_in":"5183944"}"#, 5_183_944),
        (r#"{"access_token":"L"}"#, 5_184_000),
        (r#"{"access_token":"L","expires_in":0}"#, 5_184_000),
    ];
    for (body, lives) in told {
        let LoginReading::Tokens(long) = own(1, 200, body) else {
            panic!("{body}")
        };
        assert_eq!(long.expires, Some(START.after_secs(lives)), "{body}");
        let LoginReading::Tokens(newer) = login().read_refresh(&ctx("instagram"), &reply(200, body), START)
        else {
            panic!("{body}")
        };
        assert_eq!(newer.expires, Some(START.after_secs(lives)), "{body}");
    }
}

#[test]
fn profiles_in_every_form() {
    for body in [
        r#"{"id":"900","user_id":"17841400","username":"club","name":"The Club","account_type":"BUSINESS"}"#,
        r#"{"data":[{"id":900,"user_id":17841400,"username":"club","name":"The Club","account_type":"MEDIA_CREATOR"}]}"#,
    ] {
        let LoginReading::Profile(p) = own(2, 200, body) else {
            panic!("{body}")
        };
        assert_eq!((p.remote_id.as_str(), p.handle.as_str()), ("17841400", "club"));
        assert_eq!(p.url.as_deref(), Some("https://www.instagram.com/club/"));
        // Signed requests name the person by the app-scoped id.
        assert_eq!(p.facts["user_id"], "900");
    }
}

#[test]
fn what_stops_the_own_login() {
    let personal = r#"{"id":"900","user_id":"1784","username":"anna","account_type":"PERSONAL"}"#;
    assert!(why(own(2, 200, personal)).contains("Switch to professional account"));
    let scope = r#"{"access_token":"x","permissions":["instagram_business_basic"]}"#;
    assert!(why(own(0, 200, scope)).starts_with("instagram_business_content_publish was not granted"));
    let retired = r#"{"access_token":"x","permissions":["user_profile","user_media"]}"#;
    let told = why(own(0, 200, retired));
    assert!(
        told.contains("login = \"instagram\"") && told.contains("login = \"facebook\""),
        "{told}"
    );
    let app = r#"{"error_type":"OAuthException","code":400,"error_message":"Invalid platform app"}"#;
    assert!(why(own(0, 400, app)).contains("API setup with Instagram login"));
    let secret =
        r#"{"error":{"message":"Error validating client secret.","type":"OAuthException","code":1}}"#;
    assert!(why(own(0, 400, secret)).contains("client_secret"));
    let uri = r#"{"error_type":"OAuthException","code":400,"error_message":"Error validating verification code. Please make sure your redirect_uri is identical"}"#;
    assert!(why(own(0, 400, uri)).contains("Business login settings"));
    let used = r#"{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}"#;
    assert!(matches!(own(0, 400, used), LoginReading::Dead(_)));
    assert!(matches!(own(0, 502, "<html>"), LoginReading::Later(_)));
    assert!(matches!(own(0, 200, "{}"), LoginReading::Later(_)));
}

/// A hiccup never disconnects an account: only the vendor's own word for "dead" does.
#[test]
fn renewal() {
    let read = |status: u16, body: &str| login().read_refresh(&ctx("instagram"), &reply(status, body), START);
    let good = r#"{"access_token":"N","expires_in":5184000,"permissions":"instagram_business_basic"}"#;
    assert!(matches!(read(200, good), LoginReading::Tokens(set) if set.scopes.len() == 1));
    let dead = r#"{"error":{"message":"Session has expired","type":"OAuthException","code":190,"error_subcode":463}}"#;
    assert!(matches!(read(400, dead), LoginReading::Dead(_)));
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
    let facts = platform().facts();
    let rule = login().refresh_rule(facts, &options("instagram")).unwrap();
    assert_eq!(
        (rule.min_age_secs, rule.margin_secs, rule.rotating),
        (86_400, 7 * 86_400, false)
    );
    assert!(login().refresh_rule(facts, &options("facebook")).is_none());
    assert_eq!(login().warn_secs(facts, &options("facebook")), 10 * 86_400);
    assert!(login().refresh_call(&ctx("facebook")).is_none());
}

/// What the steps of a login through a Page come to, answered by `answers` (path: body); the calls, then the end.
fn through_a_page(page: Option<&str>, answers: &[(&str, &str)]) -> String {
    let mut ctx = ctx("facebook");
    if let Some(page) = page {
        ctx.options.insert("page".to_owned(), page.to_owned());
    }
    let mut out = String::new();
    for n in 0.. {
        let call = match login().connect_step(n, &ctx) {
            LoginNext::Call(call) => call,
            LoginNext::Pass => continue,
            LoginNext::Done => return out + "done",
        };
        out.push_str(&written_http(&call));
        out.push('\n');
        let found = answers.iter().find(|(path, _)| call.label.ends_with(path));
        let body = found.map_or(
            r#"{"error":{"message":"no","type":"OAuthException","code":10}}"#,
            |(_, body)| body,
        );
        let status = if found.is_some() { 200 } else { 403 };
        match login().read(n, &ctx, &reply(status, body), START) {
            LoginReading::Tokens(_) | LoginReading::Inspected(_) | LoginReading::Skip => {}
            LoginReading::Noted(notes) => ctx.notes.extend(notes),
            LoginReading::Profile(profile) => ctx.profile = profile,
            LoginReading::Chosen(set, profile) => {
                out.push_str(&format!(
                    "  => {} as @{} ({}) through {:?} with {}\n",
                    profile.url.as_deref().unwrap_or_default(),
                    profile.handle,
                    profile.remote_id,
                    profile.facts,
                    set.access.unwrap().expose_secret()
                ));
                ctx.profile = profile;
            }
            LoginReading::Blocked(why) => return format!("{out}BLOCKED: {why}"),
            LoginReading::Dead(why) | LoginReading::Refused(why) | LoginReading::Later(why) => {
                return format!("{out}FAILED: {why}");
            }
        }
    }
    out
}

const TOKEN: (&str, &str) = (
    "/oauth/access_token",
    r#"{"access_token":"EAA","token_type":"bearer","expires_in":5184000}"#,
);
const ME: (&str, &str) = ("GET /me", r#"{"id":"100","name":"Anna"}"#);
const INSPECTED: (&str, &str) = (
    "/debug_token",
    r#"{"data":{"type":"PAGE","is_valid":true,"expires_at":0,"data_access_expires_at":1807776000}}"#,
);
const GRANTED: (&str, &str) = (
    "/me/permissions",
    r#"{"data":[{"permission":"instagram_basic","status":"granted"},{"permission":"instagram_content_publish","status":"granted"},{"permission":"pages_show_list","status":"granted"}]}"#,
);
/// With this the portfolios are read too.
const MORE: (&str, &str) = (
    "/me/permissions",
    r#"{"data":[{"permission":"instagram_basic","status":"granted"},{"permission":"instagram_content_publish","status":"granted"},{"permission":"pages_show_list","status":"granted"},{"permission":"business_management","status":"granted"}]}"#,
);

fn linked(id: &str, name: &str, handle: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"{name}","access_token":"PAGE{id}","tasks":["CREATE_CONTENT"],"instagram_business_account":{{"id":"1784{id}","username":"{handle}","name":"{name}"}}}}"#
    )
}

fn pages(all: &[String]) -> String {
    format!(
        r#"{{"data":[{}],"paging":{{"cursors":{{"after":"c"}}}}}}"#,
        all.join(",")
    )
}

fn with_pages(page: Option<&str>, accounts: &str) -> String {
    through_a_page(
        page,
        &[
            TOKEN,
            GRANTED,
            ME,
            INSPECTED,
            ("/me/accounts", accounts),
            ("/me/businesses", r#"{"data":[]}"#),
        ],
    )
}

#[test]
fn the_only_page() {
    insta::assert_snapshot!(with_pages(None, &pages(&[linked("5", "Club", "club.insta")])));
}

/// Several: the sentence names them with their Instagram names and says how to choose.
#[test]
fn several_pages() {
    let all = pages(&[linked("5", "Club", "club.insta"), linked("6", "Café", "cafe")]);
    let told = with_pages(None, &all);
    insta::assert_snapshot!(told.lines().last().unwrap());
    for wanted in ["6", "café", "cafe", "@cafe", "17846"] {
        let told = with_pages(Some(wanted), &all);
        assert!(told.contains("as @cafe (17846)"), "{wanted}: {told}");
    }
    let told = with_pages(Some("nobody"), &all);
    insta::assert_snapshot!(told.lines().last().unwrap());
}

/// Pages of a business portfolio are asked for beside those of `/me/accounts`.
#[test]
fn a_page_of_a_portfolio() {
    let owned = pages(&[linked("7", "Firm", "firm")]);
    insta::assert_snapshot!(through_a_page(
        None,
        &[
            TOKEN,
            MORE,
            ME,
            INSPECTED,
            ("/me/accounts", r#"{"data":[]}"#),
            ("/me/businesses", r#"{"data":[{"id":"70","name":"Holding"}]}"#),
            ("/owned_pages", &owned),
            ("/client_pages", r#"{"data":[]}"#),
            ("/{page}", &linked("7", "Firm", "firm")),
        ],
    ));
}

#[test]
fn what_stops_a_login_through_a_page() {
    let last = |told: String| told.lines().last().unwrap_or_default().to_owned();
    let none = last(with_pages(None, r#"{"data":[]}"#));
    assert!(none.starts_with("BLOCKED: this login shows no Page"), "{none}");
    let bare = r#"{"data":[{"id":"5","name":"Club","access_token":"P","tasks":["MANAGE"]}]}"#;
    let unlinked = last(with_pages(None, bare));
    assert!(
        unlinked.contains("(“Club”) none can be used: no professional Instagram account"),
        "{unlinked}"
    );
    let named = last(with_pages(Some("5"), bare));
    assert!(
        named.contains("no professional Instagram account is linked"),
        "{named}"
    );
    let task = linked("5", "Club", "club").replace("CREATE_CONTENT", "ANALYZE");
    // Also where a portfolio is read in between: a Page alone does not tell its tasks.
    let bare = linked("5", "Club", "club").replace(r#","tasks":["CREATE_CONTENT"]"#, "");
    let answers = [
        TOKEN,
        MORE,
        ME,
        INSPECTED,
        ("/me/accounts", &pages(std::slice::from_ref(&task))),
        ("/me/businesses", r#"{"data":[]}"#),
        ("/{page}", &bare),
    ];
    for told in [with_pages(None, &pages(&[task])), through_a_page(None, &answers)] {
        let told = last(told);
        assert!(told.contains("CREATE_CONTENT is missing"), "{told}");
    }
    let manage = linked("5", "Club", "club").replace("CREATE_CONTENT", "MANAGE");
    assert!(with_pages(None, &pages(&[manage])).ends_with("done"));
    let denied = (
        "/me/permissions",
        r#"{"data":[{"permission":"instagram_basic","status":"granted"},{"permission":"instagram_content_publish","status":"declined"}]}"#,
    );
    let denied = last(through_a_page(None, &[TOKEN, denied]));
    assert!(
        denied.contains("instagram_content_publish, pages_show_list was not granted"),
        "{denied}"
    );
}

fn enquiry(way: &str) -> Enquiry {
    Enquiry {
        profile: Profile {
            remote_id: "1784".to_owned(),
            facts: BTreeMap::from([("page_id".to_owned(), "555".to_owned())]),
            ..Profile::default()
        },
        scopes: Vec::new(),
        facts: platform().facts().clone(),
        options: options(way),
        now: START,
        of: None,
    }
}

#[test]
fn enquiries() {
    let e = platform().enquiries();
    let (own, page) = (enquiry("instagram"), enquiry("facebook"));
    let calls = [
        e.profile(&own),
        e.profile(&page),
        e.quota(&own).unwrap(),
        e.history(&own, 10).unwrap(),
        e.history(&page, 10_000).unwrap(),
        e.insights(&own, Some("21")).unwrap(),
        e.insights(&own, None).unwrap(),
        e.delete(&page, "21/../22").unwrap(),
    ];
    insta::assert_snapshot!(calls.iter().map(written).collect::<Vec<_>>().join("\n"));
    assert!(e.delete(&own, "21").is_none());
    let story = Enquiry {
        of: Some(Content {
            kind: Kind::Story,
            ..Content::default()
        }),
        ..enquiry("instagram")
    };
    let auth = |call: Call| match call {
        Call::Http(http) => http.auth,
        other => panic!("{other:?}"),
    };
    // meta-common.md 6: the proof is for graph.facebook.com.
    assert_eq!(auth(e.profile(&own)), Auth::Bearer);
    assert_eq!(auth(e.profile(&page)), Auth::BearerProven);
    let told = written(&e.insights(&story, Some("21")).unwrap());
    assert!(
        told.contains("metric=views,reach,replies,navigation,shares"),
        "{told}"
    );
}

#[test]
fn readings() {
    let e = platform().enquiries();
    let ctx = enquiry("facebook");
    let quota = r#"{"data":[{"quota_usage":3,"config":{"quota_total":50,"quota_duration":86400}}]}"#;
    insta::assert_debug_snapshot!(e.read_quota(&ctx, &reply(200, quota)));
    let insights = r#"{"data":[{"name":"reach","period":"lifetime","values":[{"value":11}]},{"name":"likes","period":"day","total_value":{"value":5}},{"nonsense":1}]}"#;
    insta::assert_debug_snapshot!(e.read_insights(&ctx, &reply(200, insights)));
    let history = r#"{"data":[{"id":"1","media_type":"VIDEO","media_product_type":"REELS","caption":"Today\u0007","timestamp":"2023-10-17T05:42:03+0000","permalink":"javascript:alert(1)"},{"id":"../x"}]}"#;
    insta::assert_debug_snapshot!(e.read_history(&ctx, &reply(200, history)));
    let gone = r#"{"error":{"message":"does not exist","code":100,"error_subcode":33}}"#;
    assert_eq!(e.read_delete(&ctx, &reply(400, gone)), Told::Yes(()));
    let done = r#"{"success":true,"deleted_id":"1"}"#;
    assert_eq!(e.read_delete(&ctx, &reply(200, done)), Told::Yes(()));
    let fatal = r#"{"error":{"message":"Fatal","code":-1,"error_subcode":2207085}}"#;
    assert!(
        matches!(e.read_delete(&ctx, &reply(400, fatal)), Told::Later(why) if why.contains("Meta's side"))
    );
    // Who it is may change, but not the Page that it is reached through.
    let me = r#"{"id":"1784","username":"club2","name":"The Club"}"#;
    let Told::Yes(profile) = e.read_profile(&ctx, &reply(200, me)) else {
        panic!()
    };
    assert_eq!(
        (profile.handle.as_str(), profile.facts["page_id"].as_str()),
        ("club2", "555")
    );
    let personal = r#"{"user_id":"1784","username":"club","account_type":"PERSONAL"}"#;
    assert!(matches!(
        e.read_profile(&ctx, &reply(200, personal)),
        Told::Unsupported(_)
    ));
    assert!(matches!(e.read_profile(&ctx, &reply(500, "")), Told::Later(_)));
}

#[test]
fn scopes_by_login() {
    let p = platform();
    let mut content = text("x");
    content.first_comment = Some("y".to_owned());
    assert_eq!(
        p.scopes_needed_with(&content, &options("instagram")),
        [
            "instagram_business_basic",
            "instagram_business_content_publish",
            "instagram_business_manage_comments"
        ]
    );
    content.kind = Kind::Message;
    assert_eq!(
        p.scopes_needed_with(&content, &options("facebook")),
        ["instagram_basic", "instagram_manage_messages", "pages_messaging"]
    );
}

#[test]
fn what_an_account_cannot_do() {
    let refused = |way: &str, scopes: &[&str]| -> Vec<(&'static str, String)> {
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        let standing = Standing {
            options: &options(way),
            scopes: &scopes,
            profile: &Profile::default(),
            facts: platform().facts(),
        };
        let all = platform().refuses(&standing);
        all.into_iter().map(|r| (r.cell, r.why)).collect()
    };
    let own = refused("instagram", &[]);
    assert!(matches!(own.as_slice(), [("delete", why)] if why.contains("login = \"facebook\"")));
    assert_eq!(refused("facebook", &[]), []);
    let page = refused(
        "facebook",
        &[
            "instagram_basic",
            "instagram_content_publish",
            "instagram_manage_comments",
        ],
    );
    let cells: Vec<&str> = page.iter().map(|(cell, _)| *cell).collect();
    assert_eq!(cells, ["message", "delete", "insights"]);
    assert!(page[1].1.contains("instagram_manage_contents"), "{page:?}");
    // Each login has its own names for the same.
    let own = refused(
        "instagram",
        &["instagram_business_basic", "instagram_business_manage_messages"],
    );
    let cells: Vec<&str> = own.iter().map(|(cell, _)| *cell).collect();
    assert_eq!(
        cells[..6],
        ["delete", "photo", "video", "carousel", "reel", "story"]
    );
    assert!(own[1].1.contains("instagram_business_content_publish"), "{own:?}");
}
