//! Problems: RFC 9457 documents with stable types.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of thing went wrong: a closed list, each with a stable `type`, a status and a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The request cannot be read: syntax, parameters.
    BadRequest,
    /// The caller has no rights here, or too few.
    Forbidden,
    /// The request comes from a web page or names a foreign host.
    ForeignOrigin,
    /// No such post, account, queue or path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed,
    /// Several posts fit the name.
    Ambiguous,
    /// Not in this state: what is out cannot be cancelled, what is not in doubt cannot be resolved.
    Conflict,
    /// It has moved since it was looked at (`If-Match`).
    Moved,
    /// More bytes than are taken.
    TooLarge,
    /// Not a content type that is understood here.
    UnsupportedType,
    /// The post has mistakes; `diagnostics` shows them all.
    PostInvalid,
    /// The config has mistakes; `diagnostics` shows them all. The old one stays.
    ConfigInvalid,
    /// The platform cannot do this at all.
    Unsupported,
    /// The account must be connected (again) first.
    NotConnected,
    /// The platform refused.
    PlatformRefused,
    /// The platform does not answer, is limited or down: try later.
    PlatformUnavailable,
    /// Too many clients at once, or the daemon is stopping: try again.
    Busy,
    /// It took too long; what was asked may still happen.
    Timeout,
    /// The store or the disk failed.
    Storage,
    /// A fault of crier's.
    Internal,
}

impl ProblemKind {
    /// Every kind, for documents and tests.
    pub const ALL: [ProblemKind; 20] = [
        ProblemKind::BadRequest,
        ProblemKind::Forbidden,
        ProblemKind::ForeignOrigin,
        ProblemKind::NotFound,
        ProblemKind::MethodNotAllowed,
        ProblemKind::Ambiguous,
        ProblemKind::Conflict,
        ProblemKind::Moved,
        ProblemKind::TooLarge,
        ProblemKind::UnsupportedType,
        ProblemKind::PostInvalid,
        ProblemKind::ConfigInvalid,
        ProblemKind::Unsupported,
        ProblemKind::NotConnected,
        ProblemKind::PlatformRefused,
        ProblemKind::PlatformUnavailable,
        ProblemKind::Busy,
        ProblemKind::Timeout,
        ProblemKind::Storage,
        ProblemKind::Internal,
    ];

    /// The last part of its `type`.
    pub fn slug(self) -> &'static str {
        self.parts().0
    }

    /// Its HTTP status.
    pub fn status(self) -> u16 {
        self.parts().1
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        self.parts().2
    }

    /// Its stable `type`: `tag:crier,2026:problem/not-found`.
    pub fn uri(self) -> String {
        format!("{PREFIX}{}", self.slug())
    }

    /// The kind of a `type`.
    pub fn from_uri(uri: &str) -> Option<ProblemKind> {
        let slug = uri.strip_prefix(PREFIX)?;
        ProblemKind::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            ProblemKind::BadRequest => ("bad-request", 400, "The request cannot be read"),
            ProblemKind::Forbidden => ("forbidden", 403, "Not permitted"),
            ProblemKind::ForeignOrigin => ("foreign-origin", 403, "Not for web pages"),
            ProblemKind::NotFound => ("not-found", 404, "Not found"),
            ProblemKind::MethodNotAllowed => ("method-not-allowed", 405, "Not with this method"),
            ProblemKind::Ambiguous => ("ambiguous", 409, "Several fit"),
            ProblemKind::Conflict => ("conflict", 409, "Not in this state"),
            ProblemKind::Moved => ("moved", 412, "It has moved since"),
            ProblemKind::TooLarge => ("too-large", 413, "Too large"),
            ProblemKind::UnsupportedType => ("unsupported-type", 415, "Not this content type"),
            ProblemKind::PostInvalid => ("post-invalid", 422, "The post has mistakes"),
            ProblemKind::ConfigInvalid => ("config-invalid", 422, "The config has mistakes"),
            ProblemKind::Unsupported => ("unsupported", 422, "The platform cannot do this"),
            ProblemKind::NotConnected => ("not-connected", 409, "The account is not connected"),
            ProblemKind::PlatformRefused => ("platform-refused", 502, "The platform refused"),
            ProblemKind::PlatformUnavailable => {
                ("platform-unavailable", 503, "The platform is not available")
            }
            ProblemKind::Busy => ("busy", 503, "Busy"),
            ProblemKind::Timeout => ("timeout", 504, "It took too long"),
            ProblemKind::Storage => ("storage", 507, "The store failed"),
            ProblemKind::Internal => ("internal", 500, "A fault in crier"),
        }
    }
}

const PREFIX: &str = "tag:crier,2026:problem/";

impl Serialize for ProblemKind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.uri())
    }
}

impl<'de> Deserialize<'de> for ProblemKind {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let uri = String::deserialize(from)?;
        ProblemKind::from_uri(&uri)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown problem type {uri:?}")))
    }
}

/// Why a request was not carried out: for people first, and in a shape that programs can tell apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// The stable type.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "tag:crier,2026:problem/not-found")]
    pub kind: ProblemKind,
    /// The type's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, one sentence.
    pub detail: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Mistakes in a file, drawn with line and caret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnostics: Option<String>,
}

impl Problem {
    /// Of this kind, with what happened.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            help: None,
            diagnostics: None,
        }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the mistakes, drawn.
    #[must_use]
    pub fn diagnostics(mut self, drawn: impl Into<String>) -> Self {
        self.diagnostics = Some(drawn.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        if let Some(help) = &self.help {
            write!(f, "\n{help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_different_and_read_back() {
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::from_uri(&kind.uri()), Some(kind));
            assert!((400..600).contains(&kind.status()));
        }
        let slugs: std::collections::BTreeSet<_> = ProblemKind::ALL.iter().map(|k| k.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
    }

    #[test]
    fn a_document_survives_json() {
        let problem =
            Problem::new(ProblemKind::Conflict, "It is out.").help("`crierctl delete` takes it back.");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "tag:crier,2026:problem/conflict");
        assert_eq!(json["status"], 409);
        assert!(json.get("diagnostics").is_none());
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }
}
