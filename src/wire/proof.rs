//! `appsecret_proof`: that a call with a token comes from the app itself (meta-common.md 6).

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The parameter's name.
pub(super) const PARAMETER: &str = "appsecret_proof";

/// Hex of HMAC-SHA256, the app's secret being the key and the token the message. `None`: never, HMAC takes any key.
pub(super) fn of(token: &SecretString, secret: &SecretString) -> Option<SecretString> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(token.expose_secret().as_bytes());
    Some(SecretString::from(hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_meta_common_6() {
        let proof = of(&"EAAtoken".into(), &"0123456789abcdef0123456789abcdef".into()).unwrap();
        assert_eq!(
            proof.expose_secret(),
            "3ed5c45291669ee788e82dfd074125ffd6cef0f510cae95b5d0bcfb96cd18cd2"
        );
    }
}
