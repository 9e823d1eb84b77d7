//! Lost answers, failing containers, limits: the procedure of threads.md 8 and the classes of 7.

use insta::assert_snapshot;

use super::{GONE, id, link, status, threads};
use crate::domain::post::{Content, Segment};
use crate::platforms::tests::{Event, http, media, ok, segment, text};

const NO_FIELD: &str = r#"{"error":{"message":"Tried accessing nonexisting field (status)","type":"THApiException","code":100,"fbtrace_id":"x"}}"#;
const SERVER: &str = r#"{"error":{"message":"An unexpected error has occurred.","type":"OAuthException","code":2,"is_transient":true}}"#;
const RESTRICTED: &str = r#"{"error":{"message":"We restrict certain activity","type":"OAuthException","code":4,"error_subcode":2207051}}"#;
const NONE: &str = r#"{"data":[]}"#;

fn entry(id: &str, words: &str, time: &str) -> String {
    format!(
        r#"{{"id":"{id}","media_type":"TEXT_POST","text":"{words}","timestamp":"{time}","permalink":"https://www.threads.net/@club/post/{id}","is_quote_post":false}}"#
    )
}

fn listed(entries: &[String]) -> Event {
    ok(&format!(r#"{{"data":[{}]}}"#, entries.join(",")))
}

/// Up to the lost publishing call.
fn lost(more: Vec<Event>) -> Vec<Event> {
    let mut script = vec![id("11"), status("FINISHED"), Event::Lost];
    script.extend(more);
    script
}

fn post(more: Vec<Event>) -> String {
    threads(text("We open at nine. #news"), lost(more))
}

#[test]
fn lost_and_published() {
    let ours = entry("21", "We open at nine. news", "2027-01-15T08:00:04+0000");
    let other = entry("22", "Something else", "2027-01-15T08:00:05+0000");
    assert_snapshot!(post(vec![
        status("PUBLISHED"),
        listed(&[other, ours]),
        link("21")
    ]));
}

#[test]
fn lost_and_not_published() {
    assert_snapshot!(post(vec![
        status("FINISHED"),
        status("FINISHED"),
        status("FINISHED"),
        listed(&[]),
        id("21"),
        link("21"),
    ]));
}

/// Container and list contradict each other: it may be ours or its twin, so a person looks.
#[test]
fn lost_and_listed_though_the_container_says_finished() {
    let ours = entry("21", "We open at nine. #news", "2027-01-15T08:00:04+0000");
    let told = post(vec![
        status("FINISHED"),
        status("FINISHED"),
        status("FINISHED"),
        listed(&[ours]),
    ]);
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    assert!(told.contains("ASK: "), "{told}");
}

#[test]
fn lost_and_the_id_names_a_post_now() {
    let ours = entry("21", "We open at nine. #news", "2027-01-15T08:00:04+0000");
    let told = post(vec![http(400, NO_FIELD), listed(&[ours]), link("21")]);
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    assert!(told.contains("=> found"), "{told}");
}

/// Published, but never listed: it is out, and that is said; nothing is published again.
#[test]
fn lost_published_and_never_listed() {
    assert_snapshot!(post(vec![status("PUBLISHED"), ok(NONE), ok(NONE), ok(NONE)]));
}

/// The next part of a thread needs the id: it is looked for longer, then a person is asked, and never republished.
#[test]
fn lost_published_and_never_listed_within_a_thread() {
    let content = Content {
        segments: vec![segment("One"), segment("Two")],
        ..Content::default()
    };
    let mut script = lost(vec![status("PUBLISHED")]);
    script.extend((0..5).map(|_| ok(NONE)));
    script.push(Event::NotOut);
    script.extend((0..5).map(|_| ok(NONE)));
    script.extend([
        Event::Out(Some("21".to_owned())),
        link("21"),
        id("12"),
        status("FINISHED"),
        id("22"),
        link("22"),
    ]);
    let told = threads(content, script);
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    assert!(told.contains("reply_to_id = 21"), "{told}");
    assert!(told.ends_with("done [21, https://www.threads.net/@club/post/21, 1 of 2] [22, https://www.threads.net/@club/post/22, 2 of 2]\n"), "{told}");
}

#[test]
fn lost_and_two_candidates_ask_a_person() {
    let entries = ["21", "22"].map(|n| entry(n, "We open at nine. #news", "2027-01-15T08:00:04+0000"));
    assert_snapshot!(post(vec![
        status("FINISHED"),
        status("FINISHED"),
        status("FINISHED"),
        listed(&entries),
        Event::NotOut,
        id("23"),
        link("23"),
    ]));
}

/// A picture without words.
fn bare() -> Segment {
    Segment {
        media: vec![media(1, "door", "image/jpeg", None)],
        ..segment("")
    }
}

/// One listed post that fits by its kind and time may be anybody's who uses the account.
#[test]
fn lost_without_words_asks_a_person() {
    let content = Content {
        segments: vec![bare()],
        ..Content::default()
    };
    let theirs = entry("21", "", "2027-01-15T08:00:04+0000").replace("TEXT_POST", "IMAGE");
    let listed = || listed(std::slice::from_ref(&theirs));
    for look in [vec![status("EXPIRED")], vec![http(400, GONE)]] {
        let mut script = lost(look);
        script.push(listed());
        let told = threads(content.clone(), script);
        assert!(
            told.contains("ASK: ") && told.contains("no words to tell it by"),
            "{told}"
        );
        assert!(!told.contains("=> found"), "{told}");
    }
    // What the container itself says is certain; which post it is is not.
    let told = threads(content, lost(vec![status("PUBLISHED"), listed()]));
    assert!(told.ends_with(
        "  => found\ndone [id unknown]\nnote: Threads says that it is published, but it has no words to tell it from others by, so its id is not known\n"
    ), "{told}");
}

/// The next part would answer somebody else's post.
#[test]
fn lost_without_words_within_a_thread_asks_for_the_id() {
    let content = Content {
        segments: vec![bare(), segment("Two")],
        ..Content::default()
    };
    let script = lost(vec![
        status("PUBLISHED"),
        Event::NotOut,
        Event::Out(Some("21".to_owned())),
        link("21"),
        id("12"),
        status("FINISHED"),
        id("22"),
        link("22"),
    ]);
    let told = threads(content, script);
    assert_eq!(told.matches("ASK: part 1 is out").count(), 2, "{told}");
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    assert!(told.contains("reply_to_id = 21"), "{told}");
}

#[test]
fn lost_and_the_container_is_dead() {
    for word in ["ERROR", "EXPIRED"] {
        let told = post(vec![
            status(word),
            ok(NONE),
            id("12"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ]);
        assert!(told.contains("=> not out"), "{told}");
        assert!(told.contains("creation_id = 12"), "{told}");
    }
}

/// No statement: three rounds over five minutes, then a new container (threads.md 8).
#[test]
fn lost_and_the_container_is_not_found() {
    assert_snapshot!(post(vec![
        http(400, GONE),
        ok(NONE),
        http(400, GONE),
        ok(NONE),
        http(400, GONE),
        ok(NONE),
        id("12"),
        status("FINISHED"),
        id("21"),
        link("21"),
    ]));
}

#[test]
fn server_errors_on_publish_are_looked_up() {
    for (status_code, body) in [
        (500, SERVER),
        (400, SERVER),
        (503, "Sorry, something went wrong."),
        (200, "<html>"),
        (200, "{}"),
        (
            400,
            r#"{"error":{"message":"An unknown error occurred","type":"OAuthException","code":1,"error_subcode":99}}"#,
        ),
        (400, RESTRICTED),
        (429, RESTRICTED),
        (500, RESTRICTED),
        (500, GONE),
    ] {
        let script = vec![
            id("11"),
            status("FINISHED"),
            http(status_code, body),
            status("PUBLISHED"),
        ];
        let told = threads(text("Hi"), script);
        let doubted = told.contains("=> unclear") || told.contains("=> doubtful");
        assert!(doubted, "{status_code} {body}: {told}");
        assert!(told.contains("=> found"), "{status_code} {body}: {told}");
        assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    }
}

/// A suspicion of spam lasts a day at least: what proved not to be out waits for its end, the whole account with it, and
/// however short the wait is that the answer itself speaks of.
#[test]
fn restricted_and_not_published() {
    for restricted in [
        http(400, RESTRICTED),
        Event::RetryAfter(429, 300, RESTRICTED.to_owned()),
    ] {
        let told = threads(
            text("Hi"),
            vec![
                id("11"),
                status("FINISHED"),
                restricted,
                status("FINISHED"),
                status("FINISHED"),
                ok(NONE),
                // A day later.
                ok(NONE),
                id("12"),
                status("FINISHED"),
                id("21"),
                link("21"),
            ],
        );
        assert!(
            told.contains("=> limited (whole account): Threads says"),
            "{told}"
        );
        assert_eq!(told.matches("=> limited").count(), 1, "{told}");
        assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
        assert!(
            told.contains("creation_id = 12"),
            "the first one has expired: {told}"
        );
        assert!(told.contains("done [21,"), "{told}");
    }
}

/// Once may be chance; more looks like a suspicion of spam and waits longer, and in the end a person is asked.
#[test]
fn lost_again_and_again() {
    let mut script = vec![id("11"), status("FINISHED")];
    for _ in 0..5 {
        script.extend([
            Event::Lost,
            status("EXPIRED"),
            ok(NONE),
            id("11"),
            status("FINISHED"),
        ]);
    }
    let told = threads(text("Hi"), script);
    let waits: Vec<&str> = told
        .lines()
        .filter_map(|l| l.split("[create container] wait ").nth(1))
        .collect();
    assert_eq!(waits, ["1h", "1d", "1d"], "{told}");
    assert!(
        told.contains("ASK: the answer to the publishing call was lost"),
        "{told}"
    );
}

#[test]
fn not_found_when_published() {
    assert_snapshot!(threads(
        text("Hi"),
        vec![
            id("11"),
            status("FINISHED"),
            http(400, GONE),
            status("FINISHED"),
            id("12"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ],
    ));
}

/// It is not found when it is asked either, which says nothing: own posts are (threads.md 8).
#[test]
fn not_found_at_all() {
    let gone = || http(400, GONE);
    let script = |more: Vec<Event>| {
        let mut script = vec![id("11"), status("FINISHED"), gone(), gone()];
        script.extend(more);
        script
    };
    let ours = entry("21", "Hi", "2027-01-15T08:00:04+0000");
    let told = threads(
        text("Hi"),
        script(vec![ok(NONE), gone(), listed(&[ours]), link("21")]),
    );
    assert!(told.contains("=> found"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    let none = vec![
        ok(NONE),
        gone(),
        ok(NONE),
        gone(),
        ok(NONE),
        id("12"),
        status("FINISHED"),
        id("21"),
        link("21"),
    ];
    assert_snapshot!(threads(text("Hi"), script(none)));
}

#[test]
fn not_found_four_times_is_refused() {
    let mut script = Vec::new();
    for _ in 0..4 {
        script.extend([id("11"), status("FINISHED"), http(400, GONE), status("FINISHED")]);
    }
    script.push(status("FINISHED"));
    let told = threads(text("Hi"), script);
    assert!(told.contains("=> refused"), "{told}");
    assert!(told.contains("nothing live]"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 4, "{told}");
}

#[test]
fn a_limit_with_its_own_time() {
    let body = r#"{"error":{"message":"Too many calls","type":"OAuthException","code":613}}"#;
    let script = vec![
        id("11"),
        status("FINISHED"),
        Event::RetryAfter(429, 90, body.to_owned()),
        id("21"),
        link("21"),
    ];
    let told = threads(text("Hi"), script);
    assert!(told.contains("=> limited (whole account)"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
}

#[test]
fn a_broken_thread_keeps_what_is_live() {
    let content = Content {
        segments: vec![segment("One"), segment("Two")],
        ..Content::default()
    };
    let denied = r#"{"error":{"message":"Application does not have permission for this action","type":"OAuthException","code":10}}"#;
    let told = threads(
        content,
        vec![
            id("11"),
            status("FINISHED"),
            id("21"),
            link("21"),
            http(403, denied),
        ],
    );
    assert!(told.contains("=> blocked"), "{told}");
    assert!(
        told.contains("live: [21, https://www.threads.net/@club/post/21, 1 of 2]"),
        "{told}"
    );
}

#[test]
fn lost_reply_is_looked_for_among_replies() {
    let content = Content {
        reply_to: Some("900".to_owned()),
        ..text("Indeed")
    };
    let ours = r#"{"id":"21","media_type":"TEXT_POST","text":"Indeed","timestamp":"2027-01-15T08:00:04+0000","replied_to":{"id":"900"}}"#;
    let other = r#"{"id":"22","media_type":"TEXT_POST","text":"Indeed","timestamp":"2027-01-15T08:00:04+0000","replied_to":{"id":"901"}}"#;
    let told = threads(
        content,
        lost(vec![
            status("PUBLISHED"),
            listed(&[ours.to_owned(), other.to_owned()]),
            link("21"),
        ]),
    );
    assert!(told.contains("GET {api_base}/v1.0/1784/replies?"), "{told}");
    assert!(told.contains("done [21,"), "{told}");
}

#[test]
fn lost_repost() {
    let content = || Content {
        repost: Some("777".to_owned()),
        ..Content::default()
    };
    let ours = r#"{"id":"31","media_type":"REPOST_FACADE","timestamp":"2027-01-15T08:00:04+0000","reposted_post":{"id":"777"}}"#;
    let told = threads(content(), vec![Event::Lost, ok(NONE), listed(&[ours.to_owned()])]);
    assert!(told.ends_with("  => found\ndone [31]\n"), "{told}");
    assert_snapshot!(threads(
        content(),
        vec![Event::Lost, ok(NONE), ok(NONE), ok(NONE), Event::NotOut, id("31")]
    ));
}

/// A list that is full, no list, or one that may not be read, proves nothing.
#[test]
fn lists_that_prove_nothing() {
    let full: Vec<String> = (0..100)
        .map(|n| entry(&n.to_string(), "x", "2027-01-15T08:00:04+0000"))
        .collect();
    let dead = |list: Event| post(vec![status("EXPIRED"), list]);
    assert!(dead(listed(&full)).contains("ASK: "));
    assert!(dead(ok("{}")).contains("=> unclear"));
    assert!(dead(ok("[")).contains("=> unclear"));
    let denied = dead(http(400, r#"{"error":{"message":"no","code":10}}"#));
    assert!(
        denied.contains("=> blocked") && denied.contains("in doubt"),
        "{denied}"
    );
}

/// Old posts with the same words are not ours; nor are ones much later.
#[test]
fn the_time_must_fit() {
    for time in ["2027-01-15T07:58:00+0000", "2027-01-15T09:00:00+0000"] {
        let told = post(vec![
            status("EXPIRED"),
            listed(&[entry("20", "We open at nine. #news", time)]),
        ]);
        assert!(told.contains("=> not out"), "{time}: {told}");
    }
}
