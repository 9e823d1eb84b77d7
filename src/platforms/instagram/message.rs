//! Messages (instagram.md 5, 8): an answer to a person who wrote within 24 hours; the words, then the file.

use serde_json::Value;

use super::calls;
use super::flow::quiet;
use super::publish::is_remote_id;
use super::reply::{self, Seen};
use super::shape::{self, MessagePart};
use super::state::{Looks, Redo, State};
use crate::core::flow::{Commit, IfLost, Job, Next, Recourse, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::Out;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{is_hopeless, timely};
use crate::platforms::kit::text::{id, plainly, time};

/// Looks for a message whose answer was lost (meta-common.md 12: 2 to 3 over 5 minutes).
const LOOKS: u8 = 3;
/// Messages that proved not to have been sent and are sent again.
const LOST_MAX: u8 = 1;

/// To whom.
fn recipient(job: &Job) -> &str {
    job.content.to.first().map_or("", String::as_str)
}

/// The next part's call.
pub(super) fn next(job: &Job, live: &[Out], redo: &Redo, now: Timestamp) -> Next<State> {
    let Some(part) = shape::message_part(&job.content, live.len()) else {
        return Next::Ask {
            why: "the saved state speaks of a part that the message does not have".to_owned(),
        };
    };
    let look = State::LookMessage {
        live: live.to_vec(),
        redo: redo.clone(),
        looks: Looks {
            sent: LetGo::now(job, now),
            looks: 0,
            from: now.after_secs(job.facts.number("look_pause_secs")),
        },
    };
    // instagram.md 8: the conversation tells, by sender, words and time.
    Next::Commit(Commit::new(
        calls::message(job, recipient(job), part),
        IfLost::Never(Recourse::Look(look)),
        Vec::new(),
    ))
}

/// An answer to it.
pub(super) fn on_sent(job: &Job, live: Vec<Out>, seen: Seen) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match message_id(&json) {
                Some(id) => Verdict::Advance(sent(job, live, Some(id))),
                None => reply::unreadable("a message id", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    if p.status >= 500 || p.error.is_none() {
        return Verdict::Unclear { why: p.why };
    }
    match p.class {
        Class::Limited(secs) => reply::limited(secs, p.wait, p.why),
        Class::Reauthorise => Verdict::Reauthorise { why: p.why },
        Class::Person => Verdict::Blocked { why: p.why },
        Class::Reject | Class::Gone => Verdict::Refused { why: p.why },
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::NoSuchField
        | Class::Fetch
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Unknown => Verdict::Unclear { why: p.why },
    }
}

fn message_id(json: &Value) -> Option<String> {
    json.get("message_id").and_then(id).filter(|id| is_remote_id(id))
}

/// A part is out.
pub(super) fn sent(job: &Job, mut live: Vec<Out>, id: Option<String>) -> State {
    live.push(Out { id, url: None });
    if live.len() >= shape::message_parts(&job.content) {
        State::Done { live, note: None }
    } else {
        State::Send {
            live,
            redo: Redo::default(),
        }
    }
}

/// The look for a lost message.
pub(super) fn look(job: &Job) -> Next<State> {
    quiet(calls::conversation(job, recipient(job)))
}

/// An answer to it.
pub(super) fn on_look(
    job: &Job,
    live: Vec<Out>,
    mut redo: Redo,
    looks: Looks,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let looks = looks.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) if is_hopeless(p.class) => return undecided(live, &p.why),
        Seen::Bad(p) => return reply::quiet(p),
    };
    let Some(messages) = messages(&json) else {
        return undecided(live, "Instagram does not show the conversation");
    };
    let known: Vec<&str> = live.iter().filter_map(|o| o.id.as_deref()).collect();
    let found: Vec<&Value> = messages
        .iter()
        .copied()
        .filter(|m| is_ours(job, live.len(), looks.sent, m))
        .filter(|m| message_key(m).is_none_or(|id| !known.contains(&id.as_str())))
        .collect();
    match (found.as_slice(), shape::message_part(&job.content, live.len())) {
        ([one], Some(MessagePart::Text(_))) => {
            let id = message_key(one);
            return Verdict::Found(sent(job, live, id));
        }
        ([_, ..], _) => return undecided(live, "what the conversation shows may be this message or another"),
        ([], _) => {}
    }
    let tried = looks.looks.saturating_add(1);
    if tried < LOOKS {
        let from = now.after_secs(job.facts.number("look_round_secs"));
        return Verdict::Advance(State::LookMessage {
            live,
            redo,
            looks: Looks {
                looks: tried,
                from,
                ..looks
            },
        });
    }
    // Whoever gets a message has written first (5): without a word of theirs it is not sure that it is their conversation
    // which is seen.
    if !messages.iter().any(|m| is_theirs(job, m)) {
        return undecided(
            live,
            "Instagram does not show the conversation with the person, so that it is not there is no proof",
        );
    }
    // A conversation whose newest ten are all newer than the call hides what is older.
    let reaches_back = messages.len() < 10
        || messages
            .iter()
            .any(|m| when(m).is_some_and(|t| t < looks.sent.earliest(0)));
    if !reaches_back || redo.lost >= LOST_MAX {
        return undecided(live, "the conversation does not show it, which is no proof");
    }
    redo.lost += 1;
    Verdict::NotOut(State::Send { live, redo })
}

fn undecided(live: Vec<Out>, why: &str) -> Verdict<State> {
    Verdict::Advance(State::UndecidedMessage {
        live,
        why: format!("the answer to the message was lost, and {why}"),
    })
}

/// The messages of the only conversation with this person. No conversation at all, or none that shows its messages: none.
fn messages(json: &Value) -> Option<Vec<&Value>> {
    let talks = json.get("data")?.as_array()?;
    let mut all = Vec::new();
    for talk in talks {
        let Some(list) = talk.get("messages") else {
            continue;
        };
        all.extend(list.get("data").unwrap_or(list).as_array()?);
    }
    Some(all)
}

fn message_key(message: &Value) -> Option<String> {
    message.get("id").and_then(id).filter(|id| is_remote_id(id))
}

fn when(message: &Value) -> Option<Timestamp> {
    graph::word(message, "created_time").and_then(time)
}

/// Whether the person wrote it to whom ours goes.
fn is_theirs(job: &Job, message: &Value) -> bool {
    let from = message.get("from").and_then(|f| f.get("id")).and_then(id);
    from.is_some_and(|from| from == recipient(job))
}

/// From the account itself, at the time, with the words; a file has none.
fn is_ours(job: &Job, n: usize, sent: LetGo, message: &Value) -> bool {
    let words = match shape::message_part(&job.content, n) {
        Some(MessagePart::Text(words)) => words,
        Some(MessagePart::File(_)) | None => "",
    };
    let said = plainly(graph::word(message, "message").unwrap_or_default());
    !is_theirs(job, message) && said == plainly(words) && timely(job, sent, when(message))
}
