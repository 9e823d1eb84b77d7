//! The visible life of a file: edited, removed, renamed, claimed, finished, tried again.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crier::domain::time::Span;
use crier::spool::{Claim, Still, Unread};

use super::{Spool, samples};

#[test]
fn own_directories_are_made_and_keep_setgid() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("news");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o2770)).unwrap();
    let name = || crier::domain::id::QueueName::new("news").unwrap();
    // As a crash leaves it between its making and its permissions.
    fs::create_dir(path.join(".sent.tmp")).unwrap();
    fs::set_permissions(path.join(".sent.tmp"), fs::Permissions::from_mode(0o700)).unwrap();
    for _ in 0..2 {
        crier::spool::Queue::open(name(), &path).unwrap();
        for own in ["sending", "sent", "failed"] {
            let mode = fs::metadata(path.join(own)).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o2770, "{own}");
        }
        assert!(!path.join(".sent.tmp").exists());
    }
    fs::remove_dir(path.join("sent")).unwrap();
    std::os::unix::fs::symlink("/tmp", path.join("sent")).unwrap();
    let why = crier::spool::Queue::open(name(), &path).unwrap_err();
    assert!(why.contains("sent") && why.contains("not a link"), "{why}");
    let why = crier::spool::Queue::open(name(), &dir.path().join("no/where")).unwrap_err();
    assert!(why.contains("make it, or mend `spool`"), "{why}");
}

#[test]
fn a_file_written_in_place_waits_until_it_is_whole() {
    let spool = Spool::new();
    spool.write("x.toml", "text = \"Hel");
    // Half of it: wrong, but perhaps not all.
    assert!(matches!(
        spool.queue.read("x.toml", spool.now()),
        Err(Unread::NotYet { .. })
    ));
    spool.queue.arrived(["x.toml"]);
    assert!(matches!(
        spool.queue.read("x.toml", spool.now()),
        Err(Unread::NotYet { .. })
    ));
    assert!(matches!(spool.read("x.toml"), Err(Unread::Refused(_))));
    spool.write("x.toml", "txt = 1.5");
    spool.queue.arrived(["x.toml"]);
    assert!(matches!(
        spool.queue.read("x.toml", spool.now()),
        Err(Unread::NotYet { .. })
    ));
    assert!(spool.read("x.toml").unwrap().draft.mistakes.has_errors());
    spool.write("x.toml", "text = \"Hello\"");
    let Err(Unread::NotYet { until, why }) = spool.queue.read("x.toml", spool.now()) else {
        panic!("it was taken at once");
    };
    assert!(until.since(spool.now()) <= Span::secs(2));
    assert_eq!(why, "x.toml may still be being written");
    // The kernel says that its writer has closed it.
    spool.queue.arrived(["x.toml"]);
    assert!(spool.queue.read("x.toml", spool.now()).is_ok());
    // Opened and changed again: not whole any more.
    spool.write("x.toml", "text = \"Hello you\"");
    assert!(matches!(
        spool.queue.read("x.toml", spool.now()),
        Err(Unread::NotYet { .. })
    ));
    // A clock that was set back does not keep it waiting.
    assert!(spool.queue.read("x.toml", spool.now() - Span::hours(3)).is_ok());
}

#[test]
fn media_may_come_a_little_later_than_its_post() {
    let spool = Spool::new();
    spool.write("x.toml", "media = [\"door.png\"]");
    let soon = spool.now() + Span::secs(3);
    assert!(
        matches!(spool.queue.read("x.toml", soon), Err(Unread::NotYet { why, .. }) if why == "door.png is not there yet")
    );
    fs::copy(samples().join("alpha.png"), spool.path().join("door.png")).unwrap();
    let reading = spool.read("x.toml").unwrap();
    assert!(reading.measured["door.png"].is_ok());
    fs::remove_file(spool.path().join("door.png")).unwrap();
    let reading = spool.read("x.toml").unwrap();
    let why = reading.measured["door.png"].clone().unwrap_err();
    assert_eq!(why, "there is no door.png in the queue's directory");
    spool.write("door.PNG", "x");
    let reading = spool.read("x.toml").unwrap();
    let why = reading.measured["door.png"].clone().unwrap_err();
    assert!(why.ends_with("; is door.PNG meant?"), "{why}");
}

#[test]
fn edits_and_removals_are_seen_until_the_claim() {
    let spool = Spool::new();
    spool.write("x.toml", "text = \"One\"\nmedia = [\"door.png\"]");
    fs::copy(samples().join("alpha.png"), spool.path().join("door.png")).unwrap();
    let first = spool.read("x.toml").unwrap();
    assert_eq!(spool.queue.still("x.toml", &first.stamp).unwrap(), Still::Same);

    spool.write("x.toml", "text = \"Two\"\nmedia = [\"door.png\"]");
    assert_eq!(spool.queue.still("x.toml", &first.stamp).unwrap(), Still::Changed);
    assert_eq!(spool.queue.claim("x.toml", &first.stamp).unwrap(), Claim::Changed);
    let second = spool.read("x.toml").unwrap();
    fs::copy(samples().join("landscape.png"), spool.path().join("door.png")).unwrap();
    assert_eq!(
        spool.queue.claim("x.toml", &second.stamp).unwrap(),
        Claim::Changed
    );

    let third = spool.read("x.toml").unwrap();
    fs::rename(spool.path().join("x.toml"), spool.path().join("y.toml")).unwrap();
    assert_eq!(spool.queue.still("x.toml", &third.stamp).unwrap(), Still::Gone);
    // Renaming changes nothing of what it is.
    assert_eq!(spool.queue.still("y.toml", &third.stamp).unwrap(), Still::Same);
    assert_eq!(
        spool.queue.claim("y.toml", &third.stamp).unwrap(),
        Claim::Moved("y.toml".into())
    );
    assert_eq!(spool.queue.claim("y.toml", &third.stamp).unwrap(), Claim::Gone);
    assert_eq!(spool.queue.sending().unwrap(), ["y.toml"]);
}

#[test]
fn a_name_that_is_taken_gets_a_number_and_nothing_is_written_over() {
    let spool = Spool::new();
    for n in 1..=3 {
        spool.write("x.toml", &format!("text = \"{n}\""));
        let reading = spool.read("x.toml").unwrap();
        let Claim::Moved(taken) = spool.queue.claim("x.toml", &reading.stamp).unwrap() else {
            panic!("not claimed");
        };
        if n == 1 {
            continue; // stays in sending/
        }
        let done = spool
            .queue
            .finish_sent(&taken, &format!("receipt = {n}\n"))
            .unwrap();
        assert!(done.moved);
    }
    spool.queue.finish_sent("x.toml", "receipt = 1\n").unwrap();
    assert_eq!(
        spool.tree(),
        [
            "sent/x.1.1.receipt.toml",
            "sent/x.1.1.toml",
            "sent/x.1.receipt.toml",
            "sent/x.1.toml",
            "sent/x.receipt.toml",
            "sent/x.toml"
        ]
    );
    for (post, text) in [("x.1", "2"), ("x.1.1", "3"), ("x", "1")] {
        let read =
            |ending: &str| fs::read_to_string(spool.path().join(format!("sent/{post}{ending}"))).unwrap();
        assert_eq!(read(".toml"), format!("text = \"{text}\""));
        assert_eq!(read(".receipt.toml"), format!("receipt = {text}\n"));
    }
}

#[test]
fn finishing_again_after_a_crash_finds_what_is_done() {
    let spool = Spool::new();
    spool.write("x.md", "Hello");
    let reading = spool.read("x.md").unwrap();
    spool.queue.claim("x.md", &reading.stamp).unwrap();
    // Crashed after the receipt and before the move.
    spool.write("sent/x.receipt.toml", "receipt = 1\n");
    let first = spool.queue.finish_sent("x.md", "receipt = 1\n").unwrap();
    assert_eq!((first.name.as_str(), first.moved), ("x.md", true));
    // Crashed after all of it.
    let again = spool.queue.finish_sent("x.md", "receipt = 1\n").unwrap();
    assert_eq!((again.name.as_str(), again.moved), ("x.md", false));
    assert_eq!(spool.tree(), ["sent/x.md", "sent/x.receipt.toml"]);
    // Taken away by a person while it was sent: the receipt is written all the same.
    let gone = spool.queue.finish_sent("gone.md", "receipt = 2\n").unwrap();
    assert!(!gone.moved && spool.path().join("sent/gone.receipt.toml").exists());
}

#[test]
fn failed_files_come_back_and_notes_never_become_posts() {
    let spool = Spool::new();
    spool.write("x.toml", "txt = 1");
    spool.queue.refuse("x.toml", "x.toml was refused: first").unwrap();
    assert_eq!(spool.tree(), ["failed/x.toml", "failed/x.why.txt"]);
    // `mv failed/* .`
    fs::rename(spool.path().join("failed/x.toml"), spool.path().join("x.toml")).unwrap();
    fs::rename(
        spool.path().join("failed/x.why.txt"),
        spool.path().join("x.why.txt"),
    )
    .unwrap();
    let names: Vec<String> = spool
        .queue
        .scan()
        .unwrap()
        .entries
        .into_iter()
        .map(|e| e.name)
        .collect();
    assert_eq!(names, ["x.toml"]);
    // Refused once more with an old note left behind: the note is made new.
    fs::rename(
        spool.path().join("x.why.txt"),
        spool.path().join("failed/x.why.txt"),
    )
    .unwrap();
    let again = spool
        .queue
        .refuse("x.toml", "x.toml was refused: second")
        .unwrap();
    assert_eq!(again.name, "x.toml");
    let why = fs::read_to_string(spool.path().join("failed/x.why.txt")).unwrap();
    assert!(
        why.starts_with("x.toml was refused: second\n\nNothing of it has gone out."),
        "{why}"
    );
    // Another post of this stem keeps its own note.
    spool.write("x.md", "words");
    let other = spool.queue.refuse("x.md", "third").unwrap();
    assert_eq!(
        (other.name.as_str(), other.note.as_str()),
        ("x.1.md", "x.1.why.txt")
    );
    fs::rename(spool.path().join("failed/x.toml"), spool.path().join("x.toml")).unwrap();
    spool.queue.clear_why("x.md").unwrap();
    spool.queue.clear_why("x.toml").unwrap();
    assert_eq!(spool.tree(), ["failed/x.1.md", "failed/x.1.why.txt", "x.toml"]);
}

#[test]
fn notes_may_be_read_by_whom_the_directory_lets() {
    let spool = Spool::new();
    fs::set_permissions(spool.path().join("failed"), fs::Permissions::from_mode(0o2770)).unwrap();
    spool.write("x.toml", "txt = 1");
    spool.queue.refuse("x.toml", "no").unwrap();
    let mode = fs::metadata(spool.path().join("failed/x.why.txt"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o660);
}

#[test]
fn bundles_live_as_files_do() {
    let spool = Spool::new();
    let bundle = spool.path().join("x.post");
    fs::create_dir(&bundle).unwrap();
    fs::write(bundle.join("post.md"), "+++\nmedia = [\"a.png\"]\n+++\nHello").unwrap();
    fs::copy(samples().join("alpha.png"), bundle.join("a.png")).unwrap();
    let reading = spool.read("x.post").unwrap();
    assert!(reading.measured["a.png"].is_ok());
    fs::copy(samples().join("landscape.png"), bundle.join("a.png")).unwrap();
    assert_eq!(
        spool.queue.still("x.post", &reading.stamp).unwrap(),
        Still::Changed
    );
    let reading = spool.read("x.post").unwrap();
    assert_eq!(
        spool.queue.claim("x.post", &reading.stamp).unwrap(),
        Claim::Moved("x.post".into())
    );
    spool.queue.fail("x.post", "club-threads: no").unwrap();
    assert_eq!(
        spool.tree(),
        ["failed/x.post/a.png", "failed/x.post/post.md", "failed/x.why.txt"]
    );
}

#[test]
fn clients_posts_are_whole_and_numbered() {
    let spool = Spool::new();
    assert_eq!(
        spool.queue.write_new("p.toml", b"text = \"1\"").unwrap(),
        "p.toml"
    );
    assert_eq!(
        spool.queue.write_new("p.toml", b"text = \"2\"").unwrap(),
        "p.1.toml"
    );
    assert!(
        spool.queue.read("p.1.toml", spool.now()).is_ok(),
        "it need not settle"
    );
    assert!(spool.queue.write_new("../p.toml", b"").is_err());
    assert!(spool.queue.write_new(".p.toml", b"").is_err());
    let mut stage = spool.queue.stage("q.post").unwrap();
    stage
        .add("post.toml", &mut &b"media = [\"a.png\"]"[..], 1000)
        .unwrap();
    let png = fs::read(samples().join("alpha.png")).unwrap();
    stage.add("a.png", &mut &png[..], 1 << 20).unwrap();
    assert!(stage.add("../b.png", &mut &png[..], 1 << 20).is_err());
    assert_eq!(
        spool.queue.scan().unwrap().entries.len(),
        2,
        "not seen before it is whole"
    );
    assert_eq!(stage.commit().unwrap(), "q.post");
    assert!(spool.queue.read("q.post", spool.now()).is_ok());
    let mut stage = spool.queue.stage("r.post").unwrap();
    assert!(stage.add("a.png", &mut &png[..], 100).is_err());
    drop(stage);
    assert!(!spool.path().join(".r.post.tmp").exists());
}

#[test]
fn posts_that_end_at_once_take_names_of_their_own() {
    let spool = Spool::new();
    for n in 0..40 {
        let ending = ["toml", "md", "txt", "post"][n % 4];
        let name = format!("sending/x{}.{ending}", n / 4);
        spool.write(&name, &n.to_string());
    }
    let taken = spool.queue.sending().unwrap();
    assert_eq!(taken.len(), 40);
    std::thread::scope(|scope| {
        for name in &taken {
            let queue = &spool.queue;
            scope.spawn(move || queue.finish_sent(name, &format!("of = {name:?}\n")).unwrap());
        }
    });
    let tree = spool.tree();
    assert_eq!(tree.len(), 80, "{tree:?}");
    assert!(tree.iter().all(|n| n.starts_with("sent/")));
}
