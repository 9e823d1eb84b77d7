//! Threads: one conversation, its posts joined by a line.

use crate::sandbox::exchange::escape;
use crate::sandbox::model::WallPost;
use crate::sandbox::wall::cards::{Looks, Talk, parts};
use crate::sandbox::wall::words::{self, Tags};

/// How its posts look.
pub(in crate::sandbox) const LOOKS: Looks = Looks {
    platform: "threads",
    card,
    style: include_str!("card.css"),
};

/// How the model marks the long text that opens below a post.
const LONG: &str = "read more: ";

/// The conversation, or what was reposted.
fn card(talk: &Talk<'_>) -> String {
    match talk.posts.first() {
        Some(post) if post.repost_of.is_some() => repost(talk, post),
        _ => (0..talk.posts.len())
            .map(|at| single(talk, talk.posts[at], talk.goes_on(at)))
            .collect(),
    }
}

fn repost(talk: &Talk<'_>, post: &WallPost) -> String {
    let original = talk.post(post.repost_of.as_ref());
    let inner = original.map_or_else(
        || parts::gone("The reposted post is gone."),
        |original| single(talk, original, false),
    );
    format!(
        "<p class=\"why\">{}{} reposted · {}</p>{inner}",
        parts::icon("repost"),
        escape(&post.username),
        words::time(post.at_ms, talk.now)
    )
}

fn single(talk: &Talk<'_>, post: &WallPost, joined: bool) -> String {
    let topic = post.topic.as_deref();
    let topic = topic.map(|t| format!("<span class=\"topic\"><i>›</i>{}</span>", escape(t)));
    let line = if joined {
        "<span class=\"line\"></span>"
    } else {
        ""
    };
    format!(
        "<div class=\"post\"><div class=\"rail\">{face}{line}</div><div class=\"said\">\
         <header><b>{name}</b>{topic}{when}</header>{body}{marks}</div></div>",
        face = parts::face(&post.username, 40),
        name = escape(&post.username),
        topic = topic.unwrap_or_default(),
        when = parts::when(talk, post),
        body = body(talk, post),
        marks = marks(talk, post),
    )
}

fn body(talk: &Talk<'_>, post: &WallPost) -> String {
    let mut out = parts::text(post, Tags::Only(post.topic.as_deref()));
    for long in post.labels.iter().filter_map(|label| label.strip_prefix(LONG)) {
        out.push_str(&format!(
            "<details class=\"long\"><summary>Read more</summary><p>{}</p></details>",
            escape(long)
        ));
    }
    out.push_str(&pictures(talk, post));
    out.push_str(&parts::poll(post));
    out.push_str(&parts::link(post));
    if post.quote.is_some() {
        let quoted = talk.post(post.quote.as_ref()).filter(|p| p.repost_of.is_none());
        out.push_str(&quoted.map_or_else(
            || parts::gone("The quoted post is gone."),
            |quoted| quoted_card(talk, quoted),
        ));
    }
    out
}

/// A quoted post, without what it quotes itself.
fn quoted_card(talk: &Talk<'_>, post: &WallPost) -> String {
    format!(
        "<blockquote class=\"quote\"><header>{}<b>{}</b><span class=\"when\">{}</span></header>{}{}</blockquote>",
        parts::face(&post.username, 22),
        escape(&post.username),
        words::time(post.at_ms, talk.now),
        parts::text(post, Tags::Only(post.topic.as_deref())),
        pictures(talk, post),
    )
}

fn pictures(talk: &Talk<'_>, post: &WallPost) -> String {
    if post.media.is_empty() {
        return String::new();
    }
    let items: String = (0..post.media.len())
        .map(|at| parts::picture(talk, post, at))
        .collect();
    let many = if post.media.len() > 1 { " many" } else { "" };
    let hidden = post.labels.iter().any(|label| label == "spoiler");
    let spoiler = if hidden { " spoiler" } else { "" };
    format!("<div class=\"media{many}{spoiler}\" tabindex=\"0\">{items}</div>")
}

/// The row below: counts, and what is special about the post.
fn marks(talk: &Talk<'_>, post: &WallPost) -> String {
    let id = Some(&post.id);
    let replies = talk.count(|p| p.reply_to.as_ref() == id);
    let shares = talk.count(|p| p.repost_of.as_ref() == id || p.quote.as_ref() == id);
    let mut out = parts::icons(&[
        ("heart", "likes", 0),
        ("reply", "replies", replies),
        ("repost", "reposts and quotes", shares),
        ("share", "share", 0),
    ]);
    let control = post.audience.iter().map(|who| format!("replies: {who}"));
    let facts = post.labels.iter().filter(|label| !label.starts_with(LONG));
    for fact in control.chain(facts.cloned()) {
        out.push_str(&format!("<em>{}</em>", escape(&fact)));
    }
    format!("<footer>{out}</footer>")
}
