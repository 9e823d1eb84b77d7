//! Which of the API's calls a request is.

use crate::sandbox::exchange::{SandboxRequest, decode_segment};

/// A call, with what its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Authorize,
    Token,
    Revoke,
    Me,
    UserByName(String),
    Create,
    Delete(String),
    Get(String),
    GetMany,
    List(String),
    Search,
    Hide(String),
    Repost(String),
    Unrepost(String, String),
    Initialize,
    Append(String),
    Finalize(String),
    /// `POST /2/media/upload`: the forms with `command`, and whole pictures at once.
    Upload,
    MediaStatus,
    Metadata,
    Subtitles,
    SendTo(String),
    SendIn(String),
    SendGroup,
    MessagesWith(String),
    MessagesIn(String),
    Messages,
    DeleteMessage(String),
    Usage,
    Unknown,
}

impl Route {
    pub(super) fn of(req: &SandboxRequest) -> Self {
        if req.path.trim_end_matches('/') == "/i/oauth2/authorize" && req.host_role != "api_base" {
            return Self::Authorize;
        }
        if req.host_role == "auth_base" {
            return Self::Unknown;
        }
        let parts: Vec<String> = req
            .path
            .trim_matches('/')
            .split('/')
            .map(decode_segment)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let Some(("2", rest)) = parts.split_first().map(|(v, rest)| (*v, rest)) else {
            return Self::Unknown;
        };
        match req.method.to_ascii_uppercase().as_str() {
            "GET" => Self::read(rest),
            "POST" => Self::write(rest),
            "DELETE" => match rest {
                ["tweets", id] => Self::Delete((*id).to_owned()),
                ["users", id, "retweets", post] => Self::Unrepost((*id).to_owned(), (*post).to_owned()),
                ["dm_events", id] => Self::DeleteMessage((*id).to_owned()),
                _ => Self::Unknown,
            },
            "PUT" => match rest {
                ["tweets", id, "hidden"] => Self::Hide((*id).to_owned()),
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }

    fn read(rest: &[&str]) -> Self {
        match rest {
            ["users", "me"] => Self::Me,
            ["users", "by", "username", name] => Self::UserByName((*name).to_owned()),
            ["users", id, "tweets"] => Self::List((*id).to_owned()),
            ["tweets"] => Self::GetMany,
            ["tweets", "search", "recent"] => Self::Search,
            ["tweets", id] => Self::Get((*id).to_owned()),
            ["media", "upload"] => Self::MediaStatus,
            ["dm_conversations", "with", id, "dm_events"] => Self::MessagesWith((*id).to_owned()),
            ["dm_conversations", id, "dm_events"] => Self::MessagesIn((*id).to_owned()),
            ["dm_events"] => Self::Messages,
            ["usage", "tweets"] => Self::Usage,
            _ => Self::Unknown,
        }
    }

    fn write(rest: &[&str]) -> Self {
        match rest {
            ["oauth2", "token"] => Self::Token,
            ["oauth2", "revoke"] => Self::Revoke,
            ["tweets"] => Self::Create,
            ["users", id, "retweets"] => Self::Repost((*id).to_owned()),
            ["media", "upload", "initialize"] => Self::Initialize,
            ["media", "upload", id, "append"] => Self::Append((*id).to_owned()),
            ["media", "upload", id, "finalize"] => Self::Finalize((*id).to_owned()),
            ["media", "upload"] => Self::Upload,
            ["media", "metadata"] => Self::Metadata,
            ["media", "subtitles"] => Self::Subtitles,
            ["dm_conversations", "with", id, "messages"] => Self::SendTo((*id).to_owned()),
            ["dm_conversations", id, "messages"] => Self::SendIn((*id).to_owned()),
            ["dm_conversations"] => Self::SendGroup,
            _ => Self::Unknown,
        }
    }

    /// The step's name, which faults and limits are matched with.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Authorize => "x.authorize",
            Self::Token => "x.token",
            Self::Revoke => "x.revoke",
            Self::Me => "x.me",
            Self::UserByName(_) => "x.user",
            Self::Create => "x.create",
            Self::Delete(_) => "x.delete",
            Self::Get(_) => "x.get",
            Self::GetMany => "x.get_many",
            Self::List(_) => "x.list",
            Self::Search => "x.search",
            Self::Hide(_) => "x.hide",
            Self::Repost(_) => "x.repost",
            Self::Unrepost(..) => "x.unrepost",
            Self::Initialize => "x.initialize",
            Self::Append(_) => "x.append",
            Self::Finalize(_) => "x.finalize",
            Self::Upload => "x.upload",
            Self::MediaStatus => "x.media_status",
            Self::Metadata => "x.metadata",
            Self::Subtitles => "x.subtitles",
            Self::SendTo(_) | Self::SendIn(_) | Self::SendGroup => "x.message",
            Self::MessagesWith(_) | Self::MessagesIn(_) | Self::Messages => "x.messages",
            Self::DeleteMessage(_) => "x.delete_message",
            Self::Usage => "x.usage",
            Self::Unknown => "x.unknown",
        }
    }

    /// The scopes that a token needs for it (`x.md` 2.2).
    pub(super) fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Authorize | Self::Token | Self::Revoke | Self::Usage | Self::Unknown => &[],
            Self::Me | Self::UserByName(_) | Self::Get(_) | Self::GetMany | Self::List(_) | Self::Search => {
                &["tweet.read", "users.read"]
            }
            Self::Create | Self::Delete(_) | Self::Repost(_) | Self::Unrepost(..) => {
                &["tweet.write", "tweet.read", "users.read"]
            }
            Self::Hide(_) => &["tweet.moderate.write", "tweet.read", "users.read"],
            Self::Initialize
            | Self::Append(_)
            | Self::Finalize(_)
            | Self::Upload
            | Self::MediaStatus
            | Self::Metadata
            | Self::Subtitles => &["media.write"],
            Self::SendTo(_) | Self::SendIn(_) | Self::SendGroup => &["dm.write", "tweet.read", "users.read"],
            Self::MessagesWith(_) | Self::MessagesIn(_) | Self::Messages => {
                &["dm.read", "tweet.read", "users.read"]
            }
            Self::DeleteMessage(_) => &["dm.write", "dm.read"],
        }
    }

    /// Whether it changes something, so that a token that only reads is not enough.
    pub(super) fn writes(&self) -> bool {
        self.scopes().iter().any(|scope| scope.ends_with(".write"))
    }

    /// Whether it is about messages.
    pub(super) fn is_message(&self) -> bool {
        self.scopes().iter().any(|scope| scope.starts_with("dm."))
    }
}
