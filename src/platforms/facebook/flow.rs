//! The steps of a delivery to Facebook; the table of states is in [`super::state`].

use super::parts::{self, What};
use super::publish::{self, lives, on_comment, on_feed, on_finish, on_permalink, on_send, on_story};
use super::reply::see;
use super::state::{Out, Search, State, Step, Video, Why};
use super::{calls, media, seek, status, videos};
use crate::core::call::{Call, Reply};
use crate::core::flow::{Charge, Commit, Flow, IfLost, Job, Liveness, Next, Quiet, Recourse, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::let_go::LetGo;

/// The flow.
pub(crate) struct FacebookFlow;

impl Flow for FacebookFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        State {
            live: Vec::new(),
            redo: super::state::Redo::default(),
            step: first(job, Timestamp::MIN),
        }
    }

    fn next(&self, job: &Job, state: &State, now: Timestamp) -> Next<State> {
        match &state.step {
            Step::Photo { photos, .. } => media::next_photo(job, photos),
            Step::Feed { photos, from, .. } => not_before(state.after_silence(*from), now, || {
                committing(
                    job,
                    state,
                    calls::feed(job, photos),
                    parts::charges(&job.content),
                    now,
                )
            }),
            Step::Start { from } => not_before(*from, now, || videos::next_start(job)),
            Step::Transfer { video, told, .. } | Step::Upload { video, told, .. }
                if !videos::is_fresh(*told, now) =>
            {
                quiet(calls::video_status(job, &video.id))
            }
            Step::Transfer {
                video, start, end, ..
            } => videos::next_transfer(job, video, *start, *end),
            Step::Upload {
                host, path, offset, ..
            } => videos::next_upload(job, host.as_ref(), path, *offset),
            Step::Finish { video, from } => not_before(state.after_silence(*from), now, || {
                next_finish(job, state, video, now)
            }),
            Step::Watch { video, from, .. } => {
                not_before(*from, now, || quiet(calls::video_status(job, &video.id)))
            }
            Step::Failed { video } => quiet(calls::video_status(job, &video.id)),
            Step::Story { photo, .. } => not_before(state.after_silence(now), now, || {
                let call = calls::photo_story(job, photo);
                committing(job, state, call, parts::charges(&job.content), now)
            }),
            Step::Send { from } => not_before(state.after_silence(*from), now, || next_send(job, state, now)),
            Step::Comment { from } => {
                not_before(state.after_silence(*from), now, || next_comment(job, state, now))
            }
            Step::Seek { of, search } => not_before(search.from, now, || seek::next(job, state, of, search)),
            Step::AskPhoto { of, .. } => seek::next_photo(job, of),
            Step::Undecided { why, .. } => Next::Ask { why: why.clone() },
            Step::Permalink => match state.live.last().and_then(|out| out.id.as_deref()) {
                Some(id) => quiet(calls::permalink(job, id)),
                None => impossible("a permalink of nothing"),
            },
            Step::Done => Next::Done(lives(job, state)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, now: Timestamp) -> Verdict<State> {
        let seen = see(reply);
        let State { live, redo, step } = state;
        let so_far = |step: Step| State { live, redo, step };
        match step {
            Step::Photo { photos, made } => media::on_photo(job, so_far, photos, made, seen, now),
            Step::Feed { .. } => on_feed(job, so_far(step), seen, now),
            Step::Start { .. } => videos::on_start(job, so_far(step), seen, now),
            Step::Transfer { .. } | Step::Upload { .. } => {
                videos::on_bytes(job, so_far(Step::Start { from: now }), step, seen, now)
            }
            Step::Finish { .. } => on_finish(job, so_far(step), seen, now),
            Step::Watch { .. } => status::on_watch(job, so_far(step), seen, now),
            Step::Failed { video } => {
                status::on_failed(job, so_far(Step::Start { from: now }), video, seen, now)
            }
            Step::Story { .. } => on_story(job, so_far(step), seen, now),
            Step::Send { .. } => on_send(job, so_far(step), seen, now),
            Step::Comment { .. } => on_comment(job, so_far(step), seen, now),
            Step::Seek { of, search } => seek::on_seek(job, so_far(Step::Done), *of, search, seen, now),
            Step::AskPhoto { of, search } => seek::on_photo(job, so_far(Step::Done), *of, search, seen, now),
            Step::Permalink => on_permalink(job, so_far(step), seen, now),
            // These make no call, so nothing can be said about a reply to one.
            Step::Undecided { .. } | Step::Done => Verdict::Advance(so_far(step)),
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        publish::liveness(job, state)
    }

    /// Facebook says that it has it already: until the lists have told whose it is, it may be out. A video is watched
    /// after its commit in any case, whose answer is never a yes.
    fn pending(&self, state: &State) -> bool {
        match &state.step {
            Step::Seek { search, .. } | Step::AskPhoto { search, .. } => search.why != Why::Foreign,
            Step::Watch { .. } | Step::Undecided { .. } => true,
            Step::Photo { .. }
            | Step::Feed { .. }
            | Step::Start { .. }
            | Step::Transfer { .. }
            | Step::Upload { .. }
            | Step::Finish { .. }
            | Step::Failed { .. }
            | Step::Story { .. }
            | Step::Send { .. }
            | Step::Comment { .. }
            | Step::Permalink
            | Step::Done => false,
        }
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, now: Timestamp) -> State {
        let State { live, redo, step } = state;
        match (commit_of(step, now), found) {
            (Ok(_), Some(told)) => {
                let state = State {
                    live,
                    redo,
                    step: Step::Done,
                };
                publish::published(job, state, publish::told(told), now)
            }
            (Ok(step), None) => State { live, redo, step },
            (Err(step), None | Some(_)) => State {
                live,
                redo,
                step: *step,
            },
        }
    }

    fn step_name(&self, state: &State) -> String {
        let part = state.live.len() + 1;
        match &state.step {
            Step::Photo { photos, .. } => format!("upload photo {}", photos.len() + 1),
            Step::Feed { .. } => "publish".to_owned(),
            Step::Start { .. } => "open upload".to_owned(),
            Step::Transfer { start, .. } => format!("upload from byte {start}"),
            Step::Upload { .. } => "upload".to_owned(),
            Step::Finish { .. } => "publish video".to_owned(),
            Step::Watch { .. } => "look at the video".to_owned(),
            Step::Failed { .. } => "read why it failed".to_owned(),
            Step::Story { .. } => "publish story".to_owned(),
            Step::Send { .. } => format!("send message {part}"),
            Step::Comment { .. } => "comment".to_owned(),
            Step::Seek { .. } | Step::AskPhoto { .. } => "look whether it is out".to_owned(),
            Step::Undecided { .. } => "ask a person".to_owned(),
            Step::Permalink => "read permalink".to_owned(),
            Step::Done => "done".to_owned(),
        }
    }

    fn note(&self, job: &Job, state: &State) -> Option<String> {
        publish::note(job, state)
    }
}

/// The commit that a state's doubt is about, ready to be made again at `now`; `Err`: it is about none.
fn commit_of(step: Step, now: Timestamp) -> Result<Step, Box<Step>> {
    match step {
        Step::Seek { of, .. } | Step::AskPhoto { of, .. } | Step::Undecided { of, .. } => Ok(at(*of, now)),
        Step::Watch { video, .. } => Ok(Step::Finish { video, from: now }),
        same @ (Step::Feed { .. }
        | Step::Finish { .. }
        | Step::Story { .. }
        | Step::Send { .. }
        | Step::Comment { .. }) => Ok(at(same, now)),
        same @ (Step::Photo { .. }
        | Step::Start { .. }
        | Step::Transfer { .. }
        | Step::Upload { .. }
        | Step::Failed { .. }
        | Step::Permalink
        | Step::Done) => Err(Box::new(same)),
    }
}

/// The same step, not before `from`.
pub(super) fn at(step: Step, from: Timestamp) -> Step {
    match step {
        Step::Feed { photos, made, .. } => Step::Feed { photos, made, from },
        Step::Finish { video, .. } => Step::Finish { video, from },
        Step::Send { .. } => Step::Send { from },
        Step::Comment { .. } => Step::Comment { from },
        Step::Start { .. } => Step::Start { from },
        same @ (Step::Photo { .. }
        | Step::Transfer { .. }
        | Step::Upload { .. }
        | Step::Watch { .. }
        | Step::Failed { .. }
        | Step::Story { .. }
        | Step::Seek { .. }
        | Step::AskPhoto { .. }
        | Step::Undecided { .. }
        | Step::Permalink
        | Step::Done) => same,
    }
}

/// The first step of the post itself.
pub(super) fn first(job: &Job, from: Timestamp) -> Step {
    match parts::what(&job.content) {
        What::Words => Step::Feed {
            photos: Vec::new(),
            made: Timestamp::default(),
            from,
        },
        What::Photos | What::PhotoStory => Step::Photo {
            photos: Vec::new(),
            made: Timestamp::default(),
        },
        What::Video | What::Reel | What::VideoStory => Step::Start { from },
        What::Comment => Step::Comment { from },
        What::Message => Step::Send { from },
    }
}

fn not_before(from: Timestamp, now: Timestamp, then: impl FnOnce() -> Next<State>) -> Next<State> {
    if now < from { Next::Wait(from) } else { then() }
}

/// A quiet call.
pub(super) fn quiet(call: Call) -> Next<State> {
    Next::Quiet(Quiet::new(call))
}

/// A saved state that does not fit its post.
pub(super) fn impossible(what: &str) -> Next<State> {
    Next::Ask {
        why: format!("the saved state speaks of {what}"),
    }
}

/// Whatever else stays, the step is this.
pub(super) fn with(state: &State, step: Step) -> State {
    State {
        live: state.live.clone(),
        redo: state.redo.clone(),
        step,
    }
}

/// meta-common.md 12: Meta has no idempotency key on any of these calls, so a lost answer is looked up in a list.
fn committing(job: &Job, state: &State, call: Call, charges: Vec<Charge>, now: Timestamp) -> Next<State> {
    let look = look_for(job, state, LetGo::now(job, now), now);
    let if_lost = IfLost::Never(Recourse::Look(look));
    Next::Commit(Commit::new(call, if_lost, charges))
}

/// The look for the call of this state, which was let go at `sent`.
pub(super) fn look_for(job: &Job, state: &State, sent: LetGo, now: Timestamp) -> State {
    let step = match &state.step {
        Step::Finish { video, .. } => Step::Watch {
            video: video.clone(),
            sent,
            polls: 0,
            idle: None,
            from: now.after_secs(status::FIRST_LOOK),
        },
        of => Step::Seek {
            of: Box::new(of.clone()),
            search: Search {
                sent,
                looks: 0,
                from: now.after_secs(job.facts.number("look_pause_secs")),
                why: Why::Lost,
            },
        },
    };
    with(state, step)
}

/// facebook.md 8 A: the video's id is known before it is published, and the video itself tells.
fn next_finish(job: &Job, state: &State, video: &Video, now: Timestamp) -> Next<State> {
    let look = look_for(job, state, LetGo::now(job, now), now);
    Next::Commit(Commit::new(
        calls::finish(job, videos::edge(job), video),
        IfLost::Never(Recourse::Look(look)),
        parts::charges(&job.content),
    ))
}

fn next_send(job: &Job, state: &State, now: Timestamp) -> Next<State> {
    let n = state.live.len();
    match parts::recipient(&job.content, n) {
        Some(to) => {
            let call = match parts::attachment(&job.content, n) {
                Some(media) => calls::message_file(job, to, media),
                None => calls::message(job, to, parts::text(&job.content)),
            };
            committing(job, state, call, Vec::new(), now)
        }
        None => impossible("a recipient whom the message does not have"),
    }
}

fn next_comment(job: &Job, state: &State, now: Timestamp) -> Next<State> {
    let words = parts::words(&job.content, state.live.len());
    match calls::below(job, state) {
        Some(post) => committing(job, state, calls::comment(job, post, words), Vec::new(), now),
        None => Next::Ask {
            why: "the post is out but its id is not known, so the first comment has no place: look it up and name it with `crierctl resolve`, or write the comment by hand".to_owned(),
        },
    }
}

/// Whether part `n` of the post has been refused by Facebook, as one recipient of several.
pub(super) fn is_out(out: &Out) -> bool {
    out.refused.is_none()
}
