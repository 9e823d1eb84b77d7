//! TikTok's webhooks (`tiktok.md` 2.7 and 4.9).

use serde::Deserialize;
use serde_json::Value;

use crate::core::hook::{Hooks, PostNews, Signed, Told, What};
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::id;

/// TikTok's webhooks.
pub(super) struct TikTokHooks;

/// The envelope; `content` is a string of JSON.
#[derive(Deserialize)]
struct Envelope {
    event: String,
    user_openid: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    create_time: Value,
}

impl Hooks for TikTokHooks {
    fn header(&self) -> &'static str {
        "tiktok-signature"
    }

    fn signed(&self, header: &str, body: &[u8]) -> Option<Signed> {
        let field = |name: &str| {
            let mut fields = header.split(',').filter_map(|part| part.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let (at, mac) = (field("t")?, field("s")?);
        let seconds: i64 = at.parse().ok().filter(|s| (0..=MAX_SECONDS).contains(s))?;
        Some(Signed {
            message: [at.as_bytes(), b".", body].concat(),
            mac: hex::decode(mac).ok()?,
            at: Timestamp::from_secs(seconds),
        })
    }

    fn read(&self, body: &[u8]) -> Option<Told> {
        let envelope: Envelope = serde_json::from_slice(body).ok()?;
        let content: Value = serde_json::from_str(&envelope.content).unwrap_or_default();
        Some(Told {
            what: what(&envelope.event, &content)?,
            at: happened(&envelope.create_time),
            user: envelope.user_openid,
            post: post(&envelope.event, &content),
        })
    }
}

/// The end of the year 9999.
const MAX_SECONDS: i64 = 253_402_300_799;

/// Seconds, in whichever of JSON's ways; anything else is no time.
fn happened(create_time: &Value) -> Option<Timestamp> {
    let written = || create_time.as_str()?.parse().ok();
    let seconds = create_time.as_i64().or_else(written)?;
    (1..=MAX_SECONDS)
        .contains(&seconds)
        .then(|| Timestamp::from_secs(seconds))
}

fn what(event: &str, content: &Value) -> Option<What> {
    if event == "authorization.removed" {
        return Some(What::Removed(removed(content["reason"].as_i64()).to_owned()));
    }
    let said = match event {
        "post.publish.complete" => "is published",
        "post.publish.failed" => "failed",
        "post.publish.inbox_delivered" => "lies in the inbox",
        "post.publish.publicly_available" => "can be seen by everybody",
        // Spelt so by TikTok.
        "post.publish.no_longer_publicaly_available" => "can no longer be seen by everybody",
        _ => return None,
    };
    let publish = content["publish_id"].as_str()?;
    let reason = content["reason"].as_str();
    let reason = reason.map(|r| format!(": {r}")).unwrap_or_default();
    let post = content.get("post_id").and_then(id);
    let post = post.map(|id| format!(" (post {id})")).unwrap_or_default();
    Some(What::Note(format!("{publish} {said}{post}{reason}")))
}

/// What a publishing event is about. One that is hidden again has no news for whoever publishes it.
fn post(event: &str, content: &Value) -> Option<PostNews> {
    let public = event == "post.publish.publicly_available";
    let told = [
        "post.publish.complete",
        "post.publish.failed",
        "post.publish.inbox_delivered",
    ];
    if !public && !told.contains(&event) {
        return None;
    }
    Some(PostNews {
        handle: content["publish_id"].as_str()?.to_owned(),
        id: content.get("post_id").filter(|_| public).and_then(id),
    })
}

/// `tiktok.md` 2.7.
fn removed(reason: Option<i64>) -> &'static str {
    match reason {
        Some(1) => "its owner removed the app at TikTok",
        Some(2) => "the TikTok account was deleted",
        Some(3) => "its owner's age was changed at TikTok",
        Some(4) => "the TikTok account was banned",
        Some(5) => "TikTok's app gave back its access",
        Some(_) | None => "TikTok took away the app's access, without a reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_what_was_signed_and_when() {
        let signed = TikTokHooks.signed("t=28, s=d99a", b"body").unwrap();
        assert_eq!(signed.message, b"28.body");
        assert_eq!(signed.mac, [0xd9, 0x9a]);
        assert_eq!(signed.at, Timestamp::from_secs(28));
        for bad in [
            "",
            "t=28",
            "s=d99a",
            "t=x,s=d99a",
            "t=-1,s=d99a",
            "t=28,s=xyz",
            "t=99999999999999,s=d9",
        ] {
            assert_eq!(TikTokHooks.signed(bad, b"body"), None, "{bad}");
        }
    }

    #[test]
    fn each_event_has_its_meaning() {
        let told = |event: &str, content: &str| {
            let body = serde_json::json!({"event": event, "user_openid": "u", "content": content});
            let told = TikTokHooks.read(body.to_string().as_bytes());
            told.map(|told| {
                let post = told.post.map(|p| format!(" [{} {:?}]", p.handle, p.id));
                let post = post.unwrap_or_default();
                match told.what {
                    What::Removed(why) => format!("removed: {why}{post}"),
                    What::Note(words) => format!("{words}{post}"),
                }
            })
        };
        let events = [
            ("authorization.removed", r#"{"reason": 1 }"#),
            ("authorization.removed", "not json"),
            (
                "post.publish.complete",
                r#"{"publish_id":"p1","publish_type":"DIRECT_PUBLISH"}"#,
            ),
            (
                "post.publish.failed",
                r#"{"publish_id":"p1","reason":"file_format_check_failed"}"#,
            ),
            (
                "post.publish.inbox_delivered",
                r#"{"publish_id":"p1","publish_type":"INBOX_SHARE"}"#,
            ),
            (
                "post.publish.publicly_available",
                r#"{"publish_id":"p1","post_id":"77"}"#,
            ),
            (
                "post.publish.no_longer_publicaly_available",
                r#"{"publish_id":"p1","post_id":"77"}"#,
            ),
            ("post.publish.complete", "{}"),
            ("video.upload.failed", r#"{"share_id":"x"}"#),
        ];
        let lines: Vec<String> = events
            .iter()
            .map(|(event, content)| told(event, content).unwrap_or_else(|| "-".to_owned()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        removed: its owner removed the app at TikTok
        removed: TikTok took away the app's access, without a reason
        p1 is published [p1 None]
        p1 failed: file_format_check_failed [p1 None]
        p1 lies in the inbox [p1 None]
        p1 can be seen by everybody (post 77) [p1 Some("77")]
        p1 can no longer be seen by everybody (post 77)
        -
        -
        "#);
        assert_eq!(TikTokHooks.read(b"["), None);
    }

    #[test]
    fn an_event_says_when_it_happened() {
        let at = |create_time: Value| {
            let body = serde_json::json!({"event": "authorization.removed", "user_openid": "u", "create_time": create_time});
            TikTokHooks.read(body.to_string().as_bytes()).unwrap().at
        };
        let then = Some(Timestamp::from_secs(1_615_338_610));
        assert_eq!(at(1_615_338_610.into()), then);
        assert_eq!(at("1615338610".into()), then);
        for none in [
            Value::Null,
            0.into(),
            (-1).into(),
            1_615_338_610_000_i64.into(),
            "".into(),
        ] {
            assert_eq!(at(none.clone()), None, "{none}");
        }
    }
}
