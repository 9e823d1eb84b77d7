//! The sandbox behind real sockets, used as a stranger would: lettre, reqwest, plain TCP.

mod vendors;

use std::time::Duration;

use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::mail::StartTls;
use crier::sandbox::serve::{Options, Running, start};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct Bench {
    running: Running,
    folder: tempfile::TempDir,
    http: reqwest::Client,
}

impl Bench {
    async fn new(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options {
            ca_file: Some(folder.path().join("ca.pem")),
            ..Options::default()
        };
        change(&mut options);
        let running = start(options).await.unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            running,
            folder,
            http,
        }
    }

    fn url(&self, target: &str) -> String {
        format!("{}{target}", self.running.addresses.base)
    }

    async fn control(&self, target: &str, body: Value) -> Value {
        self.http
            .post(self.url(target))
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    async fn get(&self, target: &str) -> String {
        self.http
            .get(self.url(target))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    async fn call(&self, token: &str, target: &str, form: &[(&str, &str)]) -> reqwest::Result<Value> {
        let request = if form.is_empty() {
            self.http.get(self.url(target))
        } else {
            self.http.post(self.url(target)).form(form)
        };
        request.bearer_auth(token).send().await?.json().await
    }

    fn mailer(
        &self,
        implicit: bool,
        mechanism: Mechanism,
        secret: &str,
    ) -> AsyncSmtpTransport<Tokio1Executor> {
        let pem = std::fs::read(self.folder.path().join("ca.pem")).unwrap();
        let tls = TlsParameters::builder("localhost".to_owned())
            .add_root_certificate(Certificate::from_pem(&pem).unwrap());
        let tls = tls.build().unwrap();
        let address = if implicit {
            self.running.addresses.smtps
        } else {
            self.running.addresses.smtp
        };
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(address.port())
            .tls(if implicit {
                Tls::Wrapper(tls)
            } else {
                Tls::Required(tls)
            })
            .authentication(vec![mechanism])
            .credentials(Credentials::new(
                "crier@sandbox.example".to_owned(),
                secret.to_owned(),
            ))
            .build()
    }

    fn mails(&self) -> usize {
        self.running.world().mail.messages().len()
    }
}

fn letter() -> Message {
    Message::builder()
        .from("Ada <ada@x.example>".parse().unwrap())
        .to("bob@x.example".parse().unwrap())
        .subject("Grüße & <b>")
        .message_id(Some("<1@x.example>".to_owned()))
        .singlepart(lettre::message::SinglePart::plain(
            "First line\r\n.second begins with a dot\r\n".to_owned(),
        ))
        .unwrap()
}

#[tokio::test]
async fn mail_comes_in_by_both_kinds_of_tls_and_all_mechanisms() {
    let bench = Bench::new(|options| options.mail.starttls = StartTls::Required).await;
    let cases = [
        (false, Mechanism::Plain, "sandbox"),
        (false, Mechanism::Login, "sandbox"),
        (true, Mechanism::Plain, "sandbox"),
        (true, Mechanism::Xoauth2, "sandbox-token"),
    ];
    for (implicit, mechanism, secret) in cases {
        let sent = bench
            .mailer(implicit, mechanism, secret)
            .send(letter())
            .await
            .unwrap();
        assert_eq!(sent.code().to_string(), "250");
        assert!(
            bench
                .mailer(implicit, mechanism, "wrong")
                .send(letter())
                .await
                .is_err()
        );
    }
    let world = bench.running.world();
    assert_eq!(world.mail.messages().len(), 4);
    let stored = &world.mail.messages()[0];
    assert_eq!(
        (stored.tls, stored.from.as_str(), stored.rcpts.as_slice()),
        (true, "ada@x.example", &["bob@x.example".to_owned()][..])
    );
    assert_eq!(stored.complaints, Vec::<String>::new());
    assert!(
        String::from_utf8_lossy(&stored.bytes).contains("\r\n.second begins with a dot\r\n"),
        "dots are unstuffed"
    );
    assert_eq!(world.mail.copies("<1@x.example>", "bob@x.example"), 4);
}

#[tokio::test]
async fn the_final_dot_can_be_lost_either_way() {
    let bench = Bench::new(|_| {}).await;
    for (kind, mails) in [(FaultKind::LostBefore, 0), (FaultKind::LostAfter, 1)] {
        bench
            .running
            .world()
            .faults
            .add(FaultRule::once("smtp.dot", kind));
        let error = bench
            .mailer(false, Mechanism::Plain, "sandbox")
            .send(letter())
            .await
            .unwrap_err();
        assert_eq!(error.status(), None, "no answer: {error}");
        assert_eq!(bench.mails(), mails);
    }
    let refused = json!({"step": "smtp.rcpt", "kind": "smtp_reply", "line": "451 4.7.1 Later"});
    assert_eq!(
        bench.control("/_sandbox/faults", refused).await["ids"],
        json!([3])
    );
    let error = bench
        .mailer(false, Mechanism::Plain, "sandbox")
        .send(letter())
        .await
        .unwrap_err();
    assert_eq!(
        error.status().map(|code| code.to_string()).as_deref(),
        Some("451")
    );
}

#[tokio::test]
async fn a_smuggled_message_is_refused() {
    let bench = Bench::new(|options| options.mail.require_auth = false).await;
    let mut stream = TcpStream::connect(bench.running.addresses.smtp).await.unwrap();
    let talk = b"EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nFrom: <a@x.example>\r\n\r\none\n.\nMAIL FROM:<evil@x.example>\r\n.\r\n";
    stream.write_all(talk).await.unwrap();
    let mut said = String::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut said))
        .await
        .unwrap()
        .unwrap();
    assert!(
        said.ends_with("521 5.5.2 Error: bare <LF> received\r\n"),
        "{said}"
    );
    assert_eq!(bench.mails(), 0);
}

/// Logs in as a browser and an app together would, and answers the long token.
async fn log_in(bench: &Bench) -> String {
    let ask = "/oauth/authorize?client_id=sandbox-app&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&response_type=code&state=s\
        &scope=threads_basic,threads_content_publish,threads_manage_replies,threads_read_replies";
    let page = bench.http.get(bench.url(ask)).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let allowed = bench
        .http
        .get(bench.url(ask))
        .header("X-Sandbox-Auto", "allow")
        .send()
        .await
        .unwrap();
    let location = allowed.headers()["location"].to_str().unwrap().to_owned();
    let code = location
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let form = [
        ("client_id", "sandbox-app"),
        ("client_secret", "sandbox-secret"),
        ("code", code.as_str()),
        ("grant_type", "authorization_code"),
        ("redirect_uri", "http://127.0.0.1/cb"),
    ];
    let short = bench.call("none", "/oauth/access_token", &form).await.unwrap()["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let long = format!(
        "/access_token?grant_type=th_exchange_token&client_secret=sandbox-secret&access_token={short}"
    );
    let long: Value = serde_json::from_str(&bench.get(&long).await).unwrap();
    long["access_token"].as_str().unwrap().to_owned()
}

/// One picture behind a real address.
async fn picture_server() -> String {
    let bytes = std::fs::read(format!(
        "{}/tests/media/square-1080.jpg",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().route(
        "/a.jpg",
        axum::routing::get(
            move || async move { ([(axum::http::header::CONTENT_TYPE, "image/jpeg")], bytes) },
        ),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/a.jpg")
}

#[tokio::test]
async fn a_picture_goes_from_login_to_the_wall() {
    let bench = Bench::new(|options| {
        options.switch("threads", "image_delay_ms", 60_000);
    })
    .await;
    let token = log_in(&bench).await;
    let picture = picture_server().await;
    let form = [
        ("media_type", "IMAGE"),
        ("image_url", picture.as_str()),
        ("text", "<i>sea</i>"),
        ("alt_text", "the \"sea\""),
    ];
    let container = bench.call(&token, "/v1.0/me/threads", &form).await.unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let status = format!("/v1.0/{container}?fields=status");
    assert_eq!(
        bench.call(&token, &status, &[]).await.unwrap()["status"],
        "IN_PROGRESS"
    );
    bench
        .control("/_sandbox/clock", json!({"advance_ms": 60_000}))
        .await;
    assert_eq!(
        bench.call(&token, &status, &[]).await.unwrap()["status"],
        "FINISHED"
    );

    let mut events = bench.http.get(bench.url("/wall/events")).send().await.unwrap();
    let published = bench
        .call(&token, "/v1.0/me/threads_publish", &[("creation_id", &container)])
        .await
        .unwrap();
    let event = tokio::time::timeout(Duration::from_secs(20), events.chunk())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&event).contains("event: change"),
        "the wall is told at once"
    );

    let wall = bench.get("/wall").await;
    assert!(
        wall.contains("&lt;i&gt;sea&lt;/i&gt;") && !wall.contains("<i>sea"),
        "{wall}"
    );
    assert!(wall.contains("alt=\"the &quot;sea&quot;\""));
    let id = published["id"].as_str().unwrap();
    let image = bench
        .http
        .get(bench.url(&format!("/wall/media/threads/{id}/0")))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (image.status(), image.headers()["content-type"].to_str().unwrap()),
        (StatusCode::OK, "image/jpeg")
    );
    let read = bench
        .call(&token, &format!("/v1.0/{id}?fields=permalink"), &[])
        .await
        .unwrap();
    let permalink = read["permalink"].as_str().unwrap();
    assert_eq!(
        bench.http.get(permalink).send().await.unwrap().status(),
        StatusCode::OK,
        "permalinks lead to the wall"
    );

    let state: Value = serde_json::from_str(&bench.get("/_sandbox/state").await).unwrap();
    assert_eq!(state["threads"]["published"][0]["id"], id);
    assert_eq!(
        state["threads"]["published"][0]["media"][0]["size"],
        json!([1080, 1080])
    );
    assert_eq!(state["threads"]["violations"], json!([]));
    assert_eq!(state["threads"]["posts"][0]["permalink"], permalink);
}

#[tokio::test]
async fn faults_are_the_same_over_tcp() {
    let bench = Bench::new(|options| options.delay_ms = Some(0)).await;
    let token = bench
        .control("/_sandbox/accounts", json!({"username": "ada"}))
        .await["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let form = [("media_type", "TEXT"), ("text", "a")];
    for (kind, posts) in [("lost_before", 0), ("lost_after", 1), ("truncated", 2)] {
        bench
            .control(
                "/_sandbox/faults",
                json!({"step": "threads.publish", "kind": kind}),
            )
            .await;
        let container = bench.call(&token, "/v1.0/me/threads", &form).await.unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        bench
            .call(&token, "/v1.0/me/threads_publish", &[("creation_id", &container)])
            .await
            .unwrap_err();
        assert_eq!(bench.running.world().threads.published().len(), posts, "{kind}");
    }
    bench
        .control(
            "/_sandbox/faults",
            json!({"step": "threads.profile", "kind": "hang"}),
        )
        .await;
    let hanging = bench
        .http
        .get(bench.url("/v1.0/me"))
        .bearer_auth(&token)
        .timeout(Duration::from_millis(300))
        .send()
        .await;
    assert!(hanging.unwrap_err().is_timeout());
    let bad = bench
        .control(
            "/_sandbox/faults",
            json!({"step": "threads.publish", "kind": "nonsense"}),
        )
        .await;
    assert!(bad["error"].as_str().unwrap().contains("nonsense"), "{bad}");
    let settings = bench
        .control("/_sandbox/settings", json!({"threads": {"post_quota": 1}}))
        .await;
    assert_eq!(
        (
            &settings["threads"]["post_quota"],
            &settings["threads"]["text_delay_ms"]
        ),
        (&json!(1), &json!(0))
    );
    assert!(
        bench
            .control("/_sandbox/settings", json!({"mail": {"shoe": 1}}))
            .await["error"]
            .is_string()
    );
    bench.running.stop().await;
}

#[tokio::test]
async fn removing_the_app_tells_the_app() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/gone", listener.local_addr().unwrap());
    let echo = axum::routing::post(|body: String| async move { axum::Json(json!({ "got": body })) });
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/gone", echo)).await });
    let bench = Bench::new(|_| {}).await;
    let made = bench
        .control("/_sandbox/accounts", json!({"username": "ada"}))
        .await;
    let told = bench
        .control(
            "/_sandbox/revoke",
            json!({"username": "ada", "callback": callback}),
        )
        .await;
    assert_eq!(told["callback"]["status"], 200, "{told}");
    assert!(
        told["callback"]["body"]["got"]
            .as_str()
            .unwrap()
            .starts_with("signed_request="),
        "{told}"
    );
    let dead = bench
        .call(made["token"].as_str().unwrap(), "/v1.0/me", &[])
        .await
        .unwrap();
    assert_eq!(
        (&dead["error"]["code"], &dead["error"]["error_subcode"]),
        (&json!(190), &json!(458))
    );
    assert!(bench.control("/_sandbox/revoke", json!({})).await["error"].is_string());
}

#[tokio::test]
async fn letters_stand_on_the_wall_with_their_attachments() {
    let bench = Bench::new(|_| {}).await;
    let body = lettre::message::MultiPart::mixed()
        .singlepart(lettre::message::SinglePart::plain("Hello <script>".to_owned()))
        .singlepart(
            lettre::message::Attachment::new("a<b.html".to_owned())
                .body("<script>x</script>".to_owned(), "text/html".parse().unwrap()),
        );
    let message = Message::builder()
        .from("ada@x.example".parse().unwrap())
        .to("bob@x.example".parse().unwrap())
        .subject("Ärger")
        .multipart(body)
        .unwrap();
    bench
        .mailer(true, Mechanism::Plain, "sandbox")
        .send(message)
        .await
        .unwrap();
    let wall = bench.get("/wall").await;
    assert!(
        wall.contains("<h3>Ärger</h3>")
            && wall.contains("Hello &lt;script&gt;")
            && wall.contains("a&lt;b.html"),
        "{wall}"
    );
    let file = bench.http.get(bench.url("/wall/mail/1/0")).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert_eq!(file.headers()["content-disposition"], "attachment");
    assert_eq!(file.text().await.unwrap(), "<script>x</script>");
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a deadline of a test against a real process"
)]
fn the_program_says_where_it_listens_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready.json");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_crier-sandbox"))
        .arg("serve")
        .arg("--ready-file")
        .arg(&ready)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !ready.exists() {
        assert!(
            std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none(),
            "it is not ready"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let addresses: Value = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    assert!(
        addresses["base"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}
