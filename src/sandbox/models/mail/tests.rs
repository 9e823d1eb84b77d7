//! Table-like tests of the dialogue (email.md 2.1, 4, 7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Auth, Mail, MailOutcome, MailPhase, Reaction, Session, StartTls};
use crate::sandbox::faults::{FaultKind, FaultRule, Faults};

const NOW: i64 = 1_767_225_600_000;
const MESSAGE: &[u8] =
    b"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nFrom: <a@x.example>\r\nMessage-ID: <1@x.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello\r\n";

struct Desk {
    mail: Mail,
    faults: Faults,
    session: Session,
}

impl Desk {
    fn new(tls: bool) -> Self {
        Self {
            mail: Mail::new(),
            faults: Faults::new(1),
            session: Session::new(tls),
        }
    }

    fn line(&mut self, line: &str) -> Reaction {
        self.session.on_line(
            &mut self.mail,
            &mut self.faults,
            format!("{line}\r\n").as_bytes(),
            NOW,
        )
    }

    /// The first nine letters of the answer to the last line.
    fn talk(&mut self, lines: &[&str]) -> String {
        let mut last = String::new();
        for line in lines {
            last = match self.line(line) {
                Reaction::Say(text)
                | Reaction::StartTls(text)
                | Reaction::Body(text)
                | Reaction::Close(text) => text,
                other => format!("{other:?}"),
            };
        }
        last.chars().take(9).collect::<String>().trim_end().to_owned()
    }
}

fn login() -> String {
    format!(
        "AUTH PLAIN {}",
        STANDARD.encode("\0crier@sandbox.example\0sandbox")
    )
}

#[test]
fn the_ehlo_list_follows_the_settings() {
    let mut desk = Desk::new(false);
    let Reaction::Say(plain) = desk.line("EHLO me.example") else {
        panic!()
    };
    for word in [
        "250-SIZE 35882577",
        "250-8BITMIME",
        "250-STARTTLS",
        "250-AUTH PLAIN LOGIN XOAUTH2",
        "250-ENHANCEDSTATUSCODES",
        "250 SMTPUTF8",
    ] {
        assert!(plain.contains(&format!("{word}\r\n")), "{word} in {plain}");
    }
    desk.mail.settings.starttls = StartTls::Required;
    let Reaction::Say(bare) = desk.line("EHLO me.example") else {
        panic!()
    };
    assert!(!bare.contains("AUTH"), "AUTH comes after STARTTLS");
    desk.session.encrypted();
    let Reaction::Say(inside) = desk.line("EHLO me.example") else {
        panic!()
    };
    assert!(inside.contains("AUTH") && !inside.contains("STARTTLS"));
}

#[test]
fn commands_have_an_order() {
    let auth = login();
    #[rustfmt::skip]
    let cases: &[(&[&str], &str)] = &[
        (&["MAIL FROM:<a@x.example>"], "503 5.5.1"),
        (&["EHLO"], "501 5.5.4"),
        (&["EHLO me", "MAIL FROM:<a@x.example>"], "530 5.7.0"),
        (&["EHLO me", &auth], "235 2.7.0"),
        (&["EHLO me", &auth, &auth], "503 5.5.1"),
        (&["EHLO me", &auth, "RCPT TO:<b@x.example>"], "503 5.5.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example> SIZE=99999999"], "552 5.3.4"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example> SIZE=100 BODY=8BITMIME"], "250 2.1.0"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example> RET=FULL"], "555 5.5.4"),
        (&["EHLO me", &auth, "MAIL FROM:a@x.example"], "501 5.5.4"),
        (&["EHLO me", &auth, "MAIL FROM:<ä@x.example>"], "553 5.6.7"),
        (&["EHLO me", &auth, "MAIL FROM:<ä@x.example> SMTPUTF8"], "250 2.1.0"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "MAIL FROM:<a@x.example>"], "503 5.5.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "DATA"], "503 5.5.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<unknown@x.example>"], "550 5.1.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<a@nowhere.example>"], "550 5.1.2"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<full@x.example>"], "452 4.2.2"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<later@x.example>"], "451 4.7.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<b>"], "501 5.1.3"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<unknown@x.example>", "DATA"], "503 5.5.1"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RCPT TO:<b@x.example>", "DATA"], "354 Go ah"),
        (&["EHLO me", &auth, "MAIL FROM:<a@x.example>", "RSET", "RCPT TO:<b@x.example>"], "503 5.5.1"),
        (&["NOOP"], "250 2.0.0"),
        (&["QUIT"], "221 2.0.0"),
        (&["HELP"], "502 5.5.1"),
    ];
    for (lines, expected) in cases {
        assert_eq!(Desk::new(true).talk(lines), *expected, "{lines:?}");
    }
}

#[test]
fn logging_in_by_all_three_ways() {
    let encode = |text: &str| STANDARD.encode(text);
    let good = encode("user=crier@sandbox.example\u{1}auth=Bearer sandbox-token\u{1}\u{1}");
    let bad = encode("user=crier@sandbox.example\u{1}auth=Bearer old\u{1}\u{1}");
    let (user, password) = (encode("crier@sandbox.example"), encode("sandbox"));
    let plain = encode("\0crier@sandbox.example\0sandbox");
    let cases: Vec<(Vec<String>, &str)> = vec![
        (vec!["AUTH PLAIN".into(), plain.clone()], "235 2.7.0"),
        (vec![format!("AUTH PLAIN {}", encode("\0a\0b"))], "535 5.7.8"),
        (vec!["AUTH PLAIN ???".into()], "501 5.5.2"),
        (vec!["AUTH LOGIN".into()], "334 VXNlc"),
        (
            vec!["AUTH LOGIN".into(), user.clone(), password.clone()],
            "235 2.7.0",
        ),
        (vec![format!("AUTH LOGIN {user}"), encode("no")], "535 5.7.8"),
        (vec![format!("AUTH XOAUTH2 {good}")], "235 2.7.0"),
        (vec!["AUTH XOAUTH2".into(), good], "235 2.7.0"),
        (vec![format!("AUTH XOAUTH2 {bad}")], "334 eyJzd"),
        (vec![format!("AUTH XOAUTH2 {bad}"), String::new()], "535 5.7.8"),
        (vec!["AUTH CRAM-MD5".into()], "504 5.5.4"),
    ];
    for (lines, expected) in cases {
        let mut desk = Desk::new(true);
        desk.line("EHLO me");
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(desk.talk(&lines), expected, "{lines:?}");
    }
    let mut desk = Desk::new(false);
    desk.mail.settings.starttls = StartTls::Required;
    assert_eq!(desk.talk(&["EHLO me", &login()]), "538 5.7.1");
    assert_eq!(desk.talk(&["MAIL FROM:<a@x.example>"]), "530 5.7.0");
    desk.mail.settings.max_command = 20;
    assert_eq!(
        desk.talk(&["AUTH XOAUTH2 0123456789"]),
        "500 5.5.2",
        "some servers keep to short lines"
    );
}

#[test]
fn the_message_is_judged_at_its_dot() {
    let with = |body: &[u8]| [b"From: <a@x.example>\r\n\r\n", body].concat();
    let long = [&[b'x'; 999][..], b"\r\n"].concat();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (MESSAGE.to_vec(), "250 2.0.0"),
        (with(b"..a\r\n"), "250 2.0.0"),
        (with(b"a\nb\r\n"), "521 5.5.2"),
        (with(&long), "500 5.6.0"),
        (with("ä\r\n".as_bytes()), "554 5.6.1"),
        (b"Subject: x\r\n\r\n".to_vec(), "554 5.6.0"),
    ];
    for (message, expected) in cases {
        let mut desk = Desk::new(true);
        desk.talk(&[
            "EHLO me",
            &login(),
            "MAIL FROM:<a@x.example>",
            "RCPT TO:<b@x.example>",
            "DATA",
        ]);
        let reaction = desk
            .session
            .on_message(&mut desk.mail, &mut desk.faults, &message, NOW);
        let (Reaction::Say(text) | Reaction::Close(text)) = reaction else {
            panic!("{reaction:?}")
        };
        assert!(text.starts_with(expected), "{text}");
        assert_eq!(desk.mail.messages().len(), usize::from(expected.starts_with('2')));
    }
    let mut desk = Desk::new(true);
    let bare = desk
        .session
        .on_line(&mut desk.mail, &mut desk.faults, b"EHLO me\n", NOW);
    assert!(matches!(bare, Reaction::Close(text) if text.starts_with("521")));
}

#[test]
fn what_is_stored_can_be_counted() {
    let mut mail = Mail::new();
    let auth = Auth::Plain {
        user: "crier@sandbox.example".into(),
        password: "sandbox".into(),
    };
    let to = ["b@x.example".to_owned(), "c@x.example".to_owned()];
    let outcome = mail.transact(&mut Faults::new(1), "a@x.example", &to, MESSAGE, &auth, NOW);
    assert!(outcome.accepted(), "{outcome:?}");
    let stored = &mail.messages()[0];
    assert_eq!(
        (stored.rcpts.len(), stored.tls, &stored.bytes[..]),
        (2, true, MESSAGE)
    );
    assert_eq!(stored.complaints, Vec::<String>::new());
    assert_eq!(
        (
            mail.copies("<1@x.example>", "c@x.example"),
            mail.copies("<2@x.example>", "c@x.example")
        ),
        (1, 0)
    );
}

#[test]
fn quotas_and_senders_refuse_as_gmail_and_exchange_do() {
    let auth = Auth::XOAuth2 {
        user: "crier@sandbox.example".into(),
        token: "sandbox-token".into(),
    };
    let to = ["b@x.example".to_owned()];
    let mut mail = Mail::new();
    mail.settings.day_quota = Some(1);
    let send =
        |mail: &mut Mail, now| mail.transact(&mut Faults::new(1), "a@x.example", &to, MESSAGE, &auth, now);
    assert!(send(&mut mail, NOW).accepted());
    let over = send(&mut mail, NOW + 86_399_999);
    assert!(
        matches!(&over, MailOutcome::Answered { phase: MailPhase::Mail, reply } if reply.starts_with("550 5.4.5")),
        "{over:?}"
    );
    assert!(send(&mut mail, NOW + 86_400_000).accepted());
    mail.settings.senders = vec!["other@x.example".to_owned()];
    let denied = send(&mut mail, NOW + 200_000_000);
    assert!(
        matches!(&denied, MailOutcome::Answered { phase: MailPhase::Mail, reply } if reply.starts_with("550 5.7.60")),
        "{denied:?}"
    );
    mail.settings.tokens.clear();
    let refused = send(&mut mail, NOW);
    assert!(
        matches!(&refused, MailOutcome::Answered { phase: MailPhase::Auth, reply } if reply.starts_with("535 5.7.8")),
        "{refused:?}"
    );
}

#[test]
fn faults_strike_each_step() {
    let reply = |line: &str| FaultKind::SmtpReply {
        line: line.to_owned(),
    };
    let answered = |phase, reply: &str| MailOutcome::Answered {
        phase,
        reply: reply.to_owned(),
    };
    #[rustfmt::skip]
    let cases = [
        ("smtp.connect", reply("421 4.3.0 Closing"), answered(MailPhase::Connect, "421 4.3.0 Closing"), 0),
        ("smtp.connect", FaultKind::LostBefore, MailOutcome::Dropped { phase: MailPhase::Connect, applied: false }, 0),
        ("smtp.auth", reply("535 5.7.8 No"), answered(MailPhase::Auth, "535 5.7.8 No"), 0),
        ("smtp.mail", reply("451 4.3.0 Later"), answered(MailPhase::Mail, "451 4.3.0 Later"), 0),
        ("smtp.rcpt", reply("552 5.2.2 Full"), answered(MailPhase::Rcpt, "552 5.2.2 Full"), 0),
        ("smtp.data", FaultKind::Hang { applied: true }, MailOutcome::Hang { phase: MailPhase::Data, applied: false }, 0),
        ("smtp.dot", reply("451 4.4.2 Later"), answered(MailPhase::Dot, "451 4.4.2 Later"), 0),
        ("smtp.dot", FaultKind::LostBefore, MailOutcome::Dropped { phase: MailPhase::Dot, applied: false }, 0),
        ("smtp.dot", FaultKind::LostAfter, MailOutcome::Dropped { phase: MailPhase::Dot, applied: true }, 1),
        ("smtp.dot", FaultKind::Hang { applied: true }, MailOutcome::Hang { phase: MailPhase::Dot, applied: true }, 1),
        ("smtp.dot", FaultKind::Hang { applied: false }, MailOutcome::Hang { phase: MailPhase::Dot, applied: false }, 0),
    ];
    let auth = Auth::Plain {
        user: "crier@sandbox.example".into(),
        password: "sandbox".into(),
    };
    for (step, kind, expected, stored) in cases {
        let mut mail = Mail::new();
        let mut faults = Faults::new(1);
        faults.add(FaultRule::once(step, kind));
        let to = ["b@x.example".to_owned()];
        assert_eq!(
            mail.transact(&mut faults, "a@x.example", &to, MESSAGE, &auth, NOW),
            expected,
            "{step}"
        );
        assert_eq!(mail.messages().len(), stored, "{step}");
        assert!(
            mail.transact(&mut faults, "a@x.example", &to, MESSAGE, &auth, NOW)
                .accepted(),
            "only once"
        );
    }
}
