//! Uploads (`x.md` 4.4).

use serde_json::json;

use super::{Bench, detail, id};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model, Spoil};

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn multipart(bench: &mut Bench, target: &str, fields: &[(&str, &[u8])]) -> SandboxReply {
    let mut req = SandboxRequest::new("POST", target)
        .with_bearer(&bench.token)
        .with_header("Content-Type", "multipart/form-data; boundary=zz");
    for (name, bytes) in fields {
        let head = format!("--zz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        req.body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    req.body.extend(b"--zz--\r\n");
    bench.x.handle(&req, bench.now)
}

fn initialize(bench: &mut Bench, mime: &str, category: &str, total: usize) -> SandboxReply {
    let body = json!({"media_type": mime, "media_category": category, "total_bytes": total});
    bench.call("POST", "/2/media/upload/initialize", Some(&body))
}

fn append(bench: &mut Bench, id: &str, index: usize, bytes: &[u8]) -> SandboxReply {
    let index = index.to_string();
    let fields = [("segment_index", index.as_bytes()), ("media", bytes)];
    multipart(bench, &format!("/2/media/upload/{id}/append"), &fields)
}

fn finalize(bench: &mut Bench, id: &str) -> SandboxReply {
    bench.call("POST", &format!("/2/media/upload/{id}/finalize"), None)
}

fn upload(bench: &mut Bench, mime: &str, category: &str, bytes: &[u8]) -> String {
    let id = id(&initialize(bench, mime, category, bytes.len()));
    for (index, chunk) in bytes.chunks(10_000).enumerate() {
        assert_eq!(append(bench, &id, index, chunk).status, 200);
    }
    assert_eq!(finalize(bench, &id).status, 200);
    id
}

fn post(bench: &mut Bench, text: &str, ids: &[&str]) -> SandboxReply {
    bench.create(&json!({"text": text, "media": {"media_ids": ids}}))
}

#[test]
fn a_picture_is_ready_at_once_and_has_words() {
    let mut bench = Bench::new();
    let bytes = sample("square-1080.jpg");
    let picture = upload(&mut bench, "image/jpeg", "tweet_image", &bytes);
    let alt = json!({"id": picture, "metadata": {"alt_text": {"text": "a square"}}});
    assert_eq!(bench.call("POST", "/2/media/metadata", Some(&alt)).status, 200);
    let long = json!({"id": picture, "metadata": {"alt_text": {"text": "x".repeat(1_001)}}});
    assert_eq!(bench.call("POST", "/2/media/metadata", Some(&long)).status, 400);
    assert_eq!(post(&mut bench, "look", &[&picture]).status, 201);
    let wall = &bench.x.posts()[0];
    assert_eq!(
        (wall.text.as_str(), wall.media[0].alt.as_deref()),
        ("look", Some("a square"))
    );
    assert_eq!(wall.media[0].bytes, bytes);
    let listed = &bench.list("&tweet.fields=entities,attachments")["data"][0];
    assert!(listed["text"].as_str().unwrap().starts_with("look https://t.co/"));
    assert_eq!(listed["attachments"]["media_keys"][0], format!("3_{picture}"));
    assert!(
        listed["entities"]["urls"][0]["display_url"]
            .as_str()
            .unwrap()
            .starts_with("pic.x.com/")
    );
    bench.x.forget_media_beyond(0);
    assert!(bench.x.posts()[0].media[0].bytes.is_empty());
}

#[test]
fn a_video_is_processed_first() {
    let mut bench = Bench::new();
    let bytes = sample("reel-9x16-4s-h264-aac.mp4");
    let video = upload(&mut bench, "video/mp4", "tweet_video", &bytes);
    let target = format!("/2/media/upload?command=STATUS&media_id={video}");
    let state = |bench: &mut Bench| bench.get(&target).value()["data"]["processing_info"]["state"].clone();
    assert_eq!(state(&mut bench), "pending");
    assert_eq!(post(&mut bench, "early", &[&video]).status, 400);
    assert_eq!(bench.x.violations.media_early, 1);
    bench.now += 2_000;
    assert_eq!(state(&mut bench), "in_progress");
    bench.now += 2_000;
    assert_eq!(state(&mut bench), "succeeded");
    let picture = upload(&mut bench, "image/jpeg", "tweet_image", &sample("tiny-200.jpg"));
    assert_eq!(post(&mut bench, "mixed", &[&video, &picture]).status, 400);
    assert_eq!(post(&mut bench, "alone", &[&video]).status, 201);
    let broken = upload(&mut bench, "video/mp4", "tweet_video", &sample("truncated.mp4"));
    bench.now += 4_000;
    let said = bench
        .get(&format!("/2/media/upload?command=STATUS&media_id={broken}"))
        .value();
    assert_eq!(said["data"]["processing_info"]["state"], "failed");
    let stuck = upload(&mut bench, "video/mp4", "tweet_video", &bytes);
    let req = SandboxRequest::new("GET", "/");
    bench.x.spoil(&Spoil::Stick, &req, bench.now);
    bench.now += 900_000;
    let said = bench
        .get(&format!("/2/media/upload?command=STATUS&media_id={stuck}"))
        .value();
    assert_eq!(said["data"]["processing_info"]["state"], "pending");
}

#[test]
fn chunks_are_counted() {
    let mut bench = Bench::new();
    assert_eq!(
        initialize(&mut bench, "image/jpeg", "tweet_image", 5_000_001).status,
        400
    );
    assert_eq!(initialize(&mut bench, "image/jpeg", "tweet_gif", 10).status, 400);
    assert_eq!(
        initialize(&mut bench, "image/heic", "tweet_image", 10).status,
        400
    );
    let bytes = sample("tiny-200.jpg");
    let part = id(&initialize(&mut bench, "image/jpeg", "tweet_image", bytes.len()));
    let half = bytes.len() / 2;
    append(&mut bench, &part, 1, &bytes[half..]);
    assert_eq!(bench.x.violations.chunk_out_of_order, 1);
    assert!(detail(&finalize(&mut bench, &part)).1.contains("do not add up"));
    append(&mut bench, &part, 0, &bytes[..half]);
    append(&mut bench, &part, 0, &bytes[..half]);
    assert_eq!(
        finalize(&mut bench, &part).status,
        200,
        "the same segment may come again"
    );
    assert_eq!(finalize(&mut bench, &part).status, 200);
    assert_eq!(append(&mut bench, &part, 1_000, b"x").status, 400);
    bench.x.settings.max_chunk = 10;
    bench.x.settings.chunk_status = 431;
    let next = id(&initialize(&mut bench, "image/jpeg", "tweet_image", 20));
    assert_eq!(append(&mut bench, &next, 0, &[0; 10]).status, 200);
    assert_eq!(append(&mut bench, &next, 1, &[0; 11]).status, 431);
}

#[test]
fn media_end_and_belong_to_one() {
    let mut bench = Bench::new();
    let bytes = sample("tiny-200.jpg");
    let whole = [("media", &bytes[..]), ("media_category", b"tweet_image")];
    let one = id(&multipart(&mut bench, "/2/media/upload", &whole));
    bench.now += 86_399_999;
    assert_eq!(post(&mut bench, "in time", &[&one]).status, 201);
    bench.now += 1;
    assert!(
        detail(&post(&mut bench, "late", &[&one]))
            .1
            .contains("media IDs are invalid")
    );
    let other = id(&multipart(&mut bench, "/2/media/upload", &whole));
    bench.token = bench.x.grant("bob", &[], bench.now);
    assert_eq!(post(&mut bench, "not mine", &[&other]).status, 400);
    let mut narrow = Bench::with(&["tweet.read", "tweet.write", "users.read"]);
    assert_eq!(
        detail(&multipart(&mut narrow, "/2/media/upload", &whole)),
        (403, "Forbidden".to_owned())
    );
}

#[test]
fn the_older_forms_work() {
    let mut bench = Bench::new();
    let bytes = sample("tiny-200.jpg");
    let total = bytes.len().to_string();
    let init: [(&str, &[u8]); 4] = [
        ("command", b"INIT"),
        ("media_type", b"image/jpeg"),
        ("total_bytes", total.as_bytes()),
        ("media_category", b"tweet_image"),
    ];
    let id = id(&multipart(&mut bench, "/2/media/upload", &init));
    let append: [(&str, &[u8]); 4] = [
        ("command", b"APPEND"),
        ("media_id", id.as_bytes()),
        ("segment_index", b"0"),
        ("media", &bytes),
    ];
    assert_eq!(multipart(&mut bench, "/2/media/upload", &append).status, 200);
    let finalize: [(&str, &[u8]); 2] = [("command", b"FINALIZE"), ("media_id", id.as_bytes())];
    assert_eq!(
        multipart(&mut bench, "/2/media/upload", &finalize).value()["data"]["size"],
        bytes.len()
    );
}
