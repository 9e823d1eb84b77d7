//! Instagram: containers like those of Threads, reels, carousels, stories, first comments and messages.

use crier::domain::post::{Content, Kind as Shape};

use super::{Cast, Kind, Steps, no_switches, nobody_by_hand, nothing_before, unprepared};
use crate::sim::faults;
use crate::sim::scene::media;

const STEPS: Steps = Steps {
    commit: "instagram.publish",
    nths: &[1],
    quiet: &["instagram.create"],
    looks: &[("instagram.status", 2), ("instagram.list", 1)],
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

pub static CAST: Cast = Cast {
    platform: "instagram",
    accounts: &["gallery"],
    options: &[("login", "instagram")],
    facts: &[],
    kinds: &[
        kind("ig-photo", |text, _| media(text, &[1]), STEPS),
        kind("ig-reel", |text, _| shaped(Shape::Reel, text, &[4]), STEPS),
        kind(
            "ig-carousel",
            |text, _| media(text, &[1, 2]),
            Steps {
                nths: &[1, 2],
                ..STEPS
            },
        ),
        kind(
            "ig-story",
            |_, _| shaped(Shape::Story, "", &[1]),
            Steps {
                looks: &[("instagram.status", 2), ("instagram.stories", 1)],
                ..STEPS
            },
        ),
        kind(
            "ig-comment",
            |text, _| Content {
                first_comment: Some(format!("{text} comment")),
                ..media(text, &[1])
            },
            Steps {
                commit: "instagram.comment",
                quiet: &["instagram.publish"],
                looks: &[("instagram.comments", 1)],
                ..STEPS
            },
        ),
    ],
    prepare: unprepared,
    switches: no_switches,
    before: nothing_before,
    by_hand: nobody_by_hand,
    limits: |answers| if answers { &[] } else { &["posts"] },
    repeats: |_| false,
    forgiven: &[],
    works_alone: false,
    renews: None,
    spaced: true,
    faults: |kind| faults::of_calls(&kind.steps),
};
