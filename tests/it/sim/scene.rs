//! Scenes: a house, its posts and a small world, before anything has happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::desk::{AccountSpec, Change, House, Word};
use crier::core::facts::{Facts, toml_value::Plain};
use crier::core::intake::content_hash;
use crier::core::platform::Platform;
use crier::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind};
use crier::domain::post::{Content, Origin, Poll, Post, Segment, When};
use crier::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crier::domain::time::{Span, Timestamp};
use crier::platforms;
use crier::sandbox::models::mail::RecipientRule;

use super::broken;
use super::disk::Disk;
use super::life::connection;
use super::outside::Outside;
use super::state::{Deed, Sim};
use super::toy;
use super::variants;

/// When every run begins: 2027-01-15T08:00:00Z.
pub const START: Timestamp = Timestamp(1_800_000_000_000);
/// Posts are due this long after.
pub const LEAD: Span = Span::mins(5);

/// The contents by name: each goes to one account.
pub const SCENES: [&str; 40] = [
    "text",
    "photo",
    "video",
    "carousel",
    "link",
    "poll",
    "reply",
    "quote",
    "repost",
    "thread",
    "comment",
    "mail",
    "mails",
    "attachment",
    "keyed",
    "keyed-look",
    "chosen",
    "blind",
    "both",
    "byhand",
    "cancelled",
    "one-cancelled",
    "quota",
    "spaced",
    "same",
    "expires",
    "expires-keyed",
    "expires-look",
    "expires-blind",
    "expires-mail",
    "risk-blind",
    "risk-keyed",
    "risk-mail",
    "risk-mails",
    "risk-text",
    "reload-late",
    "reload-longer",
    "reload-quota",
    "reload-spacing",
    "reload-away",
];

/// Finds real and test platforms, broken ones when a rule is broken in this thread.
pub fn platform(name: &str) -> Option<&'static dyn Platform> {
    broken::platform(name)
}

/// The platform itself.
pub fn honest(name: &str) -> Option<&'static dyn Platform> {
    match toy::by_name(name) {
        Some(toy) => Some(toy),
        None => platforms::by_name(name),
    }
}

pub fn account(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

pub fn post_id(n: usize) -> PostId {
    PostId::new(format!("01jsim{n:020}")).unwrap()
}

pub fn delivery(n: usize, name: &str) -> DeliveryId {
    DeliveryId {
        post: post_id(n),
        account: account(name),
    }
}

pub fn queue() -> Queue {
    Queue {
        name: QueueName::new("main").unwrap(),
        accounts: Vec::new(),
        timezone: "UTC".into(),
        slots: Vec::new(),
        late: LateRule {
            within: Span::mins(90),
            then: LateThen::Skip,
        },
        spacing: Span::ZERO,
        duplicate_window: Span::days(30),
        prepare: Span::mins(10),
        on_unknown: OnUnknown::Hold,
    }
}

/// A house with these accounts, each named after its platform but for `club`, `guild` (Threads) and `news` (mail).
pub fn house(accounts: &[&str], queue: Queue, limits: &BTreeMap<String, Plain>) -> House {
    let spec = |name: &&str| {
        let platform = match *name {
            "club" | "guild" => "threads",
            "news" => "email",
            other => other,
        };
        let platform = platform_of(platform);
        let options = match platform.name() {
            "email" => BTreeMap::from([("from".to_owned(), "The News <news@club.example>".to_owned())]),
            _ => BTreeMap::new(),
        };
        let spec = AccountSpec {
            platform,
            facts: facts(platform, limits),
            options,
        };
        (account(name), spec)
    };
    House {
        accounts: accounts.iter().map(spec).collect(),
        queues: BTreeMap::from([(queue.name.clone(), queue)]),
        platform,
    }
}

fn facts(platform: &dyn Platform, limits: &BTreeMap<String, Plain>) -> Facts {
    platform.facts().overridden(limits)
}

fn platform_of(name: &str) -> &'static dyn Platform {
    platform(name).unwrap()
}

/// An empty world with these accounts connected.
pub fn sim(house: House, disk: Disk) -> Sim {
    let mut outside = Outside::new(7);
    let mut disk = disk;
    let mut changes = Vec::new();
    for (name, spec) in &house.accounts {
        outside.connect(name, spec.platform.name(), START);
        let record = crier::core::desk::AccountRecord {
            connection: connection(&outside, name),
            ..Default::default()
        };
        changes.push(Change::Account(name.clone(), Box::new(record)));
    }
    disk.commit(&changes);
    Sim::new(Arc::new(house), outside, disk, START)
}

/// A post of these contents.
pub fn post(n: usize, contents: Vec<(&str, Content)>, at: Option<Timestamp>) -> Post {
    let contents: BTreeMap<AccountName, Content> = contents
        .into_iter()
        .map(|(name, content)| (account(name), content))
        .collect();
    let hash = contents.values().map(content_hash).collect();
    Post {
        id: post_id(n),
        queue: QueueName::new("main").unwrap(),
        origin: Origin::File(format!("{n}.toml")),
        revision: 1,
        hash,
        admitted: START,
        when: When {
            at,
            at_text: None,
            expires: None,
        },
        again: false,
        contents,
        warnings: Vec::new(),
    }
}

pub fn segment(text: &str) -> Segment {
    Segment {
        text: text.to_owned(),
        ..Segment::default()
    }
}

pub fn words(text: &str) -> Content {
    Content {
        segments: vec![segment(text)],
        ..Content::default()
    }
}

pub fn letter(text: &str, to: &[&str]) -> Content {
    Content {
        to: to.iter().map(|t| (*t).to_owned()).collect(),
        subject: Some("News".into()),
        ..words(text)
    }
}

fn picture(n: u32, kind: MediaKind) -> Media {
    let (mime, file) = match kind {
        MediaKind::Video => ("video/mp4", "v.mp4"),
        MediaKind::Image | MediaKind::Other => ("image/jpeg", "p.jpg"),
    };
    Media {
        cover: None,
        thumb_ms: None,
        id: MediaId(n),
        file: file.into(),
        alt: Some("a picture".into()),
        facts: MediaFacts {
            kind,
            mime: mime.into(),
            bytes: 2941,
            width: 200,
            height: 200,
            duration_ms: Some(3000),
            video_codec: None,
            audio_codec: None,
            moov_first: Some(true),
            sha256: format!("{n:064}"),
        },
    }
}

/// The content of a scene with these words. `other` is a post of somebody else.
pub fn content(scene: &str, text: &str, other: &str) -> Content {
    let mut content = words(text);
    let first = &mut content.segments[0];
    match scene {
        "photo" => first.media = vec![picture(0, MediaKind::Image)],
        "video" => first.media = vec![picture(3, MediaKind::Video)],
        "carousel" => first.media = vec![picture(0, MediaKind::Image), picture(3, MediaKind::Video)],
        "link" => first.link = Some("https://club.example/".into()),
        "poll" => {
            first.poll = Some(Poll {
                options: vec!["yes".into(), "no".into()],
                duration: None,
            });
        }
        "reply" => content.reply_to = Some(other.to_owned()),
        "quote" => content.quote = Some(other.to_owned()),
        "repost" => {
            content.segments.clear();
            content.repost = Some(other.to_owned());
        }
        "thread" => {
            content.segments.push(segment(&format!("{text} two")));
            content.segments.push(segment(&format!("{text} three")));
        }
        "comment" => content.first_comment = Some(format!("{text} comment")),
        _ => {}
    }
    content
}

/// Two posts on one account: with a quota of one a day, half an hour apart, with the same words, or as they are.
fn two(name: &str, mut queue: Queue, disk: Disk) -> Sim {
    let mut limits = BTreeMap::new();
    match name {
        "quota" => {
            queue.late.within = Span::hours(40);
            limits.insert("posts".to_owned(), Plain::Number(1));
        }
        "spaced" => queue.spacing = Span::mins(30),
        _ => {}
    }
    let mut sim = sim(house(&["club"], queue, &limits), disk);
    if name == "quota" {
        sim.outside.world.threads.settings.post_quota = 1;
    }
    let texts = if name == "same" {
        ["same", "same"]
    } else {
        ["first", "second"]
    };
    for (n, text) in texts.iter().enumerate() {
        let at = START + LEAD + Span::secs(i64::try_from(n).unwrap_or(0));
        let post = post(n + 1, vec![("club", words(text))], Some(at));
        sim.plan(START, Deed::Drop(Box::new(post)));
    }
    sim
}

/// A scene: one post, dropped at once, due in five minutes.
pub fn scene(name: &str, disk: Disk) -> Sim {
    match variants::variant(name, disk.clone()) {
        Some(sim) => sim,
        None => plain(name, queue(), &BTreeMap::new(), disk),
    }
}

/// A scene that is no variant of another, with this queue and these limits.
pub fn plain(name: &str, queue: Queue, limits: &BTreeMap<String, Plain>, disk: Disk) -> Sim {
    if matches!(name, "quota" | "spaced" | "same" | "two") {
        return two(name, queue, disk);
    }
    let at = Some(START + LEAD);
    let one = |accounts: &[&str]| sim(house(accounts, queue.clone(), limits), disk.clone());
    let (mut sim, contents) = match name {
        "mail" => (one(&["news"]), vec![("news", letter("one", &["a@club.example"]))]),
        "mails" => {
            let mut sim = one(&["news"]);
            sim.outside.world.mail.settings.recipients = vec![RecipientRule {
                pattern: "bad@*".into(),
                reply: "550 5.1.1 No such user".into(),
            }];
            let to = ["a@club.example", "bad@club.example", "c@club.example"];
            (sim, vec![("news", letter("three", &to))])
        }
        "attachment" => {
            let mut content = letter("with a picture", &["a@club.example"]);
            content.segments[0].media = vec![picture(0, MediaKind::Image)];
            (one(&["news"]), vec![("news", content)])
        }
        "keyed" | "keyed-look" | "chosen" | "blind" => (one(&[name]), vec![(name, words("toy"))]),
        "both" | "one-cancelled" => {
            let letter = letter("to both", &["a@club.example"]);
            (
                one(&["club", "news"]),
                vec![("club", words("to both")), ("news", letter)],
            )
        }
        _ => {
            let mut sim = one(&["club"]);
            let other = sim.outside.by_someone(START - Span::hours(2));
            sim.outside
                .by_hand(&account("club"), "before", START - Span::hours(2));
            (sim, vec![("club", content(name, "hello", &other))])
        }
    };
    if name == "cancelled" {
        let by = "a person".to_owned();
        sim.plan(
            START + LEAD + Span::secs(30),
            Deed::Word(delivery(1, "club"), Word::Cancel { by }),
        );
    }
    if name == "one-cancelled" {
        // While its container is being made; the letter to others waits for its time.
        let by = "a person".to_owned();
        sim.plan(
            START + Span(100),
            Deed::Word(delivery(1, "club"), Word::Cancel { by }),
        );
    }
    if name == "byhand" {
        // Between the publishing call and every look for it.
        for secs in [290, 301, 308, 330] {
            let text = format!("by hand {secs}");
            sim.plan(START + Span::secs(secs), Deed::ByHand(account("club"), text));
        }
    }
    sim.plan(START, Deed::Drop(Box::new(post(1, contents, at))));
    sim
}
