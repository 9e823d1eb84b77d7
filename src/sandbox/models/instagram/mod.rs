//! A model of Instagram's publishing and messaging with both logins, written from `docs/facts/instagram.md` and
//! `docs/facts/meta-common.md`.
//!
//! Pure: time is an argument, ids and tokens come from a seeded counter, files from a fetcher. What a caller must
//! never do is counted in [`Violations`].

mod auth;
mod caption;
pub(in crate::sandbox) mod card;
mod create;
pub(in crate::sandbox) mod demo;
mod insights;
mod publish;
mod read;
mod route;
mod settings;
mod talk;
#[cfg(test)]
mod tests;
mod upload;
mod vendor;

use serde::Serialize;
use serde_json::json;

pub use settings::{AfterPublish, GrantBy, PermissionsAs, Republish, Settings};

use crate::sandbox::exchange::{Params, SandboxReply, SandboxRequest};
use crate::sandbox::model::MediaFetcher;
use crate::sandbox::models::meta::inbox::Inbox;
use crate::sandbox::models::meta::login::Login;
use crate::sandbox::models::meta::media::Media;
use crate::sandbox::models::meta::refusal::{Answer, Refusal, token_refusal};
use crate::sandbox::models::meta::token::{Token, token_of};
use crate::sandbox::models::meta::{Call, GraphPath};
use route::{Route, Way};

const ACCOUNT_BASE: u64 = 17_841_400_000_000_000;
const SCOPED_BASE: u64 = 26_000_000_000_000_000;
const CONTAINER_BASE: u64 = 18_000_000_000_000_000;
const MEDIA_BASE: u64 = 17_900_000_000_000_000;
const COMMENT_BASE: u64 = 17_860_000_000_000_000;
const STEP: u64 = 104_729;

/// The Instagram of one small world: profiles, containers, posts, comments, conversations.
#[derive(Clone, Debug)]
pub struct Instagram {
    /// What can be set beside the login with Facebook.
    pub settings: Settings,
    /// What a caller did that it must never do.
    pub violations: Violations,
    login: Login,
    inbox: Inbox,
    accounts: Vec<Account>,
    containers: Vec<Container>,
    media: Vec<Published>,
    comments: Vec<Comment>,
    /// A fault's lag of lists, in place of the switch's.
    lag: Option<i64>,
    version: u64,
}

/// Mistakes that no error body shows, or that must not happen even where Meta would allow them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// A container that was published already was published again.
    pub published_twice: u32,
    /// A container was published before it was `FINISHED`.
    pub published_early: u32,
    /// A carousel was made of children that were not `FINISHED`.
    pub carousel_early: u32,
    /// A token was refreshed before it was 24 hours old.
    pub refreshed_early: u32,
    /// Bytes were sent again after the upload was whole.
    pub uploaded_again: u32,
}

/// One profile, and the Page that it is linked to.
#[derive(Clone, Debug)]
struct Account {
    username: String,
    page: usize,
}

/// What a container will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Image,
    Reel,
    StoryImage,
    StoryVideo,
    ChildImage,
    ChildVideo,
    Carousel,
}

impl Kind {
    fn is_video(self) -> bool {
        matches!(self, Self::Reel | Self::StoryVideo | Self::ChildVideo)
    }

    fn is_child(self) -> bool {
        matches!(self, Self::ChildImage | Self::ChildVideo)
    }

    fn is_reel(self) -> bool {
        self == Self::Reel
    }

    fn is_story(self) -> bool {
        matches!(self, Self::StoryImage | Self::StoryVideo)
    }
}

/// What a post will say and show.
#[derive(Clone, Debug, Default)]
struct Draft {
    kind: Kind,
    caption: String,
    media: Vec<Media>,
    labels: Vec<String>,
    /// Whether a reel is in the Reels tab alone, or a trial.
    apart: bool,
}

/// A container: what will be a post, for 24 hours (instagram.md 4.4).
#[derive(Clone, Debug)]
struct Container {
    account: usize,
    draft: Draft,
    children: Vec<usize>,
    made_ms: i64,
    /// When its processing is over; none while bytes are awaited.
    ready_ms: Option<i64>,
    fate: Fate,
    upload: Option<Upload>,
    published: Option<usize>,
}

/// A resumable upload (instagram.md 4.2).
#[derive(Clone, Debug, Default)]
struct Upload {
    buffer: Vec<u8>,
    whole: bool,
    bytes: u64,
}

/// What becomes of a container once its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Finishes,
    /// `status` says this; it contains the number of the error.
    Fails(String),
    Stuck,
}

/// The states of instagram.md 4.4.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Status {
    InProgress,
    Finished,
    Published,
    Error(String),
    Expired,
}

#[derive(Clone, Debug)]
struct Published {
    account: usize,
    draft: Draft,
    at_ms: i64,
    comments_off: bool,
    deleted_ms: Option<i64>,
}

#[derive(Clone, Debug)]
struct Comment {
    media: usize,
    parent: Option<usize>,
    /// The person who wrote it; none for the profile itself.
    stranger: Option<usize>,
    text: String,
    at_ms: i64,
    hidden: bool,
    deleted_ms: Option<i64>,
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Account(usize),
    Container(usize),
    Media(usize),
    Comment(usize),
}

/// Who calls, as which profile.
#[derive(Clone, Debug)]
struct Caller {
    account: usize,
    token: Token,
}

impl Instagram {
    /// An empty world. The same seed and the same calls give the same world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            violations: Violations::default(),
            login: Login::new(seed ^ 0x1457_A64A),
            inbox: Inbox::default(),
            accounts: Vec::new(),
            containers: Vec::new(),
            media: Vec::new(),
            comments: Vec::new(),
            lag: None,
            version: 0,
        }
    }

    /// A person writes to a profile, which opens its window of 24 hours; answers the person's id (IGSID).
    pub fn person_writes(&mut self, username: &str, name: &str, text: &str, now_ms: i64) -> String {
        let account = self.account_named(username);
        self.inbox.person_writes(account, name, text, now_ms)
    }

    /// A person comments a post; answers the comment's id, or nothing when there is no such post.
    pub fn person_comments(&mut self, media: &str, name: &str, text: &str, now_ms: i64) -> Option<String> {
        let Some(Node::Media(index)) = self.node_of(media) else {
            return None;
        };
        let stranger = self.inbox.stranger(self.media[index].account, name);
        Some(self.put_comment(index, None, Some(stranger), text, now_ms))
    }

    fn respond(&mut self, req: &SandboxRequest, now: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.link_pages();
        self.inbox.let_come(now);
        let route = self.route(req);
        let params = match route {
            Route::Bytes(_) => Params::default(),
            _ => req.params(),
        };
        let mut call = Call {
            req,
            params,
            now,
            fetcher,
            path: GraphPath::of(&req.path),
        };
        match route {
            Route::Authorize => return self.authorize(&call),
            Route::FbAuthorize => return self.login.dialog(&call, &auth::FB_SCOPES),
            _ => {}
        }
        let answer = self
            .login
            .check_version(&call)
            .and_then(|()| self.dispatch(&route, &mut call));
        let mut reply = match answer {
            Ok(value) => SandboxReply::json(200, &value),
            Err(refusal) => refusal.reply(&self.login.book.chance.trace()),
        };
        if !matches!(route, Route::Bytes(_))
            && let Some(account) = self.caller(&call).ok().map(|caller| caller.account)
        {
            self.login.usage(&mut reply, &account_id(account), "instagram");
        }
        reply
    }

    fn dispatch(&mut self, route: &Route, call: &mut Call<'_>) -> Answer {
        match route {
            Route::Authorize | Route::FbAuthorize | Route::Unknown => Err(Refusal::no_path(&call.req.path)),
            Route::Code => self.exchange_code(call),
            Route::Exchange => self.exchange_short(call),
            Route::Refresh => self.refresh(call),
            Route::FbCode | Route::FbLong => self.login.exchange(call),
            Route::DebugToken => self.login.debug_token(call),
            Route::Permissions => self.login.permissions(call),
            Route::Revoke(user, one) => self.login.revoke(user, one.as_deref(), call),
            Route::Accounts => self.login.accounts(call),
            Route::Businesses => self.login.businesses(call),
            Route::OwnedPages(id) => self.login.owned_pages(id, call),
            Route::FbProfile(id) => self.login.profile(id, call),
            Route::Profile(id) => self.profile(id, call),
            Route::Create(id) => self.create(id, call),
            Route::Bytes(id) => self.take_bytes(id, call),
            Route::Status(id) => self.status(id, call),
            Route::Publish(id) => self.publish(id, call),
            Route::Limits(id) => self.limits(id, call),
            Route::List(id) => self.list_media(id, call),
            Route::Stories(id) => self.list_stories(id, call),
            Route::Read(id) => self.read(id, call),
            Route::Insights(id) => self.media_insights(id, call),
            Route::AccountInsights(id) => self.account_insights(id, call),
            Route::Comment(id) => self.comment(id, call),
            Route::Comments(id) => self.list_comments(id, call),
            Route::Edit(id) => self.edit(id, call),
            Route::Message(id) => self.message(id, call),
            Route::Conversations(id) => self.conversations(id, call),
            Route::Delete(id) => self.delete(id, call),
        }
    }

    /// Who calls: an Instagram token on `graph.instagram.com`, a Page's or user's on `graph.facebook.com`.
    fn caller(&self, call: &Call<'_>) -> Answer<Caller> {
        let status = self.login.settings.token_error_status;
        let (account, token) = match Way::of(call.req) {
            Way::Facebook => {
                let token = match call.req.host_role.as_str() {
                    "fb_upload_base" => self.login.uploader(call)?,
                    _ => self.login.caller(call)?,
                };
                let linked = token.page.and_then(|page| self.account_of_page(page));
                let first = || token.targets.iter().find_map(|&page| self.account_of_page(page));
                (linked.or_else(first), token)
            }
            Way::Instagram => {
                let value = token_of(call.req).ok_or_else(|| token_refusal(status, None, ""))?;
                let token = self
                    .login
                    .book
                    .live(&value, call.now, status, &self.login.app.0)?;
                if token.kind.is_facebook() {
                    return Err(token_refusal(status, None, ""));
                }
                (Some(token.owner), token.clone())
            }
        };
        let account = account.ok_or_else(|| Refusal::missing("instagram_business_account"))?;
        let username = &self.accounts[account].username;
        if self.settings.personal.contains(username) {
            return Err(Refusal::code(10, "(#10) The user is not an Instagram Business"));
        }
        if self.settings.restricted.contains(username) {
            return Err(Refusal::code(25, "The Instagram account is restricted.")
                .sub(2_207_050)
                .user(
                    "Instagram account is restricted",
                    "Please sign in to the Instagram app and follow the instructions.",
                ));
        }
        Ok(Caller { account, token })
    }

    /// The caller, when the path names their own profile, with this permission of either login.
    fn own(&self, id: &str, call: &Call<'_>, right: Right) -> Answer<Caller> {
        let mut caller = self.caller(call)?;
        let way = Way::of(call.req);
        if id == "me" && way == Way::Instagram {
            right.need(&caller.token, way)?;
            return Ok(caller);
        }
        let Some(Node::Account(named)) = self.node_of(id) else {
            return Err(Refusal::missing(id));
        };
        // A user token may act for every profile whose Page was ticked.
        let linked = self.accounts[named].page;
        let reaches = named == caller.account
            || (way == Way::Facebook
                && caller.token.page.is_none()
                && caller.token.targets.contains(&linked));
        if !reaches {
            return Err(Refusal::missing(id));
        }
        caller.account = named;
        right.need(&caller.token, way)?;
        Ok(caller)
    }

    fn account_of_page(&self, page: usize) -> Option<usize> {
        self.accounts.iter().position(|account| account.page == page)
    }

    /// The profile of this username, made with its Page unless it exists.
    fn account_named(&mut self, username: &str) -> usize {
        if let Some(index) = self.accounts.iter().position(|a| a.username == username) {
            return index;
        }
        let page = self.login.page_named(username);
        self.accounts.push(Account {
            username: username.to_owned(),
            page,
        });
        self.link_pages();
        self.accounts.len() - 1
    }

    /// Keeps the Pages' links as the switches have them; personal profiles are linked to none.
    fn link_pages(&mut self) {
        for number in 0..self.settings.pages_without_instagram.min(50) {
            self.login
                .page_named(&format!("Page without Instagram {}", number + 1));
        }
        self.login.fill_pages();
        for (index, account) in self.accounts.iter().enumerate() {
            let personal = self.settings.personal.contains(&account.username);
            let node = json!({"id": account_id(index), "username": account.username, "name": account.username,
                "profile_picture_url": format!("https://scontent.cdninstagram.com/{}.jpg", account.username)});
            self.login.pages[account.page].linked = if personal { serde_json::Value::Null } else { node };
        }
    }

    fn lag_ms(&self) -> i64 {
        self.lag.unwrap_or(self.settings.list_lag_ms)
    }

    fn node_of(&self, id: &str) -> Option<Node> {
        let number: u64 = id.parse().ok()?;
        let at = |base: u64, len: usize| {
            let offset = number.checked_sub(base)?;
            let whole = offset > 0 && offset.is_multiple_of(STEP);
            let index = usize::try_from(offset / STEP).ok().filter(|_| whole)? - 1;
            (index < len).then_some(index)
        };
        let account = at(ACCOUNT_BASE, self.accounts.len()).map(Node::Account);
        account
            .or_else(|| at(CONTAINER_BASE, self.containers.len()).map(Node::Container))
            .or_else(|| at(MEDIA_BASE, self.media.len()).map(Node::Media))
            .or_else(|| at(COMMENT_BASE, self.comments.len()).map(Node::Comment))
    }
}

/// A feature, and the permission that each login has for it (instagram.md 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Basic,
    Publish,
    Comments,
    Insights,
    Messages,
    Delete,
}

impl Right {
    fn need(self, token: &Token, way: Way) -> Answer<()> {
        let name = match (self, way) {
            (Self::Basic, Way::Facebook) => "instagram_basic",
            (Self::Basic | Self::Delete, Way::Instagram) => "instagram_business_basic",
            (Self::Publish, Way::Facebook) => "instagram_content_publish",
            (Self::Publish, Way::Instagram) => "instagram_business_content_publish",
            (Self::Comments, Way::Facebook) => "instagram_manage_comments",
            (Self::Comments, Way::Instagram) => "instagram_business_manage_comments",
            (Self::Insights, Way::Facebook) => "instagram_manage_insights",
            (Self::Insights, Way::Instagram) => "instagram_business_manage_insights",
            (Self::Messages, Way::Facebook) => "instagram_manage_messages",
            (Self::Messages, Way::Instagram) => "instagram_business_manage_messages",
            (Self::Delete, Way::Facebook) => "instagram_manage_contents",
        };
        if token.has(name) {
            Ok(())
        } else {
            Err(Refusal::not_allowed())
        }
    }
}

fn account_id(index: usize) -> String {
    numbered(ACCOUNT_BASE, index)
}

/// The id of `/me`, which callbacks carry (instagram.md 3).
fn scoped_id(index: usize) -> String {
    numbered(SCOPED_BASE, index)
}

fn numbered(base: u64, index: usize) -> String {
    (base + (index as u64 + 1) * STEP).to_string()
}

fn container_id(index: usize) -> String {
    numbered(CONTAINER_BASE, index)
}

fn media_id(index: usize) -> String {
    numbered(MEDIA_BASE, index)
}

fn comment_id(index: usize) -> String {
    numbered(COMMENT_BASE, index)
}
