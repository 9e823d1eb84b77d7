//! `signed_request`, with which Meta tells an app that a person removed it (meta-common.md 8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::{Threads, account_id};

impl Threads {
    /// What Meta posts to the uninstall and deletion callbacks of this profile's app; nothing when there is no
    /// such profile.
    #[must_use]
    pub fn signed_request(&self, username: &str, now_ms: i64) -> Option<String> {
        let account = self.accounts.iter().position(|a| a.username == username)?;
        let payload = json!({
            "algorithm": "HMAC-SHA256",
            "expires": 0,
            "issued_at": now_ms / 1000,
            "user_id": account_id(account),
        });
        Some(sign(&payload.to_string(), &self.app.1))
    }
}

/// `base64url(signature) "." base64url(payload)`; what is signed is the encoded payload.
fn sign(payload: &str, secret: &str) -> String {
    let encoded = URL_SAFE_NO_PAD.encode(payload);
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(encoded.as_bytes());
    format!(
        "{}.{encoded}",
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_signed_as_the_vector_says() {
        let payload =
            r#"{"algorithm":"HMAC-SHA256","expires":1291840400,"issued_at":1291836800,"user_id":"218471"}"#;
        assert_eq!(
            sign(payload, "0123456789abcdef0123456789abcdef"),
            "omXFKIOfZWc46lpOqqs_opCLTGhRfi3WbJDpLlblMoU.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0MDAs\
             Imlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9"
        );
        let mut threads = Threads::new(1);
        threads.add_account("ada");
        assert!(threads.signed_request("ada", 0).is_some() && threads.signed_request("bob", 0).is_none());
    }
}
