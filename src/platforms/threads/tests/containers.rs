//! Containers that fail, vanish or outlive their day (threads.md 4.6, 7).

use super::{GONE, id, link, status, threads};
use crate::domain::post::{Content, Segment};
use crate::platforms::tests::{Event, http, media, ok, segment, text};

#[test]
fn containers_that_fail() {
    for (word, fresh, ends) in [
        ("FAILED_DOWNLOADING_VIDEO", 2, true),
        ("FAILED_PROCESSING_VIDEO", 1, true),
        ("UNKNOWN", 1, true),
        ("INVALID_DURATION", 0, true),
        ("INVALID_ASPEC_RATIO", 0, true),
    ] {
        let bad = || {
            ok(&format!(
                r#"{{"status":"ERROR","id":"11","error_message":"{word}"}}"#
            ))
        };
        let mut script = vec![id("11"), bad()];
        for _ in 0..fresh {
            script.extend([id("11"), bad()]);
        }
        let told = threads(text("Hi"), script);
        assert_eq!(told.matches("=> restart").count(), fresh, "{word}: {told}");
        assert_eq!(told.contains("=> refused"), ends, "{word}: {told}");
    }
}

#[test]
fn an_expired_container_is_made_anew() {
    let told = threads(
        text("Hi"),
        vec![
            id("11"),
            status("EXPIRED"),
            id("12"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ],
    );
    assert!(told.contains("creation_id = 12"), "{told}");
}

/// Three new ones, two minutes apart, whether they are its own or its items'; then it is refused.
#[test]
fn containers_that_vanish_are_not_made_for_ever() {
    let two = Content {
        segments: vec![Segment {
            media: vec![
                media(1, "door", "image/jpeg", None),
                media(2, "hall", "image/jpeg", None),
            ],
            ..segment("Doors")
        }],
        ..Content::default()
    };
    for (content, items) in [(text("Hi"), 1), (two, 2)] {
        for end in [|| http(400, GONE), || status("EXPIRED")] {
            let mut script = Vec::new();
            for _ in 0..20 {
                script.extend((0..items).map(|_| id("11")));
                script.push(end());
            }
            let told = threads(content.clone(), script);
            assert_eq!(told.matches("=> restart").count(), 3, "{told}");
            assert_eq!(told.matches("wait 2m").count(), 3, "{told}");
            assert!(told.contains("=> refused: Threads' container is gone"), "{told}");
            assert!(told.ends_with("[nothing live]\n"), "{told}");
        }
    }
}

#[test]
fn media_that_cannot_be_fetched() {
    let body = r#"{"error":{"message":"The media could not be fetched from this URI: https://x","type":"OAuthException","code":9004,"error_subcode":2207052}}"#;
    let told = threads(text("Hi"), (0..4).map(|_| http(400, body)).collect());
    assert_eq!(told.matches("=> restart").count(), 3, "{told}");
    assert!(told.contains("=> refused"), "{told}");
}

/// A container that never ends is given up when its life is over, and a new one is made.
#[test]
fn a_container_that_never_ends() {
    let mut script = vec![id("11")];
    script.extend((0..300).map(|_| status("IN_PROGRESS")));
    let told = threads(text("Hi"), script);
    assert!(
        told.contains("container is gone before it was published: EXPIRED"),
        "{told}"
    );
    assert_eq!(told.matches("COMMIT").count(), 0);
}

/// Held back for more than a day, the container has expired: whatever Threads says then, a new one is made.
#[test]
fn a_container_that_outlived_its_day() {
    let limit = r#"{"error":{"message":"Too many calls","type":"OAuthException","code":613}}"#;
    let stale = r#"{"error":{"message":"Invalid parameter","type":"OAuthException","code":100}}"#;
    let script = |wait: i64| {
        vec![
            id("11"),
            status("FINISHED"),
            Event::RetryAfter(429, wait, limit.to_owned()),
            http(400, stale),
            status("EXPIRED"),
            status("EXPIRED"),
            id("12"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ]
    };
    let told = threads(text("Hi"), script(90_000));
    assert!(told.contains("creation_id = 12"), "{told}");
    let told = threads(text("Hi"), script(60));
    assert!(told.contains("=> refused"), "{told}");
}
