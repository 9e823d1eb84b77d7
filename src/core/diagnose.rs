//! Mistakes in what people write, collected: every one at once, with its place and a way out.
//!
//! Rendering with line, caret and hint is [`render`]'s; the constructors for single kinds of mistake live
//! with their readers (`config`, `intake`). The same mistake reads the same in `crierd --check`, in a
//! `.why.txt`, over the API and in the journal.

mod hint;
mod render;

use std::ops::Range;
use std::sync::Arc;

pub use hint::nearest;
pub use render::render;

/// A text that was read, under the name people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path, or `<api>`.
    pub name: Arc<str>,
    /// Its whole text.
    pub text: Arc<str>,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Legal but unwise.
    Warning,
    /// Cannot be used.
    Error,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, one line, no full stop.
    pub message: String,
    /// Where: a source and a byte range in it.
    pub place: Option<(Source, Range<usize>)>,
    /// What to write at the caret (`did you mean ...`).
    pub label: Option<String>,
    /// What to do, when the label does not say it.
    pub help: Option<String>,
}

/// All mistakes of one reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds all of another reading.
    pub fn extend(&mut self, other: Diagnostics) {
        self.list.extend(other.list);
    }

    /// Puts them into the order of the file; those without a place first.
    pub fn sort(&mut self) {
        self.list
            .sort_by_key(|d| d.place.as_ref().map(|(_, span)| (span.start, span.end)));
    }

    /// In the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Whether anything cannot be used.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(source: &Source, span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: Some((source.clone(), span)),
            label: None,
            help: None,
        }
    }

    /// An error without a place (a directory, an environment).
    pub fn general(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: None,
            label: None,
            help: None,
        }
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// With words at the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With a way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
