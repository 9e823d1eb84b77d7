//! Each kind from its first call to its receipt.

use insta::assert_snapshot;

use super::{begun, finalized, made, message, none, processing, taken, x};
use crate::domain::post::{Content, Extra, Poll, Segment};
use crate::domain::time::Span;
use crate::platforms::tests::{job, media, ok, run, segment, text};

#[test]
fn text_post() {
    assert_snapshot!(x(text("We open at nine."), vec![made("21")]));
}

#[test]
fn link_below_the_words() {
    let content = Content {
        segments: vec![Segment {
            link: Some("https://club.example.org/fair".to_owned()),
            ..segment("The fair is on.")
        }],
        ..Content::default()
    };
    assert_snapshot!(x(content, vec![made("21")]));
}

#[test]
fn two_photos_one_with_alt() {
    let content = Content {
        segments: vec![Segment {
            media: vec![
                media(0, "door.jpg", "image/jpeg", Some("The open door")),
                media(1, "hall.png", "image/png", None),
            ],
            ..segment("Come in.")
        }],
        ..Content::default()
    };
    let script = vec![
        begun("71"),
        taken(),
        finalized("71"),
        ok(r#"{"data":{"id":"71"}}"#),
        begun("72"),
        taken(),
        finalized("72"),
        made("21"),
    ];
    assert_snapshot!(x(content, script));
}

/// A GIF alone, without words: the newest own post is noted, since nothing but its id would tell it from others.
#[test]
fn gif_without_words() {
    let content = Content {
        segments: vec![Segment {
            media: vec![media(0, "cat.gif", "image/gif", None)],
            ..Segment::default()
        }],
        ..Content::default()
    };
    let script = vec![
        begun("71"),
        taken(),
        processing("pending", 1),
        processing("succeeded", 0),
        ok(r#"{"data":[{"id":"20","text":"t"}],"meta":{"newest_id":"20","result_count":1}}"#),
        made("21"),
    ];
    assert_snapshot!(x(content, script));
}

#[test]
fn video_in_three_pieces() {
    let mut video = media(0, "fair.mp4", "video/mp4", None);
    video.facts.bytes = 5 * 1024 * 1024;
    let content = Content {
        segments: vec![Segment {
            media: vec![video],
            ..segment("The fair")
        }],
        ..Content::default()
    };
    let script = vec![
        begun("71"),
        taken(),
        taken(),
        taken(),
        processing("pending", 5),
        processing("in_progress", 30),
        processing("succeeded", 0),
        made("21"),
    ];
    assert_snapshot!(x(content, script));
}

#[test]
fn poll() {
    let content = Content {
        segments: vec![Segment {
            poll: Some(Poll {
                options: vec!["Nine".to_owned(), "Ten".to_owned()],
                duration: Some(Span::hours(2)),
            }),
            ..segment("When do we open?")
        }],
        audience: Some("mentionedUsers".to_owned()),
        ..Content::default()
    };
    assert_snapshot!(x(content, vec![none(), made("21")]));
}

#[test]
fn thread_with_a_first_comment() {
    let content = Content {
        segments: vec![segment("One"), segment("Two")],
        first_comment: Some("More at club.example.org".to_owned()),
        ..Content::default()
    };
    assert_snapshot!(x(content, vec![made("21"), made("22"), made("23")]));
}

/// Each part may be shown alone, so each says what readers must be told; who may answer is said once.
#[test]
fn every_part_of_a_thread_is_labelled() {
    let flags = ["made_with_ai", "paid_partnership"];
    let content = Content {
        segments: vec![segment("One"), segment("Two")],
        first_comment: Some("More".to_owned()),
        audience: Some("following".to_owned()),
        extras: flags.map(|flag| (flag.to_owned(), Extra::Flag(true))).into(),
        ..Content::default()
    };
    let told = x(content, vec![made("21"), made("22"), made("23")]);
    for flag in flags {
        assert_eq!(told.matches(&format!("\"{flag}\":true")).count(), 3, "{told}");
    }
    assert_eq!(told.matches("\"reply_settings\"").count(), 1, "{told}");
}

#[test]
fn reply_and_quote_by_address() {
    let reply = Content {
        reply_to: Some("https://x.com/guild/status/1445880548472328192".to_owned()),
        ..text("Agreed.")
    };
    let quote = Content {
        quote: Some("1445880548472328192".to_owned()),
        audience: Some("everyone".to_owned()),
        extras: [("made_with_ai".to_owned(), Extra::Flag(true))].into(),
        ..text("Look at this.")
    };
    assert_snapshot!(format!(
        "{}\n{}",
        x(reply, vec![made("21")]),
        x(quote, vec![made("22")])
    ));
}

#[test]
fn repost() {
    let content = Content {
        repost: Some("https://twitter.com/guild/status/777".to_owned()),
        ..Content::default()
    };
    let done = ok(r#"{"data":{"retweeted":true,"rest_id":"777"}}"#);
    assert_snapshot!(x(content, vec![done]));
}

#[test]
fn direct_message() {
    let sent = crate::platforms::tests::http(
        201,
        r#"{"data":{"dm_conversation_id":"1784-2244","dm_event_id":"31"}}"#,
    );
    assert_snapshot!(x(message("Your order is ready."), vec![sent]));
}

/// The login worked but the profile could not be read: it is asked for first; calls are signed for `oauth1`.
#[test]
fn without_a_profile_and_with_signed_calls() {
    let mut job = job("x", text("We open at nine."));
    job.profile = crate::domain::account::Profile::default();
    job.options.insert("auth".to_owned(), "oauth1".to_owned());
    let me = ok(r#"{"data":{"id":"1784","username":"club","name":"The Club"}}"#);
    assert_snapshot!(run(&job, "x", vec![me, made("21")]));
}
