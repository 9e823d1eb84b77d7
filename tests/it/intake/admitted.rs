//! What becomes of good files: contents, warnings, hashes, snapshots.

use std::fs;

use super::{Club, ts};
use crate::spool::{Spool, samples};
use crier::core::diagnose::Diagnostics;
use crier::core::intake::{Admission, content_hash};
use crier::domain::id::AccountName;
use crier::domain::media::MediaId;
use crier::spool::snapshot::{self, NoSnapshot};

fn admit(spool: &Spool, club: &Club, name: &str) -> Result<Admission, Diagnostics> {
    let reading = spool.read(name).unwrap();
    club.accept(name, &reading.draft, &reading.measured)
}

fn account(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

#[test]
fn overrides_make_each_accounts_content() {
    let spool = Spool::new();
    for (from, to) in [("square-1080.jpg", "door.jpg"), ("alpha.png", "hall.png")] {
        fs::copy(samples().join(from), spool.path().join(to)).unwrap();
    }
    spool.write(
        "x.toml",
        r#"
text = "We open at nine."
media = [{ file = "door.jpg", alt = "The open door" }]
subject = "News"

[only.club-threads]
text = "We open at nine. Come!"
media = [{ file = "hall.png", alt = "The hall" }, { file = "door.jpg" }]
topic = "clubs"
"#,
    );
    let admission = admit(&spool, &Club::new(), "x.toml").unwrap();
    let threads = &admission.post.contents[&account("club-threads")];
    let mail = &admission.post.contents[&account("newsletter")];
    assert_eq!(threads.segments[0].text, "We open at nine. Come!");
    assert_eq!(threads.topic.as_deref(), Some("clubs"));
    assert_eq!(mail.segments[0].text, "We open at nine.");
    assert_eq!(mail.topic, None);
    assert_eq!(admission.files, ["hall.png", "door.jpg"]);
    assert_eq!(mail.segments[0].media[0].id, MediaId(1), "one file, one number");
    assert_eq!(threads.segments[0].media[1].id, MediaId(1));
    assert_ne!(
        admission.hashes[&account("club-threads")],
        admission.hashes[&account("newsletter")]
    );
}

#[test]
fn hashes_know_contents_and_no_names() {
    let (spool, club) = (Spool::new(), Club::new());
    fs::copy(samples().join("alpha.png"), spool.path().join("a.png")).unwrap();
    fs::copy(samples().join("alpha.png"), spool.path().join("b.png")).unwrap();
    fs::copy(samples().join("landscape.png"), spool.path().join("c.png")).unwrap();
    let of = |name: &str, text: &str| {
        spool.write(name, text);
        let admission = admit(&spool, &club, name).unwrap();
        let content = &admission.post.contents[&account("club-threads")];
        assert_eq!(admission.hashes[&account("club-threads")], content_hash(content));
        (content_hash(content), admission.post.hash)
    };
    let base = of("1.toml", "text = \"Caf\u{e9}\"\nmedia = [\"a.png\"]");
    // Another name for the post, for the media, other blanks, the same letter in two characters.
    assert_eq!(
        of("2.toml", "text = \"Cafe\u{301}  \\n\"\nmedia = [\"b.png\"]"),
        base
    );
    // The same to its readers, yet another revision.
    for (n, text) in [
        "text = \"Caf\u{e9}\"\nmedia = [{ file = \"a.png\", alt = \"x\" }]",
        "text = \"Caf\u{e9}\"\nmedia = [\"a.png\"]\nat = 2026-12-01T09:00",
        "text = \"Caf\u{e9}\"\nmedia = [\"a.png\"]\nagain = true",
        "text = \"Caf\u{e9}\"\nmedia = [\"a.png\"]\nexpires = \"2h\"",
    ]
    .iter()
    .enumerate()
    {
        let (content, revision) = of(&format!("3-{n}.toml"), text);
        assert_eq!(content, base.0, "{text}");
        assert_ne!(revision, base.1, "{text}");
    }
    // Other contents.
    for text in [
        "text = \"Cafe\"\nmedia = [\"a.png\"]",
        "text = \"Caf\u{e9}\"\nmedia = [\"c.png\"]",
        "text = \"Caf\u{e9}\"\nmedia = [\"a.png\", \"a.png\"]",
        "text = \"Caf\u{e9}\"",
        "text = \"Caf\u{e9}\"\nmedia = [\"a.png\"]\nlink = \"https://club.example\"\n[only.club-threads]\nlink = \"\"\nquote = \"17900000000000001\"\n[only.newsletter]\nquote = \"\"",
    ] {
        let (content, revision) = of("4.toml", text);
        assert_ne!(content, base.0, "{text}");
        assert_ne!(revision, base.1, "{text}");
    }
}

#[test]
fn doubts_are_warned_of() {
    let (spool, mut club) = (Spool::new(), Club::new());
    let warnings = |club: &Club, text: &str| {
        spool.write("x.toml", text);
        admit(&spool, club, "x.toml").unwrap().post.warnings
    };
    assert_eq!(
        warnings(&club, "text = \"x\"\nat = 2026-12-01T09:00"),
        Vec::<String>::new()
    );
    let umlauts = warnings(&club, &format!("text = \"{}\"", "ä".repeat(300)));
    assert_eq!(
        umlauts,
        [
            "club-threads: the text has 600 bytes; if Threads counts bytes rather than characters, it takes 500 only"
        ]
    );
    let overlap = warnings(&club, "text = \"x\"\nat = 2027-10-31T02:30");
    assert!(overlap[0].contains("it comes twice"), "{overlap:?}");
    club.now = ts("2026-12-02T09:00:00Z");
    assert_eq!(
        warnings(&club, "text = \"x\"\nat = 2026-12-01T09:00"),
        ["`at` was 1d 1h ago, and the queue publishes at most 6h late"]
    );
}

#[test]
fn snapshots_are_copies_of_what_was_measured() {
    let (spool, club) = (Spool::new(), Club::new());
    let media = spool.path().parent().unwrap().join("media");
    fs::copy(samples().join("alpha.png"), spool.path().join("a.png")).unwrap();
    spool.write("x.toml", "text = \"x\"\nmedia = [\"a.png\"]");
    let post = admit(&spool, &club, "x.toml").unwrap().post;
    spool.queue.snapshot("x.toml", &post, &media).unwrap();
    let copy = snapshot::path(&media, &post.id, MediaId(0));
    fs::write(spool.path().join("a.png"), "changed").unwrap();
    assert_eq!(
        fs::read(&copy).unwrap(),
        fs::read(samples().join("alpha.png")).unwrap()
    );
    // The file is not what was admitted any more: no snapshot, and the old one stays.
    assert!(matches!(
        spool.queue.snapshot("x.toml", &post, &media),
        Err(NoSnapshot::Changed(file)) if file == "a.png"
    ));
    assert!(copy.exists());
    // A new revision takes its place.
    fs::copy(samples().join("landscape.png"), spool.path().join("a.png")).unwrap();
    let post = admit(&spool, &club, "x.toml").unwrap().post;
    spool.queue.snapshot("x.toml", &post, &media).unwrap();
    assert_eq!(
        fs::read(&copy).unwrap(),
        fs::read(samples().join("landscape.png")).unwrap()
    );
    assert_eq!(fs::read_dir(&media).unwrap().count(), 1, "nothing is left over");
    snapshot::remove(&media, &post.id).unwrap();
    snapshot::remove(&media, &post.id).unwrap();
    assert!(!copy.exists());
}
