//! `crier-sandbox demo --once`: the real programs, one after another, as a newcomer runs them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// It needs about fifteen seconds; its own patience ends after ninety.
const DEADLINE: Duration = Duration::from_secs(150);

/// Runs it to its end, and kills it at the deadline.
fn run(change: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crier-sandbox"));
    command.arg("demo").stdout(Stdio::piped()).stderr(Stdio::piped());
    change(&mut command);
    finish(command.spawn().unwrap())
}

#[expect(clippy::disallowed_methods, reason = "a test may look at the clock")]
fn finish(mut child: Child) -> Output {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > DEADLINE {
            child.kill().unwrap();
            let output = child.wait_with_output().unwrap();
            panic!("the demonstration does not end:\n{}", text(&output));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn entries(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn once_publishes_everything_exactly_once_and_leaves_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let output = run(|command| {
        command.arg("--once").env("TMPDIR", tmp.path());
    });
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for part in [
        "connected the_club",
        "connected the_club_shop",
        "connected the_club_drafts",
        "connected news@club.example",
        "302 http://127.0.0.1:",
        "hello.txt       published club-threads",
        "hello.txt       published newsletter",
        "hello.txt       published club-page",
        "film.post       published club-x",
        "film.post       published club-instagram",
        "film.post       published club-tiktok",
        "album.post      published club-tiktok",
        "draft.post      published drafts-tiktok",
        "shop-story.post published shop-instagram",
        "wrong.toml      refused",
        "The wall: http://127.0.0.1:",
        "remote_id = ",
        "permalink = \"http://127.0.0.1:",
        "remote_id = \"2.0.0 OK",
        "did you mean `text`?",
        "50 posts and 3 mails are on the wall, each exactly once; 1 file was refused.",
    ] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(
        !said.contains("[redacted]"),
        "no secret was there to be hidden:\n{said}"
    );
    assert!(!said.contains('\u{1b}'), "no colours into a pipe:\n{said}");
    assert_eq!(entries(tmp.path()), Vec::<String>::new(), "nothing stays behind");
}

/// Reads its output until a line has this; whoever keeps the answer keeps the pipe open.
fn read_until(child: &mut Child, part: &str) -> BufReader<ChildStdout> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while output.read_line(&mut said).unwrap() > 0 {
        if said.contains(part) {
            return output;
        }
    }
    panic!("{part:?} never came:\n{said}");
}

/// The command lines of all processes of this machine.
fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .collect()
}

/// Alone in its directory, as `cargo run --bin crier-sandbox` leaves it in a fresh clone.
#[test]
fn alone_it_is_crierd_too_and_a_signal_clears_everything_away() {
    let built = Path::new(env!("CARGO_BIN_EXE_crier-sandbox"));
    let dir = tempfile::tempdir_in(built.parent().unwrap()).unwrap();
    let alone = dir.path().join("crier-sandbox");
    std::fs::hard_link(built, &alone).unwrap();
    let tmp = tempfile::tempdir().unwrap();
    let mut child = Command::new(&alone)
        .arg("demo")
        .env("TMPDIR", tmp.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = read_until(&mut child, "connected the_club");
    let rest = std::thread::spawn(move || {
        let mut rest = String::new();
        output.read_to_string(&mut rest).map(|_| rest)
    });
    let ours = |line: &String| line.starts_with("crierd ") && line.contains(tmp.path().to_str().unwrap());
    assert_eq!(command_lines().iter().filter(|line| ours(line)).count(), 1);
    let pid = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let status = finish(child).status;
    let rest = rest.join().unwrap().unwrap();
    assert_eq!(status.code(), Some(130), "{rest}");
    assert_eq!(command_lines().iter().filter(|line| ours(line)).count(), 0);
    assert_eq!(entries(tmp.path()), Vec::<String>::new(), "nothing stays behind");
}

/// `crier-sandbox demo --once | head -1`: it goes on without a reader, and cleans up.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let tmp = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_crier-sandbox"));
    command.args(["demo", "--once"]).env("TMPDIR", tmp.path());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(read_until(&mut child, "crier: files become posts"));
    let output = finish(child);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(entries(tmp.path()), Vec::<String>::new(), "nothing stays behind");
}

#[test]
fn a_directory_with_something_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("mine"), "mine").unwrap();
    let output = run(|command| {
        command.arg("--once").arg("--keep").arg(dir.path());
    });
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("the directory is not empty; name a new one"),
        "{said}"
    );
    assert_eq!(entries(dir.path()), ["mine"]);
}
