//! The error bodies of Meta (meta-common.md 3 and 4).

use serde_json::{Value, json};

use super::settings::NamedErrors;
use crate::sandbox::exchange::SandboxReply;

/// An answer that is not the wished one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Refusal {
    /// Shape (a), the Graph envelope.
    Graph(Box<Graph>),
    /// Shape (b), the code exchange's own (meta-common.md 3b).
    OAuth(String),
}

/// The Graph envelope's fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Graph {
    pub(super) status: u16,
    pub(super) code: Value,
    pub(super) subcode: Option<i64>,
    pub(super) kind: &'static str,
    pub(super) message: String,
    pub(super) user: Option<(String, String)>,
    pub(super) transient: Option<bool>,
}

/// What a handler of the model answers.
pub(super) type Answer<T = Value> = Result<T, Refusal>;

impl Refusal {
    /// HTTP 400 with this code.
    pub(super) fn code(code: i64, message: impl Into<String>) -> Self {
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
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::code(100, message)
    }

    /// Code 10, a permission that was not granted (`threads.md` 2).
    pub(super) fn permission() -> Self {
        Self::code(10, "Application does not have permission for this action").http(403)
    }

    /// 100/33: it does not exist, or is not yours, or cannot do this (meta-common.md 4.1).
    pub(super) fn missing(id: &str) -> Self {
        Self::parameter(format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation"
        ))
        .sub(33)
        .kind("GraphMethodException")
    }

    /// The recorded 24/4279009 (`threads.md` 7).
    pub(super) fn media_not_found(id: &str) -> Self {
        Self::code(24, "The requested resource does not exist")
            .sub(4_279_009)
            .user(
                "Media Not Found",
                format!("The media with id {id} cannot be found."),
            )
            .transient(false)
    }

    /// An error that Meta documents by its name only (meta-common.md 3).
    pub(super) fn named(place: NamedErrors, name: &str, text: &str) -> Self {
        match place {
            NamedErrors::Message => Self::parameter(format!("{name}: {text}")),
            NamedErrors::UserMessage => {
                Self::parameter("Invalid parameter").user("Invalid parameter", format!("{name}: {text}"))
            }
            NamedErrors::Code => {
                let mut refusal = Self::parameter(text);
                if let Self::Graph(graph) = &mut refusal {
                    graph.code = json!(name);
                }
                refusal
            }
        }
    }

    pub(super) fn sub(mut self, subcode: i64) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.subcode = Some(subcode);
        }
        self
    }

    pub(super) fn kind(mut self, kind: &'static str) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.kind = kind;
        }
        self
    }

    pub(super) fn http(mut self, status: u16) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.status = status;
        }
        self
    }

    pub(super) fn transient(mut self, transient: bool) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.transient = Some(transient);
        }
        self
    }

    pub(super) fn user(mut self, title: &str, text: impl Into<String>) -> Self {
        if let Self::Graph(graph) = &mut self {
            graph.user = Some((title.to_owned(), text.into()));
        }
        self
    }

    /// The reply, with this trace id.
    pub(super) fn reply(self, trace: &str) -> SandboxReply {
        match self {
            Self::Graph(graph) => graph.reply(trace),
            Self::OAuth(message) => SandboxReply::json(
                400,
                &json!({"error_type": "OAuthException", "code": 400, "error_message": message}),
            ),
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
pub(super) fn token_refusal(status: u16, subcode: Option<i64>, detail: &str) -> Refusal {
    let text = match subcode {
        Some(458) => "Error validating access token: The user has not authorized application.".to_owned(),
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
        Some(_) | None => "Error validating access token: Invalid OAuth access token.".to_owned(),
    };
    let refusal = Refusal::code(190, text).http(status);
    match subcode {
        Some(number) => refusal.sub(number),
        None => refusal,
    }
}
