//! What an account can publish and do, read off its platform's table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::facts::{Facts, toml_value::Plain};
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, MailRule, Offer, Offers, PhotoRule, Plain as Yes, PollRule, TextRule,
    ThreadRule, TopicRule, VideoRule, WordsRule,
};
use crate::domain::time::Span;

/// What an account can publish and do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Capabilities {
    /// The account.
    pub account: String,
    /// Its platform.
    pub platform: String,
    /// Kinds and deeds, in the order of the platforms' table.
    pub items: Vec<Capability>,
    /// Every number that is used, with where it is from.
    pub facts: Vec<LimitFact>,
}

/// One kind of post, or one deed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Capability {
    /// `text`, `carousel`, `delete`, ...
    pub name: String,
    /// Whether it is possible.
    pub possible: bool,
    /// Why not, and what to do instead.
    pub reason: Option<String>,
    /// Its limits, in words.
    pub limits: Vec<String>,
}

/// One number of a platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LimitFact {
    /// Its name, as `[platform.X]` overrides it.
    pub name: String,
    /// Its value.
    pub value: String,
    /// What it counts.
    pub words: String,
    /// Rolling window in seconds, if it is a quota.
    pub window_secs: Option<i64>,
    /// Where it is from.
    pub source: String,
    /// When it was read there.
    pub date: String,
}

/// Reads a platform's table for one account; `facts` with the config's overrides.
pub fn capabilities(account: &str, platform: &str, offers: &Offers, facts: &Facts) -> Capabilities {
    Capabilities {
        account: account.to_owned(),
        platform: platform.to_owned(),
        items: items(offers, facts),
        facts: facts
            .iter()
            .map(|(name, fact)| LimitFact {
                name: name.to_owned(),
                value: match &fact.value {
                    Plain::Number(n) => n.to_string(),
                    Plain::Word(word) => word.clone(),
                },
                words: fact.words.clone(),
                window_secs: fact.window_secs,
                source: fact.source.clone(),
                date: fact.date.clone(),
            })
            .collect(),
    }
}

fn items(offers: &Offers, facts: &Facts) -> Vec<Capability> {
    // Taken apart by name, so that a new cell cannot be forgotten here.
    let Offers {
        text,
        link,
        photo,
        video,
        carousel,
        poll,
        reel,
        story,
        message,
        mail,
        thread,
        reply,
        quote,
        repost,
        topic,
        audience,
        first_comment,
        delete,
        edit,
        history,
        insights,
        read_messages,
    } = offers;
    vec![
        cell("text", text, facts, words_words),
        cell("link", link, facts, words_words),
        cell("photo", photo, facts, photo_words),
        cell("video", video, facts, clip_words),
        cell("carousel", carousel, facts, carousel_words),
        cell("poll", poll, facts, poll_words),
        cell("reel", reel, facts, clip_words),
        cell("story", story, facts, clip_words),
        cell("message", message, facts, words_words),
        cell("mail", mail, facts, mail_words),
        cell("thread", thread, facts, thread_words),
        cell("reply", reply, facts, no_words),
        cell("quote", quote, facts, no_words),
        cell("repost", repost, facts, no_words),
        cell("topic", topic, facts, topic_words),
        cell("audience", audience, facts, audience_words),
        cell("first_comment", first_comment, facts, no_words),
        cell("delete", delete, facts, no_words),
        cell("edit", edit, facts, no_words),
        cell("history", history, facts, no_words),
        cell("insights", insights, facts, no_words),
        cell("read_messages", read_messages, facts, no_words),
    ]
}

fn cell<R>(name: &str, offer: &Offer<R>, facts: &Facts, words: fn(&R) -> Vec<String>) -> Capability {
    let rule = offer.rule(facts);
    Capability {
        name: name.to_owned(),
        possible: rule.is_ok(),
        limits: rule.as_ref().map(words).unwrap_or_default(),
        reason: rule.err().map(str::to_owned),
    }
}

fn no_words(_: &Yes) -> Vec<String> {
    Vec::new()
}

fn text_words(rule: &TextRule) -> Vec<String> {
    let mut words = Vec::new();
    if rule.max == 0 {
        words.push("no text".to_owned());
    } else {
        words.push(format!("text up to {} {}", rule.max, rule.counting.unit()));
    }
    if rule.required {
        words.push("text is required".to_owned());
    }
    if let Some(links) = rule.max_links {
        words.push(format!("at most {links} different links"));
    }
    words
}

fn words_words(rule: &WordsRule) -> Vec<String> {
    text_words(&rule.text)
}

fn image_words(rule: &ImageRule) -> Vec<String> {
    let mut words = vec![
        format!("pictures: {}", rule.mimes.join(", ")),
        format!("pictures up to {}", bytes(rule.max_bytes)),
    ];
    if (1..u64::MAX).contains(&rule.max_ratio_milli) {
        words.push(format!(
            "pictures from {} to {} wide for 1 high",
            milli(rule.min_ratio_milli),
            milli(rule.max_ratio_milli)
        ));
    }
    words.push(format!("alt text up to {} characters", rule.alt_max));
    words
}

fn video_words(rule: &VideoRule) -> Vec<String> {
    let mut words = vec![
        format!("video: {}", rule.mimes.join(", ")),
        format!("video up to {}", bytes(rule.max_bytes)),
    ];
    // Where a platform has no limit, the rule's number is beyond all videos.
    if let Ok(longest) = i64::try_from(rule.max_ms)
        && longest < i64::MAX
    {
        words.push(format!("video up to {}", Span(longest)));
    }
    if !rule.codecs.is_empty() {
        words.push(format!("video codecs: {}", rule.codecs.join(", ")));
    }
    if rule.max_width > 0 {
        words.push(format!("video up to {} pixels wide", rule.max_width));
    }
    if rule.moov_first {
        words.push("video with its index first (`-movflags +faststart`)".to_owned());
    }
    words
}

fn photo_words(rule: &PhotoRule) -> Vec<String> {
    [text_words(&rule.text), image_words(&rule.image)].concat()
}

fn clip_words(rule: &ClipRule) -> Vec<String> {
    [text_words(&rule.text), video_words(&rule.video)].concat()
}

fn carousel_words(rule: &CarouselRule) -> Vec<String> {
    let video = rule.video.as_ref().map(video_words).unwrap_or_default();
    [
        vec![format!("{} to {} items", rule.min, rule.max)],
        text_words(&rule.text),
        image_words(&rule.image),
        video,
    ]
    .concat()
}

fn poll_words(rule: &PollRule) -> Vec<String> {
    let mut words = text_words(&rule.text);
    words.push(format!(
        "{} to {} options of up to {} characters",
        rule.min, rule.max, rule.option_max
    ));
    if !rule.duration {
        words.push("its duration cannot be chosen".to_owned());
    }
    words
}

fn mail_words(rule: &MailRule) -> Vec<String> {
    [
        vec![
            format!("at most {} recipients", rule.max_recipients),
            format!("attachments up to {} together", bytes(rule.max_attachments_bytes)),
            format!("subject up to {} characters", rule.subject_max),
        ],
        text_words(&rule.text),
    ]
    .concat()
}

fn thread_words(rule: &ThreadRule) -> Vec<String> {
    vec![format!("at most {} segments", rule.max)]
}

fn topic_words(rule: &TopicRule) -> Vec<String> {
    let mut words = vec![format!("up to {} characters", rule.max)];
    if !rule.forbidden.is_empty() {
        words.push(format!("none of `{}`", rule.forbidden));
    }
    words
}

fn audience_words(choices: &Vec<&'static str>) -> Vec<String> {
    vec![format!("one of {}", choices.join(", "))]
}

fn milli(n: u64) -> String {
    let text = format!("{}.{:03}", n / 1000, n % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn bytes(n: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if n >= 1024 * MIB && n.is_multiple_of(1024 * MIB) {
        format!("{} GiB", n / 1024 / MIB)
    } else if n >= MIB {
        format!("{} MiB", n / MIB)
    } else if n >= 1024 {
        format!("{} KiB", n / 1024)
    } else {
        format!("{n} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_can_be_described() {
        for platform in crate::platforms::ALL {
            let told = capabilities("club", platform.name(), platform.offers(), platform.facts());
            assert_eq!(told.items.len(), 22, "{}", platform.name());
            for item in &told.items {
                let why_not = item.reason.as_deref().unwrap_or_default();
                assert_eq!(
                    item.possible,
                    why_not.is_empty(),
                    "{} {}",
                    platform.name(),
                    item.name
                );
                assert!(item.possible || item.limits.is_empty());
            }
            assert!(told.items.iter().any(|item| item.possible));
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [milli(800), milli(1910), milli(1000), milli(10_000)],
            ["0.8", "1.91", "1", "10"]
        );
        let sizes = [512, 8 << 10, 8 << 20, 1 << 30, 1_610_612_736];
        assert_eq!(
            sizes.map(bytes),
            ["512 bytes", "8 KiB", "8 MiB", "1 GiB", "1536 MiB"]
        );
    }
}
