//! From a described [`Mail`] to the bytes of a message: the same description and files, the same bytes.
//!
//! lettre builds the message; boundaries come from a hash over the description (email.md 4.4, 4.7), so that
//! nobody who writes a text can know them. Whatever reaches a header is checked before, and the finished
//! bytes once more: ASCII or SMTPUTF8, CRLF everywhere, no line above 998 octets (email.md 4.4, 4.5).

mod check;
mod parts;

use lettre::message::header::{self, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use super::ports::MediaSource;
use crate::core::call::{Mail, MailPhase, Trouble};
use crate::domain::time::Timestamp;

pub use check::LINE_MAX;

/// All attachments of one message together, in bytes, before encoding. Servers take some 25 MB.
pub const ATTACHMENTS_MAX: u64 = 64 * 1024 * 1024;

/// Why there is no message.
#[derive(Clone, Debug, PartialEq)]
pub enum Unbuilt {
    /// The description cannot become a mail: sent again, it would be refused again.
    Refused(MailPhase, String),
    /// A file is gone or changed.
    Media(Trouble),
}

/// A message, ready for DATA.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// CRLF lines, not dot-stuffed, ending with CRLF.
    pub bytes: Vec<u8>,
    /// Headers hold characters beyond ASCII (addresses): the server must know SMTPUTF8.
    pub utf8: bool,
}

/// Builds the message. Reads the attachments into memory, at most [`ATTACHMENTS_MAX`].
pub fn build(mail: &Mail, media: &dyn MediaSource) -> Result<Built, Unbuilt> {
    let parts = parts::read(mail, media)?;
    let message = headers(mail)?;
    let message = match parts::arrange(mail, parts, &boundary_seed(mail)) {
        parts::Arranged::Single(part) => finish_single(message, part),
        parts::Arranged::Multi(part) => finish_multi(message, part),
    }
    .map_err(|e| refused(format!("the message cannot be built: {e}")))?;
    let bytes = message.formatted();
    let utf8 = check::message(&bytes).map_err(refused)?;
    Ok(Built { bytes, utf8 })
}

/// An address for the envelope: its domain in ASCII form, so that only a local part needs SMTPUTF8.
pub(super) fn address(text: &str) -> Result<Address, String> {
    check::no_controls("an address", text)?;
    let (local, domain) = text
        .trim()
        .rsplit_once('@')
        .ok_or_else(|| format!("{text:?} is not a mail address: it has no @"))?;
    let domain =
        ascii_domain(domain).ok_or_else(|| format!("{text:?} is not a mail address: no such domain"))?;
    // A quoted local part may hold anything; nobody has one.
    if local.contains([' ', '"', '<', '>', '\\', '(', ')', ',', ':', ';']) {
        return Err(format!(
            "{text:?} is not a mail address: the part before @ has a character that is not taken"
        ));
    }
    Address::new(local, domain).map_err(|e| format!("{text:?} is not a mail address: {e}"))
}

fn ascii_domain(domain: &str) -> Option<String> {
    if domain.starts_with('[') || domain.is_ascii() {
        return Some(domain.to_owned());
    }
    match url::Host::parse(domain).ok()? {
        url::Host::Domain(ascii) => Some(ascii),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

/// `Name <user@host>` or `user@host`.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    check::no_controls("an address", text)?;
    let text = text.trim();
    let Some((name, rest)) = text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) else {
        return Ok(Mailbox::new(None, address(text)?));
    };
    let name = name.trim();
    let name = match name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").trim().to_owned(),
        None => name.to_owned(),
    };
    let name = (!name.is_empty()).then_some(name);
    Ok(Mailbox::new(name, address(rest)?))
}

fn headers(mail: &Mail) -> Result<MessageBuilder, Unbuilt> {
    let sender = |why| Unbuilt::Refused(MailPhase::Sender, why);
    check::message_id(&mail.message_id).map_err(refused)?;
    check::no_controls("the subject", &mail.subject).map_err(refused)?;
    let mut message = Message::builder()
        .header(date(mail.date))
        .from(mailbox(&mail.from).map_err(sender)?)
        .message_id(Some(mail.message_id.clone()))
        .subject(mail.subject.as_str());
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox(reply_to).map_err(refused)?);
    }
    for to in &mail.to {
        let to = mailbox(to).map_err(|why| Unbuilt::Refused(MailPhase::Recipient, why))?;
        message = message.to(to);
    }
    if let Some(parent) = &mail.in_reply_to {
        check::message_id(parent).map_err(refused)?;
        message = message.in_reply_to(parent.clone()).references(parent.clone());
    }
    for (name, value) in &mail.headers {
        message = message.raw_header(further(name, value).map_err(refused)?);
    }
    Ok(message)
}

/// A header from the platform. List headers stay on one line: folding broke signatures (email.md 4.6).
fn further(name: &str, value: &str) -> Result<HeaderValue, String> {
    check::header_name(name)?;
    check::no_controls(name, value)?;
    let header =
        HeaderName::new_from_ascii(name.to_owned()).map_err(|_| format!("{name:?} is no header name"))?;
    let one_line = value.is_ascii() && name.len() + 2 + value.len() <= LINE_MAX;
    Ok(if one_line && name.to_ascii_lowercase().starts_with("list-") {
        HeaderValue::dangerous_new_pre_encoded(header, value.to_owned(), value.to_owned())
    } else {
        HeaderValue::new(header, value.to_owned())
    })
}

fn date(at: Timestamp) -> header::Date {
    // Year 9999: what the header's format can say.
    let secs = u64::try_from(at.as_secs()).unwrap_or(0).min(253_402_300_799);
    header::Date::new(std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs))
}

/// lettre adds the recipients' envelope from the headers, which nobody uses; a list may hide them.
fn finish_single(message: MessageBuilder, part: SinglePart) -> Result<Message, lettre::error::Error> {
    message.envelope(nowhere()?).singlepart(part)
}

fn finish_multi(message: MessageBuilder, part: MultiPart) -> Result<Message, lettre::error::Error> {
    message.envelope(nowhere()?).multipart(part)
}

fn nowhere() -> Result<lettre::address::Envelope, lettre::error::Error> {
    lettre::address::Envelope::new(None, vec![Address::new_dangerous("nobody", "invalid")])
}

/// A digest over all that people wrote: a text cannot contain what is derived from it.
fn boundary_seed(mail: &Mail) -> String {
    let mut hash = Sha256::new();
    for text in [
        &mail.message_id,
        &mail.subject,
        &mail.text,
        mail.html.as_ref().unwrap_or(&String::new()),
    ] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

fn refused(why: String) -> Unbuilt {
    Unbuilt::Refused(MailPhase::Body, why)
}

/// `Content-Description:`, which lettre does not know.
#[derive(Clone)]
struct ContentDescription(String);

impl Header for ContentDescription {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Description")
    }

    fn parse(s: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(s.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}
