//! Which call a request is, and by which login (instagram.md 1).

use super::{Instagram, Node};
use crate::sandbox::exchange::SandboxRequest;
use crate::sandbox::models::meta::GraphPath;

/// The two logins; the host tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Instagram Login, `graph.instagram.com`.
    Instagram,
    /// Facebook Login, `graph.facebook.com`.
    Facebook,
}

impl Way {
    pub(super) fn of(req: &SandboxRequest) -> Self {
        if req.host_role.starts_with("fb_") {
            Self::Facebook
        } else {
            Self::Instagram
        }
    }
}

/// The calls of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Authorize,
    Code,
    Exchange,
    Refresh,
    FbAuthorize,
    FbCode,
    FbLong,
    DebugToken,
    Permissions,
    Revoke(String, Option<String>),
    Accounts,
    Businesses,
    OwnedPages(String),
    Profile(String),
    FbProfile(String),
    Create(String),
    Bytes(String),
    Status(String),
    Publish(String),
    Limits(String),
    List(String),
    Stories(String),
    Read(String),
    Insights(String),
    AccountInsights(String),
    Comment(String),
    Comments(String),
    Edit(String),
    Message(String),
    Conversations(String),
    Delete(String),
    Unknown,
}

impl Instagram {
    pub(super) fn route(&self, req: &SandboxRequest) -> Route {
        let path = GraphPath::of(&req.path);
        let words = path.words();
        let bare = path.version.is_none();
        match (req.host_role.as_str(), words.as_slice()) {
            ("auth_base", ["oauth", "authorize"]) => return Route::Authorize,
            ("token_base", ["oauth", "access_token"]) => return Route::Code,
            ("api_base", ["access_token"]) if bare => return Route::Exchange,
            ("api_base", ["refresh_access_token"]) if bare => return Route::Refresh,
            ("fb_auth_base", ["dialog", "oauth"]) => return Route::FbAuthorize,
            ("fb_upload_base", ["ig-api-upload", rest @ ..]) => {
                return rest
                    .last()
                    .map_or(Route::Unknown, |id| Route::Bytes((*id).to_owned()));
            }
            ("fb_api_base", ["oauth", "access_token"]) => {
                let long = req.params().get("grant_type") == Some("fb_exchange_token");
                return if long { Route::FbLong } else { Route::FbCode };
            }
            ("api_base" | "fb_api_base", _) => {}
            (_, _) => return Route::Unknown,
        }
        let facebook = Way::of(req) == Way::Facebook;
        match req.method.to_ascii_uppercase().as_str() {
            "GET" => self.read_route(&words, facebook),
            "POST" => self.write_route(&words),
            "DELETE" => match words.as_slice() {
                [user, "permissions"] if facebook => Route::Revoke((*user).to_owned(), None),
                [user, "permissions", one] if facebook => {
                    Route::Revoke((*user).to_owned(), Some((*one).to_owned()))
                }
                [id] => Route::Delete((*id).to_owned()),
                _ => Route::Unknown,
            },
            _ => Route::Unknown,
        }
    }

    fn read_route(&self, words: &[&str], facebook: bool) -> Route {
        let own = |id: &&str| (*id).to_owned();
        match words {
            ["debug_token"] if facebook => Route::DebugToken,
            [_, "accounts"] if facebook => Route::Accounts,
            [_, "businesses"] if facebook => Route::Businesses,
            [_, "permissions"] if facebook => Route::Permissions,
            [id, "owned_pages" | "client_pages"] if facebook => Route::OwnedPages(own(id)),
            [id, "content_publishing_limit"] => Route::Limits(own(id)),
            [id, "media"] => Route::List(own(id)),
            [id, "stories"] => Route::Stories(own(id)),
            [id, "conversations"] => Route::Conversations(own(id)),
            [id, "comments" | "replies"] => Route::Comments(own(id)),
            [id, "insights"] => match self.node_of(id) {
                Some(Node::Media(_)) => Route::Insights(own(id)),
                Some(Node::Account(_) | Node::Container(_) | Node::Comment(_)) | None => {
                    Route::AccountInsights(own(id))
                }
            },
            [id] => match self.node_of(id) {
                Some(Node::Container(_)) => Route::Status(own(id)),
                Some(Node::Media(_) | Node::Comment(_)) => Route::Read(own(id)),
                Some(Node::Account(_)) => Route::Profile(own(id)),
                None if facebook => Route::FbProfile(own(id)),
                None if *id == "me" => Route::Profile(own(id)),
                None => Route::Read(own(id)),
            },
            _ => Route::Unknown,
        }
    }

    fn write_route(&self, words: &[&str]) -> Route {
        let own = |id: &&str| (*id).to_owned();
        match words {
            [id, "media"] => Route::Create(own(id)),
            [id, "media_publish"] => Route::Publish(own(id)),
            [id, "comments" | "replies"] => Route::Comment(own(id)),
            [id, "messages"] => Route::Message(own(id)),
            [id] => Route::Edit(own(id)),
            _ => Route::Unknown,
        }
    }
}

impl Route {
    /// The step's name, which faults are matched with.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Authorize | Self::FbAuthorize => "instagram.authorize",
            Self::Code | Self::FbCode => "instagram.code",
            Self::Exchange | Self::FbLong => "instagram.exchange",
            Self::Refresh => "instagram.refresh",
            Self::DebugToken => "instagram.debug_token",
            Self::Permissions => "instagram.permissions",
            Self::Revoke(..) => "instagram.revoke",
            Self::Accounts => "instagram.accounts",
            Self::Businesses => "instagram.businesses",
            Self::OwnedPages(_) => "instagram.owned_pages",
            Self::Profile(_) | Self::FbProfile(_) => "instagram.profile",
            Self::Create(_) => "instagram.create",
            Self::Bytes(_) => "instagram.upload",
            Self::Status(_) => "instagram.status",
            Self::Publish(_) => "instagram.publish",
            Self::Limits(_) => "instagram.limits",
            Self::List(_) => "instagram.list",
            Self::Stories(_) => "instagram.stories",
            Self::Read(_) => "instagram.read",
            Self::Insights(_) => "instagram.insights",
            Self::AccountInsights(_) => "instagram.account_insights",
            Self::Comment(_) => "instagram.comment",
            Self::Comments(_) => "instagram.comments",
            Self::Edit(_) => "instagram.edit",
            Self::Message(_) => "instagram.message",
            Self::Conversations(_) => "instagram.conversations",
            Self::Delete(_) => "instagram.delete",
            Self::Unknown => "instagram.unknown",
        }
    }
}
