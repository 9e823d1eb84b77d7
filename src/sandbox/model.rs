//! What every HTTP vendor of the sandbox is: a pure machine that answers requests as the vendor would, can be
//! spoilt on request, and shows what it published.
//!
//! A model knows nothing of sockets, clocks, faults or the wall: [`super::world::World`] routes requests to it
//! and asks it for a vendor's own words when a fault strikes.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::exchange::{SandboxReply, SandboxRequest};

/// One vendor. Requests come with `host_role` set to the config key of the host that was called
/// (`api_base`, `auth_base`, `upload_base`, ...) and with the path as the vendor sees it.
pub trait Model: Send {
    /// The platform's name in crier's config: `instagram`.
    fn name(&self) -> &'static str;
    /// The platform's name for people: `Instagram`.
    fn title(&self) -> &'static str;
    /// The name of the step that this request is, for faults: `instagram.publish`.
    fn step_of(&self, req: &SandboxRequest) -> &'static str;
    /// The files that the vendor would fetch for this request.
    fn fetches(&self, _req: &SandboxRequest) -> Vec<String> {
        Vec::new()
    }
    /// Answers one request at this time (Unix milliseconds).
    fn answer(&mut self, req: &SandboxRequest, now_ms: i64, fetcher: &mut dyn MediaFetcher) -> SandboxReply;
    /// The vendor's own body of an error that a fault asks for; nothing has happened.
    fn refuse(&self, trouble: &Trouble, req: &SandboxRequest) -> SandboxReply;
    /// Spoils something before or after a call, because a fault asks for it. Models that have no such thing do nothing.
    fn spoil(&mut self, spoil: &Spoil, req: &SandboxRequest, now_ms: i64);
    /// As [`Spoil::RevokeToken`], with the subcode that Meta's family says then (meta-common.md 4.2).
    fn revoke_as(&mut self, _subcode: Option<i64>, req: &SandboxRequest, now_ms: i64) {
        self.spoil(&Spoil::RevokeToken, req, now_ms);
    }
    /// The account of this request is restricted from now on, where the vendor keeps that up (meta-common.md 4.1).
    fn restrict(&mut self, _req: &SandboxRequest, _now_ms: i64) {}
    /// Whether requests are for it whose path names no vendor. At most one vendor is.
    fn at_root(&self) -> bool {
        false
    }
    /// Whether its errors come in the Graph envelope (meta-common.md 3): then faults that name Graph codes fit it.
    fn speaks_graph(&self) -> bool {
        false
    }
    /// The person of this profile removes the app: every token of theirs is dead. Answers whether that is possible.
    fn remove_app(&mut self, _username: &str, _now_ms: i64) -> bool {
        false
    }
    /// What the vendor posts to the app's callback when a person removed it (meta-common.md 8, `tiktok.md` 2.7), if
    /// it does so.
    fn farewell(&mut self, _username: &str, _removed_ms: i64, _now_ms: i64) -> Option<Message> {
        None
    }
    /// What readers see, the oldest first; deleted posts say so.
    fn posts(&self) -> Vec<WallPost>;
    /// A number that grows with everything that readers can see.
    fn version(&self) -> u64;
    /// What a caller did that it must never do, in words with a count: `a container was published twice: 1`. Empty: well behaved.
    fn violations(&self) -> Vec<String>;
    /// Everything secret that was ever given out (codes, tokens): what must not be found where people look.
    fn secrets(&self) -> Vec<String>;
    /// The switches of this model, as JSON.
    fn settings(&self) -> Value;
    /// Changes switches.
    ///
    /// # Errors
    /// What is wrong with a switch, in words; then none is changed.
    fn change_settings(&mut self, changes: &Map<String, Value>) -> Result<(), String>;
    /// Where permalinks of this model should point: the wall.
    fn set_permalink_base(&mut self, base: &str);
    /// The app that the vendor knows: its client id and secret.
    fn set_app(&mut self, id: &str, secret: &str);
    /// Makes a profile unless it exists, and answers its id.
    fn add_account(&mut self, username: &str) -> String;
    /// A token for a profile (made unless it exists) with these scopes, all when empty, without any login page.
    fn grant(&mut self, username: &str, scopes: &[String], now_ms: i64) -> String;
    /// The first of these scopes that the vendor does not have, where it tells them apart.
    fn unknown_scope(&self, _scopes: &[String]) -> Option<String> {
        None
    }
    /// Somebody else posts, or answers the post `reply_to`, without any call; the post's id, or nothing where this
    /// model has no other people who do so.
    fn somebody_posts(
        &mut self,
        _username: &str,
        _text: &str,
        _reply_to: Option<&str>,
        _now_ms: i64,
    ) -> Option<String> {
        None
    }
    /// A person writes a message to a profile, which may then answer; the person's id, or nothing where this model
    /// has no people who do so.
    fn somebody_writes(&mut self, _username: &str, _from: &str, _text: &str, _now_ms: i64) -> Option<String> {
        None
    }
    /// What this vendor alone has to tell in the control's state, by its names there.
    fn also(&self) -> Map<String, Value> {
        Map::new()
    }
    /// How many milliseconds words alone take until they can be published, where the vendor lets callers wait;
    /// pictures and films take a multiple of it.
    fn set_delay(&mut self, _ms: i64) {}
    /// The usernames of all profiles.
    fn accounts(&self) -> Vec<String>;
    /// Drops the bytes of old pictures beyond this many posts, to stay small.
    fn forget_media_beyond(&mut self, posts: usize);
}

/// What a vendor posts to an app's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Headers, the type of the body among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

impl Message {
    /// Meta's form with its one field (meta-common.md 8).
    pub(crate) fn signed_request(signed: &str) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("signed_request", signed);
        Self {
            headers: vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())],
            body: form.finish(),
        }
    }
}

/// An error that a fault asks for; the model says it in its vendor's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// The vendor's outage: an HTML page or its own envelope, with this status (500 to 599).
    Outage(u16),
    /// The vendor's rate limit, to be tried again after so many seconds.
    RateLimited(u64),
    /// A duplicate is refused, where the vendor does so; else an outage.
    Duplicate,
    /// The vendor's transient error inside its envelope.
    Transient,
    /// The vendor's permanent refusal of the content.
    Rejected,
}

/// What a fault may spoil.
#[derive(Clone, Debug, PartialEq)]
pub enum Spoil {
    /// The token in the request is over from now on.
    ExpireToken,
    /// The token in the request was taken back by the person.
    RevokeToken,
    /// What the last call began (a container, an upload's processing) never ends.
    Stick,
    /// What the last call began fails with the vendor's reason.
    Fail(String),
    /// Lists do not show posts that are younger than this many milliseconds; `None` ends it.
    Lag(Option<i64>),
}

/// A file that the vendor fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchedMedia {
    /// The `Content-Type` that came with it.
    pub content_type: Option<String>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Where files come from that a vendor fetches by URL.
pub trait MediaFetcher {
    /// Gets one file.
    ///
    /// # Errors
    /// Why it could not be had, in words.
    fn fetch(&mut self, url: &str) -> Result<FetchedMedia, String>;
}

/// One picture or video of a post on the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WallMedia {
    /// Whether it is a video.
    pub video: bool,
    /// What it was found to be: `image/jpeg`, `video/mp4`.
    pub mime: String,
    /// Width and height in pixels, 0 when not known.
    pub size: (u32, u32),
    /// The words for those who cannot see it.
    pub alt: Option<String>,
    /// The bytes; empty when forgotten.
    #[serde(skip)]
    pub bytes: Bytes,
}

/// What shape a post has for its readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WallKind {
    /// Words, pictures, videos in the feed.
    #[default]
    Post,
    /// A short upright video.
    Reel,
    /// A picture or video for a day.
    Story,
    /// Another's post shown as it is.
    Repost,
    /// A comment below a post.
    Comment,
    /// A message to one person.
    Message,
    /// A draft that waits in the person's app.
    Draft,
}

/// One post as its readers see it, the same shape for every vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WallPost {
    /// The vendor's id.
    pub id: String,
    /// Whose it is.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// Its shape.
    pub kind: WallKind,
    /// Its words as readers see them.
    pub text: String,
    /// Its words as they were sent, when readers see others (short links).
    pub sent: Option<String>,
    /// Pictures and videos in order.
    pub media: Vec<WallMedia>,
    /// The post that it answers or comments.
    pub reply_to: Option<String>,
    /// The first post of its conversation, when it is an answer.
    pub root: Option<String>,
    /// The post that it quotes.
    pub quote: Option<String>,
    /// The post that it reposts.
    pub repost_of: Option<String>,
    /// Its link card.
    pub link: Option<String>,
    /// The choices of its poll.
    pub poll: Vec<String>,
    /// Its topic, without `#`.
    pub topic: Option<String>,
    /// Who may see or answer, when not everyone, in the vendor's words.
    pub audience: Option<String>,
    /// To whom a message went.
    pub to: Option<String>,
    /// Small words beside it: a place, tagged people, `made with AI`.
    pub labels: Vec<String>,
    /// Its permalink.
    pub permalink: String,
    /// When it was deleted.
    pub deleted_ms: Option<i64>,
}
