//! What the boxes of an MP4 or MOV file say, for the models that judge videos by length and size.

/// Length, size and kind of a video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoFacts {
    /// Whether it is a QuickTime file.
    pub quicktime: bool,
    /// Whether `moov` stands before the pictures, so that it can be read while it comes.
    pub moov_first: bool,
    /// Its length in milliseconds.
    pub duration_ms: u64,
    /// Width and height in pixels, 0 when not known.
    pub size: (u32, u32),
}

/// Reads the boxes, wherever `moov` stands; nothing when it is no such file or is cut short.
#[must_use]
pub fn probe(bytes: &[u8]) -> Option<VideoFacts> {
    let mut facts = VideoFacts::default();
    let (mut seen, mut pictures) = (false, false);
    for (kind, content) in Boxes(bytes) {
        match &kind {
            b"ftyp" => facts.quicktime = content.starts_with(b"qt  "),
            b"moov" => {
                (seen, facts.moov_first) = (true, !pictures);
                movie(content, &mut facts)?;
            }
            b"mdat" => pictures = true,
            b"!cut" => return None,
            _ => {}
        }
    }
    seen.then_some(facts)
}

fn movie(content: &[u8], facts: &mut VideoFacts) -> Option<()> {
    for (kind, inner) in Boxes(content) {
        match &kind {
            b"mvhd" => facts.duration_ms = duration(inner)?,
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

fn duration(mvhd: &[u8]) -> Option<u64> {
    let (scale, length) = match mvhd.first()? {
        0 => (u64::from(be32(mvhd, 12)?), u64::from(be32(mvhd, 16)?)),
        _ => (
            u64::from(be32(mvhd, 20)?),
            u64::from(be32(mvhd, 24)?) << 32 | u64::from(be32(mvhd, 28)?),
        ),
    };
    length.checked_mul(1_000)?.checked_div(scale)
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

#[cfg(test)]
mod tests {
    use super::probe;

    #[test]
    fn boxes_tell_length_and_size() {
        let of = |name: &str| {
            let path = format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"));
            probe(&std::fs::read(path).unwrap())
        };
        let last = of("moov-last-16x9-6s.mp4");
        assert!(last.is_some_and(|f| f.duration_ms / 1_000 == 6 && f.size.0 > f.size.1 && !f.moov_first));
        assert!(of("reel-9x16-4s-h264-aac.mp4").is_some_and(|f| f.moov_first));
        assert!(of("hevc-3s.mov").is_some_and(|f| f.quicktime));
        assert!(of("long-95s-tiny.mp4").is_some_and(|f| f.duration_ms >= 94_000));
        assert_eq!(of("truncated.mp4"), None);
        assert_eq!(of("vp9-2s.webm"), None);
    }
}
