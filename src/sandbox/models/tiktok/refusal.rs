//! TikTok's words for what it does not do (`tiktok.md` 2.6 and 7).

use serde_json::{Value, json};

use crate::sandbox::exchange::SandboxReply;

/// The `data` of a call, or TikTok's refusal.
pub(super) type Answer<T = Value> = Result<T, Refusal>;

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The envelope of all JSON calls.
    Api {
        status: u16,
        code: String,
        message: String,
    },
    /// The flat body of the token calls.
    OAuth {
        error: &'static str,
        description: String,
    },
}

impl Refusal {
    pub(super) fn api(status: u16, code: &str, message: &str) -> Self {
        Self::Api {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    pub(super) fn param(message: &str) -> Self {
        Self::api(400, "invalid_params", message)
    }

    pub(super) fn oauth(error: &'static str, description: &str) -> Self {
        Self::OAuth {
            error,
            description: description.to_owned(),
        }
    }

    pub(super) fn token() -> Self {
        Self::api(
            401,
            "access_token_invalid",
            "The access token is invalid or not found in the request.",
        )
    }

    pub(super) fn scope() -> Self {
        Self::api(
            401,
            "scope_not_authorized",
            "The user did not authorize the scope required for completing this request.",
        )
    }

    pub(super) fn unaudited() -> Self {
        Self::api(
            403,
            "unaudited_client_can_only_post_to_private_accounts",
            "Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/",
        )
    }

    pub(super) fn rate() -> Self {
        Self::api(
            429,
            "rate_limit_exceeded",
            "The API rate limit was exceeded. Please try again later.",
        )
    }

    pub(super) fn no_route() -> Self {
        Self::api(404, "unsupported_path", "Unsupported path(Janus).")
    }

    /// 403, or 200 where creator info says it (`tiktok.md` 4.2).
    pub(super) fn spam(code: &str, status: u16) -> Self {
        let message = match code {
            "spam_risk_too_many_posts" => "The daily post cap from the API is reached for the current user.",
            "spam_risk_user_banned_from_posting" => "The user is banned from making new posts.",
            "reached_active_user_cap" => {
                "The daily quota for active publishing users from your client is reached."
            }
            "spam_risk_too_many_pending_share" => {
                "There may be at most 5 pending shares within any 24-hour period."
            }
            _ => "This creator cannot make more posts at this moment.",
        };
        Self::api(status, code, message)
    }

    pub(super) fn reply(self, log_id: &str, oauth_status: u16) -> SandboxReply {
        match self {
            Self::Api {
                status,
                code,
                message,
            } => SandboxReply::json(
                status,
                &json!({"data": {}, "error": {"code": code, "message": message, "log_id": log_id}}),
            ),
            Self::OAuth { error, description } => {
                let status = if error == "invalid_client" && oauth_status == 400 {
                    401
                } else {
                    oauth_status
                };
                let body = json!({"error": error, "error_description": description, "log_id": log_id});
                SandboxReply::json(status, &body)
            }
        }
    }
}

/// The envelope of a success.
pub(super) fn fine(data: &Value, log_id: &str) -> SandboxReply {
    SandboxReply::json(
        200,
        &json!({"data": data, "error": {"code": "ok", "message": "", "log_id": log_id}}),
    )
}
