//! Messages to one person (x.md 5.1, 8.4). X does not notice a message that is sent twice, so it is looked for thrice.

use serde_json::Value;

use super::calls;
use super::flow::me;
use super::look::{self, LOOKS, Told, pause, told};
use super::matching;
use super::price;
use super::publish::{data_id, ended, failed};
use super::reply::{self, Seen};
use super::state::{Look, State, Trail};
use crate::core::flow::{Commit, IfLost, Job, Next, Recourse, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::time;

/// Who gets it: exactly one, as the drop-time check has seen.
pub(super) fn to(job: &Job) -> &str {
    job.content.to.first().map_or("", String::as_str)
}

fn words(job: &Job) -> &str {
    job.content.segments.first().map_or("", |s| s.text.as_str())
}

pub(super) fn next(job: &Job, trail: &Trail, round: u8, first: LetGo, now: Timestamp) -> Next<State> {
    let look = State::LookMessage {
        trail: trail.clone(),
        look: Look {
            first,
            looks: 0,
            round,
            duplicate: false,
            from: now.after_secs(pause(job, 0)),
        },
    };
    // x.md 8.4: the conversation is listed; "resend only if absent twice".
    Next::Commit(Commit::new(
        calls::message(job, to(job), words(job)),
        IfLost::Never(Recourse::Look(look)),
        price::message(&job.facts),
    ))
}

pub(super) fn on_sent(job: &Job, trail: Trail, seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match data_id(&json, "dm_event_id") {
            Some(id) => Verdict::Advance(ended(trail, Some(id))),
            None => reply::unreadable("the id of a message", &json),
        },
        Seen::Bad(p) => reply::commit(p, job.facts.number("limit_pause_secs")),
    }
}

pub(super) fn on_look(job: &Job, trail: Trail, look: Look, seen: Seen, now: Timestamp) -> Verdict<State> {
    let look = look.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) if look::refuses(p.class) => {
            return undecided(trail, &format!("the conversation cannot be read: {}", p.why));
        }
        Seen::Bad(p) => return failed(job, p),
    };
    let sender = me(job, &trail).to_owned();
    match told(&json, |entry| {
        matching::message(job, &sender, words(job), look.first, entry)
    }) {
        Told::Found(id) => return Verdict::Found(ended(trail, Some(id))),
        Told::Unreadable => return reply::unreadable("a conversation", &json),
        Told::More | Told::Not(_) => {}
    }
    let whole = reaches_back(&json, look.first.earliest(job.facts.number("look_match_secs")));
    let looks = look.looks + 1;
    if looks < LOOKS {
        let from = now.after_secs(pause(job, looks));
        let look = Look { looks, from, ..look };
        return Verdict::Advance(State::LookMessage { trail, look });
    }
    if i64::from(look.round) + 1 >= job.facts.number("resends_max") {
        return undecided(trail, "it is not in the conversation");
    }
    if !whole {
        let why = "so much was said since that the list of the newest messages does not reach back to it; look into the conversation";
        return undecided(trail, why);
    }
    Verdict::NotOut(State::Message {
        trail,
        round: look.round + 1,
        first: Some(look.first),
    })
}

/// Whether a list, which begins with the newest, shows all that was said since: it is whole, or it holds something
/// of before. Only then is what it does not show not there.
fn reaches_back(json: &Value, since: Timestamp) -> bool {
    let more = json
        .get("meta")
        .and_then(|m| m.get("next_token"))
        .is_some_and(|token| !token.is_null());
    let said = |entry: &Value| time(entry.get("created_at")?.as_str()?);
    let mut entries = json.get("data").and_then(Value::as_array).into_iter().flatten();
    !more || entries.any(|entry| said(entry).is_some_and(|at| at < since))
}

fn undecided(trail: Trail, why: &str) -> Verdict<State> {
    Verdict::Advance(State::UndecidedMessage {
        trail,
        why: format!("the answer to the message was lost, and {why}"),
    })
}
