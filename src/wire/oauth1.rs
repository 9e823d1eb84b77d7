//! Signatures of OAuth 1.0a (RFC 5849): HMAC-SHA1 over method, address and parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;
use url::Url;

use super::trouble::machine;
use crate::core::call::{Answer, Auth, HttpCall, Method, Reply};
use crate::core::clocks::http_date;
use crate::domain::time::{Span, Timestamp};

/// What stays as it is (RFC 5849 3.6).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// From this difference of two clocks on a server may refuse a signature for its time (x.md 2.7: "Needs a correct clock").
const APART: Span = Span::secs(240);

/// A signed call that was refused while this machine's clock is wrong says nothing about its token: nothing was done, and it
/// may be signed again once the clock is right.
pub(super) fn judged(call: &HttpCall, sent: Timestamp, answer: Answer) -> Answer {
    let date = match &answer {
        Answer::Answered(Reply::Http(reply)) if call.auth == Auth::OAuth1 && reply.status == 401 => {
            reply.headers.get("date").and_then(|date| http_date(date))
        }
        Answer::Answered(_) | Answer::NotSent(_) | Answer::Lost(_) => None,
    };
    let Some(theirs) = date else {
        return answer;
    };
    let (off, way) = if theirs > sent {
        (theirs.since(sent), "behind")
    } else {
        (sent.since(theirs), "ahead of")
    };
    if off <= APART {
        return answer;
    }
    Answer::NotSent(machine(format!(
        "the signature of {} was refused (HTTP 401), and this machine's clock is {off} {way} the server's: set the clock (`timedatectl` shows whether it is synchronised)",
        call.label
    )))
}

/// The app's and the account's part of a signature.
pub(super) struct Signer {
    pub(super) consumer_key: SecretString,
    pub(super) consumer_secret: SecretString,
    pub(super) token: SecretString,
    pub(super) token_secret: SecretString,
    /// Used once with this timestamp.
    pub(super) nonce: String,
    /// Unix seconds.
    pub(super) timestamp: i64,
}

impl Signer {
    /// The value of the `Authorization` header. Signed are the query of `url` and the fields of a form.
    pub(super) fn header(&self, method: Method, url: &Url, form: &[(String, String)]) -> String {
        let own = self.own();
        let mut all: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| (encoded(&name), encoded(&value)))
            .chain(form.iter().map(|(name, value)| (encoded(name), encoded(value))))
            .chain(own.iter().map(|(name, value)| (encoded(name), encoded(value))))
            .collect();
        all.sort();
        let signature = self.signature(method, url, &all);
        let mut parts: Vec<String> = own
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", encoded(value)))
            .collect();
        parts.push(format!("oauth_signature=\"{}\"", encoded(&signature)));
        parts.sort();
        format!("OAuth {}", parts.join(", "))
    }

    fn own(&self) -> [(&'static str, String); 6] {
        [
            ("oauth_consumer_key", self.consumer_key.expose_secret().to_owned()),
            ("oauth_nonce", self.nonce.clone()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", self.timestamp.to_string()),
            ("oauth_token", self.token.expose_secret().to_owned()),
            ("oauth_version", "1.0".to_owned()),
        ]
    }

    fn signature(&self, method: Method, url: &Url, sorted: &[(String, String)]) -> String {
        let mut address = url.clone();
        address.set_query(None);
        address.set_fragment(None);
        let parameters: Vec<String> = sorted
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let base = format!(
            "{}&{}&{}",
            verb(method),
            encoded(address.as_str()),
            encoded(&parameters.join("&"))
        );
        let key = SecretString::from(format!(
            "{}&{}",
            encoded(self.consumer_secret.expose_secret()),
            encoded(self.token_secret.expose_secret())
        ));
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.expose_secret().as_bytes()) else {
            // HMAC takes keys of every length; a request without a signature would only be refused.
            return String::new();
        };
        mac.update(base.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(parts: [&str; 5], timestamp: i64) -> Signer {
        let [consumer_key, consumer_secret, token, token_secret, nonce] = parts;
        Signer {
            consumer_key: consumer_key.to_owned().into(),
            consumer_secret: consumer_secret.to_owned().into(),
            token: token.to_owned().into(),
            token_secret: token_secret.to_owned().into(),
            nonce: nonce.to_owned(),
            timestamp,
        }
    }

    /// The example of X's page "Creating a signature".
    #[test]
    fn the_vendors_example() {
        let signer = signer(
            [
                "xvz1evFS4wEEPTGEFPHBog",
                "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
                "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
                "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
                "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
            ],
            1_318_622_958,
        );
        let form = [(
            "status".to_owned(),
            "Hello Ladies + Gentlemen, a signed OAuth request!".to_owned(),
        )];
        let url =
            Url::parse("https://api.twitter.com/1.1/statuses/update.json?include_entities=true").unwrap();
        let header = signer.header(Method::Post, &url, &form);
        assert!(
            header.contains("oauth_signature=\"hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D\""),
            "{header}"
        );
        assert!(header.starts_with("OAuth oauth_consumer_key=\"xvz1evFS4wEEPTGEFPHBog\", oauth_nonce="));
        assert!(!header.contains("kAcSOqF21") && !header.contains("LswwdoUa"));
    }

    /// The example of RFC 5849 1.2, without its realm.
    #[test]
    fn the_example_of_the_standard() {
        let signer = signer(
            [
                "dpf43f3p2l4k3l03",
                "kd94hf93k423kf44",
                "nnch734d00sl2jdk",
                "pfkkdhi9sl3r4s00",
                "chapoH",
            ],
            137_131_202,
        );
        let url = Url::parse("http://photos.example.net/photos?file=vacation.jpg&size=original").unwrap();
        let header = signer.header(Method::Get, &url, &[]);
        // The standard's own request has no oauth_version; with it the base string differs, so it is signed here by hand.
        let mut all: Vec<(String, String)> = url
            .query_pairs()
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        all.extend(
            signer
                .own()
                .into_iter()
                .filter(|(name, _)| *name != "oauth_version")
                .map(|(n, v)| (n.to_owned(), v)),
        );
        all.sort();
        assert_eq!(
            signer.signature(Method::Get, &url, &all),
            "MdpQcU8iPSUjWoN/UDMsK2sui9I="
        );
        assert!(header.contains("oauth_version=\"1.0\""));
    }
}
