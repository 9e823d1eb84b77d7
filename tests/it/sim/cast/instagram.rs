//! Instagram, by both logins: containers like those of Threads, reels, carousels, stories, first comments and
//! messages. With Facebook's login videos are sent as bytes, else they are fetched.

use crier::domain::post::{Content, Kind as Shape};
use crier::sandbox::world::World;

use super::{Cast, Kind, Steps, nobody_by_hand, plain_words, proven};
use crate::sim::faults;
use crate::sim::scene::{media, words};

const POST: Steps = Steps {
    commit: "instagram.publish",
    nth: 1,
    nths: &[1],
    quiet: &["instagram.create"],
    looks: &[("instagram.status", 2), ("instagram.list", 1)],
};

const SENT: Steps = Steps {
    quiet: &["instagram.create", "instagram.upload"],
    ..POST
};

const CAROUSEL: Steps = Steps {
    nths: &[1, 2],
    ..POST
};

const STORY: Steps = Steps {
    looks: &[("instagram.status", 2), ("instagram.stories", 1)],
    ..POST
};

const COMMENT: Steps = Steps {
    commit: "instagram.comment",
    quiet: &["instagram.publish"],
    looks: &[("instagram.comments", 1)],
    ..POST
};

const MESSAGE: Steps = Steps {
    commit: "instagram.message",
    quiet: &[],
    looks: &[("instagram.conversations", 1)],
    ..POST
};

const FILE: Steps = Steps {
    nths: &[1, 2],
    ..MESSAGE
};

const fn kind(name: &'static str, content: fn(&str, &str) -> Content, steps: Steps) -> Kind {
    Kind { name, content, steps }
}

fn shaped(kind: Shape, text: &str, numbers: &[u32]) -> Content {
    Content {
        kind,
        ..media(text, numbers)
    }
}

fn commented(text: &str, _: &str) -> Content {
    Content {
        first_comment: Some(format!("{text} comment")),
        ..media(text, &[1])
    }
}

fn message(text: &str, to: &str, numbers: &[u32]) -> Content {
    let content = if numbers.is_empty() {
        words(text)
    } else {
        media(text, numbers)
    };
    Content {
        kind: Shape::Message,
        to: vec![to.to_owned()],
        ..content
    }
}

/// By Instagram's own login.
pub static OWN: Cast = Cast {
    platform: "instagram",
    accounts: &["gallery"],
    options: &[("login", "instagram")],
    scopes: &[],
    facts: &[],
    kinds: &[
        kind("ig-photo", |text, _| media(text, &[1]), POST),
        kind("ig-video", |text, _| media(text, &[4]), POST),
        kind("ig-reel", |text, _| shaped(Shape::Reel, text, &[4]), POST),
        kind("ig-carousel", |text, _| media(text, &[1, 4]), CAROUSEL),
        kind("ig-story", |_, _| shaped(Shape::Story, "", &[1]), STORY),
        kind("ig-story-video", |_, _| shaped(Shape::Story, "", &[4]), STORY),
        kind("ig-comment", commented, COMMENT),
        kind("ig-message", |text, to| message(text, to, &[]), MESSAGE),
        kind("ig-file-message", |text, to| message(text, to, &[1]), FILE),
    ],
    prepare: |world| proven(&mut world.instagram),
    switches,
    before,
    by_hand: nobody_by_hand,
    limits: |answers| if answers { &[] } else { &["posts"] },
    repeats: |_| false,
    works_alone: false,
    file_first: false,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: true,
    faults: |kind| faults::of_calls(&kind.steps),
};

/// By Facebook's login, through the Page.
pub static PAGE: Cast = Cast {
    accounts: &["museum"],
    options: &[("login", "facebook")],
    scopes: &[
        "instagram_basic",
        "instagram_content_publish",
        "instagram_manage_comments",
        "instagram_manage_messages",
        "pages_show_list",
        "pages_read_engagement",
        "pages_messaging",
    ],
    kinds: &[
        kind("igp-photo", |text, _| media(text, &[1]), POST),
        kind("igp-video", |text, _| media(text, &[4]), SENT),
        kind("igp-reel", |text, _| shaped(Shape::Reel, text, &[4]), SENT),
        kind("igp-carousel", |text, _| media(text, &[1, 4]), CAROUSEL),
        kind("igp-story", |_, _| shaped(Shape::Story, "", &[1]), STORY),
        kind(
            "igp-story-video",
            |_, _| shaped(Shape::Story, "", &[4]),
            Steps {
                quiet: SENT.quiet,
                ..STORY
            },
        ),
        kind("igp-comment", commented, COMMENT),
        kind("igp-message", |text, to| message(text, to, &[]), MESSAGE),
        kind("igp-file-message", |text, to| message(text, to, &[1]), FILE),
    ],
    ..OWN
};

/// A person who wrote to the account: their id.
fn before(world: &mut World, account: &str, now: i64) -> String {
    world.instagram.person_writes(account, "Ada", "hello?", now)
}

/// What the sources leave open.
fn switches(world: &mut World, dice: u64) {
    world.instagram.settings.conversations_hidden = dice % 11 == 10;
}
