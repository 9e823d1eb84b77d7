//! X: name and handle, pictures in a grid, polls, threads joined by a line.

use crate::sandbox::exchange::escape;
use crate::sandbox::model::WallPost;
use crate::sandbox::wall::cards::{Looks, Talk, parts};
use crate::sandbox::wall::words::{self, Tags};

/// How its posts look.
pub(in crate::sandbox) const LOOKS: Looks = Looks {
    platform: "x",
    card,
    style: include_str!("card.css"),
};

/// The thread, or what was reposted.
fn card(talk: &Talk<'_>) -> String {
    match talk.posts.first() {
        Some(post) if post.repost_of.is_some() => {
            let original = talk.post(post.repost_of.as_ref());
            let inner = original.map_or_else(
                || parts::gone("This post is gone."),
                |original| single(talk, original, false),
            );
            let icon = parts::icon("repost");
            format!(
                "<p class=\"why\">{icon}{} reposted</p>{inner}",
                escape(&post.name)
            )
        }
        _ => (0..talk.posts.len())
            .map(|at| single(talk, talk.posts[at], talk.goes_on(at)))
            .collect(),
    }
}

fn single(talk: &Talk<'_>, post: &WallPost, joined: bool) -> String {
    let line = if joined {
        "<span class=\"line\"></span>"
    } else {
        ""
    };
    let id = Some(&post.id);
    let row = parts::icons(&[
        ("reply", "replies", talk.count(|p| p.reply_to.as_ref() == id)),
        (
            "repost",
            "reposts and quotes",
            talk.count(|p| p.repost_of.as_ref() == id || p.quote.as_ref() == id),
        ),
        ("heart", "likes", 0),
        ("bookmark", "bookmark", 0),
        ("share", "share", 0),
    ]);
    format!(
        "<div class=\"post\"><div class=\"rail\">{face}{line}</div><div class=\"said\">{head}{text}{grid}{poll}{link}{quote}{labels}\
         <footer>{row}</footer></div></div>",
        face = parts::face(&post.username, 40),
        head = head(talk, post),
        text = parts::text(post, Tags::All),
        grid = parts::grid(talk, post, 4),
        poll = parts::poll(post),
        link = parts::link(post),
        quote = quote(talk, post),
        labels = parts::labels(post),
    )
}

fn head(talk: &Talk<'_>, post: &WallPost) -> String {
    format!(
        "<header><b>{}</b><span class=\"handle\">@{}</span><span class=\"handle\">·</span>{}</header>",
        escape(&post.name),
        escape(&post.username),
        parts::when(talk, post)
    )
}

fn quote(talk: &Talk<'_>, post: &WallPost) -> String {
    if post.quote.is_none() {
        return String::new();
    }
    match talk.post(post.quote.as_ref()) {
        None => parts::gone("This post is gone."),
        Some(quoted) => format!(
            "<blockquote class=\"quote\"><header>{}<b>{}</b><span class=\"handle\">@{} · {}</span></header>{}{}</blockquote>",
            parts::face(&quoted.username, 20),
            escape(&quoted.name),
            escape(&quoted.username),
            words::time(quoted.at_ms, talk.now),
            parts::text(quoted, Tags::All),
            parts::grid(talk, quoted, 4),
        ),
    }
}
