//! What a vendor tells of a post by itself (tiktok.md 4.9): the next question comes at once, an id is taken as it is told.

use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::delivery::Phase;
use crier::core::desk::{Desk, Input, Send};
use crier::core::hook::PostNews;
use crier::domain::hold::Hold;
use crier::domain::id::DeliveryId;
use crier::domain::media::MediaKind;
use crier::domain::receipt::{Live, Outcome};
use crier::domain::time::Timestamp;

use super::budget::{START, account, connected, drop_parts, file, hold, house, sent, spec};

const HANDLE: &str = "v_pub_file~v2-1.123";

/// A desk whose video is announced and uploaded, so that TikTok works on it; and when that was.
fn watched() -> (Desk, DeliveryId, Timestamp) {
    let mut spec = spec("tiktok");
    for (key, value) in [("privacy", "PUBLIC_TO_EVERYONE"), ("audited", "true")] {
        spec.options.insert(key.to_owned(), value.to_owned());
    }
    let mut desk = connected(house(vec![("dance", spec)]));
    let video = file(MediaKind::Video, "video/mp4");
    let (id, send) = drop_parts(&mut desk, 1, "dance", video, START);
    let told = [
        r#"{"creator_username":"dance","privacy_level_options":["PUBLIC_TO_EVERYONE"],"max_video_post_duration_sec":300}"#,
        r#"{"publish_id":"v_pub_file~v2-1.123","upload_url":"https://upload.us.tiktokapis.com/video/?upload_id=1"}"#,
    ];
    let mut send = send.expect("creator_info");
    for data in told {
        send = good(&mut desk, &send, data, START).expect("the next call");
    }
    assert!(send.commit, "the only piece is the commit: {}", send.step);
    answer(&mut desk, &send, 201, "", START);
    assert!(matches!(
        hold(&desk, &id),
        Hold::Checking { .. } | Hold::Processing
    ));
    (desk, id, START)
}

fn answer(desk: &mut Desk, send: &Send, status: u16, body: &str, now: Timestamp) -> Option<Send> {
    let reply = Reply::Http(HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    });
    let answered = Input::Answered(send.delivery.clone(), send.attempt, Answer::Answered(reply));
    sent(desk.handle(answered, now).actions)
}

fn good(desk: &mut Desk, send: &Send, data: &str, now: Timestamp) -> Option<Send> {
    let body = format!(r#"{{"data":{data},"error":{{"code":"ok","message":"","log_id":"1"}}}}"#);
    answer(desk, send, 200, &body, now)
}

fn news(desk: &mut Desk, handle: &str, id: Option<&str>, now: Timestamp) -> Option<Send> {
    let news = PostNews {
        handle: handle.to_owned(),
        id: id.map(str::to_owned),
    };
    sent(desk.handle(Input::News(account("dance"), news), now).actions)
}

fn published(desk: &Desk, id: &DeliveryId) -> Live {
    match &desk.delivery(id).unwrap().record.phase {
        Phase::Ended {
            outcome: Outcome::Published { live, .. },
        } => live[0].clone(),
        other => panic!("{other:?}"),
    }
}

/// Its status is asked at once, and a public post's id comes without another question.
#[test]
fn a_post_that_is_waited_for() {
    let (mut desk, id, now) = watched();
    assert_eq!(news(&mut desk, "another", None, now), None, "another's news");
    let ask = news(&mut desk, HANDLE, None, now).expect("the status");
    assert_eq!(ask.call.kind(), Some("POST /v2/post/publish/status/fetch/"));
    let done = r#"{"status":"PUBLISH_COMPLETE","fail_reason":"","publicaly_available_post_id":[]}"#;
    assert_eq!(good(&mut desk, &ask, done, now), None);
    assert_eq!(
        news(&mut desk, HANDLE, Some("not an id"), now).map(|s| s.commit),
        Some(false)
    );
    let ask = desk.open_calls();
    assert_eq!(ask, 1, "what is no id only brings the question forward");
    let (mut desk, id2, now) = watched();
    assert_eq!(id, id2);
    let ask = news(&mut desk, HANDLE, None, now).expect("the status");
    good(&mut desk, &ask, done, now);
    assert_eq!(news(&mut desk, HANDLE, Some("7123456789012345678"), now), None);
    assert_eq!(
        published(&desk, &id).remote_id.as_deref(),
        Some("7123456789012345678")
    );
    // What has ended is not touched.
    assert_eq!(news(&mut desk, HANDLE, Some("1"), now), None);
    assert_eq!(
        published(&desk, &id).remote_id.as_deref(),
        Some("7123456789012345678")
    );
}

/// A person is asked after two hours; what TikTok tells then is looked up, and ends the doubt. Nothing is sent again.
#[test]
fn a_post_that_a_person_is_asked_about() {
    let (mut desk, id, _) = watched();
    let working = r#"{"status":"PROCESSING_UPLOAD","fail_reason":"","uploaded_bytes":1000}"#;
    let mut now = START;
    for _ in 0..500 {
        let Some(at) = desk.next_wake() else { break };
        now = at;
        if let Some(ask) = sent(desk.handle(Input::Tick, now).actions) {
            good(&mut desk, &ask, working, now);
        }
        if matches!(desk.delivery(&id).unwrap().record.phase, Phase::Held { .. }) {
            break;
        }
    }
    assert!(matches!(hold(&desk, &id), Hold::Unknown { .. }));
    assert!(now >= START.after_secs(7200));
    assert_eq!(news(&mut desk, HANDLE, None, now), None, "a moment later");
    let at = desk.next_wake().unwrap();
    let ask = sent(desk.handle(Input::Tick, at).actions).expect("the status");
    assert!(!ask.commit);
    let done = r#"{"status":"PUBLISH_COMPLETE","fail_reason":"","publicaly_available_post_id":[77]}"#;
    good(&mut desk, &ask, done, at);
    assert_eq!(published(&desk, &id).remote_id.as_deref(), Some("77"));
}

/// A status that could not be read is asked for again only later, and a person in the end: TikTok's word comes before both.
#[test]
fn a_post_whose_status_cannot_be_read() {
    let (mut desk, id, mut now) = watched();
    let fail = |desk: &mut Desk, now: &mut Timestamp| {
        *now = desk.next_wake().unwrap();
        let ask = sent(desk.handle(Input::Tick, *now).actions).expect("the status");
        answer(desk, &ask, 503, "", *now);
    };
    for _ in 0..3 {
        fail(&mut desk, &mut now);
    }
    assert!(desk.next_wake().unwrap() > now.after_secs(10), "it waits by now");
    let ask = news(&mut desk, HANDLE, None, now).expect("the status, at once");
    answer(&mut desk, &ask, 503, "", now);
    for _ in 0..40 {
        if matches!(desk.delivery(&id).unwrap().record.phase, Phase::Held { .. }) {
            break;
        }
        fail(&mut desk, &mut now);
    }
    assert!(matches!(hold(&desk, &id), Hold::Unknown { .. }));
    let asked = news(&mut desk, HANDLE, None, now).or_else(|| {
        let at = desk.next_wake()?;
        sent(desk.handle(Input::Tick, at).actions)
    });
    let done = r#"{"status":"PUBLISH_COMPLETE","fail_reason":"","publicaly_available_post_id":[77]}"#;
    good(&mut desk, &asked.expect("the status"), done, now);
    assert_eq!(published(&desk, &id).remote_id.as_deref(), Some("77"));
}
