//! Whether what crier says of a post that is not out is true: what the sandbox really did.

use super::faults::Struck;
use crier::admin::types::{DeliveryView, Ended, HoldView};

/// What is said in such words must have been done by one of these faults, at least so often.
const CAUSES: &[(&str, &[&str], u64)] = &[
    ("the platform wants a pause", &["rate_limited"], 1),
    // A container that fails is made anew once (threads.md 4.6).
    (
        "Threads could not prepare the post: UNKNOWN",
        &["failed_container"],
        2,
    ),
];

/// How near the next look must be: no call of a video runs longer than Facebook's finish, whose end is waited for.
const NEAR_MS: i64 = 100_000;

/// What is not true of a delivery's reason; `None`: it is out, or the reason is a true one.
pub fn lie(delivery: &DeliveryView, struck: &Struck) -> Option<String> {
    let told = match (&delivery.outcome, &delivery.hold) {
        (Some(outcome), _) => match outcome.ended {
            Ended::Published | Ended::Cancelled => return None,
            Ended::Refused | Ended::GaveUp | Ended::Skipped | Ended::Partial => format!("{outcome:?}"),
        },
        (None, Some(hold)) if hold.kind == "limit" && hold.until.is_some() => hold.words.clone(),
        // A look that is due soon: the judge counts them.
        (None, Some(hold)) if looks(hold) => return None,
        (None, hold) => return Some(format!("it is still open: {:?} {hold:?}", delivery.phase)),
    };
    let known = CAUSES.iter().find(|(words, _, _)| told.contains(words));
    match known {
        None => Some(format!("nobody knows whether this is true: {told}")),
        Some((_, kinds, least)) if struck.any(&delivery.platform, kinds) < *least => {
            Some(format!("this never happened: {told}"))
        }
        Some(_) => None,
    }
}

/// Whether a post that is out says that its first comment may be missing: Instagram's comments prove nothing, so crier
/// writes none again.
pub fn comment_in_doubt(note: &str) -> bool {
    note.contains("the answer to the first comment was lost and it is not among the comments")
}

/// Whether it is being looked for, and the next look is near.
pub fn looks(hold: &HoldView) -> bool {
    let now = crier::engine::clock::Clock.now().0;
    let near = hold.until.is_some_and(|until| until.0.0 <= now + NEAR_MS);
    hold.kind == "checking" && near
}
