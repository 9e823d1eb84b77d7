//! A vendor ends the version of its API that crier calls: the platform waits as one, until another is named.

use std::collections::BTreeMap;
use std::sync::Arc;

use crier::core::desk::{
    Action, Desk, Freeze, House, Input, NoticeKind, Proof, Records, Retired, Scope, Send,
};
use crier::core::facts::toml_value::Plain;
use crier::core::platform::Told;
use crier::core::why::hold_words;
use crier::domain::account::ConnectionStatus;
use crier::domain::hold::Hold;
use crier::domain::id::PlatformName;
use crier::domain::time::Timestamp;

use super::budget::{START, account, answer, connected, drop_post, hold, house, sent, spec};

const ENDED: &str = r#"{"error":{"message":"You are calling a deprecated version of the API.","type":"OAuthException","code":2635}}"#;

fn threads() -> Scope {
    Scope::Platform(PlatformName::new("threads").unwrap())
}

/// Two accounts on Threads, called with this version, and one on X.
fn club(version: &str) -> House {
    let mut on_threads = spec("threads");
    let named = BTreeMap::from([("api_version".to_owned(), Plain::Word(version.to_owned()))]);
    on_threads.facts = on_threads.facts.overridden(&named);
    house(vec![
        ("club", on_threads.clone()),
        ("shop", on_threads),
        ("birds", spec("x")),
    ])
}

/// A desk whose first call was answered so.
fn told() -> (Desk, Send) {
    let mut desk = connected(club("v1.0"));
    let (_, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    let send = send.unwrap();
    answer(&mut desk, &send, 400, ENDED, START);
    (desk, send)
}

fn reload(desk: &mut Desk, version: &str, now: Timestamp) -> Vec<Action> {
    desk.handle(Input::Config(Arc::new(club(version))), now).actions
}

/// The accounts whose calls are let go.
fn accounts(actions: &[Action]) -> Vec<String> {
    let sent = actions.iter().filter_map(|action| match action {
        Action::Send(send) => Some(send.delivery.account.to_string()),
        Action::Claim(_) | Action::Reread(_) | Action::Finish(_) | Action::Tell(_) => None,
    });
    sent.collect()
}

fn kinds(actions: &[Action]) -> Vec<NoticeKind> {
    let told = actions.iter().filter_map(|action| match action {
        Action::Tell(notice) => Some(notice.kind),
        Action::Claim(_) | Action::Reread(_) | Action::Finish(_) | Action::Send(_) => None,
    });
    told.collect()
}

#[test]
fn the_platform_waits_as_one_with_a_sentence() {
    let (mut desk, first) = told();
    assert!(matches!(hold(&desk, &first.delivery), Hold::Account { .. }));
    let (second, none) = drop_post(&mut desk, 2, "shop", "We sell at ten.", START);
    assert_eq!(none, None, "no second call to find out the same");
    assert_eq!(
        hold_words(&hold(&desk, &second)),
        "platform threads is frozen by crier since 2027-01-15T08:00:00Z: Threads has ended v1.0 of its API \
         (“You are calling a deprecated version of the API.” (code 2635, HTTP 400)): update crier; until then name a \
         version that lives: [platform.threads] api_version = \"...\"; then reload"
    );
    let (_, other) = drop_post(&mut desk, 3, "birds", "We sing at five.", START);
    assert!(other.is_some(), "other platforms go on");
}

#[test]
fn another_version_in_the_config_lets_it_go_on() {
    let (mut desk, _) = told();
    drop_post(&mut desk, 2, "shop", "We sell at ten.", START);
    let same = reload(&mut desk, "v1.0", START.after_secs(1));
    assert_eq!(accounts(&same), Vec::<String>::new());
    let other = reload(&mut desk, "v1.1", START.after_secs(2));
    assert_eq!(accounts(&other), ["club", "shop"]);
    assert!(kinds(&other).contains(&NoticeKind::Thawed));
    assert!(desk.freezes().is_empty());
}

#[test]
fn a_start_remembers_and_a_new_crier_goes_on() {
    let (before, _) = told();
    let start = |version: &str| {
        let records = Records {
            freezes: before.freezes().to_vec(),
            ..Records::default()
        };
        Desk::restore(Arc::new(club(version)), records, START).0
    };
    assert_eq!(start("v1.0").freezes(), before.freezes());
    assert!(start("v2.0").freezes().is_empty());
}

#[test]
fn what_was_written_before_there_were_ended_versions_is_read() {
    let old = r#"{"scope":{"platform":"threads"},"by":"ops","why":"a storm","since":1800000000000}"#;
    let freeze: Freeze = serde_json::from_str(old).unwrap();
    assert_eq!(freeze.version, None);
    assert_eq!(serde_json::to_string(&freeze).unwrap(), old);
}

#[test]
fn an_answer_of_before_the_new_config_says_nothing_about_it() {
    let mut desk = connected(club("v1.0"));
    let (_, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    reload(&mut desk, "v1.1", START.after_secs(1));
    answer(&mut desk, &send.unwrap(), 400, ENDED, START.after_secs(2));
    assert!(desk.freezes().is_empty());
}

#[test]
fn a_persons_freeze_is_a_persons() {
    let mut desk = connected(club("v1.0"));
    let (_, send) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
    let freeze = Freeze {
        scope: threads(),
        by: "ops".to_owned(),
        why: "a storm".to_owned(),
        since: START,
        version: None,
    };
    desk.handle(Input::Freeze(freeze.clone()), START);
    answer(&mut desk, &send.unwrap(), 400, ENDED, START);
    assert_eq!(desk.freezes(), [freeze]);
    reload(&mut desk, "v1.1", START.after_secs(1));
    assert_eq!(desk.freezes().len(), 1, "no config takes it back");
}

#[test]
fn a_person_may_try_it_all_the_same() {
    let (mut desk, _) = told();
    let (second, _) = drop_post(&mut desk, 2, "shop", "We sell at ten.", START);
    let actions = desk.handle(Input::Thaw(threads()), START.after_secs(1)).actions;
    assert_eq!(accounts(&actions), ["shop"]);
    let send = sent(actions).unwrap();
    assert_eq!(send.delivery, second);
    answer(&mut desk, &send, 400, ENDED, START.after_secs(2));
    assert_eq!(desk.freezes().len(), 1);
    assert_eq!(desk.freezes()[0].by, "crier");
}

/// The answer to a call of no delivery said it, and the proof that asked reads it as something to mend.
fn heard_by_a_proof(desk: &mut Desk, now: Timestamp) -> Vec<Action> {
    let retired = Retired {
        asked: now,
        fact: "api_version",
        why: "code 2635".to_owned(),
    };
    let proof = Proof {
        asked: now,
        told: Told::Blocked("code 2635".to_owned()),
    };
    let mut actions = desk
        .handle(Input::Retired(account("club"), Box::new(retired)), now)
        .actions;
    actions.extend(
        desk.handle(Input::Proved(account("club"), Box::new(proof)), now)
            .actions,
    );
    actions
}

#[test]
fn a_proof_that_hears_it_holds_the_platform_and_blames_no_account() {
    let mut desk = connected(club("v1.0"));
    let actions = heard_by_a_proof(&mut desk, START.after_secs(1));
    assert_eq!(kinds(&actions), [NoticeKind::Frozen]);
    assert_eq!(desk.freezes().len(), 1);
    let status = |desk: &Desk| desk.account(&account("club")).unwrap().connection.status;
    assert_eq!(status(&desk), ConnectionStatus::Connected);
    let (_, none) = drop_post(&mut desk, 1, "shop", "We sell at ten.", START.after_secs(2));
    assert_eq!(none, None, "it waits with the platform");
    let other = reload(&mut desk, "v1.1", START.after_secs(3));
    assert_eq!(accounts(&other), ["shop"]);
    // What was asked before says nothing about the new one.
    assert_eq!(heard_by_a_proof(&mut desk, START.after_secs(3)).len(), 0);
    assert_eq!(status(&desk), ConnectionStatus::Connected);
}
