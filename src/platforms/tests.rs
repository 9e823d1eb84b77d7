//! Runs a platform against a script of replies and writes down what a reader can hold against the vendor's
//! documentation. Everything goes through saved states, as in the engine.

use std::collections::VecDeque;
use std::fmt::Write as _;

use super::by_name;
use crate::core::call::{Auth, Body, Call, HttpCall, HttpReply, MailPhase, MailReply, Method, Reply, Value};
use crate::core::clocks::Clocks;
use crate::core::flow::{Charge, Commit, IfLost, Job, Liveness, Next, Recourse, Verdict};
use crate::core::platform::{Platform, Saved};
use crate::domain::account::Profile;
use crate::domain::id::{AccountName, DeliveryId, PostId};
use crate::domain::media::{Media, MediaFacts, MediaId, MediaKind};
use crate::domain::post::{Content, Segment};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;

/// When scripts begin: 2027-01-15T08:00:00Z.
pub(crate) const START: Timestamp = Timestamp(1_800_000_000_000);
/// A state may not be larger than this (core/flow.rs).
pub(crate) const STATE_MAX: usize = 3 * 1024;

/// One thing that happens.
pub(crate) enum Event {
    /// An HTTP answer.
    Http(u16, String),
    /// The same with `Retry-After`.
    RetryAfter(u16, i64, String),
    /// The same with another header.
    Header(u16, &'static str, String),
    /// An SMTP reply.
    Smtp(MailPhase, u16, String),
    /// The answer is lost.
    Lost,
    /// A person says that it is out, with this id.
    Out(Option<String>),
    /// A person says that it is not out.
    NotOut,
}

pub(crate) fn ok(body: &str) -> Event {
    Event::Http(200, body.to_owned())
}

pub(crate) fn http(status: u16, body: &str) -> Event {
    Event::Http(status, body.to_owned())
}

pub(crate) fn smtp(phase: MailPhase, code: u16, text: &str) -> Event {
    Event::Smtp(phase, code, text.to_owned())
}

/// A delivery of `content`.
pub(crate) fn job(platform: &str, content: Content) -> Job {
    let p = by_name(platform).unwrap();
    Job {
        delivery: DeliveryId {
            post: PostId::new("01jcrier0000000000000000aa").unwrap(),
            account: AccountName::new("club").unwrap(),
        },
        content,
        profile: Profile {
            remote_id: "1784".to_owned(),
            handle: "club".to_owned(),
            ..Profile::default()
        },
        scopes: Vec::new(),
        facts: p.facts().clone(),
        options: std::collections::BTreeMap::new(),
        due: START,
        heard: None,
        fetched: false,
    }
}

/// A content of one part with these words.
pub(crate) fn text(words: &str) -> Content {
    Content {
        segments: vec![segment(words)],
        ..Content::default()
    }
}

pub(crate) fn segment(words: &str) -> Segment {
    Segment {
        text: words.to_owned(),
        ..Segment::default()
    }
}

pub(crate) fn media(n: u32, file: &str, mime: &str, alt: Option<&str>) -> Media {
    let kind = match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Other,
    };
    Media {
        cover: None,
        thumb_ms: None,
        id: MediaId(n),
        file: file.to_owned(),
        alt: alt.map(str::to_owned),
        facts: MediaFacts {
            kind,
            mime: mime.to_owned(),
            bytes: 1000,
            width: 1080,
            height: 1080,
            duration_ms: (kind == MediaKind::Video).then_some(10_000),
            video_codec: None,
            audio_codec: None,
            moov_first: None,
            notes: Default::default(),
            sha256: String::new(),
        },
    }
}

/// Runs the script to its end and writes down what happened.
pub(crate) fn run(job: &Job, platform: &str, script: Vec<Event>) -> String {
    let platform = by_name(platform).unwrap();
    let mut runner = Runner {
        platform,
        job: job.clone(),
        state: platform.begin(job),
        now: START,
        doubt: false,
        script: script.into(),
        out: String::new(),
    };
    // A script has an end; a flow that never asks for it is broken.
    for _ in 0..1000 {
        if !runner.step() {
            return runner.out;
        }
    }
    panic!("no end after 1000 steps");
}

struct Runner {
    platform: &'static dyn Platform,
    job: Job,
    state: Saved,
    now: Timestamp,
    doubt: bool,
    script: VecDeque<Event>,
    out: String,
}

impl Runner {
    fn say(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn step(&mut self) -> bool {
        // Every vendor says what time it is, and scripts run on its clock.
        self.job.heard = Some(Clocks {
            theirs: self.now,
            ours: self.now,
        });
        assert!(
            self.state.json.len() <= STATE_MAX,
            "state of {} bytes",
            self.state.json.len()
        );
        let again = self.platform.next(&self.job, &self.state, self.now).unwrap();
        let next = self.platform.next(&self.job, &self.state, self.now).unwrap();
        assert_eq!(again, next, "the same question has the same answer");
        match next {
            Next::Wait(until) => {
                assert!(until > self.now, "a wait must end later");
                let name = self.platform.step_name(&self.state);
                self.say(&format!("[{name}] wait {}", until.since(self.now)));
                self.now = until;
                true
            }
            Next::Quiet(quiet) => self.call(quiet.call(), quiet.charges(), None),
            Next::Commit(commit) => {
                let call = commit.call().clone();
                let charges = commit.charges().to_vec();
                self.call(&call, &charges, Some(commit))
            }
            Next::Ask { why } => self.ask(&why),
            Next::Done(live) => {
                self.say(&format!("done{}", lives(&live)));
                if let Some(note) = self.platform.note(&self.job, &self.state) {
                    self.say(&format!("note: {note}"));
                }
                assert!(
                    matches!(self.platform.live(&self.job, &self.state), Ok(Liveness::All(all)) if all == live)
                );
                false
            }
        }
    }

    fn ask(&mut self, why: &str) -> bool {
        self.say(&format!("ASK: {why}"));
        self.settle()
    }

    fn settle(&mut self) -> bool {
        let found = match self.script.pop_front() {
            Some(Event::Out(id)) => {
                self.say("  <- a person: it is out");
                Some(Live {
                    remote_id: id,
                    permalink: None,
                    part: None,
                })
            }
            Some(Event::NotOut) => {
                self.say("  <- a person: it is not out");
                None
            }
            _ => return false,
        };
        self.doubt = false;
        self.state = self
            .platform
            .settle(&self.job, &self.state, found, self.now)
            .unwrap();
        true
    }

    fn call(&mut self, call: &Call, charges: &[Charge], commit: Option<Commit<Saved>>) -> bool {
        let name = self.platform.step_name(&self.state);
        let kind = if commit.is_some() { "COMMIT " } else { "" };
        self.say(&format!("[{name}] {kind}{}", written(call)));
        if commit.is_some() || !charges.is_empty() {
            let charges: Vec<String> = charges
                .iter()
                .map(|c| format!("{} {}", c.amount, c.limit))
                .collect();
            self.say(&format!("    charges {}", charges.join(", ")));
        }
        let reply = match self.script.pop_front() {
            None => {
                self.say("  (end of script)");
                return false;
            }
            Some(Event::Lost) => return self.lost(commit.as_ref()),
            Some(Event::Http(status, body)) => http_reply(status, None, &body),
            Some(Event::RetryAfter(status, secs, body)) => http_reply(status, Some(secs), &body),
            Some(Event::Header(status, name, value)) => Reply::Http(HttpReply {
                status,
                headers: [(name.to_owned(), value)].into(),
                ..HttpReply::default()
            }),
            Some(Event::Smtp(phase, code, text)) => Reply::Mail(MailReply {
                phase,
                code,
                text,
                server: std::collections::BTreeMap::new(),
            }),
            Some(Event::Out(_) | Event::NotOut) => panic!("a person was asked nothing:\n{}", self.out),
        };
        self.say(&format!("  <- {}", shown(&reply)));
        let verdict = self
            .platform
            .absorb(&self.job, &self.state, &reply, self.now)
            .unwrap();
        self.verdict(verdict, commit.as_ref())
    }

    fn lost(&mut self, commit: Option<&Commit<Saved>>) -> bool {
        self.say("  <- lost");
        match commit.map(Commit::if_lost) {
            None => true,
            Some(IfLost::Never(Recourse::Look(state))) => {
                self.doubt = true;
                self.state = state.clone();
                true
            }
            Some(IfLost::Never(Recourse::AskAPerson)) => self.ask("the answer was lost"),
            Some(IfLost::SameId | IfLost::SameKey { .. }) => true,
        }
    }

    fn verdict(&mut self, verdict: Verdict<Saved>, commit: Option<&Commit<Saved>>) -> bool {
        match verdict {
            Verdict::Advance(state) => {
                self.doubt &= commit.is_none();
                self.doubt |= self.platform.pending(&state);
                self.state = state;
                true
            }
            Verdict::Found(state) => {
                self.say("  => found");
                self.doubt = false;
                self.state = state;
                true
            }
            Verdict::NotOut(state) => {
                self.say("  => not out");
                self.doubt = false;
                self.state = state;
                true
            }
            Verdict::Limited {
                secs,
                why,
                account_wide,
            } => {
                let wide = if account_wide { " (whole account)" } else { "" };
                self.say(&format!("  => limited{wide}: {why}"));
                self.now = self.now.after_secs(secs.unwrap_or(3600));
                true
            }
            Verdict::Retry { why } => {
                self.say(&format!("  => retry: {why}"));
                true
            }
            Verdict::Restart { state, why } => {
                self.say(&format!("  => restart: {why}"));
                self.state = state;
                true
            }
            Verdict::Doubtful { state, why } => {
                self.say(&format!("  => doubtful: {why}"));
                self.doubt = true;
                self.state = state;
                true
            }
            Verdict::Unclear { why } => {
                self.say(&format!("  => unclear: {why}"));
                commit.is_none() || self.lost(commit)
            }
            Verdict::Refused { why } => self.end("refused", &why),
            Verdict::Reauthorise { why } => self.end("reauthorise", &why),
            Verdict::Blocked { why } => self.end("blocked", &why),
        }
    }

    fn end(&mut self, what: &str, why: &str) -> bool {
        let live = match self.platform.live(&self.job, &self.state).unwrap() {
            Liveness::Nothing => "nothing live".to_owned(),
            Liveness::Some(live) => format!("live:{}", lives(&live)),
            Liveness::All(live) => format!("all live:{}", lives(&live)),
        };
        let doubt = if self.doubt { ", in doubt" } else { "" };
        self.say(&format!("  => {what}: {why} [{live}{doubt}]"));
        false
    }
}

fn http_reply(status: u16, retry_after: Option<i64>, body: &str) -> Reply {
    Reply::Http(HttpReply {
        status,
        headers: retry_after
            .map(|s| ("retry-after".to_owned(), s.to_string()))
            .into_iter()
            .collect(),
        body: body.as_bytes().to_vec(),
        truncated: false,
    })
}

fn shown(reply: &Reply) -> String {
    match reply {
        Reply::Http(http) => {
            let range = http.headers.get("content-range").map(|r| format!(" ({r})"));
            let body = String::from_utf8_lossy(&http.body);
            format!("{}{} {body}", http.status, range.unwrap_or_default())
        }
        Reply::Mail(mail) => {
            let text: String = mail.text.chars().take(80).collect();
            format!("{:?}: {} {text}", mail.phase, mail.code)
        }
    }
}

fn lives(live: &[Live]) -> String {
    live.iter().fold(String::new(), |mut out, one| {
        let id = one.remote_id.as_deref().unwrap_or("id unknown");
        // Writing to a string cannot fail.
        let _ = write!(out, " [{id}");
        for more in [&one.permalink, &one.part].into_iter().flatten() {
            let _ = write!(out, ", {more}");
        }
        out.push(']');
        out
    })
}

/// A call as a reader writes it down.
pub(crate) fn written(call: &Call) -> String {
    match call {
        Call::Http(http) => written_http(http),
        Call::Mail(call) => format!(
            "MAIL FROM:<{}> RCPT TO:<{}>\n    Message-ID: {}\n    Date: {}\n    Subject: {}",
            call.from,
            call.to.join("> <"),
            call.mail.message_id,
            call.mail.date,
            call.mail.subject
        ),
        Call::MailCheck => "MAIL CHECK".to_owned(),
    }
}

pub(crate) fn written_http(http: &HttpCall) -> String {
    let method = match http.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let query: Vec<String> = http
        .query
        .iter()
        .map(|(k, v)| format!("{k}={}", value(v)))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let auth = match http.auth {
        Auth::None => " (no token)",
        // That it is proven, tests of its own ask for.
        Auth::Bearer | Auth::BearerProven => "",
        Auth::OAuth => " (OAuth)",
        Auth::Query(_) => " (token in query)",
        Auth::Basic => " (Basic)",
        Auth::OAuth1 => " (OAuth 1.0a)",
    };
    let named = http
        .named_host
        .iter()
        .map(|host| format!("@{host}"))
        .collect::<String>();
    let mut out = format!(
        "{method} {{{}{named}}}{}{mark}{}{auth}",
        http.host,
        http.path,
        query.join("&")
    );
    match &http.body {
        Body::Empty => {}
        Body::Form(fields) => {
            for (name, v) in fields {
                let _ = write!(out, "\n    {name} = {}", value(v));
            }
        }
        Body::Json(json) => {
            let _ = write!(out, "\n    {json}");
        }
        Body::JsonWith { json, put } => {
            let _ = write!(out, "\n    {json}");
            for (pointer, v) in put {
                let _ = write!(out, "\n    {pointer} = {}", value(v));
            }
        }
        Body::Multipart { fields, part } => {
            for (name, v) in fields {
                let _ = write!(out, "\n    {name} = {}", value(v));
            }
            let (id, from, end) = (part.id.0, part.offset, part.offset + part.length);
            let _ = write!(
                out,
                "\n    {} = bytes {from}..{end} of media {id} ({})",
                part.field, part.mime
            );
        }
        Body::Media {
            id, offset, length, ..
        } => {
            let _ = write!(out, "\n    bytes {offset}..{} of media {}", offset + length, id.0);
        }
    }
    out
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::MediaUrl(id) => format!("<url of media {}>", id.0),
        Value::Secret(name) => format!("<{name:?}>"),
        Value::Proof(name) => format!("<proof of {name:?}>"),
    }
}
