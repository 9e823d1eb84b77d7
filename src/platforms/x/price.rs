//! What a call costs (x.md 6.3) and counts against (6.1). Prices are facts in thousandths of a USD.
//!
//! A commit's charge holds the price of what belongs to it: the alt texts of its media, and the list of own posts that
//! is read before it. The first look after a lost answer is charged for as many entries as it may list: those that the
//! next looks list again cost nothing on the same day (x.md 6.3).

use super::parts;
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::domain::post::{Content, Kind, Segment};
use crate::domain::text::weighted_links;

/// The limit that counts money.
pub(super) const BUDGET: &str = "budget";
/// How many own posts are listed before a post that nothing but its id could tell from others: the fewest that X gives.
pub(super) const BASELINE_POSTS: u32 = 5;

fn one(limit: &str) -> Charge {
    Charge {
        limit: limit.to_owned(),
        amount: 1,
    }
}

fn money(amount: u32) -> Charge {
    Charge {
        limit: BUDGET.to_owned(),
        amount,
    }
}

fn fact(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether X takes the higher price for it: the words hold a link, bare domains included (x.md 4.3).
pub(super) fn has_link(segment: &Segment) -> bool {
    !weighted_links(&parts::words(segment)).is_empty()
}

/// What one part costs.
pub(super) fn of_part(segment: &Segment, first: bool, facts: &Facts) -> u32 {
    let post = if has_link(segment) {
        facts.number("price_link")
    } else {
        facts.number("price_post")
    };
    let alts = segment.media.iter().filter(|m| m.alt.is_some()).count();
    let alts = fact(facts.number("price_alt")).saturating_mul(u32::try_from(alts).unwrap_or(u32::MAX));
    let baseline = if first && !parts::guarded(segment) {
        fact(facts.number("price_own_read")).saturating_mul(BASELINE_POSTS)
    } else {
        0
    };
    fact(post).saturating_add(alts).saturating_add(baseline)
}

/// What posting one part counts against.
pub(super) fn post(segment: &Segment, first: bool, facts: &Facts) -> Vec<Charge> {
    vec![
        one("posts"),
        one("posts_3h"),
        one("posts_day"),
        money(of_part(segment, first, facts)),
    ]
}

/// What the first look at own posts counts against.
pub(super) fn look(facts: &Facts, looks: u8) -> Vec<Charge> {
    let most = fact(facts.number("price_own_read")).saturating_mul(fact(facts.number("history_max")));
    if looks == 0 { vec![money(most)] } else { Vec::new() }
}

/// What the first look at a conversation counts against.
pub(super) fn look_message(facts: &Facts, looks: u8) -> Vec<Charge> {
    let most = fact(facts.number("price_message_read")).saturating_mul(fact(facts.number("look_messages")));
    if looks == 0 { vec![money(most)] } else { Vec::new() }
}

/// What a repost counts against.
pub(super) fn repost(facts: &Facts) -> Vec<Charge> {
    vec![
        one("reposts"),
        one("posts_3h"),
        one("posts_day"),
        money(fact(facts.number("price_repost"))),
    ]
}

/// What a message counts against.
pub(super) fn message(facts: &Facts) -> Vec<Charge> {
    vec![
        one("messages"),
        one("messages_day"),
        money(fact(facts.number("price_message"))),
    ]
}

/// What all of it counts against.
pub(super) fn all(content: &Content, facts: &Facts) -> Vec<Charge> {
    let every = if content.repost.is_some() {
        repost(facts)
    } else if content.kind == Kind::Message {
        message(facts)
    } else {
        (0..parts::count(content))
            .filter_map(|n| parts::part(content, n).map(|p| post(&p, n == 0, facts)))
            .flatten()
            .collect()
    };
    let mut out: Vec<Charge> = Vec::new();
    for charge in every {
        match out.iter_mut().find(|c| c.limit == charge.limit) {
            Some(sum) => sum.amount = sum.amount.saturating_add(charge.amount),
            None => out.push(charge),
        }
    }
    out
}

/// The same for the charge of one call.
pub(super) fn reason_of(charge: &Charge, facts: &Facts) -> Option<&'static str> {
    let dear = i64::from(charge.amount) >= facts.number("price_link");
    (charge.limit == BUDGET && dear).then_some("because it has a link")
}

/// Why it costs so much, for the sentence about it; `None`: it is the ordinary price.
pub(super) fn reason(content: &Content) -> Option<&'static str> {
    let ordinary = content.repost.is_some() || content.kind == Kind::Message;
    let links = (0..parts::count(content))
        .filter(|n| parts::part(content, *n).is_some_and(|p| has_link(&p)))
        .count();
    match links {
        _ if ordinary => None,
        0 => None,
        1 => Some("because it has a link"),
        _ => Some("because it has links"),
    }
}
