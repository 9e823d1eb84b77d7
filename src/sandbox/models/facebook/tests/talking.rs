//! Comments and messages (facebook.md 5, 8F, 8G).

use serde_json::{Value, json};

use super::{Bench, JPG};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::{Model as _, WallKind};
use crate::sandbox::models::meta::testing::{NOW, code, id, ids};

fn say(b: &mut Bench, body: &Value) -> SandboxReply {
    let mut req = SandboxRequest::new("POST", &format!("/v25.0/{}/messages", b.page))
        .with_bearer(&b.token)
        .with_header("Content-Type", "application/json");
    req.body = body.to_string().into_bytes();
    b.send(&req)
}

fn text(psid: &str, words: &str) -> Value {
    json!({"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": {"text": words}})
}

#[test]
fn a_page_answers_for_twenty_four_hours_after_the_persons_last_message() {
    let mut b = Bench::new();
    assert_eq!(code(&say(&mut b, &text("5275811702471999", "hi"))), "100/2018001");
    let psid = b.facebook.person_writes("ada", "Bob", "Hello?", NOW);
    b.now = NOW + 86_399_999;
    let sent = say(&mut b, &text(&psid, "hi")).value();
    assert_eq!(sent["recipient_id"], psid.as_str());
    b.now = NOW + 86_400_000;
    assert_eq!(code(&say(&mut b, &text(&psid, "late"))), "10/2018278");
    assert_eq!(b.facebook.violations(), Vec::<String>::new());
    assert_eq!(code(&say(&mut b, &text(&psid, "late"))), "10/2018278");
    assert_eq!(
        b.facebook.violations(),
        ["a message outside its window was tried again: 1"]
    );
    b.set("human_agent", json!(true));
    let mut late = text(&psid, "by hand");
    (late["messaging_type"], late["tag"]) = (json!("MESSAGE_TAG"), json!("HUMAN_AGENT"));
    assert_eq!(code(&say(&mut b, &late)), "ok");
    let listed = b.list(&format!(
        "conversations?platform=messenger&user_id={psid}&fields=messages.limit(10){{id,created_time,from,message}}"
    ));
    let messages = listed.value()["data"][0]["messages"]["data"].clone();
    assert_eq!(
        (&messages[0]["message"], &messages[0]["from"]["id"]),
        (&json!("by hand"), &json!(b.page))
    );
    assert_eq!(messages[1]["id"], sent["message_id"]);
    b.set("conversations_hidden", json!(true));
    let hidden = b.list(&format!("conversations?platform=messenger&user_id={psid}"));
    assert_eq!(hidden.value()["data"], json!([]));
    assert_eq!(b.seen().iter().filter(|p| p.kind == WallKind::Message).count(), 2);
}

#[test]
fn a_switch_lets_a_person_write_first() {
    let mut b = Bench::new();
    b.set("write_first", json!({"to": "ada", "from": "Bob", "text": "Hi"}));
    let listed = b
        .list("conversations?platform=messenger&fields=participants")
        .value();
    let psid = listed["data"][0]["participants"]["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = json!({"recipient": {"id": psid}, "message": {"attachment": {"type": "image", "payload": {"url": JPG}}}});
    assert_eq!(code(&say(&mut b, &file)), "ok");
    assert_eq!(code(&say(&mut b, &text(&psid, &"x".repeat(2_001)))), "100");
    b.set("unavailable", json!(["Bob"]));
    assert_eq!(code(&say(&mut b, &text(&psid, "x"))), "551/1545041");
}

#[test]
fn comments_go_below_posts_and_comments() {
    let mut b = Bench::new();
    let post = id(&b.page("feed", &[("message", "a")]));
    let own = id(&b.post(&format!("/v25.0/{post}/comments"), &[("message", "first")]));
    let theirs = b.facebook.person_comments(&post, "Bob", "nice", NOW).unwrap();
    let below = id(&b.post(&format!("/v25.0/{own}/comments"), &[("message", "second")]));
    let target =
        format!("/v25.0/{post}/comments?fields=id,message,from,created_time&order=reverse_chronological");
    assert_eq!(ids(&b.get(&target)), [theirs.clone(), own.clone()]);
    assert_eq!(ids(&b.get(&format!("/v25.0/{own}/comments"))), [below]);
    assert_eq!(
        code(&b.post(&format!("/v25.0/{theirs}"), &[("is_hidden", "true")])),
        "ok"
    );
    let private = json!({"recipient": {"comment_id": theirs}, "message": {"text": "thanks"}});
    assert_eq!(code(&say(&mut b, &private)), "ok");
    assert_eq!(code(&say(&mut b, &private)), "10900", "once");
    assert_eq!(
        (code(&b.delete(&own)), code(&b.delete(&own))),
        ("ok".to_owned(), "100/33".to_owned())
    );
}
