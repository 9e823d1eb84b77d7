//! How a post stands, by its publish_id (tiktok.md 4.8).

use serde_json::Value;

use super::creator::first;
use super::reply::{self, Class, Seen};
use super::settings::{PRIVATE, PUBLIC};
use super::state::{How, Polls, State, Step, Task, Upload};
use super::upload;
use crate::core::flow::{Job, Verdict};
use crate::core::hook::PostNews;
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::{id, plain};

/// Questions after which TikTok's "no such publish_id" is believed.
const UNKNOWN_MAX: u16 = 5;
/// Posts that TikTok may fail for a reason that passes, before crier gives up.
const FAILED_MAX: u8 = 3;
/// How often it may say "too many posts" after it had begun.
const LIMITED_MAX: u8 = 24;
/// After a failure of TikTok's own.
const FAILED_PAUSE: i64 = 300;
/// After "too many posts".
const LIMITED_PAUSE: i64 = 3600;
/// Most ids of one draft that are kept (a draft can yield several posts).
const IDS_MAX: usize = 10;

/// What `fail_reason` means (tiktok.md 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The same would fail again.
    Reject,
    /// It may work another time.
    Again,
    /// The account posts too much.
    Limited,
    /// The next call itself tells what is wrong with the login or the account.
    AskAgain,
}

/// Reason, meaning, and what a person may do about it.
pub(super) static REASONS: &[(&str, Reason, &str)] = &[
    (
        "file_format_check_failed",
        Reason::Reject,
        "use an MP4 with H.264, or JPEG pictures",
    ),
    (
        "duration_check_failed",
        Reason::Reject,
        "the video is too long or too short",
    ),
    (
        "frame_rate_check_failed",
        Reason::Reject,
        "TikTok takes 23 to 60 frames a second",
    ),
    (
        "picture_size_check_failed",
        Reason::Reject,
        "TikTok does not take the size of the picture",
    ),
    ("internal", Reason::Again, ""),
    (
        "video_pull_failed",
        Reason::Again,
        "TikTok could not fetch the video",
    ),
    (
        "photo_pull_failed",
        Reason::Again,
        "TikTok could not fetch the pictures: look whether `[callback] public_url` can be reached from outside",
    ),
    ("publish_cancelled", Reason::Reject, "it was cancelled"),
    ("auth_removed", Reason::AskAgain, ""),
    ("spam_risk_too_many_posts", Reason::Limited, ""),
    ("spam_risk_user_banned_from_posting", Reason::AskAgain, ""),
    (
        "spam_risk_text",
        Reason::Reject,
        "TikTok takes the words for spam",
    ),
    ("spam_risk", Reason::Reject, "TikTok takes it for spam"),
];

/// Seconds before the next question: every 5 s for a minute, every 20 s for ten, then every two minutes; never more often
/// than the limit allows.
fn pause(job: &Job, polls: Polls, now: Timestamp) -> i64 {
    let wait = match now.since(polls.since).as_secs() {
        ..60 => 5,
        60..600 => 20,
        _ => 120,
    };
    let most = job.facts.number(super::STATUS_CALLS).max(1);
    wait.max(60 / most)
}

/// Asks again later; a person is asked once it takes too long.
pub(super) fn on(
    job: &Job,
    mut state: State,
    task: Task,
    polls: Polls,
    upload: Option<Upload>,
    now: Timestamp,
) -> Verdict<State> {
    let most = job.facts.number("processing_secs");
    if now >= polls.since.after_secs(most) {
        state.step = Step::Undecided {
            why: format!(
                "TikTok works on {} since {} and says neither that it is out nor that it failed: look into the TikTok app",
                task.id, polls.since
            ),
            task: Some(task),
        };
        return Verdict::Advance(state);
    }
    state.step = Step::Watch {
        task,
        polls: Polls {
            polls: polls.polls.saturating_add(1),
            from: now.after_secs(pause(job, polls, now)),
            ..polls
        },
        upload,
    };
    Verdict::Advance(state)
}

pub(super) fn on_watch(
    job: &Job,
    state: State,
    task: Task,
    polls: Polls,
    open: Option<Upload>,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let data = match seen {
        Seen::Good(data) => data,
        Seen::Bad(p) if p.class == Class::NoSuchPost && polls.polls >= UNKNOWN_MAX => {
            // tiktok.md 8.1: "unknown; do not repeat automatically".
            return Verdict::Advance(State {
                step: Step::Undecided {
                    why: format!(
                        "{}; without it nobody but a person can say whether it is out: look into the TikTok app",
                        p.why
                    ),
                    task: Some(task),
                },
                ..state
            });
        }
        Seen::Bad(p) if p.class == Class::NoSuchPost => return on(job, state, task, polls, open, now),
        Seen::Bad(p) => return reply::quiet(p),
    };
    match (word(&data, "status"), open) {
        ("PUBLISH_COMPLETE", _) => Verdict::Found(complete(job, state, task, &data, now)),
        ("SEND_TO_USER_INBOX", _) => Verdict::Found(done(state, task, Vec::new(), How::Draft)),
        ("FAILED", _) => failed(job, state, task, &data, now),
        ("PROCESSING_UPLOAD", Some(upload)) => {
            let told = data
                .get("uploaded_bytes")
                .and_then(id)
                .and_then(|n| n.parse().ok());
            upload::not_whole(job, state, task, polls, upload, told, now)
        }
        (_, _) if data.get("status").is_none() => reply::unreadable("a status", &data),
        (_, open) => on(job, state, task, polls, open, now),
    }
}

fn word<'a>(data: &'a Value, key: &str) -> &'a str {
    data.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// An id of a post: a number of at most 24 digits.
pub(super) fn is_id(text: &str) -> bool {
    (1..=24).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The ids of what is public: numbers or strings, in either spelling (tiktok.md 4.8).
fn ids(data: &Value) -> Vec<String> {
    ["publicaly_available_post_id", "publicly_available_post_id"]
        .iter()
        .filter_map(|key| data.get(key)?.as_array())
        .flatten()
        .filter_map(id)
        .filter(|id| is_id(id))
        .take(IDS_MAX)
        .collect()
}

/// "An empty list with PUBLISH_COMPLETE is success": the id comes after moderation, for public posts only.
fn complete(job: &Job, mut state: State, task: Task, data: &Value, now: Timestamp) -> State {
    let ids = ids(data);
    let how = match task.leave.privacy.as_str() {
        PRIVATE => How::Private,
        // A draft that its person has finished.
        PUBLIC | "" => How::Shown,
        _ => How::Few,
    };
    if !ids.is_empty() || how != How::Shown || job.facts.number("id_wait_secs") <= 0 {
        return done(state, task, ids, how);
    }
    let polls = Polls {
        since: now,
        polls: 0,
        from: now.after_secs(super::creator::FIRST_POLL),
    };
    state.step = Step::Named { task, polls };
    state
}

fn done(state: State, task: Task, ids: Vec<String>, how: How) -> State {
    State {
        step: Step::Done {
            ids,
            how,
            user: task.leave.user,
            url: None,
        },
        ..state
    }
}

/// TikTok tells of a publish_id by itself (tiktok.md 4.9), which only brings the next question forward, or names an id.
pub(super) fn told(step: &Step, news: &PostNews, now: Timestamp) -> Option<Step> {
    // Also where nothing is left to wait for: a question that failed is asked again only later, or by a person.
    let sooner = |polls: &Polls| Polls {
        from: polls.from.min(now),
        ..*polls
    };
    let named = news.id.as_ref().filter(|id| is_id(id));
    match step {
        Step::Watch { task, polls, upload } if task.id == news.handle => Some(Step::Watch {
            task: task.clone(),
            polls: sooner(polls),
            upload: upload.clone(),
        }),
        Step::Named { task, polls } if task.id == news.handle => Some(match named {
            Some(id) => Step::Done {
                ids: vec![id.clone()],
                how: How::Shown,
                user: task.leave.user.clone(),
                url: None,
            },
            None => Step::Named {
                task: task.clone(),
                polls: sooner(polls),
            },
        }),
        Step::Undecided { task: Some(task), .. } if task.id == news.handle => {
            Some(super::creator::watching(task.clone(), now))
        }
        Step::Creator { .. }
        | Step::Init { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Seek { .. }
        | Step::Await { .. }
        | Step::Undecided { .. }
        | Step::Named { .. }
        | Step::Done { .. } => None,
    }
}

/// The id of a post that is out. Whatever comes instead, it stays out.
pub(super) fn on_named(
    job: &Job,
    mut state: State,
    task: Task,
    polls: Polls,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let ids = match seen {
        Seen::Good(data) => ids(&data),
        Seen::Bad(_) => Vec::new(),
    };
    let over = now >= polls.since.after_secs(job.facts.number("id_wait_secs"));
    if !ids.is_empty() || over {
        return Verdict::Advance(done(state, task, ids, How::Shown));
    }
    let polls = Polls {
        polls: polls.polls.saturating_add(1),
        from: now.after_secs(pause(job, polls, now)),
        ..polls
    };
    state.step = Step::Named { task, polls };
    Verdict::Advance(state)
}

fn meaning(reason: &str) -> (Reason, &'static str) {
    REASONS
        .iter()
        .find(|(known, _, _)| *known == reason)
        .map_or((Reason::Reject, ""), |(_, meaning, advice)| (*meaning, *advice))
}

fn why(data: &Value) -> String {
    let reason = word(data, "fail_reason");
    let (_, advice) = meaning(reason);
    let reason = if reason.is_empty() { "no reason" } else { reason };
    let advice = if advice.is_empty() {
        String::new()
    } else {
        format!(": {advice}")
    };
    format!("TikTok says that it failed ({}){advice}", plain(reason, 80))
}

/// "`FAILED` after all is the proof that nothing was published; only then may a new init be made (retryable reasons
/// only)" (tiktok.md 8.1).
fn failed(job: &Job, mut state: State, task: Task, data: &Value, now: Timestamp) -> Verdict<State> {
    let (reason, _) = meaning(word(data, "fail_reason"));
    let (count, most, pause) = match reason {
        Reason::Reject => {
            state.step = Step::Failed { task };
            return Verdict::NotOut(state);
        }
        Reason::Again => (&mut state.redo.failed, FAILED_MAX, FAILED_PAUSE),
        Reason::Limited => (&mut state.redo.limited, LIMITED_MAX, LIMITED_PAUSE),
        Reason::AskAgain => (&mut state.redo.failed, FAILED_MAX, 0),
    };
    *count = count.saturating_add(1);
    state.step = if *count > most {
        Step::Failed { task }
    } else {
        first(job, now.after_secs(pause))
    };
    Verdict::NotOut(state)
}

/// The reason once more, now that it is proved that nothing is out.
pub(super) fn on_failed(state: State, task: Task, seen: Seen, now: Timestamp) -> Verdict<State> {
    match seen {
        Seen::Good(data) if word(&data, "status") == "FAILED" => Verdict::Refused { why: why(&data) },
        Seen::Good(_) => Verdict::Advance(State {
            step: super::creator::watching(task, now),
            ..state
        }),
        Seen::Bad(p) if p.class == Class::NoSuchPost => Verdict::Refused { why: p.why },
        Seen::Bad(p) => reply::quiet(p),
    }
}
