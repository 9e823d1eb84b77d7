//! The HTTP client: what is sent, and what each ending means.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine as _;
use crier::core::call::{
    Answer, Auth, Body, FilePart, HttpCall, HttpReply, Method, Reply, SecretName, TroubleKind, Value,
};
use crier::domain::media::MediaId;
use crier::domain::time::{Span, Timestamp};
use crier::wire::{HttpWire, Secrets, Target, Transcript, WireSettings};
use secrecy::SecretString;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use url::Url;

use super::support::{Keys, Shelf, answering, certificate, read_request, write_file};

const TOKEN: &str = "THQWtokenMARKED0123456789";

fn keys() -> Keys {
    Keys::with(&[
        (SecretName::AccessToken, TOKEN),
        (SecretName::ClientId, "clientidMARKED"),
        (SecretName::ClientSecret, "appsecretMARKED+/="),
    ])
}

fn target(base: &str) -> Target {
    Target {
        hosts: BTreeMap::from([("api_base".to_owned(), Url::parse(base).unwrap())]),
        now: Timestamp::from_secs(1_800_000_000),
        nonce: "nonce".to_owned(),
    }
}

fn call(method: Method, path: &str) -> HttpCall {
    HttpCall {
        method,
        host: "api_base",
        named_host: None,
        path: path.into(),
        query: vec![],
        headers: vec![],
        auth: Auth::None,
        body: Body::Empty,
        timeout: Span::secs(10),
        label: "POST /{user}/threads".into(),
    }
}

fn wire() -> HttpWire {
    HttpWire::new(&WireSettings {
        user_agent: "crier/test".into(),
        ..WireSettings::default()
    })
    .unwrap()
}

async fn perform(call: &HttpCall, base: &str) -> (Answer, Transcript) {
    let (answer, transcript) = wire().perform(call, &target(base), &keys(), &Shelf(vec![])).await;
    let said = format!("{answer:?}").replace("THQWissued", "");
    for secret in [TOKEN, "appsecretMARKED"] {
        assert!(!transcript.to_string().contains(secret), "{transcript}");
        assert!(!said.contains(secret), "{said}");
    }
    (answer, transcript)
}

fn http(answer: Answer) -> HttpReply {
    match answer {
        Answer::Answered(Reply::Http(reply)) => reply,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sends_path_query_headers_token_and_form() {
    let (port, served) = answering(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-App-Usage: {}\r\nServer: x\r\nContent-Length: 11\r\n\r\n{\"id\":\"17\"}"
            .to_vec(),
    )
    .await;
    let mut call = call(Method::Post, "/v1.0/me%2F1/threads");
    call.query = vec![
        ("fields".into(), "id,text".into()),
        ("secret".into(), Value::Secret(SecretName::ClientSecret)),
    ];
    call.headers = vec![("X-Thing".into(), "yes".into())];
    call.auth = Auth::Bearer;
    call.body = Body::Form(vec![
        ("text".into(), "ä & b".into()),
        ("image_url".into(), Value::MediaUrl(MediaId(3))),
    ]);
    let (answer, transcript) = perform(&call, &format!("http://127.0.0.1:{port}/threads/?x=1#y")).await;
    let seen = served.await.unwrap();
    let mut lines = seen.split("\r\n");
    assert_eq!(
        lines.next().unwrap(),
        "POST /threads/v1.0/me%2F1/threads?fields=id%2Ctext&secret=appsecretMARKED%2B%2F%3D HTTP/1.1"
    );
    assert!(
        seen.contains("authorization: Bearer THQWtokenMARKED0123456789\r\n"),
        "{seen}"
    );
    assert!(seen.contains("x-thing: yes\r\n") && seen.contains("user-agent: crier/test\r\n"));
    assert!(
        seen.ends_with("\r\n\r\ntext=%C3%A4+%26+b&image_url=https%3A%2F%2Fcrier.example.org%2Fmedia%2F3")
    );
    let reply = http(answer);
    assert_eq!((reply.status, reply.truncated), (200, false));
    assert_eq!(reply.json().unwrap()["id"], "17");
    let names: Vec<_> = reply.headers.keys().cloned().collect();
    assert_eq!(names, ["content-type", "x-app-usage"]);
    assert_eq!(transcript.to_string(), "POST /{user}/threads: 200");
}

#[tokio::test]
async fn a_token_goes_as_oauth_header_or_query_parameter() {
    for (auth, wanted) in [
        (Auth::OAuth, format!("authorization: OAuth {TOKEN}\r\n")),
        (
            Auth::Query("access_token"),
            format!("GET /me?access_token={TOKEN} HTTP/1.1"),
        ),
        // meta-common.md 6: HMAC-SHA256 of the token, by the app's secret.
        (
            Auth::BearerProven,
            "GET /me?appsecret_proof=c66177e828fa7b397e5f66836a6b559c91a5494cd2249cf7d7365af979863f75 HTTP/1.1".to_owned(),
        ),
    ] {
        let (port, served) = answering(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
        let mut call = call(Method::Get, "/me");
        call.auth = auth;
        let (answer, _) = perform(&call, &format!("http://localhost:{port}")).await;
        assert_eq!(http(answer).status, 204);
        assert!(served.await.unwrap().contains(&wanted));
    }
}

/// A token that a call names itself goes with its proof, and an answer that repeats that does not show it.
#[tokio::test]
async fn a_named_token_is_proven() {
    const PROOF: &str = "c66177e828fa7b397e5f66836a6b559c91a5494cd2249cf7d7365af979863f75";
    let body = format!(r#"{{"error":{{"message":"Bad proof {PROOF}","type":"OAuthException","code":104}}}}"#);
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (port, served) = answering(answer.into_bytes()).await;
    let mut call = call(Method::Delete, "/me/permissions");
    call.query = vec![
        ("access_token".into(), Value::Secret(SecretName::AccessToken)),
        ("appsecret_proof".into(), Value::Proof(SecretName::AccessToken)),
    ];
    let (answer, transcript) = perform(&call, &format!("http://127.0.0.1:{port}")).await;
    let seen = served.await.unwrap();
    let wanted = format!("DELETE /me/permissions?access_token={TOKEN}&appsecret_proof={PROOF} HTTP/1.1");
    assert!(seen.starts_with(&wanted), "{seen}");
    assert_eq!(http(answer).status, 400);
    let told = transcript.to_string();
    assert!(told.contains("Bad proof [redacted]"), "{told}");
}

#[tokio::test]
async fn an_errors_words_are_kept_and_its_tokens_are_not() {
    let body = format!(
        r#"{{"error":{{"message":"Bad token {TOKEN}\u0007","type":"OAuthException","code":190,"error_subcode":463,"fbtrace_id":"AbC"}}}}"#
    );
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (port, _served) = answering(answer.into_bytes()).await;
    let mut call = call(Method::Get, "/me");
    call.auth = Auth::Bearer;
    let (answer, transcript) = perform(&call, &format!("http://127.0.0.1:{port}")).await;
    assert_eq!(http(answer).json().unwrap()["error"]["code"], 190);
    assert_eq!(
        transcript.to_string(),
        "POST /{user}/threads: 400 (code 190, subcode 463, OAuthException, Bad token [redacted], fbtrace_id AbC)"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (port, _served) = answering(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n".to_vec(),
    )
    .await;
    let (answer, _) = perform(&call(Method::Post, "/a"), &format!("http://127.0.0.1:{port}")).await;
    let reply = http(answer);
    assert_eq!(
        (reply.status, reply.headers["location"].as_str()),
        (302, "http://127.0.0.1:1/x")
    );
}

#[tokio::test]
async fn long_answers_are_cut_and_marked() {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 3 << 20).into_bytes();
    answer.extend(std::iter::repeat_n(b'x', 3 << 20));
    let (port, _served) = answering(answer).await;
    let (answer, transcript) = perform(&call(Method::Get, "/a"), &format!("http://127.0.0.1:{port}")).await;
    let reply = http(answer);
    assert_eq!((reply.body.len(), reply.truncated), (1 << 20, true));
    assert_eq!(transcript.detail, "answer longer than 1 MiB");
}

#[tokio::test]
async fn what_broke_off_after_sending_is_lost() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"id\":",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n",
        b"no HTTP at all\r\n\r\n",
    ] {
        let (port, _served) = answering(answer.to_vec()).await;
        let (got, transcript) = perform(&call(Method::Post, "/a"), &format!("http://127.0.0.1:{port}")).await;
        assert!(
            matches!(got, Answer::Lost(_)),
            "{}: {got:?}",
            String::from_utf8_lossy(answer)
        );
        assert_eq!(transcript.status, None);
    }
}

#[tokio::test]
async fn silence_is_lost_after_the_calls_own_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut call = call(Method::Post, "/a");
    call.timeout = Span(150);
    let (answer, _) = perform(&call, &format!("http://127.0.0.1:{port}")).await;
    assert_eq!(
        answer,
        Answer::Lost("no complete answer from 127.0.0.1 within 150ms".into())
    );
}

#[tokio::test]
async fn what_never_left_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let cases = [
        (format!("http://127.0.0.1:{closed}"), TroubleKind::Network),
        ("https://does-not-exist.invalid".into(), TroubleKind::Network),
        ("http://192.0.2.1".into(), TroubleKind::Setup),
        ("http://localhost.example.org".into(), TroubleKind::Setup),
        ("ftp://127.0.0.1".into(), TroubleKind::Setup),
    ];
    for (base, kind) in cases {
        let (answer, _) = perform(&call(Method::Post, "/a"), &base).await;
        match answer {
            Answer::NotSent(trouble) => assert_eq!(trouble.kind, kind, "{base}: {}", trouble.why),
            other => panic!("{base}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_without_its_token_or_with_a_strange_path_is_not_sent() {
    let none = Keys::with(&[]);
    let mut with_token = call(Method::Get, "/me");
    with_token.auth = Auth::Bearer;
    let at = target("https://graph.threads.net");
    let (answer, _) = wire().perform(&with_token, &at, &none, &Shelf(vec![])).await;
    assert!(matches!(answer, Answer::NotSent(t) if t.kind == TroubleKind::NoToken));
    for path in [
        "me",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a?b=1",
        "/a b",
        "/a\r\nX: y",
        "/ä",
        "/a\\b",
    ] {
        let (answer, _) = wire()
            .perform(&call(Method::Get, path), &at, &none, &Shelf(vec![]))
            .await;
        assert!(
            matches!(answer, Answer::NotSent(t) if t.kind == TroubleKind::Setup),
            "{path}"
        );
    }
}

#[tokio::test]
async fn media_ranges_are_streamed_and_checked() {
    let dir = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..200_000u32).map(|n| b'a' + (n % 26) as u8).collect();
    let shelf = Shelf(vec![write_file(dir.path(), "a", &bytes)]);
    let (port, served) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let mut call = call(Method::Put, "/upload");
    let body = |offset, length| Body::Media {
        id: MediaId(0),
        mime: "video/mp4".into(),
        offset,
        length,
    };
    call.body = body(1000, 150_000);
    let at = target(&format!("http://127.0.0.1:{port}"));
    let (answer, _) = wire().perform(&call, &at, &keys(), &shelf).await;
    assert_eq!(http(answer).status, 200);
    let seen = served.await.unwrap();
    assert!(seen.contains("content-length: 150000\r\n") && seen.contains("content-type: video/mp4\r\n"));
    assert!(!seen.contains("transfer-encoding"));
    let sent = seen.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(sent.as_bytes(), &bytes[1000..151_000]);

    for (offset, length) in [(0, 200_001), (200_000, 1), (u64::MAX, 2)] {
        call.body = body(offset, length);
        let (answer, _) = wire().perform(&call, &at, &keys(), &shelf).await;
        assert!(matches!(answer, Answer::NotSent(t) if t.kind == TroubleKind::Media));
    }
}

#[tokio::test]
async fn a_file_goes_with_fields_in_one_body() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf(vec![write_file(dir.path(), "a", b"0123456789")]);
    let (port, served) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let mut call = call(Method::Post, "/photos");
    call.body = Body::Multipart {
        fields: vec![("published".to_owned(), "false".into())],
        part: FilePart {
            field: "source".to_owned(),
            file_name: "photo.jpg".to_owned(),
            id: MediaId(0),
            mime: "image/jpeg".to_owned(),
            offset: 2,
            length: 5,
        },
    };
    let at = target(&format!("http://127.0.0.1:{port}"));
    let (answer, _) = wire().perform(&call, &at, &keys(), &shelf).await;
    assert_eq!(http(answer).status, 200);
    let seen = served.await.unwrap();
    assert!(
        seen.contains("content-type: multipart/form-data; boundary="),
        "{seen}"
    );
    let body = seen.split_once("\r\n\r\n").unwrap().1;
    assert!(body.contains("name=\"published\"\r\n\r\nfalse\r\n"), "{body}");
    assert!(
        body.contains("name=\"source\"; filename=\"photo.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n23456\r\n"),
        "{body}"
    );
    assert!(!seen.contains("transfer-encoding"));
}

#[tokio::test]
async fn the_app_names_itself_and_addresses_of_media_stand_inside_json() {
    let (port, served) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let mut call = call(Method::Post, "/token");
    call.auth = Auth::Basic;
    call.body = Body::JsonWith {
        json: serde_json::json!({"source": {"urls": ["", "x"]}}),
        put: vec![("/source/urls/0".to_owned(), Value::MediaUrl(MediaId(3)))],
    };
    // Behind a stand-in the named host is not used.
    call.named_host = Some("upload.example.com".to_owned());
    let (answer, _) = perform(&call, &format!("http://127.0.0.1:{port}")).await;
    assert_eq!(http(answer).status, 200);
    let seen = served.await.unwrap();
    let basic = base64::engine::general_purpose::STANDARD.encode("clientidMARKED:appsecretMARKED%2B%2F%3D");
    assert!(
        seen.contains(&format!("authorization: Basic {basic}\r\n")),
        "{seen}"
    );
    assert!(
        seen.ends_with(r#"{"source":{"urls":["https://crier.example.org/media/3","x"]}}"#),
        "{seen}"
    );
    call.body = Body::JsonWith {
        json: serde_json::json!({}),
        put: vec![("/nowhere".to_owned(), "x".into())],
    };
    let (answer, _) = perform(&call, &format!("http://127.0.0.1:{port}")).await;
    assert!(matches!(answer, Answer::NotSent(t) if t.kind == TroubleKind::Setup));
}

/// A public client's id stands in the form (RFC 6749 3.2.1); a signed call carries no token in clear.
#[tokio::test]
async fn an_app_without_a_secret_and_a_signed_call() {
    struct Public(Keys);
    impl Secrets for Public {
        fn get(&self, name: SecretName) -> Result<Option<SecretString>, crier::core::call::Trouble> {
            self.0.get(name)
        }
        fn public_client(&self) -> bool {
            true
        }
    }
    let (port, served) = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    let mut call = call(Method::Post, "/token");
    call.auth = Auth::Basic;
    call.body = Body::Form(vec![("grant_type".into(), "refresh_token".into())]);
    let at = target(&format!("http://127.0.0.1:{port}"));
    let (answer, _) = wire().perform(&call, &at, &Public(keys()), &Shelf(vec![])).await;
    assert_eq!(http(answer).status, 200);
    let seen = served.await.unwrap();
    assert!(
        seen.ends_with("grant_type=refresh_token&client_id=clientidMARKED"),
        "{seen}"
    );
    assert!(!seen.contains("authorization"), "{seen}");

    let headers = b"HTTP/1.1 201 Created\r\nx-user-limit-24hour-remaining: 3\r\nx-transaction-id: t1\r\nContent-Length: 0\r\n\r\n";
    let (port, served) = answering(headers.to_vec()).await;
    call.auth = Auth::OAuth1;
    call.body = Body::Json(serde_json::json!({"text": "a"}));
    let at = target(&format!("http://127.0.0.1:{port}"));
    let keys = Keys::with(&[
        (SecretName::AccessToken, TOKEN),
        (SecretName::TokenSecret, "tokensecretMARKED"),
        (SecretName::ClientId, "clientidMARKED"),
        (SecretName::ClientSecret, "appsecretMARKED+/="),
    ]);
    let (answer, _) = wire().perform(&call, &at, &keys, &Shelf(vec![])).await;
    let reply = http(answer);
    assert_eq!(
        reply
            .headers
            .get("x-user-limit-24hour-remaining")
            .map(String::as_str),
        Some("3")
    );
    assert_eq!(
        reply.headers.get("x-transaction-id").map(String::as_str),
        Some("t1")
    );
    let seen = served.await.unwrap();
    assert!(
        seen.contains("authorization: OAuth oauth_consumer_key=\"clientidMARKED\", oauth_nonce=\"nonce\", oauth_signature="),
        "{seen}"
    );
    assert!(seen.contains("oauth_timestamp=\"1800000000\""), "{seen}");
    assert!(
        !seen.contains("tokensecretMARKED") && !seen.contains("appsecretMARKED"),
        "{seen}"
    );

    let (answer, _) = wire().perform(&call, &at, &self::keys(), &Shelf(vec![])).await;
    assert!(matches!(answer, Answer::NotSent(t) if t.why.contains("access_token_secret")));
}

/// With a clock that is wrong a refused signature says nothing about the token (x.md 2.7); with a right one it does.
#[tokio::test]
async fn a_signature_that_a_wrong_clock_spoils() {
    let keys = Keys::with(&[
        (SecretName::AccessToken, TOKEN),
        (SecretName::TokenSecret, "tokensecretMARKED"),
        (SecretName::ClientId, "clientidMARKED"),
        (SecretName::ClientSecret, "appsecretMARKED+/="),
    ]);
    // The call is signed at 2027-01-15 08:00:00.
    for (date, words) in [
        ("Fri, 15 Jan 2027 08:04:00 GMT", None),
        ("Fri, 15 Jan 2027 07:56:00 GMT", None),
        ("Fri, 15 Jan 2027 08:04:01 GMT", Some("4m 1s behind the server's")),
        ("Fri, 15 Jan 2027 06:00:00 GMT", Some("2h ahead of the server's")),
    ] {
        let text = format!("HTTP/1.1 401 Unauthorized\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n");
        for auth in [Auth::OAuth1, Auth::Bearer] {
            let (port, _served) = answering(text.clone().into_bytes()).await;
            let mut call = call(Method::Post, "/2/tweets");
            call.auth = auth;
            let at = target(&format!("http://127.0.0.1:{port}"));
            let (answer, _) = wire().perform(&call, &at, &keys, &Shelf(vec![])).await;
            match words.filter(|_| auth == Auth::OAuth1) {
                Some(words) => {
                    let Answer::NotSent(trouble) = answer else {
                        panic!("{date}: {answer:?}");
                    };
                    assert_eq!(trouble.kind, TroubleKind::Machine);
                    assert!(trouble.why.contains(words), "{}", trouble.why);
                }
                None => assert_eq!(http(answer).status, 401, "{date}"),
            }
        }
    }
}

async fn tls_server(config: std::sync::Arc<rustls::ServerConfig>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let acceptor = tokio_rustls::TlsAcceptor::from(config);
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_request(&mut stream).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    .await;
                let _ = stream.shutdown().await;
            }
        }
    });
    port
}

#[tokio::test]
async fn certificates_are_checked_and_ca_file_adds_one() {
    let dir = tempfile::tempdir().unwrap();
    let (pem, config) = certificate(&["localhost"]);
    let port = tls_server(config).await;
    let base = format!("https://localhost:{port}");
    let (answer, transcript) = perform(&call(Method::Get, "/"), &base).await;
    assert!(
        matches!(&answer, Answer::NotSent(t) if t.kind == TroubleKind::Setup),
        "{answer:?}"
    );
    assert!(
        transcript.detail.contains("certificate of localhost"),
        "{transcript}"
    );

    let trusting = HttpWire::new(&WireSettings {
        ca_file: Some(write_file(dir.path(), "ca.pem", pem.as_bytes())),
        ..WireSettings::default()
    })
    .unwrap();
    let at = |base: &str| target(base);
    let (answer, _) = trusting
        .perform(&call(Method::Get, "/"), &at(&base), &keys(), &Shelf(vec![]))
        .await;
    assert_eq!(http(answer).status, 200);
    let by_number = at(&format!("https://127.0.0.1:{port}"));
    let (answer, _) = trusting
        .perform(&call(Method::Get, "/"), &by_number, &keys(), &Shelf(vec![]))
        .await;
    assert!(
        matches!(&answer, Answer::NotSent(t) if t.kind == TroubleKind::Setup),
        "{answer:?}"
    );
}

#[test]
fn bad_settings_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let with = |proxy: Option<&str>, ca_file: Option<PathBuf>| {
        HttpWire::new(&WireSettings {
            proxy: proxy.map(str::to_owned),
            ca_file,
            user_agent: "crier".into(),
        })
        .err()
        .map(|t| t.why)
        .unwrap_or_default()
    };
    assert!(with(Some("http://u:geheim@[bad"), None).starts_with("`proxy` is not an address"));
    assert!(!with(Some("http://u:geheim@[bad"), None).contains("geheim"));
    assert!(with(None, Some(dir.path().join("none"))).contains("cannot be read"));
    let empty = write_file(dir.path(), "empty", b"hello");
    assert!(with(None, Some(empty)).contains("no certificate in it"));
}
