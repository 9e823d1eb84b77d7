//! Posting, reading back, limits and money (`x.md` 4 to 8).

use serde_json::{Value, json};

use super::{Bench, NOW, detail, id};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::model::{Model, Trouble, WallKind};
use crate::sandbox::models::x::{Period, Quotes, RateHeaders, Spelling};

const RULE: &str = "You can only reply to or quote posts where you are mentioned or are the author.";

#[test]
fn a_post_comes_back_changed_and_can_be_deleted() {
    let mut bench = Bench::new();
    let made = bench.say("a & b <c> https://example.com/long/path");
    assert_eq!(made.status, 201);
    let id = id(&made);
    let fields = "&tweet.fields=entities,created_at,conversation_id";
    let listed = &bench.list(fields)["data"][0];
    let text = listed["text"].as_str().unwrap();
    assert!(text.starts_with("a &amp; b &lt;c&gt; https://t.co/"), "{text}");
    assert_eq!(
        listed["entities"]["urls"][0]["expanded_url"],
        "https://example.com/long/path"
    );
    assert_eq!(listed["conversation_id"], id.as_str());
    assert_eq!(listed["created_at"], "2026-01-01T00:00:00.000Z");
    assert_eq!(listed["edit_history_tweet_ids"][0], id.as_str());
    assert_eq!(
        (id.parse::<i64>().unwrap() >> 22) + 1_288_834_974_657,
        NOW,
        "a snowflake"
    );
    let wall = bench.x.posts();
    assert_eq!(
        wall[0].sent.as_deref(),
        Some("a & b <c> https://example.com/long/path")
    );
    let target = format!("/2/tweets/{id}");
    assert_eq!(
        bench.call("DELETE", &target, None).value()["data"]["deleted"],
        true
    );
    assert_eq!(bench.call("DELETE", &target, None).status, 404);
    assert_eq!(bench.list("")["meta"]["result_count"], 0);
    assert!(bench.x.posts()[0].deleted_ms.is_some());
}

#[test]
fn bodies_are_judged() {
    let cases: [(Value, u16); 17] = [
        (json!({"text": "x", "colour": "red"}), 400),
        (json!({}), 400),
        (json!({"text": " "}), 400),
        (json!({"text": 3}), 400),
        (
            json!({"text": "x", "poll": {"options": ["a", "b"], "duration_minutes": 60}, "quote_tweet_id": "1"}),
            400,
        ),
        (
            json!({"text": "x", "poll": {"options": ["a"], "duration_minutes": 60}}),
            400,
        ),
        (
            json!({"text": "x", "poll": {"options": ["a", "b"], "duration_minutes": 4}}),
            400,
        ),
        (
            json!({"text": "x", "poll": {"options": ["a", "b".repeat(26)], "duration_minutes": 5}}),
            400,
        ),
        (
            json!({"text": "q", "poll": {"options": ["a", "b".repeat(25)], "duration_minutes": 10080}}),
            201,
        ),
        (json!({"text": "x", "media": {"media_ids": ["12"]}}), 400),
        (json!({"text": "x", "reply_settings": "everyone"}), 400),
        (json!({"text": "f", "reply_settings": "following"}), 201),
        (json!({"text": "x", "reply": {"in_reply_to_tweet_id": 12}}), 400),
        (json!({"text": "$AAPL $TSLA"}), 403),
        (json!({"text": "x".repeat(281)}), 403),
        (json!({"text": "x".repeat(280)}), 201),
        (json!({"text": "a\u{FFFF}"}), 400),
    ];
    let mut bench = Bench::new();
    for (body, status) in cases {
        assert_eq!(bench.create(&body).status, status, "{body}");
    }
    let words = bench.create(&json!({"text": "x", "media": {}, "card_uri": "c"}));
    assert!(
        detail(&words)
            .1
            .starts_with("You can only provide one of poll or quote_tweet_id")
    );
    assert_eq!(bench.x.posts()[0].poll.len(), 2);
}

#[test]
fn premium_writes_long_posts_and_edits() {
    let mut bench = Bench::new();
    bench.x.settings.premium = vec!["ada".to_owned()];
    let long = "word ".repeat(100);
    let first = id(&bench.say(&long));
    let shown = &bench.list("&tweet.fields=note_tweet")["data"][0];
    assert!(shown["text"].as_str().unwrap().ends_with('…'));
    assert_eq!(shown["note_tweet"]["text"], long.trim());
    let edit = json!({"text": "short", "edit_options": {"previous_post_id": first}});
    let second = bench.create(&edit);
    assert_eq!(
        second.value()["data"]["edit_history_tweet_ids"],
        json!([first, id(&second)])
    );
    assert_eq!(bench.x.posts().len(), 1);
    bench.now += 3_600_001;
    let edit = json!({"text": "late", "edit_options": {"previous_post_id": id(&second)}});
    assert_eq!(bench.create(&edit).status, 403);
}

#[test]
fn only_the_summoned_may_answer_or_quote() {
    let mut bench = Bench::new();
    let stranger = bench.x.put_post("bob", "hello all", NOW);
    let calling = bench.x.put_post("bob", "what do you say, @Ada?", NOW);
    let mine = id(&bench.say("one"));
    let answer = |id: &str, text: &str| json!({"text": text, "reply": {"in_reply_to_tweet_id": id}});
    assert_eq!(
        detail(&bench.create(&answer(&stranger, "a"))),
        (403, RULE.to_owned())
    );
    let summoned = bench.create(&answer(&calling, "b"));
    assert_eq!(summoned.value()["data"]["text"], "@bob b");
    let second = id(&bench.create(&answer(&mine, "two")));
    let third = bench.create(&answer(&second, "three"));
    let wall = bench.x.posts();
    let last = wall.iter().find(|p| p.id == id(&third)).unwrap();
    assert_eq!(
        (last.reply_to.as_deref(), last.root.as_deref()),
        (Some(second.as_str()), Some(mine.as_str()))
    );
    let quote = |id: &str| json!({"text": "see", "quote_tweet_id": id});
    assert_eq!(detail(&bench.create(&quote(&stranger))).1, RULE);
    assert_eq!(bench.create(&quote(&mine)).status, 201);
    bench.x.settings.quotes = Quotes::Refused;
    assert_eq!(bench.create(&quote(&mine)).status, 403);
    bench.create(&answer("12345", "x"));
    assert_eq!(bench.x.violations.reply_to_nothing, 1);
    let found = bench
        .get(&format!("/2/tweets/search/recent?query=conversation_id:{mine}"))
        .value();
    assert_eq!(found["meta"]["result_count"], 2);
}

#[test]
fn duplicates_are_refused_within_the_window_and_after_deletion() {
    let mut bench = Bench::new();
    let first = id(&bench.say("again"));
    bench.call("DELETE", &format!("/2/tweets/{first}"), None);
    bench.list("");
    let refused = bench.say("again");
    assert!(detail(&refused).1.contains("duplicate content"), "{refused:?}");
    bench.now += 86_399_999;
    assert_eq!(bench.say("again").status, 403);
    bench.now += 1;
    assert_eq!(bench.say("again").status, 201);
    let poll = json!({"text": "q", "poll": {"options": ["a", "b"], "duration_minutes": 60}});
    assert_eq!(
        (bench.create(&poll).status, bench.create(&poll).status),
        (201, 201),
        "polls slip through"
    );
    assert_eq!(
        bench.x.violations(),
        ["the same post was sent again without a look whether it exists: 1"]
    );
}

#[test]
fn a_look_makes_a_repeat_honest() {
    let mut bench = Bench::new();
    bench.x.settings.create_503 = 1;
    assert_eq!(bench.say("once").status, 503);
    assert_eq!(bench.x.posts().len(), 1, "it took effect");
    bench.x.settings.list_lag_ms = 60_000;
    assert_eq!(bench.list("")["meta"]["result_count"], 0, "not seen yet");
    assert_eq!(bench.say("once").status, 403);
    bench.now += 60_000;
    assert_eq!(bench.list("")["meta"]["result_count"], 1);
    assert!(bench.x.violations().is_empty());
}

#[test]
fn reposts_have_effect_once() {
    let mut bench = Bench::new();
    let other = bench.x.put_post("bob", "news", NOW);
    let target = "/2/users/2244994945/retweets";
    let body = json!({ "tweet_id": other });
    for _ in 0..2 {
        assert_eq!(
            bench.call("POST", target, Some(&body)).value()["data"]["retweeted"],
            true
        );
    }
    let reposts = |bench: &Bench| {
        bench
            .x
            .posts()
            .iter()
            .filter(|p| p.kind == WallKind::Repost && p.deleted_ms.is_none())
            .count()
    };
    assert_eq!(reposts(&bench), 1);
    assert_eq!(bench.call("POST", "/2/users/1/retweets", Some(&body)).status, 400);
    bench.call("DELETE", &format!("{target}/{other}"), None);
    assert_eq!(reposts(&bench), 0);
}

#[test]
fn lists_have_windows_and_pages() {
    let mut bench = Bench::new();
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(id(&bench.say(&format!("post {n}"))));
        bench.now += 1_000;
    }
    assert_eq!(bench.get("/2/users/2244994945/tweets?max_results=4").status, 400);
    let since = bench.list(&format!("&since_id={}", ids[9]));
    assert_eq!(
        (&since["meta"]["result_count"], &since["meta"]["newest_id"]),
        (&json!(2), &json!(ids[11]))
    );
    assert_eq!(
        bench.list("&start_time=2026-01-01T00:00:10Z")["meta"]["result_count"],
        2
    );
    let page = bench.get("/2/users/2244994945/tweets?max_results=10").value();
    let next = page["meta"]["next_token"].as_str().unwrap();
    let rest = bench
        .get(&format!(
            "/2/users/2244994945/tweets?max_results=10&pagination_token={next}"
        ))
        .value();
    assert_eq!(rest["meta"]["result_count"], 2);
    assert!(rest["meta"]["next_token"].is_null());
    let many = bench.get(&format!("/2/tweets?ids={},77", ids[0])).value();
    assert_eq!(
        (
            many["data"][0]["id"].as_str(),
            many["errors"][0]["value"].as_str()
        ),
        (Some(&*ids[0]), Some("77"))
    );
    bench.x.settings.spelling = Spelling::Post;
    assert!(bench.list("")["data"][0]["edit_history_post_ids"].is_array());
}

#[test]
fn windows_of_limits_are_kept() {
    let mut bench = Bench::new();
    bench.x.settings.user_limits.insert("x.create".to_owned(), 2);
    let first = bench.say("1");
    assert_eq!(first.header("x-rate-limit-remaining"), Some("1"));
    assert_eq!(first.header("x-app-limit-24hour-limit"), Some("10000"));
    bench.say("2");
    let full = bench.say("3");
    assert_eq!(
        (full.status, full.header("x-rate-limit-remaining")),
        (429, Some("0"))
    );
    let reset: i64 = full.header("x-rate-limit-reset").unwrap().parse().unwrap();
    assert_eq!(reset, NOW / 1_000 + 901);
    bench.x.settings.rate_headers = RateHeaders::Missing;
    bench.x.settings.code_88 = true;
    let bare = bench.say("3");
    assert!(bare.header("x-rate-limit-reset").is_none());
    assert_eq!(bare.value()["errors"][0]["code"], 88);
    bench.now += 900_000;
    assert_eq!(bench.say("3").status, 201);
    bench.x.settings.posts_3h = 3;
    bench.x.settings.user_limits.clear();
    assert_eq!(bench.say("4").status, 429, "the profile's own limit");
    bench.now += 10_800_000;
    assert_eq!(bench.say("4").status, 201);
}

#[test]
fn every_call_costs() {
    let mut bench = Bench::new();
    bench.x.settings.credits = Some(216);
    bench.say("plain");
    bench.say("see example.com");
    assert_eq!(
        (bench.x.settings.credits, bench.x.settings()["spent"].as_i64()),
        (Some(1), Some(215))
    );
    let refused = bench.say("more");
    assert_eq!(
        (refused.status, refused.value()["title"].as_str()),
        (402, Some("CreditsDepleted"))
    );
    bench.x.settings.credits = None;
    bench.list("");
    bench.list("");
    assert_eq!(bench.x.settings.spent, 217, "two own posts, once a day");
}

#[test]
fn plans_and_people_can_be_locked() {
    let mut bench = Bench::new();
    bench.x.settings.not_enrolled = true;
    let reply = bench.get("/2/users/me");
    assert_eq!(
        (reply.status, reply.value()["reason"].as_str()),
        (403, Some("client-not-enrolled"))
    );
    bench.x.settings.not_enrolled = false;
    bench.x.settings.suspended = vec!["ada".to_owned()];
    assert!(
        bench.say("x").value()["type"]
            .as_str()
            .unwrap()
            .ends_with("/user-suspended")
    );
    bench.x.settings.suspended.clear();
    bench.x.settings.usage_capped = Some(Period::Daily);
    let capped = bench.say("x");
    assert_eq!(
        (capped.status, capped.value()["title"].as_str()),
        (429, Some("UsageCapExceeded"))
    );
    let mut narrow = Bench::with(&["tweet.read", "users.read"]);
    assert_eq!(detail(&narrow.say("x")), (403, "Forbidden".to_owned()));
    narrow.token = super::super::APP_BEARER.to_owned();
    assert_eq!(narrow.say("x").value()["title"], "Unsupported Authentication");
}

#[test]
fn messages_go_to_one_person() {
    let mut bench = Bench::new();
    bench.x.add_account("bob");
    let target = "/2/dm_conversations/with/2244994946/messages";
    let sent = bench.call("POST", target, Some(&json!({"text": "hello"})));
    assert_eq!(
        (sent.status, &sent.value()["data"]["dm_conversation_id"]),
        (201, &json!("2244994945-2244994946"))
    );
    bench.call("POST", target, Some(&json!({"text": "hello"})));
    assert_eq!(bench.x.violations.blind_message, 1);
    let list = bench
        .get("/2/dm_conversations/with/2244994946/dm_events?dm_event.fields=sender_id,created_at")
        .value();
    assert_eq!(
        (&list["meta"]["result_count"], &list["data"][0]["sender_id"]),
        (&json!(2), &json!("2244994945"))
    );
    let wall = bench.x.posts();
    assert_eq!(
        (wall[0].kind, wall[0].to.as_deref()),
        (WallKind::Message, Some("@bob"))
    );
    bench.x.settings.no_messages = vec!["bob".to_owned()];
    assert_eq!(
        bench.call("POST", target, Some(&json!({"text": "x"}))).status,
        403
    );
    for n in 0..12 {
        bench.call("POST", target, Some(&json!({"text": n.to_string()})));
    }
    assert_eq!(
        bench.call("POST", target, Some(&json!({"text": "x"}))).status,
        429,
        "15 in 15 minutes"
    );
}

#[test]
fn conversations_have_pages_and_may_shorten_links() {
    let mut bench = Bench::new();
    bench.x.add_account("bob");
    let target = "/2/dm_conversations/with/2244994946/messages";
    for n in 0..3 {
        bench.call("POST", target, Some(&json!({"text": format!("{n} example.com")})));
    }
    let list = "/2/dm_conversations/with/2244994946/dm_events?max_results=2";
    let first = bench.get(list).value();
    assert_eq!(first["data"][0]["text"], "2 example.com");
    let token = first["meta"]["next_token"].as_str().unwrap().to_owned();
    let last = bench.get(&format!("{list}&pagination_token={token}")).value();
    assert_eq!(
        (&last["meta"]["result_count"], &last["meta"]["next_token"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(bench.get(&format!("{list}&pagination_token=x")).status, 400);
    bench.x.settings.shorten_messages = true;
    let short = bench.get(list).value();
    let words = short["data"][0]["text"].as_str().unwrap();
    assert!(words.starts_with("2 https://t.co/"), "{words}");
}

#[test]
fn faults_speak_as_x_does() {
    let bench = Bench::new();
    let req = SandboxRequest::new("POST", "/2/tweets");
    assert_eq!(bench.x.step_of(&req), "x.create");
    assert!(
        detail(&bench.x.refuse(&Trouble::Duplicate, &req))
            .1
            .contains("duplicate content")
    );
    assert_eq!(bench.x.refuse(&Trouble::Outage(502), &req).status, 502);
    assert_eq!(bench.x.refuse(&Trouble::RateLimited(60), &req).status, 429);
    assert_eq!(bench.x.refuse(&Trouble::Transient, &req).status, 503);
    let mut bench = Bench::new();
    let wrong = serde_json::Map::from_iter([("nonsense".to_owned(), json!(1))]);
    assert!(bench.x.change_settings(&wrong).is_err());
    let right = serde_json::Map::from_iter([("reply_rule".to_owned(), json!(false))]);
    assert!(
        bench
            .x
            .change_settings(&right)
            .is_ok_and(|()| !bench.x.settings.reply_rule)
    );
}

#[test]
fn replies_are_hidden_by_who_began() {
    let mut bench = Bench::new();
    let mine = id(&bench.say("one"));
    let reply = json!({"text": "two", "reply": {"in_reply_to_tweet_id": mine}});
    let second = id(&bench.create(&reply));
    let hide = json!({"hidden": true});
    let target = format!("/2/tweets/{second}/hidden");
    assert_eq!(
        bench.call("PUT", &target, Some(&hide)).value()["data"]["hidden"],
        true
    );
    assert_eq!(
        bench
            .call("PUT", &format!("/2/tweets/{mine}/hidden"), Some(&hide))
            .status,
        403
    );
    assert!(
        bench.x.posts()[1]
            .labels
            .contains(&"Hidden by the author".to_owned())
    );
    assert_eq!(bench.get("/2/usage/tweets").status, 403, "for the app alone");
    super::super::APP_BEARER.clone_into(&mut bench.token);
    assert_eq!(
        bench.get("/2/usage/tweets").value()["data"]["project_cap"],
        3_000_000
    );
}
