//! Table-like tests of the rules, by the section of `threads.md` that they come from.

mod lists;
mod login;
mod publishing;

use serde_json::Value;

use super::{Scopes, Threads};
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};

/// 2026-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_767_225_600_000;

/// A world with one account, its token, and a clock.
pub(super) struct Bench {
    pub(super) threads: Threads,
    pub(super) token: String,
    pub(super) now: i64,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Scopes::all())
    }

    pub(super) fn with(scopes: Scopes) -> Self {
        let mut threads = Threads::new(7);
        let token = threads.with_scopes("ada", scopes, NOW);
        threads.put_media("https://m.example/a.jpg", sample("square-1080.jpg"));
        threads.put_media("https://m.example/v.mp4", sample("reel-9x16-4s-h264-aac.mp4"));
        threads.put_media("https://m.example/bad.mp4", sample("moov-last-16x9-6s.mp4"));
        threads.put_media("https://m.example/w.webp", sample("square.webp"));
        Self {
            threads,
            token,
            now: NOW,
        }
    }

    pub(super) fn get(&mut self, target: &str) -> SandboxReply {
        let req = SandboxRequest::new("GET", target).with_bearer(&self.token);
        self.threads.handle(&req, self.now)
    }

    pub(super) fn post(&mut self, target: &str, form: &[(&str, &str)]) -> SandboxReply {
        let req = SandboxRequest::new("POST", target)
            .with_bearer(&self.token)
            .with_form(form);
        self.threads.handle(&req, self.now)
    }

    pub(super) fn delete(&mut self, id: &str) -> SandboxReply {
        let req = SandboxRequest::new("DELETE", &format!("/v1.0/{id}")).with_bearer(&self.token);
        self.threads.handle(&req, self.now)
    }

    pub(super) fn create(&mut self, form: &[(&str, &str)]) -> SandboxReply {
        self.post("/v1.0/me/threads", form)
    }

    pub(super) fn container(&mut self, form: &[(&str, &str)]) -> String {
        let reply = self.create(form);
        assert_eq!(reply.status, 200, "{form:?}: {}", reply.value());
        id_of(&reply)
    }

    pub(super) fn status(&mut self, container: &str) -> String {
        let value = self
            .get(&format!("/v1.0/{container}?fields=id,status,error_message"))
            .value();
        let why = value["error_message"]
            .as_str()
            .map(|w| format!(" {w}"))
            .unwrap_or_default();
        format!("{}{why}", value["status"].as_str().unwrap_or("-"))
    }

    pub(super) fn publish(&mut self, container: &str) -> SandboxReply {
        self.post("/v1.0/me/threads_publish", &[("creation_id", container)])
    }

    /// Creates, waits, publishes; answers the media id.
    pub(super) fn put(&mut self, form: &[(&str, &str)]) -> String {
        let container = self.container(form);
        self.now += 10_000;
        let reply = self.publish(&container);
        assert_eq!(reply.status, 200, "{}", reply.value());
        id_of(&reply)
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        self.put(&[("media_type", "TEXT"), ("text", text)])
    }
}

pub(super) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub(super) fn id_of(reply: &SandboxReply) -> String {
    reply.value()["id"].as_str().unwrap().to_owned()
}

/// `code/subcode` of an error, `ok` otherwise.
pub(super) fn code(reply: &SandboxReply) -> String {
    let value = reply.value();
    let error = &value["error"];
    match (&error["code"], &error["error_subcode"]) {
        (Value::Null, _) if reply.status == 200 => "ok".to_owned(),
        (Value::Null, _) => format!("status {}", reply.status),
        (code, Value::Null) => code.to_string(),
        (code, sub) => format!("{code}/{sub}"),
    }
}
