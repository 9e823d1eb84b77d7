//! Lost answers, failing containers, limits: the procedure of instagram.md 8 and the classes of 7.

use insta::assert_snapshot;

use super::{clip, id, jpeg, link, own, photo, status, with_files};
use crate::domain::post::Kind;
use crate::platforms::tests::{Event, http, ok};

const GONE: &str = r#"{"error":{"message":"Media ID is not available","type":"OAuthException","code":24,"error_subcode":2207008,"is_transient":false}}"#;
const SERVER: &str = r#"{"error":{"message":"An unexpected error has occurred.","type":"OAuthException","code":2,"is_transient":true}}"#;
const NONE: &str = r#"{"data":[]}"#;

fn entry(id: &str, words: &str, time: &str) -> String {
    format!(
        r#"{{"id":"{id}","media_type":"IMAGE","media_product_type":"FEED","caption":"{words}","timestamp":"{time}","permalink":"https://www.instagram.com/p/{id}/"}}"#
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
    own(photo("We open at nine. #news @anna"), lost(more))
}

fn commits(told: &str) -> usize {
    told.matches("COMMIT").count()
}

#[test]
fn lost_and_published() {
    let ours = entry("21", "We open at nine. #news @anna", "2027-01-15T08:00:04+0000");
    let other = entry("22", "Something else", "2027-01-15T08:00:05+0000");
    assert_snapshot!(post(vec![
        status("PUBLISHED"),
        listed(&[other, ours]),
        link("21")
    ]));
}

/// Captions may come back without `@` (instagram.md 8).
#[test]
fn lost_and_listed_without_at_signs() {
    let ours = entry("21", "We open at nine. #news anna", "2027-01-15T08:00:04+0000");
    let told = post(vec![status("PUBLISHED"), listed(&[ours]), link("21")]);
    assert!(
        told.ends_with("done [21, https://www.instagram.com/p/21/]\n"),
        "{told}"
    );
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
    let ours = entry("21", "We open at nine. #news @anna", "2027-01-15T08:00:04+0000");
    let told = post(vec![
        status("FINISHED"),
        status("FINISHED"),
        status("FINISHED"),
        listed(&[ours]),
    ]);
    assert_eq!(commits(&told), 1, "{told}");
    assert!(told.contains("ASK: "), "{told}");
}

/// Published, but never listed: it is out, and that is said; nothing is published again.
#[test]
fn lost_published_and_never_listed() {
    assert_snapshot!(post(vec![status("PUBLISHED"), ok(NONE), ok(NONE), ok(NONE)]));
}

/// Two with the same words: published, and which one a person sees.
#[test]
fn lost_published_and_listed_twice() {
    let twins = ["21", "22"].map(|n| entry(n, "We open at nine. #news @anna", "2027-01-15T08:00:04+0000"));
    let told = post(vec![status("PUBLISHED"), listed(&twins)]);
    assert_eq!(commits(&told), 1, "{told}");
    assert!(told.contains("done [id unknown]\nnote: "), "{told}");
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

/// No statement: three rounds over five minutes, then a new container (instagram.md 8, meta-common.md 12).
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

/// Without words a post is told from another by its time alone: that is no proof.
#[test]
fn lost_and_only_the_time_tells() {
    let story = || with_files(Kind::Story, "", vec![jpeg(0, None)]);
    let one = r#"{"data":[{"id":"21","media_type":"IMAGE","timestamp":"2027-01-15T08:00:04+0000"}]}"#;
    let told = own(story(), lost(vec![http(400, GONE), ok(one)]));
    assert!(
        told.contains("GET {api_base}/v25.0/1784/stories?fields=id,media_type,timestamp,permalink"),
        "{told}"
    );
    assert!(told.contains("ASK: "), "{told}");
    // When the container says that it is out, it is; but the one that is listed may be another's, while ours is not yet.
    let told = own(story(), lost(vec![status("PUBLISHED"), ok(one)]));
    assert!(
        told.contains("done [id unknown]\nnote: ") && told.contains("no words to tell it by"),
        "{told}"
    );
    // So no first comment goes below it.
    let mut picture = with_files(Kind::Post, "", vec![jpeg(0, None)]);
    picture.first_comment = Some("The first!".to_owned());
    let one = one.replace("IMAGE\"", "IMAGE\",\"media_product_type\":\"FEED\"");
    let told = own(picture, lost(vec![status("PUBLISHED"), ok(&one)]));
    assert!(!told.contains("/comments"), "{told}");
    assert!(told.contains("the first comment was not written"), "{told}");
}

/// Kind and number of items count too.
#[test]
fn lost_and_another_kind_with_the_same_words() {
    let words = "We open at nine. #news @anna";
    let time = "2027-01-15T08:00:04+0000";
    let reel = format!(
        r#"{{"id":"22","media_type":"VIDEO","media_product_type":"REELS","caption":"{words}","timestamp":"{time}"}}"#
    );
    let early = entry("23", words, "2027-01-15T07:58:00+0000");
    let told = post(vec![
        status("PUBLISHED"),
        listed(&[reel, early, entry("21", words, time)]),
        link("21"),
    ]);
    assert!(
        told.ends_with("done [21, https://www.instagram.com/p/21/]\n"),
        "{told}"
    );
    let album = |id: &str, n: usize| {
        let children = vec![r#"{"id":"9"}"#; n].join(",");
        format!(
            r#"{{"id":"{id}","media_type":"CAROUSEL_ALBUM","media_product_type":"FEED","caption":"Two","timestamp":"{time}","children":{{"data":[{children}]}}}}"#
        )
    };
    let script = vec![
        id("11"),
        id("12"),
        status("FINISHED"),
        status("FINISHED"),
        id("13"),
        status("FINISHED"),
        Event::Lost,
        status("PUBLISHED"),
        listed(&[album("22", 3), album("21", 2)]),
        link("21"),
    ];
    let told = own(
        with_files(Kind::Post, "Two", vec![jpeg(0, None), clip(1)]),
        script,
    );
    assert!(told.contains("done [21"), "{told}");
}

/// A page that is full and does not reach back may hide it.
#[test]
fn lost_among_too_many() {
    let many: Vec<String> = (0..25)
        .map(|n| entry(&format!("5{n}"), "x", "2027-01-15T08:00:04+0000"))
        .collect();
    let told = post(vec![http(400, GONE), listed(&many)]);
    assert!(told.contains("ASK: ") && told.contains("too much"), "{told}");
    let old: Vec<String> = (0..25)
        .map(|n| entry(&format!("5{n}"), "x", "2027-01-14T08:00:04+0000"))
        .collect();
    let told = post(vec![http(400, GONE), listed(&old)]);
    assert!(!told.contains("ASK: "), "{told}");
}

/// instagram.md 8: every error but 9007, 100, 10, 190 and 200–299 is looked up before anything is said. postiz#1681:
/// the post was live behind 4/2207051.
#[test]
fn errors_on_publish_are_looked_up() {
    let error = |inner: &str| format!(r#"{{"error":{{"message":"m","type":"OAuthException",{inner}}}}}"#);
    for (code, body) in [
        (500, SERVER.to_owned()),
        (400, SERVER.to_owned()),
        (503, "Sorry, something went wrong.".to_owned()),
        (200, "<html>".to_owned()),
        (200, "{}".to_owned()),
        (400, error(r#""code":1,"error_subcode":99"#)),
        (400, error(r#""code":4,"error_subcode":2207051"#)),
        (400, error(r#""code":4"#)),
        (400, error(r#""code":9,"error_subcode":2207042"#)),
        (400, error(r#""code":80002"#)),
        (400, error(r#""code":25,"error_subcode":2207050"#)),
        (400, error(r#""code":-1,"error_subcode":2207001"#)),
        (400, error(r#""code":36003,"error_subcode":2207009"#)),
        (400, error(r#""code":31337"#)),
        (500, GONE.to_owned()),
    ] {
        let script = vec![
            id("11"),
            status("FINISHED"),
            http(code, &body),
            status("PUBLISHED"),
        ];
        let told = own(photo("Hi"), script);
        let limit = ["\"code\":4", "2207042", "80002"]
            .iter()
            .any(|l| body.contains(l));
        let word = if limit { "=> doubtful" } else { "=> unclear" };
        assert!(told.contains(word), "{code} {body}: {told}");
        assert!(told.contains("=> found"), "{code} {body}: {told}");
        assert_eq!(commits(&told), 1, "{told}");
    }
    for (inner, word) in [
        (r#""code":10"#, "blocked"),
        (r#""code":200"#, "blocked"),
        (r#""code":190"#, "reauthorise"),
        (r#""code":190,"error_subcode":459"#, "blocked"),
        (r#""code":100"#, "refused"),
    ] {
        let told = own(
            photo("Hi"),
            vec![id("11"), status("FINISHED"), http(400, &error(inner))],
        );
        assert!(told.contains(&format!("=> {word}")), "{inner}: {told}");
    }
}

/// instagram.md 7: 4/2207051 is "rate-limited, look first": the look comes at once, the next call when the limit is over.
#[test]
fn a_limit_is_waited_for_after_the_look() {
    let limit = r#"{"error":{"message":"spam","type":"OAuthException","code":4,"error_subcode":2207051}}"#;
    let script = vec![
        id("11"),
        status("FINISHED"),
        http(400, limit),
        status("FINISHED"),
        status("FINISHED"),
        ok(NONE),
        ok(NONE),
        id("21"),
        link("21"),
    ];
    let told = own(photo("Hi"), script);
    assert_eq!(commits(&told), 2, "{told}");
    let looked = told.find("=> doubtful: ").unwrap();
    let waited = told.find("=> limited (whole account): ").unwrap();
    let again = told.rfind("COMMIT").unwrap();
    assert!(looked < waited && waited < again, "{told}");
    assert!(told.contains("done [21"), "{told}");
}

/// A restriction that comes again after the look proved that nothing is out is told.
#[test]
fn a_restriction_is_told_after_the_look() {
    let restricted =
        r#"{"error":{"message":"restricted","type":"OAuthException","code":25,"error_subcode":2207050}}"#;
    let told = own(
        photo("Hi"),
        vec![
            id("11"),
            status("FINISHED"),
            http(400, restricted),
            status("FINISHED"),
            status("FINISHED"),
            status("FINISHED"),
            ok(NONE),
            http(400, restricted),
        ],
    );
    assert!(told.contains("=> blocked: Instagram says “restricted”"), "{told}");
}

#[test]
fn not_ready_is_polled_again() {
    let body = r#"{"error":{"message":"Media ID is not available","type":"OAuthException","code":9007,"error_subcode":2207027}}"#;
    let told = own(
        photo("Hi"),
        vec![
            id("11"),
            status("FINISHED"),
            http(400, body),
            status("IN_PROGRESS"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ],
    );
    assert_eq!(told.matches("creation_id = 11").count(), 2, "{told}");
    assert!(told.contains("done [21"), "{told}");
}

/// 24: the container first, the same one twice more, then a new one (instagram.md 7).
#[test]
fn not_found_when_published() {
    let mut script = vec![id("11"), status("FINISHED")];
    for _ in 0..2 {
        script.extend([http(400, GONE), status("FINISHED")]);
    }
    script.extend([
        http(400, GONE),
        status("FINISHED"),
        id("12"),
        status("FINISHED"),
        id("21"),
        link("21"),
    ]);
    assert_snapshot!(own(photo("Hi"), script));
    let told = own(
        photo("Hi"),
        vec![id("11"), status("FINISHED"), http(400, GONE), status("PUBLISHED")],
    );
    assert_eq!(commits(&told), 1, "{told}");
    assert!(told.contains("=> found"), "{told}");
    // The container is not found either: own posts are asked before a new one is made.
    let told = own(
        photo("Hi"),
        vec![
            id("11"),
            status("FINISHED"),
            http(400, GONE),
            http(400, GONE),
            ok(NONE),
        ],
    );
    assert!(told.contains("GET {api_base}/v25.0/1784/media?"), "{told}");
}

fn failing(words: &str, times: usize) -> String {
    let mut script = Vec::new();
    for _ in 0..times {
        script.push(id("11"));
        script.push(ok(&format!(
            r#"{{"id":"11","status_code":"ERROR","status":"Error: {words}"}}"#
        )));
    }
    own(photo("Hi"), script)
}

/// The reason stands in `status`, by its number (meta-common.md 4.3).
#[test]
fn containers_that_fail() {
    for (words, tries, end) in [
        ("failed with error code 2207001", 4, "refused"),
        ("failed with error code 2207052", 4, "refused"),
        ("failed with error code 2207077", 4, "refused"),
        ("no number at all", 4, "refused"),
        ("failed with error code 2207026", 1, "refused"),
        ("2207009: aspect ratio", 1, "refused"),
        ("2207050: restricted", 1, "blocked"),
    ] {
        let told = failing(words, 9);
        assert_eq!(told.matches("image_url").count(), tries, "{words}: {told}");
        assert!(told.contains(&format!("=> {end}: ")), "{words}: {told}");
    }
    let told = failing("2207051: spam", 1);
    assert!(told.contains("wait 24h") || told.contains("wait 1d"), "{told}");
}

#[test]
fn media_that_cannot_be_fetched() {
    let body = r#"{"error":{"message":"The media could not be fetched from this URI","type":"OAuthException","code":9004,"error_subcode":2207052}}"#;
    let told = own(photo("Hi"), (0..9).map(|_| http(400, body)).collect());
    assert_eq!(told.matches("image_url").count(), 4, "{told}");
    assert!(told.contains("wait 10s"), "{told}");
    assert!(
        told.contains("public URL") || told.contains("must be public"),
        "{told}"
    );
}

#[test]
fn an_expired_container_is_made_anew() {
    let told = own(
        photo("Hi"),
        vec![
            id("11"),
            status("EXPIRED"),
            id("12"),
            status("FINISHED"),
            id("21"),
            link("21"),
        ],
    );
    assert!(told.contains("creation_id = 12"), "{told}");
}

/// Once may be chance; more of them wait longer, and in the end a person is asked.
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
    let told = own(photo("Hi"), script);
    assert_eq!(commits(&told), 5, "{told}");
    assert!(
        told.contains("ASK: ") && told.contains("again and again"),
        "{told}"
    );
}

#[test]
fn a_person_says_so() {
    let told = post(vec![
        status("FINISHED"),
        status("FINISHED"),
        status("FINISHED"),
        listed(&[entry(
            "21",
            "We open at nine. #news @anna",
            "2027-01-15T08:00:04+0000",
        )]),
        Event::Out(Some("21".to_owned())),
        link("21"),
    ]);
    assert!(
        told.ends_with("done [21, https://www.instagram.com/p/21/]\n"),
        "{told}"
    );
}
