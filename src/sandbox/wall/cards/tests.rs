//! Every card says everything about its post, to everyone, and nothing of strangers becomes markup.

use bytes::Bytes;

use super::*;
use crate::sandbox::model::WallMedia;

const NOW: i64 = 1_767_225_600_000;

fn picture(alt: &str, size: (u32, u32)) -> WallMedia {
    WallMedia {
        mime: "image/jpeg".to_owned(),
        size,
        alt: Some(alt.to_owned()),
        bytes: Bytes::from_static(b"x"),
        ..WallMedia::default()
    }
}

fn video(alt: Option<&str>) -> WallMedia {
    WallMedia {
        video: true,
        mime: "video/mp4".to_owned(),
        size: (540, 960),
        alt: alt.map(str::to_owned),
        bytes: Bytes::from_static(b"x"),
    }
}

/// A post with everything that a post can have.
fn post(id: &str, kind: WallKind) -> WallPost {
    WallPost {
        id: id.to_owned(),
        username: "ada_l".to_owned(),
        name: "Ada & Co".to_owned(),
        at_ms: NOW - 90_000,
        kind,
        text: format!("<b>{id}</b> #boat with @bob https://club.example/a"),
        permalink: format!("http://127.0.0.1:1/p/{id}"),
        ..WallPost::default()
    }
}

fn render(platform: &str, posts: &[WallPost], entry: usize) -> String {
    let all: HashMap<&str, &WallPost> = posts.iter().map(|post| (post.id.as_str(), post)).collect();
    card(&Talk {
        platform,
        title: "A <platform>",
        all: &all,
        posts: posts[..entry].iter().collect(),
        now: NOW,
    })
}

/// All that have looks, and one that has none.
fn platforms() -> impl Iterator<Item = &'static str> {
    CARDS.iter().map(|looks| looks.platform).chain(["elsewhere"])
}

const KINDS: [WallKind; 7] = [
    WallKind::Post,
    WallKind::Reel,
    WallKind::Story,
    WallKind::Repost,
    WallKind::Comment,
    WallKind::Message,
    WallKind::Draft,
];

#[test]
fn every_platform_shows_every_kind_and_escapes_it() {
    for platform in platforms() {
        for kind in KINDS {
            let mut one = post("17&<", kind);
            one.media = vec![picture("a \"boat\"", (1080, 1080))];
            one.to = Some("<bob>".to_owned());
            one.audience = Some("only <friends>".to_owned());
            one.labels = vec!["<ad>".to_owned()];
            let html = render(platform, &[one], 1);
            let what = format!("{platform} {kind:?}: {html}");
            assert!(!html.contains("<b>17") && html.contains("&lt;b&gt;17"), "{what}");
            assert!(html.contains("alt=\"a &quot;boat&quot;\""), "{what}");
            assert!(
                html.contains(&format!("/wall/media/{platform}/17%26%3C/0")),
                "{what}"
            );
            assert!(!html.contains("<ad>") && html.contains("&lt;ad&gt;"), "{what}");
            assert!(!html.contains("<platform>") && !html.contains("<bob>"), "{what}");
            assert!(html.contains("2 min") || html.contains("1 min"), "{what}");
        }
    }
}

#[test]
fn answers_quotes_and_polls_are_there() {
    let mut root = post("1", WallKind::Post);
    root.quote = Some("9".to_owned());
    root.poll = vec!["tea & milk".to_owned(), "coffee".to_owned()];
    let mut answer = post("2", WallKind::Comment);
    answer.reply_to = Some("1".to_owned());
    let mut quoted = post("9", WallKind::Post);
    quoted.text = "what was quoted".to_owned();
    for platform in ["threads", "facebook", "x"] {
        let html = render(platform, &[root.clone(), answer.clone(), quoted.clone()], 2);
        for part in [
            "&lt;b&gt;1&lt;",
            "&lt;b&gt;2&lt;",
            "what was quoted",
            "tea &amp; milk",
        ] {
            assert!(html.contains(part), "{platform}: {part} is not in {html}");
        }
        let gone = render(platform, &[root.clone(), answer.clone()], 2);
        assert!(gone.contains("class=\"gone\""), "{platform}: {gone}");
    }
    let mut again = post("3", WallKind::Repost);
    again.repost_of = Some("9".to_owned());
    for platform in ["threads", "facebook", "x", "elsewhere"] {
        assert!(render(platform, &[again.clone(), quoted.clone()], 1).contains("what was quoted"));
    }
}

#[test]
fn films_can_be_played_and_forgotten_files_are_named() {
    let mut film = post("1", WallKind::Reel);
    film.media = vec![video(Some("waves"))];
    for platform in platforms() {
        let html = render(platform, &[film.clone()], 1);
        assert!(
            html.contains("<video ") && html.contains("aria-label=\"waves\""),
            "{html}"
        );
    }
    film.media[0].bytes = Bytes::new();
    for platform in platforms() {
        let html = render(platform, &[film.clone()], 1);
        assert!(
            html.contains("no longer kept") && html.contains("waves"),
            "{html}"
        );
    }
}

#[test]
fn many_pictures_are_counted() {
    let mut album = post("1", WallKind::Post);
    album.media = (0..7).map(|_| picture("one", (1080, 1350))).collect();
    assert!(render("instagram", &[album.clone()], 1).contains("1/7"));
    assert!(render("facebook", &[album.clone()], 1).contains("+2"));
    assert!(render("x", &[album], 1).contains("+3"));
}
