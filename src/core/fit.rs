//! FITTING, pure: from what was measured and a platform's rule to a plan that makes a file obey the rule.
//!
//! A plan says all that decides the outcome, so the same file and plan give the same bytes. Carrying it out is
//! `spool::fit`'s.

pub mod video;

use crate::core::offer::ImageRule;
use crate::domain::media::{Fit, MediaFacts, Notes};

pub use video::{Sound, VideoPlan};

/// Pictures with more pixels are not decoded: a progressive JPEG takes nine bytes of memory for each.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Larger picture files are not decoded: the decoders hold the file in memory.
pub const PICTURE_BYTES_MAX: u64 = 64 << 20;
/// The longer side of what is made, in pixels: no platform shows more than half of it.
pub const SIDE_MAX: u32 = 4096;
/// Both sides of what is made, where the rule names none.
const ANY_SIDES: (u32, u32) = (SIDE_MAX, SIDE_MAX);
/// What is left at the least, in pixels of the shorter side.
pub const SIDE_MIN: u32 = 64;

/// The pixels of what is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// The upright original is scaled to this.
    pub scale: (u32, u32),
    /// And laid in the middle of this: what is larger is cut off, what is smaller gets a border.
    pub canvas: (u32, u32),
}

/// How a picture is made to fit: always a JPEG without notes, upright, on white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PicturePlan {
    /// Its pixels.
    pub shape: Shape,
    /// Smallest and largest width over height that it may have, in thousandths.
    pub range: (u64, u64),
    /// Its quality, and after that its pixels, go down until it has no more bytes than this.
    pub max_bytes: u64,
}

impl PicturePlan {
    /// The next smaller shape for what has the pixels of `canvas`: three quarters of them, in the same range.
    /// `None`: it is as small as anything of use.
    pub fn smaller(&self, (w, h): (u32, u32)) -> Option<Shape> {
        let less = (w / 4 * 3, h / 4 * 3);
        if less.0.min(less.1) < SIDE_MIN {
            return None;
        }
        shape(less, self.range, Fit::Crop, ANY_SIDES, 1)
    }
}

/// What is to be made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plan {
    /// A JPEG.
    Picture(PicturePlan),
    /// A JPEG of a picture that only ffmpeg can decode.
    Foreign(PicturePlan),
    /// An MP4.
    Video(VideoPlan),
}

impl Plan {
    /// What is made of the picture that was measured.
    pub fn of_picture(facts: &MediaFacts, plan: PicturePlan) -> Plan {
        if is_foreign(&facts.mime) {
            Plan::Foreign(plan)
        } else {
            Plan::Picture(plan)
        }
    }

    /// Whether ffmpeg is needed for it: that may take minutes.
    pub fn is_slow(&self) -> bool {
        match self {
            Plan::Picture(_) => false,
            Plan::Foreign(_) | Plan::Video(_) => true,
        }
    }

    /// What is made of the file, as far as the plan says: as large as it may be.
    pub fn promise(&self, of: &MediaFacts) -> MediaFacts {
        let mut facts = MediaFacts {
            notes: Notes::default(),
            sha256: String::new(),
            ..of.clone()
        };
        match self {
            Plan::Picture(plan) | Plan::Foreign(plan) => {
                (facts.width, facts.height) = plan.shape.canvas;
                (facts.mime, facts.bytes) = ("image/jpeg".to_owned(), plan.max_bytes);
            }
            Plan::Video(plan) => {
                if let Some(shape) = plan.shape {
                    (facts.width, facts.height) = shape.canvas;
                }
                (facts.mime, facts.bytes) = ("video/mp4".to_owned(), plan.max_bytes);
                facts.video_codec = Some("avc1".to_owned());
                if plan.sound == Sound::Coded {
                    facts.audio_codec = Some("mp4a".to_owned());
                }
                facts.moov_first = Some(true);
            }
        }
        facts
    }

    /// The name of what is made of the file `name`: the same with another ending.
    pub fn name(&self, name: &str) -> String {
        let ending = match self {
            Plan::Picture(_) | Plan::Foreign(_) => "jpg",
            Plan::Video(_) => "mp4",
        };
        let base = name.rfind('/').map_or(0, |at| at + 1);
        let stem = match name[base..].rfind('.') {
            Some(dot) if dot > 0 => &name[..base + dot],
            Some(_) | None => name,
        };
        format!("{stem}.{ending}")
    }
}

/// A plan, or a sentence on why there can be none, without the file's name at its start.
pub type Planned<P> = Result<P, String>;

/// What a picture needs to obey `rule`; `None`: it obeys, or nothing that is made here would.
pub fn picture(facts: &MediaFacts, rule: &ImageRule, fit: Fit) -> Option<Planned<PicturePlan>> {
    let range = (rule.min_ratio_milli, rule.max_ratio_milli);
    let (w, h) = (facts.width, facts.height);
    let good_mime = rule.mimes.contains(&facts.mime.as_str());
    if good_mime && facts.bytes <= rule.bytes_of(&facts.mime) && rule.holds((w, h)) && within((w, h), range) {
        return None;
    }
    if fit == Fit::Off || !rule.mimes.contains(&"image/jpeg") {
        return None;
    }
    Some(readable(facts).and_then(|()| {
        let (short, long) = rule.max_sides.unwrap_or(ANY_SIDES);
        let sides = (short.min(SIDE_MAX), long.min(SIDE_MAX));
        let shape = shape((w, h), range, fit, sides, 1).ok_or_else(|| {
            format!("is {w} x {h} pixels: nothing of use is left of it in a shape that is taken")
        })?;
        Ok(PicturePlan {
            shape,
            range,
            max_bytes: rule.bytes_of("image/jpeg"),
        })
    }))
}

/// Pictures for which there is no decoder here: ffmpeg is asked.
fn is_foreign(mime: &str) -> bool {
    matches!(mime, "image/heic" | "image/avif")
}

/// What a person may run to make a JPEG of such a picture.
pub fn by_hand(mime: &str, name: &str) -> String {
    let (from, to) = (video::beside(name), video::beside(&jpeg_name(name)));
    let (from, to) = (video::quoted(&from), video::quoted(&to));
    match mime {
        "image/heic" => format!("make a JPEG of it: `heif-convert -q 90 {from} {to}`"),
        _ => format!("make a JPEG of it: `ffmpeg -i {from} -q:v 2 {to}`"),
    }
}

fn jpeg_name(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.jpg")
}

/// ffmpeg's arguments to decode the picture `from` to the PNG `to`, as it is, without its notes.
pub fn decoding(from: &str, to: &str) -> Vec<String> {
    const BEFORE: &str = "-nostdin -hide_banner -loglevel error -y -threads 1 -xerror -err_detect explode -protocol_whitelist file -noautorotate -f mov -i";
    const AFTER: &str = "-map 0:v:0 -frames:v 1 -map_metadata -1 -pix_fmt rgb24 -fflags +bitexact -threads 1 -c:v png -f image2 -update 1";
    let mut all: Vec<&str> = BEFORE.split(' ').collect();
    all.push(from);
    all.extend(AFTER.split(' '));
    all.push(to);
    all.into_iter().map(str::to_owned).collect()
}

fn readable(facts: &MediaFacts) -> Result<(), String> {
    match facts.mime.as_str() {
        mime if facts.notes.moves => {
            return Err(format!(
                "moves ({mime}): crier makes no still picture of it; save the frame that you want as a JPEG, or all of it as an MP4"
            ));
        }
        "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/bmp" => {}
        mime if is_foreign(mime) => {}
        other => {
            return Err(format!(
                "is {other}, which crier cannot decode: save it as a JPEG"
            ));
        }
    }
    if u64::from(facts.width) * u64::from(facts.height) > PIXELS_MAX {
        return Err(format!(
            "is {} x {} pixels, more than the {} million that crier decodes: make it smaller",
            facts.width,
            facts.height,
            PIXELS_MAX / 1_000_000
        ));
    }
    if facts.bytes > PICTURE_BYTES_MAX {
        return Err(format!(
            "has more than the {} MiB that crier decodes: make it smaller",
            PICTURE_BYTES_MAX >> 20
        ));
    }
    Ok(())
}

/// Whether width over height, in thousandths, lies in the range. Compared without division.
pub(crate) fn within((w, h): (u32, u32), (min, max): (u64, u64)) -> bool {
    let (w, h) = (u64::from(w) * 1000, u64::from(h));
    w >= min.saturating_mul(h) && w <= max.saturating_mul(h)
}

/// The pixels of `(w, h)` put into the range of shapes, the shorter and the longer side not longer than `sides`, all
/// multiples of `step`.
///
/// `None`: too little would be left of it.
pub(crate) fn shape(
    (w, h): (u32, u32),
    range: (u64, u64),
    fit: Fit,
    sides: (u32, u32),
    step: u32,
) -> Option<Shape> {
    let whole = canvas((w, h), range, fit, step)?;
    let (more, most) = smaller_by(whole, sides);
    let less = |n: u32| round(u64::from(n) * more / most, step);
    let scale = (less(w)?, less(h)?);
    let canvas = canvas(scale, range, fit, step)?;
    let least = canvas.0.min(canvas.1).min(scale.0).min(scale.1);
    // A border must not be all that there is: an original that is tiny itself stays as it is.
    (least >= SIDE_MIN.min(w).min(h) && within(canvas, range)).then_some(Shape { scale, canvas })
}

/// The fraction of its pixels, not above one, at which both sides of it are short enough.
fn smaller_by((w, h): (u32, u32), (short, long): (u32, u32)) -> (u64, u64) {
    let (shorter, longer) = (u64::from(w.min(h)).max(1), u64::from(w.max(h)).max(1));
    let (short, long) = (u64::from(short), u64::from(long));
    if longer <= long && shorter <= short {
        (1, 1)
    } else if long * shorter <= short * longer {
        (long, longer)
    } else {
        (short, shorter)
    }
}

/// Down to a multiple, but not to nothing.
fn round(n: u64, step: u32) -> Option<u32> {
    let n = u32::try_from(n).ok()? / step * step;
    (n > 0).then_some(n)
}

fn canvas((w, h): (u32, u32), (min, max): (u64, u64), fit: Fit, step: u32) -> Option<(u32, u32)> {
    let (wide, high) = (u64::from(w), u64::from(h));
    let up = |n: u64| {
        let step = u64::from(step);
        u32::try_from(n.div_ceil(step) * step).ok()
    };
    let crop = fit == Fit::Crop;
    if within((w, h), (min, max)) {
        return Some((w, h));
    }
    if wide * 1000 > max.saturating_mul(high) {
        return Some(if crop {
            (round(high * max / 1000, step)?, h)
        } else {
            (w, up((wide * 1000).div_ceil(max.max(1)))?)
        });
    }
    Some(if crop {
        (w, round(wide * 1000 / min.max(1), step)?)
    } else {
        (up((high * min).div_ceil(1000))?, h)
    })
}

#[cfg(test)]
mod tests;
