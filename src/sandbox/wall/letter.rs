//! A mail as a letter.

use mail_parser::{Address, Message, MessageParser, MimeHeaders as _, PartType};

use crate::sandbox::exchange::escape;
use crate::sandbox::models::mail::StoredMail;

use super::cards::icon;
use super::words::{self, Tags};

/// The most characters of a letter's text.
const TEXT_MAX: usize = 6_000;
/// The most attachments that are shown.
const PARTS_MAX: usize = 40;

/// The letter's card.
pub(super) fn card(mail: &StoredMail, now: i64) -> String {
    let parsed = MessageParser::default().parse(&mail.bytes[..]);
    let subject = parsed
        .as_ref()
        .and_then(|m| m.subject())
        .unwrap_or("(no subject)");
    let from = parsed
        .as_ref()
        .and_then(|m| m.from())
        .map_or_else(|| escape(&mail.from), people);
    let to = parsed.as_ref().and_then(|m| m.to()).map(people);
    let text = parsed.as_ref().and_then(|m| m.body_text(0)).unwrap_or_default();
    let cut: String = text.chars().take(TEXT_MAX).collect();
    let more = if cut.len() < text.len() {
        "<p class=\"small\">… and more</p>"
    } else {
        ""
    };
    format!(
        "<article class=\"card letter mail\" data-id=\"m{n}\" data-rev=\"1\" aria-label=\"Mail\"><p class=\"brand\"><i aria-hidden=\"true\"></i>Mail<span>letter</span></p><span class=\"stamp\" style=\"--h:{hue}\" aria-hidden=\"true\"><i>{letter}</i></span>\
         <header><h3>{subject}</h3><dl><dt>From</dt><dd>{from}</dd>{to}<dt>Envelope</dt><dd>{envelope}</dd></dl></header>\
         <div class=\"paper\"><p class=\"text\">{text}</p>{more}</div>{parts}\
         <footer><span class=\"when\">{time}</span><span>{size}</span><span>{tls}</span>{complaints}</footer></article>",
        n = mail.number,
        hue = words::hue(&mail.from),
        letter = escape(
            &mail
                .from
                .chars()
                .next()
                .map(|c| c.to_uppercase().to_string())
                .unwrap_or_default()
        ),
        subject = escape(subject),
        to = to
            .map(|to| format!("<dt>To</dt><dd>{to}</dd>"))
            .unwrap_or_default(),
        envelope = escape(&mail.rcpts.join(", ")),
        text = words::marked(cut.trim_end(), Tags::None),
        parts = parsed
            .as_ref()
            .map(|m| attachments(mail.number, m))
            .unwrap_or_default(),
        time = words::time(mail.at_ms, now),
        size = words::size(mail.bytes.len()),
        tls = if mail.tls { "encrypted" } else { "not encrypted" },
        complaints = complaints(mail),
    )
}

fn complaints(mail: &StoredMail) -> String {
    mail.complaints
        .iter()
        .map(|c| format!("<em class=\"bad\">{}</em>", escape(c)))
        .collect()
}

fn people(address: &Address<'_>) -> String {
    let one = |a: &mail_parser::Addr<'_>| match (a.name(), a.address()) {
        (Some(name), Some(address)) => format!("<b>{}</b> {}", escape(name), escape(address)),
        (None, Some(address)) => escape(address),
        (name, None) => escape(name.unwrap_or("?")),
    };
    address.iter().take(20).map(one).collect::<Vec<_>>().join(", ")
}

fn attachments(number: usize, message: &Message<'_>) -> String {
    let mut pictures = String::new();
    let mut files = String::new();
    for (at, part) in message.attachments().take(PARTS_MAX).enumerate() {
        let name = part.attachment_name().unwrap_or("without a name");
        let about = part
            .headers
            .iter()
            .find(|h| h.name().eq_ignore_ascii_case("Content-Description"));
        let about = about.and_then(|h| h.value().as_text()).unwrap_or("");
        let source = format!("/wall/mail/{number}/{at}");
        if kind_of(part).starts_with("image/") {
            pictures.push_str(&format!(
                "<figure><img src=\"{source}\" alt=\"{}\"></figure>",
                escape(about)
            ));
        }
        files.push_str(&format!(
            "<a class=\"file\" href=\"{source}\" title=\"{}\">{}<b>{}</b><small>{}</small></a>",
            escape(about),
            icon("clip"),
            escape(name),
            words::size(part.contents().len()),
        ));
    }
    let pictures = if pictures.is_empty() {
        pictures
    } else {
        format!("<div class=\"media\">{pictures}</div>")
    };
    let files = if files.is_empty() {
        files
    } else {
        format!("<div class=\"files\">{files}</div>")
    };
    format!("{pictures}{files}")
}

fn kind_of(part: &mail_parser::MessagePart<'_>) -> String {
    let kind = part.content_type();
    kind.map(|k| format!("{}/{}", k.c_type, k.c_subtype.as_deref().unwrap_or("")).to_ascii_lowercase())
        .unwrap_or_default()
}

/// The bytes of one attachment and what it says that it is.
pub(super) fn attachment(message: &[u8], at: usize) -> Option<(String, Vec<u8>)> {
    let message = MessageParser::default().parse(message)?;
    let part = message.attachments().take(PARTS_MAX).nth(at)?;
    let content = match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes.to_vec(),
        PartType::Text(text) | PartType::Html(text) => text.as_bytes().to_vec(),
        PartType::Message(_) | PartType::Multipart(_) => part.contents().to_vec(),
    };
    Some((kind_of(part), content))
}
