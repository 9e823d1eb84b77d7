//! What the boxes of a video say, as far as Meta refuses for it (instagram.md 4.3).

/// What the boxes of an MP4 or MOV file say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VideoFacts {
    /// Whether it is a MOV file.
    pub(crate) quicktime: bool,
    pub(crate) duration_ms: u64,
    /// Width and height in pixels.
    pub(crate) size: (u32, u32),
}

/// Reads the boxes; nothing when it is no such file, is cut short, or has `moov` behind `mdat`.
pub(crate) fn probe(bytes: &[u8]) -> Option<VideoFacts> {
    let mut facts = VideoFacts::default();
    let mut seen = false;
    for (kind, content) in Boxes(bytes) {
        match &kind {
            b"ftyp" => facts.quicktime = content.starts_with(b"qt  "),
            b"moov" => {
                seen = true;
                movie(content, &mut facts)?;
            }
            b"mdat" if !seen => return None,
            b"!cut" => return None,
            _ => {}
        }
    }
    seen.then_some(facts)
}

fn movie(content: &[u8], facts: &mut VideoFacts) -> Option<()> {
    for (kind, inner) in Boxes(content) {
        match &kind {
            b"mvhd" => facts.duration_ms = movie_duration(inner)?,
            b"trak" => {
                let header = Boxes(inner)
                    .find(|(kind, _)| kind == b"tkhd")
                    .map(|(_, tkhd)| tkhd);
                if let Some(size) = header.and_then(track_size).filter(|(w, h)| *w > 0 && *h > 0) {
                    facts.size = size;
                }
            }
            _ => {}
        }
    }
    Some(())
}

fn movie_duration(mvhd: &[u8]) -> Option<u64> {
    let (scale, duration) = match mvhd.first()? {
        0 => (u64::from(be32(mvhd, 12)?), u64::from(be32(mvhd, 16)?)),
        _ => (
            u64::from(be32(mvhd, 20)?),
            u64::from(be32(mvhd, 24)?) << 32 | u64::from(be32(mvhd, 28)?),
        ),
    };
    duration.checked_mul(1000)?.checked_div(scale)
}

fn track_size(tkhd: &[u8]) -> Option<(u32, u32)> {
    let at = tkhd.len().checked_sub(8)?;
    Some((be32(tkhd, at)? >> 16, be32(tkhd, at + 4)? >> 16))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The boxes of one level. A box that is longer than what is left comes as `!cut`, and ends it.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0;
        let kind: [u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let (head, size) = match be32(rest, 0)? {
            0 => (8, rest.len()),
            1 => (
                16,
                usize::try_from(u64::from(be32(rest, 8)?) << 32 | u64::from(be32(rest, 12)?)).ok()?,
            ),
            size => (8, size as usize),
        };
        if size < head || size > rest.len() {
            self.0 = &[];
            return Some((*b"!cut", &[]));
        }
        self.0 = &rest[size..];
        Some((kind, &rest[head..size]))
    }
}
