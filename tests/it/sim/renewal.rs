//! Renewals that use the refresh token up, killed at each point: before the mark on disk, before the call, after it,
//! after its answer, after that is written. The platforms' own calls and readings, `core::life`'s rules, and the
//! sandbox's models; the order of disk and call is that of `engine::accounts::refresh`.
//!
//! Nobody is disconnected but by a lost answer to a call that worked, and then the access token goes on to its end
//! and a person hears at once.

use crier::core::call::{Reply, SecretName};
use crier::core::life;
use crier::core::login::{LoginContext, LoginReading, RefreshRule, TokenSet};
use crier::domain::account::{Connection, ConnectionStatus};
use crier::domain::id::AccountName;
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::Exchange;
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::world::World;
use secrecy::ExposeSecret as _;

use super::cast::{self, Cast};
use super::outside::reply_of;
use super::plan::DOWN;
use super::request::{self, Files};
use super::scene::{self, START};

/// Where crier is killed, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Point {
    Mark,
    Send,
    Sent,
    Answered,
    Written,
}

const POINTS: [Option<Point>; 6] = [
    None,
    Some(Point::Mark),
    Some(Point::Send),
    Some(Point::Sent),
    Some(Point::Answered),
    Some(Point::Written),
];

/// One account and what is on the disk about it.
struct Account {
    cast: &'static Cast,
    world: World,
    now: Timestamp,
    set: TokenSet,
    connection: Connection,
    rule: RefreshRule,
    kill: Option<Point>,
    /// The vendor renewed, and nobody wrote down to what.
    lost: bool,
    told: bool,
}

/// Crier was killed.
struct Killed;

impl Account {
    fn new(cast: &'static Cast, log_in: fn(&mut World, &str, Timestamp) -> TokenSet) -> Account {
        let mut world = World::new(7);
        (cast.prepare)(&mut world);
        let set = log_in(&mut world, cast.account(), START);
        let login = scene::honest(cast.platform).unwrap().login();
        let ctx = context(cast);
        let rule = login.refresh_rule(&ctx.facts, &ctx.options).unwrap();
        let connection = Connection {
            status: ConnectionStatus::Connected,
            issued: Some(START),
            expires: set.expires,
            renewal_ends: set.refresh_expires,
            ..Connection::default()
        };
        Account {
            cast,
            world,
            now: START,
            set,
            connection,
            rule,
            kill: None,
            lost: false,
            told: false,
        }
    }

    fn point(&mut self, point: Point) -> Result<(), Killed> {
        match self.kill.take_if(|at| *at == point) {
            Some(_) => Err(Killed),
            None => Ok(()),
        }
    }

    /// The engine's timer, until this instant.
    fn live_until(&mut self, end: Timestamp) -> Result<(), Killed> {
        for _ in 0..10_000 {
            let begun = self.set.renewal_begun;
            let at = life::refresh_at(&self.connection, Some(self.rule), begun);
            let Some(at) = at.filter(|at| *at <= end) else {
                self.now = self.now.max(end);
                return Ok(());
            };
            self.now = self.now.max(at);
            self.renew(begun)?;
        }
        panic!("it renews for ever");
    }

    fn renew(&mut self, begun: Option<Timestamp>) -> Result<(), Killed> {
        self.point(Point::Mark)?;
        self.set.renewal_begun = begun.or(Some(self.now));
        self.point(Point::Send)?;
        let mut reading = LoginReading::Later("no answer".into());
        for _ in 0..life::RENEWAL_TRIES {
            let reply = self.ask();
            self.point(Point::Sent)?;
            if let Some(reply) = reply {
                let login = scene::honest(self.cast.platform).unwrap().login();
                reading = login.read_refresh(&context(self.cast), &reply, self.now);
                break;
            }
        }
        self.point(Point::Answered)?;
        self.write(reading, begun);
        self.point(Point::Written)
    }

    /// One call; nothing: no answer.
    fn ask(&mut self) -> Option<Reply> {
        let login = scene::honest(self.cast.platform).unwrap().login();
        let call = login.refresh_call(&context(self.cast)).unwrap();
        let set = self.set.clone();
        let request = request::of(&call, &move |name| secret(&set, name));
        let before = self.world.secrets().len();
        let exchange = self
            .world
            .http_to(self.cast.platform, &request, self.now.0, &mut Files);
        self.lost |= self.world.secrets().len() > before;
        match exchange {
            Exchange::Reply(reply) => Some(Reply::Http(reply_of(reply))),
            Exchange::Dropped { .. } | Exchange::Hang { .. } | Exchange::Truncated { .. } => None,
        }
    }

    fn write(&mut self, reading: LoginReading, begun: Option<Timestamp>) {
        let before = self.connection.clone();
        self.connection = match reading {
            LoginReading::Tokens(set) => {
                self.lost = false;
                self.set = self.set.merged(set);
                Connection {
                    status: ConnectionStatus::Connected,
                    reason: None,
                    issued: Some(self.now),
                    expires: self.set.expires,
                    renewal_ends: self.set.refresh_expires,
                    refresh_failures: 0,
                    refresh_after: None,
                    renewal_over: false,
                    ..before
                }
            }
            LoginReading::Dead(why) => {
                self.told = true;
                life::renewal_dead(&before, self.rule.rotating, begun, &why, self.now)
            }
            LoginReading::Inspected(_)
            | LoginReading::Chosen(..)
            | LoginReading::Later(_)
            | LoginReading::Blocked(_)
            | LoginReading::Profile(_)
            | LoginReading::Noted(_)
            | LoginReading::Skip => {
                let refresh_failures = before.refresh_failures + 1;
                Connection {
                    refresh_failures,
                    refresh_after: Some(self.now + life::backoff(refresh_failures)),
                    ..before
                }
            }
        };
    }

    fn check(&self) -> Result<(), String> {
        if self.set.access.is_none() || self.set.refresh.is_none() {
            return Err("the set became emptier".into());
        }
        let violations = self.world.violations();
        if !violations.is_empty() {
            return Err(format!("{violations:?}"));
        }
        let connection = &self.connection;
        if connection.renewal_over && !self.lost {
            return Err(format!(
                "disconnected without a lost answer: {:?}",
                connection.reason
            ));
        }
        if connection.renewal_over && !self.told {
            return Err("nobody was told".into());
        }
        let ends = connection.expires.is_some_and(|at| at > self.now);
        if connection.renewal_over && ends && !connection.status.usable() {
            return Err("its access token still works, and it is not used".into());
        }
        if !self.lost && connection.renewal_over {
            return Err("it does not renew itself any more".into());
        }
        Ok(())
    }
}

fn context(cast: &Cast) -> LoginContext {
    LoginContext {
        client_id: "sandbox-app".into(),
        redirect_uri: "http://127.0.0.1:8080/callback".into(),
        facts: scene::honest(cast.platform).unwrap().facts().clone(),
        options: Default::default(),
        profile: Default::default(),
        notes: Default::default(),
    }
}

fn secret(set: &TokenSet, name: SecretName) -> String {
    let token = |t: &Option<secrecy::SecretString>| t.as_ref().unwrap().expose_secret().to_owned();
    match name {
        SecretName::ClientId => "sandbox-app".into(),
        SecretName::ClientSecret => "sandbox-secret".into(),
        SecretName::AccessToken => token(&set.access),
        SecretName::RefreshToken => token(&set.refresh),
        other => panic!("a renewal has no {other:?}"),
    }
}

/// What can happen to the token call, and whether its answer is lost though it worked.
fn faults(step: &str) -> Vec<(&'static str, Vec<FaultRule>)> {
    let once = |kind| vec![FaultRule::once(step, kind)];
    let thrice = |kind| {
        vec![FaultRule {
            times: 3,
            ..FaultRule::once(step, kind)
        }]
    };
    vec![
        ("none", vec![]),
        ("lost-before", once(FaultKind::LostBefore)),
        ("lost-before-thrice", thrice(FaultKind::LostBefore)),
        ("lost-after", once(FaultKind::LostAfter)),
        ("hang", once(FaultKind::Hang { applied: false })),
        ("503", once(FaultKind::ServerError { status: 503 })),
        ("502-after", once(FaultKind::ServerErrorAfter { status: 502 })),
        ("503-thrice", thrice(FaultKind::ServerError { status: 503 })),
        ("429", once(FaultKind::RateLimited { retry_after_s: 60 })),
    ]
}

/// Two crashes at any two points of renewals, with any downtimes between; then two days.
fn run(
    cast: &'static Cast,
    kills: [Option<Point>; 2],
    downs: [Span; 2],
    rules: Vec<FaultRule>,
) -> Result<(), String> {
    let log_in = cast.renews.unwrap();
    let mut account = Account::new(cast, log_in);
    for rule in rules {
        account.world.faults.add(rule);
    }
    let day = Span::days(1);
    for (kill, down) in kills.into_iter().zip(downs) {
        account.kill = kill;
        let end = account.now + day;
        if account.live_until(end).is_err() {
            account.now = account.now + down;
        }
        account.check()?;
    }
    account.kill = None;
    let end = account.now + day + day;
    let _ = account.live_until(end);
    account.check()?;
    let fine = account.connection.status == ConnectionStatus::Connected;
    if account.lost == fine {
        return Err(format!(
            "lost: {}, but it is {:?}",
            account.lost, account.connection.status
        ));
    }
    let renewed = AccountName::new(cast.account()).unwrap();
    if fine && account.connection.expires.is_none_or(|at| at <= account.now) {
        return Err(format!("{renewed} was not renewed in time"));
    }
    Ok(())
}

/// All of them; how many.
pub fn every_renewal() -> Result<usize, String> {
    let mut runs = 0;
    for cast in cast::ALL.iter().filter(|c| c.renews.is_some()) {
        let step = format!("{}.token", cast.platform);
        for (name, rules) in faults(&step) {
            for first in POINTS {
                for second in POINTS {
                    // Each downtime once after each of the two.
                    let turned = runs;
                    for down in (0..DOWN.len()).map(|n| [DOWN[n], DOWN[(n + turned) % DOWN.len()]]) {
                        runs += 1;
                        run(cast, [first, second], down, rules.clone()).map_err(|why| {
                            format!("{}/{name}/{first:?}/{second:?}/{down:?}: {why}", cast.platform)
                        })?;
                    }
                }
            }
        }
    }
    Ok(runs)
}
