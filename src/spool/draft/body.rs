//! Front matter and body of a Markdown file.

use std::ops::Range;

/// A Markdown file in its two parts.
pub(super) struct Split {
    /// The keys, with blanks for all that is before them: offsets are those of the whole file.
    pub(super) keys: String,
    /// The words.
    pub(super) body: Range<usize>,
}

/// What is wrong with the lines around the front matter.
pub(super) struct Bad {
    pub(super) span: Range<usize>,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

pub(super) fn first_line_span(text: &str) -> Range<usize> {
    0..first_line(text).len()
}

pub(super) fn split(text: &str) -> Result<Split, Bad> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    let first = first_line(&text[mark..]);
    match first.trim_end() {
        "+++" => {}
        "---" if looks_like_yaml(&text[mark..]) => {
            return Err(Bad {
                span: mark..mark + first.len(),
                message: "the front matter is YAML between `---` lines",
                help: "crier reads TOML between `+++` lines: write `key = \"value\"` instead of `key: value`",
            });
        }
        _ => {
            return Ok(Split {
                keys: String::new(),
                body: 0..text.len(),
            });
        }
    }
    let mut at = mark + first.len();
    for line in text[at..].split_inclusive('\n') {
        if at > mark + first.len() && line.trim_end() == "+++" {
            let keys = blank(&text[..mark + first.len()]) + &text[mark + first.len()..at];
            return Ok(Split {
                keys,
                body: at + line.len()..text.len(),
            });
        }
        at += line.len();
    }
    Err(Bad {
        span: mark..mark + first.len(),
        message: "the front matter has no end",
        help: "close it with a line `+++` before the words of the post",
    })
}

/// As many bytes of blanks.
fn blank(text: &str) -> String {
    " ".repeat(text.len())
}

/// A rule of three dashes may begin a text; `---`, `key: value` and `---` may not.
fn looks_like_yaml(text: &str) -> bool {
    let mut lines = text.lines().skip(1);
    let keyed = lines.next().is_some_and(|l| {
        l.split_once(':').is_some_and(|(key, _)| {
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
    });
    keyed && lines.any(|l| l.trim_end() == "---")
}
