//! Contents: base and overrides put together, media numbered and looked up.

use std::collections::BTreeSet;

use super::Measured;
use super::draft::{At, Draft, DraftMedia, DraftPoll, DraftSegment, Fields};
use crate::core::diagnose::{Diagnostic, Diagnostics};
use crate::domain::id::AccountName;
use crate::domain::media::{Media, MediaId};
use crate::domain::post::{Content, Poll, Segment};

/// Builds each account's content and gives each file one number over the whole post.
pub(super) struct Contents<'a> {
    draft: &'a Draft,
    measured: &'a Measured,
    files: Vec<String>,
    /// Places already complained of: the base is shared by all accounts.
    told: BTreeSet<(usize, usize)>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(draft: &'a Draft, measured: &'a Measured) -> Self {
        Self {
            draft,
            measured,
            files: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    pub(super) fn into_files(self) -> Vec<String> {
        self.files
    }

    pub(super) fn content(&mut self, account: &AccountName, told: &mut Diagnostics) -> Content {
        let fields = fields(self.draft, account);
        let value = |field: &Option<At<String>>| {
            field
                .as_ref()
                .map(|at| at.value.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        Content {
            kind: fields.kind.as_ref().map(|k| k.value).unwrap_or_default(),
            segments: fields
                .segments()
                .iter()
                .map(|segment| self.segment(segment, told))
                .collect(),
            reply_to: value(&fields.reply_to),
            quote: value(&fields.quote),
            repost: value(&fields.repost),
            topic: value(&fields.topic),
            audience: value(&fields.audience),
            first_comment: value(&fields.first_comment),
            to: fields
                .to
                .iter()
                .flat_map(|list| &list.value)
                .map(|to| to.value.trim().to_owned())
                .collect(),
            subject: value(&fields.subject),
            extras: std::collections::BTreeMap::new(),
            markdown: self.draft.markdown,
        }
    }

    fn segment(&mut self, segment: &DraftSegment, told: &mut Diagnostics) -> Segment {
        let media = segment.media.iter().flat_map(|list| &list.value);
        Segment {
            text: segment.text.as_ref().map(|t| t.value.clone()).unwrap_or_default(),
            media: media.filter_map(|m| self.media(m, told)).collect(),
            link: segment
                .link
                .as_ref()
                .map(|l| l.value.trim().to_owned())
                .filter(|l| !l.is_empty()),
            poll: segment.poll.as_ref().map(|p| poll(&p.value)),
        }
    }

    fn media(&mut self, media: &DraftMedia, told: &mut Diagnostics) -> Option<Media> {
        let name = &media.file.value;
        match self.measured.get(name) {
            Some(Ok(facts)) => Some(Media {
                cover: None,
                thumb_ms: None,
                id: self.number(name),
                file: name.clone(),
                alt: media
                    .alt
                    .as_ref()
                    .map(|a| a.value.trim().to_owned())
                    .filter(|a| !a.is_empty()),
                facts: facts.clone(),
            }),
            Some(Err(why)) => self.complain(media, why.clone(), told),
            None => self.complain(media, format!("{name} was not measured"), told),
        }
    }

    fn complain(&mut self, media: &DraftMedia, why: String, told: &mut Diagnostics) -> Option<Media> {
        let span = media.file.span.clone();
        if self.told.insert((span.start, span.end)) {
            told.push(Diagnostic::error(&self.draft.source, span, why));
        }
        None
    }

    fn number(&mut self, name: &str) -> MediaId {
        let n = match self.files.iter().position(|f| f == name) {
            Some(n) => n,
            None => {
                self.files.push(name.to_owned());
                self.files.len() - 1
            }
        };
        // The readers cap a post far below 2^32 files.
        MediaId(u32::try_from(n).unwrap_or(u32::MAX))
    }
}

fn poll(poll: &DraftPoll) -> Poll {
    Poll {
        options: poll.options.iter().map(|o| o.value.trim().to_owned()).collect(),
        duration: poll.duration,
    }
}

/// What an account publishes: its own table over the base.
pub(super) fn fields(draft: &Draft, account: &AccountName) -> Fields {
    match draft.only.iter().find(|(name, _)| name.value == account.as_str()) {
        Some((_, own)) => own.over(&draft.base),
        None => draft.base.clone(),
    }
}
