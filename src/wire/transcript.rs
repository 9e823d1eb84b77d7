//! One line about one call, fit for logs, `crierctl why` and the store: no secret, no query, no body.

use std::fmt;

use serde::Serialize;

use crate::core::call::{Answer, Reply};
use crate::domain::time::Timestamp;

/// What happened on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transcript {
    /// The call's name: `POST /{user}/threads`, `MAIL`.
    pub label: String,
    /// When it was begun.
    pub sent: Timestamp,
    /// When its answer was complete or given up; set by [`Transcript::ended_at`], as the wire has no clock.
    pub ended: Timestamp,
    /// HTTP status or SMTP code; `None`: there was no answer.
    pub status: Option<u16>,
    /// The vendor's code and words, or what went wrong; printable, at most 300 characters.
    pub detail: String,
}

impl Transcript {
    /// Of an answer; `detail` must be redacted already.
    pub(super) fn of(label: &str, sent: Timestamp, answer: &Answer, detail: String) -> Self {
        let status = match answer {
            Answer::Answered(Reply::Http(reply)) => Some(reply.status),
            Answer::Answered(Reply::Mail(reply)) => Some(reply.code),
            Answer::NotSent(_) | Answer::Lost(_) => None,
        };
        Self {
            label: label.to_owned(),
            sent,
            ended: sent,
            status,
            detail,
        }
    }

    /// This transcript with the time at which the call ended.
    pub fn ended_at(mut self, now: Timestamp) -> Self {
        self.ended = now;
        self
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.label)?;
        match self.status {
            Some(code) => write!(f, "{code}")?,
            None => f.write_str("no answer")?,
        }
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        let took = self.ended.since(self.sent);
        if took.millis() > 0 {
            write!(f, " in {took}")?;
        }
        Ok(())
    }
}
