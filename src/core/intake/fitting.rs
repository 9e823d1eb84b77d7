//! Media that is made to fit: what is wanted for which account, and what was made put in its place.
//!
//! Twice the same walk: [`tasks`] says what to make of which file; when that is done away from here,
//! [`super::accept_made`] takes what came of it. The original stays for the accounts that take it.

use std::collections::BTreeMap;

use super::content::Contents;
use super::draft::Draft;
use super::{Context, Measured, Target, choose, places};
use crate::core::diagnose::{Diagnostic, Diagnostics};
use crate::core::fit::{self, Plan, Planned};
use crate::core::offer::ImageRule;
use crate::core::rules::{MediaRule, Part, cover_rule, media_rule};
use crate::domain::media::{Fit, Media, MediaFacts, MediaId};
use crate::domain::post::{Content, Segment};

/// One thing to be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// The file of the draft that it is made of.
    pub file: String,
    /// How.
    pub plan: Plan,
}

/// What was made: measured, or a sentence on why not, which begins with the file's name.
pub type Made = BTreeMap<Task, Result<MediaFacts, String>>;

/// Everything that must be made before the draft can be accepted, each once. Empty without `fit`.
pub fn tasks(draft: &Draft, measured: &Measured, context: &Context<'_>) -> Vec<Task> {
    let fit = in_force(draft, context);
    if fit == Fit::Off {
        return Vec::new();
    }
    // Mistakes are told when it is accepted.
    let mut told = Diagnostics::new();
    let chosen = choose(draft, context, &mut told);
    let mut built = Contents::new(draft, measured);
    let mut tasks = Vec::new();
    for target in &chosen {
        let content = built.content(target, &mut told);
        for (_, media, planned) in wanted(target, &content, fit) {
            if let Ok(plan) = planned {
                tasks.push(Task {
                    file: media.file.clone(),
                    plan,
                });
            }
        }
    }
    tasks.sort();
    tasks.dedup();
    tasks
}

/// What will be made if all goes well: with it a draft shows at once what is wrong with it besides.
pub fn promised(tasks: &[Task], measured: &Measured) -> Made {
    let promise = |task: &Task| {
        let made = match measured.get(&task.file)? {
            Ok(facts) => Ok(task.plan.promise(facts)),
            Err(why) => Err(why.clone()),
        };
        Some((task.clone(), made))
    };
    tasks.iter().filter_map(promise).collect()
}

fn in_force(draft: &Draft, context: &Context<'_>) -> Fit {
    draft.fit.unwrap_or(context.queue.fit)
}

/// Where a file stands in a content.
#[derive(Clone, Copy)]
enum Spot {
    /// Segment and index.
    Media(usize, usize),
    /// The index among the covers.
    Cover(usize),
}

impl Spot {
    /// The part of the content that a person reads about.
    fn part(self, content: &Content) -> Part {
        match self {
            Spot::Media(n, i) => Part::File(n, i),
            Spot::Cover(k) => {
                let id = content.covers.get(k).map(|c| c.id);
                let named = |(n, segment): (usize, &Segment)| {
                    let i = segment.media.iter().position(|m| m.cover == id)?;
                    Some(Part::Cover(n, i))
                };
                let mut all = content.segments.iter().enumerate();
                all.find_map(named).unwrap_or(Part::Whole)
            }
        }
    }

    /// Puts another file there.
    fn put(self, content: &mut Content, id: MediaId, file: String, facts: MediaFacts) {
        let media = match self {
            Spot::Media(n, i) => content.segments.get_mut(n).and_then(|s| s.media.get_mut(i)),
            Spot::Cover(k) => content.covers.get_mut(k),
        };
        let Some(media) = media else { return };
        let was = std::mem::replace(&mut media.id, id);
        (media.file, media.facts) = (file, facts);
        if let Spot::Cover(_) = self {
            for media in content.segments.iter_mut().flat_map(|s| &mut s.media) {
                media.cover = media.cover.map(|cover| if cover == was { id } else { cover });
            }
        }
    }
}

/// The media of a content that break their rules and could be made to fit, with their plans.
fn wanted<'c>(target: &Target<'_>, content: &'c Content, fit: Fit) -> Vec<(Spot, &'c Media, Planned<Plan>)> {
    let mut all = Vec::new();
    for (n, segment) in content.segments.iter().enumerate() {
        for (i, media) in segment.media.iter().enumerate() {
            let planned = plan(target, content, (n, i), fit);
            all.extend(planned.map(|planned| (Spot::Media(n, i), media, planned)));
        }
    }
    for (k, cover) in content.covers.iter().enumerate() {
        let planned = cover_plan(target, cover, fit);
        all.extend(planned.map(|planned| (Spot::Cover(k), cover, planned)));
    }
    all
}

fn plan(target: &Target<'_>, content: &Content, (n, i): (usize, usize), fit: Fit) -> Option<Planned<Plan>> {
    let facts = &content.segments.get(n)?.media.get(i)?.facts;
    match media_rule(content, n, i, target.platform, target.facts)? {
        MediaRule::Image(rule) => picture(facts, &rule, fit),
        MediaRule::Video(rule) => fit::video::video(facts, &rule, fit).map(|p| p.map(Plan::Video)),
    }
}

fn cover_plan(target: &Target<'_>, cover: &Media, fit: Fit) -> Option<Planned<Plan>> {
    let rule = cover_rule(target.platform, target.facts)?;
    picture(&cover.facts, &rule, fit)
}

fn picture(facts: &MediaFacts, rule: &ImageRule, fit: Fit) -> Option<Planned<Plan>> {
    fit::picture(facts, rule, fit).map(|p| p.map(|plan| Plan::of_picture(facts, plan)))
}

/// Puts what was made in its place. Gives the notes for the post, and complaints where nothing could be made.
pub(super) fn put_in_place(
    draft: &Draft,
    context: &Context<'_>,
    contents: &mut [(Target<'_>, Content)],
    files: &mut Vec<String>,
    made: &Made,
) -> (Vec<String>, Vec<Diagnostic>) {
    let fit = in_force(draft, context);
    let (mut notes, mut told) = (Vec::new(), Vec::new());
    let mut numbers: BTreeMap<Task, MediaId> = BTreeMap::new();
    for (target, content) in contents {
        let all: Vec<(Spot, Media, Planned<Plan>)> = wanted(target, content, fit)
            .into_iter()
            .map(|(spot, media, planned)| (spot, media.clone(), planned))
            .collect();
        for (spot, media, planned) in all {
            let file = media.file.clone();
            let came = planned.map_err(|why| format!("{file} {why}")).and_then(|plan| {
                let task = Task { file, plan };
                match made.get(&task) {
                    Some(Ok(facts)) => Ok((task, facts)),
                    Some(Err(why)) => Err(why.clone()),
                    None => Err(format!("{} was not made to fit", task.file)),
                }
            });
            match came {
                Ok((task, facts)) => {
                    let name = task.plan.name(&task.file);
                    let id = *numbers.entry(task).or_insert_with(|| {
                        files.push(name.clone());
                        MediaId(u32::try_from(files.len() - 1).unwrap_or(u32::MAX))
                    });
                    notes.push(note(&media, &name, facts, target));
                    spot.put(content, id, name, facts.clone());
                }
                Err(why) => {
                    let span = places::span(draft, target.account, spot.part(content));
                    let message = format!("{}: {why}", target.account);
                    told.push(Diagnostic::error(&draft.source, span, message));
                }
            }
        }
    }
    (notes, told)
}

/// `door.png (4.1 MB PNG, 3000 x 4000) was made door.jpg (0.9 MB, 1080 x 1350) for club`
fn note(was: &Media, name: &str, is: &MediaFacts, target: &Target<'_>) -> String {
    let sort = was
        .facts
        .mime
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_uppercase();
    format!(
        "{} ({} {sort}, {} x {}) was made {name} ({}, {} x {}) for {}",
        was.file,
        size(was.facts.bytes),
        was.facts.width,
        was.facts.height,
        size(is.bytes),
        is.width,
        is.height,
        target.account
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        0..100_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// What to say beside a broken rule when `fit` is off and would have kept it.
pub(super) fn advice(
    draft: &Draft,
    context: &Context<'_>,
    target: &Target<'_>,
    content: &Content,
    part: Part,
) -> Option<String> {
    if in_force(draft, context) != Fit::Off {
        return None;
    }
    let (media, planned) = match part {
        Part::File(n, i) => {
            let media = content.segments.get(n)?.media.get(i)?;
            (media, plan(target, content, (n, i), Fit::Pad)?)
        }
        Part::Cover(n, i) => {
            let id = content.segments.get(n)?.media.get(i)?.cover?;
            let cover = content.covers.iter().find(|c| c.id == id)?;
            (cover, cover_plan(target, cover, Fit::Pad)?)
        }
        Part::Whole
        | Part::Kind
        | Part::Text(_)
        | Part::Media(_)
        | Part::Alt(_, _)
        | Part::Link(_)
        | Part::Poll(_)
        | Part::Thread
        | Part::ReplyTo
        | Part::Quote
        | Part::Repost
        | Part::FirstComment
        | Part::Topic
        | Part::Audience
        | Part::To
        | Part::Subject => return None,
    };
    match planned {
        Ok(Plan::Picture(_)) => Some(
            "with `fit = \"auto\"` in the file or in its queue crier makes a picture that fits".to_owned(),
        ),
        Ok(Plan::Foreign(_)) => Some(format!(
            "{}; or set `fit = \"auto\"`, with `heif_convert` or `ffmpeg` in [media] of the config",
            fit::by_hand(&media.facts.mime, &media.file)
        )),
        Ok(Plan::Video(video)) => {
            let file = &media.file;
            let out = Plan::Video(video).name(&format!("fitted-{file}").replace('/', "-"));
            Some(format!(
                "make one that fits: `{}`; or set `fit = \"auto\"`, with `ffmpeg` in [media] of the config",
                video.command(file, &out)
            ))
        }
        Err(_) => None,
    }
}
