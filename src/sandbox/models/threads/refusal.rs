//! Errors of Threads beyond those that all of Meta's products share (`meta/refusal.rs`).

use serde_json::json;

use super::settings::NamedErrors;
pub(super) use crate::sandbox::models::meta::refusal::{Answer, Refusal, token_refusal};

/// Code 10, a permission that was not granted (`threads.md` 2).
pub(super) fn permission() -> Refusal {
    Refusal::code(10, "Application does not have permission for this action").http(403)
}

/// The recorded 24/4279009 (`threads.md` 7).
pub(super) fn media_not_found(id: &str) -> Refusal {
    Refusal::code(24, "The requested resource does not exist")
        .sub(4_279_009)
        .user(
            "Media Not Found",
            format!("The media with id {id} cannot be found."),
        )
        .transient(false)
}

/// An error that Meta documents by its name only (meta-common.md 3).
pub(super) fn named(place: NamedErrors, name: &str, text: &str) -> Refusal {
    match place {
        NamedErrors::Message => Refusal::parameter(format!("{name}: {text}")),
        NamedErrors::UserMessage => {
            Refusal::parameter("Invalid parameter").user("Invalid parameter", format!("{name}: {text}"))
        }
        NamedErrors::Code => {
            let mut refusal = Refusal::parameter(text);
            if let Refusal::Graph(graph) = &mut refusal {
                graph.code = json!(name);
            }
            refusal
        }
    }
}
