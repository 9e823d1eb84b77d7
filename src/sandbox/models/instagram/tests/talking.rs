//! Comments and messages (instagram.md 5, 7).

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::models::meta::testing::{NOW, code, id, ids};

fn say(b: &mut Bench, body: &Value) -> SandboxReply {
    let mut req = SandboxRequest::new("POST", "/v25.0/me/messages")
        .with_bearer(&b.token)
        .with_header("Content-Type", "application/json");
    req.body = body.to_string().into_bytes();
    b.send(b.host, req)
}

fn text(to: &str, words: &str) -> Value {
    json!({"recipient": {"id": to}, "message": {"text": words}})
}

#[test]
fn a_profile_answers_within_a_day_with_a_thousand_bytes() {
    for mut b in [Bench::new(), Bench::facebook()] {
        let who = b.instagram.person_writes("ada", "Bob", "Hello?", NOW);
        assert_eq!(code(&say(&mut b, &text(&who, &"ä".repeat(501)))), "100");
        assert_eq!(code(&say(&mut b, &text(&who, &"ä".repeat(500)))), "ok");
        b.now = NOW + 86_400_000;
        assert_eq!(code(&say(&mut b, &text(&who, "late"))), "10/2534022");
        assert_eq!(code(&say(&mut b, &text("1", "who?"))), "100/2018001");
        let target = format!(
            "/v25.0/me/conversations?platform=instagram&user_id={who}&fields=id,messages.limit(1){{message,from}}"
        );
        let talk = b.get(&target).value();
        assert_eq!(
            talk["data"][0]["messages"]["data"][0]["from"]["id"],
            b.account.as_str()
        );
    }
}

#[test]
fn forms_are_not_understood_with_instagram_login() {
    let form = |b: &mut Bench| {
        let who = b.instagram.person_writes("ada", "Bob", "Hello?", NOW);
        let recipient = json!({ "id": who }).to_string();
        b.post(
            "/v25.0/me/messages",
            &[("recipient", &recipient), ("message", "{\"text\":\"a\"}")],
        )
    };
    assert_eq!(code(&form(&mut Bench::new())), "100");
    assert_eq!(code(&form(&mut Bench::facebook())), "ok");
}

#[test]
fn own_posts_are_shared_and_comments_answered_in_private_once() {
    let mut b = Bench::new();
    let media = b.image("a");
    b.set("write_first", json!({"to": "ada", "from": "Bob"}));
    b.list("media");
    let who = b.instagram.person_writes("ada", "Bob", "again", b.now);
    let share = json!({"recipient": {"id": who}, "message": {"attachment": {"type": "MEDIA_SHARE", "payload": {"id": media}}}});
    assert_eq!(code(&say(&mut b, &share)), "ok");
    let comment = b.instagram.person_comments(&media, "Eve", "nice", b.now).unwrap();
    let private = json!({"recipient": {"comment_id": comment}, "message": {"text": "thanks"}});
    assert_eq!(
        (code(&say(&mut b, &private)), code(&say(&mut b, &private))),
        ("ok".to_owned(), "10900".to_owned())
    );
    let own = id(&b.post(&format!("/v25.0/{media}/comments"), &[("message", "first")]));
    let below = id(&b.post(&format!("/v25.0/{comment}/replies"), &[("message", "thank you")]));
    assert_eq!(
        ids(&b.get(&format!("/v25.0/{media}/comments?fields=id,text,username"))),
        [own.clone(), comment.clone()]
    );
    assert_eq!(ids(&b.get(&format!("/v25.0/{comment}/replies"))), [below]);
    assert_eq!(
        code(&b.post(
            &format!("/v25.0/{media}/comments"),
            &[("message", &"x".repeat(301))]
        )),
        "100"
    );
    assert_eq!(
        code(&b.post(&format!("/v25.0/{comment}"), &[("hide", "true")])),
        "ok"
    );
    assert_eq!(
        (code(&b.delete(&own)), code(&b.delete(&own))),
        ("ok".to_owned(), "100/33".to_owned())
    );
    assert_eq!(
        code(&b.post(&format!("/v25.0/{media}"), &[("comment_enabled", "false")])),
        "ok"
    );
    assert_eq!(
        code(&b.post(&format!("/v25.0/{media}/comments"), &[("message", "no")])),
        "10"
    );
}
