//! Uploads (x.md 4.4): initialize, append in parts, finalize, wait, alt text. All of it quiet.

use serde_json::Value;

use super::auth;
use super::calls;
use super::flow::{not_before, prepared, quiet};
use super::parts;
use super::price;
use super::publish::{data_id, failed};
use super::reply::{self, Class, Problem, Seen};
use super::state::{Ready, State, Step, Trail};
use crate::core::flow::{Job, Next, Quiet, Verdict};
use crate::domain::media::Media;
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::plain;

/// How often one file is begun anew.
const REDO_MAX: u8 = 3;
/// Longest wait that X is believed, in seconds.
const WAIT_MAX: i64 = 300;

/// The file under way.
fn file(job: &Job, trail: &Trail, ready: &Ready) -> Option<Media> {
    parts::part(&job.content, trail.live.len())?
        .media
        .get(ready.media.len())
        .cloned()
}

pub(super) fn next(job: &Job, trail: &Trail, ready: &Ready, step: &Step, now: Timestamp) -> Next<State> {
    let Some(media) = file(job, trail, ready) else {
        return Next::Ask {
            why: "the saved state speaks of a file that the post does not have".to_owned(),
        };
    };
    match step {
        // What X forgets after a day must not be uploaded for a post that there is no room for.
        Step::Initialize => {
            let ahead = price::upload(&job.content, trail.live.len(), &job.facts);
            Next::Quiet(Quiet::new(calls::initialize(job, &media)).ahead_of(ahead))
        }
        Step::Append { id, index } => {
            let piece = calls::append(job, &media, id, *index);
            Next::Quiet(Quiet::counting(piece, price::append()))
        }
        Step::Finalize { id } => quiet(calls::finalize(job, id)),
        Step::Check { id } => quiet(calls::status(job, id)),
        Step::Status { id, from, .. } => not_before(*from, now, || quiet(calls::status(job, id))),
        Step::Alt { id } => quiet(calls::alt(job, id, media.alt.as_deref().unwrap_or_default())),
    }
}

pub(super) fn name(file: usize, step: &Step) -> String {
    match step {
        Step::Initialize => format!("begin to upload file {file}"),
        Step::Append { index, .. } => format!("upload file {file}, piece {}", index + 1),
        Step::Finalize { .. } | Step::Check { .. } => format!("end the upload of file {file}"),
        Step::Status { .. } => format!("wait for file {file}"),
        Step::Alt { .. } => format!("describe file {file}"),
    }
}

/// What X says of an upload.
enum Progress {
    Ready,
    Working(i64),
    Failed(String),
    Nothing,
}

/// An upload without `processing_info` is ready when X tells its size.
fn progress(json: &Value, finalized: bool) -> Progress {
    let Some(data) = json.get("data") else {
        return Progress::Nothing;
    };
    let Some(info) = data.get("processing_info").filter(|i| !i.is_null()) else {
        let known = data.get("size").is_some() || (finalized && data.get("id").is_some());
        return if known { Progress::Ready } else { Progress::Nothing };
    };
    let wait = info.get("check_after_secs").and_then(Value::as_i64).unwrap_or(5);
    match info.get("state").and_then(Value::as_str).unwrap_or_default() {
        "succeeded" => Progress::Ready,
        "pending" | "in_progress" => Progress::Working(wait.clamp(1, WAIT_MAX)),
        "failed" => {
            let error = info.get("error");
            let words = error.and_then(|e| e.get("message").or_else(|| e.get("name")));
            Progress::Failed(plain(words.and_then(Value::as_str).unwrap_or("it failed"), 200))
        }
        _ => Progress::Nothing,
    }
}

/// A file under way and its surroundings.
pub(super) struct Uploading<'a> {
    pub(super) job: &'a Job,
    pub(super) trail: Trail,
    pub(super) ready: Ready,
    pub(super) redo: u8,
    pub(super) now: Timestamp,
}

impl Uploading<'_> {
    /// An answer to the call of `step`.
    pub(super) fn on(self, step: Step, seen: Seen) -> Verdict<State> {
        let json = match seen {
            Seen::Good(json) => json,
            Seen::Bad(p) => return self.refused(step, p),
        };
        match step {
            Step::Initialize => match data_id(&json, "id") {
                Some(id) => self.at(Step::Append { id, index: 0 }),
                None => reply::unreadable("the id of an upload", &json),
            },
            Step::Append { id, index } => {
                let all =
                    file(self.job, &self.trail, &self.ready).map_or(0, |m| calls::segments(self.job, &m));
                if index + 1 < all {
                    self.at(Step::Append { id, index: index + 1 })
                } else {
                    self.at(Step::Finalize { id })
                }
            }
            Step::Finalize { id } => {
                let since = self.now;
                self.told(id, since, progress(&json, true), &json)
            }
            Step::Check { id } => match progress(&json, false) {
                // X refused to end it and does not say that it is done: parts that were not really stored (x.md 9).
                Progress::Nothing if json.pointer("/data/processing_info").is_none_or(Value::is_null) => {
                    self.anew("X has not stored all of it".to_owned())
                }
                known
                @ (Progress::Nothing | Progress::Ready | Progress::Working(_) | Progress::Failed(_)) => {
                    let since = self.now;
                    self.told(id, since, known, &json)
                }
            },
            Step::Status { id, since, .. } => self.told(id, since, progress(&json, false), &json),
            Step::Alt { id } => self.complete(id),
        }
    }

    fn at(self, step: Step) -> Verdict<State> {
        Verdict::Advance(State::Upload {
            trail: self.trail,
            ready: self.ready,
            step,
            redo: self.redo,
        })
    }

    fn told(self, id: String, since: Timestamp, progress: Progress, json: &Value) -> Verdict<State> {
        match progress {
            Progress::Ready => {
                let described = file(self.job, &self.trail, &self.ready)
                    .and_then(|m| m.alt)
                    .is_some_and(|alt| !alt.trim().is_empty());
                if described {
                    self.at(Step::Alt { id })
                } else {
                    self.complete(id)
                }
            }
            Progress::Working(_)
                if self.now >= since.after_secs(self.job.facts.number("processing_secs")) =>
            {
                self.anew("X has been processing it for too long".to_owned())
            }
            Progress::Working(secs) => {
                let from = self.now.after_secs(secs);
                self.at(Step::Status { id, since, from })
            }
            Progress::Failed(why) => self.anew(format!("X could not process it: {why}")),
            Progress::Nothing => reply::unreadable("how the upload stands", json),
        }
    }

    fn refused(self, step: Step, p: Problem) -> Verdict<State> {
        match (p.class, step) {
            (Class::Forbidden, _) => self.forbidden(p),
            // x.md 8.4: after an answer that was lost it may be complete already.
            (Class::Rejected, Step::Finalize { id }) => self.at(Step::Check { id }),
            // x.md 9: parts that were not really stored; an upload that X forgot.
            (
                Class::Rejected | Class::Gone,
                Step::Append { .. } | Step::Check { .. } | Step::Status { .. },
            )
            | (Class::Gone, Step::Finalize { .. }) => self.anew(p.why),
            (
                _,
                Step::Initialize
                | Step::Append { .. }
                | Step::Finalize { .. }
                | Step::Check { .. }
                | Step::Status { .. }
                | Step::Alt { .. },
            ) => failed(self.job, p),
        }
    }

    /// x.md 7: a bare `Forbidden` on media means a login without `media.write`. Where that is known to be granted, it is an
    /// ordinary refusal; tokens of the console have the rights that the app had when they were made.
    fn forbidden(&self, p: Problem) -> Verdict<State> {
        if auth::by_tokens(&self.job.options) {
            return Verdict::Blocked {
                why: format!(
                    "{}; give the app the permission \"Read and write\" at https://console.x.com, then make new tokens",
                    p.why
                ),
            };
        }
        if self.job.scopes.iter().any(|scope| scope == auth::MEDIA) {
            return failed(self.job, p);
        }
        Verdict::Reauthorise {
            why: format!(
                "{}; its login did not grant media.write: connect it again with `crierctl connect`",
                p.why
            ),
        }
    }

    /// Uploads show nothing to anyone, so one that failed is simply begun again.
    fn anew(self, why: String) -> Verdict<State> {
        let file = file(self.job, &self.trail, &self.ready).map_or_else(String::new, |m| m.file);
        let why = format!("{file}: {why}");
        if self.redo >= REDO_MAX {
            return Verdict::Refused { why };
        }
        Verdict::Restart {
            state: State::Upload {
                trail: self.trail,
                ready: self.ready,
                step: Step::Initialize,
                redo: self.redo + 1,
            },
            why,
        }
    }

    fn complete(mut self, id: String) -> Verdict<State> {
        self.ready.media.push(id);
        self.ready.since.get_or_insert(self.now);
        let files = parts::part(&self.job.content, self.trail.live.len()).map_or(0, |p| p.media.len());
        if self.ready.media.len() < files {
            self.redo = 0;
            return self.at(Step::Initialize);
        }
        Verdict::Advance(prepared(self.job, self.trail, self.ready))
    }
}
