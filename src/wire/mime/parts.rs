//! The parts of a message: `mixed(alternative(text, related(html, inline…)), attachments…)` (email.md 4.4).

use std::io::Read as _;

use lettre::message::header::{ContentDisposition, ContentId, ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};

use super::{ATTACHMENTS_MAX, ContentDescription, Unbuilt, check, refused};
use crate::core::call::{Attachment, Mail};
use crate::wire::ports::MediaSource;
use crate::wire::trouble::media as media_trouble;

/// The attachments, read.
pub(super) struct Files {
    inline: Vec<SinglePart>,
    attached: Vec<SinglePart>,
}

/// The body as lettre wants it.
pub(super) enum Arranged {
    /// Nothing but text.
    Single(SinglePart),
    /// More than one part.
    Multi(MultiPart),
}

/// Reads the attachments. Inline files of a mail without an HTML part are attached like the others.
pub(super) fn read(mail: &Mail, media: &dyn MediaSource) -> Result<Files, Unbuilt> {
    let mut files = Files {
        inline: Vec::new(),
        attached: Vec::new(),
    };
    let mut total = 0u64;
    for attachment in &mail.attachments {
        let bytes = bytes(attachment, media, &mut total)?;
        let inline = attachment.inline && mail.html.is_some();
        let part = part(attachment, inline, bytes).map_err(refused)?;
        if inline {
            files.inline.push(part);
        } else {
            files.attached.push(part);
        }
    }
    Ok(files)
}

fn bytes(attachment: &Attachment, media: &dyn MediaSource, total: &mut u64) -> Result<Vec<u8>, Unbuilt> {
    let (file, length) = media.open(attachment.id).map_err(Unbuilt::Media)?;
    *total = total.saturating_add(length);
    if *total > ATTACHMENTS_MAX {
        return Err(refused(format!(
            "the attachments have more than {} MiB together",
            ATTACHMENTS_MAX / (1024 * 1024)
        )));
    }
    let mut bytes = Vec::new();
    let changed = |why: String| Unbuilt::Media(media_trouble(format!("{:?} {why}", attachment.name)));
    file.take(length + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| changed(format!("cannot be read: {e}")))?;
    if bytes.len() as u64 != length {
        return Err(changed("changed its length while it was read".to_owned()));
    }
    Ok(bytes)
}

fn part(attachment: &Attachment, inline: bool, bytes: Vec<u8>) -> Result<SinglePart, String> {
    check::no_controls("a file's name", &attachment.name)?;
    let mut part = SinglePart::builder().header(mime(&attachment.mime));
    part = if inline {
        part.header(ContentId::from(format!("<{}>", attachment.content_id())))
            .header(ContentDisposition::inline_with_name(&attachment.name))
    } else {
        part.header(ContentDisposition::attachment(&attachment.name))
    };
    if let Some(alt) = &attachment.alt {
        // Words for people, perhaps on several lines; a header has one.
        let line = alt.split_whitespace().collect::<Vec<_>>().join(" ");
        check::no_controls("an alternative text", &line)?;
        part = part.header(ContentDescription(line));
    }
    // Base64 always: a text file's own line ends must come through.
    let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64)
        .map_err(|_| format!("{:?} cannot be encoded", attachment.name))?;
    Ok(part.body(body))
}

/// What the type claims to be; structured types would be read as part of the message.
fn mime(name: &str) -> ContentType {
    let structured = name.starts_with("multipart/") || name.starts_with("message/");
    let parsed = if structured {
        None
    } else {
        ContentType::parse(name).ok()
    };
    parsed.unwrap_or(ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN))
}

/// Puts the parts together.
pub(super) fn arrange(mail: &Mail, files: Files, seed: &str) -> Arranged {
    let boundary = |level: &str| format!("crier-{level}-{seed}");
    let plain = SinglePart::plain(lines(&mail.text));
    let words = match &mail.html {
        None => Arranged::Single(plain),
        Some(html) => {
            let html = SinglePart::html(lines(html));
            let alternative = MultiPart::alternative().boundary(boundary("a")).singlepart(plain);
            Arranged::Multi(if files.inline.is_empty() {
                alternative.singlepart(html)
            } else {
                let related = MultiPart::related().boundary(boundary("r")).singlepart(html);
                alternative.multipart(files.inline.into_iter().fold(related, MultiPart::singlepart))
            })
        }
    };
    if files.attached.is_empty() {
        return words;
    }
    let mixed = MultiPart::mixed().boundary(boundary("m"));
    let mixed = match words {
        Arranged::Single(part) => mixed.singlepart(part),
        Arranged::Multi(part) => mixed.multipart(part),
    };
    Arranged::Multi(files.attached.into_iter().fold(mixed, MultiPart::singlepart))
}

/// All line ends alike; lettre makes CRLF of them and ends the last line.
fn lines(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.ends_with('\n') {
        text.pop();
    }
    text
}
