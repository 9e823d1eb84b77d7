//! Bytes to a draft: `.toml`, `.md` with front matter between `+++` lines, `.txt`.
//!
//! All mistakes are told at once, each with its line and a way out; with those that intake finds, too. Whatever the bytes are, reading
//! them takes bounded memory and never panics.

mod body;
mod fields;
mod table;

use std::ops::Range;

use crate::core::diagnose::{Diagnostic, Diagnostics, Source};
use crate::core::intake::draft::{At, Draft, Fields};

use self::table::Reader;

/// The largest queue file, in bytes.
pub const FILE_MAX: u64 = 64 * 1024;

/// How a queue file is read; its name says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.toml`: all keys.
    Toml,
    /// `.md`: Markdown, with keys between `+++` lines before it.
    Markdown,
    /// `.txt`: all text.
    Text,
}

impl Format {
    /// The format of a file of this name; `None`: it is no queue file.
    pub fn of(name: &str) -> Option<Format> {
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        match ending {
            "toml" => Some(Format::Toml),
            "md" => Some(Format::Markdown),
            "txt" => Some(Format::Text),
            _ => None,
        }
    }
}

/// Reads a queue file. `name` is what people know it by in messages.
///
/// The error is for what cannot be read at all: its size, its bytes, its syntax. Other mistakes are in
/// the draft's `mistakes`, so that intake can go on and tell its own with them.
pub fn read(name: &str, format: Format, bytes: &[u8]) -> Result<Draft, Diagnostics> {
    let source = source(name, bytes)?;
    match format {
        Format::Toml => {
            let mut draft = empty(source.clone(), false);
            let mut reader = Reader::new(&source);
            let read = fields::document(&mut reader, &source.text)?;
            read.put_into(&mut draft);
            draft.mistakes = reader.into_told();
            Ok(draft)
        }
        Format::Markdown => markdown(source),
        Format::Text => Ok(plain(source)),
    }
}

fn empty(source: Source, markdown: bool) -> Draft {
    Draft {
        source,
        mistakes: Diagnostics::new(),
        markdown,
        at: None,
        expires: None,
        again: false,
        fit: None,
        accounts: None,
        base: Fields::default(),
        only: Vec::new(),
    }
}

/// The bytes as text: within the cap, UTF-8, no NUL, not empty.
fn source(name: &str, bytes: &[u8]) -> Result<Source, Diagnostics> {
    let refuse = |message: String, help: &str| {
        let mut told = Diagnostics::new();
        told.push(Diagnostic::general(message).help(help));
        told
    };
    if bytes.len() as u64 > FILE_MAX {
        return Err(too_large(name, bytes.len() as u64));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => {
            let offset = e.valid_up_to();
            let line = bytes[..offset].iter().filter(|b| **b == b'\n').count() + 1;
            return Err(refuse(
                format!(
                    "{name} is not UTF-8 text: byte {} in line {line} is 0x{:02x}",
                    offset + 1,
                    bytes[offset]
                ),
                "save it as UTF-8, or convert it: `iconv -f latin1 -t utf-8`",
            ));
        }
    };
    if let Some(offset) = text.find('\0') {
        return Err(refuse(
            format!("{name} has a NUL byte at byte {}", offset + 1),
            "it is not a text file, or was not written whole; write it again",
        ));
    }
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(refuse(
            format!("{name} is empty: there is nothing to publish"),
            "write the post into it, and drop it again",
        ));
    }
    Ok(Source {
        name: name.into(),
        text: text.into(),
    })
}

/// The refusal of a file above the cap, which is not read at all.
pub fn too_large(name: &str, bytes: u64) -> Diagnostics {
    let mut told = Diagnostics::new();
    told.push(
        Diagnostic::general(format!(
            "{name} has {bytes} bytes; a queue file has at most {FILE_MAX}"
        ))
        .help("pictures and videos belong beside it, named in `media`"),
    );
    told
}

fn markdown(source: Source) -> Result<Draft, Diagnostics> {
    let text = source.text.clone();
    let split = match body::split(&text) {
        Ok(split) => split,
        Err(bad) => {
            let mut told = Diagnostics::new();
            let error = Diagnostic::error(&source, bad.span, bad.message);
            told.push(error.help(bad.help));
            return Err(told);
        }
    };
    let mut draft = empty(source.clone(), true);
    let mut reader = Reader::new(&source);
    let read = fields::document(&mut reader, &split.keys)?;
    let words = text_of(&mut reader, &text, split.body);
    if let (Some(key), Some(_)) = (read.text_key(), &words) {
        reader.error(
            key,
            "the words are said twice: by `text` and below the `+++`",
            |e| e.help("take `text` away, or the words below"),
        );
    }
    read.put_into(&mut draft);
    if words.is_some() {
        draft.base.text = words;
    }
    draft.mistakes = reader.into_told();
    Ok(draft)
}

fn plain(source: Source) -> Draft {
    let text = &source.text;
    let mut draft = empty(source.clone(), false);
    let mut reader = Reader::new(&source);
    if body::first_line(text).trim_end() == "+++" {
        let span = body::first_line_span(text);
        reader.error(
            span,
            "a .txt file is all text, this one begins with front matter",
            |e| e.help("name it .md for its `+++` lines to be read, or take them away"),
        );
    }
    draft.base.text = text_of(&mut reader, text, 0..text.len());
    draft.mistakes = reader.into_told();
    draft
}

/// The words in a part of the file: no byte order mark, `\n` line ends, no blanks around; `None`: none.
fn text_of(reader: &mut Reader<'_>, text: &str, part: Range<usize>) -> Option<At<String>> {
    let raw = &text[part.clone()];
    let trimmed = raw.trim_start_matches('\u{feff}').trim();
    if trimmed.is_empty() {
        return None;
    }
    // `trimmed` lies within `raw`.
    let start = part.start + raw.find(trimmed).unwrap_or(0);
    let words = trimmed.replace("\r\n", "\n");
    reader.no_controls(&words, start..start + trimmed.len(), "the text");
    Some(At::new(words, start..start + body::first_line(trimmed).len()))
}
