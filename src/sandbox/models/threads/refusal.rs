//! Errors of Threads beyond those that all of Meta's products share (`meta/refusal.rs`).

use serde_json::json;

use super::settings::NamedErrors;
pub(super) use crate::sandbox::models::meta::refusal::{Answer, Refusal, token_refusal};

/// Code 10, a permission that was not granted (`threads.md` 2).
pub(super) fn permission() -> Refusal {
    Refusal::code(10, "Application does not have permission for this action").http(403)
}

/// 4/2207051, a suspicion of spam (meta-common.md 4.1).
pub(super) fn restricted() -> Refusal {
    Refusal::code(4, "Application request limit reached")
        .sub(2_207_051)
        .user(
            "Action is blocked",
            "We restrict certain activity to protect our community.".to_owned(),
        )
        .transient(false)
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
