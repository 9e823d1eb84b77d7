//! The desk: all posts and deliveries, their accounts, limits and gates, as one pure machine.
//!
//! Takes an [`Input`], gives an [`Output`]: what to write down, durably, and then what to do. It does no IO
//! and reads no clock, so the engine's loop and the simulation drive the very same code. The order is the
//! promise: `changes` are committed before any of `actions` begins.

mod accounts;
mod asked;
mod claim;
mod clock;
mod full;
mod gate;
mod index;
mod intake;
mod login;
mod notice;
mod people;
mod posts;
mod records;
mod restore;
mod version;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::call::{Answer, Call};
use super::clocks::Clocks;
use super::delivery::{self, Ctx, Event, Phase, Rules, Settled};
use super::facts::{Counts, Facts, Quota, Shared};
use super::flow::{Job, Liveness};
use super::hook::PostNews;
use super::life::Refused;
use super::limit::{Ledger, Pacer, Row, Usage};
use super::platform::{Platform, QuotaReport};
use crate::domain::account::Connection;
use crate::domain::hold::Hold;
use crate::domain::id::{AccountName, AppName, DeliveryId, PostId, QueueName};
use crate::domain::post::Post;
use crate::domain::queue::Queue;
use crate::domain::receipt::Outcome;
use crate::domain::time::{Span, Timestamp};

/// A prune that forgets at least this much may have left more.
pub const PRUNE_MUCH: usize = 200;

pub use asked::Request;
pub use gate::Denial;
pub use index::OpenCounts;
pub use login::Proof;
pub use notice::{Notice, NoticeKind};
pub use records::{
    AccountRecord, Change, DeliveryRecord, EndedVersion, Freeze, FullCalls, PostRecord, Published,
    PublishedKey, Scope, Stage,
};
pub use restore::{Orphan, Records};
pub use version::Retired;
pub use view::{AccountLimits, DeliveryLook};

/// What the config says, as the desk needs it.
#[derive(Clone)]
pub struct House {
    /// Every declared account.
    pub accounts: BTreeMap<AccountName, AccountSpec>,
    /// Every declared queue.
    pub queues: BTreeMap<QueueName, Queue>,
    /// Finds a platform by its name, also for accounts that are no longer declared.
    pub platform: fn(&str) -> Option<&'static dyn Platform>,
}

/// By name: platforms print nothing.
impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House")
            .field("accounts", &self.accounts.keys())
            .field("queues", &self.queues.keys())
            .finish_non_exhaustive()
    }
}

/// One declared account.
#[derive(Clone)]
pub struct AccountSpec {
    /// Its platform.
    pub platform: &'static dyn Platform,
    /// The platform's numbers with the config's overrides.
    pub facts: Facts,
    /// The account's own settings.
    pub options: BTreeMap<String, String>,
    /// The app that it connects through, when it has one.
    pub app: Option<AppName>,
}

impl AccountSpec {
    /// Its numbers, with what its platform has told about it.
    pub fn facts_of(&self, connection: &Connection) -> Facts {
        match &connection.profile {
            Some(profile) => self.platform.facts_of(self.facts.clone(), &self.options, profile),
            None => self.facts.clone(),
        }
    }
}

/// One delivery in memory.
struct Delivery {
    record: DeliveryRecord,
    platform: &'static dyn Platform,
    job: Job,
    rules: Rules,
    /// What it would mean if the answer to its call refused the token.
    refused: Refused,
}

impl Delivery {
    /// What its job says of its phase.
    fn follow_phase(&mut self) {
        self.job.fetched = self.record.phase.step().is_some_and(delivery::Step::is_fetched);
    }

    fn ctx(&self, now: Timestamp) -> Ctx<'_> {
        Ctx {
            now,
            job: &self.job,
            platform: self.platform,
            rules: &self.rules,
            refused: self.refused,
        }
    }
}

/// Everything that can happen to the desk.
#[derive(Clone, Debug)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// Somebody set the clock by so much (negative: back), as a clock that nobody sets has shown.
    ClockSet(Span),
    /// A file was read and admitted.
    Admit(Box<Post>),
    /// A waiting file was changed and admitted again, under the same id.
    Edited(Box<Post>),
    /// A waiting file was taken away.
    Removed(PostId),
    /// The claim that was asked for.
    Claimed(PostId, ClaimResult),
    /// The wire's account of a call.
    Answered(DeliveryId, u32, Answer),
    /// A vendor fetches a file by the address that this commit of a delivery handed out; it gets it once that is durable.
    Fetched(DeliveryId, u32),
    /// A person about one delivery.
    Person(DeliveryId, Word),
    /// The file has been moved and its receipt written.
    Finished(PostId),
    /// An account's connection changed.
    Account(AccountName, Box<Connection>),
    /// What the cheap call that proves an account said.
    Proved(AccountName, Box<Proof>),
    /// A platform's clock, heard in an answer about the account that belongs to no delivery.
    Heard(AccountName, Clocks),
    /// An answer about the account that belongs to no delivery told that there is no room for calls of its kind.
    Full(AccountName, String, FullCalls),
    /// A vendor told something of a post of the account by itself.
    News(AccountName, PostNews),
    /// A platform has ended a version of its API, as an answer about the account says that belongs to no delivery.
    Retired(AccountName, Box<Retired>),
    /// A request of a person came to nothing, as its platform says.
    Undone(DeliveryId),
    /// A platform told its count.
    Quota(AccountName, Vec<QuotaReport>),
    /// Stop everything in a scope.
    Freeze(Freeze),
    /// Let a scope go again.
    Thaw(Scope),
    /// A new config.
    Config(Arc<House>),
    /// Forget what no window reaches, and finished posts older than the span.
    Prune(Span),
}

/// A person's word about a delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// End it.
    Cancel {
        /// Who.
        by: String,
    },
    /// Put it aside.
    Hold {
        /// Who and why.
        why: String,
    },
    /// Let it go on.
    Release,
    /// Try now.
    Retry,
    /// An unknown outcome is known.
    Resolve(Settled),
}

/// How a claim went.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimResult {
    /// The file lies in `sending/`; its content is fixed.
    Ours,
    /// It is gone: cancelled.
    Gone,
    /// It has changed since it was admitted: it is read again first.
    Changed,
    /// The disk would not; try later.
    Failed(String),
}

/// What the shell must do after the changes are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Move the file into `sending/` and say how it went.
    Claim(PostId),
    /// Read a changed file again.
    Reread(PostId),
    /// Make a call and say how it went.
    Send(Box<Send>),
    /// Move the file to `sent/` or `failed/`, write its receipt or why, say `Finished`.
    Finish(PostId),
    /// Tell whoever listens.
    Tell(Notice),
}

/// A call to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// For which delivery.
    pub delivery: DeliveryId,
    /// Which attempt.
    pub attempt: u32,
    /// When it was let go.
    pub sent: Timestamp,
    /// The call.
    pub call: Call,
    /// Whether it is a commit.
    pub commit: bool,
    /// The step's name, for transcripts.
    pub step: String,
}

/// What to write down, and then what to do.
#[derive(Debug, Default)]
pub struct Output {
    /// To be durable before anything else.
    pub changes: Vec<Change>,
    /// Then these, in order.
    pub actions: Vec<Action>,
}

/// The machine.
pub struct Desk {
    house: Arc<House>,
    posts: BTreeMap<PostId, PostRecord>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
    accounts: BTreeMap<AccountName, AccountRecord>,
    ledger: Ledger,
    pacer: Pacer,
    freezes: Vec<Freeze>,
    /// When the config was read last since the start.
    configured: Option<Timestamp>,
    published: BTreeMap<PublishedKey, Published>,
    wake: BTreeSet<(Timestamp, DeliveryId)>,
    ready: BTreeMap<AccountName, BTreeSet<(Timestamp, DeliveryId)>>,
    busy: BTreeMap<AccountName, DeliveryId>,
    claiming: BTreeSet<PostId>,
    closed: bool,
    touched: BTreeSet<DeliveryId>,
    /// When the late rule will speak about held deliveries.
    held_wake: BTreeMap<DeliveryId, Timestamp>,
    clock: clock::Watched,
    tally: index::Tally,
    /// Until when nobody is told again that a limit of this account is reached.
    told_full: BTreeMap<AccountName, Timestamp>,
}

impl Desk {
    /// An empty desk.
    pub fn new(house: Arc<House>) -> Self {
        Self {
            house,
            posts: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            accounts: BTreeMap::new(),
            ledger: Ledger::default(),
            pacer: Pacer::new(),
            freezes: Vec::new(),
            configured: None,
            published: BTreeMap::new(),
            wake: BTreeSet::new(),
            ready: BTreeMap::new(),
            busy: BTreeMap::new(),
            claiming: BTreeSet::new(),
            closed: false,
            touched: BTreeSet::new(),
            held_wake: BTreeMap::new(),
            clock: clock::Watched::default(),
            tally: index::Tally::default(),
            told_full: BTreeMap::new(),
        }
    }

    /// Grants nothing from now on: the daemon is stopping, and what is ready stays as it is.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The deliveries that moved since this was asked last.
    pub fn take_touched(&mut self) -> BTreeSet<DeliveryId> {
        std::mem::take(&mut self.touched)
    }

    /// The next instant at which a [`Input::Tick`] changes anything; `None`: nothing waits for time.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.wake.first().map(|(at, _)| *at)
    }

    /// Takes an input.
    pub fn handle(&mut self, input: Input, now: Timestamp) -> Output {
        let mut out = Output::default();
        self.watch_clock(now, &mut out);
        match input {
            Input::Tick => self.tick(now, &mut out),
            Input::ClockSet(by) => self.clock_set(by, &mut out),
            Input::Admit(post) => self.admit(*post, now, &mut out),
            Input::Edited(post) => self.edited(*post, now, &mut out),
            Input::Removed(post) => self.removed(&post, now, &mut out),
            Input::Claimed(post, result) => self.claimed(&post, result, now, &mut out),
            Input::Answered(id, attempt, answer) => self.answered(&id, attempt, answer, now, &mut out),
            Input::Fetched(id, attempt) => self.step(&id, Event::Fetched(attempt), now, &mut out),
            Input::Person(id, word) => self.person(&id, word, now, &mut out),
            Input::Finished(post) => self.finished(&post, now, &mut out),
            Input::Account(name, connection) => self.connection_told(&name, *connection, now, &mut out),
            Input::Proved(name, proof) => self.proved(&name, *proof, now, &mut out),
            Input::Heard(name, clocks) => self.hear_clock(&name, clocks, &mut out),
            Input::Full(name, kind, full) => self.calls_full(&name, &kind, full, now, &mut out),
            Input::News(name, news) => self.told_of_post(&name, &news, now, &mut out),
            Input::Retired(name, retired) => self.retired(&name, &retired, now, &mut out),
            Input::Undone(id) => self.take_back(&id, asked::ATTEMPT, &mut out),
            Input::Quota(name, reports) => self.quota_reported(&name, &reports, now),
            Input::Freeze(freeze) => self.freeze(freeze, &mut out),
            Input::Thaw(scope) => self.thaw(&scope, now, &mut out),
            Input::Config(house) => self.reconfigure(house, now, &mut out),
            Input::Prune(keep) => self.prune(keep, now, &mut out),
        }
        out
    }

    fn tick(&mut self, now: Timestamp, out: &mut Output) {
        let due: Vec<DeliveryId> = self
            .wake
            .iter()
            .take_while(|(at, _)| *at <= now)
            .map(|(_, id)| id.clone())
            .collect();
        for id in due {
            // Without its account's settings a delivery must not even be asked for its next call.
            let event = self
                .undeclared(&id)
                .filter(|_| self.is_waiting(&id))
                .map_or(Event::Tick, |hold| Event::AccountLost { hold });
            self.step(&id, event, now, out);
        }
        self.pump_all(now, out);
    }

    fn answered(&mut self, id: &DeliveryId, attempt: u32, answer: Answer, now: Timestamp, out: &mut Output) {
        let counts = match &answer {
            Answer::Answered(reply) => self.hear(id, attempt, reply, now, out),
            Answer::NotSent(_) | Answer::Lost(_) => Vec::new(),
        };
        self.weigh_refusal(id, now);
        let event = match answer {
            Answer::Answered(reply) => Event::Answered(attempt, reply),
            Answer::NotSent(trouble) => Event::NotSent(attempt, trouble),
            Answer::Lost(why) => Event::Lost(attempt, why),
        };
        self.step(id, event, now, out);
        // Afterwards: what a refused call counted against is taken back, and is not ours in what is told.
        self.quota_reported(&id.account, &counts, now);
        self.pump(&id.account, now, out);
    }

    /// One event into one delivery: decide, write down, follow up.
    fn step(&mut self, id: &DeliveryId, event: Event, now: Timestamp, out: &mut Output) {
        let Some(delivery) = self.deliveries.get_mut(id) else {
            return;
        };
        let before = delivery.record.phase.clone();
        let after = delivery::decide(before.clone(), event, delivery.ctx(now));
        if after == before {
            return;
        }
        if cfg!(debug_assertions)
            && let Err(broken) = delivery::check_transition(&before, &after, delivery.ctx(now))
        {
            // A contradiction in our own rules must stop a test run at once.
            panic!("{id}: {broken}\nbefore: {before:?}\nafter: {after:?}");
        }
        delivery.record.enter(after.clone(), now);
        delivery.follow_phase();
        self.index(id, &before, &after, now);
        self.follow(id, &before, &after, now, out);
        if let Some(delivery) = self.deliveries.get(id) {
            out.changes
                .push(Change::Delivery(id.clone(), Box::new(delivery.record.clone())));
        }
    }

    /// What a transition brings with it beyond the delivery itself.
    fn follow(&mut self, id: &DeliveryId, before: &Phase, after: &Phase, now: Timestamp, out: &mut Output) {
        if let Phase::Calling {
            attempt,
            open: delivery::Open::Commit(_),
            ..
        } = before
            && without_effect(after)
        {
            self.take_back(id, *attempt, out);
        }
        match after {
            Phase::Held { hold, .. } => self.on_held(id, hold, now, out),
            Phase::Waiting {
                until,
                hold: Hold::Limit(limit),
                ..
            } => {
                self.tell_of_limit(id, *until, limit, now, out);
                self.on_platform_limit(id, *until, limit, out);
            }
            Phase::Waiting {
                hold: Hold::Renewing { .. },
                ..
            } if matches!(before, Phase::Calling { .. }) => self.token_refused(&id.account, now, out),
            Phase::Ended { outcome } => self.on_ended(id, outcome, now, out),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } => {}
        }
    }

    /// Nothing came of an attempt: what it counted against is free again, but for limits that count all calls.
    fn take_back(&mut self, id: &DeliveryId, attempt: u32, out: &mut Output) {
        let quotas = self.quotas_of(&id.account);
        let calls = |limit: &str| {
            let mut quotas = quotas.iter();
            quotas.any(|q| q.name == limit && q.counts == Counts::Calls)
        };
        let rows = self.ledger.take_back(id, attempt, calls);
        out.changes.extend(rows.into_iter().map(Change::DropRow));
    }

    fn on_ended(&mut self, id: &DeliveryId, outcome: &Outcome, now: Timestamp, out: &mut Output) {
        out.actions.push(Action::Tell(Notice::of_end(id, outcome)));
        if !outcome_is_out(outcome) {
            self.forget_published(id, out);
        }
        self.finish_if_over(&id.post, now, out);
    }

    /// The deliveries of a post.
    fn of_post<'a>(&'a self, post: &'a PostId) -> impl Iterator<Item = (&'a DeliveryId, &'a Delivery)> {
        let from = DeliveryId {
            post: post.clone(),
            account: AccountName::first(),
        };
        self.deliveries
            .range(from..)
            .take_while(move |(id, _)| id.post == *post)
    }

    fn quotas_of(&self, account: &AccountName) -> Vec<Quota> {
        self.house
            .accounts
            .get(account)
            .map(|spec| spec.facts.quotas())
            .unwrap_or_default()
    }

    /// How full a limit is: of an account, or of all accounts that one purse pays for, or that one app publishes for.
    /// Accounts that are no longer declared count too: what they spent is spent.
    fn usage(&self, account: &AccountName, quota: &Quota, need: u32, now: Timestamp) -> Usage {
        let spec = |name: &AccountName| self.house.accounts.get(name);
        let app = |name: &AccountName| spec(name).map(|s| (s.platform.name(), s.app.as_ref()));
        let of_app = |name: &AccountName| app(name).is_none_or(|a| Some(a) == app(account));
        if quota.counts == Counts::Accounts {
            return self.ledger.usage_accounts(of_app, account, quota, now);
        }
        if quota.money.is_some() {
            let payer = |name: &AccountName| spec(name).map(|s| s.platform.name());
            let together = |name: &AccountName| payer(name).is_none_or(|p| Some(p) == payer(account));
            return self.ledger.usage_together(together, quota, need, now);
        }
        let own = self.ledger.usage(account, quota, need, now);
        match quota.shared {
            None => own,
            // What its platform told of one account may be stricter than what all have used.
            Some(Shared::App) => own.stricter(self.ledger.usage_together(of_app, quota, need, now)),
        }
    }

    fn live(delivery: &Delivery, step: &delivery::Step) -> Liveness {
        delivery
            .platform
            .live(&delivery.job, &step.state)
            .unwrap_or(Liveness::Nothing)
    }

    fn enter_rows(&mut self, rows: Vec<Row>, out: &mut Output) {
        for row in rows {
            self.ledger.enter(row.clone());
            out.changes.push(Change::Row(row));
        }
    }
}

/// Whether a commit that led here certainly had no effect: its ledger rows are taken back.
fn without_effect(after: &Phase) -> bool {
    match after {
        Phase::Waiting { hold, step, .. } | Phase::Held { hold, step } => {
            let said_no = match hold {
                Hold::Retry { .. }
                | Hold::Limit(_)
                | Hold::Renewing { .. }
                | Hold::Reauthorise { .. }
                | Hold::Account { .. }
                | Hold::Partial { .. } => true,
                Hold::NotDue
                | Hold::Spacing
                | Hold::Clock { .. }
                | Hold::Processing
                | Hold::Checking { .. }
                | Hold::Frozen { .. }
                | Hold::Unknown { .. }
                | Hold::TooLate
                | Hold::Duplicate { .. }
                | Hold::Person { .. }
                | Hold::CannotResume { .. } => false,
            };
            said_no && step.doubt.is_none()
        }
        Phase::Ended { outcome } => !outcome_is_out(outcome),
        Phase::Ready { .. } | Phase::Calling { .. } => false,
    }
}

/// Whether anything of it is live.
pub fn outcome_is_out(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Published { .. } | Outcome::Partial { .. } => true,
        Outcome::Refused { .. }
        | Outcome::GaveUp { .. }
        | Outcome::Cancelled { .. }
        | Outcome::Skipped { .. } => false,
    }
}
