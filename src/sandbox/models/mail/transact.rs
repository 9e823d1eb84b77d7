//! A whole transaction in one call, for simulations: the same session, driven as a careful client would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Mail, Reaction, Session, StartTls};
use crate::sandbox::faults::Faults;

/// How a client proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// AUTH PLAIN.
    Plain {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// AUTH XOAUTH2.
    XOAuth2 {
        /// The name.
        user: String,
        /// The bearer token.
        token: String,
    },
}

/// The step in which a transaction stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailPhase {
    /// The greeting.
    Connect,
    /// EHLO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, answered before the message.
    Data,
    /// The final dot.
    Dot,
}

/// What the client sees of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server answered: 2xx in phase `Dot` is acceptance, all else a refusal in this phase.
    Answered {
        /// Where.
        phase: MailPhase,
        /// The reply's last line, without its line end.
        reply: String,
    },
    /// The connection ended without an answer.
    Dropped {
        /// Where.
        phase: MailPhase,
        /// Whether the message was accepted all the same; the client cannot know.
        applied: bool,
    },
    /// No answer ever.
    Hang {
        /// Where.
        phase: MailPhase,
        /// Whether the message was accepted all the same; the client cannot know.
        applied: bool,
    },
}

impl MailOutcome {
    /// Whether the client knows that the message was accepted.
    #[must_use]
    pub fn accepted(&self) -> bool {
        matches!(self, Self::Answered { phase: MailPhase::Dot, reply } if reply.starts_with('2'))
    }
}

impl Mail {
    /// Connects, greets, encrypts when it is offered, logs in, and sends one message. The first refused
    /// recipient ends it, so that nothing is sent.
    pub fn transact(
        &mut self,
        faults: &mut Faults,
        from: &str,
        rcpts: &[String],
        message: &[u8],
        auth: &Auth,
        now_ms: i64,
    ) -> MailOutcome {
        let mut client = Client {
            session: Session::new(false),
            mail: self,
            faults,
            now: now_ms,
        };
        match client.run(from, rcpts, message, auth) {
            Ok(outcome) | Err(outcome) => outcome,
        }
    }
}

struct Client<'a> {
    session: Session,
    mail: &'a mut Mail,
    faults: &'a mut Faults,
    now: i64,
}

impl Client<'_> {
    fn run(
        &mut self,
        from: &str,
        rcpts: &[String],
        message: &[u8],
        auth: &Auth,
    ) -> Result<MailOutcome, MailOutcome> {
        let greeting = self.session.greeting(self.mail, self.faults);
        expect(greeting, MailPhase::Connect, '2')?;
        self.command(MailPhase::Ehlo, "EHLO client.example", '2')?;
        if self.mail.settings.starttls != StartTls::Absent {
            self.command(MailPhase::StartTls, "STARTTLS", '2')?;
            self.session.encrypted();
            self.command(MailPhase::Ehlo, "EHLO client.example", '2')?;
        }
        self.log_in(auth)?;
        let utf8 = if from.is_ascii() && rcpts.iter().all(|r| r.is_ascii()) {
            ""
        } else {
            " SMTPUTF8"
        };
        let body = if message.is_ascii() { "" } else { " BODY=8BITMIME" };
        self.command(
            MailPhase::Mail,
            &format!("MAIL FROM:<{from}> SIZE={}{body}{utf8}", message.len()),
            '2',
        )?;
        for rcpt in rcpts {
            self.command(MailPhase::Rcpt, &format!("RCPT TO:<{rcpt}>"), '2')?;
        }
        self.command(MailPhase::Data, "DATA", '3')?;
        let last = self
            .session
            .on_dot(self.mail, self.faults, message.to_vec(), self.now);
        let reply = expect(last, MailPhase::Dot, '2')?;
        Ok(MailOutcome::Answered {
            phase: MailPhase::Dot,
            reply,
        })
    }

    fn log_in(&mut self, auth: &Auth) -> Result<(), MailOutcome> {
        match auth {
            Auth::None => Ok(()),
            Auth::Plain { user, password } => {
                let secret = STANDARD.encode(format!("\0{user}\0{password}"));
                self.command(MailPhase::Auth, &format!("AUTH PLAIN {secret}"), '2')
                    .map(drop)
            }
            Auth::XOAuth2 { user, token } => {
                let secret = STANDARD.encode(format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"));
                let first = self.command(MailPhase::Auth, &format!("AUTH XOAUTH2 {secret}"), '2');
                match first {
                    Err(MailOutcome::Answered { reply, .. }) if reply.starts_with("334") => {
                        self.command(MailPhase::Auth, "", '2').map(drop)
                    }
                    other => other.map(drop),
                }
            }
        }
    }

    fn command(&mut self, phase: MailPhase, line: &str, wanted: char) -> Result<String, MailOutcome> {
        let line = format!("{line}\r\n");
        let reaction = self
            .session
            .on_line(self.mail, self.faults, line.as_bytes(), self.now);
        expect(reaction, phase, wanted)
    }
}

fn expect(reaction: Reaction, phase: MailPhase, wanted: char) -> Result<String, MailOutcome> {
    match reaction {
        Reaction::Say(text) | Reaction::StartTls(text) | Reaction::Body(text) | Reaction::Close(text) => {
            let reply = text.lines().last().unwrap_or("").to_owned();
            if reply.starts_with(wanted) {
                Ok(reply)
            } else {
                Err(MailOutcome::Answered { phase, reply })
            }
        }
        Reaction::Drop { applied } => Err(MailOutcome::Dropped { phase, applied }),
        Reaction::Hang { applied } => Err(MailOutcome::Hang { phase, applied }),
    }
}
