//! One life of the daemon after another: restore, decide, commit, act, until done or killed. Virtual time jumps.

mod person;
mod written;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crier::core::call::Answer;
use crier::core::delivery::{Open, Phase};
use crier::core::desk::{Action, ClaimResult, Desk, Input, NoticeKind, Send, Stage};
use crier::domain::account::{Connection, ConnectionStatus, Profile};
use crier::domain::id::{AccountName, DeliveryId, PostId};
use crier::domain::time::{Span, Timestamp};

use super::broken;
use super::outside::{Hush, Outside};
use super::state::{Deed, File, Place, Sim};

/// More steps than any honest life takes.
const STEPS: u32 = 6000;
/// More visits than any honest run needs.
const VISITS: u32 = 60;

/// Why a life ended.
pub enum Stop {
    Crash,
    Wrong(String),
}

/// What comes when: the answer to a call, and the silence that it asks for.
type Arrivals = BTreeMap<(Timestamp, u32), (Input, Option<Hush>)>;

type Go<T = ()> = Result<T, Stop>;

/// How a life went.
pub struct Lived {
    /// Crash points that it passed.
    pub points: u32,
    /// Whether it was killed.
    pub killed: bool,
}

struct Life<'a> {
    sim: &'a mut Sim,
    desk: Desk,
    inbox: VecDeque<Input>,
    arrivals: Arrivals,
    counter: u32,
    points: u32,
    /// What the state was at the last crash point.
    version: u64,
    kill_at: Option<u32>,
    dice: Option<(u64, u32)>,
    photos: Option<&'a mut Album>,
    /// Phases as they were written down.
    phases: BTreeMap<DeliveryId, Phase>,
    steps: u32,
}

/// Photos of the state at crash points, for other runs to begin from.
pub struct Album {
    /// Points from 1 up to this one.
    pub upto: u32,
    /// Which of those are wanted.
    pub chosen: Box<dyn Fn(u32) -> bool>,
    pub photos: Vec<(u32, Sim)>,
    /// Points beyond.
    pub cut: u32,
}

impl Album {
    fn wants(&mut self, n: u32) -> bool {
        self.cut += u32::from(n > self.upto);
        n <= self.upto && (self.chosen)(n)
    }
}

/// When a life is killed.
#[derive(Clone, Copy)]
pub enum Kill {
    Never,
    /// At this crash point, from 1.
    At(u32),
    /// At each with a chance of one in so many; the dice.
    Chance(u64, u32),
}

impl Sim {
    /// One life. With `photos` the state at each crash point is kept.
    pub fn live(&mut self, kill: Kill, photos: Option<&mut Album>) -> Result<Lived, String> {
        self.note(|| "start".into());
        self.read_config();
        let version = self.version;
        let desk = Desk::new(Arc::clone(&self.house));
        let (kill_at, dice) = match kill {
            Kill::Never => (None, None),
            Kill::At(n) => (Some(n), None),
            Kill::Chance(seed, of) => (None, Some((seed, of))),
        };
        let mut life = Life {
            sim: self,
            desk,
            inbox: VecDeque::new(),
            arrivals: BTreeMap::new(),
            counter: 0,
            points: 0,
            version,
            kill_at,
            dice,
            photos,
            phases: BTreeMap::new(),
            steps: 0,
        };
        match life.run() {
            Ok(()) => Ok(Lived {
                points: life.points,
                killed: false,
            }),
            Err(Stop::Crash) => {
                life.sim.note(|| "killed".into());
                Ok(Lived {
                    points: life.points,
                    killed: true,
                })
            }
            Err(Stop::Wrong(why)) => Err(why),
        }
    }

    /// Lives on to the end, through restarts that a broken rule forces.
    pub fn live_on(&mut self) -> Result<(), String> {
        for _ in 0..500 {
            if !self.live(Kill::Never, None)?.killed {
                return self.check_end();
            }
        }
        Err("it never ends".into())
    }
}

impl Life<'_> {
    fn run(&mut self) -> Go {
        // What was on its way while crier was down has arrived before anybody asks.
        if self.sim.outside.arrive(self.sim.true_now()) {
            self.sim.version += 1;
        }
        let mut records = self.sim.disk.load();
        for (id, record) in &records.deliveries {
            // An open call that is found at a start may have gone out or not: nobody knows.
            if matches!(
                record.phase,
                Phase::Calling {
                    open: Open::Commit(_),
                    ..
                }
            ) {
                self.sim.outside.unclear.insert(id.clone());
            }
            self.phases.insert(id.clone(), record.phase.clone());
        }
        broken::on_start(self.sim.rule, &mut records, self.sim.now);
        let house = broken::house(self.sim.rule, &self.sim.house, &self.sim.whole);
        let (desk, out, orphans) = Desk::restore(house, records, self.sim.now);
        self.desk = desk;
        if !orphans.is_empty() {
            return wrong(format!("orphans: {orphans:?}"));
        }
        self.apply(out)?;
        self.scan();
        self.drain()?;
        self.expect_visit();
        let house = Arc::clone(&self.sim.house);
        for name in house.accounts.keys() {
            if self
                .desk
                .account(name)
                .is_some_and(|a| a.connection.refused.is_some())
            {
                self.expect_refresh(name);
            }
        }
        while let Some(at) = self.next_moment() {
            self.steps += 1;
            if self.steps > STEPS {
                return wrong("it goes round in circles".into());
            }
            self.settled()?;
            self.sim.now = self.sim.now.max(at);
            self.happen()?;
            self.drain()?;
        }
        self.settled()
    }

    fn next_moment(&self) -> Option<Timestamp> {
        let offset = self.sim.offset;
        let late = self.sim.outside.late.iter().map(|l| l.at - offset).min();
        let script = self.sim.script.first().map(|(at, _)| *at);
        let arrival = self.arrivals.keys().next().map(|(at, _)| *at);
        let wake = self.desk.next_wake().filter(|at| *at < Timestamp::MAX);
        [late, script, arrival, wake].into_iter().flatten().min()
    }

    fn happen(&mut self) -> Go {
        let now = self.sim.now;
        if self.sim.outside.arrive(self.sim.true_now()) {
            self.sim.version += 1;
        }
        self.hear_fetches()?;
        self.check_effects()?;
        if let Some((&key, _)) = self.arrivals.iter().next().filter(|((at, _), _)| *at <= now) {
            let (input, hush) = self.arrivals.remove(&key).expect("it was just seen");
            return self.arrived(input, hush);
        }
        if self.sim.script.first().is_some_and(|(at, _)| *at <= now) {
            let (_, deed) = self.sim.script.remove(0);
            self.sim.version += 1;
            return self.do_deed(deed);
        }
        if self.desk.next_wake().is_some_and(|at| at <= now) {
            let out = self.desk.handle(Input::Tick, now);
            let idle = out.changes.is_empty() && out.actions.is_empty();
            if idle && self.desk.next_wake().is_some_and(|at| at <= now) {
                return wrong("a wake-up changes nothing and comes again at once".into());
            }
            self.sim.note(|| "tick".into());
            return self.apply(out);
        }
        Ok(())
    }

    fn arrived(&mut self, input: Input, hush: Option<Hush>) -> Go {
        let (of, present) = match &input {
            Input::Answered(id, n, _) => (Some((id.clone(), *n)), self.attempt_of(id)),
            _ => (None, None),
        };
        self.feed(broken::on_arrival(self.sim.rule, input, present))?;
        if let Some((id, attempt)) = &of {
            self.sim.outside.told(id, *attempt);
        }
        let account = of.map(|(id, _)| id.account);
        if let (Some(hush), Some(account)) = (hush, account) {
            let until = self.sim.now + hush.secs;
            self.sim.hush.insert((account, hush.of), until);
            self.sim.version += 1;
        }
        Ok(())
    }

    fn attempt_of(&self, id: &DeliveryId) -> Option<u32> {
        match self.phases.get(id)? {
            Phase::Calling { attempt, .. } => Some(*attempt),
            Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Held { .. } | Phase::Ended { .. } => None,
        }
    }

    fn drain(&mut self) -> Go {
        while let Some(input) = self.inbox.pop_front() {
            self.feed(input)?;
        }
        Ok(())
    }

    fn act(&mut self, actions: Vec<Action>) -> Go {
        for action in actions {
            match action {
                Action::Claim(id) => self.claim(id),
                Action::Reread(id) => {
                    if let Some(file) = self.sim.files.get(&id)
                        && self.sim.acceptable(&file.post)
                    {
                        self.inbox.push_back(Input::Edited(Box::new(file.post.clone())));
                    } else {
                        self.refuse(&id);
                    }
                }
                Action::Send(send) => self.send(*send)?,
                Action::Finish(id) => self.finish(id)?,
                Action::Tell(notice) => {
                    self.sim
                        .note(|| format!("    tell {:?} {}", notice.kind, notice.words));
                    match notice.kind {
                        NoticeKind::Held
                        | NoticeKind::Unknown
                        | NoticeKind::Late
                        | NoticeKind::Account
                        | NoticeKind::Frozen => {
                            self.expect_visit();
                        }
                        NoticeKind::Admitted
                        | NoticeKind::Edited
                        | NoticeKind::Started
                        | NoticeKind::Published
                        | NoticeKind::Failed
                        | NoticeKind::Cancelled
                        | NoticeKind::Skipped
                        | NoticeKind::Released
                        | NoticeKind::Retried
                        | NoticeKind::Resolved
                        | NoticeKind::Limited
                        | NoticeKind::Thawed => {}
                    }
                    if let (NoticeKind::Unknown, Some(id)) = (notice.kind, &notice.delivery) {
                        self.sim.unknown += 1;
                        if !self.sim.outside.unclear.contains(id) {
                            return wrong(format!("{id} is unknown without a reason: {}", notice.words));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// An edit that is refused: the file goes to `failed/`.
    fn refuse(&mut self, id: &PostId) {
        if let Some(file) = self.sim.files.get_mut(id) {
            file.place = Place::Removed;
            self.sim.version += 1;
        }
        self.inbox.push_back(Input::Removed(id.clone()));
    }

    fn claim(&mut self, id: PostId) {
        let known = self.desk.post(&id).map(|r| r.post.revision);
        let result = match self.sim.files.get_mut(&id) {
            None => ClaimResult::Gone,
            Some(file) => match file.place {
                Place::Removed | Place::Done => ClaimResult::Gone,
                Place::Sending => ClaimResult::Ours,
                Place::Waiting if known != Some(file.post.revision) => ClaimResult::Changed,
                Place::Waiting => {
                    self.sim.version += 1;
                    file.place = Place::Sending;
                    ClaimResult::Ours
                }
            },
        };
        self.inbox.push_back(Input::Claimed(id, result));
    }

    fn finish(&mut self, id: PostId) -> Go {
        let open = self
            .desk
            .deliveries_of_post(&id)
            .find(|look| !matches!(look.record.phase, Phase::Ended { .. }));
        if let Some(look) = open {
            return wrong(format!("{} is finished while {} is not over", id, look.id));
        }
        if let Some(file) = self.sim.files.get_mut(&id) {
            file.place = Place::Done;
            self.sim.version += 1;
        }
        self.inbox.push_back(Input::Finished(id));
        Ok(())
    }

    fn send(&mut self, send: Send) -> Go {
        let (id, attempt) = (send.delivery.clone(), send.attempt);
        self.sim.check_send(&send).map_err(Stop::Wrong)?;
        self.point()?;
        self.sim.note(|| {
            let commit = if send.commit { " COMMIT" } else { "" };
            format!("send {id}#{attempt}{commit} {}", send.step)
        });
        self.sim.version += 1;
        let came = self.sim.outside.call(&send, self.sim.true_now());
        self.sim.note(|| format!("     -> {}", short(&came.answer)));
        self.hear_fetches()?;
        self.check_effects()?;
        let input = Input::Answered(id.clone(), attempt, came.answer);
        self.arrive_at(self.sim.now + came.after, input.clone(), came.hush);
        if self.sim.echo {
            self.echo(&input);
        }
        self.point()
    }

    /// The same answer once more, much later: it must change nothing.
    fn echo(&mut self, input: &Input) {
        for after in [Span::secs(4), Span::secs(70)] {
            self.arrive_at(self.sim.now + after, input.clone(), None);
        }
    }

    fn arrive_at(&mut self, at: Timestamp, input: Input, hush: Option<Hush>) {
        self.counter += 1;
        self.arrivals.insert((at, self.counter), (input, hush));
    }

    /// A crash point.
    fn point(&mut self) -> Go {
        self.points += 1;
        // Where nothing changed since the point before, the two are one.
        let moved = self.version != self.sim.version;
        self.version = self.sim.version;
        if moved
            && let Some(album) = &mut self.photos
            && album.wants(self.points)
        {
            let mut photo = self.sim.clone();
            photo.outside.unheard += unheard(&self.arrivals, &self.phases);
            album.photos.push((self.points, photo));
        }
        let dice = self.dice.is_some_and(|(seed, of)| {
            super::plan::mix(seed, u64::from(self.points)).is_multiple_of(u64::from(of))
        });
        if dice || self.kill_at == Some(self.points) {
            self.sim.outside.unheard += unheard(&self.arrivals, &self.phases);
            return Err(Stop::Crash);
        }
        Ok(())
    }

    /// The spool is read: new files, changed files, files that are gone.
    fn scan(&mut self) {
        for (id, file) in &self.sim.files {
            let known = self.desk.post(id);
            match (file.place, known) {
                (Place::Waiting, None) => {
                    if self.sim.acceptable(&file.post) {
                        self.inbox.push_back(Input::Admit(Box::new(file.post.clone())));
                    }
                }
                (Place::Waiting, Some(r))
                    if r.post.revision != file.post.revision && self.sim.acceptable(&file.post) =>
                {
                    self.inbox.push_back(Input::Edited(Box::new(file.post.clone())));
                }
                (Place::Removed, Some(r)) if r.stage == Stage::Waiting => {
                    self.inbox.push_back(Input::Removed(id.clone()));
                }
                (Place::Waiting | Place::Sending | Place::Done | Place::Removed, _) => {}
            }
        }
    }

    /// Between two moments nothing may stand still for no reason.
    fn settled(&mut self) -> Go {
        let mut calling: BTreeSet<AccountName> = BTreeSet::new();
        let mut ready = None;
        for (id, phase) in &self.phases {
            match phase {
                Phase::Calling { attempt, .. } => {
                    let open = self.arrivals.values().any(
                        |(input, _)| matches!(input, Input::Answered(of, n, _) if of == id && n == attempt),
                    );
                    if !open {
                        return wrong(format!("{id} is calling, but nobody calls"));
                    }
                    calling.insert(id.account.clone());
                }
                Phase::Ready { .. } => ready = Some(id.clone()),
                Phase::Waiting { until, .. } => {
                    if self.desk.next_wake().is_none_or(|at| at > *until) {
                        return wrong(format!("{id} waits, but nobody wakes it"));
                    }
                }
                Phase::Held { .. } | Phase::Ended { .. } => {}
            }
        }
        match ready {
            Some(id) if !calling.contains(&id.account) => {
                wrong(format!("{id} is ready, but nothing moves it"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_effects(&mut self) -> Go {
        self.sim.check_effects().map_err(Stop::Wrong)
    }
}

/// Answers on their way that nobody will hear if crier dies now.
fn unheard(arrivals: &Arrivals, phases: &BTreeMap<DeliveryId, Phase>) -> u32 {
    let open = |(input, _): &&(Input, Option<Hush>)| {
        let Input::Answered(id, attempt, Answer::Answered(_)) = input else {
            return false;
        };
        matches!(phases.get(id), Some(Phase::Calling { attempt: now, .. }) if now == attempt)
    };
    u32::try_from(arrivals.values().filter(open).count()).unwrap_or(u32::MAX)
}

/// A working connection.
pub fn connection(outside: &Outside, account: &AccountName) -> Connection {
    Connection {
        status: ConnectionStatus::Connected,
        profile: Some(Profile {
            remote_id: outside.users.get(account).cloned().unwrap_or_default(),
            handle: account.to_string(),
            ..Profile::default()
        }),
        ..Connection::default()
    }
}

fn wrong<T>(why: String) -> Go<T> {
    Err(Stop::Wrong(why))
}

fn short(thing: &impl std::fmt::Debug) -> String {
    let text = format!("{thing:?}");
    match text.char_indices().nth(420) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
