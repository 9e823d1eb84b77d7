//! Hashes of what is published. None depends on a file name: renaming never makes a new post.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::domain::post::{Content, Expiry, Extra, Kind, Post, Segment};

/// Fields with their lengths before them, so that no two different contents look alike.
#[derive(Default)]
struct Fold(Sha256);

impl Fold {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Composed characters, no blanks at line ends: what looks the same counts as the same.
    fn words(&mut self, text: &str) {
        let composed: String = text.nfc().collect();
        let lines: Vec<&str> = composed.trim().lines().map(str::trim_end).collect();
        self.bytes(lines.join("\n").as_bytes());
    }

    fn option(&mut self, value: Option<&String>) {
        match value {
            Some(text) => {
                self.0.update([1]);
                self.words(text);
            }
            None => self.0.update([0]),
        }
    }

    fn list(&mut self, values: &[String]) {
        self.0.update((values.len() as u64).to_be_bytes());
        for value in values {
            self.words(value);
        }
    }

    fn hex(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// What `duplicate_window` compares for one account: words, media bytes and what is answered or quoted.
///
/// Alt texts, topics and audiences do not count: a post that differs only in them is the same to its
/// readers.
pub fn content_hash(content: &Content) -> String {
    let mut fold = Fold::default();
    fold.bytes(b"crier content 1");
    body(&mut fold, content);
    fold.hex()
}

fn extra_words(fold: &mut Fold, extra: &Extra) {
    match extra {
        Extra::Flag(flag) => fold.bytes(&[u8::from(*flag)]),
        Extra::Number(number) => fold.bytes(&number.to_be_bytes()),
        Extra::Words(words) => fold.words(words),
        Extra::List(list) => fold.list(list),
    }
}

/// Identifies one revision of a post: everything that was admitted, also times and alt texts.
pub fn revision_hash(post: &Post) -> String {
    let mut fold = Fold::default();
    fold.bytes(b"crier revision 1");
    fold.bytes(&post.when.at.map_or(i64::MIN, |t| t.0).to_be_bytes());
    match post.when.expires {
        None => fold.bytes(b""),
        Some(Expiry::After(span)) => fold.bytes(&[&[1], &span.0.to_be_bytes()[..]].concat()),
        Some(Expiry::At(t)) => fold.bytes(&[&[2], &t.0.to_be_bytes()[..]].concat()),
    }
    fold.bytes(&[u8::from(post.again)]);
    for (account, content) in &post.contents {
        fold.bytes(account.as_str().as_bytes());
        body(&mut fold, content);
        fold.option(content.topic.as_ref());
        fold.option(content.audience.as_ref());
        fold.bytes(&[u8::from(content.markdown)]);
        for (key, extra) in &content.extras {
            fold.bytes(key.as_bytes());
            extra_words(&mut fold, extra);
        }
        for media in content.segments.iter().flat_map(|s| &s.media) {
            fold.option(media.alt.as_ref());
            if let Some(cover) = media.cover {
                fold.bytes(&cover.0.to_be_bytes());
                if let Some(picture) = content.covers.iter().find(|c| c.id == cover) {
                    fold.words(&picture.facts.sha256);
                }
            }
            if let Some(moment) = media.thumb_ms {
                fold.bytes(&moment.to_be_bytes());
            }
        }
    }
    fold.hex()
}

fn body(fold: &mut Fold, content: &Content) {
    let kind = match content.kind {
        Kind::Post => "post",
        Kind::Reel => "reel",
        Kind::Story => "story",
        Kind::Message => "message",
    };
    fold.bytes(kind.as_bytes());
    fold.bytes(&(content.segments.len() as u64).to_be_bytes());
    for part in &content.segments {
        segment(fold, part);
    }
    for option in [
        &content.reply_to,
        &content.quote,
        &content.repost,
        &content.first_comment,
        &content.subject,
    ] {
        fold.option(option.as_ref());
    }
    fold.list(&content.to);
}

fn segment(fold: &mut Fold, segment: &Segment) {
    fold.words(&segment.text);
    fold.bytes(&(segment.media.len() as u64).to_be_bytes());
    for media in &segment.media {
        fold.bytes(media.facts.sha256.as_bytes());
    }
    fold.option(segment.link.as_ref());
    match &segment.poll {
        Some(poll) => {
            fold.list(&poll.options);
            fold.bytes(&poll.duration.map_or(-1, |d| d.0).to_be_bytes());
        }
        None => fold.bytes(b""),
    }
}
