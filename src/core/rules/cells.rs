//! The cell of each segment: words, link, photo, video, carousel, poll, reel, story, message, mail.

use std::collections::BTreeSet;

use linkify::{LinkFinder, LinkKind};

use super::asked::story_image;
use super::{Judge, Part, count, media};
use crate::core::offer::{ClipRule, MailRule, Offer, PollRule, TextRule, WordsRule};
use crate::domain::media::MediaKind;
use crate::domain::post::{Content, Kind, Poll, Segment};

pub(super) fn check(judge: &mut Judge<'_>, content: &Content) {
    if content.repost.is_some() {
        return repost(judge, content);
    }
    if content.segments.is_empty() {
        return judge.plain(
            Part::Whole,
            "there is nothing to publish: no text, no media".to_owned(),
        );
    }
    for (n, segment) in content.segments.iter().enumerate() {
        one(judge, content.kind, n, segment);
    }
    if is_mail(judge) {
        match judge.platform.offers().mail.rule(judge.facts) {
            Ok(rule) => mail(judge, content, &rule),
            Err(why) => judge.not_offered(Part::Kind, "mail", why),
        }
    }
    if content.segments.len() > 1 {
        thread(judge, content.segments.len());
    }
}

/// The cells that a content uses, by name, and the part of the file that asks for each.
pub(super) fn used(content: &Content) -> Vec<(&'static str, Part)> {
    let mut used = Vec::new();
    for (n, segment) in content.segments.iter().enumerate() {
        used.push(match (content.kind, segment.media.as_slice()) {
            (Kind::Reel, _) => ("reel", Part::Kind),
            (Kind::Story, _) => ("story", Part::Kind),
            (Kind::Message, _) => ("message", Part::Kind),
            (Kind::Post, _) if segment.poll.is_some() => ("poll", Part::Poll(n)),
            (Kind::Post, []) if segment.link.is_some() => ("link", Part::Link(n)),
            (Kind::Post, []) => ("text", Part::Text(n)),
            (Kind::Post, [single]) if single.facts.kind == MediaKind::Video => ("video", Part::File(n, 0)),
            (Kind::Post, [_]) => ("photo", Part::File(n, 0)),
            (Kind::Post, _) => ("carousel", Part::Media(n)),
        });
    }
    let with = [
        (content.segments.len() > 1, "thread", Part::Thread),
        (content.reply_to.is_some(), "reply", Part::ReplyTo),
        (content.quote.is_some(), "quote", Part::Quote),
        (content.repost.is_some(), "repost", Part::Repost),
        (content.topic.is_some(), "topic", Part::Topic),
        (content.audience.is_some(), "audience", Part::Audience),
        (
            content.first_comment.is_some(),
            "first_comment",
            Part::FirstComment,
        ),
    ];
    used.extend(
        with.into_iter()
            .filter(|(yes, ..)| *yes)
            .map(|(_, cell, part)| (cell, part)),
    );
    used
}

fn is_mail(judge: &Judge<'_>) -> bool {
    matches!(judge.platform.offers().mail, Offer::Yes(_))
}

fn repost(judge: &mut Judge<'_>, content: &Content) {
    if let Err(why) = judge.platform.offers().repost.rule(judge.facts) {
        judge.not_offered(Part::Repost, "reposts", why);
    }
    if !content.segments.is_empty() {
        judge.plain(
            Part::Repost,
            "a repost has no text and no media of its own; `quote` has".to_owned(),
        );
    }
}

fn one(judge: &mut Judge<'_>, kind: Kind, n: usize, segment: &Segment) {
    let offers = judge.platform.offers();
    match kind {
        Kind::Post if is_mail(judge) => {
            if segment.poll.is_some() {
                let why = offers
                    .poll
                    .rule(judge.facts)
                    .err()
                    .unwrap_or("a mail cannot count votes");
                judge.not_offered(Part::Poll(n), "polls", why);
            }
        }
        Kind::Post => post(judge, n, segment),
        Kind::Message => words(judge, n, segment, &offers.message, "messages", Part::Kind),
        Kind::Reel => clip(judge, n, segment, &offers.reel, "reel", Part::Kind),
        Kind::Story => clip(judge, n, segment, &offers.story, "story", Part::Kind),
    }
}

fn post(judge: &mut Judge<'_>, n: usize, segment: &Segment) {
    let offers = judge.platform.offers();
    if let Some(given) = &segment.poll {
        return match offers.poll.rule(judge.facts) {
            Ok(rule) => poll(judge, n, segment, given, &rule),
            Err(why) => judge.not_offered(Part::Poll(n), "polls", why),
        };
    }
    match segment.media.as_slice() {
        [] if segment.link.is_some() => {
            words(judge, n, segment, &offers.link, "links as cards", Part::Link(n));
        }
        [] => words(
            judge,
            n,
            segment,
            &offers.text,
            "posts of words only",
            Part::Text(n),
        ),
        [single] => match single.facts.kind {
            MediaKind::Image => photo(judge, n, segment),
            MediaKind::Video => clip(judge, n, segment, &offers.video, "video", Part::File(n, 0)),
            MediaKind::Other => media::other(judge, n, 0, single),
        },
        _ => carousel(judge, n, segment),
    }
}

fn words(
    judge: &mut Judge<'_>,
    n: usize,
    segment: &Segment,
    offer: &Offer<WordsRule>,
    what: &str,
    part: Part,
) {
    match offer.rule(judge.facts) {
        Ok(rule) => {
            text(judge, n, segment, &rule.text);
            // Messages may have some; of what kind and size is the platform's to say.
            let most = if part == Part::Kind {
                judge.platform.message_files()
            } else {
                0
            };
            let message = match most {
                0 => format!("{} takes {what} without media only", judge.title()),
                most => format!(
                    "{} takes {what} with at most {}",
                    judge.title(),
                    count(most, "media file")
                ),
            };
            if segment.media.len() > most {
                judge.plain(Part::Media(n), message);
            }
        }
        Err(why) => judge.not_offered(part, what, why),
    }
}

fn photo(judge: &mut Judge<'_>, n: usize, segment: &Segment) {
    match judge.platform.offers().photo.rule(judge.facts) {
        Ok(rule) => {
            text(judge, n, segment, &rule.text);
            for (i, picture) in segment.media.iter().enumerate() {
                media::image(judge, n, i, picture, &rule.image);
            }
        }
        Err(why) => judge.not_offered(Part::File(n, 0), "pictures", why),
    }
}

fn clip(judge: &mut Judge<'_>, n: usize, segment: &Segment, offer: &Offer<ClipRule>, what: &str, part: Part) {
    let rule = match offer.rule(judge.facts) {
        Ok(rule) => rule,
        Err(why) => return judge.not_offered(part, what, why),
    };
    text(judge, n, segment, &rule.text);
    match segment.media.as_slice() {
        [single] if single.facts.kind == MediaKind::Video => {
            media::video(judge, n, 0, single, &rule.video);
        }
        // A story may be a picture: the photo cell holds the rule for pictures.
        [single] if single.facts.kind == MediaKind::Image && what == "story" => {
            if let Some(picture) = story_image(judge.platform.offers(), judge.facts) {
                media::image(judge, n, 0, single, &picture);
            }
        }
        all => {
            let one = if what == "story" {
                "one video or picture"
            } else {
                "one video"
            };
            let message = format!("a {what} is {one}; this has {}", count(all.len(), "media file"));
            judge.plain(Part::Media(n), message);
        }
    }
}

fn carousel(judge: &mut Judge<'_>, n: usize, segment: &Segment) {
    let rule = match judge.platform.offers().carousel.rule(judge.facts) {
        Ok(rule) => rule,
        Err(why) => return judge.not_offered(Part::Media(n), "posts with several media files", why),
    };
    text(judge, n, segment, &rule.text);
    let given = segment.media.len();
    if given < rule.min {
        let message = format!(
            "there are {}, {} takes at least {} together",
            count(given, "media file"),
            judge.title(),
            rule.min
        );
        judge.number(Part::Media(n), message, rule.min as u64, &["carousel"]);
    }
    if given > rule.max {
        let message = format!(
            "there are {}, {} takes at most {} together",
            count(given, "media file"),
            judge.title(),
            rule.max
        );
        judge.number(Part::Media(n), message, rule.max as u64, &["carousel"]);
    }
    for (i, one) in segment.media.iter().enumerate() {
        match (one.facts.kind, &rule.video) {
            (MediaKind::Image, _) => media::image(judge, n, i, one, &rule.image),
            (MediaKind::Video, Some(video)) => media::video(judge, n, i, one, video),
            (MediaKind::Video, None) => {
                let message = format!(
                    "{} is a video, {} takes only pictures where there are several files",
                    one.file,
                    judge.title()
                );
                judge.plain(Part::File(n, i), message);
            }
            (MediaKind::Other, _) => media::other(judge, n, i, one),
        }
    }
}

fn poll(judge: &mut Judge<'_>, n: usize, segment: &Segment, given: &Poll, rule: &PollRule) {
    text(judge, n, segment, &rule.text);
    let title = judge.title();
    let choices = given.options.len();
    if choices < rule.min || choices > rule.max {
        let message = format!(
            "the poll has {}, {title} takes {} to {}",
            count(choices, "choice"),
            rule.min,
            rule.max
        );
        let broken = if choices < rule.min { rule.min } else { rule.max };
        judge.number(Part::Poll(n), message, broken as u64, &["poll"]);
    }
    for option in &given.options {
        let chars = option.chars().count();
        if chars > rule.option_max {
            let message = format!(
                "the choice {option:?} has {chars} characters, {title} takes at most {}",
                rule.option_max
            );
            judge.number(
                Part::Poll(n),
                message,
                rule.option_max as u64,
                &["poll", "option"],
            );
        }
        if option.trim().is_empty() {
            judge.plain(Part::Poll(n), "a choice of the poll is empty".to_owned());
        }
    }
    if given.duration.is_some() && !rule.duration {
        judge.plain(
            Part::Poll(n),
            format!("{title} sets the length of a poll itself; leave `duration` out"),
        );
    }
    if !segment.media.is_empty() {
        judge.plain(Part::Media(n), format!("{title} takes a poll without media only"));
    }
}

fn mail(judge: &mut Judge<'_>, content: &Content, rule: &MailRule) {
    for (n, segment) in content.segments.iter().enumerate() {
        text(judge, n, segment, &rule.text);
    }
    if matches!(content.kind, Kind::Reel | Kind::Story) {
        return;
    }
    let recipients = content.to.len();
    if recipients > rule.max_recipients {
        let message = format!(
            "the mail has {}, {} takes at most {}",
            count(recipients, "recipient"),
            judge.title(),
            rule.max_recipients
        );
        judge.number(Part::To, message, rule.max_recipients as u64, &["recipient"]);
    }
    let subject = content.subject.as_deref().map_or(0, |s| s.chars().count());
    if subject > rule.subject_max {
        let message = format!(
            "the subject has {subject} characters, {} takes at most {}",
            judge.title(),
            rule.subject_max
        );
        judge.number(Part::Subject, message, rule.subject_max as u64, &["subject"]);
    }
    let all: u64 = content
        .segments
        .iter()
        .flat_map(|s| &s.media)
        .map(|m| m.facts.bytes)
        .sum();
    if all > rule.max_attachments_bytes {
        let (measured, limit) = super::numbers::two_sizes(all, rule.max_attachments_bytes);
        let message = format!(
            "the attachments are {measured} together, {} takes at most {limit}",
            judge.title()
        );
        judge.number(
            Part::Media(0),
            message,
            rule.max_attachments_bytes,
            &["attachment"],
        );
    }
}

fn thread(judge: &mut Judge<'_>, segments: usize) {
    match judge.platform.offers().thread.rule(judge.facts) {
        Ok(rule) if segments > rule.max => {
            let message = format!(
                "the thread has {}, {} takes at most {}",
                count(segments, "post"),
                judge.title(),
                rule.max
            );
            judge.number(Part::Thread, message, rule.max as u64, &["thread", "segments"]);
        }
        Ok(_) => {}
        Err(why) => judge.not_offered(Part::Thread, "threads", why),
    }
}

fn text(judge: &mut Judge<'_>, n: usize, segment: &Segment, rule: &TextRule) {
    let title = judge.title();
    let which = if n == 0 {
        "the text".to_owned()
    } else {
        format!("the text of post {}", n + 1)
    };
    if rule.required && segment.text.trim().is_empty() && segment.link.is_none() {
        judge.plain(
            Part::Text(n),
            format!("{which} is empty, and {title} asks for some here"),
        );
    }
    let measured = rule.counting.count(&segment.text);
    if measured > rule.max {
        let message = if rule.max == 0 {
            format!(
                "{title} takes no text here, {which} has {measured} {}",
                rule.counting.unit()
            )
        } else {
            format!(
                "{which} has {measured} {}, {title} takes at most {}; {} too many",
                rule.counting.unit(),
                rule.max,
                measured - rule.max
            )
        };
        judge.number(Part::Text(n), message, rule.max as u64, &["text", "caption"]);
    }
    let Some(max) = rule.max_links else { return };
    let links = links(segment);
    if links > max {
        let message = format!(
            "{which} and its link card have {}, {title} takes at most {max}",
            count(links, "different link")
        );
        judge.number(Part::Text(n), message, max as u64, &["link"]);
    }
}

/// Distinct addresses in the words and the link card together.
fn links(segment: &Segment) -> usize {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    let mut all: BTreeSet<&str> = finder.links(&segment.text).map(|l| l.as_str()).collect();
    all.extend(segment.link.as_deref());
    all.len()
}
