//! Taking the notes of a picture or a video out without coding it anew: what is seen stays, byte for byte.
//!
//! Everything that is no picture goes: EXIF, XMP, comments, makers' marks, further pictures behind the end. Colour
//! profiles stay, and a note of how the picture is turned.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use super::notes::{Chunk, EXIF};
use super::{Unmeasured, heif, mp4};

/// Writes the picture in `from` without its notes to `to`. `false`: it is of no kind that this is known for, or
/// broken; what was written is nothing then.
pub(in crate::spool) fn clean<R: Read + Seek, W: Write + Seek>(
    from: R,
    to: &mut W,
    mime: &str,
    turned: u8,
) -> io::Result<bool> {
    let mut reader = BufReader::with_capacity(64 * 1024, from);
    reader.seek(SeekFrom::Start(0))?;
    match mime {
        "image/jpeg" => jpeg(&mut reader, to, turned),
        "image/png" => png(&mut reader, to, turned),
        "image/webp" => webp(&mut reader, to, turned),
        "image/heic" | "image/avif" => heif::leave_out(&mut reader, to),
        "video/mp4" | "video/quicktime" | "audio/mp4" => movie(&mut reader, to),
        _ => Ok(false),
    }
}

/// An EXIF block that says how the picture is turned, and nothing else.
fn turn(turned: u8) -> Option<Vec<u8>> {
    if turned <= 1 {
        return None;
    }
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([turned, 0, 0, 0, 0, 0, 0]);
    Some(tiff)
}

/// Its notes become free space, so nothing has to be moved.
fn movie<R: Read + Seek, W: Write + Seek>(reader: &mut R, to: &mut W) -> io::Result<bool> {
    let bytes = reader.seek(SeekFrom::End(0))?;
    match mp4::read(reader, bytes) {
        Ok(movie) => movie.places.leave_out(reader, to),
        Err(Unmeasured::Bad(_)) => Ok(false),
        Err(Unmeasured::System(e)) => Err(e),
    }
}

fn jpeg<R: Read>(reader: &mut BufReader<R>, to: &mut impl Write, turned: u8) -> io::Result<bool> {
    let mut two = [0; 2];
    reader.read_exact(&mut two)?;
    to.write_all(&two)?;
    let mut exif = turn(turned);
    let mut code = coded(reader, &mut io::sink())?;
    while let Some(marker) = code {
        match marker {
            0xd9 => {
                to.write_all(&[0xff, 0xd9])?;
                return Ok(true);
            }
            0x01 | 0xd0..=0xd8 => code = coded(reader, &mut io::sink())?,
            _ => {
                reader.read_exact(&mut two)?;
                let mut body = vec![0; usize::from(u16::from_be_bytes(two)).saturating_sub(2)];
                reader.read_exact(&mut body)?;
                let profile = marker == 0xe2 && body.starts_with(b"ICC_PROFILE\0");
                if !matches!(marker, 0xe1..=0xed | 0xef | 0xfe) || profile {
                    // The notes come after JFIF's own mark and before the picture.
                    if marker != 0xe0
                        && let Some(tiff) = exif.take()
                    {
                        segment(to, 0xe1, &[EXIF, &tiff].concat())?;
                    }
                    segment(to, marker, &body)?;
                }
                code = if marker == 0xda {
                    coded(reader, to)?
                } else {
                    coded(reader, &mut io::sink())?
                };
            }
        }
    }
    Ok(false)
}

fn segment(to: &mut impl Write, marker: u8, body: &[u8]) -> io::Result<()> {
    // No body is longer than what was read, or than the few bytes of the turn.
    let length = u16::try_from(body.len() + 2).unwrap_or(u16::MAX);
    to.write_all(&[0xff, marker])?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(body)
}

/// Copies coded data up to the next marker that is none of its own; gives that marker.
fn coded(reader: &mut impl BufRead, to: &mut impl Write) -> io::Result<Option<u8>> {
    let mut after_ff = false;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let mut found = None;
        let mut out = Vec::with_capacity(buffer.len() + 1);
        let mut used = 0;
        for byte in buffer {
            used += 1;
            match (after_ff, *byte) {
                (_, 0xff) => after_ff = true,
                (false, byte) => out.push(byte),
                (true, own @ (0 | 0xd0..=0xd7)) => {
                    out.extend([0xff, own]);
                    after_ff = false;
                }
                (true, marker) => {
                    found = Some(marker);
                    break;
                }
            }
        }
        to.write_all(&out)?;
        reader.consume(used);
        if found.is_some() {
            return Ok(found);
        }
    }
}

fn png<R: Read>(reader: &mut R, to: &mut impl Write, turned: u8) -> io::Result<bool> {
    let mut magic = [0; 8];
    reader.read_exact(&mut magic)?;
    to.write_all(&magic)?;
    loop {
        let mut head = [0; 8];
        reader.read_exact(&mut head)?;
        let chunk = Chunk::of(&head, true);
        let mut body = reader.take(chunk.length + 4);
        if matches!(&chunk.name, b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt") {
            io::copy(&mut body, &mut io::sink())?;
            continue;
        }
        to.write_all(&head)?;
        if io::copy(&mut body, to)? < chunk.length + 4 {
            return Ok(false);
        }
        match &chunk.name {
            b"IEND" => return Ok(true),
            b"IHDR" => {
                if let Some(tiff) = turn(turned) {
                    let named = [b"eXIf", tiff.as_slice()].concat();
                    let length = u32::try_from(tiff.len()).unwrap_or(0);
                    to.write_all(&length.to_be_bytes())?;
                    to.write_all(&named)?;
                    to.write_all(&sum(&named).to_be_bytes())?;
                }
            }
            _ => {}
        }
    }
}

/// PNG's check sum (CRC-32), of a few bytes.
fn sum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                0xedb8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

fn webp<R: Read, W: Write + Seek>(reader: &mut R, to: &mut W, turned: u8) -> io::Result<bool> {
    let mut riff = [0; 12];
    reader.read_exact(&mut riff)?;
    to.write_all(&riff)?;
    let exif = turn(turned);
    let mut left = u64::from(u32::from_le_bytes([riff[4], riff[5], riff[6], riff[7]])).saturating_sub(4);
    let mut written: u64 = 4;
    while left >= 8 {
        let mut head = [0; 8];
        reader.read_exact(&mut head)?;
        let chunk = Chunk::of(&head, false);
        left = left.saturating_sub(chunk.whole);
        let mut body = reader.take(chunk.whole - 8);
        match &chunk.name {
            b"EXIF" | b"XMP " => {
                io::copy(&mut body, &mut io::sink())?;
                continue;
            }
            b"VP8X" => {
                let mut flags = Vec::new();
                body.read_to_end(&mut flags)?;
                if let Some(first) = flags.first_mut() {
                    *first = (*first & !0x0c) | if exif.is_some() { 0x08 } else { 0 };
                }
                to.write_all(&head)?;
                to.write_all(&flags)?;
            }
            _ => {
                to.write_all(&head)?;
                if io::copy(&mut body, to)? < chunk.length {
                    return Ok(false);
                }
            }
        }
        written += chunk.whole;
    }
    if let Some(tiff) = exif {
        // An even number of bytes, so nothing is added.
        to.write_all(b"EXIF")?;
        to.write_all(&u32::try_from(tiff.len()).unwrap_or(0).to_le_bytes())?;
        to.write_all(&tiff)?;
        written += 8 + tiff.len() as u64;
    }
    to.seek(SeekFrom::Start(4))?;
    to.write_all(&u32::try_from(written).unwrap_or(u32::MAX).to_le_bytes())?;
    Ok(true)
}
