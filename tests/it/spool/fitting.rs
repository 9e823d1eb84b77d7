//! Pictures that are made to fit: whole admissions, and hostile files.

use std::fs::{self, File};
use std::path::Path;

use crier::core::diagnose::{Diagnostics, render};
use crier::core::fit::{PicturePlan, Plan, Shape};
use crier::core::intake::{Admission, Measured, Task};
use crier::domain::id::AccountName;
use crier::domain::media::{Fit, MediaFacts, MediaId};
use crier::spool::fit::Workshop;
use crier::spool::media::measure;
use crier::spool::snapshot;
use image::{Rgb, RgbImage, Rgba, RgbaImage};

use super::notes::{chunk, turned_jpeg};
use super::{Spool, samples};
use crate::intake::Club;

/// Admitted as the engine does it, with its snapshots.
fn admit(spool: &Spool, club: &Club, name: &str, media: &Path) -> Result<Admission, Diagnostics> {
    let reading = spool.read(name).unwrap();
    let open = |file: &str| spool.queue.media_file(name, file);
    let mut workshop = Workshop::new(media.join(".x.fit"), None);
    let measured = workshop.clean(&reading.measured, open).unwrap();
    let tasks = club.tasks(&reading.draft, &measured);
    let made = workshop.make(tasks, &reading.measured, open).unwrap();
    let admission = club.accept_made(name, &reading.draft, &measured, &made)?;
    let derived = workshop.derived();
    spool
        .queue
        .snapshot_with(name, &admission.post, media, derived)
        .unwrap();
    Ok(admission)
}

fn account(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

fn striped(w: u32, h: u32) -> RgbImage {
    RgbImage::from_fn(w, h, |x, _| {
        if x < w / 2 {
            Rgb([200, 0, 0])
        } else {
            Rgb([0, 0, 200])
        }
    })
}

fn near(a: &Rgb<u8>, b: [u8; 3]) -> bool {
    a.0.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 24)
}

#[test]
fn one_account_gets_a_jpeg_and_the_other_the_original() {
    let (spool, club) = (Spool::new(), Club::new());
    let media = spool.path().parent().unwrap().join("media");
    fs::copy(samples().join("square.webp"), spool.path().join("door.webp")).unwrap();
    spool.write(
        "x.toml",
        "text = \"x\"\nsubject = \"s\"\nfit = \"auto\"\nmedia = [\"door.webp\"]",
    );
    let first = admit(&spool, &club, "x.toml", &media).unwrap();
    let of = |admission: &Admission, name: &str| {
        admission.post.contents[&account(name)].segments[0].media[0].clone()
    };
    let (threads, mail) = (of(&first, "club-threads"), of(&first, "newsletter"));
    assert_eq!(
        (mail.id, mail.file.as_str(), mail.facts.mime.as_str()),
        (MediaId(0), "door.webp", "image/webp")
    );
    assert_eq!((threads.id, threads.file.as_str()), (MediaId(1), "door.jpg"));
    assert_eq!(threads.facts.mime, "image/jpeg");
    assert_eq!(first.files, ["door.webp", "door.jpg"]);
    let copy = |id| fs::read(snapshot::path(&media, &first.post.id, id)).unwrap();
    assert_eq!(copy(MediaId(0)), fs::read(samples().join("square.webp")).unwrap());
    let jpeg = copy(MediaId(1));
    assert_eq!(jpeg.len() as u64, threads.facts.bytes);
    assert!(jpeg.starts_with(b"\xff\xd8\xff"));
    let [note] = first.post.warnings.as_slice() else {
        panic!("{:?}", first.post.warnings)
    };
    assert!(note.starts_with("door.webp ("), "{note}");
    assert!(
        note.contains(" WEBP, ")
            && note.contains(") was made door.jpg (")
            && note.ends_with(" for club-threads"),
        "{note}"
    );
    // The same file gives the same bytes, so it is the same revision.
    let second = admit(&spool, &club, "x.toml", &media).unwrap();
    assert_eq!(of(&second, "club-threads").facts.sha256, threads.facts.sha256);
    assert_eq!(second.post.hash, first.post.hash);
    assert_eq!(fs::read_dir(&media).unwrap().count(), 1, "the workshop is gone");
}

#[test]
fn the_file_wins_over_its_queue_and_words_choose_the_way() {
    let (spool, mut club) = (Spool::new(), Club::new());
    let media = spool.path().parent().unwrap().join("media");
    // Threads takes 1:10 to 10:1.
    striped(2200, 100).save(spool.path().join("banner.png")).unwrap();
    let text =
        |fit: &str| format!("text = \"x\"\naccounts = [\"club-threads\"]\nmedia = [\"banner.png\"]\n{fit}");
    let made = |club: &Club, fit: &str| {
        spool.write("x.toml", &text(fit));
        let admission = admit(&spool, club, "x.toml", &media)?;
        let one = admission.post.contents[&account("club-threads")].segments[0].media[0].clone();
        let bytes = fs::read(snapshot::path(&media, &admission.post.id, one.id)).unwrap();
        Ok::<_, Diagnostics>(image::load_from_memory(&bytes).unwrap().into_rgb8())
    };
    let refused = render(&made(&club, "").unwrap_err(), false);
    assert!(refused.contains("2200 x 100"), "{refused}");
    assert!(
        refused.contains("with `fit = \"auto\"` in the file or in its queue crier makes"),
        "{refused}"
    );
    let padded = made(&club, "fit = \"auto\"").unwrap();
    assert_eq!(padded.dimensions(), (2200, 220));
    assert!(near(padded.get_pixel(5, 5), [255; 3]) && near(padded.get_pixel(5, 110), [200, 0, 0]));
    let cropped = made(&club, "fit = \"crop\"").unwrap();
    assert_eq!(cropped.dimensions(), (1000, 100));
    assert!(near(cropped.get_pixel(5, 5), [200, 0, 0]) && near(cropped.get_pixel(995, 5), [0, 0, 200]));
    club.queue.fit = Fit::Crop;
    assert_eq!(made(&club, "").unwrap().dimensions(), (1000, 100));
    assert_eq!(made(&club, "fit = \"pad\"").unwrap().dimensions(), (2200, 220));
    assert!(made(&club, "fit = \"off\"").is_err());
    spool.write("y.toml", "text = \"x\"\nfit = \"autp\"");
    let bad = spool.read("y.toml").unwrap().draft.mistakes;
    let bad = render(&bad, false);
    assert!(
        bad.contains("there is no fit \"autp\"") && bad.contains("did you mean \"auto\"?"),
        "{bad}"
    );
}

#[test]
fn the_cover_of_a_reel_is_made_to_fit_and_kept() {
    let (spool, club) = (Spool::new(), Club::with_instagram());
    let media = spool.path().parent().unwrap().join("media");
    let reel = samples().join("reel-9x16-4s-h264-aac.mp4");
    fs::copy(&reel, spool.path().join("reel.mp4")).unwrap();
    striped(300, 900).save(spool.path().join("cover.png")).unwrap();
    let words = "kind = \"reel\"\ntext = \"x\"\naccounts = [\"club-instagram\"]\n\
                 media = [{ file = \"reel.mp4\", cover = \"cover.png\" }]\n";
    spool.write("x.toml", words);
    let refused = render(&admit(&spool, &club, "x.toml", &media).unwrap_err(), false);
    assert!(
        refused.contains("cover.png is image/png, Instagram takes image/jpeg"),
        "{refused}"
    );
    assert!(refused.contains("with `fit = \"auto\"` in the file"), "{refused}");
    assert!(refused.contains("cover = \"cover.png\""), "{refused}");
    spool.write("x.toml", &format!("{words}fit = \"auto\"\n"));
    let first = admit(&spool, &club, "x.toml", &media).unwrap();
    let content = &first.post.contents[&account("club-instagram")];
    let (film, cover) = (&content.segments[0].media[0], &content.covers[0]);
    assert_eq!(film.cover, Some(cover.id));
    assert_eq!(
        (cover.file.as_str(), cover.facts.mime.as_str()),
        ("cover.jpg", "image/jpeg")
    );
    // Of any shape: a feed's ratios are not a reel's.
    assert_eq!((cover.facts.width, cover.facts.height), (300, 900));
    let copy = |id| fs::read(snapshot::path(&media, &first.post.id, id)).unwrap();
    assert_eq!(copy(film.id), fs::read(&reel).unwrap());
    assert!(copy(cover.id).starts_with(b"\xff\xd8\xff"));
    assert!(
        first
            .post
            .warnings
            .iter()
            .any(|w| w.contains("cover.png (") && w.contains("made cover.jpg"))
    );
    // A cover that fits stays; another picture under its name is another revision.
    let taken = |picture: &str| {
        fs::copy(samples().join(picture), spool.path().join("cover.jpg")).unwrap();
        spool.write("y.toml", &words.replace("cover.png", "cover.jpg"));
        let post = admit(&spool, &club, "y.toml", &media).unwrap().post;
        let cover = &post.contents[&account("club-instagram")].covers[0];
        let path = snapshot::path(&media, &post.id, cover.id);
        assert_eq!(
            fs::read(path).unwrap(),
            fs::read(samples().join(picture)).unwrap()
        );
        post.hash
    };
    assert_ne!(taken("tiny-200.jpg"), taken("square-1080.jpg"));
}

#[test]
fn a_still_gif_is_made_to_fit_and_a_moving_one_is_refused() {
    let (spool, club) = (Spool::new(), Club::with_instagram());
    let media = spool.path().parent().unwrap().join("media");
    let take = |name: &str, bytes: &[u8]| {
        fs::write(spool.path().join(name), bytes).unwrap();
        let words =
            format!("text = \"x\"\naccounts = [\"club-instagram\"]\nfit = \"auto\"\nmedia = [\"{name}\"]\n");
        spool.write("x.toml", &words);
        admit(&spool, &club, "x.toml", &media)
    };
    let sample = |name: &str| fs::read(samples().join(name)).unwrap();
    let still = take("still.gif", &sample("still.gif")).unwrap();
    let made = &still.post.contents[&account("club-instagram")].segments[0].media[0];
    assert_eq!(
        (made.file.as_str(), made.facts.mime.as_str()),
        ("still.jpg", "image/jpeg")
    );
    let bmp = encoded(striped(300, 300), image::ImageFormat::Bmp);
    assert!(take("door.bmp", &bmp).is_ok());
    let refused = render(&take("animated.gif", &sample("animated.gif")).unwrap_err(), false);
    assert!(
        refused.contains("animated.gif moves (image/gif): crier makes no still picture of it"),
        "{refused}"
    );
    // A PNG that moves, too.
    let png = encoded(striped(300, 300), image::ImageFormat::Png);
    let moving = [&png[..33], &chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), &png[33..]].concat();
    let refused = render(&take("moving.png", &moving).unwrap_err(), false);
    assert!(refused.contains("moving.png moves (image/png)"), "{refused}");
}

fn plan(scale: (u32, u32), canvas: (u32, u32), max_bytes: u64) -> PicturePlan {
    PicturePlan {
        shape: Shape { scale, canvas },
        range: (0, u64::MAX),
        max_bytes,
    }
}

/// What is made of these bytes, or the sentence.
fn made(bytes: &[u8], plan: PicturePlan) -> Result<(MediaFacts, RgbImage), String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, bytes).unwrap();
    let facts = measure(&File::open(&path).unwrap()).unwrap();
    let task = Task {
        file: "a".to_owned(),
        plan: Plan::Picture(plan),
    };
    let mut workshop = Workshop::new(dir.path().join("shop"), None);
    let originals = Measured::from([("a".to_owned(), Ok(facts))]);
    let all = workshop
        .make(vec![task.clone()], &originals, |_| Ok(File::open(&path)?))
        .unwrap();
    let facts = all[&task].clone()?;
    let jpeg = fs::read(&workshop.derived()[&facts.sha256]).unwrap();
    Ok((facts, image::load_from_memory(&jpeg).unwrap().into_rgb8()))
}

fn encoded(picture: impl Into<image::DynamicImage>, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn turned_pictures_are_made_upright_without_notes() {
    // Six: the first row is at the right, so the left half comes on top.
    let jpeg = turned_jpeg(&encoded(striped(400, 200), image::ImageFormat::Jpeg), 6);
    let (facts, upright) = made(&jpeg, plan((100, 200), (100, 200), 1 << 20)).unwrap();
    assert_eq!(upright.dimensions(), (100, 200));
    assert!(
        near(upright.get_pixel(50, 20), [200, 0, 0]),
        "{:?}",
        upright.get_pixel(50, 20)
    );
    assert!(near(upright.get_pixel(50, 180), [0, 0, 200]));
    assert_eq!(facts.notes, Default::default());
}

#[test]
fn what_is_transparent_shows_white() {
    let clear = RgbaImage::from_pixel(120, 120, Rgba([200, 0, 0, 0]));
    let (_, shown) = made(
        &encoded(clear, image::ImageFormat::Png),
        plan((120, 120), (120, 120), 1 << 20),
    )
    .unwrap();
    assert!(near(shown.get_pixel(60, 60), [255; 3]));
}

#[test]
fn quality_and_then_pixels_go_down_until_the_bytes_fit() {
    let mut seed = 1u32;
    let noise = RgbImage::from_fn(700, 500, |_, _| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(seed >> 24) as u8, (seed >> 16) as u8, (seed >> 8) as u8])
    });
    let png = encoded(noise, image::ImageFormat::Png);
    let (full, _) = made(&png, plan((700, 500), (700, 500), u64::MAX)).unwrap();
    let (less, same) = made(&png, plan((700, 500), (700, 500), full.bytes - 1)).unwrap();
    assert!(less.bytes < full.bytes && same.dimensions() == (700, 500));
    let (small, picture) = made(&png, plan((700, 500), (700, 500), 40_000)).unwrap();
    assert!(small.bytes <= 40_000 && picture.width() < 700, "{small:?}");
    let none = made(&png, plan((700, 500), (700, 500), 100)).unwrap_err();
    assert!(none.starts_with("a cannot be made to fit"), "{none}");
}

/// A PNG that says what it likes: width, height, bits, kind of colour.
fn png_saying(w: u32, h: u32, bits: u8, colour: u8, data: &[u8]) -> Vec<u8> {
    let header = [&w.to_be_bytes()[..], &h.to_be_bytes(), &[bits, colour, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &header),
        &chunk(b"IDAT", data),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    let (spool, club) = (Spool::new(), Club::new());
    let media = spool.path().parent().unwrap().join("media");
    fs::write(
        spool.path().join("bomb.png"),
        png_saying(60_000, 5000, 8, 6, &[0x78, 0x9c]),
    )
    .unwrap();
    spool.write(
        "x.toml",
        "text = \"x\"\nsubject = \"s\"\nfit = \"auto\"\nmedia = [\"bomb.png\"]",
    );
    let told = render(&admit(&spool, &club, "x.toml", &media).unwrap_err(), false);
    assert!(
        told.contains("60000 x 5000 pixels, more than the 40 million that crier decodes"),
        "{told}"
    );
    // Few enough pixels, eight bytes each.
    let deep = png_saying(6000, 6000, 16, 6, &[0x78, 0x9c]);
    let told = made(&deep, plan((600, 600), (600, 600), 1 << 20)).unwrap_err();
    assert!(told.contains("more than 256 MiB of memory to decode"), "{told}");
}

#[test]
fn broken_pictures_end_in_a_sentence() {
    let png = encoded(striped(300, 300), image::ImageFormat::Png);
    let to = || plan((100, 100), (100, 100), 1 << 20);
    // The header promises more than there is.
    let lying = png_saying(3000, 3000, 8, 2, &png[41..png.len() - 16]);
    assert!(made(&lying, to()).unwrap_err().starts_with("a cannot be decoded"));
    let mut torn = png.clone();
    let middle = torn.len() / 2;
    torn[middle] ^= 0xff;
    assert!(made(&torn, to()).unwrap_err().starts_with("a cannot be decoded"));
    // A JPEG whose data is something else decodes to something, or is refused; crier lives on.
    let mut jpeg = encoded(striped(300, 300), image::ImageFormat::Jpeg);
    let (from, until) = (jpeg.len() / 2, jpeg.len() - 2);
    for (n, byte) in jpeg[from..until].iter_mut().enumerate() {
        *byte = (n * 37 % 255) as u8;
    }
    if let Err(why) = made(&jpeg, to()) {
        assert!(why.starts_with("a cannot be decoded"), "{why}");
    }
}
