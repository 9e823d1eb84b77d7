//! What follows publishing: the answer to it, a container that was not found, the permalink, the receipt
//! (threads.md 4.1, 7).

use super::calls;
use super::container::{odd, status_of};
use super::flow::start;
use super::look;
use super::parts;
use super::reply::{self, Problem, Seen};
use super::state::{State, Trail};
use crate::core::flow::{Job, Liveness, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::container::{Out, POLLS, Poll, Status, is_over};
use crate::platforms::kit::graph::{self, Class};
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::kit::search::{Ask, Search, must_be_heard};
use crate::platforms::kit::text::plain;

/// New containers after 24/4279009 (threads.md 7).
const GONE_MAX: u8 = 3;
/// Characters of a limit's words that are kept.
const LIMIT_WORDS: usize = 120;
/// Longest permalink kept; longer ones are not worth their place in the state.
const URL_MAX: usize = 80;

pub(super) fn on_publish(
    job: &Job,
    mut trail: Trail,
    container: String,
    made: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let p = match seen {
        Seen::Good(json) => {
            return match graph::id_of(&json) {
                Some(id) => {
                    let sent = LetGo::answered(job, now, calls::COMMIT);
                    Verdict::Advance(published(trail, Out::of(id), sent, now))
                }
                None => reply::unreadable("a media id", &json),
            };
        }
        Seen::Bad(p) => p,
    };
    match p.class {
        // The one refusal that asks for a look at the container (threads.md 7). What Threads says of a container
        // that outlived its day (a limit, a lost token) is not documented: the container itself tells.
        Class::Gone | Class::Reject
            if p.status < 500 && (p.class == Class::Gone || is_over(job, made, now)) =>
        {
            trail.redo.gone = trail.redo.gone.saturating_add(1);
            Verdict::Advance(State::Check {
                trail,
                container,
                sent: LetGo::answered(job, now, calls::COMMIT),
                made,
            })
        }
        Class::NotReady if p.status < 500 => {
            let poll = Poll {
                from: now.after_secs(POLLS[1]),
                ..Poll::first(now)
            };
            Verdict::Advance(State::Await {
                trail,
                container,
                poll,
            })
        }
        Class::Suspected(secs) => suspected(job, trail, container, secs, p, now),
        Class::Gone
        | Class::NotReady
        | Class::RetryLater
        | Class::NewContainer
        | Class::NoSuchField
        | Class::Fetch
        | Class::Limited(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => reply::commit(p),
    }
}

/// A suspicion of spam (threads.md 7): it may be out all the same, so it is looked for first. If it is not, nothing is
/// published for a day at least (meta-common.md 4.1).
fn suspected(
    job: &Job,
    mut trail: Trail,
    container: String,
    secs: i64,
    p: Problem,
    now: Timestamp,
) -> Verdict<State> {
    let until = now.after_secs(reply::silence(secs, p.wait));
    trail.redo.limit = Some((until, plain(&p.why, LIMIT_WORDS)));
    let sent = LetGo::answered(job, now, calls::COMMIT);
    Verdict::Doubtful {
        state: State::Look {
            trail,
            container,
            search: Search::answered(job, sent, now),
        },
        why: p.why,
    }
}

/// After 24/4279009: published after all, or a new container, at most three.
pub(super) fn on_check(
    job: &Job,
    trail: Trail,
    container: String,
    sent: LetGo,
    made: Timestamp,
    seen: Seen,
    now: Timestamp,
) -> Verdict<State> {
    let json = match seen {
        Seen::Good(json) => json,
        Seen::Bad(p) => return not_checked(job, trail, container, sent, p, now),
    };
    let polled = |from: Timestamp, trail, container| {
        Verdict::NotOut(State::Await {
            trail,
            container,
            poll: Poll {
                since: made,
                from,
                ..Poll::first(now)
            },
        })
    };
    match status_of(&json) {
        Status::Published => Verdict::Found(look::id_unknown(trail, sent, now)),
        // Tried again it is never found (meta-common.md 4.5).
        Status::Finished if trail.redo.gone <= GONE_MAX => {
            Verdict::NotOut(start(job, trail, now.after_secs(POLLS[1])))
        }
        // FINISHED once more, a while later, and it is refused.
        Status::Finished => polled(
            now.after_secs(job.facts.number("look_pause_secs")),
            trail,
            container,
        ),
        // None of these is published; what becomes of it, its polling tells.
        Status::InProgress | Status::Expired | Status::Error(_) => polled(now, trail, container),
        Status::Other(word) => odd(&word),
    }
}

/// A container that is not found says nothing (threads.md 8): own posts are asked before a new one is made.
fn not_checked(
    job: &Job,
    trail: Trail,
    container: String,
    sent: LetGo,
    p: Problem,
    now: Timestamp,
) -> Verdict<State> {
    match p.class {
        Class::NoSuchField => Verdict::Found(look::id_unknown(trail, sent, now)),
        Class::Gone => Verdict::Advance(State::Look {
            trail,
            container,
            search: Search::answered(job, sent, now).asking(Ask::ListAfterGone),
        }),
        Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Fetch
        | Class::Limited(_)
        | Class::Suspected(_)
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => reply::quiet(p),
    }
}

/// Whether a part's containers were not found as often as is tried.
pub(super) fn never_found(trail: &Trail) -> Option<String> {
    (trail.redo.gone > GONE_MAX).then(|| {
        format!(
            "Threads did not find its own container when it was to be published, though it says FINISHED, and {GONE_MAX} new ones fared no better; try again later"
        )
    })
}

/// The part under way is out.
pub(super) fn published(mut trail: Trail, out: Out, sent: LetGo, now: Timestamp) -> State {
    let known = out.id.is_some();
    trail.live.push(Out {
        url: out.url.filter(|u| u.len() <= URL_MAX),
        ..out
    });
    trail.redo = super::state::Redo::default();
    if known {
        State::Permalink { trail, since: now }
    } else {
        State::FindId {
            trail,
            sent,
            looks: 0,
            from: now,
        }
    }
}

/// The part after the ones that are out, no sooner than the pause of a chain; or the end.
pub(super) fn go_on(job: &Job, trail: Trail, since: Timestamp) -> State {
    let from = since.after_secs(job.facts.number("chain_pause_secs"));
    start(job, trail, from)
}

/// Cosmetic: whatever comes, the post is out, and a failure here must not fail it (threads.md 4.1).
pub(super) fn on_permalink(job: &Job, mut trail: Trail, since: Timestamp, seen: Seen) -> Verdict<State> {
    if let Seen::Bad(p) = seen {
        // A time to keep silent stands for the next part too.
        return if must_be_heard(p.class, p.wait.is_some(), false) {
            reply::quiet(p)
        } else {
            Verdict::Advance(go_on(job, trail, since))
        };
    }
    if let (Seen::Good(json), Some(out)) = (seen, trail.live.last_mut())
        && let Some(url) = permalink_of(&json)
    {
        out.url = Some(url);
    }
    Verdict::Advance(go_on(job, trail, since))
}

/// A permalink that may be shown.
pub(super) fn permalink_of(json: &serde_json::Value) -> Option<String> {
    graph::permalink_of(json, URL_MAX)
}

pub(super) fn on_repost(seen: Seen) -> Verdict<State> {
    match seen {
        Seen::Good(json) => match graph::id_of(&json) {
            Some(id) => Verdict::Advance(reposted(Out::of(id))),
            None => reply::unreadable("an id", &json),
        },
        // The post to be reposted does not exist: nothing was done.
        Seen::Bad(p) if p.class == Class::Gone && p.status < 500 => Verdict::Refused { why: p.why },
        Seen::Bad(p) => reply::commit(p),
    }
}

/// The repost is out.
pub(super) fn reposted(out: Out) -> State {
    State::Done {
        trail: Trail {
            live: vec![out],
            ..Trail::default()
        },
    }
}

/// A person's word as a part.
pub(super) fn told(live: Live) -> Out {
    Out {
        id: live.remote_id.filter(|id| graph::is_id(id)),
        url: live.permalink,
    }
}

pub(super) fn liveness(job: &Job, trail: &Trail) -> Liveness {
    if trail.live.is_empty() {
        Liveness::Nothing
    } else if trail.live.len() >= parts::count(&job.content) {
        Liveness::All(lives(job, trail))
    } else {
        Liveness::Some(lives(job, trail))
    }
}

pub(super) fn lives(job: &Job, trail: &Trail) -> Vec<Live> {
    let all = parts::count(&job.content).max(trail.live.len());
    trail
        .live
        .iter()
        .enumerate()
        .map(|(n, out)| Live {
            remote_id: out.id.clone(),
            permalink: out.url.clone(),
            part: (all > 1).then(|| format!("{} of {all}", n + 1)),
        })
        .collect()
}
