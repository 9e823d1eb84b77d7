//! crierctl against a served desk: what people read, what programs read, exit codes.

mod check;

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use crier::ctl::{Look, Terminal, run};

use crate::admin::Served;
use crate::admin::fake::{self, Fake};

/// A place to write that can be read afterwards.
#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Sheet {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Run {
    code: u8,
    out: String,
    err: String,
}

fn look() -> Look {
    Look {
        colour: false,
        width: None,
        interactive: false,
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        now: fake::NOW,
        socket: None,
    }
}

async fn with(look: Look, input: &str, args: Vec<OsString>) -> Run {
    let (out, err) = (Sheet::default(), Sheet::default());
    let mut terminal = Terminal {
        out: Box::new(out.clone()),
        err: Box::new(err.clone()),
        input: Box::new(Cursor::new(input.to_owned())),
        look,
    };
    let code = run(args, &mut terminal).await;
    Run {
        code,
        out: out.text(),
        err: err.text(),
    }
}

/// Runs one command line (parts by blanks) against the desk.
async fn ctl(served: &Served, line: &str) -> Run {
    with(look(), "", args(served, line)).await
}

fn args(served: &Served, line: &str) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["crierctl".into(), "--socket".into(), served.path.clone().into()];
    args.extend(
        line.split(' ')
            .map(|part| OsString::from(part.replace('_', " ").replace('~', "_"))),
    );
    args
}

/// What a person sees, with the exit code when it is not 0.
fn seen(run: &Run) -> String {
    let mut text = run.out.clone();
    if !run.err.is_empty() {
        text += &format!("--- stderr\n{}", run.err);
    }
    if run.code != 0 {
        text += &format!("--- exit {}\n", run.code);
    }
    text
}

/// All of these as one page.
async fn page(served: &Served, lines: &[&str]) -> String {
    let mut page = String::new();
    for line in lines {
        let run = ctl(served, line).await;
        page += &format!("$ crierctl {}\n{}\n", line.replace('_', " "), seen(&run));
    }
    page
}

#[tokio::test]
async fn tables_of_the_daemon() {
    let served = Served::start();
    let lines = [
        "status",
        "limits",
        "tokens",
        "queue --overview",
        "freeze account:newsletter --reason wrong_list",
        "thaw",
        "reload",
    ];
    insta::assert_snapshot!(page(&served, &lines).await);
}

#[tokio::test]
async fn tables_of_accounts() {
    let served = Served::start();
    let lines = [
        "accounts",
        "accounts shop-threads",
        "capabilities club-threads --facts",
        "profile club-threads --force",
        "history club-threads",
        "insights club-threads 18000",
        "connect newsletter",
        "connect club-threads --no-wait",
    ];
    insta::assert_snapshot!(page(&served, &lines).await);
}

#[tokio::test]
async fn tables_of_posts() {
    let served = Served::start();
    let lines = [
        "queue",
        "show hello.toml",
        "show hello.toml --transcript",
        "why hello.toml",
        "audit",
    ];
    insta::assert_snapshot!(page(&served, &lines).await);
}

#[tokio::test]
async fn colours_and_narrow_terminals() {
    let served = Served::start();
    let narrow = Look {
        colour: true,
        width: Some(80),
        ..look()
    };
    let mut page = String::new();
    for line in ["status", "accounts", "queue", "why hello.toml"] {
        let run = with(narrow.clone(), "", args(&served, line)).await;
        for text in run.out.lines() {
            let plain = text
                .split('\u{1b}')
                .map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
            let width: usize = plain.map(|part| part.chars().count()).sum();
            let wraps = line == "accounts";
            assert!(!wraps || width <= 92, "{width}: {text:?}");
        }
        page += &run.out;
    }
    assert!(page.contains("\u{1b}["));
    insta::assert_snapshot!(page.replace('\u{1b}', "^"));
}

#[tokio::test]
async fn failures_say_what_to_do() {
    let served = Served::start();
    let lines = [
        "accounts nobody",
        "accounts Not~A~Name",
        "validate club-threads",
        "retry hello.toml",
        "cancel hello.toml --if-revision 6",
        "disconnect club-threads",
        "delete club-threads 18000",
        "freeze everything",
        "resolve hello.toml",
        "resolve hello.toml --not-published --link https://x",
        "post news",
        "post news --text Hello --at tomorrow",
        "post news no-such-file.toml",
        "post news -",
        "connect club-threads --paste",
        "frobnicate",
    ];
    insta::assert_snapshot!(page(&served, &lines).await);
}

#[tokio::test]
async fn json_is_json_on_every_verb() {
    let served = Served::start();
    for line in [
        "status",
        "accounts",
        "accounts club-threads",
        "connect club-threads",
        "connect newsletter",
        "disconnect club-threads --yes",
        "refresh club-threads",
        "profile club-threads",
        "capabilities club-threads",
        "post news --text Hello",
        "queue",
        "queue --overview",
        "show hello.toml",
        "show hello.toml --transcript",
        "why hello.toml",
        "hold hello.toml",
        "release hello.toml",
        "cancel hello.toml",
        "resolve hello.toml --published",
        "delete club-threads 18000 --yes",
        "history club-threads",
        "insights club-threads",
        "limits",
        "reload",
        "freeze",
        "thaw",
        "audit",
        "audit --verify",
        "completions bash",
    ] {
        let run = ctl(&served, &format!("{line} --json")).await;
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        assert_eq!(run.err, "", "{line}");
        let value: Result<serde_json::Value, _> = serde_json::from_str(&run.out);
        assert!(value.is_ok(), "{line}: {}", run.out);
    }
    let run = ctl(&served, "retry hello.toml --json").await;
    let error: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!((run.code, run.out.as_str()), (65, ""));
    assert_eq!(error["problem"]["type"], "tag:crier,2026:problem/conflict");
    assert_eq!(error["exit"], 65);
}

#[tokio::test]
async fn every_verb_has_help_with_examples() {
    let served = Served::start();
    let mut page = ctl(&served, "--help").await.out;
    let command = crier::ctl::command();
    for verb in command.get_subcommands() {
        let run = ctl(&served, &format!("{} --help", verb.get_name())).await;
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", verb.get_name());
        assert!(
            run.out.contains("Examples:\n  "),
            "{} has no examples",
            verb.get_name()
        );
        page += &format!("\n=== {}\n{}", verb.get_name(), run.out);
    }
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn a_post_goes_with_its_media() {
    let served = Served::start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hello.toml");
    std::fs::write(
        &file,
        "text = \"hi\"\nmedia = [{ file = \"a.png\", alt = \"x\" }]\n",
    )
    .unwrap();
    let post = |args: &[&str]| {
        let mut all: Vec<OsString> = vec!["crierctl".into(), "--socket".into(), served.path.clone().into()];
        all.extend(["post", "news"].map(OsString::from));
        all.extend(args.iter().map(OsString::from));
        all
    };
    let run = with(look(), "", post(&[file.to_str().unwrap()])).await;
    assert_eq!(run.code, 66, "{}", run.err);
    assert!(run.err.contains("a.png"), "{}", run.err);
    std::fs::copy("tests/media/alpha.png", dir.path().join("a.png")).unwrap();
    let run = with(look(), "", post(&[file.to_str().unwrap()])).await;
    assert_eq!(run.code, 0, "{}", run.err);
    let run = with(look(), "From a pipe.", post(&["-", "--name", "piped.txt"])).await;
    assert_eq!(run.code, 0, "{}", run.err);
    let words = [
        "--text",
        "We open.",
        "--at",
        "2026-12-01 09:00:00",
        "--expires",
        "2h",
        "-a",
        "club-threads",
    ];
    let media = ["--media", "tests/media/alpha.png", "--alt", "A \"door\""];
    let run = with(look(), "", post(&[&words[..], &media[..]].concat())).await;
    assert_eq!(run.code, 0, "{}", run.err);
    let size = std::fs::metadata("tests/media/alpha.png").unwrap().len();
    let taken = served.desk.taken();
    assert_eq!(
        taken[0],
        format!("submit news Some(\"hello.toml\") Toml 52 bytes [\"a.png={size}\"] by all")
    );
    assert_eq!(taken[1], "submit news Some(\"piped.txt\") Txt 12 bytes [] by all");
    assert!(
        taken[2].contains(&format!("[\"alpha.png={size}\"]")),
        "{}",
        taken[2]
    );
    insta::assert_snapshot!(run.out);
}

#[tokio::test]
async fn a_bad_post_shows_its_mistakes() {
    let served = Served::start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hello.toml");
    std::fs::write(&file, "bad").unwrap();
    let mut all = args(&served, "post news");
    all.push(file.into());
    let run = with(look(), "", all).await;
    assert_eq!((run.code, run.out.as_str()), (65, ""));
    insta::assert_snapshot!(run.err, @r"
    error: unknown field `txt`
     --> hello.toml:1:1

    crierctl: The post has one mistake.
    Mend it and send it again.
    ");
}

#[tokio::test]
async fn resolving_is_about_what_was_seen() {
    let served = Served::start();
    let run = ctl(&served, "resolve hello.toml --published --link https://x/1").await;
    assert_eq!(run.code, 0, "{}", run.err);
    let taken = served.desk.taken().join("\n");
    assert!(taken.contains("shop-threads"), "{taken}");
    assert!(taken.contains("if_revision: Some(7)"), "{taken}");
    assert!(taken.contains(fake::POST), "{taken}");
}

#[tokio::test]
async fn pasting_a_redirect() {
    let served = Served::start();
    let run = with(
        look(),
        "https://post.example.org/oauth/threads/callback?code=c0de&state=s#_\n",
        args(&served, "connect club-threads --paste"),
    )
    .await;
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains("https://threads.net/oauth/authorize"),
        "{}",
        run.err
    );
    assert!(!run.out.contains("c0de") && !run.err.contains("c0de"));
    assert!(served.desk.taken()[1].contains("code=c0de&state=s#_"));
}

#[tokio::test]
async fn connecting_waits_for_the_callback() {
    use crier::admin::types::EventKind;
    let served = Served::start();
    let waiting = ctl(&served, "connect club-threads");
    let finish = async {
        while served.desk.events.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
        let other = crier::admin::types::Event {
            account: Some("newsletter".into()),
            ..fake::event(1, EventKind::Connected, "connected as news")
        };
        served.desk.events.send(other).unwrap();
        let ours = fake::event(2, EventKind::Connected, "connected as @theclub");
        served.desk.events.send(ours).unwrap();
    };
    let (run, ()) = tokio::join!(waiting, finish);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("@theclub"), "{}", run.out);
}

#[tokio::test]
async fn events_are_followed_and_counted() {
    use crier::admin::types::EventKind;
    let served = Served::start();
    for json in ["", " --json"] {
        let line = format!("events -n 2 --account club-threads{json}");
        let following = ctl(&served, &line);
        let happen = async {
            while served.desk.events.receiver_count() == 0 {
                tokio::task::yield_now().await;
            }
            let other = crier::admin::types::Event {
                account: Some("newsletter".into()),
                ..fake::event(1, EventKind::Failed, "not ours")
            };
            served.desk.events.send(other).unwrap();
            served
                .desk
                .events
                .send(fake::event(2, EventKind::Started, "create container\u{1b}[2J"))
                .unwrap();
            let out = crier::admin::types::Event {
                permalink: Some("https://www.threads.net/@theclub/post/A".into()),
                ..fake::event(3, EventKind::Published, "out, 3 ms late")
            };
            served.desk.events.send(out).unwrap();
        };
        let (run, ()) = tokio::join!(following, happen);
        assert_eq!(run.code, 0, "{}", run.err);
        if json.is_empty() {
            insta::assert_snapshot!(run.out);
        } else {
            let lines: Vec<serde_json::Value> = run
                .out
                .lines()
                .map(|l| serde_json::from_str(l).unwrap())
                .collect();
            assert_eq!(lines.len(), 2);
            assert_eq!(lines[1]["kind"], "published");
        }
        while served.desk.events.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn the_audit_chain_is_verified() {
    let served = Served::start();
    let run = ctl(&served, "audit --verify").await;
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.starts_with("3 records, the chain is sound.\nlast hash "),
        "{}",
        run.out
    );
}

#[tokio::test]
async fn people_are_asked_before_what_cannot_be_undone() {
    let served = Served::start();
    let asks = Look {
        interactive: true,
        ..look()
    };
    let run = with(asks.clone(), "n\n", args(&served, "disconnect club-threads")).await;
    assert_eq!(run.code, 64);
    assert!(
        run.err.contains("Forget the tokens of club-threads?"),
        "{}",
        run.err
    );
    assert!(served.desk.taken().is_empty());
    let run = with(asks, "y\n", args(&served, "disconnect club-threads")).await;
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(served.desk.taken(), ["disconnect club-threads"]);
}

#[tokio::test]
async fn without_a_daemon_it_says_how_to_start_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut terminal = vec![OsString::from("crierctl"), "--socket".into()];
    terminal.push(dir.path().join("no.sock").into());
    terminal.push("status".into());
    let run = with(look(), "", terminal).await;
    assert_eq!(run.code, 69);
    assert!(
        run.err.contains("Start it with `systemctl start crierd`"),
        "{}",
        run.err
    );
}

#[tokio::test]
async fn the_environment_may_name_the_socket() {
    let served = Served::start();
    let named = Look {
        socket: Some(served.path.clone()),
        ..look()
    };
    let run = with(named, "", vec!["crierctl".into(), "queue".into()]).await;
    assert_eq!(run.code, 0, "{}", run.err);
    let _same: &Arc<Fake> = &served.desk;
}

#[test]
fn the_command_line_is_sound() {
    crier::ctl::command().debug_assert();
}

#[tokio::test]
async fn a_noted_hash_must_be_in_the_chain() {
    let served = Served::start();
    let second = fake::audit(3)[1].hash.clone();
    let run = ctl(&served, &format!("audit --verify --head {second}")).await;
    assert_eq!(run.code, 0, "{}", run.err);
    let run = ctl(&served, &format!("audit --verify --head {}", "ab".repeat(32))).await;
    assert_eq!(run.code, 65);
    assert!(run.err.contains("its end was cut off"), "{}", run.err);
}

#[tokio::test]
async fn programs_connect_in_two_halves() {
    let served = Served::start();
    let run = ctl(&served, "connect club-threads --json").await;
    let start: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(start["kind"], "visit");
    let run = with(
        look(),
        "https://x/?code=c0de&state=s\n",
        args(&served, "connect club-threads --complete --json"),
    )
    .await;
    assert_eq!(run.code, 0, "{}", run.err);
    let account: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(account["name"], "club-threads");
    assert_eq!(served.desk.taken().len(), 2);
}
