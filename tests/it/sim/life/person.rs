//! People: what they do at a time, and what one does who looks at what is held.

use std::sync::Arc;

use crier::core::clocks::Clocks;
use crier::core::delivery::{Phase, Settled};
use crier::core::desk::{Freeze, House, Input, Word};
use crier::core::flow::Liveness;
use crier::domain::account::{Connection, ConnectionStatus};
use crier::domain::hold::Hold;
use crier::domain::id::{AccountName, DeliveryId};
use crier::domain::receipt::Live;
use crier::domain::time::Span;

use super::{Deed, File, Go, Life, Place, VISITS, connection, short, wrong};
use crate::sim::broken::{self, Rule};

impl Life<'_> {
    pub(super) fn do_deed(&mut self, deed: Deed) -> Go {
        self.sim.note(|| format!("deed {}", short(&deed)));
        match deed {
            Deed::Drop(post) => {
                let file = File {
                    post: *post.clone(),
                    place: Place::Waiting,
                };
                self.sim.files.insert(post.id.clone(), file);
                self.scan();
                self.drain()
            }
            Deed::Edit(post) => match self.sim.files.get_mut(&post.id) {
                Some(file) if file.place == Place::Waiting => {
                    file.post = *post;
                    self.scan();
                    self.drain()
                }
                Some(_) | None => Ok(()),
            },
            Deed::Remove(id) => match self.sim.files.get_mut(&id) {
                Some(file) if file.place == Place::Waiting => {
                    file.place = Place::Removed;
                    self.feed(Input::Removed(id))
                }
                Some(_) | None => Ok(()),
            },
            Deed::Word(id, word) => self.say(id, word),
            Deed::Freeze(scope) => {
                self.expect_visit();
                self.feed(Input::Freeze(Freeze {
                    scope,
                    by: "ops".into(),
                    why: "a storm".into(),
                    since: self.sim.now,
                    version: None,
                }))
            }
            Deed::Thaw(scope) => self.feed(Input::Thaw(scope)),
            Deed::Reload(house) => {
                self.sim.house = Arc::clone(&house);
                if let Some(seen) = broken::reloaded(self.sim.rule, &house, &self.sim.whole) {
                    self.feed(Input::Config(seen))?;
                }
                self.scan();
                self.drain()
            }
            Deed::Clock(span) => {
                self.sim.now = self.sim.now + span;
                self.sim.offset = Span(self.sim.offset.0 - span.0);
                self.sim.clock_set = true;
                // Answers under way arrive after as long as before.
                let coming = std::mem::take(&mut self.arrivals).into_iter();
                self.arrivals = coming.map(|((at, n), what)| ((at + span, n), what)).collect();
                self.sim.step_lost = true;
                if self.sim.rule != Some(Rule::ClockIgnored) {
                    self.feed(Input::ClockSet(span))?;
                }
                self.sim.step_lost = false;
                self.feed(Input::Tick)
            }
            Deed::Visit => self.visit(),
            Deed::Revoke(account) => {
                let now = self.sim.true_now();
                self.sim.outside.revoke(&account, now);
                Ok(())
            }
            Deed::ByHand(account, text) => {
                let now = self.sim.true_now();
                self.sim.outside.by_hand(&account, &text, now);
                Ok(())
            }
            Deed::Renewed(account) => {
                let now = self.sim.true_now();
                self.sim.outside.connect(&account, now);
                Ok(())
            }
            Deed::Refresh(account) => self.refresh(account),
            Deed::AskQuota(account) => {
                let (ours, now) = (self.sim.now, self.sim.true_now());
                let house = Arc::clone(&self.sim.house);
                let told = house
                    .accounts
                    .get(&account)
                    .and_then(|spec| self.sim.outside.ask_quota(&account, spec, ours, now));
                match told {
                    Some(reports) => self.feed(Input::Quota(account, reports)),
                    None => Ok(()),
                }
            }
            Deed::Prune => self.feed(Input::Prune(Span::days(3))),
        }
    }

    /// What the engine does about a token that was refused: it renews it. Of what was revoked nothing is left.
    fn refresh(&mut self, account: AccountName) -> Go {
        let Some(before) = self.desk.account(&account).map(|a| a.connection.clone()) else {
            return Ok(());
        };
        if before.refused.is_none() {
            return Ok(());
        }
        let now = self.sim.true_now();
        let after = if self.sim.outside.revoked.contains(&account) {
            Connection {
                status: ConnectionStatus::Expired,
                reason: Some("the refresh token is revoked".into()),
                renewal_over: true,
                ..before
            }
        } else {
            self.sim.outside.connect(&account, now);
            Connection {
                status: ConnectionStatus::Connected,
                issued: Some(self.sim.now),
                refreshed: Some(self.sim.now),
                refused: None,
                ..before
            }
        };
        self.feed(Input::Account(account, Box::new(after)))
    }

    fn say(&mut self, id: DeliveryId, word: Word) -> Go {
        // A lateness that a person judged is theirs.
        if matches!(word, Word::Release | Word::Retry | Word::Resolve(Settled::NotOut)) {
            self.sim.excused.insert(id.clone());
            self.sim.version += 1;
        }
        self.feed(Input::Person(id, word))
    }

    pub(super) fn expect_visit(&mut self) {
        let held = || {
            self.phases.values().any(|p| matches!(p, Phase::Held { .. })) || !self.desk.freezes().is_empty()
        };
        let planned = self.sim.script.iter().any(|(_, d)| matches!(d, Deed::Visit));
        if !planned && held() {
            self.sim.plan(self.sim.now + self.sim.patience, Deed::Visit);
        }
    }

    /// A person does what is right with each thing that is held.
    fn visit(&mut self) -> Go {
        self.sim.visits += 1;
        let now = self.sim.true_now();
        self.sim.outside.work_until(now);
        self.check_effects()?;
        if self.sim.visits > VISITS {
            return wrong("a person is asked for ever".into());
        }
        for freeze in self.desk.freezes().to_vec() {
            self.feed(Input::Thaw(freeze.scope))?;
        }
        let held: Vec<(DeliveryId, Hold)> = self
            .desk
            .all_deliveries()
            .filter_map(|look| match &look.record.phase {
                Phase::Held { hold, .. } => Some((look.id.clone(), hold.clone())),
                Phase::Waiting { .. } | Phase::Ready { .. } | Phase::Calling { .. } | Phase::Ended { .. } => {
                    None
                }
            })
            .collect();
        for (id, hold) in held {
            self.attend(id, hold)?;
            self.drain()?;
        }
        self.expect_visit();
        Ok(())
    }

    fn attend(&mut self, id: DeliveryId, hold: Hold) -> Go {
        let by = "a person".to_owned();
        match hold {
            Hold::Unknown { .. } => {
                let settled = self.truth(&id);
                self.say(id, Word::Resolve(settled))
            }
            Hold::Reauthorise { .. } => {
                let (name, now) = (id.account.clone(), self.sim.true_now());
                self.sim.outside.connect(&name, now);
                let (theirs, ours) = (now, self.sim.now);
                self.feed(Input::Heard(name.clone(), Clocks { theirs, ours }))?;
                let connection = connection(&self.sim.outside, &name);
                self.feed(Input::Account(name, Box::new(connection)))
            }
            Hold::Account { .. } if !self.sim.house.accounts.contains_key(&id.account) => self.put_back(&id),
            Hold::Account { .. } => self.say(id, Word::Retry),
            Hold::TooLate | Hold::Duplicate { .. } if self.sim.visits.is_multiple_of(2) => {
                self.say(id, Word::Cancel { by })
            }
            // What the platform will never take is not tried again.
            Hold::Partial { why } if why.contains("outside of allowed window") => {
                self.say(id, Word::Cancel { by })
            }
            Hold::Partial { .. } if self.sim.visits > 4 => self.say(id, Word::Cancel { by }),
            Hold::CannotResume { why } => wrong(format!("{id} cannot be resumed: {why}")),
            Hold::NotDue
            | Hold::Spacing
            | Hold::Clock { .. }
            | Hold::Limit(_)
            | Hold::Processing
            | Hold::Retry { .. }
            | Hold::Checking { .. }
            | Hold::Renewing { .. } => wrong(format!("{id} is held for something that passes: {hold:?}")),
            Hold::TooLate
            | Hold::Duplicate { .. }
            | Hold::Partial { .. }
            | Hold::Frozen { .. }
            | Hold::Person { .. } => self.say(id, Word::Release),
        }
    }

    /// The account is declared again.
    fn put_back(&mut self, id: &DeliveryId) -> Go {
        let mut house = House::clone(&self.sim.house);
        if let Some(spec) = self.sim.whole.accounts.get(&id.account) {
            house.accounts.insert(id.account.clone(), spec.clone());
        }
        self.do_deed(Deed::Reload(Arc::new(house)))
    }

    /// What a person finds who looks at the vendor's own page.
    fn truth(&self, id: &DeliveryId) -> Settled {
        let look = self.desk.all_deliveries().find(|l| l.id == id);
        let known = match look.map(|l| l.live()) {
            Some(Liveness::Some(live) | Liveness::All(live)) => live,
            Some(Liveness::Nothing) | None => Vec::new(),
        };
        let parts = self.sim.parts(id);
        let asked: Vec<String> = match self.sim.outside.last_mail.get(id) {
            Some(to) => to.iter().map(|t| format!("mail:{}:{t}", id.post)).collect(),
            None => {
                let nameless = known.last().is_some_and(|l| l.remote_id.is_none());
                let n = known.len() - usize::from(nameless);
                parts.get(n).cloned().into_iter().collect()
            }
        };
        let effect = self
            .sim
            .outside
            .effects
            .iter()
            .rev()
            .find(|e| e.delivery == *id && asked.contains(&e.part));
        match effect {
            Some(effect) => Settled::Live(Live {
                remote_id: Some(effect.id.clone()),
                permalink: None,
                part: None,
            }),
            None => Settled::NotOut,
        }
    }
}
