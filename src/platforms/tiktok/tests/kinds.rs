//! The requests of each kind (tiktok.md 4).

use insta::assert_snapshot;

use super::*;
use crate::platforms::by_name;
use crate::platforms::kit::let_go::LetGo;

#[test]
fn video_for_everybody() {
    let mut content = with(
        clip("The gate #kiel"),
        &[
            ("ai", Extra::Flag(true)),
            ("disable_comment", Extra::Flag(false)),
            ("brand_organic", Extra::Flag(true)),
        ],
    );
    content.segments[0].media[0].thumb_ms = Some(1500);
    assert_snapshot!(tiktok(
        content,
        PUBLIC,
        vec![
            creator(),
            opened(),
            piece(201),
            status("PROCESSING_UPLOAD"),
            complete("[]"),
            complete("[7123456789012345678]"),
        ],
    ));
}

#[test]
fn video_in_pieces() {
    assert_snapshot!(tiktok(
        long_clip(98_765_432),
        PUBLIC,
        vec![
            creator(),
            opened(),
            range(206, "bytes 0-31999999/98765432"),
            range(206, "bytes 0-63999999/98765432"),
            range(201, "bytes 0-98765431/98765432"),
            complete(r#"["7123456789012345678"]"#),
        ],
    ));
}

#[test]
fn reel_is_a_video_and_private_ones_have_no_id() {
    assert_snapshot!(tiktok(
        reel(""),
        PRIVATE,
        vec![creator(), opened(), piece(200), complete("[]")],
    ));
}

#[test]
fn what_the_account_forbids_stays_off() {
    let answer = good(
        r#"{"privacy_level_options":["FOLLOWER_OF_CREATOR","MUTUAL_FOLLOW_FRIENDS","SELF_ONLY"],"comment_disabled":true,"duet_disabled":false,"stitch_disabled":false}"#,
    );
    let account = &[("privacy", "SELF_ONLY"), ("allow", "comment, duet")];
    assert_snapshot!(tiktok(clip("x"), account, vec![answer, opened()]));
}

/// Only posts for everybody get an id, and nothing is waited for where none will come.
#[test]
fn friends_see_it_without_an_id() {
    let answer = good(r#"{"privacy_level_options":["MUTUAL_FOLLOW_FRIENDS","SELF_ONLY"]}"#);
    let account = &[("privacy", "MUTUAL_FOLLOW_FRIENDS"), ("audited", "true")];
    let told = tiktok(
        clip("x"),
        account,
        vec![answer, opened(), piece(201), complete("[]")],
    );
    assert!(
        told.ends_with(
            "done [id unknown]\nnote: friends or followers see it; TikTok tells the ids of posts for everybody alone: look into the TikTok app\n"
        ),
        "{told}"
    );
}

#[test]
fn moderation_takes_its_time() {
    let mut script = vec![creator(), opened(), piece(201)];
    script.extend((0..40).map(|_| complete("[]")));
    let told = tiktok(clip("x"), PUBLIC, script);
    assert_snapshot!(told.lines().rev().take(4).collect::<Vec<_>>().join("\n"));
}

#[test]
fn pictures() {
    let content = with(
        photos("What a day", 3),
        &[
            ("title", Extra::Words("At the gate".to_owned())),
            ("auto_add_music", Extra::Flag(true)),
            ("photo_cover", Extra::Number(2)),
            ("ai", Extra::Flag(true)),
        ],
    );
    assert_snapshot!(tiktok(
        content,
        PUBLIC,
        vec![
            creator(),
            taken(),
            status("PROCESSING_DOWNLOAD"),
            complete("[7123456789012345678]"),
        ],
    ));
}

#[test]
fn one_picture_for_nobody_else() {
    assert_snapshot!(tiktok(
        photos("", 1),
        PRIVATE,
        vec![creator(), taken(), complete("[]")],
    ));
}

#[test]
fn video_as_a_draft() {
    assert_snapshot!(tiktok(
        clip("The gate #kiel"),
        INBOX,
        vec![opened(), piece(201), status("SEND_TO_USER_INBOX")],
    ));
}

#[test]
fn pictures_as_a_draft() {
    let content = with(
        photos("What a day", 2),
        &[("title", Extra::Words("At the gate".to_owned()))],
    );
    assert_snapshot!(tiktok(
        content,
        INBOX,
        vec![taken(), status("SEND_TO_USER_INBOX")],
    ));
}

#[test]
fn a_draft_that_was_finished_at_once_may_be_several() {
    assert_snapshot!(tiktok(
        photos("What a day", 2),
        INBOX,
        vec![taken(), complete(r#"[71,"72"]"#)],
    ));
}

#[test]
fn pieces_add_up() {
    use crate::platforms::tiktok::calls::{cut, piece};
    use crate::platforms::tiktok::state::Upload;
    for (chunk_bytes, whole) in [(32_000_000, 64_000_000), (10_000_000, 20_000_000)] {
        for bytes in [
            1,
            4_999_999,
            64_000_000,
            64_000_001,
            50_000_123,
            95_999_999,
            96_000_000,
            4_000_000_000,
        ] {
            let mut job = job_of(long_clip(bytes), PUBLIC);
            job.facts = job
                .facts
                .with_number("upload_chunk_bytes", chunk_bytes)
                .with_number("upload_whole_max_bytes", whole);
            let (chunk, count) = cut(&job, bytes);
            assert_eq!(count, (bytes / chunk).max(1), "floor, not ceiling");
            assert!((1..=1000).contains(&count));
            let mut upload = Upload {
                host: None,
                path: "/video/".to_owned(),
                query: String::new(),
                chunk,
                count,
                made: LetGo::at(crate::platforms::tests::START),
                at: 0,
                slips: 0,
                lasts: 0,
            };
            let mut pieces = 0;
            while upload.at < bytes {
                let (first, last) = piece(&upload, bytes);
                assert_eq!(first, upload.at);
                let length = last - first + 1;
                assert!(length <= 128_000_000 && (length == chunk || last + 1 == bytes));
                upload.at = last + 1;
                pieces += 1;
            }
            assert_eq!((upload.at, pieces), (bytes, count));
        }
    }
}

#[test]
fn what_it_counts_against() {
    let platform = by_name("tiktok").unwrap();
    let quotas = platform.facts().quotas();
    let names: Vec<String> = platform
        .charges(&clip("x"))
        .into_iter()
        .map(|c| c.limit)
        .collect();
    assert_eq!(
        names,
        ["creator_infos", "inits", "posts", "users", "status_calls"]
    );
    assert!(names.iter().all(|name| quotas.iter().any(|q| q.name == *name)));
    let scopes = |account| platform.scopes_needed_with(&clip("x"), &options(account));
    assert_eq!(scopes(PUBLIC), ["video.publish"]);
    assert_eq!(scopes(INBOX), ["video.upload"]);
}

/// tiktok.md 4.4: what a piece says of itself, and that no token goes along.
#[test]
fn headers_of_a_piece() {
    use crate::core::call::{Auth, Body, Value};
    use crate::platforms::tiktok::calls::bytes;
    use crate::platforms::tiktok::state::Upload;
    let job = job_of(long_clip(50_000_123), PUBLIC);
    let upload = Upload {
        host: Some("upload.us.tiktokapis.com".to_owned()),
        path: "/video/".to_owned(),
        query: "upload_id=1&upload_token=a%2Bb".to_owned(),
        chunk: 10_000_000,
        count: 5,
        made: LetGo::at(crate::platforms::tests::START),
        at: 40_000_000,
        slips: 0,
        lasts: 0,
    };
    let crate::core::call::Call::Http(call) = bytes(&job.content.segments[0].media[0], &upload) else {
        panic!("no HTTP");
    };
    // The vendor's own example: "the fifth is 40,000,000-50,000,122".
    let range = (
        "content-range".to_owned(),
        Value::Text("bytes 40000000-50000122/50000123".to_owned()),
    );
    assert_eq!(call.headers, [range]);
    assert_eq!(
        call.query[1],
        ("upload_token".to_owned(), Value::Text("a+b".to_owned()))
    );
    assert_eq!(call.auth, Auth::None);
    assert!(matches!(
        &call.body,
        Body::Media { mime, offset: 40_000_000, length: 10_000_123, .. } if mime == "video/mp4"
    ));
}
