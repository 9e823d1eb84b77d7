//! Pictures: size in pixels from the header, and whether the file has its end.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use super::sniff::ImageFormat;
use super::{Unmeasured, blank, fill, notes};
use crate::domain::media::{MediaFacts, MediaKind};

/// Blocks or chunks of one picture that are walked through before it is taken as it is.
const PARTS_MAX: u32 = 100_000;

/// The pixels as people see them: turned as the picture's notes say.
pub(super) fn measure<R: Read + Seek>(
    reader: &mut BufReader<R>,
    bytes: u64,
    format: ImageFormat,
) -> Result<MediaFacts, Unmeasured> {
    reader.seek(SeekFrom::Start(0))?;
    let size = imagesize::reader_size(&mut *reader).map_err(|_| {
        Unmeasured::Bad(format!(
            "begins as {} but has no readable header: it is broken or cut short",
            format.mime()
        ))
    })?;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (width, height) = (narrow(size.width), narrow(size.height));
    if width == 0 || height == 0 {
        return Err(Unmeasured::Bad(format!(
            "is {width} x {height} pixels by its header: it is broken"
        )));
    }
    reader.seek(SeekFrom::Start(0))?;
    let mut moves = false;
    let whole = match format {
        ImageFormat::Jpeg => jpeg_has_end(reader)?,
        ImageFormat::Png => png_has_end(reader, bytes)?,
        ImageFormat::Gif => {
            let frames = gif_frames(reader)?;
            moves = frames > Some(1);
            frames.is_some()
        }
        ImageFormat::Webp => riff_fits(reader, bytes)?,
        // Their ends cannot be told without decoding them.
        ImageFormat::Bmp | ImageFormat::Tiff | ImageFormat::Heic | ImageFormat::Avif => true,
    };
    if !whole {
        return Err(Unmeasured::Bad(format!(
            "is cut short: {} without its end after {bytes} bytes",
            format.mime()
        )));
    }
    let mut notes = notes::read(reader, format)?;
    notes.moves |= moves;
    // Of these the size was found as they are shown.
    let shown = matches!(format, ImageFormat::Heic | ImageFormat::Avif);
    let (width, height) = if (5..=8).contains(&notes.turned) && !shown {
        (height, width)
    } else {
        (width, height)
    };
    Ok(MediaFacts {
        mime: format.mime().to_owned(),
        width,
        height,
        notes,
        ..blank(MediaKind::Image, bytes)
    })
}

/// Walks the markers to the end of image, through the coded data.
fn jpeg_has_end(reader: &mut impl BufRead) -> Result<bool, Unmeasured> {
    let mut marker = [0; 2];
    if fill(reader, &mut marker)? < 2 {
        return Ok(false);
    }
    for _ in 0..PARTS_MAX {
        let Some(code) = next_marker(reader)? else {
            return Ok(false);
        };
        match code {
            0xd9 => return Ok(true),
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let mut length = [0; 2];
                if fill(reader, &mut length)? < 2 {
                    return Ok(false);
                }
                let length = u64::from(u16::from_be_bytes(length)).saturating_sub(2);
                if !skip(reader, length)? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// The next marker's code; coded data, stuffed bytes and fill bytes before it are passed over.
pub(super) fn next_marker(reader: &mut impl BufRead) -> Result<Option<u8>, Unmeasured> {
    let mut after_ff = false;
    loop {
        let (used, found) = {
            let buffer = reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            scan(buffer, &mut after_ff)
        };
        reader.consume(used);
        if found.is_some() {
            return Ok(found);
        }
    }
}

fn scan(buffer: &[u8], after_ff: &mut bool) -> (usize, Option<u8>) {
    for (i, byte) in buffer.iter().enumerate() {
        match (*after_ff, *byte) {
            (_, 0xff) => *after_ff = true,
            (true, 0) | (false, _) => *after_ff = false,
            (true, code) => {
                *after_ff = false;
                return (i + 1, Some(code));
            }
        }
    }
    (buffer.len(), None)
}

/// Passes over `n` bytes; `false`: there are not so many.
pub(super) fn skip(reader: &mut impl BufRead, n: u64) -> Result<bool, Unmeasured> {
    let mut left = n;
    while left > 0 {
        let here = reader.fill_buf()?.len();
        if here == 0 {
            return Ok(false);
        }
        let step = here.min(usize::try_from(left).unwrap_or(usize::MAX));
        reader.consume(step);
        left -= step as u64;
    }
    Ok(true)
}

fn png_has_end<R: Read + Seek>(reader: &mut BufReader<R>, bytes: u64) -> Result<bool, Unmeasured> {
    let mut at: u64 = 8;
    for _ in 0..PARTS_MAX {
        reader.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        if fill(reader, &mut head)? < 8 {
            return Ok(false);
        }
        let length = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        at = at.saturating_add(12).saturating_add(length);
        if at > bytes {
            return Ok(false);
        }
        if &head[4..8] == b"IEND" {
            return Ok(true);
        }
    }
    Ok(true)
}

/// The frames up to the end; `None`: it has no end.
fn gif_frames(reader: &mut impl BufRead) -> Result<Option<u32>, Unmeasured> {
    let mut head = [0; 13];
    if fill(reader, &mut head)? < 13 || !skip(reader, colours(head[10]))? {
        return Ok(None);
    }
    let mut frames = 0;
    for _ in 0..PARTS_MAX {
        let mut sort = [0; 1];
        if fill(reader, &mut sort)? < 1 {
            return Ok(None);
        }
        let passed = match sort[0] {
            0x3b => return Ok(Some(frames)),
            0x21 => skip(reader, 1)? && sub_blocks(reader)?,
            0x2c => {
                frames += 1;
                gif_frame(reader)?
            }
            _ => return Ok(None),
        };
        if !passed {
            return Ok(None);
        }
    }
    Ok(Some(frames))
}

/// Bytes of the colour table that a flags byte announces.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn gif_frame(reader: &mut impl BufRead) -> Result<bool, Unmeasured> {
    let mut head = [0; 9];
    if fill(reader, &mut head)? < 9 {
        return Ok(false);
    }
    Ok(skip(reader, colours(head[8]) + 1)? && sub_blocks(reader)?)
}

fn sub_blocks(reader: &mut impl BufRead) -> Result<bool, Unmeasured> {
    // Each block is 255 bytes at most: as many as the largest file may hold.
    for _ in 0..super::FILE_MAX / 256 {
        let mut length = [0; 1];
        if fill(reader, &mut length)? < 1 {
            return Ok(false);
        }
        if length[0] == 0 {
            return Ok(true);
        }
        if !skip(reader, u64::from(length[0]))? {
            return Ok(false);
        }
    }
    Ok(false)
}

fn riff_fits(reader: &mut impl Read, bytes: u64) -> Result<bool, Unmeasured> {
    let mut head = [0; 8];
    if fill(reader, &mut head)? < 8 {
        return Ok(false);
    }
    let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    Ok(length + 8 <= bytes)
}
