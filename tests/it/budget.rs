//! Money as a limit: what one purse pays for all accounts of a platform, held when it is empty.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::config::settings::default_queue;
use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::delivery::Phase;
use crier::core::desk::{AccountSpec, Action, ClaimResult, Desk, House, Input, Send};
use crier::core::why::hold_words;
use crier::domain::account::{Connection, ConnectionStatus, Profile};
use crier::domain::hold::Hold;
use crier::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crier::domain::post::{Content, Origin, Post, Segment, When};
use crier::domain::time::{Span, Timestamp};
use crier::platforms::by_name;

pub const START: Timestamp = Timestamp(1_800_000_000_000);

pub fn account(name: &str) -> AccountName {
    AccountName::new(name).unwrap()
}

/// A desk with these accounts on X, and this budget in thousandths of a USD.
pub fn desk(names: &[&str], budget: i64) -> Desk {
    let mut spec = spec("x");
    spec.facts = spec.facts.with_number("budget", budget);
    connected(house(names.iter().map(|name| (*name, spec.clone())).collect()))
}

/// An account on this platform as the config declares it without a word more.
pub fn spec(platform: &str) -> AccountSpec {
    let platform = by_name(platform).unwrap();
    AccountSpec {
        platform,
        facts: platform.facts().clone(),
        options: BTreeMap::new(),
        app: None,
    }
}

/// A config of these accounts and a queue.
pub fn house(specs: Vec<(&str, AccountSpec)>) -> House {
    let mut queue = default_queue(QueueName::new("main").unwrap(), "UTC".to_owned());
    queue.spacing = Span::ZERO;
    House {
        accounts: specs.into_iter().map(|(n, spec)| (account(n), spec)).collect(),
        queues: BTreeMap::from([(queue.name.clone(), queue)]),
        platform: by_name,
    }
}

/// A desk of this config with every account connected.
pub fn connected(house: House) -> Desk {
    let names: Vec<AccountName> = house.accounts.keys().cloned().collect();
    let mut desk = Desk::new(Arc::new(house));
    for name in names {
        let connection = Connection {
            status: ConnectionStatus::Connected,
            profile: Some(Profile {
                remote_id: "1784".to_owned(),
                handle: "club".to_owned(),
                ..Profile::default()
            }),
            ..Connection::default()
        };
        desk.handle(Input::Account(name, Box::new(connection)), START);
    }
    desk
}

/// Admits a post and lets it go as far as it goes: its call, if it is let go.
pub fn drop_post(
    desk: &mut Desk,
    n: usize,
    name: &str,
    text: &str,
    now: Timestamp,
) -> (DeliveryId, Option<Send>) {
    let id = PostId::new(format!("01jbud{n:020}")).unwrap();
    let content = Content {
        segments: vec![Segment {
            text: text.to_owned(),
            ..Segment::default()
        }],
        ..Content::default()
    };
    let post = Post {
        id: id.clone(),
        queue: QueueName::new("main").unwrap(),
        origin: Origin::File(format!("{n}.toml")),
        revision: 1,
        hash: format!("{n}"),
        admitted: now,
        when: When::default(),
        again: true,
        contents: BTreeMap::from([(account(name), content)]),
        warnings: Vec::new(),
    };
    let delivery = DeliveryId {
        post: id.clone(),
        account: account(name),
    };
    let mut actions = desk.handle(Input::Admit(Box::new(post)), now).actions;
    actions.extend(desk.handle(Input::Tick, now).actions);
    assert!(actions.contains(&Action::Claim(id.clone())), "{actions:?}");
    let actions = desk.handle(Input::Claimed(id, ClaimResult::Ours), now).actions;
    (delivery, sent(actions))
}

pub fn sent(actions: Vec<Action>) -> Option<Send> {
    actions.into_iter().find_map(|action| match action {
        Action::Send(send) => Some(*send),
        Action::Claim(_) | Action::Reread(_) | Action::Finish(_) | Action::Tell(_) => None,
    })
}

pub fn answer(desk: &mut Desk, send: &Send, status: u16, body: &str, now: Timestamp) {
    let reply = HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    };
    let answer = Answer::Answered(Reply::Http(reply));
    desk.handle(Input::Answered(send.delivery.clone(), send.attempt, answer), now);
}

pub fn hold(desk: &Desk, id: &DeliveryId) -> Hold {
    let look = desk.delivery(id).unwrap();
    match &look.record.phase {
        Phase::Waiting { hold, .. } | Phase::Held { hold, .. } => hold.clone(),
        Phase::Ready { .. } | Phase::Calling { .. } | Phase::Ended { .. } => panic!("it is not held"),
    }
}

#[test]
fn one_purse_for_all_accounts() {
    let mut desk = desk(&["club", "shop"], 230);
    let (_, first) = drop_post(&mut desk, 1, "club", "See https://club.example.org", START);
    let first = first.expect("200 of 230");
    answer(&mut desk, &first, 201, r#"{"data":{"id":"21"}}"#, START);

    let later = START.after_secs(3600);
    let (held, none) = drop_post(&mut desk, 2, "shop", "See https://shop.example.org", later);
    assert_eq!(none, None);
    assert_eq!(
        hold_words(&hold(&desk, &held)),
        "held by the platform's limit: this costs 0.200 USD because it has a link; 0.20 of 0.23 USD are spent in the last 30d"
    );
    // What is cheaper still fits, and the first one goes when its money is there again.
    let (_, cheap) = drop_post(&mut desk, 3, "shop", "We open at nine.", later);
    let cheap = cheap.expect("15 of 30 left");
    answer(&mut desk, &cheap, 201, r#"{"data":{"id":"22"}}"#, later);
    let free = START + Span::days(30);
    assert_eq!(desk.next_wake(), Some(free));
    let used = desk.limits(&account("shop"), later).limits;
    let (quota, usage) = used.iter().find(|(q, _)| q.name == "budget").unwrap();
    assert_eq!(
        quota.fullness(usage.used, usage.max),
        "0.215 of 0.23 USD are spent in the last 30d"
    );
}

/// X says that it did nothing: the money is not counted.
#[test]
fn what_did_not_happen_costs_nothing() {
    let mut desk = desk(&["club"], 200);
    let (id, send) = drop_post(&mut desk, 1, "club", "See https://club.example.org", START);
    let no_credits =
        r#"{"title":"CreditsDepleted","detail":"no credits","type":"https://api.x.com/2/problems/credits"}"#;
    answer(&mut desk, &send.expect("200 of 200"), 402, no_credits, START);
    let words = hold_words(&hold(&desk, &id));
    assert!(words.contains("buy credits"), "{words}");
    let used = desk.limits(&account("club"), START).limits;
    let (_, usage) = used.iter().find(|(q, _)| q.name == "budget").unwrap();
    assert_eq!(
        usage.used, 0,
        "a call that did nothing costs nothing, though it counts as a call"
    );
}
