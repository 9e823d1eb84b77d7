//! Pictures that crier has no decoder for: libheif's `heif-convert`, or ffmpeg, makes a PNG of one.

use std::fs::File;
use std::path::Path;

use super::child::{self, Bench};
use super::{Unmade, Unmeasured, measure};
use crate::core::fit;
use crate::domain::media::MediaFacts;

/// A program that decodes.
#[derive(Clone)]
pub(super) enum Decoder<'a> {
    /// `heif-convert`: turns the picture upright as the file says.
    Heif(&'a Path),
    /// ffmpeg, asked for the picture as it is stored.
    Ffmpeg(&'a Path),
}

impl<'a> Decoder<'a> {
    /// The better one of those that a person allowed: ffmpeg reads HEIC from its version 7 on only.
    pub(super) fn of(heif: Option<&'a Path>, ffmpeg: Option<&'a Path>) -> Option<Self> {
        heif.map(Decoder::Heif).or(ffmpeg.map(Decoder::Ffmpeg))
    }

    /// Makes the PNG.
    pub(super) fn run(&self, (from, png): (&Path, &Path), bench: &Bench<'_>) -> Result<(), Unmade> {
        let most = fit::PICTURE_BYTES_MAX;
        match self {
            Decoder::Heif(program) => {
                let names = |from: &str, to: &str| vec![from.to_owned(), to.to_owned()];
                child::make(program, names, (from, png), bench, most)
            }
            Decoder::Ffmpeg(program) => child::make(program, fit::decoding, (from, png), bench, most),
        }
    }

    /// What the PNG is, turned as the picture is; it must be the picture that was measured.
    pub(super) fn measured(&self, png: &Path, facts: &MediaFacts) -> Result<MediaFacts, Unmade> {
        let program = match self {
            Decoder::Heif(program) | Decoder::Ffmpeg(program) => child::name(program),
        };
        let file = File::open(png)?;
        // Several pictures in one file would be written under other names.
        if file.metadata()?.len() == 0 {
            return Err(Unmade::Why(format!("is not one picture for {program}")));
        }
        let mut decoded = match measure(&file) {
            Ok(decoded) => decoded,
            Err(Unmeasured::Bad(why)) => {
                return Err(Unmade::Why(format!(
                    "was decoded by {program}, and what came of it {why}"
                )));
            }
            Err(Unmeasured::System(e)) => return Err(Unmade::System(e)),
        };
        let swap = |is: &mut MediaFacts| {
            if (5..=8).contains(&is.notes.turned) {
                (is.width, is.height) = (is.height, is.width);
            }
        };
        // Notes that were carried over say how the camera was held, not how this PNG lies.
        swap(&mut decoded);
        decoded.notes.turned = match self {
            Decoder::Heif(_) => 1,
            Decoder::Ffmpeg(_) => facts.notes.turned,
        };
        swap(&mut decoded);
        if (decoded.width, decoded.height) != (facts.width, facts.height) {
            return Err(Unmade::Why(format!(
                "is {} x {} pixels, and this {program} finds {} x {} in it",
                facts.width, facts.height, decoded.width, decoded.height
            )));
        }
        Ok(decoded)
    }
}
