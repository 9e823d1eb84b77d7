//! What is refused when a file is dropped or the config is read.

use std::collections::BTreeMap;

use super::{clip, flag, jpeg, list, photo, with_files, words};
use crate::core::rules;
use crate::domain::media::{MediaFacts, MediaId};
use crate::domain::post::{Content, Kind, Poll};
use crate::platforms::by_name;
use crate::platforms::tests::{media, segment, text};

fn told(content: &Content) -> Vec<String> {
    let p = by_name("instagram").unwrap();
    rules::check_for(content, p, p.facts(), &BTreeMap::new())
        .into_iter()
        .map(|v| v.message)
        .collect()
}

fn reel() -> Content {
    let mut content = with_files(Kind::Reel, "x", vec![clip(0)]);
    content.segments[0].media[0].facts.duration_ms = Some(3000);
    content
}

fn message(to: &[&str]) -> Content {
    Content {
        to: to.iter().map(|t| (*t).to_owned()).collect(),
        kind: Kind::Message,
        ..text("Hello")
    }
}

#[test]
fn good() {
    let mut tagged = photo(&"ü".repeat(2200));
    list(&mut tagged, "tags", &["anna", "@ben.b@0,1"]);
    list(&mut tagged, "collaborators", &["@carla", "dan", "eva_1"]);
    words(&mut tagged, "location", "123");
    let mut upright = with_files(Kind::Story, "", vec![jpeg(0, None)]);
    upright.segments[0].media[0].facts.height = 1920;
    let mut answered = message(&["777"]);
    answered.segments[0].media = vec![media(0, "a.png", "image/png", None)];
    let mut covered = reel();
    covered.segments[0].media[0].cover = Some(MediaId(1));
    flag(&mut covered, "share_to_feed", true);
    let mut mail = photo(&"someone@club.example ".repeat(25));
    mail.first_comment = Some("c".repeat(300));
    for content in [
        tagged,
        upright,
        answered,
        covered,
        mail,
        message(&["777"]),
        with_files(Kind::Post, "", (0..10).map(|n| jpeg(n, None)).collect()),
        with_files(Kind::Post, "", vec![jpeg(0, None), clip(1)]),
    ] {
        assert_eq!(told(&content), Vec::<String>::new(), "{content:?}");
    }
}

/// What would be refused at its time only, minutes after the upload.
#[test]
fn sound_and_length_of_videos() {
    let clip = |change: fn(&mut MediaFacts)| {
        let mut content = reel();
        change(&mut content.segments[0].media[0].facts);
        told(&content)
    };
    assert_eq!(
        clip(|f| f.audio_codec = Some("Opus".to_owned())),
        ["the sound of clip.mp4 is coded as Opus, Instagram takes AAC (mp4a)"]
    );
    assert_eq!(
        clip(|f| f.audio_codec = Some("mp4a".to_owned())),
        Vec::<String>::new()
    );
    let unknown = clip(|f| f.duration_ms = None);
    assert_eq!(unknown.len(), 1);
    assert!(
        unknown[0].starts_with("clip.mp4 does not say how long it lasts, and Instagram takes at most 900 s"),
        "{unknown:?}"
    );
}

/// Which of two counts is Instagram's is not documented (instagram.md 4.3).
#[test]
fn a_caption_that_may_be_too_long() {
    let p = by_name("instagram").unwrap();
    let warned = |words: &str| rules::warn(&photo(words), p, p.facts());
    assert_eq!(
        warned(&"🐈".repeat(1101)),
        [
            "the text has 2202 UTF-16 units; if Instagram counts UTF-16 units rather than characters, it takes 2200 only"
        ]
    );
    assert_eq!(warned(&"🐈".repeat(1100)), Vec::<String>::new());
    assert_eq!(warned(&"ü".repeat(2200)), Vec::<String>::new());
}

fn edit(mut content: Content, f: fn(&mut Content)) -> Content {
    f(&mut content);
    content
}

fn bad_posts() -> Vec<Content> {
    vec![
        text("words only"),
        edit(text("x"), |c| {
            c.segments[0].link = Some("https://club.example".to_owned())
        }),
        edit(photo("x"), |c| {
            c.segments[0].link = Some("https://club.example".to_owned())
        }),
        edit(text("x"), |c| {
            c.segments[0].poll = Some(Poll {
                options: vec!["a".to_owned(), "b".to_owned()],
                duration: None,
            });
        }),
        edit(photo("x"), |c| c.segments.push(segment("y"))),
        edit(photo("x"), |c| c.quote = Some("1".to_owned())),
        edit(photo("x"), |c| c.reply_to = Some("1".to_owned())),
        Content {
            repost: Some("1".to_owned()),
            ..Content::default()
        },
        with_files(Kind::Post, "x", vec![media(0, "a.png", "image/png", None)]),
        edit(photo("x"), |c| c.segments[0].media[0].facts.height = 1920),
        photo(&"x".repeat(2201)),
        photo(&"#a ".repeat(31)),
        photo(&"@a ".repeat(21)),
        with_files(Kind::Post, "", (0..11).map(|n| jpeg(n, None)).collect()),
        edit(reel(), |c| c.segments[0].media[0].facts.duration_ms = Some(2999)),
        edit(reel(), |c| {
            c.segments[0].media[0].facts.duration_ms = Some(900_001)
        }),
        edit(reel(), |c| c.segments[0].media[0].thumb_ms = Some(3000)),
        edit(reel(), |c| list(c, "tags", &["anna@0.5,0.5"])),
        edit(reel(), |c| {
            c.kind = Kind::Story;
            c.segments[0].media[0].facts.duration_ms = Some(61_000);
        }),
        edit(with_files(Kind::Story, "", vec![jpeg(0, None)]), |c| {
            c.first_comment = Some("x".to_owned());
            words(c, "location", "1");
            list(c, "collaborators", &["anna"]);
        }),
        edit(photo("x"), |c| list(c, "collaborators", &["a", "b", "c", "d e"])),
        edit(photo("x"), |c| list(c, "tags", &["anna@2,0", "no name"])),
        edit(photo("x"), |c| words(c, "location", "Vienna")),
        edit(photo("x"), |c| flag(c, "share_to_feed", true)),
        edit(photo("x"), |c| words(c, "audio_name", "song")),
        edit(photo("x"), |c| c.segments[0].media[0].cover = Some(MediaId(1))),
        edit(photo("x"), |c| c.first_comment = Some("#a ".repeat(101))),
    ]
}

fn bad_messages() -> Vec<Content> {
    vec![
        edit(
            with_files(Kind::Post, "", vec![jpeg(0, None), jpeg(1, None)]),
            |c| {
                list(c, "tags", &["anna"]);
            },
        ),
        message(&[]),
        message(&["anna"]),
        message(&["1", "2"]),
        edit(message(&["1"]), |c| c.segments[0].text = "ü".repeat(501)),
        edit(message(&["1"]), |c| c.segments[0].text.clear()),
        edit(message(&["1"]), |c| {
            c.segments[0].media = vec![jpeg(0, None), jpeg(1, None)]
        }),
        edit(message(&["1"]), |c| {
            c.segments[0].media = vec![media(0, "a.webp", "image/webp", None)];
            c.segments[0].media[0].facts.bytes = 8_388_609;
            flag(c, "ai", true);
        }),
    ]
}

#[test]
fn bad() {
    let all = [bad_posts(), bad_messages()].concat();
    let lines: Vec<String> = all
        .iter()
        .map(|content| {
            let told = told(content);
            assert!(!told.is_empty(), "{content:?}");
            told.join(" | ")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn settings() {
    let p = by_name("instagram").unwrap();
    let told = |pairs: &[(&str, &str)]| -> String {
        let options: BTreeMap<String, String> = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let all: Vec<String> = p
            .check_options(&options)
            .into_iter()
            .map(|(key, why)| format!("{key}: {why}"))
            .collect();
        all.join(" | ")
    };
    for good in [
        &[][..],
        &[("login", "instagram")],
        &[("login", "facebook")],
        &[("login", "facebook"), ("page", "Club")],
    ] {
        assert_eq!(told(good), "", "{good:?}");
    }
    let bad = [
        told(&[("login", "basic-display")]),
        told(&[("login", "basic")]),
        told(&[("login", "meta")]),
        told(&[("page", "Club")]),
        told(&[("login", "facebook"), ("page", " ")]),
    ];
    insta::assert_snapshot!(bad.join("\n"));
}

#[test]
fn what_it_counts_against() {
    let p = by_name("instagram").unwrap();
    let charges = |content: &Content| -> Vec<String> {
        let all = p.charges(content);
        all.iter().map(|c| format!("{} {}", c.amount, c.limit)).collect()
    };
    assert_eq!(charges(&photo("x")), ["1 posts", "1 containers"]);
    let two = with_files(Kind::Post, "", vec![jpeg(0, None), jpeg(1, None)]);
    assert_eq!(charges(&two), ["1 posts", "3 containers"]);
    assert_eq!(charges(&message(&["1"])), Vec::<String>::new());
}
