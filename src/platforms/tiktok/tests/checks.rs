//! What is refused when a file is dropped, and what is wrong in the config.

use insta::assert_snapshot;

use super::*;
use crate::core::rules;
use crate::domain::media::MediaId;
use crate::platforms::by_name;

fn told(content: &Content, account: &[(&str, &str)]) -> String {
    let p = by_name("tiktok").unwrap();
    let found = rules::check_for(content, p, p.facts(), &options(account));
    found
        .iter()
        .map(|v| v.message.as_str())
        .collect::<Vec<_>>()
        .join("\n  ")
}

fn sized(mut content: Content, width: u32, height: u32) -> Content {
    content.segments[0].media[0].facts.width = width;
    content.segments[0].media[0].facts.height = height;
    content
}

#[test]
fn what_fits() {
    let good = [
        (clip("x"), PRIVATE),
        (clip(&"x".repeat(2200)), PUBLIC),
        (reel("x"), PUBLIC),
        (clip("x"), INBOX),
        (photos(&"x".repeat(4000), 35), PUBLIC),
        (photos("", 1), INBOX),
        (sized(photos("x", 1), 1080, 1920), PUBLIC),
        (sized(clip("x"), 360, 4096), PUBLIC),
        (
            Content {
                audience: Some("SELF_ONLY".to_owned()),
                ..clip("x")
            },
            &[],
        ),
    ];
    for (content, account) in good {
        assert_eq!(told(&content, account), "", "{content:?}");
    }
}

/// A name, a content, and the account's settings.
type Bad = (&'static str, Content, &'static [(&'static str, &'static str)]);

fn bad_posts() -> Vec<Bad> {
    let flag = |key, content| with(content, &[(key, Extra::Flag(true))]);
    let title = |words: &str| ("title", Extra::Words(words.to_owned()));
    let mut cover = clip("x");
    cover.segments[0].media[0].cover = Some(MediaId(1));
    cover.segments[0].media[0].thumb_ms = Some(20_001);
    let mut link = clip("x");
    link.segments[0].link = Some("https://club.example".to_owned());
    let mut png = photos("x", 1);
    png.segments[0].media[0].facts.mime = "image/png".to_owned();
    let audience = |word: &str| Content {
        audience: Some(word.to_owned()),
        ..clip("x")
    };
    vec![
        ("nobody says who may see it", clip("x"), &[]),
        ("not audited", audience("PUBLIC_TO_EVERYONE"), PRIVATE),
        ("no such word", audience("public"), PUBLIC),
        (
            "partnership for nobody",
            flag("brand_content", clip("x")),
            PRIVATE,
        ),
        ("long caption", clip(&"x".repeat(2201)), PUBLIC),
        (
            "long title",
            with(photos("x", 1), &[title(&"x".repeat(91))]),
            PUBLIC,
        ),
        ("title of a video", with(clip("x"), &[title("x")]), PUBLIC),
        ("music under a video", flag("auto_add_music", clip("x")), PUBLIC),
        (
            "duets with pictures",
            flag("disable_duet", photos("x", 1)),
            PUBLIC,
        ),
        (
            "cover that is not there",
            with(photos("x", 2), &[("photo_cover", Extra::Number(3))]),
            PUBLIC,
        ),
        ("cover of a video", cover, PUBLIC),
        ("link card", link, PUBLIC),
        ("PNG", png, PUBLIC),
        ("36 pictures", photos("x", 36), PUBLIC),
        ("large picture", sized(photos("x", 1), 4000, 3000), PUBLIC),
        ("small video", sized(clip("x"), 320, 640), PUBLIC),
        ("words only", text("x"), PUBLIC),
        ("label of a draft", flag("ai", clip("x")), INBOX),
        ("audience of a draft", audience("SELF_ONLY"), INBOX),
    ]
}

#[test]
fn what_does_not_fit() {
    let lines: Vec<String> = bad_posts()
        .iter()
        .map(|(name, content, account)| {
            let told = told(content, account);
            assert!(!told.is_empty(), "{name}");
            format!("{name}:\n  {told}")
        })
        .collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn settings() {
    let p = by_name("tiktok").unwrap();
    let told = |account: &[(&str, &str)]| -> Vec<String> {
        p.check_options(&options(account))
            .into_iter()
            .map(|(key, why)| format!("{key}: {why}"))
            .collect()
    };
    for good in [
        PUBLIC,
        PRIVATE,
        INBOX,
        &[
            ("allow", "comment, duet"),
            ("pkce", "base64url"),
            ("more_scopes", "none"),
        ],
        &[("more_scopes", "video.list"), ("audited", "false")],
        &[("mode", "inbox"), ("privacy", "PUBLIC_TO_EVERYONE")],
    ] {
        assert_eq!(told(good), [""; 0], "{good:?}");
    }
    let bad = told(&[
        ("mode", "draft"),
        ("privacy", "public"),
        ("audited", "yes"),
        ("allow", "likes"),
        ("pkce", "plain"),
        ("more_scopes", "video.delete"),
    ]);
    let walled = told(&[("privacy", "PUBLIC_TO_EVERYONE")]);
    assert_snapshot!([bad, walled].concat().join("\n"));
}

/// What a draft of a video does not keep is said when it is dropped.
#[test]
fn what_a_draft_loses() {
    let p = by_name("tiktok").unwrap();
    let told = |content: &Content, account: &[(&str, &str)]| p.warn(content, p.facts(), &options(account));
    let mut cover = clip("A caption");
    cover.segments[0].media[0].thumb_ms = Some(1000);
    let warnings = told(&cover, INBOX);
    assert!(
        warnings.len() == 2 && warnings[0].contains("the text") && warnings[1].contains("`thumbnail`"),
        "{warnings:?}"
    );
    assert!(told(&clip(""), INBOX).is_empty());
    assert!(told(&cover, PRIVATE).is_empty());
    assert!(told(&photos("kept", 2), INBOX).is_empty());
}

/// A login without the scopes of reading says so before anybody asks.
#[test]
fn what_a_login_cannot_read() {
    let p = by_name("tiktok").unwrap();
    let refused = |scopes: &[&str]| {
        let scopes: Vec<String> = scopes.iter().map(|s| (*s).to_owned()).collect();
        let standing = crate::core::platform::Standing {
            options: &options(PRIVATE),
            scopes: &scopes,
            profile: &Default::default(),
            facts: p.facts(),
        };
        let mut cells: Vec<&str> = p.refuses(&standing).iter().map(|r| r.cell).collect();
        cells.dedup();
        cells
    };
    assert!(refused(&[]).is_empty(), "not known yet");
    assert_eq!(refused(&["video.publish"]), ["history", "insights"]);
    assert_eq!(refused(&["video.publish", "user.info.stats"]), ["history"]);
    assert!(refused(&["video.publish", "video.list"]).is_empty());
}
