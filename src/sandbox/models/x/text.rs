//! Counting, links, tags and what becomes of a text (`x.md` 4.3 and 8.3).

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::emoji;

/// What every address counts (`x.md` 4.3).
const URL_WEIGHT: usize = 2_300;
/// An address that is longer counts as plain text.
const URL_MAX: usize = 4_096;
const LABEL_MAX: usize = 63;
const TCO_SLUG_MAX: usize = 40;

static TLDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("tlds.txt").split_whitespace().collect());

/// The weighted length of a text, and whether a character is in it that X never takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) weighted: usize,
    pub(super) invalid: bool,
}

/// Counts as twitter-text v3 does.
pub(super) fn weigh(text: &str) -> Weight {
    let text: String = text.nfc().collect();
    let links = links(&text);
    let mut sum = 0;
    let mut at = 0;
    let mut next = links.iter().peekable();
    while at < text.len() {
        if let Some(link) = next.next_if(|link| link.start == at) {
            sum += URL_WEIGHT;
            at = link.end;
            continue;
        }
        let rest = &text[at..];
        if let Some(length) = emoji::sequence(rest) {
            sum += 200;
            at += length;
            continue;
        }
        let Some(c) = rest.chars().next() else { break };
        sum += weight_of(c);
        at += c.len_utf8();
    }
    Weight {
        weighted: sum / 100,
        invalid: text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}']),
    }
}

fn weight_of(c: char) -> usize {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 100,
        _ => 200,
    }
}

/// The addresses in a text as X finds them, by bytes, in order.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let before = text[..at].chars().next_back();
        let link = match before {
            Some(c) if c.is_ascii_alphanumeric() || "@$#＠＃＄".contains(c) => None,
            _ => link_at(text, at, before),
        };
        if let Some(end) = link {
            found.push(at..end);
            at = end;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn link_at(text: &str, at: usize, before: Option<char>) -> Option<usize> {
    let rest = &text[at..];
    let scheme = ["https://", "http://"].iter().find_map(|scheme| {
        rest.get(..scheme.len())
            .filter(|head| head.eq_ignore_ascii_case(scheme))
            .map(str::len)
    });
    let bare = scheme.is_none();
    if bare && before.is_some_and(|c| "-_./".contains(c)) {
        return None;
    }
    let start = at + scheme.unwrap_or(0);
    let domain = domain_end(&text[start..], bare)?;
    let mut end = start + domain;
    end += port(&text[end..]);
    end += path(&text[end..]);
    end += query(&text[end..]);
    let host = &text[start..start + domain];
    if host.eq_ignore_ascii_case("t.co") {
        let slug = text[start + domain..end].trim_start_matches('/');
        let slug = slug.split(['/', '?']).next().unwrap_or("");
        if slug.len() > TCO_SLUG_MAX {
            return None;
        }
    }
    (text[at..end].chars().count() <= URL_MAX).then_some(end)
}

/// The longest valid domain at the start, by bytes.
fn domain_end(rest: &str, bare: bool) -> Option<usize> {
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.')
            || (!bare && !c.is_ascii() && c.is_alphanumeric())
    };
    let run = rest.find(|c: char| !allowed(c)).unwrap_or(rest.len());
    let mut end = run;
    loop {
        let candidate = &rest[..end];
        if valid_domain(candidate)
            && !rest[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || "@+-_".contains(c))
        {
            return Some(end);
        }
        end = candidate.rfind('.')?;
    }
}

fn valid_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let [subs @ .., name, tld] = labels.as_slice() else {
        return false;
    };
    let edges = |label: &str| {
        let solid = |c: char| c.is_alphanumeric();
        label.starts_with(solid) && label.ends_with(solid) && label.len() <= LABEL_MAX
    };
    let lower = tld.to_ascii_lowercase();
    let known = TLDS.contains(lower.as_str()) || (lower.starts_with("xn--") && lower.len() > 4);
    known && edges(name) && !name.contains('_') && subs.iter().all(|label| edges(label))
}

fn port(rest: &str) -> usize {
    let Some(digits) = rest.strip_prefix(':') else {
        return 0;
    };
    let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if length == 0 { 0 } else { length + 1 }
}

fn path(rest: &str) -> usize {
    if !rest.starts_with('/') {
        return 0;
    }
    let mut depth = 0_usize;
    let mut solid = 1;
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => {
                depth -= 1;
                solid = at + 1;
            }
            c if c.is_alphanumeric() && latin_or_cyrillic(c) || "=_#/+-".contains(c) => {
                if depth == 0 {
                    solid = at + c.len_utf8();
                }
            }
            c if "!*';:,.$%[]~@|&".contains(c) => {}
            _ => break,
        }
    }
    solid
}

fn latin_or_cyrillic(c: char) -> bool {
    matches!(u32::from(c), 0..=0x024F | 0x0253..=0x028B | 0x0300..=0x036F | 0x0400..=0x04FF | 0x1E00..=0x1EFF)
}

fn query(rest: &str) -> usize {
    if !rest.starts_with('?') {
        return 0;
    }
    let mut solid = 0;
    for (at, c) in rest.char_indices() {
        match c {
            c if c.is_ascii_alphanumeric() || "-_&=#/".contains(c) => solid = at + 1,
            c if "!?*'@();:+$%[].,~|".contains(c) => {}
            _ => break,
        }
    }
    solid
}

/// The usernames that a text mentions, in lower case.
pub(super) fn mentions(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if c == '@' && !before.is_alphanumeric() && before != '_' {
            let name = &text[at + 1..];
            let end = name
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(name.len());
            if end > 0 {
                found.push(name[..end].to_ascii_lowercase());
            }
        }
        before = c;
    }
    found
}

/// How many `$TICKER`s a text has (`x.md` 4.2, cashtags).
pub(super) fn cashtags(text: &str) -> usize {
    text.split_whitespace()
        .filter_map(|word| word.strip_prefix('$'))
        .filter(|word| {
            let name = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
            (1..=6).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphabetic())
        })
        .count()
}

/// An address that became a short link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Short {
    pub(super) url: String,
    pub(super) expanded: String,
    pub(super) display: String,
    /// Whether it stands for the attached media.
    pub(super) media: bool,
}

/// The text with its addresses made short, as readers see it; still without HTML escapes (`x.md` 8.3).
pub(super) fn shorten(text: &str, mut slug: impl FnMut() -> String) -> (String, Vec<Short>) {
    let text: String = text.trim().nfc().collect();
    let mut out = String::with_capacity(text.len());
    let mut shorts = Vec::new();
    let mut at = 0;
    for link in links(&text) {
        out.push_str(&text[at..link.start]);
        let raw = &text[link.clone()];
        let url = format!("https://t.co/{}", slug());
        out.push_str(&url);
        let naked = raw.trim_start_matches("https://").trim_start_matches("http://");
        let expanded = if naked.len() == raw.len() {
            format!("http://{raw}")
        } else {
            raw.to_owned()
        };
        let display = if naked.chars().count() > 27 {
            format!("{}…", naked.chars().take(26).collect::<String>())
        } else {
            naked.trim_end_matches('/').to_owned()
        };
        shorts.push(Short {
            url,
            expanded,
            display,
            media: false,
        });
        at = link.end;
    }
    out.push_str(&text[at..]);
    (out, shorts)
}

/// The three escapes of texts that are read back (`x.md` 8.3).
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conformance_vectors_hold() {
        let cases: [(&str, usize); 11] = [
            ("Hi http://test.co", 26),
            ("http://test.co", 23),
            ("H🐱☺👨‍👩‍👧‍👦", 7),
            ("😷👾😡🔥💩", 10),
            ("🙋🏽👨‍🎤", 4),
            ("1⃣", 2),
            ("Unicode 10.0 emoji: 🤪; 🧕; 🧕🏾; 🏴󠁧󠁢󠁥󠁮󠁧󠁿", 34),
            ("ABC\u{202A}\u{FFFF}ABC\u{FFFE}", 12),
            ("Hello, world! 👋", 16),
            (
                "randomurlrandomurlrandomurlrandomurlrandomurlrandomurlrandomurls.com",
                68,
            ),
            ("", 0),
        ];
        for (text, weighted) in cases {
            assert_eq!(weigh(text).weighted, weighted, "{text}");
        }
        assert_eq!(weigh(&"故".repeat(160)).weighted, 320);
        assert_eq!(weigh(&format!("the{}", "故".repeat(160))).weighted, 323);
        assert_eq!(weigh(&"https://www.twitter.com/aloha ".repeat(10)).weighted, 240);
        assert!(weigh("a\u{FFFF}").invalid);
        assert_eq!(weigh("e\u{301}").weighted, 1, "NFC first");
    }

    #[test]
    fn links_are_found_as_x_finds_them() {
        let found = |text: &str| {
            links(text)
                .into_iter()
                .map(|r| text[r].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found("see example.com, now"), ["example.com"]);
        assert_eq!(
            found("(https://en.wikipedia.org/wiki/A_(b))."),
            ["https://en.wikipedia.org/wiki/A_(b)"]
        );
        assert_eq!(
            found("a@example.com $example.com #example.com"),
            Vec::<String>::new()
        );
        assert_eq!(found("notes.txt v1.2 main.rsx"), Vec::<String>::new());
        assert_eq!(
            found("https://example.com/a.b?c=d. End"),
            ["https://example.com/a.b?c=d"]
        );
        assert_eq!(
            found("HTTPS://EXAMPLE.COM:8080/x"),
            ["HTTPS://EXAMPLE.COM:8080/x"]
        );
        assert_eq!(found("日本example.com"), ["example.com"]);
        assert_eq!(
            found(&format!("https://t.co/{}", "a".repeat(41))),
            Vec::<String>::new()
        );
    }

    #[test]
    fn texts_come_back_changed() {
        let (text, shorts) = shorten(" a example.com & b ", || "abcdefghij".to_owned());
        assert_eq!(text, "a https://t.co/abcdefghij & b");
        assert_eq!(shorts[0].expanded, "http://example.com");
        assert_eq!(escaped("<&>"), "&lt;&amp;&gt;");
        assert_eq!(mentions("hi @Ada, mail a@b.c @x_1"), ["ada", "x_1"]);
        assert_eq!(cashtags("$AAPL and $TSLA, not $5"), 2);
    }
}
