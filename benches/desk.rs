//! How fast the desk decides, without any IO: admissions, and the whole life of mails from due to done.
//!
//! With few and with many other posts on the desk, since a queue may be long and finished posts are kept for 90 days.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the monotonic clock")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use crier::core::call::{Answer, MailPhase, MailReply, Reply};
use crier::core::desk::{AccountSpec, Action, ClaimResult, Desk, House, Input};
use crier::core::intake::{self, Context, Identity, Target};
use crier::core::reach::Reach;
use crier::domain::account::{Connection, ConnectionStatus};
use crier::domain::id::{AccountName, PostId, QueueName};
use crier::domain::post::{Origin, Post};
use crier::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crier::domain::time::{Span, Timestamp};
use crier::platforms;
use crier::spool::draft;

/// Accounts; posts are dealt out to them in turn.
const ACCOUNTS: usize = 200;
/// Posts that are measured.
const POSTS: usize = 1_000;
/// 2026-11-21, about.
const NOW: Timestamp = Timestamp(1_795_000_000_000);
/// When the measured posts are due.
const DUE: &str = "2026-12-01T09:00:00Z";
/// When the others are: never, as far as this goes.
const LATER: &str = "2027-11-01T09:00:00Z";

fn main() {
    for others in [0, 1_000, 10_000] {
        let house = Arc::new(house());
        let mut desk = connected(house.clone());
        for n in 0..others {
            desk.handle(Input::Admit(Box::new(post(&house, n, LATER))), NOW);
        }
        let posts: Vec<Post> = (0..POSTS).map(|n| post(&house, others + n, DUE)).collect();
        let begun = Instant::now();
        for post in posts {
            desk.handle(Input::Admit(Box::new(post)), NOW);
        }
        let admitted = begun.elapsed();
        let begun = Instant::now();
        let inputs = live_out(&mut desk);
        let lived = begun.elapsed();
        println!(
            "{others:>6} other posts: admit {:>7.1} us, due to done {:>8.1} us a post ({inputs} inputs)",
            admitted.as_secs_f64() * 1e6 / POSTS as f64,
            lived.as_secs_f64() * 1e6 / POSTS as f64,
        );
    }
}

/// Plays the shell's part until every measured post is done; answers how many inputs that took.
fn live_out(desk: &mut Desk) -> usize {
    let mut now = DUE.parse::<jiff::Timestamp>().map_or(NOW, Timestamp::from);
    let (mut inputs, mut done) = (0, 0);
    while done < POSTS {
        let mut todo: VecDeque<Action> = desk.handle(Input::Tick, now).actions.into();
        inputs += 1;
        while let Some(action) = todo.pop_front() {
            let input = match action {
                Action::Claim(post) => Input::Claimed(post, ClaimResult::Ours),
                Action::Send(send) => Input::Answered(send.delivery, send.attempt, accepted()),
                Action::Finish(post) => {
                    done += 1;
                    Input::Finished(post)
                }
                Action::Reread(_) | Action::Tell(_) => continue,
            };
            todo.extend(desk.handle(input, now).actions);
            inputs += 1;
        }
        now = now + Span::secs(1);
    }
    inputs
}

fn accepted() -> Answer {
    Answer::Answered(Reply::Mail(MailReply {
        phase: MailPhase::Body,
        code: 250,
        text: "2.0.0 Ok: queued".to_owned(),
        server: BTreeMap::new(),
    }))
}

fn name(n: usize) -> AccountName {
    AccountName::new(format!("m{n}")).expect("a good name")
}

fn house() -> House {
    let platform = platforms::by_name("email").expect("mail is there");
    let spec = |n: usize| AccountSpec {
        platform,
        facts: platform.facts().clone(),
        options: BTreeMap::from([
            ("from".to_owned(), "news@club.example".to_owned()),
            ("to".to_owned(), format!("reader{n}@club.example")),
        ]),
        app: None,
    };
    let queue = Queue {
        name: QueueName::new("news").expect("a good name"),
        accounts: (0..ACCOUNTS).map(name).collect(),
        timezone: "UTC".to_owned(),
        slots: Vec::new(),
        late: LateRule {
            within: Span::hours(6),
            then: LateThen::Hold,
        },
        spacing: Span(0),
        duplicate_window: Span::days(3),
        prepare: Span::mins(15),
        on_unknown: OnUnknown::Hold,
        fit: Default::default(),
    };
    House {
        accounts: (0..ACCOUNTS).map(|n| (name(n), spec(n))).collect(),
        queues: BTreeMap::from([(queue.name.clone(), queue)]),
        platform: platforms::by_name,
    }
}

fn connected(house: Arc<House>) -> Desk {
    let mut desk = Desk::new(house);
    for n in 0..ACCOUNTS {
        let connection = Connection {
            status: ConnectionStatus::Connected,
            ..Connection::default()
        };
        desk.handle(Input::Account(name(n), Box::new(connection)), NOW);
    }
    desk
}

fn post(house: &House, n: usize, at: &str) -> Post {
    let account = name(n % ACCOUNTS);
    let text = format!("at = {at}\ntext = \"Post {n}\"\naccounts = [\"{account}\"]\n");
    let draft = draft::read("post.toml", draft::Format::Toml, text.as_bytes());
    let draft = draft.unwrap_or_else(|_| panic!("{text}"));
    let spec = &house.accounts[&account];
    let never = crier::domain::account::Connection::default();
    let target = Target {
        account: &account,
        platform: spec.platform,
        facts: &spec.facts,
        options: &spec.options,
        connection: &never,
        reach: Reach {
            public_url: None,
            vendor: true,
        },
    };
    let identity = Identity {
        id: PostId::new(format!("{n:026}")).expect("a good id"),
        origin: Origin::File("post.toml".to_owned()),
        revision: 1,
        admitted: NOW,
    };
    let queue = house.queues.values().next().expect("there is one");
    let context = Context {
        queue,
        targets: &[target],
        now: NOW,
    };
    let admission = intake::accept(identity, &draft, &BTreeMap::new(), &context);
    admission
        .unwrap_or_else(|told| panic!("{}", crier::core::diagnose::render(&told, false)))
        .post
}
