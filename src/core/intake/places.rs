//! Where in the file a part of a content is written, so that a broken rule points at its line.

use std::ops::Range;

use super::content::fields;
use super::draft::{At, Draft, DraftMedia, DraftSegment, Fields};
use crate::core::rules::Part;
use crate::domain::id::AccountName;

/// The bytes of the draft that say `part` for `account`; the first line when nothing says it.
pub(super) fn span(draft: &Draft, account: &AccountName, part: Part) -> Range<usize> {
    let fields = fields(draft, account);
    find(&fields, part)
        .or_else(|| first(&fields))
        .unwrap_or(0..first_line(&draft.source.text))
}

fn first_line(text: &str) -> usize {
    text.lines().next().map_or(0, str::len)
}

fn at<T>(field: &Option<At<T>>) -> Option<Range<usize>> {
    field.as_ref().map(|at| at.span.clone())
}

fn find(fields: &Fields, part: Part) -> Option<Range<usize>> {
    match part {
        Part::Whole => None,
        Part::Kind => at(&fields.kind),
        Part::Text(n) => segment(fields, n, |s| at(&s.text)),
        Part::Media(n) => segment(fields, n, |s| at(&s.media)),
        Part::File(n, i) => media(fields, n, i, |m| Some(m.file.span.clone())),
        Part::Alt(n, i) => media(fields, n, i, |m| at(&m.alt)),
        Part::Cover(n, i) => media(fields, n, i, |m| at(&m.cover)),
        Part::Link(n) => segment(fields, n, |s| at(&s.link)),
        Part::Poll(n) => segment(fields, n, |s| at(&s.poll)),
        Part::Thread => at(&fields.thread),
        Part::ReplyTo => at(&fields.reply_to),
        Part::Quote => at(&fields.quote),
        Part::Repost => at(&fields.repost),
        Part::FirstComment => at(&fields.first_comment),
        Part::Topic => at(&fields.topic),
        Part::Audience => at(&fields.audience),
        Part::To => at(&fields.to),
        Part::Subject => at(&fields.subject),
    }
}

fn segment(
    fields: &Fields,
    n: usize,
    pick: impl Fn(&DraftSegment) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    let segments = fields.segments();
    let found = segments.get(n)?;
    pick(found).or_else(|| Some(found.span.clone()).filter(|s| !s.is_empty()))
}

fn media(
    fields: &Fields,
    n: usize,
    i: usize,
    pick: impl Fn(&DraftMedia) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    segment(fields, n, |s| {
        let list = s.media.as_ref()?;
        list.value
            .get(i)
            .and_then(&pick)
            .or_else(|| Some(list.span.clone()))
    })
}

/// The first thing that the file says about what is published.
fn first(fields: &Fields) -> Option<Range<usize>> {
    at(&fields.text)
        .or_else(|| at(&fields.media))
        .or_else(|| at(&fields.thread))
        .or_else(|| at(&fields.repost))
        .or_else(|| at(&fields.kind))
}
