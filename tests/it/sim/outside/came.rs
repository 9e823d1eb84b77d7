//! What comes back from outside, in the words of crier's wire.

use std::collections::BTreeMap;

use crier::core::call::{Answer, Call, HttpReply, MailPhase, Reply, Trouble, TroubleKind};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::SandboxReply;
use crier::sandbox::models::mail::MailPhase as Told;

use super::{Came, Hush, LATENCY, MAIL_TIMEOUT};

/// A reply as the wire gives it.
pub fn reply_of(reply: SandboxReply) -> HttpReply {
    HttpReply {
        status: reply.status,
        headers: lower(&reply),
        body: reply.body,
        truncated: false,
    }
}

/// A refusal because of a limit that nobody asked for.
pub fn quota_is_full(reply: &SandboxReply) -> bool {
    let says = || String::from_utf8_lossy(&reply.body).contains("request limit reached");
    reply.status == 429 || reply.status == 403 && says()
}

pub fn lower(reply: &SandboxReply) -> BTreeMap<String, String> {
    let headers = reply.headers.iter();
    headers.map(|(k, v)| (k.to_lowercase(), v.clone())).collect()
}

pub fn phase_of(phase: Told) -> MailPhase {
    match phase {
        Told::Connect => MailPhase::Connect,
        Told::Ehlo | Told::StartTls => MailPhase::Hello,
        Told::Auth => MailPhase::Auth,
        Told::Mail => MailPhase::Sender,
        Told::Rcpt => MailPhase::Recipient,
        Told::Data => MailPhase::Data,
        Told::Dot => MailPhase::Body,
    }
}

pub fn timeout(call: &Call) -> Span {
    match call {
        Call::Http(http) => http.timeout,
        Call::Mail(_) | Call::MailCheck => MAIL_TIMEOUT,
    }
}

/// With the server's time.
pub fn dated(mut came: Came, now: Timestamp) -> Came {
    if let Answer::Answered(Reply::Http(http)) = &mut came.answer {
        let mut reply = SandboxReply::html(http.status, String::new());
        reply.date(now.0);
        let date = reply.header("date").map(str::to_owned);
        http.headers.extend(date.map(|date| ("date".to_owned(), date)));
    }
    came
}

pub fn answered(reply: HttpReply) -> Came {
    let asked = (reply.status == 429)
        .then(|| reply.retry_after_secs().map(Span::secs))
        .flatten();
    let hush = asked.map(|secs| Hush { of: None, secs });
    Came {
        answer: Answer::Answered(Reply::Http(reply)),
        after: LATENCY,
        hush,
    }
}

pub fn lost(why: &str, after: Span) -> Came {
    Came {
        answer: Answer::Lost(why.into()),
        after,
        hush: None,
    }
}

pub fn not_sent(kind: TroubleKind) -> Came {
    Came {
        answer: Answer::NotSent(Trouble {
            why: "not sent".into(),
            kind,
        }),
        after: LATENCY,
        hush: None,
    }
}
