//! Mail: one letter or several, and what servers say.

use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::mail::RecipientRule;

use super::{Cast, Kind, Steps, no_switches, nobody_by_hand, nothing_before, plain_words};
use crate::sim::faults::Fault;
use crate::sim::scene::{letter, picture};

const STEPS: Steps = Steps {
    commit: "smtp.dot",
    nth: 1,
    nths: &[1],
    quiet: &[],
    looks: &[],
};

pub static CAST: Cast = Cast {
    platform: "email",
    accounts: &["news"],
    options: &[("from", "The News <news@club.example>")],
    scopes: &[],
    facts: &[],
    kinds: &[
        Kind {
            name: "mail",
            content: |text, _| letter(text, &["a@club.example"]),
            steps: STEPS,
        },
        Kind {
            name: "mails",
            content: |text, _| letter(text, &["a@club.example", "bad@club.example", "c@club.example"]),
            steps: Steps {
                nths: &[1, 2, 3],
                ..STEPS
            },
        },
        Kind {
            name: "attachment",
            content: |text, _| {
                let mut content = letter(text, &["a@club.example"]);
                content.segments[0].media = vec![picture(0)];
                content
            },
            steps: STEPS,
        },
        Kind {
            name: "mail-pictures",
            content: |text, _| {
                let mut content = letter(text, &["a@club.example"]);
                content.segments[0].media = vec![picture(0), picture(1)];
                content.segments[0].link = Some("https://club.example/".into());
                content
            },
            steps: STEPS,
        },
        Kind {
            name: "mail-video",
            content: |text, _| {
                let mut content = letter(text, &["a@club.example"]);
                content.segments[0].media = vec![picture(4)];
                content.reply_to = Some("<before@club.example>".into());
                content
            },
            steps: STEPS,
        },
    ],
    prepare: |world| {
        world.mail.settings.recipients = vec![RecipientRule {
            pattern: "bad@*".into(),
            reply: "550 5.1.1 No such user".into(),
        }];
    },
    switches: no_switches,
    before: nothing_before,
    by_hand: nobody_by_hand,
    limits: |_| &["recipients", "messages"],
    repeats: |_| false,
    works_alone: false,
    file_first: false,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: false,
    faults: faults_of,
};

fn faults_of(kind: &Kind) -> Vec<Fault> {
    let line = |text: &str| FaultKind::SmtpReply { line: text.into() };
    let mut all = vec![Fault::new("none", vec![])];
    for nth in kind.steps.nths {
        for (name, step, kind) in [
            (
                "421-connect",
                "smtp.connect",
                line("421 4.7.0 Too many connections"),
            ),
            ("421-dot", "smtp.dot", line("421 4.3.0 Closing")),
            ("451-rcpt", "smtp.rcpt", line("451 4.7.1 Greylisted")),
            ("452-rcpt", "smtp.rcpt", line("452 4.5.3 Too many recipients")),
            ("451-dot", "smtp.dot", line("451 4.3.0 Try again later")),
            ("552-dot", "smtp.dot", line("552 5.3.4 Too big")),
            ("554-dot", "smtp.dot", line("554 5.7.1 Refused")),
            ("535-auth", "smtp.auth", line("535 5.7.8 Not accepted")),
            ("550-rcpt", "smtp.rcpt", line("550 5.1.1 Nobody")),
            ("drop-connect", "smtp.connect", FaultKind::LostBefore),
            ("drop-mail", "smtp.mail", FaultKind::LostBefore),
            ("drop-rcpt", "smtp.rcpt", FaultKind::LostBefore),
            ("drop-data", "smtp.data", FaultKind::LostBefore),
            ("drop-dot", "smtp.dot", FaultKind::LostBefore),
            ("drop-dot-after", "smtp.dot", FaultKind::LostAfter),
            ("hang-dot", "smtp.dot", FaultKind::Hang { applied: false }),
            ("hang-dot-after", "smtp.dot", FaultKind::Hang { applied: true }),
        ] {
            let rules = vec![FaultRule::once(step, kind).at(*nth)];
            let mark = *nth == 1 && name == "drop-dot-after";
            all.push(Fault::new(format!("{name}-{nth}"), rules).marked(mark));
        }
    }
    all
}
