//! Faults strike every vendor alike.

use super::*;
use crate::sandbox::faults::{FaultKind, FaultRule};
use crate::sandbox::models::{self, each_vendor};

const NOW: i64 = 1_767_225_600_000;

/// A container that is ready, and the request that publishes it.
fn ready() -> (World, SandboxRequest) {
    let mut world = World::new(3);
    let token = world.threads.with_account("ada", NOW);
    let create = SandboxRequest::new("POST", "/v1.0/me/threads")
        .with_bearer(&token)
        .with_form(&[("media_type", "TEXT"), ("text", "a")]);
    let id = world.threads.handle(&create, NOW - 5_000).value()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let publish = SandboxRequest::new("POST", "/v1.0/me/threads_publish")
        .with_bearer(&token)
        .with_form(&[("creation_id", &id)]);
    (world, publish)
}

#[test]
fn faults_say_one_thing_and_do_another() {
    let cases = [
        (FaultKind::LostBefore, "dropped", 0),
        (FaultKind::LostAfter, "dropped", 1),
        (FaultKind::Hang { applied: true }, "hang", 1),
        (FaultKind::Hang { applied: false }, "hang", 0),
        (FaultKind::Truncated, "cut", 1),
        (FaultKind::ServerError { status: 503 }, "503 html", 0),
        (FaultKind::ServerErrorAfter { status: 502 }, "502 html", 1),
        (FaultKind::GraphTwoAfter, "500 code 2", 1),
        (
            FaultKind::GraphError {
                status: 403,
                code: 368,
                subcode: None,
                applied: false,
            },
            "403 code 368",
            0,
        ),
        (
            FaultKind::GraphError {
                status: 400,
                code: 1,
                subcode: Some(99),
                applied: true,
            },
            "400 code 1",
            1,
        ),
        (FaultKind::RestrictedAfter, "400 code 4", 1),
        (FaultKind::Restricted, "400 code 4", 0),
        (FaultKind::MediaNotFound, "400 code 24", 0),
        (FaultKind::MediaNotFetched, "400 code 9004", 0),
        (FaultKind::RateLimited { retry_after_s: 30 }, "429 code 4", 0),
        (FaultKind::Transient { applied: false }, "500 code 2", 0),
        (FaultKind::Transient { applied: true }, "500 code 2", 1),
        (FaultKind::Rejected, "400 code 100", 0),
        (FaultKind::Duplicate, "500 html", 0),
        (FaultKind::RequestRepeated { status: 400 }, "400 code 100", 0),
        (FaultKind::RequestRepeated { status: 502 }, "502 html", 0),
        (FaultKind::TokenExpired, "400 code 190", 0),
        (FaultKind::TokenRevoked { subcode: Some(460) }, "400 code 190", 0),
    ];
    for (kind, seen, posts) in cases {
        let (mut world, publish) = ready();
        world.faults.add(FaultRule::once("threads.publish", kind.clone()));
        let said = match world.http(&publish, NOW) {
            Exchange::Dropped { .. } => "dropped".to_owned(),
            Exchange::Hang { .. } => "hang".to_owned(),
            Exchange::Truncated { reply, sent } => {
                assert!(sent < reply.body.len());
                "cut".to_owned()
            }
            Exchange::Reply(reply) => match reply.value()["error"]["code"].as_i64() {
                Some(code) => format!("{} code {code}", reply.status),
                None => format!("{} html", reply.status),
            },
        };
        assert_eq!(
            (said.as_str(), world.threads.published().len()),
            (seen, posts),
            "{kind:?}"
        );
    }
}

#[test]
fn containers_can_be_spoilt_and_lists_can_lag() {
    for (kind, expected) in [
        (FaultKind::StuckContainer, "IN_PROGRESS"),
        (
            FaultKind::FailedContainer {
                message: "UNKNOWN".to_owned(),
            },
            "ERROR",
        ),
    ] {
        let mut world = World::new(3);
        let token = world.threads.with_account("ada", NOW);
        world.faults.add(FaultRule::once("threads.create", kind));
        let form = [("media_type", "TEXT"), ("text", "a")];
        let create = SandboxRequest::new("POST", "/v1.0/me/threads")
            .with_bearer(&token)
            .with_form(&form);
        let Exchange::Reply(made) = world.http(&create, NOW) else {
            panic!()
        };
        let id = made.value()["id"].as_str().unwrap().to_owned();
        let status = SandboxRequest::new("GET", &format!("/v1.0/{id}?fields=status")).with_bearer(&token);
        let Exchange::Reply(reply) = world.http(&status, NOW + 60_000) else {
            panic!()
        };
        assert_eq!(reply.value()["status"], expected);
    }
    let (mut world, publish) = ready();
    world.http(&publish, NOW);
    world
        .faults
        .add(FaultRule::once("threads.list", FaultKind::ListLag { ms: 60_000 }));
    let list = SandboxRequest {
        method: "GET".to_owned(),
        path: "/v1.0/me/threads".to_owned(),
        ..publish
    };
    let mut count = || match world.http(&list, NOW + 30_000) {
        Exchange::Reply(reply) => reply.value()["data"].as_array().unwrap().len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((count(), count()), (0, 1));
}

#[test]
fn a_vendor_has_one_name_everywhere() {
    let world = World::new(1);
    macro_rules! look {
        ($($vendor:ident: $model:ident,)*) => {
            $(
                let folder = stringify!($vendor);
                assert_eq!(world.$vendor.name(), folder);
                assert_eq!(models::$vendor::card::LOOKS.platform, folder);
                assert_eq!(models::$vendor::demo::PART.platform, folder);
                assert!(models::$vendor::card::LOOKS.style.contains(concat!(".", stringify!($vendor))));
            )*
        };
    }
    each_vendor!(look);
    assert!(world.vendors().iter().filter(|vendor| vendor.at_root()).count() <= 1);
}
