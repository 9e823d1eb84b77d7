//! Where a video was taken is taken out of it, and every other byte stays.

use std::fs;
use std::path::Path;
use std::process::Command;

use crier::domain::media::MediaKind;
use crier::spool::media::measure;

use super::notes::{bytes_of, cleaned, exif};
use super::{on_path, samples};

fn boxed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&length[..], name, body].concat()
}

/// Where the box of this name stands at the top of a movie, and how long it is.
fn top(movie: &[u8], name: &[u8; 4]) -> (usize, usize) {
    let mut at = 0;
    loop {
        let length = u32::from_be_bytes(movie[at..at + 4].try_into().unwrap()) as usize;
        if &movie[at + 4..at + 8] == name {
            return (at, length);
        }
        at += length;
    }
}

/// The movie, whose index comes last, with more in its index.
fn with(movie: &[u8], more: &[u8]) -> Vec<u8> {
    let (at, length) = top(movie, b"moov");
    let longer = u32::try_from(length + more.len()).unwrap().to_be_bytes();
    let end = at + length;
    [&movie[..at], &longer, &movie[at + 4..end], more, &movie[end..]].concat()
}

/// The index comes last, and says nothing of its own.
fn plain() -> Vec<u8> {
    let mut movie = bytes_of(&samples().join("moov-last-16x9-6s.mp4"));
    let at = movie.windows(4).rposition(|w| w == b"udta").unwrap();
    movie[at..at + 4].copy_from_slice(b"free");
    movie
}

const HERE: &[u8] = b"\0\x12\x15\xc7+52.5163+013.3777/";

/// That `mark` is gone, and outside of the box that held it nothing has changed.
fn only_loses(movie: &[u8], marked: &[u8], mark: &[u8]) {
    assert!(marked.windows(mark.len()).any(|w| w == mark));
    let (was, is, bytes) = cleaned(marked);
    assert!(was.notes.position && !is.notes.position);
    assert_eq!(bytes.len(), marked.len());
    assert!(!bytes.windows(mark.len()).any(|w| w == mark), "it is still there");
    let (before, after) = (&is, was);
    assert_eq!(
        (
            before.width,
            before.height,
            before.duration_ms,
            &before.mime,
            &before.video_codec
        ),
        (
            after.width,
            after.height,
            after.duration_ms,
            &after.mime,
            &after.video_codec
        )
    );
    let changed: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] != marked[*i]).collect();
    let (first, last) = (changed[0], changed[changed.len() - 1]);
    assert!(
        last - first < marked.len() - movie.len(),
        "{first} to {last} of {}",
        marked.len()
    );
}

#[test]
fn positions_go_from_every_place_of_a_movie() {
    let movie = plain();
    let xyz = boxed(b"\xa9xyz", HERE);
    only_loses(&movie, &with(&movie, &boxed(b"udta", &xyz)), HERE);
    let loci = boxed(b"loci", b"\0\0\0\0\x15\xc7Berlin\0\0\0\x0d\x60\xd3");
    only_loses(&movie, &with(&movie, &boxed(b"udta", &loci)), b"Berlin");
    let keys = b"\0\0\0\0\0\0\0\x01\0\0\0\x30mdtacom.apple.quicktime.location.ISO6709";
    let item = boxed(
        &1u32.to_be_bytes(),
        &boxed(b"data", &[&b"\0\0\0\x01\0\0\0\0"[..], &HERE[4..]].concat()),
    );
    let meta = boxed(b"meta", &[boxed(b"keys", keys), boxed(b"ilst", &item)].concat());
    only_loses(&movie, &with(&movie, &meta), &HERE[4..]);
    let xmp = boxed(
        b"uuid",
        b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac<x exif:GPSLatitude='52,31N'/>",
    );
    only_loses(&movie, &[movie.clone(), xmp].concat(), b"52,31N");
    let track = boxed(b"trak", &boxed(b"udta", &xyz));
    only_loses(&movie, &with(&movie, &track), HERE);
}

#[test]
fn a_track_of_positions_becomes_zeros() {
    let movie = plain();
    let samples = b"GPS5 52.5163 13.3777;GPS5 52.5164 13.3778;";
    let tail = boxed(b"mdat", samples);
    let start = u32::try_from(movie.len() + 8).unwrap();
    // Two chunks, of two samples and of one.
    let full = |words: &[u32]| -> Vec<u8> {
        std::iter::once(&0)
            .chain(words)
            .flat_map(|w| w.to_be_bytes())
            .collect()
    };
    let table = [
        boxed(b"stsd", &[&full(&[1])[..], &boxed(b"gpmd", &[0; 8])].concat()),
        boxed(b"stsz", &full(&[0, 3, 10, 11, 21])),
        boxed(b"stsc", &full(&[2, 1, 2, 1, 2, 1, 1])),
    ]
    .concat();
    let track = |grown: u32| {
        let places = boxed(b"stco", &full(&[2, start + grown, start + grown + 21]));
        let stbl = boxed(b"stbl", &[&table[..], &places].concat());
        let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0meta\0\0\0\0\0\0\0\0\0\0\0\0\0");
        boxed(
            b"trak",
            &boxed(b"mdia", &[handler, boxed(b"minf", &stbl)].concat()),
        )
    };
    let grown = u32::try_from(track(0).len()).unwrap();
    let marked = [with(&movie, &track(grown)), tail].concat();
    let (was, is, bytes) = cleaned(&marked);
    assert!(was.notes.position);
    assert!(!bytes.windows(4).any(|w| w == b"GPS5"));
    assert_eq!(bytes[bytes.len() - samples.len()..], [0; 42]);
    let end = movie.len() + usize::try_from(grown).unwrap();
    let index = end - usize::try_from(grown).unwrap();
    assert_eq!(bytes[index + 4..index + 8], *b"free");
    assert!(bytes[..index] == marked[..index] && bytes[end..end + 8] == marked[end..end + 8]);
    assert!(!is.notes.position);
}

#[test]
fn a_movie_without_a_position_stays_as_it_is() {
    for name in [
        "moov-last-16x9-6s.mp4",
        "hevc-3s.mov",
        "reel-9x16-4s-h264-aac.mp4",
        "vp9-2s.webm",
    ] {
        let before = bytes_of(&samples().join(name));
        let (was, is, _) = cleaned(&before);
        assert_eq!(was, is, "{name}");
        assert!(!is.notes.position, "{name}");
    }
    // A title that looks a little like one.
    let movie = plain();
    let title = boxed(b"udta", &boxed(b"\xa9nam", b"\0\x08\x15\xc7velocity"));
    assert!(!cleaned(&with(&movie, &title)).0.notes.position);
}

fn run(program: &Path, args: &[&str]) -> Vec<u8> {
    let out = Command::new(program).args(args).output().unwrap();
    assert!(
        out.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    out.stdout
}

#[test]
fn what_a_real_muxer_writes_is_found_and_the_film_stays_the_same() {
    let Some(ffmpeg) = on_path("ffmpeg") else { return };
    let dir = tempfile::tempdir().unwrap();
    let from = samples().join("reel-9x16-4s-h264-aac.mp4");
    for (name, more) in [
        ("a.mov", "+faststart"),
        ("b.mp4", "+use_metadata_tags"),
        ("c.mp4", "+faststart"),
    ] {
        let path = dir.path().join(name);
        let (input, output) = (from.to_str().unwrap(), path.to_str().unwrap());
        let place = "location=+52.5163+013.3777/";
        let apple = "com.apple.quicktime.location.ISO6709=+52.5163+013.3777/";
        let notes = ["-metadata", place, "-metadata", apple, "-movflags", more];
        run(
            &ffmpeg,
            &[&["-v", "error", "-i", input, "-c", "copy"][..], &notes, &[output]].concat(),
        );
        let marked = fs::read(&path).unwrap();
        let (was, is, bytes) = cleaned(&marked);
        assert!(was.notes.position && !is.notes.position, "{name}");
        assert!(!bytes.windows(8).any(|w| w == b"+52.5163"), "{name}");
        let clean = dir.path().join(format!("clean-{name}"));
        fs::write(&clean, bytes).unwrap();
        let frames = |path: &Path| {
            run(
                &ffmpeg,
                &[
                    "-v",
                    "error",
                    "-i",
                    path.to_str().unwrap(),
                    "-map",
                    "0",
                    "-f",
                    "framemd5",
                    "-",
                ],
            )
        };
        assert!(frames(&path) == frames(&clean), "{name}: the film is another");
    }
}

/// A HEIC without a picture: what is measured of it is in its boxes.
fn heic(brands: &[u8], turn: u8, notes: &[u8]) -> Vec<u8> {
    let ftyp = boxed(b"ftyp", brands);
    let info = |id: u16, sort: &[u8; 4]| {
        boxed(
            b"infe",
            &[&b"\x02\0\0\0"[..], &id.to_be_bytes(), &[0, 0], sort, b"\0"].concat(),
        )
    };
    let infos = [&b"\0\0\0\0\0\x02"[..], &info(1, b"hvc1"), &info(2, b"Exif")].concat();
    let size = boxed(b"ispe", b"\0\0\0\0\0\0\x04\x00\0\0\x03\x00");
    let properties = boxed(
        b"iprp",
        &boxed(b"ipco", &[size, boxed(b"irot", &[turn])].concat()),
    );
    let meta = |at: u32| {
        let place = |id: u16, at: u32, length: u32| {
            [
                &id.to_be_bytes()[..],
                &[0, 0, 0, 1],
                &at.to_be_bytes(),
                &length.to_be_bytes(),
            ]
            .concat()
        };
        let length = u32::try_from(notes.len()).unwrap();
        let places = [
            &b"\0\0\0\0\x44\0\0\x02"[..],
            &place(1, at + length, 4),
            &place(2, at, length),
        ]
        .concat();
        let parts = [
            boxed(b"iinf", &infos),
            boxed(b"iloc", &places),
            properties.clone(),
        ]
        .concat();
        boxed(b"meta", &[&[0; 4][..], &parts].concat())
    };
    let at = u32::try_from(ftyp.len() + meta(0).len() + 8).unwrap();
    [ftyp, meta(at), boxed(b"mdat", &[notes, b"data"].concat())].concat()
}

#[test]
fn the_position_of_a_heic_becomes_zeros() {
    let notes = [&[0, 0, 0, 6][..], b"Exif\0\0", &exif(6)].concat();
    let marked = heic(b"heic\0\0\0\0mif1heic", 3, &notes);
    let (was, is, bytes) = cleaned(&marked);
    assert_eq!((was.mime.as_str(), was.kind), ("image/heic", MediaKind::Image));
    assert_eq!((was.width, was.height), (768, 1024), "as people see it");
    assert_eq!(was.notes.turned, 6, "of the box, not of EXIF");
    assert!(was.notes.position && !is.notes.position);
    let from = marked.len() - 4 - notes.len();
    assert_eq!(bytes.len(), marked.len());
    assert!(bytes[..from] == marked[..from] && bytes.ends_with(b"data"));
    assert!(bytes[from..bytes.len() - 4].iter().all(|b| *b == 0));
    // Without a directory of positions nothing is done.
    let harmless = [&[0, 0, 0, 6][..], b"Exif\0\0", b"MM\0*\0\0\0\x08\0\0"].concat();
    assert!(!cleaned(&heic(b"heic\0\0\0\0", 0, &harmless)).0.notes.position);
}

#[test]
fn pictures_are_known_by_their_brands() {
    let mime = |brands: &[u8]| cleaned(&heic(brands, 0, &[0; 8])).0.mime;
    for brands in [
        &b"heic\0\0\0\0"[..],
        b"heix\0\0\0\0mif1",
        b"mif1\0\0\0\0heic",
        b"mif1\0\0\0\0",
    ] {
        assert_eq!(mime(brands), "image/heic", "{brands:?}");
    }
    for brands in [&b"avif\0\0\0\0mif1"[..], b"mif1\0\0\0\0avifmiaf"] {
        assert_eq!(mime(brands), "image/avif", "{brands:?}");
    }
    let moving = cleaned(&heic(b"avis\0\0\0\0avif", 0, &[0; 8])).0;
    assert!(moving.notes.moves);
}

#[test]
fn hostile_tables_of_items_end() {
    let notes = [&[0, 0, 0, 6][..], b"Exif\0\0", &exif(6)].concat();
    let whole = heic(b"heic\0\0\0\0", 0, &notes);
    for at in 0..whole.len() {
        for byte in [0, 0x7f, 0xff] {
            let mut torn = whole.clone();
            torn[at] = byte;
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &torn).unwrap();
            // Whatever it says of it: it ends, and in bounded memory.
            let _ = measure(&file);
        }
    }
}

/// Made by libheif's encoder of a photograph with EXIF notes.
#[test]
fn a_real_heic_loses_its_position() {
    let heic = bytes_of(&samples().join("place.heic"));
    let (was, is, bytes) = cleaned(&heic);
    assert_eq!(
        (was.mime.as_str(), was.width, was.height),
        ("image/heic", 320, 240)
    );
    assert!(was.notes.position && !is.notes.position);
    assert_eq!((is.width, is.height, bytes.len()), (320, 240, heic.len()));
    let exif = |bytes: &[u8]| bytes.windows(4).any(|w| w == b"MM\0*");
    assert!(exif(&heic) && !exif(&bytes));
}
