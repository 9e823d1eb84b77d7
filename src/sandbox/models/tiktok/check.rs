//! What TikTok takes, by the bytes (`tiktok.md` 4.7).

use bytes::Bytes;

use super::settings::Settings;
use super::task::Kind;
use crate::sandbox::model::{FetchedMedia, WallMedia};
use crate::sandbox::models::video;

const PHOTO_MAX: usize = 20_000_000;
/// 1080p, upright or lying.
const PHOTO_SIDES: (u32, u32) = (1_920, 1_080);
const SIDES: std::ops::RangeInclusive<u32> = 360..=4_096;
const INBOX_MS: u64 = 600_000;
const WEBM: &[u8] = &[0x1A, 0x45, 0xDF, 0xA3];

type Judged<T> = Result<T, String>;

/// Checks a video; the error is the `fail_reason`.
pub(super) fn video(bytes: Bytes, mime: &str, direct: bool, settings: &Settings) -> Judged<WallMedia> {
    let mut media = WallMedia {
        video: true,
        mime: mime.to_owned(),
        bytes,
        ..WallMedia::default()
    };
    if media.bytes.starts_with(WEBM) {
        "video/webm".clone_into(&mut media.mime);
        return Ok(media);
    }
    let facts = video::probe(&media.bytes).ok_or("file_format_check_failed")?;
    let longest = if direct {
        settings.max_duration_s.saturating_mul(1_000)
    } else {
        INBOX_MS
    };
    // A second more: lengths are told in whole seconds.
    if facts.duration_ms < settings.min_duration_ms || facts.duration_ms >= longest.saturating_add(1_000) {
        return Err("duration_check_failed".to_owned());
    }
    let (width, height) = facts.size;
    if width > 0 && height > 0 && !(SIDES.contains(&width) && SIDES.contains(&height)) {
        return Err("picture_size_check_failed".to_owned());
    }
    media.size = facts.size;
    if facts.quicktime {
        "video/quicktime".clone_into(&mut media.mime);
    }
    Ok(media)
}

/// A fetched picture, still unjudged.
pub(super) fn photo(fetched: FetchedMedia) -> WallMedia {
    let mime = match imagesize::image_type(&fetched.bytes) {
        Ok(imagesize::ImageType::Jpeg) => "image/jpeg",
        Ok(imagesize::ImageType::Webp) => "image/webp",
        Ok(imagesize::ImageType::Png) => "image/png",
        Ok(_) | Err(_) => "",
    };
    let size = imagesize::blob_size(&fetched.bytes).ok();
    let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    WallMedia {
        mime: mime.to_owned(),
        size: size.map_or((0, 0), |size| (side(size.width), side(size.height))),
        bytes: fetched.bytes,
        ..WallMedia::default()
    }
}

/// Checks what was pulled.
pub(super) fn pulled(media: &[WallMedia], kind: Kind, settings: &Settings) -> Judged<()> {
    for one in media {
        if !kind.photos {
            video(one.bytes.clone(), "video/mp4", kind.direct, settings)?;
            continue;
        }
        if !matches!(one.mime.as_str(), "image/jpeg" | "image/webp") || one.bytes.len() > PHOTO_MAX {
            return Err("file_format_check_failed".to_owned());
        }
        let (long, short) = (one.size.0.max(one.size.1), one.size.0.min(one.size.1));
        if long > PHOTO_SIDES.0 || short > PHOTO_SIDES.1 {
            return Err("picture_size_check_failed".to_owned());
        }
    }
    Ok(())
}
