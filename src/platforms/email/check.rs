//! Rules that no table holds.

use std::collections::BTreeMap;

use super::address;
use super::compose;
use super::settings;
use crate::core::facts::Facts;
use crate::domain::post::Content;

/// Sentences about a content, whatever account sends it.
pub(super) fn content(content: &Content, facts: &Facts) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(subject) = &content.subject {
        out.extend(address::no_controls("`subject`", subject).err());
    }
    for to in &content.to {
        out.extend(address::parse(to, facts).err().map(|why| format!("`to`: {why}")));
    }
    if let Some(id) = content.reply_to.as_ref().filter(|id| !address::is_message_id(id)) {
        out.push(format!(
            "`reply_to` of a mail is the Message-ID it answers, such as `<id@example.org>`, not {id:?}"
        ));
    }
    for media in content.segments.iter().flat_map(|s| &s.media) {
        out.extend(address::no_controls("a file's name", &media.file).err());
    }
    for link in content.segments.iter().filter_map(|s| s.link.as_ref()) {
        if link
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>'))
        {
            out.push(format!("`link` may not have spaces or brackets: {link:?}"));
        }
    }
    let empty =
        |s: &crate::domain::post::Segment| s.text.trim().is_empty() && s.media.is_empty() && s.link.is_none();
    if !content.segments.is_empty() && content.segments.iter().all(empty) {
        out.push("the mail is empty: it needs words or an attachment".to_owned());
    }
    out
}

/// The same, knowing the account: whether anybody gets it, and under which subject.
pub(super) fn with_account(
    content: &Content,
    facts: &Facts,
    options: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut out = self::content(content, facts);
    // Bad settings are told where they are written.
    let Ok(settings) = settings::read(options, facts) else {
        return out;
    };
    if content.to.is_empty() && settings.to.is_empty() {
        out.push(
            "nobody would get this mail: name recipients in `to` of the post, or `to` of the account"
                .to_owned(),
        );
    }
    if compose::subject(content, &settings).is_empty() {
        out.push("the mail has no `subject`, and no text to make one from".to_owned());
    }
    out
}
