//! Every verb of crierctl against a real crierd with the sandbox: exit codes, the words, the JSON.

pub mod rig;

use std::process::Stdio;

use crier::sandbox::faults::FaultKind;
use rig::{Ran, Rig};

fn show(ran: &Ran) {
    println!(
        "$ {}  [{}]\n{}{}",
        ran.line,
        ran.code,
        ran.out,
        if ran.err.is_empty() {
            String::new()
        } else {
            format!("--- {}", ran.err)
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn explore() {
    let mut rig = Rig::new().await;
    let go = |rig: &Rig, args: &[&str]| {
        let ran = rig.ctl(args);
        show(&ran);
        ran
    };
    go(&rig, &["status"]);
    rig.start("info").await;
    for v in [
        &["status"][..],
        &["accounts"],
        &["refresh", "club"],
        &["refresh", "letter"],
        &["validate", "club"],
        &["profile", "club"],
        &["profile", "club", "--force"],
        &["capabilities", "club"],
        &["limits"],
        &["insights", "club"],
        &["history", "club"],
        &["disconnect", "club"],
        &["delete", "club", "1"],
        &["accounts", "clob"],
    ] {
        go(&rig, v);
    }
    // a post while nobody is connected
    go(&rig, &["post", "news", "--text", "Early", "--name", "early.toml"]);
    go(&rig, &["why", "early.toml"]);
    rig.connect().await;
    show(&rig.ctl(&["connect", "letter"]));
    rig.phase("early.toml", "ended").await;
    for v in [
        &["status"][..],
        &["accounts"],
        &["accounts", "club"],
        &["accounts", "letter"],
        &["refresh", "club"],
        &["validate", "club"],
        &["validate", "letter"],
        &["profile", "club"],
        &["profile", "club", "--force"],
        &["profile", "letter", "--force"],
        &["capabilities", "letter"],
        &["limits"],
        &["insights", "club"],
        &["insights", "letter"],
        &["history", "club"],
        &["history", "letter"],
    ] {
        go(&rig, v);
    }
    let mut child = rig.begin(&["connect", "club"], Stdio::piped());
    drop(child.stdin.take());
    std::fs::copy("tests/media/square-1080.jpg", rig.path("door.jpg")).unwrap();
    go(
        &rig,
        &[
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
        ],
    );
    rig.phase("door.post", "ended").await;
    for v in [
        &["show", "door.post"][..],
        &["why", "door.post"],
        &["show", "door.post", "--transcript"],
        &["queue"],
        &["queue", "--state", "all"],
        &["queue", "--overview"],
        &["cancel", "door.post"],
        &["retry", "door.post"],
        &["hold", "door.post"],
        &["release", "door.post"],
        &["resolve", "door.post", "--published"],
    ] {
        go(&rig, v);
    }
    go(
        &rig,
        &[
            "post",
            "news",
            "--text",
            "Later",
            "--at",
            "2036-12-01T09:00:00",
            "--name",
            "later.toml",
        ],
    );
    for v in [
        &["show", "later.toml"][..],
        &["why", "later.toml"],
        &["hold", "later.toml", "--reason", "wait"],
        &["why", "later.toml"],
        &["release", "later.toml"],
        &["why", "later.toml"],
        &["retry", "later.toml"],
        &["why", "later.toml"],
        &["cancel", "later.toml"],
        &["why", "later.toml"],
        &["show", "later.toml"],
    ] {
        go(&rig, v);
    }
    go(&rig, &["freeze", "queue:news", "--reason", "wrong list"]);
    go(
        &rig,
        &["post", "news", "--text", "Frozen", "--name", "frozen.toml"],
    );
    for v in [
        &["show", "frozen.toml"][..],
        &["why", "frozen.toml"],
        &["queue"],
        &["status"],
        &["thaw", "account:club"],
        &["thaw", "queue:news"],
    ] {
        go(&rig, v);
    }
    rig.phase("frozen.toml", "ended").await;
    // lost final dot
    rig.fault("smtp.dot", FaultKind::LostAfter);
    rig.drop_file("post", "mail.toml", "subject = \"Hello\"\ntext = \"A mail\"\n");
    rig.phase("mail.toml", "held").await;
    for v in [
        &["show", "mail.toml"][..],
        &["why", "mail.toml"],
        &["show", "mail.toml", "--transcript"],
        &["queue"],
        &["retry", "mail.toml"],
        &["release", "mail.toml"],
        &["why", "mail.toml"],
        &["resolve", "mail.toml"],
        &["resolve", "mail.toml", "--published"],
        &["why", "mail.toml"],
        &["show", "mail.toml"],
    ] {
        go(&rig, v);
    }
    // failing
    rig.fault("threads.create", FaultKind::RequestRepeated { status: 400 });
    go(&rig, &["post", "news", "--text", "Bad", "--name", "bad.toml"]);
    rig.phase("bad.toml", "ended").await;
    for v in [
        &["show", "bad.toml"][..],
        &["why", "bad.toml"],
        &["show", "bad.toml", "--transcript"],
    ] {
        go(&rig, v);
    }
    println!("WHY {}", rig.file("spool/news/failed/bad.why.txt").await);
    rig.fault("threads.create", FaultKind::RequestRepeated { status: 502 });
    go(&rig, &["post", "news", "--text", "Five", "--name", "five.toml"]);
    rig.phase("five.toml", "waiting").await;
    for v in [
        &["show", "five.toml"][..],
        &["why", "five.toml"],
        &["retry", "five.toml"],
    ] {
        go(&rig, v);
    }
    rig.phase("five.toml", "ended").await;
    go(
        &rig,
        &["post", "news", "--text", &"x".repeat(600), "--name", "long.toml"],
    );
    let live = rig.ctl(&["history", "club", "--json"]).json();
    println!("{:#}", live);
    let id = live[0]["id"]
        .as_str()
        .or(live[0]["remote_id"].as_str())
        .unwrap_or("?")
        .to_owned();
    for v in [
        &["insights", "club", &id][..],
        &["delete", "club", &id],
        &["delete", "club", &id, "--yes"],
        &["delete", "club", &id, "--yes"],
        &["history", "club"],
        &["limits", "club"],
    ] {
        go(&rig, v);
    }
    let config = rig.path("crier.toml");
    let config = config.to_str().unwrap();
    go(&rig, &["check", "--config", config]);
    go(&rig, &["reload"]);
    rig.configure("[queue.more]\naccounts = [\"club\"]\n");
    go(&rig, &["reload"]);
    rig.configure("[queue.more]\naccounts = [\"clubb\"]\n");
    go(&rig, &["reload"]);
    go(&rig, &["status"]);
    rig.configure("");
    std::fs::rename(rig.path("meta.secret"), rig.path("x.secret")).unwrap();
    go(&rig, &["reload"]);
    std::fs::rename(rig.path("x.secret"), rig.path("meta.secret")).unwrap();
    go(&rig, &["audit"]);
    go(&rig, &["audit", "--verify"]);
    go(&rig, &["disconnect", "club", "--yes"]);
    go(&rig, &["accounts", "club"]);
    child.kill().unwrap();
    let o = child.wait_with_output().unwrap();
    println!(
        "CONNECT {} {}",
        String::from_utf8_lossy(&o.stdout),
        String::from_utf8_lossy(&o.stderr)
    );
    println!("LOG {}", std::fs::read_to_string(rig.path("log")).unwrap());
    assert_eq!(rig.stop().await, Some(0));
}
