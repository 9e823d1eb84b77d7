//! Files that a platform fetches from crier's callback endpoint: what nobody could fetch is refused when it is dropped.

use std::collections::BTreeMap;

use crier::core::platform::Standing;
use crier::core::reach::{Reach, unreachable};
use crier::domain::account::Profile;
use crier::domain::media::MediaKind;
use crier::domain::post::{Content, Kind, Segment};
use crier::platforms;

use super::bodies::media as file;

fn content(kind: Kind, media: &[MediaKind]) -> Content {
    let file = |kind: &MediaKind| {
        file(
            *kind,
            if *kind == MediaKind::Video {
                "video/mp4"
            } else {
                "image/jpeg"
            },
        )
    };
    Content {
        kind,
        segments: vec![Segment {
            text: "We open at nine.".to_owned(),
            media: media.iter().map(file).collect(),
            ..Segment::default()
        }],
        ..Content::default()
    }
}

fn why(
    platform: &str,
    login: &str,
    content: &Content,
    public_url: Option<&str>,
    vendor: bool,
) -> Option<String> {
    let platform = platforms::by_name(platform).unwrap();
    let options = BTreeMap::from([("login".to_owned(), login.to_owned())]);
    let standing = Standing {
        options: &options,
        scopes: &[],
        profile: &Profile::default(),
        facts: platform.facts(),
    };
    unreachable(platform, &standing, content, Reach { public_url, vendor })
}

#[test]
fn each_platform_says_what_it_fetches() {
    use MediaKind::{Image, Video};
    let mut page = String::new();
    for (platform, login) in [
        ("threads", ""),
        ("instagram", "instagram"),
        ("instagram", "facebook"),
        ("facebook", ""),
        ("tiktok", ""),
        ("x", ""),
        ("email", ""),
    ] {
        for (what, kind, media) in [
            ("words", Kind::Post, &[][..]),
            ("picture", Kind::Post, &[Image][..]),
            ("video", Kind::Post, &[Video][..]),
            ("carousel", Kind::Post, &[Image, Video][..]),
            ("message with a picture", Kind::Message, &[Image][..]),
        ] {
            let content = content(kind, media);
            let told = why(platform, login, &content, None, true);
            let told = told.unwrap_or_else(|| "needs no address".to_owned());
            page += &format!("{platform} {login} {what}: {told}\n");
            let named = why(platform, login, &content, Some("https://post.example.org"), true);
            assert_eq!(named, None, "{platform} {what}");
        }
    }
    insta::assert_snapshot!(page);
}

#[test]
fn addresses_that_nobody_reaches_are_refused_but_by_stand_ins() {
    let picture = content(Kind::Post, &[MediaKind::Image]);
    for (platform, url, refused) in [
        ("threads", "http://127.0.0.1:8765", true),
        ("threads", "https://localhost", true),
        ("threads", "https://192.168.1.9", true),
        ("threads", "http://post.example.org", false),
        ("tiktok", "http://post.example.org", true),
        ("tiktok", "https://198.51.100.7", true),
        ("tiktok", "https://post.example.org/crier", false),
    ] {
        let told = why(platform, "", &picture, Some(url), true);
        assert_eq!(told.is_some(), refused, "{platform} {url}: {told:?}");
        assert!(told.is_none_or(|told| told.contains(url) && told.contains("https://post.example.org")));
        assert_eq!(
            why(platform, "", &picture, Some(url), false),
            None,
            "a stand-in may be here"
        );
    }
}
