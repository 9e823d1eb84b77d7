//! Mail by submission (docs/facts/email.md): one transaction for each recipient, never repeated blindly.

mod address;
mod check;
mod compose;
mod enquiries;
mod flow;
mod markdown;
mod offers;
mod reply;
mod settings;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::core::call::Reply;
use crate::core::facts::Facts;
use crate::core::flow::{Charge, Flow, Job, Liveness, Next, Verdict};
use crate::core::login::Login;
use crate::core::offer::Offers;
use crate::core::platform::{
    Enquiries, HostSpec, OptionSpec, Platform, Saved, Unreadable, absorb_saved, next_saved, restore, save,
};
use crate::domain::post::Content;
use crate::domain::receipt::Live;
use crate::domain::time::Timestamp;
use crate::platforms::kit;

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

/// Mail.
pub(crate) struct Email;

impl Platform for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn title(&self) -> &'static str {
        "E-mail"
    }

    fn offers(&self) -> &'static Offers {
        &offers::OFFERS
    }

    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn hosts(&self) -> &'static [HostSpec] {
        // The server is the account's own: its `smtp` table.
        &[]
    }

    fn options(&self) -> &'static [OptionSpec] {
        settings::OPTIONS
    }

    fn login(&self) -> &'static dyn Login {
        &enquiries::EmailLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::EmailEnquiries
    }

    fn check(&self, content: &Content, facts: &Facts) -> Vec<String> {
        check::content(content, facts)
    }

    fn check_with(
        &self,
        content: &Content,
        facts: &Facts,
        options: &BTreeMap<String, String>,
    ) -> Vec<String> {
        check::with_account(content, facts, options)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        settings::read(options, &FACTS).err().unwrap_or_default()
    }

    fn charges(&self, content: &Content) -> Vec<Charge> {
        // The account's own list is not known here; a post that names nobody has one recipient at least.
        let recipients = u32::try_from(content.to.len()).unwrap_or(u32::MAX).max(1);
        ["recipients", "messages"]
            .map(|limit| Charge {
                limit: limit.to_owned(),
                amount: recipients,
            })
            .to_vec()
    }

    fn scopes_needed(&self, _content: &Content) -> Vec<&'static str> {
        Vec::new()
    }

    fn begin(&self, job: &Job) -> Saved {
        save::<flow::EmailFlow>(&flow::EmailFlow.begin(job))
    }

    fn next(&self, job: &Job, state: &Saved, now: Timestamp) -> Result<Next<Saved>, Unreadable> {
        next_saved(&flow::EmailFlow, job, state, now)
    }

    fn absorb(
        &self,
        job: &Job,
        state: &Saved,
        reply: &Reply,
        now: Timestamp,
    ) -> Result<Verdict<Saved>, Unreadable> {
        absorb_saved(&flow::EmailFlow, job, state, reply, now)
    }

    fn live(&self, job: &Job, state: &Saved) -> Result<Liveness, Unreadable> {
        Ok(flow::EmailFlow.live(job, &restore::<flow::EmailFlow>(state)?))
    }

    fn settle(
        &self,
        job: &Job,
        state: &Saved,
        found: Option<Live>,
        now: Timestamp,
    ) -> Result<Saved, Unreadable> {
        let state = restore::<flow::EmailFlow>(state)?;
        let settled = flow::EmailFlow.settle(job, state, found, now);
        Ok(save::<flow::EmailFlow>(&settled))
    }

    fn step_name(&self, state: &Saved) -> String {
        restore::<flow::EmailFlow>(state)
            .map_or_else(|_| "unreadable".to_owned(), |s| flow::EmailFlow.step_name(&s))
    }

    fn note(&self, job: &Job, state: &Saved) -> Option<String> {
        let state = restore::<flow::EmailFlow>(state).ok()?;
        flow::EmailFlow.note(job, &state)
    }
}
