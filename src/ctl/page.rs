//! Drawing for people: tables, relative times, colours where they are welcome.

use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::terminal::Look;
use crate::admin::types::{Ended, HoldView, PhaseName, Time};
use crate::domain::account::ConnectionStatus;
use crate::domain::time::{Span, Timestamp};

/// Columns that may be broken into lines on a narrow terminal; names, ids and times stay whole.
const WORDY: [&str; 14] = [
    "ACCOUNTS",
    "AS",
    "CALL",
    "DETAIL",
    "DIRECTORY",
    "KIND",
    "LIMITS, OR WHY NOT",
    "LINK",
    "REASON",
    "SOURCE",
    "STATE",
    "TARGET",
    "WHAT",
    "WORDS",
];

/// What drawing may know.
#[derive(Clone, Debug)]
pub struct Page {
    /// How it may look.
    pub look: Look,
    /// The daemon's time.
    pub now: Timestamp,
}

/// How much something wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// All is well.
    Good,
    /// Look at it some time.
    Warn,
    /// Look at it now.
    Bad,
    /// Less than the rest.
    Dim,
}

impl Tone {
    fn colour(self) -> Option<Color> {
        match self {
            Tone::Plain => None,
            Tone::Good => Some(Color::Green),
            Tone::Warn => Some(Color::Yellow),
            Tone::Bad => Some(Color::Red),
            Tone::Dim => Some(Color::DarkGrey),
        }
    }

    fn code(self) -> Option<&'static str> {
        match self {
            Tone::Plain => None,
            Tone::Good => Some("32"),
            Tone::Warn => Some("33"),
            Tone::Bad => Some("31"),
            Tone::Dim => Some("90"),
        }
    }

    pub(crate) fn of_status(status: ConnectionStatus) -> Tone {
        match status {
            ConnectionStatus::Connected => Tone::Good,
            ConnectionStatus::Expiring => Tone::Warn,
            ConnectionStatus::Expired
            | ConnectionStatus::Revoked
            | ConnectionStatus::Error
            | ConnectionStatus::Unsupported => Tone::Bad,
            ConnectionStatus::Never => Tone::Dim,
        }
    }

    pub(crate) fn of_phase(phase: PhaseName) -> Tone {
        match phase {
            PhaseName::Waiting | PhaseName::Ready => Tone::Plain,
            PhaseName::Calling => Tone::Good,
            PhaseName::Held => Tone::Warn,
            PhaseName::Ended => Tone::Dim,
        }
    }

    pub(crate) fn of_end(end: Ended) -> Tone {
        match end {
            Ended::Published => Tone::Good,
            Ended::Cancelled | Ended::Skipped => Tone::Dim,
            Ended::Refused | Ended::GaveUp | Ended::Partial => Tone::Bad,
        }
    }
}

impl Page {
    /// A table with these headings.
    pub(crate) fn table(&self, headings: &[&str]) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(headings.iter().map(|heading| {
            let cell = Cell::new(heading);
            if self.look.colour {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }));
        if self.look.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        if let Some(width) = self.look.width {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
            table.set_constraints(headings.iter().map(|heading| {
                if WORDY.contains(heading) {
                    ColumnConstraint::LowerBoundary(Width::Fixed(12))
                } else {
                    ColumnConstraint::ContentWidth
                }
            }));
        }
        table
    }

    /// A table as text, without blanks at the ends of its lines.
    pub(crate) fn drawn(&self, table: &mut Table) -> String {
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }

    /// A table's cell.
    pub(crate) fn cell(&self, text: impl ToString, tone: Tone) -> Cell {
        let cell = Cell::new(text);
        match tone.colour() {
            Some(colour) if self.look.colour => cell.fg(colour),
            Some(_) | None => cell,
        }
    }

    /// Text outside of tables.
    pub(crate) fn paint(&self, text: &str, tone: Tone) -> String {
        match tone.code() {
            Some(code) if self.look.colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Some(_) | None => text.to_owned(),
        }
    }

    /// Bold text.
    pub(crate) fn bold(&self, text: &str) -> String {
        if self.look.colour {
            format!("\u{1b}[1m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// `in 2h 5m`, `3d 4h ago`, `now`.
    pub(crate) fn relative(&self, time: Time) -> String {
        let span = time.0.since(self.now);
        let whole = Span(span.0 / 1000 * 1000);
        if whole == Span::ZERO {
            "now".to_owned()
        } else if whole > Span::ZERO {
            format!("in {whole}")
        } else {
            format!("{} ago", Span(-whole.0))
        }
    }

    /// The clock time, with its day when that is another one than today.
    pub(crate) fn clock(&self, time: Time) -> String {
        let zoned = time.0.to_jiff().to_zoned(self.look.zone.clone());
        let today = self.now.to_jiff().to_zoned(self.look.zone.clone()).date() == zoned.date();
        let format = if today { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        zoned.strftime(format).to_string()
    }

    /// `09:00 (in 1h)`
    pub(crate) fn when(&self, time: Time) -> String {
        format!("{} ({})", self.clock(time), self.relative(time))
    }

    /// As [`Page::when`], or this word.
    pub(crate) fn when_or(&self, time: Option<Time>, none: &str) -> String {
        time.map_or_else(|| none.to_owned(), |time| self.when(time))
    }

    /// As [`Page::relative`], or this word.
    pub(crate) fn relative_or(&self, time: Option<Time>, none: &str) -> String {
        time.map_or_else(|| none.to_owned(), |time| self.relative(time))
    }

    /// `held by 250 posts per 24h until 16:12 (in 8h)`
    pub(crate) fn hold(&self, hold: &HoldView) -> String {
        match hold.until {
            Some(until) => format!("{} until {}", hold.words, self.when(until)),
            None => hold.words.clone(),
        }
    }

    /// Lines of `name  value`, the names in one column.
    pub(crate) fn facts(&self, facts: &[(&str, String)]) -> String {
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines: Vec<String> = facts
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| {
                let indented = value.replace('\n', &format!("\n{:width$}  ", ""));
                format!("{}  {indented}", self.bold(&format!("{name:width$}")))
            })
            .collect();
        lines.join("\n")
    }
}

/// The end of an id that tables show: posts of one moment share their beginnings, never their ends. Any
/// verb takes it for the whole.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(16..).unwrap_or(id)
}

/// `1 attempt`, `3 attempts`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

/// Text cut to so many characters.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= max && line.len() == text.trim_end().len() {
        return line.to_owned();
    }
    let start: String = line.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        Page {
            look: Look {
                colour: false,
                width: None,
                interactive: false,
                zone: jiff::tz::TimeZone::UTC,
                now: Timestamp::MIN,
                socket: None,
            },
            now: Timestamp::from_secs(1_796_112_000),
        }
    }

    #[test]
    fn times_relative_to_the_daemon() {
        let page = page();
        let at = |millis: i64| Time(Timestamp(page.now.0 + millis));
        assert_eq!(page.relative(at(0)), "now");
        assert_eq!(page.relative(at(-999)), "now");
        assert_eq!(page.relative(at(7_500_000)), "in 2h 5m");
        assert_eq!(page.relative(at(-273_600_500)), "3d 4h ago");
        assert_eq!(page.when(at(3_600_000)), "09:00 (in 1h)");
        assert_eq!(page.when(at(86_400_000)), "2026-12-02 08:00 (in 1d)");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("We open at nine.", 40), "We open at nine.");
        assert_eq!(cut("Größe und Übermaß", 6), "Größe…");
        assert_eq!(cut("one\ntwo", 40), "one…");
        assert_eq!(cut("one\n", 40), "one");
    }
}
