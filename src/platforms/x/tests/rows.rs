//! The rows of x.md 7 at each kind of call, and the headers of 6.4.

use std::collections::BTreeMap;

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::core::platform::{Heard, QuotaReport};
use crate::platforms::by_name;
use crate::platforms::tests::START;
use crate::platforms::x::reply::{Problem, Seen, TokenWord, commit, quiet, see};

fn word(verdict: &Verdict<()>) -> String {
    match verdict {
        Verdict::Advance(()) => "advance".to_owned(),
        Verdict::Found(()) => "found".to_owned(),
        Verdict::NotOut(()) => "not out".to_owned(),
        Verdict::Limited { secs, .. } => format!("limited {}", secs.unwrap_or(0)),
        Verdict::Retry { .. } => "retry".to_owned(),
        Verdict::Restart { .. } => "restart".to_owned(),
        Verdict::Unclear { .. } => "unclear".to_owned(),
        Verdict::Doubtful { .. } => "doubtful".to_owned(),
        Verdict::Refused { .. } => "refused".to_owned(),
        Verdict::Reauthorise { .. } => "reauthorise".to_owned(),
        Verdict::Blocked { .. } => "blocked".to_owned(),
    }
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        headers: headers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    })
}

fn problem(reply: &Reply) -> Problem {
    match see(reply, START) {
        Seen::Bad(p) => p,
        Seen::Good(json) => panic!("{json} is no error"),
    }
}

/// Body, then what it means for a quiet call and for a post.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_row() {
    let detail = |words: &str| {
        format!(r#"{{"title":"Forbidden","detail":"{words}","type":"about:blank","status":403}}"#)
    };
    let kind =
        |name: &str| format!(r#"{{"title":"T","detail":"d","type":"https://api.x.com/2/problems/{name}"}}"#);
    let old = |name: &str| {
        format!(r#"{{"title":"T","detail":"d","type":"https://api.twitter.com/2/problems/{name}"}}"#)
    };
    let rows: Vec<(u16, String, &str, &str)> = vec![
        (400, kind("invalid-request"), "refused", "refused"),
        (400, old("invalid-request"), "refused", "refused"),
        (
            400,
            r#"{"errors":[{"message":"You can only provide one of poll or quote_tweet_id or direct_message_deep_link or media or card_uri."}]}"#.to_owned(),
            "refused",
            "refused",
        ),
        (
            400,
            r#"{"error":"invalid_request","error_description":"Value passed for the token was invalid."}"#.to_owned(),
            "reauthorise",
            "reauthorise",
        ),
        (
            401,
            r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#.to_owned(),
            "reauthorise",
            "reauthorise",
        ),
        (
            401,
            r#"{"error":"unauthorized_client","error_description":"Missing valid authorization header"}"#.to_owned(),
            "blocked",
            "blocked",
        ),
        (
            402,
            r#"{"account_id":1,"title":"CreditsDepleted","detail":"Your enrolled account [1] does not have any credits to fulfill this request.","type":"https://api.twitter.com/2/problems/credits"}"#.to_owned(),
            "blocked",
            "blocked",
        ),
        (402, String::new(), "blocked", "blocked"),
        (
            403,
            detail("You are not allowed to create a Tweet with duplicate content."),
            "refused",
            "unclear",
        ),
        (
            403,
            detail("You can only reply to or quote posts where you are mentioned or are the author."),
            "refused",
            "refused",
        ),
        (
            403,
            detail("Posts may have a maximum of one cashtag."),
            "refused",
            "refused",
        ),
        (
            403,
            detail("You are not permitted to perform this action."),
            "refused",
            "refused",
        ),
        (
            403,
            detail("The Tweet contains an invalid URL."),
            "refused",
            "refused",
        ),
        (
            403,
            detail("This user is not allowed to post a video longer than 2 minutes"),
            "refused",
            "refused",
        ),
        (403, kind("unsupported-authentication"), "blocked", "blocked"),
        (
            403,
            r#"{"title":"Unsupported Authentication"}"#.to_owned(),
            "blocked",
            "blocked",
        ),
        (
            403,
            r#"{"reason":"client-not-enrolled","title":"Client Forbidden","type":"https://api.twitter.com/2/problems/client-forbidden"}"#.to_owned(),
            "blocked",
            "blocked",
        ),
        (
            403,
            detail("Your account is not permitted to access this feature"),
            "blocked",
            "blocked",
        ),
        (403, kind("user-suspended"), "blocked", "blocked"),
        (
            403,
            detail("Your account is temporarily locked."),
            "blocked",
            "blocked",
        ),
        (403, kind("oauth1-permissions"), "blocked", "blocked"),
        (403, detail("Forbidden"), "refused", "refused"),
        (404, kind("resource-not-found"), "refused", "refused"),
        (404, "{}".to_owned(), "refused", "refused"),
        (409, "{}".to_owned(), "unclear", "unclear"),
        (413, "{}".to_owned(), "refused", "refused"),
        (431, "{}".to_owned(), "refused", "refused"),
        (
            429,
            r#"{"title":"Too Many Requests","status":429}"#.to_owned(),
            "limited 900",
            "limited 900",
        ),
        (429, String::new(), "limited 900", "limited 900"),
        (
            429,
            r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#.to_owned(),
            "limited 900",
            "limited 900",
        ),
        (
            403,
            r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#.to_owned(),
            "limited 900",
            "limited 900",
        ),
        (
            429,
            r#"{"title":"UsageCapExceeded","period":"Daily","type":"https://api.twitter.com/2/problems/usage-capped"}"#.to_owned(),
            "limited 57600",
            "limited 57600",
        ),
        (
            403,
            r#"{"title":"UsageCapExceeded","period":"Monthly","type":"https://api.x.com/2/problems/usage-capped"}"#.to_owned(),
            "limited 86400",
            "limited 86400",
        ),
        (
            500,
            r#"{"title":"Internal Server Error"}"#.to_owned(),
            "unclear",
            "unclear",
        ),
        (502, "<html>".to_owned(), "unclear", "unclear"),
        (
            503,
            r#"{"title":"Service Unavailable","detail":"duplicate content"}"#.to_owned(),
            "unclear",
            "unclear",
        ),
        (504, String::new(), "unclear", "unclear"),
        (403, "<html>edge</html>".to_owned(), "unclear", "unclear"),
        (401, String::new(), "unclear", "unclear"),
        (301, String::new(), "unclear", "unclear"),
    ];
    for (status, body, on_quiet, on_commit) in rows {
        let reply = reply(status, &[], &body);
        let told = (
            word(&quiet(problem(&reply), 900)),
            word(&commit(problem(&reply), 900)),
        );
        assert_eq!(
            told,
            (on_quiet.to_owned(), on_commit.to_owned()),
            "{status} {body}"
        );
    }
}

#[test]
fn what_people_read() {
    let body = r#"{"account_id":1,"title":"CreditsDepleted","detail":"Your enrolled account [1] does not have any credits."}"#;
    let told = problem(&reply(402, &[("x-transaction-id", "abc123")], body)).why;
    assert_eq!(
        told,
        "X says “Your enrolled account [1] does not have any credits.” (HTTP 402, transaction abc123); buy credits or raise the spending limit at https://console.x.com"
    );
}

/// Of several full windows the one that ends last counts; those with something left do not.
#[test]
fn waits_until_the_latest_reset() {
    let at = |secs: i64| START.after_secs(secs).as_secs().to_string();
    let (soon, late, later) = (at(100), at(5000), at(9000));
    let headers = [
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", soon.as_str()),
        ("x-user-limit-24hour-remaining", "0"),
        ("x-user-limit-24hour-reset", late.as_str()),
        ("x-app-limit-24hour-remaining", "7"),
        ("x-app-limit-24hour-reset", later.as_str()),
    ];
    let full = reply(429, &headers, "{}");
    assert_eq!(word(&commit(problem(&full), 900)), "limited 5000");
    let retry = reply(429, &[("retry-after", "77")], "{}");
    assert_eq!(word(&commit(problem(&retry), 900)), "limited 77");
    // A reset that has passed, is no number, or no number of seconds, says nothing.
    let (past, millis) = (at(-5), START.after_secs(600).0.to_string());
    for reset in [past.as_str(), "soon", "", &millis, "9223372036854775807"] {
        let odd = reply(
            429,
            &[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", reset)],
            "{}",
        );
        assert_eq!(word(&commit(problem(&odd), 900)), "limited 900");
    }
}

/// Whether a refused call stops its whole account.
fn wide(reply: &Reply) -> Option<bool> {
    match commit::<()>(problem(reply), 900) {
        Verdict::Limited { account_wide, .. } => Some(account_wide),
        _ => None,
    }
}

fn heard(status: u16, headers: &[(&str, &str)], body: &str) -> Vec<Heard> {
    let x = by_name("x").unwrap();
    x.heard(x.facts(), &reply(status, headers, body), START)
}

fn counted(limit: &str, used: u32, max: u32) -> Heard {
    Heard::Quota(QuotaReport {
        limit: limit.to_owned(),
        used,
        max: Some(max),
    })
}

fn full_for(secs: i64, why: &str) -> Heard {
    Heard::CallsFull {
        until: START.after_secs(secs),
        why: why.to_owned(),
    }
}

const POST: &str = r#"{"data":{"id":"21","text":"t"}}"#;
const MESSAGE: &str = r#"{"data":{"dm_event_id":"31"}}"#;

#[test]
fn headers_are_counted() {
    let reset = START.after_secs(600).as_secs().to_string();
    let window = [
        ("x-rate-limit-limit", "100"),
        ("x-rate-limit-remaining", "40"),
        ("x-rate-limit-reset", reset.as_str()),
    ];
    assert_eq!(heard(201, &window, POST), [counted("posts", 60, 100)]);
    // Reads have windows of their own; messages are counted too.
    assert!(heard(200, &window, r#"{"data":[]}"#).is_empty());
    assert_eq!(heard(201, &window, MESSAGE), [counted("messages", 60, 100)]);
    let odd = [("x-rate-limit-limit", "-5"), ("x-rate-limit-remaining", "x")];
    assert!(heard(201, &odd, POST).is_empty());
}

/// Whatever was answered: the next call of its kind would be refused.
#[test]
fn full_windows_are_those_of_the_answered_kind() {
    let reset = START.after_secs(600).as_secs().to_string();
    let full = [
        ("x-user-limit-24hour-limit", "17"),
        ("x-user-limit-24hour-remaining", "0"),
        ("x-user-limit-24hour-reset", reset.as_str()),
    ];
    let day = "X says that no calls of this kind by the account are left for these 24 hours";
    let told = heard(201, &full, POST);
    assert_eq!(told, [counted("posts_day", 17, 17), full_for(600, day)]);
    let told = heard(201, &full, MESSAGE);
    assert_eq!(told, [counted("messages_day", 17, 17), full_for(600, day)]);
    assert_eq!(heard(429, &full, "{}"), [full_for(600, day)]);
    let quarter = [("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &reset)];
    let none_left = |secs: i64| full_for(secs, "X says that no calls of this kind are left");
    for status in [200, 201, 403, 404, 500] {
        let told = heard(status, &quarter, r#"{"data":[]}"#);
        assert_eq!(told, [none_left(600)], "{status}");
    }
    let too_many = "X says that these were too many calls of this kind";
    assert_eq!(heard(429, &[], "{}"), [full_for(900, too_many)]);
    let later = [quarter[0], quarter[1], ("retry-after", "700")];
    assert_eq!(heard(429, &later, "{}"), [none_left(700)]);
    // A plan's cap is the whole account's, and its verdict says so.
    let capped = r#"{"title":"UsageCapExceeded","period":"Daily"}"#;
    assert!(heard(429, &[], capped).is_empty());
    assert_eq!(wide(&reply(429, &[], capped)), Some(true));
    assert_eq!(wide(&reply(429, &[], "{}")), Some(false));
}

/// X repeats what was sent (x.md 7, the second envelope): the words of a post are no verdict on the account.
#[test]
fn the_words_of_a_post_are_no_verdict() {
    let hostile = [
        "invalid_grant",
        "invalid_client",
        "Value passed for the token was invalid.",
        "UsageCapExceeded",
        "CreditsDepleted",
        "duplicate content",
        "client-not-enrolled",
        "\"code\":88",
        "code=88\n",
        "user-suspended",
    ];
    for words in hostile {
        let body = serde_json::json!({
            "errors": [{"parameters": {"text": [words]}, "message": "It is not right."}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": "https://api.twitter.com/2/problems/invalid-request",
        });
        for status in [400, 403] {
            let p = problem(&reply(status, &[], &body.to_string()));
            assert_eq!(p.token, TokenWord::None, "{words}");
            assert_eq!(word(&commit(p, 900)), "refused", "{status} {words}");
        }
        // `detail` is not the token endpoint's word on a token.
        let detail = serde_json::json!({"title": "T", "detail": "invalid_grant", "status": 400});
        let p = problem(&reply(400, &[], &detail.to_string()));
        let token = p.token;
        assert_eq!(
            (token, word(&quiet(p, 900)).as_str()),
            (TokenWord::None, "refused")
        );
    }
}
