//! The requests of each kind of post (facebook.md 4 and 5).

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::{clip, done, facebook, id, live_video, message, opened, photos, posted, video};
use crate::core::rules::check_for;
use crate::domain::post::{Content, Extra, Kind};
use crate::platforms::by_name;
use crate::platforms::tests::{http, media, ok, text};

#[test]
fn words() {
    assert_snapshot!(facebook(text("We open at nine."), vec![posted("21")]));
}

/// The address is read when the answer does not tell it; without it the post is out all the same.
#[test]
fn words_whose_address_is_not_told() {
    let told = facebook(
        text("Hi"),
        vec![
            id("1784_21"),
            ok(r#"{"id":"1784_21","permalink_url":"https://www.facebook.com/x"}"#),
        ],
    );
    assert_snapshot!(told);
    let told = facebook(text("Hi"), vec![id("1784_21"), ok("<html>")]);
    assert!(told.ends_with("done [1784_21]\n"), "{told}");
}

#[test]
fn link() {
    let mut content = text("Read this");
    content.segments[0].link = Some("https://club.example/news".to_owned());
    assert_snapshot!(facebook(content, vec![posted("21")]));
}

/// One photo goes the same two steps as several: only `/feed` publishes.
#[test]
fn one_photo() {
    assert_snapshot!(facebook(photos("The door", 1), vec![id("31"), posted("21")]));
}

#[test]
fn three_photos_and_a_first_comment() {
    let content = Content {
        first_comment: Some("More at the bar.".to_owned()),
        ..photos("Doors", 3)
    };
    assert_snapshot!(facebook(
        content,
        vec![
            id("31"),
            id("32"),
            id("33"),
            posted("21"),
            ok(r#"{"id":"21_61","permalink_url":"https://www.facebook.com/1784/posts/21?comment_id=61"}"#),
        ]
    ));
}

#[test]
fn feed_video() {
    let mut content = clip("The film", Kind::Post);
    content
        .extras
        .insert("title".to_owned(), Extra::Words("Opening".to_owned()));
    let start = r#"{"video_id":"41","start_offset":"0","end_offset":"600","upload_session_id":"51"}"#;
    assert_snapshot!(facebook(
        content,
        vec![
            ok(start),
            ok(r#"{"start_offset":"600","end_offset":"1000"}"#),
            ok(r#"{"start_offset":"1000","end_offset":"1000"}"#),
            done(),
            video("processing", "in_progress"),
            live_video(),
        ]
    ));
}

#[test]
fn reel() {
    assert_snapshot!(facebook(
        clip("Look", Kind::Reel),
        vec![
            opened(),
            done(),
            done(),
            video("processing", "not_started"),
            video("ready", "in_progress"),
            live_video(),
        ]
    ));
}

#[test]
fn video_story() {
    assert_snapshot!(facebook(
        clip("", Kind::Story),
        vec![
            opened(),
            done(),
            ok(r#"{"success":true,"post_id":"77"}"#),
            video("ready", "complete"),
        ]
    ));
}

#[test]
fn photo_story() {
    let content = Content {
        kind: Kind::Story,
        ..photos("", 1)
    };
    assert_snapshot!(facebook(
        content,
        vec![id("31"), ok(r#"{"success":true,"post_id":"77"}"#)]
    ));
}

#[test]
fn comment_on_a_post() {
    let content = Content {
        reply_to: Some("999_21".to_owned()),
        ..text("Well done")
    };
    assert_snapshot!(facebook(content, vec![id("21_61")]));
}

#[test]
fn messages() {
    assert_snapshot!(facebook(
        message(&["501", "502"]),
        vec![
            ok(r#"{"recipient_id":"501","message_id":"m_qr6GPBlzTU4jqP0P-a_1"}"#),
            ok(r#"{"recipient_id":"502","message_id":"m_qr6GPBlzTU4jqP0P-a_2"}"#),
        ]
    ));
}

/// Text or attachment: a file and words are two messages, the file first.
#[test]
fn messages_with_a_file() {
    let mut content = message(&["501", "502"]);
    content.segments[0].media = vec![media(0, "door.jpg", "image/jpeg", None)];
    let sent = |n: u32| ok(&format!(r#"{{"recipient_id":"501","message_id":"m_{n}"}}"#));
    assert_snapshot!(facebook(
        content.clone(),
        vec![sent(1), sent(2), sent(3), sent(4)]
    ));
    // A recipient who is refused the file is not sent the words.
    let outside = http(
        400,
        r#"{"error":{"message":"x","code":10,"error_subcode":2018278}}"#,
    );
    let told = facebook(content, vec![outside, sent(3), sent(4)]);
    assert!(
        told.contains("done [m_3, 502] [m_4, 502]\nnote: not sent to 501"),
        "{told}"
    );
    assert_eq!(told.matches("not sent").count(), 1, "{told}");
}

/// Who got the file and is refused the words did not get the message.
#[test]
fn a_file_without_its_words() {
    let of = |to: &[&str]| {
        let mut content = message(to);
        content.segments[0].media = vec![media(0, "door.jpg", "image/jpeg", None)];
        content
    };
    let sent = |n: u32| ok(&format!(r#"{{"recipient_id":"501","message_id":"m_{n}"}}"#));
    let outside = || {
        http(
            400,
            r#"{"error":{"message":"x","code":10,"error_subcode":2018278}}"#,
        )
    };
    let told = facebook(of(&["501"]), vec![sent(1), outside()]);
    assert!(
        told.contains("=> refused") && told.contains("[live: [m_1, 501]]"),
        "{told}"
    );
    let told = facebook(of(&["501", "502"]), vec![sent(1), outside(), sent(3), sent(4)]);
    assert!(told.contains("\nnote: only the file was sent to 501"), "{told}");
}

/// What no cell holds is said when the file is dropped.
#[test]
fn what_is_refused_at_the_drop() {
    let facebook = by_name("facebook").unwrap();
    let mut with_link = photos("x", 1);
    with_link.segments[0].link = Some("https://club.example".to_owned());
    let mut small = clip("x", Kind::Reel);
    small.segments[0].media[0].facts.width = 360;
    small.segments[0].media[0].facts.height = 640;
    let mut covered = clip("x", Kind::Post);
    covered.segments[0].media[0].thumb_ms = Some(1);
    let mixed = {
        let mut content = photos("x", 1);
        content.segments[0]
            .media
            .push(media(1, "clip.mp4", "video/mp4", None));
        content
    };
    let bad = [
        Content {
            reply_to: Some("https://www.facebook.com/club/posts/1".to_owned()),
            ..text("x")
        },
        Content {
            reply_to: Some("999_21".to_owned()),
            ..photos("x", 1)
        },
        Content {
            first_comment: Some("y".to_owned()),
            ..message(&["501"])
        },
        Content {
            first_comment: Some(" ".to_owned()),
            ..text("x")
        },
        message(&["Anna"]),
        message(&["1"; 11]),
        message(&[]),
        Content {
            segments: text("").segments,
            ..message(&["501"])
        },
        with_link,
        small,
        covered,
        mixed,
        clip("words", Kind::Story),
        Content {
            extras: [("title".to_owned(), Extra::Words("t".to_owned()))].into(),
            ..text("x")
        },
        text(&"x".repeat(63_207)),
    ];
    let told: Vec<String> = bad
        .iter()
        .map(|content| {
            let found = check_for(content, facebook, facebook.facts(), &BTreeMap::new());
            assert!(!found.is_empty(), "{content:?}");
            let lines: Vec<&str> = found.iter().map(|v| v.message.as_str()).collect();
            lines.join(" | ")
        })
        .collect();
    assert_snapshot!(told.join("\n"));
}

/// What is offered is admitted.
#[test]
fn what_is_taken_at_the_drop() {
    let facebook = by_name("facebook").unwrap();
    let mut reel = clip("x", Kind::Reel);
    let facts = &mut reel.segments[0].media[0].facts;
    (facts.width, facts.height, facts.duration_ms) = (1080, 1920, Some(3000));
    let story = Content {
        kind: Kind::Story,
        ..photos("", 1)
    };
    let good = [
        text(&"x".repeat(63_206)),
        photos("", 10),
        clip("x", Kind::Post),
        reel,
        story,
        clip("", Kind::Story),
        message(&["501"]),
        Content {
            reply_to: Some("999_21".to_owned()),
            ..text("x")
        },
        Content {
            first_comment: Some("y".to_owned()),
            ..photos("x", 2)
        },
    ];
    for content in good {
        let found = check_for(&content, facebook, facebook.facts(), &BTreeMap::new());
        assert_eq!(found, [], "{content:?}");
    }
}

#[test]
fn charges_and_scopes() {
    let facebook = by_name("facebook").unwrap();
    let charged = |content: &Content| -> Vec<String> {
        let charges = facebook.charges(content);
        charges.into_iter().map(|c| c.limit).collect()
    };
    assert_eq!(charged(&text("x")), ["posts", "posts_at_once"]);
    assert_eq!(
        charged(&clip("x", Kind::Reel)),
        ["posts", "posts_at_once", "reels"]
    );
    assert!(charged(&message(&["501"])).is_empty());
    let with_comment = Content {
        first_comment: Some("y".to_owned()),
        ..text("x")
    };
    assert_eq!(
        facebook.scopes_needed(&with_comment),
        [
            "pages_manage_posts",
            "pages_read_engagement",
            "pages_manage_engagement"
        ]
    );
    assert_eq!(facebook.scopes_needed(&message(&["501"])), ["pages_messaging"]);
}
