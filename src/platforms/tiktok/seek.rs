//! Pictures whose announcement was lost (tiktok.md 8.2, 8.3). TikTok may fetch and publish them by itself, nobody knows
//! the publish_id, and a repeat would publish twice. Public posts are listed after moderation; nothing else is.

use serde_json::Value;

use super::auth::LIST;
use super::calls;
use super::creator::first;
use super::enquiries::{BASIC_FIELDS, user_info};
use super::reply::{self, Class, Seen};
use super::settings::{Mode, PUBLIC, mode};
use super::state::{How, Leave, State, Step};
use crate::core::call::Call;
use crate::core::flow::{Job, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::{comparable, id, plain};

/// Fields of the list that tell posts apart.
const FIELDS: &str = "id,create_time,title,video_description,duration,share_url";
/// Clocks differ (tiktok.md 8.3).
const SLACK: i64 = 60;

/// How often an announcement that never arrived is made again.
const ROUNDS_MAX: u8 = 5;

/// A call that any login may make and that changes nothing: what crier's own endpoint has seen meanwhile decides.
pub(super) fn probe() -> Call {
    Call::Http(user_info(BASIC_FIELDS))
}

/// TikTok had its time. "No request for that path = the task was not created (or not yet started): disable the path so
/// that it can never succeed, then init again with a new path" (tiktok.md 8.2): `NotOut` closes the addresses of before.
pub(super) fn on_wait(
    job: &Job,
    mut state: State,
    sent: LetGo,
    leave: &Leave,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    if let Seen::Bad(p) = seen {
        return reply::quiet(p);
    }
    if job.fetched {
        state.step = fetched(job, sent.heard(job), leave, now);
        return Verdict::Advance(state);
    }
    if state.redo.fresh >= ROUNDS_MAX {
        state.step = Step::Undecided {
            why: "the answers to the announcements of the pictures are lost again and again, and TikTok fetches none".to_owned(),
            task: None,
        };
        return Verdict::Advance(state);
    }
    state.redo.fresh += 1;
    state.step = first(job, now);
    Verdict::NotOut(state)
}

/// What an announcement that has arrived leaves to do when its answer was lost.
fn fetched(job: &Job, sent: LetGo, leave: &Leave, now: Timestamp) -> Step {
    match unlisted(job, leave) {
        Some(because) => Step::Undecided {
            why: format!(
                "the answer to the announcement of the pictures was lost, TikTok has fetched them and may publish them by itself, and {because}: look into the TikTok app{}",
                if mode(&job.options) == Mode::Inbox {
                    " (its inbox)"
                } else {
                    ""
                }
            ),
            task: None,
        },
        None => Step::Seek {
            sent,
            looks: 0,
            from: now,
            leave: leave.clone(),
        },
    }
}

/// Why the list would not show it.
fn unlisted(job: &Job, leave: &Leave) -> Option<&'static str> {
    if mode(&job.options) == Mode::Inbox {
        return Some("drafts are in no list");
    }
    if leave.privacy != PUBLIC {
        return Some("only public posts are in its list");
    }
    if !job.scopes.is_empty() && !job.scopes.iter().any(|s| s == LIST) {
        return Some("the login did not grant video.list");
    }
    let nameless = calls::words(job).trim().is_empty() && calls::title(job).is_none();
    nameless.then_some("it has no words by which it could be found in a list")
}

/// The list.
pub(super) fn next(job: &Job) -> Call {
    calls::list(FIELDS, job.facts.number("history_max"))
}

pub(super) fn on_list(
    job: &Job,
    mut state: State,
    (sent, looks, leave): (LetGo, u8, Leave),
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let sent = sent.heard(job);
    let data = match seen {
        Seen::Good(data) => data,
        Seen::Bad(p) if p.class == Class::Reauthorise && is_scope(p.code.as_deref()) => {
            let why = format!(
                "the answer to the announcement of the pictures was lost and its list cannot be read: {}; look into the TikTok app",
                p.why
            );
            state.step = Step::Undecided { why, task: None };
            return Verdict::Advance(state);
        }
        Seen::Bad(p) => return reply::quiet(p),
    };
    let Some(videos) = data.get("videos").and_then(Value::as_array) else {
        return reply::unreadable("a list of videos", &data);
    };
    let fitting: Vec<&Value> = videos.iter().filter(|video| fits(job, video, sent)).collect();
    match fitting.as_slice() {
        [] => {}
        [one] => {
            state.step = found(one, leave);
            return Verdict::Found(state);
        }
        several => {
            let why = format!(
                "{} posts of that time have these words: look into the TikTok app which of them is this",
                several.len()
            );
            state.step = Step::Undecided { why, task: None };
            return Verdict::Advance(state);
        }
    }
    let looks = looks.saturating_add(1);
    state.step = if i64::from(looks) >= job.facts.number("looks_max") {
        Step::Undecided {
            why: "the answer to the announcement of the pictures was lost and TikTok's list does not show them, which proves nothing (moderation takes up to hours, pictures may not be listed): look into the TikTok app".to_owned(),
            task: None,
        }
    } else {
        Step::Seek {
            sent,
            looks,
            from: now.after_secs(job.facts.number("look_pause_secs")),
            leave,
        }
    };
    Verdict::Advance(state)
}

fn is_scope(code: Option<&str>) -> bool {
    code.is_some_and(|code| code.starts_with("scope_"))
}

/// Made since it was sent, with its words. Which field shows the words of pictures is not known.
fn fits(job: &Job, video: &Value, sent: LetGo) -> bool {
    let made = video
        .get("create_time")
        .and_then(id)
        .and_then(|n| n.parse::<i64>().ok());
    let words = [calls::words(job), calls::title(job).unwrap_or_default()].map(fold);
    let told = ["title", "video_description"]
        .map(|key| fold(video.get(key).and_then(Value::as_str).unwrap_or_default()));
    made.is_some_and(|made| made >= sent.earliest(SLACK).as_secs())
        && video.get("id").and_then(id).is_some()
        && told.iter().any(|t| !t.is_empty() && words.contains(t))
}

/// White space folded (tiktok.md 8.3).
fn fold(text: &str) -> String {
    comparable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn found(video: &Value, leave: Leave) -> Step {
    let url = video
        .get("share_url")
        .and_then(Value::as_str)
        .filter(|url| url.starts_with("https://"))
        .and_then(|url| url.split(['?', '#']).next())
        .filter(|url| url.len() <= 200);
    Step::Done {
        ids: video
            .get("id")
            .and_then(id)
            .map(|id| plain(&id, 24))
            .into_iter()
            .collect(),
        how: How::Shown,
        user: leave.user,
        url: url.map(|url| plain(url, 200)),
    }
}
