//! Where a picture was taken is taken out, and nothing else of it.

use std::fs::{self, File};
use std::io::Write as _;

use crier::core::intake::Measured;
use crier::domain::media::{MediaFacts, Notes};
use crier::spool::fit::Workshop;
use crier::spool::media::measure;

use super::samples;

/// An EXIF block with a turn and a directory of positions.
pub(super) fn exif(turned: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x02\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, turned, 0, 0, 0]);
    tiff.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0; 4]);
    // One position: GPSLatitudeRef "N".
    tiff.extend([1, 0, 1, 0, 2, 0, 2, 0, 0, 0, b'N', 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

pub(super) fn jpeg_with(jpeg: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, body, &jpeg[2..]].concat()
}

pub(super) fn turned_jpeg(jpeg: &[u8], turned: u8) -> Vec<u8> {
    jpeg_with(jpeg, &[b"Exif\0\0", exif(turned).as_slice()].concat())
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            if c & 1 == 1 {
                0xedb8_8320 ^ (c >> 1)
            } else {
                c >> 1
            }
        })
    })
}

pub(super) fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name, data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], &named, &crc(&named).to_be_bytes()].concat()
}

fn png_with(png: &[u8], more: &[u8]) -> Vec<u8> {
    // Signature and IHDR are 8 and 25 bytes.
    [&png[..33], more, &png[33..]].concat()
}

/// The same picture in the extended form, which may hold notes.
fn webp_with(webp: &[u8], tiff: &[u8], (w, h): (u32, u32)) -> Vec<u8> {
    let size = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
    let mut body = b"WEBPVP8X\x0a\0\0\0\x08\0\0\0".to_vec();
    body.extend([size(w), size(h)].concat());
    body.extend(&webp[12..]);
    body.extend(b"EXIF");
    body.extend(u32::try_from(tiff.len()).unwrap().to_le_bytes());
    body.extend(tiff);
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [b"RIFF", &length[..], &body].concat()
}

fn measured(path: &std::path::Path) -> MediaFacts {
    measure(&File::open(path).unwrap()).unwrap()
}

/// Facts and bytes before and after.
pub(super) fn cleaned(bytes: &[u8]) -> (MediaFacts, MediaFacts, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, bytes).unwrap();
    let was = measured(&path);
    let mut workshop = Workshop::new(dir.path().join("shop"), None);
    let originals = Measured::from([("a".to_owned(), Ok(was.clone()))]);
    let clean = workshop.clean(&originals, |_| Ok(File::open(&path)?)).unwrap();
    let is = clean["a"].clone().unwrap();
    let bytes = workshop.derived().get(&is.sha256).map(|p| fs::read(p).unwrap());
    (was, is, bytes.unwrap_or_else(|| bytes_of(&path)))
}

pub(super) fn bytes_of(path: &std::path::Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

fn holds_no_position(original: &[u8], marked: &[u8], turned: u8) {
    let (was, is, bytes) = cleaned(marked);
    assert_eq!(
        was.notes,
        Notes {
            turned,
            position: true,
            ..Notes::default()
        }
    );
    // One is no turn: nothing has to be said about it.
    let left = Notes {
        turned: if turned == 1 { 0 } else { turned },
        ..Notes::default()
    };
    assert_eq!(is.notes, left);
    assert_eq!(
        (is.width, is.height, &is.mime),
        (was.width, was.height, &was.mime)
    );
    assert_eq!(is.bytes, bytes.len() as u64);
    assert!(is.bytes < was.bytes);
    let pixels = |b: &[u8]| image::load_from_memory(b).unwrap().into_rgba8();
    assert!(pixels(&bytes) == pixels(original), "the pixels are others");
}

#[test]
fn a_photograph_loses_its_position_and_keeps_its_turn_and_pixels() {
    let photo = bytes_of(&samples().join("portrait-gps-rotated.jpg"));
    holds_no_position(&photo, &photo, 6);
    let (was, ..) = cleaned(&photo);
    assert_eq!((was.width, was.height), (1350, 1080), "as people see it");
}

#[test]
fn positions_go_from_every_kind_of_picture() {
    let jpeg = bytes_of(&samples().join("square-1080.jpg"));
    holds_no_position(&jpeg, &turned_jpeg(&jpeg, 1), 1);
    holds_no_position(
        &jpeg,
        &jpeg_with(
            &jpeg,
            b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='52,31N'/>",
        ),
        0,
    );
    let png = bytes_of(&samples().join("alpha.png"));
    holds_no_position(&png, &png_with(&png, &chunk(b"eXIf", &exif(3))), 3);
    holds_no_position(
        &png,
        &png_with(&png, &chunk(b"tEXt", b"Comment\0GPS 52.5 13.4")),
        0,
    );
    // What is packed cannot be looked into.
    let packed = b"XML:com.adobe.xmp\0\x01\0\0\0\x78\x9c";
    holds_no_position(&png, &png_with(&png, &chunk(b"iTXt", packed)), 0);
    let xmp = b"XML:com.adobe.xmp\0\0\0\0\0<x exif:GPSLatitude='52,31N'/>";
    holds_no_position(&png, &png_with(&png, &chunk(b"iTXt", xmp)), 0);
    let webp = bytes_of(&samples().join("square.webp"));
    let size = image::load_from_memory(&webp).unwrap();
    holds_no_position(
        &webp,
        &webp_with(&webp, &exif(1), (size.width(), size.height())),
        1,
    );
    holds_no_position(
        &webp,
        &webp_with(&webp, &exif(8), (size.width(), size.height())),
        8,
    );
}

#[test]
fn what_lies_behind_the_end_goes_too() {
    let jpeg = bytes_of(&samples().join("tiny-200.jpg"));
    let second = [turned_jpeg(&jpeg, 1), turned_jpeg(&jpeg, 1)].concat();
    let (_, is, bytes) = cleaned(&second);
    assert!(!is.notes.position);
    assert!(
        !bytes.windows(6).any(|w| w == b"Exif\0\0"),
        "EXIF of the second picture is left"
    );
}

#[test]
fn pictures_without_a_position_stay_as_they_are() {
    for name in ["square-1080.jpg", "alpha.png", "square.webp", "still.gif"] {
        let before = bytes_of(&samples().join(name));
        let (was, is, _) = cleaned(&before);
        assert_eq!(was, is, "{name}");
        assert!(!is.notes.position, "{name}");
    }
}

#[test]
fn broken_notes_are_measured_in_bounded_time() {
    let jpeg = bytes_of(&samples().join("tiny-200.jpg"));
    let full = exif(6);
    for cut in 0..full.len() {
        let marked = jpeg_with(&jpeg, &[b"Exif\0\0", &full[..cut]].concat());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&marked).unwrap();
        let notes = measure(&file).unwrap().notes;
        assert!(notes.turned == 0 || notes.turned == 6, "{cut}");
    }
    // A directory that points at itself and counts far.
    let mut loops = full.clone();
    loops[8..10].copy_from_slice(&[0xff, 0xff]);
    let (was, ..) = cleaned(&jpeg_with(&jpeg, &[b"Exif\0\0", loops.as_slice()].concat()));
    assert!(was.notes.position);
}
