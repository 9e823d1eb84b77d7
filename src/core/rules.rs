//! Whether an account's platform takes a content: the cells of its offers against what was measured.
//!
//! Everything that a platform would refuse at the due time is refused when the file is dropped, each
//! with the rule, the measured value and where the rule's number is from.

mod asked;
mod cells;
mod media;
mod numbers;
mod options;

use std::collections::BTreeMap;

pub use asked::{MediaRule, cover_rule, media_rule, story_image};
pub use media::sounds;
pub use numbers::bytes;

use crate::core::facts::Facts;
use crate::core::offer::{ClipRule, Offer, TextRule, WordsRule};
use crate::core::platform::{Platform, Standing};
use crate::domain::media::MediaKind;
use crate::domain::post::{Content, Kind, Segment};

/// The part of a content that breaks a rule; intake finds its line in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The whole of it.
    Whole,
    /// `kind`
    Kind,
    /// The words of a segment.
    Text(usize),
    /// The media of a segment.
    Media(usize),
    /// One media file: segment, index.
    File(usize, usize),
    /// The alt text of one media file: segment, index.
    Alt(usize, usize),
    /// The picture that stands for one media file: segment, index.
    Cover(usize, usize),
    /// The link of a segment.
    Link(usize),
    /// The poll of a segment.
    Poll(usize),
    /// `thread`
    Thread,
    /// `reply_to`
    ReplyTo,
    /// `quote`
    Quote,
    /// `repost`
    Repost,
    /// `first_comment`
    FirstComment,
    /// `topic`
    Topic,
    /// `audience`
    Audience,
    /// `to`
    To,
    /// `subject`
    Subject,
}

/// One broken rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Which part of the content breaks it.
    pub part: Part,
    /// The rule and the measured value, without the account's name: `the text has 612 characters, Threads takes at most 500`.
    pub message: String,
    /// Where the rule's number is from: `threads.md 4.5, read 2026-11-01`.
    pub source: Option<String>,
    /// What to do, when the message does not say it.
    pub help: Option<String>,
}

/// Everything of `content` that `platform` does not take, within `facts` (the platform's own with the
/// config's overrides), for an account with these settings of its own. Empty: it may go.
pub fn check_for(
    content: &Content,
    platform: &dyn Platform,
    facts: &Facts,
    options: &BTreeMap<String, String>,
) -> Vec<Violation> {
    let mut judge = Judge {
        platform,
        facts,
        found: Vec::new(),
    };
    cells::check(&mut judge, content);
    options::check(&mut judge, content);
    media::covers(&mut judge, content);
    let cells = std::mem::take(&mut judge.found);
    let whole = cells
        .iter()
        .any(|v| matches!(v.part, Part::Whole | Part::Kind | Part::Thread | Part::Repost));
    // The platform's sentences, as far as the cells do not say the same.
    for message in platform.check(content, facts, options) {
        let part = named(&message);
        // The cells have said it already, with the number and its source.
        let said = match part {
            Part::Whole => whole,
            named => cells.iter().any(|v| v.part == named),
        };
        if !said {
            judge.plain(part, message);
        }
    }
    [cells, judge.found].concat()
}

/// What is no mistake, but a person should know: sentences.
pub fn warn(content: &Content, platform: &dyn Platform, facts: &Facts) -> Vec<String> {
    let mut warnings = Vec::new();
    for segment in &content.segments {
        let Some(rule) = text_rule(content, segment, platform, facts) else {
            continue;
        };
        // How such a vendor counts letters beyond ASCII is not documented (threads.md 4.5, instagram.md 4.3).
        let Some(worst) = rule.counting.at_worst() else {
            continue;
        };
        let most = worst.count(&segment.text);
        if most > rule.max && rule.counting.count(&segment.text) <= rule.max {
            let (unit, title) = (worst.unit(), platform.title());
            warnings.push(format!(
                "the text has {most} {unit}; if {title} counts {unit} rather than characters, it takes {} only",
                rule.max
            ));
        }
    }
    warnings
}

/// The limits of a segment's words, by its kind and media.
fn text_rule(
    content: &Content,
    segment: &Segment,
    platform: &dyn Platform,
    facts: &Facts,
) -> Option<TextRule> {
    let offers = platform.offers();
    let clip = |offer: &Offer<ClipRule>| offer.rule(facts).ok().map(|rule| rule.text);
    let words = |offer: &Offer<WordsRule>| offer.rule(facts).ok().map(|rule| rule.text);
    match (content.kind, segment.media.as_slice()) {
        (Kind::Reel, _) => clip(&offers.reel),
        (Kind::Story, _) => clip(&offers.story),
        (Kind::Message, _) => words(&offers.message),
        (Kind::Post, []) => words(&offers.text),
        (Kind::Post, [one]) if one.facts.kind == MediaKind::Video => clip(&offers.video),
        (Kind::Post, [_]) => offers.photo.rule(facts).ok().map(|rule| rule.text),
        (Kind::Post, _) => offers.carousel.rule(facts).ok().map(|rule| rule.text),
    }
}

/// The part that a platform's sentence begins with: "`quote` must be ...".
fn named(sentence: &str) -> Part {
    let key = sentence.strip_prefix('`').and_then(|rest| rest.split('`').next());
    match key.unwrap_or("") {
        "reply_to" => Part::ReplyTo,
        "quote" => Part::Quote,
        "repost" => Part::Repost,
        "first_comment" => Part::FirstComment,
        "topic" => Part::Topic,
        "to" => Part::To,
        "subject" => Part::Subject,
        "link" => Part::Link(0),
        _ => Part::Whole,
    }
}

/// The scopes that `content` needs and the account was not granted, as a violation each.
///
/// `granted` is what the account's login told; empty when it did not tell, then nothing is refused.
pub fn check_scopes(
    content: &Content,
    platform: &dyn Platform,
    options: &BTreeMap<String, String>,
    granted: &[String],
) -> Vec<Violation> {
    if granted.is_empty() {
        return Vec::new();
    }
    let again = "connect the account again with `crierctl connect` and grant it";
    let help = match platform.login().before_granting(options) {
        Some(first) => format!("{first}, then {again}"),
        None => again.to_owned(),
    };
    platform
        .scopes_needed_with(content, options)
        .into_iter()
        .filter(|scope| !granted.iter().any(|g| g == scope))
        .map(|scope| Violation {
            part: Part::Whole,
            message: format!(
                "its login did not grant {scope}, which {} asks for this",
                platform.title()
            ),
            source: None,
            help: Some(help.clone()),
        })
        .collect()
}

/// What this account cannot do though its platform can: missing scopes, and what the platform says of it.
pub fn check_account(content: &Content, platform: &dyn Platform, account: &Standing<'_>) -> Vec<Violation> {
    let mut found = check_scopes(content, platform, account.options, account.scopes);
    let used = cells::used(content);
    for refusal in platform.refuses(account) {
        // A scope that the content needs is named already.
        let named = |scope: &str| {
            platform
                .scopes_needed_with(content, account.options)
                .contains(&scope)
        };
        if refusal.scope.is_some_and(named) {
            continue;
        }
        let Some((_, part)) = used.iter().find(|(cell, _)| *cell == refusal.cell) else {
            continue;
        };
        found.push(Violation {
            part: *part,
            message: refusal.why,
            source: None,
            help: None,
        });
    }
    found
}

/// Collects violations against one platform.
struct Judge<'a> {
    platform: &'a dyn Platform,
    facts: &'a Facts,
    found: Vec<Violation>,
}

impl Judge<'_> {
    fn title(&self) -> &'static str {
        self.platform.title()
    }

    /// A rule with a number; `about` are words that the fact's name may hold.
    fn number(&mut self, part: Part, message: String, limit: u64, about: &[&str]) {
        let source = numbers::source(self.facts, limit, about);
        self.found.push(Violation {
            part,
            message,
            source,
            help: None,
        });
    }

    /// A rule with a length of a video in milliseconds.
    fn length(&mut self, part: Part, message: String, limit: u64) {
        let source = numbers::length_source(self.facts, limit, &["video"]);
        self.found.push(Violation {
            part,
            message,
            source,
            help: None,
        });
    }

    /// A rule without one.
    fn plain(&mut self, part: Part, message: String) {
        self.found.push(Violation {
            part,
            message,
            source: None,
            help: None,
        });
    }

    /// Something that the platform does not offer: its own reason.
    fn not_offered(&mut self, part: Part, what: &str, why: &str) {
        let message = format!("{} takes no {what}: {why}", self.title());
        self.plain(part, message);
    }
}

/// `1 segment`, `2 segments`.
fn count(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}
