//! Table-like tests of the rules, by the section of `x.md` that they come from.

mod login;
mod media;
mod posting;

use serde_json::{Value, json};

use super::X;
use crate::sandbox::exchange::{SandboxReply, SandboxRequest};
use crate::sandbox::model::Model;

/// 2026-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_767_225_600_000;

/// A world with one account, its token, and a clock.
pub(super) struct Bench {
    pub(super) x: X,
    pub(super) token: String,
    pub(super) now: i64,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(scopes: &[&str]) -> Self {
        let mut x = X::new(7);
        x.settings.token_life_s = 10_000_000;
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        let token = x.grant("ada", &scopes, NOW);
        Self { x, token, now: NOW }
    }

    pub(super) fn call(&mut self, method: &str, target: &str, body: Option<&Value>) -> SandboxReply {
        let mut req = SandboxRequest::new(method, target).with_bearer(&self.token);
        req.host_role = "api_base".to_owned();
        if let Some(body) = body {
            req = req.with_header("Content-Type", "application/json");
            req.body = body.to_string().into_bytes();
        }
        self.x.handle(&req, self.now)
    }

    pub(super) fn get(&mut self, target: &str) -> SandboxReply {
        self.call("GET", target, None)
    }

    pub(super) fn create(&mut self, body: &Value) -> SandboxReply {
        self.call("POST", "/2/tweets", Some(body))
    }

    pub(super) fn say(&mut self, text: &str) -> SandboxReply {
        self.create(&json!({ "text": text }))
    }

    pub(super) fn post_form(
        &mut self,
        target: &str,
        form: &[(&str, &str)],
        auth: Option<&str>,
    ) -> SandboxReply {
        let mut req = SandboxRequest::new("POST", target).with_form(form);
        if let Some(auth) = auth {
            req = req.with_header("Authorization", auth);
        }
        self.x.handle(&req, self.now)
    }

    pub(super) fn list(&mut self, more: &str) -> Value {
        self.get(&format!("/2/users/2244994945/tweets?max_results=100{more}"))
            .value()
    }
}

pub(super) fn id(reply: &SandboxReply) -> String {
    reply.value()["data"]["id"].as_str().unwrap_or("").to_owned()
}

pub(super) fn detail(reply: &SandboxReply) -> (u16, String) {
    let value = reply.value();
    let words = value["errors"][0]["message"]
        .as_str()
        .or(value["detail"].as_str());
    (
        reply.status,
        words
            .or(value["error_description"].as_str())
            .unwrap_or("")
            .to_owned(),
    )
}
