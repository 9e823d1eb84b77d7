//! Lost answers, refusals, and what is asked of a person (tiktok.md 8).

use insta::assert_snapshot;

use super::*;
use crate::core::call::{HttpReply, Reply};
use crate::core::clocks::Clocks;
use crate::core::flow::{IfLost, Next, Recourse, Verdict};
use crate::domain::time::Timestamp;
use crate::platforms::by_name;
use crate::platforms::tests::START;

/// A list with one entry, made so many seconds after the beginning.
fn listed(entries: &[(i64, &str, &str)]) -> Event {
    let entries: Vec<String> = entries
        .iter()
        .map(|(after, words, id)| {
            let made = START.as_secs() + after;
            format!(
                r#"{{"id":"{id}","create_time":{made},"title":"","video_description":"{words}","duration":0,"share_url":"https://www.tiktok.com/@club.kiel/photo/{id}?utm=1"}}"#
            )
        })
        .collect();
    good(&format!(
        r#"{{"videos":[{}],"cursor":1643332803000,"has_more":false}}"#,
        entries.join(",")
    ))
}

#[test]
fn a_lost_announcement_of_a_video_is_repeated() {
    assert_snapshot!(tiktok(
        clip("x"),
        PRIVATE,
        vec![
            Event::Lost,
            creator(),
            Event::Lost,
            opened(),
            piece(201),
            complete("[]")
        ],
    ));
}

#[test]
fn a_lost_piece_is_sent_again_from_where_it_stands() {
    assert_snapshot!(tiktok(
        long_clip(98_765_432),
        PRIVATE,
        vec![
            creator(),
            opened(),
            Event::Lost,
            range(416, "bytes 0-31999999/98765432"),
            piece(206),
            piece(201),
            complete("[]"),
        ],
    ));
}

#[test]
fn a_lost_last_piece_that_arrived() {
    assert_snapshot!(tiktok(
        clip("x"),
        PRIVATE,
        vec![creator(), opened(), Event::Lost, uploaded(1000), complete("[]")],
    ));
}

/// tiktok.md 4.3, 8.1: an upload can be filled for an hour, by TikTok's clock. Ours may be set while it is under way.
#[test]
fn an_upload_ends_by_the_vendors_clock() {
    let platform = by_name("tiktok").unwrap();
    let json = |data: &str| {
        let body = format!(r#"{{"data":{data},"error":{{"code":"ok","message":"","log_id":"2022"}}}}"#);
        let body = body.into_bytes();
        Reply::Http(HttpReply {
            status: 200,
            body,
            ..HttpReply::default()
        })
    };
    let state_after = |ours: i64, theirs: i64| {
        let mut job = job_of(long_clip(98_765_432), PRIVATE);
        let heard = |theirs: i64, ours: i64| {
            let (theirs, ours) = (START.after_secs(theirs), START.after_secs(ours));
            Some(Clocks { theirs, ours })
        };
        job.heard = heard(0, 0);
        let opened = r#"{"publish_id":"v_pub_file~v2-1.1","upload_url":"https://open-upload.tiktokapis.com/video/?upload_id=1"}"#;
        let asked = r#"{"creator_username":"club","privacy_level_options":["SELF_ONLY"],"max_video_post_duration_sec":600}"#;
        let mut state = platform.begin(&job);
        for reply in [json(asked), json(opened)] {
            state = match platform.absorb(&job, &state, &reply, START).unwrap() {
                Verdict::Advance(state) => state,
                other => panic!("{other:?}"),
            };
        }
        // All but the last piece are there, and its answer is lost.
        let piece = Reply::Http(HttpReply {
            status: 206,
            ..HttpReply::default()
        });
        let look = loop {
            match platform.next(&job, &state, START).unwrap() {
                Next::Commit(commit) => match commit.if_lost() {
                    IfLost::Never(Recourse::Look(look)) => break look.clone(),
                    other => panic!("{other:?}"),
                },
                _ => match platform.absorb(&job, &state, &piece, START).unwrap() {
                    Verdict::Advance(next) => state = next,
                    other => panic!("{other:?}"),
                },
            }
        };
        job.heard = heard(theirs, ours);
        let open = json(r#"{"status":"PROCESSING_UPLOAD","uploaded_bytes":64000000}"#);
        match platform
            .absorb(&job, &look, &open, START.after_secs(ours))
            .unwrap()
        {
            Verdict::NotOut(state) => platform.step_name(&state),
            other => panic!("{other:?}"),
        }
    };
    let (rest, anew) = (state_after(20, 20), state_after(3700, 3700));
    assert_ne!(rest, anew);
    // Our clock was set ahead by two hours, or back: it is TikTok's that counts.
    assert_eq!(state_after(7220, 20), rest, "the rest is sent");
    assert_eq!(state_after(100, 3700), anew, "nobody can fill it any more");
}

#[test]
fn a_lost_last_piece_that_did_not_arrive() {
    assert_snapshot!(tiktok(
        long_clip(98_765_432),
        PRIVATE,
        vec![
            creator(),
            opened(),
            piece(206),
            piece(206),
            Event::Lost,
            uploaded(64_000_000),
            piece(201),
            complete("[]"),
        ],
    ));
}

/// The address is dead, but an earlier last piece may have arrived: nothing is announced before the status proves that
/// it did not and nobody can fill the upload any more.
#[test]
fn an_address_that_ends_in_doubt() {
    let mut script = vec![creator(), opened(), Event::Lost];
    for _ in 0..7 {
        script.extend([uploaded(0), piece(403)]);
    }
    script.extend((0..80).map(|_| uploaded(0)));
    let told = tiktok(clip("x"), PRIVATE, script);
    let sent = told.matches("COMMIT PUT").count();
    assert_eq!(sent, 7, "{told}");
    let (before, after) = told.rsplit_once("=> not out").unwrap();
    assert_eq!(before.matches("video/init/").count(), 1, "{told}");
    assert!(after.contains("creator_info"), "{told}");
}

#[test]
fn a_status_without_bytes_is_asked_again_before_the_rest_is_sent() {
    let mut script = vec![creator(), opened(), Event::Lost];
    script.extend((0..6).map(|_| status("PROCESSING_UPLOAD")));
    script.extend([range(416, "bytes 0-999/1000"), complete("[]")]);
    assert_snapshot!(tiktok(clip("x"), PRIVATE, script));
}

#[test]
fn an_address_that_ended_before_anything_was_whole() {
    assert_snapshot!(tiktok(
        long_clip(98_765_432),
        PRIVATE,
        vec![
            creator(),
            opened(),
            piece(206),
            piece(403),
            creator(),
            opened(),
            piece(206),
            piece(206),
            piece(201),
            complete("[]"),
        ],
    ));
}

#[test]
fn uploads_that_end_again_and_again() {
    let mut script = Vec::new();
    for _ in 0..6 {
        script.extend([creator(), opened(), piece(403)]);
    }
    let told = tiktok(clip("x"), PRIVATE, script);
    assert!(told.contains("=> refused: the address of the upload is no longer good; 6 uploads came to nothing [nothing live]"), "{told}");
}

#[test]
fn a_failure_of_tiktok_is_tried_again_a_few_times() {
    let mut script = Vec::new();
    for _ in 0..4 {
        script.extend([creator(), opened(), piece(201), failed("internal")]);
    }
    script.push(failed("internal"));
    let told = tiktok(clip("x"), PRIVATE, script);
    assert_eq!(told.matches("video/init/").count(), 4, "{told}");
    assert!(
        told.contains("=> refused: TikTok says that it failed (internal) [nothing live]"),
        "{told}"
    );
}

#[test]
fn a_publish_id_that_is_not_known_asks_a_person() {
    let mut script = vec![creator(), opened(), piece(201)];
    script.extend((0..6).map(|_| bad(400, "invalid_publish_id")));
    script.extend([Event::NotOut, creator()]);
    assert_snapshot!(tiktok(clip("x"), PRIVATE, script));
}

#[test]
fn processing_without_end_asks_a_person() {
    let mut script = vec![creator(), opened(), piece(201)];
    script.extend((0..200).map(|_| status("PROCESSING_UPLOAD")));
    let told = tiktok(clip("x"), PRIVATE, script);
    assert_snapshot!(told.lines().last().unwrap());
    let waits: Vec<&str> = told
        .lines()
        .filter_map(|l| l.strip_prefix("[look how it stands] wait "))
        .collect();
    for (wait, times) in [("5s", 12), ("20s", 27), ("2m", 55)] {
        assert_eq!(waits.iter().filter(|w| **w == wait).count(), times, "{wait}");
    }
}

/// The answer to the question that only gives TikTok time.
fn who() -> Event {
    good(r#"{"user":{"open_id":"u","display_name":"The Club"}}"#)
}

/// Runs pictures that TikTok fetches whenever they are announced.
fn fetched(content: Content, account: &[(&str, &str)], script: Vec<Event>) -> String {
    let job = Job {
        fetched: true,
        ..job_of(content, account)
    };
    run(&job, "tiktok", script)
}

/// Nothing was fetched, and nothing will be: it is announced again (tiktok.md 8.2).
#[test]
fn lost_pictures_that_nobody_fetched() {
    for account in [PUBLIC, PRIVATE] {
        let script = vec![creator(), Event::Lost, who(), creator(), taken(), complete("[]")];
        let told = tiktok(photos("What a day", 2), account, script);
        assert!(
            told.contains("[see whether its pictures are fetched] wait 5m"),
            "{told}"
        );
        assert!(told.contains("=> not out"), "{told}");
        assert_eq!(told.matches("COMMIT").count(), 2, "{told}");
    }
    let draft = tiktok(
        photos("What a day", 2),
        INBOX,
        vec![Event::Lost, who(), taken(), status("SEND_TO_USER_INBOX")],
    );
    assert!(draft.contains("draft in the inbox"), "{draft}");
}

/// Somewhere on the way something is broken: a person is asked in the end.
#[test]
fn announcements_that_are_lost_again_and_again() {
    let script = (0..6).flat_map(|_| [creator(), Event::Lost, who()]).collect();
    let told = tiktok(photos("What a day", 2), PUBLIC, script);
    assert!(told.contains("ASK: the answers to the announcements"), "{told}");
    assert_eq!(told.matches("COMMIT").count(), 6, "{told}");
}

/// What cannot be asked says nothing.
#[test]
fn lost_pictures_and_a_question_that_fails() {
    let script = vec![
        creator(),
        Event::Lost,
        bad(500, "internal_error"),
        http(200, "<html>"),
        who(),
    ];
    let told = tiktok(photos("What a day", 2), PUBLIC, script);
    assert_eq!(told.matches("=> not out").count(), 1, "{told}");
}

#[test]
fn lost_pictures_that_are_listed() {
    assert_snapshot!(fetched(
        photos("What  a day #kiel", 2),
        PUBLIC,
        vec![
            creator(),
            Event::Lost,
            who(),
            listed(&[(-3600, "What a day #kiel", "70"), (30, "Another", "71")]),
            listed(&[(40, "What a day kiel", "72"), (30, "Another", "71")]),
        ],
    ));
}

#[test]
fn lost_pictures_that_are_never_listed() {
    let mut script = vec![creator(), bad(500, "internal_error"), who()];
    script.extend((0..6).map(|_| listed(&[])));
    script.push(Event::Out(Some("72".to_owned())));
    assert_snapshot!(fetched(photos("What a day", 2), PUBLIC, script));
}

#[test]
fn two_that_look_the_same_ask_a_person() {
    let told = fetched(
        photos("What a day", 2),
        PUBLIC,
        vec![
            creator(),
            Event::Lost,
            who(),
            listed(&[(30, "What a day", "71"), (40, "What a day", "72")]),
        ],
    );
    assert!(
        told.contains("ASK: 2 posts of that time have these words"),
        "{told}"
    );
}

/// What the list cannot show, only a person can say.
#[test]
fn lost_pictures_that_no_list_shows() {
    let mut told = vec![
        fetched(photos("x", 1), PRIVATE, vec![creator(), Event::Lost, who()]),
        fetched(photos("x", 1), INBOX, vec![Event::Lost, who()]),
        fetched(photos("", 1), PUBLIC, vec![creator(), Event::Lost, who()]),
        fetched(
            photos("x", 1),
            PUBLIC,
            vec![creator(), Event::Lost, who(), bad(401, "scope_not_authorized")],
        ),
    ];
    let mut job = job_of(photos("x", 1), PUBLIC);
    job.fetched = true;
    job.scopes = vec!["video.publish".to_owned()];
    told.push(run(&job, "tiktok", vec![creator(), Event::Lost, who()]));
    let asked: Vec<&str> = told.iter().map(|t| t.lines().last().unwrap()).collect();
    assert_snapshot!(asked.join("\n"));
}

#[test]
fn lost_pictures_that_a_person_did_not_find() {
    let told = fetched(
        photos("x", 1),
        PRIVATE,
        vec![
            creator(),
            Event::Lost,
            who(),
            Event::NotOut,
            creator(),
            taken(),
            complete("[]"),
        ],
    );
    assert!(
        told.ends_with(
            "done [id unknown]\nnote: only the account itself sees it; TikTok gives such posts no id\n"
        ),
        "{told}"
    );
}

/// tiktok.md 4.2: before each direct post. An announcement that had to wait is preceded by the question again.
#[test]
fn creator_info_is_asked_again_after_a_wait() {
    assert_snapshot!(tiktok(
        photos("x", 1),
        PRIVATE,
        vec![
            creator(),
            bad(403, "spam_risk_too_many_posts"),
            bad(200, "spam_risk_too_many_posts"),
            creator(),
            taken(),
            complete("[]"),
        ],
    ));
}

#[test]
fn creator_info_is_obeyed() {
    let told = |content: Content, account: &[(&str, &str)]| {
        let told = tiktok(content, account, vec![creator()]);
        told.lines().last().unwrap().to_owned()
    };
    let mut long = clip("x");
    long.segments[0].media[0].facts.duration_ms = Some(300_001);
    let followers = Content {
        audience: Some("FOLLOWER_OF_CREATOR".to_owned()),
        ..clip("x")
    };
    assert_snapshot!([told(long, PRIVATE), told(followers, PUBLIC), told(clip("x"), &[])].join("\n"));
}

/// The states in which TikTok works by itself are in doubt: no cancel, no lateness ends them.
#[test]
fn what_tiktok_has_taken_is_in_doubt() {
    let platform = crate::platforms::by_name("tiktok").unwrap();
    let told = tiktok(
        photos("x", 1),
        PRIVATE,
        vec![creator(), taken(), bad(400, "invalid_param")],
    );
    assert!(told.ends_with("[nothing live, in doubt]\n"), "{told}");
    let job = job_of(photos("x", 1), PRIVATE);
    assert!(!platform.pending(&platform.begin(&job)));
}

#[test]
fn addresses_of_uploads() {
    use crate::platforms::tiktok::upload::{Place, place};
    let some = |host: Option<&str>, path: &str, query: &str| {
        Some(Place {
            host: host.map(str::to_owned),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    };
    assert_eq!(
        place("https://open-upload.tiktokapis.com/video/?upload_id=67890&upload_token=Xza%2B1"),
        some(
            Some("open-upload.tiktokapis.com"),
            "/video/",
            "upload_id=67890&upload_token=Xza%2B1"
        )
    );
    // A stand-in, or a stranger: the bytes go to the host in the config.
    assert_eq!(
        place("http://127.0.0.1:99/video/?a=b"),
        some(None, "/video/", "a=b")
    );
    assert_eq!(
        place("https://tiktokapis.com.evil.example/x"),
        some(None, "/x", "")
    );
    for nonsense in [
        "",
        "open-upload.tiktokapis.com/video/",
        "http://open-upload.tiktokapis.com/video/",
        "ftp://open-upload.tiktokapis.com/video/",
        "file:///etc/passwd",
        "https://a:b@open-upload.tiktokapis.com/video/",
    ] {
        assert_eq!(place(nonsense), None, "{nonsense}");
    }
}

/// What was told an hour ago looks like the future once the clock is set back.
#[test]
fn creator_info_is_asked_again_after_the_clock_was_set_back() {
    let job = job_of(photos("x", 1), PUBLIC);
    let tiktok = by_name("tiktok").unwrap();
    let state = tiktok.begin(&job);
    let body = r#"{"data":{"privacy_level_options":["PUBLIC_TO_EVERYONE"]},"error":{"code":"ok"}}"#;
    let reply = Reply::Http(HttpReply {
        status: 200,
        body: body.into(),
        ..HttpReply::default()
    });
    let Ok(Verdict::Advance(state)) = tiktok.absorb(&job, &state, &reply, START) else {
        panic!("creator_info was not taken");
    };
    let next = |at: Timestamp| tiktok.next(&job, &state, at).unwrap();
    assert!(matches!(next(START.after_secs(60)), Next::Commit(_)));
    for at in [START.after_secs(3600), START.after_secs(-3600)] {
        assert!(matches!(next(at), Next::Quiet(_)), "{at}");
    }
}
