//! A platform as the engine sees it: one row of `platforms::ALL`, its typed flow behind saved states.

mod saved;

use std::collections::BTreeMap;

use super::call::Reply;
pub use super::enquiries::{Enquiries, Enquiry, Insight, QuotaReport, RemotePost, Told, Which};
use super::facts::Facts;
use super::flow::{Flow, Job, Liveness, Next, Verdict};
use super::hook::{Hooks, PostNews};
use super::login::Login;
use super::offer::Offers;
use crate::domain::account::Profile;
use crate::domain::post::Content;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;

pub use saved::{Saved, Unreadable, absorb_saved, next_saved, restore, save};

/// A setting of `[account.X]` that a platform understands beyond the common ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// The key.
    pub key: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// Whether an account cannot do without it.
    pub required: bool,
}

/// A vendor host that `[platform.X]` may redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostSpec {
    /// The config's key: `api_base`.
    pub key: &'static str,
    /// The vendor's own: `https://graph.threads.net`.
    pub default: &'static str,
    /// What it serves, in a line.
    pub help: &'static str,
}

/// A field of queue files that one platform understands beyond the common ones: `location`, `collaborators`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The key.
    pub key: &'static str,
    /// What it holds.
    pub shape: FieldShape,
    /// What it means, in a line.
    pub help: &'static str,
}

/// What a platform's own field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldShape {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// Words.
    Words,
    /// A list of words.
    List,
}

/// What an answer told beside its body (rate-limit headers).
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// How much of a limit is used.
    Quota(QuotaReport),
    /// Nothing more until then, whatever it is: the vendor's own window is full.
    FullUntil {
        /// When it frees.
        until: Timestamp,
        /// Which limit, in words.
        why: String,
    },
    /// No more calls of the answered one's kind until then; others have windows of their own.
    CallsFull {
        /// When there is room again.
        until: Timestamp,
        /// Which window, in words.
        why: String,
    },
    /// The person took the app's access away.
    Revoked {
        /// What the vendor said.
        why: String,
    },
    /// The vendor has ended the version of its API that this fact names: nothing of the platform works until another is named.
    VersionEnded {
        /// The fact, as the config overrides it.
        fact: &'static str,
        /// What the vendor said.
        why: String,
    },
}

/// How one account stands: what its login gave it and what the config says of it.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The account's own settings.
    pub options: &'a BTreeMap<String, String>,
    /// Granted scopes; empty when unknown.
    pub scopes: &'a [String],
    /// Who it is; empty before the first login.
    pub profile: &'a Profile,
    /// The platform's numbers.
    pub facts: &'a Facts,
}

/// Something that an account cannot do though its platform can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The cell's name: `delete`, `message` ([`super::offer::Offers`]).
    pub cell: &'static str,
    /// The scope that is missing, if that is all.
    pub scope: Option<&'static str>,
    /// Why, and what to do: `the login did not grant pages_messaging: connect again with crierctl connect ...`.
    pub why: String,
}

/// A platform, whole.
pub trait Platform: Send + Sync {
    /// Its name in the config: `threads`.
    fn name(&self) -> &'static str;
    /// Its name for people: `Threads`.
    fn title(&self) -> &'static str;
    /// What it can publish and do.
    fn offers(&self) -> &'static Offers;
    /// Beside the yes of a cell, by its name: when its vendor refuses such a post all the same.
    fn remarks(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Its numbers, before overrides.
    fn facts(&self) -> &'static Facts;
    /// The vendor's hosts.
    fn hosts(&self) -> &'static [HostSpec];
    /// Settings of accounts.
    fn options(&self) -> &'static [OptionSpec];
    /// Fields of queue files that only this platform understands.
    fn fields(&self) -> &'static [FieldSpec] {
        &[]
    }
    /// Whether it takes a picture of its own that stands for a video: held to the rule of its pictures, in any shape.
    fn takes_covers(&self) -> bool {
        false
    }
    /// What an answer told beside its body: the platform's own counts, which win when they are stricter.
    fn heard(&self, _facts: &Facts, _reply: &Reply, _now: Timestamp) -> Vec<Heard> {
        Vec::new()
    }
    /// Its logins.
    fn login(&self) -> &'static dyn Login;
    /// Its one-off requests.
    fn enquiries(&self) -> &'static dyn Enquiries;
    /// What it tells by itself, where it does.
    fn hooks(&self) -> Option<&'static dyn Hooks> {
        None
    }
    /// Rules that no table holds (Markdown for mail only, alt text with inline pictures, ...): sentences.
    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String>;
    /// What is taken but will not be as a person may expect: sentences. The post goes on.
    fn warn(&self, _content: &Content, _facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        Vec::new()
    }
    /// Account settings with a bad value: the key, and a sentence that says what is wrong and how to mend it.
    fn check_options(&self, _options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        Vec::new()
    }
    /// The numbers of an account with these settings of its own (a subscription that allows more).
    fn facts_with(&self, facts: Facts, _options: &BTreeMap<String, String>) -> Facts {
        facts
    }
    /// The same of an account that the platform has told about itself.
    fn facts_of(&self, facts: Facts, _options: &BTreeMap<String, String>, _profile: &Profile) -> Facts {
        facts
    }
    /// Why `charge` is as high as it is, for the sentence about a limit of money: `because it has a link`.
    fn reason(
        &self,
        _content: &Content,
        _charge: &super::flow::Charge,
        _facts: &Facts,
    ) -> Option<&'static str> {
        None
    }
    /// What a content will count against, all its steps together: for rehearsal and drop-time warnings.
    fn charges(&self, content: &Content) -> Vec<super::flow::Charge>;
    /// The scopes that this content needs; a missing one is refused at drop time.
    fn scopes_needed(&self, content: &Content) -> Vec<&'static str>;

    /// As [`Platform::scopes_needed`], with the account's own settings: logins of one platform may name them otherwise.
    fn scopes_needed_with(
        &self,
        content: &Content,
        _options: &BTreeMap<String, String>,
    ) -> Vec<&'static str> {
        self.scopes_needed(content)
    }
    /// How many media files a message may have beside its words.
    fn message_files(&self) -> usize {
        0
    }

    /// What this account cannot do though the platform can: by its scopes, its kind, its way of logging in.
    fn refuses(&self, _account: &Standing<'_>) -> Vec<Refusal> {
        Vec::new()
    }
    /// What it fetches from an address of crier's instead of taking its bytes, where this content has such a file: `pictures`.
    fn fetches(&self, _content: &Content, _account: &Standing<'_>) -> Option<&'static str> {
        None
    }
    /// Why it would not fetch from this address, though it is one that everybody reaches: `which ...`.
    fn cannot_fetch_from(&self, _url: &str) -> Option<&'static str> {
        None
    }

    /// See [`Vendor::fixed`].
    fn fixed(&self, _job: &Job) -> Option<Content> {
        None
    }
    /// First state.
    fn begin(&self, job: &Job) -> Saved;
    /// Next call.
    fn next(&self, job: &Job, state: &Saved, now: Timestamp) -> Result<Next<Saved>, Unreadable>;
    /// What a reply means.
    fn absorb(
        &self,
        job: &Job,
        state: &Saved,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Verdict<Saved>, Unreadable>;
    /// What is live.
    fn live(&self, job: &Job, state: &Saved) -> Result<Liveness, Unreadable>;
    /// See [`Flow::pending`].
    fn pending(&self, _state: &Saved) -> bool {
        false
    }
    /// See [`Flow::told`].
    fn told(&self, _state: &Saved, _news: &PostNews, _now: Timestamp) -> Option<Saved> {
        None
    }
    /// A person's word.
    fn settle(
        &self,
        job: &Job,
        state: &Saved,
        found: Option<Live>,
        now: Timestamp,
    ) -> Result<Saved, Unreadable>;
    /// The step's name.
    fn step_name(&self, state: &Saved) -> String;
    /// Anything a person should know about what is live; belongs into the receipt.
    fn note(&self, _job: &Job, _state: &Saved) -> Option<String> {
        None
    }
}

/// A platform as its folder writes it: with its typed flow. Every `Vendor` is a [`Platform`]; the states are saved
/// and restored in between.
pub trait Vendor: Send + Sync {
    /// Its way to publish.
    type Flow: Flow;
    /// See [`Platform::name`].
    fn name(&self) -> &'static str;
    /// See [`Platform::title`].
    fn title(&self) -> &'static str;
    /// Its flow.
    fn flow(&self) -> &'static Self::Flow;
    /// See [`Platform::offers`].
    fn offers(&self) -> &'static Offers;
    /// See [`Platform::remarks`].
    fn remarks(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// See [`Platform::facts`].
    fn facts(&self) -> &'static Facts;
    /// See [`Platform::hosts`].
    fn hosts(&self) -> &'static [HostSpec];
    /// See [`Platform::options`].
    fn options(&self) -> &'static [OptionSpec];
    /// See [`Platform::fields`].
    fn fields(&self) -> &'static [FieldSpec] {
        &[]
    }
    /// See [`Platform::takes_covers`].
    fn takes_covers(&self) -> bool {
        false
    }
    /// See [`Platform::login`].
    fn login(&self) -> &'static dyn Login;
    /// See [`Platform::enquiries`].
    fn enquiries(&self) -> &'static dyn Enquiries;
    /// See [`Platform::hooks`].
    fn hooks(&self) -> Option<&'static dyn Hooks> {
        None
    }
    /// See [`Platform::check`].
    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String>;
    /// See [`Platform::warn`].
    fn warn(&self, _content: &Content, _facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        Vec::new()
    }
    /// See [`Platform::check_options`].
    fn check_options(&self, _options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        Vec::new()
    }
    /// See [`Platform::facts_with`].
    fn facts_with(&self, facts: Facts, _options: &BTreeMap<String, String>) -> Facts {
        facts
    }
    /// See [`Platform::facts_of`].
    fn facts_of(&self, facts: Facts, _options: &BTreeMap<String, String>, _profile: &Profile) -> Facts {
        facts
    }
    /// See [`Platform::reason`].
    fn reason(
        &self,
        _content: &Content,
        _charge: &super::flow::Charge,
        _facts: &Facts,
    ) -> Option<&'static str> {
        None
    }
    /// See [`Platform::charges`].
    fn charges(&self, content: &Content) -> Vec<super::flow::Charge>;
    /// See [`Platform::scopes_needed`].
    fn scopes_needed(&self, content: &Content) -> Vec<&'static str>;
    /// See [`Platform::scopes_needed_with`].
    fn scopes_needed_with(
        &self,
        content: &Content,
        _options: &BTreeMap<String, String>,
    ) -> Vec<&'static str> {
        self.scopes_needed(content)
    }
    /// See [`Platform::message_files`].
    fn message_files(&self) -> usize {
        0
    }
    /// See [`Platform::refuses`].
    fn refuses(&self, _account: &Standing<'_>) -> Vec<Refusal> {
        Vec::new()
    }
    /// See [`Platform::fetches`].
    fn fetches(&self, _content: &Content, _account: &Standing<'_>) -> Option<&'static str> {
        None
    }
    /// See [`Platform::cannot_fetch_from`].
    fn cannot_fetch_from(&self, _url: &str) -> Option<&'static str> {
        None
    }
    /// See [`Platform::heard`].
    fn heard(&self, _facts: &Facts, _reply: &Reply, _now: Timestamp) -> Vec<Heard> {
        Vec::new()
    }
    /// The content with what it takes from its account's settings once it is begun; `None`: it takes nothing.
    fn fixed(&self, _job: &Job) -> Option<Content> {
        None
    }
}

impl<V: Vendor> Platform for V {
    fn name(&self) -> &'static str {
        Vendor::name(self)
    }
    fn title(&self) -> &'static str {
        Vendor::title(self)
    }
    fn offers(&self) -> &'static Offers {
        Vendor::offers(self)
    }
    fn remarks(&self) -> &'static [(&'static str, &'static str)] {
        Vendor::remarks(self)
    }
    fn facts(&self) -> &'static Facts {
        Vendor::facts(self)
    }
    fn hosts(&self) -> &'static [HostSpec] {
        Vendor::hosts(self)
    }
    fn options(&self) -> &'static [OptionSpec] {
        Vendor::options(self)
    }
    fn fields(&self) -> &'static [FieldSpec] {
        Vendor::fields(self)
    }
    fn takes_covers(&self) -> bool {
        Vendor::takes_covers(self)
    }
    fn login(&self) -> &'static dyn Login {
        Vendor::login(self)
    }
    fn enquiries(&self) -> &'static dyn Enquiries {
        Vendor::enquiries(self)
    }
    fn hooks(&self) -> Option<&'static dyn Hooks> {
        Vendor::hooks(self)
    }
    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        Vendor::check(self, content, facts, options)
    }
    fn warn(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        Vendor::warn(self, content, facts, options)
    }
    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        Vendor::check_options(self, options)
    }
    fn facts_with(&self, facts: Facts, options: &BTreeMap<String, String>) -> Facts {
        Vendor::facts_with(self, facts, options)
    }
    fn facts_of(&self, facts: Facts, options: &BTreeMap<String, String>, profile: &Profile) -> Facts {
        Vendor::facts_of(self, facts, options, profile)
    }
    fn reason(&self, content: &Content, charge: &super::flow::Charge, facts: &Facts) -> Option<&'static str> {
        Vendor::reason(self, content, charge, facts)
    }
    fn charges(&self, content: &Content) -> Vec<super::flow::Charge> {
        Vendor::charges(self, content)
    }
    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        Vendor::scopes_needed(self, content)
    }
    fn scopes_needed_with(&self, content: &Content, options: &BTreeMap<String, String>) -> Vec<&'static str> {
        Vendor::scopes_needed_with(self, content, options)
    }
    fn message_files(&self) -> usize {
        Vendor::message_files(self)
    }
    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        Vendor::refuses(self, account)
    }
    fn fetches(&self, content: &Content, account: &Standing<'_>) -> Option<&'static str> {
        Vendor::fetches(self, content, account)
    }
    fn cannot_fetch_from(&self, url: &str) -> Option<&'static str> {
        Vendor::cannot_fetch_from(self, url)
    }
    fn heard(&self, facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        Vendor::heard(self, facts, reply, now)
    }
    fn fixed(&self, job: &Job) -> Option<Content> {
        Vendor::fixed(self, job)
    }
    fn begin(&self, job: &Job) -> Saved {
        save::<V::Flow>(&self.flow().begin(job))
    }
    fn next(&self, job: &Job, state: &Saved, now: Timestamp) -> Result<Next<Saved>, Unreadable> {
        next_saved(self.flow(), job, state, now)
    }
    fn absorb(
        &self,
        job: &Job,
        state: &Saved,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Verdict<Saved>, Unreadable> {
        absorb_saved(self.flow(), job, state, reply, now)
    }
    fn live(&self, job: &Job, state: &Saved) -> Result<Liveness, Unreadable> {
        Ok(self.flow().live(job, &restore::<V::Flow>(state)?))
    }
    fn pending(&self, state: &Saved) -> bool {
        restore::<V::Flow>(state).is_ok_and(|s| self.flow().pending(&s))
    }
    fn told(&self, state: &Saved, news: &PostNews, now: Timestamp) -> Option<Saved> {
        let state = restore::<V::Flow>(state).ok()?;
        let next = self.flow().told(&state, news, now)?;
        Some(save::<V::Flow>(&next))
    }
    fn settle(
        &self,
        job: &Job,
        state: &Saved,
        found: Option<Live>,
        now: Timestamp,
    ) -> Result<Saved, Unreadable> {
        let state = restore::<V::Flow>(state)?;
        Ok(save::<V::Flow>(&self.flow().settle(job, state, found, now)))
    }
    fn step_name(&self, state: &Saved) -> String {
        restore::<V::Flow>(state).map_or_else(|_| "unreadable".to_owned(), |s| self.flow().step_name(&s))
    }
    fn note(&self, job: &Job, state: &Saved) -> Option<String> {
        let state = restore::<V::Flow>(state).ok()?;
        self.flow().note(job, &state)
    }
}
