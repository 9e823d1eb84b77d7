//! Every kind that a platform offers has a scene, and every scene is a post that its platform takes.

use std::collections::BTreeMap;

use crier::core::offer::{Offer, Offers};
use crier::core::rules;
use crier::domain::media::MediaKind;
use crier::domain::post::{Content, Kind as Shape};
use crier::domain::time::Span;
use crier::platforms;

use super::cast::{self, Cast};
use super::disk::Disk;
use super::outside::Outside;
use super::scene::{self, START};

/// Whether a content is of a cell.
type Is = fn(&Content) -> bool;

fn files(content: &Content, kind: MediaKind) -> usize {
    let segments = content.segments.iter();
    let files = segments.flat_map(|s| &s.media);
    files.filter(|m| m.facts.kind == kind).count()
}

fn posts(content: &Content) -> bool {
    content.kind == Shape::Post
}

/// The cells of what is published, with those that this platform offers.
fn cells(offers: &Offers) -> Vec<(&'static str, bool, Is)> {
    // A new kind must be written down here too.
    let Offers {
        text,
        link,
        photo,
        video,
        carousel,
        poll,
        reel,
        story,
        message,
        mail,
        thread,
        reply,
        quote,
        repost,
        topic,
        audience,
        first_comment,
        // Nothing is published by these.
        delete: _,
        edit: _,
        history: _,
        insights: _,
        read_messages: _,
    } = offers;
    fn yes<R>(offer: &Offer<R>) -> bool {
        matches!(offer, Offer::Yes(_))
    }
    vec![
        ("text", yes(text), |c| {
            posts(c) && c.segments.iter().any(|s| s.media.is_empty() && s.link.is_none())
        }),
        ("link", yes(link), |c| c.segments.iter().any(|s| s.link.is_some())),
        ("photo", yes(photo), |c| {
            posts(c) && files(c, MediaKind::Image) == 1
        }),
        ("video", yes(video), |c| {
            posts(c) && files(c, MediaKind::Video) == 1
        }),
        ("carousel", yes(carousel), |c| {
            posts(c) && c.segments.iter().any(|s| s.media.len() > 1)
        }),
        ("poll", yes(poll), |c| c.segments.iter().any(|s| s.poll.is_some())),
        ("reel", yes(reel), |c| c.kind == Shape::Reel),
        ("story", yes(story), |c| c.kind == Shape::Story),
        ("message", yes(message), |c| c.kind == Shape::Message),
        ("mail", yes(mail), |c| posts(c) && !c.to.is_empty()),
        ("thread", yes(thread), |c| c.segments.len() > 1),
        ("reply", yes(reply), |c| c.reply_to.is_some()),
        ("quote", yes(quote), |c| c.quote.is_some()),
        ("repost", yes(repost), |c| c.repost.is_some()),
        ("topic", yes(topic), |c| c.topic.is_some()),
        ("audience", yes(audience), |c| c.audience.is_some()),
        ("first_comment", yes(first_comment), |c| c.first_comment.is_some()),
    ]
}

/// The contents of all scenes of a cast, with their names.
fn contents(cast: &Cast) -> Vec<(&'static str, Content)> {
    let mut outside = Outside::new(7);
    outside.connect(&scene::account(cast.account()), START);
    let other = outside.before(cast, START - Span::hours(2));
    let of = |kind: &cast::Kind| (kind.name, (kind.content)("hello", &other));
    cast.kinds.iter().map(of).collect()
}

#[test]
fn every_kind_that_a_platform_offers_has_a_scene() {
    let mut missing = Vec::new();
    for platform in platforms::ALL {
        let name = platform.name();
        let casts: Vec<_> = cast::ALL.iter().filter(|c| c.platform == name).collect();
        assert!(!casts.is_empty(), "nobody plays {name}");
        for cast in casts {
            let contents = contents(cast);
            for (cell, offered, is) in cells(platform.offers()) {
                let played = contents.iter().any(|(_, content)| is(content));
                let without = cast.without.iter().any(|(cell_, _)| *cell_ == cell);
                if played != (offered && !without) {
                    let account = cast.account();
                    missing.push(format!(
                        "{name}/{account}: {cell}: offered {offered}, played {played}"
                    ));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What would be refused when its file is dropped proves nothing.
#[test]
fn every_scene_is_a_post_that_its_platform_takes() {
    let mut refused = Vec::new();
    for cast in cast::ALL
        .iter()
        .filter(|c| platforms::by_name(c.platform).is_some())
    {
        let house = scene::house(&[cast.account()], scene::queue(), &BTreeMap::new());
        let spec = &house.accounts[&scene::account(cast.account())];
        for (name, content) in contents(cast) {
            for violation in rules::check_for(&content, spec.platform, &spec.facts, &spec.options) {
                refused.push(format!("{name}: {}", violation.message));
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

/// Every scene can be begun by its name, and no two have the same.
#[test]
fn scenes_have_names_of_their_own() {
    let names = scene::scenes();
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), different.len());
    for name in names {
        assert!(!scene::scene(name, Disk::map()).script.is_empty(), "{name}");
    }
}
