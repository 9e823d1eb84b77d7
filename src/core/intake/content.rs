//! Contents: base and overrides put together, media numbered and looked up.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{At, Draft, DraftMedia, DraftPoll, DraftSegment, Fields};
use super::{Measured, Target};
use crate::core::diagnose::{Diagnostic, Diagnostics};
use crate::core::platform::FieldShape;
use crate::domain::id::AccountName;
use crate::domain::media::{Media, MediaId, MediaKind};
use crate::domain::post::{Content, Extra, Poll, Segment};

/// Builds each account's content and gives each file one number over the whole post.
pub(super) struct Contents<'a> {
    draft: &'a Draft,
    measured: &'a Measured,
    files: Vec<String>,
    /// The covers of the content that is being built.
    covers: Vec<Media>,
    /// Places already complained of: the base is shared by all accounts.
    told: BTreeSet<(usize, usize)>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(draft: &'a Draft, measured: &'a Measured) -> Self {
        Self {
            draft,
            measured,
            files: Vec::new(),
            covers: Vec::new(),
            told: BTreeSet::new(),
        }
    }

    pub(super) fn into_files(self) -> Vec<String> {
        self.files
    }

    pub(super) fn content(&mut self, target: &Target<'_>, told: &mut Diagnostics) -> Content {
        let fields = fields(self.draft, target.account);
        let value = |field: &Option<At<String>>| {
            field
                .as_ref()
                .map(|at| at.value.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        self.covers.clear();
        let segments = fields
            .segments()
            .iter()
            .map(|segment| self.segment(segment, told))
            .collect();
        let mut covers = std::mem::take(&mut self.covers);
        covers.retain(|_| target.platform.takes_covers());
        Content {
            kind: fields.kind.as_ref().map(|k| k.value).unwrap_or_default(),
            segments,
            covers,
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
            extras: self.extras(target, &fields, told),
            markdown: self.draft.markdown,
        }
    }

    /// The platform's own fields: what the file says for all goes to those platforms that know it.
    fn extras(
        &mut self,
        target: &Target<'_>,
        fields: &Fields,
        told: &mut Diagnostics,
    ) -> BTreeMap<String, Extra> {
        let mut extras = BTreeMap::new();
        for spec in target.platform.fields() {
            let Some(written) = fields.extras.get(spec.key) else {
                continue;
            };
            if fits(spec.shape, &written.value.value) {
                extras.insert(spec.key.to_owned(), written.value.value.clone());
            } else if self.first_time(&written.value.span) {
                let message = format!("`{}` must be {}", spec.key, shape_words(spec.shape));
                let error = Diagnostic::error(&self.draft.source, written.value.span.clone(), message);
                told.push(error.help(spec.help));
            }
        }
        extras
    }

    fn first_time(&mut self, span: &std::ops::Range<usize>) -> bool {
        self.told.insert((span.start, span.end))
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
                cover: media.cover.as_ref().and_then(|cover| self.cover(cover, told)),
                thumb_ms: media
                    .thumbnail
                    .as_ref()
                    .and_then(|at| u64::try_from(at.value.0).ok()),
                id: self.number(name),
                file: name.clone(),
                alt: media
                    .alt
                    .as_ref()
                    .map(|a| a.value.trim().to_owned())
                    .filter(|a| !a.is_empty()),
                facts: facts.clone(),
            }),
            Some(Err(why)) => self.complain(&media.file, why.clone(), told),
            None => self.complain(&media.file, format!("{name} was not measured"), told),
        }
    }

    /// The picture that stands for a video.
    fn cover(&mut self, cover: &At<String>, told: &mut Diagnostics) -> Option<MediaId> {
        match self.measured.get(&cover.value) {
            Some(Ok(facts)) if facts.kind == MediaKind::Image => {
                let id = self.number(&cover.value);
                if self.covers.iter().all(|known| known.id != id) {
                    self.covers.push(Media {
                        id,
                        file: cover.value.clone(),
                        alt: None,
                        cover: None,
                        thumb_ms: None,
                        facts: facts.clone(),
                    });
                }
                Some(id)
            }
            Some(Ok(_)) => self.complain(cover, format!("{} is no picture", cover.value), told),
            Some(Err(why)) => self.complain(cover, why.clone(), told),
            None => self.complain(cover, format!("{} was not measured", cover.value), told),
        }
    }

    fn complain<T>(&mut self, place: &At<String>, why: String, told: &mut Diagnostics) -> Option<T> {
        if self.first_time(&place.span) {
            told.push(Diagnostic::error(&self.draft.source, place.span.clone(), why));
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

fn fits(shape: FieldShape, value: &Extra) -> bool {
    matches!(
        (shape, value),
        (FieldShape::Flag, Extra::Flag(_))
            | (FieldShape::Number, Extra::Number(_))
            | (FieldShape::Words, Extra::Words(_))
            | (FieldShape::List, Extra::List(_))
    )
}

fn shape_words(shape: FieldShape) -> &'static str {
    match shape {
        FieldShape::Flag => "true or false",
        FieldShape::Number => "a whole number",
        FieldShape::Words => "text in quotes",
        FieldShape::List => "a list of texts",
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
