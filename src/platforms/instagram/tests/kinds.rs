//! The requests of each kind of post (instagram.md 4).

use insta::assert_snapshot;

use super::{clip, flag, id, jpeg, link, list, own, page, photo, status, with_files, words};
use crate::domain::media::MediaId;
use crate::domain::post::Kind;
use crate::platforms::tests::{Event, http, ok, text};

fn smooth() -> Vec<Event> {
    vec![id("11"), status("FINISHED"), id("21"), link("21")]
}

#[test]
fn picture_with_all_that_belongs_to_it() {
    let mut content = photo("We open at nine. #news");
    content.segments[0].media[0].alt = Some("The open door".to_owned());
    list(&mut content, "tags", &["anna", "@ben@0.25,0.8"]);
    list(&mut content, "collaborators", &["@carla", "dan"]);
    words(&mut content, "location", "7640348500");
    flag(&mut content, "ai", true);
    content.first_comment = Some("More at club.example".to_owned());
    let mut script = vec![
        id("11"),
        status("IN_PROGRESS"),
        status("FINISHED"),
        id("21"),
        link("21"),
    ];
    script.push(id("31"));
    assert_snapshot!(own(content, script));
}

#[test]
fn reel_by_url() {
    let mut content = with_files(Kind::Reel, "Look", vec![clip(0)]);
    content.segments[0].media[0].cover = Some(MediaId(1));
    content.segments[0].media[0].thumb_ms = Some(500);
    flag(&mut content, "share_to_feed", false);
    words(&mut content, "audio_name", "Our song");
    list(&mut content, "tags", &["anna"]);
    assert_snapshot!(own(content, smooth()));
}

/// Every single video is a reel, and the first moment is a moment.
#[test]
fn video_is_a_reel() {
    let mut content = with_files(Kind::Post, "", vec![clip(0)]);
    content.segments[0].media[0].thumb_ms = Some(0);
    let told = own(content, smooth());
    assert!(told.contains("media_type = REELS"), "{told}");
    assert!(told.contains("thumb_offset = 0"), "{told}");
    assert!(!told.contains("caption"), "{told}");
}

#[test]
fn carousel() {
    let mut content = with_files(Kind::Post, "Two", vec![jpeg(0, Some("A")), clip(1)]);
    list(&mut content, "collaborators", &["carla"]);
    flag(&mut content, "ai", true);
    assert_snapshot!(own(
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
fn stories() {
    let mut picture = with_files(Kind::Story, "", vec![jpeg(0, Some("no alt text here"))]);
    list(&mut picture, "tags", &["anna"]);
    assert_snapshot!(own(picture, smooth()));
    let video = with_files(Kind::Story, "", vec![clip(0)]);
    let told = own(video, smooth());
    assert!(told.contains("media_type = STORIES"), "{told}");
    assert!(told.contains("video_url = <url of media 0>"), "{told}");
}

/// The same calls at another host.
#[test]
fn picture_through_a_page() {
    assert_snapshot!(page(photo("Hi"), smooth()));
}

/// 3, 5, 10, 20 seconds, then every minute; slower after half an hour (meta-common.md 10).
#[test]
fn video_that_takes_long() {
    let mut script = vec![id("11")];
    script.extend((0..36).map(|_| status("IN_PROGRESS")));
    script.extend([status("FINISHED"), id("21"), link("21")]);
    let told = own(with_files(Kind::Post, "", vec![clip(0)]), script);
    let waits: Vec<&str> = told.lines().filter_map(|l| l.split("] wait ").nth(1)).collect();
    assert_eq!(waits[..6], ["3s", "5s", "10s", "20s", "1m", "1m"]);
    assert_eq!(waits.iter().filter(|w| **w == "1m").count(), 30);
    assert_eq!(waits.last(), Some(&"5m"));
}

#[test]
fn a_permalink_that_fails_fails_nothing() {
    let told = own(
        photo("Hi"),
        vec![id("11"), status("FINISHED"), id("21"), http(500, "oops")],
    );
    assert!(told.ends_with("done [21]\n"), "{told}");
}

fn commented(more: Vec<Event>) -> String {
    let mut content = photo("Hi");
    content.first_comment = Some("More at club.example".to_owned());
    let mut script = smooth();
    script.extend(more);
    own(content, script)
}

/// instagram.md 8: own name, words and time.
#[test]
fn a_lost_comment_is_looked_for() {
    let other = r#"{"id":"30","text":"More at club.example","username":"somebody","timestamp":"2027-01-15T08:00:10+0000"}"#;
    let ours = r#"{"id":"31","text":"More at club.example","username":"club","timestamp":"2027-01-15T08:00:10+0000"}"#;
    assert_snapshot!(commented(vec![
        Event::Lost,
        ok(&format!(r#"{{"data":[{other}]}}"#)),
        ok(&format!(r#"{{"data":[{other},{ours}]}}"#)),
    ]));
}

/// It is never written twice, and the post stays what it is: published.
#[test]
fn a_comment_that_is_nowhere_is_not_written_again() {
    let none = || ok(r#"{"data":[]}"#);
    let told = commented(vec![Event::Lost, none(), http(400, "x"), none()]);
    assert_eq!(
        told.matches("COMMIT POST {api_base}/v25.0/21/comments").count(),
        1,
        "{told}"
    );
    assert!(
        told.contains(
            "done [21, https://www.instagram.com/p/21/]\nnote: the answer to the first comment was lost"
        ),
        "{told}"
    );
}

#[test]
fn a_refused_comment_is_told() {
    let refused = r#"{"error":{"message":"Comments are off","type":"OAuthException","code":100}}"#;
    let told = commented(vec![http(400, refused)]);
    assert!(
        told.contains("done [21, https://www.instagram.com/p/21/]\nnote: the first comment was refused"),
        "{told}"
    );
    let busy = r#"{"error":{"message":"slow","type":"OAuthException","code":17}}"#;
    let told = commented(vec![http(400, busy), id("31")]);
    assert!(told.ends_with("[31, first comment]\n"), "{told}");
    let gone = r#"{"error":{"message":"x","type":"OAuthException","code":190}}"#;
    let told = commented(vec![http(400, gone)]);
    assert!(
        told.contains("=> reauthorise") && told.contains("[all live: [21"),
        "{told}"
    );
}

/// A caption is what it is, with all its signs.
#[test]
fn words_go_as_they_are() {
    let told = own(photo("a & b = c?\n#d @e"), smooth());
    assert!(told.contains("caption = a & b = c?\n#d @e"), "{told}");
    // Nothing that Instagram lacks is sent.
    let told = own(text("no picture"), vec![]);
    assert!(!told.contains("image_url"), "{told}");
}
