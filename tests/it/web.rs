//! The public door over real sockets: what each route answers, and what bad clients get.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use crier::web::{WebDesk, WebLimits, serve_with};
use desk::Desk;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const VECTOR: &str = "omXFKIOfZWc46lpOqqs_opCLTGhRfi3WbJDpLlblMoU.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0MDAsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9";

struct Door {
    port: u16,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

async fn door_with(desk: Desk, limits: WebLimits) -> Door {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let desk = Arc::new(desk);
    let (stop, stopped) = oneshot::channel::<()>();
    let behind: Arc<dyn WebDesk> = Arc::clone(&desk) as Arc<dyn WebDesk>;
    let served = tokio::spawn(serve_with(listener, behind, limits, async move {
        let _ = stopped.await;
    }));
    Door {
        port,
        desk,
        stop: Some(stop),
        served,
    }
}

async fn door() -> Door {
    let desk = Desk {
        media: b"0123456789".to_vec(),
        ..Desk::default()
    };
    door_with(desk, WebLimits::default()).await
}

impl Door {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// Sends these bytes and reads until the door closes.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(10), read)
            .await
            .expect("an end");
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn ask(&self, line: &str, headers: &str, body: &str) -> Reply {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let text = self
            .raw(format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}{length}\r\n{body}").as_bytes())
            .await;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{line}: {text:?}"));
        Reply {
            status: head[9..12].parse().unwrap(),
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), "", "").await
    }

    fn asked(&self) -> Vec<String> {
        self.desk.asked.lock().unwrap().clone()
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|l| l.strip_prefix(&format!("{name}: ")))
    }
}

#[tokio::test]
async fn a_callback_reaches_the_desk_and_shows_a_page() {
    let door = door().await;
    let good = door.get("/oauth/threads/callback?code=AQx%23_&state=good").await;
    assert_eq!(good.status, 200);
    assert!(good.body.contains("Threads is connected") && good.body.contains("@&lt;b&gt;club&lt;/b&gt;"));
    assert!(!good.body.contains("<script") && !good.body.contains("AQx"));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "deny"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(good.header(name), Some(value));
    }
    assert!(
        good.header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'; style-src 'sha256-")
    );
    let denied = door
        .get("/oauth/threads/callback?error=access_denied&state=good")
        .await;
    assert_eq!(
        (denied.status, denied.body.contains("Nothing was connected")),
        (200, true)
    );
    assert_eq!(
        door.get("/oauth/threads/callback?code=a&state=old").await.status,
        400
    );
    assert_eq!(
        door.get("/oauth/threads/callback?code=a&code=b&state=good")
            .await
            .status,
        400
    );
    let inside = door.get("/oauth/threads/callback?code=a&state=panic").await;
    assert_eq!(
        (inside.status, inside.body.contains("failed inside")),
        (400, true)
    );
    assert_eq!(
        door.asked(),
        [
            "threads good AQx",
            "threads good access_denied",
            "threads old a",
            "threads panic a"
        ]
    );
}

#[tokio::test]
async fn everything_else_is_not_found() {
    let door = door().await;
    for line in [
        "GET /",
        "GET /favicon.ico",
        "GET /oauth/threads",
        "GET /oauth/nope/callback",
        "GET /oauth/Bad%20Name/callback",
        "GET /oauth/threads/callback/",
        "POST /oauth/threads/callback",
        "GET /meta/deauthorize",
        "GET /meta/data-deletion",
        "PUT /meta/deauthorize",
        "GET /meta/deletion/none",
        "GET /meta/deletion/a%2Fb",
        "POST /media/picture",
        "GET /media/forged",
        "GET /media/",
        "GET /media/../etc/passwd",
        "GET /media/picture/x",
        "GET //media/picture/",
        "DELETE /media/picture",
        "OPTIONS /",
        "GET /%00",
    ] {
        let reply = door.ask(line, "", "").await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (404, "not found\n"),
            "{line}"
        );
    }
    let long = door.get(&format!("/media/{}", "a".repeat(300))).await;
    assert_eq!(long.status, 404);
}

#[tokio::test]
async fn metas_callbacks_are_verified() {
    let door = door().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = format!("signed_request={VECTOR}");
    let ok = door.ask("POST /meta/deauthorize", form, &body).await;
    assert_eq!(ok.status, 200);
    let told = door.ask("POST /meta/data-deletion", form, &body).await;
    assert_eq!(told.header("content-type"), Some("application/json"));
    assert_eq!(
        told.body,
        r#"{"confirmation_code":"abc123","url":"https://crier.example.org/meta/deletion/abc123"}"#
    );
    let status = door.get("/meta/deletion/abc123").await;
    assert!(status.status == 200 && status.body.contains("being deleted"));
    for bad in [
        String::new(),
        "x=1".into(),
        body.replace("omX", "omY"),
        "signed_request=a.b".into(),
    ] {
        let reply = door.ask("POST /meta/deauthorize", form, &bad).await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (400, "bad request\n"),
            "{bad}"
        );
    }
    assert_eq!(door.asked(), ["deauthorize threads 218471", "delete 218471"]);

    let without = door_with(
        Desk {
            no_apps: true,
            ..Desk::default()
        },
        WebLimits::default(),
    )
    .await;
    assert_eq!(
        without.ask("POST /meta/deauthorize", form, &body).await.status,
        404
    );
}

#[tokio::test]
async fn vendors_messages_reach_the_engine_whole_or_not_at_all() {
    let door = door().await;
    let signed = "TikTok-Signature: good\r\nContent-Type: application/json\r\n";
    let long = "x".repeat(16 * 1024 + 1);
    for (path, head, body, status) in [
        ("/hooks/tiktok", signed, "{}", 200),
        ("/hooks/tiktok", "", "{}", 400),
        ("/hooks/threads", signed, "{}", 404),
        ("/hooks/..", signed, "{}", 404),
        ("/hooks/tiktok/x", signed, "{}", 404),
        ("/hooks/tiktok", signed, long.as_str(), 413),
    ] {
        let reply = door.ask(&format!("POST {path}"), head, body).await;
        assert_eq!(reply.status, status, "{path} {head} {}", body.len());
    }
    let asked = [
        "hook tiktok Some(\"good\") 2",
        "hook tiktok None 2",
        "hook threads Some(\"good\") 2",
    ];
    assert_eq!(door.asked(), asked);
}

#[tokio::test]
async fn media_with_ranges() {
    let door = door().await;
    let whole = door.get("/media/picture").await;
    assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"));
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", "10"),
        ("accept-ranges", "bytes"),
        ("etag", "\"abcdef\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(whole.header(name), Some(value));
    }
    let table: [(&str, u16, &str, Option<&str>); 9] = [
        ("Range: bytes=2-4\r\n", 206, "234", Some("bytes 2-4/10")),
        ("Range: bytes=7-\r\n", 206, "789", Some("bytes 7-9/10")),
        ("Range: bytes=-2\r\n", 206, "89", Some("bytes 8-9/10")),
        ("Range: bytes=10-\r\n", 416, "", Some("bytes */10")),
        ("Range: bytes=0-1,4-5\r\n", 200, "0123456789", None),
        ("Range: lines=1-2\r\n", 200, "0123456789", None),
        (
            "Range: bytes=2-4\r\nIf-Range: \"abcdef\"\r\n",
            206,
            "234",
            Some("bytes 2-4/10"),
        ),
        (
            "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n",
            200,
            "0123456789",
            None,
        ),
        ("If-None-Match: \"x\", W/\"abcdef\"\r\n", 304, "", None),
    ];
    for (headers, status, body, range) in table {
        let reply = door.ask("GET /media/picture", headers, "").await;
        assert_eq!(
            (reply.status, reply.body.as_str(), reply.header("content-range")),
            (status, body, range),
            "{headers}"
        );
    }
    let head = door.ask("HEAD /media/picture", "Range: bytes=2-4\r\n", "").await;
    assert_eq!(
        (head.status, head.body.as_str(), head.header("content-length")),
        (206, "", Some("3"))
    );
    let page = door.get("/media/page").await;
    assert_eq!(
        (page.header("content-type"), page.header("content-disposition")),
        (Some("application/octet-stream"), Some("attachment"))
    );
}

#[tokio::test]
async fn malformed_and_huge_requests_are_refused() {
    let door = door_with(Desk::default(), hasty()).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET\r\n\r\n",
        b"hello there\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nA B: c\r\n\r\n",
    ] {
        let answer = door.raw(bytes).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer:?}"
        );
    }
    let huge = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(40_000));
    let answer = door.raw(huge.as_bytes()).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer:?}"
    );
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert!(door.raw(many.as_bytes()).await.starts_with("HTTP/1.1 431"));
    let body = format!("signed_request={}", "a".repeat(20_000));
    let answer = door
        .raw(
            format!(
                "POST /meta/deauthorize HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        )
        .await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
        "{answer:?}"
    );
    let endless = b"POST /meta/deauthorize HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\na=b";
    assert!(door.raw(endless).await.starts_with("HTTP/1.1 413"));
    assert_eq!(door.get("/").await.status, 404, "it still answers");
    assert!(door.asked().is_empty());
}

fn hasty() -> WebLimits {
    WebLimits {
        header: Duration::from_millis(200),
        request: Duration::from_millis(400),
        work: Duration::from_secs(20),
        window: Duration::from_millis(200),
        window_bytes: 1024 * 1024,
        ..WebLimits::default()
    }
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let door = door_with(Desk::default(), hasty()).await;
    // One header byte after the other.
    let mut slow = door.connect().await;
    let dripping = async {
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'a')) {
            if slow.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), dripping)
        .await
        .expect("a dripping client is cut off");
    // Nothing at all, or a body that never comes.
    assert!(!door.raw(b"").await.starts_with("HTTP/1.1 2"));
    let body = door
        .raw(b"POST /meta/deauthorize HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsigned")
        .await;
    assert!(!body.starts_with("HTTP/1.1 2"), "{body}");
}

#[tokio::test]
async fn a_login_may_take_longer_and_survives_a_lost_browser() {
    let desk = Desk {
        slow_login: Some(Duration::from_millis(900)),
        ..Desk::default()
    };
    let door = door_with(desk, hasty()).await;
    assert_eq!(
        door.get("/oauth/threads/callback?code=a&state=good").await.status,
        200
    );
    let mut gone = door.connect().await;
    gone.write_all(b"GET /oauth/threads/callback?code=b&state=good HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    drop(gone);
    let both = async {
        while door.asked().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .expect("the second login is carried out");
}

#[tokio::test]
async fn a_stalled_download_is_cut_off_and_a_quick_one_is_not() {
    let media = vec![b'x'; 32 << 20];
    let desk = Desk {
        media,
        ..Desk::default()
    };
    let door = door_with(desk, hasty()).await;
    let whole = door.get("/media/picture").await;
    assert_eq!(whole.body.len(), 32 << 20);
    let mut stalled = door.connect().await;
    stalled
        .write_all(b"GET /media/picture HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0u8; 10];
    stalled.read_exact(&mut first).await.unwrap();
    // Reads nothing until the door has closed, which frees its place.
    let closed = async {
        loop {
            if stalled.write_all(b"x").await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed)
        .await
        .expect("a stalled download is cut off");
}

#[tokio::test]
async fn more_connections_than_places_wait_and_are_served() {
    let limits = WebLimits {
        connections: 8,
        ..hasty()
    };
    let desk = Desk {
        media: b"0123456789".to_vec(),
        ..Desk::default()
    };
    let door = Arc::new(door_with(desk, limits).await);
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(door.connect().await);
    }
    // The idle ones lose their places after the header's time, in rounds of eight.
    assert_eq!(door.get("/media/picture").await.status, 200);
    let many = (0..100).map(|_| {
        let door = Arc::clone(&door);
        tokio::spawn(async move { door.get("/media/picture").await.status })
    });
    for one in many.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn shutting_down_lets_requests_finish() {
    let desk = Desk {
        slow_login: Some(Duration::from_millis(300)),
        ..Desk::default()
    };
    let mut door = door_with(desk, WebLimits::default()).await;
    let mut stream = door.connect().await;
    stream
        .write_all(b"GET /oauth/threads/callback?code=b&state=good HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    // A second connection is served only after the first was accepted.
    assert_eq!(door.get("/").await.status, 404);
    door.stop.take().unwrap().send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), door.served)
        .await
        .unwrap()
        .unwrap();
}
