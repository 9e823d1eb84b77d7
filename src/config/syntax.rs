//! TOML: all syntax errors of a file at once, in words for people who do not read grammars.

use std::ops::Range;

use toml::de::DeTable;

use super::reader::Reader;
use super::tree::{self, Place, SourceId, Table};

/// Parses a file; what could be understood of it, with every syntax error noted.
pub(super) fn parse(reader: &mut Reader, source: SourceId, text: &str) -> Table {
    let (parsed, errors) = DeTable::parse_recoverable(text);
    reader.incomplete |= !errors.is_empty();
    let lines = Lines::of(text);
    let mut last: Option<(usize, String)> = None;
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let line = lines.number(span.start);
        // One slip breaks many rules: the first of each line, and of equal ones in a row, is the one to mend.
        let message = error.message().to_owned();
        let again = last.as_ref().is_some_and(|(on, said)| {
            *on == line || *said == message && FOLLOWS.contains(&line_kind(&message))
        });
        if !again {
            say(reader, source, text, span, &message);
        }
        reader.broken_lines.insert((source, line));
        last = Some((line, message));
    }
    tree::table(source, parsed.get_ref())
}

/// Kinds of errors that one slip repeats on every line after it.
const FOLLOWS: [&str; 1] = ["missing comma between array elements"];

fn line_kind(message: &str) -> &str {
    message.split(", expected").next().unwrap_or(message)
}

/// Where the lines of a text begin.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Lines {
        Lines(
            std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
        )
    }

    /// The line of an offset, from 1.
    pub(super) fn number(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

fn say(reader: &mut Reader, source: SourceId, text: &str, span: Range<usize>, message: &str) {
    let words = words(text, &span, line_kind(message));
    let place = Place { source, span };
    let found = match &words {
        Some((what, _)) => reader.error(&place, what.clone()),
        None => reader.error(&place, format!("this is not TOML: {message}")),
    };
    found.syntax = true;
    if let Some((_, help)) = words {
        found.help(help);
    }
}

/// The slips that people make, in their words: what is wrong, and what to write.
fn words(text: &str, span: &Range<usize>, kind: &str) -> Option<(String, String)> {
    let here = text.get(span.clone())?;
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[start..span.start].trim();
    let seen = Seen {
        here,
        before,
        after: text[span.start..].trim_start(),
    };
    let (what, help) = match kind {
        "string values must be quoted" => unquoted(&seen),
        "key with no value" => no_value(&seen),
        "duplicate key" => return Some(twice(&seen)),
        "missing comma between array elements" if before.is_empty() => (
            "the list before this line is not closed",
            "end it with `]`, or write a comma between its parts",
        ),
        _ => SLIPS
            .iter()
            .find(|(name, ..)| *name == kind)
            .map(|(_, what, help)| (*what, *help))?,
    };
    Some((what.to_owned(), help.to_owned()))
}

/// The place of an error and its line.
struct Seen<'a> {
    here: &'a str,
    before: &'a str,
    after: &'a str,
}

const NO_VALUE: (&str, &str) = ("this key has no value", "write KEY = VALUE, or take the line out");

/// The parser's kinds of errors that need no look at the line.
const SLIPS: &[(&str, &str, &str)] = &[
    ("extra `=`", "there are two `=`", "write KEY = VALUE"),
    ("missing value", NO_VALUE.0, NO_VALUE.1),
    ("missing value for key", NO_VALUE.0, NO_VALUE.1),
    (
        "missing escaped value",
        "in double quotes a backslash begins a special character",
        "write two backslashes, or put the text into single quotes",
    ),
    ("invalid basic string", UNCLOSED.0, UNCLOSED.1),
    ("invalid literal string", UNCLOSED.0, UNCLOSED.1),
    (
        "unclosed table",
        "this header has no closing bracket",
        "write [NAME]",
    ),
    (
        "unclosed array table",
        "this header has no closing brackets",
        "write [NAME]",
    ),
    ("unclosed array", "this list is not closed", "end it with `]`"),
    (
        "unclosed inline table",
        "this table is not closed",
        "end it with `}`",
    ),
    (
        "missing comma between array elements",
        "a comma is missing before this",
        "write [\"a\", \"b\"]",
    ),
    (
        "missing comma between key-value pairs",
        "a comma is missing before this",
        "write { a = 1, b = 2 }",
    ),
    (
        "unexpected key or value",
        "the value ends before this",
        "write one KEY = VALUE on a line; a text with a quote in it stands in quotes of the other kind",
    ),
    (
        "invalid key-value pair",
        "this is neither a key nor a section",
        "write [SECTION] or KEY = VALUE: the config is TOML, not JSON or XML",
    ),
    (
        "invalid unquoted key",
        "this is no name of a key",
        "write [SECTION] or KEY = VALUE; keys are made of letters, digits, `-` and `_`",
    ),
];

const UNCLOSED: (&str, &str) = (
    "this text has no closing quote",
    "end it with the quote that it began with, on the same line",
);

fn unquoted(seen: &Seen<'_>) -> (&'static str, &'static str) {
    let typographic = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}'];
    if seen.here.is_empty() {
        NO_VALUE
    } else if seen.here.contains(typographic) {
        ("these are typographic quotes", "write straight ones: \"...\"")
    } else {
        ("this text has no quotes around it", "write it as \"...\"")
    }
}

fn no_value(seen: &Seen<'_>) -> (&'static str, &'static str) {
    if seen.before.starts_with(';') {
        ("`;` does not begin a comment", "comments begin with `#`")
    } else if seen.after.starts_with(':') || seen.before.ends_with(':') {
        (
            "a key and its value stand apart by `=`, not by `:`",
            "write KEY = VALUE",
        )
    } else {
        NO_VALUE
    }
}

fn twice(seen: &Seen<'_>) -> (String, String) {
    let name = super::reader::short(seen.here);
    if seen.before.starts_with('[') {
        let parents = seen.before.trim_start_matches('[');
        return (
            format!(
                "the section [{}{name}] begins a second time",
                super::reader::short(parents)
            ),
            "put all its keys below one header".to_owned(),
        );
    }
    (
        format!("`{name}` stands here a second time"),
        "keep one of the two".to_owned(),
    )
}
