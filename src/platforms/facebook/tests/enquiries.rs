//! One-off questions about a Page (facebook.md 3, 5).

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::login::reply;
use crate::core::platform::{Enquiry, Told};
use crate::domain::account::Profile;
use crate::domain::post::{Content, Kind};
use crate::platforms::by_name;
use crate::platforms::tests::{START, written};

pub(super) fn enquiry() -> Enquiry {
    Enquiry {
        profile: Profile {
            remote_id: "1784".to_owned(),
            facts: [("user_id".to_owned(), "9001".to_owned())].into(),
            ..Profile::default()
        },
        scopes: Vec::new(),
        facts: by_name("facebook").unwrap().facts().clone(),
        options: BTreeMap::new(),
        now: START,
        of: None,
    }
}

#[test]
fn enquiries() {
    let e = by_name("facebook").unwrap().enquiries();
    let all = enquiry();
    let calls = [
        e.profile(&all),
        e.history(&all, 10).unwrap(),
        e.history(&all, 10_000).unwrap(),
        e.insights(&all, Some("1784_21")).unwrap(),
        e.insights(&all, None).unwrap(),
        e.delete(&all, "1784_21/../22").unwrap(),
    ];
    assert_snapshot!(calls.iter().map(written).collect::<Vec<_>>().join("\n"));
    assert!(e.quota(&all).is_none());
    // A receipt of a reel names the video, which no post's numbers are asked of.
    let reel = Enquiry {
        of: Some(Content {
            kind: Kind::Reel,
            ..Content::default()
        }),
        ..enquiry()
    };
    for ctx in [&reel, &all] {
        let video = written(&e.insights(ctx, Some("555")).unwrap());
        assert_eq!(video, "GET {api_base}/v25.0/555/video_insights");
    }
    let post = written(&e.insights(&reel, Some("1784_555")).unwrap());
    assert!(post.contains("/1784_555/insights?metric="), "{post}");
}

#[test]
fn readings() {
    let e = by_name("facebook").unwrap().enquiries();
    let all = enquiry();
    let profile = r#"{"id":"1784","name":"The Club","username":"theclub","link":"https://www.facebook.com/theclub","followers_count":812,"fan_count":800,"is_published":true,"verification_status":"not_verified"}"#;
    insta::assert_debug_snapshot!(e.read_profile(&all, &reply(200, profile)));
    let insights = r#"{"data":[{"name":"post_clicks","period":"lifetime","values":[{"value":2},{"value":3}]},{"name":"post_reactions_by_type_total","period":"lifetime","values":[{"value":{"like":5,"love":1}}]},{"nonsense":1}]}"#;
    insta::assert_debug_snapshot!(e.read_insights(&all, &reply(200, insights)));
    let history = r#"{"data":[{"id":"1784_1","message":"Today\u0007","created_time":"2023-10-17T05:42:03+0000","permalink_url":"javascript:alert(1)","status_type":"mobile_status_update"},{"id":"../x"}]}"#;
    insta::assert_debug_snapshot!(e.read_history(&all, &reply(200, history)));
    let gone = r#"{"error":{"message":"does not exist","code":100,"error_subcode":33}}"#;
    assert_eq!(e.read_delete(&all, &reply(400, gone)), Told::Yes(()));
    assert_eq!(
        e.read_delete(&all, &reply(200, r#"{"success":true}"#)),
        Told::Yes(())
    );
    assert!(matches!(
        e.read_delete(&all, &reply(200, r#"{"success":false}"#)),
        Told::No(_)
    ));
    assert!(matches!(e.read_profile(&all, &reply(500, "")), Told::Later(_)));
    assert!(matches!(
        e.read_profile(&all, &reply(400, r#"{"error":{"code":190}}"#)),
        Told::Reauthorise(_)
    ));
}
