//! What a post is told of its accounts when it is admitted, at the time that it is really due.

use std::sync::Arc;

use crier::core::desk::{Action, Desk, Input, Proof};
use crier::core::platform::Told;
use crier::core::why::{Asked, chain, hold_words};
use crier::domain::account::{Connection, ConnectionStatus, Profile};
use crier::domain::id::{PostId, QueueName};
use crier::domain::post::{Content, Origin, Post, When};
use crier::domain::time::{Span, Timestamp};

use super::budget::{START, account, hold, house, spec, words};

/// A few words for these accounts.
fn post(accounts: &[String]) -> Post {
    let content = Content {
        segments: vec![words("We open at nine.")],
        ..Content::default()
    };
    Post {
        id: PostId::new("01jstand000000000000000000").unwrap(),
        queue: QueueName::new("main").unwrap(),
        origin: Origin::File("hello.toml".to_owned()),
        revision: 1,
        hash: "1".to_owned(),
        admitted: START,
        when: When::default(),
        again: false,
        contents: accounts
            .iter()
            .map(|name| (account(name), content.clone()))
            .collect(),
        warnings: Vec::new(),
    }
}

/// A post without a time of its own in a queue with one slot a day, for an account that stands so.
fn admitted(platform: &str, connection: Connection) -> (Desk, PostId) {
    let mut house = house(vec![("club", spec(platform))]);
    for queue in house.queues.values_mut() {
        queue.slots = vec!["0 9 * * *".to_owned()];
    }
    let mut desk = Desk::new(Arc::new(house));
    desk.handle(Input::Account(account("club"), Box::new(connection)), START);
    let post = post(&["club".to_owned()]);
    let id = post.id.clone();
    desk.handle(Input::Admit(Box::new(post)), START);
    (desk, id)
}

fn warned(desk: &Desk, id: &PostId) -> Vec<String> {
    desk.post(id).unwrap().post.warnings.clone()
}

fn connected(expires: Option<Timestamp>) -> Connection {
    Connection {
        status: ConnectionStatus::Connected,
        expires,
        ..Connection::default()
    }
}

/// The slot is what counts, not the drop: a token of a Page's login that ends in between.
#[test]
fn a_token_that_ends_before_the_slot_is_told_at_the_drop() {
    let (desk, id) = admitted("facebook", connected(None));
    let due = desk.post(&id).unwrap().due;
    assert!(due > START + Span::mins(1), "the slot lies ahead");
    assert_eq!(warned(&desk, &id), Vec::<String>::new());
    let ends = START + Span::mins(1);
    let (desk, id) = admitted("facebook", connected(Some(ends)));
    let words = format!(
        "the token of club ends at {ends}, before this is due, and nothing renews it: `crierctl connect club`"
    );
    assert_eq!(warned(&desk, &id), [words]);
    let (desk, id) = admitted("facebook", connected(Some(due + Span::mins(1))));
    assert_eq!(warned(&desk, &id), Vec::<String>::new());
}

/// Renewing has an end too, and once it is over the access token's own counts.
#[test]
fn the_end_of_renewing_is_told_at_the_drop() {
    let soon = START + Span::mins(1);
    let renewed = connected(Some(soon));
    let (desk, id) = admitted("x", renewed.clone());
    assert_eq!(warned(&desk, &id), Vec::<String>::new(), "it is renewed by then");
    let last = Connection {
        renewal_ends: Some(soon),
        ..renewed.clone()
    };
    let over = Connection {
        renewal_over: true,
        ..renewed
    };
    for connection in [last, over] {
        let (desk, id) = admitted("x", connection);
        assert!(warned(&desk, &id)[0].contains("nothing renews it"));
    }
}

/// A token that renews itself, and whose renewal fails again and again, may end before the post is due.
#[test]
fn a_renewal_that_keeps_failing_is_told_at_the_drop() {
    let ends = START + Span::mins(1);
    let failing = |times| Connection {
        status: ConnectionStatus::Expiring,
        refresh_failures: times,
        ..connected(Some(ends))
    };
    let (desk, id) = admitted("threads", failing(2));
    assert_eq!(warned(&desk, &id), Vec::<String>::new());
    let (desk, id) = admitted("threads", failing(3));
    let words = format!(
        "the token of club ends at {ends}, before this is due, and its renewal keeps failing: `crierctl connect club`"
    );
    assert_eq!(warned(&desk, &id), [words]);
}

/// An account that does not work is told of at the drop, and by `why` while the post waits for its time.
#[test]
fn an_account_that_does_not_work_is_told_of() {
    for (status, reason, words) in [
        (ConnectionStatus::Never, None, "is not connected"),
        (
            ConnectionStatus::Revoked,
            Some("its owner removed the app"),
            "is revoked",
        ),
        (ConnectionStatus::Error, Some("a checkpoint"), "has an error"),
    ] {
        let connection = Connection {
            status,
            reason: reason.map(str::to_owned),
            ..Connection::default()
        };
        let (desk, id) = admitted("threads", connection);
        let warnings = warned(&desk, &id);
        assert!(
            warnings[0].contains(words) && warnings[0].contains(reason.unwrap_or_default()),
            "{warnings:?}"
        );
        assert!(warnings[0].contains("crierctl connect club"), "{warnings:?}");
        let delivery = desk.all_deliveries().next().unwrap();
        let asked = Asked {
            post: desk.post(&id).unwrap(),
            phase: &delivery.record.phase,
            step: &delivery.step(),
            account: desk.account(&account("club")),
            limits: &[],
            now: START,
        };
        let links = chain(&asked);
        let link = links.iter().find(|l| l.words.starts_with("its account")).unwrap();
        assert!(link.words.contains(words), "{links:#?}");
        assert_eq!(link.help.as_deref(), Some("`crierctl connect ACCOUNT`"));
    }
}

/// What was begun for one platform never goes on at another; declared as before it does.
#[test]
fn what_was_begun_for_another_platform_waits() {
    let (mut desk, id) = admitted("threads", connected(None));
    let delivery = desk.all_deliveries().next().unwrap().id.clone();
    let due = desk.post(&id).unwrap().due;
    let declare = |platform: &str| {
        let mut house = house(vec![("club", spec(platform))]);
        for queue in house.queues.values_mut() {
            queue.slots = vec!["0 9 * * *".to_owned()];
        }
        Input::Config(Arc::new(house))
    };
    desk.handle(declare("x"), START);
    let actions = desk.handle(Input::Tick, due).actions;
    assert!(!actions.contains(&Action::Claim(id.clone())), "{actions:?}");
    let words = hold_words(&hold(&desk, &delivery));
    assert!(
        words.contains("declared as x now, and this was made for threads"),
        "{words}"
    );
    let actions = desk.handle(declare("threads"), due).actions;
    assert!(actions.contains(&Action::Claim(id)), "{actions:?}");
}

/// A proof that was under way when the account was declared anew brings its old login back to nobody.
#[test]
fn a_proof_of_what_is_set_aside_changes_nothing() {
    let aside = Connection {
        reason: Some("declared anew".to_owned()),
        set_aside: Some(Box::new(connected(None))),
        ..Connection::default()
    };
    let (mut desk, _) = admitted("threads", aside.clone());
    let proof = Proof {
        asked: START,
        told: Told::Yes(Profile::default()),
    };
    let input = Input::Proved(account("club"), Box::new(proof));
    assert!(desk.handle(input, START).changes.is_empty());
    assert_eq!(desk.account(&account("club")).unwrap().connection, aside);
}

/// A hundred accounts whose login ended on one day, and a long reason for each: the post's record still fits the store.
#[test]
fn many_accounts_that_stand_badly_are_told_in_few_words() {
    let names: Vec<String> = (0..100).map(|n| format!("club-{n}")).collect();
    let specs = names.iter().map(|name| (name.as_str(), spec("threads")));
    let mut desk = Desk::new(Arc::new(house(specs.collect())));
    for name in &names {
        let connection = Connection {
            status: ConnectionStatus::Expired,
            reason: Some("Error validating access token: the session was invalidated. ".repeat(5)),
            ..Connection::default()
        };
        desk.handle(Input::Account(account(name), Box::new(connection)), START);
    }
    let post = post(&names);
    let id = post.id.clone();
    desk.handle(Input::Admit(Box::new(post)), START);
    let warned = warned(&desk, &id);
    let bytes: usize = warned.iter().map(String::len).sum();
    assert!(bytes < 3_000, "{bytes}");
    assert!(warned[0].starts_with("account club-0 is expired"), "{warned:?}");
    let told = warned.len() - 1;
    assert_eq!(
        warned[told],
        format!("and {} accounts more: `crierctl accounts` shows all", 100 - told)
    );
}
