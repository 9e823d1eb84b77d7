//! Which of the API's calls a request is.

use crate::sandbox::exchange::{SandboxRequest, decode_segment};

/// A call, with the id that its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Authorize,
    Code,
    Exchange,
    Refresh,
    DebugToken,
    Profile(String),
    Create(String),
    Publish(String),
    Limits(String),
    List(String),
    Replies(String),
    Conversation(String),
    Mentions(String),
    Insights(String),
    AccountInsights(String),
    Repost(String),
    ManageReply(String),
    PendingReplies(String),
    ManagePending(String),
    Delete(String),
    Status(String),
    Read(String),
    KeywordSearch,
    LocationSearch,
    ProfileLookup,
    Unknown,
}

impl Route {
    /// Reads method and path. Token calls have no version, data calls always `v1.0` (meta-common.md 1).
    pub(super) fn of(req: &SandboxRequest, kind_of: impl Fn(&str) -> IdKind) -> Self {
        let path = req.path.trim_matches('/');
        let post = req.method.eq_ignore_ascii_case("POST");
        match path {
            "oauth/authorize" => return Self::Authorize,
            "oauth/access_token" => return Self::Code,
            "access_token" => return Self::Exchange,
            "refresh_access_token" => return Self::Refresh,
            _ => {}
        }
        let Some(rest) = path.strip_prefix("v1.0/") else {
            return Self::Unknown;
        };
        let mut parts = rest.split('/').map(decode_segment);
        let (Some(id), verb, None) = (parts.next(), parts.next(), parts.next()) else {
            return Self::Unknown;
        };
        match verb {
            Some(verb) if post => Self::write(id, &verb),
            Some(verb) => Self::read(id, &verb),
            None => Self::node(req, id, kind_of),
        }
    }

    fn node(req: &SandboxRequest, id: String, kind_of: impl Fn(&str) -> IdKind) -> Self {
        if req.method.eq_ignore_ascii_case("DELETE") {
            return Self::Delete(id);
        }
        if !req.method.eq_ignore_ascii_case("GET") {
            return Self::Unknown;
        }
        match id.as_str() {
            "debug_token" => return Self::DebugToken,
            "keyword_search" => return Self::KeywordSearch,
            "location_search" => return Self::LocationSearch,
            "profile_lookup" => return Self::ProfileLookup,
            _ => {}
        }
        match kind_of(&id) {
            IdKind::Account => Self::Profile(id),
            IdKind::Container => Self::Status(id),
            IdKind::Other => Self::Read(id),
        }
    }

    fn write(id: String, verb: &str) -> Self {
        match verb {
            "threads" => Self::Create(id),
            "threads_publish" => Self::Publish(id),
            "repost" => Self::Repost(id),
            "manage_reply" => Self::ManageReply(id),
            "manage_pending_reply" => Self::ManagePending(id),
            _ => Self::Unknown,
        }
    }

    fn read(id: String, verb: &str) -> Self {
        match verb {
            "threads" => Self::List(id),
            "replies" => Self::Replies(id),
            "conversation" => Self::Conversation(id),
            "mentions" => Self::Mentions(id),
            "insights" => Self::Insights(id),
            "threads_insights" => Self::AccountInsights(id),
            "threads_publishing_limit" => Self::Limits(id),
            "pending_replies" => Self::PendingReplies(id),
            _ => Self::Unknown,
        }
    }

    /// The step's name, which faults are matched with.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Authorize => "threads.authorize",
            Self::Code => "threads.code",
            Self::Exchange => "threads.exchange",
            Self::Refresh => "threads.refresh",
            Self::DebugToken => "threads.debug_token",
            Self::Profile(_) => "threads.profile",
            Self::Create(_) => "threads.create",
            Self::Publish(_) => "threads.publish",
            Self::Limits(_) => "threads.limits",
            Self::List(_) => "threads.list",
            Self::Replies(_) => "threads.replies",
            Self::Conversation(_) => "threads.conversation",
            Self::Mentions(_) => "threads.mentions",
            Self::Insights(_) => "threads.insights",
            Self::AccountInsights(_) => "threads.account_insights",
            Self::Repost(_) => "threads.repost",
            Self::ManageReply(_) => "threads.manage_reply",
            Self::PendingReplies(_) => "threads.pending_replies",
            Self::ManagePending(_) => "threads.manage_pending",
            Self::Delete(_) => "threads.delete",
            Self::Status(_) => "threads.status",
            Self::Read(_) => "threads.read",
            Self::KeywordSearch => "threads.keyword_search",
            Self::LocationSearch => "threads.location_search",
            Self::ProfileLookup => "threads.profile_lookup",
            Self::Unknown => "threads.unknown",
        }
    }
}

/// What the id of a node is, as far as the path can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdKind {
    Account,
    Container,
    Other,
}
