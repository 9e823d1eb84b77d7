//! One SMTP session, line by line (email.md 2.1, 4.1 to 4.3).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::message;
use super::{Mail, StartTls, StoredMail};
use crate::sandbox::faults::{FaultKind, Faults};

/// What the server does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Says this (one or more lines with their CRLF) and listens on.
    Say(String),
    /// Says this, and the TLS handshake follows.
    StartTls(String),
    /// Says this, and the message follows, up to CRLF `.` CRLF.
    Body(String),
    /// Says this and closes.
    Close(String),
    /// Closes without a word.
    Drop {
        /// Whether the message was accepted all the same.
        applied: bool,
    },
    /// Says nothing, for ever.
    Hang {
        /// Whether the message was accepted all the same.
        applied: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Awaits {
    Command,
    Plain,
    LoginUser,
    LoginPassword(String),
    XOAuth2,
    /// The empty line after a refused XOAUTH2; the error comes only then.
    Regret,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Envelope {
    from: String,
    rcpts: Vec<String>,
    eight_bit: bool,
    utf8: bool,
}

/// One session.
#[derive(Clone, Debug)]
pub struct Session {
    tls: bool,
    greeted: bool,
    user: Option<String>,
    awaits: Awaits,
    envelope: Option<Envelope>,
}

fn say(line: &str) -> Reaction {
    Reaction::Say(format!("{line}\r\n"))
}

impl Session {
    /// A new session; `tls` when the connection is encrypted from its first byte.
    #[must_use]
    pub fn new(tls: bool) -> Self {
        Self {
            tls,
            greeted: false,
            user: None,
            awaits: Awaits::Command,
            envelope: None,
        }
    }

    /// The first words.
    pub fn greeting(&mut self, mail: &Mail, faults: &mut Faults) -> Reaction {
        let fault = faults.strike("smtp.connect", "");
        strike(fault.as_ref())
            .unwrap_or_else(|| say(&format!("220 {} ESMTP sandbox ready", mail.settings.host)))
    }

    /// The connection is encrypted now: all that was learnt before is forgotten (email.md 1.1).
    pub fn encrypted(&mut self) {
        *self = Self::new(true);
    }

    /// One line, with its line end.
    pub fn on_line(&mut self, mail: &mut Mail, faults: &mut Faults, line: &[u8], now_ms: i64) -> Reaction {
        let Some(content) = line.strip_suffix(b"\r\n").filter(|c| !message::has_bare(c)) else {
            return Reaction::Close("521 5.5.2 Error: bare <LF> received\r\n".to_owned());
        };
        if line.len() > mail.settings.max_command {
            self.awaits = Awaits::Command;
            return say("500 5.5.2 Line too long");
        }
        let Ok(text) = std::str::from_utf8(content) else {
            return say("500 5.5.2 Not UTF-8");
        };
        match std::mem::replace(&mut self.awaits, Awaits::Command) {
            Awaits::Command => self.command(mail, faults, text, now_ms),
            Awaits::Plain => self.plain(mail, text),
            Awaits::LoginUser => match decode(text) {
                Some(user) => {
                    self.awaits = Awaits::LoginPassword(user);
                    say("334 UGFzc3dvcmQ6")
                }
                None => say("501 5.5.2 Cannot decode the response"),
            },
            Awaits::LoginPassword(user) => match decode(text) {
                Some(password) => self.check(mail, &user, &password),
                None => say("501 5.5.2 Cannot decode the response"),
            },
            Awaits::XOAuth2 => self.xoauth2(mail, text),
            Awaits::Regret => say("535 5.7.8 Username and Password not accepted. Learn more at sandbox"),
        }
    }

    fn command(&mut self, mail: &Mail, faults: &mut Faults, text: &str, now: i64) -> Reaction {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let verb = verb.to_ascii_uppercase();
        let step = match verb.as_str() {
            "EHLO" | "HELO" => "smtp.ehlo",
            "STARTTLS" => "smtp.starttls",
            "AUTH" => "smtp.auth",
            "MAIL" => "smtp.mail",
            "RCPT" => "smtp.rcpt",
            "DATA" => "smtp.data",
            "QUIT" => "smtp.quit",
            _ => "smtp.other",
        };
        if let Some(reaction) = strike(faults.strike(step, "").as_ref()) {
            return reaction;
        }
        match verb.as_str() {
            "EHLO" | "HELO" if rest.trim().is_empty() => say("501 5.5.4 A name is needed"),
            "EHLO" => self.ehlo(mail, rest),
            "HELO" => {
                self.greeted = true;
                say(&format!("250 {}", mail.settings.host))
            }
            "NOOP" => say("250 2.0.0 OK"),
            "QUIT" => Reaction::Close("221 2.0.0 closing connection\r\n".to_owned()),
            "RSET" => {
                self.envelope = None;
                say("250 2.1.5 Flushed")
            }
            "STARTTLS" => self.starttls(mail),
            "VRFY" => say("252 2.1.5 Send some mail, it will be tried"),
            "AUTH" | "MAIL" | "RCPT" | "DATA" if !self.greeted => say("503 5.5.1 EHLO first"),
            "AUTH" => self.auth(mail, rest),
            "MAIL" => self.mail_from(mail, rest, now),
            "RCPT" => self.rcpt_to(mail, rest, now),
            "DATA" => self.data(),
            _ => say("502 5.5.1 Unrecognized command"),
        }
    }

    fn ehlo(&mut self, mail: &Mail, name: &str) -> Reaction {
        (self.greeted, self.envelope) = (true, None);
        let settings = &mail.settings;
        let mut lines = vec![
            format!("{} greets {}", settings.host, name.trim()),
            format!("SIZE {}", settings.size),
        ];
        if settings.eight_bit {
            lines.push("8BITMIME".to_owned());
        }
        if !self.tls && settings.starttls != StartTls::Absent {
            lines.push("STARTTLS".to_owned());
        }
        if self.tls || settings.starttls != StartTls::Required {
            lines.push("AUTH PLAIN LOGIN XOAUTH2".to_owned());
        }
        lines.extend(["ENHANCEDSTATUSCODES".to_owned(), "PIPELINING".to_owned()]);
        if settings.smtputf8 {
            lines.push("SMTPUTF8".to_owned());
        }
        let last = lines.len() - 1;
        let each = lines
            .iter()
            .enumerate()
            .map(|(at, l)| format!("250{}{l}\r\n", if at == last { ' ' } else { '-' }));
        Reaction::Say(each.collect())
    }

    fn starttls(&self, mail: &Mail) -> Reaction {
        if self.tls || mail.settings.starttls == StartTls::Absent {
            return say("503 5.5.1 STARTTLS is not possible here");
        }
        Reaction::StartTls("220 2.0.0 Ready to start TLS\r\n".to_owned())
    }

    fn auth(&mut self, mail: &Mail, rest: &str) -> Reaction {
        if !self.tls && mail.settings.starttls == StartTls::Required {
            return say("538 5.7.11 Encryption required for the requested authentication mechanism");
        }
        if self.user.is_some() || self.envelope.is_some() {
            return say("503 5.5.1 Authenticated already, or in the middle of a message");
        }
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut ask = |awaits, challenge: &str| {
            self.awaits = awaits;
            say(&format!("334 {challenge}"))
        };
        match (mechanism.to_ascii_uppercase().as_str(), initial) {
            ("PLAIN", "") => ask(Awaits::Plain, ""),
            ("XOAUTH2", "") => ask(Awaits::XOAuth2, ""),
            ("LOGIN", "") => ask(Awaits::LoginUser, "VXNlcm5hbWU6"),
            ("LOGIN", user) => match decode(user) {
                Some(user) => ask(Awaits::LoginPassword(user), "UGFzc3dvcmQ6"),
                None => say("501 5.5.2 Cannot decode the response"),
            },
            ("PLAIN", initial) => self.plain(mail, initial),
            ("XOAUTH2", initial) => self.xoauth2(mail, initial),
            _ => say("504 5.5.4 Unrecognized authentication type"),
        }
    }

    /// `base64(NUL user NUL password)`, perhaps with an identity before the first NUL.
    fn plain(&mut self, mail: &Mail, response: &str) -> Reaction {
        let Some(text) = decode(response) else {
            return say("501 5.5.2 Cannot decode the response");
        };
        let mut parts = text.split('\0').skip(1);
        match (parts.next(), parts.next()) {
            (Some(user), Some(password)) => self.check(mail, user, password),
            _ => say("501 5.5.2 Cannot decode the response"),
        }
    }

    fn check(&mut self, mail: &Mail, user: &str, password: &str) -> Reaction {
        if mail
            .settings
            .users
            .iter()
            .any(|(u, p)| u == user && p == password)
        {
            self.user = Some(user.to_owned());
            return say("235 2.7.0 Accepted");
        }
        say("535 5.7.8 Username and Password not accepted. Learn more at sandbox")
    }

    /// `base64("user=" user ^A "auth=Bearer " token ^A ^A)`; a bad one gets a challenge first (email.md 2.1).
    fn xoauth2(&mut self, mail: &Mail, response: &str) -> Reaction {
        let Some(text) = decode(response) else {
            return say("501 5.5.2 Cannot decode the response");
        };
        let user = text.split('\u{1}').find_map(|p| p.strip_prefix("user="));
        let token = text.split('\u{1}').find_map(|p| p.strip_prefix("auth=Bearer "));
        let known = mail
            .settings
            .tokens
            .iter()
            .any(|(u, t)| Some(u.as_str()) == user && Some(t.as_str()) == token);
        if known && text.ends_with("\u{1}\u{1}") {
            self.user = user.map(str::to_owned);
            return say("235 2.7.0 Accepted");
        }
        self.awaits = Awaits::Regret;
        let json = r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}"#;
        say(&format!("334 {}", STANDARD.encode(json)))
    }

    fn mail_from(&mut self, mail: &Mail, rest: &str, now: i64) -> Reaction {
        let settings = &mail.settings;
        if !self.tls && settings.starttls == StartTls::Required {
            return say("530 5.7.0 Must issue a STARTTLS command first");
        }
        if settings.require_auth && self.user.is_none() {
            return say("530 5.7.0 Authentication required");
        }
        if self.envelope.is_some() {
            return say("503 5.5.1 Nested MAIL command");
        }
        let Some((from, params)) = path(rest, "FROM:") else {
            return say("501 5.5.4 Syntax: MAIL FROM:<address>");
        };
        let mut envelope = Envelope {
            from: from.to_owned(),
            rcpts: Vec::new(),
            eight_bit: false,
            utf8: false,
        };
        for param in params.split_whitespace() {
            let (name, value) = param.split_once('=').unwrap_or((param, ""));
            match (
                name.to_ascii_uppercase().as_str(),
                value.to_ascii_uppercase().as_str(),
            ) {
                ("SIZE", size) => match size.parse::<usize>() {
                    Ok(size) if size > settings.size => {
                        return say("552 5.3.4 Message size exceeds fixed maximum message size");
                    }
                    Ok(_) => {}
                    Err(_) => return say("501 5.5.4 SIZE needs a number"),
                },
                ("BODY", "8BITMIME") if settings.eight_bit => envelope.eight_bit = true,
                ("BODY", "7BIT") => {}
                ("SMTPUTF8", "") if settings.smtputf8 => envelope.utf8 = true,
                _ => return say("555 5.5.4 Unsupported parameter"),
            }
        }
        if let Some(refusal) = bad_address(from, envelope.utf8, true) {
            return say(refusal);
        }
        if !settings.senders.is_empty() && !settings.senders.iter().any(|s| s.eq_ignore_ascii_case(from)) {
            return say("550 5.7.60 Client does not have permissions to send as this sender");
        }
        if settings
            .day_quota
            .is_some_and(|quota| mail.recipients_today(now) >= quota)
        {
            return say("550 5.4.5 Daily user sending limit exceeded");
        }
        self.envelope = Some(envelope);
        say("250 2.1.0 OK")
    }

    fn rcpt_to(&mut self, mail: &Mail, rest: &str, now: i64) -> Reaction {
        let Some(envelope) = &mut self.envelope else {
            return say("503 5.5.1 MAIL first");
        };
        let Some((to, params)) = path(rest, "TO:") else {
            return say("501 5.5.4 Syntax: RCPT TO:<address>");
        };
        if !params.trim().is_empty() {
            return say("555 5.5.4 Unsupported parameter");
        }
        if let Some(refusal) = bad_address(to, envelope.utf8, false) {
            return say(refusal);
        }
        if let Some(refusal) = mail.refusal_of(to) {
            return say(refusal);
        }
        if envelope.rcpts.len() >= mail.settings.max_recipients {
            return say("452 4.5.3 Too many recipients");
        }
        let today = mail.recipients_today(now) + envelope.rcpts.len();
        if mail.settings.day_quota.is_some_and(|quota| today >= quota) {
            return say("550 5.4.5 Daily user sending limit exceeded");
        }
        envelope.rcpts.push(to.to_owned());
        say("250 2.1.5 OK")
    }

    fn data(&self) -> Reaction {
        match &self.envelope {
            None => say("503 5.5.1 MAIL first"),
            Some(envelope) if envelope.rcpts.is_empty() => say("503 5.5.1 No valid recipients"),
            Some(_) => Reaction::Body("354 Go ahead\r\n".to_owned()),
        }
    }

    /// The message as it came: dots still stuffed, without the final `.` line.
    pub fn on_message(
        &mut self,
        mail: &mut Mail,
        faults: &mut Faults,
        stuffed: &[u8],
        now_ms: i64,
    ) -> Reaction {
        self.on_dot(mail, faults, message::unstuff(stuffed), now_ms)
    }

    /// The message was too long to be kept: what its final dot is answered with.
    pub fn on_overflow(&mut self) -> Reaction {
        self.envelope = None;
        say("552 5.3.4 Message size exceeds fixed maximum message size")
    }

    pub(super) fn on_dot(
        &mut self,
        mail: &mut Mail,
        faults: &mut Faults,
        bytes: Vec<u8>,
        now: i64,
    ) -> Reaction {
        let Some(envelope) = self.envelope.take() else {
            return say("503 5.5.1 MAIL first");
        };
        let fault = faults.strike("smtp.dot", "");
        let reaches = match &fault {
            None | Some(FaultKind::LostAfter) => true,
            Some(FaultKind::Hang { applied }) => *applied,
            Some(_) => false,
        };
        let before = mail.messages.len();
        let reply = if reaches {
            self.accept(mail, envelope, bytes, now)
        } else {
            Reaction::Drop { applied: false }
        };
        let applied = mail.messages.len() > before;
        match fault {
            None => reply,
            Some(FaultKind::LostAfter) => Reaction::Drop { applied },
            Some(FaultKind::Hang { .. }) => Reaction::Hang { applied },
            Some(other) => strike(Some(&other)).unwrap_or(reply),
        }
    }

    fn accept(&self, mail: &mut Mail, envelope: Envelope, bytes: Vec<u8>, now: i64) -> Reaction {
        if bytes.len() > mail.settings.size {
            return say("552 5.3.4 Message size exceeds fixed maximum message size");
        }
        if message::has_bare(&bytes) {
            return Reaction::Close("521 5.5.2 Error: bare <LF> received\r\n".to_owned());
        }
        if message::has_long_line(&bytes) {
            return say("500 5.6.0 Line too long");
        }
        if !bytes.is_ascii() && !envelope.eight_bit && !envelope.utf8 {
            return say("554 5.6.1 Eight-bit data without BODY=8BITMIME");
        }
        if message::header(&bytes, "From").is_none() {
            return say("554 5.6.0 The message has no From line");
        }
        let number = mail.messages.len() + 1;
        let reply = format!(
            "250 2.0.0 OK  {} {number:06x}a97d-{}sandbox",
            now / 1000,
            envelope.rcpts.len()
        );
        mail.messages.push(StoredMail {
            number,
            at_ms: now,
            from: envelope.from,
            rcpts: envelope.rcpts,
            user: self.user.clone(),
            tls: self.tls,
            message_id: message::header(&bytes, "Message-ID"),
            reply: reply.clone(),
            complaints: message::complaints(&bytes),
            bytes: Arc::from(bytes),
        });
        say(&reply)
    }
}

/// What a fault makes of a step that has no effect of its own.
fn strike(fault: Option<&FaultKind>) -> Option<Reaction> {
    match fault? {
        FaultKind::SmtpReply { line } if line.starts_with("421") => {
            Some(Reaction::Close(format!("{line}\r\n")))
        }
        FaultKind::SmtpReply { line } => Some(say(line)),
        FaultKind::Hang { .. } => Some(Reaction::Hang { applied: false }),
        FaultKind::RateLimited { .. } => Some(say("451 4.7.1 Throttled, try again later")),
        _ => Some(Reaction::Drop { applied: false }),
    }
}

fn decode(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()
}

/// `FROM:<a@b> X=1` as the address and the parameters.
fn path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let start = rest.get(..word.len()).filter(|w| w.eq_ignore_ascii_case(word))?;
    let inner = rest[start.len()..].trim_start().strip_prefix('<')?;
    inner.split_once('>')
}

/// Why an address is refused: its form, its lengths (email.md 4.3), its letters.
fn bad_address(address: &str, utf8: bool, null_allowed: bool) -> Option<&'static str> {
    if address.is_empty() && null_allowed {
        return None;
    }
    if !address.is_ascii() && !utf8 {
        return Some("553 5.6.7 The address has letters that need SMTPUTF8");
    }
    let fits = address.rsplit_once('@').is_some_and(|(local, domain)| {
        (1..=64).contains(&local.len()) && (1..=255).contains(&domain.len()) && address.len() <= 254
    });
    let clean = !address.chars().any(|c| c.is_control() || c == ' ' || c == '<');
    (!fits || !clean).then_some("501 5.1.3 Bad address syntax")
}
