//! The requests of each kind of post (threads.md 4).

use insta::assert_snapshot;

use super::{id, link, status, threads};
use crate::domain::post::{Content, Poll};
use crate::platforms::tests::{media, ok, segment, text};

#[test]
fn text_post() {
    assert_snapshot!(threads(
        Content {
            topic: Some("Opening".to_owned()),
            audience: Some("followers_only".to_owned()),
            ..text("We open at nine.")
        },
        vec![
            id("11"),
            status("IN_PROGRESS"),
            status("FINISHED"),
            id("21"),
            link("21")
        ],
    ));
}

#[test]
fn link_post() {
    let mut content = text("Read this");
    content.segments[0].link = Some("https://club.example/news".to_owned());
    assert_snapshot!(threads(
        content,
        vec![id("11"), status("FINISHED"), id("21"), link("21")]
    ));
}

#[test]
fn poll_post() {
    let mut content = text("When?");
    content.segments[0].poll = Some(Poll {
        options: ["Monday", "Tuesday", "\"Never\""].map(str::to_owned).to_vec(),
        duration: None,
    });
    assert_snapshot!(threads(
        content,
        vec![id("11"), status("FINISHED"), id("21"), link("21")]
    ));
}

#[test]
fn photo_post() {
    let mut content = text("The door");
    content.segments[0].media = vec![media(0, "door.jpg", "image/jpeg", Some("The open door"))];
    assert_snapshot!(threads(
        content,
        vec![id("11"), status("FINISHED"), id("21"), link("21")]
    ));
}

/// 3, 5, 10, 20 seconds, then every minute; slower after half an hour (meta-common.md 10).
#[test]
fn video_post_that_takes_long() {
    let mut content = text("");
    content.segments[0].media = vec![media(0, "clip.mp4", "video/mp4", None)];
    let mut script = vec![id("11")];
    script.extend((0..36).map(|_| status("IN_PROGRESS")));
    script.extend([status("FINISHED"), id("21"), link("21")]);
    let told = threads(content, script);
    let waits: Vec<&str> = told.lines().filter_map(|l| l.split("] wait ").nth(1)).collect();
    assert_eq!(waits[..6], ["3s", "5s", "10s", "20s", "1m", "1m"]);
    assert_eq!(waits.iter().filter(|w| **w == "1m").count(), 30);
    assert_eq!(waits.last(), Some(&"5m"));
    assert!(told.contains("video_url = <url of media 0>"), "{told}");
    assert!(
        told.ends_with("done [21, https://www.threads.net/@club/post/21]\n"),
        "{told}"
    );
}

#[test]
fn carousel() {
    let mut content = text("Two");
    content.segments[0].media = vec![
        media(0, "a.jpg", "image/jpeg", Some("A")),
        media(1, "b.mp4", "video/mp4", None),
    ];
    assert_snapshot!(threads(
        content,
        vec![
            id("11"),
            id("12"),
            status("FINISHED"),
            status("IN_PROGRESS"),
            status("FINISHED"),
            id("13"),
            status("IN_PROGRESS"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ],
    ));
}

#[test]
fn reply_and_quote() {
    let content = Content {
        reply_to: Some("900".to_owned()),
        quote: Some("901".to_owned()),
        ..text("Indeed")
    };
    assert_snapshot!(threads(
        content,
        vec![id("11"), status("FINISHED"), id("21"), link("21")]
    ));
}

#[test]
fn thread_with_a_comment() {
    let content = Content {
        segments: vec![segment("One"), segment("Two"), segment("Three")],
        first_comment: Some("More at club.example".to_owned()),
        topic: Some("Only for the first".to_owned()),
        ..Content::default()
    };
    let part = |n: u32| {
        vec![
            id(&format!("1{n}")),
            status("FINISHED"),
            id(&format!("2{n}")),
            link(&format!("2{n}")),
        ]
    };
    assert_snapshot!(threads(content, (1..=4).flat_map(part).collect()));
}

#[test]
fn repost() {
    let content = Content {
        repost: Some("777".to_owned()),
        ..Content::default()
    };
    assert_snapshot!(threads(content, vec![ok(r#"{"id":"31"}"#)]));
}

#[test]
fn a_permalink_that_fails_fails_nothing() {
    let told = threads(
        text("Hi"),
        vec![
            id("11"),
            status("FINISHED"),
            id("21"),
            crate::platforms::tests::http(500, "oops"),
        ],
    );
    assert!(told.ends_with("done [21]\n"), "{told}");
}
