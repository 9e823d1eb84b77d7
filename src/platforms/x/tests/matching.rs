//! What X gives back differs from what it was given (x.md 8.3).

use serde_json::{Value, json};

use crate::core::clocks::Clocks;
use crate::domain::post::{Content, Segment};
use crate::domain::time::Span;
use crate::platforms::kit::let_go::LetGo;
use crate::platforms::tests::{START, job, media, segment, text};
use crate::platforms::x::matching::{Match, post};
use crate::platforms::x::state::Trail;

fn compare(content: Content, trail: &Trail, entry: &Value) -> Match {
    let mut job = job("x", content);
    job.heard = Some(Clocks {
        theirs: START,
        ours: START,
    });
    let first = LetGo::answered(&job, START, Span::ZERO);
    post(&job, trail, first, entry)
}

fn ours(content: Content, entry: Value) -> bool {
    let mut entry = entry;
    entry["id"] = json!("21");
    entry["created_at"] = json!("2027-01-15T08:00:04.000Z");
    matches!(compare(content, &Trail::default(), &entry), Match::Ours(id, 4000) if id == "21")
}

#[test]
fn links_are_undone() {
    let url =
        json!({"url":"https://t.co/abc","expanded_url":"http://club.example/","display_url":"club.example"});
    let entities = json!({"urls": [url]});
    let listed = json!({"text": "See https://t.co/abc now", "entities": entities});
    assert!(ours(text("See club.example now"), listed.clone()));
    assert!(ours(text("See http://club.example now"), listed.clone()));
    assert!(!ours(text("See club.example/fair now"), listed));
}

/// X makes a link of a bare domain wherever it stands, and gives it back with a scheme (x.md 4.3, 8.3).
#[test]
fn bare_domains_after_punctuation_and_letters() {
    for (before, after) in [
        ("(", ")"),
        ("\"", "\""),
        ("\u{201c}", "\u{201d}!"),
        ("\u{8a73}\u{7d30}\u{306f}", ""),
        ("\u{8a73}\u{7d30}\u{306f}", "\u{3067}\u{3059}"),
        ("see: ", ", and come"),
    ] {
        let with = |link: &str| format!("Come {before}{link}{after}");
        for expanded in ["http://club.org", "http://club.org/", "https://club.org/"] {
            let url = json!({"url":"https://t.co/abc","expanded_url":expanded,"display_url":"club.org"});
            let listed = json!({"text": with("https://t.co/abc"), "entities": {"urls": [url]}});
            for sent in ["club.org", "http://club.org", "https://club.org/"] {
                let sent = with(sent);
                assert!(ours(text(&sent), listed.clone()), "{sent:?} as {expanded}");
            }
            assert!(!ours(text(&with("club.org/fair")), listed.clone()));
            assert!(!ours(text(&with("pub.org")), listed));
        }
    }
    // Several in one text, each with its own entity.
    let link = |n: u32, to: &str| json!({"url": format!("https://t.co/a{n}"), "expanded_url": to});
    let urls = json!([link(1, "http://club.org"), link(2, "http://club.com/fair/")]);
    let listed = json!({"text": "(https://t.co/a1) \"https://t.co/a2\"", "entities": {"urls": urls}});
    assert!(ours(text("(club.org) \"club.com/fair\""), listed));
}

#[test]
fn escapes_white_space_and_forms() {
    assert!(ours(
        text("a < b && \"c\" > d\n\nCafe\u{301} "),
        json!({"text": "a &lt; b &amp;&amp; \"c\" &gt; d Café"})
    ));
    assert!(ours(text("&amp;"), json!({"text": "&amp;amp;"})));
    assert!(!ours(text("a"), json!({"text": "b"})));
}

#[test]
fn media_links_are_taken_away() {
    let content = || Content {
        segments: vec![Segment {
            media: vec![media(0, "a.jpg", "image/jpeg", None)],
            ..segment("Come in.")
        }],
        ..Content::default()
    };
    let with = |entity: Value, attachments: Value| json!({"text": "Come in. https://t.co/pic", "entities": {"urls": [entity]}, "attachments": attachments});
    let keyed = json!({"url":"https://t.co/pic","expanded_url":"https://x.com/club/status/21/photo/1","display_url":"pic.x.com/pic","media_key":"3_1"});
    assert!(ours(
        content(),
        with(keyed.clone(), json!({"media_keys": ["3_1"]}))
    ));
    assert!(!ours(
        content(),
        with(keyed, json!({"media_keys": ["3_1", "3_2"]}))
    ));
    assert!(ours(content(), json!({"text": "Come in. https://t.co/pic"})));
    // Without words nothing but the link is left.
    let bare = Content {
        segments: vec![Segment {
            media: vec![media(0, "a.jpg", "image/jpeg", None)],
            ..Segment::default()
        }],
        ..Content::default()
    };
    assert!(ours(
        bare,
        json!({"text": "https://t.co/pic", "attachments": {"media_keys": ["3_1"]}})
    ));
}

#[test]
fn long_texts_in_either_spelling() {
    let long = "word ".repeat(100);
    for key in ["note_tweet", "note_post"] {
        let mut entry = json!({"text": "word word… https://t.co/x"});
        entry[key] = json!({"text": long.trim(), "entities": {}});
        assert!(ours(text(&long), entry));
    }
}

#[test]
fn replies_by_what_they_answer() {
    let content = || Content {
        reply_to: Some("777".to_owned()),
        ..text("Agreed.")
    };
    let with = |key: &str, id: &str| {
        let mut entry = json!({"text": "@guild Agreed."});
        entry[key] = json!([{"type": "replied_to", "id": id}]);
        entry
    };
    assert!(ours(content(), with("referenced_tweets", "777")));
    assert!(ours(content(), with("referenced_posts", "777")));
    assert!(!ours(content(), with("referenced_tweets", "778")));
    assert!(!ours(text("Agreed."), with("referenced_tweets", "777")));
    assert!(!ours(
        content(),
        json!({"text": "Agreed.", "referenced_tweets": [{"type": "quoted", "id": "777"}]})
    ));
}

#[test]
fn quotes_carry_a_link_of_their_own() {
    let content = Content {
        quote: Some("777".to_owned()),
        ..text("Look.")
    };
    let url = json!({"url":"https://t.co/q","expanded_url":"https://twitter.com/guild/status/777","display_url":"twitter.com/guild/statu…"});
    let entry = json!({"text": "Look. https://t.co/q", "entities": {"urls": [url]}, "referenced_tweets": [{"type":"quoted","id":"777"}]});
    assert!(ours(content, entry));
}

#[test]
fn polls_are_polls() {
    assert!(!ours(
        text("Which?"),
        json!({"text": "Which?", "attachments": {"poll_ids": ["1"]}})
    ));
}

#[test]
fn known_older_and_strange_entries() {
    let trail = Trail {
        live: vec![Some("21".to_owned())],
        me: None,
    };
    let content = || Content {
        segments: vec![segment("One"), segment("One")],
        ..Content::default()
    };
    let at = |id: &str, time: &str| json!({"id": id, "text": "One", "created_at": time});
    assert_eq!(
        compare(content(), &trail, &at("21", "2027-01-15T08:00:04Z")),
        Match::No
    );
    assert!(matches!(
        compare(content(), &trail, &at("22", "2027-01-15T07:59:56Z")),
        Match::Ours(..)
    ));
    assert_eq!(
        compare(content(), &trail, &at("22", "2027-01-15T07:59:54Z")),
        Match::Older("22".to_owned())
    );
    assert_eq!(
        compare(content(), &trail, &at("../x", "2027-01-15T08:00:04Z")),
        Match::No
    );
    for odd in [json!(null), json!([]), json!("x"), json!({"id": 5})] {
        assert_eq!(compare(content(), &trail, &odd), Match::No);
    }
}
