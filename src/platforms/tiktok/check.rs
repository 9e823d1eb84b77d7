//! Rules that no table holds.

use super::offers::{big, size};
use super::settings::{self, Mode};
use crate::core::facts::Facts;
use crate::core::login::Options;
use crate::domain::media::{Media, MediaKind};
use crate::domain::post::{Content, Extra};
use crate::domain::text::Counting;

/// Who may see it is not said (tiktok.md 4.2: no default privacy).
pub(super) const NO_PRIVACY: &str = "nobody says who may see it, and TikTok forbids a default: write `audience` in the post or `privacy` in the account, one of PUBLIC_TO_EVERYONE, MUTUAL_FOLLOW_FRIENDS, FOLLOWER_OF_CREATOR, SELF_ONLY (or `mode = \"inbox\"` for drafts)";

/// Sentences about a content for an account with these options; none when it is fine.
pub(super) fn content(content: &Content, facts: &Facts, options: &Options) -> Vec<String> {
    let mut out = Vec::new();
    let Some(segment) = content.segments.first() else {
        return out;
    };
    let video = segment.media.iter().any(|m| m.facts.kind == MediaKind::Video);
    if segment.link.is_some() && !segment.media.is_empty() {
        out.push("`link` makes a card, and TikTok has none; write the address into the text (it cannot be tapped there)".to_owned());
    }
    for media in &segment.media {
        match media.facts.kind {
            MediaKind::Video => clip(media, facts, &mut out),
            MediaKind::Image | MediaKind::Other => {}
        }
    }
    if video {
        for_pictures_only(content, &mut out);
    } else {
        for_videos_only(content, segment.media.len(), facts, &mut out);
    }
    match settings::mode(options) {
        Mode::Direct => visible(content, options, &mut out),
        Mode::Inbox => dropped(content, &mut out),
    }
    out
}

fn for_pictures_only(content: &Content, out: &mut Vec<String>) {
    for key in [settings::TITLE, settings::AUTO_ADD_MUSIC, settings::PHOTO_COVER] {
        if content.extras.contains_key(key) {
            out.push(format!(
                "`{key}` is for pictures only; the caption of a video on TikTok is the text"
            ));
        }
    }
}

fn for_videos_only(content: &Content, pictures: usize, facts: &Facts, out: &mut Vec<String>) {
    for key in [settings::DISABLE_DUET, settings::DISABLE_STITCH] {
        if settings::yes(content, key) {
            out.push(format!(
                "`{key}` is for videos only; nobody can do that with pictures on TikTok"
            ));
        }
    }
    let title = content.words(settings::TITLE).unwrap_or_default();
    let (length, most) = (Counting::Utf16.count(title), size(facts, "title_max"));
    if length > most {
        out.push(format!(
            "`title` has {length} {}, TikTok takes at most {most}",
            Counting::Utf16.unit()
        ));
    }
    if let Some(Extra::Number(n)) = content.extras.get(settings::PHOTO_COVER) {
        let good = usize::try_from(*n).is_ok_and(|n| (1..=pictures.max(1)).contains(&n));
        if !good {
            out.push(format!(
                "`photo_cover` is {n}; it counts the pictures from 1, and there are {pictures}"
            ));
        }
    }
}

/// tiktok.md 4.7. Unknown sizes are left to TikTok.
fn clip(media: &Media, facts: &Facts, out: &mut Vec<String>) {
    let (short, long) = sides(media);
    let (least, most) = (big(facts, "video_side_min"), big(facts, "video_side_max"));
    if short > 0 && (short < least || long > most) {
        out.push(format!(
            "{} is {} by {} pixels, TikTok takes {least} to {most} on each side",
            media.file, media.facts.width, media.facts.height
        ));
    }
    if media.cover.is_some() {
        out.push(format!(
            "the cover of {} cannot be a picture of its own on TikTok; name a moment of the video with `thumbnail`",
            media.file
        ));
    }
    if let (Some(at), Some(length)) = (media.thumb_ms, media.facts.duration_ms)
        && at > length
    {
        out.push(format!(
            "the cover of {} lies at {at} ms, after its end at {length} ms",
            media.file
        ));
    }
}

fn sides(media: &Media) -> (u64, u64) {
    let (w, h) = (u64::from(media.facts.width), u64::from(media.facts.height));
    (w.min(h), w.max(h))
}

/// Who may see a direct post.
fn visible(content: &Content, options: &Options, out: &mut Vec<String>) {
    let Some(privacy) = settings::privacy(content, options) else {
        out.push(NO_PRIVACY.to_owned());
        return;
    };
    if privacy != settings::PRIVATE && !settings::audited(options) {
        out.push(format!("{privacy} is asked for, but {}", settings::NOT_AUDITED));
    }
    if privacy == settings::PRIVATE && settings::yes(content, settings::BRAND_CONTENT) {
        out.push(
            "`brand_content` cannot be SELF_ONLY on TikTok: a paid partnership must be visible".to_owned(),
        );
    }
}

/// tiktok.md 4.1: a draft keeps none of these, so what is asked for would silently not happen.
fn dropped(content: &Content, out: &mut Vec<String>) {
    if content.audience.is_some() {
        out.push("`audience` is not kept in a draft (`mode = \"inbox\"`): whoever finishes it in the TikTok app chooses it there; leave it out for this account".to_owned());
    }
    for key in [
        settings::DISABLE_COMMENT,
        settings::DISABLE_DUET,
        settings::DISABLE_STITCH,
        settings::AI,
        settings::BRAND_CONTENT,
        settings::BRAND_ORGANIC,
        settings::AUTO_ADD_MUSIC,
    ] {
        if settings::yes(content, key) {
            out.push(format!(
                "`{key}` is not kept in a draft (`mode = \"inbox\"`): whoever finishes it in the TikTok app sets it there; leave it out for this account"
            ));
        }
    }
}

/// Of a video's draft nothing but the video is kept (tiktok.md 4.1): what is written in the file for other accounts too
/// is no mistake, but a person must know.
pub(super) fn warnings(content: &Content, options: &Options) -> Vec<String> {
    let mut out = Vec::new();
    let Some(segment) = content.segments.first() else {
        return out;
    };
    let clip = segment.media.iter().find(|m| m.facts.kind == MediaKind::Video);
    let Some(clip) = clip.filter(|_| settings::mode(options) == Mode::Inbox) else {
        return out;
    };
    if !segment.text.trim().is_empty() {
        out.push("the text is not kept in the draft of a video (`mode = \"inbox\"`): whoever finishes it in the TikTok app pastes it there".to_owned());
    }
    if clip.thumb_ms.is_some() {
        out.push("`thumbnail` is not kept in the draft of a video (`mode = \"inbox\"`): whoever finishes it in the TikTok app chooses the cover there".to_owned());
    }
    out
}
