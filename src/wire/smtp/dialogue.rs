//! The dialogue on a protected connection, step by step, each under its own time limit.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Noop, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use rustls::ClientConfig;
use tokio::time::timeout;

use super::auth::Login;
use super::line::Meter;
use super::{Patience, SmtpSettings, Stop, link, refusal};
use crate::core::call::{MailPhase, MailReply};
use crate::wire::mime::Built;
use crate::wire::trouble::{chain, network, setup};

/// Longest reply kept, in characters.
const REPLY_MAX: usize = 2000;

/// A message and its envelope.
pub(super) struct Letter {
    pub(super) built: Built,
    pub(super) from: Address,
    pub(super) to: Vec<Address>,
}

/// What the server can do, from its EHLO reply.
#[derive(Default)]
struct Abilities {
    /// `SIZE`, and its limit; 0: no fixed one.
    size: Option<u64>,
    eight_bit: bool,
    utf8: bool,
    mechanisms: Vec<String>,
}

/// A dialogue after EHLO.
pub(super) struct Dialogue<'a> {
    connection: AsyncSmtpConnection,
    pub(super) patience: &'a Patience,
    host: &'a str,
    meter: Meter,
    abilities: Abilities,
    server: BTreeMap<String, String>,
}

impl<'a> Dialogue<'a> {
    /// Connects, greets, and reads what the server can do.
    pub(super) async fn open(
        settings: &'a SmtpSettings,
        tls: &Arc<ClientConfig>,
        patience: &'a Patience,
    ) -> Result<Self, Stop> {
        let me = settings
            .helo_name
            .clone()
            .map_or_else(ClientId::default, ClientId::Domain);
        let linked = link::connect(settings, tls, patience, &me.to_string()).await?;
        let hello = AsyncSmtpConnection::connect_with_transport(Box::new(linked.line), &me);
        let connection = timed(&settings.host, MailPhase::Hello, patience.command, hello).await?;
        let mut dialogue = Self {
            connection,
            patience,
            host: &settings.host,
            meter: linked.meter,
            abilities: Abilities::default(),
            server: BTreeMap::from([("tls".to_owned(), linked.protection)]),
        };
        // lettre keeps no SIZE: ask again and read it ourselves.
        let reply = dialogue
            .say(MailPhase::Hello, patience.command, Ehlo::new(me))
            .await?;
        dialogue.learn(&reply.text);
        Ok(dialogue)
    }

    fn learn(&mut self, ehlo: &str) {
        let mut lines = ehlo.lines();
        if let Some(name) = lines.next().and_then(|l| l.split_whitespace().next()) {
            self.server.insert("host".to_owned(), name.to_owned());
        }
        for line in lines {
            let upper = line.to_ascii_uppercase();
            let mut words = upper.split([' ', '=']).filter(|w| !w.is_empty());
            match words.next() {
                Some("SIZE") => {
                    self.abilities.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                }
                Some("8BITMIME") => self.abilities.eight_bit = true,
                Some("SMTPUTF8") => self.abilities.utf8 = true,
                Some("AUTH") => self.abilities.mechanisms.extend(words.map(str::to_owned)),
                Some(_) | None => {}
            }
        }
        if let Some(size) = self.abilities.size {
            self.server.insert("size".to_owned(), size.to_string());
        }
        if !self.abilities.mechanisms.is_empty() {
            self.server
                .insert("auth".to_owned(), self.abilities.mechanisms.join(" "));
        }
    }

    /// Logs in and says NOOP.
    pub(super) async fn check(&mut self, login: &Login) -> Result<MailReply, Stop> {
        self.enter(login).await?;
        self.say(MailPhase::Check, self.patience.command, Noop).await
    }

    /// Logs in and hands the letter over.
    pub(super) async fn deliver(&mut self, login: &Login, letter: &Letter) -> Result<MailReply, Stop> {
        let parameters = self.parameters(letter)?;
        self.enter(login).await?;
        let command = self.patience.command;
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        self.say(MailPhase::Sender, command, mail).await?;
        for to in &letter.to {
            self.say(MailPhase::Recipient, command, Rcpt::new(to.clone(), Vec::new()))
                .await?;
        }
        let go = self.say(MailPhase::Data, self.patience.data, Data).await?;
        if go.code != 354 {
            return Err(Stop::Reply(go));
        }
        self.message(&letter.built.bytes).await
    }

    async fn enter(&mut self, login: &Login) -> Result<(), Stop> {
        let login = login.among(&self.abilities.mechanisms).map_err(|wanted| {
            let offered = match self.abilities.mechanisms.as_slice() {
                [] => "no login at all".to_owned(),
                some => some.join(", "),
            };
            Stop::NotSent(setup(format!(
                "{} does not take AUTH {wanted}; it offers {offered}",
                self.host
            )))
        })?;
        self.log_in(login).await
    }

    /// Parameters of MAIL; refuses what the server has said it will not take.
    fn parameters(&self, letter: &Letter) -> Result<Vec<MailParameter>, Stop> {
        let mut parameters = Vec::new();
        let length = letter.built.bytes.len();
        if let Some(limit) = self.abilities.size {
            if limit > 0 && length as u64 > limit {
                return Err(self.refusal(
                    MailPhase::Sender,
                    format!("the message has {length} bytes, {} takes {limit}", self.host),
                ));
            }
            parameters.push(MailParameter::Size(length));
        }
        let foreign = |a: &Address| !<Address as AsRef<str>>::as_ref(a).is_ascii();
        if !self.abilities.utf8 {
            if foreign(&letter.from) || letter.built.utf8 {
                return Err(self.refusal(
                    MailPhase::Sender,
                    format!(
                        "an address has letters beyond ASCII, which {} does not take (SMTPUTF8)",
                        self.host
                    ),
                ));
            }
            if let Some(to) = letter.to.iter().find(|a| foreign(a)) {
                return Err(self.refusal(
                    MailPhase::Recipient,
                    format!(
                        "{to} has letters beyond ASCII, which {} does not take (SMTPUTF8)",
                        self.host
                    ),
                ));
            }
        } else if letter.built.utf8 || foreign(&letter.from) || letter.to.iter().any(foreign) {
            parameters.push(MailParameter::SmtpUtfEight);
            if self.abilities.eight_bit {
                parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
            }
        }
        Ok(parameters)
    }

    fn refusal(&self, phase: MailPhase, text: String) -> Stop {
        match refusal(phase, text) {
            Stop::Reply(reply) => Stop::Reply(MailReply {
                server: self.server.clone(),
                ..reply
            }),
            other => other,
        }
    }

    /// The message, dot-stuffed, and the final dot. What fails without a reply is lost, unless the count of
    /// bytes proves that the dot was not yet on its way (email.md 8.1).
    async fn message(&mut self, bytes: &[u8]) -> Result<MailReply, Stop> {
        // lettre ends the last line itself.
        let body = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let begun = self.meter.bytes();
        let stuffed = stuffed_length(body);
        let blocks = u32::try_from(body.len() / (1024 * 1024) + 1).unwrap_or(u32::MAX);
        let limit = self.patience.dot + self.patience.block.saturating_mul(blocks);
        let ended = timeout(limit, self.connection.message(body)).await;
        let complete = self.meter.bytes().saturating_sub(begun) >= stuffed;
        let broken = |why: String| {
            if complete {
                Stop::Lost(format!("no reply after the message: {why}"))
            } else {
                Stop::NotSent(network(format!(
                    "the message was not handed over to its end: {why}"
                )))
            }
        };
        match ended {
            Err(_) => Err(broken(format!("nothing came within {} s", limit.as_secs()))),
            Ok(Ok(response)) => {
                let reply = self.reply(MailPhase::Body, &response);
                // lettre counts 3xx as good; after a message it is none.
                if (200..300).contains(&reply.code) {
                    Ok(reply)
                } else {
                    Err(Stop::Lost(format!(
                        "a reply that makes no sense after the message: {}",
                        reply.code
                    )))
                }
            }
            Ok(Err(error)) => match refused(&error) {
                Some((code, text)) => Err(Stop::Reply(self.mail_reply(MailPhase::Body, code, text))),
                None => Err(broken(chain(&error))),
            },
        }
    }

    /// One command and its reply; a refusal is an error.
    pub(super) async fn say<C: Display>(
        &mut self,
        phase: MailPhase,
        patience: Duration,
        command: C,
    ) -> Result<MailReply, Stop> {
        match timed(self.host, phase, patience, self.connection.command(command)).await {
            Ok(response) => Ok(self.reply(phase, &response)),
            Err(Stop::Reply(reply)) => Err(Stop::Reply(MailReply {
                server: self.server.clone(),
                ..reply
            })),
            Err(other) => Err(other),
        }
    }

    fn reply(&self, phase: MailPhase, response: &Response) -> MailReply {
        let lines: Vec<&str> = response.message().collect();
        self.mail_reply(phase, response.code().into(), lines.join("\n"))
    }

    fn mail_reply(&self, phase: MailPhase, code: u16, text: String) -> MailReply {
        MailReply {
            phase,
            code,
            text: text.chars().take(REPLY_MAX).collect(),
            server: self.server.clone(),
        }
    }

    /// QUIT, where the server still listens; then the connection is dropped. Never lettre's `abort()` or
    /// `quit()`: they wait without limit. In the background: an accepted message is to be written down now.
    pub(super) fn leave(self, end: &Result<MailReply, Stop>) {
        let patience = self.patience.quit;
        match end {
            Ok(_) | Err(Stop::Reply(_)) => {
                let mut connection = self.connection;
                tokio::spawn(async move { timeout(patience, connection.command(Quit)).await.is_ok() });
            }
            Err(Stop::NotSent(_) | Stop::Lost(_)) => {}
        }
    }
}

/// A step before the message: whatever breaks, nothing was sent.
async fn timed<T>(
    host: &str,
    phase: MailPhase,
    patience: Duration,
    step: impl Future<Output = Result<T, Error>>,
) -> Result<T, Stop> {
    match timeout(patience, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(match refused(&error) {
            Some((code, text)) => Stop::Reply(MailReply {
                phase,
                code,
                text: text.chars().take(REPLY_MAX).collect(),
                server: BTreeMap::new(),
            }),
            None => Stop::NotSent(network(format!(
                "the dialogue with {host} broke: {}",
                chain(&error)
            ))),
        }),
        Err(_) => Err(Stop::NotSent(network(format!(
            "{host} was silent for {} s",
            patience.as_secs()
        )))),
    }
}

/// The server's own words in an error, when that is what it is.
fn refused(error: &Error) -> Option<(u16, String)> {
    let code = error.status()?;
    let text = std::error::Error::source(error).map(ToString::to_string);
    Some((code.into(), text.unwrap_or_default()))
}

/// The length that lettre will write before the final line: each line that begins with a dot gets another.
fn stuffed_length(body: &[u8]) -> u64 {
    let mut dots = u64::from(body.starts_with(b"."));
    dots += body.windows(3).filter(|w| w == b"\r\n.").count() as u64;
    body.len() as u64 + dots
}
