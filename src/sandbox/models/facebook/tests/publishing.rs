//! Posts, photos, videos (facebook.md 4, 6, 7, 8).

use serde_json::json;

use super::{Bench, JPG, REEL};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Model as _, Spoil, Trouble, WallKind};
use crate::sandbox::models::meta::testing::{NOW, code, id, ids, sample};

#[test]
fn a_text_is_seen_and_found_in_the_list_with_its_application() {
    let mut b = Bench::new();
    let reply = b.page("feed", &[("message", "Hello"), ("fields", "id,permalink_url")]);
    let value = reply.value();
    assert!(
        value["permalink_url"]
            .as_str()
            .unwrap()
            .starts_with("https://www.facebook.com/")
    );
    let post = id(&reply);
    assert!(post.starts_with(&format!("{}_", b.page)));
    let listed = b.list("published_posts?fields=id,message,created_time,application{id},attachments{media_type,target{id},subattachments{target{id}}}");
    let first = &listed.value()["data"][0];
    assert_eq!(
        first,
        &json!({"id": post, "message": "Hello", "created_time": "2026-01-01T00:00:00+0000", "application": {"id": "sandbox-app"}})
    );
    assert_eq!(b.seen()[0].text, "Hello");
    assert_eq!(code(&b.page("feed", &[])), "100");
    assert_eq!(code(&b.get(&format!("/v25.0/{post}?fields=nonsense"))), "100");
}

#[test]
fn what_the_page_refuses() {
    let mut b = Bench::new();
    let long = "x".repeat(63_207);
    let cases: [(&str, &str, &str); 4] = [
        ("message", &long, "100"),
        ("link", "nonsense", "100/2061006"),
        ("link", "https://www.facebook.com/x", "100/1609008"),
        ("scheduled_publish_time", "1", "100"),
    ];
    for (name, value, expected) in cases {
        assert_eq!(
            code(&b.page("feed", &[(name, value), ("message", "a")])),
            expected,
            "{name}"
        );
    }
    assert_eq!(b.seen().len(), 0);
    for (switch, on, off, expected) in [
        ("link_unreadable", json!(true), json!(false), "1609005"),
        ("abusive_words", json!(["spam"]), json!([]), "368/1346003"),
        ("refuse_publishing", json!(1_404_078), json!(null), "200/1404078"),
    ] {
        b.set(switch, on);
        let form = [("message", "spam"), ("link", "https://a.example/")];
        assert_eq!(code(&b.page("feed", &form)), expected);
        b.set(switch, off);
    }
}

#[test]
fn schedules_have_ten_minutes_to_thirty_days_and_come_by_themselves() {
    let mut b = Bench::new();
    let minute = 60;
    for (ahead, expected) in [
        (9 * minute, "100"),
        (10 * minute, "ok"),
        (30 * 1440 * minute, "ok"),
        (30 * 1440 * minute + 1, "100"),
    ] {
        let at = (NOW / 1000 + ahead).to_string();
        let form = [
            ("message", "later"),
            ("published", "false"),
            ("scheduled_publish_time", &at),
        ];
        assert_eq!(code(&b.page("feed", &form)), expected, "{ahead}");
    }
    assert_eq!((b.seen().len(), ids(&b.list("scheduled_posts")).len()), (0, 2));
    b.now += 600_000;
    assert_eq!((ids(&b.list("published_posts")).len(), b.seen().len()), (1, 1));
    assert_eq!(b.seen()[0].at_ms, NOW + 600_000);
}

#[test]
fn a_draft_is_published_by_its_id_once() {
    let mut b = Bench::new();
    let form = [
        ("message", "d"),
        ("published", "false"),
        ("unpublished_content_type", "DRAFT"),
    ];
    let draft = id(&b.page("feed", &form));
    assert_eq!((b.seen().len(), ids(&b.list("published_posts")).len()), (0, 0));
    b.now += 1_000;
    for _ in 0..2 {
        assert_eq!(
            code(&b.post(&format!("/v25.0/{draft}"), &[("is_published", "true")])),
            "ok"
        );
        b.now += 1_000;
    }
    assert_eq!((b.seen().len(), b.seen()[0].at_ms), (1, NOW + 1_000));
    assert_eq!(
        b.get(&format!("/v25.0/{draft}?fields=is_published")).value()["is_published"],
        true
    );
}

#[test]
fn photos_are_invisible_until_they_are_attached_and_only_once() {
    let mut b = Bench::new();
    let (one, two) = (b.photo(), b.photo());
    assert_eq!(b.seen().len(), 0);
    let form = [
        ("message", "two"),
        (
            "attached_media[0]",
            &format!("{{\"media_fbid\":\"{one}\"}}") as &str,
        ),
        ("attached_media[1]", &format!("{{\"media_fbid\":\"{two}\"}}")),
    ];
    let post = id(&b.page("feed", &form));
    let listed = b
        .list("published_posts?fields=attachments{subattachments{target{id}}}")
        .value();
    let targets = &listed["data"][0]["attachments"]["data"][0]["subattachments"]["data"];
    assert_eq!(
        targets,
        &json!([{"target": {"id": one}}, {"target": {"id": two}}])
    );
    assert_eq!(
        b.get(&format!("/v25.0/{one}?fields=page_story_id")).value()["page_story_id"],
        post.as_str()
    );
    assert_eq!(b.seen()[0].media.len(), 2);
    assert_eq!(b.facebook.violations(), Vec::<String>::new());
    assert_eq!(code(&b.attach(&one, "again")), "100/1366051");
    assert_eq!(
        b.facebook.violations(),
        ["a photo was attached to a second post: 1"]
    );
    let third = b.photo();
    b.now += 86_400_000;
    assert_eq!(code(&b.attach(&third, "old")), "100/33");
}

#[test]
fn photos_come_as_files_too_and_are_judged() {
    let mut b = Bench::new();
    let mut req = SandboxRequest::new("POST", &format!("/v25.0/{}/photos?published=false", b.page))
        .with_bearer(&b.token)
        .with_header("Content-Type", "multipart/form-data; boundary=xyz");
    req.body =
        b"--xyz\r\nContent-Disposition: form-data; name=\"source\"; filename=\"a.jpg\"\r\n\r\n".to_vec();
    req.body.extend(sample("tiny-200.jpg"));
    req.body.extend(b"\r\n--xyz--\r\n");
    let photo = id(&b.send(&req));
    assert_eq!(code(&b.attach(&photo, "file")), "ok");
    assert_eq!(b.seen()[0].media[0].bytes, sample("tiny-200.jpg"));
    for (url, expected) in [
        ("https://m.example/square.webp", "324/2069019"),
        ("https://m.example/none.jpg", "324/2069019"),
    ] {
        assert_eq!(code(&b.page("photos", &[("url", url)])), expected);
    }
    b.set("photo_max_bytes", json!(100));
    assert_eq!(code(&b.page("photos", &[("url", JPG)])), "1/1366046");
}

#[test]
fn a_reel_is_only_acknowledged_and_then_seen() {
    let mut b = Bench::new();
    let video = b.uploaded("video_reels");
    assert_eq!(
        b.status(&video),
        "upload_complete complete not_started not_started"
    );
    let form = [
        ("upload_phase", "finish"),
        ("video_id", &video as &str),
        ("video_state", "PUBLISHED"),
        ("description", "r"),
    ];
    assert_eq!(b.page("video_reels", &form).value(), json!({"success": true}));
    assert_eq!(
        (b.status(&video).as_str(), b.seen().len()),
        ("processing complete in_progress in_progress", 0)
    );
    b.now += 4_000;
    assert_eq!(b.status(&video), "ready complete complete complete");
    let read = b
        .get(&format!("/v25.0/{video}?fields=published,post_id,permalink_url"))
        .value();
    assert_eq!(
        (&read["published"], b.seen()[0].kind),
        (&json!(true), WallKind::Reel)
    );
    assert_eq!(read["post_id"], b.seen()[0].id.as_str());
    assert_eq!(b.facebook.violations(), Vec::<String>::new());
    assert_eq!(code(&b.page("video_reels", &form)), "ok");
    b.now += 10_000;
    assert_eq!((b.status(&video).contains("ready"), b.seen().len()), (true, 1));
    assert_eq!(
        b.facebook.violations(),
        ["an upload was finished again after that had worked: 1"]
    );
    b.set("finish_again", json!("second_post"));
    b.page("video_reels", &form);
    b.now += 10_000;
    assert_eq!((b.status(&video).contains("ready"), b.seen().len()), (true, 2));
}

#[test]
fn uploads_go_on_from_where_they_stand() {
    let mut b = Bench::new();
    let start = b.page("video_stories", &[("upload_phase", "start")]).value();
    let video = start["video_id"].as_str().unwrap().to_owned();
    let file = sample("reel-9x16-4s-h264-aac.mp4");
    let half = file.len() / 2;
    let early = [("upload_phase", "finish"), ("video_id", &video as &str)];
    assert_eq!(code(&b.page("video_stories", &early)), "6000/1363030");
    assert_eq!(b.bytes(&video, 0, file.len(), file[..half].to_vec()).status, 400);
    let status = b.get(&format!("/v25.0/{video}?fields=status")).value();
    assert_eq!(
        status["status"]["uploading_phase"],
        json!({"status": "in_progress", "bytes_transferred": half})
    );
    let wrong = b.bytes(&video, 0, file.len(), file.clone()).value();
    assert_eq!(wrong["debug_info"]["type"], "OffsetInvalidError");
    assert_eq!(
        b.bytes(&video, half, file.len(), file[half..].to_vec()).value(),
        json!({"success": true})
    );
    let done = b.page("video_stories", &early).value();
    b.now += 4_000;
    assert_eq!(b.status(&video), "ready complete complete complete");
    assert_eq!(
        (done["post_id"].as_str(), b.seen()[0].kind),
        (Some(b.seen()[0].id.as_str()), WallKind::Story)
    );
    assert_eq!(b.list("stories").value()["data"][0]["media_id"], video.as_str());
    b.now += 86_400_000;
    assert_eq!(b.list("stories?status=PUBLISHED").value()["data"], json!([]));
}

#[test]
fn a_switch_cuts_uploads() {
    let mut b = Bench::new();
    b.set("upload_keeps", json!(100_000));
    let start = b.page("video_reels", &[("upload_phase", "start")]).value();
    let video = start["video_id"].as_str().unwrap().to_owned();
    let file = sample("reel-9x16-4s-h264-aac.mp4");
    for at in [0, 100_000] {
        let cut = b.bytes(&video, at, file.len(), file[at..].to_vec()).value();
        assert_eq!(cut["debug_info"]["type"], "PartialRequestError");
        let status = b.get(&format!("/v25.0/{video}?fields=status")).value();
        assert_eq!(
            status["status"]["uploading_phase"]["bytes_transferred"],
            at + 100_000
        );
    }
    let rest = b.bytes(&video, 200_000, file.len(), file[200_000..].to_vec());
    assert_eq!(rest.value(), json!({"success": true}));
}

#[test]
fn a_video_comes_in_chunks() {
    let mut b = Bench::new();
    b.set("chunk_bytes", json!(3_000));
    let file = sample("reel-9x16-4s-h264-aac.mp4");
    let size = file.len().to_string();
    let start = b
        .page("videos", &[("upload_phase", "start"), ("file_size", &size)])
        .value();
    let (session, video) = (
        start["upload_session_id"].as_str().unwrap().to_owned(),
        start["video_id"].clone(),
    );
    let (mut from, mut to) = (start["start_offset"].clone(), start["end_offset"].clone());
    while from != to {
        let number = |v: &serde_json::Value| v.as_str().unwrap().parse::<usize>().unwrap();
        let (a, z) = (number(&from), number(&to));
        let mut req = SandboxRequest::new("POST", &format!("/v25.0/{}/videos", b.page))
            .with_bearer(&b.token)
            .with_query("upload_phase", "transfer")
            .with_query("upload_session_id", &session)
            .with_query("start_offset", &a.to_string())
            .with_header("Content-Type", "multipart/form-data; boundary=xyz");
        req.body =
            b"--xyz\r\nContent-Disposition: form-data; name=\"video_file_chunk\"; filename=\"v\"\r\n\r\n"
                .to_vec();
        req.body.extend(&file[a..z]);
        req.body.extend(b"\r\n--xyz--\r\n");
        let next = b.send(&req).value();
        (from, to) = (next["start_offset"].clone(), next["end_offset"].clone());
        assert_eq!(code(&b.send(&req)), "6001/1363037", "the same chunk again");
    }
    let form = [
        ("upload_phase", "finish"),
        ("upload_session_id", &session as &str),
        ("description", "v"),
    ];
    assert_eq!(b.page("videos", &form).value(), json!({"success": true}));
    b.now += 4_000;
    assert_eq!(
        b.status(video.as_str().unwrap()),
        "ready complete complete complete"
    );
    assert_eq!(b.seen()[0].media[0].bytes, file);
}

#[test]
fn bad_videos_show_in_the_status_and_stuck_ones_never_end() {
    let mut b = Bench::new();
    let bad = id(&b.page(
        "videos",
        &[("file_url", "https://m.example/moov-last-16x9-6s.mp4")],
    ));
    let good = id(&b.page("videos", &[("file_url", REEL)]));
    b.facebook
        .spoil(&Spoil::Stick, &SandboxRequest::new("GET", "/"), NOW);
    b.now += 1_000_000;
    assert_eq!(b.status(&bad), "error complete error not_started");
    assert_eq!(b.status(&good), "processing complete in_progress in_progress");
    assert_eq!(b.seen().len(), 0);
}

#[test]
fn thirty_reels_in_rolling_twenty_four_hours() {
    let mut b = Bench::new();
    b.set("reels_quota", json!(2));
    let video = b.uploaded("video_reels");
    let late = b.uploaded("video_reels");
    let finish = |b: &mut Bench, video: &str| {
        let form = [
            ("upload_phase", "finish"),
            ("video_id", video),
            ("video_state", "PUBLISHED"),
        ];
        code(&b.page("video_reels", &form))
    };
    assert_eq!(finish(&mut b, &video), "ok");
    b.now += 1_000;
    assert_eq!(finish(&mut b, &late), "ok");
    b.now = NOW + 86_399_999;
    assert_eq!(code(&b.page("video_reels", &[("upload_phase", "start")])), "613");
    b.now = NOW + 86_400_000;
    assert_eq!(code(&b.page("video_reels", &[("upload_phase", "start")])), "ok");
}

#[test]
fn duplicates_are_refused_by_a_switch_photos_never() {
    let mut b = Bench::new();
    for (switch, expected) in [("accepted", "ok"), ("code506", "506"), ("code368", "368")] {
        b.set("duplicates", json!(switch));
        b.page("feed", &[("message", switch)]);
        assert_eq!(code(&b.page("feed", &[("message", switch)])), expected);
    }
    for _ in 0..2 {
        let photo = b.photo();
        assert_eq!(code(&b.attach(&photo, "same")), "ok");
    }
    b.set("spacing_s", json!(60));
    assert_eq!(code(&b.page("feed", &[("message", "fast")])), "368/1390008");
}

#[test]
fn a_photo_story_is_in_the_stories_alone() {
    let mut b = Bench::new();
    let photo = b.photo();
    let story = b.page("photo_stories", &[("photo_id", &photo)]).value();
    assert_eq!(story["success"], true);
    let listed = b
        .list("stories?fields=media_id,media_type,post_id,status,creation_time,url")
        .value();
    assert_eq!(
        (&listed["data"][0]["media_id"], &listed["data"][0]["status"]),
        (&json!(photo), &json!("PUBLISHED"))
    );
    assert_eq!(ids(&b.list("published_posts")).len(), 0);
    b.page("photo_stories", &[("photo_id", &photo)]);
    assert_eq!(b.facebook.violations(), ["a photo was made a story twice: 1"]);
}

#[test]
fn lists_lag_and_turn_pages() {
    let mut b = Bench::new();
    let mut made: Vec<String> = Vec::new();
    for n in 0..5 {
        b.now += 1_000;
        made.insert(0, id(&b.page("feed", &[("message", &format!("n{n}"))])));
    }
    let first = b.list("published_posts?limit=2");
    assert_eq!(ids(&first), made[..2]);
    let next = first.value()["paging"]["next"].as_str().unwrap().to_owned();
    let target = next.strip_prefix("https://graph.facebook.com").unwrap();
    assert_eq!(ids(&b.get(target)), made[2..4]);
    let after = first.value()["paging"]["cursors"]["after"]
        .as_str()
        .unwrap()
        .to_owned();
    let last = b.list(&format!("published_posts?limit=3&after={after}"));
    assert_eq!(
        (ids(&last), &last.value()["paging"]["next"]),
        (made[2..].to_vec(), &json!(null))
    );
    let since = NOW / 1000 + 4;
    assert_eq!(ids(&b.list(&format!("published_posts?since={since}"))), made[..2]);
    b.facebook
        .spoil(&Spoil::Lag(Some(2_000)), &SandboxRequest::new("GET", "/"), b.now);
    assert_eq!(ids(&b.list("published_posts")), made[2..]);
    b.facebook
        .spoil(&Spoil::Lag(None), &SandboxRequest::new("GET", "/"), b.now);
    assert_eq!(ids(&b.list("feed")), made);
}

#[test]
fn deleting_is_once_and_what_is_gone_is_33() {
    let mut b = Bench::new();
    let post = id(&b.page("feed", &[("message", "a")]));
    assert_eq!(b.delete(&post).value(), json!({"success": true}));
    assert_eq!(code(&b.delete(&post)), "100/33");
    assert_eq!(code(&b.get(&format!("/v25.0/{post}?fields=id"))), "100/33");
    assert_eq!(b.facebook.posts()[0].deleted_ms, Some(NOW));
}

#[test]
fn old_metrics_are_gone() {
    let mut b = Bench::new();
    let post = id(&b.page("feed", &[("message", "a")]));
    b.now += 600_000;
    let good = b.get(&format!(
        "/v25.0/{post}/insights?metric=post_total_media_view_unique,post_clicks_by_type"
    ));
    assert_eq!(good.value()["data"][0]["values"][0]["value"], 60);
    let old = format!("/v25.0/{post}/insights?metric=post_impressions_unique");
    assert_eq!(code(&b.get(&old)), "100");
    b.set("old_metrics_gone", json!(false));
    assert_eq!(code(&b.get(&old)), "ok");
    assert_eq!(code(&b.list("insights?metric=page_media_view&period=day")), "ok");
}

/// facebook.md 5: a video's numbers are at an edge of its own.
#[test]
fn a_video_has_numbers_of_its_own() {
    let mut b = Bench::new();
    let video = b.uploaded("video_reels");
    b.now += 600_000;
    assert_eq!(
        code(&b.get(&format!("/v25.0/{video}/insights?metric=post_clicks"))),
        "100"
    );
    let all = b.get(&format!("/v25.0/{video}/video_insights")).value();
    assert_eq!(all["data"].as_array().unwrap().len(), 3);
    let one = b
        .get(&format!("/v25.0/{video}/video_insights?metric=total_video_views"))
        .value();
    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        code(&b.get(&format!("/v25.0/{video}/video_insights?metric=plays"))),
        "100"
    );
}

#[test]
fn faults_are_said_in_the_vendors_words() {
    let b = Bench::new();
    let req = SandboxRequest::new("POST", &format!("/v25.0/{}/feed", b.page));
    for (trouble, expected) in [
        (Trouble::Outage(502), "status 502"),
        (Trouble::RateLimited(60), "80001"),
        (Trouble::Duplicate, "506"),
        (Trouble::Transient, "2"),
        (Trouble::Rejected, "368/1346003"),
    ] {
        assert_eq!(code(&b.facebook.refuse(&trouble, &req)), expected);
    }
}
