//! Tokens in media URLs: what they grant is written in them, a MAC makes them unguessable, and they expire.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::media::MediaId;
use crate::domain::time::Timestamp;

/// Longest token, in characters.
pub const TOKEN_MAX: usize = 256;

/// Keeps these MACs apart from whatever else the key may be used for.
const CONTEXT: &[u8] = b"crier media token 1\0";
/// The same for grants of a commit, whose attempt stands before the account's name.
const COMMIT_CONTEXT: &[u8] = b"crier media token 2\0";
const MAC_LENGTH: usize = 32;
/// Expiry, media number, post id, and of a commit its attempt; the account's name follows.
const FIXED: usize = 8 + 4 + 26 + 4;

/// What a token grants: one file of one delivery until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaGrant {
    /// Whose file.
    pub delivery: DeliveryId,
    /// Which.
    pub media: MediaId,
    /// Which commit handed it out: it is closed once that is known to have done nothing. `None`: a quiet call.
    pub commit: Option<u32>,
    /// From then on it is worth nothing; whole seconds.
    pub expires: Timestamp,
}

/// Why a token grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// Not made with this key.
    Forged,
    /// Was good once.
    Expired,
}

/// The token of a grant: at most [`TOKEN_MAX`] letters, digits, `-` and `_`. The key should be 32 random bytes.
pub fn make(grant: &MediaGrant, key: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(FIXED + 64 + MAC_LENGTH);
    bytes.extend_from_slice(&grant.expires.as_secs().to_be_bytes());
    bytes.extend_from_slice(&grant.media.0.to_be_bytes());
    bytes.extend_from_slice(grant.delivery.post.as_str().as_bytes());
    let context = match grant.commit {
        Some(attempt) => {
            bytes.extend_from_slice(&attempt.to_be_bytes());
            COMMIT_CONTEXT
        }
        None => CONTEXT,
    };
    bytes.extend_from_slice(grant.delivery.account.as_str().as_bytes());
    let tag = mac(context, key, &bytes).finalize().into_bytes();
    bytes.extend_from_slice(&tag);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a token grants now. The MAC is compared in constant time and before anything is read.
pub fn verify(token: &str, key: &[u8], now: Timestamp) -> Result<MediaGrant, BadToken> {
    if token.len() > TOKEN_MAX {
        return Err(BadToken::Forged);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken::Forged)?;
    let split = bytes.len().checked_sub(MAC_LENGTH).ok_or(BadToken::Forged)?;
    let (payload, tag) = bytes.split_at(split);
    let is_made = |context: &[u8]| mac(context, key, payload).verify_slice(tag).is_ok();
    let commits = is_made(COMMIT_CONTEXT);
    if !commits && !is_made(CONTEXT) {
        return Err(BadToken::Forged);
    }
    let grant = read(payload, commits).ok_or(BadToken::Forged)?;
    if grant.expires <= now {
        return Err(BadToken::Expired);
    }
    Ok(grant)
}

fn mac(context: &[u8], key: &[u8], payload: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length: the error cannot occur.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(context);
    mac.update(payload);
    mac
}

fn read(payload: &[u8], commits: bool) -> Option<MediaGrant> {
    let (expires, rest) = payload.split_first_chunk::<8>()?;
    let (media, rest) = rest.split_first_chunk::<4>()?;
    let (post, rest) = rest.split_first_chunk::<26>()?;
    let (commit, account) = if commits {
        let (attempt, account) = rest.split_first_chunk::<4>()?;
        (Some(u32::from_be_bytes(*attempt)), account)
    } else {
        (None, rest)
    };
    Some(MediaGrant {
        delivery: DeliveryId {
            post: PostId::new(std::str::from_utf8(post).ok()?).ok()?,
            account: AccountName::new(std::str::from_utf8(account).ok()?).ok()?,
        },
        media: MediaId(u32::from_be_bytes(*media)),
        commit,
        expires: Timestamp::from_secs(i64::from_be_bytes(*expires)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    fn grant(account: &str) -> MediaGrant {
        MediaGrant {
            delivery: format!("01jd0000000000000000000001/{account}").parse().unwrap(),
            media: MediaId(7),
            commit: None,
            expires: Timestamp::from_secs(1000),
        }
    }

    #[test]
    fn a_token_comes_back_until_it_expires() {
        for account in ["a", &"b".repeat(64)] {
            let token = make(&grant(account), KEY);
            assert!(token.len() <= TOKEN_MAX, "{}", token.len());
            assert!(
                token
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            );
            assert_eq!(verify(&token, KEY, Timestamp::from_secs(999)), Ok(grant(account)));
            assert_eq!(
                verify(&token, KEY, Timestamp::from_secs(1000)),
                Err(BadToken::Expired)
            );
            assert_eq!(verify(&token, b"another", Timestamp(0)), Err(BadToken::Forged));
        }
    }

    #[test]
    fn a_commit_stands_in_its_token() {
        for attempt in [1, 77, u32::MAX] {
            let of_commit = MediaGrant {
                commit: Some(attempt),
                ..grant(&"b".repeat(64))
            };
            let token = make(&of_commit, KEY);
            assert!(token.len() <= TOKEN_MAX, "{}", token.len());
            assert_eq!(verify(&token, KEY, Timestamp(0)), Ok(of_commit));
        }
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let token = make(&grant("news"), KEY);
        for n in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(verify(&text, KEY, Timestamp(0)), Err(BadToken::Forged), "{n}");
        }
        for text in [
            "",
            "A",
            "AAAA",
            &token[1..],
            &format!("{token}A"),
            &"A".repeat(300),
            "../../etc",
        ] {
            assert_eq!(verify(text, KEY, Timestamp(0)), Err(BadToken::Forged), "{text}");
        }
    }
}
