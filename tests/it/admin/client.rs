//! The client: every method, uploads, events, advice.

use super::*;

#[tokio::test]
async fn events_come_in_order_and_end_with_the_daemon() {
    let served = Served::start();
    let mut events = served.client.events().await.unwrap();
    for n in 1..=3 {
        served
            .desk
            .events
            .send(super::fake::event(n, EventKind::Step, "publish"))
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
            .send(super::fake::event(n, EventKind::Step, "publish"))
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
    assert_eq!(client.now(), Some(super::fake::NOW));
    assert_eq!(client.other_version(), None);
    assert_eq!(client.accounts().await.unwrap(), super::fake::accounts());
    assert_eq!(client.account(&club).await.unwrap(), super::fake::accounts()[0]);
    assert_eq!(client.post("hello.toml").await.unwrap(), super::fake::post());
    assert_eq!(client.why(POST).await.unwrap(), super::fake::why());
    client.transcript(POST).await.unwrap();
    client.capabilities(&club).await.unwrap();
    client.queues().await.unwrap();
    client
        .queue(&"news".to_owned().try_into().unwrap())
        .await
        .unwrap();
    assert_eq!(client.audit(1, 10).await.unwrap(), super::fake::audit(3)[1..]);
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
    let emptied = async {
        while !empty() {
            tokio::task::yield_now().await;
        }
    };
    soon(emptied).await;
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
