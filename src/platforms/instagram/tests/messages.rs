//! Messages (instagram.md 5, 8).

use insta::assert_snapshot;

use super::{jpeg, own, page, with_files};
use crate::domain::post::{Content, Kind};
use crate::platforms::tests::{Event, http, ok};

fn message(words: &str, file: bool) -> Content {
    let files = if file { vec![jpeg(0, None)] } else { Vec::new() };
    Content {
        to: vec!["777".to_owned()],
        ..with_files(Kind::Message, words, files)
    }
}

fn sent(mid: &str) -> Event {
    ok(&format!(r#"{{"recipient_id":"777","message_id":"{mid}"}}"#))
}

fn talk(messages: &[&str]) -> Event {
    ok(&format!(
        r#"{{"data":[{{"id":"aWdf","updated_time":"2027-01-15T08:00:02+0000","messages":{{"data":[{}]}}}}]}}"#,
        messages.join(",")
    ))
}

const OURS: &str = r#"{"id":"mid.2","message":"Hello","from":{"id":"1784","username":"club"},"created_time":"2027-01-15T08:00:01+0000"}"#;
const THEIRS: &str = r#"{"id":"mid.1","message":"Hello","from":{"id":"777","username":"anna"},"created_time":"2027-01-15T08:00:01+0000"}"#;

/// Words and a file are two messages.
#[test]
fn words_and_a_picture() {
    assert_snapshot!(own(message("Hello", true), vec![sent("mid.1"), sent("mid.2")]));
}

#[test]
fn through_a_page() {
    assert_snapshot!(page(message("Hello", false), vec![sent("mid.1")]));
}

#[test]
fn outside_the_window() {
    let closed = r#"{"error":{"message":"(#10) This message is sent outside of allowed window.","type":"OAuthException","code":10,"error_subcode":2534022}}"#;
    let told = own(message("Hello", false), vec![http(400, closed)]);
    assert!(told.contains("=> refused: "), "{told}");
    assert!(told.contains("24 hours after the person last wrote"), "{told}");
    let stranger = r#"{"error":{"message":"No matching user found","type":"OAuthException","code":100,"error_subcode":2018001}}"#;
    let told = own(message("Hello", false), vec![http(400, stranger)]);
    assert!(told.contains("=> refused: "), "{told}");
    assert!(told.contains("[nothing live]"), "{told}");
}

#[test]
fn lost_and_in_the_conversation() {
    assert_snapshot!(own(
        message("Hello", false),
        vec![Event::Lost, talk(&[THEIRS]), talk(&[OURS, THEIRS])]
    ));
}

/// Three looks over five minutes, then once more; not a third time.
#[test]
fn lost_and_not_in_the_conversation() {
    let round = || vec![Event::Lost, talk(&[THEIRS]), talk(&[THEIRS]), talk(&[THEIRS])];
    let mut script = round();
    script.extend(round());
    let told = own(message("Hello", false), script);
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    assert!(told.contains("=> not out"), "{told}");
    assert!(told.contains("ASK: the answer to the message was lost"), "{told}");
}

/// A conversation that is not shown proves nothing: the message may be in it.
#[test]
fn lost_and_the_conversation_hidden() {
    let hidden = r#"{"data":[{"id":"aWdf","updated_time":"2027-01-15T08:00:02+0000"}]}"#;
    let other =
        r#"{"id":"mid.7","message":"Hi","from":{"id":"5"},"created_time":"2027-01-15T07:00:01+0000"}"#;
    let empty = || ok(r#"{"data":[]}"#);
    for last in [empty(), ok(hidden), talk(&[]), talk(&[other])] {
        let told = own(
            message("Hello", false),
            vec![Event::Lost, empty(), empty(), last, Event::NotOut, sent("mid.1")],
        );
        assert!(!told.contains("=> not out"), "{told}");
        assert!(
            told.contains("ASK: ") && told.contains("does not show the conversation"),
            "{told}"
        );
        assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    }
}

/// A file has no words to tell it by.
#[test]
fn a_lost_file_asks_a_person() {
    let file =
        r#"{"id":"mid.9","message":"","from":{"id":"1784"},"created_time":"2027-01-15T08:00:01+0000"}"#;
    let told = own(
        message("Hello", true),
        vec![
            sent("mid.1"),
            Event::Lost,
            talk(&[file, OURS]),
            Event::Out(Some("mid.9".to_owned())),
        ],
    );
    assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    assert!(told.ends_with("done [mid.1, text] [mid.9, file]\n"), "{told}");
}

#[test]
fn a_conversation_that_cannot_be_read_asks_a_person() {
    let told = own(
        message("Hello", false),
        vec![
            Event::Lost,
            http(400, r#"{"error":{"message":"x","code":100}}"#),
            Event::NotOut,
            sent("mid.1"),
        ],
    );
    assert!(told.contains("ASK: "), "{told}");
    assert!(told.ends_with("done [mid.1]\n"), "{told}");
}
