//! Signatures of OAuth 1.0a, checked (`x.md` 2.7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;

use crate::sandbox::exchange::SandboxRequest;

/// RFC 3986: everything but letters, digits and `-._~`.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Where a signature's address begins: requests do not carry their host.
pub(super) const BASES: [&str; 2] = ["https://api.x.com", "https://api.twitter.com"];

/// The parameters of an `Authorization: OAuth ...` header.
pub(super) struct Signed {
    pairs: Vec<(String, String)>,
}

impl Signed {
    /// Reads the header, if the request has such a one.
    pub(super) fn of(req: &SandboxRequest) -> Option<Self> {
        let list = req.header("authorization")?.strip_prefix("OAuth ")?;
        let pairs = list.split(',').filter_map(|piece| {
            let (name, value) = piece.trim().split_once('=')?;
            let value = percent_decode_str(value.trim_matches('"'))
                .decode_utf8_lossy()
                .into_owned();
            Some((name.to_owned(), value))
        });
        Some(Self {
            pairs: pairs.collect(),
        })
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, value)| value)
    }

    /// Whether the signature is the one that these secrets make, for one of these addresses' beginnings.
    pub(super) fn holds(&self, req: &SandboxRequest, bases: &[&str], consumer: &str, user: &str) -> bool {
        self.get("oauth_signature_method") == "HMAC-SHA1"
            && matches!(self.get("oauth_version"), "" | "1.0")
            && bases
                .iter()
                .any(|base| signature(req, base, &self.pairs, consumer, user) == self.get("oauth_signature"))
    }
}

/// The signature over method, address and sorted parameters; bodies are not signed.
pub(super) fn signature(
    req: &SandboxRequest,
    base: &str,
    oauth: &[(String, String)],
    consumer: &str,
    user: &str,
) -> String {
    let mut pairs: Vec<(String, String)> = oauth
        .iter()
        .filter(|(name, _)| name != "oauth_signature" && name != "realm")
        .chain(&req.query)
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = format!(
        "{}&{}&{}",
        req.method.to_ascii_uppercase(),
        encode(&format!("{base}{}", req.path)),
        encode(&joined.join("&"))
    );
    let key = format!("{}&{}", encode(consumer), encode(user));
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of OAuth Core 1.0, appendix A.5.
    #[test]
    fn the_known_signature_comes_out() {
        let req = SandboxRequest::new("GET", "/photos?file=vacation.jpg&size=original");
        let pairs: Vec<(String, String)> = [
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_nonce", "kllo9940pd9333jh"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1191242096"),
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_version", "1.0"),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec();
        let base = "http://photos.example.net";
        let made = signature(&req, base, &pairs, "kd94hf93k423kf44", "pfkkdhi9sl3r4s00");
        assert_eq!(made, "tR3+Ty81lMeYAr/Fid0kMTYa/WM=");
    }
}
