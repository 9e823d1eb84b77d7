//! Lost answers, duplicates, uploads that fail, limits (x.md 7, 8, 9).

use insta::assert_snapshot;

use super::{begun, duplicate, entry, finalized, listed, made, message, none, processing, taken, x};
use crate::core::flow::Job;
use crate::domain::post::{Content, Poll, Segment};
use crate::platforms::tests::{Event, http, job, media, ok, run, segment, text};

const WORDS: &str = "We open at nine.";
const SOON: &str = "2027-01-15T08:00:04.000Z";
const BEFORE: &str = "2027-01-15T07:59:30.000Z";

fn post(script: Vec<Event>) -> String {
    x(text(WORDS), script)
}

fn commits(told: &str) -> usize {
    told.matches("COMMIT").count()
}

#[test]
fn lost_and_found_at_the_second_look() {
    let other = entry("20", "Something else", SOON);
    let told = post(vec![
        Event::Lost,
        listed(&[other]),
        listed(&[entry("21", WORDS, SOON)]),
    ]);
    assert_snapshot!(told);
}

/// Three looks, then the identical bytes, which go through.
#[test]
fn lost_and_not_there() {
    assert_snapshot!(post(vec![Event::Lost, none(), none(), none(), made("22")]));
}

/// The resend is called a duplicate: it is out, and its id is found when the list has caught up.
#[test]
fn lost_and_the_resend_is_a_duplicate() {
    assert_snapshot!(post(vec![
        Event::Lost,
        none(),
        none(),
        none(),
        duplicate(),
        none(),
        listed(&[entry("21", WORDS, SOON)]),
    ]));
}

/// It exists but is never listed: it is out, that is said, and nothing is sent again.
#[test]
fn a_duplicate_that_is_never_listed() {
    let told = post(vec![
        Event::Lost,
        none(),
        none(),
        none(),
        duplicate(),
        none(),
        none(),
        none(),
    ]);
    assert_eq!(commits(&told), 2, "{told}");
    assert!(told.contains("done [id unknown]"), "{told}");
    assert!(told.contains("note: X says that it exists"), "{told}");
}

/// The only post with these words is from before: whether ours is out, nobody can say.
#[test]
fn a_duplicate_of_something_older() {
    let older = || listed(&[entry("19", WORDS, "2027-01-14T20:00:00.000Z")]);
    let told = post(vec![
        Event::Lost,
        none(),
        none(),
        none(),
        duplicate(),
        none(),
        none(),
        older(),
        Event::NotOut,
        made("22"),
    ]);
    assert!(told.contains("ASK: "), "{told}");
    assert!(told.contains("status/19"), "{told}");
    assert!(
        told.ends_with("done [22, https://x.com/club/status/22]\n"),
        "{told}"
    );
}

/// Refused as a duplicate at the first sending, and nothing new is listed: the words are old.
#[test]
fn a_duplicate_at_once() {
    let older = listed(&[entry("19", WORDS, BEFORE)]);
    assert_snapshot!(post(vec![duplicate(), none(), none(), older]));
}

/// The same, but it is there after all (a proxy that sent twice): found.
#[test]
fn a_duplicate_at_once_that_is_ours() {
    let told = post(vec![duplicate(), listed(&[entry("21", WORDS, SOON)])]);
    assert!(told.contains("=> found"), "{told}");
    assert_eq!(commits(&told), 1, "{told}");
}

/// A repeat that X refuses proves nothing about the first sending.
#[test]
fn a_resend_that_is_refused() {
    let rule = http(
        403,
        r#"{"detail":"You are not permitted to perform this action.","status":403}"#,
    );
    let told = post(vec![Event::Lost, none(), none(), none(), rule]);
    assert!(
        told.contains("=> refused") && told.contains("[nothing live, in doubt]"),
        "{told}"
    );
}

#[test]
fn three_rounds_then_a_person() {
    let round = || [Event::Lost, none(), none(), none()];
    let mut script: Vec<Event> = round().into_iter().chain(round()).chain(round()).collect();
    script.push(Event::Out(Some("https://x.com/club/status/25".to_owned())));
    let told = post(script);
    assert_eq!(commits(&told), 3, "{told}");
    assert!(told.contains("ASK: "), "{told}");
    assert!(
        told.ends_with("done [25, https://x.com/club/status/25]\n"),
        "{told}"
    );
}

/// 5xx, a cut body, HTML and a 201 without an id are all unknown, never success and never a failure.
#[test]
fn whatever_cannot_be_read_is_looked_up() {
    let unclear = [
        http(503, r#"{"title":"Service Unavailable","status":503}"#),
        http(500, ""),
        http(201, "{"),
        http(201, r#"{"data":{}}"#),
        http(200, r#"{"errors":[{"message":"x"}]}"#),
        http(403, "<html>edge</html>"),
        http(408, ""),
    ];
    for reply in unclear {
        let told = post(vec![reply, listed(&[entry("21", WORDS, SOON)])]);
        assert!(told.contains("=> unclear") && told.contains("=> found"), "{told}");
        assert_eq!(commits(&told), 1, "{told}");
    }
}

/// X does not notice a poll that is sent twice: only a person may say so.
#[test]
fn a_lost_poll_is_never_sent_again_unasked() {
    let content = Content {
        segments: vec![Segment {
            poll: Some(Poll {
                options: vec!["a".to_owned(), "b".to_owned()],
                duration: None,
            }),
            ..segment("Which?")
        }],
        ..Content::default()
    };
    let script = vec![
        ok(r#"{"meta":{"newest_id":"20","result_count":5}}"#),
        Event::Lost,
        none(),
        none(),
        none(),
        Event::NotOut,
        made("22"),
    ];
    assert_snapshot!(x(content, script));
}

/// Part two is resolved before part three; the list begins after part one.
#[test]
fn a_thread_is_never_begun_again() {
    let content = Content {
        segments: vec![segment("One"), segment("Two"), segment("Three")],
        ..Content::default()
    };
    let two = r#"{"id":"22","text":"Two","created_at":"2027-01-15T08:00:04Z","referenced_tweets":[{"type":"replied_to","id":"21"}]}"#;
    let told = x(
        content,
        vec![made("21"), Event::Lost, listed(&[two.to_owned()]), made("23")],
    );
    assert!(told.contains("since_id=21"), "{told}");
    assert!(!told.contains("start_time"), "{told}");
    assert_eq!(commits(&told), 3, "{told}");
    assert!(told.contains(r#""in_reply_to_tweet_id":"22""#), "{told}");
}

/// The next part needs the id of the one before.
#[test]
fn a_thread_waits_for_an_id() {
    let content = Content {
        segments: vec![segment("One"), segment("Two")],
        ..Content::default()
    };
    let script = vec![
        Event::Lost,
        none(),
        none(),
        none(),
        duplicate(),
        none(),
        none(),
        none(),
        Event::Out(Some("21".to_owned())),
        made("22"),
    ];
    let told = x(content, script);
    assert!(told.contains("ASK: part 1 is out"), "{told}");
    assert!(told.contains(r#""in_reply_to_tweet_id":"21""#), "{told}");
}

/// A look that fails for a while says nothing; one that X refuses leaves it to a person.
#[test]
fn looks_that_fail() {
    let told = post(vec![
        Event::Lost,
        http(503, ""),
        listed(&[entry("21", WORDS, SOON)]),
    ]);
    assert!(told.contains("=> found"), "{told}");
    let refused = http(403, r#"{"title":"Forbidden","detail":"Forbidden","status":403}"#);
    let told = post(vec![Event::Lost, refused, Event::Out(None)]);
    assert!(
        told.contains("ASK: the answer to the post was lost, and its posts cannot be listed"),
        "{told}"
    );
    assert!(told.contains("done [id unknown]"), "{told}");
}

#[test]
fn a_page_that_goes_on() {
    let more = || ok(r#"{"data":[],"meta":{"result_count":0,"next_token":"n"}}"#);
    let told = post(vec![Event::Lost, more(), more(), more()]);
    assert!(told.contains("posted too much since"), "{told}");
    assert_eq!(commits(&told), 1, "{told}");
}

#[test]
fn a_lost_repost_is_repeated() {
    let content = Content {
        repost: Some("777".to_owned()),
        ..Content::default()
    };
    let already = http(
        403,
        r#"{"detail":"You have already retweeted this Tweet.","status":403}"#,
    );
    let told = x(content.clone(), vec![Event::Lost, already]);
    assert_eq!(commits(&told), 2, "{told}");
    assert!(
        told.ends_with("done [777, https://x.com/i/web/status/777]\n"),
        "{told}"
    );
    let gone = http(
        404,
        r#"{"type":"https://api.x.com/2/problems/resource-not-found","title":"Not Found Error"}"#,
    );
    assert!(x(content, vec![gone]).contains("=> refused"));
}

/// Messages have no rejection of duplicates: absent thrice, it is sent again.
#[test]
fn a_lost_message() {
    let others = [
        r#"{"id":"30","text":"Your order is ready.","sender_id":"2244","created_at":"2027-01-15T08:00:05Z"}"#,
        r#"{"id":"29","text":"Your order is ready.","sender_id":"1784","created_at":"2027-01-14T08:00:05Z"}"#,
    ]
    .map(str::to_owned);
    let ours =
        r#"{"id":"31","text":"Your order is ready.","sender_id":"1784","created_at":"2027-01-15T08:00:02Z"}"#;
    let found = x(
        message("Your order is ready."),
        vec![Event::Lost, listed(&others), listed(&[ours.to_owned()])],
    );
    assert_snapshot!(found);
    let again = http(
        201,
        r#"{"data":{"dm_conversation_id":"1784-2244","dm_event_id":"32"}}"#,
    );
    let sent = x(
        message("Your order is ready."),
        vec![Event::Lost, none(), none(), none(), again],
    );
    assert_eq!(commits(&sent), 2, "{sent}");
    assert!(sent.contains("=> not out"), "{sent}");
    let unread = http(403, r#"{"title":"Forbidden","status":403}"#);
    let asked = x(message("Hi"), vec![Event::Lost, unread]);
    assert!(asked.contains("ASK: "), "{asked}");
}

fn photo() -> Content {
    Content {
        segments: vec![Segment {
            media: vec![media(0, "door.jpg", "image/jpeg", None)],
            ..segment("Come in.")
        }],
        ..Content::default()
    }
}

/// FINALIZE after a lost answer is refused, but STATUS knows the size: done.
#[test]
fn an_upload_that_was_complete_already() {
    let invalid = r#"{"errors":[{"message":"x"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.twitter.com/2/problems/invalid-request"}"#;
    let told = x(
        photo(),
        vec![
            begun("71"),
            taken(),
            Event::Lost,
            http(400, invalid),
            finalized("71"),
            made("21"),
        ],
    );
    assert_snapshot!(told);
}

/// X refuses to end it and does not say that it is complete: parts that were not really stored (x.md 8.4, 9).
#[test]
fn an_upload_that_was_not_stored_is_begun_again() {
    let invalid = r#"{"errors":[{"message":"x"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.twitter.com/2/problems/invalid-request"}"#;
    let bare = || ok(r#"{"data":{"id":"71","media_key":"13_71"}}"#);
    let mut script = vec![begun("71"), taken(), http(400, invalid), bare()];
    script.extend([begun("72"), taken(), finalized("72"), made("21")]);
    let told = x(photo(), script);
    assert_eq!(told.matches("=> restart").count(), 1, "{told}");
    assert!(told.contains(r#""media_ids":["72"]"#), "{told}");
    assert!(!told.contains("unclear"), "{told}");
}

#[test]
fn an_upload_that_fails_is_begun_again_thrice() {
    let fail = || {
        ok(r#"{"data":{"id":"71","processing_info":{"state":"failed","error":{"message":"InvalidMedia"}}}}"#)
    };
    let script = (0..4).flat_map(|_| [begun("71"), taken(), fail()]).collect();
    let told = x(photo(), script);
    assert_eq!(told.matches("=> restart").count(), 3, "{told}");
    assert!(
        told.contains("=> refused: door.jpg: X could not process it: InvalidMedia [nothing live]"),
        "{told}"
    );
}

#[test]
fn an_upload_that_never_ends() {
    let mut script = vec![begun("71"), taken(), processing("pending", 300)];
    script.extend((0..3).map(|_| processing("in_progress", 900)));
    script.extend([begun("72"), taken(), finalized("72"), made("21")]);
    let told = x(photo(), script);
    assert!(
        told.contains("=> restart: door.jpg: X has been processing it for too long"),
        "{told}"
    );
    assert!(told.contains(r#""media_ids":["72"]"#), "{told}");
}

/// A login without `media.write` answers a bare 403 (x.md 9); one that has it, or signs its calls, means something else.
#[test]
fn a_login_without_media() {
    let told = |scopes: &[&str], options: &[(&str, &str)]| {
        let bare = http(
            403,
            r#"{"title":"Forbidden","status":403,"detail":"Forbidden","type":"about:blank"}"#,
        );
        let own = |text: &&str| (*text).to_owned();
        let job = Job {
            scopes: scopes.iter().map(own).collect(),
            options: options.iter().map(|(k, v)| (own(k), own(v))).collect(),
            ..job("x", photo())
        };
        run(&job, "x", vec![bare])
    };
    for unknown in [told(&[], &[]), told(&["tweet.write"], &[])] {
        assert!(
            unknown.contains("=> reauthorise") && unknown.contains("media.write"),
            "{unknown}"
        );
    }
    let granted = told(&["tweet.write", "media.write"], &[]);
    assert!(
        granted.contains("=> refused") && !granted.contains("media.write"),
        "{granted}"
    );
    let signed = told(&[], &[("auth", "oauth1")]);
    assert!(
        signed.contains("=> blocked") && signed.contains("Read and write"),
        "{signed}"
    );
}

/// Media live a day: a post that was held longer uploads them anew.
#[test]
fn media_that_are_too_old() {
    let invalid = http(
        400,
        r#"{"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}"#,
    );
    let limit = Event::RetryAfter(
        429,
        90_000,
        r#"{"title":"Too Many Requests","status":429}"#.to_owned(),
    );
    let told = x(
        photo(),
        vec![
            begun("71"),
            taken(),
            finalized("71"),
            limit,
            invalid,
            begun("72"),
            taken(),
            finalized("72"),
            made("21"),
        ],
    );
    assert!(told.contains("=> restart"), "{told}");
    assert!(told.contains(r#""media_ids":["72"]"#), "{told}");
}

/// The list of the newest messages says "not there" only when it reaches back to before the sending (x.md 8.4).
#[test]
fn a_page_of_messages_that_does_not_reach_back() {
    let later = |n: u32| {
        format!(
            r#"{{"id":"{}","text":"Where are you?","sender_id":"2244","created_at":"2027-01-15T08:10:{n:02}Z"}}"#,
            100 + n
        )
    };
    let page = |entries: &[String]| {
        let data = entries.join(",");
        ok(&format!(
            r#"{{"data":[{data}],"meta":{{"result_count":{},"next_token":"n"}}}}"#,
            entries.len()
        ))
    };
    let full: Vec<String> = (0..20).rev().map(later).collect();
    let told = x(
        message("Your order is ready."),
        vec![Event::Lost, page(&full), page(&full), page(&full)],
    );
    assert_eq!(commits(&told), 1, "{told}");
    assert!(
        told.contains("ASK: ") && told.contains("does not reach back"),
        "{told}"
    );
    // One of before is among them: all that was said since is there.
    let mut reaching = full;
    reaching
        .push(r#"{"id":"1","text":"Hi","sender_id":"2244","created_at":"2027-01-14T08:00:00Z"}"#.to_owned());
    let again = http(
        201,
        r#"{"data":{"dm_conversation_id":"1784-2244","dm_event_id":"32"}}"#,
    );
    let told = x(
        message("Your order is ready."),
        vec![
            Event::Lost,
            page(&reaching),
            page(&reaching),
            page(&reaching),
            again,
        ],
    );
    assert_eq!(commits(&told), 2, "{told}");
}

/// X may give back a message's links as `t.co`, without telling what they stand for.
#[test]
fn a_message_with_its_link_shortened() {
    let listed_as = |text: &str| {
        listed(&[format!(
            r#"{{"id":"31","text":"{text}","sender_id":"1784","created_at":"2027-01-15T08:00:02Z"}}"#
        )])
    };
    let words = "See https://club.example.org/a, or example.com.";
    let found = x(
        message(words),
        vec![
            Event::Lost,
            listed_as("See https://t.co/AbC1, or https://t.co/x2."),
        ],
    );
    assert!(found.contains("=> found"), "{found}");
    for other in [
        "See https://t.co/AbC1.",
        "Look https://t.co/AbC1, or https://t.co/x2.",
    ] {
        let told = x(
            message(words),
            vec![Event::Lost, listed_as(other), listed_as(other), listed_as(other)],
        );
        assert!(told.contains("=> not out"), "{told}");
    }
}
