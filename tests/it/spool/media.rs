//! Measuring: a table over all samples, and bytes that are none.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};

use crier::spool::media::{Unmeasured, measure, mp4};
use proptest::prelude::*;

use super::samples;

#[test]
fn every_sample_is_what_it_is() {
    let mut names: Vec<_> = fs::read_dir(samples())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    let mut table = String::new();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        match measure(&File::open(&path).unwrap()) {
            Ok(f) => {
                assert_eq!(f.bytes, fs::metadata(&path).unwrap().len());
                assert_eq!(f.sha256.len(), 64);
                let told = |o: Option<String>| o.unwrap_or_else(|| "-".into());
                let ms = told(f.duration_ms.map(|ms| format!("{ms} ms")));
                let first = told(
                    f.moov_first
                        .map(|m| if m { "moov first" } else { "moov last" }.into()),
                );
                let (video, audio) = (told(f.video_codec), told(f.audio_codec));
                writeln!(
                    table,
                    "{name}: {:?} {} {}x{} {ms} {video} {audio} {first}",
                    f.kind, f.mime, f.width, f.height
                )
                .unwrap();
            }
            Err(Unmeasured::Bad(why)) => writeln!(table, "{name}: {why}").unwrap(),
            Err(Unmeasured::System(e)) => panic!("{name}: {e}"),
        }
    }
    insta::assert_snapshot!("samples", table);
}

fn measured(bytes: &[u8]) -> Result<crier::domain::media::MediaFacts, Unmeasured> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    measure(&file)
}

#[test]
fn attachments_have_their_types() {
    for (bytes, mime) in [
        (&b"%PDF-1.7\n"[..], "application/pdf"),
        (b"BEGIN:VCALENDAR\r\n", "text/calendar"),
        (b"name,age\nann,7\n", "text/plain"),
        (b"<!DOCTYPE html><html>", "text/html"),
        (b"<?xml version=\"1.0\"?><svg xmlns=\"\">", "image/svg+xml"),
        (b"PK\x03\x04aaaa", "application/zip"),
        (b"\x00\x01\x02", "application/octet-stream"),
        ("ä".repeat(300).as_bytes(), "text/plain"),
        (b"BMW is a car maker", "text/plain"),
    ] {
        assert_eq!(measured(bytes).unwrap().mime, mime);
    }
    assert!(matches!(measured(b""), Err(Unmeasured::Bad(why)) if why == "is empty"));
}

/// A picture or movie that lost its end is told, wherever it was cut.
#[test]
fn cut_files_are_told() {
    for name in [
        "square-1080.jpg",
        "alpha.png",
        "animated.gif",
        "square.webp",
        "silent-square-3s.mp4",
        "moov-last-16x9-6s.mp4",
        "vp9-2s.webm",
    ] {
        let bytes = fs::read(samples().join(name)).unwrap();
        for part in [bytes.len() / 10, bytes.len() / 2, bytes.len() - 3] {
            let cut = measured(&bytes[..part]);
            assert!(
                matches!(cut, Err(Unmeasured::Bad(_))),
                "{name} cut to {part} of {} was taken: {cut:?}",
                bytes.len()
            );
        }
    }
}

#[test]
fn nested_and_endless_boxes_are_refused() {
    let boxed = |name: &[u8; 4], inside: &[u8]| {
        let size = u32::try_from(inside.len() + 8).unwrap();
        [&size.to_be_bytes()[..], name, inside].concat()
    };
    let mut deep = boxed(b"free", b"");
    for _ in 0..100 {
        deep = boxed(b"mdia", &deep);
    }
    let deep = boxed(b"moov", &boxed(b"trak", &deep));
    let file = [boxed(b"ftyp", b"isom\0\0\0\0"), deep].concat();
    assert!(matches!(measured(&file), Err(Unmeasured::Bad(_))));
    let many = [
        boxed(b"ftyp", b"isom\0\0\0\0"),
        boxed(b"free", b"").repeat(30_000),
    ]
    .concat();
    assert!(matches!(measured(&many), Err(Unmeasured::Bad(_))));
    // A size of one that has no long size after it, and one that is shorter than its head.
    for tail in [
        &[0, 0, 0, 1, b'm', b'o', b'o', b'v'][..],
        &[0, 0, 0, 4, b'm', b'o', b'o', b'v'],
    ] {
        let file = [&boxed(b"ftyp", b"isom\0\0\0\0")[..], tail].concat();
        assert!(matches!(measured(&file), Err(Unmeasured::Bad(_))));
    }
    let endless = [
        &boxed(b"ftyp", b"isom\0\0\0\0")[..],
        &[0, 0, 0, 1],
        b"mdat",
        &[0xff; 8],
    ]
    .concat();
    assert!(matches!(measured(&endless), Err(Unmeasured::Bad(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_measured_or_refused(head in prop::sample::select(vec![
        &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"\x1a\x45\xdf\xa3",
        b"\0\0\0\x10ftypisom\0\0\0\0", b"II*\0", b"BM\0\0\0\0\0\0\0\0", b"",
    ]), tail in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = measured(&[head, &tail[..]].concat());
    }

    #[test]
    fn spoilt_samples_never_panic(
        name in prop::sample::select(vec!["reel-9x16-4s-h264-aac.mp4", "hevc-3s.mov", "vp9-2s.webm", "animated.gif", "alpha.png", "tiny-200.jpg"]),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        front in any::<bool>(),
    ) {
        let mut bytes = fs::read(samples().join(name)).unwrap();
        // Where the structure is: at the beginning, or anywhere.
        let span = if front { bytes.len().min(2000) } else { bytes.len() };
        for (at, byte) in spoils {
            let at = at.index(span);
            bytes[at] = byte;
        }
        let _ = measured(&bytes);
        let len = bytes.len() as u64;
        let _ = mp4::read(&mut Cursor::new(&bytes), len);
    }
}
