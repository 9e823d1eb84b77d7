//! SMTP replies to classes: the table of email.md 7.2 as data; the first row that fits decides. The phase matters:
//! before MAIL FROM nothing about the message was judged.

use crate::core::call::{MailPhase, MailReply};
use crate::platforms::kit::text::plain;
use MailPhase::{Auth, Body, Check, Connect, Data, Hello, Recipient, Sender};

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Passes.
    RetryLater,
    /// A limit of the whole account; away for this many seconds.
    Limited(i64),
    /// Throttled for this message; away for this many seconds.
    Throttled(i64),
    /// Too many recipients at once.
    Smaller,
    /// This recipient is refused, others may not be.
    BadRecipient,
    /// The credential is no good.
    Reauthorise,
    /// Config, server, DNS or account: a person must mend it.
    Person,
    /// The message is refused for good.
    Reject,
    /// No class of reply that may come here.
    Odd,
}

/// One row.
pub(super) struct Row {
    /// In which phases; empty: any.
    phases: &'static [MailPhase],
    /// Codes from and to, both included.
    codes: (u16, u16),
    /// The enhanced code: whole, or its beginning when it ends in a dot; empty: any.
    enhanced: &'static str,
    /// Words of the reply in lower case; empty: any.
    text: &'static str,
    /// What it means.
    pub(super) class: Class,
    /// What a person may do.
    pub(super) advice: &'static str,
}

const fn row(
    phases: &'static [MailPhase],
    codes: (u16, u16),
    enhanced: &'static str,
    text: &'static str,
    class: Class,
    advice: &'static str,
) -> Row {
    Row {
        phases,
        codes,
        enhanced,
        text,
        class,
        advice,
    }
}

const HOUR: i64 = 3600;
const PERMANENT: (u16, u16) = (500, 599);
const TRANSIENT: (u16, u16) = (400, 499);
const LOGIN: &[MailPhase] = &[Auth, Check];
const EARLY: &[MailPhase] = &[Connect, Hello, Auth, Check];
const OUTSIDE_AUTH: &[MailPhase] = &[Connect, Hello, Sender, Recipient, Data, Body];

const CREDENTIAL: &str = "look at username and password; Gmail and others want an app password";
const BASIC_OFF: &str = "the server has switched password logins off: use an app password or OAuth (xoauth2)";
const NEEDS_LOGIN: &str = "the server wants a login: set username and password in `smtp`";
const NEEDS_TLS: &str = "the server wants TLS: set `tls` in `smtp`";
const NOT_ALLOWED: &str =
    "the account may not write as `from`: change `from`, or the permission at the server";
const DNS: &str = "the domain of `from` needs SPF, DKIM and DMARC that fit the server";
const SERVER: &str = "look at host, port, tls and helo name in `smtp`";
const AWS: &str = "look at the account at AWS: verified addresses, permission to send";

/// The rows.
#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    // crier's own refusals after reading the EHLO reply
    row(&[Recipient], (0, 0), "", "", Class::BadRecipient, ""),
    row(&[], (0, 0), "", "", Class::Reject, ""),
    // quotas, some of them despite a 5
    row(&[Sender, Recipient, Data, Body], PERMANENT, "5.4.5", "", Class::Limited(HOUR), "the server's daily limit is reached"),
    row(&[], PERMANENT, "", "submissionquotaexceeded", Class::Limited(HOUR), "the server's quota is reached"),
    row(&[], (432, 432), "", "", Class::Limited(60), "another program sends with the same account"),
    row(&[], (454, 454), "", "daily message quota", Class::Limited(HOUR), "the quota at AWS is reached"),
    row(&[], (454, 454), "", "throttling failure", Class::Limited(60), "the sending rate at AWS is reached"),
    row(&[], (421, 421), "4.7.", "", Class::Limited(900), ""),
    row(&[], (421, 421), "", "", Class::RetryLater, ""),
    // login
    row(LOGIN, (454, 454), "", "", Class::RetryLater, ""),
    row(&[Auth, Check, Sender], PERMANENT, "5.7.30", "", Class::Reauthorise, BASIC_OFF),
    row(&[], PERMANENT, "5.7.139", "", Class::Reauthorise, BASIC_OFF),
    row(LOGIN, (535, 535), "", "", Class::Reauthorise, CREDENTIAL),
    row(LOGIN, (534, 534), "", "", Class::Reauthorise, CREDENTIAL),
    row(&[], (538, 538), "", "", Class::Person, NEEDS_TLS),
    row(&[], (530, 530), "", "starttls", Class::Person, NEEDS_TLS),
    row(&[], (530, 530), "", "", Class::Reauthorise, NEEDS_LOGIN),
    row(EARLY, PERMANENT, "", "", Class::Person, SERVER),
    // transient
    row(&[Recipient], (452, 452), "4.2.2", "", Class::RetryLater, ""),
    row(&[Recipient], (452, 452), "", "", Class::Smaller, ""),
    row(OUTSIDE_AUTH, TRANSIENT, "4.7.", "", Class::Throttled(900), ""),
    row(&[], (450, 450), "4.2.1", "", Class::Throttled(900), ""),
    row(&[], TRANSIENT, "", "", Class::RetryLater, ""),
    // permission
    row(&[], PERMANENT, "", "sendasdenied", Class::Person, NOT_ALLOWED),
    row(&[], PERMANENT, "5.2.252", "", Class::Person, NOT_ALLOWED),
    row(&[], PERMANENT, "5.7.60", "", Class::Person, NOT_ALLOWED),
    row(&[Sender, Recipient], (553, 553), "5.1.8", "", Class::Person, NOT_ALLOWED),
    row(&[Sender, Recipient], PERMANENT, "", "relay", Class::Person, "the server does not forward for this account: look at username and password in `smtp`"),
    row(&[Data, Body], PERMANENT, "", "email address is not verified", Class::Person, AWS),
    row(&[Data, Body], PERMANENT, "", "ses:send", Class::Person, AWS),
    row(&[], PERMANENT, "5.7.20", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.21", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.22", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.23", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.24", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.25", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.26", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.27", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.29", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.30", "", Class::Person, DNS),
    row(&[], PERMANENT, "5.7.515", "", Class::Person, DNS),
    // recipients
    row(&[], PERMANENT, "5.1.1", "", Class::BadRecipient, "no such address"),
    row(&[], PERMANENT, "5.1.2", "", Class::BadRecipient, "no such host"),
    row(&[], PERMANENT, "5.1.3", "", Class::BadRecipient, "no such address"),
    row(&[], PERMANENT, "5.1.10", "", Class::BadRecipient, "no such address"),
    row(&[], PERMANENT, "5.2.1", "", Class::BadRecipient, "the mailbox is closed"),
    row(&[], PERMANENT, "5.4.4", "", Class::BadRecipient, "no way to that host"),
    row(&[], (552, 552), "5.2.2", "", Class::BadRecipient, "the mailbox is full"),
    row(&[Recipient], (552, 552), "5.3.4", "", Class::Reject, "the message is too big"),
    row(&[Recipient], (552, 552), "", "", Class::Smaller, ""),
    row(&[Recipient], (500, 503), "", "", Class::Reject, "the server did not understand crier: please report it"),
    row(&[Recipient], PERMANENT, "", "", Class::BadRecipient, ""),
    // the message
    row(&[], (552, 552), "5.3.4", "", Class::Reject, "the message is too big"),
    row(&[], (552, 552), "5.2.3", "", Class::Reject, "the message is too big"),
    row(&[Sender], (552, 552), "", "", Class::Reject, "the message is too big"),
    row(&[], (500, 503), "", "", Class::Reject, "the server did not understand crier: please report it"),
    row(&[], (521, 521), "", "", Class::Reject, "that host takes no mail"),
    row(&[], (556, 556), "", "", Class::Reject, "that domain takes no mail"),
    row(&[Data, Body], PERMANENT, "5.7.", "", Class::Reject, "the server refuses the content or its attachments"),
    row(&[Data, Body], PERMANENT, "5.6.", "", Class::Reject, "the server refuses the content"),
    row(&[], PERMANENT, "", "", Class::Reject, ""),
];

static ODD: Row = row(&[], (0, u16::MAX), "", "", Class::Odd, "");

/// The row that fits a reply that is no success.
pub(super) fn classify(reply: &MailReply) -> &'static Row {
    let enhanced = enhanced(&reply.text);
    let text = reply.text.to_lowercase();
    ROWS.iter()
        .find(|row| row.fits(reply, enhanced.as_deref().unwrap_or_default(), &text))
        .unwrap_or(&ODD)
}

impl Row {
    fn fits(&self, reply: &MailReply, enhanced: &str, text: &str) -> bool {
        let phase = self.phases.is_empty() || self.phases.contains(&reply.phase);
        let code = (self.codes.0..=self.codes.1).contains(&reply.code);
        let enhanced = if self.enhanced.ends_with('.') {
            enhanced.starts_with(self.enhanced)
        } else {
            self.enhanced.is_empty() || enhanced == self.enhanced
        };
        phase && code && enhanced && text.contains(self.text)
    }
}

/// The enhanced code at the beginning of a reply's text: `5.7.1`.
pub(super) fn enhanced(text: &str) -> Option<String> {
    let first = text.split_ascii_whitespace().next()?;
    let parts: Vec<&str> = first.split('.').collect();
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [class, subject, detail]
            if matches!(*class, "2" | "4" | "5") && digits(subject) && digits(detail) =>
        {
            Some(first.to_owned())
        }
        [..] => None,
    }
}

/// For people: what the server said, when, and what to do.
pub(super) fn describe(reply: &MailReply, advice: &str) -> String {
    let said = plain(&reply.text.replace('\n', " "), 200);
    let tail = if advice.is_empty() {
        String::new()
    } else {
        format!("; {advice}")
    };
    if reply.code == 0 {
        return format!("not sent: {said}{tail}");
    }
    format!(
        "the server says “{} {said}” {}{tail}",
        reply.code,
        when(reply.phase)
    )
}

fn when(phase: MailPhase) -> &'static str {
    match phase {
        Connect => "when connecting",
        Hello => "after the greeting",
        Auth => "to the login",
        Check => "to the check",
        Sender => "to the sender",
        Recipient => "to the recipient",
        Data => "before the message",
        Body => "to the message",
    }
}
