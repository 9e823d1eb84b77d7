//! X's words for what it does not do (`x.md` 7).

use serde_json::{Map, Value, json};

use super::settings::Settings;
use crate::sandbox::exchange::SandboxReply;

/// The answer to a call, or X's refusal.
pub(super) type Answer<T = (u16, Value)> = Result<T, Refusal>;

/// The reply and duplicate rules' words, which clients look for.
pub(super) const REPLY_RULE: &str =
    "You can only reply to or quote posts where you are mentioned or are the author.";
const NOT_PERMITTED: &str = "You are not permitted to perform this action.";

/// One refusal, still without what the switches change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    status: u16,
    /// The last segment of `type`; none: `about:blank`.
    problem: Option<&'static str>,
    body: Map<String, Value>,
    headers: Vec<(String, String)>,
    /// Whether the body is that of the token endpoint, without an envelope.
    bare: bool,
}

impl Refusal {
    fn of(status: u16, problem: Option<&'static str>, title: &str, detail: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("title".to_owned(), json!(title));
        body.insert("detail".to_owned(), json!(detail.into()));
        Self {
            status,
            problem,
            body,
            headers: Vec::new(),
            bare: false,
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.body.insert(name.to_owned(), value);
        self
    }

    /// 400: a field is not right.
    pub(super) fn invalid(parameter: &str, value: &Value, message: impl Into<String>) -> Self {
        let shown = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut parameters = Map::new();
        parameters.insert(parameter.to_owned(), json!([shown]));
        Self::of(
            400,
            Some("invalid-request"),
            "Invalid Request",
            "One or more parameters to your request was invalid.",
        )
        .with(
            "errors",
            json!([{"parameters": parameters, "message": message.into()}]),
        )
    }

    /// 400 or 401 of the token endpoint.
    pub(super) fn oauth(status: u16, error: &str, description: &str) -> Self {
        let mut body = Map::new();
        body.insert("error".to_owned(), json!(error));
        body.insert("error_description".to_owned(), json!(description));
        Self {
            status,
            problem: None,
            body,
            headers: Vec::new(),
            bare: true,
        }
    }

    pub(super) fn unauthorized() -> Self {
        Self::of(401, None, "Unauthorized", "Unauthorized")
    }

    /// 403 with these words.
    pub(super) fn forbidden(detail: &str) -> Self {
        Self::of(403, None, "Forbidden", detail)
    }

    /// 403 without a reason.
    pub(super) fn bare_forbidden() -> Self {
        Self::forbidden("Forbidden")
    }

    pub(super) fn not_permitted() -> Self {
        Self::forbidden(NOT_PERMITTED)
    }

    pub(super) fn duplicate() -> Self {
        Self::forbidden("You are not allowed to create a Tweet with duplicate content.")
    }

    pub(super) fn feature() -> Self {
        Self::forbidden("Your account is not permitted to access this feature.")
    }

    pub(super) fn unsupported_authentication() -> Self {
        Self::of(
            403,
            Some("unsupported-authentication"),
            "Unsupported Authentication",
            "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication \
             types are [OAuth 1.0a User Context, OAuth 2.0 User Context].",
        )
    }

    pub(super) fn not_enrolled() -> Self {
        Self::of(
            403,
            Some("client-forbidden"),
            "Client Forbidden",
            "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App \
             that is attached to a Project.",
        )
        .with("client_id", json!("28731234"))
        .with("reason", json!("client-not-enrolled"))
        .with("required_enrollment", json!("Appropriate Level of API Access"))
    }

    pub(super) fn suspended(username: &str) -> Self {
        Self::of(
            403,
            Some("user-suspended"),
            "Forbidden",
            format!("User has been suspended: [{username}]."),
        )
    }

    pub(super) fn oauth1_permissions() -> Self {
        Self::of(
            403,
            Some("oauth1-permissions"),
            "Forbidden",
            "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        )
    }

    pub(super) fn credits() -> Self {
        Self::of(
            402,
            Some("credits"),
            "CreditsDepleted",
            "Your enrolled account [1] does not have any credits to fulfill this request.",
        )
        .with("account_id", json!(1))
    }

    pub(super) fn usage_capped(status: u16, period: &str) -> Self {
        Self::of(
            status,
            Some("usage-capped"),
            "UsageCapExceeded",
            format!("Usage cap exceeded: {period} product cap"),
        )
        .with("period", json!(period))
        .with("scope", json!("Product"))
    }

    pub(super) fn missing(kind: &str, parameter: &str, id: &str) -> Self {
        Self::of(
            404,
            Some("resource-not-found"),
            "Not Found Error",
            format!("Could not find {kind} with {parameter}: [{id}]."),
        )
        .with("resource_type", json!(kind))
        .with("resource_id", json!(id))
        .with("parameter", json!(parameter))
        .with("value", json!(id))
    }

    pub(super) fn no_route() -> Self {
        Self::of(404, None, "Not Found", "The requested resource does not exist.")
    }

    /// 413 or 431: a chunk is too large (`x.md` 4.4).
    pub(super) fn too_large(status: u16) -> Self {
        let title = if status == 431 {
            "Request Header Fields Too Large"
        } else {
            "Payload Too Large"
        };
        Self::of(status, None, title, title)
    }

    pub(super) fn too_many() -> Self {
        Self::of(429, None, "Too Many Requests", "Too Many Requests")
    }

    pub(super) fn outage(status: u16) -> Self {
        let title = match status {
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Internal Server Error",
        };
        Self::of(status, None, title, title)
    }

    /// The same refusal with headers.
    pub(super) fn headed(mut self, headers: Vec<(String, String)>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The error inside a 200 (`x.md` 7, last line of the envelopes).
    pub(super) fn partial(self, settings: &Settings) -> Value {
        let mut body = self.body;
        let problem = self.problem.map_or("about:blank".to_owned(), |p| {
            format!("{}{p}", settings.problem_base)
        });
        body.insert("type".to_owned(), json!(problem));
        Value::Object(body)
    }

    /// The reply, as the switches want it.
    pub(super) fn reply(self, settings: &Settings) -> SandboxReply {
        let status = self.status;
        let headers = self.headers.clone();
        let body = if self.bare {
            Value::Object(self.body)
        } else if status == 429 && self.problem.is_none() && settings.code_88 {
            json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]})
        } else {
            let mut body = self.partial(settings);
            if status != 400 {
                body["status"] = json!(status);
            }
            body
        };
        let mut reply = SandboxReply::json(status, &body);
        if settings.problem_json {
            for header in &mut reply.headers {
                header.1 = "application/problem+json".to_owned();
            }
        }
        reply.headers.extend(headers);
        reply
    }
}
