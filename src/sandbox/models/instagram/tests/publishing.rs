//! Containers, posts, quotas (instagram.md 4 to 8).

use serde_json::{Value, json};

use super::{Bench, JPG, REEL};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Model as _, Spoil, Trouble, WallKind};
use crate::sandbox::models::meta::testing::{NOW, code, id, ids, sample};

#[test]
fn an_image_is_finished_in_time_and_published_once() {
    for mut b in [Bench::new(), Bench::facebook()] {
        let container = id(&b.create(&[("image_url", JPG), ("caption", "Hi @bob")]));
        assert_eq!(b.status(&container), "IN_PROGRESS");
        assert_eq!(code(&b.publish(&container)), "9007/2207027");
        assert_eq!(
            b.instagram.violations(),
            ["a container was published before it was FINISHED: 1"]
        );
        b.now += 2_000;
        assert_eq!((b.status(&container).as_str(), b.seen().len()), ("FINISHED", 0));
        let media = id(&b.publish(&container));
        assert_eq!((b.status(&container).as_str(), b.seen().len()), ("PUBLISHED", 1));
        let fields = "id,caption,media_type,media_product_type,timestamp,permalink,shortcode,children{id}";
        let listed = b.list(&format!("media?fields={fields}")).value();
        let first = &listed["data"][0];
        assert_eq!(
            (
                &first["id"],
                &first["caption"],
                &first["media_type"],
                &first["media_product_type"],
                &first["timestamp"]
            ),
            (
                &json!(media),
                &json!("Hi @bob"),
                &json!("IMAGE"),
                &json!("FEED"),
                &json!("2026-01-01T00:00:02+0000")
            )
        );
        assert_eq!(code(&b.publish(&container)), "24/2207008");
        assert_eq!(b.instagram.violations()[0], "a container was published twice: 1");
        b.set("republish", json!("second_post"));
        b.set("after_publish", json!("not_found"));
        assert_eq!(
            (code(&b.publish(&container)), b.seen().len()),
            ("ok".to_owned(), 2)
        );
        assert_eq!(
            code(&b.get(&format!("/v25.0/{container}?fields=status_code"))),
            "24/2207008"
        );
    }
}

#[test]
fn what_the_container_call_refuses() {
    let mut b = Bench::new();
    let long = "x".repeat(2_201);
    let (tags, people) = ("#a ".repeat(31), "@a ".repeat(21));
    let cases: [(&[(&str, &str)], &str); 14] = [
        (
            &[("image_url", "https://m.example/landscape.png")],
            "36001/2207005",
        ),
        (
            &[("image_url", "https://m.example/wide-5x1.jpg")],
            "36003/2207009",
        ),
        (&[("image_url", "https://m.example/none.jpg")], "9004/2207052"),
        (&[("image_url", JPG), ("caption", &long)], "36004/2207010"),
        (&[("image_url", JPG), ("caption", &tags)], "36004/2207010"),
        (&[("image_url", JPG), ("caption", &people)], "100/2207040"),
        (&[("image_url", JPG), ("location_id", "x")], "100"),
        (
            &[("image_url", JPG), ("collaborators", "[\"a\",\"b\",\"c\",\"d\"]")],
            "100",
        ),
        (
            &[("image_url", JPG), ("user_tags", "[{\"username\":\"u\"}]")],
            "100/2207036",
        ),
        (&[("media_type", "VIDEO"), ("video_url", REEL)], "100/2207023"),
        (
            &[
                ("media_type", "REELS"),
                ("video_url", REEL),
                ("thumb_offset", "99999"),
            ],
            "1/2207057",
        ),
        (&[("media_type", "REELS"), ("upload_type", "resumable")], "100"),
        (&[("media_type", "CAROUSEL"), ("children", "1")], "100/2207028"),
        (&[("caption", "text alone")], "9004/2207052"),
    ];
    for (form, expected) in cases {
        assert_eq!(code(&b.create(form)), expected, "{form:?}");
    }
    b.set("trial_reels", json!(false));
    let trial = [
        ("media_type", "REELS"),
        ("video_url", REEL),
        ("trial_params", "{\"graduation_strategy\":\"MANUAL\"}"),
    ];
    assert_eq!(code(&b.create(&trial)), "100/2207081");
    b.set("restricted", json!(["ada"]));
    assert_eq!(code(&b.create(&[("image_url", JPG)])), "25/2207050");
}

#[test]
fn a_bad_video_shows_in_the_state_with_its_number() {
    let mut b = Bench::new();
    let cases = [("moov-last-16x9-6s.mp4", "2207026"), ("none.mp4", "2207077")];
    for (file, number) in cases {
        let url = format!("https://m.example/{file}");
        let container = id(&b.create(&[("media_type", "REELS"), ("video_url", &url)]));
        b.now += 5_000;
        let value = b
            .get(&format!("/v25.0/{container}?fields=status_code,status"))
            .value();
        assert_eq!(value["status_code"], "ERROR");
        assert!(value["status"].as_str().unwrap().contains(number), "{value}");
        assert_eq!(code(&b.publish(&container)), "24/2207008");
    }
    let container = id(&b.create(&[("media_type", "REELS"), ("video_url", REEL)]));
    b.instagram
        .spoil(&Spoil::Stick, &SandboxRequest::new("GET", "/"), NOW);
    b.now += 80_000_000;
    assert_eq!(b.status(&container), "IN_PROGRESS");
    b.now += 10_000_000;
    assert_eq!(b.status(&container), "EXPIRED");
}

#[test]
fn a_carousel_is_made_of_finished_children_and_counts_once() {
    let mut b = Bench::new();
    let one = id(&b.create(&[
        ("image_url", JPG),
        ("is_carousel_item", "true"),
        ("alt_text", "one"),
    ]));
    let film = [
        ("media_type", "VIDEO"),
        ("video_url", REEL),
        ("is_carousel_item", "true"),
    ];
    let two = id(&b.create(&film));
    let children = format!("{one},{two}");
    let form = [
        ("media_type", "CAROUSEL"),
        ("children", &children as &str),
        ("caption", "both"),
    ];
    assert_eq!(code(&b.create(&form)), "9007/2207027");
    assert_eq!(
        b.instagram.violations(),
        ["a carousel was made of children that were not FINISHED: 1"]
    );
    b.now += 5_000;
    let media = b.put(&form);
    let read = b
        .get(&format!(
            "/v25.0/{media}?fields=media_type,children{{id,media_type}}"
        ))
        .value();
    assert_eq!(
        (
            &read["media_type"],
            read["children"]["data"].as_array().map(Vec::len)
        ),
        (&json!("CAROUSEL_ALBUM"), Some(2))
    );
    assert_eq!(
        (b.status(&one).as_str(), b.seen()[0].media.len()),
        ("PUBLISHED", 2)
    );
    let limits = b
        .list("content_publishing_limit?fields=config,quota_usage")
        .value();
    let expected = json!([{"config": {"quota_total": 100, "quota_duration": 86400}, "quota_usage": 1}]);
    assert_eq!(limits["data"], expected);
    assert_eq!(code(&b.publish(&one)), "24/2207006", "a child is no post");
}

#[test]
fn the_quota_rolls_and_is_shared() {
    let mut b = Bench::new();
    b.set("post_quota", json!(25));
    b.set("used_by_others", json!(23));
    b.image("first");
    let first = b.now;
    b.image("second");
    let third = id(&b.create(&[("image_url", JPG)]));
    b.now += 10_000;
    assert_eq!(code(&b.publish(&third)), "9/2207042");
    assert_eq!(
        b.list("content_publishing_limit").value(),
        json!({"data": [{"quota_usage": 25}]})
    );
    b.now = first + 86_399_999;
    let last = id(&b.create(&[("image_url", JPG)]));
    assert_eq!(code(&b.publish(&third)), "9/2207042");
    b.now += 2_001;
    assert_eq!(
        code(&b.publish(&last)),
        "ok",
        "counted at publish, in rolling 24 hours"
    );
    b.set("container_quota", json!(1));
    assert_eq!(code(&b.create(&[("image_url", JPG)])), "4");
}

#[test]
fn bytes_are_uploaded_with_facebook_login_and_go_on_from_where_they_stand() {
    let mut b = Bench::facebook();
    let made = b.create(&[
        ("media_type", "REELS"),
        ("upload_type", "resumable"),
        ("caption", "r"),
    ]);
    let container = id(&made);
    let uri = format!("https://rupload.facebook.com/ig-api-upload/v25.0/{container}");
    assert_eq!(made.value()["uri"], uri.as_str());
    let file = sample("reel-9x16-4s-h264-aac.mp4");
    let half = file.len() / 2;
    let upload = |b: &mut Bench, from: usize, to: usize| {
        let mut req = SandboxRequest::new("POST", &format!("/ig-api-upload/v25.0/{container}"))
            .with_header("Authorization", &format!("OAuth {}", b.token))
            .with_header("offset", &from.to_string())
            .with_header("file_size", &file.len().to_string());
        req.body = file[from..to].to_vec();
        b.send("fb_upload_base", req).value()
    };
    assert_eq!(
        upload(&mut b, 0, half)["debug_info"]["type"],
        "PartialRequestError"
    );
    let target = format!("/v25.0/{container}?fields=status_code,video_status");
    let value = b.get(&target).value();
    assert_eq!(
        value["video_status"]["uploading_phase"],
        json!({"status": "in_progress", "bytes_transferred": half})
    );
    assert_eq!(
        upload(&mut b, 0, file.len())["debug_info"]["type"],
        "OffsetInvalidError"
    );
    let done = json!({"success": true, "message": "Upload successful."});
    assert_eq!(upload(&mut b, half, file.len()), done);
    b.now += 4_000;
    assert_eq!(b.status(&container), "FINISHED");
    assert_eq!(code(&b.publish(&container)), "ok");
    assert_eq!(
        (b.seen()[0].kind, b.seen()[0].media[0].bytes.len()),
        (WallKind::Reel, file.len())
    );
    b.token = "EAAnonsense".to_owned();
    assert_eq!(
        upload(&mut b, 0, 1)["debug_info"]["type"],
        "ProcessingFailedError"
    );
}

#[test]
fn stories_are_in_their_own_list_for_a_day() {
    let mut b = Bench::new();
    let story = b.put(&[
        ("media_type", "STORIES"),
        ("image_url", JPG),
        ("caption", "ignored"),
    ]);
    assert_eq!(
        (
            ids(&b.list("media")).len(),
            ids(&b.list("stories?fields=id,media_type,timestamp"))
        ),
        (0, vec![story])
    );
    assert_eq!(
        (b.seen()[0].kind, b.seen()[0].text.as_str()),
        (WallKind::Story, "")
    );
    b.now += 86_400_000;
    assert_eq!(ids(&b.list("stories")).len(), 0);
}

#[test]
fn deleting_is_for_facebook_login_alone() {
    let mut b = Bench::new();
    let media = b.image("a");
    assert_eq!(code(&b.delete(&media)), "100/33");
    assert_eq!(b.seen().len(), 1);
    let mut b = Bench::facebook();
    let media = b.image("a");
    b.set("delete_broken", json!(true));
    assert_eq!(code(&b.delete(&media)), "-1/2207085");
    b.set("delete_broken", json!(false));
    assert_eq!(
        b.delete(&media).value(),
        json!({"success": true, "deleted_id": media})
    );
    assert_eq!(code(&b.get(&format!("/v25.0/{media}?fields=id"))), "100/33");
    assert_eq!(
        (code(&b.delete(&media)), b.seen().len()),
        ("100/33".to_owned(), 0)
    );
}

#[test]
fn lists_lag_and_numbers_are_told() {
    let mut b = Bench::new();
    let media = b.image("a @bob");
    b.set("list_lag_ms", json!(60_000));
    assert_eq!(ids(&b.list("media")).len(), 0);
    b.now += 60_000;
    b.set("captions_without_at", json!(true));
    assert_eq!(
        b.list("media?fields=caption").value()["data"][0]["caption"],
        "a bob"
    );
    let metrics = b
        .get(&format!("/v25.0/{media}/insights?metric=views,reach"))
        .value();
    assert_eq!(metrics["data"][0]["values"][0]["value"], 6);
    for old in ["impressions", "plays", "nonsense"] {
        assert_eq!(
            code(&b.get(&format!("/v25.0/{media}/insights?metric={old}"))),
            "100"
        );
    }
    let total = b
        .list("insights?metric=views&period=day&metric_type=total_value")
        .value();
    assert_eq!(total["data"][0]["total_value"]["value"], 6);
    let faults = [
        (Trouble::RateLimited(60), "80002"),
        (Trouble::Duplicate, "4/2207051"),
        (Trouble::Transient, "2"),
        (Trouble::Outage(503), "status 503"),
    ];
    for (trouble, expected) in faults {
        assert_eq!(
            code(&b.instagram.refuse(&trouble, &SandboxRequest::new("POST", "/"))),
            expected
        );
    }
    assert_eq!(b.instagram.settings()["list_lag_ms"], Value::from(60_000));
}

/// instagram.md 5: a story has numbers of its own, and tells them once five people have seen it.
#[test]
fn a_story_is_neither_liked_nor_saved() {
    let mut b = Bench::new();
    let story = b.put(&[("media_type", "STORIES"), ("image_url", JPG)]);
    let picture = b.image("a");
    let asked = |b: &mut Bench, id: &str, names: &str| b.get(&format!("/v25.0/{id}/insights?metric={names}"));
    assert_eq!(code(&asked(&mut b, &story, "views,replies,navigation")), "10");
    b.now += 60_000;
    let told = asked(&mut b, &story, "views,reach,replies,navigation,shares").value();
    assert_eq!(told["data"].as_array().unwrap().len(), 5);
    for metric in ["saved", "likes", "comments", "reels_skip_rate"] {
        let refused = asked(&mut b, &story, &format!("views,{metric}"));
        assert_eq!(code(&refused), "100");
        assert!(
            refused
                .value()
                .to_string()
                .contains(&format!("support the {metric} metric"))
        );
    }
    assert_eq!(code(&asked(&mut b, &picture, "views,replies")), "100");
    assert!(asked(&mut b, &picture, "saved,likes,comments").value()["data"].is_array());
}
