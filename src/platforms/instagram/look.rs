//! Did it happen? After a lost or doubtful answer to `media_publish` (instagram.md 8), by kit's search; and the id of what is
//! out. A list tells posts without words from each other by their time alone: those a person tells apart.

use serde_json::Value;

use super::calls;
use super::container::{odd, status_of};
use super::flow::{quiet, start};
use super::publish::{after_post, done, find_id, permalink_of};
use super::reply::{self, Problem, Seen};
use super::shape::{self, Shape};
use super::state::{Looks, Redo, State};
use crate::core::flow::{Job, Next, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::Out;
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::{LetGo, theirs};
use crate::platforms::kit::search::{
    self, AGAIN_AND_AGAIN, Ask, BadList, Search, Told, again_after, is_hopeless, must_be_heard, timely,
};
use crate::platforms::kit::text::{plainly, time};

/// Seconds that a story is listed (instagram.md 5).
const STORY_SECS: i64 = 86_400;
/// Seconds between looks for the id of what is certainly out.
const ID_LOOKS: [i64; 3] = [0, 60, 300];

impl Looks {
    /// With what the vendor has said since.
    pub(super) fn heard(self, job: &Job) -> Looks {
        Looks {
            sent: self.sent.heard(job),
            ..self
        }
    }
}

/// The next question.
pub(super) fn next(job: &Job, container: &str, search: &Search) -> Next<State> {
    match search.ask {
        Ask::Container => quiet(calls::status(job, container)),
        Ask::ListAfterFinished | Ask::ListAfterDead | Ask::ListAfterGone => {
            quiet(calls::list_since(job, search.sent))
        }
    }
}

/// An answer to it.
pub(super) fn on_look(
    job: &Job,
    redo: Redo,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let search = search.heard(job);
    match search.ask {
        Ask::Container => on_container(job, redo, container, search, seen, now),
        Ask::ListAfterFinished | Ask::ListAfterDead | Ask::ListAfterGone => {
            on_list(job, redo, container, search, seen, now)
        }
    }
}

fn on_container(
    job: &Job,
    redo: Redo,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let sent = search.sent;
    let told = match seen {
        Seen::Good(json) => search.told(job, status_of(&json), calls::COMMIT, now),
        // No statement (instagram.md 8); a field that is not there: the id names something else now.
        Seen::Bad(p) if matches!(p.class, Class::Gone | Class::NoSuchField) => {
            Told::On(search.asking(Ask::ListAfterGone))
        }
        Seen::Bad(p) => return unable(redo, Some(container), p),
    };
    match told {
        Told::Out => Verdict::Found(id_unknown(sent, now)),
        Told::On(search) => Verdict::Advance(State::Look {
            redo,
            container,
            search,
        }),
        Told::Never(why) => undecided(redo, Some(container), why),
        Told::Odd(word) => odd(&word),
    }
}

fn on_list(
    job: &Job,
    mut redo: Redo,
    container: String,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return unable(redo, Some(container), p),
    };
    let list = match entries(job, search.sent, &json) {
        Ok(list) => list,
        Err(BadList::Unreadable) => {
            let why = "Instagram answered with a list that is none".to_owned();
            return Verdict::Unclear { why };
        }
        Err(BadList::Full) => {
            let why = "the account published too much since to find it";
            return undecided(redo, Some(container), why);
        }
    };
    match candidates(job, search.sent, list).as_slice() {
        // The container has said FINISHED twice, so this is another post with the same words, or the container lies.
        [_] if search.ask == Ask::ListAfterFinished => {
            let why = "the account has a post that fits, though the container says that it was not published";
            return undecided(redo, Some(container), why);
        }
        [_] if shape_words(job).is_empty() => {
            let why = "one of the account's posts fits by its time, but it has no words to tell it by";
            return undecided(redo, Some(container), why);
        }
        [one] => return Verdict::Found(known(one)),
        [_, _, ..] => return undecided(redo, Some(container), "more than one post of the account fits"),
        [] => {}
    }
    if search.ask != Ask::ListAfterFinished && vanished(job, search.sent, now) {
        let why = "it was a story, which is listed for a day only";
        return undecided(redo, Some(container), why);
    }
    if let Some(search) = search.next_round(job, now) {
        return Verdict::Advance(State::Look {
            redo,
            container,
            search,
        });
    }
    // Nothing is out: now the limit counts that was told meanwhile, for everything that the account does.
    if let Some((until, why)) = redo.limit.clone().filter(|(until, _)| *until > now) {
        return reply::limited(until.since(now).as_secs().saturating_add(1), None, why);
    }
    let Some(from) = again_after(job, &mut redo.lost, now) else {
        return undecided(redo, Some(container), AGAIN_AND_AGAIN);
    };
    Verdict::NotOut(match search.ask {
        Ask::ListAfterFinished => State::Publish {
            redo,
            container,
            from,
            made: Timestamp::default(),
        },
        Ask::ListAfterDead | Ask::ListAfterGone | Ask::Container => start(job, redo, from),
    })
}

/// Whether what went out at `sent` has vanished from the list by itself (instagram.md 5: stories of the last 24 h).
fn vanished(job: &Job, sent: LetGo, now: Timestamp) -> bool {
    match shape::shape(&job.content) {
        Shape::StoryPhoto | Shape::StoryVideo => theirs(job, now) >= sent.earliest(0).after_secs(STORY_SECS),
        Shape::Photo | Shape::Reel | Shape::Carousel | Shape::Message => false,
    }
}

/// A look that failed: tried again, or handed to a person when it can never work.
fn unable(redo: Redo, container: Option<String>, p: Problem) -> Verdict<State> {
    if is_hopeless(p.class) {
        return undecided(redo, container, &p.why);
    }
    reply::quiet(p)
}

fn undecided(redo: Redo, container: Option<String>, why: &str) -> Verdict<State> {
    Verdict::Advance(State::Undecided {
        redo,
        container,
        why: format!("the answer to the publishing call was lost or doubtful, and {why}"),
    })
}

fn entries<'a>(job: &Job, sent: LetGo, json: &'a Value) -> Result<&'a [Value], BadList> {
    let from = sent.earliest(job.facts.number("look_match_secs"));
    // Newest first (instagram.md 5): a page that ends before the call holds everything since.
    let reaches_back = |oldest: &Value| when(oldest).is_some_and(|t| t < from);
    search::entries(json, super::offers::size(&job.facts, "look_max"), reaches_back)
}

fn when(entry: &Value) -> Option<Timestamp> {
    graph::word(entry, "timestamp").and_then(time)
}

/// The entries that may be the effect of the call sent at `sent`: kind, time and words. First by the words as they
/// are, then without `@`, which Instagram leaves out for some logins (instagram.md 8).
fn candidates<'a>(job: &Job, sent: LetGo, list: &'a [Value]) -> Vec<&'a Value> {
    let fitting: Vec<&Value> = list
        .iter()
        .filter(|e| graph::id_of(e).is_some() && fits(job, e) && timely(job, sent, when(e)))
        .collect();
    let said = shape_words(job);
    let same = |strip: fn(&str) -> String| -> Vec<&'a Value> {
        let wanted = strip(said);
        let caption = |e: &Value| strip(graph::word(e, "caption").unwrap_or_default());
        fitting.iter().copied().filter(|e| caption(e) == wanted).collect()
    };
    let exact = same(plainly);
    if exact.is_empty() {
        same(|words| plainly(words).replace('@', ""))
    } else {
        exact
    }
}

/// The caption; stories have none.
fn shape_words(job: &Job) -> &str {
    match shape::shape(&job.content) {
        Shape::StoryPhoto | Shape::StoryVideo => "",
        Shape::Photo | Shape::Reel | Shape::Carousel | Shape::Message => shape::words(&job.content),
    }
}

/// Whether an entry is of the kind (instagram.md 5, 8). What an entry does not tell speaks neither for nor against it.
fn fits(job: &Job, entry: &Value) -> bool {
    let is = |key: &str, wanted: &str| graph::word(entry, key).is_none_or(|w| w == wanted);
    match shape::shape(&job.content) {
        Shape::Photo => is("media_type", "IMAGE") && is("media_product_type", "FEED"),
        Shape::Reel => is("media_type", "VIDEO") && is("media_product_type", "REELS"),
        Shape::StoryPhoto => is("media_type", "IMAGE"),
        Shape::StoryVideo => is("media_type", "VIDEO"),
        Shape::Carousel => is("media_type", "CAROUSEL_ALBUM") && same_number(job, entry),
        Shape::Message => false,
    }
}

fn same_number(job: &Job, entry: &Value) -> bool {
    let children = entry.get("children").map(|c| c.get("data").unwrap_or(c));
    children
        .and_then(Value::as_array)
        .is_none_or(|c| c.len() == shape::files(&job.content).len())
}

/// A post that the list shows; its permalink may still be read.
fn known(entry: &Value) -> State {
    State::Permalink {
        out: Out {
            id: graph::id_of(entry),
            url: permalink_of(entry),
        },
    }
}

/// It is certainly out; its id is not known yet.
pub(super) fn id_unknown(sent: LetGo, now: Timestamp) -> State {
    find_id(sent, now)
}

/// An answer to the look for the id of what is out.
pub(super) fn on_id(job: &Job, looks: Looks, seen: Seen, now: Timestamp) -> Verdict<State> {
    let looks = looks.heard(job);
    let json = match seen {
        Seen::Bad(p) if must_be_heard(p.class, p.wait.is_some(), job.content.first_comment.is_some()) => {
            return reply::quiet(p);
        }
        Seen::Good(json) => json,
        Seen::Bad(_) => Value::Null,
    };
    let list = json.get("data").and_then(Value::as_array);
    let found = candidates(job, looks.sent, list.map_or(&[][..], Vec::as_slice));
    let out = Out::default();
    let nobodys = match found.as_slice() {
        // Lists lag: this may be another's, and ours not there yet.
        [_] if shape_words(job).is_empty() => Some(
            "one of the account's posts fits by its time, but it has no words to tell it by, so whether it is this one nobody can say but a person",
        ),
        [one] => return Verdict::Found(known(one)),
        [_, _, ..] => {
            Some("several of the account's posts fit, so which one it is nobody can say but a person")
        }
        [] => None,
    };
    if let Some(note) = nobodys {
        let note = match job.content.first_comment {
            Some(_) => format!("{note}; the first comment was not written"),
            None => note.to_owned(),
        };
        return Verdict::Found(done(out, Some(&note)));
    }
    let tried = looks.looks.saturating_add(1);
    let Some(wait) = ID_LOOKS.get(usize::from(tried)) else {
        return Verdict::Found(after_post(job, out));
    };
    Verdict::Advance(State::FindId {
        looks: Looks {
            looks: tried,
            from: now.after_secs(*wait),
            ..looks
        },
    })
}
