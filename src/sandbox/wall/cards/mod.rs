//! One card for each entry of the wall, in the looks of its platform.
//!
//! A platform's looks are a row in [`CARDS`]: a function and a stylesheet, both from its own file. A platform
//! without a row gets the plain card.

mod facebook;
mod instagram;
mod parts;
mod plain;
#[cfg(test)]
mod tests;
mod threads;
mod tiktok;
mod x;

use std::collections::HashMap;

pub(super) use parts::icon;

use crate::sandbox::exchange::escape;
use crate::sandbox::model::{WallKind, WallPost};

/// How a platform's posts look.
struct Looks {
    /// The platform's name.
    platform: &'static str,
    /// Writes an entry's inside.
    card: fn(&Talk<'_>) -> String,
    /// Its styles, all below `.card.NAME`.
    style: &'static str,
}

const CARDS: &[Looks] = &[
    Looks {
        platform: "threads",
        card: threads::card,
        style: include_str!("threads.css"),
    },
    Looks {
        platform: "instagram",
        card: instagram::card,
        style: include_str!("instagram.css"),
    },
    Looks {
        platform: "facebook",
        card: facebook::card,
        style: include_str!("facebook.css"),
    },
    Looks {
        platform: "tiktok",
        card: tiktok::card,
        style: include_str!("tiktok.css"),
    },
    Looks {
        platform: "x",
        card: x::card,
        style: include_str!("x.css"),
    },
];

/// One entry: a post with what answers it, or the messages to one person.
pub(super) struct Talk<'a> {
    /// The platform's name.
    pub(super) platform: &'a str,
    /// The platform's name for people.
    pub(super) title: &'a str,
    /// Every live post of the platform, for quotes and reposts.
    pub(super) all: &'a HashMap<&'a str, &'a WallPost>,
    /// The posts of this entry; never empty. Each answer stands behind what it answers.
    pub(super) posts: Vec<&'a WallPost>,
    /// Now, in Unix milliseconds.
    pub(super) now: i64,
}

impl<'a> Talk<'a> {
    /// A live post of the same platform.
    fn post(&self, id: Option<&String>) -> Option<&'a WallPost> {
        self.all.get(id?.as_str()).copied()
    }

    /// Whether the next post of the entry answers this one.
    fn goes_on(&self, at: usize) -> bool {
        let next = self.posts.get(at + 1);
        next.is_some_and(|next| next.reply_to.as_ref() == Some(&self.posts[at].id))
    }

    /// How many live posts answer, quote or repost this one.
    fn count(&self, same: impl Fn(&WallPost) -> bool) -> usize {
        self.all.values().filter(|post| same(post)).count()
    }
}

/// The styles of all cards.
pub(super) fn styles() -> String {
    CARDS.iter().map(|looks| looks.style).collect()
}

/// The whole card of an entry.
pub(super) fn card(talk: &Talk<'_>) -> String {
    let Some(first) = talk.posts.first() else {
        return String::new();
    };
    let looks = CARDS.iter().find(|looks| looks.platform == talk.platform);
    let inside = match first.kind {
        WallKind::Message => parts::chat(talk),
        _ => looks.map_or_else(|| plain::card(talk), |looks| (looks.card)(talk)),
    };
    let kind = kind(first.kind);
    format!(
        "<article class=\"card {platform} {class}\" data-id=\"{platform}-{id}\" data-rev=\"{rev}\" aria-label=\"{title}: {words} of {user}\">\
         <p class=\"brand\"><i aria-hidden=\"true\"></i>{title}<span>{words}</span></p>{inside}</article>",
        platform = escape(talk.platform),
        class = kind.0,
        id = escape(&first.id),
        rev = talk.posts.len(),
        title = escape(talk.title),
        words = if talk.posts.len() > 1 && first.kind == WallKind::Message {
            "messages"
        } else {
            kind.1
        },
        user = escape(&first.username),
    )
}

/// The class and the word of a kind.
fn kind(kind: WallKind) -> (&'static str, &'static str) {
    match kind {
        WallKind::Post => ("is-post", "post"),
        WallKind::Reel => ("is-reel", "reel"),
        WallKind::Story => ("is-story", "story"),
        WallKind::Repost => ("is-repost", "repost"),
        WallKind::Comment => ("is-comment", "comment"),
        WallKind::Message => ("is-message", "message"),
        WallKind::Draft => ("is-draft", "draft in the app"),
    }
}
