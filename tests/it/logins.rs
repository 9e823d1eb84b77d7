//! Accounts whose token is refused, renewed, proved or taken away: what their posts do meanwhile, and what people hear.

use crier::core::call::{Answer, HttpReply, Reply, Trouble, TroubleKind};
use crier::core::delivery::Phase;
use crier::core::desk::{Action, Desk, Input, NoticeKind, Output, Proof, Send};
use crier::core::life;
use crier::core::platform::Told;
use crier::core::why::hold_words;
use crier::domain::account::{Connection, ConnectionStatus, Profile};
use crier::domain::hold::Hold;
use crier::domain::id::DeliveryId;
use crier::domain::time::Timestamp;

use super::budget::{START, account, connected, drop_post, hold, house, sent, spec};

const REFUSED: &str = r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#;
const NO_MONEY: &str = r#"{"title":"CreditsDepleted","type":"https://api.x.com/2/problems/credits","detail":"Your enrolled account does not have any credits"}"#;

fn after(secs: i64) -> Timestamp {
    START.after_secs(secs)
}

/// A desk with an account on this platform whose token lives two hours from the start on.
fn desk(platform: &str) -> Desk {
    let mut desk = connected(house(vec![("club", spec(platform))]));
    let login = Connection {
        status: ConnectionStatus::Connected,
        issued: Some(START),
        connected: Some(START),
        expires: Some(after(7_200)),
        ..now_of(&desk)
    };
    told(&mut desk, login, START);
    desk
}

fn now_of(desk: &Desk) -> Connection {
    desk.account(&account("club")).unwrap().connection.clone()
}

fn told(desk: &mut Desk, connection: Connection, now: Timestamp) -> Output {
    desk.handle(Input::Account(account("club"), Box::new(connection)), now)
}

/// What the engine's renewal makes of it when the vendor gives another set.
fn renewed(desk: &Desk, now: Timestamp) -> Connection {
    Connection {
        status: ConnectionStatus::Connected,
        reason: None,
        issued: Some(now),
        refreshed: Some(now),
        expires: Some(now.after_secs(7_200)),
        refused: None,
        ..now_of(desk)
    }
}

fn answered(desk: &mut Desk, send: &Send, status: u16, body: &str, now: Timestamp) -> Output {
    let reply = HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    };
    let answer = Answer::Answered(Reply::Http(reply));
    desk.handle(Input::Answered(send.delivery.clone(), send.attempt, answer), now)
}

fn proof(desk: &mut Desk, told: Told<Profile>, now: Timestamp) -> Output {
    let proof = Proof { asked: now, told };
    desk.handle(Input::Proved(account("club"), Box::new(proof)), now.after_secs(1))
}

/// What people hear of the account.
fn alarms(output: &Output) -> Vec<&str> {
    let told = output.actions.iter().filter_map(|action| match action {
        Action::Tell(notice) if notice.kind == NoticeKind::Account => Some(notice.words.as_str()),
        Action::Tell(_) | Action::Claim(_) | Action::Reread(_) | Action::Send(_) | Action::Finish(_) => None,
    });
    told.collect()
}

fn tells(output: &Output) -> usize {
    let told = output.actions.iter();
    told.filter(|action| matches!(action, Action::Tell(_))).count()
}

fn is_held(desk: &Desk, id: &DeliveryId) -> bool {
    matches!(desk.delivery(id).unwrap().record.phase, Phase::Held { .. })
}

fn status(desk: &Desk) -> ConnectionStatus {
    now_of(desk).status
}

/// When its token is renewed next.
fn due(desk: &Desk) -> Option<Timestamp> {
    let spec = &desk.house().accounts[&account("club")];
    let rule = spec.platform.login().refresh_rule(&spec.facts, &spec.options);
    life::refresh_at(&now_of(desk), rule, None)
}

#[test]
fn a_refused_token_is_renewed_once_before_anybody_hears_of_it() {
    let mut desk = desk("x");
    let (first, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
    let out = answered(&mut desk, &send.unwrap(), 401, REFUSED, after(61));
    assert_eq!((tells(&out), status(&desk)), (0, ConnectionStatus::Connected));
    assert!(!is_held(&desk, &first));
    let words = hold_words(&hold(&desk, &first));
    assert!(
        words.starts_with("the token of its account is renewed first: "),
        "{words}"
    );
    assert_eq!(due(&desk), Some(after(61)), "at once");

    let (second, none) = drop_post(&mut desk, 2, "club", "We close at six.", after(62));
    assert_eq!(none, None, "it would be refused too");
    assert!(matches!(hold(&desk, &second), Hold::Renewing { .. }));
    // A hiccup of the renewal changes nothing.
    let hiccup = Connection {
        refresh_failures: 1,
        refresh_after: Some(after(120)),
        refused: None,
        ..now_of(&desk)
    };
    let out = told(&mut desk, hiccup, after(63));
    assert_eq!((sent(out.actions), due(&desk)), (None, Some(after(120))));

    let another = renewed(&desk, after(120));
    let again = sent(told(&mut desk, another, after(121)).actions).expect("with the new token");
    let out = answered(&mut desk, &again, 401, REFUSED, after(122));
    assert_eq!(alarms(&out).len(), 1, "{out:?}");
    assert_eq!(status(&desk), ConnectionStatus::Expired);
    for id in [&first, &second] {
        assert!(matches!(hold(&desk, id), Hold::Reauthorise { .. }));
        assert!(is_held(&desk, id));
    }
}

#[test]
fn a_call_that_left_before_the_renewal_is_made_again() {
    for platform in ["x", "threads"] {
        let mut desk = desk(platform);
        let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
        let another = renewed(&desk, after(61));
        told(&mut desk, another, after(61));
        let body = match platform {
            "x" => REFUSED,
            _ => r#"{"error":{"message":"Session has expired","code":190,"error_subcode":463}}"#,
        };
        let out = answered(&mut desk, &send.unwrap(), 401, body, after(62));
        assert_eq!(tells(&out), 0, "{platform}: {out:?}");
        assert_eq!(status(&desk), ConnectionStatus::Connected, "{platform}");
        assert!(matches!(hold(&desk, &id), Hold::Retry { .. }), "{platform}");
        assert!(
            sent(desk.handle(Input::Tick, after(90)).actions).is_some(),
            "{platform}"
        );
    }
}

#[test]
fn no_call_is_made_with_a_token_whose_time_is_over() {
    for platform in ["x", "threads"] {
        let mut desk = desk(platform);
        let (id, none) = drop_post(&mut desk, 1, "club", "We open at nine.", after(7_201));
        assert_eq!(none, None, "{platform}");
        assert!(matches!(hold(&desk, &id), Hold::Renewing { .. }), "{platform}");
        let another = renewed(&desk, after(7_203));
        assert!(
            sent(told(&mut desk, another, after(7_203)).actions).is_some(),
            "{platform}"
        );
    }
}

#[test]
fn a_renewal_that_is_refused_asks_a_person() {
    let mut desk = desk("x");
    let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
    answered(&mut desk, &send.unwrap(), 401, REFUSED, after(61));
    let dead = life::renewal_dead(&now_of(&desk), true, None, "invalid_request", after(62));
    assert_eq!(
        dead.status,
        ConnectionStatus::Expired,
        "the access token was refused"
    );
    let out = told(&mut desk, dead, after(62));
    assert_eq!(sent(out.actions), None);
    assert_eq!(
        hold_words(&hold(&desk, &id)),
        "its account must be connected again: invalid_request"
    );
    assert!(is_held(&desk, &id));
    assert_eq!(now_of(&desk).refused, None);
    let login = Connection {
        connected: Some(after(99)),
        renewal_over: false,
        ..renewed(&desk, after(99))
    };
    assert!(sent(told(&mut desk, login, after(99)).actions).is_some());
}

#[test]
fn a_token_that_renews_itself_is_not_renewed_once_it_is_refused() {
    let mut desk = desk("threads");
    let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
    let body = r#"{"error":{"message":"Session has expired","code":190,"error_subcode":463}}"#;
    let out = answered(&mut desk, &send.unwrap(), 400, body, after(61));
    assert_eq!(alarms(&out).len(), 1, "{out:?}");
    assert_eq!(status(&desk), ConnectionStatus::Expired);
    assert!(matches!(hold(&desk, &id), Hold::Reauthorise { .. }));
}

#[test]
fn access_that_a_person_took_away_is_called_so() {
    let gone = r#"{"error":{"message":"The user has not authorized application 17.","code":190,"error_subcode":458}}"#;
    for platform in ["threads", "facebook"] {
        let mut desk = desk(platform);
        let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
        let send = send.unwrap();
        let out = answered(&mut desk, &send, 400, gone, after(61));
        assert_eq!(alarms(&out).len(), 1, "{platform}: {out:?}");
        assert_eq!(status(&desk), ConnectionStatus::Revoked, "{platform}");
        assert!(matches!(hold(&desk, &id), Hold::Reauthorise { .. }), "{platform}");
    }
    let mut desk = desk("x");
    let out = proof(
        &mut desk,
        Told::Revoked("access was taken away".into()),
        after(60),
    );
    assert_eq!(
        (alarms(&out).len(), status(&desk)),
        (1, ConnectionStatus::Revoked)
    );
}

#[test]
fn what_is_held_for_the_account_is_not_sent_again_at_each_renewal() {
    let mut desk = desk("x");
    let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
    answered(&mut desk, &send.unwrap(), 402, NO_MONEY, after(61));
    assert!(matches!(hold(&desk, &id), Hold::Account { .. }));
    let another = renewed(&desk, after(3_600));
    assert_eq!(sent(told(&mut desk, another, after(3_600)).actions), None);
    let failed = Connection {
        refresh_failures: 1,
        ..now_of(&desk)
    };
    assert_eq!(sent(told(&mut desk, failed, after(3_700)).actions), None);
    let works = proof(&mut desk, Told::Yes(Profile::default()), after(3_800));
    let again = sent(works.actions).expect("something may have been mended");
    answered(&mut desk, &again, 402, NO_MONEY, after(3_802));
    let login = Connection {
        connected: Some(after(3_900)),
        ..now_of(&desk)
    };
    assert!(sent(told(&mut desk, login, after(3_900)).actions).is_some());
}

#[test]
fn a_restriction_is_told_once_and_ends_by_itself() {
    let mut desk = desk("facebook");
    let checkpoint = || Told::Blocked("log in at facebook.com".to_owned());
    let out = proof(&mut desk, checkpoint(), after(60));
    assert_eq!(
        alarms(&out),
        ["account club has an error: log in at facebook.com"]
    );
    assert_eq!(status(&desk), ConnectionStatus::Error);
    let (id, none) = drop_post(&mut desk, 1, "club", "We open at nine.", after(70));
    assert_eq!(none, None);
    assert_eq!(
        hold_words(&hold(&desk, &id)),
        "its account needs a person: log in at facebook.com (it is asked again each day; `crierctl validate club` asks now)"
    );
    let out = proof(&mut desk, checkpoint(), after(80));
    assert_eq!(tells(&out), 0, "{out:?}");
    let out = proof(&mut desk, Told::Later("503".to_owned()), after(85));
    assert_eq!((tells(&out), status(&desk)), (0, ConnectionStatus::Error));
    let works = proof(&mut desk, Told::Yes(Profile::default()), after(90));
    assert_eq!(status(&desk), ConnectionStatus::Connected);
    assert!(sent(works.actions).is_some());

    let out = proof(
        &mut desk,
        Told::Unsupported("it is personal".to_owned()),
        after(95),
    );
    assert_eq!(alarms(&out), ["account club is unsupported: it is personal"]);
    let out = proof(&mut desk, Told::Reauthorise("190/463".to_owned()), after(99));
    assert_eq!(
        (alarms(&out).len(), status(&desk)),
        (1, ConnectionStatus::Expired)
    );
}

#[test]
fn a_restricted_account_is_renewed_and_stays_restricted() {
    use crier::core::login::TokenSet;
    let mut desk = desk("x");
    proof(&mut desk, Told::Blocked("suspended".to_owned()), after(60));
    assert_eq!(due(&desk), Some(after(4_800)), "its login is kept");
    let newer = TokenSet {
        issued: Some(after(4_801)),
        ..TokenSet::default()
    };
    let after_it = crier::core::renewal::caught_up(&now_of(&desk), &newer).unwrap();
    assert_eq!(after_it.status, ConnectionStatus::Error);
    // A proof with a token that has ended says nothing of the login.
    let out = proof(&mut desk, Told::Reauthorise("401".to_owned()), after(3_000));
    assert_eq!((tells(&out), due(&desk)), (0, Some(after(3_001))));
}

#[test]
fn a_proof_neither_connects_what_was_disconnected_nor_ends_a_warning() {
    let mut desk = desk("x");
    let over = Connection {
        status: ConnectionStatus::Expiring,
        reason: Some("log in again before then".to_owned()),
        renewal_over: true,
        ..now_of(&desk)
    };
    told(&mut desk, over, after(60));
    proof(&mut desk, Told::Yes(Profile::default()), after(70));
    let after_it = now_of(&desk);
    assert_eq!(after_it.status, ConnectionStatus::Expiring);
    assert_eq!(after_it.reason.as_deref(), Some("log in again before then"));
    assert_eq!(after_it.last_verified, Some(after(71)));

    told(&mut desk, Connection::default(), after(80));
    for said in [
        Told::Reauthorise("401".to_owned()),
        Told::Revoked("gone".to_owned()),
        Told::Blocked("suspended".to_owned()),
    ] {
        let out = proof(&mut desk, said, after(90));
        assert_eq!((tells(&out), status(&desk)), (0, ConnectionStatus::Never));
    }
}

/// However short a life the vendor tells, and however early the config wants it, the next renewal lies ahead.
#[test]
fn no_renewal_is_due_at_once_after_one_that_worked() {
    use crier::core::facts::toml_value::Plain;
    use std::collections::BTreeMap;
    let early = BTreeMap::from([("refresh_margin_secs".to_owned(), Plain::Number(100_000))]);
    let mut seen = 0;
    for platform in crier::platforms::ALL {
        for facts in [platform.facts().clone(), platform.facts().overridden(&early)] {
            let Some(rule) = platform.login().refresh_rule(&facts, &BTreeMap::new()) else {
                continue;
            };
            seen += 1;
            for life in [1, 60, 600, 3_600, 7_200] {
                let connection = Connection {
                    status: ConnectionStatus::Connected,
                    issued: Some(START),
                    expires: Some(after(life)),
                    ..Connection::default()
                };
                let next = life::refresh_at(&connection, Some(rule), None).unwrap();
                assert!(next >= after(30), "{} {rule:?} {life} s: {next}", platform.name());
            }
        }
    }
    assert!(seen >= 8, "of Threads, Instagram, TikTok and X: {seen}");
}

/// A secret that cannot be read for a moment is no lost login; one that stays unreadable waits for a person.
#[test]
fn a_secret_that_cannot_be_read_loses_no_account() {
    let mut desk = desk("x");
    let (id, send) = drop_post(&mut desk, 1, "club", "We open at nine.", after(60));
    let mut next = send;
    let mut now = after(61);
    let mut tries = 0;
    while let Some(send) = next {
        tries += 1;
        let trouble = Trouble {
            why: "file /etc/x: cannot be read".to_owned(),
            kind: TroubleKind::Machine,
        };
        let input = Input::Answered(send.delivery.clone(), send.attempt, Answer::NotSent(trouble));
        let out = desk.handle(input, now);
        assert_eq!(alarms(&out).len(), 0, "{out:?}");
        assert_eq!(status(&desk), ConnectionStatus::Connected);
        if is_held(&desk, &id) {
            break;
        }
        assert!(matches!(hold(&desk, &id), Hold::Retry { .. }));
        // Its token is renewed meanwhile.
        now = desk.next_wake().unwrap();
        let another = renewed(&desk, now);
        next = sent(told(&mut desk, another, now).actions);
    }
    assert!(tries > 3, "{tries}");
    assert!(is_held(&desk, &id));
}
