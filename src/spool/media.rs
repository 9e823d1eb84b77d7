//! Measuring media: what it is by its content, how large, how long, and whether it is whole.
//!
//! Facts, not opinions: the rules are `core::rules`. The bytes are streamed; memory does not depend on
//! the size of the file.

mod clean;
mod heif;
mod image;
pub mod mp4;
mod notes;
mod sniff;
mod webm;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

pub(super) use self::clean::clean;
use self::sniff::Sort;
use crate::domain::media::{MediaFacts, MediaKind, Notes};

/// The largest media file, in bytes: no platform takes more.
pub const FILE_MAX: u64 = 4 << 30;

/// Why a file could not be measured.
#[derive(Debug)]
pub enum Unmeasured {
    /// It is broken or too large: a sentence for a person, without the file's name at its start.
    Bad(String),
    /// The system failed; not the file's fault.
    System(io::Error),
}

impl From<io::Error> for Unmeasured {
    fn from(e: io::Error) -> Self {
        Unmeasured::System(e)
    }
}

/// Measures an open regular file.
pub fn measure(file: &File) -> Result<MediaFacts, Unmeasured> {
    let bytes = file.metadata()?.len();
    if bytes == 0 {
        return Err(Unmeasured::Bad("is empty".to_owned()));
    }
    if bytes > FILE_MAX {
        return Err(Unmeasured::Bad(format!(
            "has {bytes} bytes, crier takes at most {FILE_MAX} (4 GiB)"
        )));
    }
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut head = [0; 512];
    reader.seek(SeekFrom::Start(0))?;
    let filled = fill(&mut reader, &mut head)?;
    let sort = sniff::sort(&head[..filled]);
    let mut facts = of_sort(&mut reader, bytes, &sort)?;
    facts.sha256 = hash(&mut reader, bytes)?;
    Ok(facts)
}

fn of_sort<R: Read + Seek>(
    reader: &mut BufReader<R>,
    bytes: u64,
    sort: &Sort,
) -> Result<MediaFacts, Unmeasured> {
    match sort {
        Sort::Image(format) => image::measure(reader, bytes, *format),
        Sort::Movie => movie(reader, bytes),
        Sort::Matroska => webm::measure(reader, bytes),
        Sort::Other(mime) => Ok(MediaFacts {
            mime: (*mime).to_owned(),
            ..blank(MediaKind::Other, bytes)
        }),
    }
}

fn movie<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<MediaFacts, Unmeasured> {
    let movie = mp4::read(reader, bytes)?;
    let kind = if movie.video_codec.is_some() {
        MediaKind::Video
    } else {
        MediaKind::Other
    };
    let mime = match (kind, movie.quicktime) {
        (MediaKind::Other, _) => "audio/mp4",
        (MediaKind::Video | MediaKind::Image, true) => "video/quicktime",
        (MediaKind::Video | MediaKind::Image, false) => "video/mp4",
    };
    Ok(MediaFacts {
        mime: mime.to_owned(),
        width: movie.width,
        height: movie.height,
        duration_ms: movie.duration_ms,
        video_codec: movie.video_codec,
        audio_codec: movie.audio_codec,
        moov_first: Some(movie.moov_first),
        notes: Notes {
            position: movie.places.found,
            ..Notes::default()
        },
        ..blank(kind, bytes)
    })
}

fn blank(kind: MediaKind, bytes: u64) -> MediaFacts {
    MediaFacts {
        kind,
        mime: String::new(),
        bytes,
        width: 0,
        height: 0,
        duration_ms: None,
        video_codec: None,
        audio_codec: None,
        moov_first: None,
        notes: Default::default(),
        sha256: String::new(),
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// SHA-256 of the whole file, which must still be as long as it was.
fn hash<R: Read + Seek>(reader: &mut R, bytes: u64) -> Result<String, Unmeasured> {
    reader.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let n = fill(reader, &mut buffer)?;
        if n == 0 {
            break;
        }
        total += n as u64;
        hasher.update(&buffer[..n]);
        if total > FILE_MAX {
            break;
        }
    }
    if total != bytes {
        return Err(Unmeasured::Bad("is still being written".to_owned()));
    }
    Ok(hex::encode(hasher.finalize()))
}
