//! The admin socket: who may do what, what hostile requests get, what the document says.

pub mod fake;

use std::collections::BTreeSet;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crier::admin::client::{Client, ClientError, Package};
use crier::admin::peer::{Credentials, Peer, Principal, Rights};
use crier::admin::types::*;
use crier::admin::{DoorError, Limits, MODE, Permission, bind, document, routes, serve};
use fake::{Fake, POST};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A served fake on a socket of its own.
pub struct Served {
    pub desk: Arc<Fake>,
    pub path: PathBuf,
    pub client: Client,
    stopping: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Served {
    /// With us as the daemon's own user.
    pub fn start() -> Served {
        Self::with(
            Limits::default(),
            rights(rustix::process::geteuid().as_raw(), &[], &[]),
        )
    }

    pub fn with(limits: Limits, rights: Rights) -> Served {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.sock");
        let socket = bind(&path, MODE).unwrap();
        let desk = Fake::new();
        let stopping = CancellationToken::new();
        let (_, rights) = watch::channel(Arc::new(rights));
        let serving = tokio::spawn(serve(socket, desk.clone(), rights, limits, stopping.clone()));
        Served {
            desk,
            client: Client::new(&path),
            path,
            stopping,
            serving,
            _dir: dir,
        }
    }

    pub async fn stop(self) {
        self.stopping.cancel();
        self.serving.await.unwrap();
    }

    /// Sends bytes, gives all that comes until the end.
    async fn say(&self, text: &str) -> String {
        let mut stream = UnixStream::connect(&self.path).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }
}

async fn read_all(stream: &mut UnixStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    read.expect("the server ends the connection").ok();
    String::from_utf8(answer).unwrap()
}

fn rights(own: u32, viewers: &[&str], operators: &[&str]) -> Rights {
    let parse = |list: &[&str]| -> Vec<Principal> { list.iter().map(|p| p.parse().unwrap()).collect() };
    Rights::resolve(&parse(viewers), &parse(operators), own).0
}

/// The application without a socket, as a peer of our choosing.
async fn ask_as(
    role: Option<Role>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, serde_json::Value) {
    let desk = Fake::new();
    let (status, text) = ask(&desk, role, method, path, headers, body).await;
    (
        status,
        serde_json::from_str(&text).unwrap_or(serde_json::Value::Null),
    )
}

async fn ask(
    desk: &Arc<Fake>,
    role: Option<Role>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    use http_body_util::BodyExt;
    use hyper::service::Service;
    let app = crier::admin::app(crier::admin::Context {
        desk: desk.clone(),
        stopping: CancellationToken::new(),
        streams: Arc::new(tokio::sync::Semaphore::new(1)),
        upload_max: 1 << 20,
    });
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = Peer {
        credentials: Credentials {
            uid: 1000,
            gid: 1000,
            pid: 4711,
            groups: vec![],
        },
        name: "deploy".into(),
        role,
    };
    let request = request
        .extension(peer)
        .body(http_body_util::Full::new(bytes::Bytes::from(body.to_owned())))
        .unwrap();
    let service = hyper_util::service::TowerToHyperService::new(app);
    let response = service.call(request).await.unwrap();
    let status = response.status().as_u16();
    assert!(response.headers().contains_key("crier-version"));
    assert_eq!(response.headers()["crier-now"], "2026-12-01T08:00:00Z");
    if status >= 400 {
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let streaming = response.headers()["content-type"] == "application/x-ndjson";
    if streaming {
        return (status, String::new());
    }
    let text = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

/// A path with its parameters filled in.
fn example(path: &str) -> String {
    let path = path.replace("/posts/{id}", &format!("/posts/{POST}"));
    let path = path.replace("/accounts/{name}", "/accounts/club-threads");
    path.replace("/queues/{name}", "/queues/news")
        .replace("{id}", "18000")
}

/// What a row needs beside its path.
fn body_of(method: &str, path: &str) -> (&'static str, &'static str) {
    match (method, path) {
        ("POST", "/v1/posts") => ("?queue=news&name=hello.txt", "hello"),
        ("POST", "/v1/freeze" | "/v1/thaw") => ("", r#"{"scope":"all"}"#),
        ("POST", "/v1/accounts/{name}/connect/complete") => {
            ("", r#"{"redirect":"https://x/?code=1&state=2"}"#)
        }
        ("POST", "/v1/posts/{id}/resolve") => ("", r#"{"verdict":"not-published"}"#),
        _none => ("", ""),
    }
}

#[tokio::test]
async fn every_route_keeps_to_its_permission() {
    let roles = [None, Some(Role::View), Some(Role::Operate), Some(Role::All)];
    for route in routes() {
        let method = route.method_name();
        let (query, body) = body_of(&method, route.path);
        let path = format!("{}{query}", example(route.path));
        let mut admitted = Vec::new();
        for role in roles {
            let (status, text) = ask(
                &Fake::new(),
                role,
                &method,
                &path,
                &[("content-type", "application/json")],
                body,
            )
            .await;
            assert_ne!(status, 404, "{method} {path}: {text}");
            assert_ne!(status, 405, "{method} {path}: {text}");
            assert!(status != 400 && status != 415, "{method} {path}: {text}");
            if status != 403 {
                admitted.push(role);
            }
        }
        let expected: Vec<Option<Role>> = match route.permission {
            Permission::Anyone => roles.to_vec(),
            Permission::Role(needed) => roles
                .into_iter()
                .filter(|role| role.is_some_and(|r| r >= needed))
                .collect(),
        };
        assert_eq!(admitted, expected, "{method} {}", route.path);
    }
}

#[test]
fn changes_need_more_than_looking() {
    for route in routes() {
        let looks = matches!(route.method_name().as_str(), "GET");
        let needed = match route.permission {
            Permission::Anyone => None,
            Permission::Role(role) => Some(role),
        };
        if looks {
            assert!(needed <= Some(Role::View), "{}", route.path);
        } else {
            assert!(needed >= Some(Role::Operate), "{}", route.path);
        }
    }
}

#[test]
fn the_table_of_permissions() {
    let table: Vec<String> = routes()
        .iter()
        .map(|route| {
            let permission = match route.permission {
                Permission::Anyone => "anyone".to_owned(),
                Permission::Role(role) => role.to_string(),
            };
            format!("{permission:8} {:6} {}", route.method_name(), route.path)
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn the_document_lists_exactly_the_routes() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let served: BTreeSet<String> = routes()
        .iter()
        .map(|route| format!("{} {}", route.method_name(), route.path))
        .collect();
    assert_eq!(documented, served);
    assert_eq!(served.len(), routes().len(), "no route twice");
}

#[test]
fn every_reference_of_the_document_resolves() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut stack = vec![&document];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(|r| r.as_str()) {
                    let name = target.strip_prefix("#/components/schemas/").unwrap();
                    assert!(schemas.contains_key(name), "{target} leads nowhere");
                    seen += 1;
                }
                stack.extend(map.values());
            }
            serde_json::Value::Array(list) => stack.extend(list),
            _plain => {}
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn operations_have_ids_words_and_parameters() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()));
            assert!(operation["summary"].as_str().unwrap().ends_with('.'));
            assert!(operation["x-crier-permission"].is_string());
            let declared: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .map(|list| {
                    list.iter()
                        .filter(|p| p["in"] == "path")
                        .map(|p| p["name"].as_str().unwrap())
                        .collect()
                })
                .unwrap_or_default();
            let in_path: BTreeSet<&str> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(declared, in_path, "{path}");
        }
    }
}

#[tokio::test]
async fn problems_say_what_to_do() {
    let json = ("content-type", "application/json");
    let cases: [(&str, &str, &[(&str, &str)], &str); 16] = [
        ("GET", "/v1/nowhere", &[], ""),
        ("PUT", "/v1/status", &[], ""),
        ("GET", "/v1/accounts/nobody", &[], ""),
        ("GET", "/v1/accounts/Not%20A%20Name", &[], ""),
        ("GET", "/v1/posts/ab", &[], ""),
        ("GET", "/v1/posts?state=lost", &[], ""),
        ("GET", "/v1/status?verbose=1", &[], ""),
        ("POST", "/v1/freeze", &[json], "{"),
        ("POST", "/v1/freeze", &[json], r#"{"scope":"everything"}"#),
        ("POST", "/v1/freeze", &[json], r#"{"scope":"all","why":"x"}"#),
        ("POST", "/v1/freeze", &[], r#"{"scope":"all"}"#),
        ("POST", "/v1/freeze", &[json], ""),
        ("DELETE", "/v1/posts/hello.toml", &[("if-match", "yesterday")], ""),
        ("DELETE", "/v1/posts/hello.toml", &[("if-match", "\"6\"")], ""),
        ("POST", "/v1/posts?queue=news&name=../../etc/passwd.txt", &[], "x"),
        ("POST", "/v1/posts?queue=news", &[], "x"),
    ];
    let mut page = String::new();
    for (method, path, headers, body) in cases {
        let (status, problem) = ask_as(Some(Role::All), method, path, headers, body).await;
        assert_eq!(problem["status"], status);
        page += &format!(
            "{method} {path} {body}\n  {status} {}\n  {}\n  {}\n",
            problem["type"].as_str().unwrap(),
            problem["detail"].as_str().unwrap(),
            problem["help"].as_str().unwrap_or("-")
        );
    }
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn a_forbidden_caller_reads_how_to_get_rights() {
    let mut page = String::new();
    for (role, method, path) in [
        (None, "GET", "/v1/status"),
        (Some(Role::View), "POST", "/v1/posts/hello.toml/retry"),
        (Some(Role::Operate), "POST", "/v1/reload"),
        (
            Some(Role::View),
            "GET",
            "/v1/accounts/club-threads/profile?force=true",
        ),
    ] {
        let (status, problem) = ask_as(role, method, path, &[], "").await;
        assert_eq!(status, 403);
        page += &format!(
            "{}\n  {}\n",
            problem["detail"].as_str().unwrap(),
            problem["help"].as_str().unwrap()
        );
    }
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn nothing_reaches_the_desk_of_a_forbidden_request() {
    let desk = Fake::new();
    for route in routes() {
        let method = route.method_name();
        if method != "GET" {
            let (query, body) = body_of(&method, route.path);
            let path = format!("{}{query}", example(route.path));
            let json = [("content-type", "application/json")];
            ask(&desk, Some(Role::View), &method, &path, &json, body).await;
        }
    }
    assert_eq!(desk.taken(), Vec::<String>::new());
}

#[tokio::test]
async fn web_pages_and_foreign_hosts_are_refused() {
    for headers in [
        [("origin", "http://localhost")],
        [("origin", "null")],
        [("sec-fetch-site", "same-origin")],
        [("host", "evil.example")],
        [("host", "127.0.0.1")],
        [("host", "localhost.evil.example")],
        [("host", "crier@evil.example:80")],
    ] {
        let (status, problem) = ask_as(Some(Role::All), "GET", "/v1/status", &headers, "").await;
        assert_eq!(status, 403, "{headers:?}");
        assert_eq!(problem["type"], "tag:crier,2026:problem/foreign-origin");
    }
    for host in ["localhost", "localhost:80", "crier", ""] {
        let (status, _) = ask_as(Some(Role::All), "GET", "/v1/status", &[("host", host)], "").await;
        assert_eq!(status, 200, "{host:?}");
    }
    let (status, _) = ask_as(Some(Role::All), "GET", "http://evil.example/v1/status", &[], "").await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let served = Served::start();
    let body = format!("{{\"scope\":\"all\",\"reason\":\"{}\"}}", "x".repeat(70_000));
    let answer = served
        .say(&format!(
            "POST /v1/freeze HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("problem/too-large"));
    let package = Package {
        name: "big.txt".into(),
        body: vec![b'x'; 2 * 1024 * 1024],
        media: vec![],
    };
    let error = served
        .client
        .submit(&"news".to_owned().try_into().unwrap(), package)
        .await
        .unwrap_err();
    // Refused before all of it was sent: the answer, or the end of the connection, may be seen first.
    assert!(
        matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::TooLarge)
            || matches!(error, ClientError::Broken(_)),
        "{error}"
    );
    assert_eq!(served.desk.taken(), Vec::<String>::new());
}

#[tokio::test]
async fn malformed_requests_harm_nobody() {
    let served = Served::start();
    for text in [
        "HELLO\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n",
        "GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /v1/accounts/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "POST /v1/freeze HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ] {
        let answer = served.say(text).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{text:?}: {answer}"
        );
    }
    let many: String = (0..100).map(|n| format!("X-{n}: y\r\n")).collect();
    let answer = served
        .say(&format!(
            "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(served.client.status().await.is_ok());
}

#[tokio::test]
async fn a_slow_client_is_put_out_and_others_are_served() {
    let limits = Limits {
        headers: Duration::from_millis(200),
        ..Limits::default()
    };
    let served = Served::with(limits, rights(rustix::process::geteuid().as_raw(), &[], &[]));
    let mut slow = UnixStream::connect(&served.path).await.unwrap();
    slow.write_all(b"GET /v1/status HTTP/1.1\r\nHo").await.unwrap();
    assert!(served.client.status().await.is_ok());
    let answer = read_all(&mut slow).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
}

#[tokio::test]
async fn a_full_house_says_so_and_keeps_room_for_root() {
    let limits = Limits {
        connections: 4,
        reserved: 4,
        ..Limits::default()
    };
    let me = rustix::process::geteuid().as_raw();
    // Seen as an operator (a uid that is neither root nor the daemon's) only where we are not root.
    let served = Served::with(limits, rights(me, &[], &[]));
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = UnixStream::connect(&served.path).await.unwrap();
        stream
            .write_all(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0_u8; 12];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        held.push(stream);
    }
    let error = served.client.status().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::Busy),
        "{error}"
    );
    drop(held);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while served.client.status().await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "places are given back");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn too_many_streams_are_refused() {
    let limits = Limits {
        streams: 1,
        ..Limits::default()
    };
    let served = Served::with(limits, rights(rustix::process::geteuid().as_raw(), &[], &[]));
    let _first = served.client.events().await.unwrap();
    let error = served.client.events().await.err().unwrap();
    assert!(
        matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::Busy),
        "{error}"
    );
}

#[tokio::test]
async fn events_come_in_order_and_end_with_the_daemon() {
    let served = Served::start();
    let mut events = served.client.events().await.unwrap();
    for n in 1..=3 {
        served
            .desk
            .events
            .send(fake::event(n, EventKind::Step, "publish"))
            .unwrap();
    }
    for n in 1..=3 {
        assert_eq!(events.next().await.unwrap().unwrap().seq, n);
    }
    served.stop().await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_what_it_missed() {
    let served = Served::start();
    let mut events = served.client.events().await.unwrap();
    // The fake's channel holds 16; nothing yields between these, so the stream's task cannot read.
    for n in 1..=40 {
        served
            .desk
            .events
            .send(fake::event(n, EventKind::Step, "publish"))
            .unwrap();
    }
    let first = events.next().await.unwrap().unwrap();
    assert_eq!(first.kind, EventKind::Missed);
    assert!(first.words.contains("24 events were lost"), "{}", first.words);
    assert_eq!(events.next().await.unwrap().unwrap().seq, 25);
}

#[tokio::test]
async fn the_client_reaches_every_method() {
    let served = Served::start();
    let (client, desk) = (&served.client, &served.desk);
    let club: crier::domain::id::AccountName = "club-threads".to_owned().try_into().unwrap();
    let target = Target {
        post: "hello.toml".into(),
        account: Some(club.clone()),
        if_revision: Some(7),
    };
    client.status().await.unwrap();
    assert_eq!(client.now(), Some(fake::NOW));
    assert_eq!(client.other_version(), None);
    assert_eq!(client.accounts().await.unwrap(), fake::accounts());
    assert_eq!(client.account(&club).await.unwrap(), fake::accounts()[0]);
    assert_eq!(client.post("hello.toml").await.unwrap(), fake::post());
    assert_eq!(client.why(POST).await.unwrap(), fake::why());
    client.transcript(POST).await.unwrap();
    client.capabilities(&club).await.unwrap();
    client.queues().await.unwrap();
    client
        .queue(&"news".to_owned().try_into().unwrap())
        .await
        .unwrap();
    assert_eq!(client.audit(1, 10).await.unwrap(), fake::audit(3)[1..]);
    desk.taken();
    client.connect(&club).await.unwrap();
    client
        .connect_complete(&club, &" https://x/?code=s3cret#_ \n".to_owned().into())
        .await
        .unwrap();
    client.disconnect(&club).await.unwrap();
    client.refresh(&club).await.unwrap();
    client.validate(&club).await.unwrap_err();
    client.profile(&club, true).await.unwrap();
    client.history(&club, 7).await.unwrap();
    client.insights(&club, Some("18000")).await.unwrap();
    client.delete_remote(&club, "<a/b@c d?e#f>").await.unwrap();
    client.posts(&PostFilter::default()).await.unwrap();
    client.cancel(&target).await.unwrap();
    client.retry(&target).await.unwrap_err();
    client.hold(&target, "typo").await.unwrap();
    client.release(&target).await.unwrap();
    client.resolve(&target, &Verdict::NotPublished).await.unwrap();
    client.limits(Some(&club)).await.unwrap();
    client
        .freeze(&Scope::Account(club.clone()), "flood")
        .await
        .unwrap();
    client.thaw(&Scope::All).await.unwrap();
    client.reload().await.unwrap();
    insta::assert_snapshot!(desk.taken().join("\n"));
}

#[tokio::test]
async fn posts_arrive_with_their_media() {
    let served = Served::start();
    let queue = "news".to_owned().try_into().unwrap();
    let alone = Package {
        name: "hello.txt".into(),
        body: b"hello".to_vec(),
        media: vec![],
    };
    served.client.submit(&queue, alone).await.unwrap();
    let media = |name: &str| (name.to_owned(), Path::new("tests/media").join(name));
    let bundle = Package {
        name: "hello.toml".into(),
        body: b"text = \"hello\"".to_vec(),
        media: vec![media("alpha.png"), media("reel-9x16-4s-h264-aac.mp4")],
    };
    served.client.submit(&queue, bundle).await.unwrap();
    let sizes = ["alpha.png", "reel-9x16-4s-h264-aac.mp4"].map(|name| {
        let len = std::fs::metadata(Path::new("tests/media").join(name))
            .unwrap()
            .len();
        format!("{name}={len}")
    });
    assert_eq!(
        served.desk.taken(),
        [
            "submit news Some(\"hello.txt\") Txt 5 bytes [] by all".to_owned(),
            format!("submit news Some(\"hello.toml\") Toml 14 bytes {sizes:?} by all"),
        ]
    );
    let left = std::fs::read_dir(served.desk.staging.path()).unwrap().count();
    assert_eq!(left, 0, "what the desk did not take is removed");
}

#[tokio::test]
async fn uploads_have_a_limit_and_leave_nothing() {
    let limits = Limits {
        upload_max: 1000,
        ..Limits::default()
    };
    let served = Served::with(limits, rights(rustix::process::geteuid().as_raw(), &[], &[]));
    let package = Package {
        name: "hello.toml".into(),
        body: b"text = \"hello\"".to_vec(),
        media: vec![("alpha.png".into(), "tests/media/square-1080.jpg".into())],
    };
    let error = served
        .client
        .submit(&"news".to_owned().try_into().unwrap(), package)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::TooLarge)
            || matches!(error, ClientError::Broken(_)),
        "{error}"
    );
    let empty = || std::fs::read_dir(served.desk.staging.path()).unwrap().count() == 0;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !empty() {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_path_that_is_not_a_socket_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let folder = dir.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    for (path, what) in [
        (&file, "a file"),
        (&link, "a symbolic link"),
        (&folder, "a directory"),
    ] {
        let error = bind(path, MODE).err().unwrap();
        assert!(matches!(error, DoorError::NotASocket { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let error = bind(&dir.path().join("missing/admin.sock"), MODE).err().unwrap();
    assert!(error.to_string().contains("create its directory"), "{error}");
    let error = bind(&dir.path().join("x".repeat(200)), MODE).err().unwrap();
    assert!(error.to_string().contains("choose a shorter one"), "{error}");
}

#[tokio::test]
async fn a_live_socket_is_not_stolen_and_a_dead_one_is_replaced() {
    let served = Served::start();
    let mode = std::fs::metadata(&served.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let error = bind(&served.path, MODE).err().unwrap();
    assert!(matches!(error, DoorError::Live { .. }), "{error}");
    assert!(served.client.status().await.is_ok());

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(std::fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    let socket = bind(&path, MODE).unwrap();
    assert!(bind(&path, MODE).is_err());
    drop(socket);
    assert!(!path.exists(), "its own socket is removed at the end");
}

#[tokio::test]
async fn another_ones_socket_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let first = bind(&path, MODE).unwrap();
    std::fs::remove_file(&path).unwrap();
    let _second = bind(&path, MODE).unwrap();
    drop(first);
    assert!(path.exists());
}

#[tokio::test]
async fn health_and_metrics() {
    let desk = Fake::new();
    let (status, _) = ask(&desk, None, "GET", "/healthz", &[], "").await;
    assert_eq!(status, 200);
    let (status, text) = ask(&desk, Some(Role::View), "GET", "/metrics", &[], "").await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(text);
    *desk.tick.lock().unwrap() = fake::at(-600);
    let (status, text) = ask(&desk, None, "GET", "/healthz", &[], "").await;
    assert_eq!(status, 500, "{text}");
}

#[tokio::test]
async fn rights_follow_a_reload() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let socket = bind(&path, MODE).unwrap();
    let (send, rights_of) = watch::channel(Arc::new(rights(4_000_000_000, &[], &[])));
    let stopping = CancellationToken::new();
    let desk = Fake::new();
    let serving = tokio::spawn(serve(
        socket,
        desk,
        rights_of,
        Limits::default(),
        stopping.clone(),
    ));
    let client = Client::new(&path);
    let me = rustix::process::geteuid().as_raw();
    if me != 0 {
        let error = client.status().await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::Forbidden),
            "{error}"
        );
    }
    let user = format!("user:{me}");
    send.send(Arc::new(rights(4_000_000_000, &[user.as_str()], &[])))
        .unwrap();
    assert!(client.status().await.is_ok());
    stopping.cancel();
    serving.await.unwrap();
    assert!(matches!(
        client.status().await.unwrap_err(),
        ClientError::Absent { .. }
    ));
}

#[tokio::test]
async fn advice_when_there_is_no_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let absent = Client::new(&path).status().await.unwrap_err();
    assert!(absent.to_string().contains("systemctl start crierd"), "{absent}");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let refused = Client::new(&path).status().await.unwrap_err();
    assert!(matches!(refused, ClientError::Refused { .. }), "{refused}");
    assert!(refused.to_string().contains("nobody listens"), "{refused}");
}

#[tokio::test]
async fn advice_when_something_else_answers() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        for answer in [
            "SSH-2.0-other\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        ] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut start = [0_u8; 1024];
            let _ = stream.read(&mut start).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let client = Client::new(&path);
    for _ in 0..2 {
        let error = client.status().await.unwrap_err();
        assert!(matches!(error, ClientError::NotCrier { .. }), "{error:?}");
    }
}
