//! Four small test platforms beside Threads and mail, and their server: a keyed write (whose recourse is a person,
//! or a look), a chosen id, and a blind write.

use std::collections::BTreeMap;

use crier::core::call::{Auth, Body, Call, HttpCall, HttpReply, Method, Reply};
use crier::core::facts::{Fact, Facts, toml_value::Plain};
use crier::core::flow::{Charge, Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crier::core::login::Login;
use crier::core::offer::Offers;
use crier::core::platform::{
    Enquiries, HostSpec, OptionSpec, Platform, Saved, Unreadable, absorb_saved, next_saved, restore, save,
};
use crier::domain::post::Content;
use crier::domain::receipt::Live;
use crier::domain::time::{Span, Timestamp};
use crier::platforms;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The server keeps a key for this long; what crier trusts ([`GOOD_FOR`]) stays below.
const KEPT_MS: i64 = 3_600_000;
/// Seconds.
pub const GOOD_FOR: i64 = 3000;
/// Seconds before and between looks.
const PAUSE: i64 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Keyed,
    KeyedLook,
    Chosen,
    Blind,
}

pub struct Toy(Kind);

pub static KEYED: Toy = Toy(Kind::Keyed);
pub static KEYED_LOOK: Toy = Toy(Kind::KeyedLook);
pub static CHOSEN: Toy = Toy(Kind::Chosen);
pub static BLIND: Toy = Toy(Kind::Blind);

pub fn by_name(name: &str) -> Option<&'static Toy> {
    [&KEYED, &KEYED_LOOK, &CHOSEN, &BLIND]
        .into_iter()
        .find(|t| t.name() == name)
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum State {
    Send,
    Look { from: Timestamp, missed: u8 },
    Done { id: String },
}

fn call(job: &Job, method: Method, path: &str, headers: Vec<(String, String)>) -> Call {
    Call::Http(HttpCall {
        method,
        host: "api_base",
        named_host: None,
        path: path.to_owned(),
        query: Vec::new(),
        headers: headers.into_iter().map(|(k, v)| (k, v.into())).collect(),
        auth: Auth::Bearer,
        body: Body::Json(json!({"text": text_of(job)})),
        timeout: Span::secs(60),
        label: format!("toy {path}"),
    })
}

fn text_of(job: &Job) -> &str {
    job.content.segments.first().map_or("", |s| s.text.as_str())
}

impl Flow for Toy {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, _: &Job) -> State {
        State::Send
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        let key = job.delivery.to_string();
        let look = State::Look {
            from: now.after_secs(PAUSE),
            missed: 0,
        };
        let charges = vec![Charge {
            limit: "posts".into(),
            amount: 1,
        }];
        match (state, self.0) {
            (State::Send, Kind::Keyed | Kind::KeyedLook) => {
                let then = match self.0 {
                    Kind::KeyedLook => Recourse::Look(look),
                    Kind::Keyed | Kind::Chosen | Kind::Blind => Recourse::AskAPerson,
                };
                let keyed = call(job, Method::Post, "/keyed", vec![("Idempotency-Key".into(), key)]);
                let good_for = GOOD_FOR;
                Next::Commit(Commit::new(keyed, IfLost::SameKey { good_for, then }, charges))
            }
            (State::Send, Kind::Chosen) => {
                let put = call(job, Method::Put, &format!("/chosen/{key}"), vec![]);
                Next::Commit(Commit::new(put, IfLost::SameId, charges))
            }
            (State::Send, Kind::Blind) => {
                let post = call(job, Method::Post, "/blind", vec![]);
                Next::Commit(Commit::new(post, IfLost::Never(Recourse::AskAPerson), charges))
            }
            (State::Look { from, .. }, _) if now < *from => Next::Wait(*from),
            (State::Look { .. }, _) => Next::Quiet(Quiet::new(call(job, Method::Get, "/find", vec![]))),
            (State::Done { id }, _) => Next::Done(vec![live(id)]),
        }
    }

    fn absorb(&self, _: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let Reply::Http(http) = reply else {
            return Verdict::Unclear { why: "mail".into() };
        };
        let why = format!("status {}", http.status);
        match http.status {
            200 => {}
            401 => return Verdict::Reauthorise { why },
            429 => {
                return Verdict::Limited {
                    secs: http.retry_after_secs(),
                    why,
                    account_wide: true,
                };
            }
            408 | 409 => return Verdict::Unclear { why },
            400..500 => return Verdict::Refused { why },
            _ => return Verdict::Unclear { why },
        }
        let Some(body) = http.json() else {
            return Verdict::Unclear { why: "cut".into() };
        };
        let found = body["id"].as_str().map(|id| State::Done { id: id.to_owned() });
        match (state, found) {
            (State::Send, Some(done)) => Verdict::Advance(done),
            (State::Send, None) => Verdict::Unclear { why: "no id".into() },
            (State::Look { .. }, Some(done)) => Verdict::Found(done),
            (State::Look { missed: 0, .. }, None) => Verdict::Advance(State::Look {
                from: now.after_secs(PAUSE),
                missed: 1,
            }),
            (State::Look { .. }, None) => Verdict::NotOut(State::Send),
            (done @ State::Done { .. }, _) => Verdict::Advance(done),
        }
    }

    fn live(&self, _: &Job, state: &State) -> Liveness {
        match state {
            State::Send | State::Look { .. } => Liveness::Nothing,
            State::Done { id } => Liveness::All(vec![live(id)]),
        }
    }

    fn settle(&self, _: &Job, _: State, found: Option<Live>, _: Timestamp) -> State {
        match found {
            Some(live) => State::Done {
                id: live.remote_id.unwrap_or_default(),
            },
            None => State::Send,
        }
    }

    fn step_name(&self, state: &State) -> String {
        match state {
            State::Send => "send".into(),
            State::Look { .. } => "look".into(),
            State::Done { .. } => "done".into(),
        }
    }
}

fn live(id: &str) -> Live {
    Live {
        remote_id: Some(id.to_owned()),
        permalink: None,
        part: None,
    }
}

/// Posts in a day.
fn facts() -> &'static Facts {
    static FACTS: std::sync::LazyLock<Facts> = std::sync::LazyLock::new(|| {
        let posts = Fact {
            value: Plain::Number(50),
            source: "the toy".into(),
            date: "2026-11-21".into(),
            words: "posts".into(),
            window_secs: Some(86_400),
            money: None,
            counts: Default::default(),
            sunset: None,
            shared: None,
        };
        Facts::new(BTreeMap::from([("posts".to_owned(), posts)]))
    });
    &FACTS
}

fn model() -> &'static dyn Platform {
    platforms::by_name("threads").unwrap()
}

impl Platform for Toy {
    fn name(&self) -> &'static str {
        match self.0 {
            Kind::Keyed => "keyed",
            Kind::KeyedLook => "keyed-look",
            Kind::Chosen => "chosen",
            Kind::Blind => "blind",
        }
    }
    fn title(&self) -> &'static str {
        self.name()
    }
    fn offers(&self) -> &'static Offers {
        model().offers()
    }
    fn facts(&self) -> &'static Facts {
        facts()
    }
    fn hosts(&self) -> &'static [HostSpec] {
        model().hosts()
    }
    fn options(&self) -> &'static [OptionSpec] {
        &[]
    }
    fn login(&self) -> &'static dyn Login {
        model().login()
    }
    fn enquiries(&self) -> &'static dyn Enquiries {
        model().enquiries()
    }
    fn check(&self, _: &Content, _: &Facts, _: &BTreeMap<String, String>) -> Vec<String> {
        Vec::new()
    }
    fn charges(&self, _: &Content) -> Vec<Charge> {
        Vec::new()
    }
    fn scopes_needed(&self, _: &Content) -> Vec<&'static str> {
        Vec::new()
    }
    fn begin(&self, job: &Job) -> Saved {
        save::<Toy>(&Flow::begin(self, job))
    }
    fn next(&self, job: &Job, state: &Saved, now: Timestamp) -> Result<Next<Saved>, Unreadable> {
        next_saved(self, job, state, now)
    }
    fn absorb(
        &self,
        job: &Job,
        state: &Saved,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Verdict<Saved>, Unreadable> {
        absorb_saved(self, job, state, reply, now)
    }
    fn live(&self, job: &Job, state: &Saved) -> Result<Liveness, Unreadable> {
        Ok(Flow::live(self, job, &restore::<Toy>(state)?))
    }
    fn settle(
        &self,
        job: &Job,
        state: &Saved,
        found: Option<Live>,
        now: Timestamp,
    ) -> Result<Saved, Unreadable> {
        Ok(save::<Toy>(&Flow::settle(
            self,
            job,
            restore::<Toy>(state)?,
            found,
            now,
        )))
    }
    fn step_name(&self, state: &Saved) -> String {
        restore::<Toy>(state).map_or_else(|_| "unreadable".into(), |s| Flow::step_name(self, &s))
    }
}

/// What is out there.
#[derive(Clone, Debug)]
pub struct ToyPost {
    pub account: String,
    pub text: String,
    pub id: String,
}

/// The server of all four.
#[derive(Clone, Debug, Default)]
pub struct ToyServer {
    pub posts: Vec<ToyPost>,
    keys: BTreeMap<String, (i64, usize)>,
}

impl ToyServer {
    /// Answers a call of `account`.
    pub fn handle(&mut self, account: &str, call: &HttpCall, now_ms: i64) -> HttpReply {
        let Body::Json(body) = &call.body else {
            return answer(400, json!({}));
        };
        let text = body["text"].as_str().unwrap_or_default();
        let header = call.headers.first().map(|(_, v)| format!("{v:?}"));
        match (call.path.as_str(), header) {
            ("/keyed", Some(key)) => match self.keys.get(&key) {
                Some((at, n)) if now_ms - at < KEPT_MS => answer(200, json!({"id": self.posts[*n].id})),
                Some(_) | None => {
                    let id = self.put(account, text);
                    self.keys.insert(key, (now_ms, self.posts.len() - 1));
                    answer(200, json!({ "id": id }))
                }
            },
            ("/find", _) => {
                let found = self.posts.iter().find(|p| p.account == account && p.text == text);
                answer(200, found.map_or(json!({}), |p| json!({"id": p.id})))
            }
            ("/blind", _) => answer(200, json!({"id": self.put(account, text)})),
            (path, _) => {
                let known = self.keys.get(path).map(|(_, n)| self.posts[*n].id.clone());
                let id = known.unwrap_or_else(|| {
                    let id = self.put(account, text);
                    self.keys.insert(path.to_owned(), (now_ms, self.posts.len() - 1));
                    id
                });
                answer(200, json!({ "id": id }))
            }
        }
    }

    fn put(&mut self, account: &str, text: &str) -> String {
        let id = format!("toy{}", self.posts.len() + 1);
        self.posts.push(ToyPost {
            account: account.to_owned(),
            text: text.to_owned(),
            id: id.clone(),
        });
        id
    }
}

pub fn answer(status: u16, body: serde_json::Value) -> HttpReply {
    HttpReply {
        status,
        headers: BTreeMap::new(),
        body: body.to_string().into_bytes(),
        truncated: false,
    }
}
