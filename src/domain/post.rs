//! A post: immutable once admitted. Its deliveries move, it does not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::{AccountName, PostId, QueueName};
use super::media::Media;
use super::time::{Span, Timestamp};

/// What shape of thing is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An ordinary post (for mail accounts: a message).
    #[default]
    Post,
    /// A short upright video.
    Reel,
    /// A picture or video that vanishes after a day.
    Story,
    /// A message to named people.
    Message,
}

/// A choice to be voted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// The choices, in order.
    pub options: Vec<String>,
    /// How long it runs, where the platform lets one choose.
    pub duration: Option<Span>,
}

/// One piece of a post; a thread has several, each a reply to the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The words; may be empty when there is media.
    pub text: String,
    /// Pictures and videos in order.
    pub media: Vec<Media>,
    /// A link to show as a card.
    pub link: Option<String>,
    /// A poll.
    pub poll: Option<Poll>,
}

/// What one account is to publish, after `[only.ACCOUNT]` overrides: complete in itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Post, reel, story or message.
    pub kind: Kind,
    /// One or more segments; empty only when `repost` is set.
    pub segments: Vec<Segment>,
    /// Id or permalink of the post that is answered.
    pub reply_to: Option<String>,
    /// Id or permalink of the post that is quoted.
    pub quote: Option<String>,
    /// Id or permalink of the post that is reposted.
    pub repost: Option<String>,
    /// A topic or tag.
    pub topic: Option<String>,
    /// Who may see or answer it, in the platform's own words.
    pub audience: Option<String>,
    /// A comment to add below it once it is live.
    pub first_comment: Option<String>,
    /// Recipients of a message or mail.
    pub to: Vec<String>,
    /// Subject of a mail.
    pub subject: Option<String>,
    /// Fields that only some platforms understand (`location`, `collaborators`), by their key: what they declare in
    /// their `fields`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extras: BTreeMap<String, Extra>,
    /// The pictures that stand for its videos: [`Media::cover`] names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<Media>,
    /// Whether the words are Markdown (`.md` files): mail renders them as HTML, others send them as they are.
    pub markdown: bool,
}

/// The value of a platform's own field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Extra {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Words.
    Words(String),
    /// A list of words.
    List(Vec<String>),
}

impl Content {
    /// All its media files, also those that stand for others.
    pub fn files(&self) -> impl Iterator<Item = &Media> {
        let media = self.segments.iter().flat_map(|s| &s.media);
        media.chain(&self.covers)
    }

    /// A platform's own field that holds words.
    pub fn words(&self, key: &str) -> Option<&str> {
        match self.extras.get(key)? {
            Extra::Words(words) => Some(words),
            Extra::Flag(_) | Extra::Number(_) | Extra::List(_) => None,
        }
    }

    /// A platform's own field that is `true` or `false`.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.extras.get(key)? {
            Extra::Flag(flag) => Some(*flag),
            Extra::Words(_) | Extra::Number(_) | Extra::List(_) => None,
        }
    }

    /// A platform's own field that holds a list of words; empty when it is not there.
    pub fn list(&self, key: &str) -> &[String] {
        match self.extras.get(key) {
            Some(Extra::List(list)) => list,
            Some(Extra::Words(_) | Extra::Number(_) | Extra::Flag(_)) | None => &[],
        }
    }
}

/// Where a post came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A file in the queue's directory: its name there (a bundle's directory name).
    File(String),
    /// `crierctl post`, written by the daemon into the queue's directory under this name.
    Api(String),
}

impl Origin {
    /// The name in the queue's directory.
    pub fn name(&self) -> &str {
        match self {
            Origin::File(name) | Origin::Api(name) => name,
        }
    }
}

/// What the file said about time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// The instant named by `at`, resolved in the queue's zone.
    pub at: Option<Timestamp>,
    /// How `at` was written, with its zone, for people.
    pub at_text: Option<String>,
    /// After this it is better not published.
    pub expires: Option<Expiry>,
}

/// The end of a post's worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expiry {
    /// This long after its due time.
    After(Span),
    /// At this instant.
    At(Timestamp),
}

/// One admitted post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Its identity.
    pub id: PostId,
    /// The queue it lies in.
    pub queue: QueueName,
    /// The file it came from.
    pub origin: Origin,
    /// Counts edits while it waits, from 1.
    pub revision: u32,
    /// SHA-256 over the content as admitted (text, options, media hashes), hex: identifies the revision.
    pub hash: String,
    /// When it was admitted first.
    pub admitted: Timestamp,
    /// Its times.
    pub when: When,
    /// `again = true`: publish even though the same went out lately.
    pub again: bool,
    /// What each account publishes.
    pub contents: BTreeMap<AccountName, Content>,
    /// Things a person should know though they are no errors (an ambiguous time, a byte count near the limit).
    pub warnings: Vec<String>,
}
