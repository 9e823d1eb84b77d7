//! Faults on request, the same in memory and over TCP (meta-common.md 13, email.md 8.1).

use serde::{Deserialize, Serialize};

/// The most rules kept at once.
pub const MAX_RULES: usize = 1_000;

/// One fault and the calls that it strikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Given by [`Faults::add`].
    #[serde(default)]
    pub id: u64,
    /// Which calls: a step's name (`threads.publish`, `smtp.dot`), the beginning of one with `*`
    /// (`threads.*`), or a piece of the request's path when it begins with `/`.
    pub step: String,
    /// The first matching call that is struck, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many matching calls are struck.
    #[serde(default = "one")]
    pub times: u64,
    /// How probable a strike is, from 0 to 1; the dice are seeded.
    #[serde(default = "certain")]
    pub probability: f64,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection ends before the call does anything.
    LostBefore,
    /// The call takes effect, and the connection ends without an answer.
    LostAfter,
    /// This status with an HTML page, without effect.
    ServerError {
        /// 500 to 599.
        status: u16,
    },
    /// The call takes effect, and this status with an HTML page is the answer.
    ServerErrorAfter {
        /// 500 to 599.
        status: u16,
    },
    /// The call takes effect, and HTTP 500 with code 2 is the answer (meta-common.md 4, the rule above the table).
    GraphTwoAfter,
    /// The call takes effect, and code 4 with subcode 2207051 is the answer (the same rule).
    RestrictedAfter,
    /// Code 4 with subcode 2207051, without effect. Threads says so to whatever else the account would publish in the
    /// next 24 hours, too (meta-common.md 4.1).
    Restricted,
    /// Any other error of the Graph envelope (meta-common.md 4).
    GraphError {
        /// The HTTP status, 400 to 599.
        #[serde(default = "bad_request")]
        status: u16,
        /// The error's `code`.
        code: i64,
        /// The error's `error_subcode`.
        #[serde(default)]
        subcode: Option<i64>,
        /// Whether the call takes effect all the same.
        #[serde(default)]
        applied: bool,
    },
    /// No answer ever.
    Hang {
        /// Whether the call takes effect.
        #[serde(default)]
        applied: bool,
    },
    /// The call takes effect, and half of the answer arrives.
    Truncated,
    /// HTTP 429 with `Retry-After`, without effect.
    RateLimited {
        /// Seconds.
        retry_after_s: u64,
    },
    /// The vendor's transient error inside its own envelope.
    Transient {
        /// Whether the call takes effect all the same.
        #[serde(default)]
        applied: bool,
    },
    /// The vendor's permanent refusal of the content, without effect.
    Rejected,
    /// The vendor's refusal of a duplicate, without effect; an outage where it has no such thing.
    Duplicate,
    /// An error whose words repeat the whole request with all its secrets, without effect: in the vendor's
    /// envelope below 500, as a page from 500 on. Vendors do repeat tokens ("Malformed access token ...").
    RequestRepeated {
        /// 400 to 599.
        status: u16,
    },
    /// The token in the request is expired from now on.
    TokenExpired,
    /// The token in the request is revoked from now on.
    TokenRevoked {
        /// Meta's family: the subcode of meta-common.md 4.2, 458 for "the person removed the app".
        #[serde(default)]
        subcode: Option<i64>,
    },
    /// 24/4279009, without effect, even of a container that is `FINISHED` (`threads.md` 9).
    MediaNotFound,
    /// 9004/2207052, without effect.
    MediaNotFetched,
    /// What this call began (a container, an upload's processing) never finishes.
    StuckContainer,
    /// What this call began fails with this message (`threads.md` 4.6).
    FailedContainer {
        /// For example `FAILED_PROCESSING_VIDEO`.
        message: String,
    },
    /// The list read by this call does not know the newest posts.
    ListLag {
        /// Posts younger than this many milliseconds are left out.
        ms: i64,
    },
    /// A mail server's reply in place of the true one, without effect: `451 4.7.1 Try again later`.
    SmtpReply {
        /// One line, its code first. After `421` the connection ends.
        line: String,
    },
}

fn one() -> u64 {
    1
}

fn bad_request() -> u16 {
    400
}

fn certain() -> f64 {
    1.0
}

impl FaultRule {
    /// Strikes the first call of this step, once, for certain.
    #[must_use]
    pub fn once(step: &str, kind: FaultKind) -> Self {
        Self {
            id: 0,
            step: step.to_owned(),
            nth: 1,
            times: 1,
            probability: 1.0,
            kind,
        }
    }

    /// Strikes every call of this step.
    #[must_use]
    pub fn always(step: &str, kind: FaultKind) -> Self {
        Self {
            times: u64::MAX,
            ..Self::once(step, kind)
        }
    }

    /// Strikes the `nth` call in place of the first.
    #[must_use]
    pub fn at(mut self, nth: u64) -> Self {
        self.nth = nth;
        self
    }

    fn matches(&self, step: &str, path: &str) -> bool {
        match self.step.strip_suffix('*') {
            _ if self.step.starts_with('/') => path.contains(self.step.as_str()),
            Some(beginning) => step.starts_with(beginning),
            None => self.step == step,
        }
    }

    /// What is wrong with this rule, in words for a person.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.step.is_empty() || self.step.len() > 200 {
            return Err("`step` must name a step, such as \"threads.publish\" or \"smtp.dot\"".to_owned());
        }
        if self.nth == 0 || self.times == 0 {
            return Err("`nth` and `times` count from 1".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("`probability` must lie between 0 and 1".to_owned());
        }
        match &self.kind {
            FaultKind::ServerError { status } | FaultKind::ServerErrorAfter { status }
                if !(500..600).contains(status) =>
            {
                Err("`status` must lie between 500 and 599".to_owned())
            }
            FaultKind::GraphError { status, .. } | FaultKind::RequestRepeated { status }
                if !(400..600).contains(status) =>
            {
                Err("`status` must lie between 400 and 599".to_owned())
            }
            FaultKind::SmtpReply { line } if !reply_line(line) => {
                Err("`line` must be one reply such as \"451 4.7.1 Try again later\"".to_owned())
            }
            _ => Ok(()),
        }
    }
}

fn reply_line(line: &str) -> bool {
    let code = line
        .as_bytes()
        .get(..3)
        .is_some_and(|code| code.iter().all(u8::is_ascii_digit));
    let rest = line.as_bytes().get(3).is_none_or(|c| *c == b' ');
    code && rest && line.len() <= 510 && !line.contains(['\r', '\n'])
}

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<Armed>,
    last_id: u64,
    dice: u64,
    strikes: u64,
}

#[derive(Clone, Debug)]
struct Armed {
    rule: FaultRule,
    seen: u64,
    struck: u64,
}

/// A rule and what it has done so far.
#[derive(Clone, Debug, Serialize)]
pub struct FaultReport<'a> {
    /// The rule.
    #[serde(flatten)]
    pub rule: &'a FaultRule,
    /// Matching calls seen.
    pub seen: u64,
    /// Calls struck.
    pub struck: u64,
}

impl Faults {
    /// No rules; the dice of `probability` start from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            dice: seed,
            ..Self::default()
        }
    }

    /// Adds a rule and answers its id. Beyond [`MAX_RULES`] the oldest goes.
    pub fn add(&mut self, mut rule: FaultRule) -> u64 {
        self.last_id += 1;
        rule.id = self.last_id;
        if self.rules.len() >= MAX_RULES {
            self.rules.remove(0);
        }
        self.rules.push(Armed {
            rule,
            seen: 0,
            struck: 0,
        });
        self.last_id
    }

    /// Removes one rule; answers whether it was there.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|armed| armed.rule.id != id);
        self.rules.len() < before
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules in force.
    pub fn list(&self) -> impl Iterator<Item = FaultReport<'_>> {
        self.rules.iter().map(|armed| FaultReport {
            rule: &armed.rule,
            seen: armed.seen,
            struck: armed.struck,
        })
    }

    /// How many calls were struck so far.
    #[must_use]
    pub fn strikes(&self) -> u64 {
        self.strikes
    }

    /// Counts a call, and answers the fault that strikes it: that of the oldest rule that does.
    pub fn strike(&mut self, step: &str, path: &str) -> Option<FaultKind> {
        if self.rules.is_empty() {
            return None;
        }
        let mut hit = None;
        for at in 0..self.rules.len() {
            if !self.rules[at].rule.matches(step, path) {
                continue;
            }
            self.rules[at].seen += 1;
            let armed = &self.rules[at];
            let due = armed.seen >= armed.rule.nth && armed.struck < armed.rule.times;
            if hit.is_some() || !due || !self.roll(self.rules[at].rule.probability) {
                continue;
            }
            self.rules[at].struck += 1;
            self.strikes += 1;
            hit = Some(self.rules[at].rule.kind.clone());
        }
        hit
    }

    fn roll(&mut self, probability: f64) -> bool {
        if probability >= 1.0 {
            return true;
        }
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let z = (z ^ (z >> 31)) >> 32;
        // 32 bits fit into the 53 of a double.
        (z as f64) / f64::from(u32::MAX) < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_match_by_step_beginning_and_path() {
        let rule = |step: &str| FaultRule::once(step, FaultKind::LostBefore);
        for (step, expected) in [
            ("threads.publish", true),
            ("threads.*", true),
            ("*", true),
            ("/threads_publish", true),
            ("threads.pub", false),
            ("smtp.*", false),
            ("/nowhere", false),
        ] {
            assert_eq!(
                rule(step).matches("threads.publish", "/v1.0/me/threads_publish"),
                expected,
                "{step}"
            );
        }
    }

    #[test]
    fn the_nth_call_is_struck_as_often_as_said() {
        let mut faults = Faults::new(1);
        faults.add(FaultRule {
            times: 2,
            ..FaultRule::once("a", FaultKind::LostAfter).at(3)
        });
        let hits: Vec<bool> = (0..6).map(|_| faults.strike("a", "").is_some()).collect();
        assert_eq!(hits, [false, false, true, true, false, false]);
        assert_eq!(
            faults.list().map(|r| (r.seen, r.struck)).collect::<Vec<_>>(),
            [(6, 2)]
        );
        assert_eq!(faults.strikes(), 2);
    }

    #[test]
    fn the_dice_are_seeded() {
        let run = |seed| {
            let mut faults = Faults::new(seed);
            faults.add(FaultRule {
                probability: 0.5,
                ..FaultRule::always("a", FaultKind::LostAfter)
            });
            (0..1000)
                .map(|_| faults.strike("a", "").is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!((400..600).contains(&run(7).iter().filter(|hit| **hit).count()));
    }

    #[test]
    fn rules_come_as_json_and_are_checked() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"step":"threads.publish","nth":2,"kind":"server_error_after","status":502}"#,
        )
        .unwrap();
        assert_eq!(rule.kind, FaultKind::ServerErrorAfter { status: 502 });
        assert_eq!(rule.check(), Ok(()));
        let bad = [
            r#"{"step":"","kind":"lost_after"}"#,
            r#"{"step":"a","nth":0,"kind":"lost_after"}"#,
            r#"{"step":"a","probability":2,"kind":"lost_after"}"#,
            r#"{"step":"a","kind":"server_error","status":200}"#,
            r#"{"step":"a","kind":"smtp_reply","line":"no"}"#,
            r#"{"step":"a","kind":"graph_error","code":368,"status":200}"#,
        ];
        for text in bad {
            assert!(
                serde_json::from_str::<FaultRule>(text).unwrap().check().is_err(),
                "{text}"
            );
        }
        assert!(serde_json::from_str::<FaultRule>(r#"{"step":"a","kind":"nonsense"}"#).is_err());
    }
}
