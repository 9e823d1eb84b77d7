//! Requests that mean harm, and clients that are slow or many.

use super::*;

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
    let free = async {
        while served.client.status().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon(free).await;
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
async fn a_client_that_never_reads_loses_its_place() {
    let limits = Limits {
        streams: 1,
        stall: Duration::from_millis(200),
        ..Limits::default()
    };
    let served = Served::with(limits, rights(rustix::process::geteuid().as_raw(), &[], &[]));
    let mut deaf = UnixStream::connect(&served.path).await.unwrap();
    deaf.write_all(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let long = "x".repeat(100_000);
    let put_out = async {
        while served.client.events().await.is_err() || served.desk.events.receiver_count() == 0 {
            // More than any socket's buffer holds, at the pace at which it is taken.
            let _ = served
                .desk
                .events
                .send(super::fake::event(1, EventKind::Step, &long));
            tokio::task::yield_now().await;
        }
    };
    soon(put_out).await;
    drop(deaf);
}
