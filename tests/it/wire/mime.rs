//! The bytes of a message.

use crier::core::call::{Attachment, Mail, MailPhase};
use crier::domain::media::MediaId;
use crier::domain::time::Timestamp;
use crier::wire::mime::{Unbuilt, build};

use super::support::{Shelf, write_file};

fn mail() -> Mail {
    Mail {
        message_id: "<crier.01j.news.0@example.org>".into(),
        date: Timestamp::from_secs(1_800_000_000),
        from: "Zeitung, Die \"Neue\" <news@example.org>".into(),
        reply_to: Some("büro <office@bücher.example>".into()),
        to: vec!["Ann <a@example.net>".into(), "b@example.net".into()],
        subject: "Grüße & mehr".into(),
        text: "Hallo\n.punkt\n".into(),
        html: Some("<p>Grüße <img src=\"cid:media0@crier\" alt=\"Ein Bild\"></p>".into()),
        attachments: vec![
            attachment(0, "bild.png", "image/png", true),
            attachment(1, "Fakt\u{fa}ra \"1\".pdf", "application/pdf", false),
        ],
        in_reply_to: Some("<parent@example.org>".into()),
        headers: vec![
            ("Auto-Submitted".into(), "auto-generated".into()),
            (
                "List-Unsubscribe".into(),
                format!("<https://example.org/u/{}>", "x".repeat(90)),
            ),
        ],
    }
}

fn attachment(id: u32, name: &str, mime: &str, inline: bool) -> Attachment {
    Attachment {
        id: MediaId(id),
        name: name.into(),
        mime: mime.into(),
        alt: inline.then(|| "Ein Bild,\nzweite Zeile".into()),
        inline,
    }
}

fn shelf(dir: &std::path::Path) -> Shelf {
    Shelf(vec![
        write_file(dir, "a", b"\x89PNG fake"),
        write_file(dir, "b", b"%PDF\nfake\n"),
    ])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n")
}

#[test]
fn a_rich_message_is_the_same_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = shelf(dir.path());
    let built = build(&mail(), &shelf).unwrap();
    assert_eq!(built, build(&mail(), &shelf).unwrap());
    assert!(!built.utf8);
    insta::assert_snapshot!("rich", text(&built.bytes));
    let mut other = mail();
    other.text.push('x');
    let boundary = |bytes: &[u8]| text(bytes).split("boundary=\"").nth(1).unwrap()[..20].to_owned();
    assert_ne!(
        boundary(&built.bytes),
        boundary(&build(&other, &shelf).unwrap().bytes)
    );
}

#[test]
fn a_plain_message() {
    let mut plain = mail();
    plain.html = None;
    plain.attachments.clear();
    plain.headers.clear();
    plain.from = "news@example.org".into();
    let built = build(&plain, &Shelf(vec![])).unwrap();
    insta::assert_snapshot!("plain", text(&built.bytes));
}

#[test]
fn nothing_becomes_a_header_of_its_own() {
    let evil = [
        "a\r\nBcc: x@example.org",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{85}b",
        "a\u{7f}",
    ];
    for value in evil {
        let mut cases: Vec<(Mail, MailPhase)> = Vec::new();
        let mut case = |phase, change: &dyn Fn(&mut Mail)| {
            let mut mail = mail();
            mail.attachments.truncate(1);
            change(&mut mail);
            cases.push((mail, phase));
        };
        case(MailPhase::Body, &|m| m.subject = value.into());
        case(MailPhase::Sender, &|m| {
            m.from = format!("{value} <a@example.org>")
        });
        case(MailPhase::Sender, &|m| m.from = format!("a@{value}"));
        case(MailPhase::Recipient, &|m| {
            m.to = vec![format!("{value} <a@example.org>")]
        });
        case(MailPhase::Body, &|m| {
            m.reply_to = Some(format!("{value} <a@example.org>"))
        });
        case(MailPhase::Body, &|m| {
            m.message_id = format!("<{value}@example.org>")
        });
        case(MailPhase::Body, &|m| {
            m.in_reply_to = Some(format!("<{value}@example.org>"))
        });
        case(MailPhase::Body, &|m| {
            m.headers = vec![("X-A".into(), value.into())]
        });
        case(MailPhase::Body, &|m| {
            m.headers = vec![("List-Id".into(), value.into())]
        });
        case(MailPhase::Body, &|m| {
            m.headers = vec![(format!("X-{value}"), "a".into())]
        });
        case(MailPhase::Body, &|m| m.attachments[0].name = value.into());
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(dir.path());
        for (n, (mail, phase)) in cases.iter().enumerate() {
            match build(mail, &shelf) {
                Err(Unbuilt::Refused(at, why)) => assert_eq!(at, *phase, "{n}: {why}"),
                other => panic!("{n} {value:?}: {other:?}"),
            }
        }
    }
    for name in [
        "From",
        "bcc",
        "Content-Type",
        "DKIM-Signature",
        "X:Y",
        "",
        "X Y",
        "X\u{e9}",
    ] {
        let mut mail = mail();
        mail.headers = vec![(name.into(), "a".into())];
        mail.attachments.clear();
        assert!(
            matches!(build(&mail, &Shelf(vec![])), Err(Unbuilt::Refused(..))),
            "{name:?}"
        );
    }
}

#[test]
fn any_text_gives_good_lines() {
    let long = "ä".repeat(3000);
    let ascii = "x".repeat(5000);
    for body in [
        long.as_str(),
        &ascii,
        "a\rb\r\nc\nd",
        "",
        "\n\n\n",
        ".",
        "..\n.",
        "\u{feff}",
        "a\0b",
        "tab\tbell\u{7}",
    ] {
        let mut mail = mail();
        mail.text = body.into();
        mail.html = None;
        mail.attachments.clear();
        match build(&mail, &Shelf(vec![])) {
            Ok(built) => {
                assert!(built.bytes.is_ascii() && built.bytes.ends_with(b"\r\n"));
                for line in built.bytes.split(|b| *b == b'\n') {
                    assert!(line.len() <= 999);
                }
            }
            Err(Unbuilt::Refused(MailPhase::Body, _)) => assert!(body.contains('\0'), "{body:?}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_that_changed_its_length_is_trouble() {
    let dir = tempfile::tempdir().unwrap();
    let mut mail = mail();
    mail.attachments = vec![attachment(9, "x", "image/png", false)];
    assert!(matches!(build(&mail, &shelf(dir.path())), Err(Unbuilt::Media(_))));
}
