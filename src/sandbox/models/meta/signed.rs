//! `signed_request`, with which Meta tells an app that a person removed it (meta-common.md 8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

/// What Meta posts to the deauthorise and deletion callbacks for this user of the app.
pub(crate) fn signed_request(user_id: &str, secret: &str, now_ms: i64) -> String {
    let payload = json!({
        "algorithm": "HMAC-SHA256",
        "expires": 0,
        "issued_at": now_ms / 1000,
        "user_id": user_id,
    });
    let encoded = URL_SAFE_NO_PAD.encode(payload.to_string());
    let signature = hmac_sha256(secret, &encoded);
    format!("{}.{encoded}", URL_SAFE_NO_PAD.encode(signature))
}

/// `appsecret_proof`: hex of HMAC-SHA256 of the token with the app secret (meta-common.md 6).
pub(crate) fn proof(secret: &str, token: &str) -> String {
    hex::encode(hmac_sha256(secret, token))
}

fn hmac_sha256(secret: &str, message: &str) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return Vec::new();
    };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn proofs_and_requests_are_signed_as_the_vectors_say() {
        assert_eq!(
            proof(SECRET, "EAAtoken"),
            "3ed5c45291669ee788e82dfd074125ffd6cef0f510cae95b5d0bcfb96cd18cd2"
        );
        let request = signed_request("218471", SECRET, 1_291_836_800_000);
        let (signature, encoded) = request.split_once('.').unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.decode(signature).unwrap(),
            hmac_sha256(SECRET, encoded)
        );
        let payload: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap();
        assert_eq!(
            (&payload["user_id"], &payload["issued_at"]),
            (&json!("218471"), &json!(1_291_836_800))
        );
    }
}
