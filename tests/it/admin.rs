//! The admin socket: who may do what, what hostile requests get, what the document says.

mod client;
mod document;
mod door;
pub mod fake;
mod hostile;
mod roles;
mod truth;

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

/// Waits for what must happen soon.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work)
        .await
        .expect("it happens within ten seconds")
}
