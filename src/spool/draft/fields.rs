//! The keys of queue files.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset};

use super::table::{Reader, Value, type_word};
use crate::core::diagnose::{Diagnostics, nearest};
use crate::core::intake::draft::{
    At, Draft, DraftMedia, DraftPoll, DraftSegment, Fields, WrittenExpiry, WrittenExtra,
};
use crate::core::intake::keys::{self, TOP, WHAT};
use crate::core::schedule::{WrittenTime, parse_span};
use crate::domain::media::{FITS, Fit};
use crate::domain::post::{Extra, Kind};
use crate::domain::time::Span;

/// Most posts of one thread.
pub(super) const THREAD_MAX: usize = 50;
/// Most media files of one post of a thread.
pub(super) const MEDIA_MAX: usize = 20;
/// Most recipients.
const TO_MAX: usize = 1000;
/// Most accounts named in a file.
const ACCOUNTS_MAX: usize = 200;
/// Most choices of a poll.
const POLL_MAX: usize = 20;

const SEGMENT: &[&str] = &["text", "media", "link", "poll"];
const MEDIA: &[&str] = &["file", "alt", "cover", "thumbnail"];
/// Most words of a list in a platform's own field.
const EXTRA_MAX: usize = 50;
const POLL: &[&str] = &["options", "duration"];
const KINDS: [(&str, Kind); 4] = [
    ("post", Kind::Post),
    ("reel", Kind::Reel),
    ("story", Kind::Story),
    ("message", Kind::Message),
];

/// All that a file's keys say.
#[derive(Default)]
pub(super) struct Read {
    at: Option<At<WrittenTime>>,
    expires: Option<At<WrittenExpiry>>,
    again: bool,
    fit: Option<Fit>,
    accounts: Option<At<Vec<At<String>>>>,
    base: Fields,
    only: Vec<(At<String>, Fields)>,
    text_key: Option<Range<usize>>,
}

impl Read {
    /// Where `text` is said, if it is.
    pub(super) fn text_key(&self) -> Option<Range<usize>> {
        self.text_key.clone()
    }

    pub(super) fn put_into(self, draft: &mut Draft) {
        draft.at = self.at;
        draft.expires = self.expires;
        draft.again = self.again;
        draft.fit = self.fit;
        draft.accounts = self.accounts;
        draft.base = self.base;
        draft.only = self.only;
    }
}

/// Reads a whole TOML text. Broken syntax is the error, alone: what could be made of the rest would be
/// told wrongly.
pub(super) fn document(reader: &mut Reader<'_>, text: &str) -> Result<Read, Diagnostics> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors.iter().take(20) {
            let span = error.span().unwrap_or(0..0);
            let (message, help) = syntax(error.message(), text, &span);
            reader.error(span, message, |e| match help {
                Some(help) => e.help(help),
                None => e,
            });
        }
        return Err(reader.take_told());
    }
    Ok(top(reader, root.get_ref()))
}

/// The library's words, and what people mostly meant.
fn syntax(message: &str, text: &str, span: &Range<usize>) -> (String, Option<&'static str>) {
    let line_start = text
        .get(..span.start)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |n| n + 1);
    let line = text
        .get(line_start..)
        .and_then(|t| t.lines().next())
        .unwrap_or("");
    let value = line.split_once('=').map_or("", |(_, v)| v.trim());
    let help = if message.contains("duplicate key") {
        Some("each key may be there once; take one of them away")
    } else if value.starts_with('"') && value.matches('"').count() % 2 == 1 {
        Some("text of one line stands between \"...\"; of several lines between \"\"\" and \"\"\"")
    } else if !line.contains('=') && !line.trim_start().starts_with('[') {
        Some(
            "each line is `key = value`; words of a post go into text = \"...\", or name the file .txt or .md",
        )
    } else if value.starts_with(|c: char| c.is_alphabetic()) {
        Some("text needs quotes: key = \"...\"")
    } else {
        None
    };
    (format!("this is not TOML: {message}"), help)
}

fn top(reader: &mut Reader<'_>, root: &DeTable<'_>) -> Read {
    let mut read = Read::default();
    for (key, value) in root {
        match key.get_ref().as_ref() {
            "at" => read.at = time(reader, "at", value),
            "expires" => read.expires = expires(reader, value),
            "again" => read.again = reader.flag("again", value).unwrap_or(false),
            "fit" => read.fit = one_of(reader, "fit", value, &FITS).map(|at| at.value),
            "accounts" => read.accounts = reader.lines("accounts", value, ACCOUNTS_MAX),
            "only" => read.only = only(reader, value),
            "every" => reader.not_yet(
                "every",
                key.span(),
                "drop a file for each time, with its own `at`",
            ),
            "draft" => reader.not_yet("draft", key.span(), "keep the file elsewhere until it may go out"),
            what if keys::has(WHAT, what) => {
                if what == "text" {
                    read.text_key = Some(key.span());
                }
                field(reader, &mut read.base, what, key.span(), value);
            }
            other => {
                let known = [keys::names(WHAT), keys::names(TOP)].concat();
                extra(reader, &mut read.base, other, key.span(), value, "", &known);
            }
        }
    }
    read
}

fn only(reader: &mut Reader<'_>, value: &Value<'_>) -> Vec<(At<String>, Fields)> {
    let mut all = Vec::new();
    let Some(table) = reader.table("only", value, "tables, one for each account: [only.ACCOUNT]") else {
        return all;
    };
    for (account, own) in table {
        let name = account.get_ref().to_string();
        let Some(own) = reader.table(&format!("only.{name}"), own, "a table: [only.ACCOUNT]") else {
            continue;
        };
        let mut fields = Fields::default();
        for (key, value) in own {
            only_key(reader, &mut fields, &name, key.get_ref(), key.span(), value);
        }
        all.push((At::new(name, account.span()), fields));
    }
    all
}

fn only_key(
    reader: &mut Reader<'_>,
    fields: &mut Fields,
    account: &str,
    key: &str,
    span: Range<usize>,
    value: &Value<'_>,
) {
    if keys::has(WHAT, key) {
        field(reader, fields, key, span, value);
    } else if keys::has(TOP, key) || key == "every" || key == "draft" {
        let message = format!("`{key}` is for the whole post, it cannot be in [only.{account}]");
        reader.error(span, message, |e| {
            e.help("write it above all [only....] tables, or make a file of its own with `accounts`")
        });
    } else {
        let place = format!(" in [only.{account}]");
        extra(reader, fields, key, span, value, &place, &keys::names(WHAT));
    }
}

/// A key that a platform may know: plain values and lists of words are taken, and judged where platforms are known.
fn extra(
    reader: &mut Reader<'_>,
    fields: &mut Fields,
    key: &str,
    span: Range<usize>,
    value: &Value<'_>,
    place: &str,
    known: &[&str],
) {
    let said = match value.get_ref() {
        DeValue::Boolean(flag) => Some(Extra::Flag(*flag)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Extra::Number),
        DeValue::String(_) => reader.line(key, value).map(|line| Extra::Words(line.value)),
        DeValue::Array(list) if list.iter().all(|item| item.get_ref().is_str()) => {
            let lines = reader.lines(key, value, EXTRA_MAX);
            lines.map(|all| Extra::List(all.value.into_iter().map(|line| line.value).collect()))
        }
        DeValue::Array(_) | DeValue::Table(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            return reader.unknown(key, span, place, known);
        }
    };
    if let Some(said) = said {
        let written = WrittenExtra {
            key: span,
            value: At::new(said, value.span()),
        };
        fields.extras.insert(key.to_owned(), written);
    }
}

fn field(reader: &mut Reader<'_>, fields: &mut Fields, key: &str, span: Range<usize>, value: &Value<'_>) {
    match key {
        "text" => fields.text = reader.text(key, value),
        "media" => fields.media = media(reader, value),
        "kind" => fields.kind = kind(reader, value),
        "thread" => fields.thread = thread(reader, value),
        "reply_to" => fields.reply_to = reader.line(key, value),
        "quote" => fields.quote = reader.line(key, value),
        "repost" => fields.repost = reader.line(key, value),
        "link" => fields.link = link(reader, value),
        "poll" => fields.poll = poll(reader, value),
        "first_comment" => fields.first_comment = reader.text(key, value),
        "topic" => fields.topic = reader.line(key, value),
        "audience" | "visibility" if fields.audience.is_some() => {
            reader.error(
                span,
                "`audience` and `visibility` are two names for one thing",
                |e| e.help("take one of them away"),
            );
        }
        "audience" | "visibility" => fields.audience = reader.line(key, value),
        "to" => fields.to = reader.lines(key, value, TO_MAX),
        "subject" => fields.subject = reader.line(key, value),
        // Callers ask only for keys of WHAT.
        _ => {}
    }
}

fn kind(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<Kind>> {
    one_of(reader, "kind", value, &KINDS)
}

/// One of a few words.
fn one_of<T: Copy>(
    reader: &mut Reader<'_>,
    key: &str,
    value: &Value<'_>,
    words: &[(&str, T)],
) -> Option<At<T>> {
    let word = reader.line(key, value)?;
    if let Some((_, meant)) = words.iter().find(|(name, _)| *name == word.value) {
        return Some(At::new(*meant, word.span));
    }
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let message = format!(
        "there is no {key} {:?}; it is one of {}",
        word.value,
        names.join(", ")
    );
    reader.error(word.span, message, |e| match nearest(&word.value, names) {
        Some(near) => e.label(format!("did you mean \"{near}\"?")),
        None => e,
    });
    None
}

fn link(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<String>> {
    let link = reader.line("link", value)?;
    let address = link.value.trim();
    let good = url::Url::parse(address).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    if !good && !address.is_empty() {
        let message = format!("{address:?} is no web address");
        reader.error(link.span, message, |e| {
            e.help("write it whole, as \"https://club.example/news\"")
        });
        return None;
    }
    Some(link)
}

fn media(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<Vec<DraftMedia>>> {
    const WANTED: &str = "a list such as [{ file = \"door.jpg\", alt = \"The open door\" }]";
    let list = reader.list("media", value, MEDIA_MAX, WANTED)?;
    let all = list.iter().filter_map(|item| medium(reader, item)).collect();
    Some(At::new(all, value.span()))
}

/// `{ file, alt }`, or the file's name alone.
fn medium(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<DraftMedia> {
    if value.get_ref().is_str() {
        let file = file(reader, value)?;
        return Some(DraftMedia {
            file,
            alt: None,
            cover: None,
            thumbnail: None,
        });
    }
    let table = reader.table(
        "media",
        value,
        "a table such as { file = \"door.jpg\", alt = \"The open door\" }",
    )?;
    let (mut name, mut alt, mut cover, mut thumbnail) = (None, None, None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "file" => name = Some(file(reader, value)),
            "alt" => alt = reader.text("alt", value),
            "cover" => cover = file(reader, value),
            "thumbnail" => thumbnail = moment(reader, value),
            other => reader.unknown(other, key.span(), " of a media file", MEDIA),
        }
    }
    match name {
        Some(file) => Some(DraftMedia {
            file: file?,
            alt,
            cover,
            thumbnail,
        }),
        None => {
            reader.error(value.span(), "a media file needs `file`", |e| {
                e.help("write { file = \"door.jpg\", alt = \"...\" }")
            });
            None
        }
    }
}

/// A moment of a video: `"1500ms"`, `"2s"`.
fn moment(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<Span>> {
    let line = reader.line("thumbnail", value)?;
    match parse_span(&line.value) {
        Ok(span) => Some(At::new(span, line.span)),
        Err(why) => {
            reader.error(line.span, why, |e| {
                e.help("a moment counted from the beginning of the video: \"2s\", \"1500ms\"")
            });
            None
        }
    }
}

fn file(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<String>> {
    let file = reader.line("file", value)?;
    match crate::spool::name::check_media_path(&file.value) {
        Ok(()) => Some(file),
        Err(why) => {
            reader.error(file.span, why, |e| {
                e.help("put the file beside the queue file, or both into a directory NAME.post/, and write its name only")
            });
            None
        }
    }
}

fn thread(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<Vec<DraftSegment>>> {
    const WANTED: &str = "a list of texts, or of tables such as { text = \"...\", media = [...] }";
    let list = reader.list("thread", value, THREAD_MAX, WANTED)?;
    let all = list.iter().filter_map(|item| segment(reader, item)).collect();
    Some(At::new(all, value.span()))
}

fn segment(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<DraftSegment> {
    let mut segment = DraftSegment {
        span: value.span(),
        ..DraftSegment::default()
    };
    if value.get_ref().is_str() {
        segment.text = reader.text("thread", value);
        return Some(segment);
    }
    let table = reader.table(
        "thread",
        value,
        "text, or a table such as { text = \"...\", media = [...] }",
    )?;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "text" => segment.text = reader.text("text", value),
            "media" => segment.media = media(reader, value),
            "link" => segment.link = link(reader, value),
            "poll" => segment.poll = poll(reader, value),
            other => reader.unknown(other, key.span(), " in a post of `thread`", SEGMENT),
        }
    }
    Some(segment)
}

fn poll(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<DraftPoll>> {
    if value.get_ref().is_array() {
        let options = reader.lines("poll", value, POLL_MAX)?.value;
        return Some(At::new(
            DraftPoll {
                options,
                duration: None,
            },
            value.span(),
        ));
    }
    let table = reader.table(
        "poll",
        value,
        "a list of choices, or { options = [...], duration = \"1d\" }",
    )?;
    let mut poll = DraftPoll {
        options: Vec::new(),
        duration: None,
    };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "options" => poll.options = reader.lines("options", value, POLL_MAX).map(|o| o.value)?,
            "duration" => poll.duration = span(reader, "duration", value),
            other => reader.unknown(other, key.span(), " of a poll", POLL),
        }
    }
    Some(At::new(poll, value.span()))
}

fn span(reader: &mut Reader<'_>, key: &str, value: &Value<'_>) -> Option<Span> {
    let text = reader.line(key, value)?;
    match parse_span(&text.value) {
        Ok(span) => Some(span),
        Err(why) => {
            reader.error(text.span, why, |e| e);
            None
        }
    }
}

fn expires(reader: &mut Reader<'_>, value: &Value<'_>) -> Option<At<WrittenExpiry>> {
    if value.get_ref().is_datetime() {
        let time = time(reader, "expires", value)?;
        return Some(At::new(WrittenExpiry::Time(time.value), time.span));
    }
    if !value.get_ref().is_str() {
        let is = type_word(value.get_ref());
        let message =
            format!("`expires` must be a length of time such as \"2h\", or a date and time; this is {is}");
        reader.error(value.span(), message, |e| e);
        return None;
    }
    let after = span(reader, "expires", value)?;
    Some(At::new(WrittenExpiry::After(after), value.span()))
}

fn time(reader: &mut Reader<'_>, key: &str, value: &Value<'_>) -> Option<At<WrittenTime>> {
    const HELP: &str =
        "write a date and a time without quotes: 2026-12-01T09:00, or with an offset 2026-12-01T09:00+01:00";
    let Some(datetime) = value.get_ref().as_datetime() else {
        let is = type_word(value.get_ref());
        reader.error(
            value.span(),
            format!("`{key}` must be a date and time, this is {is}"),
            |e| e.help(HELP),
        );
        return None;
    };
    let missing = match (&datetime.date, &datetime.time) {
        (Some(_), Some(_)) => None,
        (Some(_), None) => Some("a time"),
        (None, Some(_) | None) => Some("a date"),
    };
    if let Some(missing) = missing {
        reader.error(value.span(), format!("`{key}` lacks {missing}"), |e| e.help(HELP));
        return None;
    }
    match written(datetime) {
        Some(time) => Some(At::new(time, value.span())),
        None => {
            reader.error(value.span(), format!("`{key}` is no day of the calendar"), |e| {
                e.help(HELP)
            });
            None
        }
    }
}

fn written(datetime: &Datetime) -> Option<WrittenTime> {
    let (date, time) = (datetime.date?, datetime.time?);
    let small = |n: u8| i8::try_from(n).ok();
    let date = jiff::civil::Date::new(
        i16::try_from(date.year).ok()?,
        small(date.month)?,
        small(date.day)?,
    )
    .ok()?;
    // A leap second is the second before it, as everywhere on this machine.
    let second = time.second.unwrap_or(0).min(59);
    let time = jiff::civil::Time::new(small(time.hour)?, small(time.minute)?, small(second)?, 0).ok()?;
    let civil = date.to_datetime(time);
    Some(match datetime.offset {
        None => WrittenTime::Civil(civil),
        Some(Offset::Z) => WrittenTime::Fixed(civil, jiff::tz::Offset::UTC),
        Some(Offset::Custom { minutes }) => {
            let offset = jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).ok()?;
            WrittenTime::Fixed(civil, offset)
        }
    })
}
