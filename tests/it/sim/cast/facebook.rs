//! Facebook Pages: words, photos, videos that are seen only after a while, stories, comments and messages.

use crier::domain::post::{Content, Kind as Shape};
use crier::sandbox::exchange::SandboxRequest;
use crier::sandbox::model::Model as _;
use crier::sandbox::models::facebook::{Duplicates, FinishAgain};
use crier::sandbox::world::World;

use super::{Cast, Kind, Steps, nobody_by_hand, plain_words, proven};
use crate::sim::faults;
use crate::sim::request::{Files, proof};
use crate::sim::scene::{media, words};

const FEED: Steps = Steps {
    commit: "facebook.feed",
    nth: 1,
    nths: &[1],
    quiet: &[],
    looks: &[("facebook.list", 1)],
};

const MESSAGE: Steps = Steps {
    commit: "facebook.message",
    looks: &[("facebook.conversations", 1)],
    ..FEED
};

const fn kind(name: &'static str, content: fn(&str, &str) -> Content, steps: Steps) -> Kind {
    Kind { name, content, steps }
}

/// The person who wrote.
fn to(other: &str) -> String {
    other.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn shaped(kind: Shape, text: &str, numbers: &[u32]) -> Content {
    Content {
        kind,
        ..media(text, numbers)
    }
}

pub static CAST: Cast = Cast {
    platform: "facebook",
    accounts: &["page"],
    options: &[],
    scopes: &[],
    facts: &[],
    kinds: &[
        kind("page-text", |text, _| words(text), FEED),
        kind(
            "page-link",
            |text, _| {
                let mut content = words(text);
                content.segments[0].link = Some("https://club.example/".into());
                content
            },
            FEED,
        ),
        kind(
            "page-photo",
            |text, _| media(text, &[1]),
            Steps {
                quiet: &["facebook.photos"],
                ..FEED
            },
        ),
        kind(
            "page-album",
            |text, _| media(text, &[1, 2]),
            Steps {
                quiet: &["facebook.photos"],
                ..FEED
            },
        ),
        kind(
            "page-video",
            |text, _| media(text, &[4]),
            Steps {
                commit: "facebook.video_finish",
                quiet: &["facebook.video_start", "facebook.video_transfer"],
                looks: &[("facebook.status", 1)],
                ..FEED
            },
        ),
        kind(
            "page-reel",
            |text, _| shaped(Shape::Reel, text, &[4]),
            Steps {
                commit: "facebook.reel_finish",
                quiet: &["facebook.reel_start", "facebook.upload"],
                looks: &[("facebook.status", 1)],
                ..FEED
            },
        ),
        kind(
            "page-story",
            |_, _| shaped(Shape::Story, "", &[1]),
            Steps {
                commit: "facebook.photo_story",
                quiet: &["facebook.photos"],
                looks: &[("facebook.stories", 1)],
                ..FEED
            },
        ),
        kind(
            "page-story-video",
            |_, _| shaped(Shape::Story, "", &[4]),
            Steps {
                commit: "facebook.story_finish",
                quiet: &["facebook.story_start", "facebook.upload"],
                looks: &[("facebook.status", 1)],
                ..FEED
            },
        ),
        kind(
            "page-comment",
            |text, _| Content {
                first_comment: Some(format!("{text} comment")),
                ..words(text)
            },
            Steps {
                commit: "facebook.comment",
                quiet: &["facebook.feed"],
                looks: &[("facebook.comments", 1)],
                ..FEED
            },
        ),
        kind(
            "page-reply",
            |text, other| Content {
                reply_to: other.split(' ').next().map(str::to_owned),
                ..words(text)
            },
            Steps {
                commit: "facebook.comment",
                looks: &[("facebook.comments", 1)],
                ..FEED
            },
        ),
        kind(
            "page-message",
            |text, other| Content {
                kind: Shape::Message,
                to: vec![to(other)],
                ..words(text)
            },
            MESSAGE,
        ),
        kind(
            "page-file-message",
            |text, other| Content {
                to: vec![to(other)],
                ..shaped(Shape::Message, text, &[1])
            },
            Steps {
                nths: &[1, 2],
                ..MESSAGE
            },
        ),
    ],
    prepare: |world| proven(&mut world.facebook),
    switches,
    before,
    by_hand: nobody_by_hand,
    limits: |answers| if answers { &[] } else { &["posts"] },
    repeats: |_| false,
    works_alone: false,
    file_first: true,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: true,
    faults: |kind| faults::of_calls(&kind.steps),
};

/// What the sources leave open.
fn switches(world: &mut World, dice: u64) {
    let settings = &mut world.facebook.settings;
    settings.list_lag_ms = [0, 20_000][usize::try_from(dice / 7 % 2).unwrap_or(0)];
    settings.says_application = dice.is_multiple_of(2);
    settings.finish_says_post_id = dice.is_multiple_of(3);
    settings.finish_again = [FinishAgain::Success, FinishAgain::Refused][usize::from(dice.is_multiple_of(4))];
    settings.conversations_hidden = dice % 11 == 10;
    // A few cuts in each upload.
    settings.upload_keeps = [0, 80_000][usize::try_from(dice / 13 % 2).unwrap_or(0)];
    settings.duplicates = [Duplicates::Accepted, Duplicates::Code506][usize::from(dice.is_multiple_of(5))];
}

/// A post of the Page to comment, and a person who wrote to it: their two ids.
fn before(world: &mut World, page: &str, now: i64) -> String {
    let person = world.facebook.person_writes(page, "Ada", "hello?", now);
    let (id, token) = (
        world.facebook.add_account(page),
        world.facebook.grant(page, &[], now),
    );
    let request = SandboxRequest::new("POST", &format!("/v25.0/{id}/feed"))
        .with_query("appsecret_proof", &proof(&token))
        .with_form(&[("message", "before"), ("access_token", &token)]);
    let post = world
        .facebook
        .answer(&request, now, &mut Files::default())
        .value();
    format!("{} {person}", post["id"].as_str().unwrap())
}
