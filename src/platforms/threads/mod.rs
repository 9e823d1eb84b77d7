//! Threads (docs/facts/threads.md): containers that are polled, then published; threads as chained replies.

mod auth;
mod calls;
mod check;
mod container;
mod enquiries;
mod flow;
mod look;
mod offers;
mod parts;
mod publish;
mod reply;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::core::call::Reply;
use crate::core::facts::Facts;
use crate::core::flow::Charge;
use crate::core::login::Login;
use crate::core::offer::Offers;
use crate::core::platform::{Enquiries, Heard, HostSpec, OptionSpec, Refusal, Standing, Vendor};
use crate::domain::post::Content;
use crate::domain::time::Timestamp;
use crate::platforms::kit;

/// Where data and token calls go.
const API: &str = "api_base";
/// Where people log in.
const AUTH: &str = "auth_base";

static FACTS: LazyLock<Facts> = LazyLock::new(|| kit::facts::compiled(include_str!("facts.toml")));

static HOSTS: &[HostSpec] = &[
    HostSpec {
        key: API,
        default: "https://graph.threads.net",
        help: "data and token calls",
    },
    HostSpec {
        key: AUTH,
        default: "https://threads.net",
        help: "the page where a person lets crier in",
    },
];

static OPTIONS: &[OptionSpec] = &[OptionSpec {
    key: check::REPLY_CONTROL,
    help: "who may answer posts that do not say so themselves (`audience`)",
    required: false,
}];

/// Threads.
pub(crate) struct Threads;

impl Vendor for Threads {
    type Flow = flow::ThreadsFlow;

    fn flow(&self) -> &'static flow::ThreadsFlow {
        &flow::ThreadsFlow
    }

    fn name(&self) -> &'static str {
        "threads"
    }

    fn title(&self) -> &'static str {
        "Threads"
    }

    fn offers(&self) -> &'static Offers {
        &offers::OFFERS
    }

    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn hosts(&self) -> &'static [HostSpec] {
        HOSTS
    }

    fn options(&self) -> &'static [OptionSpec] {
        OPTIONS
    }

    fn login(&self) -> &'static dyn Login {
        &auth::ThreadsLogin
    }

    fn enquiries(&self) -> &'static dyn Enquiries {
        &enquiries::ThreadsEnquiries
    }

    fn check(&self, content: &Content, facts: &Facts, _options: &BTreeMap<String, String>) -> Vec<String> {
        check::content(content, facts)
    }

    fn check_options(&self, options: &BTreeMap<String, String>) -> Vec<(String, String)> {
        check::options(options)
    }

    fn charges(&self, content: &Content) -> Vec<Charge> {
        parts::charges(content)
    }

    fn scopes_needed(&self, content: &Content) -> Vec<&'static str> {
        auth::scopes_needed(content)
    }

    fn refuses(&self, account: &Standing<'_>) -> Vec<Refusal> {
        auth::refuses(account)
    }

    /// Containers take an address, never bytes (threads.md 4.2).
    fn fetches(&self, content: &Content, _account: &Standing<'_>) -> Option<&'static str> {
        content.files().next().map(|_| "pictures and videos")
    }

    /// Usage headers are not documented for Threads; they are read if they come (threads.md 6).
    fn heard(&self, _facts: &Facts, reply: &Reply, now: Timestamp) -> Vec<Heard> {
        let mut heard = kit::meta_usage::heard(reply, now);
        heard.extend(kit::retired::heard(reply));
        heard
    }
}
