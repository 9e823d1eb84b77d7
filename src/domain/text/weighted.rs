//! The weighted count of X (x.md 4.3): code points weigh one or two, every link 23, every emoji two.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// What a link counts, however long it is.
const LINK: usize = 23;
/// Longer ones are words, not links.
const LINK_MAX: usize = 4096;
/// The longest label of a domain.
const LABEL_MAX: usize = 63;
/// The longest name behind `https://t.co/` that makes a link.
const SLUG_MAX: usize = 40;

/// The weighted length of `text`, in NFC.
pub(super) fn count(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut sum = 0;
    let mut from = 0;
    for link in found(&text) {
        sum += plain(&text[from..link.range.start]);
        let words = plain(&text[link.range.clone()]);
        // Too high a count is refused here and can be mended; too low a one is refused by X.
        sum += if link.sure { LINK } else { LINK.max(words) };
        from = link.range.end;
    }
    sum + plain(&text[from..])
}

/// Where X sees links, as ranges of bytes: with a scheme, or domains that stand bare (`example.com`).
pub fn links(text: &str) -> Vec<Range<usize>> {
    found(text).into_iter().map(|link| link.range).collect()
}

/// Words without links.
fn plain(text: &str) -> usize {
    text.graphemes(true).map(cluster).sum()
}

/// An emoji with all that belongs to it weighs two; what else stands in its cluster weighs for itself.
fn cluster(cluster: &str) -> usize {
    let keycap = cluster.ends_with('\u{20E3}')
        && cluster.starts_with(|c: char| c.is_ascii_digit() || c == '#' || c == '*');
    if keycap {
        return 2;
    }
    if !cluster.starts_with(pictured) {
        return cluster.chars().map(weight).sum();
    }
    let rest: usize = cluster.chars().skip(1).filter(|c| !joins(*c)).map(weight).sum();
    2 + rest
}

/// Begins an emoji: Unicode's blocks of pictures, and the few letters that become one.
fn pictured(c: char) -> bool {
    super::is_emoji(c) && !matches!(u32::from(c), 0xFE0F | 0x20E3 | 0xE0020..=0xE007F)
}

/// Continues one: joiners, selectors, skin tones, tags and further pictures.
fn joins(c: char) -> bool {
    c == '\u{200D}' || super::is_emoji(c)
}

/// twitter-text's configuration 3: these ranges weigh one, all else two.
fn weight(c: char) -> usize {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

struct Link {
    range: Range<usize>,
    /// Its domain ends as one that exists.
    sure: bool,
}

fn found(text: &str) -> Vec<Link> {
    let mut out: Vec<Link> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(in_domain).map(|n| from + n) {
        let end = text[start..]
            .find(|c| !in_domain(c))
            .map_or(text.len(), |n| start + n);
        from = end;
        let taken = out.last().map_or(0, |l| l.range.end);
        if start < taken || !text[start..end].contains('.') {
            continue;
        }
        match scheme_before(text, start) {
            Some(begin) => out.extend(with_scheme(text, begin, start, end)),
            None => bare(text, start, end, &mut out),
        }
        from = from.max(out.last().map_or(0, |l| l.range.end));
    }
    out
}

/// What domains are made of, dots included: no spaces, no punctuation.
fn in_domain(c: char) -> bool {
    matches!(c, '.' | '-' | '_') || c.is_alphanumeric() || super::is_mark(c)
}

/// Where `http://` or `https://` begins that ends at `at`, when nothing forbids a link there.
fn scheme_before(text: &str, at: usize) -> Option<usize> {
    let before = &text[..at];
    ["https://", "http://"].into_iter().find_map(|scheme| {
        let begin = at.checked_sub(scheme.len())?;
        let fits = before.get(begin..)?.eq_ignore_ascii_case(scheme);
        (fits && may_precede(&before[..begin])).then_some(begin)
    })
}

/// No link begins directly after a letter, digit, `@`, `$` or `#`.
fn may_precede(before: &str) -> bool {
    before.chars().next_back().is_none_or(|c| {
        !(c.is_ascii_alphanumeric()
            || matches!(
                c,
                '@' | '＠' | '$' | '#' | '＃' | '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}'
            ))
    })
}

fn with_scheme(text: &str, begin: usize, start: usize, end: usize) -> Option<Link> {
    let (length, sure) = domain(&text[start..end], true)?;
    let stop = after_domain(text, start + length, end);
    if let Some(slug) = text[start..stop].strip_prefix("t.co/")
        && slug.chars().take_while(char::is_ascii_alphanumeric).count() > SLUG_MAX
    {
        return None;
    }
    (stop - begin <= LINK_MAX).then_some(Link {
        range: begin..stop,
        sure,
    })
}

/// Bare domains are ASCII without `_`, and letters of other scripts may stand directly around them.
fn bare(text: &str, start: usize, end: usize, out: &mut Vec<Link>) {
    let refused = |c: char| matches!(c, '-' | '_' | '.' | '/');
    let before = &text[..start];
    if !may_precede(before) || before.ends_with(refused) || text[start..].starts_with(refused) {
        return;
    }
    let run = &text[start..end];
    let mut from = 0;
    for piece in run.split(|c: char| !c.is_ascii() || c == '_') {
        // Where in the run this piece begins.
        let at = start + from + run[from..].find(piece).unwrap_or(0);
        from = at - start + piece.len();
        if let Some((length, true)) = domain(piece, false) {
            let stop = after_domain(text, at + length, end);
            if stop - at <= LINK_MAX {
                out.push(Link {
                    range: at..stop,
                    sure: true,
                });
            }
        }
    }
}

/// The length of the longest domain that `run` begins with, and whether its end is known to exist.
fn domain(run: &str, foreign: bool) -> Option<(usize, bool)> {
    let mut at = 0;
    let mut best = None;
    for (n, label) in run.split('.').enumerate() {
        if n > 0
            && let Some((length, sure)) = top(label, foreign)
        {
            best = Some((at + length, sure));
        }
        let fits = label.len() <= LABEL_MAX && !label.is_empty();
        if !fits || label.starts_with(['-', '_']) || label.ends_with(['-', '_']) {
            break;
        }
        at += label.len() + 1;
    }
    best
}

/// The top level domain that a label begins with: an ASCII one must not go on with a letter, digit or `@`.
fn top(label: &str, foreign: bool) -> Option<(usize, bool)> {
    let ascii = label
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .unwrap_or(label.len());
    let whole = label[..ascii].to_ascii_lowercase();
    if whole.len() > 4 && whole.starts_with("xn--") {
        return Some((ascii, true));
    }
    let plain = whole.find('-').unwrap_or(ascii);
    if plain > 0 {
        return tld::exist(&whole[..plain]).then_some((plain, true));
    }
    // Of other scripts the list has the encoded names only.
    let letters = label.find(|c: char| c.is_ascii()).unwrap_or(label.len());
    (foreign && letters > 0).then_some((letters, false))
}

/// Port, path and query, when the domain is not followed by something else.
fn after_domain(text: &str, at: usize, run_end: usize) -> usize {
    if at < run_end {
        return at;
    }
    if text[at..].starts_with(['@', '＠']) {
        return at;
    }
    let mut end = at;
    if let Some(port) = text[end..].strip_prefix(':') {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        end += if digits > 0 { digits + 1 } else { 0 };
    }
    if text[end..].starts_with('/') {
        end += path(&text[end..]);
    }
    if let Some(query) = text[end..].strip_prefix('?') {
        let length = taken(query, in_query, |c| {
            c.is_ascii_alphanumeric() || "-_&=#/".contains(c)
        });
        end += if length > 0 { length + 1 } else { 0 };
    }
    end
}

fn in_query(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

fn in_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!*';:=+,.$/%#[]-_~|&@".contains(c) || european(c)
}

/// Latin letters with accents, and Cyrillic ones.
fn european(c: char) -> bool {
    c.is_alphabetic()
        && matches!(u32::from(c), 0xC0..=0x24F | 0x253..=0x28B | 0x400..=0x4FF | 0x1E00..=0x1EFF)
}

/// The bytes of `text` that `may` stand there, up to the last that `may_end` it.
fn taken(text: &str, may: impl Fn(char) -> bool, may_end: impl Fn(char) -> bool) -> usize {
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if !may(c) {
            break;
        }
        if may_end(c) {
            end = at + c.len_utf8();
        }
    }
    end
}

/// A path does not end in punctuation, and parentheses in it are balanced (`/wiki/Rust_(language)`).
fn path(text: &str) -> usize {
    let mut end = 1;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c == '(' {
            let Some(close) = balanced(&text[at..]) else { break };
            at += close;
            end = at;
        } else if in_path(c) {
            at += c.len_utf8();
            if c.is_ascii_alphanumeric() || european(c) || "+-=_#/".contains(c) {
                end = at;
            }
        } else {
            break;
        }
    }
    end
}

/// The length of a pair of parentheses with path characters in it, which may hold one pair more.
fn balanced(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if in_path(c) => {}
            _ => return None,
        }
        if depth == 0 {
            return (at > 1).then_some(at + 1);
        }
        if depth > 2 {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conformance vectors that x.md 4.3 gives.
    #[test]
    fn vectors() {
        let cjk = "故".repeat(160);
        let aloha = "https://www.twitter.com/aloha ".repeat(10);
        let rows: Vec<(&str, usize)> = vec![
            ("Hi http://test.co", 26),
            ("http://test.co", 23),
            ("H🐱☺👨‍👩‍👧‍👦", 7),
            ("😷👾😡🔥💩", 10),
            ("🙋🏽👨‍🎤", 4),
            ("1⃣", 2),
            ("Unicode 10.0 emoji: 🤪; 🧕; 🧕🏾; 🏴󠁧󠁢󠁥󠁮󠁧󠁿", 34),
            (&cjk, 320),
            (&aloha, 240),
            (
                "randomurlrandomurlrandomurlrandomurlrandomurlrandomurlrandomurls.com",
                68,
            ),
            ("ABC\u{202A}\u{FFFF}ABC\u{FFFE}", 12),
            ("Hello, world! 👋", 16),
        ];
        for (text, weighted) in rows {
            assert_eq!(count(text), weighted, "{text}");
        }
        assert_eq!(count(&format!("the{cjk}")), 323);
        assert_eq!(count(&"a".repeat(285)), 285);
    }

    #[test]
    fn composed_and_decomposed_count_the_same() {
        assert_eq!(count("Cafe\u{301}"), 4);
        assert_eq!(count("Café"), 4);
        assert_eq!(count("👍🏽"), 2);
        assert_eq!(count("🇩🇪🇫🇷"), 4);
        assert_eq!(count("©"), 1);
        assert_eq!(count(""), 0);
    }

    /// Text, then what X makes a link of.
    #[test]
    fn what_is_a_link() {
        let rows: &[(&str, &[&str])] = &[
            ("see example.com now", &["example.com"]),
            ("see example.com, now.", &["example.com"]),
            ("end.Next sentence", &["end.Next"]),
            ("end.Now comes", &["end.Now"]),
            ("end.This is none", &[]),
            ("mail me@example.com", &[]),
            ("a.b@example.com", &[]),
            ("$example.com #example.com", &[]),
            ("-example.com", &[]),
            ("日本語example.comの", &["example.com"]),
            ("example.com-foo", &["example.com"]),
            ("example.comfoo", &[]),
            ("http://localhost/x", &[]),
            (
                "(https://en.wikipedia.org/wiki/Rust_(language)).",
                &["https://en.wikipedia.org/wiki/Rust_(language)"],
            ),
            ("https://x.com/a?b=c&d=e.", &["https://x.com/a?b=c&d=e"]),
            ("HTTPS://Example.COM:8080/a.b,", &["HTTPS://Example.COM:8080/a.b"]),
            ("http://a.example/ and b.org", &["b.org"]),
            (
                "http://xn--bcher-kva.xn--p1ai/x",
                &["http://xn--bcher-kva.xn--p1ai/x"],
            ),
            ("sub_domain.example.org", &["domain.example.org"]),
            (
                "http://sub_domain.example.org",
                &["http://sub_domain.example.org"],
            ),
            ("1.5 and v1.0", &[]),
        ];
        for (text, expected) in rows {
            let found: Vec<&str> = links(text).into_iter().map(|r| &text[r]).collect();
            assert_eq!(&found, expected, "{text}");
        }
    }

    #[test]
    fn a_link_of_another_script_is_never_counted_too_low() {
        assert_eq!(count("http://a.рф"), 23);
        let long = format!("http://a.{}", "рф".repeat(40));
        assert!(count(&long) >= 80);
    }

    #[test]
    fn long_names_are_words() {
        assert!(links(&format!("https://t.co/{}", "a".repeat(41))).is_empty());
        assert_eq!(links(&format!("https://t.co/{}", "a".repeat(40))).len(), 1);
        assert!(links(&format!("https://example.com/{}", "a".repeat(4100))).is_empty());
    }

    proptest::proptest! {
        /// Whatever the text: no panic, ranges in order and on characters.
        #[test]
        fn any_text(text in ".{0,80}") {
            let mut last = 0;
            for link in links(&text) {
                proptest::prop_assert!(link.start >= last && text.get(link.clone()).is_some());
                last = link.end;
            }
            count(&text);
        }

        #[test]
        fn any_address(text in "(https?://)?[a-z.@/:?()_\\-é日#]{0,30}(com|org)[a-z.@/:?()_\\-é日]{0,20}") {
            for link in links(&text) {
                proptest::prop_assert!(text.get(link).is_some());
            }
        }
    }
}
