//! The only SMTP client: a submission to the account's own server, one transaction on one connection.
//!
//! lettre speaks the dialogue; this module does each step under a time limit of its own (email.md 4.3) and
//! keeps apart what is known when a step fails (email.md 7.3, 8.1): a reply of any phase is an answer; what
//! broke before the final dot began to be written was not sent; what broke after it is lost.

mod auth;
mod dialogue;
mod line;
mod link;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::mime::{self, Unbuilt};
use super::ports::{MediaSource, Secrets};
use super::redact::{Scrubber, printable};
use super::transcript::Transcript;
use super::trouble::setup;
use crate::core::call::{Answer, MailCall, MailPhase, MailReply, Reply, Trouble};
use crate::domain::time::Timestamp;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// Plain at first, then STARTTLS; a server without it is refused. Port 587.
    Starttls,
    /// TLS from the first byte. Port 465.
    Implicit,
    /// None at all: only to this machine.
    None,
}

/// How crier logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailAuth {
    /// Not at all: a mail server on this machine.
    None,
    /// The first of PLAIN and LOGIN that the server offers, with the account's password; where it offers neither, what
    /// the config names can only be an access token, for XOAUTH2.
    Auto,
    /// `AUTH PLAIN` with the account's password.
    Plain,
    /// `AUTH LOGIN` with the account's password.
    Login,
    /// `AUTH XOAUTH2` with the account's access token.
    Xoauth2,
}

/// One account's mail server.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Name or address; the certificate must be for it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: MailTls,
    /// Who logs in; empty with [`MailAuth::None`].
    pub username: String,
    /// How.
    pub auth: MailAuth,
    /// What crier calls itself in EHLO; `None`: this machine's name. Strict servers want a full one.
    pub helo_name: Option<String>,
    /// PEM file of further root certificates, beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// How long each step may take. The defaults are RFC 5321's least values (email.md 4.3).
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// TCP connection, for each address.
    pub connect: Duration,
    /// TLS handshake.
    pub tls: Duration,
    /// Greeting, EHLO, AUTH, MAIL, RCPT: each command until its reply.
    pub command: Duration,
    /// DATA until 354.
    pub data: Duration,
    /// Each mebibyte of the message.
    pub block: Duration,
    /// Final dot until its reply.
    pub dot: Duration,
    /// QUIT; its reply matters to nobody.
    pub quit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let mins = |n: u64| Duration::from_secs(n * 60);
        Self {
            connect: Duration::from_secs(30),
            tls: mins(1),
            command: mins(5),
            data: mins(2),
            block: mins(3),
            dot: mins(10),
            quit: Duration::from_secs(5),
        }
    }
}

/// Why a dialogue ended without the wanted reply.
pub(super) enum Stop {
    /// The server, or crier in its place (code 0), said no.
    Reply(MailReply),
    /// Nothing of the message went out.
    NotSent(Trouble),
    /// The message may have been taken.
    Lost(String),
}

/// The SMTP client of one account.
#[derive(Clone)]
pub struct SmtpWire {
    settings: SmtpSettings,
    tls: Arc<ClientConfig>,
    patience: Patience,
}

impl SmtpWire {
    /// Reads the certificates and checks what can be checked without a connection.
    pub fn new(settings: SmtpSettings) -> Result<Self, Trouble> {
        link::check_settings(&settings)?;
        let tls = tls::config(settings.ca_file.as_deref())?;
        Ok(Self {
            settings,
            tls,
            patience: Patience::default(),
        })
    }

    /// With other time limits; for tests and for servers known to be quick.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// One transaction: connect, log in, MAIL, RCPT, DATA, the message, QUIT. Never tried twice. A reply 2xx
    /// in phase `Body` means accepted; the first refusal of any recipient ends the transaction unsent.
    pub async fn send(
        &self,
        call: &MailCall,
        now: Timestamp,
        secrets: &dyn Secrets,
        media: &dyn MediaSource,
    ) -> (Answer, Transcript) {
        let mut scrub = Scrubber::default();
        let end = match prepare(call, media) {
            Err(stop) => Err(stop),
            Ok(letter) => self.transact(letter, secrets, &mut scrub).await,
        };
        finish("MAIL", now, end, &scrub)
    }

    /// Connects, logs in, says NOOP and leaves: answered in phase `Check` when all is well.
    pub async fn check(&self, now: Timestamp, secrets: &dyn Secrets) -> (Answer, Transcript) {
        let mut scrub = Scrubber::default();
        let end = self.knock(secrets, &mut scrub).await;
        finish("MAIL check", now, end, &scrub)
    }

    async fn transact(
        &self,
        letter: dialogue::Letter,
        secrets: &dyn Secrets,
        scrub: &mut Scrubber,
    ) -> Result<MailReply, Stop> {
        let login = auth::Login::of(&self.settings, secrets, scrub).map_err(Stop::NotSent)?;
        let mut dialogue = dialogue::Dialogue::open(&self.settings, &self.tls, &self.patience).await?;
        let end = dialogue.deliver(&login, &letter).await;
        dialogue.leave(&end);
        end
    }

    async fn knock(&self, secrets: &dyn Secrets, scrub: &mut Scrubber) -> Result<MailReply, Stop> {
        let login = auth::Login::of(&self.settings, secrets, scrub).map_err(Stop::NotSent)?;
        let mut dialogue = dialogue::Dialogue::open(&self.settings, &self.tls, &self.patience).await?;
        let end = dialogue.check(&login).await;
        dialogue.leave(&end);
        end
    }
}

/// The bytes and the envelope, or crier's own refusal.
fn prepare(call: &MailCall, media: &dyn MediaSource) -> Result<dialogue::Letter, Stop> {
    let built = mime::build(&call.mail, media).map_err(|unbuilt| match unbuilt {
        Unbuilt::Refused(phase, why) => refusal(phase, why),
        Unbuilt::Media(trouble) => Stop::NotSent(trouble),
    })?;
    let from = mime::address(&call.from).map_err(|why| refusal(MailPhase::Sender, why))?;
    let to: Vec<_> = call
        .to
        .iter()
        .map(|text| mime::address(text).map_err(|why| refusal(MailPhase::Recipient, why)))
        .collect::<Result<_, _>>()?;
    if to.is_empty() {
        return Err(refusal(MailPhase::Sender, "there is no recipient".to_owned()));
    }
    Ok(dialogue::Letter { built, from, to })
}

fn refusal(phase: MailPhase, text: String) -> Stop {
    Stop::Reply(MailReply {
        phase,
        code: 0,
        text,
        server: std::collections::BTreeMap::new(),
    })
}

fn finish(
    label: &str,
    now: Timestamp,
    end: Result<MailReply, Stop>,
    scrub: &Scrubber,
) -> (Answer, Transcript) {
    let (answer, detail) = match end {
        Ok(reply) | Err(Stop::Reply(reply)) => {
            let reply = scrubbed(reply, scrub);
            let detail = scrub.detail(&reply.text);
            (Answer::Answered(Reply::Mail(reply)), detail)
        }
        Err(Stop::NotSent(trouble)) => {
            let why = scrub.detail(&trouble.why);
            let kind = trouble.kind;
            (
                Answer::NotSent(Trouble {
                    why: why.clone(),
                    kind,
                }),
                why,
            )
        }
        Err(Stop::Lost(why)) => {
            let why = scrub.detail(&why);
            (Answer::Lost(why.clone()), why)
        }
    };
    let transcript = Transcript::of(label, now, &answer, detail);
    (answer, transcript)
}

/// Without secrets and control characters; lines stay lines.
fn scrubbed(mut reply: MailReply, scrub: &Scrubber) -> MailReply {
    let text = scrub.text(&reply.text);
    reply.text = text.lines().map(printable).collect::<Vec<_>>().join("\n");
    reply
}

/// What `tls = "none"` and a host that is not this machine mean together.
fn only_loopback(host: &str) -> Trouble {
    setup(format!(
        "`tls` is off, which is only possible to this machine, and {host} is not: use starttls or implicit TLS"
    ))
}
