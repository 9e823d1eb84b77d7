//! Chunks and their addresses (`tiktok.md` 4.4).

use serde_json::json;

use super::{Bench, code, said, sample};

/// An init whose chunks are of ten thousand bytes: megabytes are made small.
fn chunked(bench: &mut Bench, size: usize, chunk: usize, count: usize) -> super::SandboxReply {
    let body = json!({"post_info": {"title": "t", "privacy_level": "SELF_ONLY"},
        "source_info": {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk, "total_chunk_count": count}});
    bench.post("/v2/post/publish/video/init/", &body)
}

#[test]
fn the_arithmetic_of_chunks_is_exact() {
    let cases = [
        (50_000_123, 10_000_000, 5, 200),
        (50_000_123, 10_000_000, 6, 400),
        (50_000_123, 50_000_123, 1, 200),
        (64_000_000, 64_000_000, 1, 200),
        (64_000_001, 64_000_001, 1, 400),
        (64_000_001, 32_000_000, 2, 200),
        (4_999_999, 4_999_999, 1, 200),
        (4_999_999, 1_000_000, 4, 400),
        (10_000_000, 4_999_999, 2, 400),
        (10_000_000, 5_000_000, 2, 200),
        (0, 0, 0, 400),
    ];
    for (size, chunk, count, status) in cases {
        let mut bench = Bench::new();
        bench.creator();
        assert_eq!(
            chunked(&mut bench, size, chunk, count).status,
            status,
            "{size} {chunk} {count}"
        );
    }
}

#[test]
fn chunks_come_one_after_the_other() {
    let mut bench = Bench::new();
    bench.tiktok.settings.megabyte = 2_000;
    bench.creator();
    let bytes = sample("reel-9x16-4s-h264-aac.mp4");
    let (size, chunk) = (bytes.len(), 10_000);
    let count = size / chunk;
    assert!(count >= 3, "{size}");
    let made = chunked(&mut bench, size, chunk, count).value();
    let url = made["data"]["upload_url"].as_str().unwrap().to_owned();
    let id = made["data"]["publish_id"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://open-upload.tiktokapis.com/video/?upload_id="));
    let range = |first: usize, last: usize| format!("bytes {first}-{last}/{size}");
    let early = bench.put(&url, &range(chunk, 2 * chunk - 1), &bytes[chunk..2 * chunk]);
    assert_eq!(
        (early.status, early.header("content-range")),
        (416, Some(&*format!("bytes 0-0/{size}")))
    );
    assert_eq!(bench.tiktok.violations.chunk_out_of_order, 1);
    assert_eq!(
        bench.put(&url, &range(0, chunk - 1), &bytes[..chunk - 1]).status,
        400,
        "too short"
    );
    assert_eq!(
        bench.put(&url, &range(0, chunk - 2), &bytes[..chunk - 1]).status,
        400,
        "not the size told"
    );
    assert_eq!(bench.put(&url, "bytes 0-9999/7", &bytes[..chunk]).status, 400);
    let stored = bench.put(&url, &range(0, chunk - 1), &bytes[..chunk]);
    assert_eq!(
        (stored.status, stored.header("content-range")),
        (206, Some(&*format!("bytes 0-10000/{size}")))
    );
    bench.tiktok.settings.range_last_byte = true;
    let again = bench.put(&url, &range(0, chunk - 1), &bytes[..chunk]);
    assert_eq!(
        (again.status, again.header("content-range")),
        (416, Some(&*format!("bytes 0-9999/{size}")))
    );
    assert_eq!(bench.status(&id)["uploaded_bytes"], chunk);
    for index in 1..count {
        let first = index * chunk;
        let last = if index + 1 == count {
            size - 1
        } else {
            first + chunk - 1
        };
        let reply = bench.put(&url, &range(first, last), &bytes[first..=last]);
        assert_eq!(reply.status, if last + 1 == size { 201 } else { 206 });
    }
    let first = (count - 1) * chunk;
    assert_eq!(
        bench.put(&url, &range(first, size - 1), &bytes[first..]).status,
        416,
        "all is there"
    );
    assert_eq!(bench.status(&id)["status"], "PROCESSING_UPLOAD");
    bench.now += 5_000;
    assert_eq!(bench.status(&id)["status"], "PUBLISH_COMPLETE");
    assert_eq!(bench.tiktok.violations.chunk_out_of_order, 1);
}

#[test]
fn addresses_end_after_an_hour() {
    let mut bench = Bench::new();
    bench.tiktok.settings.second_upload_host = true;
    bench.creator();
    let bytes = sample("silent-square-3s.mp4");
    let made = bench.init("SELF_ONLY", bytes.len()).value();
    let url = made["data"]["upload_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("https://upload.us.tiktokapis.com/"));
    let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
    bench.now += 3_600_000;
    assert_eq!(bench.put(&url, &range, &bytes).status, 403);
    let id = made["data"]["publish_id"].as_str().unwrap().to_owned();
    assert_eq!(bench.status(&id)["fail_reason"], "internal");
    assert_eq!(
        bench
            .put("/video/?upload_id=1&upload_token=2", &range, &bytes)
            .status,
        404
    );
}

#[test]
fn tasks_can_be_cancelled_until_they_are_done() {
    let mut bench = Bench::new();
    let id = bench.publish("SELF_ONLY", "reel-9x16-4s-h264-aac.mp4");
    let target = "/v2/post/publish/cancel/";
    let body = json!({ "publish_id": id });
    assert_eq!(code(&bench.post(target, &body)), said(200, "ok"));
    assert_eq!(bench.status(&id)["fail_reason"], "publish_cancelled");
    assert_eq!(
        code(&bench.post(target, &body)),
        said(400, "publish_not_cancellable")
    );
    assert_eq!(
        code(&bench.post(target, &json!({"publish_id": "x"}))),
        said(400, "invalid_publish_id")
    );
    bench.renew("bob");
    assert_eq!(
        code(&bench.post(target, &body)),
        said(400, "token_not_authorized_for_specified_publish_id")
    );
}
