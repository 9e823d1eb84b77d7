//! Reading values out of a TOML tree: each takes what it can, records what is wrong, and goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::core::diagnose::{Diagnostic, Diagnostics, Source, nearest};
use crate::core::intake::draft::At;

/// A value with its place, as the TOML library gives it.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// Collects mistakes while a file is read.
pub(super) struct Reader<'s> {
    source: &'s Source,
    told: Diagnostics,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            told: Diagnostics::new(),
        }
    }

    /// All mistakes, in the order of the file.
    pub(super) fn into_told(self) -> Diagnostics {
        let mut told = self.told;
        told.sort();
        told
    }

    /// All mistakes so far, as the end of the reading.
    pub(super) fn take_told(&mut self) -> Diagnostics {
        std::mem::take(&mut self.told)
    }

    /// Records a mistake; `more` adds a label or help.
    pub(super) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        self.told
            .push(more(Diagnostic::error(self.source, span, message)));
    }

    /// A key that nobody knows, with the nearest one that is known.
    pub(super) fn unknown(&mut self, key: &str, span: Range<usize>, place: &str, known: &[&str]) {
        let message = format!("unknown key `{key}`{place}");
        self.error(span, message, |e| match nearest(key, known.iter().copied()) {
            Some(near) => e.label(format!("did you mean `{near}`?")),
            None => e.help(format!("known here: {}", known.join(", "))),
        });
    }

    /// A contract's key that this version cannot do yet.
    pub(super) fn not_yet(&mut self, key: &str, span: Range<usize>, instead: &str) {
        let message = format!("`{key}` is not in this version of crier");
        self.error(span, message, |e| e.help(instead));
    }

    fn wrong_type(&mut self, key: &str, value: &Value<'_>, wanted: &str) {
        let is = type_word(value.get_ref());
        self.error(
            value.span(),
            format!("`{key}` must be {wanted}, this is {is}"),
            |e| e,
        );
    }

    /// Words of any number of lines.
    pub(super) fn text(&mut self, key: &str, value: &Value<'_>) -> Option<At<String>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value, "text in quotes");
            return None;
        };
        let text = text.replace("\r\n", "\n");
        self.no_controls(&text, value.span(), &format!("`{key}`"));
        Some(At::new(text.trim_end().to_owned(), value.span()))
    }

    /// Words of one line.
    pub(super) fn line(&mut self, key: &str, value: &Value<'_>) -> Option<At<String>> {
        let text = self.text(key, value)?;
        if text.value.contains(['\n', '\r', '\t']) {
            self.error(value.span(), format!("`{key}` must be one line"), |e| {
                e.help("take the line breaks and tabs out")
            });
            return None;
        }
        Some(text)
    }

    pub(super) fn no_controls(&mut self, text: &str, span: Range<usize>, what: &str) {
        let bad = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        if let Some(c) = bad {
            let message = format!("{what} has the control character U+{:04X}", u32::from(c));
            self.error(span, message, |e| e.help("take it out; it cannot be published"));
        }
    }

    pub(super) fn flag(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false");
        }
        flag
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        key: &str,
        value: &'v Value<'i>,
        wanted: &str,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(key, value, wanted);
        }
        table
    }

    /// A list of at most `max` items.
    pub(super) fn list<'v, 'i>(
        &mut self,
        key: &str,
        value: &'v Value<'i>,
        max: usize,
        wanted: &str,
    ) -> Option<&'v DeArray<'i>> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value, wanted);
            return None;
        };
        if list.len() > max {
            let message = format!("`{key}` has {} items, crier reads at most {max}", list.len());
            self.error(value.span(), message, |e| e.help("make several files of it"));
            return None;
        }
        Some(list)
    }

    /// One line, or a list of them.
    pub(super) fn lines(&mut self, key: &str, value: &Value<'_>, max: usize) -> Option<At<Vec<At<String>>>> {
        if value.get_ref().is_str() {
            let one = self.line(key, value)?;
            return Some(At::new(vec![one], value.span()));
        }
        let list = self.list(key, value, max, "text in quotes, or a list of such")?;
        let all = list.iter().filter_map(|item| self.line(key, item)).collect();
        Some(At::new(all, value.span()))
    }
}

/// What a value is, in words.
pub(super) fn type_word(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
