//! Every verb of crierctl against a real crierd with the sandbox: exit codes, the words, the JSON.

mod doors;
mod late;
mod meta;
pub mod rig;

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crier::sandbox::faults::FaultKind;
use rig::{Ran, Rig};

/// What a person sees, without what differs from run to run.
fn seen(rig: &Rig, ran: &Ran) -> String {
    let mut text = ran.out.clone();
    if !ran.err.is_empty() {
        text += &format!("--- stderr\n{}", ran.err);
    }
    if ran.code != 0 {
        text += &format!("--- exit {}\n", ran.code);
    }
    let folder = rig.folder.path().display().to_string();
    text.replace(&folder, "/crier")
        .replace(&rig.sandbox.addresses.base, "http://sandbox")
        .replace(&rig.callback, "127.0.0.1:8765")
}

/// All of these as one page; the parts of a line are separated by blanks, `_` stands for one.
fn page(rig: &Rig, lines: &[&str]) -> String {
    let mut page = String::new();
    for line in lines {
        let parts: Vec<String> = line.split(' ').map(|part| part.replace('_', " ")).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        page += &format!(
            "$ crierctl {}\n{}\n",
            line.replace('_', " "),
            seen(rig, &rig.ctl(&parts))
        );
    }
    page
}

/// Ids and times are not the same twice.
const FILTERS: &[(&str, &str)] = &[
    (r"01[0-9a-hjkmnp-tv-z]{24}", "POST"),
    (r"(?m)^[0-9a-hjkmnp-tv-z]{10,12} ", "POST "),
    (
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?(Z|\+0000))?( \((in )?[0-9dhms ]+( ago)?\))?",
        "TIME",
    ),
    (r"\d\d:\d\d(:\d\d)?Z? \((now|(in )?[0-9dhms ]+( ago)?)\)", "TIME"),
    (r"(in )?\d+(d|h|m|s|ms)( \d+(h|m|s))? ago", "AGO"),
    (r"\bin \d+(d|h|m|s|ms)( \d+(h|m|s))?", "SOON"),
    (r"@club/post/[A-Za-z0-9_-]+", "@club/post/CODE"),
    (r"179\d{14}", "REMOTE"),
    (r"pid \d+", "pid N"),
    (r"trace [A-Za-z0-9]+", "trace X"),
    (r"hash [0-9a-f]{64}", "hash HASH"),
    (r"up \d+m?s", "up AGO"),
    (r"  \d\d:\d\d  ", "  TIME  "),
    (r"read (now|AGO)", "read AGO"),
    (r"\d+ms", "MS"),
    (r"\d+ of 250 posts", "N of 250 posts"),
    (r"news/(sending|failed)/later", "news/PLACE/later"),
    // Columns are as wide as what differs.
    (r"(\S) {2,}", "$1  "),
];

macro_rules! assert_page {
    ($name:literal, $page:expr) => {
        insta::with_settings!({filters => FILTERS.to_vec()}, { insta::assert_snapshot!($name, $page) })
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts() {
    let mut rig = Rig::new().await;
    assert_page!("no_daemon", page(&rig, &["status"]));
    rig.start("info").await;
    let never = [
        "accounts",
        "refresh club",
        "refresh letter",
        "validate club",
        "profile club",
        "profile club --force",
        "insights club",
        "history club",
        "disconnect club",
        "delete club 1",
        "accounts clob",
        "limits clob",
        "validate clob",
        "connect clob",
        "status",
    ];
    assert_page!("never_connected", page(&rig, &never));
    rig.connect().await;
    let connected = [
        "connect letter",
        "accounts club",
        "refresh club",
        "validate club",
        "validate letter",
        "profile club --force",
        "capabilities club",
        "capabilities letter",
        "limits",
        "insights club",
        "insights letter",
        "history club",
        "history letter",
        "delete letter 1 --yes",
    ];
    assert_page!("connected", page(&rig, &connected));
    vendors_words(&rig);
    waiting_for_a_browser(&rig).await;
    pasting(&rig).await;
    let gone = [
        "disconnect club --yes",
        "status",
        "validate club",
        "connect letter --complete",
        "audit",
    ];
    assert_page!("disconnected", page(&rig, &gone));
    json(&rig);
    assert_eq!(rig.stop().await, Some(0));
}

/// A hiccup never disconnects; only the vendor's final word does.
fn vendors_words(rig: &Rig) {
    rig.fault("threads.profile", FaultKind::ServerError { status: 503 });
    rig.ctl(&["validate", "club"]).ends(75);
    assert_eq!(
        rig.ctl(&["accounts", "club", "--json"]).json()["status"],
        "connected"
    );
    rig.fault("threads.profile", FaultKind::TokenRevoked { subcode: Some(458) });
    let ran = rig.ctl(&["validate", "club"]).ends(65);
    assert!(ran.err.contains("crierctl connect club"), "{}", ran.err);
    let account = rig.ctl(&["accounts", "club", "--json"]).json();
    assert_eq!(account["status"], "revoked", "{account:#}");
}

/// `crierctl connect` waits for the end of the login, however it ends.
async fn waiting_for_a_browser(rig: &Rig) {
    for (decision, fault, code) in [
        ("cancel", None, 65),
        ("allow", Some("threads.code"), 65),
        ("allow", None, 0),
    ] {
        if let Some(step) = fault {
            rig.fault(step, FaultKind::ServerError { status: 503 });
        }
        let mut child = rig.begin(&["connect", "club"], Stdio::piped());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "no address");
        }
        let end = rig.agree(line.trim(), decision).await;
        rig.visit(&end).await;
        let ended = child.wait_with_output().unwrap();
        assert_eq!(
            ended.status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}

async fn pasting(rig: &Rig) {
    let start = rig.ctl(&["connect", "club", "--no-wait", "--json"]).json();
    let end = rig.agree(start["authorize_url"].as_str().unwrap(), "allow").await;
    let ran = rig
        .ctl_with(&format!("{end}\n"), &["connect", "club", "--complete"])
        .ends(0);
    assert!(ran.out.contains("connected"), "{}", ran.out);
    // Once only, and no nonsense.
    rig.ctl_with(&end, &["connect", "club", "--complete"]).ends(65);
    rig.ctl_with("hello\n", &["connect", "club", "--complete"])
        .ends(64);
    rig.ctl_with("", &["connect", "club", "--complete"]).ends(64);
}

/// Every verb that looks says JSON, also when it fails.
fn json(rig: &Rig) {
    for verb in [
        &["status"][..],
        &["accounts"],
        &["accounts", "club"],
        &["profile", "letter"],
        &["capabilities", "club"],
        &["queue"],
        &["queue", "--overview"],
        &["limits"],
        &["audit"],
        &["audit", "--verify"],
        &["validate", "letter"],
    ] {
        rig.ctl(&[verb, &["--json"]].concat()).json();
    }
    for verb in [
        &["accounts", "clob"][..],
        &["validate", "club"],
        &["show", "nothing.toml"],
        &["thaw"],
    ] {
        let ran = rig.ctl(&[verb, &["--json"]].concat());
        assert_ne!(ran.code, 0);
        let problem: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
        assert_eq!(problem["exit"], ran.code, "{problem:#}");
        assert!(problem["problem"]["detail"].is_string(), "{problem:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn posts() {
    let mut rig = Rig::new().await;
    rig.start("info").await;
    let events = std::fs::File::create(rig.path("events")).unwrap();
    let mut follower = rig.begin(&["events", "-f", "--json"], Stdio::from(events));
    // A post of an account that is not connected waits for it.
    rig.ctl(&["post", "news", "--text", "Early", "--name", "early.toml"])
        .ends(0);
    rig.phase("early.toml", "held").await;
    assert_page!("not_connected", page(&rig, &["why early.toml", "queue"]));
    rig.connect().await;
    rig.ctl(&["connect", "letter"]).ends(0);
    std::fs::copy("tests/media/square-1080.jpg", rig.path("door.jpg")).unwrap();
    let args = [
        "post",
        "news",
        "--text",
        "The door",
        "--media",
        "door.jpg",
        "--alt",
        "The open door",
        "--name",
        "door.toml",
    ];
    rig.ctl(&args).ends(0);
    held_and_released(&mut rig).await;
    frozen(&mut rig).await;
    unknown(&mut rig).await;
    rig.phase("early.toml", "ended").await;
    rig.phase("door.post", "ended").await;
    let out = [
        "show door.post",
        "why door.post",
        "show door.post --transcript",
        "queue --state sent",
        "cancel door.post",
        "retry door.post",
        "hold door.post",
        "release door.post",
        "resolve door.post --published",
        "show nothing",
        "limits club",
        "queue --overview",
    ];
    assert_page!("out", page(&rig, &out));
    refused(&mut rig).await;
    taken_back(&rig);
    reloading(&rig);
    let verified = rig.ctl(&["audit", "--verify"]).ends(0);
    assert!(verified.out.contains("the chain is sound"), "{}", verified.out);
    follower.kill().unwrap();
    follower.wait().unwrap();
    told(&std::fs::read_to_string(rig.path("events")).unwrap());
    assert_eq!(rig.stop().await, Some(0));
}

async fn held_and_released(rig: &mut Rig) {
    let later = [
        "post",
        "news",
        "--text",
        "Later",
        "--at",
        "2036-12-01T09:00:00",
        "--name",
        "later.toml",
    ];
    rig.ctl(&later).ends(0);
    let lines = [
        "hold later.toml --reason wait",
        "why later.toml",
        "hold later.toml",
        "release later.toml",
        "why later.toml",
        "retry later.toml",
        "cancel later.toml --if-revision 1",
        "cancel later.toml",
    ];
    assert_page!("later", page(rig, &lines));
    assert!(
        rig.sandbox
            .world()
            .threads
            .published()
            .iter()
            .all(|post| post.text != "Later")
    );
    rig.phase("later.toml", "ended").await;
}

async fn frozen(rig: &mut Rig) {
    rig.ctl(&["freeze", "queue:news", "--reason", "wrong list"])
        .ends(0);
    rig.ctl(&["post", "news", "--text", "Frozen", "--name", "frozen.toml"])
        .ends(0);
    rig.phase("frozen.toml", "held").await;
    let lines = [
        "why frozen.toml",
        "release frozen.toml",
        "thaw account:club",
        "thaw queue:nwes",
        "freeze queue:nwes",
    ];
    assert_page!("frozen", page(rig, &lines));
    let status = rig.ctl(&["status"]).ends(0);
    assert!(
        status.out.contains("queue:news by root") && status.out.contains("wrong list"),
        "{}",
        status.out
    );
    assert!(
        rig.sandbox
            .world()
            .threads
            .published()
            .iter()
            .all(|post| post.text != "Frozen")
    );
    let ran = rig.ctl(&["thaw", "queue:news"]).ends(0);
    assert_eq!(ran.out, "Nothing is frozen.\n");
    rig.phase("frozen.toml", "ended").await;
    assert!(
        rig.sandbox
            .world()
            .threads
            .published()
            .iter()
            .any(|post| post.text == "Frozen")
    );
}

/// The answer to the final dot is lost: nobody knows, a person says.
async fn unknown(rig: &mut Rig) {
    for (name, kind, verdict, mails) in [
        ("out.toml", FaultKind::LostAfter, "--published", 1),
        ("lost.toml", FaultKind::LostBefore, "--not-published", 2),
    ] {
        rig.fault("smtp.dot", kind);
        rig.drop_file(
            "post",
            name,
            &format!("subject = \"{name}\"\ntext = \"A mail\"\n"),
        );
        rig.phase(name, "held").await;
        if name == "out.toml" {
            let lines = [
                "show out.toml",
                "why out.toml",
                "retry out.toml",
                "release out.toml",
                "resolve out.toml",
                "queue",
            ];
            assert_page!("unknown", page(rig, &lines));
        }
        rig.ctl(&["resolve", name, verdict]).ends(0);
        let end = rig.phase(name, "ended").await;
        assert_eq!(end["outcome"]["ended"], "published", "{end:#}");
        assert_eq!(rig.sandbox.world().mail.messages().len(), mails);
    }
    let audit = rig.ctl(&["audit", "--json"]).json().to_string();
    assert!(audit.contains(r#""verdict":"not published""#), "{audit}");
}

async fn refused(rig: &mut Rig) {
    rig.fault(
        "threads.create",
        FaultKind::GraphError {
            status: 400,
            code: 100,
            subcode: None,
            applied: false,
        },
    );
    rig.drop_file("news", "bad.toml", "text = \"Bad\"\n");
    rig.phase("bad.toml", "ended").await;
    let why = rig.file("spool/news/failed/bad.why.txt").await;
    assert_page!(
        "bad_why",
        seen(
            rig,
            &Ran {
                line: String::new(),
                code: 0,
                out: why,
                err: String::new()
            }
        )
    );
    rig.fault("threads.create", FaultKind::ServerError { status: 503 });
    rig.drop_file("news", "down.toml", "text = \"Down\"\n");
    rig.phase("down.toml", "waiting").await;
    assert_page!("tried_again", page(rig, &["why bad.toml", "why down.toml"]));
    rig.ctl(&["retry", "down.toml"]).ends(0);
    let long = "x".repeat(600);
    let ran = rig.ctl(&["post", "news", "--text", &long]).ends(65);
    assert!(ran.err.contains("500; 100 too many"), "{}", ran.err);
    rig.ctl(&["post", "nwes", "--text", "x"]).ends(66);
    rig.ctl(&["post", "news", "no-such.toml"]).ends(66);
    rig.phase("down.toml", "ended").await;
}

fn taken_back(rig: &Rig) {
    let history = rig.ctl(&["history", "club", "--json"]).json();
    let id = history[0]["id"].as_str().unwrap().to_owned();
    rig.ctl(&["insights", "club", &id, "--json"]).json();
    rig.ctl(&["delete", "club", &id]).ends(64);
    rig.ctl(&["delete", "club", &id, "--yes"]).ends(0);
    let after = rig.ctl(&["history", "club", "--json"]).json();
    assert_eq!(
        after.as_array().unwrap().len() + 1,
        history.as_array().unwrap().len()
    );
    // Of what is no longer there no numbers are made up.
    assert_ne!(rig.ctl(&["insights", "club", &id]).code, 0);
}

fn reloading(rig: &Rig) {
    let check = "check --config crier.toml";
    let mut text = page(rig, &[check, "reload"]);
    rig.configure("[queue.more]\naccounts = [\"club\"]\n");
    text += &page(rig, &["reload", "queue --overview"]);
    rig.configure("[queue.more]\naccounts = [\"clubb\"]\n");
    text += &page(rig, &[check, "reload", "reload --json"]);
    let status = rig.ctl(&["status"]).ends(0);
    assert!(
        status.out.contains("The last reload was refused"),
        "{}",
        status.out
    );
    rig.configure("");
    std::fs::rename(rig.path("meta.secret"), rig.path("away.secret")).unwrap();
    text += &page(rig, &["reload"]);
    std::fs::rename(rig.path("away.secret"), rig.path("meta.secret")).unwrap();
    text += &page(rig, &["reload"]);
    let status = rig.ctl(&["status"]).ends(0);
    assert!(!status.out.contains("refused"), "{}", status.out);
    assert_page!("reloading", text);
}

/// TikTok tells an app by a signed message that a person took its access away: the account says so at once.
#[tokio::test]
async fn access_taken_away_at_tiktok_is_heard_of() {
    let mut rig = Rig::new().await;
    rig.configure(&format!(
        "[platform.tiktok]\napi_base = \"{base}/tiktok/api_base\"\nauth_base = \"{base}/tiktok/auth_base\"\n\
         [app.tok]\nplatform = \"tiktok\"\nclient_id = \"sandbox-app\"\nclient_secret = {{ file = \"{}\" }}\n\
         [account.clips]\napp = \"tok\"\n[queue.clips]\naccounts = [\"clips\"]\n",
        rig.path("meta.secret").display(),
        base = rig.sandbox.addresses.base,
    ));
    rig.start("info").await;
    let start = rig.ctl(&["connect", "clips", "--json"]).json();
    let end = rig.agree(start["authorize_url"].as_str().unwrap(), "allow").await;
    assert_eq!(rig.visit(&end).await.0, 200);
    let account = rig.ctl(&["accounts", "clips", "--json"]).json();
    assert_eq!(account["status"], "connected", "{account:#}");

    let username = account["handle"].as_str().unwrap().trim_start_matches('@');
    let body = serde_json::json!({
        "platform": "tiktok",
        "username": username,
        "callback": format!("http://{}/hooks/tiktok", rig.callback),
    });
    let revoke = format!("{}/_sandbox/revoke", rig.sandbox.addresses.base);
    let told = rig.http.post(revoke).json(&body).send().await.unwrap();
    let told: serde_json::Value = told.json().await.unwrap();
    assert_eq!(told["callback"]["status"], 200, "{told}");
    let account = rig.ctl(&["accounts", "clips", "--json"]).json();
    assert_eq!(account["status"], "revoked", "{account:#}");
    let reason = account["reason"].as_str().unwrap();
    assert!(
        reason.contains("its owner removed the app at TikTok") && reason.contains("crierctl connect clips"),
        "{reason}"
    );
    let forged = rig.http.post(format!("http://{}/hooks/tiktok", rig.callback));
    let forged = forged.header("TikTok-Signature", "t=1,s=00").body("{}").send();
    assert_eq!(forged.await.unwrap().status(), 400);
    let nobody = rig.http.post(format!("http://{}/hooks/threads", rig.callback));
    assert_eq!(nobody.body("{}").send().await.unwrap().status(), 404);
    assert_eq!(rig.stop().await, Some(0));
}

/// What `events -f` said, one JSON value a line: every kind that these verbs cause, and where to see what is live.
fn told(events: &str) {
    let events: Vec<serde_json::Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kind = |event: &serde_json::Value| event["kind"].as_str().map(ToOwned::to_owned);
    let kinds: std::collections::BTreeSet<String> = events
        .iter()
        .map(|event| kind(event).unwrap_or_else(|| panic!("{event}")))
        .collect();
    insta::assert_snapshot!(kinds.into_iter().collect::<Vec<_>>().join(" "), @"admitted cancelled connected deleted failed frozen held published released reload-failed reloaded resolved retried started step thawed unknown");
    let mailed = |event: &serde_json::Value| event["account"] == "letter";
    let live = |event: &&serde_json::Value| kind(event).as_deref() == Some("published") && !mailed(event);
    for event in events.iter().filter(live) {
        let link = event["permalink"].as_str().unwrap_or_default();
        assert!(link.starts_with("http"), "{event}");
    }
}
