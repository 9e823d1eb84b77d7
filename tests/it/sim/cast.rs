//! Who plays: one row for each platform, each with a file of its own. What the simulation knows of a platform is
//! here: how its account is set up, what is published on it, what can go wrong with it.

mod email;
mod facebook;
mod instagram;
mod threads;
mod tiktok;
mod toys;
mod x;

use crier::core::login::TokenSet;
use crier::domain::id::AccountName;
use crier::domain::post::{Content, Kind as Shape, Segment};
use crier::domain::time::Timestamp;
use crier::sandbox::model::{Model, WallKind, WallPost};
use crier::sandbox::world::World;

use super::faults::Fault;

/// All platforms, each login and mode of them, and the test platforms.
pub static ALL: &[&Cast] = &[
    &threads::CAST,
    &email::CAST,
    &facebook::CAST,
    &instagram::OWN,
    &instagram::PAGE,
    &tiktok::DIRECT,
    &tiktok::INBOX,
    &x::CAST,
    &x::SIGNED,
    &toys::KEYED,
    &toys::KEYED_LOOK,
    &toys::CHOSEN,
    &toys::BLIND,
];

/// A platform in the simulation.
pub struct Cast {
    /// Its name in the config.
    pub platform: &'static str,
    /// Its accounts; the first one plays in scenes, all in runs by the dice.
    pub accounts: &'static [&'static str],
    /// Settings of each account.
    pub options: &'static [(&'static str, &'static str)],
    /// The permissions of its login; none: all that its vendor has.
    pub scopes: &'static [&'static str],
    /// Facts of its platform that are others here: small files stand for large ones.
    pub facts: &'static [(&'static str, i64)],
    /// What is published on it.
    pub kinds: &'static [Kind],
    /// Switches of its model, before anything happens.
    pub prepare: fn(&mut World),
    /// Switches of its model that are undocumented at the vendor: they go round by these dice.
    pub switches: fn(&mut World, u64),
    /// What its account and others have published before; the post of somebody else that may be answered, quoted or
    /// reposted.
    pub before: fn(&mut World, &str, i64) -> String,
    /// Somebody posts by hand with an account; false: this model knows no such thing.
    pub by_hand: fn(&mut World, &str, &str, i64) -> bool,
    /// Which limits a part counts against: whether it answers something.
    pub limits: fn(bool) -> &'static [&'static str],
    /// Repeating this part's commit in doubt is safe, so that lateness is not judged meanwhile.
    pub repeats: fn(&str) -> bool,
    /// It publishes by itself some time after the commit: what is struck later leaves that unclear too.
    pub works_alone: bool,
    /// Of a message with a file and words the file goes first.
    pub file_first: bool,
    /// The words of a segment as they are sent.
    pub words: fn(&Segment) -> String,
    /// What its platform offers, but not to these accounts; and why.
    pub without: &'static [(&'static str, &'static str)],
    /// Each post is one call, so that `spacing` can be read off the calls.
    pub spaced: bool,
    /// A whole login, where renewals use the refresh token up.
    pub renews: Option<fn(&mut World, &str, Timestamp) -> TokenSet>,
    /// Which faults can strike it.
    pub faults: fn(&Kind) -> Vec<Fault>,
}

impl Kind {
    /// Whether it has words by which one can tell it from others, in every part.
    pub fn worded(&self) -> bool {
        let content = (self.content)("words", "1 2");
        let file = content.kind == Shape::Message && content.segments.iter().any(|s| !s.media.is_empty());
        let silent = content.segments.iter().any(|s| s.text.is_empty());
        !file && !silent && !content.segments.is_empty()
    }
}

/// What is published: a scene by itself.
pub struct Kind {
    /// The scene's name.
    pub name: &'static str,
    /// Its content, with these words, about that post of somebody else.
    pub content: fn(&str, &str) -> Content,
    /// The model's steps, for faults.
    pub steps: Steps,
}

/// The steps of a flow as the sandbox's model names them.
#[derive(Clone, Copy)]
pub struct Steps {
    /// The call that shows it.
    pub commit: &'static str,
    /// Which of its calls shows something first, from 1.
    pub nth: u64,
    /// Which of these calls are struck, from 1.
    pub nths: &'static [u64],
    /// Calls that prepare it.
    pub quiet: &'static [&'static str],
    /// Calls that look for it after a lost answer, and which of them: `threads.status` was called before.
    pub looks: &'static [(&'static str, u64)],
}

impl Cast {
    pub fn account(&self) -> &'static str {
        self.accounts[0]
    }
}

/// The cast of an account.
pub fn of_account(name: &str) -> &'static Cast {
    let mut all = ALL.iter();
    all.find(|c| c.accounts.contains(&name)).unwrap()
}

/// The cast and kind of a scene that is a kind of post; `None`: it is something else.
pub fn kind(scene: &str) -> Option<(&'static Cast, &'static Kind)> {
    let kinds = ALL.iter().flat_map(|c| c.kinds.iter().map(move |k| (*c, k)));
    let mut kinds = kinds;
    kinds.find(|(_, k)| k.name == scene)
}

/// A file that is a message of its own.
pub const FILE: &str = "a file";

/// What a post on the wall is, in the words of the content that it came from.
pub fn part(post: &WallPost) -> String {
    match post.kind {
        WallKind::Repost => format!("repost:{}", post.repost_of.clone().unwrap_or_default()),
        WallKind::Message if post.text.is_empty() => FILE.to_owned(),
        WallKind::Post
        | WallKind::Reel
        | WallKind::Story
        | WallKind::Comment
        | WallKind::Message
        | WallKind::Draft => post.sent.clone().unwrap_or_else(|| post.text.clone()),
    }
}

/// The ids under which its vendor knows a post: the first its own, then those of its video, and without its Page's.
pub fn ids(post: &WallPost) -> Vec<String> {
    let video = post.labels.iter().filter_map(|l| l.strip_prefix("video "));
    let bare = post.id.split_once('_').map(|(_, id)| id);
    let all = std::iter::once(post.id.as_str()).chain(video).chain(bare);
    all.map(str::to_owned).collect()
}

/// A login without any page: the token and the vendor's id of the account.
pub fn log_in(world: &mut World, cast: &Cast, account: &AccountName, now: Timestamp) -> (String, String) {
    let scopes: Vec<String> = cast.scopes.iter().map(|s| (*s).to_owned()).collect();
    match world.vendor_mut(cast.platform) {
        Some(model) => {
            let id = model.add_account(account.as_str());
            (model.grant(account.as_str(), &scopes, now.0), id)
        }
        None => (format!("token-{}", now.0), String::new()),
    }
}

/// The words as they stand there.
pub fn plain_words(segment: &Segment) -> String {
    segment.text.clone()
}

/// Nothing to switch.
pub fn no_switches(_: &mut World, _: u64) {}

/// Nothing to prepare.
pub fn unprepared(_: &mut World) {}

/// The app requires its secret: each call must be proven.
pub fn proven(model: &mut dyn Model) {
    let switch = serde_json::json!({"proof_required": true});
    model.change_settings(switch.as_object().unwrap()).unwrap();
}

/// Nothing before.
pub fn nothing_before(_: &mut World, _: &str, _: i64) -> String {
    String::new()
}

/// Nobody posts by hand.
pub fn nobody_by_hand(_: &mut World, _: &str, _: &str, _: i64) -> bool {
    false
}
