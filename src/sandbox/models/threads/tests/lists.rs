//! `threads.md` 3 and 5: reading.

use super::super::DAY_MS;
use super::{Bench, NOW, code};

fn ids(value: &serde_json::Value) -> Vec<String> {
    value["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_profile_has_what_is_asked_for() {
    let mut bench = Bench::new();
    let me = bench.get("/v1.0/me?fields=username,name").value();
    assert_eq!(
        (
            me["id"].as_str().unwrap(),
            &me["username"],
            me.as_object().unwrap().len()
        ),
        ("17841400000000001", &"ada".into(), 3)
    );
    assert_eq!(bench.get("/v1.0/17841400000000001").status, 200);
    assert_eq!(code(&bench.get("/v1.0/me?fields=shoe_size")), "100");
    let other = bench.threads.add_account("bob");
    assert_eq!(code(&bench.get(&format!("/v1.0/{other}"))), "100/33");
    assert_eq!(code(&bench.get("/v2.0/me")), "100", "always v1.0");
}

#[test]
fn a_post_reads_as_it_was_sent() {
    let mut bench = Bench::new();
    let id = bench.put(&[
        ("media_type", "IMAGE"),
        ("image_url", "https://m.example/a.jpg"),
        ("text", "look #sea now"),
        ("alt_text", "the sea"),
        ("reply_control", "mentioned_only"),
    ]);
    let post = bench.get(&format!("/v1.0/{id}?fields=id,text,media_type,permalink,shortcode,timestamp,topic_tag,alt_text,owner,is_quote_post,children")).value();
    assert_eq!(post["text"], "look sea now", "the topic comes back without its #");
    assert_eq!(
        (&post["topic_tag"], &post["alt_text"], &post["media_type"]),
        (&"sea".into(), &"the sea".into(), &"IMAGE".into())
    );
    assert_eq!(
        post["timestamp"], "2026-01-01T00:00:10+0000",
        "no colon in the offset"
    );
    assert!(
        post["permalink"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/@ada/post/{}", post["shortcode"].as_str().unwrap()))
    );
    assert!(post.get("children").is_none(), "what has no value is left out");
    assert_eq!(bench.threads.published()[0].text, "look #sea now");
    bench.threads.settings.strip_topic_hash = false;
    assert_eq!(
        bench.get(&format!("/v1.0/{id}?fields=text")).value()["text"],
        "look #sea now"
    );
}

#[test]
fn polls_read_empty_without_sub_fields() {
    let mut bench = Bench::new();
    let id = bench.put(&[
        ("media_type", "TEXT"),
        ("text", "?"),
        ("poll_attachment", r#"{"option_a":"yes","option_b":"no"}"#),
    ]);
    assert_eq!(
        bench.get(&format!("/v1.0/{id}?fields=poll_attachment")).value()["poll_attachment"],
        serde_json::json!({})
    );
    let full = bench
        .get(&format!(
            "/v1.0/{id}?fields=poll_attachment%7Boption_a,option_b,option_c,total_votes%7D"
        ))
        .value();
    assert_eq!(
        full["poll_attachment"],
        serde_json::json!({"option_a": "yes", "option_b": "no", "total_votes": 0})
    );
}

#[test]
fn lists_have_pages_bounds_and_a_lag() {
    let mut bench = Bench::new();
    let made: Vec<String> = (0..5).map(|n| bench.text(&n.to_string())).collect();
    let first = bench.get("/v1.0/me/threads?limit=2").value();
    assert_eq!(
        ids(&first),
        [made[4].clone(), made[3].clone()],
        "the newest first"
    );
    let after = first["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    let second = bench
        .get(&format!("/v1.0/me/threads?limit=3&after={after}"))
        .value();
    assert_eq!(ids(&second), [made[2].clone(), made[1].clone(), made[0].clone()]);
    let after = second["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    let end = bench.get(&format!("/v1.0/me/threads?after={after}")).value();
    assert!(ids(&end).is_empty() && end.get("paging").is_none());

    let third_at = (NOW + 30_000) / 1000;
    assert_eq!(
        ids(&bench.get(&format!("/v1.0/me/threads?since={third_at}")).value()).len(),
        3
    );
    assert_eq!(
        ids(&bench.get(&format!("/v1.0/me/threads?until={third_at}")).value()).len(),
        3
    );
    assert_eq!(
        ids(&bench.get("/v1.0/me/threads?since=2026-01-01").value()).len(),
        5
    );
    for bad in [
        "since=1688540399",
        "since=1800000000&until=1700000000",
        "limit=0",
        "limit=101",
        "after=%25",
        "since=soon",
    ] {
        assert_eq!(
            code(&bench.get(&format!("/v1.0/me/threads?{bad}"))),
            "100",
            "{bad}"
        );
    }
    bench.threads.settings.list_lag_ms = 15_000;
    assert_eq!(
        ids(&bench.get("/v1.0/me/threads").value()).len(),
        3,
        "the last ones are not listed yet"
    );
    bench.now += 15_000;
    assert_eq!(ids(&bench.get("/v1.0/me/threads").value()).len(), 5);
}

#[test]
fn replies_stand_in_their_own_lists() {
    let mut bench = Bench::new();
    let root = bench.text("root");
    let own = bench.put(&[("media_type", "TEXT"), ("text", "own"), ("reply_to_id", &root)]);
    let foreign = bench
        .threads
        .seed_post("bob", "hello @ada", Some(&own), bench.now);
    assert_eq!(
        ids(&bench.get("/v1.0/me/threads").value()),
        *std::slice::from_ref(&root)
    );
    let mine = bench
        .get("/v1.0/me/replies?fields=id,replied_to,root_post,is_reply")
        .value();
    assert_eq!(ids(&mine), *std::slice::from_ref(&own));
    assert_eq!(
        (&mine["data"][0]["replied_to"]["id"], &mine["data"][0]["is_reply"]),
        (&root.as_str().into(), &true.into())
    );
    assert_eq!(
        ids(&bench.get(&format!("/v1.0/{root}/replies")).value()),
        *std::slice::from_ref(&own)
    );
    assert_eq!(
        ids(&bench.get(&format!("/v1.0/{root}/conversation")).value()),
        [foreign.clone(), own.clone()]
    );
    assert_eq!(
        ids(&bench
            .get(&format!("/v1.0/{root}/conversation?reverse=false"))
            .value()),
        [own.clone(), foreign.clone()]
    );
    assert_eq!(
        ids(&bench.get("/v1.0/me/mentions").value()),
        *std::slice::from_ref(&foreign)
    );
    assert_eq!(
        code(&bench.post(&format!("/v1.0/{foreign}/manage_reply"), &[("hide", "true")])),
        "ok"
    );
    let read = bench
        .get(&format!("/v1.0/{foreign}?fields=hide_status,username"))
        .value();
    assert_eq!(
        (&read["hide_status"], &read["username"]),
        (&"HIDDEN".into(), &"bob".into())
    );
}

#[test]
fn replies_can_wait_for_approval() {
    let mut bench = Bench::new();
    let root = bench.put(&[
        ("media_type", "TEXT"),
        ("text", "root"),
        ("enable_reply_approvals", "true"),
    ]);
    let ada = bench.token.clone();
    bench.token = bench.threads.with_account("bob", NOW);
    let reply = bench.put(&[("media_type", "TEXT"), ("text", "may I"), ("reply_to_id", &root)]);
    bench.token = ada;
    assert!(ids(&bench.get(&format!("/v1.0/{root}/replies")).value()).is_empty());
    assert_eq!(
        ids(&bench.get(&format!("/v1.0/{root}/pending_replies")).value()),
        *std::slice::from_ref(&reply)
    );
    assert_eq!(
        code(&bench.post(
            &format!("/v1.0/{reply}/manage_pending_reply"),
            &[("approve", "true")]
        )),
        "ok"
    );
    assert_eq!(ids(&bench.get(&format!("/v1.0/{root}/replies")).value()), [reply]);
}

#[test]
fn insights_know_their_metrics() {
    let mut bench = Bench::new();
    let post = bench.text("a https://a.example");
    bench.now += DAY_MS;
    let target = format!("/v1.0/{post}/insights?metric=");
    let data = bench
        .get(&format!("{target}views,likes,replies,reposts,quotes,shares"))
        .value()["data"]
        .clone();
    assert_eq!(
        (data.as_array().unwrap().len(), &data[0]["period"]),
        (6, &"lifetime".into())
    );
    assert!(data[0]["values"][0]["value"].as_i64().unwrap() > 0);
    assert_eq!(code(&bench.get(&format!("{target}clicks"))), "100");
    assert_eq!(code(&bench.get(&format!("/v1.0/{post}/insights"))), "100");
    let repost = bench.post(&format!("/v1.0/{post}/repost"), &[]).value()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        bench
            .get(&format!("/v1.0/{repost}/insights?metric=views"))
            .value()["data"],
        serde_json::json!([])
    );

    let account = bench
        .get("/v1.0/me/threads_insights?metric=views,likes,clicks,followers_count")
        .value()["data"]
        .clone();
    assert!(
        account[0]["values"][0]["end_time"].is_string() && account[1]["total_value"]["value"].is_i64(),
        "{account}"
    );
    assert_eq!(
        account[2]["link_total_values"][0]["link_url"],
        "https://a.example"
    );
    for bad in [
        "metric=followers_count&since=1767225600",
        "metric=follower_demographics",
        "metric=views&since=1712991599",
        "metric=x",
    ] {
        assert_eq!(
            code(&bench.get(&format!("/v1.0/me/threads_insights?{bad}"))),
            "100",
            "{bad}"
        );
    }
}
