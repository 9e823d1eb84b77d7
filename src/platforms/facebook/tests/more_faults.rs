//! Lost answers of videos, stories and messages (facebook.md 8 A, B, G), and uploads that fail.

use insta::assert_snapshot;

use super::faults::{GONE, SERVER};
use super::{clip, done, facebook, id, listed, live_video, message, opened, photos, video};
use crate::domain::post::{Content, Kind};
use crate::platforms::tests::{Event, http, ok};

fn reel(more: Vec<Event>) -> String {
    let mut script = vec![opened(), done()];
    script.extend(more);
    facebook(clip("Look", Kind::Reel), script)
}

#[test]
fn a_lost_finish_is_asked_of_the_video() {
    let told = reel(vec![
        Event::Lost,
        video("processing", "in_progress"),
        live_video(),
    ]);
    assert!(told.contains("=> found"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
}

/// Not started twice, a minute apart, and not while the lost call may still run: the same finish again.
#[test]
fn a_finish_that_did_not_arrive() {
    let idle = || video("upload_complete", "not_started");
    assert_snapshot!(reel(vec![
        Event::Lost,
        idle(),
        idle(),
        idle(),
        idle(),
        idle(),
        idle(),
        done(),
        live_video(),
    ]));
}

#[test]
fn work_in_between_begins_the_waiting_anew() {
    let idle = || video("ready", "not_started");
    let mut script = vec![Event::Lost];
    script.extend((0..5).map(|_| idle()));
    script.push(video("ready", "in_progress"));
    script.push(idle());
    script.push(live_video());
    let told = reel(script);
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    assert!(told.contains("=> found"), "{told}");
}

/// Processing that fails for good is read twice and refused; what may pass is uploaded again, twice.
#[test]
fn processing_that_fails() {
    let failed = |code: i64| {
        ok(&format!(
            r#"{{"id":"41","status":{{"video_status":"error","processing_phase":{{"status":"error","errors":[{{"code":{code},"message":"The file is bad"}}]}}}}}}"#
        ))
    };
    assert_snapshot!(reel(vec![done(), failed(2_069_019), failed(2_069_019)]));
    let mut script = vec![done(), failed(1)];
    for _ in 0..2 {
        script.extend([opened(), done(), done(), failed(1)]);
    }
    script.push(failed(1));
    let told = reel(script);
    assert_eq!(told.matches("COMMIT").count(), 3, "{told}");
    assert!(
        told.contains("=> refused") && told.contains("[nothing live]"),
        "{told}"
    );
}

#[test]
fn a_video_that_is_not_found() {
    let ours = r#"{"id":"1784_77","message":"Look","created_time":"2027-01-15T08:00:04+0000","attachments":{"data":[{"target":{"id":"41"}}]}}"#;
    let told = reel(vec![Event::Lost, http(400, GONE), listed(&[ours.to_owned()])]);
    assert!(told.contains("=> found"), "{told}");
    let none = || listed(&[]);
    let told = reel(vec![
        Event::Lost,
        http(400, GONE),
        none(),
        none(),
        none(),
        opened(),
        done(),
        done(),
        live_video(),
    ]);
    assert!(told.contains("=> not out"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
}

/// A story's list proves what is there, but not what is not: a person is asked (facebook.md 8 B).
#[test]
fn a_lost_photo_story() {
    let content = || Content {
        kind: Kind::Story,
        ..photos("", 1)
    };
    let ours = r#"{"media_id":"31","media_type":"photo","post_id":"77","status":"PUBLISHED","creation_time":"1800000004","url":"https://www.facebook.com/stories/1784/77"}"#;
    assert_snapshot!(facebook(
        content(),
        vec![id("31"), Event::Lost, listed(&[ours.to_owned()])]
    ));
    let none = || listed(&[]);
    let told = facebook(
        content(),
        vec![
            id("31"),
            Event::Lost,
            none(),
            none(),
            none(),
            Event::NotOut,
            ok(r#"{"success":true,"post_id":"78"}"#),
        ],
    );
    assert!(told.contains("ASK") && told.ends_with("done [78]\n"), "{told}");
}

#[test]
fn a_lost_message() {
    let found = r#"{"data":[{"messages":{"data":[{"id":"m_2","created_time":"2027-01-15T08:00:06+0000","from":{"id":"501"},"message":"The hall is open."},{"id":"m_1","created_time":"2027-01-15T08:00:04+0000","from":{"id":"1784"},"message":"The hall is open."}]},"id":"t_1"}]}"#;
    assert_snapshot!(facebook(message(&["501"]), vec![Event::Lost, ok(found)]));
    let theirs =
        r#"{"id":"m_2","created_time":"2027-01-15T07:00:06+0000","from":{"id":"501"},"message":"Hello?"}"#;
    let none = || {
        ok(&format!(
            r#"{{"data":[{{"messages":{{"data":[{theirs}]}},"id":"t_1"}}]}}"#
        ))
    };
    let told = facebook(
        message(&["501"]),
        vec![
            Event::Lost,
            none(),
            none(),
            none(),
            ok(r#"{"recipient_id":"501","message_id":"m_3"}"#),
        ],
    );
    assert!(
        told.contains("=> not out") && told.contains("done [m_3, 501]"),
        "{told}"
    );
}

/// A conversation that is not shown proves nothing: the message may be in it.
#[test]
fn a_lost_message_in_a_hidden_conversation() {
    let empty = || ok(r#"{"data":[]}"#);
    for last in [
        empty(),
        ok(r#"{"data":[{"id":"t_1"}]}"#),
        ok(r#"{"data":[{"messages":{"data":[]},"id":"t_1"}]}"#),
        ok(
            r#"{"data":[{"messages":{"data":[{"id":"m_9","created_time":"2027-01-15T07:00:06+0000","from":{"id":"9"},"message":"Hi"}]},"id":"t_9"}]}"#,
        ),
    ] {
        let told = facebook(message(&["501"]), vec![Event::Lost, empty(), empty(), last]);
        assert!(!told.contains("=> not out"), "{told}");
        assert!(
            told.contains("ASK: ") && told.contains("does not show the conversation"),
            "{told}"
        );
        assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    }
}

const OUTSIDE: &str = r#"{"error":{"message":"(#10) This message is sent outside of allowed window.","type":"OAuthException","code":10,"error_subcode":2018278}}"#;

/// One recipient of several is refused; the others get theirs, and it is said.
#[test]
fn a_recipient_who_is_refused() {
    let sent = |n: u32| ok(&format!(r#"{{"recipient_id":"50{n}","message_id":"m_{n}"}}"#));
    assert_snapshot!(facebook(
        message(&["501", "502"]),
        vec![http(400, OUTSIDE), sent(2)]
    ));
    let told = facebook(message(&["501", "502"]), vec![sent(1), http(400, OUTSIDE)]);
    assert!(told.contains("done [m_1, 501]\nnote: not sent to 502"), "{told}");
    let told = facebook(
        message(&["501", "502"]),
        vec![http(400, OUTSIDE), http(400, OUTSIDE)],
    );
    assert!(told.contains("=> refused") && told.contains("24 hours"), "{told}");
}

/// Pieces that are lost are sent again; a session that Facebook has forgotten is opened anew, twice.
#[test]
fn a_feed_video_with_a_bad_line() {
    let start = || ok(r#"{"video_id":"41","start_offset":"0","end_offset":"600","upload_session_id":"51"}"#);
    let invalid = || {
        http(
            400,
            r#"{"error":{"message":"Invalid upload session","code":100}}"#,
        )
    };
    let told = facebook(
        clip("x", Kind::Post),
        vec![
            start(),
            Event::Lost,
            http(500, SERVER),
            invalid(),
            start(),
            ok(r#"{"start_offset":"600","end_offset":"1000"}"#),
            ok(r#"{"start_offset":"1000","end_offset":"1000"}"#),
            done(),
            live_video(),
        ],
    );
    assert_eq!(told.matches("bytes 0..600").count(), 4, "{told}");
    assert!(told.contains("=> restart") && told.contains("=> found"), "{told}");
    let told = facebook(
        clip("x", Kind::Post),
        vec![start(), invalid(), start(), invalid(), start(), invalid()],
    );
    assert!(
        told.contains("=> refused") && told.contains("3 uploads failed"),
        "{told}"
    );
    for odd in [
        r#"{"start_offset":"600","end_offset":"1001"}"#,
        r#"{"start_offset":"700","end_offset":"600"}"#,
    ] {
        let told = facebook(clip("x", Kind::Post), vec![start(), ok(odd)]);
        assert!(told.contains("=> restart"), "{told}");
    }
}

/// A retry asks the video first: what has arrived is not sent again.
#[test]
fn bytes_that_may_have_arrived() {
    let phase = |name: &str| {
        let json = format!(r#"{{"id":"41","status":{{"uploading_phase":{{"status":"{name}"}}}}}}"#);
        // The wait before the retry is the engine's: here it is told as a limit.
        vec![Event::RetryAfter(400, 5, LIMIT.to_owned()), ok(&json)]
    };
    let told = |kind: Kind, opened: Event, phase: Vec<Event>, rest: Vec<Event>| {
        let mut script = vec![opened];
        script.extend(phase);
        script.extend(rest);
        facebook(clip("x", kind), script)
    };
    let start = || ok(r#"{"video_id":"41","start_offset":"0","end_offset":"1000","upload_session_id":"51"}"#);
    for (kind, opened) in [(Kind::Reel, opened as fn() -> Event), (Kind::Post, start)] {
        let there = told(kind, opened(), phase("complete"), vec![done(), live_video()]);
        assert_eq!(there.matches("bytes 0..1000").count(), 1, "{there}");
        assert!(there.contains("=> found"), "{there}");
        let whole = ok(r#"{"success":true,"start_offset":"1000","end_offset":"1000"}"#);
        let rest = vec![whole, done(), live_video()];
        let missing = told(kind, opened(), phase("in_progress"), rest);
        assert_eq!(missing.matches("bytes 0..1000").count(), 2, "{missing}");
        assert!(missing.contains("=> found"), "{missing}");
    }
    let failed = told(
        Kind::Reel,
        opened(),
        phase("error"),
        vec![opened(), done(), done(), live_video()],
    );
    assert!(
        failed.contains("=> restart") && failed.contains("=> found"),
        "{failed}"
    );
}

const LIMIT: &str = r#"{"error":{"message":"(#4) Application request limit reached","code":4}}"#;

/// The error of rupload (meta-common.md 3 c).
#[test]
fn a_reel_whose_upload_is_refused() {
    let body = r#"{"debug_info":{"retriable":false,"type":"ProcessingFailedError","message":"{\"success\":false,\"error\":{\"message\":\"unauthorized user request\"}}"}}"#;
    let again = r#"{"debug_info":{"retriable":true,"type":"ProcessingFailedError","message":"x"}}"#;
    let gone = http(400, GONE);
    let told = facebook(
        clip("x", Kind::Reel),
        vec![
            opened(),
            http(400, again),
            http(400, body),
            gone,
            opened(),
            done(),
        ],
    );
    assert_eq!(told.matches("=> retry").count(), 2, "{told}");
    assert!(told.contains("=> restart"), "{told}");
}

/// 100/33 may speak of the photos: they are uploaded again, once. Then it is the Page.
#[test]
fn photos_that_facebook_does_not_know() {
    let gone = || http(400, GONE);
    let told = facebook(
        photos("x", 1),
        vec![id("31"), gone(), id("32"), super::posted("21")],
    );
    assert!(
        told.contains("=> restart") && told.contains("done [1784_21"),
        "{told}"
    );
    let story = Content {
        kind: Kind::Story,
        ..photos("", 1)
    };
    for content in [photos("x", 1), story] {
        let told = facebook(content, vec![id("31"), gone(), id("32"), gone()]);
        assert!(
            told.contains("=> blocked") && told.contains("the Page does not exist any more"),
            "{told}"
        );
    }
}

/// Photos live a day unused; after that they are uploaded again instead of failing the post.
#[test]
fn photos_that_have_grown_old() {
    let invalid = || http(400, r#"{"error":{"message":"Invalid photo","code":100}}"#);
    let told = facebook(photos("x", 1), vec![id("31"), invalid()]);
    assert!(told.contains("=> refused"), "{told}");
    let limit = http(400, r#"{"error":{"message":"x","code":368}}"#);
    let told = facebook(
        photos("x", 1),
        vec![id("31"), limit, invalid(), id("32"), super::posted("21")],
    );
    assert!(
        told.contains("=> restart") && told.contains("done [1784_21"),
        "{told}"
    );
}
