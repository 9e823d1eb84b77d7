//! Did it happen? The procedure of threads.md 8 after a lost answer to a publishing call.
//!
//! The container is asked first: PUBLISHED is proof that it is out; FINISHED twice, a minute apart, and not in the
//! list is proof that it is not. Where the container says nothing, only the list is left, and a list tells posts
//! without words from each other by their time alone: those a person tells apart.

use serde_json::Value;

use super::calls;
use super::container::{Status, status_of};
use super::flow::{answers, quiet, start};
use super::parts;
use super::publish::{lives, permalink_of, published, reposted};
use super::reply::{self, Problem, Seen};
use super::state::{Ask, Out, Search, State, Trail};
use crate::core::flow::{Job, Next, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::{LetGo, theirs};
use crate::platforms::kit::text::{comparable, id, time};

/// Rounds in which neither container nor list says anything, before a new container (threads.md 8).
const ROUNDS: u8 = 3;
/// Rounds of a container that stays IN_PROGRESS after a lost publishing call, before a person is asked.
const BUSY_ROUNDS: u8 = 30;
/// Seconds after the lost call within which its effect must bear its time. Later posts are others.
const EFFECT_SECS: i64 = 900;
/// Seconds between looks for the id of what is certainly out; the last is for threads only, which need it.
const ID_LOOKS: [i64; 5] = [0, 60, 300, 900, 3600];
/// How many of them are made when nothing depends on the id.
const ID_LOOKS_COSMETIC: u8 = 3;
/// Looks for a repost (threads.md 8: 3 looks over 5 minutes).
const REPOST_LOOKS: u8 = 3;
/// Lost publishing calls that proved not to have happened: how long to stay away before the next, in
/// units of `lost_pause_secs`. The first may be chance; more of them are how a suspicion of spam looks (threads.md 7: 4/2207051).
const AFTER_LOST: [i64; 4] = [0, 1, 24, 24];

impl Search {
    /// A search for the effect of a call that was let go at `sent`.
    pub(super) fn after(job: &Job, sent: LetGo) -> Search {
        Search {
            sent,
            rounds: 0,
            finished: None,
            ask: Ask::Container,
            from: sent.ours().after_secs(job.facts.number("look_pause_secs")),
        }
    }
}

/// The next question.
pub(super) fn next(job: &Job, trail: &Trail, container: &str, search: &Search) -> Next<State> {
    match search.ask {
        Ask::Container => quiet(calls::status(job, container)),
        Ask::ListAfterFinished | Ask::ListAfterDead | Ask::ListAfterGone => {
            let replies = parts::is_reply(&job.content, trail.live.len());
            quiet(calls::list(job, replies, search.sent))
        }
    }
}

/// An answer to it.
pub(super) fn on_look(
    job: &Job,
    trail: Trail,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let search = Search {
        sent: search.sent.heard(job),
        ..search
    };
    match search.ask {
        Ask::Container => on_container(job, trail, container, search, seen, now),
        Ask::ListAfterFinished | Ask::ListAfterDead | Ask::ListAfterGone => {
            on_list(job, trail, container, search, seen, now)
        }
    }
}

fn on_container(
    job: &Job,
    trail: Trail,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let ask = |ask: Ask| Search {
        ask,
        ..search.clone()
    };
    let search = match seen {
        Seen::Good(json) => match status_of(&json) {
            Status::Published => return Verdict::Found(id_unknown(trail, search.sent, now)),
            Status::Finished => finished(job, search, now),
            Status::Expired | Status::Error(_) => ask(Ask::ListAfterDead),
            Status::InProgress if search.rounds >= BUSY_ROUNDS => {
                let why = "the container has been IN_PROGRESS ever since its publishing call was lost";
                return undecided(trail, Some(container), why);
            }
            Status::InProgress => Search {
                rounds: search.rounds.saturating_add(1),
                finished: None,
                from: now.after_secs(job.facts.number("look_pause_secs")),
                ..search
            },
            Status::Other(word) => {
                return Verdict::Unclear {
                    why: format!("the container's status is {word:?}, which Threads does not document"),
                };
            }
        },
        Seen::Bad(p) => match p.class {
            Class::NoSuchField => return Verdict::Found(id_unknown(trail, search.sent, now)),
            Class::Gone => ask(Ask::ListAfterGone),
            Class::RetryLater
            | Class::NewContainer
            | Class::NotReady
            | Class::Fetch
            | Class::Limited(_)
            | Class::Suspected(_)
            | Class::Duplicate
            | Class::Reauthorise
            | Class::Person
            | Class::Reject
            | Class::Unknown => return unable(trail, Some(container), p),
        },
    };
    Verdict::Advance(State::Look {
        trail,
        container,
        search,
    })
}

/// FINISHED counts twice, a pause apart, and not while the lost call may still have been running.
fn finished(job: &Job, search: Search, now: Timestamp) -> Search {
    let pause = job.facts.number("look_pause_secs");
    let theirs = theirs(job, now);
    match search.finished {
        Some(first) if theirs >= first.after_secs(pause) => Search {
            ask: Ask::ListAfterFinished,
            ..search
        },
        Some(first) => Search {
            from: now + first.after_secs(pause).since(theirs),
            ..search
        },
        None => {
            // Until then the lost call itself may still have been running.
            let counts = search.sent.passed(job, now) >= calls::COMMIT;
            Search {
                finished: counts.then_some(theirs),
                from: now.after_secs(pause),
                ..search
            }
        }
    }
}

fn on_list(
    job: &Job,
    trail: Trail,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return unable(trail, Some(container), p),
    };
    let entries = match entries(job, &json) {
        Ok(entries) => entries,
        Err(why) => return why.into_verdict(trail, Some(container)),
    };
    let found: Vec<&Value> = entries
        .iter()
        .filter(|e| is_candidate(job, &trail, search.sent, e))
        .collect();
    match found.as_slice() {
        // The container has said FINISHED twice, so this is another post with the same words, or the container lies.
        [_] if search.ask == Ask::ListAfterFinished => {
            let why = "the account has a post with the same words, though the container says that it was not published";
            return undecided(trail, Some(container), why);
        }
        [_] if parts::is_wordless(&job.content, trail.live.len()) => {
            let why = "one of the account's posts fits by its time, but it has no words to tell it by";
            return undecided(trail, Some(container), why);
        }
        [one] => return Verdict::Found(published(trail, out(one), search.sent, now)),
        [_, _, ..] => return undecided(trail, Some(container), "more than one post of the account fits"),
        [] => {}
    }
    if search.ask == Ask::ListAfterGone && search.rounds + 1 < ROUNDS {
        return Verdict::Advance(State::Look {
            trail,
            container,
            search: Search {
                rounds: search.rounds + 1,
                ask: Ask::Container,
                from: now.after_secs(job.facts.number("look_round_secs")),
                ..search
            },
        });
    }
    not_out(job, trail, container, search.ask, now)
}

/// Nothing is out: it is published again, after a limit that was told meanwhile, which stands for everything that the
/// account does.
fn not_out(job: &Job, mut trail: Trail, container: String, asked: Ask, now: Timestamp) -> Verdict<State> {
    let limit = trail.redo.limit.take();
    if let Some((until, why)) = limit.as_ref().filter(|(until, _)| *until > now) {
        return reply::limited(until.since(now).as_secs().saturating_add(1), None, why.clone());
    }
    // A limit lasts as long as a container: the old one has expired.
    let kept = asked == Ask::ListAfterFinished && limit.is_none();
    match again_after(job, &mut trail, now) {
        Some(from) if kept => Verdict::NotOut(State::Publish {
            trail,
            container,
            from,
            made: Timestamp::default(),
        }),
        Some(from) => Verdict::NotOut(start(job, trail, from)),
        None => undecided(
            trail,
            kept.then_some(container),
            "its publishing calls fail again and again without an answer",
        ),
    }
}

/// When the next publishing call may follow one that was lost and did not happen; `None`: not without a person.
fn again_after(job: &Job, trail: &mut Trail, now: Timestamp) -> Option<Timestamp> {
    let pauses = AFTER_LOST.get(usize::from(trail.redo.lost))?;
    trail.redo.lost += 1;
    Some(now.after_secs(pauses * job.facts.number("lost_pause_secs")))
}

/// A look itself failed. What passes is tried again; what a person must mend is said; the doubt stays.
fn unable(trail: Trail, container: Option<String>, p: Problem) -> Verdict<State> {
    match p.class {
        Class::Reject | Class::Gone | Class::NoSuchField | Class::Duplicate => {
            undecided(trail, container, &p.why)
        }
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Reauthorise
        | Class::Person
        | Class::Unknown => reply::quiet(p),
    }
}

fn undecided(trail: Trail, container: Option<String>, why: &str) -> Verdict<State> {
    let why = format!("the answer to the publishing call was lost or doubtful, and {why}");
    Verdict::Advance(State::Undecided {
        trail,
        container,
        why,
    })
}

/// Why a list is of no use.
enum BadList {
    /// Not the shape of a list.
    Unreadable(String),
    /// A full page: what is looked for may be on the next.
    Full,
}

impl BadList {
    fn into_verdict(self, trail: Trail, container: Option<String>) -> Verdict<State> {
        match self {
            BadList::Unreadable(why) => Verdict::Unclear { why },
            BadList::Full => undecided(
                trail,
                container,
                "the account published too much since to find it",
            ),
        }
    }
}

fn entries<'a>(job: &Job, json: &'a Value) -> Result<&'a [Value], BadList> {
    let Some(list) = json.get("data").and_then(Value::as_array) else {
        return Err(BadList::Unreadable(
            "Threads answered with a list that is none".to_owned(),
        ));
    };
    if list.len() >= super::offers::size(&job.facts, "history_max") {
        return Err(BadList::Full);
    }
    Ok(list)
}

fn out(entry: &Value) -> Out {
    Out {
        id: graph::id_of(entry),
        url: permalink_of(entry),
    }
}

/// Whether a listed post may be the effect of the call sent at `sent`: kind, time, words, what it answers, and not
/// known already. What an entry does not tell speaks neither for nor against it.
fn is_candidate(job: &Job, trail: &Trail, sent: LetGo, entry: &Value) -> bool {
    let n = trail.live.len();
    let Some(part) = parts::part(&job.content, n) else {
        return false;
    };
    let known = graph::id_of(entry).is_some_and(|id| trail.live.iter().any(|o| o.id.as_ref() == Some(&id)));
    let kind = graph::word(entry, "media_type").is_none_or(|t| t == parts::listed_type(&part));
    let words = comparable(graph::word(entry, "text").unwrap_or_default()) == comparable(&part.text);
    let quotes = n == 0 && job.content.quote.is_some();
    let quote = entry
        .get("is_quote_post")
        .and_then(Value::as_bool)
        .is_none_or(|q| q == quotes);
    !known && kind && words && quote && timely(job, sent, entry) && answers_ours(job, trail, entry)
}

fn timely(job: &Job, sent: LetGo, entry: &Value) -> bool {
    let margin = job.facts.number("look_match_secs");
    graph::word(entry, "timestamp")
        .and_then(time)
        .is_none_or(|t| sent.may_have_made(t, margin, EFFECT_SECS))
}

fn answers_ours(job: &Job, trail: &Trail, entry: &Value) -> bool {
    let Ok(Some(parent)) = answers(job, trail) else {
        return true;
    };
    let told = entry
        .get("replied_to")
        .and_then(|r| r.get("id").or(Some(r)))
        .and_then(id);
    told.is_none_or(|told| told == parent)
}

/// It is certainly out; its id is not known yet.
pub(super) fn id_unknown(trail: Trail, sent: LetGo, now: Timestamp) -> State {
    match published(trail, Out::default(), sent, now) {
        State::FindId { trail, looks, .. } => State::FindId {
            trail,
            sent,
            looks,
            from: now,
        },
        other => other,
    }
}

/// Whether a failed look for something cosmetic is more than a miss: a time to keep silent always is, a dead token
/// or a permission when more is to come.
pub(super) fn must_be_heard(p: &Problem, more_to_come: bool) -> bool {
    match p.class {
        Class::Limited(_) | Class::Suspected(_) => true,
        Class::Reauthorise | Class::Person => more_to_come,
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reject
        | Class::Unknown => p.wait.is_some(),
    }
}

/// The next look for an id, or the end of looking.
pub(super) fn next_id(job: &Job, trail: &Trail, sent: LetGo, looks: u8) -> Next<State> {
    let count = trail.live.len();
    let part = count.saturating_sub(1);
    let wordless = parts::is_wordless(&job.content, part);
    if wordless && count >= parts::count(&job.content) {
        return Next::Done(lives(job, trail));
    }
    if !wordless && usize::from(looks) < ID_LOOKS.len() {
        return quiet(calls::list(job, parts::is_reply(&job.content, part), sent));
    }
    let unknown = if wordless {
        "it has no words to tell it from others by"
    } else {
        "Threads does not list it"
    };
    Next::Ask {
        why: format!(
            "part {count} is out, but {unknown}, and the next part needs its id: look it up and name it with `crierctl resolve`"
        ),
    }
}

/// An answer to it.
pub(super) fn on_id(
    job: &Job,
    mut trail: Trail,
    sent: LetGo,
    looks: u8,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let sent = sent.heard(job);
    let needed = trail.live.len() < parts::count(&job.content);
    let seen = match seen {
        Seen::Bad(p) if must_be_heard(&p, needed) => return reply::quiet(p),
        other @ (Seen::Good(_) | Seen::Bad(_)) => other,
    };
    let last = trail.live.pop();
    let entries = match &seen {
        Seen::Good(json) => entries(job, json).unwrap_or_default(),
        Seen::Bad(_) => &[],
    };
    let found: Vec<&Value> = entries
        .iter()
        .filter(|e| is_candidate(job, &trail, sent, e))
        .collect();
    if let [one] = found.as_slice()
        && graph::id_of(one).is_some()
    {
        return Verdict::Found(published(trail, out(one), sent, sent.ours()));
    }
    trail.live.extend(last);
    let looks = looks.saturating_add(1);
    if looks >= ID_LOOKS_COSMETIC && !needed {
        return Verdict::Found(State::Done { trail });
    }
    let wait = ID_LOOKS.get(usize::from(looks)).copied().unwrap_or(0);
    Verdict::Advance(State::FindId {
        trail,
        sent,
        looks,
        from: now.after_secs(wait),
    })
}

/// An answer to the look for a repost.
pub(super) fn on_repost(job: &Job, sent: LetGo, looks: u8, seen: Seen, now: Timestamp) -> Verdict<State> {
    let sent = sent.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => match p.class {
            Class::Reject | Class::Gone | Class::NoSuchField | Class::Duplicate => {
                return repost_undecided(&p.why);
            }
            Class::RetryLater
            | Class::NewContainer
            | Class::NotReady
            | Class::Fetch
            | Class::Limited(_)
            | Class::Suspected(_)
            | Class::Reauthorise
            | Class::Person
            | Class::Unknown => return reply::quiet(p),
        },
    };
    let entries = match entries(job, &json) {
        Ok(entries) => entries,
        Err(BadList::Unreadable(why)) => return Verdict::Unclear { why },
        Err(BadList::Full) => return repost_undecided("the account published too much since to find it"),
    };
    let wanted = job.content.repost.as_deref();
    let is_ours = |e: &&Value| {
        let of = e.get("reposted_post").and_then(|p| p.get("id")).and_then(id);
        of.as_deref() == wanted && timely(job, sent, e)
    };
    if let Some(entry) = entries.iter().find(is_ours) {
        return Verdict::Found(reposted(out(entry)));
    }
    if looks + 1 >= REPOST_LOOKS {
        return repost_undecided("it is not among the account's posts, which is no proof");
    }
    Verdict::Advance(State::LookRepost {
        sent,
        looks: looks + 1,
        from: now.after_secs(job.facts.number("look_round_secs")),
    })
}

fn repost_undecided(why: &str) -> Verdict<State> {
    Verdict::Advance(State::UndecidedRepost {
        why: format!("the answer to the repost was lost, and {why}"),
    })
}
