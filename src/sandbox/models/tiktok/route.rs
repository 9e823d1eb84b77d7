//! Which of the API's calls a request is.

use crate::sandbox::exchange::SandboxRequest;

/// A call. Every path ends with a slash (`tiktok.md` 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Authorize,
    Token,
    Revoke,
    UserInfo,
    CreatorInfo,
    VideoInit,
    InboxInit,
    ContentInit,
    Upload,
    Status,
    Cancel,
    VideoList,
    VideoQuery,
    Unknown,
}

impl Route {
    pub(super) fn of(req: &SandboxRequest) -> Self {
        let method = req.method.to_ascii_uppercase();
        match (req.host_role.as_str(), method.as_str(), req.path.as_str()) {
            ("upload_base", "PUT", _) => Self::Upload,
            ("auth_base", "GET" | "POST", "/v2/auth/authorize/" | "/v2/auth/authorize") => Self::Authorize,
            ("upload_base" | "auth_base", _, _) => Self::Unknown,
            (_, "POST", path) => Self::post(path),
            (_, "GET", "/v2/user/info/") => Self::UserInfo,
            _ => Self::Unknown,
        }
    }

    fn post(path: &str) -> Self {
        match path {
            "/v2/oauth/token/" => Self::Token,
            "/v2/oauth/revoke/" => Self::Revoke,
            "/v2/post/publish/creator_info/query/" => Self::CreatorInfo,
            "/v2/post/publish/video/init/" => Self::VideoInit,
            "/v2/post/publish/inbox/video/init/" => Self::InboxInit,
            "/v2/post/publish/content/init/" => Self::ContentInit,
            "/v2/post/publish/status/fetch/" => Self::Status,
            "/v2/post/publish/cancel/" => Self::Cancel,
            "/v2/video/list/" => Self::VideoList,
            "/v2/video/query/" => Self::VideoQuery,
            _ => Self::Unknown,
        }
    }

    /// The step's name, which faults and limits are matched with.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "tiktok.authorize",
            Self::Token => "tiktok.token",
            Self::Revoke => "tiktok.revoke",
            Self::UserInfo => "tiktok.user_info",
            Self::CreatorInfo => "tiktok.creator_info",
            Self::VideoInit => "tiktok.video_init",
            Self::InboxInit => "tiktok.inbox_init",
            Self::ContentInit => "tiktok.content_init",
            Self::Upload => "tiktok.upload",
            Self::Status => "tiktok.status",
            Self::Cancel => "tiktok.cancel",
            Self::VideoList => "tiktok.video_list",
            Self::VideoQuery => "tiktok.video_query",
            Self::Unknown => "tiktok.unknown",
        }
    }

    /// Calls per minute, and whether they count per token or for the whole app (`tiktok.md` 6).
    pub(super) fn limit(self) -> Option<(usize, bool)> {
        match self {
            Self::VideoInit | Self::InboxInit | Self::ContentInit => Some((6, true)),
            Self::CreatorInfo => Some((20, true)),
            Self::Status => Some((30, true)),
            Self::UserInfo | Self::VideoList | Self::VideoQuery => Some((600, false)),
            Self::Authorize | Self::Token | Self::Revoke | Self::Upload | Self::Cancel | Self::Unknown => {
                None
            }
        }
    }
}
