//! The SMTP client: what is said in each mode, and what each ending means.

use std::time::Duration;

use crier::core::call::{Answer, Mail, MailCall, MailPhase, MailReply, Reply, SecretName, TroubleKind};
use crier::domain::time::Timestamp;
use crier::wire::{MailAuth, MailTls, Patience, SmtpSettings, SmtpWire, Transcript};

use super::mail_server::{AfterDot, MailServer, Script};
use super::support::{Keys, Shelf, certificate, write_file};

const PASSWORD: &str = "pass word MARKED";
const TOKEN: &str = "ya29.tokenMARKED";
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn keys() -> Keys {
    Keys::with(&[(SecretName::Password, PASSWORD), (SecretName::AccessToken, TOKEN)])
}

fn settings(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".into(),
        port,
        tls: MailTls::None,
        username: "me@example.org".into(),
        auth: MailAuth::Plain,
        helo_name: Some("crier.example.org".into()),
        ca_file: None,
    }
}

fn quick() -> Patience {
    let short = Duration::from_millis(400);
    Patience {
        connect: short,
        tls: short,
        command: short,
        data: short,
        block: Duration::from_millis(50),
        dot: short,
        quit: short,
    }
}

fn letter() -> MailCall {
    MailCall {
        from: "news@example.org".into(),
        to: vec!["a@example.net".into()],
        mail: Mail {
            message_id: "<crier.1.news.0@example.org>".into(),
            date: NOW,
            from: "The News <news@example.org>".into(),
            reply_to: None,
            to: vec!["a@example.net".into()],
            subject: "Hello".into(),
            text: "Dear all,\n.a dot\n\n.\nend\n".into(),
            html: None,
            attachments: vec![],
            in_reply_to: None,
            headers: vec![("Auto-Submitted".into(), "auto-generated".into())],
        },
    }
}

async fn send_with(settings: SmtpSettings, call: &MailCall) -> (Answer, Transcript) {
    let wire = SmtpWire::new(settings).unwrap().with_patience(quick());
    let (answer, transcript) = wire.send(call, NOW, &keys(), &Shelf(vec![])).await;
    let said = format!("{answer:?} {transcript}");
    for secret in ["MARKED", "cGFzcyB3b3JkIE1BUktFR", "TUFSS0VE"] {
        assert!(!said.contains(secret), "{said}");
    }
    (answer, transcript)
}

async fn send(script: Script) -> (Answer, MailServer) {
    let server = MailServer::start(script).await;
    let (answer, _) = send_with(settings(server.port), &letter()).await;
    (answer, server)
}

fn mail(answer: Answer) -> MailReply {
    match answer {
        Answer::Answered(Reply::Mail(reply)) => reply,
        other => panic!("{other:?}"),
    }
}

fn kind(answer: Answer) -> (TroubleKind, String) {
    match answer {
        Answer::NotSent(trouble) => (trouble.kind, trouble.why),
        other => panic!("{other:?}"),
    }
}

/// What the server heard, once it has heard `last`.
async fn heard(server: &MailServer, last: &str) -> Vec<String> {
    let wait = async {
        loop {
            let heard = server.heard();
            if heard.iter().any(|l| l == last) {
                return heard;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), wait)
        .await
        .expect(last)
}

#[tokio::test]
async fn a_whole_transaction() {
    let (answer, server) = send(Script::default()).await;
    let reply = mail(answer);
    assert_eq!(
        (reply.phase, reply.code, reply.text.as_str()),
        (MailPhase::Body, 250, "2.0.0 Ok: queued as 4F1B23C04D")
    );
    assert_eq!(reply.server["host"], "mx.example");
    assert_eq!(reply.server["size"], "100000");
    assert_eq!(reply.server["auth"], "LOGIN PLAIN XOAUTH2");
    assert_eq!(reply.server["tls"], "none");
    insta::assert_snapshot!(heard(&server, "QUIT").await.join("\n").replace('\r', "␍"));
}

#[tokio::test]
async fn starttls_implicit_and_ca_file() {
    let dir = tempfile::tempdir().unwrap();
    let (pem, config) = certificate(&["localhost"]);
    let ca = write_file(dir.path(), "ca.pem", pem.as_bytes());
    for (tls, implicit) in [(MailTls::Starttls, false), (MailTls::Implicit, true)] {
        let mut script = Script {
            tls: Some(config.clone()),
            implicit,
            ..Script::default()
        };
        script.abilities.push("STARTTLS");
        let server = MailServer::start(script).await;
        let with = |ca_file| SmtpSettings {
            tls,
            ca_file,
            ..settings(server.port)
        };
        let (answer, _) = send_with(with(Some(ca.clone())), &letter()).await;
        let reply = mail(answer);
        assert_eq!((reply.code, reply.server["tls"].as_str()), (250, "TLS 1.3"));
        let before: Vec<String> = server.heard().into_iter().take_while(|l| l != "(tls)").collect();
        if !implicit {
            assert_eq!(before, ["EHLO crier.example.org", "STARTTLS"]);
        }
        let (answer, transcript) = send_with(with(None), &letter()).await;
        assert_eq!(kind(answer).0, TroubleKind::Setup, "{transcript}");
        assert!(
            transcript.detail.contains("certificate of localhost"),
            "{transcript}"
        );
        let elsewhere = SmtpSettings {
            host: "127.0.0.1".into(),
            ..with(Some(ca.clone()))
        };
        assert_eq!(
            kind(send_with(elsewhere, &letter()).await.0).0,
            TroubleKind::Setup
        );
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_password() {
    let server = MailServer::start(Script::default()).await;
    let settings = SmtpSettings {
        tls: MailTls::Starttls,
        ..settings(server.port)
    };
    let (kind, why) = kind(send_with(settings, &letter()).await.0);
    assert_eq!(kind, TroubleKind::Setup);
    assert!(why.contains("does not offer STARTTLS"), "{why}");
    assert_eq!(
        heard(&server, "(gone)").await,
        ["EHLO crier.example.org", "(gone)"]
    );
}

#[tokio::test]
async fn replies_put_in_before_tls_break_the_handshake() {
    let (pem, config) = certificate(&["localhost"]);
    let dir = tempfile::tempdir().unwrap();
    let mut script = Script {
        tls: Some(config),
        injected: "250-evil.example\r\n250 AUTH PLAIN\r\n",
        ..Script::default()
    };
    script.abilities.push("STARTTLS");
    let server = MailServer::start(script).await;
    let settings = SmtpSettings {
        tls: MailTls::Starttls,
        ca_file: Some(write_file(dir.path(), "ca.pem", pem.as_bytes())),
        ..settings(server.port)
    };
    assert_eq!(
        kind(send_with(settings, &letter()).await.0).0,
        TroubleKind::Network
    );
}

#[test]
fn plain_smtp_is_for_this_machine_only() {
    let far = |host: &str| {
        SmtpWire::new(SmtpSettings {
            host: host.into(),
            ..settings(25)
        })
        .err()
        .map(|t| t.kind)
    };
    assert_eq!(far("192.0.2.1"), Some(TroubleKind::Setup));
    assert_eq!(far("bad host"), Some(TroubleKind::Setup));
    assert_eq!(far("127.0.0.1"), None);
    assert_eq!(far("::1"), None);
}

#[tokio::test]
async fn logins() {
    let cases: [(MailAuth, &[&str], u16, &[&str]); 7] = [
        (MailAuth::Login, &["334 VXNlcm5hbWU6"], 250, &["AUTH LOGIN"]),
        (
            MailAuth::Plain,
            &["535 5.7.8 no"],
            535,
            &["AUTH PLAIN AG1lQGV4YW1wbGUub3JnAHBhc3Mgd29yZCBNQVJLRUQ="],
        ),
        (
            MailAuth::Plain,
            &["454 4.7.0 later cGFzcyB3b3JkIE1BUktFRA=="],
            454,
            &[],
        ),
        (
            MailAuth::Xoauth2,
            &["235 ok"],
            250,
            &["AUTH XOAUTH2 dXNlcj1tZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB5YTI5LnRva2VuTUFSS0VEAQE="],
        ),
        (MailAuth::Xoauth2, &["334 eyJzdGF0dXMiOiI0MDEifQ=="], 535, &[""]),
        (
            MailAuth::Xoauth2,
            &["500 5.5.6 Line too long", "334 "],
            250,
            &[
                "AUTH XOAUTH2",
                "dXNlcj1tZUBleGFtcGxlLm9yZwFhdXRoPUJlYXJlciB5YTI5LnRva2VuTUFSS0VEAQE=",
            ],
        ),
        (MailAuth::None, &[], 250, &[]),
    ];
    for (auth, replies, code, wanted) in cases {
        let mut script = Script::default()
            .saying("bWVAZXhhbXBsZS5vcmc=", &["334 UGFzc3dvcmQ6"])
            .saying("cGFzcyB3b3JkIE1BUktFRA==", &["235 ok"])
            .saying("dXNlcj1", &["235 ok"]);
        if !replies.is_empty() {
            script = script.saying("AUTH", replies);
        }
        let server = MailServer::start(script).await;
        let with = SmtpSettings {
            auth,
            ..settings(server.port)
        };
        let (answer, _) = send_with(with, &letter()).await;
        let heard = server.heard();
        for line in wanted {
            assert!(heard.iter().any(|l| l == line), "{auth:?} {wanted:?}: {heard:?}");
        }
        let reply = mail(answer);
        assert_eq!(reply.code, code, "{auth:?} {replies:?}: {reply:?}");
        assert_eq!(
            reply.phase,
            if code == 250 {
                MailPhase::Body
            } else {
                MailPhase::Auth
            }
        );
    }
}

#[tokio::test]
async fn a_login_that_is_not_offered_is_not_tried() {
    let server = MailServer::start(Script {
        abilities: vec!["AUTH=LOGIN", "auth cram-md5"],
        ..Script::default()
    })
    .await;
    let (kind, why) = kind(send_with(settings(server.port), &letter()).await.0);
    assert_eq!(kind, TroubleKind::Setup);
    assert!(why.contains("it offers LOGIN, CRAM-MD5"), "{why}");
    assert!(!server.heard().iter().any(|l| l.starts_with("AUTH")));
    let old = SmtpSettings {
        auth: MailAuth::Login,
        ..settings(server.port)
    };
    let (answer, _) = send_with(old, &letter()).await;
    assert_eq!(mail(answer).code, 250, "the old form `AUTH=` is understood");
}

#[tokio::test]
async fn the_login_that_the_server_offers() {
    let cases: [(&'static str, Option<&str>); 5] = [
        ("AUTH LOGIN PLAIN XOAUTH2", Some("AUTH PLAIN ")),
        ("AUTH XOAUTH2 LOGIN", Some("AUTH LOGIN")),
        ("AUTH=LOGIN", Some("AUTH LOGIN")),
        ("AUTH OAUTHBEARER XOAUTH2", Some("AUTH XOAUTH2 ")),
        ("AUTH CRAM-MD5", None),
    ];
    for (offer, wanted) in cases {
        let script = Script {
            abilities: vec![offer],
            ..Script::default()
        };
        let script = script
            .saying("AUTH LOGIN", &["334 VXNlcm5hbWU6"])
            .saying("bWVAZXhhbXBsZS5vcmc=", &["334 UGFzc3dvcmQ6"])
            .saying("cGFzcyB3b3JkIE1BUktFRA==", &["235 ok"])
            .saying("AUTH", &["235 ok"]);
        let server = MailServer::start(script).await;
        let with = SmtpSettings {
            auth: MailAuth::Auto,
            ..settings(server.port)
        };
        let (answer, _) = send_with(with, &letter()).await;
        let tried = server.heard().into_iter().find(|l| l.starts_with("AUTH"));
        match wanted {
            Some(wanted) => {
                assert!(tried.is_some_and(|l| l.starts_with(wanted)), "{offer}");
                assert_eq!(mail(answer).code, 250, "{offer}");
            }
            None => {
                assert_eq!(tried, None, "{offer}");
                let (_, why) = kind(answer);
                assert!(
                    why.contains("AUTH PLAIN or LOGIN or XOAUTH2; it offers CRAM-MD5"),
                    "{why}"
                );
            }
        }
    }
}

#[tokio::test]
async fn refusals_of_every_phase() {
    let cases: [(&str, &str, MailPhase, u16); 9] = [
        ("", "554 5.3.2 go away", MailPhase::Connect, 554),
        ("EHLO", "504 5.5.2 bad name", MailPhase::Hello, 504),
        ("AUTH", "535 5.7.8 bad", MailPhase::Auth, 535),
        ("MAIL", "451 4.7.1 greylisted", MailPhase::Sender, 451),
        ("RCPT", "550 5.1.1 nobody", MailPhase::Recipient, 550),
        ("DATA", "452 4.3.1 full", MailPhase::Data, 452),
        ("DATA", "250 what?", MailPhase::Data, 250),
        (
            ".",
            "554-5.6.0 spam\r\n554 5.6.0 \u{1}\u{1b}[1m really",
            MailPhase::Body,
            554,
        ),
        (".", "421 4.3.0 closing", MailPhase::Body, 421),
    ];
    for (command, reply, phase, code) in cases {
        let script = match command {
            "" => Script {
                greeting: reply,
                ..Script::default()
            },
            "." => Script {
                after_dot: AfterDot::Say(reply),
                ..Script::default()
            },
            _ => Script::default().saying(command, &[reply]),
        };
        let (answer, _server) = send(script).await;
        let got = mail(answer);
        assert_eq!((got.phase, got.code), (phase, code), "{got:?}");
        assert!(
            !got.text.contains(|c: char| c.is_control() && c != '\n'),
            "{got:?}"
        );
        assert!(
            got.text.starts_with(reply[4..].split('\r').next().unwrap()),
            "{got:?}"
        );
    }
}

#[tokio::test]
async fn what_breaks_before_the_message_is_not_sent() {
    for command in ["EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        for ending in ["(close)", "(silence)", "what", "25"] {
            let (answer, _server) = send(Script::default().saying(command, &[ending])).await;
            assert_eq!(kind(answer).0, TroubleKind::Network, "{command} {ending}");
        }
    }
    let (answer, _server) = send(Script {
        greeting: "HTTP/1.1 400 Bad Request",
        ..Script::default()
    })
    .await;
    assert!(kind(answer).1.contains("does not speak SMTP"));
}

#[tokio::test]
async fn what_breaks_after_the_final_dot_is_lost() {
    for after_dot in [
        AfterDot::Close,
        AfterDot::Silence,
        AfterDot::Say("what"),
        AfterDot::Say("354 again"),
    ] {
        let (answer, server) = send(Script {
            after_dot,
            ..Script::default()
        })
        .await;
        assert!(
            matches!(&answer, Answer::Lost(why) if why.contains("after the message")),
            "{answer:?}"
        );
        assert!(!server.heard().contains(&"QUIT".to_owned()));
    }
}

#[tokio::test]
async fn a_message_that_broke_off_in_the_middle_is_not_sent() {
    let mut long = letter();
    long.mail.text = "a line of the message that is as long as other lines are too\n".repeat(80_000);
    let server = MailServer::start(Script {
        abilities: vec!["AUTH PLAIN"],
        cut_message_at: Some(1000),
        ..Script::default()
    })
    .await;
    let (answer, _) = send_with(settings(server.port), &long).await;
    let (kind, why) = kind(answer);
    assert_eq!(kind, TroubleKind::Network);
    assert!(why.contains("not handed over to its end"), "{why}");
}

#[tokio::test]
async fn crier_refuses_by_itself_what_the_server_will_not_take() {
    let mut long = letter();
    long.mail.text = "x\n".repeat(60_000);
    let mut foreign_to = letter();
    foreign_to.to = vec!["jürgen@example.net".into()];
    let mut foreign_from = letter();
    foreign_from.mail.from = "Jürgen <jürgen@example.org>".into();
    let mut injected = letter();
    injected.mail.subject = "Hi\r\nBcc: x@example.org".into();
    let mut nobody = letter();
    nobody.to.clear();
    let cases = [
        (long, MailPhase::Sender, "bytes, localhost takes 100000"),
        (foreign_to, MailPhase::Recipient, "SMTPUTF8"),
        (foreign_from, MailPhase::Sender, "SMTPUTF8"),
        (injected, MailPhase::Body, "control character U+000D"),
        (nobody, MailPhase::Sender, "no recipient"),
    ];
    let server = MailServer::start(Script::default()).await;
    for (call, phase, words) in cases {
        let reply = mail(send_with(settings(server.port), &call).await.0);
        assert_eq!((reply.phase, reply.code), (phase, 0), "{reply:?}");
        assert!(reply.text.contains(words), "{reply:?}");
    }
    assert!(
        !server
            .heard()
            .iter()
            .any(|l| l.starts_with("MAIL") || l.starts_with("AUTH"))
    );
}

#[tokio::test]
async fn foreign_letters_where_the_server_takes_them() {
    let mut call = letter();
    call.to = vec!["jürgen@bücher.example".into()];
    let server = MailServer::start(Script {
        abilities: vec!["SIZE", "AUTH PLAIN", "8BITMIME", "SMTPUTF8"],
        ..Script::default()
    })
    .await;
    let (answer, _) = send_with(settings(server.port), &call).await;
    assert_eq!(mail(answer).code, 250);
    let heard = server.heard();
    assert!(
        heard.contains(&"RCPT TO:<jürgen@xn--bcher-kva.example>".to_owned()),
        "{heard:?}"
    );
    assert!(
        heard
            .iter()
            .any(|l| l.starts_with("MAIL") && l.ends_with("SMTPUTF8 BODY=8BITMIME")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn one_refused_recipient_ends_the_transaction() {
    let mut call = letter();
    call.to = vec!["a@example.net".into(), "b@example.net".into()];
    let server = MailServer::start(Script::default().saying("RCPT TO:<b@", &["550 5.1.1 b is nobody"])).await;
    let reply = mail(send_with(settings(server.port), &call).await.0);
    assert_eq!((reply.phase, reply.code), (MailPhase::Recipient, 550));
    assert!(!server.heard().contains(&"DATA".to_owned()));
}

#[tokio::test]
async fn a_check_logs_in_and_leaves() {
    let server = MailServer::start(Script::default()).await;
    let wire = SmtpWire::new(settings(server.port))
        .unwrap()
        .with_patience(quick());
    let (answer, transcript) = wire.check(NOW, &keys()).await;
    let reply = mail(answer);
    assert_eq!((reply.phase, reply.code), (MailPhase::Check, 250));
    assert_eq!(transcript.to_string(), "MAIL check: 250 (2.1.0 OK)");
    let heard = heard(&server, "QUIT").await;
    assert_eq!(heard[heard.len() - 2..], ["NOOP", "QUIT"]);
    let (answer, _) = wire.check(NOW, &Keys::with(&[])).await;
    assert_eq!(kind(answer).0, TroubleKind::Setup);
}

/// Both ends of the house together: a server that was not written for this test.
#[tokio::test]
async fn the_sandbox_takes_it_by_every_way() {
    use crier::sandbox::serve::{Options, start};
    let dir = tempfile::tempdir().unwrap();
    let ca_file = dir.path().join("ca.pem");
    let running = start(Options {
        ca_file: Some(ca_file.clone()),
        ..Options::default()
    })
    .await
    .unwrap();
    let (smtp, smtps) = (running.addresses.smtp, running.addresses.smtps);
    let cases = [
        (MailTls::Starttls, smtp, MailAuth::Plain, "sandbox"),
        (MailTls::Starttls, smtp, MailAuth::Xoauth2, "sandbox-token"),
        (MailTls::Implicit, smtps, MailAuth::Login, "sandbox"),
    ];
    for (tls, at, auth, secret) in cases {
        let wire = SmtpWire::new(SmtpSettings {
            tls,
            auth,
            username: "crier@sandbox.example".into(),
            ca_file: Some(ca_file.clone()),
            ..settings(at.port())
        })
        .unwrap();
        let names = [SecretName::Password, SecretName::AccessToken];
        let good = Keys::with(&names.map(|name| (name, secret)));
        let (answer, _) = wire.send(&letter(), NOW, &good, &Shelf(vec![])).await;
        assert_eq!(
            (mail(answer.clone()).phase, mail(answer).code),
            (MailPhase::Body, 250)
        );
        let bad = Keys::with(&names.map(|name| (name, "wrong-secret")));
        let (answer, _) = wire.send(&letter(), NOW, &bad, &Shelf(vec![])).await;
        assert_eq!(
            (mail(answer.clone()).phase, mail(answer).code),
            (MailPhase::Auth, 535)
        );
    }
    running.stop().await;
}
