//! TikTok: a dark upright frame, the caption over it, the icons beside it.

use crate::sandbox::exchange::escape;
use crate::sandbox::wall::cards::{Looks, Talk, parts};
use crate::sandbox::wall::words::{self, Tags};

/// How its posts look.
pub(in crate::sandbox) const LOOKS: Looks = Looks {
    platform: "tiktok",
    card,
    style: include_str!("card.css"),
};

/// One video or photo post with its comments.
fn card(talk: &Talk<'_>) -> String {
    let Some((post, comments)) = talk.posts.split_first() else {
        return String::new();
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
        "<div class=\"frame\">{}<div class=\"over\"><p><b>@{}</b> · {}</p>{}<p class=\"sound\">{}original sound</p></div>\
         <div class=\"side\">{}{}</div></div>{}{below}",
        parts::carousel(talk, post),
        escape(&post.username),
        parts::when(talk, post),
        parts::text(post, Tags::All),
        parts::icon("note"),
        parts::face(&post.username, 40),
        parts::icons(&[
            ("heart", "likes", 0),
            ("reply", "comments", comments.len()),
            ("bookmark", "save", 0),
            ("share", "share", 0),
        ]),
        parts::labels(post),
    )
}
