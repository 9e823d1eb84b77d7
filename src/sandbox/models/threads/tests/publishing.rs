//! `threads.md` 4, 6 and 8.

use super::super::{AfterPublish, DAY_MS, Kind, NamedErrors, Republish, Scope, Scopes};
use super::{Bench, NOW, code, id_of};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::Model;

#[test]
fn containers_are_checked_when_they_are_made() {
    let long = "x".repeat(501);
    let emoji = "😀".repeat(125);
    let emoji_over = "😀".repeat(126);
    let alt = "a".repeat(1001);
    let links = (0..6)
        .map(|n| format!("https://{n}.example "))
        .collect::<String>();
    let same = "https://a.example ".repeat(6);
    let poll = r#"{"option_a":"yes","option_b":"no"}"#;
    let text = ("media_type", "TEXT");
    let a = ("text", "a");
    let image = ("media_type", "IMAGE");
    let photo = ("image_url", "https://m.example/a.jpg");
    #[rustfmt::skip]
    let cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![("text", "a")], "100"),
        (vec![("media_type", "STORY"), ("text", "a")], "100/2207023"),
        (vec![text], "100"),
        (vec![text, ("link_attachment", "https://a.example")], "ok"),
        (vec![text, ("text", &long[..500])], "ok"),
        (vec![text, ("text", &long)], "100"),
        (vec![text, ("text", &emoji)], "ok"),
        (vec![text, ("text", &emoji_over)], "100"),
        (vec![text, ("text", &links)], "100"),
        (vec![text, ("text", &same)], "ok"),
        (vec![text, a, ("topic_tag", "a.b")], "100"),
        (vec![text, a, ("topic_tag", "a&b")], "100"),
        (vec![text, a, ("topic_tag", &long[..51])], "100"),
        (vec![text, a, ("topic_tag", "rust")], "ok"),
        (vec![text, a, ("reply_control", "nobody")], "100"),
        (vec![text, a, ("reply_control", "mentioned_only")], "ok"),
        (vec![text, a, ("link_attachment", "nonsense")], "100"),
        (vec![text, a, ("poll_attachment", poll)], "ok"),
        (vec![text, a, ("poll_attachment", poll), ("link_attachment", "https://a.example")], "100"),
        (vec![text, a, ("poll_attachment", r#"{"option_a":"one"}"#)], "100"),
        (vec![text, a, ("poll_attachment", r#"{"option_a":"a","option_b":"b","option_d":"d"}"#)], "100"),
        (vec![text, a, ("poll_attachment", r#"{"option_a":"a","option_b":"abcdefghijklmnopqrstuvwxyz"}"#)], "100"),
        (vec![text, a, ("gif_attachment", r#"{"gif_id":"1","provider":"GIPHY"}"#)], "ok"),
        (vec![text, a, ("gif_attachment", r#"{"gif_id":"1","provider":"TENOR"}"#)], "100"),
        (vec![text, a, ("text_attachment", r#"{"plaintext":"long"}"#)], "ok"),
        (vec![text, a, ("text_attachment", r#"{"plaintext":"l"}"#), ("poll_attachment", poll)], "100"),
        (vec![text, a, ("is_spoiler_media", "true")], "100"),
        (vec![text, a, ("is_ghost_post", "true"), ("enable_reply_approvals", "true")], "100"),
        (vec![text, a, ("reply_to_id", "17900000015485863")], "100/33"),
        (vec![text, a, ("quote_post_id", "1")], "100/33"),
        (vec![text, a, ("allowlisted_country_codes", "AT")], "100"),
        (vec![image], "100"),
        (vec![image, photo], "ok"),
        (vec![image, photo, ("is_ghost_post", "true")], "100"),
        (vec![image, photo, ("alt_text", &alt[..1000])], "ok"),
        (vec![image, photo, ("alt_text", &alt)], "100"),
        (vec![image, ("image_url", "https://m.example/none.jpg")], "9004/2207052"),
        (vec![image, ("image_url", "file:///etc/passwd")], "9004/2207052"),
        (vec![image, ("image_url", "https://m.example/w.webp")], "36001/2207005"),
        (vec![("media_type", "VIDEO"), ("video_url", "https://m.example/none.mp4")], "ok"),
        (vec![("media_type", "CAROUSEL"), ("children", "1")], "100/2207028"),
        (vec![("media_type", "CAROUSEL"), ("children", "1,2")], "24/4279009"),
    ];
    for (form, expected) in cases {
        assert_eq!(code(&Bench::new().create(&form)), expected, "{form:?}");
    }
}

#[test]
fn the_texts_of_the_vendor_stand_in_the_bodies() {
    let mut bench = Bench::new();
    let long = bench
        .create(&[("media_type", "TEXT"), ("text", &"x".repeat(501))])
        .value();
    assert!(
        long["error"]["message"]
            .as_str()
            .unwrap()
            .contains("text must be at most 500 characters"),
        "{long}"
    );
    let links: String = (0..6).map(|n| format!("https://{n}.example ")).collect();
    for place in [NamedErrors::Message, NamedErrors::UserMessage, NamedErrors::Code] {
        bench.threads.settings.named_errors = place;
        let body = bench
            .create(&[("media_type", "TEXT"), ("text", &links)])
            .value()
            .to_string();
        assert!(body.contains("THREADS_API__LINK_LIMIT_EXCEEDED"), "{body}");
    }
}

#[test]
fn a_container_goes_through_its_states() {
    let mut bench = Bench::new();
    let id = bench.container(&[("media_type", "TEXT"), ("text", "a")]);
    assert_eq!(bench.status(&id), "IN_PROGRESS");
    let early = bench.publish(&id);
    assert_eq!(code(&early), "24/4279009");
    assert_eq!(early.value()["error"]["error_user_title"], "Media Not Found");
    bench.now += 1_000;
    assert_eq!(bench.status(&id), "FINISHED");
    let media = id_of(&bench.publish(&id));
    assert_ne!(media, id);
    assert_eq!(bench.status(&id), "PUBLISHED");
    bench.now += 2 * DAY_MS;
    assert_eq!(bench.status(&id), "PUBLISHED", "the container stays readable");
    let late = bench.container(&[("media_type", "TEXT"), ("text", "b")]);
    bench.now += DAY_MS;
    assert_eq!(bench.status(&late), "EXPIRED");
    assert_eq!(code(&bench.publish(&late)), "24/2207008");
    let violations = bench.threads.violations;
    assert_eq!((violations.published_early, violations.published_twice), (1, 0));
    assert_eq!(bench.threads.published().len(), 1);
}

#[test]
fn videos_fail_in_their_container() {
    for (url, why) in [
        ("https://m.example/none.mp4", "FAILED_DOWNLOADING_VIDEO"),
        ("https://m.example/bad.mp4", "FAILED_PROCESSING_VIDEO"),
    ] {
        let mut bench = Bench::new();
        let id = bench.container(&[("media_type", "VIDEO"), ("video_url", url)]);
        assert_eq!(bench.status(&id), "IN_PROGRESS");
        bench.now += 4_000;
        assert_eq!(bench.status(&id), format!("ERROR {why}"));
        assert_eq!(code(&bench.publish(&id)), "24/4279009");
    }
}

#[test]
fn the_same_container_twice_is_counted_either_way() {
    for (mode, posts, expected) in [
        (Republish::Error24, 1, "24/4279009"),
        (Republish::SecondPost, 2, "ok"),
    ] {
        let mut bench = Bench::new();
        bench.threads.settings.republish = mode;
        let id = bench.container(&[("media_type", "TEXT"), ("text", "a")]);
        bench.now += 1_000;
        bench.publish(&id);
        assert_eq!(code(&bench.publish(&id)), expected);
        assert_eq!(
            (
                bench.threads.published().len(),
                bench.threads.violations.published_twice
            ),
            (posts, 1)
        );
    }
}

#[test]
fn after_publishing_the_status_read_has_three_known_answers() {
    let modes = [
        (AfterPublish::Published, "ok"),
        (AfterPublish::NonexistingField, "100"),
        (AfterPublish::NotFound, "24/4279009"),
    ];
    for (mode, expected) in modes {
        let mut bench = Bench::new();
        let id = bench.container(&[("media_type", "TEXT"), ("text", "a")]);
        bench.now += 1_000;
        let media = id_of(&bench.publish(&id));
        bench.threads.settings.after_publish = mode;
        assert_eq!(code(&bench.get(&format!("/v1.0/{id}?fields=status"))), expected);
        let wrong_id = bench.get(&format!("/v1.0/{media}?fields=id,status")).value();
        assert_eq!(
            wrong_id["error"]["message"],
            "Tried accessing nonexisting field (status)"
        );
        assert_eq!(wrong_id["error"]["type"], "THApiException");
    }
}

#[test]
fn a_carousel_wants_finished_children() {
    let mut bench = Bench::new();
    let child = [
        ("media_type", "IMAGE"),
        ("image_url", "https://m.example/a.jpg"),
        ("is_carousel_item", "true"),
        ("alt_text", "x"),
    ];
    let (a, b) = (bench.container(&child), bench.container(&child));
    let film = bench.container(&[
        ("media_type", "VIDEO"),
        ("video_url", "https://m.example/v.mp4"),
        ("is_carousel_item", "true"),
    ]);
    let alone = bench.container(&[("media_type", "IMAGE"), ("image_url", "https://m.example/a.jpg")]);
    let children = format!("{a},{b},{film}");
    let form = [
        ("media_type", "CAROUSEL"),
        ("children", children.as_str()),
        ("text", "three"),
    ];
    bench.now += 2_000;
    assert_eq!(code(&bench.create(&form)), "24/4279009", "the film is not ready");
    assert_eq!(bench.threads.violations.carousel_early, 1);
    bench.now += 2_000;
    assert_eq!(
        code(&bench.create(&[("media_type", "CAROUSEL"), ("children", &format!("{a},{alone}"))])),
        "100"
    );
    assert_eq!(
        code(&bench.publish(&a)),
        "24/4279009",
        "a child is not published alone"
    );
    let id = bench.container(&form);
    assert_eq!(
        code(&bench.publish(&id)),
        "24/4279009",
        "the carousel is polled too"
    );
    bench.now += 2_000;
    assert_eq!(code(&bench.publish(&id)), "ok");
    let post = &bench.threads.published()[0];
    assert_eq!(
        (post.kind, post.media.len(), post.media[2].video),
        (Kind::Carousel, 3, true)
    );
    assert!(post.media.iter().all(|m| !m.bytes.is_empty()));
    assert_eq!(post.media[0].alt.as_deref(), Some("x"));
    let twenty_one = vec![a.as_str(); 21].join(",");
    assert_eq!(
        code(&bench.create(&[("media_type", "CAROUSEL"), ("children", &twenty_one)])),
        "100/2207028"
    );
}

#[test]
fn chains_attach_to_media_ids_only() {
    let mut bench = Bench::new();
    let root = bench.text("one");
    let second = bench.put(&[("media_type", "TEXT"), ("text", "two"), ("reply_to_id", &root)]);
    let container = bench.container(&[
        ("media_type", "TEXT"),
        ("text", "three"),
        ("reply_to_id", &second),
    ]);
    bench.now += 1_000;
    bench.publish(&container);
    let posts = bench.threads.published();
    assert_eq!(
        (posts[2].reply_to.as_ref(), posts[2].root.as_ref()),
        (Some(&second), Some(&root))
    );
    bench.put(&[
        ("media_type", "TEXT"),
        ("text", "lost"),
        ("reply_to_id", &container),
    ]);
    assert_eq!(bench.threads.published()[3].reply_to, None);
    assert_eq!(bench.threads.violations.reply_to_container, 1);
    bench.threads.settings.parent_settle_ms = 10_000;
    let fresh = bench.text("fresh");
    assert_eq!(
        code(&bench.create(&[("media_type", "TEXT"), ("text", "b"), ("reply_to_id", &fresh)])),
        "24/4279009"
    );
}

#[test]
fn what_meta_drops_in_silence_is_dropped() {
    let mut bench = Bench::new();
    bench.put(&[
        ("media_type", "TEXT"),
        ("text", "a"),
        ("poll_attachment", r#"["yes","no"]"#),
    ]);
    assert!(
        bench.threads.published()[0].poll.is_empty(),
        "an array is no poll"
    );
    let mut json = SandboxRequest::new("POST", "/v1.0/me/threads")
        .with_bearer(&bench.token)
        .with_header("Content-Type", "application/json");
    json.body = br#"{"media_type":"TEXT","text":"a","topic_tag":"rust"}"#.to_vec();
    let container = id_of(&bench.threads.handle(&json, bench.now));
    bench.now += 1_000;
    bench.publish(&container);
    assert_eq!(bench.threads.published()[1].topic, None);
}

#[test]
fn auto_publish_answers_the_media_id_at_once() {
    let mut bench = Bench::new();
    let id = id_of(&bench.create(&[
        ("media_type", "TEXT"),
        ("text", "now"),
        ("auto_publish_text", "true"),
    ]));
    assert_eq!(bench.threads.published()[0].id, id);
    assert_eq!(bench.threads.violations.auto_published, 1);
}

#[test]
fn quotas_move_with_the_window_and_count_at_publish() {
    let mut bench = Bench::new();
    (
        bench.threads.settings.post_quota,
        bench.threads.settings.reply_quota,
    ) = (3, 1);
    bench.threads.settings.text_delay_ms = 0;
    let mut times = Vec::new();
    let root = bench.text("0");
    times.push(bench.now);
    for n in 1..3 {
        bench.text(&n.to_string());
        times.push(bench.now);
    }
    let fourth = bench.container(&[("media_type", "TEXT"), ("text", "3")]);
    let over = bench.publish(&fourth);
    assert_eq!(code(&over), "4");
    bench.put(&[
        ("media_type", "TEXT"),
        ("text", "a reply"),
        ("reply_to_id", &root),
    ]);
    let second = bench.container(&[("media_type", "TEXT"), ("text", "b"), ("reply_to_id", &root)]);
    assert_eq!(code(&bench.publish(&second)), "4", "replies have their own");
    bench.now = times[0] + DAY_MS - 1;
    let fifth = bench.container(&[("media_type", "TEXT"), ("text", "4")]);
    assert_eq!(code(&bench.publish(&fifth)), "4");
    bench.now += 1;
    assert_eq!(
        code(&bench.publish(&fifth)),
        "ok",
        "the first one left the window"
    );
    let sixth = bench.container(&[("media_type", "TEXT"), ("text", "5")]);
    assert_eq!(code(&bench.publish(&sixth)), "4", "one place, not three");
    assert_eq!(
        code(&bench.post(&format!("/v1.0/{root}/repost"), &[])),
        "4",
        "a repost is a post"
    );
}

#[test]
fn the_limit_call_fails_as_a_whole() {
    let mut bench = Bench::with(Scopes::all().without(Scope::ManageReplies));
    bench.text("a");
    let fields = "quota_usage,config,delete_quota_usage,delete_config,location_search_quota_usage,location_search_config";
    let data = bench
        .get(&format!("/v1.0/me/threads_publishing_limit?fields={fields}"))
        .value()["data"][0]
        .clone();
    assert_eq!(
        (
            &data["quota_usage"],
            &data["config"]["quota_total"],
            &data["config"]["quota_duration"]
        ),
        (&1.into(), &250.into(), &86_400.into())
    );
    let whole = bench.get("/v1.0/me/threads_publishing_limit?fields=quota_usage,reply_quota_usage");
    assert_eq!(code(&whole), "10");
    assert_eq!(
        bench.get("/v1.0/me/threads_publishing_limit").value()["data"][0]
            .as_object()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn deleting_has_a_limit_and_an_end() {
    let mut bench = Bench::new();
    bench.threads.settings.delete_quota = 2;
    let ids: Vec<String> = (0..3).map(|n| bench.text(&n.to_string())).collect();
    assert_eq!(bench.delete(&ids[0]).value()["deleted_id"], ids[0].as_str());
    assert_eq!(code(&bench.delete(&ids[0])), "100/33", "it is gone");
    assert_eq!(code(&bench.delete(&ids[1])), "ok");
    assert_eq!(code(&bench.delete(&ids[2])), "4");
    bench.now += DAY_MS;
    assert_eq!(code(&bench.delete(&ids[2])), "ok");
    let foreign = bench.threads.seed_post("bob", "mine", None, bench.now);
    assert_eq!(code(&bench.delete(&foreign)), "100/33");
    assert_eq!(
        bench
            .threads
            .published()
            .iter()
            .filter(|p| p.deleted_ms.is_none())
            .count(),
        1
    );
}

#[test]
fn reposts_are_immediate() {
    let mut bench = Bench::new();
    let original = bench.threads.seed_post("bob", "worth it", None, NOW);
    let reply = bench.post(&format!("/v1.0/{original}/repost"), &[]);
    assert_eq!(code(&reply), "ok");
    let listed = bench
        .get("/v1.0/me/threads?fields=id,media_type,reposted_post")
        .value()["data"][0]
        .clone();
    assert_eq!(
        (&listed["media_type"], &listed["reposted_post"]["id"]),
        (&"REPOST_FACADE".into(), &original.as_str().into())
    );
    assert_eq!(code(&bench.post("/v1.0/123/repost", &[])), "24/4279009");
}

#[test]
fn the_usage_header_comes_when_set() {
    let mut bench = Bench::new();
    assert_eq!(bench.get("/v1.0/me").header("x-app-usage"), None);
    bench.threads.settings.app_usage = Some(81);
    assert_eq!(
        bench.get("/v1.0/me").header("X-App-Usage"),
        Some(r#"{"call_count":81,"total_time":81,"total_cputime":81}"#)
    );
}

#[test]
fn ids_are_the_same_for_the_same_calls() {
    let run = || {
        let mut bench = Bench::new();
        let id = bench.text("a");
        (id, bench.token)
    };
    assert_eq!(run(), run());
}

/// A restriction stands for a day, for whatever the account publishes; the same container tried again meanwhile is counted.
#[test]
fn a_restricted_account_publishes_nothing_for_a_day() {
    let mut bench = Bench::new();
    let first = bench.container(&[("media_type", "TEXT"), ("text", "a")]);
    let second = bench.container(&[("media_type", "TEXT"), ("text", "b")]);
    bench.now += 10_000;
    let publish = SandboxRequest::new("POST", "/v1.0/me/threads_publish")
        .with_bearer(&bench.token)
        .with_form(&[("creation_id", &first)]);
    bench.threads.restrict(&publish, bench.now);
    for (container, counted) in [(&second, 0), (&first, 1)] {
        assert_eq!(code(&bench.publish(container)), "4/2207051");
        assert_eq!(bench.threads.violations.tried_while_restricted, counted);
    }
    assert_eq!(bench.status(&first), "FINISHED");
    assert!(bench.threads.published().is_empty());
    bench.now += DAY_MS;
    bench.text("a");
    assert_eq!(bench.threads.violations.tried_while_restricted, 1);
}
