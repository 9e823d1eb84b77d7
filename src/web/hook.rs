//! Messages that vendors send by themselves, believed or not.

use super::desk::AppSecret;
use super::signed_request::signed_by;
use crate::core::hook::Signed;
use crate::domain::time::{Span, Timestamp};

/// Farther from our clock than this, a message may be an old one that somebody kept (`tiktok.md` 2.7).
const MAX_APART: Span = Span::mins(5);

/// The apps whose secret signed it just now; none: it is not believed.
pub fn signers(signed: &Signed, apps: &[AppSecret], now: Timestamp) -> Vec<String> {
    if now.since(signed.at) > MAX_APART || signed.at.since(now) > MAX_APART {
        return Vec::new();
    }
    apps.iter()
        .filter(|app| signed_by(app, &signed.message, &signed.mac))
        .map(|app| app.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_fresh_signature_by_a_known_secret_is_believed() {
        let mac = "d99ac382107d285c4c188d4d8f2c591e3b67931bad6698c09077801971e9b12e";
        let signed = Signed {
            message: b"28.what do ya want for nothing?".to_vec(),
            mac: hex::decode(mac).unwrap(),
            at: Timestamp::from_secs(28),
        };
        let app = |name: &str, secret: &str| AppSecret {
            name: name.to_owned(),
            secret: secret.to_owned().into(),
        };
        let apps = [
            app("empty", ""),
            app("other", "jefe"),
            app("ours", "Jefe"),
            app("again", "Jefe"),
        ];
        let at = |s: i64| Timestamp::from_secs(s);
        let names = |signed: &Signed, now| signers(signed, &apps, now).join(" ");
        assert_eq!(names(&signed, at(28 + 300)), "ours again");
        assert_eq!(names(&signed, at(28 + 301)), "");
        assert_eq!(names(&signed, at(28 - 301)), "");
        let forged = Signed {
            message: b"28.x".to_vec(),
            ..signed
        };
        assert_eq!(names(&forged, at(28)), "");
    }
}
