//! Money as a limit: what one purse pays for all accounts of a platform, held when it is empty.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::config::settings::default_queue;
use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::delivery::Phase;
use crier::core::desk::{
    AccountSpec, Action, Change, ClaimResult, Desk, Freeze, House, Input, Request, Scope, Send,
};
use crier::core::flow::Charge;
use crier::core::why::hold_words;
use crier::domain::account::{Connection, ConnectionStatus, Profile};
use crier::domain::hold::Hold;
use crier::domain::id::{AccountName, DeliveryId, PostId, QueueName};
use crier::domain::media::{Media, MediaFacts, MediaId, MediaKind, Notes};
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

/// Words and nothing else.
pub fn words(text: &str) -> Segment {
    Segment {
        text: text.to_owned(),
        ..Segment::default()
    }
}

/// Admits a post of these words and lets it go as far as it goes: its call, if it is let go.
pub fn drop_post(
    desk: &mut Desk,
    n: usize,
    name: &str,
    text: &str,
    now: Timestamp,
) -> (DeliveryId, Option<Send>) {
    drop_parts(desk, n, name, vec![words(text)], now)
}

/// The same with a post of several parts.
pub fn drop_parts(
    desk: &mut Desk,
    n: usize,
    name: &str,
    segments: Vec<Segment>,
    now: Timestamp,
) -> (DeliveryId, Option<Send>) {
    let content = Content {
        segments,
        ..Content::default()
    };
    drop_content(desk, n, name, content, now)
}

/// The same with any content.
pub fn drop_content(
    desk: &mut Desk,
    n: usize,
    name: &str,
    content: Content,
    now: Timestamp,
) -> (DeliveryId, Option<Send>) {
    let id = PostId::new(format!("01jbud{n:020}")).unwrap();
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

/// A post of one file and a few words.
pub fn file(kind: MediaKind, mime: &str) -> Vec<Segment> {
    let facts = MediaFacts {
        kind,
        mime: mime.to_owned(),
        bytes: 1000,
        width: 1080,
        height: 1080,
        duration_ms: None,
        video_codec: None,
        audio_codec: None,
        moov_first: None,
        notes: Notes::default(),
        sha256: String::new(),
    };
    let media = Media {
        cover: None,
        thumb_ms: None,
        id: MediaId(0),
        file: "door".to_owned(),
        alt: None,
        facts,
    };
    vec![Segment {
        media: vec![media],
        ..words("Come in.")
    }]
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

/// One that is made so far is answered, at once.
fn made(desk: &mut Desk, send: &Send, id: &str, now: Timestamp) -> Option<Send> {
    let body = format!(r#"{{"data":{{"id":"{id}"}}}}"#);
    let reply = HttpReply {
        status: 201,
        body: body.into_bytes(),
        ..HttpReply::default()
    };
    let answer = Answer::Answered(Reply::Http(reply));
    sent(
        desk.handle(Input::Answered(send.delivery.clone(), send.attempt, answer), now)
            .actions,
    )
}

/// A thread that would stop in its middle does not begin; once it has begun, it goes on.
#[test]
fn a_thread_waits_for_the_money_of_all_its_parts() {
    let mut desk = desk(&["club"], 220);
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    made(&mut desk, &first.expect("15 of 220"), "21", START);
    let parts = || vec![words("One"), words("Two: https://club.example.org")];
    let (thread, none) = drop_parts(&mut desk, 2, "club", parts(), START);
    assert_eq!(none, None, "there is room for the first part alone");
    assert_eq!(
        hold_words(&hold(&desk, &thread)),
        "held by the platform's limit: this costs 0.215 USD because it has a link; 0.015 of 0.22 USD are spent in the last 30d"
    );
    let (_, cheap) = drop_post(&mut desk, 3, "club", "We close at five.", START.after_secs(60));
    assert!(cheap.is_some(), "what fits goes on");

    let mut desk = self::desk(&["club"], 215);
    let (_, one) = drop_parts(&mut desk, 1, "club", parts(), START);
    let two = made(&mut desk, &one.expect("215 of 215"), "31", START);
    assert!(two.is_some_and(|send| send.commit), "its own room is still there");
}

/// Pieces of media that X would have forgotten before there is money for their post are not uploaded.
#[test]
fn media_wait_for_the_money_of_their_post() {
    let picture = || file(MediaKind::Image, "image/jpeg");
    let mut desk = desk(&["club"], 29);
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    made(&mut desk, &first.expect("15 of 29"), "21", START);
    let (held, none) = drop_parts(&mut desk, 2, "club", picture(), START);
    assert_eq!(none, None, "its post costs 15");
    assert!(matches!(hold(&desk, &held), Hold::Limit(_)));
    let mut desk = self::desk(&["club"], 30);
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    made(&mut desk, &first.expect("15 of 30"), "21", START);
    let (_, begun) = drop_parts(&mut desk, 2, "club", picture(), START);
    assert!(begun.is_some_and(|send| !send.commit));
}

/// More parts than fit into any window: it begins when the window is empty, rather than never.
#[test]
fn a_thread_longer_than_a_window_begins_when_that_is_empty() {
    let mut spec = spec("x");
    spec.facts = spec.facts.with_number("posts", 2);
    let mut desk = connected(house(vec![("club", spec)]));
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    made(&mut desk, &first.expect("one of two"), "21", START);
    let parts = vec![words("One"), words("Two"), words("Three")];
    let (thread, none) = drop_parts(&mut desk, 2, "club", parts, START.after_secs(1));
    assert_eq!(none, None);
    assert!(matches!(hold(&desk, &thread), Hold::Limit(_)));
    let free = desk.next_wake().unwrap();
    assert_eq!(
        free,
        START.after_secs(900 + 120),
        "the window, and what a call may be on its way"
    );
    let one = sent(desk.handle(Input::Tick, free).actions).expect("the window is empty");
    let two = made(&mut desk, &one, "31", free).expect("two fit");
    assert_eq!(made(&mut desk, &two, "32", free), None, "the third waits");
}

/// A lost answer is looked up although nothing is left: a doubt would be dearer. What it costs is counted.
#[test]
fn a_look_never_waits_for_money() {
    let mut desk = desk(&["club"], 15);
    let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    let send = send.expect("15 of 15");
    let lost = Answer::Lost("timed out".to_owned());
    desk.handle(Input::Answered(id, send.attempt, lost), START);
    desk.handle(Input::Tick, START);
    let soon = desk.next_wake().unwrap();
    let look = sent(desk.handle(Input::Tick, soon).actions).expect("a look");
    assert!(!look.commit, "{look:?}");
    let used = desk.limits(&account("club"), soon).limits;
    let (_, usage) = used.iter().find(|(q, _)| q.name == "budget").unwrap();
    assert_eq!(usage.used, 20, "15 for the post, 5 for what it lists");
}

fn request(name: &str, changes: bool, money: u32) -> Request {
    Request {
        kind: None,
        account: account(name),
        charges: vec![Charge {
            limit: "budget".to_owned(),
            amount: money,
        }],
        changes,
        id: PostId::new("01jask00000000000000000000").unwrap(),
    }
}

/// What a person asks beside posts costs of the same purse, and is refused in the same words.
#[test]
fn requests_cost_of_the_same_purse() {
    let mut desk = desk(&["club", "shop"], 230);
    let out = desk.request(&request("club", false, 220), START).unwrap();
    assert!(
        matches!(&out.changes[..], [Change::Row(row)] if row.amount == 220),
        "{:?}",
        out.changes
    );
    let (held, none) = drop_post(&mut desk, 1, "shop", "We open at nine.", START);
    assert_eq!(none, None);
    let words =
        "held by the platform's limit: this costs 0.015 USD; 0.22 of 0.23 USD are spent in the last 30d";
    assert_eq!(hold_words(&hold(&desk, &held)), words);
    let (refused, until) = desk.request(&request("shop", true, 15), START).unwrap_err();
    assert_eq!(hold_words(&refused), words);
    assert_eq!(until, Some(START + Span::days(30)));
    assert!(
        desk.request(&request("shop", true, 10), START).is_ok(),
        "there is room for that"
    );
}

/// A freeze stops requests that change something at the platform, and no others.
#[test]
fn a_freeze_stops_what_changes_something() {
    let mut desk = desk(&["club"], 230);
    let freeze = |scope: Scope| Freeze {
        scope,
        by: "ada".to_owned(),
        why: "wrong list".to_owned(),
        since: START,
        version: None,
    };
    for scope in [Scope::All, Scope::Account(account("club"))] {
        desk.handle(Input::Freeze(freeze(scope.clone())), START);
        let (refused, until) = desk.request(&request("club", true, 1), START).unwrap_err();
        assert!(hold_words(&refused).contains("is frozen by ada"), "{refused:?}");
        assert_eq!(until, None);
        assert!(desk.request(&request("club", false, 1), START).is_ok());
        desk.handle(Input::Thaw(scope), START);
        assert!(desk.request(&request("club", true, 1), START).is_ok());
    }
}
