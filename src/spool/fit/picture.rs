//! A picture decoded within limits, turned upright, scaled, laid on its canvas and coded as a JPEG.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits, Rgb,
    RgbImage,
};

use crate::core::fit::{PicturePlan, Shape};
use crate::domain::media::MediaFacts;

/// What one picture may take while it is decoded, in bytes.
const DECODED_MAX: u64 = 256 << 20;
/// A larger colour profile is left out.
const PROFILE_MAX: usize = 1 << 20;
/// Tried one after the other until the bytes fit.
const QUALITIES: [u8; 7] = [90, 84, 78, 70, 62, 54, 46];
/// Larger pictures are scaled by averages, which takes no memory beside the result.
const SMOOTH_MAX: u64 = 6_000_000;

/// The JPEG, or a sentence that follows the file's name.
pub(super) fn make(bytes: &[u8], facts: &MediaFacts, plan: &PicturePlan) -> Result<Vec<u8>, String> {
    let (picture, profile) = decode(bytes, facts)?;
    let mut rgb = compose(upright(picture, facts.notes.turned, plan.shape.scale), plan.shape);
    loop {
        for quality in QUALITIES {
            let jpeg = encode(&rgb, quality, profile.as_deref())?;
            if jpeg.len() as u64 <= plan.max_bytes {
                return Ok(jpeg);
            }
        }
        let shape = plan.smaller(rgb.dimensions()).ok_or_else(|| {
            format!(
                "cannot be made to fit: no JPEG of use has at most {} bytes",
                plan.max_bytes
            )
        })?;
        let (w, h) = shape.scale;
        rgb = compose(imageops::thumbnail(&rgb, w, h), shape);
    }
}

fn decode(bytes: &[u8], facts: &MediaFacts) -> Result<(DynamicImage, Option<Vec<u8>>), String> {
    let format = match facts.mime.as_str() {
        "image/png" => ImageFormat::Png,
        "image/webp" => ImageFormat::WebP,
        "image/gif" => ImageFormat::Gif,
        "image/bmp" => ImageFormat::Bmp,
        _ => ImageFormat::Jpeg,
    };
    let broken = |e: image::ImageError| match e {
        image::ImageError::Limits(_) => format!(
            "takes more than {} MiB of memory to decode: make it smaller",
            DECODED_MAX >> 20
        ),
        other => format!("cannot be decoded: {other}"),
    };
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format)
        .into_decoder()
        .map_err(broken)?;
    let (w, h) = decoder.dimensions();
    // The plan was made for what the header said when it was measured.
    if (w, h) != (facts.width, facts.height) && (h, w) != (facts.width, facts.height) {
        return Err(format!(
            "is {w} x {h} pixels for one reader and others for another: it is broken"
        ));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_MAX);
    limits.reserve(decoder.total_bytes()).map_err(broken)?;
    decoder.set_limits(limits).map_err(broken)?;
    // A profile for other colours than these would turn them.
    let profile = decoder
        .icc_profile()
        .map_err(broken)?
        .filter(|p| p.len() <= PROFILE_MAX && p.get(16..20) == Some(b"RGB "));
    Ok((DynamicImage::from_decoder(decoder).map_err(broken)?, profile))
}

/// Scaled first, as it is stored, and turned then: the turn is made of few pixels.
fn upright(picture: DynamicImage, turned: u8, (w, h): (u32, u32)) -> RgbImage {
    let stored = if (5..=8).contains(&turned) { (h, w) } else { (w, h) };
    let mut small = scaled(opaque(picture), stored);
    if let Some(orientation) = Orientation::from_exif(turned) {
        small.apply_orientation(orientation);
    }
    small.into_rgb8()
}

fn scaled(picture: DynamicImage, (w, h): (u32, u32)) -> DynamicImage {
    let (was_w, was_h) = (picture.width(), picture.height());
    if (was_w, was_h) == (w, h) {
        return picture;
    }
    let large = u64::from(was_w) * u64::from(was_h) > SMOOTH_MAX;
    if large || (was_w >= 2 * w && was_h >= 2 * h) {
        picture.thumbnail_exact(w, h)
    } else {
        picture.resize_exact(w, h, FilterType::CatmullRom)
    }
}

/// What is transparent shows white: JPEG knows no transparency.
fn opaque(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture;
    }
    let mut rgba = picture.into_rgba8();
    for pixel in rgba.pixels_mut() {
        let alpha = u32::from(pixel.0[3]);
        for colour in &mut pixel.0[..3] {
            let mixed = (u32::from(*colour) * alpha + 255 * (255 - alpha) + 127) / 255;
            *colour = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        pixel.0[3] = u8::MAX;
    }
    DynamicImage::ImageRgba8(rgba)
}

fn compose(picture: RgbImage, shape: Shape) -> RgbImage {
    let ((w, h), (cw, ch)) = (picture.dimensions(), shape.canvas);
    if (w, h) == (cw, ch) {
        return picture;
    }
    if cw <= w && ch <= h {
        return imageops::crop_imm(&picture, (w - cw) / 2, (h - ch) / 2, cw, ch).to_image();
    }
    let mut canvas = RgbImage::from_pixel(cw, ch, Rgb([255; 3]));
    let middle = |all: u32, part: u32| (i64::from(all) - i64::from(part)) / 2;
    imageops::replace(&mut canvas, &picture, middle(cw, w), middle(ch, h));
    canvas
}

fn encode(rgb: &RgbImage, quality: u8, profile: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
    if let Some(profile) = profile {
        // A profile that it cannot hold is left out.
        let _ = encoder.set_icc_profile(profile.to_vec());
    }
    encoder
        .write_image(rgb.as_raw(), rgb.width(), rgb.height(), ExtendedColorType::Rgb8)
        .map_err(|e| format!("cannot be coded as a JPEG: {e}"))?;
    Ok(jpeg)
}
