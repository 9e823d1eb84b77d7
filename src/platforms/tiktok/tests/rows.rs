//! The rows of tiktok.md 7 and 4.8 at each kind of call.

use super::*;
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::Verdict;
use crate::platforms::tiktok::reply::{ROWS, Seen, commit, quiet, see};
use crate::platforms::tiktok::status::REASONS;

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

/// Status, code, what it means for a quiet call and for a publishing call.
const TABLE: &[(u16, &str, &str, &str)] = &[
    (400, "invalid_param", "refused", "refused"),
    (400, "invalid_params", "refused", "refused"),
    (400, "invalid_file_upload", "refused", "refused"),
    (400, "app_version_check_failed", "refused", "refused"),
    (400, "invalid_publish_id", "unclear", "unclear"),
    (
        400,
        "token_not_authorized_for_specified_publish_id",
        "unclear",
        "unclear",
    ),
    (400, "publish_not_cancellable", "refused", "refused"),
    (401, "access_token_invalid", "reauthorise", "reauthorise"),
    (401, "scope_not_authorized", "reauthorise", "reauthorise"),
    (401, "scope_permission_missed", "reauthorise", "reauthorise"),
    (403, "spam_risk_too_many_posts", "limited 3600", "limited 3600"),
    (200, "spam_risk_too_many_posts", "limited 3600", "limited 3600"),
    (
        403,
        "spam_risk_too_many_pending_share",
        "limited 3600",
        "limited 3600",
    ),
    (403, "spam_risk_user_banned_from_posting", "blocked", "blocked"),
    (200, "spam_risk_user_banned_from_posting", "blocked", "blocked"),
    (403, "reached_active_user_cap", "limited 3600", "limited 3600"),
    (200, "reached_active_user_cap", "limited 3600", "limited 3600"),
    (
        403,
        "unaudited_client_can_only_post_to_private_accounts",
        "blocked",
        "blocked",
    ),
    (403, "url_ownership_unverified", "blocked", "blocked"),
    (403, "privacy_level_option_mismatch", "refused", "refused"),
    (429, "rate_limit_exceeded", "limited 60", "limited 60"),
    (500, "internal_error", "retry", "unclear"),
    (200, "internal_error", "retry", "unclear"),
    (503, "something_new", "retry", "unclear"),
    (429, "something_new", "limited 60", "limited 60"),
    (400, "something_new", "unclear", "unclear"),
    (404, "ok", "unclear", "unclear"),
];

#[test]
fn every_row() {
    for (status, code, on_quiet, on_commit) in TABLE {
        let body = format!(r#"{{"data":{{}},"error":{{"code":"{code}","message":"words","log_id":"1"}}}}"#);
        let told = both(*status, &body);
        assert_eq!(
            told,
            ((*on_quiet).to_owned(), (*on_commit).to_owned()),
            "{status} {code}"
        );
    }
    for (code, _, _) in ROWS {
        assert!(
            TABLE.iter().any(|(_, row, _, _)| row == code),
            "{code} is in no row of this test"
        );
    }
}

#[test]
fn bodies_that_are_not_its_json() {
    for (status, body, on_quiet, on_commit) in [
        (200, "", "unclear", "unclear"),
        (200, "<html>", "unclear", "unclear"),
        (200, "{}", "unclear", "unclear"),
        (200, r#"{"data":{"publish_id":"x"}}"#, "unclear", "unclear"),
        (200, r#"{"error":{"code":7}}"#, "unclear", "unclear"),
        (429, "", "limited 60", "limited 60"),
        (502, "<html>", "retry", "unclear"),
        (401, "", "unclear", "unclear"),
    ] {
        let told = both(status, body);
        assert_eq!(
            told,
            (on_quiet.to_owned(), on_commit.to_owned()),
            "{status} {body}"
        );
    }
}

#[test]
fn what_an_error_says() {
    let reply = |body: &str| {
        Reply::Http(HttpReply {
            status: 403,
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        })
    };
    let why = |body: &str| match see(&reply(body)) {
        Seen::Bad(p) => p.why,
        Seen::Good(_) => panic!("no error"),
    };
    assert_eq!(
        why(r#"{"error":{"code":"url_ownership_unverified","message":"no\nno","log_id":"A1"}}"#),
        "TikTok says url_ownership_unverified: no no: verify the domain of `[callback] public_url` at developers.tiktok.com, under the app's URL properties (log_id A1)"
    );
    // tiktok.md 7: tables say `logid`.
    assert_eq!(
        why(r#"{"error":{"code":"x","message":"","logid":5}}"#),
        "TikTok says x (log_id 5)"
    );
}

/// What each `fail_reason` leads to: the step after it.
#[test]
fn every_fail_reason() {
    let table = [
        ("file_format_check_failed", "=> refused"),
        ("duration_check_failed", "=> refused"),
        ("frame_rate_check_failed", "=> refused"),
        ("picture_size_check_failed", "=> refused"),
        ("internal", "wait 5m"),
        ("video_pull_failed", "wait 5m"),
        ("photo_pull_failed", "wait 5m"),
        ("publish_cancelled", "=> refused"),
        ("auth_removed", "=> reauthorise"),
        ("spam_risk_too_many_posts", "wait 1h"),
        ("spam_risk_user_banned_from_posting", "=> blocked"),
        ("spam_risk_text", "=> refused"),
        ("spam_risk", "=> refused"),
        ("something_new", "=> refused"),
        ("", "=> refused"),
    ];
    for (reason, leads_to) in table {
        let after = match reason {
            "auth_removed" => bad(401, "access_token_invalid"),
            "spam_risk_user_banned_from_posting" => bad(200, reason),
            _ => failed(reason),
        };
        let told = tiktok(
            clip("x"),
            PRIVATE,
            vec![creator(), opened(), piece(201), failed(reason), after],
        );
        let after = told.split_once("=> not out").map_or("", |(_, after)| after);
        assert!(after.contains(leads_to), "{reason}:\n{told}");
        assert!(!told.contains("in doubt"), "{reason}:\n{told}");
    }
    for (reason, _, _) in REASONS {
        assert!(table.iter().any(|(row, _)| row == reason), "{reason}");
    }
}

/// tiktok.md 4.4: the answers to a piece, as one of several and as the last.
#[test]
fn every_answer_to_a_piece() {
    let run = |answers: Vec<Event>| {
        let mut script = vec![creator(), opened()];
        script.extend(answers);
        tiktok(long_clip(64_000_001), PRIVATE, script)
    };
    let first = |answer: Event| run(vec![answer]);
    let last = |answer: Event| run(vec![piece(206), answer]);
    for (told, wants) in [
        (first(piece(206)), "[upload from byte 32000000] COMMIT PUT"),
        (first(piece(400)), "=> refused"),
        (first(piece(403)), "=> restart"),
        (first(piece(404)), "=> restart"),
        (
            first(range(416, "bytes 0-31999999/64000001")),
            "[upload from byte 32000000] COMMIT",
        ),
        (
            first(range(416, "bytes 0-32000000/64000001")),
            "[upload from byte 32000000] COMMIT",
        ),
        (first(piece(416)), "=> restart"),
        (first(piece(429)), "=> limited"),
        (first(piece(500)), "=> unclear"),
        (last(piece(201)), "[look how it stands] wait 5s"),
        (last(piece(200)), "[look how it stands] wait 5s"),
        (last(piece(206)), "=> unclear"),
        (last(piece(400)), "=> refused"),
        (last(piece(403)), "=> restart"),
        (last(piece(404)), "=> restart"),
        (
            last(range(416, "bytes 0-64000000/64000001")),
            "[look how it stands] wait 5s",
        ),
        (last(range(416, "bytes 0-0/64000001")), "=> restart"),
        (last(piece(500)), "=> unclear"),
        (last(piece(302)), "=> unclear"),
    ] {
        assert!(told.contains(wants), "{wants}:\n{told}");
    }
}
