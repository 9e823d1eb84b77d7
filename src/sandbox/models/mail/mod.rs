//! A model of a submission server, written from `docs/facts/email.md`.
//!
//! Pure: a [`Session`] is fed line by line, time is an argument in Unix milliseconds.

pub(in crate::sandbox) mod demo;
mod message;
mod session;
#[cfg(test)]
mod tests;
mod transact;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use message::header;
pub use session::{Reaction, Session};
pub use transact::{Auth, MailOutcome, MailPhase};

/// The window of the day's quota (email.md 6).
const DAY_MS: i64 = 86_400_000;

/// Whether a session must be, may be, or is not encrypted by `STARTTLS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// Offered; AUTH works without it too (a loopback server).
    #[default]
    Offered,
    /// Offered, and nothing but EHLO, NOOP and QUIT works before it.
    Required,
    /// Not offered.
    Absent,
}

/// A recipient that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientRule {
    /// An address, with one `*` at its beginning or end: `unknown@*`, `*@nowhere.example`.
    pub pattern: String,
    /// The reply: `550 5.1.1 No such user`.
    pub reply: String,
}

/// What can be set; a JSON object with any of these names changes those alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The name in the greeting.
    pub host: String,
    /// The limit announced as `SIZE`, in bytes (email.md 4.2).
    pub size: usize,
    /// Whether `8BITMIME` is offered.
    pub eight_bit: bool,
    /// Whether `SMTPUTF8` is offered.
    pub smtputf8: bool,
    /// Whether `STARTTLS` is offered or required.
    pub starttls: StartTls,
    /// Whether MAIL needs AUTH before.
    pub require_auth: bool,
    /// Names and passwords of AUTH PLAIN and LOGIN.
    pub users: Vec<(String, String)>,
    /// Names and bearer tokens of AUTH XOAUTH2.
    pub tokens: Vec<(String, String)>,
    /// Addresses that may stand in MAIL FROM; any when empty.
    pub senders: Vec<String>,
    /// Recipients that are refused.
    pub recipients: Vec<RecipientRule>,
    /// Recipients in one transaction (email.md 4.3).
    pub max_recipients: usize,
    /// Recipients in 24 hours, for all users together; no limit when absent.
    pub day_quota: Option<usize>,
    /// The longest command line. Some servers keep to 512, and refuse long tokens (email.md 2.1).
    pub max_command: usize,
}

impl Default for MailSettings {
    fn default() -> Self {
        let rule = |pattern: &str, reply: &str| RecipientRule {
            pattern: pattern.to_owned(),
            reply: reply.to_owned(),
        };
        Self {
            host: "mail.sandbox.example".to_owned(),
            size: 35_882_577,
            eight_bit: true,
            smtputf8: true,
            starttls: StartTls::Offered,
            require_auth: true,
            users: vec![("crier@sandbox.example".to_owned(), "sandbox".to_owned())],
            tokens: vec![("crier@sandbox.example".to_owned(), "sandbox-token".to_owned())],
            senders: Vec::new(),
            recipients: vec![
                rule(
                    "unknown@*",
                    "550 5.1.1 The account that you tried to reach does not exist",
                ),
                rule("full@*", "452 4.2.2 The recipient's mailbox is over its quota"),
                rule("later@*", "451 4.7.1 Greylisted, please try again later"),
                rule(
                    "*@nowhere.example",
                    "550 5.1.2 The recipient's domain does not exist",
                ),
            ],
            max_recipients: 100,
            day_quota: None,
            max_command: 12_288,
        }
    }
}

/// One accepted message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredMail {
    /// Its number, from 1.
    pub number: usize,
    /// When it was accepted, in Unix milliseconds.
    pub at_ms: i64,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub rcpts: Vec<String>,
    /// Who was logged in.
    pub user: Option<String>,
    /// Whether the session was encrypted.
    pub tls: bool,
    /// The `Message-ID`, with its angle brackets.
    pub message_id: Option<String>,
    /// The reply line that accepted it.
    pub reply: String,
    /// What a strict reader finds wrong with it (email.md 4.4).
    pub complaints: Vec<String>,
    /// The message, its dots unstuffed.
    #[serde(skip)]
    pub bytes: Arc<[u8]>,
}

/// The mail server of one small world.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// What can be set; change it at any time.
    pub settings: MailSettings,
    messages: Vec<StoredMail>,
}

impl Mail {
    /// An empty server with the default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every accepted message, in that order.
    #[must_use]
    pub fn messages(&self) -> &[StoredMail] {
        &self.messages
    }

    /// How many messages were accepted with this `Message-ID` for this recipient.
    #[must_use]
    pub fn copies(&self, message_id: &str, rcpt: &str) -> usize {
        let same = |m: &&StoredMail| {
            m.message_id.as_deref() == Some(message_id) && m.rcpts.iter().any(|r| r == rcpt)
        };
        self.messages.iter().filter(same).count()
    }

    fn recipients_today(&self, now: i64) -> usize {
        let inside = self
            .messages
            .iter()
            .rev()
            .take_while(|m| now.saturating_sub(m.at_ms) < DAY_MS);
        inside.map(|m| m.rcpts.len()).sum()
    }

    fn refusal_of(&self, rcpt: &str) -> Option<&str> {
        let rule = self.settings.recipients.iter().find(|rule| rule.matches(rcpt));
        rule.map(|rule| rule.reply.as_str())
    }
}

impl RecipientRule {
    fn matches(&self, rcpt: &str) -> bool {
        let (rcpt, pattern) = (rcpt.to_ascii_lowercase(), self.pattern.to_ascii_lowercase());
        match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(end), _) => rcpt.ends_with(end),
            (None, Some(start)) => rcpt.starts_with(start),
            (None, None) => rcpt == pattern,
        }
    }
}
