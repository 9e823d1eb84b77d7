//! A vendor ends the version of its API that crier calls: the platform waits as one, with a sentence, until a new config
//! or a new crier names another version.

use super::{Action, Desk, EndedVersion, Freeze, Notice, NoticeKind, Output, Scope};
use crate::core::delivery::Event;
use crate::core::facts::Facts;
use crate::core::sunset;
use crate::domain::id::{AccountName, DeliveryId, PlatformName};
use crate::domain::time::Timestamp;

/// Who freezes a platform then.
const BY: &str = "crier";

/// What an answer that belongs to no delivery said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Retired {
    /// When it was asked for.
    pub asked: Timestamp,
    /// The fact that names the version.
    pub fact: &'static str,
    /// What the vendor said.
    pub why: String,
}

impl Desk {
    /// The answer to a delivery's call that was let go at `sent` said it.
    pub(super) fn version_ended(
        &mut self,
        id: &DeliveryId,
        sent: Option<Timestamp>,
        (fact, why): (&str, &str),
        now: Timestamp,
        out: &mut Output,
    ) {
        let Some(delivery) = self.deliveries.get(id) else {
            return;
        };
        let platform = (delivery.record.platform.clone(), delivery.platform.title());
        let value = value_of(&delivery.job.facts, fact);
        self.end_version(platform, sent, (fact, &value, why), now, out);
    }

    /// The answer to another call for the account said it.
    pub(super) fn retired(
        &mut self,
        name: &AccountName,
        retired: &Retired,
        now: Timestamp,
        out: &mut Output,
    ) {
        let Some(spec) = self.house.accounts.get(name) else {
            return;
        };
        let Ok(platform) = PlatformName::new(spec.platform.name()) else {
            return;
        };
        let (platform, value) = (
            (platform, spec.platform.title()),
            value_of(&spec.facts, retired.fact),
        );
        let said = (retired.fact, value.as_str(), retired.why.as_str());
        self.end_version(platform, Some(retired.asked), said, now, out);
    }

    /// Whether a refusal says nothing about an account: the platform refuses everybody, or it was asked before the config
    /// was read last.
    pub(super) fn refuses_all(&self, platform: &str, asked: Timestamp) -> bool {
        let ended = |freeze: &Freeze| {
            let version = freeze.version.as_ref();
            version.is_some_and(|ended| ended.platform.as_str() == platform)
        };
        self.freezes.iter().any(ended) || self.is_older(asked)
    }

    fn is_older(&self, asked: Timestamp) -> bool {
        self.configured.is_some_and(|at| asked <= at)
    }

    /// A call of before the config was read last may have named a version that nobody names any more. What is frozen
    /// already stays frozen by whoever did it.
    fn end_version(
        &mut self,
        (name, title): (PlatformName, &str),
        sent: Option<Timestamp>,
        (fact, value, why): (&str, &str, &str),
        now: Timestamp,
        out: &mut Output,
    ) {
        let scope = Scope::Platform(name.clone());
        let older = sent.is_none_or(|sent| self.is_older(sent));
        if older || self.freezes.iter().any(|f| f.scope == scope) {
            return;
        }
        let help = sunset::mend(name.as_str(), fact);
        let words = format!("{title} has ended {value} of its API ({why}): {help}; then reload");
        out.actions.push(Action::Tell(Notice::of_platform(
            NoticeKind::Frozen,
            format!("{scope} is frozen: {words}"),
        )));
        let freeze = Freeze {
            scope,
            by: BY.to_owned(),
            why: words,
            since: now,
            version: Some(EndedVersion {
                platform: name,
                fact: fact.to_owned(),
                value: value.to_owned(),
            }),
        };
        self.freeze(freeze, out);
    }

    /// Platforms of which another version is named now go on.
    pub(super) fn lift_ended_versions(&mut self, now: Timestamp, out: &mut Output) {
        let ended = self.freezes.iter().filter_map(|freeze| {
            let ended = freeze.version.as_ref()?;
            (!self.is_named(ended)).then(|| ended.platform.clone())
        });
        for name in ended.collect::<Vec<_>>() {
            let scope = Scope::Platform(name.clone());
            let words = format!("{scope} is thawed: another version of its API is named now");
            out.actions
                .push(Action::Tell(Notice::of_platform(NoticeKind::Thawed, words)));
            self.thaw(&scope, now, out);
            let ids: Vec<DeliveryId> = self.deliveries.keys().cloned().collect();
            // Those whose own call was answered so.
            for id in ids {
                let same = self
                    .deliveries
                    .get(&id)
                    .is_some_and(|d| d.record.platform == name);
                if same && self.held_for_config(&id) {
                    self.step(&id, Event::AccountUsable, now, out);
                }
            }
        }
    }

    /// Whether an account of the platform would still be called with this version.
    fn is_named(&self, ended: &EndedVersion) -> bool {
        let mut specs = self.house.accounts.values();
        specs.any(|spec| {
            spec.platform.name() == ended.platform.as_str()
                && value_of(&spec.facts, &ended.fact) == ended.value
        })
    }
}

/// A version as people write it.
fn value_of(facts: &Facts, name: &str) -> String {
    facts
        .get(name)
        .map(|fact| fact.value.to_string())
        .unwrap_or_default()
}
