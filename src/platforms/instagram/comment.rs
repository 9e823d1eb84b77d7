//! The first comment, written once the post is out (instagram.md 5, 8). Whatever becomes of it, the post stays as it
//! is, and a comment that may be there is never written again.

use serde_json::Value;

use super::calls;
use super::publish::done;
use super::reply::{self, Problem, Seen};
use super::state::{Looks, State};
use crate::core::call::Call;
use crate::core::flow::{Commit, IfLost, Job, Next, Recourse, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::Out;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{must_be_heard, timely};
use crate::platforms::kit::text::{plainly, time};

/// Looks for a comment whose answer was lost.
const LOOKS: u8 = 3;

/// The comment's call.
pub(super) fn next(job: &Job, out: &Out, now: Timestamp) -> Next<State> {
    let (Some(id), Some(words)) = (&out.id, &job.content.first_comment) else {
        return Next::Done(super::publish::lives(job, std::slice::from_ref(out)));
    };
    let look = State::LookComment {
        out: out.clone(),
        looks: Looks {
            sent: LetGo::now(job, now),
            looks: 0,
            from: now.after_secs(job.facts.number("look_pause_secs")),
        },
    };
    // instagram.md 8: the post's comments tell, by own name, words and time.
    Next::Commit(Commit::new(
        calls::comment(job, id, words),
        IfLost::Never(Recourse::Look(look)),
        Vec::new(),
    ))
}

/// An answer to it.
pub(super) fn on_comment(out: Out, seen: Seen) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match graph::id_of(&json) {
                Some(id) => Verdict::Advance(written(out, id)),
                None => reply::unreadable("a comment id", &json),
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
        Class::Person | Class::Reject | Class::Gone | Class::NoSuchField => Verdict::Advance(failed(out, &p)),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Unknown => Verdict::Unclear { why: p.why },
    }
}

fn written(out: Out, id: String) -> State {
    State::Done {
        live: vec![out, Out::of(id)],
        note: None,
    }
}

fn failed(out: Out, p: &Problem) -> State {
    done(out, Some(&format!("the first comment was refused: {}", p.why)))
}

/// The look for a lost comment.
pub(super) fn look(job: &Job, out: &Out) -> Option<Call> {
    out.id.as_deref().map(|id| calls::comments(job, id))
}

/// An answer to it. Not being able to look is no reason to write again.
pub(super) fn on_look(job: &Job, out: Out, looks: Looks, seen: Seen, now: Timestamp) -> Verdict<State> {
    let looks = looks.heard(job);
    let json = match seen {
        Seen::Bad(p) if must_be_heard(p.class, p.wait.is_some(), true) => return reply::quiet(p),
        Seen::Good(json) => json,
        Seen::Bad(_) => Value::Null,
    };
    let list = json.get("data").and_then(Value::as_array);
    let ours = list
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .find(|e| is_ours(job, looks.sent, e));
    if let Some(id) = ours.and_then(graph::id_of) {
        return Verdict::Found(written(out, id));
    }
    let tried = looks.looks.saturating_add(1);
    if tried >= LOOKS {
        let note = "the answer to the first comment was lost and it is not among the comments: look, and write it by hand if it is missing";
        return Verdict::Found(done(out, Some(note)));
    }
    Verdict::Advance(State::LookComment {
        out,
        looks: Looks {
            looks: tried,
            from: now.after_secs(job.facts.number("look_round_secs")),
            ..looks
        },
    })
}

/// Own name, words and time.
fn is_ours(job: &Job, sent: LetGo, entry: &Value) -> bool {
    let words = job.content.first_comment.as_deref().unwrap_or_default();
    let name = graph::word(entry, "username").is_none_or(|n| n == job.profile.handle);
    let at = graph::word(entry, "timestamp").and_then(time);
    let said = graph::word(entry, "text").is_some_and(|t| plainly(t) == plainly(words));
    name && said && timely(job, sent, at)
}
