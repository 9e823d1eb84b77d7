//! Which faults strike.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dice::Dice;
use crate::process::bench::Bench;

/// How often each kind of fault has struck which platform.
#[derive(Debug)]
pub struct Struck(BTreeMap<(String, String), u64>);

impl Struck {
    /// Before the faults are taken away.
    pub async fn look(bench: &Bench) -> Self {
        let mut kinds = BTreeMap::new();
        for fault in bench.faults().await["faults"].as_array().unwrap() {
            let word = |name: &str| fault[name].as_str().unwrap().to_owned();
            let step = word("step");
            let platform = step.split_once('.').unwrap().0.to_owned();
            *kinds.entry((platform, word("kind"))).or_default() += fault["struck"].as_u64().unwrap();
        }
        Self(kinds)
    }

    /// How often one of these has struck a platform.
    pub fn any(&self, platform: &str, kinds: &[&str]) -> u64 {
        let counts = kinds
            .iter()
            .filter_map(|kind| self.0.get(&(platform.to_owned(), (*kind).to_owned())));
        counts.sum()
    }

    /// How often anything has.
    pub fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

/// The calls of a platform, by what they are for.
struct Calls {
    /// What readers see.
    commits: &'static [&'static str],
    /// What goes before.
    making: &'static [&'static str],
    /// Reads on the way.
    reading: &'static [&'static str],
    /// Where a lost post is looked for.
    lists: &'static [&'static str],
    /// Renewals of tokens that work once.
    tokens: &'static [&'static str],
}

const THREADS: Calls = Calls {
    commits: &["threads.publish", "threads.publish", "threads.repost"],
    making: &["threads.create"],
    reading: &["threads.status", "threads.read"],
    lists: &["threads.list"],
    tokens: &[],
};

const INSTAGRAM: Calls = Calls {
    commits: &["instagram.publish", "instagram.comment", "instagram.message"],
    making: &["instagram.create", "instagram.upload"],
    reading: &["instagram.status", "instagram.read"],
    lists: &["instagram.list", "instagram.stories", "instagram.comments"],
    tokens: &[],
};

const FACEBOOK: Calls = Calls {
    commits: &[
        "facebook.feed",
        "facebook.photos",
        "facebook.video_finish",
        "facebook.reel_finish",
        "facebook.photo_story",
        "facebook.comment",
        "facebook.message",
    ],
    making: &[
        "facebook.photos",
        "facebook.video_start",
        "facebook.video_transfer",
        "facebook.reel_start",
        "facebook.upload",
    ],
    reading: &["facebook.status", "facebook.read"],
    lists: &["facebook.list", "facebook.stories", "facebook.comments"],
    tokens: &[],
};

const TIKTOK: Calls = Calls {
    commits: &["tiktok.upload", "tiktok.content_init"],
    making: &["tiktok.creator_info", "tiktok.video_init", "tiktok.inbox_init"],
    reading: &["tiktok.status"],
    lists: &["tiktok.video_list"],
    tokens: &["tiktok.token"],
};

const X: Calls = Calls {
    commits: &["x.create", "x.create", "x.create", "x.repost", "x.message"],
    making: &["x.initialize", "x.append", "x.finalize", "x.upload", "x.metadata"],
    reading: &["x.media_status", "x.me"],
    lists: &["x.list", "x.messages"],
    tokens: &["x.token"],
};

/// One fault for one call, the commits more often than the rest. `late`: nothing that asks for a pause of a minute
/// or more, so that the end need not wait for it.
pub fn roll(dice: &mut Dice, late: bool) -> Value {
    let rule = any(dice);
    if late && (rule["kind"] == "rate_limited" || rule["kind"] == "list_lag") {
        return roll(dice, late);
    }
    rule
}

fn any(dice: &mut Dice) -> Value {
    let calls = match dice.below(6) {
        0 => return mail(dice),
        1 => &THREADS,
        2 => &INSTAGRAM,
        3 => &FACEBOOK,
        4 => &TIKTOK,
        _ => &X,
    };
    let chance = dice.below(11);
    let graph = !(std::ptr::eq(calls, &TIKTOK) || std::ptr::eq(calls, &X));
    let mut of = |steps: &[&'static str]| dice.pick(steps);
    let (step, kinds) = match chance {
        0..5 => {
            let step = of(calls.commits);
            (step, publishing(step, graph))
        }
        5 => (of(calls.making), making(graph)),
        6 => (of(calls.reading), reading()),
        7 => (of(calls.lists), vec![json!({"kind": "list_lag", "ms": 1000})]),
        8 => (of(calls.lists), reading()),
        _ if calls.tokens.is_empty() => (of(calls.making), making(graph)),
        _ => (of(calls.tokens), renewing()),
    };
    let mut rule = dice.pick(&kinds);
    rule["step"] = json!(step);
    rule
}

fn mail(dice: &mut Dice) -> Value {
    let mut kinds = vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "smtp_reply", "line": "451 4.3.0 Try again later"}),
        json!({"kind": "smtp_reply", "line": "421 4.3.0 Going down"}),
    ];
    let step = if dice.chance(50) {
        kinds.push(json!({"kind": "lost_after"}));
        "smtp.dot"
    } else {
        dice.pick(&["smtp.connect", "smtp.ehlo", "smtp.auth", "smtp.rcpt", "smtp.data"])
    };
    let mut rule = dice.pick(&kinds);
    rule["step"] = json!(step);
    rule
}

fn publishing(step: &str, graph: bool) -> Vec<Value> {
    let mut all = vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "server_error_after", "status": 502}),
        json!({"kind": "truncated"}),
        json!({"kind": "hang", "applied": true}),
        json!({"kind": "hang", "applied": false}),
        json!({"kind": "transient", "applied": true}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
    ];
    if graph {
        all.push(json!({"kind": "graph_two_after"}));
    }
    // What is said of containers alone.
    if step.ends_with(".publish") {
        all.extend([
            json!({"kind": "restricted_after"}),
            json!({"kind": "media_not_found"}),
        ]);
    }
    all
}

fn making(graph: bool) -> Vec<Value> {
    let mut all = vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "server_error", "status": 500}),
        json!({"kind": "truncated"}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
    ];
    if graph {
        all.extend([
            json!({"kind": "failed_container", "message": "UNKNOWN"}),
            json!({"kind": "media_not_fetched"}),
        ]);
    }
    all
}

fn reading() -> Vec<Value> {
    vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "truncated"}),
        json!({"kind": "rate_limited", "retry_after_s": 1}),
    ]
}

fn renewing() -> Vec<Value> {
    vec![
        json!({"kind": "lost_before"}),
        json!({"kind": "lost_after"}),
        json!({"kind": "server_error", "status": 503}),
        json!({"kind": "server_error_after", "status": 502}),
        json!({"kind": "truncated"}),
    ]
}
