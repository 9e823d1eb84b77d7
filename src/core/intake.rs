//! From what was read to a post: so far the identity of contents.

use sha2::{Digest, Sha256};

use crate::domain::post::Content;

/// Identifies what one account publishes, whatever its files are called: SHA-256, hex.
pub fn content_hash(content: &Content) -> String {
    let mut content = content.clone();
    for media in content.segments.iter_mut().flat_map(|s| &mut s.media) {
        media.file.clear();
    }
    // Content is plain data; serde_json cannot fail on it.
    let json = serde_json::to_vec(&content).unwrap_or_default();
    Sha256::digest(&json).iter().map(|b| format!("{b:02x}")).collect()
}
