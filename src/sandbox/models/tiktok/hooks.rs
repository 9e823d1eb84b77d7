//! What TikTok posts to an app's callback, and its signature (`tiktok.md` 2.7 and 4.9).

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{TikTok, open_id};

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// Its name: `post.publish.complete`.
    pub event: &'static str,
    account: usize,
    content: Value,
    at_ms: i64,
}

impl Hook {
    pub(super) fn new(event: &'static str, account: usize, content: Value, at_ms: i64) -> Self {
        Self {
            event,
            account,
            content,
            at_ms,
        }
    }
}

/// The value of `TikTok-Signature` for a body that is sent at this time (Unix seconds).
#[must_use]
pub fn signature_header(secret: &str, at_s: i64, body: &str) -> String {
    let mut signature = String::new();
    // HMAC takes keys of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(format!("{at_s}.{body}").as_bytes());
        signature = hex::encode(mac.finalize().into_bytes());
    }
    format!("t={at_s},s={signature}")
}

impl TikTok {
    /// The events since the last time, each with its body and the header of its signature.
    pub fn take_webhooks(&mut self) -> Vec<(Hook, String, String)> {
        let hooks = std::mem::take(&mut self.hooks);
        let with_body = hooks.into_iter().map(|hook| {
            let (body, header) = self.posted(&hook, hook.at_ms);
            (hook, body, header)
        });
        with_body.collect()
    }

    /// What tells now that a person took the app's access away then: a failed delivery is tried again for days, and its
    /// body says when it happened (`tiktok.md` 2.7).
    pub(super) fn removed_hook(&self, account: usize, removed_ms: i64, now_ms: i64) -> (String, String) {
        let hook = Hook::new("authorization.removed", account, json!({"reason": 1}), removed_ms);
        self.posted(&hook, now_ms)
    }

    /// An event's body, and the header of its signature when it is sent at this time.
    fn posted(&self, hook: &Hook, sent_ms: i64) -> (String, String) {
        let body = json!({
            "client_key": self.app.0,
            "event": hook.event,
            "create_time": hook.at_ms.div_euclid(1_000),
            "user_openid": open_id(hook.account),
            "content": hook.content.to_string(),
        });
        let body = body.to_string();
        let header = signature_header(&self.app.1, sent_ms.div_euclid(1_000), &body);
        (body, header)
    }
}

#[cfg(test)]
mod tests {
    use super::signature_header;

    #[test]
    fn the_signature_is_over_time_and_body() {
        let header = signature_header("Jefe", 28, "what do ya want for nothing?");
        let expected = "d99ac382107d285c4c188d4d8f2c591e3b67931bad6698c09077801971e9b12e";
        assert_eq!(header, format!("t=28,s={expected}"));
        assert_ne!(
            header,
            signature_header("Jefe", 29, "what do ya want for nothing?")
        );
        assert_ne!(
            header,
            signature_header("jefe", 28, "what do ya want for nothing?")
        );
    }
}
