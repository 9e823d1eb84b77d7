//! `crierctl check`: config and queue files without a daemon.

use super::*;

const CONFIG: &str = r#"
[app.meta]
platform = "threads"
client_id = "2031580000000000"
client_secret = { env = "META_SECRET" }
[account.club-threads]
app = "meta"
[queue.news]
accounts = ["club-threads"]
timezone = "Europe/Berlin"
[queue.jobs]
accounts = ["club-threads"]
"#;

/// Runs `check` in a directory of its own; what it prints names no path of this machine.
async fn check(dir: &std::path::Path, words: &[&str]) -> Run {
    let mut all: Vec<OsString> = vec![
        "crierctl".into(),
        "--socket".into(),
        "/nowhere".into(),
        "check".into(),
    ];
    all.extend(["--config".into(), dir.join("crier.toml").into()]);
    all.extend(words.iter().map(|word| match word.strip_prefix('@') {
        Some(file) => dir.join(file).into(),
        None => OsString::from(word),
    }));
    let run = with(look(), "", all).await;
    let here = format!("{}/", dir.display());
    Run {
        out: run.out.replace(&here, ""),
        err: run.err.replace(&here, ""),
        ..run
    }
}

#[tokio::test]
async fn files_are_checked_without_a_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("crier.toml", CONFIG);
    put(
        "news/good.toml",
        "text = \"We open at nine.\"\nat = 2026-12-24T09:00:00\n",
    );
    put(
        "news/past.toml",
        "text = \"We opened.\"\nat = 2020-12-24T09:00:00\n",
    );
    put(
        "news/bad.toml",
        "txt = \"We open at nine.\"\nmedia = [{ file = \"door.jpg\" }]\n",
    );
    put("news/long.txt", &"long ".repeat(200));
    put("loose.md", "+++\nat = 2026-12-24T09:00:00\n+++\nHello *there*\n");
    put(
        "news/full.post/post.toml",
        "text = \"x\"\nmedia = [{ file = \"a.png\", alt = \"A\" }]\n",
    );
    std::fs::copy(
        "tests/media/square-1080.jpg",
        dir.path().join("news/full.post/a.png"),
    )
    .unwrap();
    put("news/empty.post/readme", "x");
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("news/link.txt")).unwrap();
    let mut page = String::new();
    for words in [
        &[][..],
        &["@news/good.toml", "@news/full.post"],
        &["@news/past.toml"],
        &["@news/bad.toml"],
        &["@news/long.txt", "@news/good.toml"],
        &["@loose.md"],
        &["--queue", "jobs", "@loose.md"],
        &["--queue", "jobz", "@loose.md"],
        &["@news/empty.post", "@news/link.txt", "@news/none.txt"],
    ] {
        let run = check(dir.path(), words).await;
        page += &format!("$ crierctl check {}\n{}\n", words.join(" "), seen(&run));
    }
    put("crier.toml", &CONFIG.replace("timezone", "timezome"));
    let run = check(dir.path(), &["@news/good.toml"]).await;
    page += &format!("$ crierctl check (with a bad config)\n{}\n", seen(&run));
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn checks_are_json_for_programs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("crier.toml"), CONFIG).unwrap();
    std::fs::write(dir.path().join("bad.toml"), "text = \"x\"\ntxt = 1\n").unwrap();
    let run = check(dir.path(), &["--json", "--queue", "news", "@bad.toml"]).await;
    assert_eq!(run.code, 65);
    let list: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(list[0]["good"], true);
    assert_eq!(list[1]["good"], false);
    assert_eq!(list[1]["problems"][0]["line"], 2);
}
