//! Posts and deliveries on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;
use crate::domain::id::AccountName;
use crate::domain::receipt::{Attempt, Live, Outcome};

/// Which posts a list shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PostFilter {
    /// Only of this queue.
    #[param(value_type = Option<String>)]
    pub queue: Option<crate::domain::id::QueueName>,
    /// Only those that go to this account.
    #[param(value_type = Option<String>)]
    pub account: Option<AccountName>,
    /// Only in this state; `open` when absent.
    #[serde(default)]
    #[param(inline)]
    pub state: PostState,
    /// Only after this post (the last page's `next`).
    pub after: Option<String>,
    /// At most so many; 100 when absent, 1000 at most.
    pub limit: Option<u32>,
}

/// Groups of posts that people ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PostState {
    /// With a delivery that has not ended.
    #[default]
    Open,
    /// With a delivery that is held.
    Held,
    /// All deliveries have ended, each published.
    Sent,
    /// All deliveries have ended, not all published.
    Failed,
    /// Every post that is remembered.
    All,
}

/// A page of posts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PostPage {
    /// Oldest first.
    pub items: Vec<PostView>,
    /// Give this as `after` for the next page; `None`: there is no more.
    pub next: Option<String>,
    /// Files that are no posts yet: their media are being made to fit. On the first page of open posts, and of
    /// all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preparing: Vec<PreparingView>,
}

/// A file whose media are being made to fit; then it becomes a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PreparingView {
    /// Its queue.
    pub queue: String,
    /// Its name in the queue's directory.
    pub file: String,
    /// What something is made of.
    pub media: Vec<String>,
    /// Since when.
    pub since: Time,
    /// It is being made now; or it waits for others.
    pub running: bool,
}

impl PreparingView {
    /// `clip.mov is made to fit`, or that it waits for its turn.
    pub fn words(&self) -> String {
        let (files, turn) = (self.media.join(", "), "waits for its turn to be made to fit");
        match (self.running, self.media.len()) {
            (true, 1) => format!("{files} is made to fit"),
            (true, _) => format!("{files} are made to fit"),
            (false, 1) => format!("{files} {turn}"),
            (false, _) => format!("{files} wait for their turn to be made to fit"),
        }
    }
}

/// One post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PostView {
    /// Its id.
    pub id: String,
    /// Its queue.
    pub queue: String,
    /// Its name in the queue's directory.
    pub file: String,
    /// Where the file lies now: empty for the queue's own directory, or `sending`, `sent`, `failed`.
    pub place: String,
    /// Counts edits, from 1.
    pub revision: u32,
    /// When it was admitted.
    pub admitted: Time,
    /// When it is due; `None` when it waits for a slot that is not yet given.
    pub due: Option<Time>,
    /// How its `at` was written, with its zone.
    pub at_text: Option<String>,
    /// When it is no longer worth publishing.
    pub expires: Option<Time>,
    /// The beginning of its words, one line.
    pub excerpt: String,
    /// How many media files.
    pub media: u32,
    /// Things to know though they are no errors.
    pub warnings: Vec<String>,
    /// Its deliveries, in the order of the queue's accounts.
    pub deliveries: Vec<DeliveryView>,
}

/// The phases of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseName {
    /// Moves at a time.
    Waiting,
    /// Wants a permit.
    Ready,
    /// In a call.
    Calling,
    /// Moves when a person or an account moves it.
    Held,
    /// Done, one way or the other.
    Ended,
}

impl PhaseName {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            PhaseName::Waiting => "waiting",
            PhaseName::Ready => "ready",
            PhaseName::Calling => "calling",
            PhaseName::Held => "held",
            PhaseName::Ended => "ended",
        }
    }
}

/// One delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: String,
    /// Counts every change of this delivery; `If-Match` names it.
    pub revision: u64,
    /// Its phase.
    pub phase: PhaseName,
    /// Why it does not move now.
    pub hold: Option<HoldView>,
    /// Since when it is in this phase.
    pub since: Option<Time>,
    /// The step that is next or under way.
    pub step: Option<String>,
    /// Attempts so far.
    pub attempts: u32,
    /// What of it is live.
    pub live: Vec<LiveView>,
    /// How it ended.
    pub outcome: Option<OutcomeView>,
}

/// Why a delivery does not move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HoldView {
    /// The kind: `not-due`, `limit`, `unknown`, ...
    pub kind: String,
    /// In words.
    pub words: String,
    /// When it will move by itself; `None`: a person must do something.
    pub until: Option<Time>,
}

/// One thing that is live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LiveView {
    /// The platform's id; `None`: it is out, its id is not known.
    pub remote_id: Option<String>,
    /// Where people see it.
    pub permalink: Option<String>,
    /// Which part: `2 of 3`, or the recipient.
    pub part: Option<String>,
}

impl From<&Live> for LiveView {
    fn from(live: &Live) -> Self {
        Self {
            remote_id: live.remote_id.clone(),
            permalink: live.permalink.clone(),
            part: live.part.clone(),
        }
    }
}

/// The ways in which a delivery ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It is out, once.
    Published,
    /// The platform refused it for good.
    Refused,
    /// Tried as often as the table says.
    GaveUp,
    /// A person or a removed file cancelled it.
    Cancelled,
    /// Too late by the queue's rule, or expired.
    Skipped,
    /// Some of it is out and the rest will not be.
    Partial,
}

impl Ended {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Ended::Published => "published",
            Ended::Refused => "refused",
            Ended::GaveUp => "gave-up",
            Ended::Cancelled => "cancelled",
            Ended::Skipped => "skipped",
            Ended::Partial => "partial",
        }
    }
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeView {
    /// The way.
    pub ended: Ended,
    /// When.
    pub at: Option<Time>,
    /// Why, by whom, or a note.
    pub words: Option<String>,
}

impl OutcomeView {
    /// From the record; what is live is in [`DeliveryView::live`].
    pub fn new(outcome: &Outcome, at: Option<Time>) -> Self {
        let (ended, words) = match outcome {
            Outcome::Published { note, .. } => (Ended::Published, note.clone()),
            Outcome::Refused { why } => (Ended::Refused, Some(why.clone())),
            Outcome::GaveUp { why } => (Ended::GaveUp, Some(why.clone())),
            Outcome::Cancelled { by } => (Ended::Cancelled, Some(by.clone())),
            Outcome::Skipped { why } => (Ended::Skipped, Some(why.clone())),
            Outcome::Partial { why, .. } => (Ended::Partial, Some(why.clone())),
        };
        Self { ended, at, words }
    }
}

/// What a change is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The post: id, beginning of an id, or file name.
    pub post: String,
    /// Only the delivery to this account; `None`: all of the post for which it makes sense.
    pub account: Option<AccountName>,
    /// Every delivery that the change touches must still be at this revision, else `Moved`.
    pub if_revision: Option<u64>,
}

/// A person's word on an unknown outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "verdict", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
    /// It is out.
    Published {
        /// The platform's id, if the person found it.
        remote_id: Option<String>,
        /// Where it is seen.
        permalink: Option<String>,
    },
    /// It is not out; publish it (the late rule applies).
    NotPublished,
}

/// Why a post has not gone out, or went out late, delivery by delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Why {
    /// The post.
    pub post: String,
    /// Its file.
    pub file: String,
    /// Its queue.
    pub queue: String,
    /// When it is (or was) due.
    pub due: Option<Time>,
    /// Each delivery's chain.
    pub deliveries: Vec<WhyDelivery>,
}

/// One delivery's chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhyDelivery {
    /// The account.
    pub account: String,
    /// Its phase.
    pub phase: PhaseName,
    /// The whole in one sentence: what alerts say.
    pub summary: String,
    /// Link by link: the past first, then what must still happen.
    pub chain: Vec<WhyLink>,
}

/// One link of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhyLink {
    /// What holds (or held) it, in words.
    pub words: String,
    /// From when.
    pub since: Option<Time>,
    /// Until when; `None`: until somebody acts, or no end is known.
    pub until: Option<Time>,
    /// It is over.
    pub done: bool,
    /// What a person can do about it.
    pub help: Option<String>,
}

/// Every attempt of a post.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Transcript {
    /// The post.
    pub post: String,
    /// Oldest first.
    pub attempts: Vec<AttemptView>,
}

/// One attempt of one step, redacted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// The account.
    pub account: String,
    /// Its number in the delivery, from 1.
    pub number: u32,
    /// What was called, without host, query or secrets.
    pub call: String,
    /// Whether it was a commit step.
    pub commit: bool,
    /// When it was sent.
    pub sent: Time,
    /// When the answer came or was given up; `None`: still open.
    pub ended: Option<Time>,
    /// HTTP status or SMTP code.
    pub status: Option<u16>,
    /// The vendor's codes and trace id, in words.
    pub detail: Option<String>,
    /// What it was taken to mean.
    pub verdict: String,
}

impl AttemptView {
    /// From the record.
    pub fn new(account: &str, attempt: &Attempt) -> Self {
        Self {
            account: account.to_owned(),
            number: attempt.number,
            call: attempt.call.clone(),
            commit: attempt.commit,
            sent: attempt.sent.into(),
            ended: attempt.ended.map(Time),
            status: attempt.status,
            detail: attempt.detail.clone(),
            verdict: attempt.verdict.clone(),
        }
    }
}
