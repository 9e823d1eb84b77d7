//! A picture's own notes: EXIF, and XMP. How it is turned, and whether they say where it was taken.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use super::image::{next_marker, skip};
use super::sniff::ImageFormat;
use super::{Unmeasured, fill, heif};
use crate::domain::media::Notes;

/// Longer notes are not read: they are taken to say where the picture was taken.
const NOTES_MAX: u64 = 1 << 20;
/// Parts of one file that are walked through.
const PARTS_MAX: u32 = 10_000;
/// Entries of one EXIF directory that are looked at.
const ENTRIES_MAX: usize = 1000;

pub(super) const EXIF: &[u8] = b"Exif\0\0";

/// Reads the notes of a picture from its beginning.
pub(super) fn read<R: Read + Seek>(
    reader: &mut BufReader<R>,
    format: ImageFormat,
) -> Result<Notes, Unmeasured> {
    let mut notes = Notes::default();
    match format {
        ImageFormat::Jpeg => jpeg(reader, &mut notes)?,
        ImageFormat::Png => chunks(reader, &mut notes, 8, true)?,
        ImageFormat::Webp => chunks(reader, &mut notes, 12, false)?,
        ImageFormat::Heic | ImageFormat::Avif => notes = heif::read(reader)?,
        ImageFormat::Tiff => tiff(reader, &mut notes)?,
        ImageFormat::Gif | ImageFormat::Bmp => {}
    }
    Ok(notes)
}

fn jpeg<R: Read + Seek>(reader: &mut BufReader<R>, notes: &mut Notes) -> Result<(), Unmeasured> {
    reader.seek(SeekFrom::Start(2))?;
    for _ in 0..PARTS_MAX {
        let Some(code) = next_marker(reader)? else { break };
        if matches!(code, 0xd9 | 0xda) {
            break;
        }
        if matches!(code, 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let mut length = [0; 2];
        fill(reader, &mut length)?;
        let length = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
        if code != 0xe1 {
            if !skip(reader, length)? {
                break;
            }
            continue;
        }
        let body = take(reader, length)?;
        if let Some(tiff) = body.strip_prefix(EXIF) {
            exif(tiff, notes);
        } else if speaks_of_place(&body) {
            notes.position = true;
        }
    }
    Ok(())
}

/// PNG's chunks (length, name, data, sum) and RIFF's (name, length, data, perhaps one byte).
fn chunks<R: Read + Seek>(
    reader: &mut BufReader<R>,
    notes: &mut Notes,
    start: u64,
    png: bool,
) -> Result<(), Unmeasured> {
    let mut at = start;
    for _ in 0..PARTS_MAX {
        reader.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        if fill(reader, &mut head)? < 8 {
            break;
        }
        let Chunk { name, length, whole } = Chunk::of(&head, png);
        match &name {
            b"eXIf" | b"EXIF" if length <= NOTES_MAX => {
                let body = take(reader, length)?;
                exif(body.strip_prefix(EXIF).unwrap_or(&body), notes);
            }
            b"iTXt" | b"tEXt" | b"XMP " if length <= NOTES_MAX => {
                let body = take(reader, length)?;
                let after = body.iter().position(|b| *b == 0).map_or(0, |end| end + 1);
                let packed = &name == b"iTXt" && body.get(after) == Some(&1);
                notes.position |= packed || speaks_of_place(&body);
            }
            // Packed or too long to look into: as if it said so.
            b"zTXt" | b"eXIf" | b"EXIF" | b"iTXt" | b"tEXt" | b"XMP " => notes.position = true,
            // A PNG, or a WebP, of several frames.
            b"acTL" | b"ANIM" => notes.moves = true,
            b"IEND" => break,
            _ => {}
        }
        at = at.saturating_add(whole);
    }
    Ok(())
}

/// The head of a chunk.
pub(super) struct Chunk {
    pub(super) name: [u8; 4],
    /// Of its data.
    pub(super) length: u64,
    /// Of all of it.
    pub(super) whole: u64,
}

impl Chunk {
    pub(super) fn of(head: &[u8; 8], png: bool) -> Chunk {
        let [a, b, c, d, e, f, g, h] = *head;
        if png {
            let length = u64::from(u32::from_be_bytes([a, b, c, d]));
            return Chunk {
                name: [e, f, g, h],
                length,
                whole: length + 12,
            };
        }
        let length = u64::from(u32::from_le_bytes([e, f, g, h]));
        Chunk {
            name: [a, b, c, d],
            length,
            whole: length + length % 2 + 8,
        }
    }
}

/// A TIFF is built as EXIF is, and its directory may lie anywhere.
fn tiff<R: Read + Seek>(reader: &mut BufReader<R>, notes: &mut Notes) -> Result<(), Unmeasured> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = [0; 8];
    fill(reader, &mut head)?;
    let at = [head[4], head[5], head[6], head[7]];
    let at = if head.starts_with(b"II") {
        u32::from_le_bytes(at)
    } else {
        u32::from_be_bytes(at)
    };
    reader.seek(SeekFrom::Start(at.into()))?;
    let directory = take(reader, 2 + 12 * ENTRIES_MAX as u64)?;
    let eight = if head.starts_with(b"II") {
        [8, 0, 0, 0]
    } else {
        [0, 0, 0, 8]
    };
    // How it is turned is no matter: nothing here decodes it.
    let mut found = Notes::default();
    exif(&[&head[..4], &eight, &directory].concat(), &mut found);
    notes.position = found.position;
    Ok(())
}

fn take(reader: &mut impl BufRead, length: u64) -> Result<Vec<u8>, Unmeasured> {
    let mut body = Vec::new();
    reader.take(length.min(NOTES_MAX)).read_to_end(&mut body)?;
    Ok(body)
}

/// XMP and free words: names that every writer of positions uses. Packed EXIF in a text counts as well.
pub(super) fn speaks_of_place(body: &[u8]) -> bool {
    let has = |word: &[u8]| body.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    has(b"gps") || has(b"raw profile type") || has(b"latitude")
}

/// EXIF is a small TIFF: the directory of the picture holds the turn and the place of the positions.
pub(super) fn exif(tiff: &[u8], notes: &mut Notes) {
    let little = tiff.starts_with(b"II");
    let u16_at = |at: usize| {
        let two: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little {
            u16::from_le_bytes(two)
        } else {
            u16::from_be_bytes(two)
        })
    };
    let u32_at = |at: usize| {
        let four: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little {
            u32::from_le_bytes(four)
        } else {
            u32::from_be_bytes(four)
        })
    };
    let directory = u32_at(4).and_then(|at| usize::try_from(at).ok());
    let Some((at, count)) = directory.and_then(|at| Some((at, u16_at(at)?))) else {
        return;
    };
    for n in 0..usize::from(count).min(ENTRIES_MAX) {
        let Some(entry) = at.checked_add(2 + n * 12) else {
            return;
        };
        match u16_at(entry) {
            Some(0x0112) => {
                let turned = u16_at(entry + 8).and_then(|t| u8::try_from(t).ok());
                notes.turned = turned.filter(|t| (1..=8).contains(t)).unwrap_or(0);
            }
            Some(0x8825) => notes.position = true,
            Some(_) => {}
            None => return,
        }
    }
}
