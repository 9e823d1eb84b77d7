//! What an account can publish and do, read off its platform's table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::facts::Facts;
use crate::core::offer::{
    CarouselRule, ClipRule, ImageRule, MailRule, Offer, Offers, PhotoRule, Plain as Yes, PollRule, TextRule,
    ThreadRule, TopicRule, VideoRule, WordsRule,
};
use crate::core::platform::{Platform, Standing};
use crate::core::reach::Reach;
use crate::core::rules::{bytes, sounds, story_image};
use crate::core::standing;
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
    /// The last day of a version, where its vendor has published one.
    pub sunset: Option<String>,
}

/// Reads a platform's table for one account, which may be able to do less than the table says.
pub fn capabilities(
    account: &str,
    platform: &dyn Platform,
    standing: &Standing<'_>,
    reach: Reach<'_>,
) -> Capabilities {
    let facts = standing.facts;
    let mut items = items(platform, facts);
    let refusals = standing::refusals(platform, account, standing, reach);
    for item in items.iter_mut().filter(|item| item.possible) {
        if let Some(why) = refusals.get(item.name.as_str()) {
            item.possible = false;
            item.reason = Some(why.clone());
            item.limits.clear();
        }
    }
    Capabilities {
        account: account.to_owned(),
        platform: platform.name().to_owned(),
        items,
        facts: facts
            .iter()
            .map(|(name, fact)| LimitFact {
                name: name.to_owned(),
                value: fact.value.to_string(),
                words: fact.words.clone(),
                window_secs: fact.window_secs,
                source: fact.source.clone(),
                date: fact.date.clone(),
                sunset: fact.sunset.map(|day| day.to_string()),
            })
            .collect(),
    }
}

/// A platform's own table, a line for each cell.
pub fn items(platform: &dyn Platform, facts: &Facts) -> Vec<Capability> {
    let mut items = cells(platform.offers(), facts);
    for (cell, words) in platform.remarks() {
        let yes = |item: &&mut Capability| item.possible && item.name == *cell;
        if let Some(item) = items.iter_mut().find(yes) {
            item.limits.push((*words).to_owned());
        }
    }
    items
}

fn cells(offers: &Offers, facts: &Facts) -> Vec<Capability> {
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
        story_cell(offers, facts, cell("story", story, facts, clip_words)),
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

/// A story may be a picture too (`core::rules`).
fn story_cell(offers: &Offers, facts: &Facts, mut cell: Capability) -> Capability {
    if let Some(picture) = story_image(offers, facts) {
        cell.limits.insert(0, "one video or one picture".to_owned());
        cell.limits.extend(image_words(&picture));
    }
    cell
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
    for (mime, most) in &rule.other_bytes {
        words.push(format!("{mime} up to {}", bytes(*most)));
    }
    if let Some((short, long)) = rule.max_sides {
        words.push(format!("pictures up to {long} x {short} pixels, either way up"));
    }
    if (1..u64::MAX).contains(&rule.max_ratio_milli) {
        words.push(format!(
            "pictures from {} to {} wide for 1 high",
            milli(rule.min_ratio_milli),
            milli(rule.max_ratio_milli)
        ));
    }
    words.push(alt_words(rule.alt_max));
    words
}

fn alt_words(max: usize) -> String {
    match max {
        0 => "no alt text".to_owned(),
        max => format!("alt text up to {max} characters"),
    }
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
    // The rule's bound is exclusive.
    if let Ok(shortest) = i64::try_from(rule.min_ms)
        && shortest > 0
    {
        words.push(format!("video from {}", Span(shortest.saturating_add(1))));
    }
    if (1..u64::MAX).contains(&rule.max_ratio_milli) {
        words.push(format!(
            "video from {} to {} wide for 1 high",
            milli(rule.min_ratio_milli),
            milli(rule.max_ratio_milli)
        ));
    }
    if !rule.codecs.is_empty() {
        words.push(format!("video codecs: {}", rule.codecs.join(", ")));
    }
    if !rule.audio.is_empty() {
        words.push(format!("video sound: {}", sounds(&rule.audio)));
    }
    if rule.max_width > 0 {
        words.push(format!("video up to {} pixels wide", rule.max_width));
    }
    if rule.moov_first {
        words.push("video with its index first (`-movflags +faststart`)".to_owned());
    }
    words.push(format!("video: {}", alt_words(rule.alt_max)));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::account::Profile;

    static NOBODY: Profile = Profile {
        remote_id: String::new(),
        handle: String::new(),
        display_name: None,
        url: None,
        facts: BTreeMap::new(),
    };

    fn told(name: &str, options: &[(&str, &str)], scopes: &[&str]) -> Capabilities {
        let platform = crate::platforms::by_name(name).unwrap();
        let options = options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        let standing = Standing {
            options: &options,
            scopes: &scopes,
            profile: &NOBODY,
            facts: platform.facts(),
        };
        let reach = Reach {
            public_url: Some("https://post.example.org"),
            vendor: true,
        };
        capabilities("club", platform, &standing, reach)
    }

    fn why_not(told: &Capabilities, cell: &str) -> Option<String> {
        let item = told.items.iter().find(|item| item.name == cell).unwrap();
        assert_eq!(item.possible, item.reason.is_none(), "{cell}");
        assert!(item.possible || item.limits.is_empty(), "{cell}");
        item.reason.clone()
    }

    #[test]
    fn an_account_can_do_less_than_its_platform() {
        let own = told("instagram", &[], &[]);
        assert!(why_not(&own, "delete").unwrap().contains("no delete call"));
        assert_eq!(
            why_not(&own, "photo"),
            None,
            "before its login nothing is held against it"
        );
        let page = told("instagram", &[("login", "facebook")], &[]);
        assert_eq!(why_not(&page, "delete"), None);

        let few = told("threads", &[], &["threads_basic", "threads_content_publish"]);
        assert_eq!(why_not(&few, "text"), None);
        for (cell, scope) in [
            ("thread", "threads_manage_replies"),
            ("delete", "threads_delete"),
            ("insights", "threads_manage_insights"),
        ] {
            let why = why_not(&few, cell).unwrap();
            assert!(why.contains(scope) && why.contains("crierctl connect"), "{why}");
        }

        let reader = told("x", &[], &["tweet.read", "users.read"]);
        for cell in ["text", "photo", "message", "delete", "repost"] {
            assert!(
                why_not(&reader, cell).unwrap().contains("did not grant"),
                "{cell}"
            );
        }
        assert_eq!(why_not(&reader, "history"), None);

        let silent = told("facebook", &[], &["pages_manage_posts", "pages_read_engagement"]);
        assert!(why_not(&silent, "message").unwrap().contains("pages_messaging"));
        assert_eq!(why_not(&silent, "text"), None);
        // What the platform itself does not offer keeps the platform's reason.
        assert!(why_not(&silent, "poll").is_some_and(|why| !why.contains("grant")));
    }

    #[test]
    fn a_login_with_all_scopes_can_do_all_that_its_platform_offers() {
        for platform in crate::platforms::ALL {
            for (key, value) in [
                ("", ""),
                ("login", "facebook"),
                ("messages", "true"),
                ("config_id", "98"),
            ] {
                let options = BTreeMap::from([(key.to_owned(), value.to_owned())]);
                let scopes = platform.login().scopes(platform.facts(), &options);
                let pair = [(key, value)];
                let bare = told(platform.name(), &pair, &[]);
                let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
                let whole = told(platform.name(), &pair, &scopes);
                for (cell, granted) in bare.items.iter().zip(&whole.items) {
                    // Messages are a right that is asked for only when the account's settings want it.
                    let asked = cell.name != "message" || value == "true" || granted.possible;
                    assert!(
                        !asked || cell.possible == granted.possible,
                        "{} {}: {:?}",
                        platform.name(),
                        cell.name,
                        granted.reason
                    );
                }
            }
        }
    }

    #[test]
    fn every_platform_can_be_described() {
        for platform in crate::platforms::ALL {
            let told = told(platform.name(), &[], &[]);
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
        let sizes = [
            512,
            8 << 10,
            4_000_000,
            8 << 20,
            1 << 30,
            1_610_612_736,
            10_000_000_000,
        ];
        assert_eq!(
            sizes.map(bytes),
            ["512 bytes", "8 KiB", "4 MB", "8 MiB", "1 GiB", "1.6 GB", "10 GB"]
        );
    }
}
