//! HEIC and AVIF: how the picture is turned, whether it is a sequence, and where its notes (EXIF, XMP) lie among
//! its items. The notes are taken out by writing zeros over them: nothing moves.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::mp4::blank;
use super::notes::{exif, speaks_of_place};
use super::{Unmeasured, fill};
use crate::domain::media::Notes;

/// A longer description of a picture's items is not read, nor are longer notes: they are taken to say where it
/// was taken.
const META_MAX: u64 = 1 << 20;
/// Boxes at the top of one file.
const BOXES_MAX: u32 = 100;

/// What was found.
#[derive(Default)]
struct Found {
    /// What matters of the notes.
    notes: Notes,
    /// Where they lie; `None`: that cannot be told.
    places: Option<Vec<Range<u64>>>,
}

/// Reads the notes of a picture.
pub(super) fn read<R: Read + Seek>(reader: &mut BufReader<R>) -> Result<Notes, Unmeasured> {
    Ok(find(reader)?.notes)
}

/// Writes the picture without its notes. `false`: it cannot be done.
pub(super) fn leave_out<R: Read + Seek, W: Write + Seek>(
    reader: &mut BufReader<R>,
    to: &mut W,
) -> io::Result<bool> {
    let Some(places) = find(reader)?.places else {
        return Ok(false);
    };
    reader.seek(SeekFrom::Start(0))?;
    io::copy(reader, to)?;
    places.iter().try_for_each(|range| blank(to, range))?;
    Ok(true)
}

fn find<R: Read + Seek>(reader: &mut BufReader<R>) -> io::Result<Found> {
    let end = reader.seek(SeekFrom::End(0))?;
    let mut brand = [0; 12];
    reader.seek(SeekFrom::Start(0))?;
    fill(reader, &mut brand)?;
    let mut found = Found::default();
    found.notes.moves = matches!(&brand[8..12], b"avis" | b"msf1" | b"hevc" | b"hevx");
    let Some((meta, at)) = meta(reader, end)? else {
        // Nothing can be said of it, so it is taken to speak.
        found.notes.position = true;
        return Ok(found);
    };
    found.notes.turned = turned(&meta);
    match items(&meta, at) {
        None => found.notes.position = true,
        Some(items) => {
            let mut places = Vec::new();
            for (sort, range) in items {
                if range.end > end || range.start >= range.end {
                    found.notes.position = true;
                    return Ok(found);
                }
                found.notes.position |= speaks(reader, &sort, &range)?;
                places.push(range);
            }
            found.places = Some(places);
        }
    }
    Ok(found)
}

/// The content of the box of the items, and where it begins.
fn meta<R: Read + Seek>(reader: &mut BufReader<R>, end: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
    let mut at: u64 = 0;
    for _ in 0..BOXES_MAX {
        let mut head = [0; 8];
        reader.seek(SeekFrom::Start(at))?;
        if fill(reader, &mut head)? < 8 {
            break;
        }
        let length = u64::from(number(&head[..4]));
        if length < 8 || at + length > end {
            break;
        }
        if &head[4..] == b"meta" {
            if length > META_MAX {
                break;
            }
            let mut content = vec![0; usize::try_from(length - 8).unwrap_or(0)];
            let whole = fill(reader, &mut content)? == content.len();
            return Ok(whole.then_some((content, at + 8)));
        }
        at += length;
    }
    Ok(None)
}

/// As EXIF numbers it: here it is told against the clock.
fn turned(meta: &[u8]) -> u8 {
    let property = |w: &[u8]| (w[..8] == *b"\0\0\0\x09irot").then_some(w[8] & 3);
    match meta.windows(9).filter_map(property).next_back() {
        Some(1) => 8,
        Some(2) => 3,
        Some(3) => 6,
        Some(_) | None => 0,
    }
}

fn speaks<R: Read + Seek>(reader: &mut BufReader<R>, sort: &[u8; 4], range: &Range<u64>) -> io::Result<bool> {
    let length = range.end - range.start;
    if length > META_MAX {
        return Ok(true);
    }
    let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
    reader.seek(SeekFrom::Start(range.start))?;
    fill(reader, &mut body)?;
    if sort != b"Exif" {
        return Ok(speaks_of_place(&body));
    }
    // Before the block stands how far away it begins.
    let skip = body.get(..4).map_or(0, number);
    let tiff = usize::try_from(skip)
        .ok()
        .and_then(|n| body.get(n.checked_add(4)?..));
    let mut notes = Notes::default();
    exif(tiff.unwrap_or_default(), &mut notes);
    Ok(notes.position)
}

/// The parts of all items that are notes, with their sort; `None`: the tables cannot be understood.
fn items(meta: &[u8], at: u64) -> Option<Vec<([u8; 4], Range<u64>)>> {
    let (mut infos, mut places, mut inner) = (None, None, None);
    for (name, body, start) in boxes(meta.get(4..)?, 4) {
        match &name {
            b"iinf" => infos = Some(body),
            b"iloc" => places = Some(body),
            b"idat" => inner = Some(at + start),
            _ => {}
        }
    }
    let Some(infos) = infos else {
        return Some(Vec::new());
    };
    let notes = sorts(infos)?;
    if notes.is_empty() {
        return Some(Vec::new());
    }
    let located = locations(places?, inner)?;
    let mut all = Vec::new();
    for (id, sort) in notes {
        for (owner, range) in &located {
            if *owner == id {
                all.push((sort, range.clone()?));
            }
        }
    }
    Some(all)
}

/// The boxes in a content: name, content, and where the content begins.
fn boxes(mut bytes: &[u8], mut at: u64) -> Vec<([u8; 4], &[u8], u64)> {
    let mut all = Vec::new();
    while let Some(head) = bytes.first_chunk::<8>() {
        let length = usize::try_from(number(&head[..4])).unwrap_or(usize::MAX);
        let Some(body) = bytes.get(8..length) else { break };
        all.push(([head[4], head[5], head[6], head[7]], body, at + 8));
        bytes = &bytes[length..];
        at += length as u64;
    }
    all
}

/// The items that are notes, by their numbers.
fn sorts(infos: &[u8]) -> Option<Vec<(u64, [u8; 4])>> {
    let start = if *infos.first()? == 0 { 6 } else { 8 };
    let mut all = Vec::new();
    for (name, body, _) in boxes(infos.get(start..)?, 0) {
        if &name != b"infe" {
            continue;
        }
        let wide = match *body.first()? {
            2 => 2,
            3 => 4,
            // Older ones are no pictures of these kinds.
            _ => return None,
        };
        let id = number(body.get(4..4 + wide)?);
        let sort: [u8; 4] = body.get(6 + wide..10 + wide)?.try_into().ok()?;
        if matches!(&sort, b"Exif" | b"mime") {
            all.push((id.into(), sort));
        }
    }
    Some(all)
}

type Located = Vec<(u64, Option<Range<u64>>)>;

/// Where each item's parts lie in the file; `None` for one that lies in no known way.
fn locations(places: &[u8], inner: Option<u64>) -> Option<Located> {
    let version = *places.first()?;
    let mut cut = Cut(places.get(4..)?);
    let (sizes, bases) = (cut.take(1)?, cut.take(1)?);
    let (offset, length, base) = (sizes >> 4, sizes & 15, bases >> 4);
    let index = if version > 0 { bases & 15 } else { 0 };
    let id = if version < 2 { 2 } else { 4 };
    let mut all = Vec::new();
    for _ in 0..cut.take(id)? {
        let item = cut.take(id)?;
        let way = if version > 0 { cut.take(2)? & 15 } else { 0 };
        cut.take(2)?;
        let from = cut.take(base)?;
        for _ in 0..cut.take(2)? {
            cut.take(index)?;
            let (start, bytes) = (cut.take(offset)?, cut.take(length)?);
            let origin = match way {
                0 => Some(0),
                1 => inner,
                _ => None,
            };
            let start = origin.and_then(|o| o.checked_add(from)?.checked_add(start));
            all.push((item, start.and_then(|s| Some(s..s.checked_add(bytes)?))));
        }
    }
    Some(all)
}

/// Numbers of several lengths, one after the other.
struct Cut<'a>(&'a [u8]);

impl Cut<'_> {
    fn take(&mut self, bytes: u64) -> Option<u64> {
        let (head, rest) = self.0.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.0 = rest;
        Some(head.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
}
