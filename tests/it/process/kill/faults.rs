//! Which faults strike.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::items::Dice;
use crate::process::bench::Bench;

/// How often each kind of fault has struck.
#[derive(Debug)]
pub struct Struck(BTreeMap<String, u64>);

impl Struck {
    /// Before the faults are taken away.
    pub async fn look(bench: &Bench) -> Self {
        let mut kinds = BTreeMap::new();
        for fault in bench.faults().await["faults"].as_array().unwrap() {
            let kind = fault["kind"].as_str().unwrap().to_owned();
            *kinds.entry(kind).or_default() += fault["struck"].as_u64().unwrap();
        }
        Self(kinds)
    }

    /// How often one of these has struck.
    pub fn any(&self, kinds: &[&str]) -> u64 {
        kinds.iter().filter_map(|kind| self.0.get(*kind)).sum()
    }

    /// How often anything has.
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

/// One fault for one call, the commits more often than the rest.
pub fn roll(dice: &mut Dice) -> Value {
    let (step, kinds): (&str, Vec<Value>) = match dice.below(10) {
        0..4 => ("threads.publish", publishing()),
        4 => ("threads.create", making()),
        5 => ("threads.status", reading()),
        6 => ("threads.list", vec![json!({"kind": "list_lag", "ms": 1000})]),
        7 => ("threads.read", reading()),
        8 => (
            "smtp.dot",
            vec![
                json!({"kind": "lost_before"}),
                json!({"kind": "lost_after"}),
                json!({"kind": "smtp_reply", "line": "451 4.3.0 Try again later"}),
                json!({"kind": "smtp_reply", "line": "421 4.3.0 Going down"}),
            ],
        ),
        _ => (
            dice.pick(&["smtp.connect", "smtp.ehlo", "smtp.auth", "smtp.rcpt", "smtp.data"]),
            vec![
                json!({"kind": "lost_before"}),
                json!({"kind": "smtp_reply", "line": "451 4.3.0 Try again later"}),
                json!({"kind": "smtp_reply", "line": "421 4.3.0 Going down"}),
            ],
        ),
    };
    let mut rule = dice.pick(&kinds);
    rule["step"] = json!(step);
    rule
}

fn publishing() -> Vec<Value> {
    vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "server_error_after", "status": 502}),
        json!({"kind": "graph_two_after"}),
        json!({"kind": "restricted_after"}),
        json!({"kind": "truncated"}),
        json!({"kind": "hang", "applied": true}),
        json!({"kind": "hang", "applied": false}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
        json!({"kind": "media_not_found"}),
    ]
}

fn making() -> Vec<Value> {
    vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "server_error", "status": 500}),
        json!({"kind": "truncated"}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
        json!({"kind": "failed_container", "message": "UNKNOWN"}),
        json!({"kind": "media_not_fetched"}),
    ]
}

fn reading() -> Vec<Value> {
    vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "truncated"}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
    ]
}
