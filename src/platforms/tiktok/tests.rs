//! Each kind's requests, held against docs/facts/tiktok.md.

mod checks;
mod faults;
mod kinds;
mod login;
mod rows;

use std::collections::BTreeMap;

use crate::core::flow::Job;
use crate::domain::post::{Content, Extra, Kind};
use crate::platforms::tests::{Event, http, job, media, ok, run, text};

/// An account that publishes for everybody with an audited app.
const PUBLIC: &[(&str, &str)] = &[("privacy", "PUBLIC_TO_EVERYONE"), ("audited", "true")];
/// One whose app is not audited.
const PRIVATE: &[(&str, &str)] = &[("privacy", "SELF_ONLY")];
/// One that gets drafts.
const INBOX: &[(&str, &str)] = &[("mode", "inbox")];

fn options(options: &[(&str, &str)]) -> BTreeMap<String, String> {
    options
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn job_of(content: Content, account: &[(&str, &str)]) -> Job {
    Job {
        options: options(account),
        ..job("tiktok", content)
    }
}

/// Runs a content on TikTok.
fn tiktok(content: Content, account: &[(&str, &str)], script: Vec<Event>) -> String {
    run(&job_of(content, account), "tiktok", script)
}

/// A good answer.
fn good(data: &str) -> Event {
    ok(&format!(
        r#"{{"data":{data},"error":{{"code":"ok","message":"","log_id":"2022"}}}}"#
    ))
}

/// An error of the API.
fn bad(status: u16, code: &str) -> Event {
    http(
        status,
        &format!(r#"{{"error":{{"code":"{code}","message":"words","log_id":"2022"}}}}"#),
    )
}

/// creator_info of a public account.
fn creator() -> Event {
    good(
        r#"{"creator_username":"club.kiel","creator_nickname":"The Club","privacy_level_options":["PUBLIC_TO_EVERYONE","MUTUAL_FOLLOW_FRIENDS","SELF_ONLY"],"comment_disabled":false,"duet_disabled":false,"stitch_disabled":true,"max_video_post_duration_sec":300}"#,
    )
}

/// The answer to the announcement of a video.
fn opened() -> Event {
    good(
        r#"{"publish_id":"v_pub_file~v2-1.123","upload_url":"https://upload.us.tiktokapis.com/video/?upload_id=67890&upload_token=Xza123"}"#,
    )
}

/// The answer to the announcement of pictures.
fn taken() -> Event {
    good(r#"{"publish_id":"p_pub_url~v2.123"}"#)
}

fn status(word: &str) -> Event {
    good(&format!(r#"{{"status":"{word}","fail_reason":""}}"#))
}

fn uploaded(bytes: u64) -> Event {
    good(&format!(
        r#"{{"status":"PROCESSING_UPLOAD","fail_reason":"","uploaded_bytes":{bytes}}}"#
    ))
}

fn failed(reason: &str) -> Event {
    good(&format!(r#"{{"status":"FAILED","fail_reason":"{reason}"}}"#))
}

/// Published, with this list of ids.
fn complete(ids: &str) -> Event {
    good(&format!(
        r#"{{"status":"PUBLISH_COMPLETE","fail_reason":"","publicaly_available_post_id":{ids}}}"#
    ))
}

/// A piece was answered with this status.
fn piece(status: u16) -> Event {
    http(status, "")
}

/// A piece was answered with this status, and where TikTok stands.
fn range(status: u16, range: &str) -> Event {
    Event::Header(status, "content-range", range.to_owned())
}

/// A video of 1000 bytes.
fn clip(words: &str) -> Content {
    let mut content = text(words);
    content.segments[0].media = vec![media(0, "clip.mp4", "video/mp4", None)];
    content.segments[0].media[0].facts.duration_ms = Some(20_000);
    content
}

/// A video of so many bytes.
fn long_clip(bytes: u64) -> Content {
    let mut content = clip("The gate #kiel");
    content.segments[0].media[0].facts.bytes = bytes;
    content
}

fn photos(words: &str, n: u32) -> Content {
    let mut content = text(words);
    content.segments[0].media = (0..n)
        .map(|i| media(i, &format!("{i}.jpg"), "image/jpeg", None))
        .collect();
    content
}

fn with(mut content: Content, extras: &[(&str, Extra)]) -> Content {
    content.extras.extend(
        extras
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone())),
    );
    content
}

fn reel(words: &str) -> Content {
    Content {
        kind: Kind::Reel,
        ..clip(words)
    }
}
