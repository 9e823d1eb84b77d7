//! One renewal of an account's tokens, decided step by step: what is written down when, when the vendor is asked and
//! asked again, what becomes of the account. It does nothing itself: whoever plays it does what it says ([`Do`]) and
//! tells what came of that ([`Came`]). The engine plays it, and so does the simulation, with a crash at each point.
//!
//! A refresh token that is used up by its renewal (x.md 2.5, tiktok.md 2.5) goes this way:
//!
//! | step | on disk afterwards | a crash after it |
//! | --- | --- | --- |
//! | the mark is written | old set, marked | asked again at once by the next start: nothing is lost |
//! | the vendor is asked, up to three times while no answer comes | the same | asked again; if the token is used up, the vendor's refusal and the mark together say what happened, while the access token still works |
//! | the new set is written, until the disk takes it | new set, no mark | nothing is lost; see the next |
//! | the account is written | the account of the new set | before it: the start takes it from the set ([`caught_up`]) |

use super::life;
use super::login::{LoginReading, RefreshRule, TokenSet};
use crate::domain::account::{Connection, ConnectionStatus};
use crate::domain::time::{Span, Timestamp};

/// Between two tries to write down a set that the vendor has given: it gives it only once.
const WRITE_PAUSE: Span = Span::secs(2);

/// What to do next.
pub enum Do {
    /// Write this set down, durably, in one piece, and take it into use only then. Answer: [`Came::Written`] or
    /// [`Came::NotWritten`].
    Write(TokenSet),
    /// Make the platform's refresh call with the set in use. Answer: [`Came::Answered`], [`Came::NotSent`] or
    /// [`Came::Lost`].
    Ask,
    /// Wait so long. Answer: [`Came::Waited`].
    Pause(Span),
    /// It is over.
    End(End),
}

/// What came of what it said.
pub enum Came {
    /// The set is durable and in use.
    Written,
    /// The disk did not take it; the set before it is still there and in use.
    NotWritten(String),
    /// A complete answer, as the platform reads it.
    Answered(LoginReading),
    /// The call certainly did nothing: it never left.
    NotSent(String),
    /// It may have done its work.
    Lost(String),
    /// The pause is over.
    Waited,
}

/// How it ended, and what the account is now.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// With new tokens.
    Renewed(Box<Connection>),
    /// Not this time; the old set stays in use and is renewed later.
    NotYet {
        /// The account now.
        after: Box<Connection>,
        /// Why.
        why: String,
    },
    /// By the vendor's final word: a person must log in.
    Dead(Box<Connection>),
    /// Before anything was sent: the disk does not take what must be written first.
    NoDisk(String),
}

/// Where it stands.
enum At {
    Marking,
    Asking,
    Unmarking(String),
    Keeping(TokenSet),
    Over,
}

/// One renewal.
pub struct Renewal {
    set: TokenSet,
    before: Connection,
    rotating: bool,
    /// When the earlier renewal was begun whose answer is not known.
    found: Option<Timestamp>,
    /// Calls that were lost.
    lost: u32,
    at: At,
}

impl Renewal {
    /// Begins: the set in use, the account, and its platform's rule. Says what to do first.
    pub fn begin(set: TokenSet, before: Connection, rule: Option<RefreshRule>, now: Timestamp) -> (Self, Do) {
        let mut renewal = Self {
            found: set.renewal_begun,
            set,
            before,
            rotating: rule.is_some_and(|rule| rule.rotating),
            lost: 0,
            at: At::Asking,
        };
        let first = if renewal.rotating && renewal.found.is_none() {
            renewal.mark(At::Marking, Some(now))
        } else {
            Do::Ask
        };
        (renewal, first)
    }

    /// What to do after `came`, which is an answer to what it said last; anything else ends it as not renewed.
    pub fn came(&mut self, came: Came, now: Timestamp) -> Do {
        match (std::mem::replace(&mut self.at, At::Over), came) {
            (At::Marking, Came::Written) => self.ask(),
            (At::Marking, Came::NotWritten(why)) => Do::End(End::NoDisk(why)),
            (At::Asking, Came::Answered(reading)) => self.answered(reading, now),
            (At::Asking, Came::NotSent(why)) => self.not_done(why, now),
            (At::Asking, Came::Lost(why)) => self.lost(&why, now),
            // A mark that stands too long only makes the next renewal come earlier.
            (At::Unmarking(why), Came::Written | Came::NotWritten(_)) => self.not_yet(why, now),
            (At::Keeping(set), Came::Written) => {
                Do::End(End::Renewed(Box::new(renewed(&self.before, &set, now))))
            }
            (At::Keeping(set), Came::NotWritten(_)) => {
                self.at = At::Keeping(set);
                Do::Pause(WRITE_PAUSE)
            }
            // Whatever is told: what the vendor gave only once is not let go.
            (At::Keeping(set), _) => self.keep(set),
            (At::Marking | At::Asking | At::Unmarking(_) | At::Over, _) => {
                self.not_yet("the renewal went astray".to_owned(), now)
            }
        }
    }

    /// The set in use, marked or not.
    fn mark(&mut self, at: At, mark: Option<Timestamp>) -> Do {
        self.at = at;
        self.set.renewal_begun = mark;
        Do::Write(self.set.clone())
    }

    fn ask(&mut self) -> Do {
        self.at = At::Asking;
        Do::Ask
    }

    fn keep(&mut self, set: TokenSet) -> Do {
        self.at = At::Keeping(set.clone());
        Do::Write(set)
    }

    fn answered(&mut self, reading: LoginReading, now: Timestamp) -> Do {
        match reading {
            LoginReading::Tokens(set) | LoginReading::Inspected(set) | LoginReading::Chosen(set, _) => {
                let merged = self.set.merged(set);
                self.keep(merged)
            }
            LoginReading::Dead(why) => {
                let after = life::renewal_dead(&self.before, self.rotating, self.unanswered(), &why, now);
                Do::End(End::Dead(Box::new(after)))
            }
            LoginReading::Refused(why) if self.unanswered().is_some() => {
                self.answered(LoginReading::Dead(why), now)
            }
            // The vendor did nothing, so nothing of this call is open.
            LoginReading::Refused(why) | LoginReading::Blocked(why) => self.not_done(why, now),
            LoginReading::Later(why) => self.not_yet(why, now),
            LoginReading::Profile(_) | LoginReading::Noted(_) | LoginReading::Skip => {
                self.not_yet("the platform's answer says nothing".to_owned(), now)
            }
        }
    }

    /// When the renewal was begun whose answer was lost: an earlier one, or this one in a call before.
    fn unanswered(&self) -> Option<Timestamp> {
        self.found.or(self.set.renewal_begun.filter(|_| self.lost > 0))
    }

    /// The mark goes only when all that it stands for certainly did nothing.
    fn not_done(&mut self, why: String, now: Timestamp) -> Do {
        let ours = self.rotating && self.found.is_none() && self.lost == 0;
        if ours {
            self.mark(At::Unmarking(why), None)
        } else {
            self.not_yet(why, now)
        }
    }

    /// "Try again with the same refresh token at once, then once more" (x.md 2.5).
    fn lost(&mut self, why: &str, now: Timestamp) -> Do {
        self.lost += 1;
        if self.rotating && self.lost < life::RENEWAL_TRIES {
            self.ask()
        } else {
            self.not_yet(why.to_owned(), now)
        }
    }

    /// A hiccup disconnects nobody: the old set stays in use.
    fn not_yet(&self, why: String, now: Timestamp) -> Do {
        let before = self.before.clone();
        let failures = before.refresh_failures + 1;
        let told = failures >= life::FAILURES_TO_TELL && before.status.usable();
        let reason = told.then(|| format!("its token could not be renewed {failures} times: {why}"));
        let after = Connection {
            status: if told {
                ConnectionStatus::Expiring
            } else {
                before.status
            },
            reason: reason.or_else(|| before.reason.clone()),
            refresh_failures: failures,
            refresh_after: Some(now + life::backoff(failures)),
            ..before
        };
        Do::End(End::NotYet {
            after: Box::new(after),
            why,
        })
    }
}

/// The account of a set that is new since `at`.
fn renewed(before: &Connection, set: &TokenSet, at: Timestamp) -> Connection {
    let before = before.clone();
    // A restriction of the account goes only with a proof.
    let restricted = before.status.has_login() && !before.status.usable();
    let (status, reason) = if restricted {
        (before.status, before.reason.clone())
    } else {
        (ConnectionStatus::Connected, None)
    };
    Connection {
        status,
        reason,
        issued: Some(at),
        expires: set.expires,
        renewal_ends: set.refresh_expires,
        scopes: if set.scopes.is_empty() {
            before.scopes.clone()
        } else {
            set.scopes.clone()
        },
        refreshed: Some(at),
        refreshes: before.refreshes + 1,
        refresh_failures: 0,
        refresh_after: None,
        renewal_over: false,
        refused: None,
        forced: if before.status.has_login() {
            before.forced
        } else {
            Some(at)
        },
        ..before
    }
}

/// What a start makes of an account whose renewal ended in a crash after its set was written: the account is as old as
/// the set. `None`: it is so already. Without this a vendor that renews no young tokens would be asked for nothing.
pub fn caught_up(connection: &Connection, set: &TokenSet) -> Option<Connection> {
    let issued = set.issued?;
    let behind = connection.status.has_login() && connection.issued.is_none_or(|at| at < issued);
    behind.then(|| renewed(connection, set, issued))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
    const RULE: RefreshRule = RefreshRule {
        min_age_secs: 0,
        margin_secs: 3_600,
        third: false,
        warn_secs: 600,
        rotating: true,
    };

    fn set(begun: Option<Timestamp>) -> TokenSet {
        TokenSet {
            access: Some("a1".to_owned().into()),
            refresh: Some("r1".to_owned().into()),
            scopes: vec!["post".into()],
            renewal_begun: begun,
            ..TokenSet::default()
        }
    }

    fn connection() -> Connection {
        Connection {
            status: ConnectionStatus::Connected,
            expires: Some(NOW.after_secs(3_000)),
            ..Connection::default()
        }
    }

    fn begin(begun: Option<Timestamp>) -> (Renewal, Do) {
        Renewal::begin(set(begun), connection(), Some(RULE), NOW)
    }

    fn words(then: &Do) -> String {
        match then {
            Do::Write(set) => format!(
                "write{}{}",
                if set.renewal_begun.is_some() {
                    " marked"
                } else {
                    ""
                },
                if set.refresh.is_some() {
                    ""
                } else {
                    " without a refresh token"
                }
            ),
            Do::Ask => "ask".into(),
            Do::Pause(span) => format!("pause {span}"),
            Do::End(End::Renewed(_)) => "renewed".into(),
            Do::End(End::NotYet { after, .. }) => format!("not yet, {} failures", after.refresh_failures),
            Do::End(End::Dead(after)) => after.reason.clone().unwrap_or_default(),
            Do::End(End::NoDisk(why)) => why.clone(),
        }
    }

    /// What it says, answer by answer.
    fn play(begun: Option<Timestamp>, answers: Vec<Came>) -> Vec<String> {
        let (mut renewal, first) = begin(begun);
        let mut said = vec![words(&first)];
        for answer in answers {
            said.push(words(&renewal.came(answer, NOW)));
        }
        said
    }

    fn tokens() -> Came {
        Came::Answered(LoginReading::Tokens(TokenSet {
            access: Some("a2".to_owned().into()),
            ..TokenSet::default()
        }))
    }

    #[test]
    fn marked_asked_kept() {
        let said = play(None, vec![Came::Written, tokens(), Came::Written]);
        assert_eq!(said, ["write marked", "ask", "write", "renewed"]);
    }

    #[test]
    fn what_the_vendor_gave_is_written_until_the_disk_takes_it() {
        let full = || Came::NotWritten("full".into());
        let said = play(None, vec![full()]);
        assert_eq!(said, ["write marked", "full"], "nothing was sent");
        let answers = vec![
            Came::Written,
            tokens(),
            full(),
            Came::Waited,
            full(),
            Came::Waited,
            Came::Written,
        ];
        let said = play(None, answers);
        let end = ["pause 2s", "write", "pause 2s", "write", "renewed"];
        assert_eq!(said[3..], end);
    }

    #[test]
    fn a_call_that_never_left_takes_away_only_its_own_mark() {
        let not_sent = || Came::NotSent("no route".into());
        let said = play(None, vec![Came::Written, not_sent(), Came::Written]);
        assert_eq!(said, ["write marked", "ask", "write", "not yet, 1 failures"]);
        let said = play(Some(NOW), vec![not_sent()]);
        assert_eq!(said, ["ask", "not yet, 1 failures"]);
        let said = play(None, vec![Came::Written, Came::Lost("cut".into()), not_sent()]);
        assert_eq!(said, ["write marked", "ask", "ask", "not yet, 1 failures"]);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_and_named_when_it_was_the_last() {
        let lost = || Came::Lost("cut".into());
        let dead = Came::Answered(LoginReading::Dead("invalid_request".into()));
        let said = play(None, vec![Came::Written, lost(), lost(), lost()]);
        assert_eq!(said[1..], ["ask", "ask", "ask", "not yet, 1 failures"]);
        let said = play(None, vec![Came::Written, lost(), dead]);
        assert!(
            said[3].contains("was lost") && said[3].contains("log in again"),
            "{said:?}"
        );
        let dead = Came::Answered(LoginReading::Dead("invalid_request".into()));
        let said = play(None, vec![Came::Written, dead]);
        assert!(!said[2].contains("was lost"), "{said:?}");
    }

    /// A refusal that does not say why means what was lost before it.
    #[test]
    fn a_bare_refusal_after_a_lost_answer_is_the_end() {
        let refused = || Came::Answered(LoginReading::Refused("bad request".into()));
        let told = |said: &[String]| {
            let last = said.last().unwrap();
            last.contains("was lost") && last.contains("still works until") && last.contains("log in again")
        };
        let said = play(Some(NOW), vec![refused()]);
        assert!(told(&said), "{said:?}");
        let said = play(None, vec![Came::Written, Came::Lost("cut".into()), refused()]);
        assert!(told(&said), "{said:?}");
        // Where every answer came, it is tried again later, and the next refusal is no sign of a loss either.
        let said = play(None, vec![Came::Written, refused(), Came::Written]);
        assert_eq!(said, ["write marked", "ask", "write", "not yet, 1 failures"]);
    }

    #[test]
    fn a_token_that_stays_is_asked_for_once() {
        let rule = RefreshRule {
            rotating: false,
            ..RULE
        };
        let (mut renewal, first) = Renewal::begin(set(None), connection(), Some(rule), NOW);
        assert_eq!(words(&first), "ask");
        let then = renewal.came(Came::Lost("cut".into()), NOW);
        assert_eq!(words(&then), "not yet, 1 failures");
    }
}
