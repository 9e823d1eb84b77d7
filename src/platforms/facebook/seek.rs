//! Did it happen? The lists of facebook.md 8 B, C, F and G after a lost answer, and E after a refusal as a duplicate.
//!
//! The ids of photos and videos are conclusive: they were made for this post only. Words are matched with time and app.
//! Three looks over five minutes that show nothing permit another call (C); for stories they do not (B). Two that fit
//! are for a person.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::calls;
use super::flow::{at, first, impossible, quiet};
use super::parts;
use super::publish::{permalink_of, published, sent as sent_message};
use super::reply::{self, On, Problem, Seen};
use super::state::{Out, Search, State, Step, Why};
use crate::core::flow::{Job, Next, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{self, Class, word};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::meta_login::APP_ID;
use crate::platforms::kit::text::{id, time};

/// Looks that may find nothing.
const LOOKS: u8 = 3;
/// Seconds after the lost call within which its effect must bear its time. Later posts are others.
const EFFECT_SECS: i64 = 900;
/// Messages that one look shows (facebook.md 8 G).
const MESSAGES: usize = 10;
/// Lost calls that proved not to have happened: how long to stay away before the next, in units of
/// `lost_pause_secs`. The first may be chance; more of them look like a restriction.
const AFTER_LOST: [i64; 3] = [0, 1, 24];

/// What an entry of a list is to the lost call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Another.
    No,
    /// It may be ours, but too little is known to say so.
    Perhaps,
    /// Its words and time.
    Words,
    /// It holds what was uploaded for this post only.
    Certain,
}

/// A list that was looked through.
struct Listed<'a> {
    entries: Vec<&'a Value>,
    /// Older ones may be hidden behind the list's end.
    full: bool,
    /// That something is not in it says something.
    telling: bool,
}

/// The next look.
pub(super) fn next(job: &Job, state: &State, of: &Step, search: &Search) -> Next<State> {
    match of {
        Step::Story { .. } => quiet(calls::stories_since(job, search.sent)),
        Step::Send { .. } => match parts::recipient(&job.content, state.live.len()) {
            Some(to) => quiet(calls::conversation(job, to)),
            None => impossible("a recipient whom the message does not have"),
        },
        Step::Comment { .. } => match calls::below(job, state) {
            Some(post) => quiet(calls::comments(job, post)),
            None => impossible("a comment below no post"),
        },
        Step::Feed { .. }
        | Step::Finish { .. }
        | Step::Photo { .. }
        | Step::Start { .. }
        | Step::Transfer { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Seek { .. }
        | Step::AskPhoto { .. }
        | Step::Undecided { .. }
        | Step::Permalink
        | Step::Done => quiet(calls::posts_since(job, search.sent)),
    }
}

/// An answer to it. `state` has everything but the step.
pub(super) fn on_seek(
    job: &Job,
    state: State,
    of: Step,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let search = Search {
        sent: search.sent.heard(job),
        ..search
    };
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return unable(state, of, p),
    };
    let Some(listed) = listed(job, state.live.len(), &of, &search, &json) else {
        return reply::unreadable("a list", &json);
    };
    let mut fits: Vec<(Fit, &Value)> = listed
        .entries
        .iter()
        .map(|entry| (fit(job, &state, &of, &search, entry), *entry))
        .filter(|(fit, _)| *fit != Fit::No)
        .collect();
    if fits.iter().any(|(fit, _)| *fit == Fit::Certain) {
        fits.retain(|(fit, _)| *fit == Fit::Certain);
    }
    match fits.as_slice() {
        [(Fit::Words, _)]
            if matches!(search.why, Why::Duplicate | Why::Foreign) && state.redo.first.is_none() =>
        {
            let why =
                "no earlier try of this post is known, and what is there with its words may be another's";
            undecided(state, of, why)
        }
        [(Fit::Certain | Fit::Words, one)] => Verdict::Found(published(job, state, out(&of, one), now)),
        [_] => undecided(
            state,
            of,
            "something that may be it is there, but too little of it is shown to be sure",
        ),
        [_, _, ..] => undecided(state, of, "more than one thing that fits is there"),
        [] if listed.full => undecided(state, of, "too much was published since to find it"),
        [] => nothing(job, state, of, search, listed.telling, now),
    }
}

/// A look that shows nothing.
fn nothing(
    job: &Job,
    state: State,
    of: Step,
    search: Search,
    telling: bool,
    now: Timestamp,
) -> Verdict<State> {
    let looks = search.looks.saturating_add(1);
    if looks < LOOKS && search.why != Why::Foreign {
        let wait = if looks == 1 {
            job.facts.number("look_second_secs")
        } else {
            job.facts.number("look_third_secs")
        };
        let search = Search {
            looks,
            from: now.after_secs(wait),
            ..search
        };
        return Verdict::Advance(State {
            step: Step::Seek {
                of: Box::new(of),
                search,
            },
            ..state
        });
    }
    match (search.why, &of) {
        (Why::Duplicate, _) if state.redo.lost > 0 => undecided(
            state,
            of,
            "Facebook says that it has it already, but it is in no list",
        ),
        // Nothing of this delivery is out; one look more says so where nothing is in doubt any more.
        (Why::Duplicate, _) => Verdict::NotOut(State {
            step: Step::Seek {
                of: Box::new(of),
                search: Search {
                    why: Why::Foreign,
                    from: now,
                    ..search
                },
            },
            ..state
        }),
        (Why::Foreign, _) => Verdict::Refused {
            why: "Facebook says that the same was posted before, and it was not by this delivery: change the words or the pictures".to_owned(),
        },
        (Why::Gone, _) => {
            let step = first(job, now);
            again(job, state, step, search.sent, now)
        }
        (Why::Lost, Step::Story { .. }) => {
            undecided(state, of, "it is not among the Page's stories, which is no proof")
        }
        (Why::Lost, _) if !telling => undecided(
            state,
            of,
            "Facebook does not show the conversation with the person, so that it is not there is no proof",
        ),
        (Why::Lost, Step::Feed { photos, .. }) if !photos.is_empty() => Verdict::Advance(State {
            step: Step::AskPhoto {
                of: Box::new(of),
                search,
            },
            ..state
        }),
        (Why::Lost, _) => again(job, state, of, search.sent, now),
    }
}

/// The last question about photos (facebook.md 8 C): does the first belong to a post?
pub(super) fn next_photo(job: &Job, of: &Step) -> Next<State> {
    let Step::Feed { photos, .. } = of else {
        return impossible("a photo that the post does not have");
    };
    match photos.first() {
        Some(photo) => quiet(calls::photo_post(job, photo)),
        None => impossible("a photo that the post does not have"),
    }
}

/// Its answer. That the field is there is no promise of Facebook's, so it only ever stops another call.
pub(super) fn on_photo(
    job: &Job,
    state: State,
    of: Step,
    search: Search,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    match seen {
        Seen::Good(json) if json.get("page_story_id").and_then(id).is_some() => undecided(
            state,
            of,
            "its photos say that they belong to a post, which is in no list",
        ),
        Seen::Good(_) => again(job, state, of, search.sent, now),
        // The photos are gone, so nothing shows them: new ones.
        Seen::Bad(p) if p.says(Class::Gone) => {
            let step = first(job, now);
            again(job, state, step, search.sent, now)
        }
        Seen::Bad(p) if p.says(Class::NoSuchField) || p.says(Class::Reject) => {
            again(job, state, of, search.sent, now)
        }
        Seen::Bad(p) => reply::quiet(p, On::Object),
    }
}

/// It did not happen, so it is done again, or from the beginning of its upload; not for ever.
pub(super) fn again(job: &Job, mut state: State, of: Step, sent: LetGo, now: Timestamp) -> Verdict<State> {
    let Some(pauses) = AFTER_LOST.get(usize::from(state.redo.lost)) else {
        return undecided(state, of, "its calls fail again and again without an answer");
    };
    state.redo.lost += 1;
    state.redo.first = state.redo.first.or(Some(sent));
    let from = now.after_secs(pauses * job.facts.number("lost_pause_secs"));
    Verdict::NotOut(State {
        step: at(of, from),
        ..state
    })
}

pub(super) fn undecided(state: State, of: Step, why: &str) -> Verdict<State> {
    Verdict::Advance(State {
        step: Step::Undecided {
            of: Box::new(of),
            why: format!("the answer to the publishing call was lost or unclear, and {why}"),
        },
        ..state
    })
}

/// A look itself failed. What passes is tried again; what a person must mend is said; the doubt stays.
fn unable(state: State, of: Step, p: Problem) -> Verdict<State> {
    match p.class {
        Class::Reject | Class::Gone | Class::NoSuchField | Class::Duplicate => undecided(state, of, &p.why),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Reauthorise
        | Class::Person
        | Class::Unknown => reply::quiet(p, On::Object),
    }
}

/// The entries of an answer after `done` parts, whether it may hide older ones that count, and whether it tells anything.
fn listed<'a>(job: &Job, done: usize, of: &Step, search: &Search, json: &'a Value) -> Option<Listed<'a>> {
    let data = json.get("data")?.as_array()?;
    let talk = matches!(of, Step::Send { .. });
    let (entries, most): (Vec<&Value>, usize) = if talk {
        let messages = |c: &'a Value| c.get("messages")?.get("data")?.as_array();
        (data.iter().filter_map(messages).flatten().collect(), MESSAGES)
    } else {
        (
            data.iter().collect(),
            super::offers::size(&job.facts, "look_limit"),
        )
    };
    let begin = search.sent.earliest(job.facts.number("look_match_secs"));
    let reaches_back = entries.iter().any(|e| made(e).is_some_and(|t| t < begin));
    let full = entries.len() >= most && !reaches_back && !matches!(of, Step::Story { .. });
    let telling = !talk || entries.iter().any(|m| is_from_recipient(job, done, m));
    Some(Listed {
        entries,
        full,
        telling,
    })
}

/// Whether the person whom message number `done` is for wrote this one. Without one of theirs it is not sure that it is
/// their conversation which is seen: they wrote first, else nothing could be sent to them (facebook.md 5).
fn is_from_recipient(job: &Job, done: usize, message: &Value) -> bool {
    let from = message.get("from").and_then(|f| f.get("id")).and_then(id);
    from.is_some() && from.as_deref() == parts::recipient(&job.content, done)
}

/// When an entry was made.
fn made(entry: &Value) -> Option<Timestamp> {
    let told = entry.get("created_time").or_else(|| entry.get("creation_time"))?;
    match told {
        Value::Number(secs) => secs.as_i64().map(Timestamp::from_secs),
        Value::String(text) => time(text).or_else(|| text.parse().ok().map(Timestamp::from_secs)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn fit(job: &Job, state: &State, of: &Step, search: &Search, entry: &Value) -> Fit {
    match of {
        Step::Feed { photos, .. } if !photos.is_empty() => by_media(job, state, search, entry, photos),
        Step::Finish { video, .. } => by_media(job, state, search, entry, std::slice::from_ref(&video.id)),
        Step::Story { photo, .. } => {
            let media = entry.get("media_id").and_then(id);
            if media.as_deref() == Some(photo) {
                Fit::Certain
            } else {
                Fit::No
            }
        }
        Step::Feed { .. }
        | Step::Send { .. }
        | Step::Comment { .. }
        | Step::Photo { .. }
        | Step::Start { .. }
        | Step::Transfer { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Seek { .. }
        | Step::AskPhoto { .. }
        | Step::Undecided { .. }
        | Step::Permalink
        | Step::Done => by_words(job, state, search, entry),
    }
}

/// By what was uploaded. An entry that does not show its media may be ours when all else fits.
fn by_media(job: &Job, state: &State, search: &Search, entry: &Value, ours: &[String]) -> Fit {
    let shown = targets(entry);
    if shown.iter().any(|target| ours.contains(target)) {
        return Fit::Certain;
    }
    match by_words(job, state, search, entry) {
        Fit::No => Fit::No,
        Fit::Perhaps | Fit::Words | Fit::Certain if shown.is_empty() => Fit::Perhaps,
        Fit::Perhaps | Fit::Words | Fit::Certain => Fit::No,
    }
}

/// The ids of the media that a post shows.
fn targets(entry: &Value) -> Vec<String> {
    let attachments = |of: &Value, key: &str| -> Vec<Value> {
        of.get(key)
            .and_then(|a| a.get("data"))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let mut all = Vec::new();
    for one in attachments(entry, "attachments") {
        all.extend(one.get("target").and_then(|t| t.get("id")).and_then(id));
        for sub in attachments(&one, "subattachments") {
            all.extend(sub.get("target").and_then(|t| t.get("id")).and_then(id));
        }
    }
    all
}

/// By words, time, app and author. What an entry does not tell speaks neither for nor against it.
fn by_words(job: &Job, state: &State, search: &Search, entry: &Value) -> Fit {
    let known = entry
        .get("id")
        .and_then(id)
        .is_some_and(|known| state.live.iter().any(|out| out.id.as_ref() == Some(&known)));
    let words = parts::words(&job.content, state.live.len());
    let told = word(entry, "message").unwrap_or_default();
    let app = entry.get("application").and_then(|a| a.get("id")).and_then(id);
    let ours = job.profile.facts.get(APP_ID).filter(|a| !a.is_empty());
    let foreign = app.zip(ours).is_some_and(|(theirs, ours)| theirs != *ours);
    let from = entry.get("from").and_then(|f| f.get("id")).and_then(id);
    let other = from.is_some_and(|from| !job.profile.remote_id.is_empty() && from != job.profile.remote_id);
    if known || foreign || other || same(told) != same(words) || !timely(job, search, entry) {
        return Fit::No;
    }
    // Posts without words look all the same.
    if same(words).is_empty() || made(entry).is_none() {
        Fit::Perhaps
    } else {
        Fit::Words
    }
}

/// The same words in the same form (facebook.md 8 C: trim, NFC).
fn same(text: &str) -> String {
    text.replace("\r\n", "\n")
        .nfc()
        .collect::<String>()
        .trim()
        .to_owned()
}

fn timely(job: &Job, search: &Search, entry: &Value) -> bool {
    let from = search.sent.earliest(job.facts.number("look_match_secs"));
    let to = match search.why {
        Why::Lost | Why::Gone => search.sent.latest(EFFECT_SECS),
        // Any copy since our first try.
        Why::Duplicate | Why::Foreign => Timestamp::MAX,
    };
    made(entry).is_none_or(|t| t >= from && t <= to)
}

fn out(of: &Step, entry: &Value) -> Out {
    match of {
        Step::Send { .. } => word(entry, "id").map(sent_message).unwrap_or_default(),
        Step::Finish { video, .. } => Out {
            id: Some(video.id.clone()),
            post: graph::id_of(entry),
            url: permalink_of(entry),
            refused: None,
        },
        Step::Story { .. } => Out {
            id: entry.get("post_id").and_then(id).filter(|i| graph::is_id(i)),
            url: word(entry, "url")
                .and_then(|url| permalink_of(&serde_json::json!({ "permalink_url": url }))),
            ..Out::default()
        },
        Step::Feed { .. }
        | Step::Comment { .. }
        | Step::Photo { .. }
        | Step::Start { .. }
        | Step::Transfer { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Seek { .. }
        | Step::AskPhoto { .. }
        | Step::Undecided { .. }
        | Step::Permalink
        | Step::Done => Out {
            id: graph::id_of(entry),
            url: permalink_of(entry),
            ..Out::default()
        },
    }
}
