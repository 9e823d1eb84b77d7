//! The rows of instagram.md 7 and meta-common.md 4.3 at a quiet call.

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::core::platform::Heard;
use crate::platforms::by_name;
use crate::platforms::instagram::reply::{Seen, quiet, see};
use crate::platforms::tests::START;

fn reply(status: u16, body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    })
}

fn word(verdict: &Verdict<()>) -> &'static str {
    match verdict {
        Verdict::Advance(()) => "advance",
        Verdict::Found(()) => "found",
        Verdict::NotOut(()) => "not out",
        Verdict::Limited { .. } => "limited",
        Verdict::Retry { .. } => "retry",
        Verdict::Restart { .. } => "restart",
        Verdict::Unclear { .. } => "unclear",
        Verdict::Doubtful { .. } => "doubtful",
        Verdict::Refused { .. } => "refused",
        Verdict::Reauthorise { .. } => "reauthorise",
        Verdict::Blocked { .. } => "blocked",
    }
}

fn at_quiet(status: u16, body: &str) -> &'static str {
    match see(&reply(status, body)) {
        Seen::Bad(p) => word(&quiet(p)),
        Seen::Good(_) => panic!("{body} is no error"),
    }
}

#[test]
fn each_row() {
    let rows: &[(i64, i64, &str)] = &[
        (-2, 2_207_003, "retry"),
        (-2, 2_207_020, "retry"),
        (-1, 2_207_001, "retry"),
        (-1, 2_207_032, "retry"),
        (-1, 2_207_053, "retry"),
        (1, 2_207_057, "refused"),
        (4, 2_207_051, "limited"),
        (9, 2_207_042, "limited"),
        (24, 2_207_006, "refused"),
        (24, 2_207_008, "refused"),
        (25, 2_207_050, "blocked"),
        (100, 2_207_023, "refused"),
        (100, 2_207_028, "refused"),
        (100, 2_207_035, "refused"),
        (100, 2_207_036, "refused"),
        (100, 2_207_037, "refused"),
        (100, 2_207_040, "refused"),
        (352, 2_207_026, "refused"),
        (9004, 2_207_052, "retry"),
        (9007, 2_207_027, "retry"),
        (36_000, 2_207_004, "refused"),
        (36_001, 2_207_005, "refused"),
        (36_003, 2_207_009, "refused"),
        (36_004, 2_207_010, "refused"),
        (-1, 2_207_077, "retry"),
        (100, 2_207_081, "refused"),
        (-1, 2_207_082, "retry"),
        (10, 2_018_278, "refused"),
        (10, 2_534_022, "refused"),
        (100, 2_018_001, "refused"),
        (551, 1_545_041, "refused"),
        (-1, 2_207_085, "retry"),
        (190, 0, "reauthorise"),
        (190, 458, "reauthorise"),
        (190, 460, "reauthorise"),
        (190, 463, "reauthorise"),
        (190, 467, "reauthorise"),
        (190, 459, "blocked"),
        (190, 464, "blocked"),
        (190, 492, "blocked"),
        (613, 0, "limited"),
        (104, 0, "blocked"),
        (10, 0, "blocked"),
        (200, 0, "blocked"),
        (17, 0, "limited"),
        (80_002, 0, "limited"),
        (1, 0, "retry"),
        (2, 0, "retry"),
        (31_337, 0, "unclear"),
    ];
    for (code, sub, wanted) in rows {
        let sub = if *sub == 0 {
            String::new()
        } else {
            format!(r#","error_subcode":{sub}"#)
        };
        let body = format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code}{sub}}}}}"#);
        assert_eq!(at_quiet(400, &body), *wanted, "{body}");
    }
}

#[test]
fn rows_by_name() {
    let named =
        |words: &str| format!(r#"{{"error":{{"message":"{words}","type":"IGApiException","code":110}}}}"#);
    for (words, wanted) in [
        ("REVOKED_ACCESS_TOKEN", "reauthorise"),
        ("The user is not an Instagram Business", "reauthorise"),
        ("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID", "refused"),
        ("Invalid platform app", "blocked"),
        ("(#10) Not enough viewers for the media to show insights", "retry"),
    ] {
        assert_eq!(at_quiet(400, &named(words)), wanted, "{words}");
    }
    assert_eq!(at_quiet(502, "<html>"), "unclear");
    assert_eq!(at_quiet(429, "slow down"), "limited");
    let exchange = r#"{"error_type":"OAuthException","code":400,"error_message":"Invalid platform app"}"#;
    assert_eq!(at_quiet(400, exchange), "blocked");
}

#[test]
fn what_is_heard() {
    let p = by_name("instagram").unwrap();
    let heard = |body: &str| p.heard(p.facts(), &reply(400, body), START);
    let calls = r#"{"error":{"message":"m","type":"OAuthException","code":80002}}"#;
    assert!(
        matches!(heard(calls).as_slice(), [Heard::FullUntil { until, .. }] if *until == START.after_secs(3600))
    );
    // The daily number of posts stops posts, not the look whether one is out.
    let posts = r#"{"error":{"message":"m","type":"OAuthException","code":9,"error_subcode":2207042}}"#;
    assert!(matches!(heard(posts).as_slice(), [Heard::Quota(q)] if q.limit == "posts" && q.used == 100));
    let spam = r#"{"error":{"message":"m","type":"OAuthException","code":4,"error_subcode":2207051}}"#;
    assert_eq!(heard(spam), []);
    assert_eq!(heard(r#"{"id":"1"}"#), []);
}
