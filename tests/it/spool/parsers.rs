//! Reading drafts: what good files say, and that no bytes make it panic.

use crier::core::diagnose::{Diagnostics, render};
use crier::core::intake::draft::{Draft, WrittenExpiry};
use crier::domain::post::Kind;
use crier::domain::time::Span;
use crier::spool::draft::{Format, read};
use crier::spool::name::{Named, judge, numbered};
use proptest::prelude::*;

#[test]
fn all_fields_of_a_toml_file() {
    let text = r#"
at = 2026-12-01T09:00
text = """
We open at nine.
Come all!
"""
media = [{ file = "door.jpg", alt = "The open door" }, "pics/hall.jpg"]
expires = "2h"
again = true
accounts = ["club-threads", "newsletter"]
thread = ["Two.", { text = "Three.", media = ["three.jpg"], link = "https://club.example" }]
reply_to = "1"
quote = "2"
link = "https://club.example/news"
poll = { options = ["Yes", "No"], duration = "1d" }
first_comment = "And more."
topic = "clubs"
visibility = "everyone"
to = "ann@club.example"
subject = "News"
kind = "post"

[only.club-threads]
text = "We open at nine. Link in bio."
kind = "story"
media = []
"#;
    let draft = read("x.toml", Format::Toml, text.as_bytes()).unwrap();
    assert_eq!(
        draft.base.text.as_ref().unwrap().value,
        "We open at nine.\nCome all!"
    );
    assert_eq!(draft.files(), ["door.jpg", "pics/hall.jpg", "three.jpg"]);
    assert_eq!(
        draft.expires.as_ref().unwrap().value,
        WrittenExpiry::After(Span::hours(2))
    );
    assert!(draft.again && !draft.markdown);
    let (name, only) = &draft.only[0];
    assert_eq!(name.value, "club-threads");
    let own = only.over(&draft.base);
    assert_eq!(own.kind.unwrap().value, Kind::Story);
    assert_eq!(own.media.unwrap().value, vec![]);
    assert_eq!(own.topic.unwrap().value, "clubs");
    assert_eq!(draft.base.segments().len(), 3);
}

#[test]
fn markdown_and_text() {
    let md = "+++\nat = 2026-12-01T09:00:00+01:00\nsubject = \"News\"\n+++\n\n# We open\n\nat **nine**.\n\n";
    let draft = read("x.md", Format::Markdown, md.as_bytes()).unwrap();
    assert!(draft.markdown && draft.at.is_some());
    assert_eq!(draft.base.text.unwrap().value, "# We open\n\nat **nine**.");
    let plain = read(
        "x.md",
        Format::Markdown,
        "\u{feff}Just *words*.\r\nTwo.\r\n".as_bytes(),
    )
    .unwrap();
    assert_eq!(plain.base.text.unwrap().value, "Just *words*.\nTwo.");
    let dashes = read("x.md", Format::Markdown, b"---\nA rule above.\n").unwrap();
    assert_eq!(dashes.base.text.unwrap().value, "---\nA rule above.");
    let text = read("x.txt", Format::Text, b"at = nine\n").unwrap();
    assert_eq!(text.base.text.unwrap().value, "at = nine");
    assert!(!text.markdown);
}

#[test]
fn names_are_judged() {
    for name in [
        ".x.toml",
        "x.toml~",
        "x.toml.tmp",
        "x.part",
        ".x.toml.swp",
        "x.why.txt",
        "x.receipt.toml",
        "sent",
        "door.jpg",
        ".post",
        "README",
    ] {
        assert_eq!(judge(name.as_bytes()), Named::Apart, "{name}");
    }
    for (name, named) in [
        ("x.toml", Named::File(Format::Toml)),
        ("x.y.md", Named::File(Format::Markdown)),
        ("Grüße.txt", Named::File(Format::Text)),
        ("x.post", Named::Bundle),
    ] {
        assert_eq!(judge(name.as_bytes()), named, "{name}");
    }
    let odd = |name: &[u8]| match judge(name) {
        Named::Odd(why) => why,
        other => panic!("{name:?}: {other:?}"),
    };
    insta::assert_snapshot!(odd(b"x.yaml"), @"x.yaml is no queue file: they end in .toml, .md or .txt, or are directories NAME.post; is .toml meant?");
    insta::assert_snapshot!(odd(b"X.TOML"), @"X.TOML is no queue file: they end in .toml, .md or .txt, or are directories NAME.post; is .toml meant?");
    insta::assert_snapshot!(odd(b"a\nb.toml"), @r#""a\nb.toml" has the character U+000A in its name: rename it"#);
    insta::assert_snapshot!(odd("a\u{202e}b.toml".as_bytes()), @r#""a\u{202e}b.toml" has the character U+202E in its name: rename it"#);
    assert!(odd(b"\xff.toml").contains("is not UTF-8"));
    assert!(odd(&[b'x'; 230]).contains("230 bytes"));
    assert_eq!(numbered("x.toml", 0), "x.toml");
    assert_eq!(numbered("x.y.toml", 2), "x.y.2.toml");
}

/// Whatever is wrong can be drawn.
fn told(read: Result<Draft, Diagnostics>) {
    let told = match read {
        Ok(draft) => draft.mistakes,
        Err(told) => {
            assert!(told.has_errors());
            told
        }
    };
    let _ = render(&told, false);
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(vec![Format::Toml, Format::Markdown, Format::Text])
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(format in formats(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        told(read("x", format, &bytes));
    }

    #[test]
    fn any_toml_like_text_is_read_or_refused(format in formats(), lines in prop::collection::vec(
        "(at|text|media|only|thread|poll|kind|expires|to|\\+\\+\\+|\\[only\\.[a-z]{1,3}\\]|---)( = )?(\"[^\\x00]{0,9}\"|[0-9:T-]{0,16}|\\[|\\]|\\{|\\}|true|'')(,|ß)?\r?", 0..8)) {
        let text = lines.join("\n");
        told(read("x", format, text.as_bytes()));
    }

    #[test]
    fn any_name_is_judged(name in prop::collection::vec(1u8..=255, 0..260)) {
        if let Named::File(_) | Named::Bundle = judge(&name) {
            prop_assert!(name.len() <= 200 && !name.contains(&b'\n') && name[0] != b'.');
        }
    }
}
