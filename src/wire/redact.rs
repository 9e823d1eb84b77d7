//! Keeps secrets and control characters out of everything that people will read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";

/// Longest detail in a transcript, in characters.
pub const DETAIL_MAX: usize = 300;

/// Secrets shorter than this are not searched for: replacing them would garble ordinary words, and they
/// protect nothing.
const SHORTEST: usize = 6;

/// Knows the secrets of one call, in the forms in which they went out, and takes them out of texts.
#[derive(Default)]
pub struct Scrubber {
    forms: Vec<SecretString>,
}

impl Scrubber {
    /// Remembers a secret: as it is, percent-encoded, and in base64.
    pub fn learn(&mut self, secret: &SecretString) {
        let plain = secret.expose_secret();
        if plain.len() < SHORTEST {
            return;
        }
        let encoded: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        if encoded != plain {
            self.forms.push(encoded.into());
        }
        self.forms.push(STANDARD.encode(plain).into());
        self.forms.push(plain.to_owned().into());
    }

    /// The text without the secrets.
    pub fn text(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for form in &self.forms {
            if clean.contains(form.expose_secret()) {
                clean = clean.replace(form.expose_secret(), REDACTED);
            }
        }
        clean
    }

    /// The bytes without the secrets; untouched, whatever they are, when none is in them.
    pub fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut clean = bytes;
        for form in &self.forms {
            clean = replace(clean, form.expose_secret().as_bytes());
        }
        clean
    }

    /// For a transcript: no secrets, no control characters, at most [`DETAIL_MAX`] characters.
    pub fn detail(&self, text: &str) -> String {
        cap(&printable(&tokens_by_name(&self.text(text))), DETAIL_MAX)
    }
}

/// Replaces each occurrence of `needle`.
fn replace(bytes: Vec<u8>, needle: &[u8]) -> Vec<u8> {
    let found = |hay: &[u8]| hay.windows(needle.len()).position(|w| w == needle);
    if needle.is_empty() || found(&bytes).is_none() {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some(at) = found(rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(REDACTED.as_bytes());
        rest = &rest[at + needle.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Control characters become spaces; those that reorder or hide text go.
pub fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !matches!(u32::from(*c),
                0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF | 0xE0000..=0xE007F)
        })
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// At most `max` characters, with `…` for what is missing.
pub fn cap(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Values after well-known names (`access_token=…`, `Bearer …`), whoever's they are.
fn tokens_by_name(text: &str) -> String {
    const NAMES: [&str; 9] = [
        "access_token=",
        "refresh_token=",
        "fb_exchange_token=",
        "client_secret=",
        "input_token=",
        "code_verifier=",
        "password=",
        "Bearer ",
        "OAuth ",
    ];
    let mut clean = text.to_owned();
    for name in NAMES {
        clean = after_name(&clean, name);
    }
    clean
}

fn after_name(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let value = at + name.len();
        out.push_str(&rest[..value]);
        rest = &rest[value..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '&' | '"' | '\'' | ')' | ',' | ';' | '<'))
            .unwrap_or(rest.len());
        // Words such as "OAuth access token" are no tokens.
        if end >= 16 {
            out.push_str(REDACTED);
        } else {
            out.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knowing(secret: &str) -> Scrubber {
        let mut scrub = Scrubber::default();
        scrub.learn(&secret.to_owned().into());
        scrub
    }

    #[test]
    fn takes_out_every_form_of_a_secret() {
        let scrub = knowing("THQW a/b+c=");
        for form in ["THQW a/b+c=", "THQW+a%2Fb%2Bc%3D", "VEhRVyBhL2IrYz0="] {
            assert_eq!(scrub.text(&format!("x{form}y")), "x[redacted]y", "{form}");
            assert_eq!(
                scrub.bytes(format!("\u{1}{form}{form}").into_bytes()),
                b"\x01[redacted][redacted]"
            );
        }
    }

    #[test]
    fn leaves_other_bytes_alone() {
        let bytes = vec![0, 255, 13, 10];
        assert_eq!(knowing("secretsecret").bytes(bytes.clone()), bytes);
        assert_eq!(
            knowing("no").text("no secret is so short"),
            "no secret is so short"
        );
    }

    #[test]
    fn details_are_short_printable_and_without_named_tokens() {
        let scrub = Scrubber::default();
        assert_eq!(
            scrub.detail("a\r\nb\u{1b}[31m \u{202e}access_token=abcdefghijklmnopqr&x=1 OAuth token"),
            "a  b [31m access_token=[redacted]&x=1 OAuth token"
        );
        assert_eq!(scrub.detail(&"ä".repeat(1000)).chars().count(), DETAIL_MAX);
    }
}
