//! A post as its readers see it.

use crate::sandbox::exchange::escape;
use crate::sandbox::models::threads::{Kind, Published, PublishedMedia};

use super::words;

/// A whole conversation in one card, its posts connected by a line.
pub(super) fn conversation(posts: &[Published], talk: &[&Published], now: i64) -> String {
    let Some(root) = talk.first() else {
        return String::new();
    };
    let mut out = format!(
        "<article class=\"card talk\" data-id=\"t{}\" data-rev=\"{}\">",
        root.id,
        talk.len()
    );
    if root.kind == Kind::Repost {
        out.push_str(&repost(posts, root, now));
    } else {
        for (at, post) in talk.iter().enumerate() {
            let joined = talk
                .get(at + 1)
                .is_some_and(|next| next.reply_to.as_ref() == Some(&post.id));
            out.push_str(&single(posts, post, joined, now));
        }
    }
    out.push_str("</article>");
    out
}

fn repost(posts: &[Published], post: &Published, now: i64) -> String {
    let original = posts
        .iter()
        .find(|p| Some(&p.id) == post.repost_of.as_ref() && p.deleted_ms.is_none());
    let inner = original.map_or_else(
        || gone("The reposted post is gone."),
        |p| single(posts, p, false, now),
    );
    format!(
        "<p class=\"why\">{}{} reposted · {}</p>{inner}",
        icon("repost"),
        escape(&post.username),
        words::time(post.at_ms, now)
    )
}

fn single(posts: &[Published], post: &Published, joined: bool, now: i64) -> String {
    let name = escape(&post.username);
    let topic = post
        .topic
        .as_deref()
        .map(|t| format!("<span class=\"topic\"><i>›</i>{}</span>", escape(t)))
        .unwrap_or_default();
    let line = if joined {
        "<span class=\"line\"></span>"
    } else {
        ""
    };
    format!(
        "<div class=\"post\" id=\"p{id}\"><div class=\"rail\"><img class=\"face\" src=\"/wall/avatar/{name}.svg\" alt=\"\" width=\"40\" height=\"40\">{line}</div>\
         <div class=\"said\"><header><b>{name}</b>{topic}<a class=\"when\" href=\"/@{name}/post/{code}\">{time}</a></header>{body}{marks}</div></div>",
        id = post.id,
        code = escape(&post.shortcode),
        time = words::time(post.at_ms, now),
        body = body(posts, post, now),
        marks = marks(posts, post),
    )
}

fn body(posts: &[Published], post: &Published, now: i64) -> String {
    let mut out = String::new();
    if !post.text.is_empty() {
        out.push_str(&format!(
            "<p class=\"text\">{}</p>",
            words::marked(&post.text, post.topic.as_deref())
        ));
    }
    if let Some(long) = &post.long_text {
        out.push_str(&format!(
            "<details class=\"long\"><summary>Read more</summary><p>{}</p></details>",
            escape(long)
        ));
    }
    out.push_str(&pictures(post));
    if let Some(gif) = &post.gif {
        out.push_str(&format!("<p class=\"gif\">GIF <code>{}</code></p>", escape(gif)));
    }
    if !post.poll.is_empty() {
        let choices: String = post
            .poll
            .iter()
            .map(|choice| format!("<li>{}</li>", escape(choice)))
            .collect();
        out.push_str(&format!(
            "<ul class=\"poll\">{choices}</ul><p class=\"small\">0 votes · 24 h left</p>"
        ));
    }
    if let Some(link) = post.link.as_deref().filter(|link| words::web(link)) {
        let bare = link.split_once("://").map_or(link, |(_, rest)| rest);
        out.push_str(&format!(
            "<a class=\"link\" href=\"{}\" rel=\"noreferrer noopener\" target=\"_blank\"><span class=\"art\" style=\"--h:{}\">{}</span>\
             <span class=\"about\"><small>{}</small><b>{}</b></span></a>",
            escape(link),
            words::hue(link),
            icon("link"),
            escape(&words::host(link)),
            escape(bare),
        ));
    }
    if let Some(quote) = &post.quote {
        let quoted = posts
            .iter()
            .find(|p| p.id == *quote && p.deleted_ms.is_none() && p.kind != Kind::Repost);
        out.push_str(&quoted.map_or_else(|| gone("The quoted post is gone."), |p| quoted_card(p, now)));
    }
    out
}

/// A quoted post, without what it quotes itself.
fn quoted_card(post: &Published, now: i64) -> String {
    let name = escape(&post.username);
    format!(
        "<blockquote class=\"quote\"><header><img class=\"face\" src=\"/wall/avatar/{name}.svg\" alt=\"\" width=\"22\" height=\"22\"><b>{name}</b>\
         <span class=\"when\">{}</span></header><p class=\"text\">{}</p>{}</blockquote>",
        words::time(post.at_ms, now),
        words::marked(&post.text, post.topic.as_deref()),
        pictures(post),
    )
}

fn pictures(post: &Published) -> String {
    if post.media.is_empty() {
        return String::new();
    }
    let items: String = post
        .media
        .iter()
        .enumerate()
        .map(|(at, media)| picture(post, at, media))
        .collect();
    let many = if post.media.len() > 1 { " many" } else { "" };
    let spoiler = if post.spoiler { " spoiler" } else { "" };
    format!("<div class=\"media{many}{spoiler}\" tabindex=\"0\">{items}</div>")
}

fn picture(post: &Published, at: usize, media: &PublishedMedia) -> String {
    let alt = escape(media.alt.as_deref().unwrap_or(""));
    let badge = if alt.is_empty() {
        String::new()
    } else {
        format!("<figcaption title=\"{alt}\">ALT</figcaption>")
    };
    if media.bytes.is_empty() {
        return "<figure class=\"lost\">no longer kept</figure>".to_owned();
    }
    let source = format!("/wall/media/{}/{at}", post.id);
    let (w, h) = media.size;
    let size = if w > 0 && h > 0 {
        format!(" width=\"{w}\" height=\"{h}\"")
    } else {
        String::new()
    };
    if media.video {
        return format!(
            "<figure><video src=\"{source}\"{size} controls muted playsinline preload=\"metadata\" aria-label=\"{alt}\"></video>{badge}</figure>"
        );
    }
    format!("<figure><img src=\"{source}\"{size} alt=\"{alt}\">{badge}</figure>")
}

/// The row below: counts, and what is special about the post.
fn marks(posts: &[Published], post: &Published) -> String {
    let live = |p: &&Published| p.deleted_ms.is_none();
    let count = |same: &dyn Fn(&Published) -> bool| posts.iter().filter(live).filter(|p| same(p)).count();
    let id = Some(&post.id);
    let shown = |n: usize| {
        if n == 0 {
            String::new()
        } else {
            format!("<b>{n}</b>")
        }
    };
    let mut out = format!(
        "<footer><span title=\"likes\">{}</span><span title=\"replies\">{}{}</span><span title=\"reposts and quotes\">{}{}</span><span title=\"share\">{}</span>",
        icon("heart"),
        icon("reply"),
        shown(count(&|p| p.reply_to.as_ref() == id)),
        icon("repost"),
        shown(count(&|p| p.repost_of.as_ref() == id || p.quote.as_ref() == id)),
        icon("share"),
    );
    let control = post
        .reply_control
        .as_deref()
        .map(|c| format!("replies: {}", c.replace('_', " ")));
    let facts = [
        control,
        post.ghost.then(|| "vanishes after 24 h".to_owned()),
        post.approvals.then(|| "replies wait for approval".to_owned()),
        post.location.as_ref().map(|place| format!("place {place}")),
        post.cross_shared.then(|| "also an Instagram story".to_owned()),
    ];
    for fact in facts.into_iter().flatten() {
        out.push_str(&format!("<em>{}</em>", escape(&fact)));
    }
    out.push_str("</footer>");
    out
}

fn gone(text: &str) -> String {
    format!("<p class=\"gone\">{text}</p>")
}

/// Line drawings of 24 by 24.
pub(super) fn icon(name: &str) -> String {
    let path = match name {
        "heart" => {
            "M12 20s-7-4.4-9-9c-1.300-3.200.6-6.500 4-6.500 2.100 0 3.800 1.200 5 3 1.200-1.800 2.900-3 5-3 3.400 0 5.300 3.300 4 6.500-2 4.600-9 9-9 9z"
        }
        "reply" => "M20 12a8 8 0 1 0-3.200 6.400L20 19.500l-.7-3.300A8 8 0 0 0 20 12z",
        "repost" => "M5 10V8a2 2 0 0 1 2-2h11m-3-3 3 3-3 3M19 14v2a2 2 0 0 1-2 2H6m3 3-3-3 3-3",
        "share" => "M21 4 3 10.500l7 3 3 7L21 4zM10 13.500 21 4",
        "clip" => {
            "M19 11.500 12 18.500a4.500 4.500 0 0 1-6.400-6.400l7.800-7.800a3 3 0 0 1 4.300 4.300l-7.800 7.700a1.500 1.500 0 0 1-2.100-2.100l7-7"
        }
        _ => {
            "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.700 1.700M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.700-1.700"
        }
    };
    format!("<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>")
}
