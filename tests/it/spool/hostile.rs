//! A directory in which anybody may put anything.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crier::spool::{Claim, Unread};

use super::{Spool, samples};

fn refused(unread: Unread) -> String {
    match unread {
        Unread::Refused(told) => told
            .iter()
            .map(|d| d.message.clone())
            .collect::<Vec<_>>()
            .join("; "),
        other => panic!("{other:?}"),
    }
}

fn fifo(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
}

#[test]
fn only_files_and_bundles_are_entries() {
    let spool = Spool::new();
    spool.write("good.toml", "text = \"Hello\"");
    symlink("/etc/passwd", spool.path().join("link.txt")).unwrap();
    symlink(spool.path(), spool.path().join("loop.post")).unwrap();
    fifo(&spool.path().join("pipe.toml"));
    fs::create_dir(spool.path().join("dir.toml")).unwrap();
    spool.write("file.post", "text");
    let _socket = std::os::unix::net::UnixListener::bind(spool.path().join("socket.md")).unwrap();
    // A device, where we may make one.
    let zero = rustix::fs::makedev(1, 5);
    let device = rustix::fs::mknodat(
        rustix::fs::CWD,
        spool.path().join("zero.txt"),
        rustix::fs::FileType::CharacterDevice,
        rustix::fs::Mode::from_raw_mode(0o600),
        zero,
    )
    .is_ok();
    fs::write(
        spool.path().join(std::ffi::OsStr::from_bytes(b"\xff\xfe.toml")),
        "x",
    )
    .unwrap();
    spool.write("new\nline.toml", "x");
    let scan = spool.queue.scan().unwrap();
    let names: Vec<&str> = scan.entries.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["good.toml"]);
    assert_eq!(
        scan.notices.len(),
        if device { 9 } else { 8 },
        "{:#?}",
        scan.notices
    );
    for name in ["link.txt", "pipe.toml", "socket.md", "dir.toml"] {
        refused(spool.read(name).unwrap_err());
    }
    if device {
        assert!(refused(spool.read("zero.txt").unwrap_err()).contains("a device"));
    }
    for name in ["loop.post", "file.post", "../good.toml", "sent", "a/b.toml"] {
        assert!(spool.read(name).is_err(), "{name}");
    }
}

#[test]
fn a_file_exchanged_for_a_link_after_the_scan_is_not_followed() {
    let spool = Spool::new();
    spool.write("x.txt", "Hello");
    let scan = spool.queue.scan().unwrap();
    let reading = spool.read("x.txt").unwrap();
    fs::remove_file(spool.path().join("x.txt")).unwrap();
    symlink("/etc/passwd", spool.path().join("x.txt")).unwrap();
    let why = refused(spool.read(&scan.entries[0].name).unwrap_err());
    assert!(why.contains("symbolic link"), "{why}");
    assert_eq!(
        spool.queue.claim("x.txt", &reading.stamp).unwrap(),
        Claim::Changed
    );
    // And for a FIFO, at which a plain open would wait for ever.
    fs::remove_file(spool.path().join("x.txt")).unwrap();
    fifo(&spool.path().join("x.txt"));
    assert!(refused(spool.read("x.txt").unwrap_err()).contains("FIFO"));
}

#[test]
fn media_stay_beneath_the_queue() {
    let spool = Spool::new();
    let outside = spool.path().parent().unwrap().join("secret.png");
    fs::copy(samples().join("alpha.png"), &outside).unwrap();
    symlink("..", spool.path().join("up")).unwrap();
    symlink(&outside, spool.path().join("secret.png")).unwrap();
    fs::create_dir(spool.path().join("pics")).unwrap();
    fs::copy(samples().join("alpha.png"), spool.path().join("pics/a.png")).unwrap();
    fifo(&spool.path().join("pipe.png"));
    spool.write(
        "x.toml",
        "media = [\"pics/a.png\", \"up/secret.png\", \"secret.png\", \"pipe.png\", \"pics\"]",
    );
    let reading = spool.read("x.toml").unwrap();
    assert!(reading.measured["pics/a.png"].is_ok());
    for name in ["up/secret.png", "secret.png", "pipe.png", "pics"] {
        assert!(reading.measured[name].is_err(), "{name}");
    }
}

#[test]
fn huge_files_are_not_read() {
    let spool = Spool::new();
    let file = fs::File::create(spool.path().join("x.txt")).unwrap();
    file.set_len(1 << 40).unwrap();
    let why = refused(spool.read("x.txt").unwrap_err());
    assert_eq!(
        why,
        "x.txt has 1099511627776 bytes; a queue file has at most 65536"
    );
    let file = fs::File::create(spool.path().join("film.mp4")).unwrap();
    file.set_len(5 << 30).unwrap();
    spool.write("y.toml", "media = [\"film.mp4\"]");
    let reading = spool.read("y.toml").unwrap();
    let why = reading.measured["film.mp4"].clone().unwrap_err();
    assert_eq!(
        why,
        "film.mp4 has 5368709120 bytes, crier takes at most 4294967296 (4 GiB)"
    );
}

#[test]
fn ten_thousand_files_are_one_scan() {
    let spool = Spool::new();
    for n in 0..10_000 {
        fs::File::create(spool.path().join(format!("{n:05}.txt"))).unwrap();
    }
    let scan = spool.queue.scan().unwrap();
    assert_eq!(scan.entries.len(), 10_000);
    assert_eq!(scan.notices, Vec::<String>::new());
    assert_eq!(scan.entries[9_999].name, "09999.txt");
}

#[test]
fn a_bundle_that_is_no_bundle() {
    let spool = Spool::new();
    fs::create_dir(spool.path().join("x.post")).unwrap();
    symlink("/etc/passwd", spool.path().join("x.post/post.txt")).unwrap();
    assert!(refused(spool.read("x.post").unwrap_err()).contains("symbolic link"));
    // Whatever it is, it can be put aside.
    let done = spool.queue.refuse("x.post", "no").unwrap();
    assert!(done.moved);
}
