//! An account's list of recipients changes: what has begun keeps the list it began with, what waits takes the new one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::config::settings::default_queue;
use crier::core::call::{Answer, Call, MailPhase, MailReply, Reply};
use crier::core::delivery::Phase;
use crier::core::desk::{AccountSpec, Action, ClaimResult, Desk, House, Input, Send};
use crier::domain::account::{Connection, ConnectionStatus};
use crier::domain::id::{PostId, QueueName};
use crier::domain::post::{Content, Origin, Post, Segment, When};
use crier::domain::receipt::Outcome;
use crier::domain::time::Timestamp;
use crier::platforms::by_name;

use super::budget::{START, account, sent};

fn house(to: &str) -> House {
    let platform = by_name("email").unwrap();
    let options = [("from", "The Club <news@club.example>"), ("to", to)];
    let spec = AccountSpec {
        platform,
        facts: platform.facts().clone(),
        options: options.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        app: None,
    };
    let queue = default_queue(QueueName::new("main").unwrap(), "UTC".to_owned());
    House {
        accounts: BTreeMap::from([(account("news"), spec)]),
        queues: BTreeMap::from([(queue.name.clone(), queue)]),
        platform: by_name,
    }
}

/// A desk with one letter that has been read.
fn admitted(to: &str) -> (Desk, PostId) {
    let mut desk = Desk::new(Arc::new(house(to)));
    let connection = Connection {
        status: ConnectionStatus::Connected,
        ..Connection::default()
    };
    desk.handle(Input::Account(account("news"), Box::new(connection)), START);
    let id = PostId::new("01jmail0000000000000000000").unwrap();
    let content = Content {
        subject: Some("News".to_owned()),
        segments: vec![Segment {
            text: "We open at nine.".to_owned(),
            ..Segment::default()
        }],
        ..Content::default()
    };
    let post = Post {
        id: id.clone(),
        queue: QueueName::new("main").unwrap(),
        origin: Origin::File("news.toml".to_owned()),
        revision: 1,
        hash: "1".to_owned(),
        admitted: START,
        when: When::default(),
        again: false,
        contents: BTreeMap::from([(account("news"), content)]),
        warnings: Vec::new(),
    };
    let actions = desk.handle(Input::Admit(Box::new(post)), START).actions;
    assert!(actions.contains(&Action::Claim(id.clone())), "{actions:?}");
    (desk, id)
}

fn claimed(desk: &mut Desk, id: &PostId) -> Send {
    let input = Input::Claimed(id.clone(), ClaimResult::Ours);
    sent(desk.handle(input, START).actions).expect("the first letter")
}

fn taken(desk: &mut Desk, send: &Send, now: Timestamp) -> Option<Send> {
    let reply = MailReply {
        phase: MailPhase::Body,
        code: 250,
        text: "2.0.0 queued".to_owned(),
        server: BTreeMap::new(),
    };
    let answer = Answer::Answered(Reply::Mail(reply));
    sent(
        desk.handle(Input::Answered(send.delivery.clone(), send.attempt, answer), now)
            .actions,
    )
}

fn to(send: &Send) -> Vec<String> {
    match &send.call {
        Call::Mail(mail) => mail.to.clone(),
        Call::Http(_) | Call::MailCheck => panic!("no mail: {send:?}"),
    }
}

fn reload(desk: &mut Desk, to: &str) {
    desk.handle(Input::Config(Arc::new(house(to))), START);
}

#[test]
fn a_list_that_changes_while_a_letter_is_half_out() {
    let (mut desk, id) = admitted("a@x.example, b@x.example, c@x.example");
    let mut served = Vec::new();
    let mut next = Some(claimed(&mut desk, &id));
    let mut now = START;
    while let Some(send) = next {
        served.extend(to(&send));
        reload(&mut desk, "z@x.example, a@x.example");
        now = now.after_secs(1);
        next = taken(&mut desk, &send, now);
    }
    assert_eq!(served, ["a@x.example", "b@x.example", "c@x.example"]);
    let delivery = desk.deliveries_of_post(&id).next().unwrap();
    let Phase::Ended {
        outcome: Outcome::Published { live, note: None },
    } = &delivery.record.phase
    else {
        panic!("{:?}", delivery.record.phase);
    };
    let parts: Vec<&str> = live.iter().filter_map(|l| l.part.as_deref()).collect();
    assert_eq!(parts, served);
}

#[test]
fn a_list_that_changes_before_a_letter_begins() {
    let (mut desk, id) = admitted("a@x.example");
    reload(&mut desk, "y@x.example, z@x.example");
    let first = claimed(&mut desk, &id);
    let second = taken(&mut desk, &first, START.after_secs(1)).expect("the second letter");
    assert_eq!([to(&first), to(&second)].concat(), ["y@x.example", "z@x.example"]);
}
