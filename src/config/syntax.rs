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
    let before = &text[text[..span.start].rfind('\n').map_or(0, |at| at + 1)..span.start];
    let (what, help) = match kind {
        "string values must be quoted" if here.is_empty() => (
            "this key has no value".to_owned(),
            "write KEY = VALUE, or take the line out".to_owned(),
        ),
        "string values must be quoted"
            if here.contains(['\u{201c}', '\u{201d}', '\u{201e}', '\u{2018}', '\u{2019}']) =>
        {
            (
                "these are typographic quotes".to_owned(),
                "write straight ones: \"...\"".to_owned(),
            )
        }
        "string values must be quoted" => (
            "this text has no quotes around it".to_owned(),
            "write it as \"...\"".to_owned(),
        ),
        "key with no value" if before.trim_start().starts_with(';') => (
            "`;` does not begin a comment".to_owned(),
            "comments begin with `#`".to_owned(),
        ),
        "key with no value"
            if text[span.start..].trim_start().starts_with(':') || before.trim_end().ends_with(':') =>
        {
            (
                "a key and its value stand apart by `=`, not by `:`".to_owned(),
                "write KEY = VALUE".to_owned(),
            )
        }
        "key with no value" => (
            "this key has no value".to_owned(),
            "write KEY = VALUE, or take the line out".to_owned(),
        ),
        "duplicate key" if before.trim_start().starts_with('[') => (
            format!(
                "the section [{}{here}] begins a second time",
                before.trim_start().trim_start_matches('[')
            ),
            "put all its keys below one header".to_owned(),
        ),
        "duplicate key" => (
            format!("`{here}` stands here a second time"),
            "keep one of the two".to_owned(),
        ),
        "missing escaped value" => (
            "in double quotes a backslash begins a special character".to_owned(),
            "write two backslashes, or put the text into single quotes".to_owned(),
        ),
        "invalid basic string" | "invalid literal string" => (
            "this text has no closing quote".to_owned(),
            "end it with the quote that it began with, on the same line".to_owned(),
        ),
        "unclosed table" | "unclosed table header" => (
            "this header has no closing bracket".to_owned(),
            "write [NAME]".to_owned(),
        ),
        "missing comma between array elements" if before.trim().is_empty() => (
            "the list before this line is not closed".to_owned(),
            "end it with `]`, or write a comma between its parts".to_owned(),
        ),
        "extra `=`" => ("there are two `=`".to_owned(), "write KEY = VALUE".to_owned()),
        "missing value" | "missing value for key" => (
            "this key has no value".to_owned(),
            "write KEY = VALUE, or take the line out".to_owned(),
        ),
        "missing comma between key-value pairs" => (
            "a comma is missing before this".to_owned(),
            "write { a = 1, b = 2 }".to_owned(),
        ),
        "missing comma between array elements" => (
            "a comma is missing before this".to_owned(),
            "write [\"a\", \"b\"]".to_owned(),
        ),
        "unexpected key or value" => (
            "the value ends before this".to_owned(),
            "write one KEY = VALUE on a line; a text with a quote in it stands in quotes of the other kind"
                .to_owned(),
        ),
        "unclosed array" => ("this list is not closed".to_owned(), "end it with `]`".to_owned()),
        "unclosed inline table" => (
            "this table is not closed".to_owned(),
            "end it with `}`".to_owned(),
        ),
        _ => return None,
    };
    Some((what, help))
}
