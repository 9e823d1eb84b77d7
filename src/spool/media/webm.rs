//! WebM and Matroska: enough of EBML for size, length and codec. No platform of crier's first ones takes
//! them; the facts let the refusal say so with the right words.

use std::io::{Read, Seek, SeekFrom};

use super::{Unmeasured, blank};
use crate::domain::media::{MediaFacts, MediaKind};

/// How much of a file's beginning is searched for its description.
const HEAD_MAX: u64 = 1024 * 1024;
/// Elements looked at in one file.
const ELEMENTS_MAX: u32 = 10_000;

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const ENTRY: u32 = 0xAE;
const VIDEO: u32 = 0xE0;
const SCALE: u32 = 0x002A_D7B1;
const DURATION: u32 = 0x4489;
const CODEC: u32 = 0x86;
const WIDTH: u32 = 0xB0;
const HEIGHT: u32 = 0xBA;
const DOCTYPE: u32 = 0x4282;
const HEADER: u32 = 0x1A45_DFA3;

#[derive(Default)]
struct Found {
    doctype: String,
    scale: Option<u64>,
    duration: Option<f64>,
    codecs: Vec<String>,
    width: u32,
    height: u32,
    left: u32,
    /// The bytes that the file should have by its own word.
    end: Option<u64>,
}

pub(super) fn measure<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<MediaFacts, Unmeasured> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    Read::take(&mut *reader, HEAD_MAX).read_to_end(&mut head)?;
    let mut found = Found {
        left: ELEMENTS_MAX,
        ..Found::default()
    };
    walk(&head, 0, &mut found, 0);
    if found.end.is_some_and(|end| end > bytes) {
        return Err(Unmeasured::Bad(format!(
            "is cut short: it should have {} bytes and has {bytes}",
            found.end.unwrap_or(0)
        )));
    }
    let codec = |prefix: &str| {
        found
            .codecs
            .iter()
            .find(|c| c.starts_with(prefix))
            .map(|c| c[prefix.len()..].to_ascii_lowercase())
    };
    let nanos = found
        .duration
        .map(|d| d * found.scale.unwrap_or(1_000_000) as f64);
    let video = codec("V_");
    let kind = if video.is_some() {
        MediaKind::Video
    } else {
        MediaKind::Other
    };
    Ok(MediaFacts {
        mime: if found.doctype == "webm" {
            "video/webm"
        } else {
            "video/x-matroska"
        }
        .to_owned(),
        width: found.width,
        height: found.height,
        // Not negative and far below 2^64 nanoseconds, or it is not told.
        duration_ms: nanos
            .filter(|n| n.is_finite() && *n >= 0.0 && *n < 1e18)
            .map(|n| (n / 1e6) as u64),
        video_codec: video,
        audio_codec: codec("A_"),
        ..blank(kind, bytes)
    })
}

/// Elements of `data`, which begins at `offset` of the file.
fn walk(mut data: &[u8], mut offset: u64, found: &mut Found, depth: u32) {
    while let Some((id, id_len)) = id(data) {
        let Some((size, size_len)) = size(&data[id_len..]) else {
            return;
        };
        if found.left == 0 || depth > 4 {
            return;
        }
        found.left -= 1;
        let start = id_len + size_len;
        let rest = &data[start..];
        let body = &rest[..usize::try_from(size.unwrap_or(u64::MAX))
            .unwrap_or(usize::MAX)
            .min(rest.len())];
        if id == SEGMENT {
            found.end = size.and_then(|size| (offset + start as u64).checked_add(size));
        }
        element(id, body, offset + start as u64, found, depth);
        offset += (start + body.len()) as u64;
        data = &rest[body.len()..];
    }
}

fn element(id: u32, body: &[u8], offset: u64, found: &mut Found, depth: u32) {
    match id {
        HEADER | SEGMENT | INFO | TRACKS | ENTRY | VIDEO => walk(body, offset, found, depth + 1),
        DOCTYPE => found.doctype = String::from_utf8_lossy(&body[..body.len().min(16)]).into_owned(),
        CODEC if found.codecs.len() < 16 => {
            let name = String::from_utf8_lossy(&body[..body.len().min(32)]).into_owned();
            found
                .codecs
                .push(name.chars().filter(|c| c.is_ascii_graphic()).collect());
        }
        SCALE => found.scale = number(body),
        DURATION => found.duration = float(body),
        WIDTH if found.width == 0 => found.width = narrow(number(body)),
        HEIGHT if found.height == 0 => found.height = narrow(number(body)),
        _ => {}
    }
}

fn narrow(n: Option<u64>) -> u32 {
    n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

fn id(data: &[u8]) -> Option<(u32, usize)> {
    let first = *data.first()?;
    let len = first.leading_zeros() as usize + 1;
    if len > 4 {
        return None;
    }
    let raw = data.get(..len)?;
    Some((raw.iter().fold(0, |n, b| n << 8 | u32::from(*b)), len))
}

/// A size, `None` within: not known beforehand.
fn size(data: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *data.first()?;
    let len = first.leading_zeros() as usize + 1;
    if len > 8 {
        return None;
    }
    let raw = data.get(..len)?;
    let all = raw.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    let mask = (1u64 << (7 * len)) - 1;
    Some((Some(all & mask).filter(|n| *n != mask), len))
}

fn number(body: &[u8]) -> Option<u64> {
    (body.len() <= 8).then(|| body.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn float(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f64::from(f32::from_bits(u32::try_from(number(body)?).ok()?))),
        8 => Some(f64::from_bits(number(body)?)),
        _ => None,
    }
}
