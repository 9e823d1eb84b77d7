//! The rows of facebook.md 7 and meta-common.md 4.1, 4.2 and 4.4 at each kind of call.

use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::platforms::facebook::reply::{On, Seen, commit, quiet, see};

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

fn both(status: u16, body: &str, on: On) -> (String, String) {
    let reply = Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    });
    let problem = || match see(&reply) {
        Seen::Bad(p) => p,
        Seen::Good(_) => panic!("{body} is no error"),
    };
    (word(&quiet(problem(), on)), word(&commit(problem(), on)))
}

/// Code, subcode, what it means for a quiet call and for a publishing call.
const ROWS: &[(i64, i64, &str, &str)] = &[
    (190, 0, "reauthorise", "reauthorise"),
    (190, 458, "reauthorise", "reauthorise"),
    (190, 460, "reauthorise", "reauthorise"),
    (190, 463, "reauthorise", "reauthorise"),
    (190, 467, "reauthorise", "reauthorise"),
    (190, 459, "blocked", "blocked"),
    (190, 464, "blocked", "blocked"),
    (190, 492, "blocked", "blocked"),
    (102, 0, "reauthorise", "reauthorise"),
    (3, 0, "blocked", "blocked"),
    (10, 0, "blocked", "blocked"),
    (200, 0, "blocked", "blocked"),
    (283, 0, "blocked", "blocked"),
    (299, 0, "blocked", "blocked"),
    (1_404_078, 0, "blocked", "blocked"),
    (200, 1_404_078, "blocked", "blocked"),
    (368, 4_854_002, "blocked", "blocked"),
    (1_404_006, 0, "blocked", "blocked"),
    (4, 0, "limited 3600", "limited 3600"),
    (17, 0, "limited 3600", "limited 3600"),
    (32, 0, "limited 3600", "limited 3600"),
    (341, 0, "limited 3600", "limited 3600"),
    (613, 1996, "limited 3600", "limited 3600"),
    (80_001, 0, "limited 3600", "limited 3600"),
    (80_006, 0, "limited 3600", "limited 3600"),
    (368, 0, "limited 86400", "limited 86400"),
    (368, 1_390_008, "limited 3600", "limited 3600"),
    (368, 1_404_112, "limited 86400", "limited 86400"),
    (4, 2_207_051, "limited 86400", "unclear"),
    (100, 0, "refused", "refused"),
    (104, 0, "blocked", "blocked"),
    (100, 1_349_125, "refused", "refused"),
    (2_061_006, 0, "refused", "refused"),
    (100, 1_609_008, "refused", "refused"),
    (1_346_003, 0, "refused", "refused"),
    (368, 1_346_003, "refused", "refused"),
    (1_404_102, 0, "refused", "refused"),
    (1_366_046, 0, "refused", "refused"),
    (100, 2_069_019, "refused", "refused"),
    (10, 2_018_278, "refused", "refused"),
    (551, 0, "refused", "refused"),
    (551, 1_545_041, "refused", "refused"),
    (100, 2_018_001, "refused", "refused"),
    (506, 0, "refused", "unclear"),
    (100, 1_366_051, "refused", "unclear"),
    (1_609_005, 0, "retry", "unclear"),
    (1, 0, "retry", "unclear"),
    (1, 99, "retry", "unclear"),
    (2, 0, "retry", "unclear"),
    (1200, 0, "retry", "unclear"),
    (1_363_047, 0, "retry", "unclear"),
    (1, 1_609_010, "retry", "unclear"),
    (31_337, 0, "unclear", "unclear"),
];

#[test]
fn each_row() {
    for (code, sub, at_quiet, at_commit) in ROWS {
        let sub = if *sub == 0 {
            String::new()
        } else {
            format!(r#","error_subcode":{sub}"#)
        };
        let body = format!(r#"{{"error":{{"message":"m","type":"OAuthException","code":{code}{sub}}}}}"#);
        let got = both(400, &body, On::Page);
        assert_eq!(got, ((*at_quiet).to_owned(), (*at_commit).to_owned()), "{body}");
        // The server's own failure says nothing about a publishing call.
        assert_eq!(both(500, &body, On::Page).1, "unclear", "{body}");
    }
}

#[test]
fn rows_by_words() {
    for (words, at_quiet, at_commit) in [
        ("Name parameter too long", "refused", "refused"),
        ("(#100) No permission to publish the video", "blocked", "blocked"),
        ("(#32) Page request limit reached", "limited 3600", "limited 3600"),
        ("You've already posted this", "limited 86400", "limited 86400"),
        ("REVOKED_ACCESS_TOKEN", "reauthorise", "reauthorise"),
    ] {
        let code = if words.starts_with("You") { 368 } else { 100 };
        let body = format!(r#"{{"error":{{"message":"{words}","code":{code}}}}}"#);
        let got = both(400, &body, On::Page);
        let expected = if code == 368 {
            ("refused", "unclear")
        } else {
            (at_quiet, at_commit)
        };
        assert_eq!(got, (expected.0.to_owned(), expected.1.to_owned()), "{body}");
    }
    let impersonating = r#"{"error":{"message":"Any of the pages_read_engagement, pages_manage_metadata permission(s) must be granted before impersonating a user's page.","code":190}}"#;
    assert_eq!(both(400, impersonating, On::Page).1, "reauthorise");
}

/// 100/33 means two things: the Page is lost, or what was published is (facebook.md 7).
#[test]
fn what_does_not_exist() {
    let body = r#"{"error":{"message":"x","code":100,"error_subcode":33}}"#;
    assert_eq!(both(400, body, On::Page).1, "blocked");
    assert_eq!(both(400, body, On::Object).1, "refused");
}

#[test]
fn what_is_not_its_json() {
    for (status, body) in [(502, "<html>bad gateway"), (400, ""), (200, "nul")] {
        assert_eq!(
            both(status, body, On::Page),
            ("unclear".to_owned(), "unclear".to_owned()),
            "{body}"
        );
    }
}

/// A refusal tells what to do, with the numbers that Meta's support asks for.
#[test]
fn words_for_people() {
    let body = r#"{"error":{"message":"(#10) This message is sent outside of allowed window.","code":10,"error_subcode":2018278,"fbtrace_id":"AbC"}}"#;
    let reply = Reply::Http(HttpReply {
        status: 400,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    });
    let Seen::Bad(p) = see(&reply) else { panic!() };
    assert_eq!(
        p.why,
        "Facebook says “(#10) This message is sent outside of allowed window.” (code 10/2018278, HTTP 400, trace AbC); Messenger lets a Page answer for 24 hours after the person's last message"
    );
}
