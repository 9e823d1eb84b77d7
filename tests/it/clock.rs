//! A machine's clock that is set back: posts wait until one can know which time is right.

use std::sync::Arc;

use crier::core::clocks::Clocks;
use crier::core::desk::{AccountRecord, Desk, Input, Output, Records, Word};
use crier::core::why::{hold_help, hold_words};
use crier::domain::hold::Hold;
use crier::domain::id::DeliveryId;
use crier::domain::time::{Span, Timestamp};

use super::budget::{START, account, answer, desk, drop_post, hold, sent};

const BACK: Timestamp = Timestamp(START.0 - 7_200_000);

/// A desk that has let a post go, and one more that is due after the clock was set back by two hours.
fn set_back() -> (Desk, DeliveryId) {
    let mut desk = desk(&["club"], 100_000);
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    answer(&mut desk, &first.unwrap(), 201, r#"{"data":{"id":"21"}}"#, START);
    let (id, none) = drop_post(&mut desk, 2, "club", "We close at six.", BACK);
    assert_eq!(none, None);
    (desk, id)
}

fn goes(output: Output, desk: &mut Desk, now: Timestamp) -> bool {
    let later = desk.handle(Input::Tick, now);
    sent(output.actions).or(sent(later.actions)).is_some()
}

fn heard(desk: &mut Desk, theirs: Timestamp, ours: Timestamp) -> Output {
    desk.handle(Input::Heard(account("club"), Clocks { theirs, ours }), ours)
}

#[test]
fn posts_wait_until_the_time_is_reached() {
    let (mut desk, id) = set_back();
    let held = hold(&desk, &id);
    assert!(matches!(held, Hold::Clock { .. }), "{held:?}");
    assert_eq!(
        hold_words(&held),
        "the machine's clock shows 2027-01-15T06:00:00Z, and something was let go at 2027-01-15T08:00:00Z by it: it was wrong then or is wrong now"
    );
    assert!(hold_help(&held).unwrap().contains("crierctl retry ID"));
    assert_eq!(desk.clock_doubt(BACK).unwrap().1, START);
    assert_eq!(desk.next_wake(), Some(START));
    assert_eq!(sent(desk.handle(Input::Tick, BACK.after_secs(60)).actions), None);
    assert!(
        goes(Output::default(), &mut desk, START),
        "the clock was set right"
    );
    assert_eq!(desk.clock_doubt(START), None);
}

#[test]
fn a_vendor_says_that_the_clock_is_right() {
    let (mut desk, _) = set_back();
    // Hours apart: the clock is wrong indeed.
    let output = heard(&mut desk, START, BACK.after_secs(1));
    assert!(!goes(output, &mut desk, BACK.after_secs(1)));
    let right = BACK.after_secs(2);
    let output = heard(&mut desk, right.after_secs(-3), right);
    assert!(goes(output, &mut desk, right));
    assert_eq!(desk.clock_doubt(right), None);
    // Set back once more: what a vendor said before does not count.
    assert!(
        desk.handle(Input::Tick, right - Span::hours(1))
            .actions
            .is_empty()
    );
    assert!(desk.clock_doubt(right - Span::hours(1)).is_some());
}

#[test]
fn a_person_lets_one_go() {
    let (mut desk, id) = set_back();
    let output = desk.handle(Input::Person(id, Word::Retry), BACK);
    assert!(goes(output, &mut desk, BACK));
}

#[test]
fn a_start_remembers() {
    let (before, _) = set_back();
    let record = AccountRecord {
        last_commit: Some(START),
        ..AccountRecord::default()
    };
    let records = Records {
        accounts: vec![(account("club"), record)],
        ..Records::default()
    };
    let (desk, _, _) = Desk::restore(Arc::new(before.house().clone()), records, BACK);
    assert!(desk.clock_doubt(BACK).is_some());
    assert_eq!(desk.clock_doubt(START), None);
}
