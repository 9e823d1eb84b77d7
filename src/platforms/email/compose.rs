//! From a content to a described message. The same delivery and recipients always give the same description.

use super::address::{Mailbox, domain_of};
use super::markdown::{self, Inline};
use super::settings::Settings;
use crate::core::call::{Attachment, Call, Mail, MailCall};
use crate::core::facts::Facts;
use crate::core::flow::Job;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Segment};
use crate::platforms::kit::text::plain;

/// Characters of a subject that was made from the text.
const SUBJECT_FROM_TEXT: usize = 78;

/// The recipients of a content: its own, or the account's. Each address once.
pub(super) fn recipients(content: &Content, settings: &Settings, facts: &Facts) -> Vec<Mailbox> {
    let listed = if content.to.is_empty() {
        &settings.to
    } else {
        &content.to
    };
    let mut out: Vec<Mailbox> = Vec::new();
    for text in listed {
        if let Ok(mailbox) = super::address::parse(text, facts)
            && !out
                .iter()
                .any(|m| m.address.eq_ignore_ascii_case(&mailbox.address))
        {
            out.push(mailbox);
        }
    }
    out
}

/// The transaction for recipients `first..first + chunk.len()`.
pub(super) fn transaction(job: &Job, settings: &Settings, first: usize, chunk: &[Mailbox]) -> Call {
    let nobody = Segment::default();
    let segment = job.content.segments.first().unwrap_or(&nobody);
    let to: Vec<String> = chunk.iter().map(|m| m.address.clone()).collect();
    let attachments = attachments(&job.content, segment);
    let mut headers = vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())];
    headers.extend(settings.list_headers(&to));
    let mail = Mail {
        message_id: message_id(job, settings, first),
        date: job.due,
        from: settings.from_text.clone(),
        reply_to: settings.reply_to.clone(),
        to: shown(settings, chunk),
        subject: subject(&job.content, settings),
        text: text_part(&job.content, segment),
        html: job.content.markdown.then(|| html_part(segment, &attachments)),
        attachments,
        in_reply_to: job.content.reply_to.clone(),
        headers,
    };
    Call::Mail(Box::new(MailCall {
        from: settings.from.address.clone(),
        to,
        mail,
    }))
}

/// One per delivery and first recipient: a repeat of the same transaction bears the same, and a lost one names the
/// person it concerns (email.md 4.4 and 8).
fn message_id(job: &Job, settings: &Settings, first: usize) -> String {
    let domain = domain_of(&settings.from.address).unwrap_or_else(|| "crier.invalid".to_owned());
    // A name's dots may stand side by side, which no Message-ID may; `=` occurs in no name.
    let account = job.delivery.account.as_str().replace('.', "=");
    format!("<crier.{}.{account}.{first}@{domain}>", job.delivery.post)
}

/// Members of a list do not see each other.
fn shown(settings: &Settings, chunk: &[Mailbox]) -> Vec<String> {
    if settings.list_id.is_some() && chunk.len() > 1 {
        return vec![settings.from_text.clone()];
    }
    chunk.iter().map(written).collect()
}

fn written(mailbox: &Mailbox) -> String {
    match &mailbox.name {
        Some(name) => format!("\"{name}\" <{}>", mailbox.address),
        None => mailbox.address.clone(),
    }
}

/// The subject in the file, the account's, or the first line of the text.
pub(super) fn subject(content: &Content, settings: &Settings) -> String {
    content
        .subject
        .clone()
        .or_else(|| settings.subject.clone())
        .unwrap_or_else(|| first_line(content))
}

fn first_line(content: &Content) -> String {
    content
        .segments
        .iter()
        .flat_map(|s| s.text.lines())
        .map(|line| line.trim_start_matches(['#', '>', '*', '-', ' ', '\t']).trim())
        .find(|line| !line.is_empty())
        .map(|line| plain(line, SUBJECT_FROM_TEXT))
        .unwrap_or_default()
}

/// The words, the link, and what pictures show for those who do not see them.
fn text_part(content: &Content, segment: &Segment) -> String {
    let mut out = segment.text.trim_end().to_owned();
    if let Some(link) = &segment.link {
        paragraph(&mut out, link);
    }
    // Markdown may speak of its pictures itself.
    let unspoken = |m: &&Media| !(content.markdown && segment.text.contains(&m.file));
    for media in segment.media.iter().filter(unspoken) {
        if let Some(alt) = &media.alt {
            paragraph(&mut out, &format!("[{}: {alt}]", base_name(&media.file)));
        }
    }
    out.push('\n');
    out
}

fn paragraph(out: &mut String, text: &str) {
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(text);
}

fn html_part(segment: &Segment, attachments: &[Attachment]) -> String {
    let inline: Vec<Inline<'_>> = segment
        .media
        .iter()
        .zip(attachments)
        .filter(|(_, a)| a.inline)
        .map(|(media, attachment)| Inline {
            file: &media.file,
            attachment,
        })
        .collect();
    let mut words = segment.text.trim_end().to_owned();
    if let Some(link) = &segment.link {
        paragraph(&mut words, &format!("<{link}>"));
    }
    markdown::to_html(&words, &inline)
}

/// Pictures are shown in the HTML part when there is one; everything else is attached.
fn attachments(content: &Content, segment: &Segment) -> Vec<Attachment> {
    segment
        .media
        .iter()
        .map(|m| Attachment {
            id: m.id,
            name: name(m),
            mime: m.facts.mime.clone(),
            alt: m.alt.clone(),
            inline: content.markdown && m.facts.kind == MediaKind::Image,
        })
        .collect()
}

/// A file's name for the reader: no path, no control characters, never empty.
fn name(media: &Media) -> String {
    let name: String = base_name(&media.file)
        .chars()
        .filter(|c| !c.is_control() && *c != '"')
        .collect();
    if name.trim().is_empty() {
        format!("file-{}", media.id.0 + 1)
    } else {
        name
    }
}

fn base_name(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}
