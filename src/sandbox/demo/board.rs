//! One line for each file: what became of it so far, and when.

use std::io::Write as _;

use super::desk::Event;
use super::drops::Dropped;
use super::paint::Paint;
use crate::say::say;

/// Columns of a file's name.
const NAME_WIDTH: usize = 15;

/// How a delivery, or a file, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It moves, or will.
    Open,
    /// It went as it should.
    Good,
    /// It ended otherwise.
    Bad,
}

#[derive(Clone, Debug)]
struct Delivery {
    account: String,
    standing: Standing,
}

#[derive(Clone, Debug)]
struct Line {
    file: String,
    about: String,
    /// What must be published; empty: the file must be refused.
    deliveries: Vec<Delivery>,
    /// What happened, painted.
    story: Vec<String>,
    /// How a file that must be refused stands.
    refusal: Standing,
}

impl Line {
    fn standing(&self) -> Standing {
        let all: Vec<Standing> = if self.deliveries.is_empty() {
            vec![self.refusal]
        } else {
            self.deliveries.iter().map(|d| d.standing).collect()
        };
        if all.contains(&Standing::Open) {
            Standing::Open
        } else if all.contains(&Standing::Bad) {
            Standing::Bad
        } else {
            Standing::Good
        }
    }
}

/// The lines, drawn over on a terminal and appended elsewhere.
#[derive(Debug)]
pub(super) struct Board {
    paint: Paint,
    began_ms: i64,
    lines: Vec<Line>,
    live: bool,
}

impl Board {
    /// All files, before anything happened.
    pub(super) fn new(paint: Paint, now_ms: i64, all: &[Dropped]) -> Self {
        let lines = all.iter().map(|one| Line {
            file: one.name.clone(),
            about: one.about.clone(),
            deliveries: one
                .expected
                .accounts()
                .into_iter()
                .map(|account| Delivery {
                    account: account.to_owned(),
                    standing: Standing::Open,
                })
                .collect(),
            story: Vec::new(),
            refusal: Standing::Open,
        });
        Self {
            paint,
            began_ms: now_ms,
            lines: lines.collect(),
            live: false,
        }
    }

    /// Draws for the first time.
    pub(super) fn begin(&mut self) {
        for line in &self.lines {
            say!("  {:NAME_WIDTH$} {}", line.file, self.paint.dim(&line.about));
        }
        self.live = self.paint.terminal();
    }

    /// The lines stay as they are; what comes later is appended.
    pub(super) fn end(&mut self) {
        self.live = false;
    }

    /// Whether everything has come to its end, good or bad.
    pub(super) fn finished(&self) -> bool {
        self.lines.iter().all(|line| line.standing() != Standing::Open)
    }

    /// What is not as it should be, one sentence each.
    pub(super) fn complaints(&self) -> Vec<String> {
        let mut out = Vec::new();
        for line in &self.lines {
            if line.deliveries.is_empty() && line.refusal != Standing::Good {
                out.push(format!("{} should have been refused", line.file));
            }
            for delivery in line.deliveries.iter().filter(|d| d.standing != Standing::Good) {
                out.push(format!("{} is not published on {}", line.file, delivery.account));
            }
        }
        out
    }

    /// How long it took until now.
    pub(super) fn seconds(&self, now_ms: i64) -> String {
        seconds(now_ms - self.began_ms)
    }

    /// Takes what happened, and shows it.
    pub(super) fn take(&mut self, event: &Event, now_ms: i64) {
        let Some(file) = &event.file else {
            return;
        };
        if matches!(event.kind.as_str(), "started" | "step") {
            return;
        }
        let file: String = file.chars().filter(|c| !c.is_control()).collect();
        let at = seconds(now_ms - self.began_ms);
        let words = self.words(event);
        let told = format!("{words} {}", self.paint.dim(&at));
        let standing = standing(&event.kind);
        if let Some(line) = self.lines.iter_mut().find(|line| line.file == file) {
            if event.kind == "refused" {
                line.refusal = Standing::Good;
                for delivery in &mut line.deliveries {
                    delivery.standing = Standing::Bad;
                }
            }
            for delivery in &mut line.deliveries {
                if event.account.as_ref() == Some(&delivery.account) {
                    delivery.standing = standing;
                }
            }
            line.story.push(told.clone());
        }
        if self.live {
            self.redraw();
        } else {
            say!("  {file:NAME_WIDTH$} {told}");
        }
    }

    fn words(&self, event: &Event) -> String {
        let kind = if event.kind == "refused" {
            self.paint.warm(&event.kind)
        } else {
            match standing(&event.kind) {
                Standing::Open => event.kind.clone(),
                Standing::Good => self.paint.good(&event.kind),
                Standing::Bad => self.paint.bad(&event.kind),
            }
        };
        let account = event
            .account
            .as_deref()
            .map(|a| format!(" {a}"))
            .unwrap_or_default();
        let quiet = matches!(event.kind.as_str(), "admitted" | "published" | "refused");
        let why = if quiet {
            String::new()
        } else {
            format!(": {}", event.words)
        };
        format!("{kind}{account}{why}")
    }

    /// Draws all lines again where they stand. A long line is cut by the terminal, so that each stays one.
    fn redraw(&self) {
        let mut out = format!("\x1b[{}A\x1b[?7l", self.lines.len());
        for line in &self.lines {
            let mark = match line.standing() {
                Standing::Open => " ".to_owned(),
                Standing::Good => self.paint.good("✓"),
                Standing::Bad => self.paint.bad("✗"),
            };
            let story = if line.story.is_empty() {
                self.paint.dim(&line.about)
            } else {
                line.story.join(&self.paint.dim(" · "))
            };
            out.push_str(&format!("\r\x1b[2K{mark} {:NAME_WIDTH$} {story}\n", line.file));
        }
        out.push_str("\x1b[?7h");
        let mut terminal = std::io::stdout();
        // Without a terminal to draw on, there is nobody to tell.
        let _ = terminal.write_all(out.as_bytes()).and_then(|()| terminal.flush());
    }
}

fn standing(kind: &str) -> Standing {
    match kind {
        "published" => Standing::Good,
        "failed" | "skipped" | "cancelled" | "refused" => Standing::Bad,
        _ => Standing::Open,
    }
}

fn seconds(ms: i64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}
