//! Login (facebook.md 2).

use std::collections::{BTreeMap, VecDeque};

use insta::assert_snapshot;
use secrecy::ExposeSecret;

use crate::core::call::{Auth, Call, HttpReply, Reply, SecretName, Value};
use crate::core::login::{Login, LoginContext, LoginKind, LoginNext, LoginReading, TokenSet};
use crate::domain::account::Profile;
use crate::platforms::by_name;
use crate::platforms::tests::{START, written_http};

fn login() -> &'static dyn Login {
    by_name("facebook").unwrap().login()
}

fn ctx(page: Option<&str>) -> LoginContext {
    LoginContext {
        client_id: "42".to_owned(),
        redirect_uri: "https://post.example.org/oauth/facebook/callback".to_owned(),
        facts: by_name("facebook").unwrap().facts().clone(),
        options: page
            .map(|p| ("page".to_owned(), p.to_owned()))
            .into_iter()
            .collect(),
        profile: Profile::default(),
        notes: BTreeMap::new(),
    }
}

pub(super) fn reply(status: u16, body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    })
}

const CODE: &str = r#"{"access_token":"SHORT","token_type":"bearer","expires_in":5121}"#;
const LONG: &str = r#"{"access_token":"LONG","token_type":"bearer","expires_in":5184000}"#;
const ME: &str = r#"{"id":"9001","name":"Anna"}"#;
const INSPECTED: &str = r#"{"data":{"app_id":"42","type":"PAGE","data_access_expires_at":1807776000,"expires_at":0,"is_valid":true,"issued_at":1800000000,"scopes":["pages_show_list"],"user_id":"9001","profile_id":"111"}}"#;
const ALL: &[&str] = &["pages_show_list", "pages_manage_posts", "pages_read_engagement"];
/// With these the portfolios are read too.
const MORE: &[&str] = &[
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "business_management",
];

fn permissions(granted: &[&str]) -> String {
    let mut list: Vec<String> = granted
        .iter()
        .map(|p| format!(r#"{{"permission":"{p}","status":"granted"}}"#))
        .collect();
    list.push(r#"{"permission":"read_insights","status":"declined"}"#.to_owned());
    format!(r#"{{"data":[{}]}}"#, list.join(","))
}

fn page(n: u32, name: &str) -> String {
    format!(
        r#"{{"access_token":"PAGE{n}","category":"Club","name":"{name}","id":"{n}","tasks":["ANALYZE","CREATE_CONTENT"],"username":"user{n}","link":"https://www.facebook.com/user{n}"}}"#
    )
}

fn pages(list: &[String]) -> String {
    format!(
        r#"{{"data":[{}],"paging":{{"cursors":{{"before":"B","after":"A"}}}}}}"#,
        list.join(",")
    )
}

fn first_of(list: &[String]) -> String {
    format!(
        r#"{{"data":[{}],"paging":{{"cursors":{{"before":"B","after":"A1"}},"next":"https://graph.facebook.com/v25.0/me/accounts?access_token=X&after=A1"}}}}"#,
        list.join(",")
    )
}

/// facebook.md 2: a configuration of Facebook Login for Business stands in place of the scopes.
#[test]
fn a_configuration_in_place_of_the_scopes() {
    let facts = by_name("facebook").unwrap().facts();
    let kind = |config: Option<&str>| {
        let options: BTreeMap<String, String> = config
            .map(|id| ("config_id".to_owned(), id.to_owned()))
            .into_iter()
            .collect();
        match login().kind(facts, &options) {
            LoginKind::OAuth(oauth) => oauth,
            other => panic!("{other:?}"),
        }
    };
    let plain = kind(None);
    assert!(plain.scopes.iter().any(|s| s == "pages_manage_posts"));
    assert_eq!(plain.extra, [("auth_type", "rerequest".to_owned())]);
    let configured = kind(Some(" 980000000000001 "));
    assert_eq!(configured.scopes, Vec::<String>::new());
    assert!(
        configured
            .extra
            .contains(&("config_id", "980000000000001".to_owned()))
    );
    // What is used stays the same: so missing permissions are told.
    let options = BTreeMap::from([("config_id".to_owned(), "980000000000001".to_owned())]);
    assert_eq!(login().scopes(facts, &options), plain.scopes);
    let first = login().before_granting(&options).unwrap();
    assert!(
        first.contains("to the configuration 980000000000001 at Meta"),
        "{first}"
    );
    assert_eq!(login().before_granting(&BTreeMap::new()), None);
    let check = |id: &str| {
        let options = BTreeMap::from([("config_id".to_owned(), id.to_owned())]);
        by_name("facebook").unwrap().check_options(&options).len()
    };
    assert_eq!(
        (check("980000000000001"), check("my login"), check("")),
        (0, 1, 1)
    );
}

/// How a login ended.
struct Ended {
    told: String,
    set: TokenSet,
    profile: Profile,
}

/// Runs a login as the engine does, with these answers.
fn run(page: Option<&str>, answers: Vec<(u16, String)>) -> Ended {
    let mut ctx = ctx(page);
    let mut answers: VecDeque<(u16, String)> = answers.into();
    let (mut set, mut told) = (TokenSet::default(), String::new());
    for n in 0..200 {
        let call = match login().connect_step(n, &ctx) {
            LoginNext::Call(call) => call,
            LoginNext::Pass => continue,
            LoginNext::Done => {
                told.push_str("done");
                break;
            }
        };
        told.push_str(&format!("{}\n", written_http(&call)));
        let Some((status, body)) = answers.pop_front() else {
            told.push_str("(end of answers)");
            break;
        };
        match login().read(n, &ctx, &reply(status, &body), START) {
            LoginReading::Tokens(newer) | LoginReading::Inspected(newer) => set = set.merged(newer),
            LoginReading::Profile(found) => ctx.profile = found,
            LoginReading::Chosen(newer, found) => {
                set = set.merged(newer);
                ctx.profile = found;
                told.push_str(&format!("  => chosen {}\n", ctx.profile.remote_id));
            }
            LoginReading::Noted(notes) => {
                assert!(
                    !format!("{notes:?}").contains("PAGE"),
                    "a token in the notes: {notes:?}"
                );
                ctx.notes.extend(notes);
            }
            LoginReading::Skip => told.push_str("  => skip\n"),
            LoginReading::Later(why) => return ended(told, "later", &why, set, ctx),
            LoginReading::Dead(why) => return ended(told, "dead", &why, set, ctx),
            LoginReading::Refused(why) => return ended(told, "refused", &why, set, ctx),
            LoginReading::Blocked(why) => return ended(told, "blocked", &why, set, ctx),
        }
    }
    assert!(answers.is_empty(), "answers that nobody asked for:\n{told}");
    Ended {
        told,
        set,
        profile: ctx.profile,
    }
}

fn ended(told: String, how: &str, why: &str, set: TokenSet, ctx: LoginContext) -> Ended {
    Ended {
        told: format!("{told}  => {how}: {why}"),
        set,
        profile: ctx.profile,
    }
}

/// Up to the lists of Pages.
fn up_to_pages(granted: &[&str], more: &[String]) -> Vec<(u16, String)> {
    let mut all: Vec<(u16, String)> = vec![
        (200, CODE.to_owned()),
        (200, LONG.to_owned()),
        (200, permissions(granted)),
        (200, ME.to_owned()),
    ];
    all.extend(more.iter().map(|body| (200, body.clone())));
    all
}

fn last_line(ended: &Ended) -> &str {
    ended.told.lines().last().unwrap_or_default()
}

#[test]
fn dialog() {
    insta::assert_debug_snapshot!(login().kind(&ctx(None).facts, &BTreeMap::new()));
}

#[test]
fn one_page() {
    let ended = run(
        None,
        up_to_pages(ALL, &[pages(&[page(111, "The Club")]), INSPECTED.to_owned()]),
    );
    assert_snapshot!(ended.told);
    let set = ended.set;
    assert_eq!(set.access.unwrap().expose_secret(), "PAGE111");
    assert_eq!(set.refresh.unwrap().expose_secret(), "LONG");
    assert_eq!(set.refresh_expires, Some(START.after_secs(5_184_000)));
    // The Page's token has no end; the access to data has.
    assert_eq!(set.expires.map(|t| t.as_secs()), Some(1_807_776_000));
    assert_eq!(set.scopes, ALL);
    assert_eq!(set.user_id.as_deref(), Some("9001"));
    assert_eq!(ended.profile.handle, "user111");
    assert_eq!(ended.profile.facts["user_id"], "9001");
    assert_eq!(ended.profile.facts["app_id"], "42");
}

#[test]
fn several_pages_and_none_chosen() {
    let list = pages(&[page(111, "The Club"), page(222, "The Bar")]);
    let ended = run(None, up_to_pages(ALL, &[list]));
    assert_eq!(
        last_line(&ended),
        "  => blocked: this login can publish as 2 Pages: “The Club” (111), “The Bar” (222); choose one with `crierctl connect ACCOUNT --page ID`, or with `page = \"ID\"` in the account's section of the config"
    );
}

#[test]
fn the_chosen_page_by_id_name_or_username() {
    for wanted in ["222", "the bar", " The Bar ", "@user222"] {
        let list = pages(&[page(111, "The Club"), page(222, "The Bar")]);
        let ended = run(Some(wanted), up_to_pages(ALL, &[list, INSPECTED.to_owned()]));
        assert_eq!(ended.profile.remote_id, "222", "{}", ended.told);
        assert_eq!(ended.set.access.unwrap().expose_secret(), "PAGE222");
    }
    let twins = pages(&[page(111, "The Bar"), page(222, "The Bar")]);
    let ended = run(Some("the bar"), up_to_pages(ALL, &[twins]));
    assert!(last_line(&ended).contains("name it by its id"), "{}", ended.told);
}

/// Lists go on; the only Page of an earlier list is asked for by its id, for no token stands in the notes.
#[test]
fn lists_that_go_on() {
    let ended = run(
        None,
        up_to_pages(
            ALL,
            &[
                first_of(&[page(111, "The Club")]),
                pages(&[]),
                page(111, "The Club"),
                INSPECTED.to_owned(),
            ],
        ),
    );
    assert_snapshot!(ended.told);
    assert_eq!(ended.set.access.unwrap().expose_secret(), "PAGE111");
    let ended = run(
        Some("222"),
        up_to_pages(
            ALL,
            &[
                first_of(&[page(111, "The Club")]),
                pages(&[page(222, "The Bar")]),
                INSPECTED.to_owned(),
            ],
        ),
    );
    assert_eq!(ended.profile.remote_id, "222", "{}", ended.told);
}

#[test]
fn pages_of_a_portfolio() {
    let businesses = r#"{"data":[{"id":"71","name":"Holding"},{"id":"72","name":"Other"}]}"#.to_owned();
    let ended = run(
        None,
        up_to_pages(
            MORE,
            &[
                pages(&[]),
                businesses.clone(),
                pages(&[page(111, "The Club")]),
                pages(&[]),
                pages(&[]),
                pages(&[page(111, "The Club")]),
                INSPECTED.to_owned(),
            ],
        ),
    );
    assert_snapshot!(ended.told);
    let ended = run(
        Some("333"),
        up_to_pages(
            MORE,
            &[
                pages(&[page(111, "The Club")]),
                businesses,
                pages(&[page(333, "Shop")]),
                INSPECTED.to_owned(),
            ],
        ),
    );
    assert_eq!(ended.profile.remote_id, "333", "{}", ended.told);
}

/// A hiccup does not choose: what it hid may be the Page that is meant. What may not be read at all hides nothing.
#[test]
fn portfolios_that_cannot_be_read_now() {
    let businesses = || r#"{"data":[{"id":"71","name":"Holding"}]}"#.to_owned();
    let club = || pages(&[page(111, "The Club")]);
    let (down, full) = (
        (503, "<html>".to_owned()),
        (
            400,
            r#"{"error":{"message":"m","type":"OAuthException","code":4}}"#.to_owned(),
        ),
    );
    for (before, broken) in [
        (vec![club()], down.clone()),
        (vec![club()], full.clone()),
        (vec![club(), businesses()], down),
        (vec![club(), businesses(), pages(&[])], full),
    ] {
        let mut answers = up_to_pages(MORE, &before);
        answers.push(broken.clone());
        let ended = run(None, answers);
        let told = last_line(&ended);
        assert!(
            told.contains("did not show all") && told.contains("name the Page by its id"),
            "{told}"
        );
        assert_eq!(ended.profile.remote_id, "", "{told}");
        // An id says enough.
        let mut answers = up_to_pages(MORE, &[before.clone()[0].replace("111", "555")]);
        answers.extend(before[1..].iter().map(|answer| (200, answer.clone())));
        answers.push(broken);
        answers.extend([page(111, "The Club"), INSPECTED.to_owned()].map(|answer| (200, answer)));
        let ended = run(Some("111"), answers);
        assert_eq!(ended.profile.remote_id, "111", "{}", ended.told);
    }
    let error = |code: u32| format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code}}}}}"#);
    for refused in [(403, error(200)), (400, error(987_654))] {
        let mut answers = up_to_pages(MORE, &[club()]);
        answers.push(refused);
        answers.extend([page(111, "The Club"), INSPECTED.to_owned()].map(|answer| (200, answer)));
        let ended = run(None, answers);
        assert_eq!(ended.profile.remote_id, "111", "{}", ended.told);
    }
    let mut answers = up_to_pages(MORE, &[club()]);
    answers.push((401, error(190)));
    let told = last_line(&run(None, answers)).to_owned();
    assert!(told.contains("=> dead"), "{told}");
}

/// One Page directly and another in a portfolio are two: neither is taken without a word.
#[test]
fn pages_in_both_places() {
    let businesses = || r#"{"data":[{"id":"71","name":"Holding"}]}"#.to_owned();
    let club = || pages(&[page(111, "The Club")]);
    let both = [club(), businesses(), pages(&[page(222, "The Bar")]), pages(&[])];
    let ended = run(None, up_to_pages(MORE, &both));
    let told = last_line(&ended);
    assert!(told.contains("“The Club” (111), “The Bar” (222)"), "{told}");
    // The same Page in both places is one, and its token is read anew.
    let same = [
        club(),
        businesses(),
        club(),
        pages(&[]),
        page(111, "The Club"),
        INSPECTED.to_owned(),
    ];
    let ended = run(None, up_to_pages(MORE, &same));
    assert_eq!(ended.profile.remote_id, "111", "{}", ended.told);
    // So it is where the portfolios may not be read.
    let mut answers = up_to_pages(MORE, &[club()]);
    answers.push((403, r#"{"error":{"message":"(#200) x","code":200}}"#.to_owned()));
    answers.extend([(200, page(111, "The Club")), (200, INSPECTED.to_owned())]);
    let ended = run(None, answers);
    assert_eq!(ended.profile.remote_id, "111", "{}", ended.told);
}

/// Portfolios and their Pages go on over several lists.
#[test]
fn portfolios_that_go_on() {
    let next = |list: &str, after: &str| {
        format!(
            r#"{{"data":[{list}],"paging":{{"cursors":{{"after":"{after}"}},"next":"https://graph.facebook.com/x"}}}}"#
        )
    };
    let answers = [
        pages(&[]),
        next(r#"{"id":"71"}"#, "B1"),
        r#"{"data":[{"id":"72"}]}"#.to_owned(),
        next("", "P1"),
        pages(&[page(111, "The Club")]),
        pages(&[]),
        pages(&[page(222, "The Bar")]),
        pages(&[]),
    ];
    let ended = run(None, up_to_pages(MORE, &answers));
    for wanted in [
        "me/businesses?fields=id,name&limit=100&after=B1",
        "71/owned_pages?fields=id,name,access_token,tasks,username,link&limit=100&after=P1",
        "72/client_pages",
        "“The Club” (111), “The Bar” (222)",
    ] {
        assert!(ended.told.contains(wanted), "{wanted}: {}", ended.told);
    }
}

/// Where there is more than is looked through, that is said, and a Page's id is enough.
#[test]
fn more_than_is_looked_through() {
    let many: Vec<String> = (0..41).map(|n| format!(r#"{{"id":"7{n}"}}"#)).collect();
    let mut answers = vec![
        pages(&[page(111, "The Club")]),
        format!(r#"{{"data":[{}]}}"#, many.join(",")),
    ];
    answers.extend((0..80).map(|_| pages(&[])));
    let ended = run(None, up_to_pages(MORE, &answers));
    let told = last_line(&ended);
    assert!(
        told.contains("as 1 Page: “The Club” (111)") && told.contains("not seen all of its Pages"),
        "{told}"
    );
    let ended = run(Some("The Bar"), up_to_pages(MORE, &answers));
    assert!(
        last_line(&ended).contains("not seen all of its Pages"),
        "{}",
        ended.told
    );
    answers.extend([page(333, "The Shop"), INSPECTED.to_owned()]);
    let ended = run(Some("333"), up_to_pages(MORE, &answers));
    assert_eq!(ended.profile.remote_id, "333", "{}", ended.told);
}

/// Each thing that is missing says what to do.
#[test]
fn what_is_missing() {
    let mut told = Vec::new();
    let mut say = |ended: &Ended| told.push(last_line(ended).to_owned());
    say(&run(None, up_to_pages(&["pages_show_list"], &[])));
    say(&run(None, up_to_pages(ALL, &[pages(&[])])));
    say(&run(
        Some("444"),
        up_to_pages(ALL, &[pages(&[page(111, "The Club")])]),
    ));
    say(&run(Some("444"), up_to_pages(ALL, &[pages(&[])])));
    let none = r#"{"data":[]}"#.to_owned();
    say(&run(None, up_to_pages(MORE, &[pages(&[]), none])));
    let small = page(111, "The Club").replace(r#""ANALYZE","CREATE_CONTENT""#, r#""ANALYZE","MODERATE""#);
    say(&run(None, up_to_pages(ALL, &[pages(&[small])])));
    let tokenless = page(111, "The Club").replace(r#""access_token":"PAGE111","#, "");
    say(&run(None, up_to_pages(ALL, &[pages(&[tokenless])])));
    assert_snapshot!(told.join("\n"));
}

#[test]
fn portfolios_that_may_not_be_read() {
    let refused = r#"{"error":{"message":"(#200) x","code":200}}"#;
    let mut answers = up_to_pages(MORE, &[pages(&[])]);
    answers.push((403, refused.to_owned()));
    let ended = run(None, answers);
    assert!(last_line(&ended).contains("shows no Page"), "{}", ended.told);
    let mut answers = up_to_pages(MORE, &[pages(&[]), r#"{"data":[{"id":"71"}]}"#.to_owned()]);
    answers.extend([(403, refused.to_owned()), (403, refused.to_owned())]);
    let ended = run(None, answers);
    assert!(last_line(&ended).contains("shows no Page"), "{}", ended.told);
}

#[test]
fn failures_of_the_exchange() {
    let first = |status: u16, body: &str| run(None, vec![(status, body.to_owned())]).told;
    let used = r#"{"error":{"message":"This authorization code has been used.","type":"OAuthException","code":100,"error_subcode":36009}}"#;
    assert!(first(400, used).contains("=> dead"));
    let expired = r#"{"error":{"message":"This authorization code has expired.","type":"OAuthException","code":100,"error_subcode":36007}}"#;
    assert!(first(400, expired).contains("begin the login again"));
    let secret =
        r#"{"error":{"message":"Error validating client secret.","type":"OAuthException","code":1}}"#;
    assert!(first(400, secret).contains("look at `client_secret`"));
    let uri = r#"{"error":{"message":"Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request","type":"OAuthException","code":100}}"#;
    assert!(first(400, uri).contains("Valid OAuth Redirect URIs"));
    for (status, body) in [
        (502, "<html>"),
        (200, "{}"),
        (500, r#"{"error":{"message":"x","code":2}}"#),
        (400, r#"{"error":{"message":"x","code":4}}"#),
    ] {
        assert!(first(status, body).contains("=> later"), "{status} {body}");
    }
    let dead = vec![
        (200, CODE.to_owned()),
        (
            400,
            r#"{"error":{"message":"x","code":190,"error_subcode":460}}"#.to_owned(),
        ),
    ];
    assert!(run(None, dead).told.contains("=> dead"));
}

/// The look at the token only adds; a token that it calls invalid is one.
#[test]
fn the_look_at_the_token() {
    let club = || pages(&[page(111, "The Club")]);
    let mut answers = up_to_pages(ALL, &[club()]);
    answers.push((500, "<html>".to_owned()));
    let ended = run(None, answers);
    assert!(ended.told.ends_with("done"), "{}", ended.told);
    assert_eq!(ended.set.expires, None);
    let invalid = r#"{"data":{"is_valid":false,"error":{"code":190,"subcode":463,"message":"x"}}}"#;
    let ended = run(None, up_to_pages(ALL, &[club(), invalid.to_owned()]));
    assert!(last_line(&ended).contains("=> dead"), "{}", ended.told);
}

#[test]
fn no_refresh_but_a_warning_and_a_way_back() {
    let mut ctx = ctx(None);
    assert!(login().refresh_rule(&ctx.facts, &ctx.options).is_none());
    assert!(login().refresh_call(&ctx).is_none());
    assert_eq!(login().warn_secs(&ctx.facts, &ctx.options), 10 * 86_400);
    assert!(login().signs_requests());
    assert_eq!(login().advice(&ctx).len(), 2);
    ctx.profile.facts.insert("user_id".to_owned(), "9001".to_owned());
    assert_eq!(
        written_http(&login().revoke_call(&ctx).unwrap()),
        "DELETE {api_base}/v25.0/9001/permissions?access_token=<RefreshToken>&appsecret_proof=<proof of RefreshToken> (no token)"
    );
    assert_eq!(
        written_http(&login().revoke_otherwise(&ctx).unwrap()),
        "DELETE {api_base}/v25.0/9001/permissions?access_token=<AppToken>&appsecret_proof=<proof of AppToken> (no token)"
    );
    ctx.profile.facts.clear();
    assert!(login().revoke_otherwise(&ctx).is_none(), "whose?");
}

/// A login that knows its Page.
fn chosen() -> LoginContext {
    LoginContext {
        profile: Profile {
            remote_id: "111".to_owned(),
            ..Profile::default()
        },
        ..ctx(None)
    }
}

/// meta-common.md 6: on graph.facebook.com each call with a token carries the proof, also while logging in and when the
/// login is taken back.
#[test]
fn calls_are_proven() {
    let Call::Http(profile) = by_name("facebook")
        .unwrap()
        .enquiries()
        .profile(&super::enquiries::enquiry())
    else {
        panic!("no HTTP call");
    };
    assert_eq!(profile.auth, Auth::BearerProven);
    let auth = |n: usize| match login().connect_step(n, &ctx(None)) {
        LoginNext::Call(call) => call.auth,
        LoginNext::Pass | LoginNext::Done => panic!("no call"),
    };
    // The code and its exchange carry the secret itself.
    assert_eq!([0, 1].map(auth), [Auth::None; 2]);
    assert_eq!([2, 3, 4].map(auth), [Auth::BearerProven; 3]);
    // These name their token themselves.
    let inspect = (5..1000).find_map(|n| match login().connect_step(n, &chosen()) {
        LoginNext::Call(call) if call.path.ends_with("/debug_token") => Some(call),
        LoginNext::Call(_) | LoginNext::Pass | LoginNext::Done => None,
    });
    let revoke = login().revoke_call(&ctx(None));
    for (call, token) in [
        (inspect, SecretName::AppToken),
        (revoke, SecretName::RefreshToken),
    ] {
        let query = call.unwrap().query;
        assert!(query.contains(&("access_token".to_owned(), Value::Secret(token))));
        assert!(query.contains(&("appsecret_proof".to_owned(), Value::Proof(token))));
    }
}
