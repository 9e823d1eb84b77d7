//! The order of things: conversations and letters, the newest first.

use crate::sandbox::models::threads::{Kind, Published};
use crate::sandbox::world::World;

use super::{letter, post};

/// The most entries on the wall, of each kind.
const ENTRIES: usize = 120;
/// The most posts of one conversation.
const DEPTH: usize = 40;

/// Two lanes; on a narrow screen they are one, in the order of `order`.
pub(super) fn feed(world: &World, now: i64) -> String {
    let posts = world.threads.published();
    let roots = posts
        .iter()
        .rev()
        .filter(|p| p.deleted_ms.is_none() && !p.hidden && stands_alone(posts, p))
        .take(ENTRIES);
    let mut talks: Vec<(i64, String)> = roots
        .map(|root| {
            let talk = conversation(posts, root);
            let newest = talk.iter().map(|p| p.at_ms).max().unwrap_or(root.at_ms);
            (newest, post::conversation(posts, &talk, now))
        })
        .collect();
    talks.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let letters: Vec<(i64, String)> = world
        .mail
        .messages()
        .iter()
        .rev()
        .take(ENTRIES)
        .map(|mail| (mail.at_ms, letter::card(mail, now)))
        .collect();

    let mut times: Vec<i64> = talks.iter().chain(&letters).map(|(at, _)| *at).collect();
    times.sort_by_key(|at| std::cmp::Reverse(*at));
    let counted = posts.iter().filter(|p| p.deleted_ms.is_none()).count();
    format!(
        "{}{}",
        lane(
            "threads",
            "Threads",
            &count(counted, "post"),
            &talks,
            &times,
            "Nothing posted yet. Posts to Threads will stand here."
        ),
        lane(
            "mail",
            "Mail",
            &count(world.mail.messages().len(), "letter"),
            &letters,
            &times,
            "No letters yet. Accepted mail will lie here."
        )
    )
}

fn lane(
    class: &str,
    title: &str,
    count: &str,
    cards: &[(i64, String)],
    times: &[i64],
    empty: &str,
) -> String {
    let mut out = format!(
        "<section class=\"lane {class}\" aria-label=\"{title}\"><h2><b>{title}</b> <span>{count}</span></h2>"
    );
    for (at, card) in cards {
        let order = times.iter().position(|t| t == at).unwrap_or(0) + 1;
        out.push_str(&format!(
            "<div class=\"slot\" style=\"order:{order}\">{card}</div>"
        ));
    }
    if cards.is_empty() {
        out.push_str(&format!("<p class=\"empty\">{empty}</p>"));
    }
    out.push_str("</section>");
    out
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The conversation that holds the post with this short code.
pub(super) fn single(world: &World, user: &str, code: &str, now: i64) -> Option<String> {
    let posts = world.threads.published();
    let live = |p: &&Published| p.deleted_ms.is_none();
    let found = posts
        .iter()
        .filter(live)
        .find(|p| p.shortcode == code && p.username == user)?;
    let root = found
        .root
        .as_ref()
        .and_then(|id| posts.iter().filter(live).find(|p| p.id == *id))
        .unwrap_or(found);
    let talk = conversation(posts, root);
    Some(format!(
        "<section class=\"lane threads single\">{}</section>",
        post::conversation(posts, &talk, now)
    ))
}

/// Whether a post begins an entry: it answers nothing, or what it answers is gone.
fn stands_alone(posts: &[Published], post: &Published) -> bool {
    match &post.root {
        None => true,
        Some(root) => !posts.iter().any(|p| p.id == *root && p.deleted_ms.is_none()),
    }
}

/// A root and what answers it: each answer stands below what it answers, the author's own chain first.
fn conversation<'a>(posts: &'a [Published], root: &'a Published) -> Vec<&'a Published> {
    let mut talk = Vec::new();
    let mut open = vec![root];
    while let Some(next) = open.pop() {
        if talk.len() >= DEPTH {
            break;
        }
        talk.push(next);
        if next.kind == Kind::Repost {
            continue;
        }
        let below = posts.iter().filter(|p| {
            p.reply_to.as_ref() == Some(&next.id) && p.deleted_ms.is_none() && !p.hidden && !p.pending
        });
        let mut below: Vec<&Published> = below.collect();
        below.sort_by_key(|p| (p.username == next.username, std::cmp::Reverse(p.at_ms)));
        open.extend(below);
    }
    talk
}
