//! Prices and the budget (x.md 6.3), and what is refused when it is dropped.

use std::collections::BTreeMap;

use crate::core::facts::Facts;
use crate::core::platform::{Enquiry, Which};
use crate::core::rules;
use crate::domain::account::Profile;
use crate::domain::post::{Content, Kind, Poll, Segment};
use crate::domain::time::Span;
use crate::platforms::by_name;
use crate::platforms::tests::{media, segment, text};

fn price(content: &Content) -> u32 {
    let x = by_name("x").unwrap();
    let charges = x.charges(content);
    charges.iter().find(|c| c.limit == "budget").unwrap().amount
}

#[test]
fn prices() {
    assert_eq!(price(&text("We open at nine.")), 15);
    assert_eq!(price(&text("See https://club.example.org")), 200);
    // X makes a link of a bare domain too, and takes the higher price.
    assert_eq!(price(&text("See example.com")), 200);
    let mut photo = text("Come in.");
    photo.segments[0].media = vec![media(0, "a.jpg", "image/jpeg", Some("The door"))];
    assert_eq!(price(&photo), 20);
    let mut bare = photo.clone();
    bare.segments[0].text.clear();
    // Five own posts are listed before it, so that a lost answer can be looked up.
    assert_eq!(price(&bare), 25);
    let thread = Content {
        segments: vec![segment("One"), segment("Two")],
        first_comment: Some("See club.example.org".to_owned()),
        ..Content::default()
    };
    assert_eq!(price(&thread), 230);
    let repost = Content {
        repost: Some("777".to_owned()),
        ..Content::default()
    };
    assert_eq!(price(&repost), 15);
    let message = Content {
        kind: Kind::Message,
        segments: vec![segment("See example.com")],
        ..Content::default()
    };
    assert_eq!(price(&message), 15);
}

fn facts(budget: i64) -> Facts {
    by_name("x")
        .unwrap()
        .facts()
        .clone()
        .with_number("budget", budget)
}

fn sentences(content: &Content, facts: &Facts) -> String {
    let x = by_name("x").unwrap();
    let found = rules::check_for(content, x, facts, &BTreeMap::new());
    found
        .into_iter()
        .map(|v| v.message)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn what_can_never_fit_is_refused_at_once() {
    let link = text("See https://club.example.org");
    assert_eq!(
        sentences(&link, &facts(100)),
        "it costs 0.200 USD because it has a link, and the budget is 0.10 USD in 30d (`budget` in [platform.x])"
    );
    assert_eq!(sentences(&link, &facts(200)), "");
    // Without a budget nothing is counted.
    assert_eq!(sentences(&link, by_name("x").unwrap().facts()), "");
    assert!(
        by_name("x")
            .unwrap()
            .facts()
            .quotas()
            .iter()
            .all(|q| q.name != "budget")
    );
}

#[test]
fn premium_accounts_write_more() {
    let x = by_name("x").unwrap();
    let long = text(&"a".repeat(281));
    assert!(sentences(&long, x.facts()).contains("281 weighted characters"));
    let premium = BTreeMap::from([("premium".to_owned(), "true".to_owned())]);
    let facts = x.facts_with(x.facts().clone(), &premium);
    assert_eq!(sentences(&long, &facts), "");
}

#[test]
fn premium_accounts_show_long_videos() {
    let x = by_name("x").unwrap();
    let clip = |secs: u64, bytes: u64| {
        let mut clip = media(0, "talk.mp4", "video/mp4", None);
        clip.facts.duration_ms = Some(secs * 1000);
        clip.facts.bytes = bytes;
        (clip.facts.width, clip.facts.height) = (1280, 720);
        with(&|s| s.media = vec![clip.clone()])
    };
    let premium = BTreeMap::from([("premium".to_owned(), "true".to_owned())]);
    let facts = x.facts_with(x.facts().clone(), &premium);
    for (secs, bytes) in [(600, 1_000), (100, 700_000_000), (14_400, 2_097_152_000)] {
        let long = clip(secs, bytes);
        let refused = sentences(&long, x.facts());
        assert!(
            refused.contains("talk.mp4 is for an account with Premium"),
            "{refused}"
        );
        assert_eq!(sentences(&long, &facts), "", "{secs} s, {bytes} bytes");
        let warned = x.warn(&long, &facts, &premium).join(" ");
        assert_eq!(warned.contains("may refuse it"), secs > 140, "{warned}");
    }
    // What nobody may post is refused without that word, and what everybody may is warned of in no case.
    let refused = sentences(&clip(20_000, 1_000), x.facts());
    assert!(!refused.is_empty() && !refused.contains("Premium"), "{refused}");
    assert_ne!(sentences(&clip(20_000, 1_000), &facts), "");
    assert_eq!(sentences(&clip(140, 1_000), x.facts()), "");
    assert!(x.warn(&clip(140, 1_000), x.facts(), &BTreeMap::new()).is_empty());
    // X is given longer to work on them.
    assert!(facts.number("processing_secs") > x.facts().number("processing_secs"));
}

fn with(change: &dyn Fn(&mut Segment)) -> Content {
    let mut content = text("Come in.");
    change(&mut content.segments[0]);
    content
}

/// Content by content, what a person reads when it is dropped.
#[test]
fn refusals() {
    let file = |name: &str, mime: &str, bytes: u64| {
        let mut file = media(0, name, mime, None);
        file.facts.bytes = bytes;
        file
    };
    let rows: Vec<Content> = vec![
        Content {
            reply_to: Some("https://example.org/1".to_owned()),
            ..text("a")
        },
        Content {
            quote: Some("777".to_owned()),
            ..with(&|s| s.media = vec![media(0, "a.jpg", "image/jpeg", None)])
        },
        with(&|s| {
            s.media = vec![
                media(0, "a.gif", "image/gif", None),
                media(1, "b.jpg", "image/jpeg", None),
            ]
        }),
        with(&|s| s.media = vec![file("large.png", "image/png", 6 * 1024 * 1024)]),
        with(&|s| s.media = vec![file("fine.gif", "image/gif", 6 * 1024 * 1024)]),
        with(&|s| {
            let mut gif = file("wide.gif", "image/gif", 1000);
            gif.facts.width = 1281;
            s.media = vec![gif];
        }),
        with(&|s| s.text = "Buy $ABC and $DEF".to_owned()),
        with(&|s| s.text = "It costs $5 and $ABC".to_owned()),
        with(&|s| s.text = "odd \u{FEFF}".to_owned()),
        with(&|s| {
            s.text = "a".repeat(270);
            s.link = Some("https://club.example.org".to_owned());
        }),
        with(&|s| {
            s.poll = Some(Poll {
                options: vec!["a".to_owned(), "b".to_owned()],
                duration: Some(Span::days(8)),
            });
        }),
        Content {
            first_comment: Some("b".repeat(281)),
            ..text("a")
        },
        Content {
            kind: Kind::Message,
            to: vec!["@club".to_owned()],
            ..text("Hi")
        },
        Content {
            kind: Kind::Message,
            to: vec!["1".to_owned(), "2".to_owned()],
            ..text("Hi")
        },
        Content {
            kind: Kind::Message,
            to: vec!["1".to_owned()],
            first_comment: Some("b".to_owned()),
            ..text("Hi")
        },
    ];
    let told: Vec<String> = rows
        .iter()
        .map(|content| sentences(content, by_name("x").unwrap().facts()))
        .collect();
    insta::assert_snapshot!(told.join("\n--\n"));
}

#[test]
fn settings() {
    let x = by_name("x").unwrap();
    let bad = BTreeMap::from([
        ("auth".to_owned(), "basic".to_owned()),
        ("premium".to_owned(), "yes".to_owned()),
        ("reply_settings".to_owned(), "nobody".to_owned()),
        ("messages".to_owned(), "true".to_owned()),
    ]);
    let keys: Vec<String> = x.check_options(&bad).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["reply_settings", "auth", "premium"]);
}

/// Which part a charge is for decides what is said of it, not how high it is.
#[test]
fn the_link_is_named_for_the_part_that_has_it() {
    let x = by_name("x").unwrap();
    let reason = |content: &Content, facts: &Facts, amount: u32| {
        let charge = crate::core::flow::Charge {
            limit: "budget".to_owned(),
            amount,
        };
        x.reason(content, &charge, facts)
    };
    let thread = Content {
        segments: vec![segment("One"), segment("Two https://club.example.org")],
        ..Content::default()
    };
    let facts = x.facts();
    assert_eq!(reason(&thread, facts, 15), None);
    assert_eq!(reason(&thread, facts, 200), Some("because it has a link"));
    assert_eq!(reason(&thread, facts, 215), Some("because it has a link"));
    // X has raised the price of all posts above that of a link of before.
    let dear = facts.clone().with_number("price_post", 250);
    assert_eq!(reason(&text("We open at nine."), &dear, 250), None);
    // Reading a conversation costs as much as a link.
    let message = super::message("See https://club.example.org");
    assert_eq!(reason(&message, facts, 200), None);
}

/// X tells the subscription; the setting wins.
#[test]
fn the_profile_tells_who_may_write_more() {
    let x = by_name("x").unwrap();
    let most = |facts: &[(&str, &str)], setting: Option<&str>| {
        let profile = Profile {
            facts: facts
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            ..Profile::default()
        };
        let options: BTreeMap<String, String> = setting
            .map(|word| ("premium".to_owned(), word.to_owned()))
            .into_iter()
            .collect();
        let facts = x.facts_with(x.facts().clone(), &options);
        x.facts_of(facts, &options, &profile).number("text_max")
    };
    assert_eq!(most(&[], None), 280);
    for tier in ["Premium", "PremiumPlus"] {
        assert_eq!(
            most(&[("subscription", tier), ("verified", "blue")], None),
            25_000
        );
    }
    for tier in ["None", "Basic"] {
        assert_eq!(most(&[("subscription", tier), ("verified", "blue")], None), 280);
    }
    assert_eq!(
        most(&[("verified", "blue")], None),
        25_000,
        "the tier is not told"
    );
    assert_eq!(most(&[("verified", "business")], None), 280);
    assert_eq!(most(&[("subscription", "Premium")], Some("false")), 280);
    assert_eq!(most(&[("subscription", "None")], Some("true")), 25_000);
}

/// What X takes and may refuse later is said, not refused.
#[test]
fn warnings() {
    let x = by_name("x").unwrap();
    let told = |content: &Content| x.warn(content, x.facts(), &BTreeMap::new()).join("\n");
    let quote = Content {
        quote: Some("777".to_owned()),
        reply_to: Some("778".to_owned()),
        ..text("a")
    };
    let words = told(&quote);
    assert!(
        words.contains("`quote`: on self-serve") && words.contains("`reply_to`: "),
        "{words}"
    );
    let clip = |width: u32, height: u32| {
        let mut clip = media(0, "a.mp4", "video/mp4", None);
        (clip.facts.width, clip.facts.height) = (width, height);
        clip.facts.duration_ms = Some(5_000);
        clip.facts.video_codec = Some("avc1".to_owned());
        with(&|s| s.media = vec![clip.clone()])
    };
    assert_eq!(told(&clip(1280, 1024)), "");
    assert_eq!(told(&clip(720, 1280)), "");
    assert!(told(&clip(1080, 1920)).contains("1080 x 1920; X documents at most 1280 x 1024"));
    assert!(sentences(&clip(40, 31), x.facts()).contains("at least 32 pixels"));
    assert_eq!(sentences(&clip(32, 32), x.facts()), "");
}

/// Enquiries cost too.
#[test]
fn what_enquiries_cost() {
    let x = by_name("x").unwrap();
    let told = |which: Which, of: Option<Content>| {
        let ctx = Enquiry {
            profile: Profile {
                remote_id: "1784".to_owned(),
                ..Profile::default()
            },
            scopes: Vec::new(),
            facts: x.facts().clone(),
            options: BTreeMap::new(),
            now: crate::platforms::tests::START,
            of,
        };
        let charges = x.enquiries().charges(&ctx, which);
        let words = charges.iter().map(|c| format!("{} {}", c.amount, c.limit));
        words.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(told(Which::Profile, None), "1 profiles, 10 budget");
    assert_eq!(told(Which::Quota, None), "");
    assert_eq!(told(Which::History(1), None), "5 budget", "X lists at least five");
    assert_eq!(told(Which::History(1000), None), "100 budget");
    assert_eq!(told(Which::Insights, None), "10 budget");
    assert_eq!(told(Which::Delete, Some(text("a"))), "1 deletions, 10 budget");
    let repost = Content {
        repost: Some("777".to_owned()),
        ..Content::default()
    };
    assert_eq!(told(Which::Delete, Some(repost)), "1 reposts, 10 budget");
}
