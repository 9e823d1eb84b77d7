//! Pauses that platforms ask for, and what is sent anew after them, at the desk alone.

use std::collections::BTreeMap;

use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::delivery::{Phase, Settled, Step};
use crier::core::desk::{Action, Desk, Freeze, Input, NoticeKind, Scope, Send, Word};
use crier::domain::hold::{Hold, LimitSource};
use crier::domain::id::DeliveryId;
use crier::domain::media::MediaKind;
use crier::domain::time::{Span, Timestamp};

use super::budget::{
    START, account, answer, connected, desk, drop_parts, drop_post, file, hold, house, sent, spec,
};

/// No number in a header stops an account for longer than a day and what clocks may be off.
#[test]
fn absurd_pauses_are_not_believed() {
    let absurd = [
        ("retry-after", "253402300799".to_owned()),
        ("x-rate-limit-reset", "1800000900000".to_owned()),
        ("x-rate-limit-reset", i64::MAX.to_string()),
        ("retry-after", i64::MAX.to_string()),
    ];
    for (name, value) in absurd {
        let mut desk = desk(&["club"], i64::from(u32::MAX));
        let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
        let send = send.unwrap();
        let headers = [
            (name.to_owned(), value.clone()),
            ("x-rate-limit-remaining".to_owned(), "0".to_owned()),
        ];
        let reply = HttpReply {
            status: 429,
            headers: headers.into(),
            body: br#"{"title":"Too Many Requests","status":429}"#.to_vec(),
            ..HttpReply::default()
        };
        let told = Answer::Answered(Reply::Http(reply));
        desk.handle(Input::Answered(id.clone(), send.attempt, told), START);
        let held = hold(&desk, &id);
        assert!(matches!(held, Hold::Limit(_)), "{name} {value}: {held:?}");
        let until = desk.next_wake().unwrap();
        assert!(until <= START + Span::hours(25), "{name} {value}: {until}");
    }
}

fn tiktok(options: &[(&str, &str)]) -> Desk {
    let mut spec = spec("tiktok");
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    spec.options = options.iter().map(own).collect::<BTreeMap<_, _>>();
    connected(house(vec![("dance", spec)]))
}

fn step(desk: &Desk, id: &DeliveryId) -> Step {
    match &desk.delivery(id).unwrap().record.phase {
        Phase::Waiting { step, .. }
        | Phase::Ready { step }
        | Phase::Calling { step, .. }
        | Phase::Held { step, .. } => step.clone(),
        Phase::Ended { outcome } => panic!("{outcome:?}"),
    }
}

/// What is answered, and the call that follows.
fn then(desk: &mut Desk, send: &Send, status: u16, body: &str, now: Timestamp) -> Option<Send> {
    let reply = HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    };
    let told = Answer::Answered(Reply::Http(reply));
    sent(
        desk.handle(Input::Answered(send.delivery.clone(), send.attempt, told), now)
            .actions,
    )
}

const FULL: &str =
    r#"{"data":{},"error":{"code":"spam_risk_too_many_pending_share","message":"m","log_id":"1"}}"#;

/// A full inbox keeps the one post, by the hour, and a person who has emptied it need not wait.
#[test]
fn a_full_inbox_is_tried_again_when_a_person_says_so() {
    let mut desk = tiktok(&[("mode", "inbox")]);
    let (id, init) = drop_parts(&mut desk, 1, "dance", file(MediaKind::Video, "video/mp4"), START);
    answer(&mut desk, &init.expect("an announcement"), 403, FULL, START);
    match hold(&desk, &id) {
        Hold::Limit(limit) => {
            assert_eq!(limit.by, LimitSource::Delivery);
            assert!(limit.limit.contains("crierctl retry"), "{}", limit.limit);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.next_wake(), Some(START.after_secs(3600)));
    let soon = START.after_secs(120);
    let again = sent(desk.handle(Input::Person(id, Word::Retry), soon).actions);
    assert!(again.is_some(), "at once");
}

/// A post of a picture whose announcement was lost: the desk, the delivery, the announcement.
fn lost_picture() -> (Desk, DeliveryId, Send) {
    let mut desk = tiktok(&[("privacy", "SELF_ONLY")]);
    let (id, creator) = drop_parts(&mut desk, 1, "dance", file(MediaKind::Image, "image/jpeg"), START);
    let may = r#"{"data":{"privacy_level_options":["SELF_ONLY"]},"error":{"code":"ok"}}"#;
    let init = then(&mut desk, &creator.expect("creator_info"), 200, may, START).expect("the announcement");
    assert!(init.commit);
    (desk, id, init)
}

/// The question after the time that TikTok has for fetching, answered.
fn after_the_wait(desk: &mut Desk, id: &DeliveryId, init: &Send) -> Timestamp {
    let lost = Answer::Lost("timed out".to_owned());
    desk.handle(Input::Answered(id.clone(), init.attempt, lost), START);
    desk.handle(Input::Tick, START);
    let soon = desk.next_wake().unwrap();
    assert_eq!(soon, START.after_secs(300));
    assert_eq!(step(desk, id).closed, 0, "it may still be fetched");
    let probe = sent(desk.handle(Input::Tick, soon).actions).expect("a question");
    assert!(!probe.commit);
    let who = r#"{"data":{"user":{"open_id":"1784"}},"error":{"code":"ok"}}"#;
    answer(desk, &probe, 200, who, soon);
    soon
}

/// Nobody fetched what the lost announcement handed out: that is closed, and another one goes out.
#[test]
fn what_nobody_fetched_is_closed_and_sent_anew() {
    let (mut desk, id, init) = lost_picture();
    after_the_wait(&mut desk, &id, &init);
    let step = step(&desk, &id);
    assert!(step.closed >= init.attempt && step.doubt.is_none(), "{step:?}");
}

/// It was fetched, while the call was open or after its answer was lost, and a start does not forget that: a person is
/// asked, and only their word closes it.
#[test]
fn what_was_fetched_is_a_persons_to_judge() {
    for early in [true, false] {
        let (mut desk, id, init) = lost_picture();
        let note = Input::Fetched(id.clone(), init.attempt);
        if early {
            desk.handle(note.clone(), START);
            after_the_wait(&mut desk, &id, &init);
        } else {
            let lost = Answer::Lost("timed out".to_owned());
            desk.handle(Input::Answered(id.clone(), init.attempt, lost), START);
            desk.handle(note, START.after_secs(100));
            after_the_wait(&mut desk, &id, &init);
        }
        assert!(matches!(hold(&desk, &id), Hold::Unknown { .. }));
        assert_eq!(step(&desk, &id).closed, 0);
        let later = START.after_secs(600);
        desk.handle(Input::Person(id.clone(), Word::Resolve(Settled::NotOut)), later);
        let step = step(&desk, &id);
        assert!(step.closed >= init.attempt && !step.is_fetched(), "{step:?}");
    }
}

fn limits_told(desk: &mut Desk, input: Input, now: Timestamp) -> Vec<String> {
    let actions = desk.handle(input, now).actions.into_iter();
    let words = actions.filter_map(|action| match action {
        Action::Tell(notice) if notice.kind == NoticeKind::Limited => Some(notice.words),
        Action::Tell(_) | Action::Claim(_) | Action::Reread(_) | Action::Send(_) | Action::Finish(_) => None,
    });
    words.collect()
}

/// A post that costs more than there is left meets its limit: what was told, and which it is.
fn told_of_dear_post(desk: &mut Desk, n: usize, now: Timestamp) -> (Vec<String>, DeliveryId) {
    let scope = Scope::Account(account("club"));
    let freeze = Freeze {
        scope: scope.clone(),
        by: "ann".to_owned(),
        why: "wait".to_owned(),
        since: now,
        version: None,
    };
    desk.handle(Input::Freeze(freeze), now);
    let text = format!("The {n}th: https://club.example.org");
    let (id, none) = drop_post(desk, n, "club", &text, now);
    assert_eq!(none, None);
    (limits_told(desk, Input::Thaw(scope), now), id)
}

/// The journal says that a limit is reached when it holds the first delivery, and not with each that it holds.
#[test]
fn a_limit_is_told_once_while_it_lasts() {
    let mut desk = desk(&["club"], 200);
    let (_, first) = drop_post(&mut desk, 1, "club", "See https://club.example.org", START);
    answer(&mut desk, &first.unwrap(), 201, r#"{"data":{"id":"21"}}"#, START);
    let (told, second) = told_of_dear_post(&mut desk, 2, START);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("held by the platform's limit: this costs 0.200 USD"),
        "{told:?}"
    );
    let again = Input::Person(second, Word::Retry);
    assert_eq!(limits_told(&mut desk, again, START.after_secs(60)), [""; 0]);
    assert_eq!(told_of_dear_post(&mut desk, 3, START.after_secs(60)).0, [""; 0]);
    assert_eq!(told_of_dear_post(&mut desk, 4, START + Span::days(1)).0.len(), 1);
}
