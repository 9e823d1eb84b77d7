//! Colours, where a person looks.

use std::io::{IsTerminal as _, stdout};

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colours: bool,
    terminal: bool,
}

impl Paint {
    /// Colours only on a terminal, and not when they are unwanted.
    pub(super) fn new(no_color: bool) -> Self {
        let terminal = stdout().is_terminal();
        Self {
            colours: terminal && !no_color,
            terminal,
        }
    }

    /// Whether lines can be drawn over.
    pub(super) fn terminal(self) -> bool {
        self.terminal
    }

    pub(super) fn good(self, words: &str) -> String {
        self.with("32", words)
    }

    pub(super) fn bad(self, words: &str) -> String {
        self.with("31", words)
    }

    pub(super) fn warm(self, words: &str) -> String {
        self.with("33", words)
    }

    pub(super) fn dim(self, words: &str) -> String {
        self.with("2", words)
    }

    pub(super) fn bold(self, words: &str) -> String {
        self.with("1", words)
    }

    fn with(self, code: &str, words: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{words}\x1b[0m")
        } else {
            words.to_owned()
        }
    }
}
