//! Text for people: links made touchable, times made relative, sizes made short.

use linkify::{LinkFinder, LinkKind};

use crate::sandbox::exchange::escape;

/// Which tags are marked in a text.
#[derive(Clone, Copy, Debug)]
pub(in crate::sandbox) enum Tags<'a> {
    /// Every `#tag`.
    All,
    /// The post's own topic.
    Only(Option<&'a str>),
    /// Neither tags nor names.
    None,
}

/// A text with its links, tags and mentions marked, its line ends kept.
pub(in crate::sandbox) fn marked(text: &str, tags: Tags<'_>) -> String {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut out = String::with_capacity(text.len() * 2);
    for span in finder.spans(text) {
        let piece = escape(span.as_str());
        if span.kind().is_some() && web(span.as_str()) {
            out.push_str(&format!(
                "<a href=\"{piece}\" rel=\"noreferrer noopener\" target=\"_blank\">{}</a>",
                escape(short(span.as_str()))
            ));
        } else {
            out.push_str(&names(&piece, tags));
        }
    }
    out
}

/// Marks `@name` and tags in text that is escaped already.
fn names(escaped: &str, tags: Tags<'_>) -> String {
    if matches!(tags, Tags::None) {
        return escaped.to_owned();
    }
    let mut out = String::with_capacity(escaped.len());
    for word in escaped.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let name = bare.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
        let tag = name.strip_prefix('#').is_some_and(|tag| match tags {
            Tags::All => tag.chars().any(char::is_alphabetic),
            Tags::Only(topic) => Some(tag) == topic,
            Tags::None => false,
        });
        let mention = name.strip_prefix('@').is_some_and(|n| {
            !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c))
        });
        if tag || mention {
            out.push_str(&format!(
                "<span class=\"name\">{name}</span>{}",
                &word[name.len()..]
            ));
        } else {
            out.push_str(word);
        }
    }
    out
}

/// Only such addresses become links: a `javascript:` of a stranger does not.
pub(in crate::sandbox) fn web(address: &str) -> bool {
    let lower = address.trim().to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// An address without its scheme, and not longer than a line.
fn short(address: &str) -> &str {
    let bare = address
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('/');
    bare.char_indices().nth(40).map_or(bare, |(at, _)| &bare[..at])
}

/// Path and query of a permalink, which are the wall's own; nothing when it is no address.
pub(in crate::sandbox) fn path(permalink: &str) -> Option<String> {
    let url = url::Url::parse(permalink).ok()?;
    let query = url.query().map(|query| format!("?{query}"));
    Some(format!("{}{}", url.path(), query.unwrap_or_default()))
}

/// The host of an address, for a card.
pub(in crate::sandbox) fn host(address: &str) -> String {
    url::Url::parse(address)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

/// `<time>` with the distance from now, and the exact time for those who ask.
pub(in crate::sandbox) fn time(at_ms: i64, now_ms: i64) -> String {
    let exact = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
    let exact = exact.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    format!(
        "<time title=\"{exact}\">{}</time>",
        ago(now_ms.saturating_sub(at_ms) / 1000, &exact)
    )
}

fn ago(seconds: i64, exact: &str) -> String {
    match seconds {
        ..60 => "now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..604_800 => format!("{} d", seconds / 86_400),
        _ => exact.split(' ').next().unwrap_or_default().to_owned(),
    }
}

/// `1.4 MB`.
pub(in crate::sandbox) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// A colour of the name's own, 0 to 359.
pub(in crate::sandbox) fn hue(name: &str) -> u32 {
    name.bytes()
        .fold(17_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(u32::from(b)))
        % 360
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_cannot_write_markup() {
        let text = "<script>x</script> https://a.example/?a=1&b=\"2 @ada, #rust javascript:alert(1)";
        let html = marked(text, Tags::Only(Some("rust")));
        assert!(
            html.starts_with("&lt;script&gt;x&lt;/script&gt; <a href=\"https://a.example/?a=1&amp;b="),
            "{html}"
        );
        assert!(
            html.contains(
                "<span class=\"name\">@ada</span>, <span class=\"name\">#rust</span> javascript:alert(1)"
            ),
            "{html}"
        );
        assert!(!web("javascript:alert(1)") && !web("data:text/html,x"));
    }

    #[test]
    fn times_and_sizes_are_short() {
        for (seconds, expected) in [
            (-5, "now"),
            (59, "now"),
            (61, "1 min"),
            (7_300, "2 h"),
            (90_000, "1 d"),
            (700_000, "2026-01-02"),
        ] {
            assert_eq!(ago(seconds, "2026-01-02 03:04:05 UTC"), expected);
        }
        assert_eq!(
            (size(5), size(1_500), size(1_460_000)),
            ("5 B".into(), "1 kB".into(), "1.4 MB".into())
        );
    }
}
