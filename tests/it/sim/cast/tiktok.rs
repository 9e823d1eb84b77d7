//! TikTok: videos in pieces, pictures that it fetches by itself, and drafts for the app's inbox.

use crier::domain::post::{Content, Kind as Shape};
use crier::sandbox::faults::{FaultKind, FaultRule};
use crier::sandbox::models::tiktok::Spelling;
use crier::sandbox::world::World;

use super::{Cast, Kind, Steps, nobody_by_hand, nothing_before, plain_words};
use crate::sim::faults::{self, Fault};
use crate::sim::scene::media;

/// What the model calls a megabyte, so that the video of `tests/media` has three pieces, or one.
const MEGABYTE: u64 = 4_000;

const VIDEO: Steps = Steps {
    commit: "tiktok.upload",
    nth: 3,
    nths: &[1, 2, 3],
    quiet: &["tiktok.creator_info", "tiktok.video_init"],
    looks: &[("tiktok.status", 1)],
};

const PICTURES: Steps = Steps {
    commit: "tiktok.content_init",
    nth: 1,
    nths: &[1],
    quiet: &["tiktok.creator_info", "tiktok.status"],
    looks: &[("tiktok.video_list", 1)],
};

const DRAFT: Steps = Steps {
    nth: 1,
    nths: &[1],
    quiet: &["tiktok.inbox_init"],
    ..VIDEO
};

const DRAFT_OF_PICTURES: Steps = Steps {
    quiet: &["tiktok.status"],
    looks: &[],
    ..PICTURES
};

const fn kind(name: &'static str, content: fn(&str, &str) -> Content, steps: Steps) -> Kind {
    Kind { name, content, steps }
}

fn reel(text: &str) -> Content {
    Content {
        kind: Shape::Reel,
        ..media(text, &[4])
    }
}

/// Posts for everybody.
pub static DIRECT: Cast = Cast {
    platform: "tiktok",
    accounts: &["dance"],
    options: &[("privacy", "PUBLIC_TO_EVERYONE"), ("audited", "true")],
    scopes: &[],
    facts: &[("upload_whole_max_bytes", 80_000), ("upload_chunk_bytes", 80_000)],
    kinds: &[
        kind("tt-video", |text, _| media(text, &[4]), VIDEO),
        kind("tt-reel", |text, _| reel(text), VIDEO),
        kind("tt-photo", |text, _| media(text, &[1]), PICTURES),
        kind("tt-photos", |text, _| media(text, &[1, 2]), PICTURES),
        kind(
            "tt-private",
            |text, _| Content {
                audience: Some("SELF_ONLY".into()),
                ..media(text, &[1])
            },
            // No list shows it: a person is asked at once.
            Steps {
                looks: &[],
                ..PICTURES
            },
        ),
    ],
    prepare: |world| world.tiktok.settings.megabyte = MEGABYTE,
    switches,
    before: nothing_before,
    by_hand: nobody_by_hand,
    limits: |_| &["posts", "inits"],
    repeats: |_| false,
    works_alone: true,
    file_first: false,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: true,
    faults: faults_of,
};

/// Drafts. Those of videos have no words: TikTok keeps none.
pub static INBOX: Cast = Cast {
    accounts: &["studio"],
    options: &[("mode", "inbox")],
    facts: &[("upload_whole_max_bytes", 256_000)],
    kinds: &[
        kind("draft-video", |_, _| media("", &[4]), DRAFT),
        kind("draft-reel", |_, _| reel(""), DRAFT),
        kind("draft-photo", |text, _| media(text, &[1]), DRAFT_OF_PICTURES),
        kind("draft-photos", |text, _| media(text, &[1, 2]), DRAFT_OF_PICTURES),
    ],
    limits: |_| &["drafts", "inits"],
    without: &[(
        "audience",
        "drafts have no settings: the person who finishes them chooses",
    )],
    ..DIRECT
};

/// What the sources leave open, and how long TikTok takes.
fn switches(world: &mut World, dice: u64) {
    let settings = &mut world.tiktok.settings;
    let of = |n: u64, sides: u64| usize::try_from(dice / n % sides).unwrap_or(0);
    settings.spelling = [Spelling::Publicaly, Spelling::Publicly][of(1, 2)];
    settings.ids_as_strings = dice.is_multiple_of(3);
    settings.range_last_byte = (dice / 2).is_multiple_of(2);
    settings.second_upload_host = (dice / 5).is_multiple_of(2);
    settings.processing_ms = [2_000, 2_000, 9_000][of(7, 3)];
    settings.moderation_ms = [0, 4_000, 400_000][of(11, 3)];
    settings.list_lag_ms = [0, 0, 400_000][of(13, 3)];
    settings.finish_drafts_ms = [None, Some(0), Some(60_000)][of(17, 3)];
}

/// What any vendor's calls suffer, and what becomes of a post that TikTok works on by itself.
fn faults_of(kind: &Kind) -> Vec<Fault> {
    let steps = &kind.steps;
    let mut all = faults::of_calls(steps);
    let init = steps
        .quiet
        .iter()
        .find(|s| s.ends_with("_init"))
        .unwrap_or(&steps.commit);
    for reason in [
        "internal",
        "photo_pull_failed",
        "spam_risk_too_many_posts",
        "auth_removed",
        "file_format_check_failed",
    ] {
        let message = reason.to_owned();
        let failed = FaultRule::once(init, FaultKind::FailedContainer { message });
        all.push(Fault::new(format!("failed-{reason}"), vec![failed]));
    }
    let stuck = FaultRule::once(init, FaultKind::StuckContainer);
    all.push(Fault::new("stuck", vec![stuck.clone()]));
    let lost = FaultRule::once(steps.commit, FaultKind::LostAfter).at(steps.nth);
    all.push(Fault::new("stuck-lost-after", vec![stuck, lost.clone()]));
    for (name, kind) in [
        ("rejected", FaultKind::Rejected),
        ("429", FaultKind::RateLimited { retry_after_s: 300 }),
        ("503", FaultKind::ServerError { status: 503 }),
        ("token", FaultKind::TokenExpired),
        ("revoked", FaultKind::TokenRevoked { subcode: None }),
    ] {
        let look = FaultRule::once("tiktok.status", kind);
        all.push(Fault::new(format!("status-{name}"), vec![look.clone()]));
        all.push(Fault::new(
            format!("status-{name}-lost-after"),
            vec![look, lost.clone()],
        ));
    }
    all
}
