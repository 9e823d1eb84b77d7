//! What a fault makes of a call to a vendor.

use serde_json::{Value, json};

use crate::sandbox::exchange::{Exchange, SandboxReply, SandboxRequest};
use crate::sandbox::faults::FaultKind;
use crate::sandbox::model::{MediaFetcher, Model, Spoil, Trouble};

/// One call that a fault strikes.
pub(super) struct Struck<'a> {
    pub(super) model: &'a mut dyn Model,
    pub(super) req: &'a SandboxRequest,
    pub(super) now: i64,
    pub(super) fetcher: &'a mut dyn MediaFetcher,
}

impl Struck<'_> {
    /// What the caller sees.
    pub(super) fn by(mut self, fault: &FaultKind) -> Exchange {
        match fault {
            FaultKind::LostBefore => Exchange::Dropped { applied: false },
            FaultKind::LostAfter => {
                self.answer();
                Exchange::Dropped { applied: true }
            }
            FaultKind::Hang { applied } => {
                self.apply(*applied);
                Exchange::Hang { applied: *applied }
            }
            FaultKind::Truncated => {
                let reply = self.answer();
                let sent = reply.body.len() / 2;
                Exchange::Truncated { reply, sent }
            }
            FaultKind::ServerError { .. }
            | FaultKind::ServerErrorAfter { .. }
            | FaultKind::GraphTwoAfter
            | FaultKind::RestrictedAfter
            | FaultKind::GraphError { .. }
            | FaultKind::RateLimited { .. }
            | FaultKind::Transient { .. }
            | FaultKind::Rejected
            | FaultKind::Duplicate
            | FaultKind::RequestRepeated { .. }
            | FaultKind::MediaNotFound
            | FaultKind::MediaNotFetched
            | FaultKind::SmtpReply { .. } => {
                self.apply(takes_effect(fault));
                Exchange::Reply(self.error(fault))
            }
            FaultKind::Restricted => {
                self.model.restrict(self.req, self.now);
                Exchange::Reply(self.error(fault))
            }
            FaultKind::TokenExpired
            | FaultKind::TokenRevoked { .. }
            | FaultKind::StuckContainer
            | FaultKind::FailedContainer { .. }
            | FaultKind::ListLag { .. } => Exchange::Reply(self.spoilt(fault)),
        }
    }

    fn answer(&mut self) -> SandboxReply {
        self.model.answer(self.req, self.now, self.fetcher)
    }

    fn apply(&mut self, applied: bool) {
        if applied {
            self.answer();
        }
    }

    fn spoil(&mut self, spoil: &Spoil) {
        self.model.spoil(spoil, self.req, self.now);
    }

    /// The true answer, with something spoilt before or after it.
    fn spoilt(&mut self, fault: &FaultKind) -> SandboxReply {
        match fault {
            FaultKind::TokenExpired => self.spoil(&Spoil::ExpireToken),
            FaultKind::TokenRevoked { subcode } => self.model.revoke_as(*subcode, self.req, self.now),
            FaultKind::ListLag { ms } => self.spoil(&Spoil::Lag(Some(*ms))),
            _ => {}
        }
        let reply = self.answer();
        match fault {
            FaultKind::ListLag { .. } => self.spoil(&Spoil::Lag(None)),
            FaultKind::StuckContainer if reply.status < 300 => self.spoil(&Spoil::Stick),
            FaultKind::FailedContainer { message } if reply.status < 300 => {
                self.spoil(&Spoil::Fail(message.clone()));
            }
            _ => {}
        }
        reply
    }

    /// The body of a fault that is an answer.
    fn error(&self, fault: &FaultKind) -> SandboxReply {
        if let FaultKind::RequestRepeated { status } = fault {
            return self.repeated(*status);
        }
        if self.model.speaks_graph()
            && let Some(reply) = graph_error(fault)
        {
            return reply;
        }
        self.model.refuse(&trouble(fault), self.req)
    }

    /// Everything that the request held, as words of an error.
    fn repeated(&self, status: u16) -> SandboxReply {
        let req = self.req;
        let words = format!(
            "Malformed request: {} {}?{:?} {:?} {}",
            req.method,
            req.path,
            req.query,
            req.header("authorization"),
            String::from_utf8_lossy(&req.body[..req.body.len().min(64 * 1024)])
        );
        if status >= 500 {
            return SandboxReply::html(status, format!("<html><body>{words}</body></html>"));
        }
        if self.model.speaks_graph() {
            let error = json!({"message": words.as_str(), "type": "OAuthException", "code": 100, "is_transient": false,
                "error_user_title": words.as_str(), "error_user_msg": words, "fbtrace_id": "AFaultOnRequest"});
            return SandboxReply::json(status, &json!({ "error": error }));
        }
        let mut said = self.model.refuse(&Trouble::Rejected, req).value();
        reword(&mut said, &words);
        SandboxReply::json(status, &said)
    }
}

/// Whether the call takes effect although its answer is an error.
fn takes_effect(fault: &FaultKind) -> bool {
    match fault {
        FaultKind::ServerErrorAfter { .. } | FaultKind::GraphTwoAfter | FaultKind::RestrictedAfter => true,
        FaultKind::GraphError { applied, .. } | FaultKind::Transient { applied } => *applied,
        _ => false,
    }
}

/// The vendor's own error that comes nearest.
fn trouble(fault: &FaultKind) -> Trouble {
    match fault {
        FaultKind::ServerError { status } | FaultKind::ServerErrorAfter { status } => {
            Trouble::Outage(*status)
        }
        FaultKind::RateLimited { retry_after_s } => Trouble::RateLimited(*retry_after_s),
        FaultKind::Transient { .. } | FaultKind::GraphTwoAfter => Trouble::Transient,
        FaultKind::Duplicate => Trouble::Duplicate,
        FaultKind::Rejected
        | FaultKind::RestrictedAfter
        | FaultKind::Restricted
        | FaultKind::GraphError { .. }
        | FaultKind::MediaNotFound
        | FaultKind::MediaNotFetched => Trouble::Rejected,
        _ => Trouble::Outage(500),
    }
}

/// The faults that name Graph codes (meta-common.md 4); nothing for the others.
fn graph_error(fault: &FaultKind) -> Option<SandboxReply> {
    let (status, mut error) = match fault {
        FaultKind::GraphTwoAfter => (
            500,
            json!({"message": "An unexpected error has occurred. Please retry your request later.", "code": 2, "is_transient": true}),
        ),
        FaultKind::RestrictedAfter | FaultKind::Restricted => (
            400,
            json!({"message": "Application request limit reached", "code": 4, "error_subcode": 2_207_051,
                "is_transient": false, "error_user_title": "Action is blocked",
                "error_user_msg": "We restrict certain activity to protect our community."}),
        ),
        FaultKind::MediaNotFound => (
            400,
            json!({"message": "The requested resource does not exist", "code": 24, "error_subcode": 4_279_009,
                "is_transient": false, "error_user_title": "Media Not Found", "error_user_msg": "The media cannot be found."}),
        ),
        FaultKind::MediaNotFetched => (
            400,
            json!({"message": "The media could not be fetched from this URI", "code": 9004, "error_subcode": 2_207_052, "is_transient": false}),
        ),
        FaultKind::GraphError {
            status,
            code,
            subcode,
            ..
        } => {
            let mut error = json!({"message": format!("(#{code}) An error on request"), "code": code});
            if let Some(subcode) = subcode {
                error["error_subcode"] = json!(subcode);
            }
            (*status, error)
        }
        _ => return None,
    };
    error["type"] = json!("OAuthException");
    error["fbtrace_id"] = json!("AFaultOnRequest");
    Some(SandboxReply::json(status, &json!({ "error": error })))
}

/// Puts these words wherever an error has words for people.
fn reword(value: &mut Value, words: &str) {
    const WORDS: [&str; 4] = ["message", "detail", "title", "error_description"];
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if WORDS.contains(&name.as_str()) && inner.is_string() {
                    *inner = json!(words);
                } else {
                    reword(inner, words);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| reword(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
