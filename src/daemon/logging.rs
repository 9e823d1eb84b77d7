//! The log: the journal with fields when it is there, standard error otherwise.
//!
//! Fields are part of crier's outside: `crier_account`, `crier_post`, `crier_delivery`, `crier_queue`,
//! `message_id` and `errno` become `CRIER_ACCOUNT=` and so on, so no other field may be called `message`,
//! `priority` or like anything in `systemd.journal-fields(7)`. Priorities: error 3, warn 4, info 5, debug 6,
//! trace 7.

use std::borrow::Cow;
use std::fmt;
use std::io;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::env::Env;

/// What is logged when nobody says otherwise.
pub const DEFAULT_FILTER: &str =
    "info,tokio_cron_scheduler=warn,hyper=warn,reqwest=warn,sled=warn,lettre=warn";

/// What `--log-format` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// The journal if it is there, text otherwise.
    #[default]
    Auto,
    /// Text on standard error.
    Text,
    /// One JSON object a line on standard error.
    Json,
}

/// Where the log goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// journald's own protocol, with fields.
    Journal,
    /// Text with `<N>` before each line, which systemd reads as the priority.
    Prefixed,
    /// Text for people; with colours on a terminal.
    Plain {
        /// Whether to colour.
        colour: bool,
    },
    /// JSON lines.
    Json,
}

/// What standard error is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stderr {
    /// Device and inode.
    pub identity: Option<(u64, u64)>,
    /// Whether a person reads it.
    pub terminal: bool,
}

impl Stderr {
    /// Asks the system about this process's.
    pub fn look() -> Self {
        let fd = io::stderr();
        Self {
            identity: rustix::fs::fstat(&fd).ok().map(|s| (s.st_dev, s.st_ino)),
            terminal: io::IsTerminal::is_terminal(&fd),
        }
    }
}

/// The journal only if standard error is the very stream that systemd connected to it: a pipe or a file that
/// somebody put there must get its lines.
pub fn choose(env: &Env, stderr: Stderr, format: LogFormat) -> Sink {
    let text = || {
        if env.under_systemd() && !stderr.terminal {
            Sink::Prefixed
        } else {
            Sink::Plain {
                colour: stderr.terminal && !env.no_color,
            }
        }
    };
    match format {
        LogFormat::Json => Sink::Json,
        LogFormat::Text => text(),
        LogFormat::Auto if env.journal_stream.is_some() && env.journal_stream == stderr.identity => {
            Sink::Journal
        }
        LogFormat::Auto => text(),
    }
}

/// Why the log could not be started, in words.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter does not parse.
    #[error("the log filter {filter:?} is not one: {why} (try `info` or `crier=debug`)")]
    Filter {
        /// As given.
        filter: String,
        /// The parser's words.
        why: String,
    },
    /// The process logs already.
    #[error("the log was started twice")]
    Twice,
}

/// Starts the log for the whole process. A journal that cannot be reached becomes prefixed text.
pub fn start(env: &Env, format: LogFormat) -> Result<(), LogError> {
    let filter = parse(env.log_filter.as_deref().unwrap_or(DEFAULT_FILTER))?;
    let subscriber = Registry::default()
        .with(filter)
        .with(layer(choose(env, Stderr::look(), format)));
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)
}

type Filtered = tracing_subscriber::layer::Layered<EnvFilter, Registry>;

fn layer(sink: Sink) -> Box<dyn Layer<Filtered> + Send + Sync> {
    // It would complain of a closed standard error to standard error, and die of it.
    let text = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .log_internal_errors(false);
    match sink {
        Sink::Journal => match tracing_journald::layer() {
            Ok(journal) => {
                let journal = journal
                    .with_field_prefix(None)
                    .with_syslog_identifier("crierd".to_owned());
                Box::new(journal)
            }
            Err(_) => layer(Sink::Prefixed),
        },
        Sink::Prefixed => {
            let format = Prefixed(Format::default().with_ansi(false).without_time());
            Box::new(text.with_ansi(false).event_format(format))
        }
        Sink::Plain { colour } => Box::new(text.with_ansi(colour).with_target(false)),
        Sink::Json => Box::new(text.json().flatten_event(true)),
    }
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter).map_err(|e| LogError::Filter {
        filter: clean(filter).into_owned(),
        why: e.to_string(),
    })
}

/// `<N>` before the line (`sd-daemon(3)`).
struct Prefixed(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for Prefixed
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(writer, "<{}>", priority(*event.metadata().level()))?;
        self.0.format_event(ctx, writer, event)
    }
}

/// The same numbers as in the journal.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 5,
        Level::DEBUG => 6,
        Level::TRACE => 7,
    }
}

/// Text from elsewhere (a platform's answer, a file's name) made harmless for terminals and line-based logs:
/// control characters, line separators and marks that turn the writing direction become `\u{..}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

fn harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn service(stream: Option<(u64, u64)>) -> Env {
        Env {
            invocation: Some("0123".to_owned()),
            journal_stream: stream,
            ..Env::default()
        }
    }

    fn stderr(identity: (u64, u64), terminal: bool) -> Stderr {
        Stderr {
            identity: Some(identity),
            terminal,
        }
    }

    #[test]
    fn the_journal_only_when_stderr_is_its_stream() {
        let pipe = stderr((9, 4711), false);
        assert_eq!(
            choose(&service(Some((9, 4711))), pipe, LogFormat::Auto),
            Sink::Journal
        );
        assert_eq!(
            choose(&service(Some((9, 1))), pipe, LogFormat::Auto),
            Sink::Prefixed
        );
        assert_eq!(choose(&service(None), pipe, LogFormat::Auto), Sink::Prefixed);
        assert_eq!(
            choose(&service(Some((9, 4711))), pipe, LogFormat::Text),
            Sink::Prefixed
        );
        assert_eq!(
            choose(&service(Some((9, 4711))), pipe, LogFormat::Json),
            Sink::Json
        );
    }

    #[test]
    fn a_terminal_gets_colours_unless_told_not_to() {
        let terminal = stderr((1, 2), true);
        let plain = |colour| Sink::Plain { colour };
        assert_eq!(choose(&Env::default(), terminal, LogFormat::Auto), plain(true));
        let quiet = Env {
            no_color: true,
            ..Env::default()
        };
        assert_eq!(choose(&quiet, terminal, LogFormat::Auto), plain(false));
        assert_eq!(
            choose(&Env::default(), stderr((1, 2), false), LogFormat::Auto),
            plain(false)
        );
    }

    #[test]
    fn remote_text_cannot_speak_to_the_terminal() {
        assert_eq!(clean("Grüße, 東京 🎉"), "Grüße, 東京 🎉");
        assert!(matches!(clean("plain"), Cow::Borrowed(_)));
        assert_eq!(clean("a\x1b[31mb\nc\0"), r"a\u{1b}[31mb\u{a}c\u{0}");
        assert_eq!(clean("gpj.\u{202e}exe"), r"gpj.\u{202e}exe");
    }

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn prefixed_lines_carry_the_priority() {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let format = Prefixed(
            Format::default()
                .with_ansi(false)
                .without_time()
                .with_target(false),
        );
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .event_format(format);
        tracing::subscriber::with_default(Registry::default().with(layer), || {
            tracing::warn!(crier_account = "club", "expires soon");
            tracing::error!("gone");
        });
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("<4>") && lines[0].contains("crier_account=\"club\""),
            "{text}"
        );
        assert!(lines[1].starts_with("<3>"), "{text}");
    }

    #[test]
    fn a_bad_filter_is_named() {
        let bad = parse("crier=nonsense").unwrap_err().to_string();
        assert!(
            bad.starts_with("the log filter \"crier=nonsense\" is not one: "),
            "{bad}"
        );
    }

    #[test]
    fn the_default_filter_parses() {
        assert!(parse(DEFAULT_FILTER).is_ok());
    }
}
