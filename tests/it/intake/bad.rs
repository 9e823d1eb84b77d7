//! Every file of `tests/fixtures/bad-queue` is refused, in the words of the snapshot.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Club;
use crate::spool::{Spool, copy_all};
use crier::spool::{Unread, refusal};

#[test]
fn bad_files_are_refused_in_words_that_mend_them() {
    let spool = Spool::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy_all(&root.join("tests/media"), spool.path());
    std::os::unix::fs::symlink("/etc/passwd", spool.path().join("passwd.jpg")).unwrap();
    let club = Club::new();
    let mut names: Vec<String> = fs::read_dir(root.join("tests/fixtures/bad-queue"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 60, "{}", names.len());
    let mut all = String::new();
    for name in &names {
        let from = root.join("tests/fixtures/bad-queue").join(name);
        if from.is_dir() {
            fs::create_dir(spool.path().join(name)).unwrap();
            copy_all(&from, &spool.path().join(name));
        } else {
            fs::copy(&from, spool.path().join(name)).unwrap();
        }
        let told = match spool.queue.read(name, spool.later()) {
            Ok(reading) => club
                .accept(name, &reading.draft, &reading.measured)
                .err()
                .unwrap_or_else(|| panic!("{name} was admitted")),
            Err(Unread::Refused(told)) => told,
            Err(other) => panic!("{name}: {other:?}"),
        };
        let finished = spool.queue.refuse(name, &refusal(name, &told)).unwrap();
        assert!(
            finished.moved && spool.path().join("failed").join(name).exists(),
            "{name}"
        );
        let why = fs::read_to_string(spool.path().join("failed").join(&finished.note)).unwrap();
        assert!(why.contains(&format!("mv failed/{name} .")), "{name}");
        let (what, _) = why.split_once("\n\nNothing of it has gone out.").unwrap();
        write!(all, "==== {name}\n{what}\n\n").unwrap();
    }
    insta::assert_snapshot!("bad_queue_files", all);
    let left = spool.queue.scan().unwrap();
    assert_eq!(left.entries, vec![]);
}

#[test]
fn a_refusal_is_a_whole_letter() {
    let spool = Spool::new();
    spool.write("it's.toml", "txt = 1.5\n");
    let told = spool.read("it's.toml").unwrap().draft.mistakes;
    let finished = spool
        .queue
        .refuse("it's.toml", &refusal("it's.toml", &told))
        .unwrap();
    let why = fs::read_to_string(spool.path().join("failed").join(finished.note)).unwrap();
    let why = why.replace(&spool.path().display().to_string(), "/var/spool/crier/news");
    insta::assert_snapshot!("a_refusal", why);
}
