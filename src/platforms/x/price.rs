//! What a call costs (x.md 6.3) and counts against (6.1). Prices are facts in thousandths of a USD.
//!
//! A commit's charge holds the price of what belongs to it: the alt texts of its media, and the list of own posts that
//! is read before it. The first look after a lost answer is charged for what it will list: what the next looks list
//! again costs nothing on the same day (x.md 6.3). What was read is paid, so looks are counted, but never wait for money.

use super::parts;
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::platform::{Enquiry, Which};
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
        one("posts_app"),
        one("posts_3h"),
        one("posts_day"),
        money(of_part(segment, first, facts)),
    ]
}

/// What the parts from the `n`th on count against.
pub(super) fn from(content: &Content, n: usize, facts: &Facts) -> Vec<Charge> {
    let each =
        (n..parts::count(content)).filter_map(|n| parts::part(content, n).map(|p| post(&p, n == 0, facts)));
    together(each.flatten())
}

/// What must have room before the media of part `n` are uploaded: all of it, or, when something is out, that part.
pub(super) fn upload(content: &Content, n: usize, facts: &Facts) -> Vec<Charge> {
    if n == 0 {
        return from(content, 0, facts);
    }
    parts::part(content, n).map_or_else(Vec::new, |part| post(&part, false, facts))
}

/// What a look at own posts counts against. The first lists what was posted since shortly before: about as many as the
/// list before a post without words (x.md 8.1: "about 0.005 USD at most"); the next ones list the same, which costs
/// nothing on the same day. A `wide` one goes back for days and may list all that fits on a page.
pub(super) fn look(facts: &Facts, looks: u8, wide: bool) -> Vec<Charge> {
    let each = fact(facts.number("price_own_read"));
    match (looks, wide) {
        (_, true) => vec![money(each.saturating_mul(fact(facts.number("history_max"))))],
        (0, false) => vec![money(each.saturating_mul(BASELINE_POSTS))],
        (_, false) => Vec::new(),
    }
}

/// What a look at a conversation counts against; the messages that the first lists cost once on a day.
pub(super) fn look_message(facts: &Facts, looks: u8) -> Vec<Charge> {
    let mut all = vec![one("dm_lists")];
    if looks == 0 {
        let each = fact(facts.number("price_message_read"));
        all.push(money(each.saturating_mul(fact(facts.number("look_messages")))));
    }
    all
}

/// What reading the own profile counts against; X counts a resource once on a day, crier each time.
pub(super) fn profile(facts: &Facts) -> Vec<Charge> {
    vec![one("profiles"), money(fact(facts.number("price_user")))]
}

/// What an enquiry counts against.
pub(super) fn enquiry(ctx: &Enquiry, which: Which) -> Vec<Charge> {
    let facts = &ctx.facts;
    match which {
        Which::Profile => profile(facts),
        Which::Quota => Vec::new(),
        // Before it is known who the account is, its profile is asked for instead.
        Which::History(_) if ctx.profile.remote_id.is_empty() => profile(facts),
        Which::History(most) => {
            let listed = super::enquiries::listed(facts, most);
            vec![money(fact(facts.number("price_own_read")).saturating_mul(listed))]
        }
        // Of a post or of the account: the dearer of both.
        Which::Insights => {
            let dearer = facts.number("price_user").max(facts.number("price_post_read"));
            vec![money(fact(dearer))]
        }
        Which::Delete => {
            let undone = ctx.of.as_ref().is_some_and(|content| content.repost.is_some());
            let limit = if undone { "reposts" } else { "deletions" };
            vec![one(limit), money(fact(facts.number("price_delete")))]
        }
    }
}

/// What a piece of an upload counts against: of the three calls of an upload the one that is made most often.
pub(super) fn append() -> Vec<Charge> {
    vec![one("media_appends")]
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
    if content.repost.is_some() {
        repost(facts)
    } else if content.kind == Kind::Message {
        message(facts)
    } else {
        from(content, 0, facts)
    }
}

/// One charge for each limit.
fn together(every: impl Iterator<Item = Charge>) -> Vec<Charge> {
    let mut out: Vec<Charge> = Vec::new();
    for charge in every {
        match out.iter_mut().find(|c| c.limit == charge.limit) {
            Some(sum) => sum.amount = sum.amount.saturating_add(charge.amount),
            None => out.push(charge),
        }
    }
    out
}

/// Why a charge is as high as it is: which parts it is for shows in what it is.
pub(super) fn reason_of(content: &Content, charge: &Charge, facts: &Facts) -> Option<&'static str> {
    if charge.limit != BUDGET || content.repost.is_some() || content.kind == Kind::Message {
        return None;
    }
    let price = |n: usize| parts::part(content, n).map_or(0, |p| of_part(&p, n == 0, facts));
    let all = parts::count(content);
    let linked = |n: usize| parts::part(content, n).is_some_and(|p| has_link(&p));
    (0..all).find_map(|first| {
        let alone = first..first + 1;
        let onward = first..all;
        let it = [alone, onward]
            .into_iter()
            .find(|of| of.clone().map(price).fold(0, u32::saturating_add) == charge.amount)?;
        match it.filter(|n| linked(*n)).count() {
            0 => None,
            1 => Some("because it has a link"),
            _ => Some("because it has links"),
        }
    })
}

/// Why it costs so much, for the sentence about it; `None`: it is the ordinary price.
pub(super) fn reason(content: &Content, facts: &Facts) -> Option<&'static str> {
    let all = from(content, 0, facts).into_iter().find(|c| c.limit == BUDGET)?;
    reason_of(content, &all, facts)
}
