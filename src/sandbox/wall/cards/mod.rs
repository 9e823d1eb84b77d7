//! One card for each entry of the wall, in the looks of its platform.
//!
//! A vendor's looks are its own: a function and a stylesheet in its folder (`models/NAME/card.rs`). One that has none
//! takes the plain card ([`plain::card`]).

pub(in crate::sandbox) mod parts;
pub(in crate::sandbox) mod plain;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub(super) use parts::icon;

use crate::sandbox::exchange::escape;
use crate::sandbox::model::{WallKind, WallPost};
use crate::sandbox::models::{self, each_vendor};

/// How a vendor's posts look.
pub(in crate::sandbox) struct Looks {
    /// The platform's name.
    pub(in crate::sandbox) platform: &'static str,
    /// Writes an entry's inside.
    pub(in crate::sandbox) card: fn(&Talk<'_>) -> String,
    /// Its styles, all below `.card.NAME`.
    pub(in crate::sandbox) style: &'static str,
}

/// The looks of these vendors, in their order.
macro_rules! cards {
    ($($vendor:ident: $model:ident,)*) => {
        const CARDS: &[Looks] = &[$(models::$vendor::card::LOOKS),*];
    };
}

each_vendor!(cards);

/// One entry: a post with what answers it, or the messages to one person.
pub(in crate::sandbox) struct Talk<'a> {
    /// The platform's name.
    pub(in crate::sandbox) platform: &'a str,
    /// The platform's name for people.
    pub(in crate::sandbox) title: &'a str,
    /// Every live post of the platform, for quotes and reposts.
    pub(in crate::sandbox) all: &'a HashMap<&'a str, &'a WallPost>,
    /// The posts of this entry; never empty. Each answer stands behind what it answers.
    pub(in crate::sandbox) posts: Vec<&'a WallPost>,
    /// Now, in Unix milliseconds.
    pub(in crate::sandbox) now: i64,
}

impl<'a> Talk<'a> {
    /// A live post of the same platform.
    pub(in crate::sandbox) fn post(&self, id: Option<&String>) -> Option<&'a WallPost> {
        self.all.get(id?.as_str()).copied()
    }

    /// Whether the next post of the entry answers this one.
    pub(in crate::sandbox) fn goes_on(&self, at: usize) -> bool {
        let next = self.posts.get(at + 1);
        next.is_some_and(|next| next.reply_to.as_ref() == Some(&self.posts[at].id))
    }

    /// How many live posts answer, quote or repost this one.
    pub(in crate::sandbox) fn count(&self, same: impl Fn(&WallPost) -> bool) -> usize {
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
