//! Scenes: a house, its posts and a small world, before anything has happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::clocks::Clocks;
use crier::core::desk::{AccountSpec, Change, House, Word};
use crier::core::facts::toml_value::Plain;
use crier::core::intake::content_hash;
use crier::core::platform::Platform;
use crier::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crier::domain::media::Media;
use crier::domain::post::{Content, Origin, Post, Segment, When};
use crier::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crier::domain::time::{Span, Timestamp};
use crier::platforms;

use super::broken;
use super::cast;
use super::disk::Disk;
use super::life::connection;
use super::outside::Outside;
use super::request;
use super::state::{Deed, Sim};
use super::toy;
use super::variants;

/// When every run begins: 2027-01-15T08:00:00Z.
pub const START: Timestamp = Timestamp(1_800_000_000_000);
/// Posts are due this long after.
pub const LEAD: Span = Span::mins(5);

/// Scenes beside the kinds of posts: rules of the desk, on Threads and mail, and variants.
const OTHERS: [&str; 23] = [
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
    "risk-draft-photo",
    "reload-late",
    "reload-longer",
    "reload-quota",
    "reload-spacing",
    "reload-away",
];

/// All scenes: each kind of post of each platform, and the others.
pub fn scenes() -> Vec<&'static str> {
    let kinds = cast::ALL.iter().flat_map(|c| c.kinds.iter().map(|k| k.name));
    kinds.chain(OTHERS).collect()
}

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
        fit: Default::default(),
    }
}

/// A house with these accounts.
pub fn house(accounts: &[&str], queue: Queue, limits: &BTreeMap<String, Plain>) -> House {
    let spec = |name: &&str| {
        let cast = cast::of_account(name);
        let platform = platform(cast.platform).unwrap();
        let options = cast
            .options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let mut facts: BTreeMap<String, Plain> = BTreeMap::new();
        facts.extend(
            cast.facts
                .iter()
                .map(|(k, n)| ((*k).to_owned(), Plain::Number(*n))),
        );
        facts.extend(limits.iter().map(|(k, v)| (k.clone(), v.clone())));
        let spec = AccountSpec {
            platform,
            facts: platform.facts().overridden(&facts),
            options: options.collect(),
            app: None,
        };
        (account(name), spec)
    };
    House {
        accounts: accounts.iter().map(spec).collect(),
        queues: BTreeMap::from([(queue.name.clone(), queue)]),
        platform,
    }
}

/// An empty world with these accounts connected.
pub fn sim(house: House, disk: Disk) -> Sim {
    let mut outside = Outside::new(7);
    let mut disk = disk;
    let mut changes = Vec::new();
    for name in house.accounts.keys() {
        outside.connect(name, START);
        let record = crier::core::desk::AccountRecord {
            connection: connection(&outside, name),
            // Whoever logs in has heard what time it is.
            heard: Some(Clocks {
                theirs: START,
                ours: START,
            }),
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

/// Media number `n` ([`request::medium`]).
pub fn picture(n: u32) -> Media {
    request::medium(n)
}

/// Words with these media.
pub fn media(text: &str, numbers: &[u32]) -> Content {
    let mut content = words(text);
    content.segments[0].media = numbers.iter().map(|n| picture(*n)).collect();
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
    let (mut sim, contents) = match (name, cast::kind(name)) {
        ("both" | "one-cancelled", _) => {
            let letter = letter("to both", &["a@club.example"]);
            (
                one(&["club", "news"]),
                vec![("club", words("to both")), ("news", letter)],
            )
        }
        (_, Some((cast, kind))) => {
            let mut sim = one(&[cast.account()]);
            let other = sim.outside.before(cast, START - Span::hours(2));
            (sim, vec![(cast.account(), (kind.content)("hello", &other))])
        }
        (_, None) => (one(&["club"]), vec![("club", words("hello"))]),
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
