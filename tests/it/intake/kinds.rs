//! For each platform: reels, stories, messages and first comments at their edges, and the cells that it does not offer.

use std::collections::BTreeMap;

use crier::core::facts::Facts;
use crier::core::offer::{ClipRule, Offer};
use crier::core::platform::Platform;
use crier::core::rules::check_for;
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind, Notes};
use crier::domain::post::{Content, Kind, Poll, Segment};
use crier::engine::api::offered;
use crier::platforms;

/// What it is, a body that fits, one just beyond.
type Edge = (String, Content, Content);

fn words(n: usize) -> String {
    "a".repeat(n)
}

/// What the accounts of these tests say: TikTok knows no default for who may see a post.
fn options() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("privacy".to_owned(), "SELF_ONLY".to_owned()),
        ("audited".to_owned(), "true".to_owned()),
    ])
}

fn upright(kind: MediaKind, mime: &str) -> Media {
    let movie = kind == MediaKind::Video;
    Media {
        cover: None,
        thumb_ms: None,
        id: MediaId(0),
        file: "a".into(),
        alt: None,
        facts: MediaFacts {
            kind,
            mime: mime.into(),
            bytes: 1000,
            width: 1080,
            height: 1920,
            duration_ms: movie.then_some(5000),
            video_codec: movie.then(|| "avc1".into()),
            audio_codec: None,
            moov_first: movie.then_some(true),
            sha256: String::new(),
            notes: Notes::default(),
        },
    }
}

fn of(kind: Kind, text: &str, media: Vec<Media>) -> Content {
    Content {
        kind,
        segments: vec![Segment {
            text: text.to_owned(),
            media,
            ..Segment::default()
        }],
        // Messages go to people by their ids.
        to: if kind == Kind::Message {
            vec!["1784".into()]
        } else {
            Vec::new()
        },
        ..Content::default()
    }
}

/// A reel or story of one video, at each edge of its rule.
fn clip_edges(kind: Kind, rule: &ClipRule) -> Vec<Edge> {
    let video = &rule.video;
    let text = words(rule.text.max.min(3));
    let base = || of(kind, &text, vec![upright(MediaKind::Video, video.mimes[0])]);
    let with = |change: &dyn Fn(&mut MediaFacts)| {
        let mut content = base();
        change(&mut content.segments[0].media[0].facts);
        content
    };
    let texts = |n: usize| of(kind, &words(n), base().segments[0].media.clone());
    let mut edges = vec![
        ("words".to_owned(), texts(rule.text.max), texts(rule.text.max + 1)),
        (
            "bytes".to_owned(),
            with(&|f| f.bytes = video.max_bytes),
            with(&|f| f.bytes = video.max_bytes + 1),
        ),
        (
            "longest".to_owned(),
            with(&|f| f.duration_ms = Some(video.max_ms)),
            with(&|f| f.duration_ms = Some(video.max_ms + 1)),
        ),
        (
            "shortest".to_owned(),
            with(&|f| f.duration_ms = Some(video.min_ms + 1)),
            with(&|f| f.duration_ms = Some(video.min_ms)),
        ),
        (
            "type".to_owned(),
            base(),
            with(&|f| f.mime = "video/x-nobodys".into()),
        ),
    ];
    if !video.codecs.is_empty() {
        edges.push((
            "codec".to_owned(),
            base(),
            with(&|f| f.video_codec = Some("zzzz".into())),
        ));
    }
    edges
        .into_iter()
        .map(|(what, fits, breaks)| (format!("{kind:?}: {what}"), fits, breaks))
        .collect()
}

fn edges(platform: &dyn Platform, facts: &Facts) -> Vec<Edge> {
    let offers = platform.offers();
    let mut edges = Vec::new();
    if let Ok(rule) = offers.reel.rule(facts) {
        edges.extend(clip_edges(Kind::Reel, &rule));
    }
    if let Ok(rule) = offers.story.rule(facts) {
        edges.extend(clip_edges(Kind::Story, &rule));
        let picture = |mime: &str| of(Kind::Story, "", vec![upright(MediaKind::Image, mime)]);
        edges.push((
            "Story: a picture's type".to_owned(),
            picture("image/jpeg"),
            picture("image/x-nobodys"),
        ));
        let largest = |mut content: Content, bytes: u64| {
            content.segments[0].media[0].facts.bytes = bytes;
            content
        };
        if let Ok(photo) = offers.photo.rule(facts) {
            let max = photo.image.max_bytes;
            edges.push((
                "Story: a picture's bytes".to_owned(),
                largest(picture("image/jpeg"), max),
                largest(picture("image/jpeg"), max + 1),
            ));
        }
    }
    if let Ok(rule) = offers.message.rule(facts) {
        let message = |n: usize| of(Kind::Message, &words(n), Vec::new());
        edges.push((
            "Message: words".to_owned(),
            message(rule.text.max),
            message(rule.text.max + 1),
        ));
        let nobody = Content {
            to: Vec::new(),
            ..message(3)
        };
        edges.push(("Message: to somebody".to_owned(), message(3), nobody));
    }
    edges
}

fn told(content: &Content, platform: &dyn Platform) -> Vec<String> {
    check_for(content, platform, platform.facts(), &options())
        .into_iter()
        .map(|violation| violation.message)
        .collect()
}

#[test]
fn the_edges_of_reels_stories_and_messages_hold() {
    let mut seen = 0;
    for platform in platforms::ALL {
        for (what, fits, breaks) in edges(*platform, platform.facts()) {
            seen += 1;
            let place = format!("{} {what}", platform.name());
            assert_eq!(told(&fits, *platform), Vec::<String>::new(), "{place} should fit");
            assert!(!told(&breaks, *platform).is_empty(), "{place} should break");
        }
    }
    assert!(seen > 30, "{seen}");
}

/// A small body of each cell; what is not in this list is no content.
fn bodies() -> Vec<(&'static str, Content)> {
    let picture = || upright(MediaKind::Image, "image/jpeg");
    let video = || upright(MediaKind::Video, "video/mp4");
    let square = || {
        let mut media = picture();
        (media.facts.width, media.facts.height) = (1080, 1080);
        media
    };
    let post = |media: Vec<Media>| of(Kind::Post, "abc", media);
    let mut link = post(Vec::new());
    link.segments[0].link = Some("https://club.example".into());
    let mut poll = post(Vec::new());
    poll.segments[0].poll = Some(Poll {
        options: vec!["one".into(), "two".into()],
        duration: None,
    });
    vec![
        ("text", post(Vec::new())),
        ("link", link),
        ("photo", post(vec![square()])),
        ("video", post(vec![video()])),
        ("carousel", post(vec![square(), square()])),
        ("poll", poll),
        ("reel", of(Kind::Reel, "abc", vec![video()])),
        ("story", of(Kind::Story, "", vec![video()])),
        ("message", of(Kind::Message, "abc", Vec::new())),
        (
            "first_comment",
            Content {
                first_comment: Some("abc".into()),
                ..post(vec![square()])
            },
        ),
    ]
}

/// The table and the check say the same: what it offers is admitted, what it does not is refused in words.
#[test]
fn what_is_not_offered_is_refused_when_dropped() {
    for platform in platforms::ALL {
        if matches!(platform.offers().mail, Offer::Yes(_)) {
            continue;
        }
        let items = offered(*platform, platform.facts());
        for (cell, content) in bodies() {
            let possible = items.iter().any(|item| item.name == cell && item.possible);
            let told = told(&content, *platform);
            assert_eq!(possible, told.is_empty(), "{} {cell}: {told:?}", platform.name());
        }
    }
}
