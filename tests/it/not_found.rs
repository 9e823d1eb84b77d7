//! A container that Threads did not find when it was to be published (24/4279009) may be published all the same: until it
//! has been asked, nothing ends the delivery as one that is not out.

use crier::core::call::{Answer, HttpReply, Reply};
use crier::core::delivery::{Doubt, Phase, Step};
use crier::core::desk::{Desk, Input, Send, Word};
use crier::core::retry::MAX_TRIES;
use crier::domain::hold::Hold;
use crier::domain::id::DeliveryId;
use crier::domain::receipt::{Live, Outcome};
use crier::domain::time::{Span, Timestamp};

use super::budget::{START, connected, drop_post, house, sent, spec};

const GONE: &str = r#"{"error":{"message":"The requested resource does not exist","type":"OAuthException","code":24,"error_subcode":4279009,"is_transient":false}}"#;
const DEAD: &str = r#"{"error":{"message":"Error validating access token","type":"OAuthException","code":190,"error_subcode":458}}"#;
const DOWN: &str =
    r#"{"error":{"message":"Service temporarily unavailable","type":"OAuthException","code":2}}"#;
const INVALID: &str = r#"{"error":{"message":"Invalid parameter","type":"OAuthException","code":100}}"#;
const FINISHED: &str = r#"{"status":"FINISHED","id":"11"}"#;
const PUBLISHED: &str = r#"{"status":"PUBLISHED","id":"11"}"#;
const LISTED: &str = r#"{"data":[{"id":"21","media_type":"TEXT_POST","text":"We open at nine.","timestamp":"2027-01-15T08:00:06+0000"}]}"#;

/// A delivery and its desk, under a clock of its own.
struct Bench {
    desk: Desk,
    id: DeliveryId,
    now: Timestamp,
}

impl Bench {
    /// Up to the question to the container that was not found when it was to be published.
    fn asked() -> (Bench, Send) {
        let mut desk = connected(house(vec![("club", spec("threads"))]));
        let (id, create) = drop_post(&mut desk, 1, "club", "We open at nine.", START);
        let now = START;
        let mut bench = Bench { desk, id, now };
        let poll = bench.then(&create.expect("a container"), 200, r#"{"id":"11"}"#);
        let publish = bench.then(&poll, 200, FINISHED);
        assert!(publish.commit);
        let check = bench.then(&publish, 400, GONE);
        assert!(!check.commit);
        (bench, check)
    }

    fn answer(&mut self, send: &Send, status: u16, body: &str) -> Option<Send> {
        let reply = HttpReply {
            status,
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        };
        let told = Answer::Answered(Reply::Http(reply));
        let answered = Input::Answered(self.id.clone(), send.attempt, told);
        sent(self.desk.handle(answered, self.now).actions)
    }

    /// The call after this answer, however long it is waited for.
    fn then(&mut self, send: &Send, status: u16, body: &str) -> Send {
        let next = self.answer(send, status, body);
        next.or_else(|| self.wait()).expect("another call")
    }

    /// The next call; `None`: it waits for a person, or has ended.
    fn wait(&mut self) -> Option<Send> {
        for _ in 0..100 {
            self.now = self.desk.next_wake()?.max(self.now);
            if let Some(send) = sent(self.desk.handle(Input::Tick, self.now).actions) {
                return Some(send);
            }
        }
        None
    }

    fn phase(&self) -> &Phase {
        &self.desk.delivery(&self.id).unwrap().record.phase
    }

    fn held(&self) -> (&Hold, &Step) {
        match self.phase() {
            Phase::Held { hold, step } => (hold, step),
            other => panic!("{other:?}"),
        }
    }

    /// The container says that it is published, and the list has it.
    fn is_found(&mut self, check: &Send) {
        let list = self.then(check, 200, PUBLISHED);
        let link = self.then(&list, 200, LISTED);
        self.answer(
            &link,
            200,
            r#"{"id":"21","permalink":"https://www.threads.net/@club/post/21"}"#,
        );
        assert_eq!(self.is_published()[0].remote_id.as_deref(), Some("21"));
    }

    fn is_published(&self) -> &[Live] {
        match self.phase() {
            Phase::Ended {
                outcome: Outcome::Published { live, .. },
            } => live,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_cancel_waits_for_what_the_container_says() {
    let (mut bench, check) = Bench::asked();
    let id = bench.id.clone();
    let cancel = Input::Person(
        id,
        Word::Cancel {
            by: "operator".to_owned(),
        },
    );
    bench.desk.handle(cancel, bench.now);
    let again = bench.then(&check, 503, DOWN);
    bench.answer(&again, 200, PUBLISHED);
    bench.is_published();
}

#[test]
fn lateness_is_not_judged_before_the_container_is_asked() {
    let (mut bench, check) = Bench::asked();
    bench.now = bench.now + Span::days(2);
    let again = bench.then(&check, 503, DOWN);
    bench.is_found(&again);
}

#[test]
fn a_dead_token_keeps_the_doubt() {
    let (mut bench, check) = Bench::asked();
    assert_eq!(bench.answer(&check, 400, DEAD), None);
    let (hold, step) = bench.held();
    assert!(matches!(hold, Hold::Reauthorise { .. }), "{hold:?}");
    assert_eq!(step.doubt, Some(Doubt::Looking));
}

/// A person is asked; it is neither given up nor refused.
#[test]
fn a_container_that_cannot_be_asked_is_a_persons_to_judge() {
    let (mut bench, check) = Bench::asked();
    let mut check = check;
    for _ in 0..MAX_TRIES {
        check = bench.then(&check, 503, DOWN);
    }
    assert_eq!(bench.answer(&check, 503, DOWN), None);
    assert!(matches!(bench.held().0, Hold::Unknown { .. }));

    let (mut bench, check) = Bench::asked();
    assert_eq!(bench.answer(&check, 400, INVALID), None);
    assert!(matches!(bench.held().0, Hold::Unknown { .. }));
}

/// It says itself that it is not out: then the late rule counts.
#[test]
fn a_container_that_is_not_published_ends_the_doubt() {
    let (mut bench, check) = Bench::asked();
    bench.now = bench.now + Span::days(2);
    assert_eq!(bench.answer(&check, 200, FINISHED), None);
    let (hold, step) = bench.held();
    assert_eq!((hold, &step.doubt), (&Hold::TooLate, &None));
}
