//! Meta's `signed_request`, verified (meta-common.md 8).

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::Sha256;

use super::desk::AppSecret;
use crate::domain::time::{Span, Timestamp};

/// Longest request, in bytes.
const MAX: usize = 8 * 1024;
/// Older ones are not Meta's first try, nor its last.
pub const MAX_AGE: Span = Span::days(7);
/// How far a clock may be ahead of ours.
pub const MAX_AHEAD: Span = Span::mins(10);

/// Meta sends no padding; an old document says to add it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A verified request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The apps whose secret signed it: one app of Meta's may stand in the config for each of its platforms.
    pub apps: Vec<String>,
    /// The app-scoped id of the user.
    pub user_id: String,
    /// When Meta made it.
    pub issued: Timestamp,
}

/// Why a request is not believed. For logs and tests; the sender learns nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disbelief {
    /// Not two base64url parts, too long, or no JSON object.
    Malformed,
    /// No app's secret made this signature.
    Forged,
    /// Signed, but with another algorithm named.
    Algorithm,
    /// Signed, but without a usable `user_id` or `issued_at`.
    Incomplete,
    /// Signed, but too old.
    Stale,
    /// Signed, but from the future.
    Early,
}

/// Verifies the signature with each app's secret, then the content.
pub fn verify(text: &str, apps: &[AppSecret], now: Timestamp) -> Result<SignedRequest, Disbelief> {
    if text.len() > MAX {
        return Err(Disbelief::Malformed);
    }
    let (signature, payload) = text.split_once('.').ok_or(Disbelief::Malformed)?;
    let signature = BASE64.decode(signature).map_err(|_| Disbelief::Malformed)?;
    let apps: Vec<String> = apps
        .iter()
        .filter(|app| signed_by(app, payload.as_bytes(), &signature))
        .map(|app| app.name.clone())
        .collect();
    if apps.is_empty() {
        return Err(Disbelief::Forged);
    }
    let json = BASE64.decode(payload).map_err(|_| Disbelief::Malformed)?;
    let json: Value = serde_json::from_slice(&json).map_err(|_| Disbelief::Malformed)?;
    let algorithm = json.get("algorithm").and_then(Value::as_str).unwrap_or_default();
    if !algorithm.eq_ignore_ascii_case("HMAC-SHA256") {
        return Err(Disbelief::Algorithm);
    }
    let issued = json
        .get("issued_at")
        .and_then(Value::as_i64)
        .ok_or(Disbelief::Incomplete)?;
    let issued = Timestamp::from_secs(issued);
    if now.since(issued) > MAX_AGE {
        return Err(Disbelief::Stale);
    }
    if issued.since(now) > MAX_AHEAD {
        return Err(Disbelief::Early);
    }
    Ok(SignedRequest {
        apps,
        user_id: user_id(&json).ok_or(Disbelief::Incomplete)?,
        issued,
    })
}

/// In constant time; an empty secret signs nothing.
pub(super) fn signed_by(app: &AppSecret, message: &[u8], signature: &[u8]) -> bool {
    let secret = app.secret.expose_secret().as_bytes();
    if secret.is_empty() {
        return false;
    }
    match Hmac::<Sha256>::new_from_slice(secret) {
        Ok(mut mac) => {
            mac.update(message);
            mac.verify_slice(signature).is_ok()
        }
        Err(_) => false,
    }
}

/// A string of letters and digits, or a number.
fn user_id(json: &Value) -> Option<String> {
    let id = match json.get("user_id")? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64()?.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let fine = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    fine.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    const VECTOR: &str = "omXFKIOfZWc46lpOqqs_opCLTGhRfi3WbJDpLlblMoU.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0MDAsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9";
    const NOW: Timestamp = Timestamp::from_secs(1_291_836_900);

    fn apps() -> Vec<AppSecret> {
        [
            ("empty", ""),
            ("other", "ffff"),
            ("threads", SECRET),
            ("the same for pages", SECRET),
        ]
        .map(|(name, secret)| AppSecret {
            name: name.into(),
            secret: secret.into(),
        })
        .to_vec()
    }

    fn signed(payload: &str, secret: &str) -> String {
        let payload = BASE64.encode(payload).trim_end_matches('=').to_owned();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(payload.as_bytes());
        format!(
            "{}.{payload}",
            BASE64.encode(mac.finalize().into_bytes()).trim_end_matches('=')
        )
    }

    #[test]
    fn the_documents_vector_holds() {
        let good = SignedRequest {
            apps: vec!["threads".into(), "the same for pages".into()],
            user_id: "218471".into(),
            issued: Timestamp::from_secs(1_291_836_800),
        };
        assert_eq!(verify(VECTOR, &apps(), NOW), Ok(good.clone()));
        let padded = VECTOR.replacen('.', "=.", 1);
        assert_eq!(verify(&padded, &apps(), NOW), Ok(good));
        assert_eq!(verify(VECTOR, &apps()[..2], NOW), Err(Disbelief::Forged));
        assert_eq!(verify(VECTOR, &[], NOW), Err(Disbelief::Forged));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        for n in 0..VECTOR.len() {
            let mut bytes = VECTOR.as_bytes().to_vec();
            bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).unwrap();
            assert!(verify(&text, &apps(), NOW).is_err(), "byte {n}");
        }
    }

    #[test]
    fn contents_are_checked_after_the_signature() {
        let cases = [
            (
                r#"{"algorithm":"hmac-sha256","issued_at":1291836900,"user_id":17}"#,
                None,
            ),
            (
                r#"{"algorithm":"none","issued_at":1291836900,"user_id":"1"}"#,
                Some(Disbelief::Algorithm),
            ),
            (
                r#"{"issued_at":1291836900,"user_id":"1"}"#,
                Some(Disbelief::Algorithm),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","user_id":"1"}"#,
                Some(Disbelief::Incomplete),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":1291836900}"#,
                Some(Disbelief::Incomplete),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":1291836900,"user_id":"../x"}"#,
                Some(Disbelief::Incomplete),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":1291836900,"user_id":-1}"#,
                Some(Disbelief::Incomplete),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":1291232099,"user_id":"1"}"#,
                Some(Disbelief::Stale),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":-9223372036854775808,"user_id":"1"}"#,
                Some(Disbelief::Stale),
            ),
            (
                r#"{"algorithm":"HMAC-SHA256","issued_at":1291837501,"user_id":"1"}"#,
                Some(Disbelief::Early),
            ),
            ("[]", Some(Disbelief::Algorithm)),
            ("no json", Some(Disbelief::Malformed)),
        ];
        for (payload, wanted) in cases {
            assert_eq!(
                verify(&signed(payload, SECRET), &apps(), NOW).err(),
                wanted,
                "{payload}"
            );
        }
        // The same with an empty key: never.
        assert_eq!(
            verify(&signed(cases[0].0, ""), &apps(), NOW),
            Err(Disbelief::Forged)
        );
        for text in ["", ".", "a.b", "a", "....", "ä.ä", &"a".repeat(9000)] {
            assert!(verify(text, &apps(), NOW).is_err(), "{text}");
        }
    }
}
