//! The order of things: conversations, messages and letters of all platforms, the newest first.

use std::collections::HashMap;

use crate::sandbox::exchange::escape;
use crate::sandbox::model::{Model, WallKind, WallPost};
use crate::sandbox::world::World;

use super::cards::{self, Talk};
use super::letter;

/// The most entries on the wall.
const ENTRIES: usize = 160;
/// The most posts of one entry.
const DEPTH: usize = 40;
/// What mail is called among the platforms.
const MAIL: &str = "mail";

/// Everything, or what is of this platform only.
pub(super) fn feed(world: &World, only: Option<&str>, now: i64) -> String {
    let wanted = |platform: &str| only.is_none_or(|only| only == platform);
    let mut entries: Vec<(i64, String)> = Vec::new();
    let mut counts = Vec::new();
    for vendor in world.vendors() {
        let posts = vendor.posts();
        let wall = Wall::of(vendor, &posts, now);
        counts.push((vendor.name(), vendor.title(), wall.live.len()));
        if wanted(vendor.name()) {
            entries.extend(wall.entries());
        }
    }
    let letters = world.mail.messages();
    counts.push((MAIL, "Mail", letters.len()));
    if wanted(MAIL) {
        let newest = letters.iter().rev().take(ENTRIES);
        entries.extend(newest.map(|mail| (mail.at_ms, letter::card(mail, now))));
    }
    entries.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    entries.truncate(ENTRIES);
    let cards: String = entries.into_iter().map(|(_, card)| card).collect();
    let nothing = if cards.is_empty() {
        "<p class=\"empty\">Nothing yet. What is published will stand here.</p>"
    } else {
        ""
    };
    format!(
        "{}<div class=\"wall\">{cards}{nothing}</div>",
        choice(&counts, only)
    )
}

/// The platforms with their counts, each a link to its posts alone.
fn choice(counts: &[(&str, &str, usize)], only: Option<&str>) -> String {
    let all: usize = counts.iter().map(|(_, _, count)| count).sum();
    let item = |target: &str, class: &str, title: &str, count: usize, here: bool| {
        let here = if here { " aria-current=\"page\"" } else { "" };
        format!(
            "<li><a class=\"{class}\" href=\"{target}\"{here}><i aria-hidden=\"true\"></i>{} <b>{count}</b></a></li>",
            escape(title)
        )
    };
    let mut out = item("/wall", "all", "Everything", all, only.is_none());
    for (name, title, count) in counts {
        out.push_str(&item(
            &format!("/wall?only={name}"),
            name,
            title,
            *count,
            only == Some(name),
        ));
    }
    format!("<nav class=\"choice\" aria-label=\"Platforms\"><ul>{out}</ul></nav>")
}

/// The entry that holds the post with this permalink, by path and query.
pub(super) fn single(world: &World, target: &str, now: i64) -> Option<String> {
    world.vendors().into_iter().find_map(|vendor| {
        let posts = vendor.posts();
        let wall = Wall::of(vendor, &posts, now);
        let mut found = *wall
            .live
            .iter()
            .find(|post| super::words::path(&post.permalink).as_deref() == Some(target))?;
        for _ in 0..DEPTH {
            match wall.above(found) {
                Some(above) => found = above,
                None => break,
            }
        }
        let card = cards::card(&wall.talk(wall.conversation(found)));
        Some(format!("<div class=\"wall single\">{card}</div>"))
    })
}

/// One platform's live posts.
struct Wall<'a> {
    platform: &'static str,
    title: &'static str,
    live: Vec<&'a WallPost>,
    by_id: HashMap<&'a str, &'a WallPost>,
    answers: HashMap<&'a str, Vec<&'a WallPost>>,
    now: i64,
}

impl<'a> Wall<'a> {
    fn of(vendor: &dyn Model, posts: &'a [WallPost], now: i64) -> Self {
        let live: Vec<&WallPost> = posts.iter().filter(|post| post.deleted_ms.is_none()).collect();
        let mut answers: HashMap<&str, Vec<&WallPost>> = HashMap::new();
        for post in &live {
            if let Some(above) = &post.reply_to {
                answers.entry(above).or_default().push(post);
            }
        }
        Self {
            platform: vendor.name(),
            title: vendor.title(),
            by_id: live.iter().map(|post| (post.id.as_str(), *post)).collect(),
            live,
            answers,
            now,
        }
    }

    fn talk(&self, posts: Vec<&'a WallPost>) -> Talk<'_> {
        Talk {
            platform: self.platform,
            title: self.title,
            all: &self.by_id,
            posts,
            now: self.now,
        }
    }

    /// The post that this one answers, while it is there.
    fn above(&self, post: &WallPost) -> Option<&'a WallPost> {
        self.by_id.get(post.reply_to.as_ref()?.as_str()).copied()
    }

    /// Every entry with the time of its newest post.
    fn entries(&self) -> Vec<(i64, String)> {
        let mut talks: Vec<Vec<&WallPost>> = self.chats();
        let roots = self.live.iter().rev();
        let roots = roots.filter(|post| post.kind != WallKind::Message && self.above(post).is_none());
        talks.extend(roots.take(ENTRIES).map(|root| self.conversation(root)));
        let entry = |talk: Vec<&'a WallPost>| {
            let newest = talk.iter().map(|post| post.at_ms).max().unwrap_or_default();
            (newest, cards::card(&self.talk(talk)))
        };
        talks.into_iter().map(entry).collect()
    }

    /// The messages, those between the same two together.
    fn chats(&self) -> Vec<Vec<&'a WallPost>> {
        let mut chats: Vec<Vec<&WallPost>> = Vec::new();
        for post in self.live.iter().filter(|post| post.kind == WallKind::Message) {
            let same = |chat: &&mut Vec<&WallPost>| {
                chat.first()
                    .is_some_and(|first| (&first.username, &first.to) == (&post.username, &post.to))
            };
            match chats.iter_mut().find(same) {
                Some(chat) => chat.push(post),
                None => chats.push(vec![post]),
            }
        }
        for chat in &mut chats {
            // The last ones are what people look for.
            chat.drain(..chat.len().saturating_sub(DEPTH));
        }
        chats.drain(..chats.len().saturating_sub(ENTRIES));
        chats
    }

    /// A root and what answers it: each answer stands below what it answers, the author's own chain first.
    fn conversation(&self, root: &'a WallPost) -> Vec<&'a WallPost> {
        let mut talk = Vec::new();
        let mut open = vec![root];
        while let Some(next) = open.pop() {
            if talk.len() >= DEPTH {
                break;
            }
            talk.push(next);
            if next.repost_of.is_some() {
                continue;
            }
            let mut below = self.answers.get(next.id.as_str()).cloned().unwrap_or_default();
            below.sort_by_key(|post| (post.username == next.username, std::cmp::Reverse(post.at_ms)));
            open.extend(below);
        }
        talk
    }
}
