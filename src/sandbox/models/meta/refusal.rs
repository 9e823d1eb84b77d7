//! The error bodies of Meta (meta-common.md 3 and 4), and a fault said in its words.

use serde_json::{Value, json};

use crate::sandbox::exchange::SandboxReply;
use crate::sandbox::model::Trouble;

/// An answer that is not the wished one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refusal {
    /// Shape (a), the Graph envelope.
    Graph(Box<Graph>),
    /// Shape (b), the code exchange of `api.instagram.com`.
    OAuth(String),
    /// Shape (c), an upload: kind and message.
    Upload(&'static str, String),
}

/// The Graph envelope's fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Graph {
    pub(crate) status: u16,
    /// A number; one switch of the Threads model has names.
    pub(crate) code: Value,
    pub(crate) subcode: Option<i64>,
    kind: &'static str,
    pub(crate) message: String,
    user: Option<(String, String)>,
    transient: Option<bool>,
}

/// What a handler of a model answers.
pub(crate) type Answer<T = Value> = Result<T, Refusal>;

impl Refusal {
    /// HTTP 400 with this code.
    pub(crate) fn code(code: i64, message: impl Into<String>) -> Self {
        Self::Graph(Box::new(Graph {
            status: 400,
            code: json!(code),
            subcode: None,
            kind: "OAuthException",
            message: message.into(),
            user: None,
            transient: None,
        }))
    }

    /// Code 100, an invalid parameter.
    pub(crate) fn parameter(message: impl Into<String>) -> Self {
        Self::code(100, message)
    }

    /// Code 200: this permission is missing, HTTP 403 (meta-common.md 3 and 4.1).
    pub(crate) fn permission(name: &str) -> Self {
        Self::code(
            200,
            format!("(#200) The permission(s) {name} are not available. It could because either they are deprecated or need to be approved by App Review."),
        )
        .http(403)
    }

    /// Code 10: the app may not do this.
    pub(crate) fn not_allowed() -> Self {
        Self::code(10, "(#10) Application does not have permission for this action").http(403)
    }

    /// 100/33: it does not exist, or is not yours, or cannot do this (meta-common.md 4.1).
    pub(crate) fn missing(id: &str) -> Self {
        Self::parameter(format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation. Please read the Graph API documentation"
        ))
        .sub(33)
        .kind("GraphMethodException")
    }

    /// A path that is none.
    pub(crate) fn no_path(path: &str) -> Self {
        Self::code(2500, format!("Unknown path components: {path}"))
    }

    /// A field that this kind of node does not have (meta-common.md 4.1).
    pub(crate) fn no_field(field: &str, node: &str) -> Self {
        Self::parameter(format!(
            "(#100) Tried accessing nonexisting field ({field}) on node type ({node})"
        ))
    }

    pub(crate) fn sub(mut self, subcode: i64) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.subcode = Some(subcode);
        }
        self
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.kind = kind;
        }
        self
    }

    pub(crate) fn http(mut self, status: u16) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.status = status;
        }
        self
    }

    pub(crate) fn transient(mut self, transient: bool) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.transient = Some(transient);
        }
        self
    }

    pub(crate) fn user(mut self, title: &str, text: impl Into<String>) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.user = Some((title.to_owned(), text.into()));
        }
        self
    }

    /// The same error with other words and another subcode.
    pub(crate) fn reworded(mut self, message: &str, subcode: Option<i64>) -> Self {
        if let Self::Graph(graph) = &mut self {
            message.clone_into(&mut graph.message);
            graph.subcode = subcode;
        }
        self
    }

    /// The reply, with this trace id.
    pub(crate) fn reply(self, trace: &str) -> SandboxReply {
        match self {
            Self::Graph(graph) => graph.reply(trace),
            Self::OAuth(message) => SandboxReply::json(
                400,
                &json!({"error_type": "OAuthException", "code": 400, "error_message": message}),
            ),
            Self::Upload(kind, message) => {
                let inner = json!({"success": false, "error": {"message": message}}).to_string();
                SandboxReply::json(
                    400,
                    &json!({"debug_info": {"retriable": false, "type": kind, "message": inner}}),
                )
            }
        }
    }
}

impl Graph {
    fn reply(self, trace: &str) -> SandboxReply {
        let mut error = json!({"message": self.message, "type": self.kind, "code": self.code});
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some(transient) = self.transient {
            error["is_transient"] = json!(transient);
        }
        if let Some((title, text)) = self.user {
            error["error_user_title"] = json!(title);
            error["error_user_msg"] = json!(text);
        }
        error["fbtrace_id"] = json!(trace);
        SandboxReply::json(self.status, &json!({ "error": error }))
    }
}

/// The texts of error 190 by subcode (meta-common.md 4.2).
pub(crate) fn token_refusal(status: u16, subcode: Option<i64>, detail: &str) -> Refusal {
    let text = match subcode {
        Some(458) => {
            format!("Error validating access token: The user has not authorized application {detail}.")
        }
        Some(459) => {
            "Error validating access token: You cannot access the app till you log in to www.facebook.com \
            and follow the instructions given."
                .to_owned()
        }
        Some(460) => {
            "Error validating access token: The session has been invalidated because the user changed their \
            password or Facebook has changed the session for security reasons"
                .to_owned()
        }
        Some(463) => format!("Error validating access token: Session has expired on {detail}."),
        Some(464) => {
            "Error validating access token: Sessions for the user are not allowed because the user is not a \
            confirmed user."
                .to_owned()
        }
        Some(467) => {
            "Error validating access token: The session is invalid because the user logged out.".to_owned()
        }
        Some(492) => {
            "Error validating access token: Invalid session. The user of this Page token does not have a \
            fitting role on the Page."
                .to_owned()
        }
        Some(_) | None => "Invalid OAuth access token - Cannot parse access token".to_owned(),
    };
    let refusal = Refusal::code(190, text).http(status);
    match subcode {
        Some(number) => refusal.sub(number),
        None => refusal,
    }
}

/// A fault in Meta's words; `limit` is the code and sentence of this product's rate limit, `duplicate` and
/// `rejected` what it says to a repeated and to an unwanted post.
pub(crate) fn trouble(
    trouble: &Trouble,
    limit: (i64, &str),
    duplicate: Option<Refusal>,
    rejected: Refusal,
) -> SandboxReply {
    const TRACE: &str = "AFaultOnRequest";
    match trouble {
        Trouble::Outage(status) => outage(*status),
        Trouble::RateLimited(seconds) => {
            let refusal = Refusal::code(limit.0, limit.1).transient(true);
            let mut reply = refusal.reply(TRACE);
            let minutes = seconds.div_ceil(60);
            let usage = json!({"sandbox": [{"type": "pages", "call_count": 100, "total_cputime": 20, "total_time": 20,
                "estimated_time_to_regain_access": minutes}]});
            let header = ("X-Business-Use-Case-Usage".to_owned(), usage.to_string());
            reply.headers.push(header);
            reply
        }
        Trouble::Duplicate => duplicate.map_or_else(|| outage(500), |refusal| refusal.reply(TRACE)),
        Trouble::Transient => Refusal::code(
            2,
            "An unexpected error has occurred. Please retry your request later.",
        )
        .transient(true)
        .http(500)
        .reply(TRACE),
        Trouble::Rejected => rejected.reply(TRACE),
    }
}

/// Shape (e): an outage page that is no JSON (meta-common.md 3e).
pub(crate) fn outage(status: u16) -> SandboxReply {
    SandboxReply::html(
        status,
        "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1>\
         <p>We're working on it and we'll get it fixed as soon as we can.</p></body></html>"
            .to_owned(),
    )
}
