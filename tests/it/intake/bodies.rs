//! For each platform and cell: the largest body that is admitted, and the smallest that is refused.

use std::collections::BTreeMap;

use crier::core::facts::Facts;
use crier::core::offer::{ImageRule, Offer, TextRule, VideoRule};
use crier::core::platform::Platform;
use crier::core::rules::check_for;
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind};
use crier::domain::post::{Content, Poll, Segment};
use crier::platforms;

/// A body at the edge of a rule, and one just beyond.
struct Edge {
    what: String,
    fits: Content,
    breaks: Content,
}

fn words(n: usize) -> String {
    "a".repeat(n)
}

fn post(segment: Segment) -> Content {
    Content {
        segments: vec![segment],
        subject: Some("News".into()),
        to: vec!["ann@club.example".into()],
        ..Content::default()
    }
}

pub(super) fn media(kind: MediaKind, mime: &str) -> Media {
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
            width: 720,
            height: 720,
            duration_ms: movie.then_some(5000),
            video_codec: movie.then(|| "avc1".into()),
            audio_codec: None,
            moov_first: movie.then_some(true),
            notes: Default::default(),
            sha256: String::new(),
        },
    }
}

/// The base, and the base with a larger text.
fn text_edge(what: &str, base: &Segment, rule: &TextRule) -> Edge {
    let with = |n: usize| Segment {
        text: words(n),
        ..base.clone()
    };
    Edge {
        what: format!("{what}: words"),
        fits: post(with(rule.max)),
        breaks: post(with(rule.max + 1)),
    }
}

fn changed(
    what: &str,
    base: &Segment,
    fits: impl Fn(&mut MediaFacts),
    breaks: impl Fn(&mut MediaFacts),
) -> Edge {
    let with = |change: &dyn Fn(&mut MediaFacts)| {
        let mut segment = base.clone();
        change(&mut segment.media[0].facts);
        post(segment)
    };
    Edge {
        what: what.to_owned(),
        fits: with(&fits),
        breaks: with(&breaks),
    }
}

/// The smallest sizes that have exactly this ratio, and ones just beyond it.
fn ratios(what: &str, base: &Segment, min: u64, max: u64) -> Vec<Edge> {
    let size = |w: u64, h: u64| {
        move |f: &mut MediaFacts| {
            f.width = u32::try_from(w).unwrap();
            f.height = u32::try_from(h).unwrap();
        }
    };
    let mut edges = Vec::new();
    if min > 0 {
        edges.push(changed(
            &format!("{what}: narrow"),
            base,
            size(min, 1000),
            size(min * 9, 9001),
        ));
    }
    if max < 1_000_000 {
        edges.push(changed(
            &format!("{what}: wide"),
            base,
            size(max, 1000),
            size(max + 1, 1000),
        ));
    }
    // Widths of such pictures must stay within the video's rule.
    edges
}

fn image_edges(what: &str, base: &Segment, rule: &ImageRule) -> Vec<Edge> {
    let most = rule.bytes_of(&base.media[0].facts.mime);
    let mut edges = vec![
        changed(
            &format!("{what}: bytes"),
            base,
            |f| f.bytes = most,
            |f| f.bytes = most + 1,
        ),
        changed(
            &format!("{what}: type"),
            base,
            |_| {},
            |f| f.mime = "image/x-nobodys".into(),
        ),
    ];
    edges.extend(alt_edge(what, base, rule.alt_max));
    edges.extend(ratios(what, base, rule.min_ratio_milli, rule.max_ratio_milli));
    edges
}

/// Where there is no alt text it is left out, not refused: no edge.
fn alt_edge(what: &str, base: &Segment, max: usize) -> Option<Edge> {
    let with = |n: usize| {
        let mut segment = base.clone();
        segment.media[0].alt = Some(words(n));
        post(segment)
    };
    (max > 0).then(|| Edge {
        what: format!("{what}: alt text"),
        fits: with(max),
        breaks: with(max + 1),
    })
}

fn video_edges(what: &str, base: &Segment, rule: &VideoRule) -> Vec<Edge> {
    let mut edges = vec![
        changed(
            &format!("{what}: bytes"),
            base,
            |f| f.bytes = rule.max_bytes,
            |f| f.bytes = rule.max_bytes + 1,
        ),
        changed(
            &format!("{what}: longest"),
            base,
            |f| f.duration_ms = Some(rule.max_ms),
            |f| f.duration_ms = Some(rule.max_ms.saturating_add(1)),
        ),
        changed(
            &format!("{what}: shortest"),
            base,
            |f| f.duration_ms = Some(rule.min_ms + 1),
            |f| f.duration_ms = Some(rule.min_ms),
        ),
        changed(
            &format!("{what}: type"),
            base,
            |_| {},
            |f| f.mime = "video/x-nobodys".into(),
        ),
    ];
    edges.extend(alt_edge(what, base, rule.alt_max));
    if rule.max_width > 0 {
        edges.push(changed(
            &format!("{what}: width"),
            base,
            |f| (f.width, f.height) = (rule.max_width, rule.max_width),
            |f| (f.width, f.height) = (rule.max_width + 1, rule.max_width + 1),
        ));
    }
    if !rule.codecs.is_empty() {
        edges.push(changed(
            &format!("{what}: codec"),
            base,
            |_| {},
            |f| f.video_codec = Some("apch".into()),
        ));
    }
    if rule.moov_first {
        edges.push(changed(
            &format!("{what}: index"),
            base,
            |_| {},
            |f| f.moov_first = Some(false),
        ));
    }
    edges
}

fn plain_edges(platform: &dyn Platform, facts: &Facts) -> Vec<Edge> {
    let offers = platform.offers();
    let mut edges = Vec::new();
    if let Ok(rule) = offers.text.rule(facts) {
        edges.push(text_edge("text", &Segment::default(), &rule.text));
    }
    if let Ok(rule) = offers.link.rule(facts) {
        let base = Segment {
            link: Some("https://club.example".into()),
            ..Segment::default()
        };
        edges.push(text_edge("link", &base, &rule.text));
        edges.extend(rule.text.max_links.map(|max| link_edge(&base, max)));
    }
    if let Ok(rule) = offers.thread.rule(facts) {
        let with = |n: usize| {
            let one = Segment {
                text: words(3),
                ..Segment::default()
            };
            Content {
                segments: vec![one; n],
                ..post(Segment::default())
            }
        };
        edges.push(Edge {
            what: "thread".into(),
            fits: with(rule.max),
            breaks: with(rule.max + 1),
        });
    }
    if let Ok(rule) = offers.topic.rule(facts) {
        let with = |n: usize| Content {
            topic: Some(words(n)),
            ..post(Segment {
                text: words(3),
                ..Segment::default()
            })
        };
        edges.push(Edge {
            what: "topic".into(),
            fits: with(rule.max),
            breaks: with(rule.max + 1),
        });
    }
    edges
}

fn link_edge(base: &Segment, max: usize) -> Edge {
    // The card is one of them.
    let with = |n: usize| {
        let text: Vec<String> = (1..n).map(|i| format!("https://club.example/{i}")).collect();
        post(Segment {
            text: text.join(" "),
            ..base.clone()
        })
    };
    Edge {
        what: "links".into(),
        fits: with(max),
        breaks: with(max + 1),
    }
}

fn media_edges(platform: &dyn Platform, facts: &Facts) -> Vec<Edge> {
    let offers = platform.offers();
    let with = |media: Vec<Media>| Segment {
        text: words(3),
        media,
        ..Segment::default()
    };
    let mut edges = Vec::new();
    if let Ok(rule) = offers.photo.rule(facts) {
        let base = with(vec![media(MediaKind::Image, rule.image.mimes[0])]);
        edges.push(text_edge("photo", &base, &rule.text));
        edges.extend(image_edges("photo", &base, &rule.image));
    }
    if let Ok(rule) = offers.video.rule(facts) {
        let base = with(vec![media(MediaKind::Video, rule.video.mimes[0])]);
        edges.push(text_edge("video", &base, &rule.text));
        edges.extend(video_edges("video", &base, &rule.video));
    }
    if let Ok(rule) = offers.carousel.rule(facts) {
        let one = media(MediaKind::Image, rule.image.mimes[0]);
        let base = with(vec![one.clone(); rule.max]);
        edges.push(text_edge("carousel", &base, &rule.text));
        edges.push(Edge {
            what: "carousel: files".into(),
            fits: post(base),
            breaks: post(with(vec![one; rule.max + 1])),
        });
    }
    if let Ok(rule) = offers.poll.rule(facts) {
        let with = |n: usize, len: usize| {
            post(Segment {
                text: words(3),
                poll: Some(Poll {
                    options: vec![words(len); n],
                    duration: None,
                }),
                ..Segment::default()
            })
        };
        for (what, fits, breaks) in [
            ("poll: most", with(rule.max, 3), with(rule.max + 1, 3)),
            ("poll: fewest", with(rule.min, 3), with(rule.min - 1, 3)),
            (
                "poll: choice",
                with(rule.min, rule.option_max),
                with(rule.min, rule.option_max + 1),
            ),
        ] {
            edges.push(Edge {
                what: what.into(),
                fits,
                breaks,
            });
        }
    }
    edges
}

fn mail_edges(platform: &dyn Platform, facts: &Facts) -> Vec<Edge> {
    let Ok(rule) = platform.offers().mail.rule(facts) else {
        return Vec::new();
    };
    let base = Segment {
        text: words(3),
        media: vec![media(MediaKind::Other, "application/pdf")],
        ..Segment::default()
    };
    let to = |n: usize| Content {
        to: (0..n).map(|i| format!("m{i}@club.example")).collect(),
        ..post(base.clone())
    };
    let subject = |n: usize| Content {
        subject: Some(words(n)),
        ..post(base.clone())
    };
    let max = rule.max_attachments_bytes;
    vec![
        text_edge("mail", &base, &rule.text),
        changed(
            "mail: attachments",
            &base,
            |f| f.bytes = max,
            |f| f.bytes = max + 1,
        ),
        Edge {
            what: "mail: recipients".into(),
            fits: to(rule.max_recipients),
            breaks: to(rule.max_recipients + 1),
        },
        Edge {
            what: "mail: subject".into(),
            fits: subject(rule.subject_max),
            breaks: subject(rule.subject_max + 1),
        },
    ]
}

#[test]
fn the_edges_of_every_cell_hold() {
    // TikTok knows no default for who may see a post.
    let options = BTreeMap::from([
        ("privacy".to_owned(), "SELF_ONLY".to_owned()),
        ("audited".to_owned(), "true".to_owned()),
    ]);
    for platform in platforms::ALL {
        let facts = platform.facts();
        let mut edges = mail_edges(*platform, facts);
        // Mail goes by its own cell; the others are what its programs show.
        if matches!(platform.offers().mail, Offer::No(_)) {
            edges.extend(plain_edges(*platform, facts));
            edges.extend(media_edges(*platform, facts));
        }
        assert!(edges.len() >= 4, "{}", platform.name());
        for edge in edges {
            let told = |c: &Content| check_for(c, *platform, facts, &options);
            let to = |c: &Content| c.to.is_empty();
            let fits: Vec<_> = told(&edge.fits);
            assert!(!to(&edge.fits));
            assert!(
                fits.is_empty(),
                "{} {} should fit: {fits:?}",
                platform.name(),
                edge.what
            );
            let breaks = told(&edge.breaks);
            assert!(
                !breaks.is_empty(),
                "{} {} should break",
                platform.name(),
                edge.what
            );
        }
    }
}

#[test]
fn broken_numbers_name_their_source() {
    let threads = platforms::by_name("threads").unwrap();
    let none = BTreeMap::new();
    for edge in media_edges(threads, threads.facts())
        .into_iter()
        .chain(plain_edges(threads, threads.facts()))
        .filter(|e| !["type", "codec", "index"].iter().any(|w| e.what.ends_with(w)))
    {
        let told = check_for(&edge.breaks, threads, threads.facts(), &none);
        let sourced = told.iter().any(|v| v.source.is_some());
        // Zero is no number that is written down anywhere.
        assert!(
            sourced || edge.what.ends_with("shortest"),
            "{}: {told:?}",
            edge.what
        );
    }
}
