//! Instagram: the picture first, the heart row, the caption below; reels upright, stories in a ring.

use crate::sandbox::exchange::escape;
use crate::sandbox::model::{WallKind, WallPost};
use crate::sandbox::wall::cards::{Looks, Talk, parts};
use crate::sandbox::wall::words::{self, Tags};

/// How its posts look.
pub(in crate::sandbox) const LOOKS: Looks = Looks {
    platform: "instagram",
    card,
    style: include_str!("card.css"),
};

/// One post with its comments.
fn card(talk: &Talk<'_>) -> String {
    let Some((post, comments)) = talk.posts.split_first() else {
        return String::new();
    };
    match post.kind {
        WallKind::Story => story(talk, post),
        WallKind::Reel => upright(talk, post, comments),
        WallKind::Post | WallKind::Repost | WallKind::Comment | WallKind::Message | WallKind::Draft => {
            feed(talk, post, comments)
        }
    }
}

fn head(post: &WallPost) -> String {
    let about = post.labels.join(" · ");
    let about = if about.is_empty() {
        about
    } else {
        format!("<small>{}</small>", escape(&about))
    };
    format!(
        "<header><span class=\"ring\">{}</span><div><b>{}</b>{about}</div><span class=\"dotted\" aria-hidden=\"true\">•••</span></header>",
        parts::face(&post.username, 34),
        escape(&post.username)
    )
}

fn row(comments: usize) -> String {
    format!(
        "<p class=\"row\">{}<span class=\"end\" title=\"save\">{}</span></p>",
        parts::icons(&[
            ("heart", "likes", 0),
            ("reply", "comments", comments),
            ("share", "send", 0)
        ]),
        parts::icon("bookmark")
    )
}

fn caption(talk: &Talk<'_>, post: &WallPost, comments: &[&WallPost]) -> String {
    let name = escape(&post.username);
    let words = if post.text.is_empty() {
        String::new()
    } else {
        format!(
            "<p class=\"text\"><b>{name}</b> {}</p>",
            words::marked(&post.text, Tags::All)
        )
    };
    let below: String = comments
        .iter()
        .map(|comment| {
            format!(
                "<p class=\"text comment\"><b>{}</b> {}</p>",
                escape(&comment.username),
                words::marked(&comment.text, Tags::All)
            )
        })
        .collect();
    format!(
        "<div class=\"said\">{words}{below}{}</div>",
        parts::when(talk, post)
    )
}

fn feed(talk: &Talk<'_>, post: &WallPost, comments: &[&WallPost]) -> String {
    format!(
        "{}{}{}{}",
        head(post),
        parts::carousel(talk, post),
        row(comments.len()),
        caption(talk, post, comments)
    )
}

fn upright(talk: &Talk<'_>, post: &WallPost, comments: &[&WallPost]) -> String {
    format!(
        "<div class=\"tall\">{}<div class=\"over\"><p><b>{}</b> · Reel</p></div></div>{}{}{}",
        parts::picture(talk, post, 0),
        escape(&post.username),
        parts::labels(post),
        row(comments.len()),
        caption(talk, post, comments)
    )
}

fn story(talk: &Talk<'_>, post: &WallPost) -> String {
    format!(
        "<div class=\"tall\"><span class=\"bar\" aria-hidden=\"true\"></span>{}<div class=\"who\"><span class=\"ring\">{}</span>\
         <b>{}</b>{}</div></div>{}{}",
        parts::picture(talk, post, 0),
        parts::face(&post.username, 30),
        escape(&post.username),
        parts::when(talk, post),
        parts::text(post, Tags::All),
        parts::labels(post),
    )
}
