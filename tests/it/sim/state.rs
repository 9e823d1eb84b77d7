//! What a crash leaves: the disk, the spool, the config, the vendors, and what will happen from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crier::core::delivery::{Doubt, Phase, Step};
use crier::core::desk::{DeliveryRecord, House, Scope, Send, Word};
use crier::domain::id::{AccountName, DeliveryId, PostId};
use crier::domain::post::{Expiry, Post};
use crier::domain::queue::OnUnknown;
use crier::domain::time::{Span, Timestamp};

use super::broken::Rule;
use super::disk::Disk;
use super::outside::Outside;

/// What happens from outside at a time.
#[derive(Clone, Debug)]
pub enum Deed {
    Drop(Box<Post>),
    Edit(Box<Post>),
    Remove(PostId),
    Word(DeliveryId, Word),
    Freeze(Scope),
    Thaw(Scope),
    /// The config is changed and reloaded; if crier is down then, its next start reads it.
    Reload(Arc<House>),
    /// The clock is set.
    Clock(Span),
    /// A person looks at what is held.
    Visit,
    /// The vendor takes the token away.
    Revoke(AccountName),
    /// The account posts by hand.
    ByHand(AccountName, String),
    /// Its token is a new one.
    Renewed(AccountName),
    /// Its token was refused, and is renewed.
    Refresh(AccountName),
    /// Its platform is asked how much of its quotas is used.
    AskQuota(AccountName),
    Prune,
}

/// Where a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Waiting,
    Sending,
    Done,
    Removed,
}

/// A file of the spool.
#[derive(Clone, Debug)]
pub struct File {
    pub post: Post,
    pub place: Place,
}

/// Everything that a crash leaves.
#[derive(Clone)]
pub struct Sim {
    /// The config in force.
    pub house: Arc<House>,
    /// The config with every account that there ever was: what a person puts back.
    pub whole: Arc<House>,
    pub outside: Outside,
    pub disk: Disk,
    pub files: BTreeMap<PostId, File>,
    pub now: Timestamp,
    /// Vendors' time is crier's and this.
    pub offset: Span,
    pub script: Vec<(Timestamp, Deed)>,
    pub due: BTreeMap<PostId, Timestamp>,
    /// Deliveries that a person let go although they are late.
    pub excused: BTreeSet<DeliveryId>,
    /// The config under which each commit was let go.
    pub let_go: BTreeMap<(DeliveryId, u32), Arc<House>>,
    /// Deliveries that are repeated because nobody could say, under `on_unknown = "retry"`: after which attempt.
    pub repeated: BTreeMap<DeliveryId, u32>,
    /// A person looks after this long.
    pub patience: Span,
    pub visits: u32,
    pub checked: usize,
    pub clock_set: bool,
    /// Crier was killed before it wrote down by how much the clock was set: nobody knows it then.
    pub step_lost: bool,
    pub rule: Option<Rule>,
    /// What the disk truly holds, when a rule is broken so that it lies.
    pub unsynced: Option<Disk>,
    /// Repeats old answers.
    pub echo: bool,
    /// The vendor wants to hear nothing before.
    pub hush: BTreeMap<(AccountName, Option<String>), Timestamp>,
    /// Holds that were seen, for the tally.
    pub unknown: u32,
    /// Counts all that changes here but the time.
    pub version: u64,
    pub trace: Option<Vec<String>>,
}

impl Sim {
    /// An empty state: everything is still to come.
    pub fn new(house: Arc<House>, outside: Outside, disk: Disk, now: Timestamp) -> Sim {
        Sim {
            whole: Arc::clone(&house),
            house,
            outside,
            disk,
            files: BTreeMap::new(),
            now,
            offset: Span::ZERO,
            script: Vec::new(),
            due: BTreeMap::new(),
            excused: BTreeSet::new(),
            let_go: BTreeMap::new(),
            repeated: BTreeMap::new(),
            patience: Span::mins(20),
            visits: 0,
            checked: 0,
            clock_set: false,
            step_lost: false,
            rule: None,
            unsynced: None,
            echo: false,
            hush: BTreeMap::new(),
            unknown: 0,
            version: 0,
            trace: None,
        }
    }

    pub fn true_now(&self) -> Timestamp {
        self.now + self.offset
    }

    pub fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{} {}", self.now.0 % 1_000_000_000, line()));
        }
    }

    pub fn plan(&mut self, at: Timestamp, deed: Deed) {
        self.version += 1;
        let place = self.script.partition_point(|(t, _)| *t <= at);
        self.script.insert(place, (at, deed));
    }

    /// Changes of the config that came while crier was down: a start reads what is there.
    pub fn read_config(&mut self) {
        let now = self.now;
        let (read, rest) = std::mem::take(&mut self.script)
            .into_iter()
            .partition(|(at, deed)| *at <= now && matches!(deed, Deed::Reload(_)));
        self.script = rest;
        let read: Vec<(Timestamp, Deed)> = read;
        for (_, deed) in read {
            if let Deed::Reload(house) = deed {
                self.house = house;
            }
        }
    }

    /// Whether a file would be accepted now: its accounts are declared.
    pub fn acceptable(&self, post: &Post) -> bool {
        let mut names = post.contents.keys();
        names.all(|name| self.house.accounts.contains_key(name))
    }

    /// When a post is over, if its file says so.
    pub fn expires(&self, post: &PostId) -> Option<Timestamp> {
        let file = self.files.get(post)?;
        Some(match file.post.when.expires? {
            Expiry::After(span) => *self.due.get(post)? + span,
            Expiry::At(at) => at,
        })
    }

    /// A call is let go: whatever its account is, it is declared, and its vendor has not asked for silence.
    pub fn check_send(&mut self, send: &Send) -> Result<(), String> {
        let (id, attempt) = (&send.delivery, send.attempt);
        let asked = |of: Option<&str>| {
            let key = (id.account.clone(), of.map(str::to_owned));
            self.hush.get(&key).is_some_and(|at| *at > self.now)
        };
        let quiet = asked(None) || asked(send.call.kind());
        if quiet && !self.clock_set {
            return Err(format!("{id} calls although its vendor asked for silence"));
        }
        if !self.house.accounts.contains_key(&id.account) {
            return Err(format!("{id} calls although its account is not declared"));
        }
        if send.commit {
            let house = Arc::clone(&self.house);
            let parts = self.parts(id);
            self.outside.parts.insert(id.clone(), parts);
            self.let_go.insert((id.clone(), attempt), house);
        }
        Ok(())
    }

    /// A delivery was written down. A blind repeat needs a reason and the config's word.
    pub fn check_written(&mut self, id: &DeliveryId, record: &DeliveryRecord) -> Result<(), String> {
        let Some(step) = step_of(&record.phase).filter(|s| s.doubt == Some(Doubt::Blind)) else {
            return Ok(());
        };
        if self.repeated.contains_key(id) {
            return Ok(());
        }
        let queue = self
            .files
            .get(&id.post)
            .and_then(|f| self.house.queues.get(&f.post.queue));
        if queue.is_none_or(|q| q.on_unknown != OnUnknown::Retry) {
            return Err(format!("{id} is repeated although its queue does not say so"));
        }
        if !self.outside.unclear.contains(id) {
            return Err(format!("{id} is repeated without a reason"));
        }
        self.repeated.insert(id.clone(), step.attempts);
        Ok(())
    }
}

fn step_of(phase: &Phase) -> Option<&Step> {
    match phase {
        Phase::Waiting { step, .. }
        | Phase::Ready { step }
        | Phase::Calling { step, .. }
        | Phase::Held { step, .. } => Some(step),
        Phase::Ended { .. } => None,
    }
}
