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

use crate::core::facts::Facts;
use crate::core::flow::{Charge, Job};
use crate::core::login::Login;
use crate::core::offer::Offers;
use crate::core::platform::{Enquiries, HostSpec, OptionSpec, Vendor};
use crate::domain::post::Content;
use crate::platforms::kit;

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

/// Mail.
pub(crate) struct Email;

impl Vendor for Email {
    type Flow = flow::EmailFlow;

    fn flow(&self) -> &'static flow::EmailFlow {
        &flow::EmailFlow
    }

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

    fn check(&self, content: &Content, facts: &Facts, options: &BTreeMap<String, String>) -> Vec<String> {
        check::with_account(content, facts, options)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        settings::read(options, &FACTS).err().unwrap_or_default()
    }

    /// The account's list of recipients.
    fn fixed(&self, job: &Job) -> Option<Content> {
        let settings = settings::read(&job.options, &job.facts).ok()?;
        (job.content.to.is_empty() && !settings.to.is_empty()).then(|| Content {
            to: settings.to,
            ..job.content.clone()
        })
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
}
