//! A model of Facebook Pages and of Messenger's sending, written from `docs/facts/facebook.md` and
//! `docs/facts/meta-common.md`.
//!
//! Pure: time is an argument, ids and tokens come from a seeded counter, files from a fetcher. What a caller must
//! never do is counted in [`Violations`].

pub(in crate::sandbox) mod card;
mod comments;
pub(in crate::sandbox) mod demo;
mod feed;
mod insights;
mod photos;
mod read;
mod route;
mod settings;
#[cfg(test)]
mod tests;
mod vendor;
mod videos;

use serde::Serialize;

pub use settings::{Duplicates, FinishAgain, Settings};

use crate::sandbox::exchange::{Params, SandboxReply, SandboxRequest};
use crate::sandbox::model::{MediaFetcher, WallKind};
use crate::sandbox::models::meta::inbox::Inbox;
use crate::sandbox::models::meta::login::Login;
use crate::sandbox::models::meta::media::Media;
use crate::sandbox::models::meta::refusal::{Answer, Refusal};
use crate::sandbox::models::meta::send::Rules;
use crate::sandbox::models::meta::token::{Token, token_of};
use crate::sandbox::models::meta::{Call, GraphPath};
use route::{List, Phase, Route, What};

/// The permissions that the dialog knows (facebook.md 2).
const SCOPES: [&str; 13] = [
    "public_profile",
    "email",
    "pages_show_list",
    "pages_manage_posts",
    "pages_read_engagement",
    "pages_manage_engagement",
    "pages_read_user_content",
    "read_insights",
    "pages_messaging",
    "pages_manage_metadata",
    "business_management",
    "publish_video",
    "pages_utility_messaging",
];

const PHOTO_BASE: u64 = 122_100_000_000_000;
const VIDEO_BASE: u64 = 1_270_000_000_000_000;
const STEP: u64 = 15_485_863;

/// The Pages of one small world: their posts, photos, videos, comments and conversations.
#[derive(Clone, Debug)]
pub struct Facebook {
    /// What can be set beside the login.
    pub settings: Settings,
    /// What a caller did that it must never do.
    pub violations: Violations,
    login: Login,
    inbox: Inbox,
    posts: Vec<Post>,
    photos: Vec<Photo>,
    videos: Vec<Video>,
    comments: Vec<Comment>,
    /// A fault's lag of lists, in place of the switch's.
    lag: Option<i64>,
    ids: u64,
    version: u64,
}

/// Mistakes that no error body shows, or that must not happen even where Meta would allow them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// A photo was attached to a second post.
    pub photo_attached_twice: u32,
    /// A photo was made a story twice.
    pub photo_story_twice: u32,
    /// An upload was finished again after that had worked.
    pub finished_twice: u32,
    /// An upload was finished before all its bytes were there.
    pub finished_early: u32,
    /// Bytes were sent again after the upload was whole.
    pub uploaded_again: u32,
}

/// What a post is for its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Published,
    Scheduled(i64),
    Draft,
}

#[derive(Clone, Debug)]
struct Post {
    id: String,
    page: usize,
    message: String,
    link: Option<String>,
    photos: Vec<usize>,
    video: Option<usize>,
    kind: WallKind,
    state: State,
    /// When it was made; once it is published, when that was.
    at_ms: i64,
    edited_ms: i64,
    hidden: bool,
    deleted_ms: Option<i64>,
}

#[derive(Clone, Debug)]
struct Photo {
    page: usize,
    media: Media,
    caption: String,
    made_ms: i64,
    /// The post that it belongs to.
    post: Option<String>,
    story: bool,
    deleted: bool,
}

/// What becomes of a video once its time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    Finishes,
    Fails(String),
    Stuck,
}

#[derive(Clone, Debug)]
struct Video {
    page: usize,
    what: What,
    /// The id of a chunked upload.
    session: String,
    size: u64,
    buffer: Vec<u8>,
    media: Option<Media>,
    made_ms: i64,
    finish: Option<Finish>,
    fate: Fate,
    cancelled: bool,
    deleted: bool,
}

/// What the finish call asked for.
#[derive(Clone, Debug)]
struct Finish {
    at_ms: i64,
    text: String,
    title: Option<String>,
    state: State,
    post: String,
    /// Whether the post is there.
    seen: bool,
}

#[derive(Clone, Debug)]
struct Comment {
    id: String,
    post: String,
    parent: Option<String>,
    text: String,
    media: Vec<Media>,
    /// The person who wrote it; none for the Page itself.
    stranger: Option<usize>,
    page: usize,
    at_ms: i64,
    hidden: bool,
    deleted_ms: Option<i64>,
}

/// What an id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    Post(usize),
    Photo(usize),
    Video(usize),
    Comment(usize),
}

impl Facebook {
    /// An empty world. The same seed and the same calls give the same world.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            settings: Settings::default(),
            violations: Violations::default(),
            login: Login::new(seed ^ 0xFACE_B00C),
            inbox: Inbox::default(),
            posts: Vec::new(),
            photos: Vec::new(),
            videos: Vec::new(),
            comments: Vec::new(),
            lag: None,
            ids: 0,
            version: 0,
        }
    }

    /// A person writes to a Page, which opens its window of 24 hours; answers the person's id (PSID).
    pub fn person_writes(&mut self, page: &str, name: &str, text: &str, now_ms: i64) -> String {
        let page = self.login.page_named(page);
        self.inbox.person_writes(page, name, text, now_ms)
    }

    /// A person comments a post; answers the comment's id, or nothing when there is no such post.
    pub fn person_comments(&mut self, post: &str, name: &str, text: &str, now_ms: i64) -> Option<String> {
        let Some(Node::Post(index)) = self.node_of(post) else {
            return None;
        };
        let page = self.posts[index].page;
        let stranger = self.inbox.stranger(page, name);
        Some(self.put_comment(index, None, text, Vec::new(), Some(stranger), now_ms))
    }

    fn respond(&mut self, req: &SandboxRequest, now: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply {
        self.login.fill_pages();
        self.inbox.let_come(now);
        self.advance(now);
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
        if route == Route::Authorize {
            return self.login.dialog(&call, &SCOPES);
        }
        let answer = self
            .login
            .check_version(&call)
            .and_then(|()| self.dispatch(&route, &mut call));
        let mut reply = match answer {
            Ok(value) => SandboxReply::json(200, &value),
            Err(refusal) => refusal.reply(&self.login.book.chance.trace()),
        };
        let page = token_of_call(req, &route)
            .and_then(|value| self.login.book.find(&value).and_then(|token| token.page));
        if let Some(page) = page {
            let id = crate::sandbox::models::meta::login::page_id(page);
            let kind = if matches!(route, Route::Message(_)) {
                "messenger"
            } else {
                "pages"
            };
            self.login.usage(&mut reply, &id, kind);
        }
        reply
    }

    fn dispatch(&mut self, route: &Route, call: &mut Call<'_>) -> Answer {
        match route {
            Route::Authorize | Route::Unknown => Err(Refusal::no_path(&call.req.path)),
            Route::Code | Route::Long => self.login.exchange(call),
            Route::DebugToken => self.login.debug_token(call),
            Route::Profile(id) => self.login.profile(id, call),
            Route::Accounts => self.login.accounts(call),
            Route::Businesses => self.login.businesses(call),
            Route::OwnedPages(id) => self.login.owned_pages(id, call),
            Route::Permissions => self.login.permissions(call),
            Route::Revoke(user, one) => self.login.revoke(user, one.as_deref(), call),
            Route::Feed(page) => self.feed(page, call),
            Route::Photos(page) => self.upload_photo(page, call),
            Route::PhotoStory(page) => self.photo_story(page, call),
            Route::Upload(Phase::Start, what, page) => self.start(*what, page, call),
            Route::Upload(Phase::Transfer, _, page) => self.transfer(page, call),
            Route::Upload(Phase::Finish, what, page) => self.finish(*what, page, call),
            Route::Upload(Phase::Cancel, _, page) => self.cancel(page, call),
            Route::Upload(Phase::Whole, what, page) => self.whole_video(*what, page, call),
            Route::Bytes(video) => self.take_bytes(video, call),
            Route::Comment(id) => self.comment(id, call),
            Route::Comments(id) => self.list_comments(id, call),
            Route::Message(page) => self.message(page, call),
            Route::Attach(page) => self.attach(page, call),
            Route::Conversations(page) => self.conversations(page, call),
            Route::List(List::Published, page) => self.list_posts(page, call),
            Route::List(List::Scheduled, page) => self.list_scheduled(page, call),
            Route::List(List::Videos, page) => self.list_videos(page, None, call),
            Route::List(List::Reels, page) => self.list_videos(page, Some(What::Reel), call),
            Route::List(List::Photos, page) => self.list_photos(page, call),
            Route::List(List::Stories, page) => self.list_stories(page, call),
            Route::Insights(id) => self.post_insights(id, call),
            Route::VideoInsights(id) => self.video_insights(id, call),
            Route::PageInsights(id) => self.page_insights(id, call),
            Route::Status(id) | Route::Read(id) => self.read_node(id, call),
            Route::Edit(id) => self.edit(id, call),
            Route::Delete(id) => self.delete(id, call),
        }
    }

    /// The Page whose token this is, with this permission.
    fn page_with(&self, id: &str, scope: &str, call: &Call<'_>) -> Answer<(Token, usize)> {
        let (token, page) = self.login.page_caller(id, call)?;
        need(&token, scope)?;
        Ok((token, page))
    }

    fn send_rules(settings: &Settings) -> Rules<'_> {
        Rules {
            window_subcode: 2_018_278,
            text_max: 2_000,
            in_bytes: false,
            human_agent: settings.human_agent,
            json_only: false,
            unavailable: &settings.unavailable,
            picture_max: 25 * 1024 * 1024,
        }
    }

    /// `POST /{page}/messages` (facebook.md 5).
    fn message(&mut self, page: &str, call: &mut Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_messaging", call)?;
        let comment = self.private_comment(call, page);
        let rules = Self::send_rules(&self.settings);
        let answer = self.inbox.send(page, &rules, call, comment, |_| None)?;
        self.version += 1;
        Ok(answer)
    }

    fn attach(&mut self, page: &str, call: &mut Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_messaging", call)?;
        let rules = Self::send_rules(&self.settings);
        self.inbox.upload(page, &rules, call)
    }

    fn conversations(&mut self, page: &str, call: &mut Call<'_>) -> Answer {
        let (_, page) = self.page_with(page, "pages_messaging", call)?;
        if call
            .params
            .get("platform")
            .is_some_and(|p| !p.eq_ignore_ascii_case("messenger"))
            || self.settings.conversations_hidden
        {
            return Ok(serde_json::json!({"data": []}));
        }
        let id = crate::sandbox::models::meta::login::page_id(page);
        let lag = self.lag_ms();
        self.inbox
            .conversations(page, &id, &self.login.pages[page].name, lag, call)
    }

    fn lag_ms(&self) -> i64 {
        self.lag.unwrap_or(self.settings.list_lag_ms)
    }

    fn node_of(&self, id: &str) -> Option<Node> {
        let at = |base: u64| {
            let offset = id.parse::<u64>().ok()?.checked_sub(base)?;
            let whole = offset > 0 && offset.is_multiple_of(STEP);
            usize::try_from(offset / STEP)
                .ok()
                .filter(|_| whole)
                .map(|n| n - 1)
        };
        if let Some(index) = self.posts.iter().position(|post| post.id == id) {
            return Some(Node::Post(index));
        }
        if let Some(index) = self.comments.iter().position(|comment| comment.id == id) {
            return Some(Node::Comment(index));
        }
        let photo = at(PHOTO_BASE).filter(|&index| index < self.photos.len());
        let video = at(VIDEO_BASE).filter(|&index| index < self.videos.len());
        photo.map(Node::Photo).or(video.map(Node::Video))
    }
}

/// The token of a request; the body of a binary upload is not searched for it.
fn token_of_call(req: &SandboxRequest, route: &Route) -> Option<String> {
    match route {
        Route::Bytes(_) => None,
        _ => token_of(req),
    }
}

fn need(token: &Token, scope: &str) -> Answer<()> {
    if token.has(scope) {
        Ok(())
    } else {
        Err(Refusal::permission(scope))
    }
}

fn photo_id(index: usize) -> String {
    (PHOTO_BASE + (index as u64 + 1) * STEP).to_string()
}

fn video_id(index: usize) -> String {
    (VIDEO_BASE + (index as u64 + 1) * STEP).to_string()
}
