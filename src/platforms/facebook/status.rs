//! How a video stands after its finishing call: whether that was answered, lost or refused, only the video itself tells
//! (facebook.md 4.4, 8 A).

use serde_json::Value;

use super::calls;
use super::publish::{permalink_of, published};
use super::reply::{self, On, Problem, Seen};
use super::rows;
use super::seek::{again, undecided};
use super::state::{Out, Search, State, Step, Video, Why};
use super::videos::FAILED_MAX;
use crate::core::flow::{Job, Verdict};
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::graph::{self, Class, GraphError, word};
use crate::platforms::kit::let_go::{LetGo, theirs};
use crate::platforms::kit::text::{id, plain};

/// Seconds from the finishing call to the first look.
pub(super) const FIRST_LOOK: i64 = 3;
/// Seconds between looks (meta-common.md 10); then a minute.
const POLLS: [i64; 3] = [5, 10, 20];
/// After this many seconds it is looked at every five minutes only.
const PATIENT: i64 = 1800;
/// After this many seconds a person is asked.
const ENDLESS: i64 = 86_400;

/// What the video says.
#[derive(Debug, PartialEq)]
enum Stands {
    /// People see it.
    Live,
    /// Facebook works on it.
    Busy,
    /// It is whole, and nobody has asked for its publishing.
    Idle,
    /// It failed, for this reason and class.
    Failed(String, Class),
    /// Nothing that is known.
    Odd(String),
}

/// `state` holds the `Watch` that was asked.
pub(super) fn on_watch(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    let Step::Watch {
        video,
        sent,
        polls,
        idle,
        ..
    } = state.step.clone()
    else {
        return Verdict::Advance(state);
    };
    let sent = sent.heard(job);
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return unable(job, state, video, sent, p, now),
    };
    let theirs = theirs(job, now);
    let idle = match stands(&json) {
        Stands::Live => return Verdict::Found(published(job, state, out(job, &video, &json), now)),
        Stands::Failed(why, class) => return failed(state, video, class, &why, now),
        Stands::Odd(what) => {
            return Verdict::Unclear {
                why: format!("the video's status is {what}, which Facebook does not document"),
            };
        }
        Stands::Busy if sent.passed(job, now) >= Span::secs(ENDLESS) => {
            let of = Step::Finish { video, from: now };
            return undecided(state, of, "the video has been in the making for a day");
        }
        Stands::Busy => None,
        // Until then the lost call itself may still have been running.
        Stands::Idle if sent.passed(job, now) < calls::COMMIT => None,
        Stands::Idle => Some(idle.unwrap_or(theirs)),
    };
    let pause = job.facts.number("idle_pause_secs");
    if idle.is_some_and(|since| theirs >= since.after_secs(pause)) {
        // facebook.md 8 A: it did not arrive, so the same finish is sent again.
        return again(job, state, Step::Finish { video, from: now }, sent, now);
    }
    let wait = match idle {
        Some(since) => now + since.after_secs(pause).since(theirs),
        None => next_look(sent.passed(job, now), polls, now),
    };
    Verdict::Advance(State {
        step: Step::Watch {
            video,
            sent,
            polls: polls.saturating_add(1),
            idle,
            from: wait,
        },
        ..state
    })
}

fn next_look(passed: Span, polls: u16, now: Timestamp) -> Timestamp {
    let patient = passed >= Span::secs(PATIENT);
    let secs = match POLLS.get(usize::from(polls)) {
        _ if patient => 300,
        Some(secs) => *secs,
        None => 60,
    };
    now.after_secs(secs)
}

/// The look itself failed.
fn unable(job: &Job, state: State, video: Video, sent: LetGo, p: Problem, now: Timestamp) -> Verdict<State> {
    let of = Step::Finish { video, from: now };
    match p.class {
        // Deleted, or never there: a look at the list, then a new upload.
        Class::Gone if super::videos::edge(job) != "video_stories" => {
            let search = Search {
                sent,
                looks: 0,
                from: now,
                why: Why::Gone,
            };
            Verdict::Advance(State {
                step: Step::Seek {
                    of: Box::new(of),
                    search,
                },
                ..state
            })
        }
        Class::Gone | Class::NoSuchField | Class::Reject | Class::Duplicate => undecided(state, of, &p.why),
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

/// It is certainly not out. What another upload may mend is uploaded again; else the reason is read once more, and
/// that ends it.
fn failed(mut state: State, video: Video, class: Class, why: &str, now: Timestamp) -> Verdict<State> {
    let hopeless = class == Class::Reject || why.is_empty();
    if hopeless || state.redo.failed >= FAILED_MAX {
        return Verdict::NotOut(State {
            step: Step::Failed { video },
            ..state
        });
    }
    state.redo.failed += 1;
    Verdict::NotOut(State {
        step: Step::Start { from: now },
        ..state
    })
}

/// `state` holds the beginning of another upload, which a person may want.
pub(super) fn on_failed(job: &Job, state: State, video: Video, seen: Seen, now: Timestamp) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) if p.says(Class::Gone) => {
            return Verdict::Refused {
                why: "Facebook could not process the video and has thrown it away".to_owned(),
            };
        }
        Seen::Bad(p) => return reply::quiet(p, On::Object),
    };
    match stands(&json) {
        Stands::Failed(why, _) if why.is_empty() => Verdict::Refused {
            why: "Facebook could not process the video and does not say why; look at its format".to_owned(),
        },
        Stands::Failed(why, _) => Verdict::Refused {
            why: format!("Facebook could not process the video: {why}"),
        },
        // It has changed its mind.
        Stands::Live | Stands::Busy | Stands::Idle => Verdict::Advance(State {
            step: Step::Watch {
                video,
                sent: LetGo::answered(job, now, calls::COMMIT),
                polls: 0,
                idle: None,
                from: now,
            },
            ..state
        }),
        Stands::Odd(what) => Verdict::Unclear {
            why: format!("the video's status is {what}, which Facebook does not document"),
        },
    }
}

fn stands(json: &Value) -> Stands {
    let status = json.get("status").unwrap_or(&Value::Null);
    // A bare word has been seen in place of the object.
    let whole = word(status, "video_status")
        .or(status.as_str())
        .unwrap_or_default();
    let whole = whole.to_lowercase();
    let phase = |name: &str, key: &str| {
        status
            .get(name)
            .and_then(|p| word(p, key))
            .unwrap_or_default()
            .to_lowercase()
    };
    let (publishing, publish) = (
        phase("publishing_phase", "status"),
        phase("publishing_phase", "publish_status"),
    );
    let (processing, uploading) = (
        phase("processing_phase", "status"),
        phase("uploading_phase", "status"),
    );
    let published = json.get("published").and_then(Value::as_bool);
    let posted = published == Some(true) && json.get("post_id").and_then(id).is_some();
    let told_ready = publishing.is_empty() && published == Some(true) && whole == "ready";
    if matches!(publishing.as_str(), "complete" | "published")
        || publish == "published"
        || posted
        || told_ready
    {
        return Stands::Live;
    }
    let bad = |s: &str| matches!(s, "error" | "upload_failed" | "expired" | "failed");
    if [&whole, &publishing, &processing, &uploading]
        .into_iter()
        .any(|s| bad(s))
    {
        let (why, class) = reason(status);
        return Stands::Failed(why, class);
    }
    let busy = |s: &str| matches!(s, "in_progress" | "processing" | "uploading");
    if [&whole, &publishing, &processing].into_iter().any(|s| busy(s)) {
        return Stands::Busy;
    }
    if publishing == "not_started" || matches!(whole.as_str(), "ready" | "upload_complete") {
        return Stands::Idle;
    }
    Stands::Odd(format!("“{}”", plain(&status.to_string(), 120)))
}

/// The first error of any phase, and its class by the tables.
fn reason(status: &Value) -> (String, Class) {
    let phases = ["processing_phase", "publishing_phase", "uploading_phase"];
    let errors = phases.into_iter().filter_map(|name| {
        let phase = status.get(name)?;
        let listed = phase
            .get("errors")
            .and_then(Value::as_array)
            .and_then(|l| l.first());
        listed.or_else(|| phase.get("error"))
    });
    let Some(error) = errors.into_iter().next() else {
        return (String::new(), Class::Unknown);
    };
    let message = plain(word(error, "message").unwrap_or_default(), 200);
    let code = error.get("code").and_then(Value::as_i64);
    let (class, advice) = rows::meaning(&GraphError {
        code,
        haystack: message.to_lowercase(),
        ..GraphError::default()
    });
    let number = code.map_or(String::new(), |c| format!(" (code {c})"));
    let advice = if advice.is_empty() {
        String::new()
    } else {
        format!("; {advice}")
    };
    (format!("“{message}”{number}{advice}"), class)
}

/// The video as a part that is out. Its own id deletes it; comments stand below its post.
fn out(job: &Job, video: &Video, json: &Value) -> Out {
    let told = json.get("post_id").and_then(id).filter(|p| graph::is_id(p));
    let page = &job.profile.remote_id;
    let post = told.map(|post| {
        if post.contains('_') || page.is_empty() {
            post
        } else {
            format!("{page}_{post}")
        }
    });
    let story = super::videos::edge(job) == "video_stories";
    let address = (!story).then(|| format!("https://www.facebook.com/reel/{}", video.id));
    Out {
        id: Some(video.id.clone()),
        post,
        url: permalink_of(json).or(address),
        refused: None,
    }
}
