//! A large upload takes no more memory than a small one. Measured in a process of its own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::process::Command;

use crier::core::call::{Answer, Auth, Body, FilePart, HttpCall, Method};
use crier::domain::media::MediaId;
use crier::domain::time::{Span, Timestamp};
use crier::wire::{HttpWire, Target, WireSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use super::support::{Keys, Shelf};

const LARGE: u64 = 300 << 20;
const GROWTH_MAX_KB: u64 = 16 << 10;

/// The most memory that this process ever had, in kB.
fn high_water() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Reads one request to its end, keeps nothing of it, and gives the number of bytes after its head.
async fn count(listener: &TcpListener) -> u64 {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut buffer, mut head) = (vec![0; 64 * 1024], Vec::new());
    let (mut counted, mut wanted) = (0, None);
    while wanted != Some(counted) {
        let n = stream.read(&mut buffer).await.unwrap();
        assert!(n > 0, "cut after {counted} of {wanted:?}");
        if wanted.is_some() {
            counted += n as u64;
            continue;
        }
        head.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&head).to_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.split("content-length: ").nth(1).unwrap();
            wanted = length.lines().next().unwrap().trim().parse().ok();
            counted = (head.len() - end - 4) as u64;
        }
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).await.unwrap();
    counted
}

async fn send(body: Body, shelf: &Shelf) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let call = HttpCall {
        method: Method::Post,
        host: "api_base",
        named_host: None,
        path: "/upload".into(),
        query: vec![],
        headers: vec![],
        auth: Auth::None,
        body,
        timeout: Span::secs(120),
        label: "POST /upload".into(),
    };
    let target = Target {
        hosts: BTreeMap::from([("api_base".to_owned(), Url::parse(&base).unwrap())]),
        now: Timestamp::from_secs(1_800_000_000),
        nonce: "nonce".to_owned(),
    };
    let wire = HttpWire::new(&WireSettings {
        user_agent: "crier/test".into(),
        ..WireSettings::default()
    })
    .unwrap();
    let keys = Keys::with(&[]);
    let (counted, (answer, _)) = tokio::join!(count(&listener), wire.perform(&call, &target, &keys, shelf));
    assert!(matches!(answer, Answer::Answered(_)), "{answer:?}");
    counted
}

fn whole(length: u64) -> Body {
    Body::Media {
        id: MediaId(0),
        mime: "video/mp4".into(),
        offset: 0,
        length,
    }
}

fn form(length: u64) -> Body {
    Body::Multipart {
        fields: vec![],
        part: FilePart {
            field: "source".to_owned(),
            file_name: "reel.mp4".to_owned(),
            id: MediaId(0),
            mime: "video/mp4".to_owned(),
            offset: 0,
            length,
        },
    }
}

#[tokio::test]
#[ignore = "run by uploads_do_not_grow_with_the_file, alone in its process"]
async fn alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("reel.mp4");
    // All of it a hole: it takes no room on the disk.
    File::create(&path).unwrap().set_len(LARGE).unwrap();
    let shelf = Shelf(vec![path]);
    // What the client takes at all.
    send(whole(1 << 20), &shelf).await;
    send(form(1 << 20), &shelf).await;
    let before = high_water();
    assert_eq!(send(whole(LARGE), &shelf).await, LARGE);
    assert!(send(form(LARGE), &shelf).await > LARGE);
    let grown = high_water() - before;
    println!("grown by {grown} kB over {before} kB");
    assert!(grown < GROWTH_MAX_KB, "{grown} kB");
}

#[test]
fn uploads_do_not_grow_with_the_file() {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["wire::upload::alone", "--exact", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(said.contains("grown by"), "it did not run: {said}");
}
