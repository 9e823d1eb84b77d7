//! ffmpeg as a child, with scripts in its place: what it is given, and what becomes of it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use crier::core::fit::{PicturePlan, Plan, Shape, Sound, VideoPlan, video::Container};
use crier::core::intake::{Measured, Task};
use crier::domain::media::MediaFacts;
use crier::spool::fit::{Fence, Limits, Workshop};
use crier::spool::media::measure;

use super::{on_path, samples};

/// A script, its working directory and what came of it.
struct Bench {
    dir: tempfile::TempDir,
    limits: Limits,
    max_bytes: u64,
}

impl Bench {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            limits: Limits {
                wall: Duration::from_secs(60),
                ..Limits::default()
            },
            max_bytes: 1 << 20,
        }
    }

    fn note(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, script: &str) -> Result<MediaFacts, String> {
        let program = self.note("ffmpeg");
        fs::write(&program, format!("#!/bin/sh\nfor last; do :; done\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        self.with(Some(program))
    }

    /// The same behind the whole fence.
    fn fenced(&self, script: &str) -> String {
        let program = self.note("ffmpeg");
        fs::write(
            &program,
            format!("#!/bin/sh\nfor last; do :; done\n{script}\nexit 3\n"),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let told = self.made(Workshop::new(self.note("shop"), Some(program)));
        told.unwrap_err()
    }

    fn with(&self, program: Option<PathBuf>) -> Result<MediaFacts, String> {
        let workshop = Workshop::new(self.note("shop"), program)
            .with_limits(self.limits)
            .with_reach(self.dir.path().to_owned())
            .with_reach(samples())
            .with_reach("/proc".into());
        self.made(workshop)
    }

    fn made(&self, mut workshop: Workshop) -> Result<MediaFacts, String> {
        let from = samples().join("vp9-2s.webm");
        let facts = measure(&File::open(&from).unwrap()).unwrap();
        let plan = VideoPlan {
            shape: Some(Shape {
                scale: (64, 64),
                canvas: (64, 64),
            }),
            bitrate: 500_000,
            sound: Sound::Without,
            from: Container::Matroska,
            max_bytes: self.max_bytes,
        };
        let task = Task {
            file: "clip.webm".to_owned(),
            plan: Plan::Video(plan),
        };
        let originals = Measured::from([("clip.webm".to_owned(), Ok(facts))]);
        let made = workshop
            .make(vec![task.clone()], &originals, |_| Ok(File::open(&from)?))
            .unwrap();
        assert!(made[&task].is_err() || !workshop.derived().is_empty());
        made[&task].clone()
    }

    fn told(&self, name: &str) -> String {
        fs::read_to_string(self.note(name)).unwrap()
    }
}

fn sample(name: &str) -> String {
    samples().join(name).display().to_string()
}

#[test]
fn it_is_given_a_copy_and_its_arguments_and_what_it_makes_is_measured() {
    let bench = Bench::new();
    let script = format!(
        "echo \"$@\" > {0}/args\n/usr/bin/env > {0}/env\n/bin/cat > {0}/stdin\n/bin/cp {1} \"$last\"",
        bench.dir.path().display(),
        sample("silent-square-3s.mp4")
    );
    let facts = bench.run(&script).unwrap();
    assert_eq!(facts.mime, "video/mp4");
    let args = bench.told("args");
    assert!(
        args.contains("-protocol_whitelist file -f matroska -i "),
        "{args}"
    );
    assert!(args.contains("-vf scale=64:64,setsar=1 -c:v libx264"), "{args}");
    assert!(
        !args.contains("vp9-2s.webm"),
        "not the file that people may change: {args}"
    );
    assert_eq!(bench.told("stdin"), "");
    let env = bench.told("env");
    let own = |line: &str| {
        ["PWD=", "SHLVL=", "_=", "OLDPWD="]
            .iter()
            .any(|known| line.starts_with(known))
    };
    assert!(env.lines().all(own), "{env}");
    assert!(!bench.note("shop").exists());
}

#[test]
fn its_last_words_are_told_when_it_fails() {
    let told = Bench::new()
        .run("echo first >&2; echo 'Unknown encoder libx264' >&2; exit 3")
        .unwrap_err();
    assert!(
        told.starts_with("clip.webm cannot be made to fit: ffmpeg ended with "),
        "{told}"
    );
    assert!(
        told.contains('3') && told.ends_with("(Unknown encoder libx264)"),
        "{told}"
    );
    let told = Bench::new().run("echo no video > \"$last\"").unwrap_err();
    assert!(told.ends_with("what came of it is text/plain"), "{told}");
    let told = Bench::new().with(Some("/nonexistent/ffmpeg".into())).unwrap_err();
    assert!(told.contains("/nonexistent/ffmpeg"), "{told}");
}

/// Whether it dies soon: a signal takes a moment.
fn dies(pid: &str) -> bool {
    let (_keep, never) = mpsc::channel::<()>();
    let mut looks = (0..500).map(|_| never.recv_timeout(Duration::from_millis(20)));
    looks.any(|_| !alive(pid))
}

fn alive(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.trim()).join("stat")).unwrap_or_default();
    // A zombie is dead; who inherited it has not looked yet.
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_hanging_one_is_killed_with_all_that_it_began() {
    let mut bench = Bench::new();
    bench.limits.wall = Duration::from_millis(1500);
    let dir = bench.dir.path().display().to_string();
    let script = format!("/bin/sleep 1000 &\necho $! > {dir}/child\necho $$ > {dir}/self\nwait");
    let told = bench.run(&script).unwrap_err();
    assert!(told.contains("ffmpeg was not done after 1 s"), "{told}");
    assert!(dies(&bench.told("self")) && dies(&bench.told("child")));
}

#[test]
fn what_it_leaves_behind_dies_with_it() {
    let bench = Bench::new();
    let script = format!(
        "/bin/sleep 1000 &\necho $! > {}/child\n/bin/cp {} \"$last\"",
        bench.dir.path().display(),
        sample("silent-square-3s.mp4")
    );
    bench.run(&script).unwrap();
    assert!(dies(&bench.told("child")));
}

#[test]
fn it_has_limits() {
    let mut bench = Bench::new();
    bench.limits.cpu_secs = 77;
    bench.limits.memory = 512 << 20;
    // The limits come from outside, a moment after it began.
    let script = format!(
        "n=0\nwhile [ \"$(ulimit -t)\" != 77 ] && [ $n -lt 100 ]; do /bin/sleep 0.05; n=$((n+1)); done\n\
         /bin/cat /proc/self/limits > {}/limits\n/bin/cp {} \"$last\"",
        bench.dir.path().display(),
        sample("silent-square-3s.mp4")
    );
    bench.run(&script).unwrap();
    let limits = bench.told("limits");
    let soft = |name: &str| {
        let line = limits.lines().find(|l| l.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(soft("Max cpu time"), "77");
    assert_eq!(soft("Max data size"), (512u64 << 20).to_string());
    assert_eq!(
        soft("Max file size"),
        ((1u64 << 20) * 11 / 10 + (1 << 20)).to_string()
    );
    assert_eq!(soft("Max core file size"), "0");
}

#[test]
fn a_flood_of_bytes_is_stopped() {
    let bench = Bench::new();
    let told = bench
        .run("while [ \"$(ulimit -c)\" != 0 ]; do /bin/sleep 0.02; done\n/bin/dd if=/dev/zero of=\"$last\" bs=65536 count=4096")
        .unwrap_err();
    assert!(told.contains("clip.webm") && !told.is_empty(), "{told}");
}

/// An ffmpeg that a hostile file has taken over reaches its two files only. Where the kernel has no fence there is
/// nothing to be tried.
#[test]
fn it_is_fenced_in() {
    let bench = Bench::new();
    let dir = bench.dir.path().display().to_string();
    fs::write(bench.note("secret"), "the token").unwrap();
    let fence = Fence::of_this_machine();
    assert_eq!(fence.missing().is_none(), fence.files && fence.network);
    if fence.files {
        for touch in [
            format!("/bin/cat {dir}/secret >&2"),
            format!("echo new > {dir}/new"),
            format!("echo more >> {dir}/secret"),
            format!("/bin/ls {dir} >&2"),
            format!("/bin/rm {dir}/secret"),
            "/bin/cat /etc/passwd >&2".to_owned(),
            "/bin/cat /proc/$PPID/environ >&2".to_owned(),
        ] {
            let told = bench.fenced(&touch);
            assert!(told.contains("ermission denied"), "{touch}: {told}");
            assert!(!told.contains("token"), "{told}");
        }
        assert_eq!(bench.told("secret"), "the token");
        assert!(!bench.note("new").exists());
    } else {
        eprintln!("skipped: no Landlock here");
    }
    let Some(perl) = on_path("perl").filter(|_| fence.network) else {
        eprintln!("skipped: no perl, or no seccomp here");
        return;
    };
    for call in [
        "socket(S, 2, 1, 0)",
        "socket(S, 2, 2, 0)",
        "socket(S, 1, 1, 0)",
        "kill(0, getppid)",
    ] {
        let told = bench.fenced(&format!(
            "{} -e '{call} or die \"no: $!\\n\"; die \"done\\n\"'",
            perl.display()
        ));
        assert!(told.ends_with("(no: Operation not permitted)"), "{call}: {told}");
    }
}

#[test]
fn without_a_program_the_command_is_told() {
    let told = Bench::new().with(None).unwrap_err();
    assert!(
        told.contains("names no `ffmpeg`; run it yourself: `ffmpeg -i clip.webm"),
        "{told}"
    );
    assert!(
        told.contains("-i clip.webm") && told.ends_with("fitted-clip.mp4`"),
        "{told}"
    );
}

/// What becomes of a picture of these bytes that only ffmpeg, or `heif-convert`, decodes.
fn foreign(bytes: &[u8], program: Option<PathBuf>, heif: Option<PathBuf>) -> Result<MediaFacts, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("door");
    fs::write(&path, bytes).unwrap();
    let facts = measure(&File::open(&path).unwrap()).unwrap();
    let size = (facts.width, facts.height);
    let plan = PicturePlan {
        shape: Shape {
            scale: size,
            canvas: size,
        },
        range: (0, u64::MAX),
        max_bytes: 1 << 20,
    };
    let task = Task {
        file: "my door.avif".to_owned(),
        plan: Plan::of_picture(&facts, plan),
    };
    let originals = Measured::from([(task.file.clone(), Ok(facts))]);
    let mut workshop = Workshop::new(dir.path().join("shop"), program).with_heif(heif);
    let all = workshop.make(vec![task.clone()], &originals, |_| Ok(File::open(&path)?));
    all.unwrap()[&task].clone()
}

/// The same AVIF with the word that it lies on its side, in place of the box of its colours.
fn on_its_side(still: &[u8]) -> Vec<u8> {
    let mut turned = still.to_vec();
    let at = still.windows(8).position(|w| w == b"\0\0\0\x13colr").unwrap();
    turned[at..at + 9].copy_from_slice(b"\0\0\0\x09irot\x01");
    turned[at + 9..at + 19].copy_from_slice(b"\0\0\0\x0afree\0\0");
    turned
}

/// Files that libheif's encoder made: what telephones save.
#[test]
fn libheif_decodes_what_telephones_save() {
    let heic = fs::read(samples().join("place.heic")).unwrap();
    let told = foreign(&heic, None, None).unwrap_err();
    assert!(
        told.contains("is image/heic, which crier itself cannot decode")
            && told.contains("heif-convert -q 90"),
        "{told}"
    );
    let Some(heif) = on_path("heif-convert") else {
        return;
    };
    let shown = |bytes: &[u8]| {
        let facts = foreign(bytes, None, Some(heif.clone())).unwrap();
        assert_eq!((facts.mime.as_str(), facts.notes.position), ("image/jpeg", false));
        (facts.width, facts.height)
    };
    // What its EXIF notes say of being turned means nothing in a HEIC.
    assert_eq!(shown(&heic), (320, 240));
    let avif = fs::read(samples().join("still.avif")).unwrap();
    assert_eq!(shown(&avif), (320, 240));
    assert_eq!(shown(&on_its_side(&avif)), (240, 320));
    let mut torn = heic;
    let data = torn.windows(4).position(|w| w == b"mdat").unwrap() + 4;
    torn[data..].fill(0);
    let told = foreign(&torn, None, Some(heif)).unwrap_err();
    assert!(
        told.contains("heif-convert") && told.contains("make a JPEG of it"),
        "{told}"
    );
}

#[test]
fn the_real_one_decodes_avif_upright() {
    let still = fs::read(samples().join("still.avif")).unwrap();
    let told = foreign(&still, None, None).unwrap_err();
    assert!(
        told.contains("is image/avif, which crier itself cannot decode")
            && told.ends_with("`ffmpeg -i 'my door.avif' -q:v 2 'my door.jpg'`"),
        "{told}"
    );
    let Some(ffmpeg) = on_path("ffmpeg") else { return };
    let facts = foreign(&still, Some(ffmpeg.clone()), None).unwrap();
    assert_eq!(
        (facts.mime.as_str(), facts.width, facts.height),
        ("image/jpeg", 320, 240)
    );
    let facts = foreign(&on_its_side(&still), Some(ffmpeg.clone()), None).unwrap();
    assert_eq!((facts.width, facts.height), (240, 320));
    // What it cannot read is told with the way that can.
    let mut torn = still;
    let data = torn.windows(4).position(|w| w == b"mdat").unwrap() + 4;
    torn[data..].fill(0);
    let told = foreign(&torn, Some(ffmpeg), None).unwrap_err();
    assert!(told.contains("make a JPEG of it: `ffmpeg"), "{told}");
}

#[test]
fn the_real_one_makes_a_video_that_is_measured() {
    let Some(ffmpeg) = on_path("ffmpeg") else { return };
    let facts = Bench::new().with(Some(ffmpeg)).unwrap();
    assert_eq!((facts.width, facts.height), (64, 64));
    assert_eq!(facts.video_codec.as_deref(), Some("avc1"));
    assert_eq!(facts.moov_first, Some(true));
}
