//! What an answer tells beside what was asked (meta-common.md 5): usage in percent, limits that are full.

use super::reply::{Seen, see};
use crate::core::call::Reply;
use crate::core::facts::Facts;
use crate::core::platform::{Heard, QuotaReport};
use crate::domain::time::Timestamp;
use crate::platforms::kit::graph::Class;
use crate::platforms::kit::{meta_usage, retired};

/// The account's daily number of posts is reached (meta-common.md 4.3).
const POSTS_REACHED: i64 = 2_207_042;

/// What a reply told.
pub(super) fn heard(facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
    let mut out = meta_usage::heard(reply, now);
    out.extend(retired::heard(reply));
    let Seen::Bad(p) = see(reply) else {
        return out;
    };
    let subcode = p.error.as_ref().and_then(|e| e.subcode);
    match p.class {
        // Stops posts only: what was posted must still be looked up.
        Class::Limited(_) if subcode == Some(POSTS_REACHED) => out.push(Heard::Quota(QuotaReport {
            limit: "posts".to_owned(),
            used: u32::try_from(facts.number("posts")).unwrap_or(u32::MAX),
            max: None,
        })),
        Class::Limited(secs) if p.error.is_some() => out.push(Heard::FullUntil {
            until: now.after_secs(p.wait.unwrap_or(secs)),
            why: p.why,
        }),
        Class::Limited(_)
        | Class::Suspected(_)
        | Class::RetryLater
        | Class::NewContainer
        | Class::NotReady
        | Class::Gone
        | Class::NoSuchField
        | Class::Fetch
        | Class::Duplicate
        | Class::Reauthorise
        | Class::Person
        | Class::Reject
        | Class::Unknown => {}
    }
    out
}
