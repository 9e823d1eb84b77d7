//! A queue file after reading and before judging: every value with its place in the text.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::core::diagnose::{Diagnostics, Source};
use crate::core::schedule::WrittenTime;
use crate::domain::media::Fit;
use crate::domain::post::{Extra, Kind};
use crate::domain::time::Span;

/// A value and the bytes of the source that say it.
#[derive(Clone, Debug, PartialEq)]
pub struct At<T> {
    /// What is said.
    pub value: T,
    /// Where.
    pub span: Range<usize>,
}

impl<T> At<T> {
    /// A value at a place.
    pub fn new(value: T, span: Range<usize>) -> Self {
        Self { value, span }
    }
}

/// One queue file.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The text it was read from.
    pub source: Source,
    /// What is wrong with it already as read; [`super::accept`] adds its own and refuses all together.
    pub mistakes: Diagnostics,
    /// Whether the words are Markdown.
    pub markdown: bool,
    /// `at`
    pub at: Option<At<WrittenTime>>,
    /// `expires`
    pub expires: Option<At<WrittenExpiry>>,
    /// `again`
    pub again: bool,
    /// `fit`: otherwise the queue's.
    pub fit: Option<Fit>,
    /// `accounts`: a narrower choice than the queue's.
    pub accounts: Option<At<Vec<At<String>>>>,
    /// What all accounts publish.
    pub base: Fields,
    /// `[only.ACCOUNT]`: what one account publishes otherwise, in the order of the file.
    pub only: Vec<(At<String>, Fields)>,
}

/// `expires` as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WrittenExpiry {
    /// `"2h"`: this long after the due time.
    After(Span),
    /// A date and time.
    Time(WrittenTime),
}

/// What is published, as far as it is said in one place; `None`: not said there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// `text`
    pub text: Option<At<String>>,
    /// `media`
    pub media: Option<At<Vec<DraftMedia>>>,
    /// `kind`
    pub kind: Option<At<Kind>>,
    /// `thread`: the posts after the first, or all of them when there is no `text` and no `media`.
    pub thread: Option<At<Vec<DraftSegment>>>,
    /// `reply_to`
    pub reply_to: Option<At<String>>,
    /// `quote`
    pub quote: Option<At<String>>,
    /// `repost`
    pub repost: Option<At<String>>,
    /// `link`
    pub link: Option<At<String>>,
    /// `poll`
    pub poll: Option<At<DraftPoll>>,
    /// `first_comment`
    pub first_comment: Option<At<String>>,
    /// `topic`
    pub topic: Option<At<String>>,
    /// `audience` or `visibility`
    pub audience: Option<At<String>>,
    /// `to`
    pub to: Option<At<Vec<At<String>>>>,
    /// `subject`
    pub subject: Option<At<String>>,
    /// Keys that may be a platform's own, in the order of their names: [`super::accept`] says whether one is.
    pub extras: BTreeMap<String, WrittenExtra>,
}

/// A key that may be a platform's own.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenExtra {
    /// Where the key stands.
    pub key: Range<usize>,
    /// What it says.
    pub value: At<Extra>,
}

/// One `{ file, alt }` of `media`.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftMedia {
    /// A path below the queue's directory, or below the bundle.
    pub file: At<String>,
    /// Words for people who do not see it.
    pub alt: Option<At<String>>,
    /// A picture that stands for a video before it plays.
    pub cover: Option<At<String>>,
    /// The moment of a video that stands for it.
    pub thumbnail: Option<At<Span>>,
}

/// One item of `thread`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DraftSegment {
    /// Its place.
    pub span: Range<usize>,
    /// Its words.
    pub text: Option<At<String>>,
    /// Its media.
    pub media: Option<At<Vec<DraftMedia>>>,
    /// Its link card.
    pub link: Option<At<String>>,
    /// Its poll.
    pub poll: Option<At<DraftPoll>>,
}

/// A poll as written.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftPoll {
    /// The choices.
    pub options: Vec<At<String>>,
    /// How long it runs.
    pub duration: Option<Span>,
}

impl Fields {
    /// These fields where they say something, else those of `base`.
    pub fn over(&self, base: &Fields) -> Fields {
        fn pick<T: Clone>(own: &Option<T>, base: &Option<T>) -> Option<T> {
            own.as_ref().or(base.as_ref()).cloned()
        }
        Fields {
            text: pick(&self.text, &base.text),
            media: pick(&self.media, &base.media),
            kind: pick(&self.kind, &base.kind),
            thread: pick(&self.thread, &base.thread),
            reply_to: pick(&self.reply_to, &base.reply_to),
            quote: pick(&self.quote, &base.quote),
            repost: pick(&self.repost, &base.repost),
            link: pick(&self.link, &base.link),
            poll: pick(&self.poll, &base.poll),
            first_comment: pick(&self.first_comment, &base.first_comment),
            topic: pick(&self.topic, &base.topic),
            audience: pick(&self.audience, &base.audience),
            to: pick(&self.to, &base.to),
            subject: pick(&self.subject, &base.subject),
            extras: base
                .extras
                .clone()
                .into_iter()
                .chain(self.extras.clone())
                .collect(),
        }
    }

    /// The posts in order: `text`, `media`, `link` and `poll` make the first, `thread` the rest.
    pub fn segments(&self) -> Vec<DraftSegment> {
        let said = |text: &Option<At<String>>| text.as_ref().is_some_and(|t| !t.value.trim().is_empty());
        let has_media = self.media.as_ref().is_some_and(|m| !m.value.is_empty());
        let mut all = Vec::new();
        if said(&self.text) || has_media || said(&self.link) || self.poll.is_some() {
            let span = self.text.as_ref().map(|t| t.span.clone());
            all.push(DraftSegment {
                span: span
                    .or_else(|| self.media.as_ref().map(|m| m.span.clone()))
                    .unwrap_or(0..0),
                text: self.text.clone(),
                media: self.media.clone(),
                link: self.link.clone(),
                poll: self.poll.clone(),
            });
        }
        if let Some(thread) = &self.thread {
            all.extend(thread.value.iter().cloned());
        }
        all
    }

    fn media_lists(&self) -> impl Iterator<Item = &DraftMedia> {
        let threads = self.thread.iter().flat_map(|t| &t.value);
        self.media
            .iter()
            .chain(threads.filter_map(|s| s.media.as_ref()))
            .flat_map(|list| &list.value)
    }
}

impl Draft {
    /// The files that it names, in order and each once: what must be measured.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = Vec::new();
        for fields in std::iter::once(&self.base).chain(self.only.iter().map(|(_, f)| f)) {
            for media in fields.media_lists() {
                for name in std::iter::once(&media.file).chain(&media.cover) {
                    if !files.contains(&name.value.as_str()) {
                        files.push(&name.value);
                    }
                }
            }
        }
        files
    }
}
