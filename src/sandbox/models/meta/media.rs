//! Pictures and videos as a model keeps them.

use bytes::Bytes;

use crate::sandbox::model::WallMedia;
use crate::sandbox::models::video::{VideoFacts, probe};

/// One picture or video.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) video: bool,
    pub(crate) mime: String,
    pub(crate) size: (u32, u32),
    pub(crate) alt: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Media {
    pub(crate) fn wall(&self) -> WallMedia {
        WallMedia {
            video: self.video,
            mime: self.mime.clone(),
            size: self.size,
            alt: self.alt.clone(),
            bytes: self.bytes.clone(),
        }
    }
}

/// A picture of any kind that Meta's products know; none when the bytes are no picture.
pub(crate) fn picture(bytes: Bytes, alt: Option<String>) -> Option<Media> {
    let mime = match imagesize::image_type(&bytes).ok()? {
        imagesize::ImageType::Jpeg => "image/jpeg",
        imagesize::ImageType::Png => "image/png",
        imagesize::ImageType::Gif => "image/gif",
        imagesize::ImageType::Bmp => "image/bmp",
        imagesize::ImageType::Tiff => "image/tiff",
        imagesize::ImageType::Webp => "image/webp",
        _ => return None,
    };
    let size = imagesize::blob_size(&bytes).ok()?;
    let size = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    (size.0 > 0 && size.1 > 0).then(|| Media {
        video: false,
        mime: mime.to_owned(),
        size,
        alt,
        bytes,
    })
}

/// A video that can be processed: MP4 or MOV with its `moov` in front; none for anything else.
pub(crate) fn film(bytes: Bytes) -> Option<(Media, VideoFacts)> {
    let facts = probe(&bytes).filter(|facts| facts.moov_first)?;
    let mime = if facts.quicktime {
        "video/quicktime"
    } else {
        "video/mp4"
    };
    let media = Media {
        video: true,
        mime: mime.to_owned(),
        size: facts.size,
        alt: None,
        bytes,
    };
    Some((media, facts))
}
