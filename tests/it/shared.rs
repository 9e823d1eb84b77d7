//! Limits that a vendor counts over all accounts of one app.

use crier::core::desk::{AccountSpec, Desk};
use crier::core::why::hold_words;
use crier::domain::hold::Hold;
use crier::domain::id::AppName;

use super::budget::{START, account, connected, drop_post, hold, house, spec};

fn of_app(app: &str, limit: &str, max: i64) -> AccountSpec {
    let spec = spec("x");
    AccountSpec {
        facts: spec.facts.clone().with_number(limit, max),
        app: Some(AppName::new(app).unwrap()),
        ..spec
    }
}

/// Two accounts of one app, and one of another.
fn desk(limit: &str, max: i64) -> Desk {
    connected(house(vec![
        ("club", of_app("ours", limit, max)),
        ("shop", of_app("ours", limit, max)),
        ("band", of_app("theirs", limit, max)),
    ]))
}

#[test]
fn accounts_of_one_app_are_counted_together() {
    let mut desk = desk("posts_app", 3);
    // The call of each is open, so the next of an account is another account's turn.
    for (n, name) in ["club", "shop"].into_iter().enumerate() {
        let (_, send) = drop_post(&mut desk, n, name, &format!("We open at {n}."), START);
        assert!(send.is_some(), "{name}");
    }
    let limits = |name: &str| {
        let all = desk.limits(&account(name), START);
        let limit = all
            .limits
            .into_iter()
            .find(|(quota, _)| quota.name == "posts_app");
        limit.unwrap().1.used
    };
    assert_eq!([limits("club"), limits("shop"), limits("band")], [2, 2, 0]);
}

#[test]
fn the_last_place_of_an_app_is_given_once() {
    let mut desk = desk("posts_app", 1);
    let (_, first) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    assert!(first.is_some());
    let (second, none) = drop_post(&mut desk, 2, "shop", "We sell at ten.", START);
    assert_eq!(none, None);
    let Hold::Limit(limit) = hold(&desk, &second) else {
        panic!("{}", hold_words(&hold(&desk, &second)));
    };
    assert!(
        limit.limit.contains("1 of 1 posts of the app in 1d used"),
        "{limit:?}"
    );
    let (_, other) = drop_post(&mut desk, 3, "band", "We sing at five.", START);
    assert!(other.is_some(), "another app has a place of its own");
}

/// 1,440 messages a day for each user, and no more for the whole app (x.md 6.1).
#[test]
fn messages_and_posts_of_x_count_for_their_app() {
    use crier::core::facts::Shared;
    let quotas = spec("x").facts.quotas();
    let shared: Vec<&str> = quotas
        .iter()
        .filter(|quota| quota.shared == Some(Shared::App))
        .map(|quota| quota.name.as_str())
        .collect();
    assert_eq!(shared, ["messages_day", "posts_app"]);
}
