//! Sending a video's bytes with Facebook's login (instagram.md 4.2, 8).

use insta::assert_snapshot;

use super::{clip, id, link, page, page_job, status, with_files};
use crate::core::flow::Next;
use crate::core::platform::Saved;
use crate::core::retry::backoff;
use crate::domain::post::{Content, Kind};
use crate::platforms::by_name;
use crate::platforms::tests::{Event, START, http, ok, written};

fn reel() -> Content {
    with_files(Kind::Reel, "Look", vec![clip(0)])
}

fn made() -> Event {
    ok(r#"{"id":"11","uri":"https://rupload.facebook.com/ig-api-upload/v25.0/11"}"#)
}

fn arrived() -> Event {
    ok(r#"{"success":true,"message":"Upload successful."}"#)
}

fn progress(bytes: &str) -> Event {
    ok(&format!(
        r#"{{"id":"11","status":"In progress","status_code":"IN_PROGRESS","video_status":{{"uploading_phase":{{"status":"in_progress","bytes_transferred":{bytes}}}}}}}"#
    ))
}

fn end() -> Vec<Event> {
    vec![status("FINISHED"), id("21"), link("21")]
}

fn run(more: Vec<Event>) -> String {
    let mut script = vec![made()];
    script.extend(more);
    script.extend(end());
    page(reel(), script)
}

#[test]
fn all_at_once() {
    assert_snapshot!(run(vec![arrived()]));
}

/// A retry asks first and sends the rest only.
#[test]
fn an_error_is_followed_by_a_question() {
    // The wait before the retry is the engine's: here it is told as a limit.
    let told = run(vec![
        Event::RetryAfter(
            400,
            5,
            r#"{"debug_info":{"retriable":true,"type":"Timeout","message":"x"}}"#.to_owned(),
        ),
        progress("\"400\""),
        arrived(),
    ]);
    assert_snapshot!(told);
}

#[test]
fn complete_already() {
    let told = run(vec![
        Event::RetryAfter(500, 5, r#"{"error":{"message":"x","code":2}}"#.to_owned()),
        progress("1000"),
    ]);
    assert_eq!(told.matches("bytes 0..1000").count(), 1, "{told}");
    assert!(told.contains("done [21"), "{told}");
}

/// An address elsewhere is not followed off the platform's domain: the host goes along by name, and the wire decides.
#[test]
fn the_address_that_the_answer_names() {
    for (uri, wanted) in [
        (
            "http://127.0.0.1:9/rupload/ig-api-upload/v25.0/11",
            "POST {fb_upload_base@127.0.0.1}/ig-api-upload/v25.0/11",
        ),
        (
            "javascript:alert(1)",
            "POST {fb_upload_base}/ig-api-upload/v25.0/11",
        ),
        (
            "https://evil.example/other?x=1",
            "POST {fb_upload_base}/ig-api-upload/v25.0/11",
        ),
    ] {
        let told = page(
            reel(),
            vec![ok(&format!(r#"{{"id":"11","uri":"{uri}"}}"#)), arrived()],
        );
        assert!(told.contains(wanted), "{told}");
    }
}

/// What does not get on is begun anew, and in the end refused.
#[test]
fn an_upload_that_is_stuck() {
    let stuck = || {
        vec![
            Event::RetryAfter(
                400,
                9,
                r#"{"error":{"message":"x","code":2,"is_transient":true}}"#.to_owned(),
            ),
            progress("0"),
        ]
    };
    let mut script = Vec::new();
    for _ in 0..4 {
        script.push(made());
        script.extend((0..6).flat_map(|_| stuck()));
    }
    let told = page(reel(), script);
    assert_eq!(told.matches("upload_type = resumable").count(), 4, "{told}");
    assert!(
        told.contains("=> refused: the upload of the video does not get beyond 0 of 1000 bytes"),
        "{told}"
    );
}

#[test]
fn a_container_that_fails_while_it_is_filled() {
    let told = page(
        reel(),
        vec![
            made(),
            Event::RetryAfter(400, 9, r#"{"error":{"message":"x","code":2}}"#.to_owned()),
            ok(
                r#"{"id":"11","status_code":"ERROR","status":"Error: Media upload has failed with error code 2207026"}"#,
            ),
        ],
    );
    assert!(
        told.contains("=> refused: Instagram could not prepare the post"),
        "{told}"
    );
    let told = page(
        reel(),
        vec![made(), http(403, r#"{"error":{"message":"x","code":10}}"#)],
    );
    assert!(told.contains("=> blocked"), "{told}");
}

/// A lost answer leaves the state as it is: whatever is asked after the shortest back-off is a question.
#[test]
fn a_lost_answer_is_followed_by_a_question() {
    let p = by_name("instagram").unwrap();
    let job = page_job(reel());
    let state = Saved {
        version: 1,
        json: r#"{"upload":{"redo":{},"container":"11","made":1800000000000,"upload":{"path":"/ig-api-upload/v25.0/11","offset":400,"told":1800000000000}}}"#.to_owned(),
    };
    let call = |secs: i64| match p.next(&job, &state, START.after_secs(secs)).unwrap() {
        Next::Quiet(quiet) => written(quiet.call()),
        other => panic!("{other:?}"),
    };
    assert!(call(0).contains("bytes 400..1000 of media 0"), "{}", call(0));
    let first = backoff(0, &job.delivery).as_secs();
    assert!(
        call(first).starts_with("GET {fb_api_base}/v25.0/11?fields=id,status,status_code,video_status"),
        "{}",
        call(first)
    );
}
