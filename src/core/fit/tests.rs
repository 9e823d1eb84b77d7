use super::video::{Container, Sound, video};
use super::{PIXELS_MAX, Plan, Shape, by_hand, picture, shape, within};
use crate::core::offer::{ImageRule, VideoRule};
use crate::domain::media::{Fit, MediaFacts, MediaKind};

const FEED: (u64, u64) = (800, 1910);

fn facts(mime: &str, bytes: u64, (width, height): (u32, u32)) -> MediaFacts {
    let video = mime.starts_with("video");
    MediaFacts {
        kind: if video { MediaKind::Video } else { MediaKind::Image },
        mime: mime.to_owned(),
        bytes,
        width,
        height,
        duration_ms: video.then_some(10_000),
        video_codec: video.then(|| "avc1".to_owned()),
        audio_codec: video.then(|| "mp4a".to_owned()),
        moov_first: video.then_some(true),
        notes: Default::default(),
        sha256: String::new(),
    }
}

fn feed() -> ImageRule {
    ImageRule {
        mimes: vec!["image/jpeg"],
        max_bytes: 8 << 20,
        other_bytes: vec![("image/gif", 15 << 20)],
        max_sides: None,
        min_ratio_milli: FEED.0,
        max_ratio_milli: FEED.1,
        alt_max: 1000,
    }
}

fn reel() -> VideoRule {
    VideoRule {
        mimes: vec!["video/mp4", "video/quicktime"],
        codecs: vec!["avc1"],
        audio: vec!["mp4a"],
        max_bytes: 100 << 20,
        min_ms: 3000,
        max_ms: 60_000,
        max_width: 1920,
        min_ratio_milli: 10,
        max_ratio_milli: 10_000,
        moov_first: true,
        alt_max: 0,
    }
}

#[test]
fn what_obeys_is_left_alone() {
    assert_eq!(
        picture(&facts("image/jpeg", 8 << 20, (800, 1000)), &feed(), Fit::Pad),
        None
    );
    assert_eq!(
        video(&facts("video/mp4", 5, (1080, 1920)), &reel(), Fit::Crop),
        None
    );
}

#[test]
fn off_makes_nothing() {
    assert_eq!(
        picture(&facts("image/png", 1, (800, 1000)), &feed(), Fit::Off),
        None
    );
    let mut hevc = facts("video/mp4", 5, (1080, 1920));
    hevc.video_codec = Some("hvc1".to_owned());
    assert_eq!(video(&hevc, &reel(), Fit::Off), None);
}

#[test]
fn a_picture_gets_a_border_or_is_cut() {
    let made = |fit, size| {
        picture(&facts("image/png", 1, size), &feed(), fit)
            .unwrap()
            .unwrap()
            .shape
    };
    let exact = |scale, canvas| Shape { scale, canvas };
    assert_eq!(made(Fit::Pad, (3000, 4000)), exact((3000, 4000), (3200, 4000)));
    assert_eq!(made(Fit::Crop, (3000, 4000)), exact((3000, 4000), (3000, 3750)));
    assert_eq!(made(Fit::Pad, (4000, 1000)), exact((4000, 1000), (4000, 2095)));
    assert_eq!(made(Fit::Crop, (4000, 1000)), exact((4000, 1000), (1910, 1000)));
    // Only the kind of file was wrong.
    assert_eq!(made(Fit::Pad, (1000, 1000)), exact((1000, 1000), (1000, 1000)));
    // Larger than anybody shows.
    assert_eq!(made(Fit::Pad, (6000, 6000)), exact((4096, 4096), (4096, 4096)));
}

#[test]
fn every_shape_that_is_made_lies_in_its_range() {
    let sides = [1, 7, 64, 333, 1080, 1349, 4096, 9999];
    for range in [FEED, (562, 563), (100, 10_000), (0, u64::MAX), (1000, 1000)] {
        for (w, h) in sides.iter().flat_map(|w| sides.map(|h| (*w, h))) {
            for (fit, step) in [(Fit::Pad, 1), (Fit::Crop, 1), (Fit::Pad, 2), (Fit::Crop, 2)] {
                let Some(made) = shape((w, h), range, fit, (4096, 4096), step) else {
                    continue;
                };
                let (cw, ch) = made.canvas;
                assert!(
                    within((cw, ch), range),
                    "{w}x{h} {range:?} {fit:?} {step}: {made:?}"
                );
                assert!(cw.max(ch) <= 4096 + step, "{w}x{h}: {made:?}");
                assert!(cw % step == 0 && ch % step == 0, "{w}x{h}: {made:?}");
                if fit == Fit::Pad {
                    assert!(cw >= made.scale.0 && ch >= made.scale.1, "{w}x{h}: {made:?}");
                }
            }
        }
    }
}

#[test]
fn smaller_shapes_stay_in_the_range_until_they_end() {
    let plan = picture(&facts("image/png", 1, (3000, 4000)), &feed(), Fit::Pad)
        .unwrap()
        .unwrap();
    let (mut size, mut steps) = (plan.shape.canvas, 0);
    while let Some(next) = plan.smaller(size) {
        assert!(within(next.canvas, FEED), "{next:?}");
        assert!(next.canvas.0 < size.0);
        size = next.canvas;
        steps += 1;
    }
    assert!((10..30).contains(&steps), "{steps}");
}

#[test]
fn pictures_with_too_many_pixels_are_scaled_down() {
    let rule = ImageRule {
        mimes: vec!["image/jpeg", "image/gif"],
        max_sides: Some((1080, 1920)),
        min_ratio_milli: 0,
        max_ratio_milli: u64::MAX,
        ..feed()
    };
    let made = |size| {
        let planned = picture(&facts("image/jpeg", 1, size), &rule, Fit::Pad);
        planned.map(|plan| plan.unwrap().shape.canvas)
    };
    // A telephone's, both ways up; a screen's; a strip.
    assert_eq!(made((4032, 3024)), Some((1440, 1080)));
    assert_eq!(made((3024, 4032)), Some((1080, 1440)));
    assert_eq!(made((3840, 2160)), Some((1920, 1080)));
    assert_eq!(made((4000, 500)), Some((1920, 240)));
    assert_eq!(made((1921, 1081)).map(|made| rule.holds(made)), Some(true));
    assert_eq!(made((1080, 1920)), None);
    assert_eq!(made((1920, 1080)), None);
}

#[test]
fn some_kinds_of_pictures_may_be_larger() {
    let rule = ImageRule {
        mimes: vec!["image/jpeg", "image/gif"],
        ..feed()
    };
    let plan = |mime: &str, bytes| picture(&facts(mime, bytes, (900, 900)), &rule, Fit::Pad);
    assert_eq!(plan("image/gif", 15 << 20), None);
    assert_eq!(
        plan("image/gif", (15 << 20) + 1).unwrap().unwrap().max_bytes,
        8 << 20
    );
    assert_eq!(plan("image/jpeg", 9 << 20).unwrap().unwrap().max_bytes, 8 << 20);
}

#[test]
fn only_ffmpeg_decodes_some() {
    let plan = |mime: &str| {
        let facts = facts(mime, 1, (900, 900));
        Plan::of_picture(&facts, picture(&facts, &feed(), Fit::Pad).unwrap().unwrap())
    };
    assert!(matches!(plan("image/heic"), Plan::Foreign(_)) && plan("image/heic").is_slow());
    assert!(matches!(plan("image/gif"), Plan::Picture(_)) && !plan("image/gif").is_slow());
    assert_eq!(plan("image/avif").name("door.avif"), "door.jpg");
    let told = by_hand("image/heic", "-my door.HEIC");
    assert_eq!(
        told,
        "make a JPEG of it: `heif-convert -q 90 './-my door.HEIC' './-my door.jpg'`"
    );
}

#[test]
fn what_cannot_be_decoded_says_so() {
    let why = |mime: &str, bytes, size| {
        picture(&facts(mime, bytes, size), &feed(), Fit::Pad)
            .unwrap()
            .unwrap_err()
    };
    let mut moving = facts("image/gif", 1, (900, 900));
    moving.notes.moves = true;
    let told = picture(&moving, &feed(), Fit::Pad).unwrap().unwrap_err();
    assert!(
        told.starts_with("moves (image/gif): crier makes no still picture of it"),
        "{told}"
    );
    assert!(why("image/tiff", 1, (900, 900)).contains("cannot decode"));
    assert!(why("image/png", 1, (60_000, 60_000)).contains("40 million"));
    assert!(why("image/jpeg", 65 << 20, (900, 900)).contains("64 MiB"));
    assert_eq!(PIXELS_MAX, 40_000_000);
}

#[test]
fn a_video_is_coded_anew_only_when_its_pictures_are_wrong() {
    let mut late = facts("video/mp4", 5, (1080, 1920));
    late.moov_first = Some(false);
    let plan = video(&late, &reel(), Fit::Pad).unwrap().unwrap();
    assert_eq!(plan.shape, None);
    assert!(
        plan.command("a b.mp4", "out.mp4")
            .contains("-i 'a b.mp4' -map 0:v:0 -map 0:a:0")
    );
    assert!(
        plan.command("x.mp4", "out.mp4")
            .contains("-c copy -movflags +faststart")
    );
    let mut wide = facts("video/webm", 5, (3840, 2160));
    wide.video_codec = Some("vp09".to_owned());
    let plan = video(&wide, &reel(), Fit::Pad).unwrap().unwrap();
    assert_eq!(plan.shape.unwrap().canvas, (1920, 1080));
    assert_eq!(plan.from, Container::Matroska);
    let words = plan.arguments("in", "out").join(" ");
    assert!(
        words.contains("-protocol_whitelist file -f matroska -i in"),
        "{words}"
    );
    assert!(words.contains("scale=1920:1080"), "{words}");
}

#[test]
fn sound_that_is_not_taken_is_coded_anew() {
    let mut opus = facts("video/mp4", 5, (1080, 1920));
    opus.audio_codec = Some("Opus".to_owned());
    let plan = video(&opus, &reel(), Fit::Pad).unwrap().unwrap();
    assert_eq!((plan.shape, plan.sound), (None, Sound::Coded));
    let words = plan.arguments("in", "out").join(" ");
    assert!(words.contains("-c:v copy -c:a aac"), "{words}");
    let promised = Plan::Video(plan).promise(&opus);
    assert_eq!(promised.audio_codec.as_deref(), Some("mp4a"));
    opus.audio_codec = None;
    assert_eq!(video(&opus, &reel(), Fit::Pad), None);
    let deaf = VideoRule {
        audio: vec!["none"],
        ..reel()
    };
    assert_eq!(
        video(&facts("video/mp4", 5, (1080, 1920)), &deaf, Fit::Pad),
        None,
        "nothing that crier makes would be taken"
    );
}

#[test]
fn a_video_is_never_cut_in_time() {
    let mut long = facts("video/webm", 5, (3840, 2160));
    long.duration_ms = Some(60_001);
    assert_eq!(video(&long, &reel(), Fit::Pad), None);
    long.duration_ms = Some(3000);
    assert_eq!(video(&long, &reel(), Fit::Pad), None);
    long.duration_ms = Some(60_000);
    let tight = VideoRule {
        max_bytes: 1 << 20,
        ..reel()
    };
    assert!(
        video(&long, &tight, Fit::Pad)
            .unwrap()
            .unwrap_err()
            .contains("make it shorter")
    );
}

#[test]
fn a_command_can_be_pasted_into_a_shell() {
    let mut late = facts("video/mp4", 5, (1080, 1920));
    late.moov_first = Some(false);
    let plan = video(&late, &reel(), Fit::Pad).unwrap().unwrap();
    assert!(
        plan.command("it's; rm x.mp4", "o.mp4")
            .contains("-i 'it'\\''s; rm x.mp4'")
    );
    assert!(plan.command("-x.mp4", "o.mp4").contains("-i ./-x.mp4"));
}

#[test]
fn names_keep_their_stem() {
    let plan = picture(&facts("image/png", 1, (3000, 4000)), &feed(), Fit::Pad)
        .unwrap()
        .unwrap();
    let name = |of: &str| Plan::Picture(plan).name(of);
    assert_eq!(name("door.png"), "door.jpg");
    assert_eq!(name("a.b/door"), "a.b/door.jpg");
    assert_eq!(name("pics/door.x.PNG"), "pics/door.x.jpg");
    assert_eq!(name(".png"), ".png.jpg");
}
