//! The world outside crier: vendors, tokens, requests still on their way. It survives every crash, and it knows
//! the truth: every effect is noted when it happens.

use std::collections::{BTreeMap, BTreeSet};

use crier::core::call::{Answer, Auth, Call, HttpCall, HttpReply, MailCall, MailReply, Reply, TroubleKind};
use crier::core::desk::{AccountSpec, Send};
use crier::core::platform::{Enquiry, QuotaReport, Told as Said};
use crier::domain::account::Profile;
use crier::domain::id::{AccountName, DeliveryId};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::Exchange;
use crier::sandbox::faults::FaultKind;
use crier::sandbox::model::{Model, Spoil, WallPost};
use crier::sandbox::models::mail::{Auth as MailAuth, MailOutcome, MailPhase as Told};
use crier::sandbox::world::World;

mod came;

pub use came::reply_of;

use super::cast::{self, Cast};
use super::month;
use super::request::{self, Files};
use super::toy::{self, ToyServer};
use came::{answered, dated, lost, lower, not_sent, phase_of, quota_is_full, timeout};

/// An ordinary answer takes this long.
const LATENCY: Span = Span(300);
/// A mail's final dot is waited for this long.
const MAIL_TIMEOUT: Span = Span::mins(10);

/// One thing that was shown to the world.
#[derive(Clone, Debug)]
pub struct Effect {
    pub account: AccountName,
    /// What: the words of a part, `repost:ID`, or `mail:POST:RECIPIENT`.
    pub part: String,
    /// For which delivery.
    pub delivery: DeliveryId,
    /// When its call was let go, on crier's clock.
    pub sent: Timestamp,
    /// The vendor's id.
    pub id: String,
    /// Other ids that the vendor has for it.
    pub also: Vec<String>,
    /// By which attempt.
    pub attempt: u32,
}

/// What is new in the world: its account, its words, its ids.
type News = (String, String, Vec<String>);

/// Which call shows something.
#[derive(Clone, Debug)]
struct Shown {
    delivery: DeliveryId,
    sent: Timestamp,
    attempt: u32,
}

/// A request that reaches its server late.
#[derive(Clone, Debug)]
pub struct Late {
    pub at: Timestamp,
    pub send: Send,
}

/// A commit's calls that are delayed on their way.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// Which commit call, from 1.
    pub nth: u32,
    /// By how much.
    pub by: Span,
}

#[derive(Clone)]
pub struct Outside {
    pub world: World,
    pub toys: ToyServer,
    pub tokens: BTreeMap<AccountName, String>,
    /// Whose access was taken away, so that only a login helps.
    pub revoked: BTreeSet<AccountName>,
    pub users: BTreeMap<AccountName, String>,
    pub effects: Vec<Effect>,
    /// Posts of models that are noted already, or are not crier's; and how far each model had come.
    seen: BTreeSet<(&'static str, String)>,
    versions: BTreeMap<&'static str, u64>,
    /// How many letters and toys are noted already.
    noted: (usize, usize),
    pub late: Vec<Late>,
    pub slow: Option<Slow>,
    commits: u32,
    /// What each delivery with a commit shows.
    pub parts: BTreeMap<DeliveryId, Vec<String>>,
    /// The last commit of each delivery and its account: what shows later came from it.
    last: BTreeMap<AccountName, Vec<Shown>>,
    /// Deliveries of whose commit, or what came of it, crier may rightly not know.
    pub unclear: BTreeSet<DeliveryId>,
    /// Recipients of the last mail of a delivery.
    pub last_mail: BTreeMap<DeliveryId, Vec<String>>,
    /// Answers that faults kept from crier, or that came while it was dying: what they refused may be tried once more.
    pub unheard: u32,
    /// Refusals because of a quota: crier should have known.
    pub over_quota: u32,
    /// Others use the accounts' quotas too, as this says; then refusals are for whoever looks at `calls`.
    pub others: Option<Others>,
    /// When others published, and their words.
    pub others_at: Vec<(Timestamp, String)>,
    /// Up to which commit each delivery's addresses of media are closed.
    pub closed: BTreeMap<DeliveryId, u32>,
    /// Commits whose media were fetched, which crier has not heard yet.
    pub fetched: Vec<(DeliveryId, u32)>,
    /// With others: every call of an account that reached its vendor.
    pub calls: Vec<Heard>,
}

/// How somebody else publishes with an account.
pub type Others = fn(&mut World, &Cast, &str, &str, Timestamp);

/// A call as its vendor heard it.
#[derive(Clone, Debug)]
pub struct Heard {
    pub account: AccountName,
    /// For which delivery, by which attempt.
    pub of: (DeliveryId, u32),
    /// Crier has the answer.
    pub told: bool,
    /// The model's step.
    pub step: &'static str,
    /// In the vendor's time.
    pub at: Timestamp,
    pub status: u16,
    /// Refused because a limit is reached, though no fault struck.
    pub full: bool,
}

/// What a call came to.
pub struct Came {
    pub answer: Answer,
    pub after: Span,
    /// A 429 asked for silence.
    pub hush: Option<Hush>,
}

/// A silence that a 429 asks for.
#[derive(Clone, Debug)]
pub struct Hush {
    /// Of calls with this label; `None`: of the whole account.
    pub of: Option<String>,
    pub secs: Span,
}

impl Outside {
    pub fn new(seed: u64) -> Outside {
        let mut world = World::new(seed);
        for cast in cast::ALL {
            (cast.prepare)(&mut world);
        }
        Outside {
            world,
            toys: ToyServer::default(),
            tokens: BTreeMap::new(),
            revoked: BTreeSet::new(),
            users: BTreeMap::new(),
            effects: Vec::new(),
            seen: BTreeSet::new(),
            versions: BTreeMap::new(),
            noted: (0, 0),
            late: Vec::new(),
            slow: None,
            commits: 0,
            parts: BTreeMap::new(),
            last: BTreeMap::new(),
            unclear: BTreeSet::new(),
            last_mail: BTreeMap::new(),
            unheard: 0,
            over_quota: 0,
            others: None,
            others_at: Vec::new(),
            closed: BTreeMap::new(),
            fetched: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Logs an account in (again).
    pub fn connect(&mut self, account: &AccountName, now: Timestamp) {
        let cast = cast::of_account(account.as_str());
        let (token, user) = cast::log_in(&mut self.world, cast, account, now);
        self.users.insert(account.clone(), user);
        self.tokens.insert(account.clone(), token);
        self.revoked.remove(account);
    }

    /// The vendor takes the account's token away.
    pub fn revoke(&mut self, account: &AccountName, now: Timestamp) {
        let Some(token) = self.tokens.get(account) else {
            return;
        };
        self.revoked.insert(account.clone());
        let request = crier::sandbox::exchange::SandboxRequest::new("GET", "/").with_bearer(token);
        if let Some(model) = self.world.vendor_mut(cast::of_account(account.as_str()).platform) {
            model.spoil(&Spoil::RevokeToken, &request, now.0);
        }
    }

    /// Somebody else posts by hand with the same account.
    pub fn by_hand(&mut self, account: &AccountName, text: &str, now: Timestamp) {
        let cast = cast::of_account(account.as_str());
        match self.others {
            Some(others) => {
                others(&mut self.world, cast, account.as_str(), text, now);
                self.others_at.push((now, text.to_owned()));
                self.noted.0 = self.world.mail.messages().len();
            }
            None => {
                (cast.by_hand)(&mut self.world, account.as_str(), text, now.0);
            }
        }
        self.news(cast);
    }

    /// What was there before; a post of somebody else, to answer or quote: its id.
    pub fn before(&mut self, cast: &Cast, now: Timestamp) -> String {
        let id = (cast.before)(&mut self.world, cast.account(), now.0);
        self.news(cast);
        id
    }

    /// Makes a call. `now` is the vendor's time.
    pub fn call(&mut self, send: &Send, now: Timestamp) -> Came {
        if send.commit {
            self.commits += 1;
            if let Some(slow) = self.slow.filter(|s| s.nth == self.commits) {
                self.unclear.insert(send.delivery.clone());
                self.late.push(Late {
                    at: now + slow.by,
                    send: send.clone(),
                });
                return Came {
                    answer: Answer::Lost("no answer in time".into()),
                    after: timeout(&send.call),
                    hush: None,
                };
            }
        }
        let strikes = self.world.faults.strikes();
        let came = self.carry(send, now);
        let alone = || cast::of_account(send.delivery.account.as_str()).works_alone;
        if send.commit && self.world.faults.strikes() > strikes {
            self.unheard += 1;
        }
        if (send.commit || alone()) && self.world.faults.strikes() > strikes {
            self.unclear.insert(send.delivery.clone());
        }
        came
    }

    /// Requests that reach their server now; whether there were any.
    pub fn arrive(&mut self, now: Timestamp) -> bool {
        let (due, rest) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|l| l.at <= now);
        self.late = rest;
        let due: Vec<Late> = due;
        for late in &due {
            self.carry(&late.send, late.at);
        }
        !due.is_empty()
    }

    fn carry(&mut self, send: &Send, now: Timestamp) -> Came {
        if send.commit {
            let shown = Shown {
                delivery: send.delivery.clone(),
                sent: send.sent,
                attempt: send.attempt,
            };
            let last = self.last.entry(send.delivery.account.clone()).or_default();
            last.retain(|s| s.delivery != shown.delivery);
            last.push(shown);
        }
        let came = match &send.call {
            Call::Http(call) if call.label.starts_with("toy ") => dated(self.toy(send, call, now), now),
            Call::Http(call) => self.http(send, call, now),
            Call::Mail(mail) => self.mail(send, mail, now),
            Call::MailCheck => unreachable!("no delivery checks mail accounts"),
        };
        self.note(send);
        came
    }

    fn http(&mut self, send: &Send, call: &HttpCall, now: Timestamp) -> Came {
        let account = &send.delivery.account;
        let Some(token) = self.tokens.get(account) else {
            return not_sent(TroubleKind::NoToken);
        };
        let cast = cast::of_account(account.as_str());
        let mut request = request::of(call, &|_| token.clone());
        if call.auth == Auth::OAuth1 {
            // By a clock that is right: how wrong it may be is the vendor's and the wire's affair.
            let nonce = format!("{}-{}-{}", send.delivery, send.attempt, now.0);
            request = request::signed(request, token, &nonce, now);
        }
        let strikes = self.world.faults.strikes();
        let closed = self.closed.get(&send.delivery).copied().unwrap_or(0);
        let mut files = Files {
            closed: send.commit && send.attempt <= closed,
            fetched: false,
        };
        let exchange = self.world.http_to(cast.platform, &request, now.0, &mut files);
        if send.commit && files.fetched {
            self.fetched.push((send.delivery.clone(), send.attempt));
        }
        match exchange {
            Exchange::Reply(reply) => {
                let struck = self.world.faults.strikes() > strikes;
                if self.others.is_none() {
                    self.over_quota += u32::from(!struck && quota_is_full(&reply));
                } else {
                    let full = !struck && reply.status >= 400 && month::says_full(&reply);
                    let model = self.world.vendor(cast.platform);
                    self.calls.push(Heard {
                        account: account.clone(),
                        of: (send.delivery.clone(), send.attempt),
                        told: false,
                        step: model.map_or("", |m| m.step_of(&request)),
                        at: now,
                        status: reply.status,
                        full,
                    });
                }
                let mut came = answered(reply_of(reply));
                // x.md 6.1: limits are per endpoint.
                if let Some(hush) = came.hush.as_mut().filter(|_| cast.platform == "x") {
                    hush.of = Some(call.label.clone());
                }
                came
            }
            Exchange::Dropped { .. } => lost("the connection ended", LATENCY),
            Exchange::Hang { .. } => lost("no answer in time", call.timeout),
            Exchange::Truncated { reply, sent } => answered(HttpReply {
                status: reply.status,
                headers: lower(&reply),
                body: reply.body[..sent].to_vec(),
                truncated: true,
            }),
        }
    }

    /// Crier has the answer of this attempt, and has written down what it means.
    pub fn told(&mut self, id: &DeliveryId, attempt: u32) {
        for call in self.calls.iter_mut().rev().take(50) {
            call.told |= call.of.0 == *id && call.of.1 == attempt;
        }
    }

    /// What the account's platform says of its quotas; nothing where there is no such question.
    pub fn ask_quota(
        &mut self,
        account: &AccountName,
        spec: &AccountSpec,
        ours: Timestamp,
        now: Timestamp,
    ) -> Option<Vec<QuotaReport>> {
        let ctx = Enquiry {
            profile: Profile {
                remote_id: self.users.get(account).cloned().unwrap_or_default(),
                ..Profile::default()
            },
            scopes: Vec::new(),
            facts: spec.facts.clone(),
            options: spec.options.clone(),
            now: ours,
            of: None,
        };
        let enquiries = spec.platform.enquiries();
        let Call::Http(call) = enquiries.quota(&ctx)? else {
            return None;
        };
        let token = self.tokens.get(account)?.clone();
        let request = request::of(&call, &|_| token.clone());
        let platform = spec.platform.name();
        match self
            .world
            .http_to(platform, &request, now.0, &mut Files::default())
        {
            Exchange::Reply(reply) => match enquiries.read_quota(&ctx, &Reply::Http(reply_of(reply))) {
                Said::Yes(reports) => Some(reports),
                Said::Later(_)
                | Said::Reauthorise(_)
                | Said::Revoked(_)
                | Said::Blocked(_)
                | Said::Unsupported(_)
                | Said::No(_) => None,
            },
            Exchange::Dropped { .. } | Exchange::Hang { .. } | Exchange::Truncated { .. } => None,
        }
    }

    fn toy(&mut self, send: &Send, call: &HttpCall, now: Timestamp) -> Came {
        let account = send.delivery.account.as_str().to_owned();
        let step = if send.commit { "toy.create" } else { "toy.find" };
        let fault = self.world.faults.strike(step, "");
        let mut handle = || self.toys.handle(&account, call, now.0);
        match fault {
            None => answered(handle()),
            Some(FaultKind::LostBefore) => lost("the connection ended", LATENCY),
            Some(FaultKind::LostAfter) => {
                handle();
                lost("the connection ended", LATENCY)
            }
            Some(FaultKind::Hang { applied }) => {
                if applied {
                    handle();
                }
                lost("no answer in time", call.timeout)
            }
            Some(FaultKind::ServerErrorAfter { status }) => {
                handle();
                answered(toy::answer(status, serde_json::json!({})))
            }
            Some(FaultKind::ServerError { status }) => answered(toy::answer(status, serde_json::json!({}))),
            Some(FaultKind::Truncated) => {
                let mut reply = handle();
                reply.truncated = true;
                answered(reply)
            }
            Some(FaultKind::RateLimited { retry_after_s }) => {
                let mut reply = toy::answer(429, serde_json::json!({}));
                reply
                    .headers
                    .insert("retry-after".into(), retry_after_s.to_string());
                answered(reply)
            }
            Some(FaultKind::TokenExpired) => answered(toy::answer(401, serde_json::json!({}))),
            Some(_) => answered(toy::answer(400, serde_json::json!({}))),
        }
    }

    fn mail(&mut self, send: &Send, call: &MailCall, now: Timestamp) -> Came {
        let auth = MailAuth::Plain {
            user: "crier@sandbox.example".into(),
            password: "sandbox".into(),
        };
        let mail = &call.mail;
        let message = format!(
            "From: {}\r\nTo: {}\r\nDate: {}\r\nMessage-ID: {}\r\nSubject: {}\r\n\r\n{}\r\n",
            mail.from,
            mail.to.join(", "),
            mail.date.to_jiff().strftime("%a, %d %b %Y %H:%M:%S +0000"),
            mail.message_id,
            mail.subject,
            mail.text.replace('\n', "\r\n")
        );
        let strikes = self.world.faults.strikes();
        let outcome = self
            .world
            .transact(&call.from, &call.to, message.as_bytes(), &auth, now.0);
        if self.others.is_some() {
            let said = match &outcome {
                MailOutcome::Answered { reply, .. } => reply.as_str(),
                MailOutcome::Dropped { .. } | MailOutcome::Hang { .. } => "",
            };
            self.calls.push(Heard {
                account: send.delivery.account.clone(),
                of: (send.delivery.clone(), send.attempt),
                told: false,
                step: "mail",
                at: now,
                status: said.get(..3).and_then(|c| c.parse().ok()).unwrap_or(0),
                full: self.world.faults.strikes() == strikes && said.contains("limit exceeded"),
            });
        }
        match outcome {
            MailOutcome::Answered { phase, reply } => Came {
                answer: Answer::Answered(Reply::Mail(MailReply {
                    phase: phase_of(phase),
                    code: reply.get(..3).and_then(|c| c.parse().ok()).unwrap_or(0),
                    text: reply.get(4..).unwrap_or_default().to_owned(),
                    server: BTreeMap::new(),
                })),
                after: LATENCY,
                hush: None,
            },
            MailOutcome::Dropped { phase: Told::Dot, .. } => lost("dropped after the final dot", LATENCY),
            MailOutcome::Hang { phase: Told::Dot, .. } => lost("no answer to the final dot", MAIL_TIMEOUT),
            MailOutcome::Dropped { .. } | MailOutcome::Hang { .. } => not_sent(TroubleKind::Network),
        }
    }

    /// What this platform's model shows that was not there before.
    fn news(&mut self, cast: &Cast) -> Vec<News> {
        let Some(model) = self.world.vendor(cast.platform) else {
            return Vec::new();
        };
        let version = model.version();
        if self.versions.insert(cast.platform, version) == Some(version) {
            return Vec::new();
        }
        let mut new = model.posts();
        new.retain(|post| self.seen.insert((cast.platform, post.id.clone())));
        let noted = |post: WallPost| (post.username.clone(), cast::part(&post), cast::ids(&post));
        new.into_iter().map(noted).collect()
    }

    /// Writes down what is new in the world.
    fn note(&mut self, send: &Send) {
        let account = &send.delivery.account;
        let mut new = self.news(cast::of_account(account.as_str()));
        let (mails, toys) = self.noted;
        for mail in &self.world.mail.messages()[mails..] {
            let id = mail.message_id.clone().unwrap_or_default();
            for to in &mail.rcpts {
                // `<crier.POST.ACCOUNT.FIRST@DOMAIN>`
                let part = format!("mail:{}:{to}", id.split('.').nth(1).unwrap_or("nobody's"));
                new.push((account.to_string(), part, vec![mail.reply.clone()]));
            }
        }
        for post in &self.toys.posts[toys..] {
            new.push((post.account.clone(), post.text.clone(), vec![post.id.clone()]));
        }
        self.noted = (self.world.mail.messages().len(), self.toys.posts.len());
        self.show(new, Some(&send.delivery));
    }

    /// These effects come from the last commit of the delivery whose they are: of the one that calls, if it may be.
    fn show(&mut self, new: Vec<News>, caller: Option<&DeliveryId>) {
        for (account, part, mut ids) in new {
            let account = AccountName::new(account).unwrap();
            let commits = self.last.get(&account).map_or(&[][..], Vec::as_slice);
            let fits = |s: &&Shown| self.parts.get(&s.delivery).is_some_and(|p| p.contains(&part));
            let own = commits.iter().find(|s| Some(&s.delivery) == caller && fits(s));
            let Some(shown) = own
                .or_else(|| commits.iter().rev().find(fits))
                .or(commits.last())
                .cloned()
            else {
                panic!("{account} shows {part} although nothing was committed");
            };
            self.effects.push(Effect {
                account,
                part,
                delivery: shown.delivery,
                sent: shown.sent,
                id: ids.remove(0),
                also: ids,
                attempt: shown.attempt,
            });
        }
    }

    /// What the vendors of all accounts saw that must never be.
    pub fn violations(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self
            .tokens
            .keys()
            .map(|n| cast::of_account(n.as_str()).platform)
            .collect();
        let models = names.into_iter().filter_map(|name| self.world.vendor(name));
        let told = |model: &dyn Model| {
            let of = model.name();
            let all = model.violations().into_iter();
            all.map(move |what| format!("{of}: {what}")).collect::<Vec<_>>()
        };
        models.flat_map(told).collect()
    }

    /// The vendors of all accounts work on until now: what they publish by themselves is seen.
    pub fn work_until(&mut self, now: Timestamp) {
        let request = crier::sandbox::exchange::SandboxRequest::new("GET", "/");
        let accounts: Vec<AccountName> = self.tokens.keys().cloned().collect();
        for name in accounts {
            let cast = cast::of_account(name.as_str());
            if let Some(model) = self.world.vendor_mut(cast.platform) {
                model.answer(&request, now.0, &mut Files::default());
            }
            let new = self.news(cast);
            self.show(new, None);
        }
    }
}
