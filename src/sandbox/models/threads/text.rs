//! Counting, links and tags of a text (`threads.md` 4.5).

use linkify::{LinkFinder, LinkKind};
use unicode_segmentation::UnicodeSegmentation;

/// The length as Threads counts it: a grapheme cluster is 1, one with an emoji is its UTF-8 bytes.
pub(super) fn count(text: &str) -> usize {
    if text.is_ascii() {
        return text.len() - text.matches("\r\n").count();
    }
    text.graphemes(true)
        .map(|cluster| {
            if cluster.chars().any(is_emoji) {
                cluster.len()
            } else {
                1
            }
        })
        .sum()
}

/// Whether a code point makes its cluster an emoji.
fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x231A..=0x231B | 0x23E9..=0x23F3 | 0x25FD..=0x25FE
        | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55 | 0xFE0F | 0x20E3)
}

/// How many distinct addresses the text and the attachment's link have together.
pub(super) fn distinct_links(text: &str, attachment: Option<&str>) -> usize {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut found: Vec<&str> = if text.contains("://") {
        finder.links(text).map(|l| l.as_str()).collect()
    } else {
        Vec::new()
    };
    found.extend(attachment);
    found.sort_unstable();
    found.dedup();
    found.len()
}

/// The first address in the text, which becomes the card (`threads.md` 4.3, link).
pub(super) fn first_link(text: &str) -> Option<String> {
    if !text.contains("://") {
        return None;
    }
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder.links(text).next().map(|link| link.as_str().to_owned())
}

/// The first valid `#tag`, without its `#`: it ends before space, tab, newline and `. & @ ! ? , ; :`,
/// and a whole number is no tag.
pub(super) fn first_tag(text: &str) -> Option<String> {
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find('#') {
        before = rest[..at].chars().next_back().or(before);
        let starts = before.is_none_or(char::is_whitespace);
        let after = &rest[at + 1..];
        let end = after
            .find(|c: char| c == '#' || " \t\n\r.&@!?,;:".contains(c))
            .unwrap_or(after.len());
        let tag = &after[..end];
        if starts && !tag.is_empty() && !tag.chars().all(|c| c.is_ascii_digit()) {
            return Some(tag.to_owned());
        }
        before = Some('#');
        rest = after;
    }
    None
}

/// The text as the API gives it back: the topic's `#` is gone.
pub(super) fn without_hash(text: &str, tag: &str) -> String {
    text.replacen(&format!("#{tag}"), tag, 1)
}

/// Whether an address may be a link or a file to fetch.
pub(super) fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_count_one_and_emoji_their_bytes() {
        let cases = [
            ("", 0),
            ("abc", 3),
            ("äöü", 3),
            ("e\u{301}", 1),
            ("😀", 4),
            ("👨‍👩‍👧", 18),
            ("a😀b", 6),
            ("日本", 2),
            ("❤️", 6),
        ];
        for (text, expected) in cases {
            assert_eq!(count(text), expected, "{text:?}");
        }
    }

    #[test]
    fn links_are_counted_once_each() {
        assert_eq!(
            distinct_links(
                "https://a.example https://a.example http://b.example/x",
                Some("https://c.example")
            ),
            3
        );
        assert_eq!(distinct_links("no link", None), 0);
        assert_eq!(
            first_link("see https://a.example/b, then").as_deref(),
            Some("https://a.example/b")
        );
    }

    #[test]
    fn the_first_valid_tag_is_the_topic() {
        let cases = [
            ("#1 #two, #three", Some("two")),
            ("a#b", None),
            ("x #rust.lang", Some("rust")),
            ("##a", None),
            ("none", None),
            ("#größe!", Some("größe")),
        ];
        for (text, expected) in cases {
            assert_eq!(first_tag(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(without_hash("on #rust today", "rust"), "on rust today");
    }
}
