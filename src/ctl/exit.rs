//! Failures and the exit codes of sysexits(3).

use serde_json::json;

use super::clean;
use crate::admin::client::ClientError;
use crate::admin::types::{Problem, ProblemKind};

/// It worked.
pub(super) const OK: u8 = 0;
/// The command line is wrong, or the request could not be understood.
pub(super) const USAGE: u8 = 64;
/// The input is wrong: a post with mistakes, a state in which it cannot be done.
pub(super) const DATAERR: u8 = 65;
/// A file, post, account or queue is not there.
pub(super) const NOINPUT: u8 = 66;
/// The daemon cannot be reached.
pub(super) const UNAVAILABLE: u8 = 69;
/// A fault in crier.
pub(super) const SOFTWARE: u8 = 70;
/// The system refuses something basic.
pub(super) const OSERR: u8 = 71;
/// Reading or writing failed.
pub(super) const IOERR: u8 = 74;
/// Try again later.
pub(super) const TEMPFAIL: u8 = 75;
/// The other side answers what it should not: a platform that refuses.
pub(super) const PROTOCOL: u8 = 76;
/// Not permitted.
pub(super) const NOPERM: u8 = 77;
/// The config is wrong.
pub(super) const CONFIG: u8 = 78;

/// Why a run failed.
#[derive(Debug)]
pub enum Failure {
    /// The daemon said no, or cannot be reached.
    Client(ClientError),
    /// The command line asks for something that makes no sense.
    Usage(String),
    /// A file cannot be read.
    Input(String),
    /// Something was checked and is wrong; the words have been printed.
    Data(String),
    /// The config was checked and is wrong; the words have been printed.
    Config(String),
    /// Reading or writing failed.
    Io(String),
    /// It did not happen in time.
    Later(String),
    /// A fault of crier's.
    Software(String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Failure::Client(error)
    }
}

impl Failure {
    /// Its exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Client(error) => client(error),
            Failure::Usage(_) => USAGE,
            Failure::Input(_) => NOINPUT,
            Failure::Data(_) => DATAERR,
            Failure::Config(_) => CONFIG,
            Failure::Io(_) => IOERR,
            Failure::Later(_) => TEMPFAIL,
            Failure::Software(_) => SOFTWARE,
        }
    }

    fn words(&self) -> String {
        match self {
            Failure::Client(error) => error.to_string(),
            Failure::Usage(words)
            | Failure::Input(words)
            | Failure::Data(words)
            | Failure::Config(words)
            | Failure::Io(words)
            | Failure::Later(words)
            | Failure::Software(words) => words.clone(),
        }
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Failure::Client(ClientError::Problem(problem)) => Some(problem),
            Failure::Client(_)
            | Failure::Usage(_)
            | Failure::Input(_)
            | Failure::Data(_)
            | Failure::Config(_)
            | Failure::Io(_)
            | Failure::Later(_)
            | Failure::Software(_) => None,
        }
    }

    /// For people: the mistakes, what happened, what to do.
    pub fn as_text(&self, colour: bool) -> String {
        let mut text = String::new();
        if let Some(drawn) = self.problem().and_then(|p| p.diagnostics.as_deref()) {
            text.push_str(clean::text(drawn).trim_end());
            text.push_str("\n\n");
        }
        let (on, off) = if colour {
            ("\u{1b}[1;31m", "\u{1b}[0m")
        } else {
            ("", "")
        };
        text.push_str(&format!("{on}crierctl:{off} {}\n", clean::text(&self.words())));
        text
    }

    /// For programs: the problem document, or the same shape for what went wrong on this side.
    pub fn as_json(&self) -> String {
        let value = match self.problem() {
            Some(problem) => json!({ "problem": problem, "exit": self.code() }),
            None => json!({ "problem": { "detail": self.words() }, "exit": self.code() }),
        };
        format!("{value}\n")
    }
}

fn client(error: &ClientError) -> u8 {
    match error {
        ClientError::Absent { .. } | ClientError::Refused { .. } => UNAVAILABLE,
        ClientError::Denied { .. } => NOPERM,
        ClientError::Socket { .. } | ClientError::Broken(_) => IOERR,
        ClientError::Timeout { .. } => TEMPFAIL,
        ClientError::NotCrier { .. } => PROTOCOL,
        ClientError::File { .. } => NOINPUT,
        ClientError::Problem(problem) => kind(problem.kind),
    }
}

fn kind(kind: ProblemKind) -> u8 {
    match kind {
        ProblemKind::BadRequest
        | ProblemKind::ForeignOrigin
        | ProblemKind::MethodNotAllowed
        | ProblemKind::Ambiguous
        | ProblemKind::UnsupportedType => USAGE,
        ProblemKind::Conflict
        | ProblemKind::TooLarge
        | ProblemKind::PostInvalid
        | ProblemKind::Unsupported
        | ProblemKind::NotConnected => DATAERR,
        ProblemKind::NotFound => NOINPUT,
        ProblemKind::Forbidden => NOPERM,
        ProblemKind::ConfigInvalid => CONFIG,
        ProblemKind::PlatformRefused => PROTOCOL,
        ProblemKind::Moved | ProblemKind::PlatformUnavailable | ProblemKind::Busy | ProblemKind::Timeout => {
            TEMPFAIL
        }
        ProblemKind::Storage => IOERR,
        ProblemKind::Internal => SOFTWARE,
    }
}
