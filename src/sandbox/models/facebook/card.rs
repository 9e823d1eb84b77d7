//! Facebook: the page's face and name, words above, pictures in a grid, a link's card, comments as bubbles.

use crate::sandbox::exchange::escape;
use crate::sandbox::model::{WallKind, WallPost};
use crate::sandbox::wall::cards::{Looks, Talk, parts};
use crate::sandbox::wall::words::Tags;

/// How its posts look.
pub(in crate::sandbox) const LOOKS: Looks = Looks {
    platform: "facebook",
    card,
    style: include_str!("card.css"),
};

/// Up to so many characters a post without anything else is written large.
const LARGE: usize = 85;

/// One post with its comments.
fn card(talk: &Talk<'_>) -> String {
    let Some((post, comments)) = talk.posts.split_first() else {
        return String::new();
    };
    let tall = match post.kind {
        WallKind::Story => " story",
        WallKind::Reel => " reel",
        WallKind::Post | WallKind::Repost | WallKind::Comment | WallKind::Message | WallKind::Draft => "",
    };
    let shown = if tall.is_empty() {
        parts::grid(talk, post, 5)
    } else {
        format!(
            "<div class=\"tall{tall}\">{}</div>",
            parts::picture(talk, post, 0)
        )
    };
    let below: String = comments.iter().map(|comment| bubble(talk, comment)).collect();
    format!(
        "{}{}{shown}{}{}{}<p class=\"row\"><span>{}Like</span><span>{}Comment</span><span>{}Share</span></p>{below}",
        head(talk, post),
        words(post),
        parts::poll(post),
        parts::link(post),
        shared(talk, post),
        parts::icon("thumb"),
        parts::icon("reply"),
        parts::icon("share"),
    )
}

fn head(talk: &Talk<'_>, post: &WallPost) -> String {
    let audience = post.audience.as_deref().unwrap_or("Public");
    format!(
        "<header>{}<div><b>{}</b><small>{} · <span title=\"{who}\">{}<span class=\"who\">{who}</span></span></small></div></header>{}",
        parts::face(&post.name, 40),
        escape(if post.name.is_empty() {
            &post.username
        } else {
            &post.name
        }),
        parts::when(talk, post),
        parts::icon("globe"),
        special(post),
        who = escape(audience),
    )
}

/// What is special, without the audience, which stands in the head, and without the video's number, which readers
/// do not see.
fn special(post: &WallPost) -> String {
    let all: String = post
        .labels
        .iter()
        .filter(|label| !label.starts_with("video "))
        .map(|label| format!("<em>{}</em>", escape(label)))
        .collect();
    if all.is_empty() {
        return all;
    }
    format!("<p class=\"labels\">{all}</p>")
}

fn words(post: &WallPost) -> String {
    let alone = post.media.is_empty() && post.link.is_none() && post.repost_of.is_none();
    let large = alone && post.text.chars().count() <= LARGE && !post.text.contains('\n');
    let text = parts::text(post, Tags::All);
    if large && !text.is_empty() {
        return format!("<div class=\"large\">{text}</div>");
    }
    text
}

fn shared(talk: &Talk<'_>, post: &WallPost) -> String {
    let id = post.repost_of.as_ref().or(post.quote.as_ref());
    if id.is_none() {
        return String::new();
    }
    talk.post(id).map_or_else(
        || parts::gone("This content isn't available."),
        |original| {
            format!(
                "<blockquote class=\"quote\"><header>{}<b>{}</b></header>{}{}</blockquote>",
                parts::face(&original.name, 28),
                escape(&original.name),
                parts::text(original, Tags::All),
                parts::grid(talk, original, 5)
            )
        },
    )
}

fn bubble(talk: &Talk<'_>, comment: &WallPost) -> String {
    let name = if comment.name.is_empty() {
        &comment.username
    } else {
        &comment.name
    };
    format!(
        "<div class=\"below\">{}<div><div class=\"bubble\"><b>{}</b>{}</div>{}<small>{}</small></div></div>",
        parts::face(name, 30),
        escape(name),
        parts::text(comment, Tags::All),
        parts::grid(talk, comment, 1),
        parts::when(talk, comment)
    )
}
