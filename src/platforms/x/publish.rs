//! What follows a post, a repost, and the reads before them (x.md 3, 4, 7).

use serde_json::Value;

use super::flow::{begin_as, start};
use super::look;
use super::parts;
use super::reply::{self, Class, Problem, Seen};
use super::state::{Look, Ready, State, Trail};
use crate::core::flow::{Job, Liveness, Verdict};
use crate::domain::post::Kind;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::segment;

/// The string `key` of `data`, when it is a plausible id.
pub(super) fn data_id(json: &Value, key: &str) -> Option<String> {
    let id = json.get("data")?.get(key)?.as_str()?;
    parts::is_id(id).then(|| id.to_owned())
}

/// A quiet call's failure.
pub(super) fn failed(job: &Job, p: Problem) -> Verdict<State> {
    reply::quiet(p, job.facts.number("limit_pause_secs"))
}

fn not_committed(job: &Job, p: Problem) -> Verdict<State> {
    reply::commit(p, job.facts.number("limit_pause_secs"))
}

pub(super) fn on_who(job: &Job, seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match data_id(&json, "id") {
            Some(id) => {
                let trail = Trail {
                    me: Some(id),
                    ..Trail::default()
                };
                Verdict::Advance(begin_as(job, trail))
            }
            None => reply::unreadable("a user id", &json),
        },
        Seen::Bad(p) => failed(job, p),
    }
}

/// The baseline only helps a look that may never be needed: what X cannot say now is done without.
pub(super) fn on_baseline(job: &Job, trail: Trail, mut ready: Ready, seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => {
            let meta = json.get("meta").and_then(|m| m.get("newest_id"));
            let first = json.get("data").and_then(|d| d.get(0)).and_then(|e| e.get("id"));
            ready.baseline = meta
                .or(first)
                .and_then(Value::as_str)
                .filter(|id| parts::is_id(id))
                .map(str::to_owned);
        }
        Seen::Bad(p) => match p.class {
            Class::DeadToken | Class::NoCredits | Class::Limited | Class::Capped => return failed(job, p),
            Class::Rejected
            | Class::Forbidden
            | Class::Duplicate
            | Class::Already
            | Class::Gone
            | Class::Setup
            | Class::Person
            | Class::Server
            | Class::Unknown => {}
        },
    }
    Verdict::Advance(State::Post {
        trail,
        ready,
        round: 0,
        first: None,
    })
}

pub(super) fn on_post(
    job: &Job,
    trail: Trail,
    ready: Ready,
    (round, first): (u8, LetGo),
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match data_id(&json, "id") {
                Some(id) => Verdict::Advance(published(job, trail, Some(id))),
                None => reply::unreadable("the id of a post", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    match p.class {
        Class::Duplicate => Verdict::Advance(duplicate(job, trail, ready, (round, first), now)),
        // X says the same to media that are too old and to media that it does not like (x.md 7).
        Class::Rejected | Class::Gone if round == 0 && too_old(job, &ready, now) => Verdict::Restart {
            state: start(job, trail),
            why: format!("{}; its media were uploaded too long ago", p.why),
        },
        Class::Rejected
        | Class::Forbidden
        | Class::Already
        | Class::Gone
        | Class::DeadToken
        | Class::Setup
        | Class::NoCredits
        | Class::Person
        | Class::Limited
        | Class::Capped
        | Class::Server
        | Class::Unknown => not_committed(job, p),
    }
}

/// X has these words already (x.md 8.2). After a lost answer that is the proof that they are ours; at the first
/// sending they may be somebody else's post of before, and only the list tells.
fn duplicate(
    job: &Job,
    mut trail: Trail,
    ready: Ready,
    (round, first): (u8, LetGo),
    now: Timestamp,
) -> State {
    let from = now.after_secs(job.facts.number("look_first_secs"));
    if round > 0 {
        trail.live.push(None);
        return State::FindId {
            trail,
            ready,
            first,
            looks: 0,
            from,
        };
    }
    let look = Look {
        first,
        looks: 0,
        round,
        duplicate: true,
        from,
    };
    State::Look { trail, ready, look }
}

pub(super) fn too_old(job: &Job, ready: &Ready, now: Timestamp) -> bool {
    let life = job.facts.number("media_life_secs");
    ready.since.is_some_and(|since| now >= since.after_secs(life))
}

/// The part under way is out.
pub(super) fn published(job: &Job, mut trail: Trail, id: Option<String>) -> State {
    let more = trail.live.len() + 1 < parts::count(&job.content);
    if id.is_none() && more {
        // The next part answers this one: look for its id, then ask.
        trail.live.push(None);
        return State::FindId {
            trail,
            ready: Ready::default(),
            first: LetGo::now(job, job.due),
            looks: look::LOOKS,
            from: Timestamp::MIN,
        };
    }
    trail.live.push(id);
    start(job, trail)
}

/// The one thing is out.
pub(super) fn ended(mut trail: Trail, id: Option<String>) -> State {
    trail.live.push(id);
    State::Done { trail }
}

pub(super) fn on_repost(job: &Job, trail: Trail, seen: Seen) -> Verdict<State> {
    let wanted = job
        .content
        .repost
        .as_deref()
        .and_then(parts::post_id)
        .map(str::to_owned);
    match seen {
        Seen::Good(json) => {
            let done = json
                .get("data")
                .and_then(|d| d.get("retweeted"))
                .and_then(Value::as_bool);
            if done == Some(true) {
                let id = data_id(&json, "rest_id").or(wanted);
                Verdict::Advance(ended(trail, id))
            } else {
                reply::unreadable("the word that it was reposted", &json)
            }
        }
        Seen::Bad(p) if p.class == Class::Already => Verdict::Advance(ended(trail, wanted)),
        Seen::Bad(p) => not_committed(job, p),
    }
}

/// What is live in a state with this trail.
pub(super) fn liveness(job: &Job, trail: &Trail) -> Liveness {
    if trail.live.is_empty() {
        Liveness::Nothing
    } else if trail.live.len() >= parts::count(&job.content) {
        Liveness::All(lives(job, trail))
    } else {
        Liveness::Some(lives(job, trail))
    }
}

pub(super) fn lives(job: &Job, trail: &Trail) -> Vec<Live> {
    let all = parts::count(&job.content).max(trail.live.len());
    let message = job.content.kind == Kind::Message;
    trail
        .live
        .iter()
        .enumerate()
        .map(|(n, id)| Live {
            remote_id: id.clone(),
            // Messages have no address; a repost shows under the address of what it shows.
            permalink: id.as_ref().filter(|_| !message).map(|id| address(job, id)),
            part: (all > 1).then(|| format!("{} of {all}", n + 1)),
        })
        .collect()
}

/// Where people see a post (x.md 1).
fn address(job: &Job, id: &str) -> String {
    if job.profile.handle.is_empty() || job.content.repost.is_some() {
        format!("https://x.com/i/web/status/{id}")
    } else {
        format!("https://x.com/{}/status/{id}", segment(&job.profile.handle))
    }
}
