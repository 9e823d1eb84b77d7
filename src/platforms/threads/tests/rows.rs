//! The rows of threads.md 7 at each kind of call.

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::platforms::threads::reply::{Seen, commit, quiet, see};

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

fn both(status: u16, body: &str) -> (String, String) {
    let reply = Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    });
    let problem = || match see(&reply) {
        Seen::Bad(p) => p,
        Seen::Good(_) => panic!("{body} is no error"),
    };
    (word(&quiet(problem())), word(&commit(problem())))
}

/// Body, then what it means for a quiet call and for a publishing call.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_row() {
    let error = |inner: &str| format!(r#"{{"error":{{"message":"m","type":"OAuthException",{inner}}}}}"#);
    let named =
        |name: &str| format!(r#"{{"error":{{"message":"{name}","type":"THApiException","code":100}}}}"#);
    let rows: Vec<(u16, String, &str, &str)> = vec![
        (400, error(r#""code":190"#), "reauthorise", "reauthorise"),
        (
            401,
            error(r#""code":190,"error_subcode":458"#),
            "reauthorise",
            "reauthorise",
        ),
        (
            400,
            error(r#""code":190,"error_subcode":459"#),
            "blocked",
            "blocked",
        ),
        (
            400,
            error(r#""code":"190","error_subcode":"463""#),
            "reauthorise",
            "reauthorise",
        ),
        (403, error(r#""code":10"#), "blocked", "blocked"),
        (403, error(r#""code":200"#), "blocked", "blocked"),
        (400, error(r#""code":299"#), "blocked", "blocked"),
        (
            400,
            error(r#""code":1,"error_subcode":4279013"#),
            "blocked",
            "blocked",
        ),
        (
            400,
            named("THREADS_API__FEATURE_NOT_AVAILABLE"),
            "blocked",
            "blocked",
        ),
        (
            400,
            error(r#""code":"THREADS_API__FEATURE_NOT_AVAILABLE""#),
            "blocked",
            "blocked",
        ),
        (400, error(r#""code":4"#), "limited 3600", "limited 3600"),
        (403, error(r#""code":17"#), "limited 3600", "limited 3600"),
        (400, error(r#""code":613"#), "limited 3600", "limited 3600"),
        (400, error(r#""code":80002"#), "limited 3600", "limited 3600"),
        (500, error(r#""code":1"#), "retry", "unclear"),
        (503, error(r#""code":2"#), "retry", "unclear"),
        (400, error(r#""code":2"#), "retry", "unclear"),
        (502, "<html>bad gateway".to_owned(), "unclear", "unclear"),
        (400, String::new(), "unclear", "unclear"),
        (400, error(r#""code":100"#), "refused", "refused"),
        (
            400,
            named("THREADS_API__LINK_LIMIT_EXCEEDED"),
            "refused",
            "refused",
        ),
        (
            400,
            named("THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES"),
            "refused",
            "refused",
        ),
        (
            400,
            named("Param text must be at most 500 characters long."),
            "refused",
            "refused",
        ),
        (
            400,
            named("The media could not be fetched from this URI"),
            "retry",
            "unclear",
        ),
        (
            400,
            error(r#""code":4,"error_subcode":2207051"#),
            "limited 86400",
            "unclear",
        ),
        (400, error(r#""code":31337"#), "unclear", "unclear"),
        (
            400,
            error(r#""code":31337,"is_transient":true"#),
            "retry",
            "unclear",
        ),
        (500, error(r#""code":190"#), "reauthorise", "unclear"),
        (400, r#"{"success":false}"#.to_owned(), "unclear", "unclear"),
        (400, r#"{"error":"flat"}"#.to_owned(), "unclear", "unclear"),
    ];
    for (status, body, at_quiet, at_commit) in rows {
        let got = both(status, &body);
        assert_eq!(
            got,
            (at_quiet.to_owned(), at_commit.to_owned()),
            "{status} {body}"
        );
    }
}

#[test]
fn words_for_people_name_code_and_trace() {
    let body = r#"{"error":{"message":"(#10) Application does not have permission\u001b[31m","type":"OAuthException","code":10,"fbtrace_id":"AbC"}}"#;
    let reply = Reply::Http(HttpReply {
        status: 403,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    });
    let Seen::Bad(p) = see(&reply) else { panic!() };
    assert_eq!(
        p.why,
        "Threads says “(#10) Application does not have permission [31m” (code 10, HTTP 403, trace AbC); a permission is missing or was taken away: connect the account again and grant all of them"
    );
}
