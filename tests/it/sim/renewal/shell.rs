//! Plays what `core::renewal` says, as the engine does: the disk, what is in use, the vendor, and crashes between.

use crier::core::call::{Reply, SecretName};
use crier::core::life;
use crier::core::login::{LoginContext, LoginReading, RefreshRule, TokenSet};
use crier::core::renewal::{self, Came, Do, End, Renewal};
use crier::domain::account::{Connection, ConnectionStatus};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::{Exchange, SandboxReply};
use crier::sandbox::world::World;
use secrecy::ExposeSecret as _;

use super::players::{self, Player};
use super::{Fault, Rule};
use crate::sim::outside::reply_of;
use crate::sim::request::{self, Files};
use crate::sim::scene::{self, START};

/// How old the first set is when a person renews it by hand.
const BY_HAND: Span = Span::mins(10);

/// Why a life ended early.
pub enum Stop {
    Killed,
    Wrong(String),
}

pub type Go<T = ()> = Result<T, Stop>;

/// The vendor did its work, and what it gave is not on the disk.
#[derive(Clone, Debug)]
pub struct Loss {
    pub at: Timestamp,
    /// When the access token in use ends, and by when people can have heard.
    pub expires: Option<Timestamp>,
    /// Downtimes since.
    pub down: Span,
    /// It did not come through, or crier was killed before it was on the disk: nothing could save it.
    pub excused: bool,
}

/// One account, its vendor, and the machine.
pub struct Account {
    pub player: &'static Player,
    pub fault: Fault,
    pub broken: Option<Rule>,
    pub world: World,
    pub now: Timestamp,
    pub rule: Option<RefreshRule>,
    /// On the disk. The set is nothing while it is being replaced wrongly.
    pub disk: (Option<TokenSet>, Connection),
    /// In use.
    pub set: TokenSet,
    pub connection: Connection,
    pub first: TokenSet,
    kill_at: u32,
    point: u32,
    calls: u32,
    writes: u32,
    pub renewals: usize,
    /// An answer that the vendor gave and that may not have come through.
    pub loss: Option<Loss>,
    pub revoked: bool,
    /// When a person renews it by hand, well before its time.
    by_hand: Option<Timestamp>,
    /// When a person heard that there is no way but a login, and whether the access token still worked.
    pub told: Option<(Timestamp, bool)>,
    /// What the vendor told last, as it came.
    last: Option<TokenSet>,
}

impl Account {
    pub fn new(player: &'static Player, fault: &Fault, broken: Option<Rule>) -> Account {
        let mut world = World::new(7);
        let set = (player.log_in)(&mut world, player.account, START);
        for rule in fault.rules.clone() {
            world.faults.add(rule);
        }
        let ctx = context(player);
        let login = scene::honest(player.platform).unwrap().login();
        let connection = Connection {
            status: ConnectionStatus::Connected,
            issued: Some(START),
            connected: Some(START),
            expires: set.expires,
            renewal_ends: set.refresh_expires,
            ..Connection::default()
        };
        let rule = login.refresh_rule(&ctx.facts, &ctx.options);
        let mut account = Account {
            player,
            fault: fault.clone(),
            broken,
            world,
            now: START,
            rule,
            disk: (Some(set.clone()), connection.clone()),
            first: set.clone(),
            set,
            connection,
            kill_at: 0,
            point: 0,
            calls: 0,
            writes: 0,
            renewals: 0,
            loss: None,
            revoked: false,
            by_hand: None,
            told: None,
            last: None,
        };
        account.by_hand = rule.filter(|r| r.rotating).map(|_| START + BY_HAND);
        account
    }

    pub fn unit(&self) -> Span {
        players::unit(&self.first, self.rule)
    }

    /// The next crash comes at this point, from now on; 0: never.
    pub fn begin(&mut self, kill: u32) {
        (self.kill_at, self.point) = (kill, 0);
    }

    pub fn passed(&self) -> u32 {
        self.point
    }

    /// What is on the disk is all that is left.
    pub fn crash(&mut self, down: Span) {
        self.now = self.now + down;
        if let Some(loss) = &mut self.loss {
            loss.down = Span(loss.down.0 + down.0);
            loss.excused = true;
        }
        self.set = self.disk.0.clone().unwrap_or_default();
        self.connection = self.disk.1.clone();
        let caught_up = renewal::caught_up(&self.connection, &self.set);
        if let Some(after) = caught_up.filter(|_| self.broken != Some(Rule::NotCaughtUp)) {
            self.connection = after;
        }
    }

    fn point(&mut self) -> Go {
        self.point += 1;
        self.in_use().map_err(Stop::Wrong)?;
        if self.point == self.kill_at {
            return Err(Stop::Killed);
        }
        Ok(())
    }

    /// The engine's timer, until this instant.
    pub fn live_until(&mut self, end: Timestamp) -> Go {
        for _ in 0..10_000 {
            self.turn();
            let begun = self
                .set
                .renewal_begun
                .filter(|_| self.broken != Some(Rule::NotAskedAgain));
            let renews = life::refresh_at(&self.connection, self.rule, begun);
            let turns = self.turns_at();
            let renews = [renews, self.by_hand].into_iter().flatten().min();
            let next = [renews, turns]
                .into_iter()
                .flatten()
                .filter(|at| *at <= end)
                .min();
            let Some(at) = next else {
                self.now = self.now.max(end);
                self.turn();
                return Ok(());
            };
            self.now = self.now.max(at);
            if renews.is_some_and(|at| at <= self.now) {
                self.by_hand = self.by_hand.filter(|at| *at > self.now);
                self.renew()?;
            }
        }
        Err(Stop::Wrong("it renews for ever".into()))
    }

    fn warn_secs(&self) -> i64 {
        let ctx = context(self.player);
        let login = scene::honest(self.player.platform).unwrap().login();
        login.warn_secs(&ctx.facts, &ctx.options)
    }

    /// When time alone changes the account.
    fn turns_at(&self) -> Option<Timestamp> {
        let expires = self
            .connection
            .expires
            .filter(|_| self.connection.status.usable())?;
        let warn = expires - Span::secs(self.warn_secs());
        [warn, expires].into_iter().find(|at| *at > self.now)
    }

    /// What time alone makes of it (`Engine::turn_accounts`).
    fn turn(&mut self) {
        let renewable = self.rule.is_some();
        let turned = life::turn(&self.connection, self.warn_secs(), self.rule, self.now);
        if let Some((status, why)) = turned {
            self.connection.status = status;
            self.connection.reason = Some(why);
            self.disk.1 = self.connection.clone();
            if !renewable && self.told.is_none() {
                self.told = Some((self.now, self.connection.expires.is_some_and(|at| at > self.now)));
            }
        }
    }

    fn renew(&mut self) -> Go {
        let set = TokenSet {
            renewal_begun: self.set.renewal_begun,
            ..self.set.clone()
        };
        let (mut renewal, mut then) = Renewal::begin(set, self.connection.clone(), self.rule, self.now);
        loop {
            self.point()?;
            let came = match then {
                Do::Write(set) => self.write(set)?,
                Do::Ask => self.ask()?,
                Do::Pause(span) if self.broken == Some(Rule::GivenUp) => {
                    return self.end(End::NoDisk(span.to_string()));
                }
                Do::Pause(span) => {
                    self.now = self.now + span;
                    Came::Waited
                }
                Do::End(end) => return self.end(end),
            };
            then = renewal.came(came, self.now);
        }
    }

    /// Durable first, then in use.
    fn write(&mut self, set: TokenSet) -> Go<Came> {
        self.writes += 1;
        if self.fault.full.contains(&self.writes) {
            return Ok(Came::NotWritten("the disk is full".into()));
        }
        let marks = set.renewal_begun.is_some();
        let set = match (self.broken, &self.last) {
            (Some(Rule::NotMarked), _) if marks => return Ok(Came::Written),
            (Some(Rule::Emptier), Some(told)) if !marks => told.clone(),
            _ => set,
        };
        if self.broken == Some(Rule::UsedFirst) {
            self.set = set.clone();
            self.point()?;
        }
        if self.broken == Some(Rule::Overwritten) {
            self.disk.0 = None;
            self.point()?;
        }
        self.disk.0 = Some(set.clone());
        if !marks {
            self.came_through(&set);
        }
        self.set_in_use(set)
    }

    fn set_in_use(&mut self, set: TokenSet) -> Go<Came> {
        self.set = set;
        self.point()?;
        Ok(Came::Written)
    }

    /// The last answer of the vendor is on the disk.
    fn came_through(&mut self, set: &TokenSet) {
        let word = |set: &TokenSet| set.access.as_ref().map(|t| t.expose_secret().to_owned());
        if self.last.as_ref().is_some_and(|told| word(told) == word(set)) {
            self.loss = None;
        }
    }

    fn ask(&mut self) -> Go<Came> {
        self.calls += 1;
        if self.fault.revoked == Some(self.calls) {
            let model = self.world.vendor_mut(self.player.platform).unwrap();
            assert!(model.remove_app(self.player.account, self.now.0), "nobody there");
            self.revoked = true;
        }
        if self.fault.not_sent.contains(&self.calls) {
            if self.broken == Some(Rule::Unmarked) {
                self.set.renewal_begun = None;
                self.disk.0 = Some(self.set.clone());
            }
            return Ok(Came::NotSent("no route to host".into()));
        }
        let set = self.set.clone();
        let (exchange, renewed) = call(&mut self.world, self.player, &set, self.now);
        if renewed {
            self.renewals += 1;
            self.loss.get_or_insert(Loss {
                at: self.now,
                expires: self.connection.expires,
                down: Span::ZERO,
                excused: false,
            });
        }
        self.point()?;
        let whole = match &exchange {
            Exchange::Reply(reply) => reply.status < 500 && !self.fault.garbage.contains(&self.calls),
            Exchange::Truncated { .. } | Exchange::Dropped { .. } | Exchange::Hang { .. } => false,
        };
        if let Some(loss) = &mut self.loss {
            loss.excused |= !whole;
        }
        let reply = match exchange {
            Exchange::Reply(_) if self.fault.garbage.contains(&self.calls) => {
                SandboxReply::html(200, "<html>at your service</html>".to_owned())
            }
            Exchange::Reply(reply) => reply,
            Exchange::Truncated { mut reply, sent } => {
                reply.body.truncate(sent);
                reply
            }
            Exchange::Dropped { .. } | Exchange::Hang { .. } => return Ok(Came::Lost("no answer".into())),
        };
        let reading = self.read(reply);
        self.point()?;
        Ok(Came::Answered(reading))
    }

    fn read(&mut self, reply: SandboxReply) -> LoginReading {
        let login = scene::honest(self.player.platform).unwrap().login();
        let reply = Reply::Http(reply_of(reply));
        let reading = login.read_refresh(&context(self.player), &reply, self.now);
        match reading {
            LoginReading::Tokens(set) => {
                self.last = Some(set.clone());
                LoginReading::Tokens(set)
            }
            LoginReading::Later(why) if self.broken == Some(Rule::HiccupIsFinal) => LoginReading::Dead(why),
            other => other,
        }
    }

    fn end(&mut self, end: End) -> Go {
        let after = match end {
            End::Renewed(after) => *after,
            End::NotYet { after, .. } => *after,
            End::Dead(after) => {
                let works = after.status.usable() && after.expires.is_some_and(|at| at > self.now);
                self.told.get_or_insert((self.now, works));
                *after
            }
            // The engine's loop asks again when its timer does; a disk that stays full is the store's matter.
            End::NoDisk(_) => {
                self.now = self.now + Span::secs(10);
                return Ok(());
            }
        };
        self.connection = after;
        self.point()?;
        self.disk.1 = self.connection.clone();
        self.point()
    }
}

/// The refresh call with this set; whether it renewed.
pub fn call(world: &mut World, player: &Player, set: &TokenSet, now: Timestamp) -> (Exchange, bool) {
    let login = scene::honest(player.platform).unwrap().login();
    let call = login.refresh_call(&context(player)).unwrap();
    let request = request::of(&call, &|name| secret(set, name));
    let before = world.secrets().len();
    let exchange = world.http_to(player.platform, &request, now.0, &mut Files::default());
    (exchange, world.secrets().len() > before)
}

pub fn context(player: &Player) -> LoginContext {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    LoginContext {
        client_id: "sandbox-app".into(),
        redirect_uri: "http://127.0.0.1:8080/callback".into(),
        facts: scene::honest(player.platform).unwrap().facts().clone(),
        options: player.options.iter().map(own).collect(),
        profile: Default::default(),
        notes: Default::default(),
    }
}

fn secret(set: &TokenSet, name: SecretName) -> String {
    let token = |t: &Option<secrecy::SecretString>| {
        let token = t.as_ref().map(|t| t.expose_secret().to_owned());
        token.unwrap_or_default()
    };
    match name {
        SecretName::ClientId => "sandbox-app".into(),
        SecretName::ClientSecret => "sandbox-secret".into(),
        SecretName::AccessToken => token(&set.access),
        SecretName::RefreshToken => token(&set.refresh),
        other => panic!("a renewal has no {other:?}"),
    }
}
