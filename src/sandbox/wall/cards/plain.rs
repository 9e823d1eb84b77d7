//! A post of a platform that has no looks of its own here.

use super::{Talk, parts};
use crate::sandbox::exchange::escape;
use crate::sandbox::wall::words::Tags;

/// Name, words, pictures, link: one post below the other.
pub(in crate::sandbox) fn card(talk: &Talk<'_>) -> String {
    talk.posts
        .iter()
        .map(|post| {
            let shown = talk.post(post.repost_of.as_ref()).unwrap_or(post);
            let again = if post.repost_of.is_some() {
                format!("<p class=\"why\">{} shared this</p>", escape(&post.username))
            } else {
                String::new()
            };
            format!(
                "<section>{again}<header>{}<b>{}</b>{}</header>{}{}{}{}{}</section>",
                parts::face(&shown.username, 36),
                escape(&shown.username),
                parts::when(talk, shown),
                parts::text(shown, Tags::All),
                parts::grid(talk, shown, 4),
                parts::poll(shown),
                parts::link(shown),
                parts::labels(shown),
            )
        })
        .collect()
}
