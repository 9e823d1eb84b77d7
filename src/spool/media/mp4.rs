//! A walk through the boxes of MP4 and QuickTime files, for the facts that platforms have rules about.
//!
//! The file is hostile: every length is checked against the box around it, the number of boxes, tracks
//! and levels is bounded, and only the few bytes that are needed are read.

mod places;

use std::io::{self, Read, Seek, SeekFrom};

pub(super) use self::places::{Places, blank};
use super::{Unmeasured, fill};

/// Boxes looked at in one file.
const BOXES_MAX: u32 = 20_000;
/// Boxes within boxes.
const DEPTH_MAX: u32 = 8;

/// What the boxes say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Movie {
    /// QuickTime rather than MP4.
    pub quicktime: bool,
    /// Length, when told.
    pub duration_ms: Option<u64>,
    /// Width as it is shown, 0: no picture.
    pub width: u32,
    /// Height as it is shown.
    pub height: u32,
    /// Four letters of the first video track.
    pub video_codec: Option<String>,
    /// Four letters of the first sound track.
    pub audio_codec: Option<String>,
    /// The index comes before the data.
    pub moov_first: bool,
    /// What it says of where it was taken.
    pub places: Places,
}

#[derive(Default)]
struct Track {
    handler: [u8; 4],
    codec: Option<String>,
    width: u32,
    height: u32,
    /// Its tables of samples: their sizes, how many lie together, and where (in eight bytes each, or four).
    sizes: Option<Boxed>,
    runs: Option<Boxed>,
    offsets: Option<(Boxed, bool)>,
}

/// One box: its type, and where its content lies.
#[derive(Clone, Copy)]
struct Boxed {
    at: u64,
    name: [u8; 4],
    start: u64,
    end: u64,
}

struct Walk<'r, R> {
    reader: &'r mut R,
    left: u32,
    movie: Movie,
    /// The file's length.
    end: u64,
    timescale: u32,
    mvhd: Option<u64>,
    fragments: Option<u64>,
}

/// Reads a movie of `bytes` bytes.
pub fn read<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<Movie, Unmeasured> {
    let mut walk = Walk {
        reader,
        left: BOXES_MAX,
        movie: Movie {
            places: Places::new(),
            ..Movie::default()
        },
        end: bytes,
        timescale: 0,
        mvhd: None,
        fragments: None,
    };
    walk.top(bytes)?;
    let length = walk.mvhd.filter(|d| *d > 0).or(walk.fragments);
    walk.movie.duration_ms = length
        .filter(|_| walk.timescale > 0)
        .map(|d| u64::try_from(u128::from(d) * 1000 / u128::from(walk.timescale)).unwrap_or(u64::MAX));
    Ok(walk.movie)
}

fn bad(why: &str) -> Unmeasured {
    Unmeasured::Bad(why.to_owned())
}

impl<R: Read + Seek> Walk<'_, R> {
    fn top(&mut self, bytes: u64) -> Result<(), Unmeasured> {
        let (mut at, mut moov, mut data) = (0, None, None);
        // As QuickTime was before it had brands.
        self.movie.quicktime = true;
        while at < bytes {
            let one = match self.header(at, bytes)? {
                Some(one) => one,
                None => {
                    return Err(Unmeasured::Bad(format!(
                        "is cut short: the box at byte {at} goes on after its {bytes} bytes"
                    )));
                }
            };
            match &one.name {
                b"ftyp" => {
                    let mut brand = [0; 4];
                    self.bytes(one, 0, &mut brand)?;
                    self.movie.quicktime = &brand == b"qt  ";
                }
                b"moov" if moov.is_none() => {
                    moov = Some(at);
                    self.inside(one, 1)?;
                }
                b"mdat" if data.is_none() => data = Some(at),
                b"meta" | b"uuid" => self.words(one)?,
                _ => {}
            }
            at = one.end;
        }
        let Some(moov) = moov else {
            return Err(bad(
                "is a movie without its index (moov): it was cut short, or not finished by its camera",
            ));
        };
        self.movie.moov_first = data.is_none_or(|data| moov < data);
        Ok(())
    }

    /// The box at `at` within `limit`; `None`: it is longer than that.
    fn header(&mut self, at: u64, limit: u64) -> Result<Option<Boxed>, Unmeasured> {
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return Err(bad("is a movie of more boxes than any camera writes")),
        };
        let mut head = [0; 16];
        self.reader.seek(SeekFrom::Start(at))?;
        let want = usize::try_from(limit - at).unwrap_or(usize::MAX).min(16);
        let got = fill(self.reader, &mut head[..want])?;
        if got < 8 {
            return Ok(None);
        }
        let name = [head[4], head[5], head[6], head[7]];
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let (start, size) = match short {
            0 => (at + 8, limit - at),
            1 if got < 16 => return Ok(None),
            1 => {
                let mut long = [0; 8];
                long.copy_from_slice(&head[8..16]);
                (at + 16, u64::from_be_bytes(long))
            }
            size => (at + 8, size),
        };
        let end = at.checked_add(size);
        match end {
            Some(end) if end < start => Err(bad("is broken: a box is shorter than its own head")),
            Some(end) if end <= limit => Ok(Some(Boxed { at, name, start, end })),
            Some(_) | None => Ok(None),
        }
    }

    /// Reads bytes of a box's content; what is not there stays 0.
    fn bytes(&mut self, one: Boxed, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = one.start.saturating_add(offset).min(one.end);
        self.reader.seek(SeekFrom::Start(from))?;
        let want = usize::try_from(one.end - from)
            .unwrap_or(usize::MAX)
            .min(into.len());
        fill(self.reader, &mut into[..want])
    }

    fn children(
        &mut self,
        parent: Boxed,
        depth: u32,
        mut each: impl FnMut(&mut Self, Boxed) -> Result<(), Unmeasured>,
    ) -> Result<(), Unmeasured> {
        if depth > DEPTH_MAX {
            return Err(bad("is a movie of boxes within boxes without end"));
        }
        let mut at = parent.start;
        // QuickTime may close a list with four zero bytes.
        while at + 8 <= parent.end {
            let Some(one) = self.header(at, parent.end)? else {
                return Err(bad("is broken: a box is longer than the one around it"));
            };
            each(self, one)?;
            at = one.end;
        }
        Ok(())
    }

    fn inside(&mut self, moov: Boxed, depth: u32) -> Result<(), Unmeasured> {
        self.children(moov, depth, |walk, one| match &one.name {
            b"mvhd" => walk.mvhd(one),
            b"trak" => walk.trak(one, depth + 1),
            b"udta" | b"meta" | b"uuid" => walk.words(one),
            b"mvex" => walk.children(one, depth + 1, |walk, one| match &one.name {
                b"mehd" => walk.mehd(one),
                _ => Ok(()),
            }),
            _ => Ok(()),
        })
    }

    fn mvhd(&mut self, one: Boxed) -> Result<(), Unmeasured> {
        let mut raw = [0; 32];
        self.bytes(one, 0, &mut raw)?;
        let (scale, length) = if raw[0] == 1 {
            (be32(&raw[20..24]), be64(&raw[24..32]))
        } else {
            (be32(&raw[12..16]), u64::from(be32(&raw[16..20])))
        };
        let unknown = length == u64::MAX || (raw[0] != 1 && length == u64::from(u32::MAX));
        self.timescale = scale;
        self.mvhd = Some(length).filter(|_| !unknown);
        Ok(())
    }

    fn mehd(&mut self, one: Boxed) -> Result<(), Unmeasured> {
        let mut raw = [0; 12];
        self.bytes(one, 0, &mut raw)?;
        self.fragments = Some(if raw[0] == 1 {
            be64(&raw[4..12])
        } else {
            u64::from(be32(&raw[4..8]))
        });
        Ok(())
    }

    fn trak(&mut self, one: Boxed, depth: u32) -> Result<(), Unmeasured> {
        let mut track = Track::default();
        self.part(one, depth, &mut track)?;
        self.telemetry(one, &track)?;
        match &track.handler {
            b"vide" if self.movie.video_codec.is_none() => {
                self.movie.video_codec = Some(track.codec.unwrap_or_else(|| "unknown".to_owned()));
                (self.movie.width, self.movie.height) = (track.width, track.height);
            }
            b"soun" if self.movie.audio_codec.is_none() => {
                self.movie.audio_codec = Some(track.codec.unwrap_or_else(|| "unknown".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    fn part(&mut self, parent: Boxed, depth: u32, track: &mut Track) -> Result<(), Unmeasured> {
        self.children(parent, depth, |walk, one| match &one.name {
            b"tkhd" => walk.tkhd(one, track),
            b"hdlr" if track.handler == [0; 4] => {
                let mut raw = [0; 12];
                walk.bytes(one, 0, &mut raw)?;
                track.handler = [raw[8], raw[9], raw[10], raw[11]];
                Ok(())
            }
            b"stsd" => {
                let mut raw = [0; 16];
                walk.bytes(one, 0, &mut raw)?;
                track.codec = four(&raw[12..16]);
                Ok(())
            }
            b"stsz" => {
                track.sizes = Some(one);
                Ok(())
            }
            b"stsc" => {
                track.runs = Some(one);
                Ok(())
            }
            b"stco" | b"co64" => {
                track.offsets = Some((one, &one.name == b"co64"));
                Ok(())
            }
            b"udta" | b"meta" | b"uuid" => walk.words(one),
            b"mdia" | b"minf" | b"stbl" => walk.part(one, depth + 1, track),
            _ => Ok(()),
        })
    }

    /// The size in 16.16 fixed point after the matrix that turns the picture.
    fn tkhd(&mut self, one: Boxed, track: &mut Track) -> Result<(), Unmeasured> {
        let mut raw = [0; 96];
        self.bytes(one, 0, &mut raw)?;
        let base = if raw[0] == 1 { 52 } else { 40 };
        let turned = be32(&raw[base..base + 4]) == 0 && be32(&raw[base + 4..base + 8]) != 0;
        let width = be32(&raw[base + 36..base + 40]) >> 16;
        let height = be32(&raw[base + 40..base + 44]) >> 16;
        (track.width, track.height) = if turned { (height, width) } else { (width, height) };
        Ok(())
    }
}

fn be32(raw: &[u8]) -> u32 {
    raw.iter().take(4).fold(0, |n, b| n << 8 | u32::from(*b))
}

fn be64(raw: &[u8]) -> u64 {
    raw.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

/// A codec's four letters, when they are such.
fn four(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    text.bytes()
        .all(|b| b.is_ascii_graphic() || b == b' ')
        .then(|| text.trim_end().to_owned())
}
