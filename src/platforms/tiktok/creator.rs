//! What the account may do now, asked before each direct post and obeyed (tiktok.md 4.2), and the announcement of the
//! post.

use serde_json::Value;

use super::calls;
use super::reply::{self, Seen};
use super::settings::{self, Mode, mode};
use super::state::{Leave, Polls, State, Step, Task};
use super::upload;
use crate::core::flow::{Job, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::plain;

/// Longest publish_id (tiktok.md 1).
const ID_MAX: usize = 64;
/// Longest name of an account that is kept.
const USER_MAX: usize = 64;
/// Before the first question after something that is not known (tiktok.md 4.8: every 5 s for a minute).
pub(super) const FIRST_POLL: i64 = 5;

/// The first step: drafts need no creator_info.
pub(super) fn first(job: &Job, from: Timestamp) -> Step {
    match mode(&job.options) {
        Mode::Direct => Step::Creator { from },
        Mode::Inbox => Step::Init {
            leave: Leave::default(),
            asked: from,
            from,
        },
    }
}

/// Whether creator_info must be asked again: the announcement was held up since, or a clock was set back.
pub(super) fn is_stale(job: &Job, asked: Timestamp, now: Timestamp) -> bool {
    let fresh = job.facts.number("creator_fresh_secs");
    mode(&job.options) == Mode::Direct && (now > asked.after_secs(fresh) || now < asked)
}

pub(super) fn on_creator(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    match seen {
        Seen::Good(data) => obey(job, state, &data, now),
        Seen::Bad(p) => reply::quiet(p),
    }
}

/// `Init` asks creator_info again when that is long ago, so its answer may be either.
pub(super) fn on_init(job: &Job, state: State, leave: Leave, seen: Seen, now: Timestamp) -> Verdict<State> {
    let pictures = calls::video(job).is_none();
    let data = match seen {
        Seen::Good(data) => data,
        Seen::Bad(p) if pictures => return reply::commit(p),
        Seen::Bad(p) => return reply::quiet(p),
    };
    if data.get("privacy_level_options").is_some() {
        return obey(job, state, &data, now);
    }
    let told = data.get("publish_id").and_then(Value::as_str);
    let Some(id) = told.filter(|id| (1..=ID_MAX).contains(&id.len())) else {
        return reply::unreadable("a publish_id", &data);
    };
    let task = Task {
        id: id.to_owned(),
        leave,
    };
    if !pictures {
        return upload::opened(job, state, task, &data, now);
    }
    Verdict::Advance(State {
        step: watching(task, now),
        ..state
    })
}

/// The first look at a post that TikTok has taken.
pub(super) fn watching(task: Task, now: Timestamp) -> Step {
    Step::Watch {
        task,
        polls: Polls {
            since: now,
            polls: 0,
            from: now.after_secs(FIRST_POLL),
        },
        upload: None,
    }
}

fn obey(job: &Job, state: State, data: &Value, now: Timestamp) -> Verdict<State> {
    if data
        .get("privacy_level_options")
        .and_then(Value::as_array)
        .is_none()
    {
        return reply::unreadable("what the account may choose (privacy_level_options)", data);
    }
    match leave(job, data) {
        Ok(leave) => Verdict::Advance(State {
            step: Step::Init {
                leave,
                asked: now,
                from: Timestamp::MIN,
            },
            ..state
        }),
        Err(why) => Verdict::Refused { why },
    }
}

/// What is left of the post's wishes.
fn leave(job: &Job, data: &Value) -> Result<Leave, String> {
    let Some(wanted) = settings::privacy(&job.content, &job.options) else {
        return Err(super::check::NO_PRIVACY.to_owned());
    };
    let offered: Option<Vec<&str>> = data
        .get("privacy_level_options")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).take(10).collect());
    if let Some(offered) = offered.filter(|offered| !offered.contains(&wanted)) {
        return Err(format!(
            "TikTok does not offer {wanted} to this account now, only {}: a public account has no FOLLOWER_OF_CREATOR, a private one no PUBLIC_TO_EVERYONE",
            plain(&offered.join(", "), 120)
        ));
    }
    let longest = data.get("max_video_post_duration_sec").and_then(Value::as_u64);
    let length = calls::video(job).and_then(|m| m.facts.duration_ms);
    if let (Some(longest), Some(length)) = (longest.filter(|s| *s > 0), length)
        && length > longest.saturating_mul(1000)
    {
        return Err(format!(
            "the video has {}.{:03} s, TikTok takes at most {longest} s from this account",
            length / 1000,
            length % 1000
        ));
    }
    let off = |what: &str| {
        let forbidden = data.get(format!("{what}_disabled")).and_then(Value::as_bool) == Some(true);
        forbidden || settings::off(&job.content, &job.options, what)
    };
    Ok(Leave {
        privacy: wanted.to_owned(),
        no_comment: off("comment"),
        no_duet: off("duet"),
        no_stitch: off("stitch"),
        user: data
            .get("creator_username")
            .and_then(Value::as_str)
            .filter(|name| is_user(name))
            .map(str::to_owned),
    })
}

/// A name that may stand in an address.
pub(super) fn is_user(name: &str) -> bool {
    (1..=USER_MAX).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}
