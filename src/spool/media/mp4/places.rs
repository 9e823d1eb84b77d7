//! Where a video was taken, and taking that out: user data, metadata and XMP at any level become free space, and
//! tracks of positions (GoPro's `gpmd`, Android's `camm`) with their samples become zeros. Nothing moves, so nothing
//! else has to be rewritten: every other byte stays what it is.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use super::{Boxed, Track, Unmeasured, Walk, be32, be64};

/// Longer notes are not read: they are taken to say where it was.
const NOTES_MAX: u64 = 1 << 20;
/// A longer table of samples is no camera's.
const TABLE_MAX: u64 = 8 << 20;

/// What speaks of places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// They say where it was.
    pub found: bool,
    /// Boxes of notes: where their names stand, where their content begins, where they end.
    notes: Vec<(u64, Range<u64>)>,
    /// Samples of tracks of positions; `None`: where they lie cannot be told.
    samples: Option<Vec<Range<u64>>>,
}

impl Places {
    pub(super) fn new() -> Self {
        Places {
            samples: Some(Vec::new()),
            ..Places::default()
        }
    }

    /// Writes the file without them. `false`: it cannot be done.
    pub(in crate::spool::media) fn leave_out<R: Read + Seek, W: Write + Seek>(
        &self,
        from: &mut R,
        to: &mut W,
    ) -> io::Result<bool> {
        let Some(samples) = &self.samples else {
            return Ok(false);
        };
        from.seek(SeekFrom::Start(0))?;
        io::copy(from, to)?;
        for (name, content) in &self.notes {
            to.seek(SeekFrom::Start(*name))?;
            to.write_all(b"free")?;
            blank(to, content)?;
        }
        samples.iter().try_for_each(|range| blank(to, range))?;
        Ok(true)
    }
}

pub(in crate::spool::media) fn blank<W: Write + Seek>(to: &mut W, range: &Range<u64>) -> io::Result<()> {
    to.seek(SeekFrom::Start(range.start))?;
    let mut zeros = io::repeat(0).take(range.end.saturating_sub(range.start));
    io::copy(&mut zeros, to)?;
    Ok(())
}

impl<R: Read + Seek> Walk<'_, R> {
    /// User data, metadata, XMP: kept in mind, and looked into.
    pub(super) fn words(&mut self, one: Boxed) -> Result<(), Unmeasured> {
        let length = one.end - one.start;
        let speaks = length > NOTES_MAX || {
            let mut content = vec![0; usize::try_from(length).unwrap_or(0)];
            self.bytes(one, 0, &mut content)?;
            speaks_of_place(&content)
        };
        let places = &mut self.movie.places;
        places.found |= speaks;
        places.notes.push((one.at + 4, one.start..one.end));
        Ok(())
    }

    /// A track of positions is remembered with its samples.
    pub(super) fn telemetry(&mut self, one: Boxed, track: &Track) -> Result<(), Unmeasured> {
        if !matches!(track.codec.as_deref(), Some("gpmd" | "camm")) {
            return Ok(());
        }
        let found = self.samples(track)?;
        let places = &mut self.movie.places;
        places.found = true;
        places.notes.push((one.at + 4, one.start..one.end));
        places.samples = match (places.samples.take(), found) {
            (Some(mut all), Some(more)) => {
                all.extend(more);
                Some(all)
            }
            (_, _) => None,
        };
        Ok(())
    }

    /// Where the samples lie, chunk by chunk; `None`: the tables do not say, or say what cannot be.
    fn samples(&mut self, track: &Track) -> Result<Option<Vec<Range<u64>>>, Unmeasured> {
        let (Some(sizes), Some(runs), Some((offsets, wide))) = (track.sizes, track.runs, track.offsets)
        else {
            return Ok(None);
        };
        let (Some(sizes), Some(runs), Some(offsets)) =
            (self.table(sizes)?, self.table(runs)?, self.table(offsets)?)
        else {
            return Ok(None);
        };
        let limit = self.end;
        Ok(chunks(&sizes, &runs, &offsets, wide).filter(|all| all.iter().all(|r| r.end <= limit)))
    }

    fn table(&mut self, one: Boxed) -> Result<Option<Vec<u8>>, Unmeasured> {
        let length = one.end - one.start;
        if length > TABLE_MAX {
            return Ok(None);
        }
        let mut content = vec![0; usize::try_from(length).unwrap_or(0)];
        self.bytes(one, 0, &mut content)?;
        Ok(Some(content))
    }
}

/// Version and flags, a count, and then entries: of sizes (`stsz`), of chunks' lengths (`stsc`), of places.
fn chunks(sizes: &[u8], runs: &[u8], offsets: &[u8], wide: bool) -> Option<Vec<Range<u64>>> {
    let uniform = u64::from(be32(sizes.get(4..8)?));
    let mut each = sizes.get(12..)?.chunks_exact(4).map(|size| u64::from(be32(size)));
    let runs: Vec<(u32, u32)> = runs
        .get(8..)?
        .chunks_exact(12)
        .map(|run| (be32(run), be32(&run[4..])))
        .collect();
    let (step, mut run, mut all) = (if wide { 8 } else { 4 }, 0, Vec::new());
    for (n, at) in offsets.get(8..)?.chunks_exact(step).enumerate() {
        let chunk = u32::try_from(n).ok()?.checked_add(1)?;
        while runs.get(run + 1).is_some_and(|(first, _)| *first <= chunk) {
            run += 1;
        }
        let (_, samples) = runs.get(run)?;
        let length: u64 = if uniform > 0 {
            uniform.checked_mul(u64::from(*samples))?
        } else {
            each.by_ref().take(usize::try_from(*samples).ok()?).sum()
        };
        let start = if wide { be64(at) } else { u64::from(be32(at)) };
        all.push(start..start.checked_add(length)?);
    }
    Some(all)
}

/// Boxes that hold nothing but a place, and names that writers of positions use.
fn speaks_of_place(content: &[u8]) -> bool {
    let named = |w: &[u8]| {
        let length = u64::from(be32(w));
        matches!(&w[4..8], b"\xa9xyz" | b"loci") && (8..=content.len() as u64).contains(&length)
    };
    let has = |word: &[u8]| content.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    content.windows(8).any(named) || has(b"location") || has(b"gps") || has(b"latitude")
}
