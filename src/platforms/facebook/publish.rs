//! What follows a publishing call: its answer, the next part, the receipt.

use serde_json::Value;

use super::calls;
use super::flow::{at, first, is_out, look_for, with};
use super::media::is_old;
use super::parts::{self, What};
use super::reply::{self, On, Problem, Seen};
use super::state::{Out, Redo, Search, State, Step, Why};
use crate::core::flow::{Job, Liveness, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::{self, Class, word};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::{id, plain};

/// Longest permalink kept; longer ones are not worth their place in the state.
const URL_MAX: usize = 160;
/// Longest id of a message kept.
const MESSAGE_ID_MAX: usize = 180;
/// Tries for a link that Facebook could not read, after the first (facebook.md 7: 1609005).
const LINK_MAX: u8 = 1;
/// Uploads of photos that Facebook did not know, before that is taken for the Page's own absence.
const GONE_MAX: u8 = 1;

/// Words, link or photos.
pub(super) fn on_feed(job: &Job, mut state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match graph::id_of(&json) {
                Some(id) => {
                    let out = Out {
                        id: Some(id),
                        url: permalink_of(&json),
                        ..Out::default()
                    };
                    Verdict::Advance(published(job, state, out, now))
                }
                None => reply::unreadable("the post's id", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    if p.says(Class::Duplicate) {
        return Verdict::Advance(look_for_copy(job, state, now));
    }
    if p.says(Class::Fetch) && state.redo.link < LINK_MAX {
        state.redo.link += 1;
        return Verdict::Restart { state, why: p.why };
    }
    if p.says(Class::Fetch) {
        return Verdict::Refused { why: p.why };
    }
    if let Step::Feed { photos, made, .. } = &state.step
        && !photos.is_empty()
    {
        let made = *made;
        return without_photos(job, state, p, made, now);
    }
    not_published(job, &state, p, now)
}

/// Photos that have outlived their day, or that Facebook does not know (100/33, which may also speak of the Page): they
/// are uploaded again, the latter once.
fn without_photos(
    job: &Job,
    mut state: State,
    p: Problem,
    made: Timestamp,
    now: Timestamp,
) -> Verdict<State> {
    let gone = p.says(Class::Gone);
    let why = if (gone || p.says(Class::Reject)) && is_old(job, made, now) {
        "the photos were uploaded too long ago"
    } else if gone && state.redo.gone < GONE_MAX {
        state.redo.gone += 1;
        "Facebook does not know the photos that were uploaded"
    } else {
        return not_published(job, &state, p, now);
    };
    Verdict::Restart {
        state: with(&state, first(job, now)),
        why: format!("{why}: {}", p.why),
    }
}

/// Any other refusal. A suspicion of spam may come although it is out (meta-common.md 4.1), so it is looked for; and if
/// it is not, it waits until the silence is over.
fn not_published(job: &Job, state: &State, p: Problem, now: Timestamp) -> Verdict<State> {
    match p.class {
        Class::Suspected(secs) if p.says(p.class) => {
            let silent = now.after_secs(reply::silence(secs, p.wait));
            let sent = LetGo::answered(job, now, calls::COMMIT);
            let mut state = look_for(job, state, sent, now);
            state.redo.silent = Some(silent);
            Verdict::Doubtful { state, why: p.why }
        }
        Class::Suspected(_)
        | Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Limited(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => reply::commit(p, On::Page),
    }
}

/// Facebook has it already, it says: perhaps from a call of ours whose answer was lost (facebook.md 8 E).
fn look_for_copy(job: &Job, state: State, now: Timestamp) -> State {
    let search = Search {
        sent: state
            .redo
            .first
            .unwrap_or_else(|| LetGo::answered(job, now, calls::COMMIT)),
        looks: 0,
        from: now,
        why: Why::Duplicate,
    };
    State {
        step: Step::Seek {
            of: Box::new(state.step),
            search,
        },
        ..state
    }
}

/// "This only acknowledges the request; publication must be confirmed by the status" (facebook.md 4.4).
pub(super) fn on_finish(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) if says_no(&json) => {
            return reply::unreadable("saying whether it publishes the video", &json);
        }
        Seen::Good(_) => {
            return Verdict::Unclear {
                why: "Facebook has taken the video and publishes it by itself; its status tells when"
                    .to_owned(),
            };
        }
        Seen::Bad(p) => p,
    };
    // The video itself tells what became of an earlier finish.
    if p.says(Class::Duplicate) || p.says(Class::NotReady) {
        return Verdict::Unclear { why: p.why };
    }
    if let Step::Finish { video, .. } = &state.step
        && (p.says(Class::Reject) || p.says(Class::Gone))
        && is_old(job, video.made, now)
    {
        return Verdict::Restart {
            state: with(&state, first(job, now)),
            why: format!("the video was uploaded too long ago: {}", p.why),
        };
    }
    not_published(job, &state, p, now)
}

fn says_no(json: &Value) -> bool {
    json.get("success").and_then(Value::as_bool) != Some(true) && json.get("post_id").is_none()
}

/// A photo as a story.
pub(super) fn on_story(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) if says_no(&json) => return reply::unreadable("the story's id", &json),
        Seen::Good(json) => {
            let out = Out {
                id: json.get("post_id").and_then(id).filter(|i| graph::is_id(i)),
                ..Out::default()
            };
            return Verdict::Advance(published(job, state, out, now));
        }
        Seen::Bad(p) => p,
    };
    if p.says(Class::Duplicate) {
        return Verdict::Advance(look_for_copy(job, state, now));
    }
    if let Step::Story { made, .. } = &state.step {
        let made = *made;
        return without_photos(job, state, p, made, now);
    }
    not_published(job, &state, p, now)
}

/// A message to one of the recipients.
pub(super) fn on_send(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match word(&json, "message_id").filter(|m| !m.is_empty()) {
            Some(message) => Verdict::Advance(published(job, state, sent(message), now)),
            None => reply::unreadable("the message's id", &json),
        },
        Seen::Bad(p) if p.says(Class::Reject) => not_sent(job, state, p, now),
        Seen::Bad(p) => not_published(job, &state, p, now),
    }
}

/// A message that is out. Its id is long and has letters.
pub(super) fn sent(message: &str) -> Out {
    let good = message.len() <= MESSAGE_ID_MAX && message.bytes().all(|b| b.is_ascii_graphic());
    Out {
        id: good.then(|| message.to_owned()),
        ..Out::default()
    }
}

/// This recipient is refused, with all that is left for them; the others get theirs. When nobody got all of it, it is
/// refused, in part if something is out.
fn not_sent(job: &Job, mut state: State, p: Problem, now: Timestamp) -> Verdict<State> {
    let pieces = parts::pieces(&job.content);
    let left = pieces - state.live.len() % pieces;
    let last = state.live.len() + left >= parts::count(&job.content);
    let mut people = state.live.chunks_exact(pieces);
    if last && !people.any(|parts| parts.iter().all(is_out)) {
        return Verdict::Refused { why: p.why };
    }
    // The reason stands once.
    for _ in 1..left {
        state.live.push(Out {
            refused: Some(String::new()),
            ..Out::default()
        });
    }
    let out = Out {
        refused: Some(plain(&p.why, 200)),
        ..Out::default()
    };
    Verdict::Advance(published(job, state, out, now))
}

/// A comment.
pub(super) fn on_comment(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match graph::id_of(&json) {
            Some(id) => {
                let out = Out {
                    id: Some(id),
                    url: permalink_of(&json),
                    ..Out::default()
                };
                Verdict::Advance(published(job, state, out, now))
            }
            None => reply::unreadable("the comment's id", &json),
        },
        Seen::Bad(p) if p.says(Class::Duplicate) => Verdict::Advance(look_for_copy(job, state, now)),
        Seen::Bad(p) => reply::commit(p, On::Object),
    }
}

/// The part under way is over; on with the next one.
pub(super) fn published(job: &Job, mut state: State, out: Out, now: Timestamp) -> State {
    let permalink = out.url.is_none()
        && out.id.as_ref().is_some_and(|i| graph::is_id(i))
        && state.live.is_empty()
        && matches!(parts::what(&job.content), What::Words | What::Photos);
    state.live.push(Out {
        url: out.url.filter(|u| u.len() <= URL_MAX),
        ..out
    });
    state.redo = Redo::default();
    if permalink {
        state.step = Step::Permalink;
        return state;
    }
    go_on(job, state, now)
}

fn go_on(job: &Job, mut state: State, now: Timestamp) -> State {
    let next = match parts::what(&job.content) {
        What::Message => Step::Send { from: now },
        What::Words
        | What::Photos
        | What::Video
        | What::Reel
        | What::PhotoStory
        | What::VideoStory
        | What::Comment => Step::Comment { from: now },
    };
    state.step = if state.live.len() < parts::count(&job.content) {
        at(next, now)
    } else {
        Step::Done
    };
    state
}

/// Cosmetic: whatever comes, the post is out. Only a time to keep silent is heard.
pub(super) fn on_permalink(job: &Job, mut state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    match seen {
        Seen::Good(json) => {
            if let (Some(url), Some(out)) = (permalink_of(&json), state.live.last_mut()) {
                out.url = Some(url);
            }
        }
        Seen::Bad(p) => {
            if matches!(p.class, Class::Limited(_) | Class::Suspected(_)) {
                return reply::quiet(p, On::Object);
            }
        }
    }
    Verdict::Advance(go_on(job, state, now))
}

/// A permalink that may be shown. Facebook leaves the host out for videos.
pub(super) fn permalink_of(json: &Value) -> Option<String> {
    let told = word(json, "permalink_url")?;
    let url = if told.starts_with('/') && !told.starts_with("//") {
        format!("https://www.facebook.com{told}")
    } else {
        told.to_owned()
    };
    let sound = (url.starts_with("https://") || url.starts_with("http://")) && url.len() <= URL_MAX;
    (sound && url.bytes().all(|b| b.is_ascii_graphic())).then_some(url)
}

/// A person's word as a part.
pub(super) fn told(live: Live) -> Out {
    Out {
        id: live.remote_id.filter(|i| i.len() <= MESSAGE_ID_MAX),
        url: live.permalink,
        ..Out::default()
    }
}

pub(super) fn liveness(job: &Job, state: &State) -> Liveness {
    let live = lives(job, state);
    if live.is_empty() {
        Liveness::Nothing
    } else if state.step == Step::Done || state.live.len() >= parts::count(&job.content) {
        Liveness::All(live)
    } else {
        Liveness::Some(live)
    }
}

pub(super) fn lives(job: &Job, state: &State) -> Vec<Live> {
    let messages = parts::what(&job.content) == What::Message;
    let all = parts::count(&job.content).max(state.live.len());
    let part = |n: usize| {
        if messages {
            parts::recipient(&job.content, n).map(|to| plain(to, 40))
        } else {
            (all > 1).then(|| format!("{} of {all}", n + 1))
        }
    };
    state
        .live
        .iter()
        .enumerate()
        .filter(|(_, out)| is_out(out))
        .map(|(n, out)| Live {
            remote_id: out.id.clone(),
            permalink: out.url.clone(),
            part: part(n),
        })
        .collect()
}

/// Recipients that were refused, and ids that are not known.
pub(super) fn note(job: &Job, state: &State) -> Option<String> {
    let refused: Vec<String> = state
        .live
        .iter()
        .enumerate()
        .filter_map(|(n, out)| {
            let why = out.refused.as_ref().filter(|why| !why.is_empty())?;
            let to = parts::recipient(&job.content, n).unwrap_or("?");
            let pieces = parts::pieces(&job.content);
            let part = state.live[n - n % pieces..n].iter().any(is_out);
            let what = if part { "only the file was" } else { "not" };
            Some(format!("{what} sent to {}: {why}", plain(to, 40)))
        })
        .collect();
    let unknown = state.live.iter().any(|out| is_out(out) && out.id.is_none());
    let unknown = unknown.then(|| "it is out, but Facebook did not tell its id".to_owned());
    let all: Vec<String> = refused.into_iter().chain(unknown).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
