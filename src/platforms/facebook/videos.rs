//! Uploading videos: in pieces for the feed, in one for reels and stories (facebook.md 4.3 to 4.5). Each has its id
//! before it is published.

use serde_json::Value;

use super::calls;
use super::flow::{impossible, quiet};
use super::media;
use super::parts::{self, What};
use super::reply::{self, On, Problem, Seen};
use super::state::{State, Step, Video};
use crate::core::flow::{Charge, Job, Next, Quiet, Verdict};
use crate::domain::media::Media;
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::graph::{self, Class, word};
use crate::platforms::kit::text::{id, segment};

/// Uploads that may fail before the post does. One that was cut and goes on has not failed.
pub(super) const FAILED_MAX: u8 = 2;
/// Questions without anything more having arrived, before an upload is given up.
const STUCK_MAX: u8 = 5;
/// How long it is believed how much of an upload is there. Shorter than the first back-off, so that after a lost answer
/// the video is always asked (facebook.md 4.4, `uploading_phase`) before its bytes are sent again.
const FRESH: Span = Span::secs(4);
/// Longest path of an upload that is kept in the state.
const PATH_MAX: usize = 500;
/// Longest name of a session.
const SESSION_MAX: usize = 200;

/// The Page's edge that takes this kind.
pub(super) fn edge(job: &Job) -> &'static str {
    match parts::what(&job.content) {
        What::Reel => "video_reels",
        What::VideoStory => "video_stories",
        What::Video | What::Words | What::Photos | What::PhotoStory | What::Comment | What::Message => {
            "videos"
        }
    }
}

fn file(job: &Job) -> Option<&Media> {
    media::all(job).first()
}

pub(super) fn next_start(job: &Job) -> Next<State> {
    match (edge(job), file(job)) {
        (_, None) => impossible("a video that the post does not have"),
        ("videos", Some(media)) => quiet(calls::video_start(job, media.facts.bytes)),
        (edge, Some(_)) => {
            // facebook.md 4.4: beginning one is refused too when a day's reels are out.
            let daily = |charge: &Charge| charge.limit == "reels";
            let ahead = parts::charges(&job.content).into_iter().filter(daily).collect();
            Next::Quiet(Quiet::new(calls::clip_start(job, edge)).ahead_of(ahead))
        }
    }
}

pub(super) fn next_transfer(job: &Job, video: &Video, start: u64, end: u64) -> Next<State> {
    match (file(job), &video.session) {
        (Some(media), Some(session)) => quiet(calls::video_transfer(job, media, session, start, end)),
        (None, _) | (Some(_), None) => impossible("an upload that the post does not have"),
    }
}

pub(super) fn next_upload(job: &Job, host: Option<&String>, path: &str, offset: u64) -> Next<State> {
    match file(job) {
        Some(media) => quiet(calls::clip_bytes(media, host, path, offset)),
        None => impossible("a video that the post does not have"),
    }
}

pub(super) fn on_start(job: &Job, state: State, seen: Seen, now: Timestamp) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return reply::quiet(p, On::Page),
    };
    let Some(video_id) = json.get("video_id").and_then(id).filter(|i| graph::is_id(i)) else {
        return reply::unreadable("the video's id", &json);
    };
    if edge(job) == "videos" {
        return opened(job, state, video_id, &json, now);
    }
    let (host, path) = match word(&json, "upload_url").map(address) {
        Some(Some((host, path))) => (Some(host), path),
        Some(None) => return reply::unreadable("a usable address for the upload", &json),
        // facebook.md 1: where uploads go when the answer does not say it.
        None => {
            let version = segment(job.facts.word("api_version"));
            (None, format!("/video-upload/{version}/{video_id}"))
        }
    };
    let video = Video {
        id: video_id,
        session: None,
        made: now,
    };
    Verdict::Advance(State {
        step: Step::Upload {
            video,
            host,
            path,
            told: now,
            offset: 0,
            stuck: 0,
        },
        ..state
    })
}

fn opened(job: &Job, state: State, video_id: String, json: &Value, now: Timestamp) -> Verdict<State> {
    let session = json.get("upload_session_id").and_then(id);
    let Some(session) = session.filter(|s| s.len() <= SESSION_MAX) else {
        return reply::unreadable("an upload session", json);
    };
    let video = Video {
        id: video_id,
        session: Some(session),
        made: now,
    };
    on(job, state, video, 0, json, now)
}

/// What is to be sent next, or that it is all there (facebook.md 4.3: until both offsets are the same).
fn on(job: &Job, state: State, video: Video, sent: u64, json: &Value, now: Timestamp) -> Verdict<State> {
    let (Some(start), Some(end)) = (number(json, "start_offset"), number(json, "end_offset")) else {
        return reply::unreadable("the next bytes", json);
    };
    let bytes = file(job).map_or(0, |media| media.facts.bytes);
    if start > end || end > bytes || start < sent {
        let why = format!("Facebook asks for bytes {start} to {end} of a file of {bytes}, after byte {sent}");
        return anew(state, why);
    }
    let step = if start == end {
        Step::Finish {
            video,
            from: Timestamp::MIN,
        }
    } else {
        Step::Transfer {
            video,
            start,
            end,
            told: now,
            stuck: 0,
        }
    };
    Verdict::Advance(State { step, ..state })
}

/// Offsets are strings; numbers are taken too.
fn number(json: &Value, key: &str) -> Option<u64> {
    id(json.get(key)?)?.parse().ok()
}

/// Whether bytes are sent now; else the video is asked how much it has.
pub(super) fn is_fresh(told: Timestamp, now: Timestamp) -> bool {
    now.since(told) <= FRESH
}

/// The answer to bytes, or to the question how much is there. `state` begins the upload again; `step` is the present one.
pub(super) fn on_bytes(job: &Job, state: State, step: Step, seen: Seen, now: Timestamp) -> Verdict<State> {
    match (seen, step) {
        (Seen::Bad(p), _) => broken(state, p),
        // What was asked of the video; an answer to bytes has no `id`.
        (Seen::Good(json), step) if json.get("status").is_some() || json.get("id").is_some() => {
            has(job, state, step, &json, now)
        }
        (Seen::Good(json), Step::Transfer { video, start, .. }) => on(job, state, video, start, &json, now),
        (Seen::Good(json), _) if json.get("success").and_then(Value::as_bool) == Some(false) => {
            anew(state, "Facebook says that it did not take the upload".to_owned())
        }
        (Seen::Good(_), Step::Upload { video, .. }) => Verdict::Advance(complete(state, video)),
        (Seen::Good(_), step) => Verdict::Advance(State { step, ..state }),
    }
}

/// What the video says of its upload.
fn has(job: &Job, state: State, mut step: Step, json: &Value, now: Timestamp) -> Verdict<State> {
    let phase = json.get("status").and_then(|s| s.get("uploading_phase"));
    let told_phase = phase.and_then(|p| word(p, "status")).unwrap_or_default();
    if told_phase == "error" {
        return anew(state, "Facebook says that the upload failed".to_owned());
    }
    let bytes = file(job).map_or(0, |media| media.facts.bytes);
    let got = phase.and_then(|p| number(p, "bytes_transferred"));
    let whole = told_phase == "complete" || (bytes > 0 && got.is_some_and(|got| got >= bytes));
    if let Step::Transfer { video, .. } | Step::Upload { video, .. } = &step
        && whole
    {
        return Verdict::Advance(complete(state, video.clone()));
    }
    if let Some(at) = move_on(&mut step, got, bytes, now) {
        let why = format!("the upload of the video does not get beyond {at} of {bytes} bytes");
        return anew(state, why);
    }
    Verdict::Advance(State { step, ..state })
}

/// Goes on behind the bytes that have arrived (facebook.md 4.4, `bytes_transferred`). `Some`: it is stuck at this byte.
fn move_on(step: &mut Step, got: Option<u64>, bytes: u64, now: Timestamp) -> Option<u64> {
    let (stuck, more, at) = match step {
        Step::Transfer {
            start,
            end,
            told,
            stuck,
            ..
        } => {
            *told = now;
            let piece = end.saturating_sub(*start);
            // Its own answers say where to go on; the status only that more has arrived since.
            let more = got.is_some_and(|got| got > *start);
            *start = got.unwrap_or(0).max(*start);
            *end = start.saturating_add(piece).min(bytes);
            (stuck, more, *start)
        }
        Step::Upload {
            offset, told, stuck, ..
        } => {
            *told = now;
            let more = got.is_some_and(|got| got > *offset);
            *offset = got.unwrap_or(*offset);
            (stuck, more, *offset)
        }
        Step::Photo { .. }
        | Step::Feed { .. }
        | Step::Start { .. }
        | Step::Finish { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Story { .. }
        | Step::Send { .. }
        | Step::Comment { .. }
        | Step::Seek { .. }
        | Step::AskPhoto { .. }
        | Step::Undecided { .. }
        | Step::Permalink
        | Step::Done => return None,
    };
    *stuck = if more { 0 } else { stuck.saturating_add(1) };
    (*stuck > STUCK_MAX).then_some(at)
}

/// All bytes are there.
fn complete(state: State, video: Video) -> State {
    State {
        step: Step::Finish {
            video,
            from: Timestamp::MIN,
        },
        ..state
    }
}

/// An upload that Facebook does not go on with: another is opened, which nobody sees either. After an error that is in
/// no table, a cut or a wrong offset among them (6001/1363037), the video is asked how much has arrived: the wait
/// before the retry is longer than [`FRESH`].
fn broken(state: State, p: Problem) -> Verdict<State> {
    let over = p.error.is_some() && p.status < 500;
    match p.class {
        Class::Gone | Class::NoSuchField | Class::NewContainer | Class::Reject if over => anew(state, p.why),
        Class::Unknown if over => Verdict::Retry { why: p.why },
        Class::Gone
        | Class::NoSuchField
        | Class::NewContainer
        | Class::Unknown
        | Class::Reject
        | Class::RetryLater
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person => reply::quiet(p, On::Page),
    }
}

/// Another upload, a few times.
fn anew(mut state: State, why: String) -> Verdict<State> {
    if state.redo.failed >= FAILED_MAX {
        return Verdict::Refused {
            why: format!("{why}; {} uploads failed", u32::from(FAILED_MAX) + 1),
        };
    }
    state.redo.failed += 1;
    Verdict::Restart { state, why }
}

/// Host and path of an absolute address. A port is left out: behind a stand-in the config's own host is used.
fn address(url: &str) -> Option<(String, String)> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    let host = host.split(':').next()?;
    let good = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'-';
    let sound = !host.is_empty() && host.len() <= 253 && host.bytes().all(good);
    let path = path.split(['?', '#']).next()?;
    let clean = path.len() <= PATH_MAX && path.bytes().all(|b| b.is_ascii_graphic());
    (sound && clean).then(|| (host.to_owned(), format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_of_uploads() {
        let some = |host: &str, path: &str| Some((host.to_owned(), path.to_owned()));
        assert_eq!(
            address("https://rupload.facebook.com/video-upload/v25.0/123"),
            some("rupload.facebook.com", "/video-upload/v25.0/123")
        );
        assert_eq!(address("http://127.0.0.1:99/x/1?a=b"), some("127.0.0.1", "/x/1"));
        for bad in [
            "",
            "rupload.facebook.com/x",
            "https://",
            "https://a b/x",
            "ftp://a/x",
            "https:///x",
            "https://a@b/x",
        ] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }
}
