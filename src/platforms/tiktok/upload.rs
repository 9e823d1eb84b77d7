//! Sending a video's bytes (tiktok.md 4.4). Nothing is published before the last byte is there, so the last piece is the
//! commit.

use serde_json::Value;
use url::Url;

use super::calls::{self, piece};
use super::creator::{FIRST_POLL, first, watching};
use super::reply;
use super::state::{Polls, State, Step, Task, Upload};
use super::status;
use crate::core::call::{HttpReply, Reply};
use crate::core::flow::{Commit, IfLost, Job, Next, Quiet, Recourse, Verdict};
use crate::domain::time::{Span, Timestamp};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::text::plain;

/// Uploads that may come to nothing before the post does.
const FRESH_MAX: u8 = 5;
/// How often TikTok may stand elsewhere in one upload.
const SLIPS_MAX: u8 = 6;
/// Longest address that is kept (tiktok.md 4.3: at most 256 characters).
const ADDRESS_MAX: usize = 1000;
/// Domains under which TikTok's uploads lie (tiktok.md 1).
const DOMAINS: [&str; 2] = [".tiktokapis.com", ".tiktok.com"];

/// Where an upload goes.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    pub(super) host: Option<String>,
    pub(super) path: String,
    pub(super) query: String,
}

/// The parts of an address that an answer named. A host outside TikTok's domains is left out: then the call goes to the
/// one in the config, so no answer can lead the bytes elsewhere.
pub(super) fn place(address: &str) -> Option<Place> {
    let url = Url::parse(address)
        .ok()
        .filter(|_| address.len() <= ADDRESS_MAX)?;
    let host = url.host_str()?.to_ascii_lowercase();
    let own = DOMAINS.iter().any(|domain| host.ends_with(domain));
    let sound = match url.scheme() {
        "https" => true,
        "http" => !own,
        _ => false,
    };
    let anonymous = url.username().is_empty() && url.password().is_none();
    (sound && anonymous).then(|| Place {
        host: own.then_some(host),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
    })
}

/// The answer that opens an upload.
pub(super) fn opened(job: &Job, state: State, task: Task, data: &Value, now: Timestamp) -> Verdict<State> {
    let told = data.get("upload_url").and_then(Value::as_str);
    let Some(Place { host, path, query }) = told.and_then(place) else {
        return reply::unreadable("a usable upload_url", data);
    };
    let (chunk, count) = calls::cut(job, size(job));
    let upload = Upload {
        host,
        path,
        query,
        chunk,
        count,
        made: LetGo::answered(job, now, Span::ZERO),
        at: 0,
        slips: 0,
        lasts: 0,
    };
    Verdict::Advance(State {
        step: Step::Upload { task, upload },
        ..state
    })
}

/// Bytes of the video.
pub(super) fn size(job: &Job) -> u64 {
    calls::video(job).map_or(0, |m| m.facts.bytes)
}

fn is_last(upload: &Upload, bytes: u64) -> bool {
    piece(upload, bytes).1.saturating_add(1) >= bytes
}

/// tiktok.md 8.1: with FILE_UPLOAD nothing is published before all bytes are there; after a lost answer to the last
/// piece "do not init again", the status of the publish_id tells.
pub(super) fn next(job: &Job, state: &State, task: &Task, upload: &Upload, now: Timestamp) -> Next<State> {
    let Some(media) = calls::video(job) else {
        return Next::Ask {
            why: "the saved state speaks of a video that the post does not have".to_owned(),
        };
    };
    let call = calls::bytes(media, upload);
    if !is_last(upload, media.facts.bytes) {
        return Next::Quiet(Quiet::new(call));
    }
    let look = State {
        step: doubtful(task.clone(), upload.clone(), now),
        ..state.clone()
    };
    let if_lost = IfLost::Never(Recourse::Look(look));
    Next::Commit(Commit::new(call, if_lost, super::charges(&job.options)))
}

/// It is not known whether the last piece arrived.
fn doubtful(task: Task, upload: Upload, now: Timestamp) -> Step {
    Step::Watch {
        task,
        polls: Polls {
            since: now,
            polls: 0,
            from: now.after_secs(FIRST_POLL),
        },
        upload: Some(Upload {
            lasts: upload.lasts.saturating_add(1),
            ..upload
        }),
    }
}

/// The answer to a piece: its status is the message (tiktok.md 4.4).
pub(super) fn on_piece(
    job: &Job,
    state: State,
    task: Task,
    upload: Upload,
    reply: &Reply,
    now: Timestamp,
) -> Verdict<State> {
    let Reply::Http(http) = reply else {
        return Verdict::Unclear {
            why: "an SMTP reply came to an HTTP call".to_owned(),
        };
    };
    let last = is_last(&upload, size(job));
    match http.status {
        201 | 200 if last => Verdict::Advance(State {
            step: watching(task, now),
            ..state
        }),
        200 | 201 | 206 if !last => stored(job, state, task, upload),
        400 => Verdict::Refused {
            why: format!("TikTok did not take the bytes of the video: {}", said(http)),
        },
        // What an earlier try did is not known: only the status tells whether a new upload is allowed.
        403 | 404 if upload.lasts > 0 && last => Verdict::Unclear { why: dead(http) },
        403 | 404 if upload.lasts > 0 => Verdict::Advance(State {
            step: doubtful(task, upload, now),
            ..state
        }),
        403 | 404 => again(job, state, dead(http), now),
        416 => elsewhere(job, state, task, upload, http, now),
        429 => reply::limited(60, http.retry_after_secs(), format!("TikTok says {}", said(http))),
        _ => Verdict::Unclear {
            why: format!("TikTok answered a piece of the video with {}", said(http)),
        },
    }
}

fn said(http: &HttpReply) -> String {
    let body = String::from_utf8_lossy(&http.body[..http.body.len().min(400)]).into_owned();
    format!("HTTP {} “{}”", http.status, plain(&body, 80))
}

fn dead(http: &HttpReply) -> String {
    match http.status {
        404 => "TikTok does not know the upload any more".to_owned(),
        _ => "the address of the upload is no longer good".to_owned(),
    }
}

/// A piece is there: on with the next. Should TikTok stand elsewhere, its 416 says so.
fn stored(job: &Job, state: State, task: Task, mut upload: Upload) -> Verdict<State> {
    upload.at = piece(&upload, size(job)).1 + 1;
    Verdict::Advance(State {
        step: Step::Upload { task, upload },
        ..state
    })
}

/// TikTok stands elsewhere: on from there.
fn elsewhere(
    job: &Job,
    state: State,
    task: Task,
    mut upload: Upload,
    http: &HttpReply,
    now: Timestamp,
) -> Verdict<State> {
    let bytes = size(job);
    let last = is_last(&upload, bytes);
    let at = range(http).map(|at| stands(at, true, &upload, bytes));
    upload.slips = upload.slips.saturating_add(1);
    let why = format!("TikTok stands elsewhere in the video: {}", said(http));
    match at {
        Some(at) if at >= bytes => Verdict::Advance(State {
            step: watching(task, now),
            ..state
        }),
        Some(at) if upload.slips <= SLIPS_MAX => {
            upload.at = at;
            let state = State {
                step: Step::Upload { task, upload },
                ..state
            };
            if last {
                Verdict::Restart { state, why }
            } else {
                Verdict::Advance(state)
            }
        }
        Some(_) | None if upload.lasts > 0 && last => Verdict::Unclear { why },
        Some(_) | None if upload.lasts > 0 => Verdict::Advance(State {
            step: doubtful(task, upload, now),
            ..state
        }),
        Some(_) | None => again(job, state, why, now),
    }
}

/// N of `Content-Range: bytes 0-N/T`.
fn range(http: &HttpReply) -> Option<u64> {
    let header = http.headers.get("content-range")?.trim();
    let (_, rest) = header.strip_prefix("bytes").unwrap_or(header).split_once('-')?;
    rest.split('/').next()?.trim().parse().ok()
}

/// The next byte, from a number that may be the last byte that is there (as HTTP has it; `inclusive`) or how many are
/// there: TikTok's page does not say, so a number that falls on a border is taken for that border.
pub(super) fn stands(n: u64, inclusive: bool, upload: &Upload, bytes: u64) -> u64 {
    let chunk = upload.chunk.max(1);
    let border = |at: u64| at == bytes || (at.is_multiple_of(chunk) && at / chunk < upload.count);
    let (likely, other) = if inclusive {
        (n.saturating_add(1), n)
    } else {
        (n, n.saturating_add(1))
    };
    let at = if border(likely) || !border(other) {
        likely
    } else {
        other
    };
    at.min(bytes)
}

/// Another upload, a few times. Only for those of which nothing can be out.
pub(super) fn again(job: &Job, mut state: State, why: String, now: Timestamp) -> Verdict<State> {
    if state.redo.fresh >= FRESH_MAX {
        return Verdict::Refused {
            why: format!("{why}; {} uploads came to nothing", u32::from(FRESH_MAX) + 1),
        };
    }
    state.redo.fresh += 1;
    state.step = first(job, now);
    Verdict::Restart { state, why }
}

/// What an upload that is not whole means, after its last piece was sent: send the rest, or wait, or begin anew.
pub(super) fn not_whole(
    job: &Job,
    mut state: State,
    task: Task,
    polls: Polls,
    mut upload: Upload,
    told: Option<u64>,
    now: Timestamp,
) -> Verdict<State> {
    let bytes = size(job);
    let at = told.map(|n| stands(n, false, &upload, bytes));
    if at == Some(bytes) {
        // All is there: TikTok works on it.
        return status::on(job, state, task, polls, None, now);
    }
    let life = Span::secs(job.facts.number("upload_life_secs"));
    let over = upload.made.passed(job, now) >= life;
    if over && state.redo.fresh < FRESH_MAX && at.is_some() {
        // tiktok.md 8.1: nobody can fill it any more.
        state.redo.fresh += 1;
        state.step = first(job, now);
        return Verdict::NotOut(state);
    }
    let patient = at.is_none() && polls.polls < 5;
    if over || patient || upload.lasts > SLIPS_MAX {
        return status::on(job, state, task, polls, Some(upload), now);
    }
    upload.at = at.unwrap_or_else(|| upload.count.saturating_sub(1).saturating_mul(upload.chunk));
    state.step = Step::Upload { task, upload };
    Verdict::NotOut(state)
}
