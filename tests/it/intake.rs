//! Queue files against real platforms: what is refused and in which words, what is admitted and as what.

mod admitted;
mod bad;
mod bodies;
mod kinds;
mod reach;

use std::collections::BTreeMap;

use crier::core::diagnose::Diagnostics;
use crier::core::facts::Facts;
use crier::core::intake::draft::Draft;
use crier::core::intake::{Admission, Context, Identity, Made, Measured, Target, Task, accept_made, tasks};
use crier::core::reach::Reach;
use crier::domain::account::Connection;
use crier::domain::id::{AccountName, PostId, QueueName};
use crier::domain::media::Fit;
use crier::domain::post::Origin;
use crier::domain::queue::{LateRule, LateThen, OnUnknown, Queue};
use crier::domain::time::{Span, Timestamp};
use crier::platforms;

pub(crate) fn ts(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

/// Name, facts, settings and granted scopes.
type Account = (AccountName, Facts, BTreeMap<String, String>, Connection);

/// A club with an account on Threads and a newsletter.
pub(crate) struct Club {
    pub(crate) queue: Queue,
    accounts: Vec<Account>,
    pub(crate) now: Timestamp,
    /// Where crier can be reached from outside.
    pub(crate) public_url: Option<&'static str>,
}

impl Club {
    pub(crate) fn new() -> Self {
        let account = |name: &str, platform: &str, options: &[(&str, &str)], scopes: &[&str]| {
            let platform = platforms::by_name(platform).unwrap();
            (
                AccountName::new(name).unwrap(),
                platform.facts().clone(),
                options
                    .iter()
                    .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                    .collect(),
                Connection {
                    scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
                    ..Connection::default()
                },
            )
        };
        let accounts = vec![
            account(
                "club-threads",
                "threads",
                &[],
                &["threads_basic", "threads_content_publish"],
            ),
            account(
                "newsletter",
                "email",
                &[
                    ("from", "The Club <news@club.example>"),
                    ("to", "members@club.example"),
                ],
                &[],
            ),
        ];
        let queue = Queue {
            name: QueueName::new("news").unwrap(),
            accounts: accounts.iter().map(|(name, ..)| name.clone()).collect(),
            timezone: "Europe/Berlin".into(),
            slots: vec![],
            late: LateRule {
                within: Span::hours(6),
                then: LateThen::Skip,
            },
            spacing: Span::mins(10),
            duplicate_window: Span::days(3),
            prepare: Span::mins(15),
            on_unknown: OnUnknown::Hold,
            fit: Fit::Off,
        };
        Club {
            queue,
            accounts,
            now: ts("2026-11-21T08:00:00Z"),
            public_url: Some("https://post.example.org"),
        }
    }

    /// With an account on Instagram besides.
    pub(crate) fn with_instagram() -> Self {
        let mut club = Self::new();
        let platform = platforms::by_name("instagram").unwrap();
        let name = AccountName::new("club-instagram").unwrap();
        let connection = Connection {
            scopes: ["instagram_business_basic", "instagram_business_content_publish"]
                .map(str::to_owned)
                .into(),
            ..Connection::default()
        };
        club.queue.accounts.push(name.clone());
        club.accounts
            .push((name, platform.facts().clone(), BTreeMap::new(), connection));
        club
    }

    pub(crate) fn accept(
        &self,
        name: &str,
        draft: &Draft,
        measured: &Measured,
    ) -> Result<Admission, Diagnostics> {
        self.accept_made(name, draft, measured, &Made::new())
    }

    pub(crate) fn accept_made(
        &self,
        name: &str,
        draft: &Draft,
        measured: &Measured,
        made: &Made,
    ) -> Result<Admission, Diagnostics> {
        let identity = Identity {
            id: PostId::new("01kaj4m3s8h5q2x7y9z0w1v2t3").unwrap(),
            origin: Origin::File(name.to_owned()),
            revision: 1,
            admitted: self.now,
        };
        self.judging(|context| accept_made(identity, draft, measured, made, context))
    }

    /// What must be made before a draft can be accepted.
    pub(crate) fn tasks(&self, draft: &Draft, measured: &Measured) -> Vec<Task> {
        self.judging(|context| tasks(draft, measured, context))
    }

    fn judging<T>(&self, judge: impl FnOnce(&Context<'_>) -> T) -> T {
        let targets: Vec<Target<'_>> = self
            .accounts
            .iter()
            .map(|(account, facts, options, connection)| Target {
                account,
                platform: platforms::by_name(match account.as_str() {
                    "newsletter" => "email",
                    "club-instagram" => "instagram",
                    _ => "threads",
                })
                .unwrap(),
                facts,
                options,
                connection,
                reach: Reach {
                    public_url: self.public_url,
                    vendor: true,
                },
            })
            .collect();
        judge(&Context {
            queue: &self.queue,
            targets: &targets,
            now: self.now,
        })
    }
}
