//! The message itself: parts, headers, and what a hostile file cannot put into them.

use insta::assert_snapshot;

use super::{mail, to};
use crate::core::call::{Call, MailCall};
use crate::core::flow::{Job, Next};
use crate::domain::post::{Content, Segment};
use crate::platforms::by_name;
use crate::platforms::tests::{START, media, text};

fn first(job: &Job) -> MailCall {
    let p = by_name("email").unwrap();
    match p.next(job, &p.begin(job), START).unwrap() {
        Next::Commit(commit) => match commit.call() {
            Call::Mail(mail) => (**mail).clone(),
            Call::Http(_) | Call::MailCheck => panic!("not a mail"),
        },
        other => panic!("{other:?}"),
    }
}

fn newsletter() -> Content {
    Content {
        markdown: true,
        subject: Some("News, äöü".to_owned()),
        segments: vec![Segment {
            text: "# Hello\n\nWe **open** <script>alert(1)</script> at [nine](https://club.example/?a=1&b=2).\n\n![The door](door.jpg)\n\n![spy](https://evil.example/pixel.gif) [x](javascript:alert(1))\n\n<div onclick=\"x\">raw</div>\n".to_owned(),
            media: vec![
                media(0, "door.jpg", "image/jpeg", Some("The open \"door\" <b>")),
                media(1, "pics/other.png", "image/png", Some("Other <&> \"x\"")),
                media(2, "plan.pdf", "application/pdf", Some("The plan")),
            ],
            link: Some("https://club.example/more".to_owned()),
            ..Segment::default()
        }],
        ..to(text(""), &["\"Doe, Jane\" <jane@x.example>"])
    }
}

#[test]
fn newsletter_to_a_list() {
    let job = mail(
        newsletter(),
        &[
            ("reply_to", "office@club.example"),
            ("list_id", "news.club.example"),
            ("list_unsubscribe", "https://club.example/u?who={recipient}"),
        ],
    );
    let call = first(&job);
    insta::assert_debug_snapshot!(call);
    assert_eq!(first(&job), call, "the same description every time");
}

#[test]
fn html_is_harmless() {
    let html = first(&mail(newsletter(), &[])).mail.html.unwrap();
    for bad in ["<script", "<div", "javascript:", "<img src=\"http"] {
        assert!(!html.contains(bad), "{bad}: {html}");
    }
    assert_snapshot!(html);
}

#[test]
fn plain_mail_with_pictures() {
    let mut content = to(text("Look."), &["a@x.example"]);
    content.segments[0].media = vec![media(0, "x/door.jpg", "image/jpeg", Some("The open door"))];
    let mail = first(&mail(content, &[])).mail;
    assert_eq!(mail.text, "Look.\n\n[door.jpg: The open door]\n");
    assert_eq!(mail.html, None);
    assert_eq!(mail.subject, "Look.");
    assert!(!mail.attachments[0].inline);
    assert_eq!(mail.attachments[0].name, "door.jpg");
}

#[test]
fn members_of_a_list_do_not_see_each_other() {
    let content = || to(text("Hi"), &["a@x.example", "b@x.example"]);
    let options = [
        ("recipients_per_message", "10"),
        ("list_id", "<l.club.example>"),
        ("list_unsubscribe", "https://c.example/{recipient}"),
    ];
    let call = first(&mail(content(), &options));
    assert_eq!(call.to, ["a@x.example", "b@x.example"]);
    assert_eq!(call.mail.to, ["The Club <news@club.example>"]);
    // One address for two recipients cannot name one of them.
    assert!(
        !call
            .mail
            .headers
            .iter()
            .any(|(name, _)| name.starts_with("List-Unsubscribe"))
    );
    let call = first(&mail(content(), &[("recipients_per_message", "10")]));
    assert_eq!(call.mail.to, ["a@x.example", "b@x.example"]);
}

#[test]
fn message_ids_are_good_whatever_the_names() {
    let mut job = mail(
        to(text("Hi"), &["a@x.example"]),
        &[("from", "news@bücher.example")],
    );
    job.delivery.account = crate::domain::id::AccountName::new("a..b.").unwrap();
    assert_eq!(
        first(&job).mail.message_id,
        "<crier.01jcrier0000000000000000aa.a==b=.0@xn--bcher-kva.example>"
    );
}

#[test]
fn subjects_from_the_text() {
    for (words, subject) in [
        ("## Hello *you*\n\nx", "Hello *you*"),
        ("\n\n  First line\nSecond", "First line"),
        ("a\u{7}b", "a b"),
    ] {
        assert_eq!(
            first(&mail(to(text(words), &["a@x.example"]), &[])).mail.subject,
            subject
        );
    }
    let long = first(&mail(to(text(&"x".repeat(500)), &["a@x.example"]), &[]))
        .mail
        .subject;
    assert_eq!(long.chars().count(), 79);
}

/// Header injection: every value that reaches a header is refused with a control character in it.
#[test]
fn injection_is_refused() {
    let p = by_name("email").unwrap();
    for evil in [
        "a\r\nBcc: x@y.example",
        "a\nX: y",
        "a\rb",
        "a\0b",
        "a\u{1b}b",
        "a\u{85}b",
    ] {
        let mut contents = vec![
            Content {
                subject: Some(evil.to_owned()),
                ..text("Hi")
            },
            to(text("Hi"), &[evil]),
            to(text("Hi"), &[&format!("{evil} <a@x.example>")]),
            Content {
                reply_to: Some(format!("<{evil}@x>")),
                ..text("Hi")
            },
        ];
        let mut file = text("Hi");
        file.segments[0].media = vec![media(0, evil, "image/jpeg", None)];
        contents.push(file);
        for content in contents {
            let told = p.check(&content, p.facts(), &std::collections::BTreeMap::new());
            assert!(!told.is_empty(), "{content:?}");
        }
        for key in ["from", "reply_to", "to", "list_id", "list_unsubscribe", "subject"] {
            let mut options = std::collections::BTreeMap::from([
                ("from".to_owned(), "a@x.example".to_owned()),
                ("list_id".to_owned(), "l.x.example".to_owned()),
            ]);
            options.insert(key.to_owned(), format!("x{evil}y@x.example"));
            assert!(
                p.check_options(&options).iter().any(|(k, _)| k == key),
                "{key} {evil:?}"
            );
        }
    }
}

#[test]
fn settings() {
    let p = by_name("email").unwrap();
    let bad = |options: &[(&str, &str)]| {
        let options = options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        p.check_options(&options)
            .into_iter()
            .map(|(k, why)| format!("{k}: {why}"))
            .collect::<Vec<_>>()
    };
    insta::assert_debug_snapshot!([
        bad(&[]),
        bad(&[("from", "The Club")]),
        bad(&[
            ("from", "a@x.example"),
            ("recipients_per_message", "101"),
            ("list_unsubscribe", "https://x.example/")
        ]),
        bad(&[
            ("from", "a@x.example"),
            ("list_id", "news"),
            ("list_unsubscribe", "http://x.example/")
        ]),
        bad(&[
            ("from", "a@x.example"),
            ("list_id", "n.x.example"),
            ("list_unsubscribe", "https://x.example/?a,b")
        ]),
        bad(&[
            ("from", "a@x.example"),
            ("list_id", "n.x.example"),
            ("list_unsubscribe", "https://x.example/{recipient}")
        ]),
    ]);
}

#[test]
fn whom_and_under_what() {
    let p = by_name("email").unwrap();
    let options = |to: &str| {
        std::collections::BTreeMap::from([
            ("from".to_owned(), "a@x.example".to_owned()),
            ("to".to_owned(), to.to_owned()),
        ])
    };
    let told = |content: &Content, to: &str| p.check(content, p.facts(), &options(to));
    assert_eq!(told(&text("Hi"), "b@x.example"), Vec::<String>::new());
    assert!(told(&text("Hi"), "")[0].contains("nobody would get this mail"));
    let mut picture = to(text(""), &["b@x.example"]);
    picture.segments[0].media = vec![media(0, "a.jpg", "image/jpeg", None)];
    assert!(told(&picture, "")[0].contains("no `subject`"));
}
