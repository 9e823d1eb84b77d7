//! What the desk decides is written down first, and done then.

use crier::core::call::Call;
use crier::core::delivery::Phase;
use crier::core::desk::{Action, Change, Input, OpenCounts, Output};
use crier::domain::id::AccountName;
use crier::domain::time::Span;

use super::{Deed, Go, Life, Stop, short, wrong};
use crate::sim::broken::{self, Rule};

impl Life<'_> {
    pub(super) fn feed(&mut self, input: Input) -> Go {
        let input = broken::on_input(self.sim.rule, input);
        self.sim.note(|| format!("in  {}", short(&input)));
        let out = self.desk.handle(input, self.sim.now);
        self.apply(out)
    }

    pub(super) fn apply(&mut self, mut out: Output) -> Go {
        let again = broken::on_output(self.sim.rule, &mut out);
        self.learn(&out.changes);
        self.check_counts()?;
        if self.sim.trace.is_some() {
            for change in &out.changes {
                self.sim.note(|| format!("    {}", short(change)));
            }
        }
        self.apply_learned(out, again)
    }

    /// What the desk keeps count of is what is there.
    fn check_counts(&self) -> Go {
        let now = self.sim.now;
        let mut counted = OpenCounts::default();
        let mut next = None;
        for look in self.desk.all_deliveries() {
            match &look.record.phase {
                Phase::Waiting { .. } => counted.waiting += 1,
                Phase::Ready { .. } => counted.ready += 1,
                Phase::Calling { .. } => counted.calling += 1,
                Phase::Held { .. } => counted.held += 1,
                Phase::Ended { .. } => continue,
            }
            let due = look.record.due;
            counted.past_due += u64::from(due < now);
            if due > now && next.is_none_or(|at| due < at) {
                next = Some(due);
            }
        }
        let kept = (self.desk.open_counts(now), self.desk.next_due(now));
        if kept == (counted, next) {
            return Ok(());
        }
        let counted = (counted, next);
        wrong(format!(
            "the desk has counted {kept:?}, and there are {counted:?}"
        ))
    }

    pub(super) fn learn(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Delivery(id, record) => {
                    self.sim.due.insert(id.post.clone(), record.due);
                    self.phases.insert(id.clone(), record.phase.clone());
                    let closed = record.phase.step().map_or(u32::MAX, |step| step.closed);
                    self.sim.outside.closed.insert(id.clone(), closed);
                }
                Change::ForgetDelivery(id) => {
                    self.phases.remove(id);
                }
                Change::Post(_)
                | Change::ForgetPost(_)
                | Change::Row(_)
                | Change::DropRow(_)
                | Change::Account(..)
                | Change::Published(..)
                | Change::DropPublished(_)
                | Change::Freezes(_) => {}
            }
        }
    }

    fn apply_learned(&mut self, mut out: Output, again: bool) -> Go {
        if self.sim.rule == Some(Rule::ActFirst) {
            let actions = std::mem::take(&mut out.actions);
            self.act(actions)?;
        }
        if !out.changes.is_empty() {
            self.point()?;
            if self.sim.rule == Some(Rule::NotSynced) {
                self.sim.unsynced = Some(self.sim.disk.clone());
            }
            self.commit(&out.changes)?;
            self.remember_letters(&out.actions);
            self.point()?;
        }
        if again {
            return Err(Stop::Crash);
        }
        self.act(out.actions)
    }

    /// Whoever fetches gets a file once that is written down: there is no crash between the two.
    pub(super) fn hear_fetches(&mut self) -> Go {
        for (id, attempt) in std::mem::take(&mut self.sim.outside.fetched) {
            let out = self.desk.handle(Input::Fetched(id, attempt), self.sim.now);
            self.learn(&out.changes);
            self.commit(&out.changes)?;
        }
        Ok(())
    }

    pub(super) fn commit(&mut self, changes: &[Change]) -> Go {
        self.sim.version += 1;
        self.sim.disk.commit(changes);
        for change in changes {
            match change {
                Change::Delivery(id, record) => self.sim.check_written(id, record).map_err(Stop::Wrong)?,
                Change::Account(name, record) if record.connection.refused.is_some() => {
                    self.expect_refresh(name)
                }
                Change::Account(..)
                | Change::ForgetDelivery(_)
                | Change::Post(_)
                | Change::ForgetPost(_)
                | Change::Row(_)
                | Change::DropRow(_)
                | Change::Published(..)
                | Change::DropPublished(_)
                | Change::Freezes(_) => {}
            }
        }
        Ok(())
    }

    /// The engine renews a token that was refused as soon as that is written down.
    pub(super) fn expect_refresh(&mut self, name: &AccountName) {
        let mut planned = self.sim.script.iter();
        if !planned.any(|(_, deed)| matches!(deed, Deed::Refresh(of) if of == name)) {
            self.sim
                .plan(self.sim.now + Span::secs(2), Deed::Refresh(name.clone()));
        }
    }

    /// To whom the letter goes of which it is written down that it goes: a person can see that.
    fn remember_letters(&mut self, actions: &[Action]) {
        for action in actions {
            if let Action::Send(send) = action
                && let Call::Mail(mail) = &send.call
            {
                let letters = &mut self.sim.outside.last_mail;
                letters.insert(send.delivery.clone(), mail.to.clone());
            }
        }
    }
}
