//! What goes along with a post: answers, quotes, topic, audience, first comment, recipients.

use super::{Judge, Part};
use crate::core::offer::Offer;
use crate::domain::post::{Content, Kind};

pub(super) fn check(judge: &mut Judge<'_>, content: &Content) {
    let offers = judge.platform.offers();
    let plain = [
        (&content.reply_to, &offers.reply, Part::ReplyTo, "replies"),
        (&content.quote, &offers.quote, Part::Quote, "quotes"),
        (
            &content.first_comment,
            &offers.first_comment,
            Part::FirstComment,
            "first comments",
        ),
    ];
    for (given, offer, part, what) in plain {
        let refused = given.as_ref().and_then(|_| offer.rule(judge.facts).err());
        if let Some(why) = refused {
            judge.not_offered(part, what, why);
        }
    }
    if let Some(topic) = &content.topic {
        check_topic(judge, topic);
    }
    if let Some(audience) = &content.audience {
        check_audience(judge, audience);
    }
    recipients(judge, content);
}

fn check_topic(judge: &mut Judge<'_>, topic: &str) {
    let rule = match judge.platform.offers().topic.rule(judge.facts) {
        Ok(rule) => rule,
        Err(why) => return judge.not_offered(Part::Topic, "topics", why),
    };
    let chars = topic.chars().count();
    if chars > rule.max {
        let message = format!(
            "the topic has {chars} characters, {} takes at most {}",
            judge.title(),
            rule.max
        );
        judge.number(Part::Topic, message, rule.max as u64, &["topic"]);
    }
    let bad: Vec<String> = topic
        .chars()
        .filter(|c| rule.forbidden.contains(*c))
        .map(|c| format!("`{c}`"))
        .collect();
    if !bad.is_empty() {
        let message = format!(
            "the topic has {}, which {} does not take",
            bad.join(" and "),
            judge.title()
        );
        judge.plain(Part::Topic, message);
    }
}

fn check_audience(judge: &mut Judge<'_>, audience: &str) {
    let words = match judge.platform.offers().audience.rule(judge.facts) {
        Ok(words) => words,
        Err(why) => return judge.not_offered(Part::Audience, "audiences", why),
    };
    if words.contains(&audience) {
        return;
    }
    let hint = crate::core::diagnose::nearest(audience, words.iter().copied())
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    let message = format!(
        "{} knows no audience {audience:?}, it takes {}{hint}",
        judge.title(),
        words.join(", ")
    );
    judge.plain(Part::Audience, message);
}

/// Recipients and subject mean nothing where there is neither mail nor messages. They are not refused
/// when the post itself can go: the same file may feed a mail account too.
fn recipients(judge: &mut Judge<'_>, content: &Content) {
    let offers = judge.platform.offers();
    let somebody = matches!(offers.mail, Offer::Yes(_)) || matches!(offers.message, Offer::Yes(_));
    if somebody && content.kind == Kind::Message && content.to.is_empty() {
        let message = "a message needs `to`".to_owned();
        if matches!(offers.message, Offer::Yes(_)) {
            judge.plain(Part::To, message);
        }
    }
}
