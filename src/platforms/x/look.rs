//! Did it happen? The procedure of x.md 8.2: own posts are listed three times; then words are sent again, which X
//! refuses when they are there already; for anything else a person is asked.

use serde_json::Value;

use super::calls::{self, Since};
use super::flow::me;
use super::matching::{self, Match};
use super::parts;
use super::price;
use super::publish::{failed, published};
use super::reply::{self, Class, Problem, Seen};
use super::state::{Look, Ready, State, Trail};
use crate::core::call::Call;
use crate::core::flow::{Job, Next, Quiet, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

impl Look {
    /// With what X has said since.
    pub(super) fn heard(self, job: &Job) -> Look {
        Look {
            first: self.first.heard(job),
            ..self
        }
    }
}

/// Looks before it counts as not found (x.md 8.2).
pub(super) const LOOKS: u8 = 3;

/// Seconds until the look after `looks` earlier ones.
pub(super) fn pause(job: &Job, looks: u8) -> i64 {
    match looks {
        0 => job.facts.number("look_first_secs"),
        1 => job.facts.number("look_second_secs"),
        _ => job.facts.number("look_third_secs"),
    }
}

/// The next look. Each listed post costs, so the list begins as late as it may.
pub(super) fn next(job: &Job, trail: &Trail, ready: &Ready, look: &Look) -> Next<State> {
    let wide = look.duplicate && look.looks + 1 >= LOOKS;
    let call = list(job, trail, ready, look.first, wide);
    Next::Quiet(Quiet::counting(call, price::look(&job.facts, look.looks, wide)))
}

fn list(job: &Job, trail: &Trail, ready: &Ready, first: LetGo, wide: bool) -> Call {
    let first = first.heard(job);
    let me = me(job, trail);
    if wide {
        let back = job.facts.number("look_duplicate_secs");
        return calls::list(job, me, &Since::Time(first.earliest(back)));
    }
    let newest = trail
        .live
        .iter()
        .flatten()
        .next_back()
        .or(ready.baseline.as_ref());
    match newest {
        Some(id) => calls::list(job, me, &Since::Id(id)),
        None => {
            let back = job.facts.number("look_since_secs");
            calls::list(job, me, &Since::Time(first.earliest(back)))
        }
    }
}

/// What a list says.
pub(super) enum Told {
    Found(String),
    /// Not there; perhaps an older one with the same words.
    Not(Option<String>),
    /// The list goes on beyond what was asked for.
    More,
    Unreadable,
}

pub(super) fn told(json: &Value, compare: impl Fn(&Value) -> Match) -> Told {
    let meta = json.get("meta");
    let empty = meta.and_then(|m| m.get("result_count")).and_then(Value::as_u64) == Some(0);
    let entries = match json.get("data").and_then(Value::as_array) {
        Some(list) => list.as_slice(),
        None if empty => &[],
        None => return Told::Unreadable,
    };
    let (mut ours, mut older): (Option<(String, i64)>, Option<String>) = (None, None);
    for entry in entries {
        match compare(entry) {
            // Of several the one that was made nearest to the sending (x.md 8.3).
            Match::Ours(id, away) if ours.as_ref().is_none_or(|(_, best)| away < *best) => {
                ours = Some((id, away));
            }
            Match::Older(id) => older = older.or(Some(id)),
            Match::Ours(..) | Match::No => {}
        }
    }
    match ours {
        Some((id, _)) => Told::Found(id),
        None if meta.and_then(|m| m.get("next_token")).is_some() => Told::More,
        None => Told::Not(older),
    }
}

/// An answer to a look.
pub(super) fn on_look(
    job: &Job,
    trail: Trail,
    ready: Ready,
    look: Look,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let look = look.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return unable(job, trail, ready, look.first, p),
    };
    let older = match told(&json, |entry| matching::post(job, &trail, look.first, entry)) {
        Told::Found(id) => return Verdict::Found(published(job, trail, Some(id))),
        Told::Unreadable => return reply::unreadable("a list of posts", &json),
        Told::More if look.looks + 1 < LOOKS => None,
        Told::More => {
            let why = "the account posted too much since to find it";
            return undecided(trail, ready, look.first, why);
        }
        Told::Not(older) => older,
    };
    let looks = look.looks + 1;
    if looks < LOOKS {
        let from = now.after_secs(pause(job, looks));
        let look = Look { looks, from, ..look };
        return Verdict::Advance(State::Look { trail, ready, look });
    }
    if look.duplicate {
        return Verdict::Refused {
            why: posted_before(older),
        };
    }
    not_found(job, trail, ready, &look)
}

fn posted_before(older: Option<String>) -> String {
    let which = older.map_or_else(
        || "lately, though it does not list it".to_owned(),
        |id| format!("before: https://x.com/i/web/status/{id}"),
    );
    format!("X refuses it as a duplicate: the account has posted the same words {which}; change them")
}

/// Three looks found nothing. Words are sent again while the doubt stands: X refuses them if they are there
/// (x.md 8.2: "resend the identical bytes"). Polls and posts without words would not be refused.
fn not_found(job: &Job, trail: Trail, ready: Ready, look: &Look) -> Verdict<State> {
    let guarded = parts::part(&job.content, trail.live.len()).is_some_and(|p| parts::guarded(&p));
    if !guarded {
        let why = "it is not among the account's posts, which is no proof; X does not notice when a poll or a post \
                   without words is sent twice";
        return undecided(trail, ready, look.first, why);
    }
    if i64::from(look.round) + 1 >= job.facts.number("resends_max") {
        let why = "its answers are lost again and again, and it is not among the account's posts";
        return undecided(trail, ready, look.first, why);
    }
    Verdict::Advance(State::Post {
        trail,
        ready,
        round: look.round + 1,
        first: Some(look.first),
    })
}

fn undecided(trail: Trail, ready: Ready, first: LetGo, why: &str) -> Verdict<State> {
    Verdict::Advance(State::Undecided {
        trail,
        ready,
        first,
        why: format!("the answer to the post was lost, and {why}"),
    })
}

/// A look itself failed. What passes is tried again; what a person must mend is said; the doubt stays.
fn unable(job: &Job, trail: Trail, ready: Ready, first: LetGo, p: Problem) -> Verdict<State> {
    if refuses(p.class) {
        undecided(
            trail,
            ready,
            first,
            &format!("its posts cannot be listed: {}", p.why),
        )
    } else {
        failed(job, p)
    }
}

/// Whether a look is refused in a way that another would be too.
pub(super) fn refuses(class: Class) -> bool {
    match class {
        Class::Rejected | Class::Forbidden | Class::Gone | Class::Duplicate | Class::Already => true,
        Class::DeadToken
        | Class::Setup
        | Class::NoCredits
        | Class::Person
        | Class::Limited
        | Class::Capped
        | Class::Server
        | Class::Unknown => false,
    }
}

/// The next look for an id, or the end of looking.
pub(super) fn next_id(job: &Job, trail: &Trail, ready: &Ready, (first, looks): (LetGo, u8)) -> Next<State> {
    if looks < LOOKS {
        let wide = looks + 1 >= LOOKS;
        let call = list(job, trail, ready, first, wide);
        return Next::Quiet(Quiet::counting(call, price::look(&job.facts, looks, wide)));
    }
    Next::Ask {
        why: format!(
            "part {} is out, but X does not list it, and the next part needs its id: look it up and name it with `crierctl resolve`",
            trail.live.len()
        ),
    }
}

/// An answer to it.
pub(super) fn on_id(
    job: &Job,
    mut trail: Trail,
    ready: Ready,
    (first, looks): (LetGo, u8),
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let first = first.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) if refuses(p.class) => Value::Null,
        Seen::Bad(p) => return failed(job, p),
    };
    let last = trail.live.pop();
    let older = match told(&json, |entry| matching::post(job, &trail, first, entry)) {
        Told::Found(id) => return Verdict::Found(published(job, trail, Some(id))),
        Told::Not(older) => older,
        Told::More | Told::Unreadable => None,
    };
    let looks = looks + 1;
    if looks >= LOOKS
        && let Some(id) = older
    {
        let why = format!(
            "X refuses it now as a duplicate, and the only post with these words is older: https://x.com/i/web/status/{id}"
        );
        return undecided(trail, ready, first, &why);
    }
    trail.live.extend(last);
    if looks >= LOOKS && trail.live.len() >= parts::count(&job.content) {
        return Verdict::Found(State::Done { trail });
    }
    Verdict::Advance(State::FindId {
        trail,
        ready,
        first,
        looks,
        from: now.after_secs(if looks < LOOKS { pause(job, looks) } else { 0 }),
    })
}
