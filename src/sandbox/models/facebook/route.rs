//! Which call a request is.

use super::{Facebook, Node};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::models::meta::GraphPath;

/// The calls of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Authorize,
    Code,
    Long,
    DebugToken,
    Profile(String),
    Accounts,
    Businesses,
    OwnedPages(String),
    Permissions,
    Revoke(String, Option<String>),
    Feed(String),
    Photos(String),
    PhotoStory(String),
    Upload(Phase, What, String),
    Bytes(String),
    Comment(String),
    Comments(String),
    Message(String),
    Attach(String),
    Conversations(String),
    List(List, String),
    Insights(String),
    PageInsights(String),
    VideoInsights(String),
    Status(String),
    Read(String),
    Edit(String),
    Delete(String),
    Unknown,
}

/// The phases of an upload; `Whole` has none (facebook.md 4.3 to 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Start,
    Transfer,
    Finish,
    Cancel,
    Whole,
}

/// What becomes of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Video,
    Reel,
    Story,
}

/// The lists of a Page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Published,
    Scheduled,
    Videos,
    Reels,
    Photos,
    Stories,
}

impl Facebook {
    pub(super) fn route(&self, req: &SandboxRequest) -> Route {
        let path = GraphPath::of(&req.path);
        let words = path.words();
        match (req.host_role.as_str(), words.as_slice()) {
            ("auth_base", ["dialog", "oauth"]) => return Route::Authorize,
            ("upload_base", ["video-upload", rest @ ..]) => {
                return rest
                    .last()
                    .map_or(Route::Unknown, |id| Route::Bytes((*id).to_owned()));
            }
            ("auth_base" | "upload_base", _) => return Route::Unknown,
            (_, ["oauth", "access_token"]) => {
                let long = req.params().get("grant_type") == Some("fb_exchange_token");
                return if long { Route::Long } else { Route::Code };
            }
            _ => {}
        }
        match req.method.to_ascii_uppercase().as_str() {
            "GET" => self.read_route(&words),
            "POST" => self.write_route(&words, req),
            "DELETE" => match words.as_slice() {
                [user, "permissions"] => Route::Revoke((*user).to_owned(), None),
                [user, "permissions", one] => Route::Revoke((*user).to_owned(), Some((*one).to_owned())),
                [id] => Route::Delete((*id).to_owned()),
                _ => Route::Unknown,
            },
            _ => Route::Unknown,
        }
    }

    fn read_route(&self, words: &[&str]) -> Route {
        let list = |kind, id: &str| Route::List(kind, id.to_owned());
        match words {
            ["debug_token"] => Route::DebugToken,
            [_, "accounts"] => Route::Accounts,
            [_, "businesses"] => Route::Businesses,
            [_, "permissions"] => Route::Permissions,
            [id, "owned_pages" | "client_pages"] => Route::OwnedPages((*id).to_owned()),
            [id, "published_posts" | "feed" | "posts"] => list(List::Published, id),
            [id, "scheduled_posts"] => list(List::Scheduled, id),
            [id, "videos"] => list(List::Videos, id),
            [id, "video_reels"] => list(List::Reels, id),
            [id, "photos"] => list(List::Photos, id),
            [id, "stories"] => list(List::Stories, id),
            [id, "conversations"] => Route::Conversations((*id).to_owned()),
            [id, "comments"] => Route::Comments((*id).to_owned()),
            [id, "video_insights"] => Route::VideoInsights((*id).to_owned()),
            [id, "insights"] => match self.node_of(id) {
                Some(Node::Post(_) | Node::Video(_) | Node::Photo(_)) => Route::Insights((*id).to_owned()),
                Some(Node::Comment(_)) | None => Route::PageInsights((*id).to_owned()),
            },
            [id] => match self.node_of(id) {
                Some(Node::Video(_)) => Route::Status((*id).to_owned()),
                Some(Node::Post(_) | Node::Photo(_) | Node::Comment(_)) => Route::Read((*id).to_owned()),
                None => Route::Profile((*id).to_owned()),
            },
            _ => Route::Unknown,
        }
    }

    fn write_route(&self, words: &[&str], req: &SandboxRequest) -> Route {
        let upload = |what, id: &str| {
            let params = req.params();
            let phase = match params.get("upload_phase") {
                Some("start") => Phase::Start,
                Some("transfer") => Phase::Transfer,
                Some("finish") => Phase::Finish,
                Some("cancel") => Phase::Cancel,
                Some(_) | None => Phase::Whole,
            };
            Route::Upload(phase, what, id.to_owned())
        };
        match words {
            [id, "feed"] => Route::Feed((*id).to_owned()),
            [id, "photos"] => Route::Photos((*id).to_owned()),
            [id, "photo_stories"] => Route::PhotoStory((*id).to_owned()),
            [id, "videos"] => upload(What::Video, id),
            [id, "video_reels"] => upload(What::Reel, id),
            [id, "video_stories"] => upload(What::Story, id),
            [id, "comments"] => Route::Comment((*id).to_owned()),
            [id, "messages"] => Route::Message((*id).to_owned()),
            [id, "message_attachments"] => Route::Attach((*id).to_owned()),
            [id] => Route::Edit((*id).to_owned()),
            _ => Route::Unknown,
        }
    }
}

impl Route {
    /// The step's name, which faults are matched with.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Authorize => "facebook.authorize",
            Self::Code => "facebook.code",
            Self::Long => "facebook.exchange",
            Self::DebugToken => "facebook.debug_token",
            Self::Profile(_) => "facebook.profile",
            Self::Accounts => "facebook.accounts",
            Self::Businesses => "facebook.businesses",
            Self::OwnedPages(_) => "facebook.owned_pages",
            Self::Permissions => "facebook.permissions",
            Self::Revoke(..) => "facebook.revoke",
            Self::Feed(_) => "facebook.feed",
            Self::Photos(_) => "facebook.photos",
            Self::PhotoStory(_) => "facebook.photo_story",
            Self::Upload(Phase::Start, What::Video, _) => "facebook.video_start",
            Self::Upload(Phase::Start, What::Reel, _) => "facebook.reel_start",
            Self::Upload(Phase::Start, What::Story, _) => "facebook.story_start",
            Self::Upload(Phase::Transfer, ..) => "facebook.video_transfer",
            Self::Upload(Phase::Finish, What::Video, _) => "facebook.video_finish",
            Self::Upload(Phase::Finish, What::Reel, _) => "facebook.reel_finish",
            Self::Upload(Phase::Finish, What::Story, _) => "facebook.story_finish",
            Self::Upload(Phase::Cancel, ..) => "facebook.video_cancel",
            Self::Upload(Phase::Whole, ..) => "facebook.video",
            Self::Bytes(_) => "facebook.upload",
            Self::Comment(_) => "facebook.comment",
            Self::Comments(_) => "facebook.comments",
            Self::Message(_) => "facebook.message",
            Self::Attach(_) => "facebook.attachment",
            Self::Conversations(_) => "facebook.conversations",
            Self::List(List::Published, _) => "facebook.list",
            Self::List(List::Scheduled, _) => "facebook.scheduled",
            Self::List(List::Videos | List::Reels, _) => "facebook.videos",
            Self::List(List::Photos, _) => "facebook.photo_list",
            Self::List(List::Stories, _) => "facebook.stories",
            Self::Insights(_) | Self::VideoInsights(_) => "facebook.insights",
            Self::PageInsights(_) => "facebook.account_insights",
            Self::Status(_) => "facebook.status",
            Self::Read(_) => "facebook.read",
            Self::Edit(_) => "facebook.edit",
            Self::Delete(_) => "facebook.delete",
            Self::Unknown => "facebook.unknown",
        }
    }
}
