//! The steps of a delivery by mail: one transaction after another, each a commit that is never repeated blindly.

use super::address::Mailbox;
use super::compose;
use super::reply::{Class, classify, describe};
use super::settings::{self, Settings};
use super::state::{Mark, Progress, State};
use crate::core::call::{MailPhase, MailReply, Reply};
use crate::core::flow::{Charge, Commit, Flow, IfLost, Job, Liveness, Next, Recourse, Verdict};
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit::text::plain;

/// The flow.
pub(crate) struct EmailFlow;

/// What a job's mails are made of.
struct Plan {
    settings: Settings,
    recipients: Vec<Mailbox>,
}

fn plan(job: &Job) -> Result<Plan, String> {
    let settings = settings::read(&job.options, &job.facts).map_err(|bad| {
        let all: Vec<String> = bad
            .into_iter()
            .map(|(key, why)| format!("`{key}`: {why}"))
            .collect();
        format!("the account's settings are not usable: {}", all.join("; "))
    })?;
    let recipients = compose::recipients(&job.content, &settings, &job.facts);
    if recipients.is_empty() {
        return Err("there is no recipient: name them in `to` of the post or of the account".to_owned());
    }
    Ok(Plan { settings, recipients })
}

impl Flow for EmailFlow {
    type State = State;
    const VERSION: u16 = 1;

    fn begin(&self, job: &Job) -> State {
        State::Send(Progress::new(plan(job).map_or(0, |p| p.recipients.len())))
    }

    fn next(&self, job: &Job, state: &State, _now: Timestamp) -> Next<State> {
        match state {
            State::Send(progress) => next_message(job, progress),
            State::Done(progress) => Next::Done(lives(job, progress)),
        }
    }

    fn absorb(&self, job: &Job, state: State, reply: &Reply, _now: Timestamp) -> Verdict<State> {
        match state {
            State::Send(progress) => match reply {
                Reply::Mail(mail) => on_reply(job, progress, mail),
                Reply::Http(_) => Verdict::Unclear {
                    why: "an HTTP answer came to a mail".to_owned(),
                },
            },
            done @ State::Done(_) => Verdict::Advance(done),
        }
    }

    fn live(&self, job: &Job, state: &State) -> Liveness {
        match state {
            State::Send(progress) if progress.count(Mark::Accepted) == 0 => Liveness::Nothing,
            State::Send(progress) => Liveness::Some(lives(job, progress)),
            State::Done(progress) => Liveness::All(lives(job, progress)),
        }
    }

    fn settle(&self, job: &Job, state: State, found: Option<Live>, _now: Timestamp) -> State {
        match (state, found) {
            (State::Send(mut progress), Some(live)) => {
                let chunk = chunk(job, &progress);
                progress.accepted(chunk, &live.remote_id.unwrap_or_default());
                onward(progress)
            }
            // A person (or the queue's own rule) says that it did not go out: the same message once more.
            (State::Send(progress), None) => State::Send(progress),
            (done @ State::Done(_), Some(_) | None) => done,
        }
    }

    fn step_name(&self, state: &State) -> String {
        match state {
            State::Send(p) => {
                let settled = p.count(Mark::Accepted) + p.count(Mark::Refused);
                match p.marks.len() {
                    0 | 1 => "send".to_owned(),
                    all => format!("send, {settled} of {all} recipients settled"),
                }
            }
            State::Done(_) => "done".to_owned(),
        }
    }

    fn note(&self, job: &Job, state: &State) -> Option<String> {
        match state {
            State::Send(p) | State::Done(p) => refusals(job, p),
        }
    }
}

fn chunk(job: &Job, progress: &Progress) -> std::ops::Range<usize> {
    progress.chunk(plan(job).map_or(1, |p| p.settings.per_message))
}

fn next_message(job: &Job, progress: &Progress) -> Next<State> {
    let plan = match plan(job) {
        Ok(plan) => plan,
        Err(why) => return Next::Ask { why },
    };
    let range = progress.chunk(plan.settings.per_message);
    let Some(chunk) = plan.recipients.get(range.clone()).filter(|c| !c.is_empty()) else {
        return Next::Ask {
            why: "the saved state and the recipients do not fit together".to_owned(),
        };
    };
    let amount = |limit: &str, n: usize| Charge {
        limit: limit.to_owned(),
        amount: u32::try_from(n).unwrap_or(u32::MAX),
    };
    // email.md 8: SMTP has no idempotency key and no query; a repeat after the final dot may be a second copy.
    Next::Commit(Commit::new(
        compose::transaction(job, &plan.settings, range.start, chunk),
        IfLost::Never(Recourse::AskAPerson),
        vec![amount("recipients", chunk.len()), amount("messages", 1)],
    ))
}

fn on_reply(job: &Job, mut progress: Progress, reply: &MailReply) -> Verdict<State> {
    let range = chunk(job, &progress);
    if reply.phase == MailPhase::Body && (200..300).contains(&reply.code) {
        let line = plain(&reply.text.replace('\n', " "), 200);
        progress.accepted(range, &line);
        return Verdict::Advance(onward(progress));
    }
    let row = classify(reply);
    let why = describe(reply, row.advice);
    let alone = range.len() == 1;
    match row.class {
        Class::RetryLater if reply.phase == MailPhase::Recipient && alone => {
            put_off(progress, range.start, why)
        }
        Class::RetryLater | Class::Smaller | Class::BadRecipient
            if !alone && reply.phase == MailPhase::Recipient =>
        {
            // One of them was refused, nobody got it: each alone, so that the others get theirs.
            progress.alone = range.end;
            progress.cursor = range.start;
            Verdict::Advance(State::Send(progress))
        }
        Class::BadRecipient if alone => bad_recipient(job, progress, range.start, &why),
        Class::BadRecipient => Verdict::Refused { why },
        Class::Smaller if alone => put_off(progress, range.start, why),
        Class::RetryLater | Class::Smaller => Verdict::Retry { why },
        Class::Limited(secs) => limited(secs, why, true),
        Class::Throttled(secs) => limited(secs, why, false),
        Class::Reauthorise => Verdict::Reauthorise { why },
        Class::Person => Verdict::Blocked { why },
        Class::Reject => Verdict::Refused { why },
        Class::Odd => Verdict::Unclear { why },
    }
}

fn limited(secs: i64, why: String, account_wide: bool) -> Verdict<State> {
    Verdict::Limited {
        secs: Some(secs),
        why,
        account_wide,
    }
}

/// The server does not take this recipient now: others first, then again with back-off.
fn put_off(mut progress: Progress, n: usize, why: String) -> Verdict<State> {
    progress.set(n..n + 1, Mark::Deferred);
    if progress.count(Mark::Open) > 0 {
        return Verdict::Advance(State::Send(progress));
    }
    Verdict::Restart {
        state: State::Send(progress),
        why,
    }
}

/// The server will never take this recipient; the others are another matter.
fn bad_recipient(job: &Job, mut progress: Progress, n: usize, why: &str) -> Verdict<State> {
    progress.refused(n, why);
    match onward(progress) {
        State::Done(p) if p.count(Mark::Accepted) == 0 => Verdict::Refused {
            why: refusals(job, &p).unwrap_or_else(|| why.to_owned()),
        },
        state => Verdict::Advance(state),
    }
}

fn onward(progress: Progress) -> State {
    if progress.count(Mark::Open) + progress.count(Mark::Deferred) == 0 {
        State::Done(progress)
    } else {
        State::Send(progress)
    }
}

fn lives(job: &Job, progress: &Progress) -> Vec<Live> {
    let recipients = plan(job).map(|p| p.recipients).unwrap_or_default();
    recipients
        .iter()
        .enumerate()
        .filter(|(n, _)| progress.mark(*n) == Some(Mark::Accepted))
        .map(|(n, mailbox)| Live {
            remote_id: line_of(progress, n),
            permalink: None,
            part: Some(mailbox.address.clone()),
        })
        .collect()
}

/// The acceptance line of the message that went to recipient `n`: its own, or that of the message it was part of.
fn line_of(progress: &Progress, n: usize) -> Option<String> {
    progress
        .lines
        .iter()
        .filter(|(first, _)| *first <= n)
        .max_by_key(|(first, _)| *first)
        .filter(|(first, _)| (*first..n).all(|k| progress.mark(k) == Some(Mark::Accepted)))
        .map(|(_, line)| line.clone())
}

/// Who was refused and why; `None`: nobody.
fn refusals(job: &Job, progress: &Progress) -> Option<String> {
    let recipients = plan(job).map(|p| p.recipients).unwrap_or_default();
    let count = progress.count(Mark::Refused);
    if count == 0 {
        return None;
    }
    let address = |n: usize| recipients.get(n).map_or("?", |m| m.address.as_str());
    let mut told: Vec<String> = progress
        .refusals
        .iter()
        .map(|(n, why)| format!("{}: {why}", address(*n)))
        .collect();
    let others: Vec<&str> = (0..recipients.len())
        .filter(|n| progress.mark(*n) == Some(Mark::Refused))
        .filter(|n| !progress.refusals.iter().any(|(known, _)| known == n))
        .map(address)
        .collect();
    if !others.is_empty() {
        told.push(format!("also {}", others.join(", ")));
    }
    Some(format!(
        "{count} of {} recipients refused: {}",
        recipients.len(),
        told.join("; ")
    ))
}
