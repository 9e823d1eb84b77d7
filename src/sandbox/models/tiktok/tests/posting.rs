//! Inits, states, limits and lists (`tiktok.md` 3 to 8).

use serde_json::{Value, json};

use super::{Bench, code, said, sample};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Model, Spoil, Trouble, WallKind};
use crate::sandbox::models::tiktok::Spelling;

const VIDEO: &str = "reel-9x16-4s-h264-aac.mp4";

fn photos(bench: &mut Bench, mode: &str, names: &[&str], changes: &[(&str, Value)]) -> super::SandboxReply {
    let urls: Vec<String> = names
        .iter()
        .map(|name| format!("https://media.example/crier/{name}"))
        .collect();
    let mut body = json!({"post_info": {"title": "cat", "description": "text", "privacy_level": "SELF_ONLY"},
        "source_info": {"source": "PULL_FROM_URL", "photo_cover_index": 0, "photo_images": urls},
        "post_mode": mode, "media_type": "PHOTO"});
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    bench.post("/v2/post/publish/content/init/", &body)
}

fn publish_id(reply: &super::SandboxReply) -> String {
    reply.value()["data"]["publish_id"]
        .as_str()
        .unwrap_or("")
        .to_owned()
}

#[test]
fn a_public_post_gets_its_id_after_moderation() {
    let mut bench = Bench::new();
    let id = bench.publish("PUBLIC_TO_EVERYONE", VIDEO);
    assert!(id.starts_with("v_pub_file~"));
    assert_eq!(bench.status(&id)["status"], "PROCESSING_UPLOAD");
    bench.now += 5_000;
    let done = bench.status(&id);
    assert_eq!(
        (&done["status"], &done["publicaly_available_post_id"]),
        (&json!("PUBLISH_COMPLETE"), &json!([]))
    );
    bench.now += 30_000;
    let post_id = bench.status(&id)["publicaly_available_post_id"][0]
        .as_u64()
        .unwrap();
    assert_eq!(post_id.to_string().len(), 19);
    bench.tiktok.settings.spelling = Spelling::Publicly;
    bench.tiktok.settings.ids_as_strings = true;
    assert_eq!(
        bench.status(&id)["publicly_available_post_id"][0],
        post_id.to_string()
    );
    let wall = &bench.tiktok.posts()[0];
    assert_eq!(
        (wall.kind, wall.text.as_str(), wall.audience.as_deref()),
        (WallKind::Reel, "a #tag", None)
    );
    assert_eq!(
        wall.permalink,
        format!("https://www.tiktok.com/@ada/video/{post_id}")
    );
    let list = "/v2/video/list/?fields=id,create_time,title,duration,share_url";
    let listed = bench.post(list, &json!({"max_count": 20})).value();
    assert_eq!(
        listed["data"]["videos"][0]["create_time"],
        (super::NOW + 5_000) / 1_000
    );
    assert_eq!(
        (
            listed["data"]["has_more"].as_bool(),
            listed["data"]["videos"][0]["duration"].as_u64()
        ),
        (Some(false), Some(4))
    );
    let query = json!({"filters": {"video_ids": [post_id.to_string()]}});
    let found = bench
        .post("/v2/video/query/?fields=id,view_count", &query)
        .value();
    assert_eq!(found["data"]["videos"][0]["view_count"], 0);
    let events: Vec<&str> = bench
        .tiktok
        .take_webhooks()
        .iter()
        .map(|(hook, _, _)| hook.event)
        .collect();
    assert_eq!(
        events,
        ["post.publish.complete", "post.publish.publicly_available"]
    );
    assert!(bench.tiktok.violations().is_empty());
}

#[test]
fn private_posts_never_get_an_id() {
    let mut bench = Bench::new();
    let id = bench.publish("SELF_ONLY", VIDEO);
    bench.now += 3_000_000;
    let done = bench.status(&id);
    assert_eq!(
        (&done["status"], &done["publicaly_available_post_id"]),
        (&json!("PUBLISH_COMPLETE"), &json!([]))
    );
    assert_eq!(bench.tiktok.posts()[0].audience.as_deref(), Some("SELF_ONLY"));
    let listed = bench.post("/v2/video/list/?fields=id", &json!({})).value();
    assert_eq!(listed["data"]["videos"], json!([]));
}

#[test]
fn drafts_wait_for_the_person() {
    let mut bench = Bench::new();
    let bytes = sample(VIDEO);
    let source = json!({"source": "FILE_UPLOAD", "video_size": bytes.len(), "chunk_size": bytes.len(), "total_chunk_count": 1});
    let mut ids = Vec::new();
    for _ in 0..5 {
        let made = bench
            .post(
                "/v2/post/publish/inbox/video/init/",
                &json!({ "source_info": source }),
            )
            .value();
        let url = made["data"]["upload_url"].as_str().unwrap().to_owned();
        let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
        assert_eq!(bench.put(&url, &range, &bytes).status, 201);
        let id = made["data"]["publish_id"].as_str().unwrap().to_owned();
        assert!(id.starts_with("v_inbox_file~"));
        bench.now += 5_000;
        assert_eq!(bench.status(&id)["status"], "SEND_TO_USER_INBOX");
        ids.push(id);
    }
    bench.now += 60_000;
    let sixth = bench.post(
        "/v2/post/publish/inbox/video/init/",
        &json!({ "source_info": source }),
    );
    assert_eq!(code(&sixth), said(403, "spam_risk_too_many_pending_share"));
    assert!(bench.tiktok.posts().iter().all(|p| p.kind == WallKind::Draft));
    assert!(bench.tiktok.finish_draft(&ids[0], bench.now));
    assert_eq!(bench.status(&ids[0])["status"], "PUBLISH_COMPLETE");
    let sixth = bench.post(
        "/v2/post/publish/inbox/video/init/",
        &json!({ "source_info": source }),
    );
    assert_eq!(code(&sixth), said(200, "ok"));
    bench.tiktok.settings.finish_drafts_ms = Some(1_000);
    assert_eq!(bench.status(&ids[1])["status"], "PUBLISH_COMPLETE");
    assert!(bench.tiktok.violations().is_empty(), "each was looked at");
}

#[test]
fn photos_are_pulled_and_judged() {
    let mut bench = Bench::new();
    bench.creator();
    let good = publish_id(&photos(
        &mut bench,
        "DIRECT_POST",
        &["square-1080.jpg", "square.webp"],
        &[],
    ));
    assert_eq!(bench.status(&good)["status"], "PROCESSING_DOWNLOAD");
    let png = publish_id(&photos(&mut bench, "DIRECT_POST", &["landscape.png"], &[]));
    let gone = publish_id(&photos(&mut bench, "MEDIA_UPLOAD", &["nothing.jpg"], &[]));
    bench.now += 5_000;
    assert_eq!(bench.status(&good)["status"], "PUBLISH_COMPLETE");
    assert_eq!(bench.status(&png)["fail_reason"], "file_format_check_failed");
    assert_eq!(bench.status(&gone)["fail_reason"], "photo_pull_failed");
    let wall = &bench.tiktok.posts()[0];
    assert_eq!(
        (wall.text.as_str(), wall.media.len(), wall.kind),
        ("cat\ntext", 2, WallKind::Post)
    );
    bench.now += 60_000;
    let many = vec!["square.webp"; 36];
    assert_eq!(photos(&mut bench, "DIRECT_POST", &many, &[]).status, 400);
    assert_eq!(
        photos(&mut bench, "DIRECT POST", &["square.webp"], &[]).status,
        400
    );
    let long = json!({"title": "x".repeat(91), "privacy_level": "SELF_ONLY"});
    assert_eq!(
        photos(
            &mut bench,
            "DIRECT_POST",
            &["square.webp"],
            &[("post_info", long)]
        )
        .status,
        400
    );
    bench.tiktok.settings.verified_prefixes = vec!["https://media.example/other/".to_owned()];
    let foreign = photos(&mut bench, "DIRECT_POST", &["square.webp"], &[]);
    assert_eq!(code(&foreign), said(403, "url_ownership_unverified"));
    bench.tiktok.settings.old_app = true;
    let old = photos(&mut bench, "MEDIA_UPLOAD", &["square.webp"], &[]);
    assert_eq!(code(&old), said(400, "app_version_check_failed"));
    let req_body =
        json!({"source_info": {"photo_images": ["https://a/b.jpg"], "video_url": "https://a/c.mp4"}});
    let mut req = SandboxRequest::new("POST", "/v2/post/publish/content/init/");
    req.body = req_body.to_string().into_bytes();
    assert_eq!(bench.tiktok.fetches(&req), ["https://a/b.jpg", "https://a/c.mp4"]);
}

#[test]
fn an_unaudited_app_reaches_private_accounts_alone() {
    let unaudited = said(403, "unaudited_client_can_only_post_to_private_accounts");
    let mut bench = Bench::new();
    bench.tiktok.settings.audited = false;
    let options = bench.creator().value()["data"]["privacy_level_options"].clone();
    assert_eq!(options[0], "PUBLIC_TO_EVERYONE", "it is offered all the same");
    assert_eq!(code(&bench.init("PUBLIC_TO_EVERYONE", 9)), unaudited);
    assert_eq!(
        code(&bench.init("SELF_ONLY", 9)),
        unaudited,
        "the account is public"
    );
    bench.tiktok.settings.private = ["ada", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
    for name in ["ada", "b", "c", "d", "e"] {
        bench.renew(name);
        bench.publish("SELF_ONLY", VIDEO);
    }
    bench.renew("f");
    let capped = bench.creator();
    assert_eq!(code(&capped), said(200, "reached_active_user_cap"));
    assert_eq!(
        code(&bench.init("SELF_ONLY", 9)),
        said(403, "reached_active_user_cap")
    );
    bench.now += 86_400_000;
    bench.renew("f");
    assert_eq!(code(&bench.creator()), said(200, "ok"));
}

#[test]
fn settings_of_a_post_are_checked() {
    let mut bench = Bench::new();
    assert_eq!(bench.init("SELF_ONLY", 9).status, 200);
    assert_eq!(bench.tiktok.violations.stale_creator_info, 1);
    bench.creator();
    assert_eq!(
        code(&bench.init("FOLLOWER_OF_CREATOR", 9)),
        said(403, "privacy_level_option_mismatch")
    );
    assert_eq!(bench.init("", 9).status, 400);
    let source = json!({"source": "FILE_UPLOAD", "video_size": 9, "chunk_size": 9, "total_chunk_count": 1});
    let target = "/v2/post/publish/video/init/";
    let long = json!({"post_info": {"title": "😀".repeat(1_101), "privacy_level": "SELF_ONLY"}, "source_info": source});
    assert_eq!(bench.post(target, &long).status, 400, "2202 UTF-16 units");
    let branded = json!({"post_info": {"privacy_level": "SELF_ONLY", "brand_content_toggle": true}, "source_info": source});
    assert_eq!(bench.post(target, &branded).status, 400);
    bench.tiktok.settings.comment_disabled = vec!["ada".to_owned()];
    bench.init("SELF_ONLY", 9);
    assert_eq!(
        bench.tiktok.violations(),
        [
            "a direct post was begun without fresh creator info: 1",
            "a privacy level was asked for that was not offered: 1",
            "comments, duets or stitches were left on where the creator has them off: 1",
        ]
    );
    let mut narrow = Bench::with(&["user.info.basic", "video.upload"]);
    assert_eq!(
        code(&narrow.init("SELF_ONLY", 9)),
        said(401, "scope_not_authorized")
    );
    assert_eq!(
        code(&narrow.get("/v2/user/info/?fields=open_id,username")),
        said(401, "scope_not_authorized")
    );
    assert_eq!(
        narrow.get("/v2/user/info/?fields=open_id,display_name").status,
        200
    );
    assert_eq!(narrow.get("/v2/user/info/").status, 400);
    assert_eq!(
        narrow.get("/v2/user/info?fields=open_id").status,
        404,
        "the slash"
    );
}

#[test]
fn a_day_has_fifteen_posts_and_a_minute_six_inits() {
    let mut bench = Bench::new();
    bench.tiktok.settings.foreign_posts = 13;
    for _ in 0..2 {
        let id = bench.publish("SELF_ONLY", VIDEO);
        bench.status(&id);
    }
    assert_eq!(code(&bench.creator()), said(200, "spam_risk_too_many_posts"));
    assert_eq!(
        code(&bench.init("SELF_ONLY", 9)),
        said(403, "spam_risk_too_many_posts")
    );
    for _ in 0..3 {
        bench.init("SELF_ONLY", 9);
    }
    let seventh = bench.init("SELF_ONLY", 9);
    assert_eq!(code(&seventh), said(429, "rate_limit_exceeded"));
    bench.now += 59_999;
    assert_eq!(bench.init("SELF_ONLY", 9).status, 429);
    bench.now += 1;
    assert_eq!(bench.init("SELF_ONLY", 9).status, 403);
    bench.now += 86_400_000;
    bench.renew("ada");
    bench.creator();
    assert_eq!(bench.init("SELF_ONLY", 9).status, 200);
    bench.tiktok.settings.creator_error = Some("spam_risk_user_banned_from_posting".to_owned());
    assert_eq!(
        code(&bench.creator()),
        said(200, "spam_risk_user_banned_from_posting")
    );
    for _ in 0..30 {
        bench.status("x");
    }
    let limited = bench.post("/v2/post/publish/status/fetch/", &json!({"publish_id": "x"}));
    assert_eq!(limited.status, 429);
}

#[test]
fn videos_are_judged_by_their_bytes() {
    let mut bench = Bench::new();
    bench.tiktok.settings.max_duration_s = 60;
    for (file, reason) in [
        ("truncated.mp4", "file_format_check_failed"),
        ("long-95s-tiny.mp4", "duration_check_failed"),
        ("moov-last-16x9-6s.mp4", ""),
    ] {
        let id = bench.publish("SELF_ONLY", file);
        bench.now += 5_000;
        let status = bench.status(&id);
        assert_eq!(status["fail_reason"], reason, "{file}");
    }
}

#[test]
fn faults_spoil_and_repeats_are_seen() {
    let mut bench = Bench::new();
    let first = bench.publish("SELF_ONLY", VIDEO);
    bench.publish("SELF_ONLY", VIDEO);
    assert_eq!(
        bench.tiktok.violations(),
        ["the same post was begun again without a look whether it exists: 1"]
    );
    let req = SandboxRequest::new("POST", "/v2/post/publish/video/init/");
    bench.tiktok.spoil(&Spoil::Stick, &req, bench.now);
    bench.now += 60_000;
    assert_eq!(bench.status(&first)["status"], "PUBLISH_COMPLETE");
    assert_eq!(bench.tiktok.posts().len(), 1, "the second is stuck");
    let failing = bench.publish("SELF_ONLY", VIDEO);
    bench
        .tiktok
        .spoil(&Spoil::Fail("spam_risk_text".to_owned()), &req, bench.now);
    bench.now += 60_000;
    assert_eq!(bench.status(&failing)["fail_reason"], "spam_risk_text");
    assert_eq!(bench.tiktok.step_of(&req), "tiktok.video_init");
    assert_eq!(
        code(&bench.tiktok.refuse(&Trouble::RateLimited(9), &req)),
        said(429, "rate_limit_exceeded")
    );
    assert_eq!(
        code(&bench.tiktok.refuse(&Trouble::Outage(503), &req)),
        said(503, "internal_error")
    );
    let token = SandboxRequest::new("POST", "/v2/oauth/token/");
    assert_eq!(
        code(&bench.tiktok.refuse(&Trouble::Transient, &token)),
        said(500, "server_error")
    );
    let wrong = serde_json::Map::from_iter([("audited".to_owned(), json!("maybe"))]);
    assert!(bench.tiktok.change_settings(&wrong).is_err() && bench.tiktok.settings.audited);
    bench.tiktok.forget_media_beyond(0);
    assert!(bench.tiktok.posts()[0].media[0].bytes.is_empty());
    assert!(bench.tiktok.remove_app("ada", bench.now) && !bench.tiktok.remove_app("nobody", bench.now));
}
