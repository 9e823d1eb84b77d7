//! Did it happen? After a lost or doubtful answer to a publishing call (threads.md 8), by kit's search; and the id of what
//! is out. A list tells posts without words from each other by their time alone: those a person tells apart.

use serde_json::Value;

use super::calls;
use super::container::{odd, status_of};
use super::flow::{answers, quiet, start};
use super::parts;
use super::publish::{lives, permalink_of, published, reposted};
use super::reply::{self, Problem, Seen};
use super::state::{State, Trail};
use crate::core::flow::{Job, Next, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::Out;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{
    self, AGAIN_AND_AGAIN, Ask, BadList, Search, Told, again_after, is_hopeless, must_be_heard, timely,
};
use crate::platforms::kit::text::{comparable, id, time};

/// Seconds between looks for the id of what is certainly out; the last is for threads only, which need it.
const ID_LOOKS: [i64; 5] = [0, 60, 300, 900, 3600];
/// How many of them are made when nothing depends on the id.
const ID_LOOKS_COSMETIC: u8 = 3;
/// Looks for a repost (threads.md 8: 3 looks over 5 minutes).
const REPOST_LOOKS: u8 = 3;

const NO_LIST: &str = "Threads answered with a list that is none";
const FULL_LIST: &str = "the account published too much since to find it";

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
    let search = search.heard(job);
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
    let sent = search.sent;
    let told = match seen {
        Seen::Good(json) => search.told(job, status_of(&json), calls::COMMIT, now),
        Seen::Bad(p) if p.class == Class::NoSuchField => Told::Out,
        Seen::Bad(p) if p.class == Class::Gone => Told::On(search.asking(Ask::ListAfterGone)),
        Seen::Bad(p) => return unable(trail, Some(container), p),
    };
    match told {
        Told::Out => Verdict::Found(id_unknown(trail, sent, now)),
        Told::On(search) => Verdict::Advance(State::Look {
            trail,
            container,
            search,
        }),
        Told::Never(why) => undecided(trail, Some(container), why),
        Told::Odd(word) => odd(&word),
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
        Err(BadList::Unreadable) => return unreadable(),
        Err(BadList::Full) => return undecided(trail, Some(container), FULL_LIST),
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
    if let Some(search) = search.next_round(job, now) {
        return Verdict::Advance(State::Look {
            trail,
            container,
            search,
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
    match again_after(job, &mut trail.redo.lost, now) {
        Some(from) if kept => Verdict::NotOut(State::Publish {
            trail,
            container,
            from,
            made: Timestamp::default(),
        }),
        Some(from) => Verdict::NotOut(start(job, trail, from)),
        None => undecided(trail, kept.then_some(container), AGAIN_AND_AGAIN),
    }
}

/// A look itself failed. What passes is tried again; what a person must mend is said; the doubt stays.
fn unable(trail: Trail, container: Option<String>, p: Problem) -> Verdict<State> {
    if is_hopeless(p.class) {
        return undecided(trail, container, &p.why);
    }
    reply::quiet(p)
}

fn undecided(trail: Trail, container: Option<String>, why: &str) -> Verdict<State> {
    let why = format!("the answer to the publishing call was lost or doubtful, and {why}");
    Verdict::Advance(State::Undecided {
        trail,
        container,
        why,
    })
}

fn unreadable() -> Verdict<State> {
    Verdict::Unclear {
        why: NO_LIST.to_owned(),
    }
}

fn entries<'a>(job: &Job, json: &'a Value) -> Result<&'a [Value], BadList> {
    // In which order they come is not documented.
    search::entries(json, super::offers::size(&job.facts, "history_max"), |_| false)
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
    !known && kind && words && quote && timely(job, sent, when(entry)) && answers_ours(job, trail, entry)
}

fn when(entry: &Value) -> Option<Timestamp> {
    graph::word(entry, "timestamp").and_then(time)
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
    published(trail, Out::default(), sent, now)
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
        Seen::Bad(p) if must_be_heard(p.class, p.wait.is_some(), needed) => return reply::quiet(p),
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
        Seen::Bad(p) if is_hopeless(p.class) => return repost_undecided(&p.why),
        Seen::Bad(p) => return reply::quiet(p),
    };
    let entries = match entries(job, &json) {
        Ok(entries) => entries,
        Err(BadList::Unreadable) => return unreadable(),
        Err(BadList::Full) => return repost_undecided(FULL_LIST),
    };
    let wanted = job.content.repost.as_deref();
    let is_ours = |e: &&Value| {
        let of = e.get("reposted_post").and_then(|p| p.get("id")).and_then(id);
        of.as_deref() == wanted && timely(job, sent, when(e))
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
