//! Secrets that somebody wrote into the config do not leave it in an error message: wherever a line is
//! shown, they are starred out, whether the file could be parsed or not.

use std::ops::Range;

/// What stands for a secret; always as long, so that nobody learns its length.
const STARS: &str = "********";

/// Words in the names of keys whose values are secrets.
const TELLING: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "api_key",
    "apikey",
    "private_key",
];

/// The ranges of a text that look like secrets: values of telling keys that do not name a place
/// (`{ ... }`), and user and password in URLs. Works line by line, so a broken file is covered too.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('=') {
        // What lies in a secret already found is not looked at again: no line costs more than its length.
        let inside = found.last().is_some_and(|last| at < last.end);
        if !inside && telling_key(&text[..at]) {
            found.extend(value(text, at + 1));
        }
    }
    for (at, _) in text.match_indices("://") {
        found.extend(userinfo(text, at + 3));
    }
    found
}

/// The longest key that is looked at, in bytes.
const KEY_MAX: usize = 200;

fn telling_key(before: &str) -> bool {
    let of_key =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'"' | b'\'' | b' ' | b'\t');
    let length = before.bytes().rev().take(KEY_MAX).take_while(of_key).count();
    // All of these bytes are ASCII, so this is a character's boundary.
    let name = before[before.len() - length..].to_ascii_lowercase();
    !name.is_empty() && TELLING.iter().any(|word| name.contains(word))
}

fn value(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let start = from + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let rest = &text[start..];
    if rest.starts_with('{') {
        return None;
    }
    let line = rest.find('\n').unwrap_or(rest.len());
    let end = if let Some(quote) = ["\"\"\"", "'''"].into_iter().find(|q| rest.starts_with(q)) {
        rest[3..].find(quote).map_or(rest.len(), |at| at + 6)
    } else if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        closing(&rest[1..line], quote).map_or(line, |at| at + 2)
    } else {
        rest[..line].find(['#', ',', '}']).unwrap_or(line)
    };
    (end > 0).then_some(start..start + end)
}

/// The closing quote of a string, passing over escapes.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            return Some(at);
        }
    }
    None
}

fn userinfo(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = &text[from..];
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/' | '?' | '#'))
        .unwrap_or(rest.len());
    let at = rest[..end].rfind('@')?;
    (at > 0).then(|| from..from + at)
}

/// A text with its secrets starred out, and where each place of the old text is in it.
pub(super) struct Masked {
    pub(super) text: String,
    cuts: Vec<Range<usize>>,
}

/// Stars out these ranges.
pub(super) fn apply(text: &str, mut ranges: Vec<Range<usize>>) -> Masked {
    ranges.retain(|r| r.start < r.end && text.is_char_boundary(r.start) && text.is_char_boundary(r.end));
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut cuts: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match cuts.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => cuts.push(range),
        }
    }
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for cut in &cuts {
        masked.push_str(&text[from..cut.start]);
        masked.push_str(STARS);
        from = cut.end;
    }
    masked.push_str(&text[from..]);
    Masked { text: masked, cuts }
}

impl Masked {
    /// The place of a span in the new text; one inside of a secret becomes all of its stars.
    pub(super) fn moved(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.offset(span.start, false);
        let end = self.offset(span.end, true);
        start..end.max(start)
    }

    fn offset(&self, at: usize, end: bool) -> usize {
        let before = self.cuts.partition_point(|cut| cut.end <= at);
        let removed: usize = self.cuts[..before].iter().map(ExactSizeIterator::len).sum();
        let base = at - removed + before * STARS.len();
        match self.cuts.get(before) {
            Some(cut) if cut.start < at => base - (at - cut.start) + if end { STARS.len() } else { 0 },
            Some(_) | None => base,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        apply(text, find(text)).text
    }

    #[test]
    fn stars_out_what_looks_like_a_secret() {
        for (text, want) in [
            ("client_secret = \"abc\"\n", "client_secret = ********\n"),
            ("password = 'a#b' # note", "password = ******** # note"),
            (
                "smtp = { host = \"h\", password = \"x\\\"y\", port = 1 }",
                "smtp = { host = \"h\", password = ********, port = 1 }",
            ),
            ("password = \"open\nnext = 1", "password = ********\nnext = 1"),
            ("token = \"\"\"a\nb\"\"\"\nx = 1", "token = ********\nx = 1"),
            ("password = hunter2", "password = ********"),
            (
                "password = { credential = \"smtp\" }",
                "password = { credential = \"smtp\" }",
            ),
            (
                "proxy = \"http://me:pw@proxy:1/\"",
                "proxy = \"http://********@proxy:1/\"",
            ),
            (
                "url = \"https://example.org/a@b\"",
                "url = \"https://example.org/a@b\"",
            ),
        ] {
            assert_eq!(masked(text), want);
        }
    }

    #[test]
    fn moves_places_with_the_text() {
        let text = "password = \"a\" # x\nport = 1\n";
        let masked = apply(text, find(text));
        let port = text.find("port").expect("there");
        let moved = masked.moved(&(port..port + 4));
        assert_eq!(&masked.text[moved], "port");
        let inside = masked.moved(&(12..13));
        assert_eq!(&masked.text[inside], STARS);
    }
}
