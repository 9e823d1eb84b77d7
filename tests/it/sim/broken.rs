//! The test of the test: rules of crier, each broken on purpose, in the platform, the driver or the records.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crier::core::call::{Call, Reply};
use crier::core::delivery::{Doubt, Phase, Step, Wish};
use crier::core::desk::{Change, DeliveryRecord, House, Input, Output, Records};
use crier::core::facts::Facts;
use crier::core::flow::{Charge, Commit, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crier::core::login::Login;
use crier::core::offer::Offers;
use crier::core::platform::{Enquiries, Heard, HostSpec, OptionSpec, Platform, Saved, Unreadable};
use crier::domain::hold::Hold;
use crier::domain::post::Content;
use crier::domain::queue::OnUnknown;
use crier::domain::receipt::{Live, Outcome};
use crier::domain::time::{Span, Timestamp};

use super::scene;
use super::state::Sim;
use super::toy::GOOD_FOR;

/// A rule that is broken. The table in the module's words says which scenes catch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    ServerErrorIsNo,
    PublishIsQuiet,
    NotHeldUntilDue,
    OpenIsNotSent,
    ActFirst,
    GivingUpIsFailed,
    RefusalIsRefused,
    OneLook,
    NewestIsOurs,
    NoRow,
    TakenBackInDoubt,
    OldAnswerCounts,
    ThreadFromFirst,
    MailAgain,
    KeyTooLong,
    KeyAgeRestarts,
    NotSynced,
    LateIgnored,
    SpacingIgnored,
    DuplicateIgnored,
    SilenceIgnored,
    CancelInDoubt,
    DoubtForgotten,
    ExpiryIgnored,
    BlindAgain,
    UnknownRetried,
    ReloadIgnored,
    AccountStays,
    RowsForgotten,
    ClockIgnored,
    QuietIsFree,
}

thread_local! {
    static BROKEN: Cell<Option<Rule>> = const { Cell::new(None) };
}

/// Runs with a rule broken in this thread.
pub fn with<T>(rule: Option<Rule>, run: impl FnOnce() -> T) -> T {
    BROKEN.set(rule);
    let result = run();
    BROKEN.set(None);
    result
}

/// The platform of this name, as broken as this thread wants it.
pub fn platform(name: &str) -> Option<&'static dyn Platform> {
    static MADE: Mutex<BTreeMap<(Rule, String), &'static Broken>> = Mutex::new(BTreeMap::new());
    let inner = scene::honest(name)?;
    let Some(rule) = BROKEN.get() else {
        return Some(inner);
    };
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let broken = made
        .entry((rule, name.to_owned()))
        .or_insert_with(|| Box::leak(Box::new(Broken { inner, rule })));
    Some(*broken)
}

/// The house as a broken desk sees it; `whole` has every account there ever was.
pub fn house(rule: Option<Rule>, house: &Arc<House>, whole: &Arc<House>) -> Arc<House> {
    let Some(rule) = rule else {
        return Arc::clone(house);
    };
    let mut seen = House::clone(house);
    if rule == Rule::AccountStays {
        seen.accounts.clone_from(&whole.accounts);
        return Arc::new(seen);
    }
    for queue in seen.queues.values_mut() {
        match rule {
            Rule::LateIgnored => queue.late.within = Span::days(1000),
            Rule::SpacingIgnored => queue.spacing = Span::ZERO,
            Rule::DuplicateIgnored => queue.duplicate_window = Span::ZERO,
            Rule::UnknownRetried => queue.on_unknown = OnUnknown::Retry,
            _ => return Arc::clone(house),
        }
    }
    Arc::new(seen)
}

/// What a broken desk hears of a reload.
pub fn reloaded(rule: Option<Rule>, new: &Arc<House>, whole: &Arc<House>) -> Option<Arc<House>> {
    (rule != Some(Rule::ReloadIgnored)).then(|| house(rule, new, whole))
}

/// What a broken desk understands of a post.
pub fn on_input(rule: Option<Rule>, mut input: Input) -> Input {
    if rule == Some(Rule::ExpiryIgnored)
        && let Input::Admit(post) | Input::Edited(post) = &mut input
    {
        post.when.expires = None;
    }
    input
}

fn step_of(phase: &mut Phase) -> Option<&mut Step> {
    match phase {
        Phase::Waiting { step, .. }
        | Phase::Ready { step }
        | Phase::Calling { step, .. }
        | Phase::Held { step, .. } => Some(step),
        Phase::Ended { .. } => None,
    }
}

fn again(step: Step, now: Timestamp) -> Phase {
    Phase::Waiting {
        until: now,
        hold: Hold::NotDue,
        step,
    }
}

/// What a broken start makes of the records.
pub fn on_start(rule: Option<Rule>, records: &mut Records, now: Timestamp) {
    let Some(rule) = rule else { return };
    if rule == Rule::RowsForgotten {
        records.rows.clear();
    }
    if rule == Rule::TakenBackInDoubt {
        let mut in_doubt = Vec::new();
        for (id, record) in &mut records.deliveries {
            if matches!(record.phase, Phase::Calling { .. })
                || step_of(&mut record.phase).is_some_and(|s| s.doubt.is_some())
            {
                in_doubt.push(id.clone());
            }
        }
        records.rows.retain(|row| !in_doubt.contains(&row.delivery));
    }
    for (_, record) in &mut records.deliveries {
        spoil(rule, record, now);
    }
}

fn spoil(rule: Rule, record: &mut DeliveryRecord, now: Timestamp) {
    match (rule, &record.phase) {
        (Rule::OpenIsNotSent, Phase::Calling { step, .. }) => record.phase = again(step.clone(), now),
        (
            Rule::ThreadFromFirst,
            Phase::Waiting { step, .. } | Phase::Calling { step, .. } | Phase::Ready { step },
        ) if step.state.json.contains("\"live\":[{") => {
            let mut step = step.clone();
            step.state.json = r#"{"create":{"trail":{"live":[]},"children":[],"from":0}}"#.into();
            record.phase = again(step, now);
        }
        _ => {}
    }
    let Some(step) = step_of(&mut record.phase) else {
        return;
    };
    if rule == Rule::BlindAgain {
        step.blind = 0;
    }
    match (rule, &mut step.doubt) {
        (Rule::KeyAgeRestarts, Some(Doubt::Keyed { forgets_at, .. })) => {
            *forgets_at = now.after_secs(GOOD_FOR)
        }
        (Rule::DoubtForgotten, Some(Doubt::Looking | Doubt::SameId | Doubt::Keyed { .. })) => {
            step.doubt = None
        }
        _ => {}
    }
}

/// What a broken desk says. True: crier is killed right after, so that the records are the truth.
pub fn on_output(rule: Option<Rule>, out: &mut Output) -> bool {
    let Some(rule) = rule else { return false };
    if rule == Rule::NoRow {
        out.changes.retain(|c| !matches!(c, Change::Row(_)));
    }
    let mut again = false;
    for change in &mut out.changes {
        if let Change::Delivery(_, record) = change
            && let Some(outcome) = false_end(rule, &record.phase)
        {
            record.phase = Phase::Ended { outcome };
            again = true;
        }
    }
    again
}

fn false_end(rule: Rule, phase: &Phase) -> Option<Outcome> {
    let said = "broken".to_owned();
    let wishes = |step: &Step| step.doubt.is_some() && matches!(step.wish, Some(Wish::Cancel { .. }));
    match (rule, phase) {
        (
            Rule::GivingUpIsFailed,
            Phase::Held {
                hold: Hold::Unknown { why },
                ..
            },
        ) if why.contains("gave up") => Some(Outcome::GaveUp { why: said }),
        (
            Rule::RefusalIsRefused,
            Phase::Held {
                hold: Hold::Unknown { why },
                ..
            },
        ) if why.contains("now says") => Some(Outcome::Refused { why: said }),
        (Rule::CancelInDoubt, Phase::Held { step, .. } | Phase::Waiting { step, .. }) if wishes(step) => {
            Some(Outcome::Cancelled { by: said })
        }
        _ => None,
    }
}

/// An answer of an old attempt, taken for one of the present.
pub fn on_arrival(rule: Option<Rule>, input: Input, present: Option<u32>) -> Input {
    match (rule, input, present) {
        (Some(Rule::OldAnswerCounts), Input::Answered(id, _, answer), Some(n)) => {
            Input::Answered(id, n, answer)
        }
        (_, input, _) => input,
    }
}

/// A disk that said "written" too early.
pub fn on_crash(sim: &mut Sim) {
    if let Some(before) = sim.unsynced.take() {
        sim.disk = before;
    }
}

/// A platform that is broken in one place.
struct Broken {
    inner: &'static dyn Platform,
    rule: Rule,
}

impl Broken {
    fn commit(&self, job: &Job, commit: Commit<Saved>, now: Timestamp) -> Next<Saved> {
        let quiet = |commit: &Commit<Saved>| Next::Quiet(Quiet::new(commit.call().clone()));
        let (call, charges) = (commit.call().clone(), commit.charges().to_vec());
        match (self.rule, commit.if_lost()) {
            (Rule::PublishIsQuiet, _) if now >= job.due => quiet(&commit),
            (Rule::NotHeldUntilDue, _) if now < job.due => quiet(&commit),
            (Rule::MailAgain, IfLost::Never(Recourse::AskAPerson)) if matches!(call, Call::Mail(_)) => {
                Next::Commit(Commit::new(call, IfLost::SameId, charges))
            }
            (Rule::KeyTooLong, IfLost::SameKey { then, .. }) => {
                let good_for = GOOD_FOR * 10;
                let then = then.clone();
                Next::Commit(Commit::new(call, IfLost::SameKey { good_for, then }, charges))
            }
            _ => Next::Commit(commit),
        }
    }

    /// A look that believes too soon.
    fn look(&self, job: &Job, state: &Saved, reply: &Reply, now: Timestamp) -> Option<Verdict<Saved>> {
        let Reply::Http(http) = reply else { return None };
        let body = http.json()?;
        if !state.json.starts_with("{\"look\"") {
            return None;
        }
        match self.rule {
            Rule::OneLook if body["status"] == "FINISHED" => {
                Some(Verdict::NotOut(self.inner.settle(job, state, None, now).ok()?))
            }
            Rule::NewestIsOurs => {
                let live = Live {
                    remote_id: Some(body["data"][0]["id"].as_str()?.to_owned()),
                    permalink: None,
                    part: None,
                };
                Some(Verdict::Found(
                    self.inner.settle(job, state, Some(live), now).ok()?,
                ))
            }
            _ => None,
        }
    }
}

impl Platform for Broken {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn title(&self) -> &'static str {
        self.inner.title()
    }
    fn offers(&self) -> &'static Offers {
        self.inner.offers()
    }
    fn facts(&self) -> &'static Facts {
        self.inner.facts()
    }
    fn hosts(&self) -> &'static [HostSpec] {
        self.inner.hosts()
    }
    fn options(&self) -> &'static [OptionSpec] {
        self.inner.options()
    }
    fn login(&self) -> &'static dyn Login {
        self.inner.login()
    }
    fn enquiries(&self) -> &'static dyn Enquiries {
        self.inner.enquiries()
    }
    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        self.inner.check(content, facts, options)
    }
    fn charges(&self, content: &Content) -> Vec<Charge> {
        self.inner.charges(content)
    }
    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        self.inner.scopes_needed(content)
    }
    fn fixed(&self, job: &Job) -> Option<Content> {
        self.inner.fixed(job)
    }
    fn begin(&self, job: &Job) -> Saved {
        self.inner.begin(job)
    }
    fn next(&self, job: &Job, state: &Saved, now: Timestamp) -> Result<Next<Saved>, Unreadable> {
        Ok(match self.inner.next(job, state, now)? {
            Next::Commit(commit) => self.commit(job, commit, now),
            Next::Quiet(quiet) if self.rule == Rule::QuietIsFree => {
                Next::Quiet(Quiet::new(quiet.call().clone()))
            }
            other => other,
        })
    }
    fn absorb(
        &self,
        job: &Job,
        state: &Saved,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Verdict<Saved>, Unreadable> {
        if let Some(verdict) = self.look(job, state, reply, now) {
            return Ok(verdict);
        }
        let why = "broken".to_owned();
        match (self.rule, reply, self.inner.absorb(job, state, reply, now)?) {
            (Rule::ServerErrorIsNo, Reply::Http(http), _) if http.status >= 500 => Ok(Verdict::Retry { why }),
            (Rule::SilenceIgnored, _, Verdict::Limited { account_wide, .. }) => Ok(Verdict::Limited {
                secs: Some(1),
                why,
                account_wide,
            }),
            (_, _, verdict) => Ok(verdict),
        }
    }
    fn live(&self, job: &Job, state: &Saved) -> Result<Liveness, Unreadable> {
        self.inner.live(job, state)
    }
    fn pending(&self, state: &Saved) -> bool {
        self.inner.pending(state)
    }
    fn heard(&self, facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        let told = self.inner.heard(facts, reply, now).into_iter();
        let counts = |heard: &Heard| match heard {
            Heard::CallsFull { .. } => self.rule != Rule::SilenceIgnored,
            Heard::Quota(_)
            | Heard::FullUntil { .. }
            | Heard::Revoked { .. }
            | Heard::VersionEnded { .. } => true,
        };
        told.filter(counts).collect()
    }
    fn settle(
        &self,
        job: &Job,
        state: &Saved,
        found: Option<Live>,
        now: Timestamp,
    ) -> Result<Saved, Unreadable> {
        self.inner.settle(job, state, found, now)
    }
    fn step_name(&self, state: &Saved) -> String {
        self.inner.step_name(state)
    }
}
