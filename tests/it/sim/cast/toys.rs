//! The test platforms: each is one call, and differs in what a lost answer means.

use crier::domain::time::Span;
use crier::sandbox::faults::{FaultKind, FaultRule};

use super::{Cast, Kind, Steps, no_switches, nobody_by_hand, nothing_before, plain_words, unprepared};
use crate::sim::faults::{self, Fault};
use crate::sim::outside::Slow;
use crate::sim::scene::words;

const fn kind(name: &'static str) -> Kind {
    Kind {
        name,
        content: |text, _| words(text),
        steps: Steps {
            commit: "toy.create",
            nth: 1,
            nths: &[1, 2],
            quiet: &[],
            looks: &[("toy.find", 1)],
        },
    }
}

const MODEL: Cast = Cast {
    platform: "",
    accounts: &[],
    options: &[],
    scopes: &[],
    facts: &[],
    kinds: &[],
    prepare: unprepared,
    switches: no_switches,
    before: nothing_before,
    by_hand: nobody_by_hand,
    limits: |_| &["posts"],
    repeats: |_| false,
    works_alone: false,
    file_first: false,
    words: plain_words,
    without: &[],
    renews: None,
    spaced: false,
    faults: faults_of,
};

pub static KEYED: Cast = Cast {
    platform: "keyed",
    accounts: &["keyed"],
    kinds: &[kind("keyed")],
    repeats: |_| true,
    ..MODEL
};

pub static KEYED_LOOK: Cast = Cast {
    platform: "keyed-look",
    accounts: &["keyed-look"],
    kinds: &[kind("keyed-look")],
    repeats: |_| true,
    ..MODEL
};

pub static CHOSEN: Cast = Cast {
    platform: "chosen",
    accounts: &["chosen"],
    kinds: &[kind("chosen")],
    repeats: |_| true,
    ..MODEL
};

pub static BLIND: Cast = Cast {
    platform: "blind",
    accounts: &["blind"],
    kinds: &[kind("blind")],
    repeats: |_| false,
    ..MODEL
};

fn faults_of(_: &Kind) -> Vec<Fault> {
    let mut all = vec![Fault::new("none", vec![])];
    for (name, kind) in faults::answers() {
        for nth in [1, 2] {
            let rule = FaultRule::once("toy.create", kind.clone()).at(nth);
            let mark = nth == 1 && name == "lost-after";
            all.push(Fault::new(format!("commit{nth}-{name}"), vec![rule]).marked(mark));
        }
        let rules = vec![
            FaultRule::once("toy.create", FaultKind::LostAfter),
            FaultRule::once("toy.create", FaultKind::MediaNotFound).at(2),
            FaultRule::once("toy.find", kind).at(1),
        ];
        all.push(Fault::new(format!("lost-after-400-{name}"), rules));
    }
    all.push(Fault::new(
        "dead",
        vec![
            FaultRule::once("toy.create", FaultKind::LostAfter),
            FaultRule::always("toy.create", FaultKind::LostBefore).at(2),
        ],
    ));
    all.push(Fault::new(
        "refused",
        vec![FaultRule::once("toy.create", FaultKind::MediaNotFound)],
    ));
    all.push(Fault::new("slow", vec![]).slow(Slow {
        nth: 1,
        by: Span::secs(40),
    }));
    all
}
