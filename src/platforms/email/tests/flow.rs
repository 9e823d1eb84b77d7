//! Transactions in order: refusals, put-off recipients, lost final dots.

use insta::assert_snapshot;

use super::{mail, to};
use crate::core::call::MailPhase::{Body, Recipient, Sender};
use crate::platforms::tests::{Event, run, smtp, text};

fn accepted() -> Event {
    smtp(Body, 250, "2.0.0 OK queued")
}

#[test]
fn one_recipient() {
    let content = to(text("We open at nine.\n\nCome."), &["a@x.example"]);
    assert_snapshot!(run(&mail(content, &[]), "email", vec![accepted()]));
}

#[test]
fn three_recipients_one_of_them_unknown() {
    let content = to(text("Hi"), &["a@x.example", "b@x.example", "c@x.example"]);
    assert_snapshot!(run(
        &mail(content, &[]),
        "email",
        vec![accepted(), smtp(Recipient, 550, "5.1.1 no such user"), accepted()]
    ));
}

#[test]
fn all_refused_is_refused() {
    let content = to(text("Hi"), &["a@x.example", "b@x.example"]);
    let no = || smtp(Recipient, 550, "5.1.1 no such user");
    let told = run(&mail(content, &[]), "email", vec![no(), no()]);
    assert!(
        told.contains("=> refused: 2 of 2 recipients refused: a@x.example"),
        "{told}"
    );
    assert!(told.contains("nothing live"), "{told}");
}

/// Nothing is resent after a lost final dot: a person is asked, and their word is followed.
#[test]
fn lost_final_dot() {
    let content = || to(text("Hi"), &["a@x.example", "b@x.example"]);
    let told = run(&mail(content(), &[]), "email", vec![Event::Lost]);
    assert_eq!(told.matches("COMMIT").count(), 1, "{told}");
    let out = run(
        &mail(content(), &[]),
        "email",
        vec![Event::Lost, Event::Out(None), accepted()],
    );
    assert_eq!(out.matches("COMMIT").count(), 2, "{out}");
    assert!(
        out.contains("done [id unknown, a@x.example] [2.0.0 OK queued, b@x.example]"),
        "{out}"
    );
    let again = run(
        &mail(content(), &[]),
        "email",
        vec![Event::Lost, Event::NotOut, accepted(), accepted()],
    );
    assert_eq!(again.matches("COMMIT").count(), 3, "{again}");
    assert_eq!(
        again
            .matches("<crier.01jcrier0000000000000000aa.club.0@club.example>")
            .count(),
        2,
        "{again}"
    );
}

/// A recipient that the server puts off does not keep the others waiting.
#[test]
fn greylisted_recipients_come_last() {
    let content = to(text("Hi"), &["a@x.example", "b@x.example"]);
    let busy = || smtp(Recipient, 450, "4.3.0 try later");
    let told = run(
        &mail(content, &[]),
        "email",
        vec![busy(), accepted(), busy(), accepted()],
    );
    assert_snapshot!(told);
}

/// When one of several recipients is refused nobody gets that message: each alone, then.
#[test]
fn several_in_one_message() {
    let content = to(text("Hi"), &["a@x.example", "b@x.example", "c@x.example"]);
    let job = mail(content, &[("recipients_per_message", "2")]);
    let told = run(
        &job,
        "email",
        vec![
            smtp(Recipient, 550, "5.1.1 no such user"),
            smtp(Recipient, 550, "5.1.1 no such user"),
            accepted(),
            accepted(),
        ],
    );
    assert_snapshot!(told);
}

#[test]
fn too_many_recipients_at_once() {
    let content = to(text("Hi"), &["a@x.example", "b@x.example"]);
    let job = mail(content, &[("recipients_per_message", "2")]);
    let told = run(
        &job,
        "email",
        vec![
            smtp(Recipient, 452, "4.5.3 too many recipients"),
            accepted(),
            accepted(),
        ],
    );
    assert!(
        told.ends_with("done [2.0.0 OK queued, a@x.example] [2.0.0 OK queued, b@x.example]\n"),
        "{told}"
    );
}

#[test]
fn refusals_of_all() {
    let content = || to(text("Hi"), &["a@x.example", "b@x.example"]);
    for (event, word) in [
        (smtp(Sender, 550, "5.7.60 not allowed"), "=> blocked"),
        (
            smtp(crate::core::call::MailPhase::Auth, 535, "5.7.8 no"),
            "=> reauthorise",
        ),
        (smtp(Body, 554, "5.6.0 malformed"), "=> refused"),
        (smtp(Body, 354, "go on"), "=> unclear"),
    ] {
        let told = run(&mail(content(), &[]), "email", vec![event]);
        assert!(told.contains(word), "{told}");
    }
    let limited = run(
        &mail(content(), &[]),
        "email",
        vec![smtp(Sender, 550, "5.4.5 Daily limit"), accepted(), accepted()],
    );
    assert!(limited.contains("=> limited (whole account)"), "{limited}");
}

/// The largest list keeps its state within bounds, whatever the server says.
#[test]
fn a_long_list_with_a_talkative_server() {
    let all: Vec<String> = (0..400).map(|n| format!("r{n}@x.example")).collect();
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let script: Vec<Event> = (0..400)
        .map(|n| match n % 7 {
            0 => smtp(Recipient, 550, &format!("5.1.1 {}", "\"ü".repeat(2000))),
            _ => smtp(Body, 250, &"\"\\ä".repeat(2000)),
        })
        .collect();
    let job = mail(to(text("Hi"), &names), &[]);
    // The runner asserts STATE_MAX at every step.
    let told = run(&job, "email", script);
    assert!(
        told.contains("note: 58 of 400 recipients refused"),
        "{}",
        &told[told.len() - 3000..]
    );
}

#[test]
fn nobody_to_send_to() {
    let told = run(&mail(text("Hi"), &[]), "email", vec![]);
    assert!(told.starts_with("ASK: there is no recipient"), "{told}");
    let told = run(
        &mail(text("Hi"), &[("to", "a@x.example, A@X.example; b@x.example")]),
        "email",
        vec![accepted(), accepted()],
    );
    assert!(
        told.ends_with("done [2.0.0 OK queued, a@x.example] [2.0.0 OK queued, b@x.example]\n"),
        "{told}"
    );
}
