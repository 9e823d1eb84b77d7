//! Videos: what ffmpeg is asked for, when a person lets crier call it.

use super::{Planned, Shape, shape, within};
use crate::core::offer::VideoRule;
use crate::domain::media::{Fit, MediaFacts};

/// The longer side of a video that is made, in pixels.
const SIDE_MAX: u32 = 1920;
/// Below this many bits a second there is nothing to be seen.
const BITRATE_MIN: u64 = 150_000;
/// Above this many nobody sees a difference on a telephone.
const BITRATE_MAX: u64 = 12_000_000;
/// Bits a second of the sound.
const AUDIO: u64 = 128_000;
/// Two rules meet where a platform takes "any" width.
const ANY_WIDTH: u32 = 0;

/// How a video is made to fit. It is never cut in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VideoPlan {
    /// The pictures are coded anew with this shape; `None`: they are copied, and only the container is new.
    pub shape: Option<Shape>,
    /// Most bits a second of the pictures.
    pub bitrate: u64,
    /// What becomes of its sound.
    pub sound: Sound,
    /// The container of the original.
    pub from: Container,
    /// At most this many bytes come out of it.
    pub max_bytes: u64,
}

/// What becomes of a video's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sound {
    /// There is none.
    Without,
    /// It is copied.
    Copied,
    /// It is coded anew, as AAC.
    Coded,
}

/// What ffmpeg is told to read: nothing else, whatever the bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// MP4 and QuickTime.
    Mov,
    /// Matroska and WebM.
    Matroska,
}

impl Container {
    fn name(self) -> &'static str {
        match self {
            Container::Mov => "mov",
            Container::Matroska => "matroska",
        }
    }
}

/// What a video needs to obey `rule`; `None`: it obeys, or nothing that is made here would.
pub fn video(facts: &MediaFacts, rule: &VideoRule, fit: Fit) -> Option<Planned<VideoPlan>> {
    let takes = |mime: &str, codec: &str| {
        rule.mimes.contains(&mime) && (rule.codecs.is_empty() || rule.codecs.contains(&codec))
    };
    let codec = facts.video_codec.as_deref().unwrap_or_default();
    let range = (rule.min_ratio_milli, rule.max_ratio_milli);
    let size = (facts.width, facts.height);
    let pictures = takes(&facts.mime, codec)
        && facts.bytes <= rule.max_bytes
        && (rule.max_width == ANY_WIDTH || facts.width <= rule.max_width)
        && within(size, range);
    let order = !(rule.moov_first && facts.moov_first == Some(false));
    let sound = facts.audio_codec.as_deref().is_none_or(|c| heard(rule, c));
    let ms = facts.duration_ms?;
    if (pictures && order && sound) || ms <= rule.min_ms || ms > rule.max_ms {
        return None;
    }
    let possible = takes("video/mp4", "avc1") && heard(rule, "mp4a");
    if fit == Fit::Off || !possible || size.0 == 0 || size.1 == 0 {
        return None;
    }
    Some(plan(facts, rule, fit, ms, pictures))
}

/// Whether the rule takes sound of this codec.
fn heard(rule: &VideoRule, codec: &str) -> bool {
    rule.audio.is_empty() || rule.audio.contains(&codec)
}

fn plan(facts: &MediaFacts, rule: &VideoRule, fit: Fit, ms: u64, pictures: bool) -> Planned<VideoPlan> {
    let sound = match facts.audio_codec.as_deref() {
        None => Sound::Without,
        Some(codec) if pictures && heard(rule, codec) => Sound::Copied,
        Some(_) => Sound::Coded,
    };
    let from = match facts.mime.as_str() {
        "video/mp4" | "video/quicktime" => Container::Mov,
        "video/webm" | "video/x-matroska" => Container::Matroska,
        other => return Err(format!("is {other}, which crier does not give to ffmpeg")),
    };
    // A tenth is left for the container and for bursts.
    let room = rule.max_bytes.saturating_mul(8000) / ms.max(1) / 10 * 9;
    let bitrate = room.saturating_sub(if sound == Sound::Without { 0 } else { AUDIO });
    if bitrate < BITRATE_MIN {
        return Err(format!(
            "lasts {} s: within {} bytes nothing of it could be seen; make it shorter",
            ms / 1000,
            rule.max_bytes
        ));
    }
    let range = (rule.min_ratio_milli, rule.max_ratio_milli);
    let side = if rule.max_width == ANY_WIDTH {
        SIDE_MAX
    } else {
        rule.max_width.min(SIDE_MAX)
    };
    let shape = if pictures {
        None
    } else {
        let size = (facts.width, facts.height);
        Some(shape(size, range, fit, (side, side), 2).ok_or_else(|| {
            format!(
                "is {} x {} pixels: nothing of use is left of it in a shape that is taken",
                size.0, size.1
            )
        })?)
    };
    Ok(VideoPlan {
        shape,
        bitrate: bitrate.min(BITRATE_MAX),
        sound,
        from,
        max_bytes: rule.max_bytes,
    })
}

impl VideoPlan {
    /// The arguments for ffmpeg to make `output` of `input`.
    pub fn arguments(&self, input: &str, output: &str) -> Vec<String> {
        let mut all = words(&["-nostdin", "-hide_banner", "-loglevel", "error", "-y"]);
        // Only files, only this container: a playlist that is named .mp4 opens nothing.
        // One thread each to read and to write: frames in flight are memory.
        all.extend(words(&["-threads", "1"]));
        all.extend(words(&["-protocol_whitelist", "file", "-f", self.from.name()]));
        all.extend(words(&["-i", input]));
        all.extend(self.coding());
        // The same bytes each time, and bounded memory.
        all.extend(words(&[
            "-fflags",
            "+bitexact",
            "-flags:v",
            "+bitexact",
            "-flags:a",
            "+bitexact",
        ]));
        all.extend(words(&["-threads", "1", "-f", "mp4", output]));
        all
    }

    /// What makes the difference.
    fn coding(&self) -> Vec<String> {
        let mut all = words(&["-map", "0:v:0"]);
        if self.sound != Sound::Without {
            all.extend(words(&["-map", "0:a:0"]));
        }
        all.extend(words(&["-map_metadata", "-1", "-map_chapters", "-1"]));
        match self.shape {
            None if self.sound == Sound::Coded => all.extend(words(&["-c:v", "copy"])),
            None => all.extend(words(&["-c", "copy"])),
            Some(shape) => {
                let (rate, twice) = (self.bitrate.to_string(), (self.bitrate * 2).to_string());
                all.extend(words(&["-vf", &filter(shape), "-c:v", "libx264", "-crf", "21"]));
                all.extend(words(&[
                    "-maxrate", &rate, "-bufsize", &twice, "-pix_fmt", "yuv420p",
                ]));
            }
        }
        if self.sound == Sound::Coded {
            all.extend(words(&["-c:a", "aac", "-b:a", "128k", "-ac", "2"]));
        }
        all.extend(words(&["-movflags", "+faststart"]));
        all
    }

    /// The command that a person may run to make `output` of `input`, quoted for a shell.
    pub fn command(&self, input: &str, output: &str) -> String {
        let mut all = words(&["ffmpeg", "-i", &beside(input)]);
        all.extend(self.coding());
        all.push(beside(output));
        let all: Vec<String> = all.iter().map(|word| quoted(word)).collect();
        all.join(" ")
    }
}

/// A file's name that is no option.
pub(super) fn beside(name: &str) -> String {
    if name.starts_with('-') {
        format!("./{name}")
    } else {
        name.to_owned()
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}

fn filter(shape: Shape) -> String {
    let ((w, h), (cw, ch)) = (shape.scale, shape.canvas);
    let mut filter = format!("scale={w}:{h},setsar=1");
    if cw < w || ch < h {
        filter.push_str(&format!(",crop={cw}:{ch}"));
    } else if (cw, ch) != (w, h) {
        filter.push_str(&format!(",pad={cw}:{ch}:(ow-iw)/2:(oh-ih)/2"));
    }
    filter
}

/// A word as a POSIX shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
