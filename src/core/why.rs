//! Why a delivery has not gone out, and when it will: the chain of holds as sentences. The same words in
//! `crierctl why`, in `.why.txt`, in alerts and in the journal.

use super::delivery::{Phase, Step, Wish};
use super::desk::{AccountRecord, PostRecord};
use super::limit::Usage;
use crate::domain::hold::{Hold, LimitSource};
use crate::domain::receipt::{Live, Outcome};
use crate::domain::time::Timestamp;

/// One link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// In words.
    pub words: String,
    /// When it ends, if that is known.
    pub until: Option<Timestamp>,
    /// What a person can do about it.
    pub help: Option<String>,
}

fn link(words: impl Into<String>) -> Link {
    Link {
        words: words.into(),
        until: None,
        help: None,
    }
}

/// What the chain is made from.
pub struct Asked<'a> {
    /// The post.
    pub post: &'a PostRecord,
    /// The delivery's phase.
    pub phase: &'a Phase,
    /// The name of its step.
    pub step: &'a str,
    /// Its account.
    pub account: Option<&'a AccountRecord>,
    /// The limits it counts against.
    pub limits: &'a [(super::facts::Quota, Usage)],
    /// The time of asking.
    pub now: Timestamp,
}

/// The whole chain, from what the file asked for to what happens next.
pub fn chain(asked: &Asked<'_>) -> Vec<Link> {
    let mut links = vec![due(asked)];
    links.extend(asked.post.notes.iter().map(link));
    links.push(now_link(asked));
    if let Some(step) = step_of(asked.phase) {
        links.extend(doubt_link(step));
        links.extend(wish_link(step));
    }
    if !matches!(asked.phase, Phase::Ended { .. }) {
        links.extend(token_link(asked));
        links.extend(asked.limits.iter().filter(|(_, u)| u.used > 0).map(limit_link));
        links.extend(
            asked
                .post
                .post
                .warnings
                .iter()
                .map(|w| link(format!("warning: {w}"))),
        );
    }
    links
}

/// The whole in one sentence: what alerts say.
pub fn summary(asked: &Asked<'_>) -> String {
    let link = now_link(asked);
    match link.until {
        Some(until) if until > asked.now => format!("{}, until {until}", link.words),
        Some(_) | None => link.words,
    }
}

fn due(asked: &Asked<'_>) -> Link {
    let (due, why) = (asked.post.due, &asked.post.due_why);
    let when = if asked.now < due {
        format!("due in {} at {due}", due.since(asked.now))
    } else {
        format!("was due {} ago at {due}", asked.now.since(due))
    };
    Link {
        until: (asked.now < due).then_some(due),
        ..link(format!("{when} ({why})"))
    }
}

fn now_link(asked: &Asked<'_>) -> Link {
    match asked.phase {
        Phase::Waiting { until, hold, step } => {
            let tries = if step.tries > 0 {
                format!(", {} failed so far", tries(step.tries))
            } else {
                String::new()
            };
            let words = format!("{}; next: {}{tries}", hold_words(hold), asked.step);
            Link {
                words,
                until: Some(*until),
                help: hold_help(hold),
            }
        }
        Phase::Ready { .. } => link(format!(
            "ready for `{}`, waiting for its account's earlier call",
            asked.step
        )),
        Phase::Calling { attempt, sent, .. } => link(format!(
            "attempt {attempt} (`{}`) left at {sent}, its answer is awaited",
            asked.step
        )),
        Phase::Held { hold, .. } => Link {
            help: hold_help(hold),
            ..link(hold_words(hold))
        },
        Phase::Ended { outcome } => link(outcome_words(outcome)),
    }
}

fn tries(n: u32) -> String {
    if n == 1 {
        "1 try".to_owned()
    } else {
        format!("{n} tries")
    }
}

fn step_of(phase: &Phase) -> Option<&Step> {
    match phase {
        Phase::Waiting { step, .. }
        | Phase::Ready { step }
        | Phase::Calling { step, .. }
        | Phase::Held { step, .. } => Some(step),
        Phase::Ended { .. } => None,
    }
}

fn doubt_link(step: &Step) -> Option<Link> {
    step.doubt.as_ref()?;
    Some(link(
        "an earlier commit's answer was lost: it is not published again before that is known",
    ))
}

fn wish_link(step: &Step) -> Option<Link> {
    match step.wish.as_ref()? {
        Wish::Cancel { by } => Some(link(format!(
            "{by} cancelled it: it ends as soon as nothing can be out"
        ))),
        Wish::Hold { why } => Some(link(format!("it will be held as soon as nothing is open: {why}"))),
    }
}

fn token_link(asked: &Asked<'_>) -> Option<Link> {
    let connection = &asked.account?.connection;
    if !connection.status.usable() {
        // A hold says it already.
        let waits = matches!(asked.phase, Phase::Waiting { .. } | Phase::Ready { .. });
        let why = connection.reason.as_ref().map(|why| format!(": {why}"));
        let words = format!(
            "its account {}{}",
            connection.status.predicate(),
            why.unwrap_or_default()
        );
        return waits.then(|| Link {
            help: Some("`crierctl connect ACCOUNT`".to_owned()),
            ..link(words)
        });
    }
    let expires = connection.expires?;
    let words = if connection.renewal_over {
        format!("its account's token ends at {expires} and is renewed no more")
    } else if expires < asked.post.due {
        format!("its account's token ends at {expires}, before it is due, unless it is renewed until then")
    } else {
        format!("its account's token is good until {expires}")
    };
    Some(link(words))
}

fn limit_link((quota, usage): &(super::facts::Quota, Usage)) -> Link {
    if quota.money.is_some() {
        return link(quota.fullness(usage.used, usage.max));
    }
    link(format!(
        "{} of {} {} in the last {} used",
        usage.used, usage.max, quota.words, quota.window
    ))
}

/// A hold in words, without its time.
pub fn hold_words(hold: &Hold) -> String {
    match hold {
        Hold::NotDue => "waits for its time".to_owned(),
        Hold::Spacing => "kept apart from the account's last post by the queue's spacing".to_owned(),
        Hold::Clock { why } => why.clone(),
        Hold::Limit(l) => match l.by {
            LimitSource::Ledger => format!("held by the platform's limit: {}", l.limit),
            LimitSource::Platform | LimitSource::Calls => {
                format!("the platform wants a pause: {}", l.limit)
            }
            LimitSource::Delivery => format!("the platform wants a pause for this one: {}", l.limit),
            LimitSource::Pacer => format!("held by the pace of {}", l.limit),
        },
        Hold::Processing => "the platform is still processing it".to_owned(),
        Hold::Retry { why } => format!("the last try failed: {why}"),
        Hold::Checking { why } => format!("finding out whether it is already live: {why}"),
        Hold::Renewing { why } => format!("the token of its account is renewed first: {why}"),
        Hold::Reauthorise { why } => format!("its account must be connected again: {why}"),
        Hold::Account { why } => format!("its account needs a person: {why}"),
        Hold::Frozen { why } => why.clone(),
        Hold::Unknown { why } => format!("nobody knows whether it is live: {why}"),
        Hold::TooLate => "too late by its queue's rule, which says to ask".to_owned(),
        Hold::Duplicate { of, at } => format!("the same content went to this account at {at} with post {of}"),
        Hold::Person { why } => format!("held by {why}"),
        Hold::Partial { why } => format!("a part of it is live and the next part failed: {why}"),
        Hold::CannotResume { why } => format!("it cannot be taken up again: {why}"),
    }
}

/// What a person can do about a hold; `None`: nothing is needed.
pub fn hold_help(hold: &Hold) -> Option<String> {
    let help = match hold {
        Hold::NotDue
        | Hold::Spacing
        | Hold::Limit(_)
        | Hold::Processing
        | Hold::Checking { .. }
        | Hold::Renewing { .. } => {
            return None;
        }
        Hold::Clock { .. } => {
            "set the clock right; if it is right, `crierctl validate ACCOUNT` asks a platform for the time, and `crierctl retry ID` lets this one go"
        }
        Hold::Retry { .. } => "`crierctl retry ID` tries at once",
        Hold::Reauthorise { .. } => "`crierctl connect ACCOUNT`",
        Hold::Account { .. } => "mend it, then `crierctl retry ID`",
        Hold::Frozen { .. } => "`crierctl thaw`",
        Hold::Unknown { .. } => {
            "look at the account; then `crierctl resolve ID --published` or `crierctl resolve ID --not-published`"
        }
        Hold::TooLate => "`crierctl release ID` publishes it all the same, `crierctl cancel ID` ends it",
        Hold::Duplicate { .. } => {
            "`crierctl release ID` publishes it again, `crierctl cancel ID` ends it; `again = true` in the file says so beforehand"
        }
        Hold::Person { .. } => "`crierctl release ID`",
        Hold::Partial { .. } => {
            "`crierctl retry ID` goes on with the part that failed, `crierctl cancel ID` leaves it as it is"
        }
        Hold::CannotResume { .. } => {
            "look at the account, then `crierctl cancel ID` and drop the file again if it is not live"
        }
    };
    Some(help.to_owned())
}

/// An end in words.
pub fn outcome_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Published { live, note } => {
            let note = note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
            format!("published{}{note}", places(live))
        }
        Outcome::Refused { why } => format!("refused, nothing of it is live: {why}"),
        Outcome::GaveUp { why } => format!("given up, nothing of it is live: {why}"),
        Outcome::Cancelled { by } => format!("cancelled by {by}, nothing of it is live"),
        Outcome::Skipped { why } => format!("skipped, nothing of it is live: {why}"),
        Outcome::Partial { live, why } => {
            format!("a part of it is live{}; the rest is not: {why}", places(live))
        }
    }
}

fn places(live: &[Live]) -> String {
    let places: Vec<&str> = live
        .iter()
        .filter_map(|l| l.permalink.as_deref().or(l.remote_id.as_deref()))
        .collect();
    if places.is_empty() {
        String::new()
    } else {
        format!(": {}", places.join(", "))
    }
}
