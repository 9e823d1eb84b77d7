//! What the cards of several platforms have in common.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Talk;
use crate::sandbox::exchange::escape;
use crate::sandbox::model::WallPost;
use crate::sandbox::wall::words::{self, Tags};

/// A round face of so many pixels; the name stands beside it.
pub(in crate::sandbox) fn face(name: &str, size: u32) -> String {
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!(
        "<img class=\"face\" src=\"/wall/avatar/{name}.svg\" alt=\"\" width=\"{size}\" height=\"{size}\">"
    )
}

/// The time, as a link to the post where it has one.
pub(in crate::sandbox) fn when(talk: &Talk<'_>, post: &WallPost) -> String {
    let time = words::time(post.at_ms, talk.now);
    match words::path(&post.permalink) {
        Some(path) => format!("<a class=\"when\" href=\"{}\">{time}</a>", escape(&path)),
        None => format!("<span class=\"when\">{time}</span>"),
    }
}

/// The post's words in a paragraph; nothing without words.
pub(in crate::sandbox) fn text(post: &WallPost, tags: Tags<'_>) -> String {
    if post.text.is_empty() {
        return String::new();
    }
    let sent = post.sent.as_ref().filter(|sent| **sent != post.text);
    let title = sent.map(|sent| format!(" title=\"sent as: {}\"", escape(sent)));
    format!(
        "<p class=\"text\"{}>{}</p>",
        title.unwrap_or_default(),
        words::marked(&post.text, tags)
    )
}

/// One picture or video with its alternative text.
pub(in crate::sandbox) fn picture(talk: &Talk<'_>, post: &WallPost, at: usize) -> String {
    let Some(media) = post.media.get(at) else {
        return String::new();
    };
    let alt = escape(media.alt.as_deref().unwrap_or(""));
    let badge = if alt.is_empty() {
        String::new()
    } else {
        format!("<figcaption title=\"{alt}\">ALT</figcaption>")
    };
    let (w, h) = media.size;
    let size = if w > 0 && h > 0 {
        format!(" width=\"{w}\" height=\"{h}\"")
    } else {
        String::new()
    };
    let what = if media.video { "video" } else { "picture" };
    if media.bytes.is_empty() {
        let words = if alt.is_empty() { what } else { &alt };
        return format!(
            "<figure class=\"lost\"{}><span>{words}</span><small>no longer kept</small></figure>",
            ratio(w, h)
        );
    }
    let source = format!(
        "/wall/media/{}/{}/{at}",
        utf8_percent_encode(talk.platform, NON_ALPHANUMERIC),
        utf8_percent_encode(&post.id, NON_ALPHANUMERIC)
    );
    if media.video {
        let label = if alt.is_empty() {
            "video without a description"
        } else {
            &alt
        };
        return format!(
            "<figure><video src=\"{source}\"{size} controls muted loop playsinline preload=\"metadata\" aria-label=\"{label}\"></video>{badge}</figure>"
        );
    }
    format!("<figure><img src=\"{source}\"{size} alt=\"{alt}\" loading=\"lazy\">{badge}</figure>")
}

fn ratio(w: u32, h: u32) -> String {
    if w > 0 && h > 0 {
        format!(" style=\"aspect-ratio:{w}/{h}\"")
    } else {
        String::new()
    }
}

/// Pictures in a grid: two side by side, three with a large one, four in a square, more with their number.
pub(in crate::sandbox) fn grid(talk: &Talk<'_>, post: &WallPost, most: usize) -> String {
    let count = post.media.len();
    if count == 0 {
        return String::new();
    }
    let shown = count.min(most);
    let items: String = (0..shown).map(|at| picture(talk, post, at)).collect();
    let more = if count > shown {
        format!("<span class=\"more\">+{}</span>", count - shown)
    } else {
        String::new()
    };
    format!("<div class=\"grid g{shown}\">{items}{more}</div>")
}

/// Pictures to swipe through, one at a time, with a dot for each.
pub(in crate::sandbox) fn carousel(talk: &Talk<'_>, post: &WallPost) -> String {
    let count = post.media.len();
    if count == 0 {
        return String::new();
    }
    let items: String = (0..count)
        .map(|at| format!("<li>{}</li>", picture(talk, post, at)))
        .collect();
    if count == 1 {
        return format!("<ul class=\"swipe one\">{items}</ul>");
    }
    let dots: String = "<i></i>".repeat(count);
    format!(
        "<div class=\"album\"><span class=\"count\">1/{count}</span>\
         <ul class=\"swipe\" tabindex=\"0\" aria-label=\"{count} pictures\">{items}</ul>\
         <p class=\"dots\" aria-hidden=\"true\">{dots}</p></div>"
    )
}

/// The card of a link: a coloured picture, its host, its address.
pub(in crate::sandbox) fn link(post: &WallPost) -> String {
    let Some(link) = post.link.as_deref().filter(|link| words::web(link)) else {
        return String::new();
    };
    let bare = link.split_once("://").map_or(link, |(_, rest)| rest);
    format!(
        "<a class=\"link\" href=\"{}\" rel=\"noreferrer noopener\" target=\"_blank\"><span class=\"art\" style=\"--h:{}\">{}</span>\
         <span class=\"about\"><small>{}</small><b>{}</b></span></a>",
        escape(link),
        words::hue(link),
        icon("link"),
        escape(&words::host(link)),
        escape(bare),
    )
}

/// The choices of a poll.
pub(in crate::sandbox) fn poll(post: &WallPost) -> String {
    if post.poll.is_empty() {
        return String::new();
    }
    let choices: String = post
        .poll
        .iter()
        .map(|choice| format!("<li><span>{}</span><b>0%</b></li>", escape(choice)))
        .collect();
    format!(
        "<ul class=\"poll\" aria-label=\"Poll\">{choices}</ul><p class=\"small\">0 votes · just begun</p>"
    )
}

/// What is special about the post, as small words.
pub(in crate::sandbox) fn labels(post: &WallPost) -> String {
    let audience = post.audience.iter().map(|who| format!("audience: {who}"));
    let all: String = audience
        .chain(post.labels.iter().cloned())
        .map(|label| format!("<em>{}</em>", escape(&label)))
        .collect();
    if all.is_empty() {
        return all;
    }
    format!("<p class=\"labels\">{all}</p>")
}

/// Messages to one person as a chat.
pub(in crate::sandbox) fn chat(talk: &Talk<'_>) -> String {
    let Some(first) = talk.posts.first() else {
        return String::new();
    };
    let to = first.to.as_deref().unwrap_or("somebody");
    let bubbles: String = talk
        .posts
        .iter()
        .map(|post| {
            format!(
                "<li>{}{}{}<small>{}</small></li>",
                grid(talk, post, 4),
                text(post, Tags::None),
                labels(post),
                words::time(post.at_ms, talk.now)
            )
        })
        .collect();
    format!(
        "<header class=\"peer\">{}<div><b>{}</b><small>written by {}</small></div></header><ol class=\"chat\">{bubbles}</ol>",
        face(to, 36),
        escape(to),
        escape(&first.username)
    )
}

/// What stands where a post was that is gone.
pub(in crate::sandbox) fn gone(text: &str) -> String {
    format!("<p class=\"gone\">{text}</p>")
}

/// A row of icons with what they mean; the number stands beside where there is one.
pub(in crate::sandbox) fn icons(all: &[(&str, &str, usize)]) -> String {
    all.iter()
        .map(|(name, words, count)| {
            let number = if *count == 0 {
                String::new()
            } else {
                format!("<b>{count}</b>")
            };
            format!("<span title=\"{words}\">{}{number}</span>", icon(name))
        })
        .collect()
}

/// Line drawings of 24 by 24.
pub(in crate::sandbox) fn icon(name: &str) -> String {
    let path = match name {
        "heart" => {
            "M12 20s-7-4.4-9-9c-1.300-3.200.6-6.500 4-6.500 2.100 0 3.800 1.200 5 3 1.200-1.800 2.900-3 5-3 3.400 0 5.300 3.300 4 6.500-2 4.600-9 9-9 9z"
        }
        "reply" => "M20 12a8 8 0 1 0-3.200 6.400L20 19.500l-.7-3.300A8 8 0 0 0 20 12z",
        "repost" => "M5 10V8a2 2 0 0 1 2-2h11m-3-3 3 3-3 3M19 14v2a2 2 0 0 1-2 2H6m3 3-3-3 3-3",
        "share" => "M21 4 3 10.500l7 3 3 7L21 4zM10 13.500 21 4",
        "bookmark" => "M6 4h12v17l-6-4.500L6 21z",
        "thumb" => {
            "M7 11v9H4v-9zm0 0 4-8c1.800 0 2.600 1 2.300 3L12.800 9H19a2 2 0 0 1 2 2.400l-1.400 7a2 2 0 0 1-2 1.600H7"
        }
        "globe" => {
            "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c2.500 2.500 3.800 5.500 3.800 9s-1.300 6.500-3.800 9c-2.500-2.500-3.800-5.500-3.800-9S9.500 5.500 12 3z"
        }
        "note" => {
            "M9 18V5l10-2v13M9 18a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0zm10-2a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0z"
        }
        "clip" => {
            "M19 11.500 12 18.500a4.500 4.500 0 0 1-6.400-6.400l7.800-7.800a3 3 0 0 1 4.300 4.300l-7.800 7.700a1.500 1.500 0 0 1-2.100-2.100l7-7"
        }
        _ => {
            "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.700 1.700M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.700-1.700"
        }
    };
    format!("<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{path}\"/></svg>")
}
