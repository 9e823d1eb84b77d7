//! The table of email.md 7.2, row by row.

use crate::core::call::{MailPhase, MailReply};
use crate::platforms::email::reply::{Class, classify, describe, enhanced};
use MailPhase::{Auth, Body, Check, Connect, Data, Hello, Recipient, Sender};

fn reply(phase: MailPhase, code: u16, text: &str) -> MailReply {
    MailReply {
        phase,
        code,
        text: text.to_owned(),
        server: std::collections::BTreeMap::new(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_row() {
    let rows: &[(MailPhase, u16, &str, Class)] = &[
        (Connect, 421, "service not available", Class::RetryLater),
        (Body, 421, "4.3.0 closing", Class::RetryLater),
        (Connect, 421, "4.7.0 too many connections", Class::Limited(900)),
        (
            Recipient,
            450,
            "4.2.1 receiving mail too quickly",
            Class::Throttled(900),
        ),
        (Recipient, 451, "4.7.1 greylisted", Class::Throttled(900)),
        (Data, 450, "4.7.25 try later", Class::Throttled(900)),
        (
            Sender,
            432,
            "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
            Class::Limited(60),
        ),
        (
            Sender,
            454,
            "Throttling failure: Maximum sending rate exceeded.",
            Class::Limited(60),
        ),
        (
            Data,
            454,
            "Throttling failure: Daily message quota exceeded.",
            Class::Limited(3600),
        ),
        (
            Sender,
            550,
            "5.4.5 Daily user sending limit exceeded",
            Class::Limited(3600),
        ),
        (
            Recipient,
            550,
            "5.4.5 Daily user sending limit exceeded",
            Class::Limited(3600),
        ),
        (
            Body,
            550,
            "5.4.5 Daily user sending limit exceeded",
            Class::Limited(3600),
        ),
        (
            Body,
            554,
            "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
            Class::Limited(3600),
        ),
        (Recipient, 452, "4.5.3 too many recipients", Class::Smaller),
        (Recipient, 452, "too many", Class::Smaller),
        (Recipient, 552, "too many recipients", Class::Smaller),
        (
            Auth,
            454,
            "4.7.0 temporary authentication failure",
            Class::RetryLater,
        ),
        (
            Auth,
            535,
            "5.7.8 Username and Password not accepted",
            Class::Reauthorise,
        ),
        (Auth, 535, "5.7.3 Authentication unsuccessful", Class::Reauthorise),
        (Auth, 535, "no", Class::Reauthorise),
        (
            Auth,
            534,
            "5.7.9 Application-specific password required",
            Class::Reauthorise,
        ),
        (
            Auth,
            535,
            "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
            Class::Reauthorise,
        ),
        (
            Auth,
            550,
            "5.7.30 Basic authentication is not supported for Client Submission.",
            Class::Reauthorise,
        ),
        (
            Sender,
            550,
            "5.7.30 Basic authentication is not supported for Client Submission.",
            Class::Reauthorise,
        ),
        (Sender, 530, "5.7.0 Authentication Required", Class::Reauthorise),
        (Sender, 530, "5.7.57 Client not authenticated", Class::Reauthorise),
        (Auth, 538, "5.7.11 Encryption required", Class::Person),
        (
            Sender,
            530,
            "5.7.0 Must issue a STARTTLS command first",
            Class::Person,
        ),
        (
            Body,
            554,
            "5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException",
            Class::Person,
        ),
        (
            Body,
            554,
            "5.2.252 SendAsDenied; not allowed to send as",
            Class::Person,
        ),
        (
            Sender,
            550,
            "5.7.60 SMTP; Client does not have permissions to send as this sender",
            Class::Person,
        ),
        (Sender, 553, "5.1.8 sender address rejected", Class::Person),
        (Recipient, 550, "5.7.1 Relaying denied", Class::Person),
        (Recipient, 554, "Relay access denied", Class::Person),
        (
            Body,
            554,
            "Message rejected: Email address is not verified.",
            Class::Person,
        ),
        (
            Body,
            554,
            "Access denied: User `x' is not authorized to perform `ses:SendRawEmail'",
            Class::Person,
        ),
        (Recipient, 550, "5.1.1 no such user", Class::BadRecipient),
        (Recipient, 550, "5.1.2 no such host", Class::BadRecipient),
        (Recipient, 550, "5.1.3 bad address", Class::BadRecipient),
        (Recipient, 550, "5.1.10 not found", Class::BadRecipient),
        (Recipient, 550, "5.2.1 disabled", Class::BadRecipient),
        (Recipient, 550, "5.4.4 no route", Class::BadRecipient),
        (Recipient, 556, "5.1.10 null MX", Class::BadRecipient),
        (Recipient, 452, "4.2.2 mailbox full", Class::RetryLater),
        (Body, 552, "5.2.2 mailbox full", Class::BadRecipient),
        (Sender, 552, "5.3.4 message too big", Class::Reject),
        (Body, 552, "5.2.3 message too big", Class::Reject),
        (Sender, 552, "exceeds", Class::Reject),
        (Body, 451, "4.4.2 timeout", Class::RetryLater),
        (Recipient, 450, "mailbox busy", Class::RetryLater),
        (Sender, 451, "local error", Class::RetryLater),
        (Sender, 500, "5.5.1 what", Class::Reject),
        (Sender, 501, "syntax", Class::Reject),
        (Data, 503, "bad sequence", Class::Reject),
        (Body, 554, "5.6.0 malformed", Class::Reject),
        (Body, 552, "5.7.0 blocked attachment", Class::Reject),
        (Body, 550, "5.7.1 spam", Class::Reject),
        (Body, 550, "5.7.26 unauthenticated", Class::Person),
        (Body, 550, "5.7.25 no PTR", Class::Person),
        (Body, 550, "5.7.30 DNS", Class::Person),
        (
            Body,
            550,
            "5.7.515 Access denied, sending domain does not meet the required authentication level",
            Class::Person,
        ),
        (Body, 550, "5.7.23 SPF", Class::Person),
        (Sender, 521, "no mail here", Class::Reject),
        (Body, 556, "no mail there", Class::Reject),
        (Data, 471, "other", Class::RetryLater),
        (Body, 571, "other", Class::Reject),
        // before MAIL FROM nothing about the message was judged
        (Connect, 554, "no SMTP service here", Class::Person),
        (Hello, 504, "5.5.2 helo rejected", Class::Person),
        (Auth, 500, "Line too long", Class::Person),
        (Check, 502, "no", Class::Person),
        (Connect, 521, "no mail", Class::Person),
        // three digits win over the enhanced code
        (Recipient, 450, "5.1.1 undecided", Class::RetryLater),
        // refused here, nothing was sent
        (
            Sender,
            0,
            "the message has 40 MB, the server takes 35 MB",
            Class::Reject,
        ),
        (
            Recipient,
            0,
            "jörg@x.example needs SMTPUTF8, which the server does not offer",
            Class::BadRecipient,
        ),
        // no class at all
        (Data, 250, "ok?", Class::Odd),
        (Body, 354, "go on", Class::Odd),
        (Body, 999, "x", Class::Odd),
    ];
    for (phase, code, text, expected) in rows {
        let got = classify(&reply(*phase, *code, text)).class;
        assert_eq!(got, *expected, "{phase:?} {code} {text}");
    }
}

#[test]
fn enhanced_codes() {
    assert_eq!(enhanced("5.7.139 no").as_deref(), Some("5.7.139"));
    assert_eq!(enhanced("4.2.2").as_deref(), Some("4.2.2"));
    for none in [
        "",
        "no",
        "5.7",
        "5.7.1.1 x",
        "3.1.1 x",
        "5.1000.1 x",
        "5..1",
        "10.0.0.1 is listed",
    ] {
        assert_eq!(enhanced(none), None, "{none}");
    }
}

#[test]
fn words_for_people() {
    let r = reply(
        Auth,
        535,
        "5.7.8 Username and Password not accepted\n5.7.8 see\u{7}",
    );
    let advice = classify(&r).advice;
    assert_eq!(
        describe(&r, advice),
        "the server says “535 5.7.8 Username and Password not accepted 5.7.8 see ” to the login; look at username and password; Gmail and others want an app password"
    );
}
