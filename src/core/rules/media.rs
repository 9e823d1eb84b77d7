//! Pictures and videos against their rules.

use super::numbers::{millis, ratio, two_sizes};
use super::{Judge, Part, cover_rule};
use crate::core::offer::{ImageRule, VideoRule};
use crate::domain::media::{Media, MediaFacts};
use crate::domain::post::Content;

pub(super) fn other(judge: &mut Judge<'_>, n: usize, i: usize, media: &Media) {
    let message = format!(
        "{} is {}, {} takes pictures and videos only",
        media.file,
        media.facts.mime,
        judge.title()
    );
    judge.plain(Part::File(n, i), message);
}

pub(super) fn image(judge: &mut Judge<'_>, n: usize, i: usize, media: &Media, rule: &ImageRule) {
    let part = Part::File(n, i);
    mime(judge, part, media, &rule.mimes);
    size(
        judge,
        part,
        media,
        rule.bytes_of(&media.facts.mime),
        &["image", "photo", "gif"],
    );
    sides(judge, part, media, rule);
    let range = (rule.min_ratio_milli, rule.max_ratio_milli);
    shape(judge, part, media, range, &["image", "photo"]);
    alt(judge, n, i, media, rule.alt_max);
}

/// The pictures that stand for videos.
pub(super) fn covers(judge: &mut Judge<'_>, content: &Content) {
    let Some(rule) = cover_rule(judge.platform, judge.facts) else {
        return;
    };
    for (n, segment) in content.segments.iter().enumerate() {
        for (i, media) in segment.media.iter().enumerate() {
            if let Some(cover) = content.covers.iter().find(|c| Some(c.id) == media.cover) {
                mime(judge, Part::Cover(n, i), cover, &rule.mimes);
                size(
                    judge,
                    Part::Cover(n, i),
                    cover,
                    rule.bytes_of(&cover.facts.mime),
                    &["image", "photo", "gif"],
                );
                sides(judge, Part::Cover(n, i), cover, &rule);
            }
        }
    }
}

pub(super) fn video(judge: &mut Judge<'_>, n: usize, i: usize, media: &Media, rule: &VideoRule) {
    let part = Part::File(n, i);
    mime(judge, part, media, &rule.mimes);
    codec(judge, part, media, &rule.codecs);
    sound(judge, part, media, &rule.audio);
    size(judge, part, media, rule.max_bytes, &["video"]);
    length(judge, part, media, rule);
    if rule.max_width > 0 && media.facts.width > rule.max_width {
        let message = format!(
            "{} is {} pixels wide, {} takes at most {}",
            media.file,
            media.facts.width,
            judge.title(),
            rule.max_width
        );
        judge.number(part, message, u64::from(rule.max_width), &["video", "width"]);
    }
    let range = (rule.min_ratio_milli, rule.max_ratio_milli);
    shape(judge, part, media, range, &["video"]);
    if rule.moov_first && media.facts.moov_first == Some(false) {
        let message = format!(
            "{} has its index (moov) after its data, {} asks for it before; rewrite it with `ffmpeg -i {} -c copy -movflags +faststart OUT`",
            media.file,
            judge.title(),
            media.file
        );
        judge.plain(part, message);
    }
    alt(judge, n, i, media, rule.alt_max);
}

fn sides(judge: &mut Judge<'_>, part: Part, media: &Media, rule: &ImageRule) {
    let MediaFacts { width, height, .. } = media.facts;
    let Some((short, long)) = rule.max_sides.filter(|_| !rule.holds((width, height))) else {
        return;
    };
    let message = format!(
        "{} is {width} x {height} pixels, {} takes at most {long} x {short}, either way up: scale it down",
        media.file,
        judge.title(),
    );
    let broken = if width.max(height) > long { long } else { short };
    judge.number(part, message, u64::from(broken), &["side"]);
}

fn mime(judge: &mut Judge<'_>, part: Part, media: &Media, mimes: &[&str]) {
    if mimes.contains(&media.facts.mime.as_str()) {
        return;
    }
    let message = format!(
        "{} is {}, {} takes {}",
        media.file,
        media.facts.mime,
        judge.title(),
        mimes.join(", ")
    );
    judge.plain(part, message);
}

fn codec(judge: &mut Judge<'_>, part: Part, media: &Media, codecs: &[&str]) {
    let Some(found) = &media.facts.video_codec else {
        return;
    };
    if codecs.is_empty() || codecs.contains(&found.as_str()) {
        return;
    }
    let message = format!(
        "{} is coded as {found}, {} takes {}",
        media.file,
        judge.title(),
        codecs.join(", ")
    );
    judge.plain(part, message);
}

fn sound(judge: &mut Judge<'_>, part: Part, media: &Media, codecs: &[&str]) {
    let Some(found) = &media.facts.audio_codec else {
        return;
    };
    if codecs.is_empty() || codecs.contains(&found.as_str()) {
        return;
    }
    let message = format!(
        "the sound of {} is coded as {found}, {} takes {}",
        media.file,
        judge.title(),
        sounds(codecs)
    );
    judge.plain(part, message);
}

/// Codecs of sound with the names that people know.
pub fn sounds(codecs: &[&str]) -> String {
    let named = |codec: &&str| match *codec {
        "mp4a" => "AAC (mp4a)".to_owned(),
        other => other.to_owned(),
    };
    codecs.iter().map(named).collect::<Vec<_>>().join(", ")
}

fn size(judge: &mut Judge<'_>, part: Part, media: &Media, max: u64, about: &[&str]) {
    if media.facts.bytes <= max {
        return;
    }
    let (measured, limit) = two_sizes(media.facts.bytes, max);
    let message = format!(
        "{} has {measured}, {} takes at most {limit}",
        media.file,
        judge.title()
    );
    judge.number(part, message, max, about);
}

fn length(judge: &mut Judge<'_>, part: Part, media: &Media, rule: &VideoRule) {
    let title = judge.title();
    let Some(ms) = media.facts.duration_ms else {
        // Nobody knows whether it would be taken at its time.
        if rule.min_ms > 0 || rule.max_ms < u64::MAX {
            let message = format!(
                "{} does not say how long it lasts, and {title} takes at most {}: write it anew with `ffmpeg -i {} -c copy OUT`, which puts its length in",
                media.file,
                millis(rule.max_ms),
                media.file
            );
            judge.plain(part, message);
        }
        return;
    };
    if ms <= rule.min_ms {
        let message = format!(
            "{} lasts {}, {title} asks for more than {}",
            media.file,
            millis(ms),
            millis(rule.min_ms)
        );
        judge.length(part, message, rule.min_ms);
    }
    if ms > rule.max_ms {
        let message = format!(
            "{} lasts {}, {title} takes at most {}",
            media.file,
            millis(ms),
            millis(rule.max_ms)
        );
        judge.length(part, message, rule.max_ms);
    }
}

fn shape(judge: &mut Judge<'_>, part: Part, media: &Media, (min, max): (u64, u64), about: &[&str]) {
    let MediaFacts { width, height, .. } = media.facts;
    if width == 0 || height == 0 {
        return;
    }
    let (w, h) = (u64::from(width) * 1000, u64::from(height));
    // Compared without division: 10:1 means exactly that.
    let (too_narrow, too_wide) = (w < min.saturating_mul(h), w > max.saturating_mul(h));
    if !(too_narrow || too_wide) {
        return;
    }
    let message = format!(
        "{} is {width} x {height} ({}), {} takes {} to {}",
        media.file,
        ratio(w / h),
        judge.title(),
        ratio(min),
        ratio(max)
    );
    judge.number(part, message, if too_narrow { min } else { max }, about);
}

/// A limit of 0 says that the platform shows no alt text: it is left out there, not refused.
fn alt(judge: &mut Judge<'_>, n: usize, i: usize, media: &Media, max: usize) {
    let chars = media.alt.as_deref().map_or(0, |alt| alt.chars().count());
    if max == 0 || chars <= max {
        return;
    }
    let message = format!(
        "the alt text of {} has {chars} characters, {} takes at most {max}",
        media.file,
        judge.title()
    );
    judge.number(Part::Alt(n, i), message, max as u64, &["alt"]);
}
