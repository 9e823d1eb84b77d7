//! What bytes are, by their beginning and never by the file's name.

/// How a file is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A picture.
    Image(ImageFormat),
    /// MP4 or QuickTime.
    Movie,
    /// WebM or Matroska.
    Matroska,
    /// Anything else, by its MIME type.
    Other(&'static str),
}

/// Pictures that crier knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageFormat {
    Jpeg,
    Png,
    Gif,
    Webp,
    Bmp,
    Tiff,
    Heic,
    Avif,
}

impl ImageFormat {
    pub(super) fn mime(self) -> &'static str {
        match self {
            ImageFormat::Jpeg => "image/jpeg",
            ImageFormat::Png => "image/png",
            ImageFormat::Gif => "image/gif",
            ImageFormat::Webp => "image/webp",
            ImageFormat::Bmp => "image/bmp",
            ImageFormat::Tiff => "image/tiff",
            ImageFormat::Heic => "image/heic",
            ImageFormat::Avif => "image/avif",
        }
    }
}

pub(super) fn sort(head: &[u8]) -> Sort {
    const IMAGES: [(&[u8], ImageFormat); 6] = [
        (b"\xff\xd8\xff", ImageFormat::Jpeg),
        (b"\x89PNG\r\n\x1a\n", ImageFormat::Png),
        (b"GIF87a", ImageFormat::Gif),
        (b"GIF89a", ImageFormat::Gif),
        (b"II*\0", ImageFormat::Tiff),
        (b"MM\0*", ImageFormat::Tiff),
    ];
    if let Some((_, format)) = IMAGES.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Sort::Image(*format);
    }
    if head.starts_with(b"RIFF") {
        return match head.get(8..12) {
            Some(b"WEBP") => Sort::Image(ImageFormat::Webp),
            Some(b"WAVE") => Sort::Other("audio/wav"),
            Some(b"AVI ") => Sort::Other("video/x-msvideo"),
            Some(_) | None => Sort::Other("application/octet-stream"),
        };
    }
    // A bitmap's header says its own length; two letters alone would take any text in `BM`.
    if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4]) {
        return Sort::Image(ImageFormat::Bmp);
    }
    if head.starts_with(b"\x1a\x45\xdf\xa3") {
        return Sort::Matroska;
    }
    match head.get(4..8) {
        Some(b"ftyp") => brand(head),
        Some(b"moov" | b"mdat" | b"wide" | b"pnot") => Sort::Movie,
        Some(_) | None => other(head),
    }
}

fn brand(head: &[u8]) -> Sort {
    match head.get(8..12) {
        Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx") => Sort::Image(ImageFormat::Heic),
        Some(b"avif" | b"avis") => Sort::Image(ImageFormat::Avif),
        // A picture of some coding: which one stands among the brands that it is compatible with.
        Some(b"mif1" | b"msf1" | b"mif2" | b"miaf") => Sort::Image(by_compatible(head)),
        Some(_) | None => Sort::Movie,
    }
}

fn by_compatible(head: &[u8]) -> ImageFormat {
    let length = head.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(head.len());
    let brands = head.get(16..end).unwrap_or_default();
    if brands.chunks_exact(4).any(|b| matches!(b, b"avif" | b"avis")) {
        ImageFormat::Avif
    } else {
        ImageFormat::Heic
    }
}

fn other(head: &[u8]) -> Sort {
    const KNOWN: [(&[u8], &str); 9] = [
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "application/ogg"),
        (b"fLaC", "audio/flac"),
        (b"BEGIN:VCALENDAR", "text/calendar"),
        (b"BEGIN:VCARD", "text/vcard"),
        (b"{\\rtf", "application/rtf"),
    ];
    if let Some((_, mime)) = KNOWN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Sort::Other(mime);
    }
    Sort::Other(if is_text(head) {
        words(head)
    } else {
        "application/octet-stream"
    })
}

fn is_text(head: &[u8]) -> bool {
    let whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The 512 bytes may end within a character.
        Err(e) => e.error_len().is_none(),
    };
    whole
        && !head
            .iter()
            .any(|b| *b < 0x20 && !matches!(b, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b))
}

fn words(head: &[u8]) -> &'static str {
    let lower = String::from_utf8_lossy(head).trim_start().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        "text/html"
    } else if lower.starts_with("<svg") || (lower.starts_with("<?xml") && lower.contains("<svg")) {
        "image/svg+xml"
    } else {
        "text/plain"
    }
}
