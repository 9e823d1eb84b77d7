//! `crierctl check`: config and queue files without a daemon.

use super::*;

const CONFIG: &str = r#"
[callback]
listen = "127.0.0.1:8765"
public_url = "https://post.example.org"
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

/// What only the daemon knows: the scopes of a login.
#[tokio::test]
async fn a_running_daemon_is_asked_what_the_accounts_may() {
    let served = Served::start();
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("news")).unwrap();
    std::fs::write(dir.path().join("crier.toml"), CONFIG).unwrap();
    std::fs::write(
        dir.path().join("news/long.toml"),
        "thread = [{ text = \"One\" }, { text = \"Two\" }]\n",
    )
    .unwrap();
    let run_at = |socket: OsString| {
        let mut all: Vec<OsString> = vec!["crierctl".into(), "--socket".into(), socket, "check".into()];
        all.extend(["--config".into(), dir.path().join("crier.toml").into()]);
        all.push(dir.path().join("news/long.toml").into());
        with(look(), "", all)
    };
    let asked = run_at(served.path.clone().into()).await;
    assert_eq!(asked.code, 65, "{}{}", asked.out, asked.err);
    assert!(
        asked.out.contains("did not grant threads_manage_replies"),
        "{}",
        asked.out
    );
    let alone = run_at("/nowhere".into()).await;
    assert_eq!(alone.code, 0, "{}{}", alone.out, alone.err);
}

#[tokio::test]
async fn versions_that_end_are_told_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("crier.toml");
    let base = "[callback]\nlisten = \"127.0.0.1:8765\"\npublic_url = \"https://post.example.org\"\n[app.meta]\nplatform = \"instagram\"\nclient_id = \"1\"\nclient_secret = { env = \"META_SECRET\" }\n[account.club]\napp = \"meta\"\n";
    let told = async |text: &str, day: jiff::civil::Date| {
        std::fs::write(&config, text).unwrap();
        let noon = day.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let look = Look {
            now: noon.timestamp().into(),
            ..look()
        };
        let mut all: Vec<OsString> = ["crierctl", "--socket", "/nowhere", "check", "--config"]
            .map(OsString::from)
            .to_vec();
        all.push(config.clone().into());
        let run = with(look, "", all).await;
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        run.out
    };
    let day = jiff::civil::date(2028, 6, 29);
    let out = told(base, day).await;
    assert!(
        out.contains("Instagram ends v25.0 of its API on 2028-07-29, in 30 days"),
        "{out}"
    );
    assert!(out.contains("[platform.instagram] api_version"), "{out}");
    let early = told(base, jiff::civil::date(2028, 5, 1)).await;
    assert!(early.contains("good"), "{early}");
    let mended = told(
        &format!("{base}[platform.instagram]\napi_version = \"v26.0\"\n"),
        day,
    )
    .await;
    assert!(mended.contains("good"), "{mended}");
}

/// What no account can do as it is declared is told before anybody logs in or drops a file.
#[tokio::test]
async fn walls_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let app = |name: &str, platform: &str| {
        format!(
            "[app.{name}]\nplatform = \"{platform}\"\nclient_id = \"1\"\nclient_secret = {{ env = \"META_SECRET\" }}\n"
        )
    };
    let accounts = "[account.clips]\napp = \"tok\"\nprivacy = \"SELF_ONLY\"\n[account.club]\napp = \"meta\"\n[account.page]\napp = \"pages\"\n";
    let base = [
        app("tok", "tiktok"),
        app("meta", "instagram"),
        app("pages", "facebook"),
    ]
    .concat()
        + accounts;
    let told = async |callback: &str| {
        std::fs::write(dir.path().join("crier.toml"), format!("{callback}{base}")).unwrap();
        let run = check(dir.path(), &[]).await;
        assert_eq!(run.code, 0, "{}{}", run.out, run.err);
        run.out
    };
    let at = |url: &str| format!("[callback]\nlisten = \"127.0.0.1:8765\"\npublic_url = \"{url}\"\n");
    let mut page = told("").await;
    for url in [
        "http://127.0.0.1:8765",
        "https://198.51.100.7",
        "https://post.example.org",
    ] {
        page += &format!("--- {url}\n{}", told(&at(url)).await);
    }
    let audited = accounts.replace("privacy", "audited = \"true\"\nprivacy");
    std::fs::write(
        dir.path().join("crier.toml"),
        at("https://post.example.org") + &base.replace(accounts, &audited),
    )
    .unwrap();
    page += &format!("--- audited\n{}", check(dir.path(), &[]).await.out);
    insta::assert_snapshot!(page);
}

const HOUSE: &str = r#"
[callback]
listen = "127.0.0.1:8765"
public_url = "https://post.example.org"
[app.threads]
platform = "threads"
client_id = "1"
client_secret = { env = "META_SECRET" }
[app.meta]
platform = "facebook"
client_id = "2"
client_secret = { env = "META_SECRET" }
[app.instagram]
platform = "instagram"
client_id = "3"
client_secret = { env = "META_SECRET" }
[app.x]
platform = "x"
client_id = "4"
[account.club-threads]
app = "threads"
[account.club-page]
app = "meta"
[account.club-instagram]
app = "instagram"
[account.club-x]
app = "x"
[account.newsletter]
platform = "email"
from = "news@club.example"
to = "members@club.example"
smtp = { host = "smtp.club.example", port = 587, tls = "starttls" }
[queue.news]
accounts = ["club-threads", "club-instagram", "club-x", "club-page", "newsletter"]
fit = "auto"
"#;

/// What a person copies out of the manual is taken as it stands.
#[tokio::test]
async fn the_manuals_queue_files_are_good() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("news")).unwrap();
    std::fs::write(dir.path().join("crier.toml"), HOUSE).unwrap();
    std::fs::copy("tests/media/square-1080.jpg", dir.path().join("news/door.jpg")).unwrap();
    let manual = std::fs::read_to_string("docs/queue-files.md").unwrap();
    let shown = manual
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let mut all = 0;
    for (n, file) in shown.enumerate() {
        let name = format!("news/{n}.toml");
        std::fs::write(dir.path().join(&name), file).unwrap();
        let run = check(dir.path(), &["--queue", "news", &format!("@{name}")]).await;
        assert_eq!(run.code, 0, "{file}\n{}{}", run.out, run.err);
        all += 1;
    }
    assert!(all >= 10, "{all}");
}
