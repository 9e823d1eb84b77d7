//! Uploads that are cut, again and again (facebook.md 4.3, 4.4): what has arrived is not sent again.

use insta::assert_snapshot;

use super::{clip, done, facebook, live_video, opened};
use crate::core::flow::Next;
use crate::core::platform::Saved;
use crate::core::retry::backoff;
use crate::domain::post::Kind;
use crate::platforms::by_name;
use crate::platforms::tests::{Event, START, http, job, ok, written};

const CUT: &str = r#"{"debug_info":{"retriable":false,"type":"PartialRequestError","message":"the request ended before the file did"}}"#;
const OFFSET: &str = r#"{"error":{"message":"There was a problem uploading your video file.","type":"OAuthException","code":6001,"error_subcode":1363037}}"#;
const LIMIT: &str = r#"{"error":{"message":"(#4) Application request limit reached","code":4}}"#;

/// A wait, which is the engine's otherwise: here it is told as a limit. Then the video says what has arrived.
fn cut(bytes: &str) -> Vec<Event> {
    let json = format!(
        r#"{{"id":"41","status":{{"video_status":"uploading","uploading_phase":{{"status":"in_progress","bytes_transferred":{bytes}}}}}}}"#
    );
    vec![Event::RetryAfter(400, 5, LIMIT.to_owned()), ok(&json)]
}

fn start() -> Event {
    ok(r#"{"video_id":"41","start_offset":"0","end_offset":"600","upload_session_id":"51"}"#)
}

#[test]
fn a_reel_that_is_cut_many_times() {
    let mut script = vec![opened()];
    for n in ["100", "\"250\"", "400", "500", "750", "999"] {
        script.extend(cut(n));
    }
    script.extend([done(), done(), live_video()]);
    let told = facebook(clip("x", Kind::Reel), script);
    assert_snapshot!(told);
}

#[test]
fn a_feed_video_that_is_cut_many_times() {
    let mut script = vec![start()];
    for n in ["100", "250", "300", "350"] {
        script.extend(cut(n));
    }
    script.push(ok(r#"{"start_offset":"950","end_offset":"1000"}"#));
    // A status that lags behind what the transfer itself said takes nothing back.
    script.extend(cut("350"));
    script.push(ok(r#"{"start_offset":"1000","end_offset":"1000"}"#));
    script.extend([done(), live_video()]);
    let told = facebook(clip("x", Kind::Post), script);
    assert_snapshot!(told);
}

/// The words for a cut and for a wrong offset are no refusal: it is asked what has arrived.
#[test]
fn the_words_for_a_cut() {
    for (kind, opened) in [(Kind::Reel, opened as fn() -> Event), (Kind::Post, start)] {
        let mut script = vec![opened()];
        for _ in 0..4 {
            script.extend([http(400, CUT), http(400, OFFSET)]);
        }
        let told = facebook(clip("x", kind), script);
        assert_eq!(told.matches("=> retry").count(), 8, "{told}");
        assert!(
            !told.contains("=> refused") && !told.contains("=> restart"),
            "{told}"
        );
    }
}

/// What does not get on is begun anew, twice, and then refused.
#[test]
fn an_upload_that_is_stuck() {
    let mut script = Vec::new();
    for _ in 0..3 {
        script.push(opened());
        script.extend((0..7).flat_map(|_| cut("400")));
    }
    let told = facebook(clip("x", Kind::Reel), script);
    assert_eq!(told.matches("upload_phase = start").count(), 3, "{told}");
    assert!(
        told.contains("=> refused: the upload of the video does not get beyond 400 of 1000 bytes"),
        "{told}"
    );
}

/// A lost answer leaves the state as it is: what follows after the shortest back-off is a question. Saved states
/// without an offset begin at the first byte.
#[test]
fn a_lost_answer_is_followed_by_a_question() {
    let p = by_name("facebook").unwrap();
    let job = job("facebook", clip("x", Kind::Reel));
    let saved = |offset: &str| Saved {
        version: 1,
        json: format!(
            r#"{{"step":{{"upload":{{"video":{{"id":"41"}},"host":null,"path":"/video-upload/v25.0/41","told":1800000000000{offset}}}}}}}"#
        ),
    };
    let call = |offset: &str, secs: i64| match p.next(&job, &saved(offset), START.after_secs(secs)).unwrap() {
        Next::Quiet(quiet) => written(quiet.call()),
        other => panic!("{other:?}"),
    };
    assert!(
        call("", 0).contains("bytes 0..1000 of media 0"),
        "{}",
        call("", 0)
    );
    let at = r#","offset":400"#;
    assert!(
        call(at, 0).contains("bytes 400..1000 of media 0"),
        "{}",
        call(at, 0)
    );
    let first = backoff(0, &job.delivery).as_secs();
    assert!(call(at, first).starts_with("GET "), "{}", call(at, first));
}
