//! The saved state of a delivery by mail: a mark for each recipient.
//!
//! | state | call | then |
//! | --- | --- | --- |
//! | `Send` | **commit**: one transaction for the next recipients | `Send` … `Done`; lost: a person is asked |
//! | `Done` | – | – |

use serde::{Deserialize, Serialize};

/// Bytes of acceptance lines that are kept; later recipients keep their mark only.
const LINES_MAX: usize = 1000;
/// Characters of one acceptance line.
const LINE_MAX: usize = 80;
/// Refusals that are kept in words; later ones keep their mark only.
const REFUSALS_MAX: usize = 3;
/// Characters of one refusal.
const REFUSAL_MAX: usize = 100;

/// A state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Some recipients are open.
    Send(Progress),
    /// None is.
    Done(Progress),
}

/// How it stands with a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Not tried.
    Open,
    /// Put off by the server; tried again when no other is open.
    Deferred,
    /// Accepted.
    Accepted,
    /// Refused for good.
    Refused,
}

/// Who has it, who not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// One letter a recipient: `o`pen, `d`eferred, `a`ccepted, `r`efused.
    pub(super) marks: String,
    /// Where to look for the next.
    pub(super) cursor: usize,
    /// Recipients before this one get a message each.
    #[serde(default)]
    pub(super) alone: usize,
    /// What the server said when it accepted, by recipient.
    #[serde(default)]
    pub(super) lines: Vec<(usize, String)>,
    /// What it said when it refused, by recipient.
    #[serde(default)]
    pub(super) refusals: Vec<(usize, String)>,
}

impl Mark {
    fn letter(self) -> char {
        match self {
            Mark::Open => 'o',
            Mark::Deferred => 'd',
            Mark::Accepted => 'a',
            Mark::Refused => 'r',
        }
    }

    fn read(letter: char) -> Mark {
        match letter {
            'o' => Mark::Open,
            'd' => Mark::Deferred,
            'a' => Mark::Accepted,
            // Not written by anything: not to be sent again.
            _ => Mark::Refused,
        }
    }
}

impl Progress {
    /// Nobody has it.
    pub(super) fn new(recipients: usize) -> Progress {
        Progress {
            marks: "o".repeat(recipients),
            ..Progress::default()
        }
    }

    /// The mark of recipient `n`.
    pub(super) fn mark(&self, n: usize) -> Option<Mark> {
        self.marks.as_bytes().get(n).map(|b| Mark::read(char::from(*b)))
    }

    /// How many have this mark.
    pub(super) fn count(&self, mark: Mark) -> usize {
        self.marks.chars().filter(|c| Mark::read(*c) == mark).count()
    }

    /// The recipients of the next message: open ones side by side, else a single deferred one; empty: none is left.
    pub(super) fn chunk(&self, per_message: usize) -> std::ops::Range<usize> {
        if let Some(first) = self.find(Mark::Open) {
            let most = if first < self.alone { 1 } else { per_message.max(1) };
            let open = (first..self.marks.len())
                .take(most)
                .take_while(|n| self.mark(*n) == Some(Mark::Open))
                .count();
            return first..first + open;
        }
        match self.find(Mark::Deferred) {
            Some(n) => n..n + 1,
            None => 0..0,
        }
    }

    /// The first with this mark from the cursor on, then from the beginning.
    fn find(&self, mark: Mark) -> Option<usize> {
        let len = self.marks.len();
        let start = self.cursor.min(len);
        (start..len).chain(0..start).find(|n| self.mark(*n) == Some(mark))
    }

    /// Marks a range.
    pub(super) fn set(&mut self, range: std::ops::Range<usize>, mark: Mark) {
        self.cursor = range.end;
        self.marks = self
            .marks
            .chars()
            .enumerate()
            .map(|(n, c)| if range.contains(&n) { mark.letter() } else { c })
            .collect();
    }

    /// Keeps what the server said about an acceptance, while there is room.
    pub(super) fn accepted(&mut self, range: std::ops::Range<usize>, line: &str) {
        let line: String = line.chars().take(LINE_MAX).collect();
        let kept: usize = self.lines.iter().map(|(_, l)| l.len() + 8).sum();
        if !line.is_empty() && kept + line.len() + 8 <= LINES_MAX {
            self.lines.push((range.start, line));
        }
        self.set(range, Mark::Accepted);
    }

    /// Keeps what the server said about a refusal, while there is room.
    pub(super) fn refused(&mut self, n: usize, why: &str) {
        if self.refusals.len() < REFUSALS_MAX {
            self.refusals.push((n, why.chars().take(REFUSAL_MAX).collect()));
        }
        self.set(n..n + 1, Mark::Refused);
    }
}
