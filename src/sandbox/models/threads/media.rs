//! What Meta's fetcher gets, and what it says to it (`threads.md` 4.4).

use super::post::PublishedMedia;
use super::refusal::{Answer, Refusal};
use crate::sandbox::models::video::probe;

const IMAGE_MAX: usize = 8 * 1024 * 1024;
const VIDEO_MAX: usize = 1024 * 1024 * 1024;

pub use crate::sandbox::model::{FetchedMedia, MediaFetcher};

/// The error of step 1 for a file that cannot be fetched (meta-common.md 4.1, code 9004).
pub(super) fn not_fetched(url: &str) -> Refusal {
    Refusal::code(9004, "The media could not be fetched from this URI")
        .sub(2_207_052)
        .user(
            "Media could not be fetched",
            format!("The media could not be fetched from this URI: {url}"),
        )
        .transient(false)
}

/// Checks an image: JPEG or PNG, at most 8 MB, at most 10:1. Other widths are scaled, not refused.
pub(super) fn image(url: &str, fetched: FetchedMedia, alt: Option<String>) -> Answer<PublishedMedia> {
    let bytes = fetched.bytes;
    if bytes.len() > IMAGE_MAX {
        return Err(Refusal::code(36_000, "The image size is too large.")
            .sub(2_207_004)
            .user(
                "Image size too large",
                "The image is too large to download. It should be less than 8 MiB.",
            ));
    }
    let mime = match imagesize::image_type(&bytes) {
        Ok(imagesize::ImageType::Jpeg) => "image/jpeg",
        Ok(imagesize::ImageType::Png) => "image/png",
        _ => return Err(unsupported()),
    };
    // A promise of another type is what Meta's fetcher believes first (meta-common.md 11).
    if fetched
        .content_type
        .as_deref()
        .is_some_and(|t| !t.starts_with("image/") && t != "application/octet-stream")
    {
        return Err(not_fetched(url));
    }
    let size = imagesize::blob_size(&bytes).map_err(|_| unsupported())?;
    let (long, short) = (size.width.max(size.height), size.width.min(size.height));
    if short == 0 || long > short * 10 {
        return Err(Refusal::code(36_003, "The aspect ratio is not supported.").sub(2_207_009).user(
            "Unsupported aspect ratio",
            "The image's aspect ratio does not fall within our acceptable range. It should be at most 10:1.",
        ));
    }
    let size = (
        u32::try_from(size.width).unwrap_or(0),
        u32::try_from(size.height).unwrap_or(0),
    );
    Ok(PublishedMedia {
        video: false,
        url: url.to_owned(),
        mime: mime.to_owned(),
        size,
        alt,
        bytes,
    })
}

fn unsupported() -> Refusal {
    Refusal::code(36_001, "The image format is not supported.")
        .sub(2_207_005)
        .user(
            "Image format not supported",
            "The image format is not supported. It should be JPEG or PNG.",
        )
}

/// Checks a video; the error is the container's `error_message` (`threads.md` 4.6).
pub(super) fn video(
    url: &str,
    fetched: FetchedMedia,
    alt: Option<String>,
) -> Result<PublishedMedia, &'static str> {
    let bytes = fetched.bytes;
    if bytes.len() > VIDEO_MAX {
        return Err("FAILED_PROCESSING_VIDEO");
    }
    let facts = probe(&bytes).filter(|facts| facts.moov_first);
    let facts = facts.ok_or("FAILED_PROCESSING_VIDEO")?;
    if facts.duration_ms == 0 || facts.duration_ms > 300_000 {
        return Err("INVALID_DURATION");
    }
    let (width, height) = facts.size;
    if width > 0
        && height > 0
        && (u64::from(width) > 10 * u64::from(height) || u64::from(height) > 100 * u64::from(width))
    {
        return Err("INVALID_ASPEC_RATIO");
    }
    if width > 1920 {
        return Err("FAILED_PROCESSING_VIDEO");
    }
    let mime = if facts.quicktime {
        "video/quicktime"
    } else {
        "video/mp4"
    };
    Ok(PublishedMedia {
        video: true,
        url: url.to_owned(),
        mime: mime.to_owned(),
        size: facts.size,
        alt,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> FetchedMedia {
        let bytes = std::fs::read(format!("{}/tests/media/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        FetchedMedia {
            content_type: None,
            bytes: bytes.into(),
        }
    }

    #[test]
    fn pictures_are_judged_by_their_bytes() {
        let said = |name| image("u", sample(name), None).map(|m| (m.mime, m.size));
        assert_eq!(
            said("square-1080.jpg"),
            Ok(("image/jpeg".to_owned(), (1080, 1080)))
        );
        assert!(said("landscape.png").is_ok());
        assert!(said("tiny-200.jpg").is_ok(), "small ones are scaled");
        assert!(said("square.webp").is_err());
        assert!(said("still.gif").is_err());
    }

    #[test]
    fn videos_are_judged_by_their_boxes() {
        let said = |name| video("u", sample(name), None).map(|m| m.mime);
        assert_eq!(said("reel-9x16-4s-h264-aac.mp4").as_deref(), Ok("video/mp4"));
        assert_eq!(
            said("hevc-3s.mov"),
            Err("FAILED_PROCESSING_VIDEO"),
            "its moov stands last too"
        );
        assert_eq!(said("moov-last-16x9-6s.mp4"), Err("FAILED_PROCESSING_VIDEO"));
        assert_eq!(said("truncated.mp4"), Err("FAILED_PROCESSING_VIDEO"));
        assert_eq!(said("vp9-2s.webm"), Err("FAILED_PROCESSING_VIDEO"));
        assert_eq!(
            video("u", FetchedMedia::default(), None),
            Err("FAILED_PROCESSING_VIDEO")
        );
    }
}
