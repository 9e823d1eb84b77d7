//! Each kind's requests, held against docs/facts/facebook.md 2 to 8.

mod enquiries;
mod faults;
mod kinds;
mod login;
mod more_faults;
mod restricted;
mod rows;
mod uploads;

use crate::domain::post::{Content, Kind};
use crate::platforms::tests::{Event, job, media, ok, run, text};

/// Runs a content on Facebook.
fn facebook(content: Content, script: Vec<Event>) -> String {
    let mut job = job("facebook", content);
    job.profile.facts.insert("app_id".to_owned(), "42".to_owned());
    run(&job, "facebook", script)
}

/// An answer with an id.
fn id(id: &str) -> Event {
    ok(&format!(r#"{{"id":"{id}"}}"#))
}

/// The answer of `/feed`.
fn posted(n: &str) -> Event {
    ok(&format!(
        r#"{{"id":"1784_{n}","permalink_url":"https://www.facebook.com/1784/posts/{n}"}}"#
    ))
}

/// `{"success":true}`
fn done() -> Event {
    ok(r#"{"success":true}"#)
}

/// A list.
fn listed(entries: &[String]) -> Event {
    ok(&format!(r#"{{"data":[{}]}}"#, entries.join(",")))
}

/// A video's status in these words.
fn video(whole: &str, publishing: &str) -> Event {
    ok(&format!(
        r#"{{"id":"41","status":{{"video_status":"{whole}","uploading_phase":{{"status":"complete"}},"publishing_phase":{{"status":"{publishing}"}}}}}}"#
    ))
}

fn live_video() -> Event {
    ok(
        r#"{"id":"41","published":true,"post_id":"77","permalink_url":"/reel/41/","status":{"video_status":"ready","publishing_phase":{"status":"complete","publish_status":"published"}}}"#,
    )
}

fn photos(words: &str, n: u32) -> Content {
    let mut content = text(words);
    content.segments[0].media = (0..n)
        .map(|i| {
            media(
                i,
                &format!("{i}.jpg"),
                "image/jpeg",
                (i == 0).then_some("The open door"),
            )
        })
        .collect();
    content
}

fn clip(words: &str, kind: Kind) -> Content {
    let mut content = Content { kind, ..text(words) };
    content.segments[0].media = vec![media(0, "clip.mp4", "video/mp4", None)];
    content
}

fn message(to: &[&str]) -> Content {
    Content {
        kind: Kind::Message,
        to: to.iter().map(|t| (*t).to_owned()).collect(),
        ..text("The hall is open.")
    }
}

/// The answer that opens a reel's upload.
fn opened() -> Event {
    ok(r#"{"video_id":"41","upload_url":"https://rupload.facebook.com/video-upload/v25.0/41"}"#)
}
