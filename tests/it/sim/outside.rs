//! The world outside crier: vendors, tokens, requests still on their way. It survives every crash, and it knows
//! the truth: every effect is noted when it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use bytes::Bytes;
use crier::core::call::{
    Answer, Auth, Body, Call, HttpCall, HttpReply, MailCall, MailPhase, MailReply, Method, Reply, Trouble,
    TroubleKind, Value,
};
use crier::core::desk::Send;
use crier::domain::id::{AccountName, DeliveryId};
use crier::domain::time::{Span, Timestamp};
use crier::sandbox::exchange::{Exchange, SandboxRequest};
use crier::sandbox::faults::FaultKind;
use crier::sandbox::models::mail::{Auth as MailAuth, MailOutcome, MailPhase as Told};
use crier::sandbox::models::threads::{Kind, Republish};
use crier::sandbox::world::World;

use super::toy::{self, ToyServer};

/// An ordinary answer takes this long.
const LATENCY: Span = Span(300);
/// A mail's final dot is waited for this long.
const MAIL_TIMEOUT: Span = Span::mins(10);

static PICTURE: LazyLock<Bytes> = LazyLock::new(|| media("tiny-200.jpg"));
static VIDEO: LazyLock<Bytes> = LazyLock::new(|| media("silent-square-3s.mp4"));

fn media(name: &str) -> Bytes {
    let path = format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap().into()
}

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
    /// By which attempt.
    pub attempt: u32,
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
    pub users: BTreeMap<AccountName, String>,
    pub effects: Vec<Effect>,
    /// How many effects of each kind were written by hand or are noted already.
    noted: (usize, usize, usize),
    pub late: Vec<Late>,
    pub slow: Option<Slow>,
    commits: u32,
    /// Deliveries with a commit whose answer crier may rightly not have understood.
    pub unclear: BTreeSet<DeliveryId>,
    /// Recipients of the last mail of a delivery.
    pub last_mail: BTreeMap<DeliveryId, Vec<String>>,
    /// Refusals because of a quota: crier should have known.
    pub over_quota: u32,
}

/// What a call came to.
pub struct Came {
    pub answer: Answer,
    pub after: Span,
    /// A 429 asked for this long a silence.
    pub hush: Option<Span>,
}

impl Outside {
    pub fn new(seed: u64) -> Outside {
        let mut world = World::new(seed);
        world.threads.settings.republish = Republish::SecondPost;
        world.mail.settings.recipients.clear();
        for n in 0..3 {
            world.threads.put_media(&url(n), PICTURE.clone());
        }
        world.threads.put_media(&url(3), VIDEO.clone());
        Outside {
            world,
            toys: ToyServer::default(),
            tokens: BTreeMap::new(),
            users: BTreeMap::new(),
            effects: Vec::new(),
            noted: (0, 0, 0),
            late: Vec::new(),
            slow: None,
            commits: 0,
            unclear: BTreeSet::new(),
            last_mail: BTreeMap::new(),
            over_quota: 0,
        }
    }

    /// Logs an account in (again).
    pub fn connect(&mut self, account: &AccountName, platform: &str, now: Timestamp) {
        let token = match platform {
            "threads" => {
                let id = self.world.threads.add_account(account.as_str());
                self.users.insert(account.clone(), id);
                self.world.threads.with_account(account.as_str(), now.0)
            }
            _ => format!("token-{}", now.0),
        };
        self.tokens.insert(account.clone(), token);
    }

    /// Somebody else posts by hand with the same account.
    pub fn by_hand(&mut self, account: &AccountName, text: &str, now: Timestamp) {
        self.world.threads.seed_post(account.as_str(), text, None, now.0);
        self.noted.0 = self.world.threads.published().len();
    }

    /// A post of somebody else, to answer or quote; its id.
    pub fn by_someone(&mut self, now: Timestamp) -> String {
        let id = self.world.threads.seed_post("someone", "a post", None, now.0);
        self.noted.0 = self.world.threads.published().len();
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
        if send.commit && self.world.faults.strikes() > strikes {
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
        let came = match &send.call {
            Call::Http(call) if call.label.starts_with("toy ") => self.toy(send, call, now),
            Call::Http(call) => self.http(send, call, now),
            Call::Mail(mail) => self.mail(mail, now),
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
        let request = request(call, token);
        match self.world.http(&request, now.0) {
            Exchange::Reply(reply) => {
                let body = String::from_utf8_lossy(&reply.body);
                if reply.status == 403 && body.contains("request limit reached") {
                    self.over_quota += 1;
                }
                answered(HttpReply {
                    status: reply.status,
                    headers: reply
                        .headers
                        .iter()
                        .map(|(k, v)| (k.to_lowercase(), v.clone()))
                        .collect(),
                    body: reply.body,
                    truncated: false,
                })
            }
            Exchange::Dropped { .. } => lost("the connection ended", LATENCY),
            Exchange::Hang { .. } => lost("no answer in time", call.timeout),
            Exchange::Truncated { reply, sent } => answered(HttpReply {
                status: reply.status,
                headers: BTreeMap::new(),
                body: reply.body[..sent].to_vec(),
                truncated: true,
            }),
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

    fn mail(&mut self, call: &MailCall, now: Timestamp) -> Came {
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
        let outcome = self
            .world
            .transact(&call.from, &call.to, message.as_bytes(), &auth, now.0);
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

    /// Writes down what is new in the world.
    fn note(&mut self, send: &Send) {
        let sent = send.sent;
        let (a, b, c) = self.noted;
        let mut new = Vec::new();
        for post in &self.world.threads.published()[a..] {
            let part = match post.kind {
                Kind::Repost => format!("repost:{}", post.repost_of.clone().unwrap_or_default()),
                Kind::Text | Kind::Image | Kind::Video | Kind::Carousel => post.text.clone(),
            };
            new.push((post.username.clone(), part, post.id.clone()));
        }
        for mail in &self.world.mail.messages()[b..] {
            let id = mail.message_id.clone().unwrap_or_default();
            for to in &mail.rcpts {
                // `<crier.POST.ACCOUNT.FIRST@DOMAIN>`
                let part = format!("mail:{}:{to}", id.split('.').nth(1).unwrap_or("nobody's"));
                new.push((send.delivery.account.to_string(), part, mail.reply.clone()));
            }
        }
        for post in &self.toys.posts[c..] {
            new.push((post.account.clone(), post.text.clone(), post.id.clone()));
        }
        self.noted = (
            self.world.threads.published().len(),
            self.world.mail.messages().len(),
            self.toys.posts.len(),
        );
        self.effects
            .extend(new.into_iter().map(|(account, part, id)| Effect {
                account: AccountName::new(account).unwrap(),
                part,
                delivery: send.delivery.clone(),
                sent,
                id,
                attempt: send.attempt,
            }));
    }
}

fn url(n: u32) -> String {
    format!("https://media.example/{n}")
}

fn request(call: &HttpCall, token: &str) -> SandboxRequest {
    let value = |v: &Value| match v {
        Value::Text(text) => text.clone(),
        Value::MediaUrl(id) => url(id.0),
        Value::Secret(_) => token.to_owned(),
    };
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let mut request = SandboxRequest::new(method, &call.path);
    for (k, v) in &call.query {
        request = request.with_query(k, &value(v));
    }
    if call.auth == Auth::Bearer {
        request = request.with_bearer(token);
    }
    if let Body::Form(fields) = &call.body {
        let pairs: Vec<(&str, String)> = fields.iter().map(|(k, v)| (k.as_str(), value(v))).collect();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (*k, v.as_str())).collect();
        request = request.with_form(&pairs);
    }
    request
}

fn phase_of(phase: Told) -> MailPhase {
    match phase {
        Told::Connect => MailPhase::Connect,
        Told::Ehlo | Told::StartTls => MailPhase::Hello,
        Told::Auth => MailPhase::Auth,
        Told::Mail => MailPhase::Sender,
        Told::Rcpt => MailPhase::Recipient,
        Told::Data => MailPhase::Data,
        Told::Dot => MailPhase::Body,
    }
}

fn timeout(call: &Call) -> Span {
    match call {
        Call::Http(http) => http.timeout,
        Call::Mail(_) | Call::MailCheck => MAIL_TIMEOUT,
    }
}

fn answered(reply: HttpReply) -> Came {
    let hush = (reply.status == 429)
        .then(|| reply.retry_after_secs().map(Span::secs))
        .flatten();
    Came {
        answer: Answer::Answered(Reply::Http(reply)),
        after: LATENCY,
        hush,
    }
}

fn lost(why: &str, after: Span) -> Came {
    Came {
        answer: Answer::Lost(why.into()),
        after,
        hush: None,
    }
}

fn not_sent(kind: TroubleKind) -> Came {
    Came {
        answer: Answer::NotSent(Trouble {
            why: "not sent".into(),
            kind,
        }),
        after: LATENCY,
        hush: None,
    }
}
