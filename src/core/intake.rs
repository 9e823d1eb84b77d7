//! ACCEPTING: a draft and its measured media become a post, or a list of everything that is wrong.
//!
//! All or nothing for one file: when one account's platform would refuse it, the file is refused as a
//! whole and says for which account and what to write in `[only.ACCOUNT]`. Nothing is found out at the
//! due time that could have been told when the file was dropped.

mod content;
pub mod draft;
mod extras;
mod fitting;
mod hash;
pub mod keys;
mod places;

use std::collections::BTreeMap;
use std::ops::Range;

pub use fitting::{Made, Task, promised, tasks};
pub use hash::{content_hash, revision_hash};

use self::content::Contents;
use self::draft::{At, Draft, WrittenExpiry};
use crate::core::diagnose::{Diagnostic, Diagnostics, nearest};
use crate::core::facts::Facts;
use crate::core::platform::{Platform, Standing};
use crate::core::reach::{Reach, unreachable};
use crate::core::rules::{Part, Violation};
use crate::core::{rules, schedule};
use crate::domain::account::{Connection, Profile};
use crate::domain::id::{AccountName, PostId};
use crate::domain::media::MediaFacts;
use crate::domain::post::{Content, Expiry, Origin, Post, When};
use crate::domain::queue::Queue;
use crate::domain::time::{Span, Timestamp};

/// One account of the queue, as intake needs to know it.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Its name.
    pub account: &'a AccountName,
    /// Its platform.
    pub platform: &'a dyn Platform,
    /// The platform's numbers with the config's overrides.
    pub facts: &'a Facts,
    /// The account's own settings.
    pub options: &'a BTreeMap<String, String>,
    /// How it stands with its platform; the empty one before it was ever connected.
    pub connection: &'a Connection,
    /// Where its platform would fetch files.
    pub reach: Reach<'a>,
}

impl Target<'_> {
    fn standing<'a>(&'a self, nobody: &'a Profile) -> Standing<'a> {
        Standing {
            options: self.options,
            scopes: &self.connection.scopes,
            profile: self.connection.profile.as_ref().unwrap_or(nobody),
            facts: self.facts,
        }
    }
}

/// What a draft is judged against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The queue that it lies in.
    pub queue: &'a Queue,
    /// The queue's accounts, in its order.
    pub targets: &'a [Target<'a>],
    /// The time of judging.
    pub now: Timestamp,
}

/// The files that a draft names, by the name in the draft: measured, or a sentence on why not.
pub type Measured = BTreeMap<String, Result<MediaFacts, String>>;

/// What the file becomes: identity from the caller, all else from the draft.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The post's id.
    pub id: PostId,
    /// Where it came from.
    pub origin: Origin,
    /// 1 for a new post; one more for each edit.
    pub revision: u32,
    /// When it was admitted first.
    pub admitted: Timestamp,
}

/// An admitted post.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// The post; its warnings are in it.
    pub post: Post,
    /// [`content_hash`] of each account's content, for `duplicate_window`.
    pub hashes: BTreeMap<AccountName, String>,
    /// The files to snapshot: index is the [`crate::domain::media::MediaId`], value the name in the draft, or
    /// that of what was made of one.
    pub files: Vec<String>,
}

/// Accepts a draft, or tells everything that is wrong with it at once.
pub fn accept(
    identity: Identity,
    draft: &Draft,
    measured: &Measured,
    context: &Context<'_>,
) -> Result<Admission, Diagnostics> {
    accept_made(identity, draft, measured, &Made::new(), context)
}

/// The same with what was made of the media, which [`tasks`] asked for.
pub fn accept_made(
    identity: Identity,
    draft: &Draft,
    measured: &Measured,
    made: &Made,
    context: &Context<'_>,
) -> Result<Admission, Diagnostics> {
    let mut told = draft.mistakes.clone();
    let mut warnings = Vec::new();
    let when = when(draft, context, &mut told, &mut warnings);
    let chosen = choose(draft, context, &mut told);
    check_only(draft, context, &chosen, &mut told);
    let mut built = Contents::new(draft, measured);
    let mut contents: Vec<(Target<'_>, Content)> = chosen
        .iter()
        .map(|target| (*target, built.content(target, &mut told)))
        .collect();
    let mut files = built.into_files();
    let (notes, unfit) = fitting::put_in_place(draft, context, &mut contents, &mut files, made);
    extras::check(draft, &chosen, context, &mut told);
    if contents
        .iter()
        .all(|(_, c)| c.segments.is_empty() && c.repost.is_none())
    {
        nothing(draft, &mut told);
    }
    if !told.has_errors() {
        judge(draft, context, &contents, &mut told);
        unfit.into_iter().for_each(|error| told.push(error));
    }
    if told.has_errors() {
        told.sort();
        return Err(told);
    }
    warnings.extend(told.iter().map(|d| d.message.clone()));
    warnings.extend(notes);
    for (target, content) in &contents {
        let mut unsure = rules::warn(content, target.platform, target.facts);
        unsure.extend(target.platform.warn(content, target.facts, target.options));
        warnings.extend(unsure.into_iter().map(|w| format!("{}: {w}", target.account)));
    }
    let hashes = contents
        .iter()
        .map(|(t, c)| (t.account.clone(), content_hash(c)))
        .collect();
    let mut post = Post {
        id: identity.id,
        queue: context.queue.name.clone(),
        origin: identity.origin,
        revision: identity.revision,
        hash: String::new(),
        admitted: identity.admitted,
        when,
        again: draft.again,
        contents: contents
            .into_iter()
            .map(|(t, c)| (t.account.clone(), c))
            .collect(),
        warnings,
    };
    post.hash = revision_hash(&post);
    Ok(Admission { post, hashes, files })
}

fn when(draft: &Draft, context: &Context<'_>, told: &mut Diagnostics, warnings: &mut Vec<String>) -> When {
    let mut when = When::default();
    if let Some(at) = &draft.at
        && let Some(resolved) = resolve(draft, &at.value, &at.span, context, told)
    {
        warnings.extend(resolved.warning);
        warnings.extend(late(resolved.at, context));
        when.at = Some(resolved.at);
        when.at_text = Some(resolved.text);
    }
    if let Some(expires) = &draft.expires {
        when.expires = expiry(draft, expires, when.at, context, told);
    }
    when
}

fn late(at: Timestamp, context: &Context<'_>) -> Option<String> {
    let rule = context.queue.late;
    let behind = context.now.since(at);
    if behind <= rule.within {
        return None;
    }
    Some(format!(
        "`at` was {behind} ago, and the queue publishes at most {} late",
        rule.within
    ))
}

fn resolve(
    draft: &Draft,
    written: &schedule::WrittenTime,
    span: &Range<usize>,
    context: &Context<'_>,
    told: &mut Diagnostics,
) -> Option<schedule::Resolved> {
    let name = &context.queue.timezone;
    let resolved = schedule::zone(name).and_then(|zone| schedule::resolve(written, name, &zone));
    match resolved {
        Ok(resolved) => Some(resolved),
        Err(why) => {
            told.push(Diagnostic::error(&draft.source, span.clone(), why));
            None
        }
    }
}

fn expiry(
    draft: &Draft,
    expires: &At<WrittenExpiry>,
    at: Option<Timestamp>,
    context: &Context<'_>,
    told: &mut Diagnostics,
) -> Option<Expiry> {
    let error = |message: &str| Diagnostic::error(&draft.source, expires.span.clone(), message);
    match &expires.value {
        WrittenExpiry::After(span) if *span <= Span::ZERO => {
            told.push(
                error("`expires` is no time at all").help("write how long after its due time, as \"2h\""),
            );
            None
        }
        WrittenExpiry::After(span) => Some(Expiry::After(*span)),
        WrittenExpiry::Time(written) => {
            let end = resolve(draft, written, &expires.span, context, told)?.at;
            if at.is_some_and(|at| end <= at) {
                told.push(
                    error("it expires before it is due")
                        .help("let `expires` be later than `at`, or a length of time such as \"2h\""),
                );
            }
            Some(Expiry::At(end))
        }
    }
}

/// The accounts that the file is for: all of the queue's, or the choice of `accounts`.
fn choose<'a>(draft: &Draft, context: &Context<'a>, told: &mut Diagnostics) -> Vec<Target<'a>> {
    let Some(chosen) = &draft.accounts else {
        return context.targets.to_vec();
    };
    for name in &chosen.value {
        if !context.targets.iter().any(|t| t.account.as_str() == name.value) {
            told.push(unknown_account(draft, name, context));
        }
    }
    if chosen.value.is_empty() {
        let error = Diagnostic::error(&draft.source, chosen.span.clone(), "`accounts` is empty");
        told.push(error.help("name at least one account of the queue, or leave it out for all"));
    }
    context
        .targets
        .iter()
        .filter(|t| chosen.value.iter().any(|c| c.value == t.account.as_str()))
        .copied()
        .collect()
}

fn unknown_account(draft: &Draft, name: &At<String>, context: &Context<'_>) -> Diagnostic {
    let known: Vec<&str> = context.targets.iter().map(|t| t.account.as_str()).collect();
    let error = Diagnostic::error(
        &draft.source,
        name.span.clone(),
        format!("the queue {} has no account {:?}", context.queue.name, name.value),
    );
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => error.label(format!("did you mean {near}?")),
        None => error.help(format!("its accounts are {}", known.join(", "))),
    }
}

/// Said once, and not where other mistakes are the reason for it.
fn nothing(draft: &Draft, told: &mut Diagnostics) {
    if told.has_errors() {
        return;
    }
    let line = draft.source.text.lines().next().map_or(0, str::len);
    let error = Diagnostic::error(
        &draft.source,
        0..line,
        "there is nothing to publish: no `text` and no `media`",
    );
    told.push(error.help("write text = \"...\""));
}

/// `[only.X]` for an account that the file does not reach is a mistake, never silently nothing.
fn check_only(draft: &Draft, context: &Context<'_>, chosen: &[Target<'_>], told: &mut Diagnostics) {
    for (name, _) in &draft.only {
        let known = context.targets.iter().any(|t| t.account.as_str() == name.value);
        if !known {
            told.push(unknown_account(draft, name, context));
        } else if !chosen.iter().any(|t| t.account.as_str() == name.value) {
            let message = format!(
                "`only.{}` is for an account that `accounts` leaves out",
                name.value
            );
            let error = Diagnostic::error(&draft.source, name.span.clone(), message);
            told.push(error.help("add the account to `accounts`, or take the table away"));
        }
    }
}

fn judge(draft: &Draft, context: &Context<'_>, contents: &[(Target<'_>, Content)], told: &mut Diagnostics) {
    for (target, content) in contents {
        let mut broken = rules::check_for(content, target.platform, target.facts, target.options);
        let nobody = Profile::default();
        broken.extend(rules::check_account(
            content,
            target.platform,
            &target.standing(&nobody),
        ));
        let out_of_reach = unreachable(target.platform, &target.standing(&nobody), content, target.reach);
        broken.extend(out_of_reach.map(|message| Violation {
            part: Part::Media(0),
            message,
            source: None,
            help: None,
        }));
        for violation in broken {
            let span = places::span(draft, target.account, violation.part);
            let message = format!("{}: {}", target.account, violation.message);
            let mut error = Diagnostic::error(&draft.source, span, message);
            if let Some(source) = violation.source {
                error = error.label(source);
            }
            let advice = || fitting::advice(draft, context, target, content, violation.part);
            if let Some(help) = violation.help.or_else(advice) {
                error = error.help(help);
            } else if contents.len() > 1 {
                let way = format!(
                    "change it for this account alone under `[only.{}]`",
                    target.account
                );
                error = error.help(way);
            }
            told.push(error);
        }
    }
}
